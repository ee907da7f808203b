//! How known clients take a refusal: each is imitated as far as it matters, and each ends with the original.
//!
//! The table is [`CLIENTS`]; how one behaves is in [`client`].

mod client;

use crate::harness::{Bridge, demo, with_line, without_restore_mark};
use client::{AfterPut, Behaviour, Client, Finds};
use std::time::Duration;

/// Read from the sources of the clients and from watching them.
const CLIENTS: [Behaviour; 7] = [
    Behaviour {
        name: "Thunderbird",
        agent: "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Thunderbird/153.0",
        conditional: true,
        after_put: AfterPut::Fetches,
        finds: Finds::Token,
        offline: false,
    },
    Behaviour {
        name: "Thunderbird that was offline",
        agent: "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Thunderbird/153.0",
        conditional: true,
        after_put: AfterPut::Fetches,
        finds: Finds::Token,
        offline: true,
    },
    Behaviour {
        name: "DAVx5 until 2025",
        agent: "DAVx5/4.4.9-ose (dav4jvm; okhttp/4.12.0) Android/14",
        conditional: true,
        after_put: AfterPut::ForgetsVersion,
        finds: Finds::Query,
        offline: true,
    },
    Behaviour {
        name: "DAVx5 of 2026",
        agent: "DAVx5/4.6-ose (dav4jvm; okhttp/5.0) Android/16",
        conditional: true,
        after_put: AfterPut::KeepsVersionAndWaits,
        finds: Finds::Token,
        offline: true,
    },
    Behaviour {
        name: "Evolution",
        agent: "Evolution/3.46.4",
        conditional: false,
        after_put: AfterPut::Fetches,
        finds: Finds::Ctag,
        offline: false,
    },
    Behaviour {
        name: "Outlook CalDav Synchronizer",
        agent: "CalDavSynchronizer/4.4",
        conditional: true,
        after_put: AfterPut::AsksVersion,
        finds: Finds::Query,
        offline: true,
    },
    Behaviour {
        name: "Tasks.org",
        agent: "org.tasks/14.0 (okhttp3) Android/14",
        conditional: false,
        after_put: AfterPut::KeepsVersion,
        finds: Finds::Ctag,
        offline: true,
    },
];

/// The settle bump comes so soon in these tests; a minute is the default.
const SETTLE: &str = "[caldav]\nsettle_after_secs = 1\n";
/// How often a client looks again until the settle bump must have come.
const LOOKS_MAX: usize = 50;
/// The pause between two looks of a client that polls.
const LOOK_MILLIS: u64 = 100;

#[test]
fn after_a_refused_move_every_client_holds_the_original() {
    ends_with_the_original("anna", demo::PILES, |original| {
        Some(with_line(original, "DTSTART", "DTSTART:20260105T060000Z"))
    });
}

#[test]
fn after_a_refused_title_every_client_holds_the_original() {
    ends_with_the_original("boris", demo::NO_TITLE_RIGHT, |original| {
        Some(with_line(original, "SUMMARY", "SUMMARY:Другое название"))
    });
}

#[test]
fn after_a_refused_delete_every_client_holds_the_original() {
    ends_with_the_original("anna", demo::PILES, |_| None);
}

/// Lets every client make the same forbidden edit, twice, each on a bridge of its own.
fn ends_with_the_original(login: &str, object: &str, edit: impl Fn(&str) -> Option<String>) {
    for behaviour in CLIENTS {
        let bridge = Bridge::configured(SETTLE);
        let href = demo::href(login, object);
        let original = without_restore_mark(&bridge.dav(login).get(&href).body);
        let mut client = Client::new(bridge.dav(login), demo::collection(login), behaviour);
        client.sync();
        for attempt in 1..=2 {
            client.edit(&href, edit(&original));
            settled(&mut client, &href, &original);
            let sent = client.writes;
            assert_eq!(sent, attempt, "{}: writes that were sent", behaviour.name);
        }
        let served = bridge.dav(login).get(&href).body;
        assert_eq!(without_restore_mark(&served), original);
        assert_eq!(
            client.members(),
            bridge.dav(login).list(&demo::collection(login)).len()
        );
    }
}

/// The client looks until it holds the original.
fn settled(client: &mut Client, href: &str, original: &str) {
    for _ in 0..LOOKS_MAX {
        client.sync();
        if client.holds(href).map(without_restore_mark).as_deref() == Some(original) {
            return;
        }
        std::thread::sleep(Duration::from_millis(LOOK_MILLIS));
    }
    let holds = client.holds(href);
    panic!("{} holds {holds:?}, not {original}", client.behaviour.name);
}
