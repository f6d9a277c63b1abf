//! The evidence bundle: what is in it is proved, what is changed in it is found, and it says on whose word it stands.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

mod bundle_support;

use std::collections::BTreeMap;

use bundle_support::{Log, entries, judged, packed, summed, written, zipped};
use ceasefire_ledger::proof::{
    Disclosure, EvidenceBundle, EvidencePart, FileDigests, Policy, ProofTrust, Standing, TlogProof,
};
use proptest::prelude::*;

fn good() -> (Log, Vec<u8>) {
    let log = Log::new();
    let bytes = written(&EvidenceBundle::assemble(log.parts()).unwrap());
    (log, bytes)
}

#[test]
fn a_bundle_holds_for_those_who_trust_the_log_and_the_witness() {
    let (log, bytes) = good();
    assert_eq!(judged(&bytes, &log.trust()), (Standing::Ok, String::new()));
    let bundle = EvidenceBundle::read(&mut &*bytes).unwrap();
    let report = bundle.check(&log.trust());
    assert_eq!(
        (report.records, report.size, report.origin.as_deref()),
        (vec![3, 7, 8, 9], Some(20), Some("example.org/log"))
    );
    let names: Vec<&str> = report.checks.iter().map(|check| check.name).collect();
    assert_eq!(names, ["form", "inclusion", "disclosures", "evidence", "page", "key", "witnesses"]);
}

#[test]
fn nobody_is_trusted_by_default() {
    let (log, bytes) = good();
    let (standing, why) = judged(&bytes, &ProofTrust::default());
    assert_eq!(standing, Standing::CannotTell);
    assert!(why.contains("whose key signed it, the file cannot prove"), "{why}");
    assert_eq!(judged(&bytes, &log.trust_in_key()).0, Standing::Ok);
}

#[test]
fn a_log_made_anew_with_another_key_is_not_the_one_that_is_trusted() {
    let (log, _) = good();
    let forged = Log::signed_by(2);
    let bytes = written(&EvidenceBundle::assemble(forged.parts()).unwrap());
    assert_eq!(judged(&bytes, &forged.trust()).0, Standing::Ok, "it agrees with itself");
    for trust in [log.trust(), log.trust_in_key()] {
        let (standing, why) = judged(&bytes, &trust);
        assert_eq!(standing, Standing::Violated);
        assert!(why.contains("not signed by"), "{why}");
    }
}

#[test]
fn witnesses_that_have_not_signed_leave_it_open() {
    let (log, bytes) = good();
    let other = "witness other witness.example/w2+92e6b37c+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU\n";
    let policy =
        log.policy().replace("quorum mission\n", &format!("{other}group both all mission other\nquorum both\n"));
    let trust = ProofTrust { policy: Some(Policy::parse(policy.as_bytes()).unwrap()), ..ProofTrust::default() };
    let (standing, why) = judged(&bytes, &trust);
    assert_eq!(standing, Standing::CannotTell);
    assert!(why.contains("missing: other"), "{why}");
    let mut parts = log.parts();
    parts.policy = policy.into_bytes();
    let bundle = EvidenceBundle::assemble(parts).unwrap();
    let page = String::from_utf8(bundle.page().to_vec()).unwrap();
    assert!(page.contains("The enclosed policy asks for more. Missing: <bdi>other</bdi>."));
    assert_eq!(judged(&written(&bundle), &log.trust_in_key()).0, Standing::CannotTell);
    assert_eq!(judged(&written(&bundle), &log.trust()).0, Standing::Ok, "the asker's own policy is met");
}

#[test]
fn the_same_parts_give_the_same_bytes_in_whatever_order() {
    let (log, bytes) = good();
    let mut parts = log.parts();
    parts.records.reverse();
    parts.records[1].disclosures.reverse();
    assert_eq!(written(&EvidenceBundle::assemble(parts).unwrap()), bytes);
    let read = EvidenceBundle::read(&mut &*bytes).unwrap();
    assert_eq!(written(&read), bytes);
    assert_eq!(packed(&entries(&bytes)), bytes, "the packing of the tests is the format's too");
}

