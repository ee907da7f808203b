//! One row and what must be true of it.

use super::{connect, members, people, sync, work};
use crate::model::ObjectId;
use crate::ports::StoreError;
use crate::store::keys;
use crate::store::kv::{Key, KeyRange, PAGE_ROWS, View};
use crate::store::queries::{self, Read};
use crate::store::records::{Record, decode};
use crate::store::tables::{self, Table};
use crate::store::transaction::{
    COMMAND_NEXT, JOURNAL_NEXT, JOURNAL_SWEPT, LOOK_NEXT, NOTICE_NEXT, REMOVED_NEXT,
};
use std::collections::BTreeSet;

/// A row that is looked at.
pub(super) struct Row<'a> {
    pub view: &'a dyn View,
    pub key: &'a [u8],
    pub value: &'a [u8],
    /// Objects whose members may outlive them for a while.
    pub fanning_out: &'a BTreeSet<ObjectId>,
    wrong: Vec<String>,
}

impl<'a> Row<'a> {
    /// Everything that is wrong with a row.
    pub(super) fn look(
        view: &'a dyn View,
        key: &'a [u8],
        value: &'a [u8],
        fanning_out: &'a BTreeSet<ObjectId>,
    ) -> Read<Vec<String>> {
        let mut row = Self {
            view,
            key,
            value,
            fanning_out,
            wrong: Vec::new(),
        };
        match row.look_by_table() {
            Err(StoreError::Damaged { why, .. }) => row.wrong.push(why),
            Err(error) => return Err(error),
            Ok(()) => {}
        }
        Ok(row.wrong)
    }

    fn look_by_table(&mut self) -> Read<()> {
        let Some(table) = Table::of(self.key) else {
            self.must(false, "it is of no table");
            return Ok(());
        };
        match table {
            Table::Rows => Ok(()),
            Table::Meta => self.meta(),
            Table::Users => people::user(self),
            Table::UserByLogin => people::login(self),
            Table::AppPasswords => people::app_password(self),
            Table::AppPasswordsOf => people::app_password_of(self),
            Table::AppPasswordByDigest => people::app_password_by_digest(self),
            Table::UserByAdvanta => people::user_by_advanta(self),
            Table::Used => people::used(self),
            Table::UsersByEmail => people::user_by_email(self),
            Table::Feeds => people::feed(self),
            Table::FeedsOf | Table::FeedByDigest => people::feed_by(self, table),
            Table::Objects => work::object(self),
            Table::Removed => work::removed(self),
            Table::RemovedInOrder => work::removed_in_order(self),
            Table::Collections => members::collection(self),
            Table::Members => members::member(self),
            Table::MemberByUid | Table::MemberByObject => members::member_by(self, table),
            Table::Tombstones => members::tombstone(self),
            Table::TombstoneByChange => members::tombstone_by_change(self),
            Table::CollectionsOf => members::collection_of(self),
            Table::Aside => members::aside(self),
            Table::Journal => people::journal(self),
            Table::JournalOfUser | Table::JournalOfObject => people::journal_of(self, table),
            Table::Timers => work::timer(self),
            Table::Commands => work::command(self),
            Table::CommandsOf => work::command_of(self),
            Table::CommandHeads => work::command_head(self),
            Table::Notices => work::notice(self),
            Table::HooksTaken => work::hook_taken(self),
            Table::HooksInOrder => work::hook_in_order(self),
            Table::Links => sync::link(self),
            Table::LinkByObject | Table::LinkByRemote | Table::LinkByUid => {
                sync::link_by(self, table)
            }
            Table::LinkCounts => sync::link_count(self),
            Table::Subscriptions => sync::subscription(self),
            Table::SubscriptionOf | Table::LiveSubscriptionOf | Table::SubscriptionOfCalendar => {
                sync::subscription_by(self, table)
            }
            Table::Looks => sync::look(self),
            Table::Channels => connect::channel(self),
            Table::ChannelsOf => connect::channel_of(self),
            Table::Connections => connect::connection(self),
            Table::GoogleSettings => connect::google_settings(self),
        }
    }

