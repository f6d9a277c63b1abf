//! Who is said to have done it, and on whose word.

use serde::{Deserialize, Serialize};

use super::choice::choices;
use super::{ActorRef, Check, Code, Fault, Label, Pointer};

choices! {
    /// On whose word somebody is named (DOMAIN.md §2). Levels are shown, never collapsed into one another.
    pub enum Level {
        /// The source names nobody.
        NoneStated = "none_stated",
        /// The source names nobody outright, and its words leave no other reading.
        Implied = "implied",
        /// The narrator of the source says so in his own voice.
        AllegedByNarrator = "alleged_by_narrator",
        /// Somebody outside the conflict says so.
        AllegedByThirdParty = "alleged_by_third_party",
        /// The other side says so.
        AllegedByOpponent = "alleged_by_opponent",
        /// A rule of the ledger says so; the rule is named.
        DerivedByRule = "derived_by_rule",
        /// The accused says so himself.
        SelfClaimed = "self_claimed",
        /// An assessor holds it likely.
        AssessedLikely = "assessed_likely",
        /// An assessor holds it established; the standard is named.
        Established = "established",
        /// An assessor says that it cannot be attributed.
        CannotBeAttributed = "cannot_be_attributed",
        /// An assessor excludes the named.
        Excluded = "excluded",
    }

    /// How much of it is laid at the door of the accused.
    pub enum Share {
        /// Alone.
        Sole = "sole",
        /// Together.
        Joint = "joint",
        /// For the larger part.
        Largely = "largely",
        /// In part.
        Partly = "partly",
    }
}

impl Level {
    /// Tells whether the level goes with somebody being named.
    #[must_use]
    pub const fn names_somebody(self) -> bool {
        !matches!(self, Self::NoneStated | Self::CannotBeAttributed)
    }

    /// Tells whether the level charges those it names: an exclusion names them and clears them.
    #[must_use]
    pub const fn accuses(self) -> bool {
        self.names_somebody() && !matches!(self, Self::Excluded)
    }
}

/// Who is said to have done it (DOMAIN.md §2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Attribution {
    /// Those named; empty where nobody is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accused: Vec<ActorRef>,
    /// On whose word.
    pub level: Level,
    /// How much of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<Share>,
    /// The rule, with `derived_by_rule`; the standard of proof, with `established`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Label>,
}

impl Check for Attribution {
    fn check(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        self.accused.check(&at.member("accused"), faults);
        let mismatch = match (self.level.names_somebody(), self.accused.is_empty()) {
            (true, true) => Some(format!("the level {} names nobody", self.level)),
            (false, false) => Some(format!("somebody is accused at the level {}", self.level)),
            _ => None,
        };
        if let Some(what) = mismatch {
            faults.push(Fault::new(Code::LevelWithoutAccused, at.member("level"), what));
        }
        if matches!(self.level, Level::DerivedByRule | Level::Established) && self.basis.is_none() {
            let what = format!("the level {} names its rule or standard", self.level);
            faults.push(Fault::new(Code::MissingField, at.member("basis"), what));
        }
    }
}
