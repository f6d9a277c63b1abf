//! One record as one line, with exactly one way to write it.

use serde::de::IgnoredAny;

use super::RecordHash;
use super::fields::{Fields, SIGNATURE_CHARS, is_canonical_signature};
use crate::vocab::hex::hex_digits;
use crate::vocab::{Instant, Seq};

/// The longest record in bytes, newline not counted: the entry limit of C2SP tiles (FORMAT.md §2).
pub const MAX_RECORD_BYTES: usize = 65_535;

const SEQ: &str = r#"{"seq":"#;
const PREV: &str = r#","prev":""#;
const AT: &str = r#"","at":""#;
const END: &str = r#"","end":"#;
const BODY: &str = r#","body":"#;
const SIGNATURE: &str = r#","sig":""#;
const SIGNATURE_END: &str = r#""}"#;
/// Bytes of a line after the body where there is a signature.
const SIGNED_TAIL: usize = SIGNATURE.len() + SIGNATURE_CHARS + SIGNATURE_END.len();

/// A record taken apart, its texts borrowed from the line (FORMAT.md §2).
///
/// `decode` and `encode` are each other's inverse: what one accepts, the other gives back byte for byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// The position, from 1.
    pub seq: Seq,
    /// The hash of the record before; [`RecordHash::ZERO`] in record 1.
    pub prev: RecordHash,
    /// The recording time.
    pub at: Instant,
    /// The last position of the batch this record was appended in; not below `seq`.
    pub end: Seq,
    /// The submitter's bytes: one JSON object without line breaks.
    pub body: &'a str,
    /// The base64 form of the submitter's 64-byte signature, where there is one.
    pub signature: Option<&'a str>,
}

/// Says why a record cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// Positions count from 1 and the batch must not end before the record.
    #[error("position {seq} does not fit into a batch that ends at {end}")]
    Position {
        /// The record's position.
        seq: Seq,
        /// The end of its batch.
        end: Seq,
    },
    /// The body is not exactly one JSON object.
    #[error("the body is not one JSON object: byte {offset}")]
    Body {
        /// Where, in bytes from the start of the body.
        offset: usize,
    },
    /// The body holds a raw line feed or carriage return.
    #[error("the body has a line break at byte {offset}")]
    LineBreak {
        /// Where, in bytes from the start of the body.
        offset: usize,
    },
    /// The signature is not the canonical base64 form of 64 bytes.
    #[error("the signature is not 64 bytes in canonical base64")]
    Signature,
    /// The line would be longer than [`MAX_RECORD_BYTES`].
    #[error("the record would have {bytes} bytes, the most is {MAX_RECORD_BYTES}")]
    TooLong {
        /// How long the line would be, newline not counted.
        bytes: usize,
    },
}

/// Says why a line is not a record. Offsets count bytes from the start of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The line is longer than [`MAX_RECORD_BYTES`].
    #[error("the line has {bytes} bytes, the most is {MAX_RECORD_BYTES}")]
    TooLong {
        /// The length of the line.
        bytes: usize,
    },
    /// The line is not UTF-8.
    #[error("not UTF-8 at byte {offset}")]
    NotUtf8 {
        /// The first byte that is not.
        offset: usize,
    },
    /// A fixed part of the envelope is not there.
    #[error("byte {offset} is not part of {expected:?}")]
    Literal {
        /// The first byte that differs.
        offset: usize,
        /// The fixed part.
        expected: &'static str,
    },
    /// `seq` or `end` is not a decimal number from 1 to 2^64−1 without leading zeros.
    #[error("no position at byte {offset}")]
    Position {
        /// Where the number should start.
        offset: usize,
    },
    /// `prev` is not 64 lower-case hex digits.
    #[error("no record hash at byte {offset}")]
    Hash {
        /// Where the digits should start.
        offset: usize,
    },
    /// `at` is not a moment of the calendar in UTC with six fraction digits.
    #[error("no recording time at byte {offset}")]
    Time {
        /// Where the time should start.
        offset: usize,
    },
    /// `end` is below `seq`.
    #[error("the batch ends before the record, at byte {offset}")]
    EndBeforeSeq {
        /// Where `end` stands.
        offset: usize,
    },
    /// The body is not exactly one JSON object.
    #[error("the body is not one JSON object: byte {offset}")]
    Body {
        /// Where it breaks.
        offset: usize,
    },
    /// The line holds a raw line feed or carriage return.
    #[error("a line break at byte {offset}")]
    LineBreak {
        /// Where it stands.
        offset: usize,
    },
    /// `sig` is not the canonical base64 form of 64 bytes.
    #[error("no signature of 64 bytes in canonical base64 at byte {offset}")]
    Signature {
        /// Where it should start.
        offset: usize,
    },
}

