//! The stack: layers that follow on one another from record 1.

use std::io;
use std::ops::RangeInclusive;
use std::sync::{Arc, PoisonError, RwLock};

use super::cache::BlockCache;
use super::files::{LayerFiles, LayerName};
use super::guide::Guide;
use super::layer::{Boundary, Layer, LayerFault};
use super::merge::Merge;
use super::sieve::{family_of, is_by_record, mark_of, sought};
use super::table_of;
use super::writer::{LayerWriter, Stretch};
use crate::projection::fold::Cursor;
use crate::projection::rows::{RowChange, RowError};
use crate::record::RecordHash;
use crate::vocab::Seq;

/// How much memory the blocks that were read lately may take.
const CACHE_BYTES: usize = 24 * 1024 * 1024;
/// How often to look again when a layer is gone between listing and opening: a writer has just merged it.
const LOOKS: u32 = 5;

/// How the stack is laid out. It changes no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerPlan {
    /// A layer is made every so many records.
    pub records: u64,
    /// So many small layers are merged into a great one.
    pub merged: usize,
}

impl LayerPlan {
    /// A layer every 4,096 records, and a great one every 64 of them: at ten million records at most a hundred layers, and an
    /// answer as known at any record folds at most 4,095 records.
    pub const STANDARD: Self = Self { records: 4_096, merged: 64 };
}

/// What a walk over layers is shown: a key and its bytes, or that it was removed; `false` ends the walk.
pub type LayerVisitor<'a> = dyn FnMut(&[u8], Option<&[u8]>) -> Result<bool, RowError> + 'a;

/// A layer that could not be used, and was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discarded {
    /// Its file's name.
    pub name: String,
    /// Why.
    pub why: String,
}

/// The layers of a ledger.
pub struct Layers {
    files: Arc<dyn LayerFiles>,
    plan: LayerPlan,
    cache: Arc<BlockCache>,
    /// Who reads takes the stack as it is; layers in it stay readable whatever a writer does.
    stack: RwLock<Arc<Stack>>,
}

/// Layers that follow on one another, oldest first, and what is known of them together.
struct Stack {
    layers: Vec<Arc<Layer>>,
    guide: Arc<Guide>,
}

impl Stack {
    fn of(layers: Vec<Arc<Layer>>) -> Self {
        let last = layers.last().map_or(Seq::NONE, |layer| layer.name.last);
        Self { layers, guide: Arc::new(Guide::after(last)) }
    }

    /// The same rows in other layers, or more of them.
    fn with(&self, layers: Vec<Arc<Layer>>) -> Self {
        Self { layers, guide: Arc::clone(&self.guide) }
    }

    /// Gives the layers made of any of these records, oldest first; without those that the guide tells to have nothing.
    fn bearing(&self, of: RangeInclusive<Seq>, may_hold: bool) -> impl DoubleEndedIterator<Item = &Arc<Layer>> {
        let bears = move |layer: &&Arc<Layer>| {
            let LayerName { first, last } = layer.name;
            first <= *of.end() && last >= *of.start() && (may_hold || !self.guide.knows(first))
        };
        self.layers.iter().filter(bears)
    }
}

impl Layers {
    /// Opens the layers that are of this log and of these versions of the projections, as far as they follow on one
    /// another from record 1. A damaged one is removed and told of; those behind it are of no use any more.
    ///
    /// # Errors
    /// Where they cannot be listed.
    pub fn open(
        files: Arc<dyn LayerFiles>,
        plan: LayerPlan,
        log: RecordHash,
        versions: &[(String, u32)],
    ) -> io::Result<(Self, Vec<Discarded>)> {
        let cache = Arc::new(BlockCache::of_bytes(CACHE_BYTES));
        let mut discarded = Vec::new();
        let mut stack = Vec::new();
        for _ in 0..LOOKS {
            if let Some(found) = opened(&files, &cache, log, versions, &mut discarded)? {
                stack = found;
                break;
            }
        }
        Ok((Self { files, plan, cache, stack: RwLock::new(Arc::new(Stack::of(stack))) }, discarded))
    }

    /// Gives the last record that the layers reach.
    #[must_use]
    pub fn top(&self) -> Option<Boundary> {
        self.stack().layers.last().and_then(|layer| layer.header.ends.last().copied())
    }

    /// Gives the cursor of rows that stand at the top.
    #[must_use]
    pub fn cursor(&self) -> Option<Cursor> {
        self.cursor_at(self.top()?.seq)
    }

