//! What ADVANTA's rules forbid is answered as done, and undone: every client ends with the original.

use crate::harness::{Answer, Bridge, Dav, demo, with_line, without_restore_mark};

/// All that tells a client that something moved.
#[derive(Debug, PartialEq, Eq)]
struct Versions {
    etag: String,
    ctag: String,
    token: String,
}

fn versions(dav: &Dav, login: &str, object: &str) -> Versions {
    let collection = demo::collection(login);
    let answer = dav.propfind(&collection, "0", "<CS:getctag/><D:sync-token/>");
    let answer = answer.multistatus();
    let properties = answer.only();
    Versions {
        etag: dav.list(&collection)[&demo::href(login, object)].clone(),
        ctag: properties
            .text("{http://calendarserver.org/ns/}getctag")
            .to_owned(),
        token: properties.text("{DAV:}sync-token").to_owned(),
    }
}

/// Does what is forbidden and checks that nothing shows of it but a new version of the original.
fn undone(dav: &Dav, login: &str, object: &str, attempt: impl Fn(&Dav, &str, &str)) {
    let href = demo::href(login, object);
    let original = dav.get(&href).body;
    let mut before = versions(dav, login, object);
    // A client that asks a second time is a client that did not see the first answer: it needs a new version again.
    for _ in 0..2 {
        attempt(dav, &href, &original);
        let now = versions(dav, login, object);
        assert_ne!(now.etag, before.etag);
        assert_ne!(now.ctag, before.ctag);
        assert_ne!(now.token, before.token);
        let changed = dav.sync(&demo::collection(login), &before.token).listing();
        assert_eq!(changed, [(href.clone(), now.etag.clone())].into());
        let body = dav.get(&href).body;
        assert_eq!(without_restore_mark(&body), without_restore_mark(&original));
        before = now;
    }
}

/// A refused change is answered like a stored one, but names no version (RFC 4791 §5.3.4).
fn answered_as_done(answer: &Answer) {
    assert_eq!(answer.status, 204, "{answer:?}");
    for version in ["etag", "last-modified", "schedule-tag"] {
        assert_eq!(answer.header(version), None, "{version}");
    }
}

#[test]
fn a_task_in_work_keeps_its_start() {
    let bridge = Bridge::demo(&[]);
    undone(
        &bridge.dav("anna"),
        "anna",
        demo::PILES,
        |dav, href, original| {
            let moved = with_line(original, "DTSTART", "DTSTART:20260105T060000Z");
            answered_as_done(&dav.put(href, &moved));
        },
    );
}

#[test]
fn a_title_that_may_not_be_changed_stays() {
    let bridge = Bridge::demo(&[]);
    undone(
        &bridge.dav("boris"),
        "boris",
        demo::NO_TITLE_RIGHT,
        |dav, href, original| {
            let renamed = with_line(original, "SUMMARY", "SUMMARY:Другое название");
            answered_as_done(&dav.put(href, &renamed));
        },
    );
}

#[test]
fn a_task_is_never_deleted_from_a_calendar() {
    let bridge = Bridge::demo(&[]);
    undone(&bridge.dav("anna"), "anna", demo::PILES, |dav, href, _| {
        answered_as_done(&dav.delete(href));
    });
}

#[test]
fn a_replay_that_names_a_version_older_than_the_restore_moves_nothing() {
    let bridge = Bridge::demo(&[]);
    let anna = bridge.dav("anna");
    let href = demo::href("anna", demo::PILES);
    let original = anna.get(&href);
    let seen = original.etag().expect("an ETag");
    let moved = with_line(&original.body, "DTSTART", "DTSTART:20260105T060000Z");
    answered_as_done(&anna.put_if(&href, &seen, &moved));
    let restored = versions(&anna, "anna", demo::PILES);
    answered_as_done(&anna.put_if(&href, &seen, &moved));
    assert_eq!(versions(&anna, "anna", demo::PILES), restored);
    let body = anna.get(&href).body;
    assert_eq!(
        without_restore_mark(&body),
        without_restore_mark(&original.body)
    );
}

#[test]
fn what_is_allowed_in_the_same_edit_is_done() {
    let bridge = Bridge::demo(&[]);
    let anna = bridge.dav("anna");
    let href = demo::href("anna", demo::PILES);
    let original = anna.get(&href).body;
    let both = with_line(&original, "DTSTART", "DTSTART:20260105T060000Z");
    let both = with_line(&both, "SUMMARY", "SUMMARY:Сваи");
    answered_as_done(&anna.put(&href, &both));
    let start = |ics: &str| {
        ics.lines()
            .find(|line| line.starts_with("DTSTART"))
            .map(str::to_owned)
    };
    let now = anna.get(&href).body;
    assert_eq!(start(&now), start(&original));
    assert!(now.contains("\r\nSUMMARY:Сваи\r\n"), "{now}");
    // The other participants see the new title too.
    let boris = bridge
        .dav("boris")
        .get(&demo::href("boris", demo::PILES))
        .body;
    assert!(boris.contains("\r\nSUMMARY:Сваи\r\n"), "{boris}");
}

/// The whole answer of a bridge that says no aloud.
fn refused_aloud(
    login: &str,
    object: &str,
    attempt: impl Fn(&Dav, &str, &str) -> Answer,
) -> String {
    let bridge = Bridge::configured("[caldav]\nrefusal = \"strict\"\n");
    let dav = bridge.dav(login);
    let href = demo::href(login, object);
    let original = dav.get(&href).body;
    let before = versions(&dav, login, object);
    let answer = attempt(&dav, &href, &original);
    assert_eq!(answer.status, 403, "{answer:?}");
    let now = versions(&dav, login, object);
    assert!(now.etag != before.etag && now.ctag != before.ctag && now.token != before.token);
    let body = dav.get(&href).body;
    assert_eq!(without_restore_mark(&body), without_restore_mark(&original));
    let error = answer.body.split_once("<D:need-privileges>");
    error.expect("RFC 3744 §7.1.1").1.to_owned()
}

#[test]
fn a_strict_bridge_says_which_field_it_kept_and_why() {
    let said = refused_aloud("boris", demo::NO_TITLE_RIGHT, |dav, href, original| {
        dav.put(
            href,
            &with_line(original, "SUMMARY", "SUMMARY:Другое название"),
        )
    });
    assert_eq!(
        said,
        "<D:resource><D:href>/dav/calendars/u-boris/advanta/b229359e-2360-5f9a-aaa5-af5c40108673.ics</D:href>\
         <D:privilege><D:write-content/></D:privilege></D:resource></D:need-privileges>\
         <X:refused field=\"title\" reason=\"no-right-to-title\">Выверить ведомость объёмов</X:refused>\
         <D:responsedescription>Изменение не принято. Название: нет права менять название.\
         </D:responsedescription></D:error>"
    );
}

#[test]
fn a_strict_bridge_refuses_a_deletion_in_the_language_of_the_person() {
    let said = refused_aloud("emily", demo::NO_RIGHTS, |dav, href, _| dav.delete(href));
    assert_eq!(
        said,
        "<D:resource><D:href>/dav/calendars/u-emily/advanta/</D:href>\
         <D:privilege><D:unbind/></D:privilege></D:resource></D:need-privileges>\
         <X:refused field=\"existence\" reason=\"not-deletable\">Утвердить бюджет</X:refused>\
         <D:responsedescription>The change was not accepted. Deletion: only notes are deleted from a calendar.\
         </D:responsedescription></D:error>"
    );
}
