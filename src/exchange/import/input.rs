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
            Box::new(BufReader::with_capacity(64 * 1024, Gunzip(MultiGzDecoder::new(raw))))
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

struct Gunzip<R>(MultiGzDecoder<R>);

impl<R: BufRead> Read for Gunzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
                io::Error::new(io::ErrorKind::InvalidData, BadGzip(error))
            }
            _ => error,
        })
    }
}

impl Unreadable {
    /// Tells damaged compression and too long rows from a disk that fails; `spot` is where reading had come to.
    pub(crate) fn from_read(error: io::Error, spot: Spot) -> Self {
        match error.get_ref() {
            Some(cause) if cause.is::<BadGzip>() => {
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
