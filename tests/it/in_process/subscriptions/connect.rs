//! How a person gets from "connect my calendar" to a subscription.

use super::super::world::{World, user_id};
use super::remote::{Fake, Plain};
use super::{channels, links, row};
use advanta_bridge::bridge::{
    Agreed, Answered, Choice, ConnectionError, Connectors, GoogleChange, SyncAsk, UnsubscribeAsk,
};
use advanta_bridge::model::{
    CalendarRef, GoogleSettings, InactiveReason, Language, LeftOut, PauseReason, RemoteKind,
    Sealed, Subscription, SubscriptionState,
};
use advanta_bridge::ports::{CalendarOffer, ConnectError, Connector, Consent, Write};
use async_trait::async_trait;
use chrono::{Duration, NaiveDate};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// Sends everybody to one page, and lets in whoever says `good`.
#[derive(Default)]
struct Page {
    given_back: Mutex<Vec<String>>,
    offers: Mutex<Vec<CalendarOffer>>,
    silent: AtomicBool,
}

const BACK: &str = "https://bridge.example.com/me/google/callback";

#[async_trait]
impl Connector for Page {
    async fn consent(&self, state: &str, redirect: &str) -> Result<Consent, ConnectError> {
        assert!(state.len() >= 20, "a state that can be guessed");
        Ok(Consent {
            address: format!("https://consent.example.com/?state={state}&back={redirect}"),
            verifier: "verifier".to_owned(),
        })
    }

    async fn redeem(
        &self,
        code: &str,
        verifier: &str,
        redirect: &str,
    ) -> Result<Vec<u8>, ConnectError> {
        assert_eq!((verifier, redirect), ("verifier", BACK));
        match code {
            "good" => Ok(b"secret".to_vec()),
            _ => Err(ConnectError::Refused("no such code".to_owned())),
        }
    }

    async fn delegate(&self, account: &str) -> Result<Vec<u8>, ConnectError> {
        Ok(account.as_bytes().to_vec())
    }

    async fn calendars(&self, _: &[u8]) -> Result<Vec<CalendarOffer>, ConnectError> {
        if self.silent.load(Ordering::SeqCst) {
            return Err(ConnectError::Transient("no answer".to_owned()));
        }
        Ok(self.offers.lock().unwrap().clone())
    }

    async fn give_back(&self, secret: &[u8]) -> Result<(), ConnectError> {
        let secret = String::from_utf8(secret.to_vec()).unwrap();
        self.given_back.lock().unwrap().push(secret);
        Ok(())
    }
}

fn offer(id: &str, primary: bool, writable: bool) -> CalendarOffer {
    CalendarOffer {
        calendar: CalendarRef {
            id: id.to_owned(),
            name: id.to_owned(),
            account: "anna@example.com".to_owned(),
        },
        primary,
        writable,
    }
}

struct Office {
    world: World,
    page: Arc<Page>,
    fake: Fake,
}

fn office() -> Office {
    let (fake, page) = (Fake::default(), Arc::new(Page::default()));
    *page.offers.lock().unwrap() = vec![offer("main", true, true), offer("team", false, false)];
    let mut connectors = Connectors::new();
    connectors.insert(RemoteKind::Google, Arc::<Page>::clone(&page));
    let world = World::connecting(Arc::new(fake.again()), connectors, Arc::new(Plain));
    world.person("anna", Language::Russian);
    world.person("boris", Language::English);
    Office { world, page, fake }
}

impl Office {
    /// Sends somebody away; returns their `state`.
    fn begin(&self, login: &str) -> Result<String, ConnectionError> {
        let (user, bridge) = (user_id(login), &self.world.bridge);
        let address = self
            .world
            .wait(bridge.begin_connection(&user, RemoteKind::Google, BACK))?;
        let state = address.split("state=").nth(1).unwrap();
        Ok(state.split('&').next().unwrap().to_owned())
    }

    fn finish(
        &self,
        login: &str,
        state: Option<&str>,
        code: &str,
    ) -> Result<Agreed, ConnectionError> {
        let (user, bridge) = (user_id(login), &self.world.bridge);
        let answered = Answered {
            state,
            code,
            redirect: BACK,
        };
        self.world
            .wait(bridge.finish_connection(&user, RemoteKind::Google, answered))
    }

    fn choose(&self, login: &str, calendar: &str) -> Result<Subscription, ConnectionError> {
        let choice = Choice {
            calendar: calendar.to_owned(),
            start: NaiveDate::from_ymd_opt(2026, 11, 1).unwrap(),
            zone: None,
            left_out: LeftOut::default(),
            recognise: false,
        };
        let (user, bridge) = (user_id(login), &self.world.bridge);
        self.world
            .wait(bridge.choose_calendar(&user, RemoteKind::Google, choice))
    }

