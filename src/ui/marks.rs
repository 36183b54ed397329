//! Which lines of the tree are selected: one by a click, more with Ctrl and Shift.

use super::outline::{Node, TreeRow};

/// The selected lines, in the order in which they were chosen.
#[derive(Default)]
pub(super) struct Marks {
    nodes: Vec<Node>,
    /// The line at which a selection with Shift begins.
    anchor: Option<Node>,
}

impl Marks {
    /// Selects this line alone (a plain click or arrow).
    pub fn only(&mut self, node: Node) {
        self.nodes = vec![node];
        self.anchor = Some(node);
    }

    /// Adds this line to the selection, or takes it out (Ctrl).
    pub fn toggle(&mut self, node: Node) {
        match self.nodes.iter().position(|marked| *marked == node) {
            Some(index) => drop(self.nodes.remove(index)),
            None => self.nodes.push(node),
        }
        self.anchor = Some(node);
    }

    /// Selects all lines from the anchor to this one (Shift).
    pub fn reach(&mut self, rows: &[TreeRow], node: Node) {
        let place = |node: Node| rows.iter().position(|row| row.node == node);
        let Some((from, to)) = self.anchor.and_then(place).zip(place(node)) else {
            return self.only(node);
        };
        let between = rows[from.min(to)..=from.max(to)].iter().map(|row| row.node);
        self.nodes = between.collect();
    }

    pub fn contains(&self, node: Node) -> bool {
        self.nodes.contains(&node)
    }

    /// The lines that an action on `node` applies to: the whole selection if `node` is part of it, else `node` alone.
    pub fn of(&self, node: Node) -> Vec<Node> {
        if self.contains(node) {
            self.nodes.clone()
        } else {
            vec![node]
        }
    }

    pub fn all(&self) -> &[Node] {
        &self.nodes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use device::DeviceId;

    fn node(id: u64) -> Node {
        Node::Device(DeviceId(id))
    }

    fn rows() -> Vec<TreeRow> {
        (0..6)
            .map(|id| TreeRow {
                node: node(id),
                index: 0,
                open: false,
            })
            .collect()
    }

    fn said(marks: &Marks) -> Vec<u64> {
        let id = |node: &Node| if let Node::Device(id) = node { id.0 } else { 99 };
        marks.all().iter().map(id).collect()
    }

    #[test]
    fn ctrl_adds_and_takes_away_and_shift_reaches_both_ways() {
        let mut marks = Marks::default();
        marks.only(node(2));
        marks.toggle(node(5));
        marks.toggle(node(0));
        marks.toggle(node(5));
        assert_eq!(said(&marks), [2, 0]);
        marks.only(node(3));
        marks.reach(&rows(), node(5));
        assert_eq!(said(&marks), [3, 4, 5]);
        marks.reach(&rows(), node(1));
        assert_eq!(said(&marks), [1, 2, 3], "from where it began");
        marks.reach(&rows()[..2], node(1));
        assert_eq!(said(&marks), [1], "where it began is out of sight");
    }

    #[test]
    fn an_action_is_for_the_selection_or_for_the_line_beside_it() {
        let mut marks = Marks::default();
        marks.only(node(1));
        marks.toggle(node(2));
        assert_eq!(marks.of(node(2)), [node(1), node(2)]);
        assert_eq!(marks.of(node(4)), [node(4)]);
    }
}
