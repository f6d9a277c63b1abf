//! Notes on disk, one file for each tree size. No other file of this room touches the file system.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::proof::{NOTE_LENGTH_MAX, Note, NoteError};

/// A folder of signed checkpoint notes, each under its size: twenty digits, so that the order of names is that of sizes.
///
/// A file is written whole or not at all: beside, synced, renamed, folder synced.
#[derive(Debug, Clone)]
pub struct Shelf {
    folder: PathBuf,
}

impl Shelf {
    /// Names a folder; it is made when something is first put into it.
    #[must_use]
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Lists the sizes of which there is a note, smallest first. Files of other names are left alone.
    ///
    /// # Errors
    /// [`ShelfError`] where the folder is there and cannot be read.
    pub fn sizes(&self) -> Result<Vec<u64>, ShelfError> {
        let mut sizes = Vec::new();
        for name in names(&self.folder).map_err(failed("list", &self.folder))? {
            sizes.extend(size_of(&name));
        }
        sizes.sort_unstable();
        Ok(sizes)
    }

    /// Reads the note of a size, if there is one.
    ///
    /// # Errors
    /// [`ShelfError`] where the file is there and cannot be read, or is no note.
    pub fn note(&self, size: u64) -> Result<Option<Note>, ShelfError> {
        let path = self.path_of(size);
        let Some(bytes) = read_bounded(&path).map_err(failed("read", &path))? else { return Ok(None) };
        Note::parse(&bytes).map(Some).map_err(|cause| ShelfError::Damaged { path, cause })
    }

    /// Puts a note in place of any earlier one of its size. It is durable on return.
    ///
    /// # Errors
    /// [`ShelfError`]; the earlier note, if any, is then still there or the new one is, whole.
    pub fn put(&self, size: u64, note: &Note) -> Result<(), ShelfError> {
        write_whole(&self.path_of(size), note.to_string().as_bytes())
    }

    fn path_of(&self, size: u64) -> PathBuf {
        self.folder.join(format!("{size:020}"))
    }
}

/// Says that a folder of notes could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShelfError {
    /// The file system failed.
    #[error("could not {doing} {}", path.display())]
    File {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A file is not the note it should be.
    #[error("{} is no note", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        cause: NoteError,
    },
    /// Another program uses the folder.
    #[error("another program uses {}", folder.display())]
    Held {
        /// The folder.
        folder: PathBuf,
    },
}

/// Holds a folder for one process; the system takes the lock back even from a killed one.
#[derive(Debug)]
pub(super) struct FolderLock {
    _file: File,
}

/// Makes a folder where it is missing, durably, and takes its lock.
pub(super) fn hold(folder: &Path) -> Result<FolderLock, ShelfError> {
    make(folder).map_err(failed("make", folder))?;
    let path = folder.join("lock");
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
    let file = file.map_err(failed("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(FolderLock { _file: file }),
        Err(TryLockError::WouldBlock) => Err(ShelfError::Held { folder: folder.to_owned() }),
        Err(TryLockError::Error(source)) => Err(failed("lock", &path)(source)),
    }
}

/// Writes a file whole or not at all. It and its entry in the folder are durable on return.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), ShelfError> {
    let write = || {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a file has a name and a folder"));
        };
        make(folder)?;
        let beside = folder.join(format!(".{name}.new"));
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        sync_folder(folder)
    };
    write().map_err(failed("write", path))
}

/// Gives the names in a folder; none where there is no folder.
pub(super) fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry?.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

/// Reads a file that is no longer than a note may be; `None` where there is none.
pub(super) fn read_bounded(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut bytes = Vec::new();
    file.take(NOTE_LENGTH_MAX as u64 + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

pub(super) fn failed<'p>(doing: &'static str, path: &'p Path) -> impl FnOnce(io::Error) -> ShelfError + 'p {
    move |source| ShelfError::File { doing, path: path.to_owned(), source }
}

/// A note's file is named by twenty digits and nothing else.
fn size_of(name: &str) -> Option<u64> {
    (name.len() == 20 && name.bytes().all(|byte| byte.is_ascii_digit())).then(|| name.parse().ok())?
}

/// Makes a folder and those above it where they are missing; each new entry is durable on return.
fn make(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make(above)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => sync_folder(above),
    }
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Elsewhere a folder cannot be opened as a file; its entries are the file system's own affair.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
