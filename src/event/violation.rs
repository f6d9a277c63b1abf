//! What is said to have happened, what was not observed, where nobody could look, and running counters.

use serde::{Deserialize, Serialize};

use super::about::Legal;
use super::members::{Coherent, members};
use crate::vocab::{
    ActorId, ActorRef, Attribution, CeasefireId, Check, Code, CounterId, Fault, IncidentId, Label, Pointer, Quantity,
    Refer, Reference, Source, Text, Unit, When, Where, Whole, choices,
};

choices! {
    /// What is said to have been done, in neutral codes.
    pub enum Act {
        /// Shelling: artillery, rockets, mortars, unspecified.
        Shelling = "shelling",
        /// A missile strike.
        MissileStrike = "missile_strike",
        /// A strike from crewed aircraft.
        AirStrike = "air_strike",
        /// A strike from an aircraft without a crew.
        DroneStrike = "drone_strike",
        /// Fire from small arms and light weapons.
        SmallArmsFire = "small_arms_fire",
        /// Sniper fire.
        SniperFire = "sniper_fire",
        /// An explosion of unspecified cause.
        Explosion = "explosion",
        /// Laying mines or other traps.
        Mining = "mining",
        /// An attack on the ground.
        GroundAttack = "ground_attack",
        /// Crossing into the other side's ground.
        Incursion = "incursion",
        /// Flying over the other side's ground.
        Overflight = "overflight",
        /// Shooting down an aircraft.
        ShootDown = "shoot_down",
        /// Moving troops or weapons.
        Deployment = "deployment",
        /// Building positions.
        Fortification = "fortification",
        /// Taking people captive.
        Abduction = "abduction",
        /// Obstructing people, goods or monitors.
        Obstruction = "obstruction",
        /// Destroying property other than by fire at a distance.
        Destruction = "destruction",
        /// Something else; the words say what.
        Other = "other",
    }

    /// How a monitor came to know.
    pub enum Sense {
        /// Saw it.
        Saw = "saw",
        /// Heard it.
        Heard = "heard",
        /// From a camera.
        Camera = "camera",
        /// From another sensor.
        Sensor = "sensor",
    }

    /// Which way fire went, seen from the observer's side.
    pub enum FireDirection {
        /// Towards the observer's side.
        Incoming = "incoming",
        /// Away from it.
        Outgoing = "outgoing",
        /// It could not be told.
        Undetermined = "undetermined",
    }
}

/// A ceasefire that an act is said to breach.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Breach {
    /// The ceasefire.
    pub ceasefire: CeasefireId,
    /// The article of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub article: Option<Label>,
}

/// Whether the source calls the act a breach. Absent where the recorder did not look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum BreachClaim {
    /// The source does not call it a breach.
    NotAsserted,
    /// The source calls it a breach of these.
    Asserted(Vec<Breach>),
}

impl Check for BreachClaim {
    fn check(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        if matches!(self, Self::Asserted(breaches) if breaches.is_empty()) {
            faults.push(Fault::new(Code::EmptyList, at.member("asserted"), "a breach of what is not said"));
        }
    }
}

impl Refer for BreachClaim {
    fn refer(&self, at: &Pointer, see: &mut dyn FnMut(Pointer, Reference<'_>)) {
        if let Self::Asserted(breaches) = self {
            for (index, breach) in breaches.iter().enumerate() {
                breach.ceasefire.refer(&at.member("asserted").item(index).member("ceasefire"), see);
            }
        }
    }
}

/// What a monitor perceived, before anybody said what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Observation {
    /// How.
    pub sense: Sense,
    /// How many of what: explosions, bursts, shots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
    /// The direction it was perceived in, degrees from north, 0 to 359.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction_deg: Option<u16>,
    /// Which way the fire went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fire: Option<FireDirection>,
    /// What the monitor took it for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessed_as: Option<Label>,
}

impl Check for Observation {
    fn check(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        self.quantity.check(&at.member("quantity"), faults);
        if self.direction_deg.is_some_and(|degrees| degrees >= 360) {
            let what = "a direction runs from 0 to 359 degrees";
            faults.push(Fault::new(Code::BadPlace, at.member("direction_deg"), what));
        }
    }
}

