//! The `Prefer` header (RFC 7240, RFC 8144) and its older sister `Brief`.

/// What a client would like. What is not known is ignored (RFC 7240 §2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prefer {
    /// `return` (RFC 7240 §4.2).
    pub answer: Option<Return>,
    /// `depth-noroot` (RFC 8144 §4): a Depth 1 answer leaves out the collection itself.
    pub depth_noroot: bool,
}

/// How much an answer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Return {
    /// `minimal`: no propstat of properties that are not there, no body after a write.
    Minimal,
    /// `representation`: a write answers what is stored.
    Representation,
}

impl Prefer {
    /// Reads all values of `Prefer` and the value of `Brief`, which means `return=minimal` where `Prefer` says nothing
    /// (RFC 8144 §2.1). Of several values of one preference the first counts (RFC 7240 §2).
    pub fn parse<'a>(prefer: impl IntoIterator<Item = &'a str>, brief: Option<&str>) -> Self {
        let mut wishes = Self::default();
        for value in prefer {
            split_unquoted(value, ',').for_each(|preference| wishes.take(preference));
        }
        let brief = brief.is_some_and(|value| value.trim().eq_ignore_ascii_case("t"));
        if brief && wishes.answer.is_none() {
            wishes.answer = Some(Return::Minimal);
        }
        wishes
    }

    fn take(&mut self, preference: &str) {
        let word = split_unquoted(preference, ';').next().unwrap_or_default();
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        let (name, value) = (name.trim(), value.trim().trim_matches('"'));
        if name.eq_ignore_ascii_case("depth-noroot") {
            self.depth_noroot = true;
        } else if name.eq_ignore_ascii_case("return") && self.answer.is_none() {
            self.answer = Return::of(value);
        }
    }
}

impl Return {
    fn of(value: &str) -> Option<Self> {
        match value {
            "minimal" => Some(Self::Minimal),
            "representation" => Some(Self::Representation),
            _ => None,
        }
    }
}

/// Pieces between separators that stand outside quoted strings.
fn split_unquoted(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |c| {
        let was_escaped = std::mem::take(&mut escaped);
        match c {
            '\\' if quoted && !was_escaped => escaped = true,
            '"' if !was_escaped => quoted = !quoted,
            _ => {}
        }
        c == separator && !quoted
    })
}
