//! Who may sign what, who may change the keys, and what has to be signed: pure decisions, no cryptography.
//!
//! Whether a signature holds over its bytes is found out elsewhere; here it is known which key made it. The policy of a
//! ledger decides what is let in, and changes no answer.

use serde::{Deserialize, Serialize};

use super::keys::SubmitterKey;
use crate::event::{Event, Role};
use crate::record::Body;
use crate::vocab::{ActorId, Code, KeyId, RecordRef, Seq, choices};

const ASSESSOR: &[Role] = &[Role::Assessor];
const RECORDER: &[Role] = &[Role::Recorder];
const REPORTERS: &[Role] = &[Role::Monitor, Role::Party, Role::Recorder];
const EVERYBODY: &[Role] = &[Role::Monitor, Role::Party, Role::Assessor, Role::Recorder];

/// Which roles may sign each event type. What the ledger writes itself is signed by nobody.
///
/// Corrections and retractions stand under every role because everybody may mend what is his own; see [`may_sign`].
/// So do the rotation and the revocation of a key: a key may end itself.
pub const SIGNERS: &[(&str, &[Role])] = &[
    ("ledger.created", &[]),
    ("segment.sealed", &[]),
    ("projection.attested", RECORDER),
    ("actor.registered", RECORDER),
    ("actor.related", RECORDER),
    ("place.registered", RECORDER),
    ("key.added", RECORDER),
    ("key.rotated", EVERYBODY),
    ("key.revoked", EVERYBODY),
    ("ceasefire.recorded", RECORDER),
    ("ceasefire.step_reported", REPORTERS),
    ("terms.reported", REPORTERS),
    ("violation.reported", REPORTERS),
    ("quiet.reported", REPORTERS),
    ("access.denied", REPORTERS),
    ("tally.reported", REPORTERS),
    ("accusation.made", REPORTERS),
    ("response.made", REPORTERS),
    ("statement.made", REPORTERS),
    ("process.reported", REPORTERS),
    ("verification.stepped", ASSESSOR),
    ("finding.issued", ASSESSOR),
    ("evidence.added", EVERYBODY),
    ("evidence.transferred", EVERYBODY),
    ("record.corrected", EVERYBODY),
    ("record.retracted", EVERYBODY),
    ("incident.merged", RECORDER),
    ("incident.split", RECORDER),
    ("act.identified", RECORDER),
    ("annex.withheld", RECORDER),
    ("annex.released", RECORDER),
    ("annex.disclosed", RECORDER),
    ("annex.erased", RECORDER),
    ("import.completed", RECORDER),
];

/// Gives the roles that may sign an event type; nothing for a type that this program does not know.
#[must_use]
pub fn signers(type_name: &str) -> Option<&'static [Role]> {
    SIGNERS.iter().find(|(name, _)| *name == type_name).map(|(_, roles)| *roles)
}

choices! {
    /// Whether submissions must be signed.
    pub enum SignatureMode {
        /// They may be.
        Allowed = "allowed",
        /// They must be.
        Required = "required",
    }
}

/// What a ledger asks of those who submit, as `ledger.toml` says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignaturePolicy {
    /// Whether every submission must be signed.
    #[serde(default = "allowed")]
    pub mode: SignatureMode,
    /// Roles for which a signature is required even where it is not for all: of the types that only these may sign, and
    /// of everybody who has had a key with one of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required_roles: Vec<Role>,
    /// The position from which on the keeper says that it was so. Verification looks at it; admission does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Seq>,
}

const fn allowed() -> SignatureMode {
    SignatureMode::Allowed
}

impl Default for SignaturePolicy {
    /// Signatures may be given and need not be.
    fn default() -> Self {
        Self { mode: allowed(), required_roles: Vec::new(), since: None }
    }
}

impl SignaturePolicy {
    /// Tells whether anything must be signed.
    #[must_use]
    pub fn demands_something(&self) -> bool {
        self.mode == SignatureMode::Required || !self.required_roles.is_empty()
    }

    /// Says why a record of this type must be signed, where it must. `held` are the roles of all keys that its submitter
    /// has or had.
    #[must_use]
    pub fn demand(&self, type_name: &str, held: &[Role]) -> Option<Demand> {
        let signers = signers(type_name).unwrap_or(EVERYBODY);
        let required = |role: &Role| self.required_roles.contains(role);
        if signers.is_empty() {
            return None;
        }
        if self.mode == SignatureMode::Required {
            return Some(Demand::Everything);
        }
        if signers.iter().all(required) {
            return Some(Demand::Type);
        }
        held.iter().copied().find(required).map(Demand::Holder)
    }
}

