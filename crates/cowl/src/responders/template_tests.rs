use cowl_core::{FieldIndex, RoleIndex};
use proptest::prelude::*;

use super::*;

const REPORT: &str = "00112233445566778899aabbccddeeff";

fn policy() -> Policy {
    crate::policy_file::PolicyFile::default_policy().unwrap().policy
}

fn index(policy: &Policy, name: &str) -> u8 {
    u8::try_from(policy.fields.iter().position(|field| field.name == name).unwrap()).unwrap()
}

/// What `rescue` reads of a report with these texts.
fn body(policy: &Policy, texts: &[(&str, &str)]) -> Body {
    let mut texts: Vec<_> = texts.iter().map(|(name, text)| (index(policy, name), *text)).collect();
    texts.sort_unstable();
    let mut encoder = minicbor::Encoder::new(Vec::new());
    encoder.map(texts.len() as u64).unwrap();
    for (index, text) in texts {
        encoder.u8(index).unwrap().encode(Value::Text(text.into())).unwrap();
    }
    let role: RoleIndex = policy.role_index("rescue").unwrap();
    Body::decode(policy, role, &encoder.into_writer()).unwrap()
}

fn fill(template: &str, texts: &[(&str, &str)]) -> String {
    let policy = policy();
    let body = body(&policy, texts);
    let topic = body.get(FieldIndex(index(&policy, "topic"))).and_then(|value| match value {
        Value::Text(text) => Some(text.as_str()),
        _ => None,
    });
    let values = Values {
        policy: &policy,
        role: "rescue",
        from: "V-7K3M-Q2XD",
        epoch: 42,
        report: REPORT,
        topic,
        body: &body,
    };
    template.parse::<Template>().unwrap().fill(&values).unwrap().as_str().to_owned()
}

#[test]
fn every_field_has_its_value_and_what_is_missing_a_word() {
    for (template, topic) in [
        ("relief/{role}/{pseudonym}", "relief/rescue/V-7K3M-Q2XD"),
        ("relief/{zone}/{level}", "relief/none/none"),
        ("e{role}/{epoch}-{report}", "erescue/42-00112233445566778899aabbccddeeff"),
        ("x/{topic}", "x/srv/temperature"),
        ("x/{topic/1}/{topic/2}/{topic/3}", "x/srv/temperature/none"),
        ("x/{=note}/{=person}/{=battery}", "x/two hurt, one trapped/none/none"),
    ] {
        let texts = [("topic", "srv/temperature"), ("note", "two hurt, one trapped")];
        assert_eq!(fill(template, &texts), topic, "{template}");
    }
    assert_eq!(fill(Template::DEFAULT, &[]), "relief/rescue/V-7K3M-Q2XD");
}

#[test]
fn hostile_values_stay_one_level() {
    let hostile = "+/#/$SYS\0\u{202e}%2F";
    assert_eq!(fill("x/{=note}/y", &[("note", hostile)]), "x/%2B%2F%23%2F%24SYS%00%E2%80%AE%252F/y");
    assert_eq!(fill("x/{topic}", &[("topic", "$SYS/+//#")]), "x/%24SYS/%2B/none/%23");
    assert_eq!(fill("x/{topic}", &[("topic", "1/2/3/4/5/6/7/8/9/10")]), "x/1/2/3/4/5/6/7/8%2F9%2F10");
    assert_eq!(fill("x/{=note}", &[("note", "")]), "x/none");
    let long = "\u{1}".repeat(90);
    assert_eq!(fill("x/{=note}", &[("note", &long)]).len(), 2 + LEVEL);
}

#[test]
fn templates_that_would_let_a_report_choose_the_tree_are_refused() {
    use TemplateError as E;
    for (template, why) in [
        ("{pseudonym}/x", E::FirstLevel),
        ("{topic}", E::FirstLevel),
        ("relief{zone}/x", E::FirstLevel),
        ("{role}{=note}", E::FirstLevel),
        ("$SYS/{role}", E::Text),
        ("/a/{role}", E::Text),
        ("", E::Text),
        ("a/+/{role}", E::Text),
        ("a/#", E::Text),
        ("a\n/b", E::Text),
        ("a/{role", E::Brace),
        ("a/role}", E::Brace),
        ("a/{nothing}", E::Unknown),
        ("a/{=}", E::Unknown),
        ("a/{topic/0}", E::Unknown),
        ("cowl/responders/x", E::Reserved),
        ("cowl/responders", E::Reserved),
    ] {
        assert_eq!(template.parse::<Template>(), Err(why), "{template}");
    }
    for template in ["relief/{role}/x", "{role}/{topic}", "{role}", "a", "cowl/respondersX/{zone}"] {
        assert!(template.parse::<Template>().is_ok(), "{template}");
    }
}

proptest! {
    #[test]
    fn whatever_a_report_says_it_stays_below_the_first_level(
        topic in ".{0,12}", note in ".{0,24}", template in "[a-z]{1,4}/(\\{(topic|=note|zone|topic/[1-3])\\}/?){1,4}",
    ) {
        prop_assume!(topic.len() <= 48 && note.len() <= 96);
        let made = fill(&template, &[("topic", &topic), ("note", &note)]);
        prop_assert!(made.starts_with(template.split_inclusive('/').next().unwrap()));
        prop_assert!(!made.contains(['+', '#', '$', '\0']) && !made.chars().any(char::is_control));
        let holes = template.matches("{topic}").count();
        prop_assert!(made.matches('/').count() <= template.matches('/').count() + holes * (LEVELS - 1));
    }

    /// Two values that differ make two topics, as long as they are short.
    #[test]
    fn escaping_is_injective(first in ".{1,8}", second in ".{1,8}") {
        let escaped = |text: &str| { let mut out = String::new(); escape(text, &mut out); out };
        prop_assert_eq!(escaped(&first) == escaped(&second), first == second);
    }
}