    /// Gives the cursor of rows that stand at an end.
    #[must_use]
    pub fn cursor_at(&self, end: Seq) -> Option<Cursor> {
        let stack = self.stack();
        let layer = stack.layers.iter().find(|layer| layer.name.last >= end)?;
        let Boundary { seq, head } = *layer.header.ends.iter().find(|boundary| boundary.seq == end)?;
        Some(Cursor { log: layer.header.log, seq, head, versions: layer.header.versions.clone() })
    }

    /// Gives every record for whose knowledge the layers hold the rows, in order.
    #[must_use]
    pub fn ends(&self) -> Vec<Boundary> {
        self.stack().layers.iter().flat_map(|layer| layer.header.ends.iter().copied()).collect()
    }

    /// Tells whether a layer is to be made of the rows as they stand at a record, where one up to `on_its_way` is being made.
    #[must_use]
    pub fn is_due(&self, seq: Seq, on_its_way: Seq) -> bool {
        let top = self.top().map_or(Seq::NONE, |top| top.seq).max(on_its_way);
        seq.number() >= top.number().saturating_add(self.plan.records.max(1))
    }

    /// Makes a layer of all rows that changed since the last one. Durable on return.
    ///
    /// `rows` are in order of key, each key once.
    ///
    /// # Errors
    /// [`RowError`]; then the stack is as it was.
    pub fn add(&self, rows: &[RowChange], cursor: &Cursor) -> Result<(), RowError> {
        let before = self.top();
        let first = before.map_or(Seq::FIRST, |before| before.seq.next());
        let name = LayerName { first, last: cursor.seq };
        let mut writer = LayerWriter::new(self.files.create(name).map_err(failed)?);
        for (key, value) in rows {
            writer.push(key, cursor.seq.number(), value.as_deref()).map_err(failed)?;
        }
        let ends = vec![Boundary { seq: cursor.seq, head: cursor.head }];
        let versions = cursor.versions.clone();
        let marks = writer.finish(Stretch { log: cursor.log, before, ends, versions }).map_err(failed)?;
        let stack = self.stack();
        let mut layers = stack.layers.clone();
        layers.push(self.opened(name)?);
        stack.guide.enter(&marks);
        self.stand_on(stack.with(layers));
        Ok(())
    }

    /// Merges small layers into a great one where enough of them have come together, and removes files of no use.
    ///
    /// # Errors
    /// [`RowError`]; then the stack is as it was.
    pub fn tidy(&self) -> Result<(), RowError> {
        let stack = self.stack();
        let small = stack.layers.iter().rev().take_while(|layer| layer.header.ends.len() == 1).count();
        if small < self.plan.merged.max(2) {
            return Ok(());
        }
        let (great, small) = stack.layers.split_at(stack.layers.len() - small);
        let (Some(first), Some(last)) = (small.first(), small.last()) else { return Ok(()) };
        let name = LayerName { first: first.name.first, last: last.name.last };
        let mut writer = LayerWriter::new(self.files.create(name).map_err(failed)?);
        let mut merge = Merge::of(small.iter().map(|layer| layer.seek(b"")).collect::<Result<_, _>>()?);
        while let Some(entry) = merge.first() {
            writer.push(entry.key(), entry.version(), entry.value()).map_err(failed)?;
            merge.advance()?;
        }
        let header = &first.header;
        let (log, before, versions) = (header.log, header.before, header.versions.clone());
        let ends = small.iter().flat_map(|layer| layer.header.ends.iter().copied()).collect();
        writer.finish(Stretch { log, before, ends, versions }).map_err(failed)?;
        let mut merged = great.to_vec();
        merged.push(self.opened(name)?);
        self.stand_on(stack.with(merged));
        self.sweep().map_err(failed)
    }

    /// Removes every layer: they are not of this log after all.
    ///
    /// # Errors
    /// [`RowError`] where a file cannot be removed.
    pub fn discard(&self) -> Result<(), RowError> {
        self.stand_on(Stack::of(Vec::new()));
        self.sweep().map_err(failed)
    }

    /// Reads a row as it stood at the last end that is not after `upto`; the outer nothing means that no layer says.
    ///
    /// # Errors
    /// [`RowError`] where a layer cannot be read, or is damaged.
    pub fn row(&self, key: &[u8], upto: Seq) -> Result<Option<Option<Vec<u8>>>, RowError> {
        let (table, mark) = (table_of(key), mark_of(sought(key)));
        let stack = self.stack();
        for layer in stack.bearing(Seq::NONE..=upto, is_by_record(key) || stack.guide.may_hold(mark)).rev() {
            if !layer.may_hold(table, mark)? {
                continue;
            }
            let mut cursor = layer.seek(key)?;
            while !cursor.is_over() && cursor.key() == key {
                if cursor.version() <= upto.number() {
                    return Ok(Some(cursor.value().map(<[u8]>::to_vec)));
                }
                cursor.advance()?;
            }
        }
        Ok(None)
    }

