//! The clock that the ledger is handed; nothing below the command line asks the time in any other way.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::Instant;

/// Tells the recording time.
pub trait Clock: Send + Sync {
    /// Gives the present moment. It may stand still or go backwards: the writer keeps `at` from decreasing.
    fn now(&self) -> Instant;
}

/// The operating system's clock, cut to microseconds.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        let micros = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_micros()).map_or(i64::MIN, |micros| -micros),
        };
        Instant::from_micros(micros.clamp(Instant::MIN.micros(), Instant::MAX.micros())).unwrap_or(Instant::MIN)
    }
}

/// A clock set by hand, for tests and for replaying a fixture: it moves by a fixed step at every reading.
#[derive(Debug)]
pub struct SteppingClock {
    micros: AtomicI64,
    step_micros: i64,
}

impl SteppingClock {
    /// Starts at an instant and moves by `step_micros` after each reading (0 freezes it, a negative step runs backwards).
    #[must_use]
    pub const fn new(start: Instant, step_micros: i64) -> Self {
        Self { micros: AtomicI64::new(start.micros()), step_micros }
    }

    /// Sets the clock to an instant.
    pub fn set(&self, instant: Instant) {
        self.micros.store(instant.micros(), Ordering::Relaxed);
    }
}

impl Clock for SteppingClock {
    fn now(&self) -> Instant {
        let micros = self.micros.fetch_add(self.step_micros, Ordering::Relaxed);
        Instant::from_micros(micros.clamp(Instant::MIN.micros(), Instant::MAX.micros())).unwrap_or(Instant::MIN)
    }
}
