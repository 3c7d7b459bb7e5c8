//! A person's withdrawal, as `cowl withdraw` writes it (spec §16.1).

use std::path::Path;

use cowl::{
    files,
    operation::{Operation, Withdrawn},
};
use cowl_core::Epoch;

use super::handle;
use crate::{
    commands::withdraw::{HEAD, HEAD_1},
    exit::Exit,
    failure::Failure,
};

/// The largest withdrawal that is read.
const LIMIT: u64 = 1 << 20;

/// Reads a withdrawal of this operation. The first form says of no handle which epoch it is of.
pub(super) fn read(path: &Path, operation: &Operation) -> Result<Vec<Withdrawn>, Failure> {
    let refused = |why: &str| Failure::new(Exit::Keys, format!("{} is not accepted: {why}", path.display()));
    let bytes = files::read(path, LIMIT)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| refused("it is no withdrawal"))?;
    let mut lines = text.lines();
    let line: fn(&str) -> Option<Withdrawn> = match lines.next() {
        Some(HEAD) => with_epoch,
        Some(HEAD_1) => |line| Some(Withdrawn { handle: handle(line).ok()?, epoch: None }),
        _ => {
            return Err(refused("it is no withdrawal").hint("`cowl withdraw` makes one of the twelve words"));
        }
    };
    if lines.next() != Some(operation.manifest().operation.to_string().as_str()) {
        return Err(refused("it is of another operation"));
    }
    let handles: Option<Vec<_>> = lines.map(line).collect();
    handles.filter(|handles| !handles.is_empty()).ok_or_else(|| refused("a line is no handle"))
}

fn with_epoch(line: &str) -> Option<Withdrawn> {
    let (name, epoch) = line.split_once(' ')?;
    Some(Withdrawn { handle: handle(name).ok()?, epoch: Some(Epoch(epoch.parse().ok()?)) })
}
