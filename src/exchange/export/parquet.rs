//! Incidents as Parquet: the columns of the dictionary, each optional, in groups of rows.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;

use super::cell::{Cell, degrees};
use super::columns::{COLUMNS, Column, ColumnKind};
use super::incidents::{ExportError, Incidents};

/// How many incidents make a group of rows; so many are held at a time.
const GROUP_ROWS: usize = 8_192;

/// Writes incidents as Parquet, uncompressed: lists as text with `; ` between, times as RFC 3339 text. Gives how many there
/// are. No text is changed: nothing here runs formulas.
///
/// # Errors
/// [`ExportError`].
pub fn incidents_parquet<W: Write + Send>(incidents: &Incidents<'_>, out: W) -> Result<u64, ExportError> {
    let properties = Arc::new(WriterProperties::builder().build());
    let mut writer = SerializedFileWriter::new(out, schema()?, properties).map_err(failed)?;
    let mut group: Vec<Vec<Cell>> = Vec::with_capacity(GROUP_ROWS);
    let rows = incidents.each(&mut |incident| {
        group.push(COLUMNS.iter().map(|column| column.cell(incident)).collect());
        if group.len() >= GROUP_ROWS {
            write_group(&mut writer, &group)?;
            group.clear();
        }
        Ok(())
    })?;
    if !group.is_empty() {
        write_group(&mut writer, &group)?;
    }
    writer.close().map_err(failed)?;
    Ok(rows)
}

fn schema() -> Result<Arc<Type>, ExportError> {
    let fields: Result<Vec<_>, _> = COLUMNS.iter().map(|column| field(column).map(Arc::new)).collect();
    let schema = Type::group_type_builder("incident").with_fields(fields.map_err(failed)?).build();
    schema.map(Arc::new).map_err(failed)
}

fn field(column: &Column) -> Result<Type, ParquetError> {
    let (physical, logical) = match column.kind {
        ColumnKind::Whole => (Physical::INT64, None),
        ColumnKind::Degrees => (Physical::DOUBLE, None),
        ColumnKind::Text | ColumnKind::List | ColumnKind::Time => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
    };
    let builder = Type::primitive_type_builder(column.name, physical).with_repetition(Repetition::OPTIONAL);
    builder.with_logical_type(logical).build()
}

fn write_group<W: Write + Send>(writer: &mut SerializedFileWriter<W>, group: &[Vec<Cell>]) -> Result<(), ExportError> {
    let mut rows = writer.next_row_group().map_err(failed)?;
    for (number, column) in COLUMNS.iter().enumerate() {
        let Some(mut out) = rows.next_column().map_err(failed)? else { break };
        let cells: Vec<&Cell> = group.iter().filter_map(|row| row.get(number)).collect();
        write_column(&mut out, column.kind, &cells).map_err(failed)?;
        out.close().map_err(failed)?;
    }
    rows.close().map(drop).map_err(failed)
}

fn write_column(out: &mut SerializedColumnWriter<'_>, kind: ColumnKind, cells: &[&Cell]) -> Result<(), ParquetError> {
    let there: Vec<i16> = cells.iter().map(|cell| i16::from(**cell != Cell::Blank)).collect();
    let given = cells.iter().filter(|cell| ***cell != Cell::Blank);
    match kind {
        ColumnKind::Whole => {
            let whole =
                |cell: &&&Cell| if let Cell::Whole(number) = **cell { i64::try_from(*number).ok() } else { None };
            let values: Vec<i64> = given.map(|cell| whole(&cell).unwrap_or(i64::MAX)).collect();
            out.typed::<Int64Type>().write_batch(&values, Some(&there), None)?;
        }
        ColumnKind::Degrees => {
            let values: Vec<f64> = given.map(|cell| number(cell)).collect();
            out.typed::<DoubleType>().write_batch(&values, Some(&there), None)?;
        }
        ColumnKind::Text | ColumnKind::List | ColumnKind::Time => {
            let values: Vec<ByteArray> = given.map(|cell| ByteArray::from(text(cell).into_bytes())).collect();
            out.typed::<ByteArrayType>().write_batch(&values, Some(&there), None)?;
        }
    }
    Ok(())
}

fn number(cell: &Cell) -> f64 {
    if let Cell::Degrees(micro) = cell { degrees(*micro).parse().unwrap_or(f64::NAN) } else { f64::NAN }
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        Cell::List(texts) => texts.join("; "),
        other => other.written().into_owned(),
    }
}

fn failed(error: ParquetError) -> ExportError {
    std::io::Error::other(error).into()
}
