//! Sizes and rhythm.

use crate::convert::{count, float};
use crate::payload::Sizes;

use super::core::Core;
use super::pace::Evenness;
use super::report::{RhythmSeen, SizesSeen};
use super::spread::Spread;

/// Frequent sizes that are listed.
const LISTED: usize = 8;
const HOUR: u64 = 3_600_000_000;

pub(super) fn sizes(core: &Core) -> SizesSeen {
    let of_records = core.sums.messages == 0;
    let sizes = if of_records { &core.sums.record_sizes } else { &core.sums.sizes };
    let mut frequent: Vec<(u64, u64)> = sizes.iter().map(|(size, number)| (count(size), number)).collect();
    let total: u64 = frequent.iter().map(|(_, number)| *number).sum();
    let bits = frequent
        .iter()
        .map(|(_, number)| float(*number) / float(total))
        .map(|share| -share * share.log2())
        .sum::<f64>()
        .max(0.0);
    frequent.sort_by_key(|(size, number)| (core::cmp::Reverse(*number), *size));
    frequent.truncate(LISTED);
    let several: Vec<_> = core.topics.list.iter().filter(|topic| topic.seen.messages > 1).collect();
    let mut ranges = Spread::new();
    for topic in &several {
        ranges.add(u64::from(topic.sizes.1.saturating_sub(topic.sizes.0)));
    }
    SizesSeen {
        of_records,
        min: sizes.min().map_or(0, count),
        median: Sizes::median(sizes).map_or(0, count),
        max: sizes.max().map_or(0, count),
        distinct: count(sizes.distinct()),
        bits,
        frequent,
        senders: core.rhythm.several,
        senders_of_one_size: core.rhythm.one_size,
        topics: count(several.len()),
        topics_of_one_size: count(several.iter().filter(|topic| topic.sizes.0 == topic.sizes.1).count()),
        topic_range: ranges.distribution(1.0).median,
    }
}

pub(super) fn rhythm(core: &Core) -> RhythmSeen {
    let seen = &core.rhythm;
    let length = core.sums.last - core.sums.first.unwrap_or(0);
    // less than an hour is not blown up to one
    let hours = (float(length) / float(HOUR)).max(1.0);
    let by_day = (core.header.start_us > 0 && length >= 20 * HOUR).then(|| by_hour_of_day(core));
    RhythmSeen {
        gaps_s: seen.gaps.distribution(1e6),
        usual_gap_s: seen.gaps.mode().map(|(gap, share)| (gap / 1e6, share)),
        evenness: Evenness::ALL.into_iter().zip(seen.evenness).filter(|(_, number)| *number > 0).collect(),
        means_s: seen.means.distribution(1e6),
        quiet_third: by_day.as_ref().map(quiet_third),
        by_hour_of_day: by_day,
        messages_per_hour: float(seen.messages_by_hour.iter().sum()) / hours,
        busiest_hour: seen.messages_by_hour.iter().max().copied().unwrap_or(0),
        connects_per_hour: float(seen.connects_by_hour.iter().sum()) / hours,
        busiest_connects: seen.connects_by_hour.iter().max().copied().unwrap_or(0),
        sessions_s: seen.sessions.distribution(1e6),
        per_session: seen.per_session.distribution(1.0),
    }
}

fn by_hour_of_day(core: &Core) -> [u64; 24] {
    let shift = core.header.start_us / HOUR;
    let mut hours = [0_u64; 24];
    for (hour, number) in (0_u64..).zip(&core.rhythm.messages_by_hour) {
        let of_day = usize::try_from((hour + shift) % 24).unwrap_or(0);
        if let Some(sum) = hours.get_mut(of_day) {
            *sum += number;
        }
    }
    hours
}

fn quiet_third(hours: &[u64; 24]) -> f64 {
    let quiet = (0..24).map(|from| hours.iter().cycle().skip(from).take(8).sum::<u64>()).min();
    super::census::share(quiet.unwrap_or(0), hours.iter().sum())
}
