//! What a key says about its value: a sorted table of names used in the field.

use crate::payload::field::Kind;

/// Longest key that is looked at; longer ones say nothing.
const LONGEST: usize = 40;

/// What the key says about its value, if it is a known one. Case and separators do not matter (`userId`, `user_id`, `USER-ID`); of
/// a key in several words the last one counts when the whole is unknown (`gps_lat`, `currentTemp`), then long words inside it.
pub(crate) fn kind_of_key(key: &[u8]) -> Option<Kind> {
    let mut folded = [0_u8; LONGEST];
    let mut length = 0;
    let mut last_word = 0;
    let mut previous = b'_';
    for &byte in key {
        let starts_word = byte.is_ascii_uppercase() && previous.is_ascii_lowercase();
        if byte.is_ascii_alphanumeric() {
            if starts_word || !previous.is_ascii_alphanumeric() {
                last_word = length;
            }
            *folded.get_mut(length)? = byte.to_ascii_lowercase();
            length += 1;
        }
        previous = byte;
    }
    let folded = folded.get(..length)?;
    look_up(folded)
        .or_else(|| if last_word > 0 { look_up(folded.get(last_word..)?) } else { None })
        .or_else(|| contained(folded))
}

/// One look into a table of hashes, since this is asked for every key of every message.
fn look_up(folded: &[u8]) -> Option<Kind> {
    let mut slot = hash(folded);
    loop {
        let (name, kind) = KEYS.get(usize::from(*SLOTS.get(slot % SLOTS.len())?))?;
        if name.as_bytes() == folded {
            return Some(*kind);
        }
        slot += 1;
    }
}

/// Where each key stands in [`KEYS`], by its hash; a free slot points beyond the end.
#[expect(clippy::indexing_slicing, reason = "computed by the compiler, which would refuse")]
static SLOTS: [u16; 2048] = {
    let mut slots = [u16::MAX; 2048];
    let mut place = 0_u16;
    while (place as usize) < KEYS.len() {
        let mut slot = hash(KEYS[place as usize].0.as_bytes());
        while slots[slot % slots.len()] != u16::MAX {
            slot += 1;
        }
        slots[slot % slots.len()] = place;
        place += 1;
    }
    slots
};

/// FNV-1a (Fowler, Noll, Vo), its upper half folded in.
const fn hash(bytes: &[u8]) -> usize {
    let mut state = 0x811c_9dc5_u32;
    let mut rest = bytes;
    while let Some((byte, after)) = rest.split_first() {
        state = (state ^ *byte as u32).wrapping_mul(0x0100_0193);
        rest = after;
    }
    ((state >> 15) ^ state) as usize & 0xffff
}

fn contained(folded: &[u8]) -> Option<Kind> {
    if folded.len() < 6 {
        return None;
    }
    let starts = |tail: &[u8]| INSIDE.iter().position(|(name, _)| tail.starts_with(name.as_bytes()));
    let found = (0..folded.len() - 4).filter_map(|at| starts(folded.get(at..)?)).min()?;
    INSIDE.get(found).map(|(_, kind)| *kind)
}

/// Words long enough to mean the same inside a longer key.
const INSIDE: [(&str, Kind); 14] = [
    ("latitude", Kind::Latitude),
    ("longitude", Kind::Longitude),
    ("ipaddr", Kind::IpAddress),
    ("phone", Kind::Phone),
    ("email", Kind::Email),
    ("password", Kind::Credential),
    ("severity", Kind::Severity),
    ("triage", Kind::Severity),
    ("emergency", Kind::Severity),
    ("timestamp", Kind::Timestamp),
    ("temperature", Kind::Temperature),
    ("battery", Kind::Battery),
    ("username", Kind::UserId),
    ("deviceid", Kind::DeviceId),
];

