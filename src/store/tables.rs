//! The tables: one prefix byte each.

use crate::ports::StoreError;
use crate::store::keys::KeyBuilder;
use crate::store::kv::KeyRange;

/// A table. The number is the prefix byte on disk: never reused for anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Table {
    /// Not a table: rows as the engine holds them, whatever their table.
    Rows = 0x00,
    /// Facts about the store itself, by name.
    Meta = 0x01,
    /// Users by identity.
    Users = 0x10,
    /// User identity by login, whatever its case.
    UserByLogin = 0x11,
    /// App passwords by identity.
    AppPasswords = 0x12,
    /// App passwords by user and age.
    AppPasswordsOf = 0x13,
    /// User identity by identity in ADVANTA.
    UserByAdvanta = 0x14,
    /// Users by e-mail.
    UsersByEmail = 0x15,
    /// App password identity by the digest of its secret.
    AppPasswordByDigest = 0x16,
    /// What a person has stored, in numbers.
    Used = 0x17,
    /// Feeds by identity.
    Feeds = 0x18,
    /// Feeds by user and age.
    FeedsOf = 0x19,
    /// Feed identity by digest.
    FeedByDigest = 0x1a,
    /// Objects of the mirror.
    Objects = 0x20,
    /// Revisions of removed objects.
    Removed = 0x21,
    /// Removed objects in order of their removal.
    RemovedInOrder = 0x22,
    /// Collections.
    Collections = 0x30,
    /// Members by collection and name.
    Members = 0x31,
    /// Member name by UID.
    MemberByUid = 0x32,
    /// Member name by object.
    MemberByObject = 0x33,
    /// Tombstones by collection and name.
    Tombstones = 0x34,
    /// Tombstone name by change number.
    TombstoneByChange = 0x35,
    /// Collections by object.
    CollectionsOf = 0x36,
    /// Texts that were put aside, by object and collection.
    Aside = 0x37,
    /// Journal rows.
    Journal = 0x40,
    /// Journal row identities by person.
    JournalOfUser = 0x41,
    /// Journal row identities by object.
    JournalOfObject = 0x42,
    /// Timers by due time.
    Timers = 0x50,
    /// Commands.
    Commands = 0x60,
    /// Command identities by object.
    CommandsOf = 0x61,
    /// The oldest command of each object, if it waits.
    CommandHeads = 0x62,
    /// Notices by arrival.
    Notices = 0x68,
    /// Places of the hooks that were taken, by mark.
    HooksTaken = 0x69,
    /// Marks of hooks in the order in which they were taken.
    HooksInOrder = 0x6a,
    /// Links.
    Links = 0x70,
    /// Link identity by object.
    LinkByObject = 0x71,
    /// Link identity by remote event.
    LinkByRemote = 0x72,
    /// Link identity by remote UID.
    LinkByUid = 0x73,
    /// How many links a subscription has.
    LinkCounts = 0x74,
    /// Subscriptions.
    Subscriptions = 0x78,
    /// Subscription identity by its user.
    SubscriptionOf = 0x79,
    /// Identity of a live subscription by its user.
    LiveSubscriptionOf = 0x7a,
    /// Identity of a live subscription by its calendar.
    SubscriptionOfCalendar = 0x7b,
    /// Objects that subscriptions have to look at.
    Looks = 0x7c,
    /// Channels on which remotes tell of changes.
    Channels = 0x80,
    /// Channel identities by subscription.
    ChannelsOf = 0x81,
    /// People on their way to a subscription.
    Connections = 0x88,
    /// The settings of the integration with Google.
    GoogleSettings = 0x90,
}

