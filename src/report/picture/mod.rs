//! Pictures of a situation, as SVG: each stands alone, in light and dark, and loads nothing.

mod counters;
mod heat;
mod layer;
mod map;
mod scale;
mod timeline;
mod weeks;

use maud::{Markup, PreEscaped, html};

pub use layer::{Layer, LayerError};

use super::situation::Situation;
use super::words::Words;

/// A picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picture {
    /// Ceasefires as bars, incidents as intervals, and when they were recorded.
    Timeline,
    /// Incidents by place and day.
    Heat,
    /// Incidents by week, certain and possible.
    Weeks,
    /// Readings of counters.
    Counters,
    /// Where incidents are said to have happened, as wide as that is uncertain.
    Map,
}

/// Every picture, with the name of its file.
pub const PICTURES: &[(Picture, &str)] = &[
    (Picture::Timeline, "timeline"),
    (Picture::Heat, "heat"),
    (Picture::Weeks, "weeks"),
    (Picture::Counters, "counters"),
    (Picture::Map, "map"),
];

/// Draws a picture; nothing where the situation has nothing for it.
#[must_use]
pub fn draw(picture: Picture, situation: &Situation, words: &Words, layer: Option<&Layer>) -> Option<String> {
    markup(picture, situation, words, layer).map(Markup::into_string)
}

/// Draws a picture for a page.
pub(super) fn markup(picture: Picture, situation: &Situation, words: &Words, layer: Option<&Layer>) -> Option<Markup> {
    match picture {
        Picture::Timeline => timeline::draw(situation, words),
        Picture::Heat => heat::draw(situation, words),
        Picture::Weeks => weeks::draw(situation, words),
        Picture::Counters => counters::draw(situation, words),
        Picture::Map => map::draw(situation, words, layer),
    }
}

/// The width of every picture, in its own units.
const WIDTH: f64 = 900.0;

const STYLE: &str = "\
svg.cf{--ink:#1b1f24;--faint:#57606a;--line:#d0d7de;--paper:#ffffff;--sure:#1f6f8b;--maybe:#9cc9d6;--mark:#b45309;\
background:var(--paper);font:12px system-ui,'Noto Sans','Noto Sans Arabic',sans-serif;max-width:100%;height:auto}\
@media (prefers-color-scheme:dark){svg.cf{--ink:#e6edf3;--faint:#9198a1;--line:#3d444d;--paper:#0d1117;--sure:#58a6c4;\
--maybe:#27505f;--mark:#e3a04f}}\
@media print{svg.cf{--ink:#000;--faint:#444;--line:#bbb;--paper:#fff;--sure:#1f6f8b;--maybe:#9cc9d6;--mark:#b45309}}\
svg.cf text{fill:var(--ink);unicode-bidi:plaintext}svg.cf .faint{fill:var(--faint)}svg.cf .small{font-size:10px}\
svg.cf .grid{stroke:var(--line);stroke-width:1}svg.cf .sure{fill:var(--sure)}svg.cf .maybe{fill:var(--maybe)}\
svg.cf .other{fill:var(--line)}svg.cf .dashed{fill:none;stroke:var(--sure);stroke-width:1.5;stroke-dasharray:5 3}\
svg.cf .on{fill:var(--paper)}svg.cf .mark{fill:var(--mark)}svg.cf .wide{fill:var(--sure);fill-opacity:.10;stroke:var(--sure);stroke-dasharray:2 4}\
svg.cf .spot{fill:var(--sure);fill-opacity:.35;stroke:var(--sure)}svg.cf .step{fill:none;stroke:var(--sure);stroke-width:2}\
svg.cf .layer{fill:none;stroke:var(--faint);stroke-width:.8}svg.cf .tick{stroke:var(--mark);stroke-width:2}";

/// Puts a drawing into its frame, with a title for those who hear it read.
fn frame(title: &str, height: f64, drawing: &Markup) -> Markup {
    html! {
        svg class="cf" xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (WIDTH) " " (height) } width=(WIDTH) height=(height) role="img" aria-label=(title) {
            title { (title) }
            style { (PreEscaped(STYLE)) }
            (drawing)
        }
    }
}
