//! A new VEVENT from a client becomes a note.

use super::edit::{EditError, Put, PutDone};
use super::fan_out::Plan;
use super::view::Seen;
use super::{Authority, Bridge, journal, pending};
use crate::ical::{self, Budget, Incoming};
use crate::model::{
    Action, Command, CommandId, CommandState, Deed, Draft, Field, JournalId, Kind, ObjectId,
    Outcome, Overlay,
};
use crate::ports::{Expect, Move, Write};
use std::sync::Arc;

impl Bridge {
    /// Makes a note of a text at a free name.
    pub(super) async fn create(&self, put: &Put<'_>) -> Result<PutDone, EditError> {
        let standing = &put.standing;
        let (incoming, body) = self.read_new(put).await?;
        let exact = body.as_bytes() == put.bytes;
        let draft = Draft {
            id: ObjectId(self.ids.uuid()),
            kind: Kind::Note,
            author: standing.who.clone(),
            fields: incoming.fields.clone(),
        };
        let (mut plan, waits) = self.plan_create(put, &incoming, &draft, Arc::clone(&body))?;
        if waits {
            self.check_outbox().await?;
        }
        self.expect_quota(standing, &mut plan);
        let waiting = (waits && standing.waits()).then(|| self.wakes.expect_settled(draft.id));
        let committed = self.commit(plan).await?;
        self.wakes.outbox.notify_one();
        self.wake_looks();
        if let Some(waiting) = waiting {
            self.wait_settled(waiting).await;
        }
        let revision = standing.revision_in(&committed);
        let kept = self.still_serves(standing, revision).await?;
        if kept && exact {
            self.note_served(standing, revision);
        }
        Ok(PutDone::Stored {
            created: true,
            exact: revision.filter(|_| kept && exact),
            served: self.representation(standing, body).await?,
            refused: vec![],
        })
    }

    /// Reads a new text; what is served of it is what was sent without what only the bridge says.
    pub(super) async fn read_new(&self, put: &Put<'_>) -> Result<(Incoming, Arc<str>), EditError> {
        let (settings, limits) = (self.settings.clone(), self.limits.ical);
        let read = move |bytes: &[u8], budget: &Budget| {
            let mut incoming = ical::read_within(bytes, None, &settings, &limits, budget)?;
            ical::strip_ours(&mut incoming.document, None);
            let body: Arc<str> = incoming.document.to_text().into();
            Ok((incoming, body))
        };
        let (read, _) = self
            .aside
            .on_text(put.standing.who, put.bytes, read)
            .await?;
        read
    }

    fn plan_create(
        &self,
        put: &Put<'_>,
        incoming: &Incoming,
        draft: &Draft,
        body: Arc<str>,
    ) -> Result<(Plan, bool), EditError> {
        let standing = &put.standing;
        let now = self.clock.now();
        let object = pending::drafted(draft, now, &self.settings);
        let Some(seen) = Seen::by(&draft.author, &object, &self.settings) else {
            return Err(EditError::Missing);
        };
        let member = seen.of_incoming(
            incoming,
            standing.name.clone(),
            body,
            Overlay { authored: true },
        );
        let ends = match self.authority {
            Authority::Own => Outcome::Applied,
            Authority::Advanta(_) => Outcome::Pending,
        };
        let outcome = journal::outcome(Field::Existence, ends, &draft.fields, &seen.fields());
        let about = journal::About::draft(draft);
        let row = journal::row(standing, about, Action::Create, vec![outcome], now);
        let mut plan = Plan::default();
        plan.expects.push(Expect::Member(
            standing.collection.clone(),
            standing.name.clone(),
            None,
        ));
        plan.writes.push(Write::Member(
            standing.collection.clone(),
            member,
            Move::Content,
        ));
        plan.writes.push(Write::Journal(row));
        let waits = match self.authority {
            Authority::Own => {
                plan.expects.push(Expect::Object(object.id, None));
                plan.writes.push(Write::Object(object));
                false
            }
            Authority::Advanta(_) => {
                let command = self.command(standing, draft.id, Deed::Create(draft.clone()));
                plan.writes.push(Write::Enqueue(command, 0));
                true
            }
        };
        Ok((plan, waits))
    }

    /// Turns an edit away before it is promised anything, when too many wait already. The bound may be passed by as many
    /// edits as are under way at the same time.
    pub(super) async fn check_outbox(&self) -> Result<(), EditError> {
        let size = self.store.outbox_size().await?;
        if size < self.limits.outbox_commands_max {
            return Ok(());
        }
        tracing::warn!("an edit is turned away: {size} commands wait for ADVANTA");
        Err(EditError::OutboxFull)
    }

    /// A command as it is first written.
    pub(super) fn command(
        &self,
        standing: &super::Standing<'_>,
        object: ObjectId,
        deed: Deed,
    ) -> Command {
        Command {
            id: CommandId(0),
            object,
            author: standing.who.clone(),
            origin: standing.origin(),
            deed,
            attempts: 0,
            stale: 0,
            due: self.clock.now(),
            state: CommandState::Waiting,
            journal: JournalId(0),
        }
    }
}
