//! Standalone: our own store is the authority, and a command is judged, carried out and read back in one commit.

use super::world::{World, events, file, id, limits, local, next, note, task, vevent};
use advanta_bridge::bridge::{Limits, RemovalDone};
use advanta_bridge::model::{Object, ResourceName, Rights, UserId};
use advanta_bridge::ports::{Move, ResourceDraft, Write};
use proptest::prelude::*;

const SEE: Rights = Rights::READ;
const ALL: Rights = Rights::ALL;

#[tokio::test]
async fn an_edit_reaches_the_collections_of_all_others_in_the_same_commit_with_their_own_rights() {
    let world = World::own();
    world
        .observe(&task(1, "Смета", &[("anna", ALL), ("boris", SEE)]))
        .await;
    assert_eq!(
        world.shows("boris", &file(1), "X-ADVANTA-LOCK").await,
        "DTSTART,DTEND,SUMMARY"
    );
    assert_eq!(world.shows("anna", &file(1), "X-ADVANTA-LOCK").await, "");

    world
        .edit("anna", &file(1), &[("DTEND", "20261201T100000Z")])
        .await;

    assert_eq!(
        world.shows("boris", &file(1), "DTEND").await,
        "20261201T100000Z"
    );
    assert_eq!(
        world.shows("boris", &file(1), "X-ADVANTA-LOCK").await,
        "DTSTART,DTEND,SUMMARY"
    );
    assert_eq!(world.shows("anna", &file(1), "X-ADVANTA-LOCK").await, "");
    assert_eq!(
        world.mirror(id(1)).await.unwrap().planned.end,
        Some(local(13))
    );
    assert_eq!(world.journal().await, ["anna change ×1 end:applied"]);
}

#[tokio::test]
async fn view_revisions_move_only_for_members_whose_bytes_differ() {
    let world = World::own();
    let first = task(1, "Смета", &[("anna", ALL), ("boris", SEE)]);
    world.observe(&first).await;
    world.observe(&task(2, "Акт", &[("anna", ALL)])).await;
    let before = (
        world.revision("anna", &file(1)).await,
        world.revision("boris", &file(1)).await,
    );
    assert_eq!(before, (Some(1), Some(1)));

    // Boris may now move dates: his text says so, Anna's says what it said.
    let second = next(&first, |object| {
        object
            .participants
            .insert(UserId::new("boris"), Rights { dates: true, ..SEE });
    });
    assert!(world.observe(&second).await);

    assert_eq!(world.revision("anna", &file(1)).await, Some(1));
    assert_eq!(world.revision("anna", &file(2)).await, Some(2));
    assert_eq!(world.revision("boris", &file(1)).await, Some(2));
    assert_eq!(
        world.shows("boris", &file(1), "X-ADVANTA-LOCK").await,
        "SUMMARY"
    );
}

#[tokio::test]
async fn a_change_of_somebody_elses_rights_moves_nothing_of_a_text_that_i_wrote() {
    let world = World::own();
    let first = note(1, "Обед", &[("anna", ALL), ("boris", SEE)]);
    world.observe(&first).await;
    world
        .edit("anna", &file(1), &[("SUMMARY", "Обед с заказчиком")])
        .await;
    let mine = world.get("anna", &file(1)).await;
    let revision = world.revision("anna", &file(1)).await;

    let mirror = world.mirror(id(1)).await.unwrap();
    let second = next(&mirror, |object| {
        object.participants.insert(UserId::new("boris"), ALL);
        object.changed += chrono::Duration::hours(1);
    });
    assert!(world.observe(&second).await);

    assert_eq!(world.revision("anna", &file(1)).await, revision);
    assert_eq!(world.get("anna", &file(1)).await, mine);
}

#[tokio::test]
async fn an_object_without_dates_leaves_the_collections_and_comes_back() {
    let world = World::own();
    let first = task(1, "Смета", &[("anna", ALL), ("boris", SEE)]);
    world.observe(&first).await;
    let second = next(&first, |object| object.planned = Default::default());
    world.observe(&second).await;
    assert_eq!(world.get("anna", &file(1)).await, None);
    assert_eq!(world.get("boris", &file(1)).await, None);
    assert_eq!(world.tombstones("boris").await, [file(1)]);

    world
        .observe(&next(&second, |object| object.planned.end = Some(local(9))))
        .await;
    assert_eq!(
        world.shows("anna", &file(1), "DTSTART").await,
        "20261201T060000Z"
    );
    assert_eq!(
        world.shows("boris", &file(1), "DTEND").await,
        "20261201T060000Z"
    );
    assert_eq!(world.tombstones("boris").await, Vec::<String>::new());
    // 1 put, 2 removed, 3 put again: no number is used twice.
    assert_eq!(world.revision("boris", &file(1)).await, Some(3));
}

