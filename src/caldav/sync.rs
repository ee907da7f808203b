//! REPORT sync-collection (RFC 6578).

use super::elements::{Precondition, SyncCollection, SyncLevel};
use super::propfind::multistatus;
use super::stream::{self, Item};
use super::{Answer, Call};
use crate::bridge::snapshot::{Change, Snapshot};
use crate::bridge::spelling::segment;
use crate::model::{Collection, CollectionId, Epoch, ViewRevision};
use crate::xml::write;
use std::fmt;
use std::sync::Arc;

/// The most members that one answer lists; more come with the next token.
const MEMBERS_MAX: usize = 100_000;

/// Our bookmark, a URI (RFC 6578 §4): which store life, which collection, up to which change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    prefix: String,
    /// Changes up to here were told.
    position: ViewRevision,
    /// The change at which a listing in several pages began: removals since then are still to be told.
    horizon: ViewRevision,
}

impl Token {
    /// The token of a collection as it stands.
    pub fn of(epoch: &Epoch, collection: &Collection) -> Self {
        Self {
            prefix: Self::prefix(epoch, &collection.id),
            position: collection.change,
            horizon: collection.change,
        }
    }

    fn prefix(epoch: &Epoch, id: &CollectionId) -> String {
        let owner = segment(id.owner.as_str());
        format!(
            "urn:advanta-bridge:sync:{}:{owner}:{}",
            segment(epoch.as_str()),
            id.kind.segment()
        )
    }

    /// Reads a token of this collection and this store life that can still be answered.
    fn read(text: &str, epoch: &Epoch, collection: &Collection) -> Option<Self> {
        let prefix = Self::prefix(epoch, &collection.id);
        let numbers = text.strip_prefix(&prefix)?.strip_prefix(':')?;
        let (position, horizon) = numbers.split_once('.').unwrap_or((numbers, numbers));
        let number = |text: &str| {
            // Only the spelling that we give out: no sign, no leading zero.
            let number: u64 = text.parse().ok()?;
            (number.to_string() == text).then_some(ViewRevision(number))
        };
        let token = Self {
            prefix,
            position: number(position)?,
            horizon: number(horizon)?,
        };
        let told = token.position <= token.horizon && token.horizon <= collection.change;
        (told && token.horizon >= collection.floor).then_some(token)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.prefix, self.position)?;
        if self.horizon == self.position {
            Ok(())
        } else {
            write!(f, ".{}", self.horizon)
        }
    }
}

impl Call<'_> {
    /// What changed since a token; without one, what is there.
    pub(super) async fn sync_collection(&self, sync: &SyncCollection) -> Answer {
        if sync.level == SyncLevel::Infinite {
            return Err(Precondition::SyncTraversalSupported.into());
        }
        let id = CollectionId::events(&self.session.user.id);
        let snapshot = self.bridge.snapshot(&id).await?;
        let epoch = self.bridge.epoch();
        let since = match &sync.token {
            None => None,
            Some(text) => {
                let token = Token::read(text.trim(), &epoch, &snapshot.collection);
                Some(token.ok_or(Precondition::ValidSyncToken)?)
            }
        };
        let limit = sync
            .limit
            .map_or(MEMBERS_MAX, |limit| (limit as usize).min(MEMBERS_MAX));
        let template = self.template(&sync.props, true);
        let (items, next) = page(&snapshot, &epoch, since.as_ref(), limit);
        if template.has_data() {
            self.note_items(&id, &items);
        }
        let mut tail = String::new();
        if next.is_some() {
            tail.push_str(&self.truncated());
        }
        let token = next.unwrap_or_else(|| Token::of(&epoch, &snapshot.collection));
        write::text_element(&mut tail, "D:sync-token", &token.to_string());
        let mut head = String::new();
        write::start_document(&mut head, "D:multistatus");
        Ok(multistatus(stream::multistatus(
            head,
            items.into_iter(),
            template,
            tail,
        )))
    }
}

/// What one answer tells, and the token to go on with when that is not all.
fn page(
    snapshot: &Snapshot,
    epoch: &Epoch,
    since: Option<&Token>,
    limit: usize,
) -> (Vec<Item>, Option<Token>) {
    let position = since.map_or(ViewRevision(0), |token| token.position);
    let mut items = vec![];
    let mut reached = position;
    for change in snapshot
        .changes_since(position)
        .filter(|change| !skipped(change, since))
    {
        if items.len() == limit {
            let mut next = Token::of(epoch, &snapshot.collection);
            next.position = reached;
            next.horizon = match since {
                // Nothing that was removed before this moment was ever told to the client.
                None => snapshot.collection.change,
                // A page of such a listing: still owed are the removals since its first page.
                Some(token) if token.horizon > token.position => token.horizon.max(reached),
                // A page of what changed: still owed is every removal after what was told.
                Some(_) => reached,
            };
            return (items, Some(next));
        }
        match change {
            Change::Live(entry) => {
                reached = entry.resource.revision;
                items.push(Item::Member(Arc::clone(entry)));
            }
            Change::Gone(tombstone) => {
                reached = tombstone.revision;
                items.push(Item::Gone(tombstone.name.clone()));
            }
        }
    }
    (items, None)
}

/// An initial sync lists current members only. Any other is told of every removal since its token: that a name was also
/// *made* since says nothing, for it may have been there before under the same name.
fn skipped(change: &Change, since: Option<&Token>) -> bool {
    match change {
        Change::Live(_) => false,
        Change::Gone(_) => since.is_none(),
    }
}
