//! Each kind of damage is planted and found.

use super::*;
use crate::model::*;
use crate::store::backup::{BackupReader, RestoreOptions};
use crate::store::contract::fixtures::*;
use crate::store::contract::laws_upkeep::{backup, furnish};
use crate::store::keys;
use crate::store::memory::MemoryStore;
use crate::store::queries;
use crate::store::records::{CollectionRow, Record, encode};
use crate::store::transaction::{COMMAND_NEXT, JOURNAL_NEXT};

type Rows = BTreeMap<Key, Vec<u8>>;

/// The rows of a furnished store.
async fn rows() -> Rows {
    let store = MemoryStore::new(Epoch::new("life"));
    furnish(&store).await;
    let (_, bytes) = backup(&store).await;
    let mut rows = Rows::new();
    let reader = BackupReader::begin(&*bytes, &RestoreOptions::default()).unwrap();
    reader
        .read(|batch| {
            rows.extend(batch.into_iter().map(|(key, value)| (key, value.unwrap())));
            Ok(())
        })
        .unwrap();
    rows
}

fn found(rows: &Rows) -> Vec<String> {
    let report = check(rows, Box::new(|_| ())).unwrap();
    let line = |finding: &Finding| format!("{}: {}", finding.table, finding.what);
    report.findings.iter().map(line).collect()
}

fn anna() -> CollectionId {
    events_of("anna")
}

fn named(table: Table, n: u128) -> Key {
    keys::named(table, &anna(), &name(&format!("{n}.ics"))).unwrap()
}

/// Reads a record, changes it and puts it back.
fn alter<R: Record>(rows: &mut Rows, key: &Key, change: impl FnOnce(&mut R)) {
    let mut record: R = queries::row(rows, key).unwrap().unwrap();
    change(&mut record);
    rows.insert(key.clone(), encode(&record).unwrap());
}

/// The only key of a table.
fn only(rows: &Rows, table: Table) -> Key {
    let keys = View::keys(rows, &table.range(), 2).unwrap();
    assert_eq!(keys.len(), 1, "{table:?}");
    keys[0].clone()
}

#[tokio::test]
async fn sound_rows_have_no_findings() {
    assert_eq!(found(&rows().await), Vec::<String>::new());
}

#[tokio::test]
async fn a_missing_row_is_found_from_what_should_lead_to_it_and_from_what_it_leads_to() {
    let sound = rows().await;
    let mut tables = BTreeSet::new();
    for key in sound.keys() {
        let table = Table::of(key).unwrap();
        // Nothing leads to these: a timer, a fact, a look, a connection, settings, and one of several objects without members.
        let alone = [
            Table::Timers,
            Table::Meta,
            Table::Notices,
            Table::Aside,
            Table::Looks,
            Table::Connections,
            Table::GoogleSettings,
        ];
        if alone.contains(&table) || *key == keys::object(object_id(3)) {
            continue;
        }
        let mut rows = sound.clone();
        rows.remove(key);
        assert_ne!(
            found(&rows),
            Vec::<String>::new(),
            "{} {}",
            table.name(),
            hex(key)
        );
        tables.insert(table.name());
    }
    assert_eq!(tables.len(), 40, "{tables:?}");
}

#[tokio::test]
async fn a_row_whose_bytes_are_damaged_is_found() {
    let sound = rows().await;
    for key in sound.keys() {
        let table = Table::of(key).unwrap();
        let is_list = sound[key].is_empty();
        // A number that was changed is a number still.
        if [Table::Meta, Table::Removed].contains(&table) || is_list {
            continue;
        }
        let mut rows = sound.clone();
        rows.get_mut(key).unwrap()[0] ^= 0x80;
        assert!(
            found(&rows)
                .iter()
                .any(|line| line.starts_with(table.name())),
            "{} {}: {:?}",
            table.name(),
            hex(key),
            found(&rows)
        );
    }
}

/// Plants a damage and compares all findings.
async fn planted(plant: impl FnOnce(&mut Rows), expected: &[&str]) {
    let mut rows = rows().await;
    plant(&mut rows);
    assert_eq!(found(&rows), expected);
}

