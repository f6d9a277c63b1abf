//! Proofs: made from stored tiles, and checked.

use std::time::{Duration, Instant};

use ceasefire_ledger::proof::{Checkpoint, TreeHash, leaf_hash, verify_inclusion};
use ceasefire_ledger::{Archive, Seq};

use crate::material::Ledgers;
use crate::results::{Goal, Results, shown};
use crate::timing::percentile;
use crate::{Options, Outcome};

/// How many records are proved, spread over the log.
const PROVED: u64 = 1_000;
/// A proof is checked so many times for one time, which is shorter than a clock tells well.
const CHECKED: u32 = 100;

/// Measures inclusion proofs.
pub fn measure(_: &Options, ledgers: &Ledgers, results: &mut Results) -> Outcome<()> {
    let material = &ledgers.whole;
    let archive = Archive::open(material.folder.clone())?;
    let signed = archive.checkpoint()?;
    let (size, root) = (signed.checkpoint.size(), signed.checkpoint.root());
    let proofs = archive.publication().proofs_under(&signed.checkpoint);
    let step = (size / PROVED).max(1);
    let (mut making, mut checking) = (Vec::new(), Vec::new());
    for index in (0..size).step_by(usize::try_from(step)?) {
        let record = archive.reader().record_at(Seq::new(index + 1))?.ok_or("a record is missing")?;
        let leaf: TreeHash = leaf_hash(record.line.as_bytes());
        let started = Instant::now();
        let proof = proofs.inclusion(leaf, index)?;
        making.push(started.elapsed());
        let started = Instant::now();
        for _ in 0..CHECKED {
            std::hint::black_box(verify_inclusion(index, size, leaf, &proof, root)?);
        }
        checking.push(started.elapsed() / CHECKED);
    }
    let microseconds = Duration::from_micros;
    results.within("inclusion proof from stored tiles, p50", percentile(&mut making, 50), microseconds(100));
    results.within("checking it without the signature, p50", percentile(&mut checking, 50), microseconds(10));
    let key = archive.log_key()?.ok_or("the ledger has no key")?;
    let mut opening = Vec::new();
    for _ in 0..CHECKED {
        let started = Instant::now();
        std::hint::black_box(Checkpoint::open(&signed.note, &key)?);
        opening.push(started.elapsed());
    }
    let opening = percentile(&mut opening, 50);
    results.value("checking the checkpoint's signature, p50", shown(opening), "Ed25519", 1.0, Goal::None);
    Ok(())
}
