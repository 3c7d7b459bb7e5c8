//! Every label and every derivation of the protocol, in one place (spec §3).
//!
//! All keys of an operation come from one secret per role and epoch, [`RoleRoot`]. A device holds only its
//! own [`DeviceRoot`]s, and a label is never used for two purposes.

use alloc::vec::Vec;
use core::fmt;

use hkdf::{Hkdf, HkdfExtract};
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{
    Authority, CloneMark, Epoch, Fingerprint, HelpKey, OperationId, Place, ReportId, RoleIndex, Secret,
};

/// `K(j,R,e)` from `K(R,e)` (spec §3.2).
const DEVICE: &[u8] = b"cowl/1 device";
/// The key of a part's AEAD from `K(j,R,e)` (spec §3.3).
const PART: &[u8] = b"cowl/1 part key";
/// The key of a part's tags from `K(j,R,e)` (spec §3.3).
const TAG: &[u8] = b"cowl/1 tag key";
/// The seed of the walk-in key pair from `K(R,e)` (spec §3.4).
const WALK_IN: &[u8] = b"cowl/1 walk-in seed";
/// The seed of the relays' key pair from their root of the epoch (spec §3.10).
const RELAY: &[u8] = b"cowl/1 relay seed";
/// The operation's places of one epoch from the authority's place secret (spec §3.6).
const PLACES: &[u8] = b"cowl/1 places";
/// The key that seals the beacon's counts to enrolled devices (spec §3.5).
const BEACON: &[u8] = b"cowl/1 beacon key";
/// The key that seals a bulletin's commands, from the epoch's beacon key (spec §3.5).
const BULLETIN: &[u8] = b"cowl/1 bulletin key";
/// The key of a dispatch's alerts to the enrolled, from the epoch's beacon key (spec §12.2).
const MEMBERS_ALERTS: &[u8] = b"cowl/1 members' alerts";
/// The key of a dispatch's alerts to one role, from `K(R,e)` (spec §12.2).
const ROLE_ALERTS: &[u8] = b"cowl/1 role's alerts";
/// The key of a dispatch's alerts to everybody, from the authority's public key (spec §12.2).
const PUBLIC_ALERTS: &[u8] = b"cowl/1 public alerts";
/// By what a reporter finds that help is coming, from what it shares with one role (spec §12.4).
const HELP: &[u8] = b"cowl/1 help key";
/// What a dispatch calls a report to which help is coming, from its help key (spec §12.4).
const HELP_MARK: &[u8] = b"cowl/1 help mark";
/// A pseudonym's number from place and epoch (spec §3.7).
const PSEUDONYM: &[u8] = b"cowl/1 pseudonym";
/// What a beacon calls a device whose credential is in use twice, from its `K(j,R,e)` for the census (spec §3.9).
const CLONE: &[u8] = b"cowl/1 clone mark";
/// An erasure handle from a person's withdrawal seed (spec §3.8).
const HANDLE: &[u8] = b"cowl/1 erasure handle";
/// That seed from a withdrawal code (spec §15.2).
const WITHDRAWAL: &[u8] = b"cowl/1 withdrawal seed";
/// What a receipt's hash of a withdrawal code covers in front of the code (spec §15.2).
const WITHDRAWAL_HASH: &[u8] = b"cowl/1 withdrawal code\n";

/// What the authority keeps of a ticket's token (spec §10.2).
const TICKET_ID: &[u8] = b"cowl/1 ticket id";
/// What proves a ticket's token in an exchange (spec §10.2).
const TICKET_PROOF: &[u8] = b"cowl/1 ticket proof";
/// The key of the package that goes with a ticket (spec §10.4).
const PACKAGE: &[u8] = b"cowl/1 package key";

/// The key by which one who asks the service proves who he is, from what both know (spec §9.1).
const EXCHANGE_PROOF: &[u8] = b"cowl/1 exchange proof";
/// The member secret that follows one, from it (spec §9.3).
const MEMBER_NEXT: &[u8] = b"cowl/1 next member secret";

