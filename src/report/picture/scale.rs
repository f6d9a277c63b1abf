//! Scales: from times and numbers to places on the paper.

use maud::{Markup, html};

use crate::vocab::{Cut, Instant, Slot, Span, Stretch};

/// A number as a place on paper; what is lost beyond 2^53 cannot be seen.
#[expect(clippy::cast_precision_loss, reason = "a drawing shows a few hundred different places")]
pub(super) const fn place(number: i64) -> f64 {
    number as f64
}

/// A count as a place on paper.
pub(super) fn count(number: u64) -> f64 {
    place(i64::try_from(number).unwrap_or(i64::MAX))
}

/// A length in lines as a place on paper.
pub(super) fn lines(number: usize) -> f64 {
    count(number as u64)
}

/// A time axis.
#[derive(Debug, Clone, Copy)]
pub(super) struct TimeScale {
    pub(super) from: Instant,
    pub(super) to: Instant,
    pub(super) left: f64,
    pub(super) width: f64,
}

impl TimeScale {
    /// Gives the place of a time, held within the axis.
    pub(super) fn x(&self, at: Instant) -> f64 {
        let at = at.clamp(self.from, self.to);
        let whole = place((self.to.micros() - self.from.micros()).max(1));
        self.left + self.width * place(at.micros() - self.from.micros()) / whole
    }

    /// Draws the axis: a line and a date for each day, week or month, as there is room.
    pub(super) fn axis(&self, cut: Cut, top: f64, bottom: f64) -> Markup {
        let span = Span { from: Some(self.from), to: Some(self.to) };
        let slots = [Stretch::Day, Stretch::Week, Stretch::Month, Stretch::Year]
            .into_iter()
            .find_map(|stretch| Slot::over(span, stretch, cut, 15))
            .unwrap_or_default();
        let every = (slots.len() / 10).max(1);
        html! {
            @for (index, slot) in slots.iter().enumerate() {
                @let x = self.x(slot.span.start());
                line class="grid" x1=(x) y1=(top) x2=(x) y2=(bottom) {}
                @if index % every == 0 { text class="small faint" x=(x + 3.0) y=(top - 4.0) { (slot.name) } }
            }
        }
    }
}
