//! Submitter keys: whose each one is, what it may sign, and from which record to which.
//!
//! A record is judged by the keys in force **at its position**, which is by what the records before it say. What comes
//! later changes no verdict: a revocation only marks earlier signatures as doubtful, from the time it names on.

use serde::{Deserialize, Serialize};

use crate::event::{Event, KeyAdded, KeyRevoked, KeyRotated, Role};
use crate::vocab::{ActorId, Instant, KeyId, Seq, choices};

/// A submitter's key, as the records up to some position leave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmitterKey {
    /// Whose it is.
    pub actor: ActorId,
    /// The Ed25519 public key, base64.
    pub public_key: String,
    /// What it may sign.
    pub roles: Vec<Role>,
    /// The record that brought it; it is in force from the next one on.
    pub from: Seq,
    /// The record that ended it, which it may still have signed itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Seq>,
    /// The key that it handed over to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<KeyId>,
    /// The first record that revoked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Seq>,
    /// The earliest time that a revocation names: what it signed from then on is doubtful.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspect_since: Option<Instant>,
}

choices! {
    /// How a key stands.
    pub enum KeyState {
        /// It may sign.
        InForce = "in_force",
        /// It handed over to another.
        Rotated = "rotated",
        /// It is no longer good.
        Revoked = "revoked",
    }
}

impl SubmitterKey {
    /// Tells whether the key may sign the record at a position.
    #[must_use]
    pub fn is_in_force_at(&self, seq: Seq) -> bool {
        self.from < seq && self.until.is_none_or(|until| seq <= until)
    }

    /// Tells whether the record at a position and recording time is doubtful, where this key signed it: it stands before
    /// the record that revoked the key, and was recorded no earlier than the time since when the key is suspected.
    #[must_use]
    pub fn is_suspect_at(&self, seq: Seq, recorded: Instant) -> bool {
        self.revoked.is_some_and(|revoked| seq < revoked) && self.suspect_since.is_some_and(|since| since <= recorded)
    }

    /// Gives how it stands after the last record that was looked at.
    #[must_use]
    pub const fn state(&self) -> KeyState {
        match (self.revoked, self.until) {
            (Some(_), _) => KeyState::Revoked,
            (None, Some(_)) => KeyState::Rotated,
            (None, None) => KeyState::InForce,
        }
    }

    fn added(event: &KeyAdded, seq: Seq) -> Self {
        Self {
            actor: event.actor.clone(),
            public_key: event.public_key.to_string(),
            roles: event.roles.clone(),
            from: seq,
            until: None,
            successor: None,
            revoked: None,
            suspect_since: None,
        }
    }

    /// Ends the key, and gives the next one: of the same owner, for the same roles.
    fn hand_over(&mut self, event: &KeyRotated, seq: Seq) -> Self {
        self.until = Some(seq);
        self.successor = Some(event.successor.clone());
        Self {
            public_key: event.public_key.to_string(),
            from: seq,
            until: None,
            successor: None,
            revoked: None,
            suspect_since: None,
            ..self.clone()
        }
    }

