//! `cowl shares`: an operation's keys, for a few people together.

use std::{
    io::Read as _,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use cowl::{
    files::{self, Access},
    log::Event,
    operation::Operation,
    qr::Qr,
    random::SystemRng,
    recovery::{self, Held, RecoveryFile, Share},
};
use zeroize::Zeroizing;

use crate::{exit::Exit, failure::Failure, machine, printer::Printer};

/// The largest file of a share.
const LIMIT: u64 = 64 << 10;

/// What the command does beyond its first line, at the end of its help.
const MAKE: &str = "\
Writes for each share a text file with 32 words and an SVG picture of a QR code with the same, to be printed; hand each to \
another person, then delete FOLDER. From then on each change of the operation writes DIR/recovery.cowl anew, and each --copy: \
put one on a stick, another disk, a synchronised folder. It opens with the shares only. Making shares again makes the old ones \
useless for what is written from then on; destroy them.";

/// The arguments of `cowl shares`.
#[derive(Debug, Args)]
pub(crate) struct Shares {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Split the key of the recovery file among people, of whom a few together can rebuild the operation
    Make(Make),
    /// Say which set shares belong to, and whether they are whole; opens nothing
    Check(Check),
    /// Say where the recovery file is, and whether it holds the operation as it is now
    Status(Status),
}

#[derive(Debug, Args)]
#[command(after_help = MAKE)]
struct Make {
    /// The operation's folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// How many shares bring it back
    #[arg(long, value_name = "M")]
    threshold: u8,

    /// How many shares there are; 16 at most
    #[arg(long, value_name = "N")]
    of: u8,

    /// Where to write them: a new folder
    #[arg(short = 'o', long, value_name = "FOLDER")]
    output: PathBuf,

    /// Another file to keep the recovery file in, on another disk; may be repeated
    #[arg(long = "copy", value_name = "FILE")]
    copies: Vec<PathBuf>,
}

#[derive(Debug, Args)]
struct Check {
    /// Files of shares, or - for words on standard input
    #[arg(value_name = "SHARE", required = true)]
    shares: Vec<PathBuf>,

    /// A recovery file that they should open
    #[arg(long, value_name = "RECOVERY-FILE")]
    file: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Status {
    /// The operation's folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Shares {
    pub(crate) fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        match self.what {
            What::Make(command) => command.run(printer),
            What::Check(command) => command.run(printer),
            What::Status(command) => command.run(printer),
        }
    }
}

impl Make {
    fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        let Self { folder, threshold, of, output, copies } = self;
        let operation = Operation::open(&folder)?;
        if output.exists() {
            return Err(files::FileError::Exists(output).into());
        }
        let now = machine::now();
        recovery::check_threshold(threshold, of)?;
        operation.note(Event::Shares { m: threshold, n: of }, now)?;
        let name = operation.manifest().operation.to_string();
        let mut rng = SystemRng::new();
        let mut written = Vec::new();
        // The recovery file changes when these are on the disk, and not before.
        let hand_out = |shares: &[Share]| {
            written = write_all(&output, shares, &name)?;
            Ok(())
        };
        let dealt = recovery::make_shares_with(&folder, threshold, of, &copies, now, &mut rng, hand_out)?;
        for path in written {
            printer.data(path.as_os_str().as_encoded_bytes())?;
        }
        printer.flush()?;
        printer.note(&format!("set {}: any {threshold} of {of} rebuild the operation", dealt.set.set));
        printer.note(&format!("hand each to another person, and delete {}", output.display()));
        if let Some(held) = recovery::held(&folder)? {
            tell(&held, printer);
        }
        if copies.is_empty() {
            printer
                .warning("the recovery file lies on the same disk as the operation: keep a --copy elsewhere");
        }
        Ok(Exit::Done)
    }
}

/// Writes each share as words and as a picture.
fn write_all(output: &Path, shares: &[Share], operation: &str) -> Result<Vec<PathBuf>, files::FileError> {
    files::private_folder(output)?;
    let mut written = Vec::new();
    for share in shares {
        let path = output.join(format!("share-{}.txt", share.number));
        files::create(&path, share.to_text(operation).as_bytes(), Access::Owner)?;
        written.push(path);
        let digits = Zeroizing::new(hex::encode(*share.to_bytes()));
        if let Some(code) = Qr::new(&digits) {
            let path = output.join(format!("share-{}.svg", share.number));
            files::create(&path, Zeroizing::new(code.to_svg()).as_bytes(), Access::Owner)?;
            written.push(path);
        }
    }
    Ok(written)
}

impl Check {
    fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        let file = self.file.as_deref().map(RecoveryFile::load).transpose()?;
        let mut exit = Exit::Done;
        for path in &self.shares {
            let checked = read(path).and_then(|share| {
                file.as_ref().map_or(Ok(()), |file| file.set.check(&share))?;
                Ok(share)
            });
            match checked {
                Ok(Share { set, threshold, of, number, .. }) => {
                    printer.data(format!(
                        "{}: share {number} of {of}, set {set}, {threshold} needed",
                        path.display()
                    ))?;
                }
                Err(failure) => {
                    let message = failure.message();
                    let name = path.display().to_string();
                    let named = if message.contains(&name) {
                        message.to_owned()
                    } else {
                        format!("{name}: {message}")
                    };
                    printer.data(named)?;
                    exit = Exit::Input;
                }
            }
        }
        printer.flush()?;
        Ok(exit)
    }
}

impl Status {
    fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        // A copy that was away when the operation last changed is brought up to date.
        recovery::write_now(&self.folder, machine::now())?;
        let Some(held) = recovery::held(&self.folder)? else {
            return Err(recovery::RecoveryError::NoShares.into());
        };
        let set = &held.set;
        printer.data(format!(
            "set {}: any {} of {}, made {}",
            set.set,
            set.threshold,
            set.of,
            machine::date(set.made)
        ))?;
        printer.flush()?;
        tell(&held, printer);
        let behind = held.places.iter().any(|(_, current)| !current);
        Ok(if behind { Exit::Storage } else { Exit::Done })
    }
}

fn tell(held: &Held, printer: &mut Printer) {
    for (place, current) in &held.places {
        let what = if *current { "the recovery file" } else { "behind, or not there" };
        printer.note(&format!("{what}: {}", place.display()));
    }
}

/// A share from its file, or from standard input.
pub(super) fn read(path: &Path) -> Result<Share, Failure> {
    let text = if path == Path::new("-") {
        let mut text = Zeroizing::new(String::new());
        std::io::stdin()
            .take(LIMIT)
            .read_to_string(&mut text)
            .map_err(|error| Failure::new(Exit::Storage, "cannot read standard input").because(&error))?;
        text
    } else {
        let bytes = Zeroizing::new(files::read(path, LIMIT)?);
        Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned())
    };
    Share::parse(&text).map_err(|error| Failure::from(error).of(path))
}
