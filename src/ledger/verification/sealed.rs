//! Sealed fields: what was decided about them fits what they are, what was erased is gone, and the rest is what was sealed.
//!
//! Damage of the vault is no tampering with the log: the answer is then *cannot tell*. A field that is not here although no
//! record erased it has an answer of its own, *withheld or lost*. Only two things are violations: a decision about fields
//! that its target does not seal, and a field that a record says was erased while it is still here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::VerifyError;
use super::checking::{Checking, Passed, Passing};
use super::report::{Check, Finding, Findings, Verdict};
use crate::event::Event;
use crate::ledger::reading::ReplayError;
use crate::ledger::writing::OpenError;
use crate::log::{Line, ReadError};
use crate::projection::submission_key;
use crate::record::Body;
use crate::vault::{Entry, RecordKey, Vault, VaultError, VaultFile};
use crate::vocab::{ActorId, Digest32, Label, RecordRef, Seq};

const NAME: &str = "sealed";

/// The check of sealed fields. Its memory grows with the number of decisions about them.
#[derive(Default)]
pub(super) struct Sealed {
    origin: Option<Label>,
    records: u64,
    digests: u64,
    decisions: Decisions,
}

/// What was decided about which fields: `annex.*` records.
#[derive(Default)]
struct Decisions {
    list: Vec<Decision>,
    by_key: BTreeMap<String, Vec<usize>>,
    by_seq: BTreeMap<Seq, Vec<usize>>,
}

struct Decision {
    seq: Seq,
    digests: Vec<Digest32>,
    erases: bool,
    matched: bool,
}

impl Decisions {
    fn take(&mut self, seq: Seq, body: &Body) {
        let (target, digests, erases) = match &body.event {
            Event::AnnexWithheld(event) => (&event.target, &event.digests, false),
            Event::AnnexReleased(event) => (&event.target, &event.digests, false),
            Event::AnnexDisclosed(event) => (&event.target, &event.digests, false),
            Event::AnnexErased(event) => (&event.target, &event.digests, true),
            _ => return,
        };
        let index = self.list.len();
        self.list.push(Decision { seq, digests: digests.clone(), erases, matched: false });
        match key_of(target, &body.by) {
            Some(key) => self.by_key.entry(key).or_default().push(index),
            None => self.by_seq.entry(target.seq.unwrap_or(Seq::NONE)).or_default().push(index),
        }
    }

    /// Holds the decisions about one record against what it seals. Gives what of it was erased, and by which record.
    fn about(&mut self, seq: Seq, body: &Body, sealed: &[Digest32]) -> BTreeMap<Digest32, Seq> {
        let by_key = self.by_key.get(&submission_key(&body.by, body.key.as_str()));
        let about: Vec<usize> = by_key.into_iter().chain(self.by_seq.get(&seq)).flatten().copied().collect();
        let mut erased = BTreeMap::new();
        for index in about {
            let Some(decision) = self.list.get_mut(index) else { continue };
            decision.matched = decision.digests.iter().all(|digest| sealed.binary_search(digest).is_ok());
            if decision.erases {
                erased.extend(decision.digests.iter().map(|digest| (*digest, decision.seq)));
            }
        }
        erased
    }
}

fn key_of(target: &RecordRef, by: &ActorId) -> Option<String> {
    target.key.as_ref().map(|key| submission_key(target.by.as_ref().unwrap_or(by), key.as_str()))
}

impl Checking for Sealed {
    fn watch(&mut self, block: &[Passing<'_>]) {
        for passing in block {
            let Ok(body) = &passing.body else { continue };
            self.origin.get_or_insert_with(|| body.origin.clone());
            if let Some(sealed) = &body.sealed {
                self.records += 1;
                self.digests += sealed.len() as u64;
            }
            self.decisions.take(passing.line.envelope.seq, body);
        }
    }

    fn conclude(self: Box<Self>, passed: &Passed<'_>) -> Result<Vec<Check>, VerifyError> {
        let Self { origin, records, digests, decisions } = *self;
        let Some(origin) = origin else { return Ok(vec![Check::ok(NAME, "no record could be read")]) };
        let vault = passed.archive.folder().vault_of(origin);
        let files: BTreeSet<VaultFile> = match vault.files().records() {
            Ok(files) => files.into_iter().collect(),
            Err(error) => return Ok(vec![Check::cannot_tell(NAME, format!("the vault could not be listed: {error}"))]),
        };
        if records == 0 && decisions.list.is_empty() && files.is_empty() {
            return Ok(vec![Check::ok(NAME, "no record seals a field")]);
        }
        // Where neither vault nor keys are, this is a copy for others, and nothing is missing from it.
        let for_others = files.is_empty() && !passed.archive.folder().keys().exists();
        let mut walk = Walk { vault, decisions, files, for_others, found: Found::default() };
        let head = passed.chain.head.map(|head| head.seq);
        let walked: Result<(), ReadError> = passed.archive.reader().for_each_block(Seq::FIRST, head, |lines| {
            for line in lines {
                walk.take(line);
            }
            Ok(())
        });
        walked.map_err(|error| VerifyError::Open(OpenError::Replay(ReplayError::Read(error))))?;
        Ok(vec![walk.conclude(records, digests, passed.is_being_written())])
    }
}

/// The second reading of the log, of records that seal something alone.
struct Walk {
    vault: Vault,
    decisions: Decisions,
    /// Files of the vault that no record accounted for until now.
    files: BTreeSet<VaultFile>,
    for_others: bool,
    found: Found,
}

/// How many digests stand how, and what is wrong.
#[derive(Default)]
struct Found {
    opened: u64,
    erased: u64,
    pending: u64,
    missing: u64,
    unopened: u64,
    why_unopened: &'static str,
    damaged: u64,
    /// Records whose append came to nothing, a full disk for instance, after their private part was stored.
    broken_off: u64,
    wrong: Findings,
    doubtful: Findings,
}

impl Walk {
    fn take(&mut self, line: &Line<'_>) {
        let seq = line.envelope.seq;
        if !line.envelope.body.contains("\"sealed\":") {
            return;
        }
        let Ok(body) = Body::read(line.envelope.body) else { return };
        let Some(sealed) = &body.sealed else { return };
        let erased = self.decisions.about(seq, &body, sealed);
        let record = RecordKey { by: body.by.clone(), key: body.key.clone() };
        let id = self.vault.id_of(&record);
        self.files.remove(&VaultFile::Annex(id));
        self.files.remove(&VaultFile::DataKeys(id));
        let rest: Vec<Digest32> = sealed.iter().filter(|digest| !erased.contains_key(digest)).copied().collect();
        if self.for_others {
            self.found.erased += erased.len() as u64;
            self.found.missing += rest.len() as u64;
        } else if let Err(error) = self.look(seq, &record, &erased, &rest) {
            self.found.damaged += sealed.len() as u64;
            self.found.doubtful.keep(seq, format!("{error}"));
        }
    }

