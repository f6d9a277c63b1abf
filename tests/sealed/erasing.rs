//! Erasing: what is gone, what stays as it was, and what happens when somebody stops or undoes it.

use std::fs;

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use ceasefire_ledger::Verdict;
use ceasefire_ledger::ledger::{FieldState, Notice, Withheld};
use ceasefire_ledger::proof::Disclosure;
use ceasefire_ledger::vocab::{Digest32, Seq};

use crate::desk::{Desk, copy, disclosure, erasure, own, report, sealed_check, withholding};

const NAME: &str = "Aram \"the tall\" Khachaturian";
const FIELDS: &[(&str, &str)] =
    &[("/witness/name", NAME), ("/contact", "+374 10 000000"), ("/notes", "lives by the mill")];

/// Every way in which bytes may lie in a file: as they are, in hexadecimal, and in base64 at each of its three offsets.
fn disguises(secret: &[u8]) -> Vec<Vec<u8>> {
    let hex: String =
        secret.iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(|n| char::from_digit(n.into(), 16)).collect();
    let mut forms = vec![secret.to_vec(), hex.to_uppercase().into_bytes(), hex.into_bytes()];
    for offset in 0..3 {
        let shifted = [&vec![0; offset], secret].concat();
        // The characters that hold bits of the neighbours are left out.
        let (from, to) = ([0, 2, 3][offset], shifted.len() * 8 / 6);
        forms.push(Base64::encode_string(&shifted).into_bytes()[from..to].to_vec());
        forms.push(Base64UrlUnpadded::encode_string(&shifted).into_bytes()[from..to].to_vec());
    }
    forms
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    memchr::memmem::find(bytes, wanted).is_some()
}

/// The salt, the value as typed and as JSON, and the disclosure's text.
fn secrets_of(field: &Disclosure) -> Vec<Vec<u8>> {
    let json = Base64UrlUnpadded::decode_vec(field.as_str()).unwrap();
    let (salt, _, value): (String, String, serde_json::Value) = serde_json::from_slice(&json).unwrap();
    let salt_bytes = Base64UrlUnpadded::decode_vec(&salt).unwrap();
    assert_eq!(salt_bytes.len(), 32);
    let text = value.as_str().unwrap().as_bytes().to_vec();
    vec![salt_bytes, salt.into_bytes(), text, field.value().as_bytes().to_vec(), field.as_str().as_bytes().to_vec()]
}

/// Where in the ledger's folder any of the secrets lies, in whatever form.
fn found(desk: &Desk, secrets: &[Vec<u8>]) -> Vec<String> {
    let forms: Vec<Vec<u8>> = secrets.iter().flat_map(|secret| disguises(secret)).collect();
    assert!(forms.iter().all(|form| form.len() >= 8), "too short to look for");
    let files = desk.files();
    assert!(files.iter().any(|(name, _)| name.starts_with("projections/")), "{files:?}");
    let holds = |bytes: &[u8]| forms.iter().any(|form| contains(bytes, form));
    files.iter().filter(|(name, bytes)| holds(name.as_bytes()) || holds(bytes)).map(|(name, _)| name.clone()).collect()
}

#[test]
fn no_file_of_the_ledger_holds_a_sealed_value_or_salt_before_or_after_it_is_erased() {
    let desk = Desk::new();
    let seq = desk.append(&report("r1", FIELDS)).seq;
    let annex = desk.annex(seq);
    let secrets: Vec<Vec<u8>> = annex.open_fields().flat_map(|(_, field)| secrets_of(field)).collect();
    assert_eq!(secrets.len(), 15);
    assert_eq!(found(&desk, &secrets), [""; 0], "encrypted, nothing of it is to be seen");
    let name = desk.digest(seq, "/witness/name");
    desk.append(&own("e1", erasure(seq, &[name])));
    desk.append(&own("e2", erasure(seq, &[desk.digest(seq, "/contact"), desk.digest(seq, "/notes")])));
    desk.archive().rebuild(true, None).unwrap();
    assert_eq!(found(&desk, &secrets), [""; 0]);
    // The search finds what is there: each secret in each of its forms.
    for secret in &secrets {
        for form in disguises(secret) {
            let planted = desk.path.join("projections/planted");
            fs::write(&planted, [b"..".as_slice(), &form, b".."].concat()).unwrap();
            assert_eq!(found(&desk, &secrets), ["projections/planted"]);
            fs::remove_file(&planted).unwrap();
        }
    }
}

