//! Verification: every check with an answer of its own. Three answers: it holds, it is violated, it cannot be told.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::admit::{Admission, Pending};
use super::archive::Archive;
use super::genesis::read_seal;
use super::reading::{ReplayError, Until, hash_at};
use super::writing::OpenError;
use crate::event::Event;
use crate::log::{ChainFault, ChainReport, Line, LockError, StorageError, VerifyPlan, verify};
use crate::projection::{Cursor, OpenRowsError, RowError, SledRows, Tables};
use crate::record::{Body, RecordHash, check_json};
use crate::rules::admission::reference_faults;
use crate::vocab::{Instant, Label, Seq};

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It was checked and holds.
    Ok,
    /// It was checked and does not hold: proof of tampering or damage.
    Violated,
    /// It could not be checked, or not wholly.
    CannotTell,
    /// The log ends in a half-written batch.
    Torn,
}

/// One check and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Check {
    /// What was checked.
    pub name: String,
    /// How it ended.
    pub verdict: Verdict,
    /// What was looked at, in a few words.
    pub detail: String,
    /// What is wrong, by position.
    pub findings: Vec<Finding>,
}

/// One thing wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Finding {
    /// The bad record.
    pub seq: Seq,
    /// The segment it stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    /// The byte at which its line starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// What is wrong.
    pub what: String,
}

/// What verification found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VerifyReport {
    /// The ledger's name, where record 1 could be read.
    pub origin: Option<String>,
    /// How many records.
    pub records: u64,
    /// How many segments.
    pub segments: u64,
    /// How many bytes.
    pub bytes: u64,
    /// The last record.
    pub head_seq: Seq,
    /// Its hash.
    pub head: Option<RecordHash>,
    /// Records of types newer than this program: kept, counted, not understood.
    pub newer: u64,
    /// How many findings there are beyond those listed.
    pub findings_left_out: u64,
    /// The checks, each with its answer.
    pub checks: Vec<Check>,
}

impl VerifyReport {
    /// Gives the answer as a whole: tampering beats torn beats undecided.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        [Verdict::Violated, Verdict::Torn, Verdict::CannotTell]
            .into_iter()
            .find(|verdict| self.checks.iter().any(|check| check.verdict == *verdict))
            .unwrap_or(Verdict::Ok)
    }

    /// Gives the first bad position.
    #[must_use]
    pub fn first_bad(&self) -> Option<Seq> {
        self.checks.iter().flat_map(|check| &check.findings).map(|finding| finding.seq).min()
    }
}

/// How far verification goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Depth {
    /// Everything that the log says, and whether the projections are of this log.
    #[default]
    Log,
    /// The projections too are folded again and compared, row for row, by their digests.
    Full,
}

/// What verification is asked.
#[derive(Default)]
pub struct VerifyQuestion<'a> {
    /// A record that the asker knows: from a receipt, a printed count, another copy.
    pub known: Option<(Seq, RecordHash)>,
    /// How far to go.
    pub depth: Depth,
    /// Is told how many bytes are done, of how many.
    pub progress: Option<&'a mut dyn FnMut(u64, u64)>,
}

/// Says why verification could not be done at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The log could not be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The ledger could not be opened or folded.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The rows could not be read.
    #[error(transparent)]
    Rows(#[from] RowError),
}

