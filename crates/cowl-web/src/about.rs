//! What an operation is, for the page that shows it.

use cowl_core::{
    Decimal, Dispatch, FieldIndex, Policy, System, WalkInSuite,
    policy::{Field, FieldKind, Precision, Read, RoleKind, Sensitivity},
};

use crate::{
    operation::{Moment, Operation},
    reply::Reply,
};

/// Writes all of it.
pub(crate) fn write(operation: &Operation, moment: Moment, reply: &mut Reply) {
    let manifest = &operation.manifest;
    let policy = &manifest.policy;
    reply.map();
    reply.key("fingerprint").text(&alloc::format!("{}", manifest.authority().fingerprint()));
    reply.key("operation").hex(&manifest.operation.0);
    reply.key("name").text(&policy.name);
    reply.key("version").uint(manifest.version);
    reply.key("policyVersion").uint(manifest.policy_version.0);
    operation.write_now(reply, moment);
    reply.key("expires").uint(manifest.expires.0);
    reply.key("epochStart").uint(manifest.calendar.start);
    reply.key("epochSeconds").uint(policy.epoch_seconds);
    reply.key("latenessSeconds").uint(policy.lateness_seconds);
    reply.key("beaconSeconds").uint(policy.beacon_seconds);
    reply.key("keepAliveSeconds").uint(policy.transport.keep_alive_seconds);
    reply.key("mailbox").hex(&manifest.mailbox);
    reply.key("topics").map();
    for (name, end) in [("manifest", "m"), ("beacon", "b"), ("dispatch", "d")] {
        reply.key(name).text(&operation.topic(end));
    }
    reply.end();
    reply.key("shards").uint(manifest.shards().count());
    reply.key("suite").text(match operation.layout.suite() {
        WalkInSuite::XWing => "x-wing",
        WalkInSuite::X25519 => "x25519",
    });
    reply.key("sizes").map();
    reply.key("walkIn").count(operation.layout.walk_in_len());
    reply.key("manifest").uint(policy.sizes.manifest);
    reply.key("beacon").uint(policy.sizes.beacon);
    reply.key("dispatch").count(Dispatch::size(policy.sizes.beacon));
    reply.end();
    fields(policy, reply);
    roles(policy, reply);
    custody(policy, reply);
    zones(policy, reply);
    notice(operation, reply);
    reply.end();
}

fn fields(policy: &Policy, reply: &mut Reply) {
    reply.key("fields").list();
    for (index, field) in (0_u8..).map(FieldIndex).zip(&policy.fields) {
        reply.map().key("name").text(&field.name);
        kind(&field.kind, reply);
        reply.key("optional").flag(field.optional);
        reply.key("choice").flag(policy.is_choice(index));
        reply.key("withPosition").flag(field.with_position);
        reply.key("sensitivity").text(match field.sensitivity {
            Sensitivity::Low => "low",
            Sensitivity::Moderate => "moderate",
            Sensitivity::High => "high",
            Sensitivity::Severe => "severe",
        });
        reply.key("purpose").text(&field.purpose).key("basis").text(&field.basis);
        reply.key("clock").flag(is_by_clock(field));
        reply.key("roles").list();
        for role in &policy.roles {
            if let Some(read) = role.reads.iter().find(|read| read.field == index) {
                reply.map().key("role").text(&role.name).key("precision");
                precision(policy, read, reply);
                reply.end();
            }
        }
        reply.end();
        let in_custody = policy.custody.iter().flat_map(|custody| &custody.reads);
        reply.key("custody").flag(in_custody.into_iter().any(|read| read.field == index));
        reply.end();
    }
    reply.end();
    let position = policy.position_field().and_then(|index| policy.field(index));
    match position {
        Some(field) => reply.key("position").text(&field.name),
        None => reply.key("position").null(),
    };
}

/// Whether the policy takes the field from the clock if it is not filled in.
pub(crate) fn is_by_clock(field: &Field) -> bool {
    use cowl_core::policy::{Input, Source};
    field.kind == FieldKind::Time && field.from.contains(&Input::One(Source::Time))
}

