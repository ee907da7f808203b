//! What an exported event says of its object, beside what every calendar knows.
//!
//! Start at [`facts`]; the other way is [`put_export`](super::put_export). Texts that CalDAV served are understood as well,
//! as far as they say something.

use super::ours::{LOCKS, address, id_of_uid};
use super::read::spoken;
use super::timing::only;
use super::value::Written;
use super::{Component, Document, Invalid, Property, text};
use crate::model::{Field, Fields, Kind, ObjectId, Planned, Settings, Span, Status, UserId};
use chrono::{NaiveDateTime, TimeZone as _};

/// What an event says of its object; what it does not say is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The GUID: X-ADVANTA-ID, else the UID when it is one of ours.
    pub id: Option<ObjectId>,
    /// X-ADVANTA-KIND.
    pub kind: Option<Kind>,
    /// X-ADVANTA-STATUS.
    pub status: Option<Status>,
    /// X-ADVANTA-PERCENT, 0 to 100.
    pub percent: Option<u8>,
    /// X-ADVANTA-ACTUAL-START, as local time of the installation's zone.
    pub actual_start: Option<NaiveDateTime>,
    /// X-ADVANTA-ACTUAL-END, as local time of the installation's zone.
    pub actual_end: Option<NaiveDateTime>,
    /// X-ADVANTA-OWNER.
    pub owner: Option<UserId>,
    /// X-ADVANTA-RESPONSIBLE.
    pub responsible: Option<UserId>,
    /// X-ADVANTA-LOCK: what the owner of the text might not change.
    pub locked: Vec<Field>,
    /// RELATED-TO with a UID of ours.
    pub parent: Option<ObjectId>,
    /// X-ADVANTA-PARENT: the title of the parent.
    pub parent_title: Option<String>,
    /// The address of the card, whose line ends the description: to be given to [`read`](super::read).
    pub card: Option<String>,
    /// X-ADVANTA-PLANNED: the only planned date, start or end.
    pub only: Option<Field>,
    /// X-ADVANTA-PLANNED-START: local time that the event cannot show exactly.
    pub planned_start: Option<NaiveDateTime>,
    /// X-ADVANTA-PLANNED-END: likewise.
    pub planned_end: Option<NaiveDateTime>,
    /// X-ADVANTA-TITLE: the title when the event cannot show it.
    pub title: Option<String>,
    /// X-ADVANTA-DESCRIPTION: the description when the event shows the person's own.
    pub description: Option<String>,
    /// X-ADVANTA-LOCATION: likewise.
    pub location: Option<String>,
}

/// The fields of an object as an export tells them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Title.
    pub title: String,
    /// Planned dates.
    pub planned: Planned,
    /// Description without the card line.
    pub description: String,
    /// Location.
    pub location: String,
}

/// Reads what the event that speaks for a text says of its object: the master, else the first one.
///
/// # Errors
/// The line and the name of a property of ours that cannot be understood.
pub fn facts(document: &Document, settings: &Settings) -> Result<Facts, Invalid> {
    let Some((_, event)) = spoken(document) else {
        return Err(Invalid::new(
            document.calendar().line(),
            "there is no VEVENT",
        ));
    };
    let said = Said(event);
    let uid = event.property("UID").map(Property::as_text);
    let id = said.parsed("X-ADVANTA-ID", |text| text.parse().ok().map(ObjectId))?;
    let at = |text: &str| at(text, settings);
    Ok(Facts {
        id: id.or_else(|| id_of_uid(&uid?)),
        kind: said.parsed("X-ADVANTA-KIND", Kind::from_word)?,
        status: said.parsed("X-ADVANTA-STATUS", |text| text.parse().ok().map(Status))?,
        percent: said.parsed("X-ADVANTA-PERCENT", percent)?,
        actual_start: said.parsed("X-ADVANTA-ACTUAL-START", at)?,
        actual_end: said.parsed("X-ADVANTA-ACTUAL-END", at)?,
        owner: said.text("X-ADVANTA-OWNER")?.map(UserId::new),
        responsible: said.text("X-ADVANTA-RESPONSIBLE")?.map(UserId::new),
        locked: said.parsed("X-ADVANTA-LOCK", locks)?.unwrap_or_default(),
        parent: parent(event),
        parent_title: said.text("X-ADVANTA-PARENT")?,
        card: card_of(event),
        only: said.parsed("X-ADVANTA-PLANNED", edge)?,
        planned_start: said.parsed("X-ADVANTA-PLANNED-START", at)?,
        planned_end: said.parsed("X-ADVANTA-PLANNED-END", at)?,
        title: said.text("X-ADVANTA-TITLE")?,
        description: said.text("X-ADVANTA-DESCRIPTION")?,
        location: said.text("X-ADVANTA-LOCATION")?,
    })
}