#[tokio::test]
async fn a_participant_who_was_removed_gets_a_tombstone_and_nobody_else_moves() {
    let world = World::own();
    let first = task(1, "Смета", &[("anna", ALL), ("boris", SEE)]);
    world.observe(&first).await;
    world
        .observe(&next(&first, |object| {
            object.participants.remove(&UserId::new("boris"));
        }))
        .await;
    assert_eq!(world.get("boris", &file(1)).await, None);
    assert_eq!(world.tombstones("boris").await, [file(1)]);
    assert_eq!(world.revision("anna", &file(1)).await, Some(1));
    assert_eq!(world.change("anna").await.0, 1);
}

#[tokio::test]
async fn a_note_deleted_by_one_disappears_for_all() {
    let world = World::own();
    world
        .observe(&note(1, "Обед", &[("anna", ALL), ("boris", SEE)]))
        .await;
    assert_eq!(
        world.delete("anna", &file(1)).await.unwrap(),
        RemovalDone::Removed
    );
    assert_eq!(world.get("anna", &file(1)).await, None);
    assert_eq!(world.get("boris", &file(1)).await, None);
    assert_eq!(world.tombstones("boris").await, [file(1)]);
    assert_eq!(world.mirror(id(1)).await, None);
    assert_eq!(world.journal().await, ["anna delete ×1 existence:applied"]);
}

#[tokio::test]
async fn a_shared_note_stays_when_its_reader_deletes_it_and_repeats_count_up() {
    let world = World::own();
    world
        .observe(&note(1, "Обед", &[("anna", ALL), ("boris", SEE)]))
        .await;
    for _ in 0..3 {
        assert_eq!(
            world.delete("boris", &file(1)).await.unwrap(),
            RemovalDone::Restored
        );
    }
    assert_eq!(world.shows("boris", &file(1), "SUMMARY").await, "Обед");
    assert_eq!(world.revision("boris", &file(1)).await, Some(4));
    assert_eq!(world.revision("anna", &file(1)).await, Some(1));
    assert_eq!(
        world.journal().await,
        ["boris delete ×3 existence:refused(no-right-to-delete)"]
    );
}

#[tokio::test]
async fn a_note_that_a_client_makes_is_its_authors_alone_and_has_one_row() {
    let world = World::own();
    world
        .put("anna", "x.ics", &vevent("uid-1", "Обед"))
        .await
        .unwrap();
    assert_eq!(
        world.get("anna", "x.ics").await,
        Some(vevent("uid-1", "Обед"))
    );
    assert_eq!(world.collection("boris").await.len(), 0);
    assert_eq!(world.journal().await, ["anna create ×1 existence:applied"]);
}

#[tokio::test]
async fn an_edit_that_is_partly_refused_has_one_row_with_both_outcomes() {
    let world = World::own();
    let mut work = task(1, "Смета", &[("anna", ALL), ("boris", SEE)]);
    work.actual_start = Some(local(10));
    world.observe(&work).await;
    let shift = [
        ("DTSTART", "20261201T080000Z"),
        ("DTEND", "20261201T100000Z"),
    ];
    world.edit("anna", &file(1), &shift).await;
    assert_eq!(
        world.shows("anna", &file(1), "DTSTART").await,
        "20261201T070000Z"
    );
    assert_eq!(
        world.shows("anna", &file(1), "DTEND").await,
        "20261201T100000Z"
    );
    assert_eq!(
        world.shows("boris", &file(1), "DTEND").await,
        "20261201T100000Z"
    );
    assert_eq!(
        world.journal().await,
        ["anna change ×1 start:refused(actual-start) end:applied"]
    );
}

fn crowd(people: usize) -> Object {
    let names: Vec<String> = (0..people).map(|n| format!("p{n:03}")).collect();
    let people: Vec<(&str, Rights)> = names.iter().map(|name| (name.as_str(), ALL)).collect();
    note(1, "Собрание", &people)
}

