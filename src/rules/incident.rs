//! What the claims about one incident come to, before anything is counted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::claims::{Answer, Claimed, Finding, IncidentClaim, Mended, Report, Site, Verification};
use crate::event::{Act, BreachClaim, FindingOutcome, Stance, VerificationStep};
use crate::vocab::{ActorRef, Attribution, CeasefireId, IncidentId, Instant, Level, Quantity, Seq, Span, choices};

choices! {
    /// Where an incident stands with its assessors.
    pub enum Status {
        /// Nobody has taken it up.
        Alleged = "alleged",
        /// A verification is open.
        UnderVerification = "under_verification",
        /// Verified.
        Verified = "verified",
        /// Verified in part.
        PartiallyVerified = "partially_verified",
        /// Not confirmed.
        NotConfirmed = "not_confirmed",
        /// Cannot be verified.
        Unverifiable = "unverifiable",
        /// Dismissed.
        Dismissed = "dismissed",
        /// Outside the mandate or the scope, an assessor says.
        OutOfScope = "out_of_scope",
    }
}

/// One accuser's charge: who said whose doing it was, on whose word, in which record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeFact {
    /// Who charges.
    pub by: Vec<ActorRef>,
    /// Whom.
    pub accused: Vec<ActorRef>,
    /// On whose word, where the record says; else it follows from who charges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// The record.
    pub seq: Seq,
}

/// One assertion that it breached a ceasefire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreachFact {
    /// Who asserts it.
    pub by: Vec<ActorRef>,
    /// Which ceasefire.
    pub ceasefire: CeasefireId,
    /// Whom the same report charges.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accused: Vec<ActorRef>,
    /// The record.
    pub seq: Seq,
}

/// One answer to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerFact {
    /// What was answered.
    pub answer: Answer,
    /// The record; the first of them where several are one act.
    pub seq: Seq,
    /// The other records of the same act.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub again: Vec<Seq>,
}

/// One figure somebody gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FigureFact {
    /// Who gives it.
    pub by: Vec<ActorRef>,
    /// The figure.
    pub quantity: Quantity,
    /// The record.
    pub seq: Seq,
}

/// What the claims about one incident come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentFacts {
    /// Which.
    pub incident: IncidentId,
    /// The envelope of the times claimed; absent where nobody claims one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Span>,
    /// The latest it can have happened: it was reported by then.
    pub no_later_than: Instant,
    /// Where it is said to have happened.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<Site>,
    /// What is said to have been done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acts: Vec<Act>,
    /// Whose people or things were hit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub against: Vec<ActorRef>,
    /// Who charges whom.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub charges: Vec<ChargeFact>,
    /// Records in which an assessor says that it cannot be attributed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_attributable: Vec<Seq>,
    /// Who calls it a breach of what.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breaches: Vec<BreachFact>,
    /// Who answers how.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<AnswerFact>,
    /// Where it stands with assessors.
    pub status: Status,
    /// The records that make the status.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub status_records: Vec<Seq>,
    /// The figures given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<FigureFact>,
    /// Who speaks in the violation reports.
    pub speakers: Vec<ActorRef>,
    /// The violation reports.
    pub reports: Vec<Seq>,
    /// Every other record that speaks of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<Seq>,
    /// The records that read otherwise since a correction, each with the correction.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrected: Vec<(Seq, Seq)>,
}

impl IncidentFacts {
    /// Draws the facts from the standing claims, in order of record. Nothing where no standing report is left.
    #[must_use]
    pub fn from_claims(incident: &IncidentId, claims: &[Claimed<IncidentClaim>]) -> Option<Self> {
        let mut gathering = Gathering::of(incident.clone());
        let mut taken: Option<&Claimed<IncidentClaim>> = None;
        for claimed in claims.iter().filter(|claimed| claimed.stands()) {
            // A record that speaks of two incidents speaks once of what they were merged into.
            if taken.is_none_or(|taken| (taken.seq, &taken.claim) != (claimed.seq, &claimed.claim)) {
                gathering.take(claimed);
            }
            taken = Some(claimed);
        }
        gathering.finish()
    }