impl<'a> Envelope<'a> {
    /// Writes the line, without a newline.
    ///
    /// # Errors
    /// [`EncodeError`] where [`Envelope::decode`] would refuse the line.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        check_frame(self.body).and_then(|()| check_grammar(self.body)).map_err(BodyFault::into_encode_error)?;
        self.encode_around()
    }

    /// Writes the line as [`Envelope::encode`] does, but looks only whether the body is in braces and on one line: for
    /// callers who have read the body themselves, to its end and as an object.
    ///
    /// # Errors
    /// As [`Envelope::encode`].
    pub fn encode_frame(&self) -> Result<Vec<u8>, EncodeError> {
        check_frame(self.body).and_then(|()| check_end(self.body)).map_err(BodyFault::into_encode_error)?;
        self.encode_around()
    }

    fn encode_around(&self) -> Result<Vec<u8>, EncodeError> {
        if self.seq == Seq::NONE || self.end < self.seq {
            return Err(EncodeError::Position { seq: self.seq, end: self.end });
        }
        if self.signature.is_some_and(|text| !is_signature(text)) {
            return Err(EncodeError::Signature);
        }
        let line = self.write();
        if line.len() > MAX_RECORD_BYTES { Err(EncodeError::TooLong { bytes: line.len() }) } else { Ok(line) }
    }

    /// Reads a line that comes without its newline.
    ///
    /// Accepts it only if [`Envelope::encode`] gives back the same bytes. Of the body only the JSON grammar is checked;
    /// duplicate keys and the other input rules are [`check_json`](super::check_json)'s.
    ///
    /// # Errors
    /// [`DecodeError`] with the byte at which the line stops being a record.
    pub fn decode(line: &'a [u8]) -> Result<Self, DecodeError> {
        let (envelope, body_at) = Self::framed(line)?;
        check_grammar(envelope.body).map_err(|fault| fault.into_decode_error(body_at))?;
        Ok(envelope)
    }

    /// Reads a line as [`Envelope::decode`] does, but of its body only that it is in braces and on one line: for callers who
    /// read the body themselves, which finds what the grammar would.
    ///
    /// # Errors
    /// [`DecodeError`] with the byte at which the line stops being a record.
    pub fn decode_frame(line: &'a [u8]) -> Result<Self, DecodeError> {
        Self::framed(line).map(|(envelope, _)| envelope)
    }

    /// Gives also where the body starts.
    fn framed(line: &'a [u8]) -> Result<(Self, usize), DecodeError> {
        if line.len() > MAX_RECORD_BYTES {
            return Err(DecodeError::TooLong { bytes: line.len() });
        }
        let text = std::str::from_utf8(line).map_err(|e| DecodeError::NotUtf8 { offset: e.valid_up_to() })?;
        Self::decode_text(text)
    }

    fn decode_text(text: &'a str) -> Result<(Self, usize), DecodeError> {
        let mut fields = Fields::new(text.as_bytes());
        fields.literal(SEQ)?;
        let seq = fields.position()?;
        fields.literal(PREV)?;
        let prev = fields.hash()?;
        fields.literal(AT)?;
        let at = fields.time()?;
        fields.literal(END)?;
        let end_offset = fields.offset();
        let end = fields.position()?;
        if end < seq {
            return Err(DecodeError::EndBeforeSeq { offset: end_offset });
        }
        fields.literal(BODY)?;
        let start = fields.offset();
        let (body, signature) = split_body(text, start)?;
        check_frame(body).map_err(|fault| fault.into_decode_error(start))?;
        Ok((Self { seq, prev, at, end, body, signature }, start))
    }

    fn write(&self) -> Vec<u8> {
        let mut line = Vec::with_capacity(self.body.len() + 320);
        line.extend_from_slice(SEQ.as_bytes());
        line.extend_from_slice(self.seq.to_string().as_bytes());
        line.extend_from_slice(PREV.as_bytes());
        line.extend_from_slice(&hex_digits(self.prev.as_bytes()));
        line.extend_from_slice(AT.as_bytes());
        line.extend_from_slice(self.at.to_record_time().as_bytes());
        line.extend_from_slice(END.as_bytes());
        line.extend_from_slice(self.end.to_string().as_bytes());
        line.extend_from_slice(BODY.as_bytes());
        line.extend_from_slice(self.body.as_bytes());
        if let Some(signature) = self.signature {
            line.extend_from_slice(SIGNATURE.as_bytes());
            line.extend_from_slice(signature.as_bytes());
            line.push(b'"');
        }
        line.push(b'}');
        line
    }
}

