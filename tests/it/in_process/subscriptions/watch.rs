//! Being told of changes: channels are made before they are needed, kept before the remote hears of them, and given up.

use super::super::world::World;
use super::{channels, order, row, world};
use advanta_bridge::bridge::{Noticed, SyncAsk, SyncError};
use advanta_bridge::model::{Channel, ChannelId, InactiveReason, Subscription, SubscriptionState};
use advanta_bridge::ports::{RemoteErrorKind, Write};
use chrono::Duration;

/// Anna's subscription, on which no round was made.
fn fresh(world: &World) -> Subscription {
    let order = order("anna", "Work");
    world.wait(world.bridge.subscribe(order)).unwrap()
}

fn look(world: &World, subscription: &Subscription) -> Result<(), SyncError> {
    let done = world.wait(world.bridge.sync(&subscription.id, SyncAsk::LOOK));
    done.map(|_| ())
}

fn only(world: &World, subscription: &Subscription) -> Channel {
    let all = channels(world, &subscription.id);
    assert_eq!(all.len(), 1, "{all:?}");
    all[0].clone()
}

#[test]
fn a_calendar_is_watched_before_it_is_listed_and_once() {
    let (world, fake) = world();
    let anna = fresh(&world);
    look(&world, &anna).unwrap();
    look(&world, &anna).unwrap();
    assert_eq!(
        fake.asked(),
        ["open secret", "watch", "list", "open secret", "list"]
    );
    let channel = only(&world, &anna);
    assert_eq!((channel.epoch, channel.since), (1, world.now()));
    assert_eq!(channel.resource.as_deref(), Some("all"));
}

#[test]
fn a_channel_is_replaced_at_four_fifths_of_its_life_and_both_overlap() {
    let (world, fake) = world();
    let anna = fresh(&world);
    let start = world.now();
    fake.watches(Ok(start + Duration::minutes(100)));
    look(&world, &anna).unwrap();
    let first = only(&world, &anna);
    world.at(start + Duration::minutes(79));
    look(&world, &anna).unwrap();
    assert_eq!(only(&world, &anna), first);
    // The remote says no at first: the one before is kept, and tried again.
    world.at(start + Duration::minutes(80));
    fake.watches(Err(RemoteErrorKind::Refused));
    look(&world, &anna).unwrap();
    assert_eq!(only(&world, &anna), first);
    fake.watches(Ok(start + Duration::minutes(500)));
    look(&world, &anna).unwrap();
    let second = only(&world, &anna);
    assert_ne!(second.id, first.id);
    assert_ne!(second.token, first.token);
    let asked = fake.asked();
    let tail: Vec<&str> = asked.iter().rev().take(4).map(String::as_str).collect();
    assert_eq!(tail, ["list", "unwatch", "watch", "open secret"]);
}

#[test]
fn a_calendar_that_tells_nothing_is_looked_at_all_the_same() {
    let (world, fake) = world();
    let anna = fresh(&world);
    fake.watches(Err(RemoteErrorKind::Refused));
    look(&world, &anna).unwrap();
    assert_eq!(channels(&world, &anna.id), []);
    assert!(row(&world, &anna.id).synced.is_some());
}

#[test]
fn a_channel_whose_answer_was_lost_is_listened_to_and_too_many_are_forgotten() {
    let (world, fake) = world();
    let anna = fresh(&world);
    for _ in 0..6 {
        fake.watches(Err(RemoteErrorKind::Transient));
        look(&world, &anna).unwrap();
    }
    let waiting = channels(&world, &anna.id);
    assert_eq!(waiting.len(), 4);
    assert!(waiting.iter().all(|channel| channel.resource.is_none()));
    look(&world, &anna).unwrap();
    assert!(only(&world, &anna).resource.is_some());
}

#[test]
fn a_notice_counts_with_its_secret_only() {
    let (world, fake) = world();
    let anna = super::subscribed(&world, "anna");
    let channel = only(&world, &anna);
    let said = |id, token: &str| {
        let noticed = world.bridge.notice_of_channel(id, token, false);
        world.wait(noticed).unwrap()
    };
    assert_eq!(said(channel.id, "token"), Noticed::Called);
    assert_eq!(said(channel.id, "tokem"), Noticed::Unknown);
    assert_eq!(said(channel.id, ""), Noticed::Unknown);
    let nobody = ChannelId(uuid::Uuid::from_u128(77));
    assert_eq!(said(nobody, "token"), Noticed::Unknown);
    // Nothing was asked of the remote meanwhile.
    assert_eq!(fake.asked(), Vec::<String>::new());
}

#[test]
fn a_calendar_is_looked_at_less_often_once_anything_came_on_its_channel() {
    let (world, fake) = world();
    let anna = fresh(&world);
    let wait = || {
        look(&world, &anna).unwrap();
        fake.holds(&format!("event-{}", fake.events().len()), None);
        (row(&world, &anna.id).due - world.now()).num_seconds()
    };
    let told = || {
        let stored = row(&world, &anna.id);
        world.wait(world.bridge.is_told(&stored)).unwrap()
    };
    // The remote took an address that it may not reach.
    assert!((54..=66).contains(&wait()));
    assert!((54..=66).contains(&wait()));
    assert!(!told());
    let channel = only(&world, &anna);
    let begun = |token: &str| {
        let noticed = world.bridge.notice_of_channel(channel.id, token, true);
        world.wait(noticed).unwrap()
    };
    assert_eq!(begun("of somebody else"), Noticed::Unknown);
    assert!((54..=66).contains(&wait()));
    assert_eq!(begun(&fake.secret()), Noticed::Begun);
    assert!((540..=660).contains(&wait()));
    assert!((540..=660).contains(&wait()));
    assert!(told() && only(&world, &anna).heard);
    // A channel of an earlier consent says nothing.
    let out = {
        let mut out = row(&world, &anna.id);
        out.step += 1;
        out.state = SubscriptionState::Inactive(InactiveReason::Denied);
        out
    };
    world.commit(vec![Write::Subscription(out)]);
    let again = world
        .bridge
        .reconnect_subscription(&anna.id, b"new".to_vec());
    world.wait(again).unwrap();
    assert!((54..=66).contains(&wait()));
    assert_ne!(only(&world, &anna).id, channel.id);
}

#[test]
fn the_time_between_two_looks_varies_by_a_tenth() {
    let (world, fake) = world();
    let anna = fresh(&world);
    let mut waits = std::collections::BTreeSet::new();
    for _ in 0..40 {
        look(&world, &anna).unwrap();
        fake.holds(&format!("event-{}", waits.len()), None);
        let stored = row(&world, &anna.id);
        waits.insert((stored.due - world.now()).num_milliseconds());
    }
    assert!(waits.len() > 20, "{waits:?}");
    assert!(
        waits.iter().all(|wait| (54_000..=66_000).contains(wait)),
        "{waits:?}"
    );
}
