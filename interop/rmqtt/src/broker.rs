//! RMQTT with the plugin, set up as its own program does it.

use std::{net::SocketAddr, time::Duration};

use async_trait::async_trait;
use rmqtt::{
    context::ServerContext,
    hook::{Handler, HookResult, Parameter, ReturnType, Type},
    net::Builder,
    retain::{DefaultRetainStorage, RetainStorage},
    server::MqttServer,
    types::{AuthResult, Retain, TopicFilter, TopicName},
};

/// The user name that may do everything, by whichever password.
pub const WATCH: &str = "watch";

/// Starts RMQTT on a free port, for as long as the runtime lives.
///
/// Behind the plugin stands what stands there in a fresh installation, the last rule of `rmqtt-acl`: `["allow", "all"]`. Whoever the
/// plugin does not refuse is in, and what it does not decide is allowed.
///
/// `plugin`: the text of `rmqtt-auth-http.toml`.
pub async fn start(plugin: &str) -> SocketAddr {
    let context = ServerContext::new()
        .plugins_config_map_add("rmqtt-auth-http", plugin)
        // Whatever else the machine is busy with.
        .busy_check_enable(false)
        .build()
        .await;
    *context.extends.retain_mut().await = Box::new(Retained(DefaultRetainStorage::new()));
    rmqtt_auth_http::register(&context, true, false).await.expect("a plugin that starts");
    let hooks = context.extends.hook_mgr().register();
    hooks.add(Type::ClientAuthenticate, Box::new(AllowAll)).await;
    hooks.start().await;
    // It logs in the background, and keeps the hooks only as long as this lives.
    std::mem::forget(hooks);
    let listener = Builder::new().name("interop").laddr(([127, 0, 0, 1], 0).into()).allow_anonymous(false);
    let listener = listener.bind().and_then(rmqtt::net::Listener::tcp).expect("a free port");
    let address = listener.local_addr().expect("an address");
    let server = MqttServer::new(context).listener_by_id(listener, 1).build();
    tokio::spawn(server.run());
    address
}

/// The last in the chain, which the plugin's `ignore` leads to.
struct AllowAll;

#[async_trait]
impl Handler for AllowAll {
    async fn hook(&self, parameter: &Parameter, acc: Option<HookResult>) -> ReturnType {
        let Parameter::ClientAuthenticate(client) = parameter else { return (true, acc) };
        // What was decided before stands.
        if acc.is_some() {
            return (false, acc);
        }
        let is_watch = client.username().is_some_and(|user| user == WATCH);
        (false, Some(HookResult::AuthResult(AuthResult::Allow(is_watch, None))))
    }
}

/// Retained messages in memory, as `rmqtt-retainer` keeps them: without it RMQTT refuses all.
struct Retained(DefaultRetainStorage);

#[async_trait]
impl RetainStorage for Retained {
    fn enable(&self) -> bool {
        true
    }

    async fn set(&self, topic: &TopicName, retain: Retain, expiry: Option<Duration>) -> rmqtt::Result<()> {
        self.0.set_with_timeout(topic, retain, expiry.filter(|expiry| !expiry.is_zero())).await
    }

    async fn get(&self, filter: &TopicFilter) -> rmqtt::Result<Vec<(TopicName, Retain)>> {
        self.0.get_message(filter).await
    }

    async fn count(&self) -> isize {
        self.0.count().await
    }

    async fn max(&self) -> isize {
        self.0.max().await
    }
}
