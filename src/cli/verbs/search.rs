//! `search`: records by their words.

use clap::Args;
use serde::Serialize;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use super::log::{Filters, Selection};
use super::record_text::{Listed, RecordLine, mending, seq_width};
use crate::cli::args::Format;
use crate::cli::complaint::Complaint;
use crate::cli::console::{Paint, isolated};
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::ledger::KnownAt;
use crate::vocab::Code;

/// How many characters stand before and after a match.
const AROUND: usize = 40;

/// What `search` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ceasefire search ganja\n  ceasefire search \"civilian houses\" missile\n  \
    ceasefire search گنجه --type violation\n\nAll words must stand in a record, in any of its members; case does not \
    matter, nor do the forms of one letter. Words in quotes are looked for as they stand.")]
pub struct SearchArgs {
    /// The words
    #[arg(value_name = "WORDS", required = true)]
    pub words: Vec<String>,
    /// Which records.
    #[command(flatten)]
    pub filters: Filters,
}

/// What `search` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct SearchAnswer {
    /// Which log and position.
    pub known_at: KnownAt,
    /// What was looked for.
    pub words: Vec<String>,
    /// The records found, oldest first.
    pub records: Vec<Hit>,
}

/// A record found.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct Hit {
    /// The record.
    #[serde(flatten)]
    pub record: RecordLine,
    /// Where each word stands.
    pub matches: Vec<Match>,
}

/// Where a word stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Match {
    /// The member, as a JSON pointer into the body.
    pub at: String,
    /// The words around it.
    pub text: String,
}

/// Looks for the words.
pub fn run(args: &SearchArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let words: Vec<String> = args.words.iter().map(|word| folded(word)).filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        return Err(Complaint::new(Outcome::Usage, Code::Usage, "there is no word to look for"));
    }
    let replayed = session.replayed()?;
    let view = replayed.view();
    let book = view.key_book().map_err(|error| refusal::rows(&error))?;
    let mut hits = Vec::new();
    Selection::of(&args.filters, &view)?.each(&view, &mut |told| {
        let body: Value = serde_json::from_str(told.stored.body()).unwrap_or_default();
        if let Some(matches) = matches(&body, &words) {
            let mending = mending(view.tables(), told.stored.seq).map_err(|error| refusal::rows(&error))?;
            hits.push(Hit { record: Listed::of(&told, mending).told_by(&book), matches });
        }
        Ok(())
    })?;
    print(&SearchAnswer { known_at: view.known_at(), words: args.words.clone(), records: hits }, session)?;
    Ok(Outcome::Ok)
}

/// Folds case and the compatibility forms of letters (NFKC).
fn folded(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

/// Finds where each word stands in any text of a body; nothing where one of them does not.
fn matches(body: &Value, words: &[String]) -> Option<Vec<Match>> {
    let mut texts = Vec::new();
    gather(body, &mut String::new(), &mut texts);
    let folded: Vec<String> = texts.iter().map(|(_, text)| folded(text)).collect();
    let mut found: Vec<Match> = Vec::new();
    for word in words {
        let index = folded.iter().position(|text| text.contains(word.as_str()))?;
        let (at, text) = texts.get(index)?;
        let hit = Match { at: at.clone(), text: snippet(text, word) };
        if !found.contains(&hit) {
            found.push(hit);
        }
    }
    Some(found)
}

/// Collects every text with the pointer to it.
fn gather<'a>(value: &'a Value, at: &mut String, texts: &mut Vec<(String, &'a str)>) {
    let mut step = |name: &str, value: &'a Value| {
        let length = at.len();
        at.push('/');
        at.push_str(name);
        gather(value, at, texts);
        at.truncate(length);
    };
    match value {
        Value::String(text) => texts.push((at.clone(), text)),
        Value::Array(items) => items.iter().enumerate().for_each(|(index, item)| step(&index.to_string(), item)),
        Value::Object(members) => members.iter().for_each(|(name, member)| step(name, member)),
        _ => {}
    }
}

