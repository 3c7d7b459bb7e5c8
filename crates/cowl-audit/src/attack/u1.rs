//! U1: were people told, and does withdrawal work? The flows that the trace shows, held against evidence of notices and withdrawals.

use crate::attack::cast::{Measure, not_applicable, too_little};
use crate::attack::flows::{flows, reads};
use crate::attack::judge::Report;
use crate::attack::{Attack, Scene};
use crate::convert::{count, float};
use crate::evidence::{Copy, Evidence, Recipient, Withdrawal};
use crate::learn::{at_least, bootstrap, quantile_interval, wilson};
use crate::score::{AttackId, Control, Finding, Outcome, Unit};
use crate::view::{Adversary, View};

/// A field that no notice can name: names in evidence are never empty.
const UNNAMED: &str = "";

/// The attack.
#[derive(Debug, Clone, Copy)]
pub struct U1;

impl Attack for U1 {
    fn id(&self) -> AttackId {
        AttackId::U1
    }

    fn measure(&self, scene: &Scene, adversary: Adversary, seed: u64) -> Vec<Finding> {
        let mut report = Report::new(AttackId::U1, adversary);
        let (told, withdrawal) = match (scene.view(adversary), &scene.evidence) {
            (Err(why), _) => (not_applicable(&why), not_applicable(&why)),
            (Ok(_), None) => (missing("no evidence of notices"), missing("no evidence of withdrawals")),
            (Ok(view), Some(evidence)) => {
                (told(scene, view, evidence, seed), withdrawal(evidence, adversary, seed))
            }
        };
        report.add("told", true, told);
        report.add("withdrawal", true, withdrawal);
        report.findings
    }
}

fn missing(reason: &str) -> Outcome {
    Outcome::NoMechanism { reason: reason.to_owned() }
}

/// The share of flows to this adversary that no notice covers, at some time that they occurred.
fn told(scene: &Scene, view: &View, evidence: &Evidence, seed: u64) -> Outcome {
    if evidence.given.is_empty() {
        return missing("the evidence has no notice that anybody was given");
    }
    let flows = flows(scene, view, seed);
    if flows.is_empty() {
        let reason = "nothing of anybody was seen to reach this adversary";
        return Outcome::NotApplicable { reason: reason.into() };
    }
    let coverage = evidence.coverage();
    let uncovered: Vec<(u32, bool)> = flows
        .iter()
        .map(|(flow, instants)| {
            let covers = |at: &u64| coverage.covers(flow.person, &flow.field, &flow.recipient, *at);
            (flow.person, !instants.iter().all(covers))
        })
        .collect();
    let people: Vec<u32> = uncovered.iter().map(|(person, _)| *person).collect();
    let share = bootstrap(&people, seed, |weights| {
        let (mut hits, mut total) = (0.0, 0.0);
        for (person, open) in &uncovered {
            total += weights.of(*person);
            hits += if *open { weights.of(*person) } else { 0.0 };
        }
        (total > 0.0).then(|| hits / total)
    });
    let Some(estimate) = share else { return too_little("no interval of the flows") };
    // resampling people who are all alike gives no width: the proportion's own interval does
    let open = count(uncovered.iter().filter(|(_, open)| *open).count());
    let plain = wilson(open, count(uncovered.len()));
    let estimate = crate::score::Interval {
        low: estimate.low.min(plain.low),
        high: estimate.high.max(plain.high),
        ..estimate
    };
    // planted: of each person a flow that no notice names, and one that hers does
    let strange = flows.iter().filter(|(flow, instants)| {
        instants.iter().all(|at| !coverage.covers(flow.person, UNNAMED, &flow.recipient, *at))
    });
    let found = wilson(count(strange.count()), count(flows.len()));
    let named = evidence.given.iter().filter_map(|given| {
        let cover = evidence.notices.get(&given.notice)?.covers.first()?;
        Some((given, cover.fields.first()?, cover.recipients.first()?))
    });
    let judged: Vec<bool> = named
        .map(|(given, field, recipient)| coverage.covers(given.person, field, recipient, given.at))
        .collect();
    let refused = wilson(count(judged.iter().filter(|covered| !**covered).count()), count(judged.len()));
    let mut told = people;
    told.dedup();
    let measure = Measure {
        unit: Unit::Share,
        estimate,
        chance: 0.0,
        advantage: estimate,
        n: count(uncovered.len()),
        people: count(told.len()),
    };
    // somebody who withdrew in the instant of being told is not covered
    let negative = Control { measured: refused, passed: refused.value <= 0.05 };
    measure.judged(seed, at_least(found, 0.99), negative)
}

