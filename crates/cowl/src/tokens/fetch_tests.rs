use cowl_core::{MemberId, Secret, tokens::TokenPublicKey};

use super::*;

fn membership(n: u8) -> Membership {
    Membership { id: MemberId([n; 16]), secret: Secret::new([n; 32]), step: 0 }
}

#[test]
fn moments_spread_over_the_first_half_and_are_each_periods_own() {
    let period = |number, last| TokenPeriod {
        number,
        from: Epoch(100),
        last: Epoch(last),
        key: TokenPublicKey([0; 32]),
    };
    let moments: Vec<_> = (0..=255).map(|n| moment(&membership(n), &period(1, 119)).0).collect();
    assert_eq!((moments.iter().min(), moments.iter().max()), (Some(&100), Some(&109)));
    for epoch in 100..=109 {
        let count = moments.iter().filter(|moment| **moment == epoch).count();
        assert!((8..60).contains(&count), "{epoch}: {count}");
    }
    let next: Vec<_> = (0..=255).map(|n| moment(&membership(n), &period(2, 119)).0).collect();
    assert_ne!(moments, next);
    assert_eq!(moment(&membership(1), &period(1, 100)), Epoch(100));
}
