//! iCalendar text as a client edits it and shows it.

use chrono::{NaiveDate, NaiveDateTime, TimeZone as _, Utc};
use chrono_tz::Tz;

/// The zone in which the people of these tests read their calendars.
const ZONE: Tz = chrono_tz::Europe::Moscow;

/// What a person sees of the first event of a text: title and dates in Moscow; the last day of days inclusive.
pub fn shown(text: &str) -> String {
    let title = value(text, "SUMMARY").unwrap_or_default();
    let repeats = if value(text, "RRULE").is_some() {
        " repeating"
    } else {
        ""
    };
    format!("\"{title}\" {}{repeats}", span(text))
}

/// The dates of the first event as in `2026-12-01T09:00..2026-12-03T18:00` or `2026-12-01..2026-12-03`.
pub fn span(text: &str) -> String {
    let start = line(text, "DTSTART").expect("DTSTART");
    let end = line(text, "DTEND").unwrap_or_else(|| start.clone());
    match (day(&start), day(&end)) {
        (Some(first), Some(after)) => format!("{first}..{}", after.pred_opt().unwrap().max(first)),
        _ => format!("{}..{}", minute(&start), minute(&end)),
    }
}

fn minute(line: &str) -> String {
    at(line)
        .with_timezone(&ZONE)
        .format("%Y-%m-%dT%H:%M")
        .to_string()
}

/// The instant of a date-time line.
fn at(line: &str) -> chrono::DateTime<Utc> {
    let (name, value) = line.split_once(':').expect("a content line");
    let read = |text: &str| {
        NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S").unwrap_or_else(|_| panic!("{line}"))
    };
    match value.strip_suffix('Z') {
        Some(utc) => read(utc).and_utc(),
        None => {
            let zone = name
                .split_once("TZID=")
                .map_or(ZONE, |(_, zone)| zone.parse().expect("a zone"));
            zone.from_local_datetime(&read(value))
                .unwrap()
                .with_timezone(&Utc)
        }
    }
}

fn day(line: &str) -> Option<NaiveDate> {
    let (name, value) = line.split_once(':')?;
    name.contains("VALUE=DATE")
        .then(|| NaiveDate::parse_from_str(value, "%Y%m%d").unwrap())
}

/// The unfolded, unescaped value of the first property of this name in the first event.
pub fn value(text: &str, name: &str) -> Option<String> {
    let line = line(text, name)?;
    let (_, value) = line.split_once(':')?;
    Some(
        value
            .replace("\\n", "\n")
            .replace("\\,", ",")
            .replace("\\;", ";")
            .replace("\\\\", "\\"),
    )
}

/// The first unfolded line of a property in the first event, alarms excluded.
fn line(text: &str, name: &str) -> Option<String> {
    let unfolded = text.replace("\r\n ", "");
    let lines = unfolded
        .split("\r\n")
        .skip_while(|line| *line != "BEGIN:VEVENT")
        .skip(1);
    let mut lines = lines.take_while(|line| *line != "END:VEVENT" && *line != "BEGIN:VALARM");
    lines.find(|line| is_of(line, name)).map(str::to_owned)
}

fn is_of(line: &str, name: &str) -> bool {
    line.strip_prefix(name)
        .is_some_and(|rest| rest.starts_with([':', ';']))
}

/// The text with a line of the first event replaced, put before `END:VEVENT` when there was none, or taken out.
pub fn with(text: &str, name: &str, line: Option<&str>) -> String {
    let unfolded = text.replace("\r\n ", "");
    let mut lines: Vec<&str> = unfolded.split("\r\n").collect();
    let from = lines
        .iter()
        .position(|line| *line == "BEGIN:VEVENT")
        .expect("an event");
    let to = lines
        .iter()
        .position(|line| *line == "END:VEVENT")
        .expect("its end");
    let old = (from..to).find(|at| is_of(lines[*at], name));
    match (old, line) {
        (Some(at), Some(line)) => lines[at] = line,
        (Some(at), None) => drop(lines.remove(at)),
        (None, Some(line)) => lines.insert(to, line),
        (None, None) => {}
    }
    lines.join("\r\n")
}

/// The text with another title.
pub fn retitled(text: &str, title: &str) -> String {
    with(text, "SUMMARY", Some(&format!("SUMMARY:{title}")))
}

/// The text with other dates, as in [`span`].
pub fn moved(text: &str, span: &str) -> String {
    let (start, end) = span.split_once("..").expect("FROM..TO");
    let text = with(text, "DTSTART", Some(&date("DTSTART", start, false)));
    let text = with(&text, "DURATION", None);
    with(&text, "DTEND", Some(&date("DTEND", end, true)))
}

/// A date line of a local time or a day; as an end a day is the last one.
fn date(name: &str, text: &str, end: bool) -> String {
    match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        Ok(day) => {
            let day = if end { day.succ_opt().unwrap() } else { day };
            format!("{name};VALUE=DATE:{}", day.format("%Y%m%d"))
        }
        Err(_) => {
            let local = super::world::local(text);
            let utc = ZONE
                .from_local_datetime(&local)
                .unwrap()
                .with_timezone(&Utc);
            format!("{name}:{}", utc.format("%Y%m%dT%H%M%SZ"))
        }
    }
}

/// A new event as a client writes it.
pub fn new_event(uid: &str, title: &str, span: &str) -> String {
    let lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Example//Client 1.0//EN",
        "BEGIN:VEVENT",
        &format!("UID:{uid}"),
        "DTSTAMP:20261123T080000Z",
        "DTSTART:20261201T060000Z",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ];
    moved(&retitled(&lines.join("\r\n"), title), span)
}

/// The text without the mark of a restore, which makes the original differ from what it was before.
pub fn unmarked(text: &str) -> String {
    with(text, "X-ADVANTA-RESTORED", None)
}

/// The text as a client prints it that parsed it: its own PRODID and stamps, perhaps without what it does not know.
pub fn reprinted(text: &str, product: &str, keeps_unknown: bool) -> String {
    let unfolded = text.replace("\r\n ", "");
    let lines = unfolded.split("\r\n").filter_map(|line| match line {
        _ if is_of(line, "PRODID") => Some(format!("PRODID:{product}")),
        _ if is_of(line, "DTSTAMP") => Some("DTSTAMP:20261123T080100Z".to_owned()),
        _ if is_of(line, "LAST-MODIFIED") => Some("LAST-MODIFIED:20261123T080100Z".to_owned()),
        _ if !keeps_unknown && (line.starts_with("X-") || is_of(line, "URL")) => None,
        "END:VEVENT" if !unfolded.contains("\r\nSEQUENCE:") => {
            Some("SEQUENCE:1\r\nEND:VEVENT".to_owned())
        }
        _ => Some(line.to_owned()),
    });
    lines.collect::<Vec<_>>().join("\r\n")
}
