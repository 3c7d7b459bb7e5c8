//! Who may connect, and what each login may do.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::error::ConfigError;

/// The longest user name, in bytes.
pub const MAX_USER_LEN: usize = 64;

/// The shortest password, in bytes, that [`Verifier::of_password`] accepts: 128 random bits written in base64 without
/// padding. It cannot see how random a password is; it stops the ones that people make up.
pub const MIN_PASSWORD_LEN: usize = 22;

/// What a login may do. Whatever a variant does not name is denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    /// Runs the operation: publishes and subscribes everything, `$SYS` included, and alone publishes manifest, beacon
    /// and anything retained.
    Operator,
    /// Audits: subscribes any filter outside `$…`, `#` included, and publishes nothing.
    Observer,
    /// A gateway, relay or responder: publishes to the mailbox and the exchange, subscribes both and the notices.
    Node,
    /// A [`Rights::Node`] where whoever sends brings something else to connect with: a responder. It reads the mailbox, and
    /// publishes to the exchange and questions.
    Reader,
    /// The login that all devices of a period share: publishes to the mailbox, subscribes the notices, keeps no session.
    Device,
    /// Asks the operation's service and listens: publishes questions, subscribes answers and the notices, keeps no session, and
    /// has no part in the mailbox. What members share where they need something else to send.
    Asker,
    /// A device that knows nothing of Cowl, at a gateway: what it publishes goes to the
    /// [`Intake`](crate::Intake), and what that leaves to the broker as far as
    /// [`Devices::local`](crate::Devices::local) allows; subscribes that and
    /// [`Devices::commands`](crate::Devices::commands). It may have a will and keep a session.
    Unmodified,
    /// A reporter without enrolment: publishes to the mailbox and keeps no session.
    WalkIn {
        /// Whether it may also subscribe the notices, to fetch the manifest from the broker. Costs nothing in secrecy
        /// (notices are signed and public), but lets anybody hold a connection open as a subscriber.
        reads_notices: bool,
    },
}

impl Rights {
    /// A walk-in login that only publishes: what a walk-in gets unless someone decides otherwise.
    pub const WALK_IN: Self = Self::WalkIn { reads_notices: false };

    /// Whether the publishes of this login are the [`Intake`](crate::Intake)'s to decide about: those of everyone who
    /// sends reports from outside.
    pub fn is_device(self) -> bool {
        matches!(self, Self::Unmodified | Self::Device | Self::WalkIn { .. })
    }

    /// Whether the broker keeps subscriptions and waiting messages after the connection ends.
    ///
    /// Not for logins that many people share: whoever guessed a client id would inherit its session.
    pub fn keeps_sessions(self) -> bool {
        matches!(self, Self::Operator | Self::Observer | Self::Node | Self::Reader | Self::Unmodified)
    }
}

/// One user name, what proves it, and what it may do.
#[derive(Debug, Clone)]
pub struct Login {
    /// The MQTT user name: 1 to [`MAX_USER_LEN`] bytes. Not a secret.
    pub user: String,
    /// What the password must hash to.
    pub secret: Verifier,
    /// What the login may do.
    pub may: Rights,
}

/// Decides about passwords that no list has, such as those that are good for one connection.
pub trait Admission: Send + Sync {
    /// Whether whoever brings this password is let in. Asked once for each connection that nothing else speaks against, and
    /// what it says yes to is used. It may take its time: the connection waits, others do not, and beyond
    /// [`Limits::handshake`](crate::Limits::handshake) the connection is given up.
    fn admit<'a>(&'a self, password: &'a [u8]) -> Admitting<'a>;
}

/// A decision on its way.
pub type Admitting<'a> = Pin<Box<dyn Future<Output = bool> + Send + 'a>>;

/// What proves a login: the SHA-256 of its password, or somebody who is asked.
///
/// A plain, fast hash is right here and only here: these passwords are made by a machine from at least 128 random
/// bits, so a stolen verifier takes 2^127 guesses on average, and no salt or slow hash (Argon2, scrypt) would add
/// anything but a way to exhaust the broker by connecting. For a password that a person chose it would be wrong.
#[derive(Clone)]
pub struct Verifier(Proof);

#[derive(Clone)]
enum Proof {
    Digest([u8; 32]),
    Asked(Arc<dyn Admission>),
}

/// Whether a login may come in, as far as its list says.
pub(crate) enum Accepted {
    Yes(Rights),
    /// If this says so.
    If(Rights, Arc<dyn Admission>),
}

impl Verifier {
    /// The verifier of a machine-made password.
    ///
    /// # Errors
    /// [`ConfigError::ShortPassword`] under [`MIN_PASSWORD_LEN`] bytes.
    pub fn of_password(password: &[u8]) -> Result<Self, ConfigError> {
        if password.len() < MIN_PASSWORD_LEN {
            return Err(ConfigError::ShortPassword);
        }
        Ok(Self::digest(password))
    }

