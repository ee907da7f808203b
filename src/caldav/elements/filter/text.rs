//! Text matching and its collations (RFC 4791 §7.5, §9.7.5; RFC 4790; RFC 5051).

use unicode_normalization::UnicodeNormalization as _;

/// How texts are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collation {
    /// `i;ascii-casemap` (RFC 4790 §9.2), the default: A–Z equal a–z, all else as it is.
    AsciiCasemap,
    /// `i;octet` (RFC 4790 §9.3).
    Octet,
    /// `i;unicode-casemap` (RFC 5051): case and compatibility forms of all scripts.
    UnicodeCasemap,
}

/// A substring condition. Make it by [`TextMatch::new`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextMatch {
    /// Already folded.
    needle: String,
    collation: Collation,
    negate: bool,
}

impl Collation {
    /// All of them, for `supported-collation-set` (RFC 4791 §7.5.1).
    pub const ALL: [Self; 3] = [Self::AsciiCasemap, Self::Octet, Self::UnicodeCasemap];

    /// Its identifier.
    pub fn identifier(self) -> &'static str {
        match self {
            Self::AsciiCasemap => "i;ascii-casemap",
            Self::Octet => "i;octet",
            Self::UnicodeCasemap => "i;unicode-casemap",
        }
    }

    /// The collation of an identifier; `default` is ours to choose (RFC 4791 §7.5).
    pub fn of(identifier: &str) -> Option<Self> {
        if identifier == "default" {
            return Some(Self::AsciiCasemap);
        }
        Self::ALL
            .into_iter()
            .find(|collation| collation.identifier() == identifier)
    }

    fn fold(self, text: &str) -> String {
        match self {
            Self::AsciiCasemap => text.to_ascii_lowercase(),
            Self::Octet => text.to_owned(),
            Self::UnicodeCasemap => text.chars().map(simple_case).nfkd().collect(),
        }
    }
}

impl TextMatch {
    /// The condition that `text` is, or with `negate` is not, somewhere in a value.
    pub fn new(text: &str, collation: Collation, negate: bool) -> Self {
        Self {
            needle: collation.fold(text),
            collation,
            negate,
        }
    }

    /// Whether a value meets it.
    pub fn matches(&self, value: &str) -> bool {
        let found = match self.collation {
            Collation::Octet => value.contains(&self.needle),
            folding => folding.fold(value).contains(&self.needle),
        };
        found != self.negate
    }
}

/// RFC 5051 §2 maps single characters only, so what would become several (ß) stays.
fn simple_case(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(upper), None) => upper,
        _ => c,
    }
}
