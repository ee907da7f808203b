//! Carrying commands to ADVANTA: in order, through every kind of failure, and never over somebody else's work.

use super::fake::throttled;
use super::world::{World, file, id, local, note, task, vevent};
use advanta_bridge::model::{Command, CommandState, Rights, Status, UserId};
use advanta_bridge::ports::{Advanta, AdvantaErrorKind};
use std::sync::Arc;

const SEE: Rights = Rights::READ;
const ALL: Rights = Rights::ALL;

async fn one_note() -> World {
    let world = World::with_advanta();
    world
        .observe(&note(1, "Обед", &[("anna", ALL), ("boris", ALL)]))
        .await;
    world
}

async fn waits(world: &World) -> Option<i64> {
    use advanta_bridge::ports::Clock as _;
    let head = world.commands(id(1)).await.into_iter().next()?;
    Some((head.due - world.clock.now()).num_seconds())
}

fn states(commands: &[Command]) -> Vec<CommandState> {
    commands.iter().map(|each| each.state).collect()
}

#[tokio::test]
async fn commands_of_one_object_are_carried_in_the_order_of_the_edits() {
    let world = one_note().await;
    world.edit("anna", &file(1), &[("SUMMARY", "Раз")]).await;
    world.edit("anna", &file(1), &[("SUMMARY", "Два")]).await;
    world
        .edit("anna", &file(1), &[("DTEND", "20261201T110000Z")])
        .await;
    world.advanta().inside().away = true;
    world.drain().await;
    world.advanta().inside().away = false;
    world.advance(2);
    world.drain().await;
    assert_eq!(
        world.advanta().asked(),
        [
            "change title=Раз",
            "change title=Два",
            "change end=2026-12-01T11:00Z"
        ]
    );
    assert_eq!(
        world.journal().await,
        [
            "anna change ×1 title:applied",
            "anna change ×1 title:applied",
            "anna change ×1 end:applied"
        ]
    );
}

#[tokio::test]
async fn a_slow_object_does_not_hold_up_another() {
    let world = one_note().await;
    world.observe(&note(2, "Сбор", &[("anna", ALL)])).await;
    let gate = world.advanta().gate(id(1));
    world.edit("anna", &file(1), &[("SUMMARY", "Ужин")]).await;
    world
        .edit("anna", &file(2), &[("SUMMARY", "Сбор в 10")])
        .await;
    let advanta: Arc<dyn Advanta> = Arc::<super::fake::FakeAdvanta>::clone(world.advanta());
    let bridge = Arc::clone(&world.bridge);
    let drain = tokio::spawn(async move { bridge.drain_outbox(&advanta).await.map(|_| ()) });
    while world.journal().await[1] != "anna change ×1 title:applied" {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.journal().await[0], "anna change ×1 title:pending");
    gate.add_permits(100);
    drain.await.unwrap().unwrap();
    assert_eq!(world.journal().await[0], "anna change ×1 title:applied");
}

#[tokio::test]
async fn a_stale_write_is_rebased_and_retried_and_nobody_is_overwritten() {
    let world = one_note().await;
    let change = [("SUMMARY", "Ужин"), ("DTEND", "20261201T110000Z")];
    world.edit("anna", &file(1), &change).await;
    // Between our read and our write somebody renames it.
    world
        .advanta()
        .inside()
        .intrusions
        .push_back(Box::new(|inside| {
            inside.edit(id(1), |object| object.title = "Завтрак".to_owned());
        }));
    world.drain().await;
    world.advance(1);
    world.drain().await;
    assert_eq!(
        world.advanta().asked(),
        [
            "change title=Ужин end=2026-12-01T11:00Z",
            "change end=2026-12-01T11:00Z"
        ]
    );
    let stored = world.advanta().inside().objects[&id(1)].clone();
    assert_eq!(
        (stored.title.as_str(), stored.planned.end),
        ("Завтрак", Some(local(14)))
    );
    assert_eq!(world.shows("anna", &file(1), "SUMMARY").await, "Завтрак");
    assert_eq!(
        world.journal().await,
        ["anna change ×1 title:superseded end:applied"]
    );
}

