//! `POST /add-checkpoint` of C2SP tlog-witness 1.0.0.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

use crate::proof::{AddCheckpointAnswer, SIZE_MEDIA_TYPE};
use crate::witness::{Answered, Witness};

/// The one path.
const PATH: &str = "/add-checkpoint";

/// How long a listener that cannot take a connection waits before it tries again, as when the process has too many files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What a client may take: bytes, time, connections.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Limits {
    /// The longest body, in bytes. 63 hashes and a note take some 3,000.
    pub body_bytes: usize,
    /// From the beginning of a connection, or the answer before, to the end of a request's head.
    pub head: Duration,
    /// From the end of the head to the end of the body.
    pub body: Duration,
    /// From the beginning to the end of a connection.
    pub connection: Duration,
    /// Connections at a time; further ones wait in the system's queue.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 64 * 1024,
            head: Duration::from_secs(10),
            body: Duration::from_secs(10),
            connection: Duration::from_secs(60),
            connections: 256,
        }
    }
}

/// A witness that listens.
#[derive(Debug)]
pub struct WitnessServer {
    listener: std::net::TcpListener,
    limits: Limits,
    stop: watch::Sender<bool>,
}

/// Ends a server: requests that have begun are answered, no new one is taken.
#[derive(Debug, Clone)]
pub struct Stop(watch::Sender<bool>);

impl Stop {
    /// Asks the server to end. It does within the time that a request may take.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl WitnessServer {
    /// Takes an address; port 0 takes a free port. From here on connections wait to be answered.
    ///
    /// # Errors
    /// The system's own, such as an address that is taken.
    pub fn bind(address: SocketAddr, limits: Limits) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(Self { listener, limits, stop: watch::Sender::new(false) })
    }

    /// The address it listens on.
    ///
    /// # Errors
    /// The system's own.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// What ends it, from any thread.
    #[must_use]
    pub fn stopper(&self) -> Stop {
        Stop(self.stop.clone())
    }

    /// Answers until it is stopped. `observe` is told of every request that reached the witness, before its answer leaves.
    ///
    /// # Errors
    /// The system's own, where the listener cannot be used.
    pub fn serve(self, witness: Arc<Witness>, observe: impl Fn(&Answered) + Send + Sync + 'static) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(8).build()?;
        let desk = Arc::new(Desk { witness, observe: Box::new(observe), limits: self.limits });
        let stopped = self.stop.subscribe();
        let listener = self.listener;
        runtime.block_on(async move { listen(TcpListener::from_std(listener)?, desk, stopped).await })
    }
}

/// What every connection needs.
struct Desk {
    witness: Arc<Witness>,
    observe: Box<dyn Fn(&Answered) + Send + Sync>,
    limits: Limits,
}

async fn listen(listener: TcpListener, desk: Arc<Desk>, mut stopped: watch::Receiver<bool>) -> io::Result<()> {
    let graceful = GracefulShutdown::new();
    let slots = Arc::new(Semaphore::new(desk.limits.connections));
    loop {
        let accepted = async {
            let slot = Arc::clone(&slots).acquire_owned().await;
            listener.accept().await.map(|(stream, _)| (stream, slot))
        };
        let accepted = tokio::select! {
            accepted = accepted => accepted,
            // The sender lives as long as the server.
            _ = stopped.wait_for(|stopped| *stopped) => break,
        };
        match accepted {
            Ok((stream, slot)) => {
                let connection = graceful.watch(connection(stream, Arc::clone(&desk)));
                let time = desk.limits.connection;
                tokio::spawn(async move {
                    // A connection that ends badly is the client's affair.
                    let _ = timeout(time, connection).await;
                    drop(slot);
                });
            }
            Err(_) => sleep(ACCEPT_PAUSE).await,
        }
    }
    drop(listener);
    let time = desk.limits.head + desk.limits.body;
    // Whoever is still sending then is not waited for.
    let _ = timeout(time, graceful.shutdown()).await;
    Ok(())
}

fn connection(
    stream: TcpStream,
    desk: Arc<Desk>,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> {
    let head = desk.limits.head;
    let answer = service_fn(move |request| {
        let desk = Arc::clone(&desk);
        async move { Ok::<_, Infallible>(desk.answer(request).await) }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        // A request that came whole is decided, also if its sender has closed his side since.
        .half_close(true)
        .header_read_timeout(head)
        .serve_connection(TokioIo::new(stream), answer)
}

impl Desk {
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Response<Full<Bytes>> {
        if request.uri().path() != PATH {
            return bare(StatusCode::NOT_FOUND);
        }
        if request.method() != Method::POST {
            let mut response = bare(StatusCode::METHOD_NOT_ALLOWED);
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
            return response;
        }
        let announced = Body::size_hint(request.body()).lower();
        if announced > self.limits.body_bytes as u64 {
            return last(StatusCode::PAYLOAD_TOO_LARGE);
        }
        let body = Limited::new(request.into_body(), self.limits.body_bytes).collect();
        let body = match timeout(self.limits.body, body).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<LengthLimitError>() => return last(StatusCode::PAYLOAD_TOO_LARGE),
            Ok(Err(_)) => return last(StatusCode::BAD_REQUEST),
            Err(_) => return last(StatusCode::REQUEST_TIMEOUT),
        };
        // The witness waits for the disk, and for other requests about the same log.
        let answered = tokio::task::spawn_blocking(move || {
            let answered = self.witness.answer(&body);
            (self.observe)(&answered);
            answered.answer
        });
        answered.await.map_or_else(|_| bare(StatusCode::INTERNAL_SERVER_ERROR), |answer| response(&answer))
    }
}

fn response(answer: &AddCheckpointAnswer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(answer.to_body())));
    *response.status_mut() = StatusCode::from_u16(answer.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let media_type = match answer {
        AddCheckpointAnswer::Cosigned(_) => Some("text/plain; charset=utf-8"),
        AddCheckpointAnswer::Stale { .. } => Some(SIZE_MEDIA_TYPE),
        _ => None,
    };
    response.headers_mut().extend(media_type.map(|media_type| (CONTENT_TYPE, HeaderValue::from_static(media_type))));
    response
}

fn bare(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

/// The rest of the body is not read, so the connection ends with the answer.
fn last(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = bare(status);
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
