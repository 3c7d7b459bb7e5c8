//! Opening and closing.

use std::{
    io::{Read as _, Write as _},
    path::Path,
};

use age::{DecryptError, Decryptor, Encryptor, secrecy::ExposeSecret as _};
use age_core::format::{FileKey, Stanza};
use zeroize::Zeroizing;

use super::{
    Asked, Identities, Passphrase, RestError, To, folder,
    memory::{Way, ask, memory},
};

/// What an age file begins with.
const MAGIC: &[u8] = b"age-encryption.org/v1\n";
/// The work for each passphrase tried, as a power of two: 128 MiB of memory, half a second on a desktop, a few on a small
/// board. The `age` program takes twice as much.
pub(super) const WORK: u8 = 17;
/// More work than this is not done: 1 GiB of memory. A file says itself how much it wants.
const MOST_WORK: u8 = 20;
/// A folder's key is not guessed, so no work is done against guessing.
pub(super) const NO_WORK: u8 = 1;
/// How often a person may mistype.
const TRIES: usize = 3;

/// Whether bytes are those of an age file.
pub fn is_protected(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Closes bytes.
pub fn seal(bytes: &[u8], to: &To) -> Result<Vec<u8>, RestError> {
    match to {
        To::Passphrase(passphrase) => by_passphrase(bytes, passphrase, WORK),
        To::Recipients(recipients) => {
            close(bytes, Encryptor::with_recipients(recipients.iter().map(super::Recipient::age)))
        }
    }
}

/// Opens an age file with a passphrase, or with identities, and nothing else.
pub fn open_with(
    bytes: &[u8],
    passphrase: Option<&Passphrase>,
    identities: &Identities,
) -> Result<Zeroizing<Vec<u8>>, RestError> {
    if work(bytes)?.is_some() {
        return with_passphrase(bytes, passphrase.ok_or(RestError::NoPassphrase)?);
    }
    decrypt(bytes, identities.0.iter().map(super::Identity::age)).map_err(|error| other(&error))
}

/// Opens the file at `path`, whose bytes these are, by whatever this process knows or can ask for.
pub(crate) fn open(path: &Path, bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, RestError> {
    match work(bytes)? {
        Some(NO_WORK) => {
            let key = folder::key_of(path)?;
            let opened = with_passphrase(bytes, &key).map_err(|error| match error {
                RestError::WrongPassphrase => RestError::NoFolderKey,
                other => other,
            })?;
            memory().learn(path, Way::Folder(key));
            Ok(opened)
        }
        Some(_) => {
            let (opened, passphrase) = by_asking(path, bytes)?;
            memory().learn(path, Way::Passphrase(passphrase));
            Ok(opened)
        }
        None => {
            let identities = memory().identities.clone();
            for identity in identities.iter().flat_map(|file| &file.0) {
                match decrypt(bytes, std::iter::once(identity.age())) {
                    Ok(opened) => {
                        memory().learn(path, Way::Recipient(identity.to_public()?));
                        return Ok(opened);
                    }
                    Err(DecryptError::NoMatchingKeys) => {}
                    Err(error) => return Err(other(&error)),
                }
            }
            Err(RestError::NoIdentity)
        }
    }
}

/// Closes what is written to `path` as the file at `like` is closed. `None`: that one is not, or there is none.
pub(crate) fn seal_like(like: &Path, path: &Path, bytes: &[u8]) -> Result<Option<Vec<u8>>, RestError> {
    let Ok(mut file) = std::fs::File::open(like) else { return Ok(None) };
    let mut start = Vec::new();
    if std::io::Read::by_ref(&mut file).take(MAGIC.len() as u64).read_to_end(&mut start).is_err()
        || !is_protected(&start)
    {
        return Ok(None);
    }
    let known = memory().ways.get(&super::memory::same(like)).cloned();
    let way = if let Some(way) = known {
        way
    } else {
        file.read_to_end(&mut start).map_err(|_| RestError::Damaged)?;
        open(like, &start)?;
        let learned = memory().ways.get(&super::memory::same(like)).cloned();
        learned.ok_or(RestError::NoPassphrase)?
    };
    let sealed = match &way {
        Way::Passphrase(one) => by_passphrase(bytes, one, WORK)?,
        Way::Folder(key) => by_passphrase(bytes, key, NO_WORK)?,
        Way::Recipient(one) => seal(bytes, &To::Recipients(vec![one.clone()]))?,
    };
    if like != path {
        memory().learn(path, way);
    }
    Ok(Some(sealed))
}

/// Closes bytes with a passphrase, of which each try costs so much.
pub(super) fn by_passphrase(bytes: &[u8], passphrase: &Passphrase, work: u8) -> Result<Vec<u8>, RestError> {
    let mut recipient = age::scrypt::Recipient::new(passphrase.secret());
    recipient.set_work_factor(work);
    close(bytes, Encryptor::with_recipients(std::iter::once(&recipient as _)))
}

/// Opens with one passphrase.
pub(super) fn with_passphrase(
    bytes: &[u8],
    passphrase: &Passphrase,
) -> Result<Zeroizing<Vec<u8>>, RestError> {
    decrypt(bytes, std::iter::once(&Worked(passphrase) as _)).map_err(|error| match error {
        DecryptError::DecryptionFailed | DecryptError::NoMatchingKeys => RestError::WrongPassphrase,
        error => other(&error),
    })
}

/// Opens with what is known, or else what a person says.
pub(super) fn by_asking(path: &Path, bytes: &[u8]) -> Result<(Zeroizing<Vec<u8>>, Passphrase), RestError> {
    let mut wrong = false;
    let mut told = memory().passphrases.clone();
    told.extend(Passphrase::known(path)?);
    for passphrase in told {
        match with_passphrase(bytes, &passphrase) {
            Err(RestError::WrongPassphrase) => wrong = true,
            opened => return Ok((opened?, passphrase)),
        }
    }
    for attempt in 0..TRIES {
        let what = if attempt == 0 { Asked::First } else { Asked::Again };
        let Some(passphrase) = ask(path, what) else { break };
        match with_passphrase(bytes, &passphrase) {
            Err(RestError::WrongPassphrase) => wrong = true,
            opened => return Ok((opened?, passphrase)),
        }
    }
    Err(if wrong { RestError::WrongPassphrase } else { RestError::NoPassphrase })
}

/// The work factor of a file that is closed by a passphrase; `None` for one that is not.
fn work(bytes: &[u8]) -> Result<Option<u8>, RestError> {
    let after = bytes.strip_prefix(MAGIC).ok_or(RestError::Damaged)?;
    let line = after.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let Some(arguments) = line.strip_prefix(b"-> scrypt ") else { return Ok(None) };
    let text = std::str::from_utf8(arguments).map_err(|_| RestError::Damaged)?;
    let factor = text.split(' ').nth(1).and_then(|factor| factor.parse().ok());
    factor.map(Some).ok_or(RestError::Damaged)
}

/// Opens, or says why not. A stream that was cut or altered gives nothing of itself.
fn decrypt<'a>(
    bytes: &[u8],
    identities: impl Iterator<Item = &'a dyn age::Identity>,
) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
    let mut stream = Decryptor::new_buffered(bytes)?.decrypt(identities)?;
    let mut opened = Zeroizing::new(Vec::with_capacity(bytes.len()));
    stream.read_to_end(&mut opened).map_err(DecryptError::Io)?;
    Ok(opened)
}

