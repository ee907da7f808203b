//! What a path stands for.

use crate::bridge::spelling::segment;
use crate::model::{CollectionKind, ResourceName, UserId};
use percent_encoding::percent_decode_str;

/// A resource of the caller's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// `/` and `/dav/`.
    Root,
    /// `/dav/principals/`.
    Principals,
    /// `/dav/principals/{user}/`.
    Principal,
    /// `/dav/calendars/`.
    Calendars,
    /// `/dav/calendars/{user}/`.
    Home,
    /// `/dav/calendars/{user}/advanta/`.
    Collection,
    /// `/dav/calendars/{user}/advanta/{name}`.
    Member(ResourceName),
}

impl Target {
    /// Reads a path; `None` when it is nothing, or another's.
    pub fn parse(path: &str, caller: &UserId) -> Option<Self> {
        let segments = decoded(path)?;
        let own = |user: &str| user == caller.as_str();
        match segments
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .as_slice()
        {
            [] | ["dav"] => Some(Self::Root),
            ["dav", "principals"] => Some(Self::Principals),
            ["dav", "principals", user] if own(user) => Some(Self::Principal),
            ["dav", "calendars"] => Some(Self::Calendars),
            ["dav", "calendars", user] if own(user) => Some(Self::Home),
            ["dav", "calendars", user, kind] if own(user) && is_events(kind) => {
                Some(Self::Collection)
            }
            ["dav", "calendars", user, kind, name] if own(user) && is_events(kind) => {
                ResourceName::new(name).ok().map(Self::Member)
            }
            _ => None,
        }
    }

    /// What a path would be for whoever it belongs to: for OPTIONS without a password.
    pub fn shape(path: &str) -> Self {
        let owner = decoded(path)
            .and_then(|segments| segments.into_iter().nth(2))
            .unwrap_or_default();
        Self::parse(path, &UserId::new(owner)).unwrap_or(Self::Root)
    }

    /// The name of the member that an href of a request names, if it is one of the caller's.
    pub fn member_of_href(href: &str, caller: &UserId) -> Option<ResourceName> {
        match Self::parse(path_of(href), caller)? {
            Self::Member(name) => Some(name),
            _ => None,
        }
    }
}

/// Canonical hrefs.
pub struct Hrefs;

impl Hrefs {
    /// Of the caller's principal.
    pub fn principal(user: &UserId) -> String {
        format!("/dav/principals/{}/", segment(user.as_str()))
    }

    /// Of the caller's calendar home.
    pub fn home(user: &UserId) -> String {
        format!("/dav/calendars/{}/", segment(user.as_str()))
    }

    /// Of the caller's collection.
    pub fn collection(user: &UserId) -> String {
        format!("{}{}/", Self::home(user), CollectionKind::Events.segment())
    }

    /// Of one member.
    pub fn member(user: &UserId, name: &ResourceName) -> String {
        format!("{}{}", Self::collection(user), segment(name.as_str()))
    }
}

fn is_events(kind: &str) -> bool {
    kind == CollectionKind::Events.segment()
}

/// The path of an absolute or relative reference.
fn path_of(href: &str) -> &str {
    let after_scheme = href.split_once("://").map(|(_, rest)| rest);
    let path = after_scheme.map_or(href, |rest| {
        rest.find('/').map_or("/", |slash| &rest[slash..])
    });
    path.split(['?', '#']).next().unwrap_or(path)
}

/// Decoded segments; one empty segment at the end (a trailing slash) is none.
fn decoded(path: &str) -> Option<Vec<String>> {
    let inner = path.strip_prefix('/')?;
    let inner = inner.strip_suffix('/').unwrap_or(inner);
    if inner.is_empty() {
        return Some(vec![]);
    }
    inner
        .split('/')
        .map(|each| {
            percent_decode_str(each)
                .decode_utf8()
                .ok()
                .map(String::from)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(path: &str) -> Option<Target> {
        Target::parse(path, &UserId::new("u-anna"))
    }

    #[test]
    fn paths_are_read_with_and_without_a_slash_at_the_end() {
        assert_eq!(parse("/"), Some(Target::Root));
        assert_eq!(parse("/dav"), Some(Target::Root));
        assert_eq!(parse("/dav/principals/u-anna/"), Some(Target::Principal));
        assert_eq!(parse("/dav/calendars/u-anna"), Some(Target::Home));
        assert_eq!(
            parse("/dav/calendars/u-anna/advanta/"),
            Some(Target::Collection)
        );
        let name = ResourceName::new("a b.ics").unwrap();
        assert_eq!(
            parse("/dav/calendars/u%2Danna/advanta/a%20b.ics"),
            Some(Target::Member(name))
        );
    }

    #[test]
    fn what_is_anothers_is_nothing() {
        assert_eq!(parse("/dav/calendars/u-boris/advanta/x.ics"), None);
        assert_eq!(parse("/dav/principals/u-boris/"), None);
        assert_eq!(parse("/dav/calendars/u-anna/other/"), None);
        assert_eq!(parse("/dav/calendars/u-anna/advanta/a%2Fb"), None);
        assert_eq!(parse("/dav/calendars/u-anna/advanta//x.ics"), None);
        assert_eq!(parse("/dav/calendars/u-anna/advanta/%FF"), None);
    }

    #[test]
    fn hrefs_may_be_absolute() {
        let anna = UserId::new("u-anna");
        let found = Target::member_of_href(
            "https://cal.example.com/dav/calendars/u-anna/advanta/x.ics",
            &anna,
        );
        assert_eq!(found, ResourceName::new("x.ics").ok());
    }
}
