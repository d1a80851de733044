//! A directed graph in rows: order, circles, longest paths, edges that say nothing new.

use std::collections::VecDeque;

/// A directed graph over `0..len`, its edges in one row a node.
#[derive(Clone, Debug)]
pub struct Graph {
    next: Rows,
    before: Rows,
}

/// A list for each of `0..len`, all behind each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rows {
    at: Vec<u32>,
    row: Vec<u32>,
}

impl Rows {
    /// The lists of pairs of where and what, which are read twice.
    pub(crate) fn new(len: u32, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut at = vec![0_u32; len as usize + 1];
        pairs.clone().for_each(|(place, _)| at[place as usize + 1] += 1);
        for node in 0..len as usize {
            at[node + 1] += at[node];
        }
        let mut fill = at.clone();
        let mut row = vec![0; at[len as usize] as usize];
        for (place, value) in pairs {
            row[fill[place as usize] as usize] = value;
            fill[place as usize] += 1;
        }
        Rows { at, row }
    }

    /// The list of one.
    pub(crate) fn row(&self, place: u32) -> &[u32] {
        &self.row[self.at[place as usize] as usize..self.at[place as usize + 1] as usize]
    }
}

/// Longest paths through a graph with weights on its nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Levels {
    /// Weight of the longest path that ends before the node: its earliest start.
    pub top: Vec<u64>,
    /// Weight of the longest path that begins with the node, its own included: its priority.
    pub bottom: Vec<u64>,
    /// Weight of the longest path of all.
    pub length: u64,
}

impl Levels {
    /// How much later a node may start without anything ending later.
    pub fn slack(&self, node: u32) -> u64 {
        self.length - self.top[node as usize] - self.bottom[node as usize]
    }
}

impl Graph {
    /// A graph of `len` nodes with these edges, each from what is before to what is after.
    ///
    /// # Panics
    /// An edge names a node beyond `len`.
    pub fn new(len: u32, edges: &[(u32, u32)]) -> Self {
        let backwards = edges.iter().map(|&(from, to)| (to, from));
        Graph { next: Rows::new(len, edges.iter().copied()), before: Rows::new(len, backwards) }
    }

    /// Number of nodes.
    pub fn len(&self) -> u32 {
        self.next.at.len() as u32 - 1
    }

    /// Whether there is no node.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of edges.
    pub fn edges(&self) -> usize {
        self.next.row.len()
    }

    /// The nodes right after a node.
    pub fn next(&self, node: u32) -> &[u32] {
        self.next.row(node)
    }

    /// The nodes right before a node.
    pub fn before(&self, node: u32) -> &[u32] {
        self.before.row(node)
    }

    /// All nodes, each behind those before it, low numbers first among equals; `None` where there is a circle.
    pub fn order(&self) -> Option<Vec<u32>> {
        let mut open: Vec<u32> = (0..self.len()).map(|node| self.before(node).len() as u32).collect();
        let mut order: Vec<u32> = (0..self.len()).filter(|&node| open[node as usize] == 0).collect();
        let mut at = 0;
        while at < order.len() {
            for &node in self.next(order[at]) {
                open[node as usize] -= 1;
                if open[node as usize] == 0 {
                    order.push(node);
                }
            }
            at += 1;
        }
        (order.len() == self.len() as usize).then_some(order)
    }

    /// The shortest circle, from its lowest node around and back to it; `None` where there is none.
    pub fn shortest_circle(&self) -> Option<Vec<u32>> {
        if self.order().is_some() {
            return None;
        }
        let on_circle = self.circular_nodes();
        let mut best: Option<Vec<u32>> = None;
        for &start in &on_circle {
            let limit = best.as_ref().map_or(usize::MAX, Vec::len);
            if let Some(circle) = self.circle_through(start, limit) {
                best = Some(circle);
            }
        }
        best
    }

    /// Nodes that no order reaches and that reach such nodes: those of circles and between them. At most a thousand, which is
    /// enough to show one.
    fn circular_nodes(&self) -> Vec<u32> {
        const MOST: usize = 1000;
        let mut open: Vec<u32> = (0..self.len()).map(|node| self.before(node).len() as u32).collect();
        let mut free: Vec<u32> = (0..self.len()).filter(|&node| open[node as usize] == 0).collect();
        while let Some(node) = free.pop() {
            for &after in self.next(node) {
                open[after as usize] -= 1;
                if open[after as usize] == 0 {
                    free.push(after);
                }
            }
        }
        (0..self.len()).filter(|&node| open[node as usize] > 0).take(MOST).collect()
    }

