//! `cowl inspect`: what a payload or file is, what it gives away, and with keys every stage back.
//!
//! It reads and computes; no state file is opened, no counter moves, nothing counts as seen.

mod clear;
mod input;
mod kinds;
mod layout;
mod legacy;
mod locate;
mod opened;
mod page;

use std::path::PathBuf;

use clap::Args;
use cowl::{files, keyring::load_credential};
use cowl_core::{Authority, Credential, ManifestError, SignedManifest};

use crate::{exit::Exit, failure::Failure, printer::Printer};
use input::{Encoding, Input};
use page::Page;

/// The largest manifest file that is read, in bytes.
const MANIFEST_LIMIT: u64 = 1 << 20;

/// What `cowl inspect --help` adds below the options.
const AFTER: &str = "\
Without keys it says what anyone sees: what the bytes look like, whether they can be told from random ones, and which \
values can be read from them, each masked. With a manifest it says whether the size is that of an operation's message, \
and where its parts lie. With a responder's credential it opens the parts of its roles and shows each field with its \
precision; with Fernet keys it opens tokens. A device's credential opens nothing: devices read nobody's reports.

Credentials, manifests, beacons and state files are recognised, and described without their secrets. No state file is \
opened, so nothing counts as read, and a reader may run at the same time.

Examples:
  mosquitto_sub -t '#' -C 1 -F %x | cowl inspect
  cowl inspect payload.bin --credential medic.cowl
  cowl inspect --hex 5a01… --manifest manifest.cowl
  cowl inspect medic.cowl";

/// Explain a payload, with or without keys.
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub(crate) struct Inspect {
    /// A file, - for standard input, or the payload itself [default: -]
    #[arg(value_name = "FILE|-|PAYLOAD", default_value = "-", hide_default_value = true)]
    input: String,

    /// The input is hexadecimal. Without this it is tried by itself
    #[arg(long, conflicts_with = "base64")]
    hex: bool,

    /// The input is base64, standard or URL-safe
    #[arg(long)]
    base64: bool,

    /// The topic that it came on: what the topic gives away is told, too
    #[arg(short = 't', long, value_name = "TOPIC")]
    topic: Option<String>,

    /// Open it with this credential
    #[arg(long, value_name = "FILE")]
    credential: Option<PathBuf>,

    /// Only as this role [default: all roles of the credential]
    #[arg(long, value_name = "ROLE", requires = "credential")]
    role: Option<String>,

    /// Compare it with the messages of this operation
    #[arg(long, value_name = "FILE", conflicts_with = "credential")]
    manifest: Option<PathBuf>,

    /// Open it with these Fernet keys, one a line, as Python's `cryptography` writes them
    #[arg(long, value_name = "FILE")]
    fernet_key: Option<PathBuf>,

    /// Message numbers tried for each device and epoch. A device that sent more in one epoch is not found
    #[arg(long, value_name = "NUMBER", default_value_t = 1_024, value_parser = clap::value_parser!(u16).range(1..))]
    depth: u16,

    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// What is known besides the input.
struct Known {
    credential: Option<Credential>,
    manifest: Option<SignedManifest>,
}

impl Known {
    fn manifest(&self) -> Option<&SignedManifest> {
        self.credential.as_ref().map(|credential| &credential.manifest).or(self.manifest.as_ref())
    }
}

impl Inspect {
    pub(crate) fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        let known = self.known()?;
        let encoding = match (self.hex, self.base64) {
            (true, _) => Encoding::Hex,
            (false, true) => Encoding::Base64,
            (false, false) => Encoding::Unknown,
        };
        let input = Input::read(&self.input, encoding)?;
        let mut page = Page::new();
        page.section("input", "The input");
        input.describe(&mut page);
        // Files hold keys: what is recognised as one is described, never shown.
        if !kinds::describe(&input, &known, &mut page) {
            clear::describe(input.as_given(), self.topic.as_deref(), &mut page);
            legacy::describe(
                input.as_given(),
                known.credential.as_ref(),
                self.fernet_key.as_deref(),
                &mut page,
            )?;
            if let Some(manifest) = known.manifest() {
                let message = layout::describe(&input, manifest, &mut page);
                if let (Some(credential), Some(message)) = (&known.credential, message) {
                    opened::describe(&message, credential, self.role.as_deref(), self.depth, &mut page)?;
                }
            }
        }
        if self.json {
            printer.data(page.to_json().to_string())?;
        } else {
            printer.raw(page.to_text())?;
        }
        Ok(Exit::Done)
    }

    fn known(&self) -> Result<Known, Failure> {
        let credential = self.credential.as_deref().map(load_credential).transpose()?;
        let manifest = match &self.manifest {
            None => None,
            Some(path) => {
                let bytes = files::read(path, MANIFEST_LIMIT)?;
                let manifest = kinds::own_authority(&bytes)
                    .ok_or(ManifestError::Malformed)
                    .and_then(|authority: Authority| SignedManifest::verify(&bytes, authority))
                    .map_err(|error| match error {
                        // It is held against the key that stands in it.
                        ManifestError::NotSigned(_) => {
                            format!("{} is not a manifest, or altered", path.display())
                        }
                        other => format!("{} is {other}", path.display()),
                    })
                    .map_err(|what| Failure::new(Exit::Keys, what))?;
                Some(manifest)
            }
        };
        Ok(Known { credential, manifest })
    }
}