/// What opens the HPKE `info` of a request to the service (spec §9.1).
pub(crate) const EXCHANGE_CONTEXT: &[u8] = b"cowl/1 exchange";
/// What the answer's key is exported and derived by, and the answer's associated data (spec §9.2).
pub(crate) const EXCHANGE_ANSWER: &[u8] = b"cowl/1 exchange answer";
/// What a list of erase orders calls what is to be erased (spec, "Erase orders").
pub(crate) const ERASE_MARK: &[u8] = b"cowl/1 erase mark";
/// What a period's token key is derived for (spec §11.2).
const TOKEN_KEY: &[u8] = b"cowl/1 token key";
/// What all tokens of a period are bound to (spec §11.1).
const TOKEN_CONTEXT: &[u8] = b"cowl/1 token";
/// Who gives tokens out, as their challenge calls it (spec §11.1).
pub(crate) const TOKEN_ISSUER: &[u8] = b"cowl/1";

/// A responder's chain key of the next epoch from that of an epoch (spec §3.11).
const CHAIN: &[u8] = b"cowl/1 chain";
/// The key that seals a responder's seat in a bundle, from its chain key of the epoch (spec §3.11).
const SEAT: &[u8] = b"cowl/1 seat key";
/// By which a responder finds its seat in one bundle, from its chain key of the epoch (spec §3.11).
const SEAT_HINT: &[u8] = b"cowl/1 seat hint";

/// The key of one message's custody part from the custodians' shared element (spec §4.6).
const CUSTODY_KEY: &[u8] = b"cowl/1 custody key";
/// A custody part's secret numbers, from randomness and all that they are used for (spec §4.6).
pub(crate) const CUSTODY_NUMBER: &[u8] = b"cowl/1 custody number";
/// The proof that a custody part's maker knew its secret number (spec §4.6).
pub(crate) const CUSTODY_PROOF: &[u8] = b"cowl/1 custody proof";
/// The proof that a custodian's partial result is right (spec §4.6).
pub(crate) const CUSTODY_PARTIAL: &[u8] = b"cowl/1 custody partial";
/// What the authority's signature covers in front of a request to custodians (spec §4.6).
pub(crate) const GLASS_CONTEXT: &[u8] = b"cowl/1 glass request";

/// What opens the associated data of an enrolled part (spec §4.2).
pub(crate) const PART_CONTEXT: &[u8] = b"cowl/1 part";
/// What opens the HPKE `info` of a walk-in part (spec §5.2).
pub(crate) const WALK_IN_CONTEXT: &[u8] = b"cowl/1 walk-in";
/// What opens the HPKE `info` of a message that is wrapped for a relay (spec §7.5).
pub(crate) const RELAY_CONTEXT: &[u8] = b"cowl/1 relay";
/// What a manifest's signature covers in front of its bytes (spec §6.1).
pub(crate) const MANIFEST_CONTEXT: &[u8] = b"cowl/1 manifest";
/// What a beacon's signature covers in front of its bytes (spec §6.2).
pub(crate) const BEACON_CONTEXT: &[u8] = b"cowl/1 beacon";
/// What a bulletin's signature covers in front of its bytes (spec §6.4).
pub(crate) const BULLETIN_CONTEXT: &[u8] = b"cowl/1 bulletin";
/// What a dispatch's signature covers in front of its bytes (spec §12.1).
pub(crate) const DISPATCH_CONTEXT: &[u8] = b"cowl/1 dispatch";
/// What opens the associated data of a dispatch's lanes (spec §12.2).
pub(crate) const ALERTS_CONTEXT: &[u8] = b"cowl/1 alerts";
/// What a walk-in's sealing and its opening export for one part (spec §12.4).
pub(crate) const HELP_EXPORT: &[u8] = b"cowl/1 help export";
/// What the signature of a list of erase orders covers in front of its bytes (spec, "Erase orders").
pub(crate) const ERASURES_CONTEXT: &[u8] = b"cowl/1 erasures";
/// The associated data of a bulletin's sealed commands (spec §6.4).
pub(crate) const COMMANDS_CONTEXT: &[u8] = b"cowl/1 commands";
/// What a ticket's check covers in front of its bytes (spec §10.1).
pub(crate) const TICKET_CONTEXT: &[u8] = b"cowl/1 ticket";
/// What a responders' bundle's signature covers in front of its bytes (spec §6.5).
pub(crate) const BUNDLE_CONTEXT: &[u8] = b"cowl/1 bundle";
/// What opens the associated data of a bundle's seats (spec §6.5).
pub(crate) const SEAT_CONTEXT: &[u8] = b"cowl/1 seat";
/// What opens the associated data of a bundle's sections, one for each role (spec §6.5).
pub(crate) const SECTION_CONTEXT: &[u8] = b"cowl/1 section";
/// What opens the associated data of a bundle's live places (spec §6.5).
pub(crate) const LIVE_CONTEXT: &[u8] = b"cowl/1 live places";
/// The associated data of a beacon's sealed counts (spec §6.2).
pub(crate) const COUNTS_CONTEXT: &[u8] = b"cowl/1 counts";

