//! Why something stands as it does, in words.

use super::super::world::{World, object, user_id};
use super::{link, linked, subscribed, world};
use advanta_bridge::bridge::{Explained, Explanation};
use advanta_bridge::model::{
    Born, Field, Intent, IntentDeed, Kind, Language, Link, ObjectId, RemoteId, Rights, Status,
    Trouble,
};
use advanta_bridge::ports::Write;
use std::collections::BTreeMap;

/// A task in work that anna may change and boris may not, in anna's calendar, with everything that can be said of a link.
fn explained() -> (World, ObjectId) {
    let (world, _) = world();
    let anna = subscribed(&world, "anna");
    let id = world.object_id();
    let people = [("anna", Rights::ALL), ("boris", Rights::READ)];
    let mut task = object(id, Kind::Task, "Монтаж опор", &people);
    task.status = Some(Status::IN_WORK);
    world.seen(&task);
    let plain = link(&world, &anna, id, "event-1", Born::Exported);
    world.commit(vec![Write::Link(Link {
        generation: 1,
        unseen: [advanta_bridge::model::Field::Title].into(),
        owed: [Field::Start].into(),
        intent: Some(Intent {
            deed: IntentDeed::Update,
            fields: [Field::Title].into(),
            wrote_ours: plain.base_ours.clone(),
            wrote_theirs: plain.base_ours.clone(),
            at: world.now(),
        }),
        trouble: Some(Trouble::Waits {
            attempts: 2,
            due: world.now(),
        }),
        ..plain
    })]);
    world.changes(id, |task| task.title = "Монтаж свай".to_owned());
    (world, id)
}

fn told(world: &World, what: &str) -> Option<Explanation> {
    world.wait(world.bridge.explain(what)).unwrap()
}

fn words(world: &World, what: &str, language: Language) -> String {
    let names = BTreeMap::from([(user_id("anna"), "anna".to_owned())]);
    let told = told(world, what).unwrap();
    told.words(&names, language).join("\n")
}

#[test]
fn an_object_is_explained_with_its_locks_and_links_in_either_language() {
    let (world, id) = explained();
    insta::assert_snapshot!(words(&world, &id.to_string(), Language::English), @r#"
    Task 00000000-0000-0000-0000-000000000001 “Монтаж свай”, version 2
    anna: locked: Start (work has already begun); Deletion (only notes are deleted from a calendar)
    u-boris: locked: Start (work has already begun); End (you may not change planned dates); Title (you may not change the title); Deletion (only notes are deleted from a calendar)
    Link 00000000-0000-0000-0000-000000000001: anna, google, active → event-1
      an object got an event; both sides are kept in step; life of the subscription: 1; made again, times: 1
      seen version of ADVANTA 1, of the calendar "1" (expected, nobody has looked yet)
      base of ADVANTA: “Монтаж опор”, 2026-12-01 06:00Z – 2026-12-03 15:00Z
      base of the calendar: “Монтаж опор”, 2026-12-01 06:00Z – 2026-12-03 15:00Z
      differs in ADVANTA by now: Title
      owed to the calendar: Start
      a write of which it is not known whether it was done: change, 2026-11-23 08:00Z
      tries failed: 2, next 2026-11-23 08:00Z
    "#);
    insta::assert_snapshot!(words(&world, &id.to_string(), Language::Russian), @r#"
    Задача 00000000-0000-0000-0000-000000000001 «Монтаж свай», версия 2
    anna: закрыто: Начало (работа уже начата); Удаление (из календаря удаляются только заметки)
    u-boris: закрыто: Начало (работа уже начата); Окончание (нет права менять плановые даты); Название (нет права менять название); Удаление (из календаря удаляются только заметки)
    Связь 00000000-0000-0000-0000-000000000001: anna, google, активно → event-1
      объект выгружен в календарь; стороны согласуются; подписка, жизнь: 1; создано заново, раз: 1
      видели версию ADVANTA 1, версию календаря "1" (ожидаемая, ещё не проверена)
      база ADVANTA: «Монтаж опор», 2026-12-01 06:00Z – 2026-12-03 15:00Z
      база календаря: «Монтаж опор», 2026-12-01 06:00Z – 2026-12-03 15:00Z
      в ADVANTA уже иначе: Название
      должны календарю: Начало
      неизвестно, дошла ли запись: изменение, 2026-11-23 08:00Z
      не удалось, раз: 2, снова 2026-11-23 08:00Z
    "#);
}

#[test]
fn an_event_is_explained_by_its_object() {
    let (world, id) = explained();
    let told = told(&world, "event-1").unwrap();
    assert_eq!(told.asked, Explained::Event(RemoteId("event-1".to_owned())));
    assert_eq!(told.id, id);
    assert_eq!(told.links.len(), 1);
    assert_eq!(told.links[0].ahead, [Field::Title]);
}

#[test]
fn what_went_is_explained_as_long_as_anything_of_it_is_left() {
    let (world, _) = world();
    let anna = subscribed(&world, "anna");
    let link = linked(&world, &anna, "event-1", Born::Imported);
    world.vanishes(link.object);
    insta::assert_snapshot!(words(&world, "event-1", Language::English), @r#"
    00000000-0000-0000-0000-000000000001: removed at version 1
    Found by the event event-1
    Link 00000000-0000-0000-0000-000000000001: anna, google, active → event-1
      an event became a note; both sides are kept in step; life of the subscription: 1
      seen version of ADVANTA 1, of the calendar "1"
      base of ADVANTA: “event-1”, 2026-12-01 06:00Z – 2026-12-03 15:00Z
      base of the calendar: “event-1”, 2026-12-01 06:00Z – 2026-12-03 15:00Z
    "#);
}

#[test]
fn what_nobody_knows_is_not_explained() {
    let (world, _) = explained();
    for what in ["", "event-2", "00000000-0000-0000-0000-00000000dead"] {
        assert!(told(&world, what).is_none(), "{what}");
    }
}
