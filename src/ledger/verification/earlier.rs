//! The log goes on from a checkpoint that somebody saw before.

use super::EarlierCheckpoint;
use super::VerifyError;
use super::checking::{Checking, Passed};
use super::report::{Check, Finding};
use crate::proof::Checkpoint;
use crate::vocab::Seq;

/// The check against one earlier checkpoint.
pub(super) struct Earlier {
    pub(super) earlier: EarlierCheckpoint,
}

impl Checking for Earlier {
    fn conclude(self: Box<Self>, passed: &Passed<'_>) -> Result<Vec<Check>, VerifyError> {
        let EarlierCheckpoint { name, note, key } = self.earlier;
        let current = passed.signed.key();
        if let (Some(then), Some(now)) = (&key, current)
            && then != now
        {
            let what = format!("the log seen before was signed by {then}, this one names {now}");
            return Ok(vec![Check::of_findings(
                &name,
                "the log's key is the one seen before",
                vec![Finding::at(Seq::FIRST, what)],
            )]);
        }
        let Some(key) = key.as_ref().or(current) else {
            return Ok(vec![Check::cannot_tell(&name, "nobody says which key should have signed the checkpoint")]);
        };
        Ok(vec![match Checkpoint::open(&note, key) {
            Err(error) => Check::cannot_tell(&name, format!("the earlier checkpoint cannot be used: {error}")),
            Ok(checkpoint) => extends(&name, &checkpoint, passed),
        }])
    }
}

fn extends(name: &str, checkpoint: &Checkpoint, passed: &Passed<'_>) -> Check {
    let (tree, size) = (passed.tree, checkpoint.size());
    let detail = format!("the log goes on from the {size} records of the earlier checkpoint");
    let root = if size == 0 { Some(checkpoint.root()) } else { tree.root_at(size) };
    match (root, tree.broken()) {
        (Some(root), _) if root == checkpoint.root() => Check::ok(name, detail),
        (Some(root), _) => {
            let what = format!(
                "the records up to here come to root {}, signed was {}",
                root.to_base64(),
                checkpoint.root().to_base64()
            );
            Check::of_findings(name, detail, vec![Finding::at(Seq::new(size), what)])
        }
        (None, Some(seq)) => Check::cannot_tell(name, format!("not compared: record {seq} is missing or unreadable")),
        (None, None) => {
            let finding = Finding::at(Seq::new(tree.size()).next(), "the log ends before it");
            Check::of_findings(name, detail, vec![finding])
        }
    }
}
