//! A ledger with actors and keys, the command run on it, and a way round admission.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use ceasefire_ledger::exchange::submission::envelope;
use ceasefire_ledger::ledger::{Folder, Genesis, Ledger, OpenError, SubmittedBody};
use ceasefire_ledger::log::{
    DiskStorage, LockError, LogSettings, LogWriter, NewBody, OpenError as LogOpenError, Storage, TornPolicy,
};
use ceasefire_ledger::proof::{BodySignature, BodySigner};
use ceasefire_ledger::record::Body;
use ceasefire_ledger::vocab::Seq;
use serde_json::Value;
use tempfile::TempDir;

use crate::ledger_support::{log_bytes, still_clock};

pub(crate) const ORIGIN: &str = "example.org/nk2020";

/// The keys that every desk begins with: id, owner, roles, and the number of the seed.
pub(crate) const KEYS: &[(&str, &str, &str, u8)] = &[
    ("rec-1", "recorder", r#""recorder""#, 1),
    ("AZE-1", "AZE", r#""party""#, 2),
    ("ARM-1", "ARM", r#""party""#, 3),
    ("MoD-1", "AZE.MoD", r#""party""#, 4),
    ("OSCE-1", "OSCE", r#""monitor""#, 5),
    ("panel-1", "panel", r#""assessor""#, 6),
];

/// A ledger in a folder of its own.
pub(crate) struct Desk {
    pub(crate) folder: TempDir,
}

impl Desk {
    /// A ledger with actors and [`KEYS`], and an incident I-1 that OSCE reported in the record under `I-1`.
    pub(crate) fn new() -> Self {
        let desk = Self::bare();
        for (id, owner, roles, seed) in KEYS {
            let first = *id == "rec-1";
            desk.appended("recorder", &format!("key/{id}"), &key_added(id, owner, roles, *seed), (!first).then_some(1));
        }
        desk.appended("OSCE", "I-1", &report("I-1", "OSCE"), Some(5));
        desk
    }

    /// A ledger with actors and no keys.
    pub(crate) fn bare() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let genesis = Genesis::new(ORIGIN).unwrap();
        let desk = Self { folder };
        let mut ledger = Ledger::create(Folder::at(desk.path()), &genesis, still_clock()).unwrap();
        let actors =
            [("AZE", "state"), ("ARM", "state"), ("AZE.MoD", "organ"), ("OSCE", "monitor"), ("panel", "office")];
        let mut batch: Vec<(Body, String)> = Vec::new();
        let mut add = |key: &str, event: &str| {
            let text = body("recorder", key, event);
            batch.push((Body::read(&text).unwrap(), text));
        };
        for (id, kind) in actors {
            let event = format!(
                r#"{{"type":"actor.registered","v":1,"actor":"{id}","kind":"{kind}","names":[{{"lang":"en","text":"The {id}"}}]}}"#
            );
            add(&format!("actor/{id}"), &event);
        }
        add(
            "relation",
            r#"{"type":"actor.related","v":1,"actor":"AZE.MoD","relation":"part_of","to":"AZE","source":{"speaker":[{"actor":"AZE"}]}}"#,
        );
        ledger.append_bodies(&batch, None).unwrap();
        ledger.settle().unwrap();
        desk
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("ledger")
    }

    pub(crate) fn ledger(&self) -> Ledger {
        patiently(|| match Ledger::open(Folder::at(self.path()), still_clock()) {
            Err(OpenError::Log(LogOpenError::Lock(LockError::Held))) => None,
            opened => Some(opened.unwrap()),
        })
    }

    pub(crate) fn log(&self) -> Vec<(String, Vec<u8>)> {
        log_bytes(&Folder::at(self.path()))
    }

    /// Adds a section to `ledger.toml`.
    pub(crate) fn settings(&self, section: &str) {
        let path = self.path().join("ledger.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, format!("{text}\n{section}\n")).unwrap();
    }

    /// Appends through the library, signed with the key of a seed or not at all.
    pub(crate) fn appended(&self, by: &str, key: &str, event: &str, seed: Option<u8>) -> Seq {
        let text = body(by, key, event);
        let signature = seed.map(|seed| signer(seed).sign(text.as_bytes()));
        let given = SubmittedBody { body: Body::read(&text).unwrap(), text, signature };
        let receipts = self.ledger().append_submitted(&[given], None);
        receipts.unwrap_or_else(|error| panic!("{event}: {error}"))[0].seq
    }

    /// Writes records into the log itself, past every rule of admission. The chain holds.
    pub(crate) fn smuggled(&self, text: &str, signature: Option<&BodySignature>) -> Seq {
        let signature = signature.map(BodySignature::to_base64);
        let new = NewBody { body: text, signature: signature.as_deref() };
        let storage: Arc<dyn Storage> = Arc::new(DiskStorage::open(Folder::at(self.path()).log()).unwrap());
        let mut writer = patiently(|| {
            let (storage, seal) = (Arc::clone(&storage), Box::new(|_: &_| String::new()));
            match LogWriter::open(storage, LogSettings::default(), still_clock(), seal, TornPolicy::Refuse) {
                Err(LogOpenError::Lock(LockError::Held)) => None,
                opened => Some(opened.unwrap().writer),
            }
        });
        writer.append(&[new]).unwrap()[0].seq
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(arguments, "")
    }

    pub(crate) fn run_with(&self, arguments: &[&str], stdin: &str) -> Output {
        let path = self.path();
        let mut all = vec!["-L", path.to_str().unwrap()];
        all.extend(arguments);
        run_in(&self.folder, &all, stdin)
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(code(&output), 0, "{arguments:?}: {}", stderr(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Submits lines, and expects an exit code, a stable code, and a log as it was. Gives what stood on stderr.
    pub(crate) fn refused(&self, lines: &str, exit: i32, stable: &str) -> String {
        let before = self.log();
        let output = self.run_with(&["submit", "-"], lines);
        let text = stderr(&output);
        assert_eq!(code(&output), exit, "{text}");
        assert!(text.contains(&format!("code:  {stable}")), "{text}");
        assert_eq!(self.log(), before, "something was written");
        text
    }

    pub(crate) fn accepted(&self, lines: &str) -> String {
        let output = self.run_with(&["submit", "-"], lines);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Verifies: the exit code, and the check of the signatures.
    pub(crate) fn verified(&self) -> (i32, Value) {
        let output = self.run(&["verify", "--json"]);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let checks = report["checks"].as_array().unwrap();
        (code(&output), checks.iter().find(|check| check["name"] == "signatures").unwrap().clone())
    }

    /// Expects that verification proves a record's signature wrong, and nothing but that, and says why.
    pub(crate) fn violated_at(&self, seq: Seq, what: &str) {
        let output = self.run(&["verify", "--json"]);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(code(&output), 1, "{report:#}");
        for check in report["checks"].as_array().unwrap() {
            match check["name"].as_str().unwrap() {
                "signatures" => {
                    let findings = check["findings"].as_array().unwrap();
                    let found: Vec<u64> = findings.iter().map(|finding| finding["seq"].as_u64().unwrap()).collect();
                    assert_eq!(found, [seq.number()], "{check:#}");
                    assert!(findings[0]["what"].as_str().unwrap().contains(what), "{check:#}");
                    assert_eq!(check["verdict"], "violated");
                }
                "projections" => {}
                _ => assert_eq!(check["verdict"], "ok", "{check:#}"),
            }
        }
    }
}

/// Tries until there is an answer. A child that another test is just starting holds every lock of this process until it is
/// its own program, which is soon.
fn patiently<T>(mut attempt: impl FnMut() -> Option<T>) -> T {
    for _ in 0..500 {
        if let Some(answer) = attempt() {
            return answer;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("the lock is not given up");
}

/// Runs the command in a folder, with nothing of the tester's own surroundings.
pub(crate) fn run_in(folder: &TempDir, arguments: &[&str], stdin: &str) -> Output {
    patiently(|| Some(run_once(folder, arguments, stdin)).filter(|output| code(output) != 11))
}

fn run_once(folder: &TempDir, arguments: &[&str], stdin: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ceasefire"));
    command.args(arguments).current_dir(folder.path());
    command.env_remove("CEASEFIRE_LEDGER").env_remove("CEASEFIRE_KEY").env_remove("CLICOLOR_FORCE");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that refuses its arguments may end before it has read anything.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub(crate) fn signer(seed: u8) -> BodySigner {
    BodySigner::from_seed(&[seed; 32])
}

pub(crate) fn public_key(seed: u8) -> String {
    signer(seed).verifier().to_base64()
}

pub(crate) fn body(by: &str, key: &str, event: &str) -> String {
    body_for(ORIGIN, by, key, event)
}

pub(crate) fn body_for(origin: &str, by: &str, key: &str, event: &str) -> String {
    format!(r#"{{"origin":"{origin}","by":"{by}","key":"{key}","event":{event}}}"#)
}

/// A line for `submit`, signed with the key of a seed.
pub(crate) fn signed(body: &str, seed: u8) -> String {
    let signature = signer(seed).sign(body.as_bytes());
    format!("{}\n", envelope(body, &signature, &signer(seed).verifier()).unwrap())
}

/// A line for `submit` with a signature that was made over something else.
pub(crate) fn signed_elsewhere(body: &str, signature: &BodySignature, seed: u8) -> String {
    format!("{}\n", envelope(body, signature, &signer(seed).verifier()).unwrap())
}

pub(crate) fn report(incident: &str, speaker: &str) -> String {
    format!(
        r#"{{"type":"violation.reported","v":1,"incident":"{incident}","act":"shelling","source":{{"speaker":[{{"actor":"{speaker}"}}]}}}}"#
    )
}

pub(crate) fn key_added(id: &str, owner: &str, roles: &str, seed: u8) -> String {
    let public_key = public_key(seed);
    format!(
        r#"{{"type":"key.added","v":1,"key":"{id}","actor":"{owner}","public_key":"{public_key}","roles":[{roles}]}}"#
    )
}

pub(crate) fn key_rotated(id: &str, successor: &str, seed: u8) -> String {
    let public_key = public_key(seed);
    format!(r#"{{"type":"key.rotated","v":1,"key":"{id}","successor":"{successor}","public_key":"{public_key}"}}"#)
}

pub(crate) fn key_revoked(id: &str, suspect_since: Option<&str>) -> String {
    let since = suspect_since.map(|since| format!(r#","suspect_since":"{since}""#)).unwrap_or_default();
    format!(r#"{{"type":"key.revoked","v":1,"key":"{id}","reason":"lost"{since}}}"#)
}

pub(crate) fn retracted(seq: Seq) -> String {
    format!(r#"{{"type":"record.retracted","v":1,"target":{{"seq":{seq}}},"by":"source","reason":"it was not so"}}"#)
}
