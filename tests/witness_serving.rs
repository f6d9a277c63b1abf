//! A witness over HTTP: statuses and media types, many clients at once, and clients that mean no good.
#![cfg(feature = "server")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

mod witness_support;

use std::collections::BTreeSet;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Barrier, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ceasefire_ledger::SystemClock;
use ceasefire_ledger::proof::{AddCheckpointAnswer, AddCheckpointRequest};
use ceasefire_ledger::server::{Limits, Stop, WitnessServer};
use ceasefire_ledger::witness::{
    Asked, Asking, Contradiction, LogMemory, Memory, Reply, Witness, ask, take_cosignatures,
};
use tempfile::TempDir;
use witness_support::{Log, ORIGIN, witness_key};

/// A served witness, and what it tells its operator.
struct Served {
    address: SocketAddr,
    stop: Stop,
    thread: Option<JoinHandle<std::io::Result<()>>>,
    told: Receiver<(u16, Option<Contradiction>)>,
    folder: TempDir,
    seed: u8,
}

impl Served {
    fn start() -> Self {
        Self::with(1, Limits::default())
    }

    fn with(seed: u8, limits: Limits) -> Self {
        Self::watched(seed, limits, |_, _| {})
    }

    /// `watch` is called with the folder and the status when the witness has decided and the answer has not left.
    fn watched(seed: u8, limits: Limits, watch: impl Fn(&Path, u16) + Send + Sync + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        let memory = Memory::hold(folder.path()).unwrap();
        let witness = Witness::start(witness_key(seed), [Log::new(0).vkey()], memory, Arc::new(SystemClock)).unwrap();
        let server = WitnessServer::bind(([127, 0, 0, 1], 0).into(), limits).unwrap();
        let (address, stop) = (server.address().unwrap(), server.stopper());
        let (tell, told) = channel();
        let tell = Mutex::new(tell);
        let observe = move |answered: &ceasefire_ledger::witness::Answered| {
            watch(&path, answered.answer.status());
            tell.lock().unwrap().send((answered.answer.status(), answered.evidence)).unwrap_or(());
        };
        let thread = Some(std::thread::spawn(move || server.serve(Arc::new(witness), observe)));
        Self { address, stop, thread, told, folder, seed }
    }

    fn connect(&self) -> Client {
        Client::to(self.address)
    }

    fn post(&self, body: &str) -> Response {
        self.connect().post(body)
    }

    fn end(&mut self) {
        self.stop.stop();
        self.thread.take().unwrap().join().unwrap().unwrap();
    }

    fn known(&self) -> Option<u64> {
        known(self.folder.path(), self.seed)
    }
}

fn known(folder: &Path, seed: u8) -> Option<u64> {
    let log = Log::new(0);
    let memory = LogMemory::under(folder, &ORIGIN.parse().unwrap());
    let latest = memory.latest(&[log.vkey()], witness_key(seed).verifier()).unwrap();
    latest.map(|latest| latest.checkpoint.size())
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.stop();
    }
}

struct Client(TcpStream);

#[derive(Debug, PartialEq)]
struct Response {
    status: u16,
    head: String,
    body: String,
}

impl Client {
    fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Self(stream)
    }

    fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).unwrap();
    }

    fn post(&mut self, body: &str) -> Response {
        let head = format!("POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: {}\r\n\r\n", body.len());
        self.send(format!("{head}{body}").as_bytes());
        self.response()
    }

    fn response(&mut self) -> Response {
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.0.read_exact(&mut byte).unwrap();
            bytes.push(byte[0]);
        }
        let head = String::from_utf8(bytes).unwrap().to_ascii_lowercase();
        let length =
            head.split("content-length: ").nth(1).map_or(0, |rest| rest.lines().next().unwrap().parse().unwrap());
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Response { status, head, body: String::from_utf8(body).unwrap() }
    }

    /// Waits until the server ends the connection; gives what came before.
    fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        match self.0.read_to_end(&mut rest) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            Err(error) => panic!("the server did not end the connection: {error}"),
        }
        String::from_utf8_lossy(&rest).into_owned()
    }
}

