//! Where projections keep their rows: one contract for memory and sled, and what becomes of rows that are lost,
//! damaged or another ledger's. The log is the truth, so nothing that happens to the rows may change an answer.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::fault_support::tried;
use super::ledger_support::{Given, append_to_log, given, ledger_in, log_bytes, log_writer, nk_bodies, still_clock};
use ceasefire_ledger::ledger::{AppendError, Archive, Depth, Folder, Ledger, Notice, Verdict, VerifyQuestion};
use ceasefire_ledger::projection::{
    Cursor, MemoryRows, OpenRowsError, ProjectionDigest, RowChange, RowError, RowStore, SledRows,
};
use ceasefire_ledger::record::RecordHash;
use ceasefire_ledger::vocab::Seq;
use tempfile::TempDir;

// One contract.

fn on_both(test: impl Fn(&dyn RowStore)) {
    test(&MemoryRows::default());
    let folder = tempfile::tempdir().unwrap();
    test(&SledRows::open(folder.path()).unwrap());
}

fn put(key: &str, value: &str) -> RowChange {
    (key.as_bytes().to_vec(), Some(value.as_bytes().to_vec()))
}

fn end(key: &str) -> RowChange {
    (key.as_bytes().to_vec(), None)
}

fn walked(store: &dyn RowStore, prefix: &str) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    store
        .walk(prefix.as_bytes(), &mut |key, value| {
            rows.push((text(key), text(value)));
            Ok(true)
        })
        .unwrap();
    rows
}

#[test]
fn a_row_is_what_was_last_written_under_its_key_or_nothing() {
    on_both(|store| {
        assert_eq!(store.row(b"a").unwrap(), None);
        store.change(vec![put("a", "1"), put("b", "")]).unwrap();
        store.change(vec![put("a", "2")]).unwrap();
        assert_eq!(store.row(b"a").unwrap().as_deref(), Some(b"2".as_slice()));
        assert_eq!(store.row(b"b").unwrap().as_deref(), Some(b"".as_slice()));
        store.change(vec![end("a"), end("never")]).unwrap();
        assert_eq!(store.row(b"a").unwrap(), None);
    });
}

#[test]
fn within_one_change_the_last_word_on_a_key_counts() {
    on_both(|store| {
        store.change(vec![put("a", "1"), end("a"), put("b", "1"), put("b", "2"), end("c"), put("c", "3")]).unwrap();
        assert_eq!(walked(store, ""), [("b".into(), "2".into()), ("c".into(), "3".into())]);
    });
}

#[test]
fn rows_are_walked_in_order_of_keys_within_the_prefix_and_no_further() {
    on_both(|store| {
        let keys = ["t/b", "t/", "u", "t/a/1", "t", "t/a", "s/z", "t/ä", "t0", "t/B"];
        store.change(keys.iter().map(|key| put(key, key)).collect()).unwrap();
        let found: Vec<String> = walked(store, "t/").into_iter().map(|(key, _)| key).collect();
        assert_eq!(found, ["t/", "t/B", "t/a", "t/a/1", "t/b", "t/ä"]);
        assert_eq!(walked(store, "v"), []);
        assert_eq!(walked(store, "").len(), keys.len());
    });
}

#[test]
fn a_key_of_the_highest_bytes_is_within_its_prefix() {
    on_both(|store| {
        store.change(vec![(vec![0xff, 0xff], Some(vec![1])), (vec![0xff], Some(vec![2])), (vec![0xfe], None)]).unwrap();
        let mut keys = Vec::new();
        store
            .walk(&[0xff], &mut |key, _| {
                keys.push(key.to_vec());
                Ok(true)
            })
            .unwrap();
        assert_eq!(keys, [vec![0xff], vec![0xff, 0xff]]);
    });
}

#[test]
fn a_walk_ends_where_its_visitor_says_and_hands_on_his_error() {
    on_both(|store| {
        store.change(vec![put("a", "1"), put("b", "2"), put("c", "3")]).unwrap();
        let mut seen = 0;
        store
            .walk(b"", &mut |key, _| {
                seen += 1;
                Ok(key != b"b")
            })
            .unwrap();
        assert_eq!(seen, 2);
        let refused = store.walk(b"", &mut |_, _| Err(RowError::Store("the visitor had enough".to_owned())));
        assert_eq!(refused.unwrap_err().to_string(), "the row store failed: the visitor had enough");
    });
}

