//! What a console refuses: other people's browsers, other people's pages, other people's machines, and words that want to be code.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests; the lint knows test functions only"
)]

mod support;

use std::{sync::Arc, time::Duration};

use cowl::{
    policy_file::DEFAULT_POLICY,
    random::SystemRng,
    transport::{Endpoint, Filter, Options, Scheme},
};
use cowl_console::{Console, ConsoleConfig, ConsoleError, ConsoleLimits, SidesConfig};
use support::{Browser, PATIENCE, Site, encoded, send};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

async fn site() -> Site {
    Site::open(DEFAULT_POLICY, ConsoleLimits::default()).await
}

#[tokio::test]
async fn every_answer_says_what_a_browser_may_do_with_it() {
    let site = site().await;
    let browser = site.sign_in(&site.authority).await;
    let nobody = Browser { address: site.address, cookie: String::new() };
    let host = site.address;
    let answers = [
        (browser.get("/people").await, 200),
        (browser.get("/").await, 303),
        (browser.get("/assets/console.css").await, 200),
        (browser.get("/assets/none.css").await, 404),
        (browser.get("/none").await, 404),
        (nobody.get("/people").await, 401),
        (nobody.get("/map/tiles/8/75/113").await, 401),
        (browser.get("/map/tiles/8/75/113").await, 404),
        (nobody.get("/in/none").await, 401),
        (nobody.post_as("/people/rotate", &format!("http://{host}"), &[]).await, 403),
        (nobody.post_as("/people/rotate", "http://evil.example", &[]).await, 403),
        (send(host, b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n").await, 403),
        (
            send(
                host,
                format!("DELETE /people HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n\r\n")
                    .as_bytes(),
            )
            .await,
            404,
        ),
    ];
    for (answer, status) in answers {
        assert_eq!(answer.status, status, "{}", answer.head);
        let policy = answer.header("content-security-policy").unwrap();
        for part in [
            "default-src 'none'",
            "script-src 'self';",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ] {
            assert!(policy.contains(part), "{part}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"));
        let cache = answer.header("cache-control").unwrap();
        assert!(cache == "no-store" || (cache == "no-cache" && answer.header("etag").is_some()), "{cache}");
        for inline in ["<style", " style=", " onclick=", " onload=", " onerror=", "javascript:"] {
            assert!(!answer.body.contains(inline), "{inline}: {}", answer.body);
        }
    }
    let tag = browser.get("/assets/console.css").await.header("etag").unwrap().to_owned();
    let again = format!("GET /assets/console.css HTTP/1.1\r\nHost: {host}\r\nIf-None-Match: {tag}\r\n\r\n");
    let again = send(host, again.as_bytes()).await;
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    site.close().await;
}

#[tokio::test]
async fn a_link_signs_one_browser_in_and_a_session_is_its_own() {
    let site = site().await;
    let link = site.authority.clone();
    let host = site.address;
    let nobody = Browser { address: host, cookie: String::new() };
    // Whoever only looks whether it is there does not use it up.
    let head = send(host, format!("HEAD {link} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).await;
    assert_eq!((head.status, head.header("set-cookie")), (405, None));
    let answer = nobody.get(&link).await;
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with(&format!("cowl-{}=", host.port())), "{cookie}");
    assert!(
        cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Strict") && cookie.contains("; Path=/")
    );
    let replayed = nobody.get(&link).await;
    assert_eq!((replayed.status, replayed.header("set-cookie")), (401, None));
    let browser = Browser { address: host, cookie: answer.cookie().unwrap() };
    assert_eq!(browser.get("/people").await.status, 200);
    // The next link is in the folder, and begins another session.
    let file = std::fs::read_to_string(site.folder.path().join("state/sign-in.txt")).unwrap();
    let next = format!("/in/{}", file.trim().rsplit('/').next().unwrap());
    assert_ne!(next, link);
    let other = site.sign_in(&next).await;
    let (name, value) = browser.cookie.split_once('=').unwrap();
    let wrong = [
        String::new(),
        format!("{name}="),
        format!("{name}={}", "0".repeat(64)),
        format!("{name}={}", value.to_uppercase()),
        format!("{name}={}", &value[..63]),
        format!("cowl-1={value}"),
        format!("{name}={value}x; other={value}"),
    ];
    for cookie in wrong {
        let thief = Browser { address: host, cookie };
        assert_eq!(thief.get("/people").await.status, 401, "{}", thief.cookie);
    }
    // What one session has is not another's.
    let csrf = browser.get("/seat").await.csrf();
    let crossed = other.post_as("/out", &format!("http://{host}"), &[("csrf", &csrf)]).await;
    assert_eq!(crossed.status, 403);
    assert_eq!(browser.post("/seat", "/out", &[]).await.status, 200);
    assert_eq!(browser.get("/people").await.status, 401, "signed out, the cookie is worth nothing");
    assert_eq!(other.get("/people").await.status, 200);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode =
            |path: &str| site.folder.path().join(path).metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("state"), mode("state/sign-in.txt")), (0o700, 0o600));
    }
    site.close().await;
}

