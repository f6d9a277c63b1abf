//! The evidence store: bytes under their hash, whole or not at all, and told apart when they are not what they were.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on says so by panicking")]

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ceasefire_ledger::evidence::{EvidenceState, EvidenceStore, FileDigests, Intake, StoreStep};
use proptest::prelude::*;
use tempfile::TempDir;

/// A file taken in.
struct Kept {
    digests: FileDigests,
    intake: Intake,
}

struct Shelf {
    folder: TempDir,
    store: EvidenceStore,
}

impl Shelf {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = EvidenceStore::at(folder.path().join("evidence"));
        Self { folder, store }
    }

    fn keep(&self, bytes: &[u8]) -> Kept {
        self.keep_from(&mut &*bytes)
    }

    fn keep_from(&self, source: &mut dyn Read) -> Kept {
        let received = self.store.receive(source, Path::new("given"), &mut |_| {}).unwrap();
        Kept { digests: received.digests(), intake: received.place().unwrap() }
    }

    fn path(&self, digests: &FileDigests) -> PathBuf {
        self.store.path_of(&digests.blake3)
    }

    /// Every file under the store, as paths from it.
    fn files(&self) -> Vec<String> {
        let (mut files, mut open) = (Vec::new(), vec![self.folder.path().join("evidence")]);
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    files.push(path.strip_prefix(self.folder.path()).unwrap().to_string_lossy().into_owned());
                }
            }
        }
        files.sort();
        files
    }
}

/// Makes a kept file writable again, as somebody would who wants to change it.
fn overwrite(path: &Path, bytes: &[u8]) {
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

fn digests(bytes: &[u8]) -> FileDigests {
    FileDigests::of_reader(&mut &*bytes, |_| Ok(())).unwrap()
}

#[test]
fn bytes_are_kept_under_their_blake3_and_only_for_reading() {
    let shelf = Shelf::new();
    let kept = shelf.keep(b"abc");
    assert_eq!((kept.intake, kept.digests), (Intake::New, digests(b"abc")));
    let hash = blake3::hash(b"abc").to_string();
    assert_eq!(shelf.files(), [format!("evidence/{}/{hash}", &hash[..2])]);
    assert_eq!(fs::read(shelf.path(&kept.digests)).unwrap(), b"abc");
    assert!(fs::metadata(shelf.path(&kept.digests)).unwrap().permissions().readonly());
    assert_eq!(shelf.store.state(&kept.digests).unwrap(), EvidenceState::Present);
}

#[test]
fn the_same_bytes_twice_are_one_file() {
    let shelf = Shelf::new();
    let first = shelf.keep(b"the same");
    let written = fs::metadata(shelf.path(&first.digests)).unwrap().modified().unwrap();
    let second = shelf.keep(b"the same");
    assert_eq!((second.intake, second.digests), (Intake::AlreadyKept, first.digests));
    assert_eq!(shelf.files().len(), 1);
    assert_eq!(fs::metadata(shelf.path(&first.digests)).unwrap().modified().unwrap(), written);
}

#[test]
fn an_empty_file_is_evidence_too() {
    let shelf = Shelf::new();
    let kept = shelf.keep(b"");
    assert_eq!(kept.digests.blake3.to_string(), "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262");
    assert_eq!(shelf.store.state(&kept.digests).unwrap(), EvidenceState::Present);
}

#[test]
fn a_changed_byte_a_cut_end_and_a_lost_file_are_told_apart() {
    let shelf = Shelf::new();
    let kept = shelf.keep(b"twenty houses").digests;
    overwrite(&shelf.path(&kept), b"twenty mouses");
    assert_eq!(shelf.store.state(&kept).unwrap(), EvidenceState::Altered(digests(b"twenty mouses")));
    overwrite(&shelf.path(&kept), b"twenty");
    assert_eq!(shelf.store.state(&kept).unwrap(), EvidenceState::Altered(digests(b"twenty")));
    fs::remove_file(shelf.path(&kept)).unwrap();
    assert_eq!(shelf.store.state(&kept).unwrap(), EvidenceState::Missing);
    assert_eq!(shelf.store.length(&kept.blake3).unwrap(), None);
}

#[test]
fn bytes_that_have_the_blake3_but_another_sha256_in_the_record_are_altered() {
    let shelf = Shelf::new();
    let kept = shelf.keep(b"abc").digests;
    let claimed = FileDigests { sha256: digests(b"abd").sha256, ..kept };
    assert_eq!(shelf.store.state(&claimed).unwrap(), EvidenceState::Altered(kept));
}

#[test]
fn altered_bytes_are_moved_aside_and_the_right_ones_put_back_when_they_are_added_again() {
    let shelf = Shelf::new();
    let kept = shelf.keep(b"original").digests;
    overwrite(&shelf.path(&kept), b"forgery");
    let again = shelf.keep(b"original");
    assert_eq!(again.intake, Intake::Restored);
    assert_eq!(shelf.store.state(&kept).unwrap(), EvidenceState::Present);
    let aside = shelf.path(&kept).with_file_name(format!("{}.altered-1", kept.blake3));
    assert_eq!(fs::read(aside).unwrap(), b"forgery");
}

#[cfg(unix)]
#[test]
fn a_link_under_a_hash_is_not_followed() {
    let shelf = Shelf::new();
    let kept = shelf.keep(b"abc").digests;
    let elsewhere = shelf.folder.path().join("elsewhere");
    fs::write(&elsewhere, b"abc").unwrap();
    fs::remove_file(shelf.path(&kept)).unwrap();
    std::os::unix::fs::symlink(&elsewhere, shelf.path(&kept)).unwrap();
    assert_eq!(shelf.store.state(&kept).unwrap(), EvidenceState::NotAFile);
    assert!(shelf.store.open(&kept.blake3).unwrap().is_none());
    let mut copied = Vec::new();
    assert_eq!(shelf.store.copy(&kept, &mut copied).unwrap(), EvidenceState::NotAFile);
    assert_eq!(copied, b"");
}

/// Gives some bytes and then fails.
struct Breaks(usize);

impl Read for Breaks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.0.min(buffer.len());
        self.0 -= bytes;
        if bytes == 0 { Err(io::Error::other("the cable was pulled")) } else { Ok(bytes) }
    }
}

