//! Words and their meanings: value maps, and the actors and places that rows name in many spellings.

use std::collections::BTreeMap;

use toml::Spanned;

use super::MappingFault;
use super::file::{ActorEntry, PlaceEntry};
use crate::event::{ActorKind, ActorRegistered, Event, PlaceRegistered};
use crate::exchange::import::Draft;
use crate::vocab::{ActorId, Label, Lang, Name, Names as VocabNames, PlaceId, Pointer, Refer, Reference};

/// What the words of a file mean.
#[derive(Debug, Default)]
pub(super) struct Names {
    words: BTreeMap<String, BTreeMap<String, String>>,
    actors: BTreeMap<ActorId, ActorRegistered>,
    actor_spellings: BTreeMap<String, ActorId>,
    places: BTreeMap<PlaceId, PlaceRegistered>,
    place_spellings: BTreeMap<String, PlaceId>,
}

impl Names {
    pub(super) fn new(
        text: &str,
        words: BTreeMap<String, BTreeMap<String, String>>,
        actors: BTreeMap<Spanned<String>, ActorEntry>,
        places: BTreeMap<Spanned<String>, PlaceEntry>,
    ) -> Result<Self, MappingFault> {
        let mut names = Self::default();
        for (name, map) in words {
            let folded = map.into_iter().map(|(word, meaning)| (folded(&word), meaning)).collect();
            names.words.insert(name, folded);
        }
        for (id, entry) in actors {
            names.add_actor(text, &id, &entry)?;
        }
        for (id, entry) in places {
            names.add_place(text, &id, &entry)?;
        }
        Ok(names)
    }

    fn add_actor(&mut self, text: &str, id: &Spanned<String>, entry: &ActorEntry) -> Result<(), MappingFault> {
        let actor =
            ActorId::new(id.get_ref()).map_err(|error| MappingFault::at(text, id.span().start, error.to_string()))?;
        let kind = entry.kind.get_ref().parse::<ActorKind>();
        let kind = kind.map_err(|error| MappingFault::at(text, entry.kind.span().start, error.to_string()))?;
        let names = name(text, &entry.lang, &entry.name)?;
        for spelling in entry.spellings.iter().chain([id.get_ref(), entry.name.get_ref()]) {
            spelled(text, id, &mut self.actor_spellings, spelling, &actor)?;
        }
        let event = ActorRegistered { actor: actor.clone(), kind, names, external: Vec::new(), note: None };
        self.actors.insert(actor, event);
        Ok(())
    }

    fn add_place(&mut self, text: &str, id: &Spanned<String>, entry: &PlaceEntry) -> Result<(), MappingFault> {
        let wrong = |at: &Spanned<String>, what: String| MappingFault::at(text, at.span().start, what);
        let place = PlaceId::new(id.get_ref()).map_err(|error| wrong(id, error.to_string()))?;
        let within = entry.within.as_ref();
        let within =
            within.map(|at| PlaceId::new(at.get_ref()).map_err(|error| wrong(at, error.to_string()))).transpose()?;
        let kind = entry
            .kind
            .as_ref()
            .map(|kind| Label::new(kind).map_err(|error| wrong(id, error.to_string())))
            .transpose()?;
        let names = name(text, &entry.lang, &entry.name)?;
        for spelling in entry.spellings.iter().chain([id.get_ref(), entry.name.get_ref()]) {
            spelled(text, id, &mut self.place_spellings, spelling, &place)?;
        }
        let event = PlaceRegistered {
            place: place.clone(),
            names,
            kind,
            within,
            location: None,
            external: Vec::new(),
            note: None,
        };
        self.places.insert(place, event);
        Ok(())
    }

    /// Tells whether there is a map of that name.
    pub(super) fn has_words(&self, name: &str) -> bool {
        self.words.contains_key(name)
    }

    /// What a word means in a map; the nearest word of the map where it has none.
    pub(super) fn meaning(&self, map: &str, word: &str) -> Result<&str, Option<String>> {
        let Some(map) = self.words.get(map) else { return Err(None) };
        map.get(&folded(word)).map(String::as_str).ok_or_else(|| nearest(map.keys(), &folded(word)))
    }

    /// Which actor is spelled so; the nearest spelling where none is.
    pub(super) fn actor(&self, spelling: &str) -> Result<&ActorId, Option<String>> {
        let found = self.actor_spellings.get(&folded(spelling));
        found.ok_or_else(|| nearest(self.actor_spellings.keys(), &folded(spelling)))
    }

    /// Which place is spelled so; the nearest spelling where none is.
    pub(super) fn place(&self, spelling: &str) -> Result<&PlaceId, Option<String>> {
        let found = self.place_spellings.get(&folded(spelling));
        found.ok_or_else(|| nearest(self.place_spellings.keys(), &folded(spelling)))
    }

    /// What registers the actors and places that an event names, outer places first.
    pub(super) fn registrations(&self, event: &Event) -> Vec<Draft> {
        let (mut drafts, mut places) = (Vec::new(), Vec::new());
        event.refer(&Pointer::root(), &mut |_, reference| match reference {
            Reference::Actor(id) => {
                drafts.extend(self.actors.get(id).map(|actor| Draft::Register(Box::new(actor.clone().into()))));
            }
            Reference::Place(id) => places.push(id.clone()),
            _ => {}
        });
        for place in places {
            let mut chain = Vec::new();
            let mut next = self.places.get(&place);
            while let Some(registered) = next {
                chain.push(registered);
                next = registered.within.as_ref().and_then(|within| self.places.get(within));
                if chain.len() > self.places.len() {
                    break;
                }
            }
            drafts.extend(chain.into_iter().rev().map(|place| Draft::Register(Box::new(place.clone().into()))));
        }
        drafts
    }
}

fn name(text: &str, lang: &str, name: &Spanned<String>) -> Result<VocabNames, MappingFault> {
    let wrong = |what: String| MappingFault::at(text, name.span().start, what);
    let label = Label::new(name.get_ref()).map_err(|error| wrong(error.to_string()))?;
    let lang = Lang::new(lang).map_err(|error| wrong(format!("`{lang}`: {error}")))?;
    Ok(VocabNames::new(vec![Name { lang, text: label }]))
}

fn spelled<I: Clone + PartialEq + std::fmt::Display>(
    text: &str,
    id: &Spanned<String>,
    spellings: &mut BTreeMap<String, I>,
    spelling: &str,
    means: &I,
) -> Result<(), MappingFault> {
    match spellings.insert(folded(spelling), means.clone()) {
        Some(other) if other != *means => {
            let what = format!("`{spelling}` spells both `{other}` and `{means}`");
            Err(MappingFault::at(text, id.span().start, what))
        }
        _ => Ok(()),
    }
}

/// A word without what spellings of it differ in: case, and the number of spaces.
pub(super) fn folded(word: &str) -> String {
    word.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

fn nearest<'a>(known: impl Iterator<Item = &'a String>, wanted: &str) -> Option<String> {
    let distances = known.map(|known| (strsim::damerau_levenshtein(known, wanted), known));
    let (distance, found) = distances.min()?;
    (distance <= 1 + wanted.chars().count() / 3).then(|| found.clone())
}