/// `K(R,e)`: the one secret of a role and an epoch, made by the authority.
#[derive(Clone)]
pub struct RoleRoot(Secret);

/// `K(j,R,e)`: what a device at place `j` holds for a role and an epoch. It opens and writes that device's
/// parts for that role, and no other device's.
#[derive(Clone)]
pub struct DeviceRoot(Secret);

/// The one secret of an operation's relays and an epoch, made by the authority. It takes the wrap off, and opens no report.
#[derive(Clone)]
pub struct RelayRoot(Secret);

/// A responder's own key of one role and epoch, shared with the authority alone. It opens that responder's seat in the
/// bundles of the epoch; it becomes the key of the next epoch, and never that of the one before (spec §3.11).
#[derive(Clone)]
pub struct ChainKey(Secret);

/// The two keys of one device's parts for one role in one epoch, still as bytes.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct PartSecrets {
    pub(crate) part: [u8; 32],
    pub(crate) tag: [u8; 32],
}

impl RoleRoot {
    /// Takes the 32 bytes that the authority drew.
    pub fn new(secret: Secret) -> Self {
        Self(secret)
    }

    /// The bytes, for a credential.
    pub fn secret(&self) -> &Secret {
        &self.0
    }

    /// `K(j,R,e)` of one place (spec §3.2).
    pub fn device(&self, operation: OperationId, role: RoleIndex, epoch: Epoch, place: Place) -> DeviceRoot {
        let mut out = Secret::new([0; 32]);
        self.devices(operation, role, epoch).fill(place, out.expose_mut());
        DeviceRoot(out)
    }

    /// The same for many places: the extraction is done once.
    pub(crate) fn devices(&self, operation: OperationId, role: RoleIndex, epoch: Epoch) -> DeviceExpander {
        DeviceExpander { prk: Hkdf::new(Some(&operation.0), self.0.expose()), role, epoch }
    }

    /// What opens a dispatch's alerts to this role in this epoch (spec §12.2).
    pub(crate) fn alerts_key(&self, operation: OperationId, role: RoleIndex, epoch: Epoch) -> Secret {
        derive(&self.0, operation, &[ROLE_ALERTS, &[role.0], &epoch.0.to_be_bytes()])
    }

    /// The 32-byte seed of this role's walk-in key pair in this epoch (spec §3.4).
    pub(crate) fn walk_in_seed(&self, operation: OperationId, role: RoleIndex, epoch: Epoch) -> Secret {
        derive(&self.0, operation, &[WALK_IN, &[role.0], &epoch.0.to_be_bytes()])
    }
}

impl DeviceRoot {
    /// Takes the 32 bytes from a credential.
    pub fn new(secret: Secret) -> Self {
        Self(secret)
    }

    /// The bytes, for a credential.
    pub fn secret(&self) -> &Secret {
        &self.0
    }

    /// By what the device finds that somebody of this root's role said that help is coming to a report of this epoch, and
    /// by what the role says so (spec §12.4).
    pub fn help_key(&self, report: ReportId) -> HelpKey {
        help_key(&self.0, report)
    }