impl Archive {
    /// Checks the ledger. It takes no lock that lasts and writes nothing; memory grows with the number of distinct ids and
    /// keys, not with the bytes of the log.
    ///
    /// # Errors
    /// [`VerifyError`] where the log cannot be read: then nothing is proved either way.
    pub fn verify(&self, question: VerifyQuestion<'_>) -> Result<VerifyReport, VerifyError> {
        let VerifyQuestion { known, depth, mut progress } = question;
        let mut contents = Contents::default();
        let chain = {
            let mut observe = |lines: &[Line<'_>]| contents.take(lines);
            let mut tell = |done, all| progress.iter_mut().for_each(|progress| progress(done, all));
            let plan =
                VerifyPlan { parse_sealed: &read_seal, known, observer: Some(&mut observe), progress: Some(&mut tell) };
            verify(self.storage(), plan)?
        };
        let mut checks = chain_checks(&chain, self.is_being_written());
        checks.push(contents.bodies_check());
        checks.push(contents.references_check());
        if let Some((seq, hash)) = known {
            checks.push(known_check(&chain, seq, hash));
        }
        let sound = checks.iter().all(|check| check.verdict != Verdict::Violated);
        checks.push(match (sound, depth) {
            (false, _) => unchecked("projections", "not compared: the log they are made from is damaged"),
            (true, Depth::Log) => self.projections_check(),
            (true, Depth::Full) => self.full_projections_check()?,
        });
        Ok(VerifyReport {
            origin: contents.origin.as_ref().map(ToString::to_string),
            records: chain.records,
            segments: chain.segments,
            bytes: chain.bytes,
            head_seq: chain.head.map_or(Seq::NONE, |head| head.seq),
            head: chain.head.map(|head| head.hash),
            newer: contents.newer,
            findings_left_out: chain.findings_left_out,
            checks,
        })
    }

    /// An unfinished batch beside a running writer is work in progress, not a torn tail.
    fn is_being_written(&self) -> bool {
        matches!(self.storage().lock(), Err(LockError::Held))
    }

    /// The open check: do the stored rows name a record of this log?
    fn projections_check(&self) -> Check {
        let rows = match self.stored_rows() {
            Ok(Some(rows)) => rows,
            Ok(None) => return ok("projections", "none stored; they are made from the log when needed"),
            Err(check) => return check,
        };
        let Ok(Some(cursor)) = Cursor::read(&rows) else {
            return unchecked("projections", "they do not say how far they go; `ceasefire rebuild` makes them anew");
        };
        match hash_at(self.reader(), cursor.seq) {
            Ok(Some(hash)) if hash == cursor.head => {
                ok("projections", format!("made from this log, up to record {}", cursor.seq))
            }
            Ok(_) => stale(&cursor),
            Err(error) => unchecked("projections", format!("the log could not be read again: {error}")),
        }
    }

    /// Folds the log again and compares digests.
    fn full_projections_check(&self) -> Result<Check, VerifyError> {
        let rows = match self.stored_rows() {
            Ok(Some(rows)) => rows,
            Ok(None) => return Ok(ok("projections", "none stored; nothing to compare")),
            Err(check) => return Ok(check),
        };
        let Some(cursor) = Cursor::read(&rows)? else {
            return Ok(unchecked("projections", "they do not say how far they go"));
        };
        let log_hash = hash_at(self.reader(), cursor.seq).map_err(|e| OpenError::Replay(ReplayError::Read(e)))?;
        if log_hash != Some(cursor.head) {
            return Ok(stale(&cursor));
        }
        let store: std::sync::Arc<dyn crate::projection::RowStore> = std::sync::Arc::new(rows);
        let stored = crate::projection::projection_digests(&Tables::new(Some(&store)), &cursor)?;
        let folded = self.as_known(Until::Seq(cursor.seq), None)?;
        let anew = folded.view().digests()?;
        let findings: Vec<Finding> = stored
            .iter()
            .zip(&anew)
            .filter(|(stored, anew)| stored != anew)
            .map(|(stored, _)| Finding {
                seq: cursor.seq,
                segment: None,
                offset: None,
                what: format!("the rows of `{}` are not what the log comes to", stored.name),
            })
            .collect();
        let detail = format!("{} projections folded again up to record {} and compared", anew.len(), cursor.seq);
        let verdict = if findings.is_empty() { Verdict::Ok } else { Verdict::Violated };
        Ok(Check { name: "projections".to_owned(), verdict, detail, findings })
    }

    fn stored_rows(&self) -> Result<Option<SledRows>, Check> {
        let folder = self.folder().projections();
        if !folder.exists() {
            return Ok(None);
        }
        match SledRows::open(&folder) {
            Ok(rows) => Ok(Some(rows)),
            Err(OpenRowsError::Held) => Err(ok("projections", "in use by another program; not looked at")),
            Err(OpenRowsError::Damaged(why)) => {
                Err(unchecked("projections", format!("unreadable ({why}); `ceasefire rebuild` makes them anew")))
            }
        }
    }
}

fn ok(name: &str, detail: impl Into<String>) -> Check {
    Check { name: name.to_owned(), verdict: Verdict::Ok, detail: detail.into(), findings: Vec::new() }
}

fn unchecked(name: &str, detail: impl Into<String>) -> Check {
    Check { name: name.to_owned(), verdict: Verdict::CannotTell, detail: detail.into(), findings: Vec::new() }
}

fn stale(cursor: &Cursor) -> Check {
    let what = format!("record {} is not the one they were made from; `ceasefire rebuild` makes them anew", cursor.seq);
    unchecked("projections", what)
}

/// The chain's findings, sorted by what they break.
fn chain_checks(chain: &ChainReport, being_written: bool) -> Vec<Check> {
    let mut by_check: BTreeMap<&str, Vec<Finding>> = BTreeMap::new();
    for finding in &chain.findings {
        by_check.entry(check_of(&finding.fault)).or_default().push(Finding {
            seq: finding.seq,
            segment: Some(finding.segment.to_string()),
            offset: Some(finding.offset),
            what: finding.fault.to_string(),
        });
    }
    let mut checks: Vec<Check> = CHAIN_CHECKS
        .iter()
        .map(|&(name, detail)| {
            let findings = by_check.remove(name).unwrap_or_default();
            let verdict = if findings.is_empty() { Verdict::Ok } else { Verdict::Violated };
            Check { name: name.to_owned(), verdict, detail: detail.to_owned(), findings }
        })
        .collect();
    checks.push(match &chain.torn {
        None => ok("end", "the last batch is complete"),
        Some(_) if being_written => ok("end", "a batch is being written"),
        Some(torn) => Check {
            name: "end".to_owned(),
            verdict: Verdict::Torn,
            detail: format!(
                "{} bytes of a half-written batch after byte {} of {}; `ceasefire recover` moves them aside",
                torn.bytes, torn.from, torn.segment
            ),
            findings: Vec::new(),
        },
    });
    checks
}

/// What each check of the chain looks at.
const CHAIN_CHECKS: &[(&str, &str)] = &[
    ("framing", "every line is one record, written in the one way the format allows"),
    ("chain", "every record names the hash of the one before it, without a gap"),
    ("batches", "every batch is whole"),
    ("time", "recording times never go back"),
    ("seals", "every finished segment is what its seal says"),
];

const fn check_of(fault: &ChainFault) -> &'static str {
    match fault {
        ChainFault::Undecodable(_) | ChainFault::Unterminated => "framing",
        ChainFault::TimeBackwards { .. } => "time",
        ChainFault::BatchEnd { .. } | ChainFault::IncompleteBatch { .. } => "batches",
        ChainFault::SealMissing | ChainFault::SealMismatch { .. } => "seals",
        _ => "chain",
    }
}

