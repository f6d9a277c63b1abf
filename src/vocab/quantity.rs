//! Quantities: what a source says about a number, and what follows from it.

use serde::{Deserialize, Serialize};

use super::choice::choices;
use super::{Check, Code, Fault, Label, Pointer, RecordRef, Text};

/// The largest whole number of the format, 2^53 − 1, so that every JSON reader keeps it exact.
pub const WHOLE_MAX: u64 = (1 << 53) - 1;

choices! {
    /// How a source puts a number.
    pub enum Op {
        /// The number itself.
        Exact = "exact",
        /// The number or more.
        AtLeast = "at_least",
        /// More than the number, so one more at least.
        MoreThan = "more_than",
        /// The number or fewer.
        AtMost = "at_most",
        /// Fewer than the number.
        LessThan = "less_than",
        /// Between two numbers, both included.
        Range = "range",
        /// About the number; no bounds follow.
        Approx = "approx",
        /// "Several": a bare plural. Its lower bound is the rule set's.
        UnspecifiedPlural = "unspecified_plural",
        /// "Dozens", "tens of". Its lower bound is the rule set's.
        Dozens = "dozens",
        /// The source says there were none.
        None = "none",
        /// The source says that the number is not known.
        Unknown = "unknown",
    }

    /// What is counted. Units never mix.
    pub enum Unit {
        /// People.
        Person = "person",
        /// Houses and flats.
        House = "house",
        /// Other buildings.
        Building = "building",
        /// Land vehicles.
        Vehicle = "vehicle",
        /// Aircraft without a crew.
        Uav = "uav",
        /// Aircraft with a crew.
        Aircraft = "aircraft",
        /// Settlements.
        Village = "village",
        /// Single shots.
        Shot = "shot",
        /// Bursts of fire.
        Burst = "burst",
        /// Explosions.
        Explosion = "explosion",
        /// Projectiles.
        Projectile = "projectile",
        /// Observed trajectories.
        Trajectory = "trajectory",
        /// Strikes.
        Strike = "strike",
        /// Shellings.
        Shelling = "shelling",
        /// Attacks.
        Attack = "attack",
        /// Flights over the other side's ground.
        Overflight = "overflight",
        /// Crossings into the other side's ground.
        Incursion = "incursion",
        /// Violations, as the source counts them; it does not say what one is.
        Violation = "violation",
        /// Days.
        Day = "day",
        /// Square kilometres.
        Km2 = "km2",
    }

    /// What became of what is counted.
    pub enum Outcome {
        /// Killed.
        Killed = "killed",
        /// Wounded.
        Wounded = "wounded",
        /// Killed or wounded; the source does not part them.
        KilledOrWounded = "killed_or_wounded",
        /// Missing.
        Missing = "missing",
        /// Captured.
        Captured = "captured",
        /// Displaced.
        Displaced = "displaced",
        /// Destroyed.
        Destroyed = "destroyed",
        /// Damaged.
        Damaged = "damaged",
        /// Shot down.
        ShotDown = "shot_down",
        /// Passed from one side's control to the other's.
        ControlChanged = "control_changed",
    }

    /// Who the counted people are.
    pub enum Who {
        /// Civilians.
        Civilian = "civilian",
        /// Members of armed forces.
        Military = "military",
        /// Children.
        Child = "child",
        /// Women.
        Woman = "woman",
        /// Medical staff.
        Medic = "medic",
        /// Press.
        Press = "press",
        /// The source says that it is not known.
        Unknown = "unknown",
    }
}

/// What a quantity is a part of. A part never enters a sum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Whole {
    /// Another quantity of the same event, counted from 0.
    Quantity(u16),
    /// A quantity in another record.
    Record(RecordRef),
    /// A whole that is not recorded as a quantity, in words.
    Described(Label),
}

/// A published low/best/high triple, kept as it was printed even where the order is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Triple {
    /// The low estimate.
    pub low: u64,
    /// The best estimate.
    pub best: u64,
    /// The high estimate.
    pub high: u64,
}

impl Triple {
    /// Tells whether low ≤ best ≤ high fails.
    #[must_use]
    pub const fn is_out_of_order(self) -> bool {
        self.low > self.best || self.best > self.high
    }
}

/// What a source says about a number (DOMAIN.md §2).
///
/// Which numbers go with which operator: `exact`, `at_least`, `more_than` take `min`; `at_most`, `less_than` take
/// `max`; `range` takes `min` and `max`, or a published `triple`; `approx` takes `best`; the others take none. The
/// numbers are the ones the source states: "more than 40" is `more_than` with `min` 40, and its lower bound is 41.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Quantity {
    /// How the source puts it.
    pub op: Op,
    /// The stated lower number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u64>,
    /// The stated upper number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
    /// The stated middle number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best: Option<u64>,
    /// A published low/best/high triple, verbatim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub triple: Option<Triple>,
    /// What is counted.
    pub unit: Unit,
    /// What became of it; absent where the source does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Who the people are; absent where the source does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<Who>,
    /// The source itself calls the number preliminary.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub preliminary: bool,
    /// What this is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subset_of: Option<Whole>,
    /// Whom or what the counted things belonged to, in the source's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Label>,
    /// The few words that carry the number, byte for byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verbatim: Option<Text>,
}

