//! `append verification`, `append finding`, `append evidence-record`, `append transfer`: assessors and what they hold.

use super::charge::{AboutFlags, AttributionFlags};
use super::counts::Counts;
use super::flags::{FlagReader, at, complain, missing};
use super::kind::EventFlags;
use super::setting::TimeFlags;
use super::source::{NoteFlag, RemarkFlags, SourceFlags};
use super::typed::{Typed, Unreadable, code_of};
use crate::cli::complaint::Complaint;
use crate::event::{
    About, Dissent, Event, EvidenceAdded, EvidenceTransferred, FindingIssued, FindingOutcome, VerificationStep,
    VerificationStepped,
};
use crate::vocab::{ActorId, Code, Digest32, Text};

/// A step of a verification.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(super) struct VerificationFlags {
    /// The incident under verification
    #[arg(long, value_name = "INCIDENT")]
    incident: Option<String>,
    /// The step
    #[arg(long, value_name = "STEP", value_parser = code_of::<VerificationStep>())]
    step: Option<String>,
    /// Who verifies
    #[arg(long, value_name = "ACTOR")]
    assessor: Option<String>,
    /// Why, for a suspension
    #[arg(long, value_name = "WORDS")]
    reason: Option<String>,
    #[command(flatten)]
    time: TimeFlags,
    #[command(flatten)]
    note: NoteFlag,
}

impl EventFlags for VerificationFlags {
    const TYPE: &'static str = "verification.stepped";

    fn event(&self, reader: &mut FlagReader<'_>) -> Result<Event, Complaint> {
        Ok(Event::from(VerificationStepped {
            incident: reader.required("--incident", "incident", self.incident.as_deref())?,
            step: reader.required("--step", "step", self.step.as_deref())?,
            assessor: reader.required("--assessor", "assessor", self.assessor.as_deref())?,
            when: self.time.read("when", reader)?,
            reason: reader.value("--reason", "reason", self.reason.as_deref())?,
            note: self.note.read(reader)?,
        }))
    }
}

/// An assessor's finding.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(super) struct FindingFlags {
    /// What the finding says
    #[arg(long, value_name = "OUTCOME", value_parser = code_of::<FindingOutcome>())]
    outcome: Option<String>,
    /// Who issued it
    #[arg(long, value_name = "ACTOR")]
    assessor: Option<String>,
    /// Under which mandate
    #[arg(long, value_name = "WORDS")]
    mandate: Option<String>,
    /// The standard of proof
    #[arg(long, value_name = "WORDS")]
    standard: Option<String>,
    /// A figure as found: UNIT[.OUTCOME][/WHO]=QUANTITY; repeat it for several
    #[arg(long, value_name = "COUNT")]
    count: Vec<String>,
    /// Who sat on it; several with commas
    #[arg(long, value_name = "ACTOR", value_delimiter = ',')]
    member: Vec<String>,
    /// Who disagreed, and in which words; repeat it for several
    #[arg(long, value_name = "ACTOR=WORDS")]
    dissent: Vec<String>,
    /// Why
    #[arg(long, value_name = "WORDS")]
    reasons: Option<String>,
    #[command(flatten)]
    about: AboutFlags,
    #[command(flatten)]
    attribution: AttributionFlags,
    #[command(flatten)]
    time: TimeFlags,
    #[command(flatten)]
    source: SourceFlags,
    #[command(flatten)]
    note: NoteFlag,
}

impl EventFlags for FindingFlags {
    const TYPE: &'static str = "finding.issued";

    fn event(&self, reader: &mut FlagReader<'_>) -> Result<Event, Complaint> {
        Ok(Event::from(FindingIssued {
            about: self.about(reader)?,
            outcome: reader.required("--outcome", "outcome", self.outcome.as_deref())?,
            assessor: reader.required("--assessor", "assessor", self.assessor.as_deref())?,
            mandate: reader.value("--mandate", "mandate", self.mandate.as_deref())?,
            standard: reader.value("--standard", "standard", self.standard.as_deref())?,
            attribution: self.attribution.read(None, reader)?,
            when: self.time.read("when", reader)?,
            quantities: Counts::new("quantities", false, reader).general("--count", &self.count)?.finish()?,
            members: reader.list("--member", "members", &self.member)?,
            dissent: reader.list("--dissent", "dissent", &self.dissent)?,
            reasons: reader.value("--reasons", "reasons", self.reasons.as_deref())?,
            source: self.source.optional(reader)?,
            note: self.note.read(reader)?,
        }))
    }
}

