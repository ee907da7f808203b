//! What changed since a cursor.

use super::{ANNA, with_a_task};
use crate::advanta_standin::{Sort, Thing};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

fn texts(list: &Value, name: &str) -> Vec<String> {
    let items = list.as_array().expect("a list").iter();
    items
        .map(|item| item[name].as_str().expect("a text").to_owned())
        .collect()
}

#[test]
fn a_full_listing_comes_in_pages_and_then_only_what_changed() {
    let (advanta, caller, task) = with_a_task();
    let unseen = {
        let mut world = advanta.world();
        let gone = world.add(Thing::new(Sort::Note, "Удалена", ANNA));
        world.delete(gone);
        let mut unseen = Thing::new(Sort::Note, "Ничья", ANNA);
        unseen.people.clear();
        world.add(unseen)
    };
    let (_, first) = caller.get("/changes?limit=2");
    assert_eq!(
        (first["people"].as_array().unwrap().len(), &first["more"]),
        (2, &json!(true))
    );
    let cursor = first["cursor"].as_str().unwrap();
    let (_, second) = caller.get(&format!("/changes?limit=2&cursor={cursor}"));
    assert_eq!(texts(&second["objects"], "title"), ["Смета"]);
    assert_eq!(
        (&second["removed"], &second["more"]),
        (&json!([]), &json!(false))
    );

    let cursor = second["cursor"].as_str().unwrap().to_owned();
    let quiet =
        json!({ "objects": [], "removed": [], "people": [], "cursor": cursor, "more": false });
    let path = format!("/changes?cursor={cursor}");
    assert_eq!(caller.get(&path), (200, quiet.clone()));
    assert_eq!(
        caller.get(&path),
        (200, quiet),
        "the cursor stays while nothing changes"
    );

    advanta.world().delete(task);
    advanta
        .world()
        .edit(unseen, |thing| thing.title = "Всё ещё ничья".to_owned());
    let (_, changed) = caller.get(&path);
    assert_eq!(texts(&changed["removed"], "id"), [task.to_string()]);
    assert_eq!(texts(&changed["objects"], "title"), ["Всё ещё ничья"]);
    advanta.finish();
}

#[test]
fn an_expired_cursor_is_told_and_a_foreign_one_too() {
    let (advanta, caller, _) = with_a_task();
    let cursor = caller.get("/changes").1["cursor"]
        .as_str()
        .unwrap()
        .to_owned();
    advanta.world().listing.expire_cursors();
    let expired = json!({ "type": "urn:advanta-bridge:problem:cursor-expired", "title": "The cursor is too old", "status": 410 });
    assert_eq!(
        caller.get(&format!("/changes?cursor={cursor}")),
        (410, expired.clone())
    );
    assert_eq!(caller.get("/changes?cursor=48211"), (410, expired));
    assert_eq!(caller.get("/changes").0, 200);
}

#[test]
fn a_listing_that_lags_shows_the_past_and_skips_nothing() {
    let (advanta, caller, task) = with_a_task();
    let cursor = caller.get("/changes").1["cursor"]
        .as_str()
        .unwrap()
        .to_owned();
    advanta.world().listing.lag = Duration::from_secs(3600);
    advanta
        .world()
        .edit(task, |task| task.title = "Новая смета".to_owned());
    assert_eq!(
        texts(&caller.get("/changes").1["objects"], "title"),
        ["Смета"]
    );
    assert_eq!(
        caller.get(&format!("/objects/{task}")).1["title"],
        "Новая смета"
    );
    advanta.world().listing.lag = Duration::ZERO;
    let (_, late) = caller.get(&format!("/changes?cursor={cursor}"));
    assert_eq!(texts(&late["objects"], "title"), ["Новая смета"]);
}

#[test]
fn users_at_work_are_followed_page_by_page_and_the_same_seed_is_the_same_work() {
    let (advanta, caller, _) = with_a_task();
    let mut seen = BTreeMap::new();
    let mut path = "/changes?limit=7".to_owned();
    for round in 0..20 {
        advanta.world().act(round, 30);
        // Half a page behind on purpose: what changes between two pages must not be missed.
        for _ in 0..2 + 100 * (round / 19) {
            let (_, page) = caller.get(&path);
            for object in page["objects"].as_array().unwrap() {
                seen.insert(object["id"].clone().to_string(), object["revision"].clone());
            }
            for removed in page["removed"].as_array().unwrap() {
                seen.remove(&removed["id"].to_string());
            }
            path = format!(
                "/changes?limit=7&cursor={}",
                page["cursor"].as_str().unwrap()
            );
        }
    }
    let world = advanta.world();
    let there = world
        .things()
        .map(|thing| (json!(thing.id).to_string(), json!(thing.revision)));
    assert_eq!(seen, there.collect());

    let (twin, _, _) = with_a_task();
    let mut other = twin.world();
    (0..20).for_each(|round| other.act(round, 30));
    let titles = |thing: &Thing| (thing.id, thing.title.clone(), thing.revision);
    let all =
        |world: &crate::advanta_standin::World| world.things().map(titles).collect::<Vec<_>>();
    assert_eq!(all(&other), all(&world));
    let count = world.things().count();
    assert!((30..200).contains(&count), "work makes and ends: {count}");
}
