//! Why something protected cannot be opened or made.

/// Why a file of keys stays closed, or could not be closed. Tells nothing of what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RestError {
    /// Nobody gave a passphrase.
    #[error("it is locked, and no passphrase was given")]
    NoPassphrase,
    /// None of the passphrases given is its own.
    #[error("it is locked with another passphrase")]
    WrongPassphrase,
    /// `COWL_PASSPHRASE_FILE` names a file that cannot be read.
    #[error("the file that COWL_PASSPHRASE_FILE names cannot be read, or others can read it too")]
    PassphraseFile,
    /// It is for an age identity, and none that was given opens it.
    #[error("it is encrypted for an age identity that was not given")]
    NoIdentity,
    /// It begins as an age file and does not go on as one, or was altered.
    #[error("it is a damaged or cut-off age file")]
    Damaged,
    /// A passphrase that would take hours and all memory to try.
    #[error("it asks for more work for each passphrase than this program does")]
    TooMuchWork,
    /// The folder's `lock.age` is gone, or is another folder's.
    #[error("it is locked by a folder key, and lock.age is not beside it or not its own")]
    NoFolderKey,
    /// A passphrase so short that it is tried out in no time.
    #[error("a passphrase has 8 characters at least")]
    TooShort,
    /// There is nothing to lock.
    #[error("it is locked already")]
    AlreadyLocked,
    /// There is nothing to unlock.
    #[error("it is not locked")]
    NotLocked,
    /// It is closed for an identity, not by a passphrase.
    #[error("it is encrypted for an age identity, which no passphrase takes away")]
    ForAnIdentity,
    /// Not the text of an age recipient.
    #[error("not an age recipient: those begin with age1 or, against quantum computers too, age1pq1")]
    NotARecipient,
    /// A recipient of a kind that this program does not make.
    #[error("recipients of this kind (plugins, tags, SSH keys) are not supported: use age1… or age1pq1…")]
    OtherRecipient,
    /// Recipients of which only some withstand quantum computers.
    #[error("age1… and age1pq1… cannot be mixed: the weaker one would open it for both")]
    MixedRecipients,
    /// Not a file of age identities.
    #[error("not a file of age identities: its lines begin with AGE-SECRET-KEY-1 or AGE-SECRET-KEY-PQ-1")]
    NotAnIdentity,
    /// An identity of a kind that this program does not use.
    #[error("identities of this kind (plugins, SSH keys) are not supported: make one with age-keygen")]
    OtherIdentity,
    /// The kernel keeps no keys for this process.
    #[error("the kernel's key ring cannot be used here")]
    NoKeyRing,
}

impl RestError {
    /// What to do about it.
    pub const fn hint(self) -> Option<&'static str> {
        Some(match self {
            Self::NoPassphrase | Self::WrongPassphrase => {
                "type it on a terminal, or name a file that holds it: COWL_PASSPHRASE_FILE=FILE"
            }
            Self::PassphraseFile => "the variable names a file that only you can read: chmod 600",
            Self::NoIdentity => "name the file of the identity: --identity FILE, or COWL_IDENTITY=FILE",
            Self::TooMuchWork => "open it with the `age` program, and lock it anew",
            Self::Damaged => "take it from a backup: cowl restore, or cowl recover",
            Self::NoFolderKey => "put the folder's lock.age back: without it nothing here opens",
            Self::AlreadyLocked => "to change the passphrase, `cowl unlock` it first",
            Self::NoKeyRing => "containers often forbid it: use COWL_PASSPHRASE_FILE",
            _ => return None,
        })
    }
}
