use std::fs;

use super::*;
use crate::{
    files::{self, Access},
    operation::Operation,
    policy_file::DEFAULT_POLICY,
};

const NOW: u64 = 1_800_000_000;
const CODE: &str = "legal winner thank year wave sausage worth useful legal winner thank yellow";

/// An operation whose `contact` is off by default.
fn operation(folder: &std::path::Path) -> Operation {
    let policy = format!("{DEFAULT_POLICY}\n[notice]\ncontact = \"the red tent\"\nchoice = [\"contact\"]\n");
    Operation::create_with(&folder.join("ops"), NOW, &mut SystemRng::new(), |stage| {
        let zones = (crate::policy_file::HAITI_DEPARTMENTS_NAME, crate::policy_file::HAITI_DEPARTMENTS);
        files::create(&stage.join(zones.0), zones.1.as_bytes(), Access::All)?;
        files::create(&stage.join("policy.toml"), policy.as_bytes(), Access::All)
    })
    .unwrap()
}

fn receipt(manifest: &SignedManifest, asked: Asked, chosen: &[FieldIndex]) -> Receipt {
    let notice = Notice::of(manifest, Language::French);
    let code = WithdrawalCode::parse(CODE).unwrap();
    let answer = Answer { asked, chosen, code: Some(&code), unix_seconds: NOW + 12_345 };
    Receipt::new(manifest, &notice, &answer, &mut SystemRng::new())
}

#[test]
fn the_organisation_confirms_by_its_manifest_what_it_told() {
    let folder = tempfile::tempdir().unwrap();
    let operation = operation(folder.path());
    let manifest = operation.manifest();
    for language in Language::ALL {
        assert!(Notice::of(manifest, language).is_confirmed_by(manifest), "{}", language.tag());
    }
    let receipt = receipt(manifest, Asked::Herself, &[]);
    assert!(receipt.says_confirmed() && receipt.is_confirmed_by(manifest).unwrap());
    assert_eq!(Receipt::parse(receipt.to_json().as_bytes()), Ok(receipt.clone()));
    // A manifest that signed no notices: not yet. A later one of the same words confirms it afterwards.
    let mut before = receipt;
    before.notice.confirmed = false;
    before.notice.manifest = None;
    assert!(!before.says_confirmed() && before.is_confirmed_by(manifest).unwrap());
    before.notice.hash = Digest([0; 32]);
    assert!(!before.is_confirmed_by(manifest).unwrap(), "other words");
    let other = tempfile::tempdir().unwrap();
    let other = self::operation(other.path());
    assert_eq!(before.is_confirmed_by(other.manifest()), Err(NotAReceipt::OtherOperation));
}

/// Whoever finds a receipt learns which operation, which day, and what was chosen of kinds of data; not who, which report, or when.
#[test]
fn a_receipt_proves_nothing_of_the_person() {
    let folder = tempfile::tempdir().unwrap();
    let operation = operation(folder.path());
    let manifest = operation.manifest();
    let (one, two) = (receipt(manifest, Asked::Herself, &[]), receipt(manifest, Asked::Herself, &[]));
    assert_ne!(one.id, two.id, "a number of its own, drawn");
    let text = one.to_json();
    assert!(text.contains("\"2027-01-15\"") && !text.contains("T08") && !text.contains("12345"), "{text}");
    let mut keys = Vec::new();
    collect(&serde_json::from_str(&text).unwrap(), &mut keys);
    keys.sort();
    keys.dedup();
    let allowed = [
        "@context",
        "@id",
        "@type",
        "@value",
        "cowl",
        "cowl:authority",
        "cowl:chosen",
        "cowl:codeSha256",
        "cowl:confirmedByOrganisation",
        "cowl:manifest",
        "cowl:operation",
        "cowl:policyVersion",
        "cowl:sha256",
        "cowl:withdrawal",
        "dct",
        "dct:conformsTo",
        "dct:date",
        "dct:hasVersion",
        "dct:language",
        "dpv",
        "dpv:hasConsentStatus",
        "dpv:hasContact",
        "dpv:hasDataController",
        "dpv:hasDuration",
        "dpv:hasLegalBasis",
        "dpv:hasName",
        "dpv:hasNecessity",
        "dpv:hasNotice",
        "dpv:hasPersonalData",
        "dpv:hasProcess",
        "dpv:hasPurpose",
        "dpv:hasRecipient",
        "dpv:isIndicatedBy",
        "xsd",
    ];
    assert_eq!(keys, allowed);
    let code = WithdrawalCode::parse(CODE).unwrap();
    assert!(one.is_of(&code) && !text.contains("legal winner"));
    assert!(!text.contains(&hex::encode(code.seed().expose())));
}