async fn titles(world: &World, people: usize) -> Vec<String> {
    let mut titles = vec![];
    for n in 0..people {
        titles.push(world.shows(&format!("p{n:03}"), &file(1), "SUMMARY").await);
    }
    titles
}

#[tokio::test]
async fn a_crowd_of_120_gets_an_edit_by_durable_timers_and_a_crash_between_loses_nobody() {
    let mut world = World::own();
    world.observe(&crowd(120)).await;
    assert_eq!(
        titles(&world, 120)
            .await
            .iter()
            .filter(|title| *title == "Собрание")
            .count(),
        50
    );
    world.crash();
    world.fire_timers().await;
    assert_eq!(titles(&world, 120).await, vec!["Собрание"; 120]);

    // The author is in the middle: others come before and after.
    world
        .edit("p060", &file(1), &[("SUMMARY", "Планёрка")])
        .await;
    let done = titles(&world, 120).await;
    assert_eq!(done.iter().filter(|title| *title == "Планёрка").count(), 51);
    assert_eq!(done[60], "Планёрка");
    assert_eq!(world.bridge.fire_due_timers().await.unwrap(), 1);
    world.crash();
    world.fire_timers().await;
    assert_eq!(titles(&world, 120).await, vec!["Планёрка"; 120]);
    // Put once, moved once.
    for n in 0..120 {
        assert_eq!(
            world.change(&format!("p{n:03}")).await.0,
            2,
            "collection of p{n:03}"
        );
    }
    assert_eq!(world.journal().await, ["p060 change ×1 title:applied"]);
}

#[tokio::test]
async fn two_edits_whose_fan_outs_overlap_end_with_the_last_one_everywhere() {
    let world = World::own();
    world.observe(&crowd(120)).await;
    world.fire_timers().await;
    world.edit("p000", &file(1), &[("SUMMARY", "Раз")]).await;
    world.bridge.fire_due_timers().await.unwrap();
    world
        .edit("p119", &file(1), &[("DTEND", "20261201T110000Z")])
        .await;
    world.fire_timers().await;
    assert_eq!(titles(&world, 120).await, vec!["Раз"; 120]);
    for n in 0..120 {
        let who = format!("p{n:03}");
        assert_eq!(
            world.shows(&who, &file(1), "DTEND").await,
            "20261201T110000Z",
            "{who}"
        );
        assert_eq!(world.collection(&who).await.len(), 1);
    }
}

#[tokio::test]
async fn a_crowd_loses_a_deleted_note_to_the_last_collection() {
    let mut world = World::own();
    world.observe(&crowd(120)).await;
    world.fire_timers().await;
    assert_eq!(
        world.delete("p100", &file(1)).await.unwrap(),
        RemovalDone::Removed
    );
    world.crash();
    world.fire_timers().await;
    assert_eq!(titles(&world, 120).await, vec!["-"; 120]);
}

#[tokio::test]
async fn an_edit_by_somebody_whom_a_waiting_fan_out_has_yet_to_remove_finds_nothing_there() {
    let world = World::new(
        Limits {
            fan_out_max: 1,
            ..limits()
        },
        false,
    );
    let first = note(1, "Обед", &[("anna", ALL), ("boris", ALL)]);
    world.observe(&first).await;
    world.fire_timers().await;
    let text = world.get("boris", &file(1)).await.unwrap();
    world
        .observe(&next(&first, |object| {
            object.participants.remove(&UserId::new("boris"));
        }))
        .await;
    let done = world
        .put("boris", &file(1), &text.replace("Обед", "Ужин"))
        .await;
    assert!(
        matches!(done, Err(advanta_bridge::bridge::EditError::Missing)),
        "{done:?}"
    );
    assert_eq!(world.mirror(id(1)).await.unwrap().title, "Обед");
}

#[tokio::test]
async fn an_observation_makes_no_journal_row() {
    let world = World::own();
    let first = task(1, "Смета", &[("anna", ALL)]);
    assert!(world.observe(&first).await);
    assert!(!world.observe(&first).await, "the same again is no news");
    assert_eq!(world.journal().await, Vec::<String>::new());
    assert_eq!(world.change("anna").await.0, 1);
}

