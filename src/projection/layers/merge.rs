//! Several walks as one: in order of key, and of one key from the newest version to the oldest.

use std::cmp::Ordering;

use super::layer::LayerCursor;
use crate::projection::rows::RowError;

/// Cursors walked together.
pub(super) struct Merge {
    cursors: Vec<LayerCursor>,
    /// Places in `cursors`, in order of what they stand at; those that are over are not among them.
    order: Vec<usize>,
}

impl Merge {
    pub(super) fn of(cursors: Vec<LayerCursor>) -> Self {
        let mut merge = Self { cursors, order: Vec::new() };
        for index in 0..merge.cursors.len() {
            merge.put_in_order(index);
        }
        merge
    }

    /// Gives the cursor that stands at the first entry; nothing where all are over.
    pub(super) fn first(&self) -> Option<&LayerCursor> {
        self.order.first().and_then(|&index| self.cursors.get(index))
    }

    /// Goes to the next entry.
    pub(super) fn advance(&mut self) -> Result<(), RowError> {
        if self.order.is_empty() {
            return Ok(());
        }
        let index = self.order.remove(0);
        if let Some(cursor) = self.cursors.get_mut(index) {
            cursor.advance()?;
        }
        self.put_in_order(index);
        Ok(())
    }

    fn put_in_order(&mut self, index: usize) {
        let Some(cursor) = self.cursors.get(index).filter(|cursor| !cursor.is_over()) else { return };
        let before = |other: &usize| {
            let other = self.cursors.get(*other);
            other.is_some_and(|other| compare(other, cursor) == Ordering::Less)
        };
        let at = self.order.partition_point(before);
        self.order.insert(at, index);
    }
}

fn compare(a: &LayerCursor, b: &LayerCursor) -> Ordering {
    a.key().cmp(b.key()).then(b.version().cmp(&a.version()))
}
