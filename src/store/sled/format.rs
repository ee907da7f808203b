//! Which format the rows have, and how an older one becomes the present one.

use super::OpenError;
use crate::ports::StoreError;
use crate::store::keys;
use crate::store::kv::{Batch, Order, View, scan};
use crate::store::queries;
use crate::store::records::encode;
use crate::store::tables::{self, Table};

/// The format that this program writes.
pub(in crate::store) const FORMAT: u64 = 6;

/// Name of the format in the meta table.
const NAME: &str = "format";

/// One step from a format to the next.
pub(super) struct Migration {
    /// The format it starts from; it ends at the next.
    pub from: u64,
    /// The rows to change.
    pub run: fn(&dyn View) -> Result<Batch, StoreError>,
}

/// Every step there is.
pub(super) const MIGRATIONS: &[Migration] = &[
    Migration {
        from: 1,
        run: count_and_index,
    },
    Migration {
        from: 2,
        run: know_subscriptions,
    },
    Migration {
        from: 3,
        run: know_channels,
    },
    Migration {
        from: 4,
        run: count_used,
    },
    Migration {
        from: 5,
        run: forget_case,
    },
];

/// Format 2 counts the commands and finds users by e-mail.
fn count_and_index(view: &dyn View) -> Result<Batch, StoreError> {
    let mut batch = Batch::new();
    for user in queries::users(view)? {
        if let Some(email) = &user.email {
            let key = keys::users_by_email(email).text(user.id.as_str())?.done();
            batch.insert(key, Some(user.id.as_str().into()));
        }
    }
    let commands = queries::commands(view, None, usize::MAX)?.len() as u64;
    let key = keys::meta(queries::OUTBOX_SIZE);
    batch.insert(key, Some(commands.to_be_bytes().into()));
    Ok(batch)
}

/// Format 3 knows subscriptions and other links. Nothing ever wrote any before; only an older program must not meet them.
fn know_subscriptions(_: &dyn View) -> Result<Batch, StoreError> {
    Ok(Batch::new())
}

/// Format 4 knows channels, connections and the settings of integrations. Only an older program must not meet them.
fn know_channels(_: &dyn View) -> Result<Batch, StoreError> {
    Ok(Batch::new())
}

/// Format 5 counts what each person has stored.
fn count_used(view: &dyn View) -> Result<Batch, StoreError> {
    let counted = queries::count_everybody(view)?.into_iter();
    counted
        .map(|(user, used)| Ok((keys::used(&user)?, Some(encode(&used)?))))
        .collect()
}

/// Format 6 finds users by login whatever its case, and knows digests of app passwords. Two logins that differ by case only stay, each
/// found by its exact spelling.
fn forget_case(view: &dyn View) -> Result<Batch, StoreError> {
    let mut batch = Batch::new();
    scan(view, Table::UserByLogin.range(), Order::Ascending, |row| {
        batch.insert(row.0, None);
        Ok(true)
    })?;
    for user in queries::users(view)? {
        let key = keys::login(&user.login, &user.id)?;
        batch.insert(key, Some(user.id.as_str().into()));
    }
    Ok(batch)
}

/// The row that says a format.
pub(super) fn row(format: u64) -> (Vec<u8>, Option<Vec<u8>>) {
    (keys::meta(NAME), Some(format.to_be_bytes().to_vec()))
}

/// The format of the rows; `None` when they are new.
pub(super) fn read(view: &dyn View) -> Result<Option<u64>, StoreError> {
    let bytes = view.get(&keys::meta(NAME))?;
    bytes
        .map(|bytes| tables::last_number(Table::Meta, &bytes))
        .transpose()
}

/// Refuses the format of a newer program.
pub(super) fn check(found: u64, known: u64) -> Result<(), OpenError> {
    if found > known {
        return Err(OpenError::NewerFormat { found, known });
    }
    Ok(())
}

