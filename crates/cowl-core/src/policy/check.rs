//! What a policy must be before it may run.

use alloc::vec::Vec;

use super::error::{MAX_WORDS, PolicyError, PolicyProblem, Subject};
use super::index::Index;
use super::role::{Precision, Read, RoleKind};
use super::size::WorstCase;
use super::{Draft, Field, FieldKind, MAX_FIELDS, MAX_NAME, MAX_ROLES, Policy, Role};
use crate::custody::{CUSTODY_OVERHEAD, MAX_CUSTODIANS};
use crate::decimal::{Decimal, MAX_DECIMALS};
use crate::ids::{FieldIndex, RoleIndex};
use crate::tokens::MAX_BATCH;

/// The most choices of one field.
const MAX_CHOICES: usize = 256;
/// The most inputs of one field.
const MAX_INPUTS: usize = 32;
/// Body sizes above this make every message of everyone larger than most radio links take.
const MAX_ROLE_SIZE: u16 = 4_096;

impl Draft {
    /// Makes the policy, if everything holds together. Sorts each role's reads by field.
    pub fn check(mut self) -> Result<Policy, PolicyError> {
        for role in &mut self.roles {
            role.reads.sort_by_key(|read| read.field);
        }
        if let Some(custody) = &mut self.custody {
            custody.reads.sort_by_key(|read| read.field);
        }
        self.check_knobs()?;
        self.check_fields()?;
        self.check_roles()?;
        self.check_custody()?;
        self.check_notice()?;
        self.check_unread()?;
        self.check_families()?;
        self.traffic.check(&self)?;
        let worst: Vec<_> = self.roles.iter().map(|role| WorstCase::of(&self, role)).collect();
        for ((index, role), worst) in (0_u8..).map(RoleIndex).zip(&self.roles).zip(&worst) {
            let WorstCase { least, all } = *worst;
            if usize::from(role.size) < least {
                return Err(PolicyProblem::Size { least, all }.at(Subject::Role(index)));
            }
        }
        let index = Index::new(&self, worst);
        Ok(Policy { draft: self, index })
    }

