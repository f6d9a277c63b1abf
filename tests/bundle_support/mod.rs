//! A small log in memory, and bundles of it.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "each test binary uses its own part; a fixture that fails is a failed test"
)]

use std::collections::BTreeMap;
use std::io::{self, Read};

use ceasefire_ledger::proof::{
    BundleParts, Checkpoint, Disclosure, EvidenceBundle, EvidencePart, FileDigests, MemoryTree, Note, Policy,
    PosixTime, ProofReport, ProofTrust, RecordPart, SealedList, SignatureType, SignerKey, StampedTree, Standing,
    TlogProof, cosign, leaf_hash, prove_consistency, prove_inclusion, tree_root,
};
use ceasefire_ledger::record::{Envelope, RecordHash};
use ceasefire_ledger::vocab::{Digest32, Instant, Seq};

pub(crate) const ORIGIN: &str = "example.org/log";
pub(crate) const PHOTO: &[u8] = b"pixels of a house";

/// A log of twenty records: record 3 adds a photograph, record 7 has sealed fields, record 9 an Arabic quote.
pub(crate) struct Log {
    pub(crate) lines: Vec<Vec<u8>>,
    pub(crate) tree: MemoryTree,
    pub(crate) signer: SignerKey,
    pub(crate) witness: SignerKey,
    pub(crate) opened: Vec<Disclosure>,
}

impl Log {
    pub(crate) fn new() -> Self {
        Self::signed_by(1)
    }

