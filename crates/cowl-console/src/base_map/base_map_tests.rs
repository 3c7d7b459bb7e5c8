use std::path::PathBuf;

use proptest::prelude::*;

use super::{
    testing::{Parts, directory, feature, gzip, layer, png},
    *,
};

const HAITI: Area = Area { west: -74.6, south: 17.9, east: -71.5, north: 20.2 };

struct Disk {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

fn disk(bytes: &[u8]) -> Disk {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("base.pmtiles");
    std::fs::write(&path, bytes).unwrap();
    Disk { _folder: folder, path }
}

fn opened(parts: &Parts) -> BaseMap {
    BaseMap::open(&disk(&parts.bytes()).path).unwrap()
}

fn refused(bytes: &[u8]) -> ArchiveError {
    match BaseMap::open(&disk(bytes).path) {
        Err(BaseMapError::Archive { why, .. }) => why,
        other => panic!("{other:?}"),
    }
}

fn picture(map: &BaseMap) -> Picture {
    map.picture(Place::new(8, 75, 113).unwrap(), Language::English)
}

fn is_empty(map: &BaseMap) -> bool {
    picture(map) == Picture::drawn(EMPTY.to_owned())
}

fn roads() -> Vec<u8> {
    // From a corner to the other.
    layer("roads", &[feature(2, &[], &[9, 0, 0, 10, 8_192, 8_192])], &[], &[])
}

#[test]
fn a_tile_comes_out_as_it_went_in() {
    let map = opened(&Parts::of(2, png(256, 256)));
    assert_eq!(picture(&map), Picture { kind: "image/png", bytes: png(256, 256) });
    assert_eq!((map.credit(), map.is_drawn()), ("© Somebody", false));
    // Another zoom has none.
    assert_eq!(map.picture(Place::new(7, 0, 0).unwrap(), Language::English).bytes, EMPTY.as_bytes());

    // Packed, and two directories down.
    let tile = gzip(&roads());
    let length = u64::try_from(tile.len()).unwrap();
    let second = gzip(&directory(&[[21_845, 1 << 16, length, 1]]));
    let first = gzip(&directory(&[[21_845, 0, u64::try_from(second.len()).unwrap(), 1]]));
    let root = [21_000, 0, u64::try_from(first.len()).unwrap(), u64::try_from(second.len() + 1).unwrap()];
    for packing in [2, 0] {
        let map = opened(&Parts {
            internal: 2,
            packing,
            root: gzip(&directory(&[root])),
            metadata: gzip(b"{}"),
            leaves: [second.clone(), first.clone()].concat(),
            ..Parts::of(1, tile.clone())
        });
        let drawn = String::from_utf8(picture(&map).bytes).unwrap();
        assert!(drawn.contains("l4096 4096") && map.is_drawn() && map.credit().is_empty(), "{drawn}");
    }
}

#[test]
fn what_is_no_base_map_is_refused_when_it_is_opened() {
    let good = Parts::of(2, png(256, 256));
    let bent = |at: usize, to: u8| {
        let mut bytes = good.bytes();
        bytes[at] = to;
        refused(&bytes)
    };
    assert_eq!(refused(b""), ArchiveError::NotOne);
    assert_eq!(refused(b"PMTiles\x03"), ArchiveError::NotOne);
    assert_eq!(refused(&[0; 500]), ArchiveError::NotOne);
    assert_eq!(bent(7, 2), ArchiveError::Version(2));
    assert_eq!(bent(99, 5), ArchiveError::Tiles("AVIF"));
    assert_eq!(bent(99, 0), ArchiveError::Tiles("of an unknown kind"));
    assert_eq!(bent(97, 4), ArchiveError::Compressed("Zstandard"));
    assert_eq!(bent(98, 3), ArchiveError::Compressed("Brotli"));
    // Zooms from 9 to 8, and one that no map has.
    assert_eq!((bent(100, 9), bent(101, 27)), (ArchiveError::Damaged, ArchiveError::Damaged));
    // Each part beyond the end, by its offset or its length, and by more than a number holds.
    for part in 0..4 {
        for at in [8, 16] {
            assert_eq!(bent(part * 16 + at + 5, 1), ArchiveError::CutOff);
            assert_eq!(bent(part * 16 + at + 7, 0xff), ArchiveError::CutOff);
        }
    }
    let whole = good.bytes();
    for end in 127..whole.len() {
        assert_eq!(refused(&whole[..end]), ArchiveError::CutOff);
    }
    // A root that is empty, beyond what is fetched at once, no directory, or a bomb.
    let root = |root: Vec<u8>, internal| refused(&Parts { internal, root, ..good.clone() }.bytes());
    let bomb = gzip(&vec![0; 3 << 20]);
    assert!(bomb.len() < 16_000);
    for (bytes, internal) in
        [(Vec::new(), 1), (vec![0; 17_000], 1), (vec![0], 1), (vec![1; 9], 2), (gzip(&[0]), 2), (bomb, 2)]
    {
        assert_eq!(root(bytes, internal), ArchiveError::Damaged);
    }
}

#[test]
fn what_is_no_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_owned(), folder.path().join("none"), "/dev/zero".into()] {
        assert!(matches!(BaseMap::open(&path), Err(BaseMapError::File(_))), "{}", path.display());
    }
}

