//! REPORT sync-collection (RFC 6578).

use super::elements::{Precondition, SyncCollection, SyncLevel};
use super::members::Template;
use super::propfind::multistatus;
use super::{Answer, Body, Call};
use crate::bridge::snapshot::{Change, Snapshot};
use crate::bridge::spelling::segment;
use crate::model::{Collection, CollectionId, Epoch, ViewRevision};
use crate::xml::write;
use std::fmt;

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
        let (out, served) = self.write_changes(&snapshot, since, limit, sync, &template);
        if template.has_data() {
            self.bridge.note_members_served(
                &self.session,
                &id,
                served.iter().map(|(name, at)| (name, *at)),
            );
        }
        Ok(multistatus(Body::whole(out)))
    }

    fn write_changes(
        &self,
        snapshot: &Snapshot,
        since: Option<Token>,
        limit: usize,
        sync: &SyncCollection,
        template: &Template,
    ) -> (String, Vec<(crate::model::ResourceName, ViewRevision)>) {
        let mut next = Token::of(&self.bridge.epoch(), &snapshot.collection);
        let position = since
            .as_ref()
            .map_or(ViewRevision(0), |token| token.position);
        let mut out = String::new();
        let mut served = vec![];
        let (mut told, mut reached) = (0, position);
        write::start_document(&mut out, "D:multistatus");
        for change in snapshot.changes_since(position) {
            if skipped(change, since.as_ref()) {
                continue;
            }
            if told == limit {
                self.write_truncated(&mut out);
                // The next page goes on from here, and still owes the removals since the first page.
                next.position = reached;
                next.horizon = since
                    .as_ref()
                    .filter(|token| token.horizon > token.position)
                    .map_or(snapshot.collection.change, |token| token.horizon);
                break;
            }
            told += 1;
            match change {
                Change::Live(entry) => {
                    self.write_member(&mut out, template, entry, sync.calendar_data.as_ref());
                    served.push((entry.resource.name.clone(), entry.resource.revision));
                    reached = entry.resource.revision;
                }
                Change::Gone(tombstone) => {
                    template.gone(&mut out, &tombstone.name);
                    reached = tombstone.revision;
                }
            }
        }
        write::text_element(&mut out, "D:sync-token", &next.to_string());
        write::end(&mut out, "D:multistatus");
        (out, served)
    }
}

/// An initial sync lists current members only. Any other is told of every removal since its token: that a name was also
/// *made* since says nothing, for it may have been there before under the same name.
fn skipped(change: &Change, since: Option<&Token>) -> bool {
    match change {
        Change::Live(_) => false,
        Change::Gone(_) => since.is_none(),
    }
}
