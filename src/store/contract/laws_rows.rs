//! The journal, timers, the outbox, people and the mirror.

use super::fixtures::*;
use super::random::fan_out;
use crate::model::*;
use crate::ports::*;
use uuid::Uuid;

fn refused() -> Outcome {
    Outcome::Refused(Reason::NoRightToDates)
}

pub async fn the_journal_pages_backwards_and_filters(store: &dyn Store) {
    let rows = [
        ("anna", 1, Outcome::Applied),
        ("anna", 2, refused()),
        ("boris", 1, refused()),
        ("anna", 1, refused()),
    ];
    for (who, object, outcome) in rows {
        write(
            store,
            vec![Write::Journal(journal_row(who, object, outcome))],
        )
        .await;
    }
    let ids = |query: JournalQuery| async move {
        let rows = store.journal(query).await.unwrap();
        rows.iter().map(|row| row.id.0).collect::<Vec<_>>()
    };
    let all = JournalQuery {
        rows_max: 10,
        ..JournalQuery::default()
    };
    let anna = JournalQuery {
        who: Some(UserId::new("anna")),
        ..all.clone()
    };
    assert_eq!(ids(all.clone()).await, [4, 3, 2, 1]);
    assert_eq!(ids(anna.clone()).await, [4, 2, 1]);
    let first_page = JournalQuery {
        rows_max: 2,
        ..anna.clone()
    };
    let second_page = JournalQuery {
        before: Some(JournalId(2)),
        ..first_page.clone()
    };
    assert_eq!(ids(first_page).await, [4, 2]);
    assert_eq!(ids(second_page).await, [1]);
    let object = JournalQuery {
        object: Some(object_id(1)),
        ..all.clone()
    };
    assert_eq!(ids(object.clone()).await, [4, 3, 1]);
    let refusals = JournalQuery {
        outcomes: Outcomes::Refused,
        who: Some(UserId::new("anna")),
        ..object
    };
    assert_eq!(ids(refusals).await, [4]);
    assert_eq!(ids(JournalQuery::default()).await, Vec::<u64>::new());
}

/// With room for three rows.
pub async fn old_rows_of_the_journal_are_forgotten_unless_they_wait(store: &dyn Store) {
    for outcome in [
        Outcome::Pending,
        Outcome::Applied,
        refused(),
        refused(),
        refused(),
    ] {
        write(store, vec![Write::Journal(journal_row("anna", 1, outcome))]).await;
    }
    for query in [
        JournalQuery {
            rows_max: 10,
            ..JournalQuery::default()
        },
        JournalQuery {
            who: Some(UserId::new("anna")),
            rows_max: 10,
            ..JournalQuery::default()
        },
        JournalQuery {
            object: Some(object_id(1)),
            rows_max: 10,
            ..JournalQuery::default()
        },
    ] {
        let rows = store.journal(query).await.unwrap();
        assert_eq!(
            rows.iter().map(|row| row.id.0).collect::<Vec<_>>(),
            [5, 4, 3, 1]
        );
    }
}

pub async fn a_journal_row_counts_up_and_settles(store: &dyn Store) {
    let committed = write(
        store,
        vec![
            Write::Journal(journal_row("anna", 1, Outcome::Pending)),
            Write::Journal(journal_row("anna", 1, refused())),
        ],
    )
    .await;
    assert_eq!(committed.journal, [JournalId(1), JournalId(2)]);
    write(store, vec![Write::JournalAgain(JournalId(2), at(9))]).await;
    let mut settled = journal_row("anna", 1, Outcome::Applied);
    settled.id = JournalId(1);
    write(store, vec![Write::JournalSettle(settled.clone())]).await;
    let repeated = store.journal_row(JournalId(2)).await.unwrap().unwrap();
    assert_eq!(
        (repeated.count, repeated.at, repeated.last_at),
        (2, at(1), at(9))
    );
    assert_eq!(
        store.journal_row(JournalId(1)).await.unwrap(),
        Some(settled.clone())
    );
    // A row that does not exist is not made by counting or settling it.
    settled.id = JournalId(7);
    write(
        store,
        vec![
            Write::JournalSettle(settled),
            Write::JournalAgain(JournalId(8), at(9)),
        ],
    )
    .await;
    assert_eq!(store.journal_row(JournalId(7)).await.unwrap(), None);
    assert_eq!(store.journal_row(JournalId(8)).await.unwrap(), None);
}

pub async fn timers_come_soonest_first(store: &dyn Store) {
    assert_eq!(store.next_timer().await.unwrap(), None);
    for timer in [
        fan_out(30, 1),
        fan_out(10, 2),
        fan_out(20, 3),
        fan_out(-2_000_000_000, 4),
    ] {
        write(store, vec![Write::Timer(timer)]).await;
    }
    assert_eq!(
        store.due_timers(at(20), 10).await.unwrap(),
        [fan_out(-2_000_000_000, 4), fan_out(10, 2), fan_out(20, 3)]
    );
    assert_eq!(
        store.due_timers(at(20), 1).await.unwrap(),
        [fan_out(-2_000_000_000, 4)]
    );
    assert_eq!(store.due_timers(at(20), 0).await.unwrap(), []);
    write(
        store,
        vec![
            Write::TimerDone(fan_out(-2_000_000_000, 4)),
            Write::TimerDone(fan_out(10, 2)),
        ],
    )
    .await;
    assert_eq!(store.next_timer().await.unwrap(), Some(at(20)));
}

