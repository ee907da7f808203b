//! Small valid things to store.

use crate::model::*;
use crate::ports::*;
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// A time, `n` seconds into the tests.
pub fn at(n: i64) -> Timestamp {
    Timestamp::from_timestamp(1_790_000_000 + n, 0).unwrap()
}

pub fn object_id(n: u128) -> ObjectId {
    ObjectId(Uuid::from_u128(n))
}

pub fn events_of(user: &str) -> CollectionId {
    CollectionId::events(&UserId::new(user))
}

pub fn name(text: &str) -> ResourceName {
    ResourceName::new(text).unwrap()
}

pub fn user(id: &str, login: &str) -> User {
    User {
        id: UserId::new(id),
        login: login.into(),
        name: "Анна Проба".into(),
        email: Some("anna@example.com".into()),
        language: Language::English,
        zone: None,
        active: true,
        kept_out: false,
        advanta: None,
        revision: Revision(0),
    }
}

pub fn person(id: &str, revision: u64) -> Person {
    Person {
        id: UserId::new(id),
        revision: Revision(revision),
        login: Some("anna".into()),
        name: "Анна Проба".into(),
        email: Some("anna@example.com".into()),
        language: Some(Language::Russian),
        zone: Some(chrono_tz::Tz::Asia__Omsk),
        active: true,
    }
}

pub fn span(from: i64, to: i64) -> Span {
    Span::new(Moment::At(at(60 * from)), Moment::At(at(60 * to))).unwrap()
}

pub fn base(title: &str) -> Base {
    Base {
        title: title.into(),
        span: Some(span(0, 60)),
        description: Digest::of(title),
        location: Digest::of(""),
        recurs: false,
    }
}

/// A member of object `n`, called `{n}.ics` with UID `uid-{n}`.
pub fn draft(n: u128, title: &str) -> ResourceDraft {
    ResourceDraft {
        object: object_id(n),
        name: name(&format!("{n}.ics")),
        uid: format!("uid-{n}"),
        body: format!("BEGIN:VCALENDAR\r\nX-T:{title}\r\nEND:VCALENDAR\r\n").into(),
        first: 10,
        last: 20,
        recurs: false,
        shown: base(title),
        mirrored: base(title),
        overlay: Some(Overlay { authored: true }),
        stamp: at(0),
        rendering: 1,
        refusal: None,
    }
}

pub fn object(n: u128, revision: u64) -> Object {
    Object {
        id: object_id(n),
        kind: Kind::Task,
        revision: Revision(revision),
        title: "Задача".into(),
        description: String::new(),
        location: String::new(),
        planned: Planned {
            start: Some(at(0).naive_utc()),
            end: None,
        },
        actual_start: Some(at(5).naive_utc()),
        actual_end: None,
        status: Some(Status::IN_WORK),
        percent: Some(40),
        owner: Some(UserId::new("anna")),
        responsible: None,
        participants: [
            (UserId::new("anna"), Rights::ALL),
            (UserId::new("boris"), Rights::READ),
        ]
        .into(),
        parent: Some(Parent {
            id: object_id(99),
            title: "Проект".into(),
        }),
        card: Some("https://advanta.example.com/card/1".into()),
        changed: at(7),
    }
}

pub fn journal_row(who: &str, object: u128, outcome: Outcome) -> JournalRow {
    JournalRow {
        id: JournalId(0),
        at: at(1),
        last_at: at(1),
        count: 1,
        who: UserId::new(who),
        origin: Origin::CalDav {
            app_password: AppPasswordId(Uuid::from_u128(5)),
            client: "Example/1".into(),
        },
        object: object_id(object),
        title: "Смета".into(),
        action: Action::Change,
        outcomes: vec![FieldOutcome {
            field: Field::Start,
            outcome,
            attempted: "2026-12-05".into(),
            kept: "2026-12-01".into(),
        }],
        kept_text: None,
    }
}

pub fn command(object: u128) -> Command {
    Command {
        id: CommandId(0),
        object: object_id(object),
        author: UserId::new("anna"),
        origin: Origin::Import,
        deed: Deed::Change(Changes {
            title: Some("Новое".into()),
            start: Some(span(1, 2).start()),
            end: Some(span(1, 2).end()),
            ..Changes::default()
        }),
        attempts: 0,
        stale: 0,
        due: at(0),
        state: CommandState::Waiting,
        journal: JournalId(0),
    }
}

pub fn link(n: u128, subscription: &str, object: u128, remote: &str) -> Link {
    Link {
        id: LinkId(Uuid::from_u128(n)),
        subscription: SubscriptionId::new(subscription),
        epoch: 3,
        object: object_id(object),
        step: 1,
        remote: Some(RemoteId(remote.into())),
        remote_uid: Some(format!("{remote}@example.com")),
        generation: 0,
        born: Born::Exported,
        state: LinkState::Live,
        our_revision: Revision(4),
        their_version: "\"v1\"".into(),
        base_ours: base("ours"),
        base_theirs: base("theirs"),
        unseen: std::collections::BTreeSet::new(),
        anchor: None,
        masked: false,
        locked: false,
        guests: false,
        owed: [].into(),
        intent: None,
        trouble: None,
        write_backs: vec![],
    }
}