/// Why a record must be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// All must be.
    Everything,
    /// Its type is one that only such roles may sign as have to.
    Type,
    /// Its submitter has had a key with a role that has to.
    Holder(Role),
}

impl std::fmt::Display for Demand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Everything => f.write_str("this ledger takes nothing unsigned"),
            Self::Type => f.write_str("this ledger takes nothing of this type unsigned"),
            Self::Holder(role) => write!(f, "it has had a key with the role {role}"),
        }
    }
}

/// Why a submission is not let in, or a record should not have been.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Denial {
    /// It must be signed and is not.
    #[error("what `{by}` submits must be signed: {demand}")]
    Unsigned {
        /// Who submits it.
        by: ActorId,
        /// Why it must be.
        demand: Demand,
    },
    /// The signature is none that any key of the submitter in force makes over these bytes.
    #[error("no key of `{by}` in force made this signature over these bytes")]
    BadSignature {
        /// Who submits it.
        by: ActorId,
    },
    /// The submitter has no key in force, and no known key made the signature.
    #[error("`{by}` has no key in force, and no key known here made the signature")]
    UnknownKey {
        /// Who submits it.
        by: ActorId,
    },
    /// The key that made the signature was not in force.
    #[error("it is signed with `{key}`, which ended with record {ended}")]
    KeyEnded {
        /// The key.
        key: KeyId,
        /// The record that ended it.
        ended: Seq,
    },
    /// The key that made the signature comes later.
    #[error("it is signed with `{key}`, which record {from} brings")]
    KeyTooNew {
        /// The key.
        key: KeyId,
        /// The record that brings it.
        from: Seq,
    },
    /// The key that made the signature is somebody else's.
    #[error("it is signed with `{key}`, which is the key of `{owner}` and not of `{by}`")]
    KeyOfAnother {
        /// The key.
        key: KeyId,
        /// Whose it is.
        owner: ActorId,
        /// Who submits it.
        by: ActorId,
    },
    /// The key may not sign such an event.
    #[error("`{key}` may sign as {}, and {type_name} is signed as {}", listed(roles), listed(signers))]
    WrongRole {
        /// The key.
        key: KeyId,
        /// What it may sign.
        roles: Vec<Role>,
        /// The event type.
        type_name: String,
        /// Who may sign that.
        signers: Vec<Role>,
    },
    /// The record that it mends was submitted by somebody else.
    #[error("`{by}` did not submit record {target}; only a key with the role recorder mends what others submitted")]
    NotOwn {
        /// Who submits it.
        by: ActorId,
        /// The record that it would mend.
        target: RecordRef,
    },
    /// It changes the keys, and whoever signed it may not, or nobody did.
    #[error("{type_name} by `{by}` needs {}", needed(type_name))]
    KeyChange {
        /// Who submits it.
        by: ActorId,
        /// The event type.
        type_name: String,
    },
}

impl Denial {
    /// Gives the stable code.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Unsigned { .. } => Code::SignatureRequired,
            Self::BadSignature { .. } => Code::BadSignature,
            Self::UnknownKey { .. } => Code::SignerUnknown,
            Self::KeyEnded { .. } | Self::KeyTooNew { .. } => Code::SignerEnded,
            Self::KeyOfAnother { .. } => Code::SignerOfAnother,
            Self::WrongRole { .. } => Code::SignerRole,
            Self::NotOwn { .. } => Code::NotYourRecord,
            Self::KeyChange { .. } => Code::KeysNotYours,
        }
    }
}

fn listed(roles: &[Role]) -> String {
    if roles.is_empty() {
        return "nobody".to_owned();
    }
    roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" or ")
}

fn needed(type_name: &str) -> &'static str {
    match type_name {
        "key.added" => "the recorder's word or the signature of a key with the role recorder",
        _ => "the recorder's word, the signature of a key with the role recorder, or that of the key itself",
    }
}

