//! The items of a JSON list, cut out of the file one at a time: the features of a GeoJSON collection (RFC 7946), or a list of
//! objects, alone or as a member of an object around it.

use std::io::BufRead;

use super::import::{Opened, RowFault, Spot, TooLong, Unreadable};
use crate::vocab::Code;

/// The longest item, in bytes.
const ITEM_MAX_BYTES: usize = 1024 * 1024;
/// Members that a list of objects is called by: KoboToolbox, ODK Central, ACLED.
const LIST_MEMBERS: [&str; 3] = ["results", "value", "data"];

/// Cuts items out of a list. What stands around it is passed over.
pub(crate) struct Items {
    reader: Box<dyn BufRead + Send>,
    list: List,
    line: u64,
    column: u64,
    item: Vec<u8>,
    at: Spot,
    state: State,
}

/// Which list is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum List {
    /// The member `features`.
    Features,
    /// The file itself, or one of [`LIST_MEMBERS`].
    Objects,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Before,
    /// Within a list that an object holds.
    Within,
    /// Within a list that is the whole file.
    Alone,
    After,
}

impl Items {
    /// The features of a collection.
    pub(crate) fn of_features(opened: Opened) -> Self {
        Self::begin(opened, List::Features)
    }

    /// The objects of a list, alone or as the member `results`, `value` or `data` of an object.
    pub(crate) fn of_list(opened: Opened) -> Self {
        Self::begin(opened, List::Objects)
    }

    fn begin(opened: Opened, list: List) -> Self {
        let (item, at, state) = (Vec::new(), Spot::line(1), State::Before);
        Self { reader: opened.reader, list, line: 1, column: 1, item, at, state }
    }

    /// Steps to the next item; `false` at the end of the list, when the rest of the file is sound too.
    pub(crate) fn step(&mut self) -> Result<bool, Unreadable> {
        if self.state == State::Before {
            self.state = self.find_list()?;
        }
        if self.state == State::After {
            return Ok(false);
        }
        loop {
            match self.peek_solid()? {
                Some(b'{') => {
                    self.at = self.here();
                    let mut item = std::mem::take(&mut self.item);
                    item.clear();
                    self.value(&mut Some(&mut item))?;
                    self.item = item;
                    return Ok(true);
                }
                Some(b',') => drop(self.next()?),
                Some(b']') => {
                    self.next()?;
                    self.finish()?;
                    self.state = State::After;
                    return Ok(false);
                }
                _ => return Err(self.wrong("an object, a comma or the end of the list was expected")),
            }
        }
    }

    /// The item's bytes.
    pub(crate) fn item(&self) -> &[u8] {
        &self.item
    }

    /// Where the item begins.
    pub(crate) const fn spot(&self) -> &Spot {
        &self.at
    }

    /// Turns a line and column within the item into one in the file.
    pub(crate) fn within(&self, line: usize, column: usize) -> Spot {
        let before = if line <= 1 { self.at.column.unwrap_or(1) - 1 } else { 0 };
        Spot { column: Some(before + column as u64), ..Spot::line(self.at.line + line.saturating_sub(1) as u64) }
    }

    /// Where a byte of the item stands.
    pub(crate) fn spot_at(&self, offset: usize) -> Spot {
        let before = self.item.get(..offset.min(self.item.len())).unwrap_or_default();
        let lines = memchr::memchr_iter(b'\n', before).count() as u64;
        let from = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let characters = before.get(from..).unwrap_or_default().iter().filter(|byte| **byte & 0xc0 != 0x80).count();
        let start = if lines == 0 { self.at.column.unwrap_or(1) } else { 1 };
        Spot { line: self.at.line + lines, column: Some(start + characters as u64), field: None }
    }

    /// Goes to the first item of the list.
    fn find_list(&mut self) -> Result<State, Unreadable> {
        if self.peek()? == Some(0xef) {
            for _ in 0..3 {
                self.next()?;
            }
            self.column = 1;
        }
        match (self.peek_solid()?, self.list) {
            (Some(b'{'), _) => self.next()?,
            (Some(b'['), List::Objects) => {
                self.next()?;
                return Ok(State::Alone);
            }
            (_, List::Features) => return Err(self.wrong("the file does not begin with an object")),
            (_, List::Objects) => return Err(self.wrong("the file does not begin with a list or an object")),
        };
        loop {
            match self.peek_solid()? {
                Some(b'"') => {}
                Some(b',') => {
                    self.next()?;
                    continue;
                }
                _ if self.list == List::Features => {
                    return Err(self.wrong("the file holds no list called `features`"));
                }
                _ => {
                    let what = format!("the file holds no list called `{}`", LIST_MEMBERS.join("`, `"));
                    return Err(self.wrong(&what));
                }
            }
            let mut name = Vec::new();
            self.value(&mut Some(&mut name))?;
            if self.peek_solid()? != Some(b':') {
                return Err(self.wrong("a colon was expected"));
            }
            self.next()?;
            let first = self.peek_solid()?;
            if first == Some(b'[') && self.is_called(&name) {
                self.next()?;
                return Ok(State::Within);
            }
            self.value(&mut None)?;
        }
    }

