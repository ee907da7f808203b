//! Subscriptions over JSON: the administrator's for everybody, a person's for themselves, and nobody else's.

use super::super::subscriptions::{linked, row, subscribed, world};
use super::super::world::{World, object};
use super::{REMOTE, ask, doors, local, request};
use advanta_bridge::model::{
    Born, Direction, InactiveReason, Kind, Link, Rights, Subscription, SubscriptionState, Trouble,
};
use advanta_bridge::ports::{RemoteErrorKind, Write};
use base64::Engine as _;

/// Anna's subscription as it is told after it was made.
fn told(subscription: &Subscription, state: &str, words: &str, due: bool) -> String {
    let id = &subscription.id;
    let due = if due {
        r#""due":"2026-11-23T08:00:00Z","#
    } else {
        ""
    };
    format!(
        r#"{{"id":"{id}","user":{{"id":"u-anna","login":"anna"}},"epoch":1,"remote":"google","calendar":{{"name":"Work of anna","account":"anna@example.com"}},"state":"{state}","words":"{words}","start":"2026-11-01","zone":"Europe/Moscow","recognise":false,"since":"2026-11-23T08:00:00Z",{due}"failures":0}}"#
    )
}

const NO_LINKS: &str = r#"{"all":0,"exported":0,"imported":0,"waits":0,"dead":0,"frozen":0,"heldToAdvanta":0,"heldToRemote":0}"#;

/// Links of every kind of trouble.
fn troubled(world: &World, anna: &Subscription) -> Vec<Link> {
    let troubles = [
        Some(Trouble::Waits {
            attempts: 2,
            due: world.now(),
        }),
        Some(Trouble::Dead("the title is too long".to_owned())),
        Some(Trouble::Frozen),
        Some(Trouble::Held(Direction::ToAdvanta)),
        Some(Trouble::Held(Direction::ToRemote)),
        Some(Trouble::Accepted(Direction::ToRemote)),
        None,
    ];
    let links = troubles.into_iter().enumerate().map(|(n, trouble)| Link {
        trouble,
        ..linked(world, anna, &format!("event-{n}"), Born::Imported)
    });
    let links: Vec<Link> = links.collect();
    world.commit(links.iter().cloned().map(Write::Link).collect());
    links
}

