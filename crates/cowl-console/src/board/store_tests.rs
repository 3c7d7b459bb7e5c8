use cowl_core::ErasureHandle;

use super::*;
use crate::board::{
    Shown,
    testing::{arrival, key, zone},
};

fn waiting(board: &Board) -> Vec<CaseKey> {
    board.page(&Filter::default(), 0, 1_000).0.into_iter().map(|(key, _)| key).collect()
}

fn standing(status: Status) -> Standing {
    Standing { status, to: "team 2".into(), by: "medical".into(), at: 500 }
}

#[test]
fn by_colour_then_age() {
    let mut board = Board::new(5, 100);
    let all = [
        (1, Triage::Minor, 10),
        (2, Triage::Immediate, 30),
        (3, Triage::Delayed, 5),
        (4, Triage::Immediate, 20),
        (5, Triage::Untriaged, 1),
        (6, Triage::Expectant, 0),
    ];
    for (number, triage, received) in all {
        board.take(arrival(number, triage, received), None);
    }
    assert_eq!(waiting(&board), [4, 2, 3, 5, 1, 6].map(key));
    assert_eq!(board.oldest_red().map(|(key, _)| key), Some(key(4)));
    let reds = Filter { triage: Some(Triage::Immediate), ..Filter::default() };
    let (page, more) = board.page(&reds, 1, 1);
    assert_eq!((page[0].0, page.len(), more), (key(2), 1, false));
    assert!(board.page(&reds, 0, 1).1);
}

#[test]
fn a_case_waits_from_when_it_got_its_colour() {
    let mut board = Board::new(5, 100);
    board.take(arrival(1, Triage::Delayed, 10), None);
    board.take(arrival(1, Triage::Untriaged, 20), None);
    board.take(arrival(1, Triage::Delayed, 30), None);
    let case = board.case(key(1)).unwrap();
    assert_eq!((case.since, case.first, case.last, case.reports), (10, 10, 30, 3));
    board.take(arrival(1, Triage::Immediate, 40), None);
    // One that comes late says nothing of now.
    board.take(arrival(1, Triage::Minor, 35), None);
    let case = board.case(key(1)).unwrap();
    assert_eq!((case.triage, case.since, case.reports), (Triage::Immediate, 40, 5));
}

#[test]
fn what_is_attended_waits_no_more_until_it_gets_worse() {
    let mut board = Board::new(1, 100);
    board.take(arrival(1, Triage::Delayed, 10), None);
    assert!(board.mark(key(1), Some(standing(Status::Assigned))));
    assert_eq!(board.counts(50).columns[Triage::Delayed.column()], Shown::Exact(1));
    board.mark(key(1), Some(standing(Status::Attended)));
    assert_eq!((waiting(&board), board.counts(50).total), (vec![], Shown::Exact(0)));
    let attended = Filter { status: StatusFilter::Only(Status::Attended), ..Filter::default() };
    assert_eq!(board.page(&attended, 0, 10).0[0].0, key(1));
    board.take(arrival(1, Triage::Delayed, 20), None);
    assert_eq!(waiting(&board), []);
    board.take(arrival(1, Triage::Immediate, 30), None);
    assert_eq!((waiting(&board), board.case(key(1)).unwrap().status()), (vec![key(1)], Status::Open));
    assert!(!board.mark(key(2), None));
    // What was done before a restart is known again.
    board.take(arrival(3, Triage::Minor, 30), Some(&standing(Status::Closed)));
    assert_eq!(board.case(key(3)).unwrap().status(), Status::Closed);
}

#[test]
fn what_is_erased_is_gone_from_everything() {
    let mut board = Board::new(1, 100);
    for number in 1..=3 {
        board.take(arrival(number, Triage::Immediate, 10), None);
    }
    let seq = board.seq();
    let doomed = board.case(key(2)).unwrap().whose;
    let order = Erasure::Pseudonym(doomed.from.unwrap(), doomed.epoch);
    assert_eq!(board.erase(&|what| *what == order, None), [key(2)]);
    assert_eq!((board.len(), board.counts(20).total), (2, Shown::Exact(2)));
    assert_eq!(board.since(seq).unwrap().keys, [key(2)]);
    assert!(board.case(key(2)).is_none());
    assert_eq!(board.erase(&|_| false, Some(Epoch(2))).len(), 2);
    assert_eq!((board.len(), board.counts(20).zones.len()), (0, 0));
}

