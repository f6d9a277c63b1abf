//! YAML: read into the same types as JSON, with everything switched off that JSON does not have.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::{AliasLimits, DuplicateKeyPolicy, MergeKeyPolicy};
use serde_saphyr::{Error, Location, Options, Spanned};

use super::wording::Refusal;
use crate::vocab::Code;

/// No aliases, merges or own tags: what stands in the file is what is meant, and it stays as short as it looks.
fn options() -> Options {
    let mut aliases = AliasLimits::default();
    aliases.max_total_replayed_events = 0;
    aliases.max_alias_expansions_per_anchor = 0;
    serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::Error,
        merge_keys: MergeKeyPolicy::Error,
        alias_limits: aliases,
        strict_booleans: true,
        reject_unsupported_tags: true,
        reject_tagged_field_names: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
    }
}

/// Reads one document.
pub(super) fn read<'de, S: DeserializeSeed<'de>>(text: &'de str, seed: S) -> Result<S::Value, Refusal> {
    serde_saphyr::with_deserializer_from_str_with_options(text, options(), |reader| seed.deserialize(reader))
        .map_err(|error| refusal(&error))
}

/// Finds the line and column where the value that a JSON pointer names starts.
pub(super) fn locate(text: &str, pointer: &str) -> Option<(usize, usize)> {
    let root: Spanned<Node> = serde_saphyr::from_str_with_options(text, options()).ok()?;
    position(root.find(pointer)?.referenced)
}

/// What is behind a refusal that the types alone do not explain.
#[derive(Debug)]
pub(super) enum Behind {
    /// The text is not YAML at all, or has what is switched off.
    Syntax(Refusal),
    /// The value is a number with a fraction or an exponent.
    Float,
    /// The value is of another type.
    Other,
}

/// Looks behind the refusal of a value that a pointer names.
pub(super) fn behind(text: &str, pointer: &str) -> Behind {
    let root: Result<Spanned<Node>, Error> = serde_saphyr::from_str_with_options(text, options());
    match root {
        Err(error) => Behind::Syntax(refusal(&error)),
        Ok(root) if root.find(pointer).is_some_and(|node| matches!(node.value, Node::Float)) => Behind::Float,
        Ok(_) => Behind::Other,
    }
}

fn position(location: Location) -> Option<(usize, usize)> {
    let (line, column) = (location.line().try_into().ok()?, location.column().try_into().ok()?);
    (line > 0).then_some((line, column))
}

/// Words the reader's own errors as serde does, so that one table turns both into codes.
fn refusal(error: &Error) -> Refusal {
    let expected = |known: &[&str]| known.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    let (message, code) = match error.without_snippet() {
        Error::Message { .. } => (first_line(error), None),
        Error::SerdeUnknownField { field, expected: known, .. } => {
            (format!("unknown field `{field}`, expected one of {}", expected(known)), None)
        }
        Error::SerdeUnknownVariant { variant, expected: known, .. } => {
            (format!("unknown variant `{variant}`, expected one of {}", expected(known)), None)
        }
        Error::SerdeMissingField { field, .. } => (format!("missing field `{field}`"), None),
        Error::SerdeInvalidType { unexpected, expected, .. } => {
            (format!("invalid type: {unexpected}, expected {expected}"), None)
        }
        Error::SerdeInvalidValue { unexpected, expected, .. } => {
            (format!("invalid value: {unexpected}, expected {expected}"), None)
        }
        Error::DuplicateMappingKey { key, .. } => {
            let key = key.as_deref().unwrap_or("?");
            (format!("duplicate field `{key}`"), Some(Code::DuplicateKey))
        }
        Error::AliasReplayLimitExceeded { .. } | Error::AliasExpansionLimitExceeded { .. } => {
            ("an alias stands here; write the value itself".to_owned(), Some(Code::JsonSyntax))
        }
        Error::MultipleDocuments { .. } => ("another document begins".to_owned(), Some(Code::TrailingBytes)),
        other @ (Error::Eof { .. }
        | Error::UnexpectedSequenceEnd { .. }
        | Error::UnexpectedMappingEnd { .. }
        | Error::ContainerEndMismatch { .. }
        | Error::FoldedBlockScalarMustIndentContent { .. }
        | Error::IndentationError { .. }
        | Error::UnknownAnchor { .. }
        | Error::MergeKeyNotAllowed { .. }
        | Error::UnsupportedTag { .. }
        | Error::TaggedStructFieldName { .. }) => (first_line(other), Some(Code::JsonSyntax)),
        other @ Error::Budget { .. } => (first_line(other), Some(Code::TooDeep)),
        other => (first_line(other), None),
    };
    Refusal { message, place: error.location().and_then(position), code }
}

fn first_line(error: &Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    // The place is given apart from the message.
    line.get(..line.find(" at line ").unwrap_or(line.len())).unwrap_or_default().to_owned()
}

/// A document as it stands, for its places alone.
enum Node {
    Map(Vec<(String, Spanned<Node>)>),
    List(Vec<Spanned<Node>>),
    Float,
    Other,
}

trait Find {
    fn find(&self, pointer: &str) -> Option<&Spanned<Node>>;
}

impl Find for Spanned<Node> {
    fn find(&self, pointer: &str) -> Option<&Spanned<Node>> {
        let mut node = self;
        for token in pointer.split('/').skip(1) {
            let token = token.replace("~1", "/").replace("~0", "~");
            node = match &node.value {
                Node::Map(members) => members.iter().find(|(key, _)| *key == token).map(|(_, value)| value)?,
                Node::List(items) => items.get(token.parse::<usize>().ok()?)?,
                Node::Float | Node::Other => return None,
            };
        }
        Some(node)
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Float)
    }

    fn visit_str<E>(self, _: &str) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Node::Map(members))
    }
}
