//! What subscriptions have to look at.

use super::fixtures::*;
use crate::model::*;
use crate::ports::*;

const PAUSED: SubscriptionState = SubscriptionState::Paused(PauseReason::Asked);

async fn subscribe(store: &dyn Store, id: &str, user: &str, state: SubscriptionState) {
    let subscription = Subscription {
        state,
        ..subscription(id, user)
    };
    write(store, vec![Write::Subscription(subscription)]).await;
}

async fn marks(store: &dyn Store, id: &str) -> Vec<(ObjectId, u64)> {
    let id = SubscriptionId::new(id);
    store.looks(&id, None, 100).await.unwrap()
}

/// What a subscription has to look at.
async fn looks(store: &dyn Store, id: &str) -> Vec<u128> {
    let marks = marks(store, id).await;
    marks.iter().map(|(object, _)| object.0.as_u128()).collect()
}

/// Looks at everything.
async fn settle(store: &dyn Store, id: &str) {
    for (object, mark) in marks(store, id).await {
        let looked = Write::Looked(SubscriptionId::new(id), object, mark);
        write(store, vec![looked]).await;
    }
}

/// An object that only these people see.
fn seen_by(n: u128, people: &[&str]) -> Write {
    let rights = people.iter().map(|id| (UserId::new(*id), Rights::READ));
    Write::Object(Object {
        participants: rights.collect(),
        ..object(n, 1)
    })
}

pub async fn who_sees_an_object_or_saw_it_has_to_look_at_it(store: &dyn Store) {
    subscribe(store, "s", "anna", SubscriptionState::Active).await;
    subscribe(store, "t", "boris", PAUSED).await;
    write(store, vec![seen_by(1, &["anna", "clara"]), seen_by(2, &[])]).await;
    assert_eq!(looks(store, "s").await, [1]);
    assert_eq!(looks(store, "t").await, [] as [u128; 0]);
    settle(store, "s").await;
    // It goes from one to the other.
    write(store, vec![seen_by(1, &["boris"])]).await;
    assert_eq!(looks(store, "s").await, [1]);
    assert_eq!(looks(store, "t").await, [1]);
    settle(store, "s").await;
    settle(store, "t").await;
    write(store, vec![Write::RemoveObject(object_id(1), Revision(2))]).await;
    assert_eq!(looks(store, "s").await, [] as [u128; 0]);
    assert_eq!(looks(store, "t").await, [1]);
    // What was never there was seen by nobody.
    settle(store, "t").await;
    write(store, vec![Write::RemoveObject(object_id(9), Revision(2))]).await;
    assert_eq!(looks(store, "t").await, [] as [u128; 0]);
}

pub async fn what_becomes_of_a_command_is_looked_at_by_its_author(store: &dyn Store) {
    subscribe(store, "s", "anna", SubscriptionState::Active).await;
    subscribe(store, "t", "boris", SubscriptionState::Active).await;
    let writes = vec![
        Write::Journal(journal_row("anna", 1, Outcome::Pending)),
        Write::Enqueue(command(1), 0),
    ];
    let id = write(store, writes).await.commands[0];
    // A command as such changes nothing that a subscription compares; its own are written by the round that made them.
    assert_eq!(looks(store, "s").await, [] as [u128; 0]);
    let mut dead = store.commands_of(object_id(1)).await.unwrap()[0].clone();
    dead.state = CommandState::Dead;
    write(store, vec![Write::Command(dead)]).await;
    assert_eq!(looks(store, "s").await, [1]);
    settle(store, "s").await;
    write(store, vec![Write::Settle(id)]).await;
    assert_eq!(looks(store, "s").await, [1]);
    settle(store, "s").await;
    // It is gone.
    write(store, vec![Write::Settle(id)]).await;
    assert_eq!(looks(store, "s").await, [] as [u128; 0]);
    assert_eq!(looks(store, "t").await, [] as [u128; 0]);
}

