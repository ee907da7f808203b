//! Google's discovery document as a judge of both sides: JSON Schema made of it, and its parameters.
//!
//! The document knows methods, parameters, and the shape of bodies. What it does not know is in [`super::rules`].

use super::troubles::Op;
use chrono::DateTime;
use jsonschema::Validator;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::process::Command;
use std::sync::{Arc, OnceLock};

/// Set by `tests/run` to the Python that has the clients, and with them the document.
const PYTHON: &str = "ADVANTA_BRIDGE_TEST_PYTHON";
/// Prints where the document is.
const WHERE: &str = "import importlib.util as u; print(u.find_spec('googleapiclient').submodule_search_locations[0])";
const FILE: &str = "discovery_cache/documents/calendar.v3.json";

const ALL: [Op; 11] = [
    Op::CalendarList,
    Op::List,
    Op::Get,
    Op::Instances,
    Op::Insert,
    Op::Import,
    Op::Patch,
    Op::Update,
    Op::Delete,
    Op::Watch,
    Op::Stop,
];

/// The checks of every method that the stand-in has.
pub struct Contract(BTreeMap<Op, Method>);

struct Method {
    parameters: Map<String, Value>,
    asked: Option<Validator>,
    answered: Option<Validator>,
    scopes: Vec<String>,
}

impl Contract {
    /// The document that the tests' Python has; read once.
    ///
    /// # Panics
    /// There is no such Python, or no such document.
    pub fn published() -> Arc<Self> {
        static PUBLISHED: OnceLock<Arc<Contract>> = OnceLock::new();
        Arc::clone(PUBLISHED.get_or_init(|| Arc::new(Self::of(&document()))))
    }

    /// The checks that a document asks for.
    pub fn of(document: &Value) -> Self {
        let method = |op: Op| op.method().map(|id| (op, Method::of(document, op, id)));
        Self(ALL.into_iter().filter_map(method).collect())
    }

    /// What a request has that the document does not allow.
    pub fn of_request(
        &self,
        op: Op,
        query: &[(String, String)],
        body: Option<&Value>,
    ) -> Vec<String> {
        let Some(method) = self.0.get(&op) else {
            return Vec::new();
        };
        let mut faults: Vec<_> = query
            .iter()
            .filter_map(|(name, value)| method.parameter(name, value, query))
            .collect();
        match (&method.asked, body) {
            (None, Some(_)) => faults.push("it has a body".to_owned()),
            (Some(_), None) => faults.push("it has no body".to_owned()),
            (Some(form), Some(body)) if op == Op::Patch => {
                faults.extend(faults_of(form, &without_nulls(body)));
            }
            (Some(form), Some(body)) => faults.extend(faults_of(form, body)),
            (None, None) => {}
        }
        faults
    }

    /// What a good answer has that the document does not allow.
    pub fn of_answer(&self, op: Op, body: Option<&Value>) -> Vec<String> {
        let form = self.0.get(&op).map(|method| &method.answered);
        match (form, body) {
            (Some(None), Some(_)) => vec!["it has a body".to_owned()],
            (Some(Some(_)), None) => vec!["it has no body".to_owned()],
            (Some(Some(form)), Some(body)) => faults_of(form, body),
            (Some(None) | None, _) => Vec::new(),
        }
    }

    /// Whether one of these scopes opens a method.
    pub fn opens(&self, op: Op, scopes: &[String]) -> bool {
        self.0.get(&op).is_none_or(|method| {
            method.scopes.is_empty() || scopes.iter().any(|scope| method.scopes.contains(scope))
        })
    }
}

fn document() -> Value {
    let python = std::env::var_os(PYTHON)
        .unwrap_or_else(|| panic!("{PYTHON} is not set: run this test by tests/run"));
    let said = Command::new(python).args(["-B", "-c", WHERE]).output();
    let said = said.expect("the Python that tests/run made").stdout;
    let folder = String::from_utf8(said).expect("a path in UTF-8");
    let path = std::path::Path::new(folder.trim()).join(FILE);
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).expect("a discovery document")
}

impl Method {
    fn of(document: &Value, op: Op, id: &str) -> Self {
        let path: Vec<_> = id.split('.').collect();
        let method = &document["resources"][path[1]]["methods"][path[2]];
        assert_eq!(method["id"], *id, "the document knows the method");
        let mut parameters = Map::new();
        for place in [&document["parameters"], &method["parameters"]] {
            let known = place.as_object().cloned().unwrap_or_default();
            parameters.extend(known);
        }
        let form = |part: &str, required: Option<&str>| {
            let name = method[part]["$ref"].as_str()?;
            Some(compiled(document, name, required))
        };
        let scopes = method["scopes"].as_array().into_iter().flatten();
        Self {
            parameters,
            asked: form("request", (op != Op::Patch).then_some(id)),
            answered: form("response", None),
            scopes: scopes
                .filter_map(|scope| scope.as_str().map(str::to_owned))
                .collect(),
        }
    }

