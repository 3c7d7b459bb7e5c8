//! One tree: grown leaf by leaf from histograms of gradients.
#![expect(
    clippy::indexing_slicing,
    reason = "rows, bins and histogram cells are numbers made here of one binned matrix: a miss would be a bug, not an input"
)]

use crate::learn::bins::{Binned, MISSING};
use crate::learn::boost::Settings;

/// Sums over the rows of one bin.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    gradient: f64,
    hessian: f64,
    rows: f64,
}

impl Cell {
    fn add(&mut self, other: &Self) {
        self.gradient += other.gradient;
        self.hessian += other.hessian;
        self.rows += other.rows;
    }

    fn less(&self, other: &Self) -> Self {
        Self {
            gradient: self.gradient - other.gradient,
            hessian: self.hessian - other.hessian,
            rows: self.rows - other.rows,
        }
    }

    /// What a leaf of these rows takes off the loss, times 2 (Chen, Guestrin: `XGBoost`, 2016, formula 6).
    fn worth(&self, l2: f64) -> f64 {
        self.gradient * self.gradient / (self.hessian + l2)
    }
}

/// A question that a node asks.
#[derive(Debug, Clone, Copy)]
struct Split {
    gain: f64,
    /// Place in [`Binned::columns`].
    place: usize,
    /// Bins up to this one go left.
    bin: u8,
    missing_left: bool,
}

#[derive(Debug, Clone, Copy)]
enum Node {
    Leaf(f64),
    Split {
        place: usize,
        bin: u8,
        column: usize,
        threshold: f64,
        missing_left: bool,
        left: usize,
        right: usize,
    },
}

/// A leaf that may still grow.
struct Growing {
    node: usize,
    rows: Vec<usize>,
    cells: Vec<Cell>,
    total: Cell,
    split: Option<Split>,
}

/// A regression tree.
#[derive(Debug, Clone)]
pub(crate) struct Tree {
    nodes: Vec<Node>,
}

/// What a tree is grown for.
pub(crate) struct Growth<'a> {
    pub(crate) binned: &'a Binned,
    /// Places in [`Binned::columns`] that this tree may ask about.
    pub(crate) places: &'a [usize],
    pub(crate) gradients: &'a [f64],
    pub(crate) hessians: &'a [f64],
    pub(crate) settings: &'a Settings,
}

/// Cells a column takes in a histogram: its bins, the missing ones last.
const WIDTH: usize = MISSING as usize + 1;

