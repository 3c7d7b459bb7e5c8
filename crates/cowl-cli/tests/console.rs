//! `cowl console` in a real browser: every page, narrow and wide, light and dark, in both directions; what is reported appears by
//! itself; two people break glass.
#![cfg(target_os = "linux")]
#![allow(missing_docs, reason = "a test")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod page_support;
mod publish_support;

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use cowl::{
    formats,
    glass::{Ask, Kept},
    keyring::{Reader, Sender, store_new},
    policy_file::DEFAULT_POLICY,
    random::SystemRng,
};
use cowl_core::Surroundings;
use page_support::Browser;
use publish_support::{World, now, port};
use serde_json::{Map, Value, json};

/// A scorecard as an auditor wrote it.
const CARD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../cowl/src/records/golden/scorecard.json");

/// An operation with custody, as the policy's comments describe it.
fn world() -> World {
    World::with_policy(|_| {
        let mut is_custody = false;
        let mut text = String::new();
        for line in DEFAULT_POLICY.lines() {
            is_custody = line == "# [custody]" || is_custody && line.starts_with("# ");
            text.push_str(if is_custody { line.trim_start_matches("# ") } else { line });
            text.push('\n');
        }
        text.replace("custody_size = 0", "custody_size = 175")
    })
}

/// The command, until dropped.
struct Console {
    child: Child,
    links: Map<String, Value>,
}

impl Console {
    /// For the authority, a responder with three roles, and custodians.
    fn start(world: &World, port: u16, shares: &[&Path]) -> Self {
        Self::read_by("responder", world, port, shares, None)
    }

