//! Debian's mosquitto on free ports, for one test.

use std::fmt::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cowl::transport::{Endpoint, Fingerprint, Scheme, TlsOptions};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;

/// Where Debian and others put it.
const PROGRAMS: [&str; 3] =
    ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto"];

/// A running broker; killed when dropped.
pub struct Mosquitto {
    child: Child,
    ports: Vec<(Scheme, u16)>,
    ca_pem: String,
    server_der: Vec<u8>,
    _dir: TempDir,
}

impl Mosquitto {
    /// One listener on each scheme of `schemes` and `extra` lines of configuration. `None` where there is no
    /// mosquitto, except under CI, where that fails.
    pub fn start(schemes: &[Scheme], extra: &str) -> Option<Self> {
        let Some(program) = PROGRAMS.iter().find(|path| std::path::Path::new(path).exists()) else {
            assert!(std::env::var_os("CI").is_none(), "mosquitto is not installed");
            eprintln!("skipped: mosquitto is not installed");
            return None;
        };
        // Between asking the system for a port and mosquitto's bind another process may take it.
        (0..5)
            .find_map(|_| Self::try_start(program, schemes, extra))
            .map_or_else(|| panic!("mosquitto did not start"), Some)
    }

    /// The address of its listener.
    pub fn endpoint(&self, scheme: Scheme) -> Endpoint {
        let port = self.ports.iter().find(|(its, _)| *its == scheme).expect("a listener of that scheme").1;
        Endpoint::new(scheme, "127.0.0.1", port)
            .trusting(TlsOptions::from_pem(self.ca_pem.as_bytes()).expect("our own PEM"))
    }

    /// The fingerprint of its certificate.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.server_der)
    }

    /// Ends it at once, as a power cut does.
    pub fn kill(&mut self) {
        self.child.kill().expect("our own child");
        self.child.wait().expect("our own child");
    }

    fn try_start(program: &str, schemes: &[Scheme], extra: &str) -> Option<Self> {
        let dir = TempDir::new().expect("a temporary directory");
        let file = |name: &str| -> PathBuf { dir.path().join(name) };
        let (ca_pem, server_der) = certificates(&dir);
        // `user root`: otherwise mosquitto gives up its rights and cannot read the temporary directory.
        let mut config = "user root\nallow_anonymous true\nlog_type none\nmax_queued_messages 0\n".to_owned();
        config = if extra.contains("allow_anonymous") {
            config.replace("allow_anonymous true\n", "")
        } else {
            config
        };
        config.push_str(extra);
        let mut ports = Vec::new();
        for &scheme in schemes {
            let port = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
            ports.push((scheme, port));
            let _ = writeln!(config, "\nlistener {port} 127.0.0.1");
            // It counts for the listener below which it stands.
            for line in extra.lines().filter(|line| line.starts_with("max_qos")) {
                let _ = writeln!(config, "{line}");
            }
            if matches!(scheme, Scheme::Ws | Scheme::Wss) {
                config.push_str("protocol websockets\n");
            }
            if scheme.is_encrypted() {
                let _ = writeln!(config, "certfile {}", file("server.pem").display());
                let _ = writeln!(config, "keyfile {}", file("server.key").display());
            }
        }
        std::fs::write(file("mosquitto.conf"), config).expect("a writable temporary directory");
        let child = Command::new(program)
            .arg("-c")
            .arg(file("mosquitto.conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("mosquitto starts");
        let mut broker = Self { child, ports, ca_pem, server_der, _dir: dir };
        broker.is_ready().then_some(broker)
    }

    fn is_ready(&mut self) -> bool {
        let deadline = Instant::now() + Duration::from_secs(10);
        let ports: Vec<u16> = self.ports.iter().map(|(_, port)| *port).collect();
        ports.into_iter().all(|port| {
            while Instant::now() < deadline && self.child.try_wait().is_ok_and(|end| end.is_none()) {
                if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                    return true;
                }
                std::thread::yield_now();
            }
            false
        })
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An authority and a certificate of 127.0.0.1 signed by it.
fn certificates(dir: &TempDir) -> (String, Vec<u8>) {
    let mut params = CertificateParams::new(vec![]).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a CA");
    let key = KeyPair::generate().expect("a key");
    let server = CertificateParams::new(vec!["127.0.0.1".to_owned(), "localhost".to_owned()])
        .expect("good names")
        .signed_by(&key, &ca)
        .expect("a certificate");
    std::fs::write(dir.path().join("server.pem"), server.pem()).expect("a writable temporary directory");
    std::fs::write(dir.path().join("server.key"), key.serialize_pem())
        .expect("a writable temporary directory");
    (ca.pem(), server.der().to_vec())
}
