//! What a document may hold, and what is said of one that is refused.

/// How much a document may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Size of the document in bytes.
    pub bytes: usize,
    /// Elements inside one another; the root counts one.
    pub depth: usize,
    /// Elements in all.
    pub elements: usize,
    /// Attributes in all, namespace declarations among them.
    pub attributes: usize,
    /// Text and attribute values in all, in bytes after unescaping.
    pub text_bytes: usize,
}

impl Limits {
    /// For request bodies: room for a multiget of ten thousand members, which the largest clients send in one piece.
    pub const BODY: Self = Self {
        bytes: 2 << 20,
        depth: 32,
        elements: 20_000,
        attributes: 20_000,
        text_bytes: 2 << 20,
    };
}

/// A document that is refused. Holds nothing of the document itself, so that it may be logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("xml at byte {at}: {fault}")]
pub struct XmlError {
    /// Offset into the document, in bytes.
    pub at: usize,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong with a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// More than one of the [`Limits`] allows.
    #[error("too much: {0}")]
    Limit(&'static str),
    /// Not UTF-8.
    #[error("not valid UTF-8")]
    Utf8,
    /// UTF-16, or a declared encoding other than UTF-8.
    #[error("encoded in something other than UTF-8")]
    Encoding,
    /// A character that XML 1.0 §2.2 forbids, also as a reference.
    #[error("a character that XML forbids")]
    Character,
    /// A document type declaration.
    #[error("a document type declaration is not accepted")]
    Doctype,
    /// An entity that is not one of the five.
    #[error("an unknown entity")]
    Entity,
    /// A prefix that is not declared, or a declaration that Namespaces in XML 1.0 forbids.
    #[error("an undeclared prefix or a forbidden namespace declaration")]
    Prefix,
    /// Something that should be a name and is not.
    #[error("a malformed name")]
    Name,
    /// An attribute that is malformed or there twice.
    #[error("a malformed or repeated attribute")]
    Attribute,
    /// No root element.
    #[error("no root element")]
    Empty,
    /// Text or elements outside the root element.
    #[error("content outside the root element")]
    Outside,
    /// The document ends inside an element.
    #[error("an element is not closed")]
    Unclosed,
    /// Anything else that is not well-formed.
    #[error("not well-formed")]
    Syntax,
}
