//! The use-cases: reading, the one way for every edit, observations, timers, the outbox.
//!
//! ```text
//! person's edit ─▶ put / delete ─▶ diff + rules ─▶ one commit: object (or command), members, journal ─▶ snapshots
//! authority     ─▶ observe      ─▶ never judged ─▶ one commit: mirror, members of all participants   ─▶ snapshots
//! ```
//!
//! Start at [`Bridge`]; writing is in [`Bridge::put`] and [`Bridge::delete`], ADVANTA's side in [`Bridge::observe`].

pub mod accounts;
mod alarms;
mod aside;
mod carry;
mod change;
mod commit;
mod connect;
mod create;
mod delete;
mod edit;
mod explain;
mod export;
mod fan_out;
mod import;
mod inbox;
mod journal;
mod judged;
mod observe;
mod outbox;
mod oversee;
mod pending;
mod people;
mod rebase;
mod rebuild;
mod reconcile;
mod refresh;
mod restore;
mod rewrite;
mod secrets;
mod served;
mod settle;
mod sign_in;
pub mod snapshot;
pub mod spelling;
mod subscriptions;
mod sync;
mod timers;
mod users;
mod view;
mod winner;
pub mod words;

pub use alarms::{Alarm, AlarmCause};
use aside::Aside;
pub use aside::{Turn, how_it_ended};
pub use connect::{
    Agreed, Answered, Choice, ConnectionError, ConnectionStep, Connectors, GoogleChange,
    IntegrationError,
};
pub use edit::{
    Conditions, Door, EditError, Put, PutDone, Refusal, RefusalMode, Removal, RemovalDone,
    Representation, Standing, Tags,
};
pub use explain::words::{standing as subscription_words, trouble as trouble_words};
pub use explain::{Explained, ExplainedLink, ExplainedPerson, Explanation};
pub use export::ExportError;
pub use import::{ImportError, ImportOrder, ImportStep, ImportTotals, ItemReport, Trouble};
pub use inbox::{ReceiveError, Received, Rests};
pub use observe::Observation;
pub use reconcile::{Extent, ReconcileError, Reconciled};
pub use secrets::{RotateError, Rotated, Sealings};
pub use subscriptions::{
    LinkCounts, SubscribeOrder, SubscriptionError, UnsubscribeAsk, Unsubscribed, may_try,
};
pub use sync::{
    Noticed, PlannedItem, RoundReport, SyncAsk, SyncError, SyncLimits, SyncProgress, SyncStage,
};
pub use users::{NewUser, Secret, UserError};
pub use winner::Winner;

use crate::ical;
use crate::model::{CollectionId, Epoch, Quota, Sealed, Settings, Subscription};
use crate::ports::{
    Advanta, Clock, Ids, Remote, RemoteError, RemoteErrorKind, Remotes, Store, StoreError, Vault,
    VaultError,
};
use accounts::{AccountLimits, Accounts};
use async_trait::async_trait;
use snapshot::{Snapshot, Snapshots};
use std::sync::Arc;
use std::time::Duration;

/// Who says what is true.
#[derive(Clone)]
pub enum Authority {
    /// Standalone: our own store. A command is carried out and read back in the very transaction that judges it.
    Own,
    /// ADVANTA: a command is durable in the outbox before it is tried.
    Advanta(Arc<dyn Advanta>),
}

/// Bounds of the use-cases.
#[derive(Clone, Debug)]
pub struct Limits {
    /// What iCalendar text may be.
    pub ical: ical::Limits,
    /// Bytes of a text that is looked into at once, on the thread that serves its request; a larger one is looked into aside.
    pub text_bytes_at_once_max: usize,
    /// Units of work that are done at once, likewise.
    pub text_units_at_once_max: u64,
    /// Threads for the work that is done aside; they give way to all others.
    pub text_threads_max: usize,
    /// Collections kept in memory.
    pub collections_in_memory_max: usize,
    /// Collections written by one commit; the rest follow by a durable timer.
    pub fan_out_max: usize,
    /// How often an edit is decided again because somebody wrote meanwhile.
    pub retries_max: u32,
    /// Devices whose servings are remembered.
    pub served_devices_max: usize,
    /// Members remembered per device.
    pub served_members_max: usize,
    /// Within which a PUT without If-Match, after its device's own 412 at that name, means "overwrite: I have seen it".
    pub overwrite_within: Duration,
    /// Refusals an hour per object and device before an alarm.
    pub refusals_per_hour_max: u32,
    /// How long a write waits for ADVANTA's read-back before it answers optimistically.
    pub write_wait: Duration,
    /// How long after a restore the settle bump moves the member once more.
    pub settle_after: Duration,
    /// Tries of a command before it is put to the dead letters.
    pub command_attempts_max: u32,
    /// Commands that may wait for ADVANTA; further edits are turned away until some are done.
    pub outbox_commands_max: u64,
    /// Notices of ADVANTA that may wait; further hooks are turned away until some are acted on.
    pub inbox_notices_max: u64,
    /// How often ADVANTA's list of changes is compared.
    pub reconcile_every: Duration,
    /// What each person may store.
    pub quota: Quota,
    /// Of passwords.
    pub accounts: AccountLimits,
    /// Of the work for remote calendars.
    pub sync: SyncLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            ical: ical::Limits::default(),
            text_bytes_at_once_max: 8 * 1024,
            text_units_at_once_max: 50_000,
            text_threads_max: 2,
            collections_in_memory_max: 1_000,
            fan_out_max: 50,
            retries_max: 32,
            served_devices_max: 1_000,
            served_members_max: 2_000,
            overwrite_within: Duration::from_secs(120),
            refusals_per_hour_max: 20,
            write_wait: Duration::from_secs(2),
            settle_after: Duration::from_secs(60),
            command_attempts_max: 12,
            outbox_commands_max: 100_000,
            inbox_notices_max: 100_000,
            reconcile_every: Duration::from_secs(300),
            quota: Quota::default(),
            accounts: AccountLimits::default(),
            sync: SyncLimits::default(),
        }
    }
}

