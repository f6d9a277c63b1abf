//! The columns of the data set.

use crate::exchange::cells::columns;

columns! {
    Id = "event_id_cnty",
    Date = "event_date",
    Year = "year",
    TimePrecision = "time_precision",
    DisorderType = "disorder_type",
    EventType = "event_type",
    SubEventType = "sub_event_type",
    Actor1 = "actor1",
    AssocActor1 = "assoc_actor_1",
    Inter1 = "inter1",
    Actor2 = "actor2",
    AssocActor2 = "assoc_actor_2",
    Inter2 = "inter2",
    Interaction = "interaction",
    CivilianTargeting = "civilian_targeting",
    Iso = "iso",
    Region = "region",
    Country = "country",
    Admin1 = "admin1",
    Admin2 = "admin2",
    Admin3 = "admin3",
    Location = "location",
    Latitude = "latitude",
    Longitude = "longitude",
    GeoPrecision = "geo_precision",
    Source = "source",
    SourceScale = "source_scale",
    Fatalities = "fatalities",
}

impl Column {
    /// Columns without which there is no report.
    pub(super) const NEEDED: &'static [Self] = &[Self::Id, Self::Date, Self::EventType];

    /// Columns without a field of their own in a report: they stand in its note, as they are printed.
    pub(super) const NOTED: &'static [Self] = &[
        Self::Id,
        Self::Date,
        Self::Year,
        Self::TimePrecision,
        Self::DisorderType,
        Self::EventType,
        Self::SubEventType,
        Self::Actor1,
        Self::AssocActor1,
        Self::Inter1,
        Self::Actor2,
        Self::AssocActor2,
        Self::Inter2,
        Self::Interaction,
        Self::CivilianTargeting,
        Self::Iso,
        Self::Region,
        Self::GeoPrecision,
        Self::Source,
        Self::SourceScale,
        Self::Fatalities,
    ];
}