#[tokio::test]
async fn an_object_that_is_always_stale_ends_as_a_dead_letter_and_blocks_only_itself() {
    let world = one_note().await;
    world.observe(&note(2, "Сбор", &[("anna", ALL)])).await;
    world.advanta().inside().always_stale.insert(id(1));
    world.edit("anna", &file(1), &[("SUMMARY", "Ужин")]).await;
    world
        .edit("anna", &file(1), &[("DTEND", "20261201T110000Z")])
        .await;
    for _ in 0..40 {
        world.drain().await;
        world.advance(301);
    }
    use CommandState::{Dead, Waiting};
    assert_eq!(states(&world.commands(id(1)).await), [Dead, Waiting]);
    assert_eq!(world.advanta().asked().len(), 12);
    world
        .edit("anna", &file(2), &[("SUMMARY", "Сбор в 10")])
        .await;
    world.drain().await;
    assert_eq!(world.mirror(id(2)).await.unwrap().title, "Сбор в 10");
    // It is still owed, so its author still sees it, also after other news.
    world
        .edit_in_advanta(id(1), |object| object.location = "кафе".to_owned())
        .await;
    assert_eq!(world.shows("anna", &file(1), "SUMMARY").await, "Ужин");

    world.advanta().inside().always_stale.clear();
    assert!(world.bridge.retry_dead_letter(id(1)).await.unwrap());
    world.drain().await;
    assert_eq!(world.mirror(id(1)).await.unwrap().title, "Ужин");
    assert_eq!(world.commands(id(1)).await, vec![]);
    assert!(!world.bridge.retry_dead_letter(id(1)).await.unwrap());
}

#[tokio::test]
async fn a_dead_letter_that_is_dropped_counts_as_refused_and_what_waited_behind_it_goes_on() {
    let world = one_note().await;
    world.advanta().inside().always_stale.insert(id(1));
    world.edit("anna", &file(1), &[("SUMMARY", "Ужин")]).await;
    world
        .edit("anna", &file(1), &[("DTEND", "20261201T110000Z")])
        .await;
    for _ in 0..40 {
        world.drain().await;
        world.advance(301);
    }
    world.advanta().inside().always_stale.clear();
    assert!(world.bridge.drop_dead_letter(id(1)).await.unwrap());
    world.drain().await;
    assert_eq!(world.shows("anna", &file(1), "SUMMARY").await, "Обед");
    assert_eq!(
        world.shows("anna", &file(1), "DTEND").await,
        "20261201T110000Z"
    );
    assert_eq!(
        world.journal().await,
        [
            "anna change ×1 title:refused(authority)",
            "anna change ×1 end:applied"
        ]
    );
}

#[tokio::test]
async fn a_dead_create_stays_in_its_authors_calendar_until_it_is_dropped() {
    let world = World::with_advanta();
    world
        .advanta()
        .inside()
        .instead
        .extend([AdvantaErrorKind::Stale; 12]);
    let text = vevent("uid-1", "Обед");
    world.put("anna", "x.ics", &text).await.unwrap();
    for _ in 0..40 {
        world.drain().await;
        world.advance(301);
    }
    let object = world.rows().await[0].object;
    assert_eq!(states(&world.commands(object).await), [CommandState::Dead]);
    assert_eq!(world.get("anna", "x.ics").await.as_ref(), Some(&text));
    assert!(world.bridge.drop_dead_letter(object).await.unwrap());
    assert_eq!(world.get("anna", "x.ics").await, None);
    assert_eq!(world.rows().await[0].kept_text, Some(text));
}

