//! XML in and out, with every bound named.
//!
//! Start at [`parse`]: bytes become an [`Element`] tree with resolved namespaces, or an [`XmlError`] that says where and
//! what. Answers are not built as trees: [`mod@write`] appends text to a `String`, with fixed prefixes declared on the root.

mod fault;
mod name;
mod parse;
mod tree;
pub mod write;

#[cfg(test)]
mod tests;

pub use fault::{Fault, Limits, XmlError};
pub use name::{Name, Namespace};
pub use parse::parse;
pub use tree::{Attribute, Element, Node};
