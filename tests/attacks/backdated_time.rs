//! A record claims to have been recorded earlier than it was.

use ceasefire_ledger::record::Envelope;
use ceasefire_ledger::vocab::Instant;

use crate::scene::{RECORDS, Scene, TARGET, next_line, rechained};

const BODY: &str = r#"{"origin":"mission.int/attacked","by":"recorder","key":"late","event":{"type":"violation.reported","v":1,"incident":"I-9","act":"shelling","source":{"speaker":[{"actor":"AZE"}]}}}"#;

#[test]
fn a_record_put_at_the_end_with_an_earlier_time_is_named() {
    let scene = Scene::new();
    let mut lines = scene.lines();
    lines.push(next_line(&lines, BODY, Some(Instant::parse("2020-10-17T18:04:05Z").unwrap())));
    scene.write_lines(&lines);
    assert_eq!(scene.violated(1, &[]), [("time".to_owned(), vec![RECORDS + 1])]);
    // Nor is it ever signed for.
    let said = scene.expect(1, &["checkpoint"]);
    assert!(said.contains("CF0501"), "{said}");
}

#[test]
fn a_record_slipped_in_where_its_time_would_fit_is_named_by_the_tree() {
    let scene = Scene::of_another_party();
    let mut lines = scene.lines();
    let place = usize::try_from(TARGET).unwrap() - 1;
    let before = lines[..place].to_vec();
    lines.insert(place, next_line(&before, BODY, None));
    scene.write_lines(&rechained(&lines));
    assert_eq!(scene.violated(1, &[]), [("tree".to_owned(), vec![TARGET])]);
}

#[test]
fn an_earlier_time_on_a_record_that_is_signed_for_is_named() {
    let scene = Scene::of_another_party();
    let mut lines = scene.lines();
    let last = lines.pop().unwrap();
    let envelope = Envelope::decode(last.as_bytes()).unwrap();
    let before = Envelope::decode(lines.last().unwrap().as_bytes()).unwrap().at;
    let backdated = Envelope { at: before, ..envelope }.encode().unwrap();
    lines.push(String::from_utf8(backdated).unwrap());
    scene.write_lines(&lines);
    assert_eq!(scene.violated(1, &[]), [("tree".to_owned(), vec![RECORDS])]);
}
