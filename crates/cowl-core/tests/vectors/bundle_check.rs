//! Holds the vectors of bundles against the library (spec §6.5).

use cowl_core::{
    Authority, AuthorityKey, Bundle, BundleError, Epoch, Handout, LivePlaces, OperationId, Place,
    ResponderKeyring, RoleIndex, Secret,
    schedule::{ChainKey, RoleRoot},
};
use serde_json::Value;

use crate::reference::{
    json::{array, bytes, number, small, text},
    keys::Key,
    numbers::Numbers,
    world,
};

pub(crate) fn check(file: &Value, case: &Value) {
    let own = |name: &str| case.get(name).unwrap_or(&file[name]);
    let (authority, operation) =
        (Authority(array(&file["authority"])), OperationId(array(&file["operation"])));
    let (role, places) = (RoleIndex(small(&file["role"])), small(own("places")));
    let chain_epoch = Epoch(small(own("chain epoch")));
    let held = usize::try_from(u64::from(chain_epoch.0) - number(&file["chain keys"]["first"])).unwrap();
    let chain = ChainKey::new(Secret::new(array(&file["chain keys"]["keys"][held])));
    let bundle = bytes(&case["bundle"]);
    let mut ring = ResponderKeyring::new(role, chain_epoch, &chain, chain_epoch, &[]);
    let read = Bundle::verify(&bundle, authority, operation, Some(number(&file["newest"])));
    let taken = read.as_ref().map_err(|error| *error).and_then(|read| ring.take(read, places));
    let class = match taken {
        Ok(is_new) => {
            assert!(is_new);
            "good"
        }
        Err(BundleError::Malformed) => "malformed",
        Err(BundleError::NotSigned(_)) => "not signed",
        Err(BundleError::OtherOperation) => "other operation",
        Err(BundleError::Replayed) => "replayed",
        Err(BundleError::NoSeat) => "no seat",
        Err(BundleError::Sealing) => "sealing",
        Err(BundleError::TooLarge(_)) => "a class without a name",
    };
    assert_eq!(class, text(&case["class"]));
    if class != "good" {
        assert!(ring.chain_epoch() == Some(chain_epoch) && ring.range().is_none());
        return;
    }
    let (read, says) = (read.unwrap(), &case["says"]);
    assert_eq!([read.sequence, read.epoch.0.into()], ["sequence", "epoch"].map(|name| number(&says[name])));
    assert_eq!(ring.chain_epoch(), Some(read.epoch));
    let list = |value: &Value| value.as_array().unwrap().clone();
    let first: u32 = small(&says["first"]);
    let said: Vec<Key> = list(&says["roots"]).iter().map(array).collect();
    let got: Vec<Key> = ring.epochs().map(|epoch| *ring.root(epoch).unwrap().secret().expose()).collect();
    assert_eq!((ring.range().unwrap().0, got), (Epoch(first), said));
    let live: Vec<LivePlaces> = list(&says["revoked"])
        .iter()
        .map(|revoked| LivePlaces::without(list(revoked).iter().map(|place| Place(small(place)))))
        .collect();
    assert!(ring.epochs().map(|epoch| ring.live(epoch)).eq(live.iter().cloned()));
    assert_eq!(issued_by_the_library(file, &read, Epoch(first), &live, says, places), bundle);
}

fn issued_by_the_library(
    file: &Value,
    read: &Bundle,
    first: Epoch,
    live: &[LivePlaces],
    says: &Value,
    places: u32,
) -> Vec<u8> {
    let seat =
        |seat: &Value| (RoleIndex(small(&seat["role"])), ChainKey::new(Secret::new(array(&seat["chain"]))));
    let seats: Vec<_> = says["seats"].as_array().unwrap().iter().map(seat).collect();
    let epochs = || (first.0..).take(live.len()).map(Epoch);
    let roots = world::ROLES
        .map(|role| epochs().map(|epoch| world::role_root(role, epoch)).collect::<Vec<RoleRoot>>());
    let handout = Handout {
        operation: read.operation,
        sequence: read.sequence,
        epoch: read.epoch,
        places,
        room: small::<u32>(&file["room"]).try_into().unwrap(),
        first,
        live,
        roots: &roots,
        seats: &seats,
    };
    let authority = AuthorityKey::new(&Secret::new(array(&file["authority seed"])));
    Bundle::issue(&handout, &authority, &mut Numbers::new("bundle")).unwrap()
}
