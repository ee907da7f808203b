//! A file of events as an office writes them: a zone, folded texts, an override far away from each hundredth master.

/// The whole file, of so many events.
pub fn file(events: usize) -> String {
    let zone = "BEGIN:VTIMEZONE\r\nTZID:Office\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0300\r\n\
                TZOFFSETTO:+0300\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";
    // In one piece: a text that grows would leave a peak behind in which the index disappears.
    let mut file = String::with_capacity(events * 1_000);
    file.push_str("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example//bench//EN\r\n");
    file.push_str(zone);
    for number in 0..events {
        file.push_str(&event(number, "RRULE:FREQ=WEEKLY;COUNT=3"));
    }
    for number in (0..events).step_by(100) {
        file.push_str(&event(number, "RECURRENCE-ID;TZID=Office:20260112T090000"));
    }
    file + "END:VCALENDAR\r\n"
}

fn event(number: usize, line: &str) -> String {
    let text = "Согласовать сроки и\r\n  объёмы\\, уточнить состав работ ".repeat(5);
    format!(
        "BEGIN:VEVENT\r\nUID:event-{number}@example.com\r\nDTSTAMP:20260101T000000Z\r\n\
         DTSTART;TZID=Office:20260105T090000\r\nDTEND;TZID=Office:20260105T100000\r\n{line}\r\n\
         SUMMARY:Согласование {number}\r\nDESCRIPTION:{text}\r\nEND:VEVENT\r\n"
    )
}
