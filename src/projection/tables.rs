//! Every table of every projection, and the row types that are not claims themselves.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::rows::{RowError, RowStore};
use super::table::{Settling, Table};
use crate::event::{
    About, ActorKind, Attendance, CeasefireKind, EvidenceAdded, Legal, ProcessKind, RelatedCeasefire, Relation, Scope,
    Stance, StatementKind,
};
use crate::rules::claims::{CeasefireClaim, Claimed, IncidentClaim, Reading};
use crate::rules::incident::{Gathering, IncidentFacts};
use crate::rules::keys::SubmitterKey;
use crate::vocab::{
    ActorId, ActorRef, CeasefireId, Digest32, ExternalId, IncidentId, Instant, Names, PlaceId, ProcessId, RecordRef,
    Seq, Span, ZonePolicy,
};

/// What the ledger says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenesisRow {
    /// Its name in the world.
    pub origin: String,
    /// Who keeps it.
    pub recorder: ActorId,
    /// The zones of a time without a zone.
    pub zones: ZonePolicy,
    /// The rule set it counts under.
    pub rules: String,
    /// How many records of types newer than this program were passed over.
    pub newer: u64,
}

/// A registered actor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActorRow {
    /// Its id.
    pub actor: ActorId,
    /// What it is.
    pub kind: ActorKind,
    /// Its names.
    pub names: Names,
    /// The record, and its corrections.
    pub records: Vec<Seq>,
}

/// A claimed relation between actors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelationRow {
    /// The actor.
    pub actor: ActorId,
    /// How it stands to the other.
    pub relation: Relation,
    /// The other.
    pub to: ActorId,
}

/// A registered place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceRow {
    /// Its id.
    pub place: PlaceId,
    /// Its names.
    pub names: Names,
    /// What it lies in.
    pub within: Option<PlaceId>,
    /// The record, and its corrections.
    pub records: Vec<Seq>,
}

/// A recorded ceasefire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CeasefireRow {
    /// Its id.
    pub ceasefire: CeasefireId,
    /// Its names.
    pub names: Names,
    /// Its kind.
    pub kind: Option<CeasefireKind>,
    /// Who is bound.
    pub parties: Vec<ActorId>,
    /// Who brought it about.
    pub mediators: Vec<ActorId>,
    /// Who guarantees it.
    pub guarantors: Vec<ActorId>,
    /// Where it holds.
    pub scope: Option<Scope>,
    /// How it stands to others.
    pub relations: Vec<RelatedCeasefire>,
    /// What other lists call it.
    pub external: Vec<ExternalId>,
    /// The record, and its corrections.
    pub records: Vec<Seq>,
}

/// A reported incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentRow {
    /// Its id.
    pub incident: IncidentId,
    /// Its first record.
    pub first: Seq,
    /// The incident it was merged into, and by which record.
    pub merged_into: Option<(IncidentId, Seq)>,
    /// The incidents that were merged into it.
    pub members: Vec<IncidentId>,
}

/// What kind of statement a row holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Spoken {
    /// An accusation.
    Accusation,
    /// A response.
    Response(Stance),
    /// Another statement.
    Statement(StatementKind),
}

/// A statement: who says what to whom about what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementRow {
    /// What kind it is.
    pub spoken: Spoken,
    /// Who makes it.
    pub by: Vec<ActorRef>,
    /// At whom: the accused, or those spoken to.
    pub at: Vec<ActorRef>,
    /// About what.
    pub about: Vec<About>,
    /// The records it is about, as positions.
    pub records: Vec<Seq>,
    /// Legal words used.
    pub legal: Vec<Legal>,
}

/// A report of a process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessRow {
    /// Which.
    pub process: ProcessId,
    /// What is reported.
    pub kind: ProcessKind,
    /// Who acts.
    pub by: Vec<ActorRef>,
    /// With whom.
    pub with: Vec<ActorRef>,
    /// Whether they came.
    pub attendance: Option<Attendance>,
    /// As of when.
    pub as_of: Option<Span>,
}

/// What bears on coverage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CoverageRow {
    /// Nothing was observed.
    Quiet {
        /// Who says so.
        by: Vec<ActorRef>,
        /// Where.
        place: Option<PlaceId>,
        /// Over which interval.
        during: Span,
    },
    /// A monitor could not go somewhere.
    AccessDenied {
        /// Which monitor.
        monitor: ActorId,
        /// Who denied it.
        by: Vec<ActorRef>,
        /// When.
        when: Option<Span>,
    },
}

