//! What is wrong with a JSON text, and where. The values themselves are never repeated: they may be anybody's words.

use serde::de::DeserializeOwned;
use serde_json::error::Category;
use std::fmt;

/// The longest name of a place that is repeated.
const FIELD_CHARS_MAX: usize = 200;

/// One thing that is not as the contract says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flaw {
    /// Where, for example `data.objects[3].plannedStart`; empty for the whole text.
    pub(super) field: String,
    /// What is wrong with it.
    pub(super) why: String,
}

impl Flaw {
    /// Something is wrong with one field.
    pub(super) fn new(field: impl fmt::Display, why: impl Into<String>) -> Self {
        Self {
            field: field.to_string(),
            why: why.into(),
        }
    }

    /// The same flaw, seen from outside: `outer.field`.
    pub(super) fn within(self, outer: impl fmt::Display) -> Self {
        let field = match self.field.as_str() {
            "" => outer.to_string(),
            inner => format!("{outer}.{inner}"),
        };
        Self { field, ..self }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field.as_str() {
            "" => f.write_str(&self.why),
            field => write!(f, "{field}: {}", self.why),
        }
    }
}

/// Reads a whole JSON text; unknown fields are ignored.
pub(super) fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, Flaw> {
    let mut json = serde_json::Deserializer::from_slice(text);
    let read = serde_path_to_error::deserialize(&mut json)
        .map_err(|error| flaw(&error.path().to_string(), error.inner()))?;
    json.end().map_err(|error| flaw("", &error))?;
    Ok(read)
}

/// Reads one item of a text that was read already.
pub(super) fn of_value<T: DeserializeOwned>(item: serde_json::Value) -> Result<T, Flaw> {
    serde_path_to_error::deserialize(item)
        .map_err(|error| flaw(&error.path().to_string(), error.inner()))
}

/// Reads every item of a list, and says which one is broken.
pub(super) fn list<W, T>(
    name: &str,
    items: Vec<W>,
    read: impl Fn(W) -> Result<T, Flaw>,
) -> Result<Vec<T>, Flaw> {
    items
        .into_iter()
        .enumerate()
        .map(|(at, item)| read(item).map_err(|flaw| flaw.within(format_args!("{name}[{at}]"))))
        .collect()
}

fn flaw(path: &str, error: &serde_json::Error) -> Flaw {
    // `.` is the whole text, `?` a place that has no name yet.
    let path = path.trim_end_matches(['.', '?']);
    let path: String = path.chars().take(FIELD_CHARS_MAX).collect();
    let text = error.to_string();
    match named("missing field", &text) {
        Some(field) => Flaw::new(field, "is missing").within_path(&path),
        None => Flaw::new("", reason(error.classify(), &text)).within_path(&path),
    }
}

impl Flaw {
    fn within_path(self, path: &str) -> Self {
        match path {
            "" => self,
            path => self.within(path),
        }
    }
}

/// serde's words without the value: of ``invalid type: string "…", expected u64`` the last part.
fn reason(category: Category, text: &str) -> String {
    if let (Category::Data, Some((_, expected))) = (category, text.rsplit_once(", expected ")) {
        return format!("expected {}", plain(expected));
    }
    match category {
        // These name line and column, and no values.
        Category::Syntax | Category::Eof => format!("not JSON: {text}"),
        Category::Data => match named("duplicate field", text) {
            Some(field) => format!("{field} stands there twice"),
            None => "not as the contract says".to_owned(),
        },
        Category::Io => "cannot be read".to_owned(),
    }
}

/// serde names Rust's types; the reader knows JSON's.
fn plain(expected: &str) -> &str {
    match expected.split(" at line ").next().unwrap_or_default() {
        "u8" | "u16" | "u64" => "a whole number in range",
        "a sequence" => "a list",
        text if text.starts_with("struct ") => "an object",
        text => text,
    }
}

/// The name in ``missing field `name` at line 1``: always one of our own.
fn named<'a>(what: &str, text: &'a str) -> Option<&'a str> {
    let rest = text.strip_prefix(what)?.strip_prefix(" `")?;
    rest.split_once('`').map(|(name, _)| name)
}
