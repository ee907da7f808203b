//! What counts as having been shown a text, for a device whose edits name no version; and what its person sees of an edit
//! that lost.

use super::clients::{Client as _, Thunderbird};
use super::http::{Answer, Asked, CALENDAR, Http, If};
use super::ics;
use super::web::{REMOTE, doors, request};
use super::world::{World, collection, object};
use advanta_bridge::model::{Kind, Language, Rights};
use base64::Engine as _;
use chrono::Duration;
use std::rc::Rc;

const WHEN: &str = "2026-12-01T09:00..2026-12-01T10:00";

/// Anna's note "one" with two devices that have read it; the second has set the title "two" since.
struct Desk {
    world: Rc<World>,
    first: Http,
    second: Http,
    href: String,
    /// What the first device read.
    read: Answer,
}

fn desk() -> Desk {
    let world = Rc::new(World::new());
    world.person("anna", Language::English);
    let [first, second] = ["Evolution/3.46.4", "Example/1"].map(|it| Http::new(&world, "anna", it));
    let href = format!("{}note.ics", collection("anna"));
    let made = second.put(&href, &ics::new_event("note", "one", WHEN), &If::New);
    assert_eq!(made.status, 201, "{}", made.body);
    let read = first.get(&href);
    let desk = Desk {
        world,
        first,
        second,
        href,
        read,
    };
    desk.retitle("two");
    desk
}

impl Desk {
    /// The second device reads and sets a title.
    fn retitle(&self, title: &str) {
        let read = self.second.get(&self.href);
        let text = ics::retitled(&read.body, title);
        let done = self
            .second
            .put(&self.href, &text, &If::Match(read.etag().unwrap()));
        assert!(done.etag().is_some(), "{done:?}");
    }

    /// The first device writes a place into the text that it read first, and names no version.
    fn place(&self) -> Answer {
        let text = ics::with(&self.read.body, "LOCATION", Some("LOCATION:Roof"));
        self.first.put(&self.href, &text, &If::Always)
    }

    fn ask(&self, method: &str, headers: Vec<(&str, String)>) -> Answer {
        let href = &self.href;
        self.first.send(&Asked {
            method,
            href,
            headers,
            body: String::new(),
        })
    }

    /// Title and place as they stand.
    fn stands(&self) -> (String, String) {
        let text = Http::new(&self.world, "anna", "curl").get(&self.href).body;
        let value = |name| ics::value(&text, name).unwrap_or_default();
        (value("SUMMARY"), value("LOCATION"))
    }

    /// The first device sets a title in the text that it read first, and names the version of that.
    fn overwrite(&self, title: &str, condition: &If) -> Answer {
        let text = ics::retitled(&self.read.body, title);
        self.first.put(&self.href, &text, condition)
    }

    fn named(&self) -> If {
        If::Match(self.read.etag().unwrap())
    }
}

#[test]
fn a_head_or_a_304_is_no_serving() {
    let desk = desk();
    let head = desk.ask("HEAD", vec![]);
    assert_eq!(head.status, 200);
    assert_ne!(head.etag(), desk.read.etag());
    let known = desk.ask("GET", vec![("If-None-Match", head.etag().unwrap())]);
    assert_eq!(known.status, 304);
    desk.first.propfind(&desk.href, "0", "<D:getetag/>");
    desk.first.sync("");
    let put = desk.place();
    assert_eq!((put.status, put.etag()), (204, None));
    assert_eq!(desk.stands(), ("two".to_owned(), "Roof".to_owned()));
}

#[test]
fn whoever_was_sent_the_body_edits_what_it_says() {
    let desk = desk();
    desk.first.get(&desk.href);
    desk.place();
    // It was shown "two", so "one" is its edit.
    assert_eq!(desk.stands(), ("one".to_owned(), "Roof".to_owned()));
}

#[test]
fn a_representation_answered_to_a_put_is_a_serving() {
    let desk = desk();
    let text = ics::with(&desk.read.body, "LOCATION", Some("LOCATION:Roof"));
    let prefer = vec![CALENDAR, ("Prefer", "return=representation")];
    let shown = desk.first.put_with(&desk.href, &text, &If::Always, prefer);
    assert_eq!((shown.status, shown.etag()), (200, None));
    assert_eq!(ics::value(&shown.body, "SUMMARY").as_deref(), Some("two"));
    // Its person changes the title that the answer showed back to what it was.
    let text = ics::retitled(&shown.body, "one");
    desk.first.put(&desk.href, &text, &If::Always);
    assert_eq!(desk.stands(), ("one".to_owned(), "Roof".to_owned()));
}

