//! Who and where: actors, how they stand to each other, places, and submitters' keys.

use serde::{Deserialize, Serialize};

use super::members::{Coherent, members};
use crate::vocab::{
    ActorId, Code, ExternalId, Fault, Instant, KeyId, Label, Names, PlaceId, Pointer, Source, Text, When, Where,
    choices,
};

choices! {
    /// What an actor is.
    pub enum ActorKind {
        /// A state.
        State = "state",
        /// An armed group.
        ArmedGroup = "armed_group",
        /// An authority that governs without general recognition.
        DeFactoAuthority = "de_facto_authority",
        /// An organ of another actor: a ministry, an army.
        Organ = "organ",
        /// An office, whoever holds it: a president, a spokesperson.
        Office = "office",
        /// An international organisation.
        InternationalOrganisation = "international_organisation",
        /// A non-governmental organisation.
        Ngo = "ngo",
        /// A news outlet.
        Media = "media",
        /// A monitor or monitoring mission.
        Monitor = "monitor",
        /// A sensor.
        Sensor = "sensor",
        /// An actor that its source does not name.
        Unnamed = "unnamed",
    }

    /// How one actor stands to another.
    pub enum Relation {
        /// It is a part of the other: its acts and words are the other's.
        PartOf = "part_of",
        /// It acts for the other, somebody says. Its acts are not counted as the other's.
        ProxyOf = "proxy_of",
        /// It is the other, under another id.
        AliasOf = "alias_of",
    }

    /// What a submitter key may sign.
    pub enum Role {
        /// Reports and statements.
        Monitor = "monitor",
        /// A party's own submissions.
        Party = "party",
        /// Findings.
        Assessor = "assessor",
        /// Registry, corrections and everything else.
        Recorder = "recorder",
    }
}

/// `actor.registered`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ActorRegistered {
    /// The id it gets.
    pub actor: ActorId,
    /// What it is.
    pub kind: ActorKind,
    /// Its names.
    pub names: Names,
    /// What other lists call it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external: Vec<ExternalId>,
    /// A remark of the recorder's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

members!(ActorRegistered { names });

impl Coherent for ActorRegistered {}

/// `actor.related`: somebody says how one actor stands to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ActorRelated {
    /// The actor.
    pub actor: ActorId,
    /// How it stands to the other.
    pub relation: Relation,
    /// The other.
    pub to: ActorId,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<When>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<When>,
    /// Who says so.
    pub source: Source,
    /// A remark of the recorder's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

members!(ActorRelated { actor, to, from, until, source });

impl Coherent for ActorRelated {
    fn coherent(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        if self.actor == self.to {
            faults.push(Fault::new(Code::SelfReference, at.member("to"), "an actor is related to itself"));
        }
    }
}

/// `place.registered`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PlaceRegistered {
    /// The id it gets.
    pub place: PlaceId,
    /// Its names.
    pub names: Names,
    /// What it is, in words: city, region, crossing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Label>,
    /// The registered place it lies in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<PlaceId>,
    /// Where it lies.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "where")]
    pub location: Option<Where>,
    /// What other lists call it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external: Vec<ExternalId>,
    /// A remark of the recorder's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

members!(PlaceRegistered { names, within, location = "where" });

impl Coherent for PlaceRegistered {
    fn coherent(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        if self.within.as_ref() == Some(&self.place) {
            faults.push(Fault::new(Code::SelfReference, at.member("within"), "a place lies within itself"));
        }
    }
}

/// `key.added`: a submitter's public key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct KeyAdded {
    /// The id it gets.
    pub key: KeyId,
    /// Whose key it is.
    pub actor: ActorId,
    /// The Ed25519 public key, base64.
    pub public_key: Label,
    /// What it may sign.
    pub roles: Vec<Role>,
}

members!(KeyAdded { actor });

impl Coherent for KeyAdded {
    fn coherent(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        if self.roles.is_empty() {
            faults.push(Fault::new(Code::EmptyList, at.member("roles"), "the key may sign nothing"));
        }
    }
}

/// `key.rotated`: a key hands over to the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct KeyRotated {
    /// The key that ends.
    pub key: KeyId,
    /// The id of the next.
    pub successor: KeyId,
    /// The next key's Ed25519 public key, base64.
    pub public_key: Label,
}

members!(KeyRotated { key });

impl Coherent for KeyRotated {
    fn coherent(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        if self.key == self.successor {
            faults.push(Fault::new(Code::SelfReference, at.member("successor"), "the next key has the same id"));
        }
    }
}

/// `key.revoked`: a key is no longer good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct KeyRevoked {
    /// The key.
    pub key: KeyId,
    /// Why.
    pub reason: Text,
    /// From when on its signatures are doubtful.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspect_since: Option<Instant>,
}

members!(KeyRevoked { key });

impl Coherent for KeyRevoked {}
