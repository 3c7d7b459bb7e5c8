//! Bytes as words that can be read out, written down and typed: 11 bits each, of BIP 39's English list, in which no two
//! words share their first four letters. The checksum is the share's own.

use bip39::Language;
use zeroize::Zeroizing;

use super::{RecoveryError, share::LEN};

const BITS: usize = 11;
const COUNT: usize = LEN * 8 / BITS;
/// As many letters as tell a word.
const LETTERS: usize = 4;

pub(super) fn of(bytes: &[u8; LEN]) -> Zeroizing<String> {
    let list = Language::English.word_list();
    let mut text = Zeroizing::new(String::with_capacity(COUNT * 9));
    for word in 0..COUNT {
        let bits = (0..BITS).map(|bit| usize::from(bit_at(bytes, word * BITS + bit)));
        let index = bits.fold(0, |index, bit| index << 1 | bit);
        if word > 0 {
            text.push(' ');
        }
        // 11 bits count to 2,047.
        text.push_str(list.get(index).copied().unwrap_or_default());
    }
    text
}

pub(super) fn read(words: &[&str]) -> Result<Zeroizing<[u8; LEN]>, RecoveryError> {
    if words.len() != COUNT {
        return Err(RecoveryError::NotAShare);
    }
    let mut bytes = Zeroizing::new([0; LEN]);
    for (at, word) in words.iter().enumerate() {
        let index = index_of(word).ok_or(RecoveryError::Word(at + 1))?;
        for bit in 0..BITS {
            let set = index >> (BITS - 1 - bit) & 1 == 1;
            let place = at * BITS + bit;
            if set && let Some(byte) = bytes.get_mut(place / 8) {
                *byte |= 0x80 >> (place % 8);
            }
        }
    }
    Ok(bytes)
}

fn bit_at(bytes: &[u8], place: usize) -> bool {
    bytes.get(place / 8).is_some_and(|byte| byte >> (7 - place % 8) & 1 == 1)
}

/// The word itself, or the one word that begins with its first four letters.
fn index_of(word: &str) -> Option<usize> {
    let word = Zeroizing::new(word.to_lowercase());
    let list = Language::English.word_list();
    if let Ok(index) = list.binary_search(&word.as_str()) {
        return Some(index);
    }
    let start = word.get(..LETTERS).filter(|start| start.len() == word.len())?;
    list.iter().position(|known| known.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_letters_tell_every_word() {
        let list = Language::English.word_list();
        for (index, word) in list.iter().enumerate() {
            assert_eq!(index_of(word), Some(index));
            assert_eq!(index_of(&word.chars().take(4).collect::<String>().to_uppercase()), Some(index));
        }
        assert_eq!(index_of("abandonment"), None);
        assert_eq!(index_of("aba"), None);
    }

    #[test]
    fn bytes_come_back_from_their_words() {
        let mut bytes = [0; LEN];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::try_from(at * 37 % 251).unwrap();
        }
        let text = of(&bytes);
        let words: Vec<_> = text.split(' ').collect();
        assert_eq!(words.len(), 32);
        assert_eq!(*read(&words).unwrap(), bytes);
        assert!(matches!(read(words.get(1..).unwrap()), Err(RecoveryError::NotAShare)));
    }
}
