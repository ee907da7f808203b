//! Finding what no hook told: ADVANTA's list of changes since our cursor, or of everything.
//!
//! Start at [`Bridge::reconcile`]. Nothing is written when nothing changed.

use super::edit::EditError;
use super::inbox::{NoticeError, SUBJECTS_AT_ONCE, is_of_person};
use super::{Authority, Bridge};
use crate::model::{Cursor, Notice, ObjectId};
use crate::ports::{Advanta, AdvantaError, AdvantaErrorKind, CommitError, StoreError, Write};
use futures_util::{StreamExt as _, stream};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// Objects of the mirror that a sweep looks at together.
const OBJECTS_AT_ONCE: usize = 512;
/// The wait after a first failure; it doubles up to the interval.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// Times that one question is asked again after a short failure.
const HITCHES_MAX: u32 = 3;
/// Times that ADVANTA may ask to be left alone before one answer, and for how long each.
const WAITS_MAX: u32 = 20;
const WAIT_MAX: Duration = Duration::from_secs(300);

/// How far to go back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Since the cursor of the last time.
    SinceCursor,
    /// Everything: what ADVANTA does not list any more is asked for, and goes if it is gone.
    Everything,
}

/// What a reconcile found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Things that ADVANTA listed.
    pub listed: u64,
    /// Of these, news to us.
    pub news: u64,
    /// Objects that were gone although no hook had said so.
    pub gone: u64,
    /// Things that could not be understood and were left out; the log says which.
    pub flawed: u64,
    /// Whether everything was compared.
    pub everything: bool,
}

