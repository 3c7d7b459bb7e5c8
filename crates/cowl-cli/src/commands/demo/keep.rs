//! What stays when the demo is over: an operation to try by hand.

use std::{
    future::pending,
    path::{Path, PathBuf},
    sync::Arc,
};

use cowl::{
    client::Topics,
    keyring::store_new,
    operation::Operation,
    random::SystemRng,
    service::{self, Service},
    transport::Filter,
};
use cowl_console::{Console, ConsoleConfig, Link, RoleSeat, SidesConfig};

use super::{
    day::Day,
    ground::{Ground, STUDY_TOPICS, Who},
    round::Rest,
    stage::{Play, console_credential, console_folder},
};
use crate::{
    failure::Failure,
    machine::{self, Stop},
    printer::Printer,
    stranger::{Stranger, notices},
};

/// The device that a visitor may send with.
const VISITOR: &str = "yours";

/// Serves the operation in real time until someone wants it to end; then its folder is deleted.
pub(super) async fn keep(rest: Rest, day: &Day, console: bool, printer: &mut Printer) -> Result<(), Failure> {
    let mut stop = Stop::new()?;
    let Rest { ground, service } = rest;
    let folder = ground.folder.path().join("operation");
    let device = ground.folder.path().join(format!("{VISITOR}.cowl"));
    drop(service);
    let mut operation = Operation::open(&folder)?;
    let mut rng = SystemRng::new();
    let epoch = operation.epoch_now(machine::now())?;
    operation.refresh(epoch, &mut rng)?;
    let enrolled = operation.enrol_device(VISITOR, epoch, &mut rng)?;
    store_new(&device, &enrolled.credential, enrolled.first)?;
    if ground.preset.is_dangerous() {
        try_this(&ground, &folder, &device, &[], printer)?;
        stop.wanted().await;
    } else {
        let live =
            if console { Some(Box::pin(open(&ground, &mut operation, day, epoch)).await?) } else { None };
        let links = live.as_ref().map_or_else(Vec::new, |(console, _)| console.sign_in_links());
        try_this(&ground, &folder, &device, &links, printer)?;
        let mut service = Service::new(operation, machine::now(), None)?;
        let (endpoint, options) = (ground.endpoint(), ground.options(Who::Operator)?);
        let mut tell = |_| {};
        let serve = service::run(&mut service, &endpoint, &options, &machine::now, &mut tell, stop.wanted());
        tokio::select! {
            ended = serve => ended.map_err(|error| Failure::internal("the operation's service").because(&error))?,
            ended = show(live) => ended?,
        }
    }
    ground.broker.shutdown().await;
    printer.note("ended; the folder is deleted");
    Ok(())
}

/// The console, and what goes on in front of it. The people are made up, so protections can be taken away there.
async fn open(
    ground: &Ground,
    operation: &mut Operation,
    day: &Day,
    epoch: cowl_core::Epoch,
) -> Result<(Console, Play), Failure> {
    let play = Box::pin(Play::new(ground, operation, day, epoch)).await?;
    let sides = SidesConfig {
        endpoint: ground.endpoint(),
        options: ground.options(Who::Observer)?,
        filters: vec![Filter::new("#")?],
        notices: notices(&Topics::of(&ground.manifest))?,
        outsider: Some(Arc::new(Stranger)),
        stage: Some(play.scene()),
    };
    let config = ConsoleConfig {
        roles: seats(ground)?,
        operation: Some(ground.folder.path().join("operation")),
        sides: Some(sides),
        measure: Some(Arc::new(super::super::plan::Simulated)),
        ..ConsoleConfig::new(([127, 0, 0, 1], 0).into(), console_folder(ground))
    };
    let console = Console::bind(config).await;
    Ok((console.map_err(|error| Failure::internal("the console does not open").because(&error))?, play))
}

fn seats(ground: &Ground) -> Result<Vec<RoleSeat>, Failure> {
    let of = |(role, _): &(String, PathBuf)| {
        Ok(RoleSeat {
            credential: console_credential(ground, role),
            role: role.clone(),
            endpoint: ground.endpoint(),
            options: ground.options(Who::Node)?,
        })
    };
    ground.roles.iter().map(of).collect()
}

/// Runs both for as long as they are wanted.
async fn show(live: Option<(Console, Play)>) -> Result<(), Failure> {
    let Some((console, play)) = live else { return pending().await };
    tokio::select! {
        ended = console.run(pending()) => ended.map_err(|error| Failure::internal("the console").because(&error)),
        ended = play.run() => ended,
    }
}

fn try_this(
    ground: &Ground,
    folder: &Path,
    device: &Path,
    links: &[Link],
    printer: &mut Printer,
) -> Result<(), Failure> {
    let (port, observer) = (ground.address.port(), ground.login(Who::Observer));
    let role = |name: &str| ground.folder.path().join(format!("{name}.cowl")).display().to_string();
    let device = device.display();
    let topic =
        if ground.preset.is_dangerous() { format!(" -t {STUDY_TOPICS}/temperature") } else { String::new() };
    let report = r#"{"severity":"high","lat":18.5401,"lon":-72.3402,"person":"You","note":"testing"}"#;
    let (user, password) = (&observer.user, &observer.password);
    let lines = [
        ("everything stays until Ctrl-C, and is deleted then. In other terminals:".to_owned(), Vec::new()),
        (
            "read as responders".to_owned(),
            vec![
                format!("cowl sub -p {port} --credential {}", role("medical")),
                format!("cowl sub -p {port} --credential {}", role("rescue")),
            ],
        ),
        (
            "listen as the eavesdropper".to_owned(),
            vec![format!("mosquitto_sub -p {port} -u {user} -P {password} -i listener -t '#' -F '%t %l %x'")],
        ),
        (
            "see what would be sent; then send it".to_owned(),
            vec![
                format!("cowl pub -p {port} --credential {device} --preview{topic} -m '{report}'"),
                format!("cowl pub -p {port} --credential {device} -q 1{topic} -m '{report}'"),
            ],
        ),
        (
            "look a zone up".to_owned(),
            vec![format!("cowl zone --operation {} 18.5401 -72.3402", folder.display())],
        ),
        (
            "explain the next payload, with a key and without".to_owned(),
            vec![format!(
                "mosquitto_sub -p {port} -u {user} -P {password} -i inspector -t '#' -C 3 -F %x | tail -n 1 | cowl inspect --hex \
                 --credential {}",
                role("medical")
            )],
        ),
    ];
    let browser = (!links.is_empty()).then(|| {
        let who = |link: &Link| {
            link.seat().role().filter(|_| !link.is_authority()).unwrap_or("authority").to_owned()
        };
        let of = |link: &Link| format!("{}: {}", who(link), link.url());
        let what = "in a browser: what the broker sees, beside what each role sees (a link signs in once)"
            .to_owned();
        (what, links.iter().map(of).collect())
    });
    for (what, commands) in browser.into_iter().chain(lines) {
        printer.data("")?;
        printer.data(what)?;
        commands.iter().try_for_each(|command| printer.data(format!("  {command}")))?;
    }
    printer.flush()
}
