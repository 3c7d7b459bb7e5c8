//! What gateways and relays have in common: a durable queue in front, slots behind it, one connection for many people.
