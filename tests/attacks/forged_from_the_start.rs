//! The whole ledger is made anew, chain and tree and signatures: a forgery without a flaw in itself.

use std::fs;

use crate::scene::{RECORDS, Scene, TARGET, attackers_key, edited, rechained};

/// Makes the ledger anew with another key in record 1.
fn forge(scene: &Scene) {
    let (old, new) = (scene.log_key().to_string(), attackers_key().verifier().to_string());
    let lines: Vec<String> = edited(&scene.lines()).iter().map(|line| line.replace(&old, &new)).collect();
    scene.write_lines(&rechained(&lines));
    scene.sign_anew(&attackers_key());
}

#[test]
fn a_chain_and_tree_computed_anew_under_another_key_are_caught_by_who_knows_the_key() {
    let scene = Scene::of_another_party();
    let key = scene.log_key().to_string();
    forge(&scene);
    assert_eq!(scene.violated(1, &["--log-key", &key]), [("checkpoint".to_owned(), vec![1])]);
}

#[test]
fn they_are_caught_by_who_saw_the_log_before_and_both_views_are_kept() {
    let scene = Scene::of_another_party();
    scene.expect(0, &["verify"]);
    let before = fs::read(scene.ledger.join("checkpoint")).unwrap();
    forge(&scene);
    assert_eq!(scene.violated(1, &[]), [("seen".to_owned(), vec![1])]);
    let said = scene.expect(1, &["verify"]);
    let folder = said.lines().find_map(|line| line.split_once("are kept in ")).unwrap().1;
    let kept = |name: &str| fs::read(std::path::Path::new(folder).join(name)).unwrap();
    assert_eq!(kept("seen-before.note"), before);
    assert_eq!(kept("shown-now.note"), fs::read(scene.ledger.join("checkpoint")).unwrap());
    // The memory does not follow the forgery.
    assert_eq!(scene.violated(1, &[]), [("seen".to_owned(), vec![1])]);
}

#[test]
fn who_knows_nothing_from_elsewhere_cannot_notice_and_is_told_whose_key_to_compare() {
    let scene = Scene::of_another_party();
    forge(&scene);
    assert_eq!(scene.violated(0, &[]), []);
    let id = attackers_key().verifier().id().to_string();
    assert!(scene.detail("checkpoint").contains(&id));
}

#[test]
fn a_checkpoint_signed_by_another_key_than_record_1_names_is_refused() {
    let scene = Scene::of_another_party();
    scene.write_lines(&rechained(&edited(&scene.lines())));
    scene.sign_anew(&attackers_key());
    let violated = scene.violated(1, &[]);
    assert_eq!(violated, [("checkpoint".to_owned(), vec![])]);
}

#[test]
fn a_keeper_who_signs_his_own_forgery_leaves_two_notes_that_convict_him() {
    let scene = Scene::new();
    let since = scene.file("friday.note");
    scene.expect(0, &["checkpoint", "-o", since.to_str().unwrap()]);
    scene.expect(0, &["verify"]);
    let key = scene.keepers_key();
    scene.write_lines(&rechained(&edited(&scene.lines())));
    scene.sign_anew(&key);
    let violated = scene.violated(1, &["--since", since.to_str().unwrap()]);
    assert_eq!(violated, [("since".to_owned(), vec![RECORDS]), ("seen".to_owned(), vec![RECORDS])]);
    // The same one as a stranger with the note only.
    let stranger = Scene::new();
    stranger.put_back(&scene.ledger);
    let violated = stranger.violated(1, &["--since", since.to_str().unwrap()]);
    assert_eq!(violated, [("since".to_owned(), vec![RECORDS])]);
}

#[test]
fn a_receipt_convicts_a_log_from_which_its_record_was_taken_out() {
    let scene = Scene::new();
    let receipt = scene.file("receipt.json");
    scene.expect(0, &["receipt", "issue", &TARGET.to_string(), "-o", receipt.to_str().unwrap()]);
    let key = scene.keepers_key();
    let vkey = scene.log_key().to_string();
    let mut lines = scene.lines();
    lines.remove(usize::try_from(TARGET).unwrap() - 1);
    scene.write_lines(&rechained(&lines));
    scene.sign_anew(&key);
    // The receipt still proves that the log's key signed for the record; the ledger no longer has it.
    scene.expect(0, &["receipt", "check", receipt.to_str().unwrap(), "--log-key", &vkey]);
    let said = scene.expect(1, &["prove", receipt.to_str().unwrap()]);
    assert!(said.contains(&format!("record {TARGET} hashes to")), "{said}");
}