    fn connected(&self, login: &str) -> Subscription {
        let state = self.begin(login).unwrap();
        self.finish(login, Some(&state), "good").unwrap();
        self.choose(login, "main").unwrap()
    }

    fn set(&self, change: GoogleChange) -> Result<GoogleSettings, String> {
        let changed = self.world.bridge.change_google_settings(change);
        self.world.wait(changed).map_err(|error| error.to_string())
    }

    fn given_back(&self) -> Vec<String> {
        self.world.wait(self.world.bridge.say_farewells());
        self.page.given_back.lock().unwrap().clone()
    }
}

fn why<T: std::fmt::Debug>(done: Result<T, ConnectionError>) -> String {
    done.unwrap_err().to_string()
}

#[test]
fn a_person_agrees_chooses_and_is_subscribed() {
    let office = office();
    let state = office.begin("anna").unwrap();
    let agreed = office.finish("anna", Some(&state), "good").unwrap();
    let offers = vec![offer("main", true, true), offer("team", false, false)];
    assert_eq!(agreed, Agreed::Choose(offers));
    assert_eq!(
        why(office.choose("anna", "other")),
        "there is no such calendar to choose"
    );
    assert_eq!(
        why(office.choose("anna", "team")),
        "the calendar can only be read"
    );
    let made = office.choose("anna", "main").unwrap();
    assert_eq!(made.calendar, offer("main", true, true).calendar);
    let sealed = format!("subscription/{}|secret", made.id).into_bytes();
    assert_eq!(made.secret, Some(Sealed(sealed)));
    // What lets us in is the subscription's now: it is not given back when the connection would have run out.
    office.world.at(office.world.now() + Duration::hours(2));
    let forgotten = office.world.bridge.forget_late_connections();
    office.world.wait(forgotten).unwrap();
    assert_eq!(office.given_back(), Vec::<String>::new());
    assert_eq!(
        why(office.choose("anna", "main")),
        "there is no connection to be finished; begin again"
    );
}

#[test]
fn an_answer_counts_once_for_whom_it_was_meant_and_in_time() {
    let office = office();
    let anna = office.begin("anna").unwrap();
    let boris = office.begin("boris").unwrap();
    let other = "the answer belongs to another connection; begin again";
    assert_eq!(why(office.finish("anna", Some(&boris), "good")), other);
    assert_eq!(why(office.finish("anna", Some(""), "good")), other);
    // Somebody who begins anew has another state.
    let again = office.begin("anna").unwrap();
    assert_eq!(why(office.finish("anna", Some(&anna), "good")), other);
    office.finish("anna", Some(&again), "good").unwrap();
    let none = "there is no connection to be finished; begin again";
    assert_eq!(why(office.finish("anna", Some(&again), "good")), none);
    // A wrong code uses the state up as well.
    assert_eq!(
        why(office.finish("boris", Some(&boris), "bad")),
        "the remote refused: no such code"
    );
    assert_eq!(why(office.finish("boris", Some(&boris), "good")), none);
    let late = office.begin("boris").unwrap();
    office.world.at(office.world.now() + Duration::minutes(15));
    assert_eq!(why(office.finish("boris", Some(&late), "good")), none);
}

#[test]
fn a_code_that_was_copied_by_hand_needs_no_state() {
    let office = office();
    office.begin("anna").unwrap();
    let agreed = office.finish("anna", None, "good").unwrap();
    assert!(matches!(agreed, Agreed::Choose(_)));
}

#[test]
fn what_is_not_used_after_all_is_given_back() {
    let office = office();
    let state = office.begin("anna").unwrap();
    office.finish("anna", Some(&state), "good").unwrap();
    let anna = user_id("anna");
    let cancelled = office.world.bridge.cancel_connection(&anna);
    office.world.wait(cancelled).unwrap();
    assert_eq!(office.given_back(), ["secret"]);
    let state = office.begin("boris").unwrap();
    office.finish("boris", Some(&state), "good").unwrap();
    office.world.at(office.world.now() + Duration::minutes(61));
    let forgotten = office.world.bridge.forget_late_connections();
    office.world.wait(forgotten).unwrap();
    assert_eq!(office.given_back(), ["secret", "secret"]);
}

#[test]
fn what_would_shut_out_somebody_else_is_not_given_back() {
    let office = office();
    office.connected("anna");
    // The secretary agrees with the same account, and thinks better of it.
    let state = office.begin("boris").unwrap();
    office.finish("boris", Some(&state), "good").unwrap();
    let boris = user_id("boris");
    let cancelled = office.world.bridge.cancel_connection(&boris);
    office.world.wait(cancelled).unwrap();
    assert_eq!(office.given_back(), Vec::<String>::new());
    // Whoever begins anew may agree with the same account: nothing is ended behind their back.
    let state = office.begin("boris").unwrap();
    office.finish("boris", Some(&state), "good").unwrap();
    office.begin("boris").unwrap();
    assert_eq!(office.given_back(), Vec::<String>::new());
}

