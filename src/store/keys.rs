//! Where each record lies in its table: key parts whose byte order is the order we read in.
//!
//! Text that only has to be found, not listed, goes into a key as its digest: a UID may be as long as a resource.

pub mod read;

use crate::model::{
    AppPasswordId, ChannelId, CollectionId, CollectionKind, CommandId, Digest, FeedId, JournalId,
    LinkId, NoticeId, ObjectId, RemoteId, RemoteKind, ResourceName, SecretDigest, SubscriptionId,
    Timestamp, UserId, ViewRevision, folded,
};
use crate::ports::{StoreError, Timer, TimerKind};
use crate::store::kv::{Key, KeyRange};
use crate::store::tables::Table;
use std::io;

/// The longest text of a key part, in bytes. It keeps a page of the embedded database far below the size at which it would be
/// stored aside.
pub const KEY_TEXT_BYTES_MAX: usize = 512;

/// Builds a key part by part. Each part ends where its bytes say, so that no two lists of parts share their bytes.
#[derive(Clone, Debug)]
pub struct KeyBuilder(Key);

impl KeyBuilder {
    /// Begins a key of a table.
    pub fn of(table: Table) -> Self {
        Self(vec![table as u8])
    }

    /// Text in its byte order: NUL is escaped and two NULs end it.
    pub fn text(mut self, text: &str) -> Result<Self, StoreError> {
        if text.len() > KEY_TEXT_BYTES_MAX {
            return Err(StoreError::Io(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("an identity is longer than {KEY_TEXT_BYTES_MAX} bytes"),
            )));
        }
        for byte in text.bytes() {
            self.0.push(byte);
            if byte == 0 {
                self.0.push(u8::MAX);
            }
        }
        self.0.extend([0, 0]);
        Ok(self)
    }

    /// Text of any length, only to be found again.
    pub fn digest(self, text: &str) -> Self {
        self.bytes(&Digest::of(text).0)
    }

    /// A number in its order.
    pub fn number(self, number: u64) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    /// A time in its order, to the nanosecond.
    pub fn time(self, time: Timestamp) -> Self {
        // Flipping the sign bit puts times before 1970 first.
        let seconds = time.timestamp().cast_unsigned() ^ (1 << 63);
        self.number(seconds)
            .bytes(&time.timestamp_subsec_nanos().to_be_bytes())
    }

    /// An object.
    pub fn object(self, object: ObjectId) -> Self {
        self.bytes(object.0.as_bytes())
    }

    /// A collection.
    pub fn collection(self, id: &CollectionId) -> Result<Self, StoreError> {
        Ok(self.text(id.owner.as_str())?.bytes(&[kind(id.kind)]))
    }

    /// Bytes of a fixed length.
    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// The key.
    pub fn done(self) -> Key {
        self.0
    }

    /// All keys that begin with the parts so far.
    pub fn range(self) -> KeyRange {
        KeyRange::prefix(&self.0)
    }
}

/// The byte that stands for a kind of collection.
fn kind(kind: CollectionKind) -> u8 {
    match kind {
        CollectionKind::Events => 1,
    }
}

/// Key of a user.
pub fn user(id: &UserId) -> Result<Key, StoreError> {
    Ok(Table::Users.key().text(id.as_str())?.done())
}

/// Begins the key of every user of a login, whatever the case of its letters. More than one have it only in a store that was made
/// when case still counted.
pub fn users_by_login(login: &str) -> KeyBuilder {
    Table::UserByLogin.key().digest(&folded(login))
}

/// Key of a login of a user.
pub fn login(login: &str, user: &UserId) -> Result<Key, StoreError> {
    Ok(users_by_login(login).text(user.as_str())?.done())
}

/// Key of a user's identity in ADVANTA.
pub fn user_by_advanta(person: &UserId) -> Result<Key, StoreError> {
    Ok(Table::UserByAdvanta.key().text(person.as_str())?.done())
}

/// Begins the key of every user of an e-mail, whatever the case of its letters.
pub fn users_by_email(email: &str) -> KeyBuilder {
    Table::UsersByEmail.key().digest(&folded(email))
}

/// Key of what a person has stored.
pub fn used(user: &UserId) -> Result<Key, StoreError> {
    Ok(Table::Used.key().text(user.as_str())?.done())
}

/// Key of a feed.
pub fn feed(id: FeedId) -> Key {
    Table::Feeds.key().bytes(id.0.as_bytes()).done()
}

/// Key of a feed in its user's list.
pub fn feed_of(user: &UserId, created: Timestamp, id: FeedId) -> Result<Key, StoreError> {
    Ok(Table::FeedsOf
        .key()
        .text(user.as_str())?
        .time(created)
        .bytes(id.0.as_bytes())
        .done())
}

