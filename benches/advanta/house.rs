//! The office with ADVANTA in it, from the first comparison on.

use crate::advanta_standin::{Op, StandIn};
use crate::figures::{Usage, headline, millis, rate};
use crate::gauge::Gauge;
use crate::office::{ANNA, Bridge, PEOPLE, furnish, hire, seen_by, with_advanta};
use std::time::Instant;
use uuid::Uuid;

/// ADVANTA and the bridge, which knows all of it.
pub struct House {
    /// The stand-in.
    pub advanta: StandIn,
    /// The program.
    pub bridge: Bridge,
    /// Every object.
    pub ids: Vec<Uuid>,
    /// Those that Anna sees.
    pub of_anna: Vec<Uuid>,
    /// What her clients show.
    pub password: String,
}

/// Opens the office: everything is compared for the first time, then again, then the bridge is started anew on it.
pub fn open(objects: usize) -> House {
    headline("comparing with ADVANTA: objects with 5 participants, 50 people");
    let advanta = StandIn::start(1);
    hire(&advanta);
    let gauge = Gauge::before(&advanta.url());
    let mut bridge = Bridge::start(|folder| with_advanta(folder, &gauge.url(), &advanta));
    bridge.wait("users", |users| users == PEOPLE as u64);
    let password = bridge.password_of(ANNA);
    let ids = furnish(&advanta, objects);
    let watch = Watch {
        advanta: &advanta,
        bridge: &bridge,
        gauge: &gauge,
    };
    watch.reconcile("first reconcile of everything", true, objects);
    watch.reconcile("everything again, no news", true, objects);
    watch.reconcile("quiet reconcile", false, 1);
    let before = bridge.usage();
    let url = advanta.url();
    let took = bridge.restart(|folder| with_advanta(folder, &url, &advanta));
    println!(
        "{:<52} {:.0} ms",
        "started again on it, until it listens",
        millis(took)
    );
    let fresh = bridge.usage();
    println!(
        "{:<52} {:.0} MiB before, {:.0} MiB after",
        "  resident", before.resident, fresh.resident
    );
    let of_anna = seen_by(&advanta, &ids, ANNA);
    House {
        advanta,
        bridge,
        ids,
        of_anna,
        password,
    }
}

struct Watch<'a> {
    advanta: &'a StandIn,
    bridge: &'a Bridge,
    gauge: &'a Gauge,
}

impl Watch<'_> {
    fn reconcile(&self, what: &str, everything: bool, count: usize) {
        let calls = self.advanta.world().calls.len();
        let (asked, answered) = self.gauge.bytes();
        let before: Usage = self.bridge.usage();
        let begin = Instant::now();
        let path = format!("reconcile?everything={everything}");
        let found = self.bridge.admin("POST", &path).body;
        rate(what, count, begin.elapsed());
        self.bridge.usage().say("  the bridge", before, count);
        let (asked_now, answered_now) = self.gauge.bytes();
        let world = self.advanta.world();
        let lists = world.calls[calls..]
            .iter()
            .filter(|call| call.op == Op::Changes);
        println!(
            "{:<52} {} calls, {} of them lists; {} bytes asked, {} answered; {found}",
            "  the wire",
            world.calls.len() - calls,
            lists.count(),
            asked_now - asked,
            answered_now - answered,
        );
    }
}
