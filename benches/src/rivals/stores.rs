//! The rivals behind one trait. Each keeps the same body bytes under a position, with the hash of the one before.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ceasefire_ledger::exchange::synthetic::bodies;
use ceasefire_ledger::log::{
    BodyGrammar, DiskStorage, LogSettings, LogWriter, NewBody, Reading, SealedSegment, TornPolicy, VerifyPlan,
    verify_reading,
};
use ceasefire_ledger::projection::{Fold, Recorded};
use ceasefire_ledger::record::Body;
use ceasefire_ledger::vocab::{Digest32, Instant, Seq};
use ceasefire_ledger::{Archive, Folder, Until};

use crate::material::{BATCH, Material};
use crate::results::{Goal, Results};
use crate::timing::{percentile, timed};
use crate::{Options, Outcome};

/// How many single records each store appends.
const SINGLES: usize = 500;
/// How many records each store is filled with.
const FILL: u64 = 50_000;

/// A store that keeps a chain of bodies.
trait Store {
    fn append(&mut self, batch: &[String]) -> Outcome<()>;
    fn read_all(&mut self, see: &mut dyn FnMut(&[u8], &str) -> Outcome<()>) -> Outcome<()>;
}

type Open = fn(&Path) -> Outcome<Box<dyn Store>>;

const RIVALS: &[(&str, Open)] = &[
    ("SQLite, WAL, synchronous=FULL, prev-hash column", sqlite::open),
    ("redb", redb_log::open),
    ("fjall", fjall_log::open),
    ("sled as the log (its flush is no fsync)", sled_log::open),
];

/// Measures each rival against the ledger, on the same bodies.
pub fn measure(options: &Options, material: &Material, results: &mut Results) -> Outcome<()> {
    let texts: Vec<String> = bodies(7, FILL).map(|body| Ok(body?.1)).collect::<Outcome<_>>()?;
    let ours = ours(&texts, &material.beside("against"), options)?;
    let alone = log_alone(&texts, &material.beside("alone"), options)?;
    for (name, open) in RIVALS {
        let path: PathBuf = material.beside(&format!("rival-{}", name.split([' ', ',']).next().unwrap_or("x")));
        let theirs = theirs(*open, &texts, &path)?;
        let goals: [f64; 4] = if name.starts_with("SQLite") { [1.0, 2.5, 3.0, 3.0] } else { [0.0; 4] };
        let measures = ["append, batch of 1, p50", "append, batch of 1,000, p50", "verify", "replay"];
        for ((measure, goal), (ours, theirs)) in measures.iter().zip(goals).zip(ours.iter().zip(&theirs)) {
            let goal = if goal > 0.0 { Goal::AtLeast(goal) } else { Goal::None };
            results.speeds(&format!("{measure}, against {name}"), *ours, "there", *theirs, goal);
        }
        for ((measure, ours), theirs) in measures.iter().zip(&alone).zip(&theirs) {
            results.speeds(&format!("  {measure}, our log alone, against {name}"), *ours, "there", *theirs, Goal::None);
        }
    }
    results.note(
        "Rivals append bodies as they are: no admission, no projections; and they verify the chain of hashes alone. Ours reads, \
         admits and folds as it appends, and looks at each body's JSON as it verifies; `our log alone` does what the rivals do.",
    );
    Ok(())
}

/// Gives the times of the ledger: single append, batch, verify, replay.
fn ours(texts: &[String], path: &Path, options: &Options) -> Outcome<[Duration; 4]> {
    let given: Vec<(Body, String)> =
        texts.iter().map(|text| Ok((Body::read(text)?, text.clone()))).collect::<Outcome<_>>()?;
    let folder = Folder::at(path);
    let genesis = ceasefire_ledger::Genesis::new(ceasefire_ledger::exchange::synthetic::SYNTHETIC_ORIGIN)?;
    let mut ledger =
        ceasefire_ledger::Ledger::create(folder.clone(), &genesis, std::sync::Arc::new(ceasefire_ledger::SystemClock))?;
    let (singles, rest) = given.split_at(SINGLES);
    let mut single = Vec::new();
    for one in singles {
        single.push(timed(|| Ok(ledger.append_bodies(std::slice::from_ref(one), None)?))?.1);
    }
    let mut batches = Vec::new();
    for batch in rest.chunks(BATCH) {
        batches.push(timed(|| Ok(ledger.append_bodies(batch, None)?))?.1);
    }
    drop(ledger);
    let archive = Archive::open(folder)?;
    let (mut verified, mut replayed) = (Vec::new(), Vec::new());
    for _ in 0..options.repeat {
        let storage = ceasefire_ledger::log::DiskStorage::open(archive.folder().log())?;
        let plan = || ceasefire_ledger::log::VerifyPlan::new(&ceasefire_ledger::ledger::read_seal);
        verified.push(timed(|| Ok(ceasefire_ledger::log::verify(&storage, plan())?))?.1);
        replayed.push(timed(|| Ok(archive.folded_in_memory(Until::Head, None)?))?.1);
    }
    let times = [&mut single, &mut batches, &mut verified, &mut replayed];
    Ok(times.map(|times| percentile(times, 50)))
}

