//! What is no change though bytes differ: stamps, order, folding, wording of zones, spellings of one time.

use super::timing::Timing;
use super::{Component, Document, Property, Zones};
use crate::model::{Settings, Span};

/// Properties that every client writes anew with each edit.
const STAMPS: [&str; 5] = [
    "DTSTAMP",
    "SEQUENCE",
    "LAST-MODIFIED",
    "PRODID",
    "X-MOZ-GENERATION",
];
/// Dates of a single event: compared by what they mean.
const DATES: [&str; 3] = ["DTSTART", "DTEND", "DURATION"];
/// Properties that make a series.
const SERIES: [&str; 4] = ["RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"];

/// Whether two texts say the same but for noise.
pub fn same_but_noise(one: &Document, other: &Document, settings: &Settings) -> bool {
    let plain = |document| {
        plain(
            Document::calendar(document),
            &Zones::of(document, settings.zone),
        )
    };
    plain(one) == plain(other)
}

/// A component without noise, in an order of its own.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Plain {
    name: String,
    dates: Option<String>,
    properties: Vec<String>,
    components: Vec<Plain>,
}

fn plain(component: &Component, zones: &Zones) -> Plain {
    let single = component.name() == "VEVENT"
        && !component
            .properties()
            .any(|each| SERIES.contains(&each.name()));
    let span = if single {
        Timing::read(component, zones)
            .ok()
            .and_then(|timing| timing.span())
    } else {
        None
    };
    let by_meaning = span.is_some();
    let mut properties: Vec<String> = component
        .properties()
        .filter(|each| {
            !(STAMPS.contains(&each.name()) || by_meaning && DATES.contains(&each.name()))
        })
        .map(spelled)
        .collect();
    properties.sort();
    let mut components: Vec<Plain> = component
        .components()
        .filter(|each| each.name() != "VTIMEZONE")
        .map(|each| plain(each, zones))
        .collect();
    components.sort();
    Plain {
        name: component.name().to_owned(),
        dates: span.map(|span: Span| format!("{span:?}")),
        properties,
        components,
    }
}

fn spelled(property: &Property) -> String {
    let mut params: Vec<String> = property
        .params()
        .iter()
        .map(|param| format!("{param:?}"))
        .collect();
    params.sort();
    format!(
        "{};{};{}",
        property.name(),
        params.join(";"),
        property.value()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ical::Limits;

    fn event(lines: &str) -> Document {
        let text = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:a\r\nBEGIN:VEVENT\r\nUID:1\r\n{lines}END:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        Document::parse(text.as_bytes(), &Limits::default()).unwrap()
    }

    fn same(one: &str, other: &str) -> bool {
        same_but_noise(&event(one), &event(other), &Settings::default())
    }

    #[test]
    fn stamps_order_and_folding_are_noise() {
        assert!(same(
            "DTSTAMP:20261201T000000Z\r\nSEQUENCE:1\r\nSUMMARY:a\r\nDTSTART:20261201T090000Z\r\n",
            "DTSTART:20261201T090000Z\r\nSEQUENCE:2\r\nDTSTAMP:20261202T000000Z\r\nSUM\r\n MARY:a\r\n",
        ));
    }

    #[test]
    fn one_time_in_two_spellings_is_noise() {
        assert!(same(
            "DTSTART:20261201T060000Z\r\nDTEND:20261201T070000Z\r\n",
            "DTSTART;TZID=Europe/Moscow:20261201T090000\r\nDURATION:PT1H\r\n",
        ));
    }

    #[test]
    fn another_time_a_title_an_alarm_and_a_schedule_are_no_noise() {
        let base = "DTSTART:20261201T060000Z\r\nSUMMARY:a\r\n";
        assert!(!same(base, "DTSTART:20261201T060100Z\r\nSUMMARY:a\r\n"));
        assert!(!same(base, "DTSTART:20261201T060000Z\r\nSUMMARY:b\r\n"));
        assert!(!same(
            base,
            "DTSTART:20261201T060000Z\r\nSUMMARY:a\r\nRRULE:FREQ=DAILY\r\n"
        ));
        assert!(!same(
            base,
            "DTSTART:20261201T060000Z\r\nSUMMARY:a\r\nBEGIN:VALARM\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n"
        ));
    }
}
