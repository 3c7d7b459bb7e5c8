//! Passphrases from a terminal, and the age identities that every command may use.

use std::{env, path::Path};

use cowl::rest::{self, Asked, Identities, Passphrase};

use crate::failure::Failure;

/// Names a file of age identities, for all commands.
const IDENTITY: &str = "COWL_IDENTITY";

/// Asks on the terminal for what nothing else tells, from now on.
pub(crate) fn prepare() -> Result<(), Failure> {
    rest::ask_with(ask);
    if let Some(path) = env::var_os(IDENTITY).filter(|path| !path.is_empty()) {
        rest::use_identities(Identities::load(Path::new(&path))?);
    }
    Ok(())
}

/// A passphrase for something new: from the file that `COWL_PASSPHRASE_FILE` names, or typed twice.
pub(crate) fn new(path: &Path) -> Result<Passphrase, Failure> {
    if let Some(known) = Passphrase::from_environment().map_err(Failure::from)? {
        return Ok(known);
    }
    ask(path, Asked::New).ok_or_else(|| {
        Failure::usage("a passphrase is needed, and was not given twice alike, with 8 characters at least")
            .hint("type it on a terminal, or name a file that holds it: COWL_PASSPHRASE_FILE=FILE")
    })
}

/// `None` where there is no terminal, or nothing was typed.
fn ask(path: &Path, what: Asked) -> Option<Passphrase> {
    let name = path.display();
    let typed = |prompt: String| rpassword::prompt_password(prompt).ok().filter(|text| !text.is_empty());
    match what {
        Asked::First => Some(Passphrase::new(typed(format!("passphrase of {name}: "))?)),
        Asked::Again => Some(Passphrase::new(typed(format!("that is another one; passphrase of {name}: "))?)),
        Asked::New => {
            let first = typed(format!("new passphrase of {name} (8 characters at least): "))?;
            let second = zeroize::Zeroizing::new(typed("the same again: ".to_owned())?);
            let same = first == *second;
            let passphrase = Passphrase::for_new(first).ok()?;
            same.then_some(passphrase)
        }
    }
}
