//! Reading everything: verify, replay, rebuild; against one pass of hashing and one pass of parsing the same bytes.

use ceasefire_ledger::ledger::read_seal;
use ceasefire_ledger::log::{BodyGrammar, DiskStorage, Line, Reading, VerifyPlan, verify, verify_reading};
use ceasefire_ledger::proof::{TileBuilder, TreeHash, leaf_hash};
use ceasefire_ledger::{Archive, Until, VerifyQuestion};
use rayon::prelude::*;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::material::{Ledgers, Material, bytes_under, lines, segments};
use crate::results::{Goal, Results};
use crate::timing::{medians_in_turn, timed};
use crate::{Options, Outcome};

/// A fold in memory is measured on no more records: it takes some three kilobytes for each.
const MOST_IN_MEMORY: u64 = 2_000_000;

/// Measures every whole pass over the log.
pub fn measure(options: &Options, ledgers: &Ledgers, results: &mut Results) -> Outcome<()> {
    let material = &ledgers.whole;
    let log = material.log()?;
    let archive = Archive::open(material.folder.clone())?;
    let hashing = || {
        timed(|| {
            log.iter().for_each(|segment| {
                let lines: Vec<&[u8]> = lines(segment).collect();
                lines.par_iter().for_each(|line| {
                    std::hint::black_box((blake3::hash(line), Sha256::digest(line)));
                });
            });
            Ok(())
        })
        .map(|(_, time)| time)
    };
    let chain = || {
        let storage = DiskStorage::open(material.folder.log())?;
        timed(|| Ok(verify(&storage, VerifyPlan::new(&read_seal))?)).map(|(_, time)| time)
    };
    let chain_and_tree = || {
        let storage = DiskStorage::open(material.folder.log())?;
        let (root, time) = timed(|| chain_and_tree(&storage))?;
        if root == root_of(&archive)? { Ok(time) } else { Err("the tree is another".into()) }
    };
    let whole = || timed(|| Ok(archive.verify(VerifyQuestion::default())?)).map(|(_, time)| time);
    let baseline_is = "BLAKE3 and SHA-256 of each record, all cores";
    let (ours, baseline) = medians_in_turn(options.repeat, chain_and_tree, hashing)?;
    results.times("verify chain + tree", ours, baseline_is, baseline, Goal::AtMost(1.25));
    // What only adds to the picture is looked at once where it takes minutes.
    let repeat = if material.records > MOST_IN_MEMORY { 1 } else { options.repeat };
    let (ours, baseline) = medians_in_turn(repeat, chain, hashing)?;
    results.times("  the chain alone, with every body's JSON grammar", ours, baseline_is, baseline, Goal::None);
    let (ours, baseline) = medians_in_turn(repeat, whole, hashing)?;
    results.times("  the command `verify`: everything but --full", ours, baseline_is, baseline, Goal::None);
    sealed(options, material, &archive, results)?;
    drop(log);
    disk(material, results);
    replay(options, ledgers.at_most(MOST_IN_MEMORY), results)
}

/// Checks chain and tree, and gives the tree's root.
fn chain_and_tree(storage: &DiskStorage) -> Outcome<TreeHash> {
    let mut tree = TileBuilder::new();
    let mut observe = |_: &[Line<'_>], leaves: Vec<TreeHash>| {
        for leaf in leaves {
            tree.append(leaf);
        }
        tree.take_full();
    };
    let make = |line: &Line<'_>| leaf_hash(line.bytes);
    let reading = Reading { grammar: BodyGrammar::Elsewhere, make: &make, observe: &mut observe };
    let report = verify_reading(storage, VerifyPlan::new(&read_seal), reading)?;
    if report.is_clean() { Ok(tree.root()) } else { Err("the log is not clean".into()) }
}

fn root_of(archive: &Archive) -> Outcome<TreeHash> {
    Ok(archive.checkpoint()?.checkpoint.root())
}

