//! A ledger with private parts in it, and what lies in its folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ceasefire_ledger::event::{
    ActorKind, ActorRegistered, AnnexDisclosed, AnnexErased, AnnexReleased, AnnexWithheld, Event, ViolationReported,
};
use ceasefire_ledger::ledger::{FieldState, RecordAnnex, Withheld};
use ceasefire_ledger::vault::Private;
use ceasefire_ledger::vocab::{
    ActorId, Clock, Digest32, Instant, Label, Lang, Name, Names, RecordRef, Seq, SteppingClock,
};
use ceasefire_ledger::{ActorRef, Archive, Folder, Genesis, Ledger, Receipt, Source, Submission};
use tempfile::TempDir;

pub(crate) const ORIGIN: &str = "example.org/sealed";

pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(SteppingClock::new(Instant::parse("2020-10-18T06:00:00Z").unwrap(), 1_000))
}

pub(crate) fn actor(id: &str) -> ActorId {
    id.parse().unwrap()
}

pub(crate) fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

pub(crate) fn private(fields: &[(&str, &str)]) -> Private {
    let mut private = Private::default();
    for (pointer, text) in fields {
        private.put_text(pointer, text).unwrap();
    }
    private
}

/// A report under a key, with whatever is private in it.
pub(crate) fn report(key: &str, fields: &[(&str, &str)]) -> Submission {
    let source = Source::speaker(ActorRef::Actor(actor("recorder")));
    let mut event = ViolationReported::new(format!("I-{key}").parse().unwrap(), source);
    event.summary = Some("shots heard in the night".parse().unwrap());
    Submission { by: actor("recorder"), key: label(key), event: event.into(), private: private(fields) }
}

pub(crate) fn own(key: &str, event: impl Into<Event>) -> Submission {
    Submission::new(actor("recorder"), label(key), event.into())
}

pub(crate) fn erasure(target: Seq, digests: &[Digest32]) -> AnnexErased {
    AnnexErased {
        target: RecordRef::at(target),
        digests: sorted(digests),
        legal_basis: "GDPR art. 17(1)(b)".parse().unwrap(),
        requester: label("the witness"),
        approvers: vec![actor("officer"), actor("head")],
    }
}

pub(crate) fn withholding(target: Seq, digests: &[Digest32]) -> AnnexWithheld {
    let reason = "under protection".parse().unwrap();
    AnnexWithheld { target: RecordRef::at(target), digests: sorted(digests), reason, decided_by: None }
}

pub(crate) fn release(target: Seq, digests: &[Digest32]) -> AnnexReleased {
    let reason = "the hearing is over".parse().unwrap();
    AnnexReleased { target: RecordRef::at(target), digests: sorted(digests), reason, decided_by: None }
}

pub(crate) fn disclosure(target: Seq, digests: &[Digest32]) -> AnnexDisclosed {
    let (to, purpose) = (ActorRef::Actor(actor("officer")), "case 7/2021".parse().unwrap());
    AnnexDisclosed { target: RecordRef::at(target), digests: sorted(digests), to, purpose }
}

fn sorted(digests: &[Digest32]) -> Vec<Digest32> {
    let mut digests = digests.to_vec();
    digests.sort_unstable();
    digests
}

/// A ledger in a folder of its own, with two approvers registered: its next record is number 4.
pub(crate) struct Desk {
    pub(crate) _folder: TempDir,
    pub(crate) path: PathBuf,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        let mut genesis = Genesis::new(ORIGIN).unwrap();
        genesis.key_seed = Some([7; 32]);
        let mut ledger = Ledger::create(Folder::at(&path), &genesis, clock()).unwrap();
        for id in ["officer", "head"] {
            let name = Name { lang: Lang::new("en").unwrap(), text: label(id) };
            let names = Names::new(vec![name]);
            let event =
                ActorRegistered { actor: actor(id), kind: ActorKind::Office, names, external: Vec::new(), note: None };
            ledger.append(&own(id, event)).unwrap();
        }
        ledger.publish().unwrap();
        Self { _folder: folder, path }
    }

    pub(crate) fn folder(&self) -> Folder {
        Folder::at(&self.path)
    }

    pub(crate) fn ledger(&self) -> Ledger {
        Ledger::open(self.folder(), clock()).unwrap()
    }

    pub(crate) fn archive(&self) -> Archive {
        Archive::open(self.folder()).unwrap()
    }

    /// Appends as a command does: record, projections, checkpoint.
    pub(crate) fn append(&self, submission: &Submission) -> Receipt {
        let mut ledger = self.ledger();
        let receipt = ledger.append(submission).unwrap();
        ledger.settle().unwrap();
        ledger.publish().unwrap();
        receipt
    }

    pub(crate) fn annex(&self, seq: Seq) -> RecordAnnex {
        self.archive().annex(seq, Withheld::Closed).unwrap().unwrap()
    }

    /// The digest of an open field.
    pub(crate) fn digest(&self, seq: Seq, pointer: &str) -> Digest32 {
        let annex = self.annex(seq);
        let found = annex.open_fields().find(|(_, field)| field.pointer() == pointer);
        found.unwrap_or_else(|| panic!("{pointer} is not open in {annex:?}")).0.digest
    }

    pub(crate) fn all_digests(&self, seq: Seq) -> Vec<Digest32> {
        self.annex(seq).fields.iter().map(|field| field.digest).collect()
    }

    pub(crate) fn states(&self, seq: Seq) -> Vec<&'static str> {
        let mut states: Vec<_> = self.annex(seq).fields.iter().map(|field| field.state.word()).collect();
        states.sort_unstable();
        states
    }

    /// The open fields of a record, by pointer.
    pub(crate) fn opened(&self, seq: Seq) -> Vec<(String, String)> {
        let annex = self.annex(seq);
        let fields = annex.fields.iter().filter_map(|field| match &field.state {
            FieldState::Open(open) => Some((open.pointer().to_owned(), open.value().to_owned())),
            _ => None,
        });
        let mut fields: Vec<_> = fields.collect();
        fields.sort();
        fields
    }

    /// Every file of the ledger, with its bytes.
    pub(crate) fn files(&self) -> Vec<(String, Vec<u8>)> {
        let mut files = Vec::new();
        files_under(&self.path, &self.path, &mut files);
        files.sort();
        files
    }
}

fn files_under(root: &Path, folder: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_under(root, &path, files);
        } else {
            files.push((path.strip_prefix(root).unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap()));
        }
    }
}

/// Copies a folder with everything in it: a backup.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// The verdict and words of verify's check of sealed fields.
pub(crate) fn sealed_check(desk: &Desk) -> ceasefire_ledger::ledger::Check {
    let report = desk.archive().verify(ceasefire_ledger::VerifyQuestion::default()).unwrap();
    report.checks.into_iter().find(|check| check.name == "sealed").unwrap()
}
