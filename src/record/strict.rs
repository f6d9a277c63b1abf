//! The input rules that hold for every JSON text a record is made from (CLI.md, "Input rules").

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};

use super::envelope::MAX_RECORD_BYTES;
use super::locate::{escape_token, line_and_column, offset_in, raw_value, second_key};

/// The deepest nesting of arrays and objects; `{}` has depth 1.
pub const MAX_DEPTH: usize = 16;
/// The longest string or key in bytes, escapes already resolved.
pub const MAX_TEXT_BYTES: usize = 16 * 1024;
/// The greatest magnitude of an integer, 2^53−1: what every JSON reader holds exactly.
pub const MAX_INTEGER: u64 = (1 << 53) - 1;

/// Which rule a text breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JsonFaultKind {
    /// Not UTF-8.
    NotUtf8,
    /// A byte order mark at the start.
    ByteOrderMark,
    /// Not JSON.
    Syntax,
    /// Something other than white space after the value.
    TrailingBytes,
    /// A key that the object has already, compared after its escapes are resolved.
    DuplicateKey,
    /// A number with a fraction or an exponent, or minus zero.
    Float,
    /// An integer beyond ±[`MAX_INTEGER`].
    IntegerTooLarge,
    /// Nested deeper than [`MAX_DEPTH`].
    TooDeep,
    /// A string or key longer than [`MAX_TEXT_BYTES`].
    TextTooLong,
    /// Longer than [`MAX_RECORD_BYTES`].
    RecordTooLong,
    /// A `\u` escape that is half of a surrogate pair.
    LoneSurrogate,
    /// A raw control character inside a string.
    ControlCharacter,
}

/// The first place where a text breaks an input rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail} at line {line}, column {column}")]
pub struct JsonFault {
    /// The broken rule.
    pub kind: JsonFaultKind,
    /// The JSON pointer (RFC 6901) of the value; for a broken key, of the value it would have named.
    pub pointer: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// What was found, as a fragment.
    pub detail: String,
}

/// Holds bytes to the input rules: as [`check_json`], and gives the text.
///
/// # Errors
/// The first [`JsonFault`]; [`JsonFaultKind::NotUtf8`] comes before all others.
pub fn check_json_bytes(bytes: &[u8]) -> Result<&str, JsonFault> {
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let good = std::str::from_utf8(bytes.get(..e.valid_up_to()).unwrap_or_default()).unwrap_or_default();
        Report { text: good, kind: JsonFaultKind::NotUtf8, pointer: String::new() }.at(good.len(), "not UTF-8")
    })?;
    check_json(text).map(|()| text)
}

/// Holds a JSON text to the input rules. White space around the value is allowed.
///
/// # Errors
/// The first [`JsonFault`] in the order of the text; length and byte order mark come before all others.
pub fn check_json(text: &str) -> Result<(), JsonFault> {
    let whole = |kind, detail: &str| Report { text, kind, pointer: String::new() }.at(0, detail);
    if text.len() > MAX_RECORD_BYTES {
        let detail = format!("{} bytes, the most is {MAX_RECORD_BYTES}", text.len());
        return Err(whole(JsonFaultKind::RecordTooLong, &detail));
    }
    if text.starts_with('\u{feff}') {
        return Err(whole(JsonFaultKind::ByteOrderMark, "a byte order mark"));
    }
    let mut walk = Walk::default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    Value { walk: &mut walk }.deserialize(&mut deserializer).map_err(|error| explain(text, &walk, &error))?;
    deserializer.end().map_err(|error| {
        let report = Report { text, kind: JsonFaultKind::TrailingBytes, pointer: String::new() };
        report.at(error_offset(text, &error), "bytes after the value")
    })
}

/// Where the walk is, and the rule it saw broken.
#[derive(Default)]
struct Walk<'a> {
    path: Vec<Step<'a>>,
    fault: Option<(JsonFaultKind, String)>,
}

