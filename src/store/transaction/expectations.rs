//! The conditions that travel with the writes, checked against the state before the first of them.

use crate::model::SubscriptionState;
use crate::ports::{CommitError, Expect, StoreError};
use crate::store::kv::View;
use crate::store::queries;

/// Checks all; the error names the first that does not hold.
pub(super) fn check(view: &dyn View, expects: &[Expect]) -> Result<(), CommitError> {
    for (index, expect) in expects.iter().enumerate() {
        if !holds(view, expect)? {
            return Err(CommitError::Expectation(index));
        }
    }
    Ok(())
}

/// Checks that no person has more than their quota by what was written.
pub(super) fn check_quotas(
    before: &dyn View,
    after: &dyn View,
    expects: &[Expect],
) -> Result<(), CommitError> {
    for expect in expects {
        if let Expect::WithinQuota(user, quota) = expect
            && !quota.allows(queries::used(before, user)?, queries::used(after, user)?)
        {
            return Err(CommitError::QuotaExceeded);
        }
    }
    Ok(())
}

fn holds(view: &dyn View, expect: &Expect) -> Result<bool, StoreError> {
    Ok(match expect {
        Expect::Object(id, revision) => {
            queries::object(view, *id)?.map(|object| object.revision) == *revision
        }
        Expect::Member(collection, name, revision) => {
            let member = queries::member(view, collection, name)?;
            member.map(|member| member.revision) == *revision
        }
        Expect::NoMemberOf(collection, object) => {
            queries::member_of(view, collection, *object)?.is_none()
        }
        Expect::Command(id) => queries::command(view, *id)?.is_some(),
        Expect::CommandsOf(object, ids) => queries::command_ids_of(view, *object)? == *ids,
        Expect::User(id, revision) => {
            queries::user(view, id)?.map(|user| user.revision) == *revision
        }
        Expect::Subscription(id, step) => {
            queries::subscription(view, id)?.map(|found| found.step) == *step
        }
        Expect::Active(id, epoch) => queries::subscription(view, id)?
            .is_some_and(|found| found.state == SubscriptionState::Active && found.epoch == *epoch),
        Expect::Link(id, step) => queries::link(view, *id)?.map(|link| link.step) == *step,
        Expect::Channel(id) => queries::channel(view, *id)?.is_some(),
        Expect::Connection(user, step) => {
            queries::connection(view, user)?.map(|found| found.step) == *step
        }
        Expect::GoogleSettings(step) => {
            queries::google_settings(view)?.map(|found| found.step) == *step
        }
        Expect::HookIsNew(mark) => queries::hook_place(view, *mark)?.is_none(),
        // Known only when all writes are made: see [`check_quotas`].
        Expect::WithinQuota(..) => true,
        Expect::Empty => queries::is_empty(view)?,
    })
}
