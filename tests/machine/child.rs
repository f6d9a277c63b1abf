//! Processes that are this test binary itself: writers that open the ledger and append, over and over.

#![expect(clippy::print_stdout, reason = "a writer says what was acknowledged to it")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use ceasefire_ledger::ledger::{Folder, Ledger, OpenError};
use ceasefire_ledger::log::{LockError, OpenError as LogOpenError};
use ceasefire_ledger::record::{Body, Receipt};
use ceasefire_ledger::vocab::{Clock, SystemClock};

use super::program::plain;

const ROLE: &str = "CEASEFIRE_TEST_ROLE";
const LEDGER: &str = "CEASEFIRE_TEST_LEDGER";
const NAME: &str = "CEASEFIRE_TEST_NAME";

/// What such a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Appends two hundred records, and lets others in after every ten.
    Writer,
    /// Appends until it cannot any more.
    Endless,
    /// Opens the ledger, says so, and holds it.
    Holder,
    /// Writes and says so as [`Role::Endless`] does, but never syncs: what must be found out.
    Careless,
}

impl Role {
    const ALL: [(Self, &'static str); 4] =
        [(Self::Writer, "writer"), (Self::Endless, "endless"), (Self::Holder, "holder"), (Self::Careless, "careless")];
}

/// Starts such a process.
pub(crate) fn start(role: Role, ledger: &Path, name: &str, home: &Path) -> Child {
    let word = Role::ALL.iter().find(|(known, _)| *known == role).unwrap().1;
    let mut command = plain(Command::new(std::env::current_exe().unwrap()), home);
    command.args(["--exact", "child::the_other_process", "--ignored", "--nocapture", "--quiet"]);
    command.env(ROLE, word).env(LEDGER, ledger).env(NAME, name);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// What a process says as acknowledged, one by one until it ends.
pub(crate) fn said(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    lines.filter_map(|line| Some(line.split_once("said: ")?.1.to_owned()))
}

/// Is the other process, when it is asked to be; otherwise it does nothing.
#[test]
#[ignore = "started by other tests, in a process of its own"]
fn the_other_process() {
    let Ok(word) = std::env::var(ROLE) else { return };
    let role = Role::ALL.iter().find(|(_, known)| *known == word).unwrap().0;
    let (ledger, name) = (std::env::var(LEDGER).unwrap(), std::env::var(NAME).unwrap());
    match role {
        Role::Writer => (0..20).for_each(|turn| {
            let mut ledger = open(&Folder::at(&ledger));
            (0..10).for_each(|n| say(&append(&mut ledger, &name, turn * 10 + n).unwrap()));
        }),
        Role::Endless => {
            let mut ledger = open(&Folder::at(&ledger));
            let mut numbers = 0..;
            while let Ok(receipt) = append(&mut ledger, &name, numbers.next().unwrap()) {
                say(&receipt);
            }
        }
        Role::Holder => {
            let ledger = open(&Folder::at(&ledger));
            println!("said: {}", ledger.head().seq);
            thread::sleep(Duration::from_secs(60));
        }
        Role::Careless => {
            let path = Path::new(&ledger).join("careless");
            let mut file = std::fs::File::create(path).unwrap();
            for number in 0.. {
                if file.write_all(format!("{number:063}\n").as_bytes()).is_err() {
                    return;
                }
                println!("said: {number}");
                thread::sleep(Duration::from_micros(200));
            }
        }
    }
}

/// Opens a ledger, and waits while another has it.
pub(crate) fn open(folder: &Folder) -> Ledger {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    for _ in 0..60_000 {
        match Ledger::open(folder.clone(), Arc::clone(&clock)) {
            Err(OpenError::Log(LogOpenError::Lock(LockError::Held))) => thread::sleep(Duration::from_millis(1)),
            opened => return opened.unwrap(),
        }
    }
    panic!("{}: locked for a minute", folder.path().display());
}

fn append(ledger: &mut Ledger, name: &str, number: u64) -> Result<Receipt, String> {
    let body = body(&format!("{name}-{number}"), &"قرية.".repeat(usize::try_from(number % 37).unwrap()));
    let given = Body::read(&body).map_err(|error| error.to_string())?;
    let receipts = ledger.append_bodies(&[(given, body)], None).map_err(|error| error.to_string())?;
    receipts.into_iter().next().ok_or_else(|| "no receipt".to_owned())
}

/// An event that needs nothing else to be there.
fn body(key: &str, text: &str) -> String {
    BODY.replace("KEY", key).replace("TEXT", text)
}

const BODY: &str = r#"{"origin":"example.org/nk2020","by":"recorder","key":"KEY","event":{"type":"actor.registered","v":1,"actor":"KEY","kind":"state","names":[{"lang":"en","text":"KEY"}],"note":"A note. TEXT"}}"#;

fn say(receipt: &Receipt) {
    println!("said: {} {}", receipt.seq, receipt.hash);
}
