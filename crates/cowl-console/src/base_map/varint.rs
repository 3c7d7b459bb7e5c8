//! Numbers of seven bits a byte, the lowest first: of PMTiles' directories and of protocol buffers.

/// The next one; what it was read from begins after it. `None`: there is none, or it has more than 64 bits.
pub(super) fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        let part = u64::from(first & 0x7f);
        // The tenth byte has room for one bit.
        if shift == 63 && part > 1 {
            return None;
        }
        value |= part << shift;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_to_their_last_bit_and_no_further() {
        let read = |bytes: &[u8]| {
            let mut rest = bytes;
            take(&mut rest).map(|value| (value, rest.len()))
        };
        assert_eq!(read(&[0]), Some((0, 0)));
        assert_eq!(read(&[0xac, 0x02, 7]), Some((300, 1)));
        let most = [&[0xff; 9][..], &[1]].concat();
        assert_eq!(read(&most), Some((u64::MAX, 0)));
        assert_eq!(read(&[&[0xff; 9][..], &[2]].concat()), None);
        assert_eq!(read(&[0xff; 11]), None);
        assert_eq!((read(&[]), read(&[0x80])), (None, None));
    }
}
