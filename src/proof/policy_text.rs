//! Reading policy files, line by line (C2SP tlog-policy, draft).

use std::collections::{BTreeSet, HashMap};

use crate::proof::key::{ParseKeyError, SignatureType, VerifierKey};
use crate::proof::policy::{Party, PartyIndex, Policy, PolicyLog, Quorum, Role};
use crate::proof::tree::parse_decimal;

/// The longest policy file read, in bytes; the draft asks for at least 96 lines of logs, witnesses and groups.
const POLICY_LENGTH_MAX: usize = 65_536;

/// The quorum that asks for nobody.
const NOBODY: &str = "none";

/// Why a file is no policy, and in which line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("policy line {line}")]
#[non_exhaustive]
pub struct PolicyError {
    /// The line, from 1; for what concerns the whole file, its last.
    pub line: usize,
    /// What is wrong.
    #[source]
    pub fault: PolicyFault,
}

/// What is wrong with a line of a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyFault {
    /// More than 65,536 bytes.
    #[error("file is longer than 65536 bytes")]
    TooLong,
    /// Not UTF-8, or a control character other than tab.
    #[error("line is not UTF-8 or has a control character")]
    Character,
    /// The last line has no newline.
    #[error("line does not end with a newline: the file may be cut short")]
    Unterminated,
    /// A line begins with none of the four words.
    #[error("{word:?} is none of log, witness, group, quorum")]
    Word {
        /// What it begins with.
        word: String,
    },
    /// Too few or too many parts.
    #[error("line does not have the form: {form}")]
    Form {
        /// The form it should have.
        form: &'static str,
    },
    /// The key is malformed.
    #[error("bad key")]
    Key(#[from] ParseKeyError),
    /// A log's key is not of type 1, or a witness's not of type 4.
    #[error("key is not of the type for a {role}")]
    KeyType {
        /// `log` or `witness`.
        role: &'static str,
    },
    /// The same public key stands in an earlier line of the kind.
    #[error("another {role} has the same public key")]
    DuplicateKey {
        /// `log` or `witness`.
        role: &'static str,
    },
    /// The name is taken, or `none`.
    #[error("name {name} is already taken")]
    DuplicateName {
        /// The name.
        name: String,
    },
    /// The name stands in no earlier line.
    #[error("name {name} is not defined in an earlier line")]
    UnknownName {
        /// The name.
        name: String,
    },
    /// The member belongs to a group already.
    #[error("{name} is already a member of a group")]
    RepeatedMember {
        /// The name.
        name: String,
    },
    /// The threshold is neither `all`, `any` nor a number from 1 to the number of members.
    #[error("threshold {threshold:?} is neither all, any nor a number from 1 to {members}")]
    Threshold {
        /// What was written.
        threshold: String,
        /// The number of members.
        members: usize,
    },
    /// A second quorum line.
    #[error("quorum is already defined")]
    RepeatedQuorum,
    /// No quorum line.
    #[error("file ends without a quorum")]
    NoQuorum,
}

pub(super) fn parse(bytes: &[u8]) -> Result<Policy, PolicyError> {
    if bytes.len() > POLICY_LENGTH_MAX {
        return Err(PolicyError { line: 1, fault: PolicyFault::TooLong });
    }
    let mut reader = Reader::default();
    let mut last = 1;
    for (line, text) in (1..).zip(bytes.split_inclusive(|&byte| byte == b'\n')) {
        last = line;
        reader.read_line(text).map_err(|fault| PolicyError { line, fault })?;
    }
    let quorum = reader.quorum.ok_or(PolicyError { line: last, fault: PolicyFault::NoQuorum })?;
    Ok(Policy { logs: reader.logs, parties: reader.parties, quorum })
}

#[derive(Default)]
struct Reader {
    logs: Vec<PolicyLog>,
    parties: Vec<Party>,
    names: HashMap<String, PartyIndex>,
    grouped: BTreeSet<usize>,
    quorum: Option<Quorum>,
}

impl Reader {
    fn read_line(&mut self, line: &[u8]) -> Result<(), PolicyFault> {
        let line = line.strip_suffix(b"\n").ok_or(PolicyFault::Unterminated)?;
        if line.iter().any(|&byte| byte.is_ascii_control() && byte != b'\t') {
            return Err(PolicyFault::Character);
        }
        let line = std::str::from_utf8(line).map_err(|_| PolicyFault::Character)?;
        // Space and tab only: no other white space of Unicode parts the items of a line.
        let parts: Vec<&str> = line.split([' ', '\t']).filter(|part| !part.is_empty()).collect();
        match parts.as_slice() {
            [] => Ok(()),
            [comment, ..] if comment.starts_with('#') => Ok(()),
            ["log", rest @ ..] => self.read_log(rest),
            ["witness", rest @ ..] => self.read_witness(rest),
            ["group", rest @ ..] => self.read_group(rest),
            ["quorum", rest @ ..] => self.read_quorum(rest),
            [word, ..] => Err(PolicyFault::Word { word: (*word).to_owned() }),
        }
    }

