//! Who may connect: named logins, or anybody who reaches the listener.

use std::path::{Path, PathBuf};

use clap::Args;
use cowl::files;
use cowl_broker::{Login, Rights, Verifier};

use crate::{exit::Exit, failure::Failure, printer::Printer};

/// The largest file of logins, in bytes: about 20,000 of them.
const LIMIT: u64 = 1 << 20;

/// The flags.
#[derive(Debug, Args)]
#[command(next_help_heading = "Who may connect")]
pub(crate) struct LoginArgs {
    /// A file with one `user:password` on each line (# begins a comment), readable by its owner alone; passwords have 22
    /// characters or more, as `openssl rand -base64 18` makes them
    #[arg(long, value_name = "FILE", conflicts_with = "anonymous")]
    logins: Option<PathBuf>,

    /// Let in whoever reaches the listener, without a login: only for a network that nobody else is in
    #[arg(long)]
    anonymous: bool,
}

impl LoginArgs {
    /// The logins of the file, who all may the same; none where everybody is let in.
    pub(crate) fn read(&self, may: Rights, printer: &mut Printer) -> Result<Vec<Login>, Failure> {
        match (&self.logins, self.anonymous) {
            (Some(path), _) => read(path, may),
            (None, true) => {
                printer.warning(
                    "--anonymous: whoever reaches the listener can report in the name of any device",
                );
                Ok(Vec::new())
            }
            (None, false) => Err(Failure::usage("nobody may connect")
                .hint("name the logins with --logins FILE, or let everybody in with --anonymous")),
        }
    }

    /// Whether clients without a login are let in.
    pub(crate) const fn is_anonymous(&self) -> bool {
        self.anonymous
    }
}

fn read(path: &Path, may: Rights) -> Result<Vec<Login>, Failure> {
    let bytes = files::read_secret(path, LIMIT)?;
    let wrong = |line: usize, what: &str| {
        Failure::new(Exit::Keys, format!("{}, line {line}: {what}", path.display()))
            .hint("one login a line: user:password, the password made by `openssl rand -base64 18`")
    };
    let text = std::str::from_utf8(&bytes).map_err(|_| wrong(1, "it is no UTF-8 text"))?;
    let mut logins = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim_end();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (user, password) = line.split_once(':').ok_or_else(|| wrong(number, "there is no colon"))?;
        let secret =
            Verifier::of_password(password.as_bytes()).map_err(|error| wrong(number, &error.to_string()))?;
        logins.push(Login { user: user.to_owned(), secret, may });
    }
    if logins.is_empty() {
        return Err(wrong(1, "it holds no login"));
    }
    Ok(logins)
}
