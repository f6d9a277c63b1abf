//! The reader's handle: no lock, no waiting, any moment of knowledge.

use std::sync::Arc;

use super::folder::Folder;
use super::reading::{Progress, Until, fold_log};
use super::stored::{Notice, Standing, rebuild, stand_at_head};
use super::view::View;
use super::writing::{OpenError, genesis_of};
use crate::event::check_upcasters;
use crate::log::{DiskStorage, LogReader, Storage};
use crate::projection::{Cursor, Fold, GenesisRow};
use crate::publication::Publication;

/// A ledger open for reading, beside any writer.
pub struct Archive {
    folder: Folder,
    storage: Arc<dyn Storage>,
    reader: LogReader,
    publication: Publication,
}

/// The rows as of some moment of knowledge.
pub struct Replayed {
    fold: Fold,
    cursor: Cursor,
    genesis: GenesisRow,
    reader: LogReader,
    notices: Vec<Notice>,
}

impl Archive {
    /// Opens a ledger for reading. Nothing is written and no lock is taken.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(folder: Folder) -> Result<Self, OpenError> {
        check_upcasters()?;
        folder.settings()?;
        let storage: Arc<dyn Storage> = Arc::new(DiskStorage::open(folder.log())?);
        let reader = LogReader::new(Arc::clone(&storage));
        let publication = folder.publication();
        Ok(Self { folder, storage, reader, publication })
    }

    /// Gives the folder.
    #[must_use]
    pub const fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Gives the reader of the log.
    #[must_use]
    pub const fn reader(&self) -> &LogReader {
        &self.reader
    }

    /// Gives what the ledger publishes: tiles and checkpoint.
    #[must_use]
    pub const fn publication(&self) -> &Publication {
        &self.publication
    }

    /// Gives the log's storage.
    #[must_use]
    pub fn storage(&self) -> &dyn Storage {
        self.storage.as_ref()
    }

    /// Gives the rows at the head, from the stored projections where they are free, else folded from the log.
    ///
    /// # Errors
    /// [`OpenError::Replay`].
    pub fn at_head(&self) -> Result<Replayed, OpenError> {
        self.replayed(stand_at_head(&self.folder, &self.reader, None)?)
    }

    /// Folds the log's prefix in memory: what was known then. It uses no record after it (invariant I2).
    ///
    /// # Errors
    /// [`OpenError::Replay`]; `ReplayError::Empty` where nothing was known yet.
    pub fn as_known(&self, until: Until, progress: Option<Progress<'_>>) -> Result<Replayed, OpenError> {
        let mut fold = Fold::in_memory();
        let cursor = fold_log(&self.reader, None, until, &mut fold, progress)?;
        self.replayed(Standing { fold, cursor, notices: Vec::new() })
    }

    /// Makes the stored projections anew; `fresh` drops what is there, otherwise an interrupted rebuild goes on.
    ///
    /// # Errors
    /// [`OpenError::Replay`].
    pub fn rebuild(&self, fresh: bool, progress: Option<Progress<'_>>) -> Result<Replayed, OpenError> {
        self.replayed(rebuild(&self.folder, &self.reader, fresh, progress)?)
    }

    fn replayed(&self, standing: Standing) -> Result<Replayed, OpenError> {
        let genesis = genesis_of(&standing.fold)?;
        let reader = LogReader::new(Arc::clone(&self.storage));
        Ok(Replayed { fold: standing.fold, cursor: standing.cursor, genesis, reader, notices: standing.notices })
    }
}

impl Replayed {
    /// Looks at the ledger as of then.
    #[must_use]
    pub const fn view(&self) -> View<'_> {
        View::new(&self.fold.tables, &self.cursor, &self.genesis, &self.reader)
    }

    /// Gives what the user should know of what happened on the way.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }
}
