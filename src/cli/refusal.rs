//! From the library's errors to complaints: which exit code, which stable code, which hint.

use super::complaint::{Complaint, Place};
use super::console::internal;
use super::outcome::Outcome;
use crate::ledger::{
    AnnexError, AppendError, AttestError, CreateError, OpenError, ProveError, RebuildTilesError, ReplayError,
    SettingsError, VerifyError,
};
use crate::log::{AppendError as LogAppendError, LockError, OpenError as LogOpenError, ReadError, StorageError};
use crate::projection::RowError;
use crate::publication::{CellError, ProofError, PublishError, ReadCheckpointError};
use crate::rules::signing::Denial;
use crate::vault::{PrivateError, SealFieldsError, VaultError};
use crate::vocab::{Code, Pointer};

/// A ledger that could not be opened.
#[must_use]
pub fn open(error: &OpenError) -> Complaint {
    match error {
        OpenError::Settings(SettingsError::Missing { .. }) => {
            Complaint::new(Outcome::NoLedger, Code::NoLedger, error.to_string())
        }
        OpenError::Settings(_) => with_cause(Outcome::Undecided, Code::BadConfiguration, error),
        OpenError::Log(error) => log_open(error),
        OpenError::Storage(error) => storage(error),
        OpenError::Replay(error) => replay(error),
        OpenError::NoGenesis => Complaint::new(Outcome::Violated, Code::LogCorrupt, error.to_string()),
        OpenError::Upcasters(_) => internal(&error.to_string()),
        OpenError::Key(error) => with_cause(Outcome::Undecided, Code::LogKeyUnusable, error),
        OpenError::Signed(error) => publish(error),
    }
}

/// A checkpoint that was not signed.
#[must_use]
pub fn publish(error: &PublishError) -> Complaint {
    match error {
        PublishError::Log(error) => read(error),
        PublishError::Storage(error) | PublishError::Cell(CellError::Storage(error)) => storage(error),
        PublishError::Cell(CellError::Equivocation { .. }) => {
            Complaint::new(Outcome::Violated, Code::Equivocation, error.to_string())
        }
        PublishError::Cell(error) => with_cause(Outcome::Undecided, Code::CellUnreadable, error),
        PublishError::Behind { .. } => Complaint::new(Outcome::Violated, Code::BehindSigned, error.to_string()),
        PublishError::Forked { .. } | PublishError::OtherRecord { .. } => {
            Complaint::new(Outcome::Violated, Code::ForkedLog, error.to_string())
        }
        PublishError::Moved => Complaint::new(Outcome::Locked, Code::Locked, error.to_string()),
        PublishError::NothingSigned | PublishError::OtherText => {
            Complaint::new(Outcome::Undecided, Code::NoCheckpoint, error.to_string())
        }
        PublishError::Note(_) => with_cause(Outcome::Undecided, Code::CheckpointUnreadable, error),
        PublishError::TilesUnreadable => Complaint::new(Outcome::Io, Code::StorageFailed, error.to_string()),
        _ => internal(&error.to_string()),
    }
}

/// A log that could not be written to.
fn log_open(error: &LogOpenError) -> Complaint {
    match error {
        LogOpenError::Lock(LockError::Held) => {
            Complaint::new(Outcome::Locked, Code::Locked, "another program is writing to this ledger")
        }
        LogOpenError::Lock(LockError::Storage(error)) | LogOpenError::Storage(error) => storage(error),
        LogOpenError::TornBelowKnown { .. } => Complaint::new(Outcome::Violated, Code::BehindSigned, error.to_string()),
        LogOpenError::Torn { .. } => Complaint::new(Outcome::Torn, Code::LogTorn, error.to_string()),
        _ => Complaint::new(Outcome::Violated, Code::LogCorrupt, error.to_string()),
    }
}

/// A disk that failed.
#[must_use]
pub fn storage(error: &StorageError) -> Complaint {
    with_cause(Outcome::Io, Code::StorageFailed, error)
}

/// A log that could not be read.
#[must_use]
pub fn read(error: &ReadError) -> Complaint {
    match error {
        ReadError::Storage(error) => storage(error),
        ReadError::Corrupt { .. } => Complaint::new(Outcome::Violated, Code::LogCorrupt, error.to_string()),
    }
}

/// A log that could not be folded.
#[must_use]
pub fn replay(error: &ReplayError) -> Complaint {
    match error {
        ReplayError::Read(error) => read(error),
        ReplayError::Body { .. } => Complaint::new(Outcome::Violated, Code::LogCorrupt, error.to_string()),
        ReplayError::Fold(error) => with_cause(Outcome::Undecided, Code::RowsFailed, error),
        ReplayError::Rows(error) => rows(error),
        ReplayError::Empty => Complaint::new(Outcome::Rejected, Code::BadKnownAt, "nothing was recorded by then"),
    }
}