/// A subscription of a person to the calendar `{id}-calendar`, in its first life.
pub fn subscription(id: &str, user: &str) -> Subscription {
    Subscription {
        id: SubscriptionId::new(id),
        user: UserId::new(user),
        epoch: 1,
        step: 1,
        remote: RemoteKind::Google,
        calendar: CalendarRef {
            id: format!("{id}-calendar"),
            name: "Работа".into(),
            account: "anna@example.com".into(),
        },
        state: SubscriptionState::Active,
        start: at(0).date_naive(),
        zone: chrono_tz::Tz::Asia__Omsk,
        left_out: LeftOut::default(),
        recognise: true,
        cursor: Some(RemoteCursor("page 3".into())),
        full: false,
        secret: Some(Sealed(vec![0, 255, 7])),
        due: at(3),
        failures: 0,
        synced: None,
        last_error: None,
        obstacle: None,
        unread: vec![],
        left_behind: 0,
        deletions: vec![],
        since: at(1),
    }
}

/// A secret that was drawn, another for each number.
pub fn secret(n: u128) -> GeneratedSecret {
    let mut bits = [0; GeneratedSecret::BYTES];
    bits[..16].copy_from_slice(&n.to_be_bytes());
    GeneratedSecret::drawn(bits)
}

pub fn app_password(n: u128, user: &str, created: i64) -> AppPassword {
    AppPassword {
        id: AppPasswordId(Uuid::from_u128(n)),
        user: UserId::new(user),
        label: "Phone".into(),
        hash: PasswordHash::Digest(secret(n).digest()),
        created: at(created),
        revoked: None,
    }
}

/// A feed of Anna's.
pub fn feed(n: u128, created: i64) -> Feed {
    Feed {
        id: FeedId(Uuid::from_u128(n)),
        user: UserId::new("anna"),
        digest: Digest::of(&n.to_string()),
        created: at(created),
        revoked: None,
    }
}

pub fn put(user: &str, draft: ResourceDraft) -> Write {
    Write::Member(events_of(user), draft, Move::Content)
}

pub fn bump(user: &str, n: u128, how: Move) -> Write {
    Write::Bump(events_of(user), name(&format!("{n}.ics")), how, None)
}

pub fn take(user: &str, n: u128) -> Write {
    Write::RemoveMember(events_of(user), name(&format!("{n}.ics")))
}

/// Commits without expectations.
pub async fn write(store: &dyn Store, writes: Vec<Write>) -> Committed {
    store.commit(vec![], writes).await.unwrap()
}

pub async fn member(store: &dyn Store, user: &str, n: u128) -> Option<Member> {
    store
        .member(&events_of(user), &name(&format!("{n}.ics")))
        .await
        .unwrap()
}

/// (revision, solid, restored, born) of a member.
pub async fn versions(store: &dyn Store, n: u128) -> (u64, u64, Option<u64>, u64) {
    let member = member(store, "anna", n).await.unwrap();
    (
        member.revision.0,
        member.solid.0,
        member.restored.map(|revision| revision.0),
        member.born.0,
    )
}

/// Writes down what it is told, one line per delta.
#[derive(Default)]
pub struct Listener(pub Mutex<Vec<String>>);

impl Listener {
    pub fn on(store: &dyn Store) -> Arc<Self> {
        let listener = Arc::new(Self::default());
        store.set_sink(listener.clone());
        listener
    }

    pub fn heard(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl CommitSink for Listener {
    fn committed(&self, deltas: &[Delta]) {
        let mut lines = self.0.lock().unwrap();
        for delta in deltas {
            let kinds: Vec<String> = delta.kinds.iter().map(kind_in_words).collect();
            lines.push(format!(
                "{} at {} from {}: {}",
                delta.collection,
                delta.after.change,
                delta.after.floor,
                kinds.join(", ")
            ));
        }
    }
}

fn kind_in_words(kind: &DeltaKind) -> String {
    match kind {
        DeltaKind::Put(member) => format!("put {} at {}", member.name, member.revision),
        DeltaKind::Gone(tombstone) => format!(
            "gone {} at {} born {}",
            tombstone.name, tombstone.revision, tombstone.born
        ),
        DeltaKind::Collection => "collection".into(),
    }
}

/// A channel that its remote answered for.
pub fn channel(n: u128, subscription: &str) -> Channel {
    Channel {
        id: ChannelId(Uuid::from_u128(n)),
        subscription: SubscriptionId::new(subscription),
        epoch: 1,
        token: Digest::of("secret"),
        resource: Some("resource".into()),
        heard: true,
        since: at(1),
        expires: at(2),
    }
}

/// Somebody who was sent to the remote.
pub fn connection(user: &str, step: u64) -> Connection {
    Connection {
        user: UserId::new(user),
        step,
        remote: RemoteKind::Google,
        stage: ConnectionStage::Sent {
            state: Digest::of("state"),
            verifier: Sealed(vec![1, 2]),
        },
        expires: at(9),
    }
}

pub fn google_settings(step: u64) -> GoogleSettings {
    GoogleSettings {
        step,
        enabled: true,
        client_id: "client".into(),
        client_secret: Some(Sealed(vec![0, 255, 9])),
        application_name: "Календарь".into(),
        push_address: "https://bridge.example.com".into(),
        service_account: Some(Sealed(vec![7])),
    }
}
