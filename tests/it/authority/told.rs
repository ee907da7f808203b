//! What ADVANTA tells of its own accord: hooks in any order, people, and what no hook told.

use super::world::{World, file, id, limits, local, note, property_of, task};
use advanta_bridge::bridge::accounts::{Credentials, SignInDoor};
use advanta_bridge::bridge::{EditError, Extent, Limits, NewUser, ReceiveError, Reconciled};
use advanta_bridge::model::{
    Cursor, Language, Notice, Object, Person, Revision, Rights, User, UserId,
};
use advanta_bridge::ports::{Flawed, Store as _, Write};

const ALL: Rights = Rights::ALL;

/// Anna's note, in ADVANTA and in her calendar.
async fn one_note() -> World {
    let world = World::with_advanta();
    world.observe(&note(1, "Обед", &[("anna", ALL)])).await;
    world
}

fn person(id: &str, revision: u64) -> Person {
    Person {
        id: UserId::new(id),
        revision: Revision(revision),
        login: None,
        name: "Анна Проба".to_owned(),
        email: Some("anna@example.com".to_owned()),
        language: Some(Language::Russian),
        zone: None,
        active: true,
    }
}

/// An edit in ADVANTA of which nobody was told yet.
fn unseen(world: &World, title: &str) -> Object {
    let title = title.to_owned();
    let mut inside = world.advanta().inside();
    inside.edit(id(1), |object| object.title = title)
}

async fn users(world: &World) -> Vec<(String, String, Option<String>, bool)> {
    let users = world.store().users().await.unwrap();
    let in_words = |user: User| {
        let advanta = user.advanta.map(|it| it.to_string());
        (user.id.to_string(), user.login, advanta, user.active)
    };
    users.into_iter().map(in_words).collect()
}

#[tokio::test]
async fn fat_and_thin_hooks_in_any_order_and_repetition_lead_to_the_same_end() {
    let world = one_note().await;
    let second = unseen(&world, "Два");
    let third = unseen(&world, "Три");
    for hook in [
        vec![
            Notice::Object(third.clone()),
            Notice::Object(second.clone()),
        ],
        vec![Notice::Object(second)],
        vec![
            Notice::Look(id(1)),
            Notice::Look(id(1)),
            Notice::Object(third),
        ],
    ] {
        assert_eq!(world.tell(hook).await, 0);
        assert_eq!(world.shows("anna", &file(1), "SUMMARY").await, "Три");
    }
    unseen(&world, "Четыре");
    let reads = world.advanta().inside().reads;
    let thin = vec![Notice::Look(id(1)); 1_000];
    assert_eq!(world.tell(thin).await, 0);
    assert_eq!(world.shows("anna", &file(1), "SUMMARY").await, "Четыре");
    // Many notices of one object are one question for each page of them.
    assert_eq!(world.advanta().inside().reads - reads, 2);
}

#[tokio::test]
async fn a_late_hook_does_not_bring_back_what_was_deleted() {
    let world = one_note().await;
    let late = unseen(&world, "Поздно");
    let later = unseen(&world, "Ещё позже");
    let revision = world.advanta().inside().remove(id(1));
    world
        .tell(vec![Notice::Removed {
            id: id(1),
            revision,
        }])
        .await;
    assert_eq!(world.get("anna", &file(1)).await, None);
    world.tell(vec![Notice::Object(late)]).await;
    assert_eq!(world.get("anna", &file(1)).await, None);
    // A read that found nothing knows no revision; what comes later is asked for.
    let world = one_note().await;
    world.advanta().inside().remove(id(1));
    world.tell(vec![Notice::Look(id(1))]).await;
    world.tell(vec![Notice::Object(later)]).await;
    assert_eq!(world.get("anna", &file(1)).await, None);
}

#[tokio::test]
async fn a_deletion_that_comes_before_the_object_keeps_it_out() {
    let world = World::with_advanta();
    let object = note(1, "Обед", &[("anna", ALL)]);
    let revision = Revision(object.revision.0 + 1);
    world
        .tell(vec![Notice::Removed {
            id: id(1),
            revision,
        }])
        .await;
    world.tell(vec![Notice::Object(object.clone())]).await;
    assert_eq!(world.get("anna", &file(1)).await, None);
    // Brought back in ADVANTA, and told of by a hook that is believed after a look.
    let back = Object {
        revision: Revision(9),
        ..object
    };
    world.advanta().inside().objects.insert(id(1), back.clone());
    world.tell(vec![Notice::Object(back)]).await;
    assert_eq!(world.shows("anna", &file(1), "SUMMARY").await, "Обед");
}

