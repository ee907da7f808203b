//! Where everything is kept.
//!
//! One way to write: [`Store::commit`] takes a list of expectations and a list of writes in domain words, checks all
//! expectations against the present state and makes all writes, or none. Conditions travel with the write, so a
//! PostgreSQL store needs one transaction and a sled store one log record.
//!
//! **Nothing is visible to any reader before its commit is durable.** A commit that returned `Ok` survives `kill -9`
//! and power loss.

use super::upkeep::{BackupDone, CheckReport, Progress};
use crate::model::{
    AppPassword, AppPasswordId, Base, Channel, ChannelId, Collection, CollectionId, Command,
    CommandId, Connection, Cursor, Digest, Epoch, Feed, GoogleSettings, JournalId, JournalRow,
    Link, LinkId, Notice, NoticeId, Object, ObjectId, Overlay, Properties, Quota, RemoteId,
    RemoteKind, Resource, ResourceName, Revision, SecretDigest, Subscription, SubscriptionId,
    Timestamp, Tombstone, Used, User, UserId, ViewRevision, Withdrawn,
};
use async_trait::async_trait;
use std::fmt;
use std::io;
use std::sync::Arc;

/// The store could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk or the database failed.
    #[error("store: {0}")]
    Io(#[from] std::io::Error),
    /// A record cannot be understood.
    #[error("store: record {key} of {table} is damaged: {why}")]
    Damaged {
        /// Which kind of record.
        table: &'static str,
        /// Its key, readable.
        key: String,
        /// What is wrong.
        why: String,
    },
    /// Nothing can be written for now, and nothing of what was to be written is kept. Reads go on, and so does writing when the
    /// disk takes it again.
    #[error("store: {0}")]
    Unwritable(Hindrance),
    /// It was closed or its writer stopped.
    #[error("store: closed")]
    Closed,
}

/// Why the disk takes no writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hindrance {
    /// There is no space, or less than is kept in reserve.
    Full,
    /// It may only be read.
    ReadOnly,
    /// It fails, or the process has too many files open.
    Failing,
}

impl fmt::Display for Hindrance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "the disk is full",
            Self::ReadOnly => "the disk is read-only",
            Self::Failing => "the disk takes no writes",
        })
    }
}

/// Why a commit did nothing.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// An expectation did not hold; the caller reads again and decides again. Holds the index into `expects`.
    #[error("expectation {0} did not hold")]
    Expectation(usize),
    /// A UID is already used by another member of this collection.
    #[error("uid is used by {holder} in {collection}")]
    UidTaken {
        /// Where.
        collection: CollectionId,
        /// By which member.
        holder: ResourceName,
    },
    /// A link's object or event is already linked in this subscription.
    #[error("object or event is already linked by {0}")]
    LinkTaken(LinkId),
    /// A login is used by another user.
    #[error("login is used by user {0}")]
    LoginTaken(UserId),
    /// The person has another subscription row.
    #[error("the person has subscription {0}")]
    SubscriptionTaken(SubscriptionId),
    /// The calendar belongs to another live subscription.
    #[error("the calendar belongs to subscription {0}")]
    CalendarTaken(SubscriptionId),
    /// The person would have more stored than they may.
    #[error("the quota is exceeded")]
    QuotaExceeded,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A condition that travels with the writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// The object is at this revision; `None`: it is not there.
    Object(ObjectId, Option<Revision>),
    /// The member is at this revision; `None`: there is none of that name.
    Member(CollectionId, ResourceName, Option<ViewRevision>),
    /// The object has no member in this collection.
    NoMemberOf(CollectionId, ObjectId),
    /// The command is still in the outbox.
    Command(CommandId),
    /// These are the object's commands, oldest first, and there are no others.
    CommandsOf(ObjectId, Vec<CommandId>),
    /// The user is at this revision of ADVANTA; `None`: there is no such user.
    User(UserId, Option<Revision>),
    /// The subscription is at this step; `None`: there is none.
    Subscription(SubscriptionId, Option<u64>),
    /// The subscription is active in this epoch: what a round writes is written for a subscription that is still there.
    Active(SubscriptionId, u64),
    /// The link is at this step; `None`: there is none.
    Link(LinkId, Option<u64>),
    /// The channel is still there.
    Channel(ChannelId),
    /// The person's connection is at this step; `None`: there is none.
    Connection(UserId, Option<u64>),
    /// The settings of the integration with Google are at this step; `None`: there are none.
    GoogleSettings(Option<u64>),
    /// A hook of this mark was not taken before, as far as that is remembered.
    HookIsNew(Digest),
    /// After the writes the person has no more stored than this, or no more than before. What else is written is not refused by it.
    WithinQuota(UserId, Quota),
    /// Nobody was ever stored: the demo or a first set-up may load.
    Empty,
}

