//! What strangers get, and what they cannot make the page do.

use std::time::Duration;

use cowl::{
    client::anonymous_options,
    operation::Operation,
    random::SystemRng,
    service::http::PerAddress,
    transport::{Endpoint, Scheme, Version},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::oneshot,
    time::timeout,
};

use super::*;

const NOW: u64 = 1_800_000_000;
/// Nothing on loopback takes so long.
const SOON: Duration = Duration::from_mins(2);
/// What a visit may cost, in bytes that are sent compressed: most of it is the module.
const VISIT: usize = 150 << 10;

struct Standing {
    address: SocketAddr,
    /// The broker's end of tunnels.
    broker: TcpListener,
    operation: Operation,
    _stop: oneshot::Sender<()>,
    _folder: tempfile::TempDir,
}

async fn stand(limits: PageLimits) -> Standing {
    let folder = tempfile::tempdir().unwrap();
    let operation = Operation::create(&folder.path().join("ops"), NOW, &mut SystemRng::new()).unwrap();
    let broker = TcpListener::bind("127.0.0.1:0").await.unwrap();
    // Notices are asked for where nobody answers: the tests of the command have a whole broker.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let login = operation.logins().walk_in.to_credential();
    let options = anonymous_options(operation.manifest(), Some(&login), Version::V5).unwrap();
    let endpoint = Endpoint::new(Scheme::Tcp, "127.0.0.1", broker.local_addr().unwrap().port());
    let config = PageConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        tls: None,
        manifest: operation.manifest().clone(),
        endpoint,
        options,
        walk_in: login,
        limits,
    };
    let mut page = Page::bind(config).await.unwrap();
    page.config.endpoint.port = silent.port();
    let address = page.address();
    let (stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(page.run(|_| {}, async { drop(stopped.await) }));
    Standing { address, broker, operation, _stop: stop, _folder: folder }
}

/// Says these bytes and hears until the other side closes.
async fn said(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut heard = Vec::new();
    let _ = stream.write_all(bytes).await;
    let _ = timeout(SOON, stream.read_to_end(&mut heard)).await.expect("an end");
    heard
}

async fn get(address: SocketAddr, path: &str, more: &str) -> (String, Vec<u8>) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{more}\r\n");
    let heard = said(address, request.as_bytes()).await;
    let end = heard.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
    let body = heard[end + 4..].to_vec();
    (String::from_utf8(heard[..end].to_vec()).unwrap().to_lowercase(), body)
}

#[tokio::test]
async fn every_file_is_there_whole_and_says_what_browsers_may_do() {
    let standing = stand(PageLimits::default()).await;
    for (path, file) in files::all() {
        let (head, body) = get(standing.address, path, "").await;
        assert!(head.starts_with("http/1.1 200"), "{path}: {head}");
        assert_eq!(body, file.plain, "{path}");
        for said in [
            "script-src 'self' 'wasm-unsafe-eval';",
            "default-src 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'; trusted-types cowl",
            "x-content-type-options: nosniff",
            "x-frame-options: deny",
            "referrer-policy: no-referrer",
        ] {
            assert!(head.contains(said), "{path}: {said}");
        }
        for told in ["server:", "date:", "set-cookie", "unsafe-inline", "unsafe-eval' '"] {
            assert!(!head.contains(told), "{path}: {head}");
        }
    }
    let (head, packed) = get(standing.address, "/page.css", "Accept-Encoding: br, gzip\r\n").await;
    assert!(head.contains("content-encoding: gzip"), "{head}");
    let mut plain = Vec::new();
    let mut unpacking = flate2::read::GzDecoder::new(packed.as_slice());
    io::Read::read_to_end(&mut unpacking, &mut plain).unwrap();
    assert_eq!(plain, files::all()["/page.css"].plain);
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
    let (head, body) = get(standing.address, "/page.css", &format!("If-None-Match: {tag}\r\n")).await;
    assert!(head.starts_with("http/1.1 304") && body.is_empty(), "{head}");
    for later in ["/op/beacon", "/op/dispatch"] {
        assert!(get(standing.address, later, "").await.0.starts_with("http/1.1 204"), "{later}");
    }
    let (head, body) = get(standing.address, "/op/manifest", "").await;
    assert!(head.contains("application/octet-stream"), "{head}");
    assert_eq!(body, standing.operation.manifest().bytes());
}

