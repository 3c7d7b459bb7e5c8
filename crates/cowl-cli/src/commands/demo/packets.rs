//! What a broker reads in the bytes of one connection: MQTT 5's CONNECT (§3.1) and PUBLISH (§3.3), no more.
//!
//! On purpose not the codec of the transport that sent them.

/// A connection as read from its bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) client_id: Vec<u8>,
    pub(super) user_name: Option<Vec<u8>>,
    pub(super) published: Vec<Published>,
}

/// One message.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Published {
    pub(super) topic: Vec<u8>,
    pub(super) payload: Vec<u8>,
}

/// Reads all whole packets; `None` if one of them is not as the standard says.
pub(super) fn read(mut bytes: &[u8]) -> Option<Seen> {
    let mut seen = Seen::default();
    while let Some((first, rest)) = bytes.split_first() {
        let mut rest = rest;
        let length = varint(&mut rest)?;
        let body = take(&mut rest, length)?;
        match first >> 4 {
            1 => connect(body, &mut seen)?,
            3 => seen.published.push(publish(*first, body)?),
            _ => {}
        }
        bytes = rest;
    }
    Some(seen)
}

fn connect(mut body: &[u8], seen: &mut Seen) -> Option<()> {
    if text(&mut body)? != b"MQTT" || take(&mut body, 1)? != [5] {
        return None;
    }
    let flags = *take(&mut body, 1)?.first()?;
    take(&mut body, 2)?; // keep-alive
    properties(&mut body)?;
    seen.client_id = text(&mut body)?.to_vec();
    if flags & 0x04 != 0 {
        properties(&mut body)?;
        text(&mut body)?; // the will's topic
        text(&mut body)?; // and payload
    }
    if flags & 0x80 != 0 {
        seen.user_name = Some(text(&mut body)?.to_vec());
    }
    Some(())
}

fn publish(first: u8, mut body: &[u8]) -> Option<Published> {
    let topic = text(&mut body)?.to_vec();
    if first & 0x06 != 0 {
        take(&mut body, 2)?; // packet id
    }
    properties(&mut body)?;
    Some(Published { topic, payload: body.to_vec() })
}

fn properties(body: &mut &[u8]) -> Option<()> {
    let length = varint(body)?;
    take(body, length).map(drop)
}

/// Two bytes of length, then so many bytes.
fn text<'a>(body: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = take(body, 2)?.first_chunk::<2>().map(|length| u16::from_be_bytes(*length))?;
    take(body, usize::from(length))
}

/// MQTT 5 §1.5.5: seven bits a byte, at most four bytes.
fn varint(body: &mut &[u8]) -> Option<usize> {
    let mut value = 0_usize;
    for place in 0..4 {
        let byte = *take(body, 1)?.first()?;
        value |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn take<'a>(body: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = body.split_at_checked(count)?;
    *body = rest;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_a_phone_sends() {
        let mut bytes = vec![0x10, 0x14, 0, 4, b'M', b'Q', b'T', b'T', 5, 0x82, 0, 60, 0, 0, 2, b'i', b'd'];
        bytes.extend([0, 3, b'd', b'e', b'v']);
        bytes.extend([0x32, 0x09, 0, 1, b't', 0, 1, 0, b'a', b'b', b'c']);
        bytes.extend([0xe0, 0x00]);
        let published = vec![Published { topic: b"t".to_vec(), payload: b"abc".to_vec() }];
        let seen = Seen { client_id: b"id".to_vec(), user_name: Some(b"dev".to_vec()), published };
        assert_eq!(read(&bytes), Some(seen));
        for cut in 1..bytes.len() {
            // Any cut is an error or fewer packets, never a panic.
            let _ = read(&bytes[..cut]);
        }
        assert_eq!(read(&[0x10, 0xff, 0xff, 0xff, 0xff, 0x01]), None);
    }
}
