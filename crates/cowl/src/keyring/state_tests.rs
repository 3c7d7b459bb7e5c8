//! What a state gives out, remembers and forgets.

use super::*;

#[test]
fn a_reserved_counter_is_never_given_out_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let state = State::create(&path, [1; 16], Some(Epoch(4))).unwrap();
    assert_eq!(state.reserve(0..2, Epoch(4), 64, 1).unwrap(), [0..64, 0..64]);
    assert_eq!(state.reserve(1..2, Epoch(4), 64, 3).unwrap().first(), Some(&(64..256)));
    drop(state);
    let state = State::open_or_restored(&path, [1; 16]).unwrap();
    assert_eq!(state.reserve(0..2, Epoch(4), 64, 1).unwrap(), [64..128, 256..320]);
    assert_eq!(state.reserve(0..2, Epoch(5), 64, 1).unwrap(), [0..64, 0..64]);
    assert!(matches!(state.reserve(0..1, Epoch(5), 64, u32::MAX), Err(KeyringError::NoCounter)));
}

#[test]
fn a_missing_state_was_restored_until_a_beacon_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let state = State::open_or_restored(&path, [1; 16]).unwrap();
    let before = state.remembered().unwrap();
    assert_eq!(before, Remembered { epoch: None, beacon: None, counters_from: None, cloned: false });
    state.remember(Some(7), Epoch(9), before).unwrap();
    let after = state.remembered().unwrap();
    assert_eq!(
        after,
        Remembered { epoch: Some(Epoch(9)), beacon: Some(7), counters_from: Some(Epoch(10)), cloned: false }
    );
    state.remember(Some(8), Epoch(11), Remembered { cloned: true, ..after }).unwrap();
    state.remember(Some(9), Epoch(11), after).unwrap();
    let last = state.remembered().unwrap();
    assert_eq!((last.counters_from, last.cloned), (Some(Epoch(10)), true));
}

#[test]
fn another_credentials_state_is_refused_and_so_is_a_second_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let state = State::create(&path, [1; 16], Some(Epoch(0))).unwrap();
    assert!(matches!(State::open_or_restored(&path, [1; 16]), Err(KeyringError::InUse(_))));
    drop(state);
    assert!(matches!(State::open_or_restored(&path, [2; 16]), Err(KeyringError::OtherState(_))));
}

#[test]
fn what_a_reader_recorded_comes_back_until_it_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::create(&folder.path().join("state"), [1; 16], Some(Epoch(0))).unwrap();
    let batch = Batch {
        seen: vec![(ReportId([1; 16]), Epoch(1)), (ReportId([2; 16]), Epoch(2))],
        progress: vec![(0, Epoch(1), Place(3), 5), (1, Epoch(2), Place(3), 6)],
        walk_ins: vec![(0, Epoch(2), [9; 16])],
        ..Batch::default()
    };
    state.record(&batch, 100).unwrap();
    assert_eq!(state.seen().unwrap().len(), 2);
    assert_eq!(state.progress(0).unwrap(), [(Epoch(1), Place(3), 5)]);
    assert_eq!(state.progress(1).unwrap(), [(Epoch(2), Place(3), 6)]);
    assert_eq!(state.walk_ins(0).unwrap(), [(Epoch(2), [9; 16])]);
    state.forget_before(Epoch(2)).unwrap();
    assert_eq!(state.seen().unwrap(), [(ReportId([2; 16]), Epoch(2))]);
    assert!(state.progress(0).unwrap().is_empty());
}

#[test]
fn pieces_wait_until_they_are_gone_even_in_a_file_from_before() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::create(&folder.path().join("state"), [1; 16], Some(Epoch(0))).unwrap();
    state
        .write(Durability::Immediate, |transaction| Ok(transaction.delete_table(WAITING).map(drop)?))
        .unwrap();
    assert!(state.waiting(0).unwrap().is_empty());
    let piece = |messages: &[&[u8]]| Piece {
        epoch: Epoch(7),
        messages: messages.iter().map(|message| (*message).into()).collect(),
    };
    let waiting = vec![
        (0, 2, piece(&[b"one", b"", b"three"])),
        (1, 3, piece(&[b"other"])),
        (0, 4, piece(&[&[9; 5_000]])),
    ];
    state.record(&Batch { waiting, ..Batch::default() }, 5).unwrap();
    assert_eq!(state.waiting(0).unwrap(), [(2, piece(&[b"one", b"", b"three"])), (4, piece(&[&[9; 5_000]]))]);
    state.record(&Batch { gone: vec![(0, 2)], ..Batch::default() }, 5).unwrap();
    assert_eq!(state.waiting(0).unwrap().len(), 1);
    assert_eq!(state.waiting(1).unwrap(), [(3, piece(&[b"other"]))]);
}

#[test]
fn only_the_last_ids_are_kept_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::create(&folder.path().join("state"), [1; 16], Some(Epoch(0))).unwrap();
    for first in [0, 3, 6, 9] {
        let seen = (first..first + 3).map(|id| (ReportId([id; 16]), Epoch(1))).collect();
        state.record(&Batch { seen, ..Batch::default() }, 5).unwrap();
    }
    let kept: Vec<_> = state.seen().unwrap().into_iter().map(|(id, _)| id.0[0]).collect();
    assert_eq!(kept, [6, 7, 8, 9, 10, 11]);
}
