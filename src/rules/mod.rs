//! Pure decisions and folds: what may be admitted, what state a ceasefire is in, what counts as what.
//!
//! Nothing here reads a file, a clock or a projection. Each file is one part of DOMAIN.md §4 and §5:
//! [`lifecycle`] (L1–L8), [`scope`], [`contest`], [`incident`], [`counting`] (C1–C16), [`breakdown`] by time and place,
//! [`admission`], and who may sign what: [`keys`] and [`signing`].

pub mod admission;
pub mod breakdown;
pub mod claims;
pub mod contest;
pub mod counting;
pub mod figures;
pub mod incident;
pub mod keys;
pub mod lifecycle;
pub mod scope;
pub mod sides;
pub mod signing;
