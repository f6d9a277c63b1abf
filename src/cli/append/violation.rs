//! `append violation`: one line with what is known.

use super::charge::AttributionFlags;
use super::counts::{Counted, Counts};
use super::flags::{FlagReader, at, complain};
use super::kind::EventFlags;
use super::setting::{PlaceFlags, TimeFlags};
use super::source::{RemarkFlags, SourceFlags};
use super::typed::{Typed, Unreadable, code_of};
use crate::cli::complaint::Complaint;
use crate::cli::outcome::Outcome as Ending;
use crate::event::{Act, Breach, BreachClaim, Event, FireDirection, Legal, Observation, Sense, ViolationReported};
use crate::vocab::{CeasefireId, Code, IncidentId, Label, Outcome, Quantity, Unit};

/// What `append violation --help` ends with.
pub(super) const EXAMPLES: &str = "\
Quantities: 13, '>40' (more than), '>=41', '<5', '<=5', '~20' (about), 10-20, several, dozens, none, unknown;
for people also with who they are: 13/civilian. Quote < and > for the shell. Leave out what is not known.

Examples:
  A patrol heard explosions and knows nothing else:
    ceasefire append violation --source patrol-3 --at 2020-10-17T18:04+04:00 --place ganja --heard explosion=5

  A ministry accuses the other side, as an outlet tells it:
    ceasefire append violation --source AZE.MoD --via outlet --at 2020-10-16 --place ganja \\
      --act missile_strike --accused ARM --killed 13/civilian --wounded '>40' --count 'house.destroyed=>20'

  A second figure for the same incident, from somebody else, who calls it a breach:
    ceasefire append violation --incident I-2 --source TUR.MoD --killed 15 --count person.killed/child=1 \\
      --breach-of 'nk-2020-10-10#1'

  The same from a file or from another program:
    ceasefire append violation report.yaml
    ceasefire append violation - < report.json";

const PLACEHOLDER: &str = "inc-0";

/// What happened, said by whom.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "What happened")]
pub(super) struct ViolationFlags {
    /// The incident, the same id in every report of it; made from the report's content where you give none
    #[arg(long, value_name = "INCIDENT")]
    incident: Option<String>,
    /// What was done
    #[arg(long, value_name = "ACT", value_parser = code_of::<Act>())]
    act: Option<String>,
    /// With what, in the source's words; repeat it for several
    #[arg(long, value_name = "WORDS")]
    means: Vec<String>,
    /// What was hit, in the source's words; repeat it for several
    #[arg(long, value_name = "WORDS")]
    target: Vec<String>,
    /// Whose people or things were hit
    #[arg(long, value_name = "ACTOR[,ACTOR]")]
    against: Vec<String>,
    /// A legal word the source uses; several with commas
    #[arg(long, value_name = "WORD", value_delimiter = ',', value_parser = code_of::<Legal>())]
    legal: Vec<String>,
    /// The ceasefire the source says it breaches, with #ARTICLE where it names one; repeat it for several
    #[arg(long, value_name = "CEASEFIRE[#ARTICLE]", conflicts_with = "no_breach_asserted")]
    breach_of: Vec<String>,
    /// You looked, and the source does not call it a breach
    #[arg(long)]
    no_breach_asserted: bool,
    #[command(flatten)]
    time: TimeFlags,
    #[command(flatten)]
    place: PlaceFlags,
    #[command(flatten)]
    toll: TollFlags,
    #[command(flatten)]
    attribution: AttributionFlags,
    #[command(flatten)]
    observation: ObservationFlags,
    #[command(flatten)]
    source: SourceFlags,
    #[command(flatten)]
    remark: RemarkFlags,
}

