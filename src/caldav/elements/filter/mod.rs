//! `CALDAV:filter` (RFC 4791 §9.7): what a calendar object must be like.
//!
//! A [`CompFilter`] that exists is valid and can be evaluated; [`CompFilter::reach`] says how much of it an index answers.

mod parse;
mod reach;
mod text;

pub use reach::Reach;
pub use text::{Collation, TextMatch};

use super::TimeRange;

/// A condition on components (RFC 4791 §9.7.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompFilter {
    /// Name of the component in upper case.
    pub name: String,
    /// What is asked of it.
    pub test: CompTest,
}

/// What is asked of components of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompTest {
    /// There is none.
    IsNotDefined,
    /// At least one of them meets all of this.
    Matches(CompMatch),
}

/// Conditions that one component meets all together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompMatch {
    /// It overlaps this (RFC 4791 §9.9).
    pub time_range: Option<TimeRange>,
    /// On its properties.
    pub prop_filters: Vec<PropFilter>,
    /// On the components in it.
    pub comp_filters: Vec<CompFilter>,
}

/// A condition on properties (RFC 4791 §9.7.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropFilter {
    /// Name of the property in upper case.
    pub name: String,
    /// What is asked of it.
    pub test: PropTest,
}

/// What is asked of properties of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PropTest {
    /// There is none.
    IsNotDefined,
    /// At least one of them meets all of this.
    Matches(PropMatch),
}

/// Conditions that one property meets all together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PropMatch {
    /// On its value.
    pub value: Option<ValueTest>,
    /// On its parameters.
    pub param_filters: Vec<ParamFilter>,
}

/// A condition on a property's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueTest {
    /// It is a date or a time in this range; only of [`CompFilter::DATED`] properties.
    Within(TimeRange),
    /// Its text.
    Text(TextMatch),
}

/// A condition on a parameter (RFC 4791 §9.7.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParamFilter {
    /// Name of the parameter in upper case.
    pub name: String,
    /// What is asked of it.
    pub test: ParamTest,
}

/// What is asked of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParamTest {
    /// It is not there.
    IsNotDefined,
    /// It is there.
    IsDefined,
    /// One of its values matches.
    Text(TextMatch),
}

impl CompFilter {
    /// How many filters a request may hold in all; real clients send fewer than ten.
    pub const FILTERS_MAX: usize = 100;

    /// Properties on which a time range can be asked: those whose values are dates or times, and never periods.
    pub const DATED: [&'static str; 9] = [
        "COMPLETED",
        "CREATED",
        "DTEND",
        "DTSTAMP",
        "DTSTART",
        "DUE",
        "EXDATE",
        "LAST-MODIFIED",
        "RECURRENCE-ID",
    ];
}
