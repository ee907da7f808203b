//! The queue of commands and its dead letters, as an administrator sees and mends them.

use super::super::world::{World, local as wall_clock, object, user_id};
use super::local;
use advanta_bridge::model::{
    Action, Changes, Command, CommandId, CommandState, Deed, Field, FieldOutcome, JournalId,
    JournalRow, Kind, Language, ObjectId, Origin, Outcome, Rights,
};
use advanta_bridge::ports::Write;

/// Anna's task with a new title that cannot get through, and another edit behind it.
fn stuck() -> (World, ObjectId) {
    let world = World::new();
    world.person("anna", Language::Russian);
    let id = world.object_id();
    world.seen(&object(id, Kind::Task, "Опоры", &[("anna", Rights::ALL)]));
    world.commit(vec![
        Write::Journal(pending(&world, id, Field::Title, "Сваи")),
        Write::Journal(pending(&world, id, Field::Location, "Площадка 2")),
        Write::Enqueue(
            command(&world, id, CommandState::Dead, |changes| {
                changes.title = Some("Сваи".to_owned());
            }),
            0,
        ),
        Write::Enqueue(
            command(&world, id, CommandState::Waiting, |changes| {
                changes.location = Some("Площадка 2".to_owned());
            }),
            1,
        ),
        Write::Hold(true),
    ]);
    (world, id)
}

fn pending(world: &World, id: ObjectId, field: Field, attempted: &str) -> JournalRow {
    JournalRow {
        id: JournalId(0),
        at: world.now(),
        last_at: world.now(),
        count: 1,
        who: user_id("anna"),
        origin: Origin::Import,
        object: id,
        title: String::new(),
        action: Action::Change,
        outcomes: vec![FieldOutcome {
            field,
            outcome: Outcome::Pending,
            attempted: attempted.to_owned(),
            kept: String::new(),
        }],
        kept_text: None,
    }
}

fn command(
    world: &World,
    id: ObjectId,
    state: CommandState,
    change: impl FnOnce(&mut Changes),
) -> Command {
    let mut changes = Changes::default();
    change(&mut changes);
    Command {
        id: CommandId(0),
        object: id,
        author: user_id("anna"),
        origin: Origin::Import,
        deed: Deed::Change(changes),
        attempts: 12,
        stale: 12,
        due: world.now(),
        state,
        journal: JournalId(0),
    }
}

fn told(id: ObjectId, number: u8, field: &str, state: &str, attempts: u8) -> String {
    format!(
        r#"{{"id":{number},"object":{{"id":"{id}","title":"Опоры"}},"user":{{"id":"u-anna","login":"anna"}},"action":"change","fields":["{field}"],"state":"{state}","attempts":{attempts},"due":"2026-11-23T08:00:00Z","journal":{number}}}"#
    )
}

#[test]
fn the_queue_is_listed_page_by_page_with_its_size_and_age() {
    let (world, id) = stuck();
    let first = told(id, 1, "title", "dead", 12);
    let second = told(id, 2, "location", "waiting", 12);
    let sizes = r#""size":2,"held":true,"oldest":"2026-11-23T08:00:00Z""#;
    assert_eq!(
        local(&world, "GET", "outbox", "").1,
        format!(r#"{{{sizes},"commands":[{first},{second}]}}"#)
    );
    assert_eq!(
        local(&world, "GET", "outbox?limit=1", "").1,
        format!(r#"{{{sizes},"commands":[{first}],"next":1}}"#)
    );
    assert_eq!(
        local(&world, "GET", "outbox?limit=1&after=1", "").1,
        format!(r#"{{{sizes},"commands":[{second}],"next":2}}"#)
    );
}

#[test]
fn a_held_queue_is_let_go_once() {
    let (world, _) = stuck();
    let release = || local(&world, "POST", "outbox/release", "").1;
    assert_eq!(release(), r#"{"released":true,"size":2}"#);
    assert_eq!(release(), r#"{"released":false,"size":2}"#);
}

#[test]
fn a_dead_letter_is_shown_with_its_edit_and_what_waits_behind_it() {
    let (world, id) = stuck();
    let letter = told(id, 1, "title", "dead", 12);
    assert_eq!(
        local(&world, "GET", "dead-letters", "").1,
        format!(r#"{{"deadLetters":[{letter}]}}"#)
    );
    let edit = format!(
        r#"{{"id":1,"at":"2026-11-23T08:00:00Z","lastAt":"2026-11-23T08:00:00Z","count":1,"user":{{"id":"u-anna","login":"anna"}},"origin":{{"kind":"import"}},"object":{{"id":"{id}","title":"Опоры"}},"action":"change","fields":[{{"field":"title","outcome":"pending","attempted":"Сваи","kept":"","words":"Title: waits for ADVANTA"}}],"text":false}}"#
    );
    assert_eq!(
        local(&world, "GET", &format!("dead-letters/{id}"), "").1,
        format!(r#"{{"command":{letter},"behind":1,"edit":{edit}}}"#)
    );
}

#[test]
fn a_dead_letter_is_tried_again_from_the_start() {
    let (world, id) = stuck();
    let retry = format!("dead-letters/{id}/retry");
    assert_eq!(local(&world, "POST", &retry, "").0, 204);
    assert_eq!(
        local(&world, "GET", "dead-letters", "").1,
        r#"{"deadLetters":[]}"#
    );
    let first = told(id, 1, "title", "waiting", 0);
    assert!(local(&world, "GET", "outbox", "").1.contains(&first));
    // There is none any more.
    assert_eq!(local(&world, "POST", &retry, "").0, 404);
}

#[test]
fn a_dropped_letter_counts_as_refused_and_lets_the_next_one_go() {
    let (world, id) = stuck();
    let letter = format!("dead-letters/{id}");
    assert_eq!(local(&world, "DELETE", &letter, "").0, 204);
    assert_eq!(
        world.journal_lines("anna"),
        [
            "change of \"Опоры\": title refused: authority",
            "change of \"Опоры\": location pending",
        ]
    );
    assert_eq!(world.object(id).title, "Опоры");
    assert_eq!(
        world.object(id).planned.start,
        Some(wall_clock("2026-12-01T09:00"))
    );
    assert_eq!(local(&world, "DELETE", &letter, "").0, 404);
    assert_eq!(local(&world, "GET", &letter, "").0, 404);
}
