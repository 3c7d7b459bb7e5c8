//! What no honest library seals.

/// RFC 9180 base mode by hand, for a Diffie–Hellman result of zero: what no honest library seals.
pub(crate) fn zero_secret_seal(public: &[u8], enc: &[u8; 32], info: &[u8], text: &[u8]) -> Vec<u8> {
    use chacha20poly1305::{ChaCha20Poly1305, KeyInit as _, aead::Aead as _};
    use hkdf::Hkdf;
    use sha2::Sha256;
    let extract = |suite: &[u8], salt: &[u8], label: &[u8], secret: &[u8]| {
        Hkdf::<Sha256>::extract(Some(salt), &[b"HPKE-v1", suite, label, secret].concat()).1
    };
    let expand = |suite: &[u8], key: &Hkdf<Sha256>, label: &[u8], info: &[u8], out: &mut [u8]| {
        let length = u16::try_from(out.len()).unwrap().to_be_bytes();
        key.expand(&[&length[..], b"HPKE-v1", suite, label, info].concat(), out).unwrap();
    };
    let kem = [b"KEM".as_slice(), &[0, 0x20]].concat();
    let mut shared = [0; 32];
    let key = extract(&kem, b"", b"eae_prk", &[0; 32]);
    expand(&kem, &key, b"shared_secret", &[enc, public].concat(), &mut shared);
    let suite = [b"HPKE".as_slice(), &[0, 0x20, 0, 1, 0, 3]].concat();
    let digest = |label: &[u8], secret: &[u8]| {
        Hkdf::<Sha256>::extract(Some(b""), &[b"HPKE-v1", &suite[..], label, secret].concat()).0
    };
    let context = [&[0][..], &digest(b"psk_id_hash", b""), &digest(b"info_hash", info)].concat();
    let secret = extract(&suite, &shared, b"secret", b"");
    let (mut key, mut nonce) = ([0; 32], [0; 12]);
    expand(&suite, &secret, b"key", &context, &mut key);
    expand(&suite, &secret, b"base_nonce", &context, &mut nonce);
    let sealed = ChaCha20Poly1305::new(&key.into()).encrypt(&nonce.into(), text).unwrap();
    [&enc[..], &sealed].concat()
}
