//! Who is meant: one actor, one of several, or somebody without a name.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{ActorId, Check, Code, Fault, Label, Pointer};

/// A reference to an actor that keeps the source's ambiguity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ActorRef {
    /// A registered actor.
    Actor(ActorId),
    /// One of these, and the source does not tell which.
    AnyOf(Vec<ActorId>),
    /// Somebody whom the source describes but does not name.
    Unnamed(Label),
}

impl ActorRef {
    /// Reads the short form of the command line: `ARM`, `ARM|AZE` (one of the two), `?a local official`.
    ///
    /// # Errors
    /// A fault at `at` where an id is malformed or the description is empty.
    pub fn from_short(text: &str, at: &Pointer) -> Result<Self, Fault> {
        let id = |part: &str| {
            ActorId::new(part.trim()).map_err(|error| Fault::new(Code::BadId, at.clone(), error.to_string()))
        };
        if let Some(description) = text.strip_prefix('?') {
            let label = Label::new(description.trim())
                .map_err(|error| Fault::new(Code::BadText, at.clone(), error.to_string()))?;
            return Ok(Self::Unnamed(label));
        }
        if text.contains('|') {
            return Ok(Self::AnyOf(text.split('|').map(id).collect::<Result<_, _>>()?));
        }
        id(text).map(Self::Actor)
    }

    /// Gives the actor, where there is exactly one.
    #[must_use]
    pub const fn certain(&self) -> Option<&ActorId> {
        match self {
            Self::Actor(actor) => Some(actor),
            Self::AnyOf(_) | Self::Unnamed(_) => None,
        }
    }

    /// Walks every registered actor that may be meant.
    pub fn possible(&self) -> impl Iterator<Item = &ActorId> {
        let (one, several): (Option<&ActorId>, &[ActorId]) = match self {
            Self::Actor(actor) => (Some(actor), &[]),
            Self::AnyOf(actors) => (None, actors),
            Self::Unnamed(_) => (None, &[]),
        };
        one.into_iter().chain(several)
    }
}

impl fmt::Display for ActorRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Actor(actor) => actor.fmt(f),
            Self::AnyOf(actors) => {
                for (index, actor) in actors.iter().enumerate() {
                    write!(f, "{}{actor}", if index == 0 { "" } else { "|" })?;
                }
                Ok(())
            }
            Self::Unnamed(description) => write!(f, "?{description}"),
        }
    }
}

impl Check for ActorRef {
    fn check(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        if let Self::AnyOf(actors) = self
            && actors.len() < 2
        {
            let what = "an ambiguity names two actors at least";
            faults.push(Fault::new(Code::EmptyList, at.member("any_of"), what));
        }
    }
}
