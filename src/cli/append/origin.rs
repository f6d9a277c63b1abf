//! Where the parts of a draft came from, so that a later refusal points at what was typed.

use super::input::Input;
use crate::cli::complaint::Place;
use crate::vocab::Pointer;

/// Which flag filled which place of the body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FlagNames(Vec<Named>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    pointer: String,
    flag: &'static str,
    typed: bool,
}

impl FlagNames {
    /// Notes which flag fills a place; `typed` tells whether the user gave it.
    pub(super) fn note(&mut self, pointer: &Pointer, flag: &'static str, typed: bool) {
        self.0.push(Named { pointer: pointer.as_str().to_owned(), flag, typed });
    }

    /// Finds the flag of a place: the nearest one at or above it, else a typed one below it.
    #[must_use]
    pub fn flag_of(&self, pointer: &Pointer) -> Option<&'static str> {
        let wanted = pointer.as_str();
        let above = self.0.iter().filter(|named| lies_under(wanted, &named.pointer)).max_by_key(|named| {
            // Of two flags for one place the typed one is meant.
            (named.pointer.len(), named.typed)
        });
        let below = || self.0.iter().find(|named| named.typed && lies_under(&named.pointer, wanted));
        // Everything lies under the event as a whole: no one flag stands for it.
        let whole = matches!(wanted, "" | "/event");
        above.or_else(|| if whole { None } else { below() }).map(|named| named.flag)
    }
}

/// Where a draft came from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DraftOrigin {
    /// Flags alone.
    Flags(FlagNames),
    /// A file or standard input, and the few flags that stand beside one.
    Text {
        /// The text.
        input: Input,
        /// The flags for what the text does not hold.
        flags: FlagNames,
    },
}

impl DraftOrigin {
    /// Tells where the value that a pointer into the body names was typed: a flag, or a line and column of the text.
    #[must_use]
    pub fn place(&self, pointer: &Pointer) -> Place {
        let flag_place = |flags: &FlagNames| Place {
            file: flags.flag_of(pointer).map(ToOwned::to_owned),
            pointer: Some(pointer.as_str().to_owned()),
            ..Place::default()
        };
        match self {
            Self::Flags(flags) => flag_place(flags),
            Self::Text { input, flags } => input.place(pointer).unwrap_or_else(|| flag_place(flags)),
        }
    }
}

/// Tells whether one pointer is another, or lies below it.
pub(super) fn lies_under(pointer: &str, above: &str) -> bool {
    pointer.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> FlagNames {
        let mut names = FlagNames::default();
        for (pointer, flag, typed) in [
            ("/event/quantities/1", "--wounded", true),
            ("/event/quantities/11", "--count", true),
            ("/event/source", "--source", true),
            ("/event/source/rater", "--rater", false),
            ("/event/where/place", "--place", false),
            ("/event/where/lat_e6", "--lat", true),
        ] {
            names.note(&Pointer::from_text(pointer), flag, typed);
        }
        names
    }

    #[test]
    fn the_flag_of_a_place_is_the_nearest_one_above_it() {
        let names = names();
        for (pointer, flag) in [
            ("/event/quantities/1/max", Some("--wounded")),
            ("/event/quantities/11/max", Some("--count")),
            ("/event/source/rater", Some("--rater")),
            ("/event/source/speaker/0/actor", Some("--source")),
            ("/event/where", Some("--lat")),
            ("/event/act", None),
            ("/event", None),
        ] {
            assert_eq!(names.flag_of(&Pointer::from_text(pointer)), flag, "{pointer}");
        }
    }
}
