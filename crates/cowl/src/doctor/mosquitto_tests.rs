use super::*;
use crate::doctor::Level;

const NEEDS: Needs = Needs { packet: 65_600, keep_alive: 60 };

/// Nothing to complain of.
const SOUND: &str = "\
# Cowl
per_listener_settings false
allow_anonymous false
password_file /etc/mosquitto/passwords
acl_file /etc/mosquitto/cowl.acl
log_dest file /var/log/mosquitto.log
log_type error
persistence true
autosave_interval 60
listener 8883
certfile server.pem
keyfile server.key
listener 1883 127.0.0.1
";

fn findings(text: &str) -> Vec<Finding> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mosquitto.conf");
    fs::write(&path, text).unwrap();
    Configuration::read(&path).unwrap().check(Some(NEEDS))
}

#[test]
fn a_sound_one_is_ok() {
    let found = findings(SOUND);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].level, Level::Ok);
    assert!(
        findings(&SOUND.replace("log_type error", "connection_messages false"))
            .iter()
            .all(|one| one.level == Level::Ok)
    );
    assert!(
        findings(&SOUND.replace("log_type error\n", "").replace("file /var/log/mosquitto.log", "none")).len()
            == 1
    );
}

#[test]
fn each_thing_that_leaks_is_found_by_itself_and_has_a_remedy() {
    let changes: [(&str, &str, &str, Level); 16] = [
        ("allow_anonymous false", "allow_anonymous true", "allow_anonymous", Level::Problem),
        ("acl_file /etc/mosquitto/cowl.acl\n", "", "acl_file", Level::Problem),
        ("log_type error\n", "", "connection_messages", Level::Warning),
        ("log_type error", "log_type notice", "connection_messages", Level::Warning),
        ("log_type error", "log_type debug", "log_type debug", Level::Warning),
        ("log_type error", "log_type error\nlog_dest topic", "log_dest topic", Level::Problem),
        ("listener 1883 127.0.0.1", "listener 1883", "without TLS", Level::Problem),
        ("listener 1883 127.0.0.1", "port 1883", "without TLS", Level::Problem),
        ("keyfile server.key", "tls_version tlsv1.2", "older TLS", Level::Notice),
        ("keyfile server.key", "use_identity_as_username true", "client certificates", Level::Warning),
        ("persistence true", "", "persistence is off", Level::Warning),
        ("autosave_interval 60\n", "", "half hour", Level::Notice),
        ("persistence true", "persistence true\nretain_available false", "retain_available", Level::Problem),
        ("persistence true", "persistence true\nmax_packet_size 20000", "max_packet_size", Level::Problem),
        ("persistence true", "persistence true\nmax_keepalive 30", "max_keepalive", Level::Problem),
        (
            "listener 1883 127.0.0.1",
            "listener 1883 127.0.0.1\nconnection cloud\naddress broker.example\ntopic # both",
            "bridged",
            Level::Warning,
        ),
    ];
    for (from, to, word, level) in changes {
        let text = SOUND.replace(from, to);
        assert_ne!(text, SOUND, "{from}");
        let found = findings(&text);
        assert_eq!(found.len(), 1, "{to}: {found:?}");
        assert!(found[0].what.contains(word) && found[0].level == level, "{to}: {found:?}");
        assert!(found[0].remedy.as_ref().is_some_and(|remedy| remedy.contains("sudo")), "{found:?}");
    }
}

#[test]
fn a_remedy_that_replaces_a_line_does_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mosquitto.conf");
    for listener in ["listener 1883", "listener 1883 0.0.0.0", "  listener 1883"] {
        fs::write(&path, SOUND.replace("listener 1883 127.0.0.1", listener)).unwrap();
        let found = Configuration::read(&path).unwrap().check(Some(NEEDS));
        let typed = found[0]
            .remedy
            .as_ref()
            .unwrap()
            .replace("sudo ", "")
            .replace(" && systemctl restart mosquitto", "");
        assert!(std::process::Command::new("sh").args(["-c", &typed]).status().unwrap().success(), "{typed}");
        assert_eq!(
            Configuration::read(&path).unwrap().check(Some(NEEDS))[0].level,
            Level::Ok,
            "{listener}: {typed}"
        );
    }
}

#[test]
fn settings_of_each_listener_are_each_looked_at() {
    let each = "per_listener_settings true\npersistence true\nautosave_interval 60\nlog_type error\n\
                listener 8883\ncertfile c\nallow_anonymous false\nacl_file a\n\
                listener 1883 127.0.0.1\nallow_anonymous true\nacl_file a\n";
    let found = findings(each);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].what.contains("allow_anonymous"));
}

#[test]
fn files_that_are_included_count_and_those_that_cannot_be_read_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (path, more) = (folder.path().join("mosquitto.conf"), folder.path().join("conf.d"));
    let text = format!("{SOUND}include_dir {}\n", more.display());
    fs::write(&path, &text).unwrap();
    let found = Configuration::read(&path).unwrap().check(None);
    assert!(found[0].what.contains("cannot be read"), "{found:?}");
    fs::create_dir(&more).unwrap();
    fs::write(more.join("a.conf"), "log_type all\n").unwrap();
    fs::write(more.join("a.txt"), "allow_anonymous true\n").unwrap();
    let found = Configuration::read(&path).unwrap().check(None);
    assert!(found.iter().all(|one| one.what.contains("log")) && found.len() == 2, "{found:?}");
    // One that includes itself ends.
    fs::write(more.join("b.conf"), format!("include_dir {}\n", more.display())).unwrap();
    assert!(Configuration::read(&path).is_ok());
    assert!(Configuration::read(&folder.path().join("nothing")).is_err());
}

#[test]
fn any_text_is_read() {
    for text in [
        "",
        "listener",
        "\u{fffd}\0",
        "connection",
        "log_type",
        "include_dir",
        "per_listener_settings true\nacl_file",
    ] {
        assert!(!findings(text).is_empty());
    }
}
