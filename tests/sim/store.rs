//! The store as the bridge sees it: commits pass the wire, so that a process can die before or after one.
//!
//! An unacknowledged commit is wholly there or wholly not: that is the torn write of a store that keeps its promises.

use crate::advanta::short;
use crate::io::Life;
use crate::world::lock;
use advanta_bridge::model::*;
use advanta_bridge::ports::*;
use advanta_bridge::store::MemoryStore;
use async_trait::async_trait;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex};

/// What the commits of all processes did, for the invariants.
#[derive(Default)]
pub struct Ledger {
    /// Events that an object was ever linked to.
    pub events_of: BTreeMap<ObjectId, BTreeSet<RemoteId>>,
    /// Objects that were ever in the mirror.
    pub mirrored: BTreeSet<ObjectId>,
    /// Objects that left the mirror.
    pub removed: BTreeSet<ObjectId>,
    /// Commits.
    pub commits: u64,
    /// Deletions that people made at a remote and the bridge believed without asking, and when.
    pub believed: Vec<(SubscriptionId, Timestamp)>,
    /// What no commit should have done.
    pub broken: Vec<String>,
}

/// A store for one process.
pub struct CutStore {
    pub inner: Arc<MemoryStore>,
    pub ledger: Arc<Mutex<Ledger>>,
    pub life: Arc<Life>,
    pub clock: Arc<dyn Clock>,
    pub policy: SyncPolicy,
}

impl CutStore {
    fn keep_books(&self, writes: &[Write]) {
        let mut ledger = lock(&self.ledger);
        ledger.commits += 1;
        for write in writes {
            match write {
                Write::Link(link) => {
                    let events = ledger.events_of.entry(link.object).or_default();
                    events.extend(link.remote.clone());
                }
                Write::Object(object) => {
                    ledger.mirrored.insert(object.id);
                }
                Write::RemoveObject(object, _) => {
                    ledger.removed.insert(*object);
                }
                _ => {}
            }
        }
    }

    /// The subscription whose person deleted an event, if a commit deletes its object and nobody was asked.
    async fn believed(&self, writes: &[Write]) -> Option<SubscriptionId> {
        let deletion = |write: &Write| match write {
            Write::Journal(row) if row.action == Action::Delete && goes(row) => match &row.origin {
                Origin::Remote(id) => Some((id.clone(), row.object)),
                _ => None,
            },
            _ => None,
        };
        let (id, object) = writes.iter().find_map(deletion)?;
        let link = self.inner.link_of_object(&id, object).await.ok().flatten();
        let asked = link.is_some_and(|link| matches!(link.trouble, Some(Trouble::Accepted(_))));
        (!asked).then_some(id)
    }

    /// More than a few deletions in some minutes are held until somebody is asked.
    fn count_believed(&self, believed: Option<SubscriptionId>) {
        let Some(id) = believed else {
            return;
        };
        let now = self.clock.now();
        let since = now - chrono::Duration::minutes(i64::from(self.policy.guard_minutes));
        let mut ledger = lock(&self.ledger);
        ledger.believed.push((id.clone(), now));
        let recent = ledger
            .believed
            .iter()
            .filter(|(of, at)| *of == id && *at > since)
            .count();
        if recent > self.policy.guard_deletions_max {
            ledger
                .broken
                .push(format!("{recent} deletions are believed without asking"));
        }
    }

    /// When both sides changed a title, ADVANTA's value stands: no edit from a remote takes its place.
    async fn remote_wins(&self, writes: &[Write]) -> Option<String> {
        for write in writes {
            let Write::Enqueue(command, _) = write else {
                continue;
            };
            let (Origin::Remote(subscription), Deed::Change(changes)) =
                (&command.origin, &command.deed)
            else {
                continue;
            };
            let link = self
                .inner
                .link_of_object(subscription, command.object)
                .await
                .ok()??;
            let object = self.inner.object(command.object).await.ok()??;
            let commands = self.inner.commands_of(command.object).await.ok()?;
            let changed = link.base_ours.title != object.title.trim();
            if changes.title.is_some() && changed && commands.is_empty() && !link.masked {
                let id = short(command.object);
                return Some(format!("the remote's title wins over ADVANTA's of {id}"));
            }
        }
        None
    }

