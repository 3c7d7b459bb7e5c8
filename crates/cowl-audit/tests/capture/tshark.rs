//! tshark's reading of a capture.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

/// Whether it is installed. Where it is not, a test says so and passes, except in CI.
pub(crate) fn installed() -> bool {
    let found =
        Command::new("tshark").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    assert!(found || std::env::var_os("CI").is_none(), "CI must have tshark");
    if !found {
        eprintln!("skipped: tshark is not installed");
    }
    found
}

/// Values of fields of all packets that a filter lets through, by packet.
pub(crate) fn fields(file: &Path, filter: &str, fields: &[&str], more: &[&str]) -> Vec<Vec<String>> {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(file).args(["-Y", filter, "-T", "fields"]).args(more);
    for field in fields {
        command.args(["-e", field]);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// Numbers of MQTT packets by type.
pub(crate) fn counts(file: &Path, more: &[&str]) -> BTreeMap<u8, u64> {
    let mut counts = BTreeMap::new();
    for line in fields(file, "mqtt", &["mqtt.msgtype"], more) {
        for kind in line[0].split(',') {
            *counts.entry(kind.parse().unwrap()).or_default() += 1;
        }
    }
    counts
}
