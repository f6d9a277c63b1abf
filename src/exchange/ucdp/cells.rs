//! The columns of the dataset, and the cells of one row.

use crate::exchange::import::{RowFault, Spot};
use crate::vocab::{Code, WHOLE_MAX};

macro_rules! columns {
    ($($name:ident = $text:literal $(| $other:literal)*,)*) => {
        /// A column that is read.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Column {
            $($name,)*
        }

        impl Column {
            /// Every column.
            pub(super) const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name under which the present releases have it.
            pub(super) const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// Finds a column by a name that some release has for it.
            pub(super) fn named(name: &str) -> Option<Self> {
                match name {
                    $($text $(| $other)* => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

columns! {
    Id = "id",
    Year = "year",
    ActiveYear = "active_year",
    CodeStatus = "code_status",
    TypeOfViolence = "type_of_violence",
    Conflict = "conflict_new_id" | "conflict_id",
    ConflictName = "conflict_name",
    Dyad = "dyad_new_id" | "dyad_id",
    DyadName = "dyad_name",
    SideAId = "side_a_new_id" | "side_a_id",
    SideA = "side_a",
    SideBId = "side_b_new_id" | "side_b_id",
    SideB = "side_b",
    NumberOfSources = "number_of_sources",
    SourceOffice = "source_office",
    SourceDate = "source_date",
    WherePrec = "where_prec",
    WhereCoordinates = "where_coordinates",
    WhereDescription = "where_description",
    Adm1 = "adm_1",
    Adm2 = "adm_2",
    Latitude = "latitude",
    Longitude = "longitude",
    PrioGrid = "priogrid_gid",
    Country = "country",
    CountryId = "country_id",
    Region = "region",
    EventClarity = "event_clarity",
    DatePrec = "date_prec",
    DateStart = "date_start",
    DateEnd = "date_end",
    DeathsA = "deaths_a",
    DeathsB = "deaths_b",
    DeathsCivilians = "deaths_civilians",
    DeathsUnknown = "deaths_unknown",
    Best = "best" | "best_est",
    High = "high" | "high_est",
    Low = "low" | "low_est",
}

impl Column {
    /// How many there are.
    pub(super) const COUNT: usize = Self::ALL.len();

    /// Cells that are laid out in the order of the columns.
    pub(super) const IN_ORDER: &'static [Option<usize>] = &{
        let mut order = [None; Self::COUNT];
        let mut index = 0;
        while index < Self::COUNT {
            #[expect(clippy::indexing_slicing, reason = "the loop ends at the length")]
            {
                order[index] = Some(index);
            }
            index += 1;
        }
        order
    };

    /// Columns without a field of their own in a report: they stand in its note, as they are printed.
    pub(super) const NOTED: &'static [Self] = &[
        Self::Id,
        Self::Year,
        Self::ActiveYear,
        Self::CodeStatus,
        Self::TypeOfViolence,
        Self::Conflict,
        Self::Dyad,
        Self::SideAId,
        Self::SideBId,
        Self::EventClarity,
        Self::NumberOfSources,
        Self::SourceOffice,
        Self::SourceDate,
        Self::PrioGrid,
        Self::CountryId,
        Self::Region,
    ];

    /// Columns without which there is no report.
    const NEEDED: &'static [Self] =
        &[Self::Id, Self::SideA, Self::SideB, Self::DateStart, Self::Low, Self::Best, Self::High];

    pub(super) const fn index(self) -> usize {
        self as usize
    }

    /// Finds each column in a header.
    pub(super) fn find(header: &[String]) -> Result<Vec<Option<usize>>, RowFault> {
        let mut at = vec![None; Self::COUNT];
        for (index, name) in header.iter().enumerate() {
            if let Some(place) = Self::named(name).and_then(|column| at.get_mut(column.index())) {
                *place = Some(index);
            }
        }
        let missing: Vec<&str> = Self::NEEDED
            .iter()
            .filter(|column| at.get(column.index()).copied().flatten().is_none())
            .map(|column| column.name())
            .collect();
        if missing.is_empty() {
            return Ok(at);
        }
        let what = format!("the header does not name {}", missing.join(", "));
        let fault = RowFault::new(Spot::line(1), Code::BadHeader, what);
        Err(fault.hinting("this format reads the UCDP GED as it is published; for another table use csv with --map"))
    }
}

/// The cells of one row, by column.
pub(super) struct Cells<'a> {
    pub(super) row: &'a [String],
    pub(super) at: &'a [Option<usize>],
    pub(super) spot: &'a dyn Fn(Column) -> Spot,
}

impl<'a> Cells<'a> {
    /// A cell that holds something.
    pub(super) fn text(&self, column: Column) -> Option<&'a str> {
        let cell = self.at.get(column.index()).copied().flatten().and_then(|index| self.row.get(index))?;
        Some(cell.trim()).filter(|text| !text.is_empty())
    }

    /// Where a cell stands.
    pub(super) fn spot(&self, column: Column) -> Spot {
        (self.spot)(column)
    }

    /// A cell that must hold something.
    pub(super) fn needed(&self, column: Column) -> Result<&'a str, RowFault> {
        self.text(column).ok_or_else(|| {
            let what = format!("{} is empty", column.name());
            RowFault::new(self.spot(column), Code::BadCell, what).hinting("UCDP fills this column in every row")
        })
    }

    /// A whole number, where the cell holds one.
    pub(super) fn number(&self, column: Column) -> Result<Option<u64>, RowFault> {
        let Some(text) = self.text(column) else { return Ok(None) };
        let number = super::whole_text(text).parse::<u64>().ok().filter(|number| *number <= WHOLE_MAX);
        let bad = || RowFault::new(self.spot(column), Code::BadCell, format!("`{text}` is not a whole number"));
        number.map(Some).ok_or_else(bad)
    }

    /// A whole number that must be there.
    pub(super) fn needed_number(&self, column: Column) -> Result<u64, RowFault> {
        self.needed(column)?;
        Ok(self.number(column)?.unwrap_or_default())
    }

    /// A code from 1 to `last`, where the cell holds one.
    pub(super) fn choice(&self, column: Column, last: u8) -> Result<Option<u8>, RowFault> {
        let Some(number) = self.number(column)? else { return Ok(None) };
        let code = u8::try_from(number).ok().filter(|code| (1..=last).contains(code));
        let what = format!("{} is {number}; the codes run from 1 to {last}", column.name());
        code.map(Some).ok_or_else(|| RowFault::new(self.spot(column), Code::BadCell, what))
    }
}
