//! One object as one person sees it: the draft of a member.

use super::Bridge;
use crate::diff;
use crate::ical::{self, Document, Incoming, Patch};
use crate::model::{
    Base, Field, Fields, Object, Overlay, Resource, ResourceName, Rights, Settings, Timestamp,
    UserId, Withdrawn,
};
use crate::ports::{Kept, Move, ResourceDraft};
use crate::rules;
use std::sync::Arc;

/// What a person sees of an object: the object with their rights.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) object: &'a Object,
    pub(super) rights: Rights,
    pub(super) settings: &'a Settings,
}

impl<'a> Seen<'a> {
    /// `None` when the person is no participant or the object has no dates that a calendar can show.
    pub(super) fn by(user: &UserId, object: &'a Object, settings: &'a Settings) -> Option<Self> {
        let rights = *object.participants.get(user)?;
        // Dates that no calendar can show are none.
        let showable = object.planned.span(settings).is_some_and(ical::is_showable);
        showable.then_some(Self {
            object,
            rights,
            settings,
        })
    }

    /// *Our* base: what ADVANTA holds.
    pub(super) fn mirrored(&self) -> Base {
        Base::from(&self.object.fields(self.settings))
    }

    /// What is ours in anybody's text of it.
    fn locks(&self) -> Vec<Field> {
        rules::locks(self.object, self.rights, self.settings)
    }

    /// The member of a person whose client never wrote it.
    pub(super) fn fresh(&self, name: ResourceName, uid: String) -> Option<ResourceDraft> {
        let rendered = self.rendered(&uid, self.object.changed)?;
        Some(ResourceDraft {
            object: self.object.id,
            name,
            uid,
            body: rendered.text.into(),
            first: rendered.first,
            last: rendered.last,
            recurs: false,
            shown: Base::from(&rendered.fields),
            mirrored: self.mirrored(),
            overlay: None,
            stamp: self.object.changed,
            rendering: ical::RENDERING,
            refusal: None,
        })
    }

    fn rendered(&self, uid: &str, stamp: Timestamp) -> Option<ical::Rendered> {
        let locks = self.locks();
        ical::render(
            &ical::View {
                object: self.object,
                uid,
                locks: &locks,
                stamp,
            },
            self.settings,
        )
    }

    /// The member after the authority changed the object; `None` when nothing of it moves, not even its bases.
    pub(super) fn carried(
        &self,
        member: &Resource,
        limits: &ical::Limits,
    ) -> Option<(ResourceDraft, Move)> {
        match member.overlay {
            None => self.carried_ours(member),
            Some(overlay) => self.carried_theirs(member, overlay, limits),
        }
    }

    fn carried_ours(&self, member: &Resource) -> Option<(ResourceDraft, Move)> {
        // With the old stamp: a change that this person does not see moves nothing.
        if self.rendered(&member.uid, member.stamp)?.text == *member.body {
            let stale = member.rendering != ical::RENDERING;
            return (stale || member.mirrored != self.mirrored()).then(|| {
                let draft = ResourceDraft {
                    mirrored: self.mirrored(),
                    rendering: ical::RENDERING,
                    ..draft_of(member)
                };
                (draft, Move::Stay)
            });
        }
        let fresh = self.fresh(member.name.clone(), member.uid.clone())?;
        Some((
            ResourceDraft {
                refusal: member.refusal.map(Kept::Old),
                ..fresh
            },
            Move::Content,
        ))
    }

    fn carried_theirs(
        &self,
        member: &Resource,
        overlay: Overlay,
        limits: &ical::Limits,
    ) -> Option<(ResourceDraft, Move)> {
        let mirrored = self.mirrored();
        let changed = diff::two_way(&member.mirrored, &mirrored);
        let Ok(mut document) = Document::parse(member.body.as_bytes(), limits) else {
            // A text that we stored and cannot read any more: serve our own rendering rather than something stale.
            let fresh = self.fresh(member.name.clone(), member.uid.clone())?;
            return Some((fresh, Move::Content));
        };
        let patch = self.patch(&changed, member.recurs, overlay);
        if ical::patch(&mut document, &patch, self.settings).is_err() {
            return Some((
                self.fresh(member.name.clone(), member.uid.clone())?,
                Move::Content,
            ));
        }
        let text = document.to_text();
        if text == *member.body {
            let draft = ResourceDraft {
                mirrored,
                ..draft_of(member)
            };
            return (draft.mirrored != member.mirrored).then_some((draft, Move::Stay));
        }
        let read = ical::read(
            text.as_bytes(),
            self.object.card.as_deref(),
            self.settings,
            limits,
        );
        let Ok(read) = read else {
            // Rewritten past a limit, say: better our own rendering than a text that is true no more.
            let fresh = self.fresh(member.name.clone(), member.uid.clone())?;
            return Some((fresh, Move::Content));
        };
        let draft = self.of_incoming(&read, member.name.clone(), text.into(), overlay);
        Some((
            ResourceDraft {
                refusal: member.refusal.map(Kept::Old),
                ..draft
            },
            Move::Content,
        ))
    }

