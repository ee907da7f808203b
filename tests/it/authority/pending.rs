//! With ADVANTA: what waits is shown to its author only, and ADVANTA's word is the last.

use super::world::{World, file, id, limits, local, note, task, vevent};
use advanta_bridge::bridge::{Limits, PutDone, RemovalDone};
use advanta_bridge::model::{Rights, UserId};
use std::sync::Arc;
use std::time::Duration;

const SEE: Rights = Rights::READ;
const ALL: Rights = Rights::ALL;

/// The revision of which the answer makes an ETag, if it does.
fn etag(done: &PutDone) -> Option<u64> {
    match done {
        PutDone::Stored { exact, .. } => exact.map(|revision| revision.0),
        PutDone::Forbidden(_) => None,
    }
}

async fn two_people() -> World {
    let world = World::with_advanta();
    world
        .observe(&task(1, "Смета", &[("anna", ALL), ("boris", SEE)]))
        .await;
    world
}

#[tokio::test]
async fn a_pending_value_is_its_authors_alone_until_it_is_confirmed() {
    let world = two_people().await;
    world
        .edit("anna", &file(1), &[("SUMMARY", "Смета 2")])
        .await;
    assert_eq!(world.shows("anna", &file(1), "SUMMARY").await, "Смета 2");
    assert_eq!(world.shows("boris", &file(1), "SUMMARY").await, "Смета");
    assert_eq!(world.revision("boris", &file(1)).await, Some(1));
    assert_eq!(world.mirror(id(1)).await.unwrap().title, "Смета");
    assert_eq!(world.journal().await, ["anna change ×1 title:pending"]);

    let mine = world.revision("anna", &file(1)).await;
    world.drain().await;
    assert_eq!(world.shows("boris", &file(1), "SUMMARY").await, "Смета 2");
    assert_eq!(world.revision("boris", &file(1)).await, Some(2));
    assert_eq!(
        world.revision("anna", &file(1)).await,
        mine,
        "her bytes did not change"
    );
    assert_eq!(world.mirror(id(1)).await.unwrap().title, "Смета 2");
    assert_eq!(world.journal().await, ["anna change ×1 title:applied"]);
    assert_eq!(world.advanta().asked(), ["change title=Смета 2"]);
}

#[tokio::test]
async fn an_observation_of_something_else_keeps_the_pending_value_before_its_authors_eyes() {
    let world = two_people().await;
    world
        .edit("anna", &file(1), &[("SUMMARY", "Смета 2")])
        .await;
    world
        .edit_in_advanta(id(1), |object| object.planned.end = Some(local(15)))
        .await;
    assert_eq!(world.shows("anna", &file(1), "SUMMARY").await, "Смета 2");
    assert_eq!(
        world.shows("anna", &file(1), "DTEND").await,
        "20261201T120000Z"
    );
    assert_eq!(world.shows("boris", &file(1), "SUMMARY").await, "Смета");
    assert_eq!(
        world.advanta().asked(),
        Vec::<String>::new(),
        "an observation writes nothing"
    );
}

#[tokio::test]
async fn after_the_wait_the_answer_is_optimistic_and_the_etag_outlives_the_confirmation() {
    let world = World::with_advanta();
    world.observe(&note(1, "Обед", &[("anna", ALL)])).await;
    // The first edit makes the text hers; the second stands byte for byte.
    world.edit("anna", &file(1), &[("SUMMARY", "Обед 2")]).await;
    world.drain().await;
    let done = world.edit("anna", &file(1), &[("SUMMARY", "Обед 3")]).await;
    let served = world.revision("anna", &file(1)).await;
    assert!(served.is_some());
    assert_eq!(etag(&done), served);
    world.drain().await;
    assert_eq!(world.revision("anna", &file(1)).await, served);
    assert_eq!(world.mirror(id(1)).await.unwrap().title, "Обед 3");
}

#[tokio::test]
async fn a_refusal_within_the_wait_gives_no_etag_and_answers_with_what_is_served() {
    let patient = Limits {
        write_wait: Duration::from_secs(30),
        ..limits()
    };
    let world = World::new(patient, true);
    world.observe(&note(1, "Обед", &[("anna", ALL)])).await;
    world.edit_in_advanta(id(1), |_| ()).await;
    world.advanta().inside().refusing.insert(id(1));
    let outbox = tokio::spawn(Arc::clone(&world.bridge).run_outbox());
    let done = world.edit("anna", &file(1), &[("SUMMARY", "Ужин")]).await;
    outbox.abort();
    assert_eq!(etag(&done), None);
    let PutDone::Stored { served, .. } = done else {
        panic!("not stored")
    };
    assert_eq!(
        Some(served.text.to_string()),
        world.get("anna", &file(1)).await
    );
    assert_eq!(world.shows("anna", &file(1), "SUMMARY").await, "Обед");
    assert_eq!(
        world.journal().await,
        ["anna change ×1 title:refused(authority)"]
    );
}

