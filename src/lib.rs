//! An append-only, hash-chained record of truces, alleged violations and the parties' accusations, with projections that
//! rebuild the state of every ceasefire and the counts attributed to each side — as it was, and as it was *known*.
//!
//! The ledger records **claims, not facts**. It never decides who is right: a denial stands beside an accusation, a range
//! stays a range, and "unknown" is not zero. Every number names the rule set, the window, the position and the head hash
//! it was counted from, so that anyone can recompute it.
//!
//! # The three jobs
//!
//! Append a violation report, verify the log, replay the state:
//!
//! ```
//! use std::sync::Arc;
//! use ceasefire_ledger::{ActorRef, Archive, Folder, Genesis, Ledger, Source, Span, Submission, SystemClock, Verdict, VerifyQuestion, ViolationReported};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let temporary = tempfile::tempdir()?;
//! # let path = temporary.path().join("nk2020");
//! let folder = Folder::at(path);
//! let mut ledger = Ledger::create(folder.clone(), &Genesis::new("example.org/nk2020")?, Arc::new(SystemClock))?;
//! let mut report = ViolationReported::new("I-1".parse()?, Source::speaker(ActorRef::Actor("recorder".parse()?)));
//! report.summary = Some("three explosions heard to the south".parse()?);
//! let receipt = ledger.append(&Submission::new("recorder".parse()?, "patrol-7/1".parse()?, report.into()))?;
//! drop(ledger);
//!
//! let archive = Archive::open(folder)?;
//! let known = Some((receipt.seq, receipt.hash));
//! assert_eq!(archive.verify(VerifyQuestion { known, ..VerifyQuestion::default() })?.verdict(), Verdict::Ok);
//! let replayed = archive.at_head()?;
//! assert!(replayed.view().incident(&"I-1".parse()?, ceasefire_ledger::COUNT_1)?.is_some());
//! assert!(replayed.view().states(None, Span::ALWAYS, "ledger")?.ceasefires.is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! What [`Ledger::append`] returns is durable. [`Archive`] reads beside a running writer and never waits for it.
//! [`Archive::as_known`] answers from a prefix of the log alone: what the ledger held at a position or a time.
//!
//! # Where things live
//!
//! A room uses rooms on lower floors only.
//!
//! | floor | room | holds |
//! |---|---|---|
//! | 0 | [`vocab`] | value types: what a source says about a number, a time, a place, an actor |
//! | 1 | [`event`] | what can be recorded |
//! | 2 | [`record`] | the envelope: encode, strict decode, hash, receipt |
//! | 3 | [`log`] | segments, writer, reader, recovery, verification of the chain |
//! | 3 | [`proof`] | tree, tiles, signed notes, checkpoints, cosignatures, bundles: formats |
//! | 3 | [`rules`] | admission, lifecycle, scope, contest, counting: pure functions |
//! | 4 | [`projection`] | folds of the log into rows, in memory and in sled |
//! | 4 | [`evidence`] | evidence files, kept by the hash of their bytes |
//! | 4 | [`publication`] | tiles on disk, the signed checkpoint, proofs |
//! | 4 | [`vault`] | what the digests of sealed fields stand for, encrypted, beside the log |
//! | 4 | [`witness`] | witnesses: their decision, their memory, asking them |
//! | 5 | [`ledger`] | open, append, verify, replay, query |
//! | 6 | [`exchange`] | import formats |
//! | 6 | `report` | situation reports: Markdown, HTML, SVG, with the feature `report` |
//! | 7 | `server` | a witness that answers over HTTP, with the feature `server` |
//! | 8 | `cli` | the `ceasefire` command, with the feature `cli` |
//!
//! The pages of [`manual`] say how everything works, for those who have to believe it.
//!
//! # What it does not do
//!
//! It does not replicate: see [`manual::limits`].

#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "ledger")]
pub mod event;
#[cfg(feature = "ledger")]
pub mod evidence;
#[cfg(feature = "ledger")]
pub mod exchange;
#[cfg(feature = "ledger")]
pub mod ledger;
pub mod log;
pub mod manual;
#[cfg(feature = "ledger")]
pub mod projection;
pub mod proof;
#[cfg(feature = "ledger")]
pub mod publication;
pub mod record;
#[cfg(feature = "report")]
pub mod report;
#[cfg(feature = "ledger")]
pub mod rules;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "ledger")]
pub mod vault;
pub mod vocab;
#[cfg(feature = "ledger")]
pub mod witness;

#[cfg(feature = "ledger")]
pub use event::{Event, ViolationReported};
#[cfg(feature = "ledger")]
pub use ledger::{
    AppendError, Archive, CreateError, Depth, Folder, Genesis, Ledger, Notice, OpenError, Replayed, SharedLedger,
    Submission, TallyQuestion, Until, Verdict, VerifyError, VerifyQuestion, VerifyReport, View,
};
#[cfg(feature = "ledger")]
pub use record::Receipt;
#[cfg(feature = "ledger")]
pub use rules::counting::{COUNT_1, Lineage};
#[cfg(feature = "ledger")]
pub use vocab::{ActorRef, Bounds, Fault, Instant, Quantity, Seq, Source, Span, SystemClock, When, Where};