/// Folded keys in byte order.
#[rustfmt::skip]
const KEYS: [(&str, Kind); 442] = [
    ("acc", Kind::Motion), ("accesstoken", Kind::Credential), ("account", Kind::UserId),
    ("accountid", Kind::UserId), ("accuracy", Kind::Motion), ("addr", Kind::PlaceName),
    ("address", Kind::PlaceName), ("adm1", Kind::PlaceName), ("adm2", Kind::PlaceName),
    ("adm3", Kind::PlaceName), ("age", Kind::Demographic), ("alarm", Kind::Severity),
    ("alert", Kind::Severity), ("alertlevel", Kind::Severity), ("alias", Kind::Pseudonym),
    ("allergies", Kind::Health), ("allergy", Kind::Health), ("alt", Kind::Altitude),
    ("altitude", Kind::Altitude), ("altitudem", Kind::Altitude), ("anonid", Kind::Pseudonym),
    ("anonymousid", Kind::Pseudonym), ("apikey", Kind::Credential), ("apiversion", Kind::Word),
    ("area", Kind::PlaceName), ("at", Kind::Timestamp), ("auth", Kind::Credential),
    ("author", Kind::PersonName), ("authorization", Kind::Credential), ("authtoken", Kind::Credential),
    ("bat", Kind::Battery), ("batlevel", Kind::Battery), ("batt", Kind::Battery),
    ("battery", Kind::Battery), ("batterylevel", Kind::Battery), ("batterypct", Kind::Battery),
    ("batterypercent", Kind::Battery), ("batteryvoltage", Kind::Battery), ("bearer", Kind::Credential),
    ("bearing", Kind::Motion), ("birthdate", Kind::Demographic), ("birthday", Kind::Demographic),
    ("bloodpressure", Kind::Health), ("bloodtype", Kind::Health), ("bluetoothaddress", Kind::MacAddress),
    ("body", Kind::FreeText), ("bodytemp", Kind::Temperature), ("bodytemperature", Kind::Temperature),
    ("bp", Kind::Health), ("bpm", Kind::Health), ("bs", Kind::Battery), ("bssid", Kind::MacAddress),
    ("btmac", Kind::MacAddress), ("building", Kind::PlaceName), ("callback", Kind::Phone),
    ("camp", Kind::PlaceName), ("caseid", Kind::Pseudonym), ("casenumber", Kind::Pseudonym),
    ("cell", Kind::PlaceName), ("cellphone", Kind::Phone), ("celsius", Kind::Temperature),
    ("charge", Kind::Battery), ("children", Kind::Demographic), ("chipid", Kind::DeviceId),
    ("city", Kind::PlaceName), ("clientid", Kind::DeviceId), ("clientip", Kind::IpAddress),
    ("cog", Kind::Motion), ("comment", Kind::FreeText), ("comments", Kind::FreeText),
    ("commune", Kind::PlaceName), ("condition", Kind::Health), ("consciousness", Kind::Health),
    ("contact", Kind::PersonName), ("contactname", Kind::PersonName), ("contactnumber", Kind::Phone),
    ("content", Kind::FreeText), ("coord", Kind::Position), ("coordinates", Kind::Position),
    ("coords", Kind::Position), ("correlationid", Kind::Id), ("country", Kind::PlaceName),
    ("county", Kind::PlaceName), ("course", Kind::Motion), ("createdat", Kind::Timestamp),
    ("createdby", Kind::UserId), ("creator", Kind::UserId), ("credential", Kind::Credential),
    ("credentials", Kind::Credential), ("critical", Kind::Severity), ("customerid", Kind::UserId),
    ("danger", Kind::Severity), ("date", Kind::Timestamp), ("dateofbirth", Kind::Demographic),
    ("datetime", Kind::Timestamp), ("datum", Kind::Timestamp), ("department", Kind::PlaceName),
    ("dept", Kind::PlaceName), ("desc", Kind::FreeText), ("description", Kind::FreeText),
    ("details", Kind::FreeText), ("dev", Kind::DeviceId), ("devaddr", Kind::DeviceId),
    ("deveui", Kind::DeviceId), ("device", Kind::DeviceId), ("deviceeui", Kind::DeviceId),
    ("deviceid", Kind::DeviceId), ("devicename", Kind::DeviceId), ("devid", Kind::DeviceId),
    ("diagnosis", Kind::Health), ("direction", Kind::Motion), ("disease", Kind::Health),
    ("displayname", Kind::PersonName), ("district", Kind::PlaceName), ("dob", Kind::Demographic),
    ("dstip", Kind::IpAddress), ("ele", Kind::Altitude), ("elev", Kind::Altitude),
    ("elevation", Kind::Altitude), ("email", Kind::Email), ("emailaddress", Kind::Email),
    ("emergency", Kind::Severity), ("employeeid", Kind::UserId), ("epoch", Kind::Timestamp),
    ("ethnicity", Kind::Demographic), ("eui", Kind::DeviceId), ("eventtime", Kind::Timestamp),
    ("exp", Kind::Timestamp), ("fahrenheit", Kind::Temperature), ("familyname", Kind::PersonName),
    ("familysize", Kind::Demographic), ("fingerprint", Kind::KeyId), ("firmware", Kind::Word),
    ("firstname", Kind::PersonName), ("fixtime", Kind::Timestamp), ("floor", Kind::PlaceName),
    ("freetext", Kind::FreeText), ("from", Kind::DeviceId), ("fullname", Kind::PersonName),
    ("fw", Kind::Word), ("fwver", Kind::Word), ("fwversion", Kind::Word), ("gateway", Kind::DeviceId),
    ("gatewayid", Kind::DeviceId), ("gcs", Kind::Health), ("gender", Kind::Demographic),
    ("geo", Kind::Position), ("geohash", Kind::Geohash), ("geolat", Kind::Latitude),
    ("geolng", Kind::Longitude), ("geolon", Kind::Longitude), ("geopoint", Kind::Position),
    ("gh", Kind::Geohash), ("givenname", Kind::PersonName), ("glucose", Kind::Health),
    ("gps", Kind::Position), ("gpslat", Kind::Latitude), ("gpslng", Kind::Longitude),
    ("gpslon", Kind::Longitude), ("gpspos", Kind::Position), ("gpstime", Kind::Timestamp),
    ("grid", Kind::PlaceName), ("groundspeed", Kind::Motion), ("groundtrack", Kind::Motion),
    ("groupid", Kind::Id), ("guid", Kind::Id), ("gwid", Kind::DeviceId), ("h3", Kind::H3Cell),
    ("h3cell", Kind::H3Cell), ("h3index", Kind::H3Cell), ("hacc", Kind::Motion),
    ("handle", Kind::Pseudonym), ("hash", Kind::Id), ("hdop", Kind::Motion), ("heading", Kind::Motion),
    ("health", Kind::Health), ("heartrate", Kind::Health), ("height", Kind::Altitude),
    ("hexid", Kind::H3Cell), ("hn", Kind::DeviceId), ("host", Kind::DeviceId), ("hostname", Kind::DeviceId),
    ("householdsize", Kind::Demographic), ("hr", Kind::Health), ("hw", Kind::Word),
    ("hwaddr", Kind::MacAddress), ("hwid", Kind::DeviceId), ("hwversion", Kind::Word),
    ("iat", Kind::Timestamp), ("iccid", Kind::DeviceId), ("id", Kind::Id), ("identifier", Kind::Id),
    ("imei", Kind::DeviceId), ("imsi", Kind::DeviceId), ("injured", Kind::Health),
    ("injuries", Kind::Health), ("injury", Kind::Health), ("inregions", Kind::PlaceName),
    ("inrids", Kind::PlaceName), ("ip", Kind::IpAddress), ("ipaddr", Kind::IpAddress),
    ("ipaddress", Kind::IpAddress), ("ipadr", Kind::IpAddress), ("ipv4", Kind::IpAddress),
    ("ipv6", Kind::IpAddress), ("key", Kind::Id), ("keyid", Kind::KeyId), ("kid", Kind::KeyId),
    ("kin", Kind::PersonName), ("lang", Kind::Demographic), ("language", Kind::Demographic),
    ("lanip", Kind::IpAddress), ("lastname", Kind::PersonName), ("lastseen", Kind::Timestamp),
    ("lat", Kind::Latitude), ("latd", Kind::Latitude), ("latdeg", Kind::Latitude),
    ("latitude", Kind::Latitude), ("latlng", Kind::Position), ("latlon", Kind::Position),
    ("lng", Kind::Longitude), ("lngd", Kind::Longitude), ("loc", Kind::Position),
    ("locality", Kind::PlaceName), ("location", Kind::Position), ("login", Kind::UserId),
    ("lon", Kind::Longitude), ("lond", Kind::Longitude), ("londeg", Kind::Longitude),
    ("long", Kind::Longitude), ("longitude", Kind::Longitude), ("lonlat", Kind::Position),
    ("mac", Kind::MacAddress), ("macaddr", Kind::MacAddress), ("macaddress", Kind::MacAddress),
    ("mail", Kind::Email), ("maritalstatus", Kind::Demographic), ("medic", Kind::PersonName),
    ("medication", Kind::Health), ("medicine", Kind::Health), ("memberid", Kind::UserId),
    ("memo", Kind::FreeText), ("message", Kind::FreeText), ("messageid", Kind::Id), ("mgrs", Kind::Mgrs),
    ("mid", Kind::Id), ("mobile", Kind::Phone), ("mobilenumber", Kind::Phone), ("model", Kind::Word),
    ("msg", Kind::FreeText), ("msgid", Kind::Id), ("msisdn", Kind::Phone), ("name", Kind::PersonName),
    ("nationalid", Kind::UserId), ("nationality", Kind::Demographic), ("nbf", Kind::Timestamp),
    ("neighborhood", Kind::PlaceName), ("neighbourhood", Kind::PlaceName), ("nextofkin", Kind::PersonName),
    ("nick", Kind::Pseudonym), ("nickname", Kind::Pseudonym), ("nin", Kind::UserId),
    ("node", Kind::DeviceId), ("nodeid", Kind::DeviceId), ("nom", Kind::PersonName),
    ("nombre", Kind::PersonName), ("nonceid", Kind::Pseudonym), ("note", Kind::FreeText),
    ("notes", Kind::FreeText), ("objectid", Kind::Id), ("occupation", Kind::Demographic),
    ("occurredat", Kind::Timestamp), ("oid", Kind::Id), ("operatorname", Kind::PersonName),
    ("owner", Kind::UserId), ("ownerid", Kind::UserId), ("pass", Kind::Credential),
    ("passport", Kind::UserId), ("passportno", Kind::UserId), ("passwd", Kind::Credential),
    ("password", Kind::Credential), ("patient", Kind::PersonName), ("patientid", Kind::UserId),
    ("patientname", Kind::PersonName), ("pdop", Kind::Motion), ("person", Kind::PersonName),
    ("personid", Kind::UserId), ("phone", Kind::Phone), ("phoneno", Kind::Phone),
    ("phonenumber", Kind::Phone), ("pid", Kind::Pseudonym), ("pin", Kind::Credential),
    ("place", Kind::PlaceName), ("placename", Kind::PlaceName), ("plate", Kind::DeviceId),
    ("poi", Kind::PlaceName), ("point", Kind::Position), ("pos", Kind::Position),
    ("position", Kind::Position), ("postcode", Kind::PlaceName), ("pregnant", Kind::Health),
    ("prenom", Kind::PersonName), ("priority", Kind::Severity), ("privatekey", Kind::Credential),
    ("province", Kind::PlaceName), ("pseudo", Kind::Pseudonym), ("pseudonym", Kind::Pseudonym),
    ("psk", Kind::Credential), ("pubkey", Kind::KeyId), ("publickey", Kind::KeyId), ("pulse", Kind::Health),
    ("pwd", Kind::Credential), ("race", Kind::Demographic), ("receivedat", Kind::Timestamp),
    ("recipientkey", Kind::KeyId), ("recipientname", Kind::PersonName), ("recordid", Kind::Id),
    ("ref", Kind::Pseudonym), ("refreshtoken", Kind::Credential), ("region", Kind::PlaceName),
    ("religion", Kind::Demographic), ("remark", Kind::FreeText), ("remarks", Kind::FreeText),
    ("remoteaddr", Kind::IpAddress), ("reportedat", Kind::Timestamp), ("reporter", Kind::PersonName),
    ("reporterid", Kind::UserId), ("reportername", Kind::PersonName), ("reportid", Kind::Id),
    ("requestid", Kind::Id), ("respiration", Kind::Health), ("responder", Kind::PersonName),
    ("resprate", Kind::Health), ("risk", Kind::Severity), ("room", Kind::PlaceName),
    ("rxtime", Kind::Timestamp), ("secret", Kind::Credential), ("sector", Kind::PlaceName),
    ("sender", Kind::DeviceId), ("senderid", Kind::DeviceId), ("sensor", Kind::DeviceId),
    ("sensorid", Kind::DeviceId), ("sentat", Kind::Timestamp), ("senttime", Kind::Timestamp),
    ("serial", Kind::DeviceId), ("serialno", Kind::DeviceId), ("serialnumber", Kind::DeviceId),
    ("session", Kind::Id), ("sessionid", Kind::Id), ("severity", Kind::Severity),
    ("severitylevel", Kind::Severity), ("sex", Kind::Demographic), ("shelter", Kind::PlaceName),
    ("site", Kind::PlaceName), ("sms", Kind::Phone), ("sn", Kind::DeviceId), ("sog", Kind::Motion),
    ("sos", Kind::Severity), ("sourceip", Kind::IpAddress), ("speed", Kind::Motion), ("spo2", Kind::Health),
    ("srcip", Kind::IpAddress), ("ssidpassword", Kind::Credential), ("ssn", Kind::UserId),
    ("staffid", Kind::UserId), ("station", Kind::DeviceId), ("stationid", Kind::DeviceId),
    ("street", Kind::PlaceName), ("sub", Kind::UserId), ("summary", Kind::FreeText),
    ("surname", Kind::PersonName), ("sw", Kind::Word), ("swver", Kind::Word), ("swversion", Kind::Word),
    ("symptom", Kind::Health), ("symptoms", Kind::Health), ("tel", Kind::Phone), ("telephone", Kind::Phone),
    ("telephonenumber", Kind::Phone), ("temp", Kind::Temperature), ("tempc", Kind::Temperature),
    ("temperature", Kind::Temperature), ("temperaturec", Kind::Temperature), ("tempf", Kind::Temperature),
    ("text", Kind::FreeText), ("tid", Kind::DeviceId), ("time", Kind::Timestamp),
    ("timestamp", Kind::Timestamp), ("title", Kind::FreeText), ("token", Kind::Pseudonym),
    ("town", Kind::PlaceName), ("traceid", Kind::Id), ("trackerid", Kind::DeviceId),
    ("transactionid", Kind::Id), ("triage", Kind::Severity), ("triagecategory", Kind::Severity),
    ("triageclass", Kind::Severity), ("triagelevel", Kind::Severity), ("ts", Kind::Timestamp),
    ("tst", Kind::Timestamp), ("udid", Kind::DeviceId), ("uid", Kind::UserId), ("unitid", Kind::DeviceId),
    ("unixtime", Kind::Timestamp), ("updatedat", Kind::Timestamp), ("urgency", Kind::Severity),
    ("urgent", Kind::Severity), ("user", Kind::UserId), ("userid", Kind::UserId),
    ("userident", Kind::UserId), ("username", Kind::UserId), ("usng", Kind::Mgrs), ("utc", Kind::Timestamp),
    ("uuid", Kind::Id), ("vac", Kind::Motion), ("vacc", Kind::Motion), ("vbat", Kind::Battery),
    ("vehicle", Kind::DeviceId), ("vehicleid", Kind::DeviceId), ("vel", Kind::Motion),
    ("velocity", Kind::Motion), ("ver", Kind::Word), ("version", Kind::Word), ("victim", Kind::PersonName),
    ("victimid", Kind::UserId), ("victimname", Kind::PersonName), ("village", Kind::PlaceName),
    ("vin", Kind::DeviceId), ("vitals", Kind::Health), ("volunteer", Kind::PersonName),
    ("wanip", Kind::IpAddress), ("ward", Kind::PlaceName), ("whatsapp", Kind::Phone),
    ("when", Kind::Timestamp), ("wifimac", Kind::MacAddress), ("wifipassword", Kind::Credential),
    ("wtst", Kind::Timestamp), ("ylat", Kind::Latitude), ("zip", Kind::PlaceName),
    ("zipcode", Kind::PlaceName), ("zone", Kind::PlaceName), ("zonename", Kind::PlaceName),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(KEYS.is_sorted_by(|one, other| one.0 < other.0));
    }

    #[test]
    fn keys_are_read_in_every_spelling() {
        let cases = [
            ("userId", Some(Kind::UserId)),
            ("user_id", Some(Kind::UserId)),
            ("USER-ID", Some(Kind::UserId)),
            ("gps_lat", Some(Kind::Latitude)),
            ("currentTemp", Some(Kind::Temperature)),
            ("outdoor_temperature_max", Some(Kind::Temperature)),
            ("flat", None),
            ("bacon", None),
            ("", None),
            ("___", None),
        ];
        for (key, kind) in cases {
            assert_eq!(kind_of_key(key.as_bytes()), kind, "{key}");
        }
        assert_eq!(kind_of_key(&[b'a'; 1000]), None);
    }
}
