//! The files on disk. No other file of this room touches the file system.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::proof::FileDigests;
use crate::vocab::Digest32;

/// What a file on its way in is called, with a number behind.
const INCOMING: &str = ".incoming-";

/// The folder `LEDGER/evidence/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceStore {
    folder: PathBuf,
}

/// What taking a file in came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Intake {
    /// The bytes were not here before.
    New,
    /// The same bytes were here, whole: nothing was written.
    AlreadyKept,
    /// Other bytes lay under this hash. They were moved aside, never deleted, and these took their place.
    Restored,
}

/// What lies under a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum EvidenceState {
    /// The bytes are what the hashes say.
    Present,
    /// Other bytes lie there.
    Altered(FileDigests),
    /// Something lies there that is no file: a folder, a link, a device. It was not opened.
    NotAFile,
    /// Nothing lies there.
    Missing,
}

/// What was being done when the store failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreStep {
    /// Reading the file that is to be taken in.
    ReadSource,
    /// Making a folder.
    MakeFolder,
    /// Writing the copy.
    Write,
    /// Making it durable.
    Sync,
    /// Moving it to its name.
    Place,
    /// Reading kept bytes.
    Read,
}

impl std::fmt::Display for StoreStep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::ReadSource => "read",
            Self::MakeFolder => "make",
            Self::Write => "write",
            Self::Sync => "sync",
            Self::Place => "put in place",
            Self::Read => "read the evidence file",
        })
    }
}

/// Says that the store could not do something. Nothing was acknowledged.
#[derive(Debug, thiserror::Error)]
#[error("could not {step} {}", path.display())]
pub struct EvidenceStoreError {
    /// What was being done.
    pub step: StoreStep,
    /// To what.
    pub path: PathBuf,
    /// The cause.
    pub source: io::Error,
}

impl EvidenceStore {
    /// Names the folder; nothing is touched.
    #[must_use]
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Gives where the bytes of a hash lie, or would lie. The path holds nothing but the hash's digits.
    #[must_use]
    pub fn path_of(&self, blake3: &Digest32) -> PathBuf {
        let name = blake3.to_string();
        self.folder.join(name.get(..2).unwrap_or_default()).join(name)
    }

    /// Tells whether there is a folder of evidence at all: a copy of the log alone has none.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.folder.is_dir()
    }

    /// Copies everything a reader gives into the folder, hashed on the way and read back, durable, under no hash yet:
    /// [`Received::place`] gives it its name. Dropped before that, it is gone, as if it had never come.
    ///
    /// `name` is for messages alone and `progress` is told how many bytes were read so far.
    ///
    /// # Errors
    /// [`EvidenceStoreError`]; nothing is left then.
    pub fn receive(
        &self,
        source: &mut dyn Read,
        name: &Path,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Received, EvidenceStoreError> {
        fs::create_dir_all(&self.folder).map_err(failed(StoreStep::MakeFolder, &self.folder))?;
        sync_folder(parent_of(&self.folder))?;
        let incoming = Incoming::begin(&self.folder)?;
        let digests = incoming.fill(source, name, progress)?;
        Ok(Received { store: self.clone(), incoming, digests })
    }

    /// Reads the bytes under a hash again and compares both hashes and the length.
    ///
    /// # Errors
    /// [`EvidenceStoreError`] where they cannot be read: then it cannot be told.
    pub fn state(&self, known: &FileDigests) -> Result<EvidenceState, EvidenceStoreError> {
        let path = self.path_of(&known.blake3);
        let Some(mut file) = open_plain(&path)? else {
            let there = fs::symlink_metadata(&path).is_ok();
            return Ok(if there { EvidenceState::NotAFile } else { EvidenceState::Missing });
        };
        let found = FileDigests::of_reader(&mut file, |_| Ok(())).map_err(failed(StoreStep::Read, &path))?;
        Ok(if found == *known { EvidenceState::Present } else { EvidenceState::Altered(found) })
    }

    /// Gives the length of what lies under a hash without reading it; nothing where no file lies there.
    ///
    /// # Errors
    /// [`EvidenceStoreError`].
    pub fn length(&self, blake3: &Digest32) -> Result<Option<u64>, EvidenceStoreError> {
        let path = self.path_of(blake3);
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_file() => Ok(Some(metadata.len())),
            Ok(_) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(StoreStep::Read, &path)(error)),
        }
    }

    /// Opens the bytes under a hash for reading. They are not checked: see [`EvidenceStore::state`].
    ///
    /// # Errors
    /// [`EvidenceStoreError`]; nothing where no file lies there.
    pub fn open(&self, blake3: &Digest32) -> Result<Option<File>, EvidenceStoreError> {
        open_plain(&self.path_of(blake3))
    }

    /// Copies the bytes of known digests to a writer and compares on the way.
    ///
    /// # Errors
    /// [`EvidenceStoreError`]. On any answer but [`EvidenceState::Present`] what was written is not the evidence.
    pub fn copy(&self, known: &FileDigests, to: &mut dyn Write) -> Result<EvidenceState, EvidenceStoreError> {
        let path = self.path_of(&known.blake3);
        let Some(mut file) = open_plain(&path)? else { return self.state(known) };
        let copied =
            FileDigests::of_reader(&mut file, |block| to.write_all(block)).map_err(failed(StoreStep::Write, &path))?;
        Ok(if copied == *known { EvidenceState::Present } else { EvidenceState::Altered(copied) })
    }
}

