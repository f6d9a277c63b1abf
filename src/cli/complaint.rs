//! What went wrong, said so that somebody can act on it: what, where, hint, code (CLI.md, "Errors").

use std::fmt::Write as _;

use serde::Serialize;

use super::outcome::Outcome;
use crate::vocab::{Code, Fault};

/// Where in the input something is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
pub struct Place {
    /// The file, `<stdin>`, or the flag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column in characters, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// The JSON pointer of the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
}

/// One complaint. A command prints it on stderr and ends with its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// How the command ends.
    pub outcome: Outcome,
    /// The stable code.
    pub code: Code,
    /// What is wrong.
    pub what: String,
    /// Where.
    pub place: Option<Place>,
    /// What to do; the code's own hint where there is no better one.
    pub hint: Option<String>,
    /// Further complaints about the same input.
    pub more: Vec<Complaint>,
}

impl Complaint {
    /// Complains without a place.
    #[must_use]
    pub fn new(outcome: Outcome, code: Code, what: impl Into<String>) -> Self {
        Self { outcome, code, what: what.into(), place: None, hint: None, more: Vec::new() }
    }

    /// Complains about an input fault; `place` says which text it stands in, the pointer comes from the fault.
    #[must_use]
    pub fn fault(fault: &Fault, place: Option<Place>) -> Self {
        let pointer = (!fault.pointer.as_str().is_empty()).then(|| fault.pointer.as_str().to_owned());
        let place = match (place, pointer) {
            (Some(place), pointer) => Some(Place { pointer: place.pointer.clone().or(pointer), ..place }),
            (None, Some(pointer)) => Some(Place { pointer: Some(pointer), ..Place::default() }),
            (None, None) => None,
        };
        let hint = fault.suggestion.as_ref().map(|suggestion| format!("did you mean `{suggestion}`?"));
        Self { place, hint, ..Self::new(Outcome::Rejected, fault.code, fault.what.clone()) }
    }

    /// Says where.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Writes the complaint for a person.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("error: {}\n", self.what);
        if let Some(place) = &self.place {
            let mut line = String::new();
            if let Some(file) = &place.file {
                line.push_str(file);
            }
            if let (Some(at), Some(column)) = (place.line, place.column) {
                let _ = write!(line, ":{at}:{column}");
            }
            if let Some(pointer) = &place.pointer {
                let _ = write!(line, "{}at {pointer}", if line.is_empty() { "" } else { "  " });
            }
            let _ = writeln!(text, "  --> {line}");
        }
        let _ = writeln!(text, "hint:  {}", self.hint.as_deref().unwrap_or(self.code.entry().hint));
        let _ = writeln!(text, "code:  {}", self.code);
        for more in &self.more {
            let _ = write!(text, "\n{}", more.to_text());
        }
        text
    }

    /// Writes the complaint as JSON.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let mut value = serde_json::json!({
            "schema": "ceasefire.error/1",
            "outcome": self.outcome.word(),
            "error": self.what,
            "hint": self.hint.as_deref().unwrap_or(self.code.entry().hint),
            "code": self.code.id(),
        });
        if let (Some(place), Some(object)) = (&self.place, value.as_object_mut()) {
            object.insert("at".to_owned(), serde_json::json!(place));
        }
        if let (false, Some(object)) = (self.more.is_empty(), value.as_object_mut()) {
            let more: Vec<_> = self.more.iter().map(Self::to_json).collect();
            object.insert("more".to_owned(), more.into());
        }
        value
    }
}
