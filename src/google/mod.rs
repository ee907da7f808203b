//! Google Calendar, API v3: a [`Remote`] for the engine, and how people let us in.
//!
//! ```text
//! Google ─▶ remote ─▶ requests (built without sockets) ─▶ api (bucket, token) ─▶ http
//!    │         └────▶ map (events ↔ RemoteEvent, pure)       └─▶ oauth
//!    └─ consent, calendars
//! ```
//!
//! Nothing is repeated here but a call whose token was not accepted, once: the engine knows what it owes. Names are Google's, as in the
//! discovery document of the API (`calendar:v3`). Start at [`Google`].

mod api;
mod batch;
mod connector;
mod failure;
mod html;
mod http;
mod lenient;
mod map;
mod oauth;
mod options;
mod quota;
mod remote;
mod requests;
mod wire;

#[cfg(test)]
mod tests;

pub use options::{Addresses, GoogleOptions};

use crate::model::{GoogleSettings, Sealed, Subscription};
use crate::ports::{Clock, Remote, RemoteError, RemoteErrorKind, Remotes, Store, Vault};
use api::{Api, Shared, transient};
use async_trait::async_trait;
use http::Http;
use oauth::{Credentials, Grant, OAuth, Tokens};
use quota::Quotas;
use remote::GoogleRemote;
use std::sync::{Arc, Mutex};
use zeroize::Zeroizing;

/// Why Google cannot be talked to at all.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct GoogleError(String);

/// Google's calendars, as an administrator set the integration up. The settings are read whenever a calendar is opened.
pub struct Google {
    shared: Arc<Shared>,
    store: Arc<dyn Store>,
    vault: Arc<dyn Vault>,
}

impl Google {
    /// Nothing is asked of Google yet.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn new(
        options: GoogleOptions,
        store: Arc<dyn Store>,
        vault: Arc<dyn Vault>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, GoogleError> {
        let http = Http::new(&options).map_err(|error| GoogleError(error.to_string()))?;
        let http = Arc::new(http);
        let shared = Shared {
            oauth: OAuth::new(Arc::clone(&http), options.addresses.clone()),
            tokens: Tokens::new(clock),
            quotas: Quotas::new(&options),
            settings: Mutex::default(),
            http,
            options,
        };
        Ok(Self {
            shared: Arc::new(shared),
            store,
            vault,
        })
    }

    async fn settings(&self) -> Result<GoogleSettings, RemoteError> {
        let stored = self.store.google_settings().await;
        let stored = stored.map_err(|error| transient(error.to_string()))?;
        Ok(stored.unwrap_or_default())
    }

    /// What lets us in; whatever cannot be opened lets nobody in.
    fn grant(&self, place: &str, sealed: Option<&Sealed>) -> Result<Grant, RemoteError> {
        let denied = |detail: &str| RemoteError {
            kind: RemoteErrorKind::Denied,
            detail: detail.to_owned(),
        };
        let sealed = sealed.ok_or_else(|| denied("nothing is kept that lets us in"))?;
        let opened = self.vault.open(place, sealed);
        let opened = opened.map_err(|error| denied(&error.to_string()))?;
        Grant::from_bytes(&Zeroizing::new(opened))
            .ok_or_else(|| denied("what is kept lets nobody in"))
    }
}

#[async_trait]
impl Remotes for Google {
    async fn open(&self, subscription: &Subscription) -> Result<Arc<dyn Remote>, RemoteError> {
        let settings = self.settings().await?;
        // Also while the integration is off: whoever unsubscribes then takes their consent back. No round is made then.
        if let Some(missing) = settings.missing_credentials() {
            return Err(transient(missing.to_string()));
        }
        let who = Credentials::unseal(&settings, self.vault.as_ref());
        let who = who.map_err(|error| transient(error.to_string()))?;
        let place = subscription.secret_place();
        let grant = self.grant(&place, subscription.secret.as_ref())?;
        let key = subscription.id.to_string();
        Ok(Arc::new(GoogleRemote {
            api: Api::new(Arc::clone(&self.shared), who, key, grant),
            subscription: subscription.id.clone(),
            epoch: subscription.epoch,
            calendar: subscription.calendar.id.clone(),
            push_address: settings.push_address,
        }))
    }
}
