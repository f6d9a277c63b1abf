//! The columns of the dataset.

use crate::exchange::cells::columns;

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
    pub(super) const NEEDED: &'static [Self] =
        &[Self::Id, Self::SideA, Self::SideB, Self::DateStart, Self::Low, Self::Best, Self::High];
}
