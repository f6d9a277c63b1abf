//! A situation report as Markdown.

use std::fmt::Write as _;

use super::situation::{Counted, Situation};
use super::words::Words;
use crate::rules::lifecycle::State;
use crate::vocab::{Cut, Instant, Seq, Span};

/// More record positions than this are not listed behind one number; the annex has them all.
pub(super) const RECORDS_AT_MOST: usize = 12;

/// Writes the report as Markdown.
#[must_use]
pub fn markdown(situation: &Situation, words: &Words) -> String {
    let mut text = Text { words, text: String::new() };
    text.head(situation);
    text.summary(situation);
    text.states(situation);
    text.regions(situation);
    text.casualties(situation);
    text.incidents(situation);
    text.access(situation);
    text.statements(situation);
    text.changes(situation);
    text.counters(situation);
    text.coverage(situation);
    text.text
}

struct Text<'w> {
    words: &'w Words,
    text: String,
}

impl Text<'_> {
    fn line(&mut self, line: impl AsRef<str>) {
        self.text.push_str(line.as_ref());
        self.text.push('\n');
    }

    fn heading(&mut self, key: &'static str) {
        let words = self.words.say(key);
        self.line(format!("\n## {words}\n"));
    }

    /// Writes a table; where it has no rows, says that there is none.
    fn table(&mut self, heads: &[&'static str], rows: &[Vec<String>]) {
        if rows.is_empty() {
            return self.line(self.words.say("none"));
        }
        let heads: Vec<&str> = heads.iter().map(|head| self.words.say(head)).collect();
        self.line(format!("| {} |", heads.join(" | ")));
        self.line(format!("|{}", " --- |".repeat(heads.len())));
        for row in rows {
            let cells: Vec<String> = row.iter().map(|cell| escaped(cell)).collect();
            self.line(format!("| {} |", cells.join(" | ")));
        }
    }

    fn head(&mut self, situation: &Situation) {
        let words = self.words;
        let name = situation.names.iter().find(|(lang, _)| lang == words.lang).or_else(|| situation.names.first());
        let name = name.map(|(_, name)| format!(" — {}", escaped(name))).unwrap_or_default();
        self.line(format!("# {}: {}{name}\n", words.say("title"), situation.ceasefire));
        self.line(format!(
            "{}: {} ({} {})  ",
            words.say("period"),
            situation.period,
            words.say("days_end"),
            situation.cut
        ));
        let known = &situation.known_at;
        self.line(format!(
            "{} {} {} {}, {} `{}`  ",
            words.say("known"),
            known.seq,
            words.say("of_log"),
            escaped(&known.origin),
            words.say("head"),
            known.head
        ));
        self.line(match known.published_by {
            None => format!("{}  ", words.say("axis_record")),
            Some(by) => format!("{} {by}  ", words.say("axis_publication")),
        });
        self.line(format!("{}: `{}`\n", words.say("rules"), situation.rules));
        self.line(words.say("claims_not_facts"));
    }

    fn summary(&mut self, situation: &Situation) {
        self.heading("summary");
        let mut rows: Vec<Vec<String>> = situation
            .summary
            .iter()
            .map(|line| {
                let what = self.words.code(&line.what).to_owned();
                vec![what, line.now.value.to_string(), line.before.value.to_string(), records(&line.now.records)]
            })
            .collect();
        let undated = &situation.undated;
        let what = self.words.say("undated_incidents").to_owned();
        rows.push(vec![what, undated.value.to_string(), String::new(), records(&undated.records)]);
        self.table(&["kind", "this_period", "period_before", "records"], &rows);
        self.line(format!("\n{}", self.words.say("range_note")));
        for (first, second) in &situation.candidates {
            self.line(format!("\n{} {first}, {second}", self.words.say("candidates")));
        }
    }

    fn states(&mut self, situation: &Situation) {
        self.heading("states");
        let rows: Vec<Vec<String>> = situation
            .states
            .iter()
            .map(|line| {
                let (start, end) = (states(&line.at_start, self.words), states(&line.at_end, self.words));
                vec![line.perspective.clone(), start, end, records(&line.records)]
            })
            .collect();
        self.table(&["perspective", "at_start", "at_end", "records"], &rows);
    }

    fn regions(&mut self, situation: &Situation) {
        self.heading("regions");
        let rows: Vec<Vec<String>> = situation
            .regions
            .iter()
            .map(|slot| {
                let figures: Vec<String> =
                    slot.figures.iter().map(|figure| format!("{} {}", figure.value, figure.kind)).collect();
                vec![
                    self.words.code(&slot.name).to_owned(),
                    slot.certain.to_string(),
                    slot.possible.to_string(),
                    figures.join(", "),
                    records(&slot.records),
                ]
            })
            .collect();
        self.table(&["region", "certain", "possible", "figures", "records"], &rows);
    }

    fn casualties(&mut self, situation: &Situation) {
        self.heading("casualties");
        let shown =
            |counted: &Counted| format!("{} {}", counted.value, records(&counted.records)).trim_end().to_owned();
        let rows: Vec<Vec<String>> = situation
            .casualties
            .iter()
            .map(|line| vec![line.kind.to_string(), shown(&line.verified), shown(&line.reported)])
            .collect();
        self.table(&["kind", "verified", "reported"], &rows);
    }

    fn incidents(&mut self, situation: &Situation) {
        self.heading("incident_list");
        let rows: Vec<Vec<String>> = situation
            .incidents
            .iter()
            .map(|line| {
                let answers: Vec<&str> = line.answers.iter().map(|answer| self.words.code(answer)).collect();
                vec![
                    line.incident.clone(),
                    span(line.when, situation.cut, self.words),
                    line.places.join(", "),
                    line.acts.join(", "),
                    line.accused.join(", "),
                    answers.join(", "),
                    self.words.code(line.status.as_str()).to_owned(),
                    records(&line.records),
                ]
            })
            .collect();
        self.table(&["incident", "when", "where", "act", "accused", "answer", "status", "records"], &rows);
    }

    fn access(&mut self, situation: &Situation) {
        self.heading("access");
        let rows: Vec<Vec<String>> = situation
            .access
            .iter()
            .map(|line| {
                vec![
                    line.monitor.clone(),
                    line.by.join(", "),
                    span(line.when, situation.cut, self.words),
                    records(&[line.record]),
                ]
            })
            .collect();
        self.table(&["monitor", "by", "when", "records"], &rows);
    }

    fn statements(&mut self, situation: &Situation) {
        self.heading("statements");
        let rows: Vec<Vec<String>> = situation
            .statements
            .iter()
            .map(|line| {
                let quote = line.quote.as_ref().map(|(_, quote)| format!(" «{quote}»")).unwrap_or_default();
                vec![
                    span(line.said, situation.cut, self.words),
                    line.by.join(", "),
                    self.words.code(&line.kind).to_owned(),
                    line.about.join(", "),
                    format!("{}{quote}", line.summary.as_deref().unwrap_or_default()),
                    records(&[line.record]),
                ]
            })
            .collect();
        self.table(&["said", "by", "kind", "about", "statements", "records"], &rows);
    }

    fn changes(&mut self, situation: &Situation) {
        self.heading("late");
        let rows: Vec<Vec<String>> = situation
            .late
            .iter()
            .map(|line| {
                vec![
                    line.incident.clone(),
                    span(line.when, situation.cut, self.words),
                    instant(line.recorded, situation.cut),
                    records(&line.records),
                ]
            })
            .collect();
        self.table(&["incident", "when", "recorded", "records"], &rows);
        self.heading("corrections");
        let rows: Vec<Vec<String>> = situation
            .corrections
            .iter()
            .map(|line| {
                let recorded = instant(line.recorded, situation.cut);
                vec![line.kind.clone(), line.target.clone(), line.reason.clone(), recorded, records(&[line.record])]
            })
            .collect();
        self.table(&["kind", "target", "reason", "recorded", "records"], &rows);
    }

    fn counters(&mut self, situation: &Situation) {
        self.heading("counters");
        let rows: Vec<Vec<String>> = situation
            .counters
            .iter()
            .map(|counter| {
                let flags = [(counter.decreased, "decreased"), (counter.total_mismatch, "mismatch")];
                let flags: Vec<&str> = flags.iter().filter(|(on, _)| *on).map(|(_, key)| self.words.say(key)).collect();
                let flags = if flags.is_empty() { String::new() } else { format!(" ({})", flags.join("; ")) };
                vec![
                    counter.counter.clone(),
                    format!("{} {}{flags}", counter.value, counter.kind),
                    counter.by.join(", "),
                    counter.accused.join(", "),
                    records(&[counter.record]),
                ]
            })
            .collect();
        self.table(&["counter", "value", "by", "accused", "records"], &rows);
        self.line(format!("\n{}", self.words.say("counters_note")));
    }

    fn coverage(&mut self, situation: &Situation) {
        self.heading("coverage");
        let (coverage, words) = (&situation.coverage, self.words);
        let reporters =
            if coverage.reporters.is_empty() { words.say("nobody").to_owned() } else { coverage.reporters.join(", ") };
        self.line(format!("- {}: {}", words.say("reporters"), escaped(&reporters)));
        self.line(format!("- {}: {}", words.say("quiet_reports"), coverage.quiet_reports));
        self.line(format!(
            "- {}: {} {}",
            words.say("access_denied"),
            coverage.access_denied,
            records(&coverage.records)
        ));
        self.line(format!("- {}", words.say("silence")));
    }
}

