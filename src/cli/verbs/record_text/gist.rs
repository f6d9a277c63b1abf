//! What a record says in a few words: ids and codes, and who says so. Whoever prints it makes it safe to look at.

use super::members::figure_words;
use crate::event::{
    About, AccessDenied, Event, ProcessReported, StepReported, TallyReported, Term, TermsReported, ViolationReported,
};
use crate::vocab::{ActorRef, Digest32, PlaceId, RecordRef, Source, Where};

/// Says what an event says.
#[must_use]
pub fn gist(event: &Event) -> String {
    match event {
        Event::LedgerCreated(event) => format!("{} by {}", event.origin, event.recorder.actor),
        Event::SegmentSealed(event) => format!("records {}–{} in {}", event.first, event.last, event.segment),
        Event::ProjectionAttested(event) => {
            format!("{} projections of the records up to {}", event.projections.len(), event.seq)
        }
        Event::ActorRegistered(event) => format!("{}: {}", event.actor, event.kind),
        Event::ActorRelated(event) => {
            format!("{} {} {}{}", event.actor, event.relation, event.to, says(&event.source))
        }
        Event::PlaceRegistered(event) => format!("{}{}", event.place, within(event.within.as_ref())),
        Event::KeyAdded(event) => format!("{} of {}", event.key, event.actor),
        Event::KeyRotated(event) => format!("{} hands over to {}", event.key, event.successor),
        Event::KeyRevoked(event) => event.key.to_string(),
        Event::EvidenceAdded(event) => {
            format!("{} {}, {} bytes", short_hash(&event.blake3.to_string()), event.media_type, event.bytes)
        }
        Event::EvidenceTransferred(event) => {
            format!("{} from {} to {}", short_hash(&event.blake3.to_string()), event.from, event.to)
        }
        Event::AnnexWithheld(event) => {
            format!("{} of record {} withheld", sealed_values(&event.digests), event.target)
        }
        Event::AnnexReleased(event) => {
            format!("{} of record {} released", sealed_values(&event.digests), event.target)
        }
        Event::AnnexDisclosed(event) => {
            let to = actors(std::slice::from_ref(&event.to));
            format!("{} of record {} handed over to {to}", sealed_values(&event.digests), event.target)
        }
        Event::AnnexErased(event) => {
            format!("{} of record {} erased", sealed_values(&event.digests), event.target)
        }
        Event::ImportCompleted(event) => {
            let (rows, new) = (event.rows, event.appended);
            format!("{}: {rows} rows, {new} new, {} rejected", event.format, event.rejected)
        }
        Event::Newer(newer) => format!("version {}, newer than this program", newer.version),
        event => said(event),
    }
}

fn said(event: &Event) -> String {
    match event {
        Event::CeasefireRecorded(event) => {
            let parties: Vec<&str> = event.parties.iter().map(crate::vocab::ActorId::as_str).collect();
            format!("{}: binds {}", event.ceasefire, parties.join(", "))
        }
        Event::StepReported(event) => format!("{}: {}", event.ceasefire, step(event)),
        Event::TermsReported(event) => format!("{}: {}", event.ceasefire, terms(event)),
        Event::ViolationReported(event) => format!("{}: {}", event.incident, violation(event)),
        Event::QuietReported(event) => {
            format!("nothing observed{}{}", place_words(Some(&event.place)), says(&event.source))
        }
        Event::AccessDenied(event) => access(event),
        Event::TallyReported(event) => tally(event),
        Event::AccusationMade(event) => {
            format!("{} accuses {}{}", actors(&event.by), actors(&event.against), abouts(" of ", &event.about))
        }
        Event::ResponseMade(event) => {
            let to: Vec<About> = event.to.iter().map(|answered| answered.about.clone()).collect();
            format!("{}: {}{}", actors(&event.by), event.stance, abouts(" to ", &to))
        }
        Event::StatementMade(event) => {
            let blame = event.attribution.as_ref().filter(|attribution| attribution.level.accuses());
            let blame = blame.map(|blame| format!(", charges {}", actors(&blame.accused))).unwrap_or_default();
            format!("{}: {}{}{blame}", actors(&event.by), event.kind, abouts(" about ", &event.about))
        }
        Event::ProcessReported(event) => process(event),
        event => mended(event),
    }
}

fn mended(event: &Event) -> String {
    match event {
        Event::VerificationStepped(event) => {
            format!("{}: verification {} by {}", event.incident, event.step, event.assessor)
        }
        Event::FindingIssued(event) => format!("{}: {} finds {}", about(&event.about), event.assessor, event.outcome),
        Event::RecordCorrected(event) => {
            format!("record {} now reads: {}", event.target, gist(&event.replacement))
        }
        Event::RecordRetracted(event) => format!("record {}, by the {}", event.target, event.by),
        Event::IncidentMerged(event) => format!("{} into {}", event.incident, event.into),
        Event::IncidentSplit(event) => {
            format!("{} out of {}{}", event.out, event.incident, with_records(&event.records))
        }
        Event::ActIdentified(event) => format!("one act{}", with_records(&event.records)),
        other => other.subject().unwrap_or_default().to_owned(),
    }
}

