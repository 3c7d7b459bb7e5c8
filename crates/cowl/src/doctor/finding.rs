//! What is said of one thing that was looked at.

use std::path::Path;

/// How much it matters. In this order: whoever looks at the end of it first sees what is worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// As it should be.
    Ok,
    /// It works, and whoever decides should know it.
    Notice,
    /// It works now, and will not stay so, or protects less than it could.
    Warning,
    /// Something does not work, is lost, or is open to others.
    Problem,
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// The machine's clock.
    Clock,
    /// The source of keys.
    Randomness,
    /// Where keys in memory may end: swap, core dumps.
    Memory,
    /// Who may read and change files.
    Permissions,
    /// Files: whole, of this version, locked.
    State,
    /// How long keys, certificates and invitations last.
    Keys,
    /// What waits to be sent.
    Queue,
    /// Room on disks, in memory, for connections.
    Room,
    /// Who learns what under this policy.
    Leaks,
    /// The broker, from outside.
    Broker,
    /// A broker's configuration file.
    Configuration,
}

/// One thing that was looked at.
///
/// Nothing in it comes from a person who reports: it names files, counts, times and settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is about.
    pub topic: Topic,
    /// How much it matters.
    pub level: Level,
    /// What was found.
    pub what: String,
    /// Why it matters, in one sentence.
    pub why: &'static str,
    /// What to type, where something is to be done. Words in capitals stand for what is not known here.
    pub remedy: Option<String>,
    /// What to know when typing it.
    pub note: Option<String>,
}

/// The findings about one place: this machine, a folder, a broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// What it is called.
    pub name: String,
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
}

impl Level {
    /// In a word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

impl Topic {
    /// In a word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clock => "clock",
            Self::Randomness => "randomness",
            Self::Memory => "memory",
            Self::Permissions => "permissions",
            Self::State => "state",
            Self::Keys => "keys",
            Self::Queue => "queue",
            Self::Room => "room",
            Self::Leaks => "leaks",
            Self::Broker => "broker",
            Self::Configuration => "configuration",
        }
    }

    pub(super) fn ok(self, what: impl Into<String>, why: &'static str) -> Finding {
        Finding { topic: self, level: Level::Ok, what: what.into(), why, remedy: None, note: None }
    }

    pub(super) fn notice(
        self,
        what: impl Into<String>,
        why: &'static str,
        remedy: impl Into<String>,
    ) -> Finding {
        self.found(Level::Notice, what, why, remedy)
    }

    pub(super) fn warning(
        self,
        what: impl Into<String>,
        why: &'static str,
        remedy: impl Into<String>,
    ) -> Finding {
        self.found(Level::Warning, what, why, remedy)
    }

    pub(super) fn problem(
        self,
        what: impl Into<String>,
        why: &'static str,
        remedy: impl Into<String>,
    ) -> Finding {
        self.found(Level::Problem, what, why, remedy)
    }

    /// What follows the command after four spaces, in parentheses, is the note.
    pub(super) fn found(
        self,
        level: Level,
        what: impl Into<String>,
        why: &'static str,
        remedy: impl Into<String>,
    ) -> Finding {
        let remedy = remedy.into();
        let (command, note) =
            match remedy.split_once("    (").map(|(command, note)| (command, note.strip_suffix(')'))) {
                Some((command, Some(note))) => (command.to_owned(), Some(note.to_owned())),
                _ => (remedy, None),
            };
        Finding { topic: self, level, what: what.into(), why, remedy: Some(command), note }
    }
}

impl Section {
    pub(super) fn new(name: impl Into<String>, mut findings: Vec<Finding>) -> Self {
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
        Self { name: name.into(), findings }
    }

    /// The worst of it; [`Level::Ok`] if there is nothing.
    pub fn worst(&self) -> Level {
        self.findings.iter().map(|finding| finding.level).max().unwrap_or(Level::Ok)
    }
}

/// A path as a shell takes it.
pub(super) fn shell(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+,:@%".contains(letter);
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(plain) {
        return text;
    }
    let front = if text.starts_with('-') { "./" } else { "" };
    format!("'{front}{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_comes_first() {
        let findings = vec![
            Topic::Clock.ok("a", "w"),
            Topic::Clock.problem("b", "w", "r"),
            Topic::Clock.notice("c", "w", "r"),
        ];
        let section = Section::new("x", findings);
        assert_eq!(section.worst(), Level::Problem);
        assert_eq!(section.findings[0].what, "b");
        assert_eq!(Section::new("x", Vec::new()).worst(), Level::Ok);
    }

    #[test]
    fn a_path_goes_through_a_shell_as_it_is() {
        for (path, text) in [
            ("ops/a.cowl", "ops/a.cowl"),
            ("my ops", "'my ops'"),
            ("it's", r"'it'\''s'"),
            ("-rf", "'./-rf'"),
            ("$(x)", "'$(x)'"),
        ] {
            assert_eq!(shell(Path::new(path)), text);
        }
    }
}
