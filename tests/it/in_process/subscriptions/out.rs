//! What becomes of the subscription of somebody who may not come in any more.

use super::super::world::{World, user_id};
use super::{linked, links, row, subscribed, why, world};
use advanta_bridge::model::{
    Born, InactiveReason, Person, Revision, Subscription, SubscriptionId, SubscriptionState,
};
use advanta_bridge::ports::RemoteErrorKind;

/// What ADVANTA says of anna.
fn anna(revision: u64, active: bool) -> Person {
    Person {
        id: user_id("anna"),
        revision: Revision(revision),
        login: Some("anna".to_owned()),
        name: "anna".to_owned(),
        email: None,
        language: None,
        zone: None,
        active,
    }
}

fn check_out(world: &World, id: &SubscriptionId) {
    let out = row(world, id);
    let state = SubscriptionState::Inactive(InactiveReason::Deactivated);
    assert_eq!((out.state, out.secret), (state, None));
}

fn reconnected(world: &World, id: &SubscriptionId) -> Result<Subscription, String> {
    let secret = b"new secret".to_vec();
    let done = world.wait(world.bridge.reconnect_subscription(id, secret));
    done.map_err(|error| error.to_string())
}

#[test]
fn an_administrator_who_keeps_a_person_out_ends_what_lets_us_in_there() {
    let (world, fake) = world();
    let subscription = subscribed(&world, "anna");
    world.device("anna");
    let dead = world.wait(world.bridge.deactivate_user(&user_id("anna")));
    assert_eq!(dead.unwrap(), 1);
    check_out(&world, &subscription.id);
    // Leave is taken beside other work, with the secret that the row does not hold any more.
    world.wait(world.bridge.close()).unwrap();
    assert_eq!(fake.asked(), ["open secret", "unwatch", "revoke"]);
}

#[test]
fn a_remote_that_does_not_listen_holds_no_deactivation_up() {
    let (world, fake) = world();
    let subscription = subscribed(&world, "anna");
    fake.closes(RemoteErrorKind::Transient);
    world
        .wait(world.bridge.deactivate_user(&user_id("anna")))
        .unwrap();
    check_out(&world, &subscription.id);
}

#[test]
fn somebody_whom_advanta_lets_in_again_connects_anew_and_keeps_their_links() {
    let (world, fake) = world();
    let subscription = subscribed(&world, "anna");
    linked(&world, &subscription, "event", Born::Imported);
    assert!(
        world
            .wait(world.bridge.observe_person(&anna(1, false)))
            .unwrap()
    );
    world.wait(world.bridge.say_farewells());
    check_out(&world, &subscription.id);
    let out = Err("the person is deactivated".to_owned());
    assert_eq!(reconnected(&world, &subscription.id), out);

    assert!(
        world
            .wait(world.bridge.observe_person(&anna(2, true)))
            .unwrap()
    );
    // Nobody comes in there by being let in here.
    check_out(&world, &subscription.id);
    let back = reconnected(&world, &subscription.id).unwrap();
    assert_eq!(back.state, SubscriptionState::Active);
    assert_eq!((back.epoch, back.full), (1, true));
    assert_eq!(links(&world, &subscription.id).len(), 1);
    assert_eq!(back, row(&world, &subscription.id));
    world.wait(world.bridge.close()).unwrap();
    assert_eq!(fake.asked(), ["open secret", "unwatch", "revoke"]);
}

#[test]
fn only_what_is_not_active_is_connected_again() {
    let (world, _) = world();
    let subscription = subscribed(&world, "anna");
    let active = Err("the subscription is active".to_owned());
    assert_eq!(reconnected(&world, &subscription.id), active);
    let unknown = SubscriptionId::new("nothing");
    assert_eq!(
        reconnected(&world, &unknown),
        Err("there is no such subscription, or nothing of that kind in it".to_owned())
    );
    let none = world.wait(
        world
            .bridge
            .unsubscribe(&unknown, advanta_bridge::bridge::UnsubscribeAsk::default()),
    );
    assert_eq!(
        why(none),
        "there is no such subscription, or nothing of that kind in it"
    );
}
