//! A record of one ledger is played into another.

use std::fs;

use crate::scene::{RECORDS, Scene, next_line};

const FOREIGN: &str = r#"{"origin":"mission.int/other","by":"recorder","key":"r-1","event":{"type":"violation.reported","v":1,"incident":"I-9","act":"shelling","source":{"speaker":[{"actor":"AZE"}]}}}"#;

#[test]
fn a_record_made_for_another_ledger_is_named_though_it_is_chained_and_signed_for() {
    let scene = Scene::new();
    let mut lines = scene.lines();
    lines.push(next_line(&lines, FOREIGN, None));
    scene.write_lines(&lines);
    let key = scene.keepers_key();
    scene.sign_anew(&key);
    assert_eq!(scene.violated(1, &[]), [("references".to_owned(), vec![RECORDS + 1])]);
}

#[test]
fn it_is_refused_at_the_door() {
    let scene = Scene::new();
    let file = scene.file("foreign.jsonl");
    fs::write(&file, format!("{FOREIGN}\n")).unwrap();
    let before = scene.lines();
    let said = scene.expect(3, &["import", "jsonl", file.to_str().unwrap()]);
    assert!(said.contains("CF0312"), "{said}");
    assert_eq!(scene.lines(), before);
}
