//! How messages are protected: all of Cowl, or one of the study's four configurations.

use cowl_core::Preset;

use super::error::PolicyFileError;
use super::reader::{Node, Table, nearest};

/// `preset = "cowl"`, or any other under `[dangerous]`.
pub(super) fn read(root: &Table<'_>) -> Result<Preset, PolicyFileError> {
    let safe = root.get("preset").map(|node| one(&node).map(|preset| (node, preset))).transpose()?;
    let dangerous = match root.get("dangerous") {
        Some(table) => {
            let table = table.table()?;
            let node = table.required("preset")?;
            table.finish()?;
            Some(one(&node).map(|preset| (node, preset))?)
        }
        None => None,
    };
    match (safe, dangerous) {
        (Some(_), Some((node, _))) => Err(node.error("there is a preset above already", None)),
        (Some((node, preset)), None) if preset.is_dangerous() => {
            let preset = preset.name();
            let hint = format!("if you mean it: `[dangerous]` and below it `preset = \"{preset}\"`");
            Err(node.error(format!("preset `{preset}` does not protect people"), Some(hint)))
        }
        (Some((_, preset)), None) | (None, Some((_, preset))) => Ok(preset),
        (None, None) => Ok(Preset::default()),
    }
}

fn one(node: &Node<'_>) -> Result<Preset, PolicyFileError> {
    let name = node.text()?;
    Preset::named(name).ok_or_else(|| {
        let names = Preset::ALL.map(Preset::name);
        node.error(format!("there is no preset `{name}`"), nearest(name, names))
    })
}
