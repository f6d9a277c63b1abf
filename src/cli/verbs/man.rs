//! `man`: the manual pages, one for each verb.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_mangen::Man;
use serde_json::json;

use super::record_text::refuse_csv;
use crate::cli::complaint::Complaint;
use crate::cli::description;
use crate::cli::outcome::Outcome;
use crate::cli::session::Session;
use crate::vocab::Code;

/// What `man` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ceasefire man ~/.local/share/man/man1 && man ceasefire-replay")]
pub struct ManArgs {
    /// The folder; it is made where it is missing
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// Writes the pages.
pub fn run(args: &ManArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("man", &session.console)?;
    let pages = pages(description()).map_err(|error| failed(&args.folder, &error))?;
    if !session.global.dry_run {
        write(&args.folder, &pages)?;
    }
    let names: Vec<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
    if !session.console.is_human() {
        let value = json!({ "dry_run": session.global.dry_run, "folder": args.folder, "pages": names });
        session.console.answer("man", Outcome::Ok, value)?;
        return Ok(Outcome::Ok);
    }
    let wrote = if session.global.dry_run { "would write" } else { "wrote" };
    for name in &names {
        session.console.line(args.folder.join(name).display().to_string())?;
    }
    session.console.say(format!("{wrote} {} pages", names.len()));
    Ok(Outcome::Ok)
}

/// Makes one page for the command and one for each verb that is shown.
fn pages(command: Command) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let mut pages = vec![page(command.clone(), "ceasefire")?];
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        pages.push(page(verb.clone(), &format!("ceasefire-{}", verb.get_name()))?);
    }
    Ok(pages)
}

fn page(command: Command, name: &str) -> io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    Man::new(command.display_name(name.to_owned())).title(name).render(&mut bytes)?;
    Ok((format!("{name}.1"), bytes))
}

fn write(folder: &Path, pages: &[(String, Vec<u8>)]) -> Result<(), Complaint> {
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    for (name, bytes) in pages {
        let path = folder.join(name);
        fs::write(&path, bytes).map_err(|error| failed(&path, &error))?;
    }
    Ok(())
}

fn failed(path: &Path, error: &io::Error) -> Complaint {
    Complaint::new(Outcome::Io, Code::StorageFailed, format!("{} could not be written: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_page_for_every_verb_that_is_shown_and_none_for_a_hidden_one() {
        let pages = pages(description()).unwrap();
        let names: Vec<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
        assert!(names.contains(&"ceasefire.1") && names.contains(&"ceasefire-explain-code.1"), "{names:?}");
        assert!(!names.contains(&"ceasefire-generate.1"), "{names:?}");
        let (_, replay) = pages.iter().find(|(name, _)| name == "ceasefire-replay.1").unwrap();
        assert!(String::from_utf8_lossy(replay).contains("\\-\\-check"));
    }
}
