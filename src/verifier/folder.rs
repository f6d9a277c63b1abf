//! A ledger's folder: the bytes of the log, and what was signed of them.

use std::path::Path;

use ceasefire_ledger::log::{CHAIN_CHECKS, ChainReport, DiskStorage, Line, SealedSegment, VerifyPlan, verify};
use ceasefire_ledger::proof::{
    Checkpoint, Frontier, Note, ProofCheck, ProofReport, ProofTrust, Standing, TreeHash, leaf_hash,
};
use ceasefire_ledger::record::check_json;
use ceasefire_ledger::vocab::Seq;
use serde::Deserialize;

use crate::answer::Answer;
use crate::arguments::file;

/// Checks the folder's log against its checkpoint, or against one that the asker knows.
pub(crate) fn check(path: &Path, checkpoint: Option<&Path>, trust: &ProofTrust) -> Result<Answer, String> {
    let unreadable = |error: &dyn std::error::Error| {
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        format!("{}: {error}{cause}", path.display())
    };
    let note = known_checkpoint(path, checkpoint)?;
    let storage = DiskStorage::open(path.join("log")).map_err(|error| unreadable(&error))?;
    let size = note.as_ref().ok().map(|(_, checkpoint)| checkpoint.size());
    let mut passing = Passing { size, ..Passing::default() };
    let mut observe = |lines: &[Line<'_>]| lines.iter().for_each(|line| passing.take(line));
    let plan = VerifyPlan { observer: Some(&mut observe), ..VerifyPlan::new(&read_seal) };
    let chain = verify(&storage, plan).map_err(|error| unreadable(&error))?;
    let mut report = ProofReport::of(chain_checks(&chain));
    report.checks.push(passing.bodies_check());
    report.origin.clone_from(&passing.origin);
    report.size = Some(chain.records);
    report.log_key.clone_from(&passing.log_key);
    match note {
        Ok((note, checkpoint)) => {
            report.root = Some(checkpoint.root().to_base64());
            report.checks.push(passing.tree_check(&checkpoint));
            report.checks.push(passing.named_key_check(&note));
            report.checks.push(trust.key_check(&note));
            report.checks.extend(trust.witnesses_check(&note));
        }
        Err(check) => report.checks.push(check),
    }
    Ok(Answer { report, torn: chain.torn.is_some() })
}

/// The checkpoint to hold the log against, or the check that says why there is none.
fn known_checkpoint(folder: &Path, given: Option<&Path>) -> Result<Result<(Note, Checkpoint), ProofCheck>, String> {
    let refused = |verdict, what: String| Ok(Err(ProofCheck::new("checkpoint", verdict, what)));
    let path = given.map_or_else(|| folder.join("checkpoint"), Path::to_owned);
    if given.is_none() && !path.exists() {
        return refused(Standing::CannotTell, "there is none: no key stands behind this log".to_owned());
    }
    match Note::parse(&file(&path)?) {
        Err(error) => refused(Standing::Violated, format!("{}: {error}", path.display())),
        Ok(note) => match note.text().parse() {
            Ok(checkpoint) => Ok(Ok((note, checkpoint))),
            Err(error) => refused(Standing::Violated, format!("{}: {error}", path.display())),
        },
    }
}

fn chain_checks(chain: &ChainReport) -> Vec<ProofCheck> {
    let mut checks: Vec<ProofCheck> =
        CHAIN_CHECKS.iter().map(|(name, detail)| ProofCheck::new(name, Standing::Ok, *detail)).collect();
    for finding in &chain.findings {
        let name = finding.fault.check();
        if let Some(check) = checks.iter_mut().find(|check| check.name == name && check.verdict == Standing::Ok) {
            let what =
                format!("record {} ({}, byte {}): {}", finding.seq, finding.segment, finding.offset, finding.fault);
            *check = ProofCheck::new(name, Standing::Violated, what);
        }
    }
    if let Some(torn) = &chain.torn {
        let what = format!("{} bytes of a half-written batch after byte {} of {}", torn.bytes, torn.from, torn.segment);
        checks.push(ProofCheck::new("end", Standing::NotAsked, what));
    }
    checks
}

/// What is gathered while the records go by.
#[derive(Default)]
struct Passing {
    /// How many records the checkpoint is about.
    size: Option<u64>,
    tree: Frontier,
    /// The root when the tree had that many.
    root: Option<TreeHash>,
    origin: Option<String>,
    log_key: Option<String>,
    records: u64,
    fault: Option<String>,
}

impl Passing {
    fn take(&mut self, line: &Line<'_>) {
        self.records += 1;
        if self.size.is_none_or(|size| self.tree.size() < size) {
            self.tree.append(leaf_hash(line.bytes));
        }
        if Some(self.tree.size()) == self.size {
            self.root.get_or_insert_with(|| self.tree.root());
        }
        if let (Err(why), None) = (self.take_body(line), &self.fault) {
            self.fault = Some(format!("record {}: {why}", line.envelope.seq));
        }
    }

    /// Holds a body to the input rules and to its ledger.
    fn take_body(&mut self, line: &Line<'_>) -> Result<(), String> {
        let text = line.envelope.body;
        check_json(text).map_err(|fault| format!("{} at {}", fault.detail, fault.pointer))?;
        let body: AnyBody = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if self.records == 1 {
            self.log_key = body.event.log_key;
        }
        if (self.records == 1) != (body.event.kind == "ledger.created") {
            return Err("ledger.created is record 1, and no other".to_owned());
        }
        let origin = self.origin.get_or_insert_with(|| body.origin.clone());
        if *origin == body.origin { Ok(()) } else { Err(format!("it was made for {}", body.origin)) }
    }

    fn bodies_check(&self) -> ProofCheck {
        match &self.fault {
            Some(fault) => ProofCheck::new("bodies", Standing::Violated, fault.clone()),
            None => {
                ProofCheck::new("bodies", Standing::Ok, format!("{} read strictly, all of one ledger", self.records))
            }
        }
    }

    fn tree_check(&self, checkpoint: &Checkpoint) -> ProofCheck {
        const NAME: &str = "tree";
        let size = checkpoint.size();
        let root = if size == 0 { Some(Frontier::new().root()) } else { self.root };
        match root {
            _ if self.origin.as_deref().is_some_and(|origin| origin != checkpoint.origin().as_str()) => {
                let what = format!("the checkpoint is of {}", checkpoint.origin());
                ProofCheck::new(NAME, Standing::Violated, what)
            }
            None => {
                let what = format!("{size} records were signed, only {} are here", self.records);
                ProofCheck::new(NAME, Standing::Violated, what)
            }
            Some(root) if root == checkpoint.root() => {
                let after = self.records.saturating_sub(size);
                let what = format!("the first {size} records have the root that was signed; {after} came after");
                ProofCheck::new(NAME, Standing::Ok, what)
            }
            Some(_) => {
                let what = format!("the first {size} records are not those that were signed");
                ProofCheck::new(NAME, Standing::Violated, what)
            }
        }
    }

    /// Record 1 names the log's key: the checkpoint must be signed with it, whoever is trusted.
    fn named_key_check(&self, note: &Note) -> ProofCheck {
        const NAME: &str = "named key";
        let Some(named) = &self.log_key else {
            return ProofCheck::new(NAME, Standing::CannotTell, "record 1 names no key");
        };
        match named.parse().map_err(|_| "is none".to_owned()).and_then(|key| {
            Checkpoint::open(note, &key).map_err(|error| format!("did not sign the checkpoint: {error}"))
        }) {
            Ok(_) => ProofCheck::new(NAME, Standing::Ok, "the checkpoint is signed with the key that record 1 names"),
            Err(why) => ProofCheck::new(NAME, Standing::Violated, format!("the key that record 1 names {why}")),
        }
    }
}

/// What is read of any body.
#[derive(Deserialize)]
struct AnyBody {
    origin: String,
    event: AnyEvent,
}

#[derive(Deserialize)]
struct AnyEvent {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    log_key: Option<String>,
    #[serde(default)]
    segment: Option<String>,
    #[serde(default)]
    first: Option<Seq>,
    #[serde(default)]
    last: Option<Seq>,
    #[serde(default)]
    bytes: Option<u64>,
    #[serde(default)]
    blake3: Option<String>,
}

/// Reads the seal of a segment from the body that opens the next one.
fn read_seal(body: &str) -> Option<SealedSegment> {
    let event = serde_json::from_str::<AnyBody>(body).ok()?.event;
    if event.kind != "segment.sealed" {
        return None;
    }
    Some(SealedSegment {
        name: event.segment?.parse().ok()?,
        first: event.first?,
        last: event.last?,
        bytes: event.bytes?,
        blake3: event.blake3?.parse().ok()?,
    })
}
