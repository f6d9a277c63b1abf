//! Every signature was made by a key of its submitter that was in force at that position and could sign such an event.

use rayon::prelude::*;

use super::VerifyError;
use super::checking::{Checking, Passed, Passing};
use super::report::{Check, Finding, Findings, Verdict};
use crate::event::Event;
use crate::ledger::archive::Archive;
use crate::ledger::key_book::{Effect, KeyBook, submitter_of};
use crate::ledger::reading::ReplayError;
use crate::ledger::writing::OpenError;
use crate::log::{LogReader, ReadError};
use crate::proof::BodySignature;
use crate::record::{Body, Envelope};
use crate::rules::keys::SubmitterKey;
use crate::rules::signing::{Denial, SignaturePolicy, may_sign, may_stand_unsigned};
use crate::vocab::{ActorId, KeyId, RecordRef, Seq};

const NAME: &str = "signatures";

/// So many doubtful records are named; more are counted.
const DOUBTFUL_NAMED: usize = 5;

/// The check of the signatures. Its memory grows with the number of keys.
pub(super) struct Signatures<'a> {
    reader: &'a LogReader,
    policy: SignaturePolicy,
    keeper: Option<ActorId>,
    book: KeyBook,
    signed: u64,
    unsigned: u64,
    bad: Findings,
    /// Records that `ledger.toml` says should have been signed.
    bare: Findings,
}

impl<'a> Signatures<'a> {
    pub(super) fn of(archive: &'a Archive) -> Self {
        // The settings were read when the archive was opened; unreadable since then, they ask for nothing.
        let policy = archive.folder().settings().map(|settings| settings.signatures).unwrap_or_default();
        Self {
            reader: archive.reader(),
            policy,
            keeper: None,
            book: KeyBook::default(),
            signed: 0,
            unsigned: 0,
            bad: Findings::default(),
            bare: Findings::default(),
        }
    }

    /// Judges records that are all judged by the same keys: on all cores, where there are signatures among them.
    fn judge(&mut self, run: &[Passing<'_>]) {
        let signed = run.iter().any(|passing| passing.line.envelope.signature.is_some());
        let judged: Vec<Option<Judgement>> = if signed {
            run.par_iter().map(|passing| self.judgement(passing)).collect()
        } else {
            run.iter().map(|passing| self.judgement(passing)).collect()
        };
        for (judgement, passing) in judged.into_iter().zip(run) {
            let signed = passing.line.envelope.signature.is_some();
            (self.signed, self.unsigned) = (self.signed + u64::from(signed), self.unsigned + u64::from(!signed));
            let seq = passing.line.envelope.seq;
            match judgement {
                Some(Judgement::Bad(denial)) => self.bad.keep(seq, denial.to_string()),
                Some(Judgement::Bare(denial)) => self.bare.keep(seq, denial.to_string()),
                None => {}
            }
        }
    }

    /// Says what is wrong with a record's signature, or with its having none. An unreadable body is another check's.
    fn judgement(&self, passing: &Passing<'_>) -> Option<Judgement> {
        let body = passing.body.as_ref().ok()?;
        if passing.line.envelope.signature.is_some() {
            return self.denial(&passing.line.envelope, body).map(Judgement::Bad);
        }
        let (Some(keeper), Some(since)) = (&self.keeper, self.policy.since) else { return None };
        if passing.line.envelope.seq < since {
            return None;
        }
        let held = self.book.roles_held(&body.by);
        match may_stand_unsigned(body, &self.policy, self.book.unsigned(keeper, &held)) {
            Err(denial @ Denial::Unsigned { .. }) => Some(Judgement::Bare(denial)),
            _ => None,
        }
    }

    fn denial(&self, envelope: &Envelope<'_>, body: &Body) -> Option<Denial> {
        let signed = match signer(&self.book, envelope, &body.by) {
            Ok((id, key)) => may_sign(body, id, key, self.mended(body).as_ref()),
            Err(denial) => Err(denial),
        };
        signed.err()
    }

    /// Finds who submitted the record that a correction or retraction is about, in the log itself.
    fn mended(&self, body: &Body) -> Option<ActorId> {
        let target = match &body.event {
            Event::RecordCorrected(event) => &event.target,
            Event::RecordRetracted(event) => &event.target,
            _ => return None,
        };
        match target {
            RecordRef { seq: Some(seq), .. } => match self.reader.record_at(*seq) {
                Ok(record) => record.as_ref().and_then(submitter_of),
                // A log that cannot be read there is damaged, which the chain's checks say; nothing is said here.
                Err(_) => Some(body.by.clone()),
            },
            RecordRef { key: Some(_), by, .. } => Some(by.clone().unwrap_or_else(|| body.by.clone())),
            _ => None,
        }
    }

    /// Counts what is good and was signed with a key that was revoked later as doubtful by then. Only where there is such
    /// a key is the log read again.
    fn doubtful(&self) -> Result<Doubtful, ReadError> {
        let mut doubtful = Doubtful::default();
        if self.book.iter().all(|(_, key)| key.suspect_since.is_none()) {
            return Ok(doubtful);
        }
        self.reader.for_each_block(Seq::FIRST, None, |lines| {
            let found: Vec<Option<Seq>> = lines.par_iter().map(|line| self.suspect(&line.envelope)).collect();
            found.into_iter().flatten().for_each(|seq| doubtful.take(seq));
            Ok::<(), ReadError>(())
        })?;
        Ok(doubtful)
    }

    fn suspect(&self, envelope: &Envelope<'_>) -> Option<Seq> {
        envelope.signature?;
        let by = Body::read(envelope.body).ok()?.by;
        let suspected = |key: &SubmitterKey| key.actor == by && key.is_suspect_at(envelope.seq, envelope.at);
        if !self.book.iter().any(|(_, key)| suspected(key)) {
            return None;
        }
        let (_, key) = signer(&self.book, envelope, &by).ok()?;
        suspected(key).then_some(envelope.seq)
    }

    fn detail(&self, doubtful: &str) -> String {
        let mut detail = format!("{} signed, {} unsigned, {doubtful}", self.signed, self.unsigned);
        if self.policy.demands_something() {
            detail.push_str(match self.policy.since {
                Some(_) => "; ledger.toml says what must be signed, and since which record",
                None => "; ledger.toml asks for signatures and does not say since which record",
            });
        }
        detail
    }
}

/// Finds the key that made a record's signature.
fn signer<'b>(
    book: &'b KeyBook,
    envelope: &Envelope<'_>,
    by: &ActorId,
) -> Result<(&'b KeyId, &'b SubmitterKey), Denial> {
    let bad = || Denial::BadSignature { by: by.clone() };
    let signature = envelope.signature.and_then(|text| BodySignature::parse_base64(text).ok()).ok_or_else(bad)?;
    let id = book.signer_of(by, envelope.seq, envelope.body, &signature)?;
    book.key(id).map(|key| (id, key)).ok_or_else(bad)
}

