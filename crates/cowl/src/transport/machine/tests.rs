use std::num::NonZeroU16;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::transport::wire::{LARGEST, Reader};
use crate::transport::{Topic, Version};

fn id(id: u16) -> NonZeroU16 {
    NonZeroU16::new(id).unwrap()
}

fn ack(receive_max: u16) -> ConnAck {
    ConnAck {
        refusal: None,
        session_present: true,
        receive_max: id(receive_max),
        receive_max_exact: id(receive_max),
        max_packet: LARGEST,
        max_qos: Qos::ExactlyOnce,
        retain: true,
        wildcards: true,
        keep_alive_s: None,
    }
}

fn machine(receive_max: u16, acks: Acks) -> Machine {
    let options = Options { in_flight: NonZeroU16::MAX, ..Options::default() };
    Machine::new(&options, &ack(receive_max), acks, Instant::now())
}

fn publication(qos: Qos) -> Publication {
    Publication::new(Topic::new("t").unwrap(), "x", qos)
}

fn delivery(qos: Qos, packet: u16) -> Incoming {
    Incoming::Publish(Delivery {
        topic: Topic::new("t").unwrap(),
        payload: "x".into(),
        qos,
        retain: false,
        dup: false,
        properties: None,
        id: (qos != Qos::AtMostOnce).then(|| id(packet)),
    })
}

/// First byte and packet identifier of each packet of 4 to 6 bytes that waits to be sent.
fn sent(machine: &mut Machine) -> Vec<(u8, u16)> {
    let mut out = BytesMut::new();
    machine.take_out(&mut out);
    let mut packets = Vec::new();
    while let [kind, length, rest @ ..] = &out[..] {
        packets.push((*kind, u16::from_be_bytes([rest[0], rest[1]])));
        out = BytesMut::from(&out[2 + usize::from(*length)..]);
    }
    packets
}

#[test]
fn the_window_closes_at_receive_maximum_and_opens_with_each_answer() {
    let mut machine = machine(2, Acks::Automatic);
    for sequence in [10, 11] {
        assert!(machine.has_room(Qos::AtLeastOnce));
        machine.publish(publication(Qos::AtLeastOnce), Owner::Sequence(sequence)).unwrap();
    }
    assert!(!machine.has_room(Qos::AtLeastOnce) && machine.has_room(Qos::AtMostOnce));
    machine.handle(Incoming::PubAck { id: id(2), refused: None }).map(|_| ()).unwrap();
    assert_eq!(machine.settled_through(), None, "10 is still open");
    assert_eq!(machine.unsettled().unacknowledged, [10]);
    assert!(machine.has_room(Qos::AtLeastOnce));
    machine.handle(Incoming::PubAck { id: id(1), refused: Some("quota exceeded") }).map(|_| ()).unwrap();
    assert_eq!(machine.settled_through(), Some(11));
    assert_eq!(machine.take_refusals(), [Refusal { sequence: 10, why: "quota exceeded" }]);
}

#[test]
fn exactly_once_out_takes_its_four_steps_and_answers_repeated_pubrec() {
    let mut machine = machine(1, Acks::Automatic);
    machine.publish(publication(Qos::ExactlyOnce), Owner::Sequence(1)).unwrap();
    sent(&mut machine);
    machine.handle(Incoming::PubComp { id: id(1) }).map(|_| ()).unwrap();
    assert_eq!(machine.unsettled().unacknowledged, [1], "too early");
    for _ in 0..2 {
        machine.handle(Incoming::PubRec { id: id(1), refused: None }).map(|_| ()).unwrap();
        assert_eq!(sent(&mut machine), [(0x62, 1)]);
        assert!(!machine.has_room(Qos::AtLeastOnce));
    }
    machine.handle(Incoming::PubComp { id: id(1) }).map(|_| ()).unwrap();
    assert_eq!(machine.settled_through(), Some(1));
    assert!(machine.has_room(Qos::ExactlyOnce));
}

