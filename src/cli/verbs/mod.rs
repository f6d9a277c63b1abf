//! One file for each verb: what can be typed, and what it does.

pub mod append;
mod clock;
pub mod completions;
pub mod demo;
pub mod diff;
pub mod doctor;
pub mod evidence;
pub mod explain;
pub mod explain_code;
pub mod generate;
pub mod import;
pub mod incident;
pub mod init;
pub mod log;
pub mod man;
pub mod rebuild;
mod record_text;
pub mod recover;
pub mod replay;
pub mod report;
pub mod schema;
pub mod search;
pub mod show;
pub mod state;
pub mod tally;
pub mod verify;
pub mod witness;