/// Tells whether a text is the canonical base64 form of a 64-byte signature: 88 characters with padding.
#[must_use]
pub fn is_signature(text: &str) -> bool {
    is_canonical_signature(text.as_bytes())
}

/// Parts the body from the signature: an object ends in `}` and a signature in `"`, so the last two bytes tell which.
fn split_body(text: &str, start: usize) -> Result<(&str, Option<&str>), DecodeError> {
    let last = text.len().saturating_sub(1);
    if text.ends_with("}}") {
        return Ok((text.get(start..last).unwrap_or_default(), None));
    }
    if !text.ends_with(SIGNATURE_END) {
        return Err(DecodeError::Literal { offset: last.max(start), expected: "}" });
    }
    let body_end = text.len().saturating_sub(SIGNED_TAIL).max(start);
    let mut tail = Fields::new(text.as_bytes().get(body_end..).unwrap_or_default());
    tail.literal(SIGNATURE).map_err(|_| DecodeError::Literal { offset: body_end, expected: SIGNATURE })?;
    let offset = body_end + SIGNATURE.len();
    let signature = text.get(offset..text.len() - SIGNATURE_END.len()).unwrap_or_default();
    if !is_signature(signature) {
        return Err(DecodeError::Signature { offset });
    }
    Ok((text.get(start..body_end).unwrap_or_default(), Some(signature)))
}

/// Where a body breaks, in bytes from its start.
enum BodyFault {
    NotAnObject(usize),
    LineBreak(usize),
}

impl BodyFault {
    const fn into_encode_error(self) -> EncodeError {
        match self {
            Self::NotAnObject(offset) => EncodeError::Body { offset },
            Self::LineBreak(offset) => EncodeError::LineBreak { offset },
        }
    }

    const fn into_decode_error(self, start: usize) -> DecodeError {
        match self {
            Self::NotAnObject(offset) => DecodeError::Body { offset: start + offset },
            Self::LineBreak(offset) => DecodeError::LineBreak { offset: start + offset },
        }
    }
}

/// A body is on one line and begins as an object does.
fn check_frame(body: &str) -> Result<(), BodyFault> {
    match memchr::memchr2(b'\n', b'\r', body.as_bytes()) {
        Some(offset) => Err(BodyFault::LineBreak(offset)),
        None if !body.starts_with('{') => Err(BodyFault::NotAnObject(0)),
        None => Ok(()),
    }
}

/// A body is exactly one JSON value; one in a frame, exactly one object.
fn check_grammar(body: &str) -> Result<(), BodyFault> {
    // Without line breaks the column is the byte, counted from 1.
    serde_json::from_str::<IgnoredAny>(body).map_err(|e| BodyFault::NotAnObject(e.column().saturating_sub(1)))?;
    check_end(body)
}