#[test]
fn every_entry_removed_renamed_swapped_or_changed_is_refused_also_when_the_manifest_is_made_to_fit() {
    let (log, bytes) = good();
    let whole = entries(&bytes);
    let names: Vec<&String> = whole.keys().filter(|name| *name != "bundle.json").collect();
    assert_eq!(names.len(), 13);
    for name in &names {
        let refused = |changed: &BTreeMap<String, Vec<u8>>, what: &str| {
            let (standing, why) = judged(&packed(changed), &log.trust());
            assert_eq!(standing, Standing::Violated, "{name} {what}: {why}");
        };
        let mut removed = whole.clone();
        let taken = removed.remove(*name).unwrap();
        refused(&removed, "removed");
        let mut renamed = removed.clone();
        renamed.insert(format!("{name}x"), taken.clone());
        refused(&renamed, "renamed");
        let mut empty = whole.clone();
        empty.insert((*name).clone(), Vec::new());
        refused(&empty, "emptied");
        for at in [0, taken.len() / 2, taken.len() - 1] {
            let mut changed = whole.clone();
            changed.get_mut(*name).unwrap()[at] ^= 1;
            refused(&changed, &format!("changed at {at}"));
        }
        for other in names.iter().filter(|other| *other > name) {
            let mut swapped = whole.clone();
            let (one, two) = (whole[*name].clone(), whole[*other].clone());
            swapped.insert((*name).clone(), two);
            swapped.insert((*other).clone(), one);
            refused(&swapped, &format!("swapped with {other}"));
        }
    }
    let mut commented = whole.clone();
    commented.get_mut("policy").unwrap().extend(b"# harmless\n");
    assert_eq!(judged(&packed(&commented), &log.trust()).0, Standing::Violated, "the page names the policy's hash");
    let mut more = whole.clone();
    more.insert("notes.txt".to_owned(), b"trust me".to_vec());
    assert!(judged(&packed(&more), &log.trust()).1.contains("notes.txt"));
}

#[test]
fn a_record_left_out_with_its_proof_is_noticed_by_the_page_and_a_bundle_without_it_is_another_bundle() {
    let (log, bytes) = good();
    let mut fewer = entries(&bytes);
    fewer.retain(|name, _| !name.contains("00000000000000000008"));
    let (standing, why) = judged(&packed(&fewer), &log.trust());
    assert_eq!(
        (standing, why.as_str()),
        (Standing::Violated, "page: does not say what is in the file: do not believe it")
    );
}

#[test]
fn a_page_that_says_more_than_was_proved_is_refused() {
    let (log, bytes) = good();
    let mut lying = entries(&bytes);
    let page = String::from_utf8(lying["page.html"].clone()).unwrap();
    let page = page.replacen("That what the records say is true.", "That what the records say is false.", 1);
    lying.insert("page.html".to_owned(), page.into_bytes());
    assert!(judged(&packed(&lying), &log.trust()).1.starts_with("page: does not say what is in the file"));
}

#[test]
fn a_disclosure_moved_to_another_record_is_refused() {
    let log = Log::new();
    let mut parts = log.parts();
    let opened = parts.records[1].disclosures.remove(0);
    parts.records[2].disclosures.push(opened);
    assert_eq!(
        EvidenceBundle::assemble(parts).unwrap_err().to_string(),
        "a bundle of these parts would not hold: record 8: sealed list has 0 digests, not 4, 8, 16 or 32"
    );
    let mut parts = log.parts();
    parts.records[1].disclosures.push(Disclosure::new(&[77; 32], "/witness/name", "\"another\"").unwrap());
    assert!(
        EvidenceBundle::assemble(parts)
            .unwrap_err()
            .to_string()
            .contains("record 7: a disclosure fits none of its digests")
    );
}

#[test]
fn a_file_that_no_chosen_record_names_or_that_is_another_is_refused() {
    let log = Log::new();
    let mut parts = log.parts();
    let stranger = FileDigests::of(b"another");
    parts.evidence.push(EvidencePart { blake3: stranger.blake3, file: Some(stranger), reply: None });
    assert!(EvidenceBundle::assemble(parts).unwrap_err().to_string().contains("no record in the bundle names it"));
    let mut parts = log.parts();
    parts.evidence[0].file.as_mut().unwrap().bytes += 1;
    assert!(
        EvidenceBundle::assemble(parts).unwrap_err().to_string().contains("its bytes are not what the record says")
    );
    let bundle = EvidenceBundle::assemble(log.parts()).unwrap();
    let mut other = |_: &_| -> std::io::Result<Box<dyn std::io::Read>> { Ok(Box::new(&b"pixels of a horse"[..])) };
    let error = bundle.write(&mut Vec::new(), &mut other).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
}