#[test]
fn a_handle_names_one_person_of_a_device() {
    let mut board = Board::new(1, 100);
    let handle = ErasureHandle([7; 16]);
    let mut one = arrival(1, Triage::Immediate, 10);
    one.whose.handle = handle;
    board.take(one, None);
    board.take(arrival(2, Triage::Immediate, 10), None);
    assert_eq!(board.erase(&|what| *what == Erasure::Handle(handle), None), [key(1)]);
}

#[test]
fn too_many_go_the_least_needed_first() {
    let mut board = Board::new(1, 3);
    board.take(arrival(1, Triage::Immediate, 1), None);
    board.take(arrival(2, Triage::Immediate, 2), Some(&standing(Status::Closed)));
    board.take(arrival(3, Triage::Minor, 3), None);
    board.take(arrival(4, Triage::Delayed, 4), None);
    assert!(board.case(key(2)).is_none());
    board.take(arrival(5, Triage::Delayed, 5), None);
    assert_eq!((waiting(&board), board.left_out()), ([1, 4, 5].map(key).to_vec(), 2));
    let total = board.counts(10).total;
    assert_eq!((board.len(), total), (3, Shown::Exact(3)));
}

#[test]
fn what_is_over_goes() {
    let mut board = Board::new(1, 10);
    for number in 1..=3 {
        board.take(arrival(number, Triage::Minor, u64::from(number) * 3_600), None);
    }
    assert_eq!(board.expire(7_200), [key(1)]);
    assert_eq!(waiting(&board), [2, 3].map(key));
}

#[test]
fn silent_is_who_used_to_report_in_this_epoch() {
    let mut board = Board::new(1, 10);
    for received in [0, 60, 120] {
        board.take(arrival(1, Triage::Minor, received), None);
        board.take(arrival(2, Triage::Minor, received * 10), None);
    }
    board.take(arrival(3, Triage::Minor, 0), None);
    let silent = |now, epoch| {
        board
            .silent(now, Epoch(epoch), 10)
            .into_iter()
            .map(|(key, _, since)| (key, since))
            .collect::<Vec<_>>()
    };
    assert_eq!(silent(420, 1), []);
    assert_eq!(silent(421, 1), [(key(1), 120)]);
    assert_eq!(silent(5_000, 1).len(), 2);
    assert_eq!(silent(5_000, 2), []);
}

#[test]
fn counts_are_hidden_zone_by_zone() {
    let mut board = Board::new(3, 100);
    for number in 0..7_u32 {
        let mut one = arrival(number, Triage::Immediate, 3_600 * 20);
        one.zone = Some(zone(if number < 5 { "Ouest" } else { "Sud" }));
        board.take(one, None);
    }
    let counts = board.counts(3_600 * 20 + 5);
    let said: Vec<_> =
        counts.zones.iter().map(|zone| zone.of_colour(Triage::Immediate).to_string()).collect();
    assert_eq!(
        (said, counts.of_colour(Triage::Immediate)),
        (vec!["5".to_owned(), "<3".to_owned()], Shown::AtLeast(6))
    );
    // What is hidden has no trend either.
    assert!(counts.zones[1].trend.is_none());
    assert_eq!(
        counts.zones[0].trend.as_ref().map(|bars| bars.counts.clone()),
        Some([[0; 11].as_slice(), &[5]].concat())
    );
}

#[test]
fn the_newest_reports_each_case_once_and_nothing_that_is_erased() {
    let mut board = Board::new(5, 100);
    for (number, received) in [(1, 10), (2, 20), (3, 30), (2, 40), (4, 50)] {
        board.take(arrival(number, Triage::Minor, received), None);
    }
    // What is done about a case is no news of it.
    board.mark(key(1), Some(standing(Status::Assigned)));
    let newest = |board: &Board, since, count| -> Vec<u64> {
        board.newest(since, count).iter().map(|case| case.last).collect()
    };
    assert_eq!(newest(&board, 0, 9), [50, 40, 30, 10]);
    assert_eq!(newest(&board, 40, 9), [50, 40]);
    assert_eq!(newest(&board, 0, 1), [50]);
    board.expire(45);
    assert_eq!(newest(&board, 0, 9), [50]);
    for number in 0..1_000 {
        board.take(arrival(number, Triage::Minor, 60), None);
    }
    assert_eq!(board.last.len(), LAST);
}
