//! The columns of every table of incidents: the data dictionary.

use serde::Serialize;

use super::cell::Cell;
use super::incident::{ExportedIncident, Figure, Point};
use super::precision::Coded;

/// What kind of values a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// Text.
    Text,
    /// Several texts, apart by `; ` in a table, a list in JSON.
    List,
    /// A whole number.
    Whole,
    /// Degrees with six decimals.
    Degrees,
    /// A time, RFC 3339 in UTC.
    Time,
}

/// A column.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its HXL tag (hxlstandard.org).
    pub hxl: &'static str,
    /// What kind of values it holds; an empty one means "not known" or "not stated", never zero.
    pub kind: ColumnKind,
    /// What it says.
    pub says: &'static str,
    #[serde(skip)]
    cell: fn(&ExportedIncident) -> Cell,
}

impl Column {
    /// Gives the column's value for an incident.
    #[must_use]
    pub fn cell(&self, incident: &ExportedIncident) -> Cell {
        (self.cell)(incident)
    }
}

fn list(texts: &[String]) -> Cell {
    if texts.is_empty() { Cell::Blank } else { Cell::List(texts.to_vec()) }
}

fn code(coded: Option<Coded>) -> Cell {
    Cell::whole(coded.map(|coded| u64::from(coded.code)))
}

fn basis(coded: Option<Coded>) -> Cell {
    Cell::text(coded.map(Coded::basis))
}

fn drawn(incident: &ExportedIncident) -> Option<&Point> {
    incident.point.as_ref().filter(|point| !point.country_wide)
}

fn wide(incident: &ExportedIncident) -> Option<&Point> {
    incident.point.as_ref().filter(|point| point.country_wide)
}

fn flag(figure: Figure) -> Cell {
    Cell::text(figure.out_of_order.then_some("out_of_order"))
}

macro_rules! columns {
    ($($name:literal $hxl:literal $kind:ident $says:literal $cell:expr;)*) => {
        /// The columns, in their order.
        pub const COLUMNS: &[Column] = &[$(
            Column { name: $name, hxl: $hxl, kind: ColumnKind::$kind, says: $says, cell: $cell },
        )*];
    };
}

