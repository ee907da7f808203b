//! How a subscription ends: what goes, what stays, and what a remote that does not listen can hold up.

use super::super::world::object;
use super::{link, linked, links, looks, row, subscribed, why, world};
use advanta_bridge::bridge::{SyncAsk, UnsubscribeAsk, Unsubscribed};
use advanta_bridge::model::{
    Born, Intent, IntentDeed, Kind, Link, PauseReason, Rights, SubscriptionState,
};
use advanta_bridge::ports::{RemoteErrorKind, Write};
use std::time::Duration;

const KEEP: UnsubscribeAsk = UnsubscribeAsk {
    dry_run: false,
    remove_exported: false,
};
const REMOVE: UnsubscribeAsk = UnsubscribeAsk {
    dry_run: false,
    remove_exported: true,
};

#[test]
fn an_end_takes_links_and_secret_and_leaves_events_and_notes() {
    let (world, fake) = world();
    let anna = subscribed(&world, "anna");
    let exported = linked(&world, &anna, "exported", Born::Exported);
    let imported = linked(&world, &anna, "imported", Born::Imported);
    fake.holds("exported", None);
    fake.holds("imported", None);
    assert_eq!(looks(&world, &anna.id), [exported.object, imported.object]);
    let ended = world
        .wait(world.bridge.unsubscribe(&anna.id, KEEP))
        .unwrap();
    let expected = Unsubscribed {
        links: 2,
        exported: 1,
        imported: 1,
        removed: 0,
    };
    assert_eq!(ended, expected);
    assert_eq!(fake.asked(), ["open secret", "unwatch", "revoke"]);
    assert_eq!(fake.events(), ["exported", "imported"]);
    assert!(world.find(exported.object).is_some() && world.find(imported.object).is_some());
    assert_eq!(links(&world, &anna.id), []);
    assert_eq!(looks(&world, &anna.id), []);
    let over = row(&world, &anna.id);
    assert_eq!(over.state, SubscriptionState::Ended);
    assert_eq!((over.secret, over.cursor), (None, None));
    assert_eq!(over.calendar.account, "");
    assert_eq!(
        why(world.wait(world.bridge.unsubscribe(&anna.id, KEEP))),
        "the subscription is ended"
    );
}

#[test]
fn a_remote_that_lets_nobody_in_does_not_hold_an_end_up() {
    let (world, fake) = world();
    let anna = subscribed(&world, "anna");
    linked(&world, &anna, "event", Born::Imported);
    fake.closes(RemoteErrorKind::Denied);
    world
        .wait(world.bridge.unsubscribe(&anna.id, KEEP))
        .unwrap();
    assert_eq!(row(&world, &anna.id).state, SubscriptionState::Ended);
    assert_eq!(links(&world, &anna.id), []);
}

#[test]
fn a_dry_run_counts_and_changes_nothing() {
    let (world, fake) = world();
    let anna = subscribed(&world, "anna");
    linked(&world, &anna, "a", Born::Exported);
    linked(&world, &anna, "b", Born::Exported);
    linked(&world, &anna, "c", Born::Imported);
    let ask = UnsubscribeAsk {
        dry_run: true,
        remove_exported: true,
    };
    let told = world.wait(world.bridge.unsubscribe(&anna.id, ask)).unwrap();
    let expected = Unsubscribed {
        links: 3,
        exported: 2,
        imported: 1,
        removed: 2,
    };
    assert_eq!(told, expected);
    assert_eq!(fake.asked(), Vec::<String>::new());
    assert_eq!(row(&world, &anna.id), anna);
    assert_eq!(links(&world, &anna.id).len(), 3);
}

#[test]
fn exported_events_go_first_if_that_is_asked_for() {
    let (world, fake) = world();
    let anna = subscribed(&world, "anna");
    for id in ["gone already", "busy", "locked", "plain"] {
        linked(&world, &anna, id, Born::Exported);
        fake.holds(id, None);
    }
    linked(&world, &anna, "theirs", Born::Imported);
    fake.holds("theirs", None);
    fake.fails("gone already", RemoteErrorKind::Gone);
    let retry_after = Duration::ZERO;
    fake.fails("busy", RemoteErrorKind::Throttled { retry_after });
    fake.fails("locked", RemoteErrorKind::NotWritable);
    // One that was being made when the process died: only its mark is known.
    let id = world.object_id();
    world.seen(&object(id, Kind::Task, "made", &[("anna", Rights::ALL)]));
    let made = made_at_a_crash(link(&world, &anna, id, "made", Born::Exported));
    fake.holds("made", Some(made.marker()));
    world.commit(vec![Write::Link(made)]);

    let ended = world
        .wait(world.bridge.unsubscribe(&anna.id, REMOVE))
        .unwrap();
    assert_eq!((ended.exported, ended.removed), (5, 4));
    assert_eq!(fake.events(), ["gone already", "locked", "theirs"]);
    let mut asked = fake.asked();
    asked.sort();
    let expected = [
        "delete busy",
        "delete busy",
        "delete gone already",
        "delete locked",
        "delete made",
        "delete plain",
        "open secret",
        "open secret",
        "revoke",
        "unwatch",
    ];
    assert_eq!(asked, expected);
    assert_eq!(row(&world, &anna.id).state, SubscriptionState::Ended);
    assert_eq!(links(&world, &anna.id), []);
}

