//! One frozen body of every released event type and version: it reads, writes itself back byte for byte, passes its
//! checks and its JSON Schema. The files never change; a new version of a type adds a file beside the old one.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ceasefire_ledger::event::{EVENT_TYPES, EventType};
use ceasefire_ledger::record::{Body, check_json};
use ceasefire_ledger::vocab::{Check, Pointer};
use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/frozen")
}

fn frozen(name: &str, version: u32) -> String {
    let path = folder().join(format!("{name}.v{version}.json"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let line = text.strip_suffix('\n').unwrap_or_else(|| panic!("{} does not end with a newline", path.display()));
    assert!(!line.contains('\n'), "{} holds more than one line", path.display());
    line.to_owned()
}

fn every_frozen() -> impl Iterator<Item = (&'static EventType, String)> {
    EVENT_TYPES.iter().map(|event_type| (event_type, frozen(event_type.name, event_type.version)))
}

/// The members of one JSON object, in order, each with its raw text.
struct Members(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
                    members.push((name, value.get().to_owned()));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

impl Members {
    fn of(text: &str) -> Self {
        serde_json::from_str(text).unwrap()
    }

    fn of_event(body: &str) -> Self {
        Self::of(&Self::of(body).value("event"))
    }

    fn value(&self, name: &str) -> String {
        self.0.iter().find(|(member, _)| member == name).unwrap().1.clone()
    }

    fn without(&self, name: &str) -> String {
        object(self.0.iter().filter(|(member, _)| member != name))
    }

    fn and(&self, name: &str, value: &str) -> String {
        object(self.0.iter().chain([&(name.to_owned(), value.to_owned())]))
    }
}

fn object<'a>(members: impl Iterator<Item = &'a (String, String)>) -> String {
    let members: Vec<String> = members.map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

/// Puts another event into a body. Gives the text and the column after which the event begins.
fn with_event(body: &str, event: &str) -> (String, usize) {
    let old = Members::of(body).value("event");
    let start = body.find(&old).unwrap();
    (body.replacen(&old, event, 1), start)
}

/// Holds that a text is refused with this message, no earlier than where the fault was put in.
fn refused(text: &str, message: &str, from: usize) {
    let error = Body::read(text).err().unwrap_or_else(|| panic!("not refused: {text}"));
    let said = error.to_string();
    assert!(said.starts_with(message), "expected `{message}`, got `{said}`");
    assert_eq!(error.line(), 1);
    assert!(error.column() >= from, "`{said}` stands before column {from}");
}

#[test]
fn every_event_type_has_its_frozen_file_and_no_file_is_left_over() {
    let expected: BTreeSet<String> = EVENT_TYPES
        .iter()
        .flat_map(|event_type| (1..=event_type.version).map(move |v| format!("{}.v{v}.json", event_type.name)))
        .collect();
    let found: BTreeSet<String> =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_frozen_body_reads_and_writes_itself_back_byte_for_byte() {
    for (event_type, text) in every_frozen() {
        let body = Body::read(&text).unwrap_or_else(|error| panic!("{}: {error}", event_type.name));
        assert_eq!(body.event.head(), (event_type.name, event_type.version));
        assert_eq!(body.to_text().unwrap(), text, "{}", event_type.name);
    }
}

#[test]
fn a_frozen_body_of_an_older_version_is_lifted_and_breaks_no_rule() {
    let mut lifted = 0;
    for event_type in EVENT_TYPES {
        for version in 1..event_type.version {
            let text = frozen(event_type.name, version);
            assert_eq!(check_json(&text), Ok(()), "{} {version}", event_type.name);
            let body = Body::read(&text).unwrap_or_else(|error| panic!("{} {version}: {error}", event_type.name));
            assert_eq!(body.event.head(), (event_type.name, event_type.version));
            let mut faults = Vec::new();
            body.check(&Pointer::root(), &mut faults);
            assert_eq!(faults, [], "{} {version}", event_type.name);
            lifted += 1;
        }
    }
    assert!(lifted >= 2, "only {lifted} older versions were met");
}

#[test]
fn a_frozen_body_breaks_no_input_rule_and_contradicts_itself_nowhere() {
    for (event_type, text) in every_frozen() {
        assert_eq!(check_json(&text), Ok(()), "{}", event_type.name);
        let mut faults = Vec::new();
        Body::read(&text).unwrap().check(&Pointer::root(), &mut faults);
        assert_eq!(faults, [], "{}", event_type.name);
    }
}

#[test]
fn the_reader_refuses_an_unknown_member_of_every_event() {
    for (_, text) in every_frozen() {
        let event = Members::of_event(&text);
        let (wrong, start) = with_event(&text, &event.and("frozen_unknown", "1"));
        refused(&wrong, "unknown field `frozen_unknown`", start + event.and("x", "").len());
    }
}

#[test]
fn the_reader_refuses_every_member_that_stands_twice() {
    for (_, text) in every_frozen() {
        let event = Members::of_event(&text);
        let length = object(event.0.iter()).len();
        for (name, value) in &event.0 {
            let (wrong, start) = with_event(&text, &event.and(name, value));
            let message = match name.as_str() {
                // The head was read before the members, which do not know it.
                "type" | "v" => format!("unknown field `{name}`"),
                _ => format!("duplicate field `{name}`"),
            };
            refused(&wrong, &message, start + length);
        }
        let body = Members::of(&text);
        for (name, value) in &body.0 {
            refused(&body.and(name, value), &format!("duplicate field `{name}`"), text.len());
        }
    }
}

#[test]
fn the_reader_wants_type_and_version_first() {
    for (_, text) in every_frozen() {
        let event = Members::of_event(&text);
        for head in ["type", "v"] {
            let moved = Members::of(&event.without(head)).and(head, &event.value(head));
            for wrong in [event.without(head), moved] {
                let (wrong, start) = with_event(&text, &wrong);
                refused(&wrong, "an event begins with its \"type\", then its \"v\"", start);
            }
        }
    }
}

#[cfg(feature = "schema")]
#[expect(clippy::indexing_slicing, reason = "a schema without its parts is a panic, as it should be")]
mod schemas {
    use std::collections::{BTreeMap, BTreeSet};

    use ceasefire_ledger::event::event_schema;
    use jsonschema::Validator;
    use jsonschema::error::ValidationErrorKind;
    use serde_json::Value;

    use super::{Body, Members, every_frozen, refused, with_event};

    fn schema(name: &str) -> (Value, Validator) {
        let schema = event_schema(name).unwrap().to_value();
        let validator = jsonschema::validator_for(&schema).unwrap();
        (schema, validator)
    }

    fn required(schema: &Value) -> Vec<String> {
        let names = schema.get("required").and_then(Value::as_array).unwrap();
        names.iter().map(|name| name.as_str().unwrap().to_owned()).collect()
    }

    /// What the schema says is wrong with the event itself, not with something inside it.
    fn complaints(validator: &Validator, event: &str) -> Vec<String> {
        let event: Value = serde_json::from_str(event).unwrap();
        let errors = validator.iter_errors(&event).filter(|error| error.instance_path().as_str().is_empty());
        errors
            .map(|error| match error.kind() {
                ValidationErrorKind::AdditionalProperties { unexpected } => format!("unknown {}", unexpected.join(",")),
                ValidationErrorKind::Required { property } => format!("missing {}", property.as_str().unwrap()),
                other => format!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn a_frozen_event_fits_its_json_schema() {
        for (event_type, text) in every_frozen() {
            let event: Value = serde_json::from_str(&Members::of(&text).value("event")).unwrap();
            let (_, validator) = schema(event_type.name);
            let errors: Vec<String> =
                validator.iter_errors(&event).map(|error| format!("{error} at {}", error.instance_path())).collect();
            assert_eq!(errors, [""; 0], "{}", event_type.name);
        }
    }

    #[test]
    fn a_frozen_event_fills_in_every_member_of_its_type() {
        for (event_type, text) in every_frozen() {
            let (schema, _) = schema(event_type.name);
            let known: BTreeSet<&String> = schema["properties"].as_object().unwrap().keys().collect();
            let members = Members::of_event(&text);
            let filled: BTreeSet<&String> = members.0.iter().map(|(name, _)| name).collect();
            assert_eq!(filled, known, "{}", event_type.name);
        }
    }

    #[test]
    fn the_frozen_events_together_fill_in_every_member_of_every_value() {
        let mut seen = Coverage::default();
        for (event_type, text) in every_frozen() {
            let (schema, _) = schema(event_type.name);
            let event: Value = serde_json::from_str(&Members::of(&text).value("event")).unwrap();
            seen.learn(&schema);
            seen.walk(&schema, &schema, event_type.name, &event);
        }
        let missing: Vec<_> = seen.known.difference(&seen.filled).collect();
        assert!(seen.known.len() > 60, "only {} members of values are known", seen.known.len());
        assert_eq!(missing, Vec::<&(String, String)>::new());
    }

    /// Which members of which shared definitions there are, and which were met.
    #[derive(Default)]
    struct Coverage {
        known: BTreeSet<(String, String)>,
        filled: BTreeSet<(String, String)>,
    }

    impl Coverage {
        fn learn(&mut self, schema: &Value) {
            let definitions = schema.get("$defs").and_then(Value::as_object).into_iter().flatten();
            let properties: BTreeMap<&String, &Value> =
                definitions.filter_map(|(name, schema)| Some((name, schema.get("properties")?))).collect();
            for (name, properties) in properties {
                self.known.extend(properties.as_object().unwrap().keys().map(|member| (name.clone(), member.clone())));
            }
        }

        fn walk(&mut self, root: &Value, schema: &Value, name: &str, value: &Value) {
            if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
                let name = target.rsplit('/').next().unwrap();
                self.walk(root, &root["$defs"][name], name, value);
            }
            for list in ["anyOf", "oneOf", "allOf"] {
                for branch in schema.get(list).and_then(Value::as_array).into_iter().flatten() {
                    let other = branch.pointer("/properties/type/const");
                    if other.is_none_or(|event_type| Some(event_type) == value.get("type")) {
                        self.walk(root, branch, name, value);
                    }
                }
            }
            if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
                for value in values {
                    self.walk(root, items, name, value);
                }
            }
            if let (Some(properties), Some(members)) =
                (schema.get("properties").and_then(Value::as_object), value.as_object())
            {
                for (member, value) in members {
                    if let Some(schema) = properties.get(member) {
                        self.filled.insert((name.to_owned(), member.clone()));
                        self.walk(root, schema, member, value);
                    }
                }
            }
        }
    }

    #[test]
    fn the_schema_refuses_an_unknown_member_of_every_event() {
        for (event_type, text) in every_frozen() {
            let (_, validator) = schema(event_type.name);
            let wrong = Members::of_event(&text).and("frozen_unknown", "1");
            assert_eq!(complaints(&validator, &wrong), ["unknown frozen_unknown"], "{}", event_type.name);
        }
    }

    #[test]
    fn reader_and_schema_refuse_an_event_without_a_member_that_must_be_there() {
        for (event_type, text) in every_frozen() {
            let (schema, validator) = schema(event_type.name);
            let event = Members::of_event(&text);
            for name in required(&schema) {
                let wrong = event.without(&name);
                assert_eq!(complaints(&validator, &wrong), [format!("missing {name}")], "{}", event_type.name);
                let (body, start) = with_event(&text, &wrong);
                let message = match name.as_str() {
                    "type" | "v" => "an event begins with".to_owned(),
                    _ => format!("missing field `{name}`"),
                };
                refused(&body, &message, start);
            }
        }
    }

    #[test]
    fn what_the_schema_lets_be_absent_the_reader_lets_be_absent() {
        for (event_type, text) in every_frozen() {
            let (schema, validator) = schema(event_type.name);
            let required = required(&schema);
            let event = Members::of_event(&text);
            for (name, _) in event.0.iter().filter(|(name, _)| !required.contains(name)) {
                let shorter = event.without(name);
                assert_eq!(complaints(&validator, &shorter), [""; 0], "{}", event_type.name);
                let (body, _) = with_event(&text, &shorter);
                assert!(Body::read(&body).is_ok(), "{} without {name}", event_type.name);
            }
        }
    }
}
