//! Every row of the vendor's page «Синхронизация календарей», as a test named after it.

use super::google;
use super::office::{ANNA, Office, PUSH, START};
use super::row;
use crate::advanta_standin::{Right, Sort, Thing, local};
use crate::harness::with_line;
use crate::together::house::{SOON, guid};
use serde_json::json;

fn task(title: &str) -> Thing {
    Thing::new(Sort::Task, title, &guid("anna")).planned("2026-12-01T09:00", "2026-12-01T18:00")
}

/// An hour in Moscow.
fn timed(title: &str, day: u32) -> serde_json::Value {
    json!({
        "summary": title,
        "start": { "dateTime": format!("2026-12-{day:02}T09:00:00+03:00") },
        "end": { "dateTime": format!("2026-12-{day:02}T10:00:00+03:00") },
    })
}

fn series(title: &str) -> serde_json::Value {
    json!({
        "summary": title,
        "start": { "dateTime": "2026-12-07T09:00:00+03:00", "timeZone": "Europe/Moscow" },
        "end": { "dateTime": "2026-12-07T10:00:00+03:00", "timeZone": "Europe/Moscow" },
        "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=5"],
    })
}

/// «Портлет «Настройки Google Calendar» → «Авторизоваться»», «Статус авторизации», «Выберите один календарь для синхронизации»,
/// «Для синхронизации используется основной календарь».
#[test]
fn a_person_authorises_and_chooses_a_calendar_the_main_one_being_proposed() {
    let office = Office::open(&google(), PUSH);
    office
        .world()
        .add_calendar(ANNA, "team@example.com", "Команда");
    let browser = office.browser();
    let before = browser.open("/me/google").html;
    assert!(
        before.contains("Статус авторизации:") && before.contains("Не активно"),
        "{before}"
    );
    assert!(before.contains("Авторизоваться"));
    assert_eq!(browser.agree().leads.as_deref(), Some("/me/google"));
    let choice = browser.open("/me/google").html;
    let main = format!("value=\"{ANNA}\" required checked");
    assert!(
        choice.contains(&main) && choice.contains("Команда"),
        "{choice}"
    );
    browser.act(&[("act", "choose"), ("calendar", ANNA), ("start", START)]);
    office.wait_synced();
    let after = browser.open("/me/google").html;
    assert!(after.contains("Активно") && after.contains(ANNA), "{after}");
    // «В портлете появятся новые поля и кнопки».
    assert!(after.contains("Синхронизировать") && after.contains("Отписаться"));
    office.google.finish();
}

/// «В этом же всплывающем окне появится поле с кодом. Скопируйте этот код и вставьте в появившееся поле → Сохранить».
#[test]
fn the_code_can_be_copied_by_hand() {
    let office = Office::open(&google(), PUSH);
    let browser = office.browser();
    let consent = browser.act(&[("act", "begin")]);
    let back = browser.open(&consent).leads.expect("a way back");
    let waits = browser.open("/me/google").html;
    assert!(waits.contains("Введите код подтверждения"), "{waits}");
    // The whole address of the page that did not open.
    browser.act(&[("act", "code"), ("code", &back)]);
    assert!(
        browser
            .open("/me/google")
            .html
            .contains("Выберите один календарь")
    );
    // Once more with the bare code, by another consent.
    browser.act(&[("act", "cancel")]);
    let consent = browser.act(&[("act", "begin")]);
    let back = browser.open(&consent).leads.expect("a way back");
    let code = back
        .split("code=")
        .nth(1)
        .and_then(|rest| rest.split('&').next());
    let code = percent_encoding::percent_decode_str(code.expect("a code")).decode_utf8_lossy();
    browser.act(&[("act", "code"), ("code", &code)]);
    assert!(
        browser
            .open("/me/google")
            .html
            .contains("Выберите один календарь")
    );
    office.google.finish();
}

