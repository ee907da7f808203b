//! An administrator's file of events, put into a person's calendar as that person: through the rules, and as often as one
//! likes.
//!
//! Start at [`Bridge::import`]. The file is held once; each event is taken out of it when its turn comes, several at a time.

use super::aside::{Size, how_it_ended};
use super::edit::{Conditions, Door, EditError, Put, PutDone, Refusal, RefusalMode, Standing};
use super::judged::Versions;
use super::{Authority, Bridge};
use crate::ical::split::{Item, SplitLimits, Why, split};
use crate::ical::{self, Document};
use crate::model::{CollectionId, ResourceName, User, UserId};
use crate::ports::StoreError;
use bytes::Bytes;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use uuid::Uuid;

/// Events that are put at the same time; their commits share one sync of the disk.
const ITEMS_AT_ONCE: usize = 32;
/// Events between two words about progress.
const ITEMS_PER_PROGRESS: u64 = 500;
/// How long an import waits for room in the outbox before it looks again.
const OUTBOX_PAUSE: Duration = Duration::from_secs(1);
/// How often it looks again before it says so of an event: where no bridge runs, nobody makes room.
const OUTBOX_PAUSES_MAX: u32 = 300;
/// Names of imported events are made of their UIDs in this space.
const NAMES: Uuid = Uuid::from_u128(0x8a3f_5c1e_6d2b_4e7a_9f10_2b7c_4d5e_6f81);

/// What to import, and how.
#[derive(Clone, Debug)]
pub struct ImportOrder {
    /// Into whose calendar, and under whose rights.
    pub user: User,
    /// Only say what would be done.
    pub dry_run: bool,
    /// Make objects anew from what an export says of them. Standalone only.
    pub rebuild: bool,
}

/// What an import says while it works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportStep {
    /// The file was taken to pieces.
    Started {
        /// Events in it.
        items: u64,
    },
    /// An event that was not taken as it is.
    Item(ItemReport),
    /// So many were looked at.
    Progress {
        /// Events.
        done: u64,
    },
}

/// An event that was not taken as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemReport {
    /// Line of the file.
    pub line: u64,
    /// Its UID, if it has one.
    pub uid: Option<String>,
    /// What is the matter.
    pub trouble: Trouble,
}

/// Why an event was not taken as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The rules refuse these fields; the others were taken.
    Refused(Vec<Refusal>),
    /// It cannot be understood, or cannot be stored.
    Broken(String),
}

/// What became of all events of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportTotals {
    /// New notes.
    pub created: u64,
    /// Changed events.
    pub changed: u64,
    /// Events that were there just so.
    pub unchanged: u64,
    /// Objects made anew.
    pub rebuilt: u64,
    /// Events of which fields were refused.
    pub refused: u64,
    /// Events that could not be taken.
    pub broken: u64,
    /// Components that are no events: tasks, journals.
    pub skipped: u64,
}

/// Why an import broke off. What was imported until then stays; importing again goes on.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Objects are made by ADVANTA where there is one.
    #[error("objects are rebuilt only where the bridge runs standalone")]
    NotStandalone,
    /// Nobody listens any more.
    #[error("nobody listens to the import any more")]
    Abandoned,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What became of one event.
#[derive(Debug)]
pub(super) enum ItemDone {
    Created,
    Changed,
    Unchanged,
    Rebuilt,
    Refused(Vec<Refusal>),
    /// At this line of the item's text.
    Broken(usize, Cow<'static, str>),
}

impl ItemDone {
    pub(super) fn broken(what: impl Into<Cow<'static, str>>) -> Self {
        Self::Broken(0, what.into())
    }
}

/// Why one event ends the whole import.
type ItemEnd = Result<ItemDone, ImportError>;

impl Bridge {
    /// Imports a file. Each event is found by its UID; one that is there just so is left alone.
    ///
    /// # Errors
    /// See [`ImportError`].
    pub async fn import(
        self: &Arc<Self>,
        order: ImportOrder,
        text: Bytes,
        steps: mpsc::Sender<ImportStep>,
    ) -> Result<ImportTotals, ImportError> {
        let bridge = Arc::clone(self);
        let here = tokio::runtime::Handle::current();
        // Taking a large file to pieces is nothing for a thread that serves others.
        let work = move || here.block_on(bridge.import_here(order, text, steps));
        let done = tokio::task::spawn_blocking(work).await;
        done.unwrap_or_else(|error| {
            tracing::error!("an import broke off: {}", how_it_ended(&error));
            Err(ImportError::Abandoned)
        })
    }

