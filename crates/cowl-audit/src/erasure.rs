//! Nc1 on media: is what was erased gone from disk images, databases and backups?
//!
//! Whoever holds the keys that lie on the media opens what they open, and hands over the text; whether a record can be read,
//! there or in clear, is decided here. The trials are those of an evidence file (`spec/evidence.md`), so that the attack Nc1
//! scores them like any others.

use crate::evidence::{Cause, Line, Medium, Record, Trial};

/// A record to look for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Its name; not a person's.
    pub record: String,
    /// What became of it. Records that are still kept, and some that never were, are the controls.
    pub cause: Cause,
    /// What only it says: any of these gives it away. Each is at least 8 bytes, or it is found by chance.
    pub needles: Vec<Vec<u8>>,
}

/// A medium.
#[derive(Debug)]
pub struct Source<'a, T> {
    /// What it is.
    pub medium: Medium,
    /// All its bytes, deleted blocks included.
    pub bytes: &'a [u8],
    /// What opened of it with any key that lies on any medium.
    pub opened: Vec<T>,
}

/// What came of it: how many can be read, of how many.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Erased and expired records. None should be readable.
    pub erased: (usize, usize),
    /// Records that are still kept. All of them should be, or the looking shows nothing.
    pub live: (usize, usize),
    /// Records that never were. None may be.
    pub never: (usize, usize),
    /// The same for an evidence file, at instant 0.
    pub lines: Vec<Line>,
}

impl Verdict {
    /// Whether the controls hold, and there was something to look for.
    pub const fn is_measured(&self) -> bool {
        self.live.1 > 0
            && self.live.0 == self.live.1
            && self.never.1 > 0
            && self.never.0 == 0
            && self.erased.1 > 0
    }
}

/// Looks for every record on every medium.
pub fn try_all<T: AsRef<[u8]>>(wanted: &[Wanted], sources: &[Source<'_, T>]) -> Verdict {
    let mut verdict = Verdict { erased: (0, 0), live: (0, 0), never: (0, 0), lines: Vec::new() };
    for wanted in wanted {
        let ended = matches!(wanted.cause, Cause::Erased | Cause::Expired);
        verdict.lines.push(Line::Record(Record {
            record: wanted.record.clone(),
            cause: wanted.cause,
            at: ended.then_some(0),
            person: None,
            message: None,
        }));
        let mut is_open = false;
        for source in sources {
            let opened = wanted.is_in(source);
            is_open |= opened;
            verdict.lines.push(Line::Trial(Trial {
                record: wanted.record.clone(),
                medium: source.medium,
                opened,
            }));
        }
        let count = match wanted.cause {
            Cause::Erased | Cause::Expired => &mut verdict.erased,
            Cause::Live => &mut verdict.live,
            Cause::Never => &mut verdict.never,
        };
        *count = (count.0 + usize::from(is_open), count.1 + 1);
    }
    verdict
}

impl Wanted {
    fn is_in<T: AsRef<[u8]>>(&self, source: &Source<'_, T>) -> bool {
        let mut needles = self.needles.iter().filter(|needle| needle.len() >= SHORTEST);
        needles.any(|needle| {
            let finder = aho_corasick::AhoCorasick::new([needle]);
            // A needle that no automaton is made of is looked for in the plain way.
            let is_in = |bytes: &[u8]| match &finder {
                Ok(finder) => finder.is_match(bytes),
                Err(_) => bytes.windows(needle.len()).any(|window| window == needle.as_slice()),
            };
            is_in(source.bytes) || source.opened.iter().any(|text| is_in(text.as_ref()))
        })
    }
}

/// Shorter ones are found by chance in a disk image.
const SHORTEST: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(cause: Cause, needle: &str) -> Wanted {
        Wanted { record: needle.to_owned(), cause, needles: vec![needle.as_bytes().to_vec()] }
    }

    fn records() -> [Wanted; 4] {
        [
            wanted(Cause::Erased, "erased report 1"),
            wanted(Cause::Expired, "expired report 1"),
            wanted(Cause::Live, "live report 1"),
            wanted(Cause::Never, "never report 1"),
        ]
    }

    #[test]
    fn what_lies_in_clear_is_found() {
        // An archive without a key for each record: deleting a row leaves its bytes in the page.
        let bytes = b"....erased report 1....live report 1....";
        let source = Source::<Vec<u8>> { medium: Medium::DiskImage, bytes, opened: Vec::new() };
        let verdict = try_all(&records(), &[source]);
        assert_eq!((verdict.erased, verdict.live, verdict.never), ((1, 2), (1, 1), (0, 1)));
        assert!(verdict.is_measured());
    }

    #[test]
    fn what_opens_is_found_on_the_medium_where_it_opens() {
        let disk =
            Source { medium: Medium::DiskImage, bytes: b"sealed", opened: vec![b"live report 1".to_vec()] };
        let backup =
            Source { medium: Medium::Backup, bytes: b"sealed", opened: vec![b"expired report 1".to_vec()] };
        let verdict = try_all(&records(), &[disk, backup]);
        assert_eq!((verdict.erased, verdict.live), ((1, 2), (1, 1)));
        let opened = verdict.lines.iter().filter_map(|line| match line {
            Line::Trial(trial) if trial.opened => Some((trial.record.as_str(), trial.medium)),
            _ => None,
        });
        let expected = [("expired report 1", Medium::Backup), ("live report 1", Medium::DiskImage)];
        assert_eq!(opened.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn who_opens_nothing_has_shown_nothing() {
        let source = Source::<Vec<u8>> { medium: Medium::Backup, bytes: b"sealed", opened: Vec::new() };
        assert!(!try_all(&records(), &[source]).is_measured());
        let all = b"erased report 1 live report 1 never report 1";
        let source = Source::<Vec<u8>> { medium: Medium::Backup, bytes: all, opened: Vec::new() };
        assert!(!try_all(&records(), &[source]).is_measured(), "finds what never was");
    }

    #[test]
    fn needles_that_chance_could_write_are_not_looked_for() {
        let short = Wanted { record: "r".into(), cause: Cause::Erased, needles: vec![b"red".to_vec()] };
        let source = Source::<Vec<u8>> { medium: Medium::Backup, bytes: b"red", opened: Vec::new() };
        assert_eq!(try_all(&[short], &[source]).erased, (0, 1));
    }
}
