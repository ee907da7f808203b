//! What ADVANTA tells of its own accord: durable first, acted on afterwards, in any order and as often as it likes.
//!
//! Start at [`Bridge::receive`]; [`Bridge::run_inbox`] does the work. The revision decides what is news.

use super::aside::how_it_ended;
use super::edit::EditError;
use super::{Authority, Bridge, Observation};
use crate::model::{Digest, Notice, NoticeId, ObjectId, Person, Timestamp, UserId};
use crate::ports::{
    Advanta, AdvantaError, AdvantaErrorKind, CommitError, Expect, StoreError, Write,
};
use crate::sync::planted::{self, Fault};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{JoinError, JoinSet};

/// Notices looked at together.
const NOTICES_AT_ONCE: usize = 512;
/// Objects and people that are worked on at the same time.
pub(super) const SUBJECTS_AT_ONCE: usize = 16;
/// The longest sleep: a clock that was set is noticed within it.
const IDLE: Duration = Duration::from_secs(30);
/// The wait after a first failure; it doubles with every further one.
const REST_SECONDS: i64 = 1;
/// The longest wait between two tries.
const REST_SECONDS_MAX: i64 = 60;
/// The longest that ADVANTA may ask us to wait.
const THROTTLE_SECONDS_MAX: i64 = 3600;

/// Why notices were not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// Too many wait already; ADVANTA sends them again.
    #[error("the inbox is full")]
    Full,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether a hook was news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// What it says waits in the inbox.
    New,
    /// It was taken before, and adds nothing.
    Again,
}

/// What a notice is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Subject {
    Object(ObjectId),
    Person(UserId),
}

impl Subject {
    pub(super) fn of(notice: &Notice) -> Self {
        match notice {
            Notice::Object(object) => Self::Object(object.id),
            Notice::Removed { id, .. } | Notice::Look(id) => Self::Object(*id),
            Notice::Person(person) => Self::Person(person.id.clone()),
            Notice::LookPerson(id) => Self::Person(id.clone()),
        }
    }
}

/// Whether a notice is about a person.
pub(super) fn is_of_person(notice: &Notice) -> bool {
    matches!(notice, Notice::Person(_) | Notice::LookPerson(_))
}

