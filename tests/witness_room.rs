//! A witness cosigns one history of a log, remembers it before it answers, and keeps what speaks against the log.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

mod witness_support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Barrier};

use ceasefire_ledger::proof::{AddCheckpointAnswer, AddCheckpointRequest, Note, Statement};
use ceasefire_ledger::vocab::{Clock, Instant, SteppingClock};
use ceasefire_ledger::witness::{
    Answered, AskError, Asked, Asking, Contradiction, Equivocation, Grown, LogMemory, Memory, Reply, StartError, Why,
    Witness, ask, take_cosignatures,
};
use tempfile::TempDir;
use witness_support::{Log, ORIGIN, witness_key};

const SECOND: i64 = 1_000_000;

fn clock(seconds: i64) -> Arc<SteppingClock> {
    Arc::new(SteppingClock::new(Instant::from_micros(seconds * SECOND).unwrap(), 0))
}

fn start_at(folder: &Path, clock: Arc<dyn Clock>) -> Result<Witness, StartError> {
    Witness::start(witness_key(1), [Log::new(0).vkey()], Memory::hold(folder).unwrap(), clock)
}

fn start(folder: &Path) -> Witness {
    start_at(folder, clock(1_602_979_200)).unwrap()
}

fn memory(folder: &Path) -> LogMemory {
    LogMemory::under(folder, &ORIGIN.parse().unwrap())
}

fn known(folder: &Path) -> Option<u64> {
    let log = Log::new(0);
    memory(folder).latest(&[log.vkey()], witness_key(1).verifier()).unwrap().map(|kept| kept.checkpoint.size())
}

fn evidence(folder: &Path) -> Vec<Contradiction> {
    let kept = memory(folder).evidence().unwrap();
    kept.iter().map(|kept| kept.evidence.as_ref().unwrap().check(&[Log::new(0).vkey()]).unwrap()).collect()
}

fn status(answered: &Answered) -> u16 {
    answered.answer.status()
}

/// The note with the cosignature of the answer, verified; gives the time.
fn cosigned_at(note: &Note, answered: &Answered) -> u64 {
    let AddCheckpointAnswer::Cosigned(lines) = &answered.answer else { panic!("{answered:?}") };
    let key = witness_key(1);
    let known = [key.verifier().clone()];
    let Grown { note: grown, taken } = take_cosignatures(note, lines, &known).unwrap();
    assert_eq!(taken.len(), 1);
    let verified = grown.verify([key.verifier()]).unwrap();
    let Statement::Cosigned { at } = verified[0].statement else { panic!("{verified:?}") };
    at.as_seconds()
}

#[test]
fn the_first_checkpoint_and_its_continuation_are_cosigned_and_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::new(20);
    let witness = start(folder.path());
    let first = witness.answer(log.request(0, 7).as_bytes());
    assert_eq!(cosigned_at(&log.note(7), &first), 1_602_979_200);
    assert_eq!(known(folder.path()), Some(7));
    let second = witness.answer(log.request(7, 20).as_bytes());
    cosigned_at(&log.note(20), &second);
    drop(witness);
    let again = start(folder.path());
    assert_eq!(again.logs().collect::<Vec<_>>(), [(&ORIGIN.parse().unwrap(), Some(20))]);
    cosigned_at(&log.note(20), &again.answer(log.request(20, 20).as_bytes()));
    assert_eq!(evidence(folder.path()), []);
}

#[test]
fn what_is_remembered_is_the_note_that_was_answered_without_the_signatures_of_strangers() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::new(5);
    let mut note = log.note(5);
    note.sign(&witness_support::key("stranger.example", ceasefire_ledger::proof::SignatureType::Ed25519, 9)).unwrap();
    note.sign(&log.key).unwrap();
    let request = AddCheckpointRequest::new(0, Vec::new(), note).unwrap();
    let answered = start(folder.path()).answer(request.to_string().as_bytes());
    let file = folder.path().join("ceasefire.example%2flog/cosigned/00000000000000000005");
    let kept = Note::parse(&fs::read(file).unwrap()).unwrap();
    let AddCheckpointAnswer::Cosigned(lines) = &answered.answer else { panic!("{answered:?}") };
    let expected = [log.note(5).signatures(), lines].concat();
    assert_eq!(kept.signatures(), expected);
}

