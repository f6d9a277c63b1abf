//! What can be typed: the verbs, and the flags that every verb takes.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::called::Called;
use super::verbs;

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "ceasefire",
    version,
    about = "Keeps a record of truces, alleged violations and accusations that both sides can check",
    long_about = "Keeps an append-only, hash-chained record of truces, alleged violations and the parties' accusations.\n\
        It records who claims what; it never decides who is right. Every number it prints can be recomputed by anyone.",
    after_help = "Start with:  ceasefire demo DIR\nExit codes:  0 ok, 1 violated, 2 usage, 3 refused, 5 cannot tell, 10 no ledger, 11 locked, 14 torn, 20 disk; \
        all of them: ceasefire explain-code exit",
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct CommandLine {
    /// What every verb takes.
    #[command(flatten)]
    pub global: Global,
    /// The verb.
    #[command(subcommand)]
    pub verb: Verb,
}

/// The flags that every verb takes.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is one flag of the command line")]
pub struct Global {
    /// The ledger's folder [default: the nearest one upwards from here]
    #[arg(short = 'L', long, global = true, env = "CEASEFIRE_LEDGER", value_name = "DIR")]
    pub ledger: Option<PathBuf>,
    /// How to print
    #[arg(long, global = true, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    pub format: Format,
    /// Print JSON; the same as --format json
    #[arg(long, global = true)]
    pub json: bool,
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
    /// Say nothing but the answer
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say more
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Show no progress bars
    #[arg(long, global = true)]
    pub no_progress: bool,
    /// The language of names
    #[arg(long, global = true, default_value = "en", value_name = "TAG")]
    pub lang: String,
    /// Event time: an instant or an interval A/B [default: now for `state`, all of time for `tally`]
    #[arg(long, global = true, value_name = "TIME")]
    pub valid_at: Option<String>,
    /// Record time: answer from what the ledger held at this position, time or signed checkpoint (a file) [default: now]
    #[arg(long, global = true, value_name = "SEQ|TIME|FILE")]
    pub known_at: Option<String>,
    /// The publication axis: answer from what sources had published by this time, whenever it was recorded
    #[arg(long, global = true, value_name = "TIME")]
    pub published_by: Option<String>,
    /// From whose point of view: a party's id, mediator, monitor or ledger
    #[arg(long, global = true, default_value = "ledger", value_name = "WHO")]
    pub perspective: String,
    /// The rule set to count under
    #[arg(long, global = true, value_name = "NAME")]
    pub rules: Option<String>,
    /// Sign what is submitted with the key in this file
    #[arg(id = "signing_key", long = "key", global = true, env = "CEASEFIRE_KEY", value_name = "FILE")]
    pub key: Option<OsString>,
    /// Check everything and write nothing
    #[arg(short = 'n', long, global = true)]
    pub dry_run: bool,
}

/// How answers are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Human,
    /// One JSON object.
    Json,
    /// One JSON object a line, for lists.
    Jsonl,
    /// Comma-separated, for tables.
    Csv,
}

