//! A fold from record 1 that looks at nothing stored: in memory, or where the log is long in a folder that vanishes with it.

use std::path::Path;
use std::sync::Arc;

use super::layer_folder::LayerFolder;
use super::reading::{ReplayError, Until, hash_at};
use crate::log::LogReader;
use crate::projection::layers::{LayerPlan, Layers};
use crate::projection::{Cursor, Fold, LayeredRows, MemoryRows};
use crate::vocab::Seq;

/// Begins a fold that will go so far.
///
/// Rows of a long one lie in the system's folder for temporary files, some 300 bytes for each record; where nothing can be
/// written there, or no more, in memory.
///
/// # Errors
/// [`ReplayError`] where the log cannot be read.
pub fn fold_anew(reader: &LogReader, until: Until) -> Result<Fold, ReplayError> {
    Anew::STANDARD.begin(reader, until, &tempfile::env::temp_dir())
}

/// How a fold from record 1 keeps its rows. It changes no answer.
struct Anew {
    /// A fold of more records than this keeps its rows in files.
    records_in_memory: u64,
    plan: LayerPlan,
}

impl Anew {
    /// In memory rows take one to three kilobytes for each record.
    const STANDARD: Self = Self { records_in_memory: 50_000, plan: LayerPlan::STANDARD };

    fn begin(&self, reader: &LogReader, until: Until, temporary: &Path) -> Result<Fold, ReplayError> {
        let head = reader.head()?.seq;
        let last = until.position().map_or(head, |last| last.min(head));
        if last.number() <= self.records_in_memory {
            return Ok(Fold::in_memory());
        }
        let log = hash_at(reader, Seq::FIRST)?.ok_or(ReplayError::Empty)?;
        let Ok(folder) = tempfile::Builder::new().prefix("ceasefire-replay-").tempdir_in(temporary) else {
            return Ok(Fold::in_memory());
        };
        let files = LayerFolder::vanishing(folder);
        let Ok((layers, _)) = Layers::open(Arc::new(files), self.plan, log, &Cursor::current_versions()) else {
            return Ok(Fold::in_memory());
        };
        let rows = LayeredRows::new(Arc::new(MemoryRows::default()), Arc::new(layers))?;
        Ok(Fold::passing_through(Arc::new(rows)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a ledger that cannot be made is a failed test")]

    use std::fs;
    use std::path::PathBuf;

    use super::*;
    use crate::event::ViolationReported;
    use crate::ledger::{Archive, Folder, Genesis, Ledger, Submission, fold_log};
    use crate::projection::{ProjectionDigest, projection_digests};
    use crate::vocab::{ActorRef, Source, SystemClock};

    const SOON: Anew = Anew { records_in_memory: 10, plan: LayerPlan { records: 4, merged: 3 } };

    /// A ledger of some forty records.
    fn ledger(folder: &Path) -> Archive {
        let folder = Folder::at(folder.join("ledger"));
        let genesis = Genesis::new("example.org/anew").unwrap();
        let mut ledger = Ledger::create(folder.clone(), &genesis, Arc::new(SystemClock)).unwrap();
        for number in 0..40 {
            let source = Source::speaker(ActorRef::Actor("recorder".parse().unwrap()));
            let incident = format!("I-{}", number % 17).parse().unwrap();
            let mut report = ViolationReported::new(incident, source);
            report.summary = Some("shots were heard".parse().unwrap());
            let key = format!("k/{number}").parse().unwrap();
            ledger.append(&Submission::new("recorder".parse().unwrap(), key, report.into())).unwrap();
        }
        Archive::open(folder).unwrap()
    }

    fn folded(archive: &Archive, mut fold: Fold, until: Until) -> Vec<ProjectionDigest> {
        let cursor = fold_log(archive.reader(), None, until, &mut fold, None).unwrap();
        projection_digests(&fold.tables, &cursor).unwrap()
    }

    fn left_in(folder: &Path) -> Vec<PathBuf> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    #[test]
    fn rows_aside_give_what_rows_in_memory_give_and_vanish() {
        let (home, aside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let archive = ledger(home.path());
        for until in [Until::Head, Until::Seq(Seq::new(11)), Until::Seq(Seq::new(30))] {
            let fold = SOON.begin(archive.reader(), until, aside.path()).unwrap();
            assert_eq!(left_in(aside.path()).len(), 1, "its rows have a folder");
            assert_eq!(folded(&archive, fold, until), folded(&archive, Fold::in_memory(), until));
            assert_eq!(left_in(aside.path()), Vec::<PathBuf>::new());
        }
        let short = SOON.begin(archive.reader(), Until::Seq(Seq::new(10)), aside.path()).unwrap();
        assert_eq!(left_in(aside.path()), Vec::<PathBuf>::new(), "a short fold needs no folder");
        drop(short);
    }

    #[test]
    fn rows_that_cannot_be_written_aside_stay_in_memory() {
        let home = tempfile::tempdir().unwrap();
        let archive = ledger(home.path());
        let expected = folded(&archive, Fold::in_memory(), Until::Head);
        let nowhere = SOON.begin(archive.reader(), Until::Head, &home.path().join("not there")).unwrap();
        assert_eq!(folded(&archive, nowhere, Until::Head), expected);

        // From the first layer on, and from a later one on: what the folder holds by then is still read from it.
        for layers in [0, 2] {
            let aside = tempfile::tempdir().unwrap();
            let mut fold = SOON.begin(archive.reader(), Until::Head, aside.path()).unwrap();
            let folder = left_in(aside.path()).remove(0);
            let first = Until::Seq(Seq::new(layers * 4 + 2));
            let cursor = fold_log(archive.reader(), None, first, &mut fold, None).unwrap();
            assert_eq!(left_in(&folder).len() as u64, layers);
            let moved = folder.with_extension("moved");
            fs::rename(&folder, &moved).unwrap();
            fs::write(&folder, "no folder").unwrap();
            let head = fold_log(archive.reader(), Some(&cursor), Until::Head, &mut fold, None).unwrap();
            assert_eq!(projection_digests(&fold.tables, &head).unwrap(), expected);
            assert_eq!(left_in(&moved).len() as u64, layers, "nothing was written there");
        }
    }
}