#[tokio::test]
async fn while_advanta_is_away_the_waits_double_up_to_five_minutes_and_nothing_dies() {
    let world = one_note().await;
    world.edit("anna", &file(1), &[("SUMMARY", "Ужин")]).await;
    world.advanta().inside().away = true;
    let mut seen = vec![];
    for _ in 0..14 {
        world.drain().await;
        let wait = waits(&world).await.unwrap();
        seen.push(wait);
        world.advance(wait);
    }
    assert_eq!(
        seen,
        [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300, 300]
    );
    world.advanta().inside().away = false;
    // One stale answer after many failures is no reason to give up.
    world
        .advanta()
        .inside()
        .instead
        .push_back(AdvantaErrorKind::Stale);
    world.drain().await;
    world.drain().await;
    assert_eq!(world.journal().await, ["anna change ×1 title:applied"]);
}

#[tokio::test]
async fn a_throttled_command_waits_as_long_as_it_is_told_and_everything_else_with_it() {
    let world = one_note().await;
    world.edit("anna", &file(1), &[("SUMMARY", "Ужин")]).await;
    world.advanta().inside().instead.push_back(throttled(90));
    world.drain().await;
    assert_eq!(waits(&world).await, Some(90));
    world.advance(89);
    world.drain().await;
    assert_eq!(world.advanta().asked(), Vec::<String>::new());
    world.advance(1);
    world.drain().await;
    assert_eq!(world.advanta().asked(), ["change title=Ужин"]);
}

#[tokio::test]
async fn a_throttle_for_ever_is_cut_to_an_hour() {
    let world = one_note().await;
    world.edit("anna", &file(1), &[("SUMMARY", "Ужин")]).await;
    world
        .advanta()
        .inside()
        .instead
        .push_back(throttled(u64::MAX));
    world.drain().await;
    assert_eq!(waits(&world).await, Some(3600));
}

#[tokio::test]
async fn old_commands_that_wait_do_not_hide_young_ones_that_are_due() {
    let world = World::with_advanta();
    for n in 1..=300 {
        world.observe(&note(n, "Обед", &[("anna", ALL)])).await;
        world.edit("anna", &file(n), &[("SUMMARY", "Ужин")]).await;
    }
    world.advanta().inside().away = true;
    world.drain().await;
    world.advanta().inside().away = false;
    world.observe(&note(999, "Сбор", &[("anna", ALL)])).await;
    world
        .edit("anna", &file(999), &[("SUMMARY", "Сбор в 10")])
        .await;
    world.drain().await;
    assert_eq!(world.mirror(id(999)).await.unwrap().title, "Сбор в 10");
}

#[tokio::test]
async fn a_change_whose_answer_was_lost_is_found_done_and_not_written_twice() {
    let world = one_note().await;
    world.edit("anna", &file(1), &[("SUMMARY", "Ужин")]).await;
    world.advanta().inside().answers_lost = 1;
    world.drain().await;
    assert_eq!(world.journal().await, ["anna change ×1 title:pending"]);
    world.advance(1);
    world.drain().await;
    assert_eq!(world.advanta().asked(), ["change title=Ужин"]);
    assert_eq!(world.journal().await, ["anna change ×1 title:applied"]);
}

#[tokio::test]
async fn the_echo_of_an_earlier_edit_does_not_supersede_a_later_one_of_the_same_person() {
    let world = one_note().await;
    world.edit("anna", &file(1), &[("SUMMARY", "Раз")]).await;
    world.edit("anna", &file(1), &[("SUMMARY", "Два")]).await;
    world.advanta().inside().answers_lost = 1;
    world.drain().await;
    // The answer was lost; the hook comes.
    let echo = world.advanta().inside().objects[&id(1)].clone();
    assert_eq!(echo.title, "Раз");
    world.observe(&echo).await;
    assert_eq!(world.shows("anna", &file(1), "SUMMARY").await, "Два");
    world.advance(1);
    world.drain().await;
    assert_eq!(world.advanta().inside().objects[&id(1)].title, "Два");
    assert_eq!(
        world.journal().await,
        [
            "anna change ×1 title:applied",
            "anna change ×1 title:applied"
        ]
    );
}

