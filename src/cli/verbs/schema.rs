//! `schema`: the JSON Schemas of events and answers, made from the types themselves.

use clap::Args;
use schemars::{JsonSchema, Schema, json_schema, schema_for};
use serde_json::{Value, json};

use super::record_text::refuse_csv;
use super::state::unknown;
use super::{
    checkpoint, diff, doctor, erase, evidence, export, key, log, prove, rebuild, receipt, recover, replay, seal,
    search, show, unseal, witness,
};
use crate::cli::complaint::Complaint;
use crate::cli::console::{Console, Paint};
use crate::cli::outcome::Outcome;
use crate::cli::session::Session;
use crate::event::{EVENT_TYPES, Event, event_schema};
use crate::ledger::{BreakdownAnswer, IncidentAnswer, StateAnswer, TallyAnswer, VerifyReport};
use crate::proof::ReceiptFile;
use crate::record::Body;
use crate::report::Situation;
use crate::vocab::Code;

/// What `schema` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ceasefire schema                       lists the names\n  \
    ceasefire schema violation.reported    what `append violation FILE` takes\n  \
    ceasefire schema tally                 what `tally --json` prints")]
pub struct SchemaArgs {
    /// An event type, event, body, error, or a verb [default: list the names]
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}

/// A schema that is not an event's: its name, what it describes, and how it is made.
struct Entry {
    name: &'static str,
    about: &'static str,
    make: fn() -> Schema,
}

