//! The dataset's places: a country, its regions, and what lies in them, each registered under the name it is given.

use super::cells::{Cells, Column};
use super::{label, whole_text};
use crate::event::PlaceRegistered;
use crate::exchange::import::Draft;
use crate::vocab::{ExternalId, Lang, Name, Names, PlaceId};

/// Gives the place of a row, as finely as it is known, and what registers it and those around it.
///
/// The geographic precision says what the name is of: 1, 2 and 5 a place of its own, 3 a second-order region, 4 a
/// first-order region, 6 the country. With 7 (the open sea or the air) the country alone is not claimed.
pub(super) fn of(cells: &Cells<'_>) -> (Option<PlaceId>, Vec<Draft>) {
    let mut chain = Chain::default();
    let precision = cells.choice(Column::WherePrec, 7).ok().flatten();
    if precision == Some(7) {
        return (None, Vec::new());
    }
    let number = cells.text(Column::CountryId).map(whole_text);
    if let (Some(country), Some(number)) = (cells.text(Column::Country), &number) {
        chain.step(&format!("ucdp-country-{number}"), country, "country", Some(("ucdp-country", number)));
    } else {
        return (None, Vec::new());
    }
    if precision != Some(6) {
        chain.down(cells.text(Column::Adm1), "first-order region");
        if precision != Some(4) {
            chain.down(cells.text(Column::Adm2), "second-order region");
        }
        if matches!(precision, Some(1 | 2 | 5) | None) {
            chain.down(cells.text(Column::WhereCoordinates), "place");
        }
    }
    (chain.last, chain.registers)
}

#[derive(Default)]
struct Chain {
    last: Option<PlaceId>,
    /// The names from the country down.
    path: String,
    registers: Vec<Draft>,
}

impl Chain {
    /// Steps down to a named part of what was named before.
    fn down(&mut self, name: Option<&str>, kind: &str) {
        let Some(name) = name else { return };
        let path = format!("{}\u{1f}{kind}\u{1f}{name}", self.path);
        let hash = blake3::hash(path.as_bytes()).to_hex();
        let id = format!("ucdp-{}-{}", slug(name), hash.get(..8).unwrap_or_default());
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
