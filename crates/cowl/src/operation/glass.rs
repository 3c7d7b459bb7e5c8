//! The authority's part in breaking glass: appoints custodians, signs requests, opens one message.

use std::path::{Path, PathBuf};

use cowl_core::{
    Body, Epoch, Layout, SignedManifest,
    custody::{
        AnswerError, CombineError, CustodianShare, CustodyKey, Dealt, GlassRequest, Partial, SignedRequest,
        deal,
    },
};
use serde::{Deserialize, Serialize};

use super::{Operation, OperationError, issue::Draft, log::manifest_event, names};
use crate::{
    files::{self, Access},
    glass::GlassError,
    log::{Digest, Event, Id},
    random::SystemRng,
};

/// The version of the custodians' file that is written.
const VERSION: u8 = 1;
/// The largest one that is read.
const LIMIT: u64 = 64 << 10;

/// What [`Operation::appoint_custodians`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appointed {
    /// How many it takes.
    pub threshold: u8,
    /// Each custodian's file, in the order of their numbers. To be handed over and deleted.
    pub files: Vec<PathBuf>,
}

/// What custodians opened.
#[derive(Debug)]
pub struct CustodyRead {
    /// The fields; `None`: the report had nothing for custodians, or was cover.
    pub body: Option<Body>,
    /// The names of the custodians who agreed.
    pub custodians: Vec<String>,
}

/// Who the custodians are: the authority's own note, in no manifest.
#[derive(Debug, Serialize, Deserialize)]
struct Custodians {
    version: u8,
    /// The public key, in hexadecimal.
    key: String,
    /// In the order of their numbers, from 1.
    names: Vec<String>,
}

impl Operation {
    /// Deals shares to custodians of these names, writes each a file `NAME.share` into a folder, publishes their key in a
    /// new manifest, and forgets the secret. Done once in an operation.
    pub fn appoint_custodians(
        &mut self,
        names: &[String],
        into: &Path,
        now: Epoch,
        rng: &mut SystemRng,
    ) -> Result<Appointed, OperationError> {
        let lock = self.exclusive()?;
        self.check_clock(now)?;
        let policy = &self.manifest.policy;
        let custody = policy.custody.as_ref().ok_or(GlassError::NoCustody)?;
        if self.manifest.custody.is_some() {
            return Err(GlassError::Appointed.into());
        }
        let (threshold, custodians) = (custody.threshold, custody.custodians);
        if names.len() != usize::from(custodians) {
            return Err(GlassError::Number { custodians, threshold, named: names.len() }.into());
        }
        check_names(names)?;
        let Dealt { key, shares } = deal(threshold, custodians, rng).map_err(GlassError::from)?;
        let next = self.with_custodians(key.clone(), now)?;
        let mut files = Vec::new();
        for (name, share) in names.iter().zip(shares) {
            let path = into.join(format!("{name}.share"));
            let share = CustodianShare::new(
                self.manifest.operation,
                policy.name.clone(),
                self.secrets.authority().public(),
                name.clone(),
                key.clone(),
                share,
            );
            if let Err(error) = files::create_summed(&path, &share.to_bytes()) {
                // Shares of a key that is never published open nothing.
                for path in &files {
                    // Nobody has seen them; a leftover opens nothing without the others.
                    let _ = std::fs::remove_file(path);
                }
                return Err(error.into());
            }
            files.push(path);
        }
        let file = Custodians { version: VERSION, key: hex::encode(key.public()), names: names.to_vec() };
        let file = serde_json::to_vec_pretty(&file).unwrap_or_default();
        files::replace_summed(&self.folder.join(names::CUSTODIANS), &file)?;
        self.note_held(&lock, &[manifest_event(&next)], self.time_in(now))?;
        files::replace(&self.folder.join(names::MANIFEST), next.bytes(), Access::All)?;
        self.manifest = next;
        Ok(Appointed { threshold, files })
    }

