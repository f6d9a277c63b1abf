//! A folder with a ledger in it, and the command to ask it with.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A folder with a ledger in it.
pub(crate) struct Desk {
    pub(crate) folder: TempDir,
    pub(crate) ledger: PathBuf,
}

impl Desk {
    /// The bundled example.
    pub(crate) fn with_example() -> Self {
        Self::made_by(|ledger| vec!["demo", ledger])
    }

    /// An empty ledger with two parties, a monitor, three places within one another, and a truce.
    pub(crate) fn with_truce() -> Self {
        let desk = Self::made_by(|ledger| vec!["init", ledger, "--origin", "example.org/test"]);
        for arguments in [
            &["append", "actor", "A", "--kind", "state", "--name", "en=Aland"][..],
            &["append", "actor", "B", "--kind", "state", "--name", "en=Borduria"],
            &["append", "actor", "MON", "--kind", "monitor", "--name", "en=Mission"],
            &["append", "place", "country", "--name", "en=Country"],
            &["append", "place", "west", "--name", "en=West", "--within", "country"],
            &["append", "place", "ford", "--name", "en=Ford", "--within", "west"],
            &["append", "agreement", "T", "--name", "en=Truce", "--party", "A", "--party", "B", "--source", "MON"],
            &["append", "step", "--ceasefire", "T", "--step", "agreed", "--at", "2021-03-01T00:00Z", "--source", "MON"],
        ] {
            desk.done(arguments);
        }
        desk
    }

    /// An empty ledger of another name, with the zones of the example.
    pub(crate) fn elsewhere() -> Self {
        Self::of_origin("example.org/elsewhere")
    }

    /// An empty ledger.
    pub(crate) fn of_origin(origin: &str) -> Self {
        Self::made_by(|ledger| vec!["init", ledger, "--origin", origin])
    }

    fn made_by<'a>(arguments: impl FnOnce(&'a str) -> Vec<&'a str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = folder.path().join("ledger");
        let path: &'a str = Box::leak(ledger.to_str().unwrap().to_owned().into_boxed_str());
        let output = run(&arguments(path));
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        Self { folder, ledger }
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        run(&[&["-L", self.ledger.to_str().unwrap()], arguments].concat())
    }

    /// Runs what must succeed, and gives what it printed.
    pub(crate) fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(code(&output), 0, "{arguments:?}: {}", stderr(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.done(&[arguments, &["--json"]].concat())).unwrap()
    }
}

pub(crate) fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ceasefire"));
    command.args(arguments).stdin(Stdio::null()).env_remove("CEASEFIRE_LEDGER").env_remove("CLICOLOR_FORCE");
    command.output().unwrap()
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}
