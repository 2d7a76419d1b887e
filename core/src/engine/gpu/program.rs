//! Pieces of work, the order in which they are dispatched, and the allocation of the parts that they share.

use std::collections::BTreeMap;

use super::shader::Kind;

/// Number of words of an item.
pub(super) const WORDS: usize = 32;
pub(super) const NONE: u32 = u32::MAX;
/// Maximum number of numbers in the parts of deferred work; beyond it, deferred work is dispatched.
pub(super) const BUDGET: u64 = 1 << 26;
/// Workgroups in a row of a dispatch.
pub(super) const ROW: u32 = 1 << 15;

pub(super) type Op = usize;

/// Buffer that is divided into parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arena {
    Gradients,
    Scratch,
}

/// Part of an arena, in use from the first to the last piece of work that names it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    arena: Arena,
    size: usize,
    /// True if the part is in use from the start, and true if to the end.
    stays: [bool; 2],
}

/// Piece of work.
#[derive(Clone, Debug)]
pub(super) struct Work {
    pub(super) kind: Kind,
    pub(super) head: [u32; WORDS],
    pub(super) table: Vec<u32>,
    /// Words (of the item, then of its table) that are offsets of parts.
    pub(super) parts: Vec<(usize, usize)>,
    pub(super) groups: usize,
    pub(super) after: Vec<Op>,
    /// True if it can be deferred: only results of the pass wait for it, or other work that can be deferred.
    pub(super) can_wait: bool,
}

impl Work {
    pub(super) fn new(kind: Kind, groups: usize, after: Vec<Op>) -> Self {
        Self { kind, head: [0; WORDS], table: Vec::new(), parts: Vec::new(), groups, after, can_wait: false }
    }

    /// Writes words from word `at` on.
    pub(super) fn put(&mut self, at: usize, words: &[u32]) {
        self.head[at..at + words.len()].copy_from_slice(words);
    }
}

/// List of work and parts, in the order in which they are added.
#[derive(Clone, Debug, Default)]
pub(super) struct List {
    pub(super) work: Vec<Work>,
    pub(super) parts: Vec<Part>,
}

/// Compiled list, ready to be run.
#[derive(Clone, Debug)]
pub(super) struct Program {
    /// Kind, first word, items and workgroups of each dispatch.
    pub(super) dispatches: Vec<(Kind, u32, u32, u32)>,
    pub(super) items: Vec<u32>,
    /// Numbers in the arenas of gradients and scratch.
    pub(super) sizes: [usize; 2],
    /// Offset of each part in its arena.
    pub(super) offsets: Vec<usize>,
}

impl List {
    /// Arena and size of a part.
    #[cfg(test)]
    pub(super) fn size(&self, part: usize) -> (Arena, usize) {
        (self.parts[part].arena, self.parts[part].size)
    }

    pub(super) fn push(&mut self, work: Work) -> Op {
        self.work.push(work);
        self.work.len() - 1
    }

    pub(super) fn part(&mut self, arena: Arena, size: usize) -> usize {
        self.parts.push(Part { arena, size, stays: [false; 2] });
        self.parts.len() - 1
    }

    /// Keeps a part in use from the start (or to the end).
    pub(super) fn hold(&mut self, part: usize, start: bool, end: bool) {
        let stays = self.parts[part].stays;
        self.parts[part].stays = [stays[0] || start, stays[1] || end];
    }

