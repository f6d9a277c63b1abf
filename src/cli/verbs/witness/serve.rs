//! `witness serve`: a witness that answers over HTTP until it is stopped.

use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use serde::Serialize;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::seat::{Seat, causes, with_cause};
use crate::cli::complaint::Complaint;
use crate::cli::console::{Console, Paint, internal, isolated};
use crate::cli::outcome::Outcome;
use crate::cli::session::Session;
use crate::cli::verbs::record_text::refuse_csv;
use crate::server::{Limits, Stop, WitnessServer};
use crate::vocab::{Clock, Code, Instant};
use crate::witness::{Answered, Contradiction, Witness};

/// What `witness serve` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  ceasefire witness serve --witness-key party-a.key --log example.org/nk2020+9f2c…+AQ… --state party-a\n\n\
    It answers POST /add-checkpoint as C2SP tlog-witness 1.0.0 says. It listens on this machine only, unless --listen \
    names another address; a web server in front of it gives it TLS.\n\
    SIGINT and SIGTERM end it after the requests that have begun, with exit code 0."
)]
pub struct ServeArgs {
    /// Who the witness is
    #[command(flatten)]
    pub seat: Seat,
    /// The address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7380")]
    pub listen: SocketAddr,
}

/// What `witness serve` prints: one line each.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum ServeEvent {
    /// It listens.
    Listening {
        /// Where logs ask it.
        url: String,
        /// Its public key.
        vkey: String,
        /// The logs it knows.
        logs: Vec<ServedLog>,
    },
    /// It answered a request.
    Answered(ServedAnswer),
    /// It ended.
    Stopped,
}

/// A log that a witness knows.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct ServedLog {
    /// The log's name.
    pub origin: String,
    /// How many records it cosigned last; absent where it never did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
}

/// An answer that a witness gave.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct ServedAnswer {
    /// When.
    pub at: Instant,
    /// The HTTP status.
    pub status: u16,
    /// The log that was asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The size that was to be cosigned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Why, in words.
    pub why: String,
    /// What the witness holds against the log since this request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Contradiction>,
}

/// Serves.
pub fn run(args: &ServeArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("witness serve", &session.console)?;
    let witness = Arc::new(args.seat.start(session)?);
    let server = WitnessServer::bind(args.listen, Limits::default()).and_then(|server| Ok((server.address()?, server)));
    let (address, server) = server.map_err(|error| {
        let what = format!("cannot listen on {}: {error}", args.listen);
        Complaint::new(Outcome::Io, Code::CannotListen, what)
    })?;
    // Whoever reads that it listens may already want it to stop.
    stop_on_signals(server.stopper())?;
    let console = &mut session.console;
    tell(&listening(&witness, address), console)?;
    if session.global.dry_run {
        session.console.say("-n: everything is in order; nothing was answered");
        return Ok(Outcome::Ok);
    }
    let (events, told) = channel();
    let serving = serve(server, witness, events, Arc::clone(&session.clock));
    // A witness goes on though nobody reads what it prints.
    follow(&told, console);
    match serving.join() {
        Ok(Ok(())) => {
            let _ = tell(&ServeEvent::Stopped, console);
            Ok(Outcome::Ok)
        }
        Ok(Err(error)) => Err(with_cause(Outcome::Io, Code::CannotListen, &error)),
        Err(_) => Err(internal("the server's thread ended badly")),
    }
}

fn listening(witness: &Witness, address: SocketAddr) -> ServeEvent {
    let logs = witness.logs().map(|(origin, size)| ServedLog { origin: origin.to_string(), size });
    ServeEvent::Listening { url: format!("http://{address}"), vkey: witness.key().to_string(), logs: logs.collect() }
}

/// Serves on a thread of its own; what it answers comes through the channel, which ends with it.
fn serve(
    server: WitnessServer,
    witness: Arc<Witness>,
    events: Sender<ServeEvent>,
    clock: Arc<dyn Clock>,
) -> std::thread::JoinHandle<std::io::Result<()>> {
    let events = Mutex::new(events);
    let observe = move |answered: &Answered| {
        let events = events.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = events.send(ServeEvent::Answered(served(answered, clock.now())));
    };
    std::thread::spawn(move || server.serve(witness, observe))
}

/// An answer, for the operator.
pub(super) fn served(answered: &Answered, at: Instant) -> ServedAnswer {
    ServedAnswer {
        at,
        status: answered.answer.status(),
        origin: answered.origin.as_ref().map(ToString::to_string),
        size: answered.size,
        why: causes(&answered.why),
        evidence: answered.evidence,
    }
}

/// The first signal lets the server finish; a second one ends the program at once.
fn stop_on_signals(stop: Stop) -> Result<(), Complaint> {
    let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(|error| internal(&error.to_string()))?;
    std::thread::spawn(move || {
        let mut signals = signals.forever();
        if signals.next().is_some() {
            stop.stop();
        }
        if let Some(signal) = signals.next() {
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    });
    Ok(())
}

fn follow(told: &Receiver<ServeEvent>, console: &mut Console) {
    for event in told {
        let _ = tell(&event, console);
    }
}

fn tell(event: &ServeEvent, console: &mut Console) -> Result<(), Complaint> {
    if !console.is_human() {
        console.answer_line("witness-serve", Outcome::Ok, event)?;
        return console.finish();
    }
    match event {
        ServeEvent::Listening { url, vkey, logs } => {
            console.line(format!("listening on {url}"))?;
            console.line(format!("  as {vkey}"))?;
            for log in logs {
                let size = log
                    .size
                    .map_or_else(|| "nothing cosigned yet".to_owned(), |size| format!("cosigned {size} records"));
                console.line(format!("  for {}: {size}", isolated(&log.origin)))?;
            }
        }
        ServeEvent::Answered(answer) => {
            let line = answer_line(answer, console);
            console.line(line)?;
        }
        ServeEvent::Stopped => console.line("stopped")?,
    }
    console.finish()
}

fn answer_line(answer: &ServedAnswer, console: &Console) -> String {
    let paint = match (answer.status, answer.evidence.is_some_and(Contradiction::is_proven)) {
        (200, _) => Paint::Good,
        (_, true) => Paint::Bad,
        _ => Paint::Unsure,
    };
    let about = match (&answer.origin, answer.size) {
        (Some(origin), Some(size)) => format!(" {} {size}", isolated(origin)),
        _ => String::new(),
    };
    let evidence = if answer.evidence.is_some() { " (kept: ceasefire witness evidence)" } else { "" };
    let status = console.paint(paint, &answer.status.to_string());
    format!("{} {status}{about} {}{evidence}", answer.at, isolated(&answer.why))
}
