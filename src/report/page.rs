//! A situation report as one HTML file: no scripts, nothing loaded, light and dark, right-to-left, ready for A4.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::markdown::{instant, records, span, states};
use super::picture::{Layer, PICTURES, markup};
use super::situation::{Counted, Situation};
use super::words::Words;

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1b1f24;--faint:#57606a;--line:#d0d7de;--paper:#fff;--band:#f6f8fa}\
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--faint:#9198a1;--line:#3d444d;--paper:#0d1117;--band:#161b22}}\
*{box-sizing:border-box}body{margin:0 auto;max-width:60rem;padding:1.5rem;background:var(--paper);color:var(--ink);\
font:16px/1.5 system-ui,'Noto Sans','Noto Sans Arabic',sans-serif}h1{font-size:1.6rem;line-height:1.25}\
h2{font-size:1.15rem;margin-top:2rem;border-bottom:1px solid var(--line);padding-bottom:.2rem}\
.basis{color:var(--faint);font-size:.85rem;overflow-wrap:anywhere}.note,.records{color:var(--faint);font-size:.85rem}\
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{text-align:start;vertical-align:top;\
padding:.3rem .5rem;border-bottom:1px solid var(--line);overflow-wrap:break-word}th{background:var(--band)}\
td.number{white-space:nowrap;font-variant-numeric:tabular-nums}figure{margin:1rem 0}figcaption{font-weight:600}\
svg{display:block;width:100%}\
@media print{@page{size:A4;margin:15mm}:root{--ink:#000;--faint:#444;--line:#bbb;--paper:#fff;--band:#f2f2f2}\
body{max-width:none;padding:0;font-size:10pt}table{font-size:8pt}h2{break-after:avoid}tr,figure{break-inside:avoid}.scroll{overflow:visible}}";

/// Writes the report as a page.
#[must_use]
pub fn page(situation: &Situation, words: &Words, layer: Option<&Layer>) -> String {
    let name = situation.names.iter().find(|(lang, _)| lang == words.lang).or_else(|| situation.names.first());
    let title = format!("{}: {}", words.say("title"), situation.ceasefire);
    let page = html! {
        (DOCTYPE)
        html lang=(words.lang) dir=(words.dir) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (words.say("title")) ": " bdi { (situation.ceasefire) } }
                @if let Some((lang, name)) = name { p { bdi lang=(lang) { (name) } } }
                (basis(situation, words))
                p { (words.say("claims_not_facts")) }
                (summary(situation, words))
                (states_section(situation, words))
                (regions(situation, words))
                (casualties(situation, words))
                (pictures(situation, words, layer))
                (incidents(situation, words))
                (access(situation, words))
                (statements(situation, words))
                (changes(situation, words))
                (counters(situation, words))
                (coverage(situation, words))
            }
        }
    };
    page.into_string()
}

fn basis(situation: &Situation, words: &Words) -> Markup {
    let known = &situation.known_at;
    html! {
        p.basis {
            (words.say("period")) ": " (time(&span(Some(situation.period), situation.cut, words))) " (" (words.say("days_end")) " " (time(&situation.cut.to_string())) ")" br;
            (words.say("known")) " " (known.seq) " " (words.say("of_log")) " " bdi { (known.origin) } ", "
            (words.say("head")) " " code dir="ltr" { (known.head) } br;
            @match known.published_by {
                None => (words.say("axis_record")),
                Some(by) => { (words.say("axis_publication")) " " (time(&by.to_string())) }
            }
            br;
            (words.say("rules")) ": " code dir="ltr" { (situation.rules) }
        }
    }
}

/// Times, ids and figures read from left to right in any language.
fn time(text: &str) -> Markup {
    html! { bdi dir="ltr" { (text) } }
}

fn behind(records_behind: &[crate::vocab::Seq]) -> Markup {
    html! { span.records dir="ltr" { (records(records_behind)) } }
}