#[tokio::test]
async fn a_form_of_another_page_changes_nothing() {
    let site = site().await;
    let mut operation = site.operation();
    let epoch = operation.epoch_now(support::now()).unwrap();
    operation.enrol_device("phone", epoch, &mut SystemRng::new()).unwrap();
    let browser = site.sign_in(&site.authority).await;
    let own = format!("http://{}", site.address);
    let csrf = browser.get("/people").await.csrf();
    let revoke = |token: &str| {
        vec![
            ("name".to_owned(), "phone".to_owned()),
            ("then".to_owned(), "member".to_owned()),
            ("csrf".to_owned(), token.to_owned()),
        ]
    };
    let other_port = format!("http://127.0.0.1:{}", site.address.port() ^ 1);
    let local = format!("http://localhost:{}", site.address.port());
    for (origin, token) in [
        (own.as_str(), ""),
        (own.as_str(), "0"),
        (own.as_str(), &csrf[..63]),
        ("", csrf.as_str()),
        ("null", csrf.as_str()),
        ("http://evil.example", csrf.as_str()),
        (other_port.as_str(), csrf.as_str()),
        (local.as_str(), csrf.as_str()),
        (&own.replace("http", "https"), csrf.as_str()),
    ] {
        let pairs = revoke(token);
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let answer = browser.post_as("/people/revoke", origin, &pairs).await;
        assert_eq!(answer.status, 403, "{origin} {token}");
    }
    // As scripts of other pages can send it.
    let body = format!("{{\"name\":\"phone\",\"csrf\":\"{csrf}\"}}");
    for (kind, status) in
        [("text/plain", 415), ("application/json", 415), ("multipart/form-data; boundary=x", 415)]
    {
        let request = format!(
            "POST /people/revoke HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\nOrigin: {own}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
            site.address,
            browser.cookie,
            body.len()
        );
        assert_eq!(send(site.address, request.as_bytes()).await.status, status, "{kind}");
    }
    let pairs = encoded(&[("name", "phone"), ("then", "member"), ("csrf", &csrf)]);
    let crossed = format!(
        "POST /people/revoke HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\nOrigin: {own}\r\nSec-Fetch-Site: cross-site\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{pairs}",
        site.address,
        browser.cookie,
        pairs.len()
    );
    assert_eq!(send(site.address, crossed.as_bytes()).await.status, 403);
    // Not by looking at something either.
    for path in ["/people/revoke?name=phone", "/out", "/people/rotate", "/glass/draft", "/export/zones"] {
        browser.get(path).await;
    }
    assert!(site.operation().register().member("phone").unwrap().standing.is_member());
    assert_eq!(site.operation().manifest().generation(), operation.manifest().generation());
    assert_eq!(browser.get("/people").await.status, 200, "still signed in");
    site.close().await;
}