    fn check_knobs(&self) -> Result<(), PolicyError> {
        let ranges: [(&'static str, u64, u64, u64); 33] = [
            ("epoch", self.epoch_seconds.into(), 60, 604_800),
            ("keys_ahead", self.keys_ahead.into(), 1, 8_192),
            // walk-in messages name four bits of their epoch (spec §5.3): 16 held ones must differ
            (
                "lateness",
                self.lateness_seconds.into(),
                0,
                (u64::from(self.epoch_seconds) * 13).min(2_592_000),
            ),
            ("places", self.places.into(), 1, 1 << 24),
            ("k", self.anonymity.k.into(), 2, 1_000),
            ("window_epochs", self.anonymity.window_epochs.into(), 1, 64),
            ("window_next", self.windows.next.into(), 1, 16),
            ("window_every", self.windows.every.into(), 16, 4_096),
            ("window_ahead", self.windows.ahead.into(), 1, 8),
            ("buffer_messages", self.windows.waiting.into(), 0, 1 << 20),
            ("search_budget", self.windows.search.into(), 0, 1 << 24),
            ("search_marks", self.windows.search_marks.into(), 0, 4_096),
            ("late_tags", self.windows.late.into(), 0, 1 << 24),
            ("counter_block", self.counter_block.into(), 1, 65_536),
            ("seen_ids", self.seen_ids.into(), 1, 1 << 24),
            ("manifest_size", self.sizes.manifest.into(), 1_024, 1 << 20),
            ("beacon_size", self.sizes.beacon.into(), 256, 1 << 18),
            ("beacon_every", self.beacon_seconds.into(), 1, 86_400),
            ("bundle_every", self.responders.bundle_seconds.into(), 1, 86_400),
            ("keys_early", self.responders.early_seconds.into(), 0, self.epoch_seconds.into()),
            (
                "tokens_per_batch",
                self.tokens.map_or(1, |tokens| tokens.per_batch.into()),
                1,
                MAX_BATCH.into(),
            ),
            ("token_period", self.tokens.map_or(1, |tokens| tokens.epochs.into()), 1, self.keys_ahead.into()),
            ("custody_size", self.sizes.custody.into(), 0, MAX_ROLE_SIZE.into()),
            ("walk_in.epochs", self.walk_in.epochs.into(), 1, 64),
            ("walk_in.per_minute", self.walk_in.limits.per_minute.into(), 0, 1 << 20),
            ("walk_in.burst", self.walk_in.limits.burst.into(), 0, 1 << 20),
            ("walk_in.record", self.walk_in.limits.record.into(), 1, 1 << 24),
            ("shards", self.transport.shards.into(), 1, 256),
            ("keep_alive", self.transport.keep_alive_seconds.into(), 5, 3_600),
            ("walk_in_slots", self.traffic.walk_in_slots.into(), 0, 10_000),
            ("phone_delay", self.traffic.phone_delay_seconds.into(), 0, 86_400),
            ("daily_bytes", self.traffic.daily_bytes, 1, 1 << 50),
            ("queue_bytes", self.traffic.queue_bytes, 1 << 16, 1 << 50),
        ];
        for (name, value, least, most) in ranges {
            if !(least..=most).contains(&value) {
                return Err(PolicyProblem::Range { least, most }.at(Subject::Knob(name)));
            }
        }
        let knob = |holds: bool, name, problem: PolicyProblem| {
            if holds { Ok(()) } else { Err(problem.at(Subject::Knob(name))) }
        };
        knob(!self.name.is_empty() && self.name.len() <= MAX_WORDS, "name", PolicyProblem::Words)?;
        knob(self.transport.shards.is_power_of_two(), "shards", PolicyProblem::PowerOfTwo)?;
        knob(self.windows.every.is_multiple_of(16), "window_every", PolicyProblem::Multiple("16"))?;
        let whole_marks = self.counter_block.is_multiple_of(u32::from(self.windows.every));
        knob(whole_marks, "counter_block", PolicyProblem::Multiple("window_every"))?;
        // What a killed device skips must be found again by the table alone.
        let (least, most) = (u64::from(self.windows.every), u64::from(self.windows.reach()));
        let bridged = u64::from(self.counter_block) <= most;
        knob(bridged, "counter_block", PolicyProblem::Range { least, most })?;
        let fallback = usize::from(self.anonymity.fallback.0) < self.zones.levels().len();
        knob(fallback, "fallback", PolicyProblem::NoLevel)?;
        let fields = PolicyProblem::Count { least: 1, most: MAX_FIELDS };
        knob((1..=MAX_FIELDS).contains(&self.fields.len()), "field", fields)?;
        let roles = PolicyProblem::Count { least: 1, most: MAX_ROLES };
        knob((1..=MAX_ROLES).contains(&self.roles.len()), "role", roles)
    }

    fn check_fields(&self) -> Result<(), PolicyError> {
        let mut positions = 0;
        let mut inputs = Vec::new();
        for (index, field) in (0_u8..).map(FieldIndex).zip(&self.fields) {
            let at = |problem: PolicyProblem| problem.at(Subject::Field(index));
            check_name(&field.name).map_err(at)?;
            if self.fields.iter().take(usize::from(index.0)).any(|other| other.name == field.name) {
                return Err(at(PolicyProblem::SameName));
            }
            check_words(&field.purpose).and_then(|()| check_words(&field.basis)).map_err(at)?;
            check_kind(&field.kind).map_err(at)?;
            if !(1..=MAX_INPUTS).contains(&field.from.len()) {
                return Err(at(PolicyProblem::Count { least: 1, most: MAX_INPUTS }));
            }
            for input in &field.from {
                let position = field.kind == FieldKind::Position;
                if input.sources().count() == 2 && !position {
                    return Err(at(PolicyProblem::Pair));
                }
                for source in input.sources() {
                    if inputs.iter().any(|(other, taken)| *other != index && *taken == source) {
                        return Err(at(PolicyProblem::SameInput));
                    }
                    inputs.push((index, source));
                }
            }
            if field.kind == FieldKind::Position {
                positions += 1;
            }
            if positions > 1 {
                return Err(at(PolicyProblem::SecondPosition));
            }
        }
        Ok(())
    }

    fn check_unread(&self) -> Result<(), PolicyError> {
        for (index, field) in (0_u8..).map(FieldIndex).zip(&self.fields) {
            let reads = |role: &Role| {
                role.reads.iter().any(|read| read.field == index)
                    || (role.kind == RoleKind::Census && field.kind == FieldKind::Position)
            };
            let for_custodians =
                self.custody.iter().flat_map(|custody| &custody.reads).any(|read| read.field == index);
            if !for_custodians && !self.roles.iter().any(reads) {
                return Err(PolicyProblem::Unread.at(Subject::Field(index)));
            }
        }
        Ok(())
    }

    fn check_roles(&self) -> Result<(), PolicyError> {
        let is_census = |role: &Role| role.kind == RoleKind::Census;
        let census = self.roles.iter().any(is_census);
        for (index, role) in (0_u8..).map(RoleIndex).zip(&self.roles) {
            let at = |problem: PolicyProblem| problem.at(Subject::Role(index));
            let before = || self.roles.iter().take(usize::from(index.0));
            check_name(&role.name).and_then(|()| check_words(&role.purpose)).map_err(at)?;
            if before().any(|other| other.name == role.name) {
                return Err(at(PolicyProblem::SameName));
            }
            if !(1..=MAX_ROLE_SIZE).contains(&role.size) {
                return Err(at(PolicyProblem::Range { least: 1, most: MAX_ROLE_SIZE.into() }));
            }
            if is_census(role) {
                if before().any(is_census) {
                    return Err(at(PolicyProblem::SecondCensus));
                }
                if !role.reads.is_empty() {
                    return Err(at(PolicyProblem::CensusReads));
                }
                if !self.fields.iter().any(|field| field.kind == FieldKind::Position) {
                    return Err(at(PolicyProblem::CensusWithoutPosition));
                }
                continue;
            }
            if role.reads.is_empty() {
                return Err(at(PolicyProblem::Count { least: 1, most: MAX_FIELDS }));
            }
            self.check_reads(role, census, |field| Subject::Read(index, field))?;
        }
        Ok(())
    }

    /// What custodians get must hold together like what a role reads, and fit.
    fn check_custody(&self) -> Result<(), PolicyError> {
        let Some((custody, role)) = self.custody.as_ref().zip(self.custodians()) else { return Ok(()) };
        let range = |name, value: u8, least: u8, most: u8| {
            let problem = PolicyProblem::Range { least: least.into(), most: most.into() };
            if (least..=most).contains(&value) { Ok(()) } else { Err(problem.at(Subject::Knob(name))) }
        };
        range("custody.custodians", custody.custodians, 2, MAX_CUSTODIANS)?;
        range("custody.threshold", custody.threshold, 2, custody.custodians)?;
        check_words(&custody.purpose).map_err(|problem| problem.at(Subject::Knob("custody.purpose")))?;
        if custody.reads.is_empty() {
            let problem = PolicyProblem::Count { least: 1, most: MAX_FIELDS };
            return Err(problem.at(Subject::Knob("custody.reads")));
        }
        let census = self.roles.iter().any(|role| role.kind == RoleKind::Census);
        self.check_reads(&role, census, Subject::Custody)?;
        let worst = WorstCase::of(self, &role);
        let (least, all) = (worst.least + CUSTODY_OVERHEAD, worst.all + CUSTODY_OVERHEAD);
        if usize::from(self.sizes.custody) < least {
            return Err(PolicyProblem::Size { least, all }.at(Subject::Knob("custody_size")));
        }
        Ok(())
    }

    fn check_reads(
        &self,
        role: &Role,
        census: bool,
        subject: impl Fn(FieldIndex) -> Subject,
    ) -> Result<(), PolicyError> {
        let mut last = None;
        for read in &role.reads {
            let at = |problem: PolicyProblem| problem.at(subject(read.field));
            if last.replace(read.field) == Some(read.field) {
                return Err(at(PolicyProblem::ReadTwice));
            }
            self.check_read(role, read, census).map_err(at)?;
        }
        Ok(())
    }

    fn check_read(&self, role: &Role, read: &Read, census: bool) -> Result<(), PolicyProblem> {
        let field = |index: FieldIndex| self.fields.get(usize::from(index.0));
        let is_position =
            |read: &Read| field(read.field).is_some_and(|field| field.kind == FieldKind::Position);
        let Field { kind, with_position, .. } = field(read.field).ok_or(PolicyProblem::NoField)?;
        if *with_position && !role.reads.iter().any(is_position) {
            return Err(PolicyProblem::WithoutPosition);
        }
        match (kind, read.precision) {
            (FieldKind::Position, Precision::Decimals(decimals)) => check_decimals(decimals),
            (FieldKind::Number { min, max, .. }, Precision::Decimals(decimals)) => {
                check_decimals(decimals)?;
                check_bounds(*min, *max, decimals)
            }
            (FieldKind::Number { min, max, .. }, Precision::Step { step, decimals }) => {
                check_decimals(decimals)?;
                check_bounds(*min, *max, decimals)?;
                if step < 1 {
                    Err(PolicyProblem::Range { least: 1, most: i64::MAX.unsigned_abs() })
                } else {
                    Ok(())
                }
            }
            (FieldKind::Position, Precision::Level { level, anonymous }) => {
                if usize::from(level.0) >= self.zones.levels().len() {
                    Err(PolicyProblem::NoLevel)
                } else if anonymous && !census && level < self.anonymity.fallback {
                    Err(PolicyProblem::NeverFiner)
                } else {
                    Ok(())
                }
            }
            (FieldKind::Time, Precision::Grain(seconds)) => {
                let (least, most) = (1, 31_536_000);
                let holds = (least..=most).contains(&u64::from(seconds));
                if holds { Ok(()) } else { Err(PolicyProblem::Range { least, most }) }
            }
            (_, Precision::Exact) => Ok(()),
            _ => Err(PolicyProblem::Precision),
        }
    }
}

fn check_kind(kind: &FieldKind) -> Result<(), PolicyProblem> {
    match kind {
        FieldKind::Number { unit, min, max, decimals } => {
            if unit.len() > MAX_NAME {
                return Err(PolicyProblem::Words);
            }
            check_decimals(*decimals)?;
            check_bounds(*min, *max, *decimals)
        }
        FieldKind::Choice { names, also } => {
            if !(2..=MAX_CHOICES).contains(&names.len()) || also.len() > 4 * MAX_CHOICES {
                return Err(PolicyProblem::Count { least: 2, most: MAX_CHOICES });
            }
            if also.iter().any(|alias| usize::from(alias.choice) >= names.len()) {
                return Err(PolicyProblem::Alias);
            }
            let mut words: Vec<_> = names.iter().chain(also.iter().map(|alias| &alias.word)).collect();
            words.iter().try_for_each(|word| check_words(word))?;
            words.sort_by_key(|word| word.to_ascii_lowercase());
            let same =
                words.iter().zip(words.iter().skip(1)).any(|(word, next)| word.eq_ignore_ascii_case(next));
            if same { Err(PolicyProblem::SameName) } else { Ok(()) }
        }
        FieldKind::Text { max } => {
            let holds = (1..=MAX_ROLE_SIZE).contains(max);
            if holds { Ok(()) } else { Err(PolicyProblem::Range { least: 1, most: MAX_ROLE_SIZE.into() }) }
        }
        FieldKind::Flag | FieldKind::Position | FieldKind::Time => Ok(()),
    }
}

pub(super) fn check_name(name: &str) -> Result<(), PolicyProblem> {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let holds = (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(good);
    if holds { Ok(()) } else { Err(PolicyProblem::Name) }
}

pub(super) fn check_words(text: &str) -> Result<(), PolicyProblem> {
    if text.trim().is_empty() || text.len() > MAX_WORDS { Err(PolicyProblem::Words) } else { Ok(()) }
}

const fn check_decimals(decimals: u8) -> Result<(), PolicyProblem> {
    if decimals > MAX_DECIMALS { Err(PolicyProblem::Decimals) } else { Ok(()) }
}

fn check_bounds(min: f64, max: f64, decimals: u8) -> Result<(), PolicyProblem> {
    let holds = min < max && [min, max].into_iter().all(|bound| Decimal::round(bound, decimals).is_some());
    if holds { Ok(()) } else { Err(PolicyProblem::Bounds) }
}