/// Gives the times of the log without the ledger around it: single append, batch, verify. It does what the rivals do.
fn log_alone(texts: &[String], path: &Path, options: &Options) -> Outcome<[Duration; 3]> {
    let storage = std::sync::Arc::new(DiskStorage::create(path)?);
    let clock = std::sync::Arc::new(ceasefire_ledger::SystemClock);
    // One file, as the rivals have: nothing is sealed, so nothing is said of what was.
    let settings = LogSettings { segment_bytes: u64::MAX };
    let seal = Box::new(|_: &SealedSegment| String::new());
    let mut writer =
        LogWriter::open(std::sync::Arc::clone(&storage) as _, settings, clock, seal, TornPolicy::Refuse)?.writer;
    let new: Vec<NewBody<'_>> = texts.iter().map(|body| NewBody { body, signature: None }).collect();
    let (singles, rest) = new.split_at(SINGLES);
    let (mut single, mut batches) = (Vec::new(), Vec::new());
    for one in singles {
        single.push(timed(|| Ok(writer.append(std::slice::from_ref(one))?))?.1);
    }
    for batch in rest.chunks(BATCH) {
        batches.push(timed(|| Ok(writer.append(batch)?))?.1);
    }
    drop(writer);
    let mut verified = Vec::new();
    for _ in 0..options.repeat {
        let plan = VerifyPlan::new(&|_| None);
        let reading = Reading { grammar: BodyGrammar::Elsewhere, make: &|_| (), observe: &mut |_, _: Vec<()>| () };
        let (report, took) = timed(|| Ok(verify_reading(storage.as_ref(), plan, reading)?))?;
        if report.records < texts.len() as u64 || !report.is_clean() {
            return Err("the log alone does not verify".into());
        }
        verified.push(took);
    }
    Ok([&mut single, &mut batches, &mut verified].map(|times| percentile(times, 50)))
}

fn theirs(open: Open, texts: &[String], path: &Path) -> Outcome<[Duration; 4]> {
    let mut store = open(path)?;
    let (singles, rest) = texts.split_at(SINGLES);
    let (mut single, mut batches) = (Vec::new(), Vec::new());
    for one in singles {
        single.push(timed(|| store.append(std::slice::from_ref(one)))?.1);
    }
    for batch in rest.chunks(BATCH) {
        batches.push(timed(|| store.append(batch))?.1);
    }
    let ((), verified) = timed(|| {
        let mut prev = blake3::Hash::from_bytes([0; 32]);
        store.read_all(&mut |said, body| {
            if said != prev.as_bytes() {
                return Err("the chain is broken".into());
            }
            prev = next(&prev, body);
            Ok(())
        })
    })?;
    let ((), replayed) = timed(|| {
        let (mut fold, mut seq) = (Fold::in_memory(), Seq::NONE);
        store.read_all(&mut |_, text| {
            seq = seq.next();
            let body = Body::read(text)?;
            let digest = Digest32::new(*blake3::hash(text.as_bytes()).as_bytes());
            let recorded = Recorded {
                seq,
                at: Instant::MIN,
                by: body.by,
                key: body.key,
                body: digest,
                sealed: body.sealed.unwrap_or_default(),
                event: body.event,
            };
            Ok(fold.apply(&recorded)?)
        })
    })?;
    Ok([percentile(&mut single, 50), percentile(&mut batches, 50), verified, replayed])
}

fn next(prev: &blake3::Hash, body: &str) -> blake3::Hash {
    blake3::Hasher::new().update(prev.as_bytes()).update(body.as_bytes()).finalize()
}

/// A value of the stores without columns: the hash of the one before, then the body.
fn joined(prev: &blake3::Hash, body: &str) -> Vec<u8> {
    let mut value = prev.as_bytes().to_vec();
    value.extend_from_slice(body.as_bytes());
    value
}

fn parted(value: &[u8]) -> Outcome<(&[u8], &str)> {
    let (prev, body) = value.split_at_checked(32).ok_or("a value is too short")?;
    Ok((prev, std::str::from_utf8(body)?))
}

mod sqlite {
    use super::{Outcome, Path, Store, next};

    struct Sqlite {
        connection: rusqlite::Connection,
        prev: blake3::Hash,
    }

