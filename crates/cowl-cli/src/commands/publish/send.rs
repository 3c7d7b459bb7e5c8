//! Sending: batches out, notices in, until the input ends.

use std::{borrow::Cow, collections::HashSet, future, time::Duration};

use cowl::{
    client::{Delivered, Notice, Notices, Outbox, Retry, Topics},
    transport::{self, Endpoint, Options, Publisher, Qos},
};
use cowl_core::Report;
use tokio::{sync::mpsc, time::timeout};

use super::{
    delay::{Held, Next},
    feed::Batch,
    habits::Extras,
    input::Fault,
    progress::Progress,
    reducer::{Newest, Outcome},
    renewal::Renewals,
    sealer::{Heard, Sealer},
    tally::Tally,
    tokens::Tokens,
};
use crate::{exit::Exit, failure::Failure, printer::Printer};

/// What a run says while it goes on.
pub(super) struct Voice<'a> {
    printer: &'a mut Printer,
    debug: bool,
    progress: Progress,
    hinted: HashSet<Cow<'static, str>>,
}

/// Where batches go.
pub(super) enum Outlet<'a> {
    /// Preset `cowl`: sealed, to the mailbox.
    Sealed(Box<SealedOutlet<'a>>),
    /// A dangerous preset.
    Exposed(ExposedOutlet),
}

/// Seals and sends; seals again what a lost connection left open.
pub(super) struct SealedOutlet<'a> {
    pub(super) sealer: &'a mut Sealer,
    pub(super) outbox: Outbox,
    pub(super) notices: Option<Notices>,
    pub(super) newest: Newest,
    pub(super) held: Held,
    pub(super) renewals: Renewals,
    pub(super) tokens: Tokens,
}

/// Sends as it is.
pub(super) struct ExposedOutlet {
    publisher: Publisher,
    extras: Extras,
    qos: Qos,
    next: u64,
}

impl<'a> Voice<'a> {
    /// To this printer.
    pub(super) fn new(printer: &'a mut Printer, debug: bool, quiet: bool) -> Self {
        Self { printer, debug, progress: Progress::new(quiet), hinted: HashSet::new() }
    }

    /// What happens, for those who asked.
    pub(super) fn debug(&mut self, text: &str) {
        if self.debug {
            self.note(text);
        }
    }

    /// One line.
    pub(super) fn note(&mut self, text: &str) {
        let Self { printer, progress, .. } = self;
        progress.aside(|| printer.note(text));
    }

    /// One line of data.
    pub(super) fn data(&mut self, text: &str) -> Result<(), Failure> {
        self.printer.data(text)
    }

    /// Input that was refused. Each hint is given once.
    pub(super) fn fault(&mut self, fault: Fault) {
        let mut failure = Failure::new(Exit::Input, fault.text);
        if let Some(hint) = fault.hint.filter(|hint| self.hinted.insert(hint.clone())) {
            failure = failure.hint(hint);
        }
        let Self { printer, progress, .. } = self;
        progress.aside(|| printer.failure(&failure));
    }

    /// The end of it.
    pub(super) fn into_printer(self) -> &'a mut Printer {
        self.progress.finish();
        self.printer
    }
}

impl ExposedOutlet {
    /// Connects.
    pub(super) async fn connect(
        endpoint: &Endpoint,
        options: &Options,
        extras: Extras,
        qos: Qos,
    ) -> Result<Self, Failure> {
        let publisher = Publisher::connect(endpoint, options).await?;
        Ok(Self { publisher, extras, qos, next: 0 })
    }
}