/// How a member's revision moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// The content is new: `revision` and `solid` become this change; the old base goes to the history.
    Content,
    /// The content is the same, but clients must fetch it again because an edit was refused: `revision` and `restored` become this change.
    Restore,
    /// The same once more, a while later, for clients that missed the first.
    Settle,
    /// Nothing that a client sees: no change number is drawn.
    Stay,
}

/// A member as the bridge wants it; the store adds revisions and history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceDraft {
    /// The object it shows.
    pub object: ObjectId,
    /// Last segment of its href.
    pub name: ResourceName,
    /// UID of its components.
    pub uid: String,
    /// The iCalendar text.
    pub body: Arc<str>,
    /// See [`Resource::first`].
    pub first: i64,
    /// See [`Resource::last`].
    pub last: i64,
    /// See [`Resource::recurs`].
    pub recurs: bool,
    /// See [`Resource::shown`].
    pub shown: Base,
    /// See [`Resource::mirrored`].
    pub mirrored: Base,
    /// See [`Resource::overlay`].
    pub overlay: Option<Overlay>,
    /// See [`Resource::stamp`].
    pub stamp: Timestamp,
    /// See [`Resource::rendering`].
    pub rendering: u32,
    /// See [`Resource::refusal`]. `Kept::New(n)`: the n-th [`Write::Journal`] of this commit.
    pub refusal: Option<Kept>,
}

/// A journal row that exists, or one that this very commit writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It exists.
    Old(JournalId),
    /// The n-th [`Write::Journal`] of this commit, counted from 0.
    New(usize),
}

/// Something to be done at a time: a row, so that a restart forgets nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timer {
    /// Not before.
    pub due: Timestamp,
    /// What.
    pub kind: TimerKind,
}

/// What a timer does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimerKind {
    /// Bring the object's state into the collections of its participants after this one: what was too much for one commit.
    FanOut {
        /// Which object.
        object: ObjectId,
        /// Everyone up to here is done.
        after: UserId,
    },
    /// Give what one person sees to another: they turned out to be the same.
    Rename {
        /// Under whom it is kept.
        from: UserId,
        /// Under whom it is to be kept.
        to: UserId,
    },
    /// Move this member once more, if it is still at the revision.
    Settle {
        /// Where.
        collection: CollectionId,
        /// Which member.
        name: ResourceName,
        /// Only if it is still at this revision.
        revision: ViewRevision,
    },
}