/// Names several actors.
#[must_use]
pub fn actors(refs: &[ActorRef]) -> String {
    refs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Says what step is claimed, of whom, by whom.
pub fn step(event: &StepReported) -> String {
    format!("{}{}{}", event.step, by(&event.by), says(&event.source))
}

/// Says which terms are claimed, by whom.
pub fn terms(event: &TermsReported) -> String {
    let terms: Vec<String> = event.terms.iter().map(term).collect();
    format!("{}{}", terms.join(", "), says(&event.source))
}

fn term(term: &Term) -> String {
    match term {
        Term::Effective(when) => format!("effective {}", when.span()),
        Term::Expires(when) => format!("expires {}", when.span()),
        Term::Duration(term) => format!("holds {} min", term.minutes),
        Term::Kind(term) => term.code.map_or_else(|| "kind".to_owned(), |code| format!("kind {code}")),
        Term::Purpose(_) => "purpose".to_owned(),
        Term::ProhibitedAct(_) => "prohibited act".to_owned(),
        Term::Exception(_) => "exception".to_owned(),
        Term::Area(_) => "area".to_owned(),
        Term::ExitClause(_) => "exit clause".to_owned(),
    }
}

/// Says what is reported, of whom, by whom.
pub fn violation(event: &ViolationReported) -> String {
    let act = event.act.map_or_else(|| "act not stated".to_owned(), |act| act.to_string());
    let charge = event.attribution.as_ref().filter(|attribution| attribution.level.accuses());
    let accused = charge.map_or_else(|| ", nobody charged".to_owned(), |a| format!(", charges {}", actors(&a.accused)));
    format!("{act}{}{accused}{}", place_words(event.place.as_ref()), says(&event.source))
}

fn access(event: &AccessDenied) -> String {
    format!("{} denied{}{}{}", event.monitor, by(&event.by), place_words(event.place.as_ref()), says(&event.source))
}

fn tally(event: &TallyReported) -> String {
    let values: Vec<String> = event.values.iter().map(figure_words).collect();
    format!("{} reads {}{}", event.counter, values.join("; "), says(&event.source))
}

fn process(event: &ProcessReported) -> String {
    let attendance = event.attendance.map(|attendance| format!(" {attendance}")).unwrap_or_default();
    let with = if event.with.is_empty() { String::new() } else { format!(" with {}", actors(&event.with)) };
    format!("{}: {}{attendance}{}{with}", event.process, event.kind, by(&event.by))
}

fn by(refs: &[ActorRef]) -> String {
    if refs.is_empty() { String::new() } else { format!(" by {}", actors(refs)) }
}

fn says(source: &Source) -> String {
    format!(", says {}", actors(&source.speaker))
}

fn place_words(place: Option<&Where>) -> String {
    place.and_then(|place| place.place.as_ref()).map(|place| format!(" at {place}")).unwrap_or_default()
}

fn within(place: Option<&PlaceId>) -> String {
    place.map(|place| format!(" within {place}")).unwrap_or_default()
}

fn abouts(word: &str, list: &[About]) -> String {
    if list.is_empty() {
        return String::new();
    }
    format!("{word}{}", list.iter().map(about).collect::<Vec<_>>().join(", "))
}

fn about(about: &About) -> String {
    match about {
        About::Incident(incident) => incident.to_string(),
        About::Ceasefire(ceasefire) => ceasefire.to_string(),
        About::Record(record) => format!("record {record}"),
    }
}

fn with_records(records: &[RecordRef]) -> String {
    if records.is_empty() {
        return String::new();
    }
    format!(", records {}", records.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
}

fn sealed_values(digests: &[Digest32]) -> String {
    if digests.len() == 1 { "1 sealed value".to_owned() } else { format!("{} sealed values", digests.len()) }
}

fn short_hash(hash: &str) -> String {
    format!("{}…", hash.get(..8).unwrap_or(hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(json: &str) -> Event {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_report_that_charges_nobody_says_so() {
        let report = event(
            r#"{"type":"violation.reported","v":1,"incident":"x-1","act":"shelling","source":{"speaker":[{"actor":"AZE"}]}}"#,
        );
        assert_eq!(gist(&report), "x-1: shelling, nobody charged, says AZE");
    }

    #[test]
    fn a_condemnation_that_names_nobody_charges_nobody() {
        let statement = event(
            r#"{"type":"statement.made","v":1,"by":[{"actor":"UN"}],"kind":"condemnation","about":[{"incident":"x-1"}],"source":{"speaker":[{"actor":"UN"}]}}"#,
        );
        assert_eq!(gist(&statement), "UN: condemnation about x-1");
    }

    #[test]
    fn a_correction_says_how_the_record_reads_now() {
        let correction = event(
            r#"{"type":"record.corrected","v":1,"target":{"seq":7},"by":"source","reason":"typo","replacement":{"type":"actor.registered","v":1,"actor":"AZE","kind":"state","names":[{"lang":"en","text":"A"}]}}"#,
        );
        assert_eq!(gist(&correction), "record 7 now reads: AZE: state");
    }
}
