//! Import and export: a calendar as a file, in and out.

use super::world::{World, file, id, local, note, property_of, task};
use advanta_bridge::bridge::{ImportError, ImportOrder, ImportStep, ImportTotals, Trouble};
use advanta_bridge::model::{
    Field, Language, Object, Reason, Revision, Rights, Status, User, UserId,
};
use bytes::Bytes;
use chrono::NaiveDate;
use tokio::sync::mpsc;

const ALL: Rights = Rights::ALL;

fn user(who: &str) -> User {
    User {
        id: UserId::new(who),
        login: who.to_owned(),
        name: who.to_owned(),
        email: None,
        language: Language::Russian,
        zone: None,
        active: true,
        kept_out: false,
        advanta: None,
        revision: Revision(0),
    }
}

#[derive(Clone, Copy, Default)]
struct How {
    dry_run: bool,
    rebuild: bool,
}

const REBUILD: How = How {
    dry_run: false,
    rebuild: true,
};

/// Imports a file: the totals, and each event that was not taken as it is: `line 7: start actual-start`.
async fn import(
    world: &World,
    who: &str,
    text: &str,
    how: How,
) -> Result<(ImportTotals, Vec<String>), ImportError> {
    let order = ImportOrder {
        user: user(who),
        dry_run: how.dry_run,
        rebuild: how.rebuild,
    };
    let (steps, mut said) = mpsc::channel(10_000);
    let text = Bytes::from(text.to_owned());
    let totals = world.bridge.import(order, text, steps).await?;
    let mut troubles = vec![];
    while let Some(step) = said.recv().await {
        let ImportStep::Item(report) = step else {
            continue;
        };
        let what = match report.trouble {
            Trouble::Broken(what) => what,
            Trouble::Refused(refused) => {
                let each = |field: &str, reason: &str| format!("{field} {reason}");
                let all = refused
                    .iter()
                    .map(|it| each(it.field.word(), it.reason.word()));
                all.collect::<Vec<_>>().join(", ")
            }
        };
        troubles.push(format!("line {}: {what}", report.line));
    }
    Ok((totals, troubles))
}

async fn export(world: &World, who: &str, days: Option<(NaiveDate, NaiveDate)>) -> String {
    let (out, mut pieces) = mpsc::channel(10_000);
    world.bridge.export(&user(who), days, out).await.unwrap();
    let mut text = vec![];
    while let Some(piece) = pieces.recv().await {
        text.extend(piece);
    }
    String::from_utf8(text).unwrap()
}

/// A file of events.
fn calendar(events: &[&str]) -> String {
    let all = events.concat();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//EN\r\n{all}END:VCALENDAR\r\n")
}

fn event(uid: &str, lines: &str) -> String {
    format!(
        "BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20261203T100000Z\r\nDTEND:20261203T110000Z\r\n{lines}END:VEVENT\r\n"
    )
}

#[tokio::test]
async fn a_file_is_imported_once_however_often() {
    let world = World::own();
    let text = calendar(&[
        &event(
            "a",
            "SUMMARY:Первое\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:!\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n",
        ),
        &event("b", "SUMMARY:Второе\r\nRRULE:FREQ=DAILY;COUNT=3\r\n"),
        "BEGIN:VTODO\r\nUID:c\r\nEND:VTODO\r\n",
    ]);
    let (first, troubles) = import(&world, "anna", &text, How::default()).await.unwrap();
    let expected = ImportTotals {
        created: 2,
        skipped: 1,
        ..ImportTotals::default()
    };
    assert_eq!((first, troubles), (expected, vec![]));
    let before = (world.collection("anna").await, world.change("anna").await);
    let (again, _) = import(&world, "anna", &text, How::default()).await.unwrap();
    let expected = ImportTotals {
        unchanged: 2,
        skipped: 1,
        ..ImportTotals::default()
    };
    assert_eq!(again, expected);
    assert_eq!(
        (world.collection("anna").await, world.change("anna").await),
        before
    );
    let alarms: Vec<&str> = before
        .0
        .values()
        .map(|text| match text.contains("VALARM") {
            true => "alarm",
            false => "none",
        })
        .collect();
    assert_eq!(alarms.iter().filter(|it| **it == "alarm").count(), 1);
}

