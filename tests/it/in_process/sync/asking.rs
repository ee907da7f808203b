//! What a scene expects.

use super::objects::{self, ANNA};
use super::stage::{Outcome, Stage};
use super::words::{number, quoted, same};
use advanta_bridge::model::Trouble;

/// Checks a sentence that expects something; `None`: it is no such sentence.
pub fn expect(stage: &mut Stage, words: &[&str], list: &[String]) -> Option<Outcome> {
    Some(match words {
        ["writes", count] => writes(stage, count),
        ["calendar", "holds", rest @ ..] => holds(stage, ANNA, rest, list),
        [whose, "calendar", "holds", rest @ ..] if whose.ends_with("'s") => {
            holds(stage, whose.trim_end_matches("'s"), rest, list)
        }
        ["advanta", "holds", rest @ ..] => {
            stage.pay(false, true, false);
            all(&stage.world().lines(), rest, list)
        }
        ["both", "hold", rest @ ..] => both(stage, rest, list),
        ["advanta", "stores", title, "as", dates @ ..] => stores(stage, title, dates),
        ["journal"] => all(&stage.world().journal(ANNA), &[], list),
        ["journal", "is", "empty"] => same(&stage.world().journal(ANNA), &vec![]),
        ["last", "of", "the", "journal"] => last(stage, list),
        ["nobody", "is", "mailed"] => mails(stage, "0"),
        ["mails", count] => mails(stage, count),
        ["it", "would"] => would(stage, list),
        ["it", "would", "do", "nothing"] => would(stage, &[]),
        ["held", count] => number(count).and_then(|count| {
            let held: u64 = stage.reports.iter().map(|report| report.held).sum();
            same(&held, &count)
        }),
        ["it", "counts", rest @ ..] => counts(stage, rest),
        [whose, "subscription", "is", state, why @ ..] if whose.ends_with("'s") => {
            is(stage, whose.trim_end_matches("'s"), state, why)
        }
        ["links", count] => links(stage, count),
        ["alarms", count] => number(count).and_then(|count| {
            let raised = stage.world().alarms() as u64;
            same(&raised, &count)
        }),
        ["trouble", "of", title, "is", rest @ ..] => trouble(stage, title, rest),
        ["calendar", "is", "asked", "for", count, "lists"] => lists(stage, count),
        ["calendar", "is", "told"] => told(stage, list),
        _ => return None,
    })
}

fn writes(stage: &mut Stage, count: &str) -> Outcome {
    stage.pay(false, false, true);
    let writes: u64 = stage.reports.iter().map(|report| report.writes).sum();
    let count = number(count)?;
    if count == 0 && writes == 0 && stage.nothing_changed().is_ok() {
        // What was said of both sides before stands.
        stage.pay(true, true, true);
    }
    same(&writes, &count)
}

fn holds(stage: &mut Stage, login: &str, rest: &[&str], list: &[String]) -> Outcome {
    stage.pay(true, false, false);
    let events = stage.world().events(login)?;
    all(&events, rest, list)
}

/// The whole of it, in any order.
fn all(got: &[String], rest: &[&str], list: &[String]) -> Outcome {
    let listed = match rest {
        [] if list.is_empty() => return Err("a list is missing".to_owned()),
        [] => list.to_vec(),
        ["nothing"] => vec![],
        [count, "events" | "notes"] => {
            let count = number(count)?;
            return same(&(got.len() as u64), &count);
        }
        other => return Err(format!("what? {other:?}")),
    };
    let (mut got, mut listed) = (got.to_vec(), listed);
    got.sort();
    listed.sort();
    same(&got, &listed)
}

/// The same on both sides: notes, and events without a mark.
fn both(stage: &mut Stage, rest: &[&str], list: &[String]) -> Outcome {
    holds(stage, ANNA, rest, list)?;
    stage.pay(true, true, false);
    let notes: Vec<String> = list.iter().map(|line| format!("note {line}")).collect();
    all(&stage.world().lines(), rest, &notes)
}

fn stores(stage: &mut Stage, title: &str, dates: &[&str]) -> Outcome {
    let object = stage.world().find(quoted(title)?, false)?;
    same(&objects::stored(&object), &dates.join(" "))
}

/// Rows at the end of the journal, in order.
fn last(stage: &mut Stage, list: &[String]) -> Outcome {
    let rows = stage.world().journal(ANNA);
    let skip = rows.len().saturating_sub(list.len());
    if list.is_empty() {
        return Err("a list is missing".to_owned());
    }
    same(&rows[skip..].to_vec(), &list.to_vec())
}

fn mails(stage: &mut Stage, count: &str) -> Outcome {
    let mails = stage.world().calendar(ANNA, |inside| inside.mails)?;
    same(&mails, &number(count)?)
}

fn would(stage: &mut Stage, list: &[String]) -> Outcome {
    let planned = stage.reports.iter().flat_map(|report| &report.planned);
    let say = |item: &advanta_bridge::bridge::PlannedItem| {
        let fields: Vec<&str> = item.fields.iter().map(|field| field.word()).collect();
        let fields = if fields.is_empty() {
            String::new()
        } else {
            format!(": {}", fields.join(" "))
        };
        format!("{} \"{}\"{fields}", item.action, item.title)
    };
    let (mut got, mut listed): (Vec<String>, _) = (planned.map(say).collect(), list.to_vec());
    got.sort();
    listed.sort();
    same(&got, &listed)
}

fn counts(stage: &mut Stage, rest: &[&str]) -> Outcome {
    let counted = stage.counted.ok_or("nothing was counted")?;
    let got = format!(
        "{} links, {} exported, {} imported, {} removed",
        counted.links, counted.exported, counted.imported, counted.removed
    );
    same(&got, &rest.join(" "))
}

fn is(stage: &mut Stage, login: &str, state: &str, why: &[&str]) -> Outcome {
    let row = stage.world().subscription(login)?;
    same(&row.state.word(), &state)?;
    match why {
        [] => Ok(()),
        ["because", text] => same(&row.last_error.as_deref(), &Some(quoted(text)?)),
        other => Err(format!("why? {other:?}")),
    }
}

fn links(stage: &mut Stage, count: &str) -> Outcome {
    let links = stage.world().links(ANNA)?.len() as u64;
    same(&links, &number(count)?)
}

fn trouble(stage: &mut Stage, title: &str, rest: &[&str]) -> Outcome {
    let world = stage.world();
    let object = world.find(quoted(title)?, false)?;
    let links = world.links(ANNA)?;
    let link = links.iter().find(|link| link.object == object.id);
    let said = match &link.ok_or("no link")?.trouble {
        None => "none".to_owned(),
        Some(Trouble::Waits { attempts, .. }) => format!("waits after {attempts}"),
        Some(Trouble::Dead(_)) => "dead".to_owned(),
        Some(Trouble::Frozen) => "frozen".to_owned(),
        Some(Trouble::Held(direction)) => format!("held {}", direction.word()),
        Some(Trouble::Accepted(direction)) => format!("accepted {}", direction.word()),
    };
    same(&said, &rest.join(" "))
}

fn lists(stage: &mut Stage, count: &str) -> Outcome {
    let lists = stage.world().calendar(ANNA, |inside| inside.lists)?;
    same(&lists, &number(count)?)
}

fn told(stage: &mut Stage, list: &[String]) -> Outcome {
    let told = stage
        .world()
        .calendar(ANNA, |inside| inside.farewells.clone())?;
    let told: Vec<String> = told.into_iter().map(str::to_owned).collect();
    same(&told, &list.to_vec())
}