/// A section with a table; where it has no rows, it says that there is none.
fn section(words: &Words, heading: &'static str, heads: &[&'static str], rows: &[Vec<Markup>]) -> Markup {
    html! {
        section {
            h2 { (words.say(heading)) }
            @if rows.is_empty() { p.note { (words.say("none")) } }
            @else {
                div.scroll { table {
                    thead { tr { @for head in heads { th scope="col" { (words.say(head)) } } } }
                    tbody { @for row in rows { tr { @for cell in row { td { (cell) } } } } }
                } }
            }
        }
    }
}

fn text(text: &str) -> Markup {
    html! { bdi { (text) } }
}

fn number(value: &impl ToString) -> Markup {
    html! { bdi dir="ltr" { (value.to_string()) } }
}

fn list(items: &[String]) -> Markup {
    html! { @for (index, item) in items.iter().enumerate() { @if index > 0 { ", " } bdi { (item) } } }
}

fn codes(items: &[String], words: &Words) -> Markup {
    html! { @for (index, item) in items.iter().enumerate() { @if index > 0 { ", " } bdi { (words.code(item)) } } }
}

fn summary(situation: &Situation, words: &Words) -> Markup {
    let mut rows: Vec<Vec<Markup>> = situation
        .summary
        .iter()
        .map(|line| {
            let what = text(words.code(&line.what));
            vec![what, number(&line.now.value), number(&line.before.value), behind(&line.now.records)]
        })
        .collect();
    let undated = &situation.undated;
    rows.push(vec![text(words.say("undated_incidents")), number(&undated.value), html! {}, behind(&undated.records)]);
    html! {
        (section(words, "summary", &["kind", "this_period", "period_before", "records"], &rows))
        p.note { (words.say("range_note")) }
        @for (first, second) in &situation.candidates { p.note { (words.say("candidates")) " " bdi { (first) } ", " bdi { (second) } } }
    }
}

fn states_section(situation: &Situation, words: &Words) -> Markup {
    let rows: Vec<Vec<Markup>> = situation
        .states
        .iter()
        .map(|line| {
            let (start, end) = (states(&line.at_start, words), states(&line.at_end, words));
            vec![text(&line.perspective), text(&start), text(&end), behind(&line.records)]
        })
        .collect();
    section(words, "states", &["perspective", "at_start", "at_end", "records"], &rows)
}

fn regions(situation: &Situation, words: &Words) -> Markup {
    let rows: Vec<Vec<Markup>> = situation
        .regions
        .iter()
        .map(|slot| {
            let figures: Vec<String> =
                slot.figures.iter().map(|figure| format!("{} {}", figure.value, figure.kind)).collect();
            let place = text(words.code(&slot.name));
            vec![place, number(&slot.certain), number(&slot.possible), list(&figures), behind(&slot.records)]
        })
        .collect();
    section(words, "regions", &["region", "certain", "possible", "figures", "records"], &rows)
}

fn casualties(situation: &Situation, words: &Words) -> Markup {
    let shown = |counted: &Counted| html! { (number(&counted.value)) " " (behind(&counted.records)) };
    let rows: Vec<Vec<Markup>> = situation
        .casualties
        .iter()
        .map(|line| vec![number(&line.kind), shown(&line.verified), shown(&line.reported)])
        .collect();
    section(words, "casualties", &["kind", "verified", "reported"], &rows)
}

fn pictures(situation: &Situation, words: &Words, layer: Option<&Layer>) -> Markup {
    html! {
        section {
            h2 { (words.say("pictures")) }
            @for (picture, name) in PICTURES {
                @if let Some(drawing) = markup(*picture, situation, words, layer) {
                    figure { figcaption { (words.say(name)) } div dir="ltr" { (drawing) } }
                }
            }
        }
    }
}