fn kind(kind: &FieldKind, reply: &mut Reply) {
    reply.key("type");
    match kind {
        FieldKind::Number { unit, min, max, decimals } => {
            reply.text("number").key("unit").text(unit).key("min").number(*min).key("max").number(*max);
            reply.key("decimals").uint(*decimals);
        }
        FieldKind::Choice { names, .. } => {
            reply.text("choice").key("values").list();
            for name in names {
                reply.text(name);
            }
            reply.end();
        }
        FieldKind::Flag => _ = reply.text("flag"),
        FieldKind::Text { max } => _ = reply.text("text").key("max").uint(*max),
        FieldKind::Position => _ = reply.text("position"),
        FieldKind::Time => _ = reply.text("time"),
    }
}

/// How precisely a role reads a field.
pub(crate) fn precision(policy: &Policy, read: &Read, reply: &mut Reply) {
    reply.map().key("kind");
    match read.precision {
        Precision::Exact => _ = reply.text("exact"),
        Precision::Decimals(decimals) => _ = reply.text("decimals").key("decimals").uint(decimals),
        Precision::Step { step, decimals } => {
            let step = Decimal { scaled: step, decimals };
            reply.text("step").key("step").text(&alloc::format!("{step}"));
        }
        Precision::Level { level, anonymous } => {
            let name = policy.zones.levels().get(usize::from(level.0)).map(|level| level.name.as_str());
            reply.text("zone").key("zone").text(name.unwrap_or_default());
            reply.key("anonymous").flag(anonymous).key("k").uint(policy.anonymity.k);
        }
        Precision::Grain(seconds) => _ = reply.text("grain").key("seconds").uint(seconds),
    }
    reply.end();
}

fn roles(policy: &Policy, reply: &mut Reply) {
    reply.key("roles").list();
    for role in &policy.roles {
        let reads = role.kind == RoleKind::Reports;
        reply.map().key("name").text(&role.name);
        reply.key("kind").text(if reads { "reports" } else { "census" });
        reply.key("purpose").text(&role.purpose);
        reply.key("retentionSeconds").uint(role.retention_seconds);
        reply.key("size").uint(role.size);
        reply.key("walkIn").flag(reads);
        reply.end();
    }
    reply.end();
}

fn custody(policy: &Policy, reply: &mut Reply) {
    reply.key("custody");
    let Some(custody) = &policy.custody else {
        reply.null();
        return;
    };
    reply.map().key("threshold").uint(custody.threshold).key("custodians").uint(custody.custodians);
    reply.key("purpose").text(&custody.purpose).key("reads").list();
    for read in &custody.reads {
        let field = policy.field(read.field).map(|field| field.name.as_str());
        reply.map().key("field").text(field.unwrap_or_default()).key("precision");
        precision(policy, read, reply);
        reply.end();
    }
    reply.end().end();
}

fn zones(policy: &Policy, reply: &mut Reply) {
    let system = |system: &System| match system {
        System::Mgrs(_) => "mgrs",
        System::H3(_) => "h3",
        System::Polygons(_) => "named",
    };
    let levels = policy.zones.levels();
    reply.key("levels").list();
    for level in levels {
        reply.map().key("name").text(&level.name).key("system").text(system(&level.system)).end();
    }
    reply.end();
    reply.key("zones").text(levels.first().map_or("", |level| system(&level.system)));
    reply.key("k").uint(policy.anonymity.k);
}

fn notice(operation: &Operation, reply: &mut Reply) {
    let texts = operation.manifest.policy.notice.as_ref();
    reply.key("notice").map();
    reply.key("contact").text(texts.map(|texts| texts.contact.as_str()).unwrap_or_default());
    reply.key("languages").list();
    for translation in texts.iter().flat_map(|texts| &texts.translations) {
        reply.text(&translation.language);
    }
    reply.end().key("hashes").list();
    for known in &operation.manifest.notices {
        reply.map().key("language").text(&known.language).key("sha256").hex(&known.hash).end();
    }
    reply.end().end();
}
