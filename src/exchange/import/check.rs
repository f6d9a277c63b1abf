//! The first pass: every row is read, made into events and checked; nothing is written.

use std::borrow::Cow;
use std::io;
use std::ops::ControlFlow;

use super::format::{Format, Row, RowFault, Rows, Spot, Unreadable};
use super::input::{Input, Meter};
use super::plan::{Counts, Fate, Gone, Missing, NoPlan, Planner, Publication, RowPlan};
use super::rejects::Rejects;
use super::spool::Spool;
use crate::event::{Event, is_retractable_type};
use crate::ledger::{AppendError, Ledger, Rehearsal, Rehearsed, ReplayError, WouldAppend, read_record};
use crate::vocab::{ActorId, Code, Digest32, Fault, Instant, Label, Pointer, Seq, When};

/// How many refused rows are told one by one; more are only counted.
const REFUSALS_TOLD: usize = 20;
/// After how many rows the caller hears of the progress.
const WATCH_EVERY: u64 = 256;

/// What is to be done with a file.
#[derive(Debug, Clone)]
pub struct Import {
    /// In whose name the records stand that do not name their own submitter.
    pub by: ActorId,
    /// That the file is one of several publications of the same rows, where it is.
    pub publication: Option<Publication>,
    /// When it was published; noted on every claim whose source names no such time.
    pub published: Option<When>,
    /// What to do with rows that are refused.
    pub refusals: Refusals,
}

/// What to do with rows that are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusals {
    /// One refused row keeps the whole file out.
    Stop,
    /// They are set aside and the others are taken.
    SetAside,
}

/// How far an import has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// In the first pass: bytes of the file read, as they lie there.
    Checked(u64),
    /// In the second pass: records written, of so many.
    Written(u64, u64),
}

/// Hears of the progress, and may end the import.
pub type Watch<'a> = dyn FnMut(Progress) -> ControlFlow<()> + 'a;

/// Why an import came to nothing, or was broken off.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The file cannot be read. Nothing was written.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// Rows were refused. Nothing was written.
    #[error("{} of {} rows are refused", .0.counts.rejected, .0.counts.rows)]
    Refused(Box<Refused>),
    /// The file lacks more than half of the series. Nothing was written.
    #[error("{missing} of {standing} rows of the series are not in the file")]
    MostlyMissing {
        /// Records that would be retracted.
        missing: u64,
        /// Records of the series that stand.
        standing: u64,
    },
    /// A later publication of the series is in already. Nothing was written.
    #[error("it was published by {published}, and record {record} imported what was published by {since}")]
    OutOfOrder {
        /// By when this one was published.
        published: Instant,
        /// The record of the later one's import.
        record: Seq,
        /// By when that one was published.
        since: Instant,
    },
    /// The ledger could not be asked or written. Whole batches may be in; the same import completes them.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The file in which checked rows wait could not be written or read.
    #[error("checked rows could not be laid aside")]
    Aside(#[source] io::Error),
    /// The caller ended it. Whole batches may be in; the same import completes them.
    #[error("interrupted")]
    Interrupted,
}

/// Rows that were refused.
#[derive(Debug)]
pub struct Refused {
    /// What is wrong, row by row, for the first twenty of them.
    pub rows: Vec<Vec<RowFault>>,
    /// What the whole file comes to.
    pub counts: Counts,
}

/// A file that was found good, or whose good rows were told apart: ready to be written.
pub struct Checked {
    pub(super) import: Import,
    pub(super) format: &'static str,
    pub(super) mapping: Option<Digest32>,
    pub(super) series: Option<Label>,
    pub(super) file: Digest32,
    pub(super) bytes: u64,
    pub(super) counts: Counts,
    pub(super) refused: Vec<Vec<RowFault>>,
    pub(super) rejects: Option<Rejects>,
    pub(super) rehearsal: Rehearsal,
    pub(super) spool: Spool,
}

impl Import {
    /// Reads and checks a whole file; writes nothing to the log.
    ///
    /// # Errors
    /// [`ImportError`]; all faults of rows are gathered, and the first twenty refused rows are told.
    pub fn check(
        &self,
        format: &dyn Format,
        input: Input,
        ledger: &Ledger,
        watch: &mut Watch<'_>,
    ) -> Result<Checked, ImportError> {
        self.refuse_out_of_order(format, ledger)?;
        let (opened, meter) = input.open()?;
        let mut rows = format.rows(opened)?;
        let mut pass = Pass::begin(self, format, ledger)?;
        while let Some(row) = rows.next_row()? {
            pass.counts.rows += 1;
            pass.take(row, rows.as_ref())?;
            if pass.counts.rows.is_multiple_of(WATCH_EVERY) && watch(Progress::Checked(meter.bytes())).is_break() {
                return Err(ImportError::Interrupted);
            }
        }
        drop(rows);
        pass.take_gone()?;
        pass.finish(format, meter)
    }

