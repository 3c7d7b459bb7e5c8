//! The demo from end to end, with few people: what it finds, and that it finds it again.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test")]

mod page_support;

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::Duration,
};

use page_support::Browser;
use serde_json::{Value, json};

fn demo(arguments: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cowl"));
    let output = command.args(["demo", "--json", "--people", "12"]).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn preset<'a>(document: &'a Value, name: &str) -> &'a Value {
    let presets = document["presets"].as_array().unwrap();
    presets.iter().find(|preset| preset["preset"] == name).unwrap()
}

fn exposed(preset: &Value) -> f64 {
    preset["fields"]["payload_exact"].as_f64().unwrap() + preset["fields"]["payload_coarse"].as_f64().unwrap()
}

#[test]
fn every_preset_is_measured_and_cowl_exposes_nothing() {
    let document = demo(&[]);
    let reports = document["crisis"]["reports"].as_u64().unwrap();
    assert!(reports > 50);
    assert_eq!(document["presets"].as_array().unwrap().len(), 5);
    for preset in document["presets"].as_array().unwrap() {
        assert_eq!(preset["messages"], reports, "{preset}");
        assert_eq!(preset["wire_is_what_was_heard"], true);
        let roles = preset["roles"].as_array().unwrap();
        assert_eq!(
            roles.iter().map(|role| role["role"].as_str().unwrap()).collect::<Vec<_>>(),
            ["triage", "medical", "rescue"]
        );
        assert!(roles.iter().all(|role| role["read"] == reports && role["sent"] == reports), "{preset}");
        assert_eq!(preset["example"]["read"].as_array().unwrap().len(), 3);
        assert!(preset["microseconds"]["protect"]["median"].as_f64().unwrap() > 0.0);
    }

    let plain = preset(&document, "plain");
    assert!(exposed(plain) >= 5.0, "{plain}");
    assert_eq!(plain["people"]["subscriber"]["answer"], "counted");
    assert_eq!(plain["people"]["subscriber"]["people"], document["crisis"]["reporters"]);
    // The positive control: what is planted is found where nothing hides it.
    assert_eq!(plain["planted"]["found"], plain["planted"]["needles"]);
    assert_eq!(plain["study_message"]["exact"], 5);

    let cowl = preset(&document, "cowl");
    assert!(exposed(cowl) < f64::EPSILON, "{cowl}");
    assert_eq!(cowl["people"]["subscriber"]["answer"], "cannot_tell");
    assert_eq!(cowl["planted"]["leaked"], false);
    assert_eq!(cowl["planted"]["found"], 0);
    assert_eq!(cowl["bytes"]["least"], cowl["bytes"]["most"]);
    assert!(cowl["left_out"]["unknown-field"].as_u64().unwrap() >= reports, "address and user are dropped");
    // What it does not hide is measured, not hidden.
    assert_eq!(cowl["people"]["broker"]["values"], document["crisis"]["reporters"]);
    assert_eq!(cowl["people"]["broker"]["by"], "source address");
    let texts = cowl["example"]["read"].to_string();
    assert!(texts.contains("\"severity\""), "{texts}");
}

#[test]
fn the_same_seed_gives_the_same_findings() {
    let steady = |document: &Value| {
        let preset = preset(document, "minimised");
        let parts =
            ["messages", "fields", "people", "bytes", "planted", "left_out", "study_message", "roles"];
        let of_preset: Vec<Value> = parts.iter().map(|part| preset[*part].clone()).collect();
        (document["crisis"].clone(), of_preset, preset["example"]["read"].clone())
    };
    let run = |seed: &str| demo(&["--preset", "minimised", "--seed", seed]);
    let first = run("7");
    assert_eq!(steady(&first), steady(&run("7")));
    assert_ne!(steady(&first), steady(&run("8")));
}