/// Listens for manifest and beacons, and waits a moment for the first ones. `None`: the broker does not let this
/// login read them.
pub(super) async fn listen(
    endpoint: &Endpoint,
    options: &Options,
    sealer: &mut Sealer,
    wait: Duration,
    voice: &mut Voice<'_>,
) -> Result<Option<Notices>, Failure> {
    let topics = Topics::of(sealer.manifest());
    let notices = match Notices::with_dispatches(endpoint, options, &topics).await {
        // A broker's rules may be older than dispatches.
        Err(error) if error.is_denied() => Notices::connect(endpoint, options, &topics).await,
        other => other,
    };
    let mut notices = match notices {
        Err(error) if error.is_denied() => {
            voice.note("the broker does not let this login read manifest and beacons; going on without");
            return Ok(None);
        }
        other => other?,
    };
    voice.debug("listening for manifest and beacons");
    // Dispatches come in front of the beacon that says which epoch it is.
    let mut dispatch = None;
    let first = async {
        let mut newest = None;
        loop {
            let notice = notices.next().await?;
            if let Notice::Dispatch(bytes) = notice {
                dispatch = Some(bytes);
                continue;
            }
            match take(sealer, &notice, voice) {
                Heard::Beacon(manifest) => newest = Some(manifest),
                Heard::SameBeacon => newest = newest.or(Some(0)),
                Heard::Manifest | Heard::Nothing | Heard::Refused(_) => {}
            }
            // A beacon that names a newer manifest is followed by it: the broker keeps both.
            if newest.is_some_and(|newest| newest <= sealer.manifest().version) {
                return Ok::<_, transport::Error>(());
            }
        }
    };
    match timeout(wait, first).await {
        Ok(heard) => heard?,
        Err(_) => voice.debug("no beacon came in time"),
    }
    if let Some(bytes) = dispatch {
        take(sealer, &Notice::Dispatch(bytes), voice);
    }
    voice.debug(&format!("sending in epoch {}", sealer.epoch().0));
    if sealer.is_restored() {
        voice.note("this device's state was lost or restored: it reports like a walk-in until the epoch after the next beacon");
    }
    Ok(Some(notices))
}

