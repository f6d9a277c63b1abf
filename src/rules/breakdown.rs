//! Incidents by time or by place, with what is certain and what is only possible kept apart (C9, C12).
//!
//! An incident whose interval lies wholly within one slot is counted there for certain. One whose interval meets several
//! slots may be in any of them: it is *possible* in each, and no slot gets a share of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::figures::envelopes;
use super::incident::IncidentFacts;
use super::scope::PlaceTree;
use crate::vocab::{Bounds, Cut, Instant, PlaceId, PluralFloors, QuantityKind, Seq, Slot, Span, Stretch, Triple};

/// What the incidents of one slot come to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SlotCount {
    /// The slot's name: a time or a place.
    pub name: String,
    /// From when to when, where it is a slot of time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    /// Incidents that surely belong here.
    pub certain: u64,
    /// Incidents that may belong here, or elsewhere.
    pub possible: u64,
    /// The figures claimed for them, in order of kind.
    pub figures: Vec<SlotFigure>,
    /// The incidents, certain ones first.
    pub incidents: Vec<String>,
    /// The records of those incidents, in order.
    pub records: Vec<Seq>,
}

/// Figures of one kind in one slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SlotFigure {
    /// What is counted.
    pub kind: QuantityKind,
    /// The sum of the envelopes; what is only possible adds nothing to its lower bound.
    pub value: Bounds,
    /// The sums of the published low, best and high values, as they were printed, of the incidents that surely belong
    /// here; absent where none gives such a triple.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<PublishedSum>,
}

/// Published triples added up, low with low, best with best, high with high.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PublishedSum {
    /// Σ low.
    pub low: u64,
    /// Σ best.
    pub best: u64,
    /// Σ high.
    pub high: u64,
    /// How many triples were added.
    pub triples: u64,
    /// How many of them are out of order; they are added as they were printed.
    pub out_of_order: u64,
}

impl PublishedSum {
    fn add(&mut self, triple: Triple) {
        self.low = self.low.saturating_add(triple.low);
        self.best = self.best.saturating_add(triple.best);
        self.high = self.high.saturating_add(triple.high);
        self.triples += 1;
        self.out_of_order += u64::from(triple.is_out_of_order());
    }
}

/// More slots of time than this are not made for one incident: its time is as good as unknown.
const SLOTS_AT_MOST: usize = 1_000;

/// The slot of incidents whose time nobody states.
pub const UNDATED: &str = "undated";

/// The slot of incidents for which no registered place is named.
pub const UNPLACED: &str = "no registered place";

/// Sorts incidents into slots of time; those without a beginning and an end go to [`UNDATED`]. Empty slots are not
/// listed: a missing slot says nothing about whether anything happened.
#[must_use]
pub fn by_time(incidents: &[&IncidentFacts], stretch: Stretch, cut: Cut, floors: PluralFloors) -> Vec<SlotCount> {
    let mut piles: BTreeMap<(Option<Instant>, String), Pile> = BTreeMap::new();
    for facts in incidents {
        let slots = facts.when.and_then(|when| Slot::over(when, stretch, cut, SLOTS_AT_MOST));
        let Some(slots) = slots else {
            piles.entry((Some(Instant::MAX), UNDATED.to_owned())).or_default().certain.push(facts);
            continue;
        };
        let certain = slots.len() == 1;
        for slot in slots {
            let pile = piles.entry((slot.span.from, slot.name)).or_default();
            pile.span = Some(slot.span);
            if certain { pile.certain.push(facts) } else { pile.possible.push(facts) }
        }
    }
    piles.into_iter().map(|((_, name), pile)| pile.count(name, floors)).collect()
}

/// How far a place is followed up to the places it lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The place itself, as registered.
    Place,
    /// The part of the outermost place that it lies in: `ganja` within `west` within `country` is in `west`.
    Region,
}

/// Sorts incidents into places. One that several sources put into different places is possible in each, and one that may
/// lie outside the window is no more than possible anywhere.
#[must_use]
pub fn by_place(
    incidents: &[&IncidentFacts],
    reach: Reach,
    tree: &PlaceTree,
    window: Option<Span>,
    floors: PluralFloors,
) -> Vec<SlotCount> {
    let mut piles: BTreeMap<String, Pile> = BTreeMap::new();
    for facts in incidents {
        let mut places: Vec<String> =
            facts.sites.iter().filter_map(|site| site.place.as_ref()).map(|place| named(place, reach, tree)).collect();
        places.sort();
        places.dedup();
        if places.is_empty() {
            places.push(UNPLACED.to_owned());
        }
        let in_window = window.is_none_or(|window| facts.when.is_some_and(|when| window.holds(when)));
        let certain = places.len() == 1 && in_window;
        for place in places {
            let pile = piles.entry(place).or_default();
            if certain { pile.certain.push(facts) } else { pile.possible.push(facts) }
        }
    }
    piles.into_iter().map(|(name, pile)| pile.count(name, floors)).collect()
}

fn named(place: &PlaceId, reach: Reach, tree: &PlaceTree) -> String {
    match reach {
        Reach::Place => place.to_string(),
        Reach::Region => tree.region_of(place).to_string(),
    }
}

/// The incidents of a slot.
#[derive(Default)]
struct Pile<'a> {
    span: Option<Span>,
    certain: Vec<&'a IncidentFacts>,
    possible: Vec<&'a IncidentFacts>,
}

impl Pile<'_> {
    fn count(self, name: String, floors: PluralFloors) -> SlotCount {
        let both = || self.certain.iter().chain(&self.possible);
        let mut records: Vec<Seq> = both().flat_map(|facts| facts.records()).collect();
        records.sort();
        records.dedup();
        SlotCount {
            name,
            span: self.span,
            certain: self.certain.len() as u64,
            possible: self.possible.len() as u64,
            figures: self.figures(floors),
            incidents: both().map(|facts| facts.incident.to_string()).collect(),
            records,
        }
    }

    fn figures(&self, floors: PluralFloors) -> Vec<SlotFigure> {
        let mut sums: BTreeMap<QuantityKind, (Bounds, PublishedSum)> = BTreeMap::new();
        for facts in &self.certain {
            for figure in envelopes(facts, floors) {
                let sum = sums.entry(figure.kind).or_insert((Bounds::ZERO, PublishedSum::default()));
                sum.0 = sum.0.plus(figure.envelope);
            }
            for quantity in facts.figures.iter().map(|figure| &figure.quantity) {
                if let (Some(triple), None, None) = (quantity.triple, &quantity.subset_of, quantity.who) {
                    sums.entry(quantity.kind()).or_insert((Bounds::ZERO, PublishedSum::default())).1.add(triple);
                }
            }
        }
        for figure in self.possible.iter().flat_map(|facts| envelopes(facts, floors)) {
            let sum = sums.entry(figure.kind).or_insert((Bounds::ZERO, PublishedSum::default()));
            sum.0 = sum.0.plus(Bounds { min: 0, max: figure.envelope.max });
        }
        sums.into_iter()
            .map(|(kind, (value, published))| {
                let published = (published.triples > 0).then_some(published);
                SlotFigure { kind, value, published }
            })
            .collect()
    }
}
