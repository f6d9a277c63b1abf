//! What a statement is about.

use serde::{Deserialize, Serialize};

use crate::vocab::{CeasefireId, Check, Fault, IncidentId, Pointer, RecordRef, Refer, Reference, choices};

/// One thing a statement is about. A statement about nothing in particular has an empty list of these.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum About {
    /// An incident.
    Incident(IncidentId),
    /// A ceasefire.
    Ceasefire(CeasefireId),
    /// A record: an accusation, a statement.
    Record(RecordRef),
}

impl Check for About {
    fn check(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        if let Self::Record(record) = self {
            record.check(&at.member("record"), faults);
        }
    }
}

impl Refer for About {
    fn refer(&self, at: &Pointer, see: &mut dyn FnMut(Pointer, Reference<'_>)) {
        match self {
            Self::Incident(incident) => incident.refer(&at.member("incident"), see),
            Self::Ceasefire(ceasefire) => ceasefire.refer(&at.member("ceasefire"), see),
            Self::Record(record) => record.refer(&at.member("record"), see),
        }
    }
}

choices! {
    /// A legal word that a source uses. The ledger keeps it as the source's, and draws nothing from it.
    pub enum Legal {
        /// War crime.
        WarCrime = "war_crime",
        /// Crime against humanity.
        CrimeAgainstHumanity = "crime_against_humanity",
        /// Genocide.
        Genocide = "genocide",
        /// Aggression.
        Aggression = "aggression",
        /// A grave breach of the Geneva Conventions.
        GraveBreach = "grave_breach",
        /// A legitimate military objective.
        MilitaryObjective = "military_objective",
        /// Self-defence.
        SelfDefence = "self_defence",
        /// Terrorism, as the source uses the word.
        Terrorism = "terrorism",
        /// A breach of a treaty.
        TreatyBreach = "treaty_breach",
    }
}
