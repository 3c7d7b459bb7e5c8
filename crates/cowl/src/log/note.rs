//! Signed notes: a text and signatures below it (C2SP signed-note).

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use cowl_core::AuthorityKey;

use super::{KeyKind, NoteError, VerifierKey, vkey::is_name};

/// The largest note that is read, in bytes.
pub(super) const NOTE_LIMIT: u64 = 64 << 10;
/// The most signatures that a note may have; the specification asks for 16 at least.
const MAX_SIGNATURES: usize = 32;
/// What stands before each signature.
const DASH: &str = "\u{2014} ";

/// A text with signatures, of which none is verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// One signature of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    name: String,
    id: [u8; 4],
    bytes: Vec<u8>,
}

impl Note {
    /// A text, which ends in a newline, without signatures.
    pub(super) const fn new(text: String) -> Self {
        Self { text, signatures: Vec::new() }
    }

    /// Reads a note. It must be written as [`fmt::Display`] writes it.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() as u64 > NOTE_LIMIT {
            return Err(NoteError::Malformed);
        }
        let note = std::str::from_utf8(bytes).map_err(|_| NoteError::Malformed)?;
        if note.chars().any(|symbol| symbol < ' ' && symbol != '\n') {
            return Err(NoteError::Malformed);
        }
        // The text is separated from the signatures by the last empty line.
        let end = note.rfind("\n\n").ok_or(NoteError::Malformed)?;
        let (text, signatures) = note.split_at(end + 1);
        let signatures = signatures.strip_prefix('\n').ok_or(NoteError::Malformed)?;
        let signatures = signatures.strip_suffix('\n').ok_or(NoteError::Malformed)?;
        let signatures: Vec<_> =
            signatures.split('\n').map(NoteSignature::parse).collect::<Result<_, _>>()?;
        if signatures.len() > MAX_SIGNATURES || text == "\n" {
            return Err(NoteError::Malformed);
        }
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// The text, with its last newline.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its signatures, verified or not.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Adds the signature of a log.
    pub(super) fn sign(&mut self, name: &VerifierKey, key: &AuthorityKey) -> Result<(), NoteError> {
        let bytes = key.sign_note(&self.text).map_err(|_| NoteError::Malformed)?.to_vec();
        self.signatures.push(NoteSignature { name: name.name().to_owned(), id: name.id(), bytes });
        Ok(())
    }

    /// Adds the signature of a witness at a time.
    pub(super) fn cosign(
        &mut self,
        name: &VerifierKey,
        key: &AuthorityKey,
        unix_seconds: u64,
    ) -> Result<(), NoteError> {
        let signature =
            key.sign_note(&cosigned(&self.text, unix_seconds)).map_err(|_| NoteError::Malformed)?;
        let mut bytes = unix_seconds.to_be_bytes().to_vec();
        bytes.extend(signature);
        self.add(NoteSignature { name: name.name().to_owned(), id: name.id(), bytes });
        Ok(())
    }

    /// Adds another's signature of the same text, in place of an earlier one of the same key.
    pub(super) fn add(&mut self, signature: NoteSignature) {
        self.signatures.retain(|known| (&known.name, known.id) != (&signature.name, signature.id));
        self.signatures.push(signature);
    }

    /// Verifies the signature of a log's key. One that is there and false makes the whole note worthless, whatever else
    /// is there.
    pub fn verify(&self, key: &VerifierKey) -> Result<(), NoteError> {
        let mut found = Err(NoteError::NotSigned);
        for signature in self.of(key) {
            let bytes = <[u8; 64]>::try_from(signature.bytes.as_slice()).map_err(|_| NoteError::NotSigned)?;
            key.key().verify_note(&self.text, &bytes).map_err(|_| NoteError::NotSigned)?;
            found = Ok(());
        }
        if key.kind() == KeyKind::Log { found } else { Err(NoteError::NotSigned) }
    }

    /// Verifies the signature of a witness's key and gives the time at which it signed, in Unix seconds by its clock.
    pub fn verify_witness(&self, key: &VerifierKey) -> Result<u64, NoteError> {
        let mut found = Err(NoteError::NotSigned);
        for signature in self.of(key) {
            let (time, bytes) = signature.bytes.split_first_chunk::<8>().ok_or(NoteError::NotSigned)?;
            let bytes = <[u8; 64]>::try_from(bytes).map_err(|_| NoteError::NotSigned)?;
            let time = u64::from_be_bytes(*time);
            key.key().verify_note(&cosigned(&self.text, time), &bytes).map_err(|_| NoteError::NotSigned)?;
            found = Ok(time);
        }
        if key.kind() == KeyKind::Witness { found } else { Err(NoteError::NotSigned) }
    }

    fn of(&self, key: &VerifierKey) -> impl Iterator<Item = &NoteSignature> {
        let id = key.id();
        self.signatures.iter().filter(move |signature| signature.name == key.name() && signature.id == id)
    }
}

