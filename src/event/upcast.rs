//! Old schema versions, lifted to the present one when they are read. The log keeps the old bytes for ever.

use serde::Deserialize;
use serde::de::{self, MapAccess};
use serde_json::value::RawValue;

use super::Event;
use super::catalogue::EVENT_TYPES;

/// Lifts the members of one version of an event type to the next version.
#[derive(Debug, Clone, Copy)]
struct Upcaster {
    event_type: &'static str,
    from: u32,
    lift: fn(&str) -> Result<String, serde_json::Error>,
}

/// Every lift there is, one version at a time. Version 1 is the first.
const UPCASTERS: &[Upcaster] = &[
    // Version 2 adds `published`.
    Upcaster { event_type: "record.retracted", from: 1, lift: as_it_was },
    // Version 2 adds `series` and `published`.
    Upcaster { event_type: "import.completed", from: 1, lift: as_it_was },
    #[cfg(test)]
    Upcaster { event_type: "quiet.reported", from: 0, lift: tests::lift_quiet_from_0 },
];

/// Lifts a version whose next one only adds members that may be absent.
#[expect(clippy::unnecessary_wraps, reason = "a lift may fail; this one does not")]
fn as_it_was(members: &str) -> Result<String, serde_json::Error> {
    Ok(members.to_owned())
}

/// Says that the table of upcasters has a hole or an entry too many.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no unbroken way from version {from} of `{event_type}` to version {to}")]
pub struct UpcastTableError {
    /// The event type.
    pub event_type: &'static str,
    /// The version that cannot be lifted, or that nothing should be lifted from.
    pub from: u32,
    /// The version of today.
    pub to: u32,
}

/// Checks that every released version of every type has exactly one way up to today's.
///
/// # Errors
/// Names the first version without one.
pub fn check_upcasters() -> Result<(), UpcastTableError> {
    for event_type in EVENT_TYPES {
        let lifts_from = |from| UPCASTERS.iter().filter(|u| u.event_type == event_type.name && u.from == from).count();
        let broken = (1..event_type.version).find(|&from| lifts_from(from) != 1);
        let stray = UPCASTERS
            .iter()
            .filter(|u| u.event_type == event_type.name)
            .find(|u| u.from >= event_type.version || lifts_from(u.from) != 1);
        if let Some(from) = broken.or_else(|| stray.map(|u| u.from)) {
            return Err(UpcastTableError { event_type: event_type.name, from, to: event_type.version });
        }
    }
    Ok(())
}

/// Reads the members of an old version and lifts them until they are of today's.
pub(super) fn read_older<'de, A: MapAccess<'de>>(name: &str, version: u32, map: A) -> Result<Event, A::Error> {
    let mut members = members_text(map)?;
    let today = super::catalogue::current_version(name).unwrap_or_default();
    for from in version..today {
        let upcaster = UPCASTERS.iter().find(|u| u.event_type == name && u.from == from);
        let upcaster =
            upcaster.ok_or_else(|| de::Error::custom(format_args!("version {from} of `{name}` was never released")))?;
        members = (upcaster.lift)(&members).map_err(de::Error::custom)?;
    }
    let mut reader = serde_json::Deserializer::from_str(&members);
    Event::read_members(name, &mut reader).map_err(de::Error::custom)
}

/// Puts the remaining members back into one JSON text, each value's bytes as they came.
fn members_text<'de, A: MapAccess<'de>>(mut map: A) -> Result<String, A::Error> {
    let mut text = String::from("{");
    while let Some((key, value)) = map.next_entry::<String, Box<RawValue>>()? {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&serde_json::to_string(&key).map_err(de::Error::custom)?);
        text.push(':');
        text.push_str(value.get());
    }
    text.push('}');
    Ok(text)
}

/// Reads an event from JSON text.
///
/// # Errors
/// Whatever the reader says.
pub fn read_event(text: &str) -> Result<Event, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let event = Event::deserialize(&mut reader)?;
    reader.end()?;
    Ok(event)
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;
    use crate::event::QuietReported;
    use crate::vocab::{Label, Source, When, Where};

    /// Version 0 of `quiet.reported`, which only this test ever wrote: `coverage` was called `watched`.
    #[derive(Deserialize, Serialize)]
    #[serde(deny_unknown_fields)]
    struct QuietReported0 {
        r#where: Where,
        during: When,
        watched: Label,
        source: Source,
    }

    pub(super) fn lift_quiet_from_0(members: &str) -> Result<String, serde_json::Error> {
        let old: QuietReported0 = serde_json::from_str(members)?;
        serde_json::to_string(&QuietReported {
            place: old.r#where,
            during: old.during,
            coverage: Some(old.watched),
            source: old.source,
            summary: None,
            note: None,
        })
    }

    const VERSION_0: &str = r#"{"type":"quiet.reported","v":0,"where":{"verbatim":"Ganja"},"during":{"earliest":"2020-10-17T00:00:00Z","latest":"2020-10-18T00:00:00Z","precision":"day","tz_basis":"stated"},"watched":"two cameras","source":{"speaker":[{"unnamed":"a monitor"}]}}"#;

    #[test]
    fn an_old_version_is_lifted_when_it_is_read() {
        let Event::QuietReported(quiet) = read_event(VERSION_0).unwrap() else { panic!("another type") };
        assert_eq!(quiet.coverage.unwrap().as_str(), "two cameras");
    }

    #[test]
    fn an_old_version_is_read_as_strictly_as_the_present_one() {
        let twice = VERSION_0.replace(r#""watched":"two cameras""#, r#""watched":"a","watched":"b""#);
        assert!(read_event(&twice).unwrap_err().to_string().contains("duplicate field `watched`"));
        let unknown = VERSION_0.replace("watched", "seen");
        assert!(read_event(&unknown).unwrap_err().to_string().contains("unknown field `seen`"));
    }

    #[test]
    fn a_version_that_was_never_released_is_refused() {
        let text = VERSION_0.replace("quiet.reported", "access.denied");
        assert!(read_event(&text).unwrap_err().to_string().contains("version 0 of `access.denied` was never released"));
    }

    #[test]
    fn the_table_of_upcasters_has_no_holes() {
        assert_eq!(check_upcasters(), Ok(()));
    }

    #[test]
    fn a_newer_version_is_named_and_passed_over() {
        let text = VERSION_0.replace("\"v\":0", "\"v\":7");
        let event = read_event(&text).unwrap();
        assert!(event.is_newer());
        assert_eq!(event.head(), ("quiet.reported", 7));
    }

    #[test]
    fn an_event_begins_with_type_and_version() {
        let error = read_event(r#"{"v":1,"type":"quiet.reported"}"#).unwrap_err();
        assert!(error.to_string().contains("an event begins with"));
    }
}
