//! Opens the calendars of subscriptions.

use super::bearer::Bearer;
use super::client::{Caller, Client};
use super::options::GoogleOptions;
use super::remote::GoogleCalendar;
use super::transport::{Transport, TransportError};
use crate::model::{GoogleSettings, Subscription};
use crate::ports::{Remote, RemoteError, RemoteErrorKind, Remotes, Store, StoreError, Vault};
use async_trait::async_trait;
use std::sync::Arc;

/// What a grant opens.
pub(super) struct Opened {
    pub(super) bearer: Arc<dyn Bearer>,
    /// Whether a service account asks for the person.
    pub(super) delegated: bool,
}

/// Turns what lets us in into access tokens.
pub(super) trait Grants: Send + Sync + 'static {
    /// `key` names whose grant it is, for tokens that are kept.
    fn open(
        &self,
        settings: &GoogleSettings,
        key: &str,
        grant: &[u8],
    ) -> Result<Opened, RemoteError>;
}

/// Opens calendars of Google.
pub struct GoogleRemotes {
    store: Arc<dyn Store>,
    vault: Arc<dyn Vault>,
    grants: Arc<dyn Grants>,
    transport: Arc<Transport>,
}

impl GoogleRemotes {
    /// Checks addresses and sets TLS up; nobody is asked yet.
    ///
    /// # Errors
    /// See [`TransportError`].
    pub(super) fn with(
        store: Arc<dyn Store>,
        vault: Arc<dyn Vault>,
        grants: Arc<dyn Grants>,
        options: GoogleOptions,
    ) -> Result<Self, TransportError> {
        Ok(Self {
            store,
            vault,
            grants,
            transport: Arc::new(Transport::new(options)?),
        })
    }

    /// Sends calls with a grant. `key` names whose it is.
    pub(super) fn client(
        &self,
        settings: &GoogleSettings,
        key: &str,
        grant: &[u8],
    ) -> Result<Client, RemoteError> {
        let Opened { bearer, delegated } = self.grants.open(settings, key, grant)?;
        let caller = Caller {
            person: key.to_owned(),
            agent: Caller::agent(&settings.application_name),
            delegated,
        };
        Ok(Client::new(Arc::clone(&self.transport), bearer, caller))
    }

    fn secret(&self, subscription: &Subscription) -> Result<Vec<u8>, RemoteError> {
        let denied = |why: String| RemoteError {
            kind: RemoteErrorKind::Denied,
            detail: format!("open a calendar: {why}"),
        };
        let sealed = subscription.secret.as_ref();
        let sealed = sealed.ok_or_else(|| denied("nothing lets us in".to_owned()))?;
        let place = subscription.secret_place();
        let opened = self.vault.open(&place, sealed);
        opened.map_err(|error| denied(error.to_string()))
    }
}

#[async_trait]
impl Remotes for GoogleRemotes {
    async fn open(&self, subscription: &Subscription) -> Result<Arc<dyn Remote>, RemoteError> {
        let settings = self.store.google_settings().await.map_err(not_now)?;
        let settings = settings.unwrap_or_default();
        let grant = self.secret(subscription)?;
        let client = self.client(&settings, &subscription.id.to_string(), &grant)?;
        let push = Some(settings.push_address).filter(|address| !address.trim().is_empty());
        let id = subscription.calendar.id.clone();
        Ok(Arc::new(GoogleCalendar::new(client, id, push)))
    }
}

/// The store may answer again.
fn not_now(error: StoreError) -> RemoteError {
    RemoteError {
        kind: RemoteErrorKind::Transient,
        detail: format!("open a calendar: {error}"),
    }
}
