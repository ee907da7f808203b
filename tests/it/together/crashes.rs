//! `kill -9` of the bridge in the middle of a thousand commands: nothing doubled, nothing lost.

use super::event;
use super::house::{HOOKS_ONLY, House, Plan, SOON};
use crate::advanta_standin::{Manner, Mishap, Op};
use crate::harness::Random;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const EDITS: u32 = 1_000;
const CLIENTS: u32 = 8;

/// The title that each note was last acknowledged to have, and the ones that were sent without an answer.
#[derive(Default)]
struct Told {
    acknowledged: BTreeMap<String, u32>,
    in_doubt: BTreeMap<String, Vec<u32>>,
}

fn title(uid: &str, version: u32) -> String {
    format!("{uid} версия {version}")
}

#[test]
fn a_thousand_commands_survive_kills_in_their_middle() {
    let plan = Plan {
        settings: "write_wait_ms = 0",
        ..HOOKS_ONLY
    };
    let mut house = House::open(11, plan);
    {
        let mut world = house.world();
        world
            .manners
            .on(Manner::of(Mishap::Slow(Duration::from_millis(3))));
        let writes = [Op::Create, Op::Change];
        world
            .manners
            .on(Manner::of(Mishap::AnswerLost).in_calls(&writes).one_in(20));
        world.manners.on(Manner::of(Mishap::AnswerBroken)
            .in_calls(&writes)
            .one_in(20));
        world.hooks.double_one_in = 5;
        world.hooks.lose_one_in = 5;
        world.hooks.shuffled = true;
    }
    let told = Arc::new(Mutex::new(Told::default()));
    let sent = Arc::new(AtomicU32::new(0));
    let mut kills = 0;
    let mut dice = Random(11);
    while sent.load(Ordering::SeqCst) < EDITS {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| work(&house, client, kills, &told, &sent))
            .collect();
        std::thread::sleep(Duration::from_millis(150 + dice.below(400)));
        house.bridge.kill9();
        for client in clients {
            client.join().expect("a client ends");
        }
        kills += 1;
        house.kill_and_restart();
    }
    // A last one while nobody but the outbox works.
    std::thread::sleep(Duration::from_millis(100));
    house.kill_and_restart();
    house.world().manners.all_off();
    let told = told.lock().expect("no client panicked");
    let expected = told.acknowledged.len();
    house.wait("every acknowledged note is in ADVANTA", || {
        let world = house.world();
        let titles: Vec<&str> = world.things().map(|thing| thing.title.as_str()).collect();
        told.acknowledged.iter().all(|(uid, version)| {
            let doubts = told.in_doubt.get(uid).into_iter().flatten();
            doubts
                .chain([version])
                .any(|version| titles.contains(&title(uid, *version).as_str()))
        })
    });
    // Nothing is owed any more, so what ADVANTA holds now is the end.
    house.wait("the outbox is empty", || {
        super::cli(house.bridge.folder(), &["status", "--json"]).contains("\"outbox\":0")
    });
    let world = house.world();
    let mut things: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for thing in world
        .things()
        .filter(|thing| thing.title.contains("версия"))
    {
        let uid = thing.title.split(' ').next().unwrap_or_default();
        things.entry(uid).or_default().push(&thing.title);
    }
    for (uid, titles) in &things {
        assert_eq!(titles.len(), 1, "{uid} is doubled: {titles:?}");
    }
    let lost: Vec<&String> = told
        .acknowledged
        .keys()
        .filter(|uid| !things.contains_key(uid.as_str()))
        .collect();
    assert_eq!(lost, Vec::<&String>::new());
    println!(
        "{expected} notes, {} edits, {kills} kills, {} calls",
        sent.load(Ordering::SeqCst),
        world.calls.len()
    );
    assert!(kills >= 3, "only {kills} kills fell into the work");
    drop(world);
    // What the client sees is what ADVANTA has.
    let shown = house.titles("anna");
    let world = house.world();
    for thing in world
        .things()
        .filter(|thing| thing.title.contains("версия"))
    {
        assert!(
            shown.contains_key(&thing.title),
            "{} is not shown",
            thing.title
        );
    }
    drop(world);
    house.advanta.drained(SOON);
    house.advanta.finish();
}

/// A client that makes notes and renames them until the bridge is gone.
fn work(
    house: &House,
    client: u32,
    life: u32,
    told: &Arc<Mutex<Told>>,
    sent: &Arc<AtomicU32>,
) -> std::thread::JoinHandle<()> {
    let (dav, home) = (house.dav("anna"), house.home("anna").to_owned());
    let (told, sent) = (Arc::clone(told), Arc::clone(sent));
    std::thread::spawn(move || {
        for number in 0.. {
            let uid = format!("n-{client}-{life}-{number}");
            for version in 0..3 {
                let href = format!("{home}{uid}.ics");
                let text = event(&uid, &title(&uid, version));
                let answer =
                    dav.try_send("PUT", &href, &[("Content-Type", "text/calendar")], &text);
                let mut told = told.lock().expect("no client panicked");
                match answer {
                    Ok(answer) if [201, 204].contains(&answer.status) => {
                        told.acknowledged.insert(uid.clone(), version);
                        sent.fetch_add(1, Ordering::SeqCst);
                    }
                    Ok(answer) => panic!("{answer:?}"),
                    Err(_) => {
                        told.in_doubt.entry(uid.clone()).or_default().push(version);
                        return;
                    }
                }
            }
        }
    })
}