    async fn cut_commit(
        &self,
        expects: Vec<Expect>,
        writes: Vec<Write>,
    ) -> Result<Committed, CommitError> {
        let words: Vec<String> = writes.iter().filter_map(word).collect();
        let call = self.life.before().await;
        let broken = self.remote_wins(&writes).await;
        let believed = self.believed(&writes).await;
        let answer = self.inner.commit(expects, writes.clone()).await;
        if answer.is_ok() {
            self.keep_books(&writes);
            lock(&self.ledger).broken.extend(broken);
            self.count_believed(believed);
        }
        let said = answer
            .as_ref()
            .err()
            .map_or("ok".to_owned(), ToString::to_string);
        let line = format!("  commit {} -> {said}", words.join(", "));
        self.life.after(call, line).await;
        answer
    }
}

/// Whether a deletion is carried out, or will be.
fn goes(row: &JournalRow) -> bool {
    let done = |each: &FieldOutcome| matches!(each.outcome, Outcome::Applied | Outcome::Pending);
    row.outcomes.iter().any(done)
}

/// A write in the trace; `None` for what says little.
fn word(write: &Write) -> Option<String> {
    let text = match write {
        Write::Object(object) => format!("object {} {}", short(object.id), object.revision),
        Write::RemoveObject(id, revision) => format!("remove object {} {revision}", short(*id)),
        Write::Member(_, draft, how) => format!("member {} {how:?}", short(draft.object)),
        Write::RemoveMember(_, _) => "remove member".to_owned(),
        Write::Journal(row) => format!("journal {} {:?}", short(row.object), row.outcomes),
        Write::Enqueue(command, _) => {
            format!("enqueue {} {:?}", short(command.object), command.deed)
        }
        Write::Settle(id) => format!("settle {id}"),
        Write::Link(link) => format!("link {}", link_words(link)),
        Write::RemoveLink(_) => "remove link".to_owned(),
        Write::Subscription(it) => {
            format!("subscription {} {} {}", it.user, it.state.word(), it.step)
        }
        Write::Look(_, object) => format!("look {}", short(*object)),
        Write::Looked(_, object, mark) => format!("looked {} {mark}", short(*object)),
        _ => return None,
    };
    Some(text)
}

fn link_words(link: &Link) -> String {
    format!(
        "{}={} {:?} {:?} step {} ours {:?} theirs {:?} owed {:?} intent {:?} trouble {:?}",
        short(link.object),
        link.remote.as_ref().map_or("-", |id| &id.0),
        link.born,
        link.state,
        link.step,
        link.base_ours.title,
        link.base_theirs.title,
        link.owed,
        link.intent.as_ref().map(|intent| intent.deed),
        link.trouble
    )
}

/// Hands a method on as it is.
macro_rules! hand_on {
    ($($name:ident($($arg:ident: $of:ty),*) -> $out:ty;)*) => {
        #[async_trait]
        impl Store for CutStore {
            fn epoch(&self) -> Epoch {
                self.inner.epoch()
            }
            fn is_open(&self) -> bool {
                self.inner.is_open()
            }
            fn set_sink(&self, sink: Arc<dyn CommitSink>) {
                self.inner.set_sink(sink);
            }
            async fn commit(
                &self,
                expects: Vec<Expect>,
                writes: Vec<Write>,
            ) -> Result<Committed, CommitError> {
                self.cut_commit(expects, writes).await
            }
            $(async fn $name(&self, $($arg: $of),*) -> Result<$out, StoreError> {
                self.inner.$name($($arg),*).await
            })*
        }
    };
}

hand_on! {
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
