//! What a verb works with: the ledger that is meant, as known at the moment that is asked for.

use std::path::PathBuf;
use std::sync::Arc;

use super::args::Global;
use super::complaint::Complaint;
use super::console::Console;
use super::outcome::Outcome;
use super::refusal;
use crate::ledger::{Archive, Folder, Ledger, Replayed, Until};
use crate::proof::Note;
use crate::rules::counting::{COUNT_1, RULE_SETS, RuleSet};
use crate::vocab::{Clock, Code, Instant, Pointer, Seq, Span, SystemClock, When, ZonePolicy};

/// One run of the command.
pub struct Session {
    /// The flags that every verb takes.
    pub global: Global,
    /// Where answers go.
    pub console: Console,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

impl Session {
    /// Begins a run.
    #[must_use]
    pub fn new(global: Global) -> Self {
        let console = Console::new(&global);
        Self { global, console, clock: Arc::new(SystemClock) }
    }

    /// Finds the ledger that is meant.
    ///
    /// # Errors
    /// `no_ledger` where there is none.
    pub fn folder(&self) -> Result<Folder, Complaint> {
        let here = || std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
        let found = match &self.global.ledger {
            Some(path) => Some(Folder::at(path)).filter(Folder::holds_ledger),
            None => Folder::nearest(&here()),
        };
        found.ok_or_else(|| {
            let place = self
                .global
                .ledger
                .as_ref()
                .map_or_else(|| "here or in any folder above".to_owned(), |path| format!("in {}", path.display()));
            Complaint::new(Outcome::NoLedger, Code::NoLedger, format!("there is no ledger {place}"))
        })
    }

    /// Opens the ledger for reading.
    ///
    /// # Errors
    /// Says why not.
    pub fn archive(&self) -> Result<Archive, Complaint> {
        Archive::open(self.folder()?).map_err(|error| refusal::open(&error))
    }

    /// Opens the ledger for writing.
    ///
    /// # Errors
    /// Says why not; another writer is `locked`.
    pub fn ledger(&mut self) -> Result<Ledger, Complaint> {
        let mut ledger =
            Ledger::open(self.folder()?, Arc::clone(&self.clock)).map_err(|error| refusal::open(&error))?;
        let notices = ledger.take_notices();
        self.console.notices(&notices);
        Ok(ledger)
    }

    /// Ends a command that appended: writes the projections and publishes a checkpoint, once. Gives the checkpoint's note.
    ///
    /// The records are durable before; what fails here is said, and the next such command takes it up.
    pub fn settle(&mut self, ledger: &mut Ledger) -> Option<Note> {
        if let Err(error) = ledger.settle() {
            self.console.say(format!("note: the records are safe; the projections were not written: {error}"));
        }
        match ledger.publish() {
            Ok(Some(published)) => Some(published.note().clone()),
            Ok(None) if ledger.log_key().is_some() => {
                self.console.say("note: no checkpoint was signed: the log's key is not in keys/");
                None
            }
            Ok(None) => None,
            Err(error) => {
                let why = refusal::publish(&error);
                self.console.say(format!("note: the records are safe; no checkpoint was signed: {}", why.what));
                None
            }
        }
    }

    /// Gives the rows as known at the moment that is asked for.
    ///
    /// # Errors
    /// Says why not.
    pub fn replayed(&mut self) -> Result<Replayed, Complaint> {
        let archive = self.archive()?;
        let replayed = match self.global.known_at.clone() {
            None => archive.at_head(),
            Some(text) => archive.as_known(Self::known_at(&archive, &text)?, None),
        };
        let replayed = replayed.map_err(|error| refusal::open(&error))?;
        let notices = replayed.notices().to_vec();
        self.console.notices(&notices);
        Ok(replayed)
    }

    /// Reads a moment of knowledge: a position, or a time in any short form.
    ///
    /// # Errors
    /// `CF0411` where the position lies outside the log, or the text is neither.
    pub fn known_at(archive: &Archive, text: &str) -> Result<Until, Complaint> {
        let outside = |what: String| Complaint::new(Outcome::Rejected, Code::BadKnownAt, what);
        if let Ok(number) = text.parse::<u64>() {
            let head = archive.reader().head().map_err(|error| refusal::read(&error))?.seq;
            let seq = Seq::new(number);
            return if Seq::NONE < seq && seq <= head {
                Ok(Until::Seq(seq))
            } else {
                Err(outside(format!("position {number} is outside the log, which goes from 1 to {head}")))
            };
        }
        let when = When::from_short(text, &ZonePolicy::utc(), &Pointer::root())
            .map_err(|_| outside(format!("`{text}` is neither a position nor a time")))?;
        Ok(Until::Time(when.latest.or(when.earliest).unwrap_or(Instant::MAX)))
    }

    /// Reads `--valid-at`, where it was given; a time without a zone covers the ledger's zones.
    ///
    /// # Errors
    /// `CF0204` where it is no time.
    pub fn valid_at(&self, zones: &ZonePolicy) -> Result<Option<Span>, Complaint> {
        let Some(text) = &self.global.valid_at else { return Ok(None) };
        let when = When::from_short(text, zones, &Pointer::root()).map_err(|fault| {
            let place = super::complaint::Place { file: Some("--valid-at".to_owned()), ..Default::default() };
            Complaint::fault(&fault, Some(place))
        })?;
        Ok(Some(when.span()))
    }

    /// Gives the rule set that is asked for, else the ledger's.
    ///
    /// # Errors
    /// `CF0408` where there is none of that name.
    pub fn rules(&self, ledger_rules: &str) -> Result<RuleSet, Complaint> {
        Self::rules_named(self.global.rules.as_deref().unwrap_or(ledger_rules))
    }

    /// Finds a rule set by its name.
    ///
    /// # Errors
    /// `CF0408` where there is none of that name.
    pub fn rules_named(name: &str) -> Result<RuleSet, Complaint> {
        RuleSet::named(name).ok_or_else(|| {
            let known = RULE_SETS.iter().map(|rules| rules.name).collect::<Vec<_>>().join(", ");
            let what = format!("there is no rule set `{name}`; there is {known}");
            Complaint::new(Outcome::Rejected, Code::UnknownRules, what).hint(format!("use {}", COUNT_1.name))
        })
    }
}
