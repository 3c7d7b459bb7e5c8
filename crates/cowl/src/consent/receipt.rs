//! What a person takes away: what she was told and what she chose, as ISO/IEC TS 27560 has it, in the words of W3C's Data
//! Privacy Vocabulary (JSON-LD).
//!
//! A receipt must never be able to prove what she may want to deny. So nobody signs it for her; it names no report, tag,
//! device or pseudonym; its day is all the time that it tells; its number is random. What it binds is the organisation:
//! the hash of what it told her, which its authority signs with the manifest.

use cowl_core::{FieldIndex, Policy, SignedManifest, policy::RoleKind, rfc3339};
use serde::{Deserialize, Serialize};

use super::{Language, Notice, WithdrawalCode};
use crate::{log::Digest, random::SystemRng};

/// What `dct:conformsTo` says.
const STANDARD: &str = "ISO/IEC TS 27560:2023";
/// The version of the form.
const VERSION: &str = "cowl-receipt-1";
/// The largest receipt that is read, in bytes.
pub const RECEIPT_LIMIT: u64 = 256 << 10;

/// Who answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Asked {
    /// The person herself.
    #[serde(rename = "dpv:DataSubject")]
    Herself,
    /// Someone else filled it in, and said so.
    #[serde(rename = "cowl:FilledInBySomeoneElse")]
    SomeoneElse,
    /// She could not be asked. Nothing that is off by default was sent.
    #[serde(rename = "cowl:CouldNotBeAsked")]
    NotPossible,
}

/// Why a receipt is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAReceipt {
    /// It does not decode as one, or is of another version.
    #[error("it is no receipt of a form that is known here")]
    Malformed,
    /// Another operation's.
    #[error("it is a receipt of another operation")]
    OtherOperation,
}

