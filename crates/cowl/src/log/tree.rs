//! The tree and its tiles: RFC 6962 hashes by `tlog_tiles`, at the paths of C2SP's tlog-tiles.

use std::{cell::RefCell, collections::HashMap, fmt, path::PathBuf};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use tlog_tiles::{Error, Hash, HashReader, Tile};

/// Levels of hashes in a tile: 256 hashes.
pub(super) const HEIGHT: u8 = 8;
/// Hashes in a full tile, and entries in a full bundle.
pub(super) const WIDTH: u64 = 1 << HEIGHT;
/// The most entries that a log of ours may have; far beyond any use, and far below where indices overflow.
pub const MAX_ENTRIES: u64 = 1 << 40;

/// The root of the tree at some size: one hash for all entries and their order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Root(pub [u8; 32]);

impl Root {
    pub(super) const fn of(hash: Hash) -> Self {
        Self(hash.0)
    }

    pub(super) const fn hash(self) -> Hash {
        Hash(self.0)
    }
}

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Root({self})")
    }
}

/// What a file of the folder `tile/` holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Content {
    /// The entries themselves.
    Entries,
    /// The hashes of a level; 0 is that of entries.
    Hashes(u8),
}

/// A file of the folder `tile/`: at most 256 entries or hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct File {
    pub(super) content: Content,
    /// Which one of its level, from 0.
    pub(super) index: u64,
    /// How many hashes or entries: 1 to 256; fewer than 256 only at the end of a level.
    pub(super) width: u64,
}

impl File {
    pub(super) fn of(tile: Tile) -> Self {
        Self {
            content: Content::Hashes(tile.level()),
            index: tile.level_index(),
            width: u64::from(tile.width()),
        }
    }

    /// The path below the log's folder.
    pub(super) fn path(self) -> PathBuf {
        let mut path = self.stem();
        if self.width < WIDTH {
            path.as_mut_os_string().push(".p");
            path.push(self.width.to_string());
        }
        path
    }

    /// Reads a path below the log's folder, if it is written as [`Self::path`] writes it.
    pub(super) fn parse(path: &std::path::Path) -> Option<Self> {
        let mut parts: Vec<&str> = path.iter().map(|part| part.to_str()).collect::<Option<_>>()?;
        let mut width = WIDTH;
        if let [.., stem, last] = parts.as_mut_slice()
            && let Some(full) = stem.strip_suffix(".p")
        {
            width = last.parse().ok()?;
            *stem = full;
            parts.pop();
        }
        let [tile, content, groups @ ..] = parts.as_slice() else { return None };
        let content = match *content {
            "entries" => Content::Entries,
            level => Content::Hashes(level.parse().ok().filter(|level| *level < 8)?),
        };
        let digits =
            |group: &&str| group.trim_start_matches('x').parse::<u64>().ok().filter(|digits| *digits < 1000);
        let add = |index: u64, group: &&str| index.checked_mul(1000)?.checked_add(digits(group)?);
        let index = groups.iter().try_fold(0_u64, add)?;
        let file = Self { content, index, width };
        ((1..=WIDTH).contains(&width) && *tile == "tile" && file.path() == path).then_some(file)
    }

    /// The path of the full one; narrower ones lie in a folder of that name and `.p`.
    pub(super) fn stem(self) -> PathBuf {
        let mut groups = vec![format!("{:03}", self.index % 1000)];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(format!("x{:03}", rest % 1000));
            rest /= 1000;
        }
        let mut path = PathBuf::from("tile");
        path.push(match self.content {
            Content::Entries => "entries".to_owned(),
            Content::Hashes(level) => level.to_string(),
        });
        path.extend(groups.iter().rev());
        path
    }

    /// The partial files of a tree of some size: one at the end of each level, where that is not a full one.
    pub(super) fn all_at_the_end(size: u64) -> Vec<Self> {
        let at = |content: Content, count: u64| Self { content, index: count / WIDTH, width: count % WIDTH };
        let levels = (0..u8::MAX).map_while(|level| {
            let count = size.checked_shr(u32::from(level) * u32::from(HEIGHT)).filter(|count| *count > 0)?;
            Some(at(Content::Hashes(level), count))
        });
        levels.chain([at(Content::Entries, size)]).filter(|file| file.width > 0).collect()
    }

    /// The files of a tree of some size, without those of narrower widths that it had before.
    pub(super) fn all(size: u64) -> Vec<Self> {
        let mut files: Vec<_> = Tile::new_tiles(HEIGHT, 0, size).into_iter().map(Self::of).collect();
        files.extend(bundles(0, size));
        files
    }
}