    /// By which the device knows itself in a beacon of this epoch, if this is its root for the census (spec §3.9).
    pub fn clone_mark(&self) -> CloneMark {
        let mut mark = [0; 8];
        if let Ok(prk) = Hkdf::<Sha256>::from_prk(self.0.expose()) {
            fill(&prk, &[CLONE], &mut mark);
        }
        CloneMark(mark)
    }
}

impl RelayRoot {
    /// Takes the 32 bytes that the authority drew.
    pub fn new(secret: Secret) -> Self {
        Self(secret)
    }

    /// The bytes, for a credential.
    pub fn secret(&self) -> &Secret {
        &self.0
    }

    /// The 32-byte seed of the relays' key pair in this epoch (spec §3.10).
    pub(crate) fn seed(&self, operation: OperationId, epoch: Epoch) -> Secret {
        derive(&self.0, operation, &[RELAY, &epoch.0.to_be_bytes()])
    }
}

impl ChainKey {
    /// Takes the 32 bytes that the authority drew, or that were kept.
    pub fn new(secret: Secret) -> Self {
        Self(secret)
    }

    /// The bytes, for a credential or the authority's file.
    pub fn secret(&self) -> &Secret {
        &self.0
    }

    /// The key of the next epoch. Who has it and nothing else learns nothing of this one.
    #[must_use]
    pub fn next(&self) -> Self {
        Self(self.expand(&[CHAIN]))
    }

    /// The key so many epochs on; about 1 µs each.
    #[must_use]
    pub fn after(&self, epochs: u32) -> Self {
        (0..epochs).fold(self.clone(), |key, _| key.next())
    }

    /// What seals this responder's seat in the bundles of the key's epoch.
    pub(crate) fn seat_key(&self) -> Secret {
        self.expand(&[SEAT])
    }

    /// By which the responder finds its seat in one bundle of the key's epoch.
    pub(crate) fn hint(&self, sequence: u64) -> [u8; 8] {
        let mut hint = [0; 8];
        if let Ok(prk) = Hkdf::<Sha256>::from_prk(self.0.expose()) {
            fill(&prk, &[SEAT_HINT, &sequence.to_be_bytes()], &mut hint);
        }
        hint
    }

    fn expand(&self, info: &[&[u8]]) -> Secret {
        let mut out = Secret::new([0; 32]);
        if let Ok(prk) = Hkdf::<Sha256>::from_prk(self.0.expose()) {
            fill(&prk, info, out.expose_mut());
        }
        out
    }
}

/// Makes `K(j,R,e)` for place after place.
pub(crate) struct DeviceExpander {
    prk: Hkdf<Sha256>,
    role: RoleIndex,
    epoch: Epoch,
}

impl DeviceExpander {
    pub(crate) fn fill(&self, place: Place, out: &mut [u8; 32]) {
        let (role, epoch, place) = ([self.role.0], self.epoch.0.to_be_bytes(), place.0.to_be_bytes());
        fill(&self.prk, &[DEVICE, &role, &epoch, &place], out);
    }
}

impl PartSecrets {
    /// The tag and AEAD keys under a `K(j,R,e)` (spec §3.3). The root is uniform, so it is the PRK itself.
    pub(crate) fn of(root: &[u8; 32]) -> Self {
        let mut keys = Self { part: [0; 32], tag: [0; 32] };
        if let Ok(prk) = Hkdf::<Sha256>::from_prk(root) {
            fill(&prk, &[PART], &mut keys.part);
            fill(&prk, &[TAG], &mut keys.tag);
        }
        keys
    }
}

/// The seed of the permutation that gives devices their places in one epoch (spec §3.6).
pub(crate) fn places_seed(place_secret: &Secret, operation: OperationId, epoch: Epoch) -> Secret {
    derive(place_secret, operation, &[PLACES, &epoch.0.to_be_bytes()])
}

/// The key of the beacon's counts in one epoch, from the authority's beacon secret (spec §3.5).
pub fn beacon_key(beacon_secret: &Secret, operation: OperationId, epoch: Epoch) -> Secret {
    derive(beacon_secret, operation, &[BEACON, &epoch.0.to_be_bytes()])
}

