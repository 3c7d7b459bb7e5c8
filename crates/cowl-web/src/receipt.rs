//! What a person takes away (spec §15.3): the tree that `cowl::consent::Receipt` writes, member by member; the page writes it as
//! JSON. A test of the command holds the two to the same bytes.

use alloc::{format, string::String, vec::Vec};

use cowl_core::{FieldIndex, Policy, policy::RoleKind, rfc3339};
use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};

use crate::{
    operation::Operation,
    reply::{Reply, hex},
};

/// What a receipt is about.
pub(crate) struct Answer<'a> {
    /// The language of the notice that was shown.
    pub(crate) language: &'a str,
    /// SHA-256 of its text.
    pub(crate) notice: [u8; 32],
    /// Who answered.
    pub(crate) asked: Asked,
    /// The fields, of those that are off by default, that she turned on.
    pub(crate) chosen: Vec<FieldIndex>,
    /// SHA-256 of the withdrawal code.
    pub(crate) code: Option<[u8; 32]>,
    /// Now, in Unix seconds; the receipt says the day.
    pub(crate) now: u64,
}

/// Who answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Asked {
    /// The person herself.
    Herself,
    /// Someone else filled it in, and said so.
    SomeoneElse,
    /// She could not be asked.
    NotPossible,
}

impl Asked {
    /// As the page calls it.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "herself" => Some(Self::Herself),
            "someone-else" => Some(Self::SomeoneElse),
            "not-possible" => Some(Self::NotPossible),
            _ => None,
        }
    }
}

/// Writes the receipt.
pub(crate) fn write(operation: &Operation, answer: &Answer<'_>, rng: &mut impl CryptoRng, reply: &mut Reply) {
    let manifest = &operation.manifest;
    let policy = &manifest.policy;
    let signed = |language: &str| {
        manifest.notices.iter().any(|known| known.language == language && known.hash == answer.notice)
    };
    let confirmed = signed(answer.language);
    let contact = policy.notice.as_ref().map(|texts| texts.contact.as_str()).unwrap_or_default();
    reply.map();
    reply.key("@context").map();
    reply.key("dpv").text("https://w3id.org/dpv#");
    reply.key("dct").text("http://purl.org/dc/terms/");
    reply.key("xsd").text("http://www.w3.org/2001/XMLSchema#");
    reply.key("cowl").text("urn:cowl:receipt:1:").end();
    let mut id = [0; 16];
    rng.fill_bytes(&mut id);
    reply.key("@id").text(&uuid(id));
    reply.key("@type").text("dpv:ConsentRecord");
    reply.key("dct:conformsTo").text("ISO/IEC TS 27560:2023");
    reply.key("dct:hasVersion").text("cowl-receipt-1");
    reply.key("dct:date").map().key("@type").text("xsd:date");
    // The day, and nothing finer: a time of day would tell which report it goes with.
    reply.key("@value").text(rfc3339(answer.now).split('T').next().unwrap_or_default()).end();
    reply.key("dpv:hasDataController").map().key("@type").text("dpv:DataController");
    reply.key("dpv:hasName").text(&policy.name);
    if !contact.is_empty() {
        reply.key("dpv:hasContact").text(contact);
    }
    reply.key("cowl:operation").hex(&manifest.operation.0);
    reply.key("cowl:authority").text(&format!("{}", manifest.authority().fingerprint())).end();
    reply.key("dpv:hasNotice").map().key("@type").text("dpv:PrivacyNotice");
    reply.key("dct:language").text(answer.language);
    reply.key("cowl:policyVersion").uint(manifest.policy_version.0);
    reply.key("cowl:sha256").hex(&answer.notice);
    reply.key("cowl:confirmedByOrganisation").flag(confirmed);
    if confirmed {
        reply.key("cowl:manifest").hex(&Sha256::digest(manifest.bytes()));
    }
    reply.end();
    let (status, asked) = match answer.asked {
        Asked::Herself => ("dpv:ConsentGiven", "dpv:DataSubject"),
        Asked::SomeoneElse => ("dpv:ConsentGiven", "cowl:FilledInBySomeoneElse"),
        Asked::NotPossible => ("dpv:ConsentUnknown", "cowl:CouldNotBeAsked"),
    };
    name("dpv:hasConsentStatus", status, reply);
    name("dpv:isIndicatedBy", asked, reply);
    processes(policy, answer, reply);
    if let Some(code) = &answer.code {
        reply.key("cowl:withdrawal").map().key("cowl:codeSha256").hex(code).end();
    }
    reply.end();
}

fn name(key: &str, id: &str, reply: &mut Reply) {
    reply.key(key).map().key("@id").text(id).end();
}

fn processes(policy: &Policy, answer: &Answer<'_>, reply: &mut Reply) {
    reply.key("dpv:hasProcess").list();
    for (index, field) in (0_u8..).map(FieldIndex).zip(&policy.fields) {
        reply.map().key("dpv:hasPersonalData").text(&field.name);
        reply.key("dpv:hasPurpose").text(&field.purpose).key("dpv:hasLegalBasis").text(&field.basis);
        name("dpv:hasNecessity", if field.optional { "dpv:Optional" } else { "dpv:Required" }, reply);
        reply.key("dpv:hasRecipient").list();
        let is_position = policy.position_field() == Some(index);
        for role in &policy.roles {
            let reads = role.reads.iter().any(|read| read.field == index);
            if reads || (role.kind == RoleKind::Census && is_position) {
                reply.map().key("dpv:hasName").text(&role.name);
                reply.key("dpv:hasDuration").uint(role.retention_seconds).end();
            }
        }
        reply.end();
        if policy.is_choice(index) {
            reply.key("cowl:chosen").flag(answer.chosen.contains(&index));
        }
        reply.end();
    }
    reply.end();
}

/// A random UUID (RFC 9562, version 4).
fn uuid(random: [u8; 16]) -> String {
    let bits = u128::from_be_bytes(random) & !(0xf000 << 64) & !(0xc << 60) | 0x4000 << 64 | 0x8 << 60;
    let digits = hex(&bits.to_be_bytes());
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    format!("urn:uuid:{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}
