//! Who learns what under an operation's policy: what is decided, said openly, and what could be decided otherwise. The numbers
//! of the schedule are those of `cowl plan`.

use std::path::Path;

use cowl_core::{
    Capacity, Layout, Mode, SignedManifest, WalkInSuite,
    policy::{Precision, Role, RoleKind},
};

use super::{
    finding::{Finding, Topic, shell},
    words::{self, bytes, span},
};

/// An operation's manifest; `folder` is the authority's, if it is here.
pub(super) fn check(manifest: &SignedManifest, folder: Option<&Path>) -> Vec<Finding> {
    let folder = folder.map_or_else(|| "OPS".to_owned(), shell);
    let leaks = Leaks { manifest, folder };
    let mut findings = vec![leaks.preset(), leaks.schedule(), leaks.phones(), leaks.relays(), leaks.crowd()];
    findings.extend(leaks.walk_ins());
    findings.extend([leaks.logins(), leaks.custody(), leaks.lost_phone()]);
    findings.extend(manifest.policy.roles.iter().map(|role| leaks.role(role)));
    findings
}

struct Leaks<'a> {
    manifest: &'a SignedManifest,
    folder: String,
}

impl Leaks<'_> {
    fn edit(&self, line: &str, note: &str) -> String {
        let Self { folder, .. } = self;
        format!("${{EDITOR:-nano}} {folder}/policy.toml    (write {line}: {note}; `cowl serve` follows)")
    }

    fn preset(&self) -> Finding {
        const WHY: &str = "the presets of the study are there to be measured: they do not protect people";
        let preset = self.manifest.preset;
        if preset.is_dangerous() {
            let what = format!(
                "preset `{}`: the broker reads who reports what from where, or can follow each device",
                preset.name()
            );
            return Topic::Leaks.problem(what, WHY, "cowl init NEWOPS    (and enrol everyone in that one)");
        }
        Topic::Leaks.ok("the broker, the network and whoever reads the broker's logs get ciphertext of one size, on one topic", WHY)
    }

    fn schedule(&self) -> Finding {
        const WHY: &str = "whoever sees a message leave the moment somebody reported knows that somebody did";
        let Some(capacity) = Capacity::of(&self.manifest.policy) else {
            return Topic::Leaks.warning(
                "slots are off: broker and network see when and how much a gateway's people report",
                WHY,
                self.edit("slot = \"10s\"", "`cowl plan` says what it costs"),
            );
        };
        let wait = |n| capacity.wait(Mode::Enrolled, n).map_or_else(String::new, words::at_most);
        Topic::Leaks.ok(
            format!(
                "a gateway or relay sends one message each {}, real or cover: {} an hour, {} a day; the 1st urgent report waits {} at the \
                 most, the 10th {}",
                span(capacity.slot().as_secs().max(1)),
                capacity.per_day(Mode::Enrolled) / 24,
                bytes(capacity.daily_bytes().total()),
                wait(1),
                wait(10),
            ),
            WHY,
        )
    }

    fn phones(&self) -> Finding {
        const WHY: &str = "a phone sends when somebody reports, without cover: its time is the person's";
        match self.manifest.policy.traffic.phone_delay_seconds {
            0 => Topic::Leaks.notice(
                "a phone that sends by itself shows to the second when somebody reported, to broker and network",
                WHY,
                self.edit("phone_delay = \"1min\"", "help comes a minute later on the average"),
            ),
            mean => Topic::Leaks.ok(
                format!("a phone that sends by itself waits {} on the average: when somebody reported is blurred, not hidden", span(mean.into())),
                WHY,
            ),
        }
    }

    fn relays(&self) -> Finding {
        const WHY: &str = "an internet address leads to a place, and often to a person";
        if self.manifest.relay.is_none() {
            return Topic::Leaks.notice(
                "there are no relays: a phone that sends by itself shows its internet address to the broker",
                WHY,
                format!("cowl enrol {} relay --relay    (then on its machine: cowl relay, on phones: cowl pub --relay HOST)", self.folder),
            );
        }
        Topic::Leaks.ok(
            "a phone that uses a relay shows its address to the relay alone; a relay together with one role could join address and report",
            WHY,
        )
    }

    fn crowd(&self) -> Finding {
        const WHY: &str = "who reports alone from a zone is known by the zone";
        let k = self.manifest.policy.anonymity.k;
        let alone: Vec<_> = self
            .manifest
            .policy
            .roles
            .iter()
            .filter(|role| finds_the_one(role))
            .map(|role| role.name.as_str())
            .collect();
        if !alone.is_empty() {
            let what = format!("{} get the place also of somebody who is alone there", alone.join(", "));
            return Topic::Leaks.notice(
                what,
                WHY,
                self.edit("position = \"100m\"", "who is alone is then found by what he writes only"),
            );
        }
        Topic::Leaks
            .ok(format!("a role gets a zone from which at least {k} people report, or a coarser one"), WHY)
    }

    fn walk_ins(&self) -> Vec<Finding> {
        let policy = &self.manifest.policy;
        if !Layout::of(policy).roles().any(|(_, part)| part.walk_in) {
            return Vec::new();
        }
        let mut findings = vec![Topic::Leaks.ok(
            "people who are not enrolled may report: nobody vouches for them, they count for no crowd, and their messages are longer, \
             so that a phone's network sees that it is one",
            "in a disaster most people have no card; what they send is opened within a limit and marked",
        )];
        if policy.walk_in.suite == WalkInSuite::X25519 {
            findings.push(Topic::Leaks.notice(
                "what people who are not enrolled send today can be opened by a quantum computer of tomorrow",
                "it is sealed with X25519 alone, for narrow radio links",
                self.edit("suite = \"x-wing\"", "their messages grow by 1,088 bytes a role"),
            ));
        }
        findings
    }

    fn logins(&self) -> Finding {
        const WHY: &str = "a broker that knew each client by a login of its own could follow it; one that knows all by the same cannot keep one out";
        if self.manifest.policy.tokens.is_some() {
            return Topic::Leaks.ok("members connect with blind tokens: the broker checks that a client may connect, and cannot tell which", WHY);
        }
        Topic::Leaks.notice(
            "all phones share one login: a stolen one goes on to connect until the logins are replaced; once it is revoked, nobody hears it",
            WHY,
            self.edit("tokens = true", "`cowl tokens --help` says what the broker needs"),
        )
    }

    fn custody(&self) -> Finding {
        const WHY: &str = "what is in no role's part can be opened by nobody, or by several custodians together, with a reason and an entry in the log";
        match (&self.manifest.policy.custody, &self.manifest.custody) {
            (Some(custody), Some(_)) => Topic::Leaks.ok(
                format!("{} of {} custodians together open one report's custody part; none alone (classical cryptography)", custody.threshold, custody.custodians),
                WHY,
            ),
            (Some(_), None) => Topic::Leaks.warning(
                "messages have a custody part, and there are no custodians: it opens for nobody",
                WHY,
                format!("cowl glass setup {} --custodians NAME,NAME,NAME", self.folder),
            ),
            (None, _) => Topic::Leaks.ok("there is no custody: what no role reads, nobody reads", WHY),
        }
    }

    fn lost_phone(&self) -> Finding {
        let policy = &self.manifest.policy;
        let keys = u64::from(policy.epoch_seconds) * u64::from(policy.keys_ahead);
        Topic::Leaks.ok(
            format!(
                "a stolen phone opens no report; it can send false ones until it is revoked, for {} at the most; a seized responder's \
                 machine opens what came within {}",
                span(keys),
                span(u64::from(policy.epoch_seconds) + u64::from(policy.lateness_seconds)),
            ),
            "devices hold keys to seal with, never to open; responders delete keys when an epoch's lateness is over",
        )
    }

    fn role(&self, role: &Role) -> Finding {
        const WHY: &str = "this is what each reader gets, and no more: it was never sent";
        let kept = span(role.retention_seconds.into());
        if role.kind == RoleKind::Census {
            return Topic::Leaks.ok(
                format!(
                    "role {} learns how many devices report from each zone, and nothing else (kept {kept})",
                    role.name
                ),
                WHY,
            );
        }
        let fields: Vec<_> = role
            .reads
            .iter()
            .filter_map(|read| Some(self.manifest.policy.field(read.field)?.name.as_str()))
            .collect();
        Topic::Leaks.ok(format!("role {} learns {} (kept {kept})", role.name, fields.join(", ")), WHY)
    }
}