    pub(super) fn open(path: &Path) -> Outcome<Box<dyn Store>> {
        let connection = rusqlite::Connection::open(path)?;
        connection.execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
             CREATE TABLE log (seq INTEGER PRIMARY KEY, prev BLOB NOT NULL, body TEXT NOT NULL);",
        )?;
        Ok(Box::new(Sqlite { connection, prev: blake3::Hash::from_bytes([0; 32]) }))
    }

    impl Store for Sqlite {
        fn append(&mut self, batch: &[String]) -> Outcome<()> {
            let transaction = self.connection.transaction()?;
            {
                let mut insert = transaction.prepare_cached("INSERT INTO log (prev, body) VALUES (?1, ?2)")?;
                for body in batch {
                    insert.execute((self.prev.as_bytes(), body))?;
                    self.prev = next(&self.prev, body);
                }
            }
            Ok(transaction.commit()?)
        }

        fn read_all(&mut self, see: &mut dyn FnMut(&[u8], &str) -> Outcome<()>) -> Outcome<()> {
            let mut select = self.connection.prepare("SELECT prev, body FROM log ORDER BY seq")?;
            let mut rows = select.query(())?;
            while let Some(row) = rows.next()? {
                see(row.get_ref(0)?.as_blob()?, row.get_ref(1)?.as_str()?)?;
            }
            Ok(())
        }
    }
}

mod redb_log {
    use redb::ReadableDatabase as _;

    use super::{Outcome, Path, Store, joined, next, parted};

    const LOG: redb::TableDefinition<'_, u64, &[u8]> = redb::TableDefinition::new("log");

    struct Redb {
        database: redb::Database,
        seq: u64,
        prev: blake3::Hash,
    }

    pub(super) fn open(path: &Path) -> Outcome<Box<dyn Store>> {
        Ok(Box::new(Redb { database: redb::Database::create(path)?, seq: 0, prev: blake3::Hash::from_bytes([0; 32]) }))
    }

    impl Store for Redb {
        fn append(&mut self, batch: &[String]) -> Outcome<()> {
            let transaction = self.database.begin_write()?;
            {
                let mut table = transaction.open_table(LOG)?;
                for body in batch {
                    self.seq += 1;
                    table.insert(self.seq, joined(&self.prev, body).as_slice())?;
                    self.prev = next(&self.prev, body);
                }
            }
            Ok(transaction.commit()?)
        }

        fn read_all(&mut self, see: &mut dyn FnMut(&[u8], &str) -> Outcome<()>) -> Outcome<()> {
            let transaction = self.database.begin_read()?;
            let table = transaction.open_table(LOG)?;
            for row in table.range(0..)? {
                let (_, value) = row?;
                let (prev, body) = parted(value.value())?;
                see(prev, body)?;
            }
            Ok(())
        }
    }
}

mod fjall_log {
    use super::{Outcome, Path, Store, joined, next, parted};

    struct Fjall {
        keyspace: fjall::Keyspace,
        log: fjall::PartitionHandle,
        seq: u64,
        prev: blake3::Hash,
    }

    pub(super) fn open(path: &Path) -> Outcome<Box<dyn Store>> {
        let keyspace = fjall::Config::new(path).open()?;
        let log = keyspace.open_partition("log", fjall::PartitionCreateOptions::default())?;
        Ok(Box::new(Fjall { keyspace, log, seq: 0, prev: blake3::Hash::from_bytes([0; 32]) }))
    }

    impl Store for Fjall {
        fn append(&mut self, batch: &[String]) -> Outcome<()> {
            let mut writes = self.keyspace.batch();
            for body in batch {
                self.seq += 1;
                writes.insert(&self.log, self.seq.to_be_bytes(), joined(&self.prev, body));
                self.prev = next(&self.prev, body);
            }
            writes.commit()?;
            Ok(self.keyspace.persist(fjall::PersistMode::SyncData)?)
        }

        fn read_all(&mut self, see: &mut dyn FnMut(&[u8], &str) -> Outcome<()>) -> Outcome<()> {
            for row in self.log.iter() {
                let (_, value) = row?;
                let (prev, body) = parted(&value)?;
                see(prev, body)?;
            }
            Ok(())
        }
    }
}

mod sled_log {
    use super::{Outcome, Path, Store, joined, next, parted};

    struct Sled {
        database: sled::Db,
        seq: u64,
        prev: blake3::Hash,
    }

    pub(super) fn open(path: &Path) -> Outcome<Box<dyn Store>> {
        let database = sled::Config::new().path(path).flush_every_ms(None).open()?;
        Ok(Box::new(Sled { database, seq: 0, prev: blake3::Hash::from_bytes([0; 32]) }))
    }

    impl Store for Sled {
        fn append(&mut self, batch: &[String]) -> Outcome<()> {
            let mut writes = sled::Batch::default();
            for body in batch {
                self.seq += 1;
                writes.insert(&self.seq.to_be_bytes(), joined(&self.prev, body));
                self.prev = next(&self.prev, body);
            }
            self.database.apply_batch(writes)?;
            self.database.flush()?;
            Ok(())
        }

        fn read_all(&mut self, see: &mut dyn FnMut(&[u8], &str) -> Outcome<()>) -> Outcome<()> {
            for row in self.database.iter() {
                let (_, value) = row?;
                let (prev, body) = parted(&value)?;
                see(prev, body)?;
            }
            Ok(())
        }
    }
}
