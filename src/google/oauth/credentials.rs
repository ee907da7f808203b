//! Who we are to Google: the OAuth client and the service account that an administrator set.

use super::wire::KeyFile;
use crate::model::GoogleSettings;
use crate::ports::{ConnectError, Vault};
use jsonwebtoken::EncodingKey;
use oauth2::{ClientId, ClientSecret};
use std::fmt;
use zeroize::Zeroizing;

/// Who we are. Printing it shows no secret.
#[derive(Clone, Debug)]
pub(in crate::google) struct Credentials {
    /// The OAuth client, if people can agree in their browser.
    pub(super) client: Option<(ClientId, ClientSecret)>,
    /// The service account, if there is one.
    pub(super) service_account: Option<ServiceAccount>,
    /// What we call ourselves.
    pub(in crate::google) application_name: String,
}

impl Credentials {
    /// Decrypts what an administrator set.
    pub(in crate::google) fn unseal(
        settings: &GoogleSettings,
        vault: &dyn Vault,
    ) -> Result<Self, ConnectError> {
        let open = |place, sealed: &Option<_>| {
            let opened = sealed.as_ref().map(|sealed| vault.open(place, sealed));
            let opened = opened
                .transpose()
                .map_err(|error| ConnectError::NotSetUp(error.to_string()))?;
            let text = opened.map(|bytes| String::from_utf8(bytes).map(Zeroizing::new));
            text.transpose()
                .map_err(|_| ConnectError::NotSetUp("a secret is no text".to_owned()))
        };
        let secret = open(GoogleSettings::CLIENT_SECRET_PLACE, &settings.client_secret)?;
        let key = open(
            GoogleSettings::SERVICE_ACCOUNT_PLACE,
            &settings.service_account,
        )?;
        let client = secret.filter(|_| !settings.client_id.is_empty());
        let client = client.map(|secret| {
            let id = ClientId::new(settings.client_id.clone());
            (id, ClientSecret::new(secret.to_string()))
        });
        let service_account = key.map(|key| ServiceAccount::read(&key)).transpose()?;
        Ok(Self {
            client,
            service_account,
            application_name: settings.application_name.clone(),
        })
    }
}

/// A service account with its key.
#[derive(Clone)]
pub(in crate::google) struct ServiceAccount {
    pub(super) email: String,
    pub(super) key_id: Option<String>,
    pub(super) key: EncodingKey,
}

impl fmt::Debug for ServiceAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceAccount")
    }
}

impl ServiceAccount {
    /// Reads a key file. The error names the member that is wrong, not what it holds. Its `token_uri` is not followed: where tokens come
    /// from is an operator's setting.
    pub(in crate::google) fn read(json: &str) -> Result<Self, ConnectError> {
        let wrong = |what: &str| ConnectError::NotSetUp(format!("the key file: {what}"));
        let file: KeyFile =
            serde_json::from_str(json).map_err(|_| wrong("it is no JSON object of texts"))?;
        if file.kind.as_deref() != Some("service_account") {
            return Err(wrong("its type is not service_account"));
        }
        let key = file
            .private_key
            .map(Zeroizing::new)
            .ok_or_else(|| wrong("private_key is missing"))?;
        let key = EncodingKey::from_rsa_pem(key.as_bytes())
            .map_err(|_| wrong("private_key is no RSA key in PEM"))?;
        Ok(Self {
            email: file
                .client_email
                .filter(|email| !email.is_empty())
                .ok_or_else(|| wrong("client_email is missing"))?,
            key_id: file.private_key_id,
            key,
        })
    }
}
