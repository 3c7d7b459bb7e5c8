//! A real operation, the embedded broker, a real sender; what comes is looked at through the console's own pages and streams.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use cowl::transport::Endpoint;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::oneshot,
    time::timeout,
};

use super::*;
use crate::{Console, ConsoleConfig, ConsoleLimits, world::World};

/// Nothing on loopback takes so long.
const SOON: Duration = Duration::from_mins(2);

/// A console of one seat that runs, and somebody who is signed in.
struct Open {
    address: std::net::SocketAddr,
    cookie: String,
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<Result<(), crate::ConsoleError>>,
}

impl Open {
    async fn new(world: &World, endpoint: &Endpoint, role: &str) -> Self {
        Self::beside(world, endpoint, role, None).await
    }

    /// With the operation's folder, or without.
    async fn beside(world: &World, endpoint: &Endpoint, role: &str, operation: Option<PathBuf>) -> Self {
        Self::with(ConsoleConfig { operation, ..config(world, endpoint, role) }).await
    }

    async fn with(config: ConsoleConfig) -> Self {
        let console = Console::bind(config).await.unwrap();
        let (address, link) = (console.address(), console.sign_in_links().remove(0));
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(console.run(async { drop(stopped.await) }));
        let path = link.url().split_once(&address.to_string()).unwrap().1.to_owned();
        let mut open = Self { address, cookie: String::new(), stop, task };
        let answer = open.get(&path).await;
        let cookie = answer.split("et-cookie: ").nth(1).unwrap().split(';').next().unwrap().to_owned();
        open.cookie = cookie;
        open
    }