#[tokio::test]
async fn what_was_received_is_acted_on_after_a_crash_and_when_advanta_is_back() {
    let mut world = one_note().await;
    unseen(&world, "Два");
    world
        .bridge
        .receive(vec![Notice::Look(id(1))])
        .await
        .unwrap();
    world.crash();
    world.advanta().inside().away = true;
    assert_eq!(world.act().await, 1);
    assert_eq!(world.shows("anna", &file(1), "SUMMARY").await, "Обед");
    world.advanta().inside().away = false;
    assert_eq!(world.act().await, 0);
    assert_eq!(world.shows("anna", &file(1), "SUMMARY").await, "Два");
}

#[tokio::test]
async fn a_full_inbox_turns_hooks_away_and_a_full_outbox_edits() {
    let small = Limits {
        inbox_notices_max: 2,
        outbox_commands_max: 1,
        ..limits()
    };
    let world = World::new(small, true);
    world.observe(&note(1, "Обед", &[("anna", ALL)])).await;
    let hook = || vec![Notice::Look(id(1)); 2];
    world.bridge.receive(hook()).await.unwrap();
    let refused = world.bridge.receive(hook()).await;
    assert!(matches!(refused, Err(ReceiveError::Full)));
    assert_eq!(world.act().await, 0);
    world.bridge.receive(hook()).await.unwrap();

    world.edit("anna", &file(1), &[("SUMMARY", "Раз")]).await;
    let text = world.get("anna", &file(1)).await.unwrap();
    let refused = world
        .put("anna", &file(1), &text.replace("Раз", "Два"))
        .await;
    assert!(matches!(refused, Err(EditError::OutboxFull)));
    let refused = world.delete("anna", &file(1)).await;
    assert!(matches!(refused, Err(EditError::OutboxFull)));
    assert_eq!(world.journal().await, ["anna change ×1 title:pending"]);
    assert_eq!(world.shows("anna", &file(1), "SUMMARY").await, "Раз");
}

#[tokio::test]
async fn a_held_outbox_sends_nothing_until_it_is_let_go() {
    let world = one_note().await;
    let hold = vec![Write::Hold(true)];
    world.store().commit(vec![], hold).await.unwrap();
    world.edit("anna", &file(1), &[("SUMMARY", "Раз")]).await;
    world.drain().await;
    assert_eq!(world.advanta().asked(), Vec::<String>::new());
    world.bridge.release_outbox().await.unwrap();
    world.drain().await;
    assert_eq!(world.advanta().asked(), ["change title=Раз"]);
}

#[tokio::test]
async fn reconcile_finds_what_no_hook_told_and_writes_nothing_when_nothing_changed() {
    let world = one_note().await;
    world.observe(&task(2, "Смета", &[("anna", ALL)])).await;
    let first = world.bridge.reconcile(Extent::SinceCursor).await.unwrap();
    let nothing = Reconciled {
        listed: 2,
        everything: true,
        ..Reconciled::default()
    };
    assert_eq!(first, nothing);
    unseen(&world, "Никто не сказал");
    world.advanta().inside().remove(id(2));
    let found = world.bridge.reconcile(Extent::SinceCursor).await.unwrap();
    assert_eq!((found.news, found.everything), (2, false));
    assert_eq!(
        world.shows("anna", &file(1), "SUMMARY").await,
        "Никто не сказал"
    );
    assert_eq!(world.get("anna", &file(2)).await, None);
    let (before, cursor) = (
        world.change("anna").await,
        world.store().advanta_cursor().await,
    );
    let quiet = world.bridge.reconcile(Extent::SinceCursor).await.unwrap();
    assert_eq!(quiet, Reconciled::default());
    assert_eq!(world.change("anna").await, before);
    assert_eq!(
        world.store().advanta_cursor().await.unwrap(),
        cursor.unwrap()
    );
}

#[tokio::test]
async fn a_forgotten_cursor_leads_to_a_full_comparison_that_finds_what_is_gone() {
    let world = one_note().await;
    world.observe(&note(2, "Останется", &[("anna", ALL)])).await;
    let old = vec![Write::AdvantaCursor(Some(Cursor("old".into())))];
    world.store().commit(vec![], old).await.unwrap();
    {
        let mut inside = world.advanta().inside();
        inside.forgets_cursor = true;
        inside.objects.remove(&id(1));
    }
    let found = world.bridge.reconcile(Extent::SinceCursor).await.unwrap();
    let expected = Reconciled {
        listed: 1,
        news: 0,
        gone: 1,
        flawed: 0,
        everything: true,
    };
    assert_eq!(found, expected);
    assert_eq!(world.get("anna", &file(1)).await, None);
    assert_eq!(world.shows("anna", &file(2), "SUMMARY").await, "Останется");
}