#[test]
fn text_fits_eighty_columns_and_needs_no_colour() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cowl"));
    let output =
        command.args(["demo", "--people", "6", "--preset", "plain", "--preset", "cowl"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains('\u{1b}'));
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert!(text.contains("NOT HIDDEN by preset cowl alone"));
}

/// A console that a demo opened, and a browser's few words with it.
struct Kept {
    child: Child,
    links: Vec<(String, String)>,
}

impl Kept {
    fn open() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cowl"));
        command.args(["demo", "--keep", "--people", "12", "--preset", "cowl"]).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut links = Vec::new();
        for line in lines {
            if let Some((who, url)) = line.trim().split_once(": http://") {
                links.push((who.to_owned(), format!("http://{url}")));
            }
            // The last thing that is said: from here on it waits.
            if line.contains("cowl inspect --hex") {
                break;
            }
        }
        Self { child, links }
    }

    fn link(&self, who: &str) -> &str {
        &self.links.iter().find(|(name, _)| name == who).unwrap().1
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // As Ctrl-C does, so that it deletes its folder.
        let _ = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

/// One request on a connection of its own; what comes back, as it comes.
fn ask(host: &str, head: &str, cookie: &str, body: &str) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(Duration::from_mins(2))).unwrap();
    let kind = if body.is_empty() {
        String::new()
    } else {
        format!(
            "Origin: http://{host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
            body.len()
        )
    };
    write!(
        stream,
        "{head} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nCookie: {cookie}\r\n{kind}\r\n{body}"
    )
    .unwrap();
    BufReader::new(stream)
}

fn answer(host: &str, head: &str, cookie: &str, body: &str) -> String {
    let mut text = String::new();
    ask(host, head, cookie, body).read_to_string(&mut text).unwrap();
    text
}

/// The next event of a stream of which `is` holds.
fn event(stream: &mut BufReader<TcpStream>, is: impl Fn(&Value) -> bool) -> Value {
    loop {
        let mut line = String::new();
        assert!(stream.read_line(&mut line).unwrap() > 0, "the stream ended");
        if let Some(data) = line.strip_prefix("data: ") {
            let moment: Value = serde_json::from_str(data).unwrap();
            if is(&moment) {
                return moment;
            }
        }
    }
}

/// The host, and the cookie of who followed a role's link.
fn sign_in<'a>(kept: &'a Kept, role: &str) -> (&'a str, String) {
    let link = kept.link(role).strip_prefix("http://").unwrap();
    let (host, path) = link.split_at(link.find('/').unwrap());
    let signed_in = answer(host, &format!("GET {path}"), "", "");
    let cookie = signed_in.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    (host, cookie.split(';').next().unwrap().to_owned())
}

/// What every form of a page carries.
fn token(page: &str) -> &str {
    page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap()
}

/// A layer in a moment.
fn layer<'a>(moment: &'a Value, name: &str) -> &'a Value {
    moment["layers"].as_array().unwrap().iter().find(|layer| layer["name"] == name).unwrap()
}

/// The numbers of a layer's figure with everything on, and since it was taken away.
fn numbers(moment: &Value, name: &str) -> Option<[Vec<u64>; 2]> {
    let figure = layer(moment, name)["figure"].as_str().unwrap();
    let (before, now) = figure.split_once(": ")?.1.split_once(" → ")?;
    let of = |text: &str| -> Vec<u64> {
        text.split(|symbol: char| !symbol.is_ascii_digit()).flat_map(str::parse).collect()
    };
    Some([of(before), of(now)])
}