#[test]
fn nothing_of_an_erased_fields_ciphertext_or_data_key_is_left() {
    let desk = Desk::new();
    let seq = desk.append(&report("r1", FIELDS)).seq;
    let name = desk.digest(seq, "/witness/name");
    let entry = |desk: &Desk, end: &str, length: usize| -> Vec<u8> {
        let files = desk.files();
        let (_, bytes) = files.iter().find(|(file, _)| file.ends_with(end)).unwrap();
        let at = memchr::memmem::find(bytes, name.as_bytes()).unwrap();
        bytes[at + 32..at + 32 + length].to_vec()
    };
    let (closed, wrapped) = (entry(&desk, ".annex", 24 + 272), entry(&desk, ".keys", 24 + 48));
    desk.append(&own("e1", erasure(seq, &[name])));
    for (file, bytes) in desk.files() {
        for part in closed.chunks_exact(16).chain(wrapped.chunks_exact(16)) {
            assert!(!contains(&bytes, part), "{file}");
        }
    }
    assert_eq!(desk.states(seq), ["decoy", "erased", "open", "open"]);
}

#[test]
fn the_three_acts_are_not_confused() {
    let desk = Desk::new();
    let seq = desk.append(&report("r1", FIELDS)).seq;
    let (name, contact, notes) =
        (desk.digest(seq, "/witness/name"), desk.digest(seq, "/contact"), desk.digest(seq, "/notes"));
    let withheld = desk.append(&own("w", withholding(seq, &[name]))).seq;
    let disclosed = desk.append(&own("d", disclosure(seq, &[contact]))).seq;
    let erased = desk.append(&own("e", erasure(seq, &[notes]))).seq;
    let annex = desk.annex(seq);
    let of = |digest: Digest32| annex.fields.iter().find(|field| field.digest == digest).unwrap();
    assert_eq!(of(name).state, FieldState::Withheld(withheld));
    assert!(matches!(&of(contact).state, FieldState::Open(field) if field.pointer() == "/contact"));
    assert_eq!(of(contact).disclosed_in, [disclosed]);
    assert_eq!(of(notes).state, FieldState::Erased(erased));
    // What is withheld is still here for whoever may look; what is erased is not.
    let archive = desk.archive();
    let all = archive.annex(seq, Withheld::Opened).unwrap().unwrap();
    let opened: Vec<&str> = all.open_fields().map(|(_, field)| field.pointer()).collect();
    assert!(opened.contains(&"/witness/name") && opened.contains(&"/contact") && !opened.contains(&"/notes"));
    assert_eq!(sealed_check(&desk).verdict, Verdict::Ok);
}

#[test]
fn a_withheld_field_can_be_erased_and_an_erased_one_is_not_shown_at_an_earlier_moment_of_knowledge() {
    let desk = Desk::new();
    let seq = desk.append(&report("r1", FIELDS)).seq;
    let name = desk.digest(seq, "/witness/name");
    desk.append(&own("w", withholding(seq, &[name])));
    let erased = desk.append(&own("e", erasure(seq, &[name]))).seq;
    let annex = desk.annex(seq);
    let field = annex.fields.iter().find(|field| field.digest == name).unwrap();
    assert_eq!(field.state, FieldState::Erased(erased));
}

