//! `append agreement`, `append step`, `append terms`: what is claimed of a ceasefire.

use super::flags::{FlagReader, missing};
use super::kind::{EventFlags, SharedFlags, SubjectFlags};
use super::setting::{PlaceFlags, TimeFlags};
use super::source::{RemarkFlags, SourceFlags};
use super::typed::{Typed, Unreadable, code_of};
use super::{Context, Draft};
use crate::cli::complaint::Complaint;
use crate::event::{
    CeasefireKind, CeasefireRecorded, CeasefireRelation, DurationTerm, Event, KindTerm, RelatedCeasefire, Scope, Step,
    StepReported, Term, TermsReported,
};
use crate::vocab::{ActorId, CeasefireId, Code, Label, PlaceId, Text, When, Where};

/// There is such a ceasefire.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(super) struct AgreementFlags {
    /// Its name in one language: en=Moscow truce; repeat it for several
    #[arg(long, value_name = "LANG=NAME")]
    name: Vec<String>,
    /// What kind it is
    #[arg(long, value_name = "KIND", value_parser = code_of::<CeasefireKind>())]
    kind: Option<String>,
    /// What kind it is, in the source's words
    #[arg(long, value_name = "WORDS")]
    kind_words: Option<String>,
    /// Who is bound by it; several with commas
    #[arg(long, value_name = "ACTOR", value_delimiter = ',')]
    party: Vec<String>,
    /// Who brought it about
    #[arg(long, value_name = "ACTOR", value_delimiter = ',')]
    mediator: Vec<String>,
    /// Who guarantees it
    #[arg(long, value_name = "ACTOR", value_delimiter = ',')]
    guarantor: Vec<String>,
    /// A registered place it covers, with all within it; without one it covers everywhere
    #[arg(long, value_name = "PLACE", value_delimiter = ',')]
    scope_place: Vec<String>,
    /// Where and for whom it holds, in the words of the agreement
    #[arg(long, value_name = "WORDS")]
    scope_words: Option<String>,
    /// It renews or reaffirms another and does not replace it
    #[arg(long, value_name = "CEASEFIRE")]
    renews: Vec<String>,
    /// It replaces another
    #[arg(long, value_name = "CEASEFIRE")]
    supersedes: Vec<String>,
    /// It carries another out
    #[arg(long, value_name = "CEASEFIRE")]
    implements: Vec<String>,
    /// It is an annex of another
    #[arg(long, value_name = "CEASEFIRE")]
    annex_of: Vec<String>,
    /// What another list calls it: pa-x=1234, eth-prio=77
    #[arg(long, value_name = "LIST=ID")]
    external: Vec<String>,
    #[command(flatten)]
    source: SourceFlags,
    #[command(flatten)]
    remark: RemarkFlags,
}

impl SubjectFlags for AgreementFlags {
    const TYPE: &'static str = "ceasefire.recorded";

    fn drafts(&self, subject: &str, shared: &SharedFlags, context: &mut Context<'_>) -> Result<Vec<Draft>, Complaint> {
        shared.one_draft(context, |reader| self.event(subject, reader))
    }
}

impl AgreementFlags {
    fn event(&self, subject: &str, reader: &mut FlagReader<'_>) -> Result<Event, Complaint> {
        let parties: Vec<ActorId> = reader.list("--party", "parties", &self.party)?;
        if parties.is_empty() {
            return Err(missing("--party", "parties").hint("say who is bound by it: --party AZE,ARM"));
        }
        Ok(Event::from(CeasefireRecorded {
            ceasefire: reader.required("ID", "ceasefire", Some(subject))?,
            names: reader.names("--name", "names", &self.name)?,
            kind: reader.value("--kind", "kind", self.kind.as_deref())?,
            kind_verbatim: reader.value("--kind-words", "kind_verbatim", self.kind_words.as_deref())?,
            parties,
            mediators: reader.list("--mediator", "mediators", &self.mediator)?,
            guarantors: reader.list("--guarantor", "guarantors", &self.guarantor)?,
            scope: self.scope(reader)?,
            relations: self.relations(reader)?,
            external: reader.external("--external", "external", &self.external)?,
            source: self.source.optional(reader)?,
            summary: self.remark.summary(reader)?,
            note: self.remark.note(reader)?,
        }))
    }

