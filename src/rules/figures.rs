//! Figures of one thing by several speakers: each claim stands, and the envelope is printed (C9, C10).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::incident::{FigureFact, IncidentFacts};
use crate::vocab::{ActorRef, Bounds, PluralFloors, QuantityKind, Seq, Who};

/// What one speaker's standing figures come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SpeakerFigure {
    /// Who gives it.
    pub by: Vec<String>,
    /// What follows from his words.
    pub bounds: Bounds,
    /// Whether he calls it preliminary.
    pub preliminary: bool,
    /// Whether a published triple in it is out of order.
    pub inconsistent: bool,
    /// The records.
    pub records: Vec<Seq>,
}

/// Every figure for one kind of thing in one incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FigureEnvelope {
    /// What is counted.
    pub kind: QuantityKind,
    /// The interval that holds every speaker's.
    pub envelope: Bounds,
    /// Each speaker's.
    pub claims: Vec<SpeakerFigure>,
}

/// Draws the envelopes of an incident, one for each kind of thing, in order.
///
/// Parts of a whole stay out. A speaker's later figure supersedes his own earlier one of the same kind and people. A
/// figure without "who" is the speaker's total; failing one, his figures for different people are added.
#[must_use]
pub fn envelopes(facts: &IncidentFacts, floors: PluralFloors) -> Vec<FigureEnvelope> {
    let mut kinds: BTreeMap<QuantityKind, Vec<&FigureFact>> = BTreeMap::new();
    for figure in facts.figures.iter().filter(|figure| figure.quantity.subset_of.is_none()) {
        kinds.entry(figure.quantity.kind()).or_default().push(figure);
    }
    kinds
        .into_iter()
        .map(|(kind, figures)| {
            let claims = by_speaker(&figures, floors);
            let envelope = claims.iter().map(|claim| claim.bounds).reduce(Bounds::envelope).unwrap_or(Bounds::ANY);
            FigureEnvelope { kind, envelope, claims }
        })
        .collect()
}

fn by_speaker(figures: &[&FigureFact], floors: PluralFloors) -> Vec<SpeakerFigure> {
    let mut speakers: Vec<(&[ActorRef], Vec<&FigureFact>)> = Vec::new();
    for figure in figures {
        match speakers.iter_mut().find(|(by, _)| *by == figure.by.as_slice()) {
            Some((_, own)) => own.push(figure),
            None => speakers.push((&figure.by, vec![figure])),
        }
    }
    speakers.into_iter().map(|(by, own)| speaker_figure(by, &own, floors)).collect()
}

fn speaker_figure(by: &[ActorRef], own: &[&FigureFact], floors: PluralFloors) -> SpeakerFigure {
    let mut standing: BTreeMap<Option<Who>, Vec<&FigureFact>> = BTreeMap::new();
    for figure in own {
        let of_who = standing.entry(figure.quantity.who).or_default();
        of_who.retain(|earlier| earlier.seq == figure.seq);
        of_who.push(figure);
    }
    let counted: Vec<&FigureFact> = match standing.remove(&None) {
        Some(total) => total,
        None => standing.into_values().flatten().collect(),
    };
    let bounds = counted.iter().map(|figure| figure.quantity.bounds(floors)).reduce(Bounds::plus);
    let mut records: Vec<Seq> = counted.iter().map(|figure| figure.seq).collect();
    records.dedup();
    SpeakerFigure {
        by: by.iter().map(ToString::to_string).collect(),
        bounds: bounds.unwrap_or(Bounds::ANY),
        preliminary: counted.iter().any(|figure| figure.quantity.preliminary),
        inconsistent: counted
            .iter()
            .any(|figure| figure.quantity.triple.is_some_and(crate::vocab::Triple::is_out_of_order)),
        records,
    }
}
