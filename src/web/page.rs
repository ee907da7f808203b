//! The page of a person's own changes that do not stand, refused or lost against another: plain HTML, no script.

use super::me::named;
use super::wire::{JournalBody, JournalPageBody};
use crate::bridge::spelling::escaped;
use crate::bridge::words::pick;
use crate::model::{Timestamp, User};
use chrono::NaiveDateTime;
use chrono_tz::Tz;

/// The whole document. Times are in the person's own zone, else the installation's.
pub(super) fn refusals(page: &JournalPageBody, user: &User, zone: Tz) -> String {
    let say = |russian, english| pick(user.language, russian, english);
    let title = say("Что не принято", "Changes that do not stand");
    let mut out = format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><link rel=\"stylesheet\" href=\"/me/style.css\"></head>\n\
         <body>\n<h1>{title}</h1>\n<p>{}: {}</p>\n",
        user.language.tag(),
        escaped(named(user)),
        say(
            "изменения в календаре, которые ADVANTA не допускает или которые уступили другому изменению. В календаре то, что осталось.",
            "changes in your calendar that ADVANTA does not allow, or that gave way to another change. Your calendar shows what stands.",
        ),
    );
    if page.rows.is_empty() {
        out += &format!(
            "<p>{}</p>\n",
            say("Все изменения приняты.", "All changes stand.")
        );
    } else {
        let heads = [
            say("Когда", "When"),
            say("Объект", "Object"),
            say("Что и почему", "What and why"),
            say("Было нужно", "Wanted"),
            say("Осталось", "Kept"),
        ];
        let heads = heads.map(|head| format!("<th>{head}</th>"));
        out += &format!("<table>\n<tr>{}</tr>\n", heads.concat());
        for row in &page.rows {
            out += &rows(row, user, user.zone.unwrap_or(zone));
        }
        out += "</table>\n";
    }
    if let Some(next) = page.next {
        let earlier = say("Раньше", "Earlier");
        out += &format!("<p><a href=\"?before={next}\">{earlier}</a></p>\n");
    }
    out + "</body>\n</html>\n"
}

/// A line of the table for every field that does not stand.
fn rows(row: &JournalBody, user: &User, zone: Tz) -> String {
    let title = row.object.title.as_deref().unwrap_or("—");
    let mut object = escaped(title);
    if row.text {
        let save = pick(user.language, "сохранить текст", "save the text");
        object += &format!(" (<a href=\"refusals/{}.ics\">{save}</a>)", row.id);
    }
    let lost = row
        .fields
        .iter()
        .filter(|each| each.reason.is_some() || each.outcome == "superseded");
    let lines = lost.map(|each| {
        format!(
            "<tr><td>{}</td><td>{object}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
            moment(row.last_at.0, zone),
            escaped(&each.words),
            escaped(&value(&each.attempted, zone)),
            escaped(&value(&each.kept, zone)),
        )
    });
    lines.collect()
}

/// A value of the journal: instants as the person's own calendar shows them, everything else as it is.
fn value(text: &str, zone: Tz) -> String {
    let parsed = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%MZ");
    parsed.map_or_else(|_| text.to_owned(), |at| moment(at.and_utc(), zone))
}

fn moment(at: Timestamp, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()
}