#[tokio::test]
async fn only_this_machines_names_are_answered() {
    let site = site().await;
    let browser = site.sign_in(&site.authority).await;
    let port = site.address.port();
    for (host, status) in [
        (format!("127.0.0.1:{port}"), 200),
        (format!("localhost:{port}"), 200),
        (format!("evil.example:{port}"), 403),
        ("127.0.0.1".to_owned(), 403),
        (format!("192.0.2.1:{port}"), 403),
        (format!("127.0.0.1:{port}\r\nHost: evil.example"), 403),
    ] {
        let request = format!("GET /people HTTP/1.1\r\nHost: {host}\r\nCookie: {}\r\n\r\n", browser.cookie);
        assert_eq!(send(site.address, request.as_bytes()).await.status, status, "{host}");
    }
    let nameless = format!("GET /people HTTP/1.0\r\nCookie: {}\r\n\r\n", browser.cookie);
    assert_eq!(send(site.address, nameless.as_bytes()).await.status, 403);
    let absolute = format!(
        "GET http://evil.example/people HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {}\r\n\r\n",
        browser.cookie
    );
    assert_eq!(send(site.address, absolute.as_bytes()).await.status, 403);
    site.close().await;
}

#[tokio::test]
async fn no_path_leads_out() {
    let site = site().await;
    std::fs::write(site.folder.path().join("state/secret.request"), "SECRET").unwrap();
    let browser = site.sign_in(&site.authority).await;
    for path in [
        "/assets/../../Cargo.toml",
        "/assets/..%2f..%2fCargo.toml",
        "/assets/%2e%2e/%2e%2e/Cargo.toml",
        "/assets/console.css%00",
        "/assets//etc/passwd",
        "/assets/",
        "/../ops/authority.key",
        "/glass/request/..%2fsecret",
        "/glass/request/..%2fsecret/file",
        "/glass/request/%2e%2e/secret/file",
        "/glass/draft/..%2f..%2fops%2fauthority",
        "/glass/request/..%5csecret/file",
        "/people/ticket/..%2f..%2fsign-in.txt/qr.svg",
        "/in/..%2fsign-in.txt",
    ] {
        let answer = browser.get(path).await;
        assert!(matches!(answer.status, 400..=410), "{path}: {}", answer.status);
        assert!(!answer.body.contains("SECRET") && !answer.body.contains("[package]"), "{path}");
    }
    // Nor does the language's way back.
    for from in ["//evil.example", "/\\evil.example", "https://evil.example", "/people\r\nSet-Cookie: a=b"] {
        let answer = browser.post("/people", "/language", &[("language", "fr"), ("from", from)]).await;
        assert_eq!(
            (answer.status, answer.location().as_str(), answer.header("set-cookie")),
            (303, "/", None)
        );
    }
    let french = browser.post("/people", "/language", &[("language", "ar"), ("from", "/people")]).await;
    assert_eq!(french.location(), "/people");
    assert!(browser.get("/people").await.body.contains("<html lang=\"ar\" dir=\"rtl\">"));
    site.close().await;
}

