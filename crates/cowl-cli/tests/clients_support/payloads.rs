//! What devices of five families really send, in small and made up: their topics and payloads as their makers document them, with
//! nobody's names, places or keys.

use serde_json::{Value, json};

/// A family of devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// A phone with `OwnTracks` (its booklet, "JSON").
    OwnTracks,
    /// A plug with a thermometer, Tasmota 14 (its documentation, "MQTT").
    Tasmota,
    /// A radio behind a Meshtastic node with JSON turned on (its documentation, "MQTT integration").
    Meshtastic,
    /// A thermometer behind zigbee2mqtt 2 (its documentation, "MQTT topics and messages").
    Zigbee,
    /// The study's sensor: `name: value` text.
    Study,
}

impl Family {
    pub const ALL: [Self; 5] = [Self::OwnTracks, Self::Tasmota, Self::Meshtastic, Self::Zigbee, Self::Study];

    /// The topic of the family's only device here.
    pub const fn topic(self) -> &'static str {
        match self {
            Self::OwnTracks => "owntracks/ann/pixel",
            Self::Tasmota => "tele/ward-plug/SENSOR",
            Self::Meshtastic => "msh/EU_868/2/json/LongFast/!7efeee00",
            Self::Zigbee => "zigbee2mqtt/ward_thermometer",
            Self::Study => "srv/temperature",
        }
    }

    /// Where its devices listen for commands.
    pub const fn command(self) -> &'static str {
        match self {
            Self::OwnTracks => "owntracks/ann/pixel/cmd",
            Self::Tasmota => "cmnd/ward-plug/POWER",
            Self::Meshtastic => "msh/EU_868/2/json/mqtt",
            Self::Zigbee => "zigbee2mqtt/ward_thermometer/set",
            Self::Study => "srv/command",
        }
    }

    /// Its payload number so and so: a temperature of `number` tenths of a degree can be found again.
    pub fn payload(self, number: u32) -> String {
        let degrees = f64::from(number) / 10.0;
        let value: Value = match self {
            Self::OwnTracks => json!({
                "_type": "location", "BSSID": "02:00:00:00:00:00", "SSID": "home", "acc": 13, "alt": 96, "batt": 44,
                "bs": 1, "conn": "w", "created_at": 1_800_000_000_u32, "lat": 18.54, "lon": -72.34, "m": 1, "t": "u",
                "tid": "an", "tst": 1_800_000_000_u32, "vac": 3, "vel": 0, "temperature": degrees,
            }),
            Self::Tasmota => json!({
                "Time": "2027-01-15T08:00:00",
                "AM2301": {"Temperature": degrees, "Humidity": 53.1, "DewPoint": 11.9},
                "TempUnit": "C", "Wifi": {"SSId": "ward", "BSSId": "02:00:00:00:00:01", "RSSI": 74},
            }),
            Self::Meshtastic => json!({
                "channel": 0, "from": 2_130_636_288_u32, "hop_start": 3, "hops_away": 0, "id": 452_664_778_u32 + number,
                "payload": {"air_util_tx": 1.1, "barometric_pressure": 1_011.2, "relative_humidity": 61.0,
                            "temperature": degrees},
                "rssi": -41, "sender": "!7efeee00", "snr": 6.25, "timestamp": 1_800_000_000_u32,
                "to": 4_294_967_295_u32, "type": "telemetry",
            }),
            Self::Zigbee => json!({
                "battery": 97, "humidity": 48.2, "linkquality": 113, "temperature": degrees, "voltage": 2_995,
                "last_seen": "2027-01-15T08:00:00+00:00",
            }),
            Self::Study => {
                return format!(
                    "temperature: {degrees}, severity: high, lat: 18.54, lon: -72.34, ip: 192.168.1.247, userId: 970"
                );
            }
        };
        value.to_string()
    }
}
