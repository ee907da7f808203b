use super::*;
use crate::model::Settings;
use chrono::{DateTime, Utc};

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 1).unwrap()
}

fn at(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
}

fn demo() -> Demo {
    load(today()).unwrap()
}

#[test]
fn a_task_in_work_is_read_with_every_field() {
    let demo = demo();
    let piles = demo
        .objects
        .iter()
        .find(|object| object.id.to_string() == "bccea7b3-2e20-5ffb-83b4-8dabdb033e74")
        .unwrap();
    let dates_and_title = Rights {
        dates: true,
        title: true,
        text: false,
        delete: false,
    };
    assert_eq!(
        *piles,
        Object {
            id: ObjectId(Uuid::from_u128(0xbccea7b3_2e20_5ffb_83b4_8dabdb033e74)),
            kind: Kind::Task,
            revision: Revision(7),
            title: "Монтаж опор: буронабивные сваи".into(),
            description: "Сваи Ø 820, шаг 3,2 м; бетон B25 W8 F200.\n\
                Журнал бетонирования вести ежедневно, лабораторию вызывать за сутки."
                .into(),
            location: "Левый берег".into(),
            planned: Planned {
                start: Some(at("2026-02-27 09:00")),
                end: Some(at("2026-03-04 18:00")),
            },
            actual_start: None,
            actual_end: None,
            status: Some(Status::IN_WORK),
            percent: Some(40),
            owner: Some(UserId::new("u-anna")),
            responsible: Some(UserId::new("u-grigory")),
            participants: [
                (UserId::new("u-anna"), Rights::ALL),
                (UserId::new("u-boris"), dates_and_title),
                (UserId::new("u-grigory"), Rights::ALL),
            ]
            .into(),
            parent: Some(Parent {
                id: ObjectId(Uuid::from_u128(0x6c149847_f2a6_518f_809a_34cd660c9ad3)),
                title: "Фундаменты и опоры".into(),
            }),
            card: Some(
                "https://advanta.example.com/streamline/card/bccea7b3-2e20-5ffb-83b4-8dabdb033e74"
                    .into()
            ),
            changed: "2026-02-28T12:00:00Z".parse::<DateTime<Utc>>().unwrap(),
        }
    );
}

#[test]
fn every_status_and_an_unknown_one_occurs() {
    let demo = demo();
    let statuses: BTreeSet<u16> = demo
        .objects
        .iter()
        .filter_map(|object| object.status)
        .map(|status| status.0)
        .collect();
    assert_eq!(statuses, [1, 3, 4, 5, 6, 7, 8, 9, 42].into());
}

#[test]
fn every_lock_and_combination_of_locks_occurs() {
    let settings = Settings::default();
    let demo = demo();
    let mut found = BTreeSet::new();
    for object in demo.objects.iter().filter(|object| object.kind.is_work()) {
        let locked = |statuses: &BTreeSet<Status>| {
            object
                .status
                .is_some_and(|status| statuses.contains(&status))
        };
        let start = object.actual_start.is_some() || locked(&settings.start_locked_in);
        let end = object.actual_end.is_some() || locked(&settings.end_locked_in);
        for rights in object.participants.values() {
            found.insert((start, end, rights.dates, rights.title));
        }
    }
    for (start, end) in [(false, false), (true, false), (true, true)] {
        for (dates, title) in [(true, true), (false, false)] {
            assert!(
                found.contains(&(start, end, dates, title)),
                "start {start}, end {end}, dates {dates}, title {title}"
            );
        }
    }
    assert!(found.contains(&(false, true, true, true)), "only the end");
    assert!(found.contains(&(false, false, false, true)), "no dates");
    assert!(found.contains(&(false, false, true, false)), "no title");
    assert!(
        found.contains(&(true, false, false, true)),
        "started, no dates"
    );
    assert!(
        found.contains(&(true, false, true, false)),
        "started, no title"
    );
}

#[test]
fn each_person_sees_so_many_events_and_one_task_has_no_dates() {
    let demo = demo();
    let seen = |id: &str| {
        demo.objects
            .iter()
            .filter(|object| object.has_dates())
            .filter(|object| object.participants.contains_key(&UserId::new(id)))
            .count()
    };
    let people: Vec<_> = demo
        .users
        .iter()
        .map(|user| (user.login.as_str(), user.active, seen(user.id.as_str())))
        .collect();
    assert_eq!(
        people,
        [
            ("anna", true, 50),
            ("boris", true, 37),
            ("vera", true, 33),
            ("grigory", true, 24),
            ("emily", true, 16),
            ("denis", false, 1),
        ]
    );
    let undated: Vec<_> = demo
        .objects
        .iter()
        .filter(|object| !object.has_dates())
        .map(|object| object.title.as_str())
        .collect();
    assert_eq!(undated, ["Подобрать субподрядчика по вентиляции"]);
}

#[test]
fn it_can_be_loaded_on_any_day() {
    for (year, month, day) in [(2024, 2, 29), (2026, 12, 31), (2031, 1, 1)] {
        let today = NaiveDate::from_ymd_opt(year, month, day).unwrap();
        assert_eq!(load(today).unwrap().objects.len(), 61);
    }
}

const ANNA: &str =
    r#"[{"id":"u-anna","login":"anna","name":"Anna","email":null,"language":"ru","active":true}]"#;

fn with_note(extra: &str) -> String {
    format!(
        r#"[{{"id":"00000000-0000-0000-0000-000000000001","kind":"note","title":"n",
        "participants":{{"u-anna":[]}},"revision":1,"changed":"D+0T00:00"{extra}}}]"#
    )
}

#[test]
fn broken_data_is_named_by_id() {
    let note = with_note("");
    let taken = format!("[{0}, {0}]", &note[1..note.len() - 1]);
    let id = "object 00000000-0000-0000-0000-000000000001";
    for (objects, expected) in [
        (
            with_note("").replace("note", "wish"),
            format!("{id}: unknown kind"),
        ),
        (
            with_note("").replace("u-anna", "u-nobody"),
            format!("{id}: it names an unknown user"),
        ),
        (
            with_note(r#","parent":"00000000-0000-0000-0000-000000000002""#),
            format!("{id}: its parent does not stand before it"),
        ),
        (
            with_note(r#","percent":101"#),
            format!("{id}: more than 100 percent"),
        ),
        (taken, format!("{id}: the id is taken")),
        (
            "[{\"colour\":1}]".into(),
            "objects.json: unknown field `colour`, expected one of `id`, `kind`, `title`, `description`, \
             `location`, `planned_start`, `planned_end`, `actual_start`, `actual_end`, `status`, `percent`, \
             `owner`, `responsible`, `participants`, `parent`, `card`, `revision`, `changed` at line 1 column 10"
                .into(),
        ),
    ] {
        let error = parse(ANNA, &objects, today()).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}
