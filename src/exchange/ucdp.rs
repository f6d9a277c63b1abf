//! The UCDP Georeferenced Event Dataset, as CSV or GeoJSON, gzipped or not.
//!
//! A row is one reported incident (page [`manual::imports`](crate::manual::imports), "UCDP").

mod columns;
mod places;

use std::borrow::Cow;
use std::collections::BTreeMap;

use self::columns::Column;
use super::cells::{self, Columns, label, whole_text};
use super::degrees::micro_degrees;
use super::feature::{Feature, Geometry};
use super::import::{Draft, Format, Opened, Raw, RejectForm, Row, RowFault, Rows, Spot, Unreadable};
use super::items::Items;
use super::table::{CsvTable, Table};
use crate::event::{ActorKind, ActorRegistered, BreachClaim, Event, ViolationReported};
use crate::vocab::{
    ActorId, ActorRef, Attribution, Code, ExternalId, Fault, IncidentId, Lang, Level, Name, Names, Op, Outcome,
    Pointer, Precision, Quantity, Source, Text, Triple, Unit, When, Where, Who, Whole, ZonePolicy,
};

type Cells<'a> = cells::Cells<'a, Column>;

/// The format `ucdp`.
#[derive(Debug, Clone)]
pub struct Ucdp {
    /// The zones that a date may be meant in.
    pub zones: ZonePolicy,
    /// UCDP's numbers of actors that are registered here under other ids.
    pub actors: BTreeMap<String, ActorId>,
}

impl Format for Ucdp {
    fn name(&self) -> &'static str {
        "ucdp"
    }

    fn dataset(&self) -> &'static str {
        "ucdp-ged"
    }

    fn rows(&self, mut opened: Opened) -> Result<Box<dyn Rows + '_>, Unreadable> {
        let start = opened.reader.fill_buf().map_err(|error| Unreadable::from_read(error, Spot::line(1)))?;
        let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
        if start.trim_ascii_start().starts_with(b"{") {
            let cells = vec![String::new(); Column::ALL.len()];
            let at = (0..cells.len()).map(Some).collect();
            return Ok(Box::new(FeatureRows { ucdp: self, features: Items::of_features(opened), cells, at }));
        }
        let table = CsvTable::begin(opened, None)?;
        let at = Column::find(table.header(), Column::NEEDED, "the UCDP GED").map_err(Unreadable::Fault)?;
        Ok(Box::new(TableRows { ucdp: self, table, at }))
    }
}

struct TableRows<'a> {
    ucdp: &'a Ucdp,
    table: CsvTable,
    at: Vec<Option<usize>>,
}

impl Rows for TableRows<'_> {
    fn next_row(&mut self) -> Result<Option<Row>, Unreadable> {
        let Some(step) = self.table.step()? else { return Ok(None) };
        let (table, at) = (&self.table, &self.at);
        let spot = |column: Column| match at.get(column.index()).copied().flatten() {
            Some(index) => table.spot(table.row(), index),
            None => Spot::line(table.row().line),
        };
        let cells = Cells { row: &table.row().cells, at, spot: &spot };
        let id = step.is_ok().then(|| cells.text(Column::Id).map(whole_text)).flatten();
        let drafts = step.and_then(|()| self.ucdp.drafts(&cells));
        Ok(Some(Row { spot: Spot::line(table.row().line), id, drafts }))
    }

    fn locate(&self, _: usize, pointer: &Pointer) -> Spot {
        match column_of(pointer).and_then(|column| self.at.get(column.index()).copied().flatten()) {
            Some(index) => self.table.spot(self.table.row(), index),
            None => Spot::line(self.table.row().line),
        }
    }

    fn verbatim(&self) -> Vec<Raw> {
        vec![self.table.row().raw()]
    }

    fn reject_form(&self) -> RejectForm {
        self.table.reject_form()
    }
}

struct FeatureRows<'a> {
    ucdp: &'a Ucdp,
    features: Items,
    cells: Vec<String>,
    /// Where each column stands: the cells are laid out in the order of the columns.
    at: Vec<Option<usize>>,
}

