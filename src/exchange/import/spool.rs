//! Where checked rows wait until all of them are: a file without a name, gone when the program is.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

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

    /// Lays a line aside; it holds no line end.
    pub(super) fn push(&mut self, line: &str) -> io::Result<()> {
        self.file.write_all(line.as_bytes())?;
        self.file.write_all(b"\n")?;
        self.lines += 1;
        Ok(())
    }

    /// How many lines there are.
    pub(super) const fn lines(&self) -> u64 {
        self.lines
    }

    /// Goes back to the first line.
    pub(super) fn read_back(self) -> io::Result<impl Iterator<Item = io::Result<String>>> {
        let mut file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(BufReader::with_capacity(256 * 1024, file).lines())
    }
}
