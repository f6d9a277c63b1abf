//! The catalogue of event types: one enum, one table, one way of reading and writing each.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::upcast;
use super::{
    AccessDenied, AccusationMade, ActIdentified, ActorRegistered, ActorRelated, AnnexDisclosed, AnnexErased,
    AnnexReleased, AnnexWithheld, CeasefireRecorded, EvidenceAdded, EvidenceTransferred, FindingIssued,
    ImportCompleted, IncidentMerged, IncidentSplit, KeyAdded, KeyRevoked, KeyRotated, LedgerCreated, PlaceRegistered,
    ProcessReported, ProjectionAttested, QuietReported, RecordCorrected, RecordRetracted, ResponseMade, SegmentSealed,
    StatementMade, StepReported, TallyReported, TermsReported, VerificationStepped, ViolationReported,
};
use crate::vocab::{Check, Fault, Pointer, Refer, Reference};

/// A type and version that this program does not know: a newer one. Readers count it and pass over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewerEvent {
    /// The type's name.
    pub name: String,
    /// Its schema version.
    pub version: u32,
}

/// One line of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventType {
    /// The type's name, `<noun>.<past participle>`.
    pub name: &'static str,
    /// The schema version that is written.
    pub version: u32,
}

macro_rules! catalogue {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $version:literal;)*) => {
        /// An event: what one record says (DOMAIN.md §3).
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Event {
            $($(#[$doc])* $name($name),)*
            /// Of a type or version that is newer than this program.
            Newer(NewerEvent),
        }

        /// Every event type of this release.
        pub const EVENT_TYPES: &[EventType] = &[$(EventType { name: $text, version: $version },)*];

        impl Event {
            /// Gives the type's name.
            #[must_use]
            pub fn type_name(&self) -> &str {
                match self {
                    $(Self::$name(_) => $text,)*
                    Self::Newer(newer) => &newer.name,
                }
            }

            fn version(&self) -> u32 {
                match self {
                    $(Self::$name(_) => $version,)*
                    Self::Newer(newer) => newer.version,
                }
            }

            /// Reads the members after `type` and `v`, or all of them where those two may stand anywhere.
            fn from_members<'de, D: Deserializer<'de>>(name: &str, members: D) -> Result<Self, D::Error> {
                match name {
                    $($text => $name::deserialize(members).map(Self::$name),)*
                    _ => Err(de::Error::custom(format_args!("unknown event type `{name}`"))),
                }
            }

            /// Gives the JSON Schema of one event type's members, without `type` and `v`.
            #[cfg(feature = "schema")]
            #[must_use]
            pub(super) fn members_schema(
                name: &str,
                generator: &mut schemars::SchemaGenerator,
            ) -> Option<schemars::Schema> {
                match name {
                    $($text => Some(<$name as schemars::JsonSchema>::json_schema(generator)),)*
                    _ => None,
                }
            }
        }

        impl Serialize for Event {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                /// Writes the head before the members. Reading never flattens: see the visitor below.
                #[derive(Serialize)]
                struct Headed<'a, T> {
                    r#type: &'a str,
                    v: u32,
                    #[serde(flatten)]
                    members: &'a T,
                }
                match self {
                    $(Self::$name(members) => {
                        Headed { r#type: $text, v: $version, members }.serialize(serializer)
                    })*
                    Self::Newer(newer) => {
                        let mut map = serializer.serialize_map(Some(2))?;
                        map.serialize_entry("type", &newer.name)?;
                        map.serialize_entry("v", &newer.version)?;
                        map.end()
                    }
                }
            }
        }

        impl Check for Event {
            fn check(&self, at: &Pointer, faults: &mut Vec<Fault>) {
                match self {
                    $(Self::$name(members) => members.check(at, faults),)*
                    Self::Newer(_) => {}
                }
            }
        }

        impl Refer for Event {
            fn refer(&self, at: &Pointer, see: &mut dyn FnMut(Pointer, Reference<'_>)) {
                match self {
                    $(Self::$name(members) => members.refer(at, see),)*
                    Self::Newer(_) => {}
                }
            }
        }

        $(impl From<$name> for Event {
            fn from(members: $name) -> Self {
                Self::$name(members)
            }
        })*
    };
}

catalogue! {
    /// Where the ledger begins.
    LedgerCreated = "ledger.created", 1;
    /// A sealed segment's digest.
    SegmentSealed = "segment.sealed", 1;
    /// What the records come to.
    ProjectionAttested = "projection.attested", 1;
    /// An actor.
    ActorRegistered = "actor.registered", 1;
    /// How one actor stands to another.
    ActorRelated = "actor.related", 1;
    /// A place.
    PlaceRegistered = "place.registered", 1;
    /// A submitter's key.
    KeyAdded = "key.added", 1;
    /// A key hands over.
    KeyRotated = "key.rotated", 1;
    /// A key is no longer good.
    KeyRevoked = "key.revoked", 1;
    /// A ceasefire.
    CeasefireRecorded = "ceasefire.recorded", 1;
    /// A step claimed of it.
    StepReported = "ceasefire.step_reported", 1;
    /// Terms claimed of it.
    TermsReported = "terms.reported", 1;
    /// The violation report.
    ViolationReported = "violation.reported", 1;
    /// Nothing was observed.
    QuietReported = "quiet.reported", 1;
    /// A monitor's movement was restricted.
    AccessDenied = "access.denied", 1;
    /// A reading of a counter.
    TallyReported = "tally.reported", 1;
    /// An accusation.
    AccusationMade = "accusation.made", 1;
    /// A response.
    ResponseMade = "response.made", 1;
    /// A statement.
    StatementMade = "statement.made", 1;
    /// Talks and mechanisms.
    ProcessReported = "process.reported", 1;
    /// A step of a verification.
    VerificationStepped = "verification.stepped", 1;
    /// An assessor's finding.
    FindingIssued = "finding.issued", 1;
    /// Evidence.
    EvidenceAdded = "evidence.added", 1;
    /// Custody of evidence passes on.
    EvidenceTransferred = "evidence.transferred", 1;
    /// A record reads differently from here on.
    RecordCorrected = "record.corrected", 1;
    /// A record counts for nothing from here on.
    RecordRetracted = "record.retracted", 2;
    /// Two incidents are one.
    IncidentMerged = "incident.merged", 1;
    /// One incident is two.
    IncidentSplit = "incident.split", 1;
    /// Two statements are one act.
    ActIdentified = "act.identified", 1;
    /// Sealed values are kept back.
    AnnexWithheld = "annex.withheld", 1;
    /// Withheld values may be shown again.
    AnnexReleased = "annex.released", 1;
    /// Sealed values were handed over.
    AnnexDisclosed = "annex.disclosed", 1;
    /// Sealed values were destroyed.
    AnnexErased = "annex.erased", 1;
    /// What an import took in.
    ImportCompleted = "import.completed", 2;
}

/// The version of an event type that this program writes, where it knows the type.
#[must_use]
pub fn current_version(name: &str) -> Option<u32> {
    EVENT_TYPES.iter().find(|event_type| event_type.name == name).map(|event_type| event_type.version)
}

impl Event {
    /// Gives the type and schema version.
    #[must_use]
    pub fn head(&self) -> (&str, u32) {
        (self.type_name(), self.version())
    }

    /// Tells whether the event is of a type or version newer than this program.
    #[must_use]
    pub const fn is_newer(&self) -> bool {
        matches!(self, Self::Newer(_))
    }

    /// Reads the members of an event whose type is known from elsewhere. `type` and `v` are not part of them.
    ///
    /// # Errors
    /// Whatever the format says: an unknown, missing or repeated member, a value of the wrong form.
    pub fn read_members<'de, D: Deserializer<'de>>(name: &str, members: D) -> Result<Self, D::Error> {
        Self::from_members(name, members)
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EventVisitor)
    }
}

