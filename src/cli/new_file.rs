//! A file that the user named for an answer: it appears whole or not at all, and nothing is overwritten.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::complaint::{Complaint, Place};
use super::outcome::Outcome;
use super::whole_file::{Audience, create_filled};
use crate::vocab::Code;

/// Refuses a name that is taken.
///
/// # Errors
/// `CF0684`.
pub fn expect_free(path: &Path) -> Result<(), Complaint> {
    if fs::symlink_metadata(path).is_ok() { Err(taken(path)) } else { Ok(()) }
}

/// Writes a file that must not be there. `write` may refuse on the way; then nothing is left.
///
/// # Errors
/// `CF0684` where the name is taken, `CF0504` where writing fails, or what `write` says.
pub fn write_new(
    path: &Path,
    write: impl FnOnce(&mut File, &dyn Fn(&io::Error) -> Complaint) -> Result<(), Complaint>,
) -> Result<(), Complaint> {
    let failed = |error: &io::Error| {
        if error.kind() == io::ErrorKind::AlreadyExists {
            return taken(path);
        }
        let what = format!("could not write {}: {error}", path.display());
        Complaint::new(Outcome::Io, Code::StorageFailed, what)
    };
    create_filled(path, Audience::Everybody, |error| failed(&error), |file| write(file, &failed))
}

fn taken(path: &Path) -> Complaint {
    let place = Place { file: Some(path.display().to_string()), ..Place::default() };
    Complaint::new(Outcome::Rejected, Code::FileExists, "there is a file of this name already").at(place)
}