/// The key of a bulletin's commands, from the beacon key of its epoch (spec §3.5). The key is uniform, so it is the PRK
/// itself.
pub(crate) fn bulletin_key(beacon_key: &Secret) -> Secret {
    let mut out = Secret::new([0; 32]);
    if let Ok(prk) = Hkdf::<Sha256>::from_prk(beacon_key.expose()) {
        fill(&prk, &[BULLETIN], out.expose_mut());
    }
    out
}

/// The key of a dispatch's alerts to the enrolled, from the beacon key of its epoch (spec §12.2).
pub(crate) fn members_alerts_key(beacon_key: &Secret) -> Secret {
    expanded(beacon_key, &[MEMBERS_ALERTS])
}

/// The key of a dispatch's alerts to everybody (spec §12.2). It is no secret: whoever has the manifest computes it.
pub(crate) fn public_alerts_key(authority: Authority, operation: OperationId, epoch: Epoch) -> Secret {
    derive(&Secret::new(authority.0), operation, &[PUBLIC_ALERTS, &epoch.0.to_be_bytes()])
}

/// The help key of a report, from what its sender shares with one role alone (spec §12.4): `K(j,R,e)`, or what a walk-in's
/// part exports. Both are uniform, so they are the PRK itself.
pub(crate) fn help_key(shared: &Secret, report: ReportId) -> HelpKey {
    HelpKey::new(expanded(shared, &[HELP, &report.0]))
}

/// What the dispatch of this sequence calls a help key's report (spec §12.4).
pub(crate) fn help_mark(key: &Secret, operation: OperationId, sequence: u64) -> [u8; 8] {
    let mut mark = [0; 8];
    if let Ok(prk) = Hkdf::<Sha256>::from_prk(key.expose()) {
        fill(&prk, &[HELP_MARK, &operation.0, &sequence.to_be_bytes()], &mut mark);
    }
    mark
}

/// Thirty-two bytes under a key that is uniform already.
fn expanded(key: &Secret, info: &[&[u8]]) -> Secret {
    let mut out = Secret::new([0; 32]);
    if let Ok(prk) = Hkdf::<Sha256>::from_prk(key.expose()) {
        fill(&prk, info, out.expose_mut());
    }
    out
}

/// The erasure handle of one epoch from the seed that a person keeps (spec §3.8).
pub fn erasure_handle(seed: &Secret, operation: OperationId, epoch: Epoch) -> crate::ErasureHandle {
    let secret = derive(seed, operation, &[HANDLE, &epoch.0.to_be_bytes()]);
    let mut handle = [0; 16];
    handle.copy_from_slice(secret.expose().first_chunk::<16>().unwrap_or(&[0; 16]));
    crate::ErasureHandle(handle)
}

/// The seed of a person's erasure handles from her withdrawal code (spec §15.2).
pub(crate) fn withdrawal_seed(code: &[u8; 16]) -> Secret {
    let mut out = Secret::new([0; 32]);
    fill(&Hkdf::<Sha256>::new(Some(WITHDRAWAL), code), &[], out.expose_mut());
    out
}

/// What a receipt says of a withdrawal code (spec §15.2).
pub(crate) fn withdrawal_hash(code: &[u8; 16]) -> [u8; 32] {
    Sha256::new().chain_update(WITHDRAWAL_HASH).chain_update(code).finalize().into()
}

/// Forty bits that name a place in an epoch and say nothing about another epoch (spec §3.7).
pub(crate) fn pseudonym_bits(operation: OperationId, epoch: Epoch, place: Place) -> [u8; 5] {
    let mut out = [0; 5];
    let prk = Hkdf::<Sha256>::new(None, &operation.0);
    fill(&prk, &[PSEUDONYM, &epoch.0.to_be_bytes(), &place.0.to_be_bytes()], &mut out);
    out
}

/// What the authority keeps of a token that it gave out (spec §10.2).
pub(crate) fn ticket_id(token: &[u8; 16], authority: Fingerprint) -> [u8; 16] {
    let mut out = [0; 16];
    fill(&Hkdf::<Sha256>::new(Some(authority.bytes()), token), &[TICKET_ID], &mut out);
    out
}