/// One write of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "a commit has a handful of writes, and those of a round are mostly the largest of them"
)]
pub enum Write {
    /// Adds or replaces a user; the login must be free or theirs.
    User(User),
    /// Adds or replaces an app password.
    AppPassword(AppPassword),
    /// Puts a digest in the place of an app password's old hash, unless it was revoked.
    Rehash(AppPasswordId, SecretDigest),
    /// Adds or replaces an object of the mirror. Whoever subscribes and sees it, or saw it before, has to look at it: the commit
    /// leaves them a look by itself.
    Object(Object),
    /// Removes an object of the mirror, if it is there, and remembers at which revision it went. What was put aside of it goes too.
    /// Whoever subscribes and saw it is left a look.
    RemoveObject(ObjectId, Revision),
    /// Adds or replaces a member. The UID must be free or its own; a member of this name made for another object is replaced
    /// only after a [`Write::RemoveMember`] earlier in the same commit.
    Member(CollectionId, ResourceDraft, Move),
    /// Moves a member without touching its content.
    Bump(CollectionId, ResourceName, Move, Option<Kept>),
    /// Removes a member and leaves a tombstone.
    RemoveMember(CollectionId, ResourceName),
    /// Puts a client's own text of an object aside, for the day when the object is back in the collection.
    SetAside(CollectionId, ObjectId, Withdrawn),
    /// Forgets what was put aside: it is back.
    TakeBack(CollectionId, ObjectId),
    /// Sets what a collection's owner may set.
    Properties(CollectionId, Properties),
    /// Writes a journal row; the row's `id` is ignored and given by the store.
    Journal(JournalRow),
    /// Counts an existing row up.
    JournalAgain(JournalId, Timestamp),
    /// Replaces an existing row: a pending outcome is settled.
    JournalSettle(JournalRow),
    /// Adds a command; its `id` is given by the store, its `journal` is the n-th [`Write::Journal`] of this commit.
    Enqueue(Command, usize),
    /// Replaces a command (next attempt, dead). Its author is left a look.
    Command(Command),
    /// Removes a command: it is done. Its author is left a look.
    Settle(CommandId),
    /// Adds a notice to the inbox.
    Notice(Notice),
    /// Removes a notice: it was acted on.
    NoticeDone(NoticeId),
    /// Remembers that the hook of this mark was taken; of very many the oldest are forgotten.
    HookTaken(Digest),
    /// Adds or replaces a feed.
    Feed(Feed),
    /// Plans a timer.
    Timer(Timer),
    /// Plans a settle bump of a member at the revision that *this commit* gives it.
    SettleLater(CollectionId, ResourceName, Timestamp),
    /// Removes a timer.
    TimerDone(Timer),
    /// Adds or replaces a link; unique by (subscription, object), and by (subscription, remote) and (subscription, remote UID) where
    /// these are set.
    Link(Link),
    /// Removes a link.
    RemoveLink(LinkId),
    /// Adds or replaces a subscription. A person has one row; a calendar (kind, identity) belongs to one live subscription. When it
    /// is over, what it had to look at is forgotten.
    Subscription(Subscription),
    /// Adds or replaces a channel.
    Channel(Channel),
    /// Removes a channel: what is said on it is not listened to any more.
    RemoveChannel(ChannelId),
    /// Adds or replaces what is known of a person who is connecting.
    Connection(Connection),
    /// Forgets that a person was connecting.
    RemoveConnection(UserId),
    /// Replaces the settings of the integration with Google.
    GoogleSettings(GoogleSettings),
    /// Leaves a note that a subscription has to look at an object, unless it is over.
    Look(SubscriptionId, ObjectId),
    /// Takes such a note away, if it is still the one of this mark.
    Looked(SubscriptionId, ObjectId, u64),
    /// Keeps ADVANTA's bookmark; `None` forgets it, so that the next reconcile compares everything.
    AdvantaCursor(Option<Cursor>),
    /// Holds the outbox for an administrator, or lets it go.
    Hold(bool),
    /// Notes for good that what is kept here is ADVANTA's.
    BelongsToAdvanta,
    /// Notes that every member is rendered by at least this version.
    Rendered(u32),
}

/// What a commit gave out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// Revision of each member that moved, in order of the writes.
    pub members: Vec<(CollectionId, ResourceName, ViewRevision)>,
    /// Ids of the journal rows, in order of the writes.
    pub journal: Vec<JournalId>,
    /// Ids of the commands, in order of the writes.
    pub commands: Vec<CommandId>,
}

