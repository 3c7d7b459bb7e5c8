//! The list of attacks.

use crate::attack::{Attack, DD1, DD2, De1, De2, De3, I1, I2, L1, L2, N1, Nc1, U1};

/// All attacks, in the order of [`AttackId::ALL`](crate::score::AttackId::ALL).
pub const fn all() -> &'static [&'static dyn Attack] {
    &[&L1, &L2, &I1, &I2, &N1, &De1, &De2, &De3, &DD1, &DD2, &U1, &Nc1]
}

#[cfg(test)]
mod tests {
    use super::all;
    use crate::score::AttackId;

    #[test]
    fn the_list_is_in_order() {
        let ids: Vec<AttackId> = all().iter().map(|attack| attack.id()).collect();
        assert!(ids.is_sorted() && ids.windows(2).all(|pair| pair[0] != pair[1]), "{ids:?}");
        assert!(AttackId::ALL.is_sorted());
    }
}