enum Step<'a> {
    Key(Cow<'a, str>),
    Index(usize),
}

impl Walk<'_> {
    fn refuse<E: de::Error>(&mut self, kind: JsonFaultKind, detail: String) -> E {
        self.fault = Some((kind, detail));
        E::custom("input rule")
    }

    fn pointer(&self) -> String {
        pointer_of(&self.path)
    }

    fn check_text<E: de::Error>(&mut self, text: &str) -> Result<(), E> {
        if text.len() <= MAX_TEXT_BYTES {
            return Ok(());
        }
        let detail = format!("a text of {} bytes, the most is {MAX_TEXT_BYTES}", text.len());
        Err(self.refuse(JsonFaultKind::TextTooLong, detail))
    }

    fn check_depth<E: de::Error>(&mut self) -> Result<(), E> {
        // The path has one step for each container around this one.
        if self.path.len() < MAX_DEPTH {
            return Ok(());
        }
        Err(self.refuse(JsonFaultKind::TooDeep, format!("nested deeper than {MAX_DEPTH}")))
    }

    fn check_magnitude<E: de::Error>(&mut self, magnitude: u64) -> Result<(), E> {
        if magnitude <= MAX_INTEGER {
            return Ok(());
        }
        Err(self.refuse(JsonFaultKind::IntegerTooLarge, "an integer beyond 2^53−1".to_owned()))
    }
}

fn pointer_of(path: &[Step<'_>]) -> String {
    let token = |step: &Step<'_>| match step {
        Step::Key(key) => format!("/{}", escape_token(key)),
        Step::Index(index) => format!("/{index}"),
    };
    path.iter().map(token).collect()
}

struct Value<'w, 'a> {
    walk: &'w mut Walk<'a>,
}

impl<'a> DeserializeSeed<'a> for Value<'_, 'a> {
    type Value = ();

