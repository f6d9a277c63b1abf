//! Private parts on their way in: what is recorded, what is refused, and the same key twice.

use std::fs;

use ceasefire_ledger::event::Event;
use ceasefire_ledger::ledger::{AppendError, SubmittedBody, WouldAppend};
use ceasefire_ledger::log::AppendError as LogAppendError;
use ceasefire_ledger::record::Body;
use ceasefire_ledger::rules::counting::{COUNT_1, Lineage};
use ceasefire_ledger::vault::{Private, VaultFile};
use ceasefire_ledger::vocab::{Code, Digest32, Seq};
use ceasefire_ledger::{Submission, TallyQuestion, Verdict};

use crate::desk::{Desk, disclosure, erasure, own, private, release, report, sealed_check, withholding};

const WITNESS: &[(&str, &str)] = &[("/witness/name", "Aram Khachaturian"), ("/contact", "+374 10 000000")];

#[test]
fn a_private_part_is_sealed_and_only_its_digests_are_recorded() {
    let desk = Desk::new();
    let receipt = desk.append(&report("r1", WITNESS));
    assert_eq!(receipt.seq, Seq::new(4));
    let log = fs::read_to_string(desk.path.join("log/00000000000000000001.jsonl")).unwrap();
    let line = log.lines().nth(3).unwrap();
    assert!(!line.contains("Aram") && !line.contains("witness") && !line.contains("+374"), "{line}");
    let body = Body::read(line.split_once(r#""body":"#).unwrap().1.strip_suffix('}').unwrap()).unwrap();
    assert_eq!(body.sealed.unwrap(), desk.all_digests(receipt.seq));
    assert_eq!(
        desk.opened(receipt.seq),
        [("/contact", "\"+374 10 000000\""), ("/witness/name", "\"Aram Khachaturian\"")]
            .map(|(pointer, value)| (pointer.to_owned(), value.to_owned()))
    );
    assert_eq!(desk.states(receipt.seq), ["decoy", "decoy", "open", "open"]);
    let check = sealed_check(&desk);
    assert_eq!(check.verdict, Verdict::Ok, "{check:?}");
    assert_eq!(check.detail, "4 digests of 1 records, 4 opened and are what was sealed");
}

#[test]
fn what_a_record_holds_is_what_sha256sum_prints_of_a_disclosure() {
    use sha2::{Digest, Sha256};
    let desk = Desk::new();
    let receipt = desk.append(&report("r1", WITNESS));
    let annex = desk.annex(receipt.seq);
    assert_eq!(annex.open_fields().count(), 2);
    for (field, disclosure) in annex.open_fields() {
        let hash = Digest32::new(Sha256::digest(disclosure.as_str()).into());
        assert_eq!(hash, field.digest);
        assert!(annex.line.contains(&format!("\"{hash}\"")));
    }
}

#[test]
fn the_same_key_with_the_same_private_part_gives_the_first_receipt_again() {
    let desk = Desk::new();
    let first = desk.append(&report("r1", WITNESS));
    let before = desk.files();
    let mut swapped = WITNESS.to_vec();
    swapped.reverse();
    for fields in [WITNESS, &swapped] {
        let again = desk.ledger().append(&report("r1", fields)).unwrap();
        assert!(again.replayed);
        assert_eq!((again.seq, again.hash), (first.seq, first.hash));
    }
    let of_vault = |files: Vec<(String, Vec<u8>)>| {
        files.into_iter().filter(|(name, _)| name.contains("vault") || name.starts_with("log/")).collect::<Vec<_>>()
    };
    assert_eq!(of_vault(desk.files()), of_vault(before));
}

#[test]
fn the_same_key_with_another_private_part_is_a_conflict() {
    let desk = Desk::new();
    let first = desk.append(&report("r1", WITNESS));
    let others: [&[(&str, &str)]; 5] = [
        &[("/witness/name", "Aram Khachaturyan"), ("/contact", "+374 10 000000")],
        &[("/witness/name", "Aram Khachaturian")],
        &[("/witness/name", "Aram Khachaturian"), ("/contact", "+374 10 000000"), ("/notes", "x")],
        &[("/victim/name", "Aram Khachaturian"), ("/contact", "+374 10 000000")],
        &[],
    ];
    let mut ledger = desk.ledger();
    for fields in others {
        let error = ledger.append(&report("r1", fields)).unwrap_err();
        assert!(
            matches!(error, AppendError::KeyReused { earlier, .. } if earlier == first.seq),
            "{fields:?}: {error:?}"
        );
    }
    desk.archive();
    drop(ledger);
    let plain = desk.append(&report("r2", &[]));
    let error = desk.ledger().append(&report("r2", WITNESS)).unwrap_err();
    assert!(matches!(error, AppendError::KeyReused { earlier, .. } if earlier == plain.seq), "{error:?}");
}

#[test]
fn within_one_batch_the_same_is_one_record_and_other_content_is_a_conflict() {
    let desk = Desk::new();
    let mut ledger = desk.ledger();
    let receipts = ledger.append_batch(&[report("r1", WITNESS), report("r1", WITNESS)], None).unwrap();
    assert_eq!((receipts[0].seq, receipts[1].seq), (Seq::new(4), Seq::new(4)));
    assert!(!receipts[0].replayed && receipts[1].replayed);
    let batch = [report("r2", WITNESS), report("r2", &WITNESS[..1])];
    let error = ledger.append_batch(&batch, None).unwrap_err();
    assert!(matches!(error, AppendError::KeyReused { index: 1, earlier: Seq::NONE, .. }), "{error:?}");
    // The refused batch leaves nothing behind: the same key goes in with other content.
    let receipt = ledger.append(&report("r2", &WITNESS[..1])).unwrap();
    assert_eq!(receipt.seq, Seq::new(5));
}

#[test]
fn where_the_vault_cannot_say_the_same_key_is_neither_a_replay_nor_a_conflict() {
    let desk = Desk::new();
    let first = desk.append(&report("r1", WITNESS));
    let key = desk.path.join("keys/vault.key");
    let kept = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    let error = desk.ledger().append(&report("r1", WITNESS)).unwrap_err();
    assert!(matches!(error, AppendError::Uncertain { earlier, .. } if earlier == first.seq), "{error:?}");
    // More fields than digests stand for nothing else: that is another private part, whatever they say.
    let many: Vec<(String, &str)> = (0..5).map(|n| (format!("/{n}"), "x")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(pointer, text)| (pointer.as_str(), *text)).collect();
    let error = desk.ledger().append(&report("r1", &many)).unwrap_err();
    assert!(matches!(error, AppendError::KeyReused { .. }), "{error:?}");
    fs::write(&key, kept).unwrap();
    assert!(desk.ledger().append(&report("r1", WITNESS)).unwrap().replayed);
}

#[test]
fn what_was_erased_is_not_compared_and_does_not_come_back() {
    let desk = Desk::new();
    let first = desk.append(&report("r1", WITNESS));
    let name = desk.digest(first.seq, "/witness/name");
    desk.append(&own("e1", erasure(first.seq, &[name])));
    let again = desk.ledger().append(&report("r1", WITNESS)).unwrap();
    assert!(again.replayed && again.seq == first.seq);
    assert_eq!(desk.opened(first.seq).len(), 1, "the name stays erased");
    let other = [("/witness/name", "Aram Khachaturian"), ("/contact", "+374 10 000001")];
    let error = desk.ledger().append(&report("r1", &other)).unwrap_err();
    assert!(matches!(error, AppendError::KeyReused { .. }), "what is left is compared: {error:?}");
}

#[test]
fn digests_without_what_they_stand_for_are_refused() {
    let desk = Desk::new();
    let mut ledger = desk.ledger();
    let body = ledger.body(&report("r1", &[]));
    let sealed: Vec<Digest32> = (0..4).map(|byte| Digest32::new([byte; 32])).collect();
    let body = Body { sealed: Some(sealed), ..body };
    let batch = [(body.clone(), body.to_text().unwrap())];
    for error in [ledger.append_bodies(&batch, None).unwrap_err(), ledger.would_append(&batch).unwrap_err()] {
        assert!(matches!(error, AppendError::Undisclosed { index: 0 }), "{error:?}");
    }
    let mut rehearsal = ledger.rehearsal().unwrap();
    let submitted = batch.map(|(body, text)| SubmittedBody::unsigned(body, text));
    let error = ledger.rehearse(&mut rehearsal, &submitted).unwrap_err();
    assert!(matches!(error, AppendError::Undisclosed { index: 0 }), "{error:?}");
    assert_eq!(ledger.head().seq, Seq::new(3));
}

#[test]
fn a_body_sealed_elsewhere_comes_in_with_its_annex() {
    let (here, elsewhere) = (Desk::new(), Desk::new());
    let mut offline = elsewhere.ledger();
    let body = offline.body(&report("r1", WITNESS));
    let private = private(WITNESS);
    let sealed = offline.seal(body, &private).unwrap();
    let annex = ceasefire_ledger::vault::Annex::seal(&private, offline.vault().entropy()).unwrap().unwrap();
    let text = |body: &Body| vec![(body.clone(), body.to_text().unwrap())];
    let mut ledger = here.ledger();
    // An annex with other salts is not the one of these digests.
    ledger.take_annex(&sealed, annex.clone());
    let error = ledger.append_bodies(&text(&sealed), None).unwrap_err();
    assert!(matches!(error, AppendError::Undisclosed { index: 0 }), "{error:?}");
    let matching = Body { sealed: Some(annex.digests()), ..sealed };
    ledger.take_annex(&matching, annex);
    let receipts = ledger.append_bodies(&text(&matching), None).unwrap();
    drop(ledger);
    assert_eq!(here.opened(receipts[0].seq).len(), 2);
}

#[test]
fn a_sealed_list_of_another_length_is_refused_at_its_place() {
    let desk = Desk::new();
    let mut ledger = desk.ledger();
    let body = Body { sealed: Some(vec![Digest32::new([1; 32])]), ..ledger.body(&report("r1", &[])) };
    let text = body.to_text().unwrap();
    let error = ledger.append_bodies(&[(body, text)], None).unwrap_err();
    let AppendError::Refused { faults, .. } = error else { panic!("{error:?}") };
    let found: Vec<_> = faults.iter().map(|fault| (fault.code, fault.pointer.as_str())).collect();
    assert_eq!(found, [(Code::SealedLength, "/sealed")]);
}

#[test]
fn more_than_thirty_two_private_fields_are_refused_and_nothing_is_stored() {
    let desk = Desk::new();
    let mut submission = report("r1", &[]);
    submission.private = (0..33).fold(Private::default(), |mut private, number| {
        private.put_text(&format!("/{number}"), "x").unwrap();
        private
    });
    let error = desk.ledger().append(&submission).unwrap_err();
    assert!(matches!(error, AppendError::Seal { index: 0, .. }), "{error:?}");
    assert!(!desk.path.join("vault").exists());
}

#[test]
fn a_refused_batch_leaves_nothing_in_the_vault() {
    let desk = Desk::new();
    let mut ledger = desk.ledger();
    let unknown = Submission { by: "nobody".parse().unwrap(), ..report("r2", WITNESS) };
    let error = ledger.append_batch(&[report("r1", WITNESS), unknown], None).unwrap_err();
    assert!(matches!(error, AppendError::NotAllowed { index: 1, .. }), "{error:?}");
    assert_eq!(ledger.vault().files().records().unwrap(), []);
    // A record too long for the log is found out only by the log: what was stored for it goes.
    let mut long = report("r3", WITNESS);
    let Event::ViolationReported(event) = &mut long.event else { panic!() };
    let longest = || Some("x".repeat(16_384).parse().unwrap());
    (event.summary, event.note) = (longest(), longest());
    (event.source.quote, event.source.translation) = (longest(), longest());
    let error = ledger.append(&long).unwrap_err();
    assert!(matches!(error, AppendError::Log(LogAppendError::Refused { .. })), "{error:?}");
    assert_eq!(ledger.vault().files().records().unwrap(), []);
    assert_eq!(ledger.vault().files().read(VaultFile::Pending).unwrap(), None);
    assert_eq!(ledger.head().seq, Seq::new(3));
}

#[test]
fn no_count_depends_on_what_is_sealed() {
    let answers = |fields: &[(&str, &str)]| {
        let desk = Desk::new();
        for key in ["a", "b"] {
            desk.append(&report(key, fields));
        }
        let replayed = desk.archive().at_head().unwrap();
        let view = replayed.view();
        let question = TallyQuestion { ceasefire: None, rules: COUNT_1, window: None, lineage: Lineage::Keep };
        let tally = view.tally(&question).unwrap().unwrap();
        let numbers: Vec<(String, String)> =
            tally.numbers.iter().map(|number| (number.id.clone(), format!("{:?}", number.value))).collect();
        let rows = |name: &str| {
            let mut rows = Vec::new();
            view.tables().walk_table(name, &mut |key, row| rows.push((key.to_owned(), row.to_vec()))).unwrap();
            rows
        };
        let tables = ["incident", "incident_claim", "tally", "breach", "statement", "actor"].map(rows);
        assert!(!tables[0].is_empty());
        (numbers, tables)
    };
    assert_eq!(answers(&[]), answers(WITNESS));
}

#[test]
fn a_decision_fits_what_its_target_seals_and_what_was_decided_before() {
    let desk = Desk::new();
    let target = desk.append(&report("r1", WITNESS)).seq;
    let other = desk.append(&report("r2", WITNESS)).seq;
    let (name, contact) = (desk.digest(target, "/witness/name"), desk.digest(target, "/contact"));
    let foreign = desk.digest(other, "/witness/name");
    let mut ledger = desk.ledger();
    let mut number = 0;
    let mut refused = |ledger: &mut ceasefire_ledger::Ledger, event: Event| -> Vec<(Code, String)> {
        number += 1;
        let error = ledger.append(&own(&format!("try{number}"), event)).unwrap_err();
        let AppendError::Refused { faults, .. } = error else { panic!("{error:?}") };
        faults.iter().map(|fault| (fault.code, fault.pointer.as_str().to_owned())).collect()
    };
    let at = |code: Code, index: usize| vec![(code, format!("/event/digests/{index}"))];
    let place = |digest: Digest32, among: &[Digest32]| among.iter().filter(|other| **other < digest).count();

    let both = [name, foreign];
    let events: [Event; 4] = [
        withholding(target, &both).into(),
        release(target, &both).into(),
        disclosure(target, &both).into(),
        erasure(target, &both).into(),
    ];
    for event in events {
        let faults = refused(&mut ledger, event.clone());
        assert!(
            faults.contains(&(Code::NotSealedThere, format!("/event/digests/{}", place(foreign, &both)))),
            "{faults:?}"
        );
    }
    assert_eq!(refused(&mut ledger, release(target, &[name]).into()), at(Code::NotWithheld, 0));
    ledger.append(&own("w", withholding(target, &[name]))).unwrap();
    assert_eq!(refused(&mut ledger, withholding(target, &[name]).into()), at(Code::FieldWithheld, 0));
    let pair = [name, contact];
    assert_eq!(refused(&mut ledger, disclosure(target, &pair).into()), at(Code::FieldWithheld, place(name, &pair)));
    ledger.append(&own("rel", release(target, &[name]))).unwrap();
    ledger.append(&own("d", disclosure(target, &pair))).unwrap();
    ledger.append(&own("e", erasure(target, &[name]))).unwrap();
    for event in
        [Event::from(disclosure(target, &[name])), erasure(target, &[name]).into(), withholding(target, &[name]).into()]
    {
        assert_eq!(refused(&mut ledger, event), at(Code::AlreadyErased, 0));
    }
    assert_eq!(refused(&mut ledger, erasure(target, &[]).into())[0], (Code::EmptyList, "/event/digests".to_owned()));
    let mut unsorted = erasure(other, &desk.all_digests(other));
    unsorted.digests.swap(1, 2);
    assert_eq!(refused(&mut ledger, unsorted.into()), at(Code::BadHash, 2));
}

#[test]
fn within_one_batch_a_decision_knows_of_the_one_before_it() {
    let desk = Desk::new();
    let target = desk.append(&report("r1", WITNESS)).seq;
    let name = desk.digest(target, "/witness/name");
    let mut ledger = desk.ledger();
    let twice = [own("e1", erasure(target, &[name])), own("e2", erasure(target, &[name]))];
    let error = ledger.append_batch(&twice, None).unwrap_err();
    assert!(
        matches!(&error, AppendError::Refused { index: 1, faults } if faults[0].code == Code::AlreadyErased),
        "{error:?}"
    );
    let again = [
        own("w1", withholding(target, &[name])),
        own("r1x", release(target, &[name])),
        own("w2", withholding(target, &[name])),
    ];
    ledger.append_batch(&again, None).unwrap();
    drop(ledger);
    assert!(desk.states(target).contains(&"withheld"));
    assert_eq!(desk.ledger().would_append(&[]).unwrap(), Vec::<WouldAppend>::new());
}
