//! What an emulated client does and what its person sees.

use super::Outcome;
use super::asking::Asker;
use super::stage::{Stage, named_by, new_event};
use super::words::{Line, same, unquoted};
use crate::in_process::clients::{
    Client, Conflicts, Davx5, Evolution, Generation, Lists, Outlook, TasksOrg, Thunderbird,
    Vdirsyncer, Wins,
};
use crate::in_process::http::Answer;
use crate::in_process::ics;
use crate::in_process::world::{World, collection};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Rounds after which a client that is quiet stays quiet.
const QUIET_ROUNDS: usize = 3;

/// A device on stage.
pub struct Actor {
    login: String,
    role: Role,
    /// Where this device put events of its own, by their first title.
    own: BTreeMap<String, String>,
}

enum Role {
    Client(Box<dyn Client>),
    Asker(Box<Asker>),
}

impl Actor {
    /// A new device.
    pub fn new(world: &Rc<World>, kind: &str, login: &str) -> Result<Self, String> {
        let client: Box<dyn Client> = match kind {
            "curl" => {
                let role = Role::Asker(Box::new(Asker::new(world, login)));
                return Ok(Self {
                    login: login.to_owned(),
                    role,
                    own: BTreeMap::new(),
                });
            }
            "thunderbird" => Box::new(Thunderbird::online(world, login)),
            "thunderbird-offline" => Box::new(Thunderbird::offline(world, login)),
            "davx5" => Box::new(Davx5::new(world, login, Generation::Of2026, Lists::Token)),
            "davx5-older" => Box::new(Davx5::new(world, login, Generation::Older, Lists::Query)),
            "evolution" => Box::new(Evolution::new(world, login)),
            "outlook" => Box::new(Outlook::new(world, login, Wins::Server)),
            "tasks.org" => Box::new(TasksOrg::new(world, login)),
            "vdirsyncer" => Box::new(Vdirsyncer::new(world, login, Conflicts::ServerWins)),
            other => return Err(format!("no client {other}")),
        };
        Ok(Self {
            login: login.to_owned(),
            role: Role::Client(client),
            own: BTreeMap::new(),
        })
    }

    /// Plays one line.
    pub fn play(&mut self, stage: &mut Stage, line: &Line) -> Outcome {
        let words = line.as_words();
        let mut quoted = words.iter().filter_map(|word| word.strip_prefix('"'));
        let title = match words.first() {
            // Of these the event is named last.
            Some(&"writes" | &"holds") => quoted.next_back(),
            _ => quoted.next(),
        };
        let title = title.unwrap_or_default();
        let href = match words.first() {
            Some(&"adds") => {
                let href = format!("{}{}", collection(&self.login), named_by(title).1);
                self.own.insert(title.to_owned(), href.clone());
                Ok(href)
            }
            _ => self
                .own
                .get(title)
                .cloned()
                .map_or_else(|| stage.href(&self.login, title), Ok),
        };
        match &mut self.role {
            Role::Asker(asker) => asker.play(line, href),
            Role::Client(client) => act(client.as_mut(), stage, line, href),
        }
    }
}

