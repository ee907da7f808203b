//! What ADVANTA tells and what people are called there: notices, removals, identities, feeds.

use super::fixtures::*;
use crate::model::*;
use crate::ports::*;

pub async fn notices_wait_in_order_of_arrival_and_are_counted(store: &dyn Store) {
    let notices = [
        Notice::Object(object(1, 7)),
        Notice::Removed {
            id: object_id(2),
            revision: Revision(8),
        },
        Notice::Look(object_id(3)),
        Notice::Person(person("p-anna", 4)),
        Notice::LookPerson(UserId::new("p-boris")),
    ];
    write(store, notices.clone().map(Write::Notice).into()).await;
    let waiting = store.notices(None, 9).await.unwrap();
    let told: Vec<Notice> = waiting.iter().map(|(_, notice)| notice.clone()).collect();
    assert_eq!(told, notices);
    assert_eq!(store.inbox_size().await.unwrap(), 5);
    let (second, third) = (waiting[1].0, waiting[2].0);
    write(store, vec![Write::NoticeDone(second)]).await;
    write(store, vec![Write::NoticeDone(second)]).await;
    assert_eq!(store.inbox_size().await.unwrap(), 4);
    let rest = store.notices(Some(second), 1).await.unwrap();
    assert_eq!(rest, [(third, notices[2].clone())]);
}

pub async fn a_removal_is_remembered_until_the_object_is_back(store: &dyn Store) {
    let removed = async |n| store.removed(object_id(n)).await.unwrap().map(|it| it.0);
    assert_eq!(removed(1).await, None);
    write(store, vec![Write::Object(object(1, 3))]).await;
    write(store, vec![Write::RemoveObject(object_id(1), Revision(4))]).await;
    assert_eq!(removed(1).await, Some(4));
    // Older news of its end do not make it older.
    write(store, vec![Write::RemoveObject(object_id(1), Revision(2))]).await;
    assert_eq!(removed(1).await, Some(4));
    write(store, vec![Write::Object(object(1, 5))]).await;
    assert_eq!(removed(1).await, None);
}

pub async fn a_text_that_was_put_aside_is_there_until_it_is_back_or_its_object_is_gone(
    store: &dyn Store,
) {
    let aside = async |who, n| {
        let found = store
            .set_aside(&events_of(who), object_id(n))
            .await
            .unwrap();
        found.map(|text| text.uid)
    };
    let put_aside = |who, n, uid: &str| {
        let text = Withdrawn {
            name: name("own.ics"),
            uid: uid.into(),
            body: "BEGIN:VCALENDAR".into(),
            overlay: Some(Overlay { authored: false }),
        };
        Write::SetAside(events_of(who), object_id(n), text)
    };
    write(
        store,
        vec![Write::Object(object(1, 1)), Write::Object(object(2, 1))],
    )
    .await;
    let texts = [("anna", 1, "a1"), ("boris", 1, "b1"), ("anna", 2, "a2")];
    write(
        store,
        texts.map(|(who, n, uid)| put_aside(who, n, uid)).into(),
    )
    .await;
    assert_eq!(aside("boris", 1).await.as_deref(), Some("b1"));
    assert_eq!(aside("boris", 2).await, None);
    let back = Write::TakeBack(events_of("boris"), object_id(1));
    write(store, vec![back]).await;
    assert_eq!(aside("boris", 1).await, None);
    write(store, vec![Write::RemoveObject(object_id(1), Revision(2))]).await;
    assert_eq!(aside("anna", 1).await, None);
    assert_eq!(aside("anna", 2).await.as_deref(), Some("a2"));
}

/// Of a store that remembers two.
pub async fn only_the_youngest_removals_are_remembered(store: &dyn Store) {
    for n in [1, 2, 1, 3] {
        write(store, vec![Write::RemoveObject(object_id(n), Revision(9))]).await;
    }
    let mut remembered = vec![];
    for n in [1, 2, 3] {
        remembered.push(store.removed(object_id(n)).await.unwrap().is_some());
    }
    assert_eq!(remembered, [true, false, true]);
}

pub async fn a_user_is_found_by_identity_in_advanta_and_by_email(store: &dyn Store) {
    let anna = User {
        advanta: Some(UserId::new("p-anna")),
        email: Some("Anna@Example.com".into()),
        zone: Some(chrono_tz::Tz::Asia__Omsk),
        revision: Revision(3),
        ..user("anna", "anna")
    };
    let boris = user("boris", "boris");
    write(
        store,
        vec![Write::User(anna.clone()), Write::User(boris.clone())],
    )
    .await;
    let by_advanta = async |id: &str| store.user_by_advanta(&UserId::new(id)).await.unwrap();
    assert_eq!(by_advanta("p-anna").await, Some(anna.clone()));
    assert_eq!(by_advanta("anna").await, None);
    let by_email = async |email: &str| store.users_by_email(email).await.unwrap();
    assert_eq!(
        by_email("anna@example.COM").await,
        [anna.clone(), boris.clone()]
    );
    let moved = User {
        advanta: None,
        email: None,
        ..anna
    };
    write(store, vec![Write::User(moved)]).await;
    assert_eq!(by_advanta("p-anna").await, None);
    assert_eq!(by_email("anna@example.com").await, [boris]);
}

