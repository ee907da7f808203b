//! What an export says of an object beside what CalDAV serves, so that the object can be rebuilt from it.
//!
//! Start at [`put_export`]; the other way is [`facts`](super::facts).
//!
//! | Property | says |
//! |---|---|
//! | `X-ADVANTA-ID` | the GUID |
//! | `X-ADVANTA-CARD` | the address of the card: the URL may be the author's own |
//! | `X-ADVANTA-PARENT` | the title of the parent |
//! | `X-ADVANTA-PLANNED` | `start` or `end`: the only planned date; the event shows it for both |
//! | `X-ADVANTA-PLANNED-START`, `-END` | a planned date that the event cannot show exactly, as local time |
//! | `X-ADVANTA-TITLE`, `-DESCRIPTION`, `-LOCATION` | the object's own, where the text says something else |

use super::ours::{Ours, View, address, ours_of, put_ours};
use super::read::spoken;
use super::{Document, Property, text, value};
use crate::model::{Object, Planned, Settings};

/// An object whose text is exported.
#[derive(Clone, Copy, Debug)]
pub struct Exported<'a> {
    /// The object as the owner of the text sees it.
    pub view: View<'a>,
    /// Set when the owner made the text: STATUS, URL and description are then theirs and stay as they are.
    pub authored: bool,
}

/// Makes the events of a text say all that the bridge knows of their object. A text that was exported already stays as it is.
pub fn put_export(document: &mut Document, of: &Exported<'_>, settings: &Settings) {
    let mut ours = ours_of(&of.view, settings);
    let card = ours.card.clone();
    if of.authored {
        let is_told = |name: &str| name.starts_with("X-ADVANTA-") || name == "RELATED-TO";
        ours.properties.retain(|property| is_told(property.name()));
        ours.card = None;
    }
    let object = of.view.object;
    let mut told = vec![Property::text("X-ADVANTA-ID", &object.id.to_string())];
    told.extend(card.map(|card| Property::text("X-ADVANTA-CARD", &card)));
    let parent = object.parent.as_ref();
    told.extend(parent.map(|parent| Property::text("X-ADVANTA-PARENT", &parent.title)));
    told.extend(planned(object.planned, settings));
    told.extend(differing(document, object));
    told.append(&mut ours.properties);
    let ours = Ours {
        properties: told,
        card: ours.card,
    };
    put_ours(document, &ours);
}

/// What the dates of an event cannot say of planned dates.
fn planned(planned: Planned, settings: &Settings) -> Vec<Property> {
    let mut told = Vec::new();
    match (planned.start, planned.end) {
        (Some(_), None) => told.push(Property::new("X-ADVANTA-PLANNED", "start")),
        (None, Some(_)) => told.push(Property::new("X-ADVANTA-PLANNED", "end")),
        (Some(_), Some(_)) | (None, None) => {}
    }
    let shown = planned
        .span(settings)
        .map(|span| Planned::from_span(span, settings))
        .unwrap_or_default();
    let local = |name, exact: Option<chrono::NaiveDateTime>, shown| {
        let exact = exact.filter(|_| exact != shown)?;
        Some(Property::new(name, value::format_local(exact)))
    };
    told.extend(local("X-ADVANTA-PLANNED-START", planned.start, shown.start));
    told.extend(local("X-ADVANTA-PLANNED-END", planned.end, shown.end));
    told
}

/// The texts of an object that the event does not show as they are: titles of several lines, and what a person wrote in their
/// own calendar only.
fn differing(document: &Document, object: &Object) -> Vec<Property> {
    let Some((_, event)) = spoken(document) else {
        return Vec::new();
    };
    let card = object.card.as_deref().map(address);
    let of = |name| {
        let property = event.property(name);
        property.map_or_else(String::new, Property::as_text)
    };
    let description = of("DESCRIPTION");
    let description = text::without_card(&description, card.as_deref())
        .0
        .to_owned();
    [
        (
            "X-ADVANTA-TITLE",
            &object.title,
            text::one_line(&of("SUMMARY")),
        ),
        ("X-ADVANTA-DESCRIPTION", &object.description, description),
        (
            "X-ADVANTA-LOCATION",
            &object.location,
            text::one_line(&of("LOCATION")),
        ),
    ]
    .into_iter()
    .filter(|(_, exact, shown)| text::as_read(exact) != *shown)
    .map(|(name, exact, _)| Property::text(name, exact))
    .collect()
}
