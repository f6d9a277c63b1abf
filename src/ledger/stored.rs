//! The stored projections: opened, compared with the log, brought up to date, or set aside and made anew.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant as Moment};

use super::fold_anew::fold_anew;
use super::folder::Folder;
use super::looking::{LookedAt, Untouched};
use super::reading::{Progress, ReplayError, Until, fold_log, hash_at};
use crate::log::{LogReader, ReadError};
use crate::projection::layers::{Boundary, LayerPlan, Layers};
use crate::projection::{Cursor, Fold, LayeredRows, OpenRowsError, RowError, RowStore, SledRows};
use crate::record::RecordHash;
use crate::vocab::{Instant, Seq};

/// Something that happened on the way and that the user should know; not an error.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// Another program has the projections open; the answer was folded from the log instead.
    ProjectionsHeld,
    /// The projections could not be used, and were made anew from the log.
    ProjectionsRebuilt {
        /// Why.
        why: String,
        /// Where the old ones lie now.
        aside: Option<String>,
    },
    /// The projections could not be written; the answer was folded from the log instead.
    ProjectionsUnwritable {
        /// Why.
        why: String,
    },
    /// A layer of the settled projections could not be used and was removed; it is made anew from the log.
    LayerDiscarded {
        /// Its file's name.
        layer: String,
        /// Why.
        why: String,
    },
    /// The vault could not be used for something that can be done later.
    VaultUnready {
        /// Why.
        why: String,
    },
    /// Private parts of records that never were recorded were removed from the vault.
    AnnexesRemoved {
        /// Of how many records.
        records: u64,
    },
    /// Recorded erasures were carried out that an interruption, or an old copy of the vault, had left undone.
    ErasuresFinished {
        /// Of how many records.
        records: u64,
    },
    /// A torn tail was moved aside.
    TornTailMoved {
        /// The file that holds it now.
        kept_in: String,
        /// How many bytes it has.
        bytes: u64,
    },
}

impl std::fmt::Display for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ProjectionsHeld => {
                f.write_str("another program has the projections open; this answer was folded from the log")
            }
            Self::ProjectionsRebuilt { why, aside: Some(aside) } => {
                write!(f, "the projections were rebuilt from the log: {why} (the old ones: {aside})")
            }
            Self::ProjectionsRebuilt { why, aside: None } => {
                write!(f, "the projections were rebuilt from the log: {why}")
            }
            Self::ProjectionsUnwritable { why } => {
                write!(f, "the projections could not be used ({why}); this answer was folded from the log")
            }
            Self::LayerDiscarded { layer, why } => {
                write!(f, "layer {layer} of the projections is made anew from the log: {why}")
            }
            Self::VaultUnready { why } => write!(f, "the vault needs attention: {why}"),
            Self::AnnexesRemoved { records } => {
                write!(f, "private parts of {records} submissions that were never recorded were removed from the vault")
            }
            Self::ErasuresFinished { records } => {
                write!(f, "erasures that were recorded were carried out: fields of {records} records destroyed")
            }
            Self::TornTailMoved { kept_in, bytes } => {
                write!(f, "a half-written end of {bytes} bytes was moved to {kept_in}")
            }
        }
    }
}

/// How long to wait for another program to let go of the projections before folding in memory.
const PATIENCE: Duration = Duration::from_millis(200);

/// So many records are folded anew in less time than sled takes to open.
const FOLDED_FASTER: u64 = 500;

/// A fold that stands where it was asked to, and what it took to get there.
pub(super) struct Standing {
    pub(super) fold: Fold,
    pub(super) cursor: Cursor,
    pub(super) notices: Vec<Notice>,
}

/// Stands at the head for somebody who only reads: on the layers where the log goes on only a little beyond them, else as
/// [`stand_at_head`].
pub(super) fn stand_to_read(folder: &Folder, reader: &LogReader) -> Result<Standing, ReplayError> {
    let mut notices = Vec::new();
    let layers = layers_of(folder, reader, &mut notices)?;
    let head = reader.head()?.seq.number();
    // Layers that go further than the log are of no use.
    let beyond = layers.top().and_then(|top| head.checked_sub(top.seq.number()));
    if beyond.is_some_and(|records| records <= FOLDED_FASTER) {
        check_top(&layers, reader, &mut notices)?;
        if let Some(cursor) = layers.cursor() {
            return fold_over(&layers, Some(&cursor), reader, Until::Head, notices, None);
        }
    }
    stand_on_fresh_rows(folder, reader, &layers, notices, None)
}

