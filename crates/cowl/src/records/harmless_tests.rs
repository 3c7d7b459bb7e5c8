//! What a policy says is shown as text, in every form.

use super::*;

/// What a hostile or careless policy says stands there as text.
#[test]
fn what_a_policy_says_is_no_markup() {
    const NASTY: &[&str] = &[
        "</td></table><script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1)) ![y](http://evil.example/z)",
        "a | b | c `code` **bold** _it_ ~~gone~~ $x$ &amp; &#60;",
        "\\n# heading\\n- item\\n| --- |\\n[ref]: http://evil.example",
        "\\\" onload=\\\"x\\\" 'y' \\u202e turned",
        "1. one",
        "www.evil.example http://evil.example",
    ];
    let plain = all(&default_world().records());
    for nasty in NASTY {
        let policy = DEFAULT_POLICY
            .replace("purpose = \"Find you\"", &format!("purpose = \"{nasty}\""))
            .replace("purpose = \"Treat the hurt\"", &format!("purpose = \"{nasty}\""))
            .replace("basis = \"GDPR Art. 6(1)(d), vital interests\"", &format!("basis = \"{nasty}\""));
        let policy = format!("{policy}\n[notice]\ncontact = \"{nasty}\"\n");
        let world = world(&policy);
        fs::write(
            world.operation.folder().join(ORGANISATION),
            format!("name = \"{nasty}\"\ncontact = \"{nasty}\"\n"),
        )
        .unwrap();
        for ((name, document), (_, plain)) in all(&world.records()).iter().zip(&plain) {
            harmless_html(&document.to_html(), &plain.to_html(), name);
            harmless_markdown(&document.to_markdown(), &plain.to_markdown(), name);
            assert!(serde_json::from_str::<Value>(&document.to_json()).is_ok());
            assert!(!document.to_json().contains('\u{202e}') || *name == "notice-ar", "{name}");
        }
    }
}

/// Only the tags that the form itself writes, each with the attributes that it has.
fn harmless_html(page: &str, plain: &str, name: &str) {
    let tags = |page: &str| {
        let tag = |piece: &str| piece.split_once('>').map(|(tag, _)| tag.to_owned());
        let mut tags: Vec<_> = page.split('<').skip(1).filter_map(tag).collect();
        tags.sort_unstable();
        tags.dedup();
        tags
    };
    let known = tags(plain);
    for tag in tags(page) {
        // Places that the operator filled in are gone, and contacts are one more sort of line; nothing else is new.
        assert!(known.contains(&tag), "{name}: <{tag}>");
    }
    for outside in ["src=", "http-equiv=\"refresh", "url(", "<script"] {
        let count = |page: &str| page.matches(outside).count();
        let escaped = page.matches("&lt;img src=").count();
        assert!(
            count(page) == count(plain) + if outside == "src=" { escaped } else { 0 },
            "{name}: {outside}"
        );
    }
}

fn harmless_markdown(page: &str, plain: &str, name: &str) {
    let begins = |page: &str, with: &str| page.lines().filter(|line| line.starts_with(with)).count();
    for with in ["#", "|", "> ", "---"] {
        assert_eq!(begins(page, with), begins(plain, with), "{name}: lines with {with}");
    }
    for line in page.lines() {
        let mut before = '\0';
        let mut bare = Vec::new();
        for symbol in line.chars() {
            if before != '\\' {
                bare.push(symbol);
            }
            before = if before == '\\' && symbol == '\\' { '\0' } else { symbol };
        }
        let bare: String = bare.into_iter().collect();
        assert!(!line.contains('<') && !bare.contains("](") && !bare.contains("]:"), "{name}: {line}");
        assert!(
            !bare.contains("http://")
                && !bare.contains("www.evil")
                && !bare.contains("~~")
                && !bare.contains('`'),
            "{name}: {line}"
        );
    }
    // Every row of a table has as many cells as its head.
    let cells = |line: &str| line.replace("\\\\", "").replace("\\|", "").matches('|').count();
    let mut columns = None;
    for line in page.lines() {
        match (line.starts_with('|'), columns) {
            (false, _) => columns = None,
            (true, None) => columns = Some(cells(line)),
            (true, Some(columns)) => assert_eq!(cells(line), columns, "{name}: {line}"),
        }
    }
}
