//! What the bridge may never do is caught, and what it could not know is not held against it.

use super::{ANNA, BORIS, GIVEN, with_a_task};
use crate::advanta_standin::{Person, Right, Sort, StandIn, Thing, local};
use serde_json::{Value, json};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Lets Anna change a thing that she has just read; the violations, with the op and the ids taken off.
#[track_caller]
fn check(thing: Thing, change: Value, status: u16, expected: &[&str]) {
    let (advanta, caller, _) = with_a_task();
    let id = advanta.world().add(thing);
    let path = format!("/objects/{id}");
    caller.get(&path);
    let mut body = json!({ "by": ANNA, "expectedRevision": 1 });
    for (name, value) in change.as_object().expect("fields") {
        body[name] = value.clone();
    }
    let (answered, _) = caller.told("PATCH", &path, Some(body));
    let violations = advanta.world().take_violations();
    let begin = format!("Change of {id} by {ANNA} ");
    let told: Vec<_> = violations
        .iter()
        .map(|text| text.strip_prefix(&begin).unwrap_or(text))
        .collect();
    assert_eq!((answered, told.as_slice()), (status, expected));
}

fn work(sort: Sort, status: u16) -> Thing {
    let mut thing = Thing::new(sort, "Смета", ANNA).planned("2026-12-01T09:00", "2026-12-01T18:00");
    thing.status = Some(status);
    thing
}

fn with_rights(sort: Sort, rights: &[Right]) -> Thing {
    work(sort, 1).shared(ANNA, rights)
}

#[test]
fn what_the_page_of_the_vendor_forbids_is_a_violation_and_nothing_else_is() {
    let start = || json!({ "plannedStart": "2026-12-01T08:00" });
    let end = || json!({ "plannedEnd": "2026-12-02T18:00" });
    let begun = "moves the start of work that has begun";
    let ended = "moves the end of work that has ended";
    let no_dates = "moves dates without the right to planned dates";
    for sort in [Sort::Task, Sort::Stage, Sort::Project] {
        check(work(sort, 1), start(), 204, &[]);
        check(work(sort, 3), start(), 403, &[begun]);
        check(work(sort, 9), start(), 403, &[begun]);
        check(work(sort, 6), start(), 403, &[begun]);
        check(work(sort, 3), end(), 204, &[]);
        check(work(sort, 9), end(), 204, &[]);
        check(work(sort, 6), end(), 403, &[ended]);
        let mut running = work(sort, 4);
        running.actual_start = Some(local("2026-12-01T09:20"));
        check(running.clone(), start(), 403, &[begun]);
        check(running, end(), 204, &[]);
        let mut over = work(sort, 5);
        over.actual_end = Some(local("2026-12-01T17:20"));
        check(over.clone(), start(), 204, &[]);
        check(over, end(), 403, &[ended]);
    }
    // Notes and meetings have no work that begins.
    check(work(Sort::Meeting, 6), start(), 204, &[]);
    check(work(Sort::Note, 6), end(), 204, &[]);
    for sort in Sort::ALL {
        check(
            with_rights(sort, &[Right::Title]),
            start(),
            403,
            &[no_dates],
        );
        check(with_rights(sort, &[Right::Title]), end(), 403, &[no_dates]);
        check(
            with_rights(sort, &[Right::Title]),
            json!({ "title": "Иначе" }),
            204,
            &[],
        );
        check(
            with_rights(sort, &[Right::Dates]),
            json!({ "title": "Иначе" }),
            403,
            &["changes the title without the right to it"],
        );
    }
}

#[test]
fn what_the_bridge_promises_its_users_is_held_to() {
    let text = || json!({ "location": "Дома" });
    check(with_rights(Sort::Note, &[Right::Text]), text(), 204, &[]);
    check(
        with_rights(Sort::Meeting, &[]),
        text(),
        403,
        &["changes the text without the right to it"],
    );
    check(
        work(Sort::Task, 1),
        text(),
        403,
        &["changes the text of work from a calendar"],
    );
    check(
        work(Sort::Task, 1),
        json!({ "title": " " }),
        403,
        &["empties the title"],
    );
    check(
        work(Sort::Task, 1),
        json!({ "plannedEnd": "2026-12-01T08:00" }),
        403,
        &["puts the end before the start"],
    );
    let of_boris = Thing::new(Sort::Note, "Чужое", BORIS);
    let unseen = [
        "changes what this person does not see",
        "changes the title without the right to it",
    ];
    check(of_boris, json!({ "title": "Моё" }), 403, &unseen);
}

/// Lets a person delete a thing of Anna's that was just read.
#[track_caller]
fn check_delete(thing: Thing, by: &str, by_right: bool, status: u16, expected: &[&str]) {
    let (advanta, caller, _) = with_a_task();
    advanta.world().delete_by_right = by_right;
    let id = advanta.world().add(thing);
    caller.get(&format!("/objects/{id}"));
    let path = format!("/objects/{id}?by={by}&expectedRevision=1");
    assert_eq!(caller.told("DELETE", &path, None).0, status);
    let expected: Vec<_> = expected
        .iter()
        .map(|text| format!("Delete of {id} by {by} {text}"))
        .collect();
    assert_eq!(advanta.world().take_violations(), expected);
}

