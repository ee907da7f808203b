//! What a person has stored, and how long the journal is.

use super::fixtures::*;
use super::laws_upkeep::findings;
use crate::model::{
    JournalId, JournalRow, Outcome, Overlay, Quota, Reason, Used, UserId, ViewRevision,
};
use crate::ports::{CommitError, Expect, JournalQuery, ResourceDraft, Store, Write};

fn authored(n: u128, text: &str) -> ResourceDraft {
    ResourceDraft {
        body: text.into(),
        overlay: Some(Overlay { authored: true }),
        ..draft(n, "title")
    }
}

async fn used(store: &dyn Store, user: &str) -> (u64, u64) {
    let Used { bytes, resources } = store.used(&UserId::new(user)).await.unwrap();
    (bytes, resources)
}

/// Members of objects that are not there would be findings of another kind.
async fn furnish_objects(store: &dyn Store) {
    write(store, (1..6).map(|n| Write::Object(object(n, 1))).collect()).await;
}

pub async fn own_texts_count_and_what_came_from_elsewhere_does_not(store: &dyn Store) {
    furnish_objects(store).await;
    let theirs = ResourceDraft {
        overlay: None,
        ..draft(1, "from ADVANTA")
    };
    write(store, vec![put("anna", theirs)]).await;
    assert_eq!(used(store, "anna").await, (0, 0));
    let own = [authored(2, "12345"), authored(3, "1234567")];
    write(store, own.map(|own| put("anna", own)).into()).await;
    assert_eq!(used(store, "anna").await, (12, 2));
    assert_eq!(used(store, "boris").await, (0, 0));
    write(store, vec![put("anna", authored(2, "1"))]).await;
    assert_eq!(used(store, "anna").await, (8, 2));
    write(store, vec![bump("anna", 2, crate::ports::Move::Restore)]).await;
    assert_eq!(used(store, "anna").await, (8, 2));
    write(store, vec![take("anna", 3), take("anna", 3)]).await;
    assert_eq!(used(store, "anna").await, (1, 1));
    assert_eq!(findings(store).await, Vec::<String>::new());
}

pub async fn a_commit_beyond_the_quota_is_refused_whole(store: &dyn Store) {
    furnish_objects(store).await;
    let quota = Quota {
        bytes_max: 10,
        resources_max: 2,
    };
    let within = || vec![Expect::WithinQuota(UserId::new("anna"), quota)];
    let commit = async |writes| store.commit(within(), writes).await.map(|_| ());
    let exceeded = |done| matches!(done, Err(CommitError::QuotaExceeded));
    assert!(
        commit(vec![put("anna", authored(1, "12345"))])
            .await
            .is_ok()
    );
    let both = vec![
        put("anna", authored(1, "1")),
        put("anna", authored(2, "1234567890")),
    ];
    assert!(exceeded(commit(both).await));
    assert_eq!(used(store, "anna").await, (5, 1));
    // Only the state after all writes counts, and only what is the person's own.
    let swap = vec![
        put("anna", authored(2, "1234567890")),
        take("anna", 1),
        put("boris", authored(2, "1234567890123")),
    ];
    assert!(commit(swap).await.is_ok());
    assert_eq!(used(store, "anna").await, (10, 1));
    assert!(exceeded(commit(vec![put("anna", authored(3, "1"))]).await));
    // Who is over the quota already may make it less.
    write(store, vec![put("anna", authored(2, "123456789012345"))]).await;
    assert!(
        commit(vec![put("anna", authored(2, "12345678901234"))])
            .await
            .is_ok()
    );
    assert!(exceeded(
        commit(vec![put("anna", authored(2, "123456789012345"))]).await
    ));
    let small = vec![put("anna", authored(2, "1")), put("anna", authored(3, "1"))];
    assert!(commit(small).await.is_ok());
    assert!(exceeded(commit(vec![put("anna", authored(4, "1"))]).await));
    let member = member(store, "anna", 2).await.unwrap();
    assert_eq!(member.revision, ViewRevision(6));
}

fn refused(who: &str, text: Option<&str>, day: i64) -> JournalRow {
    JournalRow {
        kept_text: text.map(str::to_owned),
        at: at(day * 86_400),
        last_at: at(day * 86_400),
        ..journal_row(who, 1, Outcome::Refused(Reason::Authority))
    }
}

async fn rows(store: &dyn Store, who: &str) -> Vec<u64> {
    let query = JournalQuery {
        who: Some(UserId::new(who)),
        rows_max: 100,
        ..JournalQuery::default()
    };
    let rows = store.journal(query).await.unwrap();
    rows.iter().map(|row| row.id.0).collect()
}

