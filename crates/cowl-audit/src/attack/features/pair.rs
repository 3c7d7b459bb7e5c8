//! Features of two messages.

use crate::attack::features::digest::{Digest, around};
use crate::view::View;

/// How many columns [`compare`] fills.
pub(crate) fn columns(digest: &Digest, periods: &[f64]) -> usize {
    digest.labels.len() + digest.numbers.len() + periods.len() + 10
}

/// The gap, and how much the values in common say, in all and the most telling one.
pub(crate) fn glance(digest: &Digest, [first, second]: [usize; 2], row: &mut Vec<f64>) {
    let at = |message: usize| digest.times.get(message).copied().unwrap_or(f64::NAN);
    let (mut sum, mut most) = (0.0, 0.0_f64);
    for slot in &digest.labels {
        let bits = slot.match_bits(slot.code(first), slot.code(second));
        if bits > 0.0 {
            sum += bits;
            most = most.max(bits);
        }
    }
    row.extend([at(second) - at(first), sum, most]);
}

/// Compares a message with a later one.
pub(crate) fn compare(
    view: &View,
    digest: &Digest,
    periods: &[f64],
    [first, second]: [usize; 2],
    row: &mut Vec<f64>,
) {
    let of = |values: &[f64], message: usize| values.get(message).copied().unwrap_or(f64::NAN);
    let step = |values: &[f64]| of(values, second) - of(values, first);
    row.extend(digest.labels.iter().map(|slot| slot.match_bits(slot.code(first), slot.code(second))));
    row.extend(digest.numbers.iter().map(|slot| step(&slot.values)));
    let gap = step(&digest.times);
    // in three tenths of a period two messages are as far as they can be told apart; the shorter way round
    row.extend(periods.iter().map(|period| around(gap, *period) / period));
    row.push(gap);
    row.push((of(&digest.times, first) / 3600.0).rem_euclid(24.0));
    row.push(step(&digest.sizes));
    row.push(step(&digest.sizes).abs());
    let succession = step(&digest.packet_ids).rem_euclid(65_535.0);
    row.push(succession);
    let span = |message: usize, place: usize| {
        digest.spans.get(message).and_then(|span| span.get(place)).copied().unwrap_or(f64::NAN)
    };
    row.push(span(second, 0) - span(first, 1));
    let place = |message: usize| digest.places.get(message).copied().flatten();
    let metres = place(first).zip(place(second)).map(|(a, b)| a.metres(b));
    row.push(metres.map_or(f64::NAN, |metres| (metres + 1.0).ln()));
    // who would have had to go faster than people go is somebody else
    row.push(metres.map_or(f64::NAN, |metres| metres / gap.max(1.0)));
    let payload = |message: usize| {
        view.messages.get(message).map_or(&[] as &[u8], |message| view.get(&message.payload))
    };
    row.extend(digest.bytes.common(payload(first), payload(second)));
}