fn sealed(options: &Options, material: &Material, archive: &Archive, results: &mut Results) -> Outcome<()> {
    let mut files = segments(&material.folder)?;
    files.pop();
    if files.is_empty() {
        results.note("No file of the log is finished at this size: sealed files were not checked.");
        return Ok(());
    }
    let checking = || {
        let (report, time) = timed(|| Ok(archive.check_sealed(None)?))?;
        if report.findings.is_empty() { Ok(time) } else { Err("a sealed file is not what was sealed".into()) }
    };
    let b3sum = || {
        let hash = |file| {
            std::hint::black_box(blake3::Hasher::new().update_mmap_rayon(file)?.finalize());
            Ok(())
        };
        timed(|| files.iter().try_for_each(hash)).map(|(_, time)| time)
    };
    let (ours, baseline) = medians_in_turn(options.repeat.max(5), checking, b3sum)?;
    let measure = format!("verify {} sealed files by their recorded digests", files.len());
    results.times(&measure, ours, "as `b3sum` hashes the same files, all cores", baseline, Goal::AtMost(1.1));
    Ok(())
}

fn replay(options: &Options, material: &Material, results: &mut Results) -> Outcome<()> {
    let log = material.log()?;
    let archive = Archive::open(material.folder.clone())?;
    let parsing = || {
        timed(|| {
            for line in log.iter().flat_map(|segment| lines(segment)) {
                std::hint::black_box(serde_json::from_str::<BareLine<'_>>(std::str::from_utf8(line)?)?);
            }
            Ok(())
        })
        .map(|(_, time)| time)
    };
    let folding = || timed(|| Ok(archive.folded_in_memory(Until::Head, None)?)).map(|(_, time)| time);
    let (ours, baseline) = medians_in_turn(options.repeat, folding, parsing)?;
    let baseline_is = "bare borrowed serde_json parse, one core";
    results.times("replay into every projection, in memory", ours, baseline_is, baseline, Goal::AtMost(1.0));
    let rebuilding = || timed(|| Ok(archive.rebuild(true, None)?)).map(|(_, time)| time);
    let (rebuilt, folded) = medians_in_turn(options.repeat.min(3), rebuilding, folding)?;
    results.times("rebuild of the stored projections", rebuilt, "replay in memory", folded, Goal::AtMost(3.0));
    results.note(format!("Replay in memory, and rebuild against it, are of {} records.", material.records));
    Ok(())
}

fn disk(material: &Material, results: &mut Results) {
    let raw = material.raw_bytes as f64;
    let of = |folder: std::path::PathBuf| bytes_under(&folder) as f64;
    let (log, tiles) = (of(material.folder.log()), of(material.folder.path().join("tiles")));
    let projections = of(material.folder.projections()) + of(material.folder.layers());
    let megabytes = |bytes: f64| format!("{:.1} MB", bytes / 1e6);
    results.value(
        "disk: log + tree",
        megabytes(log + tiles),
        "raw record bytes",
        (log + tiles) / raw,
        Goal::AtMost(1.15),
    );
    let all = log + tiles + projections;
    results.value("disk: log + tree + projections", megabytes(all), "raw record bytes", all / raw, Goal::AtMost(1.6));
}

/// A line parsed into borrowed fields, as little as a typed reader can do.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "parsed, not read")]
struct BareLine<'a> {
    seq: u64,
    prev: &'a str,
    at: &'a str,
    end: u64,
    #[serde(borrow)]
    body: BareBody<'a>,
    sig: Option<&'a str>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "parsed, not read")]
struct BareBody<'a> {
    origin: &'a str,
    by: &'a str,
    key: &'a str,
    #[serde(borrow)]
    event: BareEvent<'a>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "parsed, not read")]
struct BareEvent<'a> {
    r#type: &'a str,
    v: u32,
    incident: Option<&'a str>,
    summary: Option<&'a str>,
}
