//! For whom something is closed.

use std::{fmt, str::FromStr};

use super::{Passphrase, RestError, hybrid::HybridRecipient};

/// An age recipient: the public half of an identity.
#[derive(Clone)]
pub struct Recipient(pub(super) Kind);

#[derive(Clone)]
pub(super) enum Kind {
    X25519(age::x25519::Recipient),
    Hybrid(HybridRecipient),
}

/// Whoever may open.
#[derive(Debug, Clone)]
pub enum To {
    /// Who knows the passphrase.
    Passphrase(Passphrase),
    /// Each of these.
    Recipients(Vec<Recipient>),
}

impl FromStr for Recipient {
    type Err = RestError;

    fn from_str(text: &str) -> Result<Self, RestError> {
        let text = text.trim();
        if text.starts_with("age1pq1") {
            return HybridRecipient::parse(text)
                .map(|one| Self(Kind::Hybrid(one)))
                .ok_or(RestError::NotARecipient);
        }
        if let Ok(recipient) = text.parse() {
            return Ok(Self(Kind::X25519(recipient)));
        }
        let other = text.starts_with("ssh-") || (text.starts_with("age1") && text.matches('1').count() > 1);
        Err(if other { RestError::OtherRecipient } else { RestError::NotARecipient })
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::X25519(one) => one.fmt(f),
            Kind::Hybrid(one) => f.write_str(&one.text()),
        }
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.to_string();
        write!(f, "Recipient({}…)", text.get(..12).unwrap_or_default())
    }
}

impl Recipient {
    pub(super) fn age(&self) -> &dyn age::Recipient {
        match &self.0 {
            Kind::X25519(one) => one,
            Kind::Hybrid(one) => one,
        }
    }
}