#[test]
fn only_notes_are_deleted_and_shared_ones_only_by_right() {
    let not_a_note = "deletes from a calendar what is not a note";
    let no_right = "deletes without the right to";
    let note = || Thing::new(Sort::Note, "Заметка", ANNA);
    for sort in [Sort::Task, Sort::Stage, Sort::Project, Sort::Meeting] {
        check_delete(work(sort, 1), ANNA, false, 403, &[not_a_note]);
        check_delete(work(sort, 1), ANNA, true, 204, &[]);
        check_delete(
            with_rights(sort, &[Right::Dates]),
            ANNA,
            true,
            403,
            &[no_right],
        );
    }
    check_delete(note().shared(ANNA, &[]), ANNA, false, 204, &[]);
    check_delete(
        note().shared(ANNA, &[]).shared(BORIS, &[]),
        ANNA,
        false,
        403,
        &[no_right],
    );
    check_delete(
        note().shared(BORIS, &[Right::Delete]),
        BORIS,
        false,
        204,
        &[],
    );
    check_delete(note(), BORIS, false, 403, &[no_right]);
}

#[test]
fn a_right_taken_between_read_and_write_is_nobodys_mistake() {
    let (advanta, caller, task) = with_a_task();
    let path = format!("/objects/{task}");
    caller.get(&path);
    advanta.world().edit(task, |task| task.status = Some(3));
    let change = |revision| {
        Some(
            json!({ "by": ANNA, "expectedRevision": revision, "plannedStart": "2026-12-01T08:00" }),
        )
    };
    assert_eq!(caller.told("PATCH", &path, change(1)).0, 409);
    assert_eq!(
        advanta.world().violations(),
        Vec::<String>::new().as_slice()
    );

    // Naming a revision without having seen it is no way around.
    assert_eq!(caller.told("PATCH", &path, change(2)).0, 403);
    assert_eq!(caller.told("PATCH", &path, change(9)).0, 409);
    let expected = [
        format!("nobody told the bridge revision 2 of {task}"),
        format!("Change of {task} by {ANNA} moves the start of work that has begun"),
        format!("{task} never had revision 9"),
    ];
    assert_eq!(advanta.world().take_violations(), expected);
}

#[test]
fn someone_who_left_meanwhile_is_refused_without_blame_and_a_stranger_is_not() {
    let (advanta, caller, task) = with_a_task();
    let path = format!("/objects/{task}");
    caller.get(&path);
    advanta.world().deactivate(ANNA);
    let change = |by: &str| Some(json!({ "by": by, "expectedRevision": 1, "title": "Иначе" }));
    assert_eq!(caller.told("PATCH", &path, change(ANNA)).0, 403);
    assert_eq!(
        advanta.world().violations(),
        Vec::<String>::new().as_slice()
    );
    let stranger = Person::new("stranger", "Кто-то");
    assert_eq!(caller.told("PATCH", &path, change(&stranger.id)).0, 422);
    let told = advanta.world().take_violations();
    assert_eq!(
        told.last().unwrap(),
        "Change by stranger, whom ADVANTA does not know"
    );
}

#[test]
fn a_calendar_makes_notes_with_ids_of_its_own() {
    let (advanta, caller, task) = with_a_task();
    let made = |id: &str, kind: &str| {
        let dates = ("2026-12-02T15:00", "2026-12-02T14:00");
        Some(json!({
            "externalId": id, "kind": kind, "author": ANNA, "title": "", "description": "", "location": "",
            "plannedStart": dates.0, "plannedEnd": dates.1,
        }))
    };
    assert_eq!(
        caller.told("POST", "/objects", made(GIVEN, "meeting")).0,
        403
    );
    assert_eq!(
        caller
            .told("POST", "/objects", made(&task.to_string(), "note"))
            .0,
        422
    );
    let expected = [
        format!("Create of {GIVEN} by {ANNA} makes from a calendar what is not a note"),
        format!("Create of {GIVEN} by {ANNA} puts the end before the start"),
        format!("{task} is ADVANTA's own id, not a new one"),
    ];
    assert_eq!(advanta.world().take_violations(), expected);
}

#[test]
fn a_violation_fails_the_test_when_the_stand_in_ends() {
    let end_with = |is_broken: bool| {
        let advanta = StandIn::start(1);
        let caller = super::Caller::new(&advanta.url(), advanta.token());
        if is_broken {
            caller.told("PUT", "/objects", None);
        }
        catch_unwind(AssertUnwindSafe(|| advanta.finish()))
    };
    assert!(end_with(false).is_ok());
    let told = end_with(true).unwrap_err();
    let expected =
        "rules were broken:\n  PUT /streamline/calendar/v1/objects is no call of the contract";
    assert_eq!(told.downcast_ref::<String>().unwrap(), expected);
}
