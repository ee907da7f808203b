//! Random commits, and everything that can be read of a store: two stores that were told the same must answer the same.

use super::fixtures::*;
use crate::model::*;
use crate::ports::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Mutex;

const USERS: [&str; 2] = ["anna", "boris"];
const SUBSCRIPTIONS: [&str; 2] = ["s", "t"];
pub const OBJECTS: std::ops::Range<u128> = 1..4;

/// One commit.
pub type Random = (Vec<Expect>, Vec<Write>);

fn who() -> impl Strategy<Value = &'static str> + Clone {
    prop::sample::select(&USERS[..])
}

fn how() -> impl Strategy<Value = Move> + Clone {
    prop::sample::select(vec![Move::Content, Move::Restore, Move::Settle, Move::Stay])
}

/// Every way but `Stay`, which promises that what a client sees is the same.
fn moving() -> impl Strategy<Value = Move> + Clone {
    prop::sample::select(vec![Move::Content, Move::Restore, Move::Settle])
}

/// A draft whose object, name and UID often clash with others.
fn any_draft() -> impl Strategy<Value = ResourceDraft> {
    let large = prop::sample::select(vec![1_usize, 1, 1, 5_000, 70_000]);
    (OBJECTS, OBJECTS, OBJECTS, 0..5_u8, large).prop_map(|(object, place, uid, title, size)| {
        let mut draft = draft(place, &title.to_string().repeat(size));
        draft.object = object_id(object);
        draft.uid = format!("uid-{uid}");
        draft
    })
}

fn which() -> impl Strategy<Value = &'static str> + Clone {
    prop::sample::select(&SUBSCRIPTIONS[..])
}

/// A subscription whose person and calendar often clash with others.
fn any_subscription() -> impl Strategy<Value = Subscription> {
    let state = prop::sample::select(vec![
        SubscriptionState::Active,
        SubscriptionState::Paused(PauseReason::Asked),
        SubscriptionState::Ending,
        SubscriptionState::Ended,
    ]);
    (which(), who(), which(), state, 1..4_u64).prop_map(|(id, user, calendar, state, step)| {
        let calendar = subscription(calendar, user).calendar;
        compares_everything(Subscription {
            calendar,
            state,
            step,
            ..subscription(id, user)
        })
    })
}

/// A subscription as a restore leaves it.
pub fn compares_everything(subscription: Subscription) -> Subscription {
    Subscription {
        cursor: None,
        full: true,
        ..subscription
    }
}

fn any_write() -> BoxedStrategy<Write> {
    let small = 1..6_u64;
    prop_oneof![
        6 => (who(), any_draft(), moving()).prop_map(|(user, draft, how)| Write::Member(events_of(user), draft, how)),
        4 => (who(), OBJECTS).prop_map(|(user, n)| put(user, draft(n, "same"))),
        4 => (who(), OBJECTS, how()).prop_map(|(user, n, how)| bump(user, n, how)),
        4 => (who(), OBJECTS).prop_map(|(user, n)| take(user, n)),
        1 => (who(), who()).prop_map(|(id, login)| Write::User(user(id, login))),
        1 => (OBJECTS, who(), 0..4_i64).prop_map(|(n, user, at)| Write::AppPassword(app_password(n, user, at))),
        1 => (OBJECTS, small.clone()).prop_map(|(n, revision)| Write::Object(object(n, revision))),
        1 => (OBJECTS, small.clone()).prop_map(|(n, revision)| Write::RemoveObject(object_id(n), Revision(revision))),
        1 => (OBJECTS, small.clone()).prop_map(|(n, revision)| Write::Notice(Notice::Object(object(n, revision)))),
        1 => small.clone().prop_map(|id| Write::NoticeDone(NoticeId(id))),
        1 => OBJECTS.prop_map(|n| Write::HookTaken(Digest([n as u8; 16]))),
        2 => (who(), OBJECTS).prop_map(|(user, n)| Write::Journal(journal_row(user, n, Outcome::Pending))),
        1 => (small.clone(), 0..99_i64).prop_map(|(id, when)| Write::JournalAgain(JournalId(id), at(when))),
        1 => (who(), OBJECTS, small.clone()).prop_map(|(user, n, id)| Write::JournalSettle(JournalRow {
            id: JournalId(id),
            ..journal_row(user, n, Outcome::Applied)
        })),
        2 => (OBJECTS, 0..2_usize).prop_map(|(n, row)| Write::Enqueue(command(n), row)),
        1 => small.clone().prop_map(|id| Write::Settle(CommandId(id))),
        1 => (0..9_i64, who(), OBJECTS).prop_map(|(due, user, n)| {
            Write::SettleLater(events_of(user), name(&format!("{n}.ics")), at(due))
        }),
        1 => (0..9_i64, OBJECTS).prop_map(|(due, n)| Write::Timer(fan_out(due, n))),
        1 => (0..9_i64, OBJECTS).prop_map(|(due, n)| Write::TimerDone(fan_out(due, n))),
        2 => (OBJECTS, OBJECTS, OBJECTS).prop_map(|(id, n, remote)| Write::Link(link(id, "s", n, &remote.to_string()))),
        1 => (OBJECTS, OBJECTS).prop_map(|(id, n)| Write::Link(Link {
            remote: None,
            remote_uid: None,
            ..link(id, "s", n, "")
        })),
        1 => OBJECTS.prop_map(|id| Write::RemoveLink(link(id, "s", 0, "").id)),
        3 => any_subscription().prop_map(Write::Subscription),
        1 => (OBJECTS, which()).prop_map(|(n, id)| Write::Channel(channel(n, id))),
        1 => OBJECTS.prop_map(|n| Write::RemoveChannel(channel(n, "s").id)),
        1 => (who(), 0..3_u64).prop_map(|(user, step)| Write::Connection(connection(user, step))),
        1 => who().prop_map(|user| Write::RemoveConnection(UserId::new(user))),
        1 => (0..3_u64).prop_map(|step| Write::GoogleSettings(google_settings(step))),
        1 => (which(), OBJECTS).prop_map(|(id, n)| Write::Look(SubscriptionId::new(id), object_id(n))),
        2 => (which(), OBJECTS, 1..9_u64).prop_map(|(id, n, mark)| {
            Write::Looked(SubscriptionId::new(id), object_id(n), mark)
        }),
    ]
    .boxed()
}

