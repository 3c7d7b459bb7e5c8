//! What an eavesdropper can count without any key: the numbers that a protection exists to keep flat.

use std::collections::HashSet;

/// Different sizes, topics, beginnings and kinds that are counted; more are not told apart.
const MOST: usize = 1_024;
/// Bytes that a message is known again by: the length of a tag of Cowl's, which knows none of them twice.
const BEGINNING: usize = 16;
/// Seconds in which messages are counted together.
const WINDOW: u64 = 5;

/// The figures of a time, of messages that are reports or pass for them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Figures {
    pub(crate) messages: u64,
    /// Different lengths.
    pub(crate) sizes: usize,
    /// Bytes of the longest.
    pub(crate) longest: usize,
    /// Different topics.
    pub(crate) topics: usize,
    /// Messages that begin with the same bytes as one before.
    pub(crate) alike: u64,
    /// What contents told, each kind once, in the order in which it was found.
    pub(crate) kinds: Vec<String>,
    /// The fewest and the most messages of five seconds; `None`: not heard for long enough.
    pub(crate) rhythm: Option<(u64, u64)>,
}

/// Counts them.
#[derive(Debug)]
pub(super) struct Tally {
    begun: u64,
    messages: u64,
    sizes: HashSet<usize>,
    longest: usize,
    topics: HashSet<String>,
    beginnings: HashSet<Vec<u8>>,
    alike: u64,
    kinds: Vec<String>,
    /// The window that is being counted, and its messages so far.
    window: (u64, u64),
    rhythm: Option<(u64, u64)>,
}

impl Tally {
    /// Begins at `at`, in Unix seconds.
    pub(super) fn new(at: u64) -> Self {
        Self {
            begun: at,
            messages: 0,
            sizes: HashSet::new(),
            longest: 0,
            topics: HashSet::new(),
            beginnings: HashSet::new(),
            alike: 0,
            kinds: Vec::new(),
            window: (0, 0),
            rhythm: None,
        }
    }

    /// Counts a message that came at `at`: its topic, its length, its first bytes and the kinds of what it tells.
    pub(super) fn hear<'a>(
        &mut self,
        at: u64,
        topic: &str,
        size: usize,
        head: &[u8],
        kinds: impl Iterator<Item = &'a str>,
    ) {
        self.messages += 1;
        self.longest = self.longest.max(size);
        if self.sizes.len() < MOST {
            self.sizes.insert(size);
        }
        if self.topics.len() < MOST && !self.topics.contains(topic) {
            self.topics.insert(topic.to_owned());
        }
        let beginning = head.get(..BEGINNING).unwrap_or(head);
        if self.beginnings.contains(beginning) {
            self.alike += 1;
        } else if self.beginnings.len() < MOST {
            self.beginnings.insert(beginning.to_vec());
        }
        for kind in kinds {
            if self.kinds.len() < MOST && !self.kinds.iter().any(|known| known == kind) {
                self.kinds.push(kind.to_owned());
            }
        }
        self.count(at);
    }

    /// What it comes to so far.
    pub(super) fn figures(&self) -> Figures {
        Figures {
            messages: self.messages,
            sizes: self.sizes.len(),
            longest: self.longest,
            topics: self.topics.len(),
            alike: self.alike,
            kinds: self.kinds.clone(),
            rhythm: self.rhythm,
        }
    }

    /// A window is judged when a message of a later one comes. The first never is: it began in the middle of something.
    fn count(&mut self, at: u64) {
        let now = at.saturating_sub(self.begun) / WINDOW;
        let (window, messages) = self.window;
        if now <= window {
            self.window.1 += 1;
            return;
        }
        if window > 0 {
            self.judge(messages);
        }
        if now > window + 1 {
            self.judge(0);
        }
        self.window = (now, 1);
    }

    fn judge(&mut self, messages: u64) {
        let (fewest, most) = self.rhythm.unwrap_or((messages, messages));
        self.rhythm = Some((fewest.min(messages), most.max(messages)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(times: &[u64]) -> Tally {
        let mut tally = Tally::new(100);
        for (number, at) in (0_u32..).zip(times) {
            tally.hear(*at, "r", 7, &number.to_be_bytes(), std::iter::empty());
        }
        tally
    }

    #[test]
    fn five_seconds_are_judged_when_they_are_over_and_the_first_never() {
        assert_eq!(tally(&[100, 101, 102, 103, 104, 105, 106, 109]).figures().rhythm, None);
        assert_eq!(tally(&[100, 105, 106, 109, 110]).figures().rhythm, Some((3, 3)));
        assert_eq!(tally(&[100, 105, 106, 109, 110, 115]).figures().rhythm, Some((1, 3)));
        // Nothing came in between.
        assert_eq!(tally(&[100, 105, 106, 109, 125]).figures().rhythm, Some((0, 3)));
        assert_eq!(tally(&[100, 121]).figures().rhythm, Some((0, 0)));
        // A clock that was set back.
        assert_eq!(tally(&[106, 90, 111]).figures().rhythm, Some((2, 2)));
    }

    #[test]
    fn what_is_alike_is_counted_and_nothing_grows_for_ever() {
        let mut tally = Tally::new(0);
        let head = |number: u16| [&number.to_be_bytes()[..], &[7; 20]].concat();
        for number in [1, 2, 1, 1, 3] {
            let kinds = ["zone", "zone", "triage"];
            tally.hear(1, "t", usize::from(number), &head(number), kinds.into_iter());
        }
        let figures = tally.figures();
        assert_eq!((figures.messages, figures.alike, figures.sizes, figures.longest), (5, 2, 3, 3));
        assert_eq!((figures.topics, figures.kinds), (1, vec!["zone".to_owned(), "triage".to_owned()]));
        // What differs behind the beginning only, begins alike.
        let mut other = head(3);
        other[18] = 9;
        tally.hear(1, "t", 1, &other, std::iter::empty());
        assert_eq!(tally.figures().alike, 3);
        for number in 0..3_000 {
            tally.hear(1, &number.to_string(), number.into(), &head(number), std::iter::once("kind"));
        }
        assert!(tally.beginnings.len() <= MOST && tally.topics.len() <= MOST && tally.sizes.len() <= MOST);
    }
}
