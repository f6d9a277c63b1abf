//! Flags for how many: `UNIT[.OUTCOME][/WHO]=QUANTITY`, and short flags for the common ones.

use super::flags::{FlagReader, at, at_flag, complain};
use super::typed::{Typed, Unreadable};
use crate::cli::complaint::Complaint;
use crate::vocab::{Code, Outcome, Quantity, Unit, Who, Whole};

const GRAMMAR: &str = "write UNIT[.OUTCOME][/WHO]=QUANTITY, such as 'house.destroyed=>20' or 'person.killed/child=1'";

/// What is counted: `person.killed/child`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counted {
    unit: Unit,
    outcome: Option<Outcome>,
    who: Option<Who>,
}

impl Counted {
    pub(super) const fn new(unit: Unit, outcome: Option<Outcome>) -> Self {
        Self { unit, outcome, who: None }
    }

    const fn of(quantity: &Quantity) -> Self {
        Self { unit: quantity.unit, outcome: quantity.outcome, who: quantity.who }
    }
}

impl Typed for Counted {
    fn typed(text: &str) -> Result<Self, Unreadable> {
        let (rest, who) = text.split_once('/').map_or((text, None), |(rest, who)| (rest, Some(who)));
        let (unit, outcome) = rest.split_once('.').map_or((rest, None), |(unit, outcome)| (unit, Some(outcome)));
        Ok(Self {
            unit: Unit::typed(unit.trim())?,
            outcome: outcome.map(|outcome| Outcome::typed(outcome.trim())).transpose()?,
            who: who.map(|who| Who::typed(who.trim())).transpose()?,
        })
    }
}

/// One count as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Count {
    flag: &'static str,
    counted: Counted,
    amount: String,
    whole: Option<Counted>,
}

impl Count {
    /// Reads `UNIT[.OUTCOME][/WHO]=QUANTITY[ of UNIT[.OUTCOME][/WHO]]`.
    fn general(flag: &'static str, text: &str) -> Result<Self, Unreadable> {
        let Some((counted, amount)) = text.split_once('=') else {
            return Err(Unreadable::new(Code::BadQuantity, format!("`{text}` has no =")).hint(GRAMMAR));
        };
        let (amount, whole) = amount.split_once(" of ").map_or((amount, None), |(amount, whole)| (amount, Some(whole)));
        let whole = whole.map(|whole| Counted::typed(whole.trim())).transpose()?;
        Ok(Self { flag, counted: Counted::typed(counted.trim())?, amount: amount.trim().to_owned(), whole })
    }

    /// Reads `QUANTITY[/WHO]`, where the flag says what is counted.
    fn short(flag: &'static str, counted: Counted, text: &str) -> Result<Self, Unreadable> {
        let (amount, who) = text.split_once('/').map_or((text, None), |(amount, who)| (amount, Some(who)));
        let who = who.map(|who| Who::typed(who.trim())).transpose()?;
        Ok(Self { flag, counted: Counted { who, ..counted }, amount: amount.trim().to_owned(), whole: None })
    }
}

/// Counts on their way into one list of the event.
pub(super) struct Counts<'r, 'a> {
    reader: &'r mut FlagReader<'a>,
    member: String,
    preliminary: bool,
    typed: Vec<Count>,
    quantities: Vec<Quantity>,
}

impl<'r, 'a> Counts<'r, 'a> {
    /// Begins a list at a member of the event.
    pub(super) fn new(member: &str, preliminary: bool, reader: &'r mut FlagReader<'a>) -> Self {
        Self { reader, member: member.to_owned(), preliminary, typed: Vec::new(), quantities: Vec::new() }
    }

    /// Adds what a short flag counts.
    pub(super) fn short(mut self, flag: &'static str, counted: Counted, text: Option<&str>) -> Result<Self, Complaint> {
        if let Some(text) = text {
            self.add(flag, Count::short(flag, counted, text))?;
        }
        Ok(self)
    }