/// How many.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "How many")]
struct TollFlags {
    /// People killed
    #[arg(long, value_name = "QUANTITY[/WHO]")]
    killed: Option<String>,
    /// People wounded
    #[arg(long, value_name = "QUANTITY[/WHO]")]
    wounded: Option<String>,
    /// People missing
    #[arg(long, value_name = "QUANTITY[/WHO]")]
    missing: Option<String>,
    /// People captured
    #[arg(long, value_name = "QUANTITY[/WHO]")]
    captured: Option<String>,
    /// People displaced
    #[arg(long, value_name = "QUANTITY[/WHO]")]
    displaced: Option<String>,
    /// Houses hit; where the source says what became of them: --count 'house.destroyed=20'
    #[arg(long, value_name = "QUANTITY")]
    houses: Option<String>,
    /// Other buildings hit
    #[arg(long, value_name = "QUANTITY")]
    buildings: Option<String>,
    /// Drones shot down; for an aircraft with a crew: --count `aircraft.shot_down=1`
    #[arg(long, value_name = "QUANTITY")]
    shot_down: Option<String>,
    /// Anything else: UNIT[.OUTCOME][/WHO]=QUANTITY, such as house.destroyed=20 or 'person.killed/child=1 of
    /// person.killed/civilian'; beside a count of all, one with /WHO is a part of it
    #[arg(long, value_name = "COUNT")]
    count: Vec<String>,
    /// The source itself calls its numbers preliminary
    #[arg(long)]
    preliminary: bool,
}

impl TollFlags {
    fn read(&self, reader: &mut FlagReader<'_>) -> Result<Vec<Quantity>, Complaint> {
        let people = |outcome| Counted::new(Unit::Person, Some(outcome));
        Counts::new("quantities", self.preliminary, reader)
            .short("--killed", people(Outcome::Killed), self.killed.as_deref())?
            .short("--wounded", people(Outcome::Wounded), self.wounded.as_deref())?
            .short("--missing", people(Outcome::Missing), self.missing.as_deref())?
            .short("--captured", people(Outcome::Captured), self.captured.as_deref())?
            .short("--displaced", people(Outcome::Displaced), self.displaced.as_deref())?
            .short("--houses", Counted::new(Unit::House, None), self.houses.as_deref())?
            .short("--buildings", Counted::new(Unit::Building, None), self.buildings.as_deref())?
            .short("--shot-down", Counted::new(Unit::Uav, Some(Outcome::ShotDown)), self.shot_down.as_deref())?
            .general("--count", &self.count)?
            .finish()
    }
}

/// What a monitor perceived.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "What a monitor perceived")]
struct ObservationFlags {
    /// Saw it, and how many of what: --saw, or --saw burst=12
    #[arg(long, value_name = "COUNT", num_args = 0..=1, default_missing_value = "", group = "sense")]
    saw: Option<String>,
    /// Heard it, and how many of what
    #[arg(long, value_name = "COUNT", num_args = 0..=1, default_missing_value = "", group = "sense")]
    heard: Option<String>,
    /// Has it from a camera
    #[arg(long, value_name = "COUNT", num_args = 0..=1, default_missing_value = "", group = "sense")]
    camera: Option<String>,
    /// Has it from another sensor
    #[arg(long, value_name = "COUNT", num_args = 0..=1, default_missing_value = "", group = "sense")]
    sensor: Option<String>,
    /// In which direction, degrees clockwise from north, 0 to 359
    #[arg(long, value_name = "DEGREES", requires = "sense")]
    direction: Option<String>,
    /// Which way the fire went, seen from the observer's side
    #[arg(long, value_name = "WAY", requires = "sense", value_parser = code_of::<FireDirection>())]
    fire: Option<String>,
    /// What the monitor took it for: outgoing artillery, small arms
    #[arg(long, value_name = "WORDS", requires = "sense")]
    assessed_as: Option<String>,
}

