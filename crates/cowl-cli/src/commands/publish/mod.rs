//! `cowl pub`: reports go out, sealed to the roles that may read them.
//!
//! The stages, one file each: `input` reads, `reducer` reduces (both on the thread of `feed`), `sealer` seals, `send`
//! sends. `rehearsal` goes through it without sending, for `preview` and `confirm`. `member` and `habits` are who sends, and what of him is seen.

mod arguments;
mod await_help;
pub(super) mod confirm;
mod delay;
mod feed;
mod habits;
pub(super) mod heard;
mod input;
mod member;
mod preview;
mod progress;
mod reducer;
mod rehearsal;
mod renewal;
mod sealer;
mod send;
mod tally;
mod tokens;
pub(super) mod told;

pub(crate) use arguments::Publish;
pub(crate) use await_help::AwaitHelp;

use std::sync::Arc;

use cowl::transport::{Endpoint, Options};
use cowl_core::{Position, SignedManifest};
use tokio::sync::mpsc;

use confirm::Terminal;
use delay::Held;
use feed::Batch;
use habits::Extras;
use heard::Alerts;
use input::{Input, Piece};
use member::{Member, Protection};
use preview::Preview;
use reducer::{Newest, Reducer};
use rehearsal::Rehearsal;
use renewal::Renewals;
use sealer::Sealer;
use send::{ExposedOutlet, Outlet, SealedOutlet, Voice};
use tally::Tally;
use tokens::Tokens;
use told::Consent;

use crate::{exit::Exit, failure::Failure, printer::Printer};

/// Everything that is known before connecting.
struct Prepared {
    input: Input,
    topic: Option<String>,
    member: Member,
    options: Options,
    extras: Extras,
    consent: Consent,
}

