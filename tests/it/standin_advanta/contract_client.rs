//! The bridge's own client of the contract and its reader of hooks, against an ADVANTA that shares no code with them.

use super::receiver::{Post, Receiver};
use super::{ANNA, BORIS, GIVEN, advanta_with_a_task};
use crate::advanta_standin::{Admission, Manner, Mishap, StandIn, Style};
use advanta_bridge::advanta::{Access, Base, Contract, HookReader, Options, Secret};
use advanta_bridge::model::{
    Changes, Cursor, Draft, Fields, Kind, Moment, Notice, ObjectId, Revision, Settings, Span,
    UserId,
};
use advanta_bridge::ports::{Advanta, AdvantaErrorKind, HookHead, Hooks};
use chrono::{TimeZone, Utc};
use std::collections::BTreeMap;
use std::time::Duration;

/// The bridge's client for a stand-in, quick to try again.
fn client(advanta: &StandIn) -> Contract {
    let known = advanta.certificates();
    let identity = known.map(|known| Secret::new(format!("{}{}", known.certificate, known.key)));
    let access = Access {
        base: Base::new(&advanta.url(), false).expect("a base address"),
        token: Some(Secret::new(advanta.token())),
        identity,
        authorities: known.map(|known| known.authority.clone().into_bytes()),
    };
    let mut options = Options {
        page_items: 7,
        ..Options::default()
    };
    options.breaker.failures = 1000;
    Contract::new(access, Settings::default(), options).expect("a client")
}

fn given() -> ObjectId {
    ObjectId(GIVEN.parse().expect("a GUID"))
}

/// An instant of the second of December.
fn at(hour: u32, minute: u32) -> Moment {
    Moment::At(
        Utc.with_ymd_and_hms(2026, 12, 2, hour, minute, 0)
            .single()
            .expect("a time"),
    )
}

fn note() -> Draft {
    Draft {
        id: given(),
        kind: Kind::Note,
        author: UserId::new(ANNA),
        fields: Fields {
            title: "Позвонить".to_owned(),
            span: Span::new(at(12, 0), at(12, 30)).ok(),
            description: String::new(),
            location: "Переговорная 2".to_owned(),
            recurs: false,
        },
    }
}

fn title(text: &str) -> Changes {
    Changes {
        title: Some(text.to_owned()),
        ..Changes::default()
    }
}

/// The newest revision of each thing that is there, as the bridge would have it.
type Seen = BTreeMap<ObjectId, (Revision, bool)>;

fn take(notices: Vec<Notice>, seen: &mut Seen) {
    for notice in notices {
        let (id, revision, is_there) = match notice {
            Notice::Object(object) => (object.id, object.revision, true),
            Notice::Removed { id, revision } => (id, revision, false),
            Notice::Look(_) | Notice::Person(_) | Notice::LookPerson(_) => continue,
        };
        let newest = seen.entry(id).or_insert((revision, is_there));
        if revision > newest.0 {
            *newest = (revision, is_there);
        }
    }
}

/// Follows the listing to its end.
async fn follow(client: &Contract, mut cursor: Option<Cursor>, seen: &mut Seen) -> Option<Cursor> {
    loop {
        let page = client.changes(cursor.as_ref()).await.expect("a page");
        take(page.notices, seen);
        cursor = Some(page.cursor);
        if !page.more {
            return cursor;
        }
    }
}

/// What the bridge reads in a hook.
fn read(advanta: &StandIn, post: &Post) -> Vec<Notice> {
    let secrets = [Secret::new(advanta.secret())];
    let reader = HookReader::new(&secrets, Options::default()).expect("a secret");
    let header = |name: &str| post.headers.get(name).and_then(|value| value.to_str().ok());
    let head = HookHead {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
    };
    let notices = reader.read(head, post.body.as_bytes(), Utc::now());
    notices.expect("a hook that the bridge believes")
}

fn there(seen: &Seen) -> Vec<(ObjectId, Revision)> {
    let there = seen.iter().filter(|(_, (_, is_there))| *is_there);
    there.map(|(id, (revision, _))| (*id, *revision)).collect()
}

