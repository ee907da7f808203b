//! Why an object or an event stands as it does.

use super::Answer;
use super::ask::{Ask, json};
use super::problem::Problem;
use super::subscriptions::trouble_body;
use super::wire::{
    BaseBody, ExplainedPersonBody, ExplanationBody, Instant, IntentBody, JournalBody, LinkBody,
    ObjectBody,
};
use crate::bridge::{Explained, ExplainedLink, ExplainedPerson, Explanation};
use crate::model::{Base, Born, Field, LinkState, Moment, UserId};
use crate::ports::StoreError;
use std::collections::BTreeMap;

/// The longest identity that is looked for, in bytes: remotes' own are a few hundred at most.
const NAME_BYTES_MAX: usize = 2048;

impl Ask<'_> {
    pub(super) async fn explain(&self, what: &str) -> Answer {
        self.only(&[])?;
        let none = || Problem::missing(format!("there is no object or event {what:?}"));
        if what.len() > NAME_BYTES_MAX {
            return Err(Problem::missing("there is no object or event of this name"));
        }
        let told = self.bridge.explain(what).await?.ok_or_else(none)?;
        json(&self.explanation_body(&told).await?)
    }

    async fn explanation_body(&self, told: &Explanation) -> Result<ExplanationBody, StoreError> {
        let names = self.names(told).await?;
        let object = told.object.as_ref();
        let mut people = Vec::new();
        for each in &told.people {
            people.push(self.explained_person(each).await?);
        }
        let mut links = Vec::new();
        for each in &told.links {
            links.push(self.link_body(each).await?);
        }
        let mut rows: Vec<JournalBody> = Vec::new();
        for row in &told.rows {
            rows.push(self.row(row).await?);
        }
        Ok(ExplanationBody {
            event: match &told.asked {
                Explained::Object => None,
                Explained::Event(event) => Some(event.to_string()),
            },
            object: ObjectBody {
                id: told.id.0,
                title: object.map(|object| object.title.clone()),
            },
            kind: object.map(|object| object.kind.word().to_owned()),
            revision: object.map(|object| object.revision.0),
            removed: told.removed.map(|revision| revision.0),
            people,
            commands: self.command_bodies(&told.commands).await?,
            links,
            rows,
            words: told.words(&names, self.language),
        })
    }

    /// Logins of everybody whom an explanation is about.
    async fn names(&self, told: &Explanation) -> Result<BTreeMap<UserId, String>, StoreError> {
        let participants = told.people.iter().map(|each| &each.user);
        let linked = told.links.iter().map(|each| &each.subscription.user);
        let mut names = BTreeMap::new();
        for id in participants.chain(linked) {
            if let Some(user) = self.bridge.store().user(id).await? {
                names.insert(id.clone(), user.login);
            }
        }
        Ok(names)
    }

    async fn explained_person(
        &self,
        each: &ExplainedPerson,
    ) -> Result<ExplainedPersonBody, StoreError> {
        let locks = each.locks.iter();
        Ok(ExplainedPersonBody {
            user: self.person_body(&each.user).await?,
            locks: locks
                .map(|(field, reason)| (field.word().to_owned(), reason.word().to_owned()))
                .collect(),
        })
    }

    async fn link_body(&self, each: &ExplainedLink) -> Result<LinkBody, StoreError> {
        let link = &each.link;
        let born = match link.born {
            Born::Imported => "imported",
            Born::Exported => "exported",
        };
        let state = match link.state {
            LinkState::Live => "live",
            LinkState::Awaited => "awaited",
            LinkState::Parted => "parted",
        };
        let trouble = link.trouble.as_ref();
        Ok(LinkBody {
            id: link.id.0,
            subscription: self.subscription_body(&each.subscription).await?,
            event: link.remote.as_ref().map(ToString::to_string),
            uid: link.remote_uid.clone(),
            epoch: link.epoch,
            generation: link.generation,
            born: born.to_owned(),
            state: state.to_owned(),
            locked: link.locked,
            our_revision: link.our_revision.0,
            their_version: link.their_version.clone(),
            base_ours: base_body(&link.base_ours),
            base_theirs: base_body(&link.base_theirs),
            unseen: !link.unseen.is_empty(),
            ahead: words(each.ahead.iter()),
            owed: words(link.owed.iter()),
            intent: link.intent.as_ref().map(|intent| IntentBody {
                deed: intent.deed.word().to_owned(),
                at: Instant(intent.at),
            }),
            trouble: trouble.map(|trouble| trouble_body(trouble, self.language)),
        })
    }
}

fn words<'a>(fields: impl Iterator<Item = &'a Field>) -> Vec<String> {
    fields.map(|field| field.word().to_owned()).collect()
}

fn base_body(base: &Base) -> BaseBody {
    BaseBody {
        title: base.title.clone(),
        start: base.span.map(|span| edge(span.start())),
        end: base.span.map(|span| edge(span.end())),
        recurs: base.recurs,
    }
}

fn edge(edge: Moment) -> String {
    match edge {
        Moment::Day(day) => day.to_string(),
        Moment::At(at) => at.format("%Y-%m-%dT%H:%MZ").to_string(),
    }
}