#[test]
fn an_empty_log_is_cosigned_and_every_log_continues_it() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::new(3);
    let witness = start(folder.path());
    assert_eq!(status(&witness.answer(log.request(0, 0).as_bytes())), 200);
    assert_eq!(status(&witness.answer(log.request(0, 3).as_bytes())), 200);
    assert_eq!(known(folder.path()), Some(3));
}

#[test]
fn status_400_for_what_is_no_request() {
    let folder = tempfile::tempdir().unwrap();
    let witness = start(folder.path());
    let good = Log::new(5).request(0, 5);
    let bad = [
        String::new(),
        "old 0\n".to_owned(),
        good.replacen("old 0", "old -1", 1),
        good.replacen("old 0", "old 00", 1),
        good.replacen("old 0", "old 6", 1),
        good.replacen("old 0\n", "old 0\nAAAA\n", 1),
        good.replace('\n', "\r\n"),
        good.trim_end().to_owned(),
        good.replacen("\n5\n", "\n5\n\u{0}", 1),
        good[..good.len() - 30].to_owned(),
        "x".repeat(64 * 1024),
    ];
    for body in &bad {
        let answered = witness.answer(body.as_bytes());
        assert!(matches!(answered.why, Why::Malformed(_)), "{body:?}: {answered:?}");
        assert_eq!((status(&answered), answered.answer.to_body()), (400, String::new()), "{body:?}");
    }
    assert_eq!(status(&witness.answer(&[0xff; 500])), 400);
    assert_eq!(known(folder.path()), None);
}

#[test]
fn status_404_for_an_unknown_log_and_403_for_a_known_one_that_did_not_sign() {
    let folder = tempfile::tempdir().unwrap();
    let witness = start(folder.path());
    let log = Log::new(5);
    let foreign = log.request(0, 5).replace(ORIGIN, "other.example/log");
    assert_eq!(status(&witness.answer(foreign.as_bytes())), 404);
    // The log's signature over another root.
    let other = Log::forked(5, 4, "other");
    let moved =
        log.request(0, 5).replace(&log.checkpoint(5).root().to_base64(), &other.checkpoint(5).root().to_base64());
    assert_eq!(status(&witness.answer(moved.as_bytes())), 403);
    let mut stranger = Log::new(5);
    stranger.key = witness_support::key(ORIGIN, ceasefire_ledger::proof::SignatureType::Ed25519, 8);
    assert_eq!(status(&witness.answer(stranger.request(0, 5).as_bytes())), 403);
    assert_eq!((known(folder.path()), evidence(folder.path())), (None, vec![]));
}

#[test]
fn status_409_with_the_size_it_knows_when_the_request_starts_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let witness = start(folder.path());
    let log = Log::new(20);
    assert_eq!(status(&witness.answer(log.request(0, 7).as_bytes())), 200);
    for request in [log.request(0, 20), log.request(6, 20), log.request(8, 20), log.request(3, 5)] {
        let answered = witness.answer(request.as_bytes());
        assert_eq!((status(&answered), answered.answer.to_body()), (409, "7\n".to_owned()));
    }
    assert_eq!((known(folder.path()), evidence(folder.path())), (Some(7), vec![]));
}

#[test]
fn a_second_tree_of_the_same_size_gets_an_empty_409_and_both_signed_notes_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let witness = start(folder.path());
    let (log, fork) = (Log::new(20), Log::forked(20, 4, "fork"));
    assert_eq!(status(&witness.answer(log.request(0, 7).as_bytes())), 200);
    let answered = witness.answer(fork.request(7, 7).as_bytes());
    assert_eq!((status(&answered), answered.answer.to_body()), (409, String::new()));
    assert_eq!(answered.evidence, Some(Contradiction::SameSize));
    assert_eq!(evidence(folder.path()), [Contradiction::SameSize]);
    let kept = memory(folder.path()).evidence().unwrap();
    let notes = kept[0].evidence.as_ref().unwrap();
    assert_eq!(notes.second(), &fork.note(7));
    assert_eq!(notes.first().text(), log.note(7).text());
    assert_eq!(status(&witness.answer(log.request(7, 20).as_bytes())), 200, "the history it knows goes on");
}

