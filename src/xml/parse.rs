//! Bytes to a tree, bounded and without surprises.
//!
//! XML 1.0 in UTF-8 with namespaces. A document type is refused, so there is nothing to expand but the five predefined
//! entities and character references.

use super::name::is_ncname;
use super::{Attribute, Element, Fault, Limits, Name, Namespace, Node, XmlError};
use quick_xml::XmlVersion;
use quick_xml::escape::{resolve_predefined_entity, unescape};
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};
use quick_xml::name::{QName, ResolveResult};
use quick_xml::reader::NsReader;

/// Namespace declarations in scope at once; resolving a name looks through them.
const NAMESPACES_MAX: usize = 256;

/// Attributes of one element; each is compared with the others.
const ELEMENT_ATTRIBUTES_MAX: usize = 256;

/// Reads a document.
///
/// A UTF-8 byte order mark is tolerated. Line ends become `\n` (XML 1.0 §2.11), except those written as references.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Element, XmlError> {
    let text = decode(bytes, limits)?;
    let skipped = bytes.len() - text.len();
    Parser::new(text, limits).run().map_err(|error| XmlError {
        at: error.at + skipped,
        ..error
    })
}

fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<&'a str, XmlError> {
    let fail = |at, fault| Err(XmlError { at, fault });
    if bytes.len() > limits.bytes {
        return fail(limits.bytes, Fault::Limit("bytes"));
    }
    // With or without a byte order mark, an UTF-16 document shows by a zero near its '<'.
    if matches!(
        bytes,
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, _, ..] | [_, 0, ..]
    ) {
        return fail(0, Fault::Encoding);
    }
    let (text, skipped) = match bytes.strip_prefix(b"\xEF\xBB\xBF") {
        Some(rest) => (rest, 3),
        None => (bytes, 0),
    };
    match std::str::from_utf8(text) {
        Ok(text) => Ok(text),
        Err(error) => fail(skipped + error.valid_up_to(), Fault::Utf8),
    }
}

