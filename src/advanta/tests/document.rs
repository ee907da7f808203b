//! `docs/advanta-openapi.yaml` as data, and what a request does that it does not describe.

use http::{HeaderMap, Request, Uri};
use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

pub(super) const BASE: &str = "/calendar/v1";
pub(super) const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The document.
pub(super) struct Document(pub(super) Value);

/// One operation of it.
pub(super) struct Operation<'a> {
    /// `/objects/{key}`.
    pub(super) path: &'a str,
    /// `patch`.
    pub(super) method: &'a str,
    /// Parameters of the path and of the operation.
    pub(super) parameters: Vec<&'a Value>,
    pub(super) body: &'a Value,
}

impl Document {
    pub(super) fn new() -> Self {
        let text = include_str!("../../../docs/advanta-openapi.yaml");
        Self(serde_saphyr::from_str(text).expect("the document is YAML"))
    }

    /// Follows a reference inside the document.
    pub(super) fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value.get("$ref").and_then(Value::as_str) {
            Some(reference) => self
                .0
                .pointer(&reference[1..])
                .expect("a reference leads somewhere"),
            None => value,
        }
    }

    /// A validator of a schema of the document, wherever it stands.
    pub(super) fn validator(&self, schema: &Value) -> Validator {
        let whole = json!({ "allOf": [schema], "components": self.0["components"] });
        jsonschema::options()
            .with_draft(Draft::Draft202012)
            .should_validate_formats(true)
            .build(&whole)
            .expect("a schema")
    }

    pub(super) fn component(&self, name: &str) -> Validator {
        self.validator(&json!({ "$ref": format!("#/components/schemas/{name}") }))
    }

    pub(super) fn operations(&self) -> BTreeMap<&str, Operation<'_>> {
        let mut operations = BTreeMap::new();
        for (path, item) in fields(&self.0["paths"]) {
            for method in METHODS.iter().filter(|method| item.get(**method).is_some()) {
                let operation = &item[*method];
                let parameters = [&item["parameters"], &operation["parameters"]];
                let parameters = parameters.into_iter().filter_map(Value::as_array).flatten();
                let id = operation["operationId"]
                    .as_str()
                    .expect("an operation has an id");
                let described = Operation {
                    path,
                    method,
                    parameters: parameters.map(|each| self.resolved(each)).collect(),
                    body: &operation["requestBody"],
                };
                assert!(
                    operations.insert(id, described).is_none(),
                    "{id} is described twice"
                );
            }
        }
        operations
    }

    /// Status and example bodies of every answer of an operation.
    pub(super) fn answers(&self, operation: &Operation<'_>) -> Vec<(u16, HeaderMap, Vec<u8>)> {
        let answers = &self.0["paths"][operation.path][operation.method]["responses"];
        let mut found = Vec::new();
        for (status, answer) in fields(answers) {
            let status = status.parse().expect("a status is a number");
            let answer = self.resolved(answer);
            let mut headers = HeaderMap::new();
            if let Some(header) = answer.pointer("/headers/Retry-After") {
                let example = self.resolved(header)["example"].as_str().unwrap();
                headers.insert("retry-after", example.parse().unwrap());
            }
            let examples = answer.get("content").map_or_else(
                || vec![Vec::new()],
                |content| {
                    examples(media(content))
                        .iter()
                        .map(|each| each.to_string().into_bytes())
                        .collect()
                },
            );
            assert!(
                !examples.is_empty(),
                "{} {status} has no example",
                operation.path
            );
            found.extend(
                examples
                    .into_iter()
                    .map(|body| (status, headers.clone(), body)),
            );
        }
        found
    }
}

pub(super) fn fields(value: &Value) -> &Map<String, Value> {
    value.as_object().expect("an object of the document")
}

pub(super) fn media(content: &Value) -> &Value {
    fields(content).values().next().expect("a media type")
}

/// `example` and `examples` of a media type.
pub(super) fn examples(media: &Value) -> Vec<&Value> {
    let one = media.get("example");
    let more = media.get("examples").map(fields).into_iter().flatten();
    one.into_iter()
        .chain(more.map(|(_, each)| &each["value"]))
        .collect()
}

/// What is wrong with a value, each with its place.
pub(super) fn faults(validator: &Validator, value: &Value) -> Vec<String> {
    let faults = validator.iter_errors(value);
    faults
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect()
}

/// The parameters in the path of a request; `None` when the path is another one.
pub(super) fn path_values<'a>(template: &'a str, uri: &'a Uri) -> Option<Vec<(&'a str, String)>> {
    let path = uri.path().strip_prefix(BASE)?;
    let (wanted, given): (Vec<_>, Vec<_>) =
        (template.split('/').collect(), path.split('/').collect());
    if wanted.len() != given.len() {
        return None;
    }
    let mut values = Vec::new();
    for (wanted, given) in wanted.into_iter().zip(given) {
        match wanted
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'))
        {
            Some(name) => values.push((name, decoded(given))),
            None if wanted == given => {}
            None => return None,
        }
    }
    Some(values)
}

pub(super) fn query_values(uri: &Uri) -> Vec<(&str, String)> {
    let pairs = uri.query().unwrap_or_default().split('&');
    pairs
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name, decoded(value)))
        .collect()
}

pub(super) fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text)
        .decode_utf8()
        .unwrap()
        .into_owned()
}

/// What a request does that the document does not describe.
pub(super) fn strayings(
    document: &Document,
    operation: &Operation<'_>,
    request: &Request<bytes::Bytes>,
) -> Vec<String> {
    let mut found = Vec::new();
    if !request
        .method()
        .as_str()
        .eq_ignore_ascii_case(operation.method)
    {
        found.push(format!("the method is {}", request.method()));
    }
    let Some(path) = path_values(operation.path, request.uri()) else {
        return vec![format!("the path is {}", request.uri().path())];
    };
    let query = query_values(request.uri());
    for (place, values) in [("path", path), ("query", query)] {
        for parameter in operation
            .parameters
            .iter()
            .filter(|each| each["in"] == place)
        {
            let (name, required) = (
                parameter["name"].as_str().unwrap(),
                parameter["required"] == true,
            );
            let value = values.iter().find(|(given, _)| *given == name);
            match value {
                None if required => found.push(format!("{place} {name} is missing")),
                None => {}
                Some((_, value)) => {
                    let typed = match parameter.pointer("/schema/type") {
                        Some(kind) if kind == "integer" => json!(value.parse::<u64>().ok()),
                        _ if name == "expectedRevision" => json!(value.parse::<u64>().ok()),
                        _ => json!(value),
                    };
                    found.extend(faults(&document.validator(&parameter["schema"]), &typed));
                }
            }
        }
        let known = |name: &str| {
            operation
                .parameters
                .iter()
                .any(|each| each["in"] == place && each["name"] == name)
        };
        found.extend(
            values
                .iter()
                .filter(|(name, _)| !known(name))
                .map(|(name, _)| format!("{place} {name} is unknown")),
        );
    }
    match (operation.body.get("content"), request.body().is_empty()) {
        (None, true) => {}
        (None, false) => found.push("a body that is not described".to_owned()),
        (Some(_), true) => found.push("no body".to_owned()),
        (Some(content), false) => {
            let body: Value = serde_json::from_slice(request.body()).unwrap();
            found.extend(faults(
                &document.validator(&content["application/json"]["schema"]),
                &body,
            ));
        }
    }
    found
}