impl Growth<'_> {
    /// Grows a tree on these rows. `None` if no question is worth asking.
    pub(crate) fn tree(&self, rows: Vec<usize>) -> Option<Tree> {
        let starts = self.starts();
        let cells = self.histogram(&rows, &starts);
        let mut total = Cell::default();
        for row in &rows {
            total.add(&Cell { gradient: self.gradients[*row], hessian: self.hessians[*row], rows: 1.0 });
        }
        let mut tree = Tree { nodes: vec![Node::Leaf(self.value(&total))] };
        let root = Growing { node: 0, split: self.best(&cells, &starts, &total), rows, cells, total };
        root.split?;
        let mut open = vec![root];
        for _ in 1..self.settings.leaves {
            let best = open
                .iter()
                .enumerate()
                .filter_map(|(place, leaf)| leaf.split.map(|split| (place, split.gain)))
                .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
            let Some((place, _)) = best else { break };
            let leaf = open.swap_remove(place);
            self.divide(&leaf, &starts, &mut tree, &mut open);
        }
        Some(tree)
    }

    /// Where each column's cells begin, and the end of the last.
    fn starts(&self) -> Vec<usize> {
        let mut starts = vec![0];
        let mut end = 0;
        for place in self.places {
            end += (self.binned.columns[*place].thresholds.len() + 2).min(WIDTH);
            starts.push(end);
        }
        starts
    }

    fn histogram(&self, rows: &[usize], starts: &[usize]) -> Vec<Cell> {
        let mut cells = vec![Cell::default(); starts.last().copied().unwrap_or(0)];
        for (at, place) in self.places.iter().enumerate() {
            let cells = &mut cells[starts[at]..starts[at + 1]];
            let missing = cells.len() - 1;
            let bins = &self.binned.columns[*place].bins;
            for row in rows {
                let cell = &mut cells[usize::from(bins[*row]).min(missing)];
                cell.gradient += self.gradients[*row];
                cell.hessian += self.hessians[*row];
                cell.rows += 1.0;
            }
        }
        cells
    }

    fn best(&self, cells: &[Cell], starts: &[usize], total: &Cell) -> Option<Split> {
        let Settings { l2, least_rows, least_gain, .. } = *self.settings;
        if total.rows < 2.0 * least_rows {
            return None;
        }
        let parent = total.worth(l2);
        let mut best: Option<Split> = None;
        for (at, place) in self.places.iter().enumerate() {
            let cells = &cells[starts[at]..starts[at + 1]];
            let Some((missing, present)) = cells.split_last() else { continue };
            let mut left = Cell::default();
            for (bin, cell) in present.iter().enumerate() {
                left.add(cell);
                for missing_left in [false, true] {
                    if missing_left && missing.rows < 0.5 {
                        continue;
                    }
                    let mut this = left;
                    if missing_left {
                        this.add(missing);
                    }
                    let that = total.less(&this);
                    if this.rows < least_rows || that.rows < least_rows {
                        continue;
                    }
                    let gain = this.worth(l2) + that.worth(l2) - parent;
                    if gain > best.map_or(least_gain, |best| best.gain) {
                        let bin = u8::try_from(bin).unwrap_or(MISSING - 1);
                        best = Some(Split { gain, place: *place, bin, missing_left });
                    }
                }
            }
        }
        best
    }

    fn divide(&self, leaf: &Growing, starts: &[usize], tree: &mut Tree, open: &mut Vec<Growing>) {
        let Some(split) = leaf.split else { return };
        let column = &self.binned.columns[split.place];
        let goes_left = |row: &usize| match column.bins[*row] {
            MISSING => split.missing_left,
            bin => bin <= split.bin,
        };
        let (left, right): (Vec<usize>, Vec<usize>) = leaf.rows.iter().copied().partition(goes_left);
        // the smaller side is counted, the larger is what remains
        let small_is_left = left.len() <= right.len();
        let (small, large) = if small_is_left { (left, right) } else { (right, left) };
        let counted = self.histogram(&small, starts);
        let remaining = leaf.cells.iter().zip(&counted).map(|(all, part)| all.less(part)).collect();
        let mut sum = Cell::default();
        for row in &small {
            sum.add(&Cell { gradient: self.gradients[*row], hessian: self.hessians[*row], rows: 1.0 });
        }
        let rest = leaf.total.less(&sum);
        let node = tree.nodes.len();
        let (left, right) = if small_is_left { (node, node + 1) } else { (node + 1, node) };
        // a split on "missing or not" alone has no threshold above its last bin: all present values go left
        let threshold = column.thresholds.get(usize::from(split.bin)).copied().unwrap_or(f64::INFINITY);
        tree.nodes[leaf.node] = Node::Split {
            place: split.place,
            bin: split.bin,
            column: column.number,
            threshold,
            missing_left: split.missing_left,
            left,
            right,
        };
        for (node, rows, cells, total) in [(node, small, counted, sum), (node + 1, large, remaining, rest)] {
            tree.nodes.push(Node::Leaf(self.value(&total)));
            open.push(Growing { node, split: self.best(&cells, starts, &total), rows, cells, total });
        }
    }

    /// Newton's step, shortened by the learning rate.
    fn value(&self, total: &Cell) -> f64 {
        -self.settings.rate * total.gradient / (total.hessian + self.settings.l2).max(1e-9)
    }
}

impl Tree {
    /// Adds the tree's values to the scores of rows of the matrix that it was grown on.
    pub(crate) fn add_to(&self, binned: &Binned, rows: &[usize], scores: &mut [f64]) {
        for row in rows {
            let mut node = 0;
            scores[*row] += loop {
                match self.nodes[node] {
                    Node::Leaf(value) => break value,
                    Node::Split { place, bin, missing_left, left, right, .. } => {
                        let goes_left = match binned.columns[place].bins[*row] {
                            MISSING => missing_left,
                            this => this <= bin,
                        };
                        node = if goes_left { left } else { right };
                    }
                }
            };
        }
    }

    pub(crate) fn score(&self, row: &[f64]) -> f64 {
        let mut node = 0;
        loop {
            match self.nodes[node] {
                Node::Leaf(value) => return value,
                Node::Split { column, threshold, missing_left, left, right, .. } => {
                    let value = row.get(column).copied().unwrap_or(f64::NAN);
                    let goes_left = if value.is_nan() { missing_left } else { value <= threshold };
                    node = if goes_left { left } else { right };
                }
            }
        }
    }
}
