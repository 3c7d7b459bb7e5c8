//! Encryption, sizes, rhythm, linking.

use core::fmt::{self, Write};

use super::{count, labelled, paragraph, percent, seconds};
use crate::convert::float;
use crate::report::text::grouped;
use crate::survey::census::share;
use crate::survey::report::{OpaqueSize, Report};
use crate::survey::spread::Distribution;

/// Rows of a list.
const LISTED: usize = 6;

pub(super) fn encryption(report: &Report, out: &mut dyn Write) -> fmt::Result {
    let seen = &report.encryption;
    labelled("transport", &listed(&seen.carriers), out)?;
    if seen.handshakes > 0 {
        labelled("TLS version", &listed(&seen.tls_versions), out)?;
        labelled("cipher", &listed(&seen.ciphers), out)?;
        labelled("key exchange", &listed(&seen.groups), out)?;
        labelled(
            "",
            &format!(
                "post-quantum {}, resumption offered {}, server named {}",
                percent(share(seen.post_quantum, seen.handshakes)),
                percent(share(seen.resumed, seen.handshakes)),
                percent(share(seen.named, seen.handshakes))
            ),
            out,
        )?;
    }
    if report.about.messages == 0 {
        return Ok(());
    }
    labelled(
        "payloads",
        &format!(
            "{} readable, {} in a known encryption, {} opaque",
            percent(seen.readable),
            percent(seen.known_envelopes),
            percent(seen.opaque)
        ),
        out,
    )?;
    let formats: Vec<(&str, u64)> =
        seen.formats.iter().map(|(format, number)| (format.name(), *number)).collect();
    labelled("", &listed(&formats), out)?;
    for size in seen.opaque_sizes.iter().take(LISTED) {
        labelled(&format!("{} bytes", grouped(crate::convert::count(size.size))), &opaque(size), out)?;
    }
    Ok(())
}

fn opaque(size: &OpaqueSize) -> String {
    let mut text = format!(
        "{}, {:.2} bits per byte, chi-square {:+.1} σ",
        count(size.messages, "opaque message"),
        size.bits_per_byte,
        size.chi_square_sigma
    );
    if size.looks_random {
        text.push_str(": indistinguishable from random bytes");
    }
    for (what, ranges) in [("constant", &size.constant), ("counting", &size.counters)] {
        if !ranges.is_empty() {
            let list: Vec<String> = ranges
                .iter()
                .take(LISTED)
                .map(|range| match range.length {
                    1 => range.offset.to_string(),
                    length => format!("{}–{}", range.offset, range.offset + length - 1),
                })
                .collect();
            let _ = write!(text, "; {what} bytes {}", list.join(", "));
        }
    }
    if !size.repeated.is_empty() {
        let list: Vec<String> = size
            .repeated
            .iter()
            .take(LISTED)
            .map(|window| {
                format!("{} ({} values)", window.offset, grouped(crate::convert::count(window.distinct)))
            })
            .collect();
        let _ = write!(text, "; values come back at byte {}", list.join(", "));
    }
    text
}

pub(super) fn sizes(report: &Report, out: &mut dyn Write) -> fmt::Result {
    let seen = &report.sizes;
    if seen.distinct == 0 {
        return Ok(());
    }
    let what = if seen.of_records { "TLS records" } else { "payloads" };
    let text = match seen.distinct {
        1 => format!("{what} all have {} bytes", grouped(seen.min)),
        distinct => format!(
            "{what} of {} sizes, {} to {} bytes, median {}; a size tells {:.1} bits",
            grouped(distinct),
            grouped(seen.min),
            grouped(seen.max),
            grouped(seen.median),
            seen.bits
        ),
    };
    labelled("sizes", &text, out)?;
    if seen.distinct > 1 {
        let list: Vec<String> = seen
            .frequent
            .iter()
            .take(LISTED)
            .map(|(size, number)| format!("{} ({})", grouped(*size), grouped(*number)))
            .collect();
        labelled("most frequent", &list.join(", "), out)?;
    }
    if seen.senders > 0 {
        let text = format!(
            "{} of {} have one size",
            grouped(seen.senders_of_one_size),
            count(seen.senders, "sender")
        );
        labelled("by connection", &text, out)?;
    }
    if seen.topics > 0 {
        let text = format!(
            "{} of {} have one size; in the median topic sizes differ by {:.0} bytes",
            grouped(seen.topics_of_one_size),
            count(seen.topics, "topic"),
            seen.topic_range
        );
        labelled("by topic", &text, out)?;
    }
    Ok(())
}

