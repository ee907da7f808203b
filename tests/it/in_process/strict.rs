//! Mode `strict`: 403 with reasons, nothing stored, and the version moves all the same.

use super::clients::{Client, Conflicts, Davx5, Evolution, Generation, Lists, Outlook, TasksOrg};
use super::clients::{Make, Thunderbird, Vdirsyncer, Wins};
use super::http::{Http, If};
use super::ics;
use super::restore::{Edit, furnish};
use super::world::{World, href, object};
use advanta_bridge::bridge::RefusalMode;
use advanta_bridge::caldav;
use advanta_bridge::model::{Kind, Language, Rights, Settings, Status};
use std::rc::Rc;

const ORIGINAL: [&str; 2] = [
    "\"Планёрка\" 2026-12-01T09:00..2026-12-03T18:00",
    "\"Смета\" 2026-12-01T09:00..2026-12-03T18:00",
];
const DRAG: Edit = Edit::Move("2026-12-02T09:00..2026-12-04T18:00");
const FORBIDDEN: [&str; 2] = [ORIGINAL[0], "\"Смета\" 2026-12-02T09:00..2026-12-04T18:00"];

fn strict() -> (Rc<World>, String) {
    let manners = caldav::Settings {
        refusal: RefusalMode::Strict,
        ..caldav::Settings::default()
    };
    let world = Rc::new(World::with(Settings::default(), manners));
    let href = furnish(&world);
    (world, href)
}

/// A client that made an edit and synchronised three times; a minute passes before the last one.
fn after(make: Make, edit: Edit) -> (Rc<World>, Box<dyn Client>) {
    let (world, href) = strict();
    let mut client = make(&world, "anna");
    client.sync();
    edit.make(client.as_mut(), &href);
    client.sync();
    client.sync();
    world.a_minute_passes();
    client.sync();
    (world, client)
}

#[test]
fn these_clients_show_the_original_again_and_send_nothing_more() {
    let clients: [(&str, Make); 7] = [
        ("Thunderbird online", |world, login| {
            Box::new(Thunderbird::online(world, login))
        }),
        ("Thunderbird offline", |world, login| {
            Box::new(Thunderbird::offline(world, login))
        }),
        ("DAVx5 until 2025", |world, login| {
            Box::new(Davx5::new(world, login, Generation::Older, Lists::Query))
        }),
        ("DAVx5 of 2026", |world, login| {
            Box::new(Davx5::new(world, login, Generation::Of2026, Lists::Token))
        }),
        ("Evolution", |world, login| {
            Box::new(Evolution::new(world, login))
        }),
        ("Outlook, the server wins", |world, login| {
            Box::new(Outlook::new(world, login, Wins::Server))
        }),
        ("vdirsyncer, the server wins", |world, login| {
            Box::new(Vdirsyncer::new(world, login, Conflicts::ServerWins))
        }),
    ];
    for (name, make) in clients {
        for edit in [DRAG, Edit::Retitle("Моя смета"), Edit::Delete] {
            let (world, client) = after(make, edit);
            assert_eq!(client.shows(), ORIGINAL, "{name}: {edit:?}");
            assert_eq!(client.waiting(), [""; 0], "{name}: {edit:?}");
            assert_eq!(client.writes(), 1, "{name}: {edit:?}");
            assert_eq!(world.journal("anna").len(), 1, "{name}: {edit:?}");
        }
    }
}

#[test]
fn tasks_org_stops_synchronising_its_account() {
    let (_world, client) = after(|world, login| Box::new(TasksOrg::new(world, login)), DRAG);
    assert_eq!(client.shows(), FORBIDDEN);
    assert_eq!(client.device().told, ["account error 403"; 3]);
}

#[test]
fn outlook_sends_again_at_every_synchronisation_when_it_is_to_win() {
    let (_world, client) = after(
        |world, login| Box::new(Outlook::new(world, login, Wins::Outlook)),
        DRAG,
    );
    assert_eq!(client.shows(), FORBIDDEN);
    assert_eq!(client.device().told, ["error 403"; 3]);
}

#[test]
fn vdirsyncer_names_a_conflict_at_every_synchronisation() {
    let make: Make = |world, login| Box::new(Vdirsyncer::new(world, login, Conflicts::Named));
    let (_world, client) = after(make, DRAG);
    assert_eq!(client.shows(), FORBIDDEN);
    assert_eq!(client.device().told, ["error 403", "conflict", "conflict"]);
}

