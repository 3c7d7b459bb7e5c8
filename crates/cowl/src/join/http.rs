//! A client of HTTP/1.1 (RFC 9112), no larger than joining needs it: one request a connection, nothing about who asks.

use std::{future::Future, time::Duration};

use bytes::Bytes;
use cowl_core::{PACKAGE_LIMIT, ServiceAddress};
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Method, Request, StatusCode,
    body::Body as _,
    client::conn::http1::{SendRequest, handshake},
    header,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};

/// How long a machine may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// How long there may be silence: a service that many ask at once has them wait.
const SILENCE: Duration = Duration::from_mins(2);

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Nobody is there, or the connection broke.
    Unreachable(String),
    /// The service's answer to everything that it does not answer.
    Refused,
    /// An answer that no service of ours gives.
    Strange,
}

/// Fetches something.
pub(super) async fn get(address: &ServiceAddress, path: &'static str) -> Result<Vec<u8>, Trouble> {
    ask(address, Method::GET, path, Vec::new()).await
}

/// Asks something.
pub(super) async fn post(
    address: &ServiceAddress,
    path: &'static str,
    body: Vec<u8>,
) -> Result<Vec<u8>, Trouble> {
    ask(address, Method::POST, path, body).await
}

async fn ask(
    address: &ServiceAddress,
    method: Method,
    path: &'static str,
    body: Vec<u8>,
) -> Result<Vec<u8>, Trouble> {
    let host = address.host();
    let stream = within(CONNECT, TcpStream::connect((host.as_str(), address.port()))).await?;
    let (mut sender, connection) = within(CONNECT, handshake(TokioIo::new(stream))).await?;
    // Ended with the sender.
    let connection = tokio::spawn(connection);
    let answer = answer(&mut sender, address, method, path, body).await;
    connection.abort();
    answer
}

async fn answer(
    sender: &mut SendRequest<Full<Bytes>>,
    address: &ServiceAddress,
    method: Method,
    path: &'static str,
    body: Vec<u8>,
) -> Result<Vec<u8>, Trouble> {
    let shown = address.to_string();
    let authority = shown.trim_start_matches("http://");
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, authority)
        .header(header::CONNECTION, "close")
        .body(Full::new(Bytes::from(body)))
        .map_err(|_| Trouble::Strange)?;
    let response = within(SILENCE, sender.send_request(request)).await?;
    match response.status() {
        StatusCode::OK => {}
        StatusCode::BAD_REQUEST => return Err(Trouble::Refused),
        _ => return Err(Trouble::Strange),
    }
    let mut body = response.into_body();
    let announced = body.size_hint().lower();
    if announced > PACKAGE_LIMIT as u64 {
        return Err(Trouble::Strange);
    }
    let mut bytes = Vec::new();
    while let Some(frame) = timeout(SILENCE, body.frame()).await.map_err(|_| silent())? {
        let frame = frame.map_err(|error| unreachable(&error))?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > PACKAGE_LIMIT {
            return Err(Trouble::Strange);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

async fn within<T, E: std::error::Error>(
    limit: Duration,
    step: impl Future<Output = Result<T, E>>,
) -> Result<T, Trouble> {
    match timeout(limit, step).await {
        Ok(done) => done.map_err(|error| unreachable(&error)),
        Err(_) => Err(silent()),
    }
}

fn silent() -> Trouble {
    Trouble::Unreachable("it took too long".to_owned())
}

/// In the machine's own words; nothing of the answer is in them.
fn unreachable(error: &dyn std::error::Error) -> Trouble {
    let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    Trouble::Unreachable(cause)
}
