//! Writes: ids, versions, patches, and what stays of a text.

use super::caller::Caller;
use super::{ANNA, EVENTS, QUIET, plain, timed};
use crate::google_standin::manners::{Manners, Texts};
use crate::google_standin::{Mishap, Op, Role, StandIn, Trouble};
use serde_json::{Value, json};

fn with(manners: &Manners) -> (StandIn, Caller) {
    let google = StandIn::start(manners);
    google.world().add_user(ANNA);
    let caller = Caller::of(&google, ANNA);
    (google, caller)
}

fn insert(caller: &Caller, id: &str) -> (u16, Value) {
    let mut event = timed("Смета", 1);
    event["id"] = json!(id);
    caller.send("POST", &format!("{EVENTS}?{QUIET}"), Some(event))
}

fn one(id: &str) -> String {
    format!("{EVENTS}/{id}?{QUIET}")
}

#[test]
fn an_event_is_answered_with_what_google_adds() {
    let (google, caller) = with(&plain());
    let (status, made) = insert(&caller, "abc01");
    assert_eq!(status, 200);
    let etag = made["etag"].as_str().expect("an etag").trim_matches('"');
    let micros = etag.parse::<i64>().expect("a number") / 2;
    let updated = chrono::DateTime::from_timestamp_micros(micros).expect("a time");
    let updated = updated.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    let mut rest = made.clone();
    let rest = rest.as_object_mut().expect("fields");
    for name in ["etag", "created", "updated", "htmlLink"] {
        rest.remove(name);
    }
    assert_eq!(made["updated"], json!(updated));
    let who = json!({ "email": ANNA, "self": true });
    let zone = "Europe/Moscow";
    let expected = json!({
        "kind": "calendar#event",
        "id": "abc01",
        "status": "confirmed",
        "summary": "Смета",
        "creator": who,
        "organizer": who,
        "start": { "dateTime": "2026-12-01T09:00:00+03:00", "timeZone": zone },
        "end": { "dateTime": "2026-12-01T10:00:00+03:00", "timeZone": zone },
        "iCalUID": "abc01@google.com",
        "sequence": 0,
        "reminders": { "useDefault": true },
        "eventType": "default",
    });
    assert_eq!(json!(rest), expected);
    assert_eq!(google.world().left_behind(ANNA).len(), 1);
    assert_eq!(google.world().mails, 0);
}

#[test]
fn an_id_is_good_once_unless_the_table_says_otherwise() {
    for (stays, expected) in [(true, 409), (false, 200)] {
        let (_google, caller) = with(&Manners {
            deleted_ids_stay_taken: stays,
            ..plain()
        });
        assert_eq!(insert(&caller, "abc01").0, 200);
        assert_eq!(insert(&caller, "abc01").0, 409);
        assert_eq!(insert(&caller, "abcw1").0, 400);
        assert_eq!(insert(&caller, "abcd").0, 400);
        assert_eq!(caller.send("DELETE", &one("abc01"), None).0, 204);
        assert_eq!(caller.send("DELETE", &one("abc01"), None).0, 410);
        assert_eq!(insert(&caller, "abc01").0, expected);
    }
}

#[test]
fn a_late_write_is_412_and_nothing_is_changed() {
    let (google, caller) = with(&plain());
    let (_, made) = insert(&caller, "abc01");
    let etag = made["etag"].as_str().expect("an etag");
    let edit = Trouble::of(Mishap::ForeignEdit)
        .in_calls(&[Op::Patch])
        .times(1);
    let edit = google.world().troubles.on(edit);
    let change = json!({ "summary": "Иначе" });
    let told = caller.send_if(etag, "PATCH", &one("abc01"), Some(change.clone()));
    assert_eq!(told.0, 412);
    assert_eq!(google.world().troubles.happened(edit), 1);
    let (_, now) = caller.get(&format!("{EVENTS}/abc01"));
    assert_eq!(now["summary"], "Смета");
    let etag = now["etag"].as_str().expect("an etag");
    let (status, changed) = caller.send_if(etag, "PATCH", &one("abc01"), Some(change));
    assert_eq!((status, &changed["summary"]), (200, &json!("Иначе")));
}

