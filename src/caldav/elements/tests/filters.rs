//! What filters mean without looking at texts: collations and the reach of an index.

use super::*;

fn text(needle: &str, collation: Collation, value: &str) -> bool {
    TextMatch::new(needle, collation, false).matches(value)
}

#[test]
fn collations_fold_what_they_say() {
    use Collation::{AsciiCasemap, Octet, UnicodeCasemap};
    let cases = [
        ("plan", AsciiCasemap, "The PLAN", true),
        ("план", AsciiCasemap, "ПЛАН", false),
        ("план", AsciiCasemap, "наш план", true),
        ("plan", Octet, "The PLAN", false),
        ("PLAN", Octet, "The PLAN", true),
        ("план", UnicodeCasemap, "Наш ПЛАН", true),
        ("ёж", UnicodeCasemap, "Е\u{308}Ж", true),
        ("ЙОД", UnicodeCasemap, "и\u{306}од", true),
        ("STRASSE", UnicodeCasemap, "Straße", false),
        ("ﬁ", UnicodeCasemap, "FI", false),
        ("", AsciiCasemap, "", true),
    ];
    for (needle, collation, value, expected) in cases {
        assert_eq!(
            text(needle, collation, value),
            expected,
            "{needle} in {value} by {collation:?}"
        );
    }
    assert!(!TextMatch::new("plan", AsciiCasemap, true).matches("Plan"));
    assert!(TextMatch::new("plan", AsciiCasemap, true).matches("other"));
}

#[test]
fn an_index_by_time_answers_what_it_can() {
    let span = range("2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z");
    let start = TimeRange { end: None, ..span };
    let within = r#"<C:time-range start="20261201T000000Z" end="20270101T000000Z"/>"#;
    let from = r#"<C:time-range start="20261201T000000Z"/>"#;
    let none = "<C:is-not-defined/>";
    let uid = r#"<C:prop-filter name="UID"/>"#;
    let event =
        |content: &str| format!(r#"<C:comp-filter name="VEVENT">{content}</C:comp-filter>"#);
    let other = |name: &str, content: &str| {
        format!(r#"<C:comp-filter name="{name}">{content}</C:comp-filter>"#)
    };
    let cases = [
        (String::new(), Reach::Exactly(TimeRange::ALL)),
        (event(""), Reach::Exactly(TimeRange::ALL)),
        (event(within), Reach::Exactly(span)),
        (event(from), Reach::Exactly(start)),
        (event(none), Reach::Nothing),
        (none.to_owned(), Reach::Nothing),
        (uid.to_owned(), Reach::Within(TimeRange::ALL)),
        (event(uid), Reach::Within(TimeRange::ALL)),
        (event(&format!("{within}{uid}")), Reach::Within(span)),
        (event(&other("VALARM", none)), Reach::Within(TimeRange::ALL)),
        (event(within) + &event(from), Reach::Within(span)),
        (event(uid) + &event(within), Reach::Within(span)),
        (uid.to_owned() + &event(within), Reach::Within(span)),
        (other("VTODO", "") + &event(within), Reach::Nothing),
        (other("VTODO", none) + &event(within), Reach::Exactly(span)),
        (other("VTIMEZONE", ""), Reach::Within(TimeRange::ALL)),
    ];
    for (content, expected) in cases {
        let filter = filter_of(&format!(
            r#"<C:comp-filter name="VCALENDAR">{content}</C:comp-filter>"#
        ));
        assert_eq!(filter.unwrap().reach(), expected, "{content}");
    }
}

#[test]
fn the_bounds_of_an_object_often_decide() {
    let span = TimeRange {
        start: Some(at("1970-01-01T00:00:10Z")),
        end: Some(at("1970-01-01T00:00:20Z")),
    };
    let from = TimeRange { end: None, ..span };
    let until = TimeRange {
        start: None,
        ..span
    };
    let cases = [
        (span, 0, 10, false, Some(false)),
        (span, 0, 11, false, Some(true)),
        (span, 10, 11, false, Some(true)),
        (span, 19, 30, false, Some(true)),
        (span, 20, 30, false, Some(false)),
        (span, 0, 10, true, Some(false)),
        (span, 20, i64::MAX, true, Some(false)),
        (span, 0, 30, true, None),
        (span, 0, i64::MAX, true, None),
        (from, 0, 11, false, Some(true)),
        (from, 0, 30, true, None),
        (from, 0, i64::MAX, true, Some(true)),
        (until, 0, i64::MAX, true, None),
        (until, 20, i64::MAX, true, Some(false)),
        (TimeRange::ALL, 0, 1, true, Some(true)),
    ];
    for (range, first, last, recurs, expected) in cases {
        assert_eq!(
            range.overlaps_bounds(first, last, recurs),
            expected,
            "{range:?} {first} {last} {recurs}"
        );
    }
}
