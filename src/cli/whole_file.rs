//! Files written whole or not at all: beside, synced, renamed, folder synced.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Who may read a file that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Its owner alone.
    Owner,
    /// Whoever the system lets.
    Everybody,
}

/// Writes a file that must not be there yet. Durable on return; after an error there is none.
pub fn create(path: &Path, bytes: &[u8], audience: Audience) -> io::Result<()> {
    create_filled(path, audience, |error| error, |file| file.write_all(bytes))
}

/// Writes a file that must not be there yet through a function that may refuse on the way; it may read what it wrote.
/// Durable on return; after an error there is none. `failed` says in the caller's terms what could not be done.
pub fn create_filled<E>(
    path: &Path,
    audience: Audience,
    failed: impl Fn(io::Error) -> E,
    fill: impl FnOnce(&mut fs::File) -> Result<(), E>,
) -> Result<(), E> {
    // The name is taken first, so that nobody else's file is ever replaced.
    open_new(path, audience).map_err(&failed)?;
    fill_beside(path, audience, failed, fill).inspect_err(|_| drop(fs::remove_file(path)))
}

/// Writes a file, in place of the one that may be there. Durable on return; after an error the old one is as it was.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write(path, bytes, Audience::Everybody)
}

fn write(path: &Path, bytes: &[u8], audience: Audience) -> io::Result<()> {
    fill_beside(path, audience, |error| error, |file| file.write_all(bytes))
}

fn fill_beside<E>(
    path: &Path,
    audience: Audience,
    failed: impl Fn(io::Error) -> E,
    fill: impl FnOnce(&mut fs::File) -> Result<(), E>,
) -> Result<(), E> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beside = beside(path).map_err(&failed)?;
    let mut opened = open_new(&beside, audience).map_err(&failed)?;
    fill(&mut opened)
        .and_then(|()| opened.sync_all().map_err(&failed))
        .and_then(|()| fs::rename(&beside, path).map_err(&failed))
        .inspect_err(|_| drop(fs::remove_file(&beside)))?;
    fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(&failed)
}

/// Names a file beside another that no second process writes at the same time.
fn beside(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| io::Error::other("it names no file"))?;
    let mut beside = OsString::from(".");
    beside.push(name);
    beside.push(format!(".{}.new", std::process::id()));
    Ok(path.with_file_name(beside))
}

fn open_new(path: &Path, audience: Audience) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    if audience == Audience::Owner {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_there_is_not_touched_by_create_and_is_replaced_whole_by_replace() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        create(&path, b"one", Audience::Owner).unwrap();
        assert_eq!(create(&path, b"two", Audience::Owner).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"one");
        replace(&path, b"three").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"three");
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["a"], "nothing is left beside it");
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_is_readable_by_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        create(&path, b"s", Audience::Owner).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