    fn deserialize<D: de::Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Value<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<(), E> {
        self.walk.check_magnitude(number)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<(), E> {
        self.walk.check_magnitude(number.unsigned_abs())
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<(), E> {
        Err(self.walk.refuse(JsonFaultKind::Float, FLOAT.to_owned()))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<(), E> {
        self.walk.check_text(text)
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut items: A) -> Result<(), A::Error> {
        self.walk.check_depth()?;
        for index in 0.. {
            self.walk.path.push(Step::Index(index));
            let item = items.next_element_seed(Value { walk: self.walk })?;
            self.walk.path.pop();
            if item.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'a>>(self, mut members: A) -> Result<(), A::Error> {
        self.walk.check_depth()?;
        let mut keys = HashSet::new();
        while let Some(key) = members.next_key_seed(Key)? {
            self.walk.path.push(Step::Key(key.clone()));
            self.walk.check_text(&key)?;
            if !keys.insert(key) {
                return Err(self.walk.refuse(JsonFaultKind::DuplicateKey, "a key that is there already".to_owned()));
            }
            members.next_value_seed(Value { walk: self.walk })?;
            self.walk.path.pop();
        }
        Ok(())
    }
}

const FLOAT: &str = "a number with a fraction or an exponent";

/// A key, borrowed where it has no escapes.
struct Key;

impl<'a> DeserializeSeed<'a> for Key {
    type Value = Cow<'a, str>;

    fn deserialize<D: de::Deserializer<'a>>(self, deserializer: D) -> Result<Cow<'a, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'a> for Key {
    type Value = Cow<'a, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E: de::Error>(self, key: &'a str) -> Result<Cow<'a, str>, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<Cow<'a, str>, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}

/// A fault whose place is still to be worked out.
struct Report<'t> {
    text: &'t str,
    kind: JsonFaultKind,
    pointer: String,
}

impl Report<'_> {
    fn at(self, offset: usize, detail: &str) -> JsonFault {
        let (line, column) = line_and_column(self.text, offset);
        JsonFault { kind: self.kind, pointer: self.pointer, line, column, detail: detail.to_owned() }
    }
}

fn explain(text: &str, walk: &Walk<'_>, error: &serde_json::Error) -> JsonFault {
    let pointer = walk.pointer();
    let value = raw_value(text, &pointer);
    let (kind, detail) = walk.fault.clone().unwrap_or_else(|| syntax_fault(error));
    let (kind, detail) = number_fault(kind, value).unwrap_or((kind, detail));
    let offset = match kind {
        JsonFaultKind::DuplicateKey => second_key_offset(text, walk),
        JsonFaultKind::Float | JsonFaultKind::IntegerTooLarge | JsonFaultKind::TooDeep => {
            value.and_then(|value| offset_in(text, value))
        }
        // In a key the reader's own place is the nearer one.
        JsonFaultKind::TextTooLong | JsonFaultKind::LoneSurrogate => {
            value.filter(|value| value.starts_with('"')).and_then(|value| offset_in(text, value))
        }
        _ => None,
    };
    Report { text, kind, pointer }.at(offset.unwrap_or_else(|| error_offset(text, error)), &detail)
}

/// The reader gives an integer beyond 64 bits as a float, or as out of range: only its text tells which it was.
fn number_fault(kind: JsonFaultKind, value: Option<&str>) -> Option<(JsonFaultKind, String)> {
    if kind != JsonFaultKind::Float {
        return None;
    }
    let text = value?;
    if text == "-0" {
        return Some((JsonFaultKind::Float, "minus zero".to_owned()));
    }
    let integer = !text.contains(['.', 'e', 'E']);
    integer.then(|| (JsonFaultKind::IntegerTooLarge, "an integer beyond 2^53−1".to_owned()))
}

fn syntax_fault(error: &serde_json::Error) -> (JsonFaultKind, String) {
    // serde_json names these only in its message.
    let message = error.to_string();
    let begins = |start: &str| message.starts_with(start);
    if begins("number out of range") {
        (JsonFaultKind::Float, FLOAT.to_owned())
    } else if begins("control character") {
        (JsonFaultKind::ControlCharacter, "a raw control character in a string".to_owned())
    } else if begins("lone leading surrogate") || begins("unexpected end of hex escape") {
        (JsonFaultKind::LoneSurrogate, "half of a surrogate pair".to_owned())
    } else {
        let place = message.find(" at line ").unwrap_or(message.len());
        (JsonFaultKind::Syntax, message.get(..place).unwrap_or_default().to_owned())
    }
}

fn second_key_offset(text: &str, walk: &Walk<'_>) -> Option<usize> {
    let (Step::Key(key), parents) = walk.path.split_last()? else { return None };
    offset_in(text, second_key(raw_value(text, &pointer_of(parents))?, key)?)
}

/// Turns the reader's line and column, which counts bytes from 1, into a byte offset.
fn error_offset(text: &str, error: &serde_json::Error) -> usize {
    let lines_before = error.line().saturating_sub(1);
    let line_start: usize = text.split_inclusive('\n').take(lines_before).map(str::len).sum();
    line_start + error.column().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> (JsonFaultKind, String, usize, usize) {
        let fault = check_json(text).unwrap_err();
        (fault.kind, fault.pointer, fault.line, fault.column)
    }

    #[test]
    fn a_text_within_the_rules_passes() {
        for text in [
            r#"{"a":[1,-2,true,null,"\u00e9\ud83d\ude00"],"b":{"a":9007199254740991}}"#,
            " {} \n",
            r#"{"n":-9007199254740991}"#,
            &format!("{}{}", "[".repeat(16), "]".repeat(16)),
            &format!("[\"{}\"]", "x".repeat(MAX_TEXT_BYTES)),
        ] {
            assert_eq!(check_json(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn each_broken_rule_is_named_with_pointer_line_and_column() {
        use JsonFaultKind as K;
        let long = format!("{{\"t\":[0,\"{}\"]}}", "é".repeat(MAX_TEXT_BYTES / 2 + 1));
        let long_key = format!("{{\"{}\":0}}", "k".repeat(MAX_TEXT_BYTES + 1));
        let digits = "9".repeat(400);
        let huge = format!("{{\"n\":{digits}}}");
        for (text, kind, pointer, line, column) in [
            ("\u{feff}{}", K::ByteOrderMark, "", 1, 1),
            ("{\"a\":1} x", K::TrailingBytes, "", 1, 9),
            ("{}{}", K::TrailingBytes, "", 1, 3),
            ("{\"a\":1,\n \"b\":2, \"a\":3}", K::DuplicateKey, "/a", 2, 9),
            (r#"{"o":{"a":1,"\u0061":2}}"#, K::DuplicateKey, "/o/a", 1, 13),
            ("{\"é\":[1,\n 2.5]}", K::Float, "/é/1", 2, 2),
            (r#"{"a":1e3}"#, K::Float, "/a", 1, 6),
            (r#"{"a":-0}"#, K::Float, "/a", 1, 6),
            (r#"{"a":1e999}"#, K::Float, "/a", 1, 6),
            (r#"{"a":9007199254740992}"#, K::IntegerTooLarge, "/a", 1, 6),
            (r#"{"a":-9007199254740992}"#, K::IntegerTooLarge, "/a", 1, 6),
            (r#"{"a":99999999999999999999}"#, K::IntegerTooLarge, "/a", 1, 6),
            (&huge, K::IntegerTooLarge, "/n", 1, 6),
            (&long, K::TextTooLong, "/t/1", 1, 9),
            (r#"{"a":"\ud800"}"#, K::LoneSurrogate, "/a", 1, 6),
            (r#"{"a":"\udc00x"}"#, K::LoneSurrogate, "/a", 1, 6),
            (r#"{"a":"\ud800\u0041"}"#, K::LoneSurrogate, "/a", 1, 6),
            (r#"{"a":1,"\ud800":2}"#, K::LoneSurrogate, "", 1, 15),
            ("{\"a\":\"x\u{1}\"}", K::ControlCharacter, "/a", 1, 8),
            ("{\"a\":tru}", K::Syntax, "/a", 1, 9),
            ("{'a':1}", K::Syntax, "", 1, 2),
            ("{\"a\":1,}", K::Syntax, "", 1, 8),
            ("{\"a\":01}", K::Syntax, "/a", 1, 7),
            ("{\"a/b\":{\"~\":NaN}}", K::Syntax, "/a~1b/~0", 1, 13),
        ] {
            assert_eq!(fault(text), (kind, pointer.to_owned(), line, column), "{text}");
        }
        assert_eq!(check_json(&long_key).unwrap_err().kind, K::TextTooLong);
        let record = format!("[\"{}\"]", "x".repeat(MAX_RECORD_BYTES));
        assert_eq!(check_json(&record).unwrap_err().kind, K::RecordTooLong);
        let broken = check_json_bytes(b"{\"a\":\n\"\xff\"}").unwrap_err();
        assert_eq!((broken.kind, broken.line, broken.column), (K::NotUtf8, 2, 2));
    }

    #[test]
    fn nesting_is_refused_at_the_seventeenth_level_however_deep_it_goes() {
        for depth in [17, 127, 128, 129, 30_000] {
            let (kind, pointer, line, column) = fault(&format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
            assert_eq!((kind, pointer, line, column), (JsonFaultKind::TooDeep, "/0".repeat(16), 1, 17));
        }
        let unclosed = fault(&"{\"a\":".repeat(10_000));
        assert_eq!((unclosed.0, unclosed.1), (JsonFaultKind::TooDeep, "/a".repeat(16)));
        assert_eq!(check_json(&"[".repeat(100_000)).unwrap_err().kind, JsonFaultKind::RecordTooLong);
    }
}
