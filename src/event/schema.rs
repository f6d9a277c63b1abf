//! JSON Schemas of events, made from the types themselves.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::{EVENT_TYPES, Event};

impl JsonSchema for Event {
    fn schema_name() -> Cow<'static, str> {
        "Event".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let choices: Vec<Value> = EVENT_TYPES
            .iter()
            .filter_map(|event_type| {
                let members = Self::members_schema(event_type.name, generator)?;
                Some(headed(members, event_type.name, event_type.version).to_value())
            })
            .collect();
        json_schema!({ "oneOf": choices })
    }
}

/// Gives the JSON Schema of one event type, `type` and `v` included.
#[must_use]
pub fn event_schema(name: &str) -> Option<Schema> {
    let event_type = EVENT_TYPES.iter().find(|event_type| event_type.name == name)?;
    let mut generator = SchemaGenerator::default();
    let members = Event::members_schema(name, &mut generator)?;
    let mut schema = headed(members, name, event_type.version);
    schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".to_owned(), json!(name));
    let definitions = generator.take_definitions(true);
    if !definitions.is_empty() {
        schema.insert("$defs".to_owned(), Value::Object(definitions));
    }
    Some(schema)
}

/// Adds the head to the schema of an event's members.
fn headed(mut members: Schema, name: &str, version: u32) -> Schema {
    let head = json!({ "type": { "const": name }, "v": { "const": version } });
    if let (Some(Value::Object(properties)), Value::Object(head)) = (members.get_mut("properties"), &head) {
        properties.extend(head.clone());
    } else {
        members.insert("properties".to_owned(), head);
    }
    let mut required = vec![json!("type"), json!("v")];
    if let Some(Value::Array(names)) = members.get("required") {
        required.extend(names.iter().cloned());
    }
    members.insert("required".to_owned(), Value::Array(required));
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_type_has_a_schema_that_names_it() {
        for event_type in EVENT_TYPES {
            let schema = event_schema(event_type.name).unwrap().to_value();
            assert_eq!(schema["properties"]["type"]["const"], event_type.name);
            assert_eq!(schema["additionalProperties"], false, "{}", event_type.name);
        }
    }
}
