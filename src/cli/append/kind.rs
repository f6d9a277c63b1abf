//! What every kind has in common: a file, or flags that make one event.

use std::path::PathBuf;

use super::flags::FlagReader;
use super::input::{Form, Input};
use super::members::check_written;
use super::origin::DraftOrigin;
use super::typed::Typed;
use super::{Context, Draft};
use crate::cli::complaint::Complaint;
use crate::cli::outcome::Outcome;
use crate::event::Event;
use crate::vault::Private;
use crate::vocab::{ActorId, Code, Label};

/// Flags that make one event.
pub(super) trait EventFlags: clap::Args + Default + PartialEq {
    /// The event type they make.
    const TYPE: &'static str;

    /// Makes the event.
    fn event(&self, reader: &mut FlagReader<'_>) -> Result<Event, Complaint>;
}

/// Flags that make one event about a thing that is named before them.
pub(super) trait SubjectFlags: clap::Args + Default + PartialEq {
    /// The event type they make.
    const TYPE: &'static str;

    /// Makes the drafts, nearly always one.
    fn drafts(&self, subject: &str, shared: &SharedFlags, context: &mut Context<'_>) -> Result<Vec<Draft>, Complaint>;
}

/// Flags of every kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Submission")]
pub(super) struct SharedFlags {
    /// The same idempotency key with the same content is the same record. Without one it is made from the content, so
    /// that a command typed twice is one record
    #[arg(long, global = true, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// Who submits it, where it is not the recorder of this ledger
    #[arg(long, global = true, value_name = "ACTOR")]
    by: Option<String>,
    /// The file or standard input is YAML, whatever its name
    #[arg(long, global = true)]
    yaml: bool,
}

impl SharedFlags {
    /// The flags as another verb was given them.
    pub(super) const fn of(idempotency_key: Option<String>, by: Option<String>) -> Self {
        Self { idempotency_key, by, yaml: false }
    }

    pub(super) const fn form(&self) -> Form {
        if self.yaml { Form::Yaml } else { Form::Json }
    }

    /// Completes a draft. `further` marks off the key of each further event of one command.
    pub(super) fn draft(&self, event: Event, origin: DraftOrigin, further: &str) -> Result<Draft, Complaint> {
        let text = check_written(&event, |fault| Complaint::fault(fault, Some(origin.place(&fault.pointer))))?;
        let key = match &self.idempotency_key {
            Some(key) => format!("{key}{further}"),
            None => format!("auto-{}", blake3::hash(text.as_bytes()).to_hex().get(..32).unwrap_or_default()),
        };
        let refuse = |flag: &'static str, pointer: &str, error| {
            super::flags::complain(flag, crate::vocab::Pointer::from_text(pointer), error)
        };
        let key = Label::typed(&key).map_err(|error| refuse("--idempotency-key", "/key", error))?;
        Ok(Draft { event, key, by: self.submitter()?, origin, private: Private::default() })
    }

    /// Reads who submits it.
    pub(super) fn submitter(&self) -> Result<Option<ActorId>, Complaint> {
        let by = self.by.as_deref().map(ActorId::typed).transpose();
        by.map_err(|error| super::flags::complain("--by", crate::vocab::Pointer::from_text("/by"), error))
    }

    /// Makes one draft from flags alone.
    pub(super) fn one_draft(
        &self,
        context: &Context<'_>,
        event: impl FnOnce(&mut FlagReader<'_>) -> Result<Event, Complaint>,
    ) -> Result<Vec<Draft>, Complaint> {
        Ok(vec![self.flag_draft(context, "", event)?])
    }

    /// Makes a draft from flags alone; `further` as in [`SharedFlags::draft`].
    pub(super) fn flag_draft(
        &self,
        context: &Context<'_>,
        further: &str,
        event: impl FnOnce(&mut FlagReader<'_>) -> Result<Event, Complaint>,
    ) -> Result<Draft, Complaint> {
        let mut reader = FlagReader::new(context);
        let event = event(&mut reader)?;
        self.draft(event, DraftOrigin::Flags(reader.into_names()), further)
    }

    /// Reads one event from a file or standard input.
    pub(super) fn text_draft(
        &self,
        path: &std::path::Path,
        expected: Option<&str>,
        context: &mut Context<'_>,
    ) -> Result<Draft, Complaint> {
        let input = Input::read(path, self.form(), "/event", context)?;
        let event = input.event(expected)?;
        let private = input.private()?;
        let flags = FlagReader::new(context).into_names();
        let draft = self.draft(event, DraftOrigin::Text { input, flags }, "")?;
        Ok(Draft { private, ..draft })
    }
}

/// A kind that is told by flags, or read from a file.
#[derive(Debug, Clone, Default, PartialEq, clap::Args)]
pub(super) struct FromFile<F: clap::Args> {
    /// A JSON or YAML file with the members of the event, or - for standard input; it replaces all content flags
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    flags: F,
}

impl<F: EventFlags> FromFile<F> {
    pub(super) fn drafts(&self, shared: &SharedFlags, context: &mut Context<'_>) -> Result<Vec<Draft>, Complaint> {
        let Some(path) = &self.file else {
            return shared.one_draft(context, |reader| self.flags.event(reader));
        };
        if self.flags != F::default() {
            return Err(file_and_flags(&path.display().to_string()));
        }
        Ok(vec![shared.text_draft(path, Some(F::TYPE), context)?])
    }
}

/// A kind about one thing, named first; a file's name or `-` may stand in its place.
#[derive(Debug, Clone, Default, PartialEq, clap::Args)]
pub(super) struct Subject<F: clap::Args> {
    /// What it is about: its id, or the record to mend (12, key:K, by:ACTOR:K). Instead of it and of all content flags:
    /// - for standard input, or a file whose name ends in .json, .yaml or .yml or begins with ./ or /
    #[arg(value_name = "ID|FILE")]
    subject: String,
    #[command(flatten)]
    flags: F,
}

impl<F: SubjectFlags> Subject<F> {
    pub(super) fn drafts(&self, shared: &SharedFlags, context: &mut Context<'_>) -> Result<Vec<Draft>, Complaint> {
        let named = self.flags != F::default();
        match is_file(&self.subject) {
            false => self.flags.drafts(&self.subject, shared, context),
            true if named => Err(file_and_flags(&self.subject)),
            true => Ok(vec![shared.text_draft(self.subject.as_ref(), Some(F::TYPE), context)?]),
        }
    }
}

/// Tells a file's name from an id: no id begins with a dot or a slash, and none is sensibly called `x.json`.
fn is_file(text: &str) -> bool {
    let ending = std::path::Path::new(text).extension();
    let known_ending = ending
        .is_some_and(|ending| ["json", "yaml", "yml"].into_iter().any(|known| ending.eq_ignore_ascii_case(known)));
    let record = text.starts_with("key:") || text.starts_with("by:");
    text == "-" || text.starts_with(['.', '/']) || text.contains('\\') || known_ending && !record
}

fn file_and_flags(file: &str) -> Complaint {
    let what = format!("both {file} and flags say what happened");
    Complaint::new(Outcome::Usage, Code::Usage, what).hint("put everything into the file, or everything into flags")
}
