//! Lines and words of a scene.

use advanta_bridge::model::Rights;

/// One sentence with the lines that belong to it.
#[derive(Debug)]
pub struct Line {
    /// Without the space around it.
    pub text: String,
    /// Whether it is indented, and so is about a device.
    pub indented: bool,
    /// Words; a quoted text is one word and keeps its first quotation mark.
    pub words: Vec<String>,
    /// Lines below it that begin with `|`: a calendar text, CRLF at the ends.
    pub block: String,
    /// Lines below it that begin with `-`.
    pub list: Vec<String>,
}

impl Line {
    /// The sentences of a scene, comments left out.
    pub fn all(scene: &str) -> Vec<Self> {
        let mut lines: Vec<Self> = vec![];
        for line in scene.lines() {
            let text = line.trim();
            let last = lines.last_mut();
            match (text.split_at_checked(1), last) {
                (None | Some(("#", _)), _) => {}
                (Some(("|", rest)), Some(last)) => {
                    last.block += rest.strip_prefix(' ').unwrap_or(rest);
                    last.block += "\r\n";
                }
                (Some(("-", rest)), Some(last)) => last.list.push(rest.trim().to_owned()),
                (Some(_), _) => lines.push(Self {
                    text: text.to_owned(),
                    indented: line.starts_with(' '),
                    words: words(text),
                    block: String::new(),
                    list: vec![],
                }),
            }
        }
        lines
    }

    /// The words, to be matched.
    pub fn as_words(&self) -> Vec<&str> {
        self.words.iter().map(String::as_str).collect()
    }
}

fn words(text: &str) -> Vec<String> {
    let mut words = vec![];
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (word, left) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let (inner, left) = quoted.split_once('"').unwrap_or((quoted, ""));
                (format!("\"{inner}"), left)
            }
            None => {
                let (word, left) = rest.split_once(' ').unwrap_or((rest, ""));
                (word.to_owned(), left)
            }
        };
        words.push(word);
        rest = left.trim_start();
    }
    words
}

/// A quoted text without its mark.
pub fn unquoted(word: &str) -> &str {
    word.strip_prefix('"').unwrap_or(word)
}

/// `anna(dates,title)`: a login and what it may do. `all` is everything, `read` nothing.
pub fn person(word: &str) -> Result<(&str, Rights), String> {
    let (login, rights) = word
        .strip_suffix(')')
        .and_then(|word| word.split_once('('))
        .ok_or_else(|| format!("a person with rights, not {word}"))?;
    let mut may = Rights::READ;
    for right in rights.split(',') {
        match right {
            "all" => may = Rights::ALL,
            "read" => {}
            "dates" => may.dates = true,
            "title" => may.title = true,
            "text" => may.text = true,
            "delete" => may.delete = true,
            other => return Err(format!("no right {other:?}")),
        }
    }
    Ok((login, may))
}

/// `key=value`.
pub fn pair(word: &str) -> Result<(&str, &str), String> {
    word.split_once('=')
        .ok_or_else(|| format!("key=value, not {word}"))
}

/// Succeeds when both are the same.
pub fn same<T: PartialEq + std::fmt::Debug>(got: &T, wanted: &T) -> Result<(), String> {
    if got == wanted {
        Ok(())
    } else {
        Err(format!("it is {got:?}, not {wanted:?}"))
    }
}
