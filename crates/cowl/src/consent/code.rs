//! The withdrawal code: twelve words that only the person has.
//!
//! Whoever knows it can have everything erased that was reported under it, and nothing else. It derives one erasure handle
//! for each epoch ([`cowl_core::schedule::erasure_handle`]), so reports of two epochs are not joined by it.

use std::fmt;

use aws_lc_rs::{
    digest::{SHA256, digest},
    hkdf,
};
use bip39::{Language, Mnemonic};
use cowl_core::Secret;
use zeroize::{Zeroize as _, Zeroizing};

use crate::{log::Digest, random::SystemRng};

/// Letters that tell a word of the list from every other.
const LETTERS: usize = 4;

/// A withdrawal code: 128 random bits. Its text is twelve words of BIP 39's English list, of which four bits of the last
/// are a checksum: nearly every slip of the pen is noticed.
pub struct WithdrawalCode(Zeroizing<[u8; 16]>);

/// A text that is no withdrawal code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotACode {
    /// Not twelve words.
    #[error("a withdrawal code has 12 words")]
    Count,
    /// A word that is not on the list.
    #[error("word {0} is not a word of a withdrawal code")]
    Word(usize),
    /// All words are known, and one is wrong or two are swapped.
    #[error("the words do not fit together: one of them is wrong, or two are swapped")]
    Checksum,
}

impl WithdrawalCode {
    /// Draws a code.
    pub fn draw(rng: &mut SystemRng) -> Self {
        Self(Zeroizing::new(rng.id()))
    }

    /// Takes back what [`Self::bytes`] gave.
    pub(crate) fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bits, for a gateway that keeps the code for a device which cannot.
    pub(crate) fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads what [`Self::to_words`] wrote: capitals, commas and line breaks do not matter, and the first four letters
    /// of a word are enough.
    pub fn parse(text: &str) -> Result<Self, NotACode> {
        let list = Language::English.word_list();
        let words = text.split(|symbol: char| symbol.is_whitespace() || symbol == ',' || symbol == '-');
        let mut found = Zeroizing::new(String::new());
        let mut count = 0;
        for word in words.filter(|word| !word.is_empty()) {
            count += 1;
            let typed = Zeroizing::new(word.to_lowercase());
            let short = typed.chars().count() == LETTERS;
            let fits =
                |known: &&&str| **known == typed.as_str() || (short && known.starts_with(typed.as_str()));
            let known = list.iter().filter(fits).max_by_key(|known| **known == typed.as_str());
            found.push_str(known.ok_or(NotACode::Word(count))?);
            found.push(' ');
        }
        if count != 12 {
            return Err(NotACode::Count);
        }
        let mnemonic = Mnemonic::parse_in_normalized(Language::English, found.trim_end())
            .map_err(|_| NotACode::Checksum)?;
        let (mut entropy, _) = mnemonic.to_entropy_array();
        let mut code = Zeroizing::new([0; 16]);
        code.copy_from_slice(entropy.first_chunk::<16>().unwrap_or(&[0; 16]));
        entropy.zeroize();
        Ok(Self(code))
    }

    /// The twelve words, for a person to write down.
    pub fn to_words(&self) -> Zeroizing<String> {
        // Sixteen bytes are one of the lengths that there are.
        let words = Mnemonic::from_entropy(self.0.as_slice()).ok();
        let mut text = Zeroizing::new(String::with_capacity(12 * 9));
        for word in words.iter().flat_map(Mnemonic::words) {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(word);
        }
        text
    }

    /// The seed of erasure handles: HKDF-SHA256 of the 16 bytes (spec §consent).
    pub fn seed(&self) -> Secret {
        let mut seed = Zeroizing::new([0; 32]);
        let key = hkdf::Salt::new(hkdf::HKDF_SHA256, b"cowl/1 withdrawal seed").extract(self.0.as_slice());
        // 32 bytes are what one block of SHA-256 gives.
        let filled = key.expand(&[], hkdf::HKDF_SHA256).and_then(|output| output.fill(seed.as_mut_slice()));
        debug_assert!(filled.is_ok(), "an output of 32 bytes");
        Secret::new(*seed)
    }

    /// What a receipt says of the code: it shows that a code belongs to the receipt, and gives nothing of it away.
    pub fn hash(&self) -> Digest {
        let text = Zeroizing::new([b"cowl/1 withdrawal code\n".as_slice(), self.0.as_slice()].concat());
        let hash = digest(&SHA256, &text);
        Digest(hash.as_ref().first_chunk().copied().unwrap_or_default())
    }
}

impl fmt::Debug for WithdrawalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WithdrawalCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(byte: u8) -> WithdrawalCode {
        WithdrawalCode(Zeroizing::new([byte; 16]))
    }

    /// The words of BIP 39's own vectors.
    #[test]
    fn words_are_those_of_bip_39() {
        let zeros =
            "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
        assert_eq!(of(0).to_words().as_str(), zeros);
        let sevens = "legal winner thank year wave sausage worth useful legal winner thank yellow";
        assert_eq!(of(0x7f).to_words().as_str(), sevens);
        assert_eq!(*WithdrawalCode::parse(sevens).unwrap().0, [0x7f; 16]);
    }

    #[test]
    fn a_code_is_read_as_people_write_it_and_slips_are_noticed() {
        for text in [
            "LEGA winn than\nyear, wave saus wort usef lega winn than yell",
            "legal-winner-thank-year-wave-sausage-worth-useful-legal-winner-thank-yellow",
        ] {
            assert_eq!(*WithdrawalCode::parse(text).unwrap().0, [0x7f; 16]);
        }
        let cases = [
            ("", NotACode::Count),
            ("legal winner", NotACode::Count),
            (
                "legal winner thank year wave sausage worth useful legal winner thank jaune",
                NotACode::Word(12),
            ),
            (
                "winner legal thank year wave sausage worth useful legal winner thank yellow",
                NotACode::Checksum,
            ),
            (
                "legal winner thank year wave sausage worth useful legal winner thank zebra",
                NotACode::Checksum,
            ),
        ];
        for (text, why) in cases {
            assert_eq!(WithdrawalCode::parse(text).unwrap_err(), why, "{text}");
        }
        assert_eq!(format!("{:?}", of(1)), "WithdrawalCode(…)");
        // "act" and "acti…": a short word is itself before it is the start of another.
        let mut rng = SystemRng::new();
        for _ in 0..200 {
            let code = WithdrawalCode::draw(&mut rng);
            assert_eq!(WithdrawalCode::parse(&code.to_words()).unwrap().0, code.0);
            let short: Vec<String> =
                code.to_words().split(' ').map(|word| word.chars().take(4).collect()).collect();
            assert_eq!(WithdrawalCode::parse(&short.join(" ")).unwrap().0, code.0);
        }
    }

    /// Fixed for ever: a code on paper must still find its records.
    #[test]
    fn seed_and_hash_of_a_known_code() {
        let code = of(0x7f);
        assert_eq!(
            hex::encode(code.seed().expose()),
            "8f7d10fb2c0ce84943938df5eeb15b8e39511e4776a54c59bb438f8e205f3f97"
        );
        assert_eq!(
            code.hash().to_string(),
            "61b221edc643a0fa9d292c3272388ceb86f7fd38411476115c30616f2ac9f99a"
        );
    }
}
