//! Blocks: entries in order of key, each key written as what it shares with the one before and what is its own.

/// How long a block grows before it is closed, in bytes before compression.
pub(super) const BLOCK_BYTES: usize = 16 * 1024;
/// A block longer than this is no block of ours.
const MOST_BYTES: u32 = 64 * 1024 * 1024;

/// A block being written.
#[derive(Debug, Default)]
pub(super) struct BlockBuilder {
    bytes: Vec<u8>,
    first_key: Vec<u8>,
    last_key: Vec<u8>,
}

impl BlockBuilder {
    /// Adds an entry, not before the last one.
    pub(super) fn push(&mut self, key: &[u8], version: u64, value: Option<&[u8]>) {
        if self.bytes.is_empty() {
            self.first_key = key.to_vec();
            self.last_key.clear();
        }
        let shared = key.iter().zip(&self.last_key).take_while(|(a, b)| a == b).count();
        let own = key.get(shared..).unwrap_or_default();
        write_number(&mut self.bytes, shared as u64);
        write_number(&mut self.bytes, own.len() as u64);
        self.bytes.extend_from_slice(own);
        write_number(&mut self.bytes, version);
        write_number(&mut self.bytes, value.map_or(0, |value| value.len() as u64 + 1));
        self.bytes.extend_from_slice(value.unwrap_or_default());
        self.last_key.truncate(shared);
        self.last_key.extend_from_slice(own);
    }

    /// Tells how long it is by now.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Tells whether it has no entry.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Gives the block compressed, with its first key, and starts the next one.
    pub(super) fn finish(&mut self) -> (Vec<u8>, Vec<u8>) {
        let bytes = std::mem::take(&mut self.bytes);
        (std::mem::take(&mut self.first_key), lz4_flex::compress_prepend_size(&bytes))
    }
}

/// A block as it is read.
#[derive(Debug)]
pub(super) struct Block {
    bytes: Vec<u8>,
}

/// Says that a block is not one, though its hash is right: it was written by something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

impl Block {
    pub(super) fn read(compressed: &[u8]) -> Result<Self, Malformed> {
        let size = compressed.first_chunk::<4>().map(|size| u32::from_le_bytes(*size));
        if size.is_none_or(|size| size > MOST_BYTES) {
            return Err(Malformed);
        }
        let bytes = lz4_flex::decompress_size_prepended(compressed).map_err(|_| Malformed)?;
        Ok(Self { bytes })
    }

    /// Tells how much memory it takes, in bytes.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }
}

/// A place in a block: before the first entry, or at one.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    next: usize,
    key: Vec<u8>,
    version: u64,
    value: Option<(usize, usize)>,
}

impl Place {
    /// Goes to the next entry; `false` where there is none.
    pub(super) fn step(&mut self, block: &Block) -> Result<bool, Malformed> {
        let mut rest = block.bytes.get(self.next..).ok_or(Malformed)?;
        if rest.is_empty() {
            return Ok(false);
        }
        let (shared, own) = (read_length(&mut rest)?, read_length(&mut rest)?);
        let (own, after) = rest.split_at_checked(own).ok_or(Malformed)?;
        rest = after;
        if shared > self.key.len() {
            return Err(Malformed);
        }
        self.key.truncate(shared);
        self.key.extend_from_slice(own);
        self.version = read_number(&mut rest)?;
        let length = read_length(&mut rest)?;
        let start = block.bytes.len() - rest.len();
        self.value = length.checked_sub(1).map(|length| (start, start + length));
        self.next = start + length.saturating_sub(1);
        if self.next > block.bytes.len() { Err(Malformed) } else { Ok(true) }
    }

    /// Goes to the last entry below a key, else to the first entry; `false` in an empty block.
    pub(super) fn seek_below(&mut self, block: &Block, key: &[u8]) -> Result<bool, Malformed> {
        *self = Self::default();
        if !self.step(block)? {
            return Ok(false);
        }
        let mut ahead = self.clone();
        while ahead.step(block)? && ahead.key.as_slice() < key {
            self.go_to(&ahead);
        }
        Ok(true)
    }

