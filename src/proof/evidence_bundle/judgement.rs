//! Whether a bundle holds, and on whose word: every check with an answer of its own.

use super::contents::EvidenceBundle;
use super::facts::{Facts, FactsError};
use super::page::page;
use crate::proof::proof_report::{ProofCheck, ProofReport, ProofTrust, Standing};
#[cfg(feature = "timestamp")]
use crate::proof::timestamp::CertificateAuthorities;

impl EvidenceBundle {
    /// Checks everything in the bundle, and whether those whom the asker trusts stand behind it.
    #[must_use]
    pub fn check(&self, trust: &ProofTrust) -> ProofReport {
        let mut report = ProofReport::of(vec![self.form_check()]);
        let facts = match Facts::of(&self.parts) {
            Ok(facts) => facts,
            Err(error) => {
                report.checks.push(ProofCheck::new(name_of(&error), Standing::Violated, error.to_string()));
                return report;
            }
        };
        report.origin = Some(facts.checkpoint.origin().to_string());
        report.records = facts.records.iter().map(|record| record.read.seq).collect();
        report.size = Some(facts.checkpoint.size());
        report.root = Some(facts.checkpoint.root().to_base64());
        report.log_key = Some(facts.log_key.to_string());
        report.checks.extend(Self::contents_checks(&facts));
        report.checks.push(self.page_check(&facts));
        report.checks.push(trust.key_check(&self.parts.checkpoint));
        report.checks.push(self.witnesses_check(&facts, trust));
        report.checks.extend(self.timestamp_checks(&facts, trust));
        report
    }

    fn form_check(&self) -> ProofCheck {
        let what =
            format!("{} entries, written in the one way that is accepted, each as listed", self.listed.len() + 2);
        ProofCheck::new("form", Standing::Ok, what)
    }

    fn contents_checks(facts: &Facts<'_>) -> Vec<ProofCheck> {
        let ok = |name, detail: String| ProofCheck::new(name, Standing::Ok, detail);
        let (records, size) = (facts.records.len(), facts.checkpoint.size());
        let plural = if records == 1 { "record, at its position" } else { "records, each at its position" };
        let mut checks = vec![ok("inclusion", format!("{records} {plural} in a tree of {size}"))];
        let opened: usize = facts.records.iter().map(|record| record.disclosures.len()).sum();
        if opened > 0 {
            checks.push(ok("disclosures", format!("{opened} opened, each fits its record")));
        }
        let enclosed = facts.files.iter().filter(|file| file.enclosed).count();
        if enclosed > 0 {
            checks.push(ok("evidence", format!("{enclosed} enclosed, by BLAKE3, SHA-256 and length as recorded")));
        }
        checks
    }

    fn page_check(&self, facts: &Facts<'_>) -> ProofCheck {
        if page(facts, &self.listed).as_bytes() == self.page {
            return ProofCheck::new("page", Standing::Ok, "says what is in the file, and nothing else");
        }
        ProofCheck::new("page", Standing::Violated, "does not say what is in the file: do not believe it")
    }

    /// Did the witnesses sign that the asker asks for?
    fn witnesses_check(&self, facts: &Facts<'_>, trust: &ProofTrust) -> ProofCheck {
        const NAME: &str = "witnesses";
        if let Some(check) = trust.witnesses_check(&self.parts.checkpoint) {
            return check;
        }
        if !facts.missing.is_empty() {
            let what = format!("the enclosed policy asks for more; missing: {}", facts.missing.join(", "));
            return ProofCheck::new(NAME, Standing::CannotTell, what);
        }
        let signed = facts.witnesses.len();
        let what = format!("{signed} signed, under keys that the file itself names; to ask for yours, give a policy");
        ProofCheck::new(NAME, Standing::NotAsked, what)
    }

    #[cfg(not(feature = "timestamp"))]
    fn timestamp_checks(&self, _: &Facts<'_>, _: &ProofTrust) -> Vec<ProofCheck> {
        let enclosed = self.parts.stamped.len();
        let enclosed = enclosed + self.parts.evidence.iter().filter(|evidence| evidence.reply.is_some()).count();
        let what = format!("{enclosed} enclosed, not read by this program; `openssl ts -verify` does");
        let check = ProofCheck::new("timestamps", Standing::NotAsked, what);
        if enclosed == 0 { Vec::new() } else { vec![check] }
    }

    #[cfg(feature = "timestamp")]
    fn timestamp_checks(&self, facts: &Facts<'_>, trust: &ProofTrust) -> Vec<ProofCheck> {
        use sha2::{Digest, Sha256};
        let mut checks = Vec::new();
        for stamped in &self.parts.stamped {
            let sha256 = Sha256::digest(stamped.tree.to_string().as_bytes()).into();
            let what = format!("the log's first {} records", stamped.tree.size());
            checks.push(timestamp_check(&what, &stamped.reply, &sha256, trust.authorities.as_ref()));
        }
        for evidence in &self.parts.evidence {
            let file = facts.files.iter().find(|file| file.blake3 == evidence.blake3);
            if let (Some(reply), Some(file)) = (&evidence.reply, file) {
                let what = format!("file {}", evidence.blake3);
                checks.push(timestamp_check(&what, reply, file.sha256.as_bytes(), trust.authorities.as_ref()));
            }
        }
        checks
    }
}

/// What a check that failed is called.
const fn name_of(error: &FactsError) -> &'static str {
    match error {
        FactsError::Policy(_) | FactsError::Checkpoint(_) => "checkpoint",
        FactsError::NoRecord | FactsError::Record { .. } => "inclusion",
        FactsError::Disclosure { .. } => "disclosures",
        FactsError::Stamped { .. } => "timestamps",
        FactsError::File { .. } => "evidence",
    }
}

#[cfg(feature = "timestamp")]
fn timestamp_check(
    what: &str,
    reply: &[u8],
    sha256: &[u8; 32],
    authorities: Option<&CertificateAuthorities>,
) -> ProofCheck {
    use crate::proof::timestamp::{TimestampReply, TimestampTrust};
    const NAME: &str = "timestamp";
    let reply = match TimestampReply::parse(reply) {
        Ok(reply) => reply,
        Err(error) => return ProofCheck::new(NAME, Standing::Violated, format!("{what}: {error}")),
    };
    let (verdict, words) = match reply.verify(sha256, authorities) {
        Ok(TimestampTrust { signer, authority: Some(authority), .. }) => {
            (Standing::Ok, format!("{what} existed by {}: {signer} says so, for whom {authority} vouches", reply.at()))
        }
        Ok(TimestampTrust { signer, authority: None, .. }) => {
            let need = "to believe it, give its authority's certificate (--ca)";
            (Standing::NotAsked, format!("{what}: stamped for {} by {signer}; {need}", reply.at()))
        }
        Err(fault) if fault.is_undecided() => (Standing::CannotTell, format!("{what}: {fault}")),
        Err(fault) => (Standing::Violated, format!("{what}: {fault}")),
    };
    ProofCheck::new(NAME, verdict, words)
}
