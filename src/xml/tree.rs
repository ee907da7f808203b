//! A parsed document: elements, attributes and text.

use super::{Name, Namespace};
use std::borrow::Cow;

/// An attribute; namespace declarations are not among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name; without a prefix it has no namespace.
    pub name: Name,
    /// Its value, unescaped and normalised (XML 1.0 §3.3.3).
    pub value: String,
}

/// What an element holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// An element.
    Element(Element),
    /// Text, unescaped; neighbouring pieces (references, CDATA) are one node. Whitespace is kept.
    Text(String),
}

/// An element. Comments and processing instructions are dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// Its name.
    pub name: Name,
    /// Its attributes in order.
    pub attributes: Vec<Attribute>,
    /// Its content in order.
    pub children: Vec<Node>,
}

impl Element {
    /// An element without attributes and content.
    pub fn new(name: Name) -> Self {
        Self {
            name,
            attributes: Vec::new(),
            children: Vec::new(),
        }
    }

    /// Whether it has this name.
    pub fn is(&self, ns: &Namespace, local: &str) -> bool {
        self.name.is(ns, local)
    }

    /// The value of an attribute without a namespace.
    pub fn attribute(&self, local: &str) -> Option<&str> {
        self.attribute_of(&Namespace::None, local)
    }

    /// The value of an attribute.
    pub fn attribute_of(&self, ns: &Namespace, local: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name.is(ns, local))
            .map(|attribute| attribute.value.as_str())
    }

    /// The elements in it, in order.
    pub fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The elements of this name in it, in order.
    pub fn children_of<'a>(
        &'a self,
        ns: Namespace,
        local: &'a str,
    ) -> impl Iterator<Item = &'a Element> {
        self.elements().filter(move |child| child.is(&ns, local))
    }

    /// The first element of this name in it.
    pub fn child(&self, ns: Namespace, local: &str) -> Option<&Element> {
        self.elements().find(|child| child.is(&ns, local))
    }

    /// The text directly in it, whitespace kept; text inside child elements does not count.
    pub fn text(&self) -> Cow<'_, str> {
        let mut texts = self.children.iter().filter_map(|node| match node {
            Node::Text(text) => Some(text.as_str()),
            Node::Element(_) => None,
        });
        let first = texts.next().unwrap_or_default();
        match texts.next() {
            None => Cow::Borrowed(first),
            Some(second) => Cow::Owned([first, second].into_iter().chain(texts).collect()),
        }
    }
}
