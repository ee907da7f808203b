//! The load: writers that know what was acknowledged, and watchers that remember every state they were shown.

use crate::harness::{Dav, Listing, Multistatus, Random, demo};
use std::sync::atomic::{AtomicBool, Ordering};

/// Notes of one writer; few, so that the same href is made, deleted and made again.
const SLOTS: usize = 8;
/// Texts up to so many characters longer than the shortest: from one block of a file to several.
const FILLER_MAX: u64 = 12_000;

/// What one writer's notes are. Each writer has hrefs of its own, so nobody else changes them.
pub struct Slots {
    /// Which writer.
    pub writer: usize,
    /// Body by slot as acknowledged; `None`: not there.
    pub bodies: Vec<Option<String>>,
    /// The write that was under way when the bridge died: its slot, and what would be there.
    pub under_way: Option<(usize, Option<String>)>,
    /// Writes that were answered with 2xx so far.
    pub acknowledged: u64,
    /// Makes every body different from all others.
    version: u64,
}

impl Slots {
    /// A writer without notes.
    pub fn new(writer: usize) -> Self {
        Self {
            writer,
            bodies: vec![None; SLOTS],
            under_way: None,
            acknowledged: 0,
            version: 0,
        }
    }

    /// The href of a slot in its owner's collection.
    pub fn href(&self, owner: &str, slot: usize) -> String {
        format!(
            "{}writer-{}-note-{slot}.ics",
            demo::collection(owner),
            self.writer
        )
    }
}

/// An href, an ETag and the body that was served with it.
pub type SeenBody = (String, String, String);

/// One connection that writes.
pub struct Worker<'a> {
    dav: Dav,
    owner: &'a str,
    chance: Random,
    /// Every body that an ETag came with.
    pub seen: Vec<SeenBody>,
}

impl<'a> Worker<'a> {
    /// A connection of its own.
    pub fn new(dav: Dav, owner: &'a str, seed: u64) -> Self {
        Self {
            dav,
            owner,
            chance: Random(seed),
            seen: Vec::new(),
        }
    }

    /// One write; false when no answer came, which is to say that the bridge is dead.
    pub fn step(&mut self, slots: &mut Slots) -> bool {
        let slot = usize::try_from(self.chance.below(SLOTS as u64)).expect("a small number");
        let href = slots.href(self.owner, slot);
        let delete = slots.bodies[slot].is_some() && self.chance.below(4) == 0;
        let wanted = (!delete).then(|| {
            slots.version += 1;
            note(
                slots.writer,
                slot,
                slots.version,
                self.chance.below(FILLER_MAX),
            )
        });
        let expected = match (&slots.bodies[slot], &wanted) {
            (None, _) => 201,
            (Some(_), _) => 204,
        };
        slots.under_way = Some((slot, wanted.clone()));
        let answer = match &wanted {
            Some(body) => self.dav.try_send("PUT", &href, &[CALENDAR], body),
            None => self.dav.try_send("DELETE", &href, &[], ""),
        };
        let Ok(answer) = answer else { return false };
        assert_eq!(answer.status, expected, "write of {href}: {}", answer.body);
        if let (Some(body), Some(etag)) = (&wanted, answer.etag()) {
            self.seen.push((href, etag, body.clone()));
        }
        slots.bodies[slot] = wanted;
        slots.under_way = None;
        slots.acknowledged += 1;
        true
    }
}

/// A state that was shown: the token, and what was there.
pub type SeenState = (String, Listing);

/// Reads on, first everything and then only what changed, until the bridge is dead; gives every state that it was shown.
pub fn watch(dav: &Dav, collection: &str, dead: &AtomicBool) -> Vec<SeenState> {
    let mut states: Vec<SeenState> = Vec::new();
    while !dead.load(Ordering::SeqCst) {
        let (token, mut listing) = states.last().cloned().unwrap_or_default();
        let Ok(answer) = dav.try_sync(collection, &token) else {
            break;
        };
        let answer: Multistatus = answer.multistatus();
        answer.apply(&mut listing);
        states.push((answer.sync_token.expect("a sync-token"), listing));
    }
    states
}

const CALENDAR: (&str, &str) = ("Content-Type", "text/calendar; charset=utf-8");

/// A note like no other: its version stands in the title, and its text is as long as chance wants.
fn note(writer: usize, slot: usize, version: u64, filler: u64) -> String {
    let start = version % 28 + 1;
    let mut text = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example.com//load//EN\r\nBEGIN:VEVENT\r\n\
         UID:writer-{writer}-note-{slot}@example.com\r\nDTSTAMP:20260301T080000Z\r\n\
         DTSTART:202603{start:02}T090000Z\r\nDTEND:202603{start:02}T100000Z\r\n\
         SUMMARY:Заметка {writer}.{slot}\\, версия {version}\r\nX-EXAMPLE-FILLER:\r\n"
    );
    let line = format!(" {}\r\n", "x".repeat(70));
    for _ in 0..filler / 70 {
        text += &line;
    }
    text + "END:VEVENT\r\nEND:VCALENDAR\r\n"
}
