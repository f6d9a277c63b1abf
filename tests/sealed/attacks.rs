//! What somebody tries who has the log, a disclosure, or a list of names.

use base64ct::{Base64UrlUnpadded, Encoding};
use ceasefire_ledger::Verdict;
use ceasefire_ledger::proof::{
    Disclosure, DisclosureDigest, DisclosureFile, DisclosureFileError, DisclosureVerdict, SealedList,
};
use ceasefire_ledger::vocab::{Digest32, Seq};

use rayon::prelude::*;

use crate::desk::{Desk, erasure, own, report, sealed_check};

const FIELDS: &[(&str, &str)] = &[("/witness/name", "Aram Khachaturian"), ("/contact", "+374 10 000000")];

fn open(desk: &Desk, seq: Seq) -> Vec<Disclosure> {
    let annex = desk.annex(seq);
    let mut fields: Vec<Disclosure> = annex.open_fields().map(|(_, field)| field.clone()).collect();
    fields.sort_by(|a, b| a.pointer().cmp(b.pointer()));
    fields
}

#[test]
fn a_disclosure_moved_to_another_record_or_field_is_rejected() {
    let desk = Desk::new();
    let (here, there) = (desk.append(&report("r1", FIELDS)).seq, desk.append(&report("r2", FIELDS)).seq);
    let (fields, others) = (open(&desk, here), open(&desk, there));
    let (line, other_line) = (desk.annex(here).line, desk.annex(there).line);
    let checked = DisclosureFile::of(&line, &fields, None).check().unwrap();
    assert_eq!((checked.seq, checked.fields.len(), checked.sealed), (here, 2, 4));
    assert_eq!(checked.fields, fields);

    // Moved to another record, alone or behind a good one.
    for moved in [vec![others[1].clone()], vec![fields[0].clone(), others[1].clone()]] {
        let index = moved.len() - 1;
        let error = DisclosureFile::of(&line, &moved, None).check().unwrap_err();
        assert!(matches!(error, DisclosureFileError::NotSealedHere { index: at } if at == index), "{error:?}");
        assert!(error.is_refutation());
    }
    assert!(DisclosureFile::of(&other_line, &fields, None).check().unwrap_err().is_refutation());

    // The same salt and value under another pointer, and another value under the same.
    let (salt, pointer, value) = parts(&fields[1]);
    assert_eq!((pointer.as_str(), value.as_str()), ("/witness/name", "\"Aram Khachaturian\""));
    assert_eq!(Disclosure::new(&salt, &pointer, &value).unwrap(), fields[1], "the parts are put together as they were");
    for (pointer, value) in [("/victim/name", value.as_str()), ("/witness/name", "\"Aram Khachaturyan\"")] {
        let forged = Disclosure::new(&salt, pointer, value).unwrap();
        let error = DisclosureFile::of(&line, &[forged], None).check().unwrap_err();
        assert!(matches!(error, DisclosureFileError::NotSealedHere { index: 0 }), "{error:?}");
    }
    // A decoy's digest is no field's, whatever is put before it.
    let decoys = desk.annex(here).fields.iter().filter(|field| field.state.word() == "decoy").count();
    assert_eq!(decoys, 2);
}

fn parts(field: &Disclosure) -> ([u8; 32], String, String) {
    let json = Base64UrlUnpadded::decode_vec(field.as_str()).unwrap();
    let (salt, pointer, value): (String, String, Box<serde_json::value::RawValue>) =
        serde_json::from_slice(&json).unwrap();
    let salt = Base64UrlUnpadded::decode_vec(&salt).unwrap().try_into().unwrap();
    (salt, pointer, value.get().to_owned())
}

