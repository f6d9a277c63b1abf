//! Flags that claims of every kind share: who said so, and the recorder's remarks.

use super::flags::{FlagReader, at, at_flag};
use super::typed::{Typed, Unreadable, code_of};
use crate::cli::complaint::Complaint;
use crate::vocab::{ActorRef, CharSpan, Code, Credibility, Document, Fault, Label, Reliability, Source, Text};

/// Who said so, through whom, when and in which words.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Source")]
pub(super) struct SourceFlags {
    /// Who said so or saw it: an actor's id, several with commas, A|B for one of two, ?words for somebody unnamed
    #[arg(long, value_name = "ACTOR[,ACTOR]")]
    pub(super) source: Vec<String>,
    /// Through whom it came to you; repeat it, the nearest to you last
    #[arg(long, value_name = "ACTOR")]
    via: Vec<String>,
    /// When it was said: 2020-10-17, 2020-10-17T18:04+04:00, or A/B
    #[arg(long, value_name = "TIME")]
    said: Option<String>,
    /// When it was published
    #[arg(long, value_name = "TIME")]
    published: Option<String>,
    /// The few words that matter, exactly as they were said
    #[arg(long, value_name = "WORDS")]
    quote: Option<String>,
    /// The language it was said in, such as ar, hy or az-Latn
    #[arg(long, value_name = "TAG")]
    quote_lang: Option<String>,
    /// The quoted words in another language
    #[arg(long, value_name = "WORDS")]
    translation: Option<String>,
    /// Who translated them
    #[arg(long, value_name = "ACTOR")]
    translator: Option<String>,
    /// By which means it was said: broadcast, post, patrol report
    #[arg(long, value_name = "WORDS")]
    medium: Option<String>,
    /// Where it can be read
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// How reliable the rater holds the source, A to F
    #[arg(long, value_name = "LETTER", value_parser = code_of::<Reliability>())]
    reliability: Option<String>,
    /// How credible the rater holds what was said, 1 to 6
    #[arg(long, value_name = "DIGIT", value_parser = code_of::<Credibility>())]
    credibility: Option<String>,
    /// Who judged reliability and credibility
    #[arg(long, value_name = "ACTOR")]
    rater: Option<String>,
    #[command(flatten)]
    document: DocumentFlags,
}

/// The document that a claim was read from.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(super) struct DocumentFlags {
    /// BLAKE3 of the document it was read from (b3sum prints it)
    #[arg(long = "document-blake3", id = "document_blake3", value_name = "HEX")]
    blake3: Option<String>,
    /// SHA-256 of that document
    #[arg(long = "document-sha256", id = "document_sha256", value_name = "HEX")]
    sha256: Option<String>,
    /// That document's media type, such as text/plain
    #[arg(long = "document-type", id = "document_type", value_name = "TYPE")]
    media_type: Option<String>,
    /// That document's length in bytes
    #[arg(long = "document-bytes", id = "document_bytes", value_name = "BYTES")]
    bytes: Option<String>,
    /// Which characters of it, counted from 0: 568-620
    #[arg(long = "document-span", id = "document_span", value_name = "FROM-TO")]
    span: Option<String>,
}

impl SourceFlags {
    /// Reads a source that must be there.
    pub(super) fn required(&self, reader: &mut FlagReader<'_>) -> Result<Source, Complaint> {
        self.optional(reader)?.ok_or_else(|| {
            let what = "nobody is named as the source";
            at_flag("--source", &Fault::new(Code::SourceMissing, at("source/speaker"), what))
        })
    }

    /// Reads a source that may be left out altogether.
    pub(super) fn optional(&self, reader: &mut FlagReader<'_>) -> Result<Option<Source>, Complaint> {
        let speaker = reader.actors("--source", "source/speaker", &self.source)?;
        self.spoken_by(speaker, reader)
    }

    /// Reads the source; where the flags name no speaker it is the given one.
    pub(super) fn or_by(&self, other: &[ActorRef], reader: &mut FlagReader<'_>) -> Result<Source, Complaint> {
        if !self.source.is_empty() || other.is_empty() {
            return self.required(reader);
        }
        let source = self.spoken_by(other.to_vec(), reader)?;
        Ok(source.unwrap_or_default())
    }

