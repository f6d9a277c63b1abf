//! The ledger's folder of layers: derived files, each written whole beside its place and then put there.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;

use crate::projection::layers::{LayerFile, LayerFiles, LayerName, LayerSink};

/// What is written goes to the disk in pieces of about this size.
const BUFFER_BYTES: usize = 256 * 1024;

/// Layers as files in one folder, which comes into being with the first of them.
#[derive(Debug)]
pub(super) struct LayerFolder {
    path: PathBuf,
    /// Removes the folder when the layers are let go. Nothing in it need outlive a power cut.
    vanishing: Option<TempDir>,
}

impl LayerFolder {
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path, vanishing: None }
    }

    /// Layers in a folder that goes when they do.
    pub(super) fn vanishing(folder: TempDir) -> Self {
        Self { path: folder.path().to_owned(), vanishing: Some(folder) }
    }
}

impl LayerFiles for LayerFolder {
    fn list(&self) -> io::Result<Vec<LayerName>> {
        let entries = match fs::read_dir(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut names = Vec::new();
        for entry in entries {
            names.extend(entry?.file_name().to_str().and_then(|text| text.parse::<LayerName>().ok()));
        }
        Ok(names)
    }

    fn open(&self, name: LayerName) -> io::Result<Box<dyn LayerFile>> {
        let file = File::open(self.path.join(name.to_string()))?;
        Ok(Box::new(OpenLayer { file: Mutex::new(file) }))
    }

    fn create(&self, name: LayerName) -> io::Result<Box<dyn LayerSink>> {
        fs::create_dir_all(&self.path)?;
        let beside = self.path.join(format!("{name}.new"));
        let file = io::BufWriter::with_capacity(BUFFER_BYTES, File::create(&beside)?);
        let (place, durable) = (self.path.join(name.to_string()), self.vanishing.is_none());
        Ok(Box::new(NewLayer { file, beside, place, durable }))
    }

    fn remove(&self, name: LayerName) -> io::Result<()> {
        match fs::remove_file(self.path.join(name.to_string())) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

struct OpenLayer {
    /// Behind a lock because a read is two steps: go there, read.
    file: Mutex<File>,
}

impl LayerFile for OpenLayer {
    fn length(&self) -> io::Result<u64> {
        Ok(self.file.lock().unwrap_or_else(PoisonError::into_inner).metadata()?.len())
    }

    fn read(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(buffer)
    }
}

struct NewLayer {
    file: io::BufWriter<File>,
    beside: PathBuf,
    place: PathBuf,
    durable: bool,
}

impl LayerSink for NewLayer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.file.flush()?;
        if !self.durable {
            return fs::rename(&self.beside, &self.place);
        }
        self.file.get_ref().sync_all()?;
        fs::rename(&self.beside, &self.place)?;
        self.place.parent().map_or(Ok(()), sync_folder)
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
