//! The private part of a submission: fields by JSON pointer, each one scalar.

use std::fmt;

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

use crate::proof::SEALED_FIELDS_MAX;

/// What a submission carries beside its event and what never enters the log: the witness, the contact, the victims'
/// names, the observer's position, the exact location, notes, or anything else.
///
/// Objects and lists are taken apart: `{"witness":{"name":"…"}}` is the field `/witness/name`. A field is a text, a whole
/// number, true, false, null, or an empty object or list. `Debug` shows no field, and the memory is wiped when it is
/// dropped.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Private {
    fields: Vec<Field>,
}

#[derive(Clone, PartialEq, Eq)]
struct Field {
    pointer: Zeroizing<String>,
    value: Zeroizing<String>,
}

/// Says why something is no private part. No message repeats a value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrivateError {
    /// It could not be read as an object of fields.
    #[error("private is not an object of fields: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Two values for one field, or a field inside another.
    #[error("two values for {pointer}")]
    Twice {
        /// The second one's pointer.
        pointer: String,
    },
    /// The pointer is not one to a field.
    #[error("`{pointer}` names no field")]
    Pointer {
        /// What was given.
        pointer: String,
    },
    /// More fields than one record seals.
    #[error("{actual} private fields, a record seals at most {SEALED_FIELDS_MAX}")]
    TooMany {
        /// How many.
        actual: usize,
    },
}

impl Private {
    /// Reads a private part from JSON text, an object.
    ///
    /// # Errors
    /// [`PrivateError::Malformed`].
    pub fn read(json: &str) -> Result<Self, PrivateError> {
        Ok(serde_json::from_str(json)?)
    }

    /// Puts one text under a JSON pointer such as `/witness/name`.
    ///
    /// # Errors
    /// [`PrivateError::Pointer`] and [`PrivateError::Twice`].
    pub fn put_text(&mut self, pointer: &str, text: &str) -> Result<(), PrivateError> {
        let value = Zeroizing::new(serde_json::to_string(text)?);
        self.put(Field { pointer: Zeroizing::new(pointer.to_owned()), value })
    }

    /// Takes in the fields of another private part.
    ///
    /// # Errors
    /// [`PrivateError::Twice`] where both hold a field, or one a field inside the other's.
    pub fn take_in(&mut self, other: Self) -> Result<(), PrivateError> {
        other.fields.into_iter().try_for_each(|field| self.put(field))
    }

    /// Tells whether it holds nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Tells how many fields it holds.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.fields.len()
    }

    /// Walks the fields in the order of their pointers: each pointer, and its value as JSON text.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|field| (field.pointer.as_str(), field.value.as_str()))
    }

    /// Holds that one record can seal all of it.
    ///
    /// # Errors
    /// [`PrivateError::TooMany`].
    pub fn check(&self) -> Result<(), PrivateError> {
        let actual = self.fields.len();
        if actual > SEALED_FIELDS_MAX { Err(PrivateError::TooMany { actual }) } else { Ok(()) }
    }

    fn put(&mut self, field: Field) -> Result<(), PrivateError> {
        let pointer = field.pointer.as_str();
        let escapes = pointer.split('~').skip(1).all(|after| after.starts_with(['0', '1']));
        if !pointer.starts_with('/') || !escapes {
            return Err(PrivateError::Pointer { pointer: pointer.to_owned() });
        }
        if self.fields.iter().any(|held| within(&held.pointer, pointer) || within(pointer, &held.pointer)) {
            return Err(PrivateError::Twice { pointer: pointer.to_owned() });
        }
        let at = self.fields.partition_point(|held| held.pointer.as_str() < pointer);
        self.fields.insert(at, field);
        Ok(())
    }
}

impl fmt::Debug for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Private({} fields)", self.fields.len())
    }
}

/// Tells whether one pointer is another, or lies inside it.
fn within(pointer: &str, above: &str) -> bool {
    pointer.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl<'de> Deserialize<'de> for Private {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut private = Self::default();
        deserializer.deserialize_any(Top { private: &mut private })?;
        Ok(private)
    }
}

struct Top<'p> {
    private: &'p mut Private,
}

