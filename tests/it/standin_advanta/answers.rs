//! Each call, as the contract has it.

use super::{ANNA, BORIS, GIVEN, with_a_task};
use crate::advanta_standin::Op;
use serde_json::{Value, json};

fn note() -> Value {
    json!({
        "externalId": GIVEN, "kind": "note", "author": ANNA, "title": "Позвонить", "description": "",
        "location": "Переговорная 2", "plannedStart": "2026-12-02T15:00", "plannedEnd": "2026-12-02T15:30",
    })
}

#[test]
fn a_note_lives_under_both_ids_from_its_creation_to_its_end() {
    let (advanta, caller, _) = with_a_task();
    let (status, made) = caller.told("POST", "/objects", Some(note()));
    assert_eq!((status, &made["externalId"]), (201, &json!(GIVEN)));
    let own = made["id"].as_str().unwrap().to_owned();
    assert_ne!(own, GIVEN);
    assert_eq!(
        made["participants"],
        json!([{ "person": ANNA, "rights": ["dates", "title", "text", "delete"] }])
    );

    let again = caller.told("POST", "/objects", Some(note()));
    assert_eq!(again, (200, made.clone()));

    let change = json!({ "by": ANNA, "expectedRevision": 1, "title": "Не звонить", "plannedEnd": "2026-12-02T16:00:00" });
    let path = format!("/objects/{GIVEN}");
    assert_eq!(
        caller.told("PATCH", &path, Some(change)),
        (204, Value::Null)
    );
    let (_, read) = caller.get(&format!("/objects/{own}"));
    assert_eq!(
        [
            &read["title"],
            &read["plannedStart"],
            &read["plannedEnd"],
            &read["revision"]
        ],
        [
            &json!("Не звонить"),
            &json!("2026-12-02T15:00:00"),
            &json!("2026-12-02T16:00:00"),
            &json!(2)
        ]
    );

    let delete = format!("{path}?by={ANNA}&expectedRevision=2");
    assert_eq!(caller.told("DELETE", &delete, None), (204, Value::Null));
    let gone = json!({ "type": "urn:advanta-bridge:problem:not-found", "title": "Not found", "status": 404 });
    assert_eq!(caller.get(&path), (404, gone.clone()));
    assert_eq!(caller.told("DELETE", &delete, None), (404, gone));
    // The id is used up: a late create must not bring back what was deleted.
    assert_eq!(caller.told("POST", "/objects", Some(note())).0, 422);

    let world = advanta.world();
    assert_eq!((world.count(Op::Create), world.count_acted()), (3, 3));
    assert_eq!(world.violations(), Vec::<String>::new().as_slice());
}

#[test]
fn a_person_is_there_also_after_leaving() {
    let (advanta, caller, _) = with_a_task();
    advanta.world().deactivate(BORIS);
    let expected = json!({
        "id": BORIS, "revision": 2, "login": BORIS, "name": "Boris Sample",
        "email": "7f1c2b9a-boris@example.com", "language": "ru", "active": false,
    });
    assert_eq!(caller.get(&format!("/people/{BORIS}")), (200, expected));
    assert_eq!(caller.get("/people/nobody").0, 404);
    let mut note = note();
    note["author"] = json!(BORIS);
    assert_eq!(
        caller.told("POST", "/objects", Some(note)).0,
        403,
        "whoever left makes nothing"
    );
}

#[test]
fn a_child_moves_with_the_title_of_its_parent() {
    let (advanta, caller, task) = with_a_task();
    let project = {
        let mut world = advanta.world();
        let project = crate::advanta_standin::Thing::new(
            crate::advanta_standin::Sort::Project,
            "Склад",
            ANNA,
        );
        let project = world.add(project);
        world.edit(task, |task| task.parent = Some(project));
        world.edit(project, |project| {
            project.title = "Склад в Твери".to_owned()
        });
        project
    };
    let (_, read) = caller.get(&format!("/objects/{task}"));
    let parent = json!({ "id": project, "title": "Склад в Твери" });
    assert_eq!((&read["revision"], &read["parent"]), (&json!(3), &parent));
}
