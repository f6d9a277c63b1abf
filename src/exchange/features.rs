//! The features of a GeoJSON collection (RFC 7946), cut out of the file one at a time.

use std::io::BufRead;

use super::import::{Opened, RowFault, Spot, TooLong, Unreadable};
use crate::vocab::Code;

/// The longest feature, in bytes.
const FEATURE_MAX_BYTES: usize = 1024 * 1024;

/// Cuts features out of a feature collection. What stands around them is passed over.
pub(crate) struct Features {
    reader: Box<dyn BufRead + Send>,
    line: u64,
    column: u64,
    feature: Vec<u8>,
    at: Spot,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Before,
    Within,
    After,
}

impl Features {
    pub(crate) fn begin(opened: Opened) -> Self {
        Self { reader: opened.reader, line: 1, column: 1, feature: Vec::new(), at: Spot::line(1), state: State::Before }
    }

    /// Steps to the next feature; `false` at the end of the collection, when the rest of the file is sound too.
    pub(crate) fn step(&mut self) -> Result<bool, Unreadable> {
        if self.state == State::Before {
            self.find_features()?;
            self.state = State::Within;
        }
        if self.state == State::After {
            return Ok(false);
        }
        loop {
            match self.peek_solid()? {
                Some(b'{') => {
                    self.at = self.here();
                    let mut feature = std::mem::take(&mut self.feature);
                    feature.clear();
                    self.value(&mut Some(&mut feature))?;
                    self.feature = feature;
                    return Ok(true);
                }
                Some(b',') => drop(self.next()?),
                Some(b']') => {
                    self.next()?;
                    self.finish()?;
                    self.state = State::After;
                    return Ok(false);
                }
                _ => return Err(self.wrong("a feature, a comma or the end of the list was expected")),
            }
        }
    }

    /// The feature's bytes.
    pub(crate) fn feature(&self) -> &[u8] {
        &self.feature
    }

    /// Where the feature begins.
    pub(crate) const fn spot(&self) -> &Spot {
        &self.at
    }

    /// Where a byte of the feature stands.
    pub(crate) fn spot_at(&self, offset: usize) -> Spot {
        let before = self.feature.get(..offset.min(self.feature.len())).unwrap_or_default();
        let lines = memchr::memchr_iter(b'\n', before).count() as u64;
        let from = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let characters = before.get(from..).unwrap_or_default().iter().filter(|byte| **byte & 0xc0 != 0x80).count();
        let start = if lines == 0 { self.at.column.unwrap_or(1) } else { 1 };
        Spot { line: self.at.line + lines, column: Some(start + characters as u64), field: None }
    }

    /// Goes to the first item of the member `features`.
    fn find_features(&mut self) -> Result<(), Unreadable> {
        if self.peek()? == Some(0xef) {
            for _ in 0..3 {
                self.next()?;
            }
            self.column = 1;
        }
        if self.peek_solid()? != Some(b'{') {
            return Err(self.wrong("the file does not begin with an object"));
        }
        self.next()?;
        loop {
            match self.peek_solid()? {
                Some(b'"') => {}
                Some(b',') => {
                    self.next()?;
                    continue;
                }
                _ => return Err(self.wrong("the file holds no list called `features`")),
            }
            let mut name = Vec::new();
            self.value(&mut Some(&mut name))?;
            if self.peek_solid()? != Some(b':') {
                return Err(self.wrong("a colon was expected"));
            }
            self.next()?;
            let first = self.peek_solid()?;
            if name == b"\"features\"" && first == Some(b'[') {
                self.next()?;
                return Ok(());
            }
            self.value(&mut None)?;
        }
    }

    /// Passes over what follows the list, to the end of the file.
    fn finish(&mut self) -> Result<(), Unreadable> {
        loop {
            match self.peek_solid()? {
                Some(b'}') => break,
                Some(b',' | b':') => drop(self.next()?),
                Some(_) => self.value(&mut None)?,
                None => return Err(self.wrong("the file ends within the collection")),
            }
        }
        self.next()?;
        if self.peek_solid()?.is_some() {
            return Err(self.wrong("something stands after the end of the collection"));
        }
        Ok(())
    }

