//! An event in one line, both ways: `"Планёрка" 2026-12-02 10:00-11:00, weekly, 2026-12-09 cancelled, private`.

use super::words::{at, date, local, number, parts, quoted, say, span, words};
use advanta_bridge::model::{
    Exception, Fields, Moment, RemoteEvent, RemoteId, Series, Skip, Span, Writable,
};
use chrono::NaiveDate;
use chrono_tz::Tz;

/// An event as the calendar keeps it.
#[derive(Clone, Debug)]
pub struct Kept {
    /// As the bridge sees it.
    pub event: RemoteEvent,
    /// How often it repeats, as its owner says it.
    pub schedule: Option<Schedule>,
}

/// A schedule in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// `daily` or `weekly`.
    pub every: String,
    pub times: Option<u64>,
    /// The last day on which it may begin.
    pub until: Option<NaiveDate>,
    /// Days on which it does not.
    pub without: Vec<NaiveDate>,
}

impl Schedule {
    fn rules(&self, start: Moment, zone: Tz) -> Vec<String> {
        let mut rule = format!("RRULE:FREQ={}", self.every.to_uppercase());
        if let Some(times) = self.times {
            rule += &format!(";COUNT={times}");
        }
        if let Some(until) = self.until {
            rule += &match (start, at_start(until, start, zone)) {
                (Moment::At(_), Moment::At(at)) => {
                    format!(";UNTIL={}", at.format("%Y%m%dT%H%M%SZ"))
                }
                _ => format!(";UNTIL={}", until.format("%Y%m%d")),
            };
        }
        let without = self.without.iter().map(|day| match start {
            Moment::Day(_) => format!("EXDATE;VALUE=DATE:{}", day.format("%Y%m%d")),
            Moment::At(_) => {
                let time = local(start, zone).time().format("%H%M%S");
                format!("EXDATE;TZID={zone}:{}T{time}", day.format("%Y%m%d"))
            }
        });
        std::iter::once(rule).chain(without).collect()
    }

    fn say(&self) -> Vec<String> {
        let mut first = self.every.clone();
        if let Some(times) = self.times {
            first += &format!(" {times} times");
        }
        if let Some(until) = self.until {
            first += &format!(" until {until}");
        }
        let without = self.without.iter().map(|day| format!("without {day}"));
        std::iter::once(first).chain(without).collect()
    }
}

/// Where a series puts its occurrence of a day.
pub fn at_start(day: NaiveDate, start: Moment, zone: Tz) -> Moment {
    match start {
        Moment::Day(_) => Moment::Day(day),
        Moment::At(_) => at(day.and_time(local(start, zone).time()), zone),
    }
}

impl Kept {
    /// An event of nobody's making yet.
    pub fn new(id: RemoteId, uid: String, title: &str, span: Span) -> Self {
        Self {
            event: RemoteEvent {
                id,
                uid,
                version: String::new(),
                fields: Fields {
                    title: title.to_owned(),
                    span: Some(span),
                    description: String::new(),
                    location: String::new(),
                    recurs: false,
                },
                series: None,
                marker: None,
                writable: Writable::Yes,
                guests: false,
                private: false,
                skip: None,
                split_from: None,
            },
            schedule: None,
        }
    }

    /// What its owner typed.
    pub fn read(text: &str, zone: Tz, id: RemoteId, uid: String) -> Result<Self, String> {
        let parts = parts(text);
        let first = words(parts.first().ok_or("an event")?);
        let (title, dates) = first.split_first().ok_or("a title")?;
        let mut kept = Self::new(id, uid, quoted(title)?, span(dates, zone)?);
        for part in &parts[1..] {
            kept.apply(part, zone)?;
        }
        Ok(kept)
    }