#[test]
fn an_erasure_that_was_put_back_from_a_backup_is_carried_out_again() {
    let desk = Desk::new();
    let seq = desk.append(&report("r1", FIELDS)).seq;
    let other = desk.append(&report("r2", FIELDS)).seq;
    let backup = tempfile::tempdir().unwrap();
    for part in ["vault", "keys"] {
        copy(&desk.path.join(part), &backup.path().join(part));
    }
    let name = desk.digest(seq, "/witness/name");
    desk.append(&own("e1", erasure(seq, &[name])));
    desk.append(&own("e2", erasure(other, &desk.all_digests(other))));
    for part in ["vault", "keys/vault"] {
        copy(&backup.path().join(part), &desk.path.join(part));
    }
    // Until somebody opens the ledger for writing, it is said plainly; and the value is not shown meanwhile.
    let check = sealed_check(&desk);
    assert_eq!(check.verdict, Verdict::Violated, "{check:?}");
    assert!(check.detail.contains("5 erased and still here"), "{}", check.detail);
    assert_eq!(check.findings.iter().map(|finding| finding.seq).min(), Some(seq));
    assert_eq!(desk.states(seq).iter().filter(|state| **state == "erasure_pending").count(), 1);
    assert!(!desk.opened(seq).iter().any(|(pointer, _)| pointer == "/witness/name"));
    let mut ledger = desk.ledger();
    assert!(ledger.take_notices().contains(&Notice::ErasuresFinished { records: 2 }));
    drop(ledger);
    assert_eq!(desk.states(seq).iter().filter(|state| **state == "erased").count(), 1);
    assert_eq!(desk.opened(seq).len(), 2, "what was not erased stays");
    let check = sealed_check(&desk);
    assert_eq!((check.verdict, check.findings), (Verdict::Ok, Vec::new()));
    assert_eq!(desk.ledger().take_notices(), [], "done once, there is nothing left to do");
}

#[test]
fn an_old_copy_of_the_ciphertexts_alone_gives_nothing_back() {
    let desk = Desk::new();
    let seq = desk.append(&report("r1", FIELDS)).seq;
    let backup = tempfile::tempdir().unwrap();
    copy(&desk.path.join("vault"), backup.path());
    let name = desk.digest(seq, "/witness/name");
    desk.append(&own("e1", erasure(seq, &[name])));
    // Somebody with the old ciphertexts, the vault key and today's data keys: the key of this field is not among them.
    copy(backup.path(), &desk.path.join("vault"));
    let archive = desk.archive();
    let entries =
        archive.vault().unwrap().open(&archive.annex(seq, Withheld::Closed).unwrap().unwrap().record, &[name]);
    assert_eq!(entries.unwrap(), [ceasefire_ledger::vault::Entry::Damaged("its data key is gone")]);
}

#[test]
fn a_field_that_is_gone_without_a_record_is_withheld_or_lost() {
    let desk = Desk::new();
    let seq = desk.append(&report("r1", FIELDS)).seq;
    desk.append(&report("r2", FIELDS));
    let archive = desk.archive();
    let vault = archive.vault().unwrap();
    let name = desk.digest(seq, "/witness/name");
    vault.erase(&desk.annex(seq).record, &[name]).unwrap();
    let check = sealed_check(&desk);
    assert_eq!(check.verdict, Verdict::CannotTell);
    let findings: Vec<_> = check.findings.iter().map(|finding| (finding.seq, finding.what.as_str())).collect();
    assert_eq!(findings, [(seq, "1 of its digests are withheld or lost: not in the vault, and erased by no record")]);
    assert_eq!(desk.states(seq).iter().filter(|state| **state == "withheld_or_lost").count(), 1);
    // The whole file: the same answer for each of its digests.
    vault.discard(&desk.annex(seq).record).unwrap();
    let check = sealed_check(&desk);
    assert_eq!((check.verdict, check.findings.len()), (Verdict::CannotTell, 1));
    assert!(check.detail.contains("4 withheld or lost"), "{}", check.detail);
}

