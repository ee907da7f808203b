//! The side of Google: Anna's account, and what she keeps in it.

use crate::office::{planned, text};
use advanta_bridge::model::{GoogleSettings, Sealed, Subscription};
use advanta_bridge::ports::{Vault, VaultError};
use chrono::NaiveDateTime;
use serde_json::{Value, json};

/// Seals nothing: what sealing costs is not the question here.
pub struct Open;

impl Vault for Open {
    fn seal(&self, _: &str, secret: &[u8]) -> Result<Sealed, VaultError> {
        Ok(Sealed(secret.to_vec()))
    }

    fn open(&self, _: &str, sealed: &Sealed) -> Result<Vec<u8>, VaultError> {
        Ok(sealed.0.clone())
    }
}

/// The settings of the integration.
pub fn settings(client_id: &str, client_secret: &str) -> GoogleSettings {
    GoogleSettings {
        enabled: true,
        client_id: client_id.to_owned(),
        client_secret: Some(Sealed(client_secret.as_bytes().to_vec())),
        ..GoogleSettings::default()
    }
}

/// Her subscription, before its first round.
pub fn subscription(refresh_token: &str) -> Subscription {
    let secret = json!({ "consented": { "refresh_token": refresh_token } });
    Subscription {
        secret: Some(Sealed(secret.to_string().into_bytes())),
        ..crate::office::subscription()
    }
}

/// An event of hers.
pub fn event(number: usize) -> Value {
    let hour = planned(number);
    let at = |at: Option<NaiveDateTime>| {
        let at = at.expect("a planned task has both dates");
        json!({ "dateTime": format!("{}+03:00", at.format("%Y-%m-%dT%H:%M:%S")) })
    };
    json!({
        "summary": format!("Планёрка {number}"),
        "description": text(),
        "location": "Переговорная 3",
        "start": at(hour.start),
        "end": at(hour.end),
    })
}
