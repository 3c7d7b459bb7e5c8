//! The withdrawal code: twelve words that only the person has (spec §15.2).
//!
//! Whoever knows it can have everything erased that was reported under it, and nothing else. It derives one erasure handle
//! for each epoch ([`crate::schedule::erasure_handle`]), so reports of two epochs are not joined by it.

use alloc::string::String;
use core::fmt;

use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{Secret, schedule};

/// BIP 39's English list: 2,048 words in alphabetical order, one a line.
const WORDS: &str = include_str!("../assets/bip39-english.txt");
/// Words of a code.
const COUNT: usize = 12;
/// The longest word of the list.
const LONGEST: usize = 8;
/// Letters that tell a word of the list from every other.
const LETTERS: usize = 4;
/// Bits that a word stands for: twelve words have 132 of them.
const BITS: usize = 11;
/// Bits of the last word that check the others.
const CHECK: usize = 4;

/// A withdrawal code: 128 random bits. Its text is twelve words of BIP 39's English list, of which four bits of the last
/// are a checksum: nearly every slip of the pen is noticed.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct WithdrawalCode([u8; 16]);

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
    pub fn draw(rng: &mut impl CryptoRng) -> Self {
        let mut code = Self([0; 16]);
        rng.fill_bytes(&mut code.0);
        code
    }

    /// Takes back what [`Self::expose`] gave.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bits, for who keeps the code for somebody else. Named so that every use can be found.
    pub const fn expose(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads what [`Self::to_words`] wrote: capitals, commas and line breaks do not matter, and the first four letters
    /// of a word are enough.
    pub fn parse(text: &str) -> Result<Self, NotACode> {
        let words = text.split(|symbol: char| symbol.is_whitespace() || symbol == ',' || symbol == '-');
        // 132 bits, the first word in front.
        let mut bits = Zeroizing::new(Bits::default());
        let mut count = 0;
        for word in words.filter(|word| !word.is_empty()) {
            count += 1;
            bits.push(number_of(word).ok_or(NotACode::Word(count))?);
        }
        if count != COUNT {
            return Err(NotACode::Count);
        }
        let code = Self(bits.code.to_be_bytes());
        if bits.check == code.check() { Ok(code) } else { Err(NotACode::Checksum) }
    }

    /// The twelve words, for a person to write down.
    pub fn to_words(&self) -> Zeroizing<String> {
        // Room for the longest, so that no copy is left behind by growing.
        let mut text = Zeroizing::new(String::with_capacity(COUNT * (LONGEST + 1)));
        let bits = Zeroizing::new(Bits { code: u128::from_be_bytes(self.0), check: self.check() });
        for at in 0..COUNT {
            if at > 0 {
                text.push(' ');
            }
            text.push_str(WORDS.lines().nth(bits.word(at)).unwrap_or_default());
        }
        text
    }

    /// The seed of erasure handles.
    pub fn seed(&self) -> Secret {
        schedule::withdrawal_seed(&self.0)
    }

    /// What a receipt says of the code, SHA-256: it shows that a code belongs to the receipt, and gives nothing of it away.
    pub fn hash(&self) -> [u8; 32] {
        schedule::withdrawal_hash(&self.0)
    }

    /// The first bits of the code's SHA-256.
    fn check(&self) -> u8 {
        Sha256::digest(self.0).first().copied().unwrap_or_default() >> (8 - CHECK)
    }
}

impl fmt::Debug for WithdrawalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WithdrawalCode(…)")
    }
}

/// The 128 bits of a code, and the four behind them that check it.
#[derive(Default, Zeroize)]
struct Bits {
    code: u128,
    check: u8,
}

impl Bits {
    /// Moves all up by a word, and puts one behind.
    fn push(&mut self, word: u16) {
        let bits = u128::from(self.check) << BITS | u128::from(word);
        self.code = self.code << BITS | bits >> CHECK;
        let [low, ..] = bits.to_le_bytes();
        self.check = low & 0xf;
    }

