//! A console over a real operation, and a browser that speaks HTTP by hand.
#![allow(dead_code, reason = "each test program uses a part")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests; the lint knows test functions only"
)]

use std::{
    fmt::Write as _,
    net::SocketAddr,
    path::PathBuf,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use cowl::{
    files,
    glass::Custodian,
    operation::Operation,
    policy_file::{DEFAULT_POLICY, HAITI_DEPARTMENTS, HAITI_DEPARTMENTS_NAME},
    random::SystemRng,
};
use cowl_console::{Console, ConsoleConfig, ConsoleLimits, SidesConfig};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
    time::timeout,
};

/// How long anything may take before it counts as lost.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// A console that answers.
pub(crate) struct Site {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) address: SocketAddr,
    pub(crate) authority: String,
    pub(crate) custodians: Vec<String>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

/// What a server said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Somebody's browser.
#[derive(Clone)]
pub(crate) struct Browser {
    pub(crate) address: SocketAddr,
    pub(crate) cookie: String,
}

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// The default policy with the custody that its comments describe.
pub(crate) fn policy_with_custody() -> String {
    let mut is_custody = false;
    let mut text = String::new();
    for line in DEFAULT_POLICY.lines() {
        is_custody = line == "# [custody]" || is_custody && line.starts_with("# ");
        text.push_str(if is_custody { line.trim_start_matches("# ") } else { line });
        text.push('\n');
    }
    text.replace("custody_size = 0", "custody_size = 175")
}

pub(crate) fn operation(folder: &std::path::Path, policy: &str) -> Operation {
    let mut rng = SystemRng::new();
    let mut operation = Operation::create_with(folder, now(), &mut rng, |folder| {
        let create =
            |name: &str, text: &str| files::create(&folder.join(name), text.as_bytes(), files::Access::All);
        create(HAITI_DEPARTMENTS_NAME, HAITI_DEPARTMENTS)?;
        create("policy.toml", policy)
    })
    .unwrap();
    let epoch = operation.epoch_now(now()).unwrap();
    operation.refresh(epoch, &mut rng).unwrap();
    operation
}

/// A console of the operation `ops` in a folder.
fn config(folder: &tempfile::TempDir) -> ConsoleConfig {
    let listen = "127.0.0.1:0".parse().unwrap();
    let operation = Some(folder.path().join("ops"));
    ConsoleConfig { operation, ..ConsoleConfig::new(listen, folder.path().join("state")) }
}

impl Site {
    /// Over a new operation.
    pub(crate) async fn open(policy: &str, limits: ConsoleLimits) -> Self {
        Self::with_sides(policy, limits, None).await
    }

    /// The same with somebody who listens to a broker.
    pub(crate) async fn with_sides(policy: &str, limits: ConsoleLimits, sides: Option<SidesConfig>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        operation(&folder.path().join("ops"), policy);
        let config = ConsoleConfig { limits, sides, ..config(&folder) };
        Self::run(folder, config).await
    }

    /// Over the operation `ops` in a folder.
    pub(crate) async fn over(
        folder: tempfile::TempDir,
        custodians: Vec<Custodian>,
        limits: ConsoleLimits,
    ) -> Self {
        let config = ConsoleConfig { custodians, limits, ..config(&folder) };
        Self::run(folder, config).await
    }

    async fn run(folder: tempfile::TempDir, config: ConsoleConfig) -> Self {
        let console = Console::bind(config).await.unwrap();
        let (address, links) = (console.address(), console.sign_in_links());
        let path = |url: &str| format!("/in/{}", url.rsplit('/').next().unwrap());
        let authority = links.iter().find(|link| link.is_authority()).map(|link| path(link.url())).unwrap();
        let custodians = links.iter().filter(|link| link.seat().is_custodian());
        let custodians = custodians.map(|link| path(link.url())).collect();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move { console.run(async { drop(stopped.await) }).await.unwrap() });
        Self { folder, address, authority, custodians, stop: Some(stop), task }
    }

    pub(crate) fn operation(&self) -> Operation {
        Operation::open(&self.ops()).unwrap()
    }

    pub(crate) fn ops(&self) -> PathBuf {
        self.folder.path().join("ops")
    }

    /// A browser that signs in by a link.
    pub(crate) async fn sign_in(&self, link: &str) -> Browser {
        let mut browser = Browser { address: self.address, cookie: String::new() };
        let answer = browser.get(link).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        browser.cookie = answer.cookie().unwrap();
        browser
    }

    pub(crate) async fn close(mut self) {
        drop(self.stop.take());
        timeout(PATIENCE, self.task).await.unwrap().unwrap();
    }
}

