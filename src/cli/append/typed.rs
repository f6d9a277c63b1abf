//! What a user typed after a flag, and how it reads: every refusal names its flag and its code.

use std::marker::PhantomData;
use std::str::FromStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};

use super::wording::nearest;
use crate::event::{
    Act, ActorKind, Attendance, CeasefireKind, Claiming, FindingOutcome, FireDirection, Legal, MendedBy, ProcessKind,
    ResponseScope, Role, ScopeBasis, Stance, StatementKind, Step, VerificationStep,
};
use crate::vocab::{
    ActorId, CeasefireId, ChoiceError, Code, CounterId, Credibility, Digest32, IncidentId, Instant, KeyId, Label, Lang,
    Level, Outcome, PlaceId, ProcessId, RecordRef, Reliability, Seq, Share, Text, TextError, Unit, WHOLE_MAX, Who,
};

/// Why a typed value was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unreadable {
    pub(super) code: Code,
    pub(super) what: String,
    pub(super) suggestion: Option<String>,
    pub(super) hint: Option<&'static str>,
}

impl Unreadable {
    pub(super) fn new(code: Code, what: impl Into<String>) -> Self {
        Self { code, what: what.into(), suggestion: None, hint: None }
    }

    pub(super) fn hint(mut self, hint: &'static str) -> Self {
        self.hint = Some(hint);
        self
    }
}

/// Values that one flag holds.
pub(super) trait Typed: Sized {
    /// Reads what was typed.
    fn typed(text: &str) -> Result<Self, Unreadable>;
}

macro_rules! typed_ids {
    ($($id:ident)*) => {$(
        impl Typed for $id {
            fn typed(text: &str) -> Result<Self, Unreadable> {
                Self::new(text).map_err(|error| Unreadable::new(Code::BadId, error.to_string()))
            }
        }
    )*};
}

typed_ids!(ActorId PlaceId CeasefireId IncidentId CounterId ProcessId KeyId);

/// Codes of a closed list.
pub(super) trait Choice: FromStr<Err = ChoiceError> + Send + Sync + 'static {
    /// Every code, as it is typed.
    fn words() -> Vec<&'static str>;
}

macro_rules! typed_choices {
    ($($choice:ident)*) => {$(
        impl Choice for $choice {
            fn words() -> Vec<&'static str> {
                Self::ALL.iter().map(|choice| choice.as_str()).collect()
            }
        }

        impl Typed for $choice {
            fn typed(text: &str) -> Result<Self, Unreadable> {
                text.parse().map_err(|error: ChoiceError| Unreadable {
                    suggestion: nearest(text, Self::words().into_iter()),
                    ..Unreadable::new(Code::UnknownChoice, error.to_string())
                })
            }
        }
    )*};
}

typed_choices! {
    Act ActorKind Attendance CeasefireKind Claiming Credibility FindingOutcome FireDirection Legal Level MendedBy
    Outcome ProcessKind Reliability ResponseScope Role ScopeBasis Share Stance StatementKind Step Unit
    VerificationStep Who
}

fn text_code(error: TextError) -> Code {
    match error {
        TextError::NotALanguage => Code::BadLanguage,
        _ => Code::BadText,
    }
}

impl Typed for Text {
    fn typed(text: &str) -> Result<Self, Unreadable> {
        Self::new(text).map_err(|error| Unreadable::new(Code::TextTooLong, error.to_string()))
    }
}

impl Typed for Label {
    fn typed(text: &str) -> Result<Self, Unreadable> {
        Self::new(text).map_err(|error| Unreadable::new(text_code(error), error.to_string()))
    }
}

impl Typed for Lang {
    fn typed(text: &str) -> Result<Self, Unreadable> {
        Self::new(text).map_err(|error| Unreadable::new(text_code(error), format!("`{text}` is {error}")))
    }
}

impl Typed for Digest32 {
    fn typed(text: &str) -> Result<Self, Unreadable> {
        Self::parse(text)
            .ok_or_else(|| Unreadable::new(Code::BadHash, "not 64 lower-case hexadecimal digits"))
            .map_err(|error| error.hint("b3sum FILE and sha256sum FILE print them"))
    }
}

impl Typed for Instant {
    fn typed(text: &str) -> Result<Self, Unreadable> {
        Self::parse(text)
            .map_err(|error| Unreadable::new(Code::BadTime, format!("`{text}`: {error}")))
            .map_err(|error| error.hint("write it with its zone: 2020-10-17T18:04:05+04:00"))
    }
}

impl Typed for u64 {
    fn typed(text: &str) -> Result<Self, Unreadable> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits {
            return Err(Unreadable::new(Code::WrongType, format!("`{text}` is not a whole number")));
        }
        let number = text.parse().ok().filter(|&number: &Self| number <= WHOLE_MAX);
        number.ok_or_else(|| Unreadable::new(Code::IntegerTooLarge, format!("`{text}` is beyond 2^53 − 1")))
    }
}