fn quick() -> Limits {
    let mut limits = Limits::default();
    limits.head = Duration::from_millis(300);
    limits.body = Duration::from_millis(300);
    limits
}

#[test]
fn the_statuses_and_media_types_are_those_of_the_specification() {
    let served = Served::start();
    let (log, fork) = (Log::new(20), Log::forked(20, 4, "fork"));
    let mut client = served.connect();
    let cosigned = client.post(&log.request(0, 7));
    assert_eq!(cosigned.status, 200);
    assert!(cosigned.head.contains("content-type: text/plain; charset=utf-8\r\n"), "{}", cosigned.head);
    let Ok(AddCheckpointAnswer::Cosigned(lines)) = AddCheckpointAnswer::read(200, "", cosigned.body.as_bytes()) else {
        panic!("{cosigned:?}")
    };
    let known = [witness_key(1).verifier().clone()];
    assert_eq!(take_cosignatures(&log.note(7), &lines, &known).unwrap().taken.len(), 1);
    // The same connection goes on.
    let stale = client.post(&log.request(0, 20));
    assert_eq!((stale.status, stale.body.as_str()), (409, "7\n"));
    assert!(stale.head.contains("content-type: text/x.tlog.size\r\n"), "{}", stale.head);
    let other = client.post(&fork.request(7, 7));
    assert_eq!((other.status, other.body.as_str()), (409, ""));
    assert!(!other.head.contains("content-type"), "{}", other.head);
    assert_eq!(client.post(&fork.request(7, 20)).status, 422);
    assert_eq!(client.post("old 7\n").status, 400);
    assert_eq!(client.post(&log.request(0, 7).replace(ORIGIN, "other.example")).status, 404);
    let mut stranger = Log::new(20);
    stranger.key = witness_support::key(ORIGIN, ceasefire_ledger::proof::SignatureType::Ed25519, 8);
    assert_eq!(client.post(&stranger.request(7, 20)).status, 403);
    let told: Vec<_> = served.told.try_iter().collect();
    let statuses: Vec<u16> = told.iter().map(|(status, _)| *status).collect();
    assert_eq!(statuses, [200, 409, 409, 422, 400, 404, 403]);
    let evidence = [None, None, Some(Contradiction::SameSize), Some(Contradiction::OtherHistory), None, None, None];
    assert_eq!(told.iter().map(|(_, evidence)| *evidence).collect::<Vec<_>>(), evidence);
}

#[test]
fn other_paths_and_methods_are_not_served() {
    let served = Served::start();
    for (line, status) in [
        ("GET / HTTP/1.1", 404),
        ("POST / HTTP/1.1", 404),
        ("POST /add-checkpoint/ HTTP/1.1", 404),
        ("POST /../add-checkpoint HTTP/1.1", 404),
        ("GET /add-checkpoint HTTP/1.1", 405),
    ] {
        let mut client = served.connect();
        client.send(format!("{line}\r\nHost: w\r\nContent-Length: 0\r\n\r\n").as_bytes());
        let response = client.response();
        assert_eq!(response.status, status, "{line}");
        assert_eq!(response.head.contains("allow: post"), status == 405, "{}", response.head);
    }
    assert_eq!(served.told.try_iter().count(), 0);
}

