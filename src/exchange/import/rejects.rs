//! The rows that were refused, as they stood in the file, with the reasons beside them.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::format::{Raw, RejectForm, RowFault};

/// What the columns of a reject file begin with that say why a row was refused. An import skips them.
pub(crate) const REASON_COLUMNS: [&str; 3] = ["rejected:line", "rejected:code", "rejected:reason"];
/// The member of a feature or object that says why it was refused. An import skips it.
pub(crate) const REASON_MEMBER: &str = "rejected";

/// Refused rows, kept aside until they are saved.
pub struct Rejects {
    form: RejectForm,
    file: BufWriter<File>,
    rows: u64,
}

impl Rejects {
    pub(super) fn begin(folder: &Path, form: RejectForm) -> io::Result<Self> {
        let mut file = BufWriter::new(tempfile::tempfile_in(folder)?);
        match &form {
            RejectForm::Csv { header, delimiter } => {
                for column in REASON_COLUMNS {
                    file.write_all(column.as_bytes())?;
                    file.write_all(&[*delimiter])?;
                }
                file.write_all(header)?;
                file.write_all(b"\n")?;
            }
            RejectForm::Lines => {}
            RejectForm::Features => file.write_all(b"{\"type\":\"FeatureCollection\",\"features\":[")?,
            RejectForm::List => file.write_all(b"[")?,
        }
        Ok(Self { form, file, rows: 0 })
    }

    /// Keeps a row: its lines as they stood, each with the reasons.
    pub(super) fn push(&mut self, raws: &[Raw], faults: &[RowFault]) -> io::Result<()> {
        let code = faults.first().map_or("", |fault| fault.fault.code.id());
        let reasons: Vec<String> = faults.iter().map(reason).collect();
        let reasons = reasons.join("; ");
        for raw in raws {
            match &self.form {
                RejectForm::Csv { delimiter, .. } => {
                    let delimiter = char::from(*delimiter);
                    let reasons = reasons.replace('"', "\"\"");
                    write!(self.file, "{}{delimiter}{code}{delimiter}\"{reasons}\"{delimiter}", raw.line)?;
                    self.file.write_all(&raw.bytes)?;
                    self.file.write_all(b"\n")?;
                }
                RejectForm::Lines => {
                    writeln!(self.file, "# line {}: {code} {reasons}", raw.line)?;
                    self.file.write_all(&raw.bytes)?;
                    self.file.write_all(b"\n")?;
                }
                RejectForm::Features | RejectForm::List => {
                    let why = serde_json::json!({ "line": raw.line, "code": code, "reason": reasons });
                    let comma = if self.rows == 0 { "" } else { "," };
                    write!(self.file, "{comma}\n{{\"{REASON_MEMBER}\":{why},")?;
                    let members = raw.bytes.trim_ascii_start();
                    self.file.write_all(members.strip_prefix(b"{").unwrap_or(members))?;
                }
            }
        }
        self.rows += 1;
        Ok(())
    }

    /// Saves them beside the imported file: `FILE.rejects.csv`, `.jsonl`, `.json` or `.geojson`, with a number where there is
    /// one of that name; an earlier one is never overwritten. Durable on return. Gives the path.
    ///
    /// # Errors
    /// The disk's.
    pub fn save_beside(self, file: &Path) -> io::Result<PathBuf> {
        let Self { form, file: mut rows, .. } = self;
        rows.write_all(match form {
            RejectForm::Features => b"\n]}\n",
            RejectForm::List => b"\n]\n",
            RejectForm::Csv { .. } | RejectForm::Lines => b"",
        })?;
        let mut rows = rows.into_inner().map_err(io::IntoInnerError::into_error)?;
        rows.seek(SeekFrom::Start(0))?;
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        let mut beside = tempfile::NamedTempFile::new_in(folder)?;
        io::copy(&mut rows, &mut beside)?;
        beside.as_file().sync_all()?;
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let stem = name.split_once(".rejects").map_or(name.as_str(), |(stem, _)| stem).to_owned();
        let end = form.file_end();
        for number in 1_u32.. {
            let name =
                if number == 1 { format!("{stem}.rejects.{end}") } else { format!("{stem}.rejects-{number}.{end}") };
            let path = folder.join(name);
            match beside.persist_noclobber(&path) {
                Ok(_) => {
                    File::open(folder)?.sync_all()?;
                    return Ok(path);
                }
                Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => beside = error.file,
                Err(error) => return Err(error.error),
            }
        }
        Err(io::Error::other("no free name for the refused rows"))
    }
}

impl RejectForm {
    const fn file_end(&self) -> &'static str {
        match self {
            Self::Csv { .. } => "csv",
            Self::Lines => "jsonl",
            Self::Features => "geojson",
            Self::List => "json",
        }
    }
}

/// What is wrong, in one line: `when.latest, column 12: …`.
fn reason(fault: &RowFault) -> String {
    let mut text = String::new();
    let field = fault.spot.field.as_deref().or_else(|| Some(fault.fault.pointer.as_str()).filter(|at| !at.is_empty()));
    if let Some(field) = field {
        text.push_str(field);
        text.push_str(": ");
    }
    text.push_str(&fault.fault.what);
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}
