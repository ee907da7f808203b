//! What a text may cost: units of work, counted.

use super::{event, utc};
use crate::ical::noise::zone_wording;
use crate::ical::pattern::Pattern;
use crate::ical::recurrence::{Rule, RuleError};
use crate::ical::steps::Steps;
use crate::ical::{Budget, Document, Limits, read_within};
use crate::model::Settings;
use chrono::{NaiveDateTime, TimeZone as _};
use proptest::prelude::*;
use rrule::{RRule, RRuleSet, Tz, Unvalidated};

const MAX: u64 = 2_000_000;

/// What becomes of a text, and the units that were spent on it.
fn work(text: &str) -> (String, u64) {
    let budget = Budget::new(Limits::default().work_units_max);
    let (settings, limits) = (Settings::default(), Limits::default());
    let read = read_within(text.as_bytes(), None, &settings, &limits, &budget);
    let said = read.map_or_else(
        |rejected| rejected.to_string(),
        |read| {
            format!(
                "taken, {} rules",
                read.schedule.series.map_or(0, |it| it.rules.len())
            )
        },
    );
    (said, budget.spent())
}

/// So many zones, each of so many parts with this rule, before an event with these lines.
fn with_zones(zones: usize, parts: usize, rule: &str, lines: &str) -> String {
    let part = format!(
        "BEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n\
         RRULE:{rule}\r\nEND:STANDARD\r\n"
    )
    .repeat(parts);
    let zones: String = (0..zones)
        .map(|name| format!("BEGIN:VTIMEZONE\r\nTZID:Own{name}\r\n{part}END:VTIMEZONE\r\n"))
        .collect();
    event(lines).replace("BEGIN:VEVENT", &format!("{zones}BEGIN:VEVENT"))
}

const PLAIN: &str = "DTSTART:20260105T090000Z\n";

#[test]
fn rules_that_never_happen_are_known_without_a_search() {
    for rule in [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=4;BYMONTHDAY=31",
        "FREQ=HOURLY;BYMONTH=2,4;BYMONTHDAY=31",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTH=3",
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
        "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO;BYSETPOS=7",
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=MONTHLY;BYDAY=5MO;BYSETPOS=2",
    ] {
        let lines = format!("DTSTART:20260105T090000Z\nRRULE:{rule}\n");
        let (said, spent) = work(&event(&lines));
        assert_eq!(said, "taken, 0 rules", "{rule}");
        assert!(spent < 150_000, "{rule}: {spent} units");
    }
}

#[test]
fn zones_that_nothing_names_cost_their_lines_alone() {
    let never = "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO;BYHOUR=1";
    let (said, spent) = work(&with_zones(20, 50, never, PLAIN));
    assert_eq!(said, "taken, 0 rules");
    let (_, without) = work(&with_zones(20, 50, "X", PLAIN));
    assert!(
        spent - without <= 20 * 50 * never.len() as u64 / 4,
        "{spent} and {without} units"
    );
}

#[test]
fn a_zone_is_worked_out_once_however_often_it_is_named() {
    let yearly = "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU";
    let named = |count: usize| {
        let dates = "EXDATE;TZID=Own0:20260112T090000\n".repeat(count);
        let lines = format!("DTSTART;TZID=Own0:20260105T090000\n{dates}");
        work(&with_zones(1, 2, yearly, &lines)).1
    };
    let (once, often) = (named(1), named(100));
    assert!(once > 20_000, "{once} units");
    assert!(often - once < 99 * 100, "{once} and {often} units");
}

#[test]
fn what_would_cost_too_much_is_refused_before_it_is_done() {
    let rare = "FREQ=YEARLY;BYMONTH=2,3;BYMONTHDAY=29;BYDAY=MO,TU;BYHOUR=1,2,3";
    let lines = "DTSTART;TZID=Own0:20260105T090000\n";
    let (said, spent) = work(&with_zones(1, 100, rare, lines));
    assert_eq!(said, "max-instances: line 1: the text takes too much work");
    assert!(spent <= MAX, "{spent} units");
}