/// The lower bounds that a rule set gives to plurals without a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PluralFloors {
    /// The lower bound of `unspecified_plural`.
    pub unspecified_plural: u64,
    /// The lower bound of `dozens`.
    pub dozens: u64,
}

/// A closed interval of whole numbers; no upper bound is "unbounded", never "the same as the lower one".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Bounds {
    /// The least it can be.
    pub min: u64,
    /// The most it can be; `null` is unbounded.
    pub max: Option<u64>,
}

impl Bounds {
    /// The interval of zero alone.
    pub const ZERO: Self = Self { min: 0, max: Some(0) };
    /// Says nothing: zero or more.
    pub const ANY: Self = Self { min: 0, max: None };

    /// The interval of one number alone.
    #[must_use]
    pub const fn exactly(number: u64) -> Self {
        Self { min: number, max: Some(number) }
    }

    /// Adds two intervals; a sum that would overflow upwards is unbounded there.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let max = self.max.zip(other.max).and_then(|(a, b)| a.checked_add(b));
        Self { min: self.min.saturating_add(other.min), max }
    }

    /// The smallest interval that holds both.
    #[must_use]
    pub fn envelope(self, other: Self) -> Self {
        Self { min: self.min.min(other.min), max: self.max.zip(other.max).map(|(a, b)| a.max(b)) }
    }
}

impl std::fmt::Display for Bounds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = match (self.min, self.max) {
            (min, Some(max)) if min == max => format!("{min}"),
            (min, Some(max)) => format!("{min}–{max}"),
            (min, None) => format!("≥{min}"),
        };
        f.pad(&text)
    }
}

impl Quantity {
    /// Begins a quantity with an operator and a unit and nothing else.
    #[must_use]
    pub const fn new(op: Op, unit: Unit) -> Self {
        Self {
            op,
            min: None,
            max: None,
            best: None,
            triple: None,
            unit,
            outcome: None,
            who: None,
            preliminary: false,
            subset_of: None,
            owner: None,
            verbatim: None,
        }
    }

    /// Gives the bounds that follow from what was said (DOMAIN.md §2; plurals by the rule set's floors).
    #[must_use]
    pub fn bounds(&self, floors: PluralFloors) -> Bounds {
        if let Some(Triple { low, best, high }) = self.triple {
            return Bounds { min: low.min(best).min(high), max: Some(low.max(best).max(high)) };
        }
        let stated = self.min.unwrap_or(0);
        match self.op {
            Op::Exact => Bounds::exactly(stated),
            Op::AtLeast => Bounds { min: stated, max: None },
            Op::MoreThan => Bounds { min: stated.saturating_add(1), max: None },
            Op::AtMost => Bounds { min: 0, max: self.max },
            Op::LessThan => Bounds { min: 0, max: self.max.map(|max| max.saturating_sub(1)) },
            Op::Range => Bounds { min: stated, max: self.max },
            Op::UnspecifiedPlural => Bounds { min: floors.unspecified_plural, max: None },
            Op::Dozens => Bounds { min: floors.dozens, max: None },
            Op::None => Bounds::ZERO,
            Op::Approx | Op::Unknown => Bounds::ANY,
        }
    }

    /// Reads the short form of the command line: `13`, `>40`, `>=41`, `<5`, `<=5`, `~20`, `10-20`, `several`,
    /// `dozens`, `none`, `unknown`.
    ///
    /// # Errors
    /// A fault at `at` where the text is none of these, or its range is upside down.
    pub fn from_short(text: &str, unit: Unit, at: &Pointer) -> Result<Self, Fault> {
        let unreadable = || Fault::new(Code::BadQuantity, at.clone(), format!("`{text}` is not a quantity"));
        let whole = |digits: &str| digits.trim().parse::<u64>().ok().filter(|&n| n <= WHOLE_MAX).ok_or_else(unreadable);
        let with = |op, min, max, best| Self { min, max, best, ..Self::new(op, unit) };
        let text = text.trim();
        let quantity = match text {
            "several" | "some" => with(Op::UnspecifiedPlural, None, None, None),
            "dozens" => with(Op::Dozens, None, None, None),
            "none" => with(Op::None, None, None, None),
            "unknown" | "?" => with(Op::Unknown, None, None, None),
            _ => {
                let prefixes = [">=", "<=", "≥", "≤", ">", "<", "~"];
                let prefix = prefixes.into_iter().find(|prefix| text.starts_with(prefix)).unwrap_or("");
                let rest = text.strip_prefix(prefix).unwrap_or(text);
                match prefix {
                    ">=" | "≥" => with(Op::AtLeast, Some(whole(rest)?), None, None),
                    "<=" | "≤" => with(Op::AtMost, None, Some(whole(rest)?), None),
                    ">" => with(Op::MoreThan, Some(whole(rest)?), None, None),
                    "<" => with(Op::LessThan, None, Some(whole(rest)?), None),
                    "~" => with(Op::Approx, None, None, Some(whole(rest)?)),
                    _ => match rest.split_once(['-', '–']) {
                        Some((min, max)) => with(Op::Range, Some(whole(min)?), Some(whole(max)?), None),
                        None => with(Op::Exact, Some(whole(rest)?), None, None),
                    },
                }
            }
        };
        let mut faults = Vec::new();
        quantity.check(at, &mut faults);
        faults.into_iter().next().map_or(Ok(quantity), Err)
    }

