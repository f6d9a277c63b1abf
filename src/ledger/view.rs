//! A look at the ledger as of one moment of knowledge: the rows, and which log, position and head they stand for.

use serde::{Deserialize, Serialize};

use crate::log::LogReader;
use crate::projection::{Cursor, GenesisRow, ProjectionDigest, Published, RowError, Tables, projection_digests};
use crate::record::RecordHash;
use crate::rules::scope::PlaceTree;
use crate::rules::sides::Sides;
use crate::vocab::{ActorId, Instant, Seq, choices};

choices! {
    /// On which axis of knowledge a question was answered.
    pub enum Axis {
        /// What the ledger had recorded.
        Record = "record",
        /// What sources had published, whenever it was recorded.
        Publication = "publication",
    }
}

/// Which log, up to which record: what every answer names, so that anyone can recompute it (P4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KnownAt {
    /// The ledger's name.
    pub origin: String,
    /// The log: the hash of its record 1.
    pub log: RecordHash,
    /// The last record that the answer uses.
    pub seq: Seq,
    /// That record's hash.
    pub head: RecordHash,
    /// Whether the answer is of what had been recorded, or of what had been published.
    #[serde(default = "Axis::of_records")]
    pub axis: Axis,
    /// On the publication axis: by when it had been published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_by: Option<Instant>,
}

impl Axis {
    const fn of_records() -> Self {
        Self::Record
    }
}

impl KnownAt {
    /// Says in words what an answer rests on, and on which axis.
    #[must_use]
    pub fn basis(&self) -> String {
        let axis = match self.published_by {
            None => "record axis".to_owned(),
            Some(by) => format!("publication axis: as published by {by}"),
        };
        format!("as known at record {} of {}, head {}, {axis}", self.seq, self.origin, self.head)
    }
}

/// The rows as of one moment of knowledge.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub(super) tables: &'a Tables,
    pub(super) cursor: &'a Cursor,
    pub(super) genesis: &'a GenesisRow,
    pub(super) reader: &'a LogReader,
    pub(super) published: Option<&'a Published>,
}

impl<'a> View<'a> {
    pub(super) const fn new(
        tables: &'a Tables,
        cursor: &'a Cursor,
        genesis: &'a GenesisRow,
        reader: &'a LogReader,
    ) -> Self {
        Self { tables, cursor, genesis, reader, published: None }
    }

    pub(super) const fn on_publication_axis(self, published: Option<&'a Published>) -> Self {
        Self { published, ..self }
    }

    /// Gives what had been published, where the view is one on the publication axis.
    #[must_use]
    pub const fn published(&self) -> Option<&'a Published> {
        self.published
    }

    /// Tells whether a record belongs to the view: it lies within the prefix and, on the publication axis, had been
    /// published.
    #[must_use]
    pub fn knows(&self, seq: Seq) -> bool {
        seq <= self.cursor.seq && self.published.is_none_or(|published| published.knows(seq))
    }

    /// Gives the tables.
    #[must_use]
    pub const fn tables(&self) -> &'a Tables {
        self.tables
    }

    /// Gives the reader of the log, for the words behind the rows.
    #[must_use]
    pub const fn reader(&self) -> &'a LogReader {
        self.reader
    }

    /// Gives what the ledger says of itself.
    #[must_use]
    pub const fn genesis(&self) -> &'a GenesisRow {
        self.genesis
    }

    /// Gives which log and position the view stands for.
    #[must_use]
    pub fn known_at(&self) -> KnownAt {
        KnownAt {
            origin: self.genesis.origin.clone(),
            log: self.cursor.log,
            seq: self.cursor.seq,
            head: self.cursor.head,
            axis: if self.published.is_some() { Axis::Publication } else { Axis::Record },
            published_by: self.published.map(Published::by),
        }
    }

    /// Computes the digest of every projection.
    ///
    /// # Errors
    /// [`RowError`].
    pub fn digests(&self) -> Result<Vec<ProjectionDigest>, RowError> {
        projection_digests(self.tables, self.cursor)
    }

    /// Gathers who belongs to whom.
    ///
    /// # Errors
    /// [`RowError`].
    pub fn sides(&self) -> Result<Sides, RowError> {
        let mut sides = Sides::default();
        self.tables.actors.walk("", |_, row| sides.add(row.actor.clone(), row.kind))?;
        self.tables.relations.walk("", |_, row| {
            let joins = matches!(row.claim.relation, crate::event::Relation::PartOf | crate::event::Relation::AliasOf);
            if row.stands() && joins {
                sides.relate(row.claim.actor.clone(), row.claim.to.clone());
            }
        })?;
        Ok(sides)
    }

    /// Gathers which place lies within which.
    ///
    /// # Errors
    /// [`RowError`].
    pub fn places(&self) -> Result<PlaceTree, RowError> {
        let mut tree = PlaceTree::default();
        self.tables.places.walk("", |_, row| {
            if let Some(within) = &row.within {
                tree.add(row.place.clone(), within.clone());
            }
        })?;
        Ok(tree)
    }

    /// Gives an actor's name in a language, else its id.
    ///
    /// # Errors
    /// [`RowError`].
    pub fn actor_name(&self, actor: &ActorId, lang: &str) -> Result<String, RowError> {
        let row = self.tables.actors.row(actor.as_str())?;
        let name = row.as_ref().and_then(|row| row.names.in_language(lang)).map(|name| name.text.to_string());
        Ok(name.unwrap_or_else(|| actor.to_string()))
    }
}
