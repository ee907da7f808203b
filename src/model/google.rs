//! What an administrator sets for the integration with Google Calendar.

use super::Sealed;
use std::fmt;

/// The settings of the vendor's page «Настройки интеграции Google Calendar», and the key of a service account beside them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoogleSettings {
    /// Counts their changes: whoever writes them expects the ones that they read.
    pub step: u64,
    /// «Включить интеграцию Google Calendar».
    pub enabled: bool,
    /// «Client ID» of the OAuth client; empty: none.
    pub client_id: String,
    /// «Client Secret», encrypted for [`GoogleSettings::CLIENT_SECRET_PLACE`].
    pub client_secret: Option<Sealed>,
    /// «Application Name»: what we call ourselves to Google; empty: our own name.
    pub application_name: String,
    /// «Адрес Push-сервиса»: where Google reaches our door for notices, `https://…`; empty: Google's calendars are polled.
    pub push_address: String,
    /// The JSON key file of a service account with domain-wide delegation, encrypted for [`GoogleSettings::SERVICE_ACCOUNT_PLACE`].
    pub service_account: Option<Sealed>,
}

impl GoogleSettings {
    /// The place that the client secret is encrypted for.
    pub const CLIENT_SECRET_PLACE: &'static str = "google/client-secret";
    /// The place that the service account's key is encrypted for.
    pub const SERVICE_ACCOUNT_PLACE: &'static str = "google/service-account";

    /// Whether people can agree in their browser.
    pub fn has_client(&self) -> bool {
        !self.client_id.is_empty() && self.client_secret.is_some()
    }

    /// What is missing before anybody can connect; `None`: nothing.
    pub fn missing(&self) -> Option<MissingSetting> {
        if self.enabled {
            self.missing_credentials()
        } else {
            Some(MissingSetting::Enabled)
        }
    }

    /// What is missing before anybody can be let in, be the integration on or off.
    pub fn missing_credentials(&self) -> Option<MissingSetting> {
        if self.service_account.is_some() || self.has_client() {
            None
        } else if self.client_id.is_empty() {
            Some(MissingSetting::ClientId)
        } else {
            Some(MissingSetting::ClientSecret)
        }
    }
}

/// A setting without which nobody can connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingSetting {
    /// The integration is switched off.
    Enabled,
    /// There is no client ID.
    ClientId,
    /// There is no client secret.
    ClientSecret,
}

impl fmt::Display for MissingSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Enabled => "the integration is switched off",
            Self::ClientId => "no Client ID is set",
            Self::ClientSecret => "no Client Secret is set",
        })
    }
}
