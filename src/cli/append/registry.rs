//! `append actor`, `append relation`, `append place`: who and where.

use super::flags::{FlagReader, missing};
use super::kind::{SharedFlags, SubjectFlags};
use super::setting::PointFlags;
use super::source::{NoteFlag, SourceFlags};
use super::typed::code_of;
use super::{Context, Draft};
use crate::cli::complaint::Complaint;
use crate::event::{ActorKind, ActorRegistered, ActorRelated, Event, PlaceRegistered, Relation};
use crate::vocab::{ActorId, ActorRef, Source, Where};

/// How one actor stands to others.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "How it stands to others")]
struct RelationFlags {
    /// It is a part of another: its acts and words are the other's
    #[arg(long, value_name = "ACTOR")]
    part_of: Vec<String>,
    /// Somebody says that it acts for another; its acts are not counted as the other's
    #[arg(long, value_name = "ACTOR")]
    proxy_of: Vec<String>,
    /// It is another, under another id
    #[arg(long, value_name = "ACTOR")]
    alias_of: Vec<String>,
    /// Since when it stands so
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Until when
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
}

impl RelationFlags {
    fn each(&self) -> impl Iterator<Item = (&'static str, Relation, &str)> {
        let kinds = [
            ("--part-of", Relation::PartOf, &self.part_of),
            ("--proxy-of", Relation::ProxyOf, &self.proxy_of),
            ("--alias-of", Relation::AliasOf, &self.alias_of),
        ];
        kinds
            .into_iter()
            .flat_map(|(flag, relation, texts)| texts.iter().map(move |text| (flag, relation, text.as_str())))
    }
}

/// An actor, and how it stands to others.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(super) struct ActorFlags {
    /// Its name in one language: en=Azerbaijan; repeat it for several
    #[arg(long, value_name = "LANG=NAME")]
    name: Vec<String>,
    /// What it is
    #[arg(long, value_name = "KIND", value_parser = code_of::<ActorKind>())]
    kind: Option<String>,
    /// What another list calls it: iso3166=AZ
    #[arg(long, value_name = "LIST=ID")]
    external: Vec<String>,
    #[command(flatten)]
    relation: RelationFlags,
    #[command(flatten)]
    source: SourceFlags,
    #[command(flatten)]
    note: NoteFlag,
}

impl SubjectFlags for ActorFlags {
    const TYPE: &'static str = "actor.registered";

    /// Makes the registration, and one further draft for each relation. A relation that no source is named for is the
    /// recorder's own word.
    fn drafts(&self, subject: &str, shared: &SharedFlags, context: &mut Context<'_>) -> Result<Vec<Draft>, Complaint> {
        if self.relation.each().next().is_none() && self.relation != RelationFlags::default() {
            return Err(missing("--part-of", "").hint("--since and --until go with a relation: --part-of ACTOR"));
        }
        let mut drafts = shared.one_draft(context, |reader| self.registration(subject, reader))?;
        for (flag, relation, to) in self.relation.each() {
            let further = format!("/{relation}/{to}");
            let recorder = context.recorder.clone();
            let draft = shared.flag_draft(context, &further, |reader| {
                let source =
                    self.source.optional(reader)?.unwrap_or_else(|| Source::speaker(ActorRef::Actor(recorder)));
                related(subject, (flag, relation, to), &self.relation, source, reader)
            })?;
            drafts.push(draft);
        }
        Ok(drafts)
    }
}

impl ActorFlags {
    fn registration(&self, subject: &str, reader: &mut FlagReader<'_>) -> Result<Event, Complaint> {
        Ok(Event::from(ActorRegistered {
            actor: reader.required("ID", "actor", Some(subject))?,
            kind: reader.required("--kind", "kind", self.kind.as_deref())?,
            names: reader.names("--name", "names", &self.name)?,
            external: reader.external("--external", "external", &self.external)?,
            note: self.note.read(reader)?,
        }))
    }
}

fn related(
    subject: &str,
    (flag, relation, to): (&'static str, Relation, &str),
    flags: &RelationFlags,
    source: Source,
    reader: &mut FlagReader<'_>,
) -> Result<Event, Complaint> {
    Ok(Event::from(ActorRelated {
        actor: reader.required("ID", "actor", Some(subject))?,
        relation,
        to: reader.required::<ActorId>(flag, "to", Some(to))?,
        from: reader.time("--since", "from", flags.since.as_deref())?,
        until: reader.time("--until", "until", flags.until.as_deref())?,
        source,
        note: None,
    }))
}

/// How an actor that is registered stands to others.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(super) struct RelatedFlags {
    #[command(flatten)]
    relation: RelationFlags,
    #[command(flatten)]
    source: SourceFlags,
    #[command(flatten)]
    note: NoteFlag,
}

impl SubjectFlags for RelatedFlags {
    const TYPE: &'static str = "actor.related";

    fn drafts(&self, subject: &str, shared: &SharedFlags, context: &mut Context<'_>) -> Result<Vec<Draft>, Complaint> {
        let mut relations = self.relation.each();
        let (Some(one), None) = (relations.next(), relations.next()) else {
            let hint = "name one: --part-of ACTOR, --proxy-of ACTOR or --alias-of ACTOR";
            return Err(missing("--part-of", "relation").hint(hint));
        };
        shared.one_draft(context, |reader| {
            let source = self.source.required(reader)?;
            let event = related(subject, one, &self.relation, source, reader)?;
            let note = self.note.read(reader)?;
            Ok(match event {
                Event::ActorRelated(event) => ActorRelated { note, ..event }.into(),
                other => other,
            })
        })
    }
}

/// A place.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(super) struct PlaceEventFlags {
    /// Its name in one language: az=Gəncə; repeat it for several
    #[arg(long, value_name = "LANG=NAME")]
    name: Vec<String>,
    /// What it is, in words: city, region, crossing
    #[arg(long, value_name = "WORDS")]
    kind: Option<String>,
    /// The registered place it lies in
    #[arg(long, value_name = "PLACE")]
    within: Option<String>,
    /// What another list calls it: geonames=586523
    #[arg(long, value_name = "LIST=ID")]
    external: Vec<String>,
    #[command(flatten)]
    point: PointFlags,
    #[command(flatten)]
    note: NoteFlag,
}

impl SubjectFlags for PlaceEventFlags {
    const TYPE: &'static str = "place.registered";

    fn drafts(&self, subject: &str, shared: &SharedFlags, context: &mut Context<'_>) -> Result<Vec<Draft>, Complaint> {
        shared.one_draft(context, |reader| {
            let location = self.point.read("where", reader)?;
            Ok(Event::from(PlaceRegistered {
                place: reader.required("ID", "place", Some(subject))?,
                names: reader.names("--name", "names", &self.name)?,
                kind: reader.value("--kind", "kind", self.kind.as_deref())?,
                within: reader.value("--within", "within", self.within.as_deref())?,
                location: (location != Where::default()).then_some(location),
                external: reader.external("--external", "external", &self.external)?,
                note: self.note.read(reader)?,
            }))
        })
    }
}
