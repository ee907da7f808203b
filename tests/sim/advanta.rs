//! A fake ADVANTA with a small rule-checker of its own.
//!
//! A forbidden value that comes with the right revision is the bridge's fault: at that revision its mirror knew better.

use crate::calendar::plain;
use crate::io::Life;
use advanta_bridge::model::{
    Changes, Cursor, Draft, Kind, Notice, Object, ObjectId, Person, Planned, Revision, Rights,
    Settings, Timestamp, UserId,
};
use advanta_bridge::ports::{Advanta, AdvantaError, AdvantaErrorKind, Changed};
use async_trait::async_trait;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What is to go wrong in a coming call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing happens, and the answer says so.
    Fails,
    /// It happens, and the answer says that it may not have.
    AnswerLost,
    /// Too fast.
    Throttled,
    /// It is said to come from an old state.
    Stale,
    /// ADVANTA has reasons of its own to say no.
    Refuses,
}

impl Fault {
    pub const ALL: [Self; 5] = [
        Self::Fails,
        Self::AnswerLost,
        Self::Throttled,
        Self::Stale,
        Self::Refuses,
    ];
}

/// What is inside.
pub struct Inside {
    pub objects: BTreeMap<ObjectId, Object>,
    removed: Vec<(ObjectId, Revision)>,
    /// Notices under way.
    pub hooks: Vec<Notice>,
    pub faults: VecDeque<Fault>,
    /// Writes of the bridge that had an effect.
    pub writes: u64,
    /// Forbidden values that the bridge wanted although it knew better.
    pub broken: Vec<String>,
    /// Objects that ADVANTA's people took from somebody: deleted, made unseen, or left without dates.
    pub taken: BTreeSet<(UserId, ObjectId)>,
    /// The same without what was deleted.
    pub hidden: BTreeSet<(UserId, ObjectId)>,
    /// What the bridge deleted, and for whom.
    pub deleted_by_us: Vec<(ObjectId, UserId, Kind)>,
    /// Texts that ADVANTA's people typed.
    pub typed: BTreeSet<String>,
    settings: Settings,
    now: Timestamp,
    made: u128,
}

impl Inside {
    /// Somebody edits an object in ADVANTA itself, and a hook is under way.
    pub fn edit(&mut self, id: ObjectId, edit: impl FnOnce(&mut Object)) {
        let Some(object) = self.objects.get_mut(&id) else {
            return;
        };
        let before = object.clone();
        edit(object);
        object.revision = Revision(object.revision.0 + 1);
        let after = object.clone();
        self.remember(&after);
        for who in before.participants.keys() {
            if !after.has_dates() || !after.participants.contains_key(who) {
                self.taken.insert((who.clone(), id));
                self.hidden.insert((who.clone(), id));
            }
        }
        let thin = after.revision.0.is_multiple_of(3);
        self.hooks.push(if thin {
            Notice::Look(id)
        } else {
            Notice::Object(after)
        });
    }

    /// Somebody makes an object in ADVANTA itself.
    pub fn make(&mut self, object: impl FnOnce(ObjectId) -> Object) -> ObjectId {
        self.made += 1;
        let id = ObjectId(uuid::Uuid::from_u128(self.made));
        let object = object(id);
        self.hooks.push(Notice::Object(object.clone()));
        self.remember(&object);
        self.objects.insert(id, object);
        id
    }

    fn remember(&mut self, object: &Object) {
        let texts = [&object.title, &object.description, &object.location];
        self.typed.extend(texts.map(|text| plain(text)));
    }

    /// Somebody deletes an object in ADVANTA itself.
    pub fn remove(&mut self, id: ObjectId) {
        let Some(object) = self.objects.remove(&id) else {
            return;
        };
        let revision = Revision(object.revision.0 + 1);
        self.removed.push((id, revision));
        let people = object.participants.into_keys();
        self.taken.extend(people.map(|who| (who, id)));
        self.hooks.push(Notice::Removed { id, revision });
    }

    /// The n-th object, round and round.
    pub fn nth(&self, n: u32) -> Option<ObjectId> {
        let count = self.objects.len().max(1);
        let place = usize::try_from(n).unwrap_or_default() % count;
        self.objects.keys().nth(place).copied()
    }

