//! `completions`: a script that completes the command line in a shell.

use clap::Args;
use clap_complete::{Shell, generate};
use serde_json::json;

use super::record_text::refuse_csv;
use crate::cli::complaint::Complaint;
use crate::cli::description;
use crate::cli::outcome::Outcome;
use crate::cli::session::Session;

/// What `completions` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ceasefire completions bash > ~/.local/share/bash-completion/completions/ceasefire\n  \
    ceasefire completions fish > ~/.config/fish/completions/ceasefire.fish\n  \
    ceasefire completions zsh  > ~/.zfunc/_ceasefire"
)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: Shell,
}

/// Prints the script.
pub fn run(args: &CompletionsArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("completions", &session.console)?;
    let mut script = Vec::new();
    generate(args.shell, &mut description(), "ceasefire", &mut script);
    let script = String::from_utf8_lossy(&script);
    if session.console.is_human() {
        session.console.line(script.trim_end())?;
    } else {
        let value = json!({ "shell": args.shell.to_string(), "script": script });
        session.console.answer("completions", Outcome::Ok, value)?;
    }
    Ok(Outcome::Ok)
}
