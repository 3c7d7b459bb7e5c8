use alloc::vec::Vec;

use rand_core::Rng as _;

use super::*;
use crate::{AuthorityKey, Place, Secret};

const OPERATION: OperationId = OperationId([7; 16]);
const SIZE: u32 = 1_024;

/// A deterministic source: not secret, and need not be.
struct Numbers(u64);

impl rand_core::TryRng for Numbers {
    type Error = core::convert::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Ok(u32::try_from(self.0 >> 32).unwrap())
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(u64::from(self.try_next_u32()?) << 32 | u64::from(self.try_next_u32()?))
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        for byte in out {
            *byte = self.try_next_u32()?.to_be_bytes()[0];
        }
        Ok(())
    }
}
impl rand_core::TryCryptoRng for Numbers {}

fn rng() -> Numbers {
    Numbers(1)
}

fn key() -> AuthorityKey {
    AuthorityKey::new(&Secret::new([9; 32]))
}

fn orders() -> Vec<Erasure> {
    let name = Pseudonym::of(OPERATION, Epoch(3), Place(5));
    [Erasure::Handle(ErasureHandle([4; 16])), Erasure::Pseudonym(name, Epoch(3)), Erasure::Before(Epoch(2))]
        .into()
}

fn issue(sequence: u64, orders: &[Erasure]) -> Vec<u8> {
    Erasures::issue(OPERATION, sequence, orders, &key(), SIZE, &mut rng()).unwrap()
}

#[test]
fn a_list_names_what_was_ordered_and_nothing_else() {
    let list = Erasures::verify(&issue(1, &orders()), key().public(), OPERATION).unwrap();
    assert!(orders().iter().all(|order| list.names(order)));
    let other = Pseudonym::of(OPERATION, Epoch(3), Place(6));
    assert!(!list.names(&Erasure::Pseudonym(other, Epoch(3))));
    assert!(!list.names(&Erasure::Handle(ErasureHandle([5; 16]))));
    assert_eq!(list.before((0..10).map(Epoch)), Some(Epoch(2)));
    assert_eq!(list.before((3..10).map(Epoch)), None);
}

#[test]
fn lists_look_alike_with_and_without_orders_and_no_mark_comes_twice() {
    let (none, some) = (issue(1, &[]), issue(2, &orders()));
    assert_eq!((none.len(), some.len()), (1_024, 1_024));
    let marks = |bytes: &[u8]| {
        Erasures::verify(bytes, key().public(), OPERATION).unwrap().each().copied().collect::<BTreeSet<_>>()
    };
    assert_eq!(marks(&none).len(), Erasures::capacity(1_024));
    assert_eq!(marks(&some).len(), marks(&none).len());
    // The same orders have other marks in the next list: only the filler could be the same, by this test's generator.
    let again = Erasures::verify(&issue(3, &orders()), key().public(), OPERATION).unwrap();
    let some = Erasures::verify(&some, key().public(), OPERATION).unwrap();
    for order in orders() {
        assert_ne!(order.mark(OPERATION, some.sequence), order.mark(OPERATION, again.sequence));
    }
}

#[test]
fn a_report_without_a_handle_is_never_named() {
    let none = [Erasure::Handle(ErasureHandle::NONE)];
    let refused = Erasures::issue(OPERATION, 1, &none, &key(), SIZE, &mut rng());
    assert_eq!(refused, Err(ErasuresError::Nothing));
    // Nor by a list that was made elsewhere.
    let mut marks = [none[0].mark(OPERATION, 5), Erasure::Before(Epoch(1)).mark(OPERATION, 5)];
    marks.sort_unstable();
    let list = Erasures { operation: OPERATION, sequence: 5, marks: marks.concat() };
    assert!(!list.names(&none[0]));
}

#[test]
fn what_does_not_fit_or_was_altered_is_refused() {
    let many: Vec<_> =
        (0..=u32::try_from(Erasures::capacity(1_024)).unwrap()).map(|n| Erasure::Before(Epoch(n))).collect();
    let refused = Erasures::issue(OPERATION, 1, &many, &key(), SIZE, &mut rng());
    assert_eq!(refused, Err(ErasuresError::TooMany(57)));
    let good = issue(1, &orders());
    for at in [0, 70, 100, 500, 1_023] {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        assert!(Erasures::verify(&bytes, key().public(), OPERATION).is_err(), "byte {at}");
    }
    for length in [0, 64, 68, 1_023] {
        assert!(Erasures::verify(&good[..length], key().public(), OPERATION).is_err());
    }
    assert_eq!(
        Erasures::verify(&good, key().public(), OperationId([8; 16])),
        Err(ErasuresError::OtherOperation)
    );
    let stranger = AuthorityKey::new(&Secret::new([8; 32])).public();
    assert!(matches!(Erasures::verify(&good, stranger, OPERATION), Err(ErasuresError::NotSigned(_))));
    let mut any = [0; 1_024];
    rng().fill_bytes(&mut any);
    assert!(Erasures::verify(&any, key().public(), OPERATION).is_err());
}

#[test]
fn marks_that_do_not_ascend_are_refused() {
    let marks = [[2; 16], [1; 16]].concat();
    for marks in [marks, [[1; 16], [1; 16]].concat(), [1; 17].to_vec()] {
        let cbor = minicbor::to_vec(Erasures { operation: OPERATION, sequence: 1, marks }).unwrap();
        let bytes = frame::seal(&key(), ERASURES_CONTEXT, &cbor, 1_024).unwrap();
        assert_eq!(Erasures::verify(&bytes, key().public(), OPERATION), Err(ErasuresError::Malformed));
    }
}
