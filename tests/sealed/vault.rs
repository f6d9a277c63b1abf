//! The vault by itself: the same behaviour in memory and on a disk.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use ceasefire_ledger::vault::{
    Annex, DiskFiles, Entry, MemoryFiles, Private, RecordKey, SystemEntropy, Vault, VaultError, VaultFile, VaultFiles,
};
use ceasefire_ledger::vocab::{Digest32, Label};

const ORIGIN: &str = "example.org/sealed";

fn record(key: &str) -> RecordKey {
    RecordKey { by: "recorder".parse().unwrap(), key: Label::new(key).unwrap() }
}

fn private(fields: &[(&str, &str)]) -> Private {
    let mut private = Private::default();
    for (pointer, text) in fields {
        private.put_text(pointer, text).unwrap();
    }
    private
}

fn annex(fields: &[(&str, &str)]) -> Annex {
    Annex::seal(&private(fields), &SystemEntropy).unwrap().unwrap()
}

fn vault_on(files: Arc<dyn VaultFiles>) -> Vault {
    Vault::new(Label::new(ORIGIN).unwrap(), files, Arc::new(SystemEntropy))
}

/// Runs a test on files in memory and on files on a disk.
fn on_both(test: impl Fn(&Vault)) {
    test(&vault_on(Arc::new(MemoryFiles::default())));
    let folder = tempfile::tempdir().unwrap();
    let files = DiskFiles::at(folder.path().join("vault"), folder.path().join("keys"));
    test(&Vault::on_disk(Label::new(ORIGIN).unwrap(), files));
}

/// What was opened, by pointer; decoys are counted under the empty pointer.
fn opened(vault: &Vault, record: &RecordKey, digests: &[Digest32]) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    for entry in vault.open(record, digests).unwrap() {
        match entry {
            Entry::Field(field) => drop(fields.insert(field.pointer().to_owned(), field.value().to_owned())),
            Entry::Decoy => *fields.entry(String::new()).or_default() += "d",
            other => panic!("{other:?}"),
        }
    }
    fields
}

