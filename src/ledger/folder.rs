//! The ledger's folder (FORMAT.md §1): where things lie, and `ledger.toml`.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::layer_folder::LayerFolder;
use crate::log::DEFAULT_SEGMENT_BYTES;
use crate::projection::layers::{LayerFiles, LayerPlan};
use crate::publication::{DiskFiles, Publication};
use crate::rules::signing::SignaturePolicy;
use crate::vault::{DiskFiles as VaultDisk, Vault};
use crate::vocab::Label;

/// The settings file's name; a folder that holds it is a ledger.
pub const SETTINGS_FILE: &str = "ledger.toml";

/// Projections that could not be used lie under this name; earlier releases put a number behind it.
const ASIDE: &str = "projections.aside";

/// `ledger.toml`: settings that change no answer, and no secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The ledger's name in the world; record 1 says the same.
    pub origin: String,
    /// The version of the format of FORMAT.md.
    pub format: u32,
    /// A new segment starts once the last is longer than this many bytes.
    #[serde(default = "default_segment_bytes")]
    pub segment_bytes: u64,
    /// The projections settle into a layer every so many records.
    #[serde(default = "default_layer_records")]
    pub layer_records: u64,
    /// What must be signed. It decides what is let in.
    #[serde(default, skip_serializing_if = "is_default")]
    pub signatures: SignaturePolicy,
}

fn is_default(policy: &SignaturePolicy) -> bool {
    *policy == SignaturePolicy::default()
}

const fn default_layer_records() -> u64 {
    LayerPlan::STANDARD.records
}

impl Settings {
    /// Gives how the layers of the projections are laid out.
    #[must_use]
    pub const fn layer_plan(&self) -> LayerPlan {
        LayerPlan { records: self.layer_records, ..LayerPlan::STANDARD }
    }
}

const fn default_segment_bytes() -> u64 {
    DEFAULT_SEGMENT_BYTES
}

/// Says why `ledger.toml` could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// There is none: this is no ledger.
    #[error("no {SETTINGS_FILE} in {}", folder.display())]
    Missing {
        /// The folder.
        folder: PathBuf,
    },
    /// It cannot be read.
    #[error("{} could not be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The ledger's name in it is none.
    #[error("`{origin}` cannot name a ledger")]
    Origin {
        /// What stands there.
        origin: String,
    },
    /// It is not what it should be.
    #[error("{} is not a settings file", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: Box<toml::de::Error>,
    },
}

/// The folder of one ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Names a folder; nothing is touched.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Finds the nearest ledger at or above a folder, as git does.
    #[must_use]
    pub fn nearest(start: &Path) -> Option<Self> {
        start.ancestors().find(|path| path.join(SETTINGS_FILE).is_file()).map(Self::at)
    }

    /// Gives the folder's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives where the segments lie.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.path.join("log")
    }

    /// Gives where the fresh rows of the projections lie.
    #[must_use]
    pub fn projections(&self) -> PathBuf {
        self.path.join("projections")
    }

    /// Gives where evidence files lie.
    #[must_use]
    pub fn evidence(&self) -> PathBuf {
        self.path.join("evidence")
    }

    /// Gives where the settled rows of the projections lie.
    #[must_use]
    pub fn layers(&self) -> PathBuf {
        self.path.join("layers")
    }

    pub(super) fn layer_files(&self) -> Arc<dyn LayerFiles> {
        Arc::new(LayerFolder::at(self.layers()))
    }

    /// Gives where the keys lie.
    #[must_use]
    pub fn keys(&self) -> PathBuf {
        self.path.join("keys")
    }

    /// Gives what the ledger publishes; nothing is touched.
    #[must_use]
    pub fn publication(&self) -> Publication {
        Publication::on(Arc::new(DiskFiles::at(&self.path)))
    }

    /// Gives the vault of the ledger that the settings name. Nothing in it is read.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub fn vault(&self) -> Result<Vault, SettingsError> {
        let origin = self.settings()?.origin;
        let origin = Label::new(&origin).map_err(|_| SettingsError::Origin { origin })?;
        Ok(self.vault_of(origin))
    }

    /// Gives the vault of a ledger of this name.
    pub(super) fn vault_of(&self, origin: Label) -> Vault {
        Vault::on_disk(origin, VaultDisk::at(self.path.join("vault"), self.keys()))
    }

    /// Tells whether the folder holds a ledger.
    #[must_use]
    pub fn holds_ledger(&self) -> bool {
        self.path.join(SETTINGS_FILE).is_file()
    }

    /// Reads `ledger.toml`.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub fn settings(&self) -> Result<Settings, SettingsError> {
        let path = self.path.join(SETTINGS_FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(SettingsError::Missing { folder: self.path.clone() });
            }
            Err(source) => return Err(SettingsError::Unreadable { path, source }),
        };
        toml::from_str(&text).map_err(|source| SettingsError::Malformed { path, source: Box::new(source) })
    }

    /// Makes the folder, where it is missing. Refuses one that holds anything. Its entry is durable on return.
    pub(super) fn make(&self) -> io::Result<()> {
        let missing = self.path.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists()).count();
        fs::create_dir_all(&self.path)?;
        if fs::read_dir(&self.path)?.next().is_some() {
            return Err(io::Error::new(io::ErrorKind::DirectoryNotEmpty, "the folder is not empty"));
        }
        self.path.ancestors().skip(1).take(missing).try_for_each(sync_folder)
    }

    /// Writes `ledger.toml` last of all: a folder without it is no ledger. Durable on return.
    pub(super) fn write_settings(&self, settings: &Settings) -> io::Result<()> {
        let text = toml::to_string(settings).map_err(io::Error::other)?;
        let about = "# Settings of a ceasefire ledger. They change no answer; the log is the truth.\n";
        self.write_whole(SETTINGS_FILE, format!("{about}{text}").as_bytes())
    }

    /// Reads a secret; nothing where there is none.
    pub(super) fn read_secret(&self, name: &str) -> io::Result<Option<Zeroizing<String>>> {
        match fs::read_to_string(self.keys().join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            read => read.map(Zeroizing::new).map(Some),
        }
    }

    /// Writes a secret that only the owner may read.
    pub(super) fn write_secret(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        fs::create_dir_all(self.keys())?;
        let path = self.keys().join(name);
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        sync_folder(&self.keys())
    }

    /// Writes a file whole or not at all: beside, synced, renamed, folder synced.
    pub(super) fn write_whole(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let beside = self.path.join(format!(".{name}.new"));
        let mut file = fs::File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, self.path.join(name))?;
        sync_folder(&self.path)
    }

    /// Moves the projections aside, beside themselves. Gives the new name. Those that were set aside before are removed
    /// first, so that there is one such set at most: on a full disk each opening may set rows aside.
    pub(super) fn set_projections_aside(&self) -> io::Result<Option<PathBuf>> {
        let path = self.projections();
        if !path.exists() {
            return Ok(None);
        }
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(ASIDE) {
                remove_any(&entry.path())?;
            }
        }
        let aside = self.path.join(ASIDE);
        fs::rename(&path, &aside)?;
        Ok(Some(aside))
    }

    /// Removes the projections; they are made anew from the log.
    pub(super) fn remove_projections(&self) -> io::Result<()> {
        for folder in [self.projections(), self.layers()] {
            match fs::remove_dir_all(folder) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Removes a file, or a folder with everything in it; what is gone already is removed.
fn remove_any(path: &Path) -> io::Result<()> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes a folder's entries durable.
fn sync_folder(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    fs::File::open(folder)?.sync_all()
}
