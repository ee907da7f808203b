//! What each call of the contract does to the world.

use super::answer::{Answer, not_found, refused, stale};
use super::judge::{self, Wanted};
use super::manners::{About, Mishap, Op};
use super::thing::{Person, Sort, Thing, parse_local};
use super::world::World;
use serde_json::Value;
use uuid::Uuid;

/// How much a listing gives when nobody says how much.
const LIMIT_DEFAULT: usize = 500;

/// A call as it came, checked for its form.
#[derive(Debug)]
pub struct Called {
    /// Which call.
    pub op: Op,
    /// The last segment of the path, decoded.
    pub key: String,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
    /// The body, when there was one.
    pub body: Option<Value>,
}

impl Called {
    /// What manners ask of a call.
    pub fn about(&self, world: &World) -> About {
        let given = self.id().into_iter();
        let thing = self.id().and_then(|id| world.thing(id));
        let own = thing
            .into_iter()
            .flat_map(|thing| [Some(thing.id), thing.external_id]);
        About {
            op: self.op,
            sort: thing
                .map(|thing| thing.sort)
                .or_else(|| Sort::of(self.text("kind")?)),
            keys: given.chain(own.flatten()).collect(),
        }
    }

    /// The id in the path, or the one of a new thing.
    fn id(&self) -> Option<Uuid> {
        let text = match self.op {
            Op::Create => self.text("externalId")?,
            _ => &self.key,
        };
        text.parse().ok()
    }

    fn in_query(&self, name: &str) -> Option<&str> {
        let here = |(each, _): &&(String, String)| each == name;
        self.query
            .iter()
            .find(here)
            .map(|(_, value)| value.as_str())
    }

    /// A text of the body.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.body.as_ref()?[name].as_str()
    }

    /// The fields that it wants; a mishap may take a date away, as ADVANTA does without telling anyone.
    fn wanted(&self, mishaps: &[Mishap]) -> Wanted {
        let text = |name| self.text(name).map(str::to_owned);
        let date = |name, ignored| {
            let is_heard = !mishaps.contains(&ignored);
            self.text(name).filter(|_| is_heard).and_then(parse_local)
        };
        Wanted {
            title: text("title"),
            description: text("description"),
            place: text("location"),
            planned_start: date("plannedStart", Mishap::IgnoreStart),
            planned_end: date("plannedEnd", Mishap::IgnoreEnd),
        }
    }
}

/// Does what is asked.
pub fn act(world: &mut World, called: &Called, mishaps: &[Mishap]) -> Answer {
    match called.op {
        Op::Changes => changes(world, called),
        Op::Get => get(world, called),
        Op::Create => create(world, called, mishaps),
        Op::Change => change(world, called, mishaps),
        Op::Delete => delete(world, called, mishaps),
        Op::Person => match world.person(&called.key) {
            Some(person) => Answer::json(200, person.json()),
            None => not_found(),
        },
    }
}

fn changes(world: &mut World, called: &Called) -> Answer {
    let limit = called.in_query("limit").and_then(|text| text.parse().ok());
    match world.page(called.in_query("cursor"), limit.unwrap_or(LIMIT_DEFAULT)) {
        Some(page) => Answer::json(200, page),
        None => Answer::problem(410, "cursor-expired", "The cursor is too old"),
    }
}

fn get(world: &mut World, called: &Called) -> Answer {
    let thing = called.id().and_then(|id| world.thing(id));
    match thing.map(|thing| world.json_of(thing)) {
        Some(json) => shown(world, 200, json),
        None => not_found(),
    }
}

/// An object in an answer is one that the bridge was told.
fn shown(world: &mut World, status: u16, json: Value) -> Answer {
    world.has_told(&json);
    Answer::json(status, json)
}

