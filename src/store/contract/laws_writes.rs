//! Conditions, uniqueness, and who hears of a commit.

use super::fixtures::*;
use crate::model::*;
use crate::ports::*;

pub async fn an_expectation_that_fails_undoes_nothing_because_nothing_was_done(store: &dyn Store) {
    let failed = store
        .commit(
            vec![
                Expect::Empty,
                Expect::Object(object_id(1), Some(Revision(1))),
            ],
            vec![
                Write::User(user("anna", "anna")),
                put("anna", draft(1, "a")),
            ],
        )
        .await;
    assert_eq!(
        failed.unwrap_err().to_string(),
        "expectation 1 did not hold"
    );
    assert_eq!(store.users().await.unwrap(), []);
    assert_eq!(
        store.collection(&events_of("anna")).await.unwrap().change.0,
        0
    );
}

pub async fn every_expectation_tells_true_from_false(store: &dyn Store) {
    let there = || name("1.ics");
    let holds = |expect: Expect| async move { store.commit(vec![expect], vec![]).await.is_ok() };
    assert!(holds(Expect::Empty).await);
    assert!(holds(Expect::Object(object_id(1), None)).await);
    assert!(holds(Expect::Member(events_of("anna"), there(), None)).await);
    assert!(holds(Expect::NoMemberOf(events_of("anna"), object_id(1))).await);
    assert!(!holds(Expect::Command(CommandId(1))).await);
    write(
        store,
        vec![
            Write::User(user("anna", "anna")),
            Write::Object(object(1, 7)),
            put("anna", draft(1, "a")),
            Write::Journal(journal_row("anna", 1, Outcome::Pending)),
            Write::Enqueue(command(1), 0),
        ],
    )
    .await;
    assert!(!holds(Expect::Empty).await);
    assert!(!holds(Expect::Object(object_id(1), None)).await);
    assert!(!holds(Expect::Object(object_id(1), Some(Revision(6)))).await);
    assert!(holds(Expect::Object(object_id(1), Some(Revision(7)))).await);
    assert!(!holds(Expect::Member(events_of("anna"), there(), None)).await);
    assert!(
        !holds(Expect::Member(
            events_of("anna"),
            there(),
            Some(ViewRevision(2))
        ))
        .await
    );
    assert!(
        holds(Expect::Member(
            events_of("anna"),
            there(),
            Some(ViewRevision(1))
        ))
        .await
    );
    assert!(!holds(Expect::NoMemberOf(events_of("anna"), object_id(1))).await);
    assert!(holds(Expect::NoMemberOf(events_of("boris"), object_id(1))).await);
    assert!(holds(Expect::Command(CommandId(1))).await);
}

pub async fn a_login_belongs_to_one_user(store: &dyn Store) {
    write(store, vec![Write::User(user("u1", "anna"))]).await;
    let taken = store
        .commit(vec![], vec![Write::User(user("u2", "anna"))])
        .await;
    assert_eq!(taken.unwrap_err().to_string(), "login is used by user u1");
    write(store, vec![Write::User(user("u1", "anna.new"))]).await;
    write(store, vec![Write::User(user("u2", "anna"))]).await;
    let found = |login: &'static str| async move {
        let found = store.user_by_login(login).await.unwrap();
        found.map(|user| user.id.as_str().to_owned())
    };
    assert_eq!(found("anna").await.as_deref(), Some("u2"));
    assert_eq!(found("anna.new").await.as_deref(), Some("u1"));
    assert_eq!(found("nobody").await, None);
}

