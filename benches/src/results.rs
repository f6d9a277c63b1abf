//! What came out: ratios to baselines of the same run, and on which side of the goal they are.

use std::fmt::Write as _;
use std::time::Duration;

use crate::Options;

/// On which side of a number the goal lies.
#[derive(Clone, Copy)]
pub enum Goal {
    /// The ratio is at most this.
    AtMost(f64),
    /// The ratio is at least this.
    AtLeast(f64),
    /// There is none; the number is told.
    None,
}

struct Row {
    measure: String,
    ours: String,
    baseline: String,
    ratio: f64,
    goal: Goal,
}

/// All results of a run.
pub struct Results {
    machine: String,
    records: u64,
    repeat: usize,
    rows: Vec<Row>,
    notes: Vec<String>,
}

impl Results {
    /// Begins.
    pub fn of(machine: String, options: &Options) -> Self {
        Self { machine, records: options.records, repeat: options.repeat, rows: Vec::new(), notes: Vec::new() }
    }

    /// Adds a time against a baseline's time.
    pub fn times(&mut self, measure: &str, ours: Duration, baseline_is: &str, baseline: Duration, goal: Goal) {
        let ratio = ours.as_secs_f64() / baseline.as_secs_f64().max(1e-12);
        self.row(measure, shown(ours), format!("{} {baseline_is}", shown(baseline)), ratio, goal);
    }

    /// Adds how many times as fast as a baseline something is.
    pub fn speeds(&mut self, measure: &str, ours: Duration, baseline_is: &str, baseline: Duration, goal: Goal) {
        let ratio = baseline.as_secs_f64() / ours.as_secs_f64().max(1e-12);
        self.row(measure, shown(ours), format!("{} {baseline_is}", shown(baseline)), ratio, goal);
    }

    /// Adds a number against a fixed one.
    pub fn value(&mut self, measure: &str, ours: String, against: &str, ratio: f64, goal: Goal) {
        self.row(measure, ours, against.to_owned(), ratio, goal);
    }

    /// Adds a sentence below the table.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    fn row(&mut self, measure: &str, ours: String, baseline: String, ratio: f64, goal: Goal) {
        eprintln!("{measure}: {ours} against {baseline}: {ratio:.2}");
        self.rows.push(Row { measure: measure.to_owned(), ours, baseline, ratio, goal });
    }

    /// Writes everything as a page.
    pub fn to_markdown(&self) -> String {
        let mut page =
            format!("# Results\n\n{} records, each number the median of {} runs.\n\n", self.records, self.repeat);
        page.push_str(&self.machine);
        page.push_str("\n| measure | ours | baseline, same run | ratio | goal | |\n|---|---|---|---|---|---|\n");
        for row in &self.rows {
            let (goal, met) = judged(row);
            let _ = writeln!(
                page,
                "| {} | {} | {} | {:.2} | {goal} | {met} |",
                row.measure, row.ours, row.baseline, row.ratio
            );
        }
        let lost: Vec<&str> =
            self.rows.iter().filter(|row| judged(row).1 == "not met").map(|row| row.measure.as_str()).collect();
        let _ = writeln!(page, "\nNot met: {}.\n", if lost.is_empty() { "none".to_owned() } else { lost.join("; ") });
        for note in &self.notes {
            let _ = writeln!(page, "- {note}");
        }
        page
    }
}

fn judged(row: &Row) -> (String, &'static str) {
    let (goal, met) = match row.goal {
        Goal::AtMost(most) => (format!("≤ {most}"), row.ratio <= most),
        Goal::AtLeast(least) => (format!("≥ {least}"), row.ratio >= least),
        Goal::None => return ("–".to_owned(), ""),
    };
    (goal, if met { "met" } else { "not met" })
}

/// A time in the unit that suits it.
pub fn shown(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds >= 1.0 => format!("{seconds:.2} s"),
        seconds if seconds >= 1e-3 => format!("{:.2} ms", seconds * 1e3),
        seconds => format!("{:.1} µs", seconds * 1e6),
    }
}
