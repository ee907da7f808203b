//! Preconditions and postconditions that clients know by name (RFC 4918 §16).

use crate::ical;
use crate::xml::write::{empty, end, escape_attr_into, start, text_element};
use http::StatusCode;

/// A condition that a request broke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// RFC 4791 §7.8: the filter is not what its definition allows.
    ValidFilter,
    /// RFC 4791 §7.8: the filter asks for something that we cannot evaluate.
    SupportedFilter(FilterPart),
    /// RFC 4791 §7.5.1, §7.8.
    SupportedCollation,
    /// RFC 4791 §5.3.2.1, §7.8: a media type or version other than iCalendar 2.0.
    SupportedCalendarData,
    /// RFC 7809 §4.3: an unknown time zone identifier.
    ValidTimezone,
    /// RFC 4791 §5.3.2.1: not valid iCalendar; also a `timezone` that is no single VTIMEZONE (§5.2.2, §7.8).
    ValidCalendarData,
    /// RFC 4791 §5.3.2.1, §4.1: valid iCalendar, but not one calendar object.
    ValidCalendarObjectResource,
    /// RFC 4791 §5.3.2.1: a component that the collection does not take.
    SupportedCalendarComponent,
    /// RFC 4791 §5.3.1.2: a calendar cannot be made at this place.
    CalendarCollectionLocationOk,
    /// RFC 4791 §5.3.1.2: there is something already.
    ResourceMustBeNull,
    /// RFC 4791 §5.3.2.1: the UID belongs to the resource at this href.
    NoUidConflict(String),
    /// RFC 4791 §5.3.2.1.
    MaxResourceSize,
    /// RFC 4791 §5.3.2.1.
    MaxInstances,
    /// RFC 4791 §5.3.2.1.
    MinDateTime,
    /// RFC 4791 §5.3.2.1.
    MaxDateTime,
    /// RFC 6578 §3.2.
    ValidSyncToken,
    /// RFC 6578 §3.3: a depth that the collection does not report.
    SyncTraversalSupported,
    /// RFC 3744 §8.4, RFC 6578 §3.2.
    NumberOfMatchesWithinLimits,
    /// RFC 3253 §3.6.
    SupportedReport,
    /// RFC 4918 §9.1.1.
    PropfindFiniteDepth,
    /// RFC 4918 §16.
    CannotModifyProtectedProperty,
    /// RFC 4331 §6: the person may not store more.
    QuotaNotExceeded,
    /// RFC 4331 §6: the server itself has no room.
    SufficientDiskSpace,
    /// RFC 3744 §7.1.1: the person lacks this privilege on this resource.
    NeedPrivileges {
        /// Path of the resource.
        href: String,
        /// A privilege of `DAV:`, such as `write-content`.
        privilege: &'static str,
    },
}

/// The part of a filter that we cannot evaluate (RFC 4791 §7.8: servers should report it).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilterPart {
    /// A component.
    Comp(String),
    /// A property.
    Prop(String),
}

impl From<ical::Precondition> for Precondition {
    fn from(failed: ical::Precondition) -> Self {
        use ical::Precondition as Failed;
        match failed {
            Failed::ValidCalendarData => Self::ValidCalendarData,
            Failed::ValidCalendarObjectResource => Self::ValidCalendarObjectResource,
            Failed::SupportedCalendarComponent => Self::SupportedCalendarComponent,
            Failed::MaxResourceSize => Self::MaxResourceSize,
            Failed::MinDateTime => Self::MinDateTime,
            Failed::MaxDateTime => Self::MaxDateTime,
            Failed::MaxInstances => Self::MaxInstances,
        }
    }
}

impl Precondition {
    /// Its element with the prefix that all our documents declare.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ValidFilter => "C:valid-filter",
            Self::SupportedFilter(_) => "C:supported-filter",
            Self::SupportedCollation => "C:supported-collation",
            Self::SupportedCalendarData => "C:supported-calendar-data",
            Self::ValidTimezone => "C:valid-timezone",
            Self::ValidCalendarData => "C:valid-calendar-data",
            Self::ValidCalendarObjectResource => "C:valid-calendar-object-resource",
            Self::SupportedCalendarComponent => "C:supported-calendar-component",
            Self::CalendarCollectionLocationOk => "C:calendar-collection-location-ok",
            Self::ResourceMustBeNull => "D:resource-must-be-null",
            Self::NoUidConflict(_) => "C:no-uid-conflict",
            Self::MaxResourceSize => "C:max-resource-size",
            Self::MaxInstances => "C:max-instances",
            Self::MinDateTime => "C:min-date-time",
            Self::MaxDateTime => "C:max-date-time",
            Self::ValidSyncToken => "D:valid-sync-token",
            Self::SyncTraversalSupported => "D:sync-traversal-supported",
            Self::NumberOfMatchesWithinLimits => "D:number-of-matches-within-limits",
            Self::SupportedReport => "D:supported-report",
            Self::PropfindFiniteDepth => "D:propfind-finite-depth",
            Self::CannotModifyProtectedProperty => "D:cannot-modify-protected-property",
            Self::QuotaNotExceeded => "D:quota-not-exceeded",
            Self::SufficientDiskSpace => "D:sufficient-disk-space",
            Self::NeedPrivileges { .. } => "D:need-privileges",
        }
    }

    /// The status of the answer: 403, as sending the same again would fail again (RFC 4918 §16), but 507 for an answer
    /// that would be too large (RFC 6578 §3.6) and where there is no room (RFC 4331 §6).
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NumberOfMatchesWithinLimits
            | Self::QuotaNotExceeded
            | Self::SufficientDiskSpace => StatusCode::INSUFFICIENT_STORAGE,
            _ => StatusCode::FORBIDDEN,
        }
    }

    /// Appends its element.
    pub fn write(&self, out: &mut String) {
        match self {
            Self::SupportedFilter(part) => self.around(out, |out| part.write(out)),
            Self::NoUidConflict(href) => self.around(out, |out| text_element(out, "D:href", href)),
            Self::NeedPrivileges { href, privilege } => {
                self.around(out, |out| write_privilege(out, href, privilege));
            }
            _ => empty(out, self.name()),
        }
    }

    fn around(&self, out: &mut String, content: impl FnOnce(&mut String)) {
        start(out, self.name());
        content(out);
        end(out, self.name());
    }
}

impl FilterPart {
    fn write(&self, out: &mut String) {
        let (element, name) = match self {
            Self::Comp(name) => ("<C:comp-filter name=\"", name),
            Self::Prop(name) => ("<C:prop-filter name=\"", name),
        };
        out.push_str(element);
        escape_attr_into(out, name);
        out.push_str("\"/>");
    }
}

fn write_privilege(out: &mut String, href: &str, privilege: &str) {
    start(out, "D:resource");
    text_element(out, "D:href", href);
    start(out, "D:privilege");
    out.push_str("<D:");
    out.push_str(privilege);
    out.push_str("/>");
    end(out, "D:privilege");
    end(out, "D:resource");
}
