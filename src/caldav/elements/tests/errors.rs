//! Error bodies and the Prefer header.

use super::*;
use crate::model::{Field, Reason};

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:error xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\" xmlns:CS=\"http://calendarserver.org/ns/\" xmlns:A=\"http://apple.com/ns/ical/\" xmlns:X=\"urn:advanta-bridge:ns\">";

fn written(body: &ErrorBody<'_>) -> String {
    let mut out = String::new();
    write_error_body(&mut out, body);
    out
}

#[test]
fn each_precondition_is_an_element_of_its_own() {
    let cases = [
        (Precondition::ValidFilter, "<C:valid-filter/>"),
        (
            Precondition::SupportedFilter(FilterPart::Comp("X-THING".into())),
            r#"<C:supported-filter><C:comp-filter name="X-THING"/></C:supported-filter>"#,
        ),
        (
            Precondition::SupportedFilter(FilterPart::Prop("SUMMARY".into())),
            r#"<C:supported-filter><C:prop-filter name="SUMMARY"/></C:supported-filter>"#,
        ),
        (Precondition::SupportedCollation, "<C:supported-collation/>"),
        (
            Precondition::SupportedCalendarData,
            "<C:supported-calendar-data/>",
        ),
        (Precondition::ValidTimezone, "<C:valid-timezone/>"),
        (Precondition::ValidCalendarData, "<C:valid-calendar-data/>"),
        (
            Precondition::ValidCalendarObjectResource,
            "<C:valid-calendar-object-resource/>",
        ),
        (
            Precondition::SupportedCalendarComponent,
            "<C:supported-calendar-component/>",
        ),
        (
            Precondition::NoUidConflict("/a&b.ics".into()),
            "<C:no-uid-conflict><D:href>/a&amp;b.ics</D:href></C:no-uid-conflict>",
        ),
        (Precondition::MaxResourceSize, "<C:max-resource-size/>"),
        (Precondition::MaxInstances, "<C:max-instances/>"),
        (Precondition::MinDateTime, "<C:min-date-time/>"),
        (Precondition::MaxDateTime, "<C:max-date-time/>"),
        (Precondition::ValidSyncToken, "<D:valid-sync-token/>"),
        (
            Precondition::SyncTraversalSupported,
            "<D:sync-traversal-supported/>",
        ),
        (
            Precondition::NumberOfMatchesWithinLimits,
            "<D:number-of-matches-within-limits/>",
        ),
        (Precondition::SupportedReport, "<D:supported-report/>"),
        (
            Precondition::PropfindFiniteDepth,
            "<D:propfind-finite-depth/>",
        ),
        (
            Precondition::CannotModifyProtectedProperty,
            "<D:cannot-modify-protected-property/>",
        ),
        (
            Precondition::NeedPrivileges {
                href: "/dav/x.ics".into(),
                privilege: "write-content",
            },
            "<D:need-privileges><D:resource><D:href>/dav/x.ics</D:href><D:privilege><D:write-content/></D:privilege></D:resource></D:need-privileges>",
        ),
    ];
    for (precondition, element) in cases {
        let expected = format!("{HEAD}{element}</D:error>");
        assert_eq!(written(&ErrorBody::of(&precondition)), expected);
    }
}

#[test]
fn a_refused_edit_speaks_to_the_person_and_to_the_machine() {
    let precondition = Precondition::NeedPrivileges {
        href: "/dav/x.ics".into(),
        privilege: "write-content",
    };
    let body = ErrorBody {
        precondition: &precondition,
        description: Some("Работа начата: дату начала <изменить> нельзя"),
        refused: &[Refused {
            field: Field::Start,
            reason: Reason::ActualStart,
            kept: "2026-12-01",
        }],
    };
    assert_eq!(
        written(&body),
        format!(
            "{HEAD}<D:need-privileges><D:resource><D:href>/dav/x.ics</D:href><D:privilege><D:write-content/></D:privilege></D:resource></D:need-privileges><X:refused field=\"start\" reason=\"actual-start\">2026-12-01</X:refused><D:responsedescription>Работа начата: дату начала &lt;изменить&gt; нельзя</D:responsedescription></D:error>"
        )
    );
}

#[test]
fn preferences_are_read_as_clients_write_them() {
    let wish = |answer, depth_noroot| Prefer {
        answer,
        depth_noroot,
    };
    let (minimal, whole) = (Some(Return::Minimal), Some(Return::Representation));
    let cases: &[(&[&str], Option<&str>, Prefer)] = &[
        (&[], None, wish(None, false)),
        (&["return=minimal"], None, wish(minimal, false)),
        (&["return=minimal, depth-noroot"], None, wish(minimal, true)),
        (&["Return = \"representation\""], None, wish(whole, false)),
        (
            &["depth-noroot", "return=representation"],
            None,
            wish(whole, true),
        ),
        (
            &["return=minimal; foo=\"a, return=representation\""],
            None,
            wish(minimal, false),
        ),
        (
            &["x=\"a\\\", b\", return=minimal"],
            None,
            wish(minimal, false),
        ),
        (
            &["return=minimal, return=representation"],
            None,
            wish(minimal, false),
        ),
        (
            &["respond-async, wait=10, handling=lenient"],
            None,
            wish(None, false),
        ),
        (&["return=everything"], None, wish(None, false)),
        (&["\"", ";,=", ""], None, wish(None, false)),
        (&[], Some("t"), wish(minimal, false)),
        (&[], Some("T "), wish(minimal, false)),
        (&[], Some("f"), wish(None, false)),
        (&["return=representation"], Some("t"), wish(whole, false)),
    ];
    for (prefer, brief, expected) in cases {
        let read = Prefer::parse(prefer.iter().copied(), *brief);
        assert_eq!(read, *expected, "{prefer:?} {brief:?}");
    }
}
