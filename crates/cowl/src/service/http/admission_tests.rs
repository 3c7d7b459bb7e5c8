//! What a broker asks and is answered. The requests are those that `rmqtt-auth-http` 0.24 and EMQX 5.8 make.

use std::path::Path;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use cowl_core::tokens::Batch;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::oneshot,
};

use super::*;
use crate::{
    operation::Operation,
    policy_file::{DEFAULT_POLICY, HAITI_DEPARTMENTS, HAITI_DEPARTMENTS_NAME},
    random::SystemRng,
    tokens::TokenKeys,
};

const NOW: u64 = 1_800_000_000;

fn operation(folder: &Path) -> Operation {
    let mut rng = SystemRng::new();
    let policy = DEFAULT_POLICY.replace("tokens = false", "tokens = true");
    let mut operation = Operation::create_with(folder, NOW, &mut rng, |folder| {
        let create = |name: &str, text: &str| {
            crate::files::create(&folder.join(name), text.as_bytes(), crate::files::Access::All)
        };
        create(HAITI_DEPARTMENTS_NAME, HAITI_DEPARTMENTS)?;
        create("policy.toml", &policy)
    })
    .unwrap();
    operation.refresh(operation.epoch_now(NOW).unwrap(), &mut rng).unwrap();
    operation
}

fn passwords(operation: &Operation, count: u16) -> Vec<String> {
    let mut rng = SystemRng::new();
    let manifest = operation.manifest();
    let period = manifest.tokens.unwrap();
    let batch = Batch::draw(manifest.operation, &period, count, &mut rng).unwrap();
    let keys = TokenKeys::load(operation.folder()).unwrap().unwrap();
    let granted = keys.key(period.number).unwrap().grant(&batch.request(0).blinded, &mut rng).unwrap();
    batch.take(&granted).unwrap().iter().map(|token| BASE64_URL_SAFE_NO_PAD.encode(token.bytes())).collect()
}

async fn said(address: SocketAddr, request: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut heard = String::new();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.read_to_string(&mut heard).await.unwrap();
    let (head, body) = heard.split_once("\r\n\r\n").unwrap();
    assert!(head.to_lowercase().contains("content-type: application/json"), "{head}");
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap())
}

