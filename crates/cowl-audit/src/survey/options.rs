//! What the survey is told beside the trace.

/// When identifiers are supposed to change for everybody at once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Rotation {
    /// Not known: nothing is said about surviving a rotation.
    #[default]
    Unknown,
    /// Every so many microseconds, counted from 1970 where the trace knows its date, else from its beginning. 0 is as unknown.
    Every(u64),
    /// At these instants, microseconds of the trace, in any order.
    At(Vec<u64>),
}

/// What a survey is told beside the trace.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// When identifiers rotate.
    pub rotation: Rotation,
}

impl Rotation {
    /// Numbers the time between rotations; `None` where they are unknown. `start` is the trace's beginning in microseconds since 1970.
    pub(super) fn epochs(&self, start: u64) -> Option<Box<dyn Fn(u64) -> u64>> {
        match self {
            Self::Unknown | Self::Every(0) => None,
            Self::Every(period) => {
                let period = *period;
                Some(Box::new(move |at| start.saturating_add(at) / period))
            }
            Self::At(instants) => {
                let mut sorted = instants.clone();
                sorted.sort_unstable();
                Some(Box::new(move |at| {
                    crate::convert::count(sorted.partition_point(|instant| *instant <= at))
                }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_part_time() {
        let at = Rotation::At(vec![20, 10]).epochs(0).unwrap();
        assert_eq!([0, 9, 10, 19, 20, 30].map(at), [0, 0, 1, 1, 2, 2]);
        let every = Rotation::Every(100).epochs(250).unwrap();
        assert_eq!([0, 49, 50, 149, 150].map(every), [2, 2, 3, 3, 4]);
        assert!(Rotation::Unknown.epochs(0).is_none() && Rotation::Every(0).epochs(0).is_none());
    }
}
