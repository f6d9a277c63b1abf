//! Layers: the settled part of the projections, in files that are written once.
//!
//! A **layer** holds, for a stretch of the log, every row that changed in it, as the row stood at the stretch's end.
//! Layers that follow on one another without a gap from record 1 are a **stack**: to read a row, ask the newest layer
//! first. A stack answers for the end of each of its layers, not for the newest alone, because nothing in it is ever
//! overwritten. That is what makes an answer *as known at* an early record cheap: take the rows of the nearest end before it
//! from the layers, fold the few records after that end.
//!
//! When enough small layers have come together they are merged into a great one, which keeps every version of a row
//! under the end it belongs to. A merged stack answers for the same ends as before.
//!
//! A layer can be thrown away at any time: it is made anew from the log. It says which log it is of, and the hash of the
//! record at each end, so that a stack of another log is not taken for this one's. Each part of the file is read only after
//! its BLAKE3 hash was compared with the one that the part above it holds: a changed byte is noticed, never answered from.
//!
//! ```text
//! file    = block* page* sieve* root header tail        every block and page, and the root: LZ4
//! block   = entry*     entry = shared, own, key, version, length or 0 for "removed", value
//! page    = like a block; its values say where a block is, how long, and its BLAKE3
//! root    = like a page, over the pages
//! sieve   = part* index; one for each table; bits that every key sets, and every beginning of a key up to its id: for rows,
//!           and for walks over one id; the index says where each part is, how long, and its BLAKE3
//! header  = JSON: log, ends, versions, tables, and of each how many entries, and where its sieve's index is
//! tail    = offsets and lengths of root and header, BLAKE3 of both and of these numbers, "ceasefire.layer/3"
//! ```

mod block;
mod cache;
mod files;
mod guide;
mod layer;
mod merge;
mod sieve;
mod stack;
mod writer;

pub use files::{LayerFile, LayerFiles, LayerName, LayerSink, MemoryLayers};
pub use layer::Boundary;
pub use stack::{Discarded, LayerPlan, LayerVisitor, Layers};

/// Gives the table that a key is of.
fn table_of(key: &[u8]) -> &str {
    let table = key.split(|byte| *byte == b'/').next().unwrap_or_default();
    std::str::from_utf8(table).unwrap_or_default()
}