    /// Facts whose names are known; others belong to the engine.
    fn meta(&mut self) -> Read<()> {
        let key = self.key;
        let is = |name: &str| key == keys::meta(name);
        let numbers = [
            JOURNAL_NEXT,
            JOURNAL_SWEPT,
            COMMAND_NEXT,
            NOTICE_NEXT,
            REMOVED_NEXT,
            LOOK_NEXT,
            queries::RENDERED,
            queries::INBOX_SIZE,
            queries::OUTBOX_SIZE,
            queries::LIVE_SUBSCRIPTIONS,
        ];
        let is_number = numbers.into_iter().any(is);
        let is_text = is(queries::ADVANTA_CURSOR);
        let counted = [
            (queries::INBOX_SIZE, Table::Notices),
            (queries::OUTBOX_SIZE, Table::Commands),
            (queries::LIVE_SUBSCRIPTIONS, Table::LiveSubscriptionOf),
        ];
        for (name, table) in counted {
            if is(name) && self.value.len() == size_of::<u64>() {
                self.must_count(table)?;
            }
        }
        self.must(
            !is_number || self.value.len() == size_of::<u64>(),
            "it holds no number",
        );
        self.must(
            !is_text || std::str::from_utf8(self.value).is_ok(),
            "it holds no text",
        );
        Ok(())
    }

    /// A size must be that of its table.
    fn must_count(&mut self, table: Table) -> Read<()> {
        let rows = self.count(table.range())?;
        let holds = tables::last_number(Table::Meta, self.value)? == rows;
        self.must(holds, "it is not the number of rows of its table");
        Ok(())
    }

    /// How many rows a range has.
    pub(super) fn count(&self, mut range: KeyRange) -> Read<u64> {
        let mut rows = 0;
        loop {
            let page = self.view.keys(&range, PAGE_ROWS)?;
            rows += page.len() as u64;
            match page.last() {
                Some(edge) if page.len() == PAGE_ROWS => range = range.after(edge),
                Some(_) | None => return Ok(rows),
            }
        }
    }

    /// Notes what is wrong unless it holds.
    pub(super) fn must(&mut self, holds: bool, what: &str) {
        if !holds {
            self.wrong.push(what.into());
        }
    }

    /// The record in it, which must lie under the key that its content says.
    pub(super) fn record<R: Record>(&self) -> Read<R> {
        decode(self.key, self.value)
    }

    /// What the content says of the key.
    pub(super) fn must_lie_at(&mut self, key: &[u8]) {
        self.must(
            self.key == key,
            "its key and its content are of different records",
        );
    }

    /// An index must lead here.
    pub(super) fn must_be_listed(&mut self, index: Table, key: &Key, value: &[u8]) -> Read<()> {
        match self.view.get(key)? {
            None => self
                .wrong
                .push(format!("it is missing in {}", index.name())),
            Some(found) if found != value => {
                self.wrong.push(format!("{} leads elsewhere", index.name()));
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// The record that this index row leads to; what is missing is noted.
    pub(super) fn target<R: Record>(&mut self, key: &[u8]) -> Read<Option<R>> {
        let target = queries::row(self.view, key)?;
        self.must(target.is_some(), "it leads to nothing");
        Ok(target)
    }

    /// This index row must be the one that its target would have.
    pub(super) fn must_be_key(&mut self, key: &[u8]) {
        self.must(self.key == key, "it leads to another record");
    }

    /// A number must have been given out.
    pub(super) fn must_be_given(&mut self, number: u64, counter: &str) -> Read<()> {
        let next = match self.view.get(&keys::meta(counter))? {
            Some(bytes) => tables::last_number(Table::Meta, &bytes)?,
            None => 1,
        };
        if number == 0 || number >= next {
            let name = counter.trim_end_matches(" next");
            self.wrong
                .push(format!("it has a {name} number that was never given"));
        }
        Ok(())
    }
}
