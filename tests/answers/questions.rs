//! The questions of the field, one by one, on the example and a made-up truce: `fixtures/questions/session.jsonl`.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::desk::{Desk, code, stderr};

/// One question of the session.
#[derive(Deserialize)]
struct Question {
    q: String,
    asks: String,
    run: Vec<String>,
    exit: i32,
    holds: Map<String, Value>,
}

fn fixture(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/questions").join(name)).unwrap()
}

fn questions() -> Vec<Question> {
    fixture("session.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_question_of_the_session_is_answered_as_worked_out_by_hand() {
    let desk = Desk::with_example();
    let events = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/questions/events.jsonl");
    desk.done(&["import", "jsonl", events.to_str().unwrap()]);
    let mut wrong = Vec::new();
    let mut held = 0;
    for question in questions() {
        let mut arguments: Vec<&str> = question.run.iter().map(String::as_str).collect();
        arguments.push("--json");
        let output = desk.run(&arguments);
        if code(&output) != question.exit {
            wrong.push(format!("{} {}: exit {}: {}", question.q, question.asks, code(&output), stderr(&output)));
            continue;
        }
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        for (pointer, expected) in &question.holds {
            let found = answer.pointer(pointer).unwrap_or(&Value::Null);
            held += 1;
            if found != expected {
                wrong.push(format!("{} {}: {pointer} is {found}, not {expected}", question.q, question.asks));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
    assert!(held > 80, "only {held} answers were compared");
}

#[test]
fn the_page_of_questions_has_a_line_for_each_question_and_names_the_commands_of_the_session() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/manual/questions.md")).unwrap();
    for number in 1..=25 {
        assert!(page.contains(&format!("| Q{number} | ")), "no line for Q{number}");
    }
    for question in questions() {
        let line = page.lines().find(|line| line.starts_with(&format!("| {} | ", question.q))).unwrap();
        assert!(line.contains(&format!("`{}", question.run[0])), "{} does not name `{}`", question.q, question.run[0]);
    }
}