    fn cursor(&self) -> Cursor {
        let moved: u64 = self.objects.values().map(|object| object.revision.0).sum();
        let count = (self.objects.len(), self.removed.len());
        Cursor(format!("{}-{}-{moved}", count.0, count.1))
    }
}

/// See the module. One for each process over the same inside.
pub struct FakeAdvanta {
    pub inside: Arc<Mutex<Inside>>,
    pub life: Arc<Life>,
}

/// An empty one.
pub fn inside(settings: Settings, now: Timestamp) -> Inside {
    Inside {
        objects: BTreeMap::new(),
        removed: vec![],
        hooks: vec![],
        faults: VecDeque::new(),
        writes: 0,
        broken: vec![],
        taken: BTreeSet::new(),
        hidden: BTreeSet::new(),
        deleted_by_us: vec![],
        typed: BTreeSet::new(),
        settings,
        now,
        made: 0,
    }
}

fn error(kind: AdvantaErrorKind) -> AdvantaError {
    AdvantaError {
        kind,
        detail: "as the scenario wants it".to_owned(),
    }
}

impl FakeAdvanta {
    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call from its beginning to its answer.
    async fn call<T: Send>(
        &self,
        name: String,
        is_write: bool,
        act: impl FnOnce(&mut Inside) -> Result<T, AdvantaErrorKind> + Send,
    ) -> Result<T, AdvantaError> {
        let call = self.life.before().await;
        let answer = {
            let mut inside = self.lock();
            let fault = inside.faults.pop_front();
            match fault {
                Some(Fault::Fails) => Err(AdvantaErrorKind::Transient),
                Some(Fault::Throttled) => Err(AdvantaErrorKind::Throttled {
                    retry_after: Duration::from_secs(20),
                }),
                Some(Fault::Stale) if is_write => Err(AdvantaErrorKind::Stale),
                Some(Fault::Refuses) if is_write => Err(AdvantaErrorKind::Refused),
                Some(Fault::AnswerLost) => act(&mut inside).and(Err(AdvantaErrorKind::Transient)),
                _ => act(&mut inside),
            }
        };
        let said = answer
            .as_ref()
            .err()
            .map_or("ok".to_owned(), |kind| format!("{kind:?}"));
        self.life
            .after(call, format!("  advanta {name} -> {said}"))
            .await;
        answer.map_err(error)
    }
}

#[async_trait]
impl Advanta for FakeAdvanta {
    async fn get(&self, id: ObjectId) -> Result<Option<Object>, AdvantaError> {
        let read = |inside: &mut Inside| Ok(inside.objects.get(&id).cloned());
        self.call(format!("get {}", short(id)), false, read).await
    }

    async fn changes(&self, cursor: Option<&Cursor>) -> Result<Changed, AdvantaError> {
        let cursor = cursor.cloned();
        let list = move |inside: &mut Inside| {
            let now = inside.cursor();
            let objects = inside.objects.values().cloned().map(Notice::Object);
            let gone = inside.removed.iter();
            let removed = gone.map(|&(id, revision)| Notice::Removed { id, revision });
            let notices = match cursor {
                Some(cursor) if cursor == now => vec![],
                Some(_) => objects.chain(removed).collect(),
                None => objects.collect(),
            };
            Ok(Changed {
                notices,
                flawed: vec![],
                cursor: now,
                more: false,
            })
        };
        self.call("changes".to_owned(), false, list).await
    }

    async fn person(&self, _: &UserId) -> Result<Option<Person>, AdvantaError> {
        self.call("person".to_owned(), false, |_| Ok(None)).await
    }

    async fn create(&self, draft: &Draft) -> Result<Object, AdvantaError> {
        let name = format!("create {} {:?}", short(draft.id), draft.fields.title);
        let act = |inside: &mut Inside| {
            if draft.kind != Kind::Note {
                inside
                    .broken
                    .push(format!("a {} is created", draft.kind.word()));
            }
            let made = made_of(draft, inside);
            if !inside.objects.contains_key(&draft.id) {
                inside.writes += 1;
                inside.objects.insert(draft.id, made);
            }
            inside
                .objects
                .get(&draft.id)
                .cloned()
                .ok_or(AdvantaErrorKind::Transient)
        };
        self.call(name, true, act).await
    }

