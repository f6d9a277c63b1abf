//! Evidence: which files the records name, who held them in turn, and whether the chain of custody has a gap.

use serde::{Deserialize, Serialize};

use super::verification::Verdict;
use super::view::View;
use crate::event::About;
use crate::evidence::{EvidenceState, EvidenceStore, EvidenceStoreError, FileDigests};
use crate::projection::{CustodyRow, RowError};
use crate::rules::claims::{Claimed, Mended};
use crate::vocab::{ActorId, Digest32, Instant, Seq, Span};

/// One piece of evidence, as the records tell of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EvidenceAnswer {
    /// BLAKE3 of its bytes; its name.
    pub blake3: Digest32,
    /// What standing records say its bytes are. One entry, unless records contradict each other.
    pub stated: Vec<FileDigests>,
    /// Its media type, as the first standing record has it.
    pub media_type: String,
    /// Whether a record that adds it stands: it was not retracted.
    pub stands: bool,
    /// Who holds it by the last standing record that says so.
    pub holder: Option<ActorId>,
    /// What it bears on.
    pub about: Vec<About>,
    /// Every record of its custody, in order; retracted ones too.
    pub custody: Vec<CustodyStep>,
}

/// One record of a chain of custody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CustodyStep {
    /// The record.
    pub record: Seq,
    /// When it was recorded.
    pub recorded: Instant,
    /// What it says.
    pub step: CustodyKind,
    /// From whom: the source of an addition, the former holder of a transfer.
    pub from: Vec<String>,
    /// To whom, where that is said.
    pub to: Option<ActorId>,
    /// When it passed on, where that is said.
    pub when: Option<Span>,
    /// It is said to come from other hands than it was last said to be in.
    pub gap: bool,
    /// The record that corrected it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected_by: Option<Seq>,
    /// The record that retracted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retracted_by: Option<Seq>,
}

/// What a record of custody says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CustodyKind {
    /// The file was added.
    Added,
    /// It passed from one to another.
    Transferred,
}

impl View<'_> {
    /// Gives one piece of evidence; nothing where no record names it.
    ///
    /// # Errors
    /// [`RowError`].
    pub fn evidence(&self, blake3: &Digest32) -> Result<Option<EvidenceAnswer>, RowError> {
        let claims = self.tables.custody.rows(&format!("{blake3}/"))?;
        Ok((!claims.is_empty()).then(|| told(*blake3, &claims)))
    }

    /// Gives every piece of evidence, in order of its hash; `digits` are the first of that, or none.
    ///
    /// # Errors
    /// [`RowError`].
    pub fn all_evidence(&self, digits: &str) -> Result<Vec<EvidenceAnswer>, RowError> {
        let mut found: Vec<(Digest32, Vec<Claimed<CustodyRow>>)> = Vec::new();
        self.tables.custody.walk(digits, |key, claimed| {
            let Some(blake3) = key.split('/').next().and_then(Digest32::parse) else { return };
            match found.last_mut().filter(|(last, _)| *last == blake3) {
                Some((_, claims)) => claims.push(claimed.clone()),
                None => found.push((blake3, vec![claimed.clone()])),
            }
        })?;
        Ok(found.iter().map(|(blake3, claims)| told(*blake3, claims)).collect())
    }
}

fn told(blake3: Digest32, claims: &[Claimed<CustodyRow>]) -> EvidenceAnswer {
    let mut answer = EvidenceAnswer {
        blake3,
        stated: Vec::new(),
        media_type: String::new(),
        stands: false,
        holder: None,
        about: Vec::new(),
        custody: Vec::new(),
    };
    for claimed in claims {
        let step = answer.step(claimed);
        answer.custody.push(step);
    }
    answer
}