#[test]
fn a_subscription_is_found_by_its_identity_and_by_its_person() {
    let (world, _) = world();
    let anna = subscribed(&world, "anna");
    let body = told(&anna, "active", "active", true);
    let all = format!(r#"{{"subscriptions":[{body}]}}"#);
    assert_eq!(local(&world, "GET", "subscriptions", ""), (200, all));
    let shown = format!(r#"{{"subscription":{body},"links":{NO_LINKS}}}"#);
    for who in [anna.id.as_str(), "anna", "u-anna"] {
        let path = format!("subscriptions/{who}");
        assert_eq!(
            local(&world, "GET", &path, ""),
            (200, shown.clone()),
            "{who}"
        );
    }
    let nothing = (200, "{}".to_owned());
    assert_eq!(
        local(&world, "GET", "subscriptions/anna/progress", ""),
        nothing
    );
}

#[test]
fn a_long_list_is_told_page_by_page() {
    let (world, _) = world();
    subscribed(&world, "anna");
    subscribed(&world, "boris");
    let (_, first) = local(&world, "GET", "subscriptions?limit=1", "");
    let next = first.split(r#","next":""#).nth(1).unwrap();
    let next = next.trim_end_matches(r#""}"#);
    let (_, second) = local(
        &world,
        "GET",
        &format!("subscriptions?limit=1&after={next}"),
        "",
    );
    let logins = [first.as_str(), &second].map(|page| page.contains(r#""login":"anna""#));
    assert_ne!(logins[0], logins[1], "{first} {second}");
    let last = second.split(r#","next":""#).nth(1).unwrap();
    let last = last.trim_end_matches(r#""}"#);
    let path = format!("subscriptions?limit=1&after={last}");
    let empty = (200, r#"{"subscriptions":[]}"#.to_owned());
    assert_eq!(local(&world, "GET", &path, ""), empty);
}

#[test]
fn troubles_are_counted_and_told_in_the_language_of_the_request() {
    let (world, _) = world();
    let anna = subscribed(&world, "anna");
    let links = troubled(&world, &anna);
    let (_, shown) = local(&world, "GET", "subscriptions/anna", "");
    let counts = r#""links":{"all":7,"exported":0,"imported":7,"waits":1,"dead":1,"frozen":1,"heldToAdvanta":1,"heldToRemote":1}}"#;
    assert!(shown.ends_with(counts), "{shown}");
    let one = |n: usize, trouble: &str| {
        let id = links[n].id;
        format!(
            r#"{{"link":"{id}","object":{{"id":"{id}","title":"event-{n}"}},"event":"event-{n}","trouble":{trouble}}}"#
        )
    };
    let expected = [
        one(
            0,
            r#"{"kind":"waits","words":"tries failed: 2, next 2026-11-23 08:00Z"}"#,
        ),
        one(
            1,
            r#"{"kind":"dead","words":"cannot succeed: the title is too long"}"#,
        ),
        one(
            2,
            r#"{"kind":"frozen","words":"frozen: somebody else keeps writing the same"}"#,
        ),
        one(
            3,
            r#"{"kind":"held","direction":"to-advanta","words":"the deletion in ADVANTA waits to be accepted"}"#,
        ),
        one(
            4,
            r#"{"kind":"held","direction":"to-remote","words":"deletion from the calendar waits to be accepted"}"#,
        ),
        one(
            5,
            r#"{"kind":"accepted","direction":"to-remote","words":"the deletion was accepted and goes on"}"#,
        ),
    ];
    let all = format!(r#"{{"troubles":[{}]}}"#, expected.join(","));
    let path = "subscriptions/anna/troubles";
    assert_eq!(local(&world, "GET", path, ""), (200, all));
    let russian = ask(&world, "GET", &format!("{path}?limit=1"), "", "ru");
    let expected = [
        r#"{"troubles":["#,
        &one(
            0,
            r#"{"kind":"waits","words":"не удалось, раз: 2, снова 2026-11-23 08:00Z"}"#,
        ),
        &format!(r#"],"next":"{}"}}"#, links[0].object),
    ];
    assert_eq!(russian.body, expected.concat());
}

#[test]
fn an_item_is_tried_again_through_its_own_subscription_only() {
    let (world, _) = world();
    let anna = subscribed(&world, "anna");
    subscribed(&world, "boris");
    let links = troubled(&world, &anna);
    let retry = |who: &str, link: &str| {
        local(
            &world,
            "POST",
            &format!("subscriptions/{who}/troubles/{link}/retry"),
            "",
        )
    };
    let dead = links[1].id.to_string();
    let missing = |detail: &str| {
        (
            404,
            format!(
                r#"{{"type":"urn:advanta-bridge:problem:not-found","title":"Not found","status":404,"detail":"{detail}"}}"#
            ),
        )
    };
    let no_link = missing(&format!(r#"there is no link \"{dead}\""#));
    assert_eq!(retry("boris", &dead), no_link);
    assert_eq!(retry("anna", "7"), missing(r#"there is no link \"7\""#));
    assert_eq!(retry("anna", &dead), (204, String::new()));
    let nothing = "there is no such subscription, or nothing of that kind in it";
    assert_eq!(retry("anna", &dead), missing(nothing));
}

#[test]
fn held_deletions_are_answered_each_way() {
    let (world, _) = world();
    let anna = subscribed(&world, "anna");
    troubled(&world, &anna);
    for (path, expected) in [
        ("to-advanta/accept", r#"{"answered":1}"#),
        ("to-advanta/reject", r#"{"answered":0}"#),
        ("to-remote/reject", r#"{"answered":1}"#),
    ] {
        let path = format!("subscriptions/anna/deletions/{path}");
        assert_eq!(local(&world, "POST", &path, ""), (200, expected.to_owned()));
    }
    let (status, _) = local(
        &world,
        "POST",
        "subscriptions/anna/deletions/there/accept",
        "",
    );
    assert_eq!(status, 404);
}

#[test]
fn a_subscription_rests_goes_on_and_ends() {
    let (world, _) = world();
    let anna = subscribed(&world, "anna");
    linked(&world, &anna, "event", Born::Exported);
    let post = |path: &str| local(&world, "POST", &format!("subscriptions/anna/{path}"), "");
    let paused = told(&anna, "paused", "paused", false);
    assert_eq!(post("pause"), (200, paused));
    assert_eq!(post("resume"), (200, told(&anna, "active", "active", true)));
    let counted = r#"{"links":1,"exported":1,"imported":0,"removed":0}"#.to_owned();
    assert_eq!(post("unsubscribe?dry_run=true"), (200, counted.clone()));
    assert_eq!(row(&world, &anna.id).state, SubscriptionState::Active);
    assert_eq!(post("unsubscribe"), (200, counted));
    assert_eq!(row(&world, &anna.id).state, SubscriptionState::Ended);
    let over = r#"{"type":"urn:advanta-bridge:problem:conflict","title":"Not possible now","status":409,"detail":"the subscription is ended"}"#;
    for path in ["pause", "resume", "unsubscribe", "sync"] {
        assert_eq!(post(path), (409, over.to_owned()), "{path}");
    }
}

#[test]
fn a_dry_run_of_a_sync_lists_what_would_be_done() {
    let (world, fake) = world();
    subscribed(&world, "anna");
    let id = world.object_id();
    world.seen(&object(id, Kind::Task, "Опоры", &[("anna", Rights::ALL)]));
    let sync = "subscriptions/anna/sync?dry_run=true&from=2026-10-01";
    let expected = format!(
        r#"{{"listed":0,"counts":{{"create":1}},"planned":[{{"action":"create","object":"{id}","title":"Опоры"}}],"held":0,"writes":0,"troubles":0,"stuck":0}}"#
    );
    assert_eq!(local(&world, "POST", sync, ""), (200, expected));
    assert_eq!(fake.events(), Vec::<String>::new());
}

#[test]
fn what_cannot_be_synced_is_told_with_its_reason() {
    let (world, fake) = world();
    let anna = subscribed(&world, "anna");
    for (path, expected) in [
        (
            "subscriptions/nobody/sync",
            r#"404 {"type":"urn:advanta-bridge:problem:not-found","title":"Not found","status":404,"detail":"there is no subscription \"nobody\""}"#,
        ),
        (
            "subscriptions/boris/sync",
            r#"404 {"type":"urn:advanta-bridge:problem:not-found","title":"Not found","status":404,"detail":"there is no subscription \"boris\""}"#,
        ),
        (
            "subscriptions/anna/sync?from=2026-02-30",
            r#"422 {"type":"urn:advanta-bridge:problem:invalid","title":"Invalid value","status":422,"detail":"it is not a date (2026-12-31)","field":"from"}"#,
        ),
        (
            "subscriptions/anna/sync?dryrun=true",
            r#"422 {"type":"urn:advanta-bridge:problem:invalid","title":"Invalid value","status":422,"detail":"the parameters are from, dry_run","field":"dryrun"}"#,
        ),
    ] {
        let (status, body) = local(&world, "POST", path, "");
        assert_eq!(format!("{status} {body}"), expected, "{path}");
    }
    fake.closes(RemoteErrorKind::Denied);
    let denied = ask(&world, "POST", "subscriptions/anna/sync", "", "ru");
    assert_eq!(
        (denied.status, denied.body.as_str()),
        (
            502,
            r#"{"type":"urn:advanta-bridge:problem:remote","title":"Внешний календарь не отвечает","status":502,"detail":"remote calendar: as the test wants it"}"#
        )
    );
    // The person has to act: until then nothing is tried.
    assert_eq!(
        row(&world, &anna.id).state,
        SubscriptionState::Inactive(InactiveReason::Denied)
    );
    let inactive = r#"{"type":"urn:advanta-bridge:problem:conflict","title":"Not possible now","status":409,"detail":"the subscription is inactive"}"#;
    assert_eq!(
        local(&world, "POST", "subscriptions/anna/sync", ""),
        (409, inactive.to_owned())
    );
}

#[test]
fn an_explanation_is_data_with_words() {
    let (world, _) = world();
    let anna = subscribed(&world, "anna");
    let link = linked(&world, &anna, "event-1", Born::Imported);
    let id = link.object;
    let subscription = told(&anna, "active", "active", true);
    let base = r#"{"title":"event-1","start":"2026-12-01T06:00Z","end":"2026-12-03T15:00Z","recurs":false}"#;
    let expected = [
        r#"{"event":"event-1","#,
        &format!(r#""object":{{"id":"{id}","title":"event-1"}},"kind":"note","revision":1,"#),
        r#""people":[{"user":{"id":"u-anna","login":"anna"},"locks":{}}],"commands":[],"#,
        &format!(
            r#""links":[{{"id":"{id}","subscription":{subscription},"event":"event-1","uid":"event-1@example.com","#
        ),
        r#""epoch":1,"generation":0,"born":"imported","state":"live","locked":false,"ourRevision":1,"theirVersion":"\"1\"","#,
        &format!(
            r#""baseOurs":{base},"baseTheirs":{base},"unseen":false,"ahead":[],"owed":[]}}],"rows":[],"#
        ),
        &format!(
            r#""words":["Note {id} “event-1”, version 1","Found by the event event-1","anna: may do everything","#
        ),
        &format!(r#""Link {id}: anna, google, active → event-1","#),
        r#""  an event became a note; both sides are kept in step; life of the subscription: 1","#,
        r#""  seen version of ADVANTA 1, of the calendar \"1\"","#,
        r#""  base of ADVANTA: “event-1”, 2026-12-01 06:00Z – 2026-12-03 15:00Z","#,
        r#""  base of the calendar: “event-1”, 2026-12-01 06:00Z – 2026-12-03 15:00Z"]}"#,
    ];
    assert_eq!(
        local(&world, "GET", "explain/event-1", ""),
        (200, expected.concat())
    );
    let unknown = r#"{"type":"urn:advanta-bridge:problem:not-found","title":"Not found","status":404,"detail":"there is no object or event \"event/2\""}"#;
    assert_eq!(
        local(&world, "GET", "explain/event%2F2", ""),
        (404, unknown.to_owned())
    );
}

/// What a person is answered over the network.
fn mine(world: &World, secret: &str, method: &str, path: &str, json: bool) -> (u16, String) {
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("anna:{secret}"));
    let basic = format!("Basic {pair}");
    let mut headers = vec![
        ("authorization", basic.as_str()),
        ("accept", "application/json"),
    ];
    if json {
        headers.push(("content-type", "application/json"));
    }
    let path = format!("/me/subscription{path}");
    let answer = world.ask(&doors(world), request(method, &path, &headers, ""), REMOTE);
    (answer.status, answer.body)
}

#[test]
fn a_person_has_the_same_for_their_own_in_their_language() {
    let (world, _) = world();
    let secret = world.device("anna");
    let none = r#"{"type":"urn:advanta-bridge:problem:not-found","title":"Не найдено","status":404,"detail":"У вас нет подписки."}"#;
    let get = |path: &str| mine(&world, &secret, "GET", path, false);
    let post = |path: &str| mine(&world, &secret, "POST", path, true);
    // Boris's is nobody else's.
    let boris = subscribed(&world, "boris");
    assert_eq!(get(""), (404, none.to_owned()));
    let anna = subscribed(&world, "anna");
    let body = told(&anna, "active", "активно", true);
    let shown = format!(r#"{{"subscription":{body},"links":{NO_LINKS}}}"#);
    assert_eq!(get(""), (200, shown));
    assert_eq!(get(&format!("/{}", boris.id)).0, 404);
    let paused = told(&anna, "paused", "приостановлено", false);
    assert_eq!(post("/pause"), (200, paused));
    assert_eq!(post("/resume").0, 200);
    assert_eq!(post("/sync").0, 200);
    assert_eq!(post("/unsubscribe").0, 200);
    assert_eq!(get(""), (404, none.to_owned()));
    assert_eq!(row(&world, &boris.id), boris);
}

#[test]
fn a_form_of_another_page_changes_nothing_and_a_stranger_sees_nothing() {
    let (world, _) = world();
    let anna = subscribed(&world, "anna");
    let secret = world.device("anna");
    let (status, body) = mine(&world, &secret, "POST", "/unsubscribe", false);
    let media_type = r#"{"type":"urn:advanta-bridge:problem:unsupported-media-type","title":"Тип данных не подходит","status":415,"detail":"this address takes application/json"}"#;
    assert_eq!((status, body.as_str()), (415, media_type));
    assert_eq!(mine(&world, "wrong", "POST", "/unsubscribe", true).0, 401);
    assert_eq!(mine(&world, "wrong", "GET", "", true).0, 401);
    assert_eq!(row(&world, &anna.id), anna);
}
