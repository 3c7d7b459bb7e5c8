//! The authority's part in breaking glass: appoints custodians, signs requests, opens one message.

use std::path::{Path, PathBuf};

use cowl_core::{
    Body, Epoch, Layout, Policy, PolicyVersion, SignedManifest,
    custody::{
        AnswerError, CombineError, CustodianShare, CustodyKey, Dealt, GlassRequest, Partial, SignedRequest,
        deal,
    },
};
use serde::{Deserialize, Serialize};

use super::{
    Operation, OperationError,
    issue::{Custodians, Draft},
    log::manifest_event,
    names,
};
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
struct File {
    version: u8,
    /// The public key, in hexadecimal.
    key: String,
    /// In the order of their numbers, from 1.
    names: Vec<String>,
    /// Who was replaced, oldest first: what was sealed to them opens with their shares alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    former: Vec<Former>,
}

/// Custodians who were replaced.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Former {
    /// The whole key, CBOR in hexadecimal: no manifest has it any more.
    key: String,
    names: Vec<String>,
}

/// Custodians who were replaced by others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormerCustodians {
    /// Their key.
    pub key: CustodyKey,
    /// Their names, in the order of their numbers; none if they were not known.
    pub names: Vec<String>,
}

impl Operation {
    /// Deals shares to custodians of these names, writes each a file `NAME.share` into a folder, publishes their key in a
    /// new manifest, and forgets the secret. Done once; others follow them by [`Self::replace_custodians`].
    pub fn appoint_custodians(
        &mut self,
        names: &[String],
        into: &Path,
        now: Epoch,
        rng: &mut SystemRng,
    ) -> Result<Appointed, OperationError> {
        self.deal_to(names, into, now, None, rng)
    }

    /// The same for an operation that has custodians: with another key, to which is sealed from the manifest on that this signs.
    /// How many there are and how many it takes may be others, by the policy file; that is another policy then. What was sealed
    /// before opens with the former custodians' shares alone, and by requests to them ([`Self::former_custodians`]): their key is
    /// kept. A sender that has not heard of the new manifest still seals to them.
    pub fn replace_custodians(
        &mut self,
        names: &[String],
        into: &Path,
        now: Epoch,
        rng: &mut SystemRng,
    ) -> Result<Appointed, OperationError> {
        let policy = self.policy_file()?.policy;
        self.deal_to(names, into, now, Some(policy), rng)
    }

    /// The custodians before the present ones, the last of them first.
    pub fn former_custodians(&self) -> Result<Vec<FormerCustodians>, OperationError> {
        let Some(file) = self.custodians_file()? else { return Ok(Vec::new()) };
        let whole = |former: Former| -> Option<FormerCustodians> {
            let bytes = hex::decode(&former.key).ok()?;
            Some(FormerCustodians { key: minicbor::decode(&bytes).ok()?, names: former.names })
        };
        let all: Option<Vec<_>> = file.former.into_iter().rev().map(whole).collect();
        let present = self.manifest.custody.as_ref();
        let all = all.ok_or_else(|| self.custodians_damaged())?;
        // Where a crash came before the new manifest, they are the present ones still.
        Ok(all.into_iter().filter(|former| Some(&former.key) != present).collect())
    }

