//! Looking at a broker from outside, layer by layer: what it shows on the way, and what it says of itself.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::BytesMut;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, SignatureScheme};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::dial::{Stream, tcp, tls_text};
use super::error::{Error, Kind};
use super::handshake::greet;
use super::wire::Writer;
use super::{Endpoint, Options, Qos, Scheme, Session, websocket};

/// What was seen of a broker.
#[derive(Debug)]
pub struct Probe {
    /// Whether something took the connection at all.
    pub reached: bool,
    /// The certificate that it showed, in DER, whether it was believed or not.
    pub certificate: Option<Vec<u8>>,
    /// What TLS agreed on, once it did.
    pub tls: Option<TlsSession>,
    /// Its answer to CONNECT, or how far we came.
    pub greeting: Result<Greeting, Error>,
}

/// What a TLS handshake agreed on, by the names of the standard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsSession {
    /// The version: `TLSv1_3`.
    pub version: String,
    /// The key exchange: `X25519MLKEM768` is safe against a later quantum computer.
    pub group: String,
}

/// What a broker grants, with the standard's defaults filled in (MQTT 5 §3.2.2.3); an MQTT 3.1.1 broker says nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Greeting {
    /// Bytes of the largest packet that it takes.
    pub max_packet: u32,
    /// The best quality of service.
    pub max_qos: Qos,
    /// Whether it retains messages.
    pub retain: bool,
    /// Whether filters may hold wildcards.
    pub wildcards: bool,
    /// Unacknowledged messages that it takes at a time.
    pub receive_max: u16,
    /// The keep-alive, in seconds, where it overrules the client's.
    pub keep_alive_s: Option<u16>,
}

impl Endpoint {
    /// Connects, looks, and says goodbye: at most [`Options::connect_timeout`]. Nothing is published or subscribed, and no
    /// session is left behind.
    pub async fn probe(&self, options: &Options) -> Probe {
        let shown = Arc::new(Mutex::new(Shown::default()));
        let looked = timeout(options.connect_timeout, look(self, options, &shown)).await;
        let greeting = looked.unwrap_or_else(|_elapsed| {
            let seconds = options.connect_timeout.as_secs();
            Err(Kind::ConnectTimeout { peer: self.authority(), seconds }.into())
        });
        let Shown { reached, certificate, tls } =
            std::mem::take(&mut *shown.lock().unwrap_or_else(PoisonError::into_inner));
        Probe { reached, certificate, tls, greeting }
    }
}

#[derive(Debug, Default)]
struct Shown {
    reached: bool,
    certificate: Option<Vec<u8>>,
    tls: Option<TlsSession>,
}

async fn look(endpoint: &Endpoint, options: &Options, shown: &Arc<Mutex<Shown>>) -> Result<Greeting, Error> {
    let stream: Box<dyn Stream> = Box::new(tcp(endpoint).await?);
    shown.lock().unwrap_or_else(PoisonError::into_inner).reached = true;
    let stream: Box<dyn Stream> = match endpoint.scheme {
        Scheme::Tcp => stream,
        Scheme::Tls => tls(endpoint, stream, shown).await?,
        Scheme::Ws => Box::new(websocket::open(endpoint, "ws", stream).await?),
        Scheme::Wss => Box::new(websocket::open(endpoint, "wss", tls(endpoint, stream, shown).await?).await?),
    };
    let mut accepted = greet(stream, options, Session::Clean).await?;
    let mut goodbye = BytesMut::new();
    Writer::disconnect(&mut goodbye);
    // It has told what there is to know: how it takes the goodbye does not matter.
    let _ = accepted.connection.send(&goodbye).await;
    let ack = accepted.ack;
    Ok(Greeting {
        max_packet: ack.max_packet,
        max_qos: ack.max_qos,
        retain: ack.retain,
        wildcards: ack.wildcards,
        receive_max: ack.receive_max.get(),
        keep_alive_s: ack.keep_alive_s,
    })
}

async fn tls(
    endpoint: &Endpoint,
    stream: Box<dyn Stream>,
    shown: &Arc<Mutex<Shown>>,
) -> Result<Box<dyn Stream>, Error> {
    let failed = |why: String| Error::new(Kind::Tls { peer: endpoint.authority(), why });
    let watch =
        |inner| -> Arc<dyn ServerCertVerifier> { Arc::new(Watched { inner, shown: Arc::clone(shown) }) };
    let config = endpoint.tls.client_config_with(watch).map_err(failed)?;
    let name = ServerName::try_from(endpoint.host.clone())
        .map_err(|_| failed("the host is neither a DNS name nor an IP address".to_owned()))?;
    let stream =
        TlsConnector::from(config).connect(name, stream).await.map_err(|error| failed(tls_text(&error)))?;
    let session = stream.get_ref().1;
    let agreed = TlsSession {
        version: session.protocol_version().map_or_else(String::new, |version| format!("{version:?}")),
        group: session
            .negotiated_key_exchange_group()
            .map_or_else(String::new, |group| format!("{:?}", group.name())),
    };
    shown.lock().unwrap_or_else(PoisonError::into_inner).tls = Some(agreed);
    Ok(Box::new(stream))
}

/// Notes the certificate, and leaves the judgement to another.
#[derive(Debug)]
struct Watched {
    inner: Arc<dyn ServerCertVerifier>,
    shown: Arc<Mutex<Shown>>,
}

impl ServerCertVerifier for Watched {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).certificate = Some(end_entity.to_vec());
        self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
