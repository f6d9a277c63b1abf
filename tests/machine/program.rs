//! The program as a process, and what a test needs of the machine.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ceasefire_ledger::ledger::{Archive, Folder};
use ceasefire_ledger::record::RecordHash;
use ceasefire_ledger::vocab::Seq;
use tempfile::TempDir;

use super::ledger_support::NK_2020;
use super::tried;

/// Lets one test of this binary run at a time. A process that is being started holds copies of every open file for a
/// moment, so a test that opens ledgers itself would now and then find them locked.
pub(crate) fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Something that not every machine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// `strace`, and leave to trace.
    Strace,
    /// Leave to mount a file system in memory.
    Tmpfs,
    /// Leave to make a file system on a loop device.
    Loop,
}

impl Need {
    const fn word(self) -> &'static str {
        match self {
            Self::Strace => "strace",
            Self::Tmpfs => "tmpfs",
            Self::Loop => "loop",
        }
    }

    /// Tells whether it is here. Where not, it is said that nothing was checked; where it is required, that is a failure.
    pub(crate) fn is_met(self) -> bool {
        let met = self.is_here();
        let word = self.word();
        let required = std::env::var("FAULTS_REQUIRE").unwrap_or_default();
        let is_required = required.split([' ', ',']).any(|required| required == word);
        assert!(met || !is_required, "{word} is required here and does not work");
        if !met {
            tried(0, &format!("cases: {word} is not here or not allowed, so NOTHING was checked"));
        }
        met
    }

    fn is_here(self) -> bool {
        match self {
            Self::Strace => succeeds(Command::new("strace").args(["-o", "/dev/null", "true"])),
            Self::Tmpfs => Mounted::tmpfs(1 << 20).is_some(),
            Self::Loop => Mounted::ext4(16 << 20).is_some(),
        }
    }
}

pub(crate) fn succeeds(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).output().is_ok_and(|output| output.status.success())
}

/// A small file system of its own, taken away at the end.
pub(crate) struct Mounted {
    scratch: TempDir,
}

impl Mounted {
    /// Mounts a file system in memory of so many bytes, or nothing where that is not allowed.
    pub(crate) fn tmpfs(bytes: u64) -> Option<Self> {
        let mounted = Self::prepare();
        let size = format!("size={bytes}");
        succeeds(Command::new("mount").args(["-t", "tmpfs", "-o", &size, "none"]).arg(mounted.path()))
            .then_some(mounted)
    }

    /// Makes and mounts an ext4 file system in a file of so many bytes, or nothing where that is not allowed.
    pub(crate) fn ext4(bytes: u64) -> Option<Self> {
        let mounted = Self::prepare();
        fs::File::create(mounted.image()).unwrap().set_len(bytes).unwrap();
        let made = succeeds(Command::new("mkfs.ext4").args(["-q", "-F"]).arg(mounted.image()));
        (made && mounted.mount()).then_some(mounted)
    }

    fn prepare() -> Self {
        let mounted = Self { scratch: scratch() };
        fs::create_dir(mounted.path()).unwrap();
        mounted
    }

    /// Where it is mounted.
    pub(crate) fn path(&self) -> PathBuf {
        self.scratch.path().join("mounted")
    }

    fn image(&self) -> PathBuf {
        self.scratch.path().join("image")
    }

    fn mount(&self) -> bool {
        succeeds(Command::new("mount").args(["-o", "loop"]).arg(self.image()).arg(self.path()))
    }

    /// Gives a file system in memory another size.
    pub(crate) fn resize(&self, bytes: u64) {
        let size = format!("remount,size={bytes}");
        assert!(succeeds(Command::new("mount").args(["-o", &size]).arg(self.path())), "{size}");
    }

