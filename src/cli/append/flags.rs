//! Reads flags into values and keeps book of which flag filled which place.

use super::Context;
use super::origin::FlagNames;
use super::typed::{Typed, Unreadable};
use crate::cli::complaint::{Complaint, Place};
use crate::vocab::{ActorRef, Code, ExternalId, Fault, Label, Lang, Level, Name, Names, Pointer, When, ZonePolicy};

/// Reads the flags of one event.
pub(super) struct FlagReader<'a> {
    zones: &'a ZonePolicy,
    level_of: &'a dyn Fn(&ActorRef, &[ActorRef]) -> Option<Level>,
    names: FlagNames,
}

impl<'a> FlagReader<'a> {
    pub(super) fn new(context: &Context<'a>) -> Self {
        let mut names = FlagNames::default();
        names.note(&Pointer::from_text("/key"), "--idempotency-key", true);
        names.note(&Pointer::from_text("/by"), "--by", true);
        Self { zones: context.zones, level_of: context.level_of, names }
    }

    /// Gives the book of flags.
    pub(super) fn into_names(self) -> FlagNames {
        self.names
    }

    /// Notes which flag fills a member of the event, and gives its pointer.
    pub(super) fn note(&mut self, flag: &'static str, member: &str, typed: bool) -> Pointer {
        let pointer = at(member);
        self.names.note(&pointer, flag, typed);
        pointer
    }

    /// Gives the level that a source's word has against those it names; nothing where that cannot be told.
    pub(super) fn level(&self, speaker: &ActorRef, accused: &[ActorRef]) -> Option<Level> {
        (self.level_of)(speaker, accused)
    }

    /// Reads a flag that may be left out.
    pub(super) fn value<T: Typed>(
        &mut self,
        flag: &'static str,
        member: &str,
        text: Option<&str>,
    ) -> Result<Option<T>, Complaint> {
        let pointer = self.note(flag, member, text.is_some());
        text.map(|text| T::typed(text).map_err(|error| complain(flag, pointer, error))).transpose()
    }

    /// Reads a flag that must be there.
    pub(super) fn required<T: Typed>(
        &mut self,
        flag: &'static str,
        member: &str,
        text: Option<&str>,
    ) -> Result<T, Complaint> {
        self.value(flag, member, text)?.ok_or_else(|| missing(flag, member))
    }

    /// Reads a flag that may be repeated.
    pub(super) fn list<T: Typed>(
        &mut self,
        flag: &'static str,
        member: &str,
        texts: &[String],
    ) -> Result<Vec<T>, Complaint> {
        self.note(flag, member, !texts.is_empty());
        texts
            .iter()
            .enumerate()
            .map(|(index, text)| T::typed(text).map_err(|error| complain(flag, at(member).item(index), error)))
            .collect()
    }

    /// Reads a time in one of its short forms.
    pub(super) fn time(
        &mut self,
        flag: &'static str,
        member: &str,
        text: Option<&str>,
    ) -> Result<Option<When>, Complaint> {
        let pointer = self.note(flag, member, text.is_some());
        text.map(|text| When::from_short(text, self.zones, &pointer).map_err(|fault| at_flag(flag, &fault))).transpose()
    }

    /// Reads a list of actors: `AZE,ARM`, `AZE|ARM` for one of the two, `?words` for somebody unnamed.
    pub(super) fn actors(
        &mut self,
        flag: &'static str,
        member: &str,
        texts: &[String],
    ) -> Result<Vec<ActorRef>, Complaint> {
        self.note(flag, member, !texts.is_empty());
        let parts = texts.iter().flat_map(|text| actor_parts(text));
        parts
            .enumerate()
            .map(|(index, part)| {
                ActorRef::from_short(part, &at(member).item(index)).map_err(|fault| at_flag(flag, &fault))
            })
            .collect()
    }