/// Something that could not be proved.
#[must_use]
pub fn prove(error: &ProveError) -> Complaint {
    let said = |outcome, code| Complaint::new(outcome, code, chain(error));
    match error {
        ProveError::Log(error) => read(error),
        ProveError::Open(error) => open(error),
        ProveError::Tree(error) => publish(error),
        ProveError::Checkpoint(ReadCheckpointError::Storage(error)) => storage(error),
        ProveError::NoKey => said(Outcome::Undecided, Code::NoCheckpoint)
            .hint("this ledger was made without a log key; only its chain can be checked"),
        ProveError::NoCheckpoint => said(Outcome::Undecided, Code::NoCheckpoint),
        ProveError::Checkpoint(_) => said(Outcome::Undecided, Code::CheckpointUnreadable),
        ProveError::Signature(_) => said(Outcome::Violated, Code::CheckpointUnreadable),
        ProveError::NoRecord { .. } => said(Outcome::Rejected, Code::UnknownRecord),
        ProveError::Proof(ProofError::NotCovered { .. } | ProofError::Smaller { .. }) => {
            said(Outcome::Undecided, Code::NotCovered)
        }
        ProveError::Proof(_) => said(Outcome::Undecided, Code::TilesDamaged),
        _ => internal(&chain(error)),
    }
}

/// Tiles that could not be made anew.
#[must_use]
pub fn rebuild_tiles(error: &RebuildTilesError) -> Complaint {
    match error {
        RebuildTilesError::Lock(LockError::Held) => {
            Complaint::new(Outcome::Locked, Code::Locked, "another program is writing to this ledger")
        }
        RebuildTilesError::Lock(LockError::Storage(error)) => storage(error),
        RebuildTilesError::Checkpoint(error) => prove(error),
        RebuildTilesError::Publish(error) => publish(error),
    }
}

/// An attestation that was not made.
#[must_use]
pub fn attest(error: &AttestError) -> Complaint {
    match error {
        AttestError::Rows(error) => rows(error),
        AttestError::Tree(error) => publish(error),
        AttestError::Log(error) => log_append(error),
        AttestError::Replay(error) => replay(error),
        AttestError::NewerLog { .. } => Complaint::new(Outcome::Undecided, Code::NewerLog, error.to_string()),
        AttestError::Behind { .. } | AttestError::Fold(_) => {
            Complaint::new(Outcome::Undecided, Code::RowsFailed, chain(error))
        }
        _ => internal(&chain(error)),
    }
}

/// An error with its causes, in one line.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

/// Rows that could not be read or written.
#[must_use]
pub fn rows(error: &RowError) -> Complaint {
    with_cause(Outcome::Undecided, Code::RowsFailed, error)
}

/// A verification that could not be done at all.
#[must_use]
pub fn verify(error: &VerifyError) -> Complaint {
    match error {
        VerifyError::Storage(error) => with_cause(Outcome::Undecided, Code::StorageFailed, error),
        VerifyError::Open(error) => open(error),
        VerifyError::Rows(error) => rows(error),
    }
}

/// A ledger that could not be created.
#[must_use]
pub fn create(error: &CreateError) -> Complaint {
    match error {
        CreateError::Refused(faults) => several(faults.iter().map(|fault| Complaint::fault(fault, None)).collect()),
        CreateError::Exists => Complaint::new(Outcome::Rejected, Code::LedgerExists, error.to_string()),
        CreateError::Key => Complaint::new(Outcome::Rejected, Code::BadText, error.to_string())
            .hint("an origin looks like example.org/nk2020: no spaces and no plus sign"),
        CreateError::Folder(cause) if cause.kind() == std::io::ErrorKind::DirectoryNotEmpty => {
            Complaint::new(Outcome::Rejected, Code::LedgerExists, "the folder is not empty")
        }
        CreateError::Folder(_) => with_cause(Outcome::Io, Code::StorageFailed, error),
        CreateError::Storage(error) => storage(error),
        CreateError::Log(error) => log_open(error),
        CreateError::Append(error) => log_append(error),
        CreateError::Encode(_) => internal(&error.to_string()),
        CreateError::Open(error) => open(error),
        CreateError::Publish(error) => publish(error),
    }
}

