//! Every decision of the broker: who comes in, who may publish and subscribe what. Denied unless a rule allows it.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use crate::config::{Devices, Limits};
use crate::counters::{Counters, Counts};
use crate::error::ConfigError;
use crate::filter::is_topic;
use crate::intake::{Caller, Incoming, Intake, RefusedBecause, Verdict};
use crate::login::{Accepted, Admission, Login, Logins, Rights};
use crate::topics::Topics;

/// The rules and what they counted. An engine asks it; it knows no engine.
pub(crate) struct Gate {
    topics: Topics,
    devices: Devices,
    intake: Option<Arc<dyn Intake>>,
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
    HeldBy {
        user: Option<&'a str>,
        /// Whether it was opened from the address that asks for it now.
        from_here: bool,
    },
}

/// How a CONNECT is refused, as far as the client is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    BadUserOrPassword,
    NotAuthorized,
}

impl Gate {
    pub(crate) fn new(
        topics: Topics,
        logins: Vec<Login>,
        intake: Option<Arc<dyn Intake>>,
        devices: Devices,
    ) -> Result<Self, ConfigError> {
        if logins.is_empty() && !devices.anonymous {
            return Err(ConfigError::NoLogin);
        }
        let logins = RwLock::new(Arc::new(Logins::new(logins)?));
        Ok(Self { topics, devices, intake, logins, counters: Counters::default() })
    }

    /// Replaces all logins. Clients whose login is gone stay connected, but may do nothing any more.
    pub(crate) fn replace_logins(&self, logins: Vec<Login>) -> Result<(), ConfigError> {
        if logins.is_empty() && !self.devices.anonymous {
            return Err(ConfigError::NoLogin);
        }
        let logins = Arc::new(Logins::new(logins)?);
        *self.logins.write().unwrap_or_else(PoisonError::into_inner) = logins;
        Ok(())
    }

    pub(crate) fn counts(&self) -> Counts {
        self.counters.read()
    }

    /// Whether a client may connect, by everything but the number of clients.
    pub(crate) async fn connect(&self, connect: &Connect<'_>) -> Result<(), Refusal> {
        let admission = self.allowed(connect)?;
        // Last: what is asked about may be good for one time only.
        if let Some(admission) = admission
            && !admission.admit(connect.password.unwrap_or_default()).await
        {
            self.counters.connects_refused_login.add_one();
            return Err(Refusal::BadUserOrPassword);
        }
        self.counters.connects_accepted.add_one();
        Ok(())
    }

    /// Whether a client may connect as far as this can be said at once; and who is to be asked besides.
    fn allowed(&self, connect: &Connect<'_>) -> Result<Option<Arc<dyn Admission>>, Refusal> {
        let accepted = match (connect.user, connect.password) {
            (Some(user), Some(password)) => self.logins().authenticate(user, password).ok_or_else(|| {
                self.counters.connects_refused_login.add_one();
                Refusal::BadUserOrPassword
            })?,
            (None, None) if self.devices.anonymous => Accepted::Yes(Rights::Unmodified),
            _ => {
                self.counters.connects_refused_anonymous.add_one();
                return Err(Refusal::NotAuthorized);
            }
        };
        let (rights, admission) = match accepted {
            Accepted::Yes(rights) => (rights, None),
            Accepted::If(rights, admission) => (rights, Some(admission)),
        };
        // A will says when a connection was lost, which Cowl's own clients do not tell.
        if connect.has_will && !matches!(rights, Rights::Operator | Rights::Unmodified) {
            self.counters.connects_refused_will.add_one();
            return Err(Refusal::NotAuthorized);
        }
        if connect.wants_session && !rights.keeps_sessions() {
            self.counters.connects_refused_session.add_one();
            return Err(Refusal::NotAuthorized);
        }
        // MQTT hands a session to whoever brings its client id; without this a device could take a responder's. Anonymous
        // devices have no login in common, only, when one comes back, the address.
        let is_theirs = match connect.client_id {
            ClientId::Free => true,
            ClientId::HeldBy { user: None, from_here } => connect.user.is_none() && from_here,
            ClientId::HeldBy { user, .. } => connect.user == user,
        };
        if !is_theirs {
            self.counters.connects_refused_client_id.add_one();
            return Err(Refusal::NotAuthorized);
        }
        Ok(admission)
    }

