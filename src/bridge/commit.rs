//! What every edit does around its writes: conditions before, the outcome of the commit and what is served after.

use super::Bridge;
use super::edit::{Door, EditError, Standing, Tags};
use super::fan_out::Plan;
use crate::model::{Resource, ViewRevision};
use crate::ports::{CommitError, Committed, Expect, Write};

impl Bridge {
    /// Whether what was just written is still what is served.
    pub(super) async fn still_serves(
        &self,
        standing: &Standing<'_>,
        revision: Option<ViewRevision>,
    ) -> Result<bool, EditError> {
        let snapshot = self.snapshot(standing.collection).await?;
        let member = snapshot.member(standing.name);
        Ok(member.is_some_and(|entry| {
            revision.is_some_and(|revision| entry.resource.is_current(revision))
        }))
    }

    pub(super) fn note_served(&self, standing: &Standing<'_>, revision: Option<ViewRevision>) {
        let Some(device) = standing.device() else {
            return;
        };
        let members = revision.map(|revision| (standing.name, revision));
        self.served.note(device, standing.collection, members);
    }

    /// What a device writes must fit the person's quota. What an administrator imports is theirs to decide, and what ADVANTA or a
    /// remote brings is never refused so.
    pub(super) fn expect_quota(&self, standing: &Standing<'_>, plan: &mut Plan) {
        match standing.door {
            Door::Device { .. } => {
                let quota = Expect::WithinQuota(standing.who.clone(), self.limits.quota);
                plan.expects.push(quota);
            }
            Door::Import => {}
        }
    }

    pub(super) async fn commit(&self, plan: Plan) -> Result<Committed, EditError> {
        // The person's own member is written first; a UID taken in somebody else's collection is not theirs to hear of.
        let own = plan.writes.iter().find_map(|write| match write {
            Write::Member(collection, ..) => Some(collection.clone()),
            _ => None,
        });
        let done = self.store.commit(plan.expects, plan.writes).await;
        done.map_err(|error| match error {
            CommitError::UidTaken { collection, holder } if own.as_ref() == Some(&collection) => {
                EditError::UidConflict(holder)
            }
            // Somebody wrote meanwhile: the caller decides again.
            CommitError::Expectation(_) | CommitError::UidTaken { .. } => EditError::Busy,
            CommitError::QuotaExceeded => EditError::QuotaExceeded,
            CommitError::Store(error) => EditError::Store(error),
            // Another round linked the same meanwhile; no edit writes users or subscriptions.
            CommitError::LinkTaken(_)
            | CommitError::LoginTaken(_)
            | CommitError::SubscriptionTaken(_)
            | CommitError::CalendarTaken(_) => EditError::Busy,
        })
    }
}

/// Checks the conditions of a PUT or DELETE; returns the revision that If-Match named.
pub(super) fn named(
    standing: &Standing<'_>,
    member: Option<&Resource>,
) -> Result<Option<ViewRevision>, EditError> {
    let none_match = match (&standing.conditions.if_none_match, member) {
        (None, _) | (Some(_), None) => true,
        (Some(Tags::Any), Some(_)) => false,
        (Some(Tags::Revisions(tags)), Some(member)) => !tags.contains(&member.revision),
    };
    if !none_match {
        return Err(EditError::Condition);
    }
    match (&standing.conditions.if_match, member) {
        (None, _) => Ok(None),
        (Some(_), None) => Err(EditError::Condition),
        (Some(Tags::Any), Some(_)) => Ok(None),
        (Some(Tags::Revisions(tags)), Some(member)) => {
            let newest = tags
                .iter()
                .copied()
                .filter(|tag| member.is_current(*tag))
                .max();
            newest.map(Some).ok_or(EditError::Condition)
        }
    }
}