/// Key of a feed's digest.
pub fn feed_by_digest(digest: Digest) -> Key {
    Table::FeedByDigest.key().bytes(&digest.0).done()
}

/// Key of a removed object.
pub fn removed(id: ObjectId) -> Key {
    Table::Removed.key().object(id).done()
}

/// Key of a removal in the order of removals.
pub fn removed_in_order(number: u64) -> Key {
    Table::RemovedInOrder.key().number(number).done()
}

/// Key of a notice.
pub fn notice(id: NoticeId) -> Key {
    Table::Notices.key().number(id.0).done()
}

/// Key of a hook that was taken.
pub fn hook_taken(mark: Digest) -> Key {
    Table::HooksTaken.key().bytes(&mark.0).done()
}

/// Key of a hook in the order in which they were taken.
pub fn hook_in_order(place: u64) -> Key {
    Table::HooksInOrder.key().number(place).done()
}

/// Key of an app password.
pub fn app_password(id: AppPasswordId) -> Key {
    Table::AppPasswords.key().bytes(id.0.as_bytes()).done()
}

/// Key of an app password's digest.
pub fn app_password_by_digest(digest: &SecretDigest) -> Key {
    Table::AppPasswordByDigest.key().bytes(&digest.0).done()
}

/// Key of an app password in its user's list.
pub fn app_password_of(
    user: &UserId,
    created: Timestamp,
    id: AppPasswordId,
) -> Result<Key, StoreError> {
    Ok(Table::AppPasswordsOf
        .key()
        .text(user.as_str())?
        .time(created)
        .bytes(id.0.as_bytes())
        .done())
}

/// Key of an object.
pub fn object(id: ObjectId) -> Key {
    Table::Objects.key().object(id).done()
}

/// Key of a collection.
pub fn collection(id: &CollectionId) -> Result<Key, StoreError> {
    Ok(Table::Collections.key().collection(id)?.done())
}

/// Key of a member or a tombstone.
pub fn named(table: Table, id: &CollectionId, name: &ResourceName) -> Result<Key, StoreError> {
    Ok(table.key().collection(id)?.text(name.as_str())?.done())
}

/// Key of a member's UID.
pub fn member_by_uid(id: &CollectionId, uid: &str) -> Result<Key, StoreError> {
    Ok(Table::MemberByUid.key().collection(id)?.digest(uid).done())
}

/// Key of a member's object.
pub fn member_by_object(id: &CollectionId, object: ObjectId) -> Result<Key, StoreError> {
    Ok(Table::MemberByObject
        .key()
        .collection(id)?
        .object(object)
        .done())
}

/// Key of a tombstone's change.
pub fn tombstone_by_change(id: &CollectionId, change: ViewRevision) -> Result<Key, StoreError> {
    Ok(Table::TombstoneByChange
        .key()
        .collection(id)?
        .number(change.0)
        .done())
}

/// Key of a collection in an object's list.
pub fn collection_of(object: ObjectId, id: &CollectionId) -> Result<Key, StoreError> {
    Ok(Table::CollectionsOf
        .key()
        .object(object)
        .collection(id)?
        .done())
}

/// Key of a text that was put aside.
pub fn aside(object: ObjectId, id: &CollectionId) -> Result<Key, StoreError> {
    Ok(Table::Aside.key().object(object).collection(id)?.done())
}

/// Key of a journal row.
pub fn journal(id: JournalId) -> Key {
    Table::Journal.key().number(id.0).done()
}

/// Key of a journal row in its person's list.
pub fn journal_of_user(user: &UserId, id: JournalId) -> Result<Key, StoreError> {
    Ok(Table::JournalOfUser
        .key()
        .text(user.as_str())?
        .number(id.0)
        .done())
}

/// Key of a journal row in its object's list.
pub fn journal_of_object(object: ObjectId, id: JournalId) -> Key {
    Table::JournalOfObject
        .key()
        .object(object)
        .number(id.0)
        .done()
}

/// Key of a timer: due time, then kind, then what it is about.
pub fn timer(timer: &Timer) -> Result<Key, StoreError> {
    let key = Table::Timers.key().time(timer.due);
    Ok(match &timer.kind {
        TimerKind::FanOut { object, after } => {
            key.bytes(&[1]).object(*object).text(after.as_str())?
        }
        TimerKind::Rename { from, to } => key.bytes(&[3]).text(from.as_str())?.text(to.as_str())?,
        TimerKind::Settle {
            collection,
            name,
            revision,
        } => key
            .bytes(&[2])
            .collection(collection)?
            .text(name.as_str())?
            .number(revision.0),
    }
    .done())
}

/// Key of a command.
pub fn command(id: CommandId) -> Key {
    Table::Commands.key().number(id.0).done()
}

/// Key of a command in its object's list.
pub fn command_of(object: ObjectId, id: CommandId) -> Key {
    Table::CommandsOf.key().object(object).number(id.0).done()
}

