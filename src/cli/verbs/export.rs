//! `export`: what others take away.

use clap::{Args, Subcommand};

use super::export_bundle::{self, ExportBundleArgs};
#[cfg(feature = "parquet")]
use super::export_incidents::ExportParquetArgs;
use super::export_incidents::{self, ExportCsvArgs, ExportGeojsonArgs, ExportXlsxArgs};
use super::export_jsonl::{self, ExportJsonlArgs};
use super::export_tiles::{self, ExportTilesArgs};
use crate::cli::complaint::Complaint;
use crate::cli::outcome::Outcome;
use crate::cli::session::Session;

pub use super::export_bundle::ExportBundleAnswer;
pub use super::export_incidents::{DictionaryAnswer, ExportAnswer};
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
    /// Write incidents as a table, with UCDP and ACLED precision codes
    Csv(Box<ExportCsvArgs>),
    /// Write incidents for a map
    Geojson(Box<ExportGeojsonArgs>),
    /// Write incidents as a workbook
    Xlsx(Box<ExportXlsxArgs>),
    /// Write every record for another ledger, or incidents as JSON lines
    Jsonl(Box<ExportJsonlArgs>),
    /// Write incidents as Parquet
    #[cfg(feature = "parquet")]
    Parquet(Box<ExportParquetArgs>),
    /// Write chosen records with all that proves them into one file
    Bundle(Box<ExportBundleArgs>),
    /// Write checkpoint, tiles and entry bundles as files for a web server
    Tiles(ExportTilesArgs),
}

/// Exports.
pub fn run(args: &ExportArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    match &args.form {
        ExportForm::Csv(args) => export_incidents::csv(args, session),
        ExportForm::Geojson(args) => export_incidents::geojson(args, session),
        ExportForm::Xlsx(args) => export_incidents::xlsx(args, session),
        ExportForm::Jsonl(args) => export_jsonl::run(args, session),
        #[cfg(feature = "parquet")]
        ExportForm::Parquet(args) => export_incidents::parquet(args, session),
        ExportForm::Bundle(args) => export_bundle::run(args, session),
        ExportForm::Tiles(args) => export_tiles::run(args, session),
    }
}
