//! What idle devices cost: connects as many as asked for (10,000 unless told) over loopback, half of them MQTT 3.1.1
//! and half 5, each with a publish that was kept, and prints the memory of the broker's process before and after.
//!
//! ```text
//! ulimit -n 12000
//! cargo run --release -p cowl-broker --example idle_devices -- 10000
//! cargo run --release -p cowl-broker --example idle_devices -- 10000 tls
//! ```
//!
//! The devices are a process of their own. Linux only.
#![allow(clippy::print_stdout, reason = "a program for a person")]

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use cowl_broker::{
    Broker, BrokerConfig, Caller, Devices, Incoming, Intake, Limits, Listeners, TlsListener, Topics, Verdict,
};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

type Outcome<T> = Result<T, Box<dyn Error>>;

struct KeepsAll;

impl Intake for KeepsAll {
    fn take(&self, _: &Caller<'_>, _: &Incoming<'_>) -> Verdict {
        Verdict::Kept(Box::pin(async { Ok(()) }))
    }
}

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["devices", address, count] => devices(address.parse()?, count.parse()?, None),
        ["devices", address, count, trusted] => {
            devices(address.parse()?, count.parse()?, Some(Path::new(trusted)))
        }
        [count] => broker(count.parse()?, false),
        [count, "tls"] => broker(count.parse()?, true),
        _ => broker(10_000, false),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn broker(count: u32, is_tls: bool) -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    std::fs::write(&certificate, made.cert.pem())?;
    std::fs::write(&key, made.signing_key.serialize_pem())?;
    let address: SocketAddr = ([127, 0, 0, 1], 0).into();
    let tls = TlsListener { address, certificate: certificate.clone(), key };
    let listeners = if is_tls {
        Listeners { tls: Some(tls), ..Listeners::default() }
    } else {
        Listeners { tcp: Some(address), ..Listeners::default() }
    };
    let config = BrokerConfig {
        listeners,
        logins: Vec::new(),
        topics: Topics::none(),
        limits: Limits { connections: (count + 1).try_into()?, ..Limits::default() },
        intake: Some(Arc::new(KeepsAll)),
        devices: Devices { anonymous: true, ..Devices::default() },
    };
    let broker = Broker::start(config).await?;
    let address = broker.addresses().tcp.or(broker.addresses().tls).ok_or("no address")?;
    let before = resident()?;
    let mut devices = Command::new(std::env::current_exe()?)
        .args(["devices", &address.to_string(), &count.to_string()])
        .args(is_tls.then_some(&certificate))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut said = String::new();
    BufReader::new(devices.stdout.take().ok_or("no output")?).read_line(&mut said)?;
    if broker.counts().intake_taken != u64::from(count) {
        return Err(format!("only {} devices came: {said}", broker.counts().intake_taken).into());
    }
    let after = resident()?;
    println!("before: {before} kB");
    println!(
        "with {count} idle devices{}: {after} kB, {} bytes each",
        if is_tls { " over TLS" } else { "" },
        (after - before) * 1024 / u64::from(count)
    );
    drop(devices.stdin.take());
    devices.wait()?;
    broker.shutdown().await;
    println!("after the end: {} kB", resident()?);
    Ok(())
}

/// Bytes both ways.
trait Stream: Read + Write {}
impl<S: Read + Write> Stream for S {}

/// Connects, says so, and stays until the input ends.
fn devices(address: SocketAddr, count: u32, trusted: Option<&Path>) -> Outcome<()> {
    let tls = trusted.map(client).transpose()?;
    let mut connected = Vec::new();
    for index in 0..count {
        let stream = TcpStream::connect(address)?;
        // Else each handshake waits 40 ms for an acknowledgement.
        stream.set_nodelay(true)?;
        let mut stream: Box<dyn Stream> = match &tls {
            None => Box::new(stream),
            Some(tls) => {
                let name = ServerName::try_from("localhost")?;
                Box::new(StreamOwned::new(ClientConnection::new(Arc::clone(tls), name)?, stream))
            }
        };
        let v5 = index % 2 == 1;
        let mut connect = b"\0\x04MQTT".to_vec();
        connect.extend([if v5 { 5 } else { 4 }, 2, 0, 0]);
        connect.extend(v5.then_some(0));
        let name = format!("device-{index:06}");
        connect.extend(u16::try_from(name.len())?.to_be_bytes());
        connect.extend(name.bytes());
        send(stream.as_mut(), 0x10, &connect)?;
        receive(stream.as_mut(), 0x20)?;
        let mut publish = b"\0\x06report\0\x01".to_vec();
        publish.extend(v5.then_some(0));
        publish.extend([b'x'; 100]);
        send(stream.as_mut(), 0x32, &publish)?;
        receive(stream.as_mut(), 0x40)?;
        connected.push(stream);
    }
    println!("connected");
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn client(trusted: &Path) -> Outcome<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(trusted)?)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config =
        ClientConfig::builder_with_provider(provider).with_protocol_versions(&[&rustls::version::TLS13])?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

fn send(stream: &mut dyn Stream, first: u8, body: &[u8]) -> Outcome<()> {
    let length = u8::try_from(body.len())?;
    let mut packet = vec![first];
    packet.extend(if length < 128 { vec![length] } else { vec![length, 1] });
    packet.extend(body);
    Ok(stream.write_all(&packet)?)
}

fn receive(stream: &mut dyn Stream, first: u8) -> Outcome<()> {
    let mut header = [0; 2];
    stream.read_exact(&mut header)?;
    let [kind, length] = header;
    let mut body = vec![0; length.into()];
    stream.read_exact(&mut body)?;
    if kind == first { Ok(()) } else { Err(format!("{kind:#x} came instead of {first:#x}").into()) }
}

/// Resident memory of this process in kB.
fn resident() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS")).ok_or("no VmRSS")?;
    Ok(line.split_whitespace().nth(1).ok_or("no number")?.parse()?)
}
