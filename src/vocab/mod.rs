//! The vocabulary: value types that events are made of (DOMAIN.md §2). No input or output happens here.
//!
//! | kind | types |
//! |---|---|
//! | names of things | [`ActorId`], [`PlaceId`], [`CeasefireId`], [`IncidentId`], [`CounterId`], … |
//! | text | [`Text`] (byte for byte), [`Label`], [`Name`], [`Lang`] |
//! | numbers | [`Quantity`] (what was said), [`Bounds`] (what follows) |
//! | time | [`Instant`], [`When`] (what was said), [`Span`] (what follows), [`Clock`] |
//! | who and where | [`ActorRef`], [`Attribution`], [`Source`], [`Where`] |
//! | what is wrong | [`Fault`], [`Code`], [`Pointer`] |
//!
//! A value that is unknown is absent; none is ever a sentinel. A value that contradicts itself says so through
//! [`Check`].

mod actor;
mod attribution;
mod choice;
mod clock;
mod code;
mod contested;
mod digest;
mod fault;
mod id;
mod instant;
mod place;
mod quantity;
mod record_ref;
mod reference;
mod seq;
mod slot;
mod source;
mod text;
mod when;

pub use actor::ActorRef;
pub use attribution::{Attribution, Level, Share};
pub use choice::ChoiceError;
pub(crate) use choice::choices;
pub use clock::{Clock, SteppingClock, SystemClock};
pub use code::{Code, CodeEntry};
pub use contested::{Contested, Held};
pub use digest::Digest32;
pub use fault::{Check, Fault, Pointer};
pub use id::{ActorId, CaseId, CeasefireId, CounterId, ID_MAX_BYTES, IdError, IncidentId, KeyId, PlaceId, ProcessId};
pub use instant::{Instant, InstantError};
pub use place::{ExternalId, Where};
pub use quantity::{Bounds, Op, Outcome, PluralFloors, Quantity, QuantityKind, Triple, Unit, WHOLE_MAX, Who, Whole};
pub use record_ref::RecordRef;
pub use reference::{Refer, Reference};
pub use seq::Seq;
pub use slot::{Cut, Slot, Stretch};
pub use source::{CharSpan, Credibility, Document, Reliability, Source};
pub use text::{LABEL_MAX_BYTES, Label, Lang, Name, Names, TEXT_MAX_BYTES, Text, TextError, is_bidi_control};
pub use when::{Anchor, Precision, Span, TzBasis, When, ZonePolicy};
