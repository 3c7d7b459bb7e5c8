//! The tables.

use std::path::Path;

/// One sort of file of a folder.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// Its name in the folder; `*` stands for anything but `/`, at the end for anything.
    pub name: &'static str,
    /// What it is.
    pub what: &'static str,
    /// Whether nobody but its owner may have it.
    pub secret: bool,
    /// Whether [`crate::rest::lock`] closes it.
    pub lockable: bool,
    /// Whether a backup holds it.
    pub keep: Keep,
}

/// Whether a backup holds a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// It does.
    Yes,
    /// It does, without what belongs to one machine or is to be erasable; see the reason.
    Part(&'static str),
    /// Never, for this reason.
    No(&'static str),
}

/// The kinds of folders and files that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An operation's folder.
    Operation,
    /// A credential, with what lies beside it.
    Member,
    /// The folder of a gateway of responders (`cowl gateway --state`).
    Station,
}

/// The credential in a station's folder.
pub(crate) const STATION_CREDENTIAL: &str = "credential.cowl";

const fn public(name: &'static str, what: &'static str) -> Known {
    Known { name, what, secret: false, lockable: false, keep: Keep::Yes }
}

const fn secret(name: &'static str, what: &'static str) -> Known {
    Known { name, what, secret: true, lockable: true, keep: Keep::Yes }
}

const fn left(name: &'static str, what: &'static str, why: &'static str) -> Known {
    Known { name, what, secret: false, lockable: false, keep: Keep::No(why) }
}

const COUNTER: &str = "a counter that went back would give out a number twice";
const MACHINE: &str = "it belongs to this machine and its moment";
const UNFINISHED: &str = "what a crash left of a file that was being written";

/// An operation's folder. Zone files have the names that the policy gives them, and are none of these.
pub const OPERATION: &[Known] = &[
    public("README.md", "what is what"),
    public("policy.toml", "the policy"),
    public("organisation.toml", "who runs the operation, for the records"),
    public("manifest.cowl", "the newest manifest"),
    public("authority.pub", "the authority's public key"),
    secret("authority.key", "the authority's keys"),
    secret("roles/*.key", "the roots of the roles"),
    secret("register.json", "the register of members"),
    Known { lockable: false, ..secret("logins.toml", "the broker's logins") },
    public("tls/ca.pem", "the broker's authority of certificates"),
    public("tls/server.pem", "the broker's certificate"),
    Known { lockable: false, ..secret("tls/server.key", "the broker's key") },
    Known {
        lockable: false,
        keep: Keep::No("its keys last for days: whoever restores draws others"),
        ..secret("tokens.key", "the keys of the periods' tokens")
    },
    left("tokens.given", "who got its tokens of a period", COUNTER),
    left("tokens.spent", "which tokens were used", COUNTER),
    secret("fernet.key", "the key of the dangerous presets"),
    secret("commands.json", "commands that stand"),
    secret("erasures.json", "erase orders that stand"),
    secret("alerts.json", "alerts that stand"),
    Known {
        keep: Keep::No("by it and a role's reports one finds to whom help came; responders say it again"),
        ..secret("help.json", "to which reports help is coming")
    },
    Known { keep: Keep::No("what was counted holds for hours"), ..secret("census.state", "the census") },
    left("beacon.state", "the newest beacon's number", COUNTER),
    public("log/*", "the log"),
    Known {
        keep: Keep::No("an erasable key is in no backup: a restored log names nobody"),
        ..secret("blinding.key", "which names the log means")
    },
    secret("custodians.json", "the custodians and what their shares are known by"),
    public("recovery.json", "which shares there are, and what they are known by"),
    left("recovery.cowl", "the recovery file", "it is one"),
    left("recovery.state", "what the recovery file holds", MACHINE),
    left(".lock", "the lock of whoever changes the operation", MACHINE),
    left("lock.age", "the folder's key, under its passphrase", "a backup is closed in a way of its own"),
    left(".cowl-*", "half a file", UNFINISHED),
];

/// A credential: its own name is left out, so the credential itself is the empty one.
pub const MEMBER: &[Known] = &[
    Known {
        keep: Keep::Part("without its instance secret, so that whoever restores it counts as restored"),
        ..secret("", "the credential")
    },
    left(".state", "counters, the newest beacon", COUNTER),
    left(
        ".state.*",
        "what a role's reader has seen",
        "a reader that saw less than it believes would lose reports",
    ),
    left(".queue*", "reports that wait", "what was withdrawn must not come back"),
    left(".vault", "what lets waiting reports be destroyed", "an erasable key is in no backup"),
    left(".roster", "which device has which identity", "it opens with the instance secret"),
    left(".tokens*", "tokens to connect with", COUNTER),
    left(".commands", "the newest command that was acted on", COUNTER),
    left(".heard*", "the newest dispatch and alert", COUNTER),
    left(".lock", "the lock of whoever changes the credential", MACHINE),
];

/// The folder of a gateway of responders.
pub const STATION: &[Known] = &[
    Known {
        keep: Keep::Part("without its instance secret, so that whoever restores it counts as restored"),
        ..secret("credential.cowl", "the gateway's copy of its credential")
    },
    left(
        "credential.cowl.*",
        "what was seen, what waits, what is retained",
        "it belongs to the credential's instance",
    ),
    Known { lockable: false, ..secret("local-logins", "the local broker's logins") },
    left(".cowl-*", "half a file", UNFINISHED),
];

impl Kind {
    /// What lies at a path; `None` if it is nothing of ours.
    pub fn of(path: &Path) -> Option<Self> {
        if path.is_dir() {
            if path.join("authority.key").exists() || path.join("manifest.cowl").exists() {
                return Some(Self::Operation);
            }
            return path.join(STATION_CREDENTIAL).exists().then_some(Self::Station);
        }
        path.is_file().then_some(Self::Member)
    }

    /// Its files.
    pub const fn table(self) -> &'static [Known] {
        match self {
            Self::Operation => OPERATION,
            Self::Member => MEMBER,
            Self::Station => STATION,
        }
    }

    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Operation => "operation",
            Self::Member => "credential",
            Self::Station => "gateway of responders",
        }
    }
}

impl Known {
    /// What a name is in a table.
    pub fn find(table: &'static [Self], name: &str) -> Option<&'static Self> {
        table.iter().find(|known| known.fits(name))
    }

    fn fits(&self, name: &str) -> bool {
        let Some((before, after)) = self.name.split_once('*') else { return self.name == name };
        let Some(rest) = name.strip_prefix(before) else { return false };
        if after.is_empty() {
            return true;
        }
        rest.strip_suffix(after).is_some_and(|middle| !middle.is_empty() && !middle.contains('/'))
    }
}