#[test]
fn held_messages_are_released_when_the_caller_says_so_and_meet_no_other_identifier() {
    let mut machine = machine(9, Acks::Automatic);
    machine.publish(publication(Qos::AtLeastOnce), Owner::Sequence(1)).unwrap();
    let [first, second] = [0, 1].map(|number| held_id(number).unwrap());
    machine.send_held(first, publication(Qos::ExactlyOnce), false).unwrap();
    machine.send_held(second, publication(Qos::ExactlyOnce), true).unwrap();
    let mut out = BytesMut::new();
    machine.take_out(&mut out);
    // Each PUBLISH has 9 bytes: QoS 1; QoS 2; QoS 2 with DUP.
    assert_eq!(out.chunks(9).map(|packet| packet[0]).collect::<Vec<_>>(), [0x32, 0x34, 0x3C]);
    for id in [first, second] {
        assert_eq!(machine.take_held(), None);
        machine.handle(Incoming::PubComp { id }).map(|_| ()).unwrap();
        let refused = (id == second).then_some("quota exceeded");
        machine.handle(Incoming::PubRec { id, refused }).map(|_| ()).unwrap();
    }
    assert!(sent(&mut machine).is_empty(), "no PUBREL of its own accord");
    assert_eq!(machine.take_held(), Some(vec![(second, "quota exceeded")]));
    machine.release_held(first).unwrap();
    assert_eq!(sent(&mut machine), [(0x62, first.get())]);
    machine.handle(Incoming::PubRec { id: first, refused: None }).map(|_| ()).unwrap();
    assert_eq!(machine.take_held(), None);
    machine.handle(Incoming::PubComp { id: first }).map(|_| ()).unwrap();
    assert_eq!(machine.take_held(), Some(Vec::new()));
    assert_eq!(machine.unsettled().unacknowledged, [1], "the others are as they were");
    assert_eq!((held_id(HELD), held_id(HELD - 1)), (None, Some(NonZeroU16::MAX)));
}

#[test]
fn a_message_at_most_once_is_unwritten_until_its_last_byte_is() {
    let mut machine = machine(1, Acks::Automatic);
    for sequence in [1, 2] {
        machine.publish(publication(Qos::AtMostOnce), Owner::Sequence(sequence)).unwrap();
    }
    let mark = machine.mark();
    let mut out = BytesMut::new();
    machine.take_out(&mut out);
    machine.sent(out.len() - 1, Instant::now());
    assert_eq!(machine.unsettled().unwritten, [2]);
    assert!(!machine.has_reached(mark));
    machine.sent(1, Instant::now());
    assert_eq!(machine.unsettled(), Unsettled::default());
    assert!(machine.has_reached(mark));
}

#[test]
fn a_message_beyond_the_brokers_limits_leaves_no_trace() {
    let options = Options::default();
    let limits = ConnAck { max_qos: Qos::AtLeastOnce, retain: false, max_packet: 40, ..ack(9) };
    let mut machine = Machine::new(&options, &limits, Acks::Automatic, Instant::now());
    let large = Publication::new(Topic::new("t").unwrap(), vec![0; 40], Qos::AtLeastOnce);
    assert!(machine.publish(large, Owner::Sequence(1)).unwrap_err().is_too_large());
    let exact = publication(Qos::ExactlyOnce);
    assert!(machine.publish(exact, Owner::Sequence(2)).unwrap_err().is_denied());
    let kept = publication(Qos::AtLeastOnce).retained();
    assert!(machine.publish(kept, Owner::Sequence(3)).unwrap_err().is_denied());
    let unsayable = crate::transport::Properties {
        user: vec![("n".to_owned(), "v".repeat(70_000))],
        ..crate::transport::Properties::default()
    };
    let unsayable = publication(Qos::AtLeastOnce).with_properties(unsayable);
    assert!(machine.publish(unsayable, Owner::Sequence(4)).is_err());
    assert!(!machine.has_output());
    assert_eq!(machine.unsettled(), Unsettled::default());
}

