//! Reads a filter and refuses what is wrong (`valid-filter`) or beyond us (`supported-filter`).

use super::{
    Collation, CompFilter, CompMatch, CompTest, ParamFilter, ParamTest, PropFilter, PropMatch,
    PropTest, TextMatch, ValueTest,
};
use crate::caldav::elements::precondition::FilterPart;
use crate::caldav::elements::{BodyError, Precondition, TimeRange};
use crate::xml::{Element, Namespace};

type Read<T> = Result<T, BodyError>;

impl CompFilter {
    /// Reads `CALDAV:filter`, which holds exactly one `comp-filter`, named VCALENDAR.
    pub(in crate::caldav::elements) fn of_filter(filter: &Element) -> Read<Self> {
        if count(filter) > Self::FILTERS_MAX {
            return Err(BodyError::Invalid("filter: more parts than allowed"));
        }
        let parts = Parts::of(filter, &["comp-filter"])?;
        match parts.of_name("comp-filter").as_slice() {
            [calendar] => Self::of(calendar, None),
            _ => Err(invalid()),
        }
    }

    fn of(element: &Element, inside: Option<&str>) -> Read<Self> {
        let name = name(element)?;
        placed(&name, inside)?;
        let parts = Parts::of(
            element,
            &["is-not-defined", "time-range", "prop-filter", "comp-filter"],
        )?;
        let test = match parts.is_not_defined()? {
            true => CompTest::IsNotDefined,
            false => CompTest::Matches(comp_match(&name, &parts)?),
        };
        Ok(Self { name, test })
    }
}

fn comp_match(name: &str, parts: &Parts<'_>) -> Read<CompMatch> {
    let time_range = parts.time_range()?;
    if time_range.is_some() {
        timed(name)?;
    }
    let props = parts.of_name("prop-filter");
    let comps = parts.of_name("comp-filter");
    Ok(CompMatch {
        time_range,
        prop_filters: props.into_iter().map(prop_filter).collect::<Read<_>>()?,
        comp_filters: comps
            .into_iter()
            .map(|comp| CompFilter::of(comp, Some(name)))
            .collect::<Read<_>>()?,
    })
}

/// Which component may stand in which (RFC 5545 §3.6). A known one elsewhere is a broken filter (RFC 4791 §7.8 gives
/// VEVENT inside VTODO as its example); one that we do not know is one that we do not support.
fn placed(name: &str, inside: Option<&str>) -> Read<()> {
    let parents: &[Option<&str>] = match name {
        "VCALENDAR" => &[None],
        "VEVENT" | "VTODO" | "VJOURNAL" | "VFREEBUSY" | "VTIMEZONE" => &[Some("VCALENDAR")],
        "VALARM" => &[Some("VEVENT"), Some("VTODO")],
        "STANDARD" | "DAYLIGHT" => &[Some("VTIMEZONE")],
        _ if inside.is_none() => return Err(invalid()),
        _ => return Err(unsupported(FilterPart::Comp(name.to_owned()))),
    };
    match parents.contains(&inside) {
        true => Ok(()),
        false => Err(invalid()),
    }
}

/// RFC 4791 §9.9 defines overlap for these components; for alarms we do not evaluate it.
fn timed(name: &str) -> Read<()> {
    match name {
        "VEVENT" | "VTODO" | "VJOURNAL" | "VFREEBUSY" => Ok(()),
        "VALARM" => Err(unsupported(FilterPart::Comp(name.to_owned()))),
        _ => Err(invalid()),
    }
}

fn prop_filter(element: &Element) -> Read<PropFilter> {
    let name = name(element)?;
    let parts = Parts::of(
        element,
        &["is-not-defined", "time-range", "text-match", "param-filter"],
    )?;
    let test = match parts.is_not_defined()? {
        true => PropTest::IsNotDefined,
        false => PropTest::Matches(PropMatch {
            value: value_test(&name, &parts)?,
            param_filters: parts
                .of_name("param-filter")
                .into_iter()
                .map(param_filter)
                .collect::<Read<_>>()?,
        }),
    };
    Ok(PropFilter { name, test })
}