async fn enqueue(store: &dyn Store, object: u128) -> CommandId {
    let committed = write(
        store,
        vec![
            Write::Journal(journal_row("anna", object, Outcome::Pending)),
            Write::Enqueue(command(object), 0),
        ],
    )
    .await;
    committed.commands[0]
}

async fn heads(store: &dyn Store) -> Vec<u64> {
    let heads = store.command_heads(10).await.unwrap();
    heads.iter().map(|command| command.id.0).collect()
}

pub async fn commands_are_first_in_first_out_per_object(store: &dyn Store) {
    for object in [1, 2, 1, 1] {
        enqueue(store, object).await;
    }
    assert_eq!(heads(store).await, [1, 2]);
    let of_one = store.commands_of(object_id(1)).await.unwrap();
    let ids: Vec<(u64, u64)> = of_one
        .iter()
        .map(|command| (command.id.0, command.journal.0))
        .collect();
    assert_eq!(ids, [(1, 1), (3, 3), (4, 4)]);
    write(
        store,
        vec![Write::Settle(CommandId(1)), Write::Settle(CommandId(1))],
    )
    .await;
    assert_eq!(heads(store).await, [2, 3]);
    write(
        store,
        vec![Write::Settle(CommandId(3)), Write::Settle(CommandId(4))],
    )
    .await;
    assert_eq!(heads(store).await, [2]);
    // A number is never given twice.
    assert_eq!(enqueue(store, 1).await, CommandId(5));
}

pub async fn a_dead_command_blocks_its_object_only(store: &dyn Store) {
    for object in [1, 1, 2] {
        enqueue(store, object).await;
    }
    let mut dead = store.commands_of(object_id(1)).await.unwrap()[0].clone();
    dead.state = CommandState::Dead;
    write(store, vec![Write::Command(dead.clone())]).await;
    assert_eq!(heads(store).await, [3]);
    enqueue(store, 1).await;
    assert_eq!(heads(store).await, [3]);
    dead.state = CommandState::Waiting;
    write(store, vec![Write::Command(dead.clone())]).await;
    assert_eq!(heads(store).await, [1, 3]);
    write(store, vec![Write::Settle(dead.id)]).await;
    assert_eq!(heads(store).await, [2, 3]);
    // A settled command does not come back.
    write(store, vec![Write::Command(dead)]).await;
    assert_eq!(heads(store).await, [2, 3]);
}

pub async fn app_passwords_come_oldest_first(store: &dyn Store) {
    let revoked = AppPassword {
        revoked: Some(at(9)),
        ..app_password(2, "anna", 3)
    };
    for password in [
        app_password(1, "anna", 5),
        app_password(2, "anna", 4),
        app_password(3, "boris", 1),
        revoked.clone(),
    ] {
        write(store, vec![Write::AppPassword(password)]).await;
    }
    assert_eq!(
        store.app_passwords(&UserId::new("anna")).await.unwrap(),
        [revoked.clone(), app_password(1, "anna", 5)]
    );
    assert_eq!(store.app_password(revoked.id).await.unwrap(), Some(revoked));
    let nobody = AppPasswordId(Uuid::from_u128(77));
    assert_eq!(store.app_password(nobody).await.unwrap(), None);
}

pub async fn objects_come_in_pages(store: &dyn Store) {
    for n in [3, 1, 2] {
        write(store, vec![Write::Object(object(n, 1))]).await;
    }
    let page = |after: Option<u128>, objects_max| async move {
        let page = store
            .objects(after.map(object_id), objects_max)
            .await
            .unwrap();
        page.iter()
            .map(|object| object.id.0.as_u128())
            .collect::<Vec<_>>()
    };
    assert_eq!(page(None, 2).await, [1, 2]);
    assert_eq!(page(Some(2), 2).await, [3]);
    assert_eq!(page(None, 0).await, Vec::<u128>::new());
    write(store, vec![Write::RemoveObject(object_id(2), Revision(9))]).await;
    assert_eq!(page(None, 9).await, [1, 3]);
    assert_eq!(store.object(object_id(2)).await.unwrap(), None);
}

pub async fn every_record_comes_back_as_it_was(store: &dyn Store) {
    let big: String = "я".repeat(600_000);
    let mut row = journal_row("anna", 1, refused());
    row.kept_text = Some(big.clone());
    let mut large = draft(1, "a");
    large.body = big.into();
    let committed = write(
        store,
        vec![
            Write::User(user("anna", "anna")),
            Write::Object(object(1, u64::MAX)),
            Write::Journal(row.clone()),
            Write::Enqueue(command(1), 0),
            put("anna", large.clone()),
        ],
    )
    .await;
    row.id = committed.journal[0];
    let expected = Command {
        id: committed.commands[0],
        journal: row.id,
        ..command(1)
    };
    assert_eq!(
        store.user(&UserId::new("anna")).await.unwrap(),
        Some(user("anna", "anna"))
    );
    assert_eq!(store.users().await.unwrap(), [user("anna", "anna")]);
    assert_eq!(
        store.object(object_id(1)).await.unwrap(),
        Some(object(1, u64::MAX))
    );
    assert!(store.journal_row(row.id).await.unwrap() == Some(row));
    assert_eq!(store.commands_of(object_id(1)).await.unwrap(), [expected]);
    let stored = member(store, "anna", 1).await.unwrap();
    assert!(stored.body == large.body);
    assert_eq!(
        (&stored.shown, stored.overlay),
        (&large.shown, large.overlay)
    );
}
