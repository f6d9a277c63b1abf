//! Comma-separated rows, each with its place and its bytes.

use std::io::{self, BufRead, Read};

use csv::{ByteRecord, ReaderBuilder};

use super::{COLUMNS_MAX, Layout, Table, TableRow};
use crate::exchange::import::rejects::REASON_COLUMNS;
use crate::exchange::import::{Opened, RejectForm, RowFault, Spot, TooLong, Unreadable};
use crate::vocab::Code;

/// The longest row, in bytes.
const ROW_MAX_BYTES: usize = 1024 * 1024;
/// Of so many cells that are not UTF-8 the place is told, of further ones not: each is looked for from the row's beginning.
const NOT_UTF8_TOLD: usize = 20;
/// How much of what was read is kept before old bytes are let go.
const KEPT_BYTES: usize = 256 * 1024;

/// A CSV file: a header line, then a row a line, a quoted cell possibly over several.
pub(crate) struct CsvTable {
    reader: csv::Reader<Kept<Box<dyn BufRead + Send>>>,
    delimiter: u8,
    header: Vec<String>,
    header_bytes: Vec<u8>,
    /// Columns at the beginning that say why a row was refused, and are skipped.
    skipped: usize,
    record: ByteRecord,
    /// The line that the next byte to look at stands in.
    next_line: u64,
    row: TableRow,
}

/// What is read, with a copy of the last bytes: the rows as they stand in the file.
struct Kept<R> {
    source: R,
    bytes: Vec<u8>,
    /// The offset in the file of the first byte kept.
    from: u64,
    /// The offset at which the row being read begins.
    row_from: u64,
    /// The end of the file was met.
    ended: bool,
}