    /// A verifier kept from earlier, such as in a file of the operation.
    pub fn from_sha256(digest: [u8; 32]) -> Self {
        Self(Proof::Digest(digest))
    }

    /// Somebody is asked about each password under this user name.
    pub fn asking(admission: Arc<dyn Admission>) -> Self {
        Self(Proof::Asked(admission))
    }

    /// The digest, to be kept in a file; `None`: somebody is asked.
    pub fn as_sha256(&self) -> Option<&[u8; 32]> {
        match &self.0 {
            Proof::Digest(digest) => Some(digest),
            Proof::Asked(_) => None,
        }
    }

    fn digest(password: &[u8]) -> Self {
        Self(Proof::Digest(Sha256::digest(password).into()))
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier(..)")
    }
}

/// All logins, by user name.
#[derive(Debug)]
pub(crate) struct Logins(HashMap<String, Login>);

impl Logins {
    /// Checks the list: each user name present, short enough and unique. May be empty where anonymous devices may
    /// connect.
    pub(crate) fn new(logins: Vec<Login>) -> Result<Self, ConfigError> {
        let mut by_user = HashMap::with_capacity(logins.len());
        for login in logins {
            if login.user.is_empty() || login.user.len() > MAX_USER_LEN {
                return Err(ConfigError::UserLength);
            }
            if by_user.insert(login.user.clone(), login).is_some() {
                return Err(ConfigError::DuplicateUser);
            }
        }
        Ok(Self(by_user))
    }

    /// The rights of `user` if `password` is right. An unknown user costs the same hash and comparison as a known one.
    pub(crate) fn authenticate(&self, user: &str, password: &[u8]) -> Option<Accepted> {
        let login = self.0.get(user);
        // No password that anyone can find hashes to all zeros, and the match on `login` decides anyway.
        let digest = match login.map(|login| &login.secret.0) {
            Some(Proof::Digest(digest)) => digest,
            Some(Proof::Asked(_)) | None => &[0; 32],
        };
        let is_right = bool::from(digest.ct_eq(&<[u8; 32]>::from(Sha256::digest(password))));
        let Login { secret, may, .. } = login?;
        match &secret.0 {
            Proof::Digest(_) => is_right.then_some(Accepted::Yes(*may)),
            Proof::Asked(admission) => Some(Accepted::If(*may, Arc::clone(admission))),
        }
    }

    /// The rights of a user who is connected already; none once the login was taken away.
    pub(crate) fn rights(&self, user: &str) -> Option<Rights> {
        self.0.get(user).map(|login| login.may)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWORD: &[u8] = b"0123456789abcdef0123456789abcdef";

    fn login(user: &str) -> Login {
        Login { user: user.into(), secret: Verifier::of_password(PASSWORD).unwrap(), may: Rights::Device }
    }

    #[test]
    fn a_password_is_checked_against_its_own_login_only() {
        let logins = Logins::new(vec![login("device")]).unwrap();
        let rights = |user, password: &[u8]| match logins.authenticate(user, password) {
            Some(Accepted::Yes(rights)) => Some(rights),
            Some(Accepted::If(..)) => panic!("nobody is asked"),
            None => None,
        };
        assert_eq!(rights("device", PASSWORD), Some(Rights::Device));
        assert_eq!(rights("device", b"0123456789abcdef0123456789abcdeF"), None);
        assert_eq!(rights("device", b""), None);
        assert_eq!(rights("stranger", PASSWORD), None);
        assert_eq!(rights("stranger", b""), None);
    }

    #[test]
    fn lists_that_cannot_be_meant_are_refused() {
        assert!(matches!(Logins::new(vec![login("a"), login("a")]), Err(ConfigError::DuplicateUser)));
        assert!(matches!(Logins::new(vec![login("")]), Err(ConfigError::UserLength)));
        assert!(matches!(Logins::new(vec![login(&"u".repeat(65))]), Err(ConfigError::UserLength)));
        assert!(matches!(Verifier::of_password(b"correct horse"), Err(ConfigError::ShortPassword)));
    }

    #[test]
    fn a_verifier_is_not_printed() {
        assert_eq!(format!("{:?}", Verifier::from_sha256([7; 32])), "Verifier(..)");
    }

    #[test]
    fn a_verifier_is_the_plain_sha256() {
        // FIPS 180-4, the 448-bit example of SHA-256, so `sha256sum` makes verifiers too.
        let verifier =
            Verifier::of_password(b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq").unwrap();
        assert_eq!(verifier.as_sha256().unwrap()[..4], [0x24, 0x8d, 0x6a, 0x61]);
    }
}