/// Seconds from a withdrawal to the last copy that this adversary could read; the advantage is the share of those later than promised.
fn withdrawal(evidence: &Evidence, adversary: Adversary, seed: u64) -> Outcome {
    if evidence.withdrawals.is_empty() {
        return missing("the evidence has no withdrawal");
    }
    let last = |copies: &[Copy]| -> Vec<(u32, f64, bool)> {
        let each = evidence
            .withdrawals
            .iter()
            .filter_map(|withdrawal| seconds(evidence, withdrawal, copies, adversary));
        each.collect()
    };
    let seen = last(&evidence.copies);
    if seen.is_empty() {
        let reason = "no copy of those who withdrew was with this adversary";
        return Outcome::NotApplicable { reason: reason.into() };
    }
    let values: Vec<(u32, f64)> = seen.iter().map(|(person, seconds, _)| (*person, *seconds)).collect();
    let Some(estimate) = quantile_interval(&values, 0.5, seed) else {
        return too_little("too few withdrawals");
    };
    let late = |seen: &[(u32, f64, bool)]| {
        wilson(count(seen.iter().filter(|(_, _, late)| *late).count()), count(seen.len()))
    };
    let holder = holder(adversary);
    let planted = |until: &dyn Fn(&Withdrawal) -> Option<u64>| -> Vec<Copy> {
        let copy = |withdrawal: &Withdrawal| Copy {
            person: withdrawal.person,
            holder: holder.clone(),
            until: until(withdrawal),
        };
        evidence.withdrawals.iter().map(copy).collect()
    };
    let measure = Measure {
        unit: Unit::Seconds,
        estimate,
        chance: 0.0,
        advantage: late(&seen),
        n: count(seen.len()),
        people: count(seen.len()),
    };
    // fails where the observation ended before the promises did: nobody could have been late
    let positive = at_least(late(&last(&planted(&|_| None))), 0.9);
    let kept = late(&last(&planted(&|withdrawal| Some(withdrawal.at))));
    measure.judged(seed, positive, Control { measured: kept, passed: kept.value <= 0.0 })
}

/// How long the last copy of somebody who withdrew could be read by this adversary, and whether that is later than promised. Somebody of
/// whom no copy at all was followed up counts as readable to the end.
fn seconds(
    evidence: &Evidence,
    withdrawal: &Withdrawal,
    copies: &[Copy],
    adversary: Adversary,
) -> Option<(u32, f64, bool)> {
    let hers = || copies.iter().filter(|copy| copy.person == withdrawal.person);
    let ends = hers().filter(|copy| reads(adversary, &copy.holder));
    let last = match ends.map(|copy| copy.until.unwrap_or(evidence.until)).max() {
        Some(last) => last,
        None if hers().next().is_none() => evidence.until,
        None => return None,
    };
    let after = last.saturating_sub(withdrawal.at);
    Some((withdrawal.person, float(after) / 1e6, after > withdrawal.promised_s.saturating_mul(1_000_000)))
}

/// A recipient whose data this adversary reads.
fn holder(adversary: Adversary) -> Recipient {
    let parties = crate::evidence::Party::ALL.into_iter().map(Recipient::Party);
    let role = || Recipient::Role("planted".to_owned());
    parties.into_iter().find(|party| reads(adversary, party)).unwrap_or_else(role)
}

#[cfg(test)]
#[path = "u1_tests.rs"]
mod tests;
