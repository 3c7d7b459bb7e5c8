//! A day at a console: so many reports from so many devices through a real broker, then the first view, and live updates.
//!
//! ```text
//! cargo run --release -p cowl-console --example console_day -- 100000 5000
//! cargo run --release -p cowl-console --example console_day -- 400 60 stay    # and stays open, to be looked at
//! ```
//!
//! The operation, its broker and its devices are a process of their own; what is said of memory is the console's. Linux only.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a program for a person"
)]

mod world;

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::SocketAddr,
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use cowl::{
    archive::Archive,
    transport::{Endpoint, Scheme},
};
use cowl_console::{Console, ConsoleConfig, ConsoleLimits, RoleSeat};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use world::World;

/// Live reports: so many, so many a second.
const LIVE: usize = 500;
const A_SECOND: u64 = 50;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["field", folder, devices] => Box::pin(field(Path::new(folder), devices.parse().unwrap())).await,
        [reports, devices] => day(reports.parse().unwrap(), devices.parse().unwrap(), false).await,
        [reports, devices, "stay"] => day(reports.parse().unwrap(), devices.parse().unwrap(), true).await,
        _ => day(100_000, 5_000, false).await,
    }
}

/// The operation's side: says its port, then does what it is told, a line each.
async fn field(folder: &Path, devices: usize) {
    let mut world = World::new(folder, devices, &["medical"]);
    let (broker, endpoint) = world.broker().await;
    world.announce(&endpoint).await;
    println!("{}", broker.addresses().tcp.unwrap().port());
    let mut field = world.field(&endpoint).await;
    let mut sent = 0;
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let count: usize = line.split(' ').nth(1).unwrap().parse().unwrap();
        for number in 0..count {
            let begin = Instant::now();
            field.send(sent % devices, &report(sent)).await;
            sent += 1;
            if line.starts_with("live") {
                field.flush().await;
                tokio::time::sleep(Duration::from_millis(1_000 / A_SECOND).saturating_sub(begin.elapsed()))
                    .await;
            }
            if number % 50 == 0 {
                field.cover(sent % devices).await;
            }
        }
        field.flush().await;
        println!("done");
    }
    broker.shutdown().await;
}

/// What a device says: spread over Haiti, most of it not urgent, and when it was sent, to a millisecond.
fn report(number: usize) -> String {
    const SEVERITIES: [&str; 12] =
        ["low", "low", "low", "low", "moderate", "moderate", "high", "low", "low", "high", "low", "critical"];
    const PLACES: [(f64, f64); 9] = [
        (18.54, -72.34),
        (18.51, -72.63),
        (19.76, -72.2),
        (18.23, -72.53),
        (18.2, -73.75),
        (18.65, -74.12),
        (19.45, -72.69),
        (19.94, -72.83),
        (19.15, -71.96),
    ];
    const NOTES: [&str; 6] = [
        "leg trapped, awake",
        "water needed",
        "two children, one fever",
        "roof unsafe",
        "insulin until tonight",
        "all well",
    ];
    let mixed = (number.wrapping_mul(2_654_435_761)) >> 7;
    let (latitude, longitude) = PLACES[if mixed % 5 < 3 { 0 } else { mixed / 7 % PLACES.len() }];
    let severity = SEVERITIES[mixed / 63 % SEVERITIES.len()];
    let sent = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let (temperature, note) =
        (36.0 + f64::from(u32::try_from(mixed % 40).unwrap()) / 10.0, NOTES[mixed / 11 % NOTES.len()]);
    format!(
        "{{\"severity\": \"{severity}\", \"temp\": {temperature:.1}, \"lat\": {latitude}, \"lon\": {longitude}, \"note\": \"{note} [{sent}]\"}}"
    )
}

async fn day(reports: usize, devices: usize, stay: bool) {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Field::start(folder.path(), devices);
    println!("{reports} reports of {devices} devices");
    let limits = ConsoleLimits::default();
    let config = ConsoleConfig {
        roles: vec![seat(folder.path(), child.port)],
        limits,
        ..ConsoleConfig::new(
            ([127, 0, 0, 1], if stay { 8_377 } else { 0 }).into(),
            folder.path().join("console"),
        )
    };
    let before = resident();
    let console = Console::bind(config).await.unwrap();
    let (address, link) = (console.address(), console.sign_in_links().remove(0));
    println!("{}", link.url());
    let running = tokio::spawn(console.run(std::future::pending()));
    let page = Page::sign_in(address, link.url()).await;

    let begin = Instant::now();
    child.tell(&format!("fill {reports}"));
    child.done();
    // The last of them is on the board when its case says so many reports; the mailbox is read in order.
    page.until_quiet().await;
    let took = begin.elapsed();
    println!(
        "taken in {:.1} s: {:.0} a second, archived and shown",
        took.as_secs_f64(),
        count(reports) / took.as_secs_f64()
    );
    let (kept, cases) = (archived(folder.path()), page.waiting().await);
    println!("{kept} reports in the archive, {cases} cases on the board");
    assert!(kept == reports && cases == devices.min(reports), "reports or cases are missing");
    println!("memory: {} MiB before, {} MiB after", before / 1024, resident() / 1024);

    let mut times = Vec::new();
    let mut bytes = 0;
    for _ in 0..9 {
        let begin = Instant::now();
        bytes = page.get("/operations").await.len();
        times.push(begin.elapsed());
    }
    times.sort_unstable();
    println!(
        "first view: {:.1} ms (median of 9; the slowest {:.1} ms), {bytes} bytes",
        millis(times[4]),
        millis(times[8])
    );

    let mut events = page.events().await;
    child.tell(&format!("live {LIVE}"));
    let mut late = Vec::new();
    let mut told = 0;
    while late.len() < LIVE {
        let text = events.next().await;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        told += text.len();
        late.extend(sent(&text).into_iter().map(|sent| now.saturating_sub(sent)));
    }
    child.done();
    late.sort_unstable();
    println!(
        "updates at {A_SECOND} a second, from the device's sealing to the browser's socket: median {} ms, 99 % {} ms, the slowest {} ms; {} bytes each",
        late[late.len() / 2],
        late[late.len() * 99 / 100],
        late[late.len() - 1],
        told / LIVE
    );
    assert_eq!(archived(folder.path()), reports + LIVE);
    println!("memory: {} MiB", resident() / 1024);
    if stay {
        println!("open until you end it");
        let _ = running.await;
    }
}