impl FeatureRows<'_> {
    /// Lays the feature's properties out as cells in the order of the known columns.
    fn lay_out(&mut self) -> Result<(), RowFault> {
        let feature = Feature::read(&self.features)?;
        self.cells.iter_mut().for_each(String::clear);
        for (name, value) in feature.properties {
            if let Some(cell) = Column::named(&name).and_then(|column| self.cells.get_mut(column.index())) {
                *cell = value;
            }
        }
        if let Some(Geometry::Point((lon, lat))) = feature.geometry {
            for (column, value) in [(Column::Longitude, lon), (Column::Latitude, lat)] {
                if let Some(cell) = self.cells.get_mut(column.index()).filter(|cell| cell.is_empty()) {
                    *cell = value;
                }
            }
        }
        Ok(())
    }
}

impl Rows for FeatureRows<'_> {
    fn next_row(&mut self) -> Result<Option<Row>, Unreadable> {
        if !self.features.step()? {
            return Ok(None);
        }
        let laid_out = self.lay_out();
        let spot = self.features.spot().clone();
        if let Err(fault) = laid_out {
            return Ok(Some(Row { spot, id: None, drafts: Err(vec![fault]) }));
        }
        let find = |column: Column| Feature::spot(&self.features, column.name());
        let cells = Cells { row: &self.cells, at: &self.at, spot: &find };
        let id = cells.text(Column::Id).map(whole_text);
        Ok(Some(Row { spot, id, drafts: self.ucdp.drafts(&cells) }))
    }

    fn locate(&self, _: usize, pointer: &Pointer) -> Spot {
        match column_of(pointer) {
            Some(column) => Feature::spot(&self.features, column.name()),
            None => self.features.spot().clone(),
        }
    }

    fn verbatim(&self) -> Vec<Raw> {
        vec![Raw { line: self.features.spot().line, bytes: self.features.item().to_vec() }]
    }

    fn reject_form(&self) -> RejectForm {
        RejectForm::Features
    }
}

/// Which column a member of the report, or of a registered actor, comes from.
fn column_of(pointer: &Pointer) -> Option<Column> {
    let columns = [
        ("/incident", Column::Id),
        ("/when/latest", Column::DateEnd),
        ("/when", Column::DateStart),
        ("/where/lat_e6", Column::Latitude),
        ("/where/lon_e6", Column::Longitude),
        ("/where/ucdp_prec", Column::WherePrec),
        ("/where", Column::WhereCoordinates),
        ("/quantities/0", Column::Best),
        ("/quantities/1", Column::DeathsA),
        ("/quantities/2", Column::DeathsB),
        ("/quantities/3", Column::DeathsCivilians),
        ("/quantities/4", Column::DeathsUnknown),
        ("/attribution", Column::SideA),
        ("/against", Column::SideB),
        ("/summary", Column::DyadName),
    ];
    columns.into_iter().find(|(prefix, _)| pointer.as_str().starts_with(prefix)).map(|(_, column)| column)
}

/// Who keeps the dataset.
const SPEAKER: &str = "UCDP";

/// What the drafts of a row are gathered in.
struct Gathered {
    drafts: Vec<Draft>,
    faults: Vec<RowFault>,
}

impl Gathered {
    /// Keeps what was read, or what is wrong with it.
    fn take<T>(&mut self, read: Result<T, RowFault>) -> Option<T> {
        read.map_err(|fault| self.faults.push(fault)).ok()
    }
}

impl Ucdp {
    fn drafts(&self, cells: &Cells<'_>) -> Result<Vec<Draft>, Vec<RowFault>> {
        let mut gathered = Gathered { drafts: Vec::new(), faults: Vec::new() };
        let report = self.report(cells, &mut gathered);
        match report {
            Some(report) if gathered.faults.is_empty() => {
                let event = Box::new(Event::from(report));
                gathered.drafts.push(Draft::Claim { part: Cow::Borrowed("report"), event });
                Ok(gathered.drafts)
            }
            _ => Err(gathered.faults),
        }
    }