impl Outlet<'_> {
    /// Sends all batches; then waits until everything is delivered. What is wrong with single pieces of input is
    /// told and counted; the error is what ended the run.
    pub(super) async fn run(
        mut self,
        mut batches: mpsc::Receiver<Batch>,
        tally: &mut Tally,
        voice: &mut Voice<'_>,
    ) -> (Delivered, Result<(), Failure>) {
        let mut end = Ok(());
        loop {
            let mut batch = match Box::pin(self.next(&mut batches, voice)).await {
                Ok(Some(batch)) => batch,
                Ok(None) => break,
                Err(failure) => {
                    end = Err(failure);
                    break;
                }
            };
            tally.add(&batch);
            for fault in batch.faults.drain(..) {
                voice.fault(fault);
            }
            end = self.send(batch.outcomes).await;
            if let Some(failure) = batch.broken {
                end = end.and(Err(failure));
            }
            if end.is_err() {
                break;
            }
            voice.progress.at(self.delivered().reports);
        }
        // Nothing more is read; what was handed over before is seen through even when something failed.
        drop(batches);
        if let Self::Sealed(outlet) = &mut self {
            end = outlet.send_held(end, voice).await;
        }
        let so_far = self.delivered();
        match self.finish().await {
            Ok(delivered) => (delivered, end),
            Err(failure) => (so_far, end.and(Err(failure))),
        }
    }

    /// The next batch; meanwhile takes what the operation says.
    async fn next(
        &mut self,
        batches: &mut mpsc::Receiver<Batch>,
        voice: &mut Voice<'_>,
    ) -> Result<Option<Batch>, Failure> {
        loop {
            let Self::Sealed(outlet) = self else { return Ok(batches.recv().await) };
            let outlet = &mut **outlet;
            let has_room = !outlet.held.reports.is_full();
            let notices = &mut outlet.notices;
            let notice = async {
                match notices {
                    Some(notices) => notices.next().await,
                    None => future::pending().await,
                }
            };
            tokio::select! {
                biased;
                notice = notice => match notice {
                    Ok(notice) => match take(outlet.sealer, &notice, voice) {
                        Heard::Beacon(_) | Heard::Manifest => {
                            outlet.renewals.look(outlet.sealer, voice).await;
                            outlet.tokens.look(outlet.sealer, voice).await?;
                            outlet.newest.set(outlet.sealer.world());
                        }
                        Heard::SameBeacon | Heard::Nothing | Heard::Refused(_) => {}
                    },
                    Err(error) => {
                        voice.debug(&format!("no more beacons: {error}"));
                        outlet.notices = None;
                    }
                },
                next = outlet.held.next() => match next {
                    Next::Stop => return Ok(None),
                    Next::Due(identity, report) => outlet.send_now(identity, report).await?,
                },
                batch = batches.recv(), if has_room => return Ok(batch),
            }
        }
    }

    async fn send(&mut self, outcomes: Vec<Outcome>) -> Result<(), Failure> {
        for outcome in outcomes {
            match (&mut *self, outcome) {
                (Self::Sealed(outlet), Outcome::Report(identity, report)) => {
                    if outlet.held.reports.is_delaying() {
                        outlet.held.reports.hold((identity, report));
                    } else {
                        outlet.send_now(identity, report).await?;
                    }
                }
                (Self::Exposed(outlet), Outcome::Exposed(exposed)) => {
                    let publication = outlet.extras.add(exposed.dangerous_into_publication(outlet.qos));
                    outlet.publisher.enqueue(outlet.next, publication).await?;
                    outlet.next += 1;
                }
                // Fails closed: what is exposed has no way to a sealed outlet.
                (Self::Sealed(_), Outcome::Exposed(_)) | (Self::Exposed(_), Outcome::Report(..)) => {
                    return Err(Failure::internal("a report came on the wrong path; nothing was sent of it"));
                }
            }
        }
        Ok(())
    }

    fn delivered(&self) -> Delivered {
        match self {
            Self::Sealed(outlet) => outlet.outbox.delivered(),
            Self::Exposed(outlet) => Delivered { reports: outlet.next, ..Delivered::default() },
        }
    }

    async fn finish(self) -> Result<Delivered, Failure> {
        match self {
            Self::Sealed(outlet) => {
                let SealedOutlet { sealer, outbox, notices, .. } = *outlet;
                let mut seal = |identity: usize, report: &Report| sealer.seal(identity, report);
                let delivered = outbox.finish(&mut seal).await?;
                if let Some(notices) = notices {
                    // It only listened.
                    let _ = notices.disconnect().await;
                }
                Ok(delivered)
            }
            Self::Exposed(outlet) => {
                let mut delivered = Delivered { reports: outlet.next, ..Delivered::default() };
                if let Err(error) = outlet.publisher.flush().await {
                    if !error.is_denied() {
                        return Err(error.into());
                    }
                    delivered.refused = outlet.publisher.take_refusals().len() as u64;
                    delivered.reports -= delivered.refused;
                }
                outlet.publisher.disconnect().await?;
                Ok(delivered)
            }
        }
    }
}

/// Connects the outbox of preset `cowl`.
pub(super) async fn outbox(
    endpoint: Endpoint,
    options: Options,
    sealer: &Sealer,
    qos: Qos,
) -> Result<Outbox, transport::Error> {
    Outbox::connect(endpoint, options, Topics::of(sealer.manifest()), qos, Retry::default()).await
}

pub(super) fn take(sealer: &mut Sealer, notice: &Notice, voice: &mut Voice<'_>) -> Heard {
    if let Notice::Dispatch(bytes) = notice {
        sealer.hear_dispatch(bytes, |line| voice.note(line));
        return Heard::Nothing;
    }
    let heard = sealer.hear(notice);
    match heard {
        Heard::Beacon(_) => voice.debug(&format!("beacon: epoch {}", sealer.epoch().0)),
        Heard::SameBeacon => voice.debug("beacon: the one heard before"),
        Heard::Manifest => voice.debug(&format!("manifest: version {}", sealer.manifest().version)),
        Heard::Nothing => {}
        Heard::Refused(what) => voice.note(what),
    }
    heard
}
