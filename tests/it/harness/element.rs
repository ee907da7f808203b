//! XML as a tree that tests can read.

use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;

/// One element, its name in Clark notation: `{DAV:}href`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// `{namespace}local`.
    pub name: String,
    /// Attributes as they stand, in order.
    pub attributes: Vec<(String, String)>,
    /// Child elements, in order.
    pub children: Vec<Element>,
    /// All text directly inside it.
    pub text: String,
}

impl Element {
    /// Reads a document; panics when it is not well formed or uses a prefix that stands for nothing.
    pub fn parse(xml: &str) -> Self {
        let mut reader = NsReader::from_str(xml);
        let mut open = vec![Self::default()];
        loop {
            let (namespace, event) = reader
                .read_resolved_event()
                .unwrap_or_else(|error| panic!("{error} in {xml}"));
            match event {
                Event::Start(start) => open.push(Self::opened(namespace, &start)),
                Event::Empty(start) => {
                    let element = Self::opened(namespace, &start);
                    top(&mut open).children.push(element);
                }
                Event::End(_) => {
                    let closed = open.pop().expect("the reader checks the ends");
                    top(&mut open).children.push(closed);
                }
                Event::Text(text) => {
                    top(&mut open).text += &text.xml10_content();
                }
                Event::CData(text) => {
                    top(&mut open).text += &text.xml10_content();
                }
                Event::GeneralRef(name) => {
                    let escaped = format!("&{};", &*name);
                    top(&mut open).text +=
                        &quick_xml::escape::unescape(&escaped).expect("a known reference");
                }
                Event::Eof => break,
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
        assert_eq!(open.len(), 1, "an element stays open in {xml}");
        let mut document = open.remove(0);
        assert_eq!(document.children.len(), 1, "one root element in {xml}");
        document.children.remove(0)
    }

    fn opened(namespace: ResolveResult<'_>, start: &BytesStart<'_>) -> Self {
        let namespace = match namespace {
            ResolveResult::Bound(namespace) => namespace.0.to_owned(),
            ResolveResult::Unbound => String::new(),
            ResolveResult::Unknown(prefix) => panic!("unknown prefix {prefix}"),
        };
        let local = start.local_name();
        let attributes = start.attributes().map(|attribute| {
            let attribute = attribute.expect("well-formed attributes");
            (
                attribute.key.as_ref().to_owned(),
                attribute.value.into_owned(),
            )
        });
        Self {
            name: format!("{{{namespace}}}{}", local.as_ref()),
            attributes: attributes.collect(),
            ..Self::default()
        }
    }

    /// The first child of this name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All children of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first child of this name, without the space around it.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim())
    }
}

fn top(open: &mut [Element]) -> &mut Element {
    open.last_mut().expect("the document is never closed")
}
