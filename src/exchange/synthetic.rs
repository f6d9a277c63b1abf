//! Made-up records for measuring: the same seed gives the same bytes. They describe nothing that happened.

use std::fmt::Write as _;

use chrono::DateTime;

use crate::record::Body;

/// The origin of a made-up ledger.
pub const SYNTHETIC_ORIGIN: &str = "example.org/synthetic";

/// So many records at the beginning say who, where and which ceasefires: all others refer to them.
pub const SCENERY_RECORDS: usize = SCENERY.len() + PLACES;

/// A fixed beginning: who and which ceasefires. The places follow.
const SCENERY: &[&str] = &[
    r#"{"type":"actor.registered","v":1,"actor":"NOR","kind":"state","names":[{"lang":"en","text":"Northland"}]}"#,
    r#"{"type":"actor.registered","v":1,"actor":"SUD","kind":"state","names":[{"lang":"en","text":"Southmark"}]}"#,
    r#"{"type":"actor.registered","v":1,"actor":"NOR.army","kind":"organ","names":[{"lang":"en","text":"Army of Northland"}]}"#,
    r#"{"type":"actor.registered","v":1,"actor":"SUD.army","kind":"organ","names":[{"lang":"en","text":"Army of Southmark"}]}"#,
    r#"{"type":"actor.registered","v":1,"actor":"MISSION","kind":"monitor","names":[{"lang":"en","text":"Monitoring Mission"}]}"#,
    r#"{"type":"actor.registered","v":1,"actor":"GAZETTE","kind":"media","names":[{"lang":"en","text":"The Gazette"}]}"#,
    r#"{"type":"actor.related","v":1,"actor":"NOR.army","relation":"part_of","to":"NOR","source":{"speaker":[{"actor":"recorder"}]}}"#,
    r#"{"type":"actor.related","v":1,"actor":"SUD.army","relation":"part_of","to":"SUD","source":{"speaker":[{"actor":"recorder"}]}}"#,
    r#"{"type":"ceasefire.recorded","v":1,"ceasefire":"c0","names":[{"lang":"en","text":"First truce"}],"parties":["NOR","SUD"]}"#,
    r#"{"type":"ceasefire.recorded","v":1,"ceasefire":"c1","names":[{"lang":"en","text":"Second truce"}],"parties":["NOR","SUD"]}"#,
    r#"{"type":"ceasefire.step_reported","v":1,"ceasefire":"c0","step":"signed","when":{"earliest":"2030-01-01T00:00:00Z","latest":"2030-01-02T00:00:00Z","precision":"day","tz_basis":"stated"},"source":{"speaker":[{"actor":"GAZETTE"}]}}"#,
    r#"{"type":"ceasefire.step_reported","v":1,"ceasefire":"c1","step":"signed","when":{"earliest":"2031-01-01T00:00:00Z","latest":"2031-01-02T00:00:00Z","precision":"day","tz_basis":"stated"},"source":{"speaker":[{"actor":"GAZETTE"}]}}"#,
];

/// Draws numbers from BLAKE3 in its extendable-output mode: the same seed, the same numbers, on every machine.
struct Draws(blake3::OutputReader);

const CONTEXT: &str = "ceasefire-ledger 2026 synthetic records";

fn draws_of(hasher: &blake3::Hasher) -> Draws {
    Draws(hasher.finalize_xof())
}

impl Draws {
    fn below(&mut self, limit: u64) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes) % limit.max(1)
    }

    fn one_of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        let index = usize::try_from(self.below(choices.len() as u64)).unwrap_or(0);
        choices.get(index).copied().unwrap_or_default()
    }
}

