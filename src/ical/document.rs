//! A whole iCalendar text as a tree that forgets nothing.
//!
//! Start at [`Document::parse`]. What was read is written back byte for byte: order, folding, case, line endings,
//! blank lines, unknown properties and components. Only properties that were replaced are serialised anew.
//!
//! Two things are not kept, because the XML that carries calendar data (RFC 4791 §9.6) cannot hold them: a fold inside
//! a character is moved to its border, and control characters are left out. [`Document::is_exact`] tells.

use super::content_line::Property;
use super::parse::Reader;
use super::{Invalid, Limits};

/// An iCalendar text with one `VCALENDAR`.
#[derive(Clone, Debug)]
pub struct Document {
    pub(super) before: String,
    pub(super) calendar: Component,
    pub(super) after: String,
    pub(super) ending: &'static str,
    pub(super) exact: bool,
}

/// A component (RFC 5545 §3.6).
#[derive(Clone, Debug)]
pub struct Component {
    pub(super) name: String,
    pub(super) begin: Option<String>,
    pub(super) items: Vec<Item>,
    pub(super) end: Option<String>,
    pub(super) line: usize,
}

/// What stands between BEGIN and END, in order.
#[derive(Clone, Debug)]
pub enum Item {
    /// A property.
    Property(Property),
    /// A component inside.
    Component(Component),
    /// Blank lines, as they were.
    Blank(String),
}

impl Document {
    /// Reads a text. A byte order mark is kept.
    ///
    /// # Errors
    /// The first line that is not iCalendar, or at which a limit was passed.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, Invalid> {
        Reader::new(limits).read(bytes)
    }

    /// The text.
    pub fn to_text(&self) -> String {
        let mut out = self.before.clone();
        self.calendar.write(&mut out, self.ending);
        out.push_str(&self.after);
        out
    }

    /// Whether [`to_text`](Self::to_text) of the untouched document gives the very bytes that were read.
    pub fn is_exact(&self) -> bool {
        self.exact
    }

    /// The `VCALENDAR`.
    pub fn calendar(&self) -> &Component {
        &self.calendar
    }

    /// The `VCALENDAR`, to be changed.
    pub fn calendar_mut(&mut self) -> &mut Component {
        &mut self.calendar
    }

    /// The events in order: the master, if there is one, is the one without RECURRENCE-ID.
    pub fn events(&self) -> impl Iterator<Item = &Component> + Clone {
        self.calendar.components_named("VEVENT")
    }
}

impl Component {
    /// Makes an empty component.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_ascii_uppercase(),
            begin: None,
            items: Vec::new(),
            end: None,
            line: 0,
        }
    }

    /// Its name in upper case.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The physical line of its BEGIN, from 1; 0 when it was made here.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Its properties in order.
    pub fn properties(&self) -> impl Iterator<Item = &Property> {
        self.items.iter().filter_map(|item| match item {
            Item::Property(property) => Some(property),
            Item::Component(_) | Item::Blank(_) => None,
        })
    }

    /// Its properties of a name (in upper case), in order.
    pub fn properties_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Property> {
        self.properties()
            .filter(move |property| property.name() == name)
    }

    /// Its first property of a name (in upper case).
    pub fn property(&self, name: &str) -> Option<&Property> {
        self.properties().find(|property| property.name() == name)
    }

    /// The components inside it, in order.
    pub fn components(&self) -> impl Iterator<Item = &Component> + Clone {
        self.items.iter().filter_map(|item| match item {
            Item::Component(component) => Some(component),
            Item::Property(_) | Item::Blank(_) => None,
        })
    }

    /// The components of a name (in upper case) inside it, in order.
    pub fn components_named<'a>(
        &'a self,
        name: &'a str,
    ) -> impl Iterator<Item = &'a Component> + Clone {
        self.components()
            .filter(move |component| component.name == name)
    }

    /// Everything inside it, in order.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// Everything inside it, to be changed.
    pub fn items_mut(&mut self) -> &mut Vec<Item> {
        &mut self.items
    }

    /// Puts a property in the place of the first of its name, or after the last property; others of its name go.
    /// Nothing is touched when it stands there already.
    pub fn set(&mut self, property: Property) {
        let name = property.name().to_owned();
        let mut new = Some(property);
        self.items.retain_mut(|item| match item {
            Item::Property(old) if old.name() == name => match new.take() {
                Some(new) => {
                    if *old != new {
                        *old = new;
                    }
                    true
                }
                None => false,
            },
            _ => true,
        });
        if let Some(new) = new {
            self.items
                .insert(self.after_properties(), Item::Property(new));
        }
    }

    /// Removes all properties for which `unwanted` says so; returns whether there were any.
    pub fn remove(&mut self, unwanted: impl Fn(&Property) -> bool) -> bool {
        let before = self.items.len();
        self.items
            .retain(|item| !matches!(item, Item::Property(property) if unwanted(property)));
        self.items.len() != before
    }

    /// Puts a property right after the last one of the name `after`, or after the last property.
    pub fn insert_after(&mut self, after: &str, property: Property) {
        let place = self
            .items
            .iter()
            .rposition(|item| matches!(item, Item::Property(property) if property.name() == after));
        let place = place.map_or_else(|| self.after_properties(), |index| index + 1);
        self.items.insert(place, Item::Property(property));
    }

    /// Forgets how the properties were folded: they are written as if made here.
    pub(crate) fn refold(&mut self) {
        for item in &mut self.items {
            match item {
                Item::Property(property) => property.refold(),
                Item::Component(component) => component.refold(),
                Item::Blank(_) => {}
            }
        }
    }

    fn after_properties(&self) -> usize {
        let last = self
            .items
            .iter()
            .rposition(|item| matches!(item, Item::Property(_)));
        last.map_or(0, |index| index + 1)
    }

    pub(crate) fn write(&self, out: &mut String, ending: &str) {
        write_edge(out, "BEGIN:", self.begin.as_deref(), &self.name, ending);
        for item in &self.items {
            match item {
                Item::Property(property) => property.write(out, ending),
                Item::Component(component) => component.write(out, ending),
                Item::Blank(raw) => out.push_str(raw),
            }
        }
        write_edge(out, "END:", self.end.as_deref(), &self.name, ending);
    }
}

fn write_edge(out: &mut String, word: &str, raw: Option<&str>, name: &str, ending: &str) {
    match raw {
        Some(raw) => out.push_str(raw),
        None => {
            out.push_str(word);
            out.push_str(name);
            out.push_str(ending);
        }
    }
}
