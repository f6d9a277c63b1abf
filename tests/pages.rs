//! The manual says what the program says: each table that could drift is compared with the code it is about.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use ceasefire_ledger::event::{EVENT_TYPES, Step};
use ceasefire_ledger::projection::PROJECTIONS;
use ceasefire_ledger::rules::contest::Contest;
use ceasefire_ledger::rules::counting::{AccuserClass, COLUMN_PARTS};
use ceasefire_ledger::rules::incident::Status;
use ceasefire_ledger::rules::lifecycle::State;
use ceasefire_ledger::rules::signing::SIGNERS;
use ceasefire_ledger::vocab::Code;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files_under(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_under(&path)) } else { files.push(path) }
    }
    files
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join("src/manual").join(format!("{name}.md"))).unwrap()
}

/// The cells of every table row of a page whose first cell is a name or number that `is_key` takes.
fn rows(page: &str, is_key: impl Fn(&str) -> bool) -> Vec<Vec<String>> {
    let lines = page.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let rows = lines.map(|line| line.split(" | ").map(|cell| cell.trim().to_owned()).collect::<Vec<_>>());
    rows.filter(|row| row.first().is_some_and(|first| is_key(first))).collect()
}

fn is_code(text: &str) -> bool {
    text.len() == 6 && text.starts_with("CF") && text[2..].bytes().all(|byte| byte.is_ascii_digit())
}

#[test]
fn the_page_of_errors_lists_every_code_as_the_code_table_has_it() {
    let listed = rows(&page("errors"), is_code);
    let known: Vec<Vec<String>> = Code::ALL
        .iter()
        .map(|code| code.entry())
        .map(|entry| [entry.id, entry.meaning, entry.hint].map(ToOwned::to_owned).to_vec())
        .collect();
    for (listed, known) in listed.iter().zip(&known) {
        assert_eq!(listed, known, "src/manual/errors.md should have: | {} |", known.join(" | "));
    }
    assert_eq!(listed.len(), known.len());
}

/// Reads the arms `Self::Name => value,` of one function of a source text.
fn arms(text: &str, function: &str) -> BTreeMap<String, String> {
    let start = text.find(&format!("fn {function}(")).unwrap();
    let body = text[start..].split("\n    }\n").next().unwrap();
    let mut arms = BTreeMap::new();
    for (names, value) in body.lines().filter_map(|line| line.trim().trim_end_matches(',').split_once(" => ")) {
        for name in names.split(" | ") {
            arms.insert(name.trim_start_matches("Self::").to_owned(), value.trim_matches('"').to_owned());
        }
    }
    arms
}

#[test]
fn the_page_of_errors_lists_every_exit_code_with_its_word() {
    let text = fs::read_to_string(root().join("src/cli/outcome.rs")).unwrap();
    let words = arms(&text, "word");
    let mut known: Vec<(u8, String)> =
        arms(&text, "code").into_iter().map(|(name, code)| (code.parse().unwrap(), words[&name].clone())).collect();
    known.sort();
    assert!(known.len() >= 15, "only {} exit codes were read", known.len());
    let number = |text: &str| text.parse::<u8>().is_ok();
    let listed: Vec<(u8, String)> = rows(&page("errors"), number)
        .into_iter()
        .map(|row| (row[0].parse().unwrap(), row[1].trim_matches('`').to_owned()))
        .collect();
    assert_eq!(listed, known);
}

#[test]
fn every_code_that_is_mentioned_exists() {
    let known: BTreeSet<&str> = Code::ALL.iter().map(|code| code.id()).collect();
    assert!(!known.contains("CF9999"), "CF9999 stands for a code that never exists");
    let readme = root().join("README.md");
    let mut wrong = Vec::new();
    let mut seen = 0;
    for file in files_under(&root().join("src")).into_iter().chain(readme.is_file().then_some(readme)) {
        let text = fs::read_to_string(&file).unwrap();
        for (at, _) in text.match_indices("CF") {
            let Some(code) = text.get(at..at + 6).filter(|code| is_code(code)) else { continue };
            seen += 1;
            if !known.contains(code) && code != "CF9999" {
                wrong.push(format!("{} mentions {code}", file.display()));
            }
        }
    }
    assert!(seen > Code::ALL.len(), "only {seen} mentions were seen");
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn the_page_of_events_lists_every_type_with_its_version() {
    let page = page("events");
    let listed = rows(&page, |first| first.starts_with("[`"));
    let listed: Vec<(String, u32)> = listed
        .into_iter()
        .map(|row| (row[0].trim_start_matches("[`").split('`').next().unwrap().to_owned(), row[1].parse().unwrap()))
        .collect();
    let known: Vec<(String, u32)> =
        EVENT_TYPES.iter().map(|event_type| (event_type.name.to_owned(), event_type.version)).collect();
    assert_eq!(listed, known);
    let headings: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`')).collect();
    assert_eq!(headings, EVENT_TYPES.iter().map(|event_type| event_type.name).collect::<Vec<_>>());
}

/// Fields and whether they must be there, from the section of one event type.
#[cfg(feature = "schema")]
fn fields_listed(page: &str, name: &str) -> BTreeMap<String, bool> {
    let section = page.split(&format!("### `{name}`\n")).nth(1).unwrap().split("\n### ").next().unwrap();
    let rows = rows(section.split("\n## ").next().unwrap(), |first| first.starts_with('`'));
    rows.into_iter().map(|row| (row[0].trim_matches('`').to_owned(), row[1] == "yes")).collect()
}

#[cfg(feature = "schema")]
#[test]
fn the_page_of_events_lists_every_field_and_which_must_be_there() {
    let page = page("events");
    for event_type in EVENT_TYPES {
        let schema = ceasefire_ledger::event::event_schema(event_type.name).unwrap().to_value();
        let required: Vec<&str> =
            schema["required"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        let fields =
            schema["properties"].as_object().unwrap().keys().filter(|name| !["type", "v"].contains(&name.as_str()));
        let known: BTreeMap<String, bool> =
            fields.map(|name| (name.clone(), required.contains(&name.as_str()))).collect();
        assert_eq!(fields_listed(&page, event_type.name), known, "{}", event_type.name);
    }
}

#[test]
fn every_page_of_the_manual_is_a_module_and_stands_in_its_table() {
    let modules = fs::read_to_string(root().join("src/manual/mod.rs")).unwrap();
    for file in files_under(&root().join("src/manual")) {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        if file.extension().is_some_and(|end| end == "md") {
            assert!(modules.contains(&format!("include_str!(\"{name}.md\")")), "{name}.md is in no module");
            assert!(modules.contains(&format!("//! | [`{name}`] |")), "{name} is not in the table of pages");
        }
    }
}

#[test]
fn the_page_of_projections_lists_each_with_its_version_and_tables() {
    let known: Vec<Vec<String>> = PROJECTIONS
        .iter()
        .map(|projection| {
            let tables: Vec<String> = projection.tables().iter().map(|table| format!("`{table}`")).collect();
            vec![format!("`{}`", projection.name()), projection.version().to_string(), tables.join(" ")]
        })
        .collect();
    let section = page("projections");
    let section = section.split("\n## ").find(|section| section.starts_with("Which there are")).unwrap();
    let listed: Vec<Vec<String>> =
        rows(section, |first| first.starts_with('`')).into_iter().map(|row| row[..3].to_vec()).collect();
    assert_eq!(listed, known);
}

/// Codes that stand in the first cells of one section's tables.
fn codes_in(page: &str, heading: &str) -> BTreeSet<String> {
    let section = page.split("\n## ").find(|section| section.starts_with(heading)).unwrap();
    let cells = rows(section, |first| first.starts_with('`')).into_iter().map(|row| row[0].clone());
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2).map(ToOwned::to_owned).collect::<Vec<_>>()).collect()
}

