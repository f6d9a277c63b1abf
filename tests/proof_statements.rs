//! What is signed, cosigned, asked of a witness and sealed: from the making to the judging, and every refusal between.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test stops at the first surprise"
)]

use std::fmt::Write;

use ceasefire_ledger::proof::{
    AddCheckpointRequest, BodySigner, BundleError, Checkpoint, CheckpointError, CosignError, Disclosure,
    DisclosureError, DisclosureVerdict, ENTRY_LENGTH_MAX, EntryBundle, KeyName, MemoryTree, NOTE_LENGTH_MAX, Note,
    NoteError, NoteSignature, OpenCheckpointError, ParseKeyError, Policy, PolicyFault, PolicyVerdict, PosixTime,
    REQUEST_HASHES_MAX, SealError, SealedList, SealedListError, SignCheckpointError, SignatureType, SignerKey,
    TREE_SIZE_MAX, TlogProof, TlogProofError, TreeHash, UnmetParty, WitnessRequestError, cosign, empty_root, leaf_hash,
    prove_consistency, prove_inclusion, tree_root,
};
use ceasefire_ledger::vocab::Digest32;
use proptest::prelude::*;

fn name(text: &str) -> KeyName {
    text.parse().unwrap()
}

fn log_key() -> SignerKey {
    SignerKey::from_seed(name("ceasefire.example/log"), SignatureType::Ed25519, &[9; 32])
}

fn witness_key(number: u8) -> SignerKey {
    SignerKey::from_seed(name(&format!("witness.example/w{number}")), SignatureType::CosignatureV1, &[number; 32])
}

fn checkpoint(size: u64) -> Checkpoint {
    let root = if size == 0 { empty_root() } else { leaf_hash(b"root") };
    Checkpoint::new(name("ceasefire.example/log"), size, root).unwrap()
}

fn at(seconds: u64) -> PosixTime {
    PosixTime::from_seconds(seconds).unwrap()
}

/// Two of these three: witnesses 1 and 2, witness 3 or 4, witness 5.
fn nested_policy() -> Policy {
    let mut text = format!("log {}\n", log_key().verifier());
    for number in 1..=5 {
        writeln!(text, "witness w{number} {}", witness_key(number).verifier()).unwrap();
    }
    text += "group parties all w1 w2\ngroup others 1 w3 w4\ngroup three 2 parties others w5\nquorum three\n";
    Policy::parse(text.as_bytes()).unwrap()
}

fn cosigned_by(numbers: &[u8]) -> Note {
    let mut note = checkpoint(3).sign(&log_key()).unwrap();
    for &number in numbers {
        note.append(cosign(&checkpoint(3), &witness_key(number), at(number.into())).unwrap()).unwrap();
    }
    note
}

#[test]
fn a_nested_quorum_counts_groups_as_it_counts_witnesses() {
    let policy = nested_policy();
    for bits in 0..32_u8 {
        let present: Vec<u8> = (1..=5).filter(|number| bits >> (number - 1) & 1 == 1).collect();
        let has = |number| present.contains(&number);
        let met = usize::from(has(1) && has(2)) + usize::from(has(3) || has(4)) + usize::from(has(5)) >= 2;
        let judgement = policy.evaluate(&cosigned_by(&present)).unwrap();
        assert_eq!(judgement.verdict == PolicyVerdict::Satisfied, met, "{present:?}");
        let times: Vec<_> = judgement.cosigned.iter().map(|cosigned| (cosigned.witness.clone(), cosigned.at)).collect();
        let expected: Vec<_> = present.iter().map(|&number| (format!("w{number}"), at(number.into()))).collect();
        assert_eq!(times, expected);
        assert_eq!(judgement.checkpoint, checkpoint(3));
    }
}

#[test]
fn the_policy_that_is_shipped_asks_both_parties_and_the_mission() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/policies/both-parties-and-mission.policy");
    let policy = Policy::parse(&std::fs::read(path).unwrap()).unwrap();
    let seed: [u8; 32] = std::array::from_fn(|place| u8::try_from(place).unwrap());
    let log = SignerKey::from_seed(name("ceasefire.example/log"), SignatureType::Ed25519, &seed);
    let parties: Vec<SignerKey> = ["party-a", "party-b", "mission"]
        .iter()
        .zip(1..)
        .map(|(party, seed)| {
            SignerKey::from_seed(name(&format!("{party}.example/witness")), SignatureType::CosignatureV1, &[seed; 32])
        })
        .collect();
    for bits in 0..8_u8 {
        let mut note = checkpoint(3).sign(&log).unwrap();
        for (_, party) in parties.iter().enumerate().filter(|(place, _)| bits >> place & 1 == 1) {
            note.append(cosign(&checkpoint(3), party, at(1)).unwrap()).unwrap();
        }
        let satisfied = policy.evaluate(&note).unwrap().verdict == PolicyVerdict::Satisfied;
        assert_eq!(satisfied, bits == 7, "{bits:03b}");
    }
}

