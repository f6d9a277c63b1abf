//! `append correction`, `append retraction`, `append merge`, `append split`, `append identify`: mending without erasing.

use std::path::PathBuf;

use super::flags::{FlagReader, missing};
use super::input::Input;
use super::kind::{EventFlags, SharedFlags, SubjectFlags};
use super::origin::DraftOrigin;
use super::typed::code_of;
use super::{Context, Draft};
use crate::cli::complaint::Complaint;
use crate::event::{ActIdentified, Event, IncidentMerged, IncidentSplit, MendedBy, RecordCorrected, RecordRetracted};
use crate::vocab::{RecordRef, Text};

/// Who changes his mind, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
struct MendingFlags {
    /// Who changes his mind: the source, or the recorder who had it wrong
    #[arg(long, value_name = "WHO", value_parser = code_of::<MendedBy>())]
    changed_by: Option<String>,
    /// Why
    #[arg(long, value_name = "WORDS")]
    reason: Option<String>,
}

impl MendingFlags {
    fn read(&self, subject: &str, reader: &mut FlagReader<'_>) -> Result<(RecordRef, MendedBy, Text), Complaint> {
        let target = reader.required("RECORD", "target", Some(subject))?;
        let by = reader.required("--changed-by", "by", self.changed_by.as_deref())?;
        Ok((target, by, reader.required("--reason", "reason", self.reason.as_deref())?))
    }
}

/// A record reads differently from here on.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(super) struct CorrectionFlags {
    /// A JSON or YAML file with the whole event as it should read, type included, or - for standard input
    #[arg(long, value_name = "FILE")]
    replacement: Option<PathBuf>,
    #[command(flatten)]
    mending: MendingFlags,
}

impl SubjectFlags for CorrectionFlags {
    const TYPE: &'static str = "record.corrected";

    fn drafts(&self, subject: &str, shared: &SharedFlags, context: &mut Context<'_>) -> Result<Vec<Draft>, Complaint> {
        let mut reader = FlagReader::new(context);
        let (target, by, reason) = self.mending.read(subject, &mut reader)?;
        let path = self.replacement.as_ref().ok_or_else(|| missing("--replacement", "replacement"))?;
        let input = Input::read(path, shared.form(), "/event/replacement", context)?;
        let replacement = Box::new(input.event(None)?);
        let event = Event::from(RecordCorrected { target, by, reason, replacement });
        Ok(vec![shared.draft(event, DraftOrigin::Text { input, flags: reader.into_names() }, "")?])
    }
}

/// A record counts for nothing from here on.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(super) struct RetractionFlags {
    #[command(flatten)]
    mending: MendingFlags,
}

impl SubjectFlags for RetractionFlags {
    const TYPE: &'static str = "record.retracted";

    fn drafts(&self, subject: &str, shared: &SharedFlags, context: &mut Context<'_>) -> Result<Vec<Draft>, Complaint> {
        shared.one_draft(context, |reader| {
            let (target, by, reason) = self.mending.read(subject, reader)?;
            Ok(Event::from(RecordRetracted { target, by, reason, published: None }))
        })
    }
}

/// Two incidents are one.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(super) struct MergeFlags {
    /// The incident it goes into
    #[arg(long, value_name = "INCIDENT")]
    into: Option<String>,
    /// Why
    #[arg(long, value_name = "WORDS")]
    reason: Option<String>,
}

impl SubjectFlags for MergeFlags {
    const TYPE: &'static str = "incident.merged";

    fn drafts(&self, subject: &str, shared: &SharedFlags, context: &mut Context<'_>) -> Result<Vec<Draft>, Complaint> {
        shared.one_draft(context, |reader| {
            Ok(Event::from(IncidentMerged {
                incident: reader.required("ID", "incident", Some(subject))?,
                into: reader.required("--into", "into", self.into.as_deref())?,
                reason: reader.required("--reason", "reason", self.reason.as_deref())?,
            }))
        })
    }
}

/// One incident is two.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(super) struct SplitFlags {
    /// The incident that comes out of it: one that was merged into it, or a new id for the records you name
    #[arg(long, value_name = "INCIDENT")]
    out: Option<String>,
    /// A record that moves to the new incident (12, key:K, by:ACTOR:K); repeat it; none where a merge is undone
    #[arg(long, value_name = "RECORD")]
    record: Vec<String>,
    /// Why
    #[arg(long, value_name = "WORDS")]
    reason: Option<String>,
}

impl SubjectFlags for SplitFlags {
    const TYPE: &'static str = "incident.split";

    fn drafts(&self, subject: &str, shared: &SharedFlags, context: &mut Context<'_>) -> Result<Vec<Draft>, Complaint> {
        shared.one_draft(context, |reader| {
            Ok(Event::from(IncidentSplit {
                incident: reader.required("ID", "incident", Some(subject))?,
                out: reader.required("--out", "out", self.out.as_deref())?,
                records: reader.list("--record", "records", &self.record)?,
                reason: reader.required("--reason", "reason", self.reason.as_deref())?,
            }))
        })
    }
}

/// Two statements are one act.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(super) struct IdentifyFlags {
    /// A record of the same act (12, key:K, by:ACTOR:K); give two or more
    #[arg(long, value_name = "RECORD")]
    record: Vec<String>,
    /// Why
    #[arg(long, value_name = "WORDS")]
    reason: Option<String>,
}

impl EventFlags for IdentifyFlags {
    const TYPE: &'static str = "act.identified";

    fn event(&self, reader: &mut FlagReader<'_>) -> Result<Event, Complaint> {
        let records: Vec<RecordRef> = reader.list("--record", "records", &self.record)?;
        if records.len() < 2 {
            return Err(missing("--record", "records").hint("name two records: --record 12 --record 15"));
        }
        Ok(Event::from(ActIdentified {
            records,
            reason: reader.required("--reason", "reason", self.reason.as_deref())?,
        }))
    }
}