/// Opens the stored projections and brings them to the head of the log.
pub(super) fn stand_at_head(
    folder: &Folder,
    reader: &LogReader,
    progress: Option<Progress<'_>>,
) -> Result<Standing, ReplayError> {
    let mut notices = Vec::new();
    let layers = layers_of(folder, reader, &mut notices)?;
    stand_on_fresh_rows(folder, reader, &layers, notices, progress)
}

fn layers_of(folder: &Folder, reader: &LogReader, notices: &mut Vec<Notice>) -> Result<Arc<Layers>, ReplayError> {
    let log = hash_at(reader, Seq::FIRST)?.ok_or(ReplayError::Empty)?;
    Ok(Arc::new(open_layers(folder, log, notices)?))
}

fn stand_on_fresh_rows(
    folder: &Folder,
    reader: &LogReader,
    layers: &Arc<Layers>,
    mut notices: Vec<Notice>,
    progress: Option<Progress<'_>>,
) -> Result<Standing, ReplayError> {
    let Some(fresh) = usable_rows(folder, reader, &mut notices)? else {
        check_top(layers, reader, &mut notices)?;
        return fold_over(layers, layers.cursor().as_ref(), reader, Until::Head, notices, progress);
    };
    // The fresh rows' cursor was compared with the log; where they stand on the layers, these are of the same log.
    if !LayeredRows::stands(fresh.as_ref(), layers)? {
        check_top(layers, reader, &mut notices)?;
    }
    let store: Arc<dyn RowStore> = Arc::new(LayeredRows::new(fresh, Arc::clone(layers))?);
    let from = Cursor::read(store.as_ref())?;
    if from.is_none() && notices.is_empty() && reader.head()?.seq > Seq::FIRST {
        notices.push(Notice::ProjectionsRebuilt { why: "there were none".to_owned(), aside: None });
    }
    let mut fold = Fold::on(Arc::clone(&store));
    match fold_log(reader, from.as_ref(), Until::Head, &mut fold, progress) {
        Ok(cursor) => Ok(Standing { fold, cursor, notices }),
        Err(ReplayError::Rows(error)) => {
            notices.push(Notice::ProjectionsUnwritable { why: error.to_string() });
            fold_in_memory(reader, Until::Head, notices)
        }
        Err(ReplayError::Fold(error)) if matches!(error.source, RowError::Layer { .. }) => {
            notices.push(Notice::ProjectionsUnwritable { why: error.source.to_string() });
            fold_in_memory(reader, Until::Head, notices)
        }
        Err(ReplayError::Fold(error)) => {
            drop((fold, store));
            let why = format!("record {} could not be folded", error.seq);
            notices.push(set_aside(folder, why));
            fold_in_memory(reader, Until::Head, notices)
        }
        Err(error) => Err(error),
    }
}

/// Takes the rows of the last end of a layer that was known by then, and folds what comes after in memory.
pub(super) fn stand_at(
    folder: &Folder,
    reader: &LogReader,
    until: Until,
    progress: Option<Progress<'_>>,
) -> Result<Standing, ReplayError> {
    let mut notices = Vec::new();
    let Some(log) = hash_at(reader, Seq::FIRST)? else { return Err(ReplayError::Empty) };
    let layers = Arc::new(open_layers(folder, log, &mut notices)?);
    let ends = layers.ends();
    let Some(end) = last_known(&ends, reader, until)? else {
        return fold_over(&layers, None, reader, until, notices, progress);
    };
    if hash_at(reader, end.seq)? != Some(end.head) {
        notices.push(discard(&layers, format!("record {} is not the one they were made from", end.seq))?);
        return fold_over(&layers, None, reader, until, notices, progress);
    }
    fold_over(&layers, layers.cursor_at(end.seq).as_ref(), reader, until, notices, progress)
}

/// Finds the last end that lies within what was known.
fn last_known(ends: &[Boundary], reader: &LogReader, until: Until) -> Result<Option<Boundary>, ReadError> {
    let known = match until {
        Until::Head => ends.len(),
        Until::Seq(last) => ends.partition_point(|end| end.seq <= last),
        Until::Time(time) => {
            let (mut known, mut unsure) = (0, ends.len());
            while known < unsure {
                let middle = usize::midpoint(known, unsure);
                if recorded_by(ends.get(middle), reader, time)? { known = middle + 1 } else { unsure = middle }
            }
            known
        }
    };
    Ok(known.checked_sub(1).and_then(|index| ends.get(index)).copied())
}

fn recorded_by(end: Option<&Boundary>, reader: &LogReader, time: Instant) -> Result<bool, ReadError> {
    let Some(end) = end else { return Ok(false) };
    Ok(reader.record_at(end.seq)?.is_some_and(|record| record.at <= time))
}