/// Decides whether a key may sign a body. That its signature holds is known.
///
/// `mended` is who submitted the record that a correction or retraction is about; nothing where there is no such record.
///
/// 1. The body is in the name of the key's owner. An organ does not sign for what it is a part of, nor the other way round:
///    who is part of whom is a claim, and nobody signs by a claim.
/// 2. A key may hand over and revoke itself, whatever its roles. Otherwise the keys are the recorder's to change.
/// 3. The event is of a type that one of the key's roles may sign; of a type newer than this program nothing is said.
/// 4. A correction or retraction is of a record that the owner submitted, unless the key has the role recorder; and
///    what a correction puts in its place is something that the key may sign.
///
/// # Errors
/// [`Denial`].
pub fn may_sign(body: &Body, id: &KeyId, key: &SubmitterKey, mended: Option<&ActorId>) -> Result<(), Denial> {
    if key.actor != body.by {
        return Err(Denial::KeyOfAnother { key: id.clone(), owner: key.actor.clone(), by: body.by.clone() });
    }
    let is_recorder = key.roles.contains(&Role::Recorder);
    let denied = || Denial::KeyChange { by: body.by.clone(), type_name: body.event.type_name().to_owned() };
    match &body.event {
        Event::KeyRotated(event) if event.key != *id && !is_recorder => Err(denied()),
        Event::KeyRevoked(event) if event.key != *id && !is_recorder => Err(denied()),
        Event::KeyAdded(_) if !is_recorder => Err(denied()),
        Event::RecordCorrected(event) => {
            has_role(id, key, &event.replacement)?;
            if is_recorder { Ok(()) } else { is_own(body, &event.target, mended) }
        }
        Event::RecordRetracted(event) if !is_recorder => is_own(body, &event.target, mended),
        event => has_role(id, key, event),
    }
}

fn has_role(id: &KeyId, key: &SubmitterKey, event: &Event) -> Result<(), Denial> {
    let signers = match signers(event.type_name()) {
        Some(signers) if !event.is_newer() => signers,
        _ => return Ok(()),
    };
    if key.roles.iter().any(|role| signers.contains(role)) {
        return Ok(());
    }
    Err(Denial::WrongRole {
        key: id.clone(),
        roles: key.roles.clone(),
        type_name: event.type_name().to_owned(),
        signers: signers.to_vec(),
    })
}

fn is_own(body: &Body, target: &RecordRef, mended: Option<&ActorId>) -> Result<(), Denial> {
    if mended == Some(&body.by) {
        return Ok(());
    }
    Err(Denial::NotOwn { by: body.by.clone(), target: target.clone() })
}

/// What is known of the submitter of a body that nobody signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsigned<'a> {
    /// Who keeps the ledger.
    pub keeper: &'a ActorId,
    /// Whether the keeper has or had a key.
    pub keeper_signs: bool,
    /// The roles of all keys that the submitter has or had.
    pub held: &'a [Role],
}