#[test]
fn a_patch_merges_objects_replaces_lists_and_clears_by_null() {
    let (_google, caller) = with(&plain());
    insert(&caller, "abc01");
    let first = json!({
        "description": "Раз",
        "extendedProperties": { "private": { "a": "1", "b": "2" } },
        "reminders": { "useDefault": false, "overrides": [{ "method": "popup", "minutes": 5 }] },
    });
    caller.send("PATCH", &one("abc01"), Some(first));
    let second = json!({
        "description": null,
        "extendedProperties": { "private": { "b": null, "c": "3" } },
        "reminders": { "overrides": [] },
    });
    let (status, now) = caller.send("PATCH", &one("abc01"), Some(second));
    assert_eq!(status, 200);
    let seen = [
        &now["description"],
        &now["extendedProperties"],
        &now["reminders"],
        &now["sequence"],
    ];
    let expected = [
        json!(null),
        json!({ "private": { "a": "1", "c": "3" } }),
        json!({ "useDefault": false, "overrides": [] }),
        json!(0),
    ];
    assert_eq!(seen, expected.each_ref());
    let moved = json!({ "end": { "dateTime": "2026-12-01T11:00:00+03:00" } });
    assert_eq!(
        caller.send("PATCH", &one("abc01"), Some(moved)).1["sequence"],
        1
    );
    let backwards = json!({ "end": { "dateTime": "2026-12-01T08:00:00+03:00" } });
    assert_eq!(caller.send("PATCH", &one("abc01"), Some(backwards)).0, 400);
}

#[test]
fn a_recurrence_is_dropped_or_kept_as_the_table_says() {
    for (drops, expected) in [(true, json!(null)), (false, json!(["RRULE:FREQ=DAILY"]))] {
        let (google, caller) = with(&Manners {
            drops_recurrence: drops,
            ..plain()
        });
        let mut series = timed("Планёрка", 1);
        series["start"]["timeZone"] = json!("Europe/Moscow");
        series["end"]["timeZone"] = json!("Europe/Moscow");
        series["recurrence"] = json!(["RRULE:FREQ=DAILY"]);
        for way in [json!([]), json!(null)] {
            let id = google.world().add_event(ANNA, series.clone());
            let etag = google.world().event(ANNA, &id).expect("the series")["etag"].clone();
            let etag = etag.as_str().expect("an etag");
            let body = json!({ "recurrence": way });
            let (_, now) = caller.send_if(etag, "PATCH", &one(&id), Some(body));
            assert_eq!(now["recurrence"], expected, "{way}");
        }
    }
}

#[test]
fn texts_become_what_the_table_says() {
    let manners = Manners {
        texts: Texts::TrailingSpace,
        title_max: 7,
        description_max: 4,
        ..plain()
    };
    let (_google, caller) = with(&manners);
    insert(&caller, "abc01");
    let body = json!({ "summary": "Смета на сваи", "description": "абвгд", "location": "Зал" });
    let (_, now) = caller.send("PATCH", &one("abc01"), Some(body));
    let seen = [&now["summary"], &now["description"], &now["location"]];
    assert_eq!(seen, ["Смета н", "абвг ", "Зал "]);
    let (_google, caller) = with(&Manners {
        texts: Texts::LineEnds,
        ..plain()
    });
    insert(&caller, "abc01");
    let body = json!({ "description": "а\nб" });
    let (_, now) = caller.send("PATCH", &one("abc01"), Some(body));
    assert_eq!(now["description"], "а\r\nб");
}

#[test]
fn who_may_not_is_told_so() {
    let (google, caller) = with(&plain());
    insert(&caller, "abc01");
    google.world().lock(ANNA, "abc01");
    let change = json!({ "summary": "Иначе" });
    assert_eq!(
        caller.send("PATCH", &one("abc01"), Some(change.clone())).0,
        403
    );
    insert(&caller, "abc02");
    google
        .world()
        .change_organizer(ANNA, "abc02", "boris@example.com");
    let (status, told) = caller.send("PATCH", &one("abc02"), Some(change.clone()));
    let reason = told["error"]["errors"][0]["reason"].clone();
    assert_eq!((status, reason), (403, json!("forbiddenForNonOrganizer")));
    insert(&caller, "abc03");
    google.world().share(ANNA, ANNA, Role::Reader);
    assert_eq!(caller.send("PATCH", &one("abc03"), Some(change)).0, 403);
    assert_eq!(caller.get(&format!("{EVENTS}/abc03")).0, 200);
    google.world().unshare(ANNA, ANNA);
    assert_eq!(caller.get(&format!("{EVENTS}/abc03")).0, 404);
}

#[test]
fn a_copy_that_kept_the_mark_is_a_duplicate() {
    let (google, caller) = with(&plain());
    insert(&caller, "abc01");
    let mark = json!({ "extendedProperties": { "private": { "mark": "1" } } });
    caller.send("PATCH", &one("abc01"), Some(mark));
    assert_eq!(
        google.world().duplicates(ANNA, "mark"),
        Vec::<String>::new()
    );
    let copy = google.world().copy(ANNA, "abc01");
    assert_eq!(google.world().duplicates(ANNA, "mark"), ["1"]);
    google.world().remove(ANNA, &copy);
    assert_eq!(
        google.world().duplicates(ANNA, "mark"),
        Vec::<String>::new()
    );
    google.world().restore(ANNA, &copy);
    assert_eq!(google.world().duplicates(ANNA, "mark"), ["1"]);
}