impl Publish {
    pub(crate) async fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        let prepared = self.prepare()?;
        if let Protection::Dangerous(preset) = &prepared.member.protection {
            printer.warning(preset.warning());
        }
        if self.sending.preview {
            let mut voice = Voice::new(printer, self.sending.debug, true);
            let rehearsal = self.rehearsal(&prepared, &prepared.member.manifest);
            let mut reducer = Reducer::offline(&prepared.member);
            prepared.consent.apply(&mut reducer);
            return rehearsal.print(&mut reducer, self.sending.json, &mut voice);
        }
        if prepared.input.is_single() && !is_sound(&prepared, printer)? {
            return Ok(Exit::Input);
        }
        let terminal = self.sending.confirm.then(|| Terminal::find(prepared.input.is_stdin())).transpose()?;
        let endpoint = match &self.sending.relay {
            Some(relay) => self.connection.endpoint_at(relay)?,
            None => self.connection.endpoint(None)?,
        };
        self.connection.warn_if_exposed(&endpoint, printer);
        let voice = Voice::new(printer, self.sending.debug, self.sending.quiet);
        if matches!(prepared.member.protection, Protection::Dangerous(_)) {
            Box::pin(self.send_exposed(prepared, endpoint, terminal, voice)).await
        } else {
            Box::pin(self.send_sealed(prepared, endpoint, terminal, voice)).await
        }
    }

    fn prepare(&self) -> Result<Prepared, Failure> {
        if self.input.null {
            return Err(Failure::usage(
                "-n is refused: an empty report says that somebody is there, and nothing else",
            )
            .hint("send a report with at least one field"));
        }
        let input = Input::of(&self.input)?;
        let member = Member::of(&self.who)?;
        if self.consent.receipt.is_some() && member.manifest.preset.is_dangerous() {
            return Err(Failure::usage(
                "--receipt is for preset `cowl`: under a dangerous preset nothing can be taken back",
            ));
        }
        if self.consent.await_help.is_some() && member.manifest.preset.is_dangerous() {
            return Err(Failure::usage(
                "--await-help is for preset `cowl`: under a dangerous preset nothing is shared with one role alone",
            ));
        }
        if self.sending.relay.is_some() && member.manifest.preset.is_dangerous() {
            return Err(Failure::usage("--relay is for preset `cowl`: a dangerous preset seals nothing"));
        }
        // A relay knows none of the operation's logins.
        let login = member.login.as_ref().filter(|_| self.sending.relay.is_none());
        let mut options = self.connection.options(&member.manifest, login)?;
        let extras = if member.manifest.preset.is_dangerous() {
            self.identifying.apply(&mut options)?
        } else {
            self.identifying.refuse()?;
            Extras::default()
        };
        let topic = self.input.topic.as_deref().or(self.connection.url_topic()).map(str::to_owned);
        input.check()?;
        let consent = Consent::of(&self.consent, self.sending.confirm, &member.manifest)?;
        Ok(Prepared { input, topic, member, options, extras, consent })
    }

    fn rehearsal<'a>(&self, prepared: &'a Prepared, manifest: &'a SignedManifest) -> Rehearsal<'a> {
        let Prepared { input, topic, member, options, extras, .. } = prepared;
        let login =
            self.connection.login().as_ref().or(member.login.as_ref()).map(|login| login.user.clone());
        let protection = &member.protection;
        let preview = Preview { manifest, protection, login, options, extras, qos: self.sending.qos };
        Rehearsal { input, topic: topic.as_deref(), preview }
    }

    async fn send_sealed(
        &self,
        mut prepared: Prepared,
        endpoint: Endpoint,
        terminal: Option<Terminal>,
        mut voice: Voice<'_>,
    ) -> Result<Exit, Failure> {
        let mut alerts = Alerts::of(&prepared.member, self.consent.await_help.as_deref())?;
        alerts.be_at(here(&prepared)?);
        let mut sealer = match &prepared.member.protection {
            Protection::Enrolled(path) => Sealer::enrolled(path, alerts)?,
            _ => Sealer::walk_in(prepared.member.manifest.clone(), alerts),
        };
        if self.sending.relay.is_some() {
            sealer = sealer.wrapping();
        }
        let traffic = sealer.manifest().policy.traffic.clone();
        let is_delayed = traffic.phone_delay_seconds > 0 && !self.sending.now;
        if traffic.phone_delay_seconds > 0 && self.sending.now && !self.sending.quiet {
            voice.note("sending at once: whoever watches the network learns when this was reported");
        }
        let is_one = self.is_one(&prepared.input);
        let held = if is_delayed && !is_one { Held::by(&traffic)? } else { Held::none() };
        let (mut terminal, mut confirmed) = (terminal, None);
        if is_delayed && is_one {
            // What is confirmed is what a beacon would only make finer: nothing is connected before the delay is over.
            if let Some(terminal) = terminal.take() {
                let mut reducer = Reducer::offline(&prepared.member);
                confirmed = self.confirm(&mut prepared, &sealer, &mut reducer, terminal, &mut voice)?;
                if confirmed.is_none() {
                    return Ok(declined(&mut voice));
                }
            }
            if !delay::wait(&traffic, self.sending.quiet, &mut voice).await? {
                return Err(Failure::new(Exit::Input, "ended before the delay was over; nothing was sent"));
            }
        }
        let wait = self.sending.beacon_wait;
        let notices = send::listen(&endpoint, &prepared.options, &mut sealer, wait, &mut voice).await?;
        let way = self.sending.relay.is_none().then(|| (endpoint.clone(), prepared.options.clone()));
        let mut renewals = Renewals::over(way);
        renewals.look(&mut sealer, &mut voice).await;
        let mut tokens = self.tokens(&prepared, &endpoint);
        tokens.look(&sealer, &mut voice).await?;
        let newest = Newest::new(sealer.world());
        let mut reducer = Reducer::by_policy(newest.clone(), Arc::clone(&prepared.member.whose));
        if let Some(terminal) = terminal {
            confirmed = self.confirm(&mut prepared, &sealer, &mut reducer, terminal, &mut voice)?;
            if confirmed.is_none() {
                return Ok(declined(&mut voice));
            }
        } else if confirmed.is_none() {
            prepared.consent.apply(&mut reducer);
            prepared.consent.write_receipt(sealer.manifest(), None, &mut voice)?;
        }
        let Prepared { input, topic, options, .. } = prepared;
        let options = tokens.admitted(&options, &sealer, self.sending.urgent);
        let outbox = send::outbox(endpoint, options, &sealer, self.sending.qos).await?;
        let batches = confirmed.map_or_else(|| feed::start(input, reducer, topic), Batch::alone);
        let outlet = SealedOutlet { sealer: &mut sealer, outbox, notices, newest, held, renewals, tokens };
        Box::pin(self.carry_out(Outlet::Sealed(Box::new(outlet)), batches, voice)).await
    }

    /// The tokens of an enrolled sender at the operation's broker, unless the command line names a login.
    fn tokens(&self, prepared: &Prepared, endpoint: &Endpoint) -> Tokens {
        match &prepared.member.protection {
            Protection::Enrolled(path)
                if self.sending.relay.is_none() && self.connection.login().is_none() =>
            {
                Tokens::of(path.clone(), endpoint.clone(), prepared.options.clone())
            }
            _ => Tokens::none(),
        }
    }

    /// Whether there is one report to send, and not a stream of them.
    const fn is_one(&self, input: &Input) -> bool {
        self.input.message.is_some() || self.input.whole || input.is_single()
    }

    /// Shows what would be sent and asks; `None`: it is not wanted.
    fn confirm(
        &self,
        prepared: &mut Prepared,
        sealer: &Sealer,
        reducer: &mut Reducer,
        mut terminal: Terminal,
        voice: &mut Voice<'_>,
    ) -> Result<Option<Batch>, Failure> {
        let manifest = sealer.manifest();
        prepared.consent.warn(voice);
        prepared.consent.ask(&manifest.policy, &mut terminal)?;
        prepared.consent.apply(reducer);
        let messages = prepared.consent.messages();
        let confirmed = self.rehearsal(prepared, manifest).confirm(reducer, &mut terminal, messages)?;
        if confirmed.is_some() {
            prepared.consent.write_receipt(manifest, Some(&mut terminal), voice)?;
        }
        Ok(confirmed)
    }

    async fn send_exposed(
        &self,
        mut prepared: Prepared,
        endpoint: Endpoint,
        terminal: Option<Terminal>,
        mut voice: Voice<'_>,
    ) -> Result<Exit, Failure> {
        let mut reducer = Reducer::offline(&prepared.member);
        let confirmed = match terminal {
            None => None,
            Some(mut terminal) => {
                prepared.consent.warn(&mut voice);
                prepared.consent.ask(&prepared.member.manifest.policy, &mut terminal)?;
                prepared.consent.apply(&mut reducer);
                let rehearsal = self.rehearsal(&prepared, &prepared.member.manifest);
                match rehearsal.confirm(&mut reducer, &mut terminal, prepared.consent.messages())? {
                    Some(batch) => Some(batch),
                    None => return Ok(declined(&mut voice)),
                }
            }
        };
        let Prepared { input, topic, options, extras, .. } = prepared;
        let outlet = ExposedOutlet::connect(&endpoint, &options, extras, self.sending.qos).await?;
        let batches = confirmed.map_or_else(|| feed::start(input, reducer, topic), Batch::alone);
        Box::pin(self.carry_out(Outlet::Exposed(outlet), batches, voice)).await
    }

    async fn carry_out(
        &self,
        outlet: Outlet<'_>,
        batches: mpsc::Receiver<Batch>,
        mut voice: Voice<'_>,
    ) -> Result<Exit, Failure> {
        let mut tally = Tally::default();
        let (delivered, end) = Box::pin(outlet.run(batches, &mut tally, &mut voice)).await;
        let printer = voice.into_printer();
        let many = delivered.reports > 1 || delivered.refused + delivered.lost + delivered.sealed_again > 0;
        if !self.sending.quiet && (self.sending.debug || many || tally.is_eventful() || end.is_err()) {
            tally.print(delivered, printer);
        }
        end?;
        Ok(match (delivered.refused, tally.refused) {
            (1.., _) => Exit::Refused,
            (0, 1..) => Exit::Input,
            (0, 0) => Exit::Done,
        })
    }
}

/// Where a single report that is there at once is from.
fn here(prepared: &Prepared) -> Result<Option<Position>, Failure> {
    if !prepared.input.is_single() {
        return Ok(None);
    }
    Ok(match prepared.input.open(|| ())?.next() {
        Some(Piece::Reading(reading, _)) => prepared.member.manifest.policy.place_of(&reading),
        _ => None,
    })
}

/// Whether a single report can be sent at all, before anything is connected for it.
fn is_sound(prepared: &Prepared, printer: &mut Printer) -> Result<bool, Failure> {
    let mut pieces = prepared.input.open(|| ())?;
    let fault = match pieces.next() {
        None => return Ok(true),
        Some(Piece::Fault(fault)) => fault,
        Some(Piece::Broken(failure)) => return Err(failure),
        Some(Piece::Reading(reading, line)) => {
            match Reducer::offline(&prepared.member).take(reading, prepared.topic.as_deref()) {
                Ok(_) => return Ok(true),
                Err(problem) => pieces.fault(line, problem),
            }
        }
    };
    Voice::new(printer, false, true).fault(fault);
    Ok(false)
}

fn declined(voice: &mut Voice<'_>) -> Exit {
    voice.note("nothing was sent");
    Exit::Input
}