impl ObservationFlags {
    fn read(&self, reader: &mut FlagReader<'_>) -> Result<Option<Observation>, Complaint> {
        let senses = [
            ("--saw", Sense::Saw, &self.saw),
            ("--heard", Sense::Heard, &self.heard),
            ("--camera", Sense::Camera, &self.camera),
            ("--sensor", Sense::Sensor, &self.sensor),
        ];
        let direction_deg = reader.value("--direction", "observation/direction_deg", self.direction.as_deref())?;
        let fire = reader.value("--fire", "observation/fire", self.fire.as_deref())?;
        let assessed_as = reader.value("--assessed-as", "observation/assessed_as", self.assessed_as.as_deref())?;
        let perceived = senses.into_iter().find_map(|(flag, sense, count)| Some((flag, sense, count.as_deref()?)));
        let Some((flag, sense, count)) = perceived else { return Ok(None) };
        let count = Some(count).filter(|count| !count.is_empty());
        let quantity = super::counts::single(flag, "observation/quantity", count, reader)?;
        Ok(Some(Observation { sense, quantity, direction_deg, fire, assessed_as }))
    }
}

impl EventFlags for ViolationFlags {
    const TYPE: &'static str = "violation.reported";

    fn event(&self, reader: &mut FlagReader<'_>) -> Result<Event, Complaint> {
        let incident: Option<IncidentId> = reader.value("--incident", "incident", self.incident.as_deref())?;
        let source = self.source.required(reader)?;
        let attribution = self.attribution.read(source.speaker.first(), reader)?;
        let report = ViolationReported {
            incident: match &incident {
                Some(incident) => incident.clone(),
                None => {
                    IncidentId::typed(PLACEHOLDER).map_err(|error| complain("--incident", at("incident"), error))?
                }
            },
            when: self.time.read("when", reader)?,
            place: self.place.read("where", reader)?,
            act: reader.value("--act", "act", self.act.as_deref())?,
            means: reader.list("--means", "means", &self.means)?,
            target: reader.list("--target", "target", &self.target)?,
            against: reader.actors("--against", "against", &self.against)?,
            quantities: self.toll.read(reader)?,
            attribution,
            asserts_breach_of: self.breach(reader)?,
            observation: self.observation.read(reader)?,
            legal: reader.list("--legal", "legal", &self.legal)?,
            source,
            summary: self.remark.summary(reader)?,
            note: self.remark.note(reader)?,
        };
        if incident.is_some() { Ok(report.into()) } else { named_by_content(report) }
    }
}

impl ViolationFlags {
    fn breach(&self, reader: &mut FlagReader<'_>) -> Result<Option<BreachClaim>, Complaint> {
        reader.note("--no-breach-asserted", "asserts_breach_of", self.no_breach_asserted);
        let breaches: Vec<Breach> = reader.list("--breach-of", "asserts_breach_of/asserted", &self.breach_of)?;
        Ok(match (self.no_breach_asserted, breaches.is_empty()) {
            (true, _) => Some(BreachClaim::NotAsserted),
            (false, false) => Some(BreachClaim::Asserted(breaches)),
            (false, true) => None,
        })
    }
}

impl Typed for Breach {
    fn typed(text: &str) -> Result<Self, Unreadable> {
        let (ceasefire, article) = text.split_once('#').map_or((text, None), |(id, article)| (id, Some(article)));
        Ok(Self { ceasefire: CeasefireId::typed(ceasefire)?, article: article.map(Label::typed).transpose()? })
    }
}

/// Names the incident after the report's own content, so that the same report always names the same incident.
fn named_by_content(report: ViolationReported) -> Result<Event, Complaint> {
    let internal = |what: String| Complaint::new(Ending::Internal, Code::Internal, what);
    let mut event = Event::from(report);
    let text = serde_json::to_string(&event).map_err(|error| internal(error.to_string()))?;
    let digest = blake3::hash(text.as_bytes()).to_hex();
    let id = format!("inc-{}", digest.get(..10).unwrap_or_default());
    if let Event::ViolationReported(report) = &mut event {
        report.incident = IncidentId::new(&id).map_err(|error| internal(error.to_string()))?;
    }
    Ok(event)
}
