use super::*;
use crate::tokens::wallet::tests::filled;

fn pass(wallet: Wallet, is_urgent: bool) -> WalletPass {
    let pace = Mutex::new(Pace { room: BURST, at: Instant::now() });
    WalletPass { wallet, is_urgent, each: Duration::from_secs(1_000), pace }
}

#[tokio::test(start_paused = true)]
async fn a_link_that_flaps_does_not_empty_the_wallet() {
    let folder = tempfile::tempdir().unwrap();
    let wallet = filled(folder.path(), 40);
    let pass = pass(wallet.clone(), false);
    for _ in 0..BURST {
        pass.ready().unwrap();
        pass.take().unwrap();
    }
    for _ in 0..100 {
        let none = pass.ready().unwrap_err();
        assert!(none.is_later && none.why.contains("the next token is spent in 1000 s"), "{none}");
    }
    tokio::time::advance(Duration::from_secs(999)).await;
    assert!(pass.ready().unwrap_err().why.contains("in 1 s"));
    tokio::time::advance(Duration::from_secs(1)).await;
    pass.ready().unwrap();
    pass.take().unwrap();
    assert!(pass.ready().is_err());
    assert_eq!(wallet.holding().unwrap().left, 40 - 5);
    // A quiet day gives no more than what one may spend at once.
    tokio::time::advance(Duration::from_secs(100_000)).await;
    for _ in 0..BURST {
        pass.ready().unwrap();
        pass.take().unwrap();
    }
    assert!(pass.ready().is_err());
}

#[tokio::test(start_paused = true)]
async fn who_has_none_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let wallet = filled(folder.path(), 1);
    let none = pass(wallet.clone(), false).ready().unwrap_err();
    assert_eq!(
        (none.why.as_str(), none.is_later),
        ("the last 1 of this period's tokens are kept for emergencies", false)
    );
    let urgent = pass(wallet.clone(), true);
    urgent.ready().unwrap();
    urgent.take().unwrap();
    let none = urgent.ready().unwrap_err();
    assert!(none.why.contains("all 1 tokens of this period are spent") && !none.is_later, "{none}");
    assert!(urgent.take().is_err());
    let empty = Wallet::of(&folder.path().join("new.cowl"), cowl_core::OperationId([3; 16]));
    assert!(pass(empty, false).ready().unwrap_err().why.contains("no tokens yet"));
}

#[test]
fn a_token_is_a_password_of_216_letters() {
    let folder = tempfile::tempdir().unwrap();
    let token = filled(folder.path(), 1).take(true).unwrap().unwrap();
    let password = BASE64_URL_SAFE_NO_PAD.encode(token.bytes());
    assert_eq!((password.len(), login(&token).is_ok()), (216, true));
}