fn any_expect() -> BoxedStrategy<Expect> {
    let revision = prop::option::of(0..6_u64);
    prop_oneof![
        (OBJECTS, revision.clone())
            .prop_map(|(n, at)| Expect::Object(object_id(n), at.map(Revision))),
        (who(), OBJECTS, revision).prop_map(|(user, n, at)| {
            Expect::Member(
                events_of(user),
                name(&format!("{n}.ics")),
                at.map(ViewRevision),
            )
        }),
        (who(), OBJECTS).prop_map(|(user, n)| Expect::NoMemberOf(events_of(user), object_id(n))),
        (1..4_u64).prop_map(|id| Expect::Command(CommandId(id))),
        (which(), prop::option::of(1..4_u64))
            .prop_map(|(id, step)| Expect::Subscription(SubscriptionId::new(id), step)),
        which().prop_map(|id| Expect::Active(SubscriptionId::new(id), 1)),
        (OBJECTS, prop::option::of(1..3_u64))
            .prop_map(|(id, step)| Expect::Link(link(id, "s", 0, "").id, step)),
        OBJECTS.prop_map(|n| Expect::Channel(channel(n, "s").id)),
        (who(), prop::option::of(0..3_u64))
            .prop_map(|(user, step)| Expect::Connection(UserId::new(user), step)),
        prop::option::of(0..3_u64).prop_map(Expect::GoogleSettings),
        OBJECTS.prop_map(|n| Expect::HookIsNew(Digest([n as u8; 16]))),
        Just(Expect::Empty),
    ]
    .boxed()
}

