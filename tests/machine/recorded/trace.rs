//! What a command asks of its files, as `strace` saw it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A file or folder, whatever its name is at the moment.
pub(super) type Node = usize;

/// One thing that was done and that a power cut may undo, or one thing that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// A folder has a new entry.
    Link { folder: Node, name: String, node: Node, kind: Kind },
    /// An entry of a folder is gone.
    Unlink { folder: Node, name: String },
    /// An entry has another name, and the entry that had it is gone.
    Rename { from: Node, name: String, to: Node, new_name: String, node: Node },
    /// A file has other bytes from here on.
    Write { node: Node, at: u64, bytes: Vec<u8> },
    /// A file has another length.
    Truncate { node: Node, length: u64 },
    /// Everything done to this file, or to this folder's entries, by the first so many steps is durable.
    Sync { node: Node, covers: usize, call: SyncCall },
    /// The command wrote to its standard output.
    Say { text: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SyncCall {
    Fsync,
    Fdatasync,
}

/// Everything that one or more commands did to a folder, in order.
#[derive(Debug, Clone)]
pub(super) struct Recording {
    pub(super) root: PathBuf,
    /// What was there before, durable.
    pub(super) before: Tree,
    pub(super) steps: Vec<Step>,
    /// The names as they stand after all steps.
    names: BTreeMap<PathBuf, Node>,
    /// The name that each node had first.
    first_names: BTreeMap<Node, PathBuf>,
    nodes: usize,
}

/// Folders and files as they lie on the disk; node 0 is the root.
#[derive(Debug, Clone, Default)]
pub(super) struct Tree {
    pub(super) folders: BTreeMap<Node, BTreeMap<String, Node>>,
    pub(super) files: BTreeMap<Node, Vec<u8>>,
}

const CALLS: &str = "open,openat,creat,mkdir,mkdirat,rmdir,unlink,unlinkat,rename,renameat,renameat2,link,linkat,symlink,\
symlinkat,write,writev,pwrite64,pwritev,pwritev2,fsync,fdatasync,sync_file_range,ftruncate,truncate,fallocate,lseek,close,\
dup,dup2,dup3,copy_file_range,sendfile";

impl Recording {
    /// Begins with a folder as it is now. The folder above it is watched too, for the entry of the folder itself.
    pub(super) fn of(root: &Path) -> Self {
        let mut recording = Self {
            root: root.to_owned(),
            before: Tree::default(),
            steps: Vec::new(),
            names: BTreeMap::new(),
            first_names: BTreeMap::new(),
            nodes: 0,
        };
        let node = recording.node();
        recording.names.insert(root.to_owned(), node);
        recording.first_names.insert(node, root.to_owned());
        recording.take_in(root, node);
        recording
    }

    fn node(&mut self) -> Node {
        self.nodes += 1;
        self.nodes - 1
    }

    fn take_in(&mut self, folder: &Path, node: Node) {
        self.before.folders.insert(node, BTreeMap::new());
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
            let inner = self.node();
            self.names.insert(path.clone(), inner);
            self.first_names.insert(inner, path.clone());
            self.before.folders.get_mut(&node).unwrap().insert(name, inner);
            if path.is_dir() {
                self.take_in(&path, inner);
            } else {
                self.before.files.insert(inner, fs::read(&path).unwrap());
            }
        }
    }

    /// Runs a command and takes in what it does.
    pub(super) fn run(&mut self, command: &mut Command, trace: &Path) -> Output {
        let mut traced = Command::new("strace");
        let call = format!("trace={CALLS}");
        traced
            .args(["-f", "--seccomp-bpf", "-qq", "-y", "-xx", "-s", "67108864", "-e", &call, "-e", "signal=none", "-o"])
            .arg(trace);
        traced.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => traced.env(name, value),
                None => traced.env_remove(name),
            };
        }
        traced.stdin(std::process::Stdio::null());
        let output = traced.output().unwrap();
        let text = fs::read_to_string(trace).unwrap();
        Reader { recording: self, open: BTreeMap::new(), unfinished: BTreeMap::new() }.read(&text);
        output
    }

    /// The name that a node had first, within the root.
    pub(super) fn name_of(&self, node: Node) -> String {
        self.first_names[&node].strip_prefix(&self.root).unwrap().display().to_string()
    }

    /// The same, without the files and folders that are not wanted.
    pub(super) fn without(&self, unwanted: &dyn Fn(&str) -> bool) -> Self {
        let is_unwanted = |node: Node| unwanted(&self.name_of(node));
        let entry = |folder: Node, name: &str| unwanted(Path::new(&self.name_of(folder)).join(name).to_str().unwrap());
        let mut kept = Self { steps: Vec::new(), ..self.clone() };
        let mut new_index = vec![0];
        for step in &self.steps {
            let dropped = match step {
                Step::Link { node, .. }
                | Step::Write { node, .. }
                | Step::Truncate { node, .. }
                | Step::Sync { node, .. } => is_unwanted(*node),
                Step::Unlink { folder, name } => entry(*folder, name),
                Step::Rename { from, name, .. } => entry(*from, name),
                Step::Say { .. } => false,
            };
            if !dropped {
                let mut step = step.clone();
                if let Step::Sync { covers, .. } = &mut step {
                    *covers = new_index[*covers];
                }
                kept.steps.push(step);
            }
            new_index.push(kept.steps.len());
        }
        for entries in kept.before.folders.values_mut() {
            entries.retain(|_, node| !is_unwanted(*node));
        }
        kept
    }
}

