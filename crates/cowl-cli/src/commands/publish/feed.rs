//! A thread that reads, parses and reduces ahead of the connection, in batches. Reading may block for ever, so it
//! cannot be a task.

use std::{cell::RefCell, rc::Rc, thread};

use cowl_core::Notices;
use tokio::sync::mpsc;

use super::{
    input::{Fault, Input, Piece},
    reducer::{Outcome, Reducer, Taken},
};
use crate::failure::Failure;

/// Reports in a batch. More costs memory and delay, fewer costs switching between threads.
const BATCH: usize = 256;
/// Batches that wait for the connection. Then reading waits, too.
const AHEAD: usize = 4;

/// Some reports, and what happened on the way.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// What is to be sent.
    pub(super) outcomes: Vec<Outcome>,
    /// What was refused.
    pub(super) faults: Vec<Fault>,
    /// What was left out of all reports.
    pub(super) notices: Notices,
    /// Inputs among the unknown ones that only said whose the reading was.
    pub(super) identities_dropped: u64,
    /// The input broke off.
    pub(super) broken: Option<Failure>,
}

impl Batch {
    /// Adds a reading that became something.
    pub(super) fn add(&mut self, taken: Taken) {
        self.notices.absorb(&taken.notices);
        self.identities_dropped += u64::from(taken.identity_dropped);
        self.outcomes.push(taken.outcome);
    }

    /// As all that there is to send.
    pub(super) fn alone(self) -> mpsc::Receiver<Self> {
        let (sender, receiver) = mpsc::channel(1);
        // There is room for one.
        let _ = sender.try_send(self);
        receiver
    }

    fn len(&self) -> usize {
        self.outcomes.len() + self.faults.len()
    }
}

/// Starts reading. The channel closes at the end of the input, or when nobody receives any more.
pub(super) fn start(input: Input, mut reducer: Reducer, topic: Option<String>) -> mpsc::Receiver<Batch> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    // It ends with the input or with the process: nobody has to wait for it.
    thread::spawn(move || {
        let batch = Rc::new(RefCell::new(Batch::default()));
        let hand_over = |batch: &RefCell<Batch>| {
            let full = batch.take();
            // Nobody receives any more: reading ends below.
            full.len() == 0 && full.broken.is_none() || sender.blocking_send(full).is_ok()
        };
        let mut pieces = {
            let (batch, hand_over) = (Rc::clone(&batch), hand_over);
            match input.open(move || {
                hand_over(&batch);
            }) {
                Ok(pieces) => pieces,
                Err(failure) => {
                    let broken = Batch { broken: Some(failure), ..Batch::default() };
                    let _ = sender.blocking_send(broken);
                    return;
                }
            }
        };
        while let Some(piece) = pieces.next() {
            if batch.borrow().len() == 0 {
                reducer.refresh();
            }
            {
                let mut batch = batch.borrow_mut();
                match piece {
                    Piece::Fault(fault) => batch.faults.push(fault),
                    Piece::Broken(failure) => batch.broken = Some(failure),
                    Piece::Reading(reading, line) => match reducer.take(reading, topic.as_deref()) {
                        Ok(taken) => batch.add(taken),
                        Err(problem) => batch.faults.push(pieces.fault(line, problem)),
                    },
                }
            }
            if batch.borrow().len() >= BATCH && !hand_over(&batch) || sender.is_closed() {
                return;
            }
        }
        hand_over(&batch);
    });
    receiver
}