#[test]
fn a_change_is_seen_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let stores: [Arc<dyn RowStore>; 2] =
        [Arc::new(MemoryRows::default()), Arc::new(SledRows::open(folder.path()).unwrap())];
    for store in stores {
        let all = |value: &str| (0..20).map(|n| put(&format!("k{n:02}"), value)).collect::<Vec<_>>();
        store.change(all("0")).unwrap();
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| (1..200).for_each(|n| store.change(all(&n.to_string())).unwrap()));
            while !writer.is_finished() {
                let value = |key: &[u8]| -> u32 {
                    String::from_utf8(store.row(key).unwrap().unwrap()).unwrap().parse().unwrap()
                };
                // With whole changes, what is read second is never the older one, whichever it is.
                let (first, then_last) = (value(b"k00"), value(b"k19"));
                let (last, then_first) = (value(b"k19"), value(b"k00"));
                assert!(first <= then_last && last <= then_first, "{first} {then_last} {last} {then_first}");
            }
        });
    }
}

#[test]
fn rows_in_sled_are_there_when_it_is_opened_again_and_it_is_open_once_only() {
    let folder = tempfile::tempdir().unwrap();
    let rows = SledRows::open(folder.path()).unwrap();
    rows.change(vec![put("a", "1")]).unwrap();
    assert!(matches!(SledRows::open(folder.path()), Err(OpenRowsError::Held)));
    drop(rows);
    assert_eq!(walked(&SledRows::open(folder.path()).unwrap(), ""), [("a".into(), "1".into())]);
}

// Rows that were lost, damaged or exchanged.

struct Stored {
    _temp: TempDir,
    folder: Folder,
    digests: Vec<ProjectionDigest>,
}

/// A ledger of the seed, closed, its rows stored.
fn stored() -> Stored {
    stored_of(&nk_bodies())
}

fn stored_of(bodies: &[Given]) -> Stored {
    let temp = tempfile::tempdir().unwrap();
    let ledger = ledger_in(&temp.path().join("ledger"), bodies);
    let (folder, digests) = (ledger.folder().clone(), ledger.view().digests().unwrap());
    Stored { _temp: temp, folder, digests }
}

impl Stored {
    fn archive(&self) -> Archive {
        Archive::open(self.folder.clone()).unwrap()
    }

    /// Opens the ledger twice: first it mends the rows and says so, then there is nothing left to say.
    fn reopened(&self) -> Vec<Notice> {
        let first = self.archive().at_head().unwrap();
        assert_eq!(first.view().digests().unwrap(), self.digests);
        let notices = first.notices().to_vec();
        drop(first);
        let second = self.archive().at_head().unwrap();
        assert_eq!(second.view().digests().unwrap(), self.digests);
        assert_eq!(second.notices(), [], "mended once, mended for good");
        drop(second);
        self.assert_rows_are_sound();
        notices
    }

    fn assert_rows_are_sound(&self) {
        drop(self.rows());
        let question = VerifyQuestion { depth: Depth::Full, ..VerifyQuestion::default() };
        let report = self.archive().verify(question).unwrap();
        let check = report.checks.iter().find(|check| check.name == "projections").unwrap();
        assert_eq!(check.verdict, Verdict::Ok, "{check:?}");
        assert!(check.detail.contains("folded again"), "{check:?}");
    }

    /// Opens the rows; sled lets go of its folder a little after it was dropped.
    fn rows(&self) -> SledRows {
        let patience = std::time::Instant::now() + std::time::Duration::from_secs(10);
        loop {
            match SledRows::open(&self.folder.projections()) {
                Err(OpenRowsError::Held) if std::time::Instant::now() < patience => std::thread::yield_now(),
                opened => return opened.unwrap(),
            }
        }
    }

    fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = files_under(&self.folder.projections());
        files.sort();
        files
    }
}

fn files_under(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_under(&path) } else { vec![path] }).collect()
}

pub(super) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()) {
        let target = to.join(entry.file_name().unwrap());
        if entry.is_dir() {
            copy_folder(&entry, &target);
        } else {
            fs::copy(&entry, &target).unwrap();
        }
    }
}

/// Expects one notice of a rebuild, and gives why.
fn rebuilt(notices: &[Notice]) -> &str {
    match notices {
        [Notice::ProjectionsRebuilt { why, aside: Some(_) }] => why,
        other => panic!("not one rebuild: {other:?}"),
    }
}