fn texts<T: ToString>(codes: &[T]) -> BTreeSet<String> {
    codes.iter().map(ToString::to_string).collect()
}

#[test]
fn the_page_of_counting_lists_every_class_status_and_contest() {
    let page = page("counting");
    assert_eq!(codes_in(&page, "Who accuses"), texts(AccuserClass::ALL));
    assert_eq!(codes_in(&page, "Status"), texts(Status::ALL));
    assert_eq!(codes_in(&page, "How the accused answers"), texts(Contest::ALL));
    let ids = codes_in(&page, "The numbers and their ids");
    for (part, _) in COLUMN_PARTS {
        assert!(ids.contains(&format!("accused/A/{part}")), "accused/A/{part} is not on the page");
    }
}

#[test]
fn the_page_of_the_life_of_a_ceasefire_names_every_step_and_every_state() {
    let page = page("lifecycle");
    let steps = codes_in(&page, "Which step leads where");
    assert!(texts(Step::ALL).is_subset(&steps), "{:?} are missing", texts(Step::ALL).difference(&steps));
    for state in State::ALL {
        assert!(page.contains(state.as_str()), "{state} is not on the page");
    }
}

#[test]
fn the_page_of_signatures_lists_who_may_sign_each_event_type() {
    let known: Vec<Vec<String>> = SIGNERS
        .iter()
        .map(|(name, roles)| {
            let roles: Vec<String> = roles.iter().map(|role| format!("`{role}`")).collect();
            vec![format!("`{name}`"), if roles.is_empty() { "–".to_owned() } else { roles.join(" ") }]
        })
        .collect();
    let page = page("signatures");
    let section = page.split("\n## ").find(|section| section.starts_with("Who may sign what")).unwrap();
    assert_eq!(rows(section, |first| first.starts_with('`')), known);
    let types: Vec<&str> = EVENT_TYPES.iter().map(|event_type| event_type.name).collect();
    let listed: Vec<&str> = SIGNERS.iter().map(|(name, _)| *name).collect();
    assert_eq!(listed, types, "src/rules/signing.rs says of every event type who may sign it");
}

#[cfg(feature = "schema")]
#[test]
fn the_page_of_events_lists_every_closed_list_with_its_codes() {
    let page = page("events");
    let section = page.split("### Closed lists").nth(1).unwrap();
    let listed: BTreeMap<String, Vec<String>> = rows(section, |first| first.starts_with('`'))
        .into_iter()
        .map(|row| {
            (
                row[0].trim_matches('`').to_owned(),
                row[1].split(' ').map(|code| code.trim_matches('`').to_owned()).collect(),
            )
        })
        .collect();
    let mut known: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for event_type in EVENT_TYPES {
        let schema = ceasefire_ledger::event::event_schema(event_type.name).unwrap().to_value();
        for (name, definition) in schema.get("$defs").and_then(|defs| defs.as_object()).into_iter().flatten() {
            let choices = definition.get("oneOf").and_then(|list| list.as_array()).into_iter().flatten();
            let codes: Option<Vec<String>> =
                choices.map(|choice| choice.get("const").and_then(|code| code.as_str()).map(str::to_owned)).collect();
            known.extend(codes.filter(|codes| !codes.is_empty()).map(|codes| (name.clone(), codes)));
        }
    }
    assert!(known.len() > 25, "only {} lists were read", known.len());
    assert_eq!(listed, known);
}
