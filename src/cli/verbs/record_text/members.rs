//! The members of an event as rows of text: known shapes in words, everything else as it stands.

use std::fmt;

use serde::de::{self, DeserializeOwned, MapAccess};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::cli::console::isolated;
use crate::event::{About, Event};
use crate::vocab::{ActorRef, Attribution, ExternalId, Name, Op, Quantity, RecordRef, Source, When, Where, Whole};

/// One row: a member's name and what it holds.
pub(super) struct Row {
    pub(super) depth: usize,
    pub(super) name: String,
    pub(super) text: String,
}

/// Members that have a place of their own.
const APART: [&str; 4] = ["type", "v", "source", "replacement"];

/// The members of an object in the order they are written in.
struct Members(Vec<(String, Value)>);

/// Gives an event's members in their order, then its source; a correction's replacement in the same way, one step in.
pub(super) fn rows(event: &Event) -> Vec<Row> {
    let mut rows = Vec::new();
    let members = serde_json::to_string(event).and_then(|text| serde_json::from_str::<Members>(&text));
    let members = members.map(|members| members.0).unwrap_or_default();
    for (name, value) in members.iter().filter(|(name, _)| !APART.contains(&name.as_str())) {
        add(&mut rows, 0, name, value);
    }
    rows.extend(event.source().map(source_rows).unwrap_or_default());
    if let Event::RecordCorrected(correction) = event {
        let text = correction.replacement.type_name().to_owned();
        rows.push(Row { depth: 0, name: "reads now".to_owned(), text });
        rows.extend(self::rows(&correction.replacement).into_iter().map(|row| Row { depth: row.depth + 1, ..row }));
    }
    rows
}

/// Gives who said so, through whom, and in which words.
fn source_rows(source: &Source) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut add = |name: &str, text: Option<String>| {
        rows.extend(text.map(|text| Row { depth: 0, name: name.to_owned(), text }));
    };
    let chain: Vec<String> = source.via.iter().map(|via| isolated(&via.to_string())).collect();
    let told = if chain.is_empty() { String::new() } else { format!(", through {}", chain.join(", then ")) };
    add("said by", Some(format!("{}{told}", actors(&source.speaker))));
    add("medium", source.medium.as_ref().map(|medium| isolated(medium.as_str())));
    add("address", source.url.as_ref().map(|url| isolated(url.as_str())));
    add(
        "document",
        source.document.as_ref().map(|document| {
            let span = document.span.map(|span| format!(", characters {}–{}", span.from, span.to)).unwrap_or_default();
            format!(
                "BLAKE3 {}, {}, {} bytes{span}",
                document.blake3,
                isolated(document.media_type.as_str()),
                document.bytes
            )
        }),
    );
    add("asserted", source.asserted.as_ref().map(when_words));
    add("published", source.published.as_ref().map(when_words));
    add("rated", rating(source));
    let lang = source.lang.as_ref().map(|lang| format!("{lang}  ")).unwrap_or_default();
    add("quote", source.quote.as_ref().map(|quote| format!("{lang}“{}”", isolated(quote.as_str()))));
    let by = source.translator.as_ref().map(|translator| format!("by {translator}  ")).unwrap_or_default();
    add("translation", source.translation.as_ref().map(|text| format!("{by}“{}”", isolated(text.as_str()))));
    rows
}

fn rating(source: &Source) -> Option<String> {
    let reliability = source.reliability.map_or("–", crate::vocab::Reliability::as_str);
    let credibility = source.credibility.map_or("–", crate::vocab::Credibility::as_str);
    source.rater.as_ref().map(|rater| format!("{reliability}{credibility} by {rater}"))
}

fn add(rows: &mut Vec<Row>, depth: usize, name: &str, value: &Value) {
    let name = name.replace('_', " ");
    if let Some(text) = words(value) {
        rows.push(Row { depth, name, text });
        return;
    }
    match value {
        Value::Array(items) if items.iter().all(is_short) => {
            let items: Vec<String> = items.iter().filter_map(words).collect();
            rows.push(Row { depth, name, text: items.join(", ") });
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let name = if index == 0 { name.as_str() } else { "" };
                add_item(rows, depth, name, item);
            }
        }
        Value::Object(members) => {
            rows.push(Row { depth, name, text: String::new() });
            members.iter().for_each(|(name, value)| add(rows, depth + 1, name, value));
        }
        _ => {}
    }
}

