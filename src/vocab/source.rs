//! Who said so, through whom, in which words, and how good the recorder thinks that is.

use serde::{Deserialize, Serialize};

use super::choice::choices;
use super::{ActorId, ActorRef, Check, Code, Digest32, Fault, Label, Lang, Pointer, Text, When};

choices! {
    /// Reliability of a source, by the letters of the Admiralty code.
    pub enum Reliability {
        /// Completely reliable.
        A = "A",
        /// Usually reliable.
        B = "B",
        /// Fairly reliable.
        C = "C",
        /// Not usually reliable.
        D = "D",
        /// Unreliable.
        E = "E",
        /// Reliability cannot be judged.
        F = "F",
    }

    /// Credibility of what was said, by the digits of the Admiralty code.
    pub enum Credibility {
        /// Confirmed by other sources.
        One = "1",
        /// Probably true.
        Two = "2",
        /// Possibly true.
        Three = "3",
        /// Doubtful.
        Four = "4",
        /// Improbable.
        Five = "5",
        /// Truth cannot be judged.
        Six = "6",
    }
}

/// A part of a document, in characters from its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CharSpan {
    /// The first character, counted from 0.
    pub from: u64,
    /// The character after the last one.
    pub to: u64,
}

/// The document that a claim was read from: named by its hashes, never quoted at length.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// BLAKE3 of the document's bytes.
    pub blake3: Digest32,
    /// SHA-256 of the document's bytes.
    pub sha256: Digest32,
    /// Its media type.
    pub media_type: Label,
    /// Its length in bytes.
    pub bytes: u64,
    /// Which characters of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<CharSpan>,
}

/// Who said something, and how it came here (DOMAIN.md §2).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Who said it; several where they said it together.
    pub speaker: Vec<ActorRef>,
    /// Through whom it came, the nearest carrier last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<ActorRef>,
    /// By which means: broadcast, post, press conference, patrol report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub medium: Option<Label>,
    /// Where it can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<Label>,
    /// The document it was read from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Document>,
    /// The language it was said in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<Lang>,
    /// The few words that matter, byte for byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<Text>,
    /// Those words in another language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub translation: Option<Text>,
    /// Who translated them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub translator: Option<ActorId>,
    /// When it was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asserted: Option<When>,
    /// When it was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<When>,
    /// How reliable the rater holds the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reliability: Option<Reliability>,
    /// How credible the rater holds what was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credibility: Option<Credibility>,
    /// Who judged reliability and credibility.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rater: Option<ActorId>,
}

impl Source {
    /// A source of one speaker and nothing more.
    #[must_use]
    pub fn speaker(actor: ActorRef) -> Self {
        Self { speaker: vec![actor], ..Self::default() }
    }

    /// Walks every registered actor that the source names, with the member it stands in.
    pub fn actors(&self) -> impl Iterator<Item = (&'static str, usize, &ActorRef)> {
        let members = [("speaker", &self.speaker), ("via", &self.via)];
        members
            .into_iter()
            .flat_map(|(name, refs)| refs.iter().enumerate().map(move |(index, actor)| (name, index, actor)))
    }
}

impl Check for Source {
    fn check(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        if self.speaker.is_empty() {
            faults.push(Fault::new(Code::SourceMissing, at.member("speaker"), "the source names no speaker"));
        }
        self.speaker.check(&at.member("speaker"), faults);
        self.via.check(&at.member("via"), faults);
        self.asserted.check(&at.member("asserted"), faults);
        self.published.check(&at.member("published"), faults);
        if let Some(span) = self.document.as_ref().and_then(|document| document.span)
            && span.to < span.from
        {
            let what = "the span ends before it begins";
            faults.push(Fault::new(Code::BoundsOrder, at.member("document").member("span").member("to"), what));
        }
        if (self.reliability.is_some() || self.credibility.is_some()) && self.rater.is_none() {
            let what = "reliability and credibility are judged by somebody: name the rater";
            faults.push(Fault::new(Code::MissingField, at.member("rater"), what));
        }
        if self.translation.is_some() && self.quote.is_none() {
            let what = "a translation stands beside the words it translates";
            faults.push(Fault::new(Code::MissingField, at.member("quote"), what));
        }
    }
}
