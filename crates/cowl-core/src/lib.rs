//! The pure core of Cowl.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod anonymity;
mod block;
mod body;
mod calendar;
mod census;
mod clock;
mod clones;
mod confirmation;
mod counts;
mod credential;
pub mod custody;
mod decimal;
mod delay;
mod envelope;
pub mod exchange;
mod help;
mod ids;
mod instant;
mod layout;
mod live;
mod manifest;
mod places;
pub mod policy;
mod position;
mod preset;
mod pseudonym;
mod reading;
mod receiver;
mod reduce;
mod relay_keyring;
mod renewal;
mod report;
mod responder_keyring;
pub mod schedule;
mod secret;
mod signing;
mod siv;
mod slots;
mod ticket;
pub mod tokens;
mod value;
mod withdrawal;
mod zone;

pub use anonymity::{Coarsened, Withheld};
pub use body::{Body, BodyError};
pub use calendar::{Calendar, Epoch};
pub use census::Census;
pub use clock::EpochClock;
pub use clones::{CloneMark, CloneMarks};
pub use confirmation::{ConfirmationAnswer, ConfirmationRequest, StoreKind};
pub use counts::{Count, Counts};
pub use credential::{
    Credential, CredentialError, DangerousKeys, DeviceKeyring, Login, Member, Membership, RoleKeyring,
};
pub use decimal::{Decimal, MAX_DECIMALS};
pub use delay::Delay;
pub use envelope::{
    Awaited, DeviceKeys, Header, Mode, RelayOpener, RelayPublicKey, RelayRefused, RelaySealer, SealError,
    Sealed, Shards, Unwrapped, WalkInPublicKey, WalkInSealer,
};
pub use help::{HelpAnswer, HelpKey, HelpRequest};
pub use ids::{
    Counter, ErasureHandle, FieldIndex, MemberId, OperationId, Place, PolicyVersion, ReportId, RoleIndex,
};
pub use layout::{HEADER_LEN, Layout, MESSAGE_ID_LEN, PART_OVERHEAD, RolePart, WalkInSuite};
pub use live::LivePlaces;
pub use manifest::{
    Addressee, Alert, AlertKeys, Beacon, BeaconError, BeaconSecrets, Bulletin, BulletinError, Bundle,
    BundleError, Command, DeviceNews, Dispatch, DispatchError, Draft as DispatchDraft, Erasure, Erasures,
    ErasuresError, Generation, Handout, LaneKey, MAX_BUNDLE, MAX_COMMANDS, Manifest, ManifestError,
    NoticeHash, RelayKeys, Section, SignedManifest, WalkInKeys,
};
pub use places::Places;
pub use policy::{Draft, Policy, PolicyError};
pub use position::{Position, PositionError};
pub use preset::Preset;
pub use pseudonym::{NotAPseudonym, Pseudonym};
pub use reading::{MAX_DEPTH, MAX_LINE, MAX_MEMBERS, MemberError, Members, RawValue, Reading};
pub use receiver::{Opened, Received, Receiver, Refused, Sender, WalkInLimits, WalkInMark, Windows};
pub use reduce::{Notice, Notices, Problem, ReduceError, Reduced, Surroundings};
pub use relay_keyring::RelayKeyring;
pub use renewal::{NotItsKeys, RenewalAnswer, RenewalRequest, RenewedKeys};
pub use report::Report;
pub use responder_keyring::ResponderKeyring;
pub use secret::Secret;
pub use signing::{Authority, AuthorityKey, Fingerprint, NotANote, NotSigned};
pub use slots::{Capacity, DailyBytes, Slot, Slots};
pub use ticket::{
    Grant, JoinAnswer, JoinRequest, NotAnAddress, PACKAGE_LIMIT, Package, PackageError, ServiceAddress,
    Ticket, TicketError, Token,
};
pub use value::{ExactPosition, Value, rfc3339, unix_seconds};
pub use withdrawal::{NotACode, WithdrawalCode};
pub use zone::{
    Bounds, Corner, H3Resolution, H3ResolutionError, LabelError, Ladder, LadderError, Level, LevelIndex,
    MgrsGrain, NamedPolygon, Polygons, PolygonsError, Ring, System, Zone, ZoneExtent, ZoneLabel,
};
