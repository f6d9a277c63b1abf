//! Rows at hand, under text keys. They are found by hash: to keep millions of them in order would take longer than all else
//! that a fold does. Whoever walks them puts them in order.

use std::collections::HashMap;

/// Values under text keys, in no order.
#[derive(Clone)]
pub(super) struct Held<T> {
    values: HashMap<String, T>,
    /// The keys under each subject, where somebody asks for all that a subject has.
    subjects: Option<HashMap<String, Vec<String>>>,
}

impl<T> Held<T> {
    /// Holds nothing yet; each value is asked for by its key.
    pub(super) fn by_key() -> Self {
        Self { values: HashMap::new(), subjects: None }
    }

    /// Holds nothing yet; values are asked for by the subject, too, that their keys have before the first slash.
    pub(super) fn by_subject() -> Self {
        Self { subjects: Some(HashMap::new()), ..Self::by_key() }
    }

    /// Another one of the same kind, with nothing in it and room for as much.
    pub(super) fn emptied(&self) -> Self {
        let subjects = self.subjects.as_ref().map(|subjects| HashMap::with_capacity(subjects.len()));
        Self { values: HashMap::with_capacity(self.values.len()), subjects }
    }

    pub(super) fn get(&self, key: &str) -> Option<&T> {
        self.values.get(key)
    }

    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut T> {
        self.values.get_mut(key)
    }

    pub(super) fn put(&mut self, key: String, value: T) {
        let of_a_subject = self.subjects.is_some().then(|| key.clone());
        let is_new = self.values.insert(key, value).is_none();
        if let Some(key) = of_a_subject.filter(|_| is_new) {
            self.put_under_subject(key);
        }
    }

    fn put_under_subject(&mut self, key: String) {
        let (Some(subjects), Some((subject, _))) = (&mut self.subjects, key.split_once('/')) else { return };
        if let Some(keys) = subjects.get_mut(subject) {
            keys.push(key);
        } else {
            subjects.insert(subject.to_owned(), vec![key]);
        }
    }

    pub(super) fn remove(&mut self, key: &str) {
        self.values.remove(key);
        if let (Some(subjects), Some((subject, _))) = (&mut self.subjects, key.split_once('/'))
            && let Some(keys) = subjects.get_mut(subject)
        {
            keys.retain(|own| own != key);
            if keys.is_empty() {
                subjects.remove(subject);
            }
        }
    }

    /// Takes over what the other holds, which is newer.
    pub(super) fn extend(&mut self, newer: Self) {
        newer.values.into_iter().for_each(|(key, value)| self.put(key, value));
    }

    /// Gives what is held under keys that begin with `prefix`, in no order.
    pub(super) fn under(&self, prefix: &str) -> Vec<(&str, &T)> {
        let begins = |key: &str| key.starts_with(prefix);
        match (&self.subjects, prefix.split_once('/')) {
            (Some(subjects), Some((subject, _))) => {
                let keys = subjects.get(subject).into_iter().flatten().map(String::as_str).filter(|key| begins(key));
                keys.filter_map(|key| Some((key, self.values.get(key)?))).collect()
            }
            _ => self.values.iter().map(|(key, value)| (key.as_str(), value)).filter(|(key, _)| begins(key)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const PREFIXES: [&str; 6] = ["", "a", "a/", "ab/", "a/2", "c/"];

    fn in_order<'h>(held: &'h Held<u32>, prefix: &str) -> Vec<(&'h str, u32)> {
        let mut under: Vec<_> = held.under(prefix).into_iter().map(|(key, value)| (key, *value)).collect();
        under.sort_unstable();
        under
    }

    #[test]
    fn both_kinds_give_what_is_under_a_prefix_after_any_puts_and_removals() {
        let keys = ["a/1", "a/2", "a/20", "ab/1", "b", "a", "c/1"];
        for mut held in [Held::by_key(), Held::by_subject()] {
            let mut model: BTreeMap<&str, u32> = BTreeMap::new();
            for step in 0..200_u32 {
                let key = keys[(step as usize * 5 + step as usize / 7) % keys.len()];
                if step % 3 == 2 {
                    held.remove(key);
                    model.remove(key);
                } else {
                    held.put(key.to_owned(), step);
                    model.insert(key, step);
                }
                assert_eq!(held.get(key), model.get(key));
                for prefix in PREFIXES {
                    let expected: Vec<_> =
                        model.iter().filter(|(key, _)| key.starts_with(prefix)).map(|(key, n)| (*key, *n)).collect();
                    assert_eq!(in_order(&held, prefix), expected, "step {step}, {prefix}");
                }
            }
        }
    }

    #[test]
    fn what_is_newer_is_taken_over_with_its_subjects() {
        let mut held = Held::by_subject();
        held.put("a/1".to_owned(), 1);
        held.put("a/2".to_owned(), 2);
        let mut newer = held.emptied();
        newer.put("a/2".to_owned(), 20);
        newer.put("a/3".to_owned(), 30);
        held.extend(newer);
        assert_eq!(in_order(&held, "a/"), [("a/1", 1), ("a/2", 20), ("a/3", 30)]);
    }
}
