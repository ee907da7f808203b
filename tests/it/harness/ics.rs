//! iCalendar text as lines.

/// The text with another content line in the place of the one that begins so.
pub fn with_line(ics: &str, start: &str, line: &str) -> String {
    let mut replaced = 0;
    let mut lines: Vec<&str> = Vec::new();
    let mut inside = false;
    for each in ics.split("\r\n") {
        let folded = each.starts_with(' ');
        inside = if folded {
            inside
        } else {
            each.starts_with(start)
        };
        match (inside, folded) {
            (false, _) => lines.push(each),
            (true, false) => {
                replaced += 1;
                lines.push(line);
            }
            (true, true) => {}
        }
    }
    assert_eq!(replaced, 1, "lines {start} in {ics}");
    lines.join("\r\n")
}

/// The text without the line that only says that it was restored: clients which compare texts, not versions, need a new one.
pub fn without_restore_mark(ics: &str) -> String {
    let marks = ["X-ADVANTA-RESTORED", "SEQUENCE"];
    let lines = ics
        .split("\r\n")
        .filter(|line| !marks.iter().any(|mark| line.starts_with(mark)));
    lines.collect::<Vec<_>>().join("\r\n")
}