/// The bundles of entries that change when a log grows.
pub(super) fn bundles(old: u64, new: u64) -> Vec<File> {
    let width = |index: u64| (new - index * WIDTH).min(WIDTH);
    (old / WIDTH..new.div_ceil(WIDTH))
        .map(|index| File { content: Content::Entries, index, width: width(index) })
        .collect()
}

/// Where tiles come from.
pub(super) trait Tiles {
    /// The first `tile.width()` hashes of a tile.
    fn tile(&self, tile: Tile) -> Result<Vec<u8>, Error>;
}

/// The hashes of a tree in tiles, and those that were added since.
pub(super) struct Hashes<'a, T> {
    tiles: &'a T,
    read: RefCell<HashMap<Tile, Vec<u8>>>,
    added: HashMap<u64, Hash>,
}

impl<'a, T: Tiles> Hashes<'a, T> {
    pub(super) fn new(tiles: &'a T) -> Self {
        Self { tiles, read: RefCell::default(), added: HashMap::new() }
    }

    /// Adds the entry of this index.
    pub(super) fn push(&mut self, index: u64, entry: &[u8]) -> Result<(), Error> {
        let hashes = tlog_tiles::stored_hashes(index, entry, self)?;
        let first = tlog_tiles::stored_hash_index(0, index);
        self.added.extend((first..).zip(hashes));
        Ok(())
    }

    /// The root at a size.
    pub(super) fn root(&self, size: u64) -> Result<Root, Error> {
        tlog_tiles::tree_hash(size, self).map(Root::of)
    }

    fn hash(&self, index: u64) -> Result<Hash, Error> {
        if let Some(hash) = self.added.get(&index) {
            return Ok(*hash);
        }
        let tile = Tile::from_index(HEIGHT, index);
        if let Some(data) = self.read.borrow().get(&tile) {
            return tile.hash_at_index(data, index);
        }
        let data = self.tiles.tile(tile)?;
        let hash = tile.hash_at_index(&data, index);
        self.read.borrow_mut().insert(tile, data);
        hash
    }
}

impl<T: Tiles> HashReader for Hashes<'_, T> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Error> {
        indexes.iter().map(|index| self.hash(*index)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_specification() {
        let path = |content, index, width| File { content, index, width }.path().to_str().unwrap().to_owned();
        assert_eq!(path(Content::Hashes(4), 1_234_067, 256), "tile/4/x001/x234/067");
        assert_eq!(path(Content::Hashes(0), 273, 112), "tile/0/273.p/112");
        assert_eq!(path(Content::Entries, 1_000, 1), "tile/entries/x001/000.p/1");
    }

    /// The example in the specification: 70,000 entries.
    #[test]
    fn a_tree_of_70_000_entries_has_the_tiles_of_the_specification() {
        let files = File::all(70_000);
        let count = |level, full| {
            let of = |file: &&File| file.content == Content::Hashes(level) && (file.width == WIDTH) == full;
            files.iter().filter(of).count()
        };
        assert_eq!((count(0, true), count(0, false)), (273, 1));
        assert_eq!((count(1, true), count(1, false)), (1, 1));
        assert_eq!((count(2, true), count(2, false)), (0, 1));
        let partial =
            |level| files.iter().find(|file| file.content == Content::Hashes(level) && file.width < WIDTH);
        assert_eq!(
            (partial(0).unwrap().width, partial(1).unwrap().width, partial(2).unwrap().width),
            (112, 17, 1)
        );
        let full = File::all(256);
        assert_eq!(full.iter().filter(|file| file.width < WIDTH).count(), 1);
    }
}
