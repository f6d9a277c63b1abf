//! The timeline: agreements as bars, dashed where they are contested; incidents as wide as their time is uncertain; and a
//! lane that shows when each was recorded, so that late knowledge is seen to be late.

use maud::{Markup, html};

use super::frame;
use super::scale::{TimeScale, lines};
use crate::report::situation::{IncidentLine, Situation, TimelineBar};
use crate::report::words::Words;
use crate::rules::lifecycle::State;
use crate::vocab::Contested;

const LEFT: f64 = 170.0;
const ROW: f64 = 22.0;
const TOP: f64 = 34.0;

/// More incidents than this are drawn without their names.
const NAMED_AT_MOST: usize = 40;

pub(super) fn draw(situation: &Situation, words: &Words) -> Option<Markup> {
    let window = situation.pictures.window;
    let scale = TimeScale { from: window.from?, to: window.to?, left: LEFT, width: super::WIDTH - LEFT - 20.0 };
    let mut ceasefires: Vec<&str> = situation.pictures.bars.iter().map(|bar| bar.ceasefire.as_str()).collect();
    ceasefires.dedup();
    let lanes = pack(&situation.pictures.incidents, scale);
    let lane_count = lanes.iter().map(|(lane, _)| lane + 1).max().unwrap_or(0);
    let incidents_top = TOP + ROW * lines(ceasefires.len()) + 8.0;
    let recorded_top = incidents_top + 14.0 * lines(lane_count) + 22.0;
    let bottom = recorded_top + 22.0;
    let named = situation.pictures.incidents.len() <= NAMED_AT_MOST;
    let drawing = html! {
        (scale.axis(situation.cut, TOP - 4.0, bottom))
        @for (row, ceasefire) in ceasefires.iter().enumerate() {
            @let y = TOP + ROW * lines(row);
            text x="6" y=(y + 14.0) { (ceasefire) }
            @for bar in situation.pictures.bars.iter().filter(|bar| bar.ceasefire == *ceasefire) {
                (draw_bar(bar, scale, y, words))
            }
        }
        text x="6" y=(incidents_top + 10.0) { (words.say("incidents")) }
        @for (lane, line) in &lanes { (draw_incident(line, scale, incidents_top + 14.0 * lines(*lane), named)) }
        text class="faint" x="6" y=(recorded_top + 10.0) { (words.say("recorded")) }
        (draw_recorded(situation, scale, recorded_top))
        (legend(words, bottom + 16.0))
    };
    Some(frame(words.say("timeline"), bottom + 28.0, &drawing))
}

fn draw_bar(bar: &TimelineBar, scale: TimeScale, y: f64, words: &Words) -> Markup {
    let (x, end) = (scale.x(bar.span.start()), scale.x(bar.span.end()));
    let class = match &bar.state {
        Contested::Certain(State::InForce) => "sure",
        Contested::Certain(_) => "other",
        Contested::Uncertain(_) | Contested::Contested(_) => "dashed",
    };
    let state = state_words(&bar.state, words);
    html! {
        rect class=(class) x=(x + 1.0) y=(y + 3.0) width=((end - x - 2.0).max(1.0)) height="14" rx="2" {
            title { (bar.ceasefire) ": " (state) ", " (bar.span) }
        }
    }
}

fn state_words(state: &Contested<State>, words: &Words) -> String {
    let joined = |states: &[State]| {
        let parts: Vec<&str> = states.iter().map(|state| words.state(*state)).collect();
        parts.join(&format!(" {} ", words.say("or")))
    };
    match state {
        Contested::Certain(state) => words.state(*state).to_owned(),
        Contested::Uncertain(states) => joined(states),
        Contested::Contested(sides) => {
            let parts: Vec<String> =
                sides.iter().map(|side| format!("{}: {}", side.by, joined(&side.values))).collect();
            parts.join("; ")
        }
    }
}

/// Gives each incident the first lane in which it and its name do not run into another.
fn pack(incidents: &[IncidentLine], scale: TimeScale) -> Vec<(usize, &IncidentLine)> {
    let named = incidents.len() <= NAMED_AT_MOST;
    let mut ends: Vec<f64> = Vec::new();
    let mut packed = Vec::with_capacity(incidents.len());
    for line in incidents {
        let Some(when) = line.when else { continue };
        let x = scale.x(when.start());
        let name = if named { 8.0 + 7.0 * lines(line.incident.chars().count()) } else { 2.0 };
        let end = scale.x(when.end()).max(x + 2.0) + name;
        let lane = ends.iter().position(|free| *free <= x).unwrap_or(ends.len());
        match ends.get_mut(lane) {
            Some(free) => *free = end,
            None => ends.push(end),
        }
        packed.push((lane, line));
    }
    packed
}

fn draw_incident(line: &IncidentLine, scale: TimeScale, y: f64, named: bool) -> Markup {
    let when = line.when.unwrap_or(crate::vocab::Span::ALWAYS);
    let (x, end) = (scale.x(when.start()), scale.x(when.end()));
    let width = (end - x).max(2.0);
    // Where there is no room behind it, the name stands before it.
    let behind = x + width + 8.0 * lines(line.incident.chars().count()) < super::WIDTH;
    html! {
        rect class=(if line.called_breach { "mark" } else { "sure" }) x=(x) y=(y) width=(width) height="9" rx="1" {
            title { (line.incident) ", " (when) ", " (line.acts.join(", ")) }
        }
        @if named && behind { text class="small" x=(x + width + 4.0) y=(y + 8.5) { (line.incident) } }
        @if named && !behind { text class="small" x=(x - 4.0) y=(y + 8.5) text-anchor="end" { (line.incident) } }
    }
}

fn draw_recorded(situation: &Situation, scale: TimeScale, y: f64) -> Markup {
    let recorded = situation.pictures.incidents.iter().filter_map(|line| line.recorded.map(|at| (line, at)));
    let (within, after): (Vec<_>, Vec<_>) = recorded.partition(|(_, at)| *at <= scale.to);
    let edge = scale.left + scale.width;
    html! {
        @for (line, at) in within {
            @let x = scale.x(at);
            line class="tick" x1=(x) y1=(y) x2=(x) y2=(y + 12.0) { title { (line.incident) ", " (at) } }
        }
        @if !after.is_empty() {
            text x=(edge) y=(y + 10.0) text-anchor="end" { (after.len()) " →" }
        }
    }
}

fn legend(words: &Words, y: f64) -> Markup {
    html! {
        rect class="sure" x="170" y=(y - 9.0) width="18" height="9" rx="2" {}
        text class="small" x="194" y=(y) { (words.say("solid")) }
        rect class="dashed" x="330" y=(y - 9.0) width="18" height="9" rx="2" {}
        text class="small" x="354" y=(y) { (words.say("dashed")) }
        rect class="mark" x="540" y=(y - 9.0) width="18" height="9" rx="1" {}
        text class="small" x="564" y=(y) { (words.say("called_breach")) }
    }
}