    /// Walks the rows whose keys begin with `prefix`, in order, as they stood at the last end that is not after the last of
    /// these records. Layers that end before the first of them are not asked. A row that was removed comes without a value.
    /// `false` ends the walk.
    ///
    /// # Errors
    /// As [`Layers::row`], or what the visitor says.
    pub fn walk(&self, prefix: &[u8], of: RangeInclusive<Seq>, visit: &mut LayerVisitor<'_>) -> Result<(), RowError> {
        let upto = *of.end();
        let stack = self.stack();
        let (table, of_one_table) = (table_of(prefix), prefix.contains(&b'/'));
        let family = family_of(prefix).map(mark_of);
        let mut cursors = Vec::new();
        for layer in stack.bearing(of, family.is_none_or(|family| stack.guide.may_hold(family))) {
            let bears = match family {
                Some(family) => layer.may_hold(table, family)?,
                None => !of_one_table || layer.holds_table(table),
            };
            if bears {
                cursors.push(layer.seek(prefix)?);
            }
        }
        let mut merge = Merge::of(cursors);
        let mut last: Option<Vec<u8>> = None;
        while let Some(entry) = merge.first().filter(|entry| entry.key().starts_with(prefix)) {
            let shown = last.as_deref() == Some(entry.key());
            if !shown && entry.version() <= upto.number() {
                if !visit(entry.key(), entry.value())? {
                    return Ok(());
                }
                let key = last.get_or_insert_default();
                key.clear();
                key.extend_from_slice(entry.key());
            }
            merge.advance()?;
        }
        Ok(())
    }

    fn stack(&self) -> Arc<Stack> {
        Arc::clone(&self.stack.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn stand_on(&self, stack: Stack) {
        *self.stack.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(stack);
    }

    fn opened(&self, name: LayerName) -> Result<Arc<Layer>, RowError> {
        let layer = Layer::open(&self.files, name, &self.cache);
        layer.map(Arc::new).map_err(|fault| RowError::Layer { layer: name.to_string(), what: fault.to_string() })
    }

    /// Removes what is not in the stack: layers that were merged, or stand behind a gap.
    fn sweep(&self) -> io::Result<()> {
        let stack = self.stack();
        let in_use = |name: &LayerName| stack.layers.iter().any(|layer| layer.name == *name);
        self.files.list()?.iter().filter(|name| !in_use(name)).try_for_each(|name| self.files.remove(*name))
    }
}

/// Opens the layers as far as they follow on one another; nothing where one vanished on the way.
fn opened(
    files: &Arc<dyn LayerFiles>,
    cache: &Arc<BlockCache>,
    log: RecordHash,
    versions: &[(String, u32)],
    discarded: &mut Vec<Discarded>,
) -> io::Result<Option<Vec<Arc<Layer>>>> {
    let mut names = files.list()?;
    // Of those that begin at one record the longest comes first: the others were merged into it.
    names.sort_by_key(|name| (name.first, std::cmp::Reverse(name.last)));
    let mut stack: Vec<Arc<Layer>> = Vec::new();
    let mut top: Option<Boundary> = None;
    for name in names {
        if name.first != top.map_or(Seq::FIRST, |top| top.seq.next()) {
            continue;
        }
        let why = match Layer::open(files, name, cache) {
            Ok(layer) if layer.header.log != log => "it is of another log".to_owned(),
            Ok(layer) if layer.header.versions != versions => "it is of another version of this program".to_owned(),
            Ok(layer) if layer.header.before != top => "it does not follow on the layer before it".to_owned(),
            Ok(layer) => {
                top = layer.header.ends.last().copied();
                stack.push(Arc::new(layer));
                continue;
            }
            Err(LayerFault::Unreadable(error)) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(fault) => fault.to_string(),
        };
        files.remove(name)?;
        discarded.push(Discarded { name: name.to_string(), why });
    }
    Ok(Some(stack))
}

#[expect(clippy::needless_pass_by_value, reason = "handed to map_err")]
fn failed(error: io::Error) -> RowError {
    RowError::Store(error.to_string())
}
