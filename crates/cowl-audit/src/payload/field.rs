//! What a found field is: kind, precision, where it stood.

use core::fmt;
use core::ops::Range;

use serde::Serialize;

/// The kinds, each with its name in one place, so that none is left out of [`Kind::ALL`].
macro_rules! kinds {
    ($($(#[$meaning:meta])* $kind:ident = $name:literal,)*) => {
        /// What a field says.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum Kind {
            $($(#[$meaning])* $kind,)*
        }

        impl Kind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// The kind in words.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }
    };
}

kinds! {
    /// Latitude and longitude in one value (`48.85,2.29`).
    Position = "position",
    /// Latitude alone; counted together with a longitude as one position.
    Latitude = "latitude",
    /// Longitude alone; counted together with a latitude as one position.
    Longitude = "longitude",
    /// Height above something.
    Altitude = "altitude",
    /// Speed, course, accuracy of a position.
    Motion = "motion",
    /// A grid reference of the Military Grid Reference System.
    Mgrs = "MGRS cell",
    /// A cell of the H3 grid.
    H3Cell = "H3 cell",
    /// A geohash.
    Geohash = "geohash",
    /// A zone, place or address in words or as a code.
    PlaceName = "place name",
    /// An IP address.
    IpAddress = "IP address",
    /// A hardware address.
    MacAddress = "MAC address",
    /// A telephone number.
    Phone = "phone number",
    /// An e-mail address.
    Email = "e-mail address",
    /// A person's name; recognised by its key only.
    PersonName = "person's name",
    /// An account or user identifier.
    UserId = "user id",
    /// A device's identifier.
    DeviceId = "device id",
    /// The MQTT client identifier, where its shape says nothing more.
    ClientId = "client id",
    /// A token that stands for somebody (`V-001`): it does not say who, but it repeats.
    Pseudonym = "pseudonym",
    /// Some other identifier.
    Id = "identifier",
    /// A recipient's or sender's key id in an encryption header.
    KeyId = "key id",
    /// A password, bearer token or other credential in the clear.
    Credential = "credential",
    /// Triage class, priority, alarm.
    Severity = "severity",
    /// Vital signs, condition, medication.
    Health = "health",
    /// Age, sex, nationality and the like.
    Demographic = "demographic",
    /// A point in time.
    Timestamp = "timestamp",
    /// A temperature.
    Temperature = "temperature",
    /// A battery's charge or voltage.
    Battery = "battery",
    /// Any other number.
    Number = "number",
    /// True or false.
    Flag = "flag",
    /// One word or code that none of the above explains.
    Word = "word",
    /// Text of several words.
    FreeText = "free text",
    /// A topic level that says what sort of data this is.
    Subject = "subject",
}

impl Kind {
    /// Whether the value leads to one person or device: such values are what people are counted by.
    pub const fn identifies(self) -> bool {
        matches!(
            self,
            Self::IpAddress
                | Self::MacAddress
                | Self::Phone
                | Self::Email
                | Self::PersonName
                | Self::UserId
                | Self::DeviceId
                | Self::ClientId
                | Self::Pseudonym
                | Self::Id
                | Self::KeyId
                | Self::Credential
        )
    }

    /// A number for tables in memory; not stable.
    pub(crate) const fn number(self) -> u8 {
        self as u8
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// How much of the value stands there. The thresholds are in [`counting_rule`](crate::counting_rule).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// Rounded, truncated, replaced by a label of an area or by a pseudonym.
    Coarse,
    /// The value itself.
    Exact,
}

/// Where in the message a field stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Source {
    /// In the application message.
    Payload,
    /// In a topic level.
    Topic,
    /// In the client identifier.
    ClientId,
    /// In the user name.
    UserName,
    /// In a user property.
    UserProperty,
    /// In a will's topic or payload.
    Will,
    /// In the connection itself.
    Connection,
}

impl Source {
    /// A number for tables in memory; not stable.
    pub(crate) const fn number(self) -> u8 {
        self as u8
    }

    /// Where that is, in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Payload => "payload",
            Self::Topic => "topic",
            Self::ClientId => "client id",
            Self::UserName => "user name",
            Self::UserProperty => "user property",
            Self::Will => "will",
            Self::Connection => "connection",
        }
    }
}

/// Whether the purpose of the system needs the field: only a policy can say, so an extractor says `Unknown`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// Nothing to judge by.
    #[default]
    Unknown,
    /// Some recipient needs it.
    Needed,
    /// No recipient needs it.
    NotNeeded,
}

/// A field as the scan meets it: borrowed, nothing is allocated.
#[derive(Debug, Clone)]
pub struct FieldRef<'a> {
    /// What it says.
    pub kind: Kind,
    /// How precisely.
    pub precision: Precision,
    /// Where it stood.
    pub source: Source,
    /// Its key, if it had one.
    pub key: Option<&'a [u8]>,
    /// Its value as it stood there, without quotes, unwrapped.
    pub value: &'a [u8],
    /// Bytes of `source` that hold it; for a wrapped value the bytes of the whole wrapping.
    pub span: Range<usize>,
    /// How many layers (base64, hex, gzip, a JSON text in a string …) were peeled off to reach it.
    pub layers: u8,
    /// Whether it is the clear part of an encryption header, such as a Fernet token's time.
    pub of_envelope: bool,
}

/// A found field, owned, with its example masked so that it may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Field {
    /// What it says.
    pub kind: Kind,
    /// How precisely.
    pub precision: Precision,
    /// Where it stood.
    pub source: Source,
    /// Its key, if it had one, at most 64 bytes of it.
    pub key: Option<String>,
    /// Bytes of `source` that hold it.
    pub span: Range<usize>,
    /// How many layers were peeled off to reach it.
    pub layers: u8,
    /// Whether the purpose needs it.
    pub need: Need,
    /// Shape of the value: at most its first two characters, the rest masked.
    pub example: String,
}

impl FieldRef<'_> {
    /// An owned, masked copy.
    pub fn to_field(&self) -> Field {
        Field {
            kind: self.kind,
            precision: self.precision,
            source: self.source,
            key: self.key.map(|key| String::from_utf8_lossy(key.get(..64).unwrap_or(key)).into_owned()),
            span: self.span.clone(),
            layers: self.layers,
            need: Need::Unknown,
            example: mask(self.value),
        }
    }
}

/// The shape of a value without the value: one character in eight is kept from the front, two at most; other letters and
/// digits become `*`, punctuation stays, and the whole is cut at 24 characters.
pub fn mask(value: &[u8]) -> String {
    const SHOWN: usize = 24;
    let text = String::from_utf8_lossy(value);
    let keep = (text.chars().count() / 8).min(2);
    let mut masked: String = text
        .chars()
        .take(SHOWN)
        .enumerate()
        .map(|(place, letter)| {
            if letter.is_control() {
                '.'
            } else if place < keep || (letter.is_ascii_punctuation() && letter != '*') || letter == ' ' {
                letter
            } else {
                '*'
            }
        })
        .collect();
    if text.chars().nth(SHOWN).is_some() {
        masked.push('…');
    }
    masked
}
