//! Flags for who is said to have done it, and for what a statement is about.

use super::flags::{FlagReader, at, at_flag, missing};
use super::typed::code_of;
use crate::cli::complaint::Complaint;
use crate::event::About;
use crate::vocab::{ActorRef, Attribution, CeasefireId, Code, Fault, IncidentId, Level, RecordRef, Share};

/// Who is said to have done it, and on whose word.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Who is said to have done it")]
pub(super) struct AttributionFlags {
    /// Who is said to have done it: an actor's id, several with commas, A|B for one of two
    #[arg(long, value_name = "ACTOR[,ACTOR]")]
    accused: Vec<String>,
    /// On whose word
    #[arg(long, value_name = "LEVEL", value_parser = code_of::<Level>())]
    level: Option<String>,
    /// How much of it is laid at their door
    #[arg(long, value_name = "SHARE", value_parser = code_of::<Share>())]
    share: Option<String>,
    /// The rule, with `derived_by_rule`; the standard of proof, with `established`
    #[arg(long, value_name = "WORDS")]
    basis: Option<String>,
}

impl AttributionFlags {
    /// Reads the attribution. Where somebody is accused and no level is typed, the level follows from who speaks;
    /// with several speakers, from the first of them. Without a speaker a level must be typed.
    pub(super) fn read(
        &self,
        speaker: Option<&ActorRef>,
        reader: &mut FlagReader<'_>,
    ) -> Result<Option<Attribution>, Complaint> {
        let accused = reader.actors("--accused", "attribution/accused", &self.accused)?;
        let level: Option<Level> = reader.value("--level", "attribution/level", self.level.as_deref())?;
        let share = reader.value("--share", "attribution/share", self.share.as_deref())?;
        let basis = reader.value("--basis", "attribution/basis", self.basis.as_deref())?;
        let level = match (level, speaker) {
            (Some(level), _) => level,
            (None, _) if accused.is_empty() && (share.is_some() || basis.is_some()) => {
                let what = "a share or a basis is given, and nobody is accused";
                let fault = Fault::new(Code::LevelWithoutAccused, at("attribution/accused"), what);
                return Err(at_flag("--accused", &fault));
            }
            (None, _) if accused.is_empty() => return Ok(None),
            (None, Some(speaker)) => reader.level(speaker, &accused).ok_or_else(|| {
                let hint =
                    "without the ledger nobody knows whose side the speaker is on; say it: --level alleged_by_opponent";
                missing("--level", "attribution/level").hint(hint)
            })?,
            (None, None) => {
                let hint = "say how sure the assessor is: assessed_likely, established (with --basis) or excluded";
                return Err(missing("--level", "attribution/level").hint(hint));
            }
        };
        Ok(Some(Attribution { accused, level, share, basis }))
    }
}

/// What a statement is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "What it is about")]
pub(super) struct AboutFlags {
    /// The incident it is about; repeat it for several
    #[arg(long, value_name = "INCIDENT")]
    incident: Vec<String>,
    /// The ceasefire it is about; repeat it for several
    #[arg(long, value_name = "CEASEFIRE")]
    ceasefire: Vec<String>,
    /// The record it is about: 12, key:K for your own, by:ACTOR:K for another's
    #[arg(long, value_name = "RECORD")]
    record: Vec<String>,
}

impl AboutFlags {
    /// Reads what it is about, incidents first, then ceasefires, then records. `member` gives the place of each.
    pub(super) fn read(
        &self,
        member: impl Fn(usize) -> String,
        reader: &mut FlagReader<'_>,
    ) -> Result<Vec<About>, Complaint> {
        let mut about = Vec::new();
        for text in &self.incident {
            let id: Option<IncidentId> = reader.value("--incident", &member(about.len()), Some(text))?;
            about.extend(id.map(About::Incident));
        }
        for text in &self.ceasefire {
            let id: Option<CeasefireId> = reader.value("--ceasefire", &member(about.len()), Some(text))?;
            about.extend(id.map(About::Ceasefire));
        }
        for text in &self.record {
            let record: Option<RecordRef> = reader.value("--record", &member(about.len()), Some(text))?;
            about.extend(record.map(About::Record));
        }
        Ok(about)
    }
}