    fn report(&self, cells: &Cells<'_>, gathered: &mut Gathered) -> Option<ViolationReported> {
        let incident = gathered.take(incident(cells));
        let when = gathered.take(self.when(cells));
        let site = gathered.take(site(cells));
        let quantities = quantities(cells, gathered);
        let kind = gathered.take(cells.choice(Column::TypeOfViolence, 3));
        let sides = gathered.take(self.sides(cells, kind.flatten()));
        let speaker = ActorId::new(SPEAKER).ok()?;
        gathered.drafts.push(register(&speaker, ActorKind::Ngo, "Uppsala Conflict Data Program", None)?);
        let (incident, sides) = (incident?, sides?);
        let mut report = ViolationReported::new(incident, Source::speaker(ActorRef::Actor(speaker)));
        report.when = when;
        report.place = site.map(|mut site| {
            let (place, registers) = places::of(cells);
            gathered.drafts.extend(registers);
            site.place = place;
            site
        });
        report.quantities = quantities;
        report.against = sides.hit;
        report.attribution = Some(match sides.accused {
            Some(accused) => {
                Attribution { accused: vec![accused], level: Level::AllegedByThirdParty, share: None, basis: None }
            }
            None => Attribution { accused: Vec::new(), level: Level::NoneStated, share: None, basis: None },
        });
        gathered.drafts.extend(sides.registers);
        report.asserts_breach_of = Some(BreachClaim::NotAsserted);
        report.summary = gathered.take(summary(cells)).flatten();
        report.note = gathered.take(cells.joined(Column::Id, &format!("UCDP GED{}", cells.printed(Column::NOTED))));
        Some(report)
    }

    /// The dates are a calendar's; UCDP states no zone.
    fn when(&self, cells: &Cells<'_>) -> Result<When, RowFault> {
        let start = date(cells.needed(Column::DateStart)?);
        let end = cells.text(Column::DateEnd).map_or(start, date);
        let text = if start == end { Cow::Borrowed(start) } else { Cow::Owned(format!("{start}/{end}")) };
        let mut when = When::from_short(&text, &self.zones, &Pointer::root()).map_err(|fault| {
            let column = if fault.code == Code::TimeOrder { Column::DateEnd } else { Column::DateStart };
            RowFault { spot: cells.spot(column), fault, hint: Some("UCDP writes a date as 2016-01-31".to_owned()) }
        })?;
        let code = cells.choice(Column::DatePrec, 5)?;
        when.precision = match (code, start == end) {
            (Some(4), _) => Precision::Month,
            (Some(5), _) => Precision::Year,
            (Some(3), _) => Precision::Week,
            (_, true) => Precision::Day,
            _ => Precision::Days,
        };
        when.ucdp = code;
        when.verbatim = Text::new(&text).ok();
        Ok(when)
    }

    /// The two sides. Their order says nothing about who did what, except in one-sided violence: there side A is by
    /// definition the one that used force, and side B are the civilians it was used against.
    fn sides(&self, cells: &Cells<'_>, kind: Option<u8>) -> Result<Sides, RowFault> {
        let mut sides = Sides { hit: Vec::new(), accused: None, registers: Vec::new() };
        let a = self.side(cells, Column::SideA, Column::SideAId, &mut sides)?;
        if kind == Some(3) {
            sides.accused = a;
            sides.hit.extend(cells.label(Column::SideB)?.map(ActorRef::Unnamed));
            return Ok(sides);
        }
        let b = self.side(cells, Column::SideB, Column::SideBId, &mut sides)?;
        for (side, deaths) in [(a, Column::DeathsA), (b, Column::DeathsB)] {
            if cells.number(deaths)?.is_some_and(|number| number > 0) {
                sides.hit.extend(side);
            }
        }
        Ok(sides)
    }

    fn side(
        &self,
        cells: &Cells<'_>,
        name: Column,
        id: Column,
        sides: &mut Sides,
    ) -> Result<Option<ActorRef>, RowFault> {
        let Some(name_text) = cells.text(name) else { return Ok(None) };
        let Some(number) = cells.text(id).map(whole_text) else {
            return Ok(cells.label(name)?.map(ActorRef::Unnamed));
        };
        if let Some(actor) = self.actors.get(&number) {
            return Ok(Some(ActorRef::Actor(actor.clone())));
        }
        let bad = |error: String| RowFault::new(cells.spot(id), Code::BadCell, error);
        let actor = ActorId::new(&format!("ucdp-{number}")).map_err(|error| bad(error.to_string()))?;
        let kind = if name_text.starts_with("Government of ") { ActorKind::State } else { ActorKind::ArmedGroup };
        let draft = register(&actor, kind, name_text, Some(&number));
        sides.registers.extend(Some(draft.ok_or_else(|| bad(format!("`{name_text}` cannot stand as a name")))?));
        Ok(Some(ActorRef::Actor(actor)))
    }
}

struct Sides {
    hit: Vec<ActorRef>,
    accused: Option<ActorRef>,
    registers: Vec<Draft>,
}