#[tokio::test]
async fn a_broken_event_is_named_with_its_line_and_does_not_stop_the_rest() {
    let world = World::own();
    let text = calendar(&[
        &event("a", "SUMMARY:Хорошее\r\n"),
        "BEGIN:VEVENT\r\nDTSTART:20261203T100000Z\r\nEND:VEVENT\r\n",
        &event("c", "SUMMARY:Плохое\r\nDURATION:PT1H\r\n"),
        "BEGIN:VEVENT\r\nUID:d\r\nDTSTART:tomorrow\r\nEND:VEVENT\r\n",
        &event("e", "SUMMARY:Тоже хорошее\r\n"),
    ]);
    let (totals, troubles) = import(&world, "anna", &text, How::default()).await.unwrap();
    let expected = ImportTotals {
        created: 2,
        broken: 3,
        ..ImportTotals::default()
    };
    assert_eq!(totals, expected);
    assert_eq!(
        troubles,
        [
            "line 11: VEVENT has no UID",
            "line 18: VEVENT has both DTEND and DURATION",
            "line 24: DTSTART is neither a date nor a time",
        ]
    );
    assert_eq!(world.collection("anna").await.len(), 2);
}

#[tokio::test]
async fn an_import_goes_through_the_rules_and_says_what_they_refuse() {
    let world = World::own();
    let mut begun = task(1, "Смета", &[("anna", ALL)]);
    begun.status = Some(Status::IN_WORK);
    world.observe(&begun).await;
    let exported = export(&world, "anna", None).await;
    let changed = exported
        .replace("DTSTART:20261201T070000Z", "DTSTART:20261130T070000Z")
        .replace("SUMMARY:Смета", "SUMMARY:Смета моста");
    let dry = How {
        dry_run: true,
        ..How::default()
    };
    for (how, title) in [(dry, "Смета"), (How::default(), "Смета моста")] {
        let (totals, troubles) = import(&world, "anna", &changed, how).await.unwrap();
        assert_eq!((totals.refused, totals.changed), (1, 0));
        assert_eq!(troubles, ["line 4: start actual-start"]);
        assert_eq!(world.shows("anna", &file(1), "SUMMARY").await, title);
        assert_eq!(
            world.shows("anna", &file(1), "DTSTART").await,
            "20261201T070000Z"
        );
    }
    // Refused again, it moves nothing: no client waits for anything.
    let before = world.revision("anna", &file(1)).await;
    import(&world, "anna", &changed, How::default())
        .await
        .unwrap();
    assert_eq!(world.revision("anna", &file(1)).await, before);
    let refused = |it: &advanta_bridge::model::FieldOutcome| {
        it.field == Field::Start
            && it.outcome == advanta_bridge::model::Outcome::Refused(Reason::ActualStart)
    };
    let rows = world.rows().await;
    assert!(rows.iter().all(|row| row.outcomes.iter().any(refused)));
}

/// An installation with something of everything.
async fn office() -> World {
    let world = World::own();
    let mut begun = task(1, "Смета", &[("anna", ALL), ("boris", Rights::READ)]);
    begun.status = Some(Status::IN_WORK);
    begun.percent = Some(40);
    begun.owner = Some(UserId::new("anna"));
    begun.card = Some("https://advanta.example.com/card/1".to_owned());
    begun.description = "Строка\nи ещё одна".to_owned();
    let mut half = task(2, "Без конца", &[("anna", ALL)]);
    half.planned.end = None;
    let mut days = note(3, "Отпуск", &[("anna", ALL)]);
    days.planned.start = Some(local(0));
    days.planned.end = Some(local(23) + chrono::Duration::minutes(59));
    for object in [begun, half, days] {
        world.observe(&object).await;
    }
    let own = calendar(&[&event(
        "own",
        "SUMMARY:Моё\r\nX-COLOR:red\r\nRRULE:FREQ=WEEKLY;COUNT=4\r\n",
    )]);
    world.put("anna", "own.ics", &own).await.unwrap();
    // Something of her own on an object of ADVANTA.
    let text = world.get("anna", &file(1)).await.unwrap();
    let with_alarm = text.replace(
        "END:VEVENT",
        "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:!\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT",
    );
    world.put("anna", &file(1), &with_alarm).await.unwrap();
    world
}

#[tokio::test]
async fn an_export_is_the_same_every_time_and_changes_nothing_where_it_came_from() {
    let world = office().await;
    let exported = export(&world, "anna", None).await;
    assert_eq!(export(&world, "anna", None).await, exported);
    let before = (world.collection("anna").await, world.change("anna").await);
    let (totals, troubles) = import(&world, "anna", &exported, How::default())
        .await
        .unwrap();
    let expected = ImportTotals {
        unchanged: 4,
        ..ImportTotals::default()
    };
    assert_eq!((totals, troubles), (expected, vec![]));
    assert_eq!(
        (world.collection("anna").await, world.change("anna").await),
        before
    );
}