const OTHERS: &[Entry] = &[
    Entry { name: "event", about: "any event", make: whole::<Event> },
    Entry { name: "body", about: "what a submitter hands in, and a record holds", make: whole::<Body> },
    Entry { name: "error", about: "what stands on stderr when something is wrong", make: error_schema },
    Entry { name: "state", about: "the answer of `state`", make: || answer::<StateAnswer>("state") },
    Entry { name: "tally", about: "the answer of `tally`", make: || answer::<TallyAnswer>("tally") },
    Entry {
        name: "breakdown",
        about: "the answer of `tally --by day`, week, month, year, region, place",
        make: || answer::<BreakdownAnswer>("breakdown"),
    },
    Entry {
        name: "tally_against",
        about: "the answer of `tally --against RULES`",
        make: || answer::<super::tally::AgainstAnswer>("tally_against"),
    },
    Entry { name: "report", about: "the answer of `report`", make: || answer::<Situation>("report") },
    Entry {
        name: "pending",
        about: "the answer of `pending`",
        make: || answer::<crate::ledger::PendingAnswer>("pending"),
    },
    Entry {
        name: "coverage",
        about: "the answer of `coverage`",
        make: || answer::<crate::ledger::CoverageAnswer>("coverage"),
    },
    Entry { name: "alike", about: "the answer of `alike`", make: || answer::<crate::ledger::AlikeAnswer>("alike") },
    Entry { name: "lists", about: "the answer of `lists`", make: || answer::<crate::ledger::ListsAnswer>("lists") },
    Entry {
        name: "charges",
        about: "the answer of `charges`",
        make: || answer::<crate::ledger::ChargesAnswer>("charges"),
    },
    Entry {
        name: "unanswered",
        about: "the answer of `unanswered`",
        make: || answer::<crate::ledger::UnansweredAnswer>("unanswered"),
    },
    Entry {
        name: "absent",
        about: "the answer of `absent`",
        make: || answer::<crate::ledger::AttendanceAnswer>("absent"),
    },
    Entry {
        name: "findings",
        about: "the answer of `findings`",
        make: || answer::<crate::ledger::FindingsAnswer>("findings"),
    },
    Entry { name: "stated", about: "the answer of `stated`", make: || answer::<crate::ledger::StatedAnswer>("stated") },
    Entry {
        name: "counters",
        about: "the answer of `counters`",
        make: || answer::<super::questions::counters::CountersAnswer>("counters"),
    },
    Entry { name: "incident", about: "the answer of `incident ID`", make: || answer::<IncidentAnswer>("incident") },
    Entry { name: "verify", about: "the answer of `verify`", make: || answer::<VerifyReport>("verify") },
    Entry {
        name: "segments",
        about: "the answer of `segments`",
        make: || answer::<crate::ledger::SealedHistory>("segments"),
    },
    Entry {
        name: "segments_check",
        about: "the answer of `segments --check`",
        make: || answer::<crate::ledger::SealedReport>("segments_check"),
    },
    Entry {
        name: "checkpoint",
        about: "the answer of `checkpoint`",
        make: || answer::<checkpoint::CheckpointAnswer>("checkpoint"),
    },
    Entry { name: "prove", about: "the answer of `prove`", make: || answer::<prove::ProveAnswer>("prove") },
    Entry { name: "init", about: "the answer of `init`", make: || answer::<super::init::InitAnswer>("init") },
    Entry { name: "append", about: "the answer of `append`", make: || answer::<super::append::AppendAnswer>("append") },
    Entry { name: "import", about: "the answer of `import`", make: || answer::<super::import::ImportAnswer>("import") },
    Entry {
        name: "map_suggest",
        about: "the answer of `map suggest`",
        make: || answer::<super::map::Suggested>("map_suggest"),
    },
    Entry {
        name: "map_check",
        about: "the answer of `map check`",
        make: || answer::<super::map::CheckedMap>("map_check"),
    },
    Entry { name: "submit", about: "the answer of `submit`", make: || answer::<super::append::AppendAnswer>("submit") },
    Entry { name: "key_new", about: "the answer of `key new`", make: || answer::<key::KeyAnswer>("key_new") },
    Entry { name: "key_public", about: "the answer of `key public`", make: || answer::<key::KeyAnswer>("key_public") },
    Entry {
        name: "receipt",
        about: "the answer of `receipt complete` and `receipt issue`",
        make: || answer::<receipt::ReceiptAnswer>("receipt"),
    },
    Entry { name: "receipt_file", about: "a receipt, as `append --receipt` writes it", make: whole::<ReceiptFile> },
    Entry {
        name: "receipt_check",
        about: "the answer of `receipt check`",
        make: || answer::<receipt::ReceiptCheckAnswer>("receipt_check"),
    },
    Entry { name: "replay", about: "the answer of `replay`", make: || answer::<replay::ReplayAnswer>("replay") },
    Entry { name: "diff", about: "the answer of `diff`", make: || answer::<diff::DiffAnswer>("diff") },
    Entry {
        name: "show",
        about: "the answer of `show SEQ` and `show ID`",
        make: || answer::<show::ShowAnswer>("show"),
    },
    Entry {
        name: "evidence_add",
        about: "the answer of `evidence add`",
        make: || answer::<evidence::add::EvidenceAddAnswer>("evidence_add"),
    },
    Entry {
        name: "evidence_list",
        about: "the answer of `evidence list`",
        make: || answer::<evidence::show::EvidenceListAnswer>("evidence_list"),
    },
    Entry {
        name: "evidence_show",
        about: "the answer of `evidence show`",
        make: || answer::<evidence::show::EvidenceShowAnswer>("evidence_show"),
    },
    Entry {
        name: "evidence_check",
        about: "the answer of `evidence check`",
        make: || answer::<evidence::check::EvidenceCheckAnswer>("evidence_check"),
    },
    Entry {
        name: "evidence_export",
        about: "the answer of `evidence export`",
        make: || answer::<evidence::export::EvidenceExportAnswer>("evidence_export"),
    },
    Entry { name: "seal", about: "the answer of `seal`", make: || answer::<seal::SealAnswer>("seal") },
    Entry { name: "unseal", about: "the answer of `unseal SEQ`", make: || answer::<unseal::UnsealAnswer>("unseal") },
    Entry {
        name: "unseal-check",
        about: "the answer of `unseal check`",
        make: || answer::<unseal::UnsealCheckAnswer>("unseal-check"),
    },
    Entry { name: "erase", about: "the answer of `erase`", make: || answer::<erase::EraseAnswer>("erase") },
    Entry {
        name: "evidence_timestamp_request",
        about: "the answer of `evidence timestamp request`",
        make: || answer::<evidence::timestamp::TimestampRequestAnswer>("evidence_timestamp_request"),
    },
    Entry {
        name: "evidence_timestamp_add",
        about: "the answer of `evidence timestamp add`",
        make: || answer::<evidence::timestamp::TimestampAddAnswer>("evidence_timestamp_add"),
    },
    Entry {
        name: "evidence_timestamp_check",
        about: "the answer of `evidence timestamp check`",
        make: || answer::<evidence::timestamp::TimestampCheckAnswer>("evidence_timestamp_check"),
    },
    Entry {
        name: "export",
        about: "the answer of `export csv|jsonl|geojson|xlsx -o FILE`",
        make: || answer::<export::ExportAnswer>("export"),
    },
    Entry {
        name: "export_dictionary",
        about: "the answer of `export csv --dictionary`: the columns of every export of incidents",
        make: || answer::<export::DictionaryAnswer>("export_dictionary"),
    },
    Entry {
        name: "export_bundle",
        about: "the answer of `export bundle`",
        make: || answer::<export::ExportBundleAnswer>("export_bundle"),
    },
    Entry {
        name: "export_tiles",
        about: "the answer of `export tiles`",
        make: || answer::<export::ExportTilesAnswer>("export_tiles"),
    },
    Entry {
        name: "check_proof",
        about: "the answer of `check-proof` and of `ceasefire-verify`",
        make: || answer::<crate::proof::ProofReport>("check_proof"),
    },
    Entry { name: "log", about: "the answer of `log`", make: || answer::<log::LogAnswer>("log") },
    Entry { name: "key_list", about: "the answer of `key list`", make: || answer::<key::KeyListAnswer>("key_list") },
    Entry { name: "search", about: "the answer of `search`", make: || answer::<search::SearchAnswer>("search") },
    Entry { name: "rebuild", about: "the answer of `rebuild`", make: || answer::<rebuild::RebuildAnswer>("rebuild") },
    Entry { name: "recover", about: "the answer of `recover`", make: || answer::<recover::RecoverAnswer>("recover") },
    Entry { name: "doctor", about: "the answer of `doctor`", make: || answer::<doctor::DoctorAnswer>("doctor") },
    Entry {
        name: "witness-new",
        about: "the answer of `witness new`",
        make: || answer::<witness::NewAnswer>("witness-new"),
    },
    Entry {
        name: "witness-serve",
        about: "each line of `witness serve`",
        make: || answer::<witness::ServeEvent>("witness-serve"),
    },
    Entry {
        name: "witness-answer",
        about: "the answer of `witness answer`",
        make: || answer::<witness::AnswerAnswer>("witness-answer"),
    },
    Entry {
        name: "witness-evidence",
        about: "the answer of `witness evidence`",
        make: || answer::<witness::EvidenceAnswer>("witness-evidence"),
    },
    Entry {
        name: "witness-adopt",
        about: "the answer of `witness adopt`",
        make: || answer::<witness::AdoptAnswer>("witness-adopt"),
    },
    Entry {
        name: "witness-policy",
        about: "the answer of `witness policy`",
        make: || answer::<witness::PolicyAnswer>("witness-policy"),
    },
    Entry {
        name: "witness-ask",
        about: "the answer of `witness ask`",
        make: || answer::<witness::AskAnswer>("witness-ask"),
    },
    Entry {
        name: "witness-request",
        about: "the answer of `witness request`",
        make: || answer::<witness::RequestAnswer>("witness-request"),
    },
    Entry {
        name: "witness-take",
        about: "the answer of `witness take`",
        make: || answer::<witness::TakeAnswer>("witness-take"),
    },
    Entry {
        name: "witness-list",
        about: "the answer of `witness list`",
        make: || answer::<witness::ListAnswer>("witness-list"),
    },
];

