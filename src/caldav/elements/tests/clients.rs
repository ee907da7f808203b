//! Shapes of bodies that real clients send, each with the whole value it means.

use super::*;

fn propfind(body: &str) -> Propfind {
    Propfind::parse(body.as_bytes()).unwrap()
}

fn report(body: &str) -> Report {
    Report::parse(body.as_bytes()).unwrap()
}

#[test]
fn thunderbird_looks_at_a_collection() {
    let body = r#"<?xml version="1.0" encoding="UTF-8"?>
<D:propfind xmlns:D='DAV:' xmlns:CS='http://calendarserver.org/ns/' xmlns:C='urn:ietf:params:xml:ns:caldav'><D:prop><D:resourcetype/><D:owner/><D:current-user-principal/><D:current-user-privilege-set/><D:supported-report-set/><C:supported-calendar-component-set/><CS:getctag/></D:prop></D:propfind>"#;
    let expected = prop(&[
        "D:resourcetype",
        "D:owner",
        "D:current-user-principal",
        "D:current-user-privilege-set",
        "D:supported-report-set",
        "C:supported-calendar-component-set",
        "CS:getctag",
    ]);
    assert_eq!(propfind(body), expected);
}

#[test]
fn thunderbird_asks_what_changed() {
    let body = r#"<?xml version="1.0" encoding="UTF-8"?>
<sync-collection xmlns="DAV:"><sync-token>urn:token:7</sync-token><sync-level>1</sync-level><prop><getcontenttype/><getetag/></prop></sync-collection>"#;
    let expected = SyncCollection {
        token: Some("urn:token:7".into()),
        level: SyncLevel::One,
        limit: None,
        props: prop(&["D:getcontenttype", "D:getetag"]),
        calendar_data: None,
    };
    assert_eq!(report(body), Report::SyncCollection(expected));
}

#[test]
fn thunderbird_fetches_by_multiget() {
    let body = r#"<?xml version="1.0" encoding="UTF-8"?>
<C:calendar-multiget xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><D:getetag/><C:calendar-data/></D:prop><D:href>/dav/calendars/u1/advanta/a%20b.ics</D:href><D:href>
  /dav/calendars/u1/advanta/c&amp;d.ics
</D:href></C:calendar-multiget>"#;
    let expected = CalendarMultiget {
        props: prop(&["D:getetag", "C:calendar-data"]),
        calendar_data: Some(CalendarData::WHOLE),
        hrefs: vec![
            "/dav/calendars/u1/advanta/a%20b.ics".into(),
            "/dav/calendars/u1/advanta/c&d.ics".into(),
        ],
    };
    assert_eq!(report(body), Report::CalendarMultiget(expected));
}

#[test]
fn evolution_lists_events_of_a_span() {
    let body = r#"<?xml version="1.0" encoding="utf-8"?>
<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><D:getetag/><C:calendar-data><C:comp name="VCALENDAR"><C:prop name="VERSION"/><C:comp name="VEVENT"><C:prop name="UID"/></C:comp></C:comp></C:calendar-data></D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:time-range start="20261101T000000Z" end="20270101T000000Z"/></C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"#;
    let asked = |name: &str| PropSelection {
        name: name.into(),
        novalue: false,
    };
    let span = range("2026-11-01T00:00:00Z", "2027-01-01T00:00:00Z");
    let expected = CalendarQuery {
        props: prop(&["D:getetag", "C:calendar-data"]),
        calendar_data: Some(CalendarData {
            comp: Some(CompSelection {
                name: "VCALENDAR".into(),
                props: Chosen::Only(vec![asked("VERSION")]),
                comps: Chosen::Only(vec![CompSelection {
                    name: "VEVENT".into(),
                    props: Chosen::Only(vec![asked("UID")]),
                    comps: Chosen::Only(vec![]),
                }]),
            }),
            ..CalendarData::WHOLE
        }),
        filter: calendar(vec![events(Some(span))]),
        timezone: None,
        limit: None,
    };
    assert_eq!(expected.filter.time_range_only(), Some(span));
    assert_eq!(report(body), Report::CalendarQuery(expected));
}

#[test]
fn davx5_lists_by_a_range_without_an_end() {
    let body = r#"<?xml version='1.0' encoding='UTF-8' ?><CAL:calendar-query xmlns="DAV:" xmlns:CAL="urn:ietf:params:xml:ns:caldav"><prop><getetag /></prop><CAL:filter><CAL:comp-filter name="VCALENDAR"><CAL:comp-filter name="VEVENT"><CAL:time-range start="20260824T000000Z" /></CAL:comp-filter></CAL:comp-filter></CAL:filter></CAL:calendar-query>"#;
    let span = TimeRange {
        start: Some(at("2026-08-24T00:00:00Z")),
        end: None,
    };
    let expected = CalendarQuery {
        props: prop(&["D:getetag"]),
        calendar_data: None,
        filter: calendar(vec![events(Some(span))]),
        timezone: None,
        limit: None,
    };
    assert_eq!(report(body), Report::CalendarQuery(expected));
}

