//! What the log asks of a disk.

use std::fmt;
use std::io;

use super::SegmentName;

/// Keeps segments: append-only files that come and go only as said here.
///
/// Every method says what is durable, that is, still there after a power cut, when it returns without an error.
/// One writer appends, and only while it holds the lock; any number of readers read beside it.
pub trait Storage: fmt::Debug + Send + Sync {
    /// Lists the segments in the order of their first positions. Files of other names are not segments.
    ///
    /// # Errors
    /// [`StorageError`] where the folder cannot be read.
    fn segments(&self) -> Result<Vec<SegmentName>, StorageError>;

    /// Gives a segment's length in bytes, durable or not.
    ///
    /// # Errors
    /// [`StorageError`] where there is no such segment or it cannot be asked.
    fn length(&self, name: SegmentName) -> Result<u64, StorageError>;

    /// Fills `buffer` from a byte offset on, as far as the segment goes, and gives how many bytes it filled.
    ///
    /// # Errors
    /// [`StorageError`] where there is no such segment or it cannot be read.
    fn read(&self, name: SegmentName, offset: u64, buffer: &mut [u8]) -> Result<usize, StorageError>;

    /// Reads a segment from its start, a buffer at a time, and shows each piece until nothing is left or no more is wanted.
    ///
    /// # Errors
    /// [`StorageError`]; some pieces were shown then.
    fn read_pieces(
        &self,
        name: SegmentName,
        buffer: &mut [u8],
        show: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<(), StorageError> {
        let mut offset = 0;
        show_pieces(buffer, show, &mut |buffer| {
            let read = self.read(name, offset, buffer)?;
            offset += read as u64;
            Ok(read)
        })
    }

    /// Creates an empty segment that must not exist. The empty file and its folder entry are durable on return.
    ///
    /// # Errors
    /// [`StorageError`]; the file may or may not be there afterwards.
    fn create(&self, name: SegmentName) -> Result<(), StorageError>;

    /// Writes at the end of a segment. Nothing of it is durable on return.
    ///
    /// # Errors
    /// [`StorageError`]; any part of the bytes may have been written.
    fn append(&self, name: SegmentName, bytes: &[u8]) -> Result<(), StorageError>;

    /// Makes everything appended to a segment durable: one `fdatasync`.
    ///
    /// # Errors
    /// [`StorageError`]; any part of the bytes may be durable, and asking again proves nothing.
    fn sync(&self, name: SegmentName) -> Result<(), StorageError>;

    /// Makes a segment that was found, its bytes and its folder entry, durable before anything is built upon it.
    ///
    /// # Errors
    /// As [`Storage::sync`].
    fn settle(&self, name: SegmentName) -> Result<(), StorageError>;

    /// Moves the bytes from an offset on into a new file beside the segment and shortens the segment.
    ///
    /// The new file is `<segment>.torn`, or `.torn.2`, `.torn.3` … : none is ever overwritten. It is durable before the
    /// segment is shortened; both are durable on return.
    ///
    /// # Errors
    /// [`StorageError`]; the bytes are then in the segment, in the new file, or in both, never in neither.
    fn cut_tail(&self, name: SegmentName, from: u64) -> Result<CutTail, StorageError>;

    /// Shortens a segment to the length it had before an append that came to nothing. Nothing of it is durable on return.
    ///
    /// # Errors
    /// [`StorageError`]; any part of the bytes may still be there.
    fn take_back(&self, name: SegmentName, length: u64) -> Result<(), StorageError>;

    /// Takes the writer's lock. It ends when the value is dropped or the process dies. Readers need none.
    ///
    /// # Errors
    /// [`LockError::Held`] at once, without waiting, where another writer has it.
    fn lock(&self) -> Result<Box<dyn StorageLock>, LockError>;
}

/// The writer's lock; dropping it gives it back.
pub trait StorageLock: fmt::Debug + Send + Sync {}

/// Where a torn tail went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutTail {
    /// The name of the file that now holds it.
    pub kept_in: String,
    /// How many bytes it has.
    pub bytes: u64,
}

/// What was being done when a storage failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StorageStep {
    /// Making or opening the folder.
    Open,
    /// Listing the segments.
    List,
    /// Asking for a length.
    Measure,
    /// Reading bytes.
    Read,
    /// Creating a file.
    Create,
    /// Writing at the end.
    Append,
    /// Making bytes durable.
    Sync,
    /// Making a folder entry durable.
    SyncFolder,
    /// Moving a torn tail aside.
    CutTail,
    /// Taking back an append that came to nothing.
    TakeBack,
    /// Taking the writer's lock.
    Lock,
    /// Putting a whole file in the place of another.
    Replace,
    /// Taking a file away.
    Remove,
}

impl fmt::Display for StorageStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::List => "list",
            Self::Measure => "measure",
            Self::Read => "read",
            Self::Create => "create",
            Self::Append => "append to",
            Self::Sync => "sync",
            Self::SyncFolder => "sync the folder entry of",
            Self::CutTail => "move the torn tail of",
            Self::TakeBack => "take back the end of",
            Self::Lock => "lock",
            Self::Replace => "put in place",
            Self::Remove => "remove",
        })
    }
}

/// Says that a storage could not do something.
#[derive(Debug, thiserror::Error)]
#[error("could not {step} {file}")]
pub struct StorageError {
    /// What was being done.
    pub step: StorageStep,
    /// The file or folder it was done to.
    pub file: String,
    /// The cause.
    pub source: io::Error,
}

/// Says why the writer's lock was not given.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// Another writer holds it.
    #[error("another writer holds the log")]
    Held,
    /// It could not be asked for.
    #[error("the lock cannot be taken")]
    Storage(#[from] StorageError),
}

/// Reads on into a buffer and shows what it holds, until nothing comes or no more is wanted.
pub(super) fn show_pieces(
    buffer: &mut [u8],
    show: &mut dyn FnMut(&[u8]) -> bool,
    read_on: &mut dyn FnMut(&mut [u8]) -> Result<usize, StorageError>,
) -> Result<(), StorageError> {
    loop {
        let read = read_on(buffer)?;
        let piece = buffer.get(..read).unwrap_or_default();
        if piece.is_empty() || !show(piece) {
            return Ok(());
        }
    }
}

/// Gives the name under which the n-th torn tail of a segment is kept, counted from 1.
pub(super) fn torn_name(name: SegmentName, number: u32) -> String {
    if number == 1 { format!("{name}.torn") } else { format!("{name}.torn.{number}") }
}