/// An open file.
#[derive(Debug, Clone)]
struct Open {
    node: Node,
    append: bool,
    position: u64,
}

/// Reads the lines of one command's trace. Its threads share their files.
struct Reader<'r> {
    recording: &'r mut Recording,
    open: BTreeMap<u64, Open>,
    /// Calls that are under way: their text so far, and how many steps were done when they began.
    unfinished: BTreeMap<String, (String, usize)>,
}

impl Reader<'_> {
    fn read(mut self, text: &str) {
        for line in text.lines() {
            let (thread, rest) = line.split_once(' ').unwrap();
            let rest = rest.trim_start();
            if rest.starts_with("+++") || rest.starts_with("---") {
                continue;
            }
            let begun = self.recording.steps.len();
            if let Some(start) = rest.strip_suffix(" <unfinished ...>") {
                self.unfinished.insert(thread.to_owned(), (start.to_owned(), begun));
            } else if let Some(resumed) = rest.strip_prefix("<... ") {
                let end = resumed.split_once(" resumed>").unwrap().1;
                let (start, begun) = self.unfinished.remove(thread).unwrap();
                self.call(&format!("{start}{end}"), begun);
            } else {
                self.call(rest, begun);
            }
        }
    }

    fn call(&mut self, text: &str, begun: usize) {
        let (name, rest) = text.split_once('(').unwrap();
        let Some((arguments, result)) = rest.rsplit_once(" = ") else {
            // The process ended while the call was under way.
            assert!(rest.contains("<unfinished") || rest.contains("<detached"), "no call: {text}");
            return;
        };
        if result.trim_start().starts_with(['-', '?']) {
            return;
        }
        let arguments: Vec<&str> = arguments.trim_end().trim_end_matches(')').split(", ").collect();
        let number = |text: &str| text.parse::<u64>().unwrap();
        match (name, arguments.as_slice()) {
            ("openat", [folder, path, flags, ..]) => self.opened(&at(folder, path), flags, descriptor(result)),
            ("open", [path, flags, ..]) => self.opened(&at("", path), flags, descriptor(result)),
            ("close", [file]) => drop(self.open.remove(&descriptor(file))),
            ("write", [file, bytes, _]) => self.written(descriptor(file), bytes, result, None),
            ("pwrite64", [file, bytes, _, at]) => self.written(descriptor(file), bytes, result, Some(number(at))),
            ("lseek", [file, ..]) => {
                if let Some(open) = self.open.get_mut(&descriptor(file)) {
                    open.position = number(result);
                }
            }
            ("ftruncate", [file, length]) => {
                if let Some(open) = self.open.get(&descriptor(file)) {
                    let (node, length) = (open.node, number(length));
                    self.recording.steps.push(Step::Truncate { node, length });
                }
            }
            ("fsync", [file]) => self.synced(descriptor(file), begun, SyncCall::Fsync),
            ("fdatasync", [file]) => self.synced(descriptor(file), begun, SyncCall::Fdatasync),
            // It makes no promise at all: it neither writes out what says where the bytes are nor empties the disk's cache.
            ("sync_file_range", _) => {}
            ("mkdir", [path, _]) => self.made_folder(&at("", path)),
            ("mkdirat", [folder, path, _]) => self.made_folder(&at(folder, path)),
            ("rmdir" | "unlink", [path]) => self.unlinked(&at("", path)),
            ("unlinkat", [folder, path, _]) => self.unlinked(&at(folder, path)),
            ("rename", [from, to]) => self.renamed(&at("", from), &at("", to)),
            ("renameat" | "renameat2", [folder, from, other, to, ..]) => {
                self.renamed(&at(folder, from), &at(other, to));
            }
            _ => self.unknown(text),
        }
    }

    /// A call that the model has no word for is of no concern elsewhere, and a failed test here.
    fn unknown(&self, text: &str) {
        let root = hex_of(self.recording.root.to_str().unwrap());
        assert!(!text.contains(&root), "the recording does not know this call: {}", &text[..text.len().min(300)]);
    }

    fn is_inside(&self, path: &Path) -> bool {
        path.starts_with(&self.recording.root)
    }

    fn opened(&mut self, path: &Path, flags: &str, descriptor: u64) {
        if path == Path::new("/dev/stdout") || !self.is_inside(path) {
            self.open.remove(&descriptor);
            return;
        }
        let node = match self.recording.names.get(path) {
            Some(node) => *node,
            None => self.linked(path, Kind::File),
        };
        if flags.contains("O_TRUNC") {
            self.recording.steps.push(Step::Truncate { node, length: 0 });
        }
        self.open.insert(descriptor, Open { node, append: flags.contains("O_APPEND"), position: 0 });
    }

    fn linked(&mut self, path: &Path, kind: Kind) -> Node {
        let node = self.recording.node();
        self.recording.names.insert(path.to_owned(), node);
        self.recording.first_names.insert(node, path.to_owned());
        let (folder, name) = self.entry(path);
        self.recording.steps.push(Step::Link { folder, name, node, kind });
        node
    }

    fn entry(&self, path: &Path) -> (Node, String) {
        let folder = self.recording.names[path.parent().unwrap()];
        (folder, path.file_name().unwrap().to_str().unwrap().to_owned())
    }

    fn made_folder(&mut self, path: &Path) {
        if self.is_inside(path) {
            self.linked(path, Kind::Folder);
        }
    }

    fn unlinked(&mut self, path: &Path) {
        if self.is_inside(path) {
            let (folder, name) = self.entry(path);
            self.recording.names.remove(path);
            self.recording.steps.push(Step::Unlink { folder, name });
        }
    }

    fn renamed(&mut self, path: &Path, new: &Path) {
        if !self.is_inside(path) && !self.is_inside(new) {
            return;
        }
        let ((from, name), (to, new_name)) = (self.entry(path), self.entry(new));
        let inner: Vec<PathBuf> =
            self.recording.names.keys().filter(|known| known.starts_with(path)).cloned().collect();
        self.recording.names.retain(|known, _| !known.starts_with(new));
        for known in inner {
            let node = self.recording.names.remove(&known).unwrap();
            let moved = if known == path { new.to_owned() } else { new.join(known.strip_prefix(path).unwrap()) };
            self.recording.names.insert(moved, node);
        }
        let node = self.recording.names[new];
        self.recording.steps.push(Step::Rename { from, name, to, new_name, node });
    }

    fn written(&mut self, descriptor: u64, bytes: &str, result: &str, at: Option<u64>) {
        let length: usize = result.trim().parse().unwrap();
        if descriptor == 1 && !self.open.contains_key(&1) {
            let text = String::from_utf8_lossy(&unhex(bytes)[..length]).into_owned();
            self.recording.steps.push(Step::Say { text });
            return;
        }
        let Some(open) = self.open.get(&descriptor) else { return };
        let (node, append, position) = (open.node, open.append, open.position);
        let at = at.unwrap_or(if append { self.recording.length(node) } else { position });
        if let Some(open) = self.open.get_mut(&descriptor) {
            open.position = at + length as u64;
        }
        let bytes = unhex(bytes)[..length].to_vec();
        self.recording.steps.push(Step::Write { node, at, bytes });
    }

    fn synced(&mut self, descriptor: u64, covers: usize, call: SyncCall) {
        if let Some(open) = self.open.get(&descriptor) {
            let node = open.node;
            self.recording.steps.push(Step::Sync { node, covers, call });
        }
    }
}