#[test]
fn a_second_tree_of_any_size_it_ever_cosigned_is_evidence_though_the_answer_is_a_size() {
    let folder = tempfile::tempdir().unwrap();
    let witness = start(folder.path());
    let (log, fork) = (Log::new(20), Log::forked(20, 4, "fork"));
    for (from, to) in [(0, 5), (5, 9), (9, 20)] {
        assert_eq!(status(&witness.answer(log.request(from, to).as_bytes())), 200);
    }
    let answered = witness.answer(fork.request(0, 9).as_bytes());
    assert_eq!((status(&answered), answered.answer.to_body()), (409, "20\n".to_owned()));
    assert_eq!(answered.evidence, Some(Contradiction::SameSize));
}

#[test]
fn a_larger_tree_that_begins_otherwise_is_refused_and_its_own_proof_is_the_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let witness = start(folder.path());
    let (log, fork) = (Log::new(20), Log::forked(20, 4, "fork"));
    assert_eq!(status(&witness.answer(log.request(0, 7).as_bytes())), 200);
    let answered = witness.answer(fork.request(7, 20).as_bytes());
    assert_eq!(status(&answered), 422);
    assert_eq!(answered.evidence, Some(Contradiction::OtherHistory));
    // A proof with a changed hash may be a mistake.
    let text = log.request(7, 20);
    let hash = log.proof(7, 20)[1].to_base64();
    let wrong = text.replace(&hash, &log.proof(7, 20)[0].to_base64());
    let answered = witness.answer(wrong.as_bytes());
    assert_eq!((status(&answered), answered.evidence), (422, Some(Contradiction::Unproven)));
    assert_eq!(known(folder.path()), Some(7));
}

#[test]
fn of_two_histories_only_one_that_contains_what_was_cosigned_is_ever_cosigned() {
    let mut seen = [0, 0];
    for known in 1..=9_u64 {
        for size in known..=10_u64 {
            for shared in 0..=known + 1 {
                let folder = tempfile::tempdir().unwrap();
                let witness = start(folder.path());
                let (log, other) = (Log::new(known), Log::forked(size, shared, "other"));
                assert_eq!(status(&witness.answer(log.request(0, known).as_bytes())), 200);
                let answered = witness.answer(other.request(known, size).as_bytes());
                let continues = shared >= known;
                assert_eq!(status(&answered) == 200, continues, "{known} {size} {shared}: {answered:?}");
                let proven = answered.evidence.is_some_and(Contradiction::is_proven);
                // Where the older tree is a complete subtree, its root is not part of the proof.
                let provable = !continues && (known == size || !known.is_power_of_two());
                assert_eq!(proven, provable, "{known} {size} {shared}: {answered:?}");
                seen[usize::from(continues)] += 1;
            }
        }
    }
    assert!(seen[0] > 200 && seen[1] > 80, "{seen:?}");
}

#[test]
fn the_time_of_a_cosignature_never_goes_back() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::new(9);
    let hands = clock(2_000);
    let witness = start_at(folder.path(), hands.clone()).unwrap();
    assert_eq!(cosigned_at(&log.note(5), &witness.answer(log.request(0, 5).as_bytes())), 2_000);
    hands.set(Instant::from_micros(500 * SECOND).unwrap());
    assert_eq!(cosigned_at(&log.note(9), &witness.answer(log.request(5, 9).as_bytes())), 2_000);
    drop(witness);
    let witness = start_at(folder.path(), clock(600)).unwrap();
    assert_eq!(cosigned_at(&log.note(9), &witness.answer(log.request(9, 9).as_bytes())), 2_000);
    drop(witness);
    let before_1970 = start_at(folder.path(), clock(-1)).unwrap();
    assert_eq!(status(&before_1970.answer(log.request(9, 9).as_bytes())), 500);
}

