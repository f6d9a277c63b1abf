//! The manual: what a monitor, a party or a court needs to know to use a ledger and to doubt it.
//!
//! | page | answers |
//! |---|---|
//! | [`record_format`] | what lies on the disk, and how to check it by hand |
//! | [`events`] | what can be recorded, field by field |
//! | [`lifecycle`] | what state a ceasefire is in, and why: rules L1–L8 |
//! | [`counting`] | what counts as what: rule set `count/1`, rules C1–C16, every number's id |
//! | [`projections`] | what is derived from the log, and how two people compare it |
//! | [`signatures`] | who may sign what, with which key, and how a signature is checked |
//! | [`sealed_fields`] | where personal data goes, and how it is withheld, disclosed and erased |
//! | [`evidence`] | evidence files, custody, and how to check that they are what they were |
//! | [`questions`] | which command answers which question |
//! | [`reports`] | what a situation report and its pictures show, and what they do not |
//! | [`witnesses`] | how parties cosign the ledger, on a network or by courier, and what that proves |
//! | [`tree_and_checkpoints`] | what is signed, how it is proved, receipts, and what is remembered |
//! | [`threat_model`] | who attacks how, what stands against it, what is left over |
//! | [`reliability`] | what is promised of records, power cuts and disks, and how it is shown |
//! | [`performance`] | what is fast, what is not, and how to measure |
//! | [`imports`] | what each format becomes, mappings, and a source that publishes again |
//! | [`exports`] | incidents and records for other programs, column by column |
//! | [`errors`] | every error code with what to do, and the exit codes |
//! | [`architecture`] | how the program is built, and the reasons |
//! | [`limits`] | what is not claimed |
//!
//! Tests hold the tables of these pages to the program. For a first look begin with [`limits`].

pub mod architecture {
    #![doc = include_str!("architecture.md")]
}
pub mod counting {
    #![doc = include_str!("counting.md")]
}
#[expect(clippy::doc_markdown, reason = "the table repeats the code table word for word")]
pub mod errors {
    #![doc = include_str!("errors.md")]
}
pub mod evidence {
    #![doc = include_str!("evidence.md")]
}
pub mod events {
    #![doc = include_str!("events.md")]
}
pub mod exports {
    #![doc = include_str!("exports.md")]
}
pub mod lifecycle {
    #![doc = include_str!("lifecycle.md")]
}
pub mod limits {
    #![doc = include_str!("limits.md")]
}
pub mod performance {
    #![doc = include_str!("performance.md")]
}
pub mod projections {
    #![doc = include_str!("projections.md")]
}
pub mod imports {
    #![doc = include_str!("imports.md")]
}
pub mod questions {
    #![doc = include_str!("questions.md")]
}
pub mod record_format {
    #![doc = include_str!("record_format.md")]
}
pub mod reliability {
    #![doc = include_str!("reliability.md")]
}
pub mod reports {
    #![doc = include_str!("reports.md")]
}
pub mod sealed_fields {
    #![doc = include_str!("sealed_fields.md")]
}
pub mod signatures {
    #![doc = include_str!("signatures.md")]
}
pub mod witnesses {
    #![doc = include_str!("witnesses.md")]
}
pub mod threat_model {
    #![doc = include_str!("threat_model.md")]
}
pub mod tree_and_checkpoints {
    #![doc = include_str!("tree_and_checkpoints.md")]
}