#[test]
fn evolution_shows_the_reasons_in_the_language_of_the_person() {
    let (_world, client) = after(|world, login| Box::new(Evolution::new(world, login)), DRAG);
    assert_eq!(
        client.device().told,
        ["Изменение не принято. Начало: работа уже начата."]
    );
}

#[test]
fn the_answer_names_privilege_fields_reasons_and_kept_values() {
    let (world, href) = strict();
    let http = Http::new(&world, "anna", "curl");
    let before = http.get(&href);
    let text = ics::retitled(
        &ics::moved(&before.body, "2026-12-02T09:00..2026-12-04T18:00"),
        "Моя смета",
    );
    let answer = http.put(&href, &text, &If::Match(before.etag().unwrap()));
    assert_eq!((answer.status, answer.etag()), (403, None));
    assert_eq!(
        answer.headers["content-type"],
        "application/xml; charset=utf-8"
    );
    insta::assert_snapshot!(answer.body);
    let deleted = http.delete(&href, &If::Always);
    assert_eq!((deleted.status, deleted.etag()), (403, None));
    insta::assert_snapshot!(deleted.body);
}

#[test]
fn the_words_are_english_for_who_reads_english() {
    let (world, _) = strict();
    world.person("boris", Language::English);
    let mut task = object(
        world.object_id(),
        Kind::Task,
        "Crane",
        &[("boris", Rights::READ)],
    );
    task.status = Some(Status::DONE);
    world.seen(&task);
    let http = Http::new(&world, "boris", "curl");
    let href = href("boris", task.id);
    let text = ics::moved(&http.get(&href).body, "2026-12-02T09:00..2026-12-04T18:00");
    let body = http.put(&href, &text, &If::Always).body;
    let (_, words) = body.split_once("<D:responsedescription>").unwrap();
    assert_eq!(
        words,
        "The change was not accepted. Start: work has already begun; End: work has already ended.\
         </D:responsedescription></D:error>"
    );
}

#[test]
fn nothing_of_a_mixed_edit_is_stored_and_the_version_moves() {
    let (world, href) = strict();
    let http = Http::new(&world, "anna", "curl");
    let before = http.get(&href);
    let text = ics::moved(&before.body, "2026-12-02T09:00..2026-12-04T18:00");
    let (ctag, token) = (http.ctag(), http.sync("").sync_token);
    assert_eq!(
        http.put(&href, &text, &If::Match(before.etag().unwrap()))
            .status,
        403
    );
    let now = http.get(&href);
    assert_eq!(ics::unmarked(&now.body), ics::unmarked(&before.body));
    assert_ne!(now.etag(), before.etag());
    assert_ne!(http.ctag(), ctag);
    let changed = http.sync(&token.unwrap());
    assert_eq!(changed.listing(), [(href, now.etag().unwrap())].into());
    assert_eq!(
        world.journal_lines("anna"),
        ["change of \"Смета\": start refused: actual-start"]
    );
}

#[test]
fn one_client_can_be_answered_strictly_and_the_others_not() {
    let manners = caldav::Settings {
        strict_clients: vec!["Evolution".to_owned()],
        ..caldav::Settings::default()
    };
    let world = Rc::new(World::with(Settings::default(), manners));
    let href = furnish(&world);
    let status = |agent| {
        let http = Http::new(&world, "anna", agent);
        let text = ics::moved(&http.get(&href).body, "2026-12-02T09:00..2026-12-03T18:00");
        http.put(&href, &text, &If::Always).status
    };
    assert_eq!(
        [status("Evolution/3.46.4"), status("DAVx5/4.4.9-ose")],
        [403, 204]
    );
}

#[test]
fn what_is_allowed_is_stored_as_in_the_other_mode() {
    let (world, href) = strict();
    let mut client = Thunderbird::online(&world, "anna");
    client.sync();
    Edit::Move("2026-12-01T09:00..2026-12-04T18:00").make(&mut client, &href);
    let shows = (&client as &dyn Client).shows();
    assert_eq!(
        shows,
        [ORIGINAL[0], "\"Смета\" 2026-12-01T09:00..2026-12-04T18:00"]
    );
    assert_eq!(
        world.journal_lines("anna"),
        ["change of \"Смета\": end applied"]
    );
}
