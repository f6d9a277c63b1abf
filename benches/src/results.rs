//! What came out: ratios to baselines of the same run, and on which side of the goal they are.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

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

/// A measured row.
struct Row {
    measure: String,
    ours: String,
    baseline: String,
    ratio: f64,
    goal: Goal,
}

/// How a row ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Met,
    NotMet,
    Told,
}

/// All results of a run.
pub struct Results {
    started: Instant,
    machine: String,
    records: u64,
    repeat: usize,
    /// The rows of each part.
    parts: Vec<(String, Vec<Row>)>,
    notes: Vec<String>,
    /// Where the page goes with every row, so that a run which is broken off leaves what it found.
    page: Option<PathBuf>,
}

impl Results {
    /// Begins.
    pub fn of(machine: String, options: &Options) -> Self {
        let (records, repeat) = (options.records, options.repeat);
        let page = options.write.then(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/RESULTS.md")));
        Self { started: Instant::now(), machine, records, repeat, parts: Vec::new(), notes: Vec::new(), page }
    }

    /// Says how far the run is.
    pub fn say(&self, what: impl std::fmt::Display) {
        eprintln!("[{:>4} s] {what}", self.started.elapsed().as_secs());
    }

    /// Begins a part.
    pub fn part(&mut self, name: &str) {
        self.say(format!("--- {name}"));
        self.parts.push((name.to_owned(), Vec::new()));
    }

    /// Adds a time against a baseline's time.
    pub fn times(&mut self, measure: &str, ours: Duration, baseline_is: &str, baseline: Duration, goal: Goal) {
        let ratio = ours.as_secs_f64() / baseline.as_secs_f64().max(1e-12);
        self.row(measure, shown(ours), format!("{} {baseline_is}", shown(baseline)), ratio, goal);
    }

    /// Adds a time against the most that it may be.
    pub fn within(&mut self, measure: &str, ours: Duration, most: Duration) {
        let ratio = ours.as_secs_f64() / most.as_secs_f64();
        self.row(measure, shown(ours), format!("at most {}", shown(most)), ratio, Goal::AtMost(1.0));
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
        let note = note.into();
        self.say(&note);
        self.notes.push(note);
        self.save();
    }

    fn save(&self) {
        if let Some(page) = &self.page
            && let Err(error) = std::fs::write(page, self.to_markdown())
        {
            self.say(format!("{} cannot be written: {error}", page.display()));
        }
    }

    fn row(&mut self, measure: &str, ours: String, baseline: String, ratio: f64, goal: Goal) {
        let row = Row { measure: measure.to_owned(), ours, baseline, ratio, goal };
        let (goal, verdict) = judged(&row);
        let verdict = word(verdict);
        self.say(format!("{measure}: {} against {}: {ratio:.2} ({goal}) {verdict}", row.ours, row.baseline));
        if let Some((_, rows)) = self.parts.last_mut() {
            rows.push(row);
        }
        self.save();
    }

    /// Writes everything as a page.
    pub fn to_markdown(&self) -> String {
        let (records, repeat) = (self.records, self.repeat);
        let mut page = format!(
            "# Results\n\nWritten by one command (see `src/manual/performance.md`). {records} records unless a row says \
             otherwise; each time is the median of at least {repeat} runs, and each ratio is to a baseline of the same \
             run.\n\n"
        );
        page.push_str(&self.machine);
        let _ = writeln!(page, "- the run took {} s", self.started.elapsed().as_secs());
        let rows = || self.parts.iter().flat_map(|(_, rows)| rows);
        for (name, rows) in &self.parts {
            let _ = writeln!(
                page,
                "\n## {name}\n\n| measure | ours | baseline | ratio | goal | |\n|---|---|---|---|---|---|"
            );
            for row in rows {
                let (goal, verdict) = judged(row);
                let (measure, ours, baseline, ratio) = (&row.measure, &row.ours, &row.baseline, row.ratio);
                let _ = writeln!(page, "| {measure} | {ours} | {baseline} | {ratio:.2} | {goal} | {} |", word(verdict));
            }
        }
        let _ = writeln!(page, "\n## Where it loses\n");
        let lost: Vec<&Row> = rows().filter(|row| judged(row).1 == Verdict::NotMet).collect();
        for row in &lost {
            let _ = writeln!(page, "- {}: {:.2}, the goal is {}", row.measure.trim(), row.ratio, judged(row).0);
        }
        let judged_rows = rows().filter(|row| judged(row).1 != Verdict::Told).count();
        let met = judged_rows - lost.len();
        let _ =
            writeln!(page, "\n{met} of {judged_rows} goals met. What bounds the others: `src/manual/performance.md`.");
        let _ = writeln!(page, "\n## Notes\n");
        for note in &self.notes {
            let _ = writeln!(page, "- {note}");
        }
        page
    }
}

fn judged(row: &Row) -> (String, Verdict) {
    let (goal, met) = match row.goal {
        Goal::AtMost(most) => (format!("≤ {most:.2}"), row.ratio <= most),
        Goal::AtLeast(least) => (format!("≥ {least:.2}"), row.ratio >= least),
        Goal::None => return ("–".to_owned(), Verdict::Told),
    };
    (goal, if met { Verdict::Met } else { Verdict::NotMet })
}

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Met => "met",
        Verdict::NotMet => "**not met**",
        Verdict::Told => "",
    }
}

/// A time in the unit that suits it.
pub fn shown(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds >= 1.0 => format!("{seconds:.2} s"),
        seconds if seconds >= 1e-3 => format!("{:.2} ms", seconds * 1e3),
        seconds => format!("{:.1} µs", seconds * 1e6),
    }
}