#[test]
fn a_body_beyond_64_kib_is_refused_unread_however_it_is_announced() {
    let served = Served::start();
    let log = Log::new(5);
    let full = "x".repeat(64 * 1024);
    assert_eq!(served.post(&full).status, 400, "64 KiB are read, and are no request");
    let mut announced = served.connect();
    announced.send(b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 1000000000000\r\n\r\n");
    let response = announced.response();
    assert_eq!(response.status, 413);
    assert!(response.head.contains("connection: close"), "{}", response.head);
    let mut chunked = served.connect();
    chunked.send(b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: chunked\r\n\r\n");
    for _ in 0..5 {
        let chunk = format!("4000\r\n{}\r\n", "x".repeat(0x4000));
        if chunked.0.write_all(chunk.as_bytes()).is_err() {
            break;
        }
    }
    assert_eq!(chunked.response().status, 413);
    assert_eq!(served.post(&log.request(0, 5)).status, 200);
}

#[test]
fn what_is_no_http_ends_the_connection_and_harms_nobody() {
    let served = Served::start();
    let log = Log::new(5);
    for garbage in
        [&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..], b"old 0\n\n\n", &[0; 4096], &vec![b'A'; 500_000]]
    {
        let mut client = served.connect();
        // The server may hang up while this is still being sent.
        let _ = client.0.write_all(garbage);
        let _ = client.0.shutdown(Shutdown::Write);
        let answer = client.rest();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    let mut lying = served.connect();
    lying.send(b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 500\r\n\r\nold 0\n");
    lying.0.shutdown(Shutdown::Write).unwrap();
    assert!(!lying.rest().contains("200 OK"));
    assert_eq!(served.post(&log.request(0, 5)).status, 200);
}

#[test]
fn a_slow_client_is_cut_off_and_does_not_hold_up_others() {
    let served = Served::with(1, quick());
    let log = Log::new(5);
    let began = Instant::now();
    let mut slow_head = served.connect();
    slow_head.send(b"POST /add-checkpoint HTTP/1.1\r\nHo");
    let mut slow_body = served.connect();
    slow_body.send(b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 500\r\n\r\nold");
    let silent: Vec<Client> = (0..20).map(|_| served.connect()).collect();
    assert_eq!(served.post(&log.request(0, 5)).status, 200);
    let response = slow_body.response();
    assert_eq!(response.status, 408);
    assert!(response.head.contains("connection: close"), "{}", response.head);
    assert!(!slow_head.rest().contains("200"));
    for mut client in silent {
        assert!(!client.rest().contains("200"));
    }
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[test]
fn a_connection_has_an_end_though_its_client_goes_on_and_on() {
    let mut limits = Limits::default();
    limits.connection = Duration::from_millis(500);
    let served = Served::with(1, limits);
    let mut client = served.connect();
    client.send(b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: chunked\r\n\r\n");
    let began = Instant::now();
    while client.0.write_all(b"1\r\nx\r\n").is_ok() {
        assert!(began.elapsed() < Duration::from_secs(20), "it may go on for ever");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn beyond_the_number_of_connections_a_client_waits_its_turn() {
    let mut limits = quick();
    limits.connections = 2;
    let served = Served::with(1, limits);
    let idle: Vec<Client> = (0..2).map(|_| served.connect()).collect();
    assert_eq!(served.post(&Log::new(5).request(0, 5)).status, 200);
    drop(idle);
}

#[test]
fn a_witness_that_is_stopped_answers_what_it_has_begun_and_takes_nothing_new() {
    let mut served = Served::start();
    let log = Log::new(5);
    let body = log.request(0, 5);
    let mut begun = served.connect();
    begun.send(
        format!("POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: {}\r\n\r\nold", body.len()).as_bytes(),
    );
    std::thread::sleep(Duration::from_millis(200));
    served.stop.stop();
    let refused = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        TcpStream::connect(served.address).is_err()
    });
    assert!(refused, "it still takes connections");
    begun.send(&body.as_bytes()[3..]);
    assert_eq!(begun.response().status, 200);
    served.end();
    assert_eq!(served.known(), Some(5));
}

#[test]
fn three_witnesses_asked_by_many_threads_for_two_histories_cosign_one_history_each() {
    let served: Vec<Served> = (1..=3).map(|seed| Served::with(seed, Limits::default())).collect();
    let logs = [Log::new(16), Log::forked(16, 6, "fork")];
    for one in &served {
        assert_eq!(one.post(&logs[0].request(0, 6)).status, 200);
    }
    let places: Vec<(SocketAddr, u8)> = served.iter().map(|one| (one.address, one.seed)).collect();
    let gate = Barrier::new(24);
    let cosigned: BTreeSet<(u8, usize)> = std::thread::scope(|scope| {
        let mut threads = Vec::new();
        for index in 0..24_usize {
            let ((address, seed), view) = (places[index % 3], (index / 3) % 2);
            let (gate, log) = (&gate, &logs[view]);
            threads.push(scope.spawn(move || {
                gate.wait();
                let size = 7 + u64::try_from(index).unwrap() % 9;
                let carry = &mut |body: &str| Ok::<_, String>(reply(Client::to(address).post(body)));
                let key = witness_key(seed);
                let note = log.note(size);
                let asking = Asking { witness: key.verifier(), note: &note, held: None };
                let asked = ask(asking, &mut |from, to| Ok::<_, String>(log.proof(from, to)), carry).unwrap();
                matches!(asked, Asked::Cosigned(_)).then_some((seed, view))
            }));
        }
        threads.into_iter().filter_map(|thread| thread.join().unwrap()).collect()
    });
    let witnesses: Vec<u8> = cosigned.iter().map(|(seed, _)| *seed).collect();
    assert_eq!(witnesses, [1, 2, 3], "one history by each: {cosigned:?}");
}

fn reply(response: Response) -> Reply {
    let media_type = response.head.split("content-type: ").nth(1).and_then(|rest| rest.lines().next());
    Reply {
        status: response.status,
        media_type: media_type.unwrap_or_default().to_owned(),
        body: response.body.into_bytes(),
    }
}

#[test]
fn a_request_of_the_largest_proof_there_can_be_is_read() {
    let served = Served::start();
    let log = Log::new(5);
    let hash = log.checkpoint(5).root();
    let request = AddCheckpointRequest::new(1, vec![hash; 63], log.note(5)).unwrap();
    // It knows nothing yet, so it names 0.
    let response = served.post(&request.to_string());
    assert_eq!((response.status, response.body.as_str()), (409, "0\n"));
}

#[test]
fn a_cosignature_leaves_only_after_it_is_on_the_disk() {
    let (seen, looked) = channel();
    let seen = Mutex::new(seen);
    let watch = move |folder: &Path, status| seen.lock().unwrap().send((status, known(folder, 1))).unwrap();
    let served = Served::watched(1, Limits::default(), watch);
    let log = Log::new(9);
    let mut client = served.connect();
    for (from, to) in [(0, 4), (4, 7), (7, 9)] {
        assert_eq!(client.post(&log.request(from, to)).status, 200);
        // Read from the disk while the answer was held back.
        assert_eq!(looked.recv().unwrap(), (200, Some(to)));
    }
}

#[test]
fn a_client_that_has_said_all_and_closes_its_side_gets_its_answer() {
    // Held back until the server can have seen the end of what the client sends.
    let served = Served::watched(1, Limits::default(), |_, _| std::thread::sleep(Duration::from_millis(200)));
    let body = Log::new(9).request(0, 5);
    let mut client = served.connect();
    let head = format!("POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: {}\r\n\r\n", body.len());
    client.send(format!("{head}{body}").as_bytes());
    client.0.shutdown(Shutdown::Write).unwrap();
    assert_eq!(client.response().status, 200);
}

#[test]
fn a_client_that_is_gone_before_its_answer_finds_the_witness_where_it_left_it() {
    let served = Served::start();
    let log = Log::new(9);
    let body = log.request(0, 5);
    let mut client = served.connect();
    let head = format!("POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: {}\r\n\r\n", body.len());
    client.send(format!("{head}{body}").as_bytes());
    drop(client);
    assert_eq!(served.told.recv_timeout(Duration::from_secs(20)).unwrap(), (200, None));
    assert_eq!(served.post(&Log::forked(9, 3, "fork").request(5, 5)).status, 409);
    assert_eq!(served.post(&log.request(5, 9)).status, 200);
}