/// What a record says of the custody of a piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustodyRow {
    /// It was added.
    Added {
        /// SHA-256 of its bytes.
        sha256: Digest32,
        /// Its length.
        bytes: u64,
        /// Its media type.
        media_type: String,
        /// Who is said to hold it.
        custodian: Option<ActorId>,
        /// Where it comes from.
        by: Vec<ActorRef>,
        /// What it bears on.
        about: Vec<About>,
    },
    /// It passed on.
    Transferred {
        /// From whom.
        from: ActorId,
        /// To whom.
        to: ActorId,
        /// When.
        when: Option<Span>,
    },
}

/// What every record leaves behind: enough to find, mend and answer for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordRow {
    /// Its event type.
    #[serde(rename = "t")]
    pub type_name: String,
    /// The id that a correction must keep.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The claim rows it made: table and key.
    #[serde(rename = "c", default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<(String, String)>,
    /// The record that retracted it.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub retracted: Option<Seq>,
}

/// What an idempotency key was used for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmissionRow {
    /// The record.
    pub seq: Seq,
    /// BLAKE3 of the body's bytes.
    pub body: Digest32,
}

/// A record's sealed fields, and what was decided about each. Nothing of their content.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AnnexRow {
    /// What the record seals, decoys among them, in ascending order.
    pub digests: Vec<Digest32>,
    /// What is withheld now, and by which record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<(Digest32, Seq)>,
    /// What was handed over, each time, and in which record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disclosed: Vec<(Digest32, Seq)>,
    /// What was erased, and by which record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub erased: Vec<(Digest32, Seq)>,
}

impl AnnexRow {
    /// Gives the record that erased a field.
    #[must_use]
    pub fn erased_by(&self, digest: &Digest32) -> Option<Seq> {
        self.erased.iter().find(|(erased, _)| erased == digest).map(|(_, seq)| *seq)
    }

    /// Gives the record that withholds a field.
    #[must_use]
    pub fn withheld_by(&self, digest: &Digest32) -> Option<Seq> {
        self.withheld.iter().find(|(withheld, _)| withheld == digest).map(|(_, seq)| *seq)
    }

    pub(super) fn withhold(&mut self, digest: Digest32, seq: Seq) {
        if self.withheld_by(&digest).is_none() {
            self.withheld.push((digest, seq));
        }
    }

    pub(super) fn release(&mut self, digest: Digest32, _: Seq) {
        self.withheld.retain(|(withheld, _)| *withheld != digest);
    }

    pub(super) fn disclose(&mut self, digest: Digest32, seq: Seq) {
        self.disclosed.push((digest, seq));
    }

    pub(super) fn erase(&mut self, digest: Digest32, seq: Seq) {
        if self.erased_by(&digest).is_none() {
            self.erased.push((digest, seq));
        }
    }
}

/// Which record stands for a part of a row of a series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesRow {
    /// The record that reports it; corrections point to it.
    #[serde(rename = "n")]
    pub record: Seq,
    /// How many records there are of it: the report, corrections, retractions, reports anew.
    #[serde(rename = "r")]
    pub revision: u32,
    /// What the last publication said, as a hash; nothing where it was gone.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

