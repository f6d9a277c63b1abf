//! What the commands that append answer in JSON.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::proof::ReceiptFile;
use crate::record::Receipt;

/// What `append` and `submit` answer. Which members are there depends on what was asked: to record, to try, or to sign
/// for another machine.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct AppendAnswer {
    /// What was recorded, in order; absent where nothing was to be recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipts: Option<Vec<EnteredReceipt>>,
    /// The receipts with their proofs, where `--receipt` asked for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proved: Option<Vec<ReceiptFile>>,
    /// Nothing was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
    /// How many would be recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<usize>,
    /// How many of the submissions were recorded before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replayed: Option<usize>,
    /// The bodies as they would be recorded, or were signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bodies: Option<Vec<Value>>,
    /// The signed lines, for `ceasefire submit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed: Option<Vec<String>>,
    /// The file that the signed lines were added to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// How many of them were not in that file yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub added: Option<usize>,
}

/// One record, and its receipt.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EnteredReceipt {
    /// The event's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// What the event is about.
    pub subject: Option<String>,
    /// The idempotency key: with the submitter it names the record.
    pub key: String,
    /// The key that it is signed with.
    pub signed_with: Option<String>,
    /// The receipt.
    pub receipt: Receipt,
}
