//! Where checked rows wait until all of them are: a file without a name, gone when the program is.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use crate::ledger::Rehearsed;

/// A file of lines: written once, then read once.
pub(super) struct Spool {
    file: BufWriter<File>,
    lines: u64,
}

impl Spool {
    /// Begins in a folder: the ledger's own, so that there is room where room will be needed anyway.
    pub(super) fn begin(folder: &Path) -> io::Result<Self> {
        Ok(Self { file: BufWriter::with_capacity(256 * 1024, tempfile::tempfile_in(folder)?), lines: 0 })
    }

    /// Lays a body aside; it holds no line end. Its signature stands before it, or a hyphen.
    pub(super) fn push(&mut self, rehearsed: &Rehearsed) -> io::Result<()> {
        self.file.write_all(rehearsed.signature.as_deref().unwrap_or("-").as_bytes())?;
        self.file.write_all(b" ")?;
        self.file.write_all(rehearsed.text.as_bytes())?;
        self.file.write_all(b"\n")?;
        self.lines += 1;
        Ok(())
    }

    /// How many lines there are.
    pub(super) const fn lines(&self) -> u64 {
        self.lines
    }

    /// Goes back to the first line.
    pub(super) fn read_back(self) -> io::Result<impl Iterator<Item = io::Result<Rehearsed>>> {
        let mut file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(BufReader::with_capacity(256 * 1024, file).lines().map(|line| rehearsed(&line?)))
    }
}

fn rehearsed(line: &str) -> io::Result<Rehearsed> {
    let (signature, text) = line.split_once(' ').ok_or(io::ErrorKind::InvalidData)?;
    let signature = Some(signature).filter(|signature| *signature != "-").map(ToOwned::to_owned);
    Ok(Rehearsed { text: text.to_owned(), signature })
}