columns! {
    "incident" "#event+id" Text "The incident's id in the ledger." |i| Cell::Text(i.incident.clone());
    "merged" "#event+id+merged" List "Incidents that were found to be this one and count with it." |i| list(&i.merged);
    "from" "#date+start" Time "The earliest it can have been, over all standing reports." |i| Cell::time(i.when.and_then(|when| when.from));
    "to" "#date+end" Time "The latest it can have been; the interval ends before it." |i| Cell::time(i.when.and_then(|when| when.to));
    "when_words" "#date+verbatim" Text "The time in the first report's own words." |i| Cell::text(i.when_words.as_ref());
    "date_prec" "#date+precision+ucdp" Whole "UCDP date precision: 1 day, 2 two to six days, 3 week, 4 month, 5 longer." |i| code(i.date_prec);
    "date_prec_basis" "#meta+date_prec" Text "stated: the source gives the code; derived: from the length of the interval." |i| basis(i.date_prec);
    "time_precision" "#date+precision+acled" Whole "ACLED time precision: 1 day, 2 week, 3 month." |i| code(i.time_precision);
    "time_precision_basis" "#meta+time_precision" Text "stated or derived, as before." |i| basis(i.time_precision);
    "places" "#loc+code" List "Registered places named by the reports, as ids." |i| list(&i.places);
    "place_names" "#loc+name" List "Their names, in the language asked for." |i| list(&i.place_names);
    "regions" "#region+code" List "The outermost but one of the places that they lie in." |i| list(&i.regions);
    "where_words" "#loc+verbatim" Text "The place in the first report's own words." |i| Cell::text(i.where_words.as_ref());
    "lat" "#geo+lat" Degrees "Latitude of a point that may be drawn as one. Empty where a point stands for a country." |i| Cell::degrees(drawn(i).map(|point| point.lat_e6));
    "lon" "#geo+lon" Degrees "Longitude." |i| Cell::degrees(drawn(i).map(|point| point.lon_e6));
    "radius_m" "#geo+radius" Whole "How far off the point may be, in metres, where that is stated." |i| Cell::whole(i.point.as_ref().and_then(|point| point.radius_m));
    "area_lat" "#geo+lat+area" Degrees "Latitude of a point that stands for a country or wider. Do not draw it as a place." |i| Cell::degrees(wide(i).map(|point| point.lat_e6));
    "area_lon" "#geo+lon+area" Degrees "Longitude of such a point." |i| Cell::degrees(wide(i).map(|point| point.lon_e6));
    "point_basis" "#meta+point" Text "report: a report gives the point; place: it is the registered place's own." |i| Cell::text(i.point.as_ref().map(|point| point.basis));
    "point_stands_for" "#meta+point+area" Text "What the point stands for, where the source says." |i| Cell::text(i.point.as_ref().and_then(|point| point.stands_for));
    "points_claimed" "#meta+point+num" Whole "How many different points the reports give; this row shows the first." |i| Cell::Whole(i.points_claimed);
    "where_prec" "#geo+precision+ucdp" Whole "UCDP geographic precision: 1 exact, 2 within 25 km, 3 district, 4 province, 5 line or area, 6 country, 7 international." |i| code(i.where_prec);
    "where_prec_basis" "#meta+where_prec" Text "stated: the source gives the code; derived: from a stated radius." |i| basis(i.where_prec);
    "geo_precision" "#geo+precision+acled" Whole "ACLED geographic precision: 1 exact, 2 part of a region, 3 region." |i| code(i.geo_precision);
    "geo_precision_basis" "#meta+geo_precision" Text "stated; derived: from the UCDP code or a stated radius." |i| basis(i.geo_precision);
    "acts" "#event+type" List "What is said to have been done, in neutral codes." |i| list(&i.acts);
    "means" "#event+means" List "With what, as the reports say." |i| list(&i.means);
    "against" "#affected+group" List "Whose people or things were hit." |i| list(&i.against);
    "accused" "#actor+accused" List "Who is accused by anybody. Empty: nobody is." |i| list(&i.accused);
    "accusers" "#actor+accuser" List "Who accuses." |i| list(&i.accusers);
    "charges" "#actor+charge" List "Each charge: accuser > accused (level of attribution)." |i| list(&i.charges);
    "answers" "#actor+answer" List "Each answer: who: denied, justified, acknowledged … Silence is no agreement." |i| list(&i.answers);
    "status" "#status" Text "Where it stands with assessors: alleged, under_verification, verified, partially_verified, not_confirmed, unverifiable, dismissed, out_of_scope." |i| Cell::Text(i.status.clone());
    "in_scope_of" "#event+ceasefire" List "Ceasefires whose time, place and parties it lies within, by the rules." |i| list(&i.in_scope_of);
    "possibly_in_scope_of" "#event+ceasefire+possible" List "Ceasefires that it may lie within." |i| list(&i.possibly_in_scope_of);
    "called_breach_of" "#event+ceasefire+claimed" List "Ceasefires that somebody calls it a breach of." |i| list(&i.called_breach_of);
    "killed_low" "#affected+killed+min" Whole "People killed: the lowest that the standing claims allow; a single published triple stands as it is printed." |i| Cell::whole(i.killed.low);
    "killed_best" "#affected+killed+best" Whole "A best estimate, where one is given or nothing else is possible." |i| Cell::whole(i.killed.best);
    "killed_high" "#affected+killed+max" Whole "The highest; empty where no claim bounds it." |i| Cell::whole(i.killed.high);
    "killed_flag" "#meta+killed" Text "out_of_order: a published low, best and high that contradict each other; kept as printed." |i| flag(i.killed);
    "wounded_low" "#affected+wounded+min" Whole "People wounded, likewise." |i| Cell::whole(i.wounded.low);
    "wounded_best" "#affected+wounded+best" Whole "A best estimate." |i| Cell::whole(i.wounded.best);
    "wounded_high" "#affected+wounded+max" Whole "The highest." |i| Cell::whole(i.wounded.high);
    "wounded_flag" "#meta+wounded" Text "As killed_flag." |i| flag(i.wounded);
    "figures" "#affected+all" List "Every kind of figure with its bounds, houses and shots too." |i| list(&i.figures);
    "reporters" "#meta+source" List "Who reports it." |i| list(&i.reporters);
    "known_since" "#date+recorded" Time "When the first report was recorded; on the publication axis, published." |i| Cell::time(i.known_since);
    "records" "#meta+records" List "The records that all this rests on, as positions in the log." |i| Cell::List(i.records.iter().map(ToString::to_string).collect());
    "rules" "#meta+rules" Text "The rule set of the figures." |i| Cell::Text(i.rules.to_owned());
    "ledger" "#meta+ledger" Text "The ledger's name." |i| Cell::Text(i.known_at.origin.clone());
    "known_at" "#meta+known_at" Whole "The last record that was taken into account." |i| Cell::Whole(i.known_at.seq.number());
    "head" "#meta+head" Text "That record's hash." |i| Cell::Text(i.known_at.head.to_string());
    "axis" "#meta+axis" Text "record: what the ledger had recorded; publication: what sources had published." |i| Cell::Text(i.known_at.axis.to_string());
    "published_by" "#meta+published_by" Time "On the publication axis: by when it had been published." |i| Cell::time(i.known_at.published_by);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_column_has_a_name_and_tag_of_its_own_and_says_something() {
        let names: BTreeSet<&str> = COLUMNS.iter().map(|column| column.name).collect();
        let tags: BTreeSet<&str> = COLUMNS.iter().map(|column| column.hxl).collect();
        assert_eq!((names.len(), tags.len()), (COLUMNS.len(), COLUMNS.len()));
        assert!(COLUMNS.iter().all(|column| column.hxl.starts_with('#') && column.says.ends_with('.')));
    }
}