/// The same of the world, by the ids that the bridge knows.
fn truth(advanta: &StandIn) -> Vec<(ObjectId, Revision)> {
    let world = advanta.world();
    let one = |thing: &crate::advanta_standin::Thing| {
        (
            ObjectId(thing.external_id.unwrap_or(thing.id)),
            Revision(thing.revision),
        )
    };
    let mut truth: Vec<_> = world.things().map(one).collect();
    truth.sort();
    truth
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_is_made_once_changed_deleted_and_then_gone() {
    let (advanta, _) = advanta_with_a_task();
    let client = client(&advanta);
    let anna = UserId::new(ANNA);
    let made = client.create(&note()).await.unwrap();
    assert_eq!((made.id, made.revision), (given(), Revision(1)));
    assert_eq!(made.fields(&Settings::default()), note().fields);
    assert_eq!(client.create(&note()).await.unwrap(), made);

    let later = Changes {
        end: Some(at(13, 0)),
        ..title("Не звонить")
    };
    client
        .change(given(), &anna, Revision(1), &later)
        .await
        .unwrap();
    let late = client
        .change(given(), &anna, Revision(1), &later)
        .await
        .unwrap_err();
    assert_eq!(late.kind, AdvantaErrorKind::Stale);
    let read = client.get(given()).await.unwrap().unwrap();
    let expected = Fields {
        title: "Не звонить".to_owned(),
        span: Span::new(at(12, 0), at(13, 0)).ok(),
        ..note().fields
    };
    assert_eq!(
        (read.revision, read.fields(&Settings::default())),
        (Revision(2), expected)
    );

    client.delete(given(), &anna, Revision(2)).await.unwrap();
    assert_eq!(client.get(given()).await, Ok(None));
    let gone = client
        .delete(given(), &anna, Revision(2))
        .await
        .unwrap_err();
    assert_eq!(gone.kind, AdvantaErrorKind::Gone);
    assert_eq!(
        client.create(&note()).await.unwrap_err().kind,
        AdvantaErrorKind::Refused
    );

    let boris = client.person(&UserId::new(BORIS)).await.unwrap().unwrap();
    assert_eq!((boris.name.as_str(), boris.active), ("Boris Sample", true));
    assert_eq!(client.person(&UserId::new("nobody")).await, Ok(None));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mishap_is_taken_for_what_it_is() {
    let wait = |seconds| AdvantaErrorKind::Throttled {
        retry_after: Duration::from_secs(seconds),
    };
    for (mishap, expected) in [
        (Mishap::Away, AdvantaErrorKind::Transient),
        (Mishap::Unavailable(None), AdvantaErrorKind::Transient),
        (Mishap::Unavailable(Some(3)), wait(3)),
        (Mishap::Throttled(4), wait(4)),
        (Mishap::WrongAddress, AdvantaErrorKind::Denied),
        (Mishap::Refuse, AdvantaErrorKind::Refused),
        (Mishap::Stale, AdvantaErrorKind::Stale),
        (Mishap::AnswerLost, AdvantaErrorKind::Transient),
        (Mishap::AnswerBroken, AdvantaErrorKind::Transient),
    ] {
        let (advanta, task) = advanta_with_a_task();
        let client = client(&advanta);
        client.get(ObjectId(task)).await.unwrap();
        advanta.world().manners.on(Manner::of(mishap));
        let (task, anna) = (ObjectId(task), UserId::new(ANNA));
        let change = client
            .change(task, &anna, Revision(1), &title("Иначе"))
            .await;
        assert_eq!(change.unwrap_err().kind, expected, "{mishap:?}");
    }
    let (advanta, task) = advanta_with_a_task();
    let client = client(&advanta);
    advanta
        .world()
        .manners
        .on(Manner::of(Mishap::Garbage).times(1));
    let unreadable = client.get(ObjectId(task)).await.unwrap_err();
    assert_eq!(unreadable.kind, AdvantaErrorKind::Transient);
    advanta.world().token = "another".to_owned();
    assert_eq!(
        client.get(ObjectId(task)).await.unwrap_err().kind,
        AdvantaErrorKind::Denied
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn listings_and_hooks_each_tell_all_that_users_do() {
    let (advanta, _) = advanta_with_a_task();
    let client = client(&advanta);
    let receiver = Receiver::start(&[]);
    let mut listed = Seen::new();
    let mut cursor = follow(&client, None, &mut listed).await;
    let mut told = listed.clone();
    advanta.hooks_to(&receiver.url());
    {
        let mut world = advanta.world();
        (
            world.hooks.shuffled,
            world.hooks.lanes,
            world.hooks.batch_max,
        ) = (true, 3, 5);
        world.hooks.double_one_in = 4;
    }
    client.create(&note()).await.unwrap();
    for seed in 0..10 {
        advanta.world().act(seed, 20);
        cursor = follow(&client, cursor, &mut listed).await;
    }
    assert_eq!(there(&listed), truth(&advanta));
    let quiet = client.changes(cursor.as_ref()).await.unwrap();
    assert_eq!((quiet.notices.len(), Some(quiet.cursor)), (0, cursor));

    advanta.drained(Duration::from_secs(20));
    for post in receiver.posts() {
        take(read(&advanta, &post), &mut told);
    }
    assert_eq!(there(&told), truth(&advanta));
}

#[tokio::test(flavor = "multi_thread")]
async fn thin_hooks_name_what_the_bridge_then_asks_for() {
    let (advanta, task) = advanta_with_a_task();
    let receiver = Receiver::start(&[]);
    advanta.hooks_to(&receiver.url());
    {
        let mut world = advanta.world();
        world.hooks.style = Style::Thin;
        world.edit(task, |task| task.title = "Иначе".to_owned());
        world.deactivate(BORIS);
    }
    advanta.drained(Duration::from_secs(20));
    let notices = read(&advanta, &receiver.posts()[0]);
    let mut names: Vec<_> = notices.iter().map(|notice| format!("{notice:?}")).collect();
    names.sort();
    let expected = [
        format!("{:?}", Notice::Look(ObjectId(task))),
        format!("{:?}", Notice::LookPerson(UserId::new(BORIS))),
    ];
    assert_eq!(names, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_lets_the_bridge_in_alone_or_with_its_token() {
    let advanta = StandIn::start_with_certificates(1);
    let client = client(&advanta);
    assert!(client.changes(None).await.is_ok());
    advanta.world().admission = Admission::Both;
    assert!(client.changes(None).await.is_ok());
    advanta.world().token = "another".to_owned();
    assert_eq!(
        client.changes(None).await.unwrap_err().kind,
        AdvantaErrorKind::Denied
    );
}
