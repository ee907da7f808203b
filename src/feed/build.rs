//! Makes the text of a feed, compressed as it grows.

use super::Options;
use crate::bridge::Bridge;
use crate::bridge::snapshot::Snapshot;
use crate::ical::join::{Alarms, Feed as Head, Head as Calendar, Joined};
use crate::ical::{Limits, PRODID, RENDERING};
use crate::model::{Digest, Epoch, Language, User};
use bytes::{Buf as _, Bytes};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use std::fmt::Write as _;
use std::io::{self, Read as _, Write as _};
use std::sync::Arc;

/// Raise it when the same calendar is written in other bytes: every program fetches anew.
const WRITING: u32 = 1;

/// Text that is handed to the compressor, or unpacked for a reader, at once.
const PIECE_BYTES: usize = 64 << 10;

/// Level of compression: beyond it, much more time saves few bytes of such repetitive text.
const LEVEL: u32 = 4;

/// All that the bytes of a feed depend on.
pub struct Recipe {
    /// The calendar.
    pub snapshot: Arc<Snapshot>,
    name: String,
    refresh_secs: u32,
    alarms: Alarms,
    limits: Limits,
    bytes_max: u64,
}

/// A whole feed.
#[derive(Clone, Debug)]
pub struct Built {
    /// Compressed.
    pub gzip: Bytes,
    /// How many bytes it has as text.
    pub plain_bytes: u64,
}

/// Why a feed was not made.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// See [`Options::feed_bytes_max`].
    #[error("the feed is larger than {0} bytes")]
    TooLarge(u64),
    /// The compressor failed.
    #[error("compressing the feed: {0}")]
    Compress(#[from] io::Error),
}

impl Recipe {
    /// For the collection of a person.
    pub fn new(bridge: &Bridge, options: &Options, owner: &User, snapshot: Arc<Snapshot>) -> Self {
        let own = snapshot.collection.properties.name.clone();
        Self {
            name: own.unwrap_or_else(|| calendar_name(owner.language).to_owned()),
            refresh_secs: u32::try_from(options.refresh.as_secs()).unwrap_or(u32::MAX),
            alarms: options.alarms,
            limits: bridge.limits().ical,
            bytes_max: options.feed_bytes_max,
            snapshot,
        }
    }

    /// Names the bytes without making them: same edition, same bytes. It is the life of the store, the change number of
    /// the collection, and a digest of what else the text depends on; never of the text itself.
    pub fn edition(&self, epoch: &Epoch) -> String {
        let mut says = format!("{WRITING} {RENDERING} {:?} {:?} ", self.alarms, self.limits);
        self.begin(&mut says);
        let Digest(digest) = Digest::of(&says);
        let mut edition = format!("{epoch}-{}-", self.snapshot.collection.change);
        for byte in &digest[..4] {
            // Writing to a string does not fail.
            let _written = write!(edition, "{byte:02x}");
        }
        edition
    }

    /// Makes the feed. A member that is not iCalendar any more is left out and counted in the log.
    ///
    /// # Errors
    /// See [`BuildError`].
    pub fn build(&self) -> Result<Built, BuildError> {
        let mut packed = Packed::new(self.bytes_max);
        let mut text = String::new();
        let mut joined = self.begin(&mut text);
        let mut unreadable = 0_usize;
        for entry in self.snapshot.members() {
            // Not the text as served by CalDAV, which may speak of restores.
            let pushed = joined.push(&entry.resource.body, &mut text);
            unreadable += usize::from(pushed.is_err());
            if text.len() >= PIECE_BYTES {
                packed.take(&mut text)?;
            }
        }
        joined.finish(&mut text);
        packed.take(&mut text)?;
        if unreadable > 0 {
            let id = &self.snapshot.collection.id;
            tracing::warn!(collection.id = %id, "left {unreadable} unreadable members of {id} out of its feed");
        }
        packed.finish()
    }

    fn begin(&self, out: &mut String) -> Joined {
        let head = Calendar {
            prodid: PRODID,
            name: Some(&self.name),
            feed: Some(Head {
                refresh_secs: self.refresh_secs,
            }),
        };
        // No X-WR-TIMEZONE: a time in a feed has its zone if it is to have one, and some readers put the times of events into the calendar's
        // zone when the definition of their own has no TZNAME.
        Joined::new(&head, self.alarms, &self.limits, out)
    }
}

/// Text that is compressed as it comes.
struct Packed {
    encoder: GzEncoder<Vec<u8>>,
    plain_bytes: u64,
    bytes_max: u64,
}

impl Packed {
    fn new(bytes_max: u64) -> Self {
        Self {
            encoder: GzEncoder::new(Vec::new(), Compression::new(LEVEL)),
            plain_bytes: 0,
            bytes_max,
        }
    }

    fn take(&mut self, text: &mut String) -> Result<(), BuildError> {
        self.plain_bytes += text.len() as u64;
        if self.plain_bytes > self.bytes_max {
            return Err(BuildError::TooLarge(self.bytes_max));
        }
        self.encoder.write_all(text.as_bytes())?;
        text.clear();
        Ok(())
    }

    fn finish(self) -> Result<Built, BuildError> {
        let mut gzip = self.encoder.finish()?;
        gzip.shrink_to_fit();
        Ok(Built {
            gzip: gzip.into(),
            plain_bytes: self.plain_bytes,
        })
    }
}

impl Built {
    /// The text, piece by piece, each unpacked when the one before it was taken.
    pub fn plain(&self) -> impl FnMut() -> Option<Bytes> + Send + 'static {
        let mut decoder = GzDecoder::new(self.gzip.clone().reader());
        move || {
            let mut piece = Vec::new();
            let read = decoder
                .by_ref()
                .take(PIECE_BYTES as u64)
                .read_to_end(&mut piece);
            match read {
                Ok(0) => None,
                Ok(_) => Some(piece.into()),
                Err(error) => {
                    // The length that was promised is not reached, so the reader notices.
                    tracing::error!("unpacking a feed of our own: {error}");
                    None
                }
            }
        }
    }
}

/// The name of a calendar whose owner gave it none.
fn calendar_name(language: Language) -> &'static str {
    match language {
        Language::Russian => "АДВАНТА",
        Language::English => "ADVANTA",
    }
}