/// Reports in the console's archive.
fn archived(folder: &Path) -> usize {
    let mut files = std::fs::read_dir(folder.join("console")).unwrap().map(|entry| entry.unwrap().path());
    let archive = files.find(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        // Its key, and what SQLite keeps meanwhile, have longer names.
        name.strip_prefix("reports-")
            .is_some_and(|operation| operation.bytes().all(|b| b.is_ascii_hexdigit()))
    });
    usize::try_from(Archive::open(&archive.unwrap()).unwrap().count().unwrap()).unwrap()
}

/// When the reports of an event were sent, by their notes.
fn sent(text: &str) -> Vec<u128> {
    let Some(rows) = text.split_once("\"rows\":").and_then(|(_, rest)| rest.split_once("\"gone\"")) else {
        return Vec::new();
    };
    rows.0.split(" [").skip(1).filter_map(|rest| rest.split(']').next()?.parse().ok()).collect()
}

fn seat(folder: &Path, port: u16) -> RoleSeat {
    let credential = folder.join("desk");
    let held = cowl::keyring::load_credential(&credential).unwrap();
    let options =
        cowl::client::anonymous_options(&held.manifest, Some(&held.login), cowl::transport::Version::V5)
            .unwrap();
    RoleSeat {
        credential,
        role: "medical".to_owned(),
        endpoint: Endpoint::new(Scheme::Tcp, "127.0.0.1", port),
        options,
    }
}

/// The other process.
struct Field {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    port: u16,
}

impl Field {
    fn start(folder: &Path, devices: usize) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["field", folder.to_str().unwrap(), &devices.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        Self { stdin: child.stdin.take().unwrap(), child, stdout, port: line.trim().parse().unwrap() }
    }

    fn tell(&mut self, what: &str) {
        writeln!(self.stdin, "{what}").unwrap();
    }

    fn done(&mut self) {
        self.stdout.read_line(&mut String::new()).unwrap();
    }
}

impl Drop for Field {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Somebody who is signed in.
struct Page {
    address: SocketAddr,
    cookie: String,
}

struct Events {
    stream: TcpStream,
    text: String,
}

impl Page {
    async fn sign_in(address: SocketAddr, url: &str) -> Self {
        let mut page = Self { address, cookie: String::new() };
        let answer = page.get(url.split_once(&address.to_string()).unwrap().1).await;
        answer.split("et-cookie: ").nth(1).unwrap().split(';').next().unwrap().clone_into(&mut page.cookie);
        page
    }

    async fn ask(&self, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let (address, cookie) = (self.address, &self.cookie);
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    async fn get(&self, path: &str) -> String {
        let mut answer = Vec::new();
        self.ask(path).await.read_to_end(&mut answer).await.unwrap();
        String::from_utf8(answer).unwrap()
    }

    /// Until nothing has changed for a second.
    async fn until_quiet(&self) {
        let mut last = String::new();
        loop {
            let page = self.get("/operations").await;
            let since = page.split("data-since=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
            if since == last && page.contains("Connected") {
                return;
            }
            last = since;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// Cases that wait, over all colours.
    async fn waiting(&self) -> usize {
        let page = self.get("/operations").await;
        let tiles = page.split("class=\"count\" dir=\"ltr\"").skip(1);
        let said = tiles.map(|tile| tile.split(['>', '<']).nth(1).unwrap());
        // Thousands have a separator between them.
        said.map(|count| count.replace(|letter: char| !letter.is_ascii_digit(), "").parse::<usize>().unwrap())
            .sum()
    }

    async fn events(&self) -> Events {
        let page = self.get("/operations").await;
        let since = page.split("data-since=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        Events { stream: self.ask(&format!("/events?since={since}")).await, text: String::new() }
    }
}

impl Events {
    async fn next(&mut self) -> String {
        loop {
            if let Some((event, rest)) =
                self.text.split_once("\n\n").map(|(event, rest)| (event.to_owned(), rest.to_owned()))
            {
                self.text = rest;
                return event;
            }
            let mut bytes = vec![0; 65_536];
            let count = self.stream.read(&mut bytes).await.unwrap();
            assert!(count > 0, "the stream ended");
            self.text.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
    }
}

/// Memory of this process, in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn count(reports: usize) -> f64 {
    f64::from(u32::try_from(reports).unwrap())
}
