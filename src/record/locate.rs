//! From a JSON pointer to a line and a column.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Finds where the value that a JSON pointer (RFC 6901) names starts in a text.
///
/// Gives (line, column), both counted from 1, columns in characters. Of two equal keys the first is taken. Nothing where
/// the text has no such value or is broken before its end is known.
#[cfg(feature = "ledger")]
#[must_use]
pub fn locate(text: &str, pointer: &str) -> Option<(usize, usize)> {
    Some(line_and_column(text, offset_in(text, raw_value(text, pointer)?)?))
}

/// Finds which bytes of a text are the value that a JSON pointer names; otherwise as [`locate`].
#[cfg(feature = "ledger")]
#[must_use]
pub fn value_range(text: &str, pointer: &str) -> Option<std::ops::Range<usize>> {
    let value = raw_value(text, pointer)?;
    let start = offset_in(text, value)?;
    Some(start..start + value.len())
}

/// Gives the text of the value that a pointer names.
pub(super) fn raw_value<'a>(text: &'a str, pointer: &str) -> Option<&'a str> {
    let mut value = serde_json::from_str::<&RawValue>(text).ok()?.get();
    if pointer.is_empty() {
        return Some(value);
    }
    for token in pointer.strip_prefix('/')?.split('/') {
        let token = unescape_token(token);
        value = member(value, &token, Wanted::Value)?;
    }
    Some(value)
}

/// Gives the text, with its quotes, of the second key of an object that equals `key`.
pub(super) fn second_key<'a>(object: &'a str, key: &str) -> Option<&'a str> {
    member(object, key, Wanted::SecondKey)
}

/// Gives how many bytes into `text` the slice `part` starts, if it was borrowed from it.
pub(super) fn offset_in(text: &str, part: &str) -> Option<usize> {
    let offset = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    (offset + part.len() <= text.len()).then_some(offset)
}

/// Turns a byte offset into (line, column), counted from 1, columns in characters.
pub(super) fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    // An offset inside a character stands for the character.
    let boundary = (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let before = text.get(..boundary).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    (line, before.get(line_start..).unwrap_or_default().chars().count() + 1)
}

/// Writes one reference token of a JSON pointer (RFC 6901 §3).
pub(super) fn escape_token(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

fn unescape_token(token: &str) -> Cow<'_, str> {
    if token.contains('~') { token.replace("~1", "/").replace("~0", "~").into() } else { token.into() }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Value,
    SecondKey,
}

fn member<'a>(value: &'a str, token: &str, wanted: Wanted) -> Option<&'a str> {
    let mut found = None;
    let search = Search { token, wanted, seen: false, found: &mut found };
    let mut deserializer = serde_json::Deserializer::from_str(value);
    // An error after the find does not matter: the find stands.
    drop(search.deserialize(&mut deserializer));
    found.map(RawValue::get)
}

struct Search<'s, 'a> {
    token: &'s str,
    wanted: Wanted,
    seen: bool,
    found: &'s mut Option<&'a RawValue>,
}

impl<'a> DeserializeSeed<'a> for Search<'_, 'a> {
    type Value = ();

    fn deserialize<D: de::Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Search<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'a>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(raw) = map.next_key::<&'a RawValue>()? {
            let key = serde_json::from_str::<String>(raw.get()).map_err(de::Error::custom)?;
            if key != self.token {
                map.next_value::<IgnoredAny>()?;
            } else if self.wanted == Wanted::Value {
                *self.found = Some(map.next_value()?);
                return Err(de::Error::custom("found"));
            } else if self.seen {
                *self.found = Some(raw);
                return Err(de::Error::custom("found"));
            } else {
                self.seen = true;
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut items: A) -> Result<(), A::Error> {
        let Ok(index) = self.token.parse::<usize>() else { return Ok(()) };
        for _ in 0..index {
            if items.next_element::<IgnoredAny>()?.is_none() {
                return Ok(());
            }
        }
        *self.found = items.next_element()?;
        Err(de::Error::custom("found"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_leads_to_line_and_column_counted_in_characters() {
        let text = "{\n  \"قرية\": [1,\n {\"a/b\": \"x\", \"m~n\": true}]}";
        for (pointer, place) in [
            ("", Some((1, 1))),
            ("/قرية", Some((2, 11))),
            ("/قرية/0", Some((2, 12))),
            ("/قرية/1", Some((3, 2))),
            ("/قرية/1/a~1b", Some((3, 10))),
            ("/قرية/1/m~0n", Some((3, 22))),
            ("/قرية/2", None),
            ("/village", None),
            ("قرية", None),
        ] {
            assert_eq!(locate(text, pointer), place, "{pointer}");
        }
    }

    #[test]
    fn an_escaped_key_is_found_by_what_it_means() {
        assert_eq!(locate(r#"{"\u0061":1}"#, "/a"), Some((1, 11)));
        assert_eq!(second_key(r#"{"a":1,"\u0061":2}"#, "a"), Some(r#""\u0061""#));
    }
}
