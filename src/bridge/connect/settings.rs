//! What an administrator sets for an integration, and what follows from it.

use crate::bridge::Bridge;
use crate::bridge::subscriptions::SubscriptionError;
use crate::model::{GoogleSettings, Integration, RemoteKind, Sealed, Subscription};
use crate::ports::{CommitError, ConnectError, Expect, StoreError, VaultError, Write};
use std::fmt;
use zeroize::Zeroizing;

/// The longest text of a setting, in bytes.
const SETTING_BYTES_MAX: usize = 2048;
/// The longest key file of a service account, in bytes.
const KEY_BYTES_MAX: usize = 64 << 10;

/// New values of some settings; `None` leaves one as it is. An empty text takes one away.
#[derive(Clone, Default)]
pub struct GoogleChange {
    /// Whether the integration is on.
    pub enabled: Option<bool>,
    /// «Client ID».
    pub client_id: Option<String>,
    /// «Client Secret».
    pub client_secret: Option<Zeroizing<String>>,
    /// «Application Name».
    pub application_name: Option<String>,
    /// «Адрес Push-сервиса».
    pub push_address: Option<String>,
    /// The JSON key file of a service account.
    pub service_account: Option<Zeroizing<String>>,
}

impl fmt::Debug for GoogleChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GoogleChange")
            .field("enabled", &self.enabled)
            .finish_non_exhaustive()
    }
}