pub async fn a_kept_text_counts_until_it_goes(store: &dyn Store) {
    let row = refused("anna", None, 1);
    let committed = write(store, vec![Write::Journal(row.clone())]).await;
    assert_eq!(used(store, "anna").await, (0, 0));
    let settled = JournalRow {
        id: committed.journal[0],
        kept_text: Some("twelve bytes".into()),
        ..row.clone()
    };
    write(store, vec![Write::JournalSettle(settled)]).await;
    assert_eq!(used(store, "anna").await, (12, 0));
    let settled = JournalRow {
        id: committed.journal[0],
        ..row
    };
    write(store, vec![Write::JournalSettle(settled)]).await;
    assert_eq!(used(store, "anna").await, (0, 0));
    assert_eq!(findings(store).await, Vec::<String>::new());
}

/// With room for three rows of each person.
pub async fn each_person_has_a_journal_of_their_own_length(store: &dyn Store) {
    let row = |who, text| Write::Journal(refused(who, text, 1));
    write(
        store,
        vec![row("boris", Some("the only copy")), row("boris", None)],
    )
    .await;
    for _ in 0..40 {
        write(store, vec![row("anna", None), row("anna", None)]).await;
    }
    assert_eq!(rows(store, "anna").await, [82, 81, 80]);
    assert_eq!(rows(store, "boris").await, [2, 1]);
    for _ in 0..5 {
        write(store, vec![row("boris", None)]).await;
    }
    // The text outlives the number of its row.
    assert_eq!(rows(store, "boris").await, [87, 86, 85, 1]);
    // A row that is decided late is as old as it is.
    write(
        store,
        vec![Write::Journal(journal_row("boris", 1, Outcome::Pending))],
    )
    .await;
    for _ in 0..5 {
        write(store, vec![row("boris", None)]).await;
    }
    assert_eq!(rows(store, "boris").await, [93, 92, 91, 88, 1]);
    let settled = JournalRow {
        id: JournalId(88),
        ..refused("boris", None, 1)
    };
    write(store, vec![Write::JournalSettle(settled)]).await;
    write(store, vec![row("boris", None)]).await;
    assert_eq!(rows(store, "boris").await, [94, 93, 92, 1]);
    assert_eq!(findings(store).await, Vec::<String>::new());
}

/// With room for three rows of each person.
pub async fn rows_that_do_not_count_hide_none_that_do(store: &dyn Store) {
    let kept = Write::Journal(refused("anna", Some("the only copy"), 1));
    let waits = Write::Journal(journal_row("boris", 1, Outcome::Pending));
    write(store, vec![kept; 300]).await;
    write(store, vec![waits; 300]).await;
    for _ in 0..4 {
        write(store, vec![Write::Journal(refused("anna", None, 1))]).await;
    }
    for _ in 0..4 {
        write(store, vec![Write::Journal(refused("boris", None, 1))]).await;
    }
    // The fourth looks through 256 rows and stops; the next one goes on.
    assert_eq!(rows(store, "anna").await[..5], [604, 603, 602, 601, 300]);
    assert_eq!(rows(store, "boris").await[..5], [608, 607, 606, 605, 600]);
    write(store, vec![Write::Journal(refused("anna", None, 1))]).await;
    write(store, vec![Write::Journal(refused("boris", None, 1))]).await;
    assert_eq!(rows(store, "anna").await[..4], [609, 604, 603, 300]);
    assert_eq!(rows(store, "boris").await[..4], [610, 608, 607, 600]);
    assert_eq!(used(store, "anna").await, (300 * 13, 0));
    assert_eq!(findings(store).await, Vec::<String>::new());
}

/// With ten days for each row.
pub async fn rows_of_the_journal_go_by_age(store: &dyn Store) {
    for day in 0..5 {
        write(
            store,
            vec![Write::Journal(refused("boris", Some("copy"), day))],
        )
        .await;
    }
    let waits = JournalRow {
        at: at(0),
        last_at: at(0),
        ..journal_row("boris", 1, Outcome::Pending)
    };
    write(store, vec![Write::Journal(waits)]).await;
    write(
        store,
        vec![Write::JournalAgain(JournalId(3), at(9 * 86_400))],
    )
    .await;
    // Each new row of anybody looks at a few of the oldest.
    for _ in 0..4 {
        write(store, vec![Write::Journal(refused("anna", None, 13))]).await;
    }
    // The third was repeated later, the fifth is young enough, the sixth waits.
    assert_eq!(rows(store, "boris").await, [6, 5, 4, 3]);
    assert_eq!(used(store, "boris").await, (12, 0));
    for _ in 0..6 {
        write(store, vec![Write::Journal(refused("anna", None, 40))]).await;
    }
    assert_eq!(rows(store, "boris").await, [6]);
    assert_eq!(rows(store, "anna").await.len(), 6);
    assert_eq!(used(store, "boris").await, (0, 0));
    assert_eq!(findings(store).await, Vec::<String>::new());
}
