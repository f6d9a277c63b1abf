//! The clock of reports: when a reporting day ends, and in which zone.

use clap::Args;

use crate::cli::complaint::{Complaint, Place};
use crate::cli::outcome::Outcome;
use crate::vocab::{Code, Cut, ZonePolicy};

/// When a reporting day ends.
#[derive(Debug, Clone, Args)]
pub struct ClockArgs {
    /// The time of day at which a reporting day ends: 19:30 makes days from 19:30 to 19:30
    #[arg(long, value_name = "HH:MM", default_value = "00:00")]
    pub day_ends: String,
    /// The zone of reporting days [default: the ledger's zone if it has one only, else UTC]
    #[arg(long, value_name = "OFFSET", allow_hyphen_values = true)]
    pub zone: Option<String>,
}

impl Default for ClockArgs {
    /// Days end at midnight.
    fn default() -> Self {
        Self { day_ends: "00:00".to_owned(), zone: None }
    }
}

impl ClockArgs {
    /// Reads the clock.
    ///
    /// # Errors
    /// `CF0204` where the time of day or the offset cannot be read.
    pub fn cut(&self, zones: &ZonePolicy) -> Result<Cut, Complaint> {
        let day_ends = Cut::parse_time_of_day(&self.day_ends)
            .ok_or_else(|| unreadable("--day-ends", &self.day_ends, "write it as 19:30"))?;
        let offset = match &self.zone {
            Some(text) => ZonePolicy::parse_offset(text)
                .ok_or_else(|| unreadable("--zone", text, "write an offset from UTC: +04:00"))?,
            None => only(zones).unwrap_or(0),
        };
        Ok(Cut { offset, day_ends })
    }
}

fn only(zones: &ZonePolicy) -> Option<i32> {
    let mut minutes = zones.minutes();
    let first = minutes.next();
    if minutes.next().is_none() { first } else { None }
}

/// Complains about a date or time that cannot be read.
pub fn unreadable(flag: &str, text: &str, hint: &str) -> Complaint {
    let place = Place { file: Some(flag.to_owned()), ..Place::default() };
    Complaint::new(Outcome::Rejected, Code::BadTime, format!("`{text}` is not a time")).at(place).hint(hint)
}
