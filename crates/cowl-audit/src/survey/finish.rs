//! From tables to the report.

use crate::convert::float;
use crate::trace::Observer;

use super::census::{self, Judge};
use super::core::{Core, Totals};
use super::report::{About, Counter, FieldSeen, Fields, LossSeen, Means, Report, RetainedSeen, Sequences};
use super::{encryption, findings, linking, personal, rhythm};

pub(super) fn report(mut core: Core) -> Report {
    core.settle();
    credit_topics(&mut core);
    let opaque = core::mem::replace(&mut core.opaque, super::opaque::Opaque::new()).finish();
    let judge = Judge::new(&core);
    let mut report = Report {
        about: about(&core),
        findings: Vec::new(),
        identifiers: census::rows(&core, &judge),
        client_id_shapes: core.clients.shapes().collect(),
        sequences: Sequences {
            numbered: core.clients.numbered,
            from_one: core.clients.from_one,
            sequential: core.clients.sequential,
            returning: core.clients.begun,
            continued: core.clients.continued,
            ports: core.clients.ports,
            same_port: core.clients.same_port,
            next_port: core.clients.next_port,
        },
        fields: fields(&core),
        encryption: encryption::encryption(&core, opaque),
        sizes: rhythm::sizes(&core),
        rhythm: rhythm::rhythm(&core),
        linking: linking::linking(&core),
        retained: retained(&core),
    };
    report.findings = findings::all(&core, &report);
    report
}

/// What a topic says, it says in each of its messages.
fn credit_topics(core: &mut Core) {
    for (number, topic) in (u64::MAX / 2..).zip(&core.topics.list) {
        for (place, precision) in &topic.says {
            if let Some(place) = core.fields.get_mut(*place) {
                place.count(*precision, number, topic.seen.messages);
            }
        }
    }
}

fn about(core: &Core) -> About {
    let sums = &core.sums;
    let causes = ["not in the capture", "cut off by the capture", "not MQTT", "over a limit of the reader"];
    let losses: Vec<LossSeen> = causes
        .into_iter()
        .zip(sums.lost)
        .filter(|(_, (times, _))| *times > 0)
        .map(|(cause, (times, bytes))| LossSeen { cause, times, bytes })
        .collect();
    About {
        observer: match core.header.observer {
            Observer::Tap => "a tap in front of a broker",
            Observer::Capture => "a packet capture",
            Observer::Subscription => "a subscriber to #",
            Observer::Simulation => "a simulated operation",
        },
        note: core.header.note.chars().filter(|letter| !letter.is_control()).take(200).collect(),
        start_us: core.header.start_us,
        length_us: sums.last - sums.first.unwrap_or(0),
        connections: sums.connections,
        packets: sums.packets.iter().sum(),
        sent: sums.sent,
        delivered: sums.delivered,
        messages: sums.messages,
        bytes: sums.bytes,
        repeats: sums.repeats,
        records: sums.records,
        record_bytes: sums.record_bytes,
        partial: !losses.is_empty() || sums.unfollowed > 0 || sums.unread > 0,
        losses,
        remarks: Vec::new(),
        unreadable: sums.unread,
        unfinished: sums.endings.last().copied().unwrap_or(0),
        unfollowed: sums.unfollowed,
    }
}

fn fields(core: &Core) -> Fields {
    let mut places: Vec<FieldSeen> = core
        .fields
        .places
        .iter()
        .filter(|place| place.messages > 0)
        .map(|place| FieldSeen {
            kind: place.kind,
            source: place.source,
            key: place.key.as_deref().map(str::to_owned),
            of_envelope: place.of_envelope,
            personal: personal(place.kind),
            messages: place.messages,
            exact: place.exact,
            coarse: place.coarse,
            counter: match (place.counting.is_counter(), place.counting.continues()) {
                (false, _) => Counter::No,
                (true, false) => Counter::Counts,
                (true, true) => Counter::Continues,
            },
            example: place.example.to_string(),
        })
        .collect();
    places.sort_by(|one, other| {
        (other.personal.cmp(&one.personal))
            .then(other.messages.cmp(&one.messages))
            .then(one.source.cmp(&other.source))
    });
    Fields {
        payload: means(&core.sums.payload, core.sums.messages),
        metadata: means(&core.sums.metadata, core.sums.messages),
        places,
        elsewhere: core.fields.elsewhere,
    }
}

fn means(totals: &Totals, messages: u64) -> Means {
    let mean = |sum: u64| if messages == 0 { 0.0 } else { float(sum) / float(messages) };
    Means {
        exact: mean(totals.exact),
        coarse: mean(totals.coarse),
        values: mean(totals.values),
        most: totals.most,
        messages: totals.with_any,
    }
}

fn retained(core: &Core) -> RetainedSeen {
    let mut seen = RetainedSeen::default();
    for topic in &core.topics.list {
        let retained = &topic.retained;
        seen.topics += u64::from(retained.stored > 0 || retained.delivered > 0);
        let speaks = topic.says.iter().any(|(place, _)| {
            core.fields.places.get(usize::from(place.0)).is_some_and(|place| place.kind.identifies())
        });
        let held = retained.stored > 0 || retained.delivered > 0;
        seen.personal_topics += u64::from(held && (retained.personal || speaks));
        seen.delivered += retained.delivered;
        seen.erased += u64::from(retained.erased.is_some());
        seen.haunting_topics += u64::from(retained.haunting > 0);
        seen.haunting += retained.haunting;
    }
    seen
}