    fn blank(incident: IncidentId) -> Self {
        Self {
            incident,
            when: None,
            no_later_than: Instant::MAX,
            sites: Vec::new(),
            acts: Vec::new(),
            against: Vec::new(),
            charges: Vec::new(),
            not_attributable: Vec::new(),
            breaches: Vec::new(),
            answers: Vec::new(),
            status: Status::Alleged,
            status_records: Vec::new(),
            figures: Vec::new(),
            speakers: Vec::new(),
            reports: Vec::new(),
            mentions: Vec::new(),
            corrected: Vec::new(),
        }
    }

    fn take(&mut self, claimed: &Claimed<IncidentClaim>, acts: &mut BTreeMap<Seq, usize>) {
        let seq = claimed.seq;
        if let Some(Mended::Corrected(by)) = claimed.mended {
            self.corrected.push((seq, by));
        }
        if !matches!(claimed.claim, IncidentClaim::Report(_)) {
            self.mentions.push(seq);
        }
        match &claimed.claim {
            IncidentClaim::Report(report) => self.take_report(report, claimed),
            IncidentClaim::Charge(charge) => {
                self.charge(&charge.by, &charge.accused, charge.level, seq);
                self.figures(&charge.by, &charge.quantities, seq);
            }
            IncidentClaim::Answer(answer) => self.take_answer(answer, claimed, acts),
            IncidentClaim::Mention(mention) => self.figures(&mention.by, &mention.quantities, seq),
            IncidentClaim::Verification(verification) => self.take_verification(verification, seq),
            IncidentClaim::Finding(finding) => self.take_finding(finding, seq),
        }
    }

    fn take_report(&mut self, report: &Report, claimed: &Claimed<IncidentClaim>) {
        let seq = claimed.seq;
        self.reports.push(seq);
        report.voice.speaker.iter().for_each(|speaker| add_new(&mut self.speakers, Some(speaker)));
        self.no_later_than = self.no_later_than.min(report.voice.said_by(claimed.at));
        if let Some(when) = report.when {
            self.when = Some(self.when.map_or(when, |so_far| envelope(so_far, when)));
        }
        add_new(&mut self.sites, report.site.as_ref());
        add_new(&mut self.acts, report.act.as_ref());
        report.against.iter().for_each(|actor| add_new(&mut self.against, Some(actor)));
        if let Some(attribution) = &report.attribution {
            self.attribute(&report.voice.speaker, attribution, seq);
        }
        if let Some(BreachClaim::Asserted(breaches)) = &report.breach {
            let accused = report.attribution.as_ref().filter(|a| a.level.accuses()).map(|a| a.accused.clone());
            self.breaches.extend(breaches.iter().map(|breach| BreachFact {
                by: report.voice.speaker.clone(),
                ceasefire: breach.ceasefire.clone(),
                accused: accused.clone().unwrap_or_default(),
                seq,
            }));
        }
        self.figures(&report.voice.speaker, &report.quantities, seq);
    }

    fn attribute(&mut self, by: &[ActorRef], attribution: &Attribution, seq: Seq) {
        self.charge(by, &attribution.accused, Some(attribution.level), seq);
    }

    fn charge(&mut self, by: &[ActorRef], accused: &[ActorRef], level: Option<Level>, seq: Seq) {
        if level == Some(Level::CannotBeAttributed) {
            self.not_attributable.push(seq);
        }
        if level.is_none_or(Level::accuses) {
            self.charges.push(ChargeFact { by: by.to_vec(), accused: accused.to_vec(), level, seq });
        }
    }

    fn figures(&mut self, by: &[ActorRef], quantities: &[Quantity], seq: Seq) {
        let figures = quantities.iter().map(|quantity| FigureFact { by: by.to_vec(), quantity: quantity.clone(), seq });
        self.figures.extend(figures);
    }

