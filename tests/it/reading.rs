//! What a client asks: properties, reports, tokens, and who is let in.

use crate::harness::{Bridge, Element, demo};

const NOTE: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example.com//test//EN\r\nBEGIN:VEVENT\r\n\
    UID:note@example.com\r\nDTSTAMP:20260301T080000Z\r\nDTSTART:20260302T090000Z\r\nDTEND:20260302T100000Z\r\n\
    SUMMARY:Отчёт\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

#[test]
fn options_needs_no_password_and_says_what_is_served() {
    let bridge = Bridge::demo(&[]);
    let answer = bridge.anonymous().send("OPTIONS", "/", &[], "");
    assert_eq!(answer.status, 200, "{answer:?}");
    let classes: Vec<&str> = answer
        .header("dav")
        .expect("a DAV header")
        .split(", ")
        .collect();
    for class in ["1", "3", "calendar-access"] {
        assert!(classes.contains(&class), "{class} in {classes:?}");
    }
}

#[test]
fn who_is_not_let_in_always_reads_the_same() {
    let bridge = Bridge::demo(&[]);
    let wrong = crate::harness::Dav::new(bridge.url(), Some(("anna", "wrong")));
    let mut said = Vec::new();
    for client in [bridge.anonymous(), wrong] {
        for path in [
            "/",
            "/dav/calendars/u-anna/advanta/",
            "/dav/calendars/nobody/advanta/x.ics",
        ] {
            let answer = client.propfind(path, "0", "<D:getetag/>");
            let challenge = answer.header("www-authenticate").map(str::to_owned);
            said.push((answer.status, challenge, answer.body));
        }
    }
    assert_eq!(said[0].0, 401);
    assert!(said.iter().all(|each| *each == said[0]), "{said:#?}");
}

#[test]
fn a_listing_without_end_is_refused() {
    let bridge = Bridge::demo(&[]);
    let answer = bridge
        .dav("anna")
        .propfind("/dav/", "infinity", "<D:getetag/>");
    assert_eq!(answer.status, 403);
    let error = Element::parse(&answer.body);
    assert_eq!(error.children[0].name, "{DAV:}propfind-finite-depth");
}

#[test]
fn a_sync_brings_what_changed_since_its_token_and_nothing_else() {
    let bridge = Bridge::demo(&[]);
    let anna = bridge.dav("anna");
    let collection = demo::collection("anna");
    let first = anna.sync(&collection, "");
    assert_eq!(first.listing(), anna.list(&collection));
    let token = first.sync_token.expect("a sync-token");
    assert_eq!(anna.sync(&collection, &token).responses, []);

    let path = format!("{collection}note.ics");
    let etag = anna.put(&path, NOTE).etag().expect("an ETag");
    let second = anna.sync(&collection, &token);
    assert_eq!(second.listing(), [(path.clone(), etag)].into());
    let token_with = second.sync_token.expect("a sync-token");

    assert_eq!(anna.delete(&path).status, 204);
    let third = anna.sync(&collection, &token_with);
    assert_eq!(
        (third.only().href.as_str(), third.only().status),
        (path.as_str(), Some(404))
    );
    let initial = anna.sync(&collection, "");
    assert!(
        initial
            .responses
            .iter()
            .all(|response| response.status.is_none())
    );
}

#[test]
fn a_token_that_is_not_of_this_collection_is_refused() {
    let bridge = Bridge::demo(&[]);
    let anna = bridge.dav("anna");
    let theirs = bridge.dav("boris").sync(&demo::collection("boris"), "");
    let other_store = Bridge::demo(&[]);
    let elsewhere = other_store.dav("anna").sync(&demo::collection("anna"), "");
    for token in [
        theirs.sync_token.expect("a sync-token"),
        elsewhere.sync_token.expect("a sync-token"),
        "nonsense".to_owned(),
        "urn:example:1".to_owned(),
    ] {
        let answer = anna
            .try_sync(&demo::collection("anna"), &token)
            .expect("an answer");
        assert_eq!(answer.status, 403, "{token}");
        let error = Element::parse(&answer.body);
        assert_eq!(error.children[0].name, "{DAV:}valid-sync-token", "{token}");
    }
}

#[test]
fn a_multiget_tells_nothing_of_what_is_not_yours() {
    let bridge = Bridge::demo(&[]);
    let anna = bridge.dav("anna");
    let mine = demo::href("anna", demo::PILES);
    let strange = [
        demo::href("anna", demo::NOTE_VERA),
        demo::href("vera", demo::NOTE_VERA),
        demo::href("anna", "no-such-object"),
    ];
    let mut hrefs = vec![mine.as_str()];
    hrefs.extend(strange.iter().map(String::as_str));
    let answer = anna.multiget(&demo::collection("anna"), &hrefs);
    let said: Vec<_> = answer
        .responses
        .iter()
        .map(|response| {
            (
                response.href.as_str(),
                response.status,
                response.found.len(),
            )
        })
        .collect();
    let mut expected = vec![(mine.as_str(), None, 2)];
    expected.extend(strange.iter().map(|href| (href.as_str(), Some(404), 0)));
    assert_eq!(said, expected);
}

#[test]
fn a_query_by_time_finds_what_overlaps() {
    let bridge = Bridge::demo(&[]);
    let anna = bridge.dav("anna");
    let filter = "<C:comp-filter name=\"VCALENDAR\"><C:comp-filter name=\"VEVENT\">\
        <C:time-range start=\"20270103T000000Z\" end=\"20270103T010000Z\"/></C:comp-filter></C:comp-filter>";
    let found = anna
        .query(&demo::collection("anna"), "<D:getetag/>", filter)
        .listing();
    assert!(
        found.contains_key(&demo::href("anna", demo::NOTE_HOLIDAYS)),
        "{found:?}"
    );
    assert!(
        !found.contains_key(&demo::href("anna", demo::NOTE_SHARED)),
        "{found:?}"
    );
}

#[test]
fn each_person_has_their_own_colour() {
    let bridge = Bridge::demo(&[]);
    let collection = demo::collection("anna");
    let body = "<D:propertyupdate xmlns:D=\"DAV:\" xmlns:A=\"http://apple.com/ns/ical/\"><D:set><D:prop>\
        <A:calendar-color>#FF2D55FF</A:calendar-color></D:prop></D:set></D:propertyupdate>";
    let anna = bridge.dav("anna");
    let answer = anna.send(
        "PROPPATCH",
        &collection,
        &[("Content-Type", "application/xml")],
        body,
    );
    assert_eq!(answer.multistatus().only().found.len(), 1);
    let colour = "<A:calendar-color xmlns:A=\"http://apple.com/ns/ical/\"/>";
    let name = "{http://apple.com/ns/ical/}calendar-color";
    let hers = anna.propfind(&collection, "0", colour).multistatus();
    assert_eq!(hers.only().text(name), "#FF2D55FF");
    let his = bridge
        .dav("boris")
        .propfind(&demo::collection("boris"), "0", colour);
    let his = his.multistatus();
    let his = his
        .only()
        .found
        .get(name)
        .map(|colour| colour.text.trim().to_owned());
    assert_ne!(his.as_deref(), Some("#FF2D55FF"));
}