impl Table {
    /// Every table that holds rows.
    const ALL: [Self; 47] = [
        Self::Meta,
        Self::Users,
        Self::UserByLogin,
        Self::AppPasswords,
        Self::AppPasswordsOf,
        Self::UserByAdvanta,
        Self::UsersByEmail,
        Self::AppPasswordByDigest,
        Self::Used,
        Self::Feeds,
        Self::FeedsOf,
        Self::FeedByDigest,
        Self::Objects,
        Self::Removed,
        Self::RemovedInOrder,
        Self::Collections,
        Self::Members,
        Self::MemberByUid,
        Self::MemberByObject,
        Self::Tombstones,
        Self::TombstoneByChange,
        Self::CollectionsOf,
        Self::Aside,
        Self::Journal,
        Self::JournalOfUser,
        Self::JournalOfObject,
        Self::Timers,
        Self::Commands,
        Self::CommandsOf,
        Self::CommandHeads,
        Self::Notices,
        Self::HooksTaken,
        Self::HooksInOrder,
        Self::Links,
        Self::LinkByObject,
        Self::LinkByRemote,
        Self::LinkByUid,
        Self::LinkCounts,
        Self::Subscriptions,
        Self::SubscriptionOf,
        Self::LiveSubscriptionOf,
        Self::SubscriptionOfCalendar,
        Self::Looks,
        Self::Channels,
        Self::ChannelsOf,
        Self::Connections,
        Self::GoogleSettings,
    ];

    /// The table of a key; `None` when there is none with this prefix.
    pub fn of(key: &[u8]) -> Option<Self> {
        let prefix = key.first()?;
        Self::ALL.into_iter().find(|table| *table as u8 == *prefix)
    }

    /// Its name in errors.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rows => "rows",
            Self::Meta => "meta",
            Self::Users => "users",
            Self::UserByLogin => "user by login",
            Self::AppPasswords => "app passwords",
            Self::AppPasswordsOf => "app passwords of user",
            Self::UserByAdvanta => "user by advanta",
            Self::UsersByEmail => "users by email",
            Self::AppPasswordByDigest => "app password by digest",
            Self::Used => "used",
            Self::Feeds => "feeds",
            Self::FeedsOf => "feeds of user",
            Self::FeedByDigest => "feed by digest",
            Self::Objects => "objects",
            Self::Removed => "removed objects",
            Self::RemovedInOrder => "removed objects in order",
            Self::Collections => "collections",
            Self::Members => "members",
            Self::MemberByUid => "member by uid",
            Self::MemberByObject => "member by object",
            Self::Tombstones => "tombstones",
            Self::TombstoneByChange => "tombstone by change",
            Self::CollectionsOf => "collections of object",
            Self::Aside => "put aside",
            Self::Journal => "journal",
            Self::JournalOfUser => "journal of user",
            Self::JournalOfObject => "journal of object",
            Self::Timers => "timers",
            Self::Commands => "commands",
            Self::CommandsOf => "commands of object",
            Self::CommandHeads => "command heads",
            Self::Notices => "notices",
            Self::HooksTaken => "hooks taken",
            Self::HooksInOrder => "hooks in order",
            Self::Links => "links",
            Self::LinkByObject => "link by object",
            Self::LinkByRemote => "link by remote",
            Self::LinkByUid => "link by remote uid",
            Self::LinkCounts => "link counts",
            Self::Subscriptions => "subscriptions",
            Self::SubscriptionOf => "subscription of user",
            Self::LiveSubscriptionOf => "live subscription of user",
            Self::SubscriptionOfCalendar => "subscription of calendar",
            Self::Looks => "looks",
            Self::Channels => "channels",
            Self::ChannelsOf => "channels of subscription",
            Self::Connections => "connections",
            Self::GoogleSettings => "google settings",
        }
    }

    /// All its keys.
    pub fn range(self) -> KeyRange {
        KeyRange::prefix(&[self as u8])
    }

    /// Begins a key.
    pub fn key(self) -> KeyBuilder {
        KeyBuilder::of(self)
    }
}

/// The number that ends a key of a list.
pub fn last_number(table: Table, key: &[u8]) -> Result<u64, StoreError> {
    key.last_chunk::<8>()
        .map(|bytes| u64::from_be_bytes(*bytes))
        .ok_or_else(|| damaged(table, key, "the key is too short"))
}

/// Says which record cannot be understood. Identities show as hex: they may be personal.
pub fn damaged(table: Table, key: &[u8], why: impl Into<String>) -> StoreError {
    StoreError::Damaged {
        table: table.name(),
        key: hex(key),
        why: why.into(),
    }
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut hex = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