/// Gives `count` made-up bodies, the scenery first.
pub fn bodies(seed: u64, count: u64) -> impl Iterator<Item = Result<(Body, String), serde_json::Error>> {
    let mut draws = draws_of(blake3::Hasher::new_derive_key(CONTEXT).update(&seed.to_le_bytes()));
    let mut incidents = 0;
    (0..count).map(move |number| {
        let event = scene(number).unwrap_or_else(|| happening(&mut draws, number, &mut incidents));
        let text = format!(r#"{{"origin":"{SYNTHETIC_ORIGIN}","by":"recorder","key":"s{number}","event":{event}}}"#);
        Body::read(&text).map(|body| (body, text))
    })
}

fn scene(number: u64) -> Option<String> {
    let index = usize::try_from(number).ok()?;
    let place = |place: usize| {
        format!(
            r#"{{"type":"place.registered","v":1,"place":"p{place}","names":[{{"lang":"en","text":"Village {place}"}}]}}"#
        )
    };
    let known = SCENERY.get(index).map(|scene| (*scene).to_owned());
    known.or_else(|| index.checked_sub(SCENERY.len()).filter(|index| *index < PLACES).map(place))
}

fn happening(draws: &mut Draws, number: u64, incidents: &mut u64) -> String {
    match draws.below(100) {
        _ if *incidents == 0 => report(draws, incidents, true),
        0..=49 => report(draws, incidents, true),
        50..=64 => report(draws, incidents, false),
        65..=74 => format!(
            r#"{{"type":"accusation.made","v":1,"by":[{{"actor":"{}"}}],"against":[{{"actor":"{}"}}],"about":[{{"incident":"i{}"}}],{}}}"#,
            draws.one_of(&["NOR", "SUD", "GAZETTE"]),
            draws.one_of(&["NOR.army", "SUD.army"]),
            earlier(draws, *incidents),
            source(draws),
        ),
        75..=84 => format!(
            r#"{{"type":"response.made","v":1,"by":[{{"actor":"{}"}}],"to":[{{"about":{{"incident":"i{}"}},"scope":"{}"}}],"stance":"{}",{}}}"#,
            draws.one_of(&["NOR", "SUD"]),
            earlier(draws, *incidents),
            draws.one_of(&["named", "general", "uncertain"]),
            draws.one_of(&["denial", "acknowledgement", "counter_claim"]),
            source(draws),
        ),
        85..=89 => format!(
            r#"{{"type":"quiet.reported","v":1,"where":{{"place":"p{}"}},"during":{},{}}}"#,
            draws.below(PLACES as u64),
            hour_of(draws, *incidents),
            source(draws),
        ),
        90..=93 => format!(
            r#"{{"type":"tally.reported","v":1,"counter":"k{}","values":[{{"op":"exact","min":{number},"unit":"violation"}}],{}}}"#,
            draws.below(4),
            source(draws),
        ),
        94..=96 => format!(
            r#"{{"type":"verification.stepped","v":1,"incident":"i{}","step":"opened","assessor":"MISSION"}}"#,
            earlier(draws, *incidents),
        ),
        _ => format!(
            r#"{{"type":"finding.issued","v":1,"about":{{"incident":"i{}"}},"outcome":"{}","assessor":"MISSION"}}"#,
            earlier(draws, *incidents),
            draws.one_of(&["verified", "not_confirmed", "dismissed"]),
        ),
    }
}

fn report(draws: &mut Draws, incidents: &mut u64, new: bool) -> String {
    let number = if new { *incidents + 1 } else { earlier(draws, *incidents) };
    *incidents = number.max(*incidents);
    let incident = format!("i{number}");
    // Every report of an incident gives the same hour and place: they are drawn from its id.
    let mut own = draws_of(blake3::Hasher::new_derive_key(CONTEXT).update(incident.as_bytes()));
    let mut event = format!(
        r#"{{"type":"violation.reported","v":1,"incident":"{incident}","when":{},"where":{{"place":"p{}"}},"act":"{}""#,
        hour_of(&mut own, number),
        own.below(PLACES as u64),
        own.one_of(&["shelling", "small_arms_fire", "drone_strike", "overflight"]),
    );
    if draws.below(3) == 0 {
        let (op, number, outcome) =
            (draws.one_of(&["exact", "at_least"]), draws.below(9), draws.one_of(&["killed", "wounded"]));
        let _ =
            write!(event, r#","quantities":[{{"op":"{op}","min":{number},"unit":"person","outcome":"{outcome}"}}]"#);
    }
    if draws.below(4) != 0 {
        let accused = draws.one_of(&["NOR.army", "SUD.army", "NOR", "SUD"]);
        let _ =
            write!(event, r#","attribution":{{"accused":[{{"actor":"{accused}"}}],"level":"alleged_by_third_party"}}"#);
    }
    match draws.below(8) {
        0 => event.push_str(r#","asserts_breach_of":{"asserted":[{"ceasefire":"c0"}]}"#),
        1 | 2 => event.push_str(r#","asserts_breach_of":"not_asserted""#),
        _ => {}
    }
    let _ = write!(
        event,
        ",{},\"summary\":\"Reported by a patrol near the line, number {}.\"}}",
        source(draws),
        draws.below(10_000)
    );
    event
}

/// An incident that was reported before: nine times in ten one of the last weeks, else any.
fn earlier(draws: &mut Draws, incidents: u64) -> u64 {
    let among = if draws.below(10) == 0 { incidents } else { incidents.min(TALKED_ABOUT) };
    incidents - draws.below(among)
}

fn source(draws: &mut Draws) -> String {
    let speaker = draws.one_of(&["MISSION", "NOR", "SUD", "GAZETTE"]);
    format!(r#""source":{{"speaker":[{{"actor":"{speaker}"}}]}}"#)
}

/// How many places there are.
const PLACES: usize = 64;
/// About so many incidents happen in an hour, all over the country: however long the ledger, as many are near one another.
const INCIDENTS_AN_HOUR: u64 = 10;
/// An incident is reported up to so many hours after it happened.
const LATEST_REPORT_HOURS: u64 = 72;
/// Of so many incidents people talk for long; of those before seldom.
const TALKED_ABOUT: u64 = 5_000;
/// 2030-01-01T00:00:00Z, in hours since 1970.
const FIRST_HOUR: u64 = 525_960;

/// The hour of an incident, by its number: they happen one after the other, and are not reported in that order.
fn hour_of(draws: &mut Draws, incident: u64) -> String {
    let hour = FIRST_HOUR + incident / INCIDENTS_AN_HOUR + draws.below(LATEST_REPORT_HOURS);
    let start = i64::try_from(hour * 3_600).ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    let day_and_hour = start.unwrap_or_default().format("%Y-%m-%dT%H");
    format!(
        r#"{{"earliest":"{day_and_hour}:00:00Z","latest":"{day_and_hour}:59:00Z","precision":"hour","tz_basis":"stated"}}"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::{Check, Pointer};

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
        let texts = |seed| bodies(seed, 200).map(|body| body.unwrap().1).collect::<Vec<_>>();
        assert_eq!(texts(7), texts(7));
        assert_ne!(texts(7), texts(8));
    }

    #[test]
    fn every_made_up_body_is_sound() {
        for body in bodies(1, 2_000) {
            let (body, text) = body.unwrap();
            let mut faults = Vec::new();
            body.check(&Pointer::root(), &mut faults);
            assert_eq!(faults, [], "{text}");
        }
    }
}