fn known_check(chain: &ChainReport, seq: Seq, hash: RecordHash) -> Check {
    let held = !chain.findings.iter().any(|finding| finding.seq == seq);
    let reached = chain.head.is_some_and(|head| head.seq >= seq);
    if held && reached {
        ok("remembered", format!("record {seq} is the one you know, {hash}"))
    } else {
        let what = if reached { "the record is not the one you know" } else { "the log ends before it" };
        let finding = Finding { seq, segment: None, offset: None, what: what.to_owned() };
        let detail = format!("record {seq} should be {hash}");
        Check { name: "remembered".to_owned(), verdict: Verdict::Violated, detail, findings: vec![finding] }
    }
}

/// More findings than this are counted, not kept.
const FINDINGS_KEPT: usize = 1_000;

/// What the bodies say, gathered in the same pass as the chain.
#[derive(Default)]
struct Contents {
    origin: Option<Label>,
    known: Option<(Tables, Pending)>,
    bodies: u64,
    newer: u64,
    unreadable: Vec<Finding>,
    broken: Vec<Finding>,
}

/// A body, read, or why not.
type ReadBody = (Seq, Instant, Result<Body, String>);

impl Contents {
    fn take(&mut self, lines: &[Line<'_>]) {
        let bodies: Vec<ReadBody> = lines.par_iter().map(read_strictly).collect();
        for (seq, _, body) in bodies {
            self.bodies += 1;
            match body {
                Ok(body) => self.take_body(seq, &body),
                Err(what) => keep(&mut self.unreadable, seq, what),
            }
        }
    }

    fn take_body(&mut self, seq: Seq, body: &Body) {
        self.newer += u64::from(body.event.is_newer());
        let first = seq == Seq::FIRST;
        if first != matches!(body.event, Event::LedgerCreated(_)) {
            keep(&mut self.unreadable, seq, "ledger.created is record 1, and no other".to_owned());
        }
        let origin = self.origin.get_or_insert_with(|| body.origin.clone());
        if body.origin != *origin {
            keep(&mut self.broken, seq, format!("the record was made for {}", body.origin));
        }
        let (tables, pending) = self.known.get_or_insert_with(|| (Tables::new(None), Pending::default()));
        pending.stand_at(seq);
        if first {
            // Record 1 registers the recorder in whose name it stands.
            pending.introduce(body);
        }
        let known = Admission { tables, pending };
        if let Ok(faults) = reference_faults(body, &known) {
            for fault in faults {
                keep(&mut self.broken, seq, format!("{} at {}", fault.what, fault.pointer));
            }
        }
        pending.introduce(body);
    }

    fn bodies_check(&mut self) -> Check {
        let findings = std::mem::take(&mut self.unreadable);
        let verdict = if findings.is_empty() { Verdict::Ok } else { Verdict::Violated };
        let newer = match self.newer {
            0 => String::new(),
            newer => format!("; {newer} of types newer than this program, kept and passed over"),
        };
        let detail = format!("{} bodies read strictly{newer}", self.bodies);
        Check { name: "bodies".to_owned(), verdict, detail, findings }
    }

    fn references_check(&mut self) -> Check {
        let findings = std::mem::take(&mut self.broken);
        let verdict = if findings.is_empty() { Verdict::Ok } else { Verdict::Violated };
        let detail = "every record points only to what stood before it".to_owned();
        Check { name: "references".to_owned(), verdict, detail, findings }
    }
}

fn keep(findings: &mut Vec<Finding>, seq: Seq, what: String) {
    if findings.len() < FINDINGS_KEPT {
        findings.push(Finding { seq, segment: None, offset: None, what });
    }
}

/// Reads a body with the typed reader; one that is newer than this program goes through the generic one instead.
fn read_strictly(line: &Line<'_>) -> ReadBody {
    let text = line.envelope.body;
    let read = Body::read(text).map_err(|error| error.to_string()).and_then(|body| {
        if body.event.is_newer() {
            check_json(text).map_err(|fault| format!("{} at {}", fault.detail, fault.pointer))?;
        }
        Ok(body)
    });
    (line.envelope.seq, line.envelope.at, read)
}
