//! A calendar that is not found, and a Google that refuses: what ends a subscription, and what does not.

use super::google;
use super::office::{ANNA, Office, POLL, Setup};
use crate::google_standin::manners::Manners;
use crate::google_standin::{Mishap, Op, Trouble};
use serde_json::json;

/// A second is enough to confirm that a calendar is gone.
const SOON: Setup = Setup {
    sync: "gone_confirm_secs = 1\n",
    google: "barred_wait_secs = 1\n",
    ..POLL
};

fn timed(title: &str) -> serde_json::Value {
    json!({
        "summary": title,
        "start": { "dateTime": "2026-12-03T09:00:00+03:00" },
        "end": { "dateTime": "2026-12-03T10:00:00+03:00" },
    })
}

fn connected(manners: &Manners) -> Office {
    let office = Office::open(manners, SOON);
    office.world().add_event(ANNA, timed("Стоматолог"));
    office.connect();
    office.wait("the note", || {
        office.titles().contains(&"Стоматолог".to_owned())
    });
    office
}

#[test]
fn stray_404s_end_nothing() {
    let office = connected(&google());
    let strays = Trouble::of(Mishap::Says(404, "notFound"))
        .in_calls(&[Op::List])
        .times(4);
    let strays = office.world().troubles.on(strays);
    office.wait("the strays", || {
        office.world().troubles.happened(strays) == 4
    });
    office.world().add_event(ANNA, timed("Парикмахер"));
    office.wait("what came meanwhile", || {
        office.titles().contains(&"Парикмахер".to_owned())
    });
    assert_eq!(office.shown()["state"], "active");
    office.google.finish();
}

#[test]
fn a_calendar_that_the_list_lacks_twice_is_gone_and_whoever_has_it_back_tries_again() {
    let office = connected(&google());
    office.world().unshare(ANNA, ANNA);
    office.wait("the end", || office.shown()["state"] == "inactive");
    let browser = office.browser();
    let page = browser.open("/me/google").html;
    assert!(page.contains("Не активно: календаря больше нет"), "{page}");
    // One thing is said, and it fits: whoever has a consent need not agree again.
    assert!(!page.contains("Авторизоваться"), "{page}");
    assert!(!page.contains("попытка повторится сама"), "{page}");
    assert!(office.titles().contains(&"Стоматолог".to_owned()));
    office
        .world()
        .share(ANNA, ANNA, crate::google_standin::Role::Owner);
    browser.act(&[("act", "resume")]);
    office.wait("the beginning", || office.shown()["state"] == "active");
    office.world().add_event(ANNA, timed("Парикмахер"));
    office.wait("what came meanwhile", || {
        office.titles().contains(&"Парикмахер".to_owned())
    });
    office.google.finish();
}

#[test]
fn a_refusal_by_policy_waits_says_why_raises_an_alarm_and_passes() {
    let office = connected(&google());
    let barred = Trouble::of(Mishap::Says(403, "domainPolicy")).in_calls(&[Op::List]);
    let barred = office.world().troubles.on(barred);
    office.wait("the refusal", || office.shown()["obstacle"] == "refusing");
    let page = office.browser().open("/me/google").html;
    assert!(page.contains("Активно, но календарь отказывает"), "{page}");
    assert!(page.contains("domainPolicy"), "{page}");
    assert!(!page.contains("попытка повторится сама"), "{page}");
    let alarms = crate::together::house::cli(office.house.bridge.folder(), &["alarms", "--json"]);
    assert!(alarms.contains("\"barred\""), "{alarms}");
    office.world().troubles.off(barred);
    office.wait("the end of it", || office.shown()["obstacle"].is_null());
    assert_eq!(office.shown()["state"], "active");
    office.google.finish();
}