fn all(vault: &Vault) -> BTreeMap<VaultFile, Vec<u8>> {
    let mut files = vault.files().records().unwrap();
    files.extend([VaultFile::Key, VaultFile::Pending]);
    files.into_iter().filter_map(|file| Some((file, vault.files().read(file).unwrap()?))).collect()
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

#[test]
fn what_was_stored_is_opened_again_and_stands_nowhere_in_the_clear() {
    on_both(|vault| {
        let annex = annex(&[("/witness/name", "Aram Khachaturian"), ("/contact", "+374 10 000000")]);
        vault.store(&[(record("a"), &annex)]).unwrap();
        let fields = opened(vault, &record("a"), &annex.digests());
        assert_eq!(fields["/witness/name"], "\"Aram Khachaturian\"");
        assert_eq!(fields["/contact"], "\"+374 10 000000\"");
        assert_eq!(fields[""], "dd", "two of the four are decoys");
        let secrets: Vec<Vec<u8>> = annex.iter().map(|(_, preimage)| preimage.as_bytes().to_vec()).collect();
        for (file, bytes) in all(vault) {
            assert!(!contains(&bytes, b"Khachaturian"), "{file}");
            assert!(!secrets.iter().any(|secret| contains(&bytes, secret)), "{file}");
        }
    });
}

#[test]
fn the_files_tell_neither_how_many_fields_there_are_nor_how_long_each_is() {
    on_both(|vault| {
        let short = annex(&[("/n", "A")]);
        let long = annex(&[("/witness/name", &"x".repeat(60)), ("/b", "c"), ("/d", "e"), ("/f", "")]);
        let records = [record("short"), record("long")];
        vault.store(&[(records[0].clone(), &short), (records[1].clone(), &long)]).unwrap();
        let length = |file| vault.files().read(file).unwrap().unwrap().len();
        let ids = records.map(|record| vault.id_of(&record));
        assert_eq!(length(VaultFile::Annex(ids[0])), length(VaultFile::Annex(ids[1])));
        assert_eq!(length(VaultFile::DataKeys(ids[0])), length(VaultFile::DataKeys(ids[1])));
        let longer = annex(&[("/notes", &"x".repeat(2_000))]);
        vault.store(&[(record("longer"), &longer)]).unwrap();
        assert!(length(VaultFile::Annex(vault.id_of(&record("longer")))) > length(VaultFile::Annex(ids[0])));
    });
}

#[test]
fn a_ciphertext_moved_to_another_record_or_digest_does_not_open() {
    let files = MemoryFiles::default();
    let vault = vault_on(Arc::new(files.clone()));
    let (here, there) = (annex(&[("/n", "A")]), annex(&[("/n", "B")]));
    vault.store(&[(record("here"), &here), (record("there"), &there)]).unwrap();
    for file in [VaultFile::Annex, VaultFile::DataKeys] {
        let moved = files.read(file(vault.id_of(&record("here")))).unwrap();
        files.overwrite(file(vault.id_of(&record("there"))), moved);
    }
    for entry in vault.open(&record("there"), &here.digests()).unwrap() {
        assert_eq!(entry, Entry::Damaged("its data key does not open"));
    }
    assert_eq!(opened(&vault, &record("here"), &here.digests()).len(), 2, "where it belongs it opens");

    // Within one record: the first entry's nonce and ciphertext under the second entry's digest.
    for (file, body) in [(VaultFile::DataKeys as fn(_) -> _, 48), (VaultFile::Annex as fn(_) -> _, 272)] {
        let file = file(vault.id_of(&record("here")));
        let mut bytes = files.read(file).unwrap().unwrap();
        let entry = 32 + 24 + body;
        let first = bytes.len() - 4 * entry;
        let moved = bytes[first + 32..first + entry].to_vec();
        bytes[first + entry + 32..first + 2 * entry].copy_from_slice(&moved);
        files.overwrite(file, Some(bytes));
    }
    let entries = vault.open(&record("here"), &here.digests()).unwrap();
    assert_eq!(entries[1], Entry::Damaged("its data key does not open"));
    assert!(!matches!(entries[0], Entry::Damaged(_)));
}

#[test]
fn a_ledger_of_another_name_opens_nothing() {
    let files = MemoryFiles::default();
    let annex = annex(&[("/n", "A")]);
    vault_on(Arc::new(files.clone())).store(&[(record("a"), &annex)]).unwrap();
    let other = Vault::new(Label::new("example.org/other").unwrap(), Arc::new(files.clone()), Arc::new(SystemEntropy));
    let (here, there) = (vault_on(Arc::new(files.clone())).id_of(&record("a")), other.id_of(&record("a")));
    assert_ne!(here, there);
    for file in [VaultFile::Annex, VaultFile::DataKeys] {
        files.overwrite(file(there), files.read(file(here)).unwrap());
    }
    let entries = other.open(&record("a"), &annex.digests()).unwrap();
    assert!(entries.iter().all(|entry| *entry == Entry::Damaged("its data key does not open")), "{entries:?}");
}

#[test]
fn what_is_erased_is_gone_and_the_rest_still_opens() {
    on_both(|vault| {
        let annex = annex(&[("/a", "1"), ("/b", "2"), ("/c", "3")]);
        vault.store(&[(record("a"), &annex)]).unwrap();
        let b = annex.fields().find(|field| field.pointer() == "/b").unwrap().digest().into();
        assert!(vault.erase(&record("a"), &[b]).unwrap());
        assert!(!vault.erase(&record("a"), &[b]).unwrap(), "done again it changes nothing");
        let rest: Vec<Digest32> = annex.digests().into_iter().filter(|digest| *digest != b).collect();
        let fields = opened(vault, &record("a"), &rest);
        assert_eq!(fields.keys().map(String::as_str).collect::<Vec<_>>(), ["", "/a", "/c"]);
        assert_eq!(vault.open(&record("a"), &[b]).unwrap(), [Entry::Missing]);
        let held = vault.held(&record("a")).unwrap();
        assert!(!held.ciphertexts.contains(&b) && !held.keys.contains(&b));
        assert_eq!((held.ciphertexts.len(), held.keys.len()), (3, 3));
        assert!(vault.erase(&record("a"), &annex.digests()).unwrap());
        assert_eq!(vault.files().records().unwrap(), [], "with the last entry the files go");
    });
}

#[test]
fn erasing_needs_no_vault_key() {
    let files = MemoryFiles::default();
    let vault = vault_on(Arc::new(files.clone()));
    let annex = annex(&[("/a", "1")]);
    vault.store(&[(record("a"), &annex)]).unwrap();
    files.overwrite(VaultFile::Key, None);
    assert!(vault.erase(&record("a"), &annex.digests()).unwrap());
    assert_eq!(files.records().unwrap(), []);
}

#[test]
fn without_its_key_the_vault_neither_opens_nor_takes_in() {
    let files = MemoryFiles::default();
    let vault = vault_on(Arc::new(files.clone()));
    let annex = annex(&[("/a", "1")]);
    vault.store(&[(record("a"), &annex)]).unwrap();
    let key = files.read(VaultFile::Key).unwrap().unwrap();
    files.overwrite(VaultFile::Key, None);
    let entries = vault.open(&record("a"), &annex.digests()).unwrap();
    assert!(entries.iter().all(|entry| *entry == Entry::Unopened("the vault key is not here")), "{entries:?}");
    assert!(matches!(vault.store(&[(record("b"), &annex)]), Err(VaultError::KeyMissing)));

    // Another vault's key: said to be another, not damage.
    let elsewhere = MemoryFiles::default();
    vault_on(Arc::new(elsewhere.clone())).store(&[(record("x"), &annex)]).unwrap();
    files.overwrite(VaultFile::Key, elsewhere.read(VaultFile::Key).unwrap());
    let entries = vault.open(&record("a"), &annex.digests()).unwrap();
    assert!(entries.iter().all(|entry| *entry == Entry::Unopened("it was closed with another vault key")));

    for wrong in [&b"ceasefire.vault-key/1:AAAA\n"[..], &key[..key.len() - 1], b"", b"\xff"] {
        files.overwrite(VaultFile::Key, Some(wrong.to_vec()));
        assert!(matches!(vault.open(&record("a"), &annex.digests()), Err(VaultError::KeyMalformed)));
    }
    files.overwrite(VaultFile::Key, Some(key));
    assert_eq!(opened(&vault, &record("a"), &annex.digests()).len(), 2);
}

#[test]
fn every_changed_bit_is_noticed() {
    let files = MemoryFiles::default();
    let vault = vault_on(Arc::new(files.clone()));
    let annex = annex(&[("/a", "1")]);
    vault.store(&[(record("a"), &annex)]).unwrap();
    let good = vault.open(&record("a"), &annex.digests()).unwrap();
    let id = vault.id_of(&record("a"));
    for file in [VaultFile::Annex(id), VaultFile::DataKeys(id)] {
        let bytes = files.read(file).unwrap().unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            files.overwrite(file, Some(changed));
            let entries = vault.open(&record("a"), &annex.digests()).unwrap();
            assert_ne!(entries, good, "{file}, byte {at}");
            let told =
                |(entry, good): (&Entry, &Entry)| entry == good || !matches!(entry, Entry::Field(_) | Entry::Decoy);
            assert!(entries.iter().zip(&good).all(told), "{file}, byte {at}: {entries:?}");
        }
        files.overwrite(file, Some(bytes));
    }
}

