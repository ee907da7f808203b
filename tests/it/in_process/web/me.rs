//! What people see of their own refusals, and nobody else's.

use super::super::http::Answer;
use super::super::world::{World, object, user_id};
use super::{REMOTE, doors, request};
use advanta_bridge::model::{
    Action, AppPasswordId, Field, FieldOutcome, JournalId, JournalRow, Kind, Language, ObjectId,
    Origin, Outcome, Reason, Rights,
};
use advanta_bridge::ports::Write;
use base64::Engine as _;

const NOTE: &str = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n";

/// Anna's meeting that she may not move, and a note of hers that ADVANTA did not want; boris has a refusal too.
fn refused() -> (World, ObjectId) {
    let world = World::new();
    world.person("anna", Language::English);
    world.person("boris", Language::Russian);
    let id = world.object_id();
    world.seen(&object(
        id,
        Kind::Meeting,
        "Steel <frame> & roof",
        &[("anna", Rights::READ), ("boris", Rights::READ)],
    ));
    world.commit(vec![
        Write::Journal(row(&world, "anna", id, None)),
        Write::Journal(row(&world, "anna", gone(), Some(NOTE))),
        Write::Journal(row(&world, "boris", id, Some(NOTE))),
    ]);
    (world, id)
}

fn gone() -> ObjectId {
    ObjectId(uuid::Uuid::from_u128(0xdead))
}

fn row(world: &World, login: &str, object: ObjectId, text: Option<&str>) -> JournalRow {
    let (action, field, reason) = match text {
        None => (Action::Change, Field::Start, Reason::NoRightToDates),
        Some(_) => (Action::Create, Field::Existence, Reason::Authority),
    };
    JournalRow {
        id: JournalId(0),
        at: world.now(),
        last_at: world.now(),
        count: 1,
        who: user_id(login),
        origin: Origin::CalDav {
            app_password: AppPasswordId(uuid::Uuid::from_u128(1)),
            client: "Thunderbird/140".to_owned(),
        },
        object,
        title: "What it was called".to_owned(),
        action,
        outcomes: vec![FieldOutcome {
            field,
            outcome: Outcome::Refused(reason),
            attempted: "2026-12-02T06:00Z".to_owned(),
            kept: "2026-12-01T06:00Z".to_owned(),
        }],
        kept_text: text.map(str::to_owned),
    }
}

fn get(world: &World, login: &str, secret: &str, path: &str, accept: &str) -> Answer {
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{login}:{secret}"));
    let basic = format!("Basic {pair}");
    let headers = [("authorization", basic.as_str()), ("accept", accept)];
    world.ask(&doors(world), request("GET", path, &headers, ""), REMOTE)
}

#[test]
fn a_person_reads_their_own_refusals_as_data() {
    let (world, id) = refused();
    let secret = world.device("anna");
    let answer = get(&world, "anna", &secret, "/me/refusals", "*/*");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["cache-control"], "no-store");
    let expected = [
        r#"{"rows":[{"id":2,"at":"2026-11-23T08:00:00Z","lastAt":"2026-11-23T08:00:00Z","count":1,"#,
        r#""user":{"id":"u-anna","login":"anna"},"#,
        r#""origin":{"kind":"caldav","appPassword":"00000000-0000-0000-0000-000000000001","label":"device-1","client":"Thunderbird/140"},"#,
        r#""object":{"id":"00000000-0000-0000-0000-00000000dead","title":"What it was called"},"action":"create","#,
        r#""fields":[{"field":"existence","outcome":"refused","reason":"authority","attempted":"2026-12-02T06:00Z","#,
        r#""kept":"2026-12-01T06:00Z","words":"Creation: refused, ADVANTA did not take the value"}],"text":true},"#,
        r#"{"id":1,"at":"2026-11-23T08:00:00Z","lastAt":"2026-11-23T08:00:00Z","count":1,"#,
        r#""user":{"id":"u-anna","login":"anna"},"#,
        r#""origin":{"kind":"caldav","appPassword":"00000000-0000-0000-0000-000000000001","label":"device-1","client":"Thunderbird/140"},"#,
        &format!(r#""object":{{"id":"{id}","title":"Steel <frame> & roof"}},"action":"change","#),
        r#""fields":[{"field":"start","outcome":"refused","reason":"no-right-to-dates","attempted":"2026-12-02T06:00Z","#,
        r#""kept":"2026-12-01T06:00Z","words":"Start: refused, you may not change planned dates"}],"text":false}]}"#,
    ];
    assert_eq!(answer.body, expected.concat());
}

