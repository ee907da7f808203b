//! An object of ADVANTA in one line, both ways: `task "Смета" 2026-12-02 10:00-11:00, status 3, for anna(dates+title) boris(read)`.

use super::words::{number, parts, quoted, say_times, span, words};
use advanta_bridge::model::{Kind, Object, ObjectId, Planned, Rights, Settings, Status, UserId};
use chrono::{NaiveDateTime, Timelike as _};

/// Who sees what nobody is named for.
pub const ANNA: &str = "anna";

/// The identity of a person.
pub fn user_id(login: &str) -> UserId {
    UserId::new(format!("u-{login}"))
}

/// The login of an identity.
pub fn login(user: &UserId) -> &str {
    user.as_str().strip_prefix("u-").unwrap_or(user.as_str())
}

/// What ADVANTA's people typed.
pub fn read(text: &str, id: ObjectId, settings: &Settings) -> Result<Object, String> {
    let parts = parts(text);
    let first = words(parts.first().ok_or("an object")?);
    let [kind, title, dates @ ..] = first.as_slice() else {
        return Err(format!("a kind and a title, not {first:?}"));
    };
    let kind = Kind::from_word(kind).ok_or_else(|| format!("no kind {kind}"))?;
    let all = [(ANNA, Rights::ALL)];
    let mut object = crate::in_process::world::object(id, kind, quoted(title)?, &all);
    object.card = None;
    object.planned = planned(dates, settings)?;
    for part in &parts[1..] {
        apply(&mut object, part)?;
    }
    Ok(object)
}

/// Planned dates on the wall clock of the installation.
pub fn planned(dates: &[&str], settings: &Settings) -> Result<Planned, String> {
    match dates {
        ["no", "dates"] => Ok(Planned::default()),
        _ => Ok(Planned::from_span(span(dates, settings.zone)?, settings)),
    }
}

/// One thing that is said of an object.
pub fn apply(object: &mut Object, part: &str) -> Result<(), String> {
    match words(part).as_slice() {
        ["status", code] => {
            object.status = Some(Status(number(code)?.try_into().map_err(|_| "a status")?));
        }
        ["begun", day, time] => object.actual_start = Some(moment(day, time)?),
        ["ended", day, time] => object.actual_end = Some(moment(day, time)?),
        ["about", text] => object.description = quoted(text)?.to_owned(),
        ["at", text] => object.location = quoted(text)?.to_owned(),
        ["for", people @ ..] => {
            object.participants.clear();
            for word in people {
                let (login, rights) = person(word)?;
                object.participants.insert(user_id(login), rights);
            }
            object.owner = object.participants.keys().next().cloned();
        }
        _ => return Err(format!("nothing that is said of an object: {part}")),
    }
    Ok(())
}

fn moment(day: &str, time: &str) -> Result<NaiveDateTime, String> {
    let text = format!("{day} {time}");
    NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M").map_err(|_| format!("when, not {text}"))
}

/// `anna` or `anna(dates+title)`.
pub fn person(word: &str) -> Result<(&str, Rights), String> {
    let Some((login, rights)) = word.strip_suffix(')').and_then(|word| word.split_once('(')) else {
        return Ok((word, Rights::ALL));
    };
    let mut may = Rights::READ;
    for right in rights.split('+') {
        match right {
            "read" => {}
            "dates" => may.dates = true,
            "title" => may.title = true,
            "text" => may.text = true,
            "delete" => may.delete = true,
            other => return Err(format!("no right {other}")),
        }
    }
    Ok((login, may))
}

/// The line. Who sees it is said unless it is anna alone.
pub fn say(object: &Object) -> String {
    let kind = object.kind.word();
    let mut parts = vec![format!("{kind} \"{}\" {}", object.title, dates(object))];
    if !object.description.is_empty() {
        parts.push(format!("about \"{}\"", object.description));
    }
    if !object.location.is_empty() {
        parts.push(format!("at \"{}\"", object.location));
    }
    let people: Vec<&str> = object.participants.keys().map(login).collect();
    if people != [ANNA] {
        parts.push(format!("for {}", people.join(" ")));
    }
    parts.join(", ")
}

fn dates(object: &Object) -> String {
    let (Some(from), Some(to)) = (object.planned.start, object.planned.end) else {
        return "no dates".to_owned();
    };
    let all_day = (from.hour(), from.minute(), to.hour(), to.minute()) == (0, 0, 23, 59);
    match (all_day, from.date() == to.date()) {
        (true, true) => from.date().to_string(),
        (true, false) => format!("{}..{}", from.date(), to.date()),
        (false, _) => say_times(from, to),
    }
}

/// Planned dates as ADVANTA stores them, all-day or not.
pub fn stored(object: &Object) -> String {
    let say = |at: Option<NaiveDateTime>| {
        at.map_or("-".to_owned(), |at| at.format("%Y-%m-%d %H:%M").to_string())
    };
    format!(
        "{} to {}",
        say(object.planned.start),
        say(object.planned.end)
    )
}
