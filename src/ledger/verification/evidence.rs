//! Evidence files are what their records say: by length, and on request byte for byte.

use std::collections::{BTreeMap, BTreeSet};

use super::checking::{Checking, Passed, Passing};
use super::report::{Check, Finding};
use super::{Depth, VerifyError};
use crate::event::{Event, EvidenceAdded};
use crate::evidence::{EvidenceState, EvidenceStore, FileDigests};
use crate::projection::submission_key;
use crate::record::Body;
use crate::vocab::{ActorId, Digest32, RecordRef, Seq};

const NAME: &str = "evidence";

/// The check of the evidence files. It keeps one small entry for each addition of evidence.
#[derive(Default)]
pub(super) struct Evidence {
    /// What standing records say of files, by record.
    stated: BTreeMap<Seq, FileDigests>,
    /// Where a submitter's key stands, for corrections and retractions that name it.
    keys: BTreeMap<String, Seq>,
}

impl Checking for Evidence {
    fn watch(&mut self, block: &[Passing<'_>]) {
        for passing in block {
            if let Ok(body) = &passing.body {
                self.take(passing.line.envelope.seq, body);
            }
        }
    }

    fn conclude(self: Box<Self>, passed: &Passed<'_>) -> Result<Vec<Check>, VerifyError> {
        let store = EvidenceStore::at(passed.archive.folder().evidence());
        let files: BTreeSet<Digest32> = self.stated.values().map(|stated| stated.blake3).collect();
        if files.is_empty() {
            return Ok(vec![Check::ok(NAME, "no record names an evidence file")]);
        }
        if !store.exists() {
            let what =
                format!("{} files are named; this copy of the ledger holds none and none was looked at", files.len());
            return Ok(vec![Check::ok(NAME, what)]);
        }
        Ok(vec![self.compare(&store, passed.depth, files.len())])
    }
}

impl Evidence {
    fn take(&mut self, seq: Seq, body: &Body) {
        match &body.event {
            Event::EvidenceAdded(event) => {
                self.keys.insert(submission_key(&body.by, body.key.as_str()), seq);
                self.stated.insert(seq, digests(event));
            }
            Event::RecordCorrected(event) => {
                if let (Some(target), Event::EvidenceAdded(replacement)) =
                    (self.target(&event.target, &body.by), &*event.replacement)
                {
                    self.stated.insert(target, digests(replacement));
                }
            }
            Event::RecordRetracted(event) => {
                if let Some(target) = self.target(&event.target, &body.by) {
                    self.stated.remove(&target);
                }
            }
            _ => {}
        }
    }

    /// The addition that a reference means, if it means one.
    fn target(&self, record: &RecordRef, by: &ActorId) -> Option<Seq> {
        let seq = match (record.seq, &record.key) {
            (Some(seq), _) => seq,
            (None, Some(key)) => *self.keys.get(&submission_key(record.by.as_ref().unwrap_or(by), key.as_str()))?,
            (None, None) => return None,
        };
        self.stated.contains_key(&seq).then_some(seq)
    }

    fn compare(&self, store: &EvidenceStore, depth: Depth, files: usize) -> Check {
        let (mut findings, mut unseen) = (Vec::new(), Vec::new());
        for (&seq, stated) in &self.stated {
            match looked_at(store, stated, depth) {
                Looked::Holds => {}
                Looked::Wrong(what) => findings.push(Finding::at(seq, format!("evidence {}: {what}", stated.blake3))),
                Looked::Unseen(why) => unseen.push(Finding::at(seq, format!("evidence {}: {why}", stated.blake3))),
            }
        }
        let how = match depth {
            Depth::Log => "by name and length; --full reads them",
            Depth::Full => "read and compared by BLAKE3, SHA-256 and length",
        };
        let plural = if files == 1 { "file" } else { "files" };
        if findings.is_empty() && !unseen.is_empty() {
            let detail = format!("{} of {files} {plural} could not be looked at", unseen.len());
            return Check { findings: unseen, ..Check::cannot_tell(NAME, detail) };
        }
        Check::of_findings(NAME, format!("{files} {plural} {how}"), findings)
    }
}

enum Looked {
    Holds,
    Wrong(String),
    Unseen(String),
}

fn looked_at(store: &EvidenceStore, stated: &FileDigests, depth: Depth) -> Looked {
    let missing = || Looked::Unseen("its bytes are not stored here".to_owned());
    if depth == Depth::Log {
        return match store.length(&stated.blake3) {
            Ok(Some(length)) if length == stated.bytes => Looked::Holds,
            Ok(Some(length)) => Looked::Wrong(format!("{length} bytes lie there, {} were recorded", stated.bytes)),
            Ok(None) => missing(),
            Err(error) => Looked::Unseen(format!("{error}: {}", error.source)),
        };
    }
    match store.state(stated) {
        Ok(EvidenceState::Present) => Looked::Holds,
        Ok(EvidenceState::Altered(found)) => {
            Looked::Wrong(format!("{} bytes lie there with BLAKE3 {}", found.bytes, found.blake3))
        }
        Ok(EvidenceState::NotAFile) => Looked::Wrong("something that is no file lies there".to_owned()),
        Ok(EvidenceState::Missing) => missing(),
        Err(error) => Looked::Unseen(format!("{error}: {}", error.source)),
    }
}

fn digests(event: &EvidenceAdded) -> FileDigests {
    FileDigests { blake3: event.blake3, sha256: event.sha256, bytes: event.bytes }
}