#[tokio::test]
async fn of_two_people_who_rename_the_same_note_the_first_wins_and_the_second_is_told() {
    let world = one_note().await;
    world.edit("anna", &file(1), &[("SUMMARY", "Раз")]).await;
    world.edit("boris", &file(1), &[("SUMMARY", "Два")]).await;
    assert_eq!(world.shows("anna", &file(1), "SUMMARY").await, "Раз");
    assert_eq!(world.shows("boris", &file(1), "SUMMARY").await, "Два");
    world.drain().await;
    assert_eq!(world.shows("anna", &file(1), "SUMMARY").await, "Раз");
    assert_eq!(world.shows("boris", &file(1), "SUMMARY").await, "Раз");
    assert_eq!(
        world.journal().await,
        [
            "anna change ×1 title:applied",
            "boris change ×1 title:superseded"
        ]
    );
}

#[tokio::test]
async fn a_pending_field_that_advanta_changed_is_superseded_and_the_rest_goes_through() {
    let world = one_note().await;
    let change = [("SUMMARY", "Ужин"), ("DTEND", "20261201T110000Z")];
    world.edit("anna", &file(1), &change).await;
    world
        .edit_in_advanta(id(1), |object| object.title = "Завтрак".to_owned())
        .await;
    assert_eq!(world.shows("anna", &file(1), "SUMMARY").await, "Завтрак");
    assert_eq!(
        world.shows("anna", &file(1), "DTEND").await,
        "20261201T110000Z"
    );
    world.drain().await;
    assert_eq!(world.advanta().asked(), ["change end=2026-12-01T11:00Z"]);
    assert_eq!(
        world.journal().await,
        ["anna change ×1 title:superseded end:applied"]
    );
    assert_eq!(world.rows().await[0].outcomes[0].attempted, "Ужин");
    assert_eq!(world.rows().await[0].outcomes[0].kept, "Завтрак");
}

#[tokio::test]
async fn what_a_read_back_shows_of_others_supersedes_the_commands_that_still_wait() {
    let world = one_note().await;
    world.edit("anna", &file(1), &[("SUMMARY", "Раз")]).await;
    world
        .edit("anna", &file(1), &[("DTEND", "20261201T110000Z")])
        .await;
    // Behind the first command's read somebody moves the end, and ADVANTA takes our title all the same.
    world
        .advanta()
        .inside()
        .intrusions
        .push_back(Box::new(|inside| {
            let object = inside.objects.get_mut(&id(1)).unwrap();
            object.planned.end = Some(local(20));
        }));
    world.drain().await;
    assert_eq!(world.advanta().asked(), ["change title=Раз"]);
    assert_eq!(
        world.shows("anna", &file(1), "DTEND").await,
        "20261201T170000Z"
    );
    assert_eq!(
        world.journal().await,
        [
            "anna change ×1 title:applied",
            "anna change ×1 end:superseded"
        ]
    );
}

#[tokio::test]
async fn a_date_that_is_locked_before_it_is_carried_never_reaches_advanta() {
    let world = World::with_advanta();
    world.observe(&task(1, "Смета", &[("anna", ALL)])).await;
    let shift = [
        ("DTSTART", "20261201T080000Z"),
        ("DTEND", "20261201T100000Z"),
    ];
    world.edit("anna", &file(1), &shift).await;
    world
        .edit_in_advanta(id(1), |object| object.status = Some(Status::IN_WORK))
        .await;
    assert_eq!(
        world.shows("anna", &file(1), "DTSTART").await,
        "20261201T070000Z"
    );
    world.drain().await;
    assert_eq!(world.advanta().asked(), ["change end=2026-12-01T10:00Z"]);
    assert_eq!(
        world.journal().await,
        ["anna change ×1 start:refused(actual-start) end:applied"]
    );
}

