//! `cowl glass request`: asks custodians to open one report.

use std::path::{Path, PathBuf};

use clap::Args;
use cowl::{
    archive::Archive,
    files,
    glass::{Ask, Kept, KeptPart},
    operation::Operation,
    policy_file,
    random::SystemRng,
};
use cowl_core::{Manifest, ReportId, custody::GlassRequest};

use super::{LIMIT, words, write};
use crate::{exit::Exit, failure::Failure, machine, printer::Printer};

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
With a credential it writes a draft, which goes to the authority. With the operation's folder it enters the request in the \
log and signs it: then custodians may answer. The log names no person: of the reason it has a hash.

Examples:
  cowl glass request medic.cowl 5f3a… --kept kept --by 'Rescue 4' --reason 'does not answer, the river rises'
  cowl glass request medic.cowl 5f3a… --archive desk.archive --by 'Rescue 4' --reason 'does not answer'
  cowl glass request ops glass-….draft";

/// The arguments of `cowl glass request`.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub(super) struct Request {
    /// The operation's folder, or a responder's credential
    #[arg(value_name = "DIR|CREDENTIAL")]
    whose: PathBuf,

    /// The report's id, as `cowl sub` prints it; or the file of a draft
    #[arg(value_name = "REPORT|DRAFT")]
    what: String,

    /// What `cowl sub --keep-custody` kept
    #[arg(long, value_name = "FILE", conflicts_with = "archive")]
    kept: Option<PathBuf>,

    /// What `cowl sub --archive` kept
    #[arg(long, value_name = "FILE")]
    archive: Option<PathBuf>,

    /// Who asks: a person, a team; custodians see it
    #[arg(long, value_name = "NAME")]
    by: Option<String>,

    /// Why; custodians see it, and decide by it
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,

    /// After how long nobody can answer any more, up to 30 days
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = life)]
    expires: u64,

    /// Ask the custodians before the present ones (1), or those before them (2)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    former: Option<u8>,

    /// Where to write it [default: glass-ID.request, or glass-REPORT.draft]
    #[arg(short = 'o', long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Request {
    pub(super) fn run(&self, printer: &mut Printer) -> Result<Exit, Failure> {
        let now = machine::now();
        if !self.whose.is_dir() {
            if self.former.is_some() {
                return Err(Failure::usage("--former is for the authority, which knows who they were")
                    .hint("leave it out here, and tell the authority for whom the draft is"));
            }
            let credential = cowl::keyring::load_credential(&self.whose)?;
            let draft = self.draft(&credential.manifest, now)?;
            let name = self
                .output
                .clone()
                .unwrap_or_else(|| PathBuf::from(format!("glass-{}.draft", short(draft.envelope.report()))));
            let bytes = draft.to_draft().map_err(cowl::glass::GlassError::from)?;
            show(&draft, printer);
            printer.note("the authority signs it: cowl glass request DIR DRAFT");
            write(&name, &bytes, printer)?;
            return Ok(Exit::Done);
        }
        let operation = Operation::open(&self.whose)?;
        let mut draft = match self.as_draft()? {
            Some(draft) => draft,
            None => self.draft(operation.manifest(), now)?,
        };
        if let Some(former) = self.former {
            let all = operation.former_custodians()?;
            let asked = all.get(usize::from(former).saturating_sub(1));
            let none = || {
                Failure::usage(format!("custodians were replaced {} times", all.len()))
                    .hint("without --former the present ones are asked")
            };
            draft.custodians = asked.ok_or_else(none)?.key.public();
        }
        show(&draft, printer);
        let signed = operation.sign_request(draft, now)?;
        let name =
            self.output.clone().unwrap_or_else(|| PathBuf::from(format!("glass-{}.request", signed.id())));
        printer.note(&format!(
            "request {} is in the log; custodians answer it: cowl glass approve SHARE REQUEST",
            signed.id()
        ));
        write(&name, signed.bytes(), printer)?;
        Ok(Exit::Done)
    }

    /// What a responder wrote, if that is what was named.
    fn as_draft(&self) -> Result<Option<GlassRequest>, Failure> {
        let path = Path::new(&self.what);
        if report(&self.what).is_some() || !path.exists() {
            return Ok(None);
        }
        if self.by.is_some() || self.reason.is_some() {
            return Err(Failure::usage("a draft says itself who asks and why")
                .hint("leave --by and --reason out, or name the report instead"));
        }
        let draft = GlassRequest::from_draft(&files::read(path, LIMIT)?);
        Ok(Some(draft.map_err(cowl::glass::GlassError::from)?))
    }

    fn draft(&self, manifest: &Manifest, now: u64) -> Result<GlassRequest, Failure> {
        let report = report(&self.what).ok_or_else(|| {
            Failure::usage("this is neither a report's id nor the file of a draft")
                .hint("an id has 32 hexadecimal digits; `cowl sub` prints it as \"report\"")
        })?;
        let missing =
            |what: &str, why: &str| Failure::usage(format!("{what} is missing")).hint(why.to_owned());
        let by = self.by.clone().ok_or_else(|| missing("--by", "custodians want to know who asks"))?;
        let reason = self.reason.clone().ok_or_else(|| missing("--reason", "custodians decide by it"))?;
        let part = match (&self.archive, &self.kept) {
            (Some(archive), _) => KeptPart::in_archive(&mut Archive::open(archive)?, report)?,
            (None, Some(kept)) => Kept::find(kept, report)?,
            (None, None) => {
                let hint = "name the file of `cowl sub --keep-custody FILE`, or that of --archive";
                return Err(missing("--kept or --archive", hint));
            }
        };
        let ask = Ask { requester: by, reason, life: self.expires };
        Ok(ask.draft(manifest, &part, now, &mut SystemRng::new())?)
    }
}

fn show(request: &GlassRequest, printer: &mut Printer) {
    for line in words(request) {
        printer.note(&line);
    }
}

/// The front of a report's id, for a file's name.
fn short(report: ReportId) -> String {
    report.to_string().chars().take(16).collect()
}

fn report(text: &str) -> Option<ReportId> {
    hex::decode(text).ok()?.try_into().ok().map(ReportId)
}

fn life(text: &str) -> Result<u64, &'static str> {
    policy_file::parse_duration(text).ok_or("a number and a unit: \"24h\", \"3 days\"")
}
