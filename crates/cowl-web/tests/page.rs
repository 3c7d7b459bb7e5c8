//! The module natively, call by call: the vectors of what the authority signs, and reports sealed with known randomness, which
//! `tests/vectors.mjs` compares with what the WebAssembly makes in Node and in a browser.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "helpers of tests, where the lints make exceptions for the tests themselves"
)]

use std::{collections::HashMap, fs, path::PathBuf};

use cowl_core::{Body, Epoch, Fingerprint, Receiver, RoleIndex, Secret, SignedManifest, schedule::RoleRoot};
use cowl_web::Module;
use minicbor::{Decoder, Encoder, data::Type};
use serde_json::{Map, Value, json};

/// Epoch 10 of the vectors' operation.
const NOW: u64 = 1_263_254_400 + 10 * 21_600 + 900;

fn vectors(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../spec/vectors").join(name)
}

fn file(name: &str) -> Value {
    serde_json::from_slice(&fs::read(vectors(name)).unwrap()).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(text(value)).unwrap()
}

/// Numbers that anybody can make again: the high bytes of a linear congruential generator (ANSI C's).
struct Known(u32);

impl rand_core::TryRng for Known {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        for byte in out {
            self.0 = self.0.wrapping_mul(1_103_515_245).wrapping_add(12_345);
            *byte = self.0.to_be_bytes()[1];
        }
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Known {}

/// A module and its randomness.
struct Page {
    module: Module,
    rng: Known,
}

/// An argument.
enum Arg<'a> {
    Bytes(&'a [u8]),
    Text(&'a str),
    Number(u64),
    Json(&'a Value),
    None,
}

impl Page {
    fn new(seed: u32) -> Self {
        Self { module: Module::default(), rng: Known(seed) }
    }

    fn call(&mut self, name: &str, arguments: &[Arg<'_>]) -> Result<Value, Value> {
        let mut request = Vec::new();
        let mut e = Encoder::new(&mut request);
        e.array(arguments.len() as u64 + 1).unwrap().str(name).unwrap();
        for argument in arguments {
            match argument {
                Arg::Bytes(bytes) => _ = e.bytes(bytes).unwrap(),
                Arg::Text(text) => _ = e.str(text).unwrap(),
                Arg::Number(number) => _ = e.u64(*number).unwrap(),
                Arg::Json(value) => write(value, &mut e),
                Arg::None => _ = e.null().unwrap(),
            }
        }
        let answer = self.module.call(&request, &mut self.rng);
        let mut d = Decoder::new(&answer);
        let read = read(&mut d).unwrap();
        assert_eq!(d.position(), answer.len(), "{name}");
        if read.get("error").is_some() { Err(read) } else { Ok(read["ok"].clone()) }
    }

    fn open(&mut self, manifest: &[u8], pinned: Option<&str>) -> Result<u64, String> {
        let pinned = pinned.map_or(Arg::None, Arg::Text);
        let arguments = [Arg::Bytes(manifest), pinned, Arg::None, Arg::Number(NOW), Arg::Number(0)];
        let opened = self.call("operation", &arguments);
        opened.map(|id| id.as_u64().unwrap()).map_err(|error| text(&error["error"]).to_owned())
    }
}

/// Writes JSON as the page writes its objects.
fn write(value: &Value, e: &mut Encoder<&mut Vec<u8>>) {
    match value {
        Value::Null => _ = e.null().unwrap(),
        Value::Bool(flag) => _ = e.bool(*flag).unwrap(),
        Value::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => _ = e.u64(number).unwrap(),
            (_, Some(number)) => _ = e.i64(number).unwrap(),
            _ => _ = e.f64(number.as_f64().unwrap()).unwrap(),
        },
        Value::String(text) => _ = e.str(text).unwrap(),
        Value::Array(items) => {
            e.array(items.len() as u64).unwrap();
            for item in items {
                write(item, e);
            }
        }
        Value::Object(members) => {
            e.map(members.len() as u64).unwrap();
            for (name, value) in members {
                e.str(name).unwrap();
                write(value, e);
            }
        }
    }
}

/// Reads an answer; bytes are hexadecimal.
fn read(d: &mut Decoder<'_>) -> Option<Value> {
    Some(match d.datatype().ok()? {
        Type::Null => d.null().map(|()| Value::Null).ok()?,
        Type::Bool => d.bool().ok()?.into(),
        Type::F64 => {
            let number = d.f64().ok()?;
            // As JavaScript has it: a whole number is one.
            if number.fract() == 0.0 && number.abs() < 1e15 { json!(number as i64) } else { json!(number) }
        }
        Type::String => d.str().ok()?.into(),
        Type::Bytes => hex::encode(d.bytes().ok()?).into(),
        Type::ArrayIndef => {
            d.array().ok()?;
            let mut items = Vec::new();
            while d.datatype().ok()? != Type::Break {
                items.push(read(d)?);
            }
            d.skip().ok()?;
            items.into()
        }
        Type::MapIndef => {
            d.map().ok()?;
            let mut members = Map::new();
            while d.datatype().ok()? != Type::Break {
                let name = d.str().ok()?.to_owned();
                assert!(members.insert(name, read(d)?).is_none());
            }
            d.skip().ok()?;
            members.into()
        }
        _ => d.u64().ok()?.into(),
    })
}

/// The vectors' classes as the page's codes.
fn code(class: &str) -> String {
    class.replace(' ', "-")
}

#[test]
fn manifests_are_taken_and_refused_as_everywhere() {
    let file = file("manifest.json");
    for case in file["cases"].as_array().unwrap() {
        let name = text(&case["name"]);
        let mut page = Page::new(0);
        let manifest = match case.get("zero bytes") {
            Some(count) => vec![0; usize::try_from(count.as_u64().unwrap()).unwrap()],
            None => bytes(&case["manifest"]),
        };
        let authority = bytes(case.get("authority").unwrap_or(&file["authority"]));
        let fingerprint = cowl_core::Authority(authority.try_into().unwrap()).fingerprint().to_string();
        let outcome = if case.get("succeeds").is_some() {
            let id = page.open(&bytes(&file["known"]), Some(&fingerprint)).unwrap();
            let renewed = page.call("renew", &[Arg::Number(id), Arg::Bytes(&manifest)]);
            renewed.map(|_| ()).map_err(|error| text(&error["error"]).to_owned())
        } else {
            // Zeros are nobody's: what is too long is refused before anything is looked at.
            let pinned = case.get("zero bytes").is_none().then_some(fingerprint.as_str());
            page.open(&manifest, pinned).map(|_| ())
        };
        let same_policy_version = "the next version, with another policy under the same policy version";
        let class = if name == same_policy_version { "good" } else { text(&case["class"]) };
        match class {
            "good" => assert_eq!(outcome, Ok(()), "{name}"),
            class => assert_eq!(outcome, Err(code(class)), "{name}"),
        }
    }
}

/// A page holds no key but the manifest: what only devices open it cannot judge, and takes as signed.
const SEALED: [&str; 3] = ["counts", "mark", "a list of no marks"];

#[test]
fn beacons_are_taken_and_refused_as_everywhere() {
    let manifest = bytes(&file("manifest.json")["known"]);
    let file = file("beacon.json");
    let cases = file["cases"].as_array().unwrap();
    for case in cases {
        let (name, mut page) = (text(&case["name"]), Page::new(0));
        let id = page.open(&manifest, None).unwrap();
        let mut hear = |beacon: &[u8]| {
            page.call("hear", &[Arg::Number(id), Arg::Number(0), Arg::Number(50), Arg::Bytes(beacon)])
        };
        if text(&case["class"]) == "replayed" {
            assert!(hear(&bytes(&cases[0]["beacon"])).is_ok(), "a newer one came before");
        }
        let heard = hear(&bytes(&case["beacon"]));
        let sealed = SEALED.iter().any(|part| name.contains(part)) || name == "33 marks";
        match text(&case["class"]) {
            "good" | "counts" | "malformed" if sealed || text(&case["class"]) == "good" => {
                let heard = heard.unwrap();
                assert_eq!((&heard["heard"], &heard["newer"]), (&json!(true), &json!(false)), "{name}");
                assert_eq!(heard["epoch"], 10, "{name}");
            }
            class => assert_eq!(text(&heard.unwrap_err()["error"]), code(class), "{name}"),
        }
    }
}

#[test]
fn dispatches_say_to_whom_help_is_coming() {
    let manifest = bytes(&file("manifest.json")["known"]);
    let file = file("dispatch.json");
    let mut kept = Vec::new();
    let mut e = Encoder::new(&mut kept);
    e.array(3).unwrap().u8(1).unwrap().bytes(&bytes(&file["operation"])).unwrap().array(1).unwrap();
    e.array(2).unwrap().u8(1).unwrap().bytes(&bytes(&file["help key"])).unwrap();
    let cases = file["cases"].as_array().unwrap();
    for case in cases {
        let (name, mut page) = (text(&case["name"]), Page::new(0));
        let id = page.open(&manifest, None).unwrap();
        let mut help = |dispatch: &[u8]| {
            let moment = [Arg::Number(id), Arg::Number(NOW), Arg::Number(0)];
            let [id, clock, timer] = moment;
            page.call("help", &[id, clock, timer, Arg::Bytes(&kept), Arg::Bytes(dispatch)])
        };
        if text(&case["class"]) == "replayed" {
            assert!(help(&bytes(&cases[0]["dispatch"])).is_ok(), "a newer one came before");
        }
        let said = help(&bytes(&case["dispatch"]));
        // Whoever has the manifest alone opens everybody's lane, and judges nothing of the others.
        let of_others = ["lane", "lines", "alerts", "under another epoch", "alert "];
        match text(&case["class"]) {
            "good" => {
                let (said, says) = (said.unwrap(), &case["says"]);
                assert_eq!(said["coming"], says["help"], "{name}");
                assert_eq!(said["roles"].as_array().unwrap().len(), usize::from(says["help"] == true));
                let numbers: Vec<_> =
                    said["alerts"].as_array().unwrap().iter().map(|alert| &alert["number"]).collect();
                let everybody: Vec<_> = says["everybody"].as_array().unwrap().iter().collect();
                assert!(numbers.iter().all(|number| everybody.contains(number)), "{name}");
            }
            "alerts" | "malformed" if of_others.iter().any(|part| name.contains(part)) => {}
            class => assert_eq!(text(&said.unwrap_err()["error"]), code(class), "{name}"),
        }
    }
    let id = Page::new(0).open(&manifest, None).unwrap();
    assert_eq!(id, 0);
}

/// What people fill in, and by which code it can be withdrawn.
fn inputs() -> Vec<(&'static str, Value, Option<[u8; 16]>)> {
    vec![
        (
            "all",
            json!({ "severity": "critical", "temperature": 38.46, "battery": 57, "lat": 18.5432, "lon": -72.3388, "person": "M. Joseph", "time": NOW, "shoe size": 44 }),
            Some([0x7f; 16]),
        ),
        ("what is required", json!({ "severity": "LOW" }), None),
        ("outside all zones", json!({ "severity": "high", "lat": 0, "lon": 0, "person": "" }), None),
    ]
}

fn refusals() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        ("nothing", json!({}), "field severity missing"),
        ("no choice", json!({ "severity": "<script>" }), "field severity no-choice"),
        ("off the earth", json!({ "severity": "low", "lat": 91, "lon": 0 }), "field position off-earth"),
        ("half a position", json!({ "severity": "low", "lat": 9 }), "field position not-a-position"),
        (
            "text as a number",
            json!({ "severity": "low", "temperature": "warm" }),
            "field temperature not-a-number",
        ),
        ("too hot", json!({ "severity": "low", "temperature": 1e9 }), "field temperature out-of-range"),
    ]
}

/// `COWL_WRITE_VECTORS=1 cargo test -p cowl-web --test page` writes them anew.
#[test]
fn reports_are_sealed_as_the_vectors_say_and_open() {
    let manifests = file("manifest.json");
    let beacon = bytes(&file("beacon.json")["cases"][0]["beacon"]);
    let mut cases = Vec::new();
    for at in [0, 1] {
        let made = &manifests["cases"][at];
        let manifest = bytes(&made["manifest"]);
        let mut page = Page::new(0);
        let id = page.open(&manifest, Some(text(&manifests["fingerprint"]))).unwrap();
        let moment = || [Arg::Number(id), Arg::Number(NOW), Arg::Number(0)];
        let with = |more: Vec<Arg<'static>>| moment().into_iter().chain(more).collect::<Vec<_>>();
        page.call("hear", &[Arg::Number(id), Arg::Number(NOW), Arg::Number(0), Arg::Bytes(&beacon)]).unwrap();
        let about = page.call("about", &with(vec![])).unwrap();
        let (mut reports, mut refused) = (Vec::new(), Vec::new());
        for (seed, (name, input, withdrawal)) in (1..).zip(inputs()) {
            let [a, b, c] = moment();
            let preview = page.call("preview", &[a, b, c, Arg::Json(&input)]).unwrap();
            page.rng = Known(seed);
            let [a, b, c] = moment();
            let withdrawn = withdrawal.as_ref().map_or(Arg::None, |code| Arg::Bytes(code));
            let sealed = page.call("seal", &[a, b, c, Arg::Json(&input), withdrawn]).unwrap();
            assert_eq!(bytes(&sealed["payload"]).len() as u64, preview["bytes"].as_u64().unwrap());
            opens(&manifest, made, &preview, &sealed, withdrawal);
            let code = withdrawal.map(hex::encode);
            reports.push(json!({ "name": name, "input": input, "code": code, "seed": seed, "preview": preview, "sealed": sealed }));
        }
        for (name, input, why) in refusals() {
            let [a, b, c] = moment();
            let error = page.call("preview", &[a, b, c, Arg::Json(&input)]).unwrap_err();
            let parts = ["error", "field", "problem"].map(|part| error[part].as_str().unwrap_or_default());
            assert_eq!(parts.join(" "), why, "{name}");
            refused.push(json!({ "name": name, "input": input, "why": why }));
        }
        cases.push(json!({
            "manifest": at, "suite": made["says"]["suite"], "now": NOW, "about": about, "reports": reports, "refused": refused,
        }));
    }
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/page.json");
    let made = json!({
        "about": "What the page's module answers. `manifest`: of which good case of manifest.json; the beacon is the first of beacon.json. `seed`: of the numbers that are drawn, x = 1103515245 x + 12345 mod 2^32, bits 16 to 23.",
        "cases": cases,
    });
    if std::env::var_os("COWL_WRITE_VECTORS").is_some() {
        fs::write(&path, serde_json::to_string_pretty(&made).unwrap() + "\n").unwrap();
    }
    let known: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(made, known);
}

/// Opens a sealed report as its readers do, and holds it against what the person was shown.
fn opens(manifest: &[u8], made: &Value, preview: &Value, sealed: &Value, withdrawal: Option<[u8; 16]>) {
    let key = cowl_core::Authority(*manifest.first_chunk().unwrap());
    let manifest = SignedManifest::verify(manifest, key).unwrap();
    let epoch = Epoch(10);
    let keys = made["says"]["walk-in keys from"].as_array().unwrap();
    let roots = &keys.iter().find(|keys| keys["epoch"] == 10).unwrap()["role roots"];
    for (role, shown) in [0, 1].into_iter().zip(preview["roles"].as_array().unwrap()) {
        let index = RoleIndex(role);
        let root = RoleRoot::new(Secret::new(bytes(&roots[usize::from(role)]).try_into().unwrap()));
        let mut receiver = Receiver::new(
            manifest.operation,
            index,
            std::sync::Arc::new(manifest.layout()),
            manifest.policy.windows,
            manifest.policy.walk_in.limits,
            vec![manifest.policy_version],
        );
        receiver.hold(epoch, &root, 0, |_| true);
        receiver.enter(epoch);
        let mut opened = Vec::new();
        receiver.receive(&bytes(&sealed["payload"]), 0, &mut opened).unwrap();
        let body = Body::decode(&manifest.policy, index, &opened[0].body).unwrap();
        let names: HashMap<_, _> =
            shown["fields"].as_array().unwrap().iter().map(|field| (text(&field["name"]), field)).collect();
        assert_eq!(names.len(), body.iter().len(), "the person is shown no more and no less than is read");
        for (field, _) in body.iter() {
            assert!(names.contains_key(manifest.policy.field(field).unwrap().name.as_str()));
        }
        let seed = withdrawal.map(|code| cowl_core::WithdrawalCode::from_bytes(code).seed());
        let handle = seed
            .map_or([0; 16], |seed| cowl_core::schedule::erasure_handle(&seed, manifest.operation, epoch).0);
        assert_eq!(opened[0].header.handle.0, handle);
        let kept = bytes(&sealed["awaiting"]);
        let help = opened[0].help.as_ref().unwrap().secret().expose();
        assert!(kept.windows(32).any(|bytes| bytes == help), "the sender can find that help is coming");
    }
}

/// No input makes it panic, and none is answered but with an object.
#[test]
fn any_bytes_are_answered() {
    let manifest = bytes(&file("manifest.json")["known"]);
    let mut page = Page::new(7);
    let id = page.open(&manifest, None).unwrap();
    let [a, b, c] = [Arg::Number(id), Arg::Number(NOW), Arg::Number(0)];
    assert!(page.call("about", &[a, b, c]).is_ok());
    let names = [
        "operation",
        "close",
        "renew",
        "hear",
        "about",
        "preview",
        "seal",
        "help",
        "withdrawal",
        "receipt",
        "words",
        "parse",
        "hash",
        "handles",
    ];
    let mut numbers = Known(1);
    for round in 0..20_000 {
        let mut request = Vec::new();
        let name = names[round % names.len()];
        Encoder::new(&mut request)
            .array(5)
            .unwrap()
            .str(name)
            .unwrap()
            .u8(u8::try_from(round % 3).unwrap())
            .unwrap();
        let mut more = vec![0; round % 40];
        let _ = rand_core::TryRng::try_fill_bytes(&mut numbers, &mut more);
        request.extend_from_slice(&more);
        let answer = page.module.call(&request, &mut page.rng);
        assert!(read(&mut Decoder::new(&answer)).is_some_and(|answer| answer.is_object()));
    }
    assert!(Fingerprint::parse("").is_none());
    for wrong in ["<img src=x onerror=alert(1)>", "0000"] {
        assert_eq!(page.open(&manifest, Some(wrong)), Err("not-a-fingerprint".to_owned()));
    }
}

/// The file that ships, in Node: `tests/vectors.mjs`, and a report that it seals with the machine's randomness opens as the native
/// one's does.
#[test]
fn the_shipped_module_answers_the_same_in_node() {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/node.mjs");
    let node = |arguments: &[&str]| {
        let run = std::process::Command::new("node").arg(&script).args(arguments).output();
        let run = run.unwrap_or_else(|error| panic!("node, which .ci/run installs: {error}"));
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        String::from_utf8(run.stdout).unwrap()
    };
    assert!(node(&[]).contains(" passed in Node"));
    let sealed: Value = serde_json::from_str(&node(&["--seal"])).unwrap();
    let known: Value = serde_json::from_slice(
        &fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/page.json")).unwrap(),
    )
    .unwrap();
    let manifests = file("manifest.json");
    for (case, sealed) in known["cases"].as_array().unwrap().iter().zip(sealed.as_array().unwrap()) {
        let made = &manifests["cases"][usize::try_from(case["manifest"].as_u64().unwrap()).unwrap()];
        let report = &case["reports"][0];
        assert_ne!(sealed["payload"], report["sealed"]["payload"], "drawn anew");
        let code = bytes(&report["code"]).try_into().unwrap();
        opens(&bytes(&made["manifest"]), made, &report["preview"], sealed, Some(code));
    }
}
