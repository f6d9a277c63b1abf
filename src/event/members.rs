//! The macro that walks an event's members once for checks and once for references.

use crate::vocab::{Fault, Pointer};

/// What an event's members must be to each other; the members themselves were checked before.
pub(super) trait Coherent {
    /// Adds what contradicts itself across members.
    fn coherent(&self, _at: &Pointer, _faults: &mut Vec<Fault>) {}
}

/// Names the members of an event that can be wrong or point elsewhere: `field` or `field = "name in JSON"`.
macro_rules! members {
    ($type:ident { $($field:ident $(= $name:literal)?),* $(,)? }) => {
        impl $crate::vocab::Check for $type {
            fn check(&self, at: &$crate::vocab::Pointer, faults: &mut Vec<$crate::vocab::Fault>) {
                $($crate::vocab::Check::check(&self.$field, &at.member(members!(@name $field $($name)?)), faults);)*
                $crate::event::members::Coherent::coherent(self, at, faults);
            }
        }
        impl $crate::vocab::Refer for $type {
            fn refer(
                &self,
                at: &$crate::vocab::Pointer,
                see: &mut dyn FnMut($crate::vocab::Pointer, $crate::vocab::Reference<'_>),
            ) {
                $($crate::vocab::Refer::refer(&self.$field, &at.member(members!(@name $field $($name)?)), see);)*
                let _ = (at, see);
            }
        }
    };
    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $name:literal) => { $name };
}

pub(super) use members;
