//! The checkpoint is signed by the log's key, and the records come to its root.

use super::VerifyError;
use super::checking::{Checking, Passed};
use super::report::{Check, Finding, Verdict};
use super::signed::{Published, Signed};
use crate::proof::Checkpoint;
use crate::vocab::Seq;

/// The checks of the signed checkpoint and of the tree.
pub(super) struct SignedTree;

impl Checking for SignedTree {
    fn conclude(self: Box<Self>, passed: &Passed<'_>) -> Result<Vec<Check>, VerifyError> {
        Ok(vec![checkpoint_check(passed.signed, passed.tree.size()), tree_check(passed)])
    }
}

fn checkpoint_check(signed: &Signed, records: u64) -> Check {
    const NAME: &str = "checkpoint";
    if let (Some(known), Some(named)) = (&signed.known, &signed.named)
        && known != named
    {
        let what = format!("record 1 names the log key {named}, you know {known}");
        return Check::of_findings(NAME, "the log's key is the one you know", vec![Finding::at(Seq::FIRST, what)]);
    }
    match &signed.published {
        Published::Signed(checkpoint, _) => match equivocation(signed, checkpoint) {
            Some(check) => check,
            None => Check::ok(NAME, said(signed, checkpoint, records)),
        },
        Published::Foreign(error) => Check::violated(NAME, format!("not a checkpoint of this log: {}", causes(error))),
        Published::Unreadable(error) => Check::cannot_tell(NAME, causes(error)),
        Published::OfNobody => {
            Check::cannot_tell(NAME, "there is one, but record 1 names no log key that could have signed it")
        }
        Published::Missing => missing(NAME, signed),
    }
}

fn missing(name: &str, signed: &Signed) -> Check {
    match (&signed.cell, signed.key()) {
        (Some(cell), _) => {
            let size = cell.seq();
            Check::ok(
                name,
                format!("{size} records signed, not published yet: the next append or `ceasefire checkpoint` does it"),
            )
        }
        (None, None) => Check::ok(name, "none: record 1 names no log key, so nothing is signed here"),
        (None, Some(_)) => {
            Check::cannot_tell(name, "none, though record 1 names a log key; `ceasefire checkpoint` makes one")
        }
    }
}

fn said(signed: &Signed, checkpoint: &Checkpoint, records: u64) -> String {
    let (size, largest) = (checkpoint.size(), signed.size());
    let key = signed.key().map_or_else(String::new, |key| format!(", signed by {}+{}", key.name(), key.id()));
    let behind =
        if largest > size { format!("; {largest} were signed last and not published yet") } else { String::new() };
    let after = match records.saturating_sub(largest) {
        0 => String::new(),
        1 => "; 1 record came after it".to_owned(),
        more => format!("; {more} records came after it"),
    };
    format!("{size} records{key}{behind}{after}")
}

/// Two different checkpoints of one size, both signed with the log's key: the cell's and the published one.
fn equivocation(signed: &Signed, published: &Checkpoint) -> Option<Check> {
    let cell = signed.cell.as_ref().filter(|cell| cell.checkpoint.size() == published.size())?;
    (cell.checkpoint.root() != published.root()).then(|| {
        let size = published.size();
        let detail = format!(
            "the log's key signed two different checkpoints of {size} records: checkpoint and keys/last-signed"
        );
        Check::violated("checkpoint", detail)
    })
}

fn tree_check(passed: &Passed<'_>) -> Check {
    const NAME: &str = "tree";
    let tree = passed.tree;
    let Some((checkpoint, _)) = passed.signed.largest() else {
        let detail = format!(
            "{} records come to root {}; nothing signed to compare it with",
            tree.size(),
            tree.root().to_base64()
        );
        return Check::ok(NAME, detail);
    };
    let size = checkpoint.size();
    let detail = format!("the first {size} records come to the signed root {}", checkpoint.root().to_base64());
    match (tree.root_at(size), tree.broken()) {
        (Some(root), _) if root == checkpoint.root() => Check::of_findings(NAME, detail, smaller(passed)),
        (Some(_), _) => {
            let finding = match tree.first_changed(checkpoint) {
                Some(seq) => Finding::at(seq, "not the record that was signed"),
                None => Finding::at(Seq::new(size), "the records up to here are not those that were signed"),
            };
            Check::of_findings(NAME, detail, vec![finding])
        }
        (None, Some(seq)) => Check::cannot_tell(NAME, format!("not compared: record {seq} is missing or unreadable")),
        (None, None) => {
            let finding = Finding::at(Seq::new(tree.size()).next(), format!("missing: {size} records were signed"));
            Check::of_findings(NAME, detail, vec![finding])
        }
    }
}

/// A smaller checkpoint that was signed too and that the records do not come to.
fn smaller(passed: &Passed<'_>) -> Vec<Finding> {
    let other = passed.signed.all().map(|(checkpoint, _)| checkpoint);
    let other =
        other.filter(|checkpoint| passed.tree.root_at(checkpoint.size()).is_some_and(|root| root != checkpoint.root()));
    let what = "the records up to here are not those of another checkpoint that was signed";
    other.map(|checkpoint| Finding::at(Seq::new(checkpoint.size()), what)).collect()
}

/// An error with its causes.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

impl Check {
    /// Says that something was checked and does not hold, where no record is to blame.
    pub(super) fn violated(name: &str, detail: impl Into<String>) -> Self {
        Self { verdict: Verdict::Violated, ..Self::ok(name, detail) }
    }
}
