//! The administrator's API: people, their passwords and feeds, and how mistakes are told.

use super::super::world::World;
use super::{ask, doors_with, local, request};
use advanta_bridge::model::Language;
use advanta_bridge::web::Caller;

fn world() -> World {
    let world = World::new();
    world.person("anna", Language::Russian);
    world
}

#[test]
fn people_come_in_and_are_shown() {
    let world = world();
    let (status, added) = local(
        &world,
        "POST",
        "users",
        r#"{"login":"vera","name":"Вера Д.","email":"vera@example.com","language":"en"}"#,
    );
    let vera = r#"{"id":"00000000-0000-0000-0000-0000000f4240","login":"vera","name":"Вера Д.","email":"vera@example.com","language":"en","active":true}"#;
    assert_eq!((status, added.as_str()), (201, vera));
    let anna = r#"{"id":"u-anna","login":"anna","name":"anna","language":"ru","active":true}"#;
    assert_eq!(
        local(&world, "GET", "users", ""),
        (200, format!(r#"{{"users":[{vera},{anna}]}}"#))
    );
    // By login and by identity.
    let shown = format!(
        r#"{{"user":{anna},"appPasswords":[],"feeds":[],"members":0,"pendingCommands":0,"lastRefusals":[]}}"#
    );
    assert_eq!(local(&world, "GET", "users/anna", ""), (200, shown.clone()));
    assert_eq!(local(&world, "GET", "users/u-anna", ""), (200, shown));
}

#[test]
fn a_password_is_shown_once_and_listed_without_its_secret() {
    let world = world();
    let (status, made) = local(
        &world,
        "POST",
        "users/anna/app-passwords",
        r#"{"label":"phone"}"#,
    );
    // The first identity is spent on the secret of a test's counted randomness.
    assert_eq!(
        (status, made.as_str()),
        (
            201,
            r#"{"id":"00000000-0000-0000-0000-0000000f4241","secret":"000000000000-aaaaaaaa-aaaaaaaa-aaaaad2c-iaaaaaaa"}"#
        )
    );
    let id = "00000000-0000-0000-0000-0000000f4241";
    let revoke = format!("app-passwords/{id}");
    assert_eq!(local(&world, "DELETE", &revoke, ""), (204, String::new()));
    assert_eq!(
        local(&world, "GET", "users/anna/app-passwords", ""),
        (
            200,
            format!(
                r#"{{"appPasswords":[{{"id":"{id}","label":"phone","created":"2026-11-23T08:00:00Z","revoked":"2026-11-23T08:00:00Z"}}]}}"#
            )
        )
    );
}

#[test]
fn a_feed_has_a_whole_address_when_the_bridge_knows_its_own() {
    let world = world();
    let web = doors_with(&world, |settings| {
        settings.public_url = Some("https://calendar.example.com/".to_owned());
    });
    let path = "/admin/v1/users/anna/feeds";
    let made = world.ask(&web, request("POST", path, &[], ""), Caller::Local);
    assert_eq!(made.status, 201);
    assert_eq!(
        made.body,
        r#"{"id":"00000000-0000-0000-0000-0000000f4241","path":"/feed/AAAAAAAAAAAAAAAAAA9CQAAAAAA.ics","url":"https://calendar.example.com/feed/AAAAAAAAAAAAAAAAAA9CQAAAAAA.ics"}"#
    );
    let rotated = local(&world, "POST", "users/anna/feeds/rotate", "");
    assert_eq!(
        rotated,
        (
            201,
            r#"{"id":"00000000-0000-0000-0000-0000000f4243","path":"/feed/AAAAAAAAAAAAAAAAAA9CQgAAAAA.ics"}"#
                .to_owned()
        )
    );
    let second = "users/anna/feeds/00000000-0000-0000-0000-0000000f4243";
    assert_eq!(local(&world, "DELETE", second, "").0, 204);
    assert_eq!(
        local(&world, "GET", "users/anna/feeds", "").1,
        r#"{"feeds":[{"id":"00000000-0000-0000-0000-0000000f4241","created":"2026-11-23T08:00:00Z","revoked":"2026-11-23T08:00:00Z"},{"id":"00000000-0000-0000-0000-0000000f4243","created":"2026-11-23T08:00:00Z","revoked":"2026-11-23T08:00:00Z"}]}"#
    );
}

#[test]
fn a_mistake_is_told_with_its_place() {
    let world = world();
    for (method, path, body, expected) in [
        (
            "GET",
            "users/nobody",
            "",
            r#"404 {"type":"urn:advanta-bridge:problem:not-found","title":"Not found","status":404,"detail":"there is no person \"nobody\""}"#,
        ),
        (
            "DELETE",
            "app-passwords/7",
            "",
            r#"404 {"type":"urn:advanta-bridge:problem:not-found","title":"Not found","status":404,"detail":"there is no app password \"7\""}"#,
        ),
        (
            "PUT",
            "users",
            "",
            r#"405 {"type":"urn:advanta-bridge:problem:method-not-allowed","title":"Not allowed here","status":405,"detail":"allowed here: GET, POST"}"#,
        ),
        (
            "POST",
            "users",
            r#"{"login":"anna","name":"Анна"}"#,
            r#"409 {"type":"urn:advanta-bridge:problem:conflict","title":"Not possible now","status":409,"detail":"the user name is another person's"}"#,
        ),
        (
            "POST",
            "users",
            r#"{"login":"a:b","name":"Анна"}"#,
            r#"422 {"type":"urn:advanta-bridge:problem:invalid","title":"Invalid value","status":422,"detail":"a user name has no colon (HTTP Basic, RFC 7617)","field":"login"}"#,
        ),
        (
            "POST",
            "users",
            r#"{"login":"vera","nam":"Вера"}"#,
            r#"422 {"type":"urn:advanta-bridge:problem:invalid","title":"Invalid value","status":422,"detail":"unknown field `nam`, expected one of `login`, `name`, `email`, `language` at line 1 column 21","field":"body"}"#,
        ),
        (
            "GET",
            "refusals?limit=many",
            "",
            r#"422 {"type":"urn:advanta-bridge:problem:invalid","title":"Invalid value","status":422,"detail":"it is not a number of rows","field":"limit"}"#,
        ),
        (
            "GET",
            "refusals?usr=anna",
            "",
            r#"422 {"type":"urn:advanta-bridge:problem:invalid","title":"Invalid value","status":422,"detail":"the parameters are user, object, before, limit, all","field":"usr"}"#,
        ),
        (
            "GET",
            "users/anna/export?from=2026-12-02&to=2026-12-01",
            "",
            r#"422 {"type":"urn:advanta-bridge:problem:invalid","title":"Invalid value","status":422,"detail":"it is before from","field":"to"}"#,
        ),
        (
            "POST",
            "users/anna/import",
            "{}",
            r#"415 {"type":"urn:advanta-bridge:problem:unsupported-media-type","title":"Wrong kind of data","status":415,"detail":"this address takes text/calendar"}"#,
        ),
        (
            "POST",
            "reconcile",
            "",
            r#"409 {"type":"urn:advanta-bridge:problem:standalone","title":"The bridge runs without an ADVANTA","status":409,"detail":"there is no ADVANTA to compare with: the bridge runs standalone"}"#,
        ),
    ] {
        let (status, told) = local(&world, method, path, body);
        assert_eq!(format!("{status} {told}"), expected, "{method} {path}");
    }
}

#[test]
fn a_problem_has_a_title_in_the_language_of_the_request() {
    let world = world();
    let told = |language: &str| ask(&world, "GET", "users/nobody", "", language).body;
    assert_eq!(
        told("ru"),
        r#"{"type":"urn:advanta-bridge:problem:not-found","title":"Не найдено","status":404,"detail":"there is no person \"nobody\""}"#
    );
    assert_eq!(told("de"), told("ru"));
}

#[test]
fn the_state_of_the_bridge_is_told_as_a_whole() {
    let world = world();
    assert_eq!(
        local(&world, "GET", "status", ""),
        (
            200,
            format!(
                r#"{{"version":"{}","running":true,"epoch":"test","authority":"own","users":1,"inbox":0,"outbox":0,"deadLetters":0,"held":false,"alarms":0,"failedSignIns":0}}"#,
                env!("CARGO_PKG_VERSION")
            )
        )
    );
    assert_eq!(
        local(&world, "GET", "alarms", ""),
        (200, r#"{"alarms":[]}"#.to_owned())
    );
}
