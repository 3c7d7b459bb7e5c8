//! Tokens of sessions, links and forms: sixteen or more random bytes, written in hexadecimal.

use aws_lc_rs::digest::{SHA256, digest};
use cowl::random::SystemRng;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// A secret that a browser says again.
#[derive(Clone)]
pub(crate) struct Token(Zeroizing<String>);

/// What is kept of a token to find it by: looking it up tells nothing of it by the time that takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TokenHash([u8; 32]);

impl Token {
    /// A fresh one, of 256 bits.
    pub(crate) fn draw() -> Self {
        let mut rng = SystemRng::new();
        let bytes = Zeroizing::new([rng.id(), rng.id()].concat());
        Self(Zeroizing::new(hex::encode(bytes)))
    }

    /// As it is written in a link, a cookie or a form.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// Whether this is it.
    pub(crate) fn is(&self, said: &str) -> bool {
        self.0.as_bytes().ct_eq(said.as_bytes()).into()
    }

    /// What it is found by.
    pub(crate) fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }
}

impl TokenHash {
    /// Of what a browser said.
    pub(crate) fn of(said: &str) -> Self {
        let mut hash = [0; 32];
        hash.iter_mut().zip(digest(&SHA256, said.as_bytes()).as_ref()).for_each(|(to, from)| *to = *from);
        Self(hash)
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_and_are_never_shown() {
        let (one, other) = (Token::draw(), Token::draw());
        assert_eq!(one.text().len(), 64);
        assert!(one.is(one.text()) && !one.is(other.text()) && !one.is(""));
        assert_eq!(one.hash(), TokenHash::of(one.text()));
        assert_eq!(format!("{one:?}"), "Token");
    }
}