fn close(bytes: &[u8], encryptor: Result<Encryptor, age::EncryptError>) -> Result<Vec<u8>, RestError> {
    let encryptor = encryptor.map_err(|error| match error {
        age::EncryptError::IncompatibleRecipients { .. } => RestError::MixedRecipients,
        _ => RestError::NotARecipient,
    })?;
    let mut sealed = Vec::with_capacity(bytes.len() + 512);
    let written = encryptor.wrap_output(&mut sealed).and_then(|mut stream| {
        stream.write_all(bytes)?;
        stream.finish().map(drop)
    });
    // Writing into a Vec cannot fail.
    written.map(|()| sealed).map_err(|_| RestError::Damaged)
}

fn other(error: &DecryptError) -> RestError {
    match error {
        DecryptError::NoMatchingKeys => RestError::NoIdentity,
        DecryptError::ExcessiveWork { .. } => RestError::TooMuchWork,
        _ => RestError::Damaged,
    }
}

/// A passphrase whose work is done once for each file.
struct Worked<'a>(&'a Passphrase);

impl age::Identity for Worked<'_> {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        let name: Vec<u8> =
            stanza.args.iter().flat_map(|one| one.bytes()).chain(stanza.body.iter().copied()).collect();
        let mut asked = Zeroizing::new(name);
        asked.extend(self.0.bytes());
        let asked = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &asked).as_ref().to_vec();
        if let Some(done) = memory().worked.get(&asked) {
            return Some(Ok(FileKey::init_with_mut(|key| key.copy_from_slice(done.as_slice()))));
        }
        let mut identity = age::scrypt::Identity::new(self.0.secret());
        identity.set_max_work_factor(MOST_WORK);
        let key = age::Identity::unwrap_stanza(&identity, stanza)?;
        if let Ok(key) = &key {
            memory().worked.insert(asked, Zeroizing::new(*key.expose_secret()));
        }
        Some(key)
    }
}