/// «Мероприятия из календаря Google импортируются в календарь ADVANTA как заметки»; «импорт всех мероприятий и экспорт всех объектов».
#[test]
fn events_become_notes_and_objects_become_events_and_both_sides_stay_in_step() {
    let office = Office::open(&google(), PUSH);
    let id = office.house.add(task("Смета"));
    office.world().add_event(ANNA, timed("Стоматолог", 3));
    office.connect();
    assert!(office.has_event("Смета") && office.has_event("Ключи"));
    office.house.advanta.until(SOON, |world| {
        world
            .things()
            .any(|thing| thing.title == "Стоматолог" && thing.sort == Sort::Note)
    });
    // «Не важно, в каком интерфейсе вы внесли изменения – они видны в обоих календарях».
    office
        .house
        .world()
        .edit(id, |thing| thing.title = "Смета моста".to_owned());
    office.wait("the new title in Google", || {
        office.has_event("Смета моста")
    });
    let dentist = office.id_of("Стоматолог");
    office
        .world()
        .edit(ANNA, &dentist, json!({ "summary": "Стоматолог, 2 этаж" }));
    office.wait("the new title in a CalDAV client", || {
        office.titles().contains(&"Стоматолог, 2 этаж".to_owned())
    });
    let (href, text) = office.house.event("anna", "Стоматолог, 2 этаж");
    let text = with_line(&text, "SUMMARY", "SUMMARY:Стоматолог, 3 этаж");
    assert_eq!(office.house.dav("anna").put(&href, &text).status, 204);
    office.wait("a client's title in Google", || {
        office.has_event("Стоматолог, 3 этаж")
    });
    // Deleted on one side, gone on the other.
    office.world().remove(ANNA, &dentist);
    office.wait("the note's end", || {
        !office
            .titles()
            .iter()
            .any(|title| title.starts_with("Стоматолог"))
    });
    assert_eq!(
        office.world().duplicates(ANNA, "advanta-bridge"),
        Vec::<String>::new()
    );
    office.google.finish();
    office.house.advanta.finish();
}

/// «Периодическое мероприятие попадает в ADVANTA как разовая заметка в первый день возникновения».
#[test]
fn a_recurring_event_becomes_one_note_on_its_first_day() {
    let office = Office::open(&google(), PUSH);
    office.world().add_event(ANNA, series("Планёрка"));
    office.connect();
    office.house.advanta.until(SOON, |world| {
        let mut notes = world.things().filter(|thing| thing.title == "Планёрка");
        let only = notes.next().is_some_and(|note| {
            note.planned_start == Some(local("2026-12-07T09:00"))
                && note.planned_end == Some(local("2026-12-07T10:00"))
        });
        only && notes.next().is_none()
    });
    // Another occurrence that is moved or cancelled makes and moves no note.
    let id = office.id_of("Планёрка");
    office.world().cancel_one(
        ANNA,
        &id,
        crate::google_standin::Occurrence::At("2026-12-14T06:00:00Z"),
    );
    office.wait_quiet();
    assert_eq!(
        office
            .titles()
            .iter()
            .filter(|title| *title == "Планёрка")
            .count(),
        1
    );
    office.google.finish();
}

/// «Если в календаре ADVANTA отредактировать название такой заметки, то в календаре Google для нее удаляется расписание повторов».
#[test]
fn a_title_that_was_edited_in_advanta_takes_the_schedule_away() {
    for manners in [google(), row("google that keeps schedules")] {
        let office = Office::open(&manners, PUSH);
        office.world().add_event(ANNA, series("Планёрка"));
        office.connect();
        office.house.advanta.until(SOON, |world| {
            world.things().any(|thing| thing.title == "Планёрка")
        });
        office.wait_quiet();
        let note = {
            let world = office.house.world();
            let mut notes = world.things().filter(|thing| thing.title == "Планёрка");
            notes.next().expect("the note").id
        };
        office
            .house
            .world()
            .edit(note, |thing| thing.title = "Планёрка отдела".to_owned());
        office.wait("the title without a schedule", || {
            let event = office.event("Планёрка отдела");
            event.is_some_and(|event| {
                let rules = event["recurrence"].as_array();
                rules.is_none_or(Vec::is_empty)
                    && event["start"]["dateTime"]
                        .as_str()
                        .is_some_and(|at| at.starts_with("2026-12-07T09:00"))
            })
        });
        assert_eq!(
            office.world().duplicates(ANNA, "advanta-bridge"),
            Vec::<String>::new()
        );
        office.google.finish();
    }
}

