//! How a person gets from "connect my calendar" to a subscription.
//!
//! ```text
//! begin ─▶ the remote's page ─▶ finish (or an administrator delegates) ─▶ offers ─▶ choose ─▶ a subscription
//!                                      └─ a subscription that was inactive goes on at once
//! ```
//!
//! Start at [`Bridge::begin_connection`]. What is known meanwhile is one row for each person, which runs out. An administrator does the same for
//! somebody else; who asks was checked before.

mod choose;
mod settings;

pub use choose::Choice;
pub use settings::{GoogleChange, IntegrationError};

use super::Bridge;
use super::subscriptions::{SubscriptionError, others_use};
use crate::model::{
    Connection, ConnectionStage, Digest, InactiveReason, RemoteKind, Subscription,
    SubscriptionState, Timestamp, UserId,
};
use crate::ports::{
    CalendarOffer, CommitError, ConnectError, Connector, Expect, Store, StoreError, VaultError,
    Write,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::collections::BTreeMap;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Who connects people to which kind of remote.
pub type Connectors = BTreeMap<RemoteKind, Arc<dyn Connector>>;

/// Minutes in which somebody who was sent to the remote has to be back.
const SENT_MINUTES: i64 = 15;
/// Minutes in which somebody who agreed has to choose a calendar.
const AGREED_MINUTES: i64 = 60;

/// Why somebody is not connected.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// No calendars of this kind can be connected here.
    #[error("calendars of this kind cannot be connected here: {}", .0.word())]
    NotOffered(RemoteKind),
    /// Nobody began, it took too long, or it was done already.
    #[error("there is no connection to be finished; begin again")]
    NotBegun,
    /// What came back was not asked for by this person.
    #[error("the answer belongs to another connection; begin again")]
    OtherState,
    /// A subscription waits for its own account, and this one does not open its calendar.
    #[error("this account does not open the calendar that is subscribed to")]
    OtherAccount,
    /// There is no such calendar to be chosen.
    #[error("there is no such calendar to choose")]
    NoSuchCalendar,
    /// The calendar can only be read.
    #[error("the calendar can only be read")]
    ReadOnly,
    /// The remote, or what is set for it.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The subscription.
    #[error(transparent)]
    Subscription(#[from] SubscriptionError),
    /// Others kept writing the same.
    #[error("somebody else connects the same person; try again")]
    Busy,
}

impl From<StoreError> for ConnectionError {
    fn from(error: StoreError) -> Self {
        Self::Subscription(error.into())
    }
}

impl From<VaultError> for ConnectionError {
    fn from(error: VaultError) -> Self {
        Self::Subscription(error.into())
    }
}

impl From<CommitError> for ConnectionError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Store(error) => error.into(),
            _ => Self::Busy,
        }
    }
}

/// What somebody came back with from the remote's page.
#[derive(Clone, Copy)]
pub struct Answered<'a> {
    /// The `state` (RFC 6749 §4.1.2). Without it the code was copied by hand: PKCE then binds it to the person who began.
    pub state: Option<&'a str>,
    /// The code.
    pub code: &'a str,
    /// The page of ours that the remote was told, which it compares.
    pub redirect: &'a str,
}

/// How far somebody is who agreed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Agreed {
    /// They choose a calendar next.
    Choose(Vec<CalendarOffer>),
    /// Their subscription, which did not work any more, goes on.
    GoesOn(Box<Subscription>),
}

impl Bridge {
    /// Sends somebody to the remote's page; returns its address.
    ///
    /// # Errors
    /// They cannot subscribe now, or the integration is not set up.
    pub async fn begin_connection(
        &self,
        user: &UserId,
        remote: RemoteKind,
        redirect: &str,
    ) -> Result<String, ConnectionError> {
        self.check_may_connect(user, remote).await?;
        let state = URL_SAFE_NO_PAD.encode(self.ids.secret());
        let consent = self.connector(remote)?.consent(&state, redirect).await?;
        let verifier = Zeroizing::new(consent.verifier);
        let stage = ConnectionStage::Sent {
            state: Digest::of(&state),
            verifier: self
                .vault
                .seal(&Connection::place(user), verifier.as_bytes())?,
        };
        self.keep_connection(user, remote, stage).await?;
        Ok(consent.address)
    }

