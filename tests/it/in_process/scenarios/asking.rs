//! What somebody with a command-line tool asks, and reads.

use super::Outcome;
use super::acting::{answered, holds};
use super::words::{Line, same, unquoted};
use crate::in_process::http::{Answer, CALENDAR, Http, If};
use crate::in_process::ics;
use crate::in_process::world::{World, collection};
use std::rc::Rc;

/// Somebody with a command-line tool.
pub struct Asker {
    http: Http,
    login: String,
    answer: Option<Answer>,
    /// The answer to the last PUT.
    written: Option<Answer>,
    /// The text that was put last.
    sent: String,
    /// The text and version that were read last.
    read: Option<Answer>,
    /// A version that was read before.
    older: Option<String>,
    token: String,
}

impl Asker {
    /// On a new device.
    pub fn new(world: &Rc<World>, login: &str) -> Self {
        Self {
            http: Http::new(world, login, "curl/8.14"),
            login: login.to_owned(),
            answer: None,
            written: None,
            sent: String::new(),
            read: None,
            older: None,
            token: String::new(),
        }
    }

    /// Plays one line. `titled` is where the event lies that the line names by its title.
    pub fn play(&mut self, line: &Line, titled: Result<String, String>) -> Outcome {
        let words = line.as_words();
        let at = |word: &str| match word.starts_with('"') {
            true => titled.clone(),
            false => Ok(format!("{}{word}", collection(&self.login))),
        };
        match words.as_slice() {
            ["reads", name] if line.block.is_empty() => {
                let href = at(name)?;
                return self.get(&href);
            }
            ["finds", "what", "was", "put"] => return same(&self.text()?, &self.sent.as_str()),
            ["finds"] => return same(&self.text()?, &line.block.as_str()),
            ["finds", ..] => return holds(self.text()?, line.text.trim_start_matches("finds ")),
            ["puts", name, rest @ ..] => {
                let href = at(name)?;
                let (text, rest) = self.text_to_put(line, rest)?;
                return self.put(&href, text, rest);
            }
            ["deletes", name, rest @ ..] => {
                let href = at(name)?;
                let condition = self.condition(rest)?;
                self.answer = Some(self.http.delete(&href, &condition));
            }
            ["is", "answered", rest @ ..] => return answered(self.answer.as_ref(), rest),
            ["was", "sent", "back", "what", "it", "reads"] => {
                let body = self.written.as_ref().map(|answer| answer.body.clone());
                return same(&body.as_deref(), &Some(self.text()?));
            }
            ["is", "pointed", "to", name] => {
                let href = format!("<D:href>{}</D:href>", at(name)?);
                let body = self
                    .answer
                    .as_ref()
                    .map(|answer| answer.body.clone())
                    .unwrap_or_default();
                return if body.contains(&href) {
                    Ok(())
                } else {
                    Err(body)
                };
            }
            ["asks", "what", "changed"] => return self.changes(&line.list),
            _ => return Err("no sentence of a command-line tool".into()),
        }
        Ok(())
    }

    fn text(&self) -> Result<&str, String> {
        let read = self.read.as_ref().ok_or("nothing was read")?;
        if read.status == 200 {
            Ok(&read.body)
        } else {
            Err(format!("it was answered {}", read.status))
        }
    }

    fn get(&mut self, href: &str) -> Outcome {
        let answer = self.http.get(href);
        self.older = self.read.as_ref().and_then(Answer::etag);
        self.read = Some(answer.clone());
        self.answer = Some(answer);
        Ok(())
    }

    /// A text below the line, or `what was read` with one change; and what else the line says.
    fn text_to_put<'l>(
        &self,
        line: &Line,
        words: &'l [&'l str],
    ) -> Result<(String, &'l [&'l str]), String> {
        Ok(match words {
            ["what", "was", "read", "moved", "to", span, rest @ ..] => {
                (ics::moved(self.text()?, span), rest)
            }
            ["what", "was", "read", "titled", title, rest @ ..] => {
                (ics::retitled(self.text()?, unquoted(title)), rest)
            }
            [
                "what",
                "was",
                "read",
                "with",
                property,
                "moved",
                "to",
                span,
                rest @ ..,
            ] => {
                let name = property.split([':', ';']).next().unwrap_or_default();
                let text = ics::with(self.text()?, name, Some(property));
                (ics::moved(&text, span), rest)
            }
            ["what", "was", "read", "with", property, rest @ ..] => {
                let property = unquoted(property);
                let name = property.split([':', ';']).next().unwrap_or_default();
                (ics::with(self.text()?, name, Some(property)), rest)
            }
            ["what", "was", "read", "without", name, rest @ ..] => {
                (ics::with(self.text()?, name, None), rest)
            }
            ["what", "was", "read", rest @ ..] => (self.text()?.to_owned(), rest),
            ["what", "was", "put", rest @ ..] => (self.sent.clone(), rest),
            rest => (line.block.clone(), rest),
        })
    }

    fn condition(&self, words: &[&str]) -> Result<If, String> {
        let read = self.read.as_ref().and_then(Answer::etag);
        match words {
            [] => Ok(If::Always),
            ["if", "new"] => Ok(If::New),
            ["if", "it", "is", "what", "was", "read"] => {
                read.map(If::Match).ok_or("no version was read".into())
            }
            ["if", "it", "is", "what", "was", "read", "before"] => self
                .older
                .clone()
                .map(If::Match)
                .ok_or("nothing was read before".into()),
            ["if", "it", "is", tag] => Ok(If::Match(format!("\"{}\"", unquoted(tag)))),
            other => Err(format!("no condition {other:?}")),
        }
    }

    fn put(&mut self, href: &str, text: String, words: &[&str]) -> Outcome {
        let (more, words) = match words {
            ["as", kind, rest @ ..] => (vec![("Content-Type", *kind)], rest),
            ["preferring", "it", "back", rest @ ..] => {
                (vec![CALENDAR, ("Prefer", "return=representation")], rest)
            }
            rest => (vec![CALENDAR], rest),
        };
        let condition = self.condition(words)?;
        self.answer = Some(self.http.put_with(href, &text, &condition, more));
        self.written.clone_from(&self.answer);
        self.sent = text;
        Ok(())
    }

    fn changes(&mut self, wanted: &[String]) -> Outcome {
        let answer = self.http.sync(&self.token);
        let name = |href: &str| href.rsplit('/').next().unwrap_or_default().to_owned();
        let told = answer.responses.iter().map(|each| match each.status {
            Some(status) => format!("{} {status}", name(&each.href)),
            None => format!("{} is there", name(&each.href)),
        });
        let told: Vec<String> = told.collect();
        self.token = answer.sync_token.clone().expect("a sync-token");
        same(&told.as_slice(), &wanted)
    }
}
