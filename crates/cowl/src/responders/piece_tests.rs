use std::{
    collections::BTreeMap,
    pin::pin,
    task::{Context, Poll, Waker},
};

use super::*;
use crate::{
    keyring::News,
    responders::{group::Cipher, retained::testing::whose},
};

/// A local broker that keeps a session, as its two kinds do (MQTT 5 §4.3.3, figures 4.3 A and B), and loses its client at an instant
/// that the test chooses.
struct Broker {
    /// Whether it passes a message on when it comes; else when it is released.
    is_hasty: bool,
    session: BTreeMap<u16, String>,
    delivered: BTreeMap<String, u32>,
    word: Option<Piece>,
    /// Whether the reports were told to have been published: then nobody publishes them again.
    is_told: bool,
    /// What it takes on no topic but this.
    refuses: Option<&'static str>,
    /// Instants until the client dies.
    fuel: usize,
    /// Whether what left before the client's death came with DUP wherever it had been sent before.
    is_marked: bool,
}

impl Broker {
    fn new(is_hasty: bool, refuses: Option<&'static str>) -> Self {
        let (session, delivered) = (BTreeMap::new(), BTreeMap::new());
        Self { is_hasty, session, delivered, word: None, is_told: false, refuses, fuel: 0, is_marked: true }
    }

    /// One of the instants at which the client can die: before a packet reaches the broker, and after.
    fn instant(&mut self) -> Result<(), Stopped> {
        match self.fuel.checked_sub(1) {
            Some(left) => {
                self.fuel = left;
                Ok(())
            }
            None => Err(Stopped::Lost(Error::silent(0))),
        }
    }

    fn deliver(&mut self, payload: String) {
        *self.delivered.entry(payload).or_default() += 1;
    }

    /// The word that closes a piece: first what was opened, then that nothing is on its way.
    fn close(&mut self) -> Result<(), Stopped> {
        self.instant()?;
        self.is_told = true;
        self.instant()?;
        self.word = Some(Piece::nothing([1; 8]));
        self.instant()
    }
}

impl Wire for Broker {
    async fn keep(&mut self, piece: &Piece) -> Result<(), Stopped> {
        self.instant()?;
        self.word = Some(piece.clone());
        self.instant()
    }

    async fn send(
        &mut self,
        messages: Vec<(u16, Publication)>,
        again: bool,
    ) -> Result<Vec<NotHeld>, Stopped> {
        let mut not_held = Vec::new();
        for (number, message) in messages {
            self.instant()?;
            self.is_marked &= again || !self.session.contains_key(&number);
            if self.refuses.is_some_and(|refused| refused == message.topic.as_str()) {
                not_held.push(NotHeld { number, is_too_large: false, why: "not authorized" });
            } else if !self.session.contains_key(&number) {
                let payload = String::from_utf8(message.payload.to_vec()).unwrap();
                if self.is_hasty {
                    self.deliver(payload.clone());
                }
                self.session.insert(number, payload);
            }
        }
        self.instant()?;
        Ok(not_held)
    }

    async fn release(&mut self, numbers: &[u16]) -> Result<(), Stopped> {
        for number in numbers {
            self.instant()?;
            if let Some(payload) = self.session.remove(number)
                && !self.is_hasty
            {
                self.deliver(payload);
            }
        }
        self.instant()
    }
}

/// Nothing here waits for anything.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}

const REPORTS: [&str; 3] = ["one", "two", "three"];

fn piece() -> Piece {
    let item = |(number, report): (u16, &str)| {
        let publication = Publication::new(Topic::new(report).unwrap(), report.to_owned(), Qos::ExactlyOnce);
        let fallback = Topic::new(format!("template/{report}")).unwrap();
        Item::new(number, &publication, Some(&fallback), whose(7, 1))
    };
    Piece::new((0..).zip(REPORTS).map(item).collect(), Seen::nothing([1; 8]))
}

/// What a process does from its start: it goes on with what the word says, and publishes what is not told yet, which the operation's
/// broker sends it again.
async fn process(broker: &mut Broker) -> Result<(), Stopped> {
    if let Some(word) = broker.word.clone().filter(|word| !word.is_nothing()) {
        carry(broker, word, true).await?;
        broker.close()?;
    }
    if !broker.is_told {
        let piece = piece();
        broker.keep(&piece).await?;
        carry(broker, piece, false).await?;
        broker.close()?;
    }
    Ok(())
}

