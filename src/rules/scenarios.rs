//! Runs the readable scenarios of `fixtures/scenarios/rules`.
//!
//! A scenario is a block of lines: `scenario` (its sentence), `object`, optional `rights`, `settings`, then `edit` and the
//! expected `outcome` lines, and `stands` for the dates and title that stand afterwards. See the files.

use super::{Case, judge, judge_delete};
use crate::diff::three_way;
use crate::model::{
    Base, DatesMode, DeletePolicy, DragPolicy, Field, Fields, Kind, Object, ObjectId, Outcome,
    Planned, Reason, Revision, Rights, Settings, Status, UserId,
};
use chrono::{NaiveDateTime, TimeZone, Utc};
use std::collections::BTreeMap;
use std::fmt::Write as _;

struct World {
    settings: Settings,
    object: Object,
    rights: Rights,
    /// ADVANTA changed this after the person was shown the object.
    meanwhile: Option<Object>,
}

#[test]
fn every_rule_scenario_holds() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/scenarios/rules");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    files.sort();
    let (mut count, mut failures) = (0, String::new());
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        for block in text
            .split("\n\n")
            .filter(|block| block.lines().any(|l| l.starts_with("scenario ")))
        {
            count += 1;
            if let Err(why) = run(block) {
                writeln!(failures, "{}:\n{block}\n  -> {why}\n", file.display()).unwrap();
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
    assert!(count >= 60, "only {count} scenarios were found");
}

fn run(block: &str) -> Result<(), String> {
    let mut world = World {
        settings: Settings::default(),
        object: an_object(),
        rights: Rights::ALL,
        meanwhile: None,
    };
    let (mut wanted, mut got) = (vec![], vec![]);
    for line in block
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty() && !l.starts_with('#'))
    {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "scenario" => {}
            "settings" => settings(&mut world.settings, rest)?,
            "object" => object(&mut world.object, rest)?,
            "rights" => world.rights = rights(rest)?,
            "meanwhile" => {
                let mut later = world.object.clone();
                object(&mut later, rest)?;
                world.meanwhile = Some(later);
            }
            "edit" => got = edit(&world, rest)?,
            "delete" => got = vec![deletion(&world)],
            "expect" => wanted.push(rest.to_owned()),
            other => return Err(format!("unknown word {other:?}")),
        }
    }
    if wanted.is_empty() {
        return Err("a scenario without expectations proves nothing".into());
    }
    if wanted == got {
        Ok(())
    } else {
        Err(format!("got\n    expect {}", got.join("\n    expect ")))
    }
}

fn an_object() -> Object {
    let person = UserId::new("u");
    Object {
        id: ObjectId(uuid::Uuid::from_u128(1)),
        kind: Kind::Task,
        revision: Revision(1),
        title: "Смета".into(),
        description: String::new(),
        location: String::new(),
        planned: Planned::default(),
        actual_start: None,
        actual_end: None,
        status: None,
        percent: None,
        owner: Some(person.clone()),
        responsible: None,
        participants: BTreeMap::from([(person, Rights::ALL)]),
        parent: None,
        card: None,
        changed: Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap(),
    }
}

/// `key=value` words; a value with blanks stands in quotes.
fn pairs(text: &str) -> Vec<(String, String)> {
    let mut pairs = vec![];
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=').unwrap_or((rest, ""));
        let (value, left) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_once(' ').unwrap_or((after, "")),
        };
        pairs.push((key.trim().to_owned(), value.to_owned()));
        rest = left.trim();
    }
    pairs
}

fn settings(settings: &mut Settings, text: &str) -> Result<(), String> {
    for (key, value) in pairs(text) {
        match (key.as_str(), value.as_str()) {
            ("on_drag", "whole") => settings.on_drag = DragPolicy::Whole,
            ("delete", "by_right") => settings.delete = DeletePolicy::ByRight,
            ("dates", "local") => settings.dates = DatesMode::Local,
            ("zone", name) => settings.zone = name.parse().map_err(|_| format!("zone {name}"))?,
            ("start_locked_in", codes) => {
                settings.start_locked_in = statuses(codes)?.into_iter().collect()
            }
            ("end_locked_in", codes) => {
                settings.end_locked_in = statuses(codes)?.into_iter().collect()
            }
            other => return Err(format!("unknown setting {other:?}")),
        }
    }
    Ok(())
}

fn statuses(codes: &str) -> Result<Vec<Status>, String> {
    let split = codes.split(',').filter(|code| !code.is_empty());
    split
        .map(|code| {
            code.parse()
                .map(Status)
                .map_err(|_| format!("status {code}"))
        })
        .collect()
}

fn local(text: &str) -> Result<Option<NaiveDateTime>, String> {
    match text {
        "none" => Ok(None),
        _ => NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M")
            .map(Some)
            .map_err(|_| format!("date {text}")),
    }
}

