//! Where answers go: stdout for data, stderr for everything else, and how text is made safe to look at.

use std::borrow::Cow;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use super::args::{Color, Format, Global};
use super::complaint::Complaint;
use super::outcome::Outcome;
use crate::ledger::Notice;
use crate::vocab::{Code, is_bidi_control};

/// The terminal, or whatever stands in for it.
pub struct Console {
    out: BufWriter<io::Stdout>,
    format: Format,
    color: bool,
    quiet: bool,
    progress: bool,
}

/// An answer in JSON.
#[derive(Serialize)]
struct Answer<T> {
    schema: String,
    outcome: &'static str,
    #[serde(flatten)]
    members: T,
}

/// A colour by what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// A heading.
    Heading,
    /// It holds.
    Good,
    /// It does not hold.
    Bad,
    /// It is not sure.
    Unsure,
    /// Beside the point.
    Faint,
    /// Black on white, whatever the terminal's colours: for a camera.
    Paper,
}

impl Console {
    /// Looks at the flags and at what stdout is.
    #[must_use]
    pub fn new(global: &Global) -> Self {
        let env = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let color = match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => env("CLICOLOR_FORCE") || (io::stdout().is_terminal() && !env("NO_COLOR")),
        };
        let format = global.chosen_format();
        let progress = format == Format::Human && !global.no_progress && !global.quiet && io::stderr().is_terminal();
        Self { out: BufWriter::new(io::stdout()), format, color, quiet: global.quiet, progress }
    }

    /// Gives the format.
    #[must_use]
    pub const fn format(&self) -> Format {
        self.format
    }

    /// Tells whether a person reads.
    #[must_use]
    pub fn is_human(&self) -> bool {
        self.format == Format::Human
    }

    /// Writes one line of the answer.
    ///
    /// # Errors
    /// A complaint where stdout cannot be written; a closed pipe ends quietly.
    pub fn line(&mut self, text: impl AsRef<str>) -> Result<(), Complaint> {
        writeln!(self.out, "{}", text.as_ref()).map_err(|error| unwritable(&error))
    }

    /// Writes the answer of a verb as JSON: the value's members behind `schema` and `outcome`. It is written as it is
    /// spelled, so that a long one takes no room.
    ///
    /// # Errors
    /// As [`Console::line`].
    pub fn answer(&mut self, verb: &str, outcome: Outcome, value: impl Serialize) -> Result<(), Complaint> {
        let answer = Answer { schema: format!("ceasefire.{verb}/1"), outcome: outcome.word(), members: value };
        let written = match self.format {
            Format::Jsonl => serde_json::to_writer(&mut self.out, &answer),
            _ => serde_json::to_writer_pretty(&mut self.out, &answer),
        };
        written
            .map_err(|error| if error.is_io() { unwritable(&error.into()) } else { internal(&error.to_string()) })?;
        self.line("")
    }

    /// Writes an answer as one line of JSON, whatever the format: for what goes on.
    ///
    /// # Errors
    /// As [`Console::line`].
    pub fn answer_line(&mut self, verb: &str, outcome: Outcome, value: impl Serialize) -> Result<(), Complaint> {
        let format = std::mem::replace(&mut self.format, Format::Jsonl);
        let answered = self.answer(verb, outcome, value);
        self.format = format;
        answered
    }

    /// Writes a table as CSV, cells that a spreadsheet would run as a formula made harmless.
    ///
    /// # Errors
    /// As [`Console::line`].
    pub fn csv(&mut self, rows: &[Vec<String>]) -> Result<(), Complaint> {
        rows.iter().try_for_each(|row| self.line(csv_line(row)))
    }

    /// Writes an answer that is made piece by piece. `write` is told how to say that stdout cannot be written.
    ///
    /// # Errors
    /// What `write` gives.
    pub fn stream<T>(
        &mut self,
        write: impl FnOnce(&mut (dyn Write + Send), &dyn Fn(&io::Error) -> Complaint) -> Result<T, Complaint>,
    ) -> Result<T, Complaint> {
        write(&mut self.out, &unwritable)
    }

    /// Says something beside the answer, on stderr.
    pub fn say(&mut self, text: impl AsRef<str>) {
        if !self.quiet {
            let _ = self.out.flush();
            let _ = writeln!(io::stderr(), "{}", text.as_ref());
        }
    }

    /// Passes on what happened on the way.
    pub fn notices(&mut self, notices: &[Notice]) {
        for notice in notices {
            self.say(format!("note: {notice}"));
        }
    }

    /// Complains on stderr, in the chosen format.
    pub fn complain(&mut self, complaint: &Complaint) {
        let _ = self.out.flush();
        let text = if self.is_human() { complaint.to_text() } else { format!("{}\n", complaint.to_json()) };
        let _ = io::stderr().write_all(text.as_bytes());
    }

    /// Writes out what is left.
    ///
    /// # Errors
    /// As [`Console::line`].
    pub fn finish(&mut self) -> Result<(), Complaint> {
        self.out.flush().map_err(|error| unwritable(&error))
    }

    /// Colours a text by what it means.
    #[must_use]
    pub fn paint(&self, paint: Paint, text: &str) -> String {
        use anstyle::{AnsiColor, Style};
        if !self.color {
            return text.to_owned();
        }
        let style = match paint {
            Paint::Heading => Style::new().bold(),
            Paint::Good => Style::new().fg_color(Some(AnsiColor::Green.into())),
            Paint::Bad => Style::new().bold().fg_color(Some(AnsiColor::Red.into())),
            Paint::Unsure => Style::new().fg_color(Some(AnsiColor::Yellow.into())),
            Paint::Faint => Style::new().dimmed(),
            Paint::Paper => {
                Style::new().fg_color(Some(AnsiColor::Black.into())).bg_color(Some(AnsiColor::BrightWhite.into()))
            }
        };
        format!("{style}{text}{style:#}")
    }

    /// Shows a progress bar on stderr; none where nobody would see it.
    #[must_use]
    pub fn progress(&self, what: &'static str, total: u64) -> ProgressBar {
        if !self.progress {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(10));
        let style = ProgressStyle::with_template("{msg} [{bar:30}] {percent}% of {human_len}, {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
        bar.set_message(what);
        bar.enable_steady_tick(Duration::from_millis(500));
        bar
    }
}

