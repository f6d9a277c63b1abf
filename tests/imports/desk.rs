//! A ledger in a folder of its own, and files beside it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use tempfile::TempDir;

pub(crate) struct Desk {
    folder: TempDir,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        let ledger = desk.path("ledger");
        let output = command(&["init", ledger.to_str().unwrap(), "--origin", "example.org/imports"]).output().unwrap();
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    pub(crate) fn gzip(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(bytes).unwrap();
        self.write(name, packed.finish().unwrap())
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let ledger = self.path("ledger");
        command(&[&["-L", ledger.to_str().unwrap()], arguments].concat())
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command that must end well, and reads what it says as JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        self.json_ending(0, arguments)
    }

    pub(crate) fn json_ending(&self, expected: i32, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(code(&output), expected, "{arguments:?}: {}", stderr(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Imports a file that must go in, and gives the counts.
    pub(crate) fn import(&self, format: &str, file: &Path, more: &[&str]) -> Value {
        self.json(&[&["import", format, file.to_str().unwrap()], more].concat())
    }

    /// Imports a file that must be refused, and gives what is said. Nothing may have been written.
    pub(crate) fn refused(&self, format: &str, file: &Path, more: &[&str]) -> String {
        let before = self.log();
        let output = self.run(&[&["import", format, file.to_str().unwrap()], more].concat());
        assert_eq!(code(&output), 3, "{}{}", stderr(&output), String::from_utf8_lossy(&output.stdout));
        assert_eq!(self.log(), before, "something was written");
        stderr(&output)
    }

    /// The whole log, to see that nothing was written, or what.
    pub(crate) fn log(&self) -> String {
        let mut files: Vec<PathBuf> = fs::read_dir(self.path("ledger/log"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
            .collect();
        files.sort();
        files.iter().map(|file| fs::read_to_string(file).unwrap()).collect()
    }

    /// Every event of the log, oldest first.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.records().into_iter().map(|record| record["body"]["event"].clone()).collect()
    }

    pub(crate) fn records(&self) -> Vec<Value> {
        self.log().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub(crate) fn events_of(&self, event_type: &str) -> Vec<Value> {
        self.events().into_iter().filter(|event| event["type"] == event_type).collect()
    }
}

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ceasefire"));
    command.args(arguments).stdin(Stdio::null()).env_remove("CEASEFIRE_LEDGER").env_remove("CLICOLOR_FORCE");
    command
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// A number of an answer.
pub(crate) fn number(answer: &Value, name: &str) -> u64 {
    answer[name].as_u64().unwrap_or_else(|| panic!("no number {name} in {answer}"))
}
