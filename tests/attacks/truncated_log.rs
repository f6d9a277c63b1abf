//! The end of the log is cut off.

use std::fs;

use crate::scene::{RECORDS, Scene, next_line};

#[test]
fn a_log_cut_below_its_checkpoint_is_said_to_lack_the_record() {
    let scene = Scene::of_another_party();
    let lines = scene.lines();
    scene.write_lines(&lines[..lines.len() - 2]);
    assert_eq!(scene.violated(1, &[]), [("tree".to_owned(), vec![RECORDS - 1])]);
}

#[test]
fn a_log_cut_inside_a_signed_record_is_not_passed_off_as_a_crash() {
    let scene = Scene::new();
    let whole = fs::read(scene.segment()).unwrap();
    fs::write(scene.segment(), &whole[..whole.len() - 30]).unwrap();
    let violated = scene.violated(1, &[]);
    assert_eq!(violated, [("end".to_owned(), vec![RECORDS]), ("tree".to_owned(), vec![RECORDS])]);
    for arguments in [&["recover"][..], &["append", "violation", "--source", "OSCE", "--heard"], &["checkpoint"]] {
        let said = scene.expect(1, arguments);
        assert!(said.contains("CF0601"), "{said}");
    }
    assert_eq!(fs::read(scene.segment()).unwrap(), &whole[..whole.len() - 30], "nothing was moved");
}

#[test]
fn a_log_torn_above_its_checkpoint_is_torn_and_recovers() {
    let scene = Scene::new();
    let lines = scene.lines();
    let next = next_line(&lines, r#"{"origin":"mission.int/attacked"}"#, None);
    let mut bytes = fs::read(scene.segment()).unwrap();
    let whole = bytes.len();
    bytes.extend_from_slice(&next.as_bytes()[..next.len() / 2]);
    fs::write(scene.segment(), &bytes).unwrap();
    assert_eq!(scene.violated(14, &[]), []);
    scene.expect(0, &["recover"]);
    assert_eq!(fs::read(scene.segment()).unwrap().len(), whole);
    assert_eq!(scene.violated(0, &[]), []);
}

#[test]
fn a_cut_log_whose_checkpoint_was_taken_away_too_is_noticed_by_who_saw_it_before() {
    let scene = Scene::of_another_party();
    scene.expect(0, &["verify"]);
    let lines = scene.lines();
    scene.write_lines(&lines[..lines.len() - 2]);
    fs::remove_file(scene.ledger.join("checkpoint")).unwrap();
    fs::remove_dir_all(scene.ledger.join("tiles")).unwrap();
    assert_eq!(scene.violated(1, &[]), [("seen".to_owned(), vec![RECORDS - 1])]);
    // Who never saw it is told that something is missing, not that all is well.
    let stranger = Scene::of_another_party();
    stranger.write_lines(&lines[..lines.len() - 2]);
    fs::remove_file(stranger.ledger.join("checkpoint")).unwrap();
    assert_eq!(stranger.violated(5, &[]), []);
}
