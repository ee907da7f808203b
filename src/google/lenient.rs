//! Events as they come, read as far as they can be: one field of another shape than the document says costs that field, not the event.

use super::wire::EventWire;
use serde_json::{Map, Value};
use serde_path_to_error::Segment;

/// Fields of one event that may be unreadable.
const FIELDS_MAX: usize = 16;
/// Without these nobody knows which event, or which occurrence, it is.
const NEEDED: [&str; 3] = ["id", "recurringEventId", "originalStartTime"];

/// An event, and what of it cannot be read.
pub(super) struct Read {
    /// Its identity, if it has one.
    pub(super) id: String,
    /// The event without those fields; `None`: what is left is none.
    pub(super) event: Option<EventWire>,
    /// Names of fields.
    pub(super) unread: Vec<String>,
}

/// Reads an event. A null says no more than a field that is not there.
pub(super) fn read(item: Value) -> Read {
    let Value::Object(mut fields) = without_nulls(item) else {
        return Read {
            id: String::new(),
            event: None,
            unread: vec!["its shape".to_owned()],
        };
    };
    let id = fields.get("id").and_then(Value::as_str);
    let id = id.unwrap_or_default().to_owned();
    let mut unread = vec![];
    while unread.len() < FIELDS_MAX {
        match parsed(&fields) {
            Ok(event) => {
                let known = !unread
                    .iter()
                    .any(|name: &String| NEEDED.contains(&name.as_str()));
                let event = Some(event).filter(|_| known);
                return Read { id, event, unread };
            }
            Err(Some(name)) if fields.remove(&name).is_some() => unread.push(name),
            Err(_) => break,
        }
    }
    Read {
        id,
        event: None,
        unread,
    }
}

/// The event, or the field that is in the way.
fn parsed(fields: &Map<String, Value>) -> Result<EventWire, Option<String>> {
    let value = Value::Object(fields.clone());
    serde_path_to_error::deserialize(value).map_err(|error| {
        error.path().iter().find_map(|segment| match segment {
            Segment::Map { key } => Some(key.clone()),
            Segment::Seq { .. } | Segment::Enum { .. } | Segment::Unknown => None,
        })
    })
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(
                kept.map(|(name, value)| (name, without_nulls(value)))
                    .collect(),
            )
        }
        Value::Array(items) => {
            let kept = items.into_iter().filter(|item| !item.is_null());
            Value::Array(kept.map(without_nulls).collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_field_of_another_shape_costs_that_field() {
        let read = read(json!({
            "id": "abc12",
            "summary": {"text": "?"},
            "attendees": "many",
            "locked": null,
            "extendedProperties": {"private": {"advanta-bridge": null, "other": "x"}},
            "start": {"date": "2026-11-02"},
            "end": {"date": "2026-11-03"},
        }));
        let event = read.event.unwrap();
        assert_eq!((event.summary, event.attendees.len()), (None, 0));
        assert_eq!(event.start.unwrap().date.as_deref(), Some("2026-11-02"));
        assert_eq!(event.extended_properties.private.len(), 1);
        let mut unread = read.unread;
        unread.sort();
        assert_eq!(unread, ["attendees", "summary"]);
    }

    #[test]
    fn what_is_no_event_is_named_as_far_as_it_has_a_name() {
        for (item, id, unread) in [
            (json!("x"), "", vec!["its shape"]),
            (json!({"id": 7}), "", vec!["id"]),
            (
                json!({"id": "a_1", "recurringEventId": "a", "originalStartTime": "soon"}),
                "a_1",
                vec!["originalStartTime"],
            ),
        ] {
            let read = read(item);
            assert_eq!((read.id.as_str(), read.event.is_none()), (id, true));
            assert_eq!(read.unread, unread);
        }
    }
}
