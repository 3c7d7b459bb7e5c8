//! Any bytes as a trace file: bare, behind the magic, and as records in a frame; and as a truth file. Beyond not panicking: what is
//! read is written and read again as it was, and projecting it finds no more messages than there are packets.

#![no_main]

use cowl_audit::attack::Truth;
use cowl_audit::trace::{Event, Header, Reader, Writer};
use cowl_audit::view::Projector;
use libfuzzer_sys::fuzz_target;

/// Magic; a frame of independent blocks of 4 MiB without checksums.
const BEGINNING: [u8; 15] =
    [0x89, b'm', b'q', b't', b'r', 0x0d, 0x0a, 1, 0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73];
/// A tap without note, with one broker.
const HEADER: [u8; 8] = [7, 1, 1, 0, 0, 1, 1, 0];

fuzz_target!(|data: &[u8]| {
    let Some((kind, data)) = data.split_first() else { return };
    match kind % 4 {
        0 => read(data),
        1 => read(&[&BEGINNING[..], data].concat()),
        2 => {
            let records = [&HEADER[..], data].concat();
            let length = u32::try_from(records.len()).expect("small") | 1 << 31;
            read(&[&BEGINNING[..], &length.to_le_bytes(), &records, &[0; 4]].concat());
        }
        _ => {
            if let Ok(loaded) = Truth::load(data) {
                assert!(
                    loaded.doubts.unknown_messages
                        <= (loaded.truth.opened.len() + loaded.truth.deliveries.len()) as u64
                );
            }
        }
    }
});

fn read(file: &[u8]) {
    let Ok(mut reader) = Reader::new(file) else { return };
    let header: Header = reader.header().clone();
    let mut writer = Writer::new(Vec::new(), &header).expect("it was read");
    let mut projector = Projector::new(&header);
    let (mut events, mut packets) = (0, 0);
    while let Ok(Some(event)) = reader.event() {
        packets += usize::from(matches!(event, Event::Packet { .. }));
        writer.write(&event).expect("into memory");
        projector.add(&event);
        events += 1;
    }
    assert_eq!(reader.events(), events);
    assert!(projector.finish().messages() <= packets);
    let again = writer.finish().expect("into memory");
    let (mut first, mut second) =
        (Reader::new(file).expect("as before"), Reader::new(&*again).expect("it was written"));
    for _ in 0..events {
        assert_eq!(first.event().expect("as before"), second.event().expect("it was written"));
    }
    assert!(second.event().expect("it was ended").is_none());
}