#[test]
fn sound_rows_are_used_without_a_word() {
    assert_eq!(stored().reopened(), []);
}

#[test]
fn rows_that_are_gone_are_noticed_and_made_anew() {
    let none = [Notice::ProjectionsRebuilt { why: "there were none".to_owned(), aside: None }];
    let ledger = stored();
    fs::remove_dir_all(ledger.folder.projections()).unwrap();
    assert_eq!(ledger.reopened(), none);
    for file in ledger.files() {
        fs::remove_file(file).unwrap();
    }
    assert_eq!(ledger.reopened(), none);
}

#[test]
fn rows_of_another_ledger_are_noticed_and_set_aside() {
    let ledger = stored();
    let (temp, mut genesis) = (tempfile::tempdir().unwrap(), super::ledger_support::nk_genesis());
    genesis.purpose = Some("another".parse().unwrap());
    let other = Ledger::create(Folder::at(temp.path().join("other")), &genesis, still_clock()).unwrap();
    let other_rows = other.folder().projections();
    drop(other);
    fs::remove_dir_all(ledger.folder.projections()).unwrap();
    copy_folder(&other_rows, &ledger.folder.projections());
    assert_eq!(rebuilt(&ledger.reopened()), "they belong to another log");
}

#[test]
fn rows_of_a_longer_copy_of_the_same_log_are_noticed() {
    let (short, long) = (stored_of(&nk_bodies()[..40]), stored_of(&nk_bodies()[..41]));
    let short_first = super::ledger_support::reader_of(&short.folder).record_at(Seq::FIRST).unwrap().unwrap().hash;
    let long_first = super::ledger_support::reader_of(&long.folder).record_at(Seq::FIRST).unwrap().unwrap().hash;
    assert_eq!(short_first, long_first, "both are the same log");
    fs::remove_dir_all(short.folder.projections()).unwrap();
    copy_folder(&long.folder.projections(), &short.folder.projections());
    assert_eq!(rebuilt(&short.reopened()), "they go to record 42, the log does not");
}

#[test]
fn rows_made_from_another_record_at_the_same_position_are_noticed() {
    let mut exchanged = nk_bodies()[..41].to_vec();
    exchanged.remove(39);
    let (ledger, other) = (stored_of(&nk_bodies()[..40]), stored_of(&exchanged));
    fs::remove_dir_all(ledger.folder.projections()).unwrap();
    copy_folder(&other.folder.projections(), &ledger.folder.projections());
    assert_eq!(rebuilt(&ledger.reopened()), "record 41 is not the one they were made from");
}

fn with_cursor(ledger: &Stored, change: impl Fn(Cursor) -> Vec<u8>) -> String {
    let rows = ledger.rows();
    let cursor = Cursor::read(&rows).unwrap().unwrap();
    let key = b"!cursor".to_vec();
    assert!(rows.row(&key).unwrap().is_some());
    rows.change(vec![(key, Some(change(cursor)))]).unwrap();
    rows.flush().unwrap();
    drop(rows);
    rebuilt(&ledger.reopened()).to_owned()
}

#[test]
fn rows_of_another_version_of_a_projection_are_made_anew() {
    let older = with_cursor(&stored(), |mut cursor| {
        cursor.versions[0].1 += 1;
        serde_json::to_vec(&cursor).unwrap()
    });
    assert_eq!(older, "they are of another version of this program");
    let fewer = with_cursor(&stored(), |mut cursor| {
        cursor.versions.pop();
        serde_json::to_vec(&cursor).unwrap()
    });
    assert_eq!(fewer, "they are of another version of this program");
}

#[test]
fn rows_whose_cursor_cannot_be_read_or_lies_are_made_anew() {
    assert_eq!(with_cursor(&stored(), |_| b"{}".to_vec()), "they do not say how far they go");
    let head =
        with_cursor(&stored(), |cursor| serde_json::to_vec(&Cursor { head: RecordHash::ZERO, ..cursor }).unwrap());
    assert_eq!(head, "record 118 is not the one they were made from");
    let none = with_cursor(&stored(), |cursor| serde_json::to_vec(&Cursor { seq: Seq::NONE, ..cursor }).unwrap());
    assert_eq!(none, "they go to record 0, the log does not");
}

#[test]
fn a_cursor_that_is_gone_while_rows_are_there_is_noticed() {
    let ledger = stored();
    let rows = ledger.rows();
    rows.change(vec![(b"!cursor".to_vec(), None)]).unwrap();
    rows.flush().unwrap();
    drop(rows);
    assert_eq!(rebuilt(&ledger.reopened()), "they do not say how far they go");
}

