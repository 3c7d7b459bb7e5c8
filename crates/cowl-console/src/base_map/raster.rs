//! What a finished picture is, and whether it is one that a browser should be given: a few bytes can ask for gigabytes of pixels.

/// Pixels of a tile's side at the most: four times the usual.
const SIDE: u32 = 1_024;

/// Its media type. `None`: it is no PNG, JPEG or WebP, or too large.
pub(super) fn kind(bytes: &[u8]) -> Option<&'static str> {
    let (kind, (width, height)) = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        ("image/png", png(bytes)?)
    } else if bytes.starts_with(&[0xff, 0xd8]) {
        ("image/jpeg", jpeg(bytes)?)
    } else if bytes.starts_with(b"RIFF") {
        ("image/webp", webp(bytes)?)
    } else {
        return None;
    };
    let fits = |side| (1..=SIDE).contains(&side);
    (fits(width) && fits(height)).then_some(kind)
}

/// ISO/IEC 15948: the first chunk says it.
fn png(bytes: &[u8]) -> Option<(u32, u32)> {
    let header = bytes.get(8..)?.first_chunk::<16>()?;
    let rest = header.strip_prefix(b"\0\0\0\x0dIHDR".as_slice())?;
    Some((u32::from_be_bytes(*rest.first_chunk()?), u32::from_be_bytes(*rest.last_chunk()?)))
}

/// ITU T.81: the first frame says it, behind segments of other things.
fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut rest = bytes.get(2..)?;
    loop {
        let (0xff, after) = rest.split_first()? else { return None };
        let (marker, after) = after.split_first()?;
        rest = match marker {
            // Filling, and what stands alone.
            0xff => rest.get(1..)?,
            0x01 | 0xd0..=0xd7 => after,
            // A frame; the others of this row are tables.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                let size = after.get(3..)?.first_chunk::<4>()?;
                let [high, low, wide, narrow] = *size;
                return Some((
                    u16::from_be_bytes([wide, narrow]).into(),
                    u16::from_be_bytes([high, low]).into(),
                ));
            }
            // The picture begins, or ends, without a frame.
            0xd8..=0xda => return None,
            _ => after.get(usize::from(u16::from_be_bytes(*after.first_chunk()?)).max(2)..)?,
        };
    }
}

/// RFC 9649: one of three kinds of first chunk.
fn webp(bytes: &[u8]) -> Option<(u32, u32)> {
    let rest = bytes.get(8..)?.strip_prefix(b"WEBP")?;
    let (chunk, body) = (rest.first_chunk::<4>()?, rest.get(8..)?);
    match chunk {
        b"VP8 " => {
            let sides = body.get(3..)?.strip_prefix(&[0x9d, 0x01, 0x2a])?.first_chunk::<4>()?;
            let [low, high, short, tall] = *sides;
            let side = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
            Some((side(low, high), side(short, tall)))
        }
        b"VP8L" => {
            let bits = u32::from_le_bytes(*body.strip_prefix(&[0x2f])?.first_chunk()?);
            Some(((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1))
        }
        b"VP8X" => {
            let sides = body.get(4..)?.first_chunk::<6>()?;
            let side = |low, middle, high| u32::from_le_bytes([low, middle, high, 0]) + 1;
            let [wide, wider, widest, high, higher, highest] = *sides;
            Some((side(wide, wider, widest), side(high, higher, highest)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base_map::testing::{jpeg, png, webp};

    #[test]
    fn pictures_are_known_by_what_they_are() {
        assert_eq!(kind(&png(256, 256)), Some("image/png"));
        assert_eq!(kind(&jpeg(512, 256)), Some("image/jpeg"));
        for chunk in ["VP8 ", "VP8L", "VP8X"] {
            assert_eq!(kind(&webp(chunk, 256, 256)), Some("image/webp"), "{chunk}");
            assert_eq!(kind(&webp(chunk, 256, 1_025)), None, "{chunk}");
        }
        assert_eq!((kind(&png(30_000, 30_000)), kind(&jpeg(30_000, 30_000))), (None, None));
        assert_eq!((kind(&png(0, 256)), kind(&png(1_024, 1_024))), (None, Some("image/png")));
        for other in
            ["", "<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>", "GIF89a", "<html>", "RIFF0000WAVE"]
        {
            assert_eq!(kind(other.as_bytes()), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn what_is_cut_off_or_bent_is_no_panic(which in 0..4_usize, at in 0..40_usize, to: u8, left in 0..60_usize) {
            let mut bytes = [png(256, 256), jpeg(256, 256), webp("VP8L", 9, 9), webp("VP8 ", 9, 9)][which].clone();
            bytes.truncate(left);
            if let Some(byte) = bytes.get_mut(at) {
                *byte = to;
            }
            let _ = kind(&bytes);
        }
    }
}
