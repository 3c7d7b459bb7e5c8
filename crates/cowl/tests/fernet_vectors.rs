//! Fernet against tokens that were put together by hand, good and bad (`data/fernet/make.py`).
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use cowl::dangerous::{FernetKey, FernetKeys, Freshness, NotDecrypted, dangerous_time_of};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vector {
    desc: String,
    token: String,
    now: u64,
    ttl_sec: u64,
    secret: String,
    src: Option<String>,
    time: Option<u64>,
}

impl Vector {
    fn keys(&self) -> FernetKeys {
        FernetKeys::new(FernetKey::parse(&self.secret).unwrap())
    }

    fn fresh(&self) -> Freshness {
        Freshness { ttl_seconds: self.ttl_sec, now: self.now }
    }
}

#[test]
fn good_tokens_open() {
    for vector in vectors(include_str!("data/fernet/valid.json")) {
        let keys = vector.keys();
        let src = vector.src.as_deref().unwrap();
        let with_age = keys.decrypt(&vector.token, Some(vector.fresh())).unwrap();
        let without = keys.decrypt(&vector.token, None).unwrap();
        assert_eq!((&**with_age, &**without), (src.as_bytes(), src.as_bytes()), "{}", vector.desc);
        assert_eq!(dangerous_time_of(&vector.token), vector.time, "{}", vector.desc);
        // the same time and length, whatever the IV
        let again = keys.encrypt(src.as_bytes(), vector.time.unwrap());
        assert_eq!(dangerous_time_of(&again), vector.time, "{}", vector.desc);
        assert_eq!(again.len(), vector.token.len(), "{}", vector.desc);
        assert_ne!(again, vector.token, "{}", vector.desc);
    }
}

#[test]
fn bad_tokens_do_not() {
    let vectors = vectors(include_str!("data/fernet/invalid.json"));
    assert!(vectors.len() >= 25);
    for vector in vectors {
        let outcome = vector.keys().decrypt(&vector.token, Some(vector.fresh()));
        assert_eq!(outcome.map(|_| ()), Err(NotDecrypted), "{}", vector.desc);
    }
}

fn vectors(json: &str) -> Vec<Vector> {
    serde_json::from_str(json).unwrap()
}