impl EvidenceAnswer {
    /// Takes one record in. A retracted one is listed and changes nothing.
    fn step(&mut self, claimed: &Claimed<CustodyRow>) -> CustodyStep {
        let (corrected_by, retracted_by) = match claimed.mended {
            Some(Mended::Corrected(seq)) => (Some(seq), None),
            Some(Mended::Retracted(seq)) => (None, Some(seq)),
            None => (None, None),
        };
        let blank = CustodyStep {
            record: claimed.seq,
            recorded: claimed.at,
            step: CustodyKind::Added,
            from: Vec::new(),
            to: None,
            when: None,
            gap: false,
            corrected_by,
            retracted_by,
        };
        match &claimed.claim {
            CustodyRow::Added { sha256, bytes, media_type, custodian, by, about } => {
                if claimed.stands() {
                    self.add(FileDigests { blake3: self.blake3, sha256: *sha256, bytes: *bytes }, media_type, about);
                    self.holder = custodian.clone().or_else(|| self.holder.take());
                }
                CustodyStep { from: by.iter().map(ToString::to_string).collect(), to: custodian.clone(), ..blank }
            }
            CustodyRow::Transferred { from, to, when } => {
                let mut gap = false;
                if claimed.stands() {
                    gap = self.holder.as_ref().is_some_and(|holder| holder != from);
                    self.holder = Some(to.clone());
                }
                let (from, to) = (vec![from.to_string()], Some(to.clone()));
                CustodyStep { step: CustodyKind::Transferred, from, to, when: *when, gap, ..blank }
            }
        }
    }

    fn add(&mut self, stated: FileDigests, media_type: &str, about: &[About]) {
        self.stands = true;
        if self.media_type.is_empty() {
            media_type.clone_into(&mut self.media_type);
        }
        if !self.stated.contains(&stated) {
            self.stated.push(stated);
        }
        self.about.extend(about.iter().filter(|about| !self.about.contains(about)).cloned().collect::<Vec<_>>());
    }
}

/// Whether the bytes of a piece of evidence are what its records say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EvidenceCheck {
    /// Its name.
    pub blake3: Digest32,
    /// How it is with the bytes.
    pub state: BytesState,
    /// What that answers.
    pub verdict: Verdict,
    /// In words, where there is more to say.
    pub detail: String,
    /// The record that speaks of it first.
    pub record: Seq,
}

/// How it is with the bytes of a piece of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum BytesState {
    /// They lie here and are what the records say.
    Present,
    /// Other bytes lie under the hash, or something that is no file.
    Altered,
    /// The bytes fit the hash they are named by, and a record states another SHA-256 or length for them.
    Misstated,
    /// No bytes lie here.
    Missing,
    /// They could not be read.
    Unreadable,
    /// Every record that adds it was retracted.
    Withdrawn,
}

impl EvidenceAnswer {
    /// Reads the bytes again and compares.
    #[must_use]
    pub fn check(&self, store: &EvidenceStore) -> EvidenceCheck {
        let blank = |state, verdict, detail: String| EvidenceCheck {
            blake3: self.blake3,
            state,
            verdict,
            detail,
            record: self.custody.first().map_or(Seq::NONE, |step| step.record),
        };
        let mut worst = blank(BytesState::Withdrawn, Verdict::Ok, "every record that adds it was retracted".to_owned());
        for (index, stated) in self.stated.iter().enumerate() {
            let (state, verdict, detail) = self.compare(stated, store);
            if index == 0 || verdict == Verdict::Violated {
                worst = blank(state, verdict, detail);
            }
        }
        worst
    }

    fn compare(&self, stated: &FileDigests, store: &EvidenceStore) -> (BytesState, Verdict, String) {
        match store.state(stated) {
            Ok(EvidenceState::Present) => (BytesState::Present, Verdict::Ok, String::new()),
            Ok(EvidenceState::Altered(found)) if found.blake3 == self.blake3 => {
                let detail = format!(
                    "a record states SHA-256 {} and {} bytes; the bytes have {} and {}",
                    stated.sha256, stated.bytes, found.sha256, found.bytes
                );
                (BytesState::Misstated, Verdict::Violated, detail)
            }
            Ok(EvidenceState::Altered(found)) => {
                let detail = format!("{} bytes with BLAKE3 {} lie in its place", found.bytes, found.blake3);
                (BytesState::Altered, Verdict::Violated, detail)
            }
            Ok(EvidenceState::NotAFile) => {
                (BytesState::Altered, Verdict::Violated, "something that is no file lies in its place".to_owned())
            }
            Ok(EvidenceState::Missing) => {
                (BytesState::Missing, Verdict::CannotTell, "its bytes are not stored here".to_owned())
            }
            Err(error) => (BytesState::Unreadable, Verdict::CannotTell, said(&error)),
        }
    }
}

fn said(error: &EvidenceStoreError) -> String {
    format!("{error}: {}", error.source)
}