/// Degrees from north, 0 to 359.
impl Typed for u16 {
    fn typed(text: &str) -> Result<Self, Unreadable> {
        let degrees = u64::typed(text)?;
        Self::try_from(degrees).ok().filter(|&degrees| degrees < 360).ok_or_else(|| {
            Unreadable::new(Code::BadPlace, format!("{degrees} is not a direction"))
                .hint("degrees clockwise from north, 0 to 359: east is 90")
        })
    }
}

/// A record: `12` (its position), `key:K` (the submitter's own), `by:ACTOR:K` (somebody else's).
impl Typed for RecordRef {
    fn typed(text: &str) -> Result<Self, Unreadable> {
        const HINT: &str = "write a position (12), key:K for your own record, or by:ACTOR:K for another's";
        let unreadable = || Unreadable::new(Code::UnknownRecord, format!("`{text}` names no record")).hint(HINT);
        if let Some(key) = text.strip_prefix("key:") {
            return Ok(Self::keyed(Label::typed(key)?));
        }
        if let Some(rest) = text.strip_prefix("by:") {
            let (by, key) = rest.split_once(':').ok_or_else(unreadable)?;
            return Ok(Self { by: Some(ActorId::typed(by)?), ..Self::keyed(Label::typed(key)?) });
        }
        let seq = text.parse().ok().filter(|&seq: &u64| seq > 0 && seq <= WHOLE_MAX).ok_or_else(unreadable)?;
        Ok(Self::at(Seq::new(seq)))
    }
}

/// Micro-degrees, read from decimal degrees digit by digit: no float ever holds one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MicroDegrees(i64);

impl MicroDegrees {
    /// Gives the number.
    pub(super) const fn number(self) -> i64 {
        self.0
    }
}

impl Typed for MicroDegrees {
    fn typed(text: &str) -> Result<Self, Unreadable> {
        const DEGREES: &str = "write decimal degrees with a point, south and west with a minus: 40.6828";
        const CUT: &str = "keep six decimals: the seventh is a tenth of a metre";
        let unreadable = || Unreadable::new(Code::BadPlace, format!("`{text}` is not a coordinate")).hint(DEGREES);
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (whole, decimals) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(decimals) || whole.len() > 3 {
            return Err(unreadable());
        }
        let (kept, cut) = decimals.split_at(decimals.len().min(6));
        if cut.bytes().any(|byte| byte != b'0') {
            let what = format!("`{text}` is finer than a micro-degree");
            return Err(Unreadable::new(Code::BadPlace, what).hint(CUT));
        }
        let micro: i64 = format!("{whole}{kept:0<6}").parse().map_err(|_| unreadable())?;
        Ok(Self(if text.starts_with('-') { -micro } else { micro }))
    }
}

/// Lists a choice's codes in help and completions; a word outside the list is refused later, with a suggestion.
pub(super) struct CodeParser<T>(PhantomData<fn() -> T>);

/// Makes the parser of a flag that holds a code.
pub(super) const fn code_of<T: Choice>() -> CodeParser<T> {
    CodeParser(PhantomData)
}

impl<T> Clone for CodeParser<T> {
    fn clone(&self) -> Self {
        Self(PhantomData)
    }
}

impl<T: Choice> TypedValueParser for CodeParser<T> {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(T::words().into_iter().map(PossibleValue::new)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_degrees_become_micro_degrees_digit_by_digit() {
        for (text, micro) in [
            ("40.6828", 40_682_800),
            ("-0.000001", -1),
            ("46", 46_000_000),
            ("0.1", 100_000),
            ("46.3606000000", 46_360_600),
            ("179.999999", 179_999_999),
        ] {
            assert_eq!(MicroDegrees::typed(text).unwrap().number(), micro, "{text}");
        }
    }

    #[test]
    fn a_coordinate_that_would_be_rounded_or_guessed_is_refused() {
        for text in ["40,6828", "40.68281234", "40°", "4e1", "", ".", "1.", ".5", "--1", "1234"] {
            assert_eq!(MicroDegrees::typed(text).unwrap_err().code, Code::BadPlace, "{text}");
        }
    }

    #[test]
    fn a_record_is_named_by_position_by_own_key_or_by_anothers() {
        assert_eq!(RecordRef::typed("12").unwrap(), RecordRef::at(Seq::new(12)));
        assert_eq!(RecordRef::typed("key:a/b:c").unwrap(), RecordRef::keyed(Label::new("a/b:c").unwrap()));
        let other = RecordRef::typed("by:OSCE:a:b").unwrap();
        assert_eq!((other.by.unwrap().as_str(), other.key.unwrap().as_str()), ("OSCE", "a:b"));
        for text in ["0", "-1", "last", "by:OSCE", "9007199254740992"] {
            assert_eq!(RecordRef::typed(text).unwrap_err().code, Code::UnknownRecord, "{text}");
        }
    }
}
