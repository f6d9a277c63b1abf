//! `append key`, `append key-rotation`, `append key-revocation`: submitters' keys.

use super::flags::missing;
use super::kind::{SharedFlags, SubjectFlags};
use super::typed::code_of;
use super::{Context, Draft};
use crate::cli::complaint::Complaint;
use crate::event::{Event, KeyAdded, KeyRevoked, KeyRotated, Role};

/// A submitter's public key.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(super) struct KeyFlags {
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
pub(super) struct RotationFlags {
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
pub(super) struct RevocationFlags {
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
