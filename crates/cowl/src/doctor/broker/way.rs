//! From TCP to the greeting, and what the greeting grants.

use super::{
    super::{
        certificate,
        finding::{Finding, Topic},
        keys,
        words::bytes,
    },
    Inquiry, largest,
};
use crate::transport::{Endpoint, Error, Greeting, Probe, Qos};

const WHY_TLS: &str =
    "TLS hides logins, topics and who is who from everyone on the way, and makes sure that it is the broker";

impl Inquiry<'_> {
    /// From TCP to the greeting.
    pub(super) fn way(&self, probe: &Probe) -> Vec<Finding> {
        let mut findings = Vec::new();
        let Endpoint { host, port, scheme, .. } = &self.endpoint;
        let place = format!("{host}:{port}");
        match &probe.greeting {
            Err(error) if !probe.reached => {
                findings.push(Topic::Broker.problem(
                    error.to_string(),
                    "without a broker nothing is sent and nothing is heard; what gateways hold waits",
                    format!("ping -c 3 {host}    (then on the broker's machine: is it running, and is port {port} open?)"),
                ));
                return findings;
            }
            Err(error) if error.is_tls() => findings.push(self.not_believed(error, probe)),
            Err(error) if !error.is_auth() => findings.push(Topic::Broker.problem(
                error.to_string(),
                "something listens there, and does not greet as a broker does",
                "cowl doctor … -p 8883 --cafile ca.pem    (usual ports: 1883 in clear, 8883 with TLS, 8080 or 443 with --ws)",
            )),
            _ => findings.push(
                Topic::Broker.ok(format!("{place} answers as a broker"), "it can be reached from here"),
            ),
        }
        match &probe.tls {
            Some(tls) if tls.group == "X25519MLKEM768" => {
                findings.push(
                    Topic::Broker
                        .ok(format!("{} with {}", tls.version.replace('_', "."), tls.group), WHY_TLS),
                );
            }
            Some(tls) => findings.push(Topic::Broker.notice(
                format!(
                    "{} with {}, which a quantum computer of tomorrow opens",
                    tls.version.replace('_', "."),
                    tls.group
                ),
                "what is recorded today then shows who connected with which login when; reports stay sealed",
                "cowl broker OPS    (instead of this one; or let it run with OpenSSL 3.5)",
            )),
            None if !scheme.is_encrypted() => findings.push(self.in_clear()),
            None => {}
        }
        if let Some(valid) = probe.certificate.as_deref().and_then(certificate::of_der) {
            let remedy = "cowl broker OPS    (makes a new certificate once OPS/tls is moved away; another broker needs one from whoever made the old)".to_owned();
            findings.push(keys::lasts("the certificate that the broker shows", valid, self.now, remedy));
        }
        findings
    }

    fn in_clear(&self) -> Finding {
        let host = &self.endpoint.host;
        let here = host == "localhost"
            || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        if here {
            return Topic::Broker.ok("no TLS, on this machine's own network only", WHY_TLS);
        }
        Topic::Broker.problem(
            "no TLS to another machine",
            WHY_TLS,
            "cowl doctor … -p 8883 --cafile OPS/tls/ca.pem    (and so with every other command)",
        )
    }

    fn not_believed(&self, error: &Error, probe: &Probe) -> Finding {
        let said = error.to_string();
        let valid = probe.certificate.as_deref().and_then(certificate::of_der);
        let outside = valid.is_some_and(|valid| self.now < valid.from || self.now >= valid.until);
        let remedy = if outside {
            "date -u    (is the clock right? if so, give the broker a new certificate)"
        } else if said.contains("NotValidForName") || said.contains("not valid for name") {
            "cowl doctor … -h NAME    (one that the certificate bears; or make another: cowl broker OPS --name HOST)"
        } else if probe.certificate.is_some() {
            "cowl doctor … --cafile OPS/tls/ca.pem    (of this operation; or --pin with the fingerprint in OPS/README.md)"
        } else {
            "cowl doctor … -p 8883    (the usual port for TLS; the broker must speak TLS 1.3)"
        };
        Topic::Broker.problem(said, WHY_TLS, remedy)
    }

    /// What the greeting grants, against the operation's sizes.
    pub(super) fn limits(&self, greeting: &Greeting) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut bad =
            |what: String, why, remedy: &str| findings.push(Topic::Broker.problem(what, why, remedy));
        if !greeting.retain {
            bad(
                "it retains no messages".to_owned(),
                "manifest and beacons must be there for whoever connects later",
                "echo 'retain_available true' | sudo tee -a /etc/mosquitto/mosquitto.conf && sudo systemctl restart mosquitto    (if it is mosquitto)",
            );
        }
        if greeting.max_qos < Qos::AtLeastOnce {
            bad(
                "it grants no acknowledged delivery (QoS 1)".to_owned(),
                "reports would be lost with each broken connection, and nobody would know",
                "echo 'max_qos 2' | sudo tee -a /etc/mosquitto/mosquitto.conf && sudo systemctl restart mosquitto    (if it is mosquitto)",
            );
        }
        if !greeting.wildcards {
            bad(
                "it takes no wildcards in subscriptions".to_owned(),
                "responders subscribe all shards of the mailbox at once",
                "cowl broker OPS    (instead of this one)",
            );
        }
        if let Some(manifest) = self.manifest {
            let needed = largest(manifest);
            if u64::from(greeting.max_packet) < needed {
                bad(
                    format!(
                        "it takes packets of {} at the most, and the operation's largest has {}",
                        bytes(greeting.max_packet.into()),
                        bytes(needed)
                    ),
                    "the manifest or the responders' bundles do not get through",
                    "echo 'max_packet_size 262144' | sudo tee -a /etc/mosquitto/mosquitto.conf && sudo systemctl restart mosquitto    (if it is mosquitto)",
                );
            }
            let own = manifest.policy.transport.keep_alive_seconds;
            if let Some(told) = greeting.keep_alive_s.filter(|told| *told != own) {
                findings.push(Topic::Broker.notice(
                    format!(
                        "it wants a sign of life every {told} s, and not every {own} s as the policy says"
                    ),
                    "phones wake up more often, or lost connections are noticed later",
                    "echo 'max_keepalive 600' | sudo tee -a /etc/mosquitto/mosquitto.conf && sudo systemctl restart mosquitto    (if it is mosquitto)",
                ));
            }
        }
        if greeting.receive_max < 20 {
            findings.push(Topic::Broker.notice(
                format!("it takes {} unacknowledged messages at a time", greeting.receive_max),
                "a gateway that has been offline sends what waits slowly over a long way",
                "echo 'max_inflight_messages 100' | sudo tee -a /etc/mosquitto/mosquitto.conf && sudo systemctl restart mosquitto    (if it is mosquitto)",
            ));
        }
        if findings.is_empty() {
            let what = format!(
                "it retains, acknowledges, and takes packets of {} and {} messages at a time: enough for this operation",
                bytes(greeting.max_packet.into()),
                greeting.receive_max
            );
            findings.push(
                Topic::Broker
                    .ok(what, "limits that are too small show only when the first large message comes"),
            );
        }
        findings
    }
}
