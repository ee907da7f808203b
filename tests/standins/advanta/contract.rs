//! The published description of the contract, `docs/advanta-openapi.yaml`, as a judge of what is really sent.
//!
//! Start at [`Contract::published`]. Every request, every answer and every hook is checked; what does not fit is told in words.

use super::manners::Op;
use jsonschema::Validator;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// Where the description is, from the root of the package.
const FILE: &str = "docs/advanta-openapi.yaml";

/// The checks of every call and of the hook.
pub struct Contract {
    calls: BTreeMap<Op, Call>,
    hook: Validator,
}

struct Call {
    parameters: Vec<Parameter>,
    body: Option<Validator>,
    answers: BTreeMap<u16, Reply>,
}

struct Parameter {
    name: String,
    place: String,
    is_required: bool,
    value: Validator,
}

struct Reply {
    headers: Vec<String>,
    /// Media type and form; `None` for an answer without a body.
    body: Option<(String, Validator)>,
}

/// A request as it came.
pub struct Asked<'a> {
    /// The last segment of the path, decoded; empty when the path has none.
    pub key: &'a str,
    /// Name and value, decoded.
    pub query: &'a [(String, String)],
    /// The body, when there was one.
    pub body: Option<&'a Value>,
}

impl Op {
    /// Where the description has it.
    fn place(self) -> (&'static str, &'static str) {
        match self {
            Self::Changes => ("/changes", "get"),
            Self::Get => ("/objects/{key}", "get"),
            Self::Create => ("/objects", "post"),
            Self::Change => ("/objects/{key}", "patch"),
            Self::Delete => ("/objects/{key}", "delete"),
            Self::Person => ("/people/{id}", "get"),
        }
    }
}

impl Contract {
    /// The description in this package, read once.
    pub fn published() -> Arc<Self> {
        static PUBLISHED: OnceLock<Arc<Contract>> = OnceLock::new();
        let read = || {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
            let text = std::fs::read_to_string(&path).expect("the published contract");
            Arc::new(Self::read(&text))
        };
        Arc::clone(PUBLISHED.get_or_init(read))
    }

    /// A description in OpenAPI 3.1. It is our own, so one that cannot be read is a panic.
    pub fn read(text: &str) -> Self {
        let document: Value = serde_saphyr::from_str(text).expect("a description in YAML");
        let document = Document(&document);
        let ops = [
            Op::Changes,
            Op::Get,
            Op::Create,
            Op::Change,
            Op::Delete,
            Op::Person,
        ];
        Self {
            calls: ops.map(|op| (op, document.call(op))).into(),
            hook: document.form(document.json_of(document.hook())),
        }
    }

    /// What is wrong with a request.
    pub fn of_request(&self, op: Op, asked: &Asked<'_>) -> Vec<String> {
        let call = &self.calls[&op];
        let mut faults: Vec<_> = call
            .parameters
            .iter()
            .filter_map(|parameter| parameter.fault(asked))
            .collect();
        let unknown = |(name, _): &&(String, String)| {
            let known = |each: &Parameter| each.place == "query" && each.name == *name;
            !call.parameters.iter().any(known)
        };
        let strangers = asked.query.iter().filter(unknown);
        faults.extend(strangers.map(|(name, _)| format!("the query has {name:?}")));
        faults.extend(match (&call.body, asked.body) {
            (Some(form), Some(body)) => faults_of(form, body),
            (None, None) => Vec::new(),
            (Some(_), None) => vec!["it has no body".to_owned()],
            (None, Some(_)) => vec!["it has a body".to_owned()],
        });
        faults
    }

    /// What is wrong with an answer: media type and body are `None` when it has none.
    pub fn of_answer(
        &self,
        op: Op,
        status: u16,
        headers: &[(&str, String)],
        body: Option<&Value>,
    ) -> Vec<String> {
        let Some(reply) = self.calls[&op].answers.get(&status) else {
            return vec![format!("there is no answer {status}")];
        };
        let sent = |name: &str| {
            headers
                .iter()
                .find(|(each, _)| each.eq_ignore_ascii_case(name))
        };
        let missing = reply.headers.iter().filter(|name| sent(name).is_none());
        let mut faults: Vec<_> = missing.map(|name| format!("it lacks {name}")).collect();
        let media = sent("content-type").map(|(_, value)| value.as_str());
        match (&reply.body, body) {
            (Some((expected, form)), Some(body)) => {
                if media != Some(expected) {
                    faults.push(format!("its body is {media:?}"));
                }
                faults.extend(faults_of(form, body));
            }
            (None, None) => {}
            (Some(_), None) => faults.push("it has no body".to_owned()),
            (None, Some(_)) => faults.push("it has a body".to_owned()),
        }
        faults
    }