impl<R: Read> Read for Kept<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let of_row = (self.from + self.bytes.len() as u64).saturating_sub(self.row_from);
        if of_row > (ROW_MAX_BYTES + buffer.len()) as u64 {
            return Err(TooLong(ROW_MAX_BYTES).into_io());
        }
        let read = self.source.read(buffer)?;
        self.ended = read == 0 && !buffer.is_empty();
        self.bytes.extend_from_slice(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

impl<R> Kept<R> {
    /// Gives the bytes between two offsets, and lets old ones go.
    fn take(&mut self, from: u64, to: u64, into: &mut Vec<u8>) {
        let at = |offset: u64| usize::try_from(offset.saturating_sub(self.from)).unwrap_or(usize::MAX);
        into.clear();
        into.extend_from_slice(self.bytes.get(at(from)..at(to)).unwrap_or_default());
        let done = at(to);
        self.row_from = to;
        if done > KEPT_BYTES {
            self.bytes.drain(..done.min(self.bytes.len()));
            self.from = to;
        }
    }
}

impl CsvTable {
    /// Begins to read and takes the header. Cells are parted by a comma, a semicolon or a tab: by whichever the header
    /// has most of, unless it is said.
    pub(crate) fn begin(opened: Opened, delimiter: Option<u8>) -> Result<Self, Unreadable> {
        let mut source = opened.reader;
        let start = source.fill_buf().map_err(|error| Unreadable::from_read(error, Spot::line(1)))?;
        check_kind(start)?;
        let mark = if start.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let delimiter = delimiter.unwrap_or_else(|| sniff(start.get(mark..).unwrap_or_default()));
        source.consume(mark);
        let kept = Kept { source, bytes: Vec::new(), from: 0, row_from: 0, ended: false };
        let mut builder = ReaderBuilder::new();
        builder.delimiter(delimiter).flexible(true).has_headers(false).buffer_capacity(64 * 1024);
        let mut table = Self {
            reader: builder.from_reader(kept),
            delimiter,
            header: Vec::new(),
            header_bytes: Vec::new(),
            skipped: 0,
            record: ByteRecord::new(),
            next_line: 1,
            row: TableRow { layout: Layout::Parted { delimiter, before: 0 }, ..TableRow::default() },
        };
        table.take_header()?;
        Ok(table)
    }

    fn take_header(&mut self) -> Result<(), Unreadable> {
        if !self.read()? {
            return Err(RowFault::new(Spot::line(1), Code::BadHeader, "the file is empty").into());
        }
        if self.record.len() > COLUMNS_MAX {
            let what = format!("the header names {} columns, the most is {COLUMNS_MAX}", self.record.len());
            return Err(RowFault::new(Spot::line(self.row.line), Code::RowTooLong, what).into());
        }
        let mut names = Vec::with_capacity(self.record.len());
        for (index, name) in self.record.iter().enumerate() {
            let name = std::str::from_utf8(name).map_err(|_| self.not_utf8(index))?;
            names.push(name.trim().to_owned());
        }
        self.skipped = if names.iter().map(String::as_str).take(3).eq(REASON_COLUMNS) { 3 } else { 0 };
        self.leave_out_skipped();
        names.drain(..self.skipped);
        if let Some(index) = super::twice_named(&names) {
            let name = names.get(index).map_or("", String::as_str);
            let fault =
                RowFault::new(self.cell_spot(index, 0), Code::BadHeader, format!("two columns are called `{name}`"));
            return Err(fault.hinting("give each column a name of its own").into());
        }
        self.header = names;
        self.header_bytes = self.row.bytes.clone();
        self.row.cells = vec![String::new(); self.header.len()];
        Ok(())
    }

    /// Reads a record and its bytes; `false` at the end.
    fn read(&mut self) -> Result<bool, Unreadable> {
        let from = self.reader.position().byte();
        let spot = Spot::line(self.next_line);
        let more = self.reader.read_byte_record(&mut self.record).map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(error) => Unreadable::from_read(error, spot.clone()),
            other => Unreadable::Io(io::Error::other(format!("{other:?}"))),
        })?;
        let to = self.reader.position().byte();
        let mut row = std::mem::take(&mut self.row.bytes);
        self.reader.get_mut().take(from, to, &mut row);
        let blank = row.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let before = lines_in(row.get(..blank).unwrap_or_default());
        self.row.line = self.next_line + before;
        self.next_line += lines_in(&row);
        row.drain(..blank);
        while matches!(row.last(), Some(b'\r' | b'\n')) {
            row.pop();
        }
        self.row.bytes = row;
        if more && self.reader.get_ref().ended && self.open_quote() {
            let what = "a quote opened in this row is never closed";
            return Err(RowFault::new(Spot::line(self.row.line), Code::RowTooLong, what).into());
        }
        self.leave_out_skipped();
        Ok(more)
    }

    /// Cuts off the columns that say why a row was refused before.
    fn leave_out_skipped(&mut self) {
        if self.skipped == 0 {
            return;
        }
        let from = cell_offset(&self.row.bytes, self.delimiter, self.skipped);
        let before = self.row.spot_at(from, 1);
        let before = if before.line == self.row.line { before.column.unwrap_or(1) - 1 } else { 0 };
        self.row.bytes.drain(..from);
        self.row.layout = Layout::Parted { delimiter: self.delimiter, before };
    }

    /// Tells whether a cell that begins with a quote goes on to the end of the row.
    fn open_quote(&self) -> bool {
        let (mut quoted, mut may_open) = (false, true);
        for byte in &self.row.bytes {
            // A quote opens a cell at its beginning, and again right after it closed it: that is a doubled quote.
            let quote = *byte == b'"' && (quoted || may_open);
            may_open = (quote && quoted) || (*byte == self.delimiter && !quoted);
            quoted ^= quote;
        }
        quoted
    }

    /// Where a cell of the row begins, or a byte within it.
    fn cell_spot(&self, index: usize, bytes_in: usize) -> Spot {
        let at = cell_offset(&self.row.bytes, self.delimiter, index) + bytes_in;
        let before = if let Layout::Parted { before, .. } = self.row.layout { before } else { 0 };
        Spot { field: self.header.get(index).cloned(), ..self.row.spot_at(at, before + 1) }
    }

    /// Says which byte of a cell, counted with the skipped ones, is not UTF-8.
    fn not_utf8(&self, index: usize) -> RowFault {
        let cell = self.record.get(index).unwrap_or_default();
        let good = std::str::from_utf8(cell).map_or_else(|error| error.valid_up_to(), str::len);
        let index = index.saturating_sub(self.skipped);
        let offset = cell_offset(&self.row.bytes, self.delimiter, index);
        let quote = usize::from(self.row.bytes.get(offset) == Some(&b'"'));
        let byte = cell.get(good).copied().unwrap_or_default();
        let what = format!("the byte 0x{byte:02X} is not UTF-8");
        RowFault::new(self.cell_spot(index, good + quote), Code::NotUtf8, what).hinting(
            "the file looks like Windows-1252 or another old encoding: save it as UTF-8 (iconv -f WINDOWS-1252 -t UTF-8)",
        )
    }

    fn ragged(&self) -> Option<RowFault> {
        let (found, wanted) = (self.record.len(), self.header.len() + self.skipped);
        if found == wanted {
            return None;
        }
        let (found, wanted) = (found.saturating_sub(self.skipped), self.header.len());
        let what = format!("the row has {found} cells, the header {wanted}");
        let spot = if found > wanted { self.cell_spot(wanted, 0) } else { Spot::line(self.row.line) };
        Some(RowFault::new(spot, Code::RaggedRow, what))
    }

    fn take_cells(&mut self) -> Result<(), Vec<RowFault>> {
        let mut faults: Vec<RowFault> = self.ragged().into_iter().collect();
        let mut bad = Vec::new();
        for (index, to) in self.row.cells.iter_mut().enumerate() {
            to.clear();
            match std::str::from_utf8(self.record.get(index + self.skipped).unwrap_or_default()) {
                Ok(text) => to.push_str(text),
                Err(_) => bad.push(index + self.skipped),
            }
        }
        faults.extend(bad.into_iter().take(NOT_UTF8_TOLD).map(|index| self.not_utf8(index)));
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

impl Table for CsvTable {
    fn header(&self) -> &[String] {
        &self.header
    }

    fn step(&mut self) -> Result<Option<Result<(), Vec<RowFault>>>, Unreadable> {
        Ok(if self.read()? { Some(self.take_cells()) } else { None })
    }

    fn row(&self) -> &TableRow {
        &self.row
    }

    fn reject_form(&self) -> RejectForm {
        RejectForm::Csv { header: self.header_bytes.clone(), delimiter: self.delimiter }
    }
}

/// Refuses what is plainly no CSV, with what it seems to be.
fn check_kind(start: &[u8]) -> Result<(), Unreadable> {
    let (what, hint) = if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") {
        ("the file is UTF-16", "save it as UTF-8: in a spreadsheet program, \"CSV UTF-8\"")
    } else if start.starts_with(b"PK\x03\x04") {
        ("the file is a spreadsheet or another zip archive", "use the format xlsx, or save the sheet as CSV")
    } else if start.contains(&0) {
        ("the file holds zero bytes; it is no text", "check that this is the file you mean")
    } else {
        return Ok(());
    };
    Err(RowFault::new(Spot { column: Some(1), ..Spot::line(1) }, Code::NotUtf8, what).hinting(hint).into())
}