    async fn import_here(
        self: &Arc<Self>,
        order: ImportOrder,
        text: Bytes,
        steps: mpsc::Sender<ImportStep>,
    ) -> Result<ImportTotals, ImportError> {
        if order.rebuild && matches!(self.authority, Authority::Advanta(_)) {
            return Err(ImportError::NotStandalone);
        }
        let limits = SplitLimits {
            item_bytes_max: self.limits.ical.bytes_max,
            line_bytes_max: self.limits.ical.bytes_max,
            ..SplitLimits::default()
        };
        let split = split(&text, limits);
        let order = Arc::new(order);
        let mut import = Import {
            totals: ImportTotals::default(),
            steps,
            done: 0,
        };
        let items = split.items().len() as u64;
        import.say(ImportStep::Started { items }).await?;
        for broken in split.broken() {
            match broken.why {
                Why::NotAnEvent(_) => import.totals.skipped += 1,
                why => {
                    import.totals.broken += 1;
                    import
                        .trouble(broken.line, None, Trouble::Broken(why.to_string()))
                        .await?;
                }
            }
        }
        let mut items = split.items();
        loop {
            let batch: Vec<Item<'_>> = items.by_ref().take(ITEMS_AT_ONCE).collect();
            if batch.is_empty() {
                return Ok(import.totals);
            }
            let ends = self.take_batch(&order, &batch).await;
            for (item, end) in batch.iter().zip(ends) {
                import.note(item, end?).await?;
            }
        }
    }

