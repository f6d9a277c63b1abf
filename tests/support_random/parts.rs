//! The parts of random events: who, when, where, how many, on whose word.

use ceasefire_ledger::event::{Breach, BreachClaim};
use ceasefire_ledger::vocab::{
    ActorRef, Attribution, CeasefireId, Instant, Label, Level, Op, Outcome, PlaceId, Precision, Quantity, Source,
    Triple, TzBasis, Unit, When, Where, Who, Whole,
};

use super::{ACTORS, CEASEFIRES, PLACES, actor};

/// Reads a move number by number; after the last it begins anew, each time a little differently.
pub(crate) struct Dice<'a> {
    numbers: &'a [u8; 14],
    thrown: usize,
}

impl<'a> Dice<'a> {
    pub(crate) const fn new(numbers: &'a [u8; 14]) -> Self {
        Self { numbers, thrown: 0 }
    }

    pub(crate) fn number(&mut self) -> u32 {
        let (round, at) = (self.thrown / self.numbers.len(), self.thrown % self.numbers.len());
        self.thrown += 1;
        u32::from(self.numbers[at]) * (1 + 2 * u32::try_from(round).unwrap())
    }

    /// A number from 0 up to, and without, the limit.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.number() as usize % limit
    }

    pub(crate) fn actor_ref(&mut self) -> ActorRef {
        let mut one = || actor(ACTORS[self.below(ACTORS.len())].0);
        let first = one();
        match self.below(8) {
            0 => {
                let second = actor(ACTORS[self.below(ACTORS.len())].0);
                ActorRef::AnyOf(vec![first, second])
            }
            // A slash in the words must not be taken for a part of a number's id.
            1 => ActorRef::Unnamed(Label::new("men in grey and/or green").unwrap()),
            _ => ActorRef::Actor(first),
        }
    }
}

pub(crate) fn source(dice: &mut Dice<'_>) -> Source {
    let asserted = if dice.below(2) == 0 { when(dice) } else { None };
    Source { asserted, ..Source::speaker(dice.actor_ref()) }
}

/// A time, or none.
pub(crate) fn when(dice: &mut Dice<'_>) -> Option<When> {
    (dice.below(3) > 0).then(|| some_when(dice))
}

pub(crate) fn some_when(dice: &mut Dice<'_>) -> When {
    let hour =
        |hours: u32| Instant::parse("2020-10-01T00:00:00Z").unwrap().plus_micros(i64::from(hours) * 3_600_000_000);
    let from = dice.number() % 700;
    let length = [0, 1, 9, 24, 72, 400][dice.below(6)];
    let (earliest, latest) = (Some(hour(from)), Some(hour(from + length)));
    let (precision, basis) = (Precision::Days, TzBasis::Unstated);
    match dice.below(8) {
        0 => When::between(None, latest, precision, basis),
        1 => When::between(earliest, None, precision, basis),
        _ => When::between(earliest, latest, precision, basis),
    }
}

pub(crate) fn site(dice: &mut Dice<'_>) -> Option<Where> {
    match dice.below(5) {
        0 => None,
        1 => {
            let (lat, lon) = (40_000_000 + i64::from(dice.number()) * 40, 46_000_000);
            Some(Where { lat_e6: Some(lat), lon_e6: Some(lon), radius_m: Some(10), ..Where::default() })
        }
        _ => Some(Where::registered(PlaceId::new(PLACES[dice.below(PLACES.len())].0).unwrap())),
    }
}

pub(crate) fn attribution(dice: &mut Dice<'_>) -> Option<Attribution> {
    if dice.below(4) == 0 {
        return None;
    }
    let level = Level::ALL[dice.below(Level::ALL.len())];
    let accused =
        if level.names_somebody() { (0..=dice.below(2)).map(|_| dice.actor_ref()).collect() } else { Vec::new() };
    let basis = matches!(level, Level::DerivedByRule | Level::Established);
    let basis = basis.then(|| Label::new("rule 1").unwrap());
    Some(Attribution { accused, level, share: None, basis })
}

pub(crate) fn breach(dice: &mut Dice<'_>) -> Option<BreachClaim> {
    match dice.below(4) {
        0 => Some(BreachClaim::NotAsserted),
        1 => {
            let ceasefire = CeasefireId::new(CEASEFIRES[dice.below(CEASEFIRES.len())].0).unwrap();
            Some(BreachClaim::Asserted(vec![Breach { ceasefire, article: None }]))
        }
        _ => None,
    }
}

pub(crate) fn quantities(dice: &mut Dice<'_>) -> Vec<Quantity> {
    (0..dice.below(3)).map(|_| quantity(dice)).collect()
}

pub(crate) fn plain_quantity(dice: &mut Dice<'_>) -> Quantity {
    Quantity { min: Some(dice.number().into()), ..Quantity::new(Op::Exact, Unit::Person) }
}

fn quantity(dice: &mut Dice<'_>) -> Quantity {
    let unit = [Unit::Person, Unit::House, Unit::Shot][dice.below(3)];
    let outcome = [None, Some(Outcome::Killed), Some(Outcome::Wounded)][dice.below(3)];
    let who = [None, Some(Who::Civilian), Some(Who::Child)][dice.below(3)];
    let op = Op::ALL[dice.below(Op::ALL.len())];
    let number = Some(u64::from(dice.number()));
    let mut quantity = Quantity { outcome, who, preliminary: dice.below(2) == 0, ..Quantity::new(op, unit) };
    match op {
        Op::Exact | Op::AtLeast | Op::MoreThan => quantity.min = number,
        Op::AtMost => quantity.max = number,
        Op::LessThan => quantity.max = number.map(|number| number + 1),
        Op::Approx => quantity.best = number,
        Op::Range if dice.below(2) == 0 => {
            // Published triples are kept whatever their order.
            let mut any = || u64::from(dice.number());
            quantity.triple = Some(Triple { low: any(), best: any(), high: any() });
        }
        Op::Range => {
            quantity.min = number;
            quantity.max = number.map(|number| number + u64::from(dice.number()));
        }
        _ => {}
    }
    if dice.below(5) == 0 {
        quantity.subset_of = Some(Whole::Described(Label::new("a larger number").unwrap()));
    }
    quantity
}