/// Opens after damage. Whatever became of the rows, the answers are the log's, and stay so.
fn assert_harmless(ledger: &Stored, what: &str) {
    let opened = ledger.archive().at_head().unwrap();
    assert_eq!(opened.view().digests().unwrap(), ledger.digests, "{what}");
    drop(opened);
    let again = ledger.archive().at_head().unwrap();
    assert_eq!(again.view().digests().unwrap(), ledger.digests, "{what}, opened again");
}

#[test]
fn files_cut_short_change_no_answer() {
    let whole = stored();
    let mut cases = 0;
    for file in whole.files() {
        let bytes = fs::read(&file).unwrap();
        let name = file.strip_prefix(whole.folder.path()).unwrap();
        for part in [0, 1, 7, 50, 93, 99] {
            cases += 1;
            let ledger = copied(&whole);
            let kept = bytes.len() * part / 100;
            fs::write(ledger.folder.path().join(name), &bytes[..kept]).unwrap();
            assert_harmless(&ledger, &format!("{} cut to {kept} bytes", name.display()));
        }
    }
    tried(cases, "cuts of the files of stored projections, answers unchanged");
}

#[test]
fn flipped_bits_change_no_answer() {
    let whole = stored();
    let mut cases = 0;
    for file in whole.files() {
        let bytes = fs::read(&file).unwrap();
        let name = file.strip_prefix(whole.folder.path()).unwrap();
        let used = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        for step in 0..24 {
            let at = used.saturating_sub(1) * step / 23;
            let Some(&byte) = bytes.get(at) else { continue };
            cases += 1;
            let ledger = copied(&whole);
            let mut damaged = bytes.clone();
            damaged[at] = byte ^ (1 << (step % 8));
            fs::write(ledger.folder.path().join(name), damaged).unwrap();
            assert_harmless(&ledger, &format!("{} with bit {} of byte {at} flipped", name.display(), step % 8));
        }
    }
    tried(cases, "flipped bits in the files of stored projections, answers unchanged");
}

fn copied(whole: &Stored) -> Stored {
    let temp = tempfile::tempdir().unwrap();
    let folder = Folder::at(temp.path().join("ledger"));
    copy_folder(whole.folder.path(), folder.path());
    Stored { _temp: temp, folder, digests: whole.digests.clone() }
}

#[test]
fn however_often_rows_are_set_aside_one_set_lies_there_at_most() {
    let ledger = stored();
    let asides = || {
        let names = fs::read_dir(ledger.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().starts_with("projections.")).count()
    };
    // As an earlier release left them.
    fs::create_dir(ledger.folder.path().join("projections.aside-1")).unwrap();
    fs::write(ledger.folder.path().join("projections.aside-2"), b"a file").unwrap();
    for round in 0..3 {
        with_cursor(&ledger, |_| b"{}".to_vec());
        assert_eq!(asides(), 1, "round {round}");
    }
}

#[test]
fn to_verify_rows_that_cannot_be_used_changes_nothing_and_only_to_compare_them_they_are_needed() {
    let ledger = stored();
    let check = |depth| {
        let report = ledger.archive().verify(VerifyQuestion { depth, ..VerifyQuestion::default() }).unwrap();
        let check = report.checks.into_iter().find(|check| check.name == "projections").unwrap();
        (check.verdict, check.detail)
    };
    let image = || ledger.files().into_iter().map(|file| fs::read(file).unwrap()).collect::<Vec<_>>();
    assert_eq!(check(Depth::Log), (Verdict::Ok, "made from this log, up to record 118".to_owned()));
    for file in ledger.files() {
        fs::write(file, b"half").unwrap();
    }
    let before = image();
    let (verdict, detail) = check(Depth::Log);
    assert!(verdict == Verdict::Ok && detail.starts_with("not usable"), "{verdict:?} {detail}");
    assert_eq!(check(Depth::Full).0, Verdict::CannotTell);
    assert!(image() == before, "the rows were only looked at");
    assert_ne!(ledger.reopened(), [], "whoever answers from them makes them anew and says so");
}