#[tokio::test]
async fn an_export_holds_only_the_days_that_were_asked_for() {
    let world = office().await;
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    let titles = async |from: &str, to: &str| {
        let text = export(&world, "anna", Some((day(from), day(to)))).await;
        let mut titles: Vec<String> = text
            .lines()
            .filter_map(|line| line.strip_prefix("SUMMARY:").map(str::to_owned))
            .collect();
        titles.sort();
        titles
    };
    assert_eq!(
        titles("2026-12-01", "2026-12-01").await,
        ["Без конца", "Отпуск", "Смета"]
    );
    // The series of 3 December comes again on the 10th.
    assert_eq!(titles("2026-12-10", "2026-12-11").await, ["Моё"]);
    assert_eq!(
        titles("2027-03-01", "2027-03-02").await,
        Vec::<String>::new()
    );
}

/// What a rebuild has to bring back: everything but the count of changes and the time of the last one.
fn facts(object: &Object, who: &str) -> Object {
    let mut facts = object.clone();
    facts.revision = Revision(1);
    facts.changed = chrono::DateTime::UNIX_EPOCH;
    facts.participants.retain(|each, _| each.as_str() == who);
    for rights in facts.participants.values_mut() {
        // An export does not tell of every right.
        rights.delete = false;
        rights.text = false;
    }
    facts
}

#[tokio::test]
async fn an_export_rebuilds_an_empty_installation() {
    let world = office().await;
    let exported = export(&world, "anna", None).await;
    let empty = World::own();
    let dry = How {
        dry_run: true,
        rebuild: true,
    };
    let expected = ImportTotals {
        rebuilt: 4,
        ..ImportTotals::default()
    };
    for how in [dry, REBUILD] {
        assert_eq!(empty.mirrors().await, vec![]);
        let (totals, troubles) = import(&empty, "anna", &exported, how).await.unwrap();
        assert_eq!((totals, troubles), (expected, vec![]));
    }
    let told = |objects: Vec<Object>| -> Vec<Object> {
        objects.iter().map(|object| facts(object, "anna")).collect()
    };
    assert_eq!(told(empty.mirrors().await), told(world.mirrors().await));
    assert_eq!(export(&empty, "anna", None).await.len(), exported.len());
    let shown = async |world: &World| {
        let texts = world.collection("anna").await.into_values();
        let mut shown: Vec<_> = texts
            .map(|text| {
                let has = |what: &str| text.contains(what);
                let title = property_of(&text, "SUMMARY");
                (title, has("VALARM"), has("RRULE"), has("X-COLOR:red"))
            })
            .collect();
        shown.sort();
        shown
    };
    assert_eq!(shown(&empty).await, shown(&world).await);
    // Imported once more, it changes nothing.
    let (again, _) = import(&empty, "anna", &exported, REBUILD).await.unwrap();
    assert_eq!(again.unchanged, 4);
    // The export of another person meets hers at the shared object.
    let of_boris = export(&world, "boris", None).await;
    let (joined, troubles) = import(&empty, "boris", &of_boris, REBUILD).await.unwrap();
    assert_eq!((joined.rebuilt, troubles), (1, vec![]));
    assert_eq!(empty.shows("boris", &file(1), "SUMMARY").await, "Смета");
    assert_eq!(empty.shows("anna", &file(1), "SUMMARY").await, "Смета");
    assert!(!empty.mirror(id(1)).await.unwrap().participants[&UserId::new("boris")].title);
}

#[tokio::test]
async fn nothing_is_rebuilt_over_something_else_or_beside_an_advanta() {
    let world = office().await;
    let exported = export(&world, "anna", None).await;
    let other = World::own();
    other.observe(&note(1, "Чужое", &[("vera", ALL)])).await;
    let (totals, troubles) = import(&other, "anna", &exported, REBUILD).await.unwrap();
    assert_eq!((totals.rebuilt, totals.broken), (3, 1));
    assert_eq!(
        troubles,
        ["line 4: an object of this X-ADVANTA-ID is there already and says something else"]
    );
    assert_eq!(other.shows("vera", &file(1), "SUMMARY").await, "Чужое");
    assert_eq!(other.get("anna", &file(1)).await, None);
    let beside = import(&World::with_advanta(), "anna", &exported, REBUILD).await;
    assert!(matches!(beside, Err(ImportError::NotStandalone)));
}