    /// Tells what the quantity is, as words: `more_than 40 person wounded`.
    #[must_use]
    pub fn kind(&self) -> QuantityKind {
        QuantityKind { unit: self.unit, outcome: self.outcome }
    }

    fn expected_numbers(&self) -> (bool, bool, bool) {
        match self.op {
            Op::Exact | Op::AtLeast | Op::MoreThan => (true, false, false),
            Op::AtMost | Op::LessThan => (false, true, false),
            Op::Range => (self.triple.is_none(), self.triple.is_none(), false),
            Op::Approx => (false, false, true),
            Op::UnspecifiedPlural | Op::Dozens | Op::None | Op::Unknown => (false, false, false),
        }
    }
}

/// What may be added to what: the same unit with the same outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QuantityKind {
    /// What is counted.
    pub unit: Unit,
    /// What became of it.
    pub outcome: Option<Outcome>,
}

impl std::fmt::Display for QuantityKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.outcome {
            Some(outcome) => write!(f, "{}.{outcome}", self.unit),
            None => self.unit.fmt(f),
        }
    }
}

impl Check for Quantity {
    fn check(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        for (name, value) in [("min", self.min), ("max", self.max), ("best", self.best)] {
            if value.is_some_and(|number| number > WHOLE_MAX) {
                faults.push(Fault::new(Code::IntegerTooLarge, at.member(name), "beyond 2^53 − 1"));
            }
        }
        for (name, number) in self.triple.iter().flat_map(|t| [("low", t.low), ("best", t.best), ("high", t.high)]) {
            if number > WHOLE_MAX {
                let pointer = at.member("triple").member(name);
                faults.push(Fault::new(Code::IntegerTooLarge, pointer, "beyond 2^53 − 1"));
            }
        }
        if let (Some(min), Some(max)) = (self.min, self.max)
            && max < min
        {
            let what = format!("max ({max}) is below min ({min})");
            faults.push(Fault::new(Code::BoundsOrder, at.member("max"), what));
            return;
        }
        if self.op == Op::LessThan && self.max == Some(0) {
            faults.push(Fault::new(Code::BadQuantity, at.member("max"), "nothing is fewer than 0"));
        }
        if self.triple.is_some() && self.op != Op::Range {
            faults.push(Fault::new(Code::BadQuantity, at.member("triple"), "a triple goes with the operator range"));
        }
        let (min, max, best) = self.expected_numbers();
        for (name, expected, value) in [("min", min, self.min), ("max", max, self.max), ("best", best, self.best)] {
            let what = match (expected, value) {
                (true, None) => format!("the operator {} needs {name}", self.op),
                (false, Some(_)) => format!("the operator {} has no {name}", self.op),
                _ => continue,
            };
            faults.push(Fault::new(Code::BadQuantity, at.member(name), what));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOORS: PluralFloors = PluralFloors { unspecified_plural: 2, dozens: 20 };

    fn short(text: &str) -> Quantity {
        Quantity::from_short(text, Unit::Person, &Pointer::root()).unwrap()
    }

    #[test]
    fn more_than_forty_is_forty_one_or_more() {
        assert_eq!(short(">40").bounds(FLOORS), Bounds { min: 41, max: None });
    }

    #[test]
    fn a_bare_plural_is_two_or_more_and_dozens_twenty_or_more() {
        assert_eq!(short("several").bounds(FLOORS), Bounds { min: 2, max: None });
        assert_eq!(short("dozens").bounds(FLOORS), Bounds { min: 20, max: None });
    }

    #[test]
    fn a_range_upside_down_is_refused_at_max() {
        let fault = Quantity::from_short("40-12", Unit::Person, &Pointer::root().member("q")).unwrap_err();
        assert_eq!((fault.code, fault.pointer.as_str()), (Code::BoundsOrder, "/q/max"));
    }

    #[test]
    fn a_triple_out_of_order_is_kept_and_flagged() {
        let triple = Triple { low: 5, best: 3, high: 9 };
        let quantity = Quantity { triple: Some(triple), ..Quantity::new(Op::Range, Unit::Person) };
        let mut faults = Vec::new();
        quantity.check(&Pointer::root(), &mut faults);
        assert!(faults.is_empty() && triple.is_out_of_order());
        assert_eq!(quantity.bounds(FLOORS), Bounds { min: 3, max: Some(9) });
    }

    #[test]
    fn an_unbounded_upper_end_stays_unbounded_in_sums_and_envelopes() {
        let open = Bounds { min: 1, max: None };
        assert_eq!(Bounds::exactly(13).plus(open), Bounds { min: 14, max: None });
        assert_eq!(Bounds::exactly(20).envelope(Bounds { min: 21, max: None }), Bounds { min: 20, max: None });
    }
}