/// Writes record positions in brackets, runs as a range.
pub(super) fn records(records: &[Seq]) -> String {
    if records.is_empty() {
        return String::new();
    }
    let mut parts: Vec<(u64, u64)> = Vec::new();
    for seq in records.iter().map(|seq| seq.number()) {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == seq => *last = seq,
            _ => parts.push((seq, seq)),
        }
    }
    let mut text = String::new();
    for (index, (first, last)) in parts.iter().take(RECORDS_AT_MOST).enumerate() {
        let gap = if index == 0 { "" } else { " " };
        let _ = if first == last { write!(text, "{gap}{first}") } else { write!(text, "{gap}{first}–{last}") };
    }
    let left_out = parts.len().saturating_sub(RECORDS_AT_MOST);
    if left_out > 0 {
        let _ = write!(text, " +{left_out}");
    }
    format!("[{text}]")
}

/// Writes the states that may have been.
pub(super) fn states(states: &[State], words: &Words) -> String {
    let states: Vec<&str> = states.iter().map(|state| words.state(*state)).collect();
    states.join(&format!(" {} ", words.say("or")))
}

/// Writes a time by the report's clock, or that none is stated.
pub(super) fn span(span: Option<Span>, cut: Cut, words: &Words) -> String {
    match span {
        None => words.say("undated").to_owned(),
        Some(span) if span.from.is_some() && span.from == span.to => instant(span.start(), cut),
        Some(span) => {
            let end = |end: Option<Instant>| end.map_or_else(|| "..".to_owned(), |end| instant(end, cut));
            format!("{} – {}", end(span.from), end(span.to))
        }
    }
}