#[test]
fn a_put_after_its_own_412_overwrites_what_caused_it() {
    let desk = desk();
    assert_eq!(desk.overwrite("mine", &desk.named()).status, 412);
    assert_eq!(desk.overwrite("mine", &If::Always).status, 204);
    assert_eq!(desk.stands().0, "mine");
}

#[test]
fn an_overwrite_does_not_reach_what_came_after_the_412() {
    let desk = desk();
    assert_eq!(desk.overwrite("mine", &desk.named()).status, 412);
    desk.retitle("three");
    assert_eq!(desk.overwrite("mine", &If::Always).status, 204);
    assert_eq!(desk.stands().0, "three");
}

#[test]
fn an_overwrite_is_meant_once_soon_and_by_the_device_that_was_asked() {
    let desk = desk();
    assert_eq!(desk.overwrite("mine", &desk.named()).status, 412);
    // Another device that read "one" was not asked.
    let third = Http::new(&desk.world, "anna", "Example/2");
    assert_eq!(desk.overwrite("mine", &If::Always).status, 204);
    desk.retitle("three");
    assert_eq!(desk.overwrite("again", &If::Always).status, 204);
    assert_eq!(desk.stands().0, "three");
    assert_eq!(third.get(&desk.href).status, 200);

    assert_eq!(desk.overwrite("late", &desk.named()).status, 412);
    desk.world.at(desk.world.now() + Duration::seconds(121));
    assert_eq!(desk.overwrite("late", &If::Always).status, 204);
    assert_eq!(desk.stands().0, "three");
}

fn refusals(world: &World, login: &str) -> String {
    let pair = format!("{login}:{}", world.device(login));
    let pair = base64::engine::general_purpose::STANDARD.encode(pair);
    let basic = format!("Basic {pair}");
    let headers = [("authorization", basic.as_str()), ("accept", "text/html")];
    let request = request("GET", "/me/refusals", &headers, "");
    world.ask(&doors(world), request, REMOTE).body
}

/// The lines of the table.
fn told(page: &str) -> Vec<&str> {
    page.lines()
        .filter(|line| line.starts_with("<tr><td>"))
        .collect()
}

#[test]
fn a_person_sees_that_their_own_edit_lost_and_against_which_device() {
    let desk = desk();
    desk.overwrite("mine", &If::Always);
    let page = refusals(&desk.world, "anna");
    assert_eq!(
        told(&page),
        [
            "<tr><td>2026-11-23 11:00</td><td>two</td><td>Title: gave way to a newer change (anna, device-2)</td>\
          <td>mine</td><td>two</td></tr>"
        ]
    );
    // Deleted since, it keeps the name by which she knew it.
    let etag = desk.second.get(&desk.href).etag();
    assert_eq!(
        desk.second
            .delete(&desk.href, &If::matches(etag.as_ref()))
            .status,
        204
    );
    let page = refusals(&desk.world, "anna");
    assert!(
        told(&page)[0].contains("<td>two</td><td>Title: gave way"),
        "{page}"
    );
}

#[test]
fn of_a_colleague_only_the_name_is_told() {
    let world = Rc::new(World::new());
    world.person("anna", Language::English);
    world.person("boris", Language::English);
    let people = [("anna", Rights::ALL), ("boris", Rights::ALL)];
    let meeting = object(world.object_id(), Kind::Meeting, "Roof", &people);
    world.seen(&meeting);
    let [anna, boris] = ["anna", "boris"].map(|it| Http::new(&world, it, "Example/1"));
    let [hers, his] = ["anna", "boris"].map(|it| super::world::href(it, meeting.id));
    let read = anna.get(&hers).body;
    boris.put(
        &his,
        &ics::retitled(&boris.get(&his).body, "Roof of B"),
        &If::Always,
    );
    anna.put(&hers, &ics::retitled(&read, "Roof of A"), &If::Always);
    let page = refusals(&world, "anna");
    assert_eq!(told(&page).len(), 1, "{page}");
    assert!(
        told(&page)[0].contains("<td>Title: gave way to a newer change (boris)</td>"),
        "{page}"
    );
}

/// What the settle bump costs a client that polls: each refusal is fetched once more, and then never again.
#[test]
fn every_refusal_settles_and_costs_a_polling_client_one_more_fetch() {
    let (world, href) = super::restore::installation();
    let mut client = Thunderbird::online(&world, "anna");
    client.sync();
    let etag = client.device().http.etag(&href);
    let text = ics::retitled(&client.device().http.get(&href).body, "Forbidden");
    client.save(&href, &text);
    let restored = client.device().http.etag(&href);
    assert_ne!(restored, etag);
    world.a_minute_passes();
    let settled = client.device().http.etag(&href);
    assert_ne!(settled, restored);
    world.a_minute_passes();
    assert_eq!(client.device().http.etag(&href), settled);
}
