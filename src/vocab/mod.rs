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

#[cfg(feature = "ledger")]
mod actor;
#[cfg(feature = "ledger")]
mod attribution;
#[cfg(feature = "ledger")]
mod choice;
#[cfg(feature = "ledger")]
mod clock;
#[cfg(feature = "ledger")]
mod code;
#[cfg(feature = "ledger")]
mod contested;
mod digest;
#[cfg(feature = "ledger")]
mod fault;
pub(crate) mod hex;
#[cfg(feature = "ledger")]
mod id;
mod instant;
#[cfg(feature = "ledger")]
mod place;
#[cfg(feature = "ledger")]
mod quantity;
#[cfg(feature = "ledger")]
mod record_ref;
#[cfg(feature = "ledger")]
mod reference;
mod seq;
#[cfg(feature = "ledger")]
mod slot;
#[cfg(feature = "ledger")]
mod source;
#[cfg(feature = "ledger")]
mod text;
#[cfg(feature = "ledger")]
mod when;

#[cfg(feature = "ledger")]
pub use actor::ActorRef;
#[cfg(feature = "ledger")]
pub use attribution::{Attribution, Level, Share};
#[cfg(feature = "ledger")]
pub use choice::ChoiceError;
#[cfg(feature = "ledger")]
pub(crate) use choice::choices;
#[cfg(feature = "ledger")]
pub use clock::{Clock, SteppingClock, SystemClock};
#[cfg(feature = "ledger")]
pub use code::{Code, CodeEntry};
#[cfg(feature = "ledger")]
pub use contested::{Contested, Held};
pub use digest::Digest32;
#[cfg(feature = "ledger")]
pub use fault::{Check, Fault, Pointer};
#[cfg(feature = "ledger")]
pub use id::{ActorId, CaseId, CeasefireId, CounterId, ID_MAX_BYTES, IdError, IncidentId, KeyId, PlaceId, ProcessId};
pub use instant::{Instant, InstantError};
#[cfg(feature = "ledger")]
pub use place::{ExternalId, Where};
#[cfg(feature = "ledger")]
pub use quantity::{Bounds, Op, Outcome, PluralFloors, Quantity, QuantityKind, Triple, Unit, WHOLE_MAX, Who, Whole};
#[cfg(feature = "ledger")]
pub use record_ref::RecordRef;
#[cfg(feature = "ledger")]
pub use reference::{Refer, Reference};
pub use seq::Seq;
#[cfg(feature = "ledger")]
pub use slot::{Cut, Slot, Stretch};
#[cfg(feature = "ledger")]
pub use source::{CharSpan, Credibility, Document, Reliability, Source};
#[cfg(feature = "ledger")]
pub use text::{LABEL_MAX_BYTES, Label, Lang, Name, Names, TEXT_MAX_BYTES, Text, TextError, is_bidi_control};
#[cfg(feature = "ledger")]
pub use when::{Anchor, Precision, Span, TzBasis, When, ZonePolicy};
