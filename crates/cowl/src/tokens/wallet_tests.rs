use cowl_core::{
    Epoch, Secret,
    tokens::{TokenKey, TokenPeriod},
};

use super::*;

const OPERATION: OperationId = OperationId([3; 16]);

pub(in crate::tokens) fn key() -> TokenKey {
    TokenKey::derive(&Secret::new([5; 32]), OPERATION, 7).unwrap()
}

pub(in crate::tokens) fn period() -> TokenPeriod {
    TokenPeriod { number: 7, from: Epoch(0), last: Epoch(3), key: key().public() }
}

/// A wallet with so many tokens of period 7.
pub(in crate::tokens) fn filled(folder: &Path, count: u16) -> Wallet {
    let wallet = Wallet::of(&folder.join("phone.cowl"), OPERATION);
    let mut rng = SystemRng::new();
    let batch = wallet.batch(&period(), count, &mut rng).unwrap().unwrap();
    let granted = key().grant(&batch.request(0).blinded, &mut rng).unwrap();
    wallet.put(7, &batch.take(&granted).unwrap()).unwrap();
    wallet
}

#[test]
fn a_token_is_gone_before_it_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let wallet = filled(folder.path(), 10);
    let mut seen = std::collections::HashSet::new();
    for left in (2..10).rev() {
        let token = wallet.take(false).unwrap().unwrap();
        assert!(key().accepts(&token) && seen.insert(token.nonce()));
        // Whoever reads the file now, after a crash say, finds it without this one.
        let bytes = std::fs::read(folder.path().join("phone.cowl.tokens")).unwrap();
        assert!(!bytes.windows(32).any(|window| window == token.nonce()));
        assert_eq!(wallet.holding().unwrap(), Holding { period: Some(7), left, reserve: 2, of: 10 });
    }
    // The reserve is for emergencies.
    assert!(wallet.take(false).unwrap().is_none());
    for left in [1, 0] {
        assert!(seen.insert(wallet.take(true).unwrap().unwrap().nonce()));
        assert_eq!(wallet.holding().unwrap().left, left);
    }
    assert!(wallet.take(true).unwrap().is_none());
    assert_eq!(seen.len(), 10);
}

#[test]
fn several_share_a_wallet_and_no_token_comes_out_twice() {
    let folder = tempfile::tempdir().unwrap();
    let wallet = filled(folder.path(), 40);
    let take = |wallet: Wallet| {
        move || {
            std::iter::from_fn(|| wallet.take(true).unwrap()).map(|token| token.nonce()).collect::<Vec<_>>()
        }
    };
    let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(take(wallet.clone()))).collect();
    let all: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    let different: std::collections::HashSet<_> = all.iter().collect();
    assert_eq!((all.len(), different.len()), (40, 40));
}

#[test]
fn what_was_asked_for_is_asked_for_again() {
    let folder = tempfile::tempdir().unwrap();
    let wallet = Wallet::of(&folder.path().join("phone.cowl"), OPERATION);
    let mut rng = SystemRng::new();
    assert!(wallet.lacks(&period()).unwrap());
    let asked = |wallet: &Wallet, period: &TokenPeriod, rng: &mut SystemRng| {
        wallet.batch(period, 3, rng).unwrap().unwrap().request(0).blinded
    };
    let first = asked(&wallet, &period(), &mut rng);
    assert_eq!(asked(&wallet, &period(), &mut rng), first);
    // Not for another period, nor under another key.
    let other = TokenKey::derive(&Secret::new([6; 32]), OPERATION, 7).unwrap().public();
    assert_ne!(asked(&wallet, &TokenPeriod { key: other, ..period() }, &mut rng), first);
    // Nor of another size than the policy says now: the service would not answer.
    assert_eq!(wallet.batch(&period(), 4, &mut rng).unwrap().unwrap().len(), 4);
    wallet.note_refused(7).unwrap();
    assert!(!wallet.lacks(&period()).unwrap());
    assert!(wallet.lacks(&TokenPeriod { number: 8, ..period() }).unwrap());
}

#[test]
fn a_damaged_wallet_is_named_and_one_of_another_operation_too() {
    let folder = tempfile::tempdir().unwrap();
    let wallet = filled(folder.path(), 2);
    let path = folder.path().join("phone.cowl.tokens");
    let other = Wallet::of(&folder.path().join("phone.cowl"), OperationId([4; 16]));
    assert!(matches!(other.take(true), Err(TokensError::Other(_))));
    let good = files::read_secret(&path, LIMIT).unwrap().to_vec();
    for bad in [&good[..good.len() - 1], &[&good[..], &[0]].concat(), b"\x80", &[]] {
        files::replace_summed(&path, bad).unwrap();
        let error = wallet.take(true).unwrap_err();
        assert!(matches!(error, TokensError::Damaged(_)), "{error}");
        assert!(error.to_string().contains("phone.cowl.tokens is damaged: move it away"), "{error}");
    }
    let mut altered = std::fs::read(&path).unwrap();
    files::replace_summed(&path, &good).unwrap();
    altered.clone_from(&std::fs::read(&path).unwrap());
    let last = altered.len() - 1;
    altered[last] ^= 1;
    std::fs::write(&path, &altered).unwrap();
    assert!(matches!(wallet.take(true), Err(TokensError::File(FileError::Altered(_)))));
}

/// The file of form 1, as it lies beside credentials.
#[test]
fn files_of_form_1_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let wallet = Wallet::of(&folder.path().join("phone.cowl"), OPERATION);
    let token = [&[0, 5][..], &[9; 160]].concat();
    let fixture = [
        &hex::decode("870150030303030303030303030303030303030702").unwrap()[..],
        &[0x58, 162],
        &token,
        &[0xf6, 0xf6],
    ]
    .concat();
    files::replace_summed(&folder.path().join("phone.cowl.tokens"), &fixture).unwrap();
    assert_eq!(wallet.holding().unwrap(), Holding { period: Some(7), left: 1, reserve: 1, of: 2 });
    assert_eq!(wallet.take(true).unwrap().unwrap().bytes()[..], token);
}

/// Takes tokens out until it is killed.
#[test]
fn killed_child() {
    let Some(folder) = crate::state::killing::folder() else { return };
    let wallet = Wallet::of(&folder.join("phone.cowl"), OPERATION);
    while let Some(token) = wallet.take(true).unwrap() {
        crate::state::killing::say(&hex::encode(token.nonce()));
    }
}

#[test]
fn no_token_comes_out_twice_whenever_it_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut wallet = filled(folder.path(), 60);
    let mut seen = std::collections::HashSet::new();
    crate::state::killing::rounds("tokens::wallet::tests::killed_child", folder.path(), |told| {
        for nonce in told {
            assert!(seen.insert(nonce), "a token came out twice");
        }
        wallet.examine().unwrap();
        if wallet.holding().unwrap().left < 10 {
            wallet = filled(folder.path(), 60);
        }
    });
}

#[test]
fn a_corrupted_byte_of_a_wallet_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let wallet = filled(folder.path(), 3);
    let good = std::fs::read(wallet.path()).unwrap();
    for place in 0..good.len() {
        let mut bad = good.clone();
        bad[place] ^= 0x04;
        std::fs::write(wallet.path(), &bad).unwrap();
        let error = wallet.examine().unwrap_err().to_string();
        assert!(error.contains("phone.cowl.tokens"), "byte {place}: {error}");
    }
}
