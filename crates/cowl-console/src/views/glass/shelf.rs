//! Where requests and answers lie: files in the console's own folder, each readable by its owner alone. None of them opens anything by
//! itself, and all of them are gone a week after the request ended.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use cowl::files::{self, Access, FileError};
use cowl_core::{
    Authority,
    custody::{GlassRequest, Partial, RequestError, SignedRequest},
};

use crate::{clock, shared::Shared};

/// Bytes of a file at the most.
const LIMIT: u64 = 32 << 10;
/// Requests and drafts at a time.
const MOST: usize = 200;
/// How long a request stays here after it ended, in seconds.
const AFTER: u64 = 7 * 86_400;

/// The folder.
#[derive(Debug, Clone)]
pub(super) struct Shelf {
    folder: PathBuf,
}

/// A request or draft that lies there.
#[derive(Debug)]
pub(super) struct OnShelf {
    /// What it is called in addresses.
    pub(super) id: String,
    pub(super) is_draft: bool,
    /// What it says. Not verified: whoever relies on it verifies [`Self::bytes`].
    pub(super) request: GlassRequest,
    pub(super) bytes: Vec<u8>,
    /// Custodians' answers, not verified either.
    pub(super) partials: Vec<Partial>,
}

/// Why something is not put there.
#[derive(Debug, thiserror::Error)]
pub(super) enum ShelfError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("the request is {0}")]
    Request(#[from] RequestError),
    #[error("there are {MOST} requests already")]
    Full,
}

impl OnShelf {
    /// How many answers there are.
    pub(super) fn answers(&self) -> u64 {
        u64::try_from(self.partials.len()).unwrap_or(u64::MAX)
    }
}

impl Shelf {
    pub(super) fn of(shared: &Shared) -> Self {
        Self { folder: shared.state().join("glass") }
    }

    /// All of them, newest first. What ended long ago is removed.
    pub(super) fn requests(&self) -> Result<Vec<OnShelf>, ShelfError> {
        let mut found = Vec::new();
        for (id, is_draft) in self.names()? {
            let Some(one) = self.find(&id, is_draft)? else { continue };
            if one.request.expires.saturating_add(AFTER) < clock::now() {
                self.remove(&one);
            } else {
                found.push(one);
            }
        }
        found.sort_by_key(|one| std::cmp::Reverse(one.request.made));
        Ok(found)
    }

    /// One of them.
    pub(super) fn find(&self, id: &str, is_draft: bool) -> Result<Option<OnShelf>, ShelfError> {
        let Some(path) = self.path(id, if is_draft { "draft" } else { "request" }) else { return Ok(None) };
        if !path.exists() {
            return Ok(None);
        }
        let bytes = files::read(&path, LIMIT)?;
        let request = if is_draft { GlassRequest::from_draft(&bytes)? } else { unverified(&bytes)? };
        let numbers = if is_draft { 0..=0 } else { 1..=u8::MAX };
        let mut partials = Vec::new();
        for number in numbers.filter(|number| *number > 0) {
            let Some(path) = self.path(id, &format!("{number}.partial")).filter(|path| path.exists()) else {
                continue;
            };
            partials.extend(Partial::from_bytes(&files::read(&path, LIMIT)?).ok());
        }
        Ok(Some(OnShelf { id: id.to_owned(), is_draft, request, bytes, partials }))
    }

    /// Puts a draft there. Its name is drawn.
    pub(super) fn put_draft(&self, draft: &[u8]) -> Result<(), ShelfError> {
        GlassRequest::from_draft(draft)?;
        let id = crate::token::Token::draw();
        self.put(id.text().get(..32).unwrap_or_default(), "draft", draft)
    }

    /// Puts a signed request there, as this authority signed it. Gives its name.
    pub(super) fn put_request(&self, request: &[u8], authority: Authority) -> Result<String, ShelfError> {
        let signed = SignedRequest::verify(request, authority)?;
        let id = signed.id().to_string();
        self.put(&id, "request", request)?;
        Ok(id)
    }

    /// Puts a custodian's answer there, in place of an earlier one of his.
    pub(super) fn put_partial(&self, id: &str, partial: &Partial) -> Result<(), ShelfError> {
        let number = partial.custodian();
        let path = self.path(id, &format!("{number}.partial"));
        let Some(path) = path.filter(|_| number > 0) else { return Ok(()) };
        Ok(files::replace(&path, &partial.to_bytes(), Access::Owner)?)
    }

    /// Takes one away, with its answers.
    pub(super) fn remove(&self, one: &OnShelf) {
        let kind = if one.is_draft { "draft" } else { "request" };
        let answers = one.partials.iter().map(|partial| format!("{}.partial", partial.custodian()));
        for ending in answers.chain([kind.to_owned()]) {
            // What cannot be removed is tried again at the next look.
            let _ = self.path(&one.id, &ending).map(fs::remove_file);
        }
    }

    fn put(&self, id: &str, ending: &str, bytes: &[u8]) -> Result<(), ShelfError> {
        files::private_folder(&self.folder)?;
        let path = self.path(id, ending).ok_or(ShelfError::Request(RequestError::Malformed))?;
        if !path.exists() && self.names()?.len() >= MOST {
            return Err(ShelfError::Full);
        }
        Ok(files::replace(&path, bytes, Access::Owner)?)
    }

    /// The file of a name, if it is a name of ours: hexadecimal digits and hyphens lead nowhere else.
    fn path(&self, id: &str, ending: &str) -> Option<PathBuf> {
        let plain = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
        let is_own = (1..=64).contains(&id.len()) && id.bytes().all(plain);
        is_own.then(|| self.folder.join(format!("{id}.{ending}")))
    }

    /// The names of what lies there, and whether each is a draft.
    fn names(&self) -> Result<Vec<(String, bool)>, ShelfError> {
        let failed = |source: io::Error| FileError::Read { path: self.folder.clone(), source };
        let files = match fs::read_dir(&self.folder) {
            Ok(files) => files,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error).into()),
        };
        let mut names = Vec::new();
        for file in files {
            let name = file.map_err(failed)?.file_name();
            let name = Path::new(&name);
            let ending = name.extension().and_then(|ending| ending.to_str());
            let is_draft = match ending {
                Some("draft") => true,
                Some("request") => false,
                _ => continue,
            };
            names.extend(
                name.file_stem().and_then(|stem| stem.to_str()).map(|stem| (stem.to_owned(), is_draft)),
            );
        }
        Ok(names)
    }
}

/// What a request says, whoever signed it: for a list.
fn unverified(bytes: &[u8]) -> Result<GlassRequest, RequestError> {
    SignedRequest::dangerous_unverified(bytes)
}