/// Each layer by itself: what it keeps flat moves, as an eavesdropper counts it, and is flat again when it is back.
#[test]
fn each_layer_can_be_taken_away_and_what_it_is_for_shows_on_the_left() {
    let kept = Kept::open();
    let (host, cookie) = sign_in(&kept, "medical");
    let page = answer(host, "GET /sides", &cookie, "");
    let token = token(&page);
    let to = |layer: &str, to: &str| {
        let form = format!("layer={layer}&to={to}&csrf={token}");
        answer(host, "POST /sides/layer", &cookie, &form)
    };
    // What cannot be taken away says so, and stays.
    assert_eq!(page.matches("<button type=\"button\" disabled").count(), 2, "{page}");
    assert!(to("epochs", "off").starts_with("HTTP/1.1 303"));
    assert!(to("padding", "perhaps").starts_with("HTTP/1.1 400"));
    assert!(answer(host, "POST /sides/layer", &cookie, "layer=padding&to=off").starts_with("HTTP/1.1 403"));

    let mut stream = ask(host, "GET /sides/events", &cookie, "");
    let heard = |moment: &Value, topic: &str| {
        moment["left"].as_array().unwrap().iter().any(|left| left["topic"].as_str().unwrap().contains(topic))
    };
    let opened = |moment: &Value| !moment["right"].as_array().unwrap().is_empty();
    // Long enough for a rhythm to be there to compare with.
    let whole = event(&mut stream, |moment| {
        heard(moment, "/r/")
            && opened(moment)
            && !layer(moment, "slots")["figure"].as_str().unwrap().contains('…')
    });
    assert_eq!(whole["leaks"], false, "{whole}");
    assert!(numbers(&whole, "padding").is_none(), "nothing was taken away: {whole}");

    let shows = |name: &'static str| {
        move |moment: &Value| {
            let Some([before, now]) = numbers(moment, name) else { return false };
            match name {
                "padding" | "topics" => before == [1] && now[0] > 1,
                // Five seconds in which many reported, and five in which hardly anybody did.
                "slots" => matches!(now[..], [fewest, most] if fewest <= 2 && most >= 5),
                "tags" => before[0] == 0 && now[0] > 0,
                "reducing" => now[0] > before[0],
                _ => true,
            }
        }
    };
    for name in ["padding", "tags", "topics", "reducing", "sealing", "slots"] {
        let switched = to(name, "off");
        assert!(switched.starts_with("HTTP/1.1 303"), "{switched}");
        let moment = event(&mut stream, |moment| {
            layer(moment, name)["on"] == false
                && opened(moment)
                && if name == "sealing" { moment["leaks"] == true } else { shows(name)(moment) }
        });
        // Nothing else can be read for it, and the others stay on.
        assert_eq!(moment["leaks"], name == "sealing", "{moment}");
        let mut others = moment["layers"].as_array().unwrap().iter().filter(|layer| layer["name"] != name);
        assert!(others.all(|layer| layer["on"] == true), "{moment}");
        // The medic reads on; a name only where nothing is reduced.
        let right = moment["right"].as_array().unwrap().iter();
        let mut fields = right.flat_map(|right| right["fields"].as_array().unwrap());
        let named = fields.any(|field| field[0] == "person");
        assert_eq!(named, name == "reducing", "{moment}");
        if name == "sealing" {
            let figure = layer(&moment, name)["figure"].as_str().unwrap();
            assert!(figure.contains("nothing → ") && !figure.ends_with("nothing"), "{figure}");
        }
        assert!(to(name, "on").starts_with("HTTP/1.1 303"));
    }
    // All are back, and the operation's own messages with them.
    let back = event(&mut stream, |moment| {
        layer(moment, "slots")["on"] == true
            && heard(moment, "/r/")
            && opened(moment)
            && moment["right"][0]["triage"].is_array()
    });
    assert_eq!(back["leaks"], false, "{back}");
    assert!(!heard(&back, "srv/"), "{back}");
}

#[test]
fn layers_are_switched_in_a_browser_and_open_pages_follow() {
    let kept = Kept::open();
    let links = json!({ "links": { "authority": kept.link("authority"), "medical": kept.link("medical") } });
    let Some(browser) = Browser::drive("console.mjs", &links.to_string(), "layers") else { return };
    let all = browser.all();
    assert_eq!(all.len(), 4, "{all:?}");
    assert_eq!((&all[2]["stayed"], &all[2]["pressed"]), (&json!(true), &json!("false")));
}