    /// Refuses a publication that came out before one that is in already. A row that did not change leaves no record, so what
    /// the later publication said could not be told from what this one says.
    fn refuse_out_of_order(&self, format: &dyn Format, ledger: &Ledger) -> Result<(), ImportError> {
        let latest = self.published.as_ref().and_then(|published| published.latest);
        let (Some(publication), Some(published)) = (&self.publication, latest) else { return Ok(()) };
        let mut later = None;
        let walked: Result<(), ReplayError> = ledger.reader().for_each_block(Seq::FIRST, None, |lines| {
            for line in lines.iter().filter(|line| line.envelope.body.contains("\"import.completed\"")) {
                let Event::ImportCompleted(import) = read_record(line)?.event else { continue };
                let same = match &import.series {
                    Some(series) => series.name.as_str() == publication.series,
                    None => import.format.as_str() == format.name() && format.dataset() == publication.series,
                };
                let since = import.published.and_then(|published| published.latest).unwrap_or(line.envelope.at);
                if same && since > published {
                    later = Some((line.envelope.seq, since));
                }
            }
            Ok(())
        });
        walked.map_err(AppendError::from)?;
        later.map_or(Ok(()), |(record, since)| Err(ImportError::OutOfOrder { published, record, since }))
    }

    /// What the rows are numbered in.
    fn series_of(&self, format: &dyn Format) -> String {
        let named = self.publication.as_ref().map(|publication| publication.series.clone());
        named.unwrap_or_else(|| format.dataset().to_owned())
    }
}

/// Reads a whole file and shows each row with what it makes; no ledger is asked. Gives how many rows there are.
///
/// # Errors
/// [`Unreadable`].
pub fn read_rows(format: &dyn Format, input: Input, see: &mut dyn FnMut(Row, &dyn Rows)) -> Result<u64, Unreadable> {
    let (opened, _) = input.open()?;
    let (mut rows, mut count) = (format.rows(opened)?, 0);
    while let Some(row) = rows.next_row()? {
        see(row, rows.as_ref());
        count += 1;
    }
    Ok(count)
}

impl Checked {
    /// What the rows come to.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// What is wrong with the refused rows, for the first twenty of them.
    #[must_use]
    pub fn refused(&self) -> &[Vec<RowFault>] {
        &self.refused
    }

    /// Takes the refused rows, to save them.
    pub fn take_rejects(&mut self) -> Option<Rejects> {
        self.rejects.take()
    }
}

/// The first pass under way.
struct Pass<'a> {
    import: &'a Import,
    ledger: &'a Ledger,
    planner: Planner,
    rehearsal: Rehearsal,
    spool: Spool,
    counts: Counts,
    refused: Vec<Vec<RowFault>>,
    rejects: Option<Rejects>,
}

impl<'a> Pass<'a> {
    fn begin(import: &'a Import, format: &dyn Format, ledger: &'a Ledger) -> Result<Self, ImportError> {
        let publication = import.publication.as_ref().map(|publication| publication.missing);
        let series = import.series_of(format);
        let planner = Planner::new(series, publication, import.by.clone(), import.published.clone());
        let spool = Spool::begin(ledger.folder().path()).map_err(ImportError::Aside)?;
        let (counts, rehearsal) = (Counts::default(), ledger.rehearsal()?);
        Ok(Self { import, ledger, planner, rehearsal, spool, counts, refused: Vec::new(), rejects: None })
    }

    fn take(&mut self, row: Row, rows: &dyn Rows) -> Result<(), ImportError> {
        let id = row.id.clone();
        let planned = self.planner.plan(self.ledger, &self.rehearsal, row);
        let faults = match planned {
            Ok(mut plan) => match self.signed_and_rehearsed(&mut plan, rows)? {
                Ok(would) => return self.lay_aside(&mut plan, &would),
                Err(faults) => faults,
            },
            Err(NoPlan::Refused(faults)) => faults,
            Err(NoPlan::Failed(error)) => return Err(error.into()),
        };
        self.planner.refuse(id.as_deref());
        self.counts.rejected += 1;
        if self.import.refusals == Refusals::SetAside {
            if self.rejects.is_none() {
                let rejects = Rejects::begin(self.ledger.folder().path(), rows.reject_form());
                self.rejects = Some(rejects.map_err(ImportError::Aside)?);
            }
            if let Some(rejects) = &mut self.rejects {
                rejects.push(&rows.verbatim(), &faults).map_err(ImportError::Aside)?;
            }
        }
        if self.refused.len() < REFUSALS_TOLD {
            self.refused.push(faults);
        }
        Ok(())
    }