struct Parser<'a> {
    reader: NsReader<&'a [u8]>,
    limits: &'a Limits,
    /// Open elements, the root first.
    open: Vec<Element>,
    root: Option<Element>,
    elements: usize,
    attributes: usize,
    text_bytes: usize,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, limits: &'a Limits) -> Self {
        let mut reader = NsReader::from_str(text);
        reader.config_mut().enable_all_checks(true);
        reader
            .resolver_mut()
            .set_max_namespace_bindings(NAMESPACES_MAX);
        Self {
            reader,
            limits,
            open: Vec::new(),
            root: None,
            elements: 0,
            attributes: 0,
            text_bytes: 0,
        }
    }

    fn run(mut self) -> Result<Element, XmlError> {
        loop {
            let at = self.position();
            let event = self
                .reader
                .read_event()
                .map_err(|error| self.reading(&error))?;
            if matches!(event, Event::Eof) {
                return self.finish();
            }
            self.event(event, at)
                .map_err(|fault| XmlError { at, fault })?;
        }
    }

    fn event(&mut self, event: Event<'_>, at: usize) -> Result<(), Fault> {
        match event {
            Event::Start(start) => self.start(&start),
            Event::Empty(start) => {
                self.start(&start)?;
                self.end();
                Ok(())
            }
            Event::End(_) => {
                self.end();
                Ok(())
            }
            Event::Text(text) => self.text(&text.xml10_content()),
            Event::CData(_) if self.open.is_empty() => Err(Fault::Outside),
            Event::CData(text) => self.text(&text.xml10_content()),
            Event::GeneralRef(_) if self.open.is_empty() => Err(Fault::Outside),
            Event::GeneralRef(reference) => self.reference(&reference),
            Event::Decl(declaration) => self.declaration(&declaration, at),
            Event::DocType(_) => Err(Fault::Doctype),
            Event::Comment(comment) => legal(&comment),
            Event::PI(instruction) => legal(&instruction),
            Event::Eof => Ok(()),
        }
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), Fault> {
        if self.open.is_empty() && self.root.is_some() {
            return Err(Fault::Outside);
        }
        if self.open.len() >= self.limits.depth {
            return Err(Fault::Limit("depth"));
        }
        count(&mut self.elements, 1, self.limits.elements, "elements")?;
        let name = self.resolve(start.name(), true)?;
        let attributes = self.attributes(start)?;
        self.open.push(Element {
            name,
            attributes,
            children: Vec::new(),
        });
        Ok(())
    }

    fn attributes(&mut self, start: &BytesStart<'_>) -> Result<Vec<Attribute>, Fault> {
        let mut attributes: Vec<Attribute> = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| Fault::Attribute)?;
            if attributes.len() >= ELEMENT_ATTRIBUTES_MAX {
                return Err(Fault::Limit("attributes of one element"));
            }
            count(
                &mut self.attributes,
                1,
                self.limits.attributes,
                "attributes",
            )?;
            if attribute.value.contains('<') {
                return Err(Fault::Attribute);
            }
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|_| Fault::Entity)?;
            count(
                &mut self.text_bytes,
                value.len(),
                self.limits.text_bytes,
                "text",
            )?;
            legal(&value)?;
            if attribute.key.as_namespace_binding().is_some() {
                declarable(attribute.key, &value)?;
                continue;
            }
            let name = self.resolve(attribute.key, false)?;
            // Two prefixes may stand for one namespace; the reader only compares what is written.
            if attributes.iter().any(|other| other.name == name) {
                return Err(Fault::Attribute);
            }
            attributes.push(Attribute {
                name,
                value: value.into_owned(),
            });
        }
        Ok(attributes)
    }

    fn resolve(&self, name: QName<'_>, element: bool) -> Result<Name, Fault> {
        let (resolved, local) = self.reader.resolver().resolve(name, element);
        let ns = match resolved {
            ResolveResult::Unbound => Namespace::None,
            // The reader leaves references in a namespace URI as they are.
            ResolveResult::Bound(uri) => {
                Namespace::of(&unescape(uri.0).map_err(|_| Fault::Entity)?)
            }
            ResolveResult::Unknown(_) => return Err(Fault::Prefix),
        };
        let local = local.into_inner();
        if !is_ncname(local) {
            return Err(Fault::Name);
        }
        Ok(Name {
            ns,
            local: local.into(),
        })
    }

    fn end(&mut self) {
        let Some(done) = self.open.pop() else { return };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(Node::Element(done)),
            None => self.root = Some(done),
        }
    }

    fn reference(&mut self, reference: &BytesRef<'_>) -> Result<(), Fault> {
        match reference.resolve_char_ref().map_err(|_| Fault::Character)? {
            Some(c) => self.text(c.encode_utf8(&mut [0; 4])),
            None => self.text(resolve_predefined_entity(reference).ok_or(Fault::Entity)?),
        }
    }

    fn text(&mut self, text: &str) -> Result<(), Fault> {
        let Some(parent) = self.open.last_mut() else {
            let blank = text
                .bytes()
                .all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'));
            return if blank { Ok(()) } else { Err(Fault::Outside) };
        };
        count(
            &mut self.text_bytes,
            text.len(),
            self.limits.text_bytes,
            "text",
        )?;
        legal(text)?;
        match parent.children.last_mut() {
            Some(Node::Text(before)) => before.push_str(text),
            _ if text.is_empty() => {}
            _ => parent.children.push(Node::Text(text.to_owned())),
        }
        Ok(())
    }

    fn declaration(&self, declaration: &BytesDecl<'_>, at: usize) -> Result<(), Fault> {
        if at != 0 {
            return Err(Fault::Syntax);
        }
        let encoding = match declaration.encoding() {
            None => return Ok(()),
            Some(encoding) => encoding.map_err(|_| Fault::Syntax)?,
        };
        let known = ["utf-8", "utf8", "us-ascii"];
        match known.iter().any(|name| encoding.eq_ignore_ascii_case(name)) {
            true => Ok(()),
            false => Err(Fault::Encoding),
        }
    }

    fn finish(self) -> Result<Element, XmlError> {
        let at = self.position();
        if !self.open.is_empty() {
            return Err(XmlError {
                at,
                fault: Fault::Unclosed,
            });
        }
        self.root.ok_or(XmlError {
            at,
            fault: Fault::Empty,
        })
    }

    fn position(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX)
    }

    fn reading(&self, error: &quick_xml::Error) -> XmlError {
        let at = usize::try_from(self.reader.error_position()).unwrap_or(usize::MAX);
        let fault = match error {
            quick_xml::Error::Namespace(_) => Fault::Prefix,
            quick_xml::Error::InvalidAttr(_) => Fault::Attribute,
            _ => Fault::Syntax,
        };
        XmlError { at, fault }
    }
}

fn count(sum: &mut usize, more: usize, max: usize, what: &'static str) -> Result<(), Fault> {
    *sum += more;
    if *sum > max {
        return Err(Fault::Limit(what));
    }
    Ok(())
}

/// Namespaces in XML 1.0 §5: a prefix cannot be bound to nothing, and is itself a name.
fn declarable(key: QName<'_>, uri: &str) -> Result<(), Fault> {
    match key.prefix() {
        None => Ok(()),
        Some(_) if uri.is_empty() => Err(Fault::Prefix),
        Some(_) if is_ncname(key.local_name().into_inner()) => Ok(()),
        Some(_) => Err(Fault::Name),
    }
}

/// XML 1.0 §2.2.
fn legal(text: &str) -> Result<(), Fault> {
    match text.chars().all(is_legal) {
        true => Ok(()),
        false => Err(Fault::Character),
    }
}

/// Whether XML 1.0 §2.2 allows a character.
pub(super) fn is_legal(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => true,
        '\0'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => false,
        _ => true,
    }
}
