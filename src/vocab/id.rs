//! Ids: ASCII slugs, one type for each kind of thing they name.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The longest id, in bytes.
pub const ID_MAX_BYTES: usize = 64;

/// Says that a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an id: letters, digits, `.`, `-` and `_`, at most 64, starting with a letter or digit")]
pub struct IdError {
    /// The text, with anything but printable ASCII escaped and cut short.
    pub text: String,
}

fn check_slug(text: &str) -> Result<(), IdError> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let fits = (1..=ID_MAX_BYTES).contains(&text.len())
        && text.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric)
        && text.as_bytes().iter().all(plain);
    if fits { Ok(()) } else { Err(IdError { text: text.chars().take(40).flat_map(char::escape_default).collect() }) }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// Checks and wraps a text.
            ///
            /// # Errors
            /// [`IdError`] where it is not an ASCII slug of 1 to 64 bytes.
            pub fn new(text: &str) -> Result<Self, IdError> {
                check_slug(text)?;
                Ok(Self(text.into()))
            }

            /// Gives the id's text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor;
                impl de::Visitor<'_> for Visitor {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("an id")
                    }
                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$name, E> {
                        $name::new(text).map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(Visitor)
            }
        }

        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$" })
            }
        }
    )*};
}

ids! {
    /// Names an actor: a state, an armed group, an organ of either, a person in office, an outlet, a monitor.
    ActorId
    /// Names a place.
    PlaceId
    /// Names a ceasefire.
    CeasefireId
    /// Names an incident: one thing that is said to have happened.
    IncidentId
    /// Names a counter: a running number that somebody keeps and publishes.
    CounterId
    /// Names a process: a mediation, a meeting, a mechanism.
    ProcessId
    /// Names a submitter's signing key.
    KeyId
    /// Names a piece of work of an assessor.
    CaseId
}
