use super::*;
use crate::dangerous::NotAKey;
use cowl_core::Secret;
use proptest::prelude::*;

const NOW: u64 = 1_263_332_000;

#[test]
fn the_first_key_encrypts_and_all_decrypt() {
    let (old, new, both) = (keys(&[2]), keys(&[1]), keys(&[1, 2]));
    let token = both.encrypt(b"abc", NOW);
    assert_eq!(**new.decrypt(&token, None).unwrap(), *b"abc");
    assert_eq!(old.decrypt(&token, None), Err(NotDecrypted));
    assert_eq!(**both.decrypt(&old.encrypt(b"abc", NOW), None).unwrap(), *b"abc");
}

#[test]
fn rotation_changes_the_key_and_keeps_the_time() {
    let token = keys(&[2]).encrypt(b"abc", NOW);
    let rotated = keys(&[1, 2]).rotate(&token).unwrap();
    assert_eq!(**keys(&[1]).decrypt(&rotated, None).unwrap(), *b"abc");
    assert_eq!(dangerous_time_of(&rotated), Some(NOW));
    assert_eq!(keys(&[1, 3]).rotate(&token), Err(NotDecrypted));
    // so does one from the end of time, which would overflow a clock comparison
    let late = keys(&[2]).encrypt(b"abc", u64::MAX);
    assert_eq!(dangerous_time_of(&keys(&[1, 2]).rotate(&late).unwrap()), Some(u64::MAX));
}

#[test]
fn keys_are_renewed_and_dropped() {
    let mut keys = keys(&[2, 3]);
    let token = keys.encrypt(b"abc", NOW);
    keys.put_first(key(1)).unwrap();
    assert_eq!(*keys.to_text(), *self::keys(&[1, 2, 3]).to_text());
    keys.keep(2);
    assert!(keys.decrypt(&token, None).is_ok());
    keys.keep(0);
    assert_eq!(*keys.to_text(), *self::keys(&[1]).to_text());
    assert_eq!(keys.decrypt(&token, None), Err(NotDecrypted));
}

#[test]
fn a_key_file_is_read_strictly() {
    let text = key(7).to_text();
    let parse = |file: &str| FernetKeys::parse(file).map(|keys| keys.keys().count());
    assert_eq!(parse(&format!("\n# ours\n  {}  # since Monday\r\n\n{}", *text, *text)), Ok(2));
    assert_eq!(parse("# none\n\n"), Err(FernetKeysError::Empty));
    assert_eq!(parse(""), Err(FernetKeysError::Empty));
    let at_2 = Err(FernetKeysError::Line { line: 2, problem: NotAKey });
    assert_eq!(parse(&format!("# ours\n{}x\n", *text)), at_2);
    assert_eq!(parse(&format!("{}\nsecret", *text)), at_2);
    assert_eq!(parse(&format!("{}\n", *text).repeat(MAX_KEYS)), Ok(MAX_KEYS));
    assert_eq!(parse(&format!("{}\n", *text).repeat(MAX_KEYS + 1)), Err(FernetKeysError::TooMany));
}

#[test]
fn a_key_has_one_spelling() {
    let text = FernetKey::new(Secret::new([0xfb; 32])).to_text();
    assert_eq!(*FernetKey::parse(&text).unwrap().to_text(), *text);
    let text = text.as_str();
    let unpadded = text.trim_end_matches('=');
    let spellings = [
        String::new(),
        unpadded.into(),
        format!("{unpadded}=="),
        format!(" {text}"),
        format!("{text}\n"),
        text.replace('-', "+").replace('_', "/"),
        // leftover bits
        format!("{}t=", &text[..42]),
        // 33 and 31 bytes
        URL_SAFE.encode([1; 33]),
        URL_SAFE.encode([1; 31]),
        "é".repeat(22),
        "%".repeat(44),
    ];
    for spelling in spellings {
        assert!(FernetKey::parse(&spelling).is_err(), "{spelling}");
    }
}

#[test]
fn fresh_keys_differ() {
    let mut rng = random::SystemRng::new();
    let keys = [0; 2].map(|_| FernetKeys::generate(&mut rng).to_text());
    assert_ne!(*keys[0], *keys[1]);
    assert!(FernetKeys::parse(&keys[0]).is_ok());
}

#[test]
fn debug_shows_no_key() {
    assert_eq!(format!("{:?} {:?}", key(1), keys(&[1, 2])), "FernetKey(…) FernetKeys(2)");
}

proptest! {
    #[test]
    fn any_message_comes_back(message: Vec<u8>, now: u64) {
        let keys = keys(&[1]);
        let token = keys.encrypt(&message, now);
        prop_assert_eq!(&**keys.decrypt(&token, Some(Freshness { ttl_seconds: 0, now })).unwrap(), &message);
        prop_assert_eq!(dangerous_time_of(&token), Some(now));
    }

    #[test]
    fn no_text_panics(text in "\\PC*|gAAAAA[A-Za-z0-9_=-]{0,200}", ttl_seconds: u64, now: u64) {
        let fresh = Freshness { ttl_seconds, now };
        prop_assert!(keys(&[1, 2]).decrypt(&text, Some(fresh)).is_err());
        prop_assert!(keys(&[1, 2]).rotate(&text).is_err());
        prop_assert!(FernetKeys::parse(&text).is_err());
    }

    #[test]
    fn no_altered_token_opens(at in 0_usize..140, by in 1_u8..64) {
        let keys = keys(&[1]);
        let mut token = keys.encrypt(&[7; 40], NOW).into_bytes();
        let at = at % token.len();
        token[at] = token[at].wrapping_add(by) & 0x7f;
        prop_assert!(keys.decrypt(&String::from_utf8(token).unwrap(), None).is_err());
    }
}

fn key(seed: u8) -> FernetKey {
    FernetKey::new(Secret::new([seed; 32]))
}

fn keys(seeds: &[u8]) -> FernetKeys {
    let texts: Vec<_> = seeds.iter().map(|seed| key(*seed).to_text()).collect();
    FernetKeys::from_texts(texts.iter().map(|text| text.as_str())).unwrap()
}
