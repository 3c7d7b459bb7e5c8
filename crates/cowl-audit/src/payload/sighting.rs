//! One message as an adversary sees it.

use core::net::IpAddr;

/// One PUBLISH as an adversary sees it. What this adversary cannot see is `None` (or empty), never guessed: a
/// subscriber to `#` sees the topic and the payload, a broker also who sent it.
///
/// Made with [`Sighting::new`] and struct update, so that views may grow:
///
/// ```
/// use cowl_audit::Sighting;
/// let seen = Sighting { client_id: Some(b"phone-7"), connection: Some(3), ..Sighting::new(b"srv/temperature", b"21.5") };
/// assert_eq!(seen.user_name, None);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Sighting<'a> {
    /// Topic name, as bytes: it may be anything.
    pub topic: &'a [u8],
    /// Application message.
    pub payload: &'a [u8],
    /// MQTT client identifier of the sender's connection.
    pub client_id: Option<&'a [u8]>,
    /// MQTT user name of the sender's connection.
    pub user_name: Option<&'a [u8]>,
    /// Source address of the sender's connection.
    pub ip: Option<IpAddr>,
    /// Number of the sender's connection, unique within one observation.
    pub connection: Option<u64>,
    /// Time of arrival in milliseconds since an epoch of the observer's choice.
    pub at_ms: Option<u64>,
    /// User properties (MQTT 5), in their order.
    pub user_properties: &'a [(&'a [u8], &'a [u8])],
}

impl<'a> Sighting<'a> {
    /// What every adversary who sees the message at all sees: topic and payload.
    pub const fn new(topic: &'a [u8], payload: &'a [u8]) -> Self {
        Self {
            topic,
            payload,
            client_id: None,
            user_name: None,
            ip: None,
            connection: None,
            at_ms: None,
            user_properties: &[],
        }
    }
}
