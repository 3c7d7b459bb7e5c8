//! Where the bytes of a view are kept.

use std::sync::Arc;

use super::Span;

/// Bytes that spans point into: what several views show alike is kept once, so that a copy of a view costs little.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pool {
    shared: Arc<Vec<u8>>,
    own: Vec<u8>,
}

impl Pool {
    /// Shares all that is here with later copies.
    #[must_use]
    pub fn share(self) -> Self {
        if self.own.is_empty() {
            return self;
        }
        let mut all = Arc::unwrap_or_clone(self.shared);
        all.extend_from_slice(&self.own);
        Self { shared: Arc::new(all), own: Vec::new() }
    }

    /// Appends bytes.
    pub fn extend_from_slice(&mut self, bytes: &[u8]) {
        self.own.extend_from_slice(bytes);
    }

    /// Appends bytes and says where they are; an empty span where the pool would pass 4 GiB.
    pub fn put(&mut self, bytes: &[u8]) -> Span {
        let place = |length| u32::try_from(length).ok();
        match place(self.len()).zip(place(self.len() + bytes.len())) {
            Some((start, end)) => {
                self.own.extend_from_slice(bytes);
                start..end
            }
            None => 0..0,
        }
    }

    /// Number of bytes.
    pub fn len(&self) -> usize {
        self.shared.len() + self.own.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes of a span; empty if it is out of range.
    pub fn get(&self, span: &Span) -> &[u8] {
        let range = usize::try_from(span.start).ok().zip(usize::try_from(span.end).ok());
        let Some((start, end)) = range else { return &[] };
        let found = match start.checked_sub(self.shared.len()) {
            None => self.shared.get(start..end),
            Some(start) => end.checked_sub(self.shared.len()).and_then(|end| self.own.get(start..end)),
        };
        found.unwrap_or(&[])
    }
}

impl From<Vec<u8>> for Pool {
    /// Bytes that later copies share.
    fn from(bytes: Vec<u8>) -> Self {
        Self { shared: Arc::new(bytes), own: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::Pool;

    #[test]
    fn spans_find_their_bytes_in_either_part() {
        let mut pool = Pool::from(b"shared".to_vec());
        let copy = pool.clone();
        let own = pool.put(b"own");
        assert_eq!((pool.get(&(0..6)), pool.get(&own)), (&b"shared"[..], &b"own"[..]));
        assert_eq!((own.clone(), pool.len(), copy.len()), (6..9, 9, 6));
        // across the border, beyond the end, and in a copy that does not have it
        assert!(pool.get(&(5..7)).is_empty() && pool.get(&(6..10)).is_empty() && copy.get(&own).is_empty());
        #[expect(clippy::reversed_empty_ranges, reason = "a span from outside may be anything")]
        let wrong = 8..7;
        assert!(pool.get(&wrong).is_empty());
        assert_eq!(pool.clone().share().get(&own), b"own");
    }
}