#[test]
fn what_was_stored_for_a_record_that_never_came_is_removed_and_nothing_else_is() {
    on_both(|vault| {
        let annex = annex(&[("/a", "1")]);
        vault.store(&[(record("came"), &annex), (record("never"), &annex)]).unwrap();
        let removed = vault.clean::<VaultError>(|record| Ok(record.key.as_str() == "came")).unwrap();
        assert_eq!(removed, 1);
        assert_eq!(opened(vault, &record("came"), &annex.digests()).len(), 2);
        assert_eq!(vault.open(&record("never"), &annex.digests()[..1]).unwrap(), [Entry::Missing]);
        assert_eq!(vault.files().read(VaultFile::Pending).unwrap(), None);
        assert_eq!(vault.clean::<VaultError>(|_| panic!("nothing is pending")).unwrap(), 0);
    });
}

#[test]
fn a_store_that_fails_at_any_step_leaves_nothing_that_cleaning_does_not_find() {
    let annex = annex(&[("/a", "1")]);
    let records = [record("x"), record("y")];
    let steps = {
        let files = MemoryFiles::default();
        vault_on(Arc::new(files.clone())).store(&records.clone().map(|record| (record, &annex))).unwrap();
        files.steps()
    };
    assert_eq!(steps, 6, "the key, the note, and two files for each record");
    for step in 0..steps {
        let files = MemoryFiles::default();
        let vault = vault_on(Arc::new(files.clone()));
        files.fail_from(Some(step));
        assert!(matches!(vault.store(&records.clone().map(|record| (record, &annex))), Err(VaultError::Files(_))));
        files.fail_from(None);
        // Another store in between forgets nobody.
        vault.store(&[(record("z"), &annex)]).unwrap();
        vault.clean::<VaultError>(|record| Ok(record.key.as_str() == "z")).unwrap();
        let id = vault.id_of(&record("z"));
        assert_eq!(files.records().unwrap(), [VaultFile::Annex(id), VaultFile::DataKeys(id)], "step {step}");
    }
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    fn check(folder: &Path, seen: &mut usize) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let (path, mode) =
                entry.map(|entry| (entry.path(), entry.metadata().unwrap().permissions().mode())).unwrap();
            assert_eq!(mode & 0o077, 0, "{}: {mode:o}", path.display());
            *seen += 1;
            if path.is_dir() {
                check(&path, seen);
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let files = DiskFiles::at(folder.path().join("vault"), folder.path().join("keys"));
    let vault = Vault::on_disk(Label::new(ORIGIN).unwrap(), files);
    vault.store(&[(record("a"), &annex(&[("/a", "1")]))]).unwrap();
    let mut seen = 0;
    check(folder.path(), &mut seen);
    assert_eq!(seen, 9, "vault, a shard, the annex, pending; keys, the key, keys/vault, a shard, the data keys");
}