    /// What is wrong with a hook.
    pub fn of_hook(&self, body: &Value) -> Vec<String> {
        faults_of(&self.hook, body)
    }
}

impl Parameter {
    fn fault(&self, asked: &Asked<'_>) -> Option<String> {
        let value = match self.place.as_str() {
            "path" => Some(asked.key),
            "query" => {
                let here = |(name, _): &&(String, String)| *name == self.name;
                asked
                    .query
                    .iter()
                    .find(here)
                    .map(|(_, value)| value.as_str())
            }
            other => panic!("a parameter in the {other} is not foreseen"),
        };
        let name = &self.name;
        match value {
            Some(text) if self.accepts(text) => None,
            Some(text) => Some(format!("{name} is {text:?}")),
            None => self.is_required.then(|| format!("{name} is missing")),
        }
    }

    /// A number in a query is text to HTTP: either reading may fit.
    fn accepts(&self, text: &str) -> bool {
        let number = text
            .parse::<u64>()
            .is_ok_and(|number| self.value.is_valid(&json!(number)));
        number || self.value.is_valid(&json!(text))
    }
}

/// The parsed description.
struct Document<'a>(&'a Value);

impl<'a> Document<'a> {
    fn call(&self, op: Op) -> Call {
        let (path, method) = op.place();
        let path = &self.0["paths"][path];
        let call = &path[method];
        let answers = call["responses"].as_object().expect("answers");
        let parameters = [&path["parameters"], &call["parameters"]].into_iter();
        Call {
            parameters: parameters
                .filter_map(Value::as_array)
                .flatten()
                .map(|parameter| self.parameter(parameter))
                .collect(),
            body: call
                .get("requestBody")
                .map(|body| self.form(self.json_of(body))),
            answers: answers
                .iter()
                .map(|(status, reply)| (status.parse().expect("a status"), self.reply(reply)))
                .collect(),
        }
    }

    fn parameter(&self, parameter: &'a Value) -> Parameter {
        let parameter = self.followed(parameter);
        let text = |name: &str| parameter[name].as_str().expect("a text").to_owned();
        Parameter {
            name: text("name"),
            place: text("in"),
            is_required: parameter["required"] == true,
            value: self.form(&parameter["schema"]),
        }
    }

    fn reply(&self, reply: &'a Value) -> Reply {
        let reply = self.followed(reply);
        let headers = reply["headers"].as_object().into_iter().flatten();
        let required = headers.filter(|(_, header)| self.followed(header)["required"] == true);
        let content = reply["content"].as_object().into_iter().flatten().next();
        Reply {
            headers: required.map(|(name, _)| name.clone()).collect(),
            body: content.map(|(media, body)| (media.clone(), self.form(&body["schema"]))),
        }
    }

    fn hook(&self) -> &'a Value {
        &self.0["webhooks"]["calendarChanged"]["post"]["requestBody"]
    }

    fn json_of(&self, body: &'a Value) -> &'a Value {
        &self.followed(body)["content"]["application/json"]["schema"]
    }

    /// A value, or what it refers to.
    fn followed(&self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str().and_then(|to| to.strip_prefix('#')) {
            Some(pointer) => self.followed(self.0.pointer(pointer).expect("what it refers to")),
            None => value,
        }
    }

    /// A form with all that it refers to around it.
    fn form(&self, form: &Value) -> Validator {
        assert!(form.is_object(), "the description has a form here");
        let mut whole = Map::new();
        whole.insert("components".to_owned(), self.0["components"].clone());
        whole.insert("allOf".to_owned(), json!([form]));
        jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .should_validate_formats(true)
            .build(&Value::Object(whole))
            .expect("a form in JSON Schema 2020-12")
    }
}

fn faults_of(form: &Validator, body: &Value) -> Vec<String> {
    let told =
        |fault: jsonschema::ValidationError<'_>| format!("{}: {fault}", fault.instance_path());
    form.iter_errors(body).map(told).collect()
}
