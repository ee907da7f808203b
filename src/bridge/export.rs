//! A person's calendar as one file. The same store gives the same bytes.

use super::Bridge;
use super::view::Seen;
use crate::ical::join::{Alarms, Head, Joined};
use crate::ical::{self, Exported};
use crate::model::{CollectionId, User};
use crate::ports::{Member, StoreError};
use bytes::Bytes;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use std::ops::Range;
use tokio::sync::mpsc;

/// Bytes that are gathered before they are handed on.
const PIECE_BYTES: usize = 64 << 10;

/// Why an export broke off.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Nobody takes the rest.
    #[error("nobody takes the rest of the export")]
    Abandoned,
    /// The first day lies after the last.
    #[error("the first day lies after the last")]
    Days,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Bridge {
    /// Writes a person's calendar, in order of its names, with all that the bridge knows of each object, so that an import
    /// into an empty bridge can rebuild it. `days`: only what takes place within these days, the last inclusive, of the
    /// installation's zone. Returns how many events it wrote.
    ///
    /// # Errors
    /// See [`ExportError`].
    pub async fn export(
        &self,
        user: &User,
        days: Option<(NaiveDate, NaiveDate)>,
        out: mpsc::Sender<Bytes>,
    ) -> Result<u64, ExportError> {
        let range = days.map(|days| self.range_of(days)).transpose()?;
        let snapshot = self.snapshot(&CollectionId::events(&user.id)).await?;
        let mut piece = String::new();
        let head = Head {
            prodid: ical::PRODID,
            name: None,
            feed: None,
        };
        let mut joined = Joined::new(&head, Alarms::Keep, &self.limits.ical, &mut piece);
        let mut written = 0;
        for entry in snapshot.members() {
            let inside = |range: &Range<DateTime<Utc>>| {
                let schedule = entry.schedule(|member| self.read_schedule(member));
                schedule.is_none_or(|schedule| schedule.overlaps(range.clone()))
            };
            if !range.as_ref().is_none_or(inside) {
                continue;
            }
            written += u64::from(
                self.push_export(user, &entry.resource, &mut joined, &mut piece)
                    .await?,
            );
            if piece.len() >= PIECE_BYTES {
                send(&out, &mut piece).await?;
            }
        }
        joined.finish(&mut piece);
        send(&out, &mut piece).await?;
        Ok(written)
    }

    /// Appends one member; returns whether it was written.
    async fn push_export(
        &self,
        user: &User,
        member: &Member,
        joined: &mut Joined,
        out: &mut String,
    ) -> Result<bool, StoreError> {
        let mirror = self.store.object(member.object).await?;
        let seen = mirror
            .as_ref()
            .and_then(|object| Seen::by(&user.id, object, &self.settings));
        let pushed = match &seen {
            Some(seen) => {
                let locks = crate::rules::locks(seen.object, seen.rights, &self.settings);
                let exported = Exported {
                    view: ical::View {
                        object: seen.object,
                        uid: &member.uid,
                        locks: &locks,
                        stamp: member.stamp,
                    },
                    authored: member.overlay.is_some_and(|overlay| overlay.authored),
                };
                joined.push_export(&member.body, &exported, &self.settings, out)
            }
            // A note that ADVANTA has yet to make.
            None => joined.push(&member.body, out),
        };
        if let Err(invalid) = &pushed {
            tracing::error!(object.id = %member.object, "an event is left out of an export: {invalid}");
        }
        Ok(pushed.is_ok())
    }

    /// From the beginning of the first day to the end of the last.
    fn range_of(
        &self,
        (first, last): (NaiveDate, NaiveDate),
    ) -> Result<Range<DateTime<Utc>>, ExportError> {
        let midnight = |day: NaiveDate| {
            ical::Zone::Iana(self.settings.zone).to_utc(day.and_time(NaiveTime::MIN))
        };
        let after = last.checked_add_days(Days::new(1));
        match after {
            Some(after) if first <= last => Ok(midnight(first)..midnight(after)),
            Some(_) | None => Err(ExportError::Days),
        }
    }
}

async fn send(out: &mpsc::Sender<Bytes>, piece: &mut String) -> Result<(), ExportError> {
    let bytes = Bytes::from(std::mem::take(piece));
    out.send(bytes).await.map_err(|_| ExportError::Abandoned)
}
