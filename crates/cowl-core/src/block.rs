//! One block of AES-256 as a keyed permutation of counters: the tags that receivers look up (spec §3.3).

use core::fmt;

use aes::Aes256;
use aes::cipher::{BlockCipherEncrypt as _, KeyInit as _};

/// The length of a tag in bytes: one AES block.
pub(crate) const TAG_LEN: usize = 16;

/// An expanded AES-256 key. `aes` erases its round keys on drop.
#[derive(Clone)]
pub(crate) struct BlockKey(Aes256);

impl BlockKey {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(Aes256::new(key.into()))
    }

    /// `AES-256(key, counter)`, the counter as a 16-byte big-endian number.
    pub(crate) fn tag(&self, counter: u64) -> [u8; TAG_LEN] {
        let mut block = u128::from(counter).to_be_bytes().into();
        self.0.encrypt_block(&mut block);
        block.into()
    }
}

impl fmt::Debug for BlockKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlockKey(…)")
    }
}