/// Dies at every instant, and its successor at every instant of what is left, and so once more; the third one may work to its end.
#[test]
fn whoever_dies_at_whatever_instant_each_report_comes_once() {
    let mut instants = 0;
    for is_hasty in [false, true] {
        for refuses in [None, Some("two")] {
            for first in 0.. {
                let mut has_ended = false;
                for second in 0.. {
                    let mut broker = Broker::new(is_hasty, refuses);
                    let mut run = |broker: &mut Broker, fuel| {
                        broker.fuel = fuel;
                        instants += 1;
                        at_once(process(broker)).is_ok()
                    };
                    has_ended = run(&mut broker, first);
                    let ended_again = run(&mut broker, second);
                    assert!(run(&mut broker, usize::MAX), "with time enough it ends");
                    let once: Vec<_> = broker.delivered.values().copied().collect();
                    assert_eq!(
                        once, [1; 3],
                        "{is_hasty} {refuses:?} {first} {second}: {:?}",
                        broker.delivered
                    );
                    assert!(broker.session.is_empty() && broker.is_marked);
                    if ended_again {
                        break;
                    }
                }
                if has_ended {
                    break;
                }
            }
        }
    }
    assert!(instants > 2_000, "{instants}");
}

/// The same walk without the word between PUBREC and PUBREL: it must find what it is for.
#[test]
fn without_the_second_word_the_walk_finds_what_comes_twice() {
    let mut twice = 0;
    for first in 0..64 {
        let mut broker = Broker::new(true, None);
        broker.fuel = first;
        let done = at_once(async {
            let piece = piece();
            broker.keep(&piece).await?;
            let messages =
                piece.items.iter().map(|item| (item.number, item.publication().unwrap())).collect();
            broker.send(messages, false).await?;
            broker.release(&[0, 1, 2]).await?;
            broker.close()
        });
        if done.is_err() {
            broker.fuel = usize::MAX;
            at_once(process(&mut broker)).unwrap();
        }
        twice += broker.delivered.values().filter(|count| **count > 1).count();
    }
    assert!(twice > 0);
}

#[test]
fn what_is_ordered_to_go_is_not_sent() {
    let mut piece = piece();
    assert_eq!(piece.obey(|whose| *whose == crate::responders::retained::testing::whose(7, 2)), 0);
    assert_eq!(piece.obey(|whose| *whose == crate::responders::retained::testing::whose(7, 1)), 3);
    assert!(piece.is_nothing());
}

/// The first form, byte for byte: what an earlier version left at a broker must be understood for ever.
#[test]
fn the_first_form_is_read() {
    const FIRST: &str = "840182010281870363612f62427b7df5183cf68207500101010101010101010101010101010184480202020202020202834080408080";
    let item = Item {
        number: 3,
        topic: "a/b".to_owned(),
        payload: b"{}".to_vec(),
        retain: true,
        expiry_s: Some(60),
        fallback: None,
        whose: whose(7, 1),
    };
    let seen = Seen { open: None, news: News::default(), ..Seen::nothing([2; 8]) };
    let piece = Piece { form: 1, release: vec![1, 2], items: vec![item], seen };
    assert_eq!(hex::encode(minicbor::to_vec(&piece).unwrap()), FIRST);
    let read: Piece = minicbor::decode(&hex::decode(FIRST).unwrap()).unwrap();
    assert!(read.is_known());
    assert_eq!(read, piece);
}

#[test]
fn a_word_with_one_byte_flipped_is_none_and_a_later_form_is_not_followed() {
    let cipher = Cipher::new(&[1; 32]).unwrap();
    let sealed = cipher.seal("topic", &piece()).unwrap();
    assert_eq!(cipher.open::<Piece>("topic", &sealed), Some(piece()));
    for at in 0..sealed.len() {
        let mut altered = sealed.clone();
        altered[at] ^= 1;
        assert_eq!(cipher.open::<Piece>("topic", &altered), None, "{at}");
    }
    assert!(!Piece { form: 2, ..piece() }.is_known());
}
