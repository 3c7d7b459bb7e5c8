//! What a person is told before a dangerous preset starts.

use cowl_core::Preset;

/// What a preset exposes and to whom, in one line for stderr; `None` for `cowl`.
pub const fn warning(preset: Preset) -> Option<&'static str> {
    Some(match preset {
        Preset::Cowl => return None,
        Preset::Plain => {
            "preset `plain` is dangerous: the broker, its logs and every subscriber read all that a report says \
             (exact position, IP address, user id), who sent it and when, and anyone who may publish can forge one"
        }
        Preset::Fernet => {
            "preset `fernet` is dangerous: every member shares one key, so one lost device opens and forges \
             everyone's reports, past ones too; the broker sees who sends, on which topic, how much, and the exact \
             second, which stands in clear in each token"
        }
        Preset::Minimised => {
            "preset `minimised` is dangerous: the broker, its logs and every subscriber read each report's severity \
             and zone, however few people are there; its token never changes, so all reports of one device can be \
             followed from zone to zone; the broker also sees who sends and when"
        }
        Preset::FernetMinimised => {
            "preset `fernet-minimised` is dangerous: every member shares one key, so one lost device opens and forges \
             everyone's reports, past ones too, and follows each device by its token, which never changes; the broker \
             sees who sends, on which topic, how much, and the exact second, which stands in clear in each token"
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dangerous_preset_says_its_name_and_cowl_says_nothing() {
        for preset in Preset::ALL {
            let text = warning(preset);
            assert_eq!(text.is_some(), preset.is_dangerous(), "{preset:?}");
            let Some(text) = text else { continue };
            assert!(text.starts_with(&format!("preset `{}` is dangerous: ", preset.name())), "{text}");
            assert!(!text.contains('\n') && !text.contains("  ") && !text.ends_with('.'), "{text}");
        }
    }
}
