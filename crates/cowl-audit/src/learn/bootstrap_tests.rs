use super::*;

/// Values of R's `prop.test(…, correct = FALSE)`, also in Newcombe 1998, table I (method 3).
#[test]
fn wilson_is_that_of_the_tables() {
    for (successes, trials, low, high) in
        [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
    {
        let interval = wilson(successes, trials);
        assert!((interval.low - low).abs() < 5e-5, "{interval:?}");
        assert!((interval.high - high).abs() < 5e-5, "{interval:?}");
    }
    assert!((wilson(0, 0).high - 1.0).abs() < 1e-12);
}

#[test]
fn everybody_counts_once() {
    let values: Vec<(u32, f64)> = (0..99).map(|_| (1, 0.0)).chain([(2, 1.0)]).collect();
    assert!((mean_interval(&values, 1).unwrap().value - 0.5).abs() < 1e-12);
}

/// The standard error of a mean of 400 uniform values is 0.2887 / 20.
#[test]
fn a_mean_has_the_known_width() {
    let mut random = Random::new(4);
    let values: Vec<(u32, f64)> = (0..400).map(|person| (person * 1_000_003, random.unit())).collect();
    let interval = mean_interval(&values, 2).unwrap();
    let width = interval.high - interval.low;
    assert!((width - 2.0 * 1.96 * 0.2887 / 20.0).abs() < 0.006, "{width}");
    assert_eq!(interval, mean_interval(&values, 2).unwrap());
    assert_ne!(interval, mean_interval(&values, 3).unwrap());
}

#[test]
fn quantiles() {
    assert_eq!(quantile(&mut [3.0, 1.0, 2.0], 0.5), Some(2.0));
    assert_eq!(quantile(&mut [0.0, 10.0], 0.25), Some(2.5));
    assert_eq!(quantile(&mut [0.0, 10.0], 1.0), Some(10.0));
    assert_eq!(quantile(&mut [], 0.5), None);
    let values: Vec<(u32, f64)> = (0..100).map(|person| (person, f64::from(person))).collect();
    let interval = quantile_interval(&values, 0.95, 1).unwrap();
    assert!((interval.value - 94.0).abs() < 1e-12 && interval.low < 94.0 && interval.high > 94.0);
}

#[test]
fn differences() {
    let before = Interval { value: 0.5, low: 0.4, high: 0.6 };
    let after = Interval { value: 0.2, low: 0.17, high: 0.24 };
    let gain = difference(before, after);
    assert!((gain.value + 0.3).abs() < 1e-12);
    assert!((gain.low - (-0.3 - 0.03_f64.hypot(0.1))).abs() < 1e-12);
    assert!((gain.high - (-0.3 + 0.04_f64.hypot(0.1))).abs() < 1e-12);
    let earlier: Vec<(u32, f64)> = (0..50).map(|person| (person, f64::from(person))).collect();
    let later: Vec<(u32, f64)> = (10..60).map(|person| (person, f64::from(person) - 1.0)).collect();
    assert_eq!(paired_difference(&earlier, &later, 1), Some(Interval { value: -1.0, low: -1.0, high: -1.0 }));
}

#[test]
fn advantage_is_cut_at_chance() {
    let scaled = advantage(Interval { value: 0.49, low: 0.45, high: 0.75 }, 0.5);
    assert!((scaled.value + 0.02).abs() < 1e-12);
    assert!(scaled.low.abs() < 1e-12 && (scaled.high - 0.5).abs() < 1e-12);
}