    fn look(
        &mut self,
        seq: Seq,
        record: &RecordKey,
        erased: &BTreeMap<Digest32, Seq>,
        rest: &[Digest32],
    ) -> Result<(), VaultError> {
        let held = self.vault.held(record)?;
        for (digest, by) in erased {
            if held.ciphertexts.contains(digest) || held.keys.contains(digest) {
                self.found.pending += 1;
                self.found.wrong.keep(seq, format!("{digest} was erased by record {by} and is still in the vault"));
            } else {
                self.found.erased += 1;
            }
        }
        let mut missing = 0;
        for (digest, entry) in rest.iter().zip(self.vault.open(record, rest)?) {
            match entry {
                Entry::Field(_) | Entry::Decoy => self.found.opened += 1,
                Entry::Missing => missing += 1,
                Entry::Unopened(why) => {
                    self.found.unopened += 1;
                    self.found.why_unopened = why;
                }
                Entry::Damaged(why) => {
                    self.found.damaged += 1;
                    self.found.doubtful.keep(seq, format!("{digest}: {why}"));
                }
            }
        }
        if missing > 0 {
            self.found.missing += missing;
            let what =
                format!("{missing} of its digests are withheld or lost: not in the vault, and erased by no record");
            self.found.doubtful.keep(seq, what);
        }
        Ok(())
    }

    fn conclude(self, records: u64, digests: u64, being_written: bool) -> Check {
        let Self { vault, decisions, mut files, for_others, mut found } = self;
        for decision in decisions.list.iter().filter(|decision| !decision.matched) {
            found.wrong.keep(decision.seq, "it decides about fields that its target does not seal");
        }
        let unmatched = decisions.list.iter().any(|decision| !decision.matched);
        for record in vault.unfinished().unwrap_or_default() {
            let id = vault.id_of(&record);
            let had = [VaultFile::Annex(id), VaultFile::DataKeys(id)].map(|file| files.remove(&file));
            found.broken_off += u64::from(had.contains(&true));
        }
        // Beside a running writer an erasure or an append may be under way.
        let strays = if being_written { 0 } else { files.len() };
        let wrong = unmatched || (found.pending > 0 && !being_written);
        let doubtful = found.damaged + found.unopened + found.pending > 0 || strays > 0;
        let verdict = match (wrong, doubtful, found.missing > 0 && !for_others) {
            (true, _, _) => Verdict::Violated,
            (false, false, false) => Verdict::Ok,
            _ => Verdict::CannotTell,
        };
        let detail = found.words(records, digests, for_others, strays);
        let mut findings: Vec<Finding> = found.wrong.into_list();
        findings.extend(found.doubtful.into_list());
        Check { verdict, findings, ..Check::ok(NAME, detail) }
    }
}

impl Found {
    fn words(&self, records: u64, digests: u64, for_others: bool, strays: usize) -> String {
        let mut words = format!("{digests} digests of {records} records");
        let mut also = |count: u64, what: &str| {
            if count > 0 {
                let _ = write!(words, ", {count} {what}");
            }
        };
        also(self.opened, "opened and are what was sealed");
        also(self.erased, "erased and gone");
        also(self.pending, "erased and still here: the next opening for writing destroys them");
        also(self.missing, if for_others { "withheld or lost: this copy has no vault" } else { "withheld or lost" });
        also(self.unopened, &format!("not opened: {}", self.why_unopened));
        also(self.damaged, "damaged: the vault cannot say what they stand for");
        also(self.broken_off, "stored for records that never came: the next opening for writing removes it");
        also(strays as u64, "files in the vault belong to no record");
        words
    }
}
