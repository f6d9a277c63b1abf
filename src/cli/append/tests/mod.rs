//! What is typed and what it becomes: one file for flags, one for files, one for refusals.

mod files;
mod flags;
mod refusals;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use clap::Parser;
use serde_json::Value;

use super::{AppendArgs, Context, Draft};
use crate::cli::complaint::Complaint;
use crate::vocab::{ActorId, ActorRef, Level, Pointer, ZonePolicy};

#[derive(Parser)]
struct CommandLine {
    #[command(flatten)]
    append: AppendArgs,
    /// The language of names, which the whole command has; no kind may have a flag of the same name.
    #[arg(long, global = true, default_value = "en")]
    lang: String,
}

/// What lies around a command: standard input and files.
#[derive(Default)]
struct Around<'a> {
    stdin: &'a str,
    files: BTreeMap<&'a str, &'a [u8]>,
}

impl<'a> Around<'a> {
    fn file(name: &'a str, text: &'a str) -> Self {
        Self { stdin: "", files: BTreeMap::from([(name, text.as_bytes())]) }
    }

    fn stdin(stdin: &'a str) -> Self {
        Self { stdin, files: BTreeMap::new() }
    }

    fn drafts(&self, args: &[&str]) -> Result<Vec<Draft>, Complaint> {
        let line = CommandLine::try_parse_from(std::iter::once(&"append").chain(args)).unwrap();
        let zones = ZonePolicy::new(vec![180, 240]).unwrap();
        let recorder = ActorId::new("recorder").unwrap();
        let mut stdin = self.stdin.as_bytes();
        let read_file = |path: &Path| {
            let name = path.to_str().unwrap();
            self.files.get(name).map(|bytes| bytes.to_vec()).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
        };
        let level_of = |speaker: &ActorRef, _: &[ActorRef]| match speaker.to_string().as_str() {
            "AZE" => Some(Level::AllegedByOpponent),
            "UNK" => None,
            _ => Some(Level::AllegedByThirdParty),
        };
        line.append.drafts(&mut Context {
            zones: &zones,
            recorder: &recorder,
            stdin: &mut stdin,
            read_file: &read_file,
            level_of: &level_of,
        })
    }
}

fn drafts(args: &[&str]) -> Vec<Draft> {
    Around::default().drafts(args).unwrap()
}

fn event(args: &[&str]) -> Value {
    serde_json::to_value(&drafts(args)[0].event).unwrap()
}

/// A complaint in one line: code, place, pointer.
fn told(complaint: &Complaint) -> (&'static str, String, String) {
    let place = complaint.place.clone().unwrap_or_default();
    let mut at = place.file.unwrap_or_default();
    if let (Some(line), Some(column)) = (place.line, place.column) {
        at = format!("{at}:{line}:{column}");
    }
    (complaint.code.id(), at, place.pointer.unwrap_or_default())
}

fn place(draft: &Draft, pointer: &str) -> String {
    let place = draft.origin.place(&Pointer::from_text(pointer));
    match (place.file, place.line, place.column) {
        (Some(file), Some(line), Some(column)) => format!("{file}:{line}:{column}"),
        (file, ..) => file.unwrap_or_default(),
    }
}
