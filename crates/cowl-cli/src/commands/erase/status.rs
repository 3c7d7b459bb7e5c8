//! `cowl erase --status`: each order, who carried it out, and who was not reached yet.

use cowl::operation::{Kind, Operation, Reached};
use cowl_core::Erasure;

use crate::{failure::Failure, machine, printer::Printer};

/// Says nothing of what an order names: whoever may see the list is not whoever may see a handle.
pub(super) fn tell(operation: &Operation, now: u64, printer: &mut Printer) -> Result<(), Failure> {
    let orders = operation.erasure_status(now)?;
    if orders.is_empty() {
        return printer.data("no orders stand");
    }
    let manifest = operation.manifest();
    let close = manifest.calendar.end_of(operation.epoch_at(now));
    let lateness = u64::from(manifest.policy.lateness_seconds);
    for (number, status) in (1..).zip(orders) {
        let what = match status.order.what {
            Erasure::Handle(_) => "a handle".to_owned(),
            Erasure::Pseudonym(_, epoch) => format!("a pseudonym of epoch {}", epoch.0),
            Erasure::Before(epoch) => format!("all that was sealed before epoch {}", epoch.0),
        };
        let reached = status.members.iter().filter(|member| member.confirmed.is_some()).count();
        printer.data(format!(
            "order {number} of {}, {what}: {reached} of {} members carried it out",
            machine::date(status.order.since),
            status.members.len()
        ))?;
        for member in &status.members {
            printer.data(format!("  {}", line(member)))?;
        }
        printer.data(format!(
            "  messages on the way, walk-ins among them: can be opened until {}; nothing of it is left anywhere from {}",
            machine::date(close.saturating_add(lateness).min(status.order.until)),
            machine::date(status.order.until)
        ))?;
    }
    Ok(())
}

fn line(member: &Reached) -> String {
    let Reached { name, kind, confirmed, heard, until } = member;
    let kind = match kind {
        Kind::Gateway => "gateway",
        _ => "responder",
    };
    if let Some(at) = confirmed {
        return format!("{name}, {kind}: carried out, said {}", machine::date(*at));
    }
    let heard = heard.map_or_else(
        || "it never said anything".to_owned(),
        |at| format!("it last said something {}", machine::date(at)),
    );
    format!("{name}, {kind}: not reached yet; {heard}; it may hold something until {}", machine::date(*until))
}
