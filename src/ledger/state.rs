//! The state of a ceasefire: from each perspective, with when it takes effect, when it lapses, and who said so.

use serde::{Deserialize, Serialize};

use super::view::{KnownAt, View};
use crate::projection::{CeasefireRow, RowError};
use crate::rules::lifecycle::{Anomaly, CeasefireFacts, Effective, Perspective, State};
use crate::rules::sides::Sides;
use crate::vocab::{CeasefireId, Contested, Seq, Span};

/// What a ceasefire is like at an instant, as known at a position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CeasefireState {
    /// Which.
    pub ceasefire: String,
    /// Its names, by language.
    pub names: Vec<(String, String)>,
    /// What other lists call it.
    pub external: Vec<String>,
    /// Who is bound.
    pub parties: Vec<String>,
    /// Who brought it about.
    pub mediators: Vec<String>,
    /// The instant or interval asked about.
    pub valid_at: Span,
    /// The perspective asked for.
    pub perspective: String,
    /// The state from that perspective: certain, one of several, or held differently.
    pub state: Contested<State>,
    /// Each side's view.
    pub views: Vec<SideView>,
    /// When it takes effect.
    pub effective: Option<Effective>,
    /// When it lapses of itself.
    pub expiry: Option<Span>,
    /// How often a breach of it is asserted, incidents counted once; see the tally.
    pub asserted_breaches: u64,
    /// Who declared that it collapsed.
    pub declared_collapsed_by: Vec<String>,
    /// Claims that do not follow from what was before.
    pub anomalies: Vec<Anomaly>,
}

/// One side's view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SideView {
    /// The side.
    pub perspective: String,
    /// The states it may be in.
    pub states: Vec<State>,
    /// When the present state began.
    pub since: Option<Span>,
    /// The records that lead to it.
    pub records: Vec<Seq>,
}

/// An answer to "what state is it in", with what it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StateAnswer {
    /// Which log and position.
    pub known_at: KnownAt,
    /// The ceasefires, in order of id.
    pub ceasefires: Vec<CeasefireState>,
}

/// Which perspective is asked for; a party is named by any of its organs too.
///
/// # Errors
/// The perspectives there are, where this is none of them.
pub fn perspective_of(text: &str, row: &CeasefireRow, sides: &Sides) -> Result<Perspective, Vec<String>> {
    match text {
        "ledger" => return Ok(Perspective::Ledger),
        "mediator" => return Ok(Perspective::Mediator),
        "monitor" => return Ok(Perspective::Monitor),
        _ => {}
    }
    let party = row.parties.iter().find(|party| {
        crate::vocab::ActorId::new(text).is_ok_and(|actor| sides.side_of(&actor) == sides.side_of(party))
    });
    party.cloned().map(Perspective::Party).ok_or_else(|| {
        let fixed = ["mediator", "monitor", "ledger"].map(ToOwned::to_owned);
        row.parties.iter().map(ToString::to_string).chain(fixed).collect()
    })
}

impl View<'_> {
    /// Gives the state of one ceasefire, or of all, at an instant or over an interval of event time.
    ///
    /// A perspective that a ceasefire does not have leaves that ceasefire out.
    ///
    /// # Errors
    /// [`RowError`].
    pub fn states(
        &self,
        ceasefire: Option<&CeasefireId>,
        valid_at: Span,
        perspective: &str,
    ) -> Result<StateAnswer, RowError> {
        let sides = self.sides()?;
        let rows = match ceasefire {
            Some(id) => self.tables.ceasefires.row(id.as_str())?.into_iter().collect(),
            None => self.tables.ceasefires.rows("")?,
        };
        let mut ceasefires = Vec::new();
        for row in &rows {
            if let Ok(perspective) = perspective_of(perspective, row, &sides) {
                ceasefires.push(self.state_of(row, valid_at, &perspective, &sides)?);
            }
        }
        Ok(StateAnswer { known_at: self.known_at(), ceasefires })
    }

    fn state_of(
        &self,
        row: &CeasefireRow,
        valid_at: Span,
        perspective: &Perspective,
        sides: &Sides,
    ) -> Result<CeasefireState, RowError> {
        let claims = self.ceasefire_claims(&row.ceasefire)?;
        let facts = CeasefireFacts {
            ceasefire: &row.ceasefire,
            parties: &row.parties,
            mediators: &row.mediators,
            claims: &claims,
            sides,
        };
        let state = match perspective {
            Perspective::Ledger => facts.ledger_state_over(valid_at),
            side => Contested::from_possible(facts.states_over(valid_at, side)),
        };
        let views = facts.perspectives().into_iter().map(|side| {
            let view = facts.state(valid_at.start(), &side);
            let states = facts.states_over(valid_at, &side);
            SideView { perspective: side.to_string(), states, since: view.since, records: view.records }
        });
        Ok(CeasefireState {
            ceasefire: row.ceasefire.to_string(),
            names: row.names.iter().map(|name| (name.lang.to_string(), name.text.to_string())).collect(),
            external: row.external.iter().map(|external| format!("{}:{}", external.scheme, external.id)).collect(),
            parties: row.parties.iter().map(ToString::to_string).collect(),
            mediators: row.mediators.iter().map(ToString::to_string).collect(),
            valid_at,
            perspective: perspective.to_string(),
            state,
            views: views.collect(),
            effective: facts.effective(perspective),
            expiry: facts.expiry(perspective).map(|(span, _)| span),
            asserted_breaches: self.asserted_breaches(&row.ceasefire)?,
            declared_collapsed_by: collapse_declarers(&facts),
            anomalies: facts.state(valid_at.start(), perspective).anomalies,
        })
    }

    /// Gives the claims about a ceasefire in order of record.
    ///
    /// # Errors
    /// [`RowError`].
    pub fn ceasefire_claims(
        &self,
        ceasefire: &CeasefireId,
    ) -> Result<Vec<crate::rules::claims::Claimed<crate::rules::claims::CeasefireClaim>>, RowError> {
        let mut claims = self.tables.ceasefire_claims.rows(&format!("{ceasefire}/"))?;
        claims.sort_by_key(|claimed| (claimed.at, claimed.seq));
        Ok(claims)
    }

    fn asserted_breaches(&self, ceasefire: &CeasefireId) -> Result<u64, RowError> {
        Ok(self.tables.breach_counts.row(ceasefire.as_str())?.unwrap_or_default())
    }
}

fn collapse_declarers(facts: &CeasefireFacts<'_>) -> Vec<String> {
    let mut declarers: Vec<String> = Vec::new();
    for claimed in facts.claims.iter().filter(|claimed| claimed.stands()) {
        if let crate::rules::claims::CeasefireClaim::Step(step) = &claimed.claim
            && step.step == crate::event::Step::CollapseDeclared
        {
            let by = if step.by.is_empty() { &step.voice.speaker } else { &step.by };
            declarers.extend(by.iter().map(ToString::to_string));
        }
    }
    declarers.sort();
    declarers.dedup();
    declarers
}