#[tokio::test]
async fn a_confirmation_within_the_wait_reaches_the_others_before_the_answer() {
    let patient = Limits {
        write_wait: Duration::from_secs(30),
        ..limits()
    };
    let world = World::new(patient, true);
    world
        .observe(&note(1, "Обед", &[("anna", ALL), ("boris", SEE)]))
        .await;
    let outbox = tokio::spawn(Arc::clone(&world.bridge).run_outbox());
    world.edit("anna", &file(1), &[("SUMMARY", "Ужин")]).await;
    assert_eq!(world.shows("boris", &file(1), "SUMMARY").await, "Ужин");
    assert_eq!(world.journal().await, ["anna change ×1 title:applied"]);
    outbox.abort();
}

#[tokio::test]
async fn a_date_that_advanta_silently_does_not_store_counts_as_refused_and_goes_back() {
    let world = two_people().await;
    world.advanta().inside().ignores_start = true;
    let shift = [
        ("DTSTART", "20261201T080000Z"),
        ("DTEND", "20261201T100000Z"),
    ];
    world.edit("anna", &file(1), &shift).await;
    assert_eq!(
        world.shows("anna", &file(1), "DTSTART").await,
        "20261201T080000Z"
    );
    let pending = world.revision("anna", &file(1)).await;
    world.drain().await;
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
    assert!(world.revision("anna", &file(1)).await > pending);
    assert_eq!(
        world.journal().await,
        ["anna change ×1 start:refused(authority) end:applied"]
    );
    let row = world.rows().await.remove(0);
    assert_eq!(row.outcomes[0].attempted, "2026-12-01T08:00Z");
    assert_eq!(row.outcomes[0].kept, "2026-12-01T07:00Z");
}

#[tokio::test]
async fn a_final_refusal_restores_the_original_and_moves_the_member_once_more_later() {
    let world = two_people().await;
    world.advanta().inside().refusing.insert(id(1));
    world
        .edit("anna", &file(1), &[("SUMMARY", "Смета 2")])
        .await;
    world.drain().await;
    assert_eq!(world.shows("anna", &file(1), "SUMMARY").await, "Смета");
    assert_eq!(world.revision("boris", &file(1)).await, Some(1));
    assert_eq!(
        world.journal().await,
        ["anna change ×1 title:refused(authority)"]
    );
    // A client that was not given an ETag may have taken the present one for its own text.
    let restored = world.revision("anna", &file(1)).await.unwrap();
    world.advance(61);
    world.fire_timers().await;
    assert_eq!(world.revision("anna", &file(1)).await, Some(restored + 1));
}

#[tokio::test]
async fn a_refused_create_disappears_when_the_journal_holds_its_whole_text() {
    let world = World::with_advanta();
    world.advanta().inside().refuses_creates = true;
    let text = vevent("uid-1", "Обед");
    world.put("anna", "x.ics", &text).await.unwrap();
    assert_eq!(world.get("anna", "x.ics").await.as_ref(), Some(&text));
    assert_eq!(world.rows().await[0].kept_text, None);
    world.drain().await;
    assert_eq!(world.get("anna", "x.ics").await, None);
    assert_eq!(world.tombstones("anna").await, ["x.ics"]);
    assert_eq!(
        world.journal().await,
        ["anna create ×1 existence:refused(authority)"]
    );
    assert_eq!(world.rows().await[0].kept_text.as_ref(), Some(&text));
    assert_eq!(world.rows().await[0].outcomes[0].kept, "Обед");
}

#[tokio::test]
async fn a_refused_create_keeps_the_edits_that_waited_behind_it_in_its_text() {
    let world = World::with_advanta();
    world.advanta().inside().refuses_creates = true;
    world
        .put("anna", "x.ics", &vevent("uid-1", "Обед"))
        .await
        .unwrap();
    world
        .put("anna", "x.ics", &vevent("uid-1", "Ужин"))
        .await
        .unwrap();
    world.drain().await;
    assert_eq!(world.get("anna", "x.ics").await, None);
    assert_eq!(
        world.journal().await,
        [
            "anna create ×1 existence:refused(authority)",
            "anna change ×1 title:superseded"
        ]
    );
    assert_eq!(
        world.rows().await[0].kept_text,
        Some(vevent("uid-1", "Ужин"))
    );
    assert_eq!(world.commands(world.rows().await[0].object).await, vec![]);
}