#[test]
fn an_archive_in_another_spelling_is_refused_though_every_unpacker_takes_it() {
    let (log, bytes) = good();
    let whole = entries(&bytes);
    let manifest = &whole["bundle.json"];
    let mut order: Vec<(&str, &[u8])> = vec![("bundle.json", manifest)];
    order.extend(
        whole.iter().filter(|(name, _)| *name != "bundle.json").map(|(name, bytes)| (name.as_str(), bytes.as_slice())),
    );
    assert_eq!(judged(&zipped(&order), &log.trust()).0, Standing::Ok);
    let mut turned = order.clone();
    turned.swap(2, 3);
    assert!(judged(&zipped(&turned), &log.trust()).1.contains("does not belong there"));
    let mut twice = order.clone();
    twice.insert(2, order[1]);
    assert!(judged(&zipped(&twice), &log.trust()).1.contains("does not belong there"));
    for name in ["../page.html", "/etc/passwd", "a\\b", "page.html/", "Policy"] {
        let mut strange = order.clone();
        strange.push((name, b""));
        strange[1..].sort_unstable();
        assert_eq!(judged(&zipped(&strange), &log.trust()).0, Standing::Violated, "{name}");
    }
    assert!(judged(&[&bytes[..], b"\n"].concat(), &log.trust()).1.contains("one way that is accepted"));
    assert!(judged(b"", &log.trust()).1.contains("does not begin like a ZIP archive"));
    assert!(judged(&zipped(&[("a", b"")]), &log.trust()).1.contains("no evidence bundle"));
}

#[test]
fn the_page_is_for_people_and_cannot_be_turned_around() {
    let (log, _) = good();
    let page = String::from_utf8(EvidenceBundle::assemble(log.parts()).unwrap().page().to_vec()).unwrap();
    assert!(page.contains("<section lang=\"ar\" dir=\"rtl\">") && page.contains("ما لا يُثبته"));
    assert!(page.contains("Positions: <bdi class=\"t\" dir=\"ltr\">3, 7–9</bdi>."));
    assert!(page.contains("قُصفت &lt;المدينة&gt; \\u{202e}gnol"), "the override is shown and not obeyed");
    assert!(page.contains("at <bdi class=\"t\" dir=\"ltr\">2020-10-18T00:00:00Z</bdi>, by its own clock"));
    assert!(page.contains("Digests left closed: <bdi class=\"t\" dir=\"ltr\">2</bdi>"));
    for foreign in ["<script", "http://", "https://", "url(", "@import", "src=", "href="] {
        assert!(!page.contains(foreign), "{foreign}");
    }
}

#[test]
fn a_bare_proof_file_and_a_line_are_checked_the_same_way() {
    let log = Log::new();
    let (proof, line) = (log.proof(7), log.lines[6].clone());
    assert_eq!(summed(&log.trust().check_tlog_proof(&proof, Some(&line))), (Standing::Ok, String::new()));
    assert_eq!(log.trust_in_key().check_tlog_proof(&proof, Some(&line)).standing(), Standing::Ok);
    assert_eq!(ProofTrust::default().check_tlog_proof(&proof, Some(&line)).standing(), Standing::CannotTell);
    let (standing, why) = summed(&log.trust().check_tlog_proof(&proof, Some(&log.lines[7])));
    assert_eq!(standing, Standing::Violated);
    assert!(
        why.contains("the line says position 8, the proof 7") && why.contains("inclusion proof leads to root"),
        "{why}"
    );
    let forged = Log::signed_by(2);
    assert_eq!(log.trust().check_tlog_proof(&forged.proof(7), Some(&line)).standing(), Standing::Violated);
    let elsewhere = TlogProof::new(7, proof.hashes().to_vec(), proof.checkpoint().clone()).unwrap();
    assert_eq!(log.trust().check_tlog_proof(&elsewhere, Some(&line)).standing(), Standing::Violated);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Several bytes anywhere: nothing that still reads as the same bundle may have been touched.
    #[test]
    fn no_change_of_bytes_goes_unnoticed(flips in prop::collection::vec((any::<prop::sample::Index>(), 1_u8..), 1..4)) {
        let (log, bytes) = good();
        let mut changed = bytes.clone();
        for (at, flip) in flips {
            let at = at.index(bytes.len());
            changed[at] ^= flip;
        }
        prop_assume!(changed != bytes);
        prop_assert_eq!(judged(&changed, &log.trust()).0, Standing::Violated);
    }

    /// Any part of an entry replaced, the archive and the manifest made to fit.
    #[test]
    fn no_change_of_an_entry_goes_unnoticed(
        which in any::<prop::sample::Index>(), from in any::<prop::sample::Index>(), length in 0_usize..40,
        put in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let (log, bytes) = good();
        let mut whole = entries(&bytes);
        whole.remove("bundle.json");
        let name = whole.keys().nth(which.index(whole.len())).unwrap().clone();
        let entry = whole.get_mut(&name).unwrap();
        let before = entry.clone();
        let start = from.index(entry.len());
        entry.splice(start..(start + length).min(before.len()), put);
        prop_assume!(*entry != before);
        prop_assert_eq!(judged(&packed(&whole), &log.trust()).0, Standing::Violated, "{}", name);
    }
}