#[tokio::test]
async fn nothing_else_is_there_and_nothing_else_is_taken() {
    let standing = stand(PageLimits::default()).await;
    for path in [
        "/../Cargo.toml",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/page.css/",
        "/page.css?x",
        "/./page.css",
        "/op/../page.css",
        "/op/notice",
        "/op/notice?lang=xx",
        "/op/words?lang=../../en",
        "/op/notice?lang=en&lang=fr",
        "/op/beacon?x",
        "/index.html",
        "/%00",
        "/page%2ecss",
    ] {
        let (head, body) = get(standing.address, path, "").await;
        assert!(head.starts_with("http/1.1 404") && body.is_empty(), "{path}: {head}");
    }
    for (request, status) in [
        ("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", "405"),
        ("DELETE /page.css HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "405"),
        ("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\nabc", "413"),
        ("GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n", "413"),
    ] {
        let heard = String::from_utf8(said(standing.address, request.as_bytes()).await).unwrap();
        assert!(heard.starts_with(&format!("HTTP/1.1 {status}")), "{request}: {heard}");
    }
    for junk in [&b"\x16\x03\x01\x02\x00\x01\r\n\r\n"[..], &vec![b'a'; 100_000], b"GET / HTTP/9.9\r\n\r\n"] {
        assert!(!said(standing.address, junk).await.windows(6).any(|window| window == b"200 OK"));
    }
}

#[tokio::test]
async fn who_is_slow_is_closed_and_who_is_too_many_waits() {
    let limits = PageLimits { connections: 2, request: Duration::from_millis(50), ..PageLimits::default() };
    let standing = stand(limits).await;
    let mut silent = TcpStream::connect(standing.address).await.unwrap();
    let mut slow = TcpStream::connect(standing.address).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.unwrap();
    let third =
        async { while !get(standing.address, "/icon.svg", "").await.0.starts_with("http/1.1 200") {} };
    timeout(SOON, third).await.expect("a turn");
    for stream in [&mut silent, &mut slow] {
        let _ = timeout(SOON, stream.read_to_end(&mut Vec::new())).await.expect("an end");
    }
}

#[tokio::test]
async fn one_address_does_not_take_everything() {
    let strict = PerAddress { at_once: 1, burst: 2, every: Duration::from_hours(1), local: true };
    let standing = stand(PageLimits { per_address: strict, ..PageLimits::default() }).await;
    for _ in 0..2 {
        assert!(get(standing.address, "/icon.svg", "").await.0.starts_with("http/1.1 200"));
    }
    assert!(
        said(standing.address, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.is_empty(),
        "closed without a word"
    );
}

const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const UPGRADE: &str = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n";

/// The answer's head.
async fn asks(stream: &mut TcpStream, address: SocketAddr, more: &str) -> String {
    let request = format!("GET /mqtt HTTP/1.1\r\nHost: {address}\r\n{UPGRADE}{KEY}{more}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut heard = Vec::new();
    while !heard.ends_with(b"\r\n\r\n") {
        let Ok(byte) = timeout(SOON, stream.read_u8()).await.expect("an answer") else { break };
        heard.push(byte);
    }
    String::from_utf8(heard).unwrap()
}

/// A binary frame of a client (RFC 6455 §5.2), masked by zeros.
fn frame(payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x82];
    if let Some(length) = u8::try_from(payload.len()).ok().filter(|length| *length < 126) {
        bytes.push(0x80 | length);
    } else {
        bytes.push(0x80 | 0x7e);
        bytes.extend_from_slice(&u16::try_from(payload.len()).unwrap().to_be_bytes());
    }
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(payload);
    bytes
}

/// The greeting that every client of the operation makes.
fn greeting(user: &str) -> Vec<u8> {
    let mut body = b"\x00\x04MQTT\x05\xc2\x00\x3c\x08\x21\x01\x00\x27\x00\x10\x00\x00\x00\x03abc".to_vec();
    for text in [user, "secret"] {
        body.extend_from_slice(&u16::try_from(text.len()).unwrap().to_be_bytes());
        body.extend_from_slice(text.as_bytes());
    }
    [&[0x10, u8::try_from(body.len()).unwrap()], body.as_slice()].concat()
}

#[tokio::test]
async fn a_tunnel_carries_what_the_gate_lets_through_and_ends_at_what_it_does_not() {
    let standing = stand(PageLimits::default()).await;
    let mut browser = TcpStream::connect(standing.address).await.unwrap();
    let origin = format!("Origin: http://{}\r\n", standing.address);
    let head = asks(&mut browser, standing.address, &origin).await;
    assert!(head.starts_with("HTTP/1.1 101") && head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
    let (mut broker, _) = timeout(SOON, standing.broker.accept()).await.unwrap().unwrap();
    let hello = greeting("walk-in");
    browser.write_all(&frame(&hello)).await.unwrap();
    let mut heard = vec![0; hello.len()];
    timeout(SOON, broker.read_exact(&mut heard)).await.unwrap().unwrap();
    assert_eq!(heard, hello, "byte for byte");
    broker.write_all(&[0x20, 3, 0, 0, 0]).await.unwrap();
    let mut answer = [0; 7];
    timeout(SOON, browser.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(answer, [0x82, 5, 0x20, 3, 0, 0, 0]);
    // A subscription is none of a walk-in's packets.
    browser.write_all(&frame(&[0x82, 6, 0, 1, 0, 0, 1, b'#', 0])).await.unwrap();
    let mut rest = Vec::new();
    timeout(SOON, broker.read_to_end(&mut rest)).await.unwrap().unwrap();
    assert!(rest.is_empty(), "nothing of it reached the broker");
    let _ = timeout(SOON, browser.read_to_end(&mut rest)).await.unwrap();
}

#[tokio::test]
async fn tunnels_of_others_and_too_many_are_refused() {
    let limits = PageLimits { tunnels: 1, tunnel_idle: Duration::from_millis(50), ..PageLimits::default() };
    let standing = stand(limits).await;
    let ask = async |more: &str| {
        let mut stream = TcpStream::connect(standing.address).await.unwrap();
        (asks(&mut stream, standing.address, more).await, stream)
    };
    let (head, _) = ask("Origin: https://elsewhere.example\r\n").await;
    assert!(head.starts_with("HTTP/1.1 403"), "{head}");
    let (head, _) = get(standing.address, "/mqtt", "").await;
    assert!(head.starts_with("http/1.1 400"), "{head}");
    let (head, mut first) = ask("").await;
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    let (second, _) = ask("").await;
    assert!(second.starts_with("HTTP/1.1 503") || second.starts_with("HTTP/1.1 101"), "{second}");
    // The first says nothing, and makes room.
    let _ = timeout(SOON, first.read_to_end(&mut Vec::new())).await.expect("an end");
    let turn = async { while !ask("").await.0.starts_with("HTTP/1.1 101") {} };
    timeout(SOON, turn).await.expect("a turn");
}

/// What a first visit loads, in the largest language, with the service worker and the icon: everything but the operation's own notices.
#[tokio::test]
async fn a_visit_is_small() {
    let folder = tempfile::tempdir().unwrap();
    let operation = Operation::create(&folder.path().join("ops"), NOW, &mut SystemRng::new()).unwrap();
    let documents = documents::of(operation.manifest(), &operation.logins().walk_in.to_credential());
    let files: usize = files::all().values().map(File::cost).sum();
    let told = |kind: &str| {
        let all = documents.iter().filter(|(path, _)| path.starts_with(kind)).map(|(_, file)| file.cost());
        all.max().unwrap()
    };
    let language = told("/op/words") + told("/op/notice");
    let rest = told("/op/page.json") + told("/op/zones.json");
    let visit = files + language + rest;
    let manifest = documents["/op/manifest"].cost();
    println!(
        "a visit: {visit} bytes, of which files {files}, language {language}; beside it the manifest: {manifest}"
    );
    assert!(visit <= VISIT, "{visit} bytes");
    let listed = include_str!("../../assets/page/sw.js");
    for path in files::all().keys().filter(|path| **path != "/sw.js") {
        assert!(listed.contains(&format!("'{path}'")), "{path} is not kept for a time without a network");
    }
}
