//! A ledger through random lives — appends, batches, crashes, rows lost, reopenings, questions — beside a model that is
//! a list of texts. The model knows nothing of files; whatever the ledger says must be what the list says.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use ceasefire_ledger::event::Event;
use ceasefire_ledger::ledger::{
    Archive, Depth, Folder, Ledger, Notice, OpenError, TornTail, Until, Verdict, VerifyQuestion, View, read_seal,
};
use ceasefire_ledger::log::{LogSettings, LogWriter, MemoryStorage, NewBody, OpenError as LogOpenError, TornPolicy};
use ceasefire_ledger::projection::{Cursor, Fold, ProjectionDigest, Recorded, projection_digests, submission_key};
use ceasefire_ledger::record::{Body, Receipt, RecordHash};
use ceasefire_ledger::vocab::{Digest32, Seq};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::RngSeed;
use tempfile::TempDir;

use super::ledger_support::{Given, instant, nk_genesis, still_clock};
use super::rows::copy_folder;
use super::support_random::{registry, scripts, written};
use super::tried;

const SEGMENT_BYTES: u64 = 12_000;

#[derive(Debug, Clone)]
enum Op {
    /// So many of the script's bodies, as one batch.
    Append(usize),
    /// A body that is in the log already.
    Again(Index),
    /// The machine stops, in the middle of a batch that nobody gets a receipt for.
    Crash {
        part: Index,
        rows: RowsAfter,
    },
    Reopen,
    Read(Index, Index),
    AsOf(Index),
    Rebuild {
        fresh: bool,
    },
    Verify,
}

/// What a crash leaves of the stored rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RowsAfter {
    Kept,
    Gone,
    /// As they were some time ago.
    Older,
}