#[test]
fn a_witness_that_meets_a_cosignature_of_its_own_which_it_forgot_cosigns_nothing() {
    let (folder, restored) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = Log::new(20);
    let witness = start(folder.path());
    assert_eq!(status(&witness.answer(log.request(0, 5).as_bytes())), 200);
    copy(folder.path(), restored.path());
    let AddCheckpointAnswer::Cosigned(lines) = witness.answer(log.request(5, 9).as_bytes()).answer else { panic!() };
    let trusted = [witness.key().clone()];
    let cosigned = take_cosignatures(&log.note(9), &lines, &trusted).unwrap().note;
    drop(witness);
    let set_back = start(restored.path());
    let request = AddCheckpointRequest::new(5, log.proof(5, 9), cosigned.clone()).unwrap();
    let answered = set_back.answer(request.to_string().as_bytes());
    assert_eq!(status(&answered), 500);
    assert_eq!(
        answered.why.to_string(),
        "the witness cosigned 9 records and does not remember it: its memory was set back"
    );
    assert_eq!(known(restored.path()), Some(5));
    drop(set_back);
    // Its operator gives it back what it cosigned; from there it goes on.
    let kept = ceasefire_ledger::witness::Remembered::of(&cosigned, &[log.vkey()], witness_key(1).verifier()).unwrap();
    memory(restored.path()).adopt(&kept, &[log.vkey()], &witness_key(1)).unwrap();
    assert!(memory(restored.path()).adopt(&kept, &[log.vkey()], &witness_key(1)).is_err(), "only forwards");
    assert_eq!(status(&start(restored.path()).answer(log.request(9, 20).as_bytes())), 200);
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn of_many_requests_at_once_for_two_histories_one_history_wins() {
    for round in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let witness = start(folder.path());
        let (log, fork) = (Log::new(12), Log::forked(12, 4, "fork"));
        assert_eq!(status(&witness.answer(log.request(0, 4).as_bytes())), 200);
        let gate = Barrier::new(16);
        let cosigned: BTreeSet<&str> = std::thread::scope(|scope| {
            let ask = |index: u64| {
                let (name, log) = if (index + round).is_multiple_of(2) { ("log", &log) } else { ("fork", &fork) };
                let (witness, gate) = (&witness, &gate);
                scope.spawn(move || {
                    gate.wait();
                    let answered = witness.answer(log.request(4, 5 + index / 2).as_bytes());
                    (status(&answered) == 200).then_some(name)
                })
            };
            let threads: Vec<_> = (0..16).map(ask).collect();
            threads.into_iter().filter_map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(cosigned.len(), 1, "cosigned: {cosigned:?}");
    }
}

#[test]
fn nothing_is_cosigned_that_could_not_be_remembered_nor_after_that() {
    let folder = tempfile::tempdir().unwrap();
    let witness = start(folder.path());
    let log = Log::new(9);
    assert_eq!(status(&witness.answer(log.request(0, 5).as_bytes())), 200);
    let notes = folder.path().join("ceasefire.example%2flog/cosigned");
    // The file beside cannot be made where a folder has its name.
    fs::create_dir(notes.join(".00000000000000000009.new")).unwrap();
    let answered = witness.answer(log.request(5, 9).as_bytes());
    assert!(matches!(answered.why, Why::Write(_)), "{answered:?}");
    assert_eq!((status(&answered), answered.answer.to_body()), (500, String::new()));
    fs::remove_dir(notes.join(".00000000000000000009.new")).unwrap();
    assert!(matches!(witness.answer(log.request(5, 9).as_bytes()).why, Why::Unsure), "it must be started anew");
    drop(witness);
    assert_eq!(status(&start(folder.path()).answer(log.request(5, 9).as_bytes())), 200);
}

#[test]
fn a_witness_whose_memory_is_damaged_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::new(9);
    assert_eq!(status(&start(folder.path()).answer(log.request(0, 9).as_bytes())), 200);
    let notes = folder.path().join("ceasefire.example%2flog/cosigned");
    let file = notes.join("00000000000000000009");
    let whole = fs::read(&file).unwrap();
    let mut renamed = 0;
    for damage in [Vec::new(), whole[..whole.len() / 2].to_vec(), whole.iter().map(|byte| byte ^ 1).collect()] {
        fs::write(&file, damage).unwrap();
        assert!(matches!(start_at(folder.path(), clock(1)), Err(StartError::Memory { .. })));
    }
    for (name, text) in
        [("00000000000000000012", &whole[..]), ("00000000000000000013", Log::new(13).note(13).text().as_bytes())]
    {
        fs::write(&file, &whole).unwrap();
        fs::write(notes.join(name), text).unwrap();
        assert!(matches!(start_at(folder.path(), clock(1)), Err(StartError::Memory { .. })), "{name}");
        fs::remove_file(notes.join(name)).unwrap();
        renamed += 1;
    }
    assert_eq!(renamed, 2);
    assert_eq!(known(folder.path()), Some(9));
}

#[test]
fn two_processes_do_not_share_a_memory() {
    let folder = tempfile::tempdir().unwrap();
    let _witness = start(folder.path());
    assert!(matches!(Memory::hold(folder.path()), Err(ceasefire_ledger::witness::ShelfError::Held { .. })));
}

#[test]
fn wrong_proofs_without_end_do_not_fill_the_disk_and_do_not_hide_a_proven_fork() {
    let folder = tempfile::tempdir().unwrap();
    let witness = start(folder.path());
    let log = Log::new(300);
    assert_eq!(status(&witness.answer(log.request(0, 7).as_bytes())), 200);
    for size in 100..250 {
        let wrong = AddCheckpointRequest::new(7, log.proof(7, 99), log.note(size)).unwrap();
        assert_eq!(status(&witness.answer(wrong.to_string().as_bytes())), 422);
    }
    assert_eq!(evidence(folder.path()).len(), 100);
    assert_eq!(status(&witness.answer(Log::forked(7, 3, "fork").request(7, 7).as_bytes())), 409);
    assert_eq!(evidence(folder.path()).iter().filter(|kind| kind.is_proven()).count(), 1);
}

#[test]
fn a_file_of_evidence_convinces_by_itself_and_a_forged_one_does_not() {
    let (log, fork) = (Log::new(9), Log::forked(9, 4, "fork"));
    let keys = [log.vkey()];
    let real = Equivocation::new(log.note(9), fork.note(9), Vec::new());
    let again = Equivocation::parse(format!("{:#}", real.to_json()).as_bytes()).unwrap();
    assert_eq!(again, real);
    assert_eq!(again.check(&keys), Ok(Contradiction::SameSize));
    // Whoever holds no key of the log cannot make it up.
    let mut forger = Log::forked(9, 4, "fork");
    forger.key = witness_support::key(ORIGIN, ceasefire_ledger::proof::SignatureType::Ed25519, 99);
    assert!(Equivocation::new(log.note(9), forger.note(9), Vec::new()).check(&keys).is_err());
    assert!(Equivocation::new(log.note(9), log.note(9), Vec::new()).check(&keys).is_err(), "the same note twice");
    let honest = Equivocation::new(log.note(5), log.note(9), log.proof(5, 9));
    assert!(honest.check(&keys).is_err(), "notes that go together");
    let text = format!("{:#}", real.to_json());
    for wrong in
        [text.replace("equivocation/1", "equivocation/2"), text.replace("first", "fist"), text.replace('—', "-")]
    {
        assert!(Equivocation::parse(wrong.as_bytes()).is_err());
    }
}

/// A witness in the same process, asked through bytes alone.
struct Post<'a> {
    witness: &'a Witness,
    sent: Vec<String>,
}