#[tokio::test]
async fn what_cannot_be_understood_is_left_out_and_not_taken_for_gone() {
    let world = one_note().await;
    {
        let mut inside = world.advanta().inside();
        inside.objects.remove(&id(1));
        inside.flawed.push(Flawed {
            object: Some(id(1)),
            what: "objects[0].kind: unknown".to_owned(),
        });
    }
    let found = world.bridge.reconcile(Extent::Everything).await.unwrap();
    assert_eq!((found.flawed, found.gone), (1, 0));
    assert_eq!(world.shows("anna", &file(1), "SUMMARY").await, "Обед");
}

#[tokio::test]
async fn a_full_comparison_never_removes_what_advanta_still_has() {
    let world = one_note().await;
    // Made while the list was being read: not listed, but there.
    let object = world.advanta().inside().objects.remove(&id(1)).unwrap();
    world.advanta().inside().away = true;
    assert!(world.bridge.reconcile(Extent::Everything).await.is_err());
    assert_eq!(world.shows("anna", &file(1), "SUMMARY").await, "Обед");
    world.advanta().inside().away = false;
    world.advanta().inside().objects.insert(id(1), object);
    let found = world.bridge.reconcile(Extent::Everything).await.unwrap();
    assert_eq!(found.gone, 0);
    assert_eq!(world.shows("anna", &file(1), "SUMMARY").await, "Обед");
}

#[tokio::test]
async fn what_a_person_added_to_an_object_is_back_when_the_object_is() {
    let world = one_note().await;
    let text = world.get("anna", &file(1)).await.unwrap();
    let own = text.replace(
        "END:VEVENT",
        "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:!\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT",
    );
    world.put("anna", &file(1), &own).await.unwrap();
    let dates = world.mirror(id(1)).await.unwrap().planned;
    for away in [true, false] {
        // Its dates are taken away, then its person; both come back, with another title.
        world
            .edit_in_advanta(id(1), |object| {
                object.planned = Default::default();
                if away {
                    object.participants.clear();
                }
            })
            .await;
        assert_eq!(world.get("anna", &file(1)).await, None);
        let title = format!("Обед, {away}");
        world
            .edit_in_advanta(id(1), |object| {
                object.planned = dates;
                object.title.clone_from(&title);
                object.participants.insert(UserId::new("anna"), ALL);
            })
            .await;
        let back = world.get("anna", &file(1)).await.unwrap();
        assert_eq!(property_of(&back, "TRIGGER"), "-PT5M");
        assert_eq!(world.shows("anna", &file(1), "SUMMARY").await, title);
    }
}

#[tokio::test]
async fn a_person_comes_changes_and_goes_by_revision() {
    let world = World::with_advanta();
    let with_login = Person {
        login: Some("anna".to_owned()),
        ..person("p-anna", 2)
    };
    world.tell(vec![Notice::Person(with_login)]).await;
    let gone = Person {
        active: false,
        ..person("p-anna", 5)
    };
    let anna = |active| {
        let advanta = Some("p-anna".to_owned());
        vec![("p-anna".to_owned(), "anna".to_owned(), advanta, active)]
    };
    assert_eq!(users(&world).await, anna(true));
    let user = UserId::new("p-anna");
    let password = world.bridge.add_app_password(&user, "phone").await.unwrap();
    let feed = world.bridge.add_feed(&user, false).await.unwrap();
    let enters = async || {
        let session = world
            .bridge
            .authenticate(typed("anna", &password.secret))
            .await;
        let owner = world.bridge.feed_owner(&feed.secret).await.unwrap();
        (session.is_ok(), owner.is_some())
    };
    assert_eq!(enters().await, (true, true));
    world.tell(vec![Notice::Person(gone)]).await;
    assert_eq!(enters().await, (false, false));
    // An older hook does not bring them back, and a return does not bring back the old password.
    world.tell(vec![Notice::Person(person("p-anna", 4))]).await;
    assert_eq!(users(&world).await, anna(false));
    world
        .advanta()
        .inside()
        .people
        .insert(user.clone(), person("p-anna", 6));
    world.tell(vec![Notice::LookPerson(user)]).await;
    assert_eq!(users(&world).await, anna(true));
    assert_eq!(enters().await, (false, false));
}

/// From an address.
fn typed<'a>(login: &'a str, secret: &'a str) -> Credentials<'a> {
    Credentials {
        login,
        secret,
        address: std::net::IpAddr::from([192, 0, 2, 1]),
        door: SignInDoor::CalDav,
    }
}

