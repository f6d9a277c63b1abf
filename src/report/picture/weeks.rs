//! Incidents by week: what is certain as a full bar, what is only possible on top of it.

use maud::{Markup, html};

use super::frame;
use super::scale::{count, lines};
use crate::report::situation::Situation;
use crate::report::words::Words;

const LEFT: f64 = 50.0;
const TOP: f64 = 14.0;
const TALL: f64 = 150.0;

pub(super) fn draw(situation: &Situation, words: &Words) -> Option<Markup> {
    let weeks: Vec<_> = situation.pictures.weeks.iter().filter(|week| week.span.is_some()).collect();
    let most = weeks.iter().map(|week| week.certain + week.possible).max()?;
    let width = ((super::WIDTH - LEFT - 10.0) / lines(weeks.len())).min(90.0);
    let height = |number: u64| TALL * count(number) / count(most.max(1));
    let bottom = TOP + TALL;
    let drawing = html! {
        @for step in steps(most) {
            @let y = bottom - height(step);
            line class="grid" x1=(LEFT) y1=(y) x2=(super::WIDTH - 10.0) y2=(y) {}
            text class="small faint" x=(LEFT - 6.0) y=(y + 4.0) text-anchor="end" { (step) }
        }
        @for (column, week) in weeks.iter().enumerate() {
            @let x = LEFT + width * lines(column) + 6.0;
            @let (sure, maybe) = (height(week.certain), height(week.possible));
            rect class="sure" x=(x) y=(bottom - sure) width=(width - 12.0) height=(sure) {}
            rect class="maybe" x=(x) y=(bottom - sure - maybe) width=(width - 12.0) height=(maybe) {}
            text class="small" x=(x + (width - 12.0) / 2.0) y=(bottom + 14.0) text-anchor="middle" { (week.name) }
        }
        rect class="sure" x=(LEFT) y=(bottom + 26.0) width="12" height="9" {}
        text class="small" x=(LEFT + 18.0) y=(bottom + 34.0) { (words.say("certain")) }
        rect class="maybe" x=(LEFT + 120.0) y=(bottom + 26.0) width="12" height="9" {}
        text class="small" x=(LEFT + 138.0) y=(bottom + 34.0) { (words.say("possible")) }
    };
    Some(frame(words.say("weeks"), bottom + 44.0, &drawing))
}

/// At most five whole steps up to the highest number.
fn steps(most: u64) -> Vec<u64> {
    let step = most.div_ceil(5).max(1);
    (0..=most).step_by(usize::try_from(step).unwrap_or(1)).collect()
}
