//! Counters as steps: a reading holds until the next one, and a fall is marked, never smoothed.

use maud::{Markup, html};

use super::frame;
use super::scale::{TimeScale, count, lines};
use crate::ledger::{CounterReading, Reading};
use crate::report::situation::Situation;
use crate::report::words::Words;
use crate::vocab::Instant;

const LEFT: f64 = 60.0;
const ROW: f64 = 110.0;
const TALL: f64 = 62.0;
const COUNTERS_AT_MOST: usize = 8;

pub(super) fn draw(situation: &Situation, words: &Words) -> Option<Markup> {
    let drawn = situation.counters.iter().filter(|counter| dated(counter).len() > 1);
    let drawn: Vec<&CounterReading> = drawn.take(COUNTERS_AT_MOST).collect();
    let instants = || drawn.iter().flat_map(|counter| dated(counter)).map(|(at, _)| at);
    let (from, to) = (instants().min()?, instants().max()?);
    let scale = TimeScale { from, to, left: LEFT, width: super::WIDTH - LEFT - 20.0 };
    let bottom = 20.0 + ROW * lines(drawn.len());
    let drawing = html! {
        (scale.axis(situation.cut, 16.0, bottom))
        @for (row, counter) in drawn.iter().enumerate() { (draw_counter(counter, scale, 20.0 + ROW * lines(row))) }
        text class="small faint" x="6" y=(bottom + 14.0) { (words.say("counters_note")) }
    };
    Some(frame(words.say("counters"), bottom + 22.0, &drawing))
}

/// The readings that can be placed in time: at the end of the period that they cover.
fn dated(counter: &CounterReading) -> Vec<(Instant, &Reading)> {
    let dated = counter.history.iter().filter_map(|reading| reading.period?.to.map(|at| (at, reading)));
    dated.collect()
}

fn draw_counter(counter: &CounterReading, scale: TimeScale, top: f64) -> Markup {
    let readings = dated(counter);
    let most = readings.iter().map(|(_, reading)| reading.value.max.unwrap_or(reading.value.min)).max().unwrap_or(1);
    let base = top + 24.0 + TALL;
    let y = |number: u64| base - TALL * count(number) / count(most.max(1));
    let mut path = String::new();
    for (at, reading) in &readings {
        let (x, y) = (scale.x(*at), y(reading.value.min));
        let start = if path.is_empty() { format!("M{x:.1} {y:.1}") } else { format!("H{x:.1}V{y:.1}") };
        path.push_str(&start);
    }
    let falls = readings.windows(2).filter_map(|pair| match pair {
        [(_, before), (at, after)] if after.value.max.is_some_and(|max| max < before.value.min) => Some((*at, after)),
        _ => None,
    });
    html! {
        text x="6" y=(top + 14.0) { (counter.counter) " · " (counter.kind) }
        line class="grid" x1=(LEFT) y1=(base) x2=(super::WIDTH - 20.0) y2=(base) {}
        text class="small faint" x=(LEFT - 6.0) y=(base + 4.0) text-anchor="end" { "0" }
        text class="small faint" x=(LEFT - 6.0) y=(base - TALL + 4.0) text-anchor="end" { (most) }
        path class="step" d=(path) {}
        @for (at, reading) in falls {
            @let (x, y) = (scale.x(at), y(reading.value.min));
            path class="mark" d=(format!("M{:.1} {:.1}l-5 -9h10z", x, y - 2.0)) { title { (reading.value) " [" (reading.record) "]" } }
        }
    }
}