#[test]
fn acknowledgements_leave_in_order_of_arrival_and_dropped_ones_hold_back_none() {
    let mut machine = machine(9, Acks::Manual);
    let tokens: Vec<Token> = (1..=4)
        .map(|packet| machine.handle(delivery(Qos::AtLeastOnce, packet)).unwrap().unwrap().token.unwrap())
        .collect();
    machine.judged(tokens[1], true).unwrap();
    machine.judged(tokens[3], true).unwrap();
    assert_eq!(sent(&mut machine), []);
    machine.judged(tokens[0], true).unwrap();
    assert_eq!(sent(&mut machine), [(0x40, 1), (0x40, 2)]);
    machine.judged(tokens[2], false).unwrap();
    assert_eq!(sent(&mut machine), [(0x40, 4)]);
}

#[test]
fn exactly_once_in_is_delivered_once_whatever_the_broker_repeats() {
    let mut machine = machine(9, Acks::Automatic);
    assert!(machine.handle(delivery(Qos::ExactlyOnce, 7)).unwrap().is_some());
    assert!(machine.handle(delivery(Qos::ExactlyOnce, 7)).unwrap().is_none());
    assert_eq!(sent(&mut machine), [(0x50, 7), (0x50, 7)]);
    for _ in 0..2 {
        assert!(machine.handle(Incoming::PubRel { id: id(7) }).unwrap().is_none());
        assert_eq!(sent(&mut machine), [(0x70, 7)]);
    }
    assert!(machine.handle(delivery(Qos::ExactlyOnce, 7)).unwrap().is_some(), "the identifier is free again");
}

#[test]
fn exactly_once_in_survives_reconnection_with_the_session_only() {
    let options = Options::default();
    for (session_present, accepted_while_away, again) in
        [(true, true, false), (true, false, false), (false, true, true)]
    {
        let mut machine = machine(9, Acks::Manual);
        let token = machine.handle(delivery(Qos::ExactlyOnce, 7)).unwrap().unwrap().token.unwrap();
        if accepted_while_away {
            machine.connected(&options, &ConnAck { session_present, ..ack(9) }, Instant::now());
            machine.judged(token, true).unwrap();
            assert_eq!(sent(&mut machine), [], "the broker has not asked yet");
        } else {
            machine.connected(&options, &ConnAck { session_present, ..ack(9) }, Instant::now());
        }
        assert_eq!(machine.handle(delivery(Qos::ExactlyOnce, 7)).unwrap().is_some(), again);
        if !accepted_while_away {
            machine.judged(token, true).unwrap();
        }
        if !again {
            assert_eq!(sent(&mut machine), [(0x50, 7)]);
        }
    }
}

#[test]
fn an_old_token_acknowledges_nothing_new() {
    let mut machine = machine(9, Acks::Manual);
    let old = machine.handle(delivery(Qos::AtLeastOnce, 1)).unwrap().unwrap().token.unwrap();
    machine.connected(&Options::default(), &ack(9), Instant::now());
    let new = machine.handle(delivery(Qos::AtLeastOnce, 1)).unwrap().unwrap().token.unwrap();
    machine.judged(old, true).unwrap();
    assert_eq!(sent(&mut machine), []);
    machine.judged(new, true).unwrap();
    assert_eq!(sent(&mut machine), [(0x40, 1)]);
}

#[test]
fn nothing_follows_the_goodbye() {
    let mut machine = machine(9, Acks::Automatic);
    machine.goodbye();
    assert!(machine.handle(delivery(Qos::AtLeastOnce, 1)).unwrap().is_none());
    machine.tick(Instant::now() + Duration::from_secs(1_000), true).unwrap();
    let mut out = BytesMut::new();
    machine.take_out(&mut out);
    assert_eq!(out[..], [0xE0, 0]);
}

