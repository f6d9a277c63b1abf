//! What a format is: how a file becomes rows, and a row becomes events.

use std::borrow::Cow;
use std::io;

use super::input::Opened;
use crate::event::Event;
use crate::ledger::SubmittedBody;
use crate::vocab::{Code, Digest32, Fault, Pointer};

/// How a file of one kind is read. One implementation a format, one file of the source each.
pub trait Format {
    /// Its name, as typed and as `import.completed` keeps it: `ucdp`.
    fn name(&self) -> &'static str;

    /// What the file's rows are numbered in, unless a series is named: the first part of every key.
    fn dataset(&self) -> &str {
        self.name()
    }

    /// BLAKE3 of the mapping, where one is used.
    fn mapping(&self) -> Option<Digest32> {
        None
    }

    /// Begins to read. The header, where there is one, is checked here.
    ///
    /// # Errors
    /// [`Unreadable`] where the file as a whole is none of this format.
    fn rows(&self, opened: Opened) -> Result<Box<dyn Rows + '_>, Unreadable>;
}

/// The rows of one file, read one at a time.
pub trait Rows {
    /// Reads the next row and makes drafts of it; nothing at the end of the file.
    ///
    /// # Errors
    /// [`Unreadable`] where the file cannot be read on. What is wrong with one row stands in [`Row::drafts`].
    fn next_row(&mut self) -> Result<Option<Row>, Unreadable>;

    /// Finds where in the row just read the value stands that a pointer into a draft's event names; the whole row where
    /// it cannot be told.
    ///
    /// The pointer begins at the body (`/event/when`) for [`Draft::Body`], at the event (`/when`) otherwise.
    fn locate(&self, draft: usize, pointer: &Pointer) -> Spot;

    /// Gives the row just read as it stands in the file: several lines where several make one row.
    fn verbatim(&self) -> Vec<Raw>;

    /// Says how refused rows are kept.
    fn reject_form(&self) -> RejectForm;
}

/// One row, read.
#[derive(Debug)]
pub struct Row {
    /// Where it begins.
    pub spot: Spot,
    /// Its own id, or a hash of it where it has none: the same in every publication. Absent where it could not be read,
    /// and for rows that are a [`Draft::Body`].
    pub id: Option<String>,
    /// The events it makes, or everything wrong with it.
    pub drafts: Result<Vec<Draft>, Vec<RowFault>>,
}

/// One event of a row, before it has a key.
#[derive(Debug)]
pub enum Draft {
    /// A whole body with its own submitter and key, its bytes and its signature kept.
    Body(Box<SubmittedBody>),
    /// A claim, or something registered for this row alone. It is keyed by series, row and part, and follows the row
    /// through later publications.
    Claim {
        /// Which of the row's records it is: the same in every publication.
        part: Cow<'static, str>,
        /// The event.
        event: Box<Event>,
    },
    /// An actor or a place that other drafts name; left out where the id is registered already.
    Register(Box<Event>),
}

/// Where something stands in a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spot {
    /// The line, from 1; the row's number in a spreadsheet.
    pub line: u64,
    /// The column in characters, from 1, where it is known.
    pub column: Option<u64>,
    /// The name of the cell's column, or the JSON pointer.
    pub field: Option<String>,
}

impl Spot {
    /// A line as a whole.
    #[must_use]
    pub const fn line(line: u64) -> Self {
        Self { line, column: None, field: None }
    }
}

/// One thing wrong with a row, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct RowFault {
    /// Where.
    pub spot: Spot,
    /// What.
    pub fault: Fault,
    /// What to do, where the code's own hint is not enough.
    pub hint: Option<String>,
}

impl RowFault {
    /// Describes a fault by its code.
    #[must_use]
    pub fn new(spot: Spot, code: Code, what: impl Into<String>) -> Self {
        Self { spot, fault: Fault::new(code, Pointer::root(), what), hint: None }
    }

    /// Says what to do.
    #[must_use]
    pub fn hinting(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Says that a file cannot be read on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// It is not what its format is.
    #[error(transparent)]
    Fault(#[from] RowFault),
    /// Reading failed.
    #[error("the file could not be read")]
    Io(#[from] io::Error),
}

/// A part of a file as it stands there, without its line end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raw {
    /// Its line.
    pub line: u64,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// How the refused rows of a file are kept, so that they can be mended and imported again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RejectForm {
    /// As CSV: the header and each row byte for byte, after columns that say why.
    Csv {
        /// The header line as it stands.
        header: Vec<u8>,
        /// What stands between cells.
        delimiter: u8,
    },
    /// As lines: each row byte for byte, after a line that begins with `#` and says why.
    Lines,
    /// As a GeoJSON feature collection: each feature with a member `rejected`.
    Features,
    /// As a JSON list: each object with a member `rejected`.
    List,
}
