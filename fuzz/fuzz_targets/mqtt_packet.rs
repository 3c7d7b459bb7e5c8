//! Any bytes as a stream of MQTT: every byte comes out in a packet or is counted, and every packet is read.

#![no_main]

use cowl_audit::mqtt::{Body, Dialogue, Frame, Framer, Level, Packet, fingerprint, plausible};
use cowl_audit::trace::{Loss, Way};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some(([step, gap], stream)) = data.split_first_chunk() else { return };
    let mut gapped = false;
    let mut framer = Framer::with_limit(1024);
    let mut dialogue = Dialogue::new();
    let (mut whole, mut lost, mut limited) = (0, 0, false);
    let mut take = |frame: Frame<'_>| match frame {
        Frame::Packet(bytes) => {
            whole += bytes.len() as u64;
            for level in [None, Some(Level::V3_1), Some(Level::V3_1_1), Some(Level::V5)] {
                look(&Packet::read(bytes, level).expect("it was framed"), bytes);
            }
            look(&dialogue.read(Way::ToServer, bytes).expect("it was framed"), bytes);
        }
        Frame::Lost { bytes, cause } => {
            lost += bytes;
            limited |= cause == Loss::Limit;
        }
    };
    for (place, chunk) in stream.chunks(usize::from(*step).max(1)).enumerate() {
        if *gap > 0 && place == usize::from(*gap) {
            framer.gap(u64::from(*gap), Loss::Missing, &mut take);
            gapped = true;
        }
        framer.push(chunk, &mut take);
        assert!(framer.kept() <= 1024);
    }
    framer.finish(&mut take);
    // A packet that is passed over counts whole, even if the stream ends in it; a gap adds what was not there.
    assert!(whole + lost >= stream.len() as u64);
    assert!(limited || gapped || whole + lost == stream.len() as u64);
    let _ = (plausible(stream, true), plausible(stream, false), Packet::read(stream, None));
});

fn look(packet: &Packet<'_>, bytes: &[u8]) {
    let within = |part: &[u8]| assert!(part.len() <= bytes.len() || part.len() <= 1024);
    match packet.body {
        Body::Publish(publish) => {
            within(publish.topic);
            within(publish.payload);
            assert!(publish.properties.iter().count() <= bytes.len());
        }
        Body::Subscribe(subscribe) | Body::Unsubscribe(subscribe) => {
            assert!(subscribe.filters.iter().count() <= bytes.len());
        }
        Body::Connect(_) => assert!(fingerprint(packet).is_some()),
        _ => assert!(fingerprint(packet).is_none()),
    }
    assert_eq!(packet.flaws.is_empty(), packet.flaws.iter().next().is_none());
}
