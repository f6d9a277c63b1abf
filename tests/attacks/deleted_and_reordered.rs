//! A record is taken out, doubled, or put elsewhere.

use crate::scene::{RECORDS, Scene, TARGET, rechained};

/// Where the target stands among the lines, from 0.
const AT: usize = 4;

#[test]
fn a_deleted_record_is_named() {
    let scene = Scene::of_another_party();
    let mut lines = scene.lines();
    lines.remove(AT);
    scene.write_lines(&lines);
    assert_eq!(scene.violated(1, &[]), [("chain".to_owned(), vec![TARGET])]);
}

#[test]
fn a_deleted_record_is_named_though_chain_and_positions_were_computed_anew() {
    let scene = Scene::of_another_party();
    let mut lines = scene.lines();
    lines.remove(AT);
    scene.write_lines(&rechained(&lines));
    assert_eq!(scene.violated(1, &[]), [("tree".to_owned(), vec![RECORDS])]);
    // With the log as long as before the tiles prove which record it is.
    let again = lines[AT].clone();
    lines.push(again);
    scene.write_lines(&rechained(&lines));
    let violated = scene.violated(1, &[]);
    assert!(violated.contains(&("tree".to_owned(), vec![TARGET])), "{violated:?}");
}

#[test]
fn reordered_records_are_named() {
    let scene = Scene::of_another_party();
    let mut lines = scene.lines();
    lines.swap(AT, AT + 1);
    scene.write_lines(&lines);
    let violated = scene.violated(1, &[]);
    assert_eq!(violated[0].0, "chain");
    assert_eq!(violated[0].1[0], TARGET, "{violated:?}");
}

#[test]
fn reordered_records_are_named_though_the_chain_was_computed_anew() {
    let scene = Scene::of_another_party();
    let mut lines = scene.lines();
    lines.swap(AT + 1, AT + 2);
    scene.write_lines(&rechained(&lines));
    let violated = scene.violated(1, &[]);
    assert!(violated.contains(&("tree".to_owned(), vec![TARGET + 1])), "{violated:?}");
}

#[test]
fn a_doubled_record_is_named() {
    let scene = Scene::of_another_party();
    let mut lines = scene.lines();
    lines.insert(AT, lines[AT].clone());
    scene.write_lines(&lines);
    let violated = scene.violated(1, &[]);
    assert_eq!(violated[0], ("chain".to_owned(), vec![TARGET + 1]), "{violated:?}");
}
