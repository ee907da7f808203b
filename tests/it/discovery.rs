//! From the bare host to the events, the way a calendar client goes.

use crate::harness::{Bridge, demo};

#[test]
fn a_client_that_knows_only_the_host_finds_the_calendar() {
    let bridge = Bridge::demo(&[]);
    let anna = bridge.dav("anna");
    let principal = anna.propfind("/", "0", "<D:current-user-principal/>");
    let principal = principal.multistatus();
    let principal = principal.only().href_in("{DAV:}current-user-principal");
    assert_eq!(principal, "/dav/principals/u-anna/");
    let home = anna.propfind(principal, "0", "<C:calendar-home-set/>");
    let home = home.multistatus();
    let home = home
        .only()
        .href_in("{urn:ietf:params:xml:ns:caldav}calendar-home-set");
    assert_eq!(home, "/dav/calendars/u-anna/");
    let calendars = anna.propfind(home, "1", "<D:resourcetype/>").multistatus();
    let calendars: Vec<&str> = calendars
        .responses
        .iter()
        .filter(|response| {
            response.found["{DAV:}resourcetype"]
                .child("{urn:ietf:params:xml:ns:caldav}calendar")
                .is_some()
        })
        .map(|response| response.href.as_str())
        .collect();
    assert_eq!(calendars, ["/dav/calendars/u-anna/advanta/"]);
    assert_eq!(anna.list(calendars[0]).len(), demo::ANNA_SEES);
}

#[test]
fn the_well_known_address_leads_to_the_root_of_the_tree() {
    let bridge = Bridge::demo(&[]);
    let answer = bridge.dav("anna").get("/.well-known/caldav");
    assert!(matches!(answer.status, 301 | 302 | 307 | 308), "{answer:?}");
    assert_eq!(answer.header("location"), Some("/dav/"));
}

#[test]
fn nobody_comes_in_without_a_password_of_an_active_account() {
    let bridge = Bridge::demo(&[]);
    let path = demo::collection("anna");
    for (who, client) in [
        ("nobody", bridge.anonymous()),
        ("a deactivated person", bridge.dav("denis")),
        ("an unknown person", bridge.dav("zoya")),
    ] {
        let answer = client.propfind(&path, "0", "<D:getetag/>");
        assert_eq!(answer.status, 401, "{who}");
    }
}

#[test]
fn what_is_not_yours_looks_like_what_is_not_there() {
    let bridge = Bridge::demo(&[]);
    let anna = bridge.dav("anna");
    let nothing = anna.get(&demo::href("anna", "no-such-object"));
    for (what, path) in [
        (
            "a note of vera in her own calendar",
            demo::href("vera", demo::NOTE_VERA),
        ),
        (
            "a note of vera in anna's calendar",
            demo::href("anna", demo::NOTE_VERA),
        ),
        ("a calendar of nobody", demo::collection("nobody")),
        ("a task without dates", demo::href("anna", demo::NO_DATES)),
    ] {
        let answer = anna.get(&path);
        assert_eq!(
            (answer.status, &answer.body),
            (404, &nothing.body),
            "{what}"
        );
    }
}

#[test]
fn it_ends_cleanly_on_sigterm_and_serves_the_same_afterwards() {
    let mut bridge = Bridge::demo(&[]);
    let collection = demo::collection("anna");
    let before = bridge.dav("anna").list(&collection);
    assert_eq!(bridge.sigterm().code(), Some(0));
    bridge.restart();
    assert_eq!(bridge.dav("anna").list(&collection), before);
}