#[tokio::test]
async fn an_edit_of_a_note_that_advanta_has_not_made_yet_follows_the_create() {
    let world = World::with_advanta();
    world
        .put("anna", "x.ics", &vevent("uid-1", "Обед"))
        .await
        .unwrap();
    world
        .put("anna", "x.ics", &vevent("uid-1", "Ужин"))
        .await
        .unwrap();
    assert_eq!(world.shows("anna", "x.ics", "SUMMARY").await, "Ужин");
    world.drain().await;
    assert_eq!(
        world.advanta().asked(),
        ["create \"Обед\"", "change title=Ужин"]
    );
    assert_eq!(
        world.get("anna", "x.ics").await,
        Some(vevent("uid-1", "Ужин"))
    );
    assert_eq!(
        world.journal().await,
        [
            "anna create ×1 existence:applied",
            "anna change ×1 title:applied"
        ]
    );
}

#[tokio::test]
async fn a_note_deleted_before_advanta_made_it_is_made_and_deleted_and_never_comes_back() {
    let world = World::with_advanta();
    world
        .put("anna", "x.ics", &vevent("uid-1", "Обед"))
        .await
        .unwrap();
    assert_eq!(
        world.delete("anna", "x.ics").await.unwrap(),
        RemovalDone::Removed
    );
    world.drain().await;
    assert_eq!(world.collection("anna").await.len(), 0);
    assert_eq!(world.advanta().inside().objects.len(), 0);
    assert_eq!(
        world.journal().await,
        [
            "anna create ×1 existence:applied",
            "anna delete ×1 existence:applied"
        ]
    );
}

#[tokio::test]
async fn a_create_repeated_after_a_lost_answer_makes_one_object() {
    let mut world = World::with_advanta();
    world.advanta().inside().answers_lost = 1;
    world
        .put("anna", "x.ics", &vevent("uid-1", "Обед"))
        .await
        .unwrap();
    world.drain().await;
    assert_eq!(world.journal().await, ["anna create ×1 existence:pending"]);
    world.crash();
    world.advance(2);
    world.drain().await;
    assert_eq!(world.advanta().inside().objects.len(), 1);
    assert_eq!(world.collection("anna").await.len(), 1);
    assert_eq!(
        world.get("anna", "x.ics").await,
        Some(vevent("uid-1", "Обед"))
    );
    assert_eq!(world.journal().await, ["anna create ×1 existence:applied"]);
}

#[tokio::test]
async fn a_hook_that_tells_of_a_new_note_before_the_create_is_answered_settles_the_create() {
    let world = World::with_advanta();
    world.advanta().inside().answers_lost = 1;
    world
        .put("anna", "x.ics", &vevent("uid-1", "Обед"))
        .await
        .unwrap();
    world.drain().await;
    let made = world
        .advanta()
        .inside()
        .objects
        .values()
        .next()
        .cloned()
        .unwrap();
    world.observe(&made).await;
    assert_eq!(world.journal().await, ["anna create ×1 existence:applied"]);
    assert_eq!(
        world.get("anna", "x.ics").await,
        Some(vevent("uid-1", "Обед"))
    );
    // Somebody deletes it in ADVANTA: the create must not be repeated.
    world.advanta().inside().objects.clear();
    world.observe_gone(made.id).await;
    world.advance(600);
    world.drain().await;
    assert_eq!(world.advanta().inside().objects.len(), 0);
    assert_eq!(world.get("anna", "x.ics").await, None);
}

#[tokio::test]
async fn a_pending_delete_hides_the_note_from_its_author_whatever_is_observed_meanwhile() {
    let world = World::with_advanta();
    world
        .observe(&note(1, "Обед", &[("anna", ALL), ("boris", SEE)]))
        .await;
    assert_eq!(
        world.delete("anna", &file(1)).await.unwrap(),
        RemovalDone::Removed
    );
    assert_eq!(world.get("anna", &file(1)).await, None);
    world
        .edit_in_advanta(id(1), |object| object.title = "Ужин".to_owned())
        .await;
    assert_eq!(world.get("anna", &file(1)).await, None);
    assert_eq!(world.shows("boris", &file(1), "SUMMARY").await, "Ужин");
    world.drain().await;
    assert_eq!(world.get("boris", &file(1)).await, None);
    assert_eq!(world.journal().await, ["anna delete ×1 existence:applied"]);
}

