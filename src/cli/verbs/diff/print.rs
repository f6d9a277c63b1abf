//! A difference, for a person.

use super::DiffAnswer;
use crate::cli::complaint::Complaint;
use crate::cli::console::{Paint, isolated};
use crate::cli::session::Session;
use crate::cli::verbs::record_text::seq_width;
use crate::cli::verbs::state::state_words;
use crate::rules::lifecycle::State;
use crate::vocab::Contested;

/// Prints the records, then what they changed.
pub(super) fn print(answer: &DiffAnswer, session: &mut Session) -> Result<(), Complaint> {
    let console = &mut session.console;
    let (before, after) = (&answer.before, &answer.after);
    let title = console.paint(Paint::Heading, &format!("record {} → record {}", before.seq, after.seq));
    console.line(format!("{title}  of {}", after.origin))?;
    if answer.records.is_empty() {
        return console.line("nothing was recorded between the two");
    }
    let width = seq_width(after.seq);
    for doing in &answer.records {
        let heading = console.paint(Paint::Heading, doing.what.word());
        console.line(format!("\n{heading}: {}", doing.records.len()))?;
        for record in &doing.records {
            let line = record.text(width, console);
            console.line(format!("  {line}"))?;
        }
    }
    print_states(answer, session)?;
    print_numbers(answer, session)
}

fn print_states(answer: &DiffAnswer, session: &mut Session) -> Result<(), Complaint> {
    let console = &mut session.console;
    let heading = console.paint(Paint::Heading, "states");
    let whose = if answer.perspective == "ledger" { String::new() } else { format!(" for {}", answer.perspective) };
    console.line(format!("\n{heading} at {}{whose}: {}", answer.valid_at, changed(answer.states.len())))?;
    for change in &answer.states {
        let new = if change.was_known { "" } else { "  (new)" };
        console.line(format!("  {}{new}", change.ceasefire))?;
        let mut rows: Vec<(&str, String)> = Vec::new();
        if let Some(state) = &change.state {
            let word = |state: &Option<Contested<State>>| state.as_ref().map_or_else(|| "–".to_owned(), state_words);
            rows.push(("state", format!("{} → {}", word(&state.before), word(&state.after))));
        }
        rows.extend(change.effective.as_ref().map(|effective| ("effective", effective.words())));
        rows.extend(change.expiry.as_ref().map(|expiry| ("lapses", expiry.words())));
        rows.extend(change.asserted_breaches.as_ref().map(|breaches| ("called breach", breaches.words())));
        if let Some(declared) = &change.declared_collapsed_by {
            let list = |list: &Option<Vec<String>>| match list.as_deref() {
                None | Some([]) => "nobody".to_owned(),
                Some(by) => by.join(", "),
            };
            rows.push(("collapsed by", format!("{} → {}", list(&declared.before), list(&declared.after))));
        }
        for (name, words) in rows {
            console.line(format!("    {name:<14}{}", isolated(&words)))?;
        }
    }
    Ok(())
}

fn print_numbers(answer: &DiffAnswer, session: &mut Session) -> Result<(), Complaint> {
    let console = &mut session.console;
    let heading = console.paint(Paint::Heading, "numbers");
    console.line(format!("\n{heading} under {}: {}", answer.rules, changed(answer.numbers.len())))?;
    let width = answer.numbers.iter().map(|number| number.id.chars().count()).max().unwrap_or(0);
    let mut scope: Option<Option<&str>> = None;
    for number in &answer.numbers {
        let of = number.ceasefire.as_deref();
        if scope != Some(of) {
            console.line(format!("  {}", of.unwrap_or("everything")))?;
            scope = Some(of);
        }
        console.line(format!("    {:<width$}  {}", isolated(&number.id), number.value.words()))?;
    }
    if !answer.counters.is_empty() {
        let heading = console.paint(Paint::Heading, "counters");
        console.line(format!("\n{heading}, never added to anything: {}", changed(answer.counters.len())))?;
    }
    for counter in &answer.counters {
        let scope = counter.scope.as_ref().map(|scope| format!("  {}", isolated(scope))).unwrap_or_default();
        console.line(format!("    {}  {}  {}{scope}", counter.counter, counter.kind, counter.value.words()))?;
    }
    Ok(())
}

fn changed(count: usize) -> String {
    if count == 0 { "unchanged".to_owned() } else { format!("{count} changed") }
}