impl Facts {
    /// The fields of the object, of those that were [`read`](super::read) from the text with [`card`](Self::card).
    ///
    /// A title or a date that was changed in the text since it was exported is believed over what the export says of the
    /// former one.
    pub fn told(&self, shown: &Fields, settings: &Settings) -> Told {
        let title = self.title.clone();
        let exact = |text: &Option<String>, shown: &String| text.as_ref().unwrap_or(shown).clone();
        Told {
            title: title
                .filter(|title| text::one_line(title) == shown.title)
                .unwrap_or_else(|| shown.title.clone()),
            planned: shown
                .span
                .map_or_else(Planned::default, |span| self.planned(span, settings)),
            description: exact(&self.description, &shown.description),
            location: exact(&self.location, &shown.location),
        }
    }

    /// The planned dates of an object that is shown on a span.
    fn planned(&self, span: Span, settings: &Settings) -> Planned {
        let both = Planned::from_span(span, settings);
        let set = Planned {
            start: both.start.filter(|_| self.only != Some(Field::End)),
            end: both.end.filter(|_| self.only != Some(Field::Start)),
        };
        let exact = Planned {
            start: self.planned_start.or(set.start),
            end: self.planned_end.or(set.end),
        };
        let as_shown = |planned: &Planned| planned.span(settings) == Some(span);
        [exact, set].into_iter().find(as_shown).unwrap_or(both)
    }
}

/// An event to be asked for properties of ours.
struct Said<'a>(&'a Component);

impl Said<'_> {
    fn text(&self, name: &str) -> Result<Option<String>, Invalid> {
        self.parsed(name, |text| Some(text.to_owned()))
    }

    fn parsed<T>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Invalid> {
        let property =
            only(self.0, name).map_err(|rejected| Invalid::new(rejected.line, rejected.what))?;
        let Some(property) = property else {
            return Ok(None);
        };
        let fail = || Invalid::new(property.line(), format!("{name} cannot be understood"));
        parse(&property.as_text()).map(Some).ok_or_else(fail)
    }
}

fn percent(text: &str) -> Option<u8> {
    text.parse().ok().filter(|percent| *percent <= 100)
}

fn edge(text: &str) -> Option<Field> {
    match text {
        "start" => Some(Field::Start),
        "end" => Some(Field::End),
        _ => None,
    }
}

fn locks(text: &str) -> Option<Vec<Field>> {
    let field = |word: &str| {
        LOCKS
            .iter()
            .find(|(_, name)| *name == word)
            .map(|(field, _)| *field)
    };
    text.split(',').map(field).collect()
}

/// A local time: as such, or in UTC.
fn at(text: &str, settings: &Settings) -> Option<NaiveDateTime> {
    match Written::parse(text)? {
        Written::Local(at) => Some(at),
        Written::Utc(at) => Some(settings.zone.from_utc_datetime(&at).naive_local()),
        Written::Date(_) => None,
    }
}

fn parent(event: &Component) -> Option<ObjectId> {
    let is_parent = |relation: &&Property| {
        let kind = relation.param("RELTYPE");
        kind.is_none_or(|kind| kind.eq_ignore_ascii_case("PARENT"))
    };
    let mut relations = event.properties_named("RELATED-TO").filter(is_parent);
    relations.find_map(|relation| id_of_uid(&relation.as_text()))
}

/// The address of the card: told by an export, or the URL of a text of ours whose description ends with it.
pub(super) fn card_of(event: &Component) -> Option<String> {
    if let Some(card) = event.property("X-ADVANTA-CARD") {
        let card = address(&card.as_text());
        return (!card.is_empty()).then_some(card);
    }
    event.property("X-ADVANTA-KIND")?;
    let url = event.property("URL")?.value().trim();
    let description = event.property("DESCRIPTION")?.as_text();
    let is_card = !url.is_empty() && text::without_card(&description, Some(url)).1;
    is_card.then(|| url.to_owned())
}
