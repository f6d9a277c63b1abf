//! `export bundle`: chosen records and all that proves them, in one file.

use std::collections::BTreeSet;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::check_proof::read_policy;
use super::evidence::{store, store_failed};
use super::prove::position;
use super::record_text::refuse_csv;
use crate::cli::complaint::{Complaint, Place};
use crate::cli::console::internal;
use crate::cli::new_file::{expect_free, write_new};
use crate::cli::outcome::Outcome;
use crate::cli::session::Session;
use crate::cli::{notes, refusal};
use crate::evidence::EvidenceStore;
use crate::ledger::{Archive, BundleError, BundleQuestion, BundledFiles, View};
use crate::proof::{Disclosure, DisclosureFile, EvidenceBundle, FileDigests, ProofTrust, Standing};
use crate::rules::counting::COUNT_1;
use crate::vocab::{Code, Digest32, IncidentId, Seq};

/// What `export bundle` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ceasefire export bundle 7 9 12 -o case.zip\n  \
    ceasefire export bundle --incident I-2 --files --policy both-parties.policy -o I-2.zip\n\n\
    The file is a ZIP archive: records, proofs, checkpoint, policy, what is disclosed, timestamps that are recorded, and a page in \
    English and Arabic that says what all this shows and what it does not. Anybody checks it without the ledger:\n  \
    ceasefire check-proof case.zip --log-key KEY        ceasefire-verify case.zip --log-key KEY\n\n\
    Everything in a chosen record can be read by whoever has the file. Sealed values are in it only if --disclose hands them over.")]
pub struct ExportBundleArgs {
    /// Positions of records, or eight or more digits of their hashes
    #[arg(value_name = "SEQ|HASH")]
    pub records: Vec<String>,
    /// Every record that bears on an incident, corrections and evidence too; repeat it for several
    #[arg(long, value_name = "INCIDENT")]
    pub incident: Vec<String>,
    /// Open the sealed values that this file hands over (`ceasefire unseal` writes it); repeat it for several
    #[arg(long, value_name = "FILE")]
    pub disclose: Vec<PathBuf>,
    /// Enclose the evidence files that the records name, not only their hashes
    #[arg(long)]
    pub files: bool,
    /// The policy to enclose: whose signatures make the checkpoint good [default: the log's alone]
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// The file to write, which must not exist
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

/// What `export bundle` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct ExportBundleAnswer {
    /// Nothing was written.
    pub dry_run: bool,
    /// The file.
    pub file: String,
    /// Its BLAKE3, SHA-256 and length; absent in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digests: Option<FileDigests>,
    /// The records in it.
    pub records: Vec<Seq>,
    /// How many records the checkpoint in it covers.
    pub size: u64,
    /// The log's key.
    pub log_key: String,
    /// How many sealed values are opened.
    pub disclosed: usize,
    /// The evidence files enclosed.
    pub files: Vec<Digest32>,
    /// The sizes of the log's beginnings whose timestamps are enclosed.
    pub stamped: Vec<u64>,
    /// Whether the checkpoint satisfies the enclosed policy.
    pub policy_satisfied: bool,
}

/// Writes a bundle.
pub fn run(args: &ExportBundleArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("export bundle", &session.console)?;
    super::rebuild::refuse_known_at("export bundle", session)?;
    expect_free(&args.output)?;
    let archive = session.archive()?;
    let replayed = session.replayed()?;
    let view = replayed.view();
    let question = BundleQuestion {
        records: chosen(args, &archive, &view)?,
        disclosures: disclosures(&args.disclose)?,
        policy: match &args.policy {
            Some(path) => {
                read_policy(path)?;
                Some(notes::read_file(path)?)
            }
            None => None,
        },
        files: if args.files { BundledFiles::Enclosed } else { BundledFiles::Named },
    };
    let bundle = archive.bundle(&question, &view).map_err(|error| refused(&error))?;
    let store = store(session)?;
    let digests = if session.global.dry_run { None } else { Some(write(&bundle, &store, args)?) };
    let answer = answer(&bundle, digests, args)?;
    print(&answer, session)?;
    Ok(Outcome::Ok)
}

/// The positions that were typed, and those of the incidents, in order.
fn chosen(args: &ExportBundleArgs, archive: &Archive, view: &View<'_>) -> Result<Vec<Seq>, Complaint> {
    let mut seqs = BTreeSet::new();
    for text in &args.records {
        seqs.insert(position(archive, text)?);
    }
    for text in &args.incident {
        seqs.extend(about(text, view)?);
    }
    if seqs.is_empty() {
        let what = "no record is chosen";
        return Err(Complaint::new(Outcome::Usage, Code::Usage, what).hint("name positions, or --incident ID"));
    }
    Ok(seqs.into_iter().collect())
}

/// Every record that bears on an incident: claims about it, and evidence about it or about one of those.
fn about(text: &str, view: &View<'_>) -> Result<BTreeSet<Seq>, Complaint> {
    use crate::event::About;
    let id =
        IncidentId::new(text).map_err(|error| Complaint::new(Outcome::Rejected, Code::BadId, error.to_string()))?;
    let Some(answer) = view.incident(&id, COUNT_1).map_err(|error| refusal::rows(&error))? else {
        let what = format!("there is no incident `{text}`");
        return Err(Complaint::new(Outcome::Rejected, Code::UnknownIncident, what));
    };
    let mut seqs: BTreeSet<Seq> = answer.records.iter().copied().collect();
    let names: Vec<&str> =
        std::iter::once(answer.incident.as_str()).chain(answer.merged.iter().map(String::as_str)).collect();
    for evidence in view.all_evidence("").map_err(|error| refusal::rows(&error))? {
        let bears = evidence.about.iter().any(|about| match about {
            About::Incident(incident) => names.contains(&incident.as_str()),
            About::Record(record) => record.seq.is_some_and(|seq| answer.records.contains(&seq)),
            About::Ceasefire(_) => false,
        });
        if bears && evidence.stands {
            seqs.extend(evidence.custody.iter().map(|step| step.record));
        }
    }
    Ok(seqs)
}

