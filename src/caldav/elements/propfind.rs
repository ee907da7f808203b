//! `DAV:propfind` (RFC 4918 §14.20) and the same choice inside reports.

use super::body::{BodyError, root};
use crate::xml::{Element, Name, Namespace};
use std::collections::HashSet;

/// The name of a WebDAV property.
pub type PropertyName = Name;

/// Which properties are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Propfind {
    /// `allprop`: what RFC 4918 §9.1 defines and the dead properties, and these as well.
    AllProp {
        /// `include` (RFC 4918 §14.8).
        include: Vec<PropertyName>,
    },
    /// `propname`: names only.
    PropName,
    /// These, in order, none twice.
    Prop(Vec<PropertyName>),
}

impl Propfind {
    /// How many properties one request may name; real clients ask for about 40.
    pub const PROPERTIES_MAX: usize = 500;

    /// Reads the body of a PROPFIND. An empty one is `allprop` (RFC 4918 §9.1).
    pub fn parse(bytes: &[u8]) -> Result<Self, BodyError> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self::AllProp {
                include: Vec::new(),
            });
        }
        let root = root(bytes, "propfind", "the root element is not propfind")?;
        Self::of(&root)?.ok_or(BodyError::Invalid(
            "propfind holds none of prop, allprop, propname",
        ))
    }

    /// Whether a property of RFC 4331 is asked for, or all names are.
    pub fn names_quota(&self) -> bool {
        let quota = |name: &PropertyName| {
            name.ns == Namespace::Dav
                && matches!(&*name.local, "quota-available-bytes" | "quota-used-bytes")
        };
        match self {
            Self::Prop(names) | Self::AllProp { include: names } => names.iter().any(quota),
            Self::PropName => true,
        }
    }

    /// The choice inside `parent`, if it makes one.
    pub(super) fn of(parent: &Element) -> Result<Option<Self>, BodyError> {
        let mut choices = parent.elements().filter(|child| {
            child.name.ns == Namespace::Dav
                && matches!(&*child.name.local, "prop" | "allprop" | "propname")
        });
        let Some(choice) = choices.next() else {
            return Ok(None);
        };
        if choices.next().is_some() {
            return Err(BodyError::Invalid(
                "more than one of prop, allprop, propname",
            ));
        }
        Ok(Some(match &*choice.name.local {
            "prop" => Self::Prop(names_in(choice)?),
            "propname" => Self::PropName,
            _ => Self::AllProp {
                include: included(parent)?,
            },
        }))
    }
}

fn included(parent: &Element) -> Result<Vec<PropertyName>, BodyError> {
    match parent.child(Namespace::Dav, "include") {
        Some(include) => names_in(include),
        None => Ok(Vec::new()),
    }
}

fn names_in(list: &Element) -> Result<Vec<PropertyName>, BodyError> {
    if list.elements().count() > Propfind::PROPERTIES_MAX {
        return Err(BodyError::Invalid("more properties than allowed"));
    }
    let mut seen = HashSet::new();
    let names = list.elements().map(|property| &property.name);
    Ok(names.filter(|name| seen.insert(*name)).cloned().collect())
}
