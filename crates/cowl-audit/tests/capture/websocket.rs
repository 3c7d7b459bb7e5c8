//! MQTT over WebSocket.

use cowl_audit::trace::{Carrier, Loss, Way};

use super::support::frames::{ETHERNET, pcap};
use super::support::seen::{Seen, read};
use super::support::talk::Talk;
use super::support::{CONNACK, CONNECT, publish};

const REQUEST: &[u8] = b"GET /mqtt HTTP/1.1\r\nHost: a\r\nupgrade: WebSocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: x\r\nSec-WebSocket-Protocol: chat, mqtt\r\n\r\n";
const ANSWER: &[u8] =
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n";

/// A frame with the first byte given, masked if from the client.
fn frame(first: u8, payload: &[u8], masked: bool) -> Vec<u8> {
    let mut bytes = vec![first];
    let mask = if masked { 0x80 } else { 0 };
    match payload.len() {
        length @ 0..126 => bytes.push(mask | u8::try_from(length).unwrap()),
        length => {
            bytes.push(mask + 126);
            bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
    }
    if masked {
        let key = [0x12, 0x34, 0x56, 0x78];
        bytes.extend(key);
        bytes.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
    } else {
        bytes.extend(payload);
    }
    bytes
}

/// The conversation in segments of so many bytes.
fn talk(step: usize) -> Talk {
    let mut talk = Talk::open("10.0.0.2:40000", "10.0.0.1:9001");
    let mut say = |way, bytes: &[u8]| bytes.chunks(step).for_each(|part| talk.say(way, part));
    say(Way::ToServer, REQUEST);
    // The first packet follows the answer at once.
    say(Way::ToClient, ANSWER);
    say(Way::ToServer, &frame(0x82, CONNECT, true));
    say(Way::ToClient, &frame(0x82, CONNACK, false));
    // One packet in three frames, with a ping between them; then two packets in one frame.
    let long = publish(&[b'x'; 400]);
    say(Way::ToServer, &frame(0x02, &long[..7], true));
    say(Way::ToServer, &frame(0x89, b"ping", true));
    say(Way::ToServer, &frame(0x00, &long[7..300], true));
    say(Way::ToServer, &frame(0x80, &long[300..], true));
    say(Way::ToServer, &frame(0x82, &[publish(b"a"), publish(b"b")].concat(), true));
    say(Way::ToServer, &frame(0x88, &[3, 0xe8], true));
    talk.close();
    talk
}

fn said() -> Vec<(Way, Vec<u8>)> {
    let mut said = vec![(Way::ToServer, CONNECT.to_vec()), (Way::ToClient, CONNACK.to_vec())];
    said.extend([publish(&[b'x'; 400]), publish(b"a"), publish(b"b")].map(|packet| (Way::ToServer, packet)));
    said
}

#[test]
fn frames_cut_anywhere() {
    for step in [1, 2, 3, 7, 50, 10_000] {
        let talk = talk(step);
        let (seen, summary) = read(&pcap(ETHERNET, &talk.frames));
        assert_eq!(seen.packets, said(), "{step}");
        assert_eq!(seen.opens, [(talk.client, talk.server, Carrier::WebSocket)]);
        assert_eq!((seen.lost, summary.connections.websocket), (vec![], 1));
    }
}

#[test]
fn a_websocket_of_something_else_is_left_alone() {
    let mut talk = Talk::open("10.0.0.2:40000", "10.0.0.1:9001");
    let request = String::from_utf8(REQUEST.to_vec()).unwrap().replace("mqtt\r\n", "chat\r\n");
    talk.say(Way::ToServer, request.as_bytes());
    talk.say(Way::ToClient, ANSWER);
    talk.say(Way::ToServer, &frame(0x82, CONNECT, true));
    let (seen, summary) = read(&pcap(ETHERNET, &talk.frames));
    assert_eq!((seen, summary.connections.other), (Seen::default(), 1));
}

#[test]
fn refused_or_compressed() {
    for (answer, first, packets) in [(&b"HTTP/1.1 403 Forbidden\r\n\r\nno"[..], 0x82, 1), (ANSWER, 0xc2, 0)] {
        let mut talk = Talk::open("10.0.0.2:40000", "10.0.0.1:9001");
        talk.say(Way::ToServer, REQUEST);
        talk.say(Way::ToClient, answer);
        talk.say(Way::ToServer, &frame(first, CONNECT, true));
        let (seen, _) = read(&pcap(ETHERNET, &talk.frames));
        assert_eq!(seen.packets.len(), packets);
        assert!(seen.lost_bytes() > 0 && seen.lost.iter().all(|(_, _, cause)| *cause == Loss::NotMqtt));
    }
}

#[test]
fn a_gap_in_a_frame_costs_its_packet() {
    let talk = talk(50);
    let long = publish(&[b'x'; 400]);
    let masked = &frame(0x00, &long[7..300], true)[100..150];
    let mut frames = talk.frames;
    let place = frames.iter().position(|frame| frame.bytes.ends_with(masked)).unwrap();
    frames.remove(place);
    let (seen, _) = read(&pcap(ETHERNET, &frames));
    let mut said = said();
    said.remove(2);
    assert_eq!(seen.packets, said);
    assert_eq!(seen.lost_bytes(), u64::try_from(long.len()).unwrap());
}
