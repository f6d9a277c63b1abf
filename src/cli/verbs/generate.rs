//! `generate`: a made-up ledger of any size, for measuring. The same seed gives the same records.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant as Moment;

use clap::Args;
use serde_json::json;

use crate::cli::complaint::Complaint;
use crate::cli::console::internal;
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::exchange::synthetic::{SYNTHETIC_ORIGIN, bodies};
use crate::ledger::{Folder, Genesis, Ledger};

/// What `generate` takes.
#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// A folder that is missing or empty
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// How many records
    #[arg(long, default_value_t = 100_000, value_name = "N")]
    pub records: u64,
    /// The seed
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// How many records a batch
    #[arg(long, default_value_t = 1_000, value_name = "N")]
    pub batch: usize,
}

/// Generates a ledger.
pub fn run(args: &GenerateArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let genesis = Genesis::new(SYNTHETIC_ORIGIN).map_err(|fault| internal(&fault.to_string()))?;
    let started = Moment::now();
    let folder = Folder::at(&args.folder);
    let mut ledger = Ledger::create(folder, &genesis, Arc::clone(&session.clock)).map_err(|e| refusal::create(&e))?;
    let bar = session.console.progress("generating", args.records);
    let mut batch = Vec::with_capacity(args.batch);
    for body in bodies(args.seed, args.records) {
        batch.push(body.map_err(|error| internal(&error.to_string()))?);
        if batch.len() >= args.batch.max(1) {
            ledger.append_bodies(&batch, None).map_err(|error| refusal::append(&error, &|_, _| None))?;
            bar.inc(batch.len() as u64);
            batch.clear();
        }
    }
    if !batch.is_empty() {
        ledger.append_bodies(&batch, None).map_err(|error| refusal::append(&error, &|_, _| None))?;
    }
    bar.finish_and_clear();
    super::import::settle(&mut ledger, session);
    let (seconds, head) = (started.elapsed().as_secs_f64(), ledger.head());
    if session.console.is_human() {
        session.console.line(format!("{} records in {seconds:.2} s, head {}:{}", args.records, head.seq, head.hash))?;
    } else {
        let value = json!({ "records": args.records, "milliseconds": started.elapsed().as_millis(), "head_seq": head.seq, "head": head.hash });
        session.console.answer("generate", Outcome::Ok, value)?;
    }
    Ok(Outcome::Ok)
}
