//! A whole tree in memory, to compare files with.

use tlog_tiles::{Hash, HashReader};

use super::{Root, tree::HEIGHT};

/// All hashes of a tree, in the order in which `tlog_tiles` numbers them.
#[derive(Debug, Default)]
pub(super) struct Whole {
    hashes: Vec<Hash>,
    size: u64,
}

impl Whole {
    pub(super) fn of<'a>(leaves: impl Iterator<Item = &'a Hash>) -> Self {
        let mut tree = Self::default();
        for leaf in leaves {
            let Ok(hashes) = tlog_tiles::stored_hashes_for_record_hash(tree.size, *leaf, &tree) else {
                break;
            };
            tree.hashes.extend(hashes);
            tree.size += 1;
        }
        tree
    }

    pub(super) fn root(&self, size: u64) -> Option<Root> {
        tlog_tiles::tree_hash(size, self).ok().map(Root::of)
    }

    pub(super) fn leaf(&self, index: u64) -> Option<Hash> {
        self.get(tlog_tiles::stored_hash_index(0, index))
    }

    pub(super) fn tile(&self, level: u8, index: u64, width: u64) -> Option<Vec<u8>> {
        let width = u32::try_from(width).ok()?;
        tlog_tiles::Tile::new(HEIGHT, level, index, width, false).read_data(self).ok()
    }

    fn get(&self, index: u64) -> Option<Hash> {
        self.hashes.get(usize::try_from(index).ok()?).copied()
    }
}

impl HashReader for Whole {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        indexes.iter().map(|index| self.get(*index).ok_or(tlog_tiles::Error::IndexesNotInTree)).collect()
    }
}
