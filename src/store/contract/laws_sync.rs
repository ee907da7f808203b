//! Subscriptions and their links.

use super::fixtures::*;
use crate::model::*;
use crate::ports::*;
use std::collections::BTreeSet;

fn s() -> SubscriptionId {
    SubscriptionId::new("s")
}

async fn put_subscription(store: &dyn Store, subscription: Subscription) {
    write(store, vec![Write::Subscription(subscription)]).await;
}

/// What a refused commit says.
async fn refused(store: &dyn Store, write: Write) -> String {
    let refused = store.commit(vec![], vec![write]).await;
    refused.unwrap_err().to_string()
}

fn in_state(id: &str, user: &str, state: SubscriptionState) -> Subscription {
    Subscription {
        state,
        ..subscription(id, user)
    }
}

pub async fn links_without_an_event_are_found_by_their_object_only(store: &dyn Store) {
    let lonely = |n: u128, object: u128| Link {
        remote: None,
        remote_uid: None,
        ..link(n, "s", object, "r")
    };
    write(
        store,
        vec![
            Write::Link(lonely(1, 10)),
            Write::Link(lonely(2, 11)),
            Write::Link(link(3, "s", 12, "r")),
        ],
    )
    .await;
    let of_object = store.link_of_object(&s(), object_id(11)).await.unwrap();
    assert_eq!(of_object, Some(lonely(2, 11)));
    let r = RemoteId("r".into());
    let of_remote = store.link_of_remote(&s(), &r).await.unwrap();
    assert_eq!(of_remote, Some(link(3, "s", 12, "r")));
    // A link that loses its event frees it for another.
    write(store, vec![Write::Link(lonely(3, 12))]).await;
    assert_eq!(store.link_of_remote(&s(), &r).await.unwrap(), None);
    let uid = "r@example.com";
    assert_eq!(store.link_of_uid(&s(), uid).await.unwrap(), None);
    let adopted = link(1, "s", 10, "r");
    write(store, vec![Write::Link(adopted.clone())]).await;
    let by_uid = store.link_of_uid(&s(), uid).await.unwrap();
    assert_eq!(by_uid, Some(adopted));
    let elsewhere = SubscriptionId::new("another");
    assert_eq!(store.link_of_uid(&elsewhere, uid).await.unwrap(), None);
}

pub async fn links_come_in_order_of_objects_and_are_counted(store: &dyn Store) {
    let page = |after: Option<u128>, links_max| async move {
        let after = after.map(object_id);
        let page = store.links(&s(), after, links_max).await.unwrap();
        let objects = page.iter().map(|link| link.object.0.as_u128());
        objects.collect::<Vec<_>>()
    };
    assert_eq!(store.links_size(&s()).await.unwrap(), 0);
    for (n, object) in [(1, 12), (2, 10), (3, 11)] {
        let writes = vec![
            Write::Link(link(n, "s", object, &object.to_string())),
            Write::Link(link(n + 10, "s2", object, &object.to_string())),
        ];
        write(store, writes).await;
    }
    assert_eq!(page(None, 2).await, [10, 11]);
    assert_eq!(page(Some(11), 2).await, [12]);
    assert_eq!(page(None, 0).await, Vec::<u128>::new());
    // One that is written again is one still, and one that moves is counted where it is.
    write(store, vec![Write::Link(link(1, "s", 12, "another"))]).await;
    assert_eq!(store.links_size(&s()).await.unwrap(), 3);
    write(store, vec![Write::Link(link(1, "s2", 13, "13"))]).await;
    write(store, vec![Write::RemoveLink(link(2, "s", 0, "").id); 2]).await;
    assert_eq!(page(None, 9).await, [11]);
    assert_eq!(store.links_size(&s()).await.unwrap(), 1);
    let s2 = SubscriptionId::new("s2");
    assert_eq!(store.links_size(&s2).await.unwrap(), 4);
}

