//! The relay: takes what phones wrapped for it, takes the wrap off, and publishes what is inside in its own slots.
//!
//! It sees addresses and no content; the operation's broker sees content's ciphertext and no address; and what a phone sends never
//! appears in the mailbox (spec §7.5). Phones publish to a broker of the relay's, which offers every message to [`Relay::take`].
//! What opens waits in a [`Queue`](crate::node::Queue) in no order, and leaves by [`uplink`](crate::node::uplink()) with the
//! [`RelayLoad`], among covers of the relay's own.
//!
//! - A wrapped message is taken once, ever: its mark is on disk with what was inside.
//! - Opening costs 0.2 ms, so there is a budget for it; walk-ins, whom no login keeps out, enter at the policy's rate.
//! - Phones that reach only the relay hear manifest and beacons from it: [`Relay::notices`].
//!
//! ```
//! use cowl::relay::{Relay, Taken, open_queue};
//! # use cowl::{client::Wrapper, keyring::{Sender, store_new}, operation::Operation, random::SystemRng};
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let (mut rng, now) = (SystemRng::new(), 1_800_000_000);
//! # let mut operation = Operation::create(&folder.path().join("ops"), now, &mut rng)?;
//! # let epoch = operation.epoch_at(now);
//! # let (credential, phone) = (folder.path().join("relay.cowl"), folder.path().join("phone.cowl"));
//! # store_new(&credential, &operation.enrol_relay("relay", epoch, &mut rng)?.credential, epoch)?;
//! # store_new(&phone, &operation.enrol_device("phone", epoch, &mut rng)?.credential, epoch)?;
//! # let mut sender = Sender::open(&phone)?;
//! # let cover = sender.cover();
//! # let sealed = sender.seal(0, &cover, 0)?.sealed;
//! # let mut wrapper = Wrapper::new(SystemRng::new());
//! # let wrapped = wrapper.wrap(sender.manifest(), epoch, &sealed)?.into_bytes();
//! let (relay, load) = Relay::open(&credential, open_queue(&credential)?)?; // `load` is for the uplink
//! let Taken::Kept(ticket) = relay.take(&wrapped) else { return Err("not taken".into()) };
//! ticket.await?; // it is on disk: acknowledge now
//! # drop(load);
//! # Ok(())
//! # }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
//! ```

mod body;
mod budget;
mod intake;
mod load;
mod secrets;

pub use intake::{Counts, Notices, Refusal, Relay, RelayError, Taken};
pub use load::RelayLoad;
pub use secrets::{open_queue, queue_key, queue_path};