#[test]
fn a_file_of_another_form_proves_nothing_and_refutes_nothing() {
    let desk = Desk::new();
    let seq = desk.append(&report("r1", FIELDS)).seq;
    let plain = desk.append(&report("r2", &[])).seq;
    let good = DisclosureFile::of(&desk.annex(seq).line, &open(&desk, seq), None);
    let text = good.to_text().unwrap();
    assert_eq!(DisclosureFile::read(&text).unwrap(), good);
    for wrong in [
        text.replace("disclosures/1", "disclosures/2"),
        text.replace("\"line\"", "\"lines\""),
        text.replacen('{', "{\"schema\":\"ceasefire.disclosures/1\",", 1),
        text.trim_end().trim_end_matches('}').to_owned(),
        String::new(),
    ] {
        let error = DisclosureFile::read(&wrong).unwrap_err();
        assert!(!error.is_refutation(), "{error:?}");
    }
    let nothing = DisclosureFile { disclosures: Vec::new(), ..good.clone() };
    assert!(matches!(nothing.check(), Err(DisclosureFileError::Nothing)));
    let no_line = DisclosureFile { line: "{}".to_owned(), ..good.clone() };
    assert!(matches!(no_line.check(), Err(DisclosureFileError::Line(_))));
    let unsealed = DisclosureFile { line: desk.annex(plain).line, ..good.clone() };
    assert!(matches!(unsealed.check(), Err(DisclosureFileError::List(_))));
    let no_disclosure = DisclosureFile { disclosures: vec!["x".to_owned()], ..good };
    assert!(matches!(no_disclosure.check(), Err(DisclosureFileError::Disclosure { index: 0, .. })));
}

/// The n-th of a million names; the witness's is among them.
fn name(number: u32) -> String {
    if number == 765_432 {
        return "\"Aram Khachaturian\"".to_owned();
    }
    format!("\"Name {} Family {}\"", number % 1_000, number / 1_000)
}

/// Tries a million names under each of these salts, on all cores, and gives the first that fits.
fn search(sealed: &SealedList, salts: &[[u8; 32]]) -> Option<String> {
    let prefixes: Vec<String> = salts.iter().map(beginning).collect();
    (0..1_000_000_u32).into_par_iter().map(name).find_first(|name| {
        let mut text = [0; 256];
        prefixes.iter().any(|prefix| {
            let json = [prefix.as_bytes(), name.as_bytes(), b"]"].concat();
            let text = Base64UrlUnpadded::encode(&json, &mut text).unwrap();
            sealed.digests().contains(&DisclosureDigest::of_text(text))
        })
    })
}

/// What a disclosure of the witness's name begins with: the salt and the pointer.
fn beginning(salt: &[u8; 32]) -> String {
    format!("[\"{}\",\"/witness/name\",", Base64UrlUnpadded::encode_string(salt))
}

#[test]
fn a_million_names_find_nothing_against_a_digest_whose_salt_is_gone() {
    let desk = Desk::new();
    let seq = desk.append(&report("r1", FIELDS)).seq;
    let fields = open(&desk, seq);
    let ((contact_salt, ..), (salt, ..)) = (parts(&fields[0]), parts(&fields[1]));
    let digests = desk.all_digests(seq);
    let sealed = SealedList::of_record(&digests).unwrap();
    // With the salt the name is found: the search is a real one.
    assert_eq!(search(&sealed, &[salt]).as_deref(), Some("\"Aram Khachaturian\""));
    desk.append(&own("e", erasure(seq, &[fields[1].digest().into()])));
    assert!(desk.all_digests(seq).contains(&fields[1].digest().into()), "the digest stays");
    assert_eq!(sealed_check(&desk).verdict, Verdict::Ok);
    // Without it: what an attacker can think of. Zeros, the digest itself, the salt of the field that is still there.
    let guesses = [[0; 32], *fields[1].digest().as_bytes(), contact_salt];
    assert_eq!(search(&sealed, &guesses), None);
}

#[test]
fn equal_values_have_nothing_in_common_in_the_log() {
    let desk = Desk::new();
    let (one, two) = (desk.append(&report("r1", FIELDS)).seq, desk.append(&report("r2", FIELDS)).seq);
    let (one, two): (Vec<Digest32>, Vec<Digest32>) = (desk.all_digests(one), desk.all_digests(two));
    assert!(one.iter().all(|digest| !two.contains(digest)));
    let list = SealedList::of_record(&one).unwrap();
    let foreign = open(&desk, Seq::new(5));
    assert!(foreign.iter().all(|field| list.check(field) == DisclosureVerdict::NotSealedHere));
}
