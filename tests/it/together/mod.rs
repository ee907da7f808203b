//! Everything together: the bridge as a program of its own between an ADVANTA that shares no code with it and calendar
//! clients. The stand-in fails each test in which it ever gets a value that its rules forbid.

mod crashes;
pub mod house;
mod storms;

use crate::advanta_standin::{
    Manner, Mishap, Op, Right, Sort, StandIn, Thing, local, secret, signatures,
};
use crate::clients;
use crate::harness::{Dav, with_line};
use house::{HOOKS_ONLY, House, SOON, cli, configure, guid, property};
use std::time::Duration;

/// A task of Anna's that is planned and not begun.
fn task(title: &str) -> Thing {
    Thing::new(Sort::Task, title, &guid("anna")).planned("2026-12-01T09:00", "2026-12-01T18:00")
}

fn note(title: &str) -> Thing {
    Thing::new(Sort::Note, title, &guid("anna")).planned("2026-12-02T09:00", "2026-12-02T10:00")
}

/// A note as a client writes it.
pub fn event(uid: &str, title: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example.com//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20261101T000000Z\r\n\
         DTSTART:20261203T100000Z\r\nDTEND:20261203T110000Z\r\nSUMMARY:{title}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

#[test]
fn a_change_in_advanta_reaches_the_next_poll_of_a_client() {
    let house = House::open(1, HOOKS_ONLY);
    let (dav, home) = (house.dav("anna"), house.home("anna").to_owned());
    let mut token = dav.sync(&home, "").sync_token.expect("a token");
    let id = house.add(task("Смета"));
    house.advanta.drained(SOON);
    house.wait("the new task", || {
        house.titles("anna").contains_key("Смета")
    });
    let news = dav.sync(&home, &token);
    assert_eq!(news.listing().len(), 1);
    token = news.sync_token.expect("a token");
    house
        .world()
        .edit(id, |thing| thing.title = "Смета моста".to_owned());
    house.wait("the new title", || {
        house.titles("anna").contains_key("Смета моста")
    });
    house.world().delete(id);
    house.wait("its end", || {
        !house.titles("anna").contains_key("Смета моста")
    });
    let gone: Vec<Option<u16>> = dav
        .sync(&home, &token)
        .responses
        .iter()
        .map(|it| it.status)
        .collect();
    assert_eq!(gone, [Some(404)]);
    house.advanta.finish();
}

#[test]
fn an_allowed_edit_reaches_advanta_and_a_forbidden_one_never_does() {
    let house = House::open(2, HOOKS_ONLY);
    let id = house.add(task("Смета"));
    let mut begun = task("Фундамент");
    begun.status = Some(3);
    let begun = house.add(begun);
    let read_only = Thing::new(Sort::Task, "Чужое", &guid("boris"))
        .planned("2026-12-01T09:00", "2026-12-01T18:00")
        .shared(&guid("anna"), &[]);
    house.add(read_only);
    house.wait("the tasks", || house.titles("anna").len() == 4);
    let dav = house.dav("anna");

    let (href, text) = house.event("anna", "Смета");
    let text = with_line(&text, "SUMMARY", "SUMMARY:Смета моста");
    let text = with_line(&text, "DTEND", "DTEND:20261202T150000Z");
    assert_eq!(dav.put(&href, &text).status, 204);
    house.advanta.until(SOON, |world| {
        let thing = world.thing(id).expect("the task");
        thing.title == "Смета моста" && thing.planned_end == Some(local("2026-12-02T18:00"))
    });

    let (href, text) = house.event("anna", "Фундамент");
    let moved = with_line(&text, "DTSTART", "DTSTART:20261130T060000Z");
    assert_eq!(dav.put(&href, &moved).status, 204);
    let (_, shown) = house.event("anna", "Фундамент");
    assert_eq!(property(&shown, "DTSTART"), "20261201T060000Z");
    assert_eq!(dav.delete(&href).status, 204);
    assert!(house.titles("anna").contains_key("Фундамент"));

    let (href, text) = house.event("anna", "Чужое");
    let renamed = with_line(&text, "SUMMARY", "SUMMARY:Моё");
    assert_eq!(dav.put(&href, &renamed).status, 204);
    assert!(house.titles("anna").contains_key("Чужое"));

    let world = house.world();
    assert_eq!(world.count(Op::Change), 1);
    assert_eq!(world.count(Op::Delete), 0);
    assert_eq!(
        world.thing(begun).expect("the task").planned_start,
        Some(local("2026-12-01T09:00"))
    );
    drop(world);
    house.advanta.finish();
}

#[test]
fn a_new_event_becomes_a_note_that_everyone_can_be_shown() {
    let house = House::open(3, HOOKS_ONLY);
    let dav = house.dav("anna");
    let href = format!("{}new.ics", house.home("anna"));
    assert_eq!(dav.put(&href, &event("own-uid", "Обед")).status, 201);
    house.advanta.until(SOON, |world| {
        world.things().any(|thing| thing.title == "Обед")
    });
    let id = house
        .world()
        .things()
        .find(|thing| thing.title == "Обед")
        .map(|thing| thing.id)
        .expect("the note");
    house.world().edit(id, |thing| {
        thing.people.insert(guid("boris"), [Right::Title].into());
    });
    house.wait("Boris sees it", || {
        house.titles("boris").contains_key("Обед")
    });
    // His title reaches her own text, which keeps her UID.
    let (his, text) = house.event("boris", "Обед");
    let renamed = with_line(&text, "SUMMARY", "SUMMARY:Обед вдвоём");
    assert_eq!(house.dav("boris").put(&his, &renamed).status, 204);
    house.wait("Anna sees the new title", || {
        house.titles("anna").contains_key("Обед вдвоём")
    });
    assert_eq!(property(&dav.get(&href).body, "UID"), "own-uid");
    assert_eq!(dav.delete(&href).status, 204);
    house.advanta.until(SOON, |world| world.thing(id).is_none());
    house.wait("it is gone for him", || {
        !house.titles("boris").contains_key("Обед вдвоём")
    });
    house.advanta.finish();
}

#[test]
fn a_status_or_right_that_changed_unseen_is_found_before_the_write() {
    let house = House::open(4, HOOKS_ONLY);
    let begun = house.add(task("Смета"));
    let shut = house.add(task("Акт"));
    house.wait("the tasks", || house.titles("anna").len() == 3);
    // No hook tells of what happens now.
    house.world().hooks.lose_one_in = 1;
    house.world().edit(begun, |thing| thing.status = Some(3));
    house.world().edit(shut, |thing| {
        thing.people.insert(guid("anna"), [Right::Dates].into());
    });
    let dav = house.dav("anna");
    let (href, text) = house.event("anna", "Смета");
    let moved = with_line(&text, "DTSTART", "DTSTART:20261130T060000Z");
    assert_eq!(dav.put(&href, &moved).status, 204);
    house.wait("the original start", || {
        property(&dav.get(&href).body, "DTSTART") == "20261201T060000Z"
    });
    let (href, text) = house.event("anna", "Акт");
    let renamed = with_line(&text, "SUMMARY", "SUMMARY:Акт 2");
    assert_eq!(dav.put(&href, &renamed).status, 204);
    house.wait("the original title", || {
        property(&dav.get(&href).body, "SUMMARY") == "Акт"
    });
    assert_eq!(house.world().count(Op::Change), 0);
    house.advanta.finish();
}

#[test]
fn what_advanta_ignores_refuses_or_answers_too_late_ends_as_it_stands_there() {
    let house = House::open(5, HOOKS_ONLY);
    let id = house.add(task("Смета"));
    house.wait("the task", || house.titles("anna").contains_key("Смета"));
    let dav = house.dav("anna");
    let (href, text) = house.event("anna", "Смета");
    // Silently not stored: what the read-back shows counts.
    house
        .world()
        .manners
        .on(Manner::of(Mishap::IgnoreStart).times(1));
    let moved = with_line(&text, "DTSTART", "DTSTART:20261130T060000Z");
    assert_eq!(dav.put(&href, &moved).status, 204);
    house.wait("the old start", || {
        property(&dav.get(&href).body, "DTSTART") == "20261201T060000Z"
    });
    // Done, but the answer is lost.
    house.world().manners.on(Manner::of(Mishap::AnswerLost)
        .in_calls(&[Op::Change])
        .times(1));
    let renamed = with_line(&dav.get(&href).body, "SUMMARY", "SUMMARY:Смета 2");
    assert_eq!(dav.put(&href, &renamed).status, 204);
    house.wait("the new title is settled", || {
        house.titles("boris").len() == 1 && house.titles("anna").contains_key("Смета 2")
    });
    // Refused for good.
    house
        .world()
        .manners
        .on(Manner::of(Mishap::Refuse).times(1));
    let renamed = with_line(&dav.get(&href).body, "SUMMARY", "SUMMARY:Смета 3");
    assert_eq!(dav.put(&href, &renamed).status, 204);
    house.wait("the title that stands", || {
        property(&dav.get(&href).body, "SUMMARY") == "Смета 2"
    });
    // Slower than anyone waits for: answered at once, applied later.
    house
        .world()
        .manners
        .on(Manner::of(Mishap::Slow(Duration::from_secs(3)))
            .in_calls(&[Op::Change])
            .times(1));
    let renamed = with_line(&dav.get(&href).body, "SUMMARY", "SUMMARY:Смета 4");
    let before = std::time::Instant::now();
    assert_eq!(dav.put(&href, &renamed).status, 204);
    assert!(
        before.elapsed() < Duration::from_millis(2900),
        "it waited for ADVANTA"
    );
    house.advanta.until(SOON, |world| {
        world.thing(id).expect("the task").title == "Смета 4"
    });
    // A refused new note goes, and its text stays for its owner.
    house
        .world()
        .manners
        .on(Manner::of(Mishap::Refuse).in_calls(&[Op::Create]).times(1));
    let href = format!("{}new.ics", house.home("anna"));
    assert_eq!(dav.put(&href, &event("own", "Не нужна")).status, 201);
    house.wait("the refused note is gone", || dav.get(&href).status == 404);
    let told = dav.send("GET", "/me/refusals", &[("Accept", "application/json")], "");
    assert_eq!(told.status, 200, "{told:?}");
    assert!(told.body.contains("\"authority\""), "{}", told.body);
    house.advanta.finish();
}

#[test]
fn the_bridge_shows_its_certificate_where_that_is_asked_for() {
    let house = House::beside(StandIn::start_with_certificates(12), HOOKS_ONLY);
    let id = house.add(note("Обед"));
    house.wait("the note", || house.titles("anna").contains_key("Обед"));
    let (href, text) = house.event("anna", "Обед");
    let renamed = with_line(&text, "SUMMARY", "SUMMARY:Ужин");
    assert_eq!(house.dav("anna").put(&href, &renamed).status, 204);
    house.advanta.until(SOON, |world| {
        world.thing(id).expect("the note").title == "Ужин"
    });
    house.advanta.finish();
}

/// The old secret goes once ADVANTA signs with the new one; until then both are believed.
#[test]
fn a_hook_secret_is_changed_without_losing_a_hook() {
    let mut house = House::open(13, HOOKS_ONLY);
    let (old, new) = (
        house.advanta.secret(),
        secret(b"another secret for the same hooks"),
    );
    let secrets = house.bridge.folder().join("secrets");
    std::fs::write(&secrets, format!("# the new one first\n{new}\n{old}\n")).expect("a file");
    house.kill_and_restart();
    house.add(note("Старый"));
    house.wait("a hook with the old secret", || {
        house.titles("anna").contains_key("Старый")
    });
    house.world().hooks.secrets = vec![new.clone()];
    house.add(note("Новый"));
    house.wait("a hook with the new secret", || {
        house.titles("anna").contains_key("Новый")
    });
    std::fs::write(&secrets, new).expect("a file");
    house.kill_and_restart();
    house.add(note("Только новый"));
    house.wait("a hook after the change", || {
        house.titles("anna").contains_key("Только новый")
    });
    house.world().hooks.secrets = vec![old];
    house.add(note("Поздний"));
    house.wait("a hook with the old secret is turned away", || {
        house
            .world()
            .hooks
            .posts
            .iter()
            .any(|post| post.status == Some(401))
    });
    assert!(!house.titles("anna").contains_key("Поздний"));
    house.advanta.finish();
}

#[test]
fn a_deactivated_person_is_out_at_once() {
    let house = House::open(6, HOOKS_ONLY);
    assert_eq!(
        house
            .dav("anna")
            .propfind("/dav/", "0", "<D:displayname/>")
            .status,
        207
    );
    house.world().deactivate(&guid("anna"));
    house.advanta.drained(SOON);
    house.wait("Anna is out", || {
        house
            .dav("anna")
            .propfind("/dav/", "0", "<D:displayname/>")
            .status
            == 401
    });
    assert_eq!(
        house
            .dav("boris")
            .propfind("/dav/", "0", "<D:displayname/>")
            .status,
        207
    );
    house.advanta.finish();
}

#[test]
fn a_wrong_address_of_advanta_never_looks_like_a_mass_deletion() {
    let mut house = House::open(7, HOOKS_ONLY);
    for n in 0..5 {
        house.add(task(&format!("Смета {n}")));
    }
    house.wait("the tasks", || house.titles("anna").len() == 6);
    configure(
        house.bridge.folder(),
        &house.advanta.wrong_url(),
        &house.advanta,
        HOOKS_ONLY,
    );
    house.kill_and_restart();
    let said = cli(house.bridge.folder(), &["status"]);
    assert!(!said.is_empty());
    let tried = std::process::Command::new(env!("CARGO_BIN_EXE_advanta-bridge"))
        .args(["reconcile", "--everything", "--data"])
        .arg(house.bridge.data())
        .output()
        .expect("the program runs");
    assert_eq!(tried.status.code(), Some(1), "{tried:?}");
    let (href, text) = house.event("anna", "Смета 1");
    let renamed = with_line(&text, "SUMMARY", "SUMMARY:Смета один");
    assert_eq!(house.dav("anna").put(&href, &renamed).status, 204);
    assert_eq!(house.titles("anna").len(), 6);
    assert!(house.titles("anna").contains_key("Смета один"));
    // With the right address again, nothing was lost.
    configure(
        house.bridge.folder(),
        &house.advanta.url(),
        &house.advanta,
        HOOKS_ONLY,
    );
    house.kill_and_restart();
    house.advanta.until(SOON, |world| {
        world.things().any(|thing| thing.title == "Смета один")
    });
    // Calls to the wrong address are the test's own doing.
    let broken = house.world().take_violations();
    assert!(
        broken.iter().all(|each| each.contains("unknown call")),
        "{broken:?}"
    );
    house.advanta.finish();
}

#[test]
fn a_client_that_we_did_not_write_works_with_advanta_behind_the_bridge() {
    let house = House::open(8, HOOKS_ONLY);
    let mut begun = task("Фундамент");
    begun.status = Some(3);
    house.add(begun);
    let id = house.add(note("Обед"));
    house.wait("the things", || house.titles("anna").len() == 3);
    clients::run(
        "behind_advanta.py",
        &[house.bridge.url(), "anna", house.password("anna")],
    );
    house.advanta.until(SOON, |world| {
        world
            .thing(id)
            .is_some_and(|thing| thing.title == "Обед с подрядчиком")
            && world
                .things()
                .any(|thing| thing.title == "Позвонить в архив")
    });
    house.advanta.finish();
}

/// A hook that nobody signed, an old one, one that says nothing sensible, and one that is too large.
#[test]
fn the_hook_door_says_what_is_wrong() {
    let house = House::open(9, HOOKS_ONLY);
    let stranger = Dav::new(house.bridge.url(), None);
    let now = chrono::Utc::now().timestamp();
    let post = |sent: i64, body: &str| {
        let signature = signatures(&[house.advanta.secret()], "msg-1", sent, body);
        let headers = [
            ("webhook-id", "msg-1"),
            ("webhook-timestamp", &sent.to_string()),
            ("webhook-signature", &signature),
            ("Content-Type", "application/json"),
        ];
        stranger.try_send("POST", "/hooks/advanta", &headers, body)
    };
    let told = |sent, body| post(sent, body).expect("an answer");
    let ping = r#"{"type":"ping","timestamp":"2026-11-22T10:16:03Z"}"#;
    assert_eq!(
        stranger.send("POST", "/hooks/advanta", &[], ping).status,
        401
    );
    assert_eq!(told(now, ping).status, 204);
    assert_eq!(told(now - 3600, ping).status, 401);
    let wrong = r#"{"type":"calendar.changed","timestamp":"2026-11-22T10:16:03Z","data":{"removed":[{"id":"x","revision":1}]}}"#;
    let answer = told(now, wrong);
    assert_eq!(answer.status, 422, "{answer:?}");
    assert!(
        answer.body.contains("\"data.removed[0].id\""),
        "{}",
        answer.body
    );
    let large = format!("{ping}{}", " ".repeat(5 << 20));
    // The answer comes before the body is read; a client that is still sending may miss it, as the connection ends.
    if let Ok(answer) = post(now, &large) {
        assert_eq!(answer.status, 413);
    }
    assert_eq!(stranger.get("/hooks/advanta").status, 405);
    house.advanta.finish();
}

/// Without its settings file the bridge must not take ADVANTA's objects for its own.
#[test]
fn a_forgotten_settings_file_is_noticed() {
    let mut house = House::open(14, HOOKS_ONLY);
    house.bridge.kill9();
    let data = house.bridge.data();
    for args in [&["user", "list"][..], &["serve", "--listen", "127.0.0.1:0"]] {
        let tried = std::process::Command::new(env!("CARGO_BIN_EXE_advanta-bridge"))
            .args(args)
            .arg("--data")
            .arg(&data)
            .output()
            .expect("the program runs");
        assert!(!tried.status.success(), "{args:?}: {tried:?}");
        let said = String::from_utf8_lossy(&tried.stderr).into_owned();
        assert!(said.contains("is --config missing?"), "{said}");
    }
    house.kill_and_restart();
    assert!(house.titles("anna").contains_key("Ключи"));
    house.advanta.finish();
}
