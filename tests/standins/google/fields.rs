//! The parameter `fields`: the part of an answer that the caller wants.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Names, each with what is wanted of it; nothing: all of it.
#[derive(Debug, Default)]
struct Mask(BTreeMap<String, Mask>);

/// What a mask such as `kind,items(id,start/date)` leaves of an answer; `None`: it cannot be read.
pub fn pick(mask: &str, body: &Value) -> Option<Value> {
    let mut left = mask;
    let mask = list(&mut left)?;
    left.is_empty().then(|| mask.of(body))
}

fn list(left: &mut &str) -> Option<Mask> {
    let mut mask = Mask::default();
    loop {
        let end = left.find([',', '(', ')', '/']).unwrap_or(left.len());
        let (name, rest) = left.split_at(end);
        if name.is_empty() {
            return None;
        }
        *left = rest;
        let inner = below(left)?;
        mask.0.insert(name.to_owned(), inner);
        match left.strip_prefix(',') {
            Some(rest) => *left = rest,
            None => return Some(mask),
        }
    }
}

/// What follows a name.
fn below(left: &mut &str) -> Option<Mask> {
    if let Some(rest) = left.strip_prefix('(') {
        *left = rest;
        let inner = list(left)?;
        *left = left.strip_prefix(')')?;
        return Some(inner);
    }
    let Some(rest) = left.strip_prefix('/') else {
        return Some(Mask::default());
    };
    let end = rest.find([',', '(', ')', '/']).unwrap_or(rest.len());
    let (name, rest) = rest.split_at(end);
    *left = rest;
    let inner = below(left)?;
    Some(Mask(BTreeMap::from([(name.to_owned(), inner)])))
}

impl Mask {
    fn of(&self, body: &Value) -> Value {
        if self.0.is_empty() || self.0.contains_key("*") {
            return body.clone();
        }
        match body {
            Value::Array(items) => items.iter().map(|item| self.of(item)).collect(),
            Value::Object(fields) => {
                let wanted = self
                    .0
                    .iter()
                    .filter_map(|(name, mask)| Some((name.clone(), mask.of(fields.get(name)?))));
                Value::Object(wanted.collect::<Map<_, _>>())
            }
            other => other.clone(),
        }
    }
}