/// Whether a role gets a place whoever else is there: coordinates, or a zone that need not be shared.
fn finds_the_one(role: &Role) -> bool {
    role.reads.iter().any(|read| matches!(read.precision, Precision::Level { anonymous: false, .. }))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{
        doctor::{Level, testing},
        operation::Operation,
        policy_file,
        random::SystemRng,
    };

    /// What is said of the default policy with this changed.
    fn with(changes: &[(&str, &str)]) -> Vec<Finding> {
        let folder = tempfile::tempdir().unwrap();
        let policy = folder.path().join("policy.toml");
        let mut text =
            policy_file::DEFAULT_POLICY.replace(policy_file::HAITI_DEPARTMENTS_NAME, "zones.geojson");
        for (from, to) in changes {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text, "{from}");
            text = changed;
        }
        fs::write(&policy, text).unwrap();
        fs::write(folder.path().join("zones.geojson"), policy_file::HAITI_DEPARTMENTS).unwrap();
        let ops = folder.path().join("ops");
        let operation =
            Operation::create_from(&ops, Some(&policy), &[], testing::NOW, &mut SystemRng::new()).unwrap();
        check(operation.manifest(), Some(&ops))
    }

    fn found(findings: &[Finding], words: &str) -> Finding {
        findings
            .iter()
            .find(|one| one.what.contains(words))
            .unwrap_or_else(|| panic!("{words}: {findings:#?}"))
            .clone()
    }

    #[test]
    fn the_default_policy_has_nothing_worse_than_a_notice_and_says_what_plan_says() {
        let all = with(&[]);
        assert!(all.iter().all(|one| one.level <= Level::Notice), "{all:#?}");
        let slots = found(&all, "each 10 s");
        assert!(slots.what.contains("360 an hour") && slots.level == Level::Ok, "{slots:?}");
        assert_eq!(found(&all, "to the second").level, Level::Notice);
        assert_eq!(
            found(&all, "role medical").what,
            "role medical learns temperature, severity, position, note (kept 30 days)"
        );
        assert_eq!(found(&all, "role census").level, Level::Ok);
        assert_eq!(found(&all, "share one login").level, Level::Notice);
        assert!(all.iter().filter(|one| one.level > Level::Ok).all(|one| one.remedy.is_some()));
    }

    #[test]
    fn what_is_decided_otherwise_is_said() {
        for (change, words, level) in [
            (("slot = \"10s\"", "slot = \"off\""), "slots are off", Level::Warning),
            (("phone_delay = \"0s\"", "phone_delay = \"1min\""), "blurred", Level::Ok),
            (
                ("position = \"100m\"", "position = { level = \"100m\", anonymous = false }"),
                "rescue get",
                Level::Notice,
            ),
        ] {
            assert_eq!(found(&with(&[change]), words).level, level, "{words}");
        }
    }

    #[test]
    fn a_dangerous_preset_is_a_problem() {
        let all = with(&[
            ("preset = \"cowl\"", ""),
            ("# [dangerous]\n# preset = \"plain\"", "[dangerous]\npreset = \"plain\""),
        ]);
        assert_eq!(found(&all, "preset `plain`").level, Level::Problem);
    }

    #[test]
    fn a_custody_part_without_custodians_is_a_warning() {
        let all = with(&[
            ("custody_size = 0", "custody_size = 175"),
            ("# [custody]\n# threshold", "[custody]\nthreshold"),
            ("\n# custodians = 3", "\ncustodians = 3"),
            ("\n# purpose = \"Find a person in acute", "\npurpose = \"Find a person in acute"),
            (
                "\n# [custody.reads]\n# position = \"exact\"\n# person",
                "\n[custody.reads]\nposition = \"exact\"\nperson",
            ),
        ]);
        let found = found(&all, "no custodians");
        assert_eq!(found.level, Level::Warning);
        assert!(found.remedy.unwrap().contains("cowl glass setup"));
    }
}