    fn scope(&self, reader: &mut FlagReader<'_>) -> Result<Option<Scope>, Complaint> {
        let places: Vec<PlaceId> = reader.list("--scope-place", "scope/places", &self.scope_place)?;
        let verbatim: Option<Text> = reader.value("--scope-words", "scope/verbatim", self.scope_words.as_deref())?;
        let scope = Scope { places, verbatim };
        Ok((scope != Scope::default()).then_some(scope))
    }

    fn relations(&self, reader: &mut FlagReader<'_>) -> Result<Vec<RelatedCeasefire>, Complaint> {
        let kinds = [
            ("--renews", CeasefireRelation::Renews, &self.renews),
            ("--supersedes", CeasefireRelation::Supersedes, &self.supersedes),
            ("--implements", CeasefireRelation::Implements, &self.implements),
            ("--annex-of", CeasefireRelation::AnnexOf, &self.annex_of),
        ];
        let mut related = Vec::new();
        for (flag, relation, texts) in kinds {
            for text in texts {
                let to = reader.required(flag, &format!("relations/{}", related.len()), Some(text))?;
                related.push(RelatedCeasefire { relation, to });
            }
        }
        Ok(related)
    }
}

/// One step claimed of a ceasefire.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(super) struct StepFlags {
    /// The ceasefire
    #[arg(long, value_name = "CEASEFIRE")]
    ceasefire: Option<String>,
    /// The step
    #[arg(long, value_name = "STEP", value_parser = code_of::<Step>())]
    step: Option<String>,
    /// Who took it; leave it out where the step is the agreement's as a whole
    #[arg(long, value_name = "ACTOR[,ACTOR]")]
    taken_by: Vec<String>,
    /// Until when it holds, for an extension or a suspension
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    #[command(flatten)]
    time: TimeFlags,
    #[command(flatten)]
    place: PlaceFlags,
    #[command(flatten)]
    source: SourceFlags,
    #[command(flatten)]
    remark: RemarkFlags,
}

impl EventFlags for StepFlags {
    const TYPE: &'static str = "ceasefire.step_reported";

    fn event(&self, reader: &mut FlagReader<'_>) -> Result<Event, Complaint> {
        Ok(Event::from(StepReported {
            ceasefire: reader.required("--ceasefire", "ceasefire", self.ceasefire.as_deref())?,
            step: reader.required("--step", "step", self.step.as_deref())?,
            by: reader.actors("--taken-by", "by", &self.taken_by)?,
            when: self.time.read("when", reader)?,
            until: reader.time("--until", "until", self.until.as_deref())?,
            place: self.place.read("where", reader)?,
            source: self.source.required(reader)?,
            summary: self.remark.summary(reader)?,
            note: self.remark.note(reader)?,
        }))
    }
}

/// Terms claimed of a ceasefire.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(super) struct TermsFlags {
    /// The ceasefire
    #[arg(long, value_name = "CEASEFIRE")]
    ceasefire: Option<String>,
    /// When it takes effect
    #[arg(long, value_name = "TIME")]
    effective: Option<String>,
    /// The source's own words for that time
    #[arg(long, value_name = "WORDS", requires = "effective")]
    effective_words: Option<String>,
    /// When it ends of itself
    #[arg(long, value_name = "TIME")]
    expires: Option<String>,
    /// How long it holds from its effective time: 90m, 72h or 10d
    #[arg(long, value_name = "DURATION")]
    duration: Option<String>,
    /// What kind it is, in the source's words
    #[arg(long, value_name = "WORDS")]
    kind_words: Option<String>,
    /// The code that comes nearest to those words
    #[arg(long, value_name = "KIND", requires = "kind_words", value_parser = code_of::<CeasefireKind>())]
    kind: Option<String>,
    /// What it is for
    #[arg(long, value_name = "WORDS")]
    purpose: Vec<String>,
    /// What it forbids; repeat it for several
    #[arg(long, value_name = "WORDS")]
    forbids: Vec<String>,
    /// What it leaves out; repeat it for several
    #[arg(long, value_name = "WORDS")]
    exception: Vec<String>,
    /// Where it holds: the id of a registered place; repeat it for several
    #[arg(long, value_name = "PLACE")]
    area: Vec<String>,
    /// How it can be left
    #[arg(long, value_name = "WORDS")]
    exit_clause: Vec<String>,
    #[command(flatten)]
    source: SourceFlags,
    #[command(flatten)]
    remark: RemarkFlags,
}

