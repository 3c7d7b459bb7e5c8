use super::*;
use crate::policy_file::{DEFAULT_POLICY, PolicyFile, shipped};

fn policy(more: &str) -> cowl_core::Policy {
    PolicyFile::parse(&format!("{DEFAULT_POLICY}\n{more}"), "policy.toml", &shipped).unwrap().policy
}

fn notice(policy: &Draft, language: Language) -> Notice {
    let authority = Fingerprint::parse("3f1c88a091be04d73f1c88a091be04d7").unwrap();
    Notice::of_policy(policy, Preset::Cowl, authority, language)
}

/// Says of every field who reads it at which precision, and why.
#[test]
fn the_shipped_policy_in_english() {
    let notice = notice(&policy(""), Language::English);
    let text = notice.to_text();
    for line in [
        "- Temperature\n    Why: See fire, cold and fever\n    Triage: rounded to steps of 5 °C\n    Medical: exactly as given\n",
        "    Rescue: only the zone (100m); a larger one where fewer than 5 people report\n",
        "- Medical: Treat the hurt\n    Kept for 30 days at most.\n",
        "Help does not depend on your choice.",
        "    Legal basis: GDPR Art. 6(1)(d), vital interests\n",
        "The organisation has named nobody to ask.",
        "3f1c-88a0-91be-04d7",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert_eq!(notice.untranslated(), Vec::<String>::new());
}

/// The hash on a receipt must be found again by another version of the program: when this test fails, texts changed, and
/// receipts of before are confirmed by the manifests of before only. That is as it should be; update the hashes.
#[test]
fn a_changed_notice_is_a_changed_hash() {
    let (policy, other) = (policy(""), policy("[notice]\ncontact = \"the red tent\"\n"));
    for language in Language::ALL {
        let (one, two) = (notice(&policy, language), notice(&other, language));
        assert_ne!(one.hash(), two.hash());
        assert_eq!(one.hash(), notice(&policy, language).hash());
        assert!(two.to_text().contains("the red tent"));
    }
    let hashes: std::collections::BTreeSet<_> =
        Language::ALL.into_iter().map(|language| notice(&policy, language).hash().0).collect();
    assert_eq!(hashes.len(), Language::ALL.len());
}

#[test]
fn an_operations_own_words_stand_as_they_are_or_as_it_translated_them() {
    let own = policy(
        "[notice]\ncontact = \"the red tent\"\nchoice = [\"contact\"]\n[notice.translations.fr]\n\"the red tent\" = \"la tente rouge\"\n",
    );
    let mut own = own.into_draft();
    own.roles[1].purpose = "Set bones".into();
    let french = notice(&own, Language::French);
    let text = french.to_text();
    assert!(text.contains("À qui s'adresser : la tente rouge"), "{text}");
    assert!(text.contains("Équipe médicale : Set bones"), "{text}");
    assert_eq!(french.untranslated(), ["Set bones"]);
    assert!(text.contains("Certains textes sont ceux de l'organisation"), "{text}");
    assert!(text.contains("N'est pas envoyé, sauf si vous l'activez : Numéro de téléphone."), "{text}");
    assert!(notice(&own, Language::Spanish).to_text().contains("Pregunte a: the red tent"));
    assert_eq!(notice(&own, Language::English).untranslated(), Vec::<String>::new());
}

/// What runs the other way is isolated, and nothing in the notice turns the rest around.
#[test]
fn arabic_is_safe_from_right_to_left() {
    let mut own = policy("").into_draft();
    own.name = "Camp \u{202e}3".into();
    let notice = notice(&own, Language::Arabic);
    let text = notice.to_text();
    assert!(!text.contains('\u{202e}') && text.contains("Camp 3"));
    assert!(text.contains("\u{2068}100m\u{2069}"), "{text}");
    let (opened, closed) = (text.matches('\u{2068}').count(), text.matches('\u{2069}').count());
    assert_eq!(opened, closed);
    for line in text.lines() {
        assert_eq!(line.matches('\u{2068}').count(), line.matches('\u{2069}').count(), "{line}");
    }
    assert!(notice.to_html().contains("<html lang=\"ar\" dir=\"rtl\">"));
}

#[test]
fn a_page_shows_a_policys_words_and_runs_none_of_them() {
    let mut own = policy("").into_draft();
    own.fields[0].purpose = "<script>alert(1)</script> & \"more\"".into();
    let page = notice(&own, Language::English).to_html();
    assert!(
        !page.contains("<script")
            && page.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;more&quot;")
    );
    assert!(!page.contains("http"), "nothing is fetched from elsewhere");
}

#[test]
fn custodians_are_told_of() {
    let custody = DEFAULT_POLICY
        .replace("custody_size = 0", "custody_size = 175")
        .replace("\n# [custody]\n", "\n[custody]\n")
        .replace("# threshold = 2 ", "threshold = 2 ")
        .replace("# custodians = 3 ", "custodians = 3 ")
        .replace("# purpose = \"Find a person", "purpose = \"Find a person")
        .replace("# [custody.reads]", "[custody.reads]")
        .replace("# position = \"exact\"", "position = \"exact\"")
        .replace("# person = \"exact\"", "person = \"exact\"");
    let policy = PolicyFile::parse(&custody, "policy.toml", &shipped).unwrap().policy;
    let text = notice(&policy, Language::English).to_text();
    let line = "2 of 3 appointed people together can open this, of one report at a time, and each time is written down: \
                Where you are (your exact place), Name (exactly as given).";
    assert!(text.contains(line), "{text}");
}