fn value_test(name: &str, parts: &Parts<'_>) -> Read<Option<ValueTest>> {
    match (parts.time_range()?, parts.text_match()?) {
        (None, None) => Ok(None),
        (None, Some(text)) => Ok(Some(ValueTest::Text(text))),
        (Some(_), Some(_)) => Err(invalid()),
        (Some(range), None) if CompFilter::DATED.contains(&name) => {
            Ok(Some(ValueTest::Within(range)))
        }
        (Some(_), None) => Err(unsupported(FilterPart::Prop(name.to_owned()))),
    }
}

fn param_filter(element: &Element) -> Read<ParamFilter> {
    let parts = Parts::of(element, &["is-not-defined", "text-match"])?;
    let test = match (parts.is_not_defined()?, parts.text_match()?) {
        (true, _) => ParamTest::IsNotDefined,
        (false, None) => ParamTest::IsDefined,
        (false, Some(text)) => ParamTest::Text(text),
    };
    Ok(ParamFilter {
        name: name(element)?,
        test,
    })
}

fn text_match(element: &Element) -> Read<TextMatch> {
    let collation = element.attribute("collation").unwrap_or("default");
    let collation = Collation::of(collation).ok_or(Precondition::SupportedCollation)?;
    let negate = match element.attribute("negate-condition") {
        None | Some("no") => false,
        Some("yes") => true,
        Some(_) => return Err(invalid()),
    };
    Ok(TextMatch::new(&element.text(), collation, negate))
}

/// The name in upper case (iCalendar names know no case); RFC 5545 §3.1 says what a name is.
fn name(element: &Element) -> Read<String> {
    let name = element.attribute("name").unwrap_or_default();
    let valid = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    match !name.is_empty() && name.bytes().all(valid) {
        true => Ok(name.to_ascii_uppercase()),
        false => Err(invalid()),
    }
}

fn count(element: &Element) -> usize {
    element.elements().map(|child| 1 + count(child)).sum()
}

fn invalid() -> BodyError {
    Precondition::ValidFilter.into()
}

fn unsupported(part: FilterPart) -> BodyError {
    Precondition::SupportedFilter(part).into()
}

/// The CalDAV elements of a filter element.
struct Parts<'a>(Vec<&'a Element>);

impl<'a> Parts<'a> {
    /// A CalDAV element that does not belong there would silently change what is asked, so it is refused; what comes from
    /// elsewhere is ignored (RFC 4918 §17).
    fn of(parent: &'a Element, allowed: &[&str]) -> Read<Self> {
        let ours = |child: &&Element| child.name.ns == Namespace::CalDav;
        let parts: Vec<_> = parent.elements().filter(ours).collect();
        match parts
            .iter()
            .all(|part| allowed.contains(&&*part.name.local))
        {
            true => Ok(Self(parts)),
            false => Err(invalid()),
        }
    }

    fn of_name(&self, local: &str) -> Vec<&'a Element> {
        let parts = self.0.iter().copied();
        parts.filter(|part| &*part.name.local == local).collect()
    }

    fn at_most_one(&self, local: &str) -> Read<Option<&'a Element>> {
        match self.of_name(local).as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            _ => Err(invalid()),
        }
    }

    /// `is-not-defined` stands alone.
    fn is_not_defined(&self) -> Read<bool> {
        match (self.at_most_one("is-not-defined")?, self.0.len()) {
            (None, _) => Ok(false),
            (Some(_), 1) => Ok(true),
            (Some(_), _) => Err(invalid()),
        }
    }

    fn time_range(&self) -> Read<Option<TimeRange>> {
        match self.at_most_one("time-range")? {
            None => Ok(None),
            Some(element) => TimeRange::of(element).map(Some).ok_or_else(invalid),
        }
    }

    fn text_match(&self) -> Read<Option<TextMatch>> {
        self.at_most_one("text-match")?.map(text_match).transpose()
    }
}