/// What proves a token in an exchange (spec §10.2).
pub(crate) fn ticket_proof(token: &[u8; 16], authority: Fingerprint) -> Secret {
    of_token(token, authority, TICKET_PROOF)
}

/// The key of the package that goes with a token's ticket (spec §10.4).
pub(crate) fn package_key(token: &[u8; 16], authority: Fingerprint) -> Secret {
    of_token(token, authority, PACKAGE)
}

fn of_token(token: &[u8; 16], authority: Fingerprint, label: &[u8]) -> Secret {
    let mut out = Secret::new([0; 32]);
    fill(&Hkdf::<Sha256>::new(Some(authority.bytes()), token), &[label], out.expose_mut());
    out
}

/// That one who asks knows the secret: over all that the request says (spec §9.1).
pub(crate) fn exchange_proof(
    secret: &Secret,
    operation: OperationId,
    purpose: u8,
    enc: &[u8],
    who: [u8; 16],
    body: &[u8],
) -> [u8; 32] {
    let key = derive(secret, operation, &[EXCHANGE_PROOF, &[purpose]]);
    hmac(key.expose(), &[enc, &who, body])
}

/// The key of the answer, from what only the two sides of one request have, and what only `who` and the service know
/// (spec §9.2).
pub(crate) fn exchange_answer_key(
    secret: &Secret,
    exported: &Secret,
    operation: OperationId,
    purpose: u8,
    who: [u8; 16],
) -> Secret {
    let key = derive(secret, operation, &[EXCHANGE_ANSWER, &[purpose], &who]);
    Secret::new(hmac(key.expose(), &[exported.expose()]))
}

/// The member secret that follows one (spec §9.3). There is no way back.
pub(crate) fn next_member_secret(secret: &Secret, operation: OperationId) -> Secret {
    derive(secret, operation, &[MEMBER_NEXT])
}

/// The `info` of a period's token key in RFC 9497's `DeriveKeyPair` (spec §11.2).
pub(crate) fn token_key_info(operation: OperationId, period: u32) -> Vec<u8> {
    [TOKEN_KEY, &operation.0, &period.to_be_bytes()].concat()
}

/// What all tokens of an operation's period are bound to (spec §11.1).
pub(crate) fn token_context(operation: OperationId, period: u32) -> [u8; 32] {
    Sha256::new()
        .chain_update(TOKEN_CONTEXT)
        .chain_update(operation.0)
        .chain_update(period.to_be_bytes())
        .finalize()
        .into()
}

/// HMAC-SHA-256 (RFC 2104), which is what HKDF-Extract is (RFC 5869 §2.2).
fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut extract = HkdfExtract::<Sha256>::new(Some(key));
    for part in parts {
        extract.input_ikm(part);
    }
    extract.finalize().0.into()
}

/// The key of one message's custody part: the shared element is the secret, what it belongs to stands in `info`
/// (spec §4.6).
pub(crate) fn custody_key(shared: &[u8; 32], info: &[&[u8]]) -> Secret {
    let mut out = Secret::new([0; 32]);
    let mut label = Vec::with_capacity(info.len() + 1);
    label.push(CUSTODY_KEY);
    label.extend_from_slice(info);
    fill(&Hkdf::<Sha256>::new(None, shared), &label, out.expose_mut());
    out
}

fn derive(secret: &Secret, operation: OperationId, info: &[&[u8]]) -> Secret {
    let mut out = Secret::new([0; 32]);
    fill(&Hkdf::<Sha256>::new(Some(&operation.0), secret.expose()), info, out.expose_mut());
    out
}

fn fill(prk: &Hkdf<Sha256>, info: &[&[u8]], out: &mut [u8]) {
    // HKDF-Expand fails only above 255 × 32 bytes; every output here is 32 or fewer.
    let done = prk.expand_multi_info(info, out);
    debug_assert!(done.is_ok(), "an output of at most 32 bytes");
}

/// `Debug` that shows nothing.
macro_rules! hidden {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )*};
}
hidden!(RoleRoot, ChainKey, RelayRoot, DeviceRoot);
