//! A credential that was copied to a second device: `cowl serve` notices, and `cowl pub` stops on both.
#![allow(missing_docs, reason = "a test")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod publish_support;

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Instant,
};

use cowl::keyring::state_path;
use publish_support::{SOON, World, port};

#[test]
fn both_devices_of_one_credential_are_told_to_enrol_again() {
    let world = World::new();
    let broker = world.broker();
    let (phone, copy) = (world.path("phone"), world.path("copy"));
    fs::copy(&phone, &copy).unwrap();
    fs::copy(state_path(&phone), state_path(&copy)).unwrap();
    let serve = Serve::start(&world, port(&broker));

    let report = ["-m", "severity: low", "-q", "1"];
    for credential in ["phone", "copy"] {
        world.publish(credential, port(&broker), &report).ends(0);
    }
    serve.says("device 0 of register.json sends from two machines");
    // The next beacon tells them, within a second.
    for credential in ["phone", "copy"] {
        let begin = Instant::now();
        let ran = loop {
            let ran = world.publish(credential, port(&broker), &report);
            if ran.code != Some(0) || begin.elapsed() > SOON {
                break ran;
            }
        };
        ran.ends(4)
            .says("cowl: this credential is in use on a second device: enrol both again")
            .says("hint: the file was copied: ask for one credential for each device");
        // It is known from then on, also where nothing can be heard.
        world.publish(credential, port(&broker), &[&report[..], &["--beacon-wait", "0"]].concat()).ends(4);
    }
    world.publish("gateway", port(&broker), &report).ends(0);
}

/// A `cowl serve` with a beacon each second; killed when dropped.
struct Serve {
    child: Child,
    said: Receiver<String>,
}

impl Serve {
    fn start(world: &World, port: u16) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_cowl"))
            .arg("serve")
            .arg(world.path("operation"))
            .args(["-h", "127.0.0.1", "-p", &port.to_string(), "--every", "1"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (sender, said) = channel();
        thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let serve = Self { child, said };
        serve.says("serving manifest");
        serve
    }

    #[track_caller]
    fn says(&self, text: &str) {
        while !self.said.recv_timeout(SOON).unwrap_or_else(|_| panic!("never: {text}")).contains(text) {}
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
