//! Fernet both ways with Python's `cryptography`.
//!
//! `COWL_PYTHON` names the interpreter (default `python3`). Where it has no `cryptography` these tests say so and pass,
//! except under `CI`, where they fail.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking and says why it is skipped"
)]

use std::io::Write as _;
use std::process::{Command, Stdio};

use cowl::dangerous::{FernetKey, FernetKeys, Freshness, NotDecrypted, dangerous_time_of};
use cowl_core::Secret;
use serde_json::{Value, json};

const NOW: u64 = 1_263_332_000;
const MESSAGES: [&str; 5] = [
    "",
    "sixteen letters!",
    r#"{"severity":"critical","zone":"Ouest","token":"V-001"}"#,
    "temperature: 256, severity: low, lat: -41.85, lon: -118.80, ip: 192.168.1.247, userId: 970",
    "Ayiti, jwèt pou nou · 救援",
];

#[test]
fn python_opens_what_we_write() {
    let Some(python) = Python::find() else { return };
    let keys = keys(&[1, 2]);
    let tokens: Vec<_> = MESSAGES.iter().map(|message| keys.encrypt(message.as_bytes(), NOW)).collect();
    let file = keys.to_text();
    let opened = python.run(
        "multi = MultiFernet([Fernet(line) for line in given['keys'].split()])
first = Fernet(given['keys'].split()[0])
answer = [{
    'message': multi.decrypt(token).decode(),
    'fresh': first.decrypt_at_time(token, 60, given['now'] + 60).decode(),
    'time': first.extract_timestamp(token),
} for token in given['tokens']]",
        &json!({"keys": &**file, "tokens": tokens, "now": NOW}),
    );
    for (message, opened) in MESSAGES.iter().zip(opened.as_array().unwrap()) {
        assert_eq!(opened, &json!({"message": message, "fresh": message, "time": NOW}));
    }
}

#[test]
fn we_open_what_python_writes() {
    let Some(python) = Python::find() else { return };
    let written = python.run(
        "keys = [Fernet.generate_key().decode() for _ in range(3)]
fernets = [Fernet(key) for key in keys]
answer = {'keys': keys,
          'tokens': [[f.encrypt_at_time(m.encode(), given['now']).decode() for m in given['messages']]
                     for f in fernets + [MultiFernet(fernets)]]}",
        &json!({"messages": MESSAGES, "now": NOW}),
    );
    let file: Vec<&str> = texts(&written["keys"]);
    // as a person would keep them
    let keys = FernetKeys::parse(&format!(
        "# newest first\n\n{}  # since Monday\r\n{}\n",
        file[0],
        file[1..].join("\n")
    ));
    let keys = keys.unwrap();
    assert_eq!(*keys.to_text(), format!("{}\n", file.join("\n")));
    for tokens in written["tokens"].as_array().unwrap() {
        for (message, token) in MESSAGES.iter().zip(texts(tokens)) {
            assert_eq!(&**keys.decrypt(token, None).unwrap(), message.as_bytes());
            assert_eq!(dangerous_time_of(token), Some(NOW));
            let at = |now| keys.decrypt(token, Some(Freshness { ttl_seconds: 60, now })).map(|_| ());
            assert_eq!(at(NOW + 60), Ok(()));
            assert_eq!(at(NOW + 61), Err(NotDecrypted));
        }
    }
}

#[test]
fn rotation_is_the_same_on_both_sides() {
    let Some(python) = Python::find() else { return };
    let (old, rotated) = (keys(&[2]), keys(&[1, 2]));
    let token = old.encrypt(MESSAGES[2].as_bytes(), NOW);
    let ours = rotated.rotate(&token).unwrap();
    let (first, file) = (keys(&[1]).to_text(), rotated.to_text());
    let theirs = python.run(
        "multi = MultiFernet([Fernet(line) for line in given['keys'].split()])
first = Fernet(given['first'].strip())
try:
    first.decrypt(given['token'])
    refused = False
except InvalidToken:
    refused = True
answer = {'rotated': multi.rotate(given['token']).decode(), 'old refused': refused,
          'opened': first.decrypt(given['ours']).decode(), 'time': first.extract_timestamp(given['ours'])}",
        &json!({"keys": &**file, "first": &**first, "token": token, "ours": ours}),
    );
    assert_eq!(theirs["old refused"], json!(true));
    assert_eq!(theirs["opened"], json!(MESSAGES[2]));
    assert_eq!(theirs["time"], json!(NOW));
    let theirs = theirs["rotated"].as_str().unwrap();
    assert_eq!(&**keys(&[1]).decrypt(theirs, None).unwrap(), MESSAGES[2].as_bytes());
    assert_eq!(dangerous_time_of(theirs), Some(NOW));
}

/// What we refuse beyond Python are other spellings of the same bytes; what Python refuses we refuse.
#[test]
fn python_judges_the_vectors_alike() {
    let Some(python) = Python::find() else { return };
    let [valid, invalid] = [include_str!("data/fernet/valid.json"), include_str!("data/fernet/invalid.json")]
        .map(|json| serde_json::from_str::<Value>(json).unwrap());
    let program = "def opens(v):
    try:
        return Fernet(v['secret']).decrypt_at_time(v['token'], v['ttl_sec'], v['now']).decode()
    except (InvalidToken, ValueError):
        return None
answer = [opens(vector) for vector in given]";
    for (vector, opened) in
        valid.as_array().unwrap().iter().zip(python.run(program, &valid).as_array().unwrap())
    {
        assert_eq!(opened, &vector["src"], "{}", vector["desc"]);
    }
    let opened = python.run(program, &invalid);
    let judged = invalid.as_array().unwrap().iter().zip(opened.as_array().unwrap());
    let lenient: Vec<_> =
        judged.filter(|(_, opened)| !opened.is_null()).map(|(v, _)| v["desc"].as_str()).collect();
    let spellings =
        ["the other base64 alphabet", "too much padding", "leftover bits", "a line break behind it"];
    assert!(lenient.iter().all(|desc| spellings.map(Some).contains(desc)), "{lenient:?}");
}

struct Python(String);

impl Python {
    fn find() -> Option<Self> {
        let python = Self(std::env::var("COWL_PYTHON").unwrap_or_else(|_| "python3".into()));
        let check = Command::new(&python.0).args(["-c", "import cryptography.fernet"]).output();
        if check.is_ok_and(|output| output.status.success()) {
            return Some(python);
        }
        assert!(std::env::var_os("CI").is_none(), "{} has no `cryptography`", python.0);
        eprintln!("skipped: {} has no `cryptography`; name one that has in COWL_PYTHON", python.0);
        None
    }

    /// Runs a program that finds `given` and leaves `answer`.
    fn run(&self, program: &str, given: &Value) -> Value {
        let program = format!(
            "import json, sys\nfrom cryptography.fernet import Fernet, MultiFernet, InvalidToken\n\
             given = json.load(sys.stdin)\n{program}\njson.dump(answer, sys.stdout)"
        );
        let mut python = Command::new(&self.0)
            .args(["-c", &program])
            .env("PYTHONIOENCODING", "utf-8")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        python.stdin.take().unwrap().write_all(given.to_string().as_bytes()).unwrap();
        let output = python.wait_with_output().unwrap();
        assert!(output.status.success());
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

fn keys(seeds: &[u8]) -> FernetKeys {
    let texts: Vec<_> = seeds.iter().map(|seed| FernetKey::new(Secret::new([*seed; 32])).to_text()).collect();
    FernetKeys::from_texts(texts.iter().map(|text| text.as_str())).unwrap()
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}