/// Bytes that were copied in and have no name yet.
#[derive(Debug)]
#[must_use]
pub struct Received {
    store: EvidenceStore,
    incoming: Incoming,
    digests: FileDigests,
}

impl Received {
    /// Gives what was read.
    #[must_use]
    pub const fn digests(&self) -> FileDigests {
        self.digests
    }

    /// Puts the bytes under their hash. They, their name and every new folder are durable on return, for reading only.
    ///
    /// # Errors
    /// [`EvidenceStoreError`].
    pub fn place(self) -> Result<Intake, EvidenceStoreError> {
        let Self { store, incoming, digests } = self;
        let target = store.path_of(&digests.blake3);
        let parent = parent_of(&target);
        fs::create_dir_all(parent).map_err(failed(StoreStep::MakeFolder, parent))?;
        sync_folder(&store.folder)?;
        let intake = match store.state(&digests)? {
            EvidenceState::Present => return Ok(Intake::AlreadyKept),
            EvidenceState::Missing => Intake::New,
            EvidenceState::Altered(_) | EvidenceState::NotAFile => {
                move_aside(&target)?;
                Intake::Restored
            }
        };
        incoming.place(&target)?;
        sync_folder(parent)?;
        Ok(intake)
    }
}

/// A file on its way in. Dropped before it is placed, it is removed.
#[derive(Debug)]
struct Incoming {
    path: PathBuf,
    file: File,
    placed: bool,
}

impl Incoming {
    /// Makes a new file and locks it. Files that nobody holds are left from a crash and go first.
    fn begin(folder: &Path) -> Result<Self, EvidenceStoreError> {
        remove_abandoned(folder)?;
        for number in 1_u32.. {
            let path = folder.join(format!("{INCOMING}{number}"));
            match OpenOptions::new().write(true).read(true).create_new(true).open(&path) {
                Ok(file) => {
                    file.lock().map_err(failed(StoreStep::Write, &path))?;
                    return Ok(Self { path, file, placed: false });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(StoreStep::Write, &path)(error)),
            }
        }
        Err(failed(StoreStep::Write, folder)(io::Error::from(io::ErrorKind::AlreadyExists)))
    }

