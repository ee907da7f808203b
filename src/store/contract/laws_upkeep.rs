//! Backup, restore and check.

use super::Ground;
use super::fixtures::*;
use super::random::{compares_everything, everything, fan_out};
use crate::model::*;
use crate::ports::*;
use crate::store::{Limits, RestoreError};
use std::io;
use std::sync::{Arc, Mutex};

/// Bytes that can be looked at when somebody else has written them.
#[derive(Clone, Default)]
pub struct Written(pub Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub async fn backup(store: &dyn Store) -> (BackupDone, Vec<u8>) {
    let written = Written::default();
    let done = store.backup(Box::new(written.clone())).await.unwrap();
    let bytes = written.0.lock().unwrap().clone();
    (done, bytes)
}

/// What is wrong with a store, a line each: table, key, what.
pub async fn findings(store: &dyn Store) -> Vec<String> {
    let report = store.check(Box::new(|_| ())).await.unwrap();
    assert_eq!(report.further, 0);
    let line = |finding: &Finding| format!("{}: {}", finding.table, finding.what);
    report.findings.iter().map(line).collect()
}

/// Something in every table.
pub async fn furnish(store: &dyn Store) {
    let mut texts = vec![
        Write::User(User {
            advanta: Some(UserId::new("p-anna")),
            ..user("anna", "anna")
        }),
        Write::AppPassword(app_password(1, "anna", 5)),
        Write::Feed(feed(1, 5)),
        Write::SetAside(
            events_of("boris"),
            object_id(2),
            Withdrawn {
                name: name("own.ics"),
                uid: "own".into(),
                body: "text".into(),
                overlay: None,
            },
        ),
        Write::RemoveObject(object_id(9), Revision(4)),
        Write::Notice(Notice::Look(object_id(1))),
        Write::HookTaken(Digest::of("a hook")),
        Write::Timer(fan_out(10, 7)),
        Write::Subscription(compares_everything(subscription("s", "anna"))),
        Write::Link(link(1, "s", 1, "r")),
        Write::Channel(channel(1, "s")),
        Write::Connection(connection("anna", 0)),
        Write::GoogleSettings(google_settings(0)),
        Write::Rendered(3),
        Write::AdvantaCursor(Some(Cursor("page 7".into()))),
    ];
    for n in 1..=3 {
        texts.push(Write::Object(object(n, 1)));
        texts.push(put("anna", draft(n, &"text ".repeat(1_000))));
        texts.push(Write::Journal(journal_row("anna", n, Outcome::Pending)));
        texts.push(Write::Enqueue(command(n), n as usize - 1));
    }
    write(store, texts).await;
    write(store, vec![take("anna", 3), bump("anna", 2, Move::Restore)]).await;
}

/// The command that makes an object.
fn creation(n: u128) -> Command {
    let fields = Fields {
        title: "Заметка".into(),
        span: Some(span(0, 60)),
        description: String::new(),
        location: String::new(),
        recurs: false,
    };
    Command {
        deed: Deed::Create(Draft {
            id: object_id(n),
            kind: Kind::Note,
            author: UserId::new("boris"),
            fields,
        }),
        ..command(n)
    }
}

pub async fn the_hold_and_the_cursor_are_kept(store: &dyn Store) {
    assert!(!store.held().await.unwrap());
    assert_eq!(store.advanta_cursor().await.unwrap(), None);
    let cursor = Cursor("страница 7".into());
    write(
        store,
        vec![
            Write::Hold(true),
            Write::AdvantaCursor(Some(cursor.clone())),
        ],
    )
    .await;
    assert!(store.held().await.unwrap());
    assert_eq!(store.advanta_cursor().await.unwrap(), Some(cursor));
    write(store, vec![Write::Hold(false), Write::AdvantaCursor(None)]).await;
    assert!(!store.held().await.unwrap());
    assert_eq!(store.advanta_cursor().await.unwrap(), None);
}

pub async fn a_sound_store_has_no_findings(store: &dyn Store) {
    furnish(store).await;
    // Members may outlive their object while their leaving is on the way, and come before it while a command makes it.
    write(
        store,
        vec![
            put("boris", draft(7, "leaving")),
            put("boris", draft(6, "coming")),
            Write::Journal(journal_row("boris", 6, Outcome::Pending)),
            Write::Enqueue(creation(6), 0),
        ],
    )
    .await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let progress = seen.clone();
    let report = store
        .check(Box::new(move |rows| progress.lock().unwrap().push(rows)))
        .await
        .unwrap();
    assert_eq!(report.findings, []);
    assert_eq!(*seen.lock().unwrap(), [report.rows]);
    assert!(report.rows > 40, "{}", report.rows);
    // A member that nobody will take away is wrong.
    write(store, vec![put("boris", draft(8, "orphan"))]).await;
    assert_eq!(findings(store).await, ["members: its object is missing"]);
}

pub async fn a_restored_store_answers_like_the_old_one_but_lives_anew<G: Ground>() {
    let (old_place, new_place) = (G::new(), G::new());
    let old = old_place.open(Limits::default()).await;
    furnish(&old).await;
    let expected = everything(&old).await;
    let (done, bytes) = backup(&old).await;
    assert_eq!((done.commits, done.bytes), (2, bytes.len() as u64));
    write(&old, vec![put("anna", draft(9, "later"))]).await;

    let new = new_place.restore(&bytes, Limits::default()).await.unwrap();
    assert_eq!(everything(&new).await, expected);
    assert_ne!(new.epoch(), old.epoch());
    assert_eq!(new.rendered().await.unwrap(), 3);
    assert_eq!(new.advanta_cursor().await.unwrap(), None);
    assert!(new.held().await.unwrap() && !old.held().await.unwrap());
    assert_eq!(findings(&new).await, Vec::<String>::new());
    // Numbers go on where they were, so that nothing new is taken for something old.
    let committed = write(
        &new,
        vec![
            put("anna", draft(9, "later")),
            Write::Journal(journal_row("anna", 9, Outcome::Applied)),
        ],
    )
    .await;
    assert_eq!(committed.members[0].2, ViewRevision(6));
    assert_eq!(committed.journal, [JournalId(4)]);
}

pub async fn a_restored_subscription_compares_everything<G: Ground>() {
    let (old_place, new_place) = (G::new(), G::new());
    let old = old_place.open(Limits::default()).await;
    let paused = Subscription {
        state: SubscriptionState::Paused(PauseReason::Asked),
        ..subscription("t", "boris")
    };
    let all = [subscription("s", "anna"), paused];
    let writes = all.clone().map(Write::Subscription);
    write(
        &old,
        [writes.into(), vec![Write::Object(object(1, 1))]].concat(),
    )
    .await;
    let (_, bytes) = backup(&old).await;
    let new = new_place.restore(&bytes, Limits::default()).await.unwrap();
    assert_eq!(old.subscriptions(None, 9).await.unwrap(), all);
    assert_eq!(
        new.subscriptions(None, 9).await.unwrap(),
        all.map(compares_everything)
    );
    let s = SubscriptionId::new("s");
    let looks = new.looks(&s, None, 9).await.unwrap();
    assert_eq!(looks, old.looks(&s, None, 9).await.unwrap());
    assert_eq!(looks.len(), 1);
    assert_eq!(findings(&new).await, Vec::<String>::new());
}

pub async fn an_empty_store_can_be_restored<G: Ground>() {
    let place = G::new();
    let old = place.open(Limits::default()).await;
    let (done, bytes) = backup(&old).await;
    assert_eq!((done.commits, done.rows), (0, 0));
    let new_place = G::new();
    let new = new_place.restore(&bytes, Limits::default()).await.unwrap();
    assert_eq!(everything(&new).await, everything(&old).await);
}

pub async fn no_damaged_backup_is_restored<G: Ground>() {
    let place = G::new();
    let old = place.open(Limits::default()).await;
    furnish(&old).await;
    let (_, bytes) = backup(&old).await;
    let refusal = |bytes: Vec<u8>| async move {
        let restored = G::new().restore(&bytes, Limits::default()).await;
        restored.err().expect("a damaged backup was restored")
    };
    for cut in (0..bytes.len()).step_by(997).chain([bytes.len() - 1]) {
        let error = refusal(bytes[..cut].to_vec()).await;
        let expected = match cut < 8 {
            true => matches!(error, RestoreError::Foreign),
            false => matches!(error, RestoreError::Cut { .. }),
        };
        assert!(expected, "cut at {cut}: {error}");
    }
    for place in (0..bytes.len()).step_by(1_009) {
        let mut damaged = bytes.clone();
        damaged[place] ^= 1;
        refusal(damaged).await;
    }
    let error = refusal([&bytes[..], b"more"].concat()).await;
    assert!(
        error.to_string().ends_with("something follows the end"),
        "{error}"
    );
}
