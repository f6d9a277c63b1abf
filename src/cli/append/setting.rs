//! Flags for when and where.

use super::flags::{FlagReader, at, complain};
use super::typed::{MicroDegrees, Unreadable};
use crate::cli::complaint::Complaint;
use crate::vocab::{Code, When, Where};

/// When it happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "When and where")]
pub(super) struct TimeFlags {
    /// When it happened: 2020-10-17, 2020-10-17T18:04+04:00, 2020-10, or A/B (an open end is ..)
    #[arg(long, visible_alias = "when", value_name = "TIME")]
    at: Option<String>,
    /// The source's own words for the time
    #[arg(long, value_name = "WORDS", requires = "at")]
    at_words: Option<String>,
}

impl TimeFlags {
    /// Reads the time into a member of the event.
    pub(super) fn read(&self, member: &str, reader: &mut FlagReader<'_>) -> Result<Option<When>, Complaint> {
        let when = reader.time("--at", member, self.at.as_deref())?;
        let verbatim = reader.value("--at-words", &format!("{member}/verbatim"), self.at_words.as_deref())?;
        Ok(when.map(|when| When { verbatim, ..when }))
    }
}

/// Where it happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "When and where")]
pub(super) struct PlaceFlags {
    /// Where it happened: the id of a registered place
    #[arg(long, value_name = "PLACE")]
    place: Option<String>,
    /// The source's own words for the place
    #[arg(long = "where", value_name = "WORDS")]
    words: Option<String>,
    #[command(flatten)]
    point: PointFlags,
}

/// A point on the ground.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(super) struct PointFlags {
    /// Latitude in decimal degrees, north positive: 40.6828
    #[arg(long, value_name = "DEGREES", allow_hyphen_values = true, requires = "lon")]
    lat: Option<String>,
    /// Longitude in decimal degrees, east positive: 46.3606
    #[arg(long, value_name = "DEGREES", allow_hyphen_values = true, requires = "lat")]
    lon: Option<String>,
    /// How far off that point may be, in metres
    #[arg(long, value_name = "METRES", requires = "lat")]
    radius: Option<String>,
}

impl PlaceFlags {
    /// Reads the place into a member of the event.
    pub(super) fn read(&self, member: &str, reader: &mut FlagReader<'_>) -> Result<Option<Where>, Complaint> {
        let place = reader.value("--place", &format!("{member}/place"), self.place.as_deref())?;
        let verbatim = reader.value("--where", &format!("{member}/verbatim"), self.words.as_deref())?;
        let found = Where { verbatim, place, ..self.point.read(member, reader)? };
        Ok((found != Where::default()).then_some(found))
    }
}

impl PointFlags {
    /// Reads the point; a place that holds nothing where there is none.
    pub(super) fn read(&self, member: &str, reader: &mut FlagReader<'_>) -> Result<Where, Complaint> {
        let lat = degrees("--lat", &format!("{member}/lat_e6"), self.lat.as_deref(), 90, reader)?;
        let lon = degrees("--lon", &format!("{member}/lon_e6"), self.lon.as_deref(), 180, reader)?;
        let radius_m = reader.value("--radius", &format!("{member}/radius_m"), self.radius.as_deref())?;
        Ok(Where { lat_e6: lat, lon_e6: lon, radius_m, ..Where::default() })
    }
}

fn degrees(
    flag: &'static str,
    member: &str,
    text: Option<&str>,
    limit: i64,
    reader: &mut FlagReader<'_>,
) -> Result<Option<i64>, Complaint> {
    let micro = reader.value::<MicroDegrees>(flag, member, text)?.map(MicroDegrees::number);
    if micro.is_some_and(|micro| micro.abs() > limit * 1_000_000) {
        let what = format!("{flag} lies within ±{limit} degrees");
        return Err(complain(flag, at(member), Unreadable::new(Code::BadPlace, what)));
    }
    Ok(micro)
}
