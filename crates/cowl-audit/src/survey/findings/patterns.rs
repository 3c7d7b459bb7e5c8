//! What sizes, times, counters and bytes at offsets say.

use super::{Leak, MESSAGE_READERS, READERS, Severity, WATCHERS, among, percent};
use crate::payload::Source;
use crate::score::Category;
use crate::survey::census::share;
use crate::survey::core::Core;
use crate::survey::pace::Evenness;
use crate::survey::report::{Counter, OpaqueSize, Report};

pub(super) fn find(core: &Core, report: &Report, found: &mut Vec<Leak>) {
    counters(report, found);
    packet_ids(report, found);
    for size in &report.encryption.opaque_sizes {
        bytes(size, report, found);
    }
    let sizes = &report.sizes;
    if sizes.distinct > 1 && sizes.bits >= 0.1 {
        found.push(Leak {
            id: "sizes-differ",
            category: Category::Detecting,
            severity: if report.encryption.readable < 0.5 { Severity::Medium } else { Severity::Low },
            what: "sizes differ: they tell what is inside, under any encryption".to_owned(),
            place: if sizes.of_records { "TLS records" } else { "payload sizes" }.to_owned(),
            seen_by: WATCHERS.to_vec(),
            evidence: format!(
                "{} sizes from {} to {} bytes, {:.1} bits",
                sizes.distinct, sizes.min, sizes.max, sizes.bits
            ),
            advice: "one size for all messages",
            count: sizes.distinct,
        });
    }
    evenness(report, found);
    if core.sums.repeats > 0 && report.encryption.readable < 0.5 {
        found.push(Leak {
            id: "equal-payloads",
            category: Category::Linking,
            severity: Severity::Low,
            what: "opaque payloads come twice with the same bytes: a repetition, or encryption that maps equal to equal".to_owned(),
            place: "payload".to_owned(),
            seen_by: among(&MESSAGE_READERS, report),
            evidence: format!("{} messages, {}", core.sums.repeats, percent(share(core.sums.repeats, core.sums.messages))),
            advice: "encrypt with a fresh nonce, also what is sent again",
            count: core.sums.repeats,
        });
    }
}

fn counters(report: &Report, found: &mut Vec<Leak>) {
    for field in report.fields.places.iter().filter(|field| field.counter != Counter::No) {
        let key = field.key.as_deref().unwrap_or("");
        found.push(Leak {
            id: "counter-in-clear",
            category: Category::Linking,
            severity: if field.counter == Counter::Continues { Severity::High } else { Severity::Medium },
            what: if field.counter == Counter::Continues {
                "a number counts up on a connection and goes on where an earlier one stopped: that joins them whatever else changes"
            } else {
                "a number counts up on each connection: it shows what was lost or sent elsewhere, and joins what follows"
            }
            .to_owned(),
            place: format!("{} \"{key}\"", field.source.name()),
            seen_by: among(&MESSAGE_READERS, report),
            evidence: format!("{} messages", field.messages),
            advice: "no counter in the clear; inside the sealed payload it serves as well",
            count: if field.source == Source::Payload { field.messages } else { 1 },
        });
    }
}

fn packet_ids(report: &Report, found: &mut Vec<Leak>) {
    let seen = &report.sequences;
    if seen.continued > 0 && seen.continued * 2 >= seen.returning {
        found.push(Leak {
            id: "packet-id-continues",
            category: Category::Linking,
            severity: Severity::Medium,
            what: "packet identifiers go on from one connection to the next".to_owned(),
            place: "packet identifier".to_owned(),
            seen_by: among(&READERS, report),
            evidence: format!("{} of {} returning clients", seen.continued, seen.returning),
            advice: "begin with 1, or at random, on each connection",
            count: seen.continued,
        });
    }
}

/// Opaque payloads of one size.
fn bytes(size: &OpaqueSize, report: &Report, found: &mut Vec<Leak>) {
    let place = |offset: usize, length: usize| match length {
        1 => format!("byte {offset} of payloads of {} bytes", size.size),
        _ => format!("bytes {offset} to {} of payloads of {} bytes", offset + length - 1, size.size),
    };
    for counter in &size.counters {
        found.push(Leak {
            id: "counter-in-clear",
            category: Category::Linking,
            severity: Severity::Medium,
            what: "a number counts up in otherwise opaque payloads: it joins what follows".to_owned(),
            place: place(counter.offset, counter.length),
            seen_by: among(&MESSAGE_READERS, report),
            evidence: format!("{} messages looked at", size.looked_at),
            advice: "no counter in the clear; inside the sealed payload it serves as well",
            count: size.messages,
        });
    }
    for window in &size.repeated {
        found.push(Leak {
            id: "token-in-bytes",
            category: Category::Linking,
            severity: Severity::High,
            what: "bytes of otherwise opaque payloads come back: they may name the sender".to_owned(),
            place: place(window.offset, 4),
            seen_by: among(&MESSAGE_READERS, report),
            evidence: format!("{} values in {} messages looked at", window.distinct, window.messages),
            advice: "no value that comes back outside of the sealed part",
            count: size.messages,
        });
    }
    if let Some(range) = size.constant.iter().max_by_key(|range| range.length) {
        found.push(Leak {
            id: "constant-bytes",
            category: Category::Detecting,
            severity: Severity::Note,
            what:
                "opaque payloads have bytes that never change: they tell this system's messages from others"
                    .to_owned(),
            place: place(range.offset, range.length),
            seen_by: among(&MESSAGE_READERS, report),
            evidence: format!("{} messages looked at", size.looked_at),
            advice: "none needed where the broker serves this system alone",
            count: size.messages,
        });
    }
}

fn evenness(report: &Report, found: &mut Vec<Leak>) {
    let (mut clocks, mut all) = (0, 0);
    for (evenness, number) in &report.rhythm.evenness {
        all += number;
        clocks += if *evenness == Evenness::Clockwork { *number } else { 0 };
    }
    let spread = report.rhythm.means_s.max > report.rhythm.means_s.min * 1.1;
    if all > clocks {
        found.push(Leak {
            id: "rhythm-varies",
            category: Category::Detecting,
            severity: Severity::Low,
            what:
                "when messages come depends on what happens: bursts and pauses show it under any encryption"
                    .to_owned(),
            place: "times".to_owned(),
            seen_by: WATCHERS.to_vec(),
            evidence: format!("{} of {all} senders are no clockwork", all - clocks),
            advice: "constant slots with messages that say nothing in between",
            count: all - clocks,
        });
    }
    if clocks > 1 && spread {
        found.push(Leak {
            id: "own-clocks",
            category: Category::Linking,
            severity: Severity::Low,
            what: "senders keep their own clocks: period and phase follow a sender from one pseudonym to the next".to_owned(),
            place: "times".to_owned(),
            seen_by: WATCHERS.to_vec(),
            evidence: format!(
                "{clocks} even senders, one message in {:.1} to {:.1} s",
                report.rhythm.means_s.min, report.rhythm.means_s.max
            ),
            advice: "the same slots for all, drawn anew with each change of pseudonym",
            count: clocks,
        });
    }
}
