//! Becoming a member with a ticket: `cowl join` (spec §10).
//!
//! [`over_http`] asks the operation's service on the local network, [`from_package`] opens what came on a stick. Both write the
//! credential and its state, or nothing. No clock is asked: whether a ticket still holds is the service's to say, and what it says
//! is believed because only it could have sealed the answer.
//!
//! For the authority: [`Card`]s to hand out, and [`write_package`].

mod attempt;
mod cards;
mod error;
mod http;
mod package;

use std::{path::Path, time::Duration};

use cowl_core::{
    Grant, JoinAnswer, JoinRequest, ManifestError, ServiceAddress, SignedManifest, Ticket,
    exchange::{Purpose, REQUEST_LEN, Request},
};
use tokio::time::sleep;

pub use cards::{Card, sheet, table};
pub use error::JoinError;
pub use package::{from_package, write_package};

use crate::{
    files::FileError,
    keyring::{Enrolment, state_path, store_new},
    random::SystemRng,
};
use attempt::Attempt;
use http::Trouble;

/// How often somebody is asked again who does not answer, or knows nothing of a ticket that may be a second old.
const ATTEMPTS: u32 = 3;
/// How long to wait in between.
const PAUSE: Duration = Duration::from_secs(2);

/// A new member's files, and what it may want to know.
#[derive(Debug)]
pub struct Joined {
    /// Where they are.
    pub files: Enrolment,
    /// What is in the credential.
    pub credential: cowl_core::Credential,
}

/// Joins by asking the service at `address`, or where the ticket says, and writes the credential to `output`.
///
/// Should the answer be lost, calling it again on the same machine with the same `output` gets it again, for a day: what says
/// that it is the same machine lies in `OUTPUT.joining` until then.
pub async fn over_http(
    ticket: &Ticket,
    address: Option<&ServiceAddress>,
    output: &Path,
    rng: &mut SystemRng,
) -> Result<Joined, JoinError> {
    let address = address.or(ticket.address.as_ref()).ok_or(JoinError::NoAddress)?;
    must_be_free(output)?;
    let attempt = Attempt::begin(output, ticket, rng)?;
    let mut left = ATTEMPTS;
    let answer = loop {
        left -= 1;
        match ask(ticket, address, &attempt, rng).await {
            Err(error) if error.may_pass() && left > 0 => sleep(PAUSE).await,
            other => break other,
        }
    };
    let grant = match answer? {
        JoinAnswer::Granted(bytes) => Grant::from_bytes(&bytes, ticket)?,
        JoinAnswer::Used => return Err(JoinError::Used),
        JoinAnswer::Expired => return Err(JoinError::Expired),
        JoinAnswer::Revoked => return Err(JoinError::Revoked),
        JoinAnswer::Full => return Err(JoinError::Full),
    };
    let joined = store(output, grant)?;
    attempt.end();
    Ok(joined)
}

/// One question and its answer.
async fn ask(
    ticket: &Ticket,
    address: &ServiceAddress,
    attempt: &Attempt,
    rng: &mut SystemRng,
) -> Result<JoinAnswer, JoinError> {
    let asked = |trouble| JoinError::asking(address, trouble);
    let manifest = http::get(address, "/v1/manifest").await.map_err(asked)?;
    let manifest = SignedManifest::verify_pinned(&manifest, ticket.authority)?;
    let (offered, known) = (manifest.version, ticket.lowest);
    if offered < known {
        return Err(ManifestError::RolledBack { offered, known }.into());
    }
    let service = manifest.service.as_ref().ok_or(JoinError::NoService)?;
    let body = JoinRequest { token: ticket.token.clone(), machine: attempt.machine() }.to_bytes();
    let proof = ticket.proof();
    let (operation, purpose, who) = (manifest.operation, Purpose::JOIN, ticket.id());
    let request = Request { operation, purpose, who, proof: &proof, body: &body };
    let (sealed, pending) = request.seal(service, REQUEST_LEN, rng).map_err(|_| JoinError::NoService)?;
    let answer = match http::post(address, "/v1/exchange", sealed).await {
        Err(Trouble::Refused) => return Err(JoinError::Refused),
        other => other.map_err(asked)?,
    };
    // Only the service, and only to this request, could have sealed one that opens.
    let answer = pending.open(&answer).map_err(|_| JoinError::NotAnAnswer)?;
    JoinAnswer::from_bytes(&answer).ok_or(JoinError::NotAnAnswer)
}

/// Before a ticket is used up for nothing.
fn must_be_free(output: &Path) -> Result<(), JoinError> {
    let files = [output.to_owned(), state_path(output)];
    match files.into_iter().find(|path| path.exists()) {
        Some(taken) => Err(FileError::Exists(taken).into()),
        None => Ok(()),
    }
}

fn store(output: &Path, grant: Grant) -> Result<Joined, JoinError> {
    let Grant { first, credential } = grant;
    let files = store_new(output, &credential, first)?;
    Ok(Joined { files, credential })
}
