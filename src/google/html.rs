//! Descriptions: Google's page writes them in HTML, notes are plain text.
//!
//! What stands in an event stays there as it is; only the note is plain. A text of ours that would be read as HTML is written with its
//! signs escaped, so that it comes back as it is.

use html_escape::{decode_html_entities, encode_text};

/// Tags that Google's page writes, and those of letters that people paste.
const TAGS: [&str; 32] = [
    "a",
    "b",
    "blockquote",
    "body",
    "br",
    "code",
    "div",
    "em",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "head",
    "html",
    "html-blob",
    "i",
    "img",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "script",
    "span",
    "strong",
    "style",
    "sub",
    "table",
    "td",
    "tr",
    "u",
];
/// Tags that stand beside them and say nothing.
const OTHERS: [&str; 8] = ["hr", "meta", "small", "sup", "tbody", "th", "thead", "ul"];
/// Tags that begin a line.
const BLOCKS: [&str; 13] = [
    "blockquote",
    "div",
    "h1",
    "h2",
    "h3",
    "h4",
    "hr",
    "ol",
    "p",
    "pre",
    "table",
    "tr",
    "ul",
];
/// Tags whose content nobody reads.
const HIDDEN: [&str; 3] = ["head", "script", "style"];

/// What a description says, as plain text; one without HTML is left as it is.
pub(super) fn plain(text: &str) -> String {
    if !is_html(text) {
        return text.to_owned();
    }
    let mut out = Plain::default();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        out.say(&rest[..at]);
        match tag(&rest[at..]) {
            Some(tag) => {
                rest = &rest[at + tag.length..];
                if let (Some(name), false) = (HIDDEN.iter().find(|it| **it == tag.name), tag.closes)
                {
                    rest = behind(rest, name);
                } else {
                    out.tag(&tag);
                }
            }
            None => {
                out.say("<");
                rest = &rest[at + 1..];
            }
        }
    }
    out.say(rest);
    out.end()
}

/// A plain text as it is written, so that [`plain`] gives it back.
pub(super) fn written(text: &str) -> String {
    if is_html(text) {
        encode_text(text).into_owned()
    } else {
        text.to_owned()
    }
}

fn is_html(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find(['<', '&']) {
        rest = &rest[at..];
        if tag(rest).is_some() || is_entity(rest) {
            return true;
        }
        rest = &rest[1..];
    }
    false
}

fn is_entity(rest: &str) -> bool {
    let Some(end) = rest.bytes().take(12).position(|byte| byte == b';') else {
        return false;
    };
    let entity = &rest[..=end];
    decode_html_entities(entity) != entity
}

/// A tag at the beginning of a text.
struct Tag<'a> {
    name: String,
    closes: bool,
    /// Where it leads, of a link.
    href: Option<&'a str>,
    length: usize,
}

fn tag(rest: &str) -> Option<Tag<'_>> {
    let end = rest.find('>')?;
    let inside = rest.get(1..end)?;
    let (closes, inside) = match inside.strip_prefix('/') {
        Some(inside) => (true, inside),
        None => (false, inside),
    };
    let name = inside.split([' ', '\t', '\r', '\n', '/']).next()?;
    let name = name.to_ascii_lowercase();
    if !TAGS.contains(&name.as_str()) && !OTHERS.contains(&name.as_str()) {
        return None;
    }
    let href = inside.find("href=").map(|at| &inside[at + 5..]);
    let href = href.and_then(|value| match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split(quote).next(),
        _ => value.split([' ', '>']).next(),
    });
    Some(Tag {
        href: href.filter(|_| name == "a"),
        name,
        closes,
        length: end + 1,
    })
}

/// What comes behind the end of a hidden element.
fn behind<'a>(rest: &'a str, name: &str) -> &'a str {
    let mut from = 0;
    while let Some(at) = rest[from..].find("</") {
        let place = from + at;
        if let Some(end) = tag(&rest[place..]).filter(|tag| tag.name == name) {
            return &rest[place + end.length..];
        }
        from = place + 2;
    }
    ""
}

#[derive(Default)]
struct Plain<'a> {
    out: String,
    /// Where the open link leads, and where its words begin.
    link: Option<(&'a str, usize)>,
}

impl<'a> Plain<'a> {
    fn say(&mut self, text: &str) {
        self.out += &decode_html_entities(text).replace('\u{a0}', " ");
    }

    fn tag(&mut self, tag: &Tag<'a>) {
        match (tag.name.as_str(), tag.closes) {
            ("br", _) => self.out.push('\n'),
            ("li", false) => {
                self.line();
                self.out += "- ";
            }
            ("td", true) => self.out.push(' '),
            ("a", false) => self.link = tag.href.map(|href| (href, self.out.len())),
            ("a", true) => self.close_link(),
            (name, _) if BLOCKS.contains(&name) => self.line(),
            _ => {}
        }
    }

    fn close_link(&mut self) {
        let Some((href, from)) = self.link.take() else {
            return;
        };
        let href = decode_html_entities(href);
        let words = self.out.get(from..).unwrap_or_default().trim();
        let told = href.strip_prefix("mailto:").unwrap_or(&href).to_owned();
        if words.is_empty() {
            self.out += &told;
        } else if words != told && words != href {
            self.out += &format!(" ({told})");
        }
    }

    fn line(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    fn end(self) -> String {
        let lines = self.out.lines().map(str::trim_end);
        lines.collect::<Vec<_>>().join("\n").trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn html_becomes_plain_text() {
        for (html, expected) in [
            (
                "<p>Повестка:</p><ul><li>бюджет</li><li>сроки</li></ul>",
                "Повестка:\n- бюджет\n- сроки",
            ),
            (
                "<b>Важно</b><br>Взять &laquo;Смету&raquo; &amp; ключи",
                "Важно\nВзять «Смету» & ключи",
            ),
            (
                "Ссылка: <a href=\"https://meet.example.com/a?b=1&amp;c=2\">встреча</a>",
                "Ссылка: встреча (https://meet.example.com/a?b=1&c=2)",
            ),
            (
                "<a href='https://example.com'>https://example.com</a>",
                "https://example.com",
            ),
            (
                "<a href=\"mailto:anna@example.com\">anna@example.com</a>",
                "anna@example.com",
            ),
            (
                "<html-blob><style>p { color: red }</style>Раз&nbsp;два</html-blob>",
                "Раз два",
            ),
            ("строка\nещё<br/>и ещё", "строка\nещё\nи ещё"),
            ("<script>alert(1)", ""),
        ] {
            assert_eq!(plain(html), expected, "{html}");
        }
    }

    #[test]
    fn what_is_no_html_stays_as_it_is() {
        for text in [
            "",
            "a < b && c > d",
            "R&D; 100 <т>",
            "  два  пробела\n\n\n",
            "<anna@example.com>",
        ] {
            assert_eq!(plain(text), text);
            assert_eq!(written(text), text);
        }
    }

    proptest! {
        #[test]
        fn what_we_write_comes_back_as_plain_as_it_was(text in "[a-z &;<>/\"=\nбr]{0,60}(<b>|&amp;|</p>|<br)?[a-z <>&;]{0,20}") {
            let back = plain(&written(&text));
            prop_assert_eq!(plain(&written(&back)), back.clone());
            let lines = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim().to_owned();
            prop_assert_eq!(lines(&back), lines(&text));
        }

        #[test]
        fn any_text_ends(text in ".{0,200}") {
            plain(&text);
        }
    }
}
