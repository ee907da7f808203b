//! Many texts to one calendar, written piece by piece: an export, or a feed.
//!
//! Start at [`Joined::new`]. The same texts in the same order give the same bytes. Events are written byte for byte, as they
//! stand in their texts; what a text says of its calendar as a whole (VERSION, PRODID, `X-WR-*` and whatever else stands
//! outside of its components) is left out, for there is one calendar now.
//!
//! A `VTIMEZONE` stands once for every TZID, right before the first event that names it. When a text defines a TZID
//! differently than an earlier one, its definition gets a name of its own, and the TZID parameters of its events follow.

use super::export::{Exported, put_export};
use super::ours::for_events;
use super::{Component, Document, Invalid, Item, Limits, Property, noise, text, value};
use crate::model::{Digest, Settings};
use std::collections::{BTreeMap, BTreeSet};

/// What the calendar says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head<'a> {
    /// Who makes the text (RFC 5545 §3.7.3); [`PRODID`](super::PRODID) is the bridge's own.
    pub prodid: &'a str,
    /// Shown name of the calendar: NAME (RFC 7986 §5.1) and the older X-WR-CALNAME.
    pub name: Option<&'a str>,
    /// Set for a feed, which a calendar program fetches again and again.
    pub feed: Option<Feed>,
}

/// What makes a calendar a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feed {
    /// How long a program should wait before it fetches the feed again, in seconds: REFRESH-INTERVAL (RFC 7986 §5.7) and the
    /// older X-PUBLISHED-TTL.
    pub refresh_secs: u32,
}

/// What becomes of the alarms of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarms {
    /// They stay.
    Keep,
    /// They are left out: of a feed, everyone's program has its own.
    Strip,
}

/// A calendar that is being written.
#[derive(Debug)]
pub struct Joined {
    alarms: Alarms,
    limits: Limits,
    /// By the TZID as the texts name it, and what its definition says: the TZID under which it was written.
    zones: BTreeMap<(String, [u8; 16]), String>,
    /// Every TZID that was written.
    names: BTreeSet<String>,
    /// By the plain TZID: the last number that was tried for a name of its own.
    numbers: BTreeMap<String, u64>,
}

impl Joined {
    /// Begins a calendar: appends its head. `limits` are those under which the texts were taken.
    pub fn new(head: &Head<'_>, alarms: Alarms, limits: &Limits, out: &mut String) -> Self {
        push_head(head, out);
        Self {
            alarms,
            // What we rendered ourselves is not bound by the size of what clients may send.
            limits: Limits {
                bytes_max: usize::MAX,
                lines_max: usize::MAX,
                ..*limits
            },
            zones: BTreeMap::new(),
            names: BTreeSet::new(),
            numbers: BTreeMap::new(),
        }
    }

    /// Appends the events of a text, and the time zones they name that were not written yet.
    ///
    /// # Errors
    /// The line of `text` that is not iCalendar; nothing is appended then.
    pub fn push(&mut self, text: &str, out: &mut String) -> Result<(), Invalid> {
        let document = Document::parse(text.as_bytes(), &self.limits)?;
        self.write(document, out);
        Ok(())
    }

    /// As [`push`](Self::push), with all that the bridge knows of the object: see [`put_export`].
    ///
    /// # Errors
    /// As of [`push`](Self::push).
    pub fn push_export(
        &mut self,
        text: &str,
        of: &Exported<'_>,
        settings: &Settings,
        out: &mut String,
    ) -> Result<(), Invalid> {
        let mut document = Document::parse(text.as_bytes(), &self.limits)?;
        put_export(&mut document, of, settings);
        self.write(document, out);
        Ok(())
    }

    /// Appends the end.
    pub fn finish(self, out: &mut String) {
        out.push_str("END:VCALENDAR\r\n");
    }

    fn write(&mut self, mut document: Document, out: &mut String) {
        if self.alarms == Alarms::Strip {
            for_events(&mut document, strip_alarms);
        }
        let ending = document.ending;
        let mut renamed = BTreeMap::new();
        let named = named_tzids(&document);
        for (tzid, mut zone) in used_zones(&document, &named) {
            let (name, is_new) = self.name_of(&tzid, &zone, &named);
            if name != tzid {
                zone.set(Property::new("TZID", name.clone()));
                renamed.insert(tzid, name);
            }
            if is_new {
                zone.write(out, ending);
            }
        }
        for item in document.calendar_mut().items_mut() {
            match item {
                Item::Component(component) if component.name() != "VTIMEZONE" => {
                    rename(component, &renamed);
                    component.write(out, ending);
                }
                Item::Component(_) | Item::Property(_) | Item::Blank(_) => {}
            }
        }
    }

