//! `cowl doctor`: looks at this machine, an operation and its broker, and says what to do.

use std::{collections::HashSet, fmt::Write as _, path::PathBuf, time::Duration};

use clap::Args;
use cowl::doctor::{
    self, Finding, Level, Machine, Party, Section, Topic,
    broker::{Account, Inquiry, Kind, STEP},
};
use serde_json::json;

use crate::{connection::ConnectionArgs, exit::Exit, failure::Failure, machine, printer::Printer};

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
Without PATH it looks at the machine alone: clock, randomness, swap, room. A broker is looked at only if one is named, with -h, -p \
or -L: reached, believed, logged in to, and asked for what it must refuse, each step at most 10 s and all of them 90 s; it is sent \
a few random bytes where only the authority may publish, which nobody believes. Nothing is written, nothing is sent to anybody \
else, and nobody who reports is named. A node that is at work is left alone.

Each finding says why it matters and what to type; words in capitals are for you to fill in. ok: as it should be. notice: it \
works, and whoever decides should know it. warning: it will not stay so, or protects less than it could. problem: something does \
not work, is lost, or is open to others. Ends with 0 if there is no warning and no problem, else with 9.

Examples:
  cowl doctor ops -h localhost -p 8883
  cowl doctor phone.cowl -h broker.example --cafile ca.pem
  cowl doctor ward.cowl reports.db --all
  cowl doctor --conf /etc/mosquitto/mosquitto.conf";

/// Columns of the text; commands to type are longer if they must be.
const WIDTH: usize = 100;
/// Where the text of a finding begins.
const INDENT: usize = 25;

/// The arguments of `cowl doctor`.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub(crate) struct Doctor {
    /// An operation's folder, a credential, a gateway's or broker's folder, or an archive [default: the machine alone]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Read a mosquitto.conf too: what it lets others learn
    #[arg(long, value_name = "FILE")]
    conf: Option<PathBuf>,

    /// Show what is as it should be, too, and who learns what
    #[arg(long)]
    all: bool,

    /// Print one JSON object a line, for each thing that was looked at
    #[arg(long, conflicts_with = "all")]
    json: bool,

    #[command(flatten)]
    connection: ConnectionArgs,
}

impl Doctor {
    pub(crate) async fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        if self.connection.url_topic().is_some() {
            return Err(Failure::usage("the URL of -L names a topic, but the operation has its own"));
        }
        let this = Machine::now(machine::now());
        let (mut sections, mut parties) = (Vec::new(), Vec::new());
        for path in &self.paths {
            let place = doctor::place(path, &this);
            sections.push(place.section);
            parties.extend(place.party);
        }
        if let Some(path) = &self.conf {
            let manifest = parties.first().map(|party| &party.manifest);
            let read = doctor::configuration(path, manifest).map_err(|error| {
                Failure::new(Exit::Storage, format!("cannot read {}: {error}", path.display()))
            })?;
            sections.push(read);
        }
        if self.connection.is_named() {
            if parties.is_empty() {
                sections.push(self.broker(None).await?);
            }
            for party in &parties {
                sections.push(self.broker(Some(party)).await?);
            }
        }
        // Last, so that a clock that moves while we look is seen.
        sections.insert(0, doctor::machine(&this));
        say_once(&mut sections);
        self.print(&sections, printer)?;
        let worst = sections.iter().map(Section::worst).max().unwrap_or(Level::Ok);
        Ok(if worst > Level::Notice { Exit::Unwell } else { Exit::Done })
    }

    async fn broker(&self, party: Option<&Party>) -> Result<Section, Failure> {
        let given = self.connection.login().map(|login| Account { kind: kind_of(&login.user), login });
        let known = || party.map_or_else(Vec::new, |party| party.accounts.clone());
        let inquiry = Inquiry {
            endpoint: self.connection.endpoint(party.and_then(|party| party.ca.as_deref()))?,
            version: self.connection.version(),
            patience: Duration::from_secs(self.connection.timeout_seconds().into()).min(STEP),
            manifest: party.map(|party| &party.manifest),
            accounts: given.map_or_else(known, |account| vec![account]),
            now: machine::now(),
        };
        Ok(doctor::broker::examine(&inquiry).await)
    }

    fn print(&self, sections: &[Section], printer: &mut Printer) -> Result<(), Failure> {
        for section in sections {
            if self.json {
                for finding in &section.findings {
                    printer.data(object(section, finding))?;
                }
                continue;
            }
            printer.data(&section.name)?;
            let shown = |finding: &&Finding| self.all || finding.level > Level::Ok;
            for finding in section.findings.iter().filter(shown) {
                printer.raw(text(finding))?;
            }
            if !self.all {
                printer.raw(rest(section))?;
            }
        }
        if !self.json {
            printer.data(summary(sections))?;
        }
        printer.flush()
    }
}