#[test]
fn everything_that_a_text_may_hold_at_most_is_taken() {
    let limits = Limits::default();
    let lines = format!("{PLAIN}{}", "X:1\n".repeat(19_900));
    let (said, spent) = work(&event(&lines));
    assert_eq!(said, "taken, 0 rules");
    let dates = vec!["20260106T090000Z"; limits.dates_max].join(",");
    let (said, with_dates) = work(&event(&format!("{PLAIN}EXDATE:{dates}\n")));
    assert_eq!(said, "taken, 0 rules");
    assert!(spent + with_dates < MAX, "{spent} and {with_dates} units");
}

#[test]
fn a_question_costs_no_more_than_a_text() {
    // Far ahead of a rule that must be counted from its beginning.
    let text = event(
        "DTSTART:16010101T000000Z\nRRULE:FREQ=HOURLY;INTERVAL=23;BYDAY=MO;BYHOUR=3;COUNT=400000\n",
    );
    let budget = Budget::new(MAX);
    let read = read_within(
        text.as_bytes(),
        None,
        &Settings::default(),
        &Limits::default(),
        &budget,
    );
    let schedule = read.unwrap().schedule;
    let late = utc("8990-01-01 00:00")..utc("8991-01-01 00:00");
    assert_eq!(
        schedule.occurrences(late.clone(), 10),
        Err(crate::ical::TooMany)
    );
    assert!(schedule.overlaps(late), "what is not known is not hidden");
}

#[test]
fn the_wording_of_a_zone_grows_with_its_text_and_no_faster() {
    let quotes = format!("X-LIC-LOCATION:{}\r\n", "\"\\".repeat(1_000));
    let deep = format!(
        "{}{quotes}{}",
        "BEGIN:A\r\n".repeat(6),
        "END:A\r\n".repeat(6)
    );
    let zone = format!("BEGIN:VTIMEZONE\r\nTZID:Own\r\n{deep}END:VTIMEZONE\r\nBEGIN:VEVENT");
    let text = event(PLAIN).replace("BEGIN:VEVENT", &zone);
    let document = Document::parse(text.as_bytes(), &Limits::default()).unwrap();
    let zone = document.calendar().components().next().unwrap();
    let wording = zone_wording(zone).len();
    assert!(wording < text.len(), "{wording} of {}", text.len());
}

/// Values of a part, in or out of its order.
fn list(values: std::ops::RangeInclusive<i32>) -> impl Strategy<Value = String> {
    prop::collection::vec(values.prop_filter("nothing", |value| *value != 0), 1..4).prop_map(
        |values| {
            let values: Vec<String> = values.iter().map(ToString::to_string).collect();
            values.join(",")
        },
    )
}

fn weekdays(nth: bool) -> BoxedStrategy<String> {
    let day = prop::sample::select(vec!["MO", "TU", "WE", "TH", "FR", "SA", "SU"]);
    let number = if nth {
        prop::sample::select(vec!["", "", "1", "2", "-1", "5", "-4"]).boxed()
    } else {
        Just("").boxed()
    };
    prop::collection::vec((number, day), 1..4)
        .prop_map(|days| {
            let days: Vec<String> = days.iter().map(|(n, day)| format!("{n}{day}")).collect();
            days.join(",")
        })
        .boxed()
}

