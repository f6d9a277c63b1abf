//! What a reader says when it refuses a value, turned into a stable code, a pointer and a suggestion.

use serde_path_to_error::{Path, Segment};

use crate::vocab::{Code, Fault, Pointer};

/// What a reader of JSON or YAML said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Its message, worded as serde words it.
    pub(super) message: String,
    /// The line and column where it stopped, from 1.
    pub(super) place: Option<(usize, usize)>,
    /// The code, where the reader tells more than its message.
    pub(super) code: Option<Code>,
}

impl Refusal {
    pub(super) fn from_json(error: &serde_json::Error) -> Self {
        let message = error.to_string();
        // The place is given apart from the message.
        let end = message.rfind(" at line ").unwrap_or(message.len());
        let message = message.get(..end).unwrap_or_default().to_owned();
        let place = (error.line() > 0).then(|| (error.line(), error.column().max(1)));
        Self { message, place, code: None }
    }
}

/// What a message of serde's means.
struct Meaning {
    code: Code,
    what: String,
    /// The member that the message names beyond the path.
    member: Option<String>,
    suggestion: Option<String>,
}

impl Meaning {
    fn plain(code: Code, what: &str) -> Self {
        Self { code, what: what.to_owned(), member: None, suggestion: None }
    }
}

/// Turns a refusal into a fault at a pointer into the body.
pub(super) fn fault_of(refusal: &Refusal, path: &Path, base: &Pointer) -> Fault {
    let mut meaning = meaning_of(&refusal.message);
    let mut pointer = base.clone();
    for segment in path {
        pointer = match segment {
            Segment::Map { key } => pointer.member(key),
            Segment::Seq { index } => pointer.item(*index),
            Segment::Enum { variant } => pointer.member(variant),
            Segment::Unknown => pointer,
        };
    }
    if let Some(member) = meaning.member.take() {
        let last = pointer.as_str().rsplit('/').next() == Some(member.as_str());
        let named_already = last && meaning.code != Code::MissingField;
        pointer = if named_already { pointer } else { pointer.member(&member) };
    }
    let mut code = refusal.code.unwrap_or(meaning.code);
    if code == Code::BadText && pointer.as_str().contains("/names/") {
        code = Code::BadName;
    }
    if code == Code::MissingField && pointer == base.member("source") {
        code = Code::SourceMissing;
    }
    Fault::new(code, pointer, meaning.what).suggesting(meaning.suggestion)
}

fn meaning_of(message: &str) -> Meaning {
    let begins = |start: &str| message.starts_with(start);
    let holds = |part: &str| message.contains(part);
    if begins("unknown field ") {
        let (field, known) = quoted(message);
        let suggestion = nearest(&field, known.iter().map(String::as_str));
        let what = format!("`{field}` is no field here");
        return Meaning { code: Code::UnknownField, what, member: Some(field), suggestion };
    }
    if begins("missing field ") {
        let (field, _) = quoted(message);
        return Meaning { member: Some(field), ..Meaning::plain(Code::MissingField, message) };
    }
    if begins("duplicate field ") {
        let (field, _) = quoted(message);
        return Meaning { member: Some(field), ..Meaning::plain(Code::DuplicateKey, message) };
    }
    if begins("unknown variant ") {
        let (word, known) = quoted(message);
        let suggestion = nearest(&word, known.iter().map(String::as_str));
        let what = format!("`{word}` is not one of: {}", known.join(", "));
        return Meaning { suggestion, ..Meaning::plain(Code::UnknownChoice, &what) };
    }
    let code = if holds("is not an id") {
        Code::BadId
    } else if begins("text too long") {
        Code::TextTooLong
    } else if begins("the text is empty") || holds("is not allowed here") || holds("Unicode normal form C") {
        Code::BadText
    } else if holds("BCP 47") && !begins("invalid type") {
        Code::BadLanguage
    } else if begins("not an RFC 3339") || begins("the year is outside") || begins("finer than a microsecond") {
        Code::BadTime
    } else if holds("64 lower-case hexadecimal digits") {
        Code::BadHash
    } else if begins("an event begins with") {
        Code::EventHead
    } else if begins("unknown event type") {
        Code::UnknownEvent
    } else if begins("invalid type: floating point") {
        Code::FloatNumber
    } else {
        Code::WrongType
    };
    Meaning::plain(code, message)
}

/// Gives the first word in backticks, and the ones after it.
fn quoted(message: &str) -> (String, Vec<String>) {
    let mut words = message.split('`').skip(1).step_by(2).map(ToOwned::to_owned);
    (words.next().unwrap_or_default(), words.collect())
}

/// Finds the word that was most likely meant, if one is near.
pub(super) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let word = word.to_lowercase();
    let likeness = |candidate: &str| strsim::jaro_winkler(&word, &candidate.to_lowercase());
    let (likeness, candidate) = known.map(|known| (likeness(known), known)).max_by(|a, b| a.0.total_cmp(&b.0))?;
    (likeness >= 0.8).then(|| candidate.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suggestion_is_made_only_where_a_word_is_near() {
        let known = ["wounded", "killed", "missing"];
        assert_eq!(nearest("wounnded", known.into_iter()).as_deref(), Some("wounded"));
        assert_eq!(nearest("Wounded", known.into_iter()).as_deref(), Some("wounded"));
        assert_eq!(nearest("zeppelin", known.into_iter()), None);
    }
}