#[test]
fn its_console_shows_both_sides_and_what_leaks_without_protection() {
    let kept = Kept::open();
    let (host, cookie) = sign_in(&kept, "medical");
    let cookie = cookie.as_str();
    let front = answer(host, "GET /", cookie, "");
    assert!(front.contains("location: /sides"), "{front}");

    let mut stream = ask(host, "GET /sides/events", cookie, "");
    let sealed = event(&mut stream, |moment| {
        moment["left"].as_array().unwrap().iter().any(|left| left["topic"].as_str().unwrap().contains("/r"))
            && !moment["right"].as_array().unwrap().is_empty()
    });
    assert_eq!(sealed["leaks"], false, "{sealed}");
    // The severity that a medic's keys opened, as the board has it.
    assert!(sealed["right"][0]["triage"].is_array(), "{sealed}");

    let page = answer(host, "GET /sides", cookie, "");
    let token = token(&page);
    // Not without the page's own token.
    assert!(answer(host, "POST /sides/preset", cookie, "preset=plain").starts_with("HTTP/1.1 403"));
    let switched = answer(host, "POST /sides/preset", cookie, &format!("preset=plain&csrf={token}"));
    assert!(switched.starts_with("HTTP/1.1 303"), "{switched}");
    let plain = event(&mut stream, |moment| {
        moment["leaks"] == true && !moment["right"].as_array().unwrap().is_empty()
    });
    let told = plain["left"].as_array().unwrap().iter().flat_map(|left| left["told"].as_array().unwrap());
    let told: Vec<&str> = told.map(|word| word.as_str().unwrap()).collect();
    assert!(told.contains(&"latitude") && told.contains(&"person’s name"), "{told:?}");
    assert!(plain["left"][0]["rows"][0]["pieces"].to_string().contains("true"), "{plain}");
    // What is read stands in the bytes on the broker.
    let read =
        plain["right"].as_array().unwrap().iter().flat_map(|right| right["fields"].as_array().unwrap());
    let read: Vec<&str> =
        read.filter(|field| field[0] == "lat").map(|field| field[1].as_str().unwrap()).collect();
    let dump = |left: &Value| -> String {
        let rows = left["rows"].as_array().unwrap().iter();
        let pieces = rows.flat_map(|row| row["pieces"].as_array().unwrap());
        pieces.map(|piece| piece[1].as_str().unwrap()).collect()
    };
    let dumps: Vec<String> = plain["left"].as_array().unwrap().iter().map(dump).collect();
    assert!(read.iter().any(|lat| dumps.iter().any(|dump| dump.contains(lat))), "{read:?} {dumps:?}");
    // And back: nothing of what was in clear is left on the page, though it may still have been on its way.
    let back = answer(host, "POST /sides/preset", cookie, &format!("preset=cowl&csrf={token}"));
    assert!(back.starts_with("HTTP/1.1 303"), "{back}");
    let sealed = event(&mut stream, |moment| {
        !moment["right"].as_array().unwrap().is_empty() && moment["right"][0]["triage"].is_array()
    });
    assert_eq!(sealed["leaks"], false, "{sealed}");

    for page in ["/sides", "/privacy", "/privacy?slot=3", "/operations"] {
        let text = answer(host, &format!("GET {page}"), cookie, "");
        assert!(text.starts_with("HTTP/1.1 200") && text.contains("</html>"), "{page}: {text}");
    }
    let nowhere = answer(host, "GET /privacy/evidence?card=9&category=linking&adversary=broker", cookie, "");
    assert!(nowhere.starts_with("HTTP/1.1 404"));
    // Nobody who is not signed in sees any of it.
    for page in ["/sides", "/sides/events", "/privacy"] {
        assert!(answer(host, &format!("GET {page}"), "", "").starts_with("HTTP/1.1 401"), "{page}");
    }
}
