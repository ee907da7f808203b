//! `CALDAV:calendar-data` in a report (RFC 4791 §9.6): which part of each text is wanted, and in what form.

use super::body::{BodyError, at_most_one};
use super::{Precondition, Range};
use crate::xml::{Element, Namespace};

/// What is wanted of each calendar object's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarData {
    /// Which components and properties; `None`: all of them.
    pub comp: Option<CompSelection>,
    /// What becomes of a series.
    pub recurrence_set: RecurrenceSet,
    /// `limit-freebusy-set` (RFC 4791 §9.6.7): only busy times of VFREEBUSY that touch this range.
    pub limit_freebusy_set: Option<Range>,
}

/// What becomes of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecurrenceSet {
    /// It is served as it is.
    Whole,
    /// `expand` (RFC 4791 §9.6.5): each occurrence that touches the range, in UTC, without the rule.
    Expand(Range),
    /// `limit-recurrence-set` (RFC 4791 §9.6.6): the master, and the overrides that touch the range.
    Limit(Range),
}

/// A component of the wanted text (RFC 4791 §9.6.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompSelection {
    /// Its name in upper case.
    pub name: String,
    /// Its properties.
    pub props: Chosen<PropSelection>,
    /// Its components.
    pub comps: Chosen<CompSelection>,
}

/// All of something or only some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen<T> {
    /// All (`allprop`, `allcomp`).
    All,
    /// Only these; may be none.
    Only(Vec<T>),
}

/// A property of the wanted text (RFC 4791 §9.6.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropSelection {
    /// Its name in upper case.
    pub name: String,
    /// Whether only its name is wanted, without the value.
    pub novalue: bool,
}

impl CalendarData {
    /// The text as it is.
    pub const WHOLE: Self = Self {
        comp: None,
        recurrence_set: RecurrenceSet::Whole,
        limit_freebusy_set: None,
    };

    /// The `calendar-data` inside the `DAV:prop` of a report.
    pub(super) fn of_report(report: &Element) -> Result<Option<Self>, BodyError> {
        let Some(prop) = report.child(Namespace::Dav, "prop") else {
            return Ok(None);
        };
        let data = at_most_one(
            prop,
            Namespace::CalDav,
            "calendar-data",
            "more than one calendar-data",
        )?;
        data.map(Self::of).transpose()
    }

    fn of(element: &Element) -> Result<Self, BodyError> {
        supported(element)?;
        let comp = at_most_one(
            element,
            Namespace::CalDav,
            "comp",
            "calendar-data: more than one comp",
        )?;
        let comp = comp.map(CompSelection::of).transpose()?;
        if comp.as_ref().is_some_and(|comp| comp.name != "VCALENDAR") {
            return Err(BodyError::Invalid(
                "calendar-data: the outermost comp is not VCALENDAR",
            ));
        }
        Ok(Self {
            comp,
            recurrence_set: recurrence_set(element)?,
            limit_freebusy_set: range(element, "limit-freebusy-set")?,
        })
    }
}

/// RFC 4791 §9.6: `content-type` defaults to `text/calendar`, `version` to `2.0`; we have nothing else.
fn supported(element: &Element) -> Result<(), BodyError> {
    let media_type = element.attribute("content-type").unwrap_or("text/calendar");
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    let version = element.attribute("version").unwrap_or("2.0").trim();
    match essence.eq_ignore_ascii_case("text/calendar") && version == "2.0" {
        true => Ok(()),
        false => Err(Precondition::SupportedCalendarData.into()),
    }
}

fn recurrence_set(element: &Element) -> Result<RecurrenceSet, BodyError> {
    match (
        range(element, "expand")?,
        range(element, "limit-recurrence-set")?,
    ) {
        (None, None) => Ok(RecurrenceSet::Whole),
        (Some(range), None) => Ok(RecurrenceSet::Expand(range)),
        (None, Some(range)) => Ok(RecurrenceSet::Limit(range)),
        (Some(_), Some(_)) => Err(BodyError::Invalid(
            "calendar-data: both expand and limit-recurrence-set",
        )),
    }
}

fn range(element: &Element, local: &str) -> Result<Option<Range>, BodyError> {
    let found = at_most_one(
        element,
        Namespace::CalDav,
        local,
        "calendar-data: the same range twice",
    )?;
    let read = |element| {
        Range::of(element).ok_or(BodyError::Invalid(
            "calendar-data: a range needs a start and a later end in UTC",
        ))
    };
    found.map(read).transpose()
}

impl CompSelection {
    fn of(element: &Element) -> Result<Self, BodyError> {
        Ok(Self {
            name: name(element)?,
            props: chosen(element, "allprop", "prop", PropSelection::of)?,
            comps: chosen(element, "allcomp", "comp", Self::of)?,
        })
    }
}

impl PropSelection {
    fn of(element: &Element) -> Result<Self, BodyError> {
        let novalue = match element.attribute("novalue") {
            None | Some("no") => false,
            Some("yes") => true,
            Some(_) => {
                return Err(BodyError::Invalid(
                    "calendar-data: novalue is neither yes nor no",
                ));
            }
        };
        Ok(Self {
            name: name(element)?,
            novalue,
        })
    }
}

fn name(element: &Element) -> Result<String, BodyError> {
    match element.attribute("name").map(str::trim) {
        None | Some("") => Err(BodyError::Invalid(
            "calendar-data: comp or prop without a name",
        )),
        Some(name) => Ok(name.to_ascii_uppercase()),
    }
}

fn chosen<T>(
    parent: &Element,
    all: &str,
    one: &str,
    read: impl Fn(&Element) -> Result<T, BodyError>,
) -> Result<Chosen<T>, BodyError> {
    let some = parent.children_of(Namespace::CalDav, one);
    let some = some.map(read).collect::<Result<Vec<_>, _>>()?;
    match (parent.child(Namespace::CalDav, all), some.is_empty()) {
        (Some(_), true) => Ok(Chosen::All),
        (None, _) => Ok(Chosen::Only(some)),
        (Some(_), false) => Err(BodyError::Invalid(
            "calendar-data: all and some of the same thing",
        )),
    }
}