impl Recording {
    /// The length of a file after all steps so far.
    fn length(&self, node: Node) -> u64 {
        let before = self.before.files.get(&node).map_or(0, |bytes| bytes.len() as u64);
        self.steps.iter().fold(before, |length, step| match step {
            Step::Write { node: other, at, bytes } if *other == node => length.max(at + bytes.len() as u64),
            Step::Truncate { node: other, length } if *other == node => *length,
            _ => length,
        })
    }
}

/// The number of `3</path>` or `= 3</path>`.
fn descriptor(text: &str) -> u64 {
    let digits = text.trim().split('<').next().unwrap();
    digits.parse().unwrap_or_else(|_| panic!("no descriptor: {text}"))
}

fn at(folder: &str, path: &str) -> PathBuf {
    let path = PathBuf::from(String::from_utf8(unhex(path)).unwrap());
    let base = folder.split_once('<').map(|(_, rest)| unhex(rest.trim_end_matches('>')));
    base.map_or_else(PathBuf::new, |base| PathBuf::from(String::from_utf8(base).unwrap())).join(path)
}

/// Reads `"\x2f\x74"`, with or without quotes.
fn unhex(text: &str) -> Vec<u8> {
    let text = text.trim_matches('"');
    assert!(!text.ends_with("..."), "strace cut a text short");
    let digits = text.split("\\x").skip(1);
    digits.map(|digits| u8::from_str_radix(digits, 16).unwrap_or_else(|_| panic!("no bytes: {text}"))).collect()
}

fn hex_of(text: &str) -> String {
    text.bytes().fold(String::new(), |hex, byte| hex + &format!("\\x{byte:02x}"))
}
