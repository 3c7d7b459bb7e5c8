//! Messages of both modes at a receiver: what each step is answered with, and what it opens.

use cowl_core::{Body, Opened, Received, Receiver, Refused, RoleIndex, Sender, Shards, WalkInSuite};
use serde_json::{Value, json};

use crate::reference::{
    json::{bytes, small, text},
    world,
};

/// What all vectors of a file presuppose.
pub(crate) fn header(about: &str, suite: WalkInSuite) -> Value {
    let policy = world::policy(suite);
    let layout = world::layout(suite);
    let held = [world::NOW.minus(1), world::NOW, world::NOW.plus(1)];
    let roots = held.map(|epoch| {
        let roots = world::ROLES.map(|role| hex::encode(world::root(role, epoch)));
        json!({ "epoch": epoch.0, "role roots": roots })
    });
    json!({
        "about": about,
        "operation": hex::encode(world::operation().0),
        "layout": {
            "bodies": policy.roles.iter().map(|role| role.size).collect::<Vec<_>>(),
            "walk-in": layout.roles().map(|(_, part)| part.walk_in).collect::<Vec<_>>(),
            "custody": layout.custody_len(),
            "suite": name(suite),
            "enrolled length": layout.enrolled_len(),
            "walk-in length": layout.walk_in_len(),
        },
        "receiver": {
            "now": world::NOW.0, "held": roots, "places": world::PLACES, "revoked": [world::REVOKED.0],
            "policies": [world::POLICY.0 - 1, world::POLICY.0],
            "windows": {
                "next": policy.windows.next, "every": policy.windows.every, "ahead": policy.windows.ahead,
            },
            "walk-in limits": {
                "per minute": policy.walk_in.limits.per_minute, "burst": policy.walk_in.limits.burst,
                "record": policy.walk_in.limits.record,
            },
        },
        "cases": [],
    })
}

pub(crate) const fn name(suite: WalkInSuite) -> &'static str {
    match suite {
        WalkInSuite::XWing => "x-wing",
        WalkInSuite::X25519 => "x25519",
    }
}

/// One message to a receiver.
pub(crate) struct Step {
    pub(crate) message: Vec<u8>,
    pub(crate) expect: &'static str,
    /// Numbers of the reports that it opens, and how each was sent.
    pub(crate) opens: Vec<(u64, Sent)>,
    /// Seconds of the receiver's steady clock.
    pub(crate) at: u64,
}

/// How a report was sent.
#[derive(Clone, Copy)]
pub(crate) enum Sent {
    /// By the device at this place, in this epoch.
    Enrolled(u32, u32),
    /// By a walk-in in this epoch.
    WalkIn(u32),
}

impl Step {
    pub(crate) fn refused(message: Vec<u8>, expect: &'static str) -> Self {
        Self { message, expect, opens: Vec::new(), at: 0 }
    }

    pub(crate) fn opened(message: Vec<u8>, number: u64, sent: Sent) -> Self {
        Self { message, expect: "opened", opens: vec![(number, sent)], at: 0 }
    }

    pub(crate) fn at(mut self, seconds: u64) -> Self {
        self.at = seconds;
        self
    }
}

/// A case: `class` is how the last step ends.
pub(crate) fn case(
    name: &str,
    spec: &str,
    why: &str,
    role: RoleIndex,
    suite: WalkInSuite,
    steps: Vec<Step>,
) -> Value {
    let last = steps.last().unwrap().expect;
    let class = if last == "opened" { "good" } else { last };
    let steps: Vec<_> = steps
        .into_iter()
        .map(|Step { message, expect, opens, at }| {
            let reports: Vec<_> =
                opens.into_iter().map(|(number, sent)| report(number, sent, role, suite)).collect();
            json!({ "at": at, "message": hex::encode(message), "expect": expect, "reports": reports })
        })
        .collect();
    json!({ "name": name, "spec": spec, "class": class, "why": why, "role": role.0, "steps": steps })
}

fn report(number: u64, sent: Sent, role: RoleIndex, suite: WalkInSuite) -> Value {
    let header = world::header(number);
    let report = world::report(suite, number);
    let (epoch, sender) = match sent {
        Sent::Enrolled(place, epoch) => (
            epoch,
            json!({
                "place": place,
                "pseudonym": crate::reference::keys::pseudonym(&world::operation().0, epoch, place),
            }),
        ),
        Sent::WalkIn(epoch) => (epoch, json!("walk-in")),
    };
    json!({
        "epoch": epoch, "sender": sender, "report": hex::encode(header.report.0),
        "handle": hex::encode(header.handle.0), "policy": header.policy.0,
        "body": hex::encode(&world::bodies(&report)[usize::from(role.0)]),
    })
}

pub(crate) fn check(file: &Value, case: &Value) {
    let suite = match text(&file["layout"]["suite"]) {
        "x-wing" => WalkInSuite::XWing,
        _ => WalkInSuite::X25519,
    };
    let role = RoleIndex(small(&case["role"]));
    let mut receiver = world::receiver(suite, role);
    for (number, step) in case["steps"].as_array().unwrap().iter().enumerate() {
        let message = bytes(&step["message"]);
        let mut opened = Vec::new();
        let answer = receive(&mut receiver, &message, small(&step["at"]), &mut opened);
        assert_eq!(answer, text(&step["expect"]), "step {number}");
        let described: Vec<_> = opened.iter().map(describe).collect();
        assert_eq!(Value::from(described), step["reports"], "step {number}");
        for report in step["reports"].as_array().unwrap() {
            let (policy, body) = (world::policy(suite), bytes(&report["body"]));
            let cover = opened.iter().any(Opened::is_cover);
            assert_eq!((cover, Body::decode(&policy, role, &body).is_err()), (body.is_empty(), cover));
        }
        assert!(Shards::new(4).unwrap().of(&message) < 4);
    }
    if let Some(sealed) = case.get("sealed") {
        crate::enrolled::check_sealed(sealed, &bytes(&case["steps"][0]["message"]));
    }
}

fn receive(receiver: &mut Receiver, message: &[u8], at: u64, opened: &mut Vec<Opened>) -> &'static str {
    match receiver.receive(message, at, opened) {
        Ok(Received::Opened) => "opened",
        Ok(Received::Clone) => "clone",
        Err(Refused::Size) => "size",
        Err(Refused::Unknown) => "unknown",
        Err(Refused::Replayed) => "replayed",
        Err(Refused::NotAuthentic) => "not authentic",
        Err(Refused::WalkInBudget) => "walk-in budget",
        Err(Refused::WalkInRecordFull) => "walk-in record full",
        Err(Refused::WalkInKeys) => "walk-in keys",
        Err(Refused::WalkInRole) => "walk-in role",
        #[allow(
            unreachable_patterns,
            reason = "a class that has no vector yet must fail, not stop the build"
        )]
        Ok(_) | Err(_) => "a class without a name",
    }
}

fn describe(opened: &Opened) -> Value {
    let sender = match opened.sender {
        Sender::Enrolled { place, pseudonym } => {
            json!({ "place": place.0, "pseudonym": pseudonym.to_string() })
        }
        Sender::WalkIn { .. } => json!("walk-in"),
    };
    json!({
        "epoch": opened.epoch.0, "sender": sender, "report": hex::encode(opened.header.report.0),
        "handle": hex::encode(opened.header.handle.0), "policy": opened.header.policy.0,
        "body": hex::encode(&opened.body),
    })
}