    /// Adds what general flags count.
    pub(super) fn general(mut self, flag: &'static str, texts: &[String]) -> Result<Self, Complaint> {
        for text in texts {
            self.add(flag, Count::general(flag, text))?;
        }
        Ok(self)
    }

    fn add(&mut self, flag: &'static str, count: Result<Count, Unreadable>) -> Result<(), Complaint> {
        let member = format!("{}/{}", self.member, self.quantities.len());
        let pointer = self.reader.note(flag, &member, true);
        let count = count.map_err(|error| complain(flag, pointer.clone(), error))?;
        let quantity =
            Quantity::from_short(&count.amount, count.counted.unit, &pointer).map_err(|fault| at_flag(flag, &fault))?;
        self.quantities.push(Quantity {
            outcome: count.counted.outcome,
            who: count.counted.who,
            preliminary: self.preliminary,
            ..quantity
        });
        self.typed.push(count);
        Ok(())
    }

    /// Gives the quantities. One of some people stands as a part of the one of all of them, where the two are of the
    /// same unit and outcome: a child among the killed is never added to the killed.
    pub(super) fn finish(mut self) -> Result<Vec<Quantity>, Complaint> {
        for index in 0..self.typed.len() {
            let part = self.whole_of(index)?;
            if let Some(quantity) = self.quantities.get_mut(index) {
                quantity.subset_of = part;
            }
        }
        Ok(self.quantities)
    }

    fn whole_of(&self, index: usize) -> Result<Option<Whole>, Complaint> {
        let Some(count) = self.typed.get(index) else { return Ok(None) };
        let implied = count.counted.who.map(|_| Counted { who: None, ..count.counted });
        let Some(wanted) = count.whole.or(implied) else { return Ok(None) };
        let mut wholes = self
            .quantities
            .iter()
            .enumerate()
            .filter(|(other, quantity)| *other != index && Counted::of(quantity) == wanted)
            .filter_map(|(other, _)| u16::try_from(other).ok());
        match (wholes.next(), wholes.next()) {
            (Some(whole), None) => Ok(Some(Whole::Quantity(whole))),
            _ if count.whole.is_none() => Ok(None),
            (found, _) => {
                let which = if found.is_some() { "more than one count" } else { "no count" };
                let pointer = at(&self.member).item(index).member("subset_of");
                let what = format!("{which} of this command is what `{}` is a part of", count.amount);
                let error = Unreadable::new(Code::BadQuantity, what);
                Err(complain(count.flag, pointer, error.hint("give the whole first: --killed 13/civilian")))
            }
        }
    }
}

/// Reads one count, such as a stated total.
pub(super) fn single(
    flag: &'static str,
    member: &str,
    text: Option<&str>,
    reader: &mut FlagReader<'_>,
) -> Result<Option<Quantity>, Complaint> {
    let pointer = reader.note(flag, member, text.is_some());
    let Some(text) = text else { return Ok(None) };
    let count = Count::general(flag, text).map_err(|error| complain(flag, pointer.clone(), error))?;
    let quantity =
        Quantity::from_short(&count.amount, count.counted.unit, &pointer).map_err(|fault| at_flag(flag, &fault))?;
    Ok(Some(Quantity { outcome: count.counted.outcome, who: count.counted.who, ..quantity }))
}

/// Reads a figure that a question asks about, in the same words as a count.
pub(in crate::cli) fn figure(flag: &'static str, text: &str) -> Result<Quantity, Complaint> {
    let pointer = at(flag);
    let count = Count::general(flag, text).map_err(|error| complain(flag, pointer.clone(), error))?;
    let quantity =
        Quantity::from_short(&count.amount, count.counted.unit, &pointer).map_err(|fault| at_flag(flag, &fault))?;
    Ok(Quantity { outcome: count.counted.outcome, who: count.counted.who, ..quantity })
}