pub async fn a_round_is_written_for_the_subscription_that_it_read(store: &dyn Store) {
    let holds = |expect: Expect| async move { store.commit(vec![expect], vec![]).await.is_ok() };
    let active = |epoch| Expect::Active(s(), epoch);
    let id = link(1, "s", 1, "r").id;
    assert!(holds(Expect::Subscription(s(), None)).await);
    assert!(holds(Expect::Link(id, None)).await);
    assert!(!holds(Expect::Link(id, Some(1))).await);
    assert!(!holds(active(1)).await);
    let mut subscription = subscription("s", "anna");
    (subscription.epoch, subscription.step) = (2, 7);
    put_subscription(store, subscription.clone()).await;
    write(store, vec![Write::Link(link(1, "s", 1, "r"))]).await;
    assert!(holds(Expect::Subscription(s(), Some(7))).await);
    assert!(!holds(Expect::Subscription(s(), Some(6))).await);
    assert!(!holds(Expect::Subscription(s(), None)).await);
    assert!(holds(Expect::Link(id, Some(1))).await);
    assert!(!holds(Expect::Link(id, Some(2))).await);
    assert!(!holds(Expect::Link(id, None)).await);
    assert!(holds(active(2)).await);
    assert!(!holds(active(1)).await && !holds(active(3)).await);
    for state in [
        SubscriptionState::Paused(PauseReason::Asked),
        SubscriptionState::Inactive(InactiveReason::Denied),
        SubscriptionState::Ending,
        SubscriptionState::Ended,
    ] {
        subscription.state = state;
        put_subscription(store, subscription.clone()).await;
        assert!(!holds(active(2)).await, "{:?}", subscription.state);
    }
}

pub async fn a_person_has_one_subscription(store: &dyn Store) {
    put_subscription(store, subscription("s", "anna")).await;
    let second = subscription("t", "anna");
    assert_eq!(
        refused(store, Write::Subscription(second.clone())).await,
        "the person has subscription s"
    );
    // Not even when the first is over: its marks on events are still known.
    let over = in_state("s", "anna", SubscriptionState::Ended);
    put_subscription(store, over.clone()).await;
    assert_eq!(
        refused(store, Write::Subscription(second)).await,
        "the person has subscription s"
    );
    let anna = UserId::new("anna");
    let found = store.subscription_of(&anna).await.unwrap();
    assert_eq!(found, Some(over.clone()));
    assert_eq!(store.subscription(&s()).await.unwrap(), Some(over));
    let boris = UserId::new("boris");
    assert_eq!(store.subscription_of(&boris).await.unwrap(), None);
}

pub async fn a_calendar_belongs_to_one_live_subscription(store: &dyn Store) {
    let calendar = subscription("s", "anna").calendar;
    let second = Subscription {
        calendar: calendar.clone(),
        ..subscription("t", "boris")
    };
    let holder = |remote| {
        let id = calendar.id.clone();
        async move {
            let found = store.subscription_of_calendar(remote, &id).await.unwrap();
            found.map(|found| found.id.to_string())
        }
    };
    for state in [
        SubscriptionState::Active,
        SubscriptionState::Paused(PauseReason::IntegrationOff),
        SubscriptionState::Inactive(InactiveReason::Deactivated),
    ] {
        put_subscription(store, in_state("s", "anna", state)).await;
        assert_eq!(
            refused(store, Write::Subscription(second.clone())).await,
            "the calendar belongs to subscription s"
        );
        assert_eq!(holder(RemoteKind::Google).await.as_deref(), Some("s"));
    }
    // The same identity elsewhere is another calendar.
    let elsewhere = Subscription {
        remote: RemoteKind::Ews,
        ..second.clone()
    };
    put_subscription(store, elsewhere).await;
    assert_eq!(holder(RemoteKind::Ews).await.as_deref(), Some("t"));
    put_subscription(store, in_state("s", "anna", SubscriptionState::Ending)).await;
    assert_eq!(holder(RemoteKind::Google).await, None);
    put_subscription(store, second).await;
    assert_eq!(holder(RemoteKind::Google).await.as_deref(), Some("t"));
    assert_eq!(holder(RemoteKind::Ews).await, None);
    assert_eq!(
        refused(store, Write::Subscription(subscription("s", "anna"))).await,
        "the calendar belongs to subscription t"
    );
}