/// No remote calendar at all: for installations without an integration, and for tests of other things.
pub struct NoRemotes;

#[async_trait]
impl Remotes for NoRemotes {
    async fn open(&self, _: &Subscription) -> Result<Arc<dyn Remote>, RemoteError> {
        Err(RemoteError {
            kind: RemoteErrorKind::Transient,
            detail: "no integration with remote calendars is set up".to_owned(),
        })
    }
}

/// No key for secrets.
pub struct NoVault;

impl Vault for NoVault {
    fn seal(&self, _: &str, _: &[u8]) -> Result<Sealed, VaultError> {
        Err(VaultError::NoKey)
    }

    fn open(&self, _: &str, _: &Sealed) -> Result<Vec<u8>, VaultError> {
        Err(VaultError::NoKey)
    }
}

/// Everything that the bridge is made of.
pub struct Parts {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Fresh identities.
    pub ids: Arc<dyn Ids>,
    /// Who says what is true.
    pub authority: Authority,
    /// Remote calendars.
    pub remotes: Arc<dyn Remotes>,
    /// Who connects people to them.
    pub connectors: Connectors,
    /// Encrypts secrets.
    pub vault: Arc<dyn Vault>,
    /// Rules and date semantics.
    pub settings: Settings,
    /// Bounds.
    pub limits: Limits,
    /// Fresh randomness of this process, for remembered passwords and failures.
    pub key: [u8; 32],
}

/// The use-cases over one store.
pub struct Bridge {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    authority: Authority,
    remotes: Arc<dyn Remotes>,
    connectors: Connectors,
    vault: Arc<dyn Vault>,
    syncing: sync::Syncing,
    settings: Settings,
    limits: Limits,
    snapshots: Arc<Snapshots>,
    served: served::Served,
    accounts: Accounts,
    alarms: alarms::Alarms,
    aside: Aside,
    wakes: timers::Wakes,
    names: people::Names,
    reconciling: tokio::sync::Mutex<()>,
    farewells: subscriptions::Farewells,
}

impl Bridge {
    /// Joins the parts; the snapshots listen to the store from here on.
    pub fn new(parts: Parts) -> Arc<Self> {
        let snapshots = Snapshots::new(parts.limits.collections_in_memory_max);
        let sink: Arc<Snapshots> = Arc::clone(&snapshots);
        parts.store.set_sink(sink);
        Arc::new(Self {
            store: parts.store,
            clock: parts.clock,
            ids: parts.ids,
            authority: parts.authority,
            remotes: parts.remotes,
            connectors: parts.connectors,
            vault: parts.vault,
            syncing: sync::Syncing::default(),
            settings: parts.settings,
            snapshots,
            served: served::Served::new(
                parts.limits.served_devices_max,
                parts.limits.served_members_max,
            ),
            accounts: Accounts::new(parts.limits.accounts, parts.key),
            alarms: alarms::Alarms::new(parts.limits.refusals_per_hour_max),
            aside: Aside::new(&parts.limits),
            wakes: timers::Wakes::default(),
            names: people::Names::default(),
            reconciling: tokio::sync::Mutex::default(),
            farewells: subscriptions::Farewells::default(),
            limits: parts.limits,
        })
    }

    /// The life of the store: part of every ETag and token.
    pub fn epoch(&self) -> Epoch {
        self.store.epoch()
    }

    /// Rules and date semantics.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Bounds.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The store, for the command line and for tests.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The present picture of a collection.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn snapshot(&self, id: &CollectionId) -> Result<Arc<Snapshot>, StoreError> {
        self.snapshots.get(&self.store, id).await
    }

    /// Ends the writer; everything acknowledged is in the main files.
    ///
    /// # Errors
    /// The disk failed.
    pub async fn close(&self) -> Result<(), StoreError> {
        // Nobody waits longer for a remote: what it was not told runs out by itself.
        let limit = self.limits.sync.call_timeout;
        let _unsaid = tokio::time::timeout(limit, self.say_farewells()).await;
        self.store.close().await
    }

    /// Waits until every remote calendar that is being left was told so, or did not answer.
    pub async fn say_farewells(&self) {
        self.farewells.wait().await;
    }
}

impl Bridge {
    /// Remembers whose text went out to which device: the base of edits that name no version.
    pub fn note_members_served<'a>(
        &self,
        session: &accounts::Session,
        collection: &CollectionId,
        members: impl IntoIterator<Item = (&'a crate::model::ResourceName, crate::model::ViewRevision)>,
    ) {
        self.served.note(session.app_password, collection, members);
    }

    /// The same for a whole collection.
    pub fn note_all_served(
        &self,
        session: &accounts::Session,
        collection: &CollectionId,
        at: crate::model::ViewRevision,
    ) {
        self.served.note_all(session.app_password, collection, at);
    }
}