/// What is wrong with a record.
enum Judgement {
    /// Its signature.
    Bad(Denial),
    /// That it has none.
    Bare(Denial),
}

/// Good signatures of keys that were revoked later as doubtful by then.
#[derive(Default)]
struct Doubtful {
    count: u64,
    first: Vec<Seq>,
}

impl Doubtful {
    fn take(&mut self, seq: Seq) {
        self.count += 1;
        if self.first.len() < DOUBTFUL_NAMED {
            self.first.push(seq);
        }
    }
}

impl std::fmt::Display for Doubtful {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.count == 0 {
            return f.write_str("0 doubtful");
        }
        let named = self.first.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let more = if self.count > self.first.len() as u64 { ", …" } else { "" };
        write!(f, "{} doubtful (records {named}{more})", self.count)
    }
}

impl Checking for Signatures<'_> {
    /// Records between two changes of the keys are judged together.
    fn watch(&mut self, block: &[Passing<'_>]) {
        let changes_keys = |passing: &Passing<'_>| {
            let event = passing.body.as_ref().ok().map(|body| &body.event);
            matches!(event, Some(Event::KeyAdded(_) | Event::KeyRotated(_) | Event::KeyRevoked(_)))
        };
        for run in block.split_inclusive(changes_keys) {
            if let (None, Some(Ok(body))) = (&self.keeper, run.first().map(|first| &first.body))
                && let Event::LedgerCreated(event) = &body.event
            {
                self.keeper = Some(event.recorder.actor.clone());
            }
            self.judge(run);
            let Some(last) = run.last() else { continue };
            let Ok(body) = &last.body else { continue };
            let seq = last.line.envelope.seq;
            if self.book.take(&body.event, seq) == Effect::Void {
                self.bad.keep(seq, "it changes no key: its key has ended, or its id is taken");
            }
        }
    }

    fn conclude(self: Box<Self>, passed: &Passed<'_>) -> Result<Vec<Check>, VerifyError> {
        let doubtful = if passed.is_sound() {
            let doubtful = self.doubtful().map_err(|error| OpenError::Replay(ReplayError::Read(error)))?;
            doubtful.to_string()
        } else {
            "doubtful ones not counted in a damaged log".to_owned()
        };
        let detail = self.detail(&doubtful);
        let bad = self.bad.into_list();
        if !bad.is_empty() {
            return Ok(vec![Check::of_findings(NAME, detail, bad)]);
        }
        let bare: Vec<Finding> = self.bare.into_list();
        let verdict = if bare.is_empty() { Verdict::Ok } else { Verdict::CannotTell };
        Ok(vec![Check { verdict, findings: bare, ..Check::ok(NAME, detail) }])
    }
}
