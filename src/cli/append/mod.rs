//! `ceasefire append KIND`: from what a user typed, a file or standard input to an event.
//!
//! Every kind can be told in two ways. Flags name what is known and leave out the rest; a `FILE` (or `-`) holds the
//! members of the event as JSON or YAML, where `type` and `v` may be left out. The two do not mix. Either way the outcome
//! is a [`Draft`]: the event, its idempotency key and where each part of it came from, so that a later refusal still
//! points at a flag or at a line and column.
//!
//! Reading decides nothing about the ledger: whether an actor is registered is for the admission rules. What is refused
//! here could not be read at all.
//!
//! - An incident that is given no id is named after the content of its report, `inc-` and ten hexadecimal digits.
//! - Without `--idempotency-key` the key is made from the content, `auto-` and 32 hexadecimal digits, so that the same
//!   command typed twice is one record.

mod assessment;
mod ceasefire;
mod charge;
mod counts;
mod evidence_file;
mod flags;
mod housekeeping;
mod input;
mod keys;
mod kind;
mod members;
mod monitoring;
mod origin;
mod private;
mod registry;
mod setting;
mod source;
mod statement;
#[cfg(test)]
mod tests;
mod typed;
mod violation;
mod wording;
mod yaml;

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use assessment::{EvidenceFlags, FindingFlags, TransferFlags, VerificationFlags};
use ceasefire::{AgreementFlags, StepFlags, TermsFlags};
use housekeeping::{CorrectionFlags, IdentifyFlags, MergeFlags, RetractionFlags, SplitFlags};
use keys::{KeyFlags, RevocationFlags, RotationFlags};
use kind::{FromFile, SharedFlags, Subject};
use monitoring::{AccessFlags, QuietFlags, TallyFlags};
use registry::{ActorFlags, PlaceEventFlags, RelatedFlags};
use statement::{AccusationFlags, ProcessFlags, ResponseFlags, StatementFlags};
use violation::ViolationFlags;

pub(super) use counts::figure;
pub use evidence_file::{EvidenceFileFlags, EvidenceHandoverFlags, SubmissionFlags};
pub use keys::KeyChange;
pub use origin::DraftOrigin;
use private::PrivateFlags;
pub use private::{complain as complain_of_private, pointer_of};

use super::complaint::Complaint;
use crate::event::Event;
use crate::vault::Private;
use crate::vocab::{ActorId, ActorRef, Label, Level, ZonePolicy};

/// The arguments of `ceasefire append`.
#[derive(Debug, Clone, PartialEq, clap::Args)]
pub struct AppendArgs {
    #[command(subcommand)]
    kind: Kind,
    #[command(flatten)]
    shared: SharedFlags,
    #[command(flatten)]
    private: PrivateFlags,
}

/// What reading a draft needs from around it.
pub struct Context<'a> {
    /// The zones that a time without a zone may be meant in.
    pub zones: &'a ZonePolicy,
    /// Who keeps the ledger; the source of a relation that no source is named for.
    pub recorder: &'a ActorId,
    /// Standard input, read only for `-`.
    pub stdin: &'a mut dyn Read,
    /// Reads a file that the user named.
    pub read_file: &'a dyn Fn(&Path) -> io::Result<Vec<u8>>,
    /// Tells which level the word of a speaker has against those it accuses.
    /// Nothing where it cannot be told.
    pub level_of: &'a dyn Fn(&ActorRef, &[ActorRef]) -> Option<Level>,
}

/// An event on its way into the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The event.
    pub event: Event,
    /// The idempotency key: as typed, else made from the content.
    pub key: Label,
    /// Who submits it, where the user says so.
    pub by: Option<ActorId>,
    /// Where its parts came from.
    pub origin: DraftOrigin,
    /// What was handed in beside it and never enters the log.
    pub private: Private,
}