#[test]
fn silence_is_pinged_and_then_given_up() {
    let start = Instant::now();
    let mut machine = machine(9, Acks::Automatic);
    let minute = Duration::from_mins(1);
    machine.tick(start + minute / 2, true).unwrap();
    assert!(!machine.has_output());
    let ping = machine.deadline().unwrap();
    machine.tick(ping, true).unwrap();
    assert!(machine.has_output());
    machine.handle(Incoming::PingResp).map(|_| ()).unwrap();
    machine.heard(ping);
    let second = machine.deadline().unwrap();
    machine.tick(second, true).unwrap();
    machine.tick(second + minute / 2, true).unwrap();
    // Not while we do not listen ourselves.
    machine.tick(second + minute * 2, false).unwrap();
    let third = second + minute * 3;
    machine.tick(third, true).unwrap();
    let error = machine.tick(third + minute, true).unwrap_err();
    assert!(error.is_timeout() && error.is_lost() && error.is_transient());
}

#[test]
fn packet_identifiers_run_round_and_are_never_zero_or_in_use() {
    let mut machine = machine(3, Acks::Automatic);
    for round in 0..200_000_u64 {
        machine.publish(publication(Qos::AtLeastOnce), Owner::Sequence(round)).unwrap();
        machine.take_out(&mut BytesMut::new());
        if round >= 2 {
            let due = u16::try_from((round - 2) % 61_439 + 1).unwrap();
            machine.handle(Incoming::PubAck { id: id(due), refused: None }).map(|_| ()).unwrap();
            assert_eq!(machine.settled_through(), Some(round - 2));
        }
    }
}

proptest! {
    /// Whatever a broker sends, nothing panics and what is unsettled never exceeds what was handed over.
    #[test]
    fn any_bytes_from_the_broker_do_no_harm(
        chunks in proptest::collection::vec(
            prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..40),
                // Packets of the right form with small identifiers, to get past the parser.
                (prop_oneof![Just(0x40_u8), Just(0x50), Just(0x62), Just(0x70)], 0_u8..12)
                    .prop_map(|(kind, id)| vec![kind, 2, 0, id]),
                (prop_oneof![Just(0x32_u8), Just(0x34), Just(0x3C)], 0_u8..6)
                    .prop_map(|(kind, id)| vec![kind, 6, 0, 1, b't', 0, id, 0]),
            ],
            0..60,
        ),
        v5 in any::<bool>(),
        manual in any::<bool>(),
    ) {
        let version = if v5 { Version::V5 } else { Version::V311 };
        let options = Options { version, in_flight: NonZeroU16::MAX, ..Options::default() };
        let acks = if manual { Acks::Manual } else { Acks::Automatic };
        let mut machine = Machine::new(&options, &ack(10), acks, Instant::now());
        for sequence in 0..5 {
            machine.publish(publication(Qos::AtLeastOnce), Owner::Sequence(sequence)).unwrap();
            machine.publish(publication(Qos::ExactlyOnce), Owner::Sequence(100 + sequence)).unwrap();
        }
        let mut reader = Reader::new(version, 1_000);
        let connack: &[u8] = if v5 { &[0x20, 3, 0, 0, 0] } else { &[0x20, 2, 0, 0] };
        let mut unread = BytesMut::from(connack);
        prop_assert!(reader.read(&mut unread).unwrap().is_some());
        'all: for chunk in chunks {
            unread.extend_from_slice(&chunk);
            loop {
                match reader.read(&mut unread) {
                    Err(_) => break 'all,
                    Ok(None) => break,
                    Ok(Some(packet)) => match machine.handle(packet) {
                        Err(_) => break 'all,
                        Ok(Some(Arrival { token: Some(token), .. })) => machine.judged(token, token % 3 != 0).unwrap(),
                        Ok(_) => {}
                    },
                }
            }
        }
        prop_assert!(machine.unsettled().unacknowledged.len() <= 10);
    }
}