/// The batches that lead from one format to another, each with its format row, so that a step is made whole or not at all.
/// `apply` makes one visible before the next is asked for.
pub(super) fn migrate(
    view: &dyn View,
    (from, to): (u64, u64),
    steps: &[Migration],
    mut apply: impl FnMut(Batch) -> Result<(), StoreError>,
) -> Result<(), OpenError> {
    check(from, to)?;
    for present in from..to {
        let step = steps
            .iter()
            .find(|step| step.from == present)
            .ok_or(OpenError::NoMigration { from: present })?;
        let mut batch = (step.run)(view)?;
        batch.extend([row(present + 1)]);
        apply(batch)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UserId;
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    /// Rows that a migration reads while they change.
    struct Shared<'a>(&'a RefCell<BTreeMap<Vec<u8>, Vec<u8>>>);

    impl View for Shared<'_> {
        fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
            Ok(self.0.borrow().get(key).cloned())
        }

        fn range(
            &self,
            range: &crate::store::kv::KeyRange,
            order: crate::store::kv::Order,
            rows_max: usize,
        ) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError> {
            View::range(&*self.0.borrow(), range, order, rows_max)
        }
    }

    fn double(view: &dyn View) -> Result<Batch, StoreError> {
        let value = view.get(b"x")?.unwrap_or_default();
        Ok([(b"x".to_vec(), Some(value.repeat(2)))].into())
    }

    const STEPS: &[Migration] = &[
        Migration {
            from: 7,
            run: double,
        },
        Migration {
            from: 8,
            run: double,
        },
    ];

    fn migrated(from: u64, to: u64) -> Result<(String, Option<u64>), String> {
        let rows = RefCell::new(BTreeMap::from([(b"x".to_vec(), b"ab".to_vec())]));
        let view = Shared(&rows);
        migrate(&view, (from, to), STEPS, |batch| {
            for (key, value) in batch {
                rows.borrow_mut().insert(key, value.unwrap());
            }
            Ok(())
        })
        .map_err(|error| error.to_string())?;
        let x = String::from_utf8(rows.borrow()[b"x".as_slice()].clone()).unwrap();
        Ok((x, read(&view).unwrap()))
    }

    #[test]
    fn each_step_is_made_once_and_noted() {
        assert_eq!(migrated(7, 9), Ok(("abababab".into(), Some(9))));
        assert_eq!(migrated(8, 9), Ok(("abab".into(), Some(9))));
        assert_eq!(migrated(9, 9), Ok(("ab".into(), None)));
    }

    #[test]
    fn a_store_of_every_older_format_becomes_one_of_the_present() {
        for from in 1..FORMAT {
            let rows = RefCell::new(BTreeMap::new());
            migrate(&Shared(&rows), (from, FORMAT), MIGRATIONS, |batch| {
                for (key, value) in batch {
                    rows.borrow_mut().insert(key, value.unwrap());
                }
                Ok(())
            })
            .unwrap();
            assert_eq!(read(&Shared(&rows)).unwrap(), Some(FORMAT), "from {from}");
        }
    }

    #[test]
    fn two_logins_that_differ_by_case_only_stay_each_found_as_it_is_spelled() {
        let user = |id: &str, login: &str| crate::store::contract::fixtures::user(id, login);
        let mut before = BTreeMap::new();
        for (id, login) in [("u1", "anna"), ("u2", "Anna"), ("u3", "Boris")] {
            let bytes = encode(&user(id, login)).unwrap();
            before.insert(keys::user(&UserId::new(id)).unwrap(), bytes);
            // As format 5 kept it.
            let key = Table::UserByLogin.key().digest(login).done();
            before.insert(key, id.as_bytes().to_vec());
        }
        let rows = RefCell::new(before);
        let batch = forget_case(&Shared(&rows)).unwrap();
        for (key, value) in batch {
            match value {
                Some(value) => rows.borrow_mut().insert(key, value),
                None => rows.borrow_mut().remove(&key),
            };
        }
        let rows = rows.into_inner();
        let found = |login: &str| {
            let found = queries::user_by_login(&rows, login).unwrap();
            found.map(|user| user.id.as_str().to_owned())
        };
        assert_eq!(found("anna").as_deref(), Some("u1"));
        assert_eq!(found("Anna").as_deref(), Some("u2"));
        assert_eq!(found("ANNA"), None);
        assert_eq!(found("boris").as_deref(), Some("u3"));
        let index = rows
            .keys()
            .filter(|key| Table::of(key) == Some(Table::UserByLogin));
        assert_eq!(index.count(), 3);
    }

    #[test]
    fn a_newer_format_and_a_missing_step_are_named() {
        assert_eq!(
            migrated(10, 9),
            Err("the store has format 10, and this program knows up to 9".into())
        );
        assert_eq!(
            migrated(6, 9),
            Err("the store has format 6, which this program can no longer read".into())
        );
    }
}