fn object(object: &mut Object, text: &str) -> Result<(), String> {
    for (key, value) in pairs(text) {
        match key.as_str() {
            "kind" => object.kind = Kind::from_word(&value).ok_or(format!("kind {value}"))?,
            "title" => object.title = value,
            "description" => object.description = value,
            "location" => object.location = value,
            "start" => object.planned.start = local(&value)?,
            "end" => object.planned.end = local(&value)?,
            "actual_start" => object.actual_start = local(&value)?,
            "actual_end" => object.actual_end = local(&value)?,
            "status" => object.status = statuses(&value)?.first().copied(),
            "shared" => {
                object
                    .participants
                    .insert(UserId::new("other"), Rights::READ);
            }
            other => return Err(format!("unknown field {other:?}")),
        }
    }
    Ok(())
}

fn rights(text: &str) -> Result<Rights, String> {
    let mut rights = Rights::READ;
    for word in text.split_whitespace() {
        match word {
            "none" => {}
            "dates" => rights.dates = true,
            "title" => rights.title = true,
            "text" => rights.text = true,
            "delete" => rights.delete = true,
            other => return Err(format!("unknown right {other:?}")),
        }
    }
    Ok(rights)
}

/// What the person sends: the object as shown, with some fields changed.
fn sent(world: &World, text: &str) -> Result<Fields, String> {
    let mut changed = world.object.clone();
    let mut recurs = false;
    let mut rest = vec![];
    for (key, value) in pairs(text) {
        match key.as_str() {
            "repeats" => recurs = true,
            "days" => {
                let (first, last) = value.split_once("..").ok_or("days=FIRST..LAST")?;
                rest.push(format!("start={first}T00:00 end={last}T23:59"));
            }
            _ => rest.push(format!("{key}=\"{value}\"")),
        }
    }
    object(&mut changed, &rest.join(" "))?;
    let mut fields = changed.fields(&world.settings);
    // A client can send an end before the start only if `ical` let it pass; the planner meets it by merging.
    fields.recurs = recurs;
    Ok(fields)
}

fn edit(world: &World, text: &str) -> Result<Vec<String>, String> {
    let theirs = sent(world, text)?;
    let base = Base::from(&world.object.fields(&world.settings));
    let ours = world.meanwhile.as_ref().unwrap_or(&world.object);
    let legs = three_way(&base, &theirs, &base, &ours.fields(&world.settings));
    let verdict = judge(&Case {
        object: ours,
        rights: world.rights,
        theirs: &theirs,
        legs: &legs,
        settings: &world.settings,
    });
    let mut lines: Vec<String> = verdict
        .rulings
        .iter()
        .map(|each| format!("{} {}", each.field.word(), word(each.outcome)))
        .collect();
    let mut after = ours.clone();
    verdict.changes.apply(&mut after, &world.settings);
    lines.push(format!("stands {}", standing(&after, ours)));
    Ok(lines)
}

fn deletion(world: &World) -> String {
    let who = UserId::new("u");
    match judge_delete(&world.object, world.rights, Some(&who), &world.settings) {
        None => "deleted".into(),
        Some(reason) => format!("comes back: {}", reason.word()),
    }
}

fn word(outcome: Outcome) -> String {
    match outcome {
        Outcome::Applied => "applied".into(),
        Outcome::Pending => "pending".into(),
        Outcome::Superseded => "superseded".into(),
        Outcome::Refused(reason) => format!("refused: {}", Reason::word(reason)),
    }
}

/// Which of ADVANTA's values are new; `as it was` when none is.
fn standing(after: &Object, before: &Object) -> String {
    let date = |date: Option<NaiveDateTime>| {
        date.map_or_else(
            || "none".to_owned(),
            |date| date.format("%Y-%m-%dT%H:%M").to_string(),
        )
    };
    let mut words = vec![];
    if after.title != before.title {
        words.push(format!("title={:?}", after.title));
    }
    if after.planned.start != before.planned.start {
        words.push(format!("start={}", date(after.planned.start)));
    }
    if after.planned.end != before.planned.end {
        words.push(format!("end={}", date(after.planned.end)));
    }
    if after.description != before.description {
        words.push(format!("description={:?}", after.description));
    }
    if after.location != before.location {
        words.push(format!("location={:?}", after.location));
    }
    if words.is_empty() {
        "as it was".into()
    } else {
        words.join(" ")
    }
}

#[test]
fn every_reason_of_the_rules_is_shown_by_a_scenario() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/scenarios/rules");
    let all: String = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    let reasons = [
        Reason::ActualStart,
        Reason::ActualEnd,
        Reason::NoRightToDates,
        Reason::NoRightToTitle,
        Reason::NoRightToText,
        Reason::NoRightToDelete,
        Reason::NotDeletable,
        Reason::NoRecurrence,
        Reason::MixedDates,
        Reason::EndBeforeStart,
        Reason::WholeDrag,
        Reason::EmptyTitle,
    ];
    for reason in reasons {
        assert!(
            all.contains(&format!(": {}", reason.word())),
            "no scenario shows {}",
            reason.word()
        );
    }
    for field in [
        Field::Title,
        Field::Start,
        Field::End,
        Field::Description,
        Field::Location,
        Field::Recurrence,
        Field::Overlay,
    ] {
        assert!(
            all.contains(&format!("expect {} ", field.word())),
            "no scenario edits {}",
            field.word()
        );
    }
}