fn incidents(situation: &Situation, words: &Words) -> Markup {
    let rows: Vec<Vec<Markup>> = situation
        .incidents
        .iter()
        .map(|line| {
            vec![
                text(&line.incident),
                time(&span(line.when, situation.cut, words)),
                list(&line.places),
                list(&line.acts),
                list(&line.accused),
                codes(&line.answers, words),
                text(words.code(line.status.as_str())),
                behind(&line.records),
            ]
        })
        .collect();
    section(
        words,
        "incident_list",
        &["incident", "when", "where", "act", "accused", "answer", "status", "records"],
        &rows,
    )
}

fn access(situation: &Situation, words: &Words) -> Markup {
    let rows: Vec<Vec<Markup>> = situation
        .access
        .iter()
        .map(|line| {
            vec![
                text(&line.monitor),
                list(&line.by),
                time(&span(line.when, situation.cut, words)),
                behind(&[line.record]),
            ]
        })
        .collect();
    section(words, "access", &["monitor", "by", "when", "records"], &rows)
}

fn statements(situation: &Situation, words: &Words) -> Markup {
    let rows: Vec<Vec<Markup>> = situation
        .statements
        .iter()
        .map(|line| {
            let said = html! {
                @if let Some(summary) = &line.summary { bdi { (summary) } }
                @if let Some((lang, quote)) = &line.quote { " " q dir="auto" lang=[lang.as_deref()] { (visible(quote)) } }
            };
            vec![
                time(&span(line.said, situation.cut, words)),
                list(&line.by),
                text(words.code(&line.kind)),
                list(&line.about),
                said,
                behind(&[line.record]),
            ]
        })
        .collect();
    section(words, "statements", &["said", "by", "kind", "about", "statements", "records"], &rows)
}

/// Shows characters that would turn the text as what they are.
fn visible(quote: &str) -> String {
    let shown = quote.chars().map(|character| match character {
        control if crate::vocab::is_bidi_control(control) => format!("\\u{{{:04X}}}", u32::from(control)),
        other => other.to_string(),
    });
    shown.collect()
}

fn changes(situation: &Situation, words: &Words) -> Markup {
    let late: Vec<Vec<Markup>> = situation
        .late
        .iter()
        .map(|line| {
            let (when, recorded) = (span(line.when, situation.cut, words), instant(line.recorded, situation.cut));
            vec![text(&line.incident), time(&when), time(&recorded), behind(&line.records)]
        })
        .collect();
    let corrections: Vec<Vec<Markup>> = situation
        .corrections
        .iter()
        .map(|line| {
            let recorded = time(&instant(line.recorded, situation.cut));
            vec![text(&line.kind), text(&line.target), text(&line.reason), recorded, behind(&[line.record])]
        })
        .collect();
    html! {
        (section(words, "late", &["incident", "when", "recorded", "records"], &late))
        (section(words, "corrections", &["kind", "target", "reason", "recorded", "records"], &corrections))
    }
}

fn counters(situation: &Situation, words: &Words) -> Markup {
    let rows: Vec<Vec<Markup>> = situation
        .counters
        .iter()
        .map(|counter| {
            let value = html! {
                (number(&counter.value)) " " bdi { (counter.kind) }
                @if counter.decreased { " (" (words.say("decreased")) ")" }
                @if counter.total_mismatch { " (" (words.say("mismatch")) ")" }
            };
            vec![text(&counter.counter), value, list(&counter.by), list(&counter.accused), behind(&[counter.record])]
        })
        .collect();
    html! {
        (section(words, "counters", &["counter", "value", "by", "accused", "records"], &rows))
        p.note { (words.say("counters_note")) }
    }
}

fn coverage(situation: &Situation, words: &Words) -> Markup {
    let coverage = &situation.coverage;
    html! {
        section {
            h2 { (words.say("coverage")) }
            ul {
                li { (words.say("reporters")) ": " @if coverage.reporters.is_empty() { (words.say("nobody")) } @else { (list(&coverage.reporters)) } }
                li { (words.say("quiet_reports")) ": " (coverage.quiet_reports) }
                li { (words.say("access_denied")) ": " (coverage.access_denied) " " (behind(&coverage.records)) }
                li { (words.say("silence")) }
            }
        }
    }
}