    /// Redeems what somebody came back with. It is redeemed once, whatever comes of it.
    ///
    /// # Errors
    /// See [`ConnectionError`].
    pub async fn finish_connection(
        &self,
        user: &UserId,
        remote: RemoteKind,
        answered: Answered<'_>,
    ) -> Result<Agreed, ConnectionError> {
        let begun = self.connection_of(user, remote).await?;
        let ConnectionStage::Sent { state, verifier } = &begun.stage else {
            return Err(ConnectionError::NotBegun);
        };
        if answered.state.is_some_and(|came| !state.is_of(came)) {
            return Err(ConnectionError::OtherState);
        }
        let verifier = Zeroizing::new(self.vault.open(&Connection::place(user), verifier)?);
        let verifier = std::str::from_utf8(&verifier).map_err(|_| ConnectionError::NotBegun)?;
        let used = Expect::Connection(user.clone(), Some(begun.step));
        let forget = Write::RemoveConnection(user.clone());
        self.store.commit(vec![used], vec![forget]).await?;
        let connector = self.connector(remote)?;
        let secret = connector.redeem(answered.code, verifier, answered.redirect);
        let secret = Zeroizing::new(secret.await?);
        self.agreed(user, remote, &secret).await
    }

    /// Lets an administrator connect an account of their own domain, whose owner is not asked.
    ///
    /// # Errors
    /// See [`ConnectionError`].
    pub async fn delegate_connection(
        &self,
        user: &UserId,
        remote: RemoteKind,
        account: &str,
    ) -> Result<Agreed, ConnectionError> {
        self.check_may_connect(user, remote).await?;
        let secret = self.connector(remote)?.delegate(account).await?;
        self.agreed(user, remote, &Zeroizing::new(secret)).await
    }

    /// Forgets that somebody was connecting, and gives back what lets us in.
    ///
    /// # Errors
    /// The store failed.
    pub async fn cancel_connection(&self, user: &UserId) -> Result<(), ConnectionError> {
        let Some(connection) = self.store.connection(user).await? else {
            return Ok(());
        };
        self.forget_connection(&connection).await?;
        self.give_back(connection);
        Ok(())
    }

    /// Forgets that somebody was connecting because the remote says that they did not agree. `state` shows that it is about them: any page
    /// can send a browser to us.
    ///
    /// # Errors
    /// Nothing was begun, or it is about somebody else.
    pub async fn refuse_connection(
        &self,
        user: &UserId,
        remote: RemoteKind,
        state: &str,
    ) -> Result<(), ConnectionError> {
        let begun = self.connection_of(user, remote).await?;
        match &begun.stage {
            ConnectionStage::Sent { state: sent, .. } if sent.is_of(state) => {
                self.forget_connection(&begun).await
            }
            ConnectionStage::Sent { .. } => Err(ConnectionError::OtherState),
            ConnectionStage::Agreed { .. } => Err(ConnectionError::NotBegun),
        }
    }

    /// With what lets us in, a subscription that waits for it goes on; otherwise a calendar is to be chosen.
    async fn agreed(
        &self,
        user: &UserId,
        remote: RemoteKind,
        secret: &[u8],
    ) -> Result<Agreed, ConnectionError> {
        let stage = |account| -> Result<_, ConnectionError> {
            let secret = self.vault.seal(&Connection::place(user), secret)?;
            Ok(ConnectionStage::Agreed { secret, account })
        };
        // Before anything else is asked: what they agreed to is not lost because the remote does not answer now.
        self.keep_connection(user, remote, stage(None)?).await?;
        let offers = self.connector(remote)?.calendars(secret).await?;
        let account = offers.first().map(|offer| offer.calendar.account.clone());
        let kept = self.keep_connection(user, remote, stage(account)?).await?;
        match self.go_on(kept, secret, &offers).await? {
            Some(row) => Ok(Agreed::GoesOn(Box::new(row))),
            None => Ok(Agreed::Choose(offers)),
        }
    }

