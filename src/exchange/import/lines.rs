//! Lines of a file, with their numbers, none held longer than it is looked at.

use std::io::{BufRead, Read as _};

use super::format::{Spot, Unreadable};
use super::input::TooLong;

/// The longest line, in bytes.
const LINE_MAX_BYTES: usize = 1024 * 1024;

/// Reads a file line by line.
pub struct Lines<R> {
    reader: R,
    line: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    /// Begins before the first line.
    pub const fn new(reader: R) -> Self {
        Self { reader, line: Vec::new(), number: 0 }
    }

    /// Steps to the next line; `false` at the end of the file.
    ///
    /// # Errors
    /// [`Unreadable`]; a line of more than 1 MiB is among it.
    pub fn step(&mut self) -> Result<bool, Unreadable> {
        self.line.clear();
        let spot = Spot::line(self.number + 1);
        let mut limited = (&mut self.reader).take(LINE_MAX_BYTES as u64 + 1);
        let read = limited.read_until(b'\n', &mut self.line).map_err(|e| Unreadable::from_read(e, spot.clone()))?;
        if read == 0 {
            return Ok(false);
        }
        if self.line.len() > LINE_MAX_BYTES {
            return Err(Unreadable::from_read(TooLong(LINE_MAX_BYTES).into_io(), spot));
        }
        self.number += 1;
        Ok(true)
    }

    /// Gives the line, without its line end (`\n` or `\r\n`).
    #[must_use]
    pub fn line(&self) -> &[u8] {
        let line = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        line.strip_suffix(b"\r").unwrap_or(line)
    }

    /// Gives its number, from 1.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }
}
