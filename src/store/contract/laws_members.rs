//! The version laws of collections and members.

use super::fixtures::*;
use crate::model::*;
use crate::ports::*;

pub async fn a_new_member_is_born_solid(store: &dyn Store) {
    let committed = write(
        store,
        vec![put("anna", draft(1, "a")), put("anna", draft(2, "b"))],
    )
    .await;
    assert_eq!(
        committed.members,
        [
            (events_of("anna"), name("1.ics"), ViewRevision(1)),
            (events_of("anna"), name("2.ics"), ViewRevision(2))
        ]
    );
    assert_eq!(versions(store, 2).await, (2, 2, None, 2));
    assert_eq!(
        store.collection(&events_of("anna")).await.unwrap().change.0,
        2
    );
}

pub async fn content_moves_and_remembers_the_old_base(store: &dyn Store) {
    write(store, vec![put("anna", draft(1, "a"))]).await;
    write(store, vec![bump("anna", 1, Move::Restore)]).await;
    write(store, vec![put("anna", draft(1, "b"))]).await;
    assert_eq!(versions(store, 1).await, (3, 3, None, 1));
    let member = member(store, "anna", 1).await.unwrap();
    assert_eq!(member.history, [(ViewRevision(1), base("a"))]);
    assert_eq!(
        &*member.body,
        "BEGIN:VCALENDAR\r\nX-T:b\r\nEND:VCALENDAR\r\n"
    );
    let seen = |revision| member.base_at(ViewRevision(revision)).cloned();
    assert_eq!(
        (seen(0), seen(1), seen(2), seen(3)),
        (None, Some(base("a")), Some(base("a")), Some(base("b")))
    );
}

pub async fn history_is_bounded(store: &dyn Store) {
    for title in ["a", "b", "c", "d", "e", "f"] {
        write(store, vec![put("anna", draft(1, title))]).await;
    }
    let member = member(store, "anna", 1).await.unwrap();
    assert_eq!(
        member.history,
        [
            (ViewRevision(2), base("b")),
            (ViewRevision(3), base("c")),
            (ViewRevision(4), base("d")),
            (ViewRevision(5), base("e"))
        ]
    );
}

pub async fn a_restore_moves_without_becoming_new(store: &dyn Store) {
    write(store, vec![put("anna", draft(1, "a"))]).await;
    let committed = write(
        store,
        vec![
            Write::Journal(journal_row(
                "anna",
                1,
                Outcome::Refused(Reason::ActualStart),
            )),
            Write::Bump(
                events_of("anna"),
                name("1.ics"),
                Move::Restore,
                Some(Kept::New(0)),
            ),
        ],
    )
    .await;
    assert_eq!(
        committed.members,
        [(events_of("anna"), name("1.ics"), ViewRevision(2))]
    );
    assert_eq!(versions(store, 1).await, (2, 1, Some(2), 1));
    let member = member(store, "anna", 1).await.unwrap();
    assert_eq!(member.refusal, Some(committed.journal[0]));
    assert_eq!(member.history, []);
    assert!(member.is_current(ViewRevision(1)));
}

pub async fn a_settle_moves_only_the_revision(store: &dyn Store) {
    write(store, vec![put("anna", draft(1, "a"))]).await;
    write(store, vec![bump("anna", 1, Move::Restore)]).await;
    write(store, vec![bump("anna", 1, Move::Settle)]).await;
    assert_eq!(versions(store, 1).await, (3, 1, Some(2), 1));
    // A member that is not there has nothing to move.
    let committed = write(store, vec![bump("anna", 9, Move::Settle)]).await;
    assert_eq!(committed, Committed::default());
}

pub async fn a_quiet_write_moves_nothing_but_is_told(store: &dyn Store) {
    write(store, vec![put("anna", draft(1, "a"))]).await;
    let listener = Listener::on(store);
    let mut quiet = draft(1, "a");
    quiet.mirrored = base("elsewhere");
    let committed = write(
        store,
        vec![Write::Member(events_of("anna"), quiet, Move::Stay)],
    )
    .await;
    assert_eq!(committed, Committed::default());
    assert_eq!(versions(store, 1).await, (1, 1, None, 1));
    assert_eq!(
        member(store, "anna", 1).await.unwrap().mirrored,
        base("elsewhere")
    );
    assert_eq!(
        listener.heard(),
        ["anna/advanta at 1 from 0: put 1.ics at 1"]
    );
}

pub async fn a_removed_member_leaves_a_tombstone_until_it_returns(store: &dyn Store) {
    let listener = Listener::on(store);
    write(store, vec![put("anna", draft(1, "a"))]).await;
    write(store, vec![take("anna", 1), take("anna", 1)]).await;
    assert_eq!(
        store.tombstones(&events_of("anna")).await.unwrap(),
        [Tombstone {
            name: name("1.ics"),
            revision: ViewRevision(2),
            born: ViewRevision(1)
        }]
    );
    assert_eq!(store.members(&events_of("anna")).await.unwrap(), []);
    assert_eq!(store.collections_of(object_id(1)).await.unwrap(), []);
    write(store, vec![put("anna", draft(1, "b"))]).await;
    assert_eq!(store.tombstones(&events_of("anna")).await.unwrap(), []);
    assert_eq!(versions(store, 1).await, (3, 3, None, 3));
    assert_eq!(
        listener.heard(),
        [
            "anna/advanta at 1 from 0: put 1.ics at 1",
            "anna/advanta at 2 from 0: gone 1.ics at 2 born 1",
            "anna/advanta at 3 from 0: put 1.ics at 3"
        ]
    );
}

