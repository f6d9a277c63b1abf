//! An older copy is put in the place of the ledger: by mistake after a disk failed, or to make records disappear.

use std::fs;

use crate::scene::{RECORDS, Scene};

const REPORT: [&str; 4] = ["append", "violation", "--source", "OSCE"];

fn refused(scene: &Scene) {
    let before = fs::read(scene.segment()).unwrap();
    let said = scene.expect(1, &[&REPORT[..], &["--heard"]].concat());
    assert!(said.contains("CF0601") && said.contains("put the newest copy"), "{said}");
    assert_eq!(fs::read(scene.segment()).unwrap(), before, "something was appended");
}

#[test]
fn an_older_copy_of_log_and_checkpoint_is_neither_written_to_nor_signed() {
    let scene = Scene::new();
    let backup = scene.back_up("backup");
    scene.append("one more");
    let cell = fs::read(scene.ledger.join("keys/last-signed")).unwrap();
    scene.put_back(&backup);
    fs::write(scene.ledger.join("keys/last-signed"), cell).unwrap();
    // The memory of the user is not needed for it.
    fs::remove_dir_all(scene.file("state")).unwrap();
    refused(&scene);
    assert_eq!(scene.violated(1, &[]), [("tree".to_owned(), vec![RECORDS + 1])]);
    let said = scene.expect(1, &["checkpoint"]);
    assert!(said.contains("CF0601"), "{said}");
}

#[test]
fn an_older_copy_of_everything_is_noticed_on_the_machine_that_signed_more() {
    let scene = Scene::new();
    let backup = scene.back_up("backup");
    scene.append("one more");
    scene.put_back(&backup);
    refused(&scene);
    assert_eq!(scene.violated(1, &[]), [("seen".to_owned(), vec![RECORDS + 1])]);
}

#[test]
fn an_older_copy_that_was_written_on_elsewhere_is_noticed_where_the_cell_is() {
    let scene = Scene::new();
    let backup = scene.back_up("backup");
    scene.append("one more");
    let cell = fs::read(scene.ledger.join("keys/last-signed")).unwrap();
    // Elsewhere: another memory, another cell.
    let elsewhere = Scene::new();
    elsewhere.put_back(&backup);
    elsewhere.append("another");
    elsewhere.append("and another");
    scene.put_back(&elsewhere.ledger);
    fs::write(scene.ledger.join("keys/last-signed"), cell).unwrap();
    let said = scene.expect(1, &["checkpoint"]);
    assert!(said.contains("CF0602"), "{said}");
    let named = vec![RECORDS + 1];
    assert_eq!(scene.violated(1, &[]), [("tree".to_owned(), named.clone()), ("seen".to_owned(), named.clone())]);
    // Without the cell the user's memory still knows.
    fs::remove_file(scene.ledger.join("keys/last-signed")).unwrap();
    let said = scene.expect(1, &[&REPORT[..], &["--heard"]].concat());
    assert!(said.contains("CF0617"), "{said}");
    assert_eq!(scene.violated(1, &[]), [("seen".to_owned(), named)]);
}

#[test]
fn the_newest_copy_goes_on_as_if_nothing_had_been() {
    let scene = Scene::new();
    scene.append("one more");
    let backup = scene.back_up("backup");
    fs::remove_dir_all(&scene.ledger).unwrap();
    fs::create_dir(&scene.ledger).unwrap();
    scene.put_back(&backup);
    scene.append("and one more");
    assert_eq!(scene.violated(0, &["--full"]), []);
}