    /// Reads names, each `LANG=TEXT`.
    pub(super) fn names(&mut self, flag: &'static str, member: &str, texts: &[String]) -> Result<Names, Complaint> {
        self.note(flag, member, !texts.is_empty());
        let hint = "write the language, then the name: en=Azerbaijan; und= where the language is not known";
        let name = |(index, text): (usize, &String)| {
            let pointer = at(member).item(index);
            let refuse = |error| complain(flag, pointer.clone(), error);
            let Some((lang, text)) = text.split_once('=') else {
                let what = format!("`{text}` does not say in which language");
                return Err(refuse(Unreadable::new(Code::BadName, what).hint(hint)));
            };
            let label = Label::typed(text).map_err(|error| Unreadable { code: Code::BadName, ..error });
            Ok(Name { lang: Lang::typed(lang).map_err(refuse)?, text: label.map_err(refuse)? })
        };
        let names = texts.iter().enumerate().map(name).collect::<Result<Vec<_>, _>>()?;
        if names.is_empty() {
            return Err(missing(flag, member).hint(hint));
        }
        Ok(Names::new(names))
    }

    /// Reads codes of other lists, each `LIST=ID`.
    pub(super) fn external(
        &mut self,
        flag: &'static str,
        member: &str,
        texts: &[String],
    ) -> Result<Vec<ExternalId>, Complaint> {
        self.note(flag, member, !texts.is_empty());
        let one = |(index, text): (usize, &String)| {
            let refuse = |error| complain(flag, at(member).item(index), error);
            let Some((scheme, id)) = text.split_once('=') else {
                let what = format!("`{text}` does not say which list it is from");
                return Err(refuse(Unreadable::new(Code::BadText, what).hint("write LIST=ID: pa-x=1234, cameo=112")));
            };
            Ok(ExternalId { scheme: Label::typed(scheme).map_err(refuse)?, id: Label::typed(id).map_err(refuse)? })
        };
        texts.iter().enumerate().map(one).collect()
    }
}

/// Points to a member of the event; `member` is a path such as `where/place`.
pub(super) fn at(member: &str) -> Pointer {
    let separator = if member.is_empty() { "" } else { "/" };
    Pointer::from_text(format!("/event{separator}{member}"))
}

/// Complains about a value at its flag.
pub(super) fn complain(flag: &str, pointer: Pointer, error: Unreadable) -> Complaint {
    let Unreadable { code, what, suggestion, hint } = error;
    let complaint = at_flag(flag, &Fault::new(code, pointer, what).suggesting(suggestion));
    match hint {
        Some(hint) if complaint.hint.is_none() => complaint.hint(hint),
        _ => complaint,
    }
}

/// Complains about a flag that must be there.
pub(super) fn missing(flag: &str, member: &str) -> Complaint {
    let what = format!("{flag} is missing");
    at_flag(flag, &Fault::new(Code::MissingField, at(member), what)).hint(format!("add {flag}; --help explains it"))
}

/// Complains about a fault at its flag; what JSON is told to do is said in terms of flags.
pub(super) fn at_flag(flag: &str, fault: &Fault) -> Complaint {
    let complaint = Complaint::fault(fault, Some(Place { file: Some(flag.to_owned()), ..Place::default() }));
    match fault.code {
        Code::BoundsOrder => complaint.hint("write the lower number first, as in 12-40; more than 40 is >40"),
        _ => complaint,
    }
}

/// Splits a list at its commas; a description of somebody unnamed runs to the end, commas and all.
fn actor_parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.trim_start().starts_with('?')
        && let Some((part, after)) = rest.split_once(',')
    {
        parts.push(part.trim());
        rest = after;
    }
    parts.push(rest.trim());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_keeps_its_commas() {
        assert_eq!(actor_parts("AZE, ARM|NKR,?an officer, unnamed"), ["AZE", "ARM|NKR", "?an officer, unnamed"]);
        assert_eq!(actor_parts("AZE,"), ["AZE", ""]);
    }
}