fn ops(length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Op>> {
    let rows = prop_oneof![Just(RowsAfter::Kept), Just(RowsAfter::Gone), Just(RowsAfter::Older)];
    let op = prop_oneof![
        6 => (1_usize..6).prop_map(Op::Append),
        1 => any::<Index>().prop_map(Op::Again),
        4 => (any::<Index>(), rows).prop_map(|(part, rows)| Op::Crash { part, rows }),
        2 => Just(Op::Reopen),
        2 => (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Op::Read(from, to)),
        2 => any::<Index>().prop_map(Op::AsOf),
        1 => any::<bool>().prop_map(|fresh| Op::Rebuild { fresh }),
        1 => Just(Op::Verify),
    ];
    proptest::collection::vec(op, length)
}

/// What must be in the log: the text at each position. Seals of segments are the ledger's own; their texts are read.
#[derive(Debug, Clone, Default)]
struct Model {
    texts: Vec<String>,
}

impl Model {
    fn take_in(&mut self, texts: &[String], receipts: &[Receipt], archive: &Archive) {
        let before = self.texts.len() as u64;
        if receipts.first().is_some_and(|first| first.seq.number() == before + 2) {
            let seal = archive.reader().record_at(Seq::new(before + 1)).unwrap().unwrap();
            assert!(read_seal(seal.body()).is_some(), "only a seal may take a position of its own");
            self.texts.push(seal.body().to_owned());
        }
        for (text, receipt) in texts.iter().zip(receipts) {
            self.texts.push(text.clone());
            assert_eq!(receipt.seq.number(), self.texts.len() as u64);
        }
    }

    fn bodies(&self) -> impl Iterator<Item = (u64, Body)> {
        (1..).zip(self.texts.iter().map(|text| Body::read(text).unwrap()))
    }

    /// The projections of the first so many texts, made at once and in memory.
    fn digests(&self, length: usize, head: RecordHash, first: RecordHash) -> Vec<ProjectionDigest> {
        let mut fold = Fold::in_memory();
        for ((seq, body), text) in self.bodies().zip(&self.texts).take(length) {
            let recorded = Recorded {
                seq: Seq::new(seq),
                at: instant("2020-10-18T06:00:00Z"),
                by: body.by,
                key: body.key,
                body: Digest32::new(*blake3::hash(text.as_bytes()).as_bytes()),
                event: body.event,
                sealed: body.sealed.unwrap_or_default(),
            };
            fold.apply(&recorded).unwrap();
        }
        let cursor = Cursor { log: first, seq: Seq::new(length as u64), head, versions: Cursor::current_versions() };
        projection_digests(&fold.tables, &cursor).unwrap()
    }

    /// What a list of texts tells without any projection: types, keys, who retracted whom, which incidents there are.
    fn check_naively(&self, view: &View<'_>, length: usize) {
        let (mut types, mut keys) = (Vec::new(), BTreeMap::new());
        let (mut retracted, mut incidents) = (BTreeMap::new(), BTreeSet::new());
        for (seq, body) in self.bodies().take(length) {
            types.push(body.event.type_name().to_owned());
            keys.insert(submission_key(&body.by, body.key.as_str()), seq);
            match &body.event {
                Event::RecordRetracted(event) => {
                    let target = submission_key(&body.by, event.target.key.as_ref().unwrap().as_str());
                    retracted.insert(keys[&target], seq);
                }
                Event::ViolationReported(event) => drop(incidents.insert(event.incident.to_string())),
                Event::IncidentSplit(event) => drop(incidents.insert(event.out.to_string())),
                _ => {}
            }
        }
        let tables = view.tables();
        let rows = tables.records.rows("").unwrap();
        assert_eq!(rows.iter().map(|row| row.type_name.clone()).collect::<Vec<_>>(), types);
        let found = rows.iter().zip(1_u64..).filter_map(|(row, seq)| Some((seq, row.retracted?.number())));
        assert_eq!(found.collect::<BTreeMap<_, _>>(), retracted);
        let mut found = BTreeMap::new();
        let mut take = |key: &str, seq: Seq| {
            found.insert(key.to_owned(), seq.number());
        };
        tables.submissions.walk("", |key, row| take(key, row.seq)).unwrap();
        assert_eq!(found, keys);
        let found = tables.incidents.rows("").unwrap().into_iter().map(|row| row.incident.to_string());
        assert_eq!(found.collect::<BTreeSet<_>>(), incidents);
    }
}

/// The ledger, its model, and what is still to be recorded.
struct Machine {
    _temporary: TempDir,
    folder: Folder,
    ledger: Option<Ledger>,
    model: Model,
    pending: VecDeque<Given>,
    /// A copy of the rows from some time ago.
    older: Option<PathBuf>,
    crashes: usize,
}

impl Machine {
    fn new(script: Vec<Given>) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::at(temporary.path().join("ledger"));
        let mut genesis = nk_genesis();
        genesis.segment_bytes = SEGMENT_BYTES;
        let mut ledger = Ledger::create(folder.clone(), &genesis, still_clock()).unwrap();
        let first = ledger.reader().record_at(Seq::FIRST).unwrap().unwrap();
        let mut model = Model { texts: vec![first.body().to_owned()] };
        let receipts = ledger.append_bodies(&registry(), None).unwrap();
        let texts: Vec<String> = registry().into_iter().map(|(_, text)| text).collect();
        model.take_in(&texts, &receipts, &Archive::open(folder.clone()).unwrap());
        let pending = script.into_iter().skip(registry().len()).collect();
        let ledger = Some(ledger);
        Self { _temporary: temporary, folder, ledger, model, pending, older: None, crashes: 0 }
    }

    fn archive(&self) -> Archive {
        Archive::open(self.folder.clone()).unwrap()
    }

    fn ledger(&mut self) -> &mut Ledger {
        self.ledger.as_mut().unwrap()
    }

    fn seq(&self, index: Index) -> u64 {
        index.index(self.model.texts.len()) as u64 + 1
    }

    fn play(&mut self, op: &Op) {
        match *op {
            Op::Append(records) => self.append(records),
            Op::Again(index) => self.again(index),
            Op::Crash { part, rows } => self.crash(part, rows),
            Op::Reopen => self.reopen(),
            Op::Read(from, to) => self.read(self.seq(from), self.seq(to)),
            Op::AsOf(index) => self.as_of(self.seq(index)),
            Op::Rebuild { fresh } => self.rebuild(fresh),
            Op::Verify => self.verify(),
        }
    }

    fn append(&mut self, records: usize) {
        let batch: Vec<Given> = self.pending.drain(..records.min(self.pending.len())).collect();
        if batch.is_empty() {
            return;
        }
        let receipts = self.ledger().append_bodies(&batch, None).unwrap();
        let texts: Vec<String> = batch.into_iter().map(|(_, text)| text).collect();
        let archive = self.archive();
        self.model.take_in(&texts, &receipts, &archive);
        assert_eq!(self.ledger().head().seq.number(), self.model.texts.len() as u64);
    }

    fn again(&mut self, index: Index) {
        let at = index.index(self.model.texts.len());
        let text = self.model.texts[at].clone();
        let body = Body::read(&text).unwrap();
        let receipts = self.ledger().append_bodies(&[(body, text)], None).unwrap();
        assert_eq!((receipts[0].seq.number(), receipts[0].replayed), (at as u64 + 1, true));
        assert_eq!(self.ledger().head().seq.number(), self.model.texts.len() as u64);
    }

    fn reopen(&mut self) {
        drop(self.ledger.take());
        self.ledger = Some(Ledger::open(self.folder.clone(), still_clock()).unwrap());
        assert_eq!(self.ledger().take_notices(), []);
    }

    /// Stops in the middle of writing the next bodies as one batch: some of its bytes are in the last segment, or all.
    fn crash(&mut self, part: Index, rows: RowsAfter) {
        self.crashes += 1;
        drop(self.ledger.take());
        let left = self.leave_rows(rows);
        let torn = self.leave_part_of_a_batch(part);
        let opened = Ledger::open(self.folder.clone(), still_clock());
        let mut ledger = match (opened, torn) {
            (Ok(ledger), None) => ledger,
            (Err(OpenError::Log(LogOpenError::Torn { bytes, .. })), Some(torn)) => {
                assert_eq!(bytes, torn);
                Ledger::open_with(self.folder.clone(), still_clock(), TornTail::MoveAside).unwrap()
            }
            (Ok(_), torn) => panic!("{torn:?} torn bytes were not noticed"),
            (Err(error), torn) => panic!("{torn:?} torn bytes: {error:?}"),
        };
        let notices = ledger.take_notices();
        let moved = notices.iter().any(|notice| matches!(notice, Notice::TornTailMoved { .. }));
        assert_eq!(moved, torn.is_some(), "{notices:?}");
        let rebuilt = notices.iter().any(|notice| matches!(notice, Notice::ProjectionsRebuilt { .. }));
        assert_eq!(rebuilt, left == RowsAfter::Gone, "{notices:?}");
        assert_eq!(ledger.head().seq.number(), self.model.texts.len() as u64);
        self.ledger = Some(ledger);
    }

    fn leave_rows(&mut self, rows: RowsAfter) -> RowsAfter {
        let now = self.folder.projections();
        let aside = self.folder.path().with_file_name(format!("rows-{}", self.crashes));
        copy_folder(&now, &aside);
        let older = self.older.replace(aside);
        match (rows, older) {
            (RowsAfter::Gone, _) => fs::remove_dir_all(&now).unwrap(),
            (RowsAfter::Older, Some(older)) => {
                fs::remove_dir_all(&now).unwrap();
                copy_folder(&older, &now);
            }
            _ => return RowsAfter::Kept,
        }
        rows
    }

    /// Gives how many bytes of an unfinished batch were left; where all were, the batch is in the log.
    fn leave_part_of_a_batch(&mut self, part: Index) -> Option<u64> {
        let batch: Vec<String> = self.pending.iter().take(1 + part.index(3)).map(|(_, text)| text.clone()).collect();
        let segment = *self.archive().storage().segments().unwrap().last().unwrap();
        let path = self.folder.log().join(segment.to_string());
        let before = fs::read(&path).unwrap();
        // A full segment is left as it is: what would follow is a new file.
        if batch.is_empty() || before.len() as u64 > SEGMENT_BYTES {
            return None;
        }
        let (bytes, receipts) = self.written_on(&before, &batch);
        let kept = part.index(bytes.len() + 1);
        fs::OpenOptions::new().append(true).open(path).unwrap().write_all(&bytes[..kept]).unwrap();
        if kept == bytes.len() {
            self.pending.drain(..batch.len());
            let archive = self.archive();
            self.model.take_in(&batch, &receipts, &archive);
        }
        (0 < kept && kept < bytes.len()).then_some(kept as u64)
    }

    /// What the ledger would write for a batch: the log's own writer, on a copy of the last segment.
    fn written_on(&self, before: &[u8], batch: &[String]) -> (Vec<u8>, Vec<Receipt>) {
        let copy = MemoryStorage::new();
        for segment in self.archive().storage().segments().unwrap() {
            copy.overwrite(&segment.to_string(), fs::read(self.folder.log().join(segment.to_string())).unwrap());
        }
        let segment = copy.files().pop().unwrap();
        let settings = LogSettings { segment_bytes: SEGMENT_BYTES };
        let no_seal = Box::new(|_: &_| String::new());
        let opened =
            LogWriter::open(Arc::new(copy.clone()), settings, still_clock(), no_seal, TornPolicy::Refuse).unwrap();
        let mut writer = opened.writer;
        let bodies: Vec<_> = batch.iter().map(|body| NewBody { body, signature: None }).collect();
        let receipts = writer.append(&bodies).unwrap();
        (copy.bytes(&segment).unwrap()[before.len()..].to_vec(), receipts)
    }

    fn read(&self, from: u64, to: u64) {
        let archive = self.archive();
        let records = archive.reader().records(Seq::new(from), Some(Seq::new(to))).unwrap();
        let found: Vec<(u64, String)> =
            records.map(Result::unwrap).map(|record| (record.seq.number(), record.body().to_owned())).collect();
        let expected = (1_u64..).zip(self.model.texts.clone()).filter(|(seq, _)| (from..=to).contains(seq));
        assert_eq!(found, expected.collect::<Vec<_>>());
    }

    fn as_of(&self, seq: u64) {
        let archive = self.archive();
        let known = archive.as_known(Until::Seq(Seq::new(seq)), None).unwrap();
        self.hold_against(&known.view(), usize::try_from(seq).unwrap());
    }

    fn hold_against(&self, view: &View<'_>, length: usize) {
        let known = view.known_at();
        assert_eq!(known.seq.number(), length as u64);
        let first = self.archive().reader().record_at(Seq::FIRST).unwrap().unwrap().hash;
        let head = self.archive().reader().record_at(known.seq).unwrap().unwrap().hash;
        assert_eq!(view.digests().unwrap(), self.model.digests(length, head, first));
        self.model.check_naively(view, length);
    }

    fn rebuild(&mut self, fresh: bool) {
        drop(self.ledger.take());
        let rebuilt = self.archive().rebuild(fresh, None).unwrap();
        self.hold_against(&rebuilt.view(), self.model.texts.len());
        drop(rebuilt);
        self.ledger = Some(Ledger::open(self.folder.clone(), still_clock()).unwrap());
    }

    fn verify(&mut self) {
        let head = self.ledger().head();
        self.hold_against(&self.ledger.as_ref().unwrap().view(), self.model.texts.len());
        drop(self.ledger.take());
        let question =
            VerifyQuestion { known: Some((head.seq, head.hash)), depth: Depth::Full, ..VerifyQuestion::default() };
        let report = self.archive().verify(question).unwrap();
        assert_eq!(report.verdict(), Verdict::Ok, "{:?}", report.checks);
        assert_eq!(report.records, self.model.texts.len() as u64);
        self.ledger = Some(Ledger::open(self.folder.clone(), still_clock()).unwrap());
    }

    fn finish(mut self) {
        self.read(1, self.model.texts.len() as u64);
        self.rebuild(false);
        self.rebuild(true);
        self.verify();
    }
}

