//! Listens to one connection.

use std::sync::Arc;

use rustls::{CipherSuite, NamedGroup, ProtocolVersion, ServerConnection};
use tokio::net::TcpStream;

use super::Recorder;
use crate::capture::stream::Stream;
use crate::trace::{Closing, ConnectionId, Event, TlsHello, Way};

/// What a connection's bytes mean, on their way to the recorder.
#[derive(Debug)]
pub(super) struct Ear {
    stream: Stream,
    recorder: Arc<Recorder>,
    connection: ConnectionId,
    /// Agreed on with the client, when the tap is the end of TLS.
    agreed: Option<Agreed>,
}

#[derive(Debug)]
struct Agreed {
    version: u16,
    cipher: u16,
    group: u16,
    name: String,
}

impl Ear {
    pub(super) fn new(
        connection: ConnectionId,
        recorder: Arc<Recorder>,
        client: &TcpStream,
        ends_tls: bool,
    ) -> Self {
        let stream = Stream::new(connection, client.peer_addr().ok(), ends_tls);
        Self { stream, recorder, connection, agreed: None }
    }

    /// The broker answered.
    pub(super) fn reached(&mut self, server: &TcpStream) {
        self.stream.reached(server.peer_addr().ok());
    }

    /// The client's TLS ends here. Its offer is not seen, so its fingerprint is 0.
    pub(super) fn hello(&mut self, tls: &ServerConnection) {
        self.agreed = Some(Agreed {
            version: tls.protocol_version().map_or(0, ProtocolVersion::into),
            cipher: tls.negotiated_cipher_suite().map_or(0, |suite| CipherSuite::into(suite.suite())),
            group: tls.negotiated_key_exchange_group().map_or(0, |group| NamedGroup::into(group.name())),
            name: tls.server_name().unwrap_or_default().to_owned(),
        });
    }

    pub(super) fn hear(&mut self, way: Way, bytes: &[u8]) {
        let (at, recorder, connection) = (self.recorder.now(), &self.recorder, self.connection);
        let agreed = &mut self.agreed;
        self.stream.bytes(at, way, bytes, |event| {
            recorder.record(event);
            if let Event::Open { .. } = event
                && let Some(Agreed { version, cipher, group, name }) = agreed.take()
            {
                let server_name = &*name;
                let hello =
                    TlsHello { version, cipher, group, server_name, fingerprint: 0, resumption: false };
                recorder.record(&Event::Hello { connection, at, hello });
            }
        });
    }

    pub(super) fn close(&mut self, cause: Closing) {
        let (at, recorder) = (self.recorder.now(), &self.recorder);
        self.stream.close(at, cause, |event| recorder.record(event));
    }
}