#[tokio::test]
async fn a_refused_delete_brings_the_note_back() {
    let world = World::with_advanta();
    world.observe(&note(1, "Обед", &[("anna", ALL)])).await;
    world.advanta().inside().refusing.insert(id(1));
    world.delete("anna", &file(1)).await.unwrap();
    world.drain().await;
    assert_eq!(world.shows("anna", &file(1), "SUMMARY").await, "Обед");
    assert_eq!(world.tombstones("anna").await, Vec::<String>::new());
    assert_eq!(
        world.journal().await,
        ["anna delete ×1 existence:refused(authority)"]
    );
}

#[tokio::test]
async fn a_refused_delete_brings_a_note_back_where_its_author_had_put_it_byte_for_byte() {
    let world = World::with_advanta();
    let text = vevent("uid-1", "Обед");
    world.put("anna", "x.ics", &text).await.unwrap();
    world.drain().await;
    let made = *world.advanta().inside().objects.keys().next().unwrap();
    world.advanta().inside().refusing.insert(made);
    world.delete("anna", "x.ics").await.unwrap();
    world.drain().await;
    assert_eq!(world.get("anna", "x.ics").await, Some(text));
    assert_eq!(world.collection("anna").await.len(), 1);
}

#[tokio::test]
async fn a_pending_delete_is_refused_when_the_right_to_it_is_gone_before_it_is_carried() {
    let world = World::with_advanta();
    world
        .observe(&note(1, "Обед", &[("anna", ALL), ("boris", SEE)]))
        .await;
    world.delete("anna", &file(1)).await.unwrap();
    world
        .edit_in_advanta(id(1), |object| {
            object.participants.insert(UserId::new("anna"), SEE);
        })
        .await;
    world.drain().await;
    assert_eq!(world.shows("anna", &file(1), "SUMMARY").await, "Обед");
    assert_eq!(world.advanta().asked(), Vec::<String>::new());
    assert_eq!(
        world.journal().await,
        ["anna delete ×1 existence:refused(no-right-to-delete)"]
    );
}

#[tokio::test]
async fn a_note_deleted_in_advanta_meanwhile_ends_a_pending_edit_as_superseded_and_a_delete_as_applied()
 {
    let world = World::with_advanta();
    world.observe(&note(1, "Обед", &[("anna", ALL)])).await;
    world.edit("anna", &file(1), &[("SUMMARY", "Ужин")]).await;
    world.delete("anna", &file(1)).await.unwrap();
    world.advanta().inside().objects.clear();
    world.drain().await;
    assert_eq!(world.advanta().asked(), Vec::<String>::new());
    assert_eq!(
        world.journal().await,
        [
            "anna change ×1 title:superseded",
            "anna delete ×1 existence:applied"
        ]
    );
    assert_eq!(world.get("anna", &file(1)).await, None);
}

#[tokio::test]
async fn a_client_whose_edits_advanta_keeps_refusing_raises_one_alarm_an_hour() {
    let strict = Limits {
        refusals_per_hour_max: 2,
        ..limits()
    };
    let world = World::new(strict, true);
    world.observe(&note(1, "Обед", &[("anna", ALL)])).await;
    world.advanta().inside().refusing.insert(id(1));
    let mut alarms = vec![];
    for _ in 0..5 {
        world.edit("anna", &file(1), &[("SUMMARY", "Ужин")]).await;
        world.drain().await;
        alarms.push(world.bridge.alarms().len());
    }
    assert_eq!(alarms, [0, 0, 1, 1, 1]);
    world.advance(3600);
    for _ in 0..3 {
        world.edit("anna", &file(1), &[("SUMMARY", "Ужин")]).await;
        world.drain().await;
    }
    assert_eq!(world.bridge.alarms().len(), 2);
    assert_eq!(world.bridge.alarms()[0].object, Some(id(1)));
}

#[tokio::test]
async fn a_client_whose_edits_the_rules_keep_refusing_raises_one_alarm_an_hour() {
    let strict = Limits {
        refusals_per_hour_max: 2,
        ..limits()
    };
    let world = World::new(strict, true);
    world
        .observe(&task(1, "Смета", &[("anna", SEE), ("boris", SEE)]))
        .await;
    let mut alarms = vec![];
    for _ in 0..4 {
        world
            .edit("anna", &file(1), &[("SUMMARY", "Моя смета")])
            .await;
        alarms.push(world.bridge.alarms().len());
    }
    assert_eq!(alarms, [0, 0, 1, 1]);
    world
        .edit("boris", &file(1), &[("SUMMARY", "Моя смета")])
        .await;
    assert_eq!(
        world.bridge.alarms().len(),
        1,
        "another device counts for itself"
    );
    assert_eq!(
        world.journal().await,
        [
            "anna change ×4 title:refused(no-right-to-title)",
            "boris change ×1 title:refused(no-right-to-title)"
        ]
    );
}
