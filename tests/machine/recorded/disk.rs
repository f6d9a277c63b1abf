//! What a power cut may leave of recorded steps.
//!
//! What was synced is there. Of the rest a file system promises nothing, and keeps more or less of it in an order of its
//! own: file contents before or after names, the names of one folder in order, single writes not at all or in part.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::super::fault_support::Chance;
use super::trace::{Kind, Node, Recording, Step, Tree};

const SECTOR: u64 = 512;
/// So many of the latest steps that are not durable are also left out, or kept alone, one by one.
const LATEST: usize = 10;

/// Files by their path within the folder, as a power cut leaves them. Folders end in `/` and have no bytes.
pub(super) type Image = BTreeMap<String, Vec<u8>>;

/// How much of one write is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Whole,
    /// So many bytes of it.
    First(usize),
    /// So many bytes of it, and zeros for the rest.
    Zeroed(usize),
}

/// Which of the steps that are not durable a power cut keeps, and how much of one of them.
type Outcome = (BTreeSet<usize>, Option<(usize, Part)>);

/// The steps of a recording up to a moment, and which of them are durable by then.
pub(super) struct Moment<'r> {
    recording: &'r Recording,
    steps: usize,
    durable: Vec<bool>,
}

impl<'r> Moment<'r> {
    pub(super) fn after(recording: &'r Recording, steps: usize) -> Self {
        let mut durable = vec![false; steps];
        for step in &recording.steps[..steps] {
            let Step::Sync { node, covers, .. } = step else { continue };
            for (at, earlier) in recording.steps[..*covers].iter().enumerate() {
                durable[at] |= is_of(earlier, *node);
            }
        }
        Self { recording, steps, durable }
    }

    fn pending(&self) -> Vec<usize> {
        let steps = self.recording.steps[..self.steps].iter().enumerate();
        let changes = steps.filter(|(_, step)| !matches!(step, Step::Say { .. } | Step::Sync { .. }));
        changes.map(|(at, _)| at).filter(|at| !self.durable[*at]).collect()
    }

    /// Everything that a power cut now may leave, each image once; `random` cuts of each unfinished write.
    pub(super) fn images(&self, random: usize, chance: &mut Chance) -> Vec<Image> {
        let pending = self.pending();
        let mut outcomes: Vec<Outcome> = Vec::new();
        let keeping = |keep: &dyn Fn(usize) -> bool| pending.iter().copied().filter(|at| keep(*at)).collect();
        let is_name = |at: usize| !matches!(self.recording.steps[at], Step::Write { .. } | Step::Truncate { .. });
        outcomes.push((keeping(&|_| true), None));
        outcomes.push((BTreeSet::new(), None));
        outcomes.push((keeping(&is_name), None));
        outcomes.push((keeping(&|at| !is_name(at)), None));
        for first in &pending {
            outcomes.push((keeping(&|at| at < *first), None));
        }
        for alone in pending.iter().rev().take(LATEST) {
            outcomes.push((keeping(&|at| at != *alone), None));
            outcomes.push((keeping(&|at| at == *alone), None));
            outcomes.extend(self.cuts(*alone, random, chance).map(|part| (keeping(&|_| true), Some((*alone, part)))));
        }
        let mut seen = BTreeSet::new();
        let images = outcomes.into_iter().map(|(kept, part)| self.image(&kept, part));
        images.filter(|image| seen.insert(digest(image))).collect()
    }

    /// Where a write may stop: at every sector of the file, and at random bytes.
    fn cuts(&self, at: usize, random: usize, chance: &mut Chance) -> impl Iterator<Item = Part> {
        let mut cuts = Vec::new();
        if let Step::Write { at: from, bytes, .. } = &self.recording.steps[at] {
            let end = from + bytes.len() as u64;
            let sectors = from / SECTOR + 1..end.div_ceil(SECTOR);
            cuts.extend(sectors.map(|sector| usize::try_from(sector * SECTOR - from).unwrap()));
            cuts.extend((0..random).filter(|_| !bytes.is_empty()).map(|_| chance.below(bytes.len())));
        }
        cuts.into_iter().flat_map(|cut| [Part::First(cut), Part::Zeroed(cut)])
    }

