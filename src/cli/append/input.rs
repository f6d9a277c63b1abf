//! Files and standard input: reading one as JSON or YAML, and finding a place in it again.

use std::io::Read;
use std::path::Path;

use super::Context;
use super::origin::lies_under;
use super::yaml;
use crate::cli::complaint::{Complaint, Place};
use crate::cli::outcome::Outcome;
use crate::exchange::jsonl::code_of;
use crate::record::{JsonFault, check_json_bytes, locate};
use crate::vocab::{Code, Fault, Pointer};

/// The most that is read of a file, in bytes. A record is far shorter; the rest is room for comments in YAML.
const MAX_INPUT_BYTES: u64 = 1024 * 1024;

/// How an input is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

/// A text that an event, or a part of one, was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// The file's path as it was typed, or `<stdin>`.
    pub name: String,
    /// The text.
    pub text: String,
    /// How it is written.
    pub form: Form,
    /// Where in the body its value stands.
    pub base: Pointer,
}

impl Input {
    /// Reads a file, or standard input for `-`.
    pub(super) fn read(path: &Path, form: Form, base: &str, context: &mut Context<'_>) -> Result<Self, Complaint> {
        let stdin = path == Path::new("-");
        let name = if stdin { "<stdin>".to_owned() } else { path.display().to_string() };
        let whole = |column| Place { file: Some(name.clone()), line: column, column, pointer: None };
        let bytes = if stdin { read_stdin(context.stdin) } else { (context.read_file)(path) };
        let bytes = bytes.map_err(|error| {
            let what = format!("cannot be read: {error}");
            Complaint::new(Outcome::Io, Code::StorageFailed, what).at(whole(None)).hint("check the path")
        })?;
        let is_yaml = form == Form::Yaml || has_yaml_ending(path);
        let form = if is_yaml { Form::Yaml } else { Form::Json };
        let base = Pointer::from_text(base);
        if bytes.len() as u64 > MAX_INPUT_BYTES {
            let what = format!("{} bytes and more, the most is {MAX_INPUT_BYTES}", MAX_INPUT_BYTES + 1);
            return Err(Complaint::new(Outcome::Rejected, Code::RecordTooLong, what).at(whole(Some(1))));
        }
        // YAML is held to the rules of JSON once it is an event; only the encoding is looked at here.
        let checked = match form {
            Form::Json => check_json_bytes(&bytes).map(ToOwned::to_owned),
            Form::Yaml => String::from_utf8(bytes.clone()).or_else(|_| check_json_bytes(&bytes).map(ToOwned::to_owned)),
        };
        let text = checked.map_err(|fault| json_complaint(&fault, &name, &base))?;
        if text.starts_with('\u{feff}') {
            let what = "a byte order mark";
            return Err(Complaint::new(Outcome::Rejected, Code::ByteOrderMark, what).at(whole(Some(1))));
        }
        Ok(Self { name, text, form, base })
    }

    /// Gives the place of a value of the body; nothing where the text does not hold that part of the body.
    #[must_use]
    pub fn place(&self, pointer: &Pointer) -> Option<Place> {
        if !lies_under(pointer.as_str(), self.base.as_str()) {
            return None;
        }
        let mut at = pointer.as_str().get(self.base.as_str().len()..).unwrap_or_default();
        // What is missing is shown at what it is missing from.
        let position = loop {
            match (self.locate(at), at.rfind('/')) {
                (None, Some(parent)) => at = at.get(..parent).unwrap_or_default(),
                (position, _) => break position,
            }
        };
        Some(Place {
            file: Some(self.name.clone()),
            line: position.map(|(line, _)| line),
            column: position.map(|(_, column)| column),
            pointer: Some(pointer.as_str().to_owned()),
        })
    }

    /// Complains about a fault in this text; `fallback` is where its reader stopped.
    pub(super) fn complain(&self, fault: &Fault, fallback: Option<(usize, usize)>) -> Complaint {
        let place = self.place(&fault.pointer).map(|place| match (place.line, fallback) {
            (None, Some((line, column))) => Place { line: Some(line), column: Some(column), ..place },
            _ => place,
        });
        Complaint::fault(fault, place)
    }

    fn locate(&self, pointer: &str) -> Option<(usize, usize)> {
        match self.form {
            Form::Json => locate(&self.text, pointer),
            Form::Yaml => yaml::locate(&self.text, pointer),
        }
    }
}

fn read_stdin(stdin: &mut dyn Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stdin.take(MAX_INPUT_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn has_yaml_ending(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("yaml") || ending.eq_ignore_ascii_case("yml"))
}

/// Turns what the strict reader of JSON found into a complaint.
pub(super) fn json_complaint(fault: &JsonFault, name: &str, base: &Pointer) -> Complaint {
    let place = Place {
        file: Some(name.to_owned()),
        line: Some(fault.line),
        column: Some(fault.column),
        pointer: Some(format!("{}{}", base.as_str(), fault.pointer)),
    };
    Complaint::new(Outcome::Rejected, code_of(fault.kind), fault.detail.clone()).at(place)
}
