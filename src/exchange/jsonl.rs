//! Native events as JSON lines: one body a line, its bytes kept as they are; signed ones in their envelopes.
//!
//! A blank line and one that begins with `#` hold nothing: a file of refused lines says in such lines why.

use super::submission::{is_envelope, read_envelope};
use crate::proof::BodySignature;
use crate::record::{Body, JsonFaultKind, check_json_bytes};
use crate::vocab::{Code, Fault, Pointer};

/// One line of a file, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyLine {
    /// The line's number, from 1.
    pub line: usize,
    /// The body.
    pub body: Body,
    /// Its bytes.
    pub text: String,
    /// The signature that came with it.
    pub signature: Option<BodySignature>,
}

/// One line of a file that is not a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineFault {
    /// The line's number, from 1.
    pub line: usize,
    /// The column in characters, from 1, where it is known.
    pub column: Option<usize>,
    /// What is wrong, with the pointer into the body.
    pub fault: Fault,
}

/// Reads every line that is not blank. A line ends in a newline; a carriage return before it is not part of it.
pub fn read_lines(bytes: &[u8]) -> impl Iterator<Item = Result<BodyLine, LineFault>> {
    bytes
        .split(|byte| *byte == b'\n')
        .enumerate()
        .map(|(index, line)| (index + 1, line.strip_suffix(b"\r").unwrap_or(line)))
        .filter_map(|(number, line)| line_body(number, line))
}

/// Reads one line; nothing where it holds nothing.
pub(crate) fn line_body(number: usize, line: &[u8]) -> Option<Result<BodyLine, LineFault>> {
    let read = |line| if is_envelope(line) { read_envelope(number, line) } else { read_body(number, line) };
    (!holds_nothing(line)).then(|| read(line))
}

fn holds_nothing(line: &[u8]) -> bool {
    line.starts_with(b"#") || line.iter().all(u8::is_ascii_whitespace)
}

/// Reads a body that nobody signed.
pub(super) fn read_body(number: usize, bytes: &[u8]) -> Result<BodyLine, LineFault> {
    let text = check_json_bytes(bytes).map_err(|fault| LineFault {
        line: number,
        column: Some(fault.column),
        fault: Fault::new(code_of(fault.kind), Pointer::from_text(fault.pointer.clone()), fault.detail.clone()),
    })?;
    let mut reader = serde_json::Deserializer::from_str(text);
    match serde_path_to_error::deserialize::<_, Body>(&mut reader) {
        Ok(body) => Ok(BodyLine { line: number, body, text: text.to_owned(), signature: None }),
        Err(error) => {
            let pointer: String = error.path().iter().map(pointer_step).collect();
            let column = error.inner().column();
            let what = without_position(&error.inner().to_string());
            let fault = Fault::new(typed_code(&what), Pointer::from_text(pointer), what);
            Err(LineFault { line: number, column: (column > 0).then_some(column), fault })
        }
    }
}

pub(crate) fn pointer_step(segment: &serde_path_to_error::Segment) -> String {
    use serde_path_to_error::Segment;
    match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{key}"),
        Segment::Enum { variant } => format!("/{variant}"),
        Segment::Unknown => String::new(),
    }
}

/// `serde_json` ends its messages with the position, which is said apart.
fn without_position(message: &str) -> String {
    message.rsplit_once(" at line ").map_or(message, |(what, _)| what).to_owned()
}

/// Gives the stable code of what the typed reader says.
#[must_use]
pub fn typed_code(message: &str) -> Code {
    let prefixes = [
        ("unknown field", Code::UnknownField),
        ("missing field", Code::MissingField),
        ("duplicate field", Code::DuplicateKey),
        ("unknown variant", Code::UnknownChoice),
        ("an event begins with", Code::EventHead),
        ("unknown event type", Code::UnknownEvent),
        ("invalid type: floating point", Code::FloatNumber),
        ("text too long", Code::TextTooLong),
        ("not an RFC 3339", Code::BadTime),
        ("the character U+", Code::BadName),
        ("not in Unicode normal form", Code::BadName),
        ("not a BCP 47", Code::BadLanguage),
    ];
    let known = prefixes.iter().find(|(prefix, _)| message.starts_with(prefix)).map(|(_, code)| *code);
    known.unwrap_or_else(|| if message.contains("is not an id") { Code::BadId } else { Code::WrongType })
}

/// Gives the stable code of a breach of the input rules.
#[must_use]
pub const fn code_of(kind: JsonFaultKind) -> Code {
    match kind {
        JsonFaultKind::NotUtf8 => Code::NotUtf8,
        JsonFaultKind::ByteOrderMark => Code::ByteOrderMark,
        JsonFaultKind::TrailingBytes => Code::TrailingBytes,
        JsonFaultKind::DuplicateKey => Code::DuplicateKey,
        JsonFaultKind::Float => Code::FloatNumber,
        JsonFaultKind::IntegerTooLarge => Code::IntegerTooLarge,
        JsonFaultKind::TooDeep => Code::TooDeep,
        JsonFaultKind::TextTooLong => Code::TextTooLong,
        JsonFaultKind::RecordTooLong => Code::RecordTooLong,
        JsonFaultKind::LoneSurrogate => Code::LoneSurrogate,
        _ => Code::JsonSyntax,
    }
}