#[test]
fn another_push_address_is_told_to_the_remote_at_the_next_look() {
    let office = office();
    let made = office.connected("anna");
    let look = || {
        let round = office.world.bridge.sync(&made.id, SyncAsk::LOOK);
        office.world.wait(round).unwrap();
        channels(&office.world, &made.id)
    };
    let push = |address: &str| GoogleChange {
        enabled: Some(true),
        client_id: Some("client".to_owned()),
        client_secret: Some("secret".to_owned().into()),
        push_address: Some(address.to_owned()),
        ..GoogleChange::default()
    };
    office.set(push("https://old.example.com")).unwrap();
    let first = look();
    assert_eq!(first.len(), 1);
    office.set(push("https://old.example.com/")).unwrap();
    assert_eq!(look(), first);
    office.set(push("https://new.example.com")).unwrap();
    let second = look();
    assert_eq!(second.len(), 1);
    assert_ne!(second, first);
}

#[test]
fn a_refusal_counts_for_the_connection_that_it_is_about() {
    let office = office();
    let refuse = |state: &str| {
        let anna = user_id("anna");
        let refused = office
            .world
            .bridge
            .refuse_connection(&anna, RemoteKind::Google, state);
        office.world.wait(refused)
    };
    let none = "there is no connection to be finished; begin again";
    assert_eq!(why(refuse("")), none);
    let state = office.begin("anna").unwrap();
    let other = "the answer belongs to another connection; begin again";
    assert_eq!(why(refuse("")), other);
    assert_eq!(why(refuse("x")), other);
    office.finish("anna", Some(&state), "good").unwrap();
    // What they agreed to is not undone by an address that somebody else made up.
    assert_eq!(why(refuse(&state)), none);
    let state = office.begin("anna").unwrap();
    refuse(&state).unwrap();
    assert_eq!(why(office.finish("anna", Some(&state), "good")), none);
}

#[test]
fn what_was_agreed_to_is_kept_when_the_calendars_cannot_be_had() {
    let office = office();
    let state = office.begin("anna").unwrap();
    office.page.silent.store(true, Ordering::SeqCst);
    assert_eq!(
        why(office.finish("anna", Some(&state), "good")),
        "the remote cannot be asked now: no answer"
    );
    office.page.silent.store(false, Ordering::SeqCst);
    let made = office.choose("anna", "main").unwrap();

    // So it is for a subscription that waits for it.
    let mut out = row(&office.world, &made.id);
    out.step += 1;
    out.state = SubscriptionState::Inactive(InactiveReason::Denied);
    office.world.commit(vec![Write::Subscription(out)]);
    let anna = user_id("anna");
    let take_up = || {
        let bridge = &office.world.bridge;
        let taken = bridge.take_up_connection(&anna, RemoteKind::Google);
        office.world.wait(taken)
    };
    assert_eq!(take_up().unwrap(), None);
    let state = office.begin("anna").unwrap();
    office.page.silent.store(true, Ordering::SeqCst);
    let silent = "the remote cannot be asked now: no answer";
    assert_eq!(why(office.finish("anna", Some(&state), "good")), silent);
    assert_eq!(why(take_up()), silent);
    office.page.silent.store(false, Ordering::SeqCst);
    let goes_on = take_up().unwrap().unwrap();
    assert_eq!((goes_on.id, goes_on.epoch), (made.id, 1));
    assert_eq!(goes_on.state, SubscriptionState::Active);
    assert_eq!(take_up().unwrap(), None);
}

#[test]
fn a_consent_is_taken_back_by_the_last_who_comes_in_by_it() {
    let office = office();
    *office.page.offers.lock().unwrap() =
        vec![offer("main", true, true), offer("own", false, true)];
    let anna = office.connected("anna");
    let state = office.begin("boris").unwrap();
    office.finish("boris", Some(&state), "good").unwrap();
    let boris = office.choose("boris", "own").unwrap();
    let revoked = |row: &Subscription| {
        let bridge = &office.world.bridge;
        let ended = bridge.unsubscribe(&row.id, UnsubscribeAsk::default());
        office.world.wait(ended).unwrap();
        office.fake.asked().contains(&"revoke".to_owned())
    };
    assert!(!revoked(&boris));
    assert!(revoked(&anna));
}