    fn fill(
        &self,
        source: &mut dyn Read,
        name: &Path,
        progress: &mut dyn FnMut(u64),
    ) -> Result<FileDigests, EvidenceStoreError> {
        let (mut written, mut write_error) = (0, None);
        let read = FileDigests::of_reader(source, |block| {
            written += block.len() as u64;
            progress(written);
            (&self.file).write_all(block).map_err(|error| {
                let kind = error.kind();
                write_error = Some(error);
                io::Error::from(kind)
            })
        });
        if let Some(error) = write_error {
            return Err(failed(StoreStep::Write, &self.path)(error));
        }
        let digests = read.map_err(failed(StoreStep::ReadSource, name))?;
        self.verify(&digests)?;
        set_read_only(&self.file).map_err(failed(StoreStep::Write, &self.path))?;
        self.file.sync_all().map_err(failed(StoreStep::Sync, &self.path))?;
        Ok(digests)
    }

    /// Reads the copy back: a disk that keeps other bytes than it was given is noticed here, not in court.
    fn verify(&self, digests: &FileDigests) -> Result<(), EvidenceStoreError> {
        let refused = failed(StoreStep::Write, &self.path);
        let mut file = &self.file;
        file.seek(SeekFrom::Start(0)).map_err(failed(StoreStep::Read, &self.path))?;
        let copy = FileDigests::of_reader(&mut file, |_| Ok(())).map_err(failed(StoreStep::Read, &self.path))?;
        if copy == *digests { Ok(()) } else { Err(refused(io::Error::other("the copy differs from what was read"))) }
    }

    fn place(mut self, target: &Path) -> Result<(), EvidenceStoreError> {
        fs::rename(&self.path, target).map_err(failed(StoreStep::Place, target))?;
        self.placed = true;
        Ok(())
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if !self.placed {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn remove_abandoned(folder: &Path) -> Result<(), EvidenceStoreError> {
    let entries = fs::read_dir(folder).map_err(failed(StoreStep::Read, folder))?;
    for entry in entries.flatten() {
        let path = entry.path();
        let ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(INCOMING));
        if !ours {
            continue;
        }
        let Ok(file) = File::open(&path) else { continue };
        match file.try_lock() {
            Ok(()) => fs::remove_file(&path).map_err(failed(StoreStep::Write, &path))?,
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(failed(StoreStep::Read, &path)(error)),
        }
    }
    Ok(())
}

/// Moves what lies under a hash and is not its bytes beside it. Nothing is overwritten.
fn move_aside(target: &Path) -> Result<(), EvidenceStoreError> {
    let name = target.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    for number in 1_u32.. {
        let aside = target.with_file_name(format!("{name}.altered-{number}"));
        if fs::symlink_metadata(&aside).is_err() {
            return fs::rename(target, &aside).map_err(failed(StoreStep::Place, target));
        }
    }
    Ok(())
}

/// Opens a plain file; nothing where there is none, or something that is no file.
fn open_plain(path: &Path) -> Result<Option<File>, EvidenceStoreError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => File::open(path).map(Some).map_err(failed(StoreStep::Read, path)),
        Ok(_) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(StoreStep::Read, path)(error)),
    }
}

fn set_read_only(file: &File) -> io::Result<()> {
    let mut permissions = file.metadata()?.permissions();
    #[cfg(unix)]
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o444);
    #[cfg(not(unix))]
    permissions.set_readonly(true);
    file.set_permissions(permissions)
}

fn parent_of(path: &Path) -> &Path {
    path.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn sync_folder(folder: &Path) -> Result<(), EvidenceStoreError> {
    // Elsewhere a folder cannot be opened as a file; its entries are durable with the file.
    if cfg!(unix) {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed(StoreStep::Sync, folder))?;
    }
    Ok(())
}

fn failed(step: StoreStep, path: &Path) -> impl FnOnce(io::Error) -> EvidenceStoreError + use<> {
    let path = path.to_owned();
    move |source| EvidenceStoreError { step, path, source }
}
