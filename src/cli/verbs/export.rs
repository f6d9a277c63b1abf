//! `export`: what others take away.

use clap::{Args, Subcommand};

use super::export_bundle::{self, ExportBundleArgs};
use super::export_tiles::{self, ExportTilesArgs};
use crate::cli::complaint::Complaint;
use crate::cli::outcome::Outcome;
use crate::cli::session::Session;

pub use super::export_bundle::ExportBundleAnswer;
pub use super::export_tiles::ExportTilesAnswer;

/// What `export` takes.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The form.
    #[command(subcommand)]
    pub form: ExportForm,
}

/// A form to take records away in.
#[derive(Debug, Subcommand)]
pub enum ExportForm {
    /// Write chosen records with all that proves them into one file
    Bundle(Box<ExportBundleArgs>),
    /// Write checkpoint, tiles and entry bundles as files for a web server
    Tiles(ExportTilesArgs),
}

/// Exports.
pub fn run(args: &ExportArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    match &args.form {
        ExportForm::Bundle(args) => export_bundle::run(args, session),
        ExportForm::Tiles(args) => export_tiles::run(args, session),
    }
}