#[tokio::test]
async fn an_index_that_leads_to_another_record_is_found() {
    let login = only(&rows().await, Table::UserByLogin);
    planted(
        |rows| {
            rows.remove(&login);
            rows.insert(
                keys::login("somebody", &UserId::new("anna")).unwrap(),
                b"anna".to_vec(),
            );
        },
        &[
            "users: it is missing in user by login",
            "user by login: it leads to another record",
        ],
    )
    .await;
    planted(
        |rows| {
            let key = keys::member_by_uid(&anna(), "uid-1").unwrap();
            rows.insert(key, b"2.ics".to_vec());
        },
        &[
            "members: member by uid leads elsewhere",
            "member by uid: it leads to another record",
        ],
    )
    .await;
}

#[tokio::test]
async fn a_record_under_the_key_of_another_is_found() {
    planted(
        |rows| {
            let one = rows[&keys::object(object_id(1))].clone();
            rows.insert(keys::object(object_id(3)), one);
        },
        &["objects: its key and its content are of different records"],
    )
    .await;
}

#[tokio::test]
async fn a_number_beyond_its_counter_is_found() {
    planted(
        |rows| {
            rows.insert(keys::meta(JOURNAL_NEXT), 3_u64.to_be_bytes().to_vec());
        },
        &["journal: it has a journal number that was never given"],
    )
    .await;
    planted(
        |rows| {
            rows.remove(&keys::meta(COMMAND_NEXT));
        },
        &["commands: it has a command number that was never given"; 3],
    )
    .await;
    planted(
        |rows| {
            rows.insert(keys::meta(COMMAND_NEXT), vec![1]);
        },
        &[
            "meta: it holds no number",
            "commands: the key is too short",
            "commands: the key is too short",
            "commands: the key is too short",
        ],
    )
    .await;
}

#[tokio::test]
async fn versions_that_cannot_be_are_found() {
    let collection = keys::collection(&anna()).unwrap();
    planted(
        |rows| {
            alter(rows, &collection, |row: &mut CollectionRow| {
                row.collection.change = ViewRevision(4);
                row.collection.floor = ViewRevision(5);
                row.tombstones = 2;
            });
        },
        &[
            "collections: its floor is beyond its change",
            "collections: its count of tombstones is wrong",
            "members: its revision is beyond its collection's change",
            "tombstones: its revision is below its collection's floor",
        ],
    )
    .await;
    planted(
        |rows| {
            alter(rows, &named(Table::Members, 2), |member: &mut Resource| {
                member.solid = ViewRevision(1);
                member.restored = Some(ViewRevision(9));
                member.history = vec![(ViewRevision(1), base("a"))];
                member.refusal = Some(JournalId(4));
            });
        },
        &[
            "members: its versions are out of order",
            "members: its last restore is out of order",
            "members: its history is out of order",
            "members: it has a journal number that was never given",
        ],
    )
    .await;
    planted(
        |rows| {
            alter(
                rows,
                &named(Table::Tombstones, 3),
                |tombstone: &mut Tombstone| {
                    tombstone.born = tombstone.revision;
                },
            );
        },
        &["tombstones: its versions are out of order"],
    )
    .await;
}

#[tokio::test]
async fn a_member_that_is_gone_as_well_is_found() {
    planted(
        |rows| {
            alter(
                rows,
                &named(Table::Tombstones, 3),
                |tombstone: &mut Tombstone| {
                    tombstone.name = name("1.ics");
                },
            );
            let moved = rows.remove(&named(Table::Tombstones, 3)).unwrap();
            rows.insert(named(Table::Tombstones, 1), moved);
            let change = keys::tombstone_by_change(&anna(), ViewRevision(4)).unwrap();
            rows.insert(change, b"1.ics".to_vec());
        },
        &["members: it has a tombstone too"],
    )
    .await;
}

#[tokio::test]
async fn a_head_that_is_not_the_next_command_is_found() {
    planted(
        |rows| {
            alter(
                rows,
                &keys::command(CommandId(1)),
                |command: &mut Command| {
                    command.state = CommandState::Dead;
                },
            );
        },
        &["command heads: its command is not the next one of its object"],
    )
    .await;
}