    /// The member of a person whose deletion was undone: their own text with what changed meanwhile.
    pub(super) fn brought_back(
        &self,
        withdrawn: &Withdrawn,
        limits: &ical::Limits,
    ) -> Option<ResourceDraft> {
        let own = withdrawn
            .overlay
            .and_then(|overlay| self.own_text(withdrawn, overlay, limits));
        own.or_else(|| self.fresh(withdrawn.name.clone(), withdrawn.uid.clone()))
    }

    fn own_text(
        &self,
        withdrawn: &Withdrawn,
        overlay: Overlay,
        limits: &ical::Limits,
    ) -> Option<ResourceDraft> {
        let card = self.object.card.as_deref();
        let read = |text: &str| ical::read(text.as_bytes(), card, self.settings, limits).ok();
        let old = read(&withdrawn.body)?;
        let changed = diff::two_way(&Base::from(&old.fields), &self.mirrored());
        let mut document = old.document;
        let patch = self.patch(&changed, old.recurs, overlay);
        ical::patch(&mut document, &patch, self.settings).ok()?;
        let text = document.to_text();
        let new = read(&text)?;
        Some(self.of_incoming(&new, withdrawn.name.clone(), text.into(), overlay))
    }

    /// What is to be rewritten in a client's own text for the fields that the authority changed.
    fn patch(&self, changed: &[Field], recurs: bool, overlay: Overlay) -> Patch {
        let has = |field| changed.contains(&field);
        let fields = self.object.fields(self.settings);
        // A schedule stays in the calendar that it came from until its title is edited in ADVANTA (the vendor's page).
        let drop_recurrence = recurs && has(Field::Title);
        let dates = has(Field::Start) || has(Field::End) || drop_recurrence;
        Patch {
            title: has(Field::Title).then(|| fields.title.clone()),
            span: if dates { fields.span } else { None },
            description: has(Field::Description).then(|| fields.description.clone()),
            location: has(Field::Location).then(|| fields.location.clone()),
            drop_recurrence,
            ours: self.ours(overlay),
            card: None,
        }
    }

    /// The properties that are ours, unless the text is wholly its author's.
    pub(super) fn ours(&self, overlay: Overlay) -> Option<ical::Ours> {
        (!overlay.authored).then(|| {
            let locks = self.locks();
            let (object, stamp) = (self.object, self.object.changed);
            ical::ours_of(
                &ical::View {
                    object,
                    uid: "",
                    locks: &locks,
                    stamp,
                },
                self.settings,
            )
        })
    }

    /// The member that holds a client's own text.
    pub(super) fn of_incoming(
        &self,
        incoming: &Incoming,
        name: ResourceName,
        body: Arc<str>,
        overlay: Overlay,
    ) -> ResourceDraft {
        ResourceDraft {
            object: self.object.id,
            name,
            uid: incoming.uid.clone(),
            body,
            first: incoming.first,
            last: incoming.last,
            recurs: incoming.recurs,
            shown: Base::from(&incoming.fields),
            mirrored: self.mirrored(),
            overlay: Some(overlay),
            stamp: self.object.changed,
            rendering: ical::RENDERING,
            refusal: None,
        }
    }

    /// The fields that stand.
    pub(super) fn fields(&self) -> Fields {
        self.object.fields(self.settings)
    }
}

/// A member as it is.
pub(super) fn draft_of(member: &Resource) -> ResourceDraft {
    ResourceDraft {
        object: member.object,
        name: member.name.clone(),
        uid: member.uid.clone(),
        body: Arc::clone(&member.body),
        first: member.first,
        last: member.last,
        recurs: member.recurs,
        shown: member.shown.clone(),
        mirrored: member.mirrored.clone(),
        overlay: member.overlay,
        stamp: member.stamp,
        rendering: member.rendering,
        refusal: member.refusal.map(Kept::Old),
    }
}

impl Bridge {
    /// The occurrences of a member, for range queries.
    pub fn read_schedule(&self, member: &Resource) -> Option<ical::Schedule> {
        ical::read(
            member.body.as_bytes(),
            None,
            &self.settings,
            &self.limits.ical,
        )
        .ok()
        .map(|read| read.schedule)
    }
}
