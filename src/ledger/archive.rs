//! The reader's handle: no lock, no waiting, any moment of knowledge.

use std::sync::Arc;

use super::fold_anew::fold_anew;
use super::folder::Folder;
use super::published::{PublishedRows, fold_published};
use super::reading::{Progress, ReplayError, Until, fold_log};
use super::stored::{Notice, Standing, StoredRows, look, rebuild, stand_at, stand_to_read};
use super::view::View;
use super::writing::{OpenError, genesis_of};
use crate::event::check_upcasters;
use crate::log::{DiskStorage, LogReader, Storage};
use crate::projection::{Cursor, Fold, GenesisRow, Published, RowError};
use crate::publication::Publication;
use crate::vocab::Instant;

/// A ledger open for reading, beside any writer.
pub struct Archive {
    folder: Folder,
    storage: Arc<dyn Storage>,
    reader: Arc<LogReader>,
    publication: Publication,
}

/// The rows as of some moment of knowledge.
pub struct Replayed {
    fold: Fold,
    cursor: Cursor,
    genesis: GenesisRow,
    reader: Arc<LogReader>,
    notices: Vec<Notice>,
    published: Option<Published>,
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
        let reader = Arc::new(LogReader::new(Arc::clone(&storage)));
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
    pub fn reader(&self) -> &LogReader {
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

    /// Gives the rows at the head, from the stored projections where they are free, else folded from the log. Fresh rows are
    /// not looked at where the settled ones reach to within 500 records of the head: the records are folded sooner.
    ///
    /// # Errors
    /// [`OpenError::Replay`].
    pub fn at_head(&self) -> Result<Replayed, OpenError> {
        self.mended(&mut || stand_to_read(&self.folder, &self.reader))
    }

    /// Gives the rows as of an earlier moment of knowledge. No record after it is used (invariant I2).
    ///
    /// Where the projections have settled into layers, the rows of the last layer that was known then are taken, and the
    /// records after it folded in memory. The answer is that of [`Archive::folded_anew`].
    ///
    /// # Errors
    /// [`OpenError::Replay`]; `ReplayError::Empty` where nothing was known yet.
    pub fn as_known(&self, until: Until, mut progress: Option<Progress<'_>>) -> Result<Replayed, OpenError> {
        self.mended(&mut || {
            let progress: Option<Progress<'_>> = match &mut progress {
                Some(progress) => Some(&mut **progress),
                None => None,
            };
            stand_at(&self.folder, &self.reader, until, progress)
        })
    }

    /// Gives the rows on the publication axis: what sources had published by a moment, from the records known at another,
    /// in whichever order they were recorded. The whole prefix is read twice and folded in memory.
    ///
    /// # Errors
    /// As [`Archive::as_known`].
    pub fn as_published(
        &self,
        until: Until,
        by: Instant,
        progress: Option<Progress<'_>>,
    ) -> Result<Replayed, OpenError> {
        let PublishedRows { fold, cursor, published } = fold_published(self, until, by, progress)?;
        let replayed = self.replayed(Standing { fold, cursor, notices: Vec::new() })?;
        Ok(Replayed { published: Some(published), ..replayed })
    }

    /// Folds the log from record 1, and looks at nothing that is stored beside it. Memory does not grow with the log: see
    /// [`fold_anew`].
    ///
    /// # Errors
    /// As [`Archive::as_known`].
    pub fn folded_anew(&self, until: Until, progress: Option<Progress<'_>>) -> Result<Replayed, OpenError> {
        self.folded(fold_anew(&self.reader, until)?, until, progress)
    }

    /// Does what [`Archive::folded_anew`] does in memory alone, however long the log is: one to three kilobytes for each
    /// record.
    ///
    /// # Errors
    /// As [`Archive::as_known`].
    pub fn folded_in_memory(&self, until: Until, progress: Option<Progress<'_>>) -> Result<Replayed, OpenError> {
        self.folded(Fold::in_memory(), until, progress)
    }

    fn folded(&self, mut fold: Fold, until: Until, progress: Option<Progress<'_>>) -> Result<Replayed, OpenError> {
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

    /// Looks at what is stored of the projections and changes nothing.
    ///
    /// # Errors
    /// [`OpenError::Replay`] where the log cannot be read.
    pub fn stored_rows(&self) -> Result<StoredRows, OpenError> {
        Ok(look(&self.folder, &self.reader)?)
    }

    /// Stands where it is asked to. A layer that turns out to be damaged on the way was removed by that; the second time
    /// the log answers in its place.
    fn mended(&self, stand: &mut dyn FnMut() -> Result<Standing, ReplayError>) -> Result<Replayed, OpenError> {
        let (layer, why) = match stand().map_err(OpenError::from).and_then(|standing| self.replayed(standing)) {
            Err(OpenError::Replay(ReplayError::Rows(RowError::Layer { layer, what }))) => (layer, what),
            stood => return stood,
        };
        let mut replayed = self.replayed(stand()?)?;
        replayed.notices.push(Notice::LayerDiscarded { layer, why });
        Ok(replayed)
    }

    fn replayed(&self, standing: Standing) -> Result<Replayed, OpenError> {
        let genesis = genesis_of(&standing.fold)?;
        Ok(Replayed {
            fold: standing.fold,
            cursor: standing.cursor,
            genesis,
            reader: Arc::clone(&self.reader),
            notices: standing.notices,
            published: None,
        })
    }
}

impl Replayed {
    /// Looks at the ledger as of then.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View::new(&self.fold.tables, &self.cursor, &self.genesis, &self.reader)
            .on_publication_axis(self.published.as_ref())
    }

    /// Gives what the user should know of what happened on the way.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }
}
