//! A payload as rows of bytes, in which what tells something is marked.

use std::ops::Range;

use super::Told;

/// Bytes in a row.
const WIDTH: usize = 16;

/// A piece of a row: all of it marked, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) hex: String,
    pub(crate) text: String,
    pub(crate) is_marked: bool,
}

/// A row of the dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// Where it begins in the payload.
    pub(crate) at: usize,
    pub(crate) pieces: Vec<Piece>,
}

/// The first `most` bytes as rows.
pub(crate) fn rows(head: &[u8], told: &[Told], most: usize) -> Vec<Row> {
    let spans: Vec<&Range<usize>> = told.iter().filter_map(|told| told.span.as_ref()).collect();
    let is_marked = |index: usize| spans.iter().any(|span| span.contains(&index));
    let shown = head.get(..most).unwrap_or(head);
    let row = |(number, bytes): (usize, &[u8])| {
        let at = number * WIDTH;
        let mut pieces: Vec<Piece> = Vec::new();
        for (offset, byte) in bytes.iter().enumerate() {
            let marked = is_marked(at + offset);
            let symbol = if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '·' };
            let hex = format!("{byte:02x} ");
            match pieces.last_mut() {
                Some(piece) if piece.is_marked == marked => {
                    piece.hex.push_str(&hex);
                    piece.text.push(symbol);
                }
                _ => pieces.push(Piece { hex, text: symbol.to_string(), is_marked: marked }),
            }
        }
        Row { at, pieces }
    };
    shown.chunks(WIDTH).enumerate().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_something_is_marked_where_it_stands() {
        let payload = b"{\"lat\": 18.5401, \"x\": \x00\xff}";
        let told = [
            Told { kind: "position".to_owned(), span: Some(8..15) },
            Told { kind: "topic".to_owned(), span: None },
        ];
        let rows = rows(payload, &told, 1_000);
        assert_eq!((rows.len(), rows[1].at), (2, 16));
        let marked: String = rows
            .iter()
            .flat_map(|row| &row.pieces)
            .filter(|piece| piece.is_marked)
            .map(|piece| piece.text.as_str())
            .collect();
        assert_eq!(marked, "18.5401");
        let all: String = rows.iter().flat_map(|row| &row.pieces).map(|piece| piece.text.as_str()).collect();
        assert_eq!(all, "{\"lat\": 18.5401, \"x\": ··}");
        assert_eq!(super::rows(payload, &told, 4).len(), 1);
        assert!(super::rows(b"", &told, 4).is_empty());
    }
}