/// Something that was not appended. `place` says where a pointer into a submission stands in what was typed.
#[must_use]
pub fn append(error: &AppendError, place: &dyn Fn(usize, &Pointer) -> Option<Place>) -> Complaint {
    let at = |complaint: Complaint, index: usize, pointer: &str| match place(index, &Pointer::from_text(pointer)) {
        Some(place) => complaint.at(place),
        None => complaint,
    };
    match error {
        AppendError::Refused { index, faults } => {
            several(faults.iter().map(|fault| Complaint::fault(fault, place(*index, &fault.pointer))).collect())
        }
        AppendError::NotAllowed { index, .. } => {
            at(Complaint::new(Outcome::Denied, Code::NotAllowed, error.to_string()), *index, "/by")
        }
        AppendError::Denied { index, denial: why } => {
            let pointer = match **why {
                Denial::NotOwn { .. } => "/event/target",
                Denial::WrongRole { .. } | Denial::KeyChange { .. } => "/event/type",
                _ => "/by",
            };
            at(denial(why), *index, pointer)
        }
        AppendError::KeyReused { index, .. } => {
            at(Complaint::new(Outcome::Conflict, Code::KeyReused, error.to_string()), *index, "/key")
        }
        AppendError::HeadMoved { .. } => Complaint::new(Outcome::Conflict, Code::ExpectHead, error.to_string()),
        AppendError::NewerLog { .. } => Complaint::new(Outcome::Undecided, Code::NewerLog, error.to_string()),
        AppendError::Seal { index, source } => at(seal(source), *index, "/private"),
        AppendError::Uncertain { index, .. } => {
            at(Complaint::new(Outcome::Undecided, Code::PrivateUncertain, error.to_string()), *index, "/private")
        }
        AppendError::Undisclosed { index } => {
            at(Complaint::new(Outcome::Rejected, Code::SealedUndisclosed, error.to_string()), *index, "/sealed")
        }
        AppendError::Vault(error) => vault(error),
        AppendError::Encode(_) | AppendError::OtherBytes { .. } => internal(&error.to_string()),
        AppendError::Log(error) => log_append(error),
        AppendError::Rows(error) => rows(error),
        AppendError::Replay(error) => replay(error),
    }
}

/// Tells whether a code says that somebody may not do something, which ends with `denied`.
#[must_use]
pub const fn is_denial(code: Code) -> bool {
    matches!(
        code,
        Code::NotAllowed
            | Code::SignatureRequired
            | Code::BadSignature
            | Code::SignerUnknown
            | Code::SignerEnded
            | Code::SignerOfAnother
            | Code::SignerRole
            | Code::NotYourRecord
            | Code::KeysNotYours
    )
}

/// A submission that is not signed as it must be, or not by who may sign it.
#[must_use]
pub fn denial(denial: &Denial) -> Complaint {
    Complaint::new(Outcome::Denied, denial.code(), denial.to_string())
}

/// A private part that could not be sealed.
fn seal(error: &SealFieldsError) -> Complaint {
    match error {
        SealFieldsError::Private(PrivateError::TooMany { .. }) => {
            Complaint::new(Outcome::Rejected, Code::TooManyPrivate, error.to_string())
        }
        SealFieldsError::Entropy(_) => Complaint::new(Outcome::Io, Code::StorageFailed, error.to_string()),
        _ => Complaint::new(Outcome::Rejected, Code::BadPrivate, error.to_string()),
    }
}

/// A vault that failed. Nothing was recorded.
#[must_use]
pub fn vault(error: &VaultError) -> Complaint {
    match error {
        VaultError::Files(error) => with_cause(Outcome::Io, Code::StorageFailed, error),
        VaultError::Entropy(_) => Complaint::new(Outcome::Io, Code::StorageFailed, error.to_string()),
        VaultError::KeyMissing | VaultError::KeyMalformed => {
            Complaint::new(Outcome::Undecided, Code::VaultKeyMissing, error.to_string())
        }
        _ => Complaint::new(Outcome::Undecided, Code::VaultDamaged, error.to_string()),
    }
}

/// Sealed fields that could not be looked at.
#[must_use]
pub fn annex(error: &AnnexError) -> Complaint {
    match error {
        AnnexError::Open(error) => open(error),
        AnnexError::Rows(error) => rows(error),
        AnnexError::Vault(error) => vault(error),
    }
}

fn log_append(error: &LogAppendError) -> Complaint {
    match error {
        LogAppendError::Refused { source, .. } => {
            Complaint::new(Outcome::Rejected, Code::RecordTooLong, source.to_string())
        }
        LogAppendError::Storage(error) => storage(error),
        LogAppendError::Poisoned => Complaint::new(Outcome::Io, Code::WriterPoisoned, error.to_string()),
        _ => internal(&error.to_string()),
    }
}

/// Puts several complaints about one input into one.
#[must_use]
pub fn several(mut complaints: Vec<Complaint>) -> Complaint {
    if complaints.is_empty() {
        return internal("refused without a reason");
    }
    let mut first = complaints.remove(0);
    first.more = complaints;
    first
}

fn with_cause(outcome: Outcome, code: Code, error: &dyn std::error::Error) -> Complaint {
    let what = match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    };
    Complaint::new(outcome, code, what)
}