#[test]
fn an_unmet_quorum_names_who_is_missing_from_the_top_down() {
    let PolicyVerdict::NotSatisfied { unmet } = nested_policy().evaluate(&cosigned_by(&[1])).unwrap().verdict else {
        panic!("one witness satisfied the policy");
    };
    assert_eq!(
        unmet.iter().map(words).collect::<Vec<_>>(),
        ["three 0/2: parties others w5", "parties 1/2: w2", "others 0/1: w3 w4"],
    );
    let single = format!("witness w1 {}\nlog {}\nquorum w1\n", witness_key(1).verifier(), log_key().verifier());
    let single = Policy::parse(single.as_bytes()).unwrap();
    let PolicyVerdict::NotSatisfied { unmet } = single.evaluate(&cosigned_by(&[2])).unwrap().verdict else {
        panic!("an unknown witness satisfied the policy");
    };
    assert_eq!(unmet.iter().map(words).collect::<Vec<_>>(), ["w1 0/1: "]);
}

fn words(party: &UnmetParty) -> String {
    format!("{} {}/{}: {}", party.name, party.present, party.needed, party.missing.join(" "))
}

#[test]
fn the_latest_cosignature_of_a_witness_tells_its_time() {
    let mut note = cosigned_by(&[1, 2, 3]);
    note.append(cosign(&checkpoint(3), &witness_key(1), at(1_602_979_200)).unwrap()).unwrap();
    note.append(cosign(&checkpoint(3), &witness_key(1), at(50)).unwrap()).unwrap();
    let judgement = nested_policy().evaluate(&note).unwrap();
    assert_eq!(judgement.cosigned[0].at, at(1_602_979_200));
    assert_eq!(judgement.cosigned.len(), 3);
}

#[test]
fn keys_sign_only_what_they_are_for() {
    let foreign = SignerKey::from_seed(name("other.example/log"), SignatureType::Ed25519, &[9; 32]);
    assert_eq!(
        checkpoint(3).sign(&foreign),
        Err(SignCheckpointError::ForeignKey { origin: name("ceasefire.example/log"), key: name("other.example/log") })
    );
    let witness = SignerKey::from_seed(name("ceasefire.example/log"), SignatureType::CosignatureV1, &[9; 32]);
    assert_eq!(checkpoint(3).sign(&witness), Err(SignCheckpointError::Note(NoteError::KeyType)));
    assert_eq!(cosign(&checkpoint(3), &log_key(), at(1)), Err(CosignError::KeyType));
    let note = checkpoint(3).sign(&log_key()).unwrap();
    assert_eq!(Checkpoint::open(&note, log_key().verifier()), Ok(checkpoint(3)));
    assert_eq!(Checkpoint::open(&note, witness.verifier()), Err(OpenCheckpointError::KeyType));
}

#[test]
fn a_private_key_is_read_only_under_its_own_name_and_id() {
    let text = log_key().to_secret_text();
    assert_eq!(SignerKey::parse(&text).unwrap().verifier(), log_key().verifier());
    let renamed = text.replace("ceasefire.example", "other.example");
    assert!(matches!(
        SignerKey::parse(&renamed),
        Err(ParseKeyError::Id { actual, .. }) if actual == log_key().verifier().id()
    ));
    let public = log_key().verifier().to_string();
    assert!(matches!(SignerKey::parse(&public), Err(ParseKeyError::PrivatePrefix)));
}

#[test]
fn a_policy_is_at_most_65536_bytes_long() {
    let padded = |length: usize| "#".repeat(length - "\nquorum none\n".len()) + "\nquorum none\n";
    assert!(Policy::parse(padded(65_536).as_bytes()).is_ok());
    let refused = Policy::parse(padded(65_537).as_bytes()).unwrap_err();
    assert_eq!((refused.line, refused.fault), (1, PolicyFault::TooLong));
}