/// As reqwest writes the forms of `rmqtt-auth-http`, with the parameters of its documentation.
fn rmqtt(user: &str, password: &str) -> String {
    let body = format!("clientid=abc%2Fd&username={user}&password={password}&protocol=5");
    format!(
        "POST /mqtt/auth HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded\r\naccept: */*\r\ncache-control: no-cache\r\n\
         host: x\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// As `rmqtt-auth-http` asks about what a client does, with the parameters of its documentation.
fn act(user: &str, access: u8, topic: &str, client: &str) -> String {
    let topic = topic.replace('/', "%2F").replace('#', "%23").replace('$', "%24").replace('+', "%2B");
    let body = format!(
        "access={access}&username={user}&clientid={client}&ipaddr=127.0.0.1&topic={topic}&protocol=5"
    );
    format!(
        "POST /mqtt/acl HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// What the rules cannot say, or a broker does not ask them.
async fn asks_what_it_may(address: SocketAddr, topics: &Topics, client: &str) {
    let (subscribe, publish) = (1, 2);
    let mailbox = topics.mailbox();
    let (manifest, question) = (topics.manifest().unwrap(), topics.questions().unwrap());
    let (manifest, question) = (manifest.as_str(), question.as_str());
    let own = format!("{}/{client}", topics.answers());
    let allowed = [
        (publish, format!("{mailbox}/07").as_str()),
        (publish, question),
        (subscribe, manifest),
        (subscribe, &own),
    ]
    .map(|(access, topic)| act("token", access, topic, client));
    for request in allowed {
        assert_eq!(said(address, &request).await, (200, json!({ "result": "allow" })), "{request}");
    }
    let other = format!("{}/ffffffffffffffffffffffffffffffff", topics.answers());
    let denied = [
        (subscribe, "#"),
        (subscribe, "+/#"),
        (subscribe, "$SYS/#"),
        (publish, "$SYS/x"),
        (subscribe, question),
        (subscribe, &mailbox),
        (subscribe, &format!("{mailbox}/#")),
        (subscribe, &other),
        (publish, manifest),
        (publish, &format!("{mailbox}x")),
        (publish, &format!("{mailbox}/+")),
        (3, manifest),
    ]
    .map(|(access, topic)| act("token", access, topic, client));
    for request in denied {
        assert_eq!(said(address, &request).await, (200, json!({ "result": "deny" })), "{request}");
    }
    // Others are not its business, with or without a password.
    assert_eq!(
        said(address, &act("node", subscribe, "#", client)).await,
        (200, json!({ "result": "ignore" }))
    );
    // Who did not say its id has no answers.
    assert_eq!(said(address, &act("token", subscribe, &own, "")).await, (200, json!({ "result": "deny" })));
}

/// As EMQX 5 posts the body of its documentation.
fn emqx(user: &str, password: &str, client: &str) -> String {
    let body = json!({ "username": user, "password": password, "clientid": client }).to_string();
    format!(
        "POST /auth HTTP/1.1\r\nContent-Type: application/json; charset=utf-8\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn both_brokers_are_answered_as_they_understand_it() {
    let folder = tempfile::tempdir().unwrap();
    let operation = operation(&folder.path().join("ops"));
    let tokens = passwords(&operation, 2);
    let gatekeeper = Arc::new(Gatekeeper::open(operation.folder(), || NOW).unwrap());
    let listener = AdmissionListener::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.address().unwrap();
    let topics = Topics::of(operation.manifest());
    let (stop, stopped) = oneshot::channel::<()>();
    let asked = Arc::clone(&gatekeeper);
    let serve = async { listener.run(asked, &topics, async { drop(stopped.await) }).await };
    let ask = async {
        let (status, allowed) = said(address, &rmqtt("token", &tokens[0])).await;
        assert_eq!((status, &allowed["result"]), (200, &json!("allow")));
        // Again, by either: denied, and never in a way that asks the next one.
        for request in [
            rmqtt("token", &tokens[0]),
            emqx("token", &tokens[0], ""),
            rmqtt("token", "x"),
            rmqtt("token", ""),
            "GET /mqtt/auth?username=token&password=x HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc".to_owned(),
            emqx("token", "x", "").replace("username", "user"),
            rmqtt("token", &format!("{0}&password={0}", tokens[1])),
            rmqtt("token", "%zz"),
            rmqtt("token", &"A".repeat(BODY)),
            // Somebody who is in, or wants to come in: not both.
            rmqtt("token", &format!("{}&access=2&topic=a", tokens[1])),
        ] {
            assert_eq!(said(address, &request).await, (200, json!({ "result": "deny" })), "{request}");
        }
        assert_eq!(said(address, &rmqtt("node", "x")).await, (200, json!({ "result": "ignore" })));
        let client = "00112233445566778899aabbccddeeff";
        let (status, allowed) = said(address, &emqx("token", &tokens[1], client)).await;
        assert_eq!((status, &allowed["result"]), (200, &json!("allow")));
        // It may do what a device may at the embedded broker, and nothing else.
        let rules = allowed["acl"].as_array().unwrap();
        let of = |permission: &str, action: &str| -> Vec<&str> {
            let those =
                rules.iter().filter(|rule| rule["permission"] == permission && rule["action"] == action);
            those.map(|rule| rule["topic"].as_str().unwrap()).collect()
        };
        let question = format!("eq {}", topics.questions().unwrap().as_str());
        assert_eq!(of("allow", "publish"), [format!("{}/#", topics.mailbox()), question]);
        let answer = format!("eq {}/{client}", topics.answers());
        assert!(of("allow", "subscribe").contains(&answer.as_str()), "{rules:?}");
        assert_eq!(
            (rules.first().unwrap()["retain"].as_bool(), of("deny", "all")),
            (Some(true), vec!["$SYS/#", "#"])
        );
        assert_eq!(rules.last().unwrap()["permission"], "deny");
        asks_what_it_may(address, &topics, client).await;
        drop(stop);
    };
    let (served, ()) = tokio::join!(serve, ask);
    served.unwrap();
    assert_eq!(gatekeeper.judgements().admitted, 2);
}
