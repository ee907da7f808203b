//! How long one change takes: from ADVANTA to a client, and from a client to ADVANTA. One after the other, nothing else to do.

use crate::advanta_standin::{Op, StandIn};
use crate::client::{Client, renamed};
use crate::figures::{fdatasync, headline, ratio, waits};
use crate::house::House;
use crate::office::{ANNA, Hook};
use crate::wire::Line;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Medians in milliseconds of what the same machine did in the same run.
pub struct Peers {
    get: f64,
    fdatasync: f64,
    poll: f64,
}

/// Measures what the rest is compared with.
pub fn peers(house: &House, times: usize) -> Peers {
    headline("the same machine, one at a time: nothing else under way");
    let mut client = house.client();
    let href = client.href(house.of_anna[0]);
    let token = client.sync("").0;
    // The first question of a password costs argon2.
    let get = timed(times * 4, |_| drop(client.get(&href)));
    let poll = timed(times * 4, |_| drop(client.sync(&token)));
    Peers {
        get: waits("GET of an event", get),
        poll: waits("an empty sync-collection", poll),
        fdatasync: waits("raw fdatasync of 2 KB", fdatasync(house.bridge.folder())),
    }
}

/// A hook is posted; a second connection asks without pause until it sees the change.
pub fn hook_to_client(house: &House, peers: &Peers, times: usize) {
    headline("from ADVANTA to a client: one object with 5 participants, one hook after the other");
    let object = house.of_anna[0];
    let mut line = Line::to(house.bridge.url(), None);
    let before = house.bridge.usage();
    let (mut visible, mut taken) = (Vec::new(), Vec::new());
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let (tell, seen) = channel();
        let mut client = house.client();
        let over = &over;
        scope.spawn(move || look(&mut client, over, &tell));
        for number in 0..times {
            let hook = news(&house.advanta, object, number);
            let asked = Instant::now();
            hook.post(&mut line);
            taken.push(asked.elapsed());
            visible.push(next(&seen).saturating_duration_since(asked));
        }
        over.store(true, Ordering::Relaxed);
    });
    waits("hook -> acknowledged, durably", taken);
    let median = waits("hook -> in a client's sync-collection", visible);
    let two = [
        ("GET", peers.get),
        ("poll", peers.poll),
        ("fdatasync", peers.fdatasync),
    ];
    ratio("visible", median, &two);
    let usage = house.bridge.usage();
    usage.say("  the bridge, the polls among it", before, times);
}

/// Says of every change when it was seen.
fn look(client: &mut Client, over: &AtomicBool, tell: &Sender<Instant>) {
    let mut token = client.sync("").0;
    while !over.load(Ordering::Relaxed) {
        let (next, moved) = client.sync(&token);
        token = next;
        if moved > 0 && tell.send(Instant::now()).is_err() {
            return;
        }
    }
}

fn next(seen: &Receiver<Instant>) -> Instant {
    let within = Duration::from_secs(30);
    seen.recv_timeout(within).expect("the change is seen")
}

fn news(advanta: &StandIn, object: Uuid, number: usize) -> Hook {
    let title = format!("Согласование переносится {number}");
    advanta.world().edit(object, |thing| thing.title = title);
    Hook::of(advanta, &[object], number)
}

/// A client writes; ADVANTA answers at once.
pub fn client_to_advanta(house: &House, peers: &Peers, times: usize) {
    headline(
        "from a client to ADVANTA: edits of 50 objects with 5 participants, one after the other",
    );
    let mut client = house.client();
    let standin = waits(
        "a GET of an object at the stand-in itself",
        standin(house, times),
    );
    let before = house.bridge.usage();
    let (mut answered, mut arrived) = (Vec::new(), Vec::new());
    for number in 0..times {
        let object = house.of_anna[1 + number % 50];
        let href = client.href(object);
        let text = renamed(&client.get(&href), &format!("Правка {number}"));
        let changes = house.advanta.world().count(Op::Change);
        let asked = Instant::now();
        client.put(&href, &text);
        answered.push(asked.elapsed());
        arrived.push(arrival(&house.advanta, changes).saturating_duration_since(asked));
    }
    let usage = house.bridge.usage();
    let two = [
        ("a call at the stand-in", standin),
        ("GET", peers.get),
        ("fdatasync", peers.fdatasync),
    ];
    ratio("PATCH", waits("PUT -> PATCH at ADVANTA", arrived), &two);
    ratio(
        "answer",
        waits("PUT -> its answer, read back", answered),
        &two,
    );
    usage.say("  the bridge, a GET for each PUT among it", before, times);
}

/// When the PATCH after so many others came.
fn arrival(advanta: &StandIn, before: usize) -> Instant {
    let within = Duration::from_secs(30);
    advanta.until(within, |world| world.count(Op::Change) > before);
    let world = advanta.world();
    let mut changes = world.calls.iter().filter(|call| call.op == Op::Change);
    changes.next_back().expect("a change").at
}

/// Part of each edit is ADVANTA's own time: three calls.
fn standin(house: &House, times: usize) -> Vec<Duration> {
    let url = house.advanta.url();
    let mut line = Line::to(&url, Some(&format!("Bearer {}", house.advanta.token())));
    let base = url.rsplit_once("127.0.0.1").map_or(&*url, |(_, rest)| rest);
    let base = base.find('/').map_or("", |place| &base[place..]);
    let path = format!("{base}/objects/{}", house.of_anna[1]);
    timed(times, |_| {
        let reply = line.ask("GET", &path, &[], "");
        assert_eq!(reply.status, 200, "{reply:?}");
    })
}

/// The first is not counted.
fn timed(times: usize, mut one: impl FnMut(usize)) -> Vec<Duration> {
    one(0);
    let each = |number| {
        let begin = Instant::now();
        one(number);
        begin.elapsed()
    };
    (0..times).map(each).collect()
}

/// Anna's calendar is the one that is looked at.
impl House {
    /// A client of hers, over a connection of its own.
    pub fn client(&self) -> Client {
        Client::new(self.bridge.url(), ANNA, &self.password)
    }
}