/// Why settings were not changed.
#[derive(Debug, thiserror::Error)]
pub enum IntegrationError {
    /// A value is not what it may be.
    #[error("{setting}: {why}")]
    Invalid {
        /// Which setting.
        setting: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// It cannot be switched on before this is set.
    #[error("the integration cannot be switched on: {0}")]
    Missing(crate::model::MissingSetting),
    /// Others are subscribed to another integration, say.
    #[error(transparent)]
    Subscription(#[from] SubscriptionError),
    /// A secret cannot be encrypted.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Somebody else changed them at this moment.
    #[error("somebody else changes the settings; look at them again")]
    Busy,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Bridge {
    /// The settings of the integration with Google.
    ///
    /// # Errors
    /// The store failed.
    pub async fn google_settings(&self) -> Result<GoogleSettings, StoreError> {
        Ok(self.store.google_settings().await?.unwrap_or_default())
    }

    /// Changes the settings of the integration with Google. Subscriptions rest while it is off, and go on when it is on again.
    ///
    /// # Errors
    /// See [`IntegrationError`]; nothing was changed then.
    pub async fn change_google_settings(
        &self,
        change: GoogleChange,
    ) -> Result<GoogleSettings, IntegrationError> {
        let stored = self.store.google_settings().await?;
        let step = stored.as_ref().map(|settings| settings.step);
        let before = stored.unwrap_or_default();
        let push_address = before.push_address.clone();
        let settings = self.changed(before, change, step)?;
        if settings.enabled {
            if let Some(missing) = settings.missing() {
                return Err(IntegrationError::Missing(missing));
            }
            self.check_other_integrations(Integration::Google).await?;
        }
        let mut told = vec![];
        if settings.push_address != push_address {
            let google = |row: &Subscription| row.remote == RemoteKind::Google;
            told = self.subscriptions_that(google).await?;
            // Those before would go on calling the other address. First of all, so that a crash leaves too few rather than wrong ones;
            // and once more below, because a round may have made one meanwhile.
            self.forget_channels(&told).await?;
        }
        let write = Write::GoogleSettings(settings.clone());
        let expect = Expect::GoogleSettings(step);
        match self.store.commit(vec![expect], vec![write]).await {
            Ok(_) => {}
            Err(CommitError::Store(error)) => return Err(error.into()),
            Err(_) => return Err(IntegrationError::Busy),
        }
        self.forget_channels(&told).await?;
        self.follow_settings().await?;
        for row in told {
            self.wake_sync(&row.id);
        }
        Ok(settings)
    }

    /// Brings all subscriptions in line with the settings. To be called at the start: a change may have been broken off.
    ///
    /// # Errors
    /// People are subscribed to another integration, or the store failed.
    pub async fn follow_settings(&self) -> Result<u64, SubscriptionError> {
        let google = self.google_settings().await?;
        self.check_integration(google.enabled.then_some(Integration::Google))
            .await
    }

    fn changed(
        &self,
        mut settings: GoogleSettings,
        change: GoogleChange,
        step: Option<u64>,
    ) -> Result<GoogleSettings, IntegrationError> {
        settings.step = step.map_or(0, |step| step.saturating_add(1));
        settings.enabled = change.enabled.unwrap_or(settings.enabled);
        if let Some(text) = change.client_id {
            settings.client_id = line("client_id", &text)?;
        }
        if let Some(text) = change.application_name {
            settings.application_name = line("application_name", &text)?;
        }
        if let Some(text) = change.push_address {
            settings.push_address = push_address(&text)?;
        }
        if let Some(secret) = change.client_secret {
            let secret = Zeroizing::new(line("client_secret", &secret)?);
            let place = GoogleSettings::CLIENT_SECRET_PLACE;
            settings.client_secret = self.sealed(place, secret.as_bytes())?;
        }
        if let Some(key) = change.service_account {
            self.check_key(&key)?;
            let place = GoogleSettings::SERVICE_ACCOUNT_PLACE;
            settings.service_account = self.sealed(place, key.trim().as_bytes())?;
        }
        Ok(settings)
    }

    /// An empty secret is none.
    fn sealed(&self, place: &str, secret: &[u8]) -> Result<Option<Sealed>, VaultError> {
        if secret.is_empty() {
            return Ok(None);
        }
        self.vault.seal(place, secret).map(Some)
    }

    fn check_key(&self, key: &str) -> Result<(), IntegrationError> {
        let invalid = |why: String| IntegrationError::Invalid {
            setting: "service_account",
            why,
        };
        if key.trim().is_empty() {
            return Ok(());
        }
        if key.len() > KEY_BYTES_MAX {
            return Err(invalid(format!("longer than {KEY_BYTES_MAX} bytes")));
        }
        match self.connectors.get(&RemoteKind::Google) {
            Some(connector) => connector.check_key(key).map_err(|error| {
                invalid(match error {
                    ConnectError::NotSetUp(why)
                    | ConnectError::Refused(why)
                    | ConnectError::Unreachable(why)
                    | ConnectError::Transient(why) => why,
                    ConnectError::ScopeMissing(_) => error.to_string(),
                })
            }),
            None => Ok(()),
        }
    }
}

/// A text that can stand in a header or an address.
fn line(setting: &'static str, text: &str) -> Result<String, IntegrationError> {
    let text = text.trim();
    let invalid = |why: String| IntegrationError::Invalid { setting, why };
    if text.len() > SETTING_BYTES_MAX {
        return Err(invalid(format!("longer than {SETTING_BYTES_MAX} bytes")));
    }
    if text.chars().any(char::is_control) {
        return Err(invalid("it holds a control character".to_owned()));
    }
    Ok(text.to_owned())
}

/// Where the remote reaches our door for notices: `https://…`, without a query, and without the door's own path.
fn push_address(text: &str) -> Result<String, IntegrationError> {
    let setting = "push_address";
    let text = line(setting, text)?;
    let text = text.trim_end_matches('/');
    if text.is_empty() {
        return Ok(String::new());
    }
    let invalid = |why: &str| IntegrationError::Invalid {
        setting,
        why: why.to_owned(),
    };
    let here = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    let is_here = here.iter().any(|root| {
        let rest = text.strip_prefix(root);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    });
    let host = text.strip_prefix("https://");
    if !is_here && host.is_none_or(|host| host.is_empty() || host.starts_with(['/', ':'])) {
        return Err(invalid("it has to be an address that begins with https://"));
    }
    if text.contains(['?', '#', ' ', '@']) {
        return Err(invalid("it may have no query, fragment, space or user"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::push_address;

    #[test]
    fn a_push_address_is_one_that_google_can_call() {
        for (text, kept) in [
            ("", ""),
            (
                " https://bridge.example.com/ ",
                "https://bridge.example.com",
            ),
            (
                "https://bridge.example.com/calendar",
                "https://bridge.example.com/calendar",
            ),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ] {
            assert_eq!(push_address(text).unwrap(), kept, "{text}");
        }
        for text in [
            "bridge.example.com",
            "http://bridge.example.com",
            "http://127.0.0.1.example.com",
            "https://",
            "https:///hooks",
            "https://bridge.example.com/?a=1",
            "https://anna:secret@bridge.example.com",
            "https://bridge.example.com/\u{1}",
        ] {
            assert!(push_address(text).is_err(), "{text}");
        }
    }
}