/// A receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    #[serde(rename = "@context")]
    context: Context,
    #[serde(rename = "@id")]
    id: String,
    #[serde(rename = "@type")]
    kind: String,
    #[serde(rename = "dct:conformsTo")]
    conforms: String,
    #[serde(rename = "dct:hasVersion")]
    version: String,
    #[serde(rename = "dct:date")]
    date: Day,
    #[serde(rename = "dpv:hasDataController")]
    controller: Controller,
    #[serde(rename = "dpv:hasNotice")]
    notice: Told,
    #[serde(rename = "dpv:hasConsentStatus")]
    status: Name,
    #[serde(rename = "dpv:isIndicatedBy")]
    indicated_by: Indicated,
    #[serde(rename = "dpv:hasProcess")]
    processes: Vec<Process>,
    #[serde(rename = "cowl:withdrawal", default, skip_serializing_if = "Option::is_none")]
    withdrawal: Option<Withdrawal>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Context {
    dpv: String,
    dct: String,
    xsd: String,
    cowl: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Name {
    #[serde(rename = "@id")]
    id: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Indicated {
    #[serde(rename = "@id")]
    by: Asked,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Day {
    #[serde(rename = "@type")]
    kind: String,
    #[serde(rename = "@value")]
    value: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Controller {
    #[serde(rename = "@type")]
    kind: String,
    #[serde(rename = "dpv:hasName")]
    name: String,
    #[serde(rename = "dpv:hasContact", default, skip_serializing_if = "String::is_empty")]
    contact: String,
    #[serde(rename = "cowl:operation")]
    operation: String,
    #[serde(rename = "cowl:authority")]
    authority: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Told {
    #[serde(rename = "@type")]
    kind: String,
    #[serde(rename = "dct:language")]
    language: String,
    #[serde(rename = "cowl:policyVersion")]
    policy: u32,
    #[serde(rename = "cowl:sha256")]
    hash: Digest,
    /// Whether the authority had signed this text when the receipt was written.
    #[serde(rename = "cowl:confirmedByOrganisation")]
    confirmed: bool,
    /// The manifest that says so.
    #[serde(rename = "cowl:manifest", default, skip_serializing_if = "Option::is_none")]
    manifest: Option<Digest>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Process {
    #[serde(rename = "dpv:hasPersonalData")]
    field: String,
    #[serde(rename = "dpv:hasPurpose")]
    purpose: String,
    #[serde(rename = "dpv:hasLegalBasis")]
    basis: String,
    #[serde(rename = "dpv:hasNecessity")]
    necessity: Name,
    #[serde(rename = "dpv:hasRecipient")]
    recipients: Vec<Recipient>,
    /// Of what is off by default: whether she turned it on.
    #[serde(rename = "cowl:chosen", default, skip_serializing_if = "Option::is_none")]
    chosen: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Recipient {
    #[serde(rename = "dpv:hasName")]
    name: String,
    /// Seconds.
    #[serde(rename = "dpv:hasDuration")]
    duration: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Withdrawal {
    /// The hash of the code that only she has.
    #[serde(rename = "cowl:codeSha256")]
    code: Digest,
}

/// What a receipt is about.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// Who answered.
    pub asked: Asked,
    /// The fields, of those that are off by default, that she turned on.
    pub chosen: &'a [FieldIndex],
    /// The code by which she takes it back, if what was sent is withdrawable.
    pub code: Option<&'a WithdrawalCode>,
    /// Now, in Unix seconds; the receipt says the day.
    pub unix_seconds: u64,
}

impl Receipt {
    /// The receipt of a person who read this notice of this manifest, and answered.
    pub fn new(manifest: &SignedManifest, notice: &Notice, answer: &Answer<'_>, rng: &mut SystemRng) -> Self {
        let policy = &manifest.policy;
        let confirmed = notice.is_confirmed_by(manifest);
        let status = match answer.asked {
            Asked::Herself | Asked::SomeoneElse => "dpv:ConsentGiven",
            Asked::NotPossible => "dpv:ConsentUnknown",
        };
        let contact = policy.notice.as_ref().map(|texts| texts.contact.clone()).unwrap_or_default();
        Self {
            context: context(),
            id: uuid(rng.id()),
            kind: "dpv:ConsentRecord".into(),
            conforms: STANDARD.into(),
            version: VERSION.into(),
            date: Day { kind: "xsd:date".into(), value: day(answer.unix_seconds) },
            controller: Controller {
                kind: "dpv:DataController".into(),
                name: policy.name.clone(),
                contact,
                operation: hex::encode(manifest.operation.0),
                authority: manifest.authority().fingerprint().to_string(),
            },
            notice: Told {
                kind: "dpv:PrivacyNotice".into(),
                language: notice.language().tag().into(),
                policy: manifest.policy_version.0,
                hash: notice.hash(),
                confirmed,
                manifest: confirmed.then(|| Digest::of(manifest.bytes())),
            },
            status: Name { id: status.into() },
            indicated_by: Indicated { by: answer.asked },
            processes: processes(policy, answer),
            withdrawal: answer.code.map(|code| Withdrawal { code: Digest(code.hash()) }),
        }
    }

    /// Reads a receipt.
    pub fn parse(bytes: &[u8]) -> Result<Self, NotAReceipt> {
        if bytes.len() as u64 > RECEIPT_LIMIT {
            return Err(NotAReceipt::Malformed);
        }
        let receipt: Self = serde_json::from_slice(bytes).map_err(|_| NotAReceipt::Malformed)?;
        let known = receipt.version == VERSION
            && receipt.conforms == STANDARD
            && receipt.context == context()
            && Language::of(&receipt.notice.language).is_some();
        if known { Ok(receipt) } else { Err(NotAReceipt::Malformed) }
    }

    /// As JSON-LD.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Whether the organisation stands for the notice on this receipt by this manifest, which may be a later one than
    /// she saw: then the receipt is confirmed afterwards. What the receipt itself says of it is not believed.
    pub fn is_confirmed_by(&self, manifest: &SignedManifest) -> Result<bool, NotAReceipt> {
        let same = self.controller.operation == hex::encode(manifest.operation.0)
            && self.controller.authority == manifest.authority().fingerprint().to_string();
        if !same {
            return Err(NotAReceipt::OtherOperation);
        }
        let Told { language, hash, .. } = &self.notice;
        Ok(manifest.notices.iter().any(|known| known.language == *language && known.hash == hash.0))
    }

    /// Whether it said itself, when it was written, that the organisation had confirmed the notice.
    pub const fn says_confirmed(&self) -> bool {
        self.notice.confirmed
    }

    /// The language of the notice.
    pub fn language(&self) -> Option<Language> {
        Language::of(&self.notice.language)
    }

    /// Who answered.
    pub const fn asked(&self) -> Asked {
        self.indicated_by.by
    }

    /// Whether this is the code of this receipt.
    pub fn is_of(&self, code: &WithdrawalCode) -> bool {
        self.withdrawal.as_ref().is_some_and(|withdrawal| withdrawal.code.0 == code.hash())
    }
}

fn context() -> Context {
    Context {
        dpv: "https://w3id.org/dpv#".into(),
        dct: "http://purl.org/dc/terms/".into(),
        xsd: "http://www.w3.org/2001/XMLSchema#".into(),
        // No site stands behind it, and none is asked.
        cowl: "urn:cowl:receipt:1:".into(),
    }
}

fn processes(policy: &Policy, answer: &Answer<'_>) -> Vec<Process> {
    let reads = |field: FieldIndex| {
        let readers = policy.roles.iter().filter(move |role| {
            let position = policy.position_field() == Some(field);
            role.reads.iter().any(|read| read.field == field) || (role.kind == RoleKind::Census && position)
        });
        readers.map(|role| Recipient { name: role.name.clone(), duration: role.retention_seconds }).collect()
    };
    let fields = (0_u8..).map(FieldIndex).zip(&policy.fields);
    fields
        .map(|(index, field)| Process {
            field: field.name.clone(),
            purpose: field.purpose.clone(),
            basis: field.basis.clone(),
            necessity: Name { id: if field.optional { "dpv:Optional" } else { "dpv:Required" }.into() },
            recipients: reads(index),
            chosen: policy.is_choice(index).then(|| answer.chosen.contains(&index)),
        })
        .collect()
}

/// The day, and nothing finer: a time of day would tell which report it goes with.
fn day(unix_seconds: u64) -> String {
    let time = rfc3339(unix_seconds);
    time.split('T').next().unwrap_or_default().to_owned()
}

/// A random UUID (RFC 9562, version 4).
fn uuid(random: [u8; 16]) -> String {
    let bits = u128::from_be_bytes(random) & !(0xf000 << 64) & !(0xc << 60) | 0x4000 << 64 | 0x8 << 60;
    let digits = format!("{bits:032x}");
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    format!("urn:uuid:{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

#[cfg(test)]
#[path = "receipt_tests.rs"]
mod tests;