/// Prints a schema, or the names of all.
pub fn run(args: &SchemaArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("schema", &session.console)?;
    match &args.name {
        None => list(&mut session.console)?,
        Some(name) => print(&schema(name)?, &mut session.console)?,
    }
    Ok(Outcome::Ok)
}

fn schema(name: &str) -> Result<Schema, Complaint> {
    if let Some(schema) = event_schema(name) {
        return Ok(schema);
    }
    // An answer names its schema `ceasefire.tally/1`.
    let short = name.strip_prefix("ceasefire.").and_then(|rest| rest.strip_suffix("/1")).unwrap_or(name);
    if let Some(entry) = OTHERS.iter().find(|entry| entry.name == short) {
        return Ok((entry.make)());
    }
    if let Some(schema) = only_event_of(name).and_then(event_schema) {
        return Ok(schema);
    }
    Err(unknown(Code::UnknownSchema, "schema", name, &names()))
}

/// Gives the one event type of a noun: `violation` is `violation.reported`.
fn only_event_of(noun: &str) -> Option<&'static str> {
    let names = EVENT_TYPES.iter().map(|event_type| event_type.name);
    let mut of_noun = names.filter(|name| name.split('.').next() == Some(noun));
    let only = of_noun.next()?;
    of_noun.next().is_none().then_some(only)
}

