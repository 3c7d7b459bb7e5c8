//! The key schedule (spec §3).

use aes::{
    Aes256,
    cipher::{BlockCipherEncrypt as _, KeyInit as _},
};
use hkdf::Hkdf;
use sha2::Sha256;

pub(crate) type Key = [u8; 32];

/// HKDF-SHA256 with extraction (RFC 5869).
pub(crate) fn hkdf<const N: usize>(salt: &[u8], secret: &[u8], info: &[&[u8]]) -> [u8; N] {
    let mut out = [0; N];
    Hkdf::<Sha256>::new(Some(salt), secret).expand(&info.concat(), &mut out).unwrap();
    out
}

/// HKDF-Expand alone, under a key that is uniform already.
pub(crate) fn expand(key: &Key, info: &[u8]) -> Key {
    let mut out = [0; 32];
    Hkdf::<Sha256>::from_prk(key).unwrap().expand(info, &mut out).unwrap();
    out
}

/// Spec §3.2.
pub(crate) fn device_root(root: &Key, operation: &[u8; 16], role: u8, epoch: u32, place: u32) -> Key {
    hkdf(operation, root, &[b"cowl/1 device", &[role], &epoch.to_be_bytes(), &place.to_be_bytes()])
}

/// Spec §3.3: the AEAD key and the tag key.
pub(crate) fn part_keys(device_root: &Key) -> (Key, Key) {
    (expand(device_root, b"cowl/1 part key"), expand(device_root, b"cowl/1 tag key"))
}

/// Spec §3.3.
pub(crate) fn tag(tag_key: &Key, counter: u64) -> [u8; 16] {
    let mut block = u128::from(counter).to_be_bytes().into();
    Aes256::new(tag_key.into()).encrypt_block(&mut block);
    block.into()
}

/// Spec §3.4.
pub(crate) fn walk_in_seed(root: &Key, operation: &[u8; 16], role: u8, epoch: u32) -> Key {
    hkdf(operation, root, &[b"cowl/1 walk-in seed", &[role], &epoch.to_be_bytes()])
}

/// Spec §3.10.
pub(crate) fn relay_seed(root: &Key, operation: &[u8; 16], epoch: u32) -> Key {
    hkdf(operation, root, &[b"cowl/1 relay seed", &epoch.to_be_bytes()])
}

/// Spec §3.5.
pub(crate) fn beacon_key(secret: &Key, operation: &[u8; 16], epoch: u32) -> Key {
    hkdf(operation, secret, &[b"cowl/1 beacon key", &epoch.to_be_bytes()])
}

/// Spec §3.5: from the beacon key of the epoch.
pub(crate) fn bulletin_key(beacon_key: &Key) -> Key {
    expand(beacon_key, b"cowl/1 bulletin key")
}

/// Spec §3.6: the seed of an epoch's places.
pub(crate) fn places_seed(secret: &Key, operation: &[u8; 16], epoch: u32) -> Key {
    hkdf(operation, secret, &[b"cowl/1 places", &epoch.to_be_bytes()])
}

/// Spec §3.6: the place of each device number.
pub(crate) fn places(seed: &Key, count: u32) -> Vec<u32> {
    let mut places: Vec<u32> = (0..count).collect();
    let mut words = (0..)
        .flat_map(|block| tag(seed, block).as_chunks::<4>().0.to_vec())
        .map(|word| u64::from(u32::from_be_bytes(word)));
    for last in (1..count).rev() {
        let bound = u64::from(last) + 1;
        let usable = (1_u64 << 32) / bound * bound;
        let word = words.find(|word| *word < usable).unwrap();
        places.swap(usize::try_from(last).unwrap(), usize::try_from(word % bound).unwrap());
    }
    places
}

/// How many words [`places`] draws.
pub(crate) fn draws(seed: &Key, count: u32) -> u32 {
    let mut words = (0..).flat_map(|block| tag(seed, block).as_chunks::<4>().0.to_vec());
    let mut drawn = 0;
    for last in (1..count).rev() {
        let usable = (1_u64 << 32) / (u64::from(last) + 1) * (u64::from(last) + 1);
        while u64::from(u32::from_be_bytes(words.next().unwrap())) >= usable {
            drawn += 1;
        }
        drawn += 1;
    }
    drawn
}

/// Spec §3.7.
pub(crate) fn pseudonym(operation: &[u8; 16], epoch: u32, place: u32) -> String {
    let bits: [u8; 5] =
        hkdf(&[], operation, &[b"cowl/1 pseudonym", &epoch.to_be_bytes(), &place.to_be_bytes()]);
    let number = bits.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let digits: Vec<char> = (0..8)
        .map(|digit| usize::try_from(number >> (35 - 5 * digit) & 31).unwrap())
        .map(|digit| char::from(b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"[digit]))
        .collect();
    let group = |range: core::ops::Range<usize>| digits[range].iter().collect::<String>();
    format!("V-{}-{}", group(0..4), group(4..8))
}

/// Spec §3.9.
pub(crate) fn clone_mark(device_root: &Key) -> [u8; 8] {
    expand(device_root, b"cowl/1 clone mark")[..8].try_into().unwrap()
}

/// Spec §3.8.
pub(crate) fn erasure_handle(seed: &Key, operation: &[u8; 16], epoch: u32) -> [u8; 16] {
    hkdf::<32>(operation, seed, &[b"cowl/1 erasure handle", &epoch.to_be_bytes()])[..16].try_into().unwrap()
}