#[test]
fn a_source_that_breaks_off_leaves_nothing_behind() {
    let shelf = Shelf::new();
    let error = shelf.store.receive(&mut Breaks(700_000), Path::new("camera.mp4"), &mut |_| {}).unwrap_err();
    assert_eq!((error.step, error.path.as_path()), (StoreStep::ReadSource, Path::new("camera.mp4")));
    assert_eq!(shelf.files(), [""; 0]);
}

#[test]
fn what_was_received_and_then_refused_is_gone() {
    let shelf = Shelf::new();
    let received = shelf.store.receive(&mut b"refused".as_slice(), Path::new("given"), &mut |_| {}).unwrap();
    assert_eq!((received.digests(), shelf.files().len()), (digests(b"refused"), 1));
    drop(received);
    assert_eq!(shelf.files(), [""; 0]);
}

#[test]
fn what_a_crash_left_half_copied_goes_with_the_next_file_and_one_that_is_being_written_stays() {
    let shelf = Shelf::new();
    let folder = shelf.folder.path().join("evidence");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join(".incoming-1"), b"half").unwrap();
    let busy = fs::File::create(folder.join(".incoming-2")).unwrap();
    busy.lock().unwrap();
    let kept = shelf.keep(b"abc").digests.blake3.to_string();
    assert_eq!(shelf.files(), ["evidence/.incoming-2".to_owned(), format!("evidence/{}/{kept}", &kept[..2])]);
}

#[test]
fn a_copy_is_compared_on_its_way_out() {
    let shelf = Shelf::new();
    let kept = shelf.keep(b"original").digests;
    let mut out = Vec::new();
    assert_eq!(shelf.store.copy(&kept, &mut out).unwrap(), EvidenceState::Present);
    assert_eq!(out, b"original");
    overwrite(&shelf.path(&kept), b"forgeryy");
    assert_eq!(shelf.store.copy(&kept, &mut Vec::new()).unwrap(), EvidenceState::Altered(digests(b"forgeryy")));
}

/// Gives so many zeros, a few hundred kilobytes at a time.
struct Zeros(u64);

impl Read for Zeros {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = usize::try_from(self.0.min(buffer.len() as u64)).unwrap();
        buffer[..bytes].fill(0);
        self.0 -= bytes as u64;
        Ok(bytes)
    }
}

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_file() {
    let shelf = Shelf::new();
    let resident = || {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().to_owned();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
    };
    shelf.keep(&[0; 1000]);
    let before = resident();
    let kept = shelf.keep_from(&mut Zeros(64 << 20));
    let state = shelf.store.state(&kept.digests).unwrap();
    let grown = resident() - before;
    assert_eq!((kept.digests.bytes, state), (64 << 20, EvidenceState::Present));
    assert!(grown < 16 * 1024, "{grown} kB more for a file of 64 MiB");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_byte_is_changed_the_change_is_found(bytes in prop::collection::vec(any::<u8>(), 1..600), at: prop::sample::Index, flip in 1_u8..) {
        let shelf = Shelf::new();
        let kept = shelf.keep(&bytes).digests;
        prop_assert_eq!(shelf.store.state(&kept).unwrap(), EvidenceState::Present);
        let mut changed = bytes.clone();
        changed[at.index(bytes.len())] ^= flip;
        overwrite(&shelf.path(&kept), &changed);
        prop_assert_eq!(shelf.store.state(&kept).unwrap(), EvidenceState::Altered(digests(&changed)));
    }
}