fn names() -> Vec<&'static str> {
    EVENT_TYPES.iter().map(|event_type| event_type.name).chain(OTHERS.iter().map(|entry| entry.name)).collect()
}

fn list(console: &mut Console) -> Result<(), Complaint> {
    if !console.is_human() {
        return console.answer("schema", Outcome::Ok, json!({ "names": names() }));
    }
    let heading = console.paint(Paint::Heading, "events");
    console.line(heading)?;
    for event_type in EVENT_TYPES {
        console.line(format!("  {:<24}  version {}", event_type.name, event_type.version))?;
    }
    let heading = console.paint(Paint::Heading, "others");
    console.line(heading)?;
    for entry in OTHERS {
        console.line(format!("  {:<24}  {}", entry.name, entry.about))?;
    }
    Ok(())
}

fn print(schema: &Schema, console: &mut Console) -> Result<(), Complaint> {
    let text = match console.format() {
        crate::cli::args::Format::Jsonl => serde_json::to_string(schema),
        _ => serde_json::to_string_pretty(schema),
    };
    console.line(text.map_err(|error| crate::cli::console::internal(&error.to_string()))?)
}

fn whole<T: JsonSchema>() -> Schema {
    schema_for!(T)
}

/// The schema of a verb's answer: its own members, with `schema` and `outcome` beside them.
fn answer<T: JsonSchema>(verb: &str) -> Schema {
    headed(schema_for!(T), verb)
}

fn headed(mut schema: Schema, verb: &str) -> Schema {
    let mut words: Vec<&str> = Outcome::ALL.iter().map(|outcome| outcome.word()).collect();
    words.dedup();
    let head = [
        (
            "schema",
            json!({ "const": format!("ceasefire.{verb}/1"), "description": "The form of this answer; members are only ever added." }),
        ),
        ("outcome", json!({ "enum": words, "description": "How the command ended." })),
    ];
    for (name, member) in head {
        if let Value::Object(all) = member_of(&mut schema, "properties", json!({})) {
            all.insert(name.to_owned(), member);
        }
        if let Value::Array(all) = member_of(&mut schema, "required", json!([])) {
            all.push(json!(name));
        }
    }
    schema.insert("title".to_owned(), json!(format!("ceasefire.{verb}/1")));
    schema
}

fn member_of<'a>(schema: &'a mut Schema, name: &str, blank: Value) -> &'a mut Value {
    schema.ensure_object().entry(name).or_insert(blank)
}