/// When colour is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Create a ledger
    Init(Called<verbs::init::InitArgs>),
    /// Create the bundled example ledger, verify it, replay it and count
    Demo(Called<verbs::demo::DemoArgs>),
    /// Append one record: a violation report, an agreement, an accusation, …
    Append(Called<verbs::append::AppendVerb>),
    /// Submit what was signed on another machine
    Submit(Called<verbs::submit::SubmitArgs>),
    /// Make, add, list, hand over and revoke submitters' keys
    Key(Called<verbs::key::KeyArgs>),
    /// Import many records from a file
    Import(Called<verbs::import::ImportArgs>),
    /// Write a first mapping for a file, or check one
    Map(Called<verbs::map::MapArgs>),
    /// Check the whole ledger
    Verify(Called<verbs::verify::VerifyArgs>),
    /// List the finished files of the log as `b3sum -c` takes them, or check them whole
    Segments(Called<verbs::segments::SegmentsArgs>),
    /// Show the newest signed checkpoint; make one where records came after it
    Checkpoint(Called<verbs::checkpoint::CheckpointArgs>),
    /// Prove to somebody without the ledger that a record is in it, or that it goes on from what he saw
    Prove(Called<verbs::prove::ProveArgs>),
    /// Check a receipt without the ledger, complete it, or write one again
    Receipt(Called<verbs::receipt::ReceiptArgs>),
    /// Rebuild the state from record 1 and show it step by step
    Replay(Called<verbs::replay::ReplayArgs>),
    /// Show the state of the ceasefires
    State(Called<verbs::state::StateArgs>),
    /// Count incidents, by accused, accuser, status and contest
    Tally(Called<verbs::tally::TallyArgs>),
    /// Write a situation report of one ceasefire and one period
    Report(Called<verbs::report::ReportArgs>),
    /// Show the records behind one printed number
    Explain(Called<verbs::explain::ExplainArgs>),
    /// Show everything said about one incident
    Incident(Called<verbs::incident::IncidentArgs>),
    /// Show what is under verification, and for how long
    Pending(Called<verbs::questions::pending::PendingArgs>),
    /// Show where monitors could not go, and where all was quiet
    Coverage(Called<verbs::questions::coverage::CoverageArgs>),
    /// Rank the incidents that may be the same as one; nothing is merged
    Alike(Called<verbs::questions::alike::AlikeArgs>),
    /// Show where the lists of two sides agree
    Lists(Called<verbs::questions::lists::ListsArgs>),
    /// Show every charge against a side, and how each stands
    Charges(Called<verbs::questions::charges::ChargesArgs>),
    /// Show the charges that the accused has not answered
    Unanswered(Called<verbs::questions::unanswered::UnansweredArgs>),
    /// Show who did not come to meetings and talks
    Absent(Called<verbs::questions::absent::AbsentArgs>),
    /// Show findings with dissent, and how much is resolved
    Findings(Called<verbs::questions::findings::FindingsArgs>),
    /// Show counters that others keep, with every reading
    Counters(Called<verbs::questions::counters::CountersArgs>),
    /// Ask whether the ledger held that somebody gave a figure
    Stated(Called<verbs::questions::stated::StatedArgs>),
    /// Show one record, or what is registered under an id
    Show(Called<verbs::show::ShowArgs>),
    /// Store evidence files by their hash, and show who held them
    Evidence(Called<verbs::evidence::EvidenceArgs>),
    /// List what a record seals, withhold fields, release them
    Seal(Called<verbs::seal::SealArgs>),
    /// Hand sealed fields over, or check what was handed over
    Unseal(Called<verbs::unseal::UnsealArgs>),
    /// Destroy sealed fields for good; recorded first
    Erase(Called<verbs::erase::EraseArgs>),
    /// Write records into a file for others
    Export(Called<verbs::export::ExportArgs>),
    /// Check an evidence bundle, a proof or receipts, without a ledger
    CheckProof(Called<verbs::check_proof::CheckProofArgs>),
    /// List records
    Log(Called<verbs::log::LogArgs>),
    /// Find records by their words
    Search(Called<verbs::search::SearchArgs>),
    /// Show what changed between two moments of knowledge
    Diff(Called<verbs::diff::DiffArgs>),
    /// Make the stored projections anew from the log
    Rebuild(Called<verbs::rebuild::RebuildArgs>),
    /// Move a half-written end of the log aside
    Recover(Called<verbs::recover::RecoverArgs>),
    /// Look for what is wrong with the ledger's folder
    Doctor(Called<verbs::doctor::DoctorArgs>),
    /// Have the ledger's checkpoints cosigned by witnesses, or be one
    Witness(Called<verbs::witness::WitnessArgs>),
    /// Print a JSON Schema
    Schema(Called<verbs::schema::SchemaArgs>),
    /// Say what an error code or an exit code means
    ExplainCode(Called<verbs::explain_code::ExplainCodeArgs>),
    /// Print a completion script for a shell
    Completions(Called<verbs::completions::CompletionsArgs>),
    /// Write the manual pages into a folder
    Man(Called<verbs::man::ManArgs>),
    /// Write a made-up ledger, for measuring
    #[command(hide = true)]
    Generate(Called<verbs::generate::GenerateArgs>),
}

impl Verb {
    /// Tells whether the verb can answer from what had been published, instead of what had been recorded.
    #[must_use]
    pub const fn answers_as_published(&self) -> bool {
        if let Self::Export(args) = self {
            return !matches!(args.0.form, verbs::export::ExportForm::Bundle(_) | verbs::export::ExportForm::Tiles(_));
        }
        matches!(
            self,
            Self::State(_)
                | Self::Tally(_)
                | Self::Report(_)
                | Self::Explain(_)
                | Self::Incident(_)
                | Self::Pending(_)
                | Self::Coverage(_)
                | Self::Alike(_)
                | Self::Lists(_)
                | Self::Charges(_)
                | Self::Unanswered(_)
                | Self::Absent(_)
                | Self::Findings(_)
                | Self::Counters(_)
                | Self::Stated(_)
                | Self::Show(_)
                | Self::Log(_)
                | Self::Search(_)
        )
    }
}

impl Global {
    /// Gives the file of the key to sign with; `CEASEFIRE_KEY=` names none.
    #[must_use]
    pub fn key_file(&self) -> Option<&Path> {
        self.key.as_deref().filter(|path| !path.is_empty()).map(Path::new)
    }

    /// Gives the format; `--json` is short for one.
    #[must_use]
    pub const fn chosen_format(&self) -> Format {
        if self.json { Format::Json } else { self.format }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use clap::CommandFactory;

    use super::*;

    #[test]
    fn a_verb_says_of_itself_what_the_list_of_verbs_says_of_it() {
        let mut command = CommandLine::command();
        let listed = said_of_themselves(&command);
        command.build();
        let mut built = said_of_themselves(&command);
        built.retain(|verb, _| listed.contains_key(verb));
        assert!(listed.len() > 40 && listed.values().all(Option::is_some), "{listed:?}");
        assert_eq!(built, listed);
    }

    fn said_of_themselves(command: &clap::Command) -> BTreeMap<String, Option<String>> {
        let said = |verb: &clap::Command| (verb.get_name().to_owned(), verb.get_about().map(ToString::to_string));
        command.get_subcommands().map(said).collect()
    }
}