impl EventFlags for TermsFlags {
    const TYPE: &'static str = "terms.reported";

    fn event(&self, reader: &mut FlagReader<'_>) -> Result<Event, Complaint> {
        let ceasefire: CeasefireId = reader.required("--ceasefire", "ceasefire", self.ceasefire.as_deref())?;
        let terms = self.terms(reader)?;
        if terms.is_empty() {
            return Err(missing("--effective", "terms").hint("give one term: --effective, --expires, --forbids, …"));
        }
        Ok(Event::from(TermsReported {
            ceasefire,
            terms,
            source: self.source.required(reader)?,
            summary: self.remark.summary(reader)?,
            note: self.remark.note(reader)?,
        }))
    }
}

impl TermsFlags {
    fn terms(&self, reader: &mut FlagReader<'_>) -> Result<Vec<Term>, Complaint> {
        let mut terms = Vec::new();
        let place = |terms: &Vec<Term>, name: &str| format!("terms/{}/{name}", terms.len());
        let words = reader.value("--effective-words", "terms/0/effective/verbatim", self.effective_words.as_deref())?;
        let effective = reader.time("--effective", &place(&terms, "effective"), self.effective.as_deref())?;
        terms.extend(effective.map(|when| Term::Effective(When { verbatim: words, ..when })));
        let expires = reader.time("--expires", &place(&terms, "expires"), self.expires.as_deref())?;
        terms.extend(expires.map(Term::Expires));
        let duration = reader.value("--duration", &place(&terms, "duration"), self.duration.as_deref())?;
        terms.extend(duration.map(Term::Duration));
        let code = reader.value("--kind", &format!("{}/code", place(&terms, "kind")), self.kind.as_deref())?;
        let kind: Option<Label> = reader.value("--kind-words", &place(&terms, "kind"), self.kind_words.as_deref())?;
        terms.extend(kind.map(|verbatim| Term::Kind(KindTerm { verbatim, code })));
        let worded = [
            ("--purpose", "purpose", &self.purpose, Term::Purpose as fn(Text) -> Term),
            ("--forbids", "prohibited_act", &self.forbids, Term::ProhibitedAct),
            ("--exception", "exception", &self.exception, Term::Exception),
            ("--exit-clause", "exit_clause", &self.exit_clause, Term::ExitClause),
        ];
        for (flag, name, texts, term) in worded {
            for text in texts {
                terms.push(term(reader.required(flag, &place(&terms, name), Some(text))?));
            }
        }
        for area in &self.area {
            let area = reader.required("--area", &place(&terms, "area"), Some(area))?;
            terms.push(Term::Area(Where::registered(area)));
        }
        Ok(terms)
    }
}

impl Typed for DurationTerm {
    fn typed(text: &str) -> Result<Self, Unreadable> {
        let unreadable = || {
            let error = Unreadable::new(Code::BadTime, format!("`{text}` is not a duration"));
            error.hint("minutes, hours or days: 90m, 72h, 10d")
        };
        let factor = match text.chars().next_back() {
            Some('m') => 1,
            Some('h') => 60,
            Some('d') => 24 * 60,
            _ => return Err(unreadable()),
        };
        let number = u64::typed(text.get(..text.len() - 1).unwrap_or_default()).map_err(|_| unreadable())?;
        let minutes = number.checked_mul(factor).and_then(|minutes| u32::try_from(minutes).ok());
        Ok(Self { minutes: minutes.ok_or_else(unreadable)? })
    }
}