impl Answer {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    pub(crate) fn cookie(&self) -> Option<String> {
        Some(self.header("set-cookie")?.split(';').next()?.to_owned())
    }

    pub(crate) fn location(&self) -> String {
        self.header("location").unwrap_or_default().to_owned()
    }

    /// The token that the page's forms carry.
    pub(crate) fn csrf(&self) -> String {
        self.body.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    }
}

/// Sends these bytes, and reads until the end.
pub(crate) async fn send(address: SocketAddr, bytes: &[u8]) -> Answer {
    let talk = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // A server that refuses early may not read all.
        let _ = stream.write_all(bytes).await;
        let mut heard = Vec::new();
        let _ = stream.read_to_end(&mut heard).await;
        heard
    };
    let heard = timeout(PATIENCE, talk).await.unwrap();
    let heard = String::from_utf8_lossy(&heard).into_owned();
    let (head, body) = heard.split_once("\r\n\r\n").unwrap_or((&heard, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

pub(crate) fn encoded(pairs: &[(&str, &str)]) -> String {
    let one = |text: &str| -> String {
        text.bytes().fold(String::new(), |mut all, byte| {
            let _ = write!(all, "%{byte:02X}");
            all
        })
    };
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{}={}", one(name), one(value))).collect();
    pairs.join("&")
}

impl Browser {
    pub(crate) async fn get(&self, path: &str) -> Answer {
        let (address, cookie) = (self.address, &self.cookie);
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\n\r\n");
        send(address, request.as_bytes()).await
    }

    /// A form of the page at `from`, as a browser sends it.
    pub(crate) async fn post(&self, from: &str, path: &str, pairs: &[(&str, &str)]) -> Answer {
        let csrf = self.get(from).await.csrf();
        self.post_as(path, &format!("http://{}", self.address), &[pairs, &[("csrf", &csrf)]].concat()).await
    }

    /// A form with whatever token, and from wherever.
    pub(crate) async fn post_as(&self, path: &str, origin: &str, pairs: &[(&str, &str)]) -> Answer {
        let (address, cookie, body) = (self.address, &self.cookie, encoded(pairs));
        let origin = if origin.is_empty() { String::new() } else { format!("Origin: {origin}\r\n") };
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\n{origin}Content-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        send(address, request.as_bytes()).await
    }

    /// A form with a file.
    pub(crate) async fn upload(&self, from: &str, path: &str, name: &str, file: &[u8]) -> Answer {
        self.upload_with(from, path, &[], name, file).await
    }

    /// A form with fields and a file.
    pub(crate) async fn upload_with(
        &self,
        from: &str,
        path: &str,
        fields: &[(&str, &str)],
        name: &str,
        file: &[u8],
    ) -> Answer {
        let (address, cookie, csrf) = (self.address, &self.cookie, self.get(from).await.csrf());
        let mut body = String::new();
        for (name, value) in [fields, &[("csrf", csrf.as_str())]].concat() {
            let _ = write!(
                body,
                "--b0undary\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
        }
        let _ = write!(
            body,
            "--b0undary\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"f\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        let mut body = body.into_bytes();
        body.extend(file);
        body.extend(b"\r\n--b0undary--\r\n");
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\nOrigin: http://{address}\r\n\
             Content-Type: multipart/form-data; boundary=b0undary\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        request.extend(body);
        send(address, &request).await
    }
}
