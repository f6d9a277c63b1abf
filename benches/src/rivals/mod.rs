//! What else one could have built upon, given the same records: batches of 1 and of 1,000 appended durably, everything
//! read back with its chain checked.

use crate::material::Ledgers;
use crate::results::Results;
use crate::{Options, Outcome};

#[cfg(feature = "rivals")]
mod stores;

/// Measures the rivals, where they were compiled.
#[cfg(feature = "rivals")]
pub fn measure(options: &Options, ledgers: &Ledgers, results: &mut Results) -> Outcome<()> {
    stores::measure(options, &ledgers.whole, results)
}

/// Says that they were not compiled.
#[cfg(not(feature = "rivals"))]
pub fn measure(_: &Options, _: &Ledgers, results: &mut Results) -> Outcome<()> {
    results.note("Rivals were not measured: they come with `--features rivals`.");
    Ok(())
}
