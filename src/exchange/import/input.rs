//! A file on its way in: metered, hashed as it lies there, and unpacked where it is gzipped.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::{Arc, Mutex, PoisonError};

use flate2::bufread::MultiGzDecoder;

use super::format::{RowFault, Spot, Unreadable};
use crate::vocab::{Code, Digest32};

/// A file to import: its name for messages, and its bytes.
pub struct Input {
    /// What messages call it.
    pub name: String,
    /// How many bytes it has, where that is known.
    pub bytes: Option<u64>,
    source: Box<dyn Read + Send>,
}

/// A file begun: what a format reads.
pub struct Opened {
    /// The bytes, unpacked.
    pub reader: Box<dyn BufRead + Send>,
    /// Whether they were gzipped.
    pub gzipped: bool,
}

/// What was read of a file so far, as it lies on the disk.
#[derive(Clone)]
pub(crate) struct Meter(Arc<Mutex<Metered>>);

struct Metered {
    source: Box<dyn Read + Send>,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl Input {
    /// Names a file and where its bytes come from.
    #[must_use]
    pub fn new(name: impl Into<String>, bytes: Option<u64>, source: Box<dyn Read + Send>) -> Self {
        Self { name: name.into(), bytes, source }
    }

    /// Begins to read. What begins like a gzip file is unpacked.
    pub(crate) fn open(self) -> Result<(Opened, Meter), Unreadable> {
        let metered = Metered { source: self.source, hasher: blake3::Hasher::new(), bytes: 0 };
        let meter = Meter(Arc::new(Mutex::new(metered)));
        let mut raw = BufReader::with_capacity(64 * 1024, meter.clone());
        let gzipped = raw.fill_buf()?.starts_with(&[0x1f, 0x8b]);
        let reader: Box<dyn BufRead + Send> = if gzipped {
            let unpacked = Gunzip { source: MultiGzDecoder::new(raw), packed: meter.clone(), unpacked: 0 };
            Box::new(BufReader::with_capacity(64 * 1024, unpacked))
        } else {
            Box::new(raw)
        };
        Ok((Opened { reader, gzipped }, meter))
    }
}

/// Marks an error of unpacking, so that it is told from one of reading.
#[derive(Debug, thiserror::Error)]
#[error("the gzip data is damaged: {0}")]
struct BadGzip(io::Error);

/// Says that a small file goes on and on: a row takes its time, however little of the file it came from.
#[derive(Debug, thiserror::Error)]
#[error("the gzip data unpacks to more than {RATIO_MAX} times its size")]
struct TooDense;

/// Beyond this many bytes a file may not unpack to more than so many times its packed size, as a part of a workbook.
const RATIO_FROM_BYTES: u64 = 32 * 1024 * 1024;
const RATIO_MAX: u64 = 250;

struct Gunzip<R> {
    source: MultiGzDecoder<R>,
    packed: Meter,
    unpacked: u64,
}

impl<R: BufRead> Read for Gunzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
                io::Error::new(io::ErrorKind::InvalidData, BadGzip(error))
            }
            _ => error,
        })?;
        self.unpacked += read as u64;
        if self.unpacked > RATIO_FROM_BYTES && self.unpacked / Meter::bytes(&self.packed).max(1) > RATIO_MAX {
            return Err(io::Error::new(io::ErrorKind::InvalidData, TooDense));
        }
        Ok(read)
    }
}

impl Unreadable {
    /// Tells damaged compression and too long rows from a disk that fails; `spot` is where reading had come to.
    pub(crate) fn from_read(error: io::Error, spot: Spot) -> Self {
        match error.get_ref() {
            Some(cause) if cause.is::<BadGzip>() || cause.is::<TooDense>() => {
                Self::Fault(RowFault::new(spot, Code::BadArchive, cause.to_string()))
            }
            Some(cause) if cause.is::<TooLong>() => {
                Self::Fault(RowFault::new(spot, Code::RowTooLong, cause.to_string()))
            }
            _ => Self::Io(error),
        }
    }
}

/// Says that a row went on for too long.
#[derive(Debug, thiserror::Error)]
#[error("the row is longer than {0} bytes")]
pub(crate) struct TooLong(pub(crate) usize);

impl TooLong {
    pub(crate) fn into_io(self) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, self)
    }
}

impl Meter {
    /// How many bytes were read.
    pub(super) fn bytes(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).bytes
    }

    /// Reads what is left, and gives the hash and the length of the whole.
    pub(super) fn finish(mut self) -> io::Result<(Digest32, u64)> {
        io::copy(&mut self, &mut io::sink())?;
        let metered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok((Digest32::new(*metered.hasher.finalize().as_bytes()), metered.bytes))
    }
}

impl Read for Meter {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut metered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let read = metered.source.read(buffer)?;
        metered.hasher.update(buffer.get(..read).unwrap_or_default());
        metered.bytes += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// One row of two bytes, over and over, as a gzip file of so many members of 1 MiB.
    fn flood(members: usize) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&b"a\n".repeat(512 * 1024)).unwrap();
        encoder.finish().unwrap().repeat(members)
    }

    fn unpacked(bytes: Vec<u8>) -> (u64, io::Result<()>) {
        let input = Input::new("flood", None, Box::new(io::Cursor::new(bytes)));
        let Ok((mut opened, _)) = input.open() else { panic!("it cannot be opened") };
        let mut read = 0;
        loop {
            match opened.reader.fill_buf() {
                Ok([]) => return (read, Ok(())),
                Ok(bytes) => {
                    let bytes = bytes.len();
                    read += bytes as u64;
                    opened.reader.consume(bytes);
                }
                Err(error) => return (read, Err(error)),
            }
        }
    }

    #[test]
    fn a_small_file_that_unpacks_into_a_huge_one_is_refused_before_its_rows_are_all_read() {
        let bytes = flood(200);
        assert!(bytes.len() < 300_000, "{}", bytes.len());
        let (read, ended) = unpacked(bytes);
        assert!((RATIO_FROM_BYTES - 64 * 1024..=RATIO_FROM_BYTES + 64 * 1024).contains(&read), "{read}");
        let refused = Unreadable::from_read(ended.unwrap_err(), Spot::line(7));
        let Unreadable::Fault(fault) = refused else { panic!("{refused:?}") };
        assert_eq!((fault.fault.code, fault.spot.line), (Code::BadArchive, 7));
        assert!(fault.fault.what.contains("more than 250 times its size"), "{}", fault.fault.what);
    }

    #[test]
    fn a_file_that_unpacks_to_less_than_32_mib_may_be_as_dense_as_it_likes() {
        let (read, ended) = unpacked(flood(32));
        assert_eq!((read, ended.is_ok()), (RATIO_FROM_BYTES, true));
    }
}