impl<'de> Visitor<'de> for Top<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of private fields")
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Err(no_object())
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<(), E> {
        Err(no_object())
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<(), E> {
        Err(no_object())
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<(), E> {
        Err(no_object())
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<(), E> {
        Err(no_object())
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<(), E> {
        Err(no_object())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(no_object())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        Leaf { private: self.private, pointer: Zeroizing::default() }.take_members(map).map(drop)
    }
}

/// The reader's own message would repeat the value.
fn no_object<E: de::Error>() -> E {
    E::custom("not an object, such as {\"witness\":{\"name\":\"…\"}}")
}

/// One value inside, which may be a field or hold some.
struct Leaf<'p> {
    private: &'p mut Private,
    pointer: Zeroizing<String>,
}

impl Leaf<'_> {
    fn put<E: de::Error>(self, value: String) -> Result<(), E> {
        self.private.put(Field { pointer: self.pointer, value: Zeroizing::new(value) }).map_err(E::custom)
    }

    fn inside(&mut self, token: &str) -> Leaf<'_> {
        let token = Zeroizing::new(token.replace('~', "~0").replace('/', "~1"));
        let pointer = Zeroizing::new(format!("{}/{}", self.pointer.as_str(), token.as_str()));
        Leaf { private: self.private, pointer }
    }

    /// Takes in an object's members and tells how many there were.
    fn take_members<'de, A: MapAccess<'de>>(&mut self, mut map: A) -> Result<usize, A::Error> {
        let mut members = 0;
        while let Some(key) = map.next_key::<String>()?.map(Zeroizing::new) {
            map.next_value_seed(self.inside(&key))?;
            members += 1;
        }
        Ok(members)
    }
}

impl<'de> DeserializeSeed<'de> for Leaf<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Leaf<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a whole number, true, false, null, an object or a list")
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        self.put("null".to_owned())
    }

    fn visit_none<E: de::Error>(self) -> Result<(), E> {
        self.put("null".to_owned())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<(), E> {
        self.put(value.to_string())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<(), E> {
        self.put(value.to_string())
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<(), E> {
        self.put(value.to_string())
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<(), E> {
        // The reader's own message would repeat the number.
        Err(E::custom(format_args!("a number with a fraction or an exponent at {}", self.pointer.as_str())))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<(), E> {
        let value = serde_json::to_string(value).map_err(E::custom)?;
        self.put(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        let mut index = 0_usize;
        while items.next_element_seed(self.inside(&index.to_string()))?.is_some() {
            index += 1;
        }
        if index == 0 { self.put("[]".to_owned()) } else { Ok(()) }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, map: A) -> Result<(), A::Error> {
        let members = self.take_members(map)?;
        if members == 0 { self.put("{}".to_owned()) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(json: &str) -> Vec<(String, String)> {
        let private = Private::read(json).unwrap();
        private.iter().map(|(pointer, value)| (pointer.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn objects_and_lists_are_taken_apart_into_fields() {
        let read = fields(
            r#"{"victims":[{"name":"é"},{"name":"\u00e9"}],"witness":{"a/b":1,"m~n":null},"seen":true,"tags":[],"x":{}}"#,
        );
        let expected = [
            ("/seen", "true"),
            ("/tags", "[]"),
            ("/victims/0/name", "\"é\""),
            ("/victims/1/name", "\"é\""),
            ("/witness/a~1b", "1"),
            ("/witness/m~0n", "null"),
            ("/x", "{}"),
        ];
        assert_eq!(read, expected.map(|(pointer, value)| (pointer.to_owned(), value.to_owned())));
        assert!(fields("{}").is_empty());
    }

    #[test]
    fn what_is_no_object_or_has_a_fraction_is_refused_without_repeating_it() {
        let secret = "Aram";
        for wrong in
            ["[\"Aram\"]", "\"Aram\"", "{\"lat\":4044.5}", "{\"a\":4044,\"a\":\"Aram\"}", "4044", "{\"a\":\"Aram\"} x"]
        {
            let error = Private::read(wrong).unwrap_err().to_string();
            assert!(!error.contains(secret) && !error.contains("4044"), "{error}");
        }
    }

    #[test]
    fn a_field_is_not_given_twice_nor_inside_another() {
        let mut private = Private::default();
        private.put_text("/witness/name", "A").unwrap();
        for pointer in ["/witness/name", "/witness", "/witness/name/first"] {
            let error = private.put_text(pointer, "B").unwrap_err();
            assert!(matches!(&error, PrivateError::Twice { pointer: named } if named == pointer), "{error}");
        }
        private.put_text("/witness/names", "C").unwrap();
        for pointer in ["witness", "", "/a~2"] {
            assert!(matches!(private.put_text(pointer, "B"), Err(PrivateError::Pointer { .. })), "{pointer}");
        }
        assert_eq!(format!("{private:?}"), "Private(2 fields)");
    }

    #[test]
    fn thirty_two_fields_are_sealed_and_one_more_is_not() {
        let mut private = Private::default();
        (0..32).for_each(|number| private.put_text(&format!("/{number}"), "x").unwrap());
        assert!(private.check().is_ok());
        private.put_text("/32", "x").unwrap();
        assert!(matches!(private.check(), Err(PrivateError::TooMany { actual: 33 })));
    }
}
