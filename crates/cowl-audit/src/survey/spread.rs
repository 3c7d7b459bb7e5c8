//! Quantiles of a stream in constant memory.

use serde::Serialize;

use crate::convert::float;

/// Buckets for each power of two: a quantile is right to 1/32, 3 %.
const FINE: u64 = 16;

/// A histogram whose buckets grow with the value.
#[derive(Debug, Clone)]
pub(super) struct Spread {
    buckets: Vec<u64>,
    count: u64,
    sum: f64,
    least: u64,
    most: u64,
}

/// Distribution of a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Distribution {
    /// Values seen.
    pub count: u64,
    /// Smallest.
    pub min: f64,
    /// 5 % are below; like the other quantiles right to 3 %.
    pub p05: f64,
    /// Half is below.
    pub median: f64,
    /// 5 % are above.
    pub p95: f64,
    /// Largest.
    pub max: f64,
    /// Mean.
    pub mean: f64,
}

impl Spread {
    pub(super) const fn new() -> Self {
        Self { buckets: Vec::new(), count: 0, sum: 0.0, least: u64::MAX, most: 0 }
    }

    pub(super) fn add(&mut self, value: u64) {
        let place = bucket(value);
        if place >= self.buckets.len() {
            self.buckets.resize(place + 1, 0);
        }
        if let Some(count) = self.buckets.get_mut(place) {
            *count += 1;
        }
        self.count += 1;
        self.sum += float(value);
        self.least = self.least.min(value);
        self.most = self.most.max(value);
    }

    /// The bucket that holds most values, as its middle and its share, its two neighbours counted with it.
    pub(super) fn mode(&self) -> Option<(f64, f64)> {
        let around = |place: usize| -> u64 {
            let from = place.saturating_sub(1);
            self.buckets.get(from..).unwrap_or_default().iter().take(place + 2 - from).sum()
        };
        let best =
            (0..self.buckets.len()).max_by_key(|place| (around(*place), core::cmp::Reverse(*place)))?;
        (self.count > 0).then(|| (middle(best), float(around(best)) / float(self.count)))
    }

    /// In units of `unit`.
    pub(super) fn distribution(&self, unit: f64) -> Distribution {
        if self.count == 0 {
            return Distribution::default();
        }
        let quantile = |share: f64| {
            let wanted = share * float(self.count);
            let mut below = 0.0;
            let place = self.buckets.iter().position(|count| {
                below += float(*count);
                below >= wanted && *count > 0
            });
            place.map_or(0.0, middle).clamp(float(self.least), float(self.most)) / unit
        };
        Distribution {
            count: self.count,
            min: float(self.least) / unit,
            p05: quantile(0.05),
            median: quantile(0.5),
            p95: quantile(0.95),
            max: float(self.most) / unit,
            mean: self.sum / float(self.count) / unit,
        }
    }
}

/// Values below `FINE` have a bucket each; above, the four bits after the leading one choose.
fn bucket(value: u64) -> usize {
    let place = if value < FINE {
        value
    } else {
        let power = u64::from(value.ilog2());
        let fine = (value >> (power - 4)) & (FINE - 1);
        (power - 3) * FINE + fine
    };
    usize::try_from(place).unwrap_or(0)
}

fn middle(bucket: usize) -> f64 {
    let place = crate::convert::count(bucket);
    if place < FINE {
        return float(place);
    }
    let width = 2_f64.powi(i32::try_from(place / FINE).unwrap_or(0) - 1);
    (float(FINE + place % FINE) + if width > 1.0 { 0.5 } else { 0.0 }) * width
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_right_to_three_percent() {
        let mut spread = Spread::new();
        for value in 1..=100_000 {
            spread.add(value);
        }
        let found = spread.distribution(1.0);
        for (quantile, wanted) in [(found.p05, 5_000.0), (found.median, 50_000.0), (found.p95, 95_000.0)] {
            assert!((quantile / wanted - 1.0).abs() < 0.032, "{quantile} {wanted}");
        }
        assert!((found.min, found.max, found.mean) == (1.0, 100_000.0, 50_000.5));
    }

    #[test]
    fn every_value_lies_within_its_bucket() {
        for power in 0..64 {
            for value in [1_u64 << power, (1 << power) + (1 << power) / 3] {
                let near = middle(bucket(value)) / float(value);
                assert!((0.968..1.033).contains(&near), "{value} {near}");
            }
        }
        assert!(bucket(u64::MAX) < 1024);
    }

    #[test]
    fn the_mode_is_where_most_is() {
        let mut spread = Spread::new();
        assert_eq!(spread.mode(), None);
        for value in 0..100 {
            spread.add(60_000 + value);
            spread.add(value * 1_000);
        }
        let (value, share) = spread.mode().unwrap();
        assert!((58_000.0..63_000.0).contains(&value) && (0.5..0.6).contains(&share), "{value} {share}");
    }
}