fn disclosures(paths: &[PathBuf]) -> Result<Vec<Disclosure>, Complaint> {
    let mut all = Vec::new();
    for path in paths {
        let bytes = notes::read_file(path)?;
        let read = std::str::from_utf8(&bytes).map_err(|error| error.to_string()).and_then(|text| {
            DisclosureFile::read(text).and_then(|file| file.check()).map_err(|error| error.to_string())
        });
        let place = Place { file: Some(path.display().to_string()), ..Place::default() };
        let disclosed = read.map_err(|what| Complaint::new(Outcome::Rejected, Code::BundleParts, what).at(place))?;
        all.extend(disclosed.fields);
    }
    Ok(all)
}

/// Writes the file, reads it again and checks it, before it gets its name.
fn write(bundle: &EvidenceBundle, store: &EvidenceStore, args: &ExportBundleArgs) -> Result<FileDigests, Complaint> {
    let mut open = |blake3: &Digest32| -> io::Result<Box<dyn Read>> {
        let file = store.open(blake3).map_err(|error| error.source)?;
        file.map(|file| Box::new(file) as Box<dyn Read>).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    };
    let mut written = None;
    write_new(&args.output, |file, failed| {
        let mut out = BufWriter::new(&mut *file);
        bundle.write(&mut out, &mut open).and_then(|()| out.flush()).map_err(|error| failed(&error))?;
        drop(out);
        file.rewind().map_err(|error| failed(&error))?;
        let read =
            EvidenceBundle::read(&mut BufReader::new(&mut *file)).map_err(|error| internal(&error.to_string()))?;
        if read.check(&ProofTrust::default()).checks.iter().any(|check| check.verdict == Standing::Violated) {
            return Err(internal("a bundle was written that does not hold"));
        }
        file.rewind().map_err(|error| failed(&error))?;
        written = Some(FileDigests::of_reader(file, |_| Ok(())).map_err(|error| failed(&error))?);
        Ok(())
    })?;
    written.ok_or_else(|| internal("nothing was written"))
}

fn answer(
    bundle: &EvidenceBundle,
    digests: Option<FileDigests>,
    args: &ExportBundleArgs,
) -> Result<ExportBundleAnswer, Complaint> {
    let parts = bundle.parts();
    let report = bundle.check(&ProofTrust::default());
    let policy = crate::proof::Policy::parse(&parts.policy).map_err(|error| internal(&error.to_string()))?;
    let judgement = policy.evaluate(&parts.checkpoint).map_err(|error| internal(&error.to_string()))?;
    Ok(ExportBundleAnswer {
        dry_run: digests.is_none(),
        file: args.output.display().to_string(),
        digests,
        records: parts.records.iter().map(|record| Seq::new(record.seq)).collect(),
        size: report.size.unwrap_or_default(),
        log_key: report.log_key.unwrap_or_default(),
        disclosed: parts.records.iter().map(|record| record.disclosures.len()).sum(),
        files: parts.evidence.iter().filter(|evidence| evidence.file.is_some()).map(|one| one.blake3).collect(),
        stamped: parts.stamped.iter().map(|stamped| stamped.tree.size()).collect(),
        policy_satisfied: judgement.verdict == crate::proof::PolicyVerdict::Satisfied,
    })
}

fn print(answer: &ExportBundleAnswer, session: &mut Session) -> Result<(), Complaint> {
    let console = &mut session.console;
    if !console.is_human() {
        return console.answer("export_bundle", Outcome::Ok, answer);
    }
    let word = if answer.dry_run { "would be written to" } else { "written to" };
    let records: Vec<String> = answer.records.iter().map(ToString::to_string).collect();
    console.line(format!(
        "records {} under a checkpoint of {} {word} {}",
        records.join(", "),
        answer.size,
        answer.file
    ))?;
    let counted = |count: usize, what: &str| if count == 0 { String::new() } else { format!("  {count} {what}\n") };
    let more = [
        counted(answer.disclosed, "sealed values opened"),
        counted(answer.files.len(), "evidence files enclosed"),
        counted(answer.stamped.len(), "timestamps of the log enclosed"),
    ];
    let more = more.concat();
    if !more.is_empty() {
        console.line(more.trim_end_matches('\n'))?;
    }
    if let Some(digests) = &answer.digests {
        console.line(format!("  sha256  {}\n  bytes   {}", digests.sha256, digests.bytes))?;
    }
    console.line(format!("  log key {}", answer.log_key))?;
    if !answer.policy_satisfied {
        console.say("note: the witnesses that the enclosed policy asks for have not all signed; the page says so");
    }
    Ok(())
}

fn refused(error: &BundleError) -> Complaint {
    match error {
        BundleError::Prove(error) => refusal::prove(error),
        BundleError::Rows(error) => refusal::rows(error),
        BundleError::Store(error) => store_failed(error),
        BundleError::MissingFile { .. } => Complaint::new(Outcome::Undecided, Code::EvidenceMissing, error.to_string())
            .hint("leave out --files, or add the file again: ceasefire evidence add FILE"),
        BundleError::AlteredFile { .. } => Complaint::new(Outcome::Violated, Code::EvidenceAltered, error.to_string()),
        BundleError::Timestamps(error) => super::evidence::timestamp::failed(error),
        _ => Complaint::new(Outcome::Rejected, Code::BundleParts, error.to_string()),
    }
}
