//! Transport, logins, handshakes.

use super::{Leak, READERS, Severity, WATCHERS, among, percent};
use crate::score::Category;
use crate::survey::census::share;
use crate::survey::core::Core;
use crate::survey::report::Report;
use crate::survey::traits::Trait;
use crate::view::Adversary;

pub(super) fn find(core: &Core, report: &Report, found: &mut Vec<Leak>) {
    let encryption = &report.encryption;
    if encryption.clear_share > 0.0 {
        let [tcp, socket, _, _, unknown] = core.sums.speaking;
        found.push(Leak {
            id: "clear-transport",
            category: Category::DataDisclosure,
            severity: Severity::High,
            what: "MQTT packets travel in the clear: anybody on the path reads what the broker reads"
                .to_owned(),
            place: "transport".to_owned(),
            seen_by: vec![Adversary::Network],
            evidence: format!("{} of the connections that send", percent(encryption.clear_share)),
            advice: "TLS 1.3 from client to broker, and no listener without it",
            count: tcp + socket + unknown,
        });
    }
    if core.sums.passwords_clear > 0 {
        found.push(Leak {
            id: "password-in-clear",
            category: Category::Identifying,
            severity: Severity::High,
            what: "passwords travel in the clear".to_owned(),
            place: "CONNECT".to_owned(),
            seen_by: vec![Adversary::Network],
            evidence: format!("{} connects", core.sums.passwords_clear),
            advice: "TLS; then new passwords, since these are known",
            count: core.sums.passwords_clear,
        });
    }
    passwords(core, report, found);
    handshakes(core, found);
    software(report, found);
}

/// What TLS handshakes show.
fn handshakes(core: &Core, found: &mut Vec<Leak>) {
    let old: u64 = core.hellos.versions.range(1..0x0303).map(|(_, number)| *number).sum();
    if old > 0 {
        found.push(Leak {
            id: "old-tls",
            category: Category::DataDisclosure,
            severity: Severity::Medium,
            what: "TLS older than 1.2, forbidden since RFC 8996".to_owned(),
            place: "TLS handshake".to_owned(),
            seen_by: vec![Adversary::NetworkTls],
            evidence: format!("{old} handshakes"),
            advice: "require TLS 1.3",
            count: old,
        });
    }
    let known_groups = core.hellos.seen - core.hellos.groups.get(&0).copied().unwrap_or(0);
    let classical = known_groups - core.hellos.post_quantum;
    if classical > 0 {
        found.push(Leak {
            id: "no-post-quantum",
            category: Category::DataDisclosure,
            severity: Severity::Note,
            what: "key exchange without post-quantum protection: what is recorded now can be opened by a quantum computer later"
                .to_owned(),
            place: "TLS handshake".to_owned(),
            seen_by: vec![Adversary::NetworkTls],
            evidence: format!("{classical} of {known_groups} handshakes"),
            advice: "prefer X25519MLKEM768",
            count: classical,
        });
    }
    if core.hellos.resumed > 0 {
        found.push(Leak {
            id: "tls-resumption",
            category: Category::Linking,
            severity: Severity::Medium,
            what: "clients offer to resume earlier TLS sessions: that joins their connections, whatever address they come from".to_owned(),
            place: "TLS handshake".to_owned(),
            seen_by: vec![Adversary::NetworkTls, Adversary::Broker],
            evidence: format!("{} of handshakes", percent(share(core.hellos.resumed, core.hellos.seen))),
            advice: "no session tickets, or one use of each and none across a change of pseudonym",
            count: core.hellos.resumed,
        });
    }
    if core.hellos.named > 0 {
        found.push(Leak {
            id: "tls-server-name",
            category: Category::Detecting,
            severity: Severity::Low,
            what: "handshakes name the server in the clear: who connects is known to use the service"
                .to_owned(),
            place: "TLS server name".to_owned(),
            seen_by: vec![Adversary::NetworkTls],
            evidence: format!("{} of handshakes", percent(share(core.hellos.named, core.hellos.seen))),
            advice: "Encrypted Client Hello, or a name that many other services share",
            count: core.hellos.named,
        });
    }
}

fn software(report: &Report, found: &mut Vec<Leak>) {
    let fingerprints = report.identifiers.iter().find(|row| row.id == "tls-fingerprint");
    if let Some(row) = fingerprints.filter(|row| row.distinct > 1) {
        found.push(Leak {
            id: "software-differs",
            category: Category::Linking,
            severity: Severity::Low,
            what: "clients can be told apart by how their TLS handshake is made".to_owned(),
            place: row.name.clone(),
            seen_by: WATCHERS.to_vec(),
            evidence: format!("{} fingerprints, {:.1} bits", row.distinct, row.bits),
            advice: "one client library in one version for all",
            count: row.distinct,
        });
    }
}

/// One password of several users.
fn passwords(core: &Core, report: &Report, found: &mut Vec<Leak>) {
    let (logins, passwords) = (core.clients.logins(), core.census.traits.get(Trait::Password));
    let Some(passwords) = passwords.filter(|passwords| passwords.len() > 0 && passwords.len() < logins)
    else {
        return;
    };
    found.push(Leak {
        id: "password-shared",
        category: Category::NonRepudiation,
        severity: Severity::Medium,
        what: "several users have one password: who has it can send as any of them".to_owned(),
        place: "CONNECT".to_owned(),
        seen_by: among(&READERS, report),
        evidence: format!("{} passwords of {logins} users", passwords.len()),
        advice: "one credential for each client, or an anonymous one that is meant to be shared",
        count: crate::convert::count(logins),
    });
}
