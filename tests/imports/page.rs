//! The manual's page on imports: its examples do what it says they do.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ceasefire_ledger::vocab::Code;
use serde_json::Value;

use crate::desk::Desk;

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/manual/imports.md")).unwrap()
}

/// The blocks that have a file's name, by that name.
fn blocks(page: &str) -> BTreeMap<String, String> {
    let mut blocks = BTreeMap::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(rest) = line.strip_prefix("```") else { continue };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        if let Some((_, name)) = rest.split_once(' ') {
            blocks.insert(name.to_owned(), format!("{}\n", block.join("\n")));
        }
    }
    blocks
}

#[test]
fn every_example_makes_the_records_that_stand_below_it() {
    let blocks = blocks(&page());
    let mut examples = 0;
    for (name, expected) in blocks.iter().filter_map(|(name, text)| Some((name.strip_suffix(".jsonl")?, text))) {
        let desk = Desk::new();
        let map = desk.write("map.toml", &blocks[&format!("{name}.toml")]);
        let file = desk.write("rows.csv", &blocks[&format!("{name}.csv")]);
        let before = desk.events().len();
        let format = if name.starts_with("bulletin") { "bulletin" } else { "csv" };
        desk.import(format, &file, &["--map", map.to_str().unwrap()]);
        let made: Vec<Value> =
            desk.events().into_iter().skip(before).filter(|event| event["type"] != "import.completed").collect();
        let expected: Vec<Value> = expected.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(made.len(), expected.len(), "{name}");
        for (made, expected) in made.iter().zip(&expected) {
            assert_eq!(made, expected, "{name}");
        }
        examples += 1;
    }
    assert_eq!(examples, 3);
}

#[test]
fn the_page_names_every_key_of_a_mapping() {
    let page = page();
    let source = |file: &str| {
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/exchange/mapping").join(file)).unwrap()
    };
    let mut keys = 0;
    let source = source("file.rs") + &source("bulletin/file.rs");
    for line in source.lines().filter_map(|line| line.trim().strip_prefix("pub(super) ")) {
        let Some((name, _)) = line.split_once(": ").filter(|(name, _)| !name.contains(' ')) else { continue };
        let key = match name {
            "form" => "as",
            "event_type" => "type",
            "record" | "set" | "dates" | "words" | "actors" | "places" | "counter" | "day" => continue,
            name => name,
        };
        assert!(page.contains(&format!("`{key}`")), "{key} is not on the page");
        keys += 1;
    }
    assert!(keys > 55, "only {keys} keys were seen");
    for form in [
        "text", "verbatim", "id", "whole", "degrees", "time", "quantity", "triple", "actor", "actor_id", "place",
        "flag",
    ] {
        assert!(page.contains(&format!("`{form}`")), "{form} is not on the page");
    }
}

#[test]
fn the_page_lists_every_field_that_a_form_s_import_does_not_read() {
    let page = page();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/exchange/mapping/submission.rs");
    let source = fs::read_to_string(source).unwrap();
    let (_, list) = source.split_once("PERSONAL_FIELDS: [&str;").unwrap();
    let (list, _) = list.split_once("];").unwrap();
    let fields: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
    assert!(fields.len() > 20, "{fields:?}");
    for field in fields {
        assert!(page.contains(&format!("`{field}`")), "{field} is not on the page");
    }
}

#[test]
fn every_code_that_the_page_names_is_one() {
    let page = page();
    let named: Vec<&str> = page.match_indices("CF07").filter_map(|(at, _)| page.get(at..at + 6)).collect();
    assert!(named.len() >= 4, "{named:?}");
    for code in named {
        assert!(Code::parse(code).is_some(), "{code}");
    }
}