    /// Passes over one JSON value: a text, an object, a list, or a bare word or number. Its form is checked by whoever
    /// reads it; here only its end is looked for.
    fn value(&mut self, copy: &mut Option<&mut Vec<u8>>) -> Result<(), Unreadable> {
        let begun = self.here();
        let (mut depth, mut text, mut escaped) = (0_u32, false, false);
        let mut length = 0_usize;
        while let Some(byte) = self.peek()? {
            let bare = depth == 0 && !text;
            if bare && length > 0 && matches!(byte, b',' | b'}' | b']' | b':' | b' ' | b'\n' | b'\r' | b'\t') {
                return Ok(());
            }
            self.next()?;
            length += 1;
            if let Some(copy) = copy {
                if length > FEATURE_MAX_BYTES {
                    return Err(Unreadable::from_read(TooLong(FEATURE_MAX_BYTES).into_io(), begun));
                }
                copy.push(byte);
            }
            if text {
                match byte {
                    _ if escaped => escaped = false,
                    b'\\' => escaped = true,
                    b'"' => text = false,
                    _ => continue,
                }
                if text || depth > 0 {
                    continue;
                }
                return Ok(());
            }
            match byte {
                b'"' => text = true,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Ok(());
                    }
                }
                _ => {}
            }
        }
        if depth == 0 && !text && length > 0 {
            return Ok(());
        }
        let fault = RowFault::new(begun, Code::JsonSyntax, "the file ends within the value that begins here");
        Err(fault.into())
    }

    fn here(&self) -> Spot {
        Spot { line: self.line, column: Some(self.column), field: None }
    }

    fn wrong(&self, what: &str) -> Unreadable {
        RowFault::new(self.here(), Code::JsonSyntax, what)
            .hinting("a GeoJSON file is {\"type\":\"FeatureCollection\",\"features\":[…]}")
            .into()
    }

    fn peek(&mut self) -> Result<Option<u8>, Unreadable> {
        let here = self.here();
        let buffer = self.reader.fill_buf().map_err(|error| Unreadable::from_read(error, here))?;
        Ok(buffer.first().copied())
    }

    fn next(&mut self) -> Result<Option<u8>, Unreadable> {
        let byte = self.peek()?;
        if let Some(byte) = byte {
            self.reader.consume(1);
            if byte == b'\n' {
                self.line += 1;
                self.column = 1;
            } else if byte & 0xc0 != 0x80 {
                self.column += 1;
            }
        }
        Ok(byte)
    }

    /// Looks at the next byte that is no white space.
    fn peek_solid(&mut self) -> Result<Option<u8>, Unreadable> {
        while let Some(byte) = self.peek()? {
            if !byte.is_ascii_whitespace() {
                return Ok(Some(byte));
            }
            self.next()?;
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(text: &str) -> Features {
        let reader = Box::new(std::io::Cursor::new(text.as_bytes().to_vec()));
        Features::begin(Opened { reader, gzipped: false })
    }

    fn all(text: &str) -> Result<Vec<(String, u64, u64)>, RowFault> {
        let (mut features, mut found) = (features(text), Vec::new());
        loop {
            match features.step() {
                Ok(true) => {
                    let spot = features.spot();
                    let text = String::from_utf8(features.feature().to_vec()).unwrap();
                    found.push((text, spot.line, spot.column.unwrap()));
                }
                Ok(false) => return Ok(found),
                Err(Unreadable::Fault(fault)) => return Err(fault),
                Err(Unreadable::Io(error)) => panic!("{error}"),
            }
        }
    }

    #[test]
    fn features_are_cut_out_with_their_places_whatever_stands_around_them() {
        let text = "{\"type\":\"x\",\"n\":1,\"b\":[1,{\"features\":[{}]}],\n \"features\":[{\"a\":\"}]\\\"{\"},\n  {\"b\":[[1],{}]}\n], \"c\":null,\"d\":-1.5e3}\n";
        let found = all(text).unwrap();
        assert_eq!(found, [("{\"a\":\"}]\\\"{\"}".to_owned(), 2, 14), ("{\"b\":[[1],{}]}".to_owned(), 3, 3)]);
    }

    #[test]
    fn a_collection_that_is_cut_off_or_goes_on_is_refused_at_its_place() {
        for (text, line, column, word) in [
            ("{\"features\":[{\"a\":1}", 1, 21, "expected"),
            ("{\"features\":[{\"a\":\"1}", 1, 14, "ends within"),
            ("{\"features\":[]} x", 1, 17, "after the end"),
            ("{\"features\":[]", 1, 15, "ends within the collection"),
            ("{\"type\":\"Point\"}", 1, 16, "no list"),
            ("[1]", 1, 1, "begin with an object"),
            ("", 1, 1, "begin with an object"),
        ] {
            let fault = all(text).unwrap_err();
            assert_eq!((fault.spot.line, fault.spot.column), (line, Some(column)), "{text}: {}", fault.fault.what);
            assert!(fault.fault.what.contains(word), "{text}: {}", fault.fault.what);
        }
    }

    #[test]
    fn a_feature_of_more_than_a_mebibyte_is_refused() {
        let fault = all(&format!("{{\"features\":[{{\"a\":\"{}\"}}]}}", "x".repeat(2_000_000))).unwrap_err();
        assert_eq!(fault.fault.code, Code::RowTooLong);
    }
}
