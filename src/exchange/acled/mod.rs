//! ACLED's event data, as CSV or as the JSON that its interface answers, gzipped or not.
//!
//! A row of political violence is one reported incident (page [`manual::imports`](crate::manual::imports), "ACLED").
//! Who stands as `actor1` and who as `actor2` says nothing about who did what: nobody is accused.

mod columns;

use std::borrow::Cow;

use chrono::{Datelike, Days, NaiveDate};

use self::columns::Column;
use super::cells::{self, Columns, label, whole_text};
use super::degrees::micro_degrees;
use super::import::{Draft, Format, Opened, Raw, RejectForm, Row, RowFault, Rows, Spot, Unreadable};
use super::place_chain::PlaceChain;
use super::table::{CsvTable, ListTable, Table};
use crate::event::{Act, ActorKind, ActorRegistered, BreachClaim, Event, ViolationReported};
use crate::vocab::{
    ActorId, ActorRef, Attribution, Code, Fault, IncidentId, Lang, Level, Name, Names, Op, Outcome, Pointer, Precision,
    Quantity, Source, Text, Unit, When, Where, ZonePolicy,
};

type Cells<'a> = cells::Cells<'a, Column>;

/// The format `acled`.
#[derive(Debug, Clone)]
pub struct Acled {
    /// The zones that a date may be meant in.
    pub zones: ZonePolicy,
}

impl Format for Acled {
    fn name(&self) -> &'static str {
        "acled"
    }

    fn rows(&self, mut opened: Opened) -> Result<Box<dyn Rows + '_>, Unreadable> {
        let start = opened.reader.fill_buf().map_err(|error| Unreadable::from_read(error, Spot::line(1)))?;
        let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
        let table: Box<dyn Table> = if start.starts_with(b"{") || start.starts_with(b"[") {
            let names = Column::ALL.iter().map(|column| column.name().to_owned()).collect();
            Box::new(ListTable::begin(opened, names))
        } else {
            Box::new(CsvTable::begin(opened, None)?)
        };
        let at = Column::find(table.header(), Column::NEEDED, "ACLED's data").map_err(Unreadable::Fault)?;
        Ok(Box::new(EventRows { acled: self, table, at }))
    }
}

struct EventRows<'a> {
    acled: &'a Acled,
    table: Box<dyn Table>,
    at: Vec<Option<usize>>,
}

impl Rows for EventRows<'_> {
    fn next_row(&mut self) -> Result<Option<Row>, Unreadable> {
        let Some(step) = self.table.step()? else { return Ok(None) };
        let spot = |column: Column| self.spot(Some(column));
        let cells = Cells { row: &self.table.row().cells, at: &self.at, spot: &spot };
        let id = step.is_ok().then(|| cells.text(Column::Id).map(ToOwned::to_owned)).flatten();
        let drafts = step.and_then(|()| self.acled.drafts(&cells));
        Ok(Some(Row { spot: Spot::line(self.table.row().line), id, drafts }))
    }

    fn locate(&self, _: usize, pointer: &Pointer) -> Spot {
        self.spot(column_of(pointer))
    }

    fn verbatim(&self) -> Vec<Raw> {
        vec![self.table.row().raw()]
    }

    fn reject_form(&self) -> RejectForm {
        self.table.reject_form()
    }
}

impl EventRows<'_> {
    fn spot(&self, column: Option<Column>) -> Spot {
        match column.and_then(|column| self.at.get(column.index()).copied().flatten()) {
            Some(index) => self.table.spot(self.table.row(), index),
            None => Spot::line(self.table.row().line),
        }
    }
}

/// Which column a member of the report comes from.
fn column_of(pointer: &Pointer) -> Option<Column> {
    let columns = [
        ("/incident", Column::Id),
        ("/when", Column::Date),
        ("/where/lat_e6", Column::Latitude),
        ("/where/lon_e6", Column::Longitude),
        ("/where/acled_prec", Column::GeoPrecision),
        ("/where", Column::Location),
        ("/quantities", Column::Fatalities),
        ("/means", Column::SubEventType),
        ("/target", Column::CivilianTargeting),
        ("/against", Column::Actor2),
        ("/summary", Column::EventType),
    ];
    columns.into_iter().find(|(prefix, _)| pointer.as_str().starts_with(prefix)).map(|(_, column)| column)
}

/// Who keeps the data set.
const SPEAKER: &str = "ACLED";