fn collect(value: &serde_json::Value, keys: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(members) => {
            for (key, value) in members {
                keys.push(key.clone());
                collect(value, keys);
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, keys)),
        _ => {}
    }
}

#[test]
fn who_answered_and_what_was_chosen_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let operation = operation(folder.path());
    let manifest = operation.manifest();
    let contact = manifest.policy.field_index("contact").unwrap();
    let said = |asked, chosen: &[FieldIndex]| {
        let text = receipt(manifest, asked, chosen).to_json();
        serde_json::from_str::<serde_json::Value>(&text).unwrap()
    };
    let herself = said(Asked::Herself, &[contact]);
    assert_eq!(herself["dpv:isIndicatedBy"]["@id"], "dpv:DataSubject");
    assert_eq!(herself["dpv:hasConsentStatus"]["@id"], "dpv:ConsentGiven");
    assert_eq!(herself["dpv:hasProcess"][usize::from(contact.0)]["cowl:chosen"], true);
    assert_eq!(herself["dpv:hasProcess"][0].get("cowl:chosen"), None, "what is not a choice of its own");
    let other = said(Asked::SomeoneElse, &[]);
    assert_eq!(other["dpv:isIndicatedBy"]["@id"], "cowl:FilledInBySomeoneElse");
    assert_eq!(other["dpv:hasProcess"][usize::from(contact.0)]["cowl:chosen"], false);
    let nobody = said(Asked::NotPossible, &[]);
    assert_eq!(nobody["dpv:isIndicatedBy"]["@id"], "cowl:CouldNotBeAsked");
    assert_eq!(nobody["dpv:hasConsentStatus"]["@id"], "dpv:ConsentUnknown");
}

#[test]
fn what_is_no_receipt_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let operation = operation(folder.path());
    let text = receipt(operation.manifest(), Asked::Herself, &[]).to_json();
    for end in 0..text.trim_end().len() {
        if text.is_char_boundary(end) {
            assert_eq!(Receipt::parse(&text.as_bytes()[..end]), Err(NotAReceipt::Malformed), "cut at {end}");
        }
    }
    for (from, to) in [
        ("cowl-receipt-1", "cowl-receipt-2"),
        ("https://w3id.org/dpv#", "https://example.org/"),
        ("\"fr\"", "\"xx\""),
        ("dpv:DataSubject", "dpv:Somebody"),
    ] {
        assert!(text.contains(from));
        assert_eq!(Receipt::parse(text.replace(from, to).as_bytes()), Err(NotAReceipt::Malformed), "{to}");
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(Receipt::parse(deep.as_bytes()), Err(NotAReceipt::Malformed));
    assert_eq!(Receipt::parse(&vec![b' '; 300_000]), Err(NotAReceipt::Malformed));
}

/// A receipt of version 1, as people keep it.
#[test]
fn version_1_is_read_for_ever() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/consent/receipt-1.jsonld");
    let receipt = Receipt::parse(&fs::read(path).unwrap()).unwrap();
    assert_eq!((receipt.asked(), receipt.language()), (Asked::Herself, Some(Language::French)));
    assert!(receipt.is_of(&WithdrawalCode::parse(CODE).unwrap()));
}

#[test]
fn a_number_is_a_uuid() {
    assert_eq!(uuid([0xff; 16]), "urn:uuid:ffffffff-ffff-4fff-bfff-ffffffffffff");
    assert_eq!(uuid([0; 16]), "urn:uuid:00000000-0000-4000-8000-000000000000");
}