fn add_item(rows: &mut Vec<Row>, depth: usize, name: &str, item: &Value) {
    match (words(item), item) {
        (Some(text), _) => rows.push(Row { depth, name: name.to_owned(), text }),
        (None, Value::Object(members)) => {
            if !name.is_empty() {
                rows.push(Row { depth, name: name.to_owned(), text: String::new() });
            }
            members.iter().for_each(|(name, value)| add(rows, depth + 1, name, value));
        }
        (None, other) => add(rows, depth, name, other),
    }
}

/// Whether several of these fit into one row.
fn is_short(value: &Value) -> bool {
    value.is_string() && value.as_str().is_some_and(|text| text.chars().count() <= 60)
        || read::<ActorRef>(value).is_some()
}

/// Names several actors, safe to look at: who has no id is described in words of any script.
fn actors(refs: &[ActorRef]) -> String {
    refs.iter().map(|actor| isolated(&actor.to_string())).collect::<Vec<_>>().join(", ")
}

/// Reads a value as a type of the vocabulary. Those refuse unknown members, so nothing else is taken for one.
fn read<T: DeserializeOwned>(value: &Value) -> Option<T> {
    T::deserialize(value).ok()
}

fn words(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(isolated(text)),
        Value::Bool(true) => Some("yes".to_owned()),
        Value::Bool(false) => Some("no".to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(members) if !members.is_empty() => shape_words(value),
        _ => None,
    }
}

fn shape_words(value: &Value) -> Option<String> {
    read::<ActorRef>(value)
        .map(|actor| isolated(&actor.to_string()))
        .or_else(|| read::<When>(value).as_ref().map(when_words))
        .or_else(|| read::<Quantity>(value).as_ref().map(quantity_words))
        .or_else(|| read::<Attribution>(value).as_ref().map(attribution_words))
        .or_else(|| read::<Where>(value).as_ref().map(where_words))
        .or_else(|| read::<About>(value).as_ref().map(about_words))
        .or_else(|| read::<RecordRef>(value).map(|record| format!("record {record}")))
        .or_else(|| read::<ExternalId>(value).map(|id| isolated(&format!("{}:{}", id.scheme, id.id))))
        .or_else(|| {
            read::<Name>(value).map(|name| format!("{:<4} {}", name.lang.as_str(), isolated(name.text.as_str())))
        })
}

fn about_words(about: &About) -> String {
    match about {
        About::Incident(incident) => format!("incident {incident}"),
        About::Ceasefire(ceasefire) => format!("ceasefire {ceasefire}"),
        About::Record(record) => format!("record {record}"),
    }
}

/// Writes a time as it was claimed: its interval, how fine, on which zone, in which words.
fn when_words(when: &When) -> String {
    let anchor = when.anchor.as_ref().map(|anchor| {
        let ceasefire = anchor.ceasefire.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
        format!(", {}{ceasefire}", isolated(anchor.relation.as_str()))
    });
    let verbatim = when.verbatim.as_ref().map(|text| format!(" “{}”", isolated(text.as_str()))).unwrap_or_default();
    let (anchor, zone) = (anchor.unwrap_or_default(), when.tz_basis);
    format!("{} ({}, zone {zone}{anchor}){verbatim}", when.span(), when.precision)
}

/// Writes a figure without the words that carry it.
#[must_use]
pub fn figure_words(quantity: &Quantity) -> String {
    let who = quantity.who.map(|who| format!(" ({who})")).unwrap_or_default();
    format!("{} {}{who}", number_words(quantity), quantity.kind())
}

/// Writes a quantity as it was claimed, safe to look at.
fn quantity_words(quantity: &Quantity) -> String {
    let preliminary = if quantity.preliminary { ", preliminary" } else { "" };
    let part = match &quantity.subset_of {
        Some(Whole::Quantity(index)) => format!(", part of figure {}", index + 1),
        Some(Whole::Record(record)) => format!(", part of a figure of record {record}"),
        Some(Whole::Described(words)) => format!(", part of {}", isolated(words.as_str())),
        None => String::new(),
    };
    let owner = quantity.owner.as_ref().map(|owner| format!(", of {}", isolated(owner.as_str()))).unwrap_or_default();
    let verbatim = quantity.verbatim.as_ref().map(|text| format!(" “{}”", isolated(text.as_str()))).unwrap_or_default();
    format!("{}{preliminary}{part}{owner}{verbatim}", figure_words(quantity))
}

