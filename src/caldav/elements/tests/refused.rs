//! Every broken body is refused by name.

use super::*;
use crate::xml::{Fault, XmlError};
use http::StatusCode;

fn report(body: &str) -> BodyError {
    Report::parse(body.as_bytes()).unwrap_err()
}

/// The refusal of a report whose `prop` holds this calendar-data.
fn data(calendar_data: &str) -> BodyError {
    report(&format!(
        r#"<C:calendar-multiget xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop>{calendar_data}</D:prop><D:href>/a</D:href></C:calendar-multiget>"#
    ))
}

/// The refusal of a sync-collection with this content.
fn sync(content: &str) -> BodyError {
    report(&format!(
        r#"<sync-collection xmlns="DAV:">{content}</sync-collection>"#
    ))
}

/// The refusal of a filter VCALENDAR > VEVENT with this content.
fn event(content: &str) -> BodyError {
    let filter = format!(
        r#"<C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">{content}</C:comp-filter></C:comp-filter>"#
    );
    filter_of(&filter).unwrap_err()
}

fn prop_part(name: &str) -> Precondition {
    Precondition::SupportedFilter(FilterPart::Prop(name.into()))
}

fn comp_part(name: &str) -> Precondition {
    Precondition::SupportedFilter(FilterPart::Comp(name.into()))
}

#[test]
fn a_filter_that_its_definition_does_not_allow_breaks_valid_filter() {
    for filter in [
        "",
        r#"<C:comp-filter name="VEVENT"/>"#,
        r#"<C:comp-filter name="X-THING"/>"#,
        r#"<C:comp-filter/>"#,
        r#"<C:comp-filter name=""/>"#,
        r#"<C:comp-filter name="VCALENDAR"/><C:comp-filter name="VCALENDAR"/>"#,
        r#"<C:comp-filter name="VCALENDAR"><C:comp-filter name="VCALENDAR"/></C:comp-filter>"#,
        r#"<C:comp-filter name="VCALENDAR"><C:comp-filter name="VALARM"/></C:comp-filter>"#,
        r#"<C:comp-filter name="VCALENDAR"><C:comp-filter name="V EVENT"/></C:comp-filter>"#,
        r#"<C:comp-filter name="VCALENDAR"><C:comp-filter name="VTODO"><C:comp-filter name="VEVENT"/></C:comp-filter></C:comp-filter>"#,
        r#"<C:comp-filter name="VCALENDAR"><C:time-range start="20261201T000000Z"/></C:comp-filter>"#,
        r#"<C:comp-filter name="VCALENDAR"><C:text-match>x</C:text-match></C:comp-filter>"#,
        r#"<C:comp-filter name="VCALENDAR"><C:is-defined/></C:comp-filter>"#,
        r#"<C:comp-filter name="VCALENDAR"><C:is-not-defined/><C:is-not-defined/></C:comp-filter>"#,
    ] {
        assert_eq!(
            filter_of(filter),
            Err(Precondition::ValidFilter.into()),
            "{filter}"
        );
    }
    let without = r#"<C:calendar-query xmlns:C="urn:ietf:params:xml:ns:caldav"/>"#;
    assert_eq!(report(without), Precondition::ValidFilter.into());
}

#[test]
fn a_condition_on_events_that_makes_no_sense_breaks_valid_filter() {
    for content in [
        r#"<C:time-range/>"#,
        r#"<C:time-range start="20261201"/>"#,
        r#"<C:time-range start="20261201T000000"/>"#,
        r#"<C:time-range start="2026-12-01T00:00:00Z"/>"#,
        r#"<C:time-range start="20261301T000000Z"/>"#,
        r#"<C:time-range start="20261201T000000Z" end="tomorrow"/>"#,
        r#"<C:time-range start="20261201T000000Z" end="20261201T000000Z"/>"#,
        r#"<C:time-range start="20261202T000000Z" end="20261201T000000Z"/>"#,
        r#"<C:time-range start="+2026120T000000Z"/>"#,
        r#"<C:time-range start="ж261201T000000Z"/>"#,
        r#"<C:time-range start="20261201T000000Z"/><C:time-range start="20261201T000000Z"/>"#,
        r#"<C:is-not-defined/><C:prop-filter name="UID"/>"#,
        r#"<C:prop-filter/>"#,
        r#"<C:prop-filter name="A:B"/>"#,
        r#"<C:prop-filter name="UID"><C:is-not-defined/><C:text-match>x</C:text-match></C:prop-filter>"#,
        r#"<C:prop-filter name="UID"><C:text-match>x</C:text-match><C:text-match>y</C:text-match></C:prop-filter>"#,
        r#"<C:prop-filter name="UID"><C:text-match negate-condition="maybe">x</C:text-match></C:prop-filter>"#,
        r#"<C:prop-filter name="DTSTART"><C:time-range start="20261201T000000Z"/><C:text-match>x</C:text-match></C:prop-filter>"#,
        r#"<C:prop-filter name="DTSTART"><C:time-range/></C:prop-filter>"#,
        r#"<C:prop-filter name="ATTENDEE"><C:param-filter/></C:prop-filter>"#,
        r#"<C:prop-filter name="ATTENDEE"><C:param-filter name="CN"><C:is-not-defined/><C:text-match>x</C:text-match></C:param-filter></C:prop-filter>"#,
        r#"<C:prop-filter name="ATTENDEE"><C:comp-filter name="VALARM"/></C:prop-filter>"#,
    ] {
        assert_eq!(
            event(content),
            Precondition::ValidFilter.into(),
            "{content}"
        );
    }
}

