//! The crisis is the same for the same seed, clustered in space, bursty in time, and lived by people who walk.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test")]

use std::collections::HashMap;

use cowl_core::{LevelIndex, Position};
use cowl_sim::{Crisis, HOUR, Language, Report, Scenario, Severity, TOWNS, Whereabouts};

fn crisis(seed: u64, people: u32) -> Crisis {
    Crisis::new(Scenario { seed, people, ..Scenario::default() })
}

fn share(reports: &[Report], of: impl Fn(&Report) -> bool) -> f64 {
    let count = |n: usize| f64::from(u32::try_from(n).unwrap());
    count(reports.iter().filter(|report| of(report)).count()) / count(reports.len())
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let lines = |seed| {
        let crisis = crisis(seed, 60);
        crisis.reports().map(|report| (report.at, crisis.line(&report))).collect::<Vec<_>>()
    };
    assert_eq!(lines(2010), lines(2010));
    assert_ne!(lines(2010), lines(2011));
}

#[test]
fn more_people_do_not_change_what_happens_to_the_first() {
    let ways = |people| {
        let crisis = crisis(7, people);
        let first: Vec<_> = crisis.reports().filter(|report| report.person.0 < 20).collect();
        first
    };
    assert_eq!(ways(20), ways(40));
}

#[test]
fn reports_come_in_order_of_time_within_the_scenario() {
    let crisis = crisis(1, 100);
    let reports: Vec<_> = crisis.reports().collect();
    assert!(reports.is_sorted_by_key(|report| (report.at, report.person)));
    assert!(reports.iter().all(|report| report.at < crisis.scenario().end()));
}

#[test]
fn homes_are_clustered_as_in_2010() {
    let crisis = crisis(2010, 2_000);
    let nearest = |person: &cowl_sim::Person| {
        TOWNS.iter().map(|town| town.centre.distance_m(person.home)).fold(f64::INFINITY, f64::min)
    };
    let mut distances: Vec<f64> = crisis.people().iter().map(nearest).collect();
    distances.sort_by(f64::total_cmp);
    let near = distances.iter().filter(|metres| **metres <= 10_000.0).count();
    // 90.2 % of the reports of 2010; spread evenly over Haiti it would be some 15 %.
    assert!((1_760..=1_860).contains(&near), "{near}");
    let (median, most) = (distances[1_000], distances[1_800]);
    assert!((1_000.0..1_900.0).contains(&median), "half within {median} m");
    assert!((3_500.0..11_000.0).contains(&most), "nine tenths within {most} m");
    let capital =
        crisis.people().iter().filter(|person| ["Port-au-Prince", "Delmas"].contains(&person.town)).count();
    assert!((820..970).contains(&capital), "{capital}");
}

#[test]
fn people_are_in_the_departments_of_haiti() {
    let policy = cowl::policy_file::PolicyFile::default_policy().unwrap().policy;
    let department = LevelIndex(u8::try_from(policy.zones.levels().len() - 1).unwrap());
    let reports: Vec<_> = crisis(2010, 500).reports().collect();
    let inside = share(&reports, |report| {
        let position = Position::new(report.position.latitude, report.position.longitude).unwrap();
        policy.zones.locate(position, department).is_some()
    });
    // The polygons are coarse at the coast.
    assert!(inside > 0.95, "{inside}");
}

#[test]
fn an_aftershock_is_a_burst_and_nights_are_quiet() {
    let crisis = crisis(2010, 1_000);
    let mut hours = vec![0_u32; 24];
    for report in crisis.reports() {
        hours[usize::try_from(report.at / HOUR).unwrap()] += 1;
    }
    let shock = usize::try_from(crisis.scenario().aftershocks[0] / HOUR).unwrap();
    assert!(hours[shock + 1] > 3 * hours[shock - 1], "{hours:?}");
    assert!(hours[1] * 2 < hours[12], "{hours:?}");
    // Index of dispersion of hourly counts: 1 for even noise; 13 in the first ten days of 2010.
    let mean = f64::from(hours.iter().sum::<u32>()) / 24.0;
    let variance = hours.iter().map(|hour| (f64::from(*hour) - mean).powi(2)).sum::<f64>() / 23.0;
    assert!(variance / mean > 5.0, "{}", variance / mean);
}

#[test]
fn the_urgent_are_few_and_speak_up_in_crisis_hours() {
    let crisis = crisis(2010, 1_000);
    let reports: Vec<_> = crisis.reports().collect();
    let of = |severity| share(&reports, |report| report.severity == severity);
    assert!((0.2..0.6).contains(&of(Severity::Low)), "{}", of(Severity::Low));
    assert!((0.03..0.25).contains(&of(Severity::Critical)), "{}", of(Severity::Critical));
    assert!(of(Severity::Low) > of(Severity::High));
    let shock = crisis.scenario().aftershocks[0];
    let urgent = |from: u64, to: u64| {
        let part: Vec<_> = reports.iter().filter(|report| (from..to).contains(&report.at)).cloned().collect();
        share(&part, |report| report.severity.is_urgent())
    };
    assert!(urgent(shock, shock + 2 * HOUR) > urgent(shock - 2 * HOUR, shock) + 0.02);
}

#[test]
fn nobody_moves_faster_than_a_walk() {
    let mut last: HashMap<_, Report> = HashMap::new();
    let mut walked = 0;
    for report in crisis(3, 200).reports() {
        if let Some(before) = last.get(&report.person) {
            let metres = before.truth.position.distance_m(report.truth.position);
            let elapsed = f64::from(u32::try_from(report.at - before.at).unwrap());
            assert!(metres <= 1.6 * (elapsed + 2.0), "{metres} m in {elapsed} s");
        }
        assert!(report.truth.position.distance_m(report.position) < 20.0);
        walked += u32::from(report.truth.whereabouts == Whereabouts::Walking);
        last.insert(report.person, report);
    }
    assert!(walked > 0);
}

#[test]
fn what_phones_send_is_what_the_default_policy_takes() {
    let policy = cowl::policy_file::PolicyFile::default_policy().unwrap().policy;
    let crisis = crisis(2010, 100);
    let mut notes = 0;
    for report in crisis.reports() {
        let reading = cowl::formats::parse(crisis.line(&report).as_bytes()).unwrap();
        let around = cowl_core::Surroundings { counts: None, now: 0 };
        policy.reduce(reading, &around).expect("it fits");
        notes += u32::from(report.note.is_some());
        assert!((34.0..=41.5).contains(&report.temperature) && report.battery <= 100);
    }
    assert!(notes > 50);
    let languages = [Language::Creole, Language::French, Language::English];
    assert!(
        languages.iter().all(|language| crisis.people().iter().any(|person| person.language == *language))
    );
}
