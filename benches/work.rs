//! What a unit of work costs, and what texts made to cost much cost: `cargo bench --bench work`.
//!
//! A unit is what `ical::Budget` counts. For each text: the units that were spent on it, the processor time, and what came of it.
//! Texts beside the built-in ones are given as arguments.

use advanta_bridge::ical::{Budget, Limits, read_within};
use advanta_bridge::model::Settings;
use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// How long each text is read again and again.
const LONG: Duration = Duration::from_millis(300);

fn main() {
    println!("{:>9} {:>9} {:>8}  text, outcome", "units", "µs", "ns/unit");
    for (name, text) in texts() {
        let (units, outcome) = read(text.as_bytes());
        let begun = processor_time();
        let mut times = 0;
        while processor_time() - begun < LONG {
            read(text.as_bytes());
            times += 1;
        }
        let took = processor_time() - begun;
        let micros = took.as_secs_f64() * 1e6 / f64::from(times);
        let each = micros * 1e3 / units.max(1) as f64;
        println!("{units:>9} {micros:>9.0} {each:>8.1}  {name}: {outcome}");
    }
}

/// What this thread took of the processor until now.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let secs = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::from_secs(secs) + Duration::from_nanos(time.tv_nsec.unsigned_abs())
}

fn read(bytes: &[u8]) -> (u64, String) {
    let limits = Limits::default();
    let budget = Budget::new(limits.work_units_max);
    let read = read_within(bytes, None, &Settings::default(), &limits, &budget);
    let outcome = read.map_or_else(|rejected| rejected.to_string(), |_| "taken".to_owned());
    (budget.spent(), outcome)
}

fn texts() -> Vec<(String, String)> {
    let rules = [
        "FREQ=YEARLY",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO;COUNT=100",
        "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;COUNT=500",
        "FREQ=MONTHLY;BYDAY=5MO;COUNT=1000",
        "FREQ=WEEKLY;BYDAY=MO,WE,FR;COUNT=3000",
        "FREQ=DAILY;COUNT=9000",
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
        "FREQ=DAILY;INTERVAL=11;BYMONTH=2;BYMONTHDAY=29;COUNT=20",
        "FREQ=HOURLY;INTERVAL=23;BYDAY=MO;BYHOUR=3;COUNT=400000",
        "FREQ=MINUTELY;BYHOUR=3;BYMINUTE=3;UNTIL=89991231T000000Z",
        "FREQ=MONTHLY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11;BYMINUTE=0,5,10,15,20,25,30,35,40,45,50,55;BYDAY=MO,TU,WE;COUNT=9000",
    ];
    let of_rule = |rule: &str| {
        (
            rule.to_owned(),
            event(&format!("DTSTART:20260105T090000Z\r\nRRULE:{rule}\r\n")),
        )
    };
    let mut texts: Vec<_> = rules.map(of_rule).into();
    let days = (1..=366)
        .map(|day| day.to_string())
        .collect::<Vec<_>>()
        .join(",");
    let (_, long) = of_rule(&format!(
        "FREQ=YEARLY;BYYEARDAY={days};BYSETPOS={days};COUNT=9000"
    ));
    texts.push((
        "every day of the year, by number and position".to_owned(),
        long,
    ));
    let plain = "DTSTART:20260105T090000Z\r\n";
    let lines = |line: &str, count: usize| event(&format!("{plain}{}", line.repeat(count)));
    texts.push(("19,900 short lines".to_owned(), lines("X:1\r\n", 19_900)));
    texts.push((
        "19,200 parameters".to_owned(),
        lines(&format!("X{}:1\r\n", ";A=1".repeat(64)), 300),
    ));
    texts.push((
        "a line of a megabyte".to_owned(),
        event(&format!("{plain}X:{}\r\n", "x".repeat(1_000_000))),
    ));
    texts.push((
        "39,000 folds".to_owned(),
        event(&format!("{plain}X:{}\r\n", "x\r\n ".repeat(39_000))),
    ));
    let dates = vec!["20260106T090000"; 5_000].join(",");
    texts.push((
        "5,000 dates".to_owned(),
        event(&format!(
            "DTSTART;TZID=Europe/Moscow:20260105T090000\r\nEXDATE;TZID=Europe/Moscow:{dates}\r\n"
        )),
    ));
    for name in std::env::args()
        .skip(1)
        .filter(|name| !name.starts_with('-'))
    {
        let text = std::fs::read_to_string(&name).expect("a text");
        texts.push((name, text));
    }
    texts
}

fn event(lines: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example//bench//EN\r\nBEGIN:VEVENT\r\nUID:1\r\n{lines}END:VEVENT\r\n\
         END:VCALENDAR\r\n"
    )
}