pub async fn a_login_is_found_and_taken_whatever_its_case_and_the_blanks_around_it(
    store: &dyn Store,
) {
    write(store, vec![Write::User(user("u1", "Anna.Ёлкина"))]).await;
    for spelled in ["Anna.Ёлкина", "anna.ёлкина", " ANNA.ЁЛКИНА\t"] {
        let found = store.user_by_login(spelled).await.unwrap();
        assert_eq!(found, Some(user("u1", "Anna.Ёлкина")), "{spelled}");
        let taken = store
            .commit(vec![], vec![Write::User(user("u2", spelled))])
            .await;
        assert_eq!(taken.unwrap_err().to_string(), "login is used by user u1");
    }
    // One's own may change its case.
    write(store, vec![Write::User(user("u1", "anna.ёлкина"))]).await;
    let all = store.users_by_login("ANNA.ЁЛКИНА").await.unwrap();
    assert_eq!(all, [user("u1", "anna.ёлкина")]);
}

pub async fn an_app_password_is_found_by_its_digest_alone(store: &dyn Store) {
    let by = async |n| {
        let found = store.app_password_by_digest(secret(n).digest());
        found.await.unwrap().map(|found| found.id)
    };
    let password = app_password(1, "anna", 0);
    write(store, vec![Write::AppPassword(password.clone())]).await;
    assert_eq!((by(1).await, by(2).await), (Some(password.id), None));
    let changed = AppPassword {
        hash: PasswordHash::Digest(secret(2).digest()),
        ..password.clone()
    };
    write(store, vec![Write::AppPassword(changed)]).await;
    assert_eq!((by(1).await, by(2).await), (None, Some(password.id)));
}

pub async fn only_a_live_old_hash_is_replaced_by_a_digest(store: &dyn Store) {
    let old = |n, revoked| AppPassword {
        hash: PasswordHash::Old("$argon2id$old".into()),
        revoked,
        ..app_password(n, "anna", 0)
    };
    let chosen = AppPassword {
        hash: PasswordHash::Chosen("$argon2id$chosen".into()),
        ..app_password(3, "anna", 0)
    };
    let before = [old(1, None), old(2, Some(at(1))), chosen];
    write(store, before.clone().map(Write::AppPassword).into()).await;
    for n in 1..=4 {
        let id = AppPasswordId(uuid::Uuid::from_u128(n));
        write(store, vec![Write::Rehash(id, secret(n).digest())]).await;
    }
    let [_, revoked, chosen] = before;
    let after = store.app_passwords(&UserId::new("anna")).await.unwrap();
    assert_eq!(after, [app_password(1, "anna", 0), revoked, chosen]);
    let found = store.app_password_by_digest(secret(1).digest()).await;
    assert_eq!(found.unwrap(), Some(app_password(1, "anna", 0)));
}

pub async fn a_uid_belongs_to_one_member_of_a_collection(store: &dyn Store) {
    write(store, vec![put("anna", draft(1, "a"))]).await;
    let mut same_uid = draft(2, "b");
    same_uid.uid = "uid-1".into();
    let taken = store
        .commit(vec![], vec![put("anna", same_uid.clone())])
        .await;
    assert_eq!(
        taken.unwrap_err().to_string(),
        "uid is used by 1.ics in anna/advanta"
    );
    // Another user's collection has UIDs of its own, and a removed member gives its UID back.
    write(store, vec![put("boris", same_uid.clone())]).await;
    write(store, vec![take("anna", 1), put("anna", same_uid)]).await;
    let found = store
        .member_by_uid(&events_of("anna"), "uid-1")
        .await
        .unwrap();
    assert_eq!(found.unwrap().name, name("2.ics"));
    // So does a member whose text has a new one.
    let mut renamed = draft(2, "b");
    renamed.uid = "uid-3".into();
    write(store, vec![put("anna", renamed)]).await;
    assert_eq!(
        store
            .member_by_uid(&events_of("anna"), "uid-1")
            .await
            .unwrap(),
        None
    );
}

pub async fn an_object_has_one_member_in_a_collection(store: &dyn Store) {
    write(store, vec![put("anna", draft(1, "a"))]).await;
    let mut second = draft(2, "b");
    second.object = object_id(1);
    let taken = store.commit(vec![], vec![put("anna", second)]).await;
    assert_eq!(
        taken.unwrap_err().to_string(),
        "uid is used by 1.ics in anna/advanta"
    );
}