    /// Makes ready to stop the file system as a power cut does: nothing more reaches the device, not even its journal.
    pub(crate) fn cutter(&self) -> Cutter {
        // FS_IOC_SHUTDOWN with the flag NOLOGFLUSH.
        let shutdown = "import fcntl, os, struct, sys\n\
            mounted = os.open(sys.argv[1], os.O_RDONLY)\n\
            print('ready', flush=True)\n\
            sys.stdin.readline()\n\
            fcntl.ioctl(mounted, 0x8004587d, struct.pack('I', 2))";
        let mut command = Command::new("python3");
        command.args(["-c", shutdown]).arg(self.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut ready).unwrap();
        assert_eq!(ready, "ready\n", "python3");
        Cutter { process }
    }

    /// Mounts again what the device holds.
    pub(crate) fn mount_again(&self) {
        assert!(succeeds(Command::new("umount").arg(self.path())), "umount");
        assert!(self.mount(), "mount");
    }
}

/// A process that waits to cut the power of a file system.
pub(crate) struct Cutter {
    process: Child,
}

impl Cutter {
    pub(crate) fn cut(mut self) {
        self.process.stdin.take().unwrap().write_all(b"now\n").unwrap();
        assert!(self.process.wait().unwrap().success(), "FS_IOC_SHUTDOWN");
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        succeeds(Command::new("umount").arg("-l").arg(self.path()));
    }
}

/// A folder in memory where there is one: thousands of ledgers are laid out in it.
pub(crate) fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

/// The program, without what its user remembers elsewhere.
pub(crate) fn program(home: &Path) -> Command {
    plain(Command::new(env!("CARGO_BIN_EXE_ceasefire")), home)
}

/// A program without what its user remembers elsewhere.
pub(crate) fn plain(mut command: Command, home: &Path) -> Command {
    command.env("HOME", home).env_remove("XDG_STATE_HOME").env_remove("CEASEFIRE_LEDGER").env("NO_COLOR", "1");
    command.stdin(Stdio::null());
    command
}

/// Runs the program on a ledger.
pub(crate) fn run(home: &Path, ledger: &Path, arguments: &[&str]) -> Output {
    program(home).arg("-L").arg(ledger).arg("--json").args(arguments).output().unwrap()
}

/// Runs the program on a ledger, and gives what it printed.
pub(crate) fn must(home: &Path, ledger: &Path, arguments: &[&str]) -> String {
    let output = run(home, ledger, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// Everything that a process said.
pub(crate) fn text(output: &Output) -> String {
    format!(
        "{:?} {}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Lines of the seed, as a file that can be imported.
pub(crate) fn seed(folder: &Path, lines: std::ops::Range<usize>) -> String {
    let all: Vec<&str> = NK_2020.lines().collect();
    let path = folder.join(format!("seed-{}-{}.jsonl", lines.start, lines.end));
    fs::write(&path, all[lines].join("\n") + "\n").unwrap();
    path.display().to_string()
}

/// Every record that can be read in a ledger.
pub(crate) fn records(ledger: &Path) -> Vec<(Seq, RecordHash)> {
    let archive = Archive::open(Folder::at(ledger)).unwrap();
    let records = archive.reader().records(Seq::FIRST, None).unwrap().map(Result::unwrap);
    records.map(|record| (record.seq, record.hash)).collect()
}

/// The hashes in a text: who prints the hash of a record says that it is in the ledger.
pub(crate) fn hashes_in(text: &str) -> impl Iterator<Item = &str> {
    text.split(|end: char| !end.is_ascii_hexdigit()).filter(|word| word.len() == 64)
}

/// Copies a folder with everything in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()) {
        let target = to.join(entry.file_name().unwrap());
        if entry.is_dir() {
            copy(&entry, &target);
        } else {
            fs::copy(&entry, &target).unwrap();
        }
    }
}

/// Everything that lies in a folder, by its path.
pub(crate) fn image_of(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut image = BTreeMap::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            image.extend(image_of(&path));
            image.insert(path, Vec::new());
        } else {
            image.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    image
}
