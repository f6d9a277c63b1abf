//! `append accusation`, `append response`, `append statement`, `append process`: what the parties and others say and do.

use super::charge::{AboutFlags, AttributionFlags};
use super::counts::Counts;
use super::flags::{FlagReader, missing};
use super::kind::EventFlags;
use super::setting::{PlaceFlags, TimeFlags};
use super::source::{RemarkFlags, SourceFlags, speaker_and_source};
use super::typed::code_of;
use crate::cli::complaint::Complaint;
use crate::event::{
    AccusationMade, Act, Answered, Attendance, Claiming, Event, Legal, ProcessKind, ProcessReported, ResponseMade,
    ResponseScope, ScopeBasis, Stance, StatementKind, StatementMade,
};

/// Somebody charges somebody.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(super) struct AccusationFlags {
    /// Who accuses; the source, where you give none
    #[arg(long, value_name = "ACTOR[,ACTOR]")]
    accuser: Vec<String>,
    /// Who is accused
    #[arg(long, visible_alias = "accused", value_name = "ACTOR[,ACTOR]")]
    against: Vec<String>,
    /// Of which act
    #[arg(long, value_name = "ACT", value_parser = code_of::<Act>())]
    act: Option<String>,
    /// With what, in the source's words; repeat it for several
    #[arg(long, value_name = "WORDS")]
    means: Vec<String>,
    /// A legal word the accuser uses; several with commas
    #[arg(long, value_name = "WORD", value_delimiter = ',', value_parser = code_of::<Legal>())]
    legal: Vec<String>,
    /// A code of another list for it: cameo=112
    #[arg(long, value_name = "LIST=ID")]
    external: Vec<String>,
    #[command(flatten)]
    about: AboutFlags,
    #[command(flatten)]
    time: TimeFlags,
    #[command(flatten)]
    source: SourceFlags,
    #[command(flatten)]
    remark: RemarkFlags,
}

impl EventFlags for AccusationFlags {
    const TYPE: &'static str = "accusation.made";

    fn event(&self, reader: &mut FlagReader<'_>) -> Result<Event, Complaint> {
        let (by, source) = speaker_and_source("--accuser", &self.accuser, &self.source, reader)?;
        let against = reader.actors("--against", "against", &self.against)?;
        if against.is_empty() {
            return Err(missing("--against", "against"));
        }
        Ok(Event::from(AccusationMade {
            by,
            against,
            about: self.about.read(|index| format!("about/{index}"), reader)?,
            act: reader.value("--act", "act", self.act.as_deref())?,
            means: reader.list("--means", "means", &self.means)?,
            legal: reader.list("--legal", "legal", &self.legal)?,
            when: self.time.read("when", reader)?,
            external: reader.external("--external", "external", &self.external)?,
            source,
            summary: self.remark.summary(reader)?,
            note: self.remark.note(reader)?,
        }))
    }
}

/// Somebody answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(super) struct ResponseFlags {
    /// Who answers; the source, where you give none
    #[arg(long, value_name = "ACTOR[,ACTOR]")]
    responder: Vec<String>,
    /// How
    #[arg(long, value_name = "STANCE", value_parser = code_of::<Stance>())]
    stance: Option<String>,
    /// Whether a justification also claims the act
    #[arg(long, value_name = "WITH|WITHOUT", value_parser = code_of::<Claiming>())]
    claiming: Option<String>,
    /// How surely it answers this: named outright, covered by a general answer, or uncertain
    #[arg(long, value_name = "SCOPE", value_parser = code_of::<ResponseScope>())]
    scope: Option<String>,
    /// How you know what it answers
    #[arg(long, value_name = "BASIS", requires = "scope", value_parser = code_of::<ScopeBasis>())]
    scope_basis: Option<String>,
    /// A legal word the response uses; several with commas
    #[arg(long, value_name = "WORD", value_delimiter = ',', value_parser = code_of::<Legal>())]
    legal: Vec<String>,
    /// A code of another list for it: cameo=016
    #[arg(long, value_name = "LIST=ID")]
    external: Vec<String>,
    #[command(flatten)]
    about: AboutFlags,
    #[command(flatten)]
    time: TimeFlags,
    #[command(flatten)]
    source: SourceFlags,
    #[command(flatten)]
    remark: RemarkFlags,
}

impl EventFlags for ResponseFlags {
    const TYPE: &'static str = "response.made";

    fn event(&self, reader: &mut FlagReader<'_>) -> Result<Event, Complaint> {
        let (by, source) = speaker_and_source("--responder", &self.responder, &self.source, reader)?;
        Ok(Event::from(ResponseMade {
            by,
            to: self.answered(reader)?,
            stance: reader.required("--stance", "stance", self.stance.as_deref())?,
            claiming: reader.value("--claiming", "claiming", self.claiming.as_deref())?,
            legal: reader.list("--legal", "legal", &self.legal)?,
            when: self.time.read("when", reader)?,
            external: reader.external("--external", "external", &self.external)?,
            source,
            summary: self.remark.summary(reader)?,
            note: self.remark.note(reader)?,
        }))
    }
}

