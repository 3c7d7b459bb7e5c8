use cowl_core::tokens::Batch;

use super::*;
use crate::random::SystemRng;

const CALENDAR: Calendar = Calendar { start: 1_000_000, length: 100 };
const OPERATION: OperationId = OperationId([3; 16]);

fn period(number: u32, from: u32, last: u32) -> NewPeriod {
    let seed = Secret::new([u8::try_from(number).unwrap(); 32]);
    NewPeriod { number, from: Epoch(from), last: Epoch(last), seed }
}

fn token(keys: &TokenKeys, now: u32) -> Token {
    let mut rng = SystemRng::new();
    let period = keys.period(Epoch(now)).unwrap();
    let batch = Batch::draw(OPERATION, &period, 1, &mut rng).unwrap();
    let key = keys.key(period.number).unwrap();
    batch.take(&key.grant(&batch.request(0).blinded, &mut rng).unwrap()).unwrap().remove(0)
}

#[test]
fn tokens_are_taken_until_their_period_and_the_lateness_end() {
    let folder = tempfile::tempdir().unwrap();
    assert!(TokenKeys::load(folder.path()).unwrap().is_none());
    let mut keys = TokenKeys::new(folder.path(), OPERATION, CALENDAR);
    let made = keys.begin(period(1, 0, 3), 2).unwrap();
    keys.store().unwrap();
    let keys = TokenKeys::load(folder.path()).unwrap().unwrap();
    assert_eq!(
        (keys.operation(), keys.period(Epoch(3)), keys.period(Epoch(4))),
        (OPERATION, Some(made), None)
    );
    let token = token(&keys, 0);
    // Epochs 0 to 3 and two more: until the end of epoch 5.
    let end = 1_000_000 + 600;
    assert_eq!(keys.judge(&token, 0), Some(made));
    assert_eq!(keys.judge(&token, end - 1), Some(made));
    assert_eq!(keys.judge(&token, end), None);
    assert_eq!(keys.last_taken(Epoch(0)), Some(end));
}

#[test]
fn a_new_key_ends_the_one_before_and_what_is_over_is_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let mut keys = TokenKeys::new(folder.path(), OPERATION, CALENDAR);
    keys.begin(period(1, 0, 3), 2).unwrap();
    let old = token(&keys, 0);
    // Rotated in epoch 1: tokens of before are taken for as long as if their period ended now.
    let second = keys.begin(period(2, 1, 4), 2).unwrap();
    assert_eq!(keys.period(Epoch(1)), Some(second));
    let of_old = keys.judge(&old, 1_000_000).unwrap();
    assert_eq!((of_old.number, of_old.last), (1, Epoch(1)));
    assert_eq!(keys.judge(&old, 1_000_000 + 400), None);
    assert!(!keys.trim(Epoch(3), 2));
    assert!(keys.trim(Epoch(4), 2));
    keys.store().unwrap();
    let keys = TokenKeys::load(folder.path()).unwrap().unwrap();
    assert!(!keys.knows(old.key_id()));
    assert_eq!((keys.newest(), keys.key(1).is_none()), (Some(2), true));
}

/// The file of form 1, as folders hold it.
#[test]
fn files_of_form_1_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut keys = TokenKeys::new(folder.path(), OPERATION, CALENDAR);
    keys.begin(period(1, 0, 3), 2).unwrap();
    keys.store().unwrap();
    let stored = std::fs::read(folder.path().join(TOKEN_KEYS)).unwrap();
    let fixture = hex::decode(FIXTURE).unwrap();
    assert_eq!(hex::encode(files::body(&stored).unwrap()), hex::encode(&fixture));
    files::replace_summed(&folder.path().join(TOKEN_KEYS), &fixture).unwrap();
    let keys = TokenKeys::load(folder.path()).unwrap().unwrap();
    assert_eq!(keys.period(Epoch(0)).unwrap().number, 1);
    for broken in [&fixture[..40], &[&fixture[..], &[0]].concat(), b"\x81\x02"] {
        files::replace_summed(&folder.path().join(TOKEN_KEYS), broken).unwrap();
        let error = TokenKeys::load(folder.path()).unwrap_err();
        assert!(matches!(error, TokensError::Damaged(_)), "{error}");
    }
}

const FIXTURE: &str = "85015003030303030303030303030303030303821a000f42401864028184010003\
    58200101010101010101010101010101010101010101010101010101010101010101";
