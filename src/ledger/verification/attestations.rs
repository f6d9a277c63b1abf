//! What the keeper attested of the projections follows from the log.

use super::checking::{Checking, Passed, Passing};
use super::report::{Check, Findings};
use super::{Depth, Verdict, VerifyError};
use crate::event::{Event, ProjectionAttested};
use crate::ledger::archive::Archive;
use crate::ledger::fold_anew::fold_anew;
use crate::ledger::reading::{ReplayError, Until, fold_log};
use crate::ledger::writing::OpenError;
use crate::log::ReadError;
use crate::projection::{Cursor, Fold, ProjectionDigest, projection_digests};
use crate::proof::TileBuilder;
use crate::publication::grow;
use crate::record::Body;
use crate::vocab::Seq;

const NAME: &str = "attested";

/// The check of the attestations. Without any it says nothing.
#[derive(Default)]
pub(super) struct Attestations {
    attested: Vec<(Seq, ProjectionAttested)>,
}

impl Checking for Attestations {
    fn watch(&mut self, block: &[Passing<'_>]) {
        self.attested.extend(block.iter().filter_map(|passing| match &passing.body {
            Ok(Body { event: Event::ProjectionAttested(event), .. }) => {
                Some((passing.line.envelope.seq, event.clone()))
            }
            _ => None,
        }));
    }

    fn conclude(self: Box<Self>, passed: &Passed<'_>) -> Result<Vec<Check>, VerifyError> {
        let count = self.attested.len();
        Ok(match (passed.is_sound(), passed.depth) {
            _ if count == 0 => Vec::new(),
            (false, _) => vec![Check::cannot_tell(NAME, "not compared: the log they speak of is damaged")],
            (true, Depth::Log) => vec![Check::ok(NAME, format!("{count} recorded; --full folds the log and compares"))],
            (true, Depth::Full) => vec![confirm(passed.archive, &self.attested)?],
        })
    }
}

impl Archive {
    /// Folds the log again up to every attestation in it and compares. Nothing where there is none.
    ///
    /// # Errors
    /// [`VerifyError`] where the log cannot be read or folded.
    pub fn confirm_attestations(&self) -> Result<Option<Check>, VerifyError> {
        let mut attested = Vec::new();
        let walked: Result<(), ReplayError> = self.reader().for_each_block(Seq::FIRST, None, |lines| {
            for line in lines.iter().filter(|line| line.envelope.body.contains(r#""projection.attested""#)) {
                if let Ok(Body { event: Event::ProjectionAttested(event), .. }) = Body::read(line.envelope.body) {
                    attested.push((line.envelope.seq, event));
                }
            }
            Ok(())
        });
        walked.map_err(OpenError::from)?;
        if attested.is_empty() { Ok(None) } else { confirm(self, &attested).map(Some) }
    }
}

/// Folds once through the log and stops at every attested position.
fn confirm(archive: &Archive, attested: &[(Seq, ProjectionAttested)]) -> Result<Check, VerifyError> {
    let last = attested.iter().map(|(_, event)| event.seq).max().unwrap_or(Seq::NONE);
    let mut fold = fold_anew(archive.reader(), Until::Seq(last)).map_err(OpenError::from)?;
    let (mut cursor, mut tree) = (None, TileBuilder::new());
    let (mut findings, mut other_version) = (Findings::default(), 0_u64);
    let mut in_order: Vec<&(Seq, ProjectionAttested)> = attested.iter().collect();
    in_order.sort_by_key(|(_, event)| event.seq);
    for (seq, event) in in_order {
        if event.seq >= *seq {
            findings.keep(*seq, format!("attests record {}, which came later", event.seq));
            continue;
        }
        let here = advance(archive, &mut fold, cursor.as_ref(), event.seq)?;
        grow_to(archive, &mut tree, event.seq)?;
        let digests = projection_digests(&fold.tables, &here)?;
        if here.head.as_bytes() != event.head.as_bytes() {
            findings.keep(*seq, format!("attests another record {}", event.seq));
        }
        if tree.root().as_bytes() != event.root.as_bytes() {
            findings.keep(*seq, format!("attests another root of the records up to {}", event.seq));
        }
        for wrong in differing(event, &digests, &mut other_version) {
            findings
                .keep(*seq, format!("the records up to {} do not come to the rows it attests of `{wrong}`", event.seq));
        }
        cursor = Some(here);
    }
    let count = attested.len();
    let mut check =
        Check::of_findings(NAME, format!("{count} attestations folded again and compared"), findings.into_list());
    if check.verdict == Verdict::Ok && other_version > 0 {
        check = Check::cannot_tell(NAME, format!("{other_version} digests are of other versions of the projections"));
    }
    Ok(check)
}

fn advance(archive: &Archive, fold: &mut Fold, from: Option<&Cursor>, to: Seq) -> Result<Cursor, VerifyError> {
    if let Some(from) = from.filter(|from| from.seq == to) {
        return Ok(from.clone());
    }
    Ok(fold_log(archive.reader(), from, Until::Seq(to), fold, None).map_err(OpenError::from)?)
}

fn grow_to(archive: &Archive, tree: &mut TileBuilder, to: Seq) -> Result<(), VerifyError> {
    let from = Seq::new(tree.size()).next();
    let walked: Result<(), ReadError> = archive.reader().for_each_block(from, Some(to), |lines| {
        grow(tree, lines);
        tree.take_full();
        Ok(())
    });
    Ok(walked.map_err(ReplayError::from).map_err(OpenError::from)?)
}

/// Names the projections that are attested otherwise than they were folded; counts those of other versions.
fn differing<'e>(event: &'e ProjectionAttested, folded: &[ProjectionDigest], other_version: &mut u64) -> Vec<&'e str> {
    let mut wrong = Vec::new();
    for attested in &event.projections {
        let found = folded.iter().find(|found| found.name == attested.name.as_str());
        match found.filter(|found| found.version == attested.version) {
            None => *other_version += 1,
            Some(found) if found.rows == attested.rows && found.digest.as_bytes() == attested.digest.as_bytes() => {}
            Some(_) => wrong.push(attested.name.as_str()),
        }
    }
    wrong
}