#[tokio::test]
async fn a_size_that_is_not_the_number_of_rows_is_found() {
    planted(
        |rows| {
            rows.insert(
                keys::meta(queries::INBOX_SIZE),
                2_u64.to_be_bytes().to_vec(),
            );
        },
        &["meta: it is not the number of rows of its table"],
    )
    .await;
}

#[tokio::test]
async fn a_wrong_number_of_links_is_found() {
    planted(
        |rows| {
            let count = keys::link_count(&SubscriptionId::new("s")).unwrap();
            rows.insert(count, 2_u64.to_be_bytes().to_vec());
        },
        &["link counts: it is not the number of links"],
    )
    .await;
}

#[tokio::test]
async fn a_link_that_is_found_by_an_event_that_it_has_not_is_found() {
    planted(
        |rows| {
            let key = keys::link(link(1, "s", 1, "r").id);
            alter(rows, &key, |link: &mut Link| link.remote = None);
        },
        &["link by remote: it leads to another record"],
    )
    .await;
}

#[tokio::test]
async fn a_subscription_that_is_over_and_holds_its_calendar_is_found() {
    planted(
        |rows| {
            let key = keys::subscription(&SubscriptionId::new("s")).unwrap();
            alter(rows, &key, |subscription: &mut Subscription| {
                subscription.state = SubscriptionState::Ending;
            });
        },
        &[
            "live subscription of user: it leads to another record",
            "subscription of calendar: it leads to another record",
        ],
    )
    .await;
}

#[tokio::test]
async fn a_look_of_nobody_or_with_a_mark_that_was_never_given_is_found() {
    planted(
        |rows| {
            let of_nobody = keys::look(&SubscriptionId::new("t"), object_id(1)).unwrap();
            rows.insert(of_nobody, 1_u64.to_be_bytes().to_vec());
            let of_the_future = keys::look(&SubscriptionId::new("s"), object_id(9)).unwrap();
            rows.insert(of_the_future, 99_u64.to_be_bytes().to_vec());
            rows.insert(vec![Table::Looks as u8, 1], vec![]);
        },
        &[
            "looks: its key names no object of a subscription",
            "looks: it has a look number that was never given",
            "looks: its subscription is not there or over",
        ],
    )
    .await;
}

#[tokio::test]
async fn a_removed_object_that_is_there_is_found() {
    planted(
        |rows| {
            rows.insert(keys::object(object_id(9)), encode(&object(9, 1)).unwrap());
        },
        &["removed objects: its object is there"],
    )
    .await;
}

#[tokio::test]
async fn a_row_of_no_table_is_found() {
    planted(
        |rows| {
            rows.insert(vec![0x7e, 1], vec![]);
        },
        &["rows: it is of no table"],
    )
    .await;
}

#[tokio::test]
async fn what_looks_wrong_only_for_a_moment_is_no_finding() {
    /// A store in which a commit becomes visible between the first look and the second.
    struct Moving(Rows, Rows);

    impl Look for Moving {
        fn passing(&self) -> &dyn View {
            &self.0
        }

        fn still(&self, look: &mut dyn FnMut(&dyn View) -> Read<()>) -> Read<()> {
            look(&self.1)
        }
    }

    let sound = rows().await;
    let mut halfway = sound.clone();
    halfway.remove(&keys::object(object_id(1)));
    halfway.remove(&keys::login("anna", &UserId::new("anna")).unwrap());
    assert_eq!(found(&halfway).len(), 2);
    let report = check(&Moving(halfway.clone(), sound.clone()), Box::new(|_| ())).unwrap();
    assert_eq!(report.findings, []);
    // And what is wrong by then is.
    let report = check(&Moving(halfway.clone(), halfway), Box::new(|_| ())).unwrap();
    assert_eq!(report.findings.len(), 2);
}

#[tokio::test]
async fn findings_name_the_key_in_hexadecimal() {
    let mut rows = rows().await;
    rows.remove(&keys::login("anna", &UserId::new("anna")).unwrap());
    let report = check(&rows, Box::new(|_| ())).unwrap();
    assert_eq!(
        report.findings,
        [Finding {
            table: "users",
            key: "10616e6e610000".into(),
            what: "it is missing in user by login".into()
        }]
    );
}