/// Why a reconcile broke off. It goes on where it was the next time.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// There is no ADVANTA: the bridge's own store is the authority.
    #[error("there is no ADVANTA to compare with: the bridge runs standalone")]
    Standalone,
    /// ADVANTA could not be read.
    #[error(transparent)]
    Advanta(#[from] AdvantaError),
    /// Our own side failed.
    #[error(transparent)]
    Ours(#[from] EditError),
}

impl From<StoreError> for ReconcileError {
    fn from(error: StoreError) -> Self {
        Self::Ours(error.into())
    }
}

impl From<NoticeError> for ReconcileError {
    fn from(error: NoticeError) -> Self {
        match error {
            NoticeError::Advanta(error) => Self::Advanta(error),
            NoticeError::Ours(error) => Self::Ours(error),
        }
    }
}

impl Bridge {
    /// Compares with ADVANTA now. One at a time: a second waits for the first.
    ///
    /// # Errors
    /// See [`ReconcileError`].
    pub async fn reconcile(&self, extent: Extent) -> Result<Reconciled, ReconcileError> {
        let Authority::Advanta(advanta) = &self.authority else {
            return Err(ReconcileError::Standalone);
        };
        let _turn = self.reconciling.lock().await;
        let since = match extent {
            Extent::SinceCursor => self.store.advanta_cursor().await?,
            Extent::Everything => None,
        };
        match self.compare(advanta.as_ref(), since.clone()).await {
            // The cursor is too old to be answered.
            Err(ReconcileError::Advanta(error))
                if error.kind == AdvantaErrorKind::Gone && since.is_some() =>
            {
                tracing::warn!("ADVANTA forgot our cursor: everything is compared");
                self.compare(advanta.as_ref(), None).await
            }
            done => done,
        }
    }

    async fn compare(
        &self,
        advanta: &dyn Advanta,
        since: Option<Cursor>,
    ) -> Result<Reconciled, ReconcileError> {
        let everything = since.is_none();
        let mut found = Reconciled {
            everything,
            ..Reconciled::default()
        };
        let mut listed = HashSet::new();
        let mut cursor = since;
        loop {
            let page = patiently(|| advanta.changes(cursor.as_ref())).await?;
            for flawed in &page.flawed {
                let object = flawed.object.map(|id| id.to_string());
                let object = object.as_deref().unwrap_or("an object without a GUID");
                tracing::error!("left out of ADVANTA's list: {object}: {}", flawed.what);
                listed.extend(flawed.object);
            }
            found.flawed += page.flawed.len() as u64;
            found.listed += page.notices.len() as u64;
            if everything {
                listed.extend(page.notices.iter().filter_map(object_of));
            }
            found.news += self.take_page(advanta, page.notices).await?;
            let moved = cursor.as_ref() != Some(&page.cursor);
            cursor = Some(page.cursor);
            // Of a full comparison only the end counts: broken off, it begins anew.
            if moved && !everything {
                self.keep_cursor(cursor.clone()).await?;
            }
            if !page.more {
                break;
            }
            if !moved {
                return Err(stuck().into());
            }
        }
        if everything {
            found.gone = self.sweep(advanta, &listed).await?;
            if self.store.advanta_cursor().await? != cursor {
                self.keep_cursor(cursor).await?;
            }
        }
        Ok(found)
    }

    /// Takes a page, several things at a time; returns how many were news. An object is named once on a page.
    async fn take_page(
        &self,
        advanta: &dyn Advanta,
        notices: Vec<Notice>,
    ) -> Result<u64, ReconcileError> {
        let mut news = 0;
        // People first: objects name them.
        let (people, things): (Vec<_>, Vec<_>) = notices.into_iter().partition(is_of_person);
        for notice in people {
            news += u64::from(self.take_listed(advanta, notice).await?);
        }
        let mut taken = stream::iter(things)
            .map(|notice| self.take_listed(advanta, notice))
            .buffer_unordered(SUBJECTS_AT_ONCE);
        while let Some(was_news) = taken.next().await {
            news += u64::from(was_news?);
        }
        Ok(news)
    }

    /// What is listed was read just now, so it is believed without another look. Returns whether it was news.
    async fn take_listed(
        &self,
        advanta: &dyn Advanta,
        notice: Notice,
    ) -> Result<bool, ReconcileError> {
        let taken = self.take_one(advanta, notice).await;
        match taken {
            // One record of ours that is damaged, or that others keep writing, holds up nothing else.
            Err(ReconcileError::Ours(
                error @ (EditError::Busy | EditError::Store(StoreError::Damaged { .. })),
            )) => {
                tracing::error!("an item of ADVANTA's list is put off: {error}");
                Ok(false)
            }
            taken => taken,
        }
    }

    async fn take_one(
        &self,
        advanta: &dyn Advanta,
        notice: Notice,
    ) -> Result<bool, ReconcileError> {
        Ok(match notice {
            Notice::Object(object) => self.observe(&super::Observation::Object(object)).await?,
            Notice::Removed { id, revision } => {
                let gone = super::Observation::Gone(id, Some(revision));
                self.observe(&gone).await?
            }
            Notice::Person(person) => self.observe_person(&person).await?,
            Notice::Look(_) | Notice::LookPerson(_) => {
                self.act_on(advanta, notice).await?;
                true
            }
        })
    }

    async fn keep_cursor(&self, cursor: Option<Cursor>) -> Result<(), StoreError> {
        let writes = vec![Write::AdvantaCursor(cursor)];
        match self.store.commit(vec![], writes).await {
            Err(CommitError::Store(error)) => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Asks for every object of ours that was not listed; returns how many were gone.
    async fn sweep(
        &self,
        advanta: &dyn Advanta,
        listed: &HashSet<ObjectId>,
    ) -> Result<u64, ReconcileError> {
        let (mut gone, mut after) = (0, None);
        loop {
            let page = self.store.objects(after, OBJECTS_AT_ONCE).await?;
            let Some(last) = page.last() else {
                return Ok(gone);
            };
            after = Some(last.id);
            for object in page.iter().filter(|object| !listed.contains(&object.id)) {
                patiently(|| self.look(advanta, object.id)).await?;
                gone += u64::from(self.store.object(object.id).await?.is_none());
            }
        }
    }

    /// Compares with ADVANTA at the start and then at every interval, for as long as the process lives.
    pub async fn run_reconcile(self: Arc<Self>) {
        if matches!(self.authority, Authority::Own) {
            return;
        }
        let mut failures = 0;
        loop {
            let wait = match self.reconcile(Extent::SinceCursor).await {
                Ok(found) => {
                    failures = 0;
                    if found.news > 0 {
                        tracing::info!(
                            "compared with ADVANTA: {} listed, {} news, {} gone",
                            found.listed,
                            found.news,
                            found.gone
                        );
                    }
                    self.limits.reconcile_every
                }
                Err(error) => {
                    tracing::warn!("comparing with ADVANTA broke off: {error}");
                    failures = (failures + 1).min(16);
                    (AFTER_FAILURE * (1 << (failures - 1))).min(self.limits.reconcile_every)
                }
            };
            tokio::time::sleep(wait + self.jitter(wait)).await;
        }
    }

    /// Up to a tenth more, so that several nodes do not come together.
    fn jitter(&self, wait: Duration) -> Duration {
        wait.mul_f64(f64::from(self.ids.uuid().as_bytes()[0]) / 2560.0)
    }
}

fn object_of(notice: &Notice) -> Option<ObjectId> {
    match notice {
        Notice::Object(object) => Some(object.id),
        Notice::Removed { .. } | Notice::Look(_) | Notice::Person(_) | Notice::LookPerson(_) => {
            None
        }
    }
}

/// Asks again after a short failure, and waits for as long as ADVANTA asks to be left alone: a comparison that begins anew at
/// every hitch never comes to its end.
async fn patiently<T, E: Into<NoticeError>, F>(ask: impl Fn() -> F) -> Result<T, ReconcileError>
where
    F: Future<Output = Result<T, E>>,
{
    let (mut hitches, mut waits) = (0, 0);
    loop {
        let error = match ask().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error.into(),
        };
        let wait = match error {
            NoticeError::Advanta(error) => match error.kind {
                AdvantaErrorKind::Throttled { retry_after } if waits < WAITS_MAX => {
                    waits += 1;
                    retry_after.min(WAIT_MAX)
                }
                AdvantaErrorKind::Transient if hitches < HITCHES_MAX => {
                    hitches += 1;
                    Duration::from_secs(1 << hitches)
                }
                _ => return Err(error.into()),
            },
            NoticeError::Ours(_) => return Err(error.into()),
        };
        tokio::time::sleep(wait).await;
    }
}

/// A list that says "more" and does not move would never end.
fn stuck() -> AdvantaError {
    AdvantaError {
        kind: AdvantaErrorKind::Transient,
        detail: "the list of changes says that there is more, but its cursor stays".to_owned(),
    }
}
