//! Which other things a value points to, so that one walk serves admission, verification and search.

use super::{
    ActorId, ActorRef, Attribution, CeasefireId, Check, Digest32, Fault, IncidentId, KeyId, Names, PlaceId, Pointer,
    Quantity, RecordRef, Source, When, Where, Whole,
};

/// One thing pointed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference<'a> {
    /// An actor, registered before.
    Actor(&'a ActorId),
    /// A place, registered before.
    Place(&'a PlaceId),
    /// A ceasefire, recorded before.
    Ceasefire(&'a CeasefireId),
    /// An incident, reported before.
    Incident(&'a IncidentId),
    /// A record, appended before.
    Record(&'a RecordRef),
    /// A piece of evidence, by its BLAKE3, added before.
    Evidence(&'a Digest32),
    /// A submitter key, added before.
    Key(&'a KeyId),
}

/// Values that point to other things.
pub trait Refer {
    /// Shows each thing pointed to, with the place it is named at.
    fn refer(&self, at: &Pointer, see: &mut dyn FnMut(Pointer, Reference<'_>));
}

impl<T: Refer> Refer for Option<T> {
    fn refer(&self, at: &Pointer, see: &mut dyn FnMut(Pointer, Reference<'_>)) {
        if let Some(value) = self {
            value.refer(at, see);
        }
    }
}

impl<T: Refer> Refer for Vec<T> {
    fn refer(&self, at: &Pointer, see: &mut dyn FnMut(Pointer, Reference<'_>)) {
        for (index, value) in self.iter().enumerate() {
            value.refer(&at.item(index), see);
        }
    }
}

macro_rules! refers_to_itself {
    ($($id:ident => $variant:ident,)*) => {$(
        impl Refer for $id {
            fn refer(&self, at: &Pointer, see: &mut dyn FnMut(Pointer, Reference<'_>)) {
                see(at.clone(), Reference::$variant(self));
            }
        }
    )*};
}

refers_to_itself! {
    ActorId => Actor,
    PlaceId => Place,
    CeasefireId => Ceasefire,
    IncidentId => Incident,
    RecordRef => Record,
    KeyId => Key,
    Digest32 => Evidence,
}

/// An id's form was checked when it was made.
macro_rules! always_sound {
    ($($id:ident)*) => {$(
        impl Check for $id {
            fn check(&self, _: &Pointer, _: &mut Vec<Fault>) {}
        }
    )*};
}

always_sound!(ActorId PlaceId CeasefireId IncidentId KeyId Digest32);

impl Refer for Names {
    fn refer(&self, _: &Pointer, _: &mut dyn FnMut(Pointer, Reference<'_>)) {}
}

impl Refer for ActorRef {
    fn refer(&self, at: &Pointer, see: &mut dyn FnMut(Pointer, Reference<'_>)) {
        match self {
            Self::Actor(actor) => actor.refer(&at.member("actor"), see),
            Self::AnyOf(actors) => actors.refer(&at.member("any_of"), see),
            Self::Unnamed(_) => {}
        }
    }
}

impl Refer for Attribution {
    fn refer(&self, at: &Pointer, see: &mut dyn FnMut(Pointer, Reference<'_>)) {
        self.accused.refer(&at.member("accused"), see);
    }
}

impl Refer for When {
    fn refer(&self, at: &Pointer, see: &mut dyn FnMut(Pointer, Reference<'_>)) {
        if let Some(anchor) = &self.anchor {
            anchor.ceasefire.refer(&at.member("anchor").member("ceasefire"), see);
        }
    }
}

impl Refer for Where {
    fn refer(&self, at: &Pointer, see: &mut dyn FnMut(Pointer, Reference<'_>)) {
        self.place.refer(&at.member("place"), see);
        self.observer_place.refer(&at.member("observer_place"), see);
    }
}

impl Refer for Quantity {
    fn refer(&self, at: &Pointer, see: &mut dyn FnMut(Pointer, Reference<'_>)) {
        if let Some(Whole::Record(record)) = &self.subset_of {
            record.refer(&at.member("subset_of").member("record"), see);
        }
    }
}

impl Refer for Source {
    fn refer(&self, at: &Pointer, see: &mut dyn FnMut(Pointer, Reference<'_>)) {
        self.speaker.refer(&at.member("speaker"), see);
        self.via.refer(&at.member("via"), see);
        self.translator.refer(&at.member("translator"), see);
        self.rater.refer(&at.member("rater"), see);
        self.asserted.refer(&at.member("asserted"), see);
        self.published.refer(&at.member("published"), see);
    }
}