pub(super) fn rhythm(report: &Report, out: &mut dyn Write) -> fmt::Result {
    let seen = &report.rhythm;
    if seen.gaps_s.count > 0 {
        let usual =
            seen.usual_gap_s.filter(|_| seen.gaps_s.count >= 8).map_or_else(String::new, |(gap, share)| {
                format!("; {} are near {}", percent(share), seconds(gap))
            });
        labelled(
            "gaps",
            &format!("{} between a sender's messages{usual}", spread(&seen.gaps_s, seconds)),
            out,
        )?;
    }
    if !seen.evenness.is_empty() {
        let list: Vec<(&str, u64)> =
            seen.evenness.iter().map(|(kind, number)| (kind.name(), *number)).collect();
        labelled("senders", &listed(&list), out)?;
    }
    let hours = format!(
        "{:.0} messages an hour, {} in the busiest; {:.1} connects, {} in the busiest",
        seen.messages_per_hour,
        grouped(seen.busiest_hour),
        seen.connects_per_hour,
        grouped(seen.busiest_connects)
    );
    labelled("per hour", &hours, out)?;
    if let (Some(hours), Some(quiet)) = (&seen.by_hour_of_day, seen.quiet_third) {
        labelled("day and night", &format!("{} 0 h to 23 h UTC", bars(hours)), out)?;
        labelled(
            "",
            &format!("{} of messages in the 8 quietest hours (33 % if all were alike)", percent(quiet)),
            out,
        )?;
    }
    if seen.sessions_s.count > 0 {
        labelled("connections last", &spread(&seen.sessions_s, seconds), out)?;
    }
    if seen.per_session.count > 0 {
        labelled(
            "and carry",
            &format!("{} messages or records", spread(&seen.per_session, |n| format!("{n:.0}"))),
            out,
        )?;
    }
    Ok(())
}

pub(super) fn linking(report: &Report, out: &mut dyn Write) -> fmt::Result {
    let seen = &report.linking;
    if seen.nodes == 0 {
        return writeln!(out, "nothing to link");
    }
    let groups = format!(
        "{} {} {}, the largest of {}",
        grouped(seen.nodes),
        if seen.nodes == 1 {
            format!("{} makes", seen.of.trim_end_matches('s'))
        } else {
            format!("{} make", seen.of)
        },
        count(seen.groups, "group"),
        grouped(seen.largest)
    );
    labelled("together", &groups, out)?;
    if seen.chains > 0 {
        let text = format!(
            "{} of two or more; from first to last {}",
            grouped(seen.chains),
            spread(&seen.chain_s, seconds)
        );
        labelled("chains", &text, out)?;
    }
    for by in seen.by.iter().take(LISTED) {
        let doubt = if by.used { "" } else { " (not used: several or most have its values in common)" };
        labelled(
            &format!("by {}", super::cut(&by.name, 14)),
            &format!("{}{doubt}", count(by.groups, "group")),
            out,
        )?;
    }
    paragraph(
        "Joined by equal values alone, without knowing who sent what: strangers who share a value are one group, and a person \
         who changes everything is several. `cowl audit score` measures linking against ground truth.",
        0,
        out,
    )
}

pub(super) fn retained(report: &Report, out: &mut dyn Write) -> fmt::Result {
    let seen = &report.retained;
    let text = format!(
        "{}, {} of them with something about people; {}; {} erased, {} delivered after that",
        count(seen.topics, "topic"),
        grouped(seen.personal_topics),
        count(seen.delivered, "delivery").replace("deliverys", "deliveries"),
        grouped(seen.erased),
        grouped(seen.haunting)
    );
    paragraph(&text, 0, out)
}

/// Median, and the middle nine tenths.
fn spread(seen: &Distribution, show: fn(f64) -> String) -> String {
    if seen.count == 1 || seen.min.total_cmp(&seen.max).is_eq() {
        return show(seen.median);
    }
    format!(
        "median {}, 90 % from {} to {}, longest {}",
        show(seen.median),
        show(seen.p05),
        show(seen.p95),
        show(seen.max)
    )
}

fn listed<N: AsRef<str>>(rows: &[(N, u64)]) -> String {
    let all: u64 = rows.iter().map(|(_, number)| *number).sum();
    let mut parts: Vec<String> = rows
        .iter()
        .take(LISTED)
        .map(|(name, number)| {
            format!("{} {} ({})", grouped(*number), name.as_ref(), percent(share(*number, all)))
        })
        .collect();
    if rows.len() > LISTED {
        parts.push(format!("{} more", rows.len() - LISTED));
    }
    parts.join(", ")
}

/// A row of bars, the highest full.
fn bars(hours: &[u64; 24]) -> String {
    const STEPS: [char; 9] = ['·', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = float(hours.iter().max().copied().unwrap_or(0)).max(1.0);
    hours
        .iter()
        .map(|number| {
            let step = (float(*number) / most * 8.0).ceil();
            STEPS.get(usize::try_from(crate::convert::whole(step)).unwrap_or(0)).copied().unwrap_or('█')
        })
        .collect()
}
