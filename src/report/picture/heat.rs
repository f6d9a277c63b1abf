//! Incidents by place and day. An empty cell is no zero: a zero stands only where somebody reported quiet.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::frame;
use super::scale::{count, lines};
use crate::report::situation::Situation;
use crate::report::words::Words;
use crate::rules::breakdown::UNPLACED;

const LEFT: f64 = 190.0;
const ROW: f64 = 24.0;
const TOP: f64 = 30.0;

/// The last days that fit, and the places with the most incidents.
const DAYS_AT_MOST: usize = 21;
const PLACES_AT_MOST: usize = 25;

/// What is known of one place on one day.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    certain: u64,
    possible: u64,
}

pub(super) fn draw(situation: &Situation, words: &Words) -> Option<Markup> {
    let days = &situation.pictures.days;
    let days = days.get(days.len().saturating_sub(DAYS_AT_MOST)..).unwrap_or_default();
    let mut rows: BTreeMap<String, Vec<Cell>> = BTreeMap::new();
    for line in &situation.pictures.incidents {
        let Some(when) = line.when else { continue };
        let unplaced = [UNPLACED.to_owned()];
        let places = if line.places.is_empty() { &unplaced[..] } else { &line.places[..] };
        for (column, day) in days.iter().enumerate().filter(|(_, day)| day.span.meets(when)) {
            for place in places {
                let row = rows.entry(place.clone()).or_insert_with(|| vec![Cell::default(); days.len()]);
                let Some(cell) = row.get_mut(column) else { continue };
                let certain = day.span.holds(when) && places.len() == 1;
                if certain { cell.certain += 1 } else { cell.possible += 1 }
            }
        }
    }
    for (place, _) in &situation.pictures.quiet {
        rows.entry(place.clone()).or_insert_with(|| vec![Cell::default(); days.len()]);
    }
    if rows.is_empty() || days.is_empty() {
        return None;
    }
    let mut rows: Vec<(String, Vec<Cell>)> = rows.into_iter().collect();
    rows.sort_by_key(|(_, cells)| {
        std::cmp::Reverse(cells.iter().map(|cell| cell.certain + cell.possible).sum::<u64>())
    });
    let left_out = rows.len().saturating_sub(PLACES_AT_MOST);
    rows.truncate(PLACES_AT_MOST);
    let most = rows.iter().flat_map(|(_, cells)| cells).map(|cell| cell.certain + cell.possible).max().unwrap_or(1);
    let width = (super::WIDTH - LEFT - 10.0) / lines(days.len());
    let bottom = TOP + ROW * lines(rows.len());
    let quiet = |place: &str, day: &str| situation.pictures.quiet.iter().any(|(p, d)| p == place && d == day);
    let drawing = html! {
        @for (column, day) in days.iter().enumerate() {
            text class="small faint" x=(LEFT + width * (lines(column) + 0.5)) y=(TOP - 8.0) text-anchor="middle" {
                (day.name.get(5..).unwrap_or(&day.name))
            }
        }
        @for (row, (place, cells)) in rows.iter().enumerate() {
            @let y = TOP + ROW * lines(row);
            text x="6" y=(y + 16.0) { (words.code(place)) }
            @for (column, cell) in cells.iter().enumerate() {
                @let day = days.get(column).map(|day| day.name.as_str()).unwrap_or_default();
                (draw_cell(*cell, quiet(place, day), LEFT + width * lines(column), y, width, most.max(1)))
            }
        }
        text class="small faint" x="6" y=(bottom + 18.0) { (words.say("blank_note")) @if left_out > 0 { " (+" (left_out) ")" } }
    };
    Some(frame(words.say("heat"), bottom + 26.0, &drawing))
}

fn draw_cell(cell: Cell, quiet: bool, x: f64, y: f64, width: f64, most: u64) -> Markup {
    let all = cell.certain + cell.possible;
    let shade = 0.15 + 0.75 * count(all) / count(most);
    let words = match (cell.certain, cell.possible) {
        (0, 0) if quiet => "0".to_owned(),
        (0, 0) => String::new(),
        (certain, 0) => certain.to_string(),
        (certain, _) => format!("{certain}–{all}"),
    };
    html! {
        rect x=(x + 1.0) y=(y + 1.0) width=((width - 2.0).max(1.0)) height=(ROW - 2.0) fill="none" stroke="var(--line)" {}
        @if all > 0 {
            rect class=(if cell.certain > 0 { "sure" } else { "maybe" }) fill-opacity=(format!("{shade:.2}")) x=(x + 1.0) y=(y + 1.0) width=((width - 2.0).max(1.0)) height=(ROW - 2.0) {}
        }
        text class=(if cell.certain > 0 && shade > 0.5 { "on" } else { "" }) x=(x + width / 2.0) y=(y + 16.0) text-anchor="middle" { (words) }
    }
}