    fn read_log(&mut self, parts: &[&str]) -> Result<(), PolicyFault> {
        let ([key] | [key, _]) = parts else { return Err(PolicyFault::Form { form: "log <vkey> [<url>]" }) };
        let key = parse_key(key, SignatureType::Ed25519, "log")?;
        if self.logs.iter().any(|log| log.key.public_key() == key.public_key()) {
            return Err(PolicyFault::DuplicateKey { role: "log" });
        }
        self.logs.push(PolicyLog { key, url: url(parts.get(1)) });
        Ok(())
    }

    fn read_witness(&mut self, parts: &[&str]) -> Result<(), PolicyFault> {
        let ([name, key] | [name, key, _]) = parts else {
            return Err(PolicyFault::Form { form: "witness <name> <vkey> [<url>]" });
        };
        let key = parse_key(key, SignatureType::CosignatureV1, "witness")?;
        let mut witnesses = self.parties.iter().filter_map(|party| match &party.role {
            Role::Witness { key, .. } => Some(key),
            Role::Group { .. } => None,
        });
        if witnesses.any(|other| other.public_key() == key.public_key()) {
            return Err(PolicyFault::DuplicateKey { role: "witness" });
        }
        self.define(name, Role::Witness { key: Box::new(key), url: url(parts.get(2)) })
    }

    fn read_group(&mut self, parts: &[&str]) -> Result<(), PolicyFault> {
        let [name, threshold, members @ ..] = parts else { return Err(GROUP_FORM) };
        if members.is_empty() {
            return Err(GROUP_FORM);
        }
        let threshold = parse_threshold(threshold, members.len())?;
        let members = members.iter().map(|member| self.take_member(member)).collect::<Result<_, _>>()?;
        self.define(name, Role::Group { threshold, members })
    }

    fn read_quorum(&mut self, parts: &[&str]) -> Result<(), PolicyFault> {
        let [name] = parts else { return Err(PolicyFault::Form { form: "quorum <name>" }) };
        if self.quorum.is_some() {
            return Err(PolicyFault::RepeatedQuorum);
        }
        self.quorum = Some(if *name == NOBODY { Quorum::None } else { Quorum::Of(self.find(name)?) });
        Ok(())
    }

    fn define(&mut self, name: &str, role: Role) -> Result<(), PolicyFault> {
        if name == NOBODY || self.names.contains_key(name) {
            return Err(PolicyFault::DuplicateName { name: name.to_owned() });
        }
        self.names.insert(name.to_owned(), PartyIndex(self.parties.len()));
        self.parties.push(Party { name: name.to_owned(), role });
        Ok(())
    }

    /// A name may be a member once in the whole file, so that nobody counts twice towards the quorum.
    fn take_member(&mut self, name: &str) -> Result<PartyIndex, PolicyFault> {
        let member = self.find(name)?;
        if !self.grouped.insert(member.0) {
            return Err(PolicyFault::RepeatedMember { name: name.to_owned() });
        }
        Ok(member)
    }

    fn find(&self, name: &str) -> Result<PartyIndex, PolicyFault> {
        self.names.get(name).copied().ok_or_else(|| PolicyFault::UnknownName { name: name.to_owned() })
    }
}

const GROUP_FORM: PolicyFault = PolicyFault::Form { form: "group <name> all|any|<k> <name>..." };

fn parse_key(text: &str, kind: SignatureType, role: &'static str) -> Result<VerifierKey, PolicyFault> {
    let key: VerifierKey = text.parse()?;
    if key.kind() == kind { Ok(key) } else { Err(PolicyFault::KeyType { role }) }
}

fn parse_threshold(text: &str, members: usize) -> Result<usize, PolicyFault> {
    let threshold = match text {
        "all" => Some(members),
        "any" => Some(1),
        _ => parse_decimal(text).and_then(|k| usize::try_from(k).ok()),
    };
    threshold
        .filter(|threshold| (1..=members).contains(threshold))
        .ok_or_else(|| PolicyFault::Threshold { threshold: text.to_owned(), members })
}

fn url(part: Option<&&str>) -> Option<String> {
    part.map(|&url| url.to_owned())
}