    /// What is wrong with a parameter of the query.
    fn parameter(&self, name: &str, value: &str, query: &[(String, String)]) -> Option<String> {
        let form = self.parameters.get(name);
        let Some(form) = form.filter(|form| form["location"] != "path") else {
            return Some(format!("the query has {name:?}"));
        };
        let count = query.iter().filter(|(other, _)| other == name).count();
        let is_right = is_of_type(form, value) && is_of_enum(form, value) && in_range(form, value);
        if count > 1 && form["repeated"] != true {
            Some(format!("{name} is given {count} times"))
        } else {
            (!is_right).then(|| format!("{name} is {value:?}"))
        }
    }
}

fn is_of_type(form: &Value, value: &str) -> bool {
    match (form["type"].as_str(), form["format"].as_str()) {
        (Some("boolean"), _) => matches!(value, "true" | "false"),
        (Some("integer"), _) => value.parse::<i64>().is_ok(),
        (_, Some("date-time")) => DateTime::parse_from_rfc3339(value).is_ok(),
        _ => true,
    }
}

fn is_of_enum(form: &Value, value: &str) -> bool {
    let known = form["enum"].as_array();
    known.is_none_or(|known| known.iter().any(|known| known == value))
}

/// The document writes its bounds as strings.
fn in_range(form: &Value, value: &str) -> bool {
    let bound = |name: &str| form[name].as_str()?.parse::<i64>().ok();
    let Ok(number) = value.parse::<i64>() else {
        return true;
    };
    bound("minimum").is_none_or(|least| number >= least)
        && bound("maximum").is_none_or(|most| number <= most)
}

fn compiled(document: &Value, name: &str, required: Option<&str>) -> Validator {
    let schemas = document["schemas"].as_object().expect("schemas");
    let forms = schemas
        .iter()
        .map(|(name, schema)| (name.clone(), converted(schema, required)));
    let forms: Map<_, _> = forms.collect();
    let whole = json!({ "$ref": format!("#/$defs/{name}"), "$defs": forms });
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .build(&whole)
        .expect("a form in JSON Schema 2020-12")
}

/// A form of the document as JSON Schema 2020-12. What the document requires, it requires of one method.
fn converted(schema: &Value, method: Option<&str>) -> Value {
    let mut form = Map::new();
    if let Some(name) = schema["$ref"].as_str() {
        form.insert("$ref".to_owned(), json!(format!("#/$defs/{name}")));
        return Value::Object(form);
    }
    if let Some(kind) = schema["type"].as_str().filter(|kind| *kind != "any") {
        form.insert("type".to_owned(), json!(kind));
    }
    if let Some(pattern) = pattern(schema) {
        form.insert("pattern".to_owned(), json!(pattern));
    }
    if schema["enum"].is_array() {
        form.insert("enum".to_owned(), schema["enum"].clone());
    }
    if schema["items"].is_object() {
        form.insert("items".to_owned(), converted(&schema["items"], method));
    }
    if schema["additionalProperties"].is_object() {
        let more = converted(&schema["additionalProperties"], method);
        form.insert("additionalProperties".to_owned(), more);
    }
    if let Some(properties) = schema["properties"].as_object() {
        let required = properties
            .iter()
            .filter(|(_, form)| is_required(form, method));
        let required: Vec<_> = required.map(|(name, _)| name).collect();
        form.insert("required".to_owned(), json!(required));
        let each = properties
            .iter()
            .map(|(name, form)| (name.clone(), converted(form, method)));
        form.insert("properties".to_owned(), Value::Object(each.collect()));
        form.insert("additionalProperties".to_owned(), json!(false));
    }
    Value::Object(form)
}

fn is_required(form: &Value, method: Option<&str>) -> bool {
    let named = form["annotations"]["required"].as_array();
    method.is_some_and(|method| named.is_some_and(|all| all.iter().any(|one| one == method)))
}

/// A time in a body may lack the offset when a zone stands beside it.
fn pattern(schema: &Value) -> Option<&'static str> {
    match (schema["type"].as_str()?, schema["format"].as_str()?) {
        ("string", "int64") => Some(r"^-?\d+$"),
        ("string", "date") => Some(r"^\d{4}-\d\d-\d\d$"),
        ("string", "date-time") => {
            Some(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$")
        }
        _ => None,
    }
}

/// In a patch, null clears a field, whatever its form.
fn without_nulls(body: &Value) -> Value {
    match body {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(_, value)| !value.is_null());
            let kept = kept.map(|(name, value)| (name.clone(), without_nulls(value)));
            Value::Object(kept.collect())
        }
        other => other.clone(),
    }
}

fn faults_of(form: &Validator, body: &Value) -> Vec<String> {
    let told =
        |fault: jsonschema::ValidationError<'_>| format!("{}: {fault}", fault.instance_path());
    form.iter_errors(body).map(told).collect()
}
