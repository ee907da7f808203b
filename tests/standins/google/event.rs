//! Events as Google keeps them: JSON, its times, and what a patch makes of it.

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, SecondsFormat, TimeZone, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value, json};

/// The fields of an event.
pub type Fields = Map<String, Value>;

/// When an event, or an occurrence, starts or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    /// A whole day, wherever one is.
    Day(NaiveDate),
    /// An instant.
    At(DateTime<Utc>),
}

impl When {
    /// Reads an `EventDateTime`; a time without offset is in its own zone, or in the calendar's.
    pub fn read(value: &Value, calendar: Tz) -> Option<Self> {
        match (value["date"].as_str(), value["dateTime"].as_str()) {
            (Some(day), None) => day.parse().ok().map(Self::Day),
            (None, Some(time)) => instant(time, zone(value).unwrap_or(calendar)).map(Self::At),
            (Some(_), Some(_)) | (None, None) => None,
        }
    }

    /// The instant, for comparing: a day begins at midnight of UTC.
    pub fn instant(self) -> DateTime<Utc> {
        match self {
            Self::Day(day) => day.and_time(chrono::NaiveTime::MIN).and_utc(),
            Self::At(instant) => instant,
        }
    }

    /// As an `EventDateTime` in a zone.
    pub fn written(self, shown_in: Tz, named: Tz) -> Value {
        match self {
            Self::Day(day) => json!({ "date": day.to_string() }),
            Self::At(instant) => {
                let local = instant.with_timezone(&shown_in);
                let text = local.to_rfc3339_opts(SecondsFormat::Secs, true);
                json!({ "dateTime": text, "timeZone": named.name() })
            }
        }
    }

    /// What the id of an occurrence ends with.
    pub fn suffix(self) -> String {
        match self {
            Self::Day(day) => day.format("%Y%m%d").to_string(),
            Self::At(instant) => instant.format("%Y%m%dT%H%M%SZ").to_string(),
        }
    }

    /// Reads [`Self::suffix`].
    pub fn of_suffix(text: &str) -> Option<Self> {
        if let Ok(day) = NaiveDate::parse_from_str(text, "%Y%m%d") {
            return Some(Self::Day(day));
        }
        let at = NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ").ok()?;
        Some(Self::At(at.and_utc()))
    }

    /// So much later; a day moves by whole days.
    pub fn plus(self, by: Duration) -> Self {
        match self {
            Self::Day(day) => Self::Day(day + Duration::days(by.num_days())),
            Self::At(instant) => Self::At(instant + by),
        }
    }
}

fn instant(text: &str, zone: Tz) -> Option<DateTime<Utc>> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
    let local: NaiveDateTime = text.parse().ok()?;
    zone.from_local_datetime(&local)
        .earliest()
        .map(|time| time.to_utc())
}

/// The zone that an `EventDateTime` names.
pub fn zone(value: &Value) -> Option<Tz> {
    value["timeZone"].as_str()?.parse().ok()
}

/// When an event is, if that makes sense: from, to.
pub fn span(event: &Fields, calendar: Tz) -> Option<(When, When)> {
    let start = When::read(event.get("start")?, calendar)?;
    let end = When::read(event.get("end")?, calendar)?;
    let one_kind = matches!(
        (start, end),
        (When::Day(_), When::Day(_)) | (When::At(_), When::At(_))
    );
    let forward = match start {
        When::Day(_) => start < end,
        // An event without length is one.
        When::At(_) => start <= end,
    };
    (one_kind && forward).then_some((start, end))
}

/// Whether it ends when it starts: Google's own page makes such events, the API takes none.
pub fn is_empty(event: &Fields, calendar: Tz) -> bool {
    span(event, calendar).is_some_and(|(start, end)| start == end)
}

/// What a patch makes of a value: objects are merged, null clears, everything else is replaced whole.
pub fn patch(target: &mut Fields, patch: &Fields) {
    for (name, value) in patch {
        match (value, target.get_mut(name)) {
            (Value::Null, _) => {
                target.remove(name);
            }
            (Value::Object(inner), Some(Value::Object(old))) => self::patch(old, inner),
            (Value::Object(inner), _) => {
                let mut new = Fields::new();
                self::patch(&mut new, inner);
                target.insert(name.clone(), Value::Object(new));
            }
            (value, _) => {
                target.insert(name.clone(), value.clone());
            }
        }
    }
}

/// A text field of an event.
pub fn text<'a>(event: &'a Fields, name: &str) -> &'a str {
    event.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Whether it is deleted, or taken out of its series.
pub fn is_cancelled(event: &Fields) -> bool {
    text(event, "status") == "cancelled"
}

/// A private property of an event.
pub fn private<'a>(event: &'a Fields, name: &str) -> Option<&'a str> {
    event.get("extendedProperties")?["private"][name].as_str()
}

/// Whether the user of this calendar is its organizer.
pub fn is_own(event: &Fields) -> bool {
    event
        .get("organizer")
        .is_none_or(|organizer| organizer["self"] == true)
}
