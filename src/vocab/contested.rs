//! Values on which the record does not agree, kept as values.

use serde::{Deserialize, Serialize};

/// A value that is certain, one of several, or held differently by different sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Contested<T> {
    /// Every side holds this value, and it is known.
    Certain(T),
    /// It is one of these; what is recorded does not say which.
    Uncertain(Vec<T>),
    /// Sides hold different values.
    Contested(Vec<Held<T>>),
}

/// What one side holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Held<T> {
    /// The side: a party's id, `mediator` or `monitor`.
    pub by: String,
    /// The values it may hold; one where it is certain.
    pub values: Vec<T>,
}

impl<T: Clone + Ord> Contested<T> {
    /// Builds from a set of possible values: one is certain, several are uncertain.
    #[must_use]
    pub fn from_possible(mut values: Vec<T>) -> Self {
        values.sort();
        values.dedup();
        match <[T; 1]>::try_from(values) {
            Ok([one]) => Self::Certain(one),
            Err(values) => Self::Uncertain(values),
        }
    }

    /// Builds from what each side holds: the common value, or who holds which.
    #[must_use]
    pub fn from_sides(sides: Vec<Held<T>>) -> Self {
        let agreed = sides.windows(2).all(|pair| matches!(pair, [a, b] if a.values == b.values));
        match sides.first() {
            Some(first) if agreed => Self::from_possible(first.values.clone()),
            _ => Self::Contested(sides),
        }
    }
}

impl<T: std::fmt::Display> std::fmt::Display for Contested<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let joined = |values: &[T]| values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        match self {
            Self::Certain(value) => value.fmt(f),
            Self::Uncertain(values) => write!(f, "uncertain{{{}}}", joined(values)),
            Self::Contested(sides) => {
                let parts: Vec<_> = sides.iter().map(|side| format!("{}: {}", side.by, joined(&side.values))).collect();
                write!(f, "contested{{{}}}", parts.join("; "))
            }
        }
    }
}
