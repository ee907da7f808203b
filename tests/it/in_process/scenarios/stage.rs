//! What stands at the margin: settings, people, what ADVANTA holds and does, the journal.

use super::Outcome;
use super::acting::Actor;
use super::words::{Line, pair, person, same, unquoted};
use crate::in_process::ics;
use crate::in_process::world::{World, href, local, object, user_id};
use advanta_bridge::bridge::RefusalMode;
use advanta_bridge::caldav;
use advanta_bridge::model::{
    DatesMode, DeletePolicy, DragPolicy, Kind, Language, Object, ObjectId, Planned, Rights,
    Settings, Status,
};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// One scene in play.
#[derive(Default)]
pub struct Stage {
    rules: Settings,
    manners: caldav::Settings,
    world: Option<Rc<World>>,
    people: BTreeSet<String>,
    /// Objects by the title under which the scene first named them.
    objects: BTreeMap<String, ObjectId>,
    actors: BTreeMap<String, Actor>,
    on_stage: Option<String>,
}

impl Stage {
    /// Plays one line.
    pub fn play(&mut self, line: &Line) -> Outcome {
        if line.indented {
            let name = self.on_stage.clone().ok_or("no client is on stage")?;
            let mut actor = self
                .actors
                .remove(&name)
                .expect("who is on stage is an actor");
            let played = actor.play(self, line);
            self.actors.insert(name, actor);
            return played;
        }
        match line.as_words().as_slice() {
            ["scenario", ..] => Ok(()),
            ["settings", pairs @ ..] => pairs.iter().try_for_each(|it| self.set(it)),
            ["person", login, language] => self.employ(login, language),
            ["object", kind, title, rest @ ..] => self.create(kind, unquoted(title), rest),
            ["client", _, "of", login] | ["client", _, "of", login, "on", _] => {
                self.enter(line, login)
            }
            ["a", "minute", "passes"] => {
                self.world().a_minute_passes();
                Ok(())
            }
            ["advanta", "holds", rest @ ..] => self.holds(rest),
            ["advanta", rest @ ..] => self.advanta(rest),
            ["journal", "of", login] => same(&self.world().journal_lines(login), &line.list),
            _ => Err("no sentence of a scene".into()),
        }
    }

    /// The installation; from here on its settings stand.
    pub fn world(&mut self) -> Rc<World> {
        let make = || Rc::new(World::with(self.rules.clone(), self.manners.clone()));
        Rc::clone(self.world.get_or_insert_with(make))
    }

    /// Where a person sees what the scene calls by this title: made by ADVANTA, or by somebody's client since.
    pub fn href(&mut self, login: &str, title: &str) -> Result<String, String> {
        Ok(href(login, self.id(title)?))
    }

    fn id(&mut self, title: &str) -> Result<ObjectId, String> {
        if let Some(id) = self.objects.get(title) {
            return Ok(*id);
        }
        let found = self
            .world()
            .all()
            .into_iter()
            .find(|object| object.title == title);
        let id = found
            .ok_or_else(|| format!("ADVANTA holds no \"{title}\""))?
            .id;
        self.objects.insert(title.to_owned(), id);
        Ok(id)
    }

    fn set(&mut self, word: &str) -> Outcome {
        if self.world.is_some() {
            return Err("settings come first".into());
        }
        match pair(word)? {
            ("refusal", "restore") => self.manners.refusal = RefusalMode::Restore,
            ("refusal", "strict") => self.manners.refusal = RefusalMode::Strict,
            ("on_drag", "whole") => self.rules.on_drag = DragPolicy::Whole,
            ("on_drag", "per_field") => self.rules.on_drag = DragPolicy::PerField,
            ("delete", "by_right") => self.rules.delete = DeletePolicy::ByRight,
            ("delete", "notes") => self.rules.delete = DeletePolicy::Notes,
            ("dates", "local") => self.rules.dates = DatesMode::Local,
            ("max_bytes", bytes) => {
                self.manners.resource_bytes_max = bytes.parse().map_err(|_| "bytes")?
            }
            other => return Err(format!("no setting {other:?}")),
        }
        Ok(())
    }

    fn employ(&mut self, login: &str, language: &str) -> Outcome {
        let language = match language {
            "russian" => Language::Russian,
            "english" => Language::English,
            other => return Err(format!("no language {other}")),
        };
        self.world().person(login, language);
        self.people.insert(login.to_owned());
        Ok(())
    }

    /// People need not be introduced.
    fn know(&mut self, login: &str) -> Outcome {
        if self.people.contains(login) {
            Ok(())
        } else {
            self.employ(login, "russian")
        }
    }

    fn create(&mut self, kind: &str, title: &str, words: &[&str]) -> Outcome {
        let kind = Kind::from_word(kind).ok_or("a kind of object")?;
        let mut new = object(self.world().object_id(), kind, title, &[]);
        let (about, people) = split_at_for(words);
        for word in about {
            describe(&mut new, word)?;
        }
        for word in people {
            let (login, rights) = person(word)?;
            self.know(login)?;
            new.participants.insert(user_id(login), rights);
            new.owner.get_or_insert(user_id(login));
        }
        self.world().seen(&new);
        self.objects.insert(title.to_owned(), new.id);
        Ok(())
    }

