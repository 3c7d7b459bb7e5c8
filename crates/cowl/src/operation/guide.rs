//! What lies in an operation's folder and who may have it: written for whoever finds the folder.

use cowl_core::{Fingerprint, SignedManifest};

/// What a file of the folder is.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// Its name.
    pub name: &'static str,
    /// Whether nobody but the authority may have it.
    pub secret: bool,
    /// What it is and who may have it.
    pub what: &'static str,
}

/// The parts of an operation's folder, in the order in which a person meets them.
pub const PARTS: [Part; 24] = [
    Part { name: "README.md", secret: false, what: "this list, with the authority's fingerprint" },
    Part {
        name: "policy.toml",
        secret: false,
        what: "what may be reported and who reads it; edit it, and `cowl serve` follows",
    },
    Part {
        name: "organisation.toml",
        secret: false,
        what: "who runs the operation, for `cowl records`; only there once somebody wrote it",
    },
    Part {
        name: "manifest.cowl",
        secret: false,
        what: "the policy, signed, as members follow it; give it to anyone",
    },
    Part {
        name: "authority.pub",
        secret: false,
        what: "the authority's public key and fingerprint; publish it widely",
    },
    Part {
        name: "log/",
        secret: false,
        what: "what was done with the keys, signed, and nobody's name; copy it to others, so that it cannot be rewritten",
    },
    Part {
        name: "authority.key",
        secret: true,
        what: "signs manifests and beacons, gives places; never leaves this folder",
    },
    Part { name: "roles/", secret: true, what: "opens reports; keys are deleted when their time is over" },
    Part {
        name: "register.json",
        secret: true,
        what: "which name got which numbers; the only place where they meet",
    },
    Part {
        name: "blinding.key",
        secret: true,
        what: "tells whose entries in the log are whose; erase it, and nobody can tell any more",
    },
    Part { name: "*.state", secret: true, what: "the last beacon's number, and what the census counted" },
    Part {
        name: "commands.json",
        secret: true,
        what: "what gateways are to tell their devices; only there once there was a command",
    },
    Part { name: "alerts.json", secret: true, what: "alerts that stand; only there once there was one" },
    Part {
        name: "help.json",
        secret: true,
        what: "to which reports help is coming; only there once somebody said so",
    },
    Part {
        name: "erasures.json",
        secret: true,
        what: "what is to be erased everywhere, and who said that it was; only there once there was an order",
    },
    Part {
        name: "custodians.json",
        secret: true,
        what: "who breaks glass, and under which numbers; only there once they were appointed",
    },
    Part {
        name: "recovery.*",
        secret: false,
        what: "what shares rebuild the operation from, and which shares those are; only there once some were made; copy recovery.cowl to \
               another disk",
    },
    Part {
        name: "lock.age",
        secret: true,
        what: "opens what `cowl lock` closed, with the passphrase; nothing else here opens without it",
    },
    Part {
        name: ".lock",
        secret: false,
        what: "empty: keeps two commands from changing the operation at once; beside a credential NAME.state.lock does so",
    },
    Part {
        name: "logins.toml",
        secret: true,
        what: "the broker's logins; for the broker's machine, and one by one for its clients",
    },
    Part {
        name: "tokens.given",
        secret: true,
        what: "who got tokens of this period; beside it tokens.spent says which were used",
    },
    Part {
        name: "tokens.key",
        secret: true,
        what: "makes and judges tokens to connect with; for a broker's machine that judges them itself; only there once the policy says `tokens`",
    },
    Part {
        name: "tls/",
        secret: true,
        what: "the embedded broker's certificate: `ca.pem` for its clients, `server.key` for it alone",
    },
    Part {
        name: "fernet.key",
        secret: true,
        what: "the shared key of the dangerous presets; only there with one of them",
    },
];

/// The text of `README.md`.
pub(super) fn readme(manifest: &SignedManifest, certificate: Option<&str>) -> String {
    let Names { operation, authority } = Names::of(manifest);
    let mut list = String::new();
    for part in PARTS {
        let who = if part.secret { "secret" } else { "public" };
        list.extend(["| `", part.name, "` | ", who, " | ", part.what, " |\n"]);
    }
    let pin = certificate.map_or_else(String::new, |pin| {
        format!(
            "Clients of the embedded broker trust it by `--cafile ca.pem`, or where no file can be had by its \
             certificate's SHA-256:\n\n    --pin {pin}\n\n"
        )
    });
    format!(
        "# An operation of Cowl\n\n\
         Operation `{operation}`, authority `{authority}`.\n\n\
         Whoever joins compares that fingerprint with one that came another way: by voice, on paper, from a known \
         site.\n\n\
         | file | | what it is |\n|---|---|---|\n{list}\n\
         Members get nothing of this folder but what `cowl enrol` writes for each of them. A broker on another \
         machine needs `manifest.cowl`, `logins.toml` and `tls/`, and cannot open reports with them.\n\n\
         {pin}\
         Losing this folder ends the operation, unless there are shares (`cowl shares make`) or a backup (`cowl backup`). A copy of it opens what the folder could open on the day of the \
         copy, though the keys are long deleted here: guard copies like the folder, and destroy old ones.\n"
    )
}

/// The text of `authority.pub`.
pub(super) fn public_key(manifest: &SignedManifest) -> String {
    let Names { operation, authority } = Names::of(manifest);
    format!(
        "operation   {operation}\nfingerprint {authority}\ned25519     {}\n",
        hex::encode(manifest.authority().0)
    )
}

struct Names {
    operation: cowl_core::OperationId,
    authority: Fingerprint,
}

impl Names {
    fn of(manifest: &SignedManifest) -> Self {
        Self { operation: manifest.operation, authority: manifest.authority().fingerprint() }
    }
}

#[cfg(test)]
mod tests {
    use super::PARTS;
    use crate::state::{Known, OPERATION};

    /// Whoever finds a file finds what it is.
    #[test]
    fn every_file_that_can_be_there_is_explained() {
        for Known { name, .. } in OPERATION {
            // What a crash leaves explains itself: `cowl doctor` names it.
            let is_explained = PARTS.iter().any(|part| {
                let start = part.name.trim_end_matches('*');
                let end = part.name.trim_start_matches('*');
                part.name == *name
                    || (part.name.ends_with(['/', '*']) && name.starts_with(start))
                    || (part.name.starts_with('*') && name.ends_with(end))
            });
            assert!(is_explained || [".cowl-*", "tokens.spent"].contains(name), "{name}");
        }
    }
}