/// Moves a task in Google by a day and gives it another name; waits until what ADVANTA does not allow is back.
fn comes_back(office: &Office, title: &str, expected: (&str, &str, &str)) {
    let id = office.id_of(title);
    office.world().edit(
        ANNA,
        &id,
        json!({
            "summary": "Другое",
            "start": { "dateTime": "2026-12-02T09:00:00+03:00" },
            "end": { "dateTime": "2026-12-02T18:00:00+03:00" },
        }),
    );
    let of = |event: &serde_json::Value| {
        let at = |edge: &str| {
            let text = event[edge]["dateTime"].as_str().unwrap_or_default();
            let at = chrono::DateTime::parse_from_rfc3339(text).map(|at| at.to_utc());
            at.map_or_else(|_| String::new(), |at| at.format("%dT%H:%M").to_string())
        };
        (
            event["summary"].as_str().unwrap_or_default().to_owned(),
            at("start"),
            at("end"),
        )
    };
    let wanted = (
        expected.0.to_owned(),
        expected.1.to_owned(),
        expected.2.to_owned(),
    );
    office.wait(
        &format!("{title} as ADVANTA allows it: {expected:?}"),
        || {
            office
                .world()
                .event(ANNA, &id)
                .is_some_and(|event| of(&event) == wanted)
        },
    );
}

/// «Фактическая дата начала (невозможно изменить дату начала задачи в статусе «В работе»…)».
#[test]
fn an_actual_start_comes_back() {
    let office = Office::open(&google(), PUSH);
    let mut begun = task("Фундамент");
    begun.status = Some(3);
    office.house.add(begun);
    office.connect();
    comes_back(&office, "Фундамент", ("Другое", "01T06:00", "02T15:00"));
    office.google.finish();
    office.house.advanta.finish();
}

/// «Фактическая дата окончания (невозможно изменить дату окончания задачи в статусе «Завершен»)».
#[test]
fn an_actual_end_comes_back() {
    let office = Office::open(&google(), PUSH);
    let mut done = task("Котлован");
    done.status = Some(6);
    office.house.add(done);
    office.connect();
    comes_back(&office, "Котлован", ("Другое", "01T06:00", "01T15:00"));
    office.google.finish();
    office.house.advanta.finish();
}

/// «Запрет прав на редактирование плановых дат (невозможно изменить дату начала и окончания задач в любом статусе)».
#[test]
fn dates_come_back_without_the_right_to_plan() {
    let office = Office::open(&google(), PUSH);
    let theirs = Thing::new(Sort::Task, "Чужие даты", &guid("boris"))
        .planned("2026-12-01T09:00", "2026-12-01T18:00")
        .shared(&guid("anna"), &[Right::Title]);
    office.house.add(theirs);
    office.connect();
    comes_back(&office, "Чужие даты", ("Другое", "01T06:00", "01T15:00"));
    office.google.finish();
    office.house.advanta.finish();
}

/// «Запрет прав на редактирование названия проекта».
#[test]
fn a_title_comes_back_without_the_right_to_it() {
    let office = Office::open(&google(), PUSH);
    let theirs = Thing::new(Sort::Project, "Чужое название", &guid("boris"))
        .planned("2026-12-01T09:00", "2026-12-01T18:00")
        .shared(&guid("anna"), &[Right::Dates]);
    office.house.add(theirs);
    office.connect();
    comes_back(
        &office,
        "Чужое название",
        ("Чужое название", "02T06:00", "02T15:00"),
    );
    office.google.finish();
    office.house.advanta.finish();
}

