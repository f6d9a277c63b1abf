//! The questions of the field, one by one, on the example and a made-up truce: the sessions under `fixtures/questions`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::desk::{Desk, code, run, stderr};

/// One question of a session.
#[derive(Deserialize)]
struct Question {
    q: String,
    asks: String,
    run: Vec<String>,
    exit: i32,
    holds: Map<String, Value>,
}

/// The verbs whose answer is a table.
const TABLES: [&str; 16] = [
    "absent",
    "alike",
    "charges",
    "counters",
    "coverage",
    "diff",
    "findings",
    "incident",
    "lists",
    "log",
    "pending",
    "report",
    "state",
    "stated",
    "tally",
    "unanswered",
];

fn fixture(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/questions").join(name)).unwrap()
}

fn questions(session: &str) -> Vec<Question> {
    fixture(session).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/manual/questions.md")).unwrap()
}

/// The example, with the made-up truce after it.
fn desk() -> Desk {
    let desk = Desk::with_example();
    let events = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/questions/events.jsonl");
    desk.done(&["import", "jsonl", events.to_str().unwrap()]);
    desk
}

/// Beside the desk stands a copy of the ledger from before record 159, which went on otherwise: what the enemy was shown.
fn show_the_enemy_another_log(desk: &Desk) {
    let other = desk.folder.path().join("other");
    copy(&desk.ledger, &other);
    let other = other.to_str().unwrap();
    let note = desk.folder.path().join("enemy.note");
    let report = ["append", "violation", "--source", "NOR", "--act", "shelling", "--incident", "L-10"];
    for words in [&report[..], &["checkpoint", "-o", note.to_str().unwrap()]] {
        let output = run(&[&["-L", other], words].concat());
        assert_eq!(code(&output), 0, "{}", stderr(&output));
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Runs a session and gives how many values were compared.
fn hold(desk: &Desk, session: &str) -> usize {
    let folder = desk.folder.path().to_str().unwrap();
    let key = desk.json(&["checkpoint", "--show"])["log_key"].as_str().unwrap().to_owned();
    let (mut wrong, mut held) = (Vec::new(), 0);
    for question in questions(session) {
        let told = |word: &String| word.replace("{folder}", folder).replace("{log-key}", &key);
        let words: Vec<String> = question.run.iter().map(told).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let output = desk.run(&[&words[..], &["--json"]].concat());
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
        wrong.extend(not_a_table(desk, &question, &words));
    }
    assert_eq!(wrong, [""; 0]);
    held
}

/// Where the answer is a table, it is one as CSV too, with the same exit code.
fn not_a_table(desk: &Desk, question: &Question, words: &[&str]) -> Option<String> {
    if !TABLES.contains(&words[0]) {
        return None;
    }
    let output = desk.run(&[words, &["--format", "csv"]].concat());
    let mut reader = csv::Reader::from_reader(output.stdout.as_slice());
    let columns = reader.headers().unwrap().len();
    let rows: Result<Vec<csv::StringRecord>, csv::Error> = reader.records().collect();
    let good = code(&output) == question.exit && columns > 1 && rows.is_ok();
    (!good).then(|| format!("{} {}: no CSV: {}", question.q, question.asks, String::from_utf8_lossy(&output.stdout)))
}

#[test]
fn every_question_of_the_session_is_answered_as_worked_out_by_hand() {
    let held = hold(&desk(), "session.jsonl");
    assert!(held > 80, "only {held} answers were compared");
}

#[test]
fn withdrawing_exporting_proving_and_comparing_are_answered_too() {
    let desk = desk();
    show_the_enemy_another_log(&desk);
    let held = hold(&desk, "session-2.jsonl");
    assert!(held > 40, "only {held} answers were compared");
    let exported = fs::read_to_string(desk.folder.path().join("incidents.csv")).unwrap();
    assert_eq!(exported.lines().count(), 8, "{exported}");
    for file in ["ledger", "incidents.csv", "records.jsonl", "case.zip"] {
        assert!(!holds_text(&desk.folder.path().join(file), b"Nobody Knows"), "the name stands in {file}");
    }
}

fn holds_text(path: &Path, text: &[u8]) -> bool {
    if path.is_dir() {
        return fs::read_dir(path).unwrap().any(|entry| holds_text(&entry.unwrap().path(), text));
    }
    fs::read(path).unwrap().windows(text.len()).any(|window| window == text)
}

/// The verbs that the command has.
fn verbs() -> BTreeSet<String> {
    let help = String::from_utf8(run(&["--help"]).stdout).unwrap();
    let listed = help.split("Commands:").nth(1).unwrap().split("Options:").next().unwrap();
    let names = listed.lines().filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next());
    names.map(ToOwned::to_owned).collect()
}

/// A verb, or the first two words where the verb has verbs of its own.
fn command(words: &[&str]) -> String {
    let of_two = matches!(words.first(), Some(&("append" | "export" | "receipt")));
    words[..words.len().min(if of_two { 2 } else { 1 })].join(" ")
}

#[test]
fn every_command_on_the_page_of_questions_is_run_under_its_question() {
    let (page, verbs) = (page(), verbs());
    assert!(verbs.contains("tally") && verbs.len() > 30, "{verbs:?}");
    let mut asked: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for question in questions("session.jsonl").into_iter().chain(questions("session-2.jsonl")) {
        let words: Vec<&str> = question.run.iter().map(String::as_str).collect();
        asked.entry(question.q).or_default().insert(command(&words));
    }
    let mut named = 0;
    for number in 1..=25 {
        let q = format!("Q{number}");
        let line = page.lines().find(|line| line.starts_with(&format!("| {q} | "))).unwrap();
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
        assert_eq!(cells.len(), 4, "{q}: a question, what it asks, the command, the output");
        let spans = cells[2].split('`').skip(1).step_by(2).map(|span| span.split_whitespace().collect::<Vec<_>>());
        let commands: BTreeSet<String> = spans
            .filter(|words| words.first().is_some_and(|word| verbs.contains(*word)))
            .map(|w| command(&w))
            .collect();
        assert!(!commands.is_empty(), "{q} names no command");
        named += commands.len();
        assert_eq!(
            commands.difference(&asked[&q]).collect::<Vec<_>>(),
            Vec::<&String>::new(),
            "{q}: these are not run"
        );
    }
    assert!(named > 30, "only {named} commands were seen");
    for question in questions("session.jsonl") {
        let line = page.lines().find(|line| line.starts_with(&format!("| {} | ", question.q))).unwrap();
        assert!(line.contains(&format!("`{}", question.run[0])), "{} does not name `{}`", question.q, question.run[0]);
    }
}
