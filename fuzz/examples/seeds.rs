//! Writes the first corpus of each target from the vectors and the policies that ship.

use std::{fs, path::Path};

use cowl_fuzz::{policy_file, vectors};

fn main() -> std::io::Result<()> {
    let with_role = |messages: Vec<Vec<u8>>, role: u8| -> Vec<Vec<u8>> {
        messages.into_iter().map(|message| [&[role][..], &message].concat()).collect()
    };
    let texts = |texts: &[&str]| texts.iter().map(|text| text.as_bytes().to_vec()).collect::<Vec<_>>();
    let behind = |bytes: Vec<Vec<u8>>, front: usize| -> Vec<Vec<u8>> {
        bytes.into_iter().map(|bytes| bytes.get(front..).unwrap_or_default().to_vec()).collect()
    };
    write("enrolled", with_role(vectors("enrolled", "message"), 1))?;
    write("walk_in", with_role(vectors("walk-in-x25519", "message"), 0x31))?;
    write("relay", with_role(vectors("relay-x25519", "message"), 0))?;
    write(
        "receiver",
        vec![vec![1, 0, 0x45, 0, 0, 0, 0x45, 0, 64, 4, 0, 0, 0, 5, 0x50, 0, 0, 3, 0x45, 200, 1]],
    )?;
    write(
        "manifest",
        [vectors("manifest", "manifest"), behind(vectors("manifest", "manifest"), 101)].concat(),
    )?;
    let counts = behind(vectors("beacon", "beacon"), 68);
    write("beacon", [vectors("beacon", "beacon"), counts].concat())?;
    let dispatches = vectors("dispatch", "dispatch");
    write("dispatch", [dispatches.clone(), behind(dispatches, 64)].concat())?;
    write("token", ["request", "answer", "stored"].map(|what| vectors("tokens", what)).concat())?;
    write("credential", behind(vectors("credential", "file"), 18))?;
    write(
        "ticket",
        vec![
            b"COWL:04T7A3WRQNCZSZ4MDPJ5NANYJCXTB9D5MPJTB9D5MPJTB9D5MPJTA000003G22G0000HZ450HSNZ2".to_vec(),
            [&[1][..], &[7; 36], &[1, 10, 0, 0, 1, 0x1f, 0x90]].concat(),
            [&[1][..], &[7; 36], &[3, 5, b'o', b'.', b'l', b'a', b'n', 0, 80]].concat(),
            b"http://[fe80::1]:8080".to_vec(),
        ],
    )?;
    write("policy", vectors("policy", "policy"))?;
    write("body", vectors("body", "body"))?;
    write(
        "input_lines",
        texts(&[
            "temperature: 256, severity: low, lat: -41.85, lon: -118.80, ip: 192.168.1.247, userId: 970",
            r#"{"severity":"red","position":"18.54,-72.34","temperature":37.25,"person":"Marie","battery":71}"#,
            "severity,temperature,person\nlow,36.6,\"Anne, Marie\"\nhigh,40,Jean\n",
            r#"{"severity":"high","a":{"b":[1,2,{"c":null}]}}"#,
        ]),
    )?;
    write(
        "policy_toml",
        texts(&[policy_file::DEFAULT_POLICY, policy_file::DEVICES_POLICY, policy_file::INCIDENTS_POLICY]),
    )?;
    write(
        "geojson",
        texts(&[
            r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"Ouest"},"geometry":
            {"type":"Polygon","coordinates":[[[-73,18],[-71.5,18],[-71.5,19],[-73,19],[-73,18]]]}}]}"#,
        ]),
    )
}

fn write(target: &str, inputs: Vec<Vec<u8>>) -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder)?;
    for (number, input) in inputs.iter().enumerate() {
        fs::write(folder.join(format!("seed-{number:03}")), input)?;
    }
    Ok(())
}