    /// Two records of one act of speech are one answer, wherever the first of them stands. A record that answers two
    /// incidents which were merged answers as surely as it does either.
    fn take_answer(&mut self, answer: &Answer, claimed: &Claimed<IncidentClaim>, acts: &mut BTreeMap<Seq, usize>) {
        let seq = claimed.seq;
        let Some(earlier) = acts.get(&claimed.act()).and_then(|&at| self.answers.get_mut(at)) else {
            acts.insert(claimed.act(), self.answers.len());
            self.answers.push(AnswerFact { answer: answer.clone(), seq, again: Vec::new() });
            return;
        };
        if earlier.seq != seq && !earlier.again.contains(&seq) {
            earlier.again.push(seq);
        } else if earlier.seq == seq && answer.scope < earlier.answer.scope {
            earlier.answer = answer.clone();
        }
    }

    fn take_verification(&mut self, verification: &Verification, seq: Seq) {
        match verification.step {
            VerificationStep::Closed if self.status != Status::UnderVerification => {}
            VerificationStep::Closed => self.stand_at(Status::Alleged, seq),
            _ => self.stand_at(Status::UnderVerification, seq),
        }
    }

    fn take_finding(&mut self, finding: &Finding, seq: Seq) {
        let status = match finding.outcome {
            FindingOutcome::Verified => Status::Verified,
            FindingOutcome::PartiallyVerified => Status::PartiallyVerified,
            FindingOutcome::NotConfirmed => Status::NotConfirmed,
            FindingOutcome::Unverifiable => Status::Unverifiable,
            FindingOutcome::Dismissed => Status::Dismissed,
            FindingOutcome::OutOfScope => Status::OutOfScope,
        };
        self.stand_at(status, seq);
        let assessor = [ActorRef::Actor(finding.assessor.clone())];
        if let Some(attribution) = &finding.attribution {
            self.attribute(&assessor, attribution, seq);
        }
        self.figures(&assessor, &finding.quantities, seq);
    }

    fn stand_at(&mut self, status: Status, seq: Seq) {
        self.status = status;
        self.status_records.push(seq);
    }

    /// Gives the interval in which it happened: the one claimed, else anything up to when it was reported.
    #[must_use]
    pub fn span(&self) -> Span {
        self.when.unwrap_or(Span { from: None, to: Some(self.no_later_than) })
    }

    /// Gives every record that bears on it, in order.
    #[must_use]
    pub fn records(&self) -> Vec<Seq> {
        let mut records: Vec<Seq> = self.reports.iter().chain(&self.mentions).copied().collect();
        records.sort();
        records.dedup();
        records
    }

    /// Tells whether somebody claims it as his own act.
    #[must_use]
    pub fn is_claimed(&self) -> bool {
        self.answers.iter().any(|fact| fact.answer.stance == Stance::ResponsibilityClaimed)
            || self.charges.iter().any(|charge| charge.level == Some(Level::SelfClaimed))
    }
}

/// The facts of an incident that nothing was merged into, gathered claim by claim: no claim need be kept.
#[derive(Debug)]
pub struct Gathering {
    facts: IncidentFacts,
    acts: BTreeMap<Seq, usize>,
}

impl Gathering {
    /// Begins with no claims.
    #[must_use]
    pub fn of(incident: IncidentId) -> Self {
        Self { facts: IncidentFacts::blank(incident), acts: BTreeMap::new() }
    }

    /// Gives the incident whose claims are gathered.
    #[must_use]
    pub const fn incident(&self) -> &IncidentId {
        &self.facts.incident
    }

    /// Takes in a claim. They come in order of record, each record once.
    pub fn take(&mut self, claimed: &Claimed<IncidentClaim>) {
        if claimed.stands() {
            self.facts.take(claimed, &mut self.acts);
        }
    }

    /// Gives the facts; nothing where no standing report was among the claims.
    #[must_use]
    pub fn finish(self) -> Option<IncidentFacts> {
        (!self.facts.reports.is_empty()).then_some(self.facts)
    }
}

fn add_new<T: Clone + PartialEq>(list: &mut Vec<T>, item: Option<&T>) {
    if let Some(item) = item
        && !list.contains(item)
    {
        list.push(item.clone());
    }
}

fn envelope(a: Span, b: Span) -> Span {
    Span { from: a.from.zip(b.from).map(|(a, b)| a.min(b)), to: a.to.zip(b.to).map(|(a, b)| a.max(b)) }
}