    /// Puts some events at the same time; what became of them, in their order.
    async fn take_batch(
        self: &Arc<Self>,
        order: &Arc<ImportOrder>,
        batch: &[Item<'_>],
    ) -> Vec<ItemEnd> {
        let mut tasks = JoinSet::new();
        for (place, item) in batch.iter().enumerate() {
            let (bridge, order) = (Arc::clone(self), Arc::clone(order));
            let (uid, text) = (item.uid.to_owned(), item.text());
            tasks.spawn(async move { (place, bridge.take_item(&order, &uid, &text).await) });
        }
        let mut ends: Vec<ItemEnd> = batch
            .iter()
            .map(|_| Ok(ItemDone::broken("the bridge failed on it")))
            .collect();
        while let Some(joined) = tasks.join_next().await {
            match joined {
                Ok((place, end)) => ends[place] = end,
                Err(error) => {
                    tracing::error!("an event of an import broke off: {}", how_it_ended(&error));
                }
            }
        }
        ends
    }

    async fn take_item(&self, order: &ImportOrder, uid: &str, text: &str) -> ItemEnd {
        let collection = CollectionId::events(&order.user.id);
        let member = self.store.member_by_uid(&collection, uid).await?;
        if member.is_none() && order.rebuild {
            match self.rebuild(order, uid, text).await {
                Ok(Some(done)) => return Ok(done),
                Ok(None) => {}
                Err(error) => return of_error(error),
            }
        }
        let name = match &member {
            Some(member) => match self.says_the_same(&order.user.id, &member.body, text).await {
                Ok(true) => return Ok(ItemDone::Unchanged),
                Ok(false) => member.name.clone(),
                Err(error) => return of_error(error),
            },
            None => name_of(uid),
        };
        let standing = Standing {
            who: &order.user.id,
            door: Door::Import,
            collection: &collection,
            name: &name,
            conditions: &Conditions::default(),
            mode: RefusalMode::Restore,
        };
        let put = Put {
            standing,
            bytes: text.as_bytes(),
        };
        if order.dry_run {
            return match self.foresee(&put, member).await {
                Ok(done) => Ok(done),
                Err(error) => of_error(error),
            };
        }
        self.put_patiently(&put, member.is_none()).await
    }

    /// Whether two texts tell of the same events, as far as both can be read.
    pub(super) async fn says_the_same(
        &self,
        who: &UserId,
        old: &str,
        new: &str,
    ) -> Result<bool, EditError> {
        let (settings, limits) = (self.settings.clone(), self.limits.ical);
        let size = Size::of(old).max(Size::of(new));
        let (old, new) = (old.to_owned(), new.to_owned());
        let compare = move || {
            let parsed = |text: &str| Document::parse(text.as_bytes(), &limits);
            matches!((parsed(&old), parsed(&new)), (Ok(old), Ok(new))
                if ical::same_events(&old, &new, &settings))
        };
        self.aside.more(who, size, compare).await
    }

    /// Puts an event, and waits while the outbox is full: an import is in no hurry.
    async fn put_patiently(&self, put: &Put<'_>, new: bool) -> ItemEnd {
        let mut pauses = 0;
        loop {
            match self.put(put).await {
                Err(EditError::OutboxFull) if pauses < OUTBOX_PAUSES_MAX => {
                    pauses += 1;
                    tokio::time::sleep(OUTBOX_PAUSE).await;
                }
                Ok(done) => return Ok(of_put(done, new)),
                Err(error) => return of_error(error),
            }
        }
    }

    /// What a put would do.
    async fn foresee(
        &self,
        put: &Put<'_>,
        member: Option<crate::ports::Member>,
    ) -> Result<ItemDone, EditError> {
        let Some(member) = member else {
            self.read_new(put).await?;
            return Ok(ItemDone::Created);
        };
        let judged = self.judge(put, member, Versions::default()).await?;
        let refused = super::journal::refusals(&self.outcomes(&judged));
        Ok(if refused.is_empty() {
            ItemDone::Changed
        } else {
            ItemDone::Refused(refused)
        })
    }
}

/// An import under way.
struct Import {
    totals: ImportTotals,
    steps: mpsc::Sender<ImportStep>,
    done: u64,
}

impl Import {
    async fn note(&mut self, item: &Item<'_>, done: ItemDone) -> Result<(), ImportError> {
        let totals = &mut self.totals;
        let trouble = match done {
            ItemDone::Created => {
                totals.created += 1;
                None
            }
            ItemDone::Changed => {
                totals.changed += 1;
                None
            }
            ItemDone::Unchanged => {
                totals.unchanged += 1;
                None
            }
            ItemDone::Rebuilt => {
                totals.rebuilt += 1;
                None
            }
            ItemDone::Refused(refused) => {
                totals.refused += 1;
                Some((item.line, Trouble::Refused(refused)))
            }
            ItemDone::Broken(line, what) => {
                totals.broken += 1;
                let line = match line {
                    0 => item.line,
                    line => item.file_line(line),
                };
                Some((line, Trouble::Broken(what.into_owned())))
            }
        };
        if let Some((line, trouble)) = trouble {
            self.trouble(line, Some(item.uid), trouble).await?;
        }
        self.done += 1;
        if self.done.is_multiple_of(ITEMS_PER_PROGRESS) {
            self.say(ImportStep::Progress { done: self.done }).await?;
        }
        Ok(())
    }

    async fn trouble(
        &self,
        line: usize,
        uid: Option<&str>,
        trouble: Trouble,
    ) -> Result<(), ImportError> {
        let report = ItemReport {
            line: line as u64,
            uid: uid.map(str::to_owned),
            trouble,
        };
        self.say(ImportStep::Item(report)).await
    }

    async fn say(&self, step: ImportStep) -> Result<(), ImportError> {
        let said = self.steps.send(step).await;
        said.map_err(|_| ImportError::Abandoned)
    }
}

/// The name of a new event: the same for the same UID, so that an import that broke off meets its own events again.
pub(super) fn name_of(uid: &str) -> ResourceName {
    let name = Uuid::new_v5(&NAMES, uid.as_bytes());
    ResourceName::of_object(crate::model::ObjectId(name), 0)
}

fn of_put(done: PutDone, new: bool) -> ItemDone {
    match done {
        PutDone::Stored { refused, .. } | PutDone::Forbidden(refused) if !refused.is_empty() => {
            ItemDone::Refused(refused)
        }
        PutDone::Stored { .. } | PutDone::Forbidden(_) if new => ItemDone::Created,
        PutDone::Stored { .. } | PutDone::Forbidden(_) => ItemDone::Changed,
    }
}

/// An error of one event does not stop the others, unless it is our store's.
fn of_error(error: EditError) -> ItemEnd {
    match error {
        EditError::Store(error) => Err(error.into()),
        EditError::Rejected(rejected) => Ok(ItemDone::Broken(rejected.line, rejected.what)),
        other => Ok(ItemDone::broken(other.to_string())),
    }
}
