//! Vectors of the working groups for the one primitive that is young: HPKE with X-Wing, as the library uses it.
//!
//! Where they come from and under which licence stands in each file.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "helpers of tests, where the lints make exceptions for the tests themselves"
)]

use hpke::{
    Deserializable as _, Kem, OpModeR, OpModeS, Serializable as _, aead::ChaCha20Poly1305, kdf::HkdfSha256,
    kem::XWing,
};
use serde_json::Value;

/// Gives out fixed bytes: the randomness of a vector.
struct Fixed(Vec<u8>);

impl rand_core::TryRng for Fixed {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(0)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(0)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        let rest = self.0.split_off(out.len());
        out.copy_from_slice(&self.0);
        self.0 = rest;
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Fixed {}

type PrivateKey = <XWing as Kem>::PrivateKey;
type PublicKey = <XWing as Kem>::PublicKey;
type EncappedKey = <XWing as Kem>::EncappedKey;

#[test]
fn x_wing_encapsulates_and_decapsulates_as_the_draft_says() {
    let file: Value = serde_json::from_str(include_str!("vectors/public/x-wing.json")).unwrap();
    let vectors = file["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 3);
    for vector in vectors {
        let bytes = |name: &str| hex::decode(vector[name].as_str().unwrap()).unwrap();
        let private = PrivateKey::from_bytes(&bytes("sk")).unwrap();
        let public = XWing::sk_to_pk(&private);
        assert_eq!(public.to_bytes()[..], bytes("pk"));
        let (secret, enc) = XWing::encap_with_rng(&public, None, &mut Fixed(bytes("eseed"))).unwrap();
        assert_eq!((&secret.0[..], &enc.to_bytes()[..]), (&bytes("ss")[..], &bytes("ct")[..]));
        let enc = EncappedKey::from_bytes(&bytes("ct")).unwrap();
        assert_eq!(XWing::decap(&private, None, &enc).unwrap().0[..], bytes("ss"));
    }
}

#[test]
fn hpke_with_x_wing_seals_and_opens_as_the_draft_says() {
    let file: Value = serde_json::from_str(include_str!("vectors/public/hpke-pq.json")).unwrap();
    let vector = &file["vectors"][0];
    let bytes = |value: &Value| hex::decode(value.as_str().unwrap()).unwrap();
    let private = PrivateKey::from_bytes(&bytes(&vector["skRm"])).unwrap();
    let public = PublicKey::from_bytes(&bytes(&vector["pkRm"])).unwrap();
    let enc = EncappedKey::from_bytes(&bytes(&vector["enc"])).unwrap();
    let info = bytes(&vector["info"]);
    let first = &vector["encryptions"][0];
    let (made, sealed) = hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, XWing>(
        &OpModeS::Base,
        &public,
        &info,
        &bytes(&first["pt"]),
        &bytes(&first["aad"]),
        &mut Fixed(bytes(&vector["ikmE"])),
    )
    .unwrap();
    assert_eq!((&made.to_bytes()[..], sealed), (&bytes(&vector["enc"])[..], bytes(&first["ct"])));
    let mut context =
        hpke::setup_receiver::<ChaCha20Poly1305, HkdfSha256, XWing>(&OpModeR::Base, &private, &enc, &info)
            .unwrap();
    for message in vector["encryptions"].as_array().unwrap() {
        let text = context.open(&bytes(&message["ct"]), &bytes(&message["aad"])).unwrap();
        assert_eq!(text, bytes(&message["pt"]));
    }
}
