//! What can be recorded: one file for each group of DOMAIN.md §3.
//!
//! Every event is a claim with a source, or housekeeping about records. [`Event`] holds any of them; [`EVENT_TYPES`] is
//! the catalogue with its schema versions. Reading is strict: no unknown member, none twice, no fraction, and `type`
//! and `v` come first. A newer type or version is kept by name ([`Event::Newer`]); an older one is lifted.

mod about;
mod annex;
mod assessment;
mod catalogue;
mod ceasefire;
mod claim;
mod evidence;
mod housekeeping;
mod ledger;
mod members;
mod process;
mod registry;
#[cfg(feature = "schema")]
mod schema;
mod statement;
mod upcast;
mod violation;

pub use about::{About, Legal};
pub use annex::{AnnexDisclosed, AnnexErased, AnnexReleased, AnnexWithheld};
pub use assessment::{Dissent, FindingIssued, FindingOutcome, VerificationStep, VerificationStepped};
pub use catalogue::{EVENT_TYPES, Event, EventType, NewerEvent, current_version};
pub use ceasefire::{
    CeasefireKind, CeasefireRecorded, CeasefireRelation, DurationTerm, KindTerm, RelatedCeasefire, Scope, Step,
    StepReported, Term, TermsReported,
};
pub use claim::is_retractable_type;
pub use evidence::{EvidenceAdded, EvidenceTransferred};
pub use housekeeping::{
    ActIdentified, ImportCompleted, IncidentMerged, IncidentSplit, MendedBy, RecordCorrected, RecordRetracted,
    SeriesChange,
};
pub use ledger::{AttestedProjection, LedgerCreated, ProjectionAttested, Recorder, SegmentSealed};
pub use process::{Attendance, ProcessKind, ProcessReported};
pub use registry::{
    ActorKind, ActorRegistered, ActorRelated, KeyAdded, KeyRevoked, KeyRotated, PlaceRegistered, Relation, Role,
};
#[cfg(feature = "schema")]
pub use schema::event_schema;
pub use statement::{
    AccusationMade, Answered, Claiming, ResponseMade, ResponseScope, ScopeBasis, Stance, StatementKind, StatementMade,
};
pub use upcast::{UpcastTableError, check_upcasters, read_event};
pub use violation::{
    AccessDenied, Act, Breach, BreachClaim, FireDirection, Observation, QuietReported, Sense, TallyReported,
    ViolationReported,
};