/// What changed in one collection by one commit, in order of its changes.
#[derive(Clone, Debug)]
pub struct Delta {
    /// Which collection.
    pub collection: CollectionId,
    /// Its last change number and its properties after the commit.
    pub after: Collection,
    /// What changed.
    pub kinds: Vec<DeltaKind>,
}

/// One change of a collection.
#[derive(Clone, Debug)]
pub enum DeltaKind {
    /// A member is there now, or moved.
    Put(Member),
    /// A member is gone.
    Gone(Tombstone),
    /// Only the collection's own properties changed (or its floor).
    Collection,
}

/// A member, shared.
pub type Member = Arc<Resource>;

/// Is told of every durable commit, in the order in which they became durable, before the committer is answered.
/// Runs on the store's writer: it must be quick and must not call the store.
pub trait CommitSink: Send + Sync + 'static {
    /// One commit is durable.
    fn committed(&self, deltas: &[Delta]);
}

/// By their outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcomes {
    /// Any.
    #[default]
    All,
    /// Rows with a refused field.
    Refused,
    /// Rows with a field that does not stand: refused, or lost against another change.
    Lost,
}

/// Which journal rows.
#[derive(Clone, Debug, Default)]
pub struct JournalQuery {
    /// Only this person's.
    pub who: Option<UserId>,
    /// Only of this object.
    pub object: Option<ObjectId>,
    /// Only rows that ended so.
    pub outcomes: Outcomes,
    /// Only rows before this one (newest first).
    pub before: Option<JournalId>,
    /// At most so many.
    pub rows_max: usize,
}

