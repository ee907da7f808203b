//! Multistatus answers of any size: pieces are made while they are sent, so an answer costs the memory of one piece.

use super::Body;
use super::members::{Template, not_found};
use crate::bridge::snapshot::Entry;
use crate::model::ResourceName;
use crate::xml::write;
use bytes::Bytes;
use std::sync::Arc;

/// Bytes of one piece, about: a member more is written before it is sent.
pub const PIECE_BYTES: usize = 64 * 1024;

/// One response of a multistatus.
pub enum Item {
    /// A member.
    Member(Arc<Entry>),
    /// A member that was there.
    Gone(ResourceName),
    /// Nothing at this href, whatever a client sent as one.
    NotFound(String),
}

/// A multistatus of `items`; `head` is the document so far, `tail` stands before the end of the root element.
pub fn multistatus<I>(head: String, items: I, template: Template, tail: String) -> Body
where
    I: Iterator<Item = Item> + Send + 'static,
{
    let mut writer = Writer {
        items,
        template,
        tail: Some(tail),
    };
    let first = writer.piece(head);
    if writer.tail.is_none() {
        return Body::whole(first);
    }
    let mut first = Some(first);
    Body::pieces(move || match first.take() {
        Some(first) => Some(Bytes::from(first)),
        None if writer.tail.is_none() => None,
        None => Some(writer.piece(String::with_capacity(PIECE_BYTES * 2)).into()),
    })
}

struct Writer<I> {
    items: I,
    template: Template,
    /// Taken when the document is ended.
    tail: Option<String>,
}

impl<I: Iterator<Item = Item>> Writer<I> {
    /// Writes on until a piece is full or the document ends.
    fn piece(&mut self, mut out: String) -> String {
        while out.len() < PIECE_BYTES {
            match self.items.next() {
                Some(Item::Member(entry)) => self.template.member(&mut out, &entry),
                Some(Item::Gone(name)) => self.template.gone(&mut out, &name),
                Some(Item::NotFound(href)) => not_found(&mut out, &href),
                None => {
                    out.push_str(&self.tail.take().unwrap_or_default());
                    write::end(&mut out, "D:multistatus");
                    break;
                }
            }
        }
        out
    }
}
