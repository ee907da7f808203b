//! Hooks that get lost, come twice or in any order, while ADVANTA's users and a calendar client work at the same time.

use super::house::{House, Plan, SOON, guid, property};
use crate::advanta_standin::{Manner, Mishap, Op, Style, Thing, World};
use crate::harness::{Random, with_line};
use std::collections::BTreeMap;
use std::time::Duration;

const ROUNDS: u64 = 40;

/// What a person's calendar has to hold: planned things of theirs, by title and edges.
fn wanted(world: &World, who: &str) -> BTreeMap<String, u32> {
    let mut wanted = BTreeMap::new();
    for thing in world.things() {
        let dated = thing.planned_start.is_some() || thing.planned_end.is_some();
        if dated && thing.people.contains_key(&guid(who)) {
            *wanted.entry(key(thing)).or_default() += 1;
        }
    }
    wanted
}

fn key(thing: &Thing) -> String {
    let minute = |at: chrono::NaiveDateTime| {
        (at - chrono::Duration::hours(3))
            .format("%Y%m%dT%H%M00Z")
            .to_string()
    };
    let start = thing.planned_start.or(thing.planned_end).expect("a date");
    format!("{} {}", thing.title, minute(start))
}

fn shown(house: &House, who: &str) -> BTreeMap<String, u32> {
    let (dav, home) = (house.dav(who), house.home(who));
    let listing = dav.list(home);
    let hrefs: Vec<&str> = listing.keys().map(String::as_str).collect();
    let mut shown = BTreeMap::new();
    for response in dav.multiget(home, &hrefs).responses {
        if let Some(text) = response
            .found
            .get("{urn:ietf:params:xml:ns:caldav}calendar-data")
        {
            let start = property(&text.text, "DTSTART");
            let start = match start.len() {
                // An all-day event begins at midnight in Moscow.
                8 => midnight(&start),
                _ => start,
            };
            let key = format!("{} {start}", property(&text.text, "SUMMARY"));
            *shown.entry(key).or_default() += 1;
        }
    }
    shown
}

fn midnight(day: &str) -> String {
    let day = chrono::NaiveDate::parse_from_str(day, "%Y%m%d").expect("a day");
    let utc = day.and_time(chrono::NaiveTime::MIN) - chrono::Duration::hours(3);
    utc.format("%Y%m%dT%H%M00Z").to_string()
}

#[test]
fn calendars_and_advanta_are_equal_after_a_storm_and_then_quiet() {
    let house = House::open(
        21,
        Plan {
            reconcile_secs: 1,
            settings: "write_wait_ms = 50",
        },
    );
    {
        let mut world = house.world();
        world.hooks.style = Style::Mixed;
        world.hooks.lose_one_in = 4;
        world.hooks.double_one_in = 4;
        world.hooks.shuffled = true;
        world.hooks.delay_max = Duration::from_millis(50);
        world.manners.on(Manner::of(Mishap::Away).one_in(30));
        world.manners.on(Manner::of(Mishap::AnswerLost).one_in(30));
        world.manners.on(Manner::of(Mishap::Stale).one_in(30));
        world.manners.on(Manner::of(Mishap::Garbage)
            .in_calls(&[Op::Get, Op::Changes])
            .one_in(30));
    }
    let mut dice = Random(21);
    for round in 0..ROUNDS {
        house.world().act(round, 5);
        for who in super::house::PEOPLE {
            edit_something(&house, who, round, &mut dice);
        }
    }
    {
        let mut world = house.world();
        world.manners.all_off();
        world.hooks.lose_one_in = 0;
    }
    for who in super::house::PEOPLE {
        house.wait(&format!("{who}'s calendar is what ADVANTA has"), || {
            let shown = shown(&house, who);
            shown == wanted(&house.world(), who)
        });
    }
    house.advanta.drained(SOON);
    // Quiet: two more comparisons, and nothing is written anywhere.
    let acted = house.world().count_acted();
    let tokens = tokens(&house);
    let lists = house.world().count(Op::Changes);
    house.wait("two more comparisons", || {
        house.world().count(Op::Changes) >= lists + 2
    });
    assert_eq!(house.world().count_acted(), acted);
    assert_eq!(super::storms::tokens(&house), tokens);
    let world = house.world();
    println!(
        "{} calls, {} hooks, {} lost",
        world.calls.len(),
        world.hooks.posts.len(),
        world.hooks.lost
    );
    drop(world);
    house.advanta.finish();
}

fn tokens(house: &House) -> Vec<Option<String>> {
    super::house::PEOPLE
        .map(|who| house.dav(who).sync(house.home(who), "").sync_token)
        .into()
}

/// A client changes the title, or the start, of something it sees; the rules may refuse.
fn edit_something(house: &House, who: &str, round: u64, dice: &mut Random) {
    let dav = house.dav(who);
    let listing = dav.list(house.home(who));
    let hrefs: Vec<&String> = listing.keys().collect();
    if hrefs.is_empty() {
        return;
    }
    let href = hrefs[usize::try_from(dice.below(hrefs.len() as u64)).expect("a place")];
    let text = dav.get(href);
    if text.status != 200 {
        return;
    }
    let edited = match dice.below(3) {
        // A date against statuses and rights that move at the same time.
        0 if text.body.contains("\r\nDTSTART:") => {
            let day = 1 + dice.below(28);
            with_line(
                &text.body,
                "DTSTART",
                &format!("DTSTART:202610{day:02}T060000Z"),
            )
        }
        _ => with_line(&text.body, "SUMMARY", &format!("SUMMARY:{who} {round}")),
    };
    let answer = dav.put(href, &edited);
    assert!([201, 204, 404].contains(&answer.status), "{answer:?}");
}
