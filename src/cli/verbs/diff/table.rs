//! A difference as CSV: one row for each record between the two moments, and for each thing that it changed.

use std::fmt::Display;

use super::{Change, DiffAnswer};
use crate::cli::complaint::Complaint;
use crate::cli::session::Session;
use crate::cli::verbs::state::state_words;
use crate::rules::lifecycle::State;
use crate::vocab::Contested;

const COLUMNS: [&str; 6] = ["of", "ceasefire", "id", "what", "before", "after"];

/// Writes the rows. An empty `before` or `after` says that there was none.
pub(super) fn print(answer: &DiffAnswer, session: &mut Session) -> Result<(), Complaint> {
    let mut rows = vec![COLUMNS.map(ToOwned::to_owned).to_vec()];
    for doing in &answer.records {
        for record in &doing.records {
            let what = format!("{} {}", record.r#type, record.what);
            rows.push(row("record", "", &record.seq.to_string(), doing.what.word(), [String::new(), what]));
        }
    }
    for change in &answer.states {
        let mut push = |what: &str, cells: Option<[String; 2]>| {
            rows.extend(cells.map(|cells| row("state", &change.ceasefire, &change.ceasefire, what, cells)));
        };
        push("state", change.state.as_ref().map(|state| cells(state, |state: &Contested<State>| state_words(state))));
        push("effective", change.effective.as_ref().map(shown));
        push("lapses", change.expiry.as_ref().map(shown));
        push("asserted_breaches", change.asserted_breaches.as_ref().map(shown));
        let by = change.declared_collapsed_by.as_ref();
        push("declared_collapsed_by", by.map(|by| cells(by, |by: &Vec<String>| by.join("; "))));
    }
    for number in &answer.numbers {
        let ceasefire = number.ceasefire.as_deref().unwrap_or_default();
        rows.push(row("number", ceasefire, &number.id, &answer.rules, shown(&number.value)));
    }
    for counter in &answer.counters {
        rows.push(row("counter", "", &counter.counter, &counter.kind, shown(&counter.value)));
    }
    session.console.csv(&rows)
}

fn row(of: &str, ceasefire: &str, id: &str, what: &str, [before, after]: [String; 2]) -> Vec<String> {
    vec![of.to_owned(), ceasefire.to_owned(), id.to_owned(), what.to_owned(), before, after]
}

fn shown<T: Display>(change: &Change<T>) -> [String; 2] {
    cells(change, T::to_string)
}

fn cells<T>(change: &Change<T>, words: impl Fn(&T) -> String) -> [String; 2] {
    [&change.before, &change.after].map(|value| value.as_ref().map(&words).unwrap_or_default())
}
