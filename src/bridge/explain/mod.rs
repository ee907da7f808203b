//! Why an object or an event stands as it does: everything that the bridge knows of it, for an administrator.
//!
//! Start at [`Bridge::explain`]; the same in words is [`Explanation::words`].

pub(crate) mod words;

use super::Bridge;
use crate::diff::two_way;
use crate::model::{
    Base, Command, Field, JournalRow, Link, Object, ObjectId, Reason, RemoteId, Revision, Rights,
    Subscription, UserId,
};
use crate::ports::{JournalQuery, StoreError};
use crate::rules;
use uuid::Uuid;

/// Rows of the journal that are told.
const ROWS_MAX: usize = 10;

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Explained {
    /// An object, by its GUID.
    Object,
    /// A remote event, by the remote's identity of it.
    Event(RemoteId),
}

/// Everything that is known of an object and its events.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// By what it was found.
    pub asked: Explained,
    /// Which object.
    pub id: ObjectId,
    /// How it stands; `None`: it is not there (any more).
    pub object: Option<Object>,
    /// At which version it was removed, if it was and that is still remembered.
    pub removed: Option<Revision>,
    /// Its participants, by identity.
    pub people: Vec<ExplainedPerson>,
    /// Commands to ADVANTA that wait, oldest first.
    pub commands: Vec<Command>,
    /// Its links, by subscription.
    pub links: Vec<ExplainedLink>,
    /// The last rows of its journal, newest first.
    pub rows: Vec<JournalRow>,
}

/// A participant and what they may not do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedPerson {
    /// Who.
    pub user: UserId,
    /// What they may do in ADVANTA.
    pub rights: Rights,
    /// What the rules lock for them now, and why.
    pub locks: Vec<(Field, Reason)>,
}

/// A link and how the object differs from what was last seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedLink {
    /// Whose.
    pub subscription: Subscription,
    /// The link.
    pub link: Link,
    /// Fields in which ADVANTA's side differs from its base now: what has yet to be taken note of.
    pub ahead: Vec<Field>,
}

impl Bridge {
    /// Explains an object (by GUID) or a remote event (by the remote's identity); `None`: neither is known.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn explain(&self, what: &str) -> Result<Option<Explanation>, StoreError> {
        if let Ok(guid) = what.parse::<Uuid>()
            && let Some(told) = self
                .explain_object(ObjectId(guid), Explained::Object)
                .await?
        {
            return Ok(Some(told));
        }
        let event = RemoteId(what.to_owned());
        for row in self.subscriptions_that(|_| true).await? {
            if let Some(link) = self.store.link_of_remote(&row.id, &event).await? {
                return self
                    .explain_object(link.object, Explained::Event(event))
                    .await;
            }
        }
        Ok(None)
    }

    async fn explain_object(
        &self,
        id: ObjectId,
        asked: Explained,
    ) -> Result<Option<Explanation>, StoreError> {
        let object = self.store.object(id).await?;
        let told = Explanation {
            asked,
            id,
            removed: self.store.removed(id).await?,
            people: self.explain_people(object.as_ref()),
            commands: self.store.commands_of(id).await?,
            links: self.explain_links(id, object.as_ref()).await?,
            rows: self.last_rows(id).await?,
            object,
        };
        Ok(told.is_known().then_some(told))
    }

    fn explain_people(&self, object: Option<&Object>) -> Vec<ExplainedPerson> {
        let Some(object) = object else {
            return vec![];
        };
        let explained = |(user, rights): (&UserId, &Rights)| ExplainedPerson {
            user: user.clone(),
            rights: *rights,
            locks: self.locks_for(object, user, *rights),
        };
        object.participants.iter().map(explained).collect()
    }

    fn locks_for(&self, object: &Object, user: &UserId, rights: Rights) -> Vec<(Field, Reason)> {
        let settings = &self.settings;
        let fields = rules::locks(object, rights, settings).into_iter();
        let mut locks: Vec<(Field, Reason)> = fields
            .filter_map(|field| Some((field, rules::lock(object, rights, field, settings)?)))
            .collect();
        let deletion = rules::judge_delete(object, rights, Some(user), settings);
        locks.extend(deletion.map(|reason| (Field::Existence, reason)));
        locks
    }

    /// Every link of an object, also of people who do not take part any more.
    async fn explain_links(
        &self,
        id: ObjectId,
        object: Option<&Object>,
    ) -> Result<Vec<ExplainedLink>, StoreError> {
        let now = object.map(|object| Base::from(&object.fields(&self.settings)));
        let mut links = vec![];
        for subscription in self.subscriptions_that(|_| true).await? {
            let found = self.store.link_of_object(&subscription.id, id).await?;
            let Some(link) = found else {
                continue;
            };
            let ahead = now.as_ref().map(|now| two_way(&link.base_ours, now));
            links.push(ExplainedLink {
                subscription,
                ahead: ahead.unwrap_or_default(),
                link,
            });
        }
        Ok(links)
    }

    async fn last_rows(&self, id: ObjectId) -> Result<Vec<JournalRow>, StoreError> {
        let query = JournalQuery {
            object: Some(id),
            rows_max: ROWS_MAX,
            ..JournalQuery::default()
        };
        self.store.journal(query).await
    }
}

impl Explanation {
    /// Whether anything at all is known.
    fn is_known(&self) -> bool {
        self.object.is_some()
            || self.removed.is_some()
            || !self.links.is_empty()
            || !self.commands.is_empty()
            || !self.rows.is_empty()
    }
}