#[tokio::test]
async fn a_deactivation_does_not_wait_for_what_came_before_it() {
    let world = World::with_advanta();
    let first = Person {
        login: Some("anna".to_owned()),
        ..person("p-anna", 2)
    };
    world.tell(vec![Notice::Person(first)]).await;
    let user = UserId::new("p-anna");
    let password = world.bridge.add_app_password(&user, "phone").await.unwrap();
    // ADVANTA answers nobody, and nobody acts on what waits.
    world.advanta().inside().away = true;
    world
        .bridge
        .receive(vec![Notice::Look(id(1)); 600])
        .await
        .unwrap();
    let gone = Person {
        active: false,
        ..person("p-anna", 3)
    };
    world
        .bridge
        .receive(vec![Notice::Person(gone)])
        .await
        .unwrap();
    let session = world
        .bridge
        .authenticate(typed("anna", &password.secret))
        .await;
    assert!(session.is_err());
    // Who is out gets no new key either.
    assert!(
        world
            .bridge
            .add_app_password(&user, "tablet")
            .await
            .is_err()
    );
    assert!(world.bridge.add_feed(&user, false).await.is_err());
}

#[tokio::test]
async fn whom_an_administrator_keeps_out_advanta_does_not_let_in_again() {
    let world = World::with_advanta();
    world.tell(vec![Notice::Person(person("p-anna", 2))]).await;
    world
        .bridge
        .deactivate_user(&UserId::new("p-anna"))
        .await
        .unwrap();
    world.tell(vec![Notice::Person(person("p-anna", 3))]).await;
    let active: Vec<bool> = users(&world).await.into_iter().map(|it| it.3).collect();
    assert_eq!(active, [false]);
}

#[tokio::test]
async fn a_comparison_waits_when_advanta_asks_for_it_and_goes_on_where_it_was() {
    let world = one_note().await;
    unseen(&world, "Никто не сказал");
    world.advanta().inside().throttled_lists = 2;
    let found = world.bridge.reconcile(Extent::SinceCursor).await.unwrap();
    assert_eq!((found.news, world.advanta().inside().lists), (1, 3));
}

#[tokio::test]
async fn a_create_whose_answer_comes_after_the_deletion_does_not_bring_the_note_back() {
    let world = World::with_advanta();
    let text = super::world::vevent("uid-1", "Обед");
    world.put("anna", "new.ics", &text).await.unwrap();
    let object = world.object_of("anna", "new.ics").await;
    // Made and deleted again in ADVANTA before the bridge reads it back, and the deletion is told first.
    world.advanta().inside().intrusions.clear();
    let gone = Notice::Removed {
        id: object,
        revision: Revision(5),
    };
    world.tell(vec![gone]).await;
    world.drain().await;
    assert_eq!(world.mirror(object).await, None);
}

#[tokio::test]
async fn somebody_known_before_is_recognised_once_by_email_and_keeps_their_calendar() {
    let world = World::with_advanta();
    let new = NewUser {
        login: "anna".to_owned(),
        name: "Анна".to_owned(),
        email: Some("Anna@Example.com".to_owned()),
        language: Language::English,
    };
    let anna = world.bridge.add_user(new).await.unwrap();
    let who = anna.id.as_str();
    // ADVANTA's objects name her by its own identity, and come before she does.
    world
        .observe(&note(1, "Обед", &[("p-anna", ALL), ("boris", ALL)]))
        .await;
    assert_eq!(world.get(who, &file(1)).await, None);
    world.tell(vec![Notice::Person(person("p-anna", 2))]).await;
    world.fire_timers().await;
    assert_eq!(world.shows(who, &file(1), "SUMMARY").await, "Обед");
    assert_eq!(world.get("p-anna", &file(1)).await, None);
    assert_eq!(
        users(&world).await,
        [(
            who.to_owned(),
            "anna".to_owned(),
            Some("p-anna".to_owned()),
            true
        )]
    );
    // Her edit goes out under ADVANTA's identity, which the right to it is by; what comes back is hers again.
    world.edit(who, &file(1), &[("SUMMARY", "Ужин")]).await;
    world.drain().await;
    assert_eq!(
        world.journal().await,
        [format!("{who} change ×1 title:applied")]
    );
    world
        .edit_in_advanta(id(1), |object| object.planned.end = Some(local(15)))
        .await;
    assert_eq!(
        world.shows(who, &file(1), "DTEND").await,
        "20261201T120000Z"
    );
    // A second person of that e-mail is somebody else.
    world.tell(vec![Notice::Person(person("p-other", 1))]).await;
    assert_eq!(users(&world).await.len(), 2);
}

#[tokio::test]
async fn a_restart_remembers_who_is_who() {
    let mut world = World::with_advanta();
    let new = NewUser {
        login: "anna".to_owned(),
        name: "Анна".to_owned(),
        email: Some("anna@example.com".to_owned()),
        language: Language::Russian,
    };
    let anna = world.bridge.add_user(new).await.unwrap();
    world.tell(vec![Notice::Person(person("p-anna", 2))]).await;
    world.crash();
    world.bridge.recall_people().await.unwrap();
    world.observe(&note(1, "Обед", &[("p-anna", ALL)])).await;
    assert_eq!(
        world.shows(anna.id.as_str(), &file(1), "SUMMARY").await,
        "Обед"
    );
}