/// Why a notice could not be acted on now.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoticeError {
    /// ADVANTA could not be read.
    #[error(transparent)]
    Advanta(#[from] AdvantaError),
    /// Our own side failed.
    #[error(transparent)]
    Ours(#[from] EditError),
}

/// Notices that failed, and until when they rest.
#[derive(Default)]
pub struct Rests {
    resting: HashMap<NoticeId, (Timestamp, u32)>,
    /// Everything up to here was acted on or rests.
    seen: Option<NoticeId>,
}

impl Rests {
    fn until(&self, id: NoticeId) -> Option<Timestamp> {
        self.resting.get(&id).map(|(until, _)| *until)
    }

    /// After which notice the next round begins: only when something has rested is all of it looked at again.
    fn begin(&self, now: Timestamp) -> Option<NoticeId> {
        let rested = self.resting.values().any(|(until, _)| *until <= now);
        self.seen.filter(|_| !rested)
    }

    fn failed(&mut self, id: NoticeId, asked: Option<Duration>, now: Timestamp) {
        let failures = self.resting.get(&id).map_or(0, |(_, failures)| *failures);
        let seconds = (REST_SECONDS << failures.min(16)).min(REST_SECONDS_MAX);
        // ADVANTA may ask to be left alone for longer.
        let asked = asked.and_then(|asked| chrono::Duration::from_std(asked).ok());
        let rest = asked
            .unwrap_or_default()
            .max(chrono::Duration::seconds(seconds));
        let until = now + rest.min(chrono::Duration::seconds(THROTTLE_SECONDS_MAX));
        self.resting.insert(id, (until, failures.saturating_add(1)));
    }
}

impl NoticeError {
    /// For how long ADVANTA asked to be left alone, if it did.
    fn asked(&self) -> Option<Duration> {
        match self {
            Self::Advanta(AdvantaError {
                kind: AdvantaErrorKind::Throttled { retry_after },
                ..
            }) => Some(*retry_after),
            Self::Advanta(_) | Self::Ours(_) => None,
        }
    }
}

/// Notices about one subject, oldest first.
type Pile = Vec<(NoticeId, Notice)>;

impl Bridge {
    /// Makes notices durable and wakes whoever acts on them. Nothing else is done here.
    ///
    /// # Errors
    /// The inbox is full, or the store failed.
    pub async fn receive(&self, notices: Vec<Notice>) -> Result<(), ReceiveError> {
        let received = self.receive_if(notices, vec![], vec![]).await;
        received.map(|_| ())
    }

    /// The same for a hook that may have come before: what it says is taken once, however often it is sent.
    ///
    /// # Errors
    /// As of [`receive`](Self::receive).
    pub async fn receive_once(
        &self,
        mark: Digest,
        notices: Vec<Notice>,
    ) -> Result<Received, ReceiveError> {
        let (expects, writes) = (vec![Expect::HookIsNew(mark)], vec![Write::HookTaken(mark)]);
        self.receive_if(notices, expects, writes).await
    }

    async fn receive_if(
        &self,
        notices: Vec<Notice>,
        expects: Vec<Expect>,
        mut writes: Vec<Write>,
    ) -> Result<Received, ReceiveError> {
        if notices.is_empty() {
            return Ok(Received::New);
        }
        let waiting = self.store.inbox_size().await?;
        if waiting.saturating_add(notices.len() as u64) > self.limits.inbox_notices_max {
            return Err(ReceiveError::Full);
        }
        let gone: Vec<Person> = notices.iter().filter_map(deactivated).cloned().collect();
        writes.extend(notices.into_iter().map(Write::Notice));
        match self.store.commit(expects, writes).await {
            Err(CommitError::Store(error)) => return Err(error.into()),
            // The only condition is that it is new.
            Err(_) => return Ok(Received::Again),
            Ok(_) => self.wakes.inbox.notify_one(),
        }
        // Who may not come in any more is out at once, not when all that waits before has been acted on.
        for person in &gone {
            if let Err(error) = self.observe_person(person).await {
                tracing::warn!("a deactivation waits for its turn: {error}");
            }
        }
        Ok(Received::New)
    }

    /// Acts on notices for as long as the process lives. Standalone there are none.
    pub async fn run_inbox(self: Arc<Self>) {
        let Authority::Advanta(advanta) = self.authority.clone() else {
            return;
        };
        let mut rests = Rests::default();
        loop {
            let wait = match self.drain_inbox(&advanta, &mut rests).await {
                Ok(wait) => wait,
                Err(error) => {
                    // The store said itself that the disk takes no writes.
                    if !matches!(error, StoreError::Unwritable(_)) {
                        tracing::error!("the inbox waits: {error}");
                    }
                    Duration::from_secs(REST_SECONDS_MAX.unsigned_abs())
                }
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.wakes.inbox.notified() => {}
            }
        }
    }

    /// Acts on every notice that does not rest; returns how long it is until the next one has rested.
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub async fn drain_inbox(
        self: &Arc<Self>,
        advanta: &Arc<dyn Advanta>,
        rests: &mut Rests,
    ) -> Result<Duration, StoreError> {
        let mut after = rests.begin(self.clock.now());
        let mut failed: Option<(usize, String)> = None;
        loop {
            let page = self.store.notices(after, NOTICES_AT_ONCE).await?;
            let Some((last, _)) = page.last() else {
                break;
            };
            after = Some(*last);
            let now = self.clock.now();
            let awake = page
                .into_iter()
                .filter(|(id, _)| rests.until(*id).is_none_or(|until| until <= now));
            // People first: objects name them.
            let (people, things) = awake.partition(|(_, notice)| is_of_person(notice));
            let mut ended = self.work_off(advanta, people).await;
            ended.join(self.work_off(advanta, things).await);
            let broke_off = ended.broke_off;
            for each in ended.failed {
                rests.failed(each.notice, each.asked, self.clock.now());
                let count = failed.map_or(0, |(count, _)| count);
                failed = Some((count + 1, each.why));
            }
            for done in &ended.done {
                rests.resting.remove(done);
            }
            // A pile that broke off is neither done nor failed: the next round takes it again.
            if !broke_off {
                rests.seen = after;
            }
            self.drop_notices(ended.done).await?;
        }
        // One line a round: a thousand notices fail for one reason.
        if let Some((count, why)) = failed {
            tracing::warn!("{count} notices wait; the last because: {why}");
        }
        let now = self.clock.now();
        let next = rests.resting.values().map(|(until, _)| *until - now).min();
        let wait = next.map_or(IDLE, |next| next.to_std().unwrap_or_default());
        Ok(wait.min(IDLE))
    }

    async fn drop_notices(&self, done: Vec<NoticeId>) -> Result<(), StoreError> {
        if done.is_empty() {
            return Ok(());
        }
        let writes = done.into_iter().map(Write::NoticeDone).collect();
        match self.store.commit(vec![], writes).await {
            Err(CommitError::Store(error)) => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Acts on notices, several subjects at a time, those of one subject one after the other.
    async fn work_off(self: &Arc<Self>, advanta: &Arc<dyn Advanta>, notices: Pile) -> Ended {
        let mut piles: BTreeMap<Subject, Pile> = BTreeMap::new();
        for (id, notice) in notices {
            piles
                .entry(Subject::of(&notice))
                .or_default()
                .push((id, notice));
        }
        let mut ended = Ended::default();
        let mut tasks = JoinSet::new();
        for pile in piles.into_values() {
            if tasks.len() >= SUBJECTS_AT_ONCE
                && let Some(one) = tasks.join_next().await
            {
                ended.land(one);
            }
            let (bridge, advanta) = (Arc::clone(self), Arc::clone(advanta));
            tasks.spawn(async move { bridge.work_off_pile(advanta.as_ref(), pile).await });
        }
        while let Some(one) = tasks.join_next().await {
            ended.land(one);
        }
        ended
    }

    async fn work_off_pile(&self, advanta: &dyn Advanta, pile: Pile) -> Ended {
        let mut ended = Ended::default();
        // The last question of a pile is every other one as well, whatever comes of it.
        let last_look = pile.iter().rposition(|(_, notice)| is_look(notice));
        for (place, (id, notice)) in pile.into_iter().enumerate() {
            if is_look(&notice) && Some(place) != last_look {
                ended.done.push(id);
                continue;
            }
            match self.act_on(advanta, notice).await {
                Ok(()) => ended.done.push(id),
                Err(error) => ended.failed.push(Failed {
                    notice: id,
                    asked: error.asked(),
                    why: error.to_string(),
                }),
            }
        }
        ended
    }

    /// Acts on one notice.
    pub(super) async fn act_on(
        &self,
        advanta: &dyn Advanta,
        notice: Notice,
    ) -> Result<(), NoticeError> {
        match notice {
            // An object that is not in the mirror: whether it is new, or this is older news of one that went, only ADVANTA knows. A full
            // comparison does not list what went before it.
            Notice::Object(object) if self.is_unknown(object.id).await? => {
                self.look(advanta, object.id).await
            }
            Notice::Object(object) => {
                self.observe(&Observation::Object(object)).await?;
                Ok(())
            }
            Notice::Removed { id, revision } => {
                self.observe(&Observation::Gone(id, Some(revision))).await?;
                Ok(())
            }
            Notice::Look(id) => self.look(advanta, id).await,
            Notice::Person(person) => {
                self.observe_person(&person).await?;
                Ok(())
            }
            Notice::LookPerson(id) => {
                if let Some(person) = advanta.person(&id).await? {
                    self.observe_person(&person).await?;
                }
                Ok(())
            }
        }
    }

    async fn is_unknown(&self, id: ObjectId) -> Result<bool, EditError> {
        if planted::is(Fault::OldNewsIsBelieved) {
            return Ok(self.store.removed(id).await?.is_some());
        }
        Ok(self.store.object(id).await?.is_none())
    }

    /// Reads an object and takes what stands.
    pub(super) async fn look(
        &self,
        advanta: &dyn Advanta,
        id: ObjectId,
    ) -> Result<(), NoticeError> {
        let stands = match advanta.get(id).await {
            Ok(stands) => stands,
            Err(error) if error.kind == AdvantaErrorKind::Gone => None,
            Err(error) => return Err(error.into()),
        };
        self.observe(&Observation::of(id, stands)).await?;
        Ok(())
    }
}

/// Whether a notice only says where to look.
fn is_look(notice: &Notice) -> bool {
    matches!(notice, Notice::Look(_) | Notice::LookPerson(_))
}

/// The person of a notice that says that they may not come in any more.
fn deactivated(notice: &Notice) -> Option<&Person> {
    match notice {
        Notice::Person(person) => Some(person).filter(|person| !person.active),
        Notice::Object(_) | Notice::Removed { .. } | Notice::Look(_) | Notice::LookPerson(_) => {
            None
        }
    }
}

/// A notice that could not be acted on.
struct Failed {
    notice: NoticeId,
    /// For how long ADVANTA asked to be left alone, if it did.
    asked: Option<Duration>,
    why: String,
}

/// What became of some notices.
#[derive(Default)]
struct Ended {
    done: Vec<NoticeId>,
    failed: Vec<Failed>,
    /// Something of ours panicked.
    broke_off: bool,
}

impl Ended {
    fn join(&mut self, other: Self) {
        self.done.extend(other.done);
        self.failed.extend(other.failed);
        self.broke_off |= other.broke_off;
    }

    fn land(&mut self, one: Result<Self, JoinError>) {
        match one {
            Ok(one) => self.join(one),
            Err(error) => {
                tracing::error!("work on a notice broke off: {}", how_it_ended(&error));
                self.broke_off = true;
            }
        }
    }
}