#[derive(Debug, Clone, PartialEq, clap::Subcommand)]
#[command(subcommand_required = true)]
enum Kind {
    /// Report a violation: a source, and whatever else is known
    #[command(after_help = violation::EXAMPLES)]
    Violation(Box<FromFile<ViolationFlags>>),
    /// Report that nothing was observed at a place over a time
    Quiet(Box<FromFile<QuietFlags>>),
    /// Report that a monitor could not go where it wanted
    Access(Box<FromFile<AccessFlags>>),
    /// Report a reading of a counter that somebody keeps
    Tally(Box<FromFile<TallyFlags>>),
    /// Record a ceasefire: its id, names and parties
    Agreement(Box<Subject<AgreementFlags>>),
    /// Report a step of a ceasefire: signed, effective, withdrawn, …
    Step(Box<FromFile<StepFlags>>),
    /// Report terms of a ceasefire: when it takes effect, what it forbids, …
    Terms(Box<FromFile<TermsFlags>>),
    /// Report that somebody charges somebody
    Accusation(Box<FromFile<AccusationFlags>>),
    /// Report that somebody answers: denies, acknowledges, justifies, …
    Response(Box<FromFile<ResponseFlags>>),
    /// Report anything else that somebody says
    Statement(Box<FromFile<StatementFlags>>),
    /// Report talks, meetings and mechanisms
    Process(Box<FromFile<ProcessFlags>>),
    /// Record a step of a verification
    Verification(Box<FromFile<VerificationFlags>>),
    /// Record an assessor's finding
    Finding(Box<FromFile<FindingFlags>>),
    /// Record a piece of evidence by its hashes
    EvidenceRecord(Box<FromFile<EvidenceFlags>>),
    /// Record that custody of evidence passed on
    Transfer(Box<FromFile<TransferFlags>>),
    /// Register an actor
    Actor(Box<Subject<ActorFlags>>),
    /// Record how one actor stands to another
    Relation(Box<Subject<RelatedFlags>>),
    /// Register a place
    Place(Box<Subject<PlaceEventFlags>>),
    /// Add a submitter's public key
    Key(Box<Subject<KeyFlags>>),
    /// Let one key hand over to the next
    KeyRotation(Box<Subject<RotationFlags>>),
    /// Revoke a key
    KeyRevocation(Box<Subject<RevocationFlags>>),
    /// Correct a record: from here on it reads as the replacement
    Correction(Box<Subject<CorrectionFlags>>),
    /// Retract a record: from here on it counts for nothing, and stays readable
    Retraction(Box<Subject<RetractionFlags>>),
    /// Say that two incidents are one
    Merge(Box<Subject<MergeFlags>>),
    /// Say that one incident is two
    Split(Box<Subject<SplitFlags>>),
    /// Say that two statements are one act
    Identify(Box<FromFile<IdentifyFlags>>),
    /// Append an event of any type from a file or standard input; it names its own type
    Event {
        /// A JSON or YAML file with the whole event, or - for standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

impl AppendArgs {
    /// Gives who submits it, where that was typed.
    ///
    /// # Errors
    /// A complaint at the flag.
    pub fn submitter(&self) -> Result<Option<ActorId>, Complaint> {
        self.shared.submitter()
    }

    /// Makes the drafts: one, or for an actor with relations one more for each of these.
    ///
    /// # Errors
    /// A complaint that names the flag, or the line and column, and the value's place in the body.
    pub fn drafts(&self, context: &mut Context<'_>) -> Result<Vec<Draft>, Complaint> {
        let mut drafts = self.public_drafts(context)?;
        let private = self.private.read(self.shared.form(), context)?;
        // What is private belongs to what was typed first, not to what follows from it.
        if let Some(draft) = drafts.first_mut() {
            let taken = draft.private.take_in(private).and_then(|()| draft.private.check());
            taken.map_err(|error| complain_of_private(&error, "--private"))?;
        }
        Ok(drafts)
    }

    fn public_drafts(&self, context: &mut Context<'_>) -> Result<Vec<Draft>, Complaint> {
        let shared = &self.shared;
        match &self.kind {
            Kind::Violation(kind) => kind.drafts(shared, context),
            Kind::Quiet(kind) => kind.drafts(shared, context),
            Kind::Access(kind) => kind.drafts(shared, context),
            Kind::Tally(kind) => kind.drafts(shared, context),
            Kind::Agreement(kind) => kind.drafts(shared, context),
            Kind::Step(kind) => kind.drafts(shared, context),
            Kind::Terms(kind) => kind.drafts(shared, context),
            Kind::Accusation(kind) => kind.drafts(shared, context),
            Kind::Response(kind) => kind.drafts(shared, context),
            Kind::Statement(kind) => kind.drafts(shared, context),
            Kind::Process(kind) => kind.drafts(shared, context),
            Kind::Verification(kind) => kind.drafts(shared, context),
            Kind::Finding(kind) => kind.drafts(shared, context),
            Kind::EvidenceRecord(kind) => kind.drafts(shared, context),
            Kind::Transfer(kind) => kind.drafts(shared, context),
            Kind::Actor(kind) => kind.drafts(shared, context),
            Kind::Relation(kind) => kind.drafts(shared, context),
            Kind::Place(kind) => kind.drafts(shared, context),
            Kind::Key(kind) => kind.drafts(shared, context),
            Kind::KeyRotation(kind) => kind.drafts(shared, context),
            Kind::KeyRevocation(kind) => kind.drafts(shared, context),
            Kind::Correction(kind) => kind.drafts(shared, context),
            Kind::Retraction(kind) => kind.drafts(shared, context),
            Kind::Merge(kind) => kind.drafts(shared, context),
            Kind::Split(kind) => kind.drafts(shared, context),
            Kind::Identify(kind) => kind.drafts(shared, context),
            Kind::Event { file } => Ok(vec![shared.text_draft(file, None, context)?]),
        }
    }
}
