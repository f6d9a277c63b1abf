//! Files that stand on their own: bundles, proof files, receipts.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use ceasefire_ledger::proof::{
    EvidenceBundle, ProofCheck, ProofReport, ProofTrust, ReadBundleError, ReceiptFile, Standing, TlogProof,
};

use crate::answer::Answer;
use crate::arguments::file;

const PROOF: &[u8] = b"c2sp.org/tlog-proof@";

/// Checks a file by what it begins with.
pub(crate) fn check(path: &Path, line: Option<&Path>, trust: &ProofTrust) -> Result<Answer, String> {
    let bytes = beginning(path)?;
    let report = if bytes.trim_ascii_start().starts_with(b"{") {
        receipt(&file(path)?, trust)
    } else if bytes.starts_with(PROOF) {
        proof_file(&file(path)?, line, trust)?
    } else {
        bundle(path, trust)?
    };
    Ok(Answer { report, torn: false })
}

fn beginning(path: &Path) -> Result<Vec<u8>, String> {
    use std::io::Read;
    let unreadable = |error| format!("{} cannot be read: {error}", path.display());
    let mut bytes = Vec::new();
    File::open(path).map_err(unreadable)?.take(64).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

fn bundle(path: &Path, trust: &ProofTrust) -> Result<ProofReport, String> {
    let opened = File::open(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    let (verdict, error) = match EvidenceBundle::read(&mut BufReader::new(opened)) {
        Ok(bundle) => return Ok(bundle.check(trust)),
        Err(ReadBundleError::Io(error)) => return Err(format!("{} cannot be read: {error}", path.display())),
        Err(error @ (ReadBundleError::NotAnArchive | ReadBundleError::NotABundle)) => (Standing::CannotTell, error),
        Err(error) => (Standing::Violated, error),
    };
    Ok(failed(verdict, error.to_string()))
}

fn receipt(bytes: &[u8], trust: &ProofTrust) -> ProofReport {
    match std::str::from_utf8(bytes).map_err(|error| error.to_string()).map(ReceiptFile::parse) {
        Ok(Ok(receipt)) => trust.check_receipt(&receipt),
        Ok(Err(error)) => failed(Standing::CannotTell, error.to_string()),
        Err(error) => failed(Standing::CannotTell, error),
    }
}

fn failed(verdict: Standing, what: String) -> ProofReport {
    ProofReport::of(vec![ProofCheck::new("form", verdict, what)])
}

fn proof_file(bytes: &[u8], line: Option<&Path>, trust: &ProofTrust) -> Result<ProofReport, String> {
    let line = line.map(file).transpose()?;
    let line = line.as_deref().map(|line| line.strip_suffix(b"\n").unwrap_or(line));
    Ok(match TlogProof::parse(bytes) {
        Ok(proof) => trust.check_tlog_proof(&proof, line),
        Err(error) => failed(Standing::Violated, error.to_string()),
    })
}