    fn advanta(&mut self, words: &[&str]) -> Outcome {
        let world = self.world();
        match words {
            ["retitles", title, "to", new] => world.changes(self.id(unquoted(title))?, |it| {
                it.title = unquoted(new).to_owned();
            }),
            ["describes", title, "as", new] => world.changes(self.id(unquoted(title))?, |it| {
                it.description = unquoted(new).to_owned();
            }),
            ["moves", title, "to", span] => {
                let planned = planned(span)?;
                world.changes(self.id(unquoted(title))?, |it| it.planned = planned);
            }
            ["sets", title, word] => {
                let mut outcome = Ok(());
                world.changes(self.id(unquoted(title))?, |it| outcome = describe(it, word));
                outcome?;
            }
            ["deletes", title] => world.vanishes(self.id(unquoted(title))?),
            ["hides", title, "from", login] => world.changes(self.id(unquoted(title))?, |it| {
                it.participants.remove(&user_id(login));
            }),
            ["shows", title, "to", word] => {
                let (login, rights): (&str, Rights) = person(word)?;
                self.know(login)?;
                world.changes(self.id(unquoted(title))?, |it| {
                    it.participants.insert(user_id(login), rights);
                });
            }
            _ => return Err("no sentence of ADVANTA".into()),
        }
        Ok(())
    }

    fn holds(&mut self, words: &[&str]) -> Outcome {
        match words {
            [count, "object" | "objects"] => {
                same(&self.world().all().len().to_string().as_str(), count)
            }
            [kind, title, span] => {
                let all = self.world().all();
                let wanted = format!("{kind} \"{}\" {span}", unquoted(title));
                let held: Vec<String> = all.iter().map(held).collect();
                if held.contains(&wanted) {
                    Ok(())
                } else {
                    Err(format!("it holds {held:?}"))
                }
            }
            _ => Err("no sentence about what ADVANTA holds".into()),
        }
    }

    fn enter(&mut self, line: &Line, login: &str) -> Outcome {
        self.know(login)?;
        if !self.actors.contains_key(&line.text) {
            let actor = Actor::new(&self.world(), &line.words[1], login)?;
            self.actors.insert(line.text.clone(), actor);
        }
        self.on_stage = Some(line.text.clone());
        Ok(())
    }
}

fn split_at_for<'a>(words: &'a [&'a str]) -> (&'a [&'a str], &'a [&'a str]) {
    let at = words
        .iter()
        .position(|word| *word == "for")
        .unwrap_or(words.len());
    (&words[..at], words.get(at + 1..).unwrap_or_default())
}

/// Dates as `FROM..TO`, or `key=value`.
fn describe(object: &mut Object, word: &str) -> Outcome {
    if word.contains("..") {
        object.planned = planned(word)?;
        return Ok(());
    }
    match pair(word)? {
        ("status", code) => {
            object.status = Some(Status(code.parse().map_err(|_| "a status code")?))
        }
        ("actual_start", at) => object.actual_start = Some(local(at)),
        ("actual_end", at) => object.actual_end = Some(local(at)),
        ("owner", login) => object.owner = Some(user_id(login)),
        ("card", "none") => object.card = None,
        other => return Err(format!("no field {other:?}")),
    }
    Ok(())
}

fn planned(span: &str) -> Result<Planned, String> {
    let (from, to) = span.split_once("..").ok_or("FROM..TO")?;
    let at = |text: &str, time: &str| {
        if text.contains('T') {
            local(text)
        } else {
            local(&format!("{text}T{time}"))
        }
    };
    Ok(Planned {
        start: Some(at(from, "00:00")),
        end: Some(at(to, "23:59")),
    })
}

fn held(object: &Object) -> String {
    let at = |date: Option<chrono::NaiveDateTime>| {
        date.map_or_else(String::new, |date| {
            date.format("%Y-%m-%dT%H:%M").to_string()
        })
    };
    let (from, to) = (at(object.planned.start), at(object.planned.end));
    let days = from.strip_suffix("T00:00").zip(to.strip_suffix("T23:59"));
    let span = days.map_or_else(
        || format!("{from}..{to}"),
        |(first, last)| format!("{first}..{last}"),
    );
    format!("{} \"{}\" {span}", object.kind.word(), object.title)
}

/// A new event of a client that nobody named yet: its UID and its name.
pub fn named_by(title: &str) -> (String, String) {
    let number = title.chars().fold(7_u64, |sum, c| {
        sum.wrapping_mul(31).wrapping_add(u64::from(u32::from(c)))
    });
    (
        format!("{number:x}@client.example.com"),
        format!("{number:x}.ics"),
    )
}

/// The text of a new event.
pub fn new_event(title: &str, span: &str) -> String {
    ics::new_event(&named_by(title).0, title, span)
}