#[test]
fn what_we_cannot_evaluate_breaks_supported_filter_and_is_named() {
    for (content, part) in [
        (r#"<C:comp-filter name="x-thing"/>"#, comp_part("X-THING")),
        (
            r#"<C:comp-filter name="VALARM"><C:time-range start="20261201T000000Z"/></C:comp-filter>"#,
            comp_part("VALARM"),
        ),
        (
            r#"<C:prop-filter name="SUMMARY"><C:time-range start="20261201T000000Z"/></C:prop-filter>"#,
            prop_part("SUMMARY"),
        ),
    ] {
        assert_eq!(event(content), part.into(), "{content}");
    }
}

#[test]
fn an_unknown_collation_breaks_supported_collation() {
    for collation in ["i;klingon", "", "I;OCTET", "i;*"] {
        let content = format!(
            r#"<C:prop-filter name="UID"><C:text-match collation="{collation}">x</C:text-match></C:prop-filter>"#
        );
        assert_eq!(event(&content), Precondition::SupportedCollation.into());
    }
}

#[test]
fn too_many_conditions_are_refused() {
    let many = r#"<C:prop-filter name="UID"/>"#.repeat(CompFilter::FILTERS_MAX);
    assert_eq!(
        event(&many),
        BodyError::Invalid("filter: more parts than allowed")
    );
}

#[test]
fn another_media_type_or_version_breaks_supported_calendar_data() {
    for attributes in [
        r#"content-type="application/calendar+xml""#,
        r#"content-type="application/calendar+json" version="2.0""#,
        r#"version="1.0""#,
        r#"content-type="text/calendar" version="3.0""#,
    ] {
        assert_eq!(
            data(&format!("<C:calendar-data {attributes}/>")),
            Precondition::SupportedCalendarData.into(),
            "{attributes}"
        );
    }
}

#[test]
fn calendar_data_that_contradicts_itself_is_a_bad_request() {
    let range = r#"start="20261201T000000Z" end="20261202T000000Z""#;
    for (content, words) in [
        (
            format!("<C:expand {range}/><C:limit-recurrence-set {range}/>"),
            "calendar-data: both expand and limit-recurrence-set",
        ),
        (
            format!("<C:expand {range}/><C:expand {range}/>"),
            "calendar-data: the same range twice",
        ),
        (
            r#"<C:expand start="20261201T000000Z"/>"#.into(),
            "calendar-data: a range needs a start and a later end in UTC",
        ),
        (
            r#"<C:limit-freebusy-set start="20261202T000000Z" end="20261201T000000Z"/>"#.into(),
            "calendar-data: a range needs a start and a later end in UTC",
        ),
        (
            r#"<C:comp name="VEVENT"/>"#.into(),
            "calendar-data: the outermost comp is not VCALENDAR",
        ),
        (
            r#"<C:comp/>"#.into(),
            "calendar-data: comp or prop without a name",
        ),
        (
            r#"<C:comp name="VCALENDAR"><C:allprop/><C:prop name="UID"/></C:comp>"#.into(),
            "calendar-data: all and some of the same thing",
        ),
        (
            r#"<C:comp name="VCALENDAR"><C:prop name="UID" novalue="1"/></C:comp>"#.into(),
            "calendar-data: novalue is neither yes nor no",
        ),
    ] {
        assert_eq!(
            data(&format!("<C:calendar-data>{content}</C:calendar-data>")),
            BodyError::Invalid(words),
            "{content}"
        );
    }
}

#[test]
fn a_sync_that_its_definition_does_not_allow_is_a_bad_request() {
    let limit = "limit: nresults is not a whole number above zero";
    for (content, words) in [
        (
            "<sync-level>2</sync-level>",
            "sync-level is neither 1 nor infinite",
        ),
        ("<sync-level/>", "sync-level is neither 1 nor infinite"),
        ("<limit/>", limit),
        ("<limit><nresults>0</nresults></limit>", limit),
        ("<limit><nresults>-1</nresults></limit>", limit),
        ("<limit><nresults>+1</nresults></limit>", limit),
        ("<limit><nresults>ten</nresults></limit>", limit),
        ("<sync-token/><sync-token/>", "more than one sync-token"),
        (
            "<prop/><allprop/>",
            "more than one of prop, allprop, propname",
        ),
    ] {
        assert_eq!(sync(content), BodyError::Invalid(words), "{content}");
    }
}

#[test]
fn a_limit_beyond_counting_is_as_good_as_none() {
    let body = "<sync-collection xmlns='DAV:'><limit><nresults>99999999999999999999</nresults></limit></sync-collection>";
    let Report::SyncCollection(sync) = Report::parse(body.as_bytes()).unwrap() else {
        panic!("no sync-collection");
    };
    assert_eq!(sync.limit, Some(u32::MAX));
}

#[test]
fn a_multiget_names_at_least_one_member_and_not_too_many() {
    let multiget = |hrefs: usize| {
        report(&format!(
            r#"<C:calendar-multiget xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">{}</C:calendar-multiget>"#,
            "<D:href>/a</D:href>".repeat(hrefs)
        ))
    };
    assert_eq!(
        multiget(0),
        BodyError::Invalid("calendar-multiget without href")
    );
    assert_eq!(
        multiget(CalendarMultiget::HREFS_MAX + 1),
        Precondition::NumberOfMatchesWithinLimits.into()
    );
}

#[test]
fn a_propfind_makes_one_choice() {
    let refused = |body: &str| Propfind::parse(body.as_bytes()).unwrap_err();
    let none = "propfind holds none of prop, allprop, propname";
    for (body, words) in [
        ("<propfind xmlns='DAV:'/>", none),
        ("<propfind xmlns='DAV:'><prop xmlns=''/></propfind>", none),
        (
            "<propfind xmlns='DAV:'><prop/><propname/></propfind>",
            "more than one of prop, allprop, propname",
        ),
        ("<propfind/>", "the root element is not propfind"),
        (
            "<propertyupdate xmlns='DAV:'/>",
            "the root element is not propfind",
        ),
    ] {
        assert_eq!(refused(body), BodyError::Invalid(words), "{body}");
    }
    let many: String = (0..=Propfind::PROPERTIES_MAX)
        .map(|n| format!("<p{n}/>"))
        .collect();
    assert_eq!(
        refused(&format!(
            "<propfind xmlns='DAV:'><prop>{many}</prop></propfind>"
        )),
        BodyError::Invalid("more properties than allowed")
    );
}

#[test]
fn a_proppatch_changes_something() {
    let refused = |body: &str| Proppatch::parse(body.as_bytes()).unwrap_err();
    for (body, words) in [
        (
            "<propertyupdate xmlns='DAV:'/>",
            "propertyupdate changes nothing",
        ),
        (
            "<propertyupdate xmlns='DAV:'><set><prop/></set></propertyupdate>",
            "propertyupdate changes nothing",
        ),
        (
            "<propertyupdate xmlns='DAV:'><remove/></propertyupdate>",
            "set or remove without prop",
        ),
        (
            "<propfind xmlns='DAV:'/>",
            "the root element is not propertyupdate",
        ),
    ] {
        assert_eq!(refused(body), BodyError::Invalid(words), "{body}");
    }
}

#[test]
fn a_refusal_knows_its_status() {
    let malformed = |fault| BodyError::Malformed(XmlError { at: 0, fault }).status();
    assert_eq!(malformed(Fault::Syntax), StatusCode::BAD_REQUEST);
    assert_eq!(
        malformed(Fault::Limit("bytes")),
        StatusCode::PAYLOAD_TOO_LARGE
    );
    assert_eq!(BodyError::Invalid("x").status(), StatusCode::BAD_REQUEST);
    let broken = |precondition: Precondition| BodyError::from(precondition).status();
    assert_eq!(broken(Precondition::ValidSyncToken), StatusCode::FORBIDDEN);
    assert_eq!(
        broken(Precondition::NumberOfMatchesWithinLimits),
        StatusCode::INSUFFICIENT_STORAGE
    );
}