pub async fn only_live_subscriptions_are_left_looks(store: &dyn Store) {
    write(store, vec![seen_by(1, &["anna"])]).await;
    assert_eq!(looks(store, "s").await, [] as [u128; 0]);
    for (state, expected) in [
        (SubscriptionState::Active, vec![1]),
        (PAUSED, vec![1]),
        (SubscriptionState::Inactive(InactiveReason::Denied), vec![1]),
        (SubscriptionState::Ending, vec![]),
        (SubscriptionState::Ended, vec![]),
        (SubscriptionState::Active, vec![1]),
    ] {
        subscribe(store, "s", "anna", state.clone()).await;
        write(store, vec![seen_by(1, &["anna"])]).await;
        assert_eq!(looks(store, "s").await, expected, "{state:?}");
        settle(store, "s").await;
    }
}

pub async fn a_subscription_that_begins_in_a_commit_hears_of_its_later_writes(store: &dyn Store) {
    let begins = Write::Subscription(subscription("s", "anna"));
    let writes = vec![seen_by(1, &["anna"]), begins, seen_by(2, &["anna"])];
    write(store, writes).await;
    assert_eq!(looks(store, "s").await, [2]);
}

pub async fn a_look_that_was_left_again_stays(store: &dyn Store) {
    subscribe(store, "s", "anna", SubscriptionState::Active).await;
    write(store, vec![seen_by(1, &["anna"])]).await;
    let first = marks(store, "s").await[0];
    write(store, vec![seen_by(1, &["anna"])]).await;
    let second = marks(store, "s").await[0];
    assert!(second.1 > first.1, "{second:?} {first:?}");
    let looked = |(object, mark)| Write::Looked(SubscriptionId::new("s"), object, mark);
    write(store, vec![looked(first)]).await;
    assert_eq!(marks(store, "s").await, [second]);
    write(store, vec![looked(second)]).await;
    assert_eq!(marks(store, "s").await, []);
    // Nor does the mark of a look that is gone take away the next.
    write(store, vec![seen_by(1, &["anna"])]).await;
    write(store, vec![looked(second)]).await;
    assert_eq!(looks(store, "s").await, [1]);
}

pub async fn looks_come_in_order_and_name_who_waits(store: &dyn Store) {
    let (s, t) = (SubscriptionId::new("s"), SubscriptionId::new("t"));
    subscribe(store, "t", "boris", SubscriptionState::Active).await;
    subscribe(store, "s", "anna", SubscriptionState::Active).await;
    assert_eq!(store.looks_waiting(9).await.unwrap(), []);
    for n in [3, 1, 2] {
        write(store, vec![Write::Look(s.clone(), object_id(n))]).await;
    }
    write(store, vec![Write::Look(t.clone(), object_id(1))]).await;
    let page = |after: Option<u128>, looks_max| {
        let s = &s;
        async move {
            let page = store.looks(s, after.map(object_id), looks_max).await;
            let objects = page.unwrap();
            let objects = objects.iter().map(|(object, _)| object.0.as_u128());
            objects.collect::<Vec<_>>()
        }
    };
    assert_eq!(page(None, 2).await, [1, 2]);
    assert_eq!(page(Some(2), 2).await, [3]);
    assert_eq!(page(None, 0).await, [] as [u128; 0]);
    let waiting = |subscriptions_max| store.looks_waiting(subscriptions_max);
    assert_eq!(waiting(9).await.unwrap(), [s.clone(), t.clone()]);
    assert_eq!(waiting(1).await.unwrap(), std::slice::from_ref(&s));
    assert_eq!(waiting(0).await.unwrap(), []);
    settle(store, "s").await;
    assert_eq!(waiting(1).await.unwrap(), [t]);
}

pub async fn a_subscription_that_is_over_has_nothing_to_look_at(store: &dyn Store) {
    let s = SubscriptionId::new("s");
    let look = || vec![Write::Look(s.clone(), object_id(1))];
    write(store, look()).await;
    assert_eq!(looks(store, "s").await, [] as [u128; 0]);
    subscribe(store, "s", "anna", SubscriptionState::Ending).await;
    write(store, look()).await;
    assert_eq!(looks(store, "s").await, [1]);
    subscribe(store, "s", "anna", SubscriptionState::Ended).await;
    assert_eq!(looks(store, "s").await, [] as [u128; 0]);
    write(store, look()).await;
    assert_eq!(looks(store, "s").await, [] as [u128; 0]);
    assert_eq!(store.looks_waiting(9).await.unwrap(), []);
}