#[tokio::test]
async fn a_uid_that_a_client_took_does_not_keep_an_object_out() {
    let world = World::own();
    let taken = format!("{}@advanta-bridge", id(1));
    world
        .put("anna", &file(1), &vevent(&taken, "Чужое имя"))
        .await
        .unwrap();
    world.observe(&task(1, "Смета", &[("anna", ALL)])).await;
    let second = format!("{}-1.ics", id(1));
    assert_eq!(world.shows("anna", &file(1), "SUMMARY").await, "Чужое имя");
    assert_eq!(world.shows("anna", &second, "SUMMARY").await, "Смета");
    assert_eq!(
        world.shows("anna", &second, "UID").await,
        format!("{taken}-1")
    );
}

/// Six versions of one object, each with something else for somebody.
fn history() -> Vec<Object> {
    let first = task(1, "Смета", &[("anna", ALL), ("boris", SEE)]);
    let second = next(&first, |object| object.title = "Смета 2".to_owned());
    let third = next(&second, |object| {
        object.participants.insert(UserId::new("vera"), SEE);
    });
    let fourth = next(&third, |object| object.planned = Default::default());
    let fifth = next(&fourth, |object| object.planned.start = Some(local(15)));
    let sixth = next(&fifth, |object| {
        object.participants.remove(&UserId::new("boris"));
        object.actual_start = Some(local(15));
    });
    vec![first, second, third, fourth, fifth, sixth]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn observations_in_any_order_and_repetition_end_in_the_same_state(
        order in Just((0..6).chain(0..6).collect::<Vec<usize>>()).prop_shuffle()
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let history = history();
            let world = World::own();
            for n in order {
                world.observe(&history[n]).await;
            }
            assert_eq!(world.mirror(id(1)).await.as_ref(), history.last());
            assert_eq!(world.shows("anna", &file(1), "SUMMARY").await, "Смета 2");
            assert_eq!(world.shows("anna", &file(1), "DTSTART").await, "20261201T120000Z");
            assert_eq!(world.shows("anna", &file(1), "X-ADVANTA-LOCK").await, "DTSTART");
            assert_eq!(world.shows("vera", &file(1), "X-ADVANTA-LOCK").await, "DTSTART,DTEND,SUMMARY");
            assert_eq!(world.get("boris", &file(1)).await, None);
            assert_eq!(world.journal().await, Vec::<String>::new());
            assert_eq!(world.commands(id(1)).await, vec![]);
        });
    }
}

#[test]
fn collections_are_named_by_their_owner() {
    // The harness and the bridge mean the same collection.
    assert_eq!(events("anna").to_string(), "anna/advanta");
}

#[tokio::test]
async fn a_new_rendering_moves_only_members_whose_bytes_differ_and_is_done_once() {
    let world = World::own();
    world.observe(&task(1, "Смета", &[("anna", ALL)])).await;
    world.observe(&task(2, "Акт", &[("anna", ALL)])).await;
    let bridge = &world.bridge;
    assert_eq!(bridge.refresh_renderings().await.unwrap(), 2);
    let now = world.get("anna", &file(1)).await.unwrap();

    // As an older program left them: one text reads differently, one does not; both of an older rendering.
    let store = bridge.store();
    let mut writes = vec![Write::Rendered(0)];
    for (name, body) in [
        (file(1), now.replace("TRANSP:TRANSPARENT\r\n", "")),
        (file(2), String::new()),
    ] {
        let name = ResourceName::new(&name).unwrap();
        let member = store.member(&events("anna"), &name).await.unwrap().unwrap();
        let body = if body.is_empty() {
            member.body.to_string()
        } else {
            body
        };
        let draft = ResourceDraft {
            object: member.object,
            name,
            uid: member.uid.clone(),
            body: body.into(),
            first: member.first,
            last: member.last,
            recurs: member.recurs,
            shown: member.shown.clone(),
            mirrored: member.mirrored.clone(),
            overlay: member.overlay,
            stamp: member.stamp,
            rendering: 0,
            refusal: None,
        };
        writes.push(Write::Member(events("anna"), draft, Move::Stay));
    }
    store.commit(vec![], writes).await.unwrap();
    let before = (
        world.revision("anna", &file(1)).await,
        world.revision("anna", &file(2)).await,
    );

    assert_eq!(bridge.refresh_renderings().await.unwrap(), 2);
    assert_eq!(world.get("anna", &file(1)).await, Some(now));
    let after = (
        world.revision("anna", &file(1)).await,
        world.revision("anna", &file(2)).await,
    );
    assert_eq!(before, (Some(1), Some(2)));
    assert_eq!(after, (Some(3), Some(2)));
    assert_eq!(bridge.refresh_renderings().await.unwrap(), 0);
}
