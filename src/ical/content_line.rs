//! One content line (RFC 5545 §3.1): a property with its parameters and value.
//!
//! A property that was read keeps its physical lines and is written back as exactly these; only one that the bridge
//! made itself is serialised, folded at 75 octets between characters.

use super::text;

/// The longest physical line in octets, without its ending (RFC 5545 §3.1).
const LINE_OCTETS_MAX: usize = 75;

/// Values of one parameter: the longest lists are the groups that somebody is in (MEMBER).
const VALUES_MAX: usize = 1_000;

/// A property parameter (RFC 5545 §3.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in upper case.
    pub name: String,
    /// Its values, without quotes, with the carets of RFC 6868 decoded. At least one.
    pub values: Vec<String>,
}

/// A property (RFC 5545 §3.1).
#[derive(Clone, Debug)]
pub struct Property {
    name: String,
    params: Vec<Parameter>,
    value: String,
    /// The physical lines that it was read from, endings included. `None` when it was made here, or when these lines
    /// could not be kept (folded inside a character, or with control characters).
    raw: Option<String>,
    line: usize,
}

/// Two properties are equal when they say the same, however they are folded.
impl PartialEq for Property {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.params == other.params && self.value == other.value
    }
}

impl Eq for Property {}

impl Property {
    /// Makes a property. `value` is as it stands in the text: already escaped where its type asks for that.
    pub fn new(name: &str, value: impl Into<String>) -> Self {
        Self {
            name: name.to_ascii_uppercase(),
            params: Vec::new(),
            value: value.into(),
            raw: None,
            line: 0,
        }
    }

    /// Makes a property of type TEXT (RFC 5545 §3.3.11): escapes the value.
    pub fn text(name: &str, value: &str) -> Self {
        Self::new(name, text::escape(value))
    }

    /// Adds a parameter with one value.
    #[must_use]
    pub fn with_param(mut self, name: &str, value: impl Into<String>) -> Self {
        self.params.push(Parameter {
            name: name.to_ascii_uppercase(),
            values: vec![value.into()],
        });
        self
    }

    /// The same property with another value: parameters that describe the old value's other forms are left out.
    #[must_use]
    pub fn with_value(&self, value: impl Into<String>) -> Self {
        let mut params = self.params.clone();
        params.retain(|param| param.name != "ALTREP");
        Self {
            name: self.name.clone(),
            params,
            value: value.into(),
            raw: None,
            line: self.line,
        }
    }

    /// The same parameters, but these ones.
    #[must_use]
    pub fn without_params(mut self, names: &[&str]) -> Self {
        self.params
            .retain(|param| !names.contains(&param.name.as_str()));
        self.raw = None;
        self
    }

    /// Gives the first parameter of a name (in upper case), if it is there, another value.
    pub fn set_param(&mut self, name: &str, value: &str) {
        if let Some(param) = self.params.iter_mut().find(|param| param.name == name) {
            param.values = vec![value.to_owned()];
            self.raw = None;
        }
    }

    /// The same property under another name.
    #[must_use]
    pub fn renamed(mut self, name: &str) -> Self {
        self.name = name.to_ascii_uppercase();
        self.raw = None;
        self
    }

    /// Its name in upper case.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its parameters in order.
    pub fn params(&self) -> &[Parameter] {
        &self.params
    }

    /// The first value of a parameter; `name` in upper case.
    pub fn param(&self, name: &str) -> Option<&str> {
        let param = self.params.iter().find(|param| param.name == name)?;
        param.values.first().map(String::as_str)
    }

    /// Its value as it stands in the text, unfolded, not unescaped.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Its value read as TEXT (RFC 5545 §3.3.11).
    pub fn as_text(&self) -> String {
        text::unescape(&self.value)
    }

    /// The physical line that it starts on, from 1; 0 when it was made here.
    pub fn line(&self) -> usize {
        self.line
    }

    pub(crate) fn refold(&mut self) {
        self.raw = None;
    }

    pub(crate) fn kept(mut self, raw: Option<String>, line: usize) -> Self {
        self.raw = raw;
        self.line = line;
        self
    }

    /// Appends its physical lines.
    pub(crate) fn write(&self, out: &mut String, ending: &str) {
        match &self.raw {
            Some(raw) => out.push_str(raw),
            None => fold(&self.unfolded(), ending, out),
        }
    }

