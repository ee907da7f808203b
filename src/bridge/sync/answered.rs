//! ADVANTA's last word on an edit that a remote asked for, kept in the link by the commit that ends the command.
//!
//! Without it the worker would have to guess whether a value that differs was edited in ADVANTA or was never taken.

use crate::bridge::fan_out::Plan;
use crate::bridge::{Bridge, pending};
use crate::diff;
use crate::model::{Base, Command, Deed, Field, Object, Origin, Outcome, Settings};
use crate::ports::{Expect, StoreError, Write};
use crate::sync;
use crate::sync::planted::{self, Fault};
use std::collections::BTreeSet;

/// A command of a remote, after news from ADVANTA.
pub(in crate::bridge) struct Answer<'a> {
    /// The command.
    pub(in crate::bridge) command: &'a Command,
    /// What became of its fields; those that are not named here still wait.
    pub(in crate::bridge) settled: &'a [(Field, Outcome)],
    /// The object as ADVANTA has it now.
    pub(in crate::bridge) now: Option<&'a Object>,
    /// Commands of the same object that go on.
    pub(in crate::bridge) left: &'a [Command],
}

impl Bridge {
    /// Plans what the link of a command's subscription says after ADVANTA's answer; nothing for edits from other doors.
    pub(in crate::bridge) async fn plan_answered(
        &self,
        answer: &Answer<'_>,
        plan: &mut Plan,
    ) -> Result<(), StoreError> {
        let (Origin::Remote(subscription), Some(now)) = (&answer.command.origin, answer.now) else {
            return Ok(());
        };
        // One commit may end several commands of one link: the later word counts.
        let planned = plan.writes.iter().rev().find_map(|write| match write {
            Write::Link(link) if link.object == now.id && link.subscription == *subscription => {
                Some(link.clone())
            }
            _ => None,
        });
        let stored = match &planned {
            Some(_) => None,
            None => self.store.link_of_object(subscription, now.id).await?,
        };
        let Some(link) = planned.clone().or(stored) else {
            return Ok(());
        };
        let own: Vec<Command> = answer
            .left
            .iter()
            .filter(|command| command.origin == answer.command.origin)
            .cloned()
            .collect();
        let author = &answer.command.author;
        let shown = pending::present(Some(now.clone()), &own, author, &self.settings);
        let Some(shown) = shown else { return Ok(()) };
        let (fields, mut refused) = answer.fields(now, &self.settings);
        if !own.is_empty() && planted::is(Fault::RefusedBehindAnother) {
            refused.clear();
        }
        let ours = shown.fields(&self.settings);
        let told = sync::answered(&link, &ours, &fields, &refused);
        if told == link {
            return Ok(());
        }
        if planned.is_some() {
            plan.writes
                .retain(|write| !matches!(write, Write::Link(link) if link.id == told.id));
            plan.writes.push(Write::Link(told));
        } else {
            plan.expects.push(Expect::Link(link.id, Some(link.step)));
            plan.writes.push(Write::Link(crate::model::Link {
                step: link.step.saturating_add(1),
                ..told
            }));
        }
        Ok(())
    }
}

impl Answer<'_> {
    /// The fields that ADVANTA has spoken about, and those of them that it did not take.
    fn fields(&self, now: &Object, settings: &Settings) -> (BTreeSet<Field>, Vec<Field>) {
        if let Deed::Create(draft) = &self.command.deed {
            // Written down otherwise, or edited already: the event is told.
            let drafted = pending::drafted(draft, now.changed, settings).fields(settings);
            let apart = diff::two_way(&Base::from(&drafted), &Base::from(&now.fields(settings)));
            return (apart.iter().copied().collect(), apart);
        }
        let spoken = self.settled.iter().map(|(field, _)| *field).collect();
        let refused = self
            .settled
            .iter()
            .filter(|(_, outcome)| matches!(outcome, Outcome::Refused(_) | Outcome::Superseded))
            .map(|(field, _)| *field)
            .filter(|field| *field != Field::Existence)
            .collect();
        (spoken, refused)
    }
}