    /// Goes where the other is, into the memory that is there.
    fn go_to(&mut self, other: &Self) {
        self.key.clear();
        self.key.extend_from_slice(&other.key);
        (self.next, self.version, self.value) = (other.next, other.version, other.value);
    }

    pub(super) fn key(&self) -> &[u8] {
        &self.key
    }

    pub(super) const fn version(&self) -> u64 {
        self.version
    }

    /// Gives the value; nothing where the row was removed.
    pub(super) fn value<'b>(&self, block: &'b Block) -> Option<&'b [u8]> {
        self.value.and_then(|(from, to)| block.bytes.get(from..to))
    }
}

/// Seven bits a byte, least significant first, the highest bit set on all but the last.
fn write_number(bytes: &mut Vec<u8>, mut number: u64) {
    while let Some(high) = Some(number >> 7).filter(|high| *high > 0) {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number = high;
    }
    bytes.push((number & 0x7f) as u8);
}

fn read_number(bytes: &mut &[u8]) -> Result<u64, Malformed> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first().ok_or(Malformed)?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f).checked_shl(shift).ok_or(Malformed)?;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(Malformed)
}

fn read_length(bytes: &mut &[u8]) -> Result<usize, Malformed> {
    usize::try_from(read_number(bytes)?).map_err(|_| Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block() -> Block {
        let mut builder = BlockBuilder::default();
        for (key, version, value) in
            [("a/1", 9, Some("x")), ("a/1", 3, None), ("a/12", 9, Some("")), ("b", 700, Some("yz"))]
        {
            builder.push(key.as_bytes(), version, value.map(str::as_bytes));
        }
        let (first, bytes) = builder.finish();
        assert_eq!(first, b"a/1");
        assert!(builder.is_empty());
        Block::read(&bytes).unwrap()
    }

    fn entries(block: &Block) -> Vec<(String, u64, Option<String>)> {
        let (mut place, mut entries) = (Place::default(), Vec::new());
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        while place.step(block).unwrap() {
            entries.push((text(place.key()), place.version(), place.value(block).map(text)));
        }
        entries
    }

    #[test]
    fn entries_are_read_as_they_were_written() {
        let told: Vec<String> =
            entries(&block()).iter().map(|(key, version, value)| format!("{key} {version} {value:?}")).collect();
        assert_eq!(told, [r#"a/1 9 Some("x")"#, "a/1 3 None", r#"a/12 9 Some("")"#, r#"b 700 Some("yz")"#]);
    }

    #[test]
    fn a_search_stops_before_the_first_version_of_its_key() {
        let (block, mut place) = (block(), Place::default());
        for (key, found) in [("a", "a/1"), ("a/1", "a/1"), ("a/12", "a/1"), ("a/2", "a/12"), ("c", "b")] {
            assert!(place.seek_below(&block, key.as_bytes()).unwrap());
            assert_eq!(place.key(), found.as_bytes(), "{key}");
        }
    }

    #[test]
    fn numbers_of_every_length_are_read_back_and_longer_ones_refused() {
        for number in (0..64).flat_map(|bits| [1 << bits, (1 << bits) - 1]).chain([u64::MAX]) {
            let mut bytes = Vec::new();
            write_number(&mut bytes, number);
            assert_eq!(read_number(&mut bytes.as_slice()), Ok(number));
        }
        assert_eq!(read_number(&mut [0x80_u8; 12].as_slice()), Err(Malformed));
        assert_eq!(read_number(&mut [].as_slice()), Err(Malformed));
    }

    #[test]
    fn bytes_that_are_no_block_are_refused_without_a_panic() {
        for bytes in [&[][..], &[1], &[255, 255, 255, 255, 0], &[3, 0, 0, 0, 0x30, 200, 200, 200]] {
            let read = Block::read(bytes);
            if let Ok(block) = read {
                assert_eq!(Place::default().step(&block), Err(Malformed), "{bytes:?}");
            }
        }
    }
}
