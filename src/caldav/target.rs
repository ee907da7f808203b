//! What a path stands for.

use crate::bridge::spelling::segment;
use crate::model::{CollectionKind, InvalidName, ResourceName, UserId};
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

/// Why a path stands for no resource of the caller's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nowhere {
    /// Another's, or nothing that a bridge has.
    Foreign,
    /// In the caller's collection, by a name that no member can have.
    Name(InvalidName),
    /// Below a member: a member holds nothing.
    BelowMember,
    /// In the caller's home, where no collection is.
    NoCollection,
}

impl Target {
    /// Reads a path.
    ///
    /// # Errors
    /// Why it is no resource of the caller's; what is another's is told apart from nothing by no answer.
    pub fn parse(path: &str, caller: &UserId) -> Result<Self, Nowhere> {
        let segments = decoded(path).ok_or(Nowhere::Foreign)?;
        let own = |user: &str| user == caller.as_str();
        let texts: Vec<Option<&str>> = segments.iter().map(Option::as_deref).collect();
        match texts.as_slice() {
            [] | [Some("dav")] => Ok(Self::Root),
            [Some("dav"), Some("principals")] => Ok(Self::Principals),
            [Some("dav"), Some("principals"), Some(user)] if own(user) => Ok(Self::Principal),
            [Some("dav"), Some("calendars")] => Ok(Self::Calendars),
            [Some("dav"), Some("calendars"), Some(user), below @ ..] if own(user) => {
                Self::in_home(below)
            }
            _ => Err(Nowhere::Foreign),
        }
    }

    fn in_home(below: &[Option<&str>]) -> Result<Self, Nowhere> {
        match below {
            [] => Ok(Self::Home),
            [Some(kind)] if is_events(kind) => Ok(Self::Collection),
            [Some(kind), name] if is_events(kind) => {
                let name = name.ok_or(InvalidName::Character);
                let name = name.and_then(ResourceName::new);
                name.map(Self::Member).map_err(Nowhere::Name)
            }
            [Some(kind), ..] if is_events(kind) => Err(Nowhere::BelowMember),
            _ => Err(Nowhere::NoCollection),
        }
    }

    /// What a path would be for whoever it belongs to: for OPTIONS without a password.
    pub fn shape(path: &str) -> Self {
        let owner = decoded(path)
            .and_then(|segments| segments.into_iter().nth(2))
            .flatten()
            .unwrap_or_default();
        Self::parse(path, &UserId::new(owner)).unwrap_or(Self::Root)
    }

    /// The name of the member that an href of a request names, if it is one of the caller's.
    pub fn member_of_href(href: &str, caller: &UserId) -> Option<ResourceName> {
        match Self::parse(path_of(href), caller).ok()? {
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

/// Decoded segments, `None` for one that is not UTF-8; one empty segment at the end (a trailing slash) is none.
fn decoded(path: &str) -> Option<Vec<Option<String>>> {
    let inner = path.strip_prefix('/')?;
    let inner = inner.strip_suffix('/').unwrap_or(inner);
    if inner.is_empty() {
        return Some(vec![]);
    }
    let segment = |each| percent_decode_str(each).decode_utf8().ok();
    let segments = inner.split('/').map(segment);
    Some(segments.map(|each| each.map(String::from)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(path: &str) -> Result<Target, Nowhere> {
        Target::parse(path, &UserId::new("u-anna"))
    }

    #[test]
    fn paths_are_read_with_and_without_a_slash_at_the_end() {
        assert_eq!(parse("/"), Ok(Target::Root));
        assert_eq!(parse("/dav"), Ok(Target::Root));
        assert_eq!(parse("/dav/principals/u-anna/"), Ok(Target::Principal));
        assert_eq!(parse("/dav/calendars/u-anna"), Ok(Target::Home));
        assert_eq!(
            parse("/dav/calendars/u-anna/advanta/"),
            Ok(Target::Collection)
        );
        let name = ResourceName::new("a b.ics").unwrap();
        assert_eq!(
            parse("/dav/calendars/u%2Danna/advanta/a%20b.ics"),
            Ok(Target::Member(name))
        );
    }

    #[test]
    fn what_is_anothers_is_nothing() {
        for path in [
            "/dav/calendars/u-boris/advanta/x.ics",
            "/dav/calendars/u-boris/advanta/a%09b",
            "/dav/calendars/u-boris/other/",
            "/dav/principals/u-boris/",
            "/other",
        ] {
            assert_eq!(parse(path), Err(Nowhere::Foreign), "{path}");
        }
    }

    #[test]
    fn a_slash_in_a_name_is_ordinary_and_other_names_say_what_is_wrong() {
        let name = ResourceName::new("a/b").unwrap();
        assert_eq!(
            parse("/dav/calendars/u-anna/advanta/a%2Fb"),
            Ok(Target::Member(name))
        );
        let wrong = |name: &str| parse(&format!("/dav/calendars/u-anna/advanta/{name}"));
        for name in ["a%09b", "%0A", "%00", "%FF"] {
            assert_eq!(
                wrong(name),
                Err(Nowhere::Name(InvalidName::Character)),
                "{name}"
            );
        }
        assert_eq!(wrong("%2E%2E"), Err(Nowhere::Name(InvalidName::Reserved)));
        let long = "x".repeat(256);
        assert_eq!(wrong(&long), Err(Nowhere::Name(InvalidName::TooLong)));
        assert_eq!(wrong("a.ics/b.ics"), Err(Nowhere::BelowMember));
        assert_eq!(wrong("/x.ics"), Err(Nowhere::BelowMember));
        let other = parse("/dav/calendars/u-anna/other/x.ics");
        assert_eq!(other, Err(Nowhere::NoCollection));
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