fn made_at_a_crash(link: Link) -> Link {
    Link {
        remote: None,
        remote_uid: None,
        intent: Some(Intent {
            deed: IntentDeed::Create,
            fields: [].into(),
            wrote_ours: link.base_ours.clone(),
            wrote_theirs: link.base_ours.clone(),
            at: super::super::world::local("2026-11-23T08:00").and_utc(),
        }),
        ..link
    }
}

#[test]
fn nothing_ends_when_the_exported_events_cannot_be_deleted() {
    let (world, fake) = world();
    let anna = subscribed(&world, "anna");
    for id in ["a", "b", "c"] {
        linked(&world, &anna, id, Born::Exported);
        fake.holds(id, None);
    }
    fake.closes(RemoteErrorKind::Denied);
    let refused = world.wait(world.bridge.unsubscribe(&anna.id, REMOVE));
    assert_eq!(why(refused), "remote calendar: as the test wants it");
    assert_eq!(row(&world, &anna.id), anna);

    // Consent is taken back in the middle: what is not done can be asked for again, and nothing makes it anew meanwhile.
    let (world, fake) = super::world();
    let anna = subscribed(&world, "anna");
    for id in ["a", "b", "c"] {
        linked(&world, &anna, id, Born::Exported);
        fake.holds(id, None);
    }
    fake.fails("c", RemoteErrorKind::Denied);
    let refused = world.wait(world.bridge.unsubscribe(&anna.id, REMOVE));
    assert_eq!(why(refused), "remote calendar: as the test wants it");
    let paused = SubscriptionState::Paused(PauseReason::Asked);
    assert_eq!(row(&world, &anna.id).state, paused);
    assert_eq!(
        (fake.events(), links(&world, &anna.id).len()),
        (vec!["c".to_owned()], 1)
    );
    let ended = world
        .wait(world.bridge.unsubscribe(&anna.id, REMOVE))
        .unwrap();
    assert_eq!((ended.links, ended.removed), (1, 1));
    assert_eq!(fake.events(), Vec::<String>::new());
}

#[test]
fn an_end_that_a_crash_broke_off_is_carried_on_at_the_start() {
    let (world, fake) = world();
    let anna = subscribed(&world, "anna");
    let boris = subscribed(&world, "boris");
    linked(&world, &anna, "event", Born::Imported);
    let mut ending = row(&world, &anna.id);
    ending.state = SubscriptionState::Ending;
    ending.step += 1;
    world.commit(vec![Write::Subscription(ending)]);
    assert_eq!(world.wait(world.bridge.finish_endings()).unwrap(), 1);
    assert_eq!(row(&world, &anna.id).state, SubscriptionState::Ended);
    assert_eq!(links(&world, &anna.id), []);
    assert_eq!(fake.asked(), ["open secret", "unwatch", "revoke"]);
    assert_eq!(row(&world, &boris.id), boris);
    assert_eq!(world.wait(world.bridge.finish_endings()).unwrap(), 0);
}

#[test]
fn a_round_that_is_under_way_leaves_nothing_behind_an_end() {
    let (world, fake) = world();
    let anna = subscribed(&world, "anna");
    fake.holds("event", None);
    let gate = fake.gate();
    let (round, ended) = world.wait(async {
        let end = async {
            // The round is at its listing, and goes on when the subscription is over.
            while !fake.asked().contains(&"list".to_owned()) {
                tokio::task::yield_now().await;
            }
            let ended = world.bridge.unsubscribe(&anna.id, KEEP).await;
            gate.notify_one();
            ended
        };
        tokio::join!(world.bridge.sync(&anna.id, SyncAsk::LOOK), end)
    });
    assert_eq!(ended.unwrap(), Unsubscribed::default());
    assert!(round.is_err(), "{round:?}");
    assert_eq!(row(&world, &anna.id).state, SubscriptionState::Ended);
    assert_eq!(links(&world, &anna.id), []);
    assert_eq!(world.all(), []);
}