pub async fn old_tombstones_are_forgotten_and_the_floor_rises(store: &dyn Store) {
    for n in 1..=4 {
        write(store, vec![put("anna", draft(n, "a"))]).await;
    }
    let listener = Listener::on(store);
    for n in [3, 1, 2, 4] {
        write(store, vec![take("anna", n)]).await;
    }
    let left: Vec<String> = store
        .tombstones(&events_of("anna"))
        .await
        .unwrap()
        .iter()
        .map(|tombstone| format!("{} at {}", tombstone.name, tombstone.revision))
        .collect();
    assert_eq!(left, ["2.ics at 7", "4.ics at 8"]);
    let collection = store.collection(&events_of("anna")).await.unwrap();
    assert_eq!((collection.change.0, collection.floor.0), (8, 6));
    assert_eq!(
        listener.heard(),
        [
            "anna/advanta at 5 from 0: gone 3.ics at 5 born 3",
            "anna/advanta at 6 from 0: gone 1.ics at 6 born 1",
            "anna/advanta at 7 from 5: gone 2.ics at 7 born 2",
            "anna/advanta at 8 from 6: gone 4.ics at 8 born 4"
        ]
    );
}

pub async fn a_member_is_replaced_for_another_object_only_after_its_removal(store: &dyn Store) {
    write(store, vec![put("anna", draft(1, "a"))]).await;
    let mut other = draft(2, "b");
    other.name = name("1.ics");
    let refused = store.commit(vec![], vec![put("anna", other.clone())]).await;
    assert_eq!(
        refused.unwrap_err().to_string(),
        "uid is used by 1.ics in anna/advanta"
    );
    write(store, vec![take("anna", 1), put("anna", other)]).await;
    assert_eq!(versions(store, 1).await, (3, 3, None, 3));
    assert_eq!(store.tombstones(&events_of("anna")).await.unwrap(), []);
    assert_eq!(store.collections_of(object_id(1)).await.unwrap(), []);
    assert_eq!(
        store.collections_of(object_id(2)).await.unwrap(),
        [events_of("anna")]
    );
}

pub async fn properties_draw_no_change(store: &dyn Store) {
    let listener = Listener::on(store);
    let properties = Properties {
        name: Some("Работа".into()),
        color: Some("#112233".into()),
        ..Properties::default()
    };
    write(
        store,
        vec![Write::Properties(events_of("anna"), properties.clone())],
    )
    .await;
    assert_eq!(
        store.collection(&events_of("anna")).await.unwrap(),
        Collection {
            id: events_of("anna"),
            change: ViewRevision(0),
            floor: ViewRevision(0),
            properties
        }
    );
    assert_eq!(listener.heard(), ["anna/advanta at 0 from 0: collection"]);
}

pub async fn a_settle_timer_names_the_revision_of_this_commit(store: &dyn Store) {
    write(store, vec![put("anna", draft(1, "a"))]).await;
    write(
        store,
        vec![
            Write::SettleLater(events_of("anna"), name("1.ics"), at(60)),
            bump("anna", 1, Move::Restore),
        ],
    )
    .await;
    assert_eq!(
        store.due_timers(at(60), 10).await.unwrap(),
        [Timer {
            due: at(60),
            kind: TimerKind::Settle {
                collection: events_of("anna"),
                name: name("1.ics"),
                revision: ViewRevision(2)
            }
        }]
    );
}

pub async fn a_member_is_found_by_every_key(store: &dyn Store) {
    write(
        store,
        vec![
            put("boris", draft(1, "b")),
            put("anna", draft(2, "a")),
            put("anna", draft(1, "a")),
        ],
    )
    .await;
    let anna = events_of("anna");
    let one = member(store, "anna", 1).await;
    assert_eq!(one.as_ref().unwrap().object, object_id(1));
    assert_eq!(store.member_of(&anna, object_id(1)).await.unwrap(), one);
    assert_eq!(store.member_by_uid(&anna, "uid-1").await.unwrap(), one);
    assert_eq!(store.member_of(&anna, object_id(3)).await.unwrap(), None);
    assert_eq!(store.member_by_uid(&anna, "uid-3").await.unwrap(), None);
    let names: Vec<String> = store
        .members(&anna)
        .await
        .unwrap()
        .iter()
        .map(|member| member.name.to_string())
        .collect();
    assert_eq!(names, ["1.ics", "2.ics"]);
    assert_eq!(
        store.collections_of(object_id(1)).await.unwrap(),
        [events_of("anna"), events_of("boris")]
    );
}
