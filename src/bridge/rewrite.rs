//! The text to serve after an edit: the person's own, with every field that does not stand rewritten.

use super::Bridge;
use super::aside::Size;
use super::edit::{EditError, Put};
use super::judged::Judged;
use super::view::Seen;
use crate::diff::Leg;
use crate::ical::{self, Document, Incoming, Patch};
use crate::model::{Field, Outcome, Overlay, Reason, Resource, Settings, UserId};
use std::sync::Arc;

/// The text to serve from now on.
pub(super) struct Text {
    pub(super) body: Arc<str>,
    /// Read again from `body` unless that is what was sent.
    pub(super) read: Option<Incoming>,
    /// The body is, byte for byte, what was sent.
    pub(super) exact: bool,
    /// The body is what was served before: nothing but a restore happened.
    pub(super) unmoved: bool,
}

impl Bridge {
    /// The person's text with every field that does not stand rewritten to what stands.
    pub(super) async fn text(
        &self,
        put: &Put<'_>,
        judged: &Arc<Judged>,
    ) -> Result<Text, EditError> {
        let (settings, limits) = (self.settings.clone(), self.limits.ical);
        let (who, sent, judged) = (
            put.standing.who.clone(),
            put.bytes.to_vec(),
            Arc::clone(judged),
        );
        let size = judged.size.max(Size::of(&judged.member.body));
        let work = move || judged.text(&who, &sent, &settings, &limits);
        self.aside.more(put.standing.who, size, work).await?
    }
}

impl Judged {
    fn text(
        &self,
        who: &UserId,
        sent: &[u8],
        settings: &Settings,
        limits: &ical::Limits,
    ) -> Result<Text, EditError> {
        let overlay = overlay_of(&self.member);
        let seen = self.seen(who, settings)?;
        let mut document = self.incoming.document.clone();
        let patch = restoring(self, &seen, overlay);
        if self.schedule_is_refused() && !patch.drop_recurrence {
            let served = Document::parse(self.member.body.as_bytes(), limits);
            if let Ok(served) = served {
                ical::put_schedule(&mut document, &served);
            }
        }
        ical::patch(&mut document, &patch, settings)?;
        if overlay.authored {
            ical::strip_ours(&mut document, None);
        }
        let text = document.to_text();
        if self.verdict.has_restore() && self.is_noise(&document, settings, limits) {
            return Ok(Text {
                body: Arc::clone(&self.member.body),
                read: None,
                exact: false,
                unmoved: true,
            });
        }
        if text.as_bytes() == sent {
            return Ok(Text {
                body: text.into(),
                read: None,
                exact: true,
                unmoved: false,
            });
        }
        let read = ical::read(
            text.as_bytes(),
            self.after.card.as_deref(),
            settings,
            limits,
        )?;
        Ok(Text {
            body: text.into(),
            read: Some(read),
            exact: false,
            unmoved: false,
        })
    }

    /// What the person sees of it after the edit.
    pub(super) fn seen<'j>(
        &'j self,
        who: &UserId,
        settings: &'j Settings,
    ) -> Result<Seen<'j>, EditError> {
        Seen::by(who, &self.after, settings).ok_or(EditError::Busy)
    }

    /// Whether a text differs from what is served by noise only: stamps, order, wording of zones.
    fn is_noise(&self, document: &Document, settings: &Settings, limits: &ical::Limits) -> bool {
        Document::parse(self.member.body.as_bytes(), limits)
            .is_ok_and(|served| ical::same_but_noise(&served, document, settings))
    }
}

/// A text that a client puts over our rendering is an overlay, not a resource of its author's making.
pub(super) fn overlay_of(member: &Resource) -> Overlay {
    member.overlay.unwrap_or(Overlay { authored: false })
}

/// What is to be rewritten in the person's text so that it shows what stands.
fn restoring(judged: &Judged, seen: &Seen<'_>, overlay: Overlay) -> Patch {
    let stands = seen.fields();
    // A field needs rewriting when what the person sent is not what stands: refused, lost to ADVANTA, or edited there meanwhile.
    let lost = |field: Field| match judged.legs.get(&field) {
        Some(Leg::Ours) => true,
        Some(Leg::Theirs | Leg::Conflict) => judged
            .verdict
            .of(field)
            .is_some_and(|it| it != Outcome::Applied),
        Some(Leg::Agreed) | None => false,
    };
    let no_recurrence =
        judged.verdict.of(Field::Recurrence) == Some(Outcome::Refused(Reason::NoRecurrence));
    let dates_edited =
        judged.verdict.of(Field::Start).is_some() || judged.verdict.of(Field::End).is_some();
    let dates_differ = dates_edited && judged.incoming.fields.span != stands.span;
    // A title that ADVANTA edited meanwhile ends a schedule here, as it does when the edit arrives by itself.
    let retitled =
        judged.incoming.recurs && matches!(judged.legs.get(&Field::Title), Some(Leg::Ours));
    let drop_recurrence = no_recurrence || retitled;
    let dates = lost(Field::Start) || lost(Field::End) || dates_differ || drop_recurrence;
    Patch {
        title: lost(Field::Title).then(|| stands.title.clone()),
        span: if dates { stands.span } else { None },
        description: lost(Field::Description).then(|| stands.description.clone()),
        location: lost(Field::Location).then(|| stands.location.clone()),
        drop_recurrence,
        ours: seen.ours(overlay),
        card: None,
    }
}