fn check_end(body: &str) -> Result<(), BodyFault> {
    if body.ends_with('}') { Ok(()) } else { Err(BodyFault::NotAnObject(body.trim_end().len())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope<'a>(body: &'a str, signature: Option<&'a str>) -> Envelope<'a> {
        let at = Instant::parse("2020-10-17T18:04:05.123456Z").unwrap();
        Envelope { seq: Seq::new(7), prev: RecordHash::ZERO, at, end: Seq::new(9), body, signature }
    }

    #[test]
    fn a_record_is_written_as_the_format_page_shows_it() {
        let line = String::from_utf8(envelope(r#"{"n":1}"#, None).encode().unwrap()).unwrap();
        let zeros = "0".repeat(64);
        let expected =
            format!(r#"{{"seq":7,"prev":"{zeros}","at":"2020-10-17T18:04:05.123456Z","end":9,"body":{{"n":1}}}}"#);
        assert_eq!(line, expected);
    }

    #[test]
    fn a_body_that_would_leave_its_place_is_refused_with_the_byte() {
        for (body, error) in [
            (r#"{"n":1},"x":{}"#, EncodeError::Body { offset: 7 }),
            ("{\"n\":\n1}", EncodeError::LineBreak { offset: 5 }),
            ("{\"n\":\r1}", EncodeError::LineBreak { offset: 5 }),
            (r#"{"n":1} "#, EncodeError::Body { offset: 7 }),
            (" {}", EncodeError::Body { offset: 0 }),
            ("[]", EncodeError::Body { offset: 0 }),
            ("", EncodeError::Body { offset: 0 }),
            (r#"{"n":}"#, EncodeError::Body { offset: 5 }),
        ] {
            assert_eq!(envelope(body, None).encode(), Err(error), "{body}");
        }
        for body in ["{\"n\":\n1}", r#"{"n":1} "#, " {}", "[]", ""] {
            assert_eq!(envelope(body, None).encode_frame(), envelope(body, None).encode(), "{body}");
        }
        assert_eq!(envelope("{}", Some("AAAA")).encode(), Err(EncodeError::Signature));
    }

    #[test]
    fn a_record_of_the_greatest_length_passes_and_one_byte_more_does_not() {
        let around = envelope(r#"{"n":""}"#, None).encode().unwrap().len();
        let fits = format!(r#"{{"n":"{}"}}"#, "x".repeat(MAX_RECORD_BYTES - around));
        let line = envelope(&fits, None).encode().unwrap();
        assert_eq!(line.len(), MAX_RECORD_BYTES);
        assert_eq!(Envelope::decode(&line).unwrap().body, fits);
        let over = format!(r#"{{"n":"{}"}}"#, "x".repeat(MAX_RECORD_BYTES - around + 1));
        assert_eq!(envelope(&over, None).encode(), Err(EncodeError::TooLong { bytes: MAX_RECORD_BYTES + 1 }));
        let mut long = line;
        long.insert(200, b'x');
        assert_eq!(Envelope::decode(&long), Err(DecodeError::TooLong { bytes: MAX_RECORD_BYTES + 1 }));
    }

    #[test]
    fn every_other_spelling_of_an_envelope_is_refused_at_its_byte() {
        let good = String::from_utf8(envelope(r#"{"n":1}"#, None).encode().unwrap()).unwrap();
        for (from, to, error) in [
            ("\"seq\":7", "\"seq\":07", DecodeError::Position { offset: 7 }),
            ("\"seq\":7", "\"seq\":0", DecodeError::Position { offset: 7 }),
            ("\"seq\":7", "\"seq\": 7", DecodeError::Position { offset: 7 }),
            ("\"seq\":7", "\"seq\":18446744073709551616", DecodeError::Position { offset: 7 }),
            ("\"seq\":7", "\"seq\":10", DecodeError::EndBeforeSeq { offset: 125 }),
            ("\"prev\":\"0", "\"prev\":\"A", DecodeError::Hash { offset: 17 }),
            ("05.123456Z", "05.12345Z", DecodeError::Time { offset: 89 }),
            ("\"end\":9", "\"end\":09", DecodeError::Position { offset: 124 }),
            ("\"body\":{\"n\":1}", "\"body\":{\"n\":1} ", DecodeError::Literal { offset: 141, expected: "}" }),
            ("\"body\":{\"n\":1}", "\"body\":{\"n\":1x}", DecodeError::Body { offset: 139 }),
        ] {
            let wrong = good.replacen(from, to, 1);
            assert_ne!(wrong, good);
            match (Envelope::decode(wrong.as_bytes()), error) {
                (Err(DecodeError::Literal { offset, .. }), DecodeError::Literal { offset: expected, .. }) => {
                    assert!(offset.abs_diff(expected) <= 1, "{wrong}: {offset}");
                }
                (found, error) => assert_eq!(found, Err(error), "{wrong}"),
            }
        }
    }

    #[test]
    fn a_signature_is_read_back_and_a_signature_look_alike_inside_the_body_stays_there() {
        let signature = format!("{}g==", "Z".repeat(85));
        let look_alike = format!(r#"{{"n":1,"sig":"{signature}"}}"#);
        for body in [r#"{"n":1}"#, &look_alike] {
            for sig in [None, Some(signature.as_str())] {
                let line = envelope(body, sig).encode().unwrap();
                assert_eq!(Envelope::decode(&line), Ok(envelope(body, sig)));
            }
        }
    }
}
