//! A sheet of an .xlsx workbook as a table.
//!
//! The archive is unpacked once without keeping anything, to see how large it is; only then are its cells read, one at
//! a time, into a file that vanishes with the program. So a small file that unpacks into a huge one is refused before it
//! fills memory or disk.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use calamine::{DataRef, ExcelDateTime, Reader, Xlsx};
use serde::{Deserialize, Serialize};

use super::{COLUMNS_MAX, Layout, Table, TableRow};
use crate::exchange::import::{Opened, RejectForm, RowFault, Spot, Unreadable};
use crate::vocab::Code;

/// The largest workbook that is read, packed, in bytes.
const PACKED_MAX_BYTES: u64 = 512 * 1024 * 1024;
/// The most that it may unpack to, in bytes.
const UNPACKED_MAX_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// The most that its shared texts may unpack to, in bytes: they are held in memory.
const SHARED_TEXTS_MAX_BYTES: u64 = 128 * 1024 * 1024;
/// Beyond this many bytes a part may not unpack to more than so many times its packed size.
const RATIO_FROM_BYTES: u64 = 32 * 1024 * 1024;
const RATIO_MAX: u64 = 250;

/// A sheet, its cells laid aside row by row.
pub(crate) struct SheetTable {
    lines: io::Lines<BufReader<File>>,
    header: Vec<String>,
    row: TableRow,
}

/// A row as it is laid aside.
#[derive(Serialize, Deserialize, Default)]
struct LaidAside {
    number: u64,
    cells: Vec<String>,
    formulas: Vec<usize>,
}

impl SheetTable {
    /// Unpacks a sheet: the named one, else the first. Its first row that holds anything is the header.
    pub(crate) fn begin(opened: Opened, sheet: Option<&str>) -> Result<Self, Unreadable> {
        let packed = lay_down(opened)?;
        weigh(&packed)?;
        let mut lines = BufReader::new(lay_aside(packed, sheet)?).lines();
        let Some(first) = next_row(&mut lines)? else {
            return Err(RowFault::new(Spot::line(1), Code::BadHeader, "the sheet is empty").into());
        };
        let header: Vec<String> = first.cells.iter().map(|name| name.trim().to_owned()).collect();
        if let Some(index) = super::twice_named(&header) {
            let name = header.get(index).cloned();
            let what = format!("two columns are called `{}`", name.as_deref().unwrap_or_default());
            let spot = Spot { column: Some(index as u64 + 1), field: name, ..Spot::line(first.number) };
            return Err(RowFault::new(spot, Code::BadHeader, what)
                .hinting("give each column a name of its own")
                .into());
        }
        Ok(Self { lines, header, row: TableRow { layout: Layout::Sheet, ..TableRow::default() } })
    }
}

impl Table for SheetTable {
    fn header(&self) -> &[String] {
        &self.header
    }

    fn step(&mut self) -> Result<Option<Result<(), Vec<RowFault>>>, Unreadable> {
        let Some(LaidAside { number, mut cells, formulas }) = next_row(&mut self.lines)? else { return Ok(None) };
        let surplus = cells.len().checked_sub(self.header.len() + 1).map(|_| self.header.len());
        self.row.bytes = csv_line(&cells);
        cells.resize(self.header.len(), String::new());
        self.row.line = number;
        self.row.cells = cells;
        self.row.formulas = formulas;
        Ok(Some(match surplus {
            None => Ok(()),
            Some(column) => {
                let spot = Spot { column: Some(column as u64 + 1), ..Spot::line(number) };
                let what = format!("a cell stands beyond the {} columns of the header", self.header.len());
                Err(vec![
                    RowFault::new(spot, Code::RaggedRow, what).hinting("give the column a name, or empty the cell"),
                ])
            }
        }))
    }

    fn row(&self) -> &TableRow {
        &self.row
    }

    /// Refused rows of a sheet are kept as CSV, which the same mapping reads.
    fn reject_form(&self) -> RejectForm {
        RejectForm::Csv { header: csv_line(&self.header), delimiter: b',' }
    }
}

fn next_row(lines: &mut io::Lines<BufReader<File>>) -> Result<Option<LaidAside>, Unreadable> {
    let Some(line) = lines.next().transpose()? else { return Ok(None) };
    serde_json::from_str(&line).map(Some).map_err(|error| Unreadable::Io(io::Error::other(error)))
}

fn csv_line(cells: &[String]) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(Vec::new());
    let written = writer.write_record(cells).is_ok();
    let mut line = writer.into_inner().ok().filter(|_| written).unwrap_or_default();
    line.pop();
    line
}

/// Puts the packed bytes where they can be read in any order.
fn lay_down(opened: Opened) -> Result<File, Unreadable> {
    let mut reader = opened.reader;
    let start = reader.fill_buf().map_err(|error| Unreadable::from_read(error, Spot::line(1)))?;
    if !start.starts_with(b"PK\x03\x04") {
        let old = start.starts_with(b"\xd0\xcf\x11\xe0");
        let what = if old {
            "the file is a workbook of the old kind, or has a password"
        } else {
            "the file is no .xlsx workbook"
        };
        let hint = if old { "save it as .xlsx without a password" } else { "for a text file use the format csv" };
        return Err(RowFault::new(Spot::line(1), Code::BadWorkbook, what).hinting(hint).into());
    }
    let mut file = tempfile::tempfile()?;
    let copied = io::copy(&mut reader.take(PACKED_MAX_BYTES + 1), &mut file)?;
    if copied > PACKED_MAX_BYTES {
        return Err(too_large("the workbook is larger than 512 MiB"));
    }
    Ok(file)
}