    fn unfolded(&self) -> String {
        let mut line = self.name.clone();
        for param in &self.params {
            line.push(';');
            line.push_str(&param.name);
            for (index, value) in param.values.iter().enumerate() {
                line.push(if index == 0 { '=' } else { ',' });
                push_param_value(&mut line, value);
            }
        }
        line.push(':');
        line.push_str(&self.value);
        line
    }
}

/// Why a logical line is not a content line. The text is for the person who wrote the client.
pub(crate) fn parse(line: &str, parameters_max: usize) -> Result<Property, &'static str> {
    let name_end = line.find([':', ';']).ok_or("a line has no colon")?;
    let name = checked_name(&line[..name_end])?;
    let mut params = Vec::new();
    let mut rest = &line[name_end..];
    while let Some(after) = rest.strip_prefix(';') {
        if params.len() == parameters_max {
            return Err("a property has too many parameters");
        }
        let (param, tail) = parameter(after)?;
        params.push(param);
        rest = tail;
    }
    let value = rest.strip_prefix(':').ok_or("a property has no value")?;
    Ok(Property {
        name,
        params,
        value: value.to_owned(),
        raw: None,
        line: 0,
    })
}

/// Letters, digits and `-` by RFC 5545; `_`, `.` and `/` are seen in the wild and harm nobody.
fn checked_name(name: &str) -> Result<String, &'static str> {
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    if name.is_empty() || !name.chars().all(known) {
        return Err("a name is empty or holds characters that no name has");
    }
    Ok(name.to_ascii_uppercase())
}

/// Reads `name=value,value` and returns what follows.
fn parameter(text: &str) -> Result<(Parameter, &str), &'static str> {
    let (name, mut rest) = text.split_once('=').ok_or("a parameter has no value")?;
    let name = checked_name(name)?;
    let mut values = Vec::new();
    loop {
        let (value, tail) = param_value(rest)?;
        if values.len() == VALUES_MAX {
            return Err("a parameter has too many values");
        }
        values.push(decode_carets(value));
        match tail.strip_prefix(',') {
            Some(after) => rest = after,
            None => return Ok((Parameter { name, values }, tail)),
        }
    }
}

/// Reads one parameter value, quoted or not, and returns what follows.
fn param_value(text: &str) -> Result<(&str, &str), &'static str> {
    if let Some(quoted) = text.strip_prefix('"') {
        return quoted
            .split_once('"')
            .ok_or("a quoted parameter value does not end");
    }
    let end = text
        .find([',', ';', ':'])
        .ok_or("a property has no value")?;
    Ok(text.split_at(end))
}

/// RFC 6868 §3.2.
fn decode_carets(value: &str) -> String {
    if !value.contains('^') {
        return value.to_owned();
    }
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars().peekable();
    while let Some(c) = chars.next() {
        let decoded = match (c, chars.peek()) {
            ('^', Some('n')) => Some('\n'),
            ('^', Some('^')) => Some('^'),
            ('^', Some('\'')) => Some('"'),
            _ => None,
        };
        if decoded.is_some() {
            chars.next();
        }
        out.push(decoded.unwrap_or(c));
    }
    out
}

/// Writes a parameter value with the carets of RFC 6868, quoted where needed.
fn push_param_value(line: &mut String, value: &str) {
    let quoted = value.contains([':', ';', ',']);
    if quoted {
        line.push('"');
    }
    for c in value.chars() {
        match c {
            '^' => line.push_str("^^"),
            '"' => line.push_str("^'"),
            '\n' => line.push_str("^n"),
            c if c.is_control() => {}
            c => line.push(c),
        }
    }
    if quoted {
        line.push('"');
    }
}

/// Folds a logical line between characters and appends it (RFC 5545 §3.1).
fn fold(line: &str, ending: &str, out: &mut String) {
    let mut rest = line;
    let mut octets_max = LINE_OCTETS_MAX;
    while rest.len() > octets_max {
        let cut = (0..=octets_max)
            .rev()
            .find(|cut| rest.is_char_boundary(*cut))
            .unwrap_or(rest.len());
        out.push_str(&rest[..cut]);
        out.push_str(ending);
        out.push(' ');
        rest = &rest[cut..];
        // The space that marks a continuation counts.
        octets_max = LINE_OCTETS_MAX - 1;
    }
    out.push_str(rest);
    out.push_str(ending);
}
