//! A record's line read without knowing what events there are: its place, who submitted it, and its members as a table.

use std::fmt;

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};

use crate::record::{Envelope, RecordHash, check_json};
use crate::vocab::{Digest32, Instant, Seq};

/// What a checker needs of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReadRecord {
    pub(super) seq: u64,
    pub(super) prev: RecordHash,
    pub(super) hash: RecordHash,
    pub(super) at: Instant,
    /// The last position of its batch.
    pub(super) end: Seq,
    pub(super) signed: bool,
    /// The members of the body in the order of the text: the way to each value, and the value.
    pub(super) members: Vec<Member>,
}

/// One value of a body that holds no others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    /// The keys and places on the way, parted by a slash: `event/quantities/0/unit`.
    pub(super) path: String,
    /// Its text; for anything but a string as JSON writes it.
    pub(super) value: String,
}

impl ReadRecord {
    /// Reads a line without its newline, as strictly as the ledger does.
    pub(super) fn read(line: &[u8]) -> Result<Self, String> {
        let envelope = Envelope::decode(line).map_err(|error| error.to_string())?;
        check_json(envelope.body).map_err(|fault| format!("{} at {}", fault.detail, fault.pointer))?;
        let mut members = Vec::new();
        let mut reader = serde_json::Deserializer::from_str(envelope.body);
        let walk = Walk { path: String::new(), members: &mut members };
        walk.deserialize(&mut reader).map_err(|error| error.to_string())?;
        Ok(Self {
            seq: envelope.seq.number(),
            prev: envelope.prev,
            hash: RecordHash::of_line(line),
            at: envelope.at,
            end: envelope.end,
            signed: envelope.signature.is_some(),
            members,
        })
    }

    /// The value at a path, where it is one that holds no others.
    pub(super) fn member(&self, path: &str) -> Option<&str> {
        self.members.iter().find(|member| member.path == path).map(|member| member.value.as_str())
    }

    /// The digests of its sealed fields.
    pub(super) fn sealed(&self) -> Option<Vec<Digest32>> {
        let sealed = self.members.iter().filter(|member| member.path.starts_with("sealed/"));
        sealed.map(|member| Digest32::parse(&member.value)).collect()
    }

    /// The evidence file that it says was added: BLAKE3, SHA-256 and length.
    pub(super) fn evidence(&self) -> Option<(Digest32, Digest32, u64)> {
        if self.member("event/type") != Some("evidence.added") {
            return None;
        }
        let digest = |path| self.member(path).and_then(Digest32::parse);
        Some((digest("event/blake3")?, digest("event/sha256")?, self.member("event/bytes")?.parse().ok()?))
    }
}

/// Walks a value and lists what it comes to.
struct Walk<'m> {
    path: String,
    members: &'m mut Vec<Member>,
}

impl Walk<'_> {
    fn note(self, value: impl Into<String>) {
        self.members.push(Member { path: self.path, value: value.into() });
    }

    fn inside(&mut self, step: &str) -> Walk<'_> {
        let path = if self.path.is_empty() { step.to_owned() } else { format!("{}/{step}", self.path) };
        Walk { path, members: self.members }
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        self.note("null");
        Ok(())
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<(), E> {
        self.note(value.to_string());
        Ok(())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<(), E> {
        self.note(value.to_string());
        Ok(())
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<(), E> {
        self.note(value.to_string());
        Ok(())
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<(), E> {
        self.note(value);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        let mut index = 0_u32;
        while items.next_element_seed(self.inside(&index.to_string()))?.is_some() {
            index += 1;
        }
        if index == 0 {
            self.note("[]");
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        let mut empty = true;
        while let Some(key) = members.next_key::<String>()? {
            members.next_value_seed(self.inside(&key))?;
            empty = false;
        }
        if empty {
            self.note("{}");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(body: &str) -> Vec<u8> {
        let zeros = "0".repeat(64);
        format!(r#"{{"seq":7,"prev":"{zeros}","at":"2020-10-17T18:04:05.000000Z","end":9,"body":{body}}}"#).into_bytes()
    }

    #[test]
    fn the_members_stand_in_the_order_of_the_text() {
        let read = ReadRecord::read(&line(r#"{"z":"é\n","a":{"n":[1,-2,{}],"t":true,"u":null},"e":[]}"#)).unwrap();
        let members: Vec<(&str, &str)> =
            read.members.iter().map(|member| (member.path.as_str(), member.value.as_str())).collect();
        assert_eq!(
            members,
            [
                ("z", "é\n"),
                ("a/n/0", "1"),
                ("a/n/1", "-2"),
                ("a/n/2", "{}"),
                ("a/t", "true"),
                ("a/u", "null"),
                ("e", "[]")
            ]
        );
        assert_eq!((read.seq, read.at.to_string().as_str(), read.signed), (7, "2020-10-17T18:04:05Z", false));
    }

    #[test]
    fn a_line_that_a_ledger_would_refuse_is_refused() {
        assert!(ReadRecord::read(&line(r#"{"a":1,"a":2}"#)).is_err());
        assert!(ReadRecord::read(&line(r#"{"a":1.5}"#)).is_err());
        assert!(ReadRecord::read(b"{}").is_err());
    }
}
