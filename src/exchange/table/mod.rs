//! Tables: a header and rows of cells, whatever kind of file they stand in.

mod csv_table;

pub(crate) use csv_table::CsvTable;

use super::import::{Raw, RejectForm, RowFault, Spot, Unreadable};

/// The most columns a table may have: what a spreadsheet can hold.
pub(crate) const COLUMNS_MAX: usize = 16_384;

/// The rows of one table, read one at a time.
pub(crate) trait Table {
    /// The names of the columns, white space around them gone.
    fn header(&self) -> &[String];

    /// Steps to the next row that holds anything. The inner error is what is wrong with this row alone.
    fn step(&mut self) -> Result<Option<Result<(), Vec<RowFault>>>, Unreadable>;

    /// The cells of the row, as many as there are columns; an absent cell is empty.
    fn cells(&self) -> &[String];

    /// Where the row begins.
    fn line(&self) -> u64;

    /// Where a cell of the row stands.
    fn spot(&self, column: usize) -> Spot;

    /// The row as it stands in the file.
    fn verbatim(&self) -> Vec<Raw>;

    /// How refused rows of it are kept.
    fn reject_form(&self) -> RejectForm;
}