/// The schema of a complaint.
fn error_schema() -> Schema {
    let words: Vec<&str> = Outcome::ALL.iter().map(|outcome| outcome.word()).collect();
    json_schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "ceasefire.error/1",
        "type": "object",
        "required": ["schema", "outcome", "error", "hint", "code"],
        "properties": {
            "schema": { "const": "ceasefire.error/1" },
            "outcome": { "enum": words.into_iter().filter(|word| *word != "ok").collect::<std::collections::BTreeSet<_>>() },
            "error": { "type": "string", "description": "What is wrong." },
            "hint": { "type": "string", "description": "What to do." },
            "code": { "enum": Code::ALL.iter().map(|code| code.id()).collect::<Vec<_>>() },
            "at": {
                "type": "object",
                "description": "Where in the input.",
                "properties": {
                    "file": { "type": "string" },
                    "line": { "type": "integer", "minimum": 1 },
                    "column": { "type": "integer", "minimum": 1 },
                    "pointer": { "type": "string" },
                },
            },
            "more": { "type": "array", "items": { "$ref": "#" }, "description": "Further complaints about the same input." },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::complaint::Place;
    use crate::cli::verbs::record_text::{Mending, RecordLine};
    use crate::ledger::KnownAt;
    use crate::vocab::{Instant, Seq};

    #[test]
    fn every_listed_name_has_a_schema_that_is_one() {
        for name in names() {
            let schema = schema(name).unwrap().to_value();
            assert!(jsonschema::meta::is_valid(&schema), "{name}");
        }
    }

    #[test]
    fn an_answers_schema_is_found_by_the_name_the_answer_gives_itself() {
        let schema = schema("ceasefire.tally/1").unwrap().to_value();
        assert_eq!(schema["properties"]["schema"]["const"], "ceasefire.tally/1");
    }

    #[test]
    fn a_noun_with_one_event_type_stands_for_it_and_one_with_several_does_not() {
        assert_eq!(only_event_of("violation"), Some("violation.reported"));
        assert_eq!(only_event_of("record"), None);
        assert_eq!(schema("tally").unwrap().to_value()["title"], "ceasefire.tally/1");
    }

    #[test]
    fn a_misspelt_name_is_refused_with_the_nearest_one() {
        let complaint = schema("violation.reportd").unwrap_err();
        assert_eq!(complaint.code, Code::UnknownSchema);
        assert_eq!(complaint.hint.as_deref(), Some("did you mean `violation.reported`?"));
    }

    #[test]
    fn a_record_that_nobody_claims_fits_the_schema_of_log() {
        let zeros = crate::record::RecordHash::ZERO;
        let line = RecordLine {
            seq: Seq::FIRST,
            recorded: Instant::MIN,
            r#type: "incident.merged".to_owned(),
            by: "recorder".to_owned(),
            subject: None,
            speakers: Vec::new(),
            what: "a into b".to_owned(),
            summary: None,
            mending: Mending::default(),
            signature: None,
        };
        let known_at = KnownAt {
            origin: "example.org/x".to_owned(),
            log: zeros,
            seq: Seq::FIRST,
            head: zeros,
            axis: crate::ledger::Axis::Record,
            published_by: None,
        };
        let mut value = serde_json::to_value(log::LogAnswer { known_at, records: vec![line] }).unwrap();
        value["schema"] = json!("ceasefire.log/1");
        value["outcome"] = json!("ok");
        let validator = jsonschema::validator_for(&schema("log").unwrap().to_value()).unwrap();
        let faults: Vec<String> = validator.iter_errors(&value).map(|fault| fault.to_string()).collect();
        assert_eq!(faults, Vec::<String>::new());
        value["outcome"] = json!("fine");
        assert!(!validator.is_valid(&value));
    }

    #[test]
    fn the_schema_of_errors_takes_a_complaint_and_refuses_one_without_a_code() {
        let schema = jsonschema::validator_for(&error_schema().to_value()).unwrap();
        let mut complaint = Complaint::new(Outcome::Rejected, Code::BoundsOrder, "upside down").at(Place {
            pointer: Some("/event".to_owned()),
            line: Some(9),
            ..Place::default()
        });
        complaint.more.push(Complaint::new(Outcome::Rejected, Code::BadTime, "no time"));
        let mut value = complaint.to_json();
        assert!(schema.is_valid(&value), "{value}");
        value["code"] = json!("CF9999");
        assert!(!schema.is_valid(&value));
    }
}