    /// Signs a request, so that custodians may answer it. Its entry is in the log before the signature is there. `now` in
    /// Unix seconds.
    pub fn sign_request(&self, request: GlassRequest, now: u64) -> Result<SignedRequest, OperationError> {
        let key = self.custody_key()?;
        request.check().map_err(GlassError::from)?;
        if request.envelope.operation != self.manifest.operation {
            return Err(GlassError::from(AnswerError::OtherOperation).into());
        }
        let reason = [request.number.as_slice(), request.reason.as_bytes()].concat();
        let signed = request.sign(self.secrets.authority()).map_err(GlassError::from)?;
        signed.check_answerable(key, now).map_err(GlassError::from)?;
        let event = Event::GlassRequested { request: log_id(&signed), reason: Some(Digest::of(&reason)) };
        self.note(event, now)?;
        Ok(signed)
    }

    /// Opens what a request is for, with custodians' answers. Answers are verified first; then the log says who agreed and
    /// that it is opened; only then is the plaintext made. `now` in Unix seconds.
    pub fn open_custody(
        &self,
        request: &[u8],
        answers: &[Partial],
        now: u64,
    ) -> Result<CustodyRead, OperationError> {
        let key = self.custody_key()?;
        let request =
            SignedRequest::verify(request, self.secrets.authority().public()).map_err(GlassError::from)?;
        let names = self.custodian_names(key)?;
        let name =
            |number: u8| usize::from(number).checked_sub(1).and_then(|index| names.get(index)).cloned();
        let refused = |error: CombineError| GlassError::Combine {
            error,
            custodian: match error {
                CombineError::OtherRequest(number)
                | CombineError::Twice(number)
                | CombineError::Forged(number) => name(number),
                _ => None,
            },
        };
        let combined = request.combine(key, answers, now).map_err(refused)?;
        let custodians = combined.custodians().iter().filter_map(|number| name(*number)).collect();
        let id = log_id(&request);
        let agreed = combined.custodians().iter().map(|_| Event::GlassApproved { request: id });
        let events: Vec<_> = agreed.chain([Event::GlassOpened { request: id }]).collect();
        self.note_all(&events, now)?;
        let opened = combined.open().map_err(refused)?;
        let body = (!opened.body.is_empty())
            .then(|| Body::decode_custody(&self.manifest.policy, &opened.body))
            .transpose()
            .map_err(GlassError::from)?;
        Ok(CustodyRead { body, custodians })
    }

    fn custody_key(&self) -> Result<&CustodyKey, OperationError> {
        if self.manifest.policy.custody.is_none() {
            return Err(GlassError::NoCustody.into());
        }
        self.manifest.custody.as_ref().ok_or_else(|| GlassError::NoCustodians.into())
    }

    /// The names of the custodians of this key; none if they are not known here, as after a rebuild from shares.
    fn custodian_names(&self, key: &CustodyKey) -> Result<Vec<String>, OperationError> {
        let path = self.folder.join(names::CUSTODIANS);
        if !path.exists() {
            return Ok(Vec::new());
        }
        let file: Option<Custodians> = serde_json::from_slice(&files::read_secret(&path, LIMIT)?).ok();
        let file = file.filter(|file| file.version == VERSION).ok_or(OperationError::Damaged {
            path,
            what: "it does not list the custodians; move it away, and they are called by their numbers",
        })?;
        Ok(if file.key == hex::encode(key.public()) { file.names } else { Vec::new() })
    }

    /// The newest manifest, with custodians.
    fn with_custodians(&self, key: CustodyKey, now: Epoch) -> Result<SignedManifest, OperationError> {
        let current = &self.manifest;
        Draft {
            operation: current.operation,
            version: current.version.max(self.logged_version()?).saturating_add(1),
            policy_version: current.policy_version,
            calendar: current.calendar,
            layout: Layout::of(&current.policy),
            policy: current.policy.clone(),
            preset: current.preset,
            mailbox: current.mailbox,
            generation: current.generation,
            custody: Some(key),
            tokens: current.tokens,
        }
        .sign(&self.secrets, now)
    }
}

/// What the log calls a request: the front of its hash.
fn log_id(request: &SignedRequest) -> Id {
    Id(request.id().0.first_chunk().copied().unwrap_or_default())
}

fn check_names(names: &[String]) -> Result<(), GlassError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let holds = |(index, name): (usize, &String)| {
        (1..=32).contains(&name.len())
            && name.bytes().all(plain)
            && !names.iter().skip(index + 1).any(|other| other.eq_ignore_ascii_case(name))
    };
    if names.iter().enumerate().all(holds) { Ok(()) } else { Err(GlassError::Names) }
}
