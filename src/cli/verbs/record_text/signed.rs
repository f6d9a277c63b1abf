//! Lines of a list that say who signed their records: found out last, for those alone that are shown.

use rayon::prelude::*;

use super::{Mending, RecordLine, Told};
use crate::ledger::KeyBook;
use crate::log::StoredRecord;
use crate::vocab::ActorId;

/// A line, with its record where that is signed.
pub struct Listed {
    line: RecordLine,
    signed: Option<(StoredRecord, ActorId)>,
}

impl Listed {
    /// Puts a record into a line.
    #[must_use]
    pub fn of(told: &Told, mending: Mending) -> Self {
        let signed = told.stored.signature().map(|_| (told.stored.clone(), told.body.by.clone()));
        Self { line: told.line(mending), signed }
    }

    /// Says who signed it.
    #[must_use]
    pub fn told_by(mut self, book: &KeyBook) -> RecordLine {
        self.line.signature = self.signed.and_then(|(record, by)| book.signature_of(&record, &by));
        self.line
    }

    /// Says of every line who signed its record, on all cores.
    #[must_use]
    pub fn all_told_by(lines: Vec<Self>, book: &KeyBook) -> Vec<RecordLine> {
        lines.into_par_iter().map(|listed| listed.told_by(book)).collect()
    }
}