impl Post<'_> {
    fn carry(&mut self, body: &str) -> Reply {
        self.sent.push(body.lines().next().unwrap().to_owned());
        let answer = self.witness.answer(body.as_bytes()).answer;
        let media_type = if matches!(answer, AddCheckpointAnswer::Stale { .. }) { "text/x.tlog.size" } else { "" };
        Reply { status: answer.status(), media_type: media_type.to_owned(), body: answer.to_body().into_bytes() }
    }
}

fn ask_witness(
    log: &Log,
    note: &Note,
    held: Option<&Note>,
    post: &mut Post<'_>,
) -> Result<Asked, AskError<String, String>> {
    let key = witness_key(1);
    let asking = Asking { witness: key.verifier(), note, held };
    ask(asking, &mut |from, to| Ok::<_, String>(log.proof(from, to)), &mut |body| Ok::<_, String>(post.carry(body)))
}

#[test]
fn a_log_that_does_not_know_what_a_witness_knows_asks_again_from_the_size_it_is_told() {
    let folder = TempDir::new().unwrap();
    let witness = start(folder.path());
    let log = Log::new(20);
    assert_eq!(status(&witness.answer(log.request(0, 7).as_bytes())), 200);
    let mut post = Post { witness: &witness, sent: Vec::new() };
    let asked = ask_witness(&log, &log.note(20), None, &mut post).unwrap();
    assert!(matches!(asked, Asked::Cosigned(_)), "{asked:?}");
    assert_eq!(post.sent, ["old 0", "old 7"]);
}

