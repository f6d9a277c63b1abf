//! What a verb works with: the ledger that is meant, as known at the moment that is asked for.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{Format, Global};
use super::complaint::{Complaint, Place};
use super::console::Console;
use super::key_file::{self, Readers};
use super::outcome::Outcome;
use super::seen::{Memory, Seen};
use super::{notes, refusal};
use crate::event::Event;
use crate::ledger::{Archive, Extension, Folder, Ledger, Replayed, SignedCheckpoint, Until};
use crate::proof::{BodySigner, Checkpoint, Note, VerifierKey};
use crate::record::Body;
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
    /// What this user saw of logs before.
    pub memory: Memory,
}

impl Session {
    /// Begins a run.
    #[must_use]
    pub fn new(global: Global) -> Self {
        let console = Console::new(&global);
        Self { global, console, clock: Arc::new(SystemClock), memory: Memory::of_user() }
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

    /// Opens the ledger for writing; what is appended through it is signed with the key that is asked for.
    ///
    /// # Errors
    /// Says why not; another writer is `locked`.
    pub fn ledger(&mut self) -> Result<Ledger, Complaint> {
        let signer = self.signer()?;
        let mut ledger = self.unsigning_ledger()?;
        if let Some(signer) = signer {
            let public_key = signer.verifier().to_base64();
            ledger.sign_with(signer);
            if ledger.signs_as().is_none() {
                let what = format!("no key here has the public key {public_key}");
                let place = Place { file: Some("--key".to_owned()), ..Place::default() };
                return Err(Complaint::new(Outcome::Denied, Code::SignerUnknown, what).at(place));
            }
        }
        Ok(ledger)
    }

    /// Reads the key that is asked for.
    ///
    /// # Errors
    /// `CF0632` where there is none in the file.
    pub fn signer(&mut self) -> Result<Option<BodySigner>, Complaint> {
        let Some(path) = self.global.key_file().map(Path::to_owned) else { return Ok(None) };
        let (signer, readers) = key_file::read(&path)?;
        self.warn_of_readers(&path, readers);
        Ok(Some(signer))
    }

    /// Says that others may read a key file.
    pub fn warn_of_readers(&mut self, path: &Path, readers: Readers) {
        if readers == Readers::Others {
            self.console.say(format!("warning: others on this machine may read {0}; chmod 600 {0}", path.display()));
        }
    }

    /// Opens the ledger for writing; nothing is signed by it.
    ///
    /// # Errors
    /// Says why not; another writer is `locked`.
    pub fn unsigning_ledger(&mut self) -> Result<Ledger, Complaint> {
        let mut ledger =
            Ledger::open(self.folder()?, Arc::clone(&self.clock)).map_err(|error| refusal::open(&error))?;
        self.refuse_older(&ledger)?;
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
        let notices = ledger.take_notices();
        self.console.notices(&notices);
        match ledger.publish() {
            Ok(Some(published)) => {
                self.remember(ledger.log_key(), published.note());
                Some(published.note().clone())
            }
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

    /// Remembers a checkpoint of a log that was checked here, for the next visit.
    pub fn remember(&mut self, key: Option<&VerifierKey>, note: &Note) {
        let Some(key) = key else { return };
        let Ok(checkpoint) = Checkpoint::open(note, key) else { return };
        let seen = Seen { key: key.clone(), checkpoint, note: note.clone() };
        if let Some(why) = self.memory.remember(&seen) {
            self.console.say(format!("note: the checkpoint could not be remembered for the next visit: {why}"));
        }
    }

    /// Refuses to go on with a log that is not what this user saw of it: an older copy was put back.
    fn refuse_older(&self, ledger: &Ledger) -> Result<(), Complaint> {
        let Some(key) = ledger.log_key() else { return Ok(()) };
        let Some(seen) = self.memory.recall(key.name().as_str())?.filter(|seen| seen.key == *key) else {
            return Ok(());
        };
        let size = seen.checkpoint.size();
        let archive = Archive::open(ledger.folder().clone()).map_err(|error| refusal::open(&error))?;
        let signed = SignedCheckpoint { checkpoint: seen.checkpoint, note: seen.note };
        let violated = |code, what| Err(Complaint::new(Outcome::Violated, code, what));
        match archive.extends(&signed).map_err(|error| refusal::prove(&error))? {
            Extension::Extends => Ok(()),
            Extension::TooShort { head } => {
                let what =
                    format!("the log ends with record {head}, but you saw a signed checkpoint of {size} records");
                violated(Code::BehindSigned, what)
            }
            Extension::Forked { .. } => violated(
                Code::SplitView,
                format!("records 1 to {size} are not those that you saw a signed checkpoint of"),
            ),
        }
    }

    /// Gives the rows as known at the moment that is asked for.
    ///
    /// # Errors
    /// Says why not.
    pub fn replayed(&mut self) -> Result<Replayed, Complaint> {
        let archive = self.archive()?;
        let until = self.global.known_at.as_ref().map(|text| Self::known_at(&archive, text)).transpose()?;
        let replayed = match (self.published_by(&archive)?, until) {
            (Some(by), until) => {
                if self.global.chosen_format() == Format::Csv {
                    self.console.say(format!("note: publication axis: what had been published by {by}"));
                }
                archive.as_published(until.unwrap_or(Until::Head), by, None)
            }
            (None, None) => archive.at_head(),
            (None, Some(until)) => archive.as_known(until, None),
        };
        let replayed = replayed.map_err(|error| refusal::open(&error))?;
        let notices = replayed.notices().to_vec();
        self.console.notices(&notices);
        Ok(replayed)
    }

    /// Reads `--published-by`, where it was given; a time without a zone covers the ledger's zones.
    ///
    /// # Errors
    /// `CF0204` where it is no time.
    fn published_by(&self, archive: &Archive) -> Result<Option<Instant>, Complaint> {
        let Some(text) = &self.global.published_by else { return Ok(None) };
        let when = When::from_short(text, &Self::zones(archive)?, &Pointer::root()).map_err(|fault| {
            Complaint::fault(&fault, Some(Place { file: Some("--published-by".to_owned()), ..Place::default() }))
        })?;
        Ok(Some(when.latest.or(when.earliest).unwrap_or(Instant::MAX)))
    }

    /// Reads the ledger's zones from record 1.
    ///
    /// # Errors
    /// Says why the record cannot be read.
    pub fn zones(archive: &Archive) -> Result<ZonePolicy, Complaint> {
        let first = archive.reader().record_at(Seq::FIRST).map_err(|error| refusal::read(&error))?;
        Ok(match first.and_then(|first| Body::read(first.body()).ok()).map(|body| body.event) {
            Some(Event::LedgerCreated(event)) => event.zones,
            _ => ZonePolicy::utc(),
        })
    }

    /// Reads a moment of knowledge: a position, a file with a signed checkpoint of this log, or a time in any short form.
    ///
    /// # Errors
    /// `CF0411` where the position lies outside the log, or the text is none of the three; `CF0602` where the log does
    /// not go on from the checkpoint.
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
        let file = std::path::Path::new(text);
        if file.is_file() {
            return Self::known_at_checkpoint(archive, file).map(Until::Seq);
        }
        let when = When::from_short(text, &ZonePolicy::utc(), &Pointer::root())
            .map_err(|_| outside(format!("`{text}` is neither a position, nor a time, nor a checkpoint's file")))?;
        Ok(Until::Time(when.latest.or(when.earliest).unwrap_or(Instant::MAX)))
    }

    /// The position up to which a checkpoint speaks, if the log goes on from it.
    fn known_at_checkpoint(archive: &Archive, file: &std::path::Path) -> Result<Seq, Complaint> {
        let signed = notes::note_of(archive, file)?;
        let (size, shown) = (signed.checkpoint.size(), file.display());
        let refuse = |code, what: String| Err(Complaint::new(Outcome::Violated, code, what));
        match archive.extends(&signed).map_err(|error| refusal::prove(&error))? {
            Extension::Extends => Ok(Seq::new(size)),
            Extension::Forked { .. } => {
                refuse(Code::ForkedLog, format!("the first {size} records are not those of {shown}"))
            }
            Extension::TooShort { head } => {
                refuse(Code::BehindSigned, format!("the log ends with record {head}, {shown} is of {size} records"))
            }
        }
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
