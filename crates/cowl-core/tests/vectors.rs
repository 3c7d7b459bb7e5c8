//! Every vector of `spec/vectors`, held against the library.
//!
//! The files are made by this test too, from the second implementation in `reference`:
//!
//! ```text
//! COWL_WRITE_VECTORS=1 cargo test -p cowl-core --test vectors
//! ```
//!
//! Without the variable nothing is written, and a file that differs from what would be made fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "helpers of tests, where the lints make exceptions for the tests themselves"
)]

#[path = "vectors/beacon.rs"]
mod beacon;
#[path = "vectors/body.rs"]
mod body;
#[path = "vectors/bulletin.rs"]
mod bulletin;
#[path = "vectors/bundle.rs"]
mod bundle;
#[path = "vectors/bundle_check.rs"]
mod bundle_check;
#[path = "vectors/credential.rs"]
mod credential;
#[path = "vectors/custody.rs"]
mod custody;
#[path = "vectors/custody_check.rs"]
mod custody_check;
#[path = "vectors/custody_key.rs"]
mod custody_key;
#[path = "vectors/derivations.rs"]
mod derivations;
#[path = "vectors/dispatch.rs"]
mod dispatch;
#[path = "vectors/enrolled.rs"]
mod enrolled;
#[path = "vectors/erasures.rs"]
mod erasures;
#[path = "vectors/exchange.rs"]
mod exchange;
#[path = "vectors/manifest.rs"]
mod manifest;
#[path = "vectors/messages.rs"]
mod messages;
#[path = "vectors/policy.rs"]
mod policy;
mod reference;
#[path = "vectors/relay.rs"]
mod relay;
#[path = "vectors/tokens.rs"]
mod tokens;
#[path = "vectors/tokens_check.rs"]
mod tokens_check;
#[path = "vectors/walk_in.rs"]
mod walk_in;
#[path = "vectors/zero_secret.rs"]
mod zero_secret;

use reference::json;
use serde_json::Value;

/// Writes the file if asked to, checks that it is what would be written, and every case in it.
fn hold(name: &str, make: impl FnOnce() -> Value, check: impl Fn(&Value, &Value)) {
    let made = make();
    if std::env::var_os("COWL_WRITE_VECTORS").is_some() {
        json::write(name, &made);
    }
    let file = json::read(name);
    assert!(file == made, "{name}.json is not what COWL_WRITE_VECTORS=1 makes");
    for (case, value) in json::cases(&file) {
        println!("{name}: {case}");
        check(&file, value);
    }
}

#[test]
fn schedule() {
    hold("schedule", derivations::make_schedule, derivations::check_schedule);
}

#[test]
fn places() {
    hold("places", derivations::make_places, derivations::check_places);
}

#[test]
fn pseudonyms() {
    hold("pseudonym", derivations::make_pseudonyms, derivations::check_pseudonym);
}

#[test]
fn mailbox() {
    hold("mailbox", derivations::make_mailbox, derivations::check_mailbox);
}

#[test]
fn policies() {
    hold("policy", policy::make, policy::check);
}

#[test]
fn bodies() {
    hold("body", body::make, body::check);
}

#[test]
fn enrolled_messages() {
    hold("enrolled", enrolled::make, messages::check);
}

#[test]
fn walk_in_messages_by_x_wing() {
    hold("walk-in-x-wing", walk_in::make_x_wing, messages::check);
}

#[test]
fn walk_in_messages_by_x25519() {
    hold("walk-in-x25519", walk_in::make_x25519, messages::check);
}

#[test]
fn messages_wrapped_by_x_wing() {
    hold("relay-x-wing", relay::make_x_wing, relay::check);
}

#[test]
fn messages_wrapped_by_x25519() {
    hold("relay-x25519", relay::make_x25519, relay::check);
}

#[test]
fn custody_parts() {
    hold("custody", custody::make, custody_check::check);
}

#[test]
fn manifests() {
    hold("manifest", manifest::make, manifest::check);
}

#[test]
fn beacons() {
    hold("beacon", beacon::make, beacon::check);
}

#[test]
fn bulletins() {
    hold("bulletin", bulletin::make, bulletin::check);
}

#[test]
fn bundles() {
    hold("bundle", bundle::make, bundle_check::check);
}

#[test]
fn erase_orders() {
    hold("erasures", erasures::make, erasures::check);
}

#[test]
fn dispatches() {
    hold("dispatch", dispatch::make, dispatch::check);
}

#[test]
fn exchanges() {
    hold("exchange", exchange::make, exchange::check);
}

#[test]
fn credentials() {
    hold("credential", credential::make, credential::check);
}

#[test]
fn tokens() {
    hold("tokens", tokens::make, tokens_check::check);
}
