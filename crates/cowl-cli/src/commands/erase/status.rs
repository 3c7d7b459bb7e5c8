//! `cowl erase --list`, `cowl erase --status`: the orders that stand, who carried them out, and what was not reached yet.

use cowl::operation::{ErasureOrder, Kind, Left, Operation, Reached, Unconfirmed};
use cowl_core::Erasure;

use crate::{failure::Failure, machine, printer::Printer};

/// What cannot be reached yet, of all orders together.
pub(super) fn list(operation: &Operation, now: u64, printer: &mut Printer) -> Result<(), Failure> {
    let orders = operation.erasures(now)?;
    printer.data(format!("orders that stand: {}", orders.len()))?;
    let Some(until) = orders.iter().map(|order| order.until).max() else { return Ok(()) };
    printer.data(format!("nothing of them can be left anywhere from {}", machine::date(until)))?;
    let opens_until = orders.iter().map(|order| order.opens_until).max().unwrap_or(0);
    printer.data(on_the_way("messages of them", opens_until, now))?;
    for Unconfirmed { name, left, orders, until, .. } in operation.unconfirmed(now)? {
        let until = machine::date(until);
        printer.data(match left {
            Left::NotSaid => format!("not confirmed: {name} ({orders} orders); it may hold something of them until {until}"),
            Left::Sealed => format!("not reached: relay {name} ({orders} orders); what waits there opens until {until}"),
            Left::Unnamed => format!(
                "not reached: gateway {name} ({orders} orders by pseudonym); what it still sends is erased where it arrives, and opens until {until}"
            ),
            Left::LocalFiles => format!(
                "not reached: files of the local broker of {name} ({orders} orders); they may hold something of them until {until}"
            ),
        })?;
    }
    Ok(())
}

/// Each order. Says nothing of what an order names: whoever may see the list is not whoever may see a handle.
pub(super) fn tell(operation: &Operation, now: u64, printer: &mut Printer) -> Result<(), Failure> {
    let orders = operation.erasure_status(now)?;
    if orders.is_empty() {
        return printer.data("no orders stand");
    }
    for (number, status) in (1..).zip(orders) {
        let ErasureOrder { what, since, opens_until, until, .. } = status.order;
        let what = match what {
            Erasure::Handle(_) => "a handle".to_owned(),
            Erasure::Pseudonym(_, epoch) => format!("a pseudonym of epoch {}", epoch.0),
            Erasure::Before(epoch) => format!("all that was sealed before epoch {}", epoch.0),
        };
        // Of whom it is known that no order finds anything there, nobody waits for a word.
        let can_say = |member: &&Reached| !matches!(member.left, Some(Left::Sealed | Left::Unnamed));
        let reached = status.members.iter().filter(|member| member.confirmed.is_some()).count();
        printer.data(format!(
            "order {number} of {}, {what}: {reached} of {} members carried it out",
            machine::date(since),
            status.members.iter().filter(can_say).count()
        ))?;
        for member in &status.members {
            printer.data(format!("  {}", line(member)))?;
        }
        printer.data(format!(
            "  {}; nothing of it is left anywhere from {}",
            on_the_way("messages", opens_until, now),
            machine::date(until)
        ))?;
    }
    Ok(())
}

/// Until when keys open what no order reaches: by each order's own epoch, not by today's.
fn on_the_way(messages: &str, opens_until: u64, now: u64) -> String {
    if opens_until <= now {
        return format!("{messages} on the way, walk-ins among them: none can be opened any more");
    }
    format!("{messages} on the way, walk-ins among them: can be opened until {}", machine::date(opens_until))
}

fn line(member: &Reached) -> String {
    let Reached { name, kind, confirmed, heard, left, until } = member;
    let until = machine::date(*until);
    let kind = match kind {
        Kind::Gateway => "gateway",
        Kind::Relay => "relay",
        Kind::Responder | Kind::Device => "responder",
    };
    let said = || confirmed.map_or_else(String::new, |at| format!("carried out, said {}", machine::date(at)));
    let what = match left {
        None => said(),
        Some(Left::LocalFiles) => {
            format!(
                "{}; files of its local broker are not reached, and may hold something until {until}",
                said()
            )
        }
        Some(Left::Sealed) => {
            format!("not reached: it passes on what it cannot read; what waits there opens until {until}")
        }
        Some(Left::Unnamed) => format!(
            "not reached by a pseudonym: what it still sends is erased where it arrives, and opens until {until}"
        ),
        Some(Left::NotSaid) => {
            let heard = heard.map_or_else(
                || "it never said anything".to_owned(),
                |at| format!("it last said something {}", machine::date(at)),
            );
            format!("not reached yet; {heard}; it may hold something until {until}")
        }
    };
    format!("{name}, {kind}: {what}")
}