impl Acled {
    /// Makes a report of a row; nothing of one that is no political violence.
    fn drafts(&self, cells: &Cells<'_>) -> Result<Vec<Draft>, Vec<RowFault>> {
        let mut faults = Vec::new();
        let incident = kept(incident(cells), &mut faults);
        let when = kept(self.when(cells), &mut faults);
        let site = kept(site(cells), &mut faults);
        let fatalities = kept(fatalities(cells), &mut faults);
        let means = kept(cells.label(Column::SubEventType), &mut faults);
        let target = kept(cells.label(Column::CivilianTargeting), &mut faults);
        let against = kept(civilians(cells), &mut faults);
        let summary = kept(summary(cells), &mut faults);
        let note = kept(cells.joined(Column::Id, &format!("ACLED{}", cells.printed(Column::NOTED))), &mut faults);
        let speaker = ActorId::new(SPEAKER).ok();
        let (Some(incident), Some(when), Some((site, registers)), Some(fatalities), Some(speaker), true) =
            (incident, when, site, fatalities, speaker, faults.is_empty())
        else {
            return Err(faults);
        };
        if !is_political_violence(cells) {
            return Ok(Vec::new());
        }
        let mut drafts: Vec<Draft> = keeper(&speaker).into_iter().chain(registers).collect();
        let mut report = ViolationReported::new(incident, Source::speaker(ActorRef::Actor(speaker)));
        report.when = Some(when);
        report.place = Some(site).filter(|site| *site != Where::default());
        report.act = cells.text(Column::SubEventType).map(act);
        report.means = means.flatten().into_iter().collect();
        report.target = target.flatten().into_iter().collect();
        report.against = against.unwrap_or_default();
        report.quantities = fatalities.into_iter().collect();
        report.attribution =
            Some(Attribution { accused: Vec::new(), level: Level::NoneStated, share: None, basis: None });
        report.asserts_breach_of = Some(BreachClaim::NotAsserted);
        report.summary = summary;
        report.note = note;
        drafts.push(Draft::Claim { part: Cow::Borrowed("report"), event: Box::new(Event::from(report)) });
        Ok(drafts)
    }

    /// The date, as wide as its precision says. ACLED states no zone.
    fn when(&self, cells: &Cells<'_>) -> Result<When, RowFault> {
        let words = cells.needed(Column::Date)?;
        let day = day(words).ok_or_else(|| {
            let what = format!("`{words}` is not a date");
            RowFault::new(cells.spot(Column::Date), Code::BadTime, what)
                .hinting("ACLED writes a date as 2024-01-31, or as 31 January 2024")
        })?;
        let code = cells.choice(Column::TimePrecision, 3)?;
        let (short, precision) = match code {
            Some(3) => (day.format("%Y-%m").to_string(), Precision::Month),
            Some(2) => (week_around(day), Precision::Week),
            _ => (day.to_string(), Precision::Day),
        };
        let when = When::from_short(&short, &self.zones, &Pointer::root());
        let when = when.map_err(|fault| RowFault { spot: cells.spot(Column::Date), fault, hint: None })?;
        Ok(When { precision, acled: code, verbatim: Text::new(words).ok(), ..when })
    }
}

fn kept<T>(read: Result<T, RowFault>, faults: &mut Vec<RowFault>) -> Option<T> {
    read.map_err(|fault| faults.push(fault)).ok()
}

/// Reads a day in the ways that ACLED has written one.
fn day(words: &str) -> Option<NaiveDate> {
    let forms = ["%Y-%m-%d", "%d %B %Y", "%d-%B-%Y", "%d %b %Y"];
    let day = forms.into_iter().find_map(|form| NaiveDate::parse_from_str(words, form).ok());
    day.filter(|day| (1..=9998).contains(&day.year()))
}

/// Every week that holds a day: which day of it is coded is not said.
fn week_around(day: NaiveDate) -> String {
    let six = Days::new(6);
    let (from, to) = (day.checked_sub_days(six).unwrap_or(day), day.checked_add_days(six).unwrap_or(day));
    format!("{from}/{to}")
}

/// Tells whether ACLED itself calls the event political violence. Demonstrations and strategic developments are no
/// incidents; where the disorder type is not in the file, the event type decides.
fn is_political_violence(cells: &Cells<'_>) -> bool {
    if let Some(disorder) = cells.text(Column::DisorderType) {
        return disorder.contains("Political violence");
    }
    match cells.text(Column::EventType) {
        Some("Protests" | "Strategic developments") => false,
        Some("Riots") => cells.text(Column::SubEventType) == Some("Mob violence"),
        _ => true,
    }
}

/// What was done, as far as the sub-event type says so in one word of ours; its own words are kept beside it.
fn act(sub_event: &str) -> Act {
    match sub_event {
        "Shelling/artillery/missile attack" => Act::Shelling,
        "Remote explosive/landmine/IED" | "Grenade" | "Suicide bomb" => Act::Explosion,
        "Abduction/forced disappearance" => Act::Abduction,
        _ => Act::Other,
    }
}

