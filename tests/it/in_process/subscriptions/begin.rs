//! How a subscription begins, and who may not.

use super::super::world::{World, user_id};
use super::{order, row, subscribed, why, world};
use advanta_bridge::bridge::UnsubscribeAsk;
use advanta_bridge::model::{
    Language, RemoteKind, Sealed, Subscription, SubscriptionState, UserId,
};
use chrono_tz::Tz;

#[test]
fn a_new_subscription_compares_everything_and_keeps_its_secret_sealed() {
    let (world, _) = world();
    let made = subscribed(&world, "anna");
    let expected = Subscription {
        id: made.id.clone(),
        user: user_id("anna"),
        epoch: 1,
        step: 0,
        remote: RemoteKind::Google,
        calendar: order("anna", "Work of anna").calendar,
        state: SubscriptionState::Active,
        start: order("anna", "").start,
        zone: Tz::Europe__Moscow,
        left_out: Default::default(),
        recognise: false,
        cursor: None,
        full: true,
        secret: Some(Sealed(
            format!("subscription/{}|secret", made.id).into_bytes(),
        )),
        due: world.now(),
        failures: 0,
        synced: None,
        last_error: None,
        obstacle: None,
        unread: vec![],
        left_behind: 0,
        deletions: vec![],
        since: world.now(),
    };
    assert_eq!(made, expected);
    assert_eq!(row(&world, &made.id), expected);
}

#[test]
fn whoever_subscribes_anew_keeps_the_identity_in_another_life() {
    let (world, _) = world();
    let first = subscribed(&world, "anna");
    let ask = UnsubscribeAsk::default();
    world
        .wait(world.bridge.unsubscribe(&first.id, ask))
        .unwrap();
    let second = subscribed(&world, "anna");
    assert_eq!((&second.id, second.epoch), (&first.id, 2));
    assert_eq!(second.state, SubscriptionState::Active);
    assert!(second.step > first.step);
}

#[test]
fn an_order_that_cannot_be_met_is_refused_with_its_reason() {
    let (world, _) = world();
    world.person("vera", Language::Russian);
    world
        .wait(world.bridge.deactivate_user(&user_id("vera")))
        .unwrap();
    let anna = subscribed(&world, "anna");
    let refused = |order| why(world.wait(world.bridge.subscribe(order)));
    let mut nobody = order("anna", "Work");
    nobody.user = UserId::new("nobody");
    assert_eq!(refused(nobody), "there is no person nobody");
    assert_eq!(refused(order("vera", "Work")), "the person is deactivated");
    assert_eq!(
        refused(order("anna", "Another")),
        format!("the person is subscribed already: {}", anna.id)
    );
    // Whose it is, is not said.
    assert_eq!(
        refused(order("boris", "Work of anna")),
        "the calendar belongs to another subscription"
    );
    let mut exchange = order("boris", "Work of boris");
    exchange.remote = RemoteKind::Ews;
    assert_eq!(
        refused(exchange),
        "people who are subscribed to google: 1; an installation has Google or Exchange, never both"
    );
    let none = world
        .wait(world.bridge.store().subscription_of(&user_id("boris")))
        .unwrap();
    assert_eq!(none, None);
}

#[test]
fn a_calendar_is_free_again_when_its_subscription_is_over() {
    let (world, _) = world();
    let anna = subscribed(&world, "anna");
    let ask = UnsubscribeAsk::default();
    world.wait(world.bridge.unsubscribe(&anna.id, ask)).unwrap();
    let taken = world.wait(world.bridge.subscribe(order("boris", "Work of anna")));
    assert_eq!(taken.unwrap().user, user_id("boris"));
}

#[test]
fn nobody_subscribes_where_no_secret_can_be_kept() {
    let world = World::new();
    world.person("anna", Language::Russian);
    let refused = world.wait(world.bridge.subscribe(order("anna", "Work")));
    assert_eq!(why(refused), "there is no key for secrets");
}
