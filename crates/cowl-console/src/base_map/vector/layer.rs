//! Layers and what stands in them (Mapbox Vector Tile 2.1).

use super::wire::{Malformed, Message, Value, packed, signed};

/// Features, keys or values of a layer at the most.
const MOST: usize = 1 << 16;
/// Layers of a tile at the most.
const LAYERS: usize = 64;
/// Things that are said of one feature at the most.
const TAGS: usize = 256;
/// Bytes of a text at the most. A longer one is no name; many features can name the same one, so that it would be read as often.
const TEXT: usize = 512;

/// Things of one kind.
#[derive(Debug)]
pub(super) struct Layer<'a> {
    pub(super) name: &'a str,
    /// Units of its tile's side.
    pub(super) extent: u32,
    features: Vec<&'a [u8]>,
    keys: Vec<&'a str>,
    values: Vec<Option<Said<'a>>>,
}

/// One thing.
#[derive(Debug)]
pub(super) struct Feature<'a> {
    pub(super) shape: Shape,
    tags: &'a [u8],
    geometry: &'a [u8],
}

/// What its corners are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Points,
    Lines,
    Polygons,
}

/// One step along a geometry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Begins at a corner.
    Move(i64, i64),
    /// Goes straight to a corner.
    Line(i64, i64),
    /// Goes back to where it began.
    Close,
}

/// What is said of a thing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Said<'a> {
    Text(&'a str),
    Number(f64),
}

/// All layers of a tile.
pub(super) fn layers(tile: &[u8]) -> Result<Vec<Layer<'_>>, Malformed> {
    let mut layers = Vec::new();
    for field in Message(tile) {
        if let (3, Value::Bytes(bytes)) = field? {
            layers.push(Layer::parse(bytes)?);
        }
        if layers.len() > LAYERS {
            return Err(Malformed);
        }
    }
    Ok(layers)
}

impl<'a> Layer<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut layer =
            Self { name: "", extent: 4_096, features: Vec::new(), keys: Vec::new(), values: Vec::new() };
        for field in Message(bytes) {
            match field? {
                (1, Value::Bytes(bytes)) => layer.name = text(bytes)?,
                (2, Value::Bytes(bytes)) => layer.features.push(bytes),
                (3, Value::Bytes(bytes)) => layer.keys.push(text(bytes)?),
                (4, Value::Bytes(bytes)) => layer.values.push(Said::parse(bytes)?),
                (5, Value::Number(extent)) => {
                    layer.extent = u32::try_from(extent).map_err(|_| Malformed)?;
                }
                _ => {}
            }
            if layer.features.len().max(layer.keys.len()).max(layer.values.len()) > MOST {
                return Err(Malformed);
            }
        }
        if layer.extent == 0 { Err(Malformed) } else { Ok(layer) }
    }

    /// What stands in it; what has no shape is left out.
    pub(super) fn features(&self) -> impl Iterator<Item = Result<Feature<'a>, Malformed>> {
        self.features.iter().filter_map(|bytes| Feature::parse(bytes).transpose())
    }

    /// What is said of one of them.
    pub(super) fn said(&self, feature: &Feature<'a>) -> Result<Vec<(&'a str, Said<'a>)>, Malformed> {
        let mut said = Vec::new();
        let mut tags = packed(feature.tags);
        while let Some(key) = tags.next() {
            let (key, value) = (key?, tags.next().ok_or(Malformed)??);
            let key = usize::try_from(key).ok().and_then(|key| self.keys.get(key)).ok_or(Malformed)?;
            let value =
                usize::try_from(value).ok().and_then(|value| self.values.get(value)).ok_or(Malformed)?;
            said.extend(value.map(|value| (*key, value)));
            if said.len() > TAGS {
                return Err(Malformed);
            }
        }
        Ok(said)
    }
}

impl<'a> Feature<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Option<Self>, Malformed> {
        let (mut shape, mut tags, mut geometry): (_, &[u8], &[u8]) = (None, &[], &[]);
        for field in Message(bytes) {
            match field? {
                (2, Value::Bytes(bytes)) => tags = bytes,
                (3, Value::Number(1)) => shape = Some(Shape::Points),
                (3, Value::Number(2)) => shape = Some(Shape::Lines),
                (3, Value::Number(3)) => shape = Some(Shape::Polygons),
                (4, Value::Bytes(bytes)) => geometry = bytes,
                _ => {}
            }
        }
        Ok(shape.map(|shape| Self { shape, tags, geometry }))
    }

    /// Along its corners. Each step takes at least a byte of the tile, whatever it says of how many there are.
    pub(super) fn walk(&self, mut step: impl FnMut(Step)) -> Result<(), Malformed> {
        let (mut x, mut y) = (0_i64, 0_i64);
        let mut numbers = packed(self.geometry);
        while let Some(command) = numbers.next() {
            let command = u32::try_from(command?).map_err(|_| Malformed)?;
            match command & 7 {
                7 => step(Step::Close),
                kind @ (1 | 2) => {
                    for _ in 0..command >> 3 {
                        x = x.saturating_add(signed(numbers.next().ok_or(Malformed)??)?);
                        y = y.saturating_add(signed(numbers.next().ok_or(Malformed)??)?);
                        step(if kind == 1 { Step::Move(x, y) } else { Step::Line(x, y) });
                    }
                }
                _ => return Err(Malformed),
            }
        }
        Ok(())
    }
}

impl<'a> Said<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Option<Self>, Malformed> {
        // Of counts and ranks only the order of size matters.
        let whole = |number: u64| i32::try_from(number).map_or(f64::MAX, f64::from);
        let Some(field) = Message(bytes).next() else { return Ok(None) };
        Ok(match field? {
            (1, Value::Bytes(bytes)) if bytes.len() > TEXT => None,
            (1, Value::Bytes(bytes)) => Some(Self::Text(text(bytes)?)),
            (2, Value::Float(number)) => Some(Self::Number(number.into())),
            (3, Value::Double(number)) => Some(Self::Number(number)),
            (4 | 5, Value::Number(number)) => Some(Self::Number(whole(number))),
            (6, Value::Number(number)) => Some(Self::Number(whole(number >> 1))),
            _ => None,
        })
    }
}

fn text(bytes: &[u8]) -> Result<&str, Malformed> {
    if bytes.len() > TEXT {
        return Err(Malformed);
    }
    str::from_utf8(bytes).map_err(|_| Malformed)
}