    async fn ask(&self, head: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let (address, cookie) = (self.address, &self.cookie);
        let request =
            format!("{head} HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\nOrigin: http://{address}\r\n");
        let rest = format!(
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all((request + &rest).as_bytes()).await.unwrap();
        stream
    }

    async fn whole(&self, head: &str, body: &str) -> String {
        let mut answer = Vec::new();
        let mut stream = self.ask(head, body).await;
        timeout(SOON, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
        String::from_utf8(answer).unwrap()
    }

    async fn get(&self, path: &str) -> String {
        self.whole(&format!("GET {path}"), "").await
    }

    /// Asks until the page says this.
    async fn until(&self, path: &str, is_there: impl Fn(&str) -> bool) -> String {
        let begin = Instant::now();
        loop {
            let page = self.get(path).await;
            if is_there(&page) {
                return page;
            }
            assert!(begin.elapsed() < SOON, "{page}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn events(&self, path: &str) -> Events {
        Events { stream: self.ask(&format!("GET {path}"), "").await, text: String::new() }
    }

    async fn close(self) {
        drop(self.stop);
        timeout(SOON, self.task).await.unwrap().unwrap().unwrap();
    }
}

/// A stream of events as a browser reads it.
struct Events {
    stream: TcpStream,
    text: String,
}

impl Events {
    /// The next event that is no sign of life only: its name, its id and its data.
    async fn next(&mut self) -> (String, String, Value) {
        loop {
            if let Some((event, rest)) =
                self.text.split_once("\n\n").map(|(event, rest)| (event.to_owned(), rest.to_owned()))
            {
                self.text = rest;
                let of = |name: &str| {
                    event.lines().find_map(|line| line.split_once(name)).map_or("", |(_, value)| value)
                };
                if let (name @ ("changes" | "reload" | "signed-out"), data) = (of("event: "), of("data: ")) {
                    return (name.to_owned(), of("id: ").to_owned(), serde_json::from_str(data).unwrap());
                }
                continue;
            }
            let mut bytes = vec![0; 65_536];
            let count = timeout(SOON, self.stream.read(&mut bytes)).await.unwrap().unwrap();
            assert!(count > 0, "the stream ended: {}", self.text);
            self.text.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
        }
    }

    /// Until so many rows came; the last id.
    async fn rows(&mut self, count: usize) -> (Vec<String>, String) {
        let (mut names, mut last) = (Vec::new(), String::new());
        while names.len() < count {
            let (name, id, data) = self.next().await;
            assert_eq!(name, "changes");
            names.extend(
                data["rows"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()),
            );
            last = id;
        }
        (names, last)
    }
}

fn seat(world: &World, endpoint: &Endpoint, role: &str) -> RoleSeat {
    RoleSeat {
        credential: world.folder.join("desk"),
        role: role.to_owned(),
        endpoint: endpoint.clone(),
        options: world.responder_options(),
    }
}

/// A console of one seat.
fn config(world: &World, endpoint: &Endpoint, role: &str) -> ConsoleConfig {
    ConsoleConfig {
        roles: vec![seat(world, endpoint, role)],
        limits: ConsoleLimits { streams: 3, ..ConsoleLimits::default() },
        ..ConsoleConfig::new(([127, 0, 0, 1], 0).into(), world.folder.join("console"))
    }
}

/// The file of cases in the console's folder.
fn file_of_cases(folder: &Path) -> PathBuf {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("cases-")).collect();
    files.sort_unstable();
    files.remove(0)
}

/// What stands between two texts.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    text.split_once(before).and_then(|(_, rest)| rest.split_once(after)).unwrap().0
}

/// Cases in the queue; the script's templates are rows of nobody.
fn rows(page: &str) -> usize {
    page.matches("data-key=\"").count() - page.matches("data-key=\"\"").count()
}

fn is_connected(page: &str) -> bool {
    page.contains("Connected: new reports")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_is_on_the_board_in_the_stream_and_after_a_restart_until_it_is_erased() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::new(folder.path(), 20, &["medical"]);
    let (broker, endpoint) = world.broker().await;
    world.announce(&endpoint).await;
    let console = Open::new(&world, &endpoint, "medical").await;
    console.until("/operations", is_connected).await;
    let mut field = world.field(&endpoint).await;
    field
        .send(0, "severity: high, temp: 39.5, note: <script>alert(1)</script>, lat: 18.54, lon: -72.34")
        .await;
    field.send(1, "severity: critical, lat: 18.54, lon: -72.34").await;
    field.send(0, "severity: low").await;
    field.cover(2).await;
    let page = console.until("/operations", |page| rows(page) == 2).await;
    // Of a case its newest report is shown.
    let is_minor = |page: &str| {
        page.split("class=\"case minor\" data-key=\"").skip(1).any(|rest| !rest.starts_with('"'))
    };
    let page = if is_minor(&page) { page } else { console.until("/operations", is_minor).await };
    assert!(page.find("case immediate").unwrap() < page.find("case minor").unwrap());
    assert!(!page.contains("<script>alert"));
    // A single person in a zone is not counted in public.
    assert!(between(&page, "id=\"zones\"", "</tbody>").contains("&lt;5"), "{page}");
    let (key, since) = (between(&page, "data-key=\"", "\""), between(&page, "data-since=\"", "\""));
    let name = between(between(&page, &format!("data-key=\"{key}"), "</a>"), "<bdi>", "</bdi>").to_owned();
    let one = console.get(&format!("/operations/case/{key}")).await;
    assert!(one.contains(&name) && one.contains("Ouest"), "{one}");

    // Live, and then exactly what was missed.
    let mut events = console.events(&format!("/events?since={since}")).await;
    field.send(3, "severity: critical, note: three").await;
    let (names, id) = events.rows(1).await;
    assert_eq!(names.len(), 1);
    drop(events);
    field.send(4, "severity: high, note: <img src=x onerror=alert(2)>").await;
    field.send(5, "severity: low, note: five").await;
    console.until("/operations", |page| rows(page) == 5).await;
    let again = format!("GET /events?since={since} HTTP/1.1\r\nLast-Event-ID: {id}\r\nX-Rest:");
    let mut events = Events { stream: console.ask(&again, "").await, text: String::new() };
    let (_, _, data) = events.next().await;
    let missed = data["rows"].as_array().unwrap();
    assert_eq!(missed.len(), 2, "{data}");
    assert_eq!(missed[0]["triage"], "delayed");
    assert_eq!(missed[0]["fields"][0][1], "<img src=x onerror=alert(2)>");
    // One of an earlier start, or of nowhere, is told to look anew.
    for since in ["0-1", "x", ""] {
        let (what, ..) = console.events(&format!("/events?since={since}")).await.next().await;
        assert_eq!(what, "reload", "{since}");
    }

    // Somebody goes, and that outlives the console.
    let csrf = between(&one, "name=\"csrf\" value=\"", "\"").to_owned();
    let deed = format!("csrf={csrf}&key={key}&status=assigned&to=Team+%3C2%3E");
    let answer = console.whole("POST /operations/case", &deed).await;
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    let (names, _) = events.rows(1).await;
    assert_eq!(names, std::slice::from_ref(&name));
    let forged = format!("csrf=x&key={key}&status=closed");
    assert!(console.whole("POST /operations/case", &forged).await.starts_with("HTTP/1.1 403"));
    let key = key.to_owned();
    console.close().await;
    drop(events);
    let console = Open::new(&world, &endpoint, "medical").await;
    let page = console.until(&format!("/operations/case/{key}"), |page| page.contains("Assigned")).await;
    assert!(page.contains("Team &lt;2&gt;") && page.contains("noted by"));
    let page = console.until("/operations", |page| is_connected(page) && rows(page) == 5).await;

    // Erased: from the page, from the stream, from the file of cases.
    let mut events =
        console.events(&format!("/events?since={}", between(&page, "data-since=\"", "\""))).await;
    let order =
        cowl_core::Erasure::Pseudonym(name.parse().unwrap(), world.operation.epoch_at(crate::world::now()));
    world.erase(&endpoint, &[order]).await;
    loop {
        let (_, _, data) = events.next().await;
        if let [gone] = data["gone"].as_array().unwrap().as_slice() {
            assert_eq!(gone.as_str(), Some(key.as_str()));
            break;
        }
    }
    assert!(console.get(&format!("/operations/case/{key}")).await.starts_with("HTTP/1.1 404"));
    let page = console.get("/operations").await;
    assert!(!page.contains(&name) && rows(&page) == 4);
    console.close().await;
    // Neither is it there after a restart, when the archive was erased too.
    let console = Open::new(&world, &endpoint, "medical").await;
    console.until("/operations", |page| rows(page) == 4).await;
    assert!(Cases::open(&file_of_cases(&folder.path().join("console"))).unwrap().keys().is_empty());
    console.close().await;
    broker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_comes_back_brings_what_was_sent_and_streams_are_limited() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::new(folder.path(), 4, &["triage"]);
    let (broker, endpoint) = world.broker().await;
    world.announce(&endpoint).await;
    let console = Open::new(&world, &endpoint, "triage").await;
    let page = console.until("/operations", is_connected).await;
    let since = between(&page, "data-since=\"", "\"").to_owned();
    let path = format!("/events?since={since}");
    let mut streams = Vec::new();
    for _ in 0..3 {
        let mut events = console.events(&path).await;
        assert_eq!(events.next().await.0, "changes");
        streams.push(events);
    }
    assert!(console.get(&path).await.starts_with("HTTP/1.1 503"));
    // A place is free again when a stream ends.
    drop(streams.pop());
    console.until_stream(&path).await;
    broker.shutdown().await;
    console.until("/operations", |page| page.contains("cannot be reached")).await;
    drop(streams);
    console.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_exported_is_what_the_role_may_read_and_the_log_says_so_first() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::new(folder.path(), 20, &["medical"]);
    let (broker, endpoint) = world.broker().await;
    world.announce(&endpoint).await;
    let operation = world.operation.folder().to_owned();
    let console = Open::beside(&world, &endpoint, "medical", Some(operation)).await;
    console.until("/operations", is_connected).await;
    let mut field = world.field(&endpoint).await;
    for device in 0..3 {
        field.send(device, "severity: high, note: =cmd(), lat: 18.54321, lon: -72.31717").await;
    }
    let page = console.until("/operations", |page| rows(page) == 3).await;
    let key = between(&page, "data-key=\"", "\"").to_owned();
    let pseudonym =
        between(between(&page, &format!("data-key=\"{key}"), "</a>"), "<bdi>", "</bdi>").to_owned();
    let csrf = between(&console.get("/export").await, "name=\"csrf\" value=\"", "\"").to_owned();
    let post = async |rest: &str| console.whole("POST /export", &format!("csrf={csrf}&{rest}")).await;
    let saved = async |rest: &str| {
        let made = post(rest).await;
        assert!(made.starts_with("HTTP/1.1 303"), "{made}");
        let path = between(&made, "location: ", "\r\n").to_owned();
        (console.get(&path).await, console.get(&format!("{path}/file")).await)
    };

    let (page, counts) = saved("what=counts&form=hxl&hours=24").await;
    assert!(page.contains("3 reports stand or are counted in it"), "{page}");
    assert!(
        counts.contains("attachment; filename=\"counts.hxl.csv\"") && counts.contains("text/csv"),
        "{counts}"
    );
    assert!(counts.contains("#indicator+num+reports") && counts.contains("<5"), "{counts}");
    let (_, reports) = saved("what=reports&form=geojson&hours=0").await;
    let body: Value = serde_json::from_str(reports.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(body["features"].as_array().unwrap().len(), 3, "{body}");
    for secret in [pseudonym.as_str(), "18.54321", "-72.31717"] {
        assert!(!reports.contains(secret), "{secret}");
    }
    assert!(post("what=counts&form=cot&hours=24").await.starts_with("HTTP/1.1 422"));
    for nonsense in
        ["what=all&form=cot&hours=24", "what=counts&form=x&hours=24", "what=counts&form=hxl&hours=7"]
    {
        assert!(post(nonsense).await.starts_with("HTTP/1.1 400"), "{nonsense}");
    }
    let forged = console.whole("POST /export", "csrf=x&what=counts&form=hxl&hours=24").await;
    assert!(forged.starts_with("HTTP/1.1 403"), "{forged}");
    assert!(console.get("/export/0123456789abcdef0123456789abcdef/file").await.starts_with("HTTP/1.1 410"));
    console.close().await;
    let log = world.operation.log().unwrap().unwrap();
    let size = log.checkpoint().unwrap().unverified().size;
    let words: Vec<_> = log
        .entries(0..size)
        .filter_map(|entry| match cowl::log::Entry::parse(&entry.unwrap()).unwrap().event {
            cowl::log::Event::Exported { what } => Some(what.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(words, ["counts-hxl", "reports-geojson"]);

    // Where no log is at hand, whoever exports says that the authority is told.
    let console = Open::new(&world, &endpoint, "medical").await;
    let csrf = between(&console.get("/export").await, "name=\"csrf\" value=\"", "\"").to_owned();
    let form = format!("csrf={csrf}&what=reports&form=cot&hours=24");
    assert!(console.whole("POST /export", &form).await.starts_with("HTTP/1.1 422"));
    assert!(console.whole("POST /export", &format!("{form}&told=yes")).await.starts_with("HTTP/1.1 303"));
    console.close().await;
    broker.shutdown().await;
}

impl Open {
    /// Asks until there is room for a stream.
    async fn until_stream(&self, path: &str) {
        let begin = Instant::now();
        loop {
            let mut head = [0; 12];
            let mut stream = self.ask(&format!("GET {path}"), "").await;
            timeout(SOON, stream.read_exact(&mut head)).await.unwrap().unwrap();
            if head == *b"HTTP/1.1 200" {
                return;
            }
            assert!(begin.elapsed() < SOON);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[test]
fn a_seat_that_cannot_read_says_so_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path(), 1, &["triage"]);
    let endpoint = Endpoint::new(transport::Scheme::Tcp, "127.0.0.1", 1);
    let config =
        |role| FeedConfig { seat: seat(&world, &endpoint, role), folder: folder.path().to_owned(), most: 10 };
    let feed = Feed::start(config("rescue"));
    assert!(matches!(feed, Err(FeedError::Keyring(_))), "{feed:?}");
    // Nobody answers at that port: it is waited for, and the end does not wait with it.
    let feed = Feed::start(config("triage")).unwrap();
    assert!(!matches!(feed.view().health().link, Link::Connected));
    drop(feed);
    let cases = file_of_cases(folder.path());
    std::fs::write(&cases, b"not a database, and long enough to be looked at as one").unwrap();
    let feed = Feed::start(config("triage"));
    assert!(matches!(feed, Err(FeedError::Cases(_))), "{feed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_map_lies_on_the_operators_own_tiles_and_nobody_else_is_given_them() {
    use crate::base_map::testing::{Parts, feature, layer};

    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path(), 4, &["medical"]);
    // Nobody listens there: the map is drawn from the policy alone.
    let endpoint = Endpoint::new(transport::Scheme::Tcp, "127.0.0.1", 1);
    let road = layer("roads", &[feature(2, &[], &[9, 0, 0, 10, 8_192, 8_192])], &[], &[]);
    let base_map = folder.path().join("base.pmtiles");
    std::fs::write(&base_map, Parts::of(1, road).bytes()).unwrap();
    let with = |base_map| ConsoleConfig { base_map, ..config(&world, &endpoint, "medical") };
    let console = Open::with(with(Some(base_map))).await;
    let page = console.get("/operations").await;
    let base = between(&page, "<g class=\"base\" aria-hidden=\"true\">", "</g>");
    let tiles: Vec<_> = base.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!((4..=12).contains(&tiles.len()), "{base}");
    assert!(page.contains("class=\"drawn based\"") && page.contains("© Somebody"), "{page}");
    let head = |answer: &str| answer.split_once("\r\n\r\n").unwrap().0.to_ascii_lowercase();
    for tile in &tiles {
        let answer = console.get(tile).await;
        let head = head(&answer);
        assert!(head.starts_with("http/1.1 200") && answer.contains("l4096 4096"), "{answer}");
        for line in
            ["content-type: image/svg+xml", "cache-control: no-store", "x-content-type-options: nosniff"]
        {
            assert!(head.contains(line), "{line}: {head}");
        }
        assert!(head.contains("default-src 'none'; script-src 'self'"), "{head}");
    }
    // The script is told the same ones.
    let map = console.get("/operations/map").await;
    let map: Value = serde_json::from_str(map.split_once("\r\n\r\n").unwrap().1).unwrap();
    let told: Vec<_> =
        map["base"].as_array().unwrap().iter().map(|tile| tile["href"].as_str().unwrap()).collect();
    assert_eq!(told, tiles);
    for path in ["9/0/0", "0/0/0"] {
        let answer = console.get(&format!("/map/tiles/{path}")).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("viewBox=\"0 0 1 1\"/>"), "{answer}");
    }
    for path in ["8/256/0", "27/0/0", "-1/0/0", "8/0/0/0", "8/x/0", "8/0", "8/../../etc", "99999999999/1/1"] {
        let answer = console.get(&format!("/map/tiles/{path}")).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
    }
    let nobody = Open { cookie: String::new(), ..console };
    assert!(nobody.get(tiles[0]).await.starts_with("HTTP/1.1 401"));
    nobody.close().await;

    // Without one nothing is different from before.
    let console = Open::with(with(None)).await;
    let page = console.get("/operations").await;
    assert!(
        page.contains("<svg id=\"map\" viewBox") && !page.contains("<image") && !page.contains("\"base\"")
    );
    assert!(console.get(tiles[0]).await.starts_with("HTTP/1.1 404"));
    console.close().await;
}
