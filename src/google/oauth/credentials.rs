//! Who we are to Google: the OAuth client and the service account that an administrator set.

use super::TokenError;
use super::grant::SCOPES;
use super::wire::{Claims, KeyFile};
use crate::model::{GoogleSettings, Sealed};
use crate::ports::{ConnectError, Vault};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use oauth2::{ClientId, ClientSecret};
use std::fmt;
use zeroize::Zeroizing;

/// How long signed claims are good for: no longer than this is allowed (Google's page on service accounts: one hour).
const CLAIMS_SECONDS: i64 = 3600;

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
        let secret = settings.client_secret.as_ref().map(|sealed| {
            let place = GoogleSettings::CLIENT_SECRET_PLACE;
            open(vault, place, sealed).map_err(wrong("the Client Secret"))
        });
        let key = settings.service_account.as_ref().map(|sealed| {
            let place = GoogleSettings::SERVICE_ACCOUNT_PLACE;
            open(vault, place, sealed).map_err(wrong("the key file"))
        });
        let (secret, key) = (secret.transpose()?, key.transpose()?);
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

fn open(vault: &dyn Vault, place: &str, sealed: &Sealed) -> Result<Zeroizing<String>, String> {
    let opened = vault.open(place, sealed);
    let opened = opened.map_err(|error| error.to_string())?;
    let text = String::from_utf8(opened);
    text.map(Zeroizing::new)
        .map_err(|_| "it is no text".to_owned())
}

fn wrong(setting: &str) -> impl Fn(String) -> ConnectError {
    move |why| ConnectError::NotSetUp(format!("{setting}: {why}"))
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
        Self::from_file(json).map_err(wrong("the key file"))
    }

    fn from_file(json: &str) -> Result<Self, String> {
        let mut reader = serde_json::Deserializer::from_str(json);
        let file: KeyFile = serde_path_to_error::deserialize(&mut reader).map_err(no_text)?;
        if file.kind.as_deref() != Some("service_account") {
            return Err("type is not service_account".to_owned());
        }
        let key = file.private_key.ok_or("private_key is missing")?;
        let key = EncodingKey::from_rsa_pem(Zeroizing::new(key).as_bytes())
            .map_err(|_| "private_key is no RSA key in PEM")?;
        let email = file.client_email.filter(|email| !email.is_empty());
        Ok(Self {
            email: email.ok_or("client_email is missing")?,
            key_id: file.private_key_id,
            key,
        })
    }

    /// Whether its key signs. A key can look right from outside.
    pub(in crate::google) fn check(&self) -> Result<(), ConnectError> {
        let signed = self.assertion("", "", 0);
        Ok(signed.map(drop)?)
    }

    /// Signed claims (RFC 7523 §3): for an hour from `now`, a Unix time, we act for `account` at `audience`.
    pub(super) fn assertion(
        &self,
        account: &str,
        audience: &str,
        now: i64,
    ) -> Result<String, TokenError> {
        let claims = Claims {
            iss: &self.email,
            scope: SCOPES.join(" "),
            aud: audience,
            sub: account,
            iat: now,
            exp: now + CLAIMS_SECONDS,
        };
        let header = Header {
            kid: self.key_id.clone(),
            ..Header::new(Algorithm::RS256)
        };
        let signed = jsonwebtoken::encode(&header, &claims, &self.key);
        signed
            .map_err(|_| TokenError::NotSetUp("the key file: private_key signs nothing".to_owned()))
    }
}

/// Which member of a key file is wrong. Their names are ours: a member that we do not read has no place in the error.
fn no_text(error: serde_path_to_error::Error<serde_json::Error>) -> String {
    let member = error.path().to_string();
    if error.inner().is_data() && member != "." {
        return format!("{member} is no text");
    }
    "it is no JSON object".to_owned()
}