    /// Lets a subscription go on that waits for what somebody agreed to, if there is one; that may not have been possible at once.
    ///
    /// # Errors
    /// The remote does not answer, or the account does not open the calendar.
    pub async fn take_up_connection(
        &self,
        user: &UserId,
        remote: RemoteKind,
    ) -> Result<Option<Subscription>, ConnectionError> {
        let stored = self.store.subscription_of(user).await?;
        if !stored.is_some_and(|row| row.remote == remote && waits_for_consent(&row.state)) {
            return Ok(None);
        }
        let Ok((kept, secret)) = self.agreement(user, remote).await else {
            return Ok(None);
        };
        let offers = self.connector(remote)?.calendars(&secret).await?;
        self.go_on(kept, &secret, &offers).await
    }

    /// `None`: no subscription waits, and a calendar is to be chosen.
    async fn go_on(
        &self,
        kept: Connection,
        secret: &[u8],
        offers: &[CalendarOffer],
    ) -> Result<Option<Subscription>, ConnectionError> {
        let stored = self.store.subscription_of(&kept.user).await?;
        let waits = stored.filter(|row| row.remote == kept.remote && waits_for_consent(&row.state));
        let Some(row) = waits else {
            return Ok(None);
        };
        if !offers.iter().any(|it| it.calendar.id == row.calendar.id) {
            self.forget_connection(&kept).await?;
            self.give_back(kept);
            return Err(ConnectionError::OtherAccount);
        }
        let row = self
            .reconnect_subscription(&row.id, secret.to_vec())
            .await?;
        // It is the subscription's now, and is not given back.
        match self.forget_connection(&kept).await {
            Ok(()) | Err(ConnectionError::Busy) => Ok(Some(row)),
            Err(error) => Err(error),
        }
    }

    /// Whether this person may begin.
    async fn check_may_connect(
        &self,
        user: &UserId,
        remote: RemoteKind,
    ) -> Result<(), ConnectionError> {
        self.active_user(user).await?;
        self.check_other_integrations(remote.integration()).await?;
        match self.store.subscription_of(user).await? {
            Some(row) if row.state.is_live() && !waits_for_consent(&row.state) => {
                Err(SubscriptionError::AlreadySubscribed(row.id).into())
            }
            Some(_) | None => Ok(()),
        }
    }

    fn connector(&self, remote: RemoteKind) -> Result<Arc<dyn Connector>, ConnectionError> {
        let found = self.connectors.get(&remote).cloned();
        found.ok_or(ConnectionError::NotOffered(remote))
    }

    /// Somebody's connection, if it has not run out.
    async fn connection_of(
        &self,
        user: &UserId,
        remote: RemoteKind,
    ) -> Result<Connection, ConnectionError> {
        let stored = self.store.connection(user).await?;
        let now = self.clock.now();
        stored
            .filter(|row| row.remote == remote && row.expires > now)
            .ok_or(ConnectionError::NotBegun)
    }

    /// Replaces whatever was known of somebody's connection. What let us in by it is only forgotten: giving it back could end what they agree to
    /// now.
    async fn keep_connection(
        &self,
        user: &UserId,
        remote: RemoteKind,
        stage: ConnectionStage,
    ) -> Result<Connection, ConnectionError> {
        let before = self.store.connection(user).await?;
        let step = before.map(|row| row.step);
        let row = Connection {
            user: user.clone(),
            step: step.map_or(0, |step| step.saturating_add(1)),
            remote,
            expires: self.clock.now() + life(&stage),
            stage,
        };
        let expect = Expect::Connection(user.clone(), step);
        let write = Write::Connection(row.clone());
        self.store.commit(vec![expect], vec![write]).await?;
        Ok(row)
    }

