//! The records themselves, one body a line, so that another ledger takes them in with `import jsonl`.
//!
//! What the ledger wrote about itself (its beginning, sealed segments, attested projections) stays behind: the other
//! ledger has its own. A reference to a position becomes one to a submitter's key, since positions differ elsewhere.
//! Bodies that need no such change are written byte for byte, and signed ones in their envelopes: their signatures hold
//! in a ledger of the same name.

use std::io::Write;

use crate::event::Event;
use crate::exchange::submission::envelope_without_hint;
use crate::ledger::View;
use crate::proof::BodySignature;
use crate::record::{Body, value_range};
use crate::vocab::{Label, Pointer, RecordRef, Refer, Reference, Seq};

use super::incidents::ExportError;

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RecordsExported {
    /// Records written.
    pub records: u64,
    /// Records of the ledger about itself, left out.
    pub left_out: u64,
    /// Records written signed, as they were.
    pub signed: u64,
    /// Signed records whose words had to change: they are written without their signature.
    pub unsigned: u64,
    /// Records that seal fields; what is sealed is not written.
    pub sealed: u64,
}

/// Writes the records of a view, in their order, for a ledger of this name. `watch` hears of each position.
///
/// # Errors
/// [`ExportError`].
pub fn records_jsonl(
    view: &View<'_>,
    origin: &Label,
    watch: &mut dyn FnMut(Seq),
    out: &mut dyn Write,
) -> Result<RecordsExported, ExportError> {
    let mut exported = RecordsExported::default();
    for record in view.reader().records(Seq::FIRST, Some(view.known_at().seq))? {
        let record = record?;
        watch(record.seq);
        let body = Body::read(record.body()).map_err(|error| untranslatable(record.seq, error.to_string()))?;
        if is_the_ledgers_own(&body.event) || !view.knows(record.seq) {
            exported.left_out += 1;
            continue;
        }
        let text = translated(record.body(), &body, origin, view, record.seq)?;
        exported.records += 1;
        exported.sealed += u64::from(body.sealed.is_some());
        let line = match record.signature() {
            Some(signature) if text == record.body() => {
                exported.signed += 1;
                let signature = BodySignature::parse_base64(signature);
                let signature = signature.map_err(|error| untranslatable(record.seq, error.to_string()))?;
                let signed = envelope_without_hint(&text, &signature);
                signed.map_err(|error| untranslatable(record.seq, error.to_string()))?
            }
            signature => {
                exported.unsigned += u64::from(signature.is_some());
                text
            }
        };
        out.write_all(line.as_bytes())?;
        out.write_all(b"\n")?;
    }
    Ok(exported)
}

/// What another ledger writes about itself.
fn is_the_ledgers_own(event: &Event) -> bool {
    matches!(event, Event::LedgerCreated(_) | Event::SegmentSealed(_) | Event::ProjectionAttested(_))
}

/// The body's text for the other ledger; the same bytes where nothing need change.
fn translated(text: &str, body: &Body, origin: &Label, view: &View<'_>, seq: Seq) -> Result<String, ExportError> {
    let mut pointed: Vec<(Pointer, Seq)> = Vec::new();
    body.refer(&Pointer::root(), &mut |pointer, reference| {
        if let Reference::Record(RecordRef { seq: Some(target), .. }) = reference {
            pointed.push((pointer, *target));
        }
    });
    let mut changes = Vec::new();
    for (pointer, target) in pointed {
        let range = value_range(text, pointer.as_str());
        let range = range.ok_or_else(|| untranslatable(seq, format!("nothing stands at {pointer}")))?;
        changes.push((range, keyed(view, target, seq)?));
    }
    if body.origin != *origin {
        let range = value_range(text, "/origin").ok_or_else(|| untranslatable(seq, "it names no ledger".to_owned()))?;
        changes.push((range, serde_json::to_string(origin).map_err(std::io::Error::from)?));
    }
    changes.sort_by_key(|(range, _)| range.start);
    let mut translated = text.to_owned();
    for (range, new) in changes.iter().rev() {
        translated.replace_range(range.clone(), new);
    }
    Ok(translated)
}

/// A reference to a record by its submitter and key.
fn keyed(view: &View<'_>, target: Seq, seq: Seq) -> Result<String, ExportError> {
    let record = view.reader().record_at(target)?;
    let body = record.and_then(|record| Body::read(record.body()).ok()).filter(|body| !is_the_ledgers_own(&body.event));
    let body = body.ok_or_else(|| untranslatable(seq, format!("it points to record {target}, which stays behind")))?;
    let reference = RecordRef { seq: None, key: Some(body.key), by: Some(body.by) };
    Ok(serde_json::to_string(&reference).map_err(std::io::Error::from)?)
}

fn untranslatable(seq: Seq, what: String) -> ExportError {
    ExportError::Untranslatable { seq, what }
}
