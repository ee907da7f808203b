//! The JSON of the contract (`docs/advanta-openapi.yaml`, `components.schemas`). These types never leave the adapter;
//! [`super::map`] turns them into the model, and says what is wrong with their values.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `Object`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireObject {
    pub(super) id: String,
    pub(super) external_id: Option<String>,
    pub(super) kind: String,
    pub(super) revision: u64,
    pub(super) title: String,
    pub(super) description: Option<String>,
    pub(super) location: Option<String>,
    pub(super) planned_start: Option<String>,
    pub(super) planned_end: Option<String>,
    pub(super) actual_start: Option<String>,
    pub(super) actual_end: Option<String>,
    pub(super) status: Option<u16>,
    pub(super) percent: Option<u8>,
    pub(super) owner: Option<String>,
    pub(super) responsible: Option<String>,
    /// A missing list is no empty list: nobody would see the object any more.
    pub(super) participants: Vec<WireParticipant>,
    pub(super) parent: Option<WireParent>,
    pub(super) card: Option<String>,
    pub(super) changed: String,
}

/// `Participant`.
#[derive(Debug, Deserialize)]
pub(super) struct WireParticipant {
    pub(super) person: String,
    pub(super) rights: Vec<String>,
}

/// `Parent`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireParent {
    pub(super) id: String,
    pub(super) external_id: Option<String>,
    pub(super) title: String,
}

/// `Removed`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireRemoved {
    pub(super) id: String,
    pub(super) external_id: Option<String>,
    pub(super) revision: u64,
}

/// `Reference`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireReference {
    pub(super) id: String,
    pub(super) external_id: Option<String>,
}

/// `Person`.
#[derive(Debug, Deserialize)]
pub(super) struct WirePerson {
    pub(super) id: String,
    pub(super) revision: u64,
    pub(super) login: Option<String>,
    pub(super) name: String,
    pub(super) email: Option<String>,
    /// BCP 47 tag.
    pub(super) language: Option<String>,
    /// IANA name.
    pub(super) zone: Option<String>,
    pub(super) active: bool,
}

/// `Changes`.
#[derive(Debug, Deserialize)]
pub(super) struct WireChanges {
    /// Each is read on its own: one that is broken does not hold up the others.
    pub(super) objects: Vec<Value>,
    pub(super) removed: Vec<Value>,
    pub(super) people: Vec<Value>,
    pub(super) cursor: String,
    pub(super) more: bool,
}

/// `NewObject`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireNewObject<'a> {
    pub(super) external_id: String,
    pub(super) kind: &'static str,
    pub(super) author: &'a str,
    pub(super) title: &'a str,
    pub(super) description: &'a str,
    pub(super) location: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) planned_start: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) planned_end: Option<String>,
}

/// `ObjectChange`. What is left out stays.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireObjectChange<'a> {
    pub(super) by: &'a str,
    pub(super) expected_revision: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) location: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) planned_start: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) planned_end: Option<String>,
}

/// `Hook`, only what kind it is.
#[derive(Debug, Deserialize)]
pub(super) struct WireHookKind {
    #[serde(rename = "type")]
    pub(super) kind: String,
}

/// `ChangedHook`.
#[derive(Debug, Deserialize)]
pub(super) struct WireHook {
    pub(super) data: WireHookData,
}

/// `HookData`. A list that is not needed is left out or null.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireHookData {
    pub(super) objects: Option<Vec<WireObject>>,
    pub(super) changed: Option<Vec<WireReference>>,
    pub(super) removed: Option<Vec<WireRemoved>>,
    pub(super) people: Option<Vec<WirePerson>>,
    pub(super) changed_people: Option<Vec<String>>,
}

/// `Problem` (RFC 9457 §3.1), of which only the type is read.
#[derive(Debug, Deserialize)]
pub(super) struct WireProblem {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
}