/// Writes an instant by the report's clock; its offset stands at the head of the report.
pub(super) fn instant(at: Instant, cut: Cut) -> String {
    let local = at.to_utc().naive_utc() + chrono::Duration::minutes(i64::from(cut.offset));
    let seconds = if at.micros() % 60_000_000 == 0 { "%Y-%m-%d %H:%M" } else { "%Y-%m-%d %H:%M:%S" };
    local.format(seconds).to_string()
}

/// Keeps a cell from breaking the table, or from being read as markup.
fn escaped(cell: &str) -> String {
    let mut text = String::with_capacity(cell.len());
    for character in cell.chars() {
        match character {
            '|' | '*' | '`' | '<' | '\\' | '#' => {
                text.push('\\');
                text.push(character);
            }
            '\n' | '\r' => text.push(' '),
            other if crate::vocab::is_bidi_control(other) => {
                let _ = write!(text, "\\u{{{:04X}}}", u32::from(other));
            }
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_by_the_reports_clock() {
        let cut = Cut { offset: 240, day_ends: 0 };
        let at = |text| Some(Instant::parse(text).unwrap());
        let words = Words::of("en");
        let half = Span { from: None, to: at("2020-10-16T21:00:00Z") };
        assert_eq!(span(Some(half), cut, &words), ".. – 2020-10-17 01:00");
        let one = Span { from: at("2020-10-16T21:00:30Z"), to: at("2020-10-16T21:00:30Z") };
        assert_eq!(span(Some(one), cut, &words), "2020-10-17 01:00:30");
    }

    #[test]
    fn runs_of_records_are_written_as_ranges() {
        let seqs: Vec<Seq> = [1, 2, 3, 7, 9, 10].into_iter().map(Seq::new).collect();
        assert_eq!(records(&seqs), "[1–3 7 9–10]");
        assert_eq!(records(&[]), "");
    }

    #[test]
    fn more_records_than_fit_are_counted() {
        let seqs: Vec<Seq> = (0..20).map(|n| Seq::new(1 + 2 * n)).collect();
        assert!(records(&seqs).ends_with("23 +8]"), "{}", records(&seqs));
    }

    #[test]
    fn a_cell_cannot_break_its_table_or_turn_the_text() {
        assert_eq!(escaped("a|b\nc\u{202e}d"), "a\\|b c\\u{202E}d");
    }
}