    /// Tells whether a member's name, in its quotes, is that of the list.
    fn is_called(&self, name: &[u8]) -> bool {
        let name = name.strip_prefix(b"\"").and_then(|name| name.strip_suffix(b"\"")).unwrap_or_default();
        match self.list {
            List::Features => name == b"features",
            List::Objects => LIST_MEMBERS.iter().any(|member| member.as_bytes() == name),
        }
    }

    /// Passes over what follows the list, to the end of the file.
    fn finish(&mut self) -> Result<(), Unreadable> {
        while self.state != State::Alone {
            match self.peek_solid()? {
                Some(b'}') => break,
                Some(b',' | b':') => drop(self.next()?),
                Some(_) => self.value(&mut None)?,
                None => return Err(self.wrong("the file ends within the object around the list")),
            }
        }
        if self.state != State::Alone {
            self.next()?;
        }
        if self.peek_solid()?.is_some() {
            return Err(self.wrong("something stands after the end of the file's one value"));
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
                if length > ITEM_MAX_BYTES {
                    return Err(Unreadable::from_read(TooLong(ITEM_MAX_BYTES).into_io(), begun));
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
            .hinting(match self.list {
                List::Features => "a GeoJSON file is {\"type\":\"FeatureCollection\",\"features\":[…]}",
                List::Objects => {
                    "the file is a list of objects, [{…},{…}], or an object with one under `results`, `value` or `data`"
                }
            })
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

    fn features(text: &str) -> Items {
        let reader = Box::new(std::io::Cursor::new(text.as_bytes().to_vec()));
        Items::of_features(Opened { reader, gzipped: false })
    }

    fn all(text: &str) -> Result<Vec<(String, u64, u64)>, RowFault> {
        let (mut features, mut found) = (features(text), Vec::new());
        loop {
            match features.step() {
                Ok(true) => {
                    let spot = features.spot();
                    let text = String::from_utf8(features.item().to_vec()).unwrap();
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
            ("{\"features\":[]", 1, 15, "ends within the object"),
            ("{\"type\":\"Point\"}", 1, 16, "no list"),
            ("[1]", 1, 1, "begin with an object"),
            ("", 1, 1, "begin with an object"),
        ] {
            let fault = all(text).unwrap_err();
            assert_eq!((fault.spot.line, fault.spot.column), (line, Some(column)), "{text}: {}", fault.fault.what);
            assert!(fault.fault.what.contains(word), "{text}: {}", fault.fault.what);
        }
    }

    fn objects(text: &str) -> Result<Vec<String>, RowFault> {
        let reader = Box::new(std::io::Cursor::new(text.as_bytes().to_vec()));
        let (mut items, mut found) = (Items::of_list(Opened { reader, gzipped: false }), Vec::new());
        loop {
            match items.step() {
                Ok(true) => found.push(String::from_utf8(items.item().to_vec()).unwrap()),
                Ok(false) => return Ok(found),
                Err(Unreadable::Fault(fault)) => return Err(fault),
                Err(Unreadable::Io(error)) => panic!("{error}"),
            }
        }
    }

    #[test]
    fn a_list_is_read_alone_and_as_the_member_that_is_called_so() {
        for text in [
            "[{\"a\":1},{\"b\":[]}]\n",
            "\u{feff}[ {\"a\":1} , {\"b\":[]} ]",
            "{\"count\":2,\"next\":null,\"results\":[{\"a\":1},{\"b\":[]}]}",
            "{\"value\":[{\"a\":1},{\"b\":[]}],\"@odata.context\":\"x\"}",
        ] {
            assert_eq!(objects(text).unwrap(), ["{\"a\":1}", "{\"b\":[]}"], "{text}");
        }
    }

    #[test]
    fn a_list_that_is_cut_off_goes_on_or_is_not_there_is_refused_at_its_place() {
        for (text, column, word) in [
            ("[{\"a\":1}", 9, "expected"),
            ("[{\"a\":1}] x", 11, "after the end"),
            ("[1]", 2, "an object"),
            ("{\"rows\":[]}", 11, "no list"),
            ("a,b", 1, "begin with a list"),
        ] {
            let fault = objects(text).unwrap_err();
            assert_eq!((fault.spot.line, fault.spot.column), (1, Some(column)), "{text}: {}", fault.fault.what);
            assert!(fault.fault.what.contains(word), "{text}: {}", fault.fault.what);
        }
    }

    #[test]
    fn a_feature_of_more_than_a_mebibyte_is_refused() {
        let fault = all(&format!("{{\"features\":[{{\"a\":\"{}\"}}]}}", "x".repeat(2_000_000))).unwrap_err();
        assert_eq!(fault.fault.code, Code::RowTooLong);
    }
}