pub async fn a_link_is_unique_both_ways(store: &dyn Store) {
    write(store, vec![Write::Link(link(1, "s", 10, "r1"))]).await;
    let uid_of_first = Link {
        remote_uid: Some("r1@example.com".into()),
        ..link(2, "s", 11, "r2")
    };
    for other in [link(2, "s", 10, "r2"), link(2, "s", 11, "r1"), uid_of_first] {
        let taken = store.commit(vec![], vec![Write::Link(other)]).await;
        assert_eq!(
            taken.unwrap_err().to_string(),
            "object or event is already linked by 00000000-0000-0000-0000-000000000001"
        );
    }
    write(store, vec![Write::Link(link(2, "another", 10, "r1"))]).await;
    // Replacing a link frees what it held.
    write(store, vec![Write::Link(link(1, "s", 11, "r2"))]).await;
    write(store, vec![Write::Link(link(3, "s", 10, "r1"))]).await;
    let s = SubscriptionId::new("s");
    let by_object = store.link_of_object(&s, object_id(10)).await.unwrap();
    let by_remote = store
        .link_of_remote(&s, &RemoteId("r2".into()))
        .await
        .unwrap();
    assert_eq!(by_object, Some(link(3, "s", 10, "r1")));
    assert_eq!(by_remote, Some(link(1, "s", 11, "r2")));
    write(store, vec![Write::RemoveLink(link(1, "s", 0, "").id)]).await;
    assert_eq!(store.link(link(1, "s", 0, "").id).await.unwrap(), None);
    assert_eq!(store.link_of_object(&s, object_id(11)).await.unwrap(), None);
}

pub async fn a_failed_write_leaves_no_trace_of_the_earlier_ones(store: &dyn Store) {
    let listener = Listener::on(store);
    write(store, vec![put("anna", draft(1, "a"))]).await;
    let mut clash = draft(2, "b");
    clash.uid = "uid-1".into();
    let writes = vec![
        Write::Journal(journal_row("anna", 1, Outcome::Pending)),
        put("anna", draft(3, "c")),
        put("anna", clash),
    ];
    assert!(store.commit(vec![], writes).await.is_err());
    assert_eq!(member(store, "anna", 3).await, None);
    let next = write(
        store,
        vec![
            Write::Journal(journal_row("anna", 1, Outcome::Pending)),
            put("anna", draft(4, "d")),
        ],
    )
    .await;
    assert_eq!(next.journal, [JournalId(1)]);
    assert_eq!(
        next.members,
        [(events_of("anna"), name("4.ics"), ViewRevision(2))]
    );
    assert_eq!(
        listener.heard(),
        [
            "anna/advanta at 1 from 0: put 1.ics at 1",
            "anna/advanta at 2 from 0: put 4.ics at 2"
        ]
    );
}

pub async fn the_sink_hears_commits_in_order_before_the_committer(store: &dyn Store) {
    let listener = Listener::on(store);
    for round in 1..=20 {
        write(
            store,
            vec![put("anna", draft(1, "a")), put("boris", draft(1, "a"))],
        )
        .await;
        assert_eq!(listener.heard().len(), 2 * round);
    }
    let anna: Vec<String> = listener
        .heard()
        .into_iter()
        .filter(|line| line.starts_with("anna"))
        .collect();
    let expected: Vec<String> = (1..=20)
        .map(|n| format!("anna/advanta at {n} from 0: put 1.ics at {n}"))
        .collect();
    assert_eq!(anna, expected);
}

pub async fn a_commit_after_close_is_refused(store: &dyn Store) {
    write(store, vec![put("anna", draft(1, "a"))]).await;
    store.close().await.unwrap();
    let late = store.commit(vec![], vec![put("anna", draft(2, "b"))]).await;
    assert!(matches!(late, Err(CommitError::Store(StoreError::Closed))));
}