/// Cuts out the words around a match.
fn snippet(text: &str, word: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let length = word.chars().count();
    let window = length * 4 + 8;
    let starts_here = |start: &usize| {
        let ahead: String = characters.iter().skip(*start).take(window).collect();
        folded(&ahead).starts_with(word)
    };
    let start = (0..characters.len()).find(starts_here).unwrap_or(0);
    let (from, to) = (start.saturating_sub(AROUND), (start + length + AROUND).min(characters.len()));
    let cut: String = characters.get(from..to).unwrap_or_default().iter().collect();
    let before = if from > 0 { "…" } else { "" };
    let after = if to < characters.len() { "…" } else { "" };
    format!("{before}{}{after}", cut.trim())
}

fn print(answer: &SearchAnswer, session: &mut Session) -> Result<(), Complaint> {
    let console = &mut session.console;
    match console.format() {
        Format::Human => print_hits(answer, session),
        Format::Csv => {
            let mut header = RecordLine::COLUMNS.map(ToOwned::to_owned).to_vec();
            header.extend(["matched_at", "matched"].map(ToOwned::to_owned));
            let rows = answer.records.iter().map(|hit| {
                let first = hit.matches.first().map(|found| [found.at.clone(), found.text.clone()]);
                hit.record.cells().into_iter().chain(first.into_iter().flatten()).collect()
            });
            let rows: Vec<Vec<String>> = std::iter::once(header).chain(rows).collect();
            console.csv(&rows)
        }
        Format::Jsonl => {
            for hit in &answer.records {
                console.answer("search", Outcome::Ok, hit)?;
            }
            Ok(())
        }
        Format::Json => console.answer("search", Outcome::Ok, answer),
    }
}

fn print_hits(answer: &SearchAnswer, session: &mut Session) -> Result<(), Complaint> {
    let console = &mut session.console;
    let width = seq_width(answer.known_at.seq);
    for hit in &answer.records {
        let text = hit.record.text(width, console);
        console.line(text)?;
        for found in &hit.matches {
            let at = console.paint(Paint::Faint, &format!("{:width$}  {}", "", found.at));
            console.line(format!("{at}  {}", isolated(&found.text)))?;
        }
    }
    let (count, words) = (answer.records.len(), answer.words.join(" "));
    match count {
        0 => console.line(format!("nothing found for {} up to record {}", isolated(&words), answer.known_at.seq)),
        count => {
            console.say(format!("{count} {} found", if count == 1 { "record" } else { "records" }));
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn case_and_letter_forms_do_not_matter() {
        assert_eq!(folded("Ｇ\u{0259}nc\u{0259}"), folded("gƏNCƏ"));
        assert_eq!(folded("e\u{301}"), folded("É"));
        assert_eq!(folded("ﻼ"), folded("لا"));
    }

    #[test]
    fn all_words_must_stand_somewhere_and_the_place_of_each_is_told() {
        let body = json!({"event": {"summary": "Missile strike on Ganja", "source": {"quote": "قصف گنجه"}}});
        let words = |words: &[&str]| words.iter().map(|word| folded(word)).collect::<Vec<_>>();
        let found = matches(&body, &words(&["ganja", "گنجه"])).unwrap();
        assert_eq!(found[0].at, "/event/summary");
        assert_eq!(found[1].at, "/event/source/quote");
        assert_eq!(matches(&body, &words(&["ganja", "house"])), None);
    }

    #[test]
    fn a_snippet_shows_the_words_around_and_marks_where_it_was_cut() {
        let text = format!("{} HOUSES destroyed {}", "a".repeat(60), "b".repeat(60));
        let cut = snippet(&text, "houses");
        assert!(cut.starts_with('…') && cut.ends_with('…') && cut.contains("HOUSES destroyed"), "{cut}");
    }
}
