//! Flags of `evidence add` and `evidence transfer`: as `append evidence-record` and `append transfer`, the hashes found
//! by the program and not typed.

use super::assessment::HandoverFlags;
use super::charge::AboutFlags;
use super::flags::FlagReader;
use super::kind::SharedFlags;
use super::source::{RemarkFlags, SourceFlags};
use super::{Context, Draft};
use crate::cli::complaint::Complaint;
use crate::event::{Event, EvidenceAdded};
use crate::evidence::FileDigests;
use crate::vocab::{Digest32, Label};

/// What is said of a file that is added.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct EvidenceFileFlags {
    /// Its media type, such as image/jpeg [default: by the ending of its name]
    #[arg(long, value_name = "TYPE")]
    media_type: Option<String>,
    /// Who holds it
    #[arg(long, value_name = "ACTOR")]
    custodian: Option<String>,
    #[command(flatten)]
    about: AboutFlags,
    #[command(flatten)]
    source: SourceFlags,
    #[command(flatten)]
    remark: RemarkFlags,
    #[command(flatten)]
    submission: SubmissionFlags,
}

/// What is said when evidence passes on.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct EvidenceHandoverFlags {
    #[command(flatten)]
    handover: HandoverFlags,
    #[command(flatten)]
    submission: SubmissionFlags,
}

/// Who submits it, under which key.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Submission")]
pub struct SubmissionFlags {
    /// The idempotency key [default: made from the content, so that a command typed twice is one record]
    #[arg(long = "idempotency-key", id = "idempotency_key", value_name = "KEY")]
    key: Option<String>,
    /// Who submits it, where it is not the recorder of this ledger
    #[arg(long, value_name = "ACTOR")]
    by: Option<String>,
}

impl SubmissionFlags {
    fn shared(&self) -> SharedFlags {
        SharedFlags::of(self.key.clone(), self.by.clone())
    }
}

impl SubmissionFlags {
    /// Makes a draft of an event that the program put together.
    ///
    /// # Errors
    /// A complaint at `--idempotency-key` or `--by`.
    pub fn draft(&self, event: Event, context: &Context<'_>) -> Result<Draft, Complaint> {
        self.shared().flag_draft(context, "", |_| Ok(event))
    }
}

impl EvidenceFileFlags {
    /// Makes the record of a file with these digests; `guess` is its media type where none was typed.
    ///
    /// # Errors
    /// A complaint that names the flag.
    pub fn draft(&self, digests: &FileDigests, guess: &str, context: &Context<'_>) -> Result<Draft, Complaint> {
        self.submission.shared().flag_draft(context, "", |reader| self.event(digests, guess, reader))
    }

    fn event(&self, digests: &FileDigests, guess: &str, reader: &mut FlagReader<'_>) -> Result<Event, Complaint> {
        let media_type = self.media_type.as_deref().unwrap_or(guess);
        Ok(Event::from(EvidenceAdded {
            blake3: digests.blake3,
            sha256: digests.sha256,
            media_type: reader.required::<Label>("--media-type", "media_type", Some(media_type))?,
            bytes: digests.bytes,
            about: self.about.read(|index| format!("about/{index}"), reader)?,
            custodian: reader.value("--custodian", "custodian", self.custodian.as_deref())?,
            source: self.source.required(reader)?,
            summary: self.remark.summary(reader)?,
            note: self.remark.note(reader)?,
        }))
    }
}

impl EvidenceHandoverFlags {
    /// Makes the record that a piece of evidence passed on.
    ///
    /// # Errors
    /// A complaint that names the flag.
    pub fn draft(&self, blake3: Digest32, context: &Context<'_>) -> Result<Draft, Complaint> {
        self.submission.shared().flag_draft(context, "", |reader| self.handover.event(blake3, reader))
    }
}
