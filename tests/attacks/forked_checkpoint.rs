//! An older checkpoint is shown, or two of the same size to two parties.

use std::fs;

use ceasefire_ledger::proof::leaf_hash;

use crate::scene::{RECORDS, Scene, sign};

#[test]
fn a_stale_checkpoint_beside_the_whole_log_does_no_harm_and_the_keeper_puts_it_right() {
    let scene = Scene::new();
    let stale = fs::read(scene.ledger.join("checkpoint")).unwrap();
    scene.append("one more");
    let fresh = fs::read(scene.ledger.join("checkpoint")).unwrap();
    fs::write(scene.ledger.join("checkpoint"), &stale).unwrap();
    assert_eq!(scene.violated(0, &[]), []);
    assert!(scene.detail("checkpoint").contains("not published yet"));
    scene.expect(0, &["checkpoint"]);
    assert_eq!(fs::read(scene.ledger.join("checkpoint")).unwrap(), fresh);
}

#[test]
fn a_stale_checkpoint_and_a_stale_log_are_noticed_by_who_saw_more() {
    let scene = Scene::new();
    let stale = scene.back_up("stale");
    scene.append("one more");
    let since = scene.file("newest.note");
    scene.expect(0, &["checkpoint", "-o", since.to_str().unwrap()]);
    scene.put_back(&stale);
    assert_eq!(scene.violated(1, &[]), [("seen".to_owned(), vec![RECORDS + 1])]);
    let stranger = Scene::new();
    assert_ne!(stranger.ledger, scene.ledger);
    stranger.put_back(&stale);
    let violated = stranger.violated(1, &["--since", since.to_str().unwrap()]);
    assert_eq!(violated, [("since".to_owned(), vec![RECORDS + 1])]);
}

#[test]
fn two_checkpoints_of_one_size_convict_the_key_where_they_meet() {
    let scene = Scene::new();
    let other = sign(&scene.keepers_key(), RECORDS, leaf_hash(b"another log"));
    // Shown to a party who has the log: the log does not come to it.
    let since = scene.file("other.note");
    fs::write(&since, other.to_string()).unwrap();
    let violated = scene.violated(1, &["--since", since.to_str().unwrap()]);
    assert_eq!(violated, [("since".to_owned(), vec![RECORDS])]);
    // Published in the ledger's own folder: the cell holds the first one.
    fs::write(scene.ledger.join("checkpoint"), other.to_string()).unwrap();
    let violated = scene.violated(1, &[]);
    assert!(violated.contains(&("checkpoint".to_owned(), vec![])), "{violated:?}");
    let said = scene.expect(1, &["append", "violation", "--source", "OSCE", "--heard"]);
    assert!(said.contains("CF0604"), "{said}");
    // Shown to a party that has neither cell nor log of its own, but saw the first.
    let party = Scene::of_another_party();
    party.expect(0, &["verify"]);
    fs::write(party.ledger.join("checkpoint"), other.to_string()).unwrap();
    let violated = party.violated(1, &[]);
    assert!(violated.contains(&("tree".to_owned(), vec![RECORDS])), "{violated:?}");
}

#[test]
fn a_note_with_a_changed_digit_or_another_origin_is_not_taken() {
    let scene = Scene::of_another_party();
    let note = fs::read_to_string(scene.ledger.join("checkpoint")).unwrap();
    fs::write(scene.ledger.join("checkpoint"), note.replace(&format!("\n{RECORDS}\n"), "\n8\n")).unwrap();
    assert_eq!(scene.violated(1, &[]), [("checkpoint".to_owned(), vec![])]);
    let since = scene.file("foreign.note");
    fs::write(&since, note.replace("mission.int/attacked", "mission.int/other")).unwrap();
    let said = scene.expect(3, &["verify", "--since", since.to_str().unwrap()]);
    assert!(said.contains("CF0612"), "{said}");
}
