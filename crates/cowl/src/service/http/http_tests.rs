//! The listener on loopback: what it answers, and what strangers cannot make it do.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::oneshot,
    time::timeout,
};

use super::*;

/// Nothing on loopback takes so long.
const SOON: Duration = Duration::from_mins(2);

/// Answers by saying the request backwards, and `None` to an empty one.
struct Backwards;

impl Answers for Backwards {
    fn manifest(&self) -> Vec<u8> {
        b"the manifest".to_vec()
    }

    fn exchange(&self, request: &[u8]) -> Option<Vec<u8>> {
        (!request.is_empty()).then(|| request.iter().rev().copied().collect())
    }
}

async fn started(limits: HttpLimits) -> (SocketAddr, oneshot::Sender<()>) {
    let listener = HttpListener::bind("127.0.0.1:0".parse().unwrap(), limits).await.unwrap();
    let address = listener.address().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(async move { listener.run(Arc::new(Backwards), async { drop(stopped.await) }).await });
    (address, stop)
}

/// Says these bytes, and hears until the other side closes.
async fn said(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut heard = Vec::new();
    // The other side may close before it has read all.
    let _ = stream.write_all(bytes).await;
    let _ = timeout(SOON, stream.read_to_end(&mut heard)).await.expect("an end");
    String::from_utf8(heard).unwrap()
}

fn post(body: &str) -> Vec<u8> {
    format!("POST /v1/exchange HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        .into_bytes()
}

#[tokio::test]
async fn answers_two_things_and_refuses_everything_else_alike() {
    let (address, _stop) = started(HttpLimits::default()).await;
    let manifest = said(address, b"GET /v1/manifest HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(
        manifest.starts_with("HTTP/1.1 200 OK\r\n") && manifest.ends_with("\r\n\r\nthe manifest"),
        "{manifest}"
    );
    let answer = said(address, &post("abc")).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\ncba"), "{answer}");
    for header in ["date:", "server:", "set-cookie:"] {
        assert!(!answer.to_lowercase().contains(header), "{answer}");
    }
    let refused = said(address, &post("")).await;
    assert!(refused.starts_with("HTTP/1.1 400 ") && refused.ends_with("\r\n\r\nrefused\n"), "{refused}");
    let too_large = "x".repeat(HttpLimits::default().body + 1);
    for other in [
        post(&too_large),
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        b"GET /v1/exchange HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        b"DELETE /v1/manifest HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        b"GET /v1/../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
    ] {
        assert_eq!(said(address, &other).await, refused);
    }
}

#[tokio::test]
async fn what_is_no_request_is_closed() {
    let limits = HttpLimits { request: Duration::from_millis(50), ..HttpLimits::default() };
    let (address, _stop) = started(limits).await;
    for junk in
        [&b"\x16\x03\x01\x02\x00\x01"[..], b"\r\n\r\n\r\n", &vec![b'a'; 100_000], b"GET / HTTP/9.9\r\n\r\n"]
    {
        let mut bytes = junk.to_vec();
        bytes.extend_from_slice(b"\r\n\r\n");
        assert!(!said(address, &bytes).await.contains("200 OK"));
    }
    // Others are still answered, as soon as they are quick enough.
    let answered = async { while !said(address, &post("abc")).await.ends_with("cba") {} };
    timeout(SOON, answered).await.expect("an answer");
}

#[tokio::test]
async fn who_is_slow_is_closed_and_who_is_too_many_waits() {
    let limits = HttpLimits { connections: 2, request: Duration::from_millis(50), ..HttpLimits::default() };
    let (address, _stop) = started(limits).await;
    // Both places are taken by peers that say nothing, or not all.
    let mut silent = TcpStream::connect(address).await.unwrap();
    let mut slow = TcpStream::connect(address).await.unwrap();
    slow.write_all(b"POST /v1/exchange HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc").await.unwrap();
    // They are closed, and the third has its turn.
    let third = async { while !said(address, &post("abc")).await.ends_with("cba") {} };
    timeout(SOON, third).await.expect("a turn");
    let mut heard = Vec::new();
    let _ = timeout(SOON, silent.read_to_end(&mut heard)).await.expect("an end");
    assert!(!String::from_utf8_lossy(&heard).contains("200 OK"));
    heard.clear();
    let _ = timeout(SOON, slow.read_to_end(&mut heard)).await.expect("an end");
    assert!(String::from_utf8_lossy(&heard).starts_with("HTTP/1.1 400 "));
}

#[tokio::test]
async fn who_comes_too_often_from_one_address_is_closed_unheard() {
    let per_address =
        Some(PerAddress { burst: 3, every: Duration::from_hours(1), local: true, ..PerAddress::default() });
    let (address, _stop) = started(HttpLimits { per_address, ..HttpLimits::default() }).await;
    for _ in 0..3 {
        assert!(said(address, &post("abc")).await.ends_with("cba"));
    }
    for _ in 0..3 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let mut heard = Vec::new();
        // Whether it is heard of as an end or as a reset.
        let _ = timeout(SOON, stream.read_to_end(&mut heard)).await.expect("an end");
        assert!(heard.is_empty());
    }
}

#[tokio::test]
async fn stopped_it_listens_no_more() {
    let (address, stop) = started(HttpLimits::default()).await;
    assert!(said(address, &post("abc")).await.ends_with("cba"));
    drop(stop);
    let closed = async { while TcpStream::connect(address).await.is_ok() {} };
    timeout(SOON, closed).await.expect("closed");
}
