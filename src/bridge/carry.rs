//! One try of one command: read what stands, rebase on it, write, read back. At least once; what ADVANTA stored decides.

use super::edit::EditError;
use super::fan_out::Plan;
use super::outbox::Landing;
use super::{Bridge, Observation};
use crate::model::{Command, CommandState, Deed, Draft, Object, ObjectId, Revision};
use crate::ports::{Advanta, AdvantaError, AdvantaErrorKind, Expect, Write};
use crate::sync::planted::{self, Fault};
use chrono::Duration;

/// The wait after the first failure; it doubles with every further one.
const BACKOFF_SECONDS: i64 = 1;
/// The longest wait between two tries.
const BACKOFF_SECONDS_MAX: i64 = 300;
/// The longest that ADVANTA may ask us to wait.
const THROTTLE_SECONDS_MAX: i64 = 3600;
/// How long one call may take before its answer counts as lost.
const CALL: std::time::Duration = std::time::Duration::from_secs(60);

/// What became of a try: how the object stands after it, or why it has to wait.
type Tried = Result<Option<Object>, AdvantaErrorKind>;

impl Bridge {
    /// Tries a command. Returns for how long ADVANTA asked to be left alone, if it did.
    pub(super) async fn carry(&self, advanta: &dyn Advanta, command: Command) -> Landing {
        let tried = match &command.deed {
            Deed::Create(_) => self.write(advanta, &command, None).await,
            Deed::Change(_) | Deed::Delete(_) => match self.read(advanta, command.object).await {
                Err(kind) => Err(kind),
                Ok(stands) => {
                    let expected = stands.as_ref().map(|object| object.revision);
                    let seen = Observation::of(command.object, stands);
                    let news = self.observe(&seen).await?;
                    if !news && !planted::is(Fault::NotJudgedAgain) {
                        self.judge_again(command.object).await?;
                    }
                    let Some(rebased) = self.still_owed(&command).await? else {
                        return Ok(None);
                    };
                    match expected {
                        Some(_) => self.write(advanta, &rebased, expected).await,
                        None => Ok(None),
                    }
                }
            },
        };
        match tried {
            Ok(object) => self.settle(&command, object).await.map(|()| None),
            Err(kind) => {
                self.postpone(&command, kind).await?;
                Ok(match kind {
                    AdvantaErrorKind::Throttled { .. } => wait(&command, kind).to_std().ok(),
                    AdvantaErrorKind::Gone
                    | AdvantaErrorKind::Stale
                    | AdvantaErrorKind::Denied
                    | AdvantaErrorKind::Refused
                    | AdvantaErrorKind::Transient => None,
                })
            }
        }
    }

    /// The command as it stands now; observations may have shortened or ended it meanwhile.
    pub(super) async fn still_owed(&self, command: &Command) -> Result<Option<Command>, EditError> {
        let owed = self.store.commands_of(command.object).await?;
        Ok(owed.into_iter().find(|each| each.id == command.id))
    }

    /// How an object stands, with everybody under the identity that they have here.
    async fn read(&self, advanta: &dyn Advanta, id: ObjectId) -> Tried {
        let stands = answer(advanta.get(id)).await?;
        Ok(stands.map(|object| self.names.localized(object)))
    }

    /// Writes if the object is still at `expected`, then reads back.
    async fn write(
        &self,
        advanta: &dyn Advanta,
        command: &Command,
        expected: Option<Revision>,
    ) -> Tried {
        let (id, expected) = (command.object, expected.unwrap_or_default());
        let by = &self.names.theirs(&command.author);
        let done = match &command.deed {
            Deed::Create(draft) => {
                let draft = Draft {
                    author: by.clone(),
                    ..draft.clone()
                };
                let made = answer(advanta.create(&draft)).await;
                made.map(|made| Some(self.names.localized(made)))
            }
            Deed::Change(changes) => answer(advanta.change(id, by, expected, changes))
                .await
                .map(|()| None),
            Deed::Delete(_) => answer(advanta.delete(id, by, expected))
                .await
                .map(|()| None),
        };
        let made = match done {
            Ok(made) => made,
            // A final no: what stands is what counts.
            Err(AdvantaErrorKind::Refused | AdvantaErrorKind::Gone) => None,
            Err(kind) => return Err(kind),
        };
        // A read that lags behind the create does not unmake it.
        Ok(self.read(advanta, id).await?.or(made))
    }

