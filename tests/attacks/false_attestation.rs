//! The keeper attests what does not follow from the log: a count that he made up, signed with his own key.

use crate::scene::{RECORDS, Scene, next_line};

/// The ledger after an honest attestation, whose record the keeper then writes again and signs.
fn attested(change: impl Fn(&str) -> String) -> Scene {
    let scene = Scene::new();
    scene.expect(0, &["checkpoint", "--attest"]);
    let mut lines = scene.lines();
    let honest = lines.pop().unwrap();
    assert!(honest.contains("projection.attested"), "{honest}");
    let body = &honest[honest.find(r#""body":"#).unwrap() + 7..honest.len() - 1];
    let body = change(body);
    lines.push(next_line(&lines, &body, None));
    scene.write_lines(&lines);
    scene.sign_anew(&scene.keepers_key());
    // Whoever looks now has not seen the honest one.
    std::fs::remove_dir_all(scene.file("state")).unwrap();
    scene
}

/// Replaces the first hexadecimal digit of the first value that `member` has after `from`.
fn another_digit(body: &str, from: &str, member: &str) -> String {
    let start = body.find(from).unwrap();
    let at = start + body[start..].find(member).unwrap() + member.len();
    let digit = if &body[at..=at] == "0" { "1" } else { "0" };
    format!("{}{digit}{}", &body[..at], &body[at + 1..])
}

#[test]
fn an_honest_attestation_is_confirmed_by_whoever_folds_the_log_again() {
    let scene = attested(ToOwned::to_owned);
    assert_eq!(scene.violated(0, &["--full"]), []);
    // The first question lays the projections anew; then the stored ones are compared as well.
    scene.expect(0, &["tally"]);
    scene.expect(0, &["replay", "--check"]);
}

#[test]
fn a_digest_that_does_not_follow_from_the_log_is_a_provable_misstatement() {
    let scene = attested(|body| another_digit(body, r#""projections":"#, r#""digest":""#));
    // Chain, tree and signature are the keeper's own and whole: only the folding tells.
    assert_eq!(scene.violated(0, &[]), []);
    assert_eq!(scene.violated(1, &["--full"]), [("attested".to_owned(), vec![RECORDS + 1])]);
    let said = scene.expect(1, &["replay", "--check"]);
    assert!(said.contains("do not come to the rows it attests"), "{said}");
}

#[test]
fn an_attestation_of_another_root_or_of_a_record_to_come_is_one_too() {
    let scene = attested(|body| another_digit(body, r#""event":"#, r#""root":""#));
    assert_eq!(scene.violated(1, &["--full"]), [("attested".to_owned(), vec![RECORDS + 1])]);
    let scene = attested(|body| another_digit(body, r#""event":"#, r#""head":""#));
    assert_eq!(scene.violated(1, &["--full"]), [("attested".to_owned(), vec![RECORDS + 1])]);
    let (now, later) = (format!(r#""seq":{RECORDS},"#), format!(r#""seq":{},"#, RECORDS + 1));
    let scene = attested(|body| body.replacen(&now, &later, 1));
    assert_eq!(scene.violated(1, &["--full"]), [("attested".to_owned(), vec![RECORDS + 1])]);
}
