//! Published data sets: the columns that are read of one, and the cells of one row.

use super::import::{RowFault, Spot};
use crate::vocab::{Code, Label, Text, TextError, WHOLE_MAX};

/// The columns of a data set that are read.
pub(super) trait Columns: Copy + 'static {
    /// Every column.
    const ALL: &'static [Self];

    /// The name under which the present releases have it.
    fn name(self) -> &'static str;

    /// Finds a column by a name that some release has for it.
    fn named(name: &str) -> Option<Self>;

    /// Its number in [`Columns::ALL`].
    fn index(self) -> usize;

    /// Finds each column in a header, and refuses a header that lacks one of those `needed`.
    fn find(header: &[String], needed: &[Self], format: &str) -> Result<Vec<Option<usize>>, RowFault> {
        let mut at = vec![None; Self::ALL.len()];
        for (index, name) in header.iter().enumerate() {
            if let Some(place) = Self::named(name).and_then(|column| at.get_mut(column.index())) {
                *place = Some(index);
            }
        }
        let lacks = |column: &&Self| at.get(column.index()).copied().flatten().is_none();
        let missing: Vec<&str> = needed.iter().filter(lacks).map(|column| column.name()).collect();
        if missing.is_empty() {
            return Ok(at);
        }
        let what = format!("the header does not name {}", missing.join(", "));
        let fault = RowFault::new(Spot::line(1), Code::BadHeader, what);
        Err(fault
            .hinting(format!("this format reads {format} as it is published; for another table use csv with --map")))
    }
}

/// Lists the columns of a data set: each its name, and the names that other releases have for it.
macro_rules! columns {
    ($($name:ident = $text:literal $(| $other:literal)*,)*) => {
        /// A column that is read.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Column {
            $($name,)*
        }

        impl crate::exchange::cells::Columns for Column {
            const ALL: &'static [Self] = &[$(Self::$name,)*];

            fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            fn named(name: &str) -> Option<Self> {
                match name {
                    $($text $(| $other)* => Some(Self::$name),)*
                    _ => None,
                }
            }

            fn index(self) -> usize {
                self as usize
            }
        }
    };
}
pub(super) use columns;

/// The cells of one row, by column.
pub(super) struct Cells<'a, C> {
    pub(super) row: &'a [String],
    pub(super) at: &'a [Option<usize>],
    pub(super) spot: &'a dyn Fn(C) -> Spot,
}

impl<'a, C: Columns> Cells<'a, C> {
    /// A cell that holds something.
    pub(super) fn text(&self, column: C) -> Option<&'a str> {
        let cell = self.at.get(column.index()).copied().flatten().and_then(|index| self.row.get(index))?;
        Some(cell.trim()).filter(|text| !text.is_empty())
    }

    /// Where a cell stands.
    pub(super) fn spot(&self, column: C) -> Spot {
        (self.spot)(column)
    }

    /// A cell that must hold something.
    pub(super) fn needed(&self, column: C) -> Result<&'a str, RowFault> {
        self.text(column).ok_or_else(|| {
            let what = format!("{} is empty", column.name());
            RowFault::new(self.spot(column), Code::BadCell, what).hinting("this column is published with every row")
        })
    }

    /// A whole number, where the cell holds one.
    pub(super) fn number(&self, column: C) -> Result<Option<u64>, RowFault> {
        let Some(text) = self.text(column) else { return Ok(None) };
        let number = whole_text(text).parse::<u64>().ok().filter(|number| *number <= WHOLE_MAX);
        let bad = || RowFault::new(self.spot(column), Code::BadCell, format!("`{text}` is not a whole number"));
        number.map(Some).ok_or_else(bad)
    }

    /// A whole number that must be there.
    pub(super) fn needed_number(&self, column: C) -> Result<u64, RowFault> {
        self.needed(column)?;
        Ok(self.number(column)?.unwrap_or_default())
    }

    /// A code from 1 to `last`, where the cell holds one.
    pub(super) fn choice(&self, column: C, last: u8) -> Result<Option<u8>, RowFault> {
        let Some(number) = self.number(column)? else { return Ok(None) };
        let code = u8::try_from(number).ok().filter(|code| (1..=last).contains(code));
        let what = format!("{} is {number}; the codes run from 1 to {last}", column.name());
        code.map(Some).ok_or_else(|| RowFault::new(self.spot(column), Code::BadCell, what))
    }

    /// A cell as words, byte for byte, where it holds any.
    pub(super) fn words(&self, column: C) -> Result<Option<Text>, RowFault> {
        self.text(column).map(|text| Text::new(text).map_err(|error| self.unfit(column, &error))).transpose()
    }

    /// A cell as a name or another short text, where it holds one.
    pub(super) fn label(&self, column: C) -> Result<Option<Label>, RowFault> {
        self.text(column).map(|text| Label::new(text).map_err(|error| self.unfit(column, &error))).transpose()
    }

    /// Text that is put together from several cells, the first of which stands for it in messages.
    pub(super) fn joined(&self, first: C, text: &str) -> Result<Text, RowFault> {
        Text::new(text).map_err(|error| self.unfit(first, &error))
    }

    /// What a record cannot hold is refused, and never left out unsaid.
    fn unfit(&self, column: C, error: &TextError) -> RowFault {
        RowFault::new(self.spot(column), Code::BadText, format!("{} cannot stand in a record: {error}", column.name()))
            .hinting("mend the cell; a name is one line of up to 512 bytes in normal form C, a text has up to 16 KiB")
    }

    /// Writes cells as `name=cell`, each as it is printed, for a note.
    pub(super) fn printed(&self, columns: &[C]) -> String {
        let mut text = String::new();
        for column in columns {
            if let Some(value) = self.text(*column) {
                text.push_str("; ");
                text.push_str(column.name());
                text.push('=');
                text.push_str(&whole_text(value));
            }
        }
        text
    }
}

/// A whole number without the `.0` that some releases print behind it.
pub(super) fn whole_text(text: &str) -> String {
    match text.split_once('.') {
        Some((whole, zeros)) if !whole.is_empty() && !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0') => {
            whole.to_owned()
        }
        _ => text.to_owned(),
    }
}

/// A text that can stand as a short one.
pub(super) fn label(text: &str) -> Option<Label> {
    Label::new(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_is_read_with_and_without_a_zero_behind_the_point() {
        assert_eq!(
            (whole_text("214797.0"), whole_text("214797"), whole_text("1.5")),
            ("214797".into(), "214797".into(), "1.5".into())
        );
    }
}