    /// Ends the key where it has not ended yet; doubt, once cast, is only ever cast further back.
    fn revoke(&mut self, event: &KeyRevoked, seq: Seq) {
        self.until = self.until.or(Some(seq));
        self.revoked = self.revoked.or(Some(seq));
        self.suspect_since = match (self.suspect_since, event.suspect_since) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
}

/// Gives the keys that a record brings or changes, as they are after it.
///
/// A key that is there already is not added again, and a key that has ended hands over to nobody: such a record changes
/// nothing. No ledger admits one.
///
/// # Errors
/// Whatever looking up a key says.
pub fn changed_keys<E>(
    event: &Event,
    seq: Seq,
    known: impl Fn(&KeyId) -> Result<Option<SubmitterKey>, E>,
) -> Result<Vec<(KeyId, SubmitterKey)>, E> {
    Ok(match event {
        Event::KeyAdded(event) => match known(&event.key)? {
            None => vec![(event.key.clone(), SubmitterKey::added(event, seq))],
            Some(_) => Vec::new(),
        },
        Event::KeyRotated(event) => match (known(&event.key)?, known(&event.successor)?) {
            (Some(mut key), None) if key.until.is_none() => {
                let next = key.hand_over(event, seq);
                vec![(event.key.clone(), key), (event.successor.clone(), next)]
            }
            _ => Vec::new(),
        },
        Event::KeyRevoked(event) => match known(&event.key)? {
            Some(mut key) => {
                key.revoke(event, seq);
                vec![(event.key.clone(), key)]
            }
            None => Vec::new(),
        },
        _ => Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::convert::Infallible;

    use super::*;
    use crate::event::read_event;

    /// Takes events at positions, and gives the keys after them.
    fn keys(events: &[(u64, &str)]) -> BTreeMap<String, SubmitterKey> {
        let mut keys: BTreeMap<String, SubmitterKey> = BTreeMap::new();
        for (seq, text) in events {
            let event = read_event(text).unwrap();
            let known = |id: &KeyId| Ok::<_, Infallible>(keys.get(id.as_str()).cloned());
            let changed = changed_keys(&event, Seq::new(*seq), known).unwrap();
            keys.extend(changed.into_iter().map(|(id, key)| (id.to_string(), key)));
        }
        keys
    }

    const ADDED: &str = r#"{"type":"key.added","v":1,"key":"a","actor":"AZE","public_key":"A","roles":["party"]}"#;
    const ROTATED: &str = r#"{"type":"key.rotated","v":1,"key":"a","successor":"b","public_key":"B"}"#;

    fn revoked(key: &str, since: Option<&str>) -> String {
        let since = since.map(|since| format!(r#","suspect_since":"{since}""#)).unwrap_or_default();
        format!(r#"{{"type":"key.revoked","v":1,"key":"{key}","reason":"lost"{since}}}"#)
    }

    fn in_force(key: &SubmitterKey) -> Vec<u64> {
        (1..12).filter(|seq| key.is_in_force_at(Seq::new(*seq))).collect()
    }

    #[test]
    fn a_key_is_in_force_from_the_record_after_the_one_that_brings_it_to_the_one_that_ends_it() {
        assert_eq!(in_force(&keys(&[(3, ADDED)])["a"]), [4, 5, 6, 7, 8, 9, 10, 11]);
        assert_eq!(in_force(&keys(&[(3, ADDED), (6, &revoked("a", None))])["a"]), [4, 5, 6]);
        let both = keys(&[(3, ADDED), (6, ROTATED)]);
        assert_eq!((in_force(&both["a"]), in_force(&both["b"])), (vec![4, 5, 6], vec![7, 8, 9, 10, 11]));
        assert_eq!((both["a"].state(), both["b"].state()), (KeyState::Rotated, KeyState::InForce));
    }

    #[test]
    fn a_key_that_is_revoked_after_it_handed_over_does_not_come_back_to_life() {
        let keys = keys(&[(3, ADDED), (6, ROTATED), (9, &revoked("a", Some("2020-10-17T00:00:00Z")))]);
        assert_eq!(in_force(&keys["a"]), [4, 5, 6]);
        assert_eq!((keys["a"].state(), keys["a"].revoked), (KeyState::Revoked, Some(Seq::new(9))));
        assert_eq!(keys["b"].state(), KeyState::InForce, "the next key is another key");
    }

    #[test]
    fn a_key_that_has_ended_hands_over_to_nobody_and_an_id_is_taken_once() {
        let again = ROTATED.replace(r#""b""#, r#""c""#);
        let keys_after = keys(&[(3, ADDED), (6, ROTATED), (7, &again)]);
        assert_eq!(keys_after.keys().collect::<Vec<_>>(), ["a", "b"]);
        let other = ADDED.replace("AZE", "ARM");
        assert_eq!(keys(&[(3, ADDED), (4, &other)])["a"].actor.as_str(), "AZE");
        assert_eq!(keys(&[(3, &revoked("a", None))]).len(), 0);
    }

    #[test]
    fn doubt_is_cast_further_back_and_never_taken_away() {
        let (early, late) = ("2020-10-10T00:00:00Z", "2020-10-17T00:00:00Z");
        let suspect = |first: Option<&str>, second: Option<&str>| {
            keys(&[(3, ADDED), (6, &revoked("a", first)), (7, &revoked("a", second))])["a"].suspect_since
        };
        let at = |text: &str| Some(Instant::parse(text).unwrap());
        assert_eq!(suspect(Some(late), Some(early)), at(early));
        assert_eq!(suspect(Some(early), Some(late)), at(early));
        assert_eq!(suspect(Some(early), None), at(early));
        assert_eq!(suspect(None, Some(late)), at(late));
        let key = &keys(&[(3, ADDED), (6, &revoked("a", Some(late)))])["a"];
        let suspect = |seq: u64, recorded: &str| key.is_suspect_at(Seq::new(seq), at(recorded).unwrap());
        assert!(suspect(5, late) && !suspect(5, early), "recorded before the time that is named");
        assert!(!suspect(6, late), "the revocation itself");
    }
}
