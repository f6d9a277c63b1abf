//! The rules of the house, held by reading the sources: who may use whom, which tests run, and that what was frozen
//! stays frozen.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A room: its folder, its floor, and the outside crates it may name. A room may use rooms on lower floors only.
struct Room(&'static str, u8, &'static [&'static str]);

const EVERYWHERE: &[&str] = &["serde", "thiserror", "schemars"];
const FREE: &[&str] = &["*"];
const ROOMS: &[Room] = &[
    Room("vocab", 0, &["chrono", "data_encoding", "unicode_normalization"]),
    Room("event", 1, &["serde_json"]),
    Room("record", 2, &["serde_json", "blake3", "memchr"]),
    Room("log", 3, &["blake3", "memchr", "rayon"]),
    Room(
        "proof",
        3,
        &[
            "serde_json",
            "sha2",
            "ed25519_dalek",
            "base64ct",
            "zeroize",
            "blake3",
            "der",
            "x509_cert",
            "rsa",
            "p256",
            "p384",
            "sha1",
        ],
    ),
    Room("rules", 3, &["unicode_security"]),
    Room("projection", 4, &["serde_json", "blake3", "lz4_flex", "rayon", "sled"]),
    Room("evidence", 4, &[]),
    Room("publication", 4, &["rayon"]),
    Room("vault", 4, &["serde_json", "sha2", "base64ct", "zeroize", "chacha20poly1305", "getrandom"]),
    Room("witness", 4, &["serde_json"]),
    Room("ledger", 5, &["serde_json", "blake3", "rayon", "strsim", "tempfile", "toml", "zeroize"]),
    Room("exchange", 6, FREE),
    Room("report", 6, FREE),
    Room("server", 7, FREE),
    Room("cli", 8, FREE),
    Room("verifier", 8, &["serde_json"]),
    Room("manual", 0, &[]),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files_under(folder: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() { open.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/")
}

/// A source file's path from the root, and its lines that are not comments, with their numbers.
struct Source {
    path: String,
    code: Vec<(usize, String)>,
}

fn sources() -> Vec<Source> {
    let files = files_under("src").into_iter().filter(|path| path.extension().is_some_and(|end| end == "rs"));
    files
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.to_owned()));
            let code = lines.filter(|(_, line)| !line.trim_start().starts_with("//")).collect();
            Source { path: shown(&path), code }
        })
        .collect()
}

impl Source {
    fn room(&self) -> Option<&'static Room> {
        let folder = self.path.strip_prefix("src/")?.split_once('/')?.0;
        Some(ROOMS.iter().find(|room| room.0 == folder).unwrap_or_else(|| panic!("`{folder}` has no floor")))
    }

    /// Gives the places where one of the texts stands with no name running into it.
    fn naming<'a>(&'a self, texts: &'a [&'a str]) -> impl Iterator<Item = String> + 'a {
        self.code.iter().flat_map(move |(number, line)| {
            let named = texts.iter().filter(|text| after(line, text).next().is_some());
            named.map(move |text| format!("{}:{number} names {text}", self.path))
        })
    }
}

/// What follows each occurrence of a text that no name or path runs into.
fn after<'a>(line: &'a str, text: &'a str) -> impl Iterator<Item = &'a str> {
    line.match_indices(text).filter_map(move |(at, _)| {
        let inside = line[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == ':');
        (!inside).then(|| &line[at + text.len()..])
    })
}

fn name_at_start(text: &str) -> &str {
    text.split(|end: char| !(end.is_alphanumeric() || end == '_')).next().unwrap_or_default()
}

/// The rooms that a line names through `crate::`, one by one or in braces.
fn rooms_named(line: &str) -> Vec<&str> {
    let mut rooms = Vec::new();
    for rest in after(line, "crate::") {
        match rest.strip_prefix('{') {
            None => rooms.push(name_at_start(rest)),
            Some(list) => rooms.extend(list.split([',', '}']).map(|item| name_at_start(item.trim()))),
        }
    }
    rooms.retain(|name| ROOMS.iter().any(|room| room.0 == *name));
    rooms
}

#[test]
fn no_room_uses_one_on_its_own_floor_or_above() {
    let mut wrong = Vec::new();
    let mut uses = 0;
    for source in sources() {
        let Some(&Room(room, floor, _)) = source.room() else { continue };
        for (number, line) in &source.code {
            for used in rooms_named(line).into_iter().filter(|used| *used != room && room != "manual") {
                uses += 1;
                if !ROOMS.iter().any(|&Room(name, below, _)| name == used && below < floor && name != "manual") {
                    wrong.push(format!("{}:{number}: `{room}` uses `{used}`", source.path));
                }
            }
            let escape = ROOMS.iter().find(|other| line.contains(&format!("super::super::{}::", other.0)));
            wrong.extend(escape.map(|other| format!("{}:{number} goes round to `{}`", source.path, other.0)));
        }
    }
    assert!(uses > 50, "only {uses} uses were seen: the reading is broken");
    assert_eq!(wrong, [""; 0]);
}

fn dependencies() -> BTreeSet<String> {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let section = manifest.split("\n[dependencies]\n").nth(1).unwrap().split("\n[").next().unwrap();
    let names = section.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" = "));
    names.map(|(name, _)| name.replace('-', "_")).collect()
}

