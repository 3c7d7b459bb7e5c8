//! What stays when the demo is over: an operation to try by hand.

use std::path::Path;

use cowl::{
    keyring::store_new,
    operation::Operation,
    random::SystemRng,
    service::{self, Service},
};

use super::{
    ground::{Ground, STUDY_TOPICS, Who},
    round::Rest,
};
use crate::{
    failure::Failure,
    machine::{self, Stop},
    printer::Printer,
};

/// The device that a visitor may send with.
const VISITOR: &str = "yours";

/// Serves the operation in real time until someone wants it to end; then its folder is deleted.
pub(super) async fn keep(rest: Rest, printer: &mut Printer) -> Result<(), Failure> {
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
    try_this(&ground, &folder, &device, printer)?;
    if ground.preset.is_dangerous() {
        stop.wanted().await;
    } else {
        let mut service = Service::new(operation, machine::now(), None)?;
        let (endpoint, options) = (ground.endpoint(), ground.options(Who::Operator)?);
        let ended =
            service::run(&mut service, &endpoint, &options, &machine::now, &mut |_| {}, stop.wanted()).await;
        ended.map_err(|error| Failure::internal("the operation's service").because(&error))?;
    }
    ground.broker.shutdown().await;
    printer.note("ended; the folder is deleted");
    Ok(())
}

fn try_this(ground: &Ground, folder: &Path, device: &Path, printer: &mut Printer) -> Result<(), Failure> {
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
    for (what, commands) in lines {
        printer.data("")?;
        printer.data(what)?;
        commands.iter().try_for_each(|command| printer.data(format!("  {command}")))?;
    }
    printer.flush()
}
