//! A whole iCalendar text as a tree that forgets nothing.
//!
//! Start at [`Document::parse`]. What was read is written back byte for byte: order, folding, case, line endings,
//! blank lines, unknown properties and components. Only properties that were replaced are serialised anew.
//!
//! Two things are not kept, because the XML that carries calendar data (RFC 4791 §9.6) cannot hold them: a fold inside
//! a character is moved to its border, and control characters are left out. [`Document::is_exact`] tells.

use super::content_line::{self, Property};
use super::lines::{Logical, logical_lines};
use super::{Invalid, Limits};

/// An iCalendar text with one `VCALENDAR`.
#[derive(Clone, Debug)]
pub struct Document {
    before: String,
    calendar: Component,
    after: String,
    ending: &'static str,
    exact: bool,
}

/// A component (RFC 5545 §3.6).
#[derive(Clone, Debug)]
pub struct Component {
    name: String,
    begin: Option<String>,
    items: Vec<Item>,
    end: Option<String>,
    line: usize,
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

/// Builds the tree line by line; `open` holds the components whose END has not come yet.
struct Reader<'a> {
    limits: &'a Limits,
    open: Vec<Component>,
    done: Option<Component>,
    before: String,
    after: String,
    components: usize,
    properties: usize,
    exact: bool,
}

impl<'a> Reader<'a> {
    fn new(limits: &'a Limits) -> Self {
        Self {
            limits,
            open: Vec::new(),
            done: None,
            before: String::new(),
            after: String::new(),
            components: 0,
            properties: 0,
            exact: true,
        }
    }

    fn read(mut self, bytes: &[u8]) -> Result<Document, Invalid> {
        let mut ending = "\r\n";
        let mut line = 1;
        for (index, logical) in logical_lines(bytes, self.limits).enumerate() {
            let logical = logical?;
            if index == 0 && !logical.ends_with_crlf {
                ending = "\n";
            }
            line = logical.line;
            self.exact &= logical.raw.is_some();
            self.take(logical)?;
        }
        match self.done {
            Some(calendar) => Ok(Document {
                before: self.before,
                calendar,
                after: self.after,
                ending,
                exact: self.exact,
            }),
            None => Err(Invalid::new(line, "the text ends before END:VCALENDAR")),
        }
    }

    fn take(&mut self, logical: Logical<'_>) -> Result<(), Invalid> {
        if logical.is_blank() {
            self.blank(&logical);
            return Ok(());
        }
        let fail = |what: &'static str| Invalid::new(logical.line, what);
        let property =
            content_line::parse(&logical.content, self.limits.parameters_max).map_err(fail)?;
        let raw = logical.raw.map(str::to_owned);
        match property.name() {
            "BEGIN" => self.begin(&property, raw, logical.line).map_err(fail),
            "END" => self.end(&property, raw).map_err(fail),
            _ => self
                .property(property.kept(raw, logical.line))
                .map_err(fail),
        }
    }

    fn blank(&mut self, logical: &Logical<'_>) {
        let raw = logical.raw.unwrap_or_default();
        match (self.open.last_mut(), &self.done) {
            (Some(component), _) => component.items.push(Item::Blank(raw.to_owned())),
            (None, Some(_)) => self.after.push_str(raw),
            (None, None) => self.before.push_str(raw),
        }
    }

    fn begin(
        &mut self,
        property: &Property,
        raw: Option<String>,
        line: usize,
    ) -> Result<(), &'static str> {
        let name = property.value().trim().to_ascii_uppercase();
        self.components += 1;
        match (self.open.len(), &self.done) {
            (_, Some(_)) => return Err("there is more than one VCALENDAR"),
            (0, None) if name != "VCALENDAR" => {
                return Err("the text does not begin with VCALENDAR");
            }
            (depth, None) if depth == self.limits.depth_max => {
                return Err("components are nested too deeply");
            }
            (_, None) if self.components > self.limits.components_max => {
                return Err("there are too many components");
            }
            (_, None) if name.is_empty() => return Err("a component has no name"),
            (_, None) => {}
        }
        self.open.push(Component {
            begin: raw,
            line,
            ..Component::new(&name)
        });
        Ok(())
    }

    fn end(&mut self, property: &Property, raw: Option<String>) -> Result<(), &'static str> {
        let mut component = self.open.pop().ok_or("an END has no BEGIN")?;
        if !property
            .value()
            .trim()
            .eq_ignore_ascii_case(&component.name)
        {
            return Err("an END does not match its BEGIN");
        }
        component.end = raw;
        match self.open.last_mut() {
            Some(parent) => parent.items.push(Item::Component(component)),
            None => self.done = Some(component),
        }
        Ok(())
    }

    fn property(&mut self, property: Property) -> Result<(), &'static str> {
        self.properties += 1;
        if self.properties > self.limits.properties_max {
            return Err("there are too many properties");
        }
        let component = self
            .open
            .last_mut()
            .ok_or("a property stands outside of a component")?;
        component.items.push(Item::Property(property));
        Ok(())
    }
}