#[test]
fn rows_that_stand_on_another_record_are_never_called_sound() {
    let ledger = stored();
    let rows = ledger.rows();
    let cursor = Cursor { head: RecordHash::ZERO, ..Cursor::read(&rows).unwrap().unwrap() };
    rows.change(vec![(b"!cursor".to_vec(), Some(serde_json::to_vec(&cursor).unwrap()))]).unwrap();
    rows.flush().unwrap();
    drop(rows);
    for depth in [Depth::Log, Depth::Full] {
        drop(ledger.rows());
        let report = ledger.archive().verify(VerifyQuestion { depth, ..VerifyQuestion::default() }).unwrap();
        let check = report.checks.iter().find(|check| check.name == "projections").unwrap();
        assert_eq!(check.verdict, Verdict::CannotTell, "{check:?}");
    }
}

#[test]
fn something_else_in_the_place_of_the_rows_is_set_aside() {
    let ledger = stored();
    fs::remove_dir_all(ledger.folder.projections()).unwrap();
    fs::write(ledger.folder.projections(), b"a file").unwrap();
    rebuilt(&ledger.reopened());
}

// The log runs ahead of the rows.

#[test]
fn rows_that_fell_behind_in_a_crash_catch_up_when_the_ledger_is_opened() {
    let bodies = nk_bodies();
    let ledger = stored_of(&bodies[..60]);
    let rest: Vec<&str> = bodies[60..].iter().map(|(_, text)| text.as_str()).collect();
    let mut writer = log_writer(&ledger.folder);
    append_to_log(&mut writer, &rest);
    drop(writer);
    let behind = Cursor::read(&ledger.rows()).unwrap().unwrap();
    assert_eq!(behind.seq, Seq::new(61));
    // The same records in the same two batches, with rows that never fell behind.
    let temp = tempfile::tempdir().unwrap();
    let mut steady = ledger_in(&temp.path().join("ledger"), &bodies[..60]);
    steady.append_bodies(&bodies[60..], None).unwrap();
    let healed = Ledger::open(ledger.folder.clone(), still_clock()).unwrap();
    assert_eq!(healed.head(), steady.head());
    assert_eq!(healed.view().digests().unwrap(), steady.view().digests().unwrap());
    drop(healed);
    assert_eq!(Cursor::read(&ledger.rows()).unwrap().unwrap().seq, Seq::new(118));
}

#[test]
fn a_reader_beside_the_writer_folds_the_log_and_says_so() {
    let temp = tempfile::tempdir().unwrap();
    let ledger = ledger_in(&temp.path().join("ledger"), &nk_bodies());
    let beside = Archive::open(ledger.folder().clone()).unwrap().at_head().unwrap();
    assert_eq!(beside.notices(), [Notice::ProjectionsHeld]);
    assert_eq!(beside.view().digests().unwrap(), ledger.view().digests().unwrap());
}

#[test]
fn a_record_of_a_newer_type_is_kept_counted_and_passed_over_and_stops_writers() {
    let newer = [
        r#"{"origin":"example.org/nk2020","by":"recorder","key":"newer/1","event":{"type":"drone.licensed","v":1,"drone":["x",{"y":null}]}}"#,
        r#"{"origin":"example.org/nk2020","by":"recorder","key":"newer/2","event":{"type":"violation.reported","v":2,"incident":"I-9"}}"#,
    ];
    let ledger = stored();
    let mut writer = log_writer(&ledger.folder);
    let receipts = append_to_log(&mut writer, &newer);
    drop(writer);
    let replayed = ledger.archive().at_head().unwrap();
    let view = replayed.view();
    assert_eq!(view.genesis().newer, 2);
    assert_eq!(view.known_at().seq, receipts[1].seq);
    assert!(!view.tables().incidents.has("I-9").unwrap());
    let kept = ledger.archive().reader().record_at(receipts[0].seq).unwrap().unwrap();
    assert_eq!((kept.body(), kept.hash), (newer[0], receipts[0].hash));
    drop(replayed);
    let report = ledger.archive().verify(VerifyQuestion::default()).unwrap();
    assert_eq!((report.newer, report.verdict()), (2, Verdict::Ok), "{:?}", report.checks);
    let before = log_bytes(&ledger.folder);
    let mut writing = Ledger::open(ledger.folder.clone(), still_clock()).unwrap();
    let next = given(&nk_bodies()[0].1.replace("nk-2020/actor/AZE", "next"));
    let refused = writing.append_bodies(&[next], None).unwrap_err();
    assert!(matches!(refused, AppendError::NewerLog { count: 2 }), "{refused:?}");
    assert_eq!(log_bytes(&ledger.folder), before);
}
