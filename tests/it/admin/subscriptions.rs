//! Subscriptions at a terminal, on a data folder on which no bridge runs.

use super::install::Installation;
use advanta_bridge::app::open_store;
use advanta_bridge::config::Config;
use advanta_bridge::model::{
    Base, Born, CalendarRef, Direction, Field, Kind, Language, LeftOut, Link, LinkId, LinkState,
    Object, ObjectId, Planned, RemoteId, RemoteKind, Revision, Rights, Settings, Subscription,
    SubscriptionId, SubscriptionState, Timestamp, Trouble, User, UserId,
};
use advanta_bridge::ports::Write;
use chrono::{NaiveDate, TimeZone as _, Utc};
use uuid::Uuid;

/// An installation in which anna is subscribed, with a note that is in step and one that is not.
fn installation() -> Installation {
    let place = Installation::new();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let data = place.path("data");
        let store = open_store(&Config::default(), &data)
            .await
            .expect("a store");
        let notes = [note(1, "Опоры"), note(2, "Сваи")];
        let stuck = Link {
            owed: [Field::Title].into(),
            trouble: Some(Trouble::Dead("the title is too long".to_owned())),
            ..link(&notes[0])
        };
        let held = Link {
            trouble: Some(Trouble::Held(Direction::ToAdvanta)),
            ..link(&notes[1])
        };
        let mut writes = vec![Write::User(anna()), Write::Subscription(subscription())];
        writes.extend(notes.map(Write::Object));
        writes.extend([stuck, held].map(Write::Link));
        store.commit(vec![], writes).await.expect("a commit");
        store.close().await.expect("an end");
    });
    place
}

fn noon() -> Timestamp {
    let noon = Utc.with_ymd_and_hms(2026, 11, 23, 12, 0, 0);
    noon.single().expect("a time")
}

fn anna() -> User {
    User {
        id: UserId::new("u-anna"),
        login: "anna".to_owned(),
        name: "Анна".to_owned(),
        email: None,
        language: Language::Russian,
        zone: None,
        active: true,
        kept_out: false,
        advanta: None,
        revision: Revision(0),
    }
}

fn subscription() -> Subscription {
    Subscription {
        id: SubscriptionId::new("s-anna"),
        user: UserId::new("u-anna"),
        epoch: 2,
        step: 0,
        remote: RemoteKind::Google,
        calendar: CalendarRef {
            id: "work".to_owned(),
            name: "Работа".to_owned(),
            account: "anna@example.com".to_owned(),
        },
        state: SubscriptionState::Active,
        start: NaiveDate::from_ymd_opt(2026, 11, 1).expect("a day"),
        zone: chrono_tz::Tz::Europe__Moscow,
        left_out: LeftOut::default(),
        recognise: false,
        cursor: None,
        full: false,
        secret: None,
        due: noon(),
        failures: 0,
        synced: Some(noon()),
        last_error: None,
        obstacle: None,
        unread: vec![],
        left_behind: 0,
        deletions: vec![],
        since: noon(),
    }
}

fn note(number: u128, title: &str) -> Object {
    let at = |hour| {
        let day = NaiveDate::from_ymd_opt(2026, 12, 1);
        day.and_then(|day| day.and_hms_opt(hour, 0, 0))
    };
    Object {
        id: ObjectId(Uuid::from_u128(number)),
        kind: Kind::Note,
        revision: Revision(1),
        title: title.to_owned(),
        description: String::new(),
        location: String::new(),
        planned: Planned {
            start: at(9),
            end: at(10),
        },
        actual_start: None,
        actual_end: None,
        status: None,
        percent: None,
        owner: Some(UserId::new("u-anna")),
        responsible: None,
        participants: [(UserId::new("u-anna"), Rights::ALL)].into(),
        parent: None,
        card: None,
        changed: noon(),
    }
}