impl FindingFlags {
    fn about(&self, reader: &mut FlagReader<'_>) -> Result<About, Complaint> {
        let mut about = self.about.read(|_| "about".to_owned(), reader)?;
        match (about.pop(), about.is_empty()) {
            (Some(about), true) => Ok(about),
            (None, _) => Err(missing("--incident", "about").hint("name what was assessed: --incident or --ceasefire")),
            (Some(_), false) => {
                let error = Unreadable::new(Code::BadKind, "a finding is about one thing");
                Err(complain("--incident", at("about"), error.hint("append one finding for each incident")))
            }
        }
    }
}

impl Typed for Dissent {
    fn typed(text: &str) -> Result<Self, Unreadable> {
        let Some((by, words)) = text.split_once('=') else {
            let what = format!("`{text}` does not say who disagrees");
            return Err(Unreadable::new(Code::WrongType, what).hint("write ACTOR=WORDS"));
        };
        Ok(Self { by: ActorId::typed(by)?, text: Text::typed(words)? })
    }
}

/// A piece of evidence, by its hashes.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(super) struct EvidenceFlags {
    /// BLAKE3 of its bytes (b3sum prints it); its name in the ledger
    #[arg(long, value_name = "HEX")]
    blake3: Option<String>,
    /// SHA-256 of its bytes
    #[arg(long, value_name = "HEX")]
    sha256: Option<String>,
    /// Its media type, such as image/jpeg
    #[arg(long, value_name = "TYPE")]
    media_type: Option<String>,
    /// Its length in bytes
    #[arg(long, value_name = "BYTES")]
    bytes: Option<String>,
    /// Who holds it
    #[arg(long, value_name = "ACTOR")]
    custodian: Option<String>,
    #[command(flatten)]
    about: AboutFlags,
    #[command(flatten)]
    source: SourceFlags,
    #[command(flatten)]
    remark: RemarkFlags,
}

impl EventFlags for EvidenceFlags {
    const TYPE: &'static str = "evidence.added";

    fn event(&self, reader: &mut FlagReader<'_>) -> Result<Event, Complaint> {
        Ok(Event::from(EvidenceAdded {
            blake3: reader.required("--blake3", "blake3", self.blake3.as_deref())?,
            sha256: reader.required("--sha256", "sha256", self.sha256.as_deref())?,
            media_type: reader.required("--media-type", "media_type", self.media_type.as_deref())?,
            bytes: reader.required("--bytes", "bytes", self.bytes.as_deref())?,
            about: self.about.read(|index| format!("about/{index}"), reader)?,
            custodian: reader.value("--custodian", "custodian", self.custodian.as_deref())?,
            source: self.source.required(reader)?,
            summary: self.remark.summary(reader)?,
            note: self.remark.note(reader)?,
        }))
    }
}

/// Custody of evidence passes on.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(super) struct TransferFlags {
    /// Which evidence: BLAKE3 of its bytes
    #[arg(long, value_name = "HEX")]
    blake3: Option<String>,
    #[command(flatten)]
    handover: HandoverFlags,
}

impl EventFlags for TransferFlags {
    const TYPE: &'static str = "evidence.transferred";

    fn event(&self, reader: &mut FlagReader<'_>) -> Result<Event, Complaint> {
        let blake3 = reader.required("--blake3", "blake3", self.blake3.as_deref())?;
        self.handover.event(blake3, reader)
    }
}

/// From whom to whom, when and why.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(super) struct HandoverFlags {
    /// From whom
    #[arg(long, value_name = "ACTOR")]
    from: Option<String>,
    /// To whom
    #[arg(long, value_name = "ACTOR")]
    to: Option<String>,
    /// Why
    #[arg(long, value_name = "WORDS")]
    reason: Option<String>,
    #[command(flatten)]
    time: TimeFlags,
}

impl HandoverFlags {
    /// Makes the event for a piece of evidence.
    pub(super) fn event(&self, blake3: Digest32, reader: &mut FlagReader<'_>) -> Result<Event, Complaint> {
        Ok(Event::from(EvidenceTransferred {
            blake3,
            from: reader.required("--from", "from", self.from.as_deref())?,
            to: reader.required("--to", "to", self.to.as_deref())?,
            when: self.time.read("when", reader)?,
            reason: reader.value("--reason", "reason", self.reason.as_deref())?,
        }))
    }
}
