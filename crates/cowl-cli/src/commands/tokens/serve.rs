//! `cowl tokens serve`: a broker of another make asks here.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use clap::Args;
use cowl::{client::Topics, operation::BrokerFolder, service::http::AdmissionListener, tokens::Gatekeeper};

use crate::{
    exit::Exit,
    failure::Failure,
    machine::{self, Stop},
    printer::Printer,
};

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
The broker posts `username`, `password` and `clientid`, as a form or as JSON, to any path, and is answered in JSON: allow with the \
rules for that connection, deny, or ignore for another user name than `token`; let that user name's connections in by nothing else. \
Asked what a connection may do (`access`, `topic`), it says allow or deny: rules reach no topic that begins with `$`. \
Reads manifest.cowl and tokens.key of DIR, which may be a copy of these two on the broker's machine (tokens.key changes with \
each period), and keeps in tokens.spent there what was used: one such process for all brokers of an operation.

RMQTT, rmqtt-auth-http.toml:
  deny_if_error = true
  http_auth_req.url = \"http://127.0.0.1:8090/\"
  http_auth_req.method = \"post\"
  http_auth_req.headers = { content-type = \"application/x-www-form-urlencoded\" }
  http_auth_req.params = { clientid = \"%c\", username = \"%u\", password = \"%P\" }
  http_acl_req.url = \"http://127.0.0.1:8090/\"
  http_acl_req.method = \"post\"
  http_acl_req.params = { access = \"%A\", clientid = \"%c\", username = \"%u\", topic = \"%t\" }
RMQTT publishes what a client left as its will without asking anybody: a member can put one on any topic.
EMQX 5, authorization.no_match = deny and an HTTP authenticator: method post, URL http://127.0.0.1:8090/,
  body { \"clientid\": \"${clientid}\", \"username\": \"${username}\", \"password\": \"${password}\" }";

/// The arguments of `cowl tokens serve`.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub(crate) struct Serve {
    /// The operation's folder, or one with a copy of its manifest.cowl and tokens.key
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// Address and port to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
}

impl Serve {
    pub(crate) async fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        let mut stop = Stop::new()?;
        let manifest = BrokerFolder::manifest_of(&self.folder)?;
        if manifest.policy.tokens.is_none() {
            return Err(Failure::new(Exit::Keys, "the operation's policy has no tokens")
                .hint("set `tokens = true` in policy.toml; `cowl serve` follows"));
        }
        if !self.listen.ip().is_loopback() {
            printer.warning(
                "listening beyond this machine in clear: whoever is on that network can read tokens on the way and use them first",
            );
        }
        let gatekeeper = Arc::new(Gatekeeper::open(&self.folder, machine::now)?);
        let failed = |error: std::io::Error| {
            Failure::new(Exit::Unreachable, format!("cannot listen on {}", self.listen)).because(&error)
        };
        let listener = AdmissionListener::bind(self.listen).await.map_err(failed)?;
        printer.note(&format!("judging tokens at http://{}", listener.address().map_err(failed)?));
        let topics = Topics::of(&manifest);
        listener.run(Arc::clone(&gatekeeper), &topics, stop.wanted()).await?;
        let judged = gatekeeper.judgements();
        printer.note(&format!(
            "ended: {} let in; refused: {} used before, {} not good, {} that could not be judged",
            judged.admitted, judged.spent, judged.bad, judged.failed
        ));
        Ok(Exit::Done)
    }
}
