//! `cowl records`: the records that the law and the humanitarian system ask for, made from what runs.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use cowl::{
    files::{self, Access},
    operation::Operation,
    records::{
        AUDIT_LIMIT, Audit, Document, Loss, ORGANISATION, ORGANISATION_TEMPLATE, Records, RecordsError,
    },
};

use super::{archive::time, publish::told};
use crate::{exit::Exit, failure::Failure, machine, printer::Printer};

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
Each is a draft, made from the policy, the manifest, the register and the log. What they do not say is marked: [to fill in: …], in \
JSON {\"to_fill_in\": …}; how many places there are is printed to standard error. Nothing is invented, and nobody is named but whom \
organisation.toml in the operation's folder names.

Examples:
  cowl records organisation > ops/organisation.toml
  cowl records ropa ops --format html -o ropa.html
  cowl audit score runs/cowl.trace --json > scores.json
  cowl records dpia ops --audit scores.json
  cowl records breach ops --lost anne --known-at 2026-11-03T14:05:00Z";

/// The arguments of `cowl records`.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub(crate) struct RecordsCommand {
    #[command(subcommand)]
    kind: Kind,
}

#[derive(Debug, Subcommand)]
enum Kind {
    /// Record of processing activities (GDPR Article 30)
    Ropa(Place),
    /// Draft of the data protection impact assessment (GDPR Article 35(7))
    Dpia(Audited),
    /// Notice to people (GDPR Article 13), in their language
    Notice(Told),
    /// Table for an Information Sharing Protocol (IASC, OCHA)
    Isp(Place),
    /// Privacy label: what is collected, who sees it, how long, what was measured
    Label(Audited),
    /// Draft of the notification of a breach (GDPR Article 33(3))
    Breach(Breach),
    /// A file to fill in: who runs the operation
    Organisation,
}

#[derive(Debug, Args)]
struct Place {
    /// The operation's folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// Markdown, one page to read and to print, or JSON as spec/records.schema.json says
    #[arg(long, value_enum, value_name = "FORM", default_value = "md")]
    format: Format,

    /// Write it to a new file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Audited {
    #[command(flatten)]
    place: Place,

    /// The figures of an audit: what `cowl audit score --json` printed
    #[arg(long, value_name = "FILE")]
    audit: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Told {
    #[command(flatten)]
    place: Place,

    #[arg(
        long,
        value_name = "LANGUAGE",
        help = "en, fr, ht, es or ar [default: that of LC_ALL, LC_MESSAGES or LANG]"
    )]
    language: Option<String>,
}

#[derive(Debug, Args)]
struct Breach {
    #[command(flatten)]
    place: Place,

    #[command(flatten)]
    what: What,

    /// When you became aware of it, as 2026-11-03T14:05:00Z: the 72 hours run from then
    #[arg(long, value_name = "TIME", value_parser = time)]
    known_at: Option<u64>,
}

/// What is lost.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
struct What {
    /// A member whose device or machine is lost, as it was enrolled; may be given again
    #[arg(long, value_name = "NAME")]
    lost: Vec<String>,

    /// Everything that was revoked since then is lost
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<u64>,
}

/// How a record is written.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Md,
    Html,
    Json,
}

impl RecordsCommand {
    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the method of one lifetime is not general enough for any"
    )]
    pub(crate) fn run(&self, printer: &mut Printer) -> Result<Exit, Failure> {
        match &self.kind {
            Kind::Ropa(place) => place.show(printer, |records| records.ropa()),
            Kind::Isp(place) => place.show(printer, |records| records.isp()),
            Kind::Dpia(audited) => {
                let audit = audited.read()?;
                audited.place.show(printer, |records| records.dpia(audit.as_ref()))
            }
            Kind::Label(audited) => {
                let audit = audited.read()?;
                audited.place.show(printer, |records| records.label(audit.as_ref()))
            }
            Kind::Notice(told) => told.show(printer),
            Kind::Breach(breach) => {
                let Breach { place, what: What { lost, since }, known_at } = breach;
                let loss = Loss { lost: lost.clone(), since: *since, known_at: *known_at };
                place.show(printer, |records| records.breach(&loss))
            }
            Kind::Organisation => {
                printer.raw(ORGANISATION_TEMPLATE)?;
                printer.flush()?;
                Ok(Exit::Done)
            }
        }
    }
}

impl Place {
    fn show(
        &self,
        printer: &mut Printer,
        make: impl FnOnce(&Records<'_>) -> Result<Document, RecordsError>,
    ) -> Result<Exit, Failure> {
        let operation = Operation::open(&self.folder)?;
        let records = Records::of(&operation, machine::now())?;
        let document = make(&records)?;
        let text = match self.format {
            Format::Md => document.to_markdown(),
            Format::Html => document.to_html(),
            Format::Json => document.to_json(),
        };
        if let Some(path) = &self.output {
            // Never over an old one: somebody may have filled it in.
            files::create(path, text.as_bytes(), Access::Owner)?;
        } else {
            printer.raw(text)?;
            printer.flush()?;
        }
        for warning in document.warnings() {
            let warning = warning.strip_suffix('.').unwrap_or(&warning);
            printer.warning(warning);
        }
        printer.note(&match document.to_fill_in() {
            0 => "no place to fill in: read it before you sign it".to_owned(),
            1 => "1 place to fill in".to_owned(),
            places => format!("{places} places to fill in"),
        });
        if !records.is_named() {
            printer.note(&format!(
                "who runs the operation goes into its {ORGANISATION}: `cowl records organisation` prints one to fill in"
            ));
        }
        Ok(Exit::Done)
    }
}

impl Audited {
    fn read(&self) -> Result<Option<Audit>, Failure> {
        let Some(path) = &self.audit else { return Ok(None) };
        let bytes = files::read(path, AUDIT_LIMIT)?;
        Ok(Some(Audit::parse(&bytes, &path.display().to_string())?))
    }
}

impl Told {
    fn show(&self, printer: &mut Printer) -> Result<Exit, Failure> {
        let (language, fallen_back) = told::language(self.language.as_deref())?;
        if let Some(note) = fallen_back {
            printer.note(&note);
        }
        self.place.show(printer, |records: &Records<'_>| records.notice(language))
    }
}

impl From<RecordsError> for Failure {
    fn from(error: RecordsError) -> Self {
        match error {
            RecordsError::File(error) => error.into(),
            RecordsError::Organisation(error) => error.into(),
            RecordsError::Operation(error) => error.into(),
            RecordsError::Log(error) => cowl::operation::OperationError::from(error).into(),
            RecordsError::Audit { .. } => Self::new(Exit::Input, error.to_string())
                .hint("`cowl audit score --json` prints what is taken here"),
            RecordsError::KnownLater => Self::usage(error.to_string()),
        }
    }
}
