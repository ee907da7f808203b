//! A refusal that leaves the content as it was: the member moves, the journal says why, and too many raise an alarm.

use super::edit::{EditError, Standing};
use super::fan_out::Plan;
use super::{Bridge, journal};
use crate::model::{
    Action, AppPasswordId, FieldOutcome, JournalRow, ObjectId, Resource, ViewRevision,
};
use crate::ports::{Expect, Kept, Move, Write};

impl Bridge {
    /// A restore and nothing else: the member moves though its content does not.
    pub(super) async fn bump(
        &self,
        standing: &Standing<'_>,
        member: &Resource,
        outcomes: Vec<FieldOutcome>,
        action: Action,
        named: Option<ViewRevision>,
    ) -> Result<(), EditError> {
        let now = self.clock.now();
        let known = self.repeated(member, &outcomes).await?;
        // A second device or a replay that still names what was before the last restore: its ETag differs already.
        let replay =
            matches!((named, member.restored), (Some(named), Some(restored)) if named < restored);
        let mut plan = Plan::default();
        let at = (standing.collection.clone(), standing.name.clone());
        plan.expects.push(Expect::Member(
            at.0.clone(),
            at.1.clone(),
            Some(member.revision),
        ));
        let kept = match known {
            Some(row) => {
                plan.writes.push(Write::JournalAgain(row.id, now));
                Kept::Old(row.id)
            }
            None => {
                plan.writes.push(Write::Journal(journal::row(
                    standing,
                    journal::About::member(member),
                    action,
                    outcomes,
                    now,
                )));
                Kept::New(0)
            }
        };
        // Nobody waits at the other end of an import for the original to come back.
        let stays = replay || standing.device().is_none();
        let movement = if stays { Move::Stay } else { Move::Restore };
        plan.writes.push(Write::Bump(
            at.0.clone(),
            at.1.clone(),
            movement,
            Some(kept),
        ));
        // Of a replay, too: its client may ask for the ETag that the restore gave and believe its own text stored at it.
        if standing.needs_settling() {
            plan.writes.push(Write::SettleLater(
                at.0,
                at.1,
                now + self.limits.settle_after,
            ));
        }
        self.commit(plan).await?;
        self.wakes.timers.notify_one();
        Ok(())
    }

    /// The row of the last refusal, if this one is the same again.
    async fn repeated(
        &self,
        member: &Resource,
        outcomes: &[FieldOutcome],
    ) -> Result<Option<JournalRow>, EditError> {
        let Some(id) = member.refusal else {
            return Ok(None);
        };
        let row = self.store.journal_row(id).await?;
        Ok(row.filter(|row| row.outcomes == outcomes))
    }

    pub(super) fn count_refusal(&self, standing: &Standing<'_>, object: ObjectId) {
        if let Some(device) = standing.device() {
            self.count_device_refusal(device, object);
        }
    }

    pub(super) fn count_device_refusal(&self, device: AppPasswordId, object: ObjectId) {
        if self
            .alarms
            .refused(object, device, self.clock.now())
            .is_some()
        {
            tracing::warn!(
                object.id = %object,
                app_password.id = %device,
                "more than {} refusals in an hour for one object and device: its client does not take the original back",
                self.limits.refusals_per_hour_max
            );
        }
    }
}