/// Who learns what is the operation's, and the same for all of its members: it is told with the first of them.
fn say_once(sections: &mut [Section]) {
    let mut told = HashSet::new();
    for section in sections {
        section.findings.retain(|one| one.topic != Topic::Leaks || told.insert(one.what.clone()));
    }
}

/// By the names that `cowl init` gives; any other login is taken for a phone's, which may do least.
fn kind_of(user: &str) -> Kind {
    match user {
        "operator" => Kind::Operator,
        "observer" => Kind::Observer,
        "node" => Kind::Node,
        "walk-in" => Kind::WalkIn,
        _ => Kind::Device,
    }
}

fn object(section: &Section, finding: &Finding) -> String {
    json!({
        "place": section.name,
        "topic": finding.topic.name(),
        "level": finding.level.name(),
        "what": finding.what,
        "why": finding.why,
        "remedy": finding.remedy,
        "note": finding.note,
    })
    .to_string()
}

fn text(finding: &Finding) -> String {
    let level = match finding.level {
        Level::Problem => "PROBLEM",
        Level::Warning => "WARNING",
        level => level.name(),
    };
    let mut text = wrapped(&format!("  {level:<8} {:<13} ", finding.topic.name()), &finding.what);
    if let Some(remedy) = &finding.remedy {
        text.push_str(&wrapped(&format!("{:INDENT$}why  ", ""), finding.why));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{:INDENT$}do   {remedy}", "");
    }
    if let Some(note) = &finding.note {
        text.push_str(&wrapped(&format!("{:INDENT$}     ", ""), note));
    }
    text
}

/// What was not shown: how many things of each topic are as they should be.
fn rest(section: &Section) -> String {
    let mut topics: Vec<(&str, usize)> = Vec::new();
    for finding in section.findings.iter().filter(|finding| finding.level == Level::Ok) {
        let name = finding.topic.name();
        match topics.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => topics.push((name, 1)),
        }
    }
    if topics.is_empty() {
        return String::new();
    }
    topics.sort_unstable();
    let named: Vec<_> = topics.iter().map(|(name, count)| format!("{name} {count}")).collect();
    wrapped(&format!("  {:<8} ", "ok"), &named.join(", "))
}

fn summary(sections: &[Section]) -> String {
    let count = |level| {
        sections.iter().flat_map(|section| &section.findings).filter(|one| one.level == level).count()
    };
    let [problems, warnings, notices, ok] =
        [Level::Problem, Level::Warning, Level::Notice, Level::Ok].map(count);
    let number = |count: usize, name: &str| format!("{count} {name}{}", if count == 1 { "" } else { "s" });
    let next = if problems > 0 {
        "begin with the problems"
    } else if warnings > 0 {
        "it works; look at the warnings before you rely on it"
    } else {
        "it is ready"
    };
    format!(
        "{}, {}, {}, {ok} ok: {next}",
        number(problems, "problem"),
        number(warnings, "warning"),
        number(notices, "notice")
    )
}

/// Words behind a front, in lines of [`WIDTH`] columns that begin where the first one does.
fn wrapped(front: &str, words: &str) -> String {
    let (mut text, mut column) = (front.to_owned(), front.len());
    let mut is_first = true;
    for word in words.split(' ') {
        let length = word.chars().count();
        if !is_first && column + 1 + length > WIDTH {
            let _ = write!(text, "\n{:indent$}", "", indent = front.len());
            column = front.len();
        } else if !is_first {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += length;
        is_first = false;
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_no_longer_than_they_may_be_and_lose_no_word() {
        let words = "as it should be and so on ".repeat(20);
        let text = wrapped("  ok  ", words.trim());
        assert!(text.lines().all(|line| line.len() <= WIDTH) && text.lines().count() > 4);
        assert_eq!(text.split_whitespace().skip(1).count(), words.split_whitespace().count());
        assert!(text.lines().skip(1).all(|line| line.starts_with("      ")));
    }
}
