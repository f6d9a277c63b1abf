//! Measures the ledger against raw disk, raw hash, raw parse and other stores, in one run, and says where it loses.
//!
//! Every number is the median of repeated runs, and every ratio is to a baseline measured in the same run. Nothing here is a
//! test: a slow machine is not a fault.

mod appends;
mod children;
mod machine;
mod material;
mod queries;
mod reads;
mod results;
mod rivals;
mod timing;

use std::error::Error;
use std::path::PathBuf;

use material::Material;
use results::Results;

/// What every part of the run gives where it fails.
pub type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// What is asked for.
pub struct Options {
    /// How many records the ledger has.
    pub records: u64,
    /// How often each measurement is repeated.
    pub repeat: usize,
    /// The `ceasefire` program, for what includes the start of a process.
    pub program: Option<PathBuf>,
    /// Where the ledgers lie while they are measured: the file system matters.
    pub folder: PathBuf,
    /// Whether to write RESULTS.md.
    pub write: bool,
}

const HELP: &str = "\
Measures the ceasefire ledger.

  --records N     records in the ledger [100000]
  --repeat N      runs of each measurement; the median is told [5]
  --folder DIR    where ledgers lie meanwhile [the system's folder for temporary files]
  --program PATH  the `ceasefire` program, for queries with the start of a process
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
    let material = Material::make(&options)?;
    appends::measure(&options, &material, &mut results)?;
    reads::measure(&options, &material, &mut results)?;
    queries::measure(&options, &material, &mut results)?;
    children::measure(&options, &material, &mut results)?;
    rivals::measure(&options, &material, &mut results)?;
    print!("{}", results.to_markdown());
    if options.write {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/RESULTS.md"), results.to_markdown())?;
    }
    Ok(())
}

fn options() -> Outcome<Option<Options>> {
    use lexopt::prelude::{Long, Short, ValueExt};
    let mut options =
        Options { records: 100_000, repeat: 5, program: None, folder: std::env::temp_dir(), write: false };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("records") => options.records = parser.value()?.parse()?,
            Long("repeat") => options.repeat = parser.value()?.parse()?,
            Long("folder") => options.folder = parser.value()?.into(),
            Long("program") => options.program = Some(parser.value()?.into()),
            Long("write") => options.write = true,
            Long("help") | Short('h') => return Ok(None),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Some(options))
}
