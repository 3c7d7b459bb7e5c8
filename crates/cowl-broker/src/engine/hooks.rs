//! RMQTT asks here what the gate decides.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use rmqtt::codec::v5::SubscribeAckReason;
use rmqtt::context::ServerContext;
use rmqtt::hook::{Handler, HookResult, Parameter, ReturnType, Type};
use rmqtt::net::own_name;
use rmqtt::session::Session;
use rmqtt::types::{
    AuthResult, ConnectInfo, From, FromType, Publish, PublishAclResult, QoS, Reason, SubscribeAclResult,
};
use tokio::sync::oneshot;

use crate::config::Limits;
use crate::gate::{ClientId, Connect, Gate, Refusal};
use crate::intake::Caller;

/// The server, as long as it serves: it owns the hooks, so they must not own it beyond that.
pub(super) type Server = Arc<Mutex<Option<ServerContext>>>;

/// Installs the hooks. `started` is told when RMQTT goes on to accept connections.
pub(super) async fn install(
    context: &ServerContext,
    server: &Server,
    gate: &Arc<Gate>,
    limits: Limits,
    started: oneshot::Sender<()>,
) {
    let register = context.extends.hook_mgr().register();
    register.add(Type::BeforeStartup, Box::new(Started(Mutex::new(Some(started))))).await;
    for hook in [
        Type::ClientConnect,
        Type::ClientAuthenticate,
        Type::MessagePublish,
        Type::MessagePublishCheckAcl,
        Type::ClientSubscribeCheckAcl,
        Type::MessageDropped,
    ] {
        let rules = Rules { gate: Arc::clone(gate), server: Arc::clone(server), limits };
        register.add(hook, Box::new(rules)).await;
    }
    register.start().await;
}

/// Tells once that RMQTT is about to accept.
struct Started(Mutex<Option<oneshot::Sender<()>>>);

#[async_trait]
impl Handler for Started {
    async fn hook(&self, _: &Parameter, acc: Option<HookResult>) -> ReturnType {
        if let Some(started) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // Nobody listens if the start was given up.
            let _ = started.send(());
        }
        (true, acc)
    }
}

struct Rules {
    gate: Arc<Gate>,
    server: Server,
    limits: Limits,
}

#[async_trait]
impl Handler for Rules {
    async fn hook(&self, parameter: &Parameter, acc: Option<HookResult>) -> ReturnType {
        let result = match parameter {
            Parameter::ClientConnect(_) => {
                self.count_if_full();
                return (true, acc);
            }
            Parameter::MessageDropped(_, _, _, reason) => {
                self.count_dropped(reason);
                return (true, acc);
            }
            Parameter::MessagePublish(_, from, publish) if matches!(from.typ(), FromType::LastWill) => {
                match self.will(from, publish) {
                    Some(nothing) => HookResult::Publish(nothing),
                    None => return (true, acc),
                }
            }
            Parameter::ClientAuthenticate(info) => HookResult::AuthResult(self.connect(info).await),
            Parameter::MessagePublishCheckAcl(session, publish) => {
                let allowed = self.gate.publish(user(session), &publish.topic, publish.retain);
                // The client stays: under QoS 0 the message is gone, MQTT 5 is told "not authorized" from QoS 1 on.
                HookResult::PublishAclResult(if allowed {
                    PublishAclResult::allow()
                } else {
                    PublishAclResult::rejected(false, None)
                })
            }
            Parameter::ClientSubscribeCheckAcl(session, subscribe) => {
                HookResult::SubscribeAclResult(
                    if self.gate.subscribe(user(session), &subscribe.topic_filter) {
                        // The highest QoS; RMQTT grants the lower of this and what was asked for.
                        SubscribeAclResult::new_success(QoS::ExactlyOnce, None)
                    } else {
                        SubscribeAclResult::new_failure(SubscribeAckReason::NotAuthorized)
                    },
                )
            }
            _ => return (true, acc),
        };
        (false, Some(result))
    }
}

impl Rules {
    async fn connect(&self, info: &ConnectInfo) -> AuthResult {
        let holder = self.session_with_the_same_client_id(info).await;
        let connect = Connect {
            user: info.username().map(AsRef::as_ref),
            password: info.password().map(AsRef::as_ref),
            has_will: info.last_will().is_some(),
            wants_session: wants_session(info),
            client_id: holder.as_ref().map_or(ClientId::Free, |session| ClientId::HeldBy {
                user: user(session),
                // Pseudonyms, see rmqtt-net.
                from_here: session.id.remote_addr == info.id().remote_addr,
            }),
        };
        match self.gate.connect(&connect).await {
            Ok(()) => AuthResult::Allow(false, None),
            Err(Refusal::BadUserOrPassword) => AuthResult::BadUsernameOrPassword,
            Err(Refusal::NotAuthorized) => AuthResult::NotAuthorized,
        }
    }

    async fn session_with_the_same_client_id(&self, info: &ConnectInfo) -> Option<Session> {
        let server = self.server()?;
        let entry = server.extends.shared().await.entry(info.id().clone());
        entry.session()
    }

    /// What is published in place of a will that is not to be: RMQTT publishes wills without asking anyone, but asks what
    /// they are.
    fn will(&self, from: &From, publish: &Publish) -> Option<Publish> {
        let user = from.id.username.as_deref();
        let caller = Caller { client_id: own_name(&from.id.client_id), user };
        if self.gate.will(&caller, &super::intake::incoming(publish)) {
            return None;
        }
        let mut nothing = publish.clone();
        // Nobody can subscribe it: no wildcard matches a `$`, and the gate lets no filter have a NUL.
        nothing.topic = "$\0".into();
        nothing.payload.clear();
        nothing.retain = false;
        nothing.qos = QoS::AtMostOnce;
        Some(nothing)
    }

    /// RMQTT refuses by itself, right after this hook, without telling anyone.
    fn count_if_full(&self) {
        let full = self.server().is_some_and(|server| server.sessions.count() >= most_sessions(self.limits));
        if full {
            self.gate.counters.connects_refused_full.add_one();
        }
    }

    fn count_dropped(&self, reason: &Reason) {
        let counters = &self.gate.counters;
        match reason {
            // The gate counted these when it denied them.
            Reason::PublishResult(_) => {}
            Reason::MessageQueueFull | Reason::InflightWindowFull => counters.dropped_queue_full.add_one(),
            Reason::MessageExpiration => counters.dropped_expired.add_one(),
            _ => counters.dropped_client_gone.add_one(),
        }
    }

    fn server(&self) -> Option<ServerContext> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// How many sessions RMQTT is told to keep at most.
pub(super) fn most_sessions(limits: Limits) -> isize {
    isize::try_from(limits.connections.get()).unwrap_or(isize::MAX)
}

/// Whether anything of a client would be left after its connection ended.
fn wants_session(info: &ConnectInfo) -> bool {
    match info {
        ConnectInfo::V3(_, connect) => !connect.clean_session,
        ConnectInfo::V5(_, connect) => !connect.clean_start || connect.session_expiry_interval_secs > 0,
    }
}

fn user(session: &Session) -> Option<&str> {
    session.id.username.as_deref()
}