#[test]
fn davx5_names_the_media_type() {
    let body = r#"<?xml version='1.0' encoding='UTF-8' ?><CAL:calendar-multiget xmlns="DAV:" xmlns:CAL="urn:ietf:params:xml:ns:caldav"><prop><getcontenttype /><getetag /><CAL:calendar-data content-type="text/calendar" version="2.0" /></prop><href>/dav/calendars/u1/advanta/1.ics</href></CAL:calendar-multiget>"#;
    let expected = CalendarMultiget {
        props: prop(&["D:getcontenttype", "D:getetag", "C:calendar-data"]),
        calendar_data: Some(CalendarData::WHOLE),
        hrefs: vec!["/dav/calendars/u1/advanta/1.ics".into()],
    };
    assert_eq!(report(body), Report::CalendarMultiget(expected));
}

#[test]
fn apple_asks_for_many_properties_and_paints_the_calendar() {
    let body = r#"<?xml version="1.0" encoding="UTF-8"?>
<A:propfind xmlns:A="DAV:">
  <A:prop>
    <A:add-member/>
    <C:allowed-sharing-modes xmlns:C="http://calendarserver.org/ns/"/>
    <D:autoprovisioned xmlns:D="http://apple.com/ns/ical/"/>
    <E:bulk-requests xmlns:E="http://me.com/_namespace/"/>
    <B:calendar-alarms xmlns:B="urn:ietf:params:xml:ns:caldav"/>
    <D:calendar-color xmlns:D="http://apple.com/ns/ical/"/>
    <A:sync-token/>
    <A:add-member/>
  </A:prop>
</A:propfind>"#;
    let expected = Propfind::Prop(vec![
        named("D:add-member"),
        named("CS:allowed-sharing-modes"),
        named("A:autoprovisioned"),
        Name::new(
            Namespace::Other("http://me.com/_namespace/".into()),
            "bulk-requests",
        ),
        named("C:calendar-alarms"),
        named("A:calendar-color"),
        named("D:sync-token"),
    ]);
    assert_eq!(propfind(body), expected);

    let body = r##"<?xml version="1.0" encoding="UTF-8"?>
<A:propertyupdate xmlns:A="DAV:"><A:set><A:prop><D:calendar-color xmlns:D="http://apple.com/ns/ical/" symbolic-color="custom">#FF2968FF</D:calendar-color></A:prop></A:set><A:remove><A:prop><D:calendar-order xmlns:D="http://apple.com/ns/ical/"/></A:prop></A:remove></A:propertyupdate>"##;
    let Proppatch(instructions) = Proppatch::parse(body.as_bytes()).unwrap();
    let [Instruction::Set(color, element), Instruction::Remove(order)] = instructions.as_slice()
    else {
        panic!("{instructions:?}");
    };
    assert_eq!(color, &named("A:calendar-color"));
    assert_eq!(element.text(), "#FF2968FF");
    assert_eq!(order, &named("A:calendar-order"));
}

#[test]
fn python_caldav_expands_a_search() {
    let body = r#"<?xml version='1.0' encoding='utf-8'?>
<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><C:calendar-data><C:expand start="20261201T000000Z" end="20261208T000000Z"/></C:calendar-data></D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:time-range start="20261201T000000Z" end="20261208T000000Z"/><C:prop-filter name="SUMMARY"><C:text-match negate-condition="no" collation="i;octet">Plan</C:text-match></C:prop-filter></C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"#;
    let span = range("2026-12-01T00:00:00Z", "2026-12-08T00:00:00Z");
    let summary = PropFilter {
        name: "SUMMARY".into(),
        test: PropTest::Matches(PropMatch {
            value: Some(ValueTest::Text(TextMatch::new(
                "Plan",
                Collation::Octet,
                false,
            ))),
            param_filters: vec![],
        }),
    };
    let expected = CalendarQuery {
        props: prop(&["C:calendar-data"]),
        calendar_data: Some(CalendarData {
            recurrence_set: RecurrenceSet::Expand(Range {
                start: at("2026-12-01T00:00:00Z"),
                end: at("2026-12-08T00:00:00Z"),
            }),
            ..CalendarData::WHOLE
        }),
        filter: calendar(vec![comp(
            "VEVENT",
            CompMatch {
                time_range: Some(span),
                prop_filters: vec![summary],
                comp_filters: vec![],
            },
        )]),
        timezone: None,
        limit: None,
    };
    assert_eq!(expected.filter.reach(), Reach::Within(span));
    assert_eq!(report(body), Report::CalendarQuery(expected));
}