/// Typed reads and the one way to write. All reads see durable state only.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The life of this store.
    fn epoch(&self) -> Epoch;
    /// Whether the writer lives. A disk that is full or fails does not end it: commits are [refused](StoreError::Unwritable) meanwhile.
    fn is_open(&self) -> bool;
    /// Registers who is told of commits. Called once, before the first commit.
    fn set_sink(&self, sink: Arc<dyn CommitSink>);
    /// Checks and writes, all or nothing; durable when it returns.
    async fn commit(
        &self,
        expects: Vec<Expect>,
        writes: Vec<Write>,
    ) -> Result<Committed, CommitError>;

    /// The version that every member is rendered by at least; 0 in a new store.
    async fn rendered(&self) -> Result<u32, StoreError>;
    /// Whether the outbox waits for an administrator: it does in a store that was restored from a backup, whose commands may
    /// have been carried out already.
    async fn held(&self) -> Result<bool, StoreError>;
    /// Whether what is kept here is ADVANTA's.
    async fn belongs_to_advanta(&self) -> Result<bool, StoreError>;
    /// How far ADVANTA's changes were seen; `None` when they have to be compared from the start.
    async fn advanta_cursor(&self) -> Result<Option<Cursor>, StoreError>;
    /// A user by identity.
    async fn user(&self, id: &UserId) -> Result<Option<User>, StoreError>;
    /// Every user of this login, in any case of its letters, active or not. More than one in a store that was made when case counted.
    async fn users_by_login(&self, login: &str) -> Result<Vec<User>, StoreError>;
    /// The user of this login: who spells it just so, else the only one who has it in any case of its letters.
    async fn user_by_login(&self, login: &str) -> Result<Option<User>, StoreError>;
    /// All users by identity.
    async fn users(&self) -> Result<Vec<User>, StoreError>;
    /// What a person has stored, as their quota counts it.
    async fn used(&self, user: &UserId) -> Result<Used, StoreError>;
    /// App passwords of a user, revoked ones too, oldest first.
    async fn app_passwords(&self, user: &UserId) -> Result<Vec<AppPassword>, StoreError>;
    /// The user who is this person in ADVANTA.
    async fn user_by_advanta(&self, person: &UserId) -> Result<Option<User>, StoreError>;
    /// Users of this e-mail, in any case of its letters.
    async fn users_by_email(&self, email: &str) -> Result<Vec<User>, StoreError>;
    /// Feeds of a user, revoked ones too, oldest first.
    async fn feeds(&self, user: &UserId) -> Result<Vec<Feed>, StoreError>;
    /// A feed by the digest of its secret.
    async fn feed_by_digest(&self, digest: Digest) -> Result<Option<Feed>, StoreError>;
    /// An app password by the digest of its secret.
    async fn app_password_by_digest(
        &self,
        digest: SecretDigest,
    ) -> Result<Option<AppPassword>, StoreError>;
    /// One app password.
    async fn app_password(&self, id: AppPasswordId) -> Result<Option<AppPassword>, StoreError>;

    /// An object of the mirror.
    async fn object(&self, id: ObjectId) -> Result<Option<Object>, StoreError>;
    /// At which revision an object was removed, if it was and that is still remembered.
    async fn removed(&self, id: ObjectId) -> Result<Option<Revision>, StoreError>;
    /// All objects after `after`, in order, at most `objects_max`.
    async fn objects(
        &self,
        after: Option<ObjectId>,
        objects_max: usize,
    ) -> Result<Vec<Object>, StoreError>;

    /// A collection's state. A collection that nothing was written to yet has change 0.
    async fn collection(&self, id: &CollectionId) -> Result<Collection, StoreError>;
    /// All members of a collection by name.
    async fn members(&self, id: &CollectionId) -> Result<Vec<Member>, StoreError>;
    /// All tombstones of a collection by name.
    async fn tombstones(&self, id: &CollectionId) -> Result<Vec<Tombstone>, StoreError>;
    /// One member by name.
    async fn member(
        &self,
        id: &CollectionId,
        name: &ResourceName,
    ) -> Result<Option<Member>, StoreError>;
    /// One member by the object it shows.
    async fn member_of(
        &self,
        id: &CollectionId,
        object: ObjectId,
    ) -> Result<Option<Member>, StoreError>;
    /// One member by UID.
    async fn member_by_uid(
        &self,
        id: &CollectionId,
        uid: &str,
    ) -> Result<Option<Member>, StoreError>;
    /// What was put aside of an object that is not in the collection now.
    async fn set_aside(
        &self,
        id: &CollectionId,
        object: ObjectId,
    ) -> Result<Option<Withdrawn>, StoreError>;
    /// Every collection in which the object has a member.
    async fn collections_of(&self, object: ObjectId) -> Result<Vec<CollectionId>, StoreError>;

    /// Rows of the journal, newest first.
    async fn journal(&self, query: JournalQuery) -> Result<Vec<JournalRow>, StoreError>;
    /// One row of the journal.
    async fn journal_row(&self, id: JournalId) -> Result<Option<JournalRow>, StoreError>;

    /// Timers that are due, soonest first, at most `timers_max`.
    async fn due_timers(&self, now: Timestamp, timers_max: usize)
    -> Result<Vec<Timer>, StoreError>;
    /// When the next timer is due.
    async fn next_timer(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Notices that wait, oldest first, after `after`, at most `notices_max`.
    async fn notices(
        &self,
        after: Option<NoticeId>,
        notices_max: usize,
    ) -> Result<Vec<(NoticeId, Notice)>, StoreError>;
    /// How many notices wait.
    async fn inbox_size(&self) -> Result<u64, StoreError>;
    /// How many commands there are, dead ones too.
    async fn outbox_size(&self) -> Result<u64, StoreError>;
    /// All commands after `after`, oldest first, at most `commands_max`.
    async fn commands(
        &self,
        after: Option<CommandId>,
        commands_max: usize,
    ) -> Result<Vec<Command>, StoreError>;
    /// Commands of one object, oldest first.
    async fn commands_of(&self, object: ObjectId) -> Result<Vec<Command>, StoreError>;
    /// The oldest command of each object, if it waits, oldest first, at most `commands_max`.
    async fn command_heads(&self, commands_max: usize) -> Result<Vec<Command>, StoreError>;

    /// A link by identity.
    async fn link(&self, id: LinkId) -> Result<Option<Link>, StoreError>;
    /// The link of an object in a subscription.
    async fn link_of_object(
        &self,
        subscription: &SubscriptionId,
        object: ObjectId,
    ) -> Result<Option<Link>, StoreError>;
    /// The link of a remote event in a subscription.
    async fn link_of_remote(
        &self,
        subscription: &SubscriptionId,
        remote: &RemoteId,
    ) -> Result<Option<Link>, StoreError>;

    /// The link of a remote event's UID in a subscription.
    async fn link_of_uid(
        &self,
        subscription: &SubscriptionId,
        uid: &str,
    ) -> Result<Option<Link>, StoreError>;
    /// Links of a subscription after `after` in order of objects, at most `links_max`.
    async fn links(
        &self,
        subscription: &SubscriptionId,
        after: Option<ObjectId>,
        links_max: usize,
    ) -> Result<Vec<Link>, StoreError>;
    /// How many links a subscription has.
    async fn links_size(&self, subscription: &SubscriptionId) -> Result<u64, StoreError>;

    /// A subscription by identity.
    async fn subscription(&self, id: &SubscriptionId) -> Result<Option<Subscription>, StoreError>;
    /// The row of a person, whatever its state.
    async fn subscription_of(&self, user: &UserId) -> Result<Option<Subscription>, StoreError>;
    /// The live subscription of a calendar.
    async fn subscription_of_calendar(
        &self,
        remote: RemoteKind,
        calendar: &str,
    ) -> Result<Option<Subscription>, StoreError>;
    /// All after `after` in order of identity, at most `subscriptions_max`.
    async fn subscriptions(
        &self,
        after: Option<&SubscriptionId>,
        subscriptions_max: usize,
    ) -> Result<Vec<Subscription>, StoreError>;
    /// A channel by identity.
    async fn channel(&self, id: ChannelId) -> Result<Option<Channel>, StoreError>;
    /// The channels of a subscription, in no order that means anything.
    async fn channels_of(&self, id: &SubscriptionId) -> Result<Vec<Channel>, StoreError>;
    /// What is known of a person who is connecting.
    async fn connection(&self, user: &UserId) -> Result<Option<Connection>, StoreError>;
    /// Everybody who is connecting.
    async fn connections(&self) -> Result<Vec<Connection>, StoreError>;
    /// The settings of the integration with Google; `None`: nobody ever set them.
    async fn google_settings(&self) -> Result<Option<GoogleSettings>, StoreError>;
    /// Objects that a subscription has to look at, with their marks, after `after` in order of objects, at most `looks_max`.
    async fn looks(
        &self,
        subscription: &SubscriptionId,
        after: Option<ObjectId>,
        looks_max: usize,
    ) -> Result<Vec<(ObjectId, u64)>, StoreError>;
    /// Subscriptions that have something to look at, in order, at most `subscriptions_max`.
    async fn looks_waiting(
        &self,
        subscriptions_max: usize,
    ) -> Result<Vec<SubscriptionId>, StoreError>;

    /// Writes a copy of everything as of one commit, while commits go on. What comes out is to be kept like the store itself: it
    /// holds whatever the store holds. It is flushed but not synced: that is for whoever opened `to`.
    async fn backup(&self, to: Box<dyn io::Write + Send>) -> Result<BackupDone, StoreError>;
    /// Looks at every record, every index and every file, while commits go on. What is wrong is data; an error means that the
    /// looking itself failed.
    async fn check(&self, progress: Progress) -> Result<CheckReport, StoreError>;
    /// Makes everything durable in the main files and ends the writer. Later commits fail with [`StoreError::Closed`].
    async fn close(&self) -> Result<(), StoreError>;
}
