//! Content lines to a tree.

use super::content_line::{self, Property};
use super::document::{Component, Document, Item};
use super::lines::{Logical, logical_lines};
use super::{Invalid, Limits};

/// Builds the tree line by line; `open` holds the components whose END has not come yet.
pub(super) struct Reader<'a> {
    limits: &'a Limits,
    open: Vec<Component>,
    done: Option<Component>,
    before: String,
    after: String,
    components: usize,
    properties: usize,
    values: usize,
    exact: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(limits: &'a Limits) -> Self {
        Self {
            limits,
            open: Vec::new(),
            done: None,
            before: String::new(),
            after: String::new(),
            components: 0,
            properties: 0,
            values: 0,
            exact: true,
        }
    }

    pub(super) fn read(mut self, bytes: &[u8]) -> Result<Document, Invalid> {
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
        self.count_values(&property).map_err(fail)?;
        let raw = logical.raw.map(str::to_owned);
        match property.name() {
            "BEGIN" => self.begin(&property, raw, logical.line).map_err(fail),
            "END" => self.end(&property, raw).map_err(fail),
            _ => self
                .property(property.kept(raw, logical.line))
                .map_err(fail),
        }
    }

    fn count_values(&mut self, property: &Property) -> Result<(), &'static str> {
        let values = property.params().iter().map(|param| param.values.len());
        self.values += values.sum::<usize>();
        if self.values > self.limits.parameter_values_max {
            return Err("there are too many parameters");
        }
        Ok(())
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
