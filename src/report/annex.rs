//! The annex: every incident of the report as a row, for those who count for themselves.

use super::situation::{IncidentLine, Situation};
use crate::vocab::{Instant, Seq};

/// The head of the annex.
const HEAD: [&str; 17] = [
    "incident",
    "certain",
    "from",
    "to",
    "places",
    "lat",
    "lon",
    "radius_m",
    "acts",
    "accused",
    "answers",
    "status",
    "called_breach",
    "figures",
    "recorded",
    "records",
    "head",
];

/// Gives the rows of the annex, its head first. Several values in one cell stand apart by `; `.
#[must_use]
pub fn annex(situation: &Situation) -> Vec<Vec<String>> {
    let mut rows = vec![HEAD.map(ToOwned::to_owned).to_vec()];
    rows.extend(situation.incidents.iter().map(|line| row(line, situation)));
    rows
}

fn row(line: &IncidentLine, situation: &Situation) -> Vec<String> {
    let time = |at: Option<Instant>| at.map(|at| at.to_string()).unwrap_or_default();
    let points = |pick: fn(&(i64, i64, u64)) -> String| joined(line.points.iter().map(pick));
    vec![
        line.incident.clone(),
        line.certain.to_string(),
        time(line.when.and_then(|when| when.from)),
        time(line.when.and_then(|when| when.to)),
        line.places.join("; "),
        points(|(lat, _, _)| degrees(*lat)),
        points(|(_, lon, _)| degrees(*lon)),
        points(|(_, _, radius)| radius.to_string()),
        line.acts.join("; "),
        line.accused.join("; "),
        line.answers.join("; "),
        line.status.to_string(),
        line.called_breach.to_string(),
        joined(line.figures.iter().map(|(kind, bounds)| format!("{bounds} {kind}"))),
        time(line.recorded),
        joined(line.records.iter().map(Seq::to_string)),
        basis(situation),
    ]
}

/// The position and head that the row rests on; on the publication axis, also by when it had been published.
fn basis(situation: &Situation) -> String {
    let known = &situation.known_at;
    let by = known.published_by.map(|by| format!(" published by {by}")).unwrap_or_default();
    format!("{}:{}{by}", known.seq, known.head)
}

fn joined(cells: impl Iterator<Item = String>) -> String {
    cells.collect::<Vec<_>>().join("; ")
}

/// Writes micro-degrees as degrees, digit for digit.
fn degrees(micro: i64) -> String {
    let sign = if micro < 0 { "-" } else { "" };
    let micro = micro.unsigned_abs();
    format!("{sign}{}.{:06}", micro / 1_000_000, micro % 1_000_000)
}

#[cfg(test)]
mod tests {
    #[test]
    fn micro_degrees_are_written_digit_for_digit() {
        assert_eq!(super::degrees(-500_000), "-0.500000");
        assert_eq!(super::degrees(40_682_801), "40.682801");
    }
}