    /// By another responder, or over a base map, each console in a folder of its own.
    fn read_by(credential: &str, world: &World, port: u16, shares: &[&Path], base: Option<&Path>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cowl"));
        command.arg("console").arg("--operation").arg(world.operation.folder());
        command.arg("--credential").arg(world.path(credential)).arg("--state");
        command.arg(base.map_or_else(|| world.path("console"), |base| base.with_extension("state")));
        if let Some(base) = base {
            command.arg("--base-map").arg(base);
        }
        for share in shares {
            command.arg("--custodian").arg(share);
        }
        command.args(["--scorecard", CARD, "--scorecard", CARD, "--listen", "127.0.0.1:0"]);
        command.args(["-h", "127.0.0.1", "-p", &port.to_string()]);
        let mut child = command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap();
        let mut links = Map::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            let said: Vec<&str> = line.split('\t').collect();
            let name = if said[0] == "authority" { said[0] } else { said[1] };
            links.insert(name.to_owned(), said[2].into());
            // The last one; then it answers.
            if said[0] == "authority" {
                break;
            }
        }
        Self { child, links }
    }

    fn browser(&self, scenario: &str, draft: &Path) -> Option<Browser> {
        Browser::drive("console.mjs", &json!({ "links": self.links, "draft": draft }).to_string(), scenario)
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const REPORTS: [&str; 3] = [
    "severity: critical, lat: 18.5392, lon: -72.3364, note: <img src=x onerror=window.broken=1>",
    "severity: low, lat: 19.757, lon: -72.204, temperature: 36.9",
    "severity: high, note: \u{202e}two \u{627}\u{62b}\u{646}\u{627}\u{646} people",
];

#[test]
fn every_page_is_whole_at_every_width_in_both_schemes_and_directions() {
    let mut world = world();
    let broker = world.broker();
    world.announce(port(&broker), now());
    let console = Console::start(&world, port(&broker), &[]);
    let Some(mut browser) = console.browser("pages", Path::new("")) else { return };
    assert_eq!(browser.next()["ready"], true);
    for (number, report) in REPORTS.iter().enumerate() {
        let credential = if number == 0 { "phone" } else { "gateway" };
        world.publish(credential, port(&broker), &["-q", "1", "-m", report]).ends(0);
    }
    browser.goes_on();
    let judged = browser.all();
    // Seventeen pages in two languages, three in the three others, and what a stranger sees.
    assert_eq!(judged.len(), 17 * 4 + 3 * 3 + 8);
}

#[test]
fn what_is_reported_appears_on_the_open_pages_by_itself() {
    let mut world = world();
    let broker = world.broker();
    world.announce(port(&broker), now());
    let console = Console::start(&world, port(&broker), &[]);
    let Some(mut browser) = console.browser("live", Path::new("")) else { return };
    let open = browser.next();
    assert_eq!((&open["before"], &open["open"]), (&json!(0), &json!(0)));
    world.publish("phone", port(&broker), &["-q", "1", "-m", REPORTS[0]]).ends(0);
    browser.goes_on();
    let seen = browser.next();
    assert_eq!(seen["stayed"], json!([true, true]));
    let row = seen["row"].to_string();
    assert!(row.contains("onerror=window.broken=1>") && row.contains("Immediate"), "{row}");
    // The same report, as the board of the same seat has it; and nothing of it on the left.
    let right = seen["right"].to_string();
    assert!(right.contains("onerror=window.broken=1>") && right.contains("Immediate"), "{right}");
    assert_eq!(seen["marked"], json!([]));
    browser.ends();
}

#[test]
fn a_case_is_asked_for_on_its_own_page() {
    let mut world = world();
    let broker = world.broker();
    let mut rng = SystemRng::new();
    let epoch = world.operation.epoch_at(now());
    let names = ["anna", "ben", "chloe"].map(str::to_owned);
    let folder = world.folder.path().to_owned();
    world.operation.appoint_custodians(&names, &folder, epoch, &mut rng).unwrap();
    // Who is enrolled now knows the custodians.
    let phone = world.operation.enrol_device("witness", epoch, &mut rng).unwrap();
    store_new(&folder.join("witness"), &phone.credential, epoch).unwrap();
    let medic = world.operation.enrol_responder("medic", &["medical".to_owned()], epoch, &mut rng).unwrap();
    store_new(&folder.join("medic"), &medic.credential, epoch).unwrap();
    world.announce(port(&broker), now());
    let console = Console::read_by("medic", &world, port(&broker), &[], None);
    let Some(mut browser) = console.browser("ask", Path::new("")) else { return };
    assert_eq!(browser.next()["ready"], true);
    world.publish("witness", port(&broker), &["-q", "1", "-m", REPORTS[2]]).ends(0);
    browser.goes_on();
    let all = browser.all();
    let seen = all.last().unwrap();
    assert!(seen["status"].to_string().contains("Handed in"), "{seen}");
    let draft = seen["draft"].as_str().unwrap();
    assert!(draft.contains("Rescue 4") && draft.contains("does not answer"), "{draft}");
}

#[test]
fn two_people_break_glass_each_in_a_browser_of_their_own() {
    let mut world = world();
    let broker = world.broker();
    let mut rng = SystemRng::new();
    let epoch = world.operation.epoch_at(now());
    let names = ["anna", "ben", "chloe"].map(str::to_owned);
    let folder = world.folder.path().to_owned();
    let shares = world.operation.appoint_custodians(&names, &folder, epoch, &mut rng).unwrap().files;
    // A report, what a medic's reader keeps of it, and the medic's draft.
    let phone = world.operation.enrol_device("witness", epoch, &mut rng).unwrap();
    store_new(&folder.join("witness"), &phone.credential, epoch).unwrap();
    let medic = world.operation.enrol_responder("medic", &["medical".to_owned()], epoch, &mut rng).unwrap();
    store_new(&folder.join("medic"), &medic.credential, epoch).unwrap();
    let mut sender = Sender::open(&folder.join("witness")).unwrap();
    let reading = formats::parse(b"severity: high, lat: 18.54321, lon: -72.3388, person: Marie").unwrap();
    let around = Surroundings { counts: None, now: now() };
    let report = sender.report(sender.manifest().policy.reduce(reading, &around).unwrap());
    let message = sender.seal(0, &report, 0).unwrap().sealed;
    let mut reader = Reader::open(&folder.join("medic"), "medical", None).unwrap();
    let mut reports = Vec::new();
    reader.read(message.bytes(), 0, &mut reports).unwrap();
    let mut kept = Kept::open(&folder.join("kept")).unwrap();
    kept.keep(&reports[0]);
    kept.flush().unwrap();
    let part = Kept::find(&folder.join("kept"), report.header().report).unwrap();
    let ask = Ask::new("Rescue 4".to_owned(), "does not answer".to_owned());
    let draft = ask.draft(world.operation.manifest(), &part, now(), &mut rng).unwrap().to_draft().unwrap();
    let draft = world.file("a.draft", draft);

    let shares: Vec<&Path> = shares[..2].iter().map(AsRef::as_ref).collect();
    let console = Console::start(&world, port(&broker), &shares);
    let Some(browser) = console.browser("glass", &draft) else { return };
    let all = browser.all();
    let seen = all.last().unwrap();
    assert_eq!((&seen["custodians"], &seen["crossed"]), (&json!([403, 403]), &json!(403)));
    assert_eq!(seen["gone"], 410);
    let opened = seen["opened"].as_str().unwrap();
    assert!(
        opened.contains("18.54321") && opened.contains("Marie") && opened.contains("anna, ben"),
        "{opened}"
    );
}

/// An archive (PMTiles, version 3) in which one tile stands for all of zoom 8.
fn archive(kind: u8, tile: &[u8]) -> Vec<u8> {
    let mut root = vec![1];
    for number in [21_845, 1 << 16, tile.len(), 1] {
        varint(&mut root, number);
    }
    let metadata = br#"{"attribution":"<a href='https://example.org/'>Somebody</a> &amp; others"}"#;
    let mut bytes = b"PMTiles\x03".to_vec();
    let mut offset = 127_u64;
    for part in [&root[..], &metadata[..], &[][..], tile] {
        let length = u64::try_from(part.len()).unwrap();
        bytes.extend([offset.to_le_bytes(), length.to_le_bytes()].concat());
        offset += length;
    }
    bytes.extend([0; 24]);
    bytes.extend([1, 1, 1, kind, 8, 8]);
    bytes.extend([0; 25]);
    [&bytes[..], &root[..], &metadata[..], tile].concat()
}

fn varint(bytes: &mut Vec<u8>, mut number: usize) {
    while number > 0x7f {
        bytes.push(u8::try_from(number & 0x7f).unwrap() | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).unwrap());
}

/// A PNG of 256 × 256 pixels: fields of two greens with a road across.
fn photograph() -> Vec<u8> {
    let pixel = |x: usize, y: usize| match (x.abs_diff(y) < 4, (x / 32 + y / 32) % 2) {
        (true, _) => [250, 240, 200],
        (_, 0) => [120, 150, 90],
        _ => [90, 130, 80],
    };
    let pixels: Vec<u8> = (0..256).flat_map(|y| (0..256).flat_map(move |x| pixel(x, y))).collect();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 256, 256);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    bytes
}

