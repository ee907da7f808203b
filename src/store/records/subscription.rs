//! Stored form of a subscription.

use super::object::KindRow;
use super::time::{DayRow, Instant, optional};
use super::trouble::DirectionRow;
use super::words::words;
use super::{Invalid, Record};
use crate::model::{
    CalendarRef, InactiveReason, LeftOut, PauseReason, RemoteCursor, RemoteKind, Sealed, Status,
    Subscription, SubscriptionId, SubscriptionState, UserId,
};
use crate::model::{Obstacle, RemoteId, Unread};
use crate::store::tables::Table;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

words!(RemoteKindRow for RemoteKind: Google, Ews, Graph);
words!(PauseRow for PauseReason: Asked, IntegrationOff);
words!(ObstacleRow for Obstacle: Network, Refusing, Missing);
words!(InactiveRow for InactiveReason: Denied, CalendarGone, Deactivated);

#[derive(Serialize, Deserialize)]
enum StateRow {
    Active,
    Paused(PauseRow),
    Inactive(InactiveRow),
    Ending,
    Ended,
}

impl From<&SubscriptionState> for StateRow {
    fn from(state: &SubscriptionState) -> Self {
        match state {
            SubscriptionState::Active => Self::Active,
            SubscriptionState::Paused(why) => Self::Paused((*why).into()),
            SubscriptionState::Inactive(why) => Self::Inactive((*why).into()),
            SubscriptionState::Ending => Self::Ending,
            SubscriptionState::Ended => Self::Ended,
        }
    }
}

impl From<StateRow> for SubscriptionState {
    fn from(row: StateRow) -> Self {
        match row {
            StateRow::Active => Self::Active,
            StateRow::Paused(why) => Self::Paused(why.into()),
            StateRow::Inactive(why) => Self::Inactive(why.into()),
            StateRow::Ending => Self::Ending,
            StateRow::Ended => Self::Ended,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct CalendarRow {
    id: String,
    name: String,
    account: String,
}

impl From<&CalendarRef> for CalendarRow {
    fn from(calendar: &CalendarRef) -> Self {
        Self {
            id: calendar.id.clone(),
            name: calendar.name.clone(),
            account: calendar.account.clone(),
        }
    }
}

impl From<CalendarRow> for CalendarRef {
    fn from(row: CalendarRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            account: row.account,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct LeftOutRow {
    kinds: Vec<KindRow>,
    statuses: Vec<u16>,
}

impl From<&LeftOut> for LeftOutRow {
    fn from(left_out: &LeftOut) -> Self {
        Self {
            kinds: left_out.kinds.iter().map(|kind| (*kind).into()).collect(),
            statuses: left_out.statuses.iter().map(|status| status.0).collect(),
        }
    }
}

impl From<LeftOutRow> for LeftOut {
    fn from(row: LeftOutRow) -> Self {
        Self {
            kinds: row.kinds.into_iter().map(Into::into).collect(),
            statuses: row.statuses.into_iter().map(Status).collect(),
        }
    }
}

#[derive(Serialize, Deserialize)]
pub struct SubscriptionRow {
    id: Arc<str>,
    user: Arc<str>,
    epoch: u64,
    step: u64,
    remote: RemoteKindRow,
    calendar: CalendarRow,
    state: StateRow,
    start: DayRow,
    zone: String,
    left_out: LeftOutRow,
    recognise: bool,
    cursor: Option<String>,
    full: bool,
    /// In base64.
    secret: Option<String>,
    due: Instant,
    failures: u32,
    synced: Option<Instant>,
    last_error: Option<String>,
    /// Rows of earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    obstacle: Option<(ObstacleRow, Instant)>,
    /// Event and what of it cannot be read. Rows of earlier versions have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unread: Vec<(String, String)>,
    deletions: Vec<(Instant, DirectionRow)>,
    /// Rows of earlier versions have none.
    #[serde(default)]
    left_behind: u64,
    since: Instant,
}

impl Record for Subscription {
    const TABLE: Table = Table::Subscriptions;
    type Stored = SubscriptionRow;

    fn stored(&self) -> SubscriptionRow {
        let deletions = self.deletions.iter();
        SubscriptionRow {
            id: self.id.0.clone(),
            user: self.user.0.clone(),
            epoch: self.epoch,
            step: self.step,
            remote: self.remote.into(),
            calendar: (&self.calendar).into(),
            state: (&self.state).into(),
            start: self.start.into(),
            zone: self.zone.name().to_owned(),
            left_out: (&self.left_out).into(),
            recognise: self.recognise,
            cursor: self.cursor.as_ref().map(|cursor| cursor.0.clone()),
            full: self.full,
            secret: self.secret.as_ref().map(sealed_text),
            due: self.due.into(),
            failures: self.failures,
            synced: self.synced.map(Into::into),
            last_error: self.last_error.clone(),
            obstacle: self
                .obstacle
                .map(|(what, since)| (what.into(), since.into())),
            unread: self
                .unread
                .iter()
                .map(|each| (each.event.0.clone(), each.what.clone()))
                .collect(),
            deletions: deletions
                .map(|(at, direction)| ((*at).into(), (*direction).into()))
                .collect(),
            left_behind: self.left_behind,
            since: self.since.into(),
        }
    }

    fn restored(row: SubscriptionRow) -> Result<Self, Invalid> {
        let deletions: Result<_, Invalid> = row
            .deletions
            .into_iter()
            .map(|(at, direction)| Ok((at.try_into()?, direction.into())))
            .collect();
        Ok(Self {
            id: SubscriptionId(row.id),
            user: UserId(row.user),
            epoch: row.epoch,
            step: row.step,
            remote: row.remote.into(),
            calendar: row.calendar.into(),
            state: row.state.into(),
            start: row.start.try_into()?,
            zone: row.zone.parse().map_err(|_| Invalid("a zone"))?,
            left_out: row.left_out.into(),
            recognise: row.recognise,
            cursor: row.cursor.map(RemoteCursor),
            full: row.full,
            secret: row.secret.map(|text| sealed(&text)).transpose()?,
            due: row.due.try_into()?,
            failures: row.failures,
            synced: optional(row.synced)?,
            last_error: row.last_error,
            obstacle: match row.obstacle {
                Some((what, since)) => Some((what.into(), since.try_into()?)),
                None => None,
            },
            unread: row
                .unread
                .into_iter()
                .map(|(event, what)| Unread {
                    event: RemoteId(event),
                    what,
                })
                .collect(),
            deletions: deletions?,
            left_behind: row.left_behind,
            since: row.since.try_into()?,
        })
    }
}

/// A secret in base64.
pub(super) fn sealed_text(sealed: &Sealed) -> String {
    STANDARD.encode(&sealed.0)
}

/// The secret that a text holds.
pub(super) fn sealed(text: &str) -> Result<Sealed, Invalid> {
    let bytes = STANDARD.decode(text).map_err(|_| Invalid("a secret"))?;
    Ok(Sealed(bytes))
}