/// Chooses what parts the cells by what the first line has most of.
fn sniff(start: &[u8]) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0)];
    for byte in start {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            byte if !quoted => {
                if let Some((_, count)) = counts.iter_mut().find(|(delimiter, _)| delimiter == byte) {
                    *count += 1;
                }
            }
            _ => {}
        }
    }
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(delimiter, _)| delimiter)
}

/// Gives how many bytes into a row a cell begins, its quote included.
pub(super) fn cell_offset(row: &[u8], delimiter: u8, index: usize) -> usize {
    if index == 0 {
        return 0;
    }
    let (mut quoted, mut seen) = (false, 0);
    for (at, byte) in row.iter().enumerate() {
        if *byte == b'"' {
            quoted = !quoted;
        } else if *byte == delimiter && !quoted {
            seen += 1;
            if seen == index {
                return at + 1;
            }
        }
    }
    row.len()
}

fn lines_in(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(bytes: &[u8]) -> Result<CsvTable, Unreadable> {
        let reader = Box::new(io::Cursor::new(bytes.to_vec()));
        CsvTable::begin(Opened { reader, gzipped: false }, None)
    }

    fn fault(error: Unreadable) -> RowFault {
        match error {
            Unreadable::Fault(fault) => fault,
            Unreadable::Io(error) => panic!("{error}"),
        }
    }

    fn place(fault: &RowFault) -> (u64, Option<u64>, Code) {
        (fault.spot.line, fault.spot.column, fault.fault.code)
    }

    #[test]
    fn of_a_row_that_is_no_text_at_all_the_first_cells_are_told_alone() {
        let header: Vec<String> = (0..500).map(|column| format!("c{column}")).collect();
        let mut bytes = format!("{}\n", header.join(",")).into_bytes();
        bytes.extend(vec![b"\xff".as_slice(); 500].join(&b','));
        let mut table = table(&bytes).unwrap();
        let faults = table.step().unwrap().unwrap().unwrap_err();
        assert_eq!(faults.len(), NOT_UTF8_TOLD);
        assert!(faults.iter().zip(0_u64..).all(|(fault, at)| place(fault) == (2, Some(2 * at + 1), Code::NotUtf8)));
    }

    #[test]
    fn cells_have_their_line_and_column_also_after_quotes_and_blank_lines() {
        let mut table = table("\u{feff}a;b;c\r\n\r\n1;\"x;\r\ny\";Gəncə\r\n2;;z".as_bytes()).unwrap();
        assert_eq!(table.header(), ["a", "b", "c"]);
        assert!(table.step().unwrap().unwrap().is_ok());
        assert_eq!(table.row().cells, ["1", "x;\r\ny", "Gəncə"]);
        assert_eq!(table.row().line, 3);
        let spot = table.spot(table.row(), 2);
        assert_eq!((spot.line, spot.column, spot.field.as_deref()), (4, Some(4), Some("c")));
        assert_eq!(table.row().bytes, ("1;\"x;\r\ny\";Gəncə".as_bytes()));
        assert!(table.step().unwrap().unwrap().is_ok());
        assert_eq!((table.row().line, table.row().cells.join("|").as_str()), (5, "2||z"));
        assert!(table.step().unwrap().is_none());
    }

    #[test]
    fn a_ragged_row_is_named_and_the_next_one_is_read() {
        let mut table = table(b"a,b\n1\n1,2,3\n4,5\n").unwrap();
        let short = table.step().unwrap().unwrap().unwrap_err();
        assert_eq!(place(&short[0]), (2, None, Code::RaggedRow));
        let long = table.step().unwrap().unwrap().unwrap_err();
        assert_eq!(place(&long[0]), (3, Some(5), Code::RaggedRow));
        assert!(table.step().unwrap().unwrap().is_ok());
    }

    #[test]
    fn a_byte_of_another_encoding_is_named_where_it_stands() {
        let mut table = table(b"place,n\n\"K\xf6ln\",1\n").unwrap();
        let faults = table.step().unwrap().unwrap().unwrap_err();
        assert_eq!(place(&faults[0]), (2, Some(3), Code::NotUtf8));
        assert!(faults[0].hint.as_ref().unwrap().contains("UTF-8"));
    }

    #[test]
    fn a_file_of_another_kind_is_refused_with_what_it_is() {
        for (bytes, word) in
            [(&b"\xff\xfea\0,\0b\0"[..], "UTF-16"), (b"PK\x03\x04....", "spreadsheet"), (b"a\0b", "zero")]
        {
            let fault = fault(table(bytes).err().unwrap());
            assert!(fault.fault.what.contains(word), "{}", fault.fault.what);
        }
    }

    #[test]
    fn a_header_of_a_million_columns_is_refused() {
        let many = fault(table(&b",".repeat(1_000_000)).err().unwrap());
        assert_eq!(place(&many), (1, None, Code::RowTooLong));
        assert!(many.fault.what.contains("1000001 columns"), "{}", many.fault.what);
        let named = (0..1_000_000).map(|number| format!("column{number}")).collect::<Vec<_>>().join(",");
        let long = fault(table(named.as_bytes()).err().unwrap());
        assert_eq!(place(&long), (1, None, Code::RowTooLong));
    }

    #[test]
    fn a_quote_that_is_never_closed_is_said_where_it_was_opened() {
        let mut short = table(b"a,b\n1,2\n3,\"4\n5,6\n").unwrap();
        assert!(short.step().unwrap().unwrap().is_ok());
        assert_eq!(place(&fault(short.step().unwrap_err())), (3, None, Code::RowTooLong));
        let mut text = b"a,b\n1,\"".to_vec();
        text.extend(b"x\n".repeat(1_000_000));
        let mut long = table(&text).unwrap();
        assert_eq!(place(&fault(long.step().unwrap_err())), (2, None, Code::RowTooLong));
    }

    #[test]
    fn columns_that_say_why_a_row_was_refused_are_skipped() {
        let mut table = table(b"rejected:line,rejected:code,rejected:reason,a,b\n7,CF0707,\"x, y\",1,2\n").unwrap();
        assert_eq!(table.header(), ["a", "b"]);
        assert!(table.step().unwrap().unwrap().is_ok());
        assert_eq!(table.row().cells, ["1", "2"]);
        assert_eq!(table.spot(table.row(), 1).column, Some(19));
        assert_eq!(table.row().bytes, b"1,2");
    }

    #[test]
    fn many_rows_go_through_with_their_own_bytes() {
        let text: String = std::iter::once("a,b\n".to_owned())
            .chain((0..20_000).map(|number| format!("{number},\"{}\"\n", "x".repeat(number % 90))))
            .collect();
        let mut table = table(text.as_bytes()).unwrap();
        for (number, line) in text.lines().skip(1).enumerate() {
            assert!(table.step().unwrap().unwrap().is_ok());
            assert_eq!(table.row().bytes, line.as_bytes());
            assert_eq!(table.row().line, number as u64 + 2);
        }
        assert!(table.step().unwrap().is_none());
    }
}