#[test]
fn a_damaged_vault_says_nothing_against_the_log() {
    let desk = Desk::new();
    let seq = desk.append(&report("r1", FIELDS)).seq;
    let (file, bytes) = desk.files().into_iter().find(|(file, _)| file.starts_with("vault/")).unwrap();
    let report_of = |desk: &Desk| desk.archive().verify(ceasefire_ledger::VerifyQuestion::default()).unwrap();
    for at in [0, 40, bytes.len() / 2, bytes.len() - 1] {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        fs::write(desk.path.join(&file), changed).unwrap();
        let report = report_of(&desk);
        assert_eq!(report.verdict(), Verdict::CannotTell, "byte {at}: {report:?}");
        let sealed = report.checks.iter().find(|check| check.name == "sealed").unwrap();
        assert_eq!(sealed.findings.iter().map(|finding| finding.seq).min(), Some(seq), "byte {at}");
    }
    fs::write(desk.path.join(&file), &bytes[..bytes.len() / 2]).unwrap();
    assert_eq!(report_of(&desk).verdict(), Verdict::CannotTell);
    // An erasure that cannot be carried out stays pending and is said; mended, it is carried out.
    let annex = desk.annex(seq);
    let mut ledger = desk.ledger();
    ledger.append(&own("e", erasure(seq, &[annex.fields[0].digest]))).unwrap();
    let notices = ledger.take_notices();
    assert!(
        matches!(notices.as_slice(), [Notice::VaultUnready { why }] if why.contains("not carried out yet")),
        "{notices:?}"
    );
    drop(ledger);
    fs::write(desk.path.join(&file), &bytes).unwrap();
    assert!(desk.ledger().take_notices().contains(&Notice::ErasuresFinished { records: 1 }));
    assert_eq!(report_of(&desk).verdict(), Verdict::Ok);
}

#[test]
fn a_copy_without_vault_and_keys_is_whole_and_says_what_it_does_not_hold() {
    let desk = Desk::new();
    let seq = desk.append(&report("r1", FIELDS)).seq;
    desk.append(&own("e", erasure(seq, &[desk.digest(seq, "/notes")])));
    fs::remove_dir_all(desk.path.join("vault")).unwrap();
    let check = sealed_check(&desk);
    assert_eq!(check.verdict, Verdict::CannotTell, "whoever has the keys should have the vault: {check:?}");
    fs::remove_dir_all(desk.path.join("keys")).unwrap();
    let check = sealed_check(&desk);
    assert_eq!(check.verdict, Verdict::Ok);
    let expected = "4 digests of 1 records, 1 erased and gone, 3 withheld or lost: this copy has no vault";
    assert_eq!(check.detail, expected);
}

#[test]
fn files_of_the_vault_that_no_record_knows_are_named() {
    let desk = Desk::new();
    desk.append(&report("r1", FIELDS));
    let elsewhere = Desk::new();
    elsewhere.append(&report("other", FIELDS));
    copy(&elsewhere.path.join("vault"), &desk.path.join("vault"));
    let check = sealed_check(&desk);
    assert_eq!(check.verdict, Verdict::CannotTell);
    assert!(check.detail.ends_with("1 files in the vault belong to no record"), "{}", check.detail);
}

#[test]
fn a_decision_about_fields_that_the_target_does_not_seal_is_a_violation_of_the_log() {
    use ceasefire_ledger::log::{DiskStorage, LogSettings, LogWriter, NewBody, Storage, TornPolicy};
    let desk = Desk::new();
    let seq = desk.append(&report("r1", FIELDS)).seq;
    // Somebody with the disk writes past the rules.
    let body = desk.ledger().body(&own("e", erasure(seq, &[Digest32::new([9; 32])]))).to_text().unwrap();
    let storage: std::sync::Arc<dyn Storage> = std::sync::Arc::new(DiskStorage::open(desk.folder().log()).unwrap());
    let seal = Box::new(|_: &_| String::new());
    let mut opened =
        LogWriter::open(storage, LogSettings::default(), crate::desk::clock(), seal, TornPolicy::Refuse).unwrap();
    opened.writer.append(&[NewBody { body: &body, signature: None }]).unwrap();
    drop(opened);
    let check = sealed_check(&desk);
    assert_eq!(check.verdict, Verdict::Violated);
    let findings: Vec<_> = check.findings.iter().map(|finding| (finding.seq, finding.what.as_str())).collect();
    assert_eq!(findings, [(Seq::new(5), "it decides about fields that its target does not seal")]);
}
