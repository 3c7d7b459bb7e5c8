use std::io::{self, Write};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};

use super::*;
use crate::trace::{Carrier, PointId, Reader};

/// A file that others can look into.
#[derive(Clone, Default)]
struct Shelf(Arc<Mutex<Vec<u8>>>);

impl Write for Shelf {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A disk that takes the header and then hangs until it is told what to do: to go on, or to be full.
struct Stuck {
    inner: Shelf,
    header: usize,
    go_on: Receiver<bool>,
    tried: Sender<()>,
    works: bool,
}

impl Write for Stuck {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.header > 0 {
            self.header = self.header.saturating_sub(bytes.len());
        } else if !self.works {
            let _ = self.tried.send(());
            self.works = self.go_on.recv().unwrap_or(false);
            if !self.works {
                return Err(io::ErrorKind::StorageFull.into());
            }
        }
        self.inner.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn packet(bytes: &[u8]) -> Event<'_> {
    Event::Packet { connection: ConnectionId(1), at: 1, way: Way::ToServer, bytes }
}

fn stuck() -> (Recorder, Recording, Shelf, Sender<bool>, Receiver<()>) {
    let ((sender, go_on), (tried, waits)) = (channel(), channel());
    let inner = Shelf::default();
    // magic, frame header, header record: some dozen bytes in a few writes
    let disk = Stuck { inner: inner.clone(), header: 60, go_on, tried, works: false };
    let (recorder, recording) =
        Recorder::start(disk, Observer::Tap, "a point with a long name".to_owned(), String::new()).unwrap();
    (recorder, recording, inner, sender, waits)
}

#[test]
fn a_disk_that_hangs_holds_up_nobody_and_memory_is_bounded() {
    let (recorder, recording, shelf, go_on, waits) = stuck();
    let mega = vec![0x30; 1 << 20];
    for _ in 0..200 {
        recorder.record(&packet(&mega));
    }
    waits.recv().unwrap();
    let waiting = recorder.shared.waiting.load(Relaxed);
    assert!(waiting <= MAX_WAITING + (1 << 20), "{waiting}");
    let progress = recorder.progress();
    assert!(progress.dropped > 100 && progress.lost == progress.dropped << 20, "{progress:?}");
    go_on.send(true).unwrap();
    drop(recorder);
    let done = recording.finish().unwrap();
    let file = shelf.0.lock().unwrap();
    let mut reader = Reader::new(file.as_slice()).unwrap();
    let (mut packets, mut lost) = (0, 0);
    while let Some(event) = reader.event().unwrap() {
        packets += u64::from(matches!(event, Event::Packet { .. }));
        lost += u64::from(matches!(event, Event::Lost { cause: Loss::Limit, .. }));
    }
    assert_eq!((packets, lost), (done.packets, done.dropped));
    assert_eq!(packets + lost, 200);
}

#[tokio::test]
async fn a_full_disk_is_said_at_once_and_again_at_the_end() {
    let (recorder, recording, _, go_on, waits) = stuck();
    recorder.record(&packet(&crate::testing::Random::new(1).bytes(1 << 20)));
    waits.recv().unwrap();
    go_on.send(false).unwrap();
    recorder.failed().await;
    // the traffic goes on
    recorder.record(&packet(&[0xc0, 0]));
    assert_eq!(recorder.progress().packets, 2);
    drop(recorder);
    assert!(
        matches!(recording.finish(), Err(WriteError::Io(error)) if error.kind() == io::ErrorKind::StorageFull)
    );
}

#[test]
fn times_never_go_back_in_the_file() {
    let shelf = Shelf::default();
    let (recorder, recording) =
        Recorder::start(shelf.clone(), Observer::Tap, String::new(), String::new()).unwrap();
    let (connection, point) = (ConnectionId(1), PointId(0));
    recorder.record(&Event::Open { connection, at: 9, point, from: None, to: None, carrier: Carrier::Tcp });
    recorder.record(&packet(&[0xc0, 0]));
    drop(recorder);
    let done = recording.finish().unwrap();
    assert_eq!((done.connections, done.packets, done.open, done.dropped), (1, 1, 1, 0));
    let file = shelf.0.lock().unwrap();
    let mut reader = Reader::new(file.as_slice()).unwrap();
    assert!(matches!(reader.event().unwrap(), Some(Event::Open { at: 9, .. })));
    assert!(matches!(reader.event().unwrap(), Some(Event::Packet { at: 9, .. })));
}
