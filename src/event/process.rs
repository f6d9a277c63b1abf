//! Talks and mechanisms around a ceasefire.

use serde::{Deserialize, Serialize};

use super::about::About;
use super::members::{Coherent, members};
use crate::vocab::{ActorRef, Code, ExternalId, Fault, Pointer, ProcessId, Source, Text, When, Where, choices};

choices! {
    /// What is reported of a process.
    pub enum ProcessKind {
        /// A mediation.
        Mediation = "mediation",
        /// A consultation.
        Consultation = "consultation",
        /// A meeting is called.
        MeetingCalled = "meeting_called",
        /// Who came and who did not.
        Attendance = "attendance",
        /// A mechanism is planned.
        MechanismPlanned = "mechanism_planned",
        /// A mechanism is set up.
        MechanismEstablished = "mechanism_established",
        /// A call on a hotline.
        HotlineCall = "hotline_call",
    }

    /// Whether somebody came.
    pub enum Attendance {
        /// Came.
        Attended = "attended",
        /// Did not come.
        Absent = "absent",
        /// Had not come when it was said; a later record may tell otherwise.
        NotYet = "not_yet",
    }
}

/// `process.reported`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ProcessReported {
    /// The process: the same one in every report of the same talks.
    pub process: ProcessId,
    /// What is reported.
    pub kind: ProcessKind,
    /// Who acts: mediates, calls, attends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<ActorRef>,
    /// With whom or to whom.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub with: Vec<ActorRef>,
    /// Whether they came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attendance: Option<Attendance>,
    /// As of when, for what may still change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<When>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "where")]
    pub place: Option<Where>,
    /// About what.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<About>,
    /// Codes of other lists for it, such as CAMEO.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external: Vec<ExternalId>,
    /// Who says so.
    pub source: Source,
    /// What was said, in the recorder's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Text>,
    /// A remark of the recorder's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

members!(ProcessReported { by, with, as_of, when, place = "where", about, source });

impl Coherent for ProcessReported {
    fn coherent(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        if (self.kind == ProcessKind::Attendance) != self.attendance.is_some() {
            let what = "attendance goes with a report of attendance, and such a report has it";
            faults.push(Fault::new(Code::MissingField, at.member("attendance"), what));
        }
    }
}
