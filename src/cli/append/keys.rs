//! `append key`, `append key-rotation`, `append key-revocation`: submitters' keys.

use super::flags::missing;
use super::kind::{SharedFlags, Subject, SubjectFlags};
use super::private::PrivateFlags;
use super::typed::code_of;
use super::{AppendArgs, Context, Draft, Kind};
use crate::cli::complaint::Complaint;
use crate::cli::verbs::append::OfflineFlags;
use crate::event::{Event, KeyAdded, KeyRevoked, KeyRotated, Role};

/// What `key` says of a ledger's keys: the same as `append key`, `append key-rotation` and `append key-revocation`.
#[derive(Debug, Clone, PartialEq, clap::Subcommand)]
pub enum KeyChange {
    /// Add a submitter's public key
    Add(KeyChangeArgs<KeyFlags>),
    /// Let a key hand over to the next: it may sign this itself, and nothing after it
    Rotate(KeyChangeArgs<RotationFlags>),
    /// Revoke a key: it may sign this itself, and nothing after it
    Revoke(KeyChangeArgs<RevocationFlags>),
}

/// What one change of a key takes.
#[derive(Debug, Clone, PartialEq, clap::Args)]
pub struct KeyChangeArgs<F: clap::Args> {
    #[command(flatten)]
    subject: Subject<F>,
    #[command(flatten)]
    shared: SharedFlags,
    #[command(flatten)]
    offline: OfflineFlags,
}

impl KeyChange {
    /// Gives what `append` would have been told.
    #[must_use]
    pub fn into_append(self) -> (AppendArgs, OfflineFlags) {
        let (kind, shared, offline) = match self {
            Self::Add(args) => (Kind::Key(Box::new(args.subject)), args.shared, args.offline),
            Self::Rotate(args) => (Kind::KeyRotation(Box::new(args.subject)), args.shared, args.offline),
            Self::Revoke(args) => (Kind::KeyRevocation(Box::new(args.subject)), args.shared, args.offline),
        };
        (AppendArgs { kind, shared, private: PrivateFlags::default() }, offline)
    }
}

/// A submitter's public key.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct KeyFlags {
    /// Whose key it is
    #[arg(long, value_name = "ACTOR")]
    actor: Option<String>,
    /// The Ed25519 public key in base64
    #[arg(long, value_name = "BASE64")]
    public_key: Option<String>,
    /// What it may sign; several with commas
    #[arg(long, value_name = "ROLE", value_delimiter = ',', value_parser = code_of::<Role>())]
    role: Vec<String>,
}

impl SubjectFlags for KeyFlags {
    const TYPE: &'static str = "key.added";

    fn drafts(&self, subject: &str, shared: &SharedFlags, context: &mut Context<'_>) -> Result<Vec<Draft>, Complaint> {
        shared.one_draft(context, |reader| {
            let roles: Vec<Role> = reader.list("--role", "roles", &self.role)?;
            if roles.is_empty() {
                return Err(missing("--role", "roles").hint("say what it may sign: --role monitor"));
            }
            Ok(Event::from(KeyAdded {
                key: reader.required("ID", "key", Some(subject))?,
                actor: reader.required("--actor", "actor", self.actor.as_deref())?,
                public_key: reader.required("--public-key", "public_key", self.public_key.as_deref())?,
                roles,
            }))
        })
    }
}

/// A key hands over to the next.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct RotationFlags {
    /// The id of the next key
    #[arg(long, value_name = "KEY")]
    successor: Option<String>,
    /// The next key's Ed25519 public key in base64
    #[arg(long, value_name = "BASE64")]
    public_key: Option<String>,
}

impl SubjectFlags for RotationFlags {
    const TYPE: &'static str = "key.rotated";

    fn drafts(&self, subject: &str, shared: &SharedFlags, context: &mut Context<'_>) -> Result<Vec<Draft>, Complaint> {
        shared.one_draft(context, |reader| {
            Ok(Event::from(KeyRotated {
                key: reader.required("ID", "key", Some(subject))?,
                successor: reader.required("--successor", "successor", self.successor.as_deref())?,
                public_key: reader.required("--public-key", "public_key", self.public_key.as_deref())?,
            }))
        })
    }
}

/// A key is no longer good.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct RevocationFlags {
    /// Why
    #[arg(long, value_name = "WORDS")]
    reason: Option<String>,
    /// From when on its signatures are doubtful: 2020-10-17T18:04:05+04:00
    #[arg(long, value_name = "INSTANT")]
    suspect_since: Option<String>,
}

impl SubjectFlags for RevocationFlags {
    const TYPE: &'static str = "key.revoked";

    fn drafts(&self, subject: &str, shared: &SharedFlags, context: &mut Context<'_>) -> Result<Vec<Draft>, Complaint> {
        shared.one_draft(context, |reader| {
            Ok(Event::from(KeyRevoked {
                key: reader.required("ID", "key", Some(subject))?,
                reason: reader.required("--reason", "reason", self.reason.as_deref())?,
                suspect_since: reader.value("--suspect-since", "suspect_since", self.suspect_since.as_deref())?,
            }))
        })
    }
}
