//! What is handed in beside an event and never enters the log: `--private`, `--private-file`, and `private` in a file.

use std::path::PathBuf;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use zeroize::Zeroizing;

use super::Context;
use super::input::{Form, Input};
use crate::cli::complaint::{Complaint, Place};
use crate::cli::outcome::Outcome;
use crate::vault::{Private, PrivateError};
use crate::vocab::{Code, Fault};

/// The member of an input that holds the private part.
pub(super) const MEMBER: &str = "private";

/// Flags for the private part of a submission.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Private, never in the log")]
pub struct PrivateFlags {
    /// A private field: witness.name=@FILE, contact=@- for standard input, or witness.name=TEXT; repeat for each. Only its
    /// digest enters the log; the value is kept encrypted in the vault. @ keeps it out of your shell's history
    #[arg(long = "private", global = true, value_name = "FIELD=@FILE")]
    fields: Vec<String>,
    /// A JSON or YAML file (or -) with an object of private fields, such as {"witness":{"name":"…"},"notes":"…"}
    #[arg(long, global = true, value_name = "FILE")]
    private_file: Option<PathBuf>,
}

impl PrivateFlags {
    /// Reads what the flags name.
    pub(super) fn read(&self, form: Form, context: &mut Context<'_>) -> Result<Private, Complaint> {
        let mut private = Private::default();
        if let Some(path) = &self.private_file {
            let input = Input::read(path, form, "/private", context)?;
            private = input.whole_private()?;
        }
        for field in &self.fields {
            put(field, &mut private, context)?;
        }
        private.check().map_err(|error| complain(&error, "--private"))?;
        Ok(private)
    }
}

/// Reads one field as it was typed.
fn put(typed: &str, private: &mut Private, context: &mut Context<'_>) -> Result<(), Complaint> {
    let refuse = |what: &str| {
        Complaint::new(Outcome::Rejected, Code::BadPrivate, what)
            .at(flag("--private"))
            .hint("write witness.name=@name.txt, contact=@- for standard input, or contact=TEXT")
    };
    let Some((name, value)) = typed.split_once('=') else {
        return Err(refuse("a private field has no value: there is no = in it"));
    };
    let pointer = pointer_of(name).ok_or_else(|| refuse("the name of a private field is empty, or a part of it"))?;
    let value = match value.strip_prefix('@') {
        None => Zeroizing::new(value.to_owned()),
        Some(text) if text.starts_with('@') => Zeroizing::new(text.to_owned()),
        Some(path) => read_value(path, context)?,
    };
    if value.is_empty() {
        return Err(refuse(&format!("nothing is given for the private field {name}")));
    }
    private.put_text(&pointer, &value).map_err(|error| complain(&error, "--private"))
}

/// Reads `witness.name` or `/witness/name` as a JSON pointer.
pub fn pointer_of(name: &str) -> Option<String> {
    if name.starts_with('/') {
        return Some(name.to_owned());
    }
    let parts: Vec<&str> = name.split('.').collect();
    let whole = parts.iter().all(|part| !part.trim().is_empty());
    let pointer = parts.iter().map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1")));
    whole.then(|| pointer.collect())
}

/// Reads a value from a file or standard input; the line end at its end is not part of it.
fn read_value(path: &str, context: &mut Context<'_>) -> Result<Zeroizing<String>, Complaint> {
    let name = if path == "-" { "<stdin>" } else { path };
    let place = || Place { file: Some(name.to_owned()), ..Place::default() };
    let mut bytes = Zeroizing::new(Vec::new());
    let read = if path == "-" {
        context.stdin.read_to_end(&mut bytes).map(drop)
    } else {
        (context.read_file)(path.as_ref()).map(|read| *bytes = read)
    };
    read.map_err(|error| {
        let what = format!("cannot be read: {error}");
        Complaint::new(Outcome::Io, Code::StorageFailed, what).at(place()).hint("check the path")
    })?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| Complaint::new(Outcome::Rejected, Code::NotUtf8, "not UTF-8").at(place()))?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    Ok(Zeroizing::new(text.strip_suffix('\r').unwrap_or(text).to_owned()))
}

/// Complains about a private part; no value is repeated.
pub fn complain(error: &PrivateError, place: &str) -> Complaint {
    let code = match error {
        PrivateError::TooMany { .. } => Code::TooManyPrivate,
        _ => Code::BadPrivate,
    };
    Complaint::new(Outcome::Rejected, code, error.to_string()).at(flag(place))
}

fn flag(name: &str) -> Place {
    Place { file: Some(name.to_owned()), ..Place::default() }
}

impl Input {
    /// Reads the private part that stands beside the event's members, where there is one.
    pub(super) fn private(&self) -> Result<Private, Complaint> {
        self.read_private(Beside)
    }

    /// Reads the whole text as a private part.
    fn whole_private(&self) -> Result<Private, Complaint> {
        self.read_private(Whole)
    }

    fn read_private<'de, S: DeserializeSeed<'de, Value = Private>>(&'de self, seed: S) -> Result<Private, Complaint> {
        self.run(seed).map_err(|refusal| {
            let fault = Fault::new(Code::BadPrivate, self.base.clone(), refusal.message.clone());
            self.complain(&fault, refusal.place)
        })
    }
}

struct Whole;

impl<'de> DeserializeSeed<'de> for Whole {
    type Value = Private;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Private, D::Error> {
        serde::Deserialize::deserialize(deserializer)
    }
}

/// Passes over every member but one.
struct Beside;

impl<'de> DeserializeSeed<'de> for Beside {
    type Value = Private;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Private, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Beside {
    type Value = Private;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object with the event's members")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Private, A::Error> {
        let mut private = Private::default();
        while let Some(key) = map.next_key::<String>()? {
            if key == MEMBER {
                private = map.next_value()?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(private)
    }
}
