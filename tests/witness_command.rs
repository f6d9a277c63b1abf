//! Witnesses as their users meet them: two parties and a mission, over HTTP and by courier, and those who cheat.
#![cfg(feature = "cli")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// A folder with the example ledger, a key for each of three witnesses, and a folder for the memory of each.
struct Field {
    folder: TempDir,
    log_key: String,
}

const PARTIES: [&str; 3] = ["party-a", "party-b", "mission"];

impl Field {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut field = Self { folder, log_key: String::new() };
        field.ok(&["demo", "ledger"]);
        for party in PARTIES {
            field.ok(&["witness", "new", &format!("{party}.key"), "--name", &format!("{party}.example/witness")]);
        }
        let first = fs::read_to_string(field.path("ledger/log/00000000000000000001.jsonl")).unwrap();
        let first: Value = serde_json::from_str(first.lines().next().unwrap()).unwrap();
        first["body"]["event"]["log_key"].as_str().unwrap().clone_into(&mut field.log_key);
        field
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ceasefire"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command
            .env("CEASEFIRE_LEDGER", "ledger")
            .env("CEASEFIRE_STATE", self.path("seen"))
            .env_remove("CLICOLOR_FORCE");
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(code(&output), 0, "{arguments:?}: {}", told(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    fn ends(&self, arguments: &[&str], exit: i32, words: &[&str]) -> String {
        let output = self.run(arguments);
        let told = told(&output);
        assert_eq!(code(&output), exit, "{arguments:?}: {told}");
        for word in words {
            assert!(told.contains(word), "{arguments:?} should say {word:?}: {told}");
        }
        told
    }

    fn json(&self, arguments: &[&str], exit: i32) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(code(&output), exit, "{arguments:?}: {}", told(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn vkey(&self, party: &str) -> String {
        let text = fs::read_to_string(self.path(&format!("{party}.key"))).unwrap();
        let key = ceasefire_ledger::proof::SignerKey::parse(text.trim_end()).unwrap();
        key.verifier().to_string()
    }

    /// What a witness's verbs need.
    fn seat<'a>(&'a self, party: &'a str, verb: &'a [&'a str]) -> Vec<String> {
        let seat =
            ["--witness-key", &format!("{party}.key"), "--log", &self.log_key, "--state", party].map(ToOwned::to_owned);
        verb.iter().map(|word| (*word).to_owned()).chain(seat).collect()
    }

    fn serve(&self, party: &str) -> Serving {
        let arguments = self.seat(party, &["witness", "serve", "--listen", "127.0.0.1:0", "--json"]);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut child = self.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let listening = next_event(&mut lines);
        Serving { url: listening["url"].as_str().unwrap().to_owned(), listening, child, lines }
    }

    /// Sets the policy that both parties and the mission must cosign; those without an address are asked by courier.
    fn policy(&self, urls: &[(&str, &str)]) {
        let mut text = format!("log {}\n", self.log_key);
        for party in PARTIES {
            let url = urls.iter().find(|(name, _)| *name == party).map_or("", |(_, url)| url);
            writeln!(text, "witness {party} {} {url}", self.vkey(party)).unwrap();
        }
        text.push_str("group all-three all party-a party-b mission\nquorum all-three\n");
        fs::write(self.path("policy.txt"), text).unwrap();
        self.ok(&["witness", "policy", "policy.txt"]);
    }

    fn append(&self, ledger: &str, summary: &str) {
        self.ok(&[
            "-L",
            ledger,
            "append",
            "violation",
            "--source",
            "AZE.MoD",
            "--act",
            "shelling",
            "--summary",
            summary,
        ]);
    }

    fn by_courier(&self, party: &str) {
        self.ok(&["witness", "request", party, "-o", "request.txt"]);
        let answer = self.seat(party, &["witness", "answer", "request.txt", "-o", "answer.txt"]);
        self.ok(&answer.iter().map(String::as_str).collect::<Vec<_>>());
        self.ok(&["witness", "take", "answer.txt"]);
    }

    fn verdict(&self, arguments: &[&str], exit: i32) -> (String, String) {
        let report = self.json(&[&["verify"], arguments].concat(), exit);
        let checks = report["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["name"] == "witnesses").unwrap();
        let findings = check["findings"].as_array().unwrap().iter().map(|finding| finding["what"].as_str().unwrap());
        let words = [check["detail"].as_str().unwrap()].into_iter().chain(findings).collect::<Vec<_>>().join("\n");
        (check["verdict"].as_str().unwrap().to_owned(), words)
    }
}

/// A witness that serves, in a process of its own.
struct Serving {
    url: String,
    listening: Value,
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Serving {
    fn event(&mut self) -> Value {
        next_event(&mut self.lines)
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    fn end(mut self) {
        self.signal("-TERM");
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn next_event(lines: &mut BufReader<ChildStdout>) -> Value {
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn told(output: &Output) -> String {
    [String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)].concat()
}

fn words(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() { copy(&entry.path(), &target) } else { _ = fs::copy(entry.path(), target).unwrap() }
    }
}

#[test]
fn two_witnesses_over_http_and_one_by_courier_meet_the_policy_of_both_parties_and_the_mission() {
    let field = Field::new();
    assert_eq!(field.verdict(&[], 0), ("ok".to_owned(), "no policy says who must cosign".to_owned()));
    let (party_a, mission) = (field.serve("party-a"), field.serve("mission"));
    field.policy(&[("party-a", &party_a.url), ("mission", &mission.url)]);
    let (verdict, detail) = field.verdict(&[], 5);
    assert_eq!(verdict, "cannot_tell");
    assert!(detail.contains("has 0 (missing: party-a, party-b, mission)"), "{detail}");
    let asked = field.json(&["witness", "ask"], 0);
    assert_eq!(asked["size"], 118);
    let answers: Vec<&Value> = asked["asked"].as_array().unwrap().iter().map(|one| &one["answer"]).collect();
    assert_eq!(answers, ["cosigned", "cosigned"]);
    assert_eq!((&asked["met"], &asked["lacking"][0]["missing"][0]), (&Value::Bool(false), &Value::from("party-b")));
    assert!(field.verdict(&[], 5).1.contains("has 2 (missing: party-b)"));
    // The courier is on the way while the ledger goes on.
    field.ok(&["witness", "request", "party-b", "-o", "request.txt"]);
    field.append("ledger", "while the courier is on the way");
    let answer = field.seat("party-b", &["witness", "answer", "request.txt", "-o", "answer.txt"]);
    field.ok(&words(&answer));
    let taken = field.json(&["witness", "take", "answer.txt"], 0);
    assert_eq!(
        (&taken["taken"][0]["witness"], &taken["taken"][0]["size"]),
        (&Value::from("party-b"), &Value::from(118))
    );
    let (_, detail) = field.verdict(&[], 5);
    assert!(detail.contains("119 records: ") && detail.contains("the policy was last met for 118 records"), "{detail}");
    field.ok(&["witness", "ask", "party-a"]);
    field.ok(&["witness", "ask", &mission.url]);
    field.by_courier("party-b");
    let (verdict, detail) = field.verdict(&[], 0);
    assert_eq!(
        (verdict.as_str(), detail.as_str()),
        ("ok", "119 records cosigned by mission, party-a, party-b; the policy is met")
    );
    let listed = field.json(&["witness", "list"], 0);
    assert_eq!(listed["met"], true);
    let sizes: Vec<&Value> = listed["witnesses"].as_array().unwrap().iter().map(|one| &one["cosigned"]).collect();
    assert_eq!(sizes, [119, 119, 119]);
    let note = fs::read_to_string(field.path("ledger/checkpoint")).unwrap();
    assert_eq!(note.lines().filter(|line| line.starts_with("— ")).count(), 4, "{note}");
    party_a.end();
    mission.end();
}

#[test]
fn a_reader_brings_a_policy_of_his_own_whatever_the_keeper_set() {
    let field = Field::new();
    let party_a = field.serve("party-a");
    let lenient =
        format!("log {}\nwitness party-a {} {}\nquorum party-a\n", field.log_key, field.vkey("party-a"), party_a.url);
    fs::write(field.path("lenient.txt"), &lenient).unwrap();
    field.ok(&["witness", "policy", "lenient.txt"]);
    field.ok(&["witness", "ask"]);
    assert_eq!(field.verdict(&[], 0).0, "ok");
    let strict = format!("{lenient}witness party-b {}\ngroup two all party-a party-b\n", field.vkey("party-b"));
    let strict = strict.replace("quorum party-a\n", "") + "quorum two\n";
    fs::write(field.path("strict.txt"), strict).unwrap();
    let (verdict, detail) = field.verdict(&["--policy", "strict.txt"], 5);
    assert_eq!(verdict, "cannot_tell");
    assert!(detail.contains("two needs 2 of its members and has 1 (missing: party-b)"), "{detail}");
    fs::write(field.path("none.txt"), "quorum none\n").unwrap();
    assert_eq!(field.verdict(&["--policy", "none.txt"], 5).0, "cannot_tell", "it trusts no log at all");
    field.ends(&["verify", "--policy", "ledger/checkpoint"], 3, &["CF0642", "checkpoint:1:1"]);
}

#[test]
fn groups_and_thresholds_are_those_of_the_policy() {
    let field = Field::new();
    let served = [field.serve("party-a"), field.serve("mission")];
    field.policy(&[("party-a", &served[0].url), ("mission", &served[1].url)]);
    field.ok(&["witness", "ask"]);
    let head: String = fs::read_to_string(field.path("policy.txt")).unwrap().split_inclusive('\n').take(4).collect();
    let with = |tail: &str| {
        fs::write(field.path("other.txt"), format!("{head}{tail}")).unwrap();
        field.run(&["verify", "--policy", "other.txt"]).status.code().unwrap()
    };
    assert_eq!(with("group g 2 party-a party-b mission\nquorum g\n"), 0);
    assert_eq!(with("group g 3 party-a party-b mission\nquorum g\n"), 5);
    assert_eq!(with("group g any party-b mission\nquorum g\n"), 0);
    assert_eq!(with("group parties all party-a party-b\ngroup g all parties mission\nquorum g\n"), 5);
    assert_eq!(with("group parties any party-a party-b\ngroup g all parties mission\nquorum g\n"), 0);
    assert_eq!(with("quorum party-b\n"), 5);
    assert_eq!(with("quorum none\n"), 0);
}

/// Two copies of one ledger with one key that go on differently: the keeper shows each witness its own.
fn fork(field: &Field) {
    copy(&field.path("ledger"), &field.path("fork"));
    field.append("ledger", "what one side is shown");
    field.append("fork", "what the other side is shown");
}

#[test]
fn attack_forked_checkpoint_shown_to_two_witnesses_exit_5_here_and_exit_1_with_the_evidence() {
    let field = Field::new();
    let (party_a, mut party_b) = (field.serve("party-a"), field.serve("party-b"));
    field.policy(&[("party-a", &party_a.url), ("party-b", &party_b.url)]);
    fs::copy(field.path("ledger/policy"), field.path("own-policy")).unwrap();
    field.ok(&["witness", "ask"]);
    fork(&field);
    // Each sees one history and finds nothing wrong.
    field.ok(&["-L", "fork", "witness", "ask", "party-b"]);
    field.ok(&["witness", "ask", "party-a"]);
    // Nobody who asks for both gets both.
    let told = field.ends(&["witness", "ask", "party-b"], 5, &["CF0646", "another tree of this size"]);
    assert!(told.contains("refused"), "{told}");
    field.ends(&["-L", "fork", "witness", "ask", "party-a"], 5, &["CF0646"]);
    let (verdict, _) = field.verdict(&["--policy", "own-policy"], 5);
    assert_eq!(verdict, "cannot_tell");
    let refused = std::iter::repeat_with(|| party_b.event())
        .find(|event| event["status"] == 409 && event["evidence"] != Value::Null);
    assert_eq!(refused.unwrap()["evidence"], "same_size");
    // Either witness proves it to anybody.
    let state = ["witness", "evidence", "--state", "party-b", "--log", &field.log_key];
    field.ends(&state, 1, &["PROVEN", "two different trees of 119 records"]);
    let found = field.json(&state, 1);
    let file = found["evidence"][0]["file"].as_str().unwrap();
    field.ends(&["witness", "evidence", file, "--log", &field.log_key], 1, &["PROVEN"]);
    field.ends(&["witness", "evidence", "--state", "party-a", "--log", &field.log_key], 1, &["PROVEN"]);
    // What the other history was cosigned with is not for this one.
    let cosigned = fs::read_to_string(field.path("fork/checkpoint")).unwrap();
    let line: String = cosigned.split_inclusive('\n').filter(|line| line.contains("party-b")).collect();
    fs::write(field.path("answer.txt"), line).unwrap();
    field.ends(&["witness", "take", "answer.txt"], 3, &["CF0648"]);
    // Put among the cosigned checkpoints, the fork's own note convicts the log.
    fs::copy(field.path("fork/cosigned/00000000000000000119"), field.path("ledger/cosigned/00000000000000000119"))
        .unwrap();
    let (verdict, words) = field.verdict(&[], 1);
    assert_eq!(verdict, "violated");
    assert!(words.contains("the records up to here are not those that were signed and cosigned"), "{words}");
    // And asking stops, for the key has signed two trees.
    field.ends(&["witness", "ask", "party-a", "--again"], 1, &["CF0650", "two different trees of 119 records"]);
}

#[test]
fn attack_a_fork_that_has_grown_is_convicted_by_its_own_proof_exit_1() {
    let field = Field::new();
    let party_a = field.serve("party-a");
    field.policy(&[("party-a", &party_a.url)]);
    fork(&field);
    field.ok(&["witness", "ask", "party-a"]);
    field.append("fork", "and one more");
    field.ends(&["-L", "fork", "witness", "ask", "party-a"], 5, &["CF0646", "status 422"]);
    let state = ["witness", "evidence", "--state", "party-a", "--log", &field.log_key];
    field.ends(&state, 1, &["PROVEN", "begins with other records"]);
}

#[test]
fn attack_stale_checkpoint_an_older_copy_put_back_is_told_by_the_witness_and_signs_no_more_exit_5() {
    let field = Field::new();
    let party_a = field.serve("party-a");
    field.policy(&[("party-a", &party_a.url)]);
    copy(&field.path("ledger"), &field.path("backup"));
    field.append("ledger", "lost with the disk");
    field.ok(&["witness", "ask", "party-a"]);
    let asked = field.json(&["-L", "backup", "witness", "ask", "party-a"], 5);
    assert_eq!((&asked["asked"][0]["answer"], &asked["asked"][0]["knows"]), (&Value::from("ahead"), &Value::from(119)));
    let told = field.run(&["-L", "backup", "append", "violation", "--source", "AZE.MoD", "--act", "shelling"]);
    assert_eq!(code(&told), 1, "{}", self::told(&told));
    assert!(self::told(&told).contains("CF0601"), "{}", self::told(&told));
    let line = field.ok(&["-L", "backup", "log", "--json"]);
    let records: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(records["records"].as_array().unwrap().len(), 118, "nothing was appended");
}

#[test]
fn attack_a_cosignature_with_a_changed_bit_is_found_exit_1() {
    let field = Field::new();
    let party_a = field.serve("party-a");
    field.policy(&[("party-a", &party_a.url)]);
    field.ok(&["witness", "ask", "party-a"]);
    for file in ["ledger/checkpoint", "ledger/cosigned/00000000000000000118"] {
        let whole = fs::read_to_string(field.path(file)).unwrap();
        let line = whole.lines().find(|line| line.contains("party-a")).unwrap();
        let place = line.len() - 10;
        let other = if line.as_bytes()[place] == b'A' { "B" } else { "A" };
        let forged = [&line[..place], other, &line[place + 1..]].concat();
        fs::write(field.path(file), whole.replace(line, &forged)).unwrap();
        let (verdict, words) = field.verdict(&[], 1);
        assert_eq!(verdict, "violated", "{file}");
        assert!(words.contains("the signature in the name of party-a.example/witness"), "{file}: {words}");
        fs::write(field.path(file), whole).unwrap();
    }
    assert_eq!(field.verdict(&[], 5).0, "cannot_tell");
}

#[test]
fn a_restored_witness_is_told_by_the_ledger_that_it_forgot_and_is_given_back_what_it_cosigned() {
    let field = Field::new();
    let party_a = field.serve("party-a");
    field.policy(&[("party-a", &party_a.url)]);
    field.ok(&["witness", "ask", "party-a"]);
    party_a.end();
    copy(&field.path("party-a"), &field.path("backup"));
    field.append("ledger", "cosigned and forgotten");
    let party_a = field.serve("party-a");
    field.ok(&["witness", "ask", &party_a.url, "--witness", &field.vkey("party-a")]);
    party_a.end();
    fs::remove_dir_all(field.path("party-a")).unwrap();
    copy(&field.path("backup"), &field.path("party-a"));
    field.append("ledger", "one more");
    let mut party_a = field.serve("party-a");
    field.policy(&[("party-a", &party_a.url)]);
    let asked = field.json(&["witness", "ask", "party-a"], 5);
    assert_eq!(
        (&asked["asked"][0]["answer"], &asked["asked"][0]["knows"]),
        (&Value::from("forgot"), &Value::from(118))
    );
    let told = std::iter::repeat_with(|| party_a.event()).find(|event| event["status"] == 500).unwrap();
    assert_eq!(told["why"], "the witness cosigned 119 records and does not remember it: its memory was set back");
    let adopt = field.seat("party-a", &["witness", "adopt", "ledger/cosigned/00000000000000000119"]);
    field.ends(&words(&adopt), 11, &["CF0403"]);
    party_a.end();
    field.ends(&words(&[&adopt[..], &["-n".to_owned()]].concat()), 0, &["would remember 119 records"]);
    field.ends(&words(&adopt), 0, &["remembers 119 records"]);
    field.ends(&words(&adopt), 3, &["CF0649", "remembers 119 records already"]);
    let party_a = field.serve("party-a");
    field.policy(&[("party-a", &party_a.url)]);
    field.ok(&["witness", "ask", "party-a"]);
}

#[test]
fn a_witness_killed_as_soon_as_it_remembers_goes_on_from_there() {
    let field = Field::new();
    let serving = field.serve("party-a");
    field.policy(&[("party-a", &serving.url)]);
    field.ok(&["witness", "ask", "party-a"]);
    drop(serving);
    for round in 0..6_u64 {
        let size = 119 + round;
        field.append("ledger", &format!("round {round}"));
        field.ok(&[
            "witness",
            "request",
            "--witness",
            &field.vkey("party-a"),
            "--from",
            &(size - 1).to_string(),
            "-o",
            "request.txt",
        ]);
        let body = fs::read(field.path("request.txt")).unwrap();
        let serving = field.serve("party-a");
        let mut stream = TcpStream::connect(serving.url.trim_start_matches("http://")).unwrap();
        let head = format!("POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all(&[head.as_bytes(), &body].concat()).unwrap();
        let file = field.path(&format!("party-a/{}/cosigned/{size:020}", origin_folder(&field)));
        let began = Instant::now();
        while !file.exists() && began.elapsed() < Duration::from_secs(20) {
            std::hint::spin_loop();
        }
        // In the very moment in which the file is there.
        serving.signal("-KILL");
        drop(serving);
        // Whether the answer left or not, it remembers, and nobody gets another tree of this size cosigned.
        let serving = field.serve("party-a");
        field.ok(&["witness", "ask", &serving.url, "--witness", &field.vkey("party-a")]);
        let rest = fs::read_dir(file.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name());
        assert!(rest.filter(|name| name.to_string_lossy().ends_with(".new")).count() <= 1);
        serving.end();
    }
}

fn origin_folder(field: &Field) -> String {
    let entries = fs::read_dir(field.path("party-a")).unwrap().map(|entry| entry.unwrap());
    let mut folders = entries.filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name());
    folders.next().unwrap().into_string().unwrap()
}

#[test]
fn a_witness_ends_on_sigterm_and_sigint_with_exit_0_and_its_place_is_free_again() {
    let field = Field::new();
    for signal in ["-TERM", "-INT"] {
        let mut serving = field.serve("party-a");
        serving.signal(signal);
        assert_eq!(serving.event()["event"], "stopped");
        assert_eq!(serving.child.wait().unwrap().code(), Some(0), "{signal}");
    }
}

#[test]
fn two_witnesses_do_not_share_a_place() {
    let field = Field::new();
    let serving = field.serve("party-a");
    let same = field.seat("party-a", &["witness", "serve", "--listen", "127.0.0.1:0"]);
    field.ends(&words(&same), 11, &["CF0403"]);
    let address = serving.url.trim_start_matches("http://");
    let taken = field.seat("party-b", &["witness", "serve", "--listen", address]);
    field.ends(&words(&taken), 20, &["CF0659"]);
    let dry = field.seat("party-b", &["witness", "serve", "--listen", "127.0.0.1:0", "-n"]);
    field.ends(&words(&dry), 0, &["listening on http://127.0.0.1:", "nothing was answered"]);
}

#[test]
fn each_mistake_of_a_witness_has_its_exit_code_and_its_words() {
    let field = Field::new();
    let answer = |file: &str| field.seat("party-b", &["witness", "answer", file]);
    field.ok(&["witness", "request", "-o", "request.txt"]);
    fs::write(field.path("garbage.txt"), "hello\n").unwrap();
    field.ends(&words(&answer("garbage.txt")), 3, &["CF0651", "garbage.txt"]);
    field.ends(&words(&answer("nowhere.txt")), 20, &["CF0504", "nowhere.txt"]);
    let text = fs::read_to_string(field.path("request.txt")).unwrap();
    fs::write(field.path("cut.txt"), text.trim_end()).unwrap();
    field.ends(&words(&answer("cut.txt")), 3, &["CF0651", "does not end with a newline"]);
    let root = text.lines().nth(4).unwrap();
    fs::write(field.path("forged.txt"), text.replace(root, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")).unwrap();
    field.ends(&words(&answer("forged.txt")), 1, &["CF0654"]);
    let origin = text.lines().nth(2).unwrap();
    fs::write(field.path("foreign.txt"), text.replace(origin, "other.example")).unwrap();
    field.ends(&words(&answer("foreign.txt")), 12, &["CF0653"]);
    let dry = [&answer("request.txt")[..], &["-n".to_owned()]].concat();
    field.ends(&words(&dry), 0, &["would cosign 118 records"]);
    assert!(!field.path("party-b").join("example.org%2fnk2020").exists(), "a dry run remembers nothing");
    field.ends(&words(&answer("request.txt")), 0, &["cosigned 118 records"]);
    field.append("ledger", "one more");
    field.ok(&["witness", "request", "-o", "request.txt"]);
    let stale = [&answer("request.txt")[..], &["-o".to_owned(), "answer.txt".to_owned()]].concat();
    field.ends(&words(&stale), 13, &["CF0657"]);
    assert_eq!(fs::read_to_string(field.path("answer.txt")).unwrap(), "118\n");
    field.ends(&["witness", "take", "answer.txt"], 13, &["CF0657", "--from 118"]);
    field.ok(&["witness", "request", "--from", "118", "-o", "request.txt"]);
    field.ends(&words(&answer("request.txt")), 0, &["cosigned 119 records"]);
    fs::write(field.path("answer.txt"), "500\n").unwrap();
    field.ends(&["witness", "take", "answer.txt"], 5, &["CF0647"]);
}

#[test]
fn each_mistake_with_keys_and_policies_has_its_exit_code_and_its_words() {
    let field = Field::new();
    field.ends(&["witness", "new", "party-a.key", "--name", "x"], 3, &["CF0641", "never overwritten"]);
    field.ends(&["witness", "new", "y.key", "--name", "a b"], 3, &["CF0641", "--name"]);
    field.ok(&["witness", "new", "y.key", "--name", "y", "-n"]);
    assert!(!field.path("y.key").exists());
    let log_key_file = "ledger/keys/log.key";
    let serve = |key: &str, log: &str| {
        field.run(&[
            "witness",
            "serve",
            "-n",
            "--witness-key",
            key,
            "--log",
            log,
            "--state",
            "s",
            "--listen",
            "127.0.0.1:0",
        ])
    };
    let said = |output: Output, exit: i32, word: &str| {
        assert_eq!(code(&output), exit, "{}", told(&output));
        assert!(told(&output).contains(word), "{word}: {}", told(&output));
    };
    said(serve(log_key_file, &field.log_key), 3, "the key of a log, not of a witness");
    said(serve("party-a.key", &field.vkey("party-a")), 3, "the public key of a witness, not of a log");
    said(serve("policy.txt", &field.log_key), 20, "CF0504");
    fs::write(field.path("log-key.txt"), format!("{}\n", field.log_key)).unwrap();
    said(serve("party-a.key", "log-key.txt"), 0, "listening");
    field.ends(&["witness", "policy"], 5, &["CF0643"]);
    fs::write(field.path("p"), format!("log {}\nwitness w {}\nquorum v\n", field.log_key, field.vkey("mission")))
        .unwrap();
    field.ends(&["witness", "policy", "p"], 3, &["CF0642", "p:3:1"]);
    fs::write(field.path("p"), format!("witness w {}\nquorum w\n", field.vkey("mission"))).unwrap();
    field.ends(&["witness", "policy", "p"], 3, &["CF0642", "names this ledger's key", "add the line: log "]);
    assert!(!field.path("ledger/policy").exists());
    field.ends(&["witness", "ask"], 5, &["CF0643"]);
    field.policy(&[]);
    field.ends(&["witness", "ask"], 5, &["CF0643", "witness request"]);
    field.ends(&["witness", "ask", "nobody"], 3, &["CF0644"]);
    field.ends(&["witness", "ask", "party-a"], 3, &["CF0644", "by courier"]);
    field.ends(&["witness", "ask", "ftp://x", "--witness", &field.vkey("mission")], 3, &["CF0644"]);
    field.ends(&["witness", "request", "nobody"], 3, &["CF0644"]);
    field.ends(&["witness", "request", "party-a", "--from", "500"], 5, &["CF0609"]);
    let closed = field.json(&["witness", "ask", "http://127.0.0.1:9", "--witness", &field.vkey("mission")], 5);
    assert_eq!(closed["asked"][0]["answer"], "silent");
    let stranger = field.seat("mission", &["witness", "answer", "request.txt", "-o", "answer.txt"]);
    field.ok(&["witness", "request", "-o", "request.txt"]);
    field.ok(&words(&stranger));
    let lenient = format!("log {}\nwitness party-a {}\nquorum party-a\n", field.log_key, field.vkey("party-a"));
    fs::write(field.path("p"), lenient).unwrap();
    field.ok(&["witness", "policy", "p"]);
    field.ends(&["witness", "take", "answer.txt"], 12, &["CF0644", "--witness"]);
    field.ends(&["witness", "take", "answer.txt", "--witness", &field.vkey("mission"), "-n"], 0, &["would take"]);
    assert!(!field.ok(&["checkpoint", "--show"]).contains("mission"));
    field.ends(&["witness", "take", "answer.txt", "--witness", &field.vkey("mission")], 0, &["cosigned"]);
    field.ends(&["witness", "take", "answer.txt", "--witness", &field.vkey("mission")], 0, &["nothing new"]);
}

#[test]
fn a_key_that_others_can_read_is_said_to_be() {
    let field = Field::new();
    let mode = |mode: &str| {
        let mut chmod = Command::new("chmod");
        let status = chmod.args([mode, "party-a.key"]).current_dir(field.folder.path()).status().unwrap();
        assert!(status.success());
    };
    let serve = field.seat("party-a", &["witness", "serve", "-n", "--listen", "127.0.0.1:0"]);
    assert!(!told(&field.run(&words(&serve))).contains("others can read"), "it is made for its owner alone");
    mode("644");
    assert!(told(&field.run(&words(&serve))).contains("others can read party-a.key; chmod 600 it"));
}

#[test]
fn every_answer_fits_its_schema() {
    let field = Field::new();
    let party_a = field.serve("party-a");
    field.policy(&[("party-a", &party_a.url)]);
    let fits = |name: &str, answer: &Value| {
        let schema: Value = serde_json::from_str(&field.ok(&["schema", &format!("witness-{name}")])).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<String> = validator.iter_errors(answer).map(|error| error.to_string()).collect();
        assert_eq!(errors, [""; 0], "{name}: {answer}");
        assert_eq!(answer["schema"], format!("ceasefire.witness-{name}/1"));
    };
    fits("ask", &field.json(&["witness", "ask"], 0));
    fits("list", &field.json(&["witness", "list"], 0));
    fits("policy", &field.json(&["witness", "policy"], 0));
    fits("new", &field.json(&["witness", "new", "z.key", "--name", "z.example"], 0));
    fits("request", &field.json(&["witness", "request", "party-b"], 0));
    field.ok(&["witness", "request", "party-b", "-o", "request.txt"]);
    let answer = field.seat("party-b", &["witness", "answer", "request.txt"]);
    let answered = field.json(&words(&answer), 0);
    fits("answer", &answered);
    fs::write(field.path("answer.txt"), answered["body"].as_str().unwrap()).unwrap();
    fits("take", &field.json(&["witness", "take", "answer.txt"], 0));
    fits("evidence", &field.json(&["witness", "evidence", "--state", "party-b", "--log", &field.log_key], 0));
    let mut party_b = field.serve("party-b");
    fits("serve", &party_b.listening);
    field.ok(&["witness", "ask", &party_b.url, "--witness", &field.vkey("party-b"), "--again"]);
    fits("serve", &party_b.event());
    party_b.signal("-TERM");
    fits("serve", &party_b.event());
    party_b.child.wait().unwrap();
    fs::rename(field.path("party-b"), field.path("old")).unwrap();
    let adopt = field.seat("party-b", &["witness", "adopt", "ledger/cosigned/00000000000000000118"]);
    fits("adopt", &field.json(&words(&adopt), 0));
}

#[test]
fn a_request_can_be_photographed() {
    let field = Field::new();
    let picture = field.ok(&["witness", "request", "--qr", "-o", "request.txt"]);
    assert!(picture.lines().count() > 20 && picture.contains('█'), "{picture}");
    let coloured = field.ok(&["witness", "request", "--qr", "-o", "request.txt", "--color", "always"]);
    assert!(coloured.contains("\u{1b}[30m\u{1b}[107m"), "{coloured:?}");
}