    /// One thing that is said of it.
    pub fn apply(&mut self, part: &str, zone: Tz) -> Result<(), String> {
        let event = &mut self.event;
        match words(part).as_slice() {
            ["private"] => event.private = true,
            ["public"] => event.private = false,
            ["declined"] => event.skip = Some(Skip::Declined),
            ["accepted"] => event.skip = None,
            ["called", "off"] => event.skip = Some(Skip::Cancelled),
            ["birthday"] => event.skip = Some(Skip::Special),
            ["read-only"] => event.writable = Writable::No,
            ["writable"] => event.writable = Writable::Yes,
            ["with", "guests"] => event.guests = true,
            ["about", text] => event.fields.description = quoted(text)?.to_owned(),
            ["at", text] => event.fields.location = quoted(text)?.to_owned(),
            ["once"] => self.repeat(None, zone),
            [every @ ("daily" | "weekly"), bounds @ ..] => {
                let mut schedule = Schedule {
                    every: (*every).to_owned(),
                    times: None,
                    until: None,
                    without: vec![],
                };
                match bounds {
                    [] => {}
                    [times, "times"] => schedule.times = Some(number(times)?),
                    ["until", day] => schedule.until = Some(date(day)?),
                    other => return Err(format!("no bounds of a schedule: {other:?}")),
                }
                self.repeat(Some(schedule), zone);
            }
            ["without", day] => {
                let mut schedule = self.schedule.clone().ok_or("it does not repeat")?;
                schedule.without.push(date(day)?);
                self.repeat(Some(schedule), zone);
            }
            [day, "cancelled"] => self.except(date(day)?, None, zone)?,
            [day, "on", dates @ ..] => self.except(date(day)?, Some(span(dates, zone)?), zone)?,
            _ => return Err(format!("nothing that is said of an event: {part}")),
        }
        Ok(())
    }

    /// Gives it a schedule, or none; exceptions that there were stay.
    pub fn repeat(&mut self, schedule: Option<Schedule>, zone: Tz) {
        let start = self.event.fields.span.map(Span::start);
        let exceptions = self.event.series.take().map(|series| series.exceptions);
        if let (Some(schedule), Some(start)) = (&schedule, start) {
            self.event.series = Some(Series {
                zone,
                rules: schedule.rules(start, zone),
                exceptions: exceptions.unwrap_or_default(),
            });
        }
        self.event.fields.recurs = self.event.series.is_some();
        self.schedule = schedule;
    }

    /// Moves or cancels the occurrence of a day.
    pub fn except(&mut self, day: NaiveDate, now: Option<Span>, zone: Tz) -> Result<(), String> {
        let start = self.event.fields.span.map(Span::start).ok_or("no dates")?;
        let original = at_start(day, start, zone);
        self.put_exception(Exception { original, now })
    }

    pub fn put_exception(&mut self, exception: Exception) -> Result<(), String> {
        let series = self.event.series.as_mut().ok_or("it does not repeat")?;
        series
            .exceptions
            .retain(|each| each.original != exception.original);
        series.exceptions.push(exception);
        Ok(())
    }

    /// The line.
    pub fn say(&self, zone: Tz, mark: Option<String>) -> String {
        let event = &self.event;
        let dates = event
            .fields
            .span
            .map_or("some day".to_owned(), |it| say(it, zone));
        let mut parts = vec![format!("\"{}\" {dates}", event.fields.title)];
        parts.extend(self.schedule.iter().flat_map(Schedule::say));
        let exceptions = event.series.iter().flat_map(|series| &series.exceptions);
        parts.extend(exceptions.map(|each| {
            let day = local(each.original, zone).date();
            match each.now {
                Some(now) => format!("{day} on {}", say(now, zone)),
                None => format!("{day} cancelled"),
            }
        }));
        if !event.fields.description.is_empty() {
            parts.push(format!("about \"{}\"", event.fields.description));
        }
        if !event.fields.location.is_empty() {
            parts.push(format!("at \"{}\"", event.fields.location));
        }
        let mut say_if = |is: bool, word: &str| parts.extend(is.then(|| word.to_owned()));
        say_if(event.private, "private");
        say_if(event.skip == Some(Skip::Declined), "declined");
        say_if(event.skip == Some(Skip::Cancelled), "called off");
        say_if(event.skip == Some(Skip::Special), "birthday");
        say_if(event.writable == Writable::No, "read-only");
        say_if(event.guests, "with guests");
        parts.extend(mark);
        parts.join(", ")
    }
}