#[tokio::test]
async fn what_is_too_large_or_too_slow_is_cut_off() {
    let limits =
        ConsoleLimits { connections: 4, request: Duration::from_millis(200), ..ConsoleLimits::default() };
    let site = Site::open(DEFAULT_POLICY, limits).await;
    let browser = site.sign_in(&site.authority).await;
    let large = "x".repeat(1 << 20);
    let answer = browser.post("/people", "/people/revoke", &[("name", &large)]).await;
    // It may have been cut off while it was still sending.
    assert!(matches!(answer.status, 413 | 0), "{}", answer.status);
    let head = format!("GET /{large} HTTP/1.1\r\nHost: {}\r\n\r\n", site.address);
    assert!(matches!(send(site.address, head.as_bytes()).await.status, 414 | 431 | 400 | 0));
    // All places are taken by those who say nothing, or not all: they are cut off, and others have their turn.
    let own = format!("http://{}", site.address);
    let slow = format!(
        "POST /people/revoke HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\nOrigin: {own}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: 100\r\n\r\nname=",
        site.address, browser.cookie
    );
    let mut held = Vec::new();
    for number in 0..40 {
        let mut stream = timeout(PATIENCE, TcpStream::connect(site.address)).await.unwrap().unwrap();
        if number % 2 == 0 {
            stream.write_all(slow.as_bytes()).await.unwrap();
        }
        held.push(stream);
    }
    assert_eq!(browser.get("/people").await.status, 200);
    drop(held);
    site.close().await;
}

#[tokio::test]
async fn words_of_people_and_policies_are_words() {
    const EVIL: &str = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'`{{}}&amp;\u{202e}";
    let policy = DEFAULT_POLICY.replacen(
        "purpose = \"",
        "purpose = \"<script>alert(1)</script><img src=x onerror=alert(1)>",
        40,
    );
    let policy = policy.replacen("name = \"", "name = \"<script>alert(1)</script>", 1);
    let site = Site::open(&policy, ConsoleLimits::default()).await;
    let mut operation = site.operation();
    let epoch = operation.epoch_now(support::now()).unwrap();
    let mut rng = SystemRng::new();
    operation.enrol_device(EVIL, epoch, &mut rng).unwrap();
    let roles: Vec<_> = operation.manifest().policy.roles.iter().map(|role| role.name.clone()).collect();
    operation.enrol_responder(&format!("{EVIL}2"), &roles, epoch, &mut rng).unwrap();
    let browser = site.sign_in(&site.authority).await;
    let name = encoded(&[("name", EVIL)]);
    let search = encoded(&[("q", EVIL)]);
    let form = encoded(&[("name", EVIL), ("kind", EVIL), ("role", EVIL), ("devices", EVIL), ("at", EVIL)]);
    let mut pages = Vec::new();
    for path in [
        "/people".to_owned(),
        format!("/people?{search}"),
        format!("/people/member?{name}"),
        format!("/people/revoke?{name}"),
        format!("/people/lost?{name}"),
        format!("/people/lost/which?{name}"),
        format!("/people/enrol?{form}"),
        "/people/reads".to_owned(),
        "/log".to_owned(),
        "/glass".to_owned(),
        format!("/people/member?{}", encoded(&[("name", "<script>nobody")])),
    ] {
        pages.push((path.clone(), browser.get(&path).await));
    }
    let fields = [("name", EVIL), ("kind", "device"), ("at", EVIL), ("hours", EVIL)];
    pages.push(("wrong form".to_owned(), browser.post("/people/enrol", "/people/enrol", &fields).await));
    let fields =
        [("name", &*format!("{EVIL}3")), ("kind", "device"), ("at", "192.0.2.7:8080"), ("hours", "24")];
    let made = browser.post("/people/enrol", "/people/enrol", &fields).await;
    assert_eq!(made.status, 303, "{}", made.body);
    pages.push(("ticket".to_owned(), browser.get(&made.location()).await));
    for (path, answer) in &pages {
        assert!(matches!(answer.status, 200 | 404 | 422), "{path}: {}", answer.status);
        for tag in ["<script>", "<img src=x", "onerror=alert(1)>\""] {
            assert!(!answer.body.contains(tag), "{path}: {tag}");
        }
        // Every script and style is a file of ours, and there is no attribute that is code.
        for part in answer.body.split("<script").skip(1) {
            assert!(part.starts_with(" type=\"module\" src=\"/assets/"), "{path}");
        }
    }
    let shown =
        pages.iter().filter(|(_, answer)| answer.body.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(shown.count() >= 9, "the words are shown as they are");
    site.close().await;
}

#[tokio::test]
async fn other_machines_reach_it_only_where_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    support::operation(&folder.path().join("ops"), DEFAULT_POLICY);
    let config = |operation: bool, expose: bool| ConsoleConfig {
        listen: "0.0.0.0:0".parse().unwrap(),
        expose,
        roles: Vec::new(),
        operation: operation.then(|| folder.path().join("ops")),
        ..ConsoleConfig::new("0.0.0.0:0".parse().unwrap(), folder.path().join("state"))
    };
    assert!(matches!(Console::bind(config(true, false)).await, Err(ConsoleError::Exposed(_))));
    assert!(matches!(Console::bind(config(false, true)).await, Err(ConsoleError::NoSeat)));
    assert!(!folder.path().join("state").exists(), "refused, nothing is left behind");
    assert!(Console::bind(config(true, true)).await.is_ok());
}

