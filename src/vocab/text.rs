//! Texts: quotes kept byte for byte, labels and names kept clean.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use unicode_normalization::is_nfc;

use super::{Check, Code, Fault, Pointer};

/// The longest text, in bytes.
pub const TEXT_MAX_BYTES: usize = 16 * 1024;
/// The longest label and name, in bytes.
pub const LABEL_MAX_BYTES: usize = 512;

/// Free text of at most 16 KiB, stored byte for byte: quotes, summaries, reasons.
///
/// Whatever characters it holds stay as they are (invariant I13); showing it safely is the printer's work.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Box<str>);

/// A short text of one line: a kind as its source words it, a medium, an external id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(Box<str>);

/// A language tag (BCP 47), such as `ar`, `az-Latn` or `und`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lang(Box<str>);

/// Says why a text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// Longer than [`TEXT_MAX_BYTES`] or, for a label, [`LABEL_MAX_BYTES`].
    #[error("text too long: {bytes} bytes, at most {limit}")]
    TooLong {
        /// Its length in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// A label without a visible character.
    #[error("the text is empty")]
    Empty,
    /// A control character, or one that changes the direction of writing.
    #[error("the character U+{0:04X} is not allowed here")]
    Forbidden(u32),
    /// Not in Unicode normal form C.
    #[error("not in Unicode normal form C")]
    NotNormal,
    /// Not a language tag.
    #[error("not a BCP 47 language tag")]
    NotALanguage,
}

/// Tells whether a character turns the direction of the text around it (UAX #9 explicit formatting, and the marks).
#[must_use]
pub const fn is_bidi_control(character: char) -> bool {
    matches!(character, '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

const fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200C}' | '\u{200D}')
}

/// Finds the first character that a name or label may not hold. Joiners are allowed between two letters only.
fn forbidden_character(text: &str) -> Option<char> {
    let characters: Vec<char> = text.chars().collect();
    let letter = |index: Option<usize>| {
        index.and_then(|index| characters.get(index)).is_some_and(|character| character.is_alphabetic())
    };
    characters.iter().enumerate().find_map(|(index, &character)| {
        let stray_joiner = is_joiner(character) && !(letter(index.checked_sub(1)) && letter(index.checked_add(1)));
        let hidden = matches!(character, '\u{200B}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{00AD}');
        (character.is_control() || is_bidi_control(character) || stray_joiner || hidden).then_some(character)
    })
}

impl Text {
    /// Wraps a text of at most 16 KiB, byte for byte.
    ///
    /// # Errors
    /// [`TextError::TooLong`].
    pub fn new(text: &str) -> Result<Self, TextError> {
        if text.len() > TEXT_MAX_BYTES {
            return Err(TextError::TooLong { bytes: text.len(), limit: TEXT_MAX_BYTES });
        }
        Ok(Self(text.into()))
    }

    /// Gives the text, byte for byte as it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Label {
    /// Checks a label: one line of visible characters in normal form C, at most 512 bytes.
    ///
    /// # Errors
    /// Says why it was refused: see [`TextError`].
    pub fn new(text: &str) -> Result<Self, TextError> {
        if text.len() > LABEL_MAX_BYTES {
            return Err(TextError::TooLong { bytes: text.len(), limit: LABEL_MAX_BYTES });
        }
        if text.trim().is_empty() {
            return Err(TextError::Empty);
        }
        // Printable ASCII holds nothing that is forbidden and is in every normal form; each record has labels of it.
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return Ok(Self(text.into()));
        }
        if let Some(character) = forbidden_character(text) {
            return Err(TextError::Forbidden(character.into()));
        }
        if !is_nfc(text) {
            return Err(TextError::NotNormal);
        }
        Ok(Self(text.into()))
    }

    /// Gives the label's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Lang {
    /// Checks the form of a language tag (the registry is not consulted).
    ///
    /// # Errors
    /// [`TextError::NotALanguage`].
    pub fn new(text: &str) -> Result<Self, TextError> {
        let mut parts = text.split('-');
        let primary = parts.next().unwrap_or_default();
        let primary_fits = (2..=8).contains(&primary.len()) && primary.bytes().all(|byte| byte.is_ascii_alphabetic());
        let rest_fits =
            parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        if primary_fits && rest_fits && text.len() <= 35 { Ok(Self(text.into())) } else { Err(TextError::NotALanguage) }
    }

    /// Gives the tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! as_string {
    ($($name:ident, $expecting:literal, $limit:expr;)*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl std::str::FromStr for $name {
            type Err = TextError;
            fn from_str(text: &str) -> Result<Self, TextError> {
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
                        f.write_str($expecting)
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
                schemars::json_schema!({ "type": "string", "maxLength": $limit })
            }
        }
    )*};
}

as_string! {
    Text, "a text of at most 16 KiB", TEXT_MAX_BYTES;
    Label, "a short text", LABEL_MAX_BYTES;
    Lang, "a BCP 47 language tag", 35;
}

/// A name in one language and script.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Name {
    /// The language, `und` where it is not known.
    pub lang: Lang,
    /// The name in normal form C, without control or direction characters.
    pub text: Label,
}

/// The names of one thing: one in each language, none twice, at least one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Names(Vec<Name>);

impl Names {
    /// Collects names; whether they fit is for [`Check::check`].
    #[must_use]
    pub const fn new(names: Vec<Name>) -> Self {
        Self(names)
    }

    /// Walks the names in the order they were given.
    pub fn iter(&self) -> impl Iterator<Item = &Name> {
        self.0.iter()
    }

    /// Chooses the name in a language, else in English, else the first.
    #[must_use]
    pub fn in_language(&self, lang: &str) -> Option<&Name> {
        let find = |wanted: &str| self.0.iter().find(|name| name.lang.as_str().eq_ignore_ascii_case(wanted));
        find(lang).or_else(|| find("en")).or_else(|| self.0.first())
    }
}

impl Check for Names {
    fn check(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        if self.0.is_empty() {
            faults.push(Fault::new(Code::EmptyList, at.clone(), "no name is given"));
        }
        for (index, name) in self.0.iter().enumerate() {
            if self.0.iter().take(index).any(|earlier| earlier.lang == name.lang) {
                let what = format!("two names are given for the language {}", name.lang);
                faults.push(Fault::new(Code::BadName, at.item(index).member("lang"), what));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_refuses_direction_overrides_and_stray_joiners() {
        assert_eq!(Label::new("Arm\u{202E}enia"), Err(TextError::Forbidden(0x202E)));
        assert_eq!(Label::new("Arm\u{200D}"), Err(TextError::Forbidden(0x200D)));
        assert_eq!(Label::new("e\u{301}"), Err(TextError::NotNormal));
        assert_eq!(Label::new("  "), Err(TextError::Empty));
    }

    #[test]
    fn a_joiner_between_letters_stays() {
        assert!(Label::new("می\u{200C}خواهم").is_ok());
    }

    #[test]
    fn language_tags_are_checked_by_form() {
        assert!(Lang::new("az-Latn").is_ok());
        assert_eq!(Lang::new("arabic language"), Err(TextError::NotALanguage));
        assert_eq!(Lang::new("a"), Err(TextError::NotALanguage));
    }
}
