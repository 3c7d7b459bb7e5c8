//! A device side to which everybody is anonymous and everything is local, for tests of interoperability such as
//! Eclipse Paho's `client_test.py` and `client_test5.py`:
//!
//! ```text
//! cargo run -p cowl-broker --example plain -- 1883           # the engine alone
//! cargo run -p cowl-broker --example plain -- 1883 intake    # with an intake that leaves everything to it
//! ```
#![allow(clippy::print_stdout, reason = "a program for a person")]

use std::net::SocketAddr;
use std::sync::Arc;

use cowl_broker::{
    Broker, BrokerConfig, Caller, Devices, Incoming, Intake, Limits, Listeners, TopicFilter, Topics, Verdict,
};

struct AllLocal;

impl Intake for AllLocal {
    fn take(&self, _: &Caller<'_>, _: &Incoming<'_>) -> Verdict {
        Verdict::Local
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments.next().ok_or("which port?")?.parse()?;
    let intake = arguments.next().is_some().then(|| -> Arc<dyn Intake> { Arc::new(AllLocal) });
    let config = BrokerConfig {
        listeners: Listeners { tcp: Some(SocketAddr::from(([127, 0, 0, 1], port))), ..Listeners::default() },
        logins: Vec::new(),
        topics: Topics::none(),
        limits: Limits::default(),
        intake,
        devices: Devices { anonymous: true, local: vec![TopicFilter::new("#")?], commands: Vec::new() },
    };
    let broker = Broker::start(config).await?;
    println!("{:?}", broker.addresses());
    tokio::signal::ctrl_c().await?;
    broker.shutdown().await;
    Ok(())
}
