//! What a broker asks, as forms and JSON say it.

use axum::http::{HeaderMap, header};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

/// What a broker says of a connection.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) user: String,
    /// What it wants to come in by.
    pub(super) password: Option<Zeroizing<String>>,
    pub(super) client_id: String,
    /// What it wants to do, being in.
    pub(super) act: Option<Act>,
}

/// What somebody who is in wants to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Act {
    Publish(String),
    Subscribe(String),
}

/// The fields that count, as they came.
#[derive(Default)]
struct Fields {
    user: Option<String>,
    password: Option<Zeroizing<String>>,
    client_id: Option<String>,
    access: Option<String>,
    topic: Option<String>,
}

impl Asked {
    /// `None`: it is neither a form nor JSON, or does not say who does what.
    pub(super) fn parse(headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        let kind = kind.split(';').next()?.trim().to_ascii_lowercase();
        // RMQTT with the headers that its documentation shows calls a form JSON: what it is decides, not what it is called.
        match kind.as_str() {
            "application/json" | "application/x-www-form-urlencoded" if body.starts_with(b"{") => {
                Self::of_json(body)
            }
            "application/json" | "application/x-www-form-urlencoded" => Self::of_form(body),
            _ => None,
        }
    }

    fn of_json(body: &[u8]) -> Option<Self> {
        let object: Map<String, Value> = serde_json::from_slice(body).ok()?;
        let mut fields = Fields::default();
        for (name, value) in object {
            if let Value::String(text) = value {
                fields.put(&name, text)?;
            }
        }
        fields.asked()
    }

    pub(super) fn of_form(body: &[u8]) -> Option<Self> {
        let mut fields = Fields::default();
        for pair in body.split(|byte| *byte == b'&') {
            let at = pair.iter().position(|byte| *byte == b'=');
            let (name, value) = at.and_then(|at| pair.split_at_checked(at)).unwrap_or((pair, b""));
            let value = decoded(value.strip_prefix(b"=").unwrap_or(value))?;
            fields.put(&decoded(name)?, value)?;
        }
        fields.asked()
    }
}

impl Fields {
    /// `None`: said twice, it is not clear what is meant.
    fn put(&mut self, name: &str, value: String) -> Option<()> {
        let place = match name {
            "password" => {
                let before = self.password.replace(value.into());
                return before.is_none().then_some(());
            }
            "username" => &mut self.user,
            "clientid" => &mut self.client_id,
            // RMQTT's documentation calls it so, and EMQX's so.
            "access" | "action" => &mut self.access,
            "topic" => &mut self.topic,
            _ => return Some(()),
        };
        place.replace(value).is_none().then_some(())
    }

    fn asked(self) -> Option<Asked> {
        let Self { user, password, client_id, access, topic } = self;
        // RMQTT fills in what there is not with nothing.
        let topic = topic.filter(|topic| !topic.is_empty());
        let password = password.filter(|password| topic.is_none() || !password.is_empty());
        let act = match (access.as_deref(), topic) {
            (_, None) => None,
            (Some("1" | "subscribe"), Some(filter)) => Some(Act::Subscribe(filter)),
            (Some("2" | "publish"), Some(topic)) => Some(Act::Publish(topic)),
            _ => return None,
        };
        Some(Asked { user: user?, password, client_id: client_id.unwrap_or_default(), act })
    }
}

/// What `application/x-www-form-urlencoded` writes as `+` and `%41`.
fn decoded(bytes: &[u8]) -> Option<String> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter();
    while let Some(byte) = rest.next() {
        let mut digit = || char::from(*rest.next()?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        out.push(match byte {
            b'+' => b' ',
            b'%' => digit()? << 4 | digit()?,
            other => *other,
        });
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_browsers_write_it() {
        let read = |text: &str| {
            let asked = Asked::of_form(text.as_bytes())?;
            Some((asked.user, asked.password.map(|password| password.to_string())))
        };
        let pair = |user: &str, password: &str| Some((user.to_owned(), Some(password.to_owned())));
        assert_eq!(read("username=a%20b+c&password=%2b%3D-_"), pair("a b c", "+=-_"));
        assert_eq!(read("password=p&x&=&username=token&clientid="), pair("token", "p"));
        assert_eq!(read("username=token"), Some(("token".to_owned(), None)));
        for bad in [
            "",
            "password=p",
            "username=a&username=b&password=p",
            "username=a&password=p&password=p",
            "username=%f&password=p",
            "username=%ff&password=p",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_act_is_known_by_its_topic() {
        let act = |text: &str| Asked::of_form(text.as_bytes()).and_then(|asked| asked.act);
        let subscribe = Some(Act::Subscribe("a/#".to_owned()));
        assert_eq!(act("access=1&username=token&clientid=c&topic=a%2F%23"), subscribe);
        assert_eq!(act("action=subscribe&username=token&topic=a/%23&password="), subscribe);
        assert_eq!(act("access=2&username=token&topic=a"), Some(Act::Publish("a".to_owned())));
        let asked = Asked::of_form(b"access=&topic=&username=token&password=").unwrap();
        assert_eq!((asked.act, asked.password.as_deref().map(String::as_str)), (None, Some("")));
        for bad in [
            "username=token&topic=a",
            "access=3&username=token&topic=a",
            "access=1&access=2&topic=a&username=b",
        ] {
            assert_eq!(Asked::of_form(bad.as_bytes()), None, "{bad}");
        }
    }
}
