//! What remote calendars do to text, and to what is too long.

use super::Manners;
use advanta_bridge::model::{Fields, Moment, Span};
use chrono::Duration;

/// What a remote does to descriptions and locations. Doing it twice is doing it once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Texts {
    /// Nothing.
    AsTyped,
    /// Lines end with CR LF.
    LineEnds,
    /// A space stands at the end of what is not empty.
    TrailingSpace,
    /// It was wrapped in HTML and read back: blank lines and runs of spaces are gone.
    Html,
}

impl Texts {
    fn shown(self, text: &str) -> String {
        match self {
            Self::AsTyped => text.to_owned(),
            Self::LineEnds => text.replace("\r\n", "\n").replace('\n', "\r\n"),
            Self::TrailingSpace if text.trim_end().is_empty() => String::new(),
            Self::TrailingSpace => format!("{} ", text.trim_end()),
            Self::Html => {
                let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
                let lines = text.lines().map(line).filter(|line| !line.is_empty());
                lines.collect::<Vec<_>>().join("\n")
            }
        }
    }
}

impl Manners {
    /// What the remote makes of fields, whoever writes them.
    pub fn shown(&self, fields: &Fields) -> Fields {
        let cut = |text: &str, max: usize| text.chars().take(max).collect::<String>();
        Fields {
            title: cut(&fields.title, self.title_max).trim_end().to_owned(),
            span: fields.span.map(|span| self.clipped(span)),
            description: self
                .texts
                .shown(&cut(&fields.description, self.description_max)),
            location: self.texts.shown(&fields.location),
            recurs: fields.recurs,
        }
    }

    /// What the remote makes of fields that we write.
    pub fn projected(&self, fields: &Fields) -> Fields {
        let shown = self.shown(fields);
        Fields {
            span: shown.span.map(|span| self.lengthened(span)),
            ..shown
        }
    }

    /// A span that the remote lets us write.
    pub fn lengthened(&self, span: Span) -> Span {
        match (span.start(), span.end(), self.minutes_min) {
            (Moment::At(from), Moment::At(to), Some(minutes)) if from == to => {
                let end = Moment::At(from + Duration::minutes(minutes));
                Span::new(span.start(), end).unwrap_or(span)
            }
            _ => span,
        }
    }

    fn clipped(&self, span: Span) -> Span {
        let Some(days) = self.days_max else {
            return span;
        };
        let end = match (span.start(), span.end()) {
            (Moment::Day(first), Moment::Day(last)) => {
                Moment::Day(last.min(first + Duration::days(days - 1)))
            }
            (Moment::At(from), Moment::At(to)) => Moment::At(to.min(from + Duration::days(days))),
            (_, end) => end,
        };
        Span::new(span.start(), end).unwrap_or(span)
    }
}

#[test]
fn doing_it_twice_is_doing_it_once() {
    for texts in [
        Texts::AsTyped,
        Texts::LineEnds,
        Texts::TrailingSpace,
        Texts::Html,
    ] {
        for text in ["", "a", "a  b\n\n c \r\nd", "  "] {
            let once = texts.shown(text);
            assert_eq!(texts.shown(&once), once, "{texts:?} {text:?}");
        }
    }
}
