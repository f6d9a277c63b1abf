//! Measures the ledger against raw disk, raw hash, raw parse and other stores, in one run, and says where it loses.
//!
//! Every number is the median of repeated runs, and every ratio is to a baseline measured in the same run. Nothing here is a
//! test: a slow machine is not a fault.

mod appends;
mod children;
mod jobs;
mod machine;
mod material;
mod proofs;
mod queries;
mod reads;
mod results;
mod rivals;
mod timing;

use std::error::Error;
use std::path::PathBuf;

use material::Ledgers;
use results::Results;

/// As the command has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What every part of the run gives where it fails.
pub type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// What is asked for.
pub struct Options {
    /// How many records the ledger has.
    pub records: u64,
    /// How often each measurement is repeated.
    pub repeat: usize,
    /// The `ceasefire` program, for what includes the start of a process.
    pub program: PathBuf,
    /// Where the ledgers lie while they are measured: the file system matters.
    pub folder: PathBuf,
    /// Whether to write RESULTS.md.
    pub write: bool,
    /// The parts to run; all of them where none is named.
    pub only: Vec<String>,
}

/// A part of the run.
type Part = fn(&Options, &Ledgers, &mut Results) -> Outcome<()>;

const PARTS: &[(&str, Part)] = &[
    ("appends", appends::measure),
    ("rivals", rivals::measure),
    ("reads", reads::measure),
    ("proofs", proofs::measure),
    ("queries", queries::measure),
    ("jobs", jobs::measure),
];

const HELP: &str = "\
Measures the ceasefire ledger. Takes a quarter of an hour for a million records on two cores; for ten million more than an
hour and 40 GB of disk. Says on stderr how far it is, and writes every row as it comes.

  --records N     records in the ledger [1000000]
  --repeat N      runs of each measurement; the median is told [3]
  --folder DIR    where ledgers lie meanwhile [the system's folder for temporary files]
  --program PATH  the `ceasefire` program [target/release/ceasefire, built first]
  --only PARTS    of appends,rivals,reads,proofs,queries,jobs
  --write         write benches/RESULTS.md
";

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("--child") {
        return children::run(&arguments.collect::<Vec<_>>());
    }
    let Some(options) = options()? else {
        print!("{HELP}");
        return Ok(());
    };
    let mut results = Results::of(machine::describe(&options.folder)?, &options);
    results.say(format!("making a ledger of {} records, and one of a tenth", options.records));
    let ledgers = Ledgers::make(&options)?;
    for (name, measure) in PARTS {
        if !options.only.is_empty() && !options.only.iter().any(|only| only == name) {
            continue;
        }
        results.part(name);
        // What cannot be measured is told; the rest is measured all the same.
        if let Err(error) = measure(&options, &ledgers, &mut results) {
            results.note(format!("**{name}** broke off: {error}"));
        }
    }
    print!("{}", results.to_markdown());
    Ok(())
}

/// Builds the program as its users have it.
fn built() -> Outcome<PathBuf> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    eprintln!("building target/release/ceasefire");
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let status = std::process::Command::new(cargo)
        .args(["build", "--release", "--locked", "--bin", "ceasefire", "--manifest-path"])
        .arg(format!("{root}/Cargo.toml"))
        .status()?;
    let folder = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| format!("{root}/target"));
    if status.success() { Ok(PathBuf::from(folder).join("release/ceasefire")) } else { Err("it does not build".into()) }
}

fn options() -> Outcome<Option<Options>> {
    use lexopt::prelude::{Long, Short, ValueExt};
    let mut program = None;
    let mut options = Options {
        records: 1_000_000,
        repeat: 3,
        program: PathBuf::new(),
        folder: std::env::temp_dir(),
        write: false,
        only: Vec::new(),
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("records") => options.records = parser.value()?.parse()?,
            Long("repeat") => options.repeat = parser.value()?.parse()?,
            Long("folder") => options.folder = parser.value()?.into(),
            Long("program") => program = Some(PathBuf::from(parser.value()?)),
            Long("only") => {
                let parts = parser.value()?.string()?;
                options.only.extend(parts.split(',').map(str::to_owned));
            }
            Long("write") => options.write = true,
            Long("help") | Short('h') => return Ok(None),
            other => return Err(other.unexpected().into()),
        }
    }
    if let Some(unknown) = options.only.iter().find(|only| PARTS.iter().all(|(name, _)| name != only)) {
        return Err(format!("no part is called {unknown}").into());
    }
    options.program = program.map_or_else(built, Ok)?;
    Ok(Some(options))
}