impl Refer for Observation {
    fn refer(&self, at: &Pointer, see: &mut dyn FnMut(Pointer, Reference<'_>)) {
        self.quantity.refer(&at.member("quantity"), see);
    }
}

/// Looks for parts that are counted in another unit than their whole, or that are their own whole.
pub(super) fn check_parts(quantities: &[Quantity], at: &Pointer, faults: &mut Vec<Fault>) {
    for (index, part) in quantities.iter().enumerate() {
        let Some(Whole::Quantity(whole_index)) = part.subset_of else { continue };
        let pointer = at.item(index).member("subset_of").member("quantity");
        match quantities.get(usize::from(whole_index)) {
            _ if usize::from(whole_index) == index => {
                faults.push(Fault::new(Code::SelfReference, pointer, "a quantity is a part of itself"));
            }
            None => {
                let what = format!("there is no quantity {whole_index} in this event");
                faults.push(Fault::new(Code::MixedUnits, pointer, what));
            }
            Some(whole) if whole.unit != part.unit => {
                let what = format!("{} is counted as a part of {}", part.unit, whole.unit);
                faults.push(Fault::new(Code::MixedUnits, pointer, what));
            }
            Some(_) => {}
        }
    }
}

/// `violation.reported`: **the violation report**. A source, and whatever else is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ViolationReported {
    /// The incident: the same one in every report of the same thing.
    pub incident: IncidentId,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// Where it happened.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "where")]
    pub place: Option<Where>,
    /// What was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Act>,
    /// With what, in the source's words; several where the source gives several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub means: Vec<Label>,
    /// What was hit, in the source's words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub target: Vec<Label>,
    /// Whose people or things were hit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub against: Vec<ActorRef>,
    /// How many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quantities: Vec<Quantity>,
    /// Who is said to have done it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribution: Option<Attribution>,
    /// Whether the source calls it a breach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asserts_breach_of: Option<BreachClaim>,
    /// What a monitor perceived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observation: Option<Observation>,
    /// Legal words that the source uses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub legal: Vec<Legal>,
    /// Who says so.
    pub source: Source,
    /// What was said, in the recorder's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Text>,
    /// A remark of the recorder's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

members!(ViolationReported {
    when, place = "where", against, quantities, attribution, asserts_breach_of, observation, source,
});

impl ViolationReported {
    /// Begins a report of an incident by a source, with nothing else known.
    #[must_use]
    pub const fn new(incident: IncidentId, source: Source) -> Self {
        Self {
            incident,
            when: None,
            place: None,
            act: None,
            means: Vec::new(),
            target: Vec::new(),
            against: Vec::new(),
            quantities: Vec::new(),
            attribution: None,
            asserts_breach_of: None,
            observation: None,
            legal: Vec::new(),
            source,
            summary: None,
            note: None,
        }
    }

    /// Tells whether the report says anything besides who says it.
    #[must_use]
    pub const fn says_something(&self) -> bool {
        self.when.is_some()
            || self.place.is_some()
            || self.act.is_some()
            || !self.means.is_empty()
            || !self.target.is_empty()
            || !self.against.is_empty()
            || !self.quantities.is_empty()
            || self.attribution.is_some()
            || matches!(self.asserts_breach_of, Some(BreachClaim::Asserted(_)))
            || self.observation.is_some()
            || !self.legal.is_empty()
            || self.summary.is_some()
            || self.source.quote.is_some()
    }
}

impl Coherent for ViolationReported {
    fn coherent(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        check_parts(&self.quantities, &at.member("quantities"), faults);
        if !self.says_something() {
            faults.push(Fault::new(Code::NothingSaid, at.clone(), "the report says nothing that happened"));
        }
    }
}

/// `quiet.reported`: nothing was observed at a place over an interval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct QuietReported {
    /// Where.
    #[serde(rename = "where")]
    pub place: Where,
    /// Over which interval.
    pub during: When,
    /// How well it was watched: hours of daylight, cameras, a patrol's stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Label>,
    /// Who says so.
    pub source: Source,
    /// What was said, in the recorder's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Text>,
    /// A remark of the recorder's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

members!(QuietReported { place = "where", during, source });

impl Coherent for QuietReported {}

/// `access.denied`: a monitor could not go where it wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AccessDenied {
    /// Whose movement was restricted.
    pub monitor: ActorId,
    /// By whom.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<ActorRef>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "where")]
    pub place: Option<Where>,
    /// The reason given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
    /// Who says so.
    pub source: Source,
    /// What was said, in the recorder's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Text>,
    /// A remark of the recorder's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

members!(AccessDenied { monitor, by, when, place = "where", source });

impl Coherent for AccessDenied {}

/// `tally.reported`: a **reading of a counter** that somebody keeps. Never an incident, never added to anything.
///
/// The series a reading belongs to is (counter, accused, unit with outcome and who, scope, since).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TallyReported {
    /// The counter.
    pub counter: CounterId,
    /// Whom it charges, where it does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accused: Vec<ActorRef>,
    /// What it covers, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Label>,
    /// The ceasefire it counts from, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ceasefire: Option<CeasefireId>,
    /// From when it counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<When>,
    /// The instant it was read at, or the period it covers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<When>,
    /// The readings.
    pub values: Vec<Quantity>,
    /// Parts of the readings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breakdown: Vec<Quantity>,
    /// The total that the source states beside them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated_total: Option<Quantity>,
    /// Who says so.
    pub source: Source,
    /// What was said, in the recorder's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Text>,
    /// A remark of the recorder's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

members!(TallyReported { accused, ceasefire, since, period, values, breakdown, stated_total, source });

impl TallyReported {
    /// What the scope of a counter ends with whose readings count each its own period alone, and not all there was since
    /// something. Such a reading may lie below the one before it without anything having been taken back.
    pub const EACH_PERIOD: &'static str = "each period alone";
}

impl Coherent for TallyReported {
    fn coherent(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        if self.values.is_empty() {
            faults.push(Fault::new(Code::EmptyList, at.member("values"), "the reading has no value"));
        }
        check_parts(&self.values, &at.member("values"), faults);
        let units: Vec<Unit> = self.values.iter().map(|value| value.unit).collect();
        for (index, part) in self.breakdown.iter().enumerate() {
            if !units.contains(&part.unit) {
                let what = format!("the breakdown counts {}, the reading does not", part.unit);
                let pointer = at.member("breakdown").item(index).member("unit");
                faults.push(Fault::new(Code::MixedUnits, pointer, what));
            }
        }
    }
}
