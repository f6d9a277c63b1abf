//! A number is changed in a record.

use std::fs;

use crate::scene::{RECORDS, Scene, TARGET, edited, rechained};

#[test]
fn an_edited_value_is_named_by_the_chain_and_by_the_tree() {
    let scene = Scene::of_another_party();
    scene.write_lines(&edited(&scene.lines()));
    let violated = scene.violated(1, &[]);
    assert_eq!(violated, [("chain".to_owned(), vec![TARGET]), ("tree".to_owned(), vec![TARGET])]);
}

#[test]
fn an_edited_last_record_is_named_by_the_tree_though_no_record_follows_it() {
    let scene = Scene::of_another_party();
    let mut lines = scene.lines();
    let last = lines.last_mut().unwrap();
    *last = last.replace("report 9", "report 8");
    scene.write_lines(&lines);
    assert_eq!(scene.violated(1, &[]), [("tree".to_owned(), vec![RECORDS])]);
}

#[test]
fn a_chain_that_was_computed_anew_is_caught_by_the_checkpoint_and_the_first_changed_record_is_named() {
    let scene = Scene::of_another_party();
    let before = scene.lines();
    scene.write_lines(&rechained(&edited(&before)));
    assert_ne!(scene.lines().last(), before.last());
    assert_eq!(scene.violated(1, &[]), [("tree".to_owned(), vec![TARGET])]);
    // Without the tiles nothing proves which record it was, but the checkpoint stands.
    fs::remove_dir_all(scene.ledger.join("tiles")).unwrap();
    assert_eq!(scene.violated(1, &[]), [("tree".to_owned(), vec![RECORDS])]);
}

#[test]
fn a_keeper_whose_log_was_edited_signs_nothing_more() {
    let scene = Scene::new();
    scene.write_lines(&rechained(&edited(&scene.lines())));
    let before = (fs::read(scene.segment()).unwrap(), fs::read(scene.ledger.join("checkpoint")).unwrap());
    let said = scene.expect(1, &["append", "violation", "--source", "OSCE", "--heard"]);
    assert!(said.contains("CF0602"), "{said}");
    let said = scene.expect(1, &["checkpoint"]);
    assert!(said.contains("CF0602"), "{said}");
    assert_eq!((fs::read(scene.segment()).unwrap(), fs::read(scene.ledger.join("checkpoint")).unwrap()), before);
}