#[test]
fn sizes_and_times_end_at_two_to_the_sixty_three() {
    assert_eq!(PosixTime::from_seconds(TREE_SIZE_MAX).map(PosixTime::as_seconds), Some(TREE_SIZE_MAX));
    assert_eq!(PosixTime::from_seconds(TREE_SIZE_MAX + 1), None);
    let origin = || name("ceasefire.example/log");
    assert_eq!(Checkpoint::new(origin(), TREE_SIZE_MAX + 1, leaf_hash(b"")), Err(CheckpointError::Size));
    assert_eq!(Checkpoint::new(origin(), 0, leaf_hash(b"")), Err(CheckpointError::EmptyRoot));
    assert_eq!(checkpoint(0).root(), empty_root());
}

#[test]
fn secrets_do_not_show_in_debug_output() {
    let secret = log_key().to_secret_text();
    let encoded = secret.rsplit('+').next().unwrap();
    assert!(!format!("{:?}", log_key()).contains(encoded));
    assert!(!format!("{:?}", log_key()).contains("9, 9, 9"));
    assert!(!format!("{:?}", BodySigner::from_seed(&[9; 32])).contains("9, 9, 9"));
    let disclosure = Disclosure::new(&[9; 32], "/victim/name", "\"Aram\"").unwrap();
    assert!(!format!("{disclosure:?}").contains("Aram"));
}

#[test]
fn a_note_keeps_its_limits() {
    assert_eq!(Note::new("no end"), Err(NoteError::TextEnd));
    assert_eq!(Note::new("bell\u{7}\n"), Err(NoteError::ControlCharacter { at: 4 }));
    let long = "x".repeat(NOTE_LENGTH_MAX);
    assert_eq!(Note::new(long + "\n"), Err(NoteError::TooLong { actual: NOTE_LENGTH_MAX + 1 }));
    assert!(matches!(Note::parse(&vec![b'\n'; NOTE_LENGTH_MAX + 1]), Err(NoteError::TooLong { .. })));
    let mut note = Note::new("text\n").unwrap();
    let line = NoteSignature::parse_line("— a AAAAAAA=").unwrap();
    (0..100).for_each(|_| note.append(line.clone()).unwrap());
    assert_eq!(note.append(line), Err(NoteError::TooManySignatures));
    assert_eq!(Note::parse(note.to_string().as_bytes()), Ok(note));
}

#[test]
fn a_request_carries_at_most_63_hashes() {
    let note = checkpoint(100).sign(&log_key()).unwrap();
    let hashes = vec![leaf_hash(b""); REQUEST_HASHES_MAX];
    let request = AddCheckpointRequest::new(5, hashes.clone(), note.clone()).unwrap();
    assert_eq!(AddCheckpointRequest::parse(request.to_string().as_bytes()), Ok(request));
    let more = [hashes, vec![leaf_hash(b"")]].concat();
    assert_eq!(AddCheckpointRequest::new(5, more.clone(), note.clone()), Err(WitnessRequestError::TooManyHashes));
    assert_eq!(TlogProof::new(5, more, note.clone()), Err(TlogProofError::TooManyHashes));
    assert_eq!(
        AddCheckpointRequest::new(101, Vec::new(), note),
        Err(WitnessRequestError::OldLargerThanNew { old_size: 101, new_size: 100 })
    );
}

#[test]
fn a_request_about_a_log_of_up_to_65536_records_fits_into_a_kilobyte_whatever_the_witness_knows() {
    let mut tree = MemoryTree::new();
    for number in 0..65_536_u32 {
        tree.append(leaf_hash(&number.to_be_bytes()));
    }
    let origin = name("ceasefire-mission.example/log-of-2026");
    let signer = SignerKey::from_seed(origin.clone(), SignatureType::Ed25519, &[9; 32]);
    let longest = |size: u64| {
        let requests = [1, size / 2, size / 2 + 1, size - 2, size - 1].into_iter().map(|old| {
            let hashes = prove_consistency(&tree, old, size).unwrap();
            let root = tree_root(&tree, size).unwrap();
            let note = Checkpoint::new(origin.clone(), size, root).unwrap().sign(&signer).unwrap();
            AddCheckpointRequest::new(old, hashes, note).unwrap().to_string().len()
        });
        requests.max().unwrap()
    };
    let sizes = [longest(256), longest(65_535), longest(65_536)];
    assert!(sizes.iter().all(|bytes| *bytes <= 1_024), "{sizes:?}");
    // It is the number of hashes that counts: not much is left at this size.
    assert!(sizes[2] > 950, "{sizes:?}");
}