macro_rules! tables {
    ($($(#[$doc:meta])* $field:ident: $row:ty = $kept:ident $name:literal;)*) => {
        /// The tables of every projection.
        pub struct Tables {
            $($(#[$doc])* pub $field: Table<$row>,)*
            /// Claim rows made by the record that is being applied.
            pub(super) claimed: Vec<(String, String)>,
            /// Incidents whose facts the record that is being applied may have changed.
            pub(super) touched: BTreeSet<IncidentId>,
        }

        impl Tables {
            /// Opens every table, on a store or in memory alone.
            #[must_use]
            pub fn new(store: Option<&Arc<dyn RowStore>>) -> Self {
                Self {
                    $($field: Table::$kept($name, store.cloned()),)*
                    claimed: Vec::new(),
                    touched: BTreeSet::new(),
                }
            }

            /// Sets what changed since the last commit apart, to be written while the tables go on.
            pub(super) fn settle(&mut self) -> Vec<Box<dyn Settling>> {
                vec![$(self.$field.settle(),)*]
            }

            /// Lets go of what the store has by now, or takes back what it did not take.
            pub(super) fn settled(&mut self, written: bool) {
                if written {
                    $(self.$field.settled();)*
                } else {
                    $(self.$field.unsettled();)*
                }
            }

            /// Feeds the rows of one table to a visitor.
            ///
            /// # Errors
            /// [`RowError`] where the store fails.
            pub fn walk_table(&self, name: &str, visit: &mut dyn FnMut(&str, &[u8])) -> Result<(), RowError> {
                match name {
                    $($name => self.$field.walk_bytes(visit),)*
                    _ => Ok(()),
                }
            }
        }

        /// Every table's name.
        pub const TABLE_NAMES: &[&str] = &[$($name,)*];
    };
}

tables! {
    /// What the ledger says of itself; one row.
    genesis: GenesisRow = by_key "genesis";
    /// Actors by id.
    actors: ActorRow = by_key "actor";
    /// Relations by record.
    relations: Claimed<RelationRow> = by_key "relation";
    /// Actors by the skeleton of a name.
    skeletons: ActorId = by_key "skeleton";
    /// Places by id.
    places: PlaceRow = by_key "place";
    /// Submitter keys by id.
    keys: SubmitterKey = by_key "key";
    /// Evidence by BLAKE3.
    evidence: EvidenceAdded = by_key "evidence";
    /// Custody of evidence by BLAKE3 and record.
    custody: Claimed<CustodyRow> = by_subject "custody";
    /// Ceasefires by id.
    ceasefires: CeasefireRow = by_key "ceasefire";
    /// Claims about ceasefires by ceasefire and record.
    ceasefire_claims: Claimed<CeasefireClaim> = by_subject "ceasefire_claim";
    /// Incidents by id.
    incidents: IncidentRow = by_key "incident";
    /// Claims about incidents by incident and record.
    incident_claims: Claimed<IncidentClaim> = by_subject "incident_claim";
    /// The incidents that are merged into another or hold another; without a value.
    joined: () = by_key "joined";
    /// Incidents that somebody calls a breach, by incident and ceasefire, with the records that say so.
    breaches: Vec<Seq> = by_subject "breach";
    /// How many incidents somebody calls a breach, by ceasefire.
    breach_counts: u64 = by_key "breach_count";
    /// Readings by counter and record.
    readings: Claimed<Reading> = by_subject "reading";
    /// Statements by record.
    statements: Claimed<StatementRow> = by_key "statement";
    /// Reports of processes by process and record.
    processes: Claimed<ProcessRow> = by_subject "process";
    /// Quiet reports and denied access by record.
    coverage: Claimed<CoverageRow> = by_key "coverage";
    /// Sealed fields by the position of the record that seals them.
    annexes: AnnexRow = by_key "annex";
    /// The records that erased sealed fields, by the position of the record that sealed them.
    erased: Vec<Seq> = by_key "erased";
    /// Records by position.
    records: RecordRow = by_key "record";
    /// Idempotency keys by submitter.
    submissions: SubmissionRow = by_key "submission";
    /// Rows of series by submitter, series, row and part.
    series: SeriesRow = by_key "series";
}

/// The key of a row that is kept by record.
#[must_use]
pub fn seq_key(seq: Seq) -> String {
    keyed("", seq)
}

/// The key of a row that is kept by an id and record.
#[must_use]
pub fn claim_key(subject: &str, seq: Seq) -> String {
    keyed(subject, seq)
}

/// Twenty digits behind a subject. Written by hand: two of these are made for every record.
fn keyed(subject: &str, seq: Seq) -> String {
    let mut digits = [b'0'; 20];
    let mut rest = seq.number();
    for digit in digits.iter_mut().rev() {
        *digit += (rest % 10) as u8;
        rest /= 10;
    }
    let mut key = String::with_capacity(subject.len() + 21);
    key.push_str(subject);
    if !subject.is_empty() {
        key.push('/');
    }
    key.push_str(std::str::from_utf8(&digits).unwrap_or_default());
    key
}

/// The key of an idempotency key's row.
#[must_use]
pub fn submission_key(by: &ActorId, key: &str) -> String {
    [by.as_str(), key].join("/")
}

impl Tables {
    /// Resolves a reference to a position. `by` is the submitter of the record that points.
    ///
    /// # Errors
    /// [`RowError`] where the store fails.
    pub fn resolve(&self, record: &RecordRef, by: &ActorId) -> Result<Option<Seq>, RowError> {
        match (record.seq, &record.key) {
            (Some(seq), _) => Ok(self.records.has(&seq_key(seq))?.then_some(seq)),
            (None, Some(key)) => {
                let by = record.by.as_ref().unwrap_or(by);
                Ok(self.submissions.row(&submission_key(by, key.as_str()))?.map(|row| row.seq))
            }
            (None, None) => Ok(None),
        }
    }

    /// Follows merges up to the incident that counts.
    ///
    /// # Errors
    /// [`RowError`] where the store fails.
    pub fn root_incident(&self, incident: &IncidentId) -> Result<IncidentId, RowError> {
        let mut current = incident.clone();
        let mut seen = BTreeSet::new();
        while seen.insert(current.clone()) {
            match self.incidents.row(current.as_str())?.and_then(|row| row.merged_into) {
                Some((into, _)) => current = into,
                None => break,
            }
        }
        Ok(current)
    }

    /// Gives an incident with everything merged into it, itself first.
    ///
    /// # Errors
    /// [`RowError`] where the store fails.
    pub fn members(&self, incident: &IncidentId) -> Result<Vec<IncidentId>, RowError> {
        Ok(self.members_since(incident)?.into_iter().map(|(member, _)| member).collect())
    }

    /// Gives the same with the first record of each: no row of it is older.
    fn members_since(&self, incident: &IncidentId) -> Result<Vec<(IncidentId, Seq)>, RowError> {
        let mut members: Vec<(IncidentId, Seq)> = Vec::new();
        let mut ahead = VecDeque::from([incident.clone()]);
        while let Some(member) = ahead.pop_front() {
            if members.iter().any(|(seen, _)| *seen == member) {
                continue;
            }
            let (first, inner) = match self.incidents.row(member.as_str())? {
                Some(row) => (row.first, row.members),
                None => (Seq::NONE, Vec::new()),
            };
            members.push((member, first));
            ahead.extend(inner);
        }
        Ok(members)
    }

    /// Gives the claims about an incident and everything merged into it, in order of record; on the
    /// publication axis in order of publication.
    ///
    /// # Errors
    /// [`RowError`] where the store fails.
    pub fn claims_about(&self, incident: &IncidentId) -> Result<Vec<Claimed<IncidentClaim>>, RowError> {
        let mut claims = Vec::new();
        for (member, first) in self.members_since(incident)? {
            claims.extend(self.incident_claims.rows_since(&format!("{member}/"), first)?);
        }
        claims.sort_by_key(|claimed| (claimed.at, claimed.seq));
        Ok(claims)
    }

    /// Gives what the claims about an incident and everything merged into it come to; nothing where no report of it stands.
    ///
    /// # Errors
    /// [`RowError`] where the store fails.
    pub fn facts_of(&self, incident: &IncidentId) -> Result<Option<IncidentFacts>, RowError> {
        Ok(IncidentFacts::from_claims(incident, &self.claims_about(incident)?))
    }

    /// Gives the facts of every incident that counts, merged ones gone, in order of id.
    ///
    /// # Errors
    /// [`RowError`] where the store fails.
    pub fn every_incident(&self) -> Result<Vec<IncidentFacts>, RowError> {
        let mut every = Vec::new();
        self.walk_incidents(|facts| every.push(facts))?;
        every.sort_by(|a, b| a.incident.cmp(&b.incident));
        Ok(every)
    }

    /// Shows the facts of every incident that counts, in no order. They are drawn from the claims in one walk over them:
    /// nothing about an incident is stored twice.
    ///
    /// # Errors
    /// [`RowError`] where the store fails.
    pub fn walk_incidents(&self, mut visit: impl FnMut(IncidentFacts)) -> Result<(), RowError> {
        let mut joined = BTreeSet::new();
        self.joined.walk("", |key, ()| {
            joined.insert(key.to_owned());
        })?;
        let mut open: Option<Gathering> = None;
        // On the publication axis the order of records is not that of publication.
        let mut unordered = BTreeSet::new();
        let mut last_at = Instant::MIN;
        self.incident_claims.walk("", |key, claimed| {
            let id = key.split_once('/').map_or(key, |(id, _)| id);
            if open.as_ref().is_none_or(|open| open.incident().as_str() != id) {
                open.take().and_then(Gathering::finish).into_iter().for_each(&mut visit);
                let taken = joined.contains(id) || unordered.contains(id);
                open = IncidentId::new(id).ok().filter(|_| !taken).map(Gathering::of);
                last_at = Instant::MIN;
            }
            if open.is_some() && claimed.at < last_at {
                open = None;
                unordered.insert(id.to_owned());
            }
            last_at = claimed.at;
            if let Some(open) = &mut open {
                open.take(claimed);
            }
        })?;
        open.and_then(Gathering::finish).into_iter().for_each(&mut visit);
        for incident in unordered.iter().filter_map(|id| IncidentId::new(id).ok()) {
            self.facts_of(&incident)?.into_iter().for_each(&mut visit);
        }
        for id in &joined {
            if let Some(root) = self.incidents.row(id)?.filter(|row| row.merged_into.is_none()) {
                self.facts_of(&root.incident)?.into_iter().for_each(&mut visit);
            }
        }
        Ok(())
    }
}