fn link(object: &Object) -> Link {
    let base = Base::from(&object.fields(&Settings::default()));
    let event = format!("event-{}", object.id.0.as_u128());
    Link {
        id: LinkId(object.id.0),
        subscription: SubscriptionId::new("s-anna"),
        epoch: 2,
        step: 0,
        object: object.id,
        remote_uid: Some(format!("{event}@example.com")),
        remote: Some(RemoteId(event)),
        generation: 0,
        born: Born::Imported,
        state: LinkState::Live,
        our_revision: object.revision,
        their_version: "7".to_owned(),
        base_ours: base.clone(),
        base_theirs: base,
        unseen: std::collections::BTreeSet::new(),
        anchor: None,
        masked: false,
        locked: false,
        guests: false,
        owed: [].into(),
        intent: None,
        trouble: None,
        write_backs: vec![],
    }
}

/// What a command says in a language.
fn said(place: &Installation, args: &[&str], lang: &str) -> String {
    let data = place.data();
    let said = place.command(&[args, &["--lang", lang, "--data", &data]].concat(), &[]);
    said.done()
}

#[test]
fn subscriptions_are_listed_and_shown_in_either_language() {
    let place = installation();
    insta::assert_snapshot!(said(&place, &["subscription", "list"], "en"), @r"
    Who   Calendar                            State   From        Synced             Failures  Subscription
    anna  google · anna@example.com · Работа  active  2026-11-01  2026-11-23 12:00Z  0         s-anna
    ");
    insta::assert_snapshot!(said(&place, &["subscription", "list"], "ru"), @r"
    Кто   Календарь                           Состояние  С           Сверено            Сбоев  Подписка
    anna  google · anna@example.com · Работа  активно    2026-11-01  2026-11-23 12:00Z  0      s-anna
    ");
    insta::assert_snapshot!(said(&place, &["subscription", "show", "anna"], "en"), @r"
    Subscription: s-anna
    Who: anna
    Calendar: google · anna@example.com · Работа
    State: active
    Window begins: 2026-11-01 (Europe/Moscow)
    Life, since: 2, 2026-11-23 12:00Z
    Synced: 2026-11-23 12:00Z
    Next: 2026-11-23 12:00Z
    Links: 2 (exported 0, imported 2), cannot succeed: 1, deletions in ADVANTA held: 1
    ");
    insta::assert_snapshot!(said(&place, &["subscription", "show", "s-anna"], "ru"), @r"
    Подписка: s-anna
    Кто: anna
    Календарь: google · anna@example.com · Работа
    Состояние: активно
    Окно начинается: 2026-11-01 (Europe/Moscow)
    Жизнь, начало: 2, 2026-11-23 12:00Z
    Сверено: 2026-11-23 12:00Z
    Следующий раз: 2026-11-23 12:00Z
    Связи: 2 (выгружено 0, загружено 2), не удаются: 1, задержано удалений в ADVANTA: 1
    ");
    insta::assert_snapshot!(said(&place, &["subscription", "troubles", "anna"], "en"), @r"
    Link                                  Object                                Title  Event    What is wrong
    00000000-0000-0000-0000-000000000001  00000000-0000-0000-0000-000000000001  Опоры  event-1  cannot succeed: the title is too long
    00000000-0000-0000-0000-000000000002  00000000-0000-0000-0000-000000000002  Сваи   event-2  the deletion in ADVANTA waits to be accepted
    ");
    insta::assert_snapshot!(said(&place, &["subscription", "troubles", "anna"], "ru"), @r"
    Связь                                 Объект                                Название  Мероприятие  Что не так
    00000000-0000-0000-0000-000000000001  00000000-0000-0000-0000-000000000001  Опоры     event-1      не удаётся: the title is too long
    00000000-0000-0000-0000-000000000002  00000000-0000-0000-0000-000000000002  Сваи      event-2      удаление в ADVANTA ждёт подтверждения
    ");
}

#[test]
fn an_item_is_explained_at_a_terminal() {
    let place = installation();
    insta::assert_snapshot!(said(&place, &["explain", "event-1"], "ru"), @r"
    Заметка 00000000-0000-0000-0000-000000000001 «Опоры», версия 1
    Найден по мероприятию event-1
    anna: может всё
    Связь 00000000-0000-0000-0000-000000000001: anna, google, активно → event-1
      мероприятие стало заметкой; стороны согласуются; подписка, жизнь: 2
      видели версию ADVANTA 1, версию календаря 7
      база ADVANTA: «Опоры», 2026-12-01 06:00Z – 2026-12-01 07:00Z
      база календаря: «Опоры», 2026-12-01 06:00Z – 2026-12-01 07:00Z
      должны календарю: Название
      не удаётся: the title is too long

    Журнал:
    Ничего нет.
    ");
    let none = place.run(&["explain", "event-7"]);
    assert_eq!((none.code, none.out.as_str()), (1, ""));
    assert_eq!(
        none.err,
        "advanta-bridge: Not found: there is no object or event \"event-7\"\n"
    );
}

#[test]
fn a_subscription_is_mended_paused_resumed_and_ended() {
    let place = installation();
    let en = |args: &[&str]| said(&place, &[&["subscription"], args].concat(), "en");
    let dead = Uuid::from_u128(1).to_string();
    assert_eq!(en(&["retry", "anna", &dead]), "It is tried again.\n");
    assert_eq!(
        en(&["deletions", "reject", "anna", "to-advanta"]),
        "Held deletions: 1; decided.\n"
    );
    assert_eq!(en(&["troubles", "anna"]), "All is well.\n");
    assert_eq!(en(&["pause", "anna"]), "Subscription s-anna: paused.\n");
    assert_eq!(en(&["resume", "anna"]), "Subscription s-anna: active.\n");
    assert_eq!(
        en(&["unsubscribe", "anna", "--dry-run", "--remove-exported"]),
        "Would be done: links: 2 (exported 0, imported 2), events deleted: 0\n"
    );
    // Nobody is there to take leave of, which is told beside the result.
    let ended = place.run(&["subscription", "unsubscribe", "anna", "--json"]);
    assert_eq!(
        (ended.code, ended.out.as_str()),
        (
            0,
            "{\"links\":2,\"exported\":0,\"imported\":2,\"removed\":0}\n"
        )
    );
    assert_eq!(
        said(&place, &["subscription", "show", "anna"], "ru")
            .lines()
            .nth(3),
        Some("Состояние: завершено")
    );
}

#[test]
fn what_is_asked_wrongly_is_refused_with_its_code() {
    let place = installation();
    let run = |args: &[&str]| {
        let said = place.run(&[&["subscription"], args].concat());
        assert_eq!(said.out, "", "{args:?}");
        (said.code, said.err)
    };
    let nobody = "advanta-bridge: Not found: there is no subscription \"boris\"\n";
    for args in [
        vec!["show", "boris"],
        vec!["sync", "boris"],
        vec!["pause", "boris"],
        vec!["unsubscribe", "boris"],
    ] {
        assert_eq!(run(&args), (1, nobody.to_owned()), "{args:?}");
    }
    for args in [
        vec!["sync", "anna", "--from", "yesterday"],
        vec!["sync", "anna", "--from", "2026-02-30"],
        vec!["deletions", "accept", "anna", "there"],
        vec!["retry", "anna", "7"],
        vec!["pause"],
    ] {
        assert_eq!(run(&args).0, 2, "{args:?}");
    }
    // Nobody set the integration up.
    let (code, said) = run(&["sync", "anna", "--from", "2026-10-01"]);
    assert_eq!(
        (code, said.as_str()),
        (
            1,
            "advanta-bridge: The remote calendar does not answer: remote calendar: no Client ID is set\n"
        )
    );
}
