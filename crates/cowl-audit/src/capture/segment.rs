//! TCP headers (RFC 9293 §3.1).

/// A segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment<'a> {
    pub(super) from_port: u16,
    pub(super) to_port: u16,
    /// Sequence number of its first byte, or of SYN.
    pub(super) sequence: u32,
    /// The next byte that its sender waits for, if it says so.
    pub(super) acknowledged: Option<u32>,
    pub(super) syn: bool,
    pub(super) fin: bool,
    pub(super) reset: bool,
    pub(super) payload: &'a [u8],
    /// Bytes that follow the payload and were cut off by the snapshot length.
    pub(super) snapped: u32,
}

impl<'a> Segment<'a> {
    /// Reads a segment of which `length` bytes were on the wire; `None` if its header is cut off or impossible.
    pub(super) fn read(bytes: &'a [u8], length: usize) -> Option<Self> {
        let header: &[u8; 20] = bytes.first_chunk()?;
        let [p0, p1, q0, q1, s0, s1, s2, s3, a0, a1, a2, a3, offset, flags, ..] = *header;
        let header_length = usize::from(offset >> 4) * 4;
        if header_length < 20 || header_length > length {
            return None;
        }
        // Options may be cut off too; then there is no payload.
        let payload = bytes.get(header_length..).unwrap_or(&[]);
        let snapped = (length - header_length).saturating_sub(payload.len());
        Some(Self {
            from_port: u16::from_be_bytes([p0, p1]),
            to_port: u16::from_be_bytes([q0, q1]),
            sequence: u32::from_be_bytes([s0, s1, s2, s3]),
            acknowledged: (flags & 0x10 != 0).then_some(u32::from_be_bytes([a0, a1, a2, a3])),
            syn: flags & 0x02 != 0,
            fin: flags & 0x01 != 0,
            reset: flags & 0x04 != 0,
            payload,
            snapped: u32::try_from(snapped).unwrap_or(u32::MAX),
        })
    }

    /// Bytes that it brings, those cut off included.
    pub(super) fn length(&self) -> u32 {
        u32::try_from(self.payload.len()).unwrap_or(u32::MAX).saturating_add(self.snapped)
    }
}