impl ResponseFlags {
    fn answered(&self, reader: &mut FlagReader<'_>) -> Result<Vec<Answered>, Complaint> {
        let about = self.about.read(|index| format!("to/{index}/about"), reader)?;
        let scope: Option<ResponseScope> = reader.value("--scope", "to/0/scope", self.scope.as_deref())?;
        let basis: Option<ScopeBasis> = reader.value("--scope-basis", "to/0/basis", self.scope_basis.as_deref())?;
        match (scope, about.is_empty()) {
            (None, true) => Ok(Vec::new()),
            (None, false) => {
                let hint = "say whether the answer names it (named), covers it (general) or may mean it (uncertain)";
                Err(missing("--scope", "to/0/scope").hint(hint))
            }
            (Some(_), true) => {
                Err(missing("--incident", "to").hint("say what is answered: --incident, --ceasefire or --record"))
            }
            (Some(scope), false) => Ok(about.into_iter().map(|about| Answered { about, scope, basis }).collect()),
        }
    }
}

/// Anything else that somebody says.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(super) struct StatementFlags {
    /// Who says it; the source, where you give none
    #[arg(long, value_name = "ACTOR[,ACTOR]")]
    stated_by: Vec<String>,
    /// What kind of statement it is
    #[arg(long, value_name = "KIND", value_parser = code_of::<StatementKind>())]
    kind: Option<String>,
    /// To whom or at whom
    #[arg(long, value_name = "ACTOR[,ACTOR]")]
    to: Vec<String>,
    /// A figure it gives: UNIT[.OUTCOME][/WHO]=QUANTITY; repeat it for several
    #[arg(long, value_name = "COUNT")]
    count: Vec<String>,
    /// The source itself calls its numbers preliminary
    #[arg(long)]
    preliminary: bool,
    /// A legal word it uses; several with commas
    #[arg(long, value_name = "WORD", value_delimiter = ',', value_parser = code_of::<Legal>())]
    legal: Vec<String>,
    /// A code of another list for it: cameo=111
    #[arg(long, value_name = "LIST=ID")]
    external: Vec<String>,
    #[command(flatten)]
    about: AboutFlags,
    #[command(flatten)]
    attribution: AttributionFlags,
    #[command(flatten)]
    time: TimeFlags,
    #[command(flatten)]
    place: PlaceFlags,
    #[command(flatten)]
    source: SourceFlags,
    #[command(flatten)]
    remark: RemarkFlags,
}

impl EventFlags for StatementFlags {
    const TYPE: &'static str = "statement.made";

    fn event(&self, reader: &mut FlagReader<'_>) -> Result<Event, Complaint> {
        let (by, source) = speaker_and_source("--stated-by", &self.stated_by, &self.source, reader)?;
        Ok(Event::from(StatementMade {
            kind: reader.required("--kind", "kind", self.kind.as_deref())?,
            to: reader.actors("--to", "to", &self.to)?,
            about: self.about.read(|index| format!("about/{index}"), reader)?,
            attribution: self.attribution.read(by.first(), reader)?,
            quantities: Counts::new("quantities", self.preliminary, reader)
                .general("--count", &self.count)?
                .finish()?,
            legal: reader.list("--legal", "legal", &self.legal)?,
            when: self.time.read("when", reader)?,
            places: self.place.read("where/0", reader)?.into_iter().collect(),
            external: reader.external("--external", "external", &self.external)?,
            summary: self.remark.summary(reader)?,
            note: self.remark.note(reader)?,
            by,
            source,
        }))
    }
}

/// Talks and mechanisms.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(super) struct ProcessFlags {
    /// The process, the same id in every report of the same talks
    #[arg(long, value_name = "PROCESS")]
    process: Option<String>,
    /// What is reported of it
    #[arg(long, value_name = "KIND", value_parser = code_of::<ProcessKind>())]
    kind: Option<String>,
    /// Who acts: mediates, calls, attends
    #[arg(long, value_name = "ACTOR[,ACTOR]")]
    actor: Vec<String>,
    /// With whom or to whom
    #[arg(long, value_name = "ACTOR[,ACTOR]")]
    with: Vec<String>,
    /// Whether they came; goes with --kind attendance
    #[arg(long, value_name = "ATTENDANCE", value_parser = code_of::<Attendance>())]
    attendance: Option<String>,
    /// As of when, for what may still change
    #[arg(long, value_name = "TIME")]
    as_of: Option<String>,
    /// A code of another list for it: cameo=040
    #[arg(long, value_name = "LIST=ID")]
    external: Vec<String>,
    #[command(flatten)]
    about: AboutFlags,
    #[command(flatten)]
    time: TimeFlags,
    #[command(flatten)]
    place: PlaceFlags,
    #[command(flatten)]
    source: SourceFlags,
    #[command(flatten)]
    remark: RemarkFlags,
}

impl EventFlags for ProcessFlags {
    const TYPE: &'static str = "process.reported";

    fn event(&self, reader: &mut FlagReader<'_>) -> Result<Event, Complaint> {
        Ok(Event::from(ProcessReported {
            process: reader.required("--process", "process", self.process.as_deref())?,
            kind: reader.required("--kind", "kind", self.kind.as_deref())?,
            by: reader.actors("--actor", "by", &self.actor)?,
            with: reader.actors("--with", "with", &self.with)?,
            attendance: reader.value("--attendance", "attendance", self.attendance.as_deref())?,
            as_of: reader.time("--as-of", "as_of", self.as_of.as_deref())?,
            when: self.time.read("when", reader)?,
            place: self.place.read("where", reader)?,
            about: self.about.read(|index| format!("about/{index}"), reader)?,
            external: reader.external("--external", "external", &self.external)?,
            source: self.source.required(reader)?,
            summary: self.remark.summary(reader)?,
            note: self.remark.note(reader)?,
        }))
    }
}