    pub(crate) fn signed_by(seed: u8) -> Self {
        let signer = SignerKey::from_seed(ORIGIN.parse().unwrap(), SignatureType::Ed25519, &[seed; 32]);
        let name = "witness.example/w".parse().unwrap();
        let witness = SignerKey::from_seed(name, SignatureType::CosignatureV1, &[9; 32]);
        let opened: Vec<Disclosure> = [("/witness/name", r#""شاهدة""#), ("/contact", r#"{"phone":"+994 12"}"#)]
            .iter()
            .zip(1..)
            .map(|((pointer, value), salt)| Disclosure::new(&[salt; 32], pointer, value).unwrap())
            .collect();
        let mut random = 40;
        let sealed = SealedList::seal(&opened, |bytes| {
            random += 1;
            *bytes = [random; 32];
        })
        .unwrap();
        let sealed: Vec<String> =
            sealed.digests().iter().map(|digest| format!("\"{}\"", Digest32::from(*digest))).collect();
        let (mut lines, mut prev) = (Vec::new(), RecordHash::ZERO);
        for seq in 1..=20 {
            let line = line(seq, prev, &body(seq, &sealed.join(",")));
            prev = RecordHash::of_line(&line);
            lines.push(line);
        }
        let mut tree = MemoryTree::new();
        for line in &lines {
            tree.append(leaf_hash(line));
        }
        Self { lines, tree, signer, witness, opened }
    }

    pub(crate) fn checkpoint(&self, size: u64) -> Checkpoint {
        Checkpoint::new(ORIGIN.parse().unwrap(), size, tree_root(&self.tree, size).unwrap()).unwrap()
    }

    /// The note of the whole log, cosigned.
    pub(crate) fn note(&self) -> Note {
        let checkpoint = self.checkpoint(20);
        let mut note = checkpoint.sign(&self.signer).unwrap();
        let at = PosixTime::from_seconds(1_602_979_200).unwrap();
        note.append(cosign(&checkpoint, &self.witness, at).unwrap()).unwrap();
        note
    }

    pub(crate) fn policy(&self) -> String {
        let (log, witness) = (self.signer.verifier(), self.witness.verifier());
        format!("log {log}\nwitness mission {witness}\nquorum mission\n")
    }

    pub(crate) fn proof(&self, seq: u64) -> TlogProof {
        let hashes = prove_inclusion(&self.tree, seq - 1, 20).unwrap();
        TlogProof::new(seq - 1, hashes, self.note()).unwrap()
    }

    pub(crate) fn record(&self, seq: u64) -> RecordPart {
        let line = self.lines[usize::try_from(seq).unwrap() - 1].clone();
        let disclosures = if seq == 7 { self.opened.clone() } else { Vec::new() };
        RecordPart { seq, line, proof: self.proof(seq), disclosures }
    }

    pub(crate) fn stamped(&self, size: u64, reply: &[u8]) -> StampedTree {
        let consistency = prove_consistency(&self.tree, size, 20).unwrap();
        StampedTree { tree: self.checkpoint(size), consistency, reply: reply.to_vec() }
    }

    /// Records 3, 7, 8 and 9 with everything that can be enclosed but timestamps.
    pub(crate) fn parts(&self) -> BundleParts {
        let photo = FileDigests::of(PHOTO);
        BundleParts {
            checkpoint: self.note(),
            policy: self.policy().into_bytes(),
            records: [3, 7, 8, 9].map(|seq| self.record(seq)).to_vec(),
            stamped: Vec::new(),
            evidence: vec![EvidencePart { blake3: photo.blake3, file: Some(photo), reply: None }],
        }
    }

    /// Somebody who trusts the log and the witness.
    pub(crate) fn trust(&self) -> ProofTrust {
        let policy = Policy::parse(self.policy().as_bytes()).unwrap();
        ProofTrust { policy: Some(policy), ..ProofTrust::default() }
    }

    pub(crate) fn trust_in_key(&self) -> ProofTrust {
        ProofTrust { log_key: Some(self.signer.verifier().clone()), ..ProofTrust::default() }
    }
}

fn line(seq: u64, prev: RecordHash, body: &str) -> Vec<u8> {
    let at = Instant::parse(&format!("2020-10-17T18:04:{seq:02}Z")).unwrap();
    Envelope { seq: Seq::new(seq), prev, at, end: Seq::new(seq), body, signature: None }.encode().unwrap()
}

fn body(seq: u64, sealed: &str) -> String {
    let photo = FileDigests::of(PHOTO);
    let event = match seq {
        3 => format!(
            r#"{{"type":"evidence.added","v":1,"blake3":"{}","sha256":"{}","media_type":"image/jpeg","bytes":{}}}"#,
            photo.blake3, photo.sha256, photo.bytes
        ),
        9 => r#"{"type":"statement.made","v":1,"quote":"قُصفت <المدينة> \u202egnol"}"#.to_owned(),
        _ => format!(r#"{{"type":"violation.reported","v":1,"incident":"I-{seq}"}}"#),
    };
    let sealed = if seq == 7 { format!(r#","sealed":[{sealed}]"#) } else { String::new() };
    format!(r#"{{"origin":"{ORIGIN}","by":"recorder","key":"k{seq}","event":{event}{sealed}}}"#)
}

pub(crate) fn written(bundle: &EvidenceBundle) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut open = |_: &Digest32| -> io::Result<Box<dyn Read>> { Ok(Box::new(PHOTO)) };
    bundle.write(&mut bytes, &mut open).unwrap();
    bytes
}

/// Reads and checks; a file that is no bundle is refused as one that does not hold.
pub(crate) fn judged(bytes: &[u8], trust: &ProofTrust) -> (Standing, String) {
    match EvidenceBundle::read(&mut &*bytes) {
        Ok(bundle) => summed(&bundle.check(trust)),
        Err(error) => (Standing::Violated, error.to_string()),
    }
}

pub(crate) fn summed(report: &ProofReport) -> (Standing, String) {
    let words = report.checks.iter().filter(|check| check.verdict != Standing::Ok);
    (report.standing(), words.map(|check| format!("{}: {}", check.name, check.detail)).collect::<Vec<_>>().join("; "))
}

/// The entries of an archive by name, read by another program's library rules: only what the format page says.
pub(crate) fn entries(archive: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let number = |at: usize, length: usize| {
        archive[at..at + length].iter().rev().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte))
    };
    let (mut entries, mut at) = (BTreeMap::new(), 0);
    while number(at, 4) == 0x0403_4b50 {
        let (length, name) = (number(at + 18, 4), number(at + 26, 2));
        let start = at + 30 + name;
        entries.insert(
            String::from_utf8(archive[at + 30..start].to_vec()).unwrap(),
            archive[start..start + length].to_vec(),
        );
        at = start + length;
    }
    entries
}

/// Packs entries as the format page says, the manifest made to fit.
pub(crate) fn packed(entries: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    let listed: Vec<String> = entries
        .iter()
        .filter(|(name, _)| *name != "bundle.json")
        .map(|(name, bytes)| {
            let digests = FileDigests::of(bytes);
            format!(r#"{{"name":"{name}","bytes":{},"sha256":"{}"}}"#, bytes.len(), digests.sha256)
        })
        .collect();
    let manifest = format!("{{\"format\":\"ceasefire.bundle/1\",\"entries\":[{}]}}\n", listed.join(","));
    let mut order = vec![("bundle.json", manifest.as_bytes())];
    order.extend(
        entries
            .iter()
            .filter(|(name, _)| *name != "bundle.json")
            .map(|(name, bytes)| (name.as_str(), bytes.as_slice())),
    );
    zipped(&order)
}

pub(crate) fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    let half = |number: usize| u16::try_from(number).unwrap().to_le_bytes();
    let word = |number: usize| u32::try_from(number).unwrap().to_le_bytes();
    for (name, bytes) in entries {
        let offset = archive.len();
        let shared = [
            &[0; 6][..],
            &half(0x21),
            &crc(bytes).to_le_bytes(),
            &word(bytes.len()),
            &word(bytes.len()),
            &half(name.len()),
            &[0; 2],
        ]
        .concat();
        archive.extend([&b"PK\x03\x04"[..], &half(10), &shared, name.as_bytes(), bytes].concat());
        directory.extend(
            [&b"PK\x01\x02"[..], &half(10), &half(10), &shared, &[0; 10], &word(offset), name.as_bytes()].concat(),
        );
    }
    let (count, start, length) = (half(entries.len()), word(archive.len()), word(directory.len()));
    archive.extend(directory);
    archive.extend([&b"PK\x05\x06"[..], &[0; 4], &count, &count, &length, &start, &[0; 2]].concat());
    archive
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { 0xEDB8_8320 ^ (crc >> 1) } else { crc >> 1 })
    })
}