fn register(actor: &ActorId, kind: ActorKind, name: &str, number: Option<&str>) -> Option<Draft> {
    let names = Names::new(vec![Name { lang: Lang::new("en").ok()?, text: label(name)? }]);
    let external = number.map(|number| Some(ExternalId { scheme: label("ucdp")?, id: label(number)? }));
    let external = external.flatten().into_iter().collect();
    let event = ActorRegistered { actor: actor.clone(), kind, names, external, note: None };
    Some(Draft::Register(Box::new(event.into())))
}

fn incident(cells: &Cells<'_>) -> Result<IncidentId, RowFault> {
    let number = whole_text(cells.needed(Column::Id)?);
    IncidentId::new(&format!("ucdp-{number}")).map_err(|error| {
        let fault = Fault::new(Code::BadId, Pointer::root(), error.to_string());
        RowFault { spot: cells.spot(Column::Id), fault, hint: None }
    })
}

fn site(cells: &Cells<'_>) -> Result<Where, RowFault> {
    let words = match cells.words(Column::WhereDescription)? {
        Some(words) => Some(words),
        None => cells.words(Column::WhereCoordinates)?,
    };
    for name in [Column::Country, Column::Adm1, Column::Adm2, Column::WhereCoordinates] {
        cells.label(name)?;
    }
    let degrees = |column: Column| {
        let read = |text: &str| {
            let what = format!("`{text}` is not decimal degrees");
            micro_degrees(text).ok_or_else(|| RowFault::new(cells.spot(column), Code::BadCell, what))
        };
        cells.text(column).map(read).transpose()
    };
    Ok(Where {
        verbatim: words,
        lat_e6: degrees(Column::Latitude)?,
        lon_e6: degrees(Column::Longitude)?,
        ucdp_prec: cells.choice(Column::WherePrec, 7)?,
        ..Where::default()
    })
}

/// The published triple, as it is printed; then the parts of the best estimate, by side.
fn quantities(cells: &Cells<'_>, gathered: &mut Gathered) -> Vec<Quantity> {
    let mut number = |column: Column| gathered.take(cells.needed_number(column));
    let (low, best, high) = (number(Column::Low), number(Column::Best), number(Column::High));
    let (Some(low), Some(best), Some(high)) = (low, best, high) else { return Vec::new() };
    let mut all = vec![Quantity {
        triple: Some(Triple { low, best, high }),
        outcome: Some(Outcome::Killed),
        verbatim: Text::new(&format!("low={low} best={best} high={high}")).ok(),
        ..Quantity::new(Op::Range, Unit::Person)
    }];
    let parts = [
        (Column::DeathsA, Some(Column::SideA), None),
        (Column::DeathsB, Some(Column::SideB), None),
        (Column::DeathsCivilians, None, Some(Who::Civilian)),
        (Column::DeathsUnknown, None, Some(Who::Unknown)),
    ];
    for (column, owner, who) in parts {
        let Some(Some(number)) = gathered.take(cells.number(column)) else { continue };
        all.push(Quantity {
            best: Some(number),
            outcome: Some(Outcome::Killed),
            who,
            subset_of: Some(Whole::Quantity(0)),
            owner: owner.and_then(|owner| gathered.take(cells.label(owner)).flatten()),
            ..Quantity::new(Op::Approx, Unit::Person)
        });
    }
    all
}

fn summary(cells: &Cells<'_>) -> Result<Option<Text>, RowFault> {
    let (conflict, dyad) = (cells.text(Column::ConflictName), cells.text(Column::DyadName));
    let text = match (conflict, dyad) {
        (Some(conflict), Some(dyad)) if conflict != dyad => format!("{conflict}. {dyad}."),
        (Some(one), _) | (None, Some(one)) => format!("{one}."),
        (None, None) => return Ok(None),
    };
    cells.joined(Column::DyadName, &text).map(Some)
}

/// A date without the midnight that some releases print behind it.
fn date(text: &str) -> &str {
    match text.split_at_checked(10) {
        Some((date, rest))
            if rest.starts_with(['T', ' ']) && rest.trim_matches(['T', ' ', '0', ':', '.']).is_empty() =>
        {
            date
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_every_release_read_alike() {
        assert_eq!(date("2009-02-20T00:00:00"), "2009-02-20");
        assert_eq!(date("2009-02-20 00:00:00.000"), "2009-02-20");
        assert_eq!(date("2009-02-20"), "2009-02-20");
        assert_eq!(date("2009-02-20T12:00:00"), "2009-02-20T12:00:00");
    }
}
