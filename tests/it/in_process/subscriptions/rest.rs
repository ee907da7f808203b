//! Stopping for a while, by somebody's wish or because the integration is switched off.

use super::{linked, links, row, subscribed, why, world};
use advanta_bridge::bridge::SyncAsk;
use advanta_bridge::model::{
    Born, InactiveReason, Integration, Link, PauseReason, Subscription, SubscriptionState, Trouble,
};
use advanta_bridge::ports::{RemoteErrorKind, Write};

const ASKED: SubscriptionState = SubscriptionState::Paused(PauseReason::Asked);
const OFF: SubscriptionState = SubscriptionState::Paused(PauseReason::IntegrationOff);

#[test]
fn a_paused_subscription_goes_on_with_everything_compared() {
    let (world, _) = world();
    let anna = subscribed(&world, "anna");
    world.commit(vec![Write::Subscription(Subscription {
        full: false,
        failures: 3,
        last_error: Some("no answer in time".to_owned()),
        ..anna.clone()
    })]);
    let pause = || {
        world.wait(
            world
                .bridge
                .pause_subscription(&anna.id, PauseReason::Asked),
        )
    };
    assert_eq!(pause().unwrap().state, ASKED);
    let step = row(&world, &anna.id).step;
    assert_eq!(pause().unwrap().step, step, "a second time writes nothing");
    let on = world
        .wait(world.bridge.resume_subscription(&anna.id))
        .unwrap();
    assert_eq!(on.state, SubscriptionState::Active);
    assert_eq!(
        (on.full, on.failures, on.last_error.clone()),
        (true, 0, None)
    );
    assert_eq!(on, row(&world, &anna.id));
}

#[test]
fn what_is_frozen_is_tried_again_and_counted_from_the_start() {
    let (world, _) = world();
    let anna = subscribed(&world, "anna");
    let frozen = linked(&world, &anna, "frozen", Born::Imported);
    let dead = linked(&world, &anna, "dead", Born::Imported);
    let frozen = Link {
        trouble: Some(Trouble::Frozen),
        write_backs: vec![world.now(); 4],
        ..frozen
    };
    let dead = Link {
        trouble: Some(Trouble::Dead("too long".to_owned())),
        ..dead
    };
    world.commit(vec![Write::Link(frozen.clone()), Write::Link(dead.clone())]);
    super::looked(&world, &anna.id);
    world
        .wait(world.bridge.resume_subscription(&anna.id))
        .unwrap();
    let thawed = Link {
        trouble: None,
        write_backs: vec![],
        step: frozen.step + 1,
        ..frozen.clone()
    };
    assert_eq!(links(&world, &anna.id), [thawed, dead]);
    assert_eq!(super::looks(&world, &anna.id), [frozen.object]);
}

#[test]
fn a_state_decides_what_may_be_done() {
    let (world, _) = world();
    let anna = subscribed(&world, "anna");
    // Of the other reasons, see the scenarios: whoever holds what let them in may try.
    let inactive = SubscriptionState::Inactive(InactiveReason::Deactivated);
    for (state, pause, resume) in [
        (inactive, "inactive", "inactive"),
        (OFF, "paused", "paused"),
        (SubscriptionState::Ending, "ending", "ending"),
        (SubscriptionState::Ended, "ended", "ended"),
    ] {
        world.commit(vec![Write::Subscription(Subscription {
            state,
            ..anna.clone()
        })]);
        let paused = world.wait(
            world
                .bridge
                .pause_subscription(&anna.id, PauseReason::Asked),
        );
        assert_eq!(why(paused), format!("the subscription is {pause}"));
        let resumed = world.wait(world.bridge.resume_subscription(&anna.id));
        assert_eq!(why(resumed), format!("the subscription is {resume}"));
    }
}

#[test]
fn an_integration_that_is_switched_off_pauses_and_one_switched_on_resumes_only_what_it_paused() {
    let (world, _) = world();
    let anna = subscribed(&world, "anna");
    let boris = subscribed(&world, "boris");
    world
        .wait(
            world
                .bridge
                .pause_subscription(&boris.id, PauseReason::Asked),
        )
        .unwrap();
    let check = |enabled| world.wait(world.bridge.check_integration(enabled));
    let states = || [row(&world, &anna.id).state, row(&world, &boris.id).state];
    assert_eq!(check(Some(Integration::Google)).unwrap(), 0);
    assert_eq!(check(None).unwrap(), 1);
    assert_eq!(states(), [OFF, ASKED]);
    assert_eq!(check(None).unwrap(), 0);
    // Paused ones still hold the installation.
    assert_eq!(
        why(check(Some(Integration::Exchange))),
        "people who are subscribed to google: 2; an installation has Google or Exchange, never both"
    );
    assert_eq!(states(), [OFF, ASKED]);
    assert_eq!(check(Some(Integration::Google)).unwrap(), 1);
    assert_eq!(states(), [SubscriptionState::Active, ASKED]);
}

#[test]
fn a_remote_is_waited_for_as_long_as_its_own_setting_lets_it_ask() {
    let (world, fake) = world();
    let anna = subscribed(&world, "anna");
    // Longer than any back-off of ours (sync.backoff_max_secs).
    let retry_after = std::time::Duration::from_secs(3 * 3600);
    for kind in [
        RemoteErrorKind::Throttled { retry_after },
        RemoteErrorKind::Barred { retry_after },
    ] {
        fake.closes(kind);
        let sync = world.bridge.sync(&anna.id, SyncAsk::LOOK);
        assert!(world.wait(sync).is_err());
        let waits = row(&world, &anna.id).due - world.now();
        let asked = chrono::Duration::hours(3);
        assert!(waits >= asked, "{waits}");
        assert!(waits < asked + chrono::Duration::minutes(1), "{waits}");
    }
}