impl NoteSignature {
    /// Whose it says that it is.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn parse(line: &str) -> Result<Self, NoteError> {
        let (name, bytes) =
            line.strip_prefix(DASH).and_then(|line| line.split_once(' ')).ok_or(NoteError::Malformed)?;
        let bytes = STANDARD.decode(bytes).map_err(|_| NoteError::Malformed)?;
        let (id, bytes) = bytes.split_first_chunk::<4>().ok_or(NoteError::Malformed)?;
        if !is_name(name) || bytes.is_empty() {
            return Err(NoteError::Malformed);
        }
        Ok(Self { name: name.to_owned(), id: *id, bytes: bytes.to_vec() })
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.id.as_slice(), &self.bytes].concat();
        write!(f, "{DASH}{} {}", self.name, STANDARD.encode(bytes))
    }
}

/// What a witness signs: C2SP tlog-cosignature, "Ed25519 signed message".
fn cosigned(text: &str, unix_seconds: u64) -> String {
    format!("cosignature/v1\ntime {unix_seconds}\n{text}")
}

#[cfg(test)]
mod tests {
    use cowl_core::Secret;

    use super::*;

    /// From C2SP's signed-note.
    const EXAMPLE: &str = "This is an example message.\n\n\u{2014} example.com/foo \
         Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
    const KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

    #[test]
    fn the_example_of_the_specification_verifies_and_no_altered_one() {
        let key = VerifierKey::parse(KEY).unwrap();
        let note = Note::parse(EXAMPLE.as_bytes()).unwrap();
        assert_eq!(note.text(), "This is an example message.\n");
        assert_eq!(note.verify(&key), Ok(()));
        assert_eq!(note.to_string(), EXAMPLE);
        for at in 0..EXAMPLE.len() {
            for bit in 0..8 {
                let mut altered = EXAMPLE.as_bytes().to_vec();
                altered[at] ^= 1 << bit;
                assert!(
                    Note::parse(&altered).and_then(|note| note.verify(&key)).is_err(),
                    "byte {at} bit {bit}"
                );
            }
            assert!(Note::parse(&EXAMPLE.as_bytes()[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_witness_signs_the_time_too_and_its_key_is_no_logs() {
        let secret = AuthorityKey::new(&Secret::new([3; 32]));
        let witness = VerifierKey::new("w.example/1", KeyKind::Witness, secret.public()).unwrap();
        let log = VerifierKey::new("w.example/1", KeyKind::Log, secret.public()).unwrap();
        assert_ne!(witness.id(), log.id());
        let mut note = Note::new("cowl/00\n3\nAAAA\n".to_owned());
        note.cosign(&witness, &secret, 1_679_315_147).unwrap();
        let note = Note::parse(note.to_string().as_bytes()).unwrap();
        assert_eq!(note.verify_witness(&witness), Ok(1_679_315_147));
        assert!(note.verify(&witness).is_err() && note.verify(&log).is_err());
        let mut later = note.clone();
        later.signatures[0].bytes[7] ^= 1;
        assert!(later.verify_witness(&witness).is_err());
        // Signing again replaces.
        let mut again = note;
        again.cosign(&witness, &secret, 1_700_000_000).unwrap();
        assert_eq!((again.signatures.len(), again.verify_witness(&witness)), (1, Ok(1_700_000_000)));
    }

    #[test]
    fn signatures_of_unknown_keys_are_passed_over_and_a_false_one_of_a_known_key_is_not() {
        let key = VerifierKey::parse(KEY).unwrap();
        let unknown = format!("{EXAMPLE}\u{2014} someone/else AAAAAAAA\n");
        assert_eq!(Note::parse(unknown.as_bytes()).unwrap().verify(&key), Ok(()));
        let mut note = Note::parse(EXAMPLE.as_bytes()).unwrap();
        let mut false_one = note.signatures[0].clone();
        false_one.bytes[5] ^= 1;
        note.signatures.push(false_one);
        assert_eq!(note.verify(&key), Err(NoteError::NotSigned));
    }
}
