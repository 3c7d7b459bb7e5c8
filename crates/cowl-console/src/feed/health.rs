//! How a feed is: what the page says of it, in counts and times, nothing of anyone.

use cowl_core::Epoch;

/// How a feed is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Health {
    pub(crate) link: Link,
    /// When it last changed, in Unix seconds.
    pub(crate) since: u64,
    /// Whether the archive is still being read back.
    pub(crate) is_loading: bool,
    /// When the last report was opened.
    pub(crate) last_report: Option<u64>,
    /// When the last cover message was: gateways send them so that nobody sees when reports are.
    pub(crate) last_cover: Option<u64>,
    /// The epoch now.
    pub(crate) epoch: Epoch,
    /// Messages whose device is being looked for.
    pub(crate) waiting: usize,
    /// Messages that do not open.
    pub(crate) refused: u64,
    /// Reports that came after they were ordered to be erased.
    pub(crate) withdrawn: u64,
    /// Set when the newest bundle has no keys for this seat: it was revoked, or enrolled a moment ago. The last epoch it reads.
    pub(crate) reads_until: Option<Epoch>,
    /// Something published in the authority's place was not followed.
    pub(crate) forged: u64,
    /// What could not be written down, and was tried again.
    pub(crate) trouble: Option<String>,
}

/// The connection to the operation's broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Link {
    /// Being made for the first time.
    Connecting,
    /// There.
    Connected,
    /// Lost, and made again by itself.
    Lost(String),
    /// It cannot be had: the feed has ended.
    Ended(String),
}

impl Health {
    pub(super) const fn new(now: u64) -> Self {
        Self {
            link: Link::Connecting,
            since: now,
            is_loading: true,
            last_report: None,
            last_cover: None,
            epoch: Epoch(0),
            waiting: 0,
            refused: 0,
            withdrawn: 0,
            reads_until: None,
            forged: 0,
            trouble: None,
        }
    }

    /// Since when nothing at all comes, where gateways have sent cover: they never pause, so the last of them or the broker is silent.
    pub(crate) fn silent_since(&self, now: u64, slot_seconds: u64) -> Option<u64> {
        let last = self.last_cover?.max(self.last_report.unwrap_or(0)).max(self.since);
        let patience = slot_seconds.saturating_mul(6).max(60);
        (self.link == Link::Connected && now.saturating_sub(last) > patience).then_some(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_means_something_only_where_there_was_cover() {
        let mut health = Health::new(0);
        health.link = Link::Connected;
        assert_eq!(health.silent_since(10_000, 10), None);
        health.last_cover = Some(100);
        assert_eq!((health.silent_since(160, 10), health.silent_since(161, 10)), (None, Some(100)));
        health.last_report = Some(150);
        assert_eq!(health.silent_since(200, 10), None);
        health.link = Link::Lost(String::new());
        assert_eq!(health.silent_since(10_000, 10), None);
    }
}