fn number_words(quantity: &Quantity) -> String {
    if let Some(triple) = quantity.triple {
        let flag = if triple.is_out_of_order() { ", out of order as published" } else { "" };
        return format!("low {}, best {}, high {}{flag}", triple.low, triple.best, triple.high);
    }
    let number = |number: Option<u64>| number.map_or_else(|| "?".to_owned(), |number| number.to_string());
    match quantity.op {
        Op::Exact => number(quantity.min),
        Op::AtLeast => format!("at least {}", number(quantity.min)),
        Op::MoreThan => format!("more than {}", number(quantity.min)),
        Op::AtMost => format!("at most {}", number(quantity.max)),
        Op::LessThan => format!("fewer than {}", number(quantity.max)),
        Op::Range => format!("{}–{}", number(quantity.min), number(quantity.max)),
        Op::Approx => format!("about {}", number(quantity.best)),
        Op::UnspecifiedPlural => "several".to_owned(),
        Op::Dozens => "dozens of".to_owned(),
        Op::None => "no".to_owned(),
        Op::Unknown => "unknown number of".to_owned(),
    }
}

fn attribution_words(attribution: &Attribution) -> String {
    let accused = if attribution.accused.is_empty() { "nobody".to_owned() } else { actors(&attribution.accused) };
    let share = attribution.share.map(|share| format!(", {share}")).unwrap_or_default();
    let basis =
        attribution.basis.as_ref().map(|basis| format!(", by {}", isolated(basis.as_str()))).unwrap_or_default();
    format!("{accused} ({}{share}{basis})", attribution.level)
}

fn where_words(place: &Where) -> String {
    let mut parts: Vec<String> = place.place.iter().map(ToString::to_string).collect();
    parts.extend(place.point().map(|(lat, lon)| format!("{}, {}", degrees(lat), degrees(lon))));
    parts.extend(place.radius_m.map(|radius| format!("within {radius} m")));
    parts.extend(place.ucdp_prec.map(|code| format!("UCDP precision {code}")));
    parts.extend(place.acled_prec.map(|code| format!("ACLED precision {code}")));
    parts.extend(place.bearing_deg.map(|degrees| format!("bearing {degrees}°")));
    parts.extend(place.distance_m.map(|distance| format!("{distance} m away")));
    parts.extend(place.observer_place.as_ref().map(|observer| format!("seen from {observer}")));
    parts.extend(place.verbatim.as_ref().map(|text| format!("“{}”", isolated(text.as_str()))));
    parts.join(", ")
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Members;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

/// Writes micro-degrees as degrees.
fn degrees(micro: i64) -> String {
    let sign = if micro < 0 { "-" } else { "" };
    format!("{sign}{}.{:06}°", micro.unsigned_abs() / 1_000_000, micro.unsigned_abs() % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn micro_degrees_keep_their_sign_and_their_zeros() {
        assert_eq!((degrees(-500_000), degrees(40_068_280)), ("-0.500000°".to_owned(), "40.068280°".to_owned()));
    }

    #[test]
    fn more_than_forty_is_shown_as_it_was_said() {
        let quantity: Quantity =
            serde_json::from_str(r#"{"op":"more_than","min":40,"unit":"person","outcome":"wounded"}"#).unwrap();
        assert!(quantity_words(&quantity).starts_with("more than 40 person"), "{}", quantity_words(&quantity));
    }

    #[test]
    fn a_member_of_unknown_shape_is_shown_member_by_member() {
        let mut rows = Vec::new();
        add(&mut rows, 0, "asserts_breach_of", &serde_json::json!({"asserted": [{"ceasefire": "x", "article": "2"}]}));
        let shown: Vec<(usize, &str, &str)> =
            rows.iter().map(|r| (r.depth, r.name.as_str(), r.text.as_str())).collect();
        let expected = [(0, "asserts breach of", ""), (1, "asserted", ""), (2, "article", "2"), (2, "ceasefire", "x")];
        assert_eq!(shown, expected);
    }
}