#[tokio::test]
async fn an_end_that_would_come_before_a_start_moved_meanwhile_is_refused() {
    let world = World::with_advanta();
    world.observe(&task(1, "Смета", &[("anna", ALL)])).await;
    world
        .edit("anna", &file(1), &[("DTEND", "20261201T080000Z")])
        .await;
    world
        .edit_in_advanta(id(1), |object| object.planned.start = Some(local(12)))
        .await;
    world.drain().await;
    assert_eq!(world.advanta().asked(), Vec::<String>::new());
    assert_eq!(
        world.journal().await,
        ["anna change ×1 end:refused(end-before-start)"]
    );
}

#[tokio::test]
async fn an_end_that_lost_to_another_end_is_superseded_though_the_dates_in_advanta_make_no_sense() {
    let world = World::with_advanta();
    world.observe(&task(1, "Смета", &[("anna", ALL)])).await;
    world
        .edit("anna", &file(1), &[("DTEND", "20261201T080000Z")])
        .await;
    world
        .edit_in_advanta(id(1), |object| {
            object.planned.start = Some(local(15));
        })
        .await;
    world.drain().await;
    assert_eq!(world.advanta().asked(), Vec::<String>::new());
    assert_eq!(world.journal().await, ["anna change ×1 end:superseded"]);
    assert_eq!(
        world.shows("anna", &file(1), "DTEND").await,
        "20261201T120000Z"
    );
}

#[tokio::test]
async fn an_edit_of_somebody_who_was_removed_meanwhile_never_reaches_advanta() {
    let world = one_note().await;
    world.edit("boris", &file(1), &[("SUMMARY", "Ужин")]).await;
    world
        .edit_in_advanta(id(1), |object| {
            object.participants.remove(&UserId::new("boris"));
        })
        .await;
    world.drain().await;
    assert_eq!(world.advanta().asked(), Vec::<String>::new());
    assert_eq!(world.get("boris", &file(1)).await, None);
    assert_eq!(
        world.journal().await,
        ["boris change ×1 title:refused(no-right-to-title)"]
    );
}

#[tokio::test]
async fn a_right_taken_away_while_an_edit_is_judged_is_noticed() {
    let world = World::with_advanta();
    let first = note(1, "Обед", &[("anna", ALL), ("boris", SEE)]);
    world.observe(&first).await;
    let text = world.get("anna", &file(1)).await.unwrap();
    world
        .edit_in_advanta(id(1), |object| {
            object.participants.insert(UserId::new("anna"), SEE);
        })
        .await;
    world
        .put("anna", &file(1), &text.replace("Обед", "Ужин"))
        .await
        .unwrap();
    world.drain().await;
    assert_eq!(world.advanta().asked(), Vec::<String>::new());
    assert_eq!(
        world.journal().await,
        ["anna change ×1 title:refused(no-right-to-title)"]
    );
}

#[tokio::test]
async fn a_create_whose_read_back_fails_is_asked_again_and_stays_one() {
    let world = World::with_advanta();
    world.advanta().inside().reads_lost = 1;
    world
        .put("anna", "x.ics", &vevent("uid-1", "Обед"))
        .await
        .unwrap();
    world.drain().await;
    assert_eq!(world.journal().await, ["anna create ×1 existence:pending"]);
    world.advance(1);
    world.drain().await;
    assert_eq!(world.advanta().inside().objects.len(), 1);
    assert_eq!(world.journal().await, ["anna create ×1 existence:applied"]);
}

#[tokio::test]
async fn an_observation_never_makes_a_command() {
    let world = one_note().await;
    for _ in 0..3 {
        world
            .edit_in_advanta(id(1), |object| object.title.push('!'))
            .await;
    }
    world.observe_gone(id(1)).await;
    world.drain().await;
    assert_eq!(world.commands(id(1)).await, vec![]);
    assert_eq!(world.advanta().asked(), Vec::<String>::new());
    assert_eq!(world.journal().await, Vec::<String>::new());
}