fn act(
    client: &mut dyn Client,
    stage: &mut Stage,
    line: &Line,
    href: Result<String, String>,
) -> Outcome {
    match line.as_words().as_slice() {
        ["syncs"] => client.sync(),
        ["syncs", count, "times"] => {
            for _ in 0..count.parse().map_err(|_| "a number")? {
                client.sync();
            }
        }
        ["adds", title, span] => client.save(&href?, &new_event(unquoted(title), span)),
        ["moves", _, "to", span] => client.edit(&href?, |text| ics::moved(text, span)),
        ["retitles", _, "to", new] => client.edit(&href?, |text| ics::retitled(text, unquoted(new))),
        ["retitles", _, "to", new, "and", "moves", "it", "to", span] => {
            client.edit(&href?, |text| ics::retitled(&ics::moved(text, span), unquoted(new)));
        }
        ["writes", property, "into", _] => {
            let property = unquoted(property);
            let name = property.split([':', ';']).next().unwrap_or_default();
            client.edit(&href?, |text| ics::with(text, name, Some(property)));
        }
        ["sets", "an", "alarm", "in", _] => client.edit(&href?, |text| {
            let alarm = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:!\r\nTRIGGER:-PT15M\r\nEND:VALARM\r\n";
            text.replace("END:VEVENT\r\n", &format!("{alarm}END:VEVENT\r\n"))
        }),
        ["deletes", _] => client.delete(&href?),
        ["is", "answered", rest @ ..] => return answered(client.device().answered.as_ref(), rest),
        ["shows", "nothing"] => return shows(client, &[]),
        ["shows", ..] if line.list.is_empty() => {
            let wanted = line.text.strip_prefix("shows ").unwrap_or_default();
            return shows(client, &[wanted.to_owned()]);
        }
        ["shows"] => return shows(client, &line.list),
        ["holds", ..] => {
            let wanted = line.text.split('"').next().unwrap_or_default();
            let wanted = wanted.trim_start_matches("holds ").trim_end_matches(" in ");
            return holds(client.holds(&href?), wanted);
        }
        ["is", "told", "nothing"] => return same(&client.device().told.as_slice(), &[].as_slice()),
        ["is", "told", words] => {
            return same(&client.device().told.last().map(String::as_str), &Some(unquoted(words)));
        }
        ["waits", "with", "nothing"] => return same(&client.waiting(), &vec![]),
        ["sends", "nothing", "more"] => return quiet(client, stage),
        _ => return Err("no sentence of a client".into()),
    }
    Ok(())
}

fn shows(client: &dyn Client, wanted: &[String]) -> Outcome {
    let shown = client.shows();
    if shown == wanted {
        Ok(())
    } else {
        Err(format!("it shows {shown:?}"))
    }
}

/// `LINE` or `no NAME`: whether a content line, or a property of this name, stands in a text.
pub fn holds(text: &str, wanted: &str) -> Outcome {
    let unfolded = text.replace("\r\n ", "");
    let mut lines = unfolded.split("\r\n");
    let found = match wanted.strip_prefix("no ") {
        Some(name) => !lines.any(|line| line.split([':', ';']).next() == Some(name)),
        None => lines.any(|line| line == wanted),
    };
    if found {
        Ok(())
    } else {
        Err(format!("the text is\n{unfolded}"))
    }
}

/// `204 with ETag`, `204 without ETag`, `403 C:valid-calendar-data` or a number alone.
pub fn answered(answer: Option<&Answer>, wanted: &[&str]) -> Outcome {
    let answer = answer.ok_or("it sent nothing")?;
    let got = format!(
        "it was answered {} {:?} {}",
        answer.status,
        answer.etag(),
        answer.body
    );
    let (status, rest) = wanted.split_first().ok_or("a status")?;
    let held = answer.status.to_string() == **status
        && match rest {
            [] => true,
            ["with", "ETag"] => answer.etag().is_some(),
            ["without", "ETag"] => {
                answer.etag().is_none() && !answer.headers.contains_key("last-modified")
            }
            [precondition] => {
                let element = answer.body.contains(&format!("<{precondition}/>"));
                element || answer.body.contains(&format!("<{precondition}>"))
            }
            _ => return Err("STATUS [with ETag|without ETag|PRECONDITION]".into()),
        };
    if held { Ok(()) } else { Err(got) }
}

fn quiet(client: &mut dyn Client, stage: &mut Stage) -> Outcome {
    let (writes, shown) = (client.writes(), client.shows());
    for _ in 0..QUIET_ROUNDS {
        stage.world().a_minute_passes();
        client.sync();
    }
    same(&client.waiting(), &vec![])?;
    same(&client.shows(), &shown)?;
    same(&client.writes(), &writes)
}