    async fn postpone(&self, command: &Command, kind: AdvantaErrorKind) -> Result<(), EditError> {
        for _ in 0..self.limits.retries_max {
            let mirror = self.store.object(command.object).await?;
            let Some(owed) = self.still_owed(command).await? else {
                return Ok(());
            };
            let next = self.next_try(owed, kind);
            let plan = Plan {
                // An observation that shortens the command moves the mirror: never put back what was superseded.
                expects: vec![
                    Expect::Command(next.id),
                    Expect::Object(next.object, mirror.map(|mirror| mirror.revision)),
                ],
                writes: vec![Write::Command(next)],
            };
            match self.commit(plan).await {
                Err(EditError::Busy) => {}
                Err(other) => return Err(other),
                Ok(_) => return Ok(()),
            }
        }
        Err(EditError::Busy)
    }

    fn next_try(&self, command: Command, kind: AdvantaErrorKind) -> Command {
        let stale = match kind {
            AdvantaErrorKind::Stale => command.stale.saturating_add(1),
            AdvantaErrorKind::Gone
            | AdvantaErrorKind::Throttled { .. }
            | AdvantaErrorKind::Denied
            | AdvantaErrorKind::Refused
            | AdvantaErrorKind::Transient => 0,
        };
        // ADVANTA away is no reason to give up; an object that never holds still is.
        let hopeless = stale >= self.limits.command_attempts_max;
        if hopeless {
            tracing::warn!(object.id = %command.object, "command {} is put to the dead letters", command.id);
        }
        // At most a second, so that what failed together does not come back together.
        let jitter = Duration::milliseconds(i64::from(self.ids.uuid().as_bytes()[0]) * 4);
        Command {
            attempts: command.attempts.saturating_add(1),
            stale,
            due: self.clock.now() + wait(&command, kind) + jitter,
            state: if hopeless {
                CommandState::Dead
            } else {
                CommandState::Waiting
            },
            ..command
        }
    }
}

/// How long to wait after a failure.
fn wait(command: &Command, kind: AdvantaErrorKind) -> Duration {
    let doubled = |failures: u32| {
        Duration::seconds((BACKOFF_SECONDS << failures.min(16)).min(BACKOFF_SECONDS_MAX))
    };
    match kind {
        AdvantaErrorKind::Throttled { retry_after } => Duration::from_std(retry_after)
            .unwrap_or(Duration::MAX)
            .min(Duration::seconds(THROTTLE_SECONDS_MAX)),
        // Somebody was faster: once more at once, with what they wrote.
        AdvantaErrorKind::Stale if command.stale == 0 => Duration::zero(),
        AdvantaErrorKind::Stale => doubled(command.stale - 1),
        AdvantaErrorKind::Gone
        | AdvantaErrorKind::Denied
        | AdvantaErrorKind::Refused
        | AdvantaErrorKind::Transient => doubled(command.attempts),
    }
}

/// Waits for an answer, but not for ever: what may have been done is found out by reading.
async fn answer<T>(
    call: impl Future<Output = Result<T, AdvantaError>>,
) -> Result<T, AdvantaErrorKind> {
    match tokio::time::timeout(CALL, call).await {
        Ok(answer) => answer.map_err(|error| {
            tracing::info!("a call did not succeed: {error}");
            error.kind
        }),
        Err(_elapsed) => Err(AdvantaErrorKind::Transient),
    }
}
