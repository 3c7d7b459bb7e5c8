//! `cowl notice`: what people are told, in their language; and whether the organisation stands for a receipt.

use std::path::{Path, PathBuf};

use clap::Args;
use cowl::{
    consent::{Asked, NotAReceipt, Notice, RECEIPT_LIMIT, Receipt, WithdrawalCode},
    files,
    keyring::load_credential,
    operation::Operation,
};
use cowl_core::{Fingerprint, SignedManifest};

use super::publish::told;
use crate::{exit::Exit, failure::Failure, printer::Printer};

/// The largest manifest that is read, in bytes.
const MANIFEST_LIMIT: u64 = 1 << 20;
/// The largest file with a code that is read, in bytes.
const CODE_LIMIT: u64 = 1 << 10;

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
The notice is made from the policy that runs: which fields there are, who reads each at which precision, why and by which right, \
how long it is kept, what may be left out. Names and purposes of an operation's own stand as they are, unless policy.toml has them \
in that language under [notice.translations.LANGUAGE]. The authority signs the hash of each notice with its manifest.

Examples:
  cowl notice ops --language fr
  cowl notice phone.cowl --language ar --html > notice.html
  cowl notice ops --receipt receipt.jsonld";

/// The arguments of `cowl notice`.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub(crate) struct NoticeCommand {
    /// An operation's folder, a credential, or with --authority a manifest
    #[arg(value_name = "DIR|FILE")]
    from: PathBuf,

    /// Fingerprint of the authority whose manifest is trusted, as on its poster or QR code
    #[arg(long, value_name = "FINGERPRINT", value_parser = fingerprint)]
    authority: Option<Fingerprint>,

    #[arg(
        long,
        value_name = "LANGUAGE",
        help = "en, fr, ht, es or ar [default: that of LC_ALL, LC_MESSAGES or LANG]"
    )]
    language: Option<String>,

    /// A page to print or to put on a site
    #[arg(long)]
    html: bool,

    /// Say whether the organisation stands for what this receipt says was told
    #[arg(long, value_name = "FILE", conflicts_with_all = ["html", "language"])]
    receipt: Option<PathBuf>,

    /// A file with twelve words: whether they belong to the receipt
    #[arg(long, value_name = "FILE", requires = "receipt")]
    code: Option<PathBuf>,
}

impl NoticeCommand {
    pub(crate) fn run(&self, printer: &mut Printer) -> Result<Exit, Failure> {
        let manifest = self.manifest()?;
        if let Some(path) = &self.receipt {
            return self.check(path, &manifest, printer);
        }
        let (language, fallen_back) = told::language(self.language.as_deref())?;
        if let Some(note) = fallen_back {
            printer.note(&note);
        }
        let notice = Notice::of(&manifest, language);
        let missing = notice.untranslated();
        if !missing.is_empty() {
            let tag = notice.language().tag();
            printer.note(&format!("no translation into `{tag}` of: {}", missing.join("; ")));
        }
        if !notice.is_confirmed_by(&manifest) {
            printer.note("this manifest does not sign the hash of this notice: the organisation has not confirmed it yet");
        }
        printer.raw(if self.html { notice.to_html() } else { notice.to_text() })?;
        printer.flush()?;
        Ok(Exit::Done)
    }

    fn manifest(&self) -> Result<SignedManifest, Failure> {
        if let Some(fingerprint) = self.authority {
            let bytes = files::read(&self.from, MANIFEST_LIMIT)?;
            return SignedManifest::verify_pinned(&bytes, fingerprint)
                .map_err(|error| Failure::new(Exit::Keys, format!("{} is {error}", self.from.display())));
        }
        if self.from.is_dir() {
            return Ok(Operation::open(&self.from)?.manifest().clone());
        }
        Ok(load_credential(&self.from)?.manifest)
    }

    fn check(&self, path: &Path, manifest: &SignedManifest, printer: &mut Printer) -> Result<Exit, Failure> {
        let refused = |error: NotAReceipt| Failure::new(Exit::Keys, format!("{}: {error}", path.display()));
        let receipt = Receipt::parse(&files::read(path, RECEIPT_LIMIT)?).map_err(refused)?;
        let confirmed = receipt.is_confirmed_by(manifest).map_err(refused)?;
        printer.note(match receipt.asked() {
            Asked::Herself => "the person answered herself",
            Asked::SomeoneElse => "someone else filled it in",
            Asked::NotPossible => "she could not be asked",
        });
        if let Some(file) = &self.code {
            let bytes = files::read(file, CODE_LIMIT)?;
            let words = zeroize::Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
            let code = WithdrawalCode::parse(&words)
                .map_err(|error| Failure::new(Exit::Keys, format!("{}: {error}", file.display())))?;
            if !receipt.is_of(&code) {
                return Err(Failure::new(Exit::Keys, "these words are not those of this receipt"));
            }
            printer.note("these are its words");
        }
        if !confirmed {
            return Err(Failure::new(
                Exit::Keys,
                "the organisation has not confirmed this notice by this manifest",
            )
            .hint("a later manifest of the same words confirms it; other words never do"));
        }
        printer.note("the organisation confirmed by its signed manifest that this is what it tells people");
        Ok(Exit::Done)
    }
}

fn fingerprint(text: &str) -> Result<Fingerprint, &'static str> {
    Fingerprint::parse(text).ok_or("a fingerprint is 32 hexadecimal digits, with or without dashes")
}