    /// The number of a word, counted from the front.
    fn word(&self, at: usize) -> usize {
        let behind = (COUNT - 1).saturating_sub(at) * BITS;
        let bits = match behind.checked_sub(CHECK) {
            Some(behind) => self.code >> behind,
            None => self.code << CHECK | u128::from(self.check),
        };
        usize::try_from(bits & 0x7ff).unwrap_or(0)
    }
}

/// Where a word stands in the list: typed whole, or its first four letters.
fn number_of(typed: &str) -> Option<u16> {
    let fits = |known: &str, length: usize| {
        known.get(..length).is_some_and(|start| start.eq_ignore_ascii_case(typed))
    };
    let whole = |known: &str| fits(known, known.len());
    let found = WORDS.lines().position(whole);
    let short = || WORDS.lines().position(|known| typed.len() == LETTERS && fits(known, LETTERS));
    u16::try_from(found.or_else(short)?).ok()
}

#[cfg(test)]
mod tests {
    use std::{format, string::ToString as _, vec::Vec};

    use super::*;

    fn of(byte: u8) -> WithdrawalCode {
        WithdrawalCode::from_bytes([byte; 16])
    }

    #[test]
    fn the_list_is_bip_39s() {
        let hash = Sha256::digest(WORDS);
        // Of `english.txt` in the standard's own repository.
        assert_eq!(hex::encode(hash), "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda");
        assert_eq!(WORDS.lines().count(), 1 << BITS);
    }

    /// The words of BIP 39's own vectors.
    #[test]
    fn words_are_those_of_bip_39() {
        for (byte, words) in [
            (
                0,
                "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
            ),
            (0x7f, "legal winner thank year wave sausage worth useful legal winner thank yellow"),
            (0x80, "letter advice cage absurd amount doctor acoustic avoid letter advice cage above"),
            (0xff, "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong"),
        ] {
            assert_eq!(of(byte).to_words().as_str(), words);
            assert_eq!(WithdrawalCode::parse(words).unwrap().0, [byte; 16]);
        }
        let code = hex::decode("9e885d952ad362caeb4efe34a8e91bd2").unwrap();
        let words = "ozone drill grab fiber curtain grace pudding thank cruise elder eight picnic";
        assert_eq!(WithdrawalCode::parse(words).unwrap().0.to_vec(), code);
    }

    #[test]
    fn a_code_is_read_as_people_write_it_and_slips_are_noticed() {
        for text in [
            "LEGA winn than\nyear, wave saus wort usef lega winn than yell",
            "legal-winner-thank-year-wave-sausage-worth-useful-legal-winner-thank-yellow",
        ] {
            assert_eq!(WithdrawalCode::parse(text).unwrap().0, [0x7f; 16]);
        }
        let legal = "legal winner thank year wave sausage worth useful legal winner thank";
        let cases = [
            (String::new(), NotACode::Count),
            ("legal winner".to_string(), NotACode::Count),
            (format!("{legal} yellow {legal} yellow"), NotACode::Count),
            (format!("{legal} jaune"), NotACode::Word(12)),
            (format!("{legal} yéll"), NotACode::Word(12)),
            (legal.replacen("legal winner", "winner legal", 1) + " yellow", NotACode::Checksum),
            (format!("{legal} zebra"), NotACode::Checksum),
        ];
        for (text, why) in cases {
            assert_eq!(WithdrawalCode::parse(&text).unwrap_err(), why, "{text}");
        }
        assert_eq!(format!("{:?}", of(1)), "WithdrawalCode(…)");
        // "act" and "acti…": a short word is itself before it is the start of another.
        for seed in 0_u8..=200 {
            let code = WithdrawalCode::from_bytes(*Sha256::digest([seed]).first_chunk().unwrap());
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
            hex::encode(code.hash()),
            "61b221edc643a0fa9d292c3272388ceb86f7fd38411476115c30616f2ac9f99a"
        );
    }
}