    fn deal_to(
        &mut self,
        names: &[String],
        into: &Path,
        now: Epoch,
        instead: Option<Policy>,
        rng: &mut SystemRng,
    ) -> Result<Appointed, OperationError> {
        let lock = self.exclusive()?;
        self.check_clock(now)?;
        let policy = match (instead, self.manifest.custody.is_some()) {
            (Some(policy), true) => policy,
            (Some(_), false) => return Err(GlassError::NoCustodians.into()),
            (None, true) => return Err(GlassError::Appointed.into()),
            (None, false) => self.manifest.policy.clone(),
        };
        let custody = policy.custody.as_ref().ok_or(GlassError::NoCustody)?;
        let changed = self.policy_changed(&policy, self.manifest.preset, Custodians::MayChange)?;
        let (threshold, custodians) = (custody.threshold, custody.custodians);
        if names.len() != usize::from(custodians) {
            return Err(GlassError::Number { custodians, threshold, named: names.len() }.into());
        }
        check_names(names)?;
        let Dealt { key, shares } = deal(threshold, custodians, rng).map_err(GlassError::from)?;
        let name = policy.name.clone();
        let next = self.with_custodians(key.clone(), policy, changed, now)?;
        let mut files = Vec::new();
        for (custodian, share) in names.iter().zip(shares) {
            let path = into.join(format!("{custodian}.share"));
            let share = CustodianShare::new(
                self.manifest.operation,
                name.clone(),
                self.secrets.authority().public(),
                custodian.clone(),
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
        let former = self.with_former()?;
        let key = hex::encode(key.public());
        let file = File { version: VERSION, key, names: names.to_vec(), former };
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
        let key = self.key_of(&request)?;
        request.check().map_err(GlassError::from)?;
        if request.envelope.operation != self.manifest.operation {
            return Err(GlassError::from(AnswerError::OtherOperation).into());
        }
        let reason = [request.number.as_slice(), request.reason.as_bytes()].concat();
        let signed = request.sign(self.secrets.authority()).map_err(GlassError::from)?;
        signed.check_answerable(&key, now).map_err(GlassError::from)?;
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
        let request =
            SignedRequest::verify(request, self.secrets.authority().public()).map_err(GlassError::from)?;
        let key = self.key_of(&request)?;
        let names = self.custodian_names(&key)?;
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
        let combined = request.combine(&key, answers, now).map_err(refused)?;
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

    /// The key of the custodians that a request is to: the present ones', or former ones'.
    fn key_of(&self, request: &GlassRequest) -> Result<CustodyKey, OperationError> {
        if self.manifest.policy.custody.is_none() {
            return Err(GlassError::NoCustody.into());
        }
        let present = self.manifest.custody.as_ref().ok_or(GlassError::NoCustodians)?;
        if present.public() == request.custodians {
            return Ok(present.clone());
        }
        let former = self.former_custodians()?.into_iter().map(|former| former.key);
        let of_them = former.into_iter().find(|key| key.public() == request.custodians);
        // Of a key that nobody here knows, the present one's check says so.
        Ok(of_them.unwrap_or_else(|| present.clone()))
    }

    /// The names of the custodians of a key; none if they are not known here, as after a rebuild from shares.
    fn custodian_names(&self, key: &CustodyKey) -> Result<Vec<String>, OperationError> {
        let Some(file) = self.custodians_file()? else { return Ok(Vec::new()) };
        if file.key == hex::encode(key.public()) {
            return Ok(file.names);
        }
        let former = hex::encode(minicbor::to_vec(key).unwrap_or_default());
        Ok(file.former.into_iter().find(|one| one.key == former).map(|one| one.names).unwrap_or_default())
    }

    /// Who was replaced before, and who is being replaced now.
    fn with_former(&self) -> Result<Vec<Former>, OperationError> {
        let mut former = self.custodians_file()?.map(|file| file.former).unwrap_or_default();
        if let Some(key) = &self.manifest.custody {
            let names = self.custodian_names(key)?;
            let key = hex::encode(minicbor::to_vec(key).unwrap_or_default());
            if former.iter().all(|one| one.key != key) {
                former.push(Former { key, names });
            }
        }
        Ok(former)
    }

    fn custodians_file(&self) -> Result<Option<File>, OperationError> {
        let path = self.folder.join(names::CUSTODIANS);
        if !path.exists() {
            return Ok(None);
        }
        let file: Option<File> = serde_json::from_slice(&files::read_secret(&path, LIMIT)?).ok();
        let file = file.filter(|file| file.version == VERSION);
        file.map(Some).ok_or_else(|| self.custodians_damaged())
    }

    fn custodians_damaged(&self) -> OperationError {
        OperationError::Damaged {
            path: self.folder.join(names::CUSTODIANS),
            what: "it does not list the custodians; move it away, and they are called by their numbers",
        }
    }

    /// The newest manifest, with custodians.
    fn with_custodians(
        &self,
        key: CustodyKey,
        policy: Policy,
        changed: bool,
        now: Epoch,
    ) -> Result<SignedManifest, OperationError> {
        let current = &self.manifest;
        Draft {
            operation: current.operation,
            version: current.version.max(self.logged_version()?).saturating_add(1),
            policy_version: PolicyVersion(current.policy_version.0.saturating_add(u32::from(changed))),
            calendar: current.calendar,
            layout: Layout::of(&policy),
            policy,
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