struct EventVisitor;

/// A key of the head, borrowed where the format allows it.
#[derive(Deserialize)]
#[serde(transparent)]
struct HeadText<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> de::Visitor<'de> for EventVisitor {
    type Value = Event;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event that begins with \"type\" and \"v\"")
    }

    /// Type and version come first, so that the members are read straight into their own type: no copy in between
    /// that would keep the last of two equal keys.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Event, A::Error> {
        let name: String = head_member(&mut map, "type")?;
        let version: u32 = head_member(&mut map, "v")?;
        match current_version(&name) {
            Some(current) if version == current => Event::from_members(&name, MapAccessDeserializer::new(map)),
            Some(current) if version < current || version == 0 => upcast::read_older(&name, version, map),
            _ => {
                while map.next_entry::<de::IgnoredAny, de::IgnoredAny>()?.is_some() {}
                Ok(Event::Newer(NewerEvent { name, version }))
            }
        }
    }
}

fn head_member<'de, A: MapAccess<'de>, T: Deserialize<'de>>(map: &mut A, name: &str) -> Result<T, A::Error> {
    match map.next_key::<HeadText<'de>>()? {
        Some(key) if key.0 == name => map.next_value(),
        _ => Err(de::Error::custom("an event begins with its \"type\", then its \"v\"")),
    }
}