    async fn change(
        &self,
        id: ObjectId,
        by: &UserId,
        expected: Revision,
        changes: &Changes,
    ) -> Result<(), AdvantaError> {
        let name = format!("change {} at {expected} {changes:?}", short(id));
        let act = |inside: &mut Inside| {
            let settings = inside.settings.clone();
            let object = at(inside, id, expected)?;
            if let Some(why) = forbidden(object, by, changes) {
                let broken = format!("{why} of {} at {expected}", short(id));
                inside.broken.push(broken);
                return Err(AdvantaErrorKind::Refused);
            }
            changes.apply(object, &settings);
            object.revision = Revision(expected.0 + 1);
            inside.writes += 1;
            Ok(())
        };
        self.call(name, true, act).await
    }

    async fn delete(
        &self,
        id: ObjectId,
        by: &UserId,
        expected: Revision,
    ) -> Result<(), AdvantaError> {
        let act = |inside: &mut Inside| {
            let object = at(inside, id, expected)?;
            let kind = object.kind;
            // A note that nobody else sees is its owner's to throw away.
            let alone = object.participants.len() == 1 && object.owner.as_ref() == Some(by);
            let rights = object.participants.get(by).copied();
            let may = rights.is_some_and(|rights| rights.delete || alone);
            if !may || kind != Kind::Note {
                inside
                    .broken
                    .push(format!("{} is deleted by {by}", short(id)));
                return Err(AdvantaErrorKind::Refused);
            }
            let object = inside.objects.remove(&id);
            let revision = Revision(expected.0 + 1);
            inside.removed.push((id, revision));
            inside.hooks.push(Notice::Removed { id, revision });
            // The others lose it too.
            let people = object
                .into_iter()
                .flat_map(|object| object.participants.into_keys());
            inside.taken.extend(people.map(|who| (who, id)));
            inside.deleted_by_us.push((id, by.clone(), kind));
            inside.writes += 1;
            Ok(())
        };
        self.call(format!("delete {} at {expected}", short(id)), true, act)
            .await
    }
}

fn at(
    inside: &mut Inside,
    id: ObjectId,
    expected: Revision,
) -> Result<&mut Object, AdvantaErrorKind> {
    let object = inside.objects.get_mut(&id).ok_or(AdvantaErrorKind::Gone)?;
    if object.revision == expected {
        Ok(object)
    } else {
        Err(AdvantaErrorKind::Stale)
    }
}

/// The vendor's rules once more, in few words.
fn forbidden(object: &Object, by: &UserId, changes: &Changes) -> Option<&'static str> {
    let Some(rights) = object.participants.get(by) else {
        return Some("what is not seen");
    };
    let work = object.kind.is_work();
    let status = object.status.map(|status| status.0);
    let starts = object.actual_start.is_some() || matches!(status, Some(3 | 6 | 9));
    let ends = object.actual_end.is_some() || status == Some(6);
    let dates = changes.start.is_some() || changes.end.is_some();
    let texts = changes.description.is_some() || changes.location.is_some();
    if changes.start.is_some() && work && starts {
        return Some("the start that work locks");
    }
    if changes.end.is_some() && work && ends {
        return Some("the end that work locks");
    }
    if dates && !rights.dates {
        return Some("dates without right");
    }
    if changes.title.is_some() && !rights.title {
        return Some("title without right");
    }
    if changes
        .title
        .as_deref()
        .is_some_and(|title| title.trim().is_empty())
    {
        return Some("an empty title");
    }
    (texts && (work || !rights.text)).then_some("text without right")
}

fn made_of(draft: &Draft, inside: &Inside) -> Object {
    let dates = |span| Planned::from_span(span, &inside.settings);
    Object {
        id: draft.id,
        kind: Kind::Note,
        revision: Revision(1),
        title: draft.fields.title.trim().to_owned(),
        description: draft.fields.description.clone(),
        location: draft.fields.location.clone(),
        planned: draft.fields.span.map(dates).unwrap_or_default(),
        actual_start: None,
        actual_end: None,
        status: None,
        percent: None,
        owner: Some(draft.author.clone()),
        responsible: None,
        participants: [(draft.author.clone(), Rights::ALL)].into(),
        parent: None,
        card: None,
        changed: inside.now,
    }
}

/// The last digits of an identity.
pub fn short(id: ObjectId) -> String {
    let text = id.to_string();
    text[text.len() - 6..].to_owned()
}
