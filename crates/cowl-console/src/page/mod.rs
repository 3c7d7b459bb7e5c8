//! The page on which a victim or volunteer reports, on a listener of its own: `cowl page`.
//!
//! Everything that decides runs in the browser, in `cowl-core` as WebAssembly: what is sent, what is coarsened, the sealing. This server
//! hands out the page's files and the operation's signed notices (`kept`), and carries the browser's MQTT to the broker (`tunnel`). It
//! has no key that opens or seals anything. It sees addresses and times, and which language is read: `THREATS.md` says what that is worth.
//!
//! To run one: [`Page::bind`], then [`Page::run`].

mod connection;
mod documents;
mod files;
mod gate;
mod kept;
mod limits;
mod notices;
mod server;
mod tunnel;
mod words;

use std::{net::SocketAddr, path::PathBuf};

use cowl::transport::{Endpoint, Options};
use cowl_core::{Login, SignedManifest};

pub use limits::PageLimits;
pub use server::{Page, PageError, PageEvent};

/// What a page is made of.
#[derive(Debug)]
pub struct PageConfig {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Certificate and key, to speak TLS 1.3; without, plain HTTP.
    pub tls: Option<PageTls>,
    /// The operation's manifest: newer ones of the same authority replace it.
    pub manifest: SignedManifest,
    /// The broker.
    pub endpoint: Endpoint,
    /// As whom the operation's notices are read there; any login that may.
    pub options: Options,
    /// The login that all who are not enrolled share. Every visitor gets it: it lets publish, and nothing else.
    pub walk_in: Login,
    /// What the page can be made to spend.
    pub limits: PageLimits,
}

/// What TLS is spoken with, in PEM.
#[derive(Debug)]
pub struct PageTls {
    /// The certificate, with its chain.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}