#[test]
fn a_tile_that_cannot_be_shown_is_empty() {
    let good = Parts::of(2, png(256, 256));
    let length = u64::try_from(good.tiles.len()).unwrap();
    let with = |entry: [u64; 4]| opened(&Parts { root: directory(&[entry]), ..good.clone() });
    assert!(!is_empty(&with([21_845, 1 << 16, length, 1])));
    // Before it, behind it; longer than there is; from beyond the end.
    assert!(is_empty(&with([21_845, 1, length, 1])));
    assert!(is_empty(&with([1 << 40, 1 << 16, length, 1])));
    assert!(is_empty(&with([21_845, 1 << 16, length + 1, 1])));
    assert!(is_empty(&with([21_845, 1 << 16, length, 2])));
    assert!(is_empty(&with([21_845, 1 << 16, length, u64::MAX - 100])));
    // Neither a picture nor a small one; of another kind than is said, but a picture.
    let tile = |kind, packing, tile| opened(&Parts { packing, ..Parts::of(kind, tile) });
    for bad in [b"<svg onload='x'/>".to_vec(), png(60_000, 60_000), png(256, 256)[..20].to_vec()] {
        assert!(is_empty(&tile(2, 1, bad)));
    }
    assert!(!is_empty(&tile(4, 1, png(256, 256))));
    // Larger than any tile need be, as it lies there or unpacked; packed wrongly.
    let large = [png(256, 256), vec![0; (1 << 20) + 1]].concat();
    assert!(is_empty(&tile(2, 1, large)));
    let bomb = gzip(&[png(256, 256), vec![0; 4 << 20]].concat());
    assert!(bomb.len() < 1 << 20 && is_empty(&tile(2, 2, bomb)));
    assert!(is_empty(&tile(2, 2, png(256, 256))));
    assert!(is_empty(&tile(1, 1, b"no vector tile".to_vec())));
}

#[test]
fn a_directory_that_leads_to_itself_or_nowhere_ends() {
    let leaf = directory(&[[21_845, 0, 5, 1]]);
    let length = u64::try_from(leaf.len()).unwrap();
    let round = directory(&[[21_845, 0, length, 1]]);
    assert_eq!(round.len(), leaf.len());
    let map = opened(&Parts { root: round.clone(), leaves: round.clone(), ..Parts::of(2, png(256, 256)) });
    assert!(is_empty(&map));
    // A bomb for a leaf, and a leaf that is longer than a directory may be.
    let bomb = gzip(&vec![1; 3 << 20]);
    let at = [21_845, 0, u64::try_from(bomb.len()).unwrap(), 1];
    let parts =
        Parts { internal: 2, root: gzip(&directory(&[at])), leaves: bomb, ..Parts::of(2, png(256, 256)) };
    assert!(is_empty(&opened(&parts)));
    let at = [21_845, 0, 2 << 20, 1];
    let parts = Parts { root: directory(&[at]), leaves: vec![1; 2 << 20], ..Parts::of(2, png(256, 256)) };
    assert!(is_empty(&opened(&parts)));
}

#[test]
fn a_file_that_shrinks_while_it_is_open_has_empty_tiles() {
    let disk = disk(&Parts::of(2, png(256, 256)).bytes());
    let map = BaseMap::open(&disk.path).unwrap();
    assert!(!is_empty(&map));
    std::fs::OpenOptions::new().write(true).open(&disk.path).unwrap().set_len(130).unwrap();
    assert!(is_empty(&map));
}

#[test]
fn few_tiles_of_the_finest_zoom_cover_an_area() {
    let zooms = |kind, zooms, bounds| opened(&Parts { zooms, bounds, ..Parts::of(kind, png(256, 256)) });
    let cover = |map: &BaseMap, area: &Area| {
        let tiles = map.cover(area);
        (tiles.len(), tiles.first().map(|tile| tile.place.path()))
    };
    let all = zooms(2, (0, 14), [0; 4]);
    assert_eq!(cover(&all, &HAITI), (12, Some("8/74/113".to_owned())));
    let south = Area { west: -74.6, south: 18.0, east: -72.0, north: 19.4 };
    assert_eq!(cover(&all, &south), (15, Some("9/149/227".to_owned())));
    // Drawn ones stay sharp: fewer.
    assert_eq!(cover(&zooms(1, (0, 14), [0; 4]), &south), (6, Some("8/74/113".to_owned())));
    // No finer ones than there are; but none of which only the pixels would be seen.
    assert_eq!(cover(&zooms(2, (0, 6), [0; 4]), &HAITI), (2, Some("6/18/28".to_owned())));
    assert_eq!(cover(&zooms(2, (0, 3), [0; 4]), &HAITI), (0, None));
    // None so coarse: those that the archive has, if they are few.
    assert_eq!(cover(&zooms(2, (12, 14), [0; 4]), &HAITI), (0, None));
    let town = [-723_500_000, 185_300_000, -723_100_000, 185_600_000];
    let (count, first) = cover(&zooms(2, (12, 14), town), &HAITI);
    assert!((1..=4).contains(&count) && first.unwrap().starts_with("12/"), "{count}");
    // Somewhere else.
    assert_eq!(
        cover(&zooms(2, (0, 14), [10_000_000, 450_000_000, 20_000_000, 460_000_000]), &HAITI),
        (0, None)
    );
    let world = Area { west: -180.0, south: -90.0, east: 180.0, north: 90.0 };
    assert_eq!(cover(&all, &world), (16, Some("2/0/0".to_owned())));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_byte_of_an_archive_makes_it_panic(
        kind in 1..3_u8, bent in prop::collection::vec((0..400_usize, any::<u8>()), 1..8), noise in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let tile = if kind == 1 { [roads(), noise].concat() } else { [png(256, 256), noise].concat() };
        let mut bytes = Parts::of(kind, tile).bytes();
        for (at, to) in bent {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = to;
            }
        }
        let disk = disk(&bytes);
        if let Ok(map) = BaseMap::open(&disk.path) {
            let _ = picture(&map);
            let tiles = map.cover(&HAITI);
            prop_assert!(tiles.len() <= 24);
            for tile in tiles {
                let _ = map.picture(tile.place, Language::Arabic);
            }
        }
    }
}
