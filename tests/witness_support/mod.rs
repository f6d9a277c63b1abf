//! A log in memory that may sign two histories, and keys for it and its witnesses.
#![allow(unreachable_pub, dead_code, reason = "each test file uses its part")]

use ceasefire_ledger::proof::{
    AddCheckpointRequest, Checkpoint, MemoryTree, Note, SignatureType, SignerKey, VerifierKey, leaf_hash,
    prove_consistency, tree_root,
};

pub const ORIGIN: &str = "ceasefire.example/log";

pub fn key(name: &str, kind: SignatureType, seed: u8) -> SignerKey {
    SignerKey::from_seed(name.parse().unwrap(), kind, &[seed; 32])
}

pub fn log_key() -> SignerKey {
    key(ORIGIN, SignatureType::Ed25519, 7)
}

pub fn witness_key(seed: u8) -> SignerKey {
    key(&format!("witness.example/{seed}"), SignatureType::CosignatureV1, seed)
}

/// A log's leaves; two with the same first `shared` leaves are two histories of one log from there on.
pub struct Log {
    pub key: SignerKey,
    tree: MemoryTree,
}

impl Log {
    pub fn new(size: u64) -> Self {
        Self::forked(size, size, "")
    }

    pub fn forked(size: u64, shared: u64, word: &str) -> Self {
        let leaf = |index| if index < shared { format!("{index}") } else { format!("{word} {index}") };
        let mut tree = MemoryTree::new();
        tree.extend((0..size).map(|index| leaf_hash(leaf(index).as_bytes())));
        Self { key: log_key(), tree }
    }

    pub fn vkey(&self) -> VerifierKey {
        self.key.verifier().clone()
    }

    pub fn checkpoint(&self, size: u64) -> Checkpoint {
        Checkpoint::new(self.key.verifier().name().clone(), size, tree_root(&self.tree, size).unwrap()).unwrap()
    }

    pub fn note(&self, size: u64) -> Note {
        self.checkpoint(size).sign(&self.key).unwrap()
    }

    pub fn proof(&self, from: u64, to: u64) -> Vec<ceasefire_ledger::proof::TreeHash> {
        if from == 0 || from == to { Vec::new() } else { prove_consistency(&self.tree, from, to).unwrap() }
    }

    pub fn request(&self, from: u64, to: u64) -> String {
        AddCheckpointRequest::new(from, self.proof(from, to), self.note(to)).unwrap().to_string()
    }
}