    /// The name of a definition in the calendar, and whether it is yet to be written. `named` are the TZIDs that the text names.
    fn name_of(
        &mut self,
        tzid: &str,
        zone: &Component,
        named: &BTreeSet<String>,
    ) -> (String, bool) {
        let Digest(says) = Digest::of(&noise::zone_wording(zone));
        let key = (tzid.to_owned(), says);
        if let Some(name) = self.zones.get(&key) {
            return (name.clone(), false);
        }
        let name = self.free_name(tzid, named);
        self.names.insert(name.clone());
        self.zones.insert(key, name.clone());
        (name, true)
    }

    /// The TZID itself, or the next of `/advanta-bridge/2/TZID`, `/advanta-bridge/3/TZID`, … that neither was written nor is
    /// named in the same text. Programs that know the zone by name know it behind such a prefix, too.
    fn free_name(&mut self, tzid: &str, named: &BTreeSet<String>) -> String {
        if !self.names.contains(tzid) {
            return tzid.to_owned();
        }
        let plain = noise::plain_tzid(tzid);
        let number = self.numbers.entry(plain.to_owned()).or_insert(1);
        loop {
            *number += 1;
            let name = format!("{}{number}/{plain}", noise::TZID_PREFIX);
            if !self.names.contains(&name) && !named.contains(&name) {
                return name;
            }
        }
    }
}

fn push_head(head: &Head<'_>, out: &mut String) {
    let mut say = |property: Property| property.write(out, "\r\n");
    let mut calendar = vec![
        Property::new("VERSION", "2.0"),
        Property::text("PRODID", &text::one_line(head.prodid)),
    ];
    if head.feed.is_some() {
        calendar.push(Property::new("METHOD", "PUBLISH"));
    }
    if let Some(name) = head.name {
        let name = text::one_line(name);
        calendar.push(Property::text("NAME", &name));
        calendar.push(Property::text("X-WR-CALNAME", &name));
    }
    if let Some(feed) = head.feed {
        let refresh = value::format_duration(feed.refresh_secs);
        let interval = Property::new("REFRESH-INTERVAL", refresh.clone());
        calendar.push(interval.with_param("VALUE", "DURATION"));
        calendar.push(Property::new("X-PUBLISHED-TTL", refresh));
    }
    say(Property::new("BEGIN", "VCALENDAR"));
    calendar.into_iter().for_each(say);
}

fn strip_alarms(event: &mut Component) {
    let is_alarm = |item: &Item| matches!(item, Item::Component(inner) if inner.name() == "VALARM");
    event.items_mut().retain(|item| !is_alarm(item));
}

/// The definitions that the events of a text name, in the order of the text. Of two of one name the later stands, as for a reader.
fn used_zones(document: &Document, named: &BTreeSet<String>) -> Vec<(String, Component)> {
    let mut zones: Vec<(String, Component)> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for zone in document.calendar().components_named("VTIMEZONE") {
        let Some(tzid) = zone.property("TZID").map(|tzid| tzid.value().trim()) else {
            continue;
        };
        match places.get(tzid) {
            Some(place) => zones[*place].1.clone_from(zone),
            None if named.contains(tzid) => {
                places.insert(tzid, zones.len());
                zones.push((tzid.to_owned(), zone.clone()));
            }
            None => {}
        }
    }
    zones
}

fn named_tzids(document: &Document) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for component in document.calendar().components() {
        if component.name() != "VTIMEZONE" {
            collect_tzids(component, &mut named);
        }
    }
    named
}

fn collect_tzids(component: &Component, named: &mut BTreeSet<String>) {
    let tzids = component.properties().filter_map(|each| each.param("TZID"));
    named.extend(tzids.map(|tzid| tzid.trim().to_owned()));
    for inner in component.components() {
        collect_tzids(inner, named);
    }
}

/// Gives time zones other names wherever a component names them.
fn rename(component: &mut Component, renamed: &BTreeMap<String, String>) {
    if renamed.is_empty() {
        return;
    }
    for item in component.items_mut() {
        match item {
            Item::Property(property) => {
                let old = property.param("TZID").map(str::trim);
                if let Some(new) = old.and_then(|old| renamed.get(old)) {
                    property.set_param("TZID", new);
                }
            }
            Item::Component(inner) => rename(inner, renamed),
            Item::Blank(_) => {}
        }
    }
}
