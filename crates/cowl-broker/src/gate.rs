//! Every decision of the broker: who comes in, who may publish and subscribe what. Denied unless a rule allows it.

use std::sync::{Arc, PoisonError, RwLock};

use crate::counters::{Counters, Counts};
use crate::error::ConfigError;
use crate::login::{Login, Logins, Rights};
use crate::topics::Topics;

/// The rules and what they counted. An engine asks it; it knows no engine.
#[derive(Debug)]
pub(crate) struct Gate {
    topics: Topics,
    logins: RwLock<Arc<Logins>>,
    pub(crate) counters: Counters,
}

/// What the rules need to know of a CONNECT.
#[derive(Debug)]
pub(crate) struct Connect<'a> {
    pub(crate) user: Option<&'a str>,
    pub(crate) password: Option<&'a [u8]>,
    pub(crate) has_will: bool,
    pub(crate) wants_session: bool,
    pub(crate) client_id: ClientId<'a>,
}

/// Whether there is a session with a client id already, connected or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientId<'a> {
    Free,
    HeldBy { user: Option<&'a str> },
}

/// How a CONNECT is refused, as far as the client is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    BadUserOrPassword,
    NotAuthorized,
}

impl Gate {
    pub(crate) fn new(topics: Topics, logins: Vec<Login>) -> Result<Self, ConfigError> {
        let logins = RwLock::new(Arc::new(Logins::new(logins)?));
        Ok(Self { topics, logins, counters: Counters::default() })
    }

    /// Replaces all logins. Clients whose login is gone stay connected, but may do nothing any more.
    pub(crate) fn replace_logins(&self, logins: Vec<Login>) -> Result<(), ConfigError> {
        let logins = Arc::new(Logins::new(logins)?);
        *self.logins.write().unwrap_or_else(PoisonError::into_inner) = logins;
        Ok(())
    }

    pub(crate) fn counts(&self) -> Counts {
        self.counters.read()
    }

    /// Whether a client may connect, by everything but the number of clients.
    pub(crate) fn connect(&self, connect: &Connect<'_>) -> Result<(), Refusal> {
        let (Some(user), Some(password)) = (connect.user, connect.password) else {
            self.counters.connects_refused_anonymous.add_one();
            return Err(Refusal::NotAuthorized);
        };
        let Some(rights) = self.logins().authenticate(user, password) else {
            self.counters.connects_refused_login.add_one();
            return Err(Refusal::BadUserOrPassword);
        };
        // A will is published without the rules being asked, so only who may publish everything may have one.
        if connect.has_will && rights != Rights::Operator {
            self.counters.connects_refused_will.add_one();
            return Err(Refusal::NotAuthorized);
        }
        if connect.wants_session && !rights.keeps_sessions() {
            self.counters.connects_refused_session.add_one();
            return Err(Refusal::NotAuthorized);
        }
        // MQTT hands a session to whoever brings its client id; without this a device could take a responder's.
        if !matches!(connect.client_id, ClientId::Free)
            && connect.client_id != (ClientId::HeldBy { user: Some(user) })
        {
            self.counters.connects_refused_client_id.add_one();
            return Err(Refusal::NotAuthorized);
        }
        self.counters.connects_accepted.add_one();
        Ok(())
    }

    /// Whether `user` may publish to `topic`.
    pub(crate) fn publish(&self, user: Option<&str>, topic: &str, retain: bool) -> bool {
        let rights = self.rights(user);
        let topics = &self.topics;
        let denied = match rights {
            // A name with a wildcard is no topic (MQTT 5 §3.3.2.1).
            _ if topic.is_empty() || topic.contains(['+', '#']) => &self.counters.publishes_denied_topic,
            Some(Rights::Operator) => return true,
            None | Some(Rights::Observer) => &self.counters.publishes_denied_right,
            Some(_) if retain => &self.counters.publishes_denied_retained,
            Some(_) if topics.in_mailbox(topic) => return true,
            Some(Rights::Node) if topics.in_exchange(topic) => return true,
            Some(_) => &self.counters.publishes_denied_topic,
        };
        denied.add_one();
        false
    }

    /// Whether `user` may subscribe `filter`.
    pub(crate) fn subscribe(&self, user: Option<&str>, filter: &str) -> bool {
        let topics = &self.topics;
        let allowed = match self.rights(user) {
            Some(Rights::Operator) => true,
            Some(Rights::Observer) => !filter.starts_with('$'),
            Some(Rights::Node) => {
                topics.in_mailbox(filter) || topics.in_exchange(filter) || topics.in_notices(filter)
            }
            Some(Rights::Device | Rights::WalkIn { reads_notices: true }) => topics.in_notices(filter),
            Some(Rights::WalkIn { reads_notices: false }) | None => false,
        };
        if !allowed {
            self.counters.subscribes_denied.add_one();
        }
        allowed
    }

    fn rights(&self, user: Option<&str>) -> Option<Rights> {
        self.logins().rights(user?)
    }

    fn logins(&self) -> Arc<Logins> {
        Arc::clone(&self.logins.read().unwrap_or_else(PoisonError::into_inner))
    }
}