    /// Signs what is unsigned with the ledger's handle's key, where it has one, and asks the ledger's rules. What they
    /// refuse is said at the cell it comes from.
    fn signed_and_rehearsed(
        &mut self,
        plan: &mut RowPlan,
        rows: &dyn Rows,
    ) -> Result<Result<Vec<WouldAppend>, Vec<RowFault>>, ImportError> {
        if let Cow::Owned(signed) = self.ledger.signed(&plan.bodies) {
            plan.bodies = signed;
        }
        let plan = &*plan;
        let spot = |index: usize, pointer: &Pointer| {
            let (draft, pointer) = plan.in_draft(index, pointer);
            rows.locate(draft, &pointer)
        };
        let one = |index: usize, member: &str, code: Code, what: String| {
            let spot = spot(index, &Pointer::root().member(member));
            Ok(Err(vec![RowFault { spot, fault: Fault::new(code, Pointer::root(), what), hint: None }]))
        };
        match self.ledger.rehearse(&mut self.rehearsal, &plan.bodies) {
            Ok(would) => Ok(Ok(would)),
            Err(AppendError::Refused { index, faults }) => {
                let faults = faults.into_iter();
                Ok(Err(faults.map(|fault| RowFault { spot: spot(index, &fault.pointer), fault, hint: None }).collect()))
            }
            Err(error @ AppendError::NotAllowed { index, .. }) => one(index, "by", Code::NotAllowed, error.to_string()),
            Err(AppendError::Denied { index, denial }) => one(index, "by", denial.code(), denial.to_string()),
            Err(AppendError::KeyReused { index, key, earlier }) => {
                let what = match earlier {
                    crate::vocab::Seq::NONE => {
                        format!("the key `{key}` was used earlier in this file for other content")
                    }
                    earlier => format!("the key `{key}` was used for other content in record {earlier}"),
                };
                one(index, "key", Code::KeyReused, what)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn lay_aside(&mut self, plan: &mut RowPlan, would: &[WouldAppend]) -> Result<(), ImportError> {
        let mut new = 0;
        for (given, _) in plan.bodies.iter().zip(would).filter(|(_, would)| **would == WouldAppend::New) {
            self.spool.push(&Rehearsed::from(given)).map_err(ImportError::Aside)?;
            new += 1;
        }
        self.counts.records += new;
        self.counts.out_of_order += u64::from(plan.out_of_order && new > 0);
        match plan.fate {
            Fate::PassedOver => self.counts.passed_over += 1,
            Fate::Unchanged => self.counts.replayed += 1,
            _ if new == 0 => self.counts.replayed += 1,
            Fate::New => self.counts.appended += 1,
            Fate::Readded => self.counts.readded += 1,
            Fate::Corrected => self.counts.corrected += 1,
        }
        self.planner.accept(plan);
        Ok(())
    }

    /// Retracts what the series holds and the file does not.
    fn take_gone(&mut self) -> Result<(), ImportError> {
        let Gone { standing, bodies } = self.planner.gone(self.ledger)?;
        let mut retracting = Vec::with_capacity(bodies.len());
        for (record, body) in bodies {
            let target = self.ledger.target(&self.rehearsal, record)?;
            if target.is_some_and(|target| !target.retracted && is_retractable_type(&target.type_name)) {
                retracting.push(body);
            }
        }
        let missing = retracting.len() as u64;
        let missing_means = self.import.publication.as_ref().map(|publication| publication.missing);
        if missing_means == Some(Missing::UpToHalf) && missing * 2 > standing && missing > 1 {
            return Err(ImportError::MostlyMissing { missing, standing });
        }
        for given in self.ledger.signed(&retracting).iter() {
            self.ledger.rehearse(&mut self.rehearsal, std::slice::from_ref(given))?;
            self.spool.push(&Rehearsed::from(given)).map_err(ImportError::Aside)?;
            self.counts.records += 1;
            self.counts.retracted += 1;
        }
        Ok(())
    }

    fn finish(self, format: &dyn Format, meter: Meter) -> Result<Checked, ImportError> {
        let Self { import, rehearsal, spool, counts, refused, rejects, .. } = self;
        let (file, bytes) = meter.finish().map_err(Unreadable::Io)?;
        if import.refusals == Refusals::Stop && counts.rejected > 0 {
            return Err(ImportError::Refused(Box::new(Refused { rows: refused, counts })));
        }
        let series = import.publication.as_ref().map(|publication| Label::new(&publication.series)).transpose();
        let series = series.map_err(|error| {
            Unreadable::Fault(RowFault::new(Spot::default(), Code::BadText, format!("the series' name: {error}")))
        })?;
        Ok(Checked {
            import: import.clone(),
            format: format.name(),
            mapping: format.mapping(),
            series,
            file,
            bytes,
            counts,
            refused,
            rejects,
            rehearsal,
            spool,
        })
    }
}