#[test]
fn a_bundle_holds_1_to_256_entries_of_at_most_65535_bytes() {
    let longest = vec![7; ENTRY_LENGTH_MAX];
    let full = EntryBundle::new(vec![longest.as_slice(); 256]).unwrap();
    assert_eq!(EntryBundle::parse(&full.to_bytes(), 256), Ok(full.clone()));
    assert_eq!(EntryBundle::new(vec![b"".as_slice(); 257]), Err(BundleError::Width { expected: None, actual: 257 }));
    assert_eq!(EntryBundle::new(Vec::new()), Err(BundleError::Width { expected: None, actual: 0 }));
    assert_eq!(EntryBundle::parse(&[], 0), Err(BundleError::Width { expected: None, actual: 0 }));
    let longer = vec![7; ENTRY_LENGTH_MAX + 1];
    assert_eq!(EntryBundle::new(vec![b"", &longer]), Err(BundleError::EntryTooLong { entry: 1 }));
}

fn sealed(count: usize) -> Vec<Disclosure> {
    (0..count)
        .map(|i| Disclosure::new(&[u8::try_from(i).unwrap(); 32], &format!("/witness/{i}"), &i.to_string()).unwrap())
        .collect()
}

/// Different bytes at each call.
fn counting() -> impl FnMut(&mut [u8; 32]) {
    let mut next = 0;
    move |bytes| {
        next += 1;
        *bytes = [next; 32];
    }
}

#[test]
fn the_length_of_a_sealed_list_tells_only_its_class() {
    for count in 0..=32 {
        let disclosures = sealed(count);
        let list = SealedList::seal(&disclosures, counting()).unwrap();
        let expected = [0, 4, 8, 16, 32].into_iter().find(|&length| count <= length).unwrap();
        assert_eq!(list.digests().len(), expected, "{count} fields");
        assert!(disclosures.iter().all(|disclosure| list.check(disclosure) == DisclosureVerdict::SealedHere));
        let texts: Vec<_> = list.digests().iter().map(ToString::to_string).collect();
        let recorded: Vec<Digest32> = list.digests().iter().copied().map(Digest32::from).collect();
        assert!(recorded.iter().map(ToString::to_string).is_sorted());
        if count > 0 {
            assert_eq!(SealedList::parse(&texts).as_ref(), Ok(&list));
            assert_eq!(SealedList::of_record(&recorded), Ok(list));
        }
    }
    assert_eq!(SealedList::seal(&sealed(33), counting()), Err(SealError::TooManyFields { actual: 33 }));
}

#[test]
fn a_record_whose_digests_are_out_of_order_or_of_another_number_is_refused_with_the_place() {
    let list = SealedList::seal(&sealed(5), counting()).unwrap();
    let recorded: Vec<Digest32> = list.digests().iter().copied().map(Digest32::from).collect();
    let mut swapped = recorded.clone();
    swapped.swap(2, 3);
    assert_eq!(SealedList::of_record(&swapped), Err(SealedListError::Order { at: 3 }));
    swapped[3] = swapped[2];
    assert_eq!(SealedList::of_record(&swapped), Err(SealedListError::Order { at: 3 }));
    for actual in [0, 1, 7] {
        assert_eq!(SealedList::of_record(&recorded[..actual]), Err(SealedListError::Length { actual }));
    }
}

#[test]
fn sealing_refuses_a_repeated_field_and_bad_randomness() {
    let twice = [sealed(1), sealed(1)].concat();
    assert_eq!(SealedList::seal(&twice, counting()), Err(SealError::RepeatedPointer { pointer: "/witness/0".into() }));
    assert_eq!(SealedList::seal(&sealed(1), |_| ()), Err(SealError::Randomness));
}

