//! What a user of the library meets: open, append, verify, replay, query.
//!
//! [`Ledger`] writes; [`Archive`] reads beside it. Both give a [`View`], and a view answers: [`View::states`],
//! [`View::tally`], [`View::incident`]. [`Archive::as_known`] gives the view of an earlier moment of knowledge.

mod admit;
mod annex;
mod archive;
mod attesting;
mod breakdown;
mod bundling;
mod evidence;
mod fold_anew;
mod folder;
mod genesis;
mod incident;
mod key_book;
mod layer_folder;
mod log_key;
mod looking;
mod policy;
mod proving;
mod published;
mod questions;
mod reading;
#[cfg(feature = "exchange")]
mod rehearsal;
#[cfg_attr(not(feature = "exchange"), allow(dead_code, reason = "only an import checks so much at once"))]
mod scratch;
mod sealed_history;
mod shared;
mod signing;
mod state;
mod stored;
mod tally;
#[cfg(feature = "timestamp")]
mod timestamps;
mod verification;
mod view;
mod witnessing;
mod writing;

pub use annex::{AnnexCount, AnnexError, FieldState, RecordAnnex, SealedField, Withheld};
pub use archive::{Archive, Replayed};
pub use attesting::AttestError;
pub use breakdown::{BreakdownAnswer, BreakdownQuestion, BrokenDownBy};
pub use bundling::{BundleError, BundleQuestion, BundledFiles};
pub use evidence::{BytesState, CustodyKind, CustodyStep, EvidenceAnswer, EvidenceCheck};
pub use fold_anew::fold_anew;
pub use folder::{Folder, SETTINGS_FILE, Settings, SettingsError};
pub use genesis::{CreateError, FORMAT_VERSION, Genesis, LOG_KEY_FILE, read_seal};
pub use incident::{Accuser, CeasefireRelation, CeasefireScopes, IncidentAnswer};
pub use key_book::{Effect, KeyBook, RecordSignature, SignatureStanding};
pub use log_key::LogKeyError;
pub use policy::{POLICY_FILE, PolicyFileError, PolicyStanding, StandingError};
pub use proving::{Consistency, Extension, Inclusion, ProveError, RebuildTilesError, SignedCheckpoint};
pub use questions::{
    Absent, Alike, AlikeAnswer, AttendanceAnswer, ChargeLine, ChargesAnswer, CoverageAnswer, Denied, FindingLine,
    FindingsAnswer, Ground, ListedBoth, ListedOnce, ListsAnswer, PendingAnswer, PendingIncident, Quiet, Stated,
    StatedAnswer, Unanswered, UnansweredAnswer,
};
pub use reading::{Block, Progress, ReplayError, Until, fold_log, hash_at, read_log, read_record};
#[cfg(feature = "exchange")]
pub use rehearsal::Rehearsal;
#[cfg(feature = "exchange")]
pub(crate) use rehearsal::Rehearsed;
#[cfg(feature = "exchange")]
pub(crate) use scratch::Scratch;
pub use sealed_history::{SealedFile, SealedHistory, SealedReport};
pub use shared::SharedLedger;
pub use signing::SubmittedBody;
pub use state::{CeasefireState, SideView, StateAnswer, perspective_of};
pub use stored::{Notice, StoredRows};
pub use tally::{CounterReading, Coverage, Reading, TallyAnswer, TallyQuestion};
#[cfg(feature = "timestamp")]
pub use timestamps::{
    RecordedTimestamp, StoredReply, TIMESTAMP_MEDIA_TYPE, TimestampTarget, TimestampsError, UnreadableReply,
};
pub use verification::{Check, Depth, EarlierCheckpoint, Finding, Verdict, VerifyError, VerifyQuestion, VerifyReport};
pub use view::{Axis, KnownAt, View};
pub use witnessing::{
    AskWitnessError, COSIGNED_FOLDER, CosignedCheckpoints, CosignedError, CosignedLast, TakenCosignatures,
    WitnessRequest, WitnessingError,
};
pub use writing::{AppendError, Ledger, OpenError, Submission, TornTail, WouldAppend};
