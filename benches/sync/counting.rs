//! A store that counts what is asked of it.

use advanta_bridge::model::*;
use advanta_bridge::ports::*;
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// Commits and reads since the start.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Commits, kept or not.
    pub commits: u64,
    /// Rows of those commits, as the bridge names them.
    pub writes: u64,
    /// Reads by the method's name.
    pub reads: BTreeMap<&'static str, u64>,
}

impl Asked {
    /// What was asked since `before`.
    pub fn since(&self, before: &Self) -> Self {
        let fresh = |(name, count): (&&'static str, &u64)| {
            let old = before.reads.get(*name).copied().unwrap_or(0);
            Some((*name, count - old)).filter(|(_, more)| *more > 0)
        };
        Self {
            commits: self.commits - before.commits,
            writes: self.writes - before.writes,
            reads: self.reads.iter().filter_map(fresh).collect(),
        }
    }
}

/// Hands everything on to another store.
pub struct CountingStore {
    inner: Arc<dyn Store>,
    asked: Mutex<Asked>,
}

impl CountingStore {
    /// Before this store.
    pub fn before(inner: Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self {
            inner,
            asked: Mutex::default(),
        })
    }

    /// What was asked until now.
    pub fn asked(&self) -> Asked {
        let asked = self.asked.lock();
        asked.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, note: impl FnOnce(&mut Asked)) {
        note(&mut self.asked.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Reads that are counted and handed on.
macro_rules! counted {
    ($($name:ident($($arg:ident: $of:ty),*) -> $out:ty;)*) => {
        #[async_trait]
        impl Store for CountingStore {
            fn epoch(&self) -> Epoch {
                self.inner.epoch()
            }
            fn is_open(&self) -> bool {
                self.inner.is_open()
            }
            fn set_sink(&self, sink: Arc<dyn CommitSink>) {
                self.inner.set_sink(sink);
            }
            async fn commit(&self, expects: Vec<Expect>, writes: Vec<Write>) -> Result<Committed, CommitError> {
                self.note(|asked| {
                    asked.commits += 1;
                    asked.writes += writes.len() as u64;
                });
                self.inner.commit(expects, writes).await
            }
            $(async fn $name(&self, $($arg: $of),*) -> Result<$out, StoreError> {
                self.note(|asked| *asked.reads.entry(stringify!($name)).or_default() += 1);
                self.inner.$name($($arg),*).await
            })*
        }
    };
}

counted! {
    rendered() -> u32;
    held() -> bool;
    belongs_to_advanta() -> bool;
    advanta_cursor() -> Option<Cursor>;
    user(id: &UserId) -> Option<User>;
    users_by_login(login: &str) -> Vec<User>;
    user_by_login(login: &str) -> Option<User>;
    users() -> Vec<User>;
    used(user: &UserId) -> Used;
    app_passwords(user: &UserId) -> Vec<AppPassword>;
    user_by_advanta(person: &UserId) -> Option<User>;
    users_by_email(email: &str) -> Vec<User>;
    feeds(user: &UserId) -> Vec<Feed>;
    feed_by_digest(digest: Digest) -> Option<Feed>;
    app_password_by_digest(digest: SecretDigest) -> Option<AppPassword>;
    app_password(id: AppPasswordId) -> Option<AppPassword>;
    object(id: ObjectId) -> Option<Object>;
    removed(id: ObjectId) -> Option<Revision>;
    objects(after: Option<ObjectId>, objects_max: usize) -> Vec<Object>;
    collection(id: &CollectionId) -> Collection;
    members(id: &CollectionId) -> Vec<Member>;
    tombstones(id: &CollectionId) -> Vec<Tombstone>;
    member(id: &CollectionId, name: &ResourceName) -> Option<Member>;
    member_of(id: &CollectionId, object: ObjectId) -> Option<Member>;
    member_by_uid(id: &CollectionId, uid: &str) -> Option<Member>;
    set_aside(id: &CollectionId, object: ObjectId) -> Option<Withdrawn>;
    collections_of(object: ObjectId) -> Vec<CollectionId>;
    journal(query: JournalQuery) -> Vec<JournalRow>;
    journal_row(id: JournalId) -> Option<JournalRow>;
    due_timers(now: Timestamp, timers_max: usize) -> Vec<Timer>;
    next_timer() -> Option<Timestamp>;
    notices(after: Option<NoticeId>, notices_max: usize) -> Vec<(NoticeId, Notice)>;
    inbox_size() -> u64;
    outbox_size() -> u64;
    commands(after: Option<CommandId>, commands_max: usize) -> Vec<Command>;
    commands_of(object: ObjectId) -> Vec<Command>;
    command_heads(commands_max: usize) -> Vec<Command>;
    link(id: LinkId) -> Option<Link>;
    link_of_object(subscription: &SubscriptionId, object: ObjectId) -> Option<Link>;
    link_of_remote(subscription: &SubscriptionId, remote: &RemoteId) -> Option<Link>;
    link_of_uid(subscription: &SubscriptionId, uid: &str) -> Option<Link>;
    links(subscription: &SubscriptionId, after: Option<ObjectId>, links_max: usize) -> Vec<Link>;
    links_size(subscription: &SubscriptionId) -> u64;
    subscription(id: &SubscriptionId) -> Option<Subscription>;
    subscription_of(user: &UserId) -> Option<Subscription>;
    subscription_of_calendar(remote: RemoteKind, calendar: &str) -> Option<Subscription>;
    subscriptions(after: Option<&SubscriptionId>, subscriptions_max: usize) -> Vec<Subscription>;
    channel(id: ChannelId) -> Option<Channel>;
    channels_of(id: &SubscriptionId) -> Vec<Channel>;
    connection(user: &UserId) -> Option<Connection>;
    connections() -> Vec<Connection>;
    google_settings() -> Option<GoogleSettings>;
    looks(subscription: &SubscriptionId, after: Option<ObjectId>, looks_max: usize) -> Vec<(ObjectId, u64)>;
    looks_waiting(subscriptions_max: usize) -> Vec<SubscriptionId>;
    backup(to: Box<dyn io::Write + Send>) -> BackupDone;
    check(progress: Progress) -> CheckReport;
    close() -> ();
}