#[test]
fn a_log_that_is_behind_its_witness_or_ahead_of_its_memory_is_told() {
    let (folder, older) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let log = Log::new(20);
    let witness = start(folder.path());
    assert_eq!(status(&witness.answer(log.request(0, 5).as_bytes())), 200);
    drop(witness);
    copy(folder.path(), older.path());
    let witness = start(folder.path());
    let AddCheckpointAnswer::Cosigned(lines) = witness.answer(log.request(5, 12).as_bytes()).answer else { panic!() };
    let mut post = Post { witness: &witness, sent: Vec::new() };
    assert_eq!(ask_witness(&log, &log.note(9), None, &mut post).unwrap(), Asked::Ahead { latest: 12 });
    let trusted = [witness.key().clone()];
    let held = take_cosignatures(&log.note(12), &lines, &trusted).unwrap().note;
    let set_back = start(older.path());
    let mut post = Post { witness: &set_back, sent: Vec::new() };
    let asked = ask_witness(&log, &log.note(20), Some(&held), &mut post).unwrap();
    assert_eq!(asked, Asked::Forgot { latest: 5, held: 12 });
    assert_eq!(post.sent, ["old 12", "old 5"], "it is shown its own cosignature");
    assert_eq!(known(older.path()), Some(5));
}

#[test]
fn whatever_is_not_the_witnesses_cosignature_of_this_checkpoint_is_not_taken() {
    let log = Log::new(9);
    let (key, other) = (witness_key(1), witness_key(2));
    let reply = |status: u16, media_type: &str, body: String| Reply {
        status,
        media_type: media_type.to_owned(),
        body: body.into_bytes(),
    };
    let line = |note: &Note, signer| {
        let checkpoint = note.text().parse().unwrap();
        let at = ceasefire_ledger::proof::PosixTime::from_seconds(5).unwrap();
        format!("{}\n", ceasefire_ledger::proof::cosign(&checkpoint, signer, at).unwrap())
    };
    let ask = |reply: Reply| {
        let asking = Asking { witness: key.verifier(), note: &log.note(9), held: None };
        ask(asking, &mut |from, to| Ok::<_, String>(log.proof(from, to)), &mut |_| Ok::<_, String>(reply.clone()))
    };
    assert!(matches!(ask(reply(200, "", line(&log.note(9), &key))), Ok(Asked::Cosigned(_))));
    assert!(
        matches!(ask(reply(200, "", line(&log.note(8), &key))), Err(AskError::BadCosignature(_))),
        "of another size"
    );
    assert!(matches!(ask(reply(200, "", line(&log.note(9), &other))), Err(AskError::NoCosignature)));
    assert!(matches!(ask(reply(200, "", String::new())), Err(AskError::Answer(_))));
    assert!(matches!(ask(reply(200, "", "<html>".to_owned())), Err(AskError::Answer(_))));
    for (status, media_type, body) in
        [(500, "", "9\n"), (409, "", ""), (409, "text/plain", "5\n"), (403, "", ""), (422, "", "")]
    {
        assert_eq!(ask(reply(status, media_type, body.to_owned())).unwrap(), Asked::Refused { status });
    }
    // One that names its sizes in a circle is given up.
    assert_eq!(ask(reply(409, "text/x.tlog.size", "5\n".to_owned())).unwrap(), Asked::Refused { status: 409 });
}

#[test]
fn a_cosignature_is_taken_once_and_a_later_one_replaces_it() {
    let log = Log::new(9);
    let key = witness_key(1);
    let checkpoint = log.checkpoint(9);
    let line = |seconds| {
        let at = ceasefire_ledger::proof::PosixTime::from_seconds(seconds).unwrap();
        ceasefire_ledger::proof::cosign(&checkpoint, &key, at).unwrap()
    };
    let known = [key.verifier().clone()];
    let Grown { note: once, taken } = take_cosignatures(&log.note(9), &[line(5)], &known).unwrap();
    assert_eq!((taken.len(), once.signatures().len()), (1, 2));
    let Grown { note: again, taken } = take_cosignatures(&once, &[line(4), line(5)], &known).unwrap();
    assert_eq!((taken.len(), &again), (0, &once));
    let Grown { note: later, taken } = take_cosignatures(&once, &[line(6)], &known).unwrap();
    assert_eq!((taken.len(), later.signatures().len()), (1, 2));
    assert_ne!(later, once);
    let stranger = take_cosignatures(&log.note(9), &[line(5)], &[]).unwrap();
    assert_eq!(stranger, Grown { note: log.note(9), taken: Vec::new() });
}
