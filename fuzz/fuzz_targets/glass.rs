//! Any bytes as what is handed round when glass is broken: a draft, a request, bare and as if the authority had signed it, a
//! custodian's share and his answer, a custody part. Beyond not panicking: what is read is written as it was, and nothing is
//! opened.

#![no_main]

use std::sync::LazyLock;

use cowl_core::custody::{
    CustodianShare, CustodyEnvelope, CustodyKey, GlassRequest, Partial, SignedRequest, deal,
};
use cowl_fuzz::{Counting, authority, signed};
use libfuzzer_sys::fuzz_target;

const DRAFT: &[u8] = b"cowl glass draft 1\n";
const REQUEST: &[u8] = b"cowl glass request 1\n";
const PARTIAL: &[u8] = b"cowl glass partial 1\n";
const SHARE: &[u8] = b"cowl glass share 1\n";
/// A key of which nobody here has a share.
static KEY: LazyLock<CustodyKey> = LazyLock::new(|| deal(2, 3, &mut Counting(0)).expect("2 of 3").key);

fuzz_target!(|data: &[u8]| {
    for bytes in [data.to_vec(), [DRAFT, data].concat()] {
        if let Ok(draft) = GlassRequest::from_draft(&bytes)
            && draft.check().is_ok()
        {
            let again = GlassRequest::from_draft(&draft.to_draft().expect("it was read"));
            assert_eq!(again.as_ref(), Ok(&draft));
        }
    }
    let with_signature = signed(b"cowl/1 glass request", data);
    let partials: Vec<Partial> = [data.to_vec(), [PARTIAL, data].concat()]
        .iter()
        .filter_map(|bytes| Partial::from_bytes(bytes).ok())
        .collect();
    for bytes in [data.to_vec(), [REQUEST, data].concat(), [REQUEST, &with_signature].concat()] {
        if let Ok(request) = SignedRequest::verify(&bytes, authority()) {
            assert_eq!(request.bytes(), bytes);
            let _ = request.check_answerable(&KEY, request.made);
            assert!(request.combine(&KEY, &partials, request.made).is_err(), "nobody answered");
            let _ = request.envelope.is_proven();
        }
    }
    for partial in partials {
        assert_eq!(Partial::from_bytes(&partial.to_bytes()), Ok(partial));
    }
    for bytes in [data.to_vec(), [SHARE, data].concat()] {
        if let Ok(share) = CustodianShare::from_bytes(&bytes) {
            assert!(CustodianShare::from_bytes(&share.to_bytes()).is_ok());
        }
    }
    if let Some(envelope) = CustodyEnvelope::from_bytes(data) {
        assert_eq!(CustodyEnvelope::from_bytes(&envelope.to_bytes()).as_ref(), Some(&envelope));
        let _ = (envelope.is_proven(), envelope.digest(), envelope.report());
    }
    let commitments: Vec<[u8; 32]> = data.as_chunks().0.iter().copied().take(20).collect();
    if let Some(key) = CustodyKey::new(data.len() as u8, &commitments) {
        assert!(usize::from(key.threshold()) == commitments.len());
    }
});