/// A sequence of commits, few of them with an expectation, since most of those fail.
pub fn commits(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Random>> {
    let expects = prop_oneof![
        4 => Just(Vec::new()),
        1 => prop::collection::vec(any_expect(), 1),
    ];
    let writes = prop::collection::vec(any_write(), 1..5);
    prop::collection::vec((expects, writes), count)
}

/// Makes a commit; answers what the committer was told, in words.
pub async fn commit(store: &dyn Store, (expects, writes): Random) -> String {
    format!("{:?}", store.commit(expects, writes).await)
}

/// Everything that can be read, in words, for comparison.
pub async fn everything(store: &dyn Store) -> String {
    let mut lines = Lines::default();
    lines.add("users", store.users().await);
    lines.add("objects", store.objects(None, 100).await);
    lines.add("notices", store.notices(None, 100).await);
    lines.add("inbox", store.inbox_size().await);
    lines.add("outbox", store.outbox_size().await);
    for n in OBJECTS {
        lines.add("removed", store.removed(object_id(n)).await);
    }
    lines.add("timers", store.due_timers(at(1_000), 100).await);
    lines.add("next timer", store.next_timer().await);
    lines.add("heads", store.command_heads(100).await);
    for user in USERS {
        everything_of_user(store, user, &mut lines).await;
    }
    for n in OBJECTS {
        everything_of_object(store, n, &mut lines).await;
    }
    everything_of_subscriptions(store, &mut lines).await;
    lines.0.join("\n")
}

async fn everything_of_user(store: &dyn Store, user: &str, lines: &mut Lines) {
    let (id, events) = (UserId::new(user), events_of(user));
    lines.add(user, store.user(&id).await);
    lines.add("login", store.user_by_login(user).await);
    lines.add("used", store.used(&id).await);
    lines.add("passwords", store.app_passwords(&id).await);
    lines.add("collection", store.collection(&events).await);
    lines.add("members", store.members(&events).await);
    lines.add("tombstones", store.tombstones(&events).await);
    for n in OBJECTS {
        lines.add("of", store.member_of(&events, object_id(n)).await);
        lines.add(
            "uid",
            store.member_by_uid(&events, &format!("uid-{n}")).await,
        );
    }
    let query = JournalQuery {
        who: Some(id),
        rows_max: 100,
        ..JournalQuery::default()
    };
    lines.add("journal", store.journal(query).await);
}

async fn everything_of_object(store: &dyn Store, n: u128, lines: &mut Lines) {
    let (id, subscription) = (object_id(n), SubscriptionId::new("s"));
    lines.add("collections", store.collections_of(id).await);
    lines.add("commands", store.commands_of(id).await);
    let query = JournalQuery {
        object: Some(id),
        rows_max: 100,
        ..JournalQuery::default()
    };
    lines.add("journal", store.journal(query).await);
    lines.add("link", store.link(link(n, "s", 0, "").id).await);
    lines.add("link", store.link_of_object(&subscription, id).await);
    let remote = RemoteId(n.to_string());
    lines.add("link", store.link_of_remote(&subscription, &remote).await);
    let uid = format!("{n}@example.com");
    lines.add("link", store.link_of_uid(&subscription, &uid).await);
}

async fn everything_of_subscriptions(store: &dyn Store, lines: &mut Lines) {
    lines.add("subscriptions", store.subscriptions(None, 100).await);
    lines.add("waiting", store.looks_waiting(100).await);
    lines.add("connections", store.connections().await);
    lines.add("google", store.google_settings().await);
    for id in SUBSCRIPTIONS {
        let calendar = subscription(id, "anna").calendar.id;
        let holder = store.subscription_of_calendar(RemoteKind::Google, &calendar);
        lines.add("calendar", holder.await);
        let id = SubscriptionId::new(id);
        lines.add("subscription", store.subscription(&id).await);
        lines.add("links", store.links(&id, None, 100).await);
        lines.add("links", store.links_size(&id).await);
        lines.add("looks", store.looks(&id, None, 100).await);
        lines.add("channels", store.channels_of(&id).await);
    }
    for user in USERS {
        let of = store.subscription_of(&UserId::new(user)).await;
        lines.add("subscription", of);
    }
}

#[derive(Default)]
struct Lines(Vec<String>);

impl Lines {
    /// A read must succeed: damage is no answer that two stores may agree on.
    fn add<T: Debug>(&mut self, what: &str, read: Result<T, StoreError>) {
        self.0.push(format!("{what}: {:?}", read.unwrap()));
    }
}

/// Keeps what every revision stood for: an ETag is never used again for other content.
#[derive(Default)]
pub struct Etags(Mutex<BTreeMap<(CollectionId, ResourceName, ViewRevision), String>>);

impl CommitSink for Etags {
    fn committed(&self, deltas: &[Delta]) {
        let mut seen = self.0.lock().unwrap();
        for delta in deltas {
            let mut last = ViewRevision(0);
            for kind in &delta.kinds {
                let (name, revision, content) = match kind {
                    DeltaKind::Put(member) => {
                        (&member.name, member.revision, member.body.to_string())
                    }
                    DeltaKind::Gone(tombstone) => {
                        (&tombstone.name, tombstone.revision, "gone".to_owned())
                    }
                    DeltaKind::Collection => continue,
                };
                last = last.max(revision);
                let key = (delta.collection.clone(), name.clone(), revision);
                let before = seen.entry(key).or_insert_with(|| content.clone());
                assert_eq!(*before, content, "an etag stands for two contents");
            }
            assert!(last <= delta.after.change && delta.after.floor <= delta.after.change);
        }
    }
}

pub fn fan_out(due: i64, object: u128) -> Timer {
    Timer {
        due: at(due),
        kind: TimerKind::FanOut {
            object: object_id(object),
            after: UserId::new("anna"),
        },
    }
}
