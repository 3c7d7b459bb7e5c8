//! Once for real: a link of 64 kbit/s and 600 ms each way on which one piece in ten is lost, through a relay of the test's own. TCP hides
//! lost packets from what is above it: there is a stall until they come again, and sometimes the connection's end.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; the lint knows test functions only"
)]

mod uplink_support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cowl::client::anonymous_options;
use cowl::node::{Lane, Way, uplink};
use cowl::random::SystemRng;
use cowl::transport::{Endpoint, Scheme, Version};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, sleep_until};
use uplink_support::world::{put, queue};
use uplink_support::{Broker, World};

/// Bytes in a second.
const RATE: u32 = 8_000;
const WAY: Duration = Duration::from_millis(600);
/// What a lost packet costs: TCP's retransmission after about a round trip and a half.
const STALL: Duration = Duration::from_millis(1_800);
const PIECE: usize = 536;

/// One direction: `pieces` counts those of all connections and directions.
async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin + Send + 'static,
    pieces: Arc<AtomicUsize>,
) {
    let (sender, mut receiver) = mpsc::channel::<(Instant, Vec<u8>)>(64);
    let write = tokio::spawn(async move {
        while let Some((at, piece)) = receiver.recv().await {
            sleep_until(at).await;
            if to.write_all(&piece).await.is_err() {
                return;
            }
        }
    });
    let mut free = Instant::now();
    let mut buffer = [0; PIECE];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        free = free.max(Instant::now()) + Duration::from_secs(1) * u32::try_from(count).unwrap() / RATE;
        match pieces.fetch_add(1, Ordering::Relaxed) % 40 {
            // One in forty ends the connection, one in ten stalls it.
            39 => break,
            place if place % 10 == 5 => free += STALL,
            _ => {}
        }
        if sender.send((free + WAY, buffer[..count].to_vec())).await.is_err() {
            break;
        }
        sleep_until(free).await;
    }
    write.abort();
}

/// A relay on a free port, in front of a broker.
async fn narrow(broker: Broker) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let behind = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, to) = (listener.local_addr().unwrap().port(), behind.local_addr().unwrap());
    let pieces = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&pieces);
    tokio::spawn(async move {
        while let Ok((stream, _)) = behind.accept().await {
            tokio::spawn(broker.clone().serve(stream));
        }
    });
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let Ok(far) = TcpStream::connect(to).await else { continue };
            let pieces = Arc::clone(&counted);
            tokio::spawn(async move {
                let (near_read, near_write) = near.into_split();
                let (far_read, far_write) = far.into_split();
                // Either end ends both.
                tokio::select! {
                    () = carry(near_read, far_write, Arc::clone(&pieces)) => {}
                    () = carry(far_read, near_write, pieces) => {}
                }
            });
        }
    });
    (port, pieces)
}

#[tokio::test]
async fn over_a_narrow_and_lossy_link_all_is_delivered() {
    let (world, broker, queue) = (World::new("400ms", 10), Broker::new(), queue());
    let (port, pieces) = narrow(broker.clone()).await;
    let options = anonymous_options(world.manifest(), None, Version::V5).unwrap();
    let way = Way::new(Endpoint::new(Scheme::Tcp, "127.0.0.1", port), options);
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async move { drop(stopped.await) };
    let mut rng = SystemRng::new();
    let ids: Vec<_> =
        (0..6).map(|number| put(&queue, Lane::Enrolled, number % 3 == 0, number % 4, &mut rng)).collect();
    let task = tokio::spawn(uplink(queue.clone(), world.load(), way, stopped, |_| ()));
    let began = Instant::now();
    // Until all is acknowledged: what waits is out of the queue while it is in flight.
    while queue.status().taken + queue.status().enrolled.urgent + queue.status().enrolled.routine > 0
        && began.elapsed() < Duration::from_secs(100)
    {
        sleep(Duration::from_millis(50)).await;
    }
    stop.send(()).unwrap();
    let counts = task.await.unwrap();
    assert_eq!(counts.delivered, 6, "{counts:?}");
    assert!(pieces.load(Ordering::Relaxed) > 20);
    assert!(world.read(&broker.seen()).is_exactly(&ids));
}
