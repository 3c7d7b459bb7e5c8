//! RFC 9497's verifiable mode with ristretto255 and SHA-512, over bytes: the one file that names the crate.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use voprf_ng::{
    BlindedElement, EvaluationElement, Group as _, Proof, Ristretto255, VoprfClient, VoprfServer,
    VoprfServerBatchEvaluateResult,
};

use crate::Secret;

/// Bytes of a group element.
pub(super) const ELEMENT: usize = 32;
/// Bytes of the function's output.
pub(super) const OUTPUT: usize = 64;
/// Bytes of a proof, whatever the size of the batch that it is for.
pub(super) const PROOF: usize = 64;
/// Bytes of what is kept of a blinded input: the blind and the element.
const STATE: usize = 64;

/// The issuer's key pair.
pub(super) struct Key(VoprfServer<Ristretto255>);

/// What the issuer makes of blinded elements.
pub(super) struct Evaluated {
    pub(super) elements: Vec<[u8; ELEMENT]>,
    pub(super) proof: [u8; PROOF],
}

/// An input that was blinded.
#[derive(Clone)]
pub(super) struct Blinded(VoprfClient<Ristretto255>);

impl Key {
    /// RFC 9497 §3.2.1. `None` only for one seed in 2^252.
    pub(super) fn derive(seed: &Secret, info: &[u8]) -> Option<Self> {
        VoprfServer::new_from_seed(seed.expose(), info).ok().map(Self)
    }

    pub(super) fn public(&self) -> [u8; ELEMENT] {
        Ristretto255::serialize_elem(self.0.get_public_key()).into()
    }

    /// What the function gives for an input that is known.
    pub(super) fn evaluate(&self, input: &[u8]) -> Option<[u8; OUTPUT]> {
        self.0.evaluate(input).ok().map(Into::into)
    }

    /// What it gives for inputs that are not, and one proof that this key was used for all of them. `None`: one of them is no
    /// element.
    pub(super) fn evaluate_blinded(
        &self,
        blinded: &[[u8; ELEMENT]],
        rng: &mut impl CryptoRng,
    ) -> Option<Evaluated> {
        let blinded: Result<Vec<_>, _> =
            blinded.iter().map(|element| BlindedElement::<Ristretto255>::deserialize(element)).collect();
        let VoprfServerBatchEvaluateResult { messages, proof } =
            self.0.batch_blind_evaluate(rng, &blinded.ok()?).ok()?;
        let elements = messages.iter().map(|element| element.serialize().into()).collect();
        Some(Evaluated { elements, proof: proof.serialize().into() })
    }
}

impl Blinded {
    pub(super) fn of(input: &[u8], rng: &mut impl CryptoRng) -> Option<Self> {
        VoprfClient::blind(input, rng).ok().map(|blinded| Self(blinded.state))
    }

    /// What the issuer gets to see: it is as likely to be of any other input.
    pub(super) fn element(&self) -> Option<[u8; ELEMENT]> {
        self.to_bytes().last_chunk().copied()
    }

    pub(super) fn to_bytes(&self) -> zeroize::Zeroizing<[u8; STATE]> {
        let bytes: [u8; STATE] = self.0.serialize().into();
        bytes.into()
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        VoprfClient::deserialize(bytes).ok().map(Self)
    }
}

/// The outputs for the inputs that were blinded. `None`: not made with this key, or not of these.
pub(super) fn finalize(
    inputs: &Vec<Vec<u8>>,
    blinded: &[Blinded],
    evaluated: &Evaluated,
    key: &[u8; ELEMENT],
) -> Option<Vec<[u8; OUTPUT]>> {
    if inputs.len() != blinded.len() || inputs.len() != evaluated.elements.len() {
        return None;
    }
    let key = Ristretto255::deserialize_elem(key).ok()?;
    let proof = Proof::deserialize(&evaluated.proof).ok()?;
    let elements: Result<Vec<_>, _> =
        evaluated.elements.iter().map(|element| EvaluationElement::deserialize(element)).collect();
    let elements = elements.ok()?;
    let states: Vec<_> = blinded.iter().map(|blinded| blinded.0.clone()).collect();
    let outputs = VoprfClient::batch_finalize(inputs, &states, &elements, &proof, key).ok()?;
    outputs.map(|output| output.ok().map(Into::into)).collect()
}

/// Bytes as elements, if they are a whole number of them.
pub(super) fn elements(bytes: &[u8]) -> Option<Vec<[u8; ELEMENT]>> {
    let (elements, rest) = bytes.as_chunks::<ELEMENT>();
    rest.is_empty().then(|| elements.to_vec())
}