fn config(cases: u32) -> ProptestConfig {
    let defaults = ProptestConfig::default();
    let rng_seed = if defaults.rng_seed == RngSeed::Random { RngSeed::Fixed(2020) } else { defaults.rng_seed };
    ProptestConfig { cases, max_shrink_iters: 500, failure_persistence: None, rng_seed, ..defaults }
}

fn live(cases: u32, moves: std::ops::Range<usize>, length: std::ops::Range<usize>) {
    let (lives, steps, crashes) = (std::cell::Cell::new(0), std::cell::Cell::new(0), std::cell::Cell::new(0));
    let mut runner = proptest::test_runner::TestRunner::new(config(cases));
    let outcome = runner.run(&(scripts(moves), ops(length)), |(script, ops)| {
        let mut machine = Machine::new(written(&script));
        for op in &ops {
            machine.play(op);
        }
        crashes.set(crashes.get() + machine.crashes);
        machine.finish();
        lives.set(lives.get() + 1);
        steps.set(steps.get() + ops.len());
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
    tried(
        steps.get(),
        &format!("random steps in {} lives of a ledger, {} of them crashes", lives.get(), crashes.get()),
    );
    assert!(crashes.get() > lives.get(), "too few crashes");
}

#[test]
fn a_ledger_says_what_a_list_of_texts_says_through_appends_crashes_and_rebuilds() {
    live(24, 10..60, 6..22);
}

#[test]
#[ignore = "long tier: a thousand long lives"]
fn a_ledger_says_what_a_list_of_texts_says_through_a_thousand_lives() {
    live(1_000, 20..200, 10..60);
}
