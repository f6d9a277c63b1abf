//! Situation reports: what was claimed about one ceasefire in one period, with the records behind every number.
//!
//! ```text
//! View ──▶ Situation (what is said, as values) ──▶ markdown · page (HTML) · annex (CSV) · pictures (SVG)
//! ```
//!
//! [`View`](crate::ledger::View) answers, [`gather`] puts the answers together, and the renderings only write down what a
//! [`Situation`] holds: no rendering counts anything. The page is one file without scripts that loads nothing from
//! anywhere. `words` has the headings in English and Arabic.

mod annex;
mod gather;
mod markdown;
mod page;
mod picture;
mod situation;
mod words;

pub use annex::annex;
pub use gather::{GatherError, ReportQuestion, gather};
pub use markdown::markdown;
pub use page::page;
pub use picture::{Layer, LayerError, PICTURES, Picture, draw};
pub use situation::{
    Casualty, CorrectionLine, Counted, IncidentLine, LateLine, Situation, StateLine, StatementLine, Stretches,
    SummaryLine, TimelineBar,
};
pub use words::Words;
