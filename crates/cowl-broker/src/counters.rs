//! What the broker counts: how often it refused what, never whom or where.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        /// The counters of a running broker.
        #[derive(Debug, Default)]
        pub(crate) struct Counters {
            $(pub(crate) $name: Counter,)+
        }

        impl Counters {
            /// The values now. Each is exact; they are not all of one instant.
            pub(crate) fn read(&self) -> Counts {
                Counts { $($name: self.$name.get(),)+ }
            }
        }

        /// How often what happened since the broker started.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Counts {
            $($(#[$doc])* pub $name: u64,)+
        }

        impl Counts {
            /// Name and value of each counter, in a fixed order.
            pub fn named(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$((stringify!($name), self.$name),)+].into_iter()
            }
        }
    };
}

counters! {
    /// Connections let in.
    connects_accepted,
    /// Refused: no user name or no password.
    connects_refused_anonymous,
    /// Refused: no such login, or the wrong password.
    connects_refused_login,
    /// Refused: the client announced a will, which only an operator and an unmodified device may.
    connects_refused_will,
    /// Refused: a login that keeps no sessions asked for one.
    connects_refused_session,
    /// Refused: the client id belongs to a session of another login.
    connects_refused_client_id,
    /// Refused: as many clients as [`Limits::connections`](crate::Limits::connections) were there already.
    connects_refused_full,
    /// Publishes dropped: the login may publish nothing, or was taken away.
    publishes_denied_right,
    /// Publishes dropped: not a topic that the login may publish to.
    publishes_denied_topic,
    /// Publishes of devices that the intake took.
    intake_taken,
    /// Of these, how many it could not keep after all.
    intake_not_kept,
    /// Publishes of devices that the intake refused: no room now.
    intake_refused_full,
    /// Publishes of devices that the intake refused: something failed.
    intake_refused_failed,
    /// Publishes of devices that the intake refused: not allowed.
    intake_refused_not_allowed,
    /// Publishes of devices that the intake refused: a payload that it cannot read.
    intake_refused_unreadable,
    /// Publishes of devices that the intake left to the broker.
    intake_local,
    /// Publishes dropped: retained, which only an operator may.
    publishes_denied_retained,
    /// Subscriptions refused.
    subscribes_denied,
    /// Retained messages that there was no room for.
    retained_full,
    /// Messages lost because a client's queue was full.
    dropped_queue_full,
    /// Messages lost because they expired, as their publisher had asked for.
    dropped_expired,
    /// Messages lost because the client that they waited for was gone for good. What was on its way to a client at the
    /// moment it was dropped is not counted.
    dropped_client_gone,
}

/// One counter that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add_one(&self) {
        // Relaxed: nothing is ordered by a counter.
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