    /// The shortest way from a node back to itself, shorter than `limit` nodes.
    fn circle_through(&self, start: u32, limit: usize) -> Option<Vec<u32>> {
        let mut from = vec![u32::MAX; self.len() as usize];
        let mut open = VecDeque::from([(start, 1_usize)]);
        while let Some((node, length)) = open.pop_front() {
            if length + 1 >= limit {
                return None;
            }
            for &after in self.next(node) {
                if after == start {
                    let mut circle = vec![start, node];
                    while let Some(&last) = circle.last().filter(|&&last| last != start) {
                        circle.push(from[last as usize]);
                    }
                    circle.reverse();
                    return Some(circle);
                }
                if from[after as usize] == u32::MAX {
                    from[after as usize] = node;
                    open.push_back((after, length + 1));
                }
            }
        }
        None
    }

    /// Longest paths, with a weight for each node; nodes beyond the weights weigh nothing.
    ///
    /// # Panics
    /// The graph has a circle.
    pub fn levels(&self, weights: &[u64]) -> Levels {
        let order = self.order().expect("a pipeline has no circle");
        let weight = |node: u32| weights.get(node as usize).copied().unwrap_or(0);
        let mut top = vec![0; self.len() as usize];
        for &node in &order {
            let end = top[node as usize] + weight(node);
            for &after in self.next(node) {
                top[after as usize] = end.max(top[after as usize]);
            }
        }
        let mut bottom = vec![0; self.len() as usize];
        for &node in order.iter().rev() {
            let behind = self.next(node).iter().map(|&after| bottom[after as usize]).max().unwrap_or(0);
            bottom[node as usize] = behind + weight(node);
        }
        let length = bottom.iter().copied().max().unwrap_or(0);
        Levels { top, bottom, length }
    }

    /// A longest path: nodes without slack, one after the other.
    pub fn critical_path(&self, levels: &Levels) -> Vec<u32> {
        let mut path = Vec::new();
        let starts = (0..self.len()).filter(|&node| levels.bottom[node as usize] == levels.length);
        let mut node = starts.min_by_key(|&node| levels.top[node as usize]);
        while let Some(current) = node {
            path.push(current);
            let end = levels.bottom[current as usize];
            let longest =
                self.next(current).iter().copied().max_by_key(|&after| (levels.bottom[after as usize], !after));
            node = longest.filter(|&after| {
                levels.top[after as usize] + levels.bottom[after as usize] == levels.length && end > 0
            });
        }
        path
    }

    /// Edges that follow from others: their end is reached from their beginning another way too.
    ///
    /// # Panics
    /// The graph has a circle.
    pub fn redundant_edges(&self) -> Vec<(u32, u32)> {
        let order = self.order().expect("a pipeline has no circle");
        let mut rank = vec![0_u32; self.len() as usize];
        for (at, &node) in order.iter().enumerate() {
            rank[node as usize] = at as u32;
        }
        let mut seen = vec![u32::MAX; self.len() as usize];
        let mut out = Vec::new();
        let mut open = Vec::new();
        for node in 0..self.len() {
            let direct = self.before(node);
            let Some(lowest) = direct.iter().map(|&before| rank[before as usize]).min().filter(|_| direct.len() > 1)
            else {
                continue;
            };
            open.extend(direct.iter().flat_map(|&before| self.before(before)));
            while let Some(above) = open.pop() {
                if seen[above as usize] != node && rank[above as usize] >= lowest {
                    seen[above as usize] = node;
                    open.extend(self.before(above));
                }
            }
            out.extend(direct.iter().filter(|&&before| seen[before as usize] == node).map(|&before| (before, node)));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::Graph;

    #[test]
    fn the_shortest_circle_is_found() {
        let graph = Graph::new(6, &[(0, 1), (1, 2), (2, 3), (3, 1), (3, 4), (4, 3), (5, 0)]);
        assert_eq!(graph.shortest_circle(), Some(vec![3, 4, 3]));
        assert_eq!(Graph::new(2, &[(0, 1), (1, 1)]).shortest_circle(), Some(vec![1, 1]));
        assert_eq!(Graph::new(2, &[(0, 1)]).shortest_circle(), None);
    }

    #[test]
    fn longest_paths_and_slack() {
        let graph = Graph::new(4, &[(0, 1), (0, 2), (1, 3), (2, 3)]);
        let levels = graph.levels(&[2, 5, 1, 3]);
        assert_eq!((levels.length, levels.slack(1), levels.slack(2)), (10, 0, 4));
        assert_eq!(graph.critical_path(&levels), [0, 1, 3]);
    }

    #[test]
    fn an_edge_beside_a_path_is_redundant() {
        let graph = Graph::new(4, &[(0, 1), (1, 2), (0, 2), (2, 3), (1, 3)]);
        assert_eq!(graph.redundant_edges(), [(0, 2), (1, 3)]);
    }
}