#[test]
fn a_disclosure_of_another_record_pointer_value_or_salt_is_not_sealed_here() {
    let here = Disclosure::new(&[1; 32], "/witness/name", "\"Aram\"").unwrap();
    let list = SealedList::seal(&[here], counting()).unwrap();
    for (salt, pointer, value) in
        [(1, "/victim/name", "\"Aram\""), (1, "/witness/name", "\"Ara\""), (2, "/witness/name", "\"Aram\"")]
    {
        let other = Disclosure::new(&[salt; 32], pointer, value).unwrap();
        assert_eq!(list.check(&other), DisclosureVerdict::NotSealedHere, "{salt} {pointer} {value}");
    }
    let elsewhere = SealedList::seal(&sealed(1), counting()).unwrap();
    let here = Disclosure::new(&[1; 32], "/witness/name", "\"Aram\"").unwrap();
    assert_eq!(elsewhere.check(&here), DisclosureVerdict::NotSealedHere);
    assert_eq!(list.check(&here), DisclosureVerdict::SealedHere);
}

#[test]
fn a_field_that_is_no_json_or_has_no_pointer_is_not_sealed() {
    assert_eq!(Disclosure::new(&[0; 32], "/a", "{"), Err(DisclosureError::Value));
    assert_eq!(Disclosure::new(&[0; 32], "/a", "1 2"), Err(DisclosureError::Value));
    for pointer in ["", "a", "/a~", "/a~2b"] {
        assert_eq!(Disclosure::new(&[0; 32], pointer, "1"), Err(DisclosureError::Pointer), "{pointer:?}");
    }
    let kept = Disclosure::new(&[0; 32], "/a~1b/~0", "{\"n\" : 1.50, \"n\": 2}").unwrap();
    assert_eq!((kept.pointer(), kept.value()), ("/a~1b/~0", "{\"n\" : 1.50, \"n\": 2}"));
}

proptest! {
    #[test]
    fn a_proof_file_proves_its_own_entry_and_no_other(
        size in 1..600_u64, pick in any::<prop::sample::Index>(), extra in prop::option::of("[a-z]{0,9}"),
    ) {
        let entry = |i: u64| format!("{{\"seq\":{}}}", i + 1).into_bytes();
        let mut tree = MemoryTree::new();
        tree.extend((0..size).map(|i| leaf_hash(&entry(i))));
        let root: TreeHash = tree_root(&tree, size).unwrap();
        let note = Checkpoint::new(name("ceasefire.example/log"), size, root).unwrap().sign(&log_key()).unwrap();
        let index = pick.index(size as usize) as u64;
        let mut proof = TlogProof::new(index, prove_inclusion(&tree, index, size).unwrap(), note).unwrap();
        if let Some(extra) = extra {
            proof = proof.with_extra(extra.into_bytes());
        }
        let read = TlogProof::parse(proof.to_string().as_bytes()).unwrap();
        prop_assert_eq!(&read, &proof);
        let policy = Policy::parse(format!("log {}\nquorum none\n", log_key().verifier()).as_bytes()).unwrap();
        prop_assert_eq!(read.verify(&entry(index), &policy).unwrap().verdict, PolicyVerdict::Satisfied);
        prop_assert!(read.verify(&entry(index + 1), &policy).is_err());
    }

    #[test]
    fn one_bit_changed_in_a_body_or_its_signature_is_noticed(
        seed in any::<[u8; 32]>(), body in prop::collection::vec(any::<u8>(), 1..100),
        place in any::<prop::sample::Index>(), bit in 0..8_u32,
    ) {
        let signer = BodySigner::from_seed(&seed);
        let signature = signer.sign(&body);
        prop_assert_eq!(signer.verifier().verify(&body, &signature), Ok(()));
        let mut other = body.clone();
        other[place.index(body.len())] ^= 1_u8 << bit;
        prop_assert!(signer.verifier().verify(&other, &signature).is_err());
        let mut bytes = *signature.as_bytes();
        bytes[place.index(64)] ^= 1_u8 << bit;
        let other = ceasefire_ledger::proof::BodySignature::from_bytes(bytes);
        prop_assert!(signer.verifier().verify(&body, &other).is_err());
    }

    #[test]
    fn any_field_is_sealed_and_read_again(salt in any::<[u8; 32]>(), key in "[^~]{0,20}", value in "\\PC{0,40}") {
        let value = serde_json::to_string(&value).unwrap();
        let disclosure = Disclosure::new(&salt, &format!("/{key}"), &value).unwrap();
        let read: Disclosure = disclosure.as_str().parse().unwrap();
        prop_assert_eq!((read.pointer(), read.value()), (&*format!("/{key}"), &*value));
        prop_assert_eq!(read, disclosure);
    }
}