    fn image(&self, kept: &BTreeSet<usize>, part: Option<(usize, Part)>) -> Image {
        let mut tree = self.recording.before.clone();
        for (at, step) in self.recording.steps[..self.steps].iter().enumerate() {
            if self.durable[at] || kept.contains(&at) {
                let part = part.filter(|(cut, _)| *cut == at).map_or(Part::Whole, |(_, part)| part);
                tree.apply(step, part);
            }
        }
        let mut image = Image::new();
        tree.list(0, "", &mut image);
        image
    }
}

/// Whether a sync of a node makes a step durable: a file's bytes, or a folder's entries.
fn is_of(step: &Step, synced: Node) -> bool {
    match step {
        Step::Write { node, .. } | Step::Truncate { node, .. } => *node == synced,
        Step::Link { folder, .. } | Step::Unlink { folder, .. } | Step::Rename { to: folder, .. } => *folder == synced,
        Step::Sync { .. } | Step::Say { .. } => false,
    }
}

impl Tree {
    fn apply(&mut self, step: &Step, part: Part) {
        match step {
            Step::Link { folder, name, node, kind } => {
                self.folder(*folder).insert(name.clone(), *node);
                if *kind == Kind::Folder {
                    self.folder(*node);
                }
            }
            Step::Unlink { folder, name } => {
                self.folder(*folder).remove(name);
            }
            Step::Rename { from, name, to, new_name, node } => {
                self.folder(*from).remove(name);
                self.folder(*to).insert(new_name.clone(), *node);
            }
            Step::Write { node, at, bytes } => {
                let file = self.files.entry(*node).or_default();
                let at = usize::try_from(*at).unwrap();
                let (bytes, zeros) = match part {
                    Part::Whole => (bytes.as_slice(), 0),
                    Part::First(cut) => (&bytes[..cut], 0),
                    Part::Zeroed(cut) => (&bytes[..cut], bytes.len() - cut),
                };
                let end = at + bytes.len() + zeros;
                if file.len() < end {
                    file.resize(end, 0);
                }
                file[at..at + bytes.len()].copy_from_slice(bytes);
            }
            Step::Truncate { node, length } => {
                self.files.entry(*node).or_default().resize(usize::try_from(*length).unwrap(), 0);
            }
            Step::Sync { .. } | Step::Say { .. } => {}
        }
    }

    fn folder(&mut self, node: Node) -> &mut BTreeMap<String, Node> {
        self.folders.entry(node).or_default()
    }

    fn list(&self, node: Node, path: &str, image: &mut Image) {
        for (name, inner) in self.folders.get(&node).into_iter().flatten() {
            let path = format!("{path}{name}");
            if self.folders.contains_key(inner) {
                image.insert(format!("{path}/"), Vec::new());
                self.list(*inner, &format!("{path}/"), image);
            } else {
                image.insert(path, self.files.get(inner).cloned().unwrap_or_default());
            }
        }
    }
}

/// Tells images apart.
pub(super) fn digest(image: &Image) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    for (path, bytes) in image {
        hasher.update(&(path.len() as u64).to_le_bytes()).update(path.as_bytes());
        hasher.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
    }
    *hasher.finalize().as_bytes()
}

/// Writes an image into an empty folder.
pub(super) fn lay_out(image: &Image, folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    for (path, bytes) in image {
        match path.strip_suffix('/') {
            Some(inner) => fs::create_dir_all(folder.join(inner)).unwrap(),
            None => fs::write(folder.join(path), bytes).unwrap(),
        }
    }
}

/// Reads a folder as an image.
pub(super) fn image_of(folder: &Path) -> Image {
    let mut image = Image::new();
    let mut open = vec![folder.to_owned()];
    while let Some(inner) = open.pop() {
        for entry in fs::read_dir(&inner).unwrap().map(Result::unwrap) {
            let path = entry.path();
            let name = path.strip_prefix(folder).unwrap().display().to_string();
            if path.is_dir() {
                image.insert(format!("{name}/"), Vec::new());
                open.push(path);
            } else {
                image.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    image
}
