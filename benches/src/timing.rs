//! Time: repeated, in the middle.

use std::time::{Duration, Instant};

use crate::Outcome;

/// Runs something several times and gives the median of its times.
pub fn median_of(repeat: usize, mut run: impl FnMut() -> Outcome<()>) -> Outcome<Duration> {
    let mut times = Vec::with_capacity(repeat);
    for _ in 0..repeat.max(1) {
        let started = Instant::now();
        run()?;
        times.push(started.elapsed());
    }
    Ok(percentile(&mut times, 50))
}

/// Runs two things in turn, so that whatever else the machine does falls on both, and gives the median of each.
pub fn medians_in_turn(
    repeat: usize,
    mut one: impl FnMut() -> Outcome<Duration>,
    mut other: impl FnMut() -> Outcome<Duration>,
) -> Outcome<(Duration, Duration)> {
    let (mut ones, mut others) = (Vec::new(), Vec::new());
    for _ in 0..repeat.max(1) {
        ones.push(one()?);
        others.push(other()?);
    }
    Ok((percentile(&mut ones, 50), percentile(&mut others, 50)))
}

/// Takes the time of something.
pub fn timed<T>(run: impl FnOnce() -> Outcome<T>) -> Outcome<(T, Duration)> {
    let started = Instant::now();
    let made = run()?;
    Ok((made, started.elapsed()))
}

/// Gives the time that so many of a hundred do not exceed.
pub fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    let index = (times.len() * percent / 100).min(times.len().saturating_sub(1));
    times.get(index).copied().unwrap_or_default()
}
