//! Made-up records for measuring: the same seed gives the same bytes. They describe nothing that happened.

use std::fmt::Write as _;

use crate::record::Body;

/// The origin of a made-up ledger.
pub const SYNTHETIC_ORIGIN: &str = "example.org/synthetic";

/// A fixed beginning: who, where and which ceasefires.
const SCENERY: &[&str] = &[
    r#"{"type":"actor.registered","v":1,"actor":"NOR","kind":"state","names":[{"lang":"en","text":"Northland"}]}"#,
    r#"{"type":"actor.registered","v":1,"actor":"SUD","kind":"state","names":[{"lang":"en","text":"Southmark"}]}"#,
    r#"{"type":"actor.registered","v":1,"actor":"NOR.army","kind":"organ","names":[{"lang":"en","text":"Army of Northland"}]}"#,
    r#"{"type":"actor.registered","v":1,"actor":"SUD.army","kind":"organ","names":[{"lang":"en","text":"Army of Southmark"}]}"#,
    r#"{"type":"actor.registered","v":1,"actor":"MISSION","kind":"monitor","names":[{"lang":"en","text":"Monitoring Mission"}]}"#,
    r#"{"type":"actor.registered","v":1,"actor":"GAZETTE","kind":"media","names":[{"lang":"en","text":"The Gazette"}]}"#,
    r#"{"type":"actor.related","v":1,"actor":"NOR.army","relation":"part_of","to":"NOR","source":{"speaker":[{"actor":"recorder"}]}}"#,
    r#"{"type":"actor.related","v":1,"actor":"SUD.army","relation":"part_of","to":"SUD","source":{"speaker":[{"actor":"recorder"}]}}"#,
    r#"{"type":"place.registered","v":1,"place":"p0","names":[{"lang":"en","text":"Oldbridge"}]}"#,
    r#"{"type":"place.registered","v":1,"place":"p1","names":[{"lang":"en","text":"Highmoor"}]}"#,
    r#"{"type":"place.registered","v":1,"place":"p2","names":[{"lang":"en","text":"Saltmarsh"}]}"#,
    r#"{"type":"place.registered","v":1,"place":"p3","names":[{"lang":"en","text":"Stonegate"}]}"#,
    r#"{"type":"ceasefire.recorded","v":1,"ceasefire":"c0","names":[{"lang":"en","text":"First truce"}],"parties":["NOR","SUD"]}"#,
    r#"{"type":"ceasefire.recorded","v":1,"ceasefire":"c1","names":[{"lang":"en","text":"Second truce"}],"parties":["NOR","SUD"]}"#,
    r#"{"type":"ceasefire.step_reported","v":1,"ceasefire":"c0","step":"signed","when":{"earliest":"2030-01-01T00:00:00Z","latest":"2030-01-02T00:00:00Z","precision":"day","tz_basis":"stated"},"source":{"speaker":[{"actor":"GAZETTE"}]}}"#,
    r#"{"type":"ceasefire.step_reported","v":1,"ceasefire":"c1","step":"signed","when":{"earliest":"2033-01-01T00:00:00Z","latest":"2033-01-02T00:00:00Z","precision":"day","tz_basis":"stated"},"source":{"speaker":[{"actor":"GAZETTE"}]}}"#,
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
        let scene = usize::try_from(number).ok().and_then(|index| SCENERY.get(index));
        let event = scene.map_or_else(|| happening(&mut draws, number, &mut incidents), |scene| (*scene).to_owned());
        let text = format!(r#"{{"origin":"{SYNTHETIC_ORIGIN}","by":"recorder","key":"s{number}","event":{event}}}"#);
        Body::read(&text).map(|body| (body, text))
    })
}

fn happening(draws: &mut Draws, number: u64, incidents: &mut u64) -> String {
    match draws.below(100) {
        _ if *incidents == 0 => report(draws, incidents, true),
        0..=49 => report(draws, incidents, true),
        50..=64 => report(draws, incidents, false),
        65..=74 => format!(
            r#"{{"type":"accusation.made","v":1,"by":[{{"actor":"{}"}}],"against":[{{"actor":"{}"}}],"about":[{{"incident":"{}"}}],{}}}"#,
            draws.one_of(&["NOR", "SUD", "GAZETTE"]),
            draws.one_of(&["NOR.army", "SUD.army"]),
            earlier(draws, *incidents),
            source(draws),
        ),
        75..=84 => format!(
            r#"{{"type":"response.made","v":1,"by":[{{"actor":"{}"}}],"to":[{{"about":{{"incident":"{}"}},"scope":"{}"}}],"stance":"{}",{}}}"#,
            draws.one_of(&["NOR", "SUD"]),
            earlier(draws, *incidents),
            draws.one_of(&["named", "general", "uncertain"]),
            draws.one_of(&["denial", "acknowledgement", "counter_claim"]),
            source(draws),
        ),
        85..=89 => format!(
            r#"{{"type":"quiet.reported","v":1,"where":{{"place":"p{}"}},"during":{},{}}}"#,
            draws.below(4),
            when(draws),
            source(draws),
        ),
        90..=93 => format!(
            r#"{{"type":"tally.reported","v":1,"counter":"k{}","values":[{{"op":"exact","min":{number},"unit":"violation"}}],{}}}"#,
            draws.below(4),
            source(draws),
        ),
        94..=96 => format!(
            r#"{{"type":"verification.stepped","v":1,"incident":"{}","step":"opened","assessor":"MISSION"}}"#,
            earlier(draws, *incidents),
        ),
        _ => format!(
            r#"{{"type":"finding.issued","v":1,"about":{{"incident":"{}"}},"outcome":"{}","assessor":"MISSION"}}"#,
            earlier(draws, *incidents),
            draws.one_of(&["verified", "not_confirmed", "dismissed"]),
        ),
    }
}

fn report(draws: &mut Draws, incidents: &mut u64, new: bool) -> String {
    let incident = if new {
        *incidents += 1;
        format!("i{incidents}")
    } else {
        earlier(draws, *incidents)
    };
    // Every report of an incident gives the same hour and place: they are drawn from its id.
    let mut own = draws_of(blake3::Hasher::new_derive_key(CONTEXT).update(incident.as_bytes()));
    let mut event = format!(
        r#"{{"type":"violation.reported","v":1,"incident":"{incident}","when":{},"where":{{"place":"p{}"}},"act":"{}""#,
        when(&mut own),
        own.below(4),
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

fn earlier(draws: &mut Draws, incidents: u64) -> String {
    format!("i{}", 1 + draws.below(incidents))
}

fn source(draws: &mut Draws) -> String {
    let speaker = draws.one_of(&["MISSION", "NOR", "SUD", "GAZETTE"]);
    format!(r#""source":{{"speaker":[{{"actor":"{speaker}"}}]}}"#)
}

/// An hour somewhere in the years 2030 to 2035.
fn when(draws: &mut Draws) -> String {
    let (year, month, day, hour) = (2030 + draws.below(6), 1 + draws.below(12), 1 + draws.below(28), draws.below(24));
    let day_text = format!("{year}-{month:02}-{day:02}");
    format!(
        r#"{{"earliest":"{day_text}T{hour:02}:00:00Z","latest":"{day_text}T{hour:02}:59:00Z","precision":"hour","tz_basis":"stated"}}"#
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