    /// What the intake makes of a publish, if it is one that the intake is asked about. What is not is left to the other
    /// rules.
    pub(crate) fn take(&self, from: &Caller<'_>, publication: &Incoming<'_>) -> Verdict {
        let Some(intake) = &self.intake else { return Verdict::Local };
        if !self.rights(from.user).is_some_and(Rights::is_device) || !is_for_intake(publication.topic) {
            return Verdict::Local;
        }
        let verdict = intake.take(from, publication);
        let counters = &self.counters;
        match &verdict {
            Verdict::Local => &counters.intake_local,
            Verdict::Kept(_) => &counters.intake_taken,
            Verdict::Refused(RefusedBecause::Full) => &counters.intake_refused_full,
            Verdict::Refused(RefusedBecause::Failed) => &counters.intake_refused_failed,
            Verdict::Refused(RefusedBecause::NotAllowed) => &counters.intake_refused_not_allowed,
            Verdict::Refused(RefusedBecause::Unreadable) => &counters.intake_refused_unreadable,
        }
        .add_one();
        verdict
    }

    /// Whether the will of a client, which falls due now, is to be published. Otherwise the intake has it or nobody.
    pub(crate) fn will(&self, from: &Caller<'_>, publication: &Incoming<'_>) -> bool {
        match self.take(from, publication) {
            Verdict::Local => self.publish(from.user, publication.topic, publication.retain),
            // Nobody is there any more to be told.
            Verdict::Kept(_) | Verdict::Refused(_) => false,
        }
    }

    /// Whether publishes may have to go to an intake.
    pub(crate) fn has_intake(&self) -> bool {
        self.intake.is_some()
    }

    /// Whether `user` may publish to `topic`.
    pub(crate) fn publish(&self, user: Option<&str>, topic: &str, retain: bool) -> bool {
        let rights = self.rights(user);
        let topics = &self.topics;
        let denied = match rights {
            // A name with a wildcard is no topic (MQTT 5 §3.3.2.1).
            _ if !is_topic(topic) => &self.counters.publishes_denied_topic,
            Some(Rights::Operator) => return true,
            Some(Rights::Unmodified) if self.is_local(topic) => return true,
            Some(Rights::Unmodified) => &self.counters.publishes_denied_topic,
            None | Some(Rights::Observer) => &self.counters.publishes_denied_right,
            Some(_) if retain => &self.counters.publishes_denied_retained,
            Some(Rights::Asker) if topics.is_question(topic) => return true,
            Some(Rights::Asker) => &self.counters.publishes_denied_right,
            Some(Rights::Reader) if topics.in_mailbox(topic) => &self.counters.publishes_denied_right,
            Some(_) if topics.in_mailbox(topic) => return true,
            Some(Rights::Node | Rights::Reader) if topics.in_exchange(topic) => return true,
            Some(Rights::Node | Rights::Reader | Rights::Device) if topics.is_question(topic) => return true,
            Some(_) => &self.counters.publishes_denied_topic,
        };
        denied.add_one();
        false
    }

    /// Whether `user` may subscribe `filter`.
    pub(crate) fn subscribe(&self, user: Option<&str>, filter: &str) -> bool {
        let topics = &self.topics;
        let allowed = match self.rights(user) {
            // MQTT 5 §1.5.4; and the engine may publish there what nobody is to see.
            _ if filter.contains('\0') => false,
            Some(Rights::Operator) => true,
            Some(Rights::Observer) => !filter.starts_with('$'),
            Some(Rights::Node | Rights::Reader) => {
                topics.in_mailbox(filter)
                    || topics.in_exchange(filter)
                    || topics.in_notices(filter)
                    || topics.is_answer(filter)
            }
            Some(Rights::Unmodified) => {
                self.devices.local.iter().chain(&self.devices.commands).any(|wide| wide.covers(filter))
            }
            Some(Rights::Device | Rights::Asker) => topics.in_notices(filter) || topics.is_answer(filter),
            Some(Rights::WalkIn { reads_notices: true }) => topics.in_notices(filter),
            Some(Rights::WalkIn { reads_notices: false }) | None => false,
        };
        if !allowed {
            self.counters.subscribes_denied.add_one();
        }
        allowed
    }

    fn is_local(&self, topic: &str) -> bool {
        is_for_intake(topic) && self.devices.local.iter().any(|filter| filter.matches(topic))
    }

    fn rights(&self, user: Option<&str>) -> Option<Rights> {
        match user {
            Some(user) => self.logins().rights(user),
            None => self.devices.anonymous.then_some(Rights::Unmodified),
        }
    }

    fn logins(&self) -> Arc<Logins> {
        Arc::clone(&self.logins.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Without the intake, and without user names.
impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate")
            .field("topics", &self.topics)
            .field("devices", &self.devices)
            .finish_non_exhaustive()
    }
}

/// Whether a topic is one that a device may name at all.
fn is_for_intake(topic: &str) -> bool {
    is_topic(topic) && !topic.starts_with('$') && topic.len() <= Limits::TOPIC_LEN
}