#[tokio::test]
async fn a_thousand_streams_are_bounded_and_others_go_on() {
    // Nobody answers there: what the left side says of it is a stream all the same.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let sides = SidesConfig {
        endpoint: Endpoint::new(Scheme::Tcp, "127.0.0.1", nobody.port()),
        options: Options::default(),
        filters: vec![Filter::new("#").unwrap()],
        notices: Vec::new(),
        outsider: None,
        stage: None,
    };
    let limits = ConsoleLimits { streams: 8, streams_of_one: 5, ..ConsoleLimits::default() };
    let site = Site::with_sides(DEFAULT_POLICY, limits, Some(sides)).await;
    let browser = site.sign_in(&site.authority).await;
    let link = || {
        let file = std::fs::read_to_string(site.folder.path().join("state/sign-in.txt")).unwrap();
        format!("/in/{}", file.trim().rsplit('/').next().unwrap())
    };
    let (other, third) = (site.sign_in(&link()).await, site.sign_in(&link()).await);
    // As fast as they come, and as many at once as a process may have sockets: some wait to be accepted, each is answered.
    let places = Arc::new(tokio::sync::Semaphore::new(400));
    let all = (0..1_000).map(|number| {
        let browser = if number % 2 == 0 { browser.clone() } else { other.clone() };
        let places = Arc::clone(&places);
        tokio::spawn(async move {
            let _place = places.acquire().await.unwrap();
            stream(&browser).await
        })
    });
    let mut held = Vec::new();
    let mut refused = 0;
    for asked in all.collect::<Vec<_>>() {
        match timeout(PATIENCE, asked).await.unwrap().unwrap() {
            Ok(open) => held.push(open),
            Err(status) => {
                assert_eq!(status, 503);
                refused += 1;
            }
        }
    }
    // So many of all sessions together, and none of them more than its own.
    assert_eq!((held.len(), refused), (8, 992));
    assert_eq!(stream(&third).await.unwrap_err(), 503);
    // Pages are no streams: everybody goes on.
    for browser in [&browser, &other, &third] {
        assert_eq!(browser.get("/people").await.status, 200);
    }
    drop(held);
    // A place is free again when its connection is closed, which the server sees when it next says something.
    let again = async { while stream(&third).await.is_err() {} };
    timeout(PATIENCE, again).await.unwrap();
    site.close().await;
}

/// Asks for a stream of events: it, or the status of a refusal.
async fn stream(browser: &Browser) -> Result<TcpStream, u16> {
    let ask = async {
        let mut open = TcpStream::connect(browser.address).await.unwrap();
        let request = format!(
            "GET /sides/events HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\nConnection: close\r\n\r\n",
            browser.address, browser.cookie
        );
        open.write_all(request.as_bytes()).await.unwrap();
        let mut head = [0; 12];
        open.read_exact(&mut head).await.unwrap();
        match std::str::from_utf8(&head[9..]).unwrap().parse().unwrap() {
            200 => Ok(open),
            status => Err(status),
        }
    };
    timeout(PATIENCE, ask).await.unwrap()
}
