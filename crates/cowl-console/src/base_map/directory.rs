//! A directory: which tiles there are, and where (PMTiles 3, "Directory Serialization").

use super::varint;

/// Entries of one at the most. Writers make some thousand.
const MOST: usize = 1 << 17;

/// Some tiles, or a directory that says more of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// The first tile.
    pub(super) id: u64,
    pub(super) offset: u64,
    pub(super) length: u32,
    /// How many tiles in a row are these bytes; 0: they are a directory.
    pub(super) run: u32,
}

/// Reads one that is unpacked. `None`: it is none.
pub(super) fn parse(mut bytes: &[u8]) -> Option<Vec<Entry>> {
    let bytes = &mut bytes;
    let count = usize::try_from(varint::take(bytes)?).ok()?;
    // Each entry has four numbers of at least a byte: nothing is made room for that is not there.
    if count == 0 || count > MOST || count > bytes.len() / 4 {
        return None;
    }
    let mut entries = Vec::with_capacity(count);
    let mut id = 0_u64;
    for at in 0..count {
        let step = varint::take(bytes)?;
        if at > 0 && step == 0 {
            return None;
        }
        id = id.checked_add(step)?;
        entries.push(Entry { id, offset: 0, length: 0, run: 0 });
    }
    for entry in &mut entries {
        entry.run = u32::try_from(varint::take(bytes)?).ok()?;
    }
    for entry in &mut entries {
        entry.length = u32::try_from(varint::take(bytes)?).ok().filter(|length| *length > 0)?;
    }
    let mut end = None;
    for entry in &mut entries {
        // 0: right behind the one before.
        entry.offset = match varint::take(bytes)? {
            0 => end?,
            offset => offset - 1,
        };
        end = Some(entry.offset.checked_add(entry.length.into())?);
    }
    Some(entries)
}

/// The entry that a tile is under, if one is.
pub(super) fn find(entries: &[Entry], id: u64) -> Option<Entry> {
    let behind = entries.partition_point(|entry| entry.id <= id);
    let entry = *entries.get(behind.checked_sub(1)?)?;
    (entry.run == 0 || id - entry.id < u64::from(entry.run)).then_some(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_read_column_by_column() {
        // Two tiles of 3 bytes in a row from 5 on, a directory of 4 bytes right behind, and the first bytes once more.
        let entries = parse(&[3, 5, 4, 1, 2, 0, 1, 3, 4, 3, 11, 0, 11]).unwrap();
        let entry = |id, offset, length, run| Entry { id, offset, length, run };
        assert_eq!(entries, [entry(5, 10, 3, 2), entry(9, 13, 4, 0), entry(10, 10, 3, 1)]);
        let found = |id| find(&entries, id).map(|entry| entry.id);
        assert_eq!((found(4), found(5), found(6), found(7)), (None, Some(5), Some(5), None));
        assert_eq!((found(9), found(10), found(11)), (Some(9), Some(10), None));
    }

    #[test]
    fn what_is_no_directory_is_refused() {
        let bad: [&[u8]; 9] = [
            &[],
            &[0],
            // More entries than there are bytes, or than any has.
            &[2, 1, 1, 1, 1],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1],
            // The same tile twice.
            &[2, 5, 0, 1, 1, 1, 1, 1, 1],
            // No bytes; behind nothing; behind the end of all numbers.
            &[1, 5, 1, 0, 1],
            &[1, 5, 1, 1, 0],
            &[1, 5, 1, 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
            // Cut off.
            &[1, 5, 1, 0x80, 0x80],
        ];
        for bytes in bad {
            assert_eq!(parse(bytes), None, "{bytes:?}");
        }
    }
}