fn keeper(speaker: &ActorId) -> Option<Draft> {
    let text = label("Armed Conflict Location and Event Data")?;
    let names = Names::new(vec![Name { lang: Lang::new("en").ok()?, text }]);
    let event =
        ActorRegistered { actor: speaker.clone(), kind: ActorKind::Ngo, names, external: Vec::new(), note: None };
    Some(Draft::Register(Box::new(event.into())))
}

fn incident(cells: &Cells<'_>) -> Result<IncidentId, RowFault> {
    let id = cells.needed(Column::Id)?;
    IncidentId::new(&format!("acled-{id}")).map_err(|error| {
        let fault = Fault::new(Code::BadId, Pointer::root(), error.to_string());
        RowFault { spot: cells.spot(Column::Id), fault, hint: None }
    })
}

/// The place, and what registers it: with precision 3 the first-order region, with 2 the finest region that is named,
/// else the location itself. The location's name is kept as words in every case.
fn site(cells: &Cells<'_>) -> Result<(Where, Vec<Draft>), RowFault> {
    let degrees = |column: Column| {
        let read = |text: &str| {
            let what = format!("`{text}` is not decimal degrees");
            micro_degrees(text).ok_or_else(|| RowFault::new(cells.spot(column), Code::BadCell, what))
        };
        cells.text(column).map(read).transpose()
    };
    let precision = cells.choice(Column::GeoPrecision, 3)?;
    let mut site = Where {
        verbatim: cells.words(Column::Location)?,
        lat_e6: degrees(Column::Latitude)?,
        lon_e6: degrees(Column::Longitude)?,
        acled_prec: precision,
        ..Where::default()
    };
    for name in [Column::Country, Column::Admin1, Column::Admin2, Column::Admin3, Column::Location] {
        cells.label(name)?;
    }
    let (Some(country), Some(iso)) = (cells.text(Column::Country), cells.text(Column::Iso)) else {
        return Ok((site, Vec::new()));
    };
    let mut chain = PlaceChain::country("acled", country, &whole_text(iso));
    chain.down(cells.text(Column::Admin1), "first-order region");
    if precision != Some(3) {
        chain.down(cells.text(Column::Admin2), "second-order region");
        chain.down(cells.text(Column::Admin3), "third-order region");
        if precision != Some(2) {
            chain.down(cells.text(Column::Location), "place");
        }
    }
    site.place = chain.last;
    Ok((site, chain.registers))
}

/// The number of the killed, as it is stated. ACLED writes 0 both where nobody died and where nobody knows, so that a 0
/// bounds nothing.
fn fatalities(cells: &Cells<'_>) -> Result<Option<Quantity>, RowFault> {
    let Some(number) = cells.number(Column::Fatalities)? else { return Ok(None) };
    let stated = match number {
        0 => Quantity { best: Some(0), ..Quantity::new(Op::Approx, Unit::Person) },
        _ => Quantity { min: Some(number), ..Quantity::new(Op::Exact, Unit::Person) },
    };
    let verbatim = Text::new(&format!("fatalities={number}")).ok();
    Ok(Some(Quantity { outcome: Some(Outcome::Killed), verbatim, ..stated }))
}

/// The civilians that the data set says were aimed at: which side they stand on in the row does not matter.
fn civilians(cells: &Cells<'_>) -> Result<Vec<ActorRef>, RowFault> {
    if cells.text(Column::CivilianTargeting).is_none() {
        return Ok(Vec::new());
    }
    let mut civilians = Vec::new();
    for column in [Column::Actor1, Column::Actor2] {
        if cells.text(column).is_some_and(|name| name.starts_with("Civilians")) {
            civilians.extend(cells.label(column)?.map(ActorRef::Unnamed));
        }
    }
    Ok(civilians)
}

fn summary(cells: &Cells<'_>) -> Result<Text, RowFault> {
    let mut text = cells.needed(Column::EventType)?.to_owned();
    if let Some(sub) = cells.text(Column::SubEventType) {
        text.push_str(": ");
        text.push_str(sub);
    }
    let actors: Vec<&str> =
        [Column::Actor1, Column::Actor2].into_iter().filter_map(|column| cells.text(column)).collect();
    if !actors.is_empty() {
        text.push_str(". Involved: ");
        text.push_str(&actors.join("; "));
    }
    text.push('.');
    cells.joined(Column::EventType, &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_the_ways_that_acled_has_written_them() {
        for words in ["2024-01-31", "31 January 2024", "31-January-2024", "31 Jan 2024"] {
            assert_eq!(day(words).unwrap().to_string(), "2024-01-31", "{words}");
        }
        assert!(day("01/02/2024").is_none() && day("2024-02-31").is_none());
    }

    #[test]
    fn a_week_is_every_week_that_holds_the_day() {
        assert_eq!(week_around(day("2024-01-10").unwrap()), "2024-01-04/2024-01-16");
    }
}