#[test]
fn python_caldav_asks_for_tasks_of_an_event_calendar() {
    let filter = filter_of(
        r#"<C:comp-filter name="VCALENDAR"><C:comp-filter name="VTODO"><C:prop-filter name="COMPLETED"><C:is-not-defined/></C:prop-filter></C:comp-filter></C:comp-filter>"#,
    );
    let completed = PropFilter {
        name: "COMPLETED".into(),
        test: PropTest::IsNotDefined,
    };
    let expected = calendar(vec![comp(
        "VTODO",
        CompMatch {
            prop_filters: vec![completed],
            ..CompMatch::default()
        },
    )]);
    assert_eq!(expected.reach(), Reach::Nothing);
    assert_eq!(filter, Ok(expected));
}

#[test]
fn vdirsyncer_lists_with_three_properties() {
    let body = r#"<?xml version="1.0" encoding="utf-8" ?>
            <propfind xmlns="DAV:">
                <prop>
                    <resourcetype/>
                    <getcontenttype/>
                    <getetag/>
                </prop>
            </propfind>"#;
    let expected = prop(&["D:resourcetype", "D:getcontenttype", "D:getetag"]);
    assert_eq!(propfind(body), expected);
}

#[test]
fn tsdav_wants_the_data_with_the_changes() {
    let body = r#"<?xml version="1.0" encoding="utf-8"?><d:sync-collection xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:cs="http://calendarserver.org/ns/" xmlns:ca="http://apple.com/ns/ical/" xmlns:card="urn:ietf:params:xml:ns:carddav"><d:sync-level>1</d:sync-level><d:sync-token/><d:prop><d:getetag/><c:calendar-data/><d:displayname/></d:prop></d:sync-collection>"#;
    let expected = SyncCollection {
        token: None,
        level: SyncLevel::One,
        limit: None,
        props: prop(&["D:getetag", "C:calendar-data", "D:displayname"]),
        calendar_data: Some(CalendarData::WHOLE),
    };
    assert_eq!(report(body), Report::SyncCollection(expected));
}

#[test]
fn libdav_limits_a_sync() {
    let body = r#"<sync-collection xmlns="DAV:"><sync-token></sync-token><sync-level>infinite</sync-level><limit><nresults>50</nresults></limit><prop><getetag/></prop></sync-collection>"#;
    let expected = SyncCollection {
        token: None,
        level: SyncLevel::Infinite,
        limit: Some(50),
        props: prop(&["D:getetag"]),
        calendar_data: None,
    };
    assert_eq!(report(body), Report::SyncCollection(expected));
}

#[test]
fn an_empty_propfind_asks_for_all_properties() {
    let all = |include: &[&str]| Propfind::AllProp {
        include: names(include),
    };
    assert_eq!(propfind(""), all(&[]));
    assert_eq!(propfind(" \r\n"), all(&[]));
    assert_eq!(
        propfind("<propfind xmlns='DAV:'><allprop/></propfind>"),
        all(&[])
    );
    assert_eq!(
        propfind(
            "<propfind xmlns='DAV:'><allprop/><include><acl/><sync-token/></include></propfind>"
        ),
        all(&["D:acl", "D:sync-token"])
    );
    assert_eq!(
        propfind("<propfind xmlns='DAV:'><propname/><new xmlns='urn:x'/></propfind>"),
        Propfind::PropName
    );
}

#[test]
fn other_reports_are_named() {
    assert_eq!(
        report("<expand-property xmlns='DAV:'/>"),
        Report::Unsupported(named("D:expand-property"))
    );
    assert_eq!(
        report("<C:free-busy-query xmlns:C='urn:ietf:params:xml:ns:caldav'/>"),
        Report::Unsupported(named("C:free-busy-query"))
    );
}

#[test]
fn a_language_around_a_property_belongs_to_it() {
    let body = r#"<propertyupdate xmlns="DAV:" xml:lang="ru"><set><prop><displayname>Дела</displayname><displayname xml:lang="en">Work</displayname></prop></set></propertyupdate>"#;
    let Proppatch(instructions) = Proppatch::parse(body.as_bytes()).unwrap();
    let languages: Vec<_> = instructions
        .iter()
        .map(|instruction| match instruction {
            Instruction::Set(_, element) => element.attribute_of(&Namespace::Xml, "lang"),
            Instruction::Remove(_) => None,
        })
        .collect();
    assert_eq!(languages, [Some("ru"), Some("en")]);
}

#[test]
fn a_query_may_bring_its_time_zone_and_its_limit() {
    let body = "<C:calendar-query xmlns:D='DAV:' xmlns:C='urn:ietf:params:xml:ns:caldav'><D:allprop/><C:filter><C:comp-filter name='vcalendar'/></C:filter><C:timezone>BEGIN:VCALENDAR&#13;\nEND:VCALENDAR&#13;\n</C:timezone><D:limit><D:nresults> 3 </D:nresults></D:limit></C:calendar-query>";
    let expected = CalendarQuery {
        props: Propfind::AllProp { include: vec![] },
        calendar_data: None,
        filter: calendar(vec![]),
        timezone: Some("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n".into()),
        limit: Some(3),
    };
    assert_eq!(report(body), Report::CalendarQuery(expected));
}