/// «С помощью кнопки «Синхронизировать» возможно выполнить синхронизацию вручную … выберите дату».
#[test]
fn a_comparison_by_hand_finds_what_was_missed_and_the_next_writes_nothing() {
    let office = Office::open(&google(), PUSH);
    office.connect();
    office.wait_quiet();
    // Google's notice of this one is lost.
    let lost = crate::google_standin::Trouble::of(crate::google_standin::Mishap::Lost)
        .in_calls(&[crate::google_standin::Op::Notice]);
    office.world().troubles.on(lost);
    office.world().add_event(ANNA, timed("Без связи", 4));
    office.browser().act(&[("act", "sync"), ("from", START)]);
    office.wait("the note", || {
        office.titles().contains(&"Без связи".to_owned())
    });
    office.wait_quiet();
    let again = office.sync();
    assert_eq!(again["writes"], 0, "{again}");
    assert_eq!(again["counts"], json!({}), "{again}");
    office.google.finish();
}

/// «Нажать кнопку «Отписаться»»: «при отписке будут удалены все связи».
#[test]
fn an_end_stops_the_channel_gives_consent_back_and_leaves_everything_where_it_is() {
    let office = Office::open(&google(), PUSH);
    office.house.add(task("Смета"));
    office.world().add_event(ANNA, timed("Стоматолог", 3));
    office.connect();
    office.wait("the note", || {
        office.titles().contains(&"Стоматолог".to_owned())
    });
    office.wait_quiet();
    let browser = office.browser();
    let asks = browser.open("/me/google/unsubscribe").html;
    assert!(asks.contains("продублируются"), "{asks}");
    let (events, titles) = (office.live(), office.titles());
    browser.act(&[("act", "unsubscribe")]);
    let counts = office.world().counts();
    let of = |op| counts.of(op);
    use crate::google_standin::Op;
    assert_eq!((of(Op::Stop), of(Op::Revoke)), (1, 1));
    assert_eq!((office.live(), office.titles()), (events, titles));
    assert!(browser.open("/me/google").html.contains("Не активно"));
    office.google.finish();
}

/// «В случае отказа от синхронизации и последующей подписки на тот же самый Google Calendar все актуальные события продублируются» – unless
/// «Узнавать ранее перенесённое» is ticked.
#[test]
fn subscribing_again_doubles_everything_unless_earlier_items_are_recognised() {
    for (recognise, times) in [(true, 1), (false, 2)] {
        let office = Office::open(&google(), PUSH);
        office.house.add(task("Смета"));
        office.world().add_event(ANNA, timed("Стоматолог", 3));
        office.connect();
        office.wait("the note", || {
            office.titles().contains(&"Стоматолог".to_owned())
        });
        office.wait_quiet();
        let browser = office.browser();
        browser.act(&[("act", "unsubscribe")]);
        browser.agree();
        let choice = browser.open("/me/google").html;
        assert!(choice.contains("Узнавать ранее перенесённое"), "{choice}");
        let mut fields = vec![("act", "choose"), ("calendar", ANNA), ("start", START)];
        if recognise {
            fields.push(("recognise", "yes"));
        }
        browser.act(&fields);
        office.wait_synced();
        office.wait_quiet();
        let events = office.world().events(ANNA);
        let named = |title: &str| {
            let live = events.iter().filter(|event| event["status"] != "cancelled");
            live.filter(|event| event["summary"] == title).count()
        };
        assert_eq!(
            (named("Смета"), named("Стоматолог")),
            (times, times),
            "{recognise}"
        );
        office.google.finish();
    }
}

/// «Смена календаря для синхронизации»: unsubscribe, and subscribe to another.
#[test]
fn another_calendar_is_chosen_by_subscribing_again() {
    let office = Office::open(&google(), PUSH);
    office
        .world()
        .add_calendar(ANNA, "team@example.com", "Команда");
    office.house.add(task("Смета"));
    office.connect();
    let browser = office.browser();
    browser.act(&[("act", "unsubscribe")]);
    browser.agree();
    browser.act(&[
        ("act", "choose"),
        ("calendar", "team@example.com"),
        ("start", START),
    ]);
    office.wait("the task in the other calendar", || {
        let events = office.world().events("team@example.com");
        events.iter().any(|event| event["summary"] == "Смета")
    });
    // What the first calendar holds stays there.
    assert!(office.has_event("Смета"));
    office.google.finish();
}