fn too_large(what: impl Into<String>) -> Unreadable {
    RowFault::new(Spot::line(1), Code::WorkbookTooLarge, what).into()
}

fn bad(error: impl std::fmt::Display) -> Unreadable {
    RowFault::new(Spot::line(1), Code::BadWorkbook, format!("the workbook cannot be read: {error}")).into()
}

/// Unpacks every part without keeping it. What the archive says of its own sizes is not believed.
fn weigh(packed: &File) -> Result<(), Unreadable> {
    let mut archive = zip::ZipArchive::new(BufReader::new(packed.try_clone()?)).map_err(bad)?;
    let (mut total, mut buffer) = (0_u64, vec![0; 64 * 1024]);
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).map_err(bad)?;
        let (name, size) = (part.name().map_err(bad)?.into_owned(), part.compressed_size().max(1));
        let mut unpacked = 0_u64;
        loop {
            let read = part.read(&mut buffer).map_err(bad)?;
            if read == 0 {
                break;
            }
            unpacked += read as u64;
            total += read as u64;
            if unpacked > RATIO_FROM_BYTES && unpacked / size > RATIO_MAX {
                return Err(too_large(format!("`{name}` unpacks to more than {RATIO_MAX} times its size")));
            }
            if name.ends_with("sharedStrings.xml") && unpacked > SHARED_TEXTS_MAX_BYTES {
                return Err(too_large("the texts of the workbook unpack to more than 128 MiB"));
            }
            if total > UNPACKED_MAX_BYTES {
                return Err(too_large("the workbook unpacks to more than 2 GiB"));
            }
        }
    }
    Ok(())
}

/// Reads the cells of a sheet in their order and lays each row aside as a line.
fn lay_aside(mut packed: File, sheet: Option<&str>) -> Result<File, Unreadable> {
    packed.seek(SeekFrom::Start(0))?;
    let mut workbook = Xlsx::new(BufReader::new(packed)).map_err(bad)?;
    let names = workbook.sheet_names();
    let name = match sheet {
        Some(name) if names.iter().any(|known| known == name) => name.to_owned(),
        Some(name) => {
            let what = format!("there is no sheet `{name}`");
            let hint = format!("the sheets are: {}", names.join(", "));
            return Err(RowFault::new(Spot::line(1), Code::BadWorkbook, what).hinting(hint).into());
        }
        None => names.into_iter().next().ok_or_else(|| bad("it has no sheet"))?,
    };
    let mut cells = workbook.worksheet_cells_reader(&name).map_err(bad)?;
    let mut aside = BufWriter::new(tempfile::tempfile()?);
    let mut row = LaidAside::default();
    while let Some(cell) = cells.next_cell_with_formula().map_err(bad)? {
        let (line, column) = (u64::from(cell.pos.0) + 1, usize::try_from(cell.pos.1).unwrap_or(usize::MAX));
        if column >= COLUMNS_MAX {
            let spot = Spot { column: Some(column as u64 + 1), ..Spot::line(line) };
            return Err(
                RowFault::new(spot, Code::RowTooLong, format!("a sheet has {COLUMNS_MAX} columns at most")).into()
            );
        }
        if line < row.number {
            return Err(bad(format!("row {line} stands after row {}", row.number)));
        }
        if line != row.number {
            write_row(&row, &mut aside)?;
            row = LaidAside { number: line, ..LaidAside::default() };
        }
        let text = as_text(&cell.value);
        if text.is_empty() && cell.formula.is_none() {
            continue;
        }
        if row.cells.len() <= column {
            row.cells.resize(column + 1, String::new());
        }
        if let Some(place) = row.cells.get_mut(column) {
            *place = text;
        }
        if cell.formula.is_some() {
            row.formulas.push(column);
        }
    }
    write_row(&row, &mut aside)?;
    let mut file = aside.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}

fn write_row(row: &LaidAside, aside: &mut BufWriter<File>) -> Result<(), Unreadable> {
    if row.cells.iter().all(|cell| cell.trim().is_empty()) && row.formulas.is_empty() {
        return Ok(());
    }
    serde_json::to_writer(&mut *aside, row).map_err(|error| Unreadable::Io(io::Error::other(error)))?;
    aside.write_all(b"\n")?;
    Ok(())
}

/// A cell as text: whole numbers without a fraction, dates as ISO 8601, errors as the sheet shows them.
fn as_text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => decimal(*number),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(flag) => flag.to_string(),
        DataRef::DateTime(time) => moment(*time),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(error) => error.to_string(),
    }
}

fn decimal(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 { format!("{number:.0}") } else { number.to_string() }
}

fn moment(time: ExcelDateTime) -> String {
    if time.is_duration() {
        return decimal(time.as_f64());
    }
    let (year, month, day, hour, minute, second, milli) = time.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    match (hour, minute, second, milli) {
        (0, 0, 0, 0) => date,
        (_, _, 0, 0) => format!("{date}T{hour:02}:{minute:02}"),
        (.., 0) => format!("{date}T{hour:02}:{minute:02}:{second:02}"),
        _ => format!("{date}T{hour:02}:{minute:02}:{second:02}.{milli:03}"),
    }
}