/// A vector tile: a lake, a wood, a trunk road, a street and a town.
fn vectors() -> Vec<u8> {
    let field = |number: usize, body: &[u8]| {
        let mut field = Vec::new();
        varint(&mut field, (number << 3) | 2);
        varint(&mut field, body.len());
        [field, body.to_vec()].concat()
    };
    let layer = |name: &str, shape: u8, tags: &[(&str, &str)], geometry: &[usize]| {
        let mut numbers = Vec::new();
        for number in geometry {
            varint(&mut numbers, *number);
        }
        let said: Vec<u8> = (0..u8::try_from(tags.len()).unwrap()).flat_map(|at| [at, at]).collect();
        let feature = [field(2, &said), vec![3 << 3, shape], field(4, &numbers)].concat();
        let keys = tags.iter().flat_map(|(key, _)| field(3, key.as_bytes()));
        let values = tags.iter().flat_map(|(_, value)| field(4, &field(1, value.as_bytes())));
        field(3, &[field(1, name.as_bytes()), field(2, &feature), keys.collect(), values.collect()].concat())
    };
    [
        layer(
            "landuse",
            3,
            &[("kind", "forest")],
            &[9, 400, 4_400, 26, 2_400, 200, 600, 2_000, 2_001, 400, 15],
        ),
        layer("water", 3, &[], &[9, 5_000, 800, 26, 2_200, 100, 300, 1_800, 2_401, 301, 15]),
        layer("roads", 2, &[("kind", "highway")], &[9, 0, 2_000, 18, 4_000, 2_400, 4_192, 1_001]),
        layer("roads", 2, &[("kind", "minor_road")], &[9, 3_000, 0, 18, 800, 4_000, 400, 4_192]),
        layer("places", 1, &[("kind", "town"), ("name", "Gonaïves & <co>")], &[9, 3_600, 4_200]),
    ]
    .concat()
}

#[test]
fn the_map_lies_on_the_operators_own_tiles() {
    // A cell turns up on the map, which grows by it.
    let cells = "position = { level = \"1km\", anonymous = false }";
    let mut world = World::with_policy(|_| DEFAULT_POLICY.replace("position = \"1km\"", cells));
    let broker = world.broker();
    world.announce(port(&broker), now());
    // Each time farther out, whatever the second console hears of the first report.
    for (number, name, kind, tile, east) in [
        (2, "photograph", "image/png", photograph(), "-71.1"),
        (1, "vectors", "image/svg+xml", vectors(), "-70.6"),
    ] {
        let base = world.file(&format!("{name}.pmtiles"), archive(number, &tile));
        let console = Console::read_by("responder", &world, port(&broker), &[], Some(&base));
        let Some(mut browser) = console.browser("base", Path::new(name)) else { return };
        assert_eq!(browser.next()["ready"], true);
        let report = format!("severity: critical, lat: 18.5, lon: {east}");
        world.publish("phone", port(&broker), &["-q", "1", "-m", &report]).ends(0);
        browser.goes_on();
        let all = browser.all();
        let seen = all.last().unwrap();
        let tiles = seen["tiles"].as_array().unwrap().len();
        assert!((4..=24).contains(&tiles), "{seen:#}");
        let answer = format!("200 {kind} no-store nosniff");
        assert_eq!(seen["answers"], json!(vec![answer; tiles]));
        let widths = seen["widths"].as_array().unwrap();
        assert!(widths.iter().all(|width| width.as_u64() > Some(0)), "{seen:#}");
        // Not what stands for a tile that is missing.
        assert!(seen["bytes"].as_array().unwrap().iter().all(|bytes| bytes.as_u64() > Some(200)), "{seen:#}");
        assert_eq!(seen["stranger"], 401);
        assert!(seen["credit"].as_str().unwrap().contains("Somebody & others"), "{seen:#}");
    }
}