    async fn forget_connection(&self, row: &Connection) -> Result<(), ConnectionError> {
        let expect = Expect::Connection(row.user.clone(), Some(row.step));
        let write = Write::RemoveConnection(row.user.clone());
        self.store.commit(vec![expect], vec![write]).await?;
        Ok(())
    }

    /// Gives back what lets us in, as far as the remote listens, beside other work. Not when it would shut out somebody who comes in by the
    /// same account, or when nobody knows whose it is.
    fn give_back(&self, row: Connection) {
        let ConnectionStage::Agreed { secret, account } = &row.stage else {
            return;
        };
        let Ok(secret) = self.vault.open(&Connection::place(&row.user), secret) else {
            return;
        };
        let (Ok(connector), Some(account)) = (self.connector(row.remote), account.clone()) else {
            return;
        };
        let (store, secret) = (Arc::clone(&self.store), Zeroizing::new(secret));
        self.farewells.say(async move {
            let given = async {
                if is_used(store.as_ref(), (row.remote, &account), &row.user).await? {
                    return Ok(());
                }
                connector
                    .give_back(&secret)
                    .await
                    .map_err(ConnectionError::from)
            };
            if let Err(error) = given.await {
                tracing::info!(user.id = %row.user, "a consent that was not used runs on: {error}");
            }
        });
    }

    /// Forgets those who did not come back in time. To be called at the start, and now and then.
    ///
    /// # Errors
    /// The store failed.
    pub async fn forget_late_connections(&self) -> Result<(), ConnectionError> {
        let now = self.clock.now();
        for row in self.store.connections().await? {
            if row.expires <= now {
                match self.forget_connection(&row).await {
                    Ok(()) => self.give_back(row),
                    // They began anew at this moment.
                    Err(ConnectionError::Busy) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }
}

/// Whether somebody is subscribed by this account, or somebody else is about to be.
async fn is_used(
    store: &dyn Store,
    (remote, account): (RemoteKind, &str),
    but: &UserId,
) -> Result<bool, StoreError> {
    let connecting = store.connections().await?;
    let about = connecting.iter().any(|row| match &row.stage {
        ConnectionStage::Agreed { account: known, .. } => {
            row.user != *but && known.as_deref().is_none_or(|known| known == account)
        }
        ConnectionStage::Sent { .. } => false,
    });
    Ok(about || others_use(store, (remote, account), None).await?)
}

fn life(stage: &ConnectionStage) -> chrono::Duration {
    match stage {
        ConnectionStage::Sent { .. } => chrono::Duration::minutes(SENT_MINUTES),
        ConnectionStage::Agreed { .. } => chrono::Duration::minutes(AGREED_MINUTES),
    }
}

/// Whether a new consent lets a subscription go on.
fn waits_for_consent(state: &SubscriptionState) -> bool {
    matches!(
        state,
        SubscriptionState::Inactive(
            InactiveReason::Denied | InactiveReason::CalendarGone | InactiveReason::Deactivated
        )
    )
}

/// When a connection runs out, for people.
impl Bridge {
    /// Somebody's connection and until when it waits; `None`: they are not connecting.
    ///
    /// # Errors
    /// The store failed.
    pub async fn connecting(
        &self,
        user: &UserId,
    ) -> Result<Option<(RemoteKind, ConnectionStep, Timestamp)>, StoreError> {
        let stored = self.store.connection(user).await?;
        let now = self.clock.now();
        Ok(stored.filter(|row| row.expires > now).map(|row| {
            let step = match row.stage {
                ConnectionStage::Sent { .. } => ConnectionStep::Sent,
                ConnectionStage::Agreed { .. } => ConnectionStep::Agreed,
            };
            (row.remote, step, row.expires)
        }))
    }
}

/// How far somebody is, without what they hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionStep {
    /// They were sent to the remote's page.
    Sent,
    /// They agreed, and choose a calendar next.
    Agreed,
}