/// Key of a waiting head of an object's commands.
pub fn command_head(id: CommandId) -> Key {
    Table::CommandHeads.key().number(id.0).done()
}

/// Key of a link.
pub fn link(id: LinkId) -> Key {
    Table::Links.key().bytes(id.0.as_bytes()).done()
}

/// Key of a link's object.
pub fn link_by_object(subscription: &SubscriptionId, object: ObjectId) -> Result<Key, StoreError> {
    let key = Table::LinkByObject.key().text(subscription.as_str())?;
    Ok(key.object(object).done())
}

/// Key of a link's remote event.
pub fn link_by_remote(subscription: &SubscriptionId, remote: &RemoteId) -> Result<Key, StoreError> {
    let key = Table::LinkByRemote.key().text(subscription.as_str())?;
    Ok(key.digest(&remote.0).done())
}

/// Key of a link's remote UID.
pub fn link_by_uid(subscription: &SubscriptionId, uid: &str) -> Result<Key, StoreError> {
    let key = Table::LinkByUid.key().text(subscription.as_str())?;
    Ok(key.digest(uid).done())
}

/// Key of the number of a subscription's links.
pub fn link_count(id: &SubscriptionId) -> Result<Key, StoreError> {
    Ok(Table::LinkCounts.key().text(id.as_str())?.done())
}

/// Key of a subscription.
pub fn subscription(id: &SubscriptionId) -> Result<Key, StoreError> {
    Ok(Table::Subscriptions.key().text(id.as_str())?.done())
}

/// Key of a user's subscription, in one of the two tables that lead from users to subscriptions.
pub fn subscription_of(table: Table, user: &UserId) -> Result<Key, StoreError> {
    Ok(table.key().text(user.as_str())?.done())
}

/// Key of a calendar's subscription.
pub fn subscription_of_calendar(remote: RemoteKind, calendar: &str) -> Key {
    Table::SubscriptionOfCalendar
        .key()
        .bytes(&[remote_kind(remote)])
        .digest(calendar)
        .done()
}

/// The byte that stands for a kind of remote.
fn remote_kind(kind: RemoteKind) -> u8 {
    match kind {
        RemoteKind::Google => 1,
        RemoteKind::Ews => 2,
        RemoteKind::Graph => 3,
    }
}

/// Key of a channel.
pub fn channel(id: ChannelId) -> Key {
    Table::Channels.key().bytes(id.0.as_bytes()).done()
}

/// Key of a channel in its subscription's list.
pub fn channel_of(subscription: &SubscriptionId, id: ChannelId) -> Result<Key, StoreError> {
    let key = Table::ChannelsOf.key().text(subscription.as_str())?;
    Ok(key.bytes(id.0.as_bytes()).done())
}

/// Key of a person's connection.
pub fn connection(user: &UserId) -> Result<Key, StoreError> {
    Ok(Table::Connections.key().text(user.as_str())?.done())
}

/// Key of the settings of the integration with Google: there is one row.
pub fn google_settings() -> Key {
    Table::GoogleSettings.key().done()
}

/// Begins the key of everything that a subscription has to look at.
pub fn looks(id: &SubscriptionId) -> Result<KeyBuilder, StoreError> {
    Table::Looks.key().text(id.as_str())
}

/// Key of an object that a subscription has to look at.
pub fn look(id: &SubscriptionId, object: ObjectId) -> Result<Key, StoreError> {
    Ok(looks(id)?.object(object).done())
}

/// Key of a fact about the store.
pub fn meta(name: &str) -> Key {
    let mut key = vec![Table::Meta as u8];
    key.extend_from_slice(name.as_bytes());
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_that_begins_another_comes_first_and_shares_no_range() {
        let short = Table::Users.key().text("a").unwrap();
        let long = Table::Users.key().text("a\0b").unwrap().done();
        assert!(short.clone().done() < long);
        assert!(long >= short.range().end);
    }

    #[test]
    fn an_identity_beyond_the_bound_is_an_error() {
        let long = "x".repeat(KEY_TEXT_BYTES_MAX + 1);
        assert_eq!(
            Table::Users.key().text(&long).unwrap_err().to_string(),
            "store: an identity is longer than 512 bytes"
        );
    }

    proptest! {
        #[test]
        fn keys_of_texts_and_times_have_the_order_of_their_values(
            a in "[\0-\u{2}a-b]{0,4}", b in "[\0-\u{2}a-b]{0,4}", s in -5i64..5, t in -5i64..5,
        ) {
            let key = |text: &str, at: i64| {
                let at = Timestamp::from_timestamp(at, 7).unwrap();
                Table::Users.key().text(text).unwrap().time(at).done()
            };
            prop_assert_eq!(key(&a, s).cmp(&key(&b, t)), (a, s).cmp(&(b, t)));
        }
    }
}
