//! What the middle asks of the outside: traits and the plain data that crosses them.
//!
//! Adapters implement these and never know each other. Start at [`Store`].

mod advanta;
mod clock;
mod connector;
mod hooks;
mod keyring;
mod remote;
mod store;
mod upkeep;

pub use advanta::{Advanta, AdvantaError, AdvantaErrorKind, Changed, Flawed};
pub use clock::{Clock, Ids};
pub use connector::{CalendarOffer, ConnectError, Connector, Consent, WatchAsk, Watched};
pub use hooks::{HookError, HookHead, Hooks};
pub use keyring::{KeyId, Keyring, KeyringError, OldKey};
pub use remote::{
    Capabilities, IdLaw, ListAsk, ListPage, Listed, Next, PageToken, Remote, RemoteChanges,
    RemoteDeed, RemoteError, RemoteErrorKind, RemoteWrite, Remotes, Vault, VaultError, Written,
};
pub use store::{
    CommitError, CommitSink, Committed, Delta, DeltaKind, Expect, Hindrance, JournalQuery, Kept,
    Member, Move, Outcomes, ResourceDraft, Store, StoreError, Timer, TimerKind, Write,
};
pub use upkeep::{BackupDone, CheckReport, Finding, Progress};