pub async fn subscriptions_come_in_pages(store: &dyn Store) {
    for (id, user) in [("t", "boris"), ("s", "anna"), ("u", "clara")] {
        put_subscription(store, subscription(id, user)).await;
    }
    let page = |after: Option<&'static str>, subscriptions_max| async move {
        let after = after.map(SubscriptionId::new);
        let page = store.subscriptions(after.as_ref(), subscriptions_max).await;
        let ids = page.unwrap().into_iter().map(|each| each.id.to_string());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(page(None, 2).await, ["s", "t"]);
    assert_eq!(page(Some("t"), 2).await, ["u"]);
    assert_eq!(page(None, 0).await, Vec::<String>::new());
}

pub async fn every_subscription_and_link_comes_back_as_it_was(store: &dyn Store) {
    let rich = Subscription {
        epoch: u64::MAX,
        state: SubscriptionState::Inactive(InactiveReason::CalendarGone),
        left_out: LeftOut {
            kinds: [Kind::Stage, Kind::Meeting].into(),
            statuses: [Status::DONE, Status(77)].into(),
        },
        synced: Some(at(9)),
        last_error: Some("throttled".into()),
        deletions: vec![(at(1), Direction::ToRemote), (at(2), Direction::ToAdvanta)],
        ..subscription("s", "anna")
    };
    let poor = Subscription {
        cursor: None,
        full: true,
        secret: None,
        ..subscription("t", "boris")
    };
    for expected in [rich, poor] {
        put_subscription(store, expected.clone()).await;
        let found = store.subscription(&expected.id).await.unwrap();
        assert_eq!(found, Some(expected));
    }
    for expected in links_of_every_kind() {
        write(store, vec![Write::Link(expected.clone())]).await;
        assert_eq!(store.link(expected.id).await.unwrap(), Some(expected));
    }
}

fn links_of_every_kind() -> Vec<Link> {
    let plain = link(1, "s", 1, "r");
    let troubles = [
        Trouble::Waits {
            attempts: 3,
            due: at(5),
        },
        Trouble::Dead("the calendar is full".into()),
        Trouble::Frozen,
        Trouble::Held(Direction::ToAdvanta),
        Trouble::Accepted(Direction::ToRemote),
    ];
    let troubled = troubles.map(|trouble| Link {
        trouble: Some(trouble),
        ..plain.clone()
    });
    let intended = [IntentDeed::Create, IntentDeed::Replace].map(|deed| Link {
        intent: Some(Intent {
            deed,
            fields: [Field::Title, Field::End].into(),
            wrote_ours: base("wrote ours"),
            wrote_theirs: base("wrote theirs"),
            at: at(6),
        }),
        ..plain.clone()
    });
    let same = Link {
        base_theirs: plain.base_ours.clone(),
        ..plain.clone()
    };
    let day = Moment::Day(at(0).date_naive());
    let rich = Link {
        step: u64::MAX,
        generation: 4,
        born: Born::Imported,
        state: LinkState::Parted,
        unseen: [Field::Title].into(),
        anchor: Some(Anchor {
            series: span(3, 4),
            occurrence: day,
        }),
        masked: true,
        locked: true,
        guests: true,
        owed: BTreeSet::from([Field::Title, Field::End]),
        write_backs: vec![at(1), at(2)],
        ..plain.clone()
    };
    [vec![plain, same, rich], troubled.into(), intended.into()].concat()
}
