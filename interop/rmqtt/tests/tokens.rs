//! `cowl tokens serve` as RMQTT's own plugin asks it (spec §11.6): tokens, each once, across a restart; and what a connection that
//! came in by one may do. Senders are `cowl pub` and a client of this crate.
//!
//! Needs the command: `cargo build -p cowl-cli` in the workspace, or its path in `COWL`.

mod operation;

use cowl_interop_rmqtt::{
    broker::{self, WATCH},
    wire::{BAD_LOGIN, Login, NOT_AUTHORIZED, SUCCESS, Wire},
};
use operation::Operation;

/// What a device draws for one connection.
const CLIENT: &str = "00112233445566778899aabbccddeeff";

fn login<'a>(user: &'a str, password: &'a str) -> Login<'a> {
    Login { client_id: CLIENT, user, password: password.as_bytes(), will: None }
}

/// Somebody who sees all that the broker delivers.
async fn watcher(at: std::net::SocketAddr) -> Wire {
    let login = Login { client_id: "watcher", user: WATCH, password: b"x", will: None };
    let (mut watcher, code) = Wire::connect(at, &login).await;
    assert_eq!((code, watcher.subscribe("#").await), (SUCCESS, SUCCESS));
    watcher
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_lets_one_connection_in_and_is_refused_from_then_on() {
    let operation = Operation::new();
    let judge = operation.judge(None);
    let at = broker::start(&judge.plugin()).await;
    let mut watcher = watcher(at).await;

    // A phone, with the command as it is, through a broker that knows nothing of Cowl.
    let wallet = operation.wallet();
    operation.publish(at.port()).succeeds();
    let heard = watcher.hear().await;
    assert!(heard.topic.starts_with(&format!("{}/r/", operation.mailbox())), "{}", heard.topic);
    let spent = operation.wallet();
    assert_ne!(wallet, spent, "a token was spent");

    let tokens = operation.tokens(3);
    let [used, unused, third] = [0, 1, 2].map(|which: usize| tokens[which].as_str());
    let code = async |user: &str, password: &str| Wire::connect(at, &login(user, password)).await.1;
    assert_eq!(code("token", used).await, SUCCESS);
    assert_eq!(code("token", used).await, BAD_LOGIN, "used before");
    for wrong in
        ["", "x", &"A".repeat(216), &used[1..], &used.replace(&used[20..24], "AAAA"), "%P", "a&password=b"]
    {
        assert_eq!(code("token", wrong).await, BAD_LOGIN, "{wrong}");
    }
    // No text: the plugin does not ask, and does not let in.
    let binary = Login { password: &[0xff; 162], ..login("token", "") };
    assert_eq!(Wire::connect(at, &binary).await.1, BAD_LOGIN);
    // Another user name is not its business: who stands behind it decides, and here that is everybody's friend.
    assert_eq!(code("somebody", "x").await, SUCCESS);
    // A name that RMQTT writes into the question as something else is still not a token's.
    assert_eq!(code("%P", "token").await, BAD_LOGIN);

    // While nobody answers, nobody comes in, and no token is lost by it.
    let address = judge.stop();
    assert_eq!(code("token", unused).await, BAD_LOGIN);
    let judge = operation.judge(Some(&address));
    assert_eq!(code("token", used).await, BAD_LOGIN, "used before the restart");
    assert_eq!(code("token", unused).await, SUCCESS);
    // As a power cut would end it.
    let address = judge.kill();
    let judge = operation.judge(Some(&address));
    for used in [used, unused] {
        assert_eq!(code("token", used).await, BAD_LOGIN, "used before the crash");
    }
    assert_eq!(code("token", third).await, SUCCESS);

    // A phone whose wallet was copied and put back is told what is wrong.
    operation.put_wallet(&wallet);
    operation.publish(at.port()).fails(6, "token refused by the broker");
    let line = judge.ends();
    assert!(line.contains("1 let in; refused: 3 used before"), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_may_do_what_a_device_may_and_nothing_else() {
    let operation = Operation::new();
    let judge = operation.judge(None);
    let at = broker::start(&judge.plugin()).await;
    let mut watcher = watcher(at).await;
    let tokens = operation.tokens(9);
    let mut tokens = tokens.iter();
    let mut connect = async || {
        let (wire, code) = Wire::connect(at, &login("token", tokens.next().unwrap())).await;
        assert_eq!(code, SUCCESS);
        wire
    };
    let prefix = operation.mailbox();
    let of = |rest: &str| format!("{prefix}/{rest}");

    let mut wire = connect().await;
    for filter in [of("m"), of("b"), of("o"), of("e"), of("d"), of(&format!("a/{CLIENT}"))] {
        assert_eq!(wire.subscribe(&filter).await, SUCCESS, "{filter}");
    }
    let others = of("a/ffeeddccbbaa99887766554433221100");
    let denied = [
        "#",
        "+/#",
        "+",
        "$SYS/#",
        "$SYS/brokers",
        "$x/#",
        "$share/g/#",
        "$share/g/$SYS/#",
        "$limit/9/#",
        "$exclusive/#",
        "elsewhere",
    ];
    let denied = denied.map(str::to_owned).into_iter();
    for filter in denied.chain([
        of("r/#"),
        of("r/00"),
        of("r/+"),
        of("#"),
        of("q"),
        of("k"),
        of("a/+"),
        of("a/#"),
        others,
    ]) {
        assert_eq!(wire.subscribe(&filter).await, NOT_AUTHORIZED, "{filter}");
    }
    for shared in [of("r/#"), of("r/00")].map(|filter| format!("$share/g/{filter}")) {
        assert_eq!(wire.subscribe(&shared).await, NOT_AUTHORIZED, "{shared}");
    }
    for topic in [of("r/07"), of("q")] {
        assert_eq!(wire.publish(&topic, b"sealed", false).await, Some(SUCCESS), "{topic}");
        assert_eq!(watcher.hear().await.topic, topic);
    }
    // RMQTT ends a connection that publishes what it may not; one token each.
    let mut refused = async |topic: &str, retain: bool| {
        let answer = connect().await.publish(topic, b"not to be seen", retain).await;
        assert_ne!(answer, Some(SUCCESS), "{topic}");
    };
    refused(&of("m"), false).await;
    refused(&of("r/07"), true).await;
    refused(&of("x"), false).await;
    refused(&of(&format!("a/{CLIENT}")), false).await;
    refused("elsewhere", false).await;
    refused("$SYS/brokers", false).await;
    refused("$x/y", false).await;
    // Nothing of it was delivered: the next thing that is heard is what was sent last.
    let mut last = connect().await;
    assert_eq!(last.publish(&of("r/08"), b"last", false).await, Some(SUCCESS));
    let heard = watcher.hear().await;
    assert_eq!((heard.topic, heard.payload), (of("r/08"), b"last".to_vec()));
}

/// Why the plugin is told to ask about what clients do, too: to RMQTT's rules `#` is no topic that begins with `$`.
#[tokio::test(flavor = "multi_thread")]
async fn rules_alone_do_not_reach_every_topic() {
    let operation = Operation::new();
    let judge = operation.judge(None);
    let plugin = judge.plugin();
    let rules_alone: Vec<&str> = plugin.lines().filter(|line| !line.contains("http_acl_req")).collect();
    let at = broker::start(&rules_alone.join("\n")).await;
    let (mut wire, code) = Wire::connect(at, &login("token", &operation.tokens(1)[0])).await;
    assert_eq!(code, SUCCESS);
    for filter in ["#", "+/#", "elsewhere", "$SYS/#", "$SYS/brokers/+/clients/#"] {
        assert_eq!(wire.subscribe(filter).await, NOT_AUTHORIZED, "{filter}");
    }
    assert_eq!(wire.subscribe("$x/#").await, SUCCESS);
}

/// What HTTP has no word for, so that spec §11.6 and THREATS say it: RMQTT publishes a will without asking.
#[tokio::test(flavor = "multi_thread")]
async fn a_will_is_not_asked_about() {
    let operation = Operation::new();
    let judge = operation.judge(None);
    let at = broker::start(&judge.plugin()).await;
    let mut watcher = watcher(at).await;
    let tokens = operation.tokens(1);
    let with_will = Login { will: Some("elsewhere"), ..login("token", &tokens[0]) };
    let (wire, code) = Wire::connect(at, &with_will).await;
    assert_eq!(code, SUCCESS);
    drop(wire);
    assert_eq!(watcher.hear().await.topic, "elsewhere");
    // And it stays there, for whoever comes later.
    let mut later = self::watcher(at).await;
    assert_eq!(later.hear().await.topic, "elsewhere");
}

/// The plugin configured as its documentation shows it, which calls a form JSON; and with JSON bodies.
#[tokio::test(flavor = "multi_thread")]
async fn however_the_plugin_is_told_to_ask() {
    let operation = Operation::new();
    let judge = operation.judge(None);
    let tokens = operation.tokens(2);
    let address = judge.address();
    let questions = format!(
        r#"
        http_auth_req.url = "http://{address}/mqtt/auth"
        http_auth_req.method = "post"
        http_auth_req.params = {{ clientid = "%c", username = "%u", password = "%P", protocol = "%r" }}
        http_acl_req.url = "http://{address}/mqtt/acl"
        http_acl_req.method = "post"
        http_acl_req.params = {{ access = "%A", username = "%u", clientid = "%c", ipaddr = "%a", topic = "%t", protocol = "%r" }}
        "#
    );
    let json = r#"headers = { content-type = "application/json" }"#;
    let ways = [
        format!("http_headers.content-type = \"application/json\"\n{questions}"),
        format!("{questions}\nhttp_auth_req.{json}\nhttp_acl_req.{json}"),
    ];
    for (plugin, token) in ways.iter().zip(&tokens) {
        let at = broker::start(plugin).await;
        let (mut wire, code) = Wire::connect(at, &login("token", token)).await;
        assert_eq!(code, SUCCESS, "{plugin}");
        assert_eq!(Wire::connect(at, &login("token", token)).await.1, BAD_LOGIN);
        let manifest = format!("{}/m", operation.mailbox());
        assert_eq!(wire.subscribe(&manifest).await, SUCCESS);
        assert_eq!(wire.subscribe("$SYS/#").await, NOT_AUTHORIZED);
        // Others do what those behind the plugin let them.
        let (mut other, code) = Wire::connect(at, &login("somebody", "x")).await;
        assert_eq!((code, other.subscribe("$SYS/#").await), (SUCCESS, SUCCESS));
    }
}