/// Decides whether a body may come unsigned.
///
/// Unsigned, the keys are changed in the keeper's name alone. Where everything must be signed, the keeper's first key
/// comes unsigned: nothing could sign it.
///
/// # Errors
/// [`Denial`].
pub fn may_stand_unsigned(body: &Body, policy: &SignaturePolicy, known: Unsigned<'_>) -> Result<(), Denial> {
    let type_name = body.event.type_name();
    let first_key = match &body.event {
        Event::KeyAdded(event) => event.actor == *known.keeper && !known.keeper_signs,
        _ => false,
    };
    let demand = policy.demand(type_name, known.held).filter(|_| !(first_key && body.by == *known.keeper));
    if let Some(demand) = demand {
        return Err(Denial::Unsigned { by: body.by.clone(), demand });
    }
    let changes_keys = matches!(body.event, Event::KeyAdded(_) | Event::KeyRotated(_) | Event::KeyRevoked(_));
    if changes_keys && body.by != *known.keeper {
        return Err(Denial::KeyChange { by: body.by.clone(), type_name: type_name.to_owned() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{EVENT_TYPES, read_event};

    const REPORT: &str =
        r#"{"type":"violation.reported","v":1,"incident":"I","act":"shelling","source":{"speaker":[{"actor":"AZE"}]}}"#;
    const ADDED: &str = r#"{"type":"key.added","v":1,"key":"x","actor":"AZE","public_key":"A","roles":["party"]}"#;
    const ROTATED: &str = r#"{"type":"key.rotated","v":1,"key":"AZE-1","successor":"AZE-2","public_key":"B"}"#;
    const REVOKED: &str = r#"{"type":"key.revoked","v":1,"key":"AZE-1","reason":"lost"}"#;
    const FINDING: &str =
        r#"{"type":"finding.issued","v":1,"about":{"incident":"I"},"outcome":"verified","assessor":"AZE"}"#;
    const RETRACTED: &str = r#"{"type":"record.retracted","v":1,"target":{"seq":7},"by":"source","reason":"wrong"}"#;

    fn corrected(replacement: &str) -> String {
        format!(
            r#"{{"type":"record.corrected","v":1,"target":{{"seq":7}},"by":"source","reason":"wrong","replacement":{replacement}}}"#
        )
    }

    fn body(by: &str, event: &str) -> Body {
        Body {
            origin: crate::vocab::Label::new("example.org/x").unwrap(),
            by: actor(by),
            key: crate::vocab::Label::new("k").unwrap(),
            event: read_event(event).unwrap(),
            sealed: None,
        }
    }

    fn actor(id: &str) -> ActorId {
        ActorId::new(id).unwrap()
    }

    fn key(owner: &str, roles: &[Role]) -> SubmitterKey {
        SubmitterKey {
            actor: actor(owner),
            public_key: String::new(),
            roles: roles.to_vec(),
            from: Seq::FIRST,
            until: None,
            successor: None,
            revoked: None,
            suspect_since: None,
        }
    }

    fn id(text: &str) -> KeyId {
        KeyId::new(text).unwrap()
    }

    /// Signs in AZE's name with AZE-1, which has these roles.
    fn signed(roles: &[Role], event: &str, mended: Option<&str>) -> Result<(), Denial> {
        may_sign(&body("AZE", event), &id("AZE-1"), &key("AZE", roles), mended.map(actor).as_ref())
    }

    #[test]
    fn every_event_type_has_its_signers_and_no_other_stands_in_the_table() {
        let listed: Vec<&str> = SIGNERS.iter().map(|(name, _)| *name).collect();
        let known: Vec<&str> = EVENT_TYPES.iter().map(|event_type| event_type.name).collect();
        assert_eq!(listed, known);
        assert_eq!(signers("nothing.done"), None);
    }

    #[test]
    fn a_key_signs_what_its_role_is_for() {
        for (roles, event, fits) in [
            (&[Role::Party][..], REPORT, true),
            (&[Role::Monitor], REPORT, true),
            (&[Role::Assessor], REPORT, false),
            (&[Role::Assessor, Role::Monitor], REPORT, true),
            (&[Role::Assessor], FINDING, true),
            (&[Role::Recorder], FINDING, false),
            (&[Role::Monitor, Role::Party], FINDING, false),
        ] {
            let found = signed(roles, event, None);
            assert_eq!(found.is_ok(), fits, "{roles:?} {event}: {found:?}");
        }
        let what = signed(&[Role::Assessor], REPORT, None).unwrap_err().to_string();
        assert_eq!(
            what,
            "`AZE-1` may sign as assessor, and violation.reported is signed as monitor or party or recorder"
        );
    }

    #[test]
    fn nobody_signs_for_another_not_even_the_recorder() {
        let found = may_sign(&body("ARM", REPORT), &id("AZE-1"), &key("AZE", EVERYBODY), None);
        assert_eq!(found, Err(Denial::KeyOfAnother { key: id("AZE-1"), owner: actor("AZE"), by: actor("ARM") }));
    }

    #[test]
    fn everybody_mends_his_own_record_and_the_recorder_mends_all() {
        let not_own = Err(Denial::NotOwn { by: actor("AZE"), target: RecordRef::at(Seq::new(7)) });
        for event in [RETRACTED, &corrected(REPORT)] {
            assert_eq!(signed(&[Role::Party], event, Some("AZE")), Ok(()));
            assert_eq!(signed(&[Role::Party], event, Some("ARM")), not_own);
            assert_eq!(signed(&[Role::Party], event, None), not_own);
            assert_eq!(signed(&[Role::Recorder], event, Some("ARM")), Ok(()));
        }
        let finding = corrected(FINDING);
        assert!(matches!(signed(&[Role::Recorder], &finding, Some("AZE")), Err(Denial::WrongRole { .. })));
        assert!(matches!(signed(&[Role::Party], &finding, Some("AZE")), Err(Denial::WrongRole { .. })));
        assert_eq!(signed(&[Role::Assessor], &finding, Some("AZE")), Ok(()));
    }

    #[test]
    fn a_key_hands_over_and_revokes_itself_alone_and_the_recorder_changes_every_key() {
        for event in [ROTATED, REVOKED] {
            for roles in [&[Role::Monitor][..], &[Role::Party], &[Role::Assessor], &[Role::Recorder]] {
                assert_eq!(signed(roles, event, None), Ok(()), "{roles:?} {event}");
            }
            let other = event.replace("AZE-1", "AZE-9");
            assert!(matches!(signed(&[Role::Party], &other, None), Err(Denial::KeyChange { .. })), "{other}");
            assert_eq!(signed(&[Role::Recorder], &other, None), Ok(()));
        }
        assert!(matches!(signed(&[Role::Party, Role::Monitor], ADDED, None), Err(Denial::KeyChange { .. })));
        assert_eq!(signed(&[Role::Recorder], ADDED, None), Ok(()));
    }

    fn unsigned(by: &str, event: &str, policy: &SignaturePolicy, held: &[Role]) -> Result<(), Denial> {
        let keeper = actor("recorder");
        may_stand_unsigned(&body(by, event), policy, Unsigned { keeper: &keeper, keeper_signs: true, held })
    }

    #[test]
    fn without_a_policy_nothing_must_be_signed_and_the_keys_are_the_keepers() {
        let policy = SignaturePolicy::default();
        assert!(!policy.demands_something());
        assert_eq!(unsigned("AZE", REPORT, &policy, &[Role::Party]), Ok(()));
        assert_eq!(unsigned("AZE", FINDING, &policy, &[]), Ok(()));
        for event in [ADDED, ROTATED, REVOKED] {
            assert_eq!(unsigned("recorder", event, &policy, &[]), Ok(()));
            assert!(matches!(unsigned("AZE", event, &policy, &[]), Err(Denial::KeyChange { .. })), "{event}");
        }
    }

    #[test]
    fn where_everything_must_be_signed_only_the_keepers_first_key_comes_unsigned() {
        let policy = SignaturePolicy { mode: SignatureMode::Required, ..SignaturePolicy::default() };
        let keeper = actor("recorder");
        let first = ADDED.replace(r#""actor":"AZE""#, r#""actor":"recorder""#);
        let try_with = |by: &str, event: &str, keeper_signs| {
            may_stand_unsigned(&body(by, event), &policy, Unsigned { keeper: &keeper, keeper_signs, held: &[] })
        };
        let denied = |by: &str| Err(Denial::Unsigned { by: actor(by), demand: Demand::Everything });
        assert_eq!(try_with("recorder", &first, false), Ok(()));
        assert_eq!(try_with("recorder", &first, true), denied("recorder"));
        assert_eq!(try_with("recorder", ADDED, false), denied("recorder"), "another's key is not the keeper's first");
        assert_eq!(try_with("AZE", &first, false), denied("AZE"));
        assert_eq!(try_with("recorder", REPORT, false), denied("recorder"));
    }

    #[test]
    fn a_required_role_binds_the_types_that_are_its_own_and_whoever_has_had_such_a_key() {
        let policy =
            SignaturePolicy { required_roles: vec![Role::Assessor, Role::Monitor], ..SignaturePolicy::default() };
        let denied = |demand| Err(Denial::Unsigned { by: actor("AZE"), demand });
        assert_eq!(unsigned("AZE", FINDING, &policy, &[]), denied(Demand::Type));
        assert_eq!(unsigned("AZE", REPORT, &policy, &[]), Ok(()));
        assert_eq!(unsigned("AZE", REPORT, &policy, &[Role::Party]), Ok(()));
        assert_eq!(
            unsigned("AZE", REPORT, &policy, &[Role::Party, Role::Monitor]),
            denied(Demand::Holder(Role::Monitor))
        );
        let all = SignaturePolicy { required_roles: EVERYBODY.to_vec(), ..SignaturePolicy::default() };
        for (name, signers) in SIGNERS {
            assert_eq!(all.demand(name, &[]).is_some(), !signers.is_empty(), "{name}");
        }
    }
}
