//! What stands in front of every part's body, inside the seal (spec §4.3).

use crate::{ErasureHandle, PolicyVersion, ReportId, layout::HEADER_LEN};

/// The same in every part of a message: names the report, never the reporter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// Drawn once per report; the same when the report is sealed again for another try.
    pub report: ReportId,
    /// What a withdrawal names; [`ErasureHandle::NONE`] when the sender keeps no seed.
    pub handle: ErasureHandle,
    /// The policy by which the body was reduced.
    pub policy: PolicyVersion,
}

/// A part's plaintext is not of the form of spec §4.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

impl Header {
    /// Writes header, body length, body and zero padding so that they fill `out`.
    pub(crate) fn write(&self, body: &[u8], out: &mut [u8]) -> Result<(), Malformed> {
        let length = u16::try_from(body.len()).map_err(|_| Malformed)?;
        let (head, rest) = out.split_first_chunk_mut::<HEADER_LEN>().ok_or(Malformed)?;
        let (into, padding) = rest.split_at_mut_checked(body.len()).ok_or(Malformed)?;
        let (report, head) = head.split_at_mut(16);
        let (handle, head) = head.split_at_mut(16);
        let (policy, stated) = head.split_at_mut(4);
        report.copy_from_slice(&self.report.0);
        handle.copy_from_slice(&self.handle.0);
        policy.copy_from_slice(&self.policy.0.to_be_bytes());
        stated.copy_from_slice(&length.to_be_bytes());
        into.copy_from_slice(body);
        padding.fill(0);
        Ok(())
    }

    /// Reads a header and the body behind it. Padding that is not zero is refused: it would be a channel
    /// that the policy does not know of.
    pub(crate) fn read(plaintext: &[u8]) -> Result<(Self, &[u8]), Malformed> {
        let (report, rest) = plaintext.split_first_chunk::<16>().ok_or(Malformed)?;
        let (handle, rest) = rest.split_first_chunk::<16>().ok_or(Malformed)?;
        let (policy, rest) = rest.split_first_chunk::<4>().ok_or(Malformed)?;
        let (length, rest) = rest.split_first_chunk::<2>().ok_or(Malformed)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (body, padding) = rest.split_at_checked(length).ok_or(Malformed)?;
        if padding.iter().any(|byte| *byte != 0) {
            return Err(Malformed);
        }
        let header = Self {
            report: ReportId(*report),
            handle: ErasureHandle(*handle),
            policy: PolicyVersion(u32::from_be_bytes(*policy)),
        };
        Ok((header, body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: Header =
        Header { report: ReportId([1; 16]), handle: ErasureHandle([2; 16]), policy: PolicyVersion(3) };

    #[test]
    fn comes_back_with_its_body() {
        let mut out = [0xaa; HEADER_LEN + 10];
        HEADER.write(b"body", &mut out).unwrap();
        assert_eq!(Header::read(&out), Ok((HEADER, b"body".as_slice())));
        assert_eq!(HEADER.write(b"eleven long", &mut out), Err(Malformed));
    }

    #[test]
    fn refuses_padding_that_is_not_zero_and_lengths_that_lie() {
        let mut out = [0; HEADER_LEN + 10];
        HEADER.write(b"body", &mut out).unwrap();
        out[HEADER_LEN + 9] = 1;
        assert_eq!(Header::read(&out), Err(Malformed));
        out[HEADER_LEN - 1] = 11;
        assert_eq!(Header::read(&out), Err(Malformed));
        assert_eq!(Header::read(&out[..HEADER_LEN - 1]), Err(Malformed));
    }
}