/// Goes on in memory from rows that layers hold, or from record 1 where nothing is given to go on from.
fn fold_over(
    layers: &Arc<Layers>,
    from: Option<&Cursor>,
    reader: &LogReader,
    until: Until,
    mut notices: Vec<Notice>,
    progress: Option<Progress<'_>>,
) -> Result<Standing, ReplayError> {
    let mut fold = match from {
        Some(cursor) => {
            let rows: Arc<dyn RowStore> = Arc::new(LayeredRows::as_of(Arc::clone(layers), cursor.seq));
            Fold::over(&rows)
        }
        None => fold_anew(reader, until)?,
    };
    match fold_log(reader, from, until, &mut fold, progress) {
        Err(ReplayError::Fold(error)) if from.is_some() && matches!(error.source, RowError::Layer { .. }) => {
            notices.push(Notice::ProjectionsUnwritable { why: error.source.to_string() });
            fold_in_memory(reader, until, notices)
        }
        folded => Ok(Standing { fold, cursor: folded?, notices }),
    }
}

fn fold_in_memory(reader: &LogReader, until: Until, notices: Vec<Notice>) -> Result<Standing, ReplayError> {
    let mut fold = fold_anew(reader, until)?;
    let cursor = fold_log(reader, None, until, &mut fold, None)?;
    Ok(Standing { fold, cursor, notices })
}

/// Opens the layers that say they are of this log; what cannot be used is told of.
fn open_layers(folder: &Folder, log: RecordHash, notices: &mut Vec<Notice>) -> Result<Layers, ReplayError> {
    let opened = Layers::open(folder.layer_files(), plan_of(folder), log, &Cursor::current_versions());
    let (layers, discarded) = opened.map_err(|error| RowError::Store(error.to_string()))?;
    let told = discarded.into_iter().map(|gone| Notice::LayerDiscarded { layer: gone.name, why: gone.why });
    notices.extend(told);
    Ok(layers)
}

fn plan_of(folder: &Folder) -> LayerPlan {
    folder.settings().map_or(LayerPlan::STANDARD, |settings| settings.layer_plan())
}

/// Compares the last record of the layers with the log's; layers that go further, or stand on another record, are of no use.
fn check_top(layers: &Layers, reader: &LogReader, notices: &mut Vec<Notice>) -> Result<(), ReplayError> {
    let Some(top) = layers.top() else { return Ok(()) };
    let why = match hash_at(reader, top.seq)? {
        Some(hash) if hash == top.head => return Ok(()),
        Some(_) => format!("record {} is not the one it was made from", top.seq),
        None => format!("it goes to record {}, the log does not", top.seq),
    };
    notices.push(discard(layers, why)?);
    Ok(())
}

fn discard(layers: &Layers, why: String) -> Result<Notice, ReplayError> {
    let layer = layers.top().map_or_else(String::new, |top| format!("up to record {}", top.seq));
    layers.discard()?;
    Ok(Notice::LayerDiscarded { layer, why })
}

/// What is stored of the projections, for somebody who looks at it and changes nothing.
pub enum StoredRows {
    /// Nothing.
    None,
    /// Rows that another program has open.
    Held,
    /// Rows that cannot be used, and why.
    Unusable(String),
    /// Rows, and how far they go.
    Rows(Arc<dyn RowStore>, Cursor),
}

/// Opens what is stored as it is. Nothing in the ledger's folder is changed.
pub(super) fn look(folder: &Folder, reader: &LogReader) -> Result<StoredRows, ReplayError> {
    match look_at(folder, reader) {
        Err(ReplayError::Rows(error)) => Ok(StoredRows::Unusable(error.to_string())),
        looked => looked,
    }
}