#[test]
fn a_room_names_only_the_outside_crates_it_is_allowed() {
    let dependencies = dependencies();
    assert!(dependencies.contains("sled") && dependencies.len() > 15, "{dependencies:?}");
    let mut wrong = Vec::new();
    for source in sources() {
        let Some(Room(_, _, allowed)) = source.room() else { continue };
        let allowed_here = |name: &str| *allowed == FREE || allowed.contains(&name) || EVERYWHERE.contains(&name);
        for name in dependencies.iter().filter(|name| !allowed_here(name)) {
            wrong.extend(source.naming(&[format!("{name}::").as_str()]));
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn one_file_names_sled() {
    let naming = |source: &Source| source.naming(&["sled::"]).next().is_some();
    let files: Vec<String> = sources().into_iter().filter(naming).map(|source| source.path).collect();
    assert_eq!(files, ["src/projection/sled_rows.rs"]);
}

/// Fails where a text stands in the code of a room below `floor`, other than in the files excepted.
fn below(floor: u8, texts: &[&str], excepted: &[&str]) {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.room().is_none_or(|room| room.1 < floor)) {
        if !excepted.contains(&source.path.as_str()) {
            wrong.extend(source.naming(texts));
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn below_the_ledger_one_file_of_a_room_touches_the_file_system() {
    let files = ["log/disk.rs", "evidence/store.rs", "publication/disk.rs", "vault/disk.rs", "witness/shelf.rs"];
    let files = files.map(|file| format!("src/{file}"));
    below(5, &["std::fs", "fs::", "File::", "std::net"], &files.each_ref().map(String::as_str));
}

#[test]
fn nothing_below_the_command_line_prints_or_reads_the_environment() {
    below(8, &["println!", "print!", "eprintln!", "eprint!", "dbg!", "std::io::stdout"], &[]);
    below(8, &["std::env", "env::var"], &["src/main.rs"]);
    below(8, &["std::process", "process::exit"], &["src/main.rs"]);
}

#[test]
fn nothing_below_the_command_line_asks_the_time_but_the_clock() {
    below(8, &["SystemTime::now", "Utc::now", "Local::now", "UNIX_EPOCH"], &["src/vocab/clock.rs"]);
}

#[test]
fn every_test_file_is_a_target_that_runs() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1", "--manifest-path"])
        .arg(root().join("Cargo.toml"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let targets = metadata["packages"][0]["targets"].as_array().unwrap();
    let runs = |target: &&serde_json::Value| target["kind"][0] == "test" && target["test"] == true;
    let listed: BTreeSet<String> =
        targets.iter().filter(runs).map(|target| shown(Path::new(target["src_path"].as_str().unwrap()))).collect();
    let is_source = |file: &&String| Path::new(file).extension().is_some_and(|end| end == "rs");
    let mut texts = String::new();
    let mut unlisted = Vec::new();
    let files: Vec<String> = files_under("tests").iter().map(|path| shown(path)).collect();
    for file in files.iter().filter(is_source) {
        texts.push_str(&fs::read_to_string(root().join(file)).unwrap());
        if file.matches('/').count() == 1 && !listed.contains(file) {
            unlisted.push(file.clone());
        }
    }
    for file in files.iter().filter(is_source).filter(|file| file.matches('/').count() > 1 && !listed.contains(*file)) {
        let path = Path::new(file);
        let parent = path.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap();
        let stem = path.file_stem().and_then(|name| name.to_str()).filter(|stem| *stem != "mod").unwrap_or(parent);
        if !texts.contains(&format!("mod {stem};")) {
            unlisted.push(file.clone());
        }
    }
    assert_eq!(unlisted, [""; 0], "no test runs these files");
}

#[test]
fn the_page_of_architecture_gives_every_room_its_floor() {
    let page = fs::read_to_string(root().join("src/manual/architecture.md")).unwrap();
    let cells = page.lines().map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
    let listed: BTreeSet<(u8, String)> = cells
        .filter_map(|cells| Some((cells.get(1)?.parse().ok()?, cells.get(2)?.trim_matches('`').to_owned())))
        .collect();
    let floors: BTreeSet<(u8, String)> = ROOMS.iter().map(|room| (room.1, room.0.to_owned())).collect();
    let built = ROOMS.iter().filter(|room| room.0 != "manual" && root().join("src").join(room.0).is_dir());
    let missing: Vec<&str> =
        built.map(|room| room.0).filter(|room| !listed.iter().any(|(_, name)| name == room)).collect();
    assert_eq!(missing, [""; 0], "rooms that the page does not know");
    assert_eq!(listed.difference(&floors).collect::<Vec<_>>(), Vec::<&(u8, String)>::new(), "rooms on another floor");
}

/// To add a fixture, add the line that this test prints, or make the list anew from inside `fixtures/`:
/// `find . -type f ! -name FROZEN.b3 | sed 's|^\./||' | LC_ALL=C sort | xargs b3sum > FROZEN.b3`.
/// A line that is there already never changes: old logs and old readers lean on those bytes.
#[test]
fn every_fixture_is_frozen() {
    let list = fs::read_to_string(root().join("fixtures/FROZEN.b3")).unwrap();
    let frozen: BTreeMap<&str, &str> =
        list.lines().map(|line| line.split_once("  ").unwrap()).map(|(hash, path)| (path, hash)).collect();
    assert_eq!(frozen.len(), list.lines().count(), "a file is listed twice");
    let mut present = BTreeSet::new();
    for file in files_under("fixtures") {
        let path = shown(&file).trim_start_matches("fixtures/").to_owned();
        if path == "FROZEN.b3" {
            continue;
        }
        let hash = blake3::hash(&fs::read(&file).unwrap()).to_string();
        match frozen.get(path.as_str()) {
            Some(known) => assert_eq!(*known, hash, "fixtures/{path} was changed; it is frozen"),
            None => panic!("fixtures/{path} is not frozen yet; add to fixtures/FROZEN.b3:\n{hash}  {path}"),
        }
        present.insert(path);
    }
    let gone: Vec<_> = frozen.keys().filter(|path| !present.contains(**path)).collect();
    assert_eq!(gone, Vec::<&&str>::new(), "these frozen fixtures are gone");
}
