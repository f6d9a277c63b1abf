//! A series that is published again and again with changes: what the ledger says as known at a record is what the
//! publication in force then said. The publications are made up by chance and kept here, so that what is expected is read
//! from them and not from the ledger.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

use crate::desk::{Desk, code, number};

const DAYS: u32 = 20;
const FIELDS: [&str; 3] = ["killed", "wounded", "explosions"];

const MAP: &str = r#"
dataset = "revised"
speaker = "MSN"
[dates]
zone = "+00:00"
[day]
column = "day"
[actors.MSN]
kind = "monitor"
name = "The Mission"
[[counter]]
id = "killed"
counts = "cumulative"
column = "killed"
unit = "person"
outcome = "killed"
[[counter]]
id = "wounded"
counts = "cumulative"
column = "wounded"
unit = "person"
outcome = "wounded"
[[counter]]
id = "explosions"
counts = "period"
column = "explosions"
unit = "explosion"
"#;

/// What one publication says: a number for a day and a field.
type Snapshot = BTreeMap<(u32, usize), u64>;

/// Chance that is the same on every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn field(&mut self) -> usize {
        usize::try_from(self.below(3)).unwrap()
    }
}

/// The publication after another: rows gone, numbers changed, numbers blanked, rows back or new.
fn revise(before: &Snapshot, chance: &mut Chance) -> Snapshot {
    let mut after = before.clone();
    for day in 0..DAYS {
        match chance.below(10) {
            0 => after.retain(|(at, _), _| *at != day),
            1 => drop(after.remove(&(day, chance.field()))),
            2 | 3 => drop(after.insert((day, chance.field()), chance.below(50))),
            _ => {}
        }
    }
    after
}

fn csv(snapshot: &Snapshot) -> String {
    let days: BTreeSet<u32> = snapshot.keys().map(|(day, _)| *day).collect();
    let mut text = format!("day,{}\n", FIELDS.join(","));
    for day in days {
        let cells = (0..FIELDS.len()).map(|field| snapshot.get(&(day, field)).map_or(String::new(), u64::to_string));
        writeln!(text, "2031-05-{:02},{}", day + 1, cells.collect::<Vec<_>>().join(",")).unwrap();
    }
    text
}

/// What the ledger says as known at a record.
fn known(desk: &Desk, seq: usize) -> Snapshot {
    let answer = desk.json(&["counters", "--known-at", &seq.to_string()]);
    let mut snapshot = Snapshot::new();
    for kept in answer["counters"].as_array().unwrap() {
        let series: &Value = &kept["series"];
        let field = FIELDS.iter().position(|field| series["counter"] == *field).unwrap();
        for reading in series["history"].as_array().unwrap() {
            let day: u32 = reading["period"]["from"].as_str().unwrap()[8..10].parse().unwrap();
            let twice = snapshot.insert((day - 1, field), number(&reading["value"], "min"));
            assert_eq!(twice, None, "two readings of one day stand at once");
        }
    }
    snapshot
}

#[test]
fn what_was_known_at_any_record_is_what_the_publication_in_force_said() {
    let (desk, mut chance) = (Desk::new(), Chance(20_201_010));
    let map = desk.write("revised.toml", MAP);
    let mut published: Vec<Snapshot> = vec![Snapshot::new()];
    for day in 0..DAYS {
        for field in 0..FIELDS.len() {
            published[0].insert((day, field), chance.below(50));
        }
    }
    for _ in 0..7 {
        let next = revise(published.last().unwrap(), &mut chance);
        published.push(next);
    }
    let (mut heads, mut sums) = (Vec::new(), [0; 3]);
    for (number_of, snapshot) in published.iter().enumerate() {
        let file = desk.write(&format!("{number_of}.csv"), csv(snapshot));
        let more = ["--map", map.to_str().unwrap(), "--series", "revised", "--missing", "retract"];
        let answer = desk.import("bulletin", &file, &more);
        for (sum, count) in sums.iter_mut().zip(["corrected", "retracted", "readded"]) {
            *sum += number(&answer, count);
        }
        heads.push(desk.records().len());
    }
    assert!(sums.iter().all(|sum| *sum > 3), "chance made no case of something: {sums:?}");
    // Every answer at a publication's last record is drawn, and then (record, day, field) at random between them.
    let states: Vec<Snapshot> = heads.iter().map(|head| known(&desk, *head)).collect();
    for _ in 0..500 {
        let at = usize::try_from(chance.below(published.len() as u64)).unwrap();
        let asked = (u32::try_from(chance.below(DAYS.into())).unwrap(), chance.field());
        assert_eq!(states[at].get(&asked), published[at].get(&asked), "publication {at}, {asked:?}");
    }
    assert_eq!(states, published);
    // A second time, after everything has come in, from the log alone.
    assert_eq!(code(&desk.run(&["rebuild"])), 0);
    let at = usize::try_from(chance.below(published.len() as u64)).unwrap();
    assert_eq!(known(&desk, heads[at]), published[at]);
    assert_eq!(code(&desk.run(&["verify"])), 0);
}

#[test]
fn diff_between_two_publications_lists_exactly_what_was_revised() {
    let (desk, mut chance) = (Desk::new(), Chance(7));
    let map = desk.write("revised.toml", MAP);
    let mut first = Snapshot::new();
    for day in 0..DAYS {
        first.insert((day, 0), chance.below(50));
    }
    let take = |name: &str, snapshot: &Snapshot| {
        let file = desk.write(name, csv(snapshot));
        desk.import("bulletin", &file, &["--map", map.to_str().unwrap(), "--series", "revised"]);
        desk.records().len().to_string()
    };
    let before = take("1.csv", &first);
    let mut second = first.clone();
    second.remove(&(3, 0));
    second.remove(&(4, 0));
    second.insert((5, 0), 99);
    let between = take("2.csv", &second);
    let mut third = second.clone();
    third.insert((3, 0), first[&(3, 0)]);
    let after = take("3.csv", &third);
    let counts = |a: &str, b: &str| {
        let diff = desk.json(&["diff", a, b]);
        let doings = diff["records"].as_array().unwrap().clone();
        ["added", "corrected", "retracted"].map(|what| {
            doings
                .iter()
                .find(|doing| doing["what"] == what)
                .map_or(0, |doing| doing["records"].as_array().unwrap().len())
        })
    };
    let [_, corrected, retracted] = counts(&before, &between);
    assert_eq!((corrected, retracted), (1, 2));
    let [_, corrected, retracted] = counts(&between, &after);
    assert_eq!((corrected, retracted), (0, 0));
    let again: Vec<String> = desk.records()[between.parse().unwrap()..]
        .iter()
        .map(|record| record["body"]["event"]["type"].as_str().unwrap().to_owned())
        .filter(|kind| kind == "tally.reported")
        .collect();
    assert_eq!(again.len(), 1, "the day that is back is not reported anew");
}
