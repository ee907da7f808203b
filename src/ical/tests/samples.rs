//! Shapes that real clients send.

use crate::ical::*;
use crate::model::{Fields, Moment, Settings, Span};
use chrono::{NaiveDate, TimeZone, Utc};

fn read_text(text: &str) -> Incoming {
    read(
        text.as_bytes(),
        None,
        &Settings::default(),
        &Limits::default(),
    )
    .unwrap()
}

#[test]
fn smoke() {
    let text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;TZID=Europe/Moscow:20260105T090000\r\nDTEND;TZID=Europe/Moscow:20260105T100000\r\nRRULE:FREQ=WEEKLY;COUNT=3\r\nSUMMARY:Hi\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let incoming = read_text(text);
    assert_eq!(incoming.document.to_text(), text);
    let mut d = incoming.document.clone();
    let s = Settings::default();
    let span = Span::new(
        Moment::At(Utc.with_ymd_and_hms(2026, 1, 6, 9, 0, 0).unwrap()),
        Moment::At(Utc.with_ymd_and_hms(2026, 1, 6, 10, 0, 0).unwrap()),
    )
    .unwrap();
    patch(
        &mut d,
        &Patch {
            span: Some(span),
            ..Patch::default()
        },
        &s,
    )
    .unwrap();
    println!("{}", d.to_text());
    println!("{:?}", incoming.schedule.first());
    println!("{:?}", incoming.schedule.bounds());
    assert_eq!(read_text(&d.to_text()).fields.span, Some(span));
    let mut d = incoming.document.clone();
    patch(
        &mut d,
        &Patch {
            span: Some(span),
            drop_recurrence: true,
            ..Patch::default()
        },
        &s,
    )
    .unwrap();
    println!("{}", d.to_text());
    let _: (Option<Fields>, Option<NaiveDate>) = (None, None);
}