pub async fn a_user_is_written_over_only_at_the_revision_that_was_read(store: &dyn Store) {
    let anna = User {
        revision: Revision(3),
        ..user("anna", "anna")
    };
    write(store, vec![Write::User(anna)]).await;
    for (revision, holds) in [(Some(3), true), (Some(2), false), (None, false)] {
        let expect = Expect::User(UserId::new("anna"), revision.map(Revision));
        assert_eq!(
            store.commit(vec![expect], vec![]).await.is_ok(),
            holds,
            "{revision:?}"
        );
    }
    let nobody = Expect::User(UserId::new("boris"), None);
    assert!(store.commit(vec![nobody], vec![]).await.is_ok());
}

pub async fn feeds_come_oldest_first_and_by_digest(store: &dyn Store) {
    let revoked = Feed {
        revoked: Some(at(9)),
        ..feed(2, 3)
    };
    for each in [feed(1, 5), feed(2, 4), revoked.clone()] {
        write(store, vec![Write::Feed(each)]).await;
    }
    let feeds = store.feeds(&UserId::new("anna")).await.unwrap();
    assert_eq!(feeds, [revoked.clone(), feed(1, 5)]);
    let by_digest = async |text: &str| store.feed_by_digest(Digest::of(text)).await.unwrap();
    assert_eq!(by_digest("2").await, Some(revoked));
    assert_eq!(by_digest("3").await, None);
}

pub async fn commands_are_counted_and_come_in_pages(store: &dyn Store) {
    let row = || Write::Journal(journal_row("anna", 1, Outcome::Pending));
    for object in [2, 1, 2] {
        write(store, vec![row(), Write::Enqueue(command(object), 0)]).await;
    }
    let page = async |after: Option<u64>| {
        let page = store.commands(after.map(CommandId), 2).await.unwrap();
        page.iter().map(|it| it.id.0).collect::<Vec<_>>()
    };
    assert_eq!(page(None).await, [1, 2]);
    assert_eq!(page(Some(2)).await, [3]);
    for (ids, holds) in [
        (vec![1, 3], true),
        (vec![1], false),
        (vec![3, 1], false),
        (vec![], false),
    ] {
        let ids = ids.into_iter().map(CommandId).collect();
        let expect = Expect::CommandsOf(object_id(2), ids);
        assert_eq!(store.commit(vec![expect], vec![]).await.is_ok(), holds);
    }
    write(store, vec![Write::Settle(CommandId(2))]).await;
    write(store, vec![Write::Settle(CommandId(2))]).await;
    assert_eq!(store.outbox_size().await.unwrap(), 2);
}

pub async fn the_cursor_and_the_hold_are_kept_until_they_are_lifted(store: &dyn Store) {
    let cursor = Some(Cursor("после 17".into()));
    assert!(!store.belongs_to_advanta().await.unwrap());
    write(store, vec![Write::BelongsToAdvanta]).await;
    assert!(store.belongs_to_advanta().await.unwrap());
    let facts = async || {
        (
            store.advanta_cursor().await.unwrap(),
            store.held().await.unwrap(),
        )
    };
    assert_eq!(facts().await, (None, false));
    write(
        store,
        vec![Write::AdvantaCursor(cursor.clone()), Write::Hold(true)],
    )
    .await;
    assert_eq!(facts().await, (cursor, true));
    write(store, vec![Write::AdvantaCursor(None), Write::Hold(false)]).await;
    assert_eq!(facts().await, (None, false));
}

/// Whether a hook of this mark would be new.
async fn is_new(store: &dyn Store, mark: &str) -> bool {
    let expect = Expect::HookIsNew(Digest::of(mark));
    store.commit(vec![expect], vec![]).await.is_ok()
}

pub async fn a_hook_is_new_once(store: &dyn Store) {
    assert!(is_new(store, "one").await);
    let taken = Write::HookTaken(Digest::of("one"));
    write(store, vec![taken.clone(), taken]).await;
    assert!(!is_new(store, "one").await);
    assert!(is_new(store, "two").await);
}

/// Of a store that remembers two.
pub async fn only_the_youngest_hooks_are_remembered(store: &dyn Store) {
    for mark in ["one", "two", "one", "three"] {
        write(store, vec![Write::HookTaken(Digest::of(mark))]).await;
    }
    let new = [
        is_new(store, "one").await,
        is_new(store, "two").await,
        is_new(store, "three").await,
    ];
    assert_eq!(new, [true, false, false]);
}
