//! The places of a published data set: a country, its regions, and what lies in them, each registered once under an id
//! that follows from the names on the way down to it.

use super::cells::label;
use super::import::Draft;
use crate::event::PlaceRegistered;
use crate::vocab::{ExternalId, Lang, Name, Names, PlaceId};

/// Steps from a country down to a place.
pub(super) struct PlaceChain {
    dataset: &'static str,
    /// The place that was come to.
    pub(super) last: Option<PlaceId>,
    /// What registers it and those around it, outermost first.
    pub(super) registers: Vec<Draft>,
    /// The names from the country down.
    path: String,
}

impl PlaceChain {
    /// Begins at a country by the number that the data set gives it.
    pub(super) fn country(dataset: &'static str, name: &str, number: &str) -> Self {
        let mut chain = Self { dataset, last: None, registers: Vec::new(), path: String::new() };
        let scheme = format!("{dataset}-country");
        chain.step(&format!("{scheme}-{number}"), name, "country", Some((&scheme, number)));
        chain
    }

    /// Steps down to a named part of what was named before; stays where there is no name.
    pub(super) fn down(&mut self, name: Option<&str>, kind: &str) {
        let Some(name) = name else { return };
        let path = format!("{}\u{1f}{kind}\u{1f}{name}", self.path);
        let hash = blake3::hash(path.as_bytes()).to_hex();
        let id = format!("{}-{}-{}", self.dataset, slug(name), hash.get(..8).unwrap_or_default());
        self.step(&id, name, kind, None);
    }

    fn step(&mut self, id: &str, name: &str, kind: &str, external: Option<(&str, &str)>) {
        let (Ok(place), Some(text), Ok(lang)) = (PlaceId::new(id), label(name), Lang::new("en")) else { return };
        let external = external.and_then(|(scheme, id)| Some(ExternalId { scheme: label(scheme)?, id: label(id)? }));
        let event = PlaceRegistered {
            place: place.clone(),
            names: Names::new(vec![Name { lang, text }]),
            kind: label(kind),
            within: self.last.take(),
            location: None,
            external: external.into_iter().collect(),
            note: None,
        };
        self.path = format!("{}\u{1f}{name}", self.path);
        self.registers.push(Draft::Register(Box::new(event.into())));
        self.last = Some(place);
    }
}

/// The letters and digits of a name that an id can hold, at most 40 of them.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for character in name.chars() {
        match character {
            _ if slug.len() >= 40 => break,
            letter if letter.is_ascii_alphanumeric() => slug.push(letter.to_ascii_lowercase()),
            _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "place".to_owned() } else { slug.to_owned() }
}
