//! What is wrong with an input, and where.

use std::fmt;

use super::Code;

/// A place in an input: a JSON pointer (RFC 6901), built while walking down.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pointer(Option<String>);

impl Pointer {
    /// Points to the whole input.
    #[must_use]
    pub const fn root() -> Self {
        Self(Some(String::new()))
    }

    /// Points nowhere, at every step down: for a walk that only asks whether anything is wrong at all. Nearly all inputs
    /// are sound, and to spell the place of every value takes longer than to look at the values.
    #[must_use]
    pub const fn nowhere() -> Self {
        Self(None)
    }

    /// Reads the text form; no check is needed, any text is a place that may not exist.
    #[must_use]
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(Some(text.into()))
    }

    /// Steps down to a member of an object.
    #[must_use]
    pub fn member(&self, name: &str) -> Self {
        Self(self.0.as_ref().map(|above| format!("{above}/{}", name.replace('~', "~0").replace('/', "~1"))))
    }

    /// Steps down to an item of a list, counted from 0.
    #[must_use]
    pub fn item(&self, index: usize) -> Self {
        Self(self.0.as_ref().map(|above| format!("{above}/{index}")))
    }

    /// Gives the pointer's text; empty for the whole input.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }
}

impl Default for Pointer {
    fn default() -> Self {
        Self::root()
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.as_str().is_empty() { "/" } else { self.as_str() })
    }
}

/// One thing wrong with an input: a stable code, the place, and what was found there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Fault {
    /// The stable code.
    pub code: Code,
    /// Where in the input.
    pub pointer: Pointer,
    /// What was found, as a lower-case fragment.
    pub what: String,
    /// The nearest thing that would have been right ("did you mean"), where there is one.
    pub suggestion: Option<String>,
}

impl Fault {
    /// Describes a fault without a suggestion.
    #[must_use]
    pub fn new(code: Code, pointer: Pointer, what: impl Into<String>) -> Self {
        Self { code, pointer, what: what.into(), suggestion: None }
    }

    /// Adds the nearest thing that would have been right.
    #[must_use]
    pub fn suggesting(mut self, suggestion: Option<String>) -> Self {
        self.suggestion = suggestion;
        self
    }
}

/// Values that can contradict themselves and say so.
///
/// A check looks only at the value: whether an id is registered is for the admission rules.
pub trait Check {
    /// Adds every fault found to `faults`; `at` is where the value stands.
    fn check(&self, at: &Pointer, faults: &mut Vec<Fault>);

    /// Gives every fault. Places are spelled out only where there is one: see [`Pointer::nowhere`].
    fn faults(&self, at: &Pointer) -> Vec<Fault> {
        let mut faults = Vec::new();
        self.check(&Pointer::nowhere(), &mut faults);
        if !faults.is_empty() {
            faults.clear();
            self.check(at, &mut faults);
        }
        faults
    }
}

impl<T: Check> Check for Option<T> {
    fn check(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        if let Some(value) = self {
            value.check(at, faults);
        }
    }
}

impl<T: Check> Check for Vec<T> {
    fn check(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        for (index, value) in self.iter().enumerate() {
            value.check(&at.item(index), faults);
        }
    }
}

impl<T: Check> Check for Box<T> {
    fn check(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        (**self).check(at, faults);
    }
}