fn create(world: &mut World, called: &Called, mishaps: &[Mishap]) -> Answer {
    let Some(external_id) = called.id() else {
        return refused("No externalId");
    };
    if let Some(thing) = world.thing(external_id) {
        if thing.id == external_id {
            world.violate(format!("{external_id} is ADVANTA's own id, not a new one"));
            return refused("The externalId is an id of ADVANTA's");
        }
        let json = world.json_of(thing);
        return shown(world, 200, json);
    }
    if world.is_used_up(external_id) {
        return refused("The object of this externalId is deleted");
    }
    let author = called.text("author").unwrap_or_default();
    let sort = called.text("kind").and_then(Sort::of).unwrap_or(Sort::Note);
    let faults = judge::create(sort, &called.wanted(&[]));
    if let Some(answer) = verdict(world, called, author, &faults).or_else(|| moody(mishaps)) {
        return answer;
    }
    let wanted = called.wanted(mishaps);
    let mut thing = Thing::new(sort, "", author);
    thing.external_id = Some(external_id);
    store(&mut thing, wanted);
    let id = world.add(thing);
    let json = world.thing(id).map(|thing| world.json_of(thing));
    let answer = shown(world, 201, json.unwrap_or_default());
    Answer {
        has_acted: true,
        ..answer
    }
}

fn change(world: &mut World, called: &Called, mishaps: &[Mishap]) -> Answer {
    let expected = called
        .body
        .as_ref()
        .and_then(|body| body["expectedRevision"].as_u64());
    let thing = match current(world, called, expected) {
        Ok(thing) => thing,
        Err(answer) => return answer,
    };
    let by = called.text("by").unwrap_or_default();
    let faults = judge::change(&thing, by, &called.wanted(&[]));
    if let Some(answer) = verdict(world, called, by, &faults).or_else(|| moody(mishaps)) {
        return answer;
    }
    let wanted = called.wanted(mishaps);
    Answer::done(world.edit(thing.id, |thing| store(thing, wanted)))
}

fn delete(world: &mut World, called: &Called, mishaps: &[Mishap]) -> Answer {
    let expected = called
        .in_query("expectedRevision")
        .and_then(|text| text.parse().ok());
    let thing = match current(world, called, expected) {
        Ok(thing) => thing,
        Err(answer) => return answer,
    };
    let by = called.in_query("by").unwrap_or_default();
    let faults = judge::delete(&thing, by, world.delete_by_right);
    if let Some(answer) = verdict(world, called, by, &faults).or_else(|| moody(mishaps)) {
        return answer;
    }
    world.delete(thing.id);
    Answer::done(true)
}

/// The thing that a write is about, if it is there and still at the revision that the bridge saw.
fn current(world: &mut World, called: &Called, expected: Option<u64>) -> Result<Thing, Answer> {
    let thing = called.id().and_then(|id| world.thing(id)).cloned();
    let thing = thing.ok_or_else(not_found)?;
    let expected = expected.unwrap_or_default();
    if expected > thing.revision {
        world.violate(format!("{} never had revision {expected}", thing.id));
    }
    if expected != thing.revision {
        return Err(stale());
    }
    if !world.was_told(thing.id, expected) {
        world.violate(format!(
            "nobody told the bridge revision {expected} of {}",
            thing.id
        ));
    }
    Ok(thing)
}

/// Notes what is forbidden and refuses it; `None` when the write may be done.
fn verdict(world: &mut World, called: &Called, by: &str, faults: &[&str]) -> Option<Answer> {
    let is_active = world.person(by).map(|person: &Person| person.active);
    for fault in faults {
        let (op, id) = (called.op, called.id().unwrap_or_default());
        world.violate(format!("{op:?} of {id} by {by} {fault}"));
    }
    match is_active {
        Some(true) if faults.is_empty() => None,
        // Someone may leave while their edit is under way: that is nobody's mistake.
        Some(_) => Some(Answer::problem(
            403,
            "no-right",
            "The person may not do this",
        )),
        None => {
            world.violate(format!(
                "{:?} by {by}, whom ADVANTA does not know",
                called.op
            ));
            Some(refused("Nobody by this id"))
        }
    }
}

/// The "no" of a mishap comes after the judgement, so that it hides no violation.
fn moody(mishaps: &[Mishap]) -> Option<Answer> {
    mishaps.iter().find_map(|mishap| match mishap {
        Mishap::Refuse => Some(refused("Not today")),
        Mishap::Stale => Some(stale()),
        _ => None,
    })
}

fn store(thing: &mut Thing, wanted: Wanted) {
    if let Some(title) = wanted.title {
        thing.title = title;
    }
    if let Some(description) = wanted.description {
        thing.description = description;
    }
    if let Some(place) = wanted.place {
        thing.place = place;
    }
    thing.planned_start = wanted.planned_start.or(thing.planned_start);
    thing.planned_end = wanted.planned_end.or(thing.planned_end);
}