fn unwritable(error: &io::Error) -> Complaint {
    let outcome = if error.kind() == io::ErrorKind::BrokenPipe { Outcome::Ok } else { Outcome::Io };
    Complaint::new(outcome, Code::StorageFailed, format!("the answer could not be written: {error}"))
}

pub(super) fn internal(what: &str) -> Complaint {
    Complaint::new(Outcome::Internal, Code::Internal, what)
}

/// Writes a table as CSV, each line ended.
#[must_use]
pub fn csv_text(rows: &[Vec<String>]) -> String {
    rows.iter().map(|row| csv_line(row) + "\n").collect()
}

fn csv_line(row: &[String]) -> String {
    row.iter().map(|cell| csv_cell(cell)).collect::<Vec<_>>().join(",")
}

/// Makes a cell that a spreadsheet takes as text (CLI.md, input rules); a number below zero stays one.
fn csv_cell(cell: &str) -> String {
    let below_zero = cell.strip_prefix('-').is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_digit()) && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    });
    let risky = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && !below_zero;
    let cell: Cow<'_, str> = if risky { format!("'{cell}").into() } else { cell.into() };
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.into_owned() }
}

/// Wraps a name or quote in isolates (UAX #9) where it could turn the text around it, and escapes what would turn it.
#[must_use]
pub fn isolated(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() || is_bidi_control(character) {
            safe.extend(character.escape_unicode());
        } else {
            safe.push(character);
        }
    }
    if safe.chars().any(is_right_to_left) { format!("\u{2068}{safe}\u{2069}") } else { safe }
}

/// Whether a character is written from right to left (Hebrew, Arabic and their neighbours).
fn is_right_to_left(character: char) -> bool {
    matches!(character, '\u{0590}'..='\u{08FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFF}' | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arabic_name_is_isolated_and_a_latin_one_is_left() {
        assert_eq!(isolated("گنجه"), "\u{2068}گنجه\u{2069}");
        assert_eq!(isolated("Gəncə"), "Gəncə");
    }

    #[test]
    fn an_override_in_a_quote_is_shown_escaped() {
        assert_eq!(isolated("a\u{202E}b"), "a\\u{202e}b");
    }

    #[test]
    fn a_formula_in_a_cell_is_made_text() {
        assert_eq!(csv_cell("=1+1"), "'=1+1");
        assert_eq!(csv_cell("a,\"b\""), "\"a,\"\"b\"\"\"");
    }
}
