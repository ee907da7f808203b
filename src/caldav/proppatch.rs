//! PROPPATCH (RFC 4918 §9.2): all or nothing.

use super::elements::{Instruction, Precondition, PropertyName, Proppatch};
use super::failure::Failure;
use super::properties::propstat;
use super::propfind::multistatus;
use super::target::Target;
use super::{Answer, Body, Call};
use crate::model::{CollectionId, Properties};
use crate::xml::{Element, Namespace, write};

/// Bytes of one property's value.
const VALUE_BYTES_MAX: usize = 64 * 1024;

impl Call<'_> {
    /// Sets what the owner of a calendar may set: its name, description, colour, order and zone.
    pub(super) async fn proppatch(&self, target: &Target) -> Answer {
        let proppatch = Proppatch::parse(&self.body)?;
        let id = CollectionId::events(&self.session.user.id);
        let snapshot = self.bridge.snapshot(&id).await?;
        if let Target::Member(name) = target {
            snapshot.member(name).ok_or(Failure::NotFound)?;
        }
        let mut properties = snapshot.collection.properties.clone();
        let verdicts: Vec<Verdict> = proppatch
            .0
            .iter()
            .map(|instruction| match target {
                Target::Collection => self.follow(instruction, &mut properties),
                // Nothing else has a property of a person's own.
                _ => Verdict::Protected,
            })
            .collect();
        let all = verdicts.iter().all(|verdict| *verdict == Verdict::Done);
        if all && properties != snapshot.collection.properties {
            self.bridge.put_properties(&id, properties).await?;
        }
        Ok(multistatus(Body::whole(
            self.answer(target, &proppatch, &verdicts, all),
        )))
    }

    fn follow(&self, instruction: &Instruction, properties: &mut Properties) -> Verdict {
        let (name, value) = match instruction {
            Instruction::Set(name, element) => (name, Some(element)),
            Instruction::Remove(name) => (name, None),
        };
        let Some(slot) = slot(name, properties) else {
            // Removing what is not there is no error (RFC 4918 §14.23); what we compute cannot be removed.
            let absent = value.is_none() && !super::properties::is_known(name);
            return if absent {
                Verdict::Done
            } else {
                Verdict::Protected
            };
        };
        let text = value.map(|element: &Element| element.text().trim().to_owned());
        if text
            .as_ref()
            .is_some_and(|text| text.len() > VALUE_BYTES_MAX)
        {
            return Verdict::Invalid;
        }
        let zone = name.is(&Namespace::CalDav, "calendar-timezone");
        if zone
            && text
                .as_ref()
                .is_some_and(|text| self.check_timezone(text).is_err())
        {
            return Verdict::Invalid;
        }
        *slot = text.filter(|text| !text.is_empty());
        Verdict::Done
    }

    fn answer(
        &self,
        target: &Target,
        proppatch: &Proppatch,
        verdicts: &[Verdict],
        all: bool,
    ) -> String {
        let mut out = String::new();
        write::start_document(&mut out, "D:multistatus");
        write::start(&mut out, "D:response");
        write::text_element(&mut out, "D:href", &self.href(target));
        for (instruction, verdict) in proppatch.0.iter().zip(verdicts) {
            let (Instruction::Set(name, _) | Instruction::Remove(name)) = instruction;
            let mut property = String::new();
            write::empty_name(&mut property, name);
            match verdict {
                Verdict::Done if all => propstat(&mut out, &property, "200 OK"),
                // RFC 4918 §9.2.1: it would have been done, had the others been.
                Verdict::Done => propstat(&mut out, &property, "424 Failed Dependency"),
                Verdict::Protected => {
                    forbidden(
                        &mut out,
                        &property,
                        "403 Forbidden",
                        &Precondition::CannotModifyProtectedProperty,
                    );
                }
                Verdict::Invalid => {
                    forbidden(
                        &mut out,
                        &property,
                        "403 Forbidden",
                        &Precondition::ValidCalendarData,
                    );
                }
            }
        }
        write::end(&mut out, "D:response");
        write::end(&mut out, "D:multistatus");
        out
    }
}

/// What becomes of one instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Done,
    Protected,
    Invalid,
}

/// Where a property that its owner may set is kept.
fn slot<'p>(name: &PropertyName, properties: &'p mut Properties) -> Option<&'p mut Option<String>> {
    match (&name.ns, &*name.local) {
        (Namespace::Dav, "displayname") => Some(&mut properties.name),
        (Namespace::CalDav, "calendar-description") => Some(&mut properties.description),
        (Namespace::CalDav, "calendar-timezone") => Some(&mut properties.timezone),
        (Namespace::AppleIcal, "calendar-color") => Some(&mut properties.color),
        (Namespace::AppleIcal, "calendar-order") => Some(&mut properties.order),
        _ => None,
    }
}

fn forbidden(out: &mut String, property: &str, status: &str, precondition: &Precondition) {
    out.push_str("<D:propstat><D:prop>");
    out.push_str(property);
    out.push_str("</D:prop><D:status>HTTP/1.1 ");
    out.push_str(status);
    out.push_str("</D:status><D:error>");
    precondition.write(out);
    out.push_str("</D:error></D:propstat>");
}