    fn spoken_by(&self, speaker: Vec<ActorRef>, reader: &mut FlagReader<'_>) -> Result<Option<Source>, Complaint> {
        let source = Source {
            via: reader.actors("--via", "source/via", &self.via)?,
            medium: reader.value("--medium", "source/medium", self.medium.as_deref())?,
            url: reader.value("--url", "source/url", self.url.as_deref())?,
            document: self.document.read(reader)?,
            lang: reader.value("--quote-lang", "source/lang", self.quote_lang.as_deref())?,
            quote: reader.value("--quote", "source/quote", self.quote.as_deref())?,
            translation: reader.value("--translation", "source/translation", self.translation.as_deref())?,
            translator: reader.value("--translator", "source/translator", self.translator.as_deref())?,
            asserted: reader.time("--said", "source/asserted", self.said.as_deref())?,
            published: reader.time("--published", "source/published", self.published.as_deref())?,
            reliability: reader.value("--reliability", "source/reliability", self.reliability.as_deref())?,
            credibility: reader.value("--credibility", "source/credibility", self.credibility.as_deref())?,
            rater: reader.value("--rater", "source/rater", self.rater.as_deref())?,
            speaker,
        };
        let nothing_given = source == Source::default();
        let nameless = source.speaker.is_empty() && !nothing_given;
        if nameless {
            let what = "the source is described but not named";
            return Err(at_flag("--source", &Fault::new(Code::SourceMissing, at("source/speaker"), what)));
        }
        Ok((!nothing_given).then_some(source))
    }
}

impl DocumentFlags {
    fn read(&self, reader: &mut FlagReader<'_>) -> Result<Option<Document>, Complaint> {
        if *self == Self::default() {
            return Ok(None);
        }
        Ok(Some(Document {
            blake3: reader.required("--document-blake3", "source/document/blake3", self.blake3.as_deref())?,
            sha256: reader.required("--document-sha256", "source/document/sha256", self.sha256.as_deref())?,
            media_type: reader.required::<Label>(
                "--document-type",
                "source/document/media_type",
                self.media_type.as_deref(),
            )?,
            bytes: reader.required("--document-bytes", "source/document/bytes", self.bytes.as_deref())?,
            span: reader.value("--document-span", "source/document/span", self.span.as_deref())?,
        }))
    }
}

impl Typed for CharSpan {
    fn typed(text: &str) -> Result<Self, Unreadable> {
        let Some((from, to)) = text.split_once('-') else {
            let what = format!("`{text}` is not FROM-TO");
            return Err(Unreadable::new(Code::WrongType, what).hint("two character positions, counted from 0: 568-620"));
        };
        Ok(Self { from: u64::typed(from)?, to: u64::typed(to)? })
    }
}

/// What the recorder adds in his own words.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Your own words")]
pub(super) struct RemarkFlags {
    /// What was said, in your own words
    #[arg(long, value_name = "WORDS")]
    summary: Option<String>,
    #[command(flatten)]
    note: NoteFlag,
}

/// A remark alone, for kinds without a summary.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(super) struct NoteFlag {
    /// A remark: what you are not sure of, what you inferred
    #[arg(long, value_name = "WORDS")]
    note: Option<String>,
}

impl RemarkFlags {
    pub(super) fn summary(&self, reader: &mut FlagReader<'_>) -> Result<Option<Text>, Complaint> {
        reader.value("--summary", "summary", self.summary.as_deref())
    }

    pub(super) fn note(&self, reader: &mut FlagReader<'_>) -> Result<Option<Text>, Complaint> {
        self.note.read(reader)
    }
}

impl NoteFlag {
    pub(super) fn read(&self, reader: &mut FlagReader<'_>) -> Result<Option<Text>, Complaint> {
        reader.value("--note", "note", self.note.as_deref())
    }
}

/// Reads who speaks and through whom it is known: where only one of the two is given, it stands for both.
pub(super) fn speaker_and_source(
    flag: &'static str,
    by: &[String],
    source: &SourceFlags,
    reader: &mut FlagReader<'_>,
) -> Result<(Vec<ActorRef>, Source), Complaint> {
    let named = reader.actors(flag, "by", by)?;
    let source = source.or_by(&named, reader)?;
    if named.is_empty() {
        reader.note("--source", "by", true);
        return Ok((source.speaker.clone(), source));
    }
    Ok((named, source))
}
