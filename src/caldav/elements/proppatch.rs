//! `DAV:propertyupdate` (RFC 4918 §14.19).

use super::PropertyName;
use super::body::{BodyError, root};
use super::propfind::Propfind;
use crate::xml::{Attribute, Element, Name, Namespace};

/// The body of a PROPPATCH: what to do, in document order (RFC 4918 §9.2); never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proppatch(pub Vec<Instruction>);

/// One property to set or to remove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instruction {
    /// Set it to this element's content. `xml:lang` in force around it is on the element (RFC 4918 §4.3).
    Set(PropertyName, Element),
    /// Remove it; removing what is not there is no error.
    Remove(PropertyName),
}

impl Proppatch {
    /// Reads the body of a PROPPATCH.
    pub fn parse(bytes: &[u8]) -> Result<Self, BodyError> {
        let root = root(
            bytes,
            "propertyupdate",
            "the root element is not propertyupdate",
        )?;
        let mut instructions = Vec::new();
        for step in root.elements() {
            let set = step.is(&Namespace::Dav, "set");
            if set || step.is(&Namespace::Dav, "remove") {
                read_step(&root, step, set, &mut instructions)?;
            }
        }
        match instructions.len() {
            0 => Err(BodyError::Invalid("propertyupdate changes nothing")),
            n if n > Propfind::PROPERTIES_MAX => {
                Err(BodyError::Invalid("more properties than allowed"))
            }
            _ => Ok(Self(instructions)),
        }
    }
}

fn read_step(
    root: &Element,
    step: &Element,
    set: bool,
    instructions: &mut Vec<Instruction>,
) -> Result<(), BodyError> {
    let Some(prop) = step.child(Namespace::Dav, "prop") else {
        return Err(BodyError::Invalid("set or remove without prop"));
    };
    for property in prop.elements() {
        let name = property.name.clone();
        instructions.push(match set {
            true => Instruction::Set(name, with_language(property, [prop, step, root])),
            false => Instruction::Remove(name),
        });
    }
    Ok(())
}

/// The property with the nearest `xml:lang` in force.
fn with_language(property: &Element, around: [&Element; 3]) -> Element {
    let mut property = property.clone();
    if property.attribute_of(&Namespace::Xml, "lang").is_none() {
        let language = around
            .iter()
            .find_map(|element| element.attribute_of(&Namespace::Xml, "lang"));
        property
            .attributes
            .extend(language.map(|language| Attribute {
                name: Name::new(Namespace::Xml, "lang"),
                value: language.to_owned(),
            }));
    }
    property
}
