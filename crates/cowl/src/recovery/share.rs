//! One share: 44 bytes, written as 32 words.

use aws_lc_rs::digest::{SHA256, digest};
use zeroize::Zeroizing;

use super::{RecoveryError, SetId, words};

/// Bytes of a share: version, set, threshold, count, number, value, checksum.
pub(super) const LEN: usize = 1 + 4 + 3 + 32 + 4;
const VERSION: u8 = 1;
const CHECKSUM: &[u8] = b"cowl share v1";

/// One of the shares of a recovery key. Secret: together with as many others as are needed it opens everything.
#[derive(Clone)]
pub struct Share {
    /// Which set it belongs to.
    pub set: SetId,
    /// How many are needed.
    pub threshold: u8,
    /// How many there are.
    pub of: u8,
    /// Which one this is, from 1 on.
    pub number: u8,
    pub(super) value: Zeroizing<[u8; 32]>,
}

impl Share {
    /// As bytes: what a QR code carries, in hexadecimal.
    pub fn to_bytes(&self) -> Zeroizing<[u8; LEN]> {
        let mut bytes = Zeroizing::new([0; LEN]);
        let fields = [VERSION].into_iter().chain(self.set.0).chain([self.threshold, self.of, self.number]);
        for (byte, value) in bytes.iter_mut().zip(fields.chain(*self.value)) {
            *byte = value;
        }
        let sum = checksum(&bytes);
        for (byte, value) in bytes.iter_mut().rev().zip(sum.into_iter().rev()) {
            *byte = value;
        }
        bytes
    }

    /// From bytes. Refuses what was altered by accident; what was altered on purpose is found when shares are joined.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RecoveryError> {
        let bytes: &[u8; LEN] = bytes.try_into().map_err(|_| RecoveryError::NotAShare)?;
        let (version, rest) = bytes.split_first().ok_or(RecoveryError::NotAShare)?;
        let (set, rest) = rest.split_first_chunk::<4>().ok_or(RecoveryError::NotAShare)?;
        let (numbers, rest) = rest.split_first_chunk::<3>().ok_or(RecoveryError::NotAShare)?;
        let (value, sum) = rest.split_first_chunk::<32>().ok_or(RecoveryError::NotAShare)?;
        if checksum(bytes).as_slice() != sum {
            return Err(RecoveryError::Misread);
        }
        let [threshold, of, number] = *numbers;
        if *version != VERSION || !super::deal::sensible(threshold, of) || !(1..=of).contains(&number) {
            return Err(RecoveryError::NotAShare);
        }
        Ok(Self { set: SetId(*set), threshold, of, number, value: Zeroizing::new(*value) })
    }

    /// As 32 English words of BIP 39's list, of which the first four letters suffice.
    pub fn words(&self) -> Zeroizing<String> {
        words::of(&self.to_bytes())
    }

    /// From words, from the 88 hexadecimal digits of a QR code, or from a share's file, which has either on a line that
    /// does not begin with `#`.
    pub fn parse(text: &str) -> Result<Self, RecoveryError> {
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        let tokens: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
        if let [one] = tokens.as_slice()
            && let Ok(bytes) = hex::decode(one)
        {
            return Self::from_bytes(&Zeroizing::new(bytes));
        }
        Self::from_bytes(words::read(&tokens)?.as_slice())
    }

    /// The share's file: what it is for people, and its words.
    pub fn to_text(&self, operation: &str) -> Zeroizing<String> {
        let Self { set, threshold, of, number, .. } = self;
        let words = self.words();
        let mut lines = Zeroizing::new(String::new());
        for (at, word) in words.split(' ').enumerate() {
            lines.push_str(word);
            lines.push(if at % 8 == 7 { '\n' } else { ' ' });
        }
        Zeroizing::new(format!(
            "# Share {number} of {of} of the recovery key of operation {operation}, set {set}.\n\
             # Any {threshold} of the {of}, with the recovery file, open everything that the operation can open.\n\
             # Keep it where nobody finds two of them. To use it: cowl recover RECOVERY-FILE SHARE... -o NEWDIR\n\
             {}",
            *lines
        ))
    }
}

fn checksum(bytes: &[u8; LEN]) -> [u8; 4] {
    let mut input = Zeroizing::new(CHECKSUM.to_vec());
    input.extend(bytes.iter().take(LEN - 4));
    digest(&SHA256, &input).as_ref().first_chunk().copied().unwrap_or_default()
}

impl std::fmt::Debug for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { set, threshold, of, number, .. } = self;
        write!(f, "Share({number} of {of}, {threshold} needed, set {set})")
    }
}
