//! Lists of which many are alike, each kept once and known by a number.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

/// Different lists, numbered as they come.
pub(super) struct Kinds<T> {
    numbers: HashMap<Arc<[T]>, u32>,
    lists: Vec<Arc<[T]>>,
}

impl<T> Default for Kinds<T> {
    fn default() -> Self {
        Self { numbers: HashMap::new(), lists: Vec::new() }
    }
}

impl<T: Clone + Eq + Hash> Kinds<T> {
    /// Gives a list's number, a new one where none was like it.
    pub(super) fn number_of(&mut self, list: &[T]) -> u32 {
        if let Some(number) = self.numbers.get(list) {
            return *number;
        }
        let (number, list) = (u32::try_from(self.lists.len()).unwrap_or(u32::MAX), Arc::from(list));
        self.lists.push(Arc::clone(&list));
        self.numbers.insert(list, number);
        number
    }

    /// Gives the list that has a number.
    pub(super) fn list(&self, number: u32) -> &[T] {
        self.lists.get(number as usize).map(Arc::as_ref).unwrap_or_default()
    }
}
