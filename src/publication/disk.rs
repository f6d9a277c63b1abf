//! The files of a publication in a ledger's folder. No other file of this room touches the file system.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::files::{Files, PublishedFile};
use crate::log::{StorageError, StorageStep};
use crate::proof::{TileCoordinate, TilePath};

/// The files of a publication below a ledger's folder (FORMAT.md §1).
#[derive(Debug)]
pub struct DiskFiles {
    folder: PathBuf,
}

impl DiskFiles {
    /// Names a ledger's folder; nothing is touched.
    #[must_use]
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Gives the path of a file.
    #[must_use]
    pub fn path_of(&self, file: PublishedFile) -> PathBuf {
        self.folder.join(file.to_string())
    }

    /// Writes all files beside their places, syncs them, and only then renames them: the first sync carries most of the
    /// others along, so that many tiles cost hardly more than one.
    fn put_whole(&self, files: &[(PublishedFile, Vec<u8>)]) -> Result<(), StorageError> {
        let mut folders = BTreeSet::new();
        let mut beside = Vec::with_capacity(files.len());
        for (file, bytes) in files {
            let path = self.path_of(*file);
            let step = |step| failed(step, *file);
            let folder = path.parent().unwrap_or(&self.folder).to_owned();
            make_folder(&folder, &mut folders).map_err(step(StorageStep::Create))?;
            let new = beside_name(&path);
            let written = write_new(&new, bytes, *file).map_err(step(StorageStep::Append))?;
            folders.insert(folder);
            beside.push((*file, written, new, path));
        }
        for (file, written, _, _) in &beside {
            written.sync_all().map_err(failed(StorageStep::Sync, *file))?;
        }
        for (file, _, new, path) in &beside {
            fs::rename(new, path).map_err(failed(StorageStep::Replace, *file))?;
        }
        for folder in folders {
            let shown =
                |source| StorageError { step: StorageStep::SyncFolder, file: folder.display().to_string(), source };
            sync_folder(&folder).map_err(shown)?;
        }
        Ok(())
    }
}

impl Files for DiskFiles {
    fn read(&self, file: PublishedFile) -> Result<Option<Vec<u8>>, StorageError> {
        match fs::read(self.path_of(file)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            read => read.map(Some).map_err(failed(StorageStep::Read, file)),
        }
    }

    fn put(&self, files: &[(PublishedFile, Vec<u8>)]) -> Result<(), StorageError> {
        self.put_whole(files)
    }

    fn partial_widths(&self, tile: TileCoordinate) -> Result<Vec<u16>, StorageError> {
        let file = PublishedFile::Tile(TilePath::Hashes(tile.full()));
        let entries = match fs::read_dir(partial_folder(&self.path_of(file))) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(failed(StorageStep::List, file))?,
        };
        let mut widths = Vec::new();
        for entry in entries {
            let name = entry.map_err(failed(StorageStep::List, file))?.file_name();
            widths.extend(name.to_str().and_then(|name| name.parse::<u16>().ok()));
        }
        Ok(widths)
    }

    fn remove(&self, file: PublishedFile) -> Result<(), StorageError> {
        let path = self.path_of(file);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(StorageStep::Remove, file)(error)),
            _ => {
                // The folder of a tile's partial forms goes with the last of them; one that is not empty stays.
                if let Some(folder) = path.parent().filter(|folder| folder.extension().is_some_and(|end| end == "p")) {
                    let _ = fs::remove_dir(folder);
                }
                Ok(())
            }
        }
    }
}

fn failed(step: StorageStep, file: PublishedFile) -> impl FnOnce(io::Error) -> StorageError {
    move |source| StorageError { step, file: file.to_string(), source }
}

fn partial_folder(full: &Path) -> PathBuf {
    let mut name = full.as_os_str().to_owned();
    name.push(".p");
    name.into()
}

fn beside_name(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.new"))
}

/// Makes a folder and what is missing above it, and notes which folders have a new entry.
fn make_folder(folder: &Path, changed: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder.parent() {
        make_folder(above, changed)?;
        changed.insert(above.to_owned());
    }
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

fn write_new(path: &Path, bytes: &[u8], file: PublishedFile) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    if file == PublishedFile::LastSigned {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    let mut opened = options.open(path)?;
    opened.write_all(bytes)?;
    Ok(opened)
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