fn look_at(folder: &Folder, reader: &LogReader) -> Result<StoredRows, ReplayError> {
    let Some(log) = hash_at(reader, Seq::FIRST)? else { return Ok(StoredRows::None) };
    let opened = Layers::open(Untouched::of(folder), plan_of(folder), log, &Cursor::current_versions());
    let (layers, unusable) = opened.map_err(|error| RowError::Store(error.to_string()))?;
    if let Some(layer) = unusable.first() {
        return Ok(StoredRows::Unusable(format!("layer {} cannot be used: {}", layer.name, layer.why)));
    }
    let layers = Arc::new(layers);
    if !folder.projections().exists() {
        return Ok(layers.cursor().map_or(StoredRows::None, |cursor| {
            StoredRows::Rows(Arc::new(LayeredRows::as_of(layers, cursor.seq)), cursor)
        }));
    }
    let fresh: Arc<dyn RowStore> = match LookedAt::open(&folder.projections()) {
        Ok(rows) => Arc::new(rows),
        Err(OpenRowsError::Held) => return Ok(StoredRows::Held),
        Err(error) => return Ok(StoredRows::Unusable(error.to_string())),
    };
    let Some(cursor) = Cursor::read(fresh.as_ref())? else {
        return Ok(StoredRows::Unusable("they do not say how far they go".to_owned()));
    };
    if !LayeredRows::stands(fresh.as_ref(), &layers)? {
        return Ok(StoredRows::Unusable("the settled rows that they stand on are not there".to_owned()));
    }
    Ok(StoredRows::Rows(Arc::new(LayeredRows::new(fresh, layers)?), cursor))
}

/// Opens the rows and checks that they are of this log; what does not fit is set aside.
fn usable_rows(
    folder: &Folder,
    reader: &LogReader,
    notices: &mut Vec<Notice>,
) -> Result<Option<Arc<dyn RowStore>>, ReplayError> {
    for _attempt in 0..2 {
        let rows = match open_patiently(folder) {
            Ok(rows) => rows,
            Err(OpenRowsError::Held) => {
                notices.push(Notice::ProjectionsHeld);
                return Ok(None);
            }
            Err(OpenRowsError::Damaged(why)) => {
                let notice = set_aside(folder, why);
                let unwritable = matches!(notice, Notice::ProjectionsUnwritable { .. });
                notices.push(notice);
                if unwritable {
                    return Ok(None);
                }
                continue;
            }
        };
        match misfit(&rows, reader)? {
            None => return Ok(Some(Arc::new(rows))),
            Some(why) => {
                drop(rows);
                notices.push(set_aside(folder, why));
            }
        }
    }
    Ok(None)
}

fn open_patiently(folder: &Folder) -> Result<SledRows, OpenRowsError> {
    let patience_ends = Moment::now() + PATIENCE;
    loop {
        match SledRows::open(&folder.projections()) {
            Err(OpenRowsError::Held) if Moment::now() < patience_ends => thread::sleep(Duration::from_millis(10)),
            opened => return opened,
        }
    }
}

/// The open check: log id, position, head hash, versions. Says what does not fit.
fn misfit(rows: &dyn RowStore, reader: &LogReader) -> Result<Option<String>, ReplayError> {
    let mut any = false;
    if let Err(error) = rows.walk(b"", &mut |_, _| {
        any = true;
        Ok(false)
    }) {
        return Ok(Some(error.to_string()));
    }
    let cursor = match Cursor::read(rows) {
        Ok(cursor) => cursor,
        Err(error) => return Ok(Some(error.to_string())),
    };
    let Some(cursor) = cursor else {
        return Ok(any.then(|| "they do not say how far they go".to_owned()));
    };
    if cursor.versions != Cursor::current_versions() {
        return Ok(Some("they are of another version of this program".to_owned()));
    }
    if hash_at(reader, Seq::FIRST)? != Some(cursor.log) {
        return Ok(Some("they belong to another log".to_owned()));
    }
    Ok(match hash_at(reader, cursor.seq)? {
        None => Some(format!("they go to record {}, the log does not", cursor.seq)),
        Some(hash) if hash != cursor.head => Some(format!("record {} is not the one they were made from", cursor.seq)),
        Some(_) => None,
    })
}

fn set_aside(folder: &Folder, why: String) -> Notice {
    match folder.set_projections_aside() {
        Ok(aside) => {
            let aside = aside.and_then(|path| path.file_name().map(|name| name.to_string_lossy().into_owned()));
            Notice::ProjectionsRebuilt { why, aside }
        }
        Err(error) => Notice::ProjectionsUnwritable { why: format!("{why}; {error}") },
    }
}

/// Removes the stored rows and makes them anew; resumes where an earlier rebuild of the same log was broken off.
pub(super) fn rebuild(
    folder: &Folder,
    reader: &LogReader,
    fresh: bool,
    progress: Option<Progress<'_>>,
) -> Result<Standing, ReplayError> {
    if fresh {
        folder
            .remove_projections()
            .map_err(|error| ReplayError::Rows(crate::projection::RowError::Store(error.to_string())))?;
    }
    let mut standing = stand_at_head(folder, reader, progress)?;
    // Somebody who asked for it need not be told.
    standing.notices.retain(|notice| !matches!(notice, Notice::ProjectionsRebuilt { aside: None, .. }));
    Ok(standing)
}
