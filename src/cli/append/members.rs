//! From a text to an event: the head may stand anywhere or be left out, the members are read into their own types.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};
use serde_path_to_error::{Path, Track};

use super::input::{Form, Input};
use super::wording::{Refusal, fault_of};
use super::yaml;
use crate::cli::complaint::Complaint;
use crate::cli::outcome::Outcome;
use crate::event::{EVENT_TYPES, Event, current_version};
use crate::vocab::{Code, Fault};

impl Input {
    /// Reads the event that the text holds. `expected` is its type where the command names one; a type in the text
    /// must then be the same.
    pub(super) fn event(&self, expected: Option<&str>) -> Result<Event, Complaint> {
        let mut track = Track::new();
        let head = self.run(HeadSeed(&mut track)).map_err(|refusal| self.explain(&refusal, &track.path()))?;
        let name = self.event_type(&head, expected)?;
        self.check_version(&head, &name)?;
        let mut track = Track::new();
        self.run(MembersSeed { name: &name, track: &mut track })
            .map_err(|refusal| self.explain(&refusal, &track.path()))
    }

    pub(super) fn run<'de, S: DeserializeSeed<'de>>(&'de self, seed: S) -> Result<S::Value, Refusal> {
        match self.form {
            Form::Json => {
                let mut reader = serde_json::Deserializer::from_str(&self.text);
                seed.deserialize(&mut reader).map_err(|error| Refusal::from_json(&error))
            }
            Form::Yaml => yaml::read(&self.text, seed),
        }
    }

    fn explain(&self, refusal: &Refusal, path: &Path) -> Complaint {
        let mut fault = fault_of(refusal, path, &self.base);
        if self.form == Form::Yaml && fault.code == Code::WrongType {
            let at = fault.pointer.as_str().get(self.base.as_str().len()..).unwrap_or_default();
            match yaml::behind(&self.text, at) {
                yaml::Behind::Syntax(broken) => {
                    let code = broken.code.unwrap_or(Code::JsonSyntax);
                    return self.complain(&Fault::new(code, self.base.clone(), broken.message), broken.place);
                }
                yaml::Behind::Float => fault.code = Code::FloatNumber,
                yaml::Behind::Other => {}
            }
        }
        let complaint = self.complain(&fault, refusal.place);
        match (complaint.hint.is_some(), fault.code) {
            (false, Code::SourceMissing) => complaint.hint(r#"say who said so: "source":{"speaker":[{"actor":"ID"}]}"#),
            _ => complaint,
        }
    }

    fn event_type(&self, head: &Head<'_>, expected: Option<&str>) -> Result<String, Complaint> {
        let refuse = |code, member: &str, what: String, suggestion| {
            let pointer = if member.is_empty() { self.base.clone() } else { self.base.member(member) };
            self.complain(&Fault::new(code, pointer, what).suggesting(suggestion), None)
        };
        let name = match (head.name.as_deref(), expected) {
            (Some(name), Some(expected)) if name != expected => {
                let what = format!("the type is `{name}`, this command appends `{expected}`");
                let complaint = refuse(Code::BadKind, "type", what, None);
                return Err(complaint.hint("append event FILE takes an event of any type; here `type` may be left out"));
            }
            (Some(name), _) => name,
            (None, Some(expected)) => expected,
            (None, None) => {
                let complaint = refuse(Code::EventHead, "", "the event does not name its type".to_owned(), None);
                return Err(
                    complaint.hint(r#"begin with "type": "violation.reported", or use the command of that kind"#)
                );
            }
        };
        if current_version(name).is_none() {
            let names = EVENT_TYPES.iter().map(|event_type| event_type.name);
            let what = format!("no event type is called `{name}`");
            return Err(refuse(Code::UnknownEvent, "type", what, super::wording::nearest(name, names)));
        }
        Ok(name.to_owned())
    }

    /// Only the version of today is written; older ones are for reading.
    fn check_version(&self, head: &Head<'_>, name: &str) -> Result<(), Complaint> {
        match (head.version, current_version(name)) {
            (Some(version), Some(current)) if version != current => {
                let what = format!("version {version} of {name} is not the one that is written, {current}");
                let fault = Fault::new(Code::UnknownEvent, self.base.member("v"), what);
                Err(self.complain(&fault, None).hint(format!("write \"v\": {current}, or leave it out")))
            }
            _ => Ok(()),
        }
    }
}

/// Refuses an event that JSON could not hold within the input rules: what YAML and flags allow, the log does not.
pub(super) fn check_written(event: &Event, complain: impl FnOnce(&Fault) -> Complaint) -> Result<String, Complaint> {
    let text = serde_json::to_string(event).map_err(|error| {
        Complaint::new(Outcome::Internal, Code::Internal, format!("the event cannot be written: {error}"))
    })?;
    match crate::record::check_json(&text) {
        Ok(()) => Ok(text),
        Err(fault) => {
            let pointer = crate::vocab::Pointer::from_text(format!("/event{}", fault.pointer));
            Err(complain(&Fault::new(crate::exchange::jsonl::code_of(fault.kind), pointer, fault.detail)))
        }
    }
}

/// What names an event's form; both may be left out where the command names them.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow, default, rename = "type")]
    name: Option<Cow<'a, str>>,
    #[serde(default, rename = "v")]
    version: Option<u32>,
}

struct HeadSeed<'t>(&'t mut Track);

impl<'de> DeserializeSeed<'de> for HeadSeed<'_> {
    type Value = Head<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        Head::deserialize(serde_path_to_error::Deserializer::new(deserializer, self.0))
    }
}

struct MembersSeed<'t> {
    name: &'t str,
    track: &'t mut Track,
}

impl<'de> DeserializeSeed<'de> for MembersSeed<'_> {
    type Value = Event;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Event, D::Error> {
        let members = serde_path_to_error::Deserializer::new(WithoutHead(deserializer), self.track);
        Event::read_members(self.name, members)
    }
}

/// An object without its `type` and `v`, and without its private part, wherever they stand in it.
struct WithoutHead<D>(D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for WithoutHead<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(VisitWithoutHead(visitor))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct VisitWithoutHead<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for VisitWithoutHead<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the event's members")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(MapWithoutHead(map))
    }
}

struct MapWithoutHead<A>(A);

impl<'de, A: MapAccess<'de>> MapAccess<'de> for MapWithoutHead<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(key) = self.0.next_key::<String>()? {
            if matches!(key.as_str(), "type" | "v" | super::private::MEMBER) {
                self.0.next_value::<IgnoredAny>()?;
            } else {
                let key: de::value::StringDeserializer<A::Error> = key.into_deserializer();
                return seed.deserialize(key).map(Some);
            }
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(seed)
    }
}