/// Rules of all kinds that are taken.
fn rule() -> impl Strategy<Value = String> {
    let frequency = prop::sample::select(vec!["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"]);
    let maybe = |name: &'static str, values: BoxedStrategy<String>| {
        prop::option::weighted(0.3, values).prop_map(move |values| {
            values.map_or_else(String::new, |values| format!(";{name}={values}"))
        })
    };
    let interval = prop::sample::select(vec![1, 1, 1, 2, 3, 4, 7, 12, 28, 366, 1000]);
    frequency.prop_flat_map(move |frequency| {
        let yearly = frequency == "YEARLY";
        let nth = yearly || frequency == "MONTHLY";
        let fine = frequency == "HOURLY";
        let only = move |name, is: bool, values: BoxedStrategy<String>| {
            if is { maybe(name, values).boxed() } else { Just(String::new()).boxed() }
        };
        (
            interval.clone(),
            maybe("BYMONTH", list(1..=12).boxed()),
            only("BYMONTHDAY", frequency != "WEEKLY", list(-31..=31).boxed()),
            only("BYYEARDAY", yearly, list(-366..=366).boxed()),
            only("BYWEEKNO", yearly, list(-53..=53).boxed()),
            maybe("BYDAY", weekdays(nth)),
            maybe("BYHOUR", list(1..=23).boxed()),
            only("BYSETPOS", !fine, list(-4..=4).boxed()),
            prop::sample::select(vec!["", "", ";WKST=SU", ";WKST=TH", ";COUNT=7"]),
        )
            .prop_map(move |(n, month, day, year, week, weekday, hour, position, more)| {
                format!("FREQ={frequency};INTERVAL={n}{month}{day}{year}{week}{weekday}{hour}{position}{more}")
            })
    })
}

/// Near the last year, where a search that finds nothing is short.
fn start() -> impl Strategy<Value = NaiveDateTime> {
    (9_700i32..9_900, 1u32..366, 0u32..24).prop_map(|(year, day, hour)| {
        let date = chrono::NaiveDate::from_yo_opt(year, day).unwrap();
        date.and_hms_opt(hour, 30, 0).unwrap()
    })
}

/// What the crate finds by itself, without our bounds.
fn unbounded(text: &str, start: NaiveDateTime) -> Option<Vec<NaiveDateTime>> {
    let rule: RRule<Unvalidated> = text.parse().ok()?;
    let rule = rule.validate(Tz::UTC.from_utc_datetime(&start)).ok()?;
    let set = RRuleSet::new(Tz::UTC.from_utc_datetime(&start))
        .rrule(rule)
        .limit();
    Some(
        (&set)
            .into_iter()
            .map(|at| at.naive_utc())
            .take(60)
            .collect(),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_500) })]

    #[test]
    fn a_bounded_walk_finds_what_an_unbounded_one_finds(text in rule(), start in start(), ahead in 0i64..3_000) {
        let Some(expected) = unbounded(&text, start) else {
            return Ok(());
        };
        let budget = Budget::new(u64::MAX);
        let rule = match Rule::parse(&text, start, |at| at, &budget) {
            Err(RuleError::Costly(_)) => return Ok(()),
            rule => rule.unwrap(),
        };
        let found: Vec<_> = rule.walk(&budget).take(60).collect();
        prop_assert_eq!(&found, &expected);
        let from = start + chrono::Duration::days(ahead);
        let later = rule.walk_from(from, &budget).filter(|at| *at >= from).take(5);
        let far = expected.iter().copied().filter(|at| *at >= from).take(5);
        let (later, far): (Vec<_>, Vec<_>) = (later.collect(), far.collect());
        prop_assert_eq!(&later[..far.len().min(later.len())], &far[..]);
    }

    #[test]
    fn a_search_is_foreseen_period_by_period(text in rule(), start in start()) {
        let Some(hits) = unbounded(&text, start) else {
            return Ok(());
        };
        let parsed: RRule<Unvalidated> = text.parse().unwrap();
        let pattern = Pattern::of(&parsed, start);
        let budget = Budget::new(u64::MAX);
        let mut steps = Steps::new(&pattern, start);
        let mut periods = vec![];
        let last = hits.last().copied().unwrap_or(start);
        while let Some(period) = steps.next(&budget).unwrap() {
            let Some(begins) = period.begins else { break };
            periods.push(begins);
            if begins > last || periods.len() > 80 {
                break;
            }
        }
        if parsed.get_count().is_none() {
            // The first one may lie before the start in part.
            for pair in periods.windows(2).skip(1).filter(|pair| pair[1] <= last) {
                let held = hits.iter().any(|at| (pair[0]..pair[1]).contains(at));
                prop_assert!(held, "{} .. {} holds nothing of {:?}", pair[0], pair[1], hits);
            }
        }
        prop_assert!(hits.is_empty() || !periods.is_empty());
    }
}