    /// Orders the work: all work of one kind that is ready is one dispatch. Work that can wait is deferred as long as
    /// its parts have at most `budget` numbers.
    pub(super) fn order(&self, budget: u64) -> Vec<Vec<Op>> {
        let mut waits: Vec<usize> = self.work.iter().map(|work| work.after.len()).collect();
        let mut followers: Vec<Vec<Op>> = vec![Vec::new(); self.work.len()];
        for (op, work) in self.work.iter().enumerate() {
            work.after.iter().for_each(|&before| followers[before].push(op));
        }
        let mut ready: BTreeMap<(bool, Kind), Vec<Op>> = BTreeMap::new();
        let key = |op: Op| (self.work[op].can_wait, self.work[op].kind);
        for op in (0..self.work.len()).filter(|&op| waits[op] == 0) {
            ready.entry(key(op)).or_default().push(op);
        }
        let mut order = Vec::new();
        let mut clearing = false;
        loop {
            let held: u64 = ready
                .range((true, Kind::Pool)..(true, Kind::Total))
                .flat_map(|(_, ops)| ops)
                .flat_map(|&op| &self.work[op].parts)
                .map(|&(_, part)| self.parts[part].size as u64)
                .sum();
            clearing = held > budget || (clearing && held > 0);
            let put_off = ready.range((true, Kind::Pool)..(true, Kind::Total)).next();
            let next = if clearing { put_off } else { None }.or_else(|| ready.first_key_value());
            let Some((&next, _)) = next else { break };
            let mut ops = ready.remove(&next).unwrap_or_default();
            ops.sort_unstable();
            for &op in &ops {
                for &follower in &followers[op] {
                    waits[follower] -= 1;
                    if waits[follower] == 0 {
                        ready.entry(key(follower)).or_default().push(follower);
                    }
                }
            }
            order.push(ops);
        }
        order
    }

    /// Allocates the parts for an order of the work: the offset of each part, and the sizes of the arenas.
    pub(super) fn deal(&self, order: &[Vec<Op>]) -> (Vec<usize>, [usize; 2]) {
        let mut spans: Vec<Option<[usize; 2]>> = vec![None; self.parts.len()];
        for (at, ops) in order.iter().enumerate() {
            for &(_, part) in ops.iter().flat_map(|&op| &self.work[op].parts) {
                let span = spans[part].get_or_insert([at, at]);
                span[1] = at;
            }
        }
        let mut begins = vec![Vec::new(); order.len().max(1)];
        for (index, (part, span)) in self.parts.iter().zip(&mut spans).enumerate() {
            let [first, last] = span.unwrap_or([0, 0]);
            let known = [if part.stays[0] { 0 } else { first }, if part.stays[1] { order.len() } else { last }];
            *span = Some(known);
            begins[known[0]].push(index);
        }
        let mut offsets = vec![0; self.parts.len()];
        let mut sizes = [0; 2];
        let mut taken: [Vec<(usize, usize, usize)>; 2] = [Vec::new(), Vec::new()];
        for (at, parts) in begins.iter().enumerate() {
            for taken in &mut taken {
                taken.retain(|&(_, _, last)| last >= at);
            }
            for &part in parts {
                let Part { arena, size, .. } = self.parts[part];
                let which = usize::from(arena == Arena::Scratch);
                let size = size.next_multiple_of(64);
                let mut offset = 0;
                let mut place = taken[which].len();
                for (index, &(start, end, _)) in taken[which].iter().enumerate() {
                    if offset + size <= start {
                        place = index;
                        break;
                    }
                    offset = offset.max(end);
                }
                let last = spans[part].map_or(at, |span| span[1]);
                taken[which].insert(place, (offset, offset + size, last));
                offsets[part] = offset;
                sizes[which] = sizes[which].max(offset + size);
            }
        }
        (offsets, sizes)
    }

    pub(super) fn compile(&self) -> Program {
        let order = self.order(BUDGET);
        let (offsets, sizes) = self.deal(&order);
        let mut items = vec![0; self.work.len() * WORDS];
        let (mut dispatches, mut place) = (Vec::new(), 0);
        for ops in order {
            let (first, mut groups) = (place, 0);
            for &op in &ops {
                let work = &self.work[op];
                let table = items.len();
                items.extend_from_slice(&work.table);
                items[place..place + WORDS].copy_from_slice(&work.head);
                items[place] = word(groups);
                if !work.table.is_empty() {
                    items[place + WORDS - 1] = word(table);
                }
                for &(at, part) in &work.parts {
                    let at = if at < WORDS { place + at } else { table + at - WORDS };
                    items[at] += word(offsets[part]);
                }
                groups += work.groups;
                place += WORDS;
            }
            let kind = self.work[ops[0]].kind;
            dispatches.push((kind, word(first), word(ops.len()), word(groups)));
        }
        Program { dispatches, items, sizes, offsets }
    }
}

/// Word of an item. Buffers beyond 2³² numbers are refused before.
pub(super) fn word(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(NONE)
}
