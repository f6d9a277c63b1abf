//! The vault's files on a disk. No other file of this room touches the file system.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::{RecordId, VaultFile, VaultFileError, VaultFiles};

/// A step that was just done on the disk: between any two of them a machine can stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DiskStep {
    /// The new bytes lie beside the file, not yet durable.
    WrittenBeside(VaultFile),
    /// They are durable, still beside it.
    SyncedBeside(VaultFile),
    /// They have the file's name; the name is not yet durable.
    Renamed(VaultFile),
    /// The name is durable.
    Settled(VaultFile),
    /// The file's name is gone, not yet durably.
    Unlinked(VaultFile),
    /// That it is gone is durable.
    Gone(VaultFile),
}

/// Is told of each step, for whoever wants to see what happens when a machine stops there.
pub type Watch = Arc<dyn Fn(DiskStep) + Send + Sync>;

/// Two folders: `LEDGER/vault/` and `LEDGER/keys/` (FORMAT.md §1). They may lie on different media.
#[derive(Clone)]
pub struct DiskFiles {
    vault: PathBuf,
    keys: PathBuf,
    watch: Option<Watch>,
}

impl DiskFiles {
    /// Names the two folders. Nothing is touched; a missing one is made with the first file.
    #[must_use]
    pub fn at(vault: impl Into<PathBuf>, keys: impl Into<PathBuf>) -> Self {
        Self { vault: vault.into(), keys: keys.into(), watch: None }
    }

    /// Tells a watcher of each step.
    #[must_use]
    pub fn watched(self, watch: Watch) -> Self {
        Self { watch: Some(watch), ..self }
    }

    fn did(&self, step: DiskStep) {
        if let Some(watch) = &self.watch {
            watch(step);
        }
    }

    fn folder_of(&self, file: VaultFile) -> PathBuf {
        let folder = match file {
            VaultFile::Key => self.keys.clone(),
            VaultFile::Pending | VaultFile::Annex(_) => self.vault.clone(),
            VaultFile::DataKeys(_) => self.keys.join("vault"),
        };
        file.parts().0.map_or(folder.clone(), |shard| folder.join(shard))
    }

    fn write_whole(&self, file: VaultFile, bytes: &[u8]) -> io::Result<()> {
        let folder = self.folder_of(file);
        make_folder(&folder)?;
        let (_, name) = file.parts();
        let beside = folder.join(beside(&name));
        let mut open = owner_only();
        let mut written = open.write(true).create(true).truncate(true).open(&beside)?;
        written.write_all(bytes)?;
        self.did(DiskStep::WrittenBeside(file));
        written.sync_all()?;
        self.did(DiskStep::SyncedBeside(file));
        fs::rename(&beside, folder.join(&name))?;
        self.did(DiskStep::Renamed(file));
        sync_folder(&folder)?;
        self.did(DiskStep::Settled(file));
        Ok(())
    }

    fn remove_whole(&self, file: VaultFile) -> io::Result<()> {
        let folder = self.folder_of(file);
        let (_, name) = file.parts();
        let removed = [remove_if_there(&folder.join(beside(&name)))?, remove_if_there(&folder.join(&name))?];
        if removed.contains(&true) {
            self.did(DiskStep::Unlinked(file));
            sync_folder(&folder)?;
            self.did(DiskStep::Gone(file));
        }
        Ok(())
    }

    fn list(folder: &Path, end: &str, make: fn(RecordId) -> VaultFile) -> io::Result<Vec<VaultFile>> {
        let mut files = Vec::new();
        for shard in entries(folder)?.into_iter().filter(|(name, path)| name.len() == 2 && path.is_dir()) {
            for (name, _) in entries(&shard.1)? {
                let id = name.strip_suffix(end).and_then(|rest| RecordId::parse(&format!("{}{rest}", shard.0)));
                files.extend(id.map(make));
            }
        }
        Ok(files)
    }
}

impl fmt::Debug for DiskFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiskFiles").field("vault", &self.vault).field("keys", &self.keys).finish_non_exhaustive()
    }
}

impl VaultFiles for DiskFiles {
    fn read(&self, file: VaultFile) -> Result<Option<Vec<u8>>, VaultFileError> {
        match fs::read(self.folder_of(file).join(file.parts().1)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(VaultFileError { doing: "read", file: file.to_string(), source }),
        }
    }

    fn write(&self, file: VaultFile, bytes: &[u8]) -> Result<(), VaultFileError> {
        let failed = |source| VaultFileError { doing: "write", file: file.to_string(), source };
        self.write_whole(file, bytes).map_err(failed)
    }

    fn remove(&self, file: VaultFile) -> Result<(), VaultFileError> {
        let failed = |source| VaultFileError { doing: "remove", file: file.to_string(), source };
        self.remove_whole(file).map_err(failed)
    }

    fn records(&self) -> Result<Vec<VaultFile>, VaultFileError> {
        let failed = |file: &str| {
            let file = file.to_owned();
            move |source| VaultFileError { doing: "list", file, source }
        };
        let mut files = Self::list(&self.vault, ".annex", VaultFile::Annex).map_err(failed("vault"))?;
        let keys = self.keys.join("vault");
        files.extend(Self::list(&keys, ".keys", VaultFile::DataKeys).map_err(failed("keys/vault"))?);
        Ok(files)
    }
}

/// The name under which new bytes wait until they are whole.
fn beside(name: &str) -> String {
    format!(".{name}.new")
}

/// The entries of a folder by name; none where the folder is missing.
fn entries(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let listed = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listed => listed?,
    };
    let mut entries = Vec::new();
    for entry in listed {
        let entry = entry?;
        entries.extend(entry.file_name().into_string().ok().map(|name| (name, entry.path())));
    }
    Ok(entries)
}

fn remove_if_there(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes a folder where it is missing, readable by the owner alone; its entry in the folder above is durable on return.
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder.parent().filter(|above| !above.as_os_str().is_empty()) {
        make_folder(above)?;
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match builder.create(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => sync_folder(above)?,
        }
    }
    Ok(())
}

fn owner_only() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
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
