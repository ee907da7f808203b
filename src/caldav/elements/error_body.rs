//! `DAV:error` (RFC 4918 §14.5): the body of a refusal.

use super::Precondition;
use crate::model::{Field, Reason};
use crate::xml::write::{end, escape_attr_into, escape_text_into, start_document, text_element};

/// What a refusal says.
#[derive(Clone, Copy, Debug)]
pub struct ErrorBody<'a> {
    /// The condition that the request broke.
    pub precondition: &'a Precondition,
    /// Words for the person, in their language (RFC 4918 §14.25); Evolution shows them.
    pub description: Option<&'a str>,
    /// The fields that the rules refused, for machines; our own namespace.
    pub refused: &'a [Refused<'a>],
}

/// One refused field.
#[derive(Clone, Copy, Debug)]
pub struct Refused<'a> {
    /// Which field.
    pub field: Field,
    /// Why.
    pub reason: Reason,
    /// The value that stands.
    pub kept: &'a str,
}

impl<'a> ErrorBody<'a> {
    /// A condition and nothing else.
    pub fn of(precondition: &'a Precondition) -> Self {
        Self {
            precondition,
            description: None,
            refused: &[],
        }
    }
}

/// Appends the whole document.
pub fn write_error_body(out: &mut String, body: &ErrorBody<'_>) {
    start_document(out, "D:error");
    body.precondition.write(out);
    for refused in body.refused {
        write_refused(out, refused);
    }
    if let Some(description) = body.description {
        text_element(out, "D:responsedescription", description);
    }
    end(out, "D:error");
}

/// `<X:refused field="start" reason="actual-start">2026-12-01</X:refused>`.
fn write_refused(out: &mut String, refused: &Refused<'_>) {
    out.push_str("<X:refused field=\"");
    escape_attr_into(out, refused.field.word());
    out.push_str("\" reason=\"");
    escape_attr_into(out, refused.reason.word());
    out.push_str("\">");
    escape_text_into(out, refused.kept);
    end(out, "X:refused");
}