#[test]
fn somebody_who_is_subscribed_connects_anew_only_when_they_are_out() {
    let office = office();
    let made = office.connected("anna");
    let taken = format!("the person is subscribed already: {}", made.id);
    assert_eq!(why(office.begin("anna").map(|_| ())), taken);
    let mut out = row(&office.world, &made.id);
    out.step += 1;
    out.state = SubscriptionState::Inactive(InactiveReason::Denied);
    office.world.commit(vec![Write::Subscription(out)]);

    // Another account does not open the calendar: it is not used, and the subscription waits on.
    let mut other = offer("other", true, true);
    other.calendar.account = "other@example.com".to_owned();
    *office.page.offers.lock().unwrap() = vec![other];
    let state = office.begin("anna").unwrap();
    assert_eq!(
        why(office.finish("anna", Some(&state), "good")),
        "this account does not open the calendar that is subscribed to"
    );
    assert_eq!(office.given_back(), ["secret"]);

    *office.page.offers.lock().unwrap() = vec![offer("main", true, true)];
    let state = office.begin("anna").unwrap();
    let agreed = office.finish("anna", Some(&state), "good").unwrap();
    let Agreed::GoesOn(goes_on) = agreed else {
        panic!("{agreed:?}");
    };
    assert_eq!((goes_on.id, goes_on.epoch), (made.id.clone(), 1));
    assert_eq!(
        row(&office.world, &made.id).state,
        SubscriptionState::Active
    );
    assert_eq!(links(&office.world, &made.id), []);
}

#[test]
fn an_administrator_delegates_for_a_person() {
    let office = office();
    let (user, bridge) = (user_id("boris"), &office.world.bridge);
    let account = "boris@example.com";
    let agreed = bridge.delegate_connection(&user, RemoteKind::Google, account);
    assert!(matches!(
        office.world.wait(agreed).unwrap(),
        Agreed::Choose(_)
    ));
    let made = office.choose("boris", "main").unwrap();
    let sealed = format!("subscription/{}|{account}", made.id).into_bytes();
    assert_eq!(made.secret, Some(Sealed(sealed)));
}

#[test]
fn kinds_that_nobody_connects_are_named() {
    let office = office();
    let (user, bridge) = (user_id("anna"), &office.world.bridge);
    let begun = bridge.begin_connection(&user, RemoteKind::Ews, BACK);
    assert_eq!(
        why(office.world.wait(begun)),
        "calendars of this kind cannot be connected here: ews"
    );
}

fn on() -> GoogleChange {
    GoogleChange {
        enabled: Some(true),
        client_id: Some(" client ".to_owned()),
        client_secret: Some("hush".to_owned().into()),
        ..GoogleChange::default()
    }
}

#[test]
fn settings_are_changed_one_by_one_and_secrets_are_sealed() {
    let office = office();
    let missing = GoogleChange {
        client_secret: None,
        ..on()
    };
    assert_eq!(
        office.set(missing).unwrap_err(),
        "the integration cannot be switched on: no Client Secret is set"
    );
    let first = office.set(on()).unwrap();
    let expected = GoogleSettings {
        step: 0,
        enabled: true,
        client_id: "client".to_owned(),
        client_secret: Some(Sealed(b"google/client-secret|hush".to_vec())),
        ..GoogleSettings::default()
    };
    assert_eq!(first, expected);
    let push = GoogleChange {
        push_address: Some("https://bridge.example.com/".to_owned()),
        ..GoogleChange::default()
    };
    let second = office.set(push).unwrap();
    let expected = GoogleSettings {
        step: 1,
        push_address: "https://bridge.example.com".to_owned(),
        ..expected
    };
    assert_eq!(second, expected);
    let wrong = GoogleChange {
        client_id: Some("a\nb".to_owned()),
        ..GoogleChange::default()
    };
    assert_eq!(
        office.set(wrong).unwrap_err(),
        "client_id: it holds a control character"
    );
}

#[test]
fn subscriptions_rest_while_the_integration_is_off() {
    let office = office();
    office.set(on()).unwrap();
    let made = office.connected("anna");
    let off = GoogleChange {
        enabled: Some(false),
        ..GoogleChange::default()
    };
    office.set(off).unwrap();
    assert_eq!(
        row(&office.world, &made.id).state,
        SubscriptionState::Paused(PauseReason::IntegrationOff)
    );
    office.set(on()).unwrap();
    assert_eq!(
        row(&office.world, &made.id).state,
        SubscriptionState::Active
    );
}

#[test]
fn an_integration_is_not_enabled_beside_people_of_the_other() {
    let office = office();
    let mut order = super::order("boris", "Work");
    order.remote = RemoteKind::Ews;
    let subscribed = office.world.bridge.subscribe(order);
    let boris = office.world.wait(subscribed).unwrap();
    assert_eq!(
        office.set(on()).unwrap_err(),
        "people who are subscribed to exchange: 1; an installation has Google or Exchange, never both"
    );
    assert!(why(office.begin("anna")).contains("exchange: 1"));
    let ended = office
        .world
        .bridge
        .unsubscribe(&boris.id, UnsubscribeAsk::default());
    office.world.wait(ended).unwrap();
    office.set(on()).unwrap();
    office.begin("anna").unwrap();
}