#[test]
fn a_browser_is_shown_a_page_without_script_in_the_persons_language() {
    let (world, _) = refused();
    let secret = world.device("anna");
    let answer = get(
        &world,
        "anna",
        &secret,
        "/me/refusals?limit=2",
        "text/html,*/*",
    );
    assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8");
    assert_eq!(
        answer.headers["content-security-policy"],
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    insta::assert_snapshot!(answer.body, @r#"
    <!doctype html>
    <html lang="en">
    <head><meta charset="utf-8"><title>Changes that do not stand</title><meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/me/style.css"></head>
    <body>
    <h1>Changes that do not stand</h1>
    <p>anna: changes in your calendar that ADVANTA does not allow, or that gave way to another change. Your calendar shows what stands.</p>
    <table>
    <tr><th>When</th><th>Object</th><th>What and why</th><th>Wanted</th><th>Kept</th></tr>
    <tr><td>2026-11-23 11:00</td><td>What it was called (<a href="refusals/2.ics">save the text</a>)</td><td>Creation: refused, ADVANTA did not take the value</td><td>2026-12-02 09:00</td><td>2026-12-01 09:00</td></tr>
    <tr><td>2026-11-23 11:00</td><td>Steel &lt;frame&gt; &amp; roof</td><td>Start: refused, you may not change planned dates</td><td>2026-12-02 09:00</td><td>2026-12-01 09:00</td></tr>
    </table>
    <p><a href="?before=1">Earlier</a></p>
    </body>
    </html>
    "#);

    let style = get(&world, "nobody", "wrong", "/me/style.css", "text/css");
    assert_eq!(
        (style.status, style.headers["content-type"].as_str()),
        (200, "text/css; charset=utf-8")
    );
    let secret = world.device("boris");
    let answer = get(&world, "boris", &secret, "/me/refusals", "text/html");
    insta::assert_snapshot!(answer.body, @r#"
    <!doctype html>
    <html lang="ru">
    <head><meta charset="utf-8"><title>Что не принято</title><meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/me/style.css"></head>
    <body>
    <h1>Что не принято</h1>
    <p>boris: изменения в календаре, которые ADVANTA не допускает или которые уступили другому изменению. В календаре то, что осталось.</p>
    <table>
    <tr><th>Когда</th><th>Объект</th><th>Что и почему</th><th>Было нужно</th><th>Осталось</th></tr>
    <tr><td>2026-11-23 11:00</td><td>Steel &lt;frame&gt; &amp; roof (<a href="refusals/3.ics">сохранить текст</a>)</td><td>Создание: отказано, ADVANTA не приняла значение</td><td>2026-12-02 09:00</td><td>2026-12-01 09:00</td></tr>
    </table>
    </body>
    </html>
    "#);
}

#[test]
fn a_refused_note_is_saved_by_its_author_and_by_nobody_else() {
    let (world, _) = refused();
    let (anna, boris) = (world.device("anna"), world.device("boris"));
    let saved = get(&world, "anna", &anna, "/me/refusals/2.ics", "*/*");
    assert_eq!((saved.status, saved.body.as_str()), (200, NOTE));
    assert_eq!(
        saved.headers["content-type"],
        "text/calendar; charset=utf-8"
    );
    assert_eq!(
        saved.headers["content-disposition"],
        "attachment; filename=\"refused-2.ics\""
    );
    let foreign = get(&world, "boris", &boris, "/me/refusals/2.ics", "*/*");
    let nowhere = get(&world, "boris", &boris, "/me/refusals/7.ics", "*/*");
    assert_eq!((foreign.status, nowhere.status), (404, 404));
    assert_eq!(foreign.body.replace('2', "7"), nowhere.body);
    // One that keeps no text.
    let none = get(&world, "anna", &anna, "/me/refusals/1.ics", "*/*");
    assert_eq!(none.status, 404);
}

#[test]
fn a_stranger_is_asked_for_an_app_password() {
    let (world, _) = refused();
    for path in ["/me/refusals", "/me/refusals/2.ics", "/me/refusals/7.ics"] {
        let answer = get(&world, "anna", "wrong", path, "*/*");
        assert_eq!(answer.status, 401, "{path}");
        assert_eq!(
            answer.headers["www-authenticate"],
            "Basic realm=\"ADVANTA\", charset=\"UTF-8\""
        );
    }
}
