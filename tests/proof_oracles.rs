//! Differential tests: other people's implementations answer the same.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]
#![allow(clippy::cast_possible_truncation, reason = "the trees here are small")]

use ceasefire_ledger::proof::{
    Checkpoint, KeyName, MemoryTree, Note, SignatureType, SignerKey, TilePath, TreeHash, VerifierKey, changed_tiles,
    leaf_hash, prove_consistency, prove_inclusion, tree_root, verify_consistency, verify_inclusion,
};
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof};
use proptest::prelude::*;
use sha2::Sha256;
use signed_note::{Note as TheirNote, Signer as _, StandardSigner, StandardVerifier, VerifierList};
use tlog_tiles::{Hash as TheirHash, HashReader, Tile as TheirTile};

fn entry(i: u64) -> Vec<u8> {
    format!("{{\"seq\":{i}}}").into_bytes()
}

fn tree_of(size: u64) -> MemoryTree {
    let mut tree = MemoryTree::new();
    tree.extend((0..size).map(|i| leaf_hash(&entry(i))));
    tree
}

#[test]
fn ct_merkle_makes_the_same_roots_and_proofs() {
    let mut theirs = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    let ours = tree_of(70);
    let mut roots = vec![theirs.root()];
    for size in 1..=70_u64 {
        theirs.push(entry(size - 1));
        roots.push(theirs.root());
        let root = tree_root(&ours, size).unwrap();
        assert_eq!(theirs.root().as_bytes()[..], root.as_bytes()[..], "size {size}");
        for index in 0..size {
            let proof = prove_inclusion(&ours, index, size).unwrap();
            let proof: Vec<u8> = proof.iter().flat_map(TreeHash::as_bytes).copied().collect();
            assert_eq!(theirs.prove_inclusion(index as usize).as_bytes(), proof);
            let proof = InclusionProof::<Sha256>::from_bytes(proof);
            theirs.root().verify_inclusion(&entry(index), index, &proof).unwrap();
        }
        for old in 1..=size {
            let proof = prove_consistency(&ours, old, size).unwrap();
            let proof: Vec<u8> = proof.iter().flat_map(TreeHash::as_bytes).copied().collect();
            assert_eq!(theirs.prove_consistency((size - old) as usize).as_bytes(), proof, "{old} to {size}");
            let proof = ConsistencyProof::<Sha256>::try_from_bytes(proof).unwrap();
            theirs.root().verify_consistency(&roots[old as usize], &proof).unwrap();
        }
    }
}

/// Their numbering of stored hashes, filled as their crate fills it.
struct StoredHashes(Vec<TheirHash>);

impl HashReader for StoredHashes {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<TheirHash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|&index| self.0[index as usize]).collect())
    }
}

impl StoredHashes {
    fn of(size: u64) -> Self {
        let mut stored = Self(Vec::new());
        for i in 0..size {
            let hashes = tlog_tiles::stored_hashes(i, &entry(i), &stored).unwrap();
            stored.0.extend(hashes);
        }
        stored
    }
}

fn theirs(hash: TreeHash) -> TheirHash {
    TheirHash(*hash.as_bytes())
}

#[test]
fn tlog_tiles_makes_the_same_roots_and_proofs() {
    let (ours, stored) = (tree_of(300), StoredHashes::of(300));
    for size in (1..=70).chain([127, 128, 129, 255, 256, 257, 300]) {
        let root = tree_root(&ours, size).unwrap();
        assert_eq!(tlog_tiles::tree_hash(size, &stored).unwrap(), theirs(root));
        for index in 0..size {
            let proof: Vec<_> = prove_inclusion(&ours, index, size).unwrap().into_iter().map(theirs).collect();
            assert_eq!(tlog_tiles::prove_record(size, index, &stored).unwrap(), proof);
            let proof: Vec<_> = prove_consistency(&ours, index + 1, size).unwrap().into_iter().map(theirs).collect();
            assert_eq!(tlog_tiles::prove_tree(size, index + 1, &stored).unwrap(), proof);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn tlog_tiles_gives_the_same_verdict_on_inclusion_proofs_for_any_index_and_size(
        size in 1..40_u64, pick in any::<prop::sample::Index>(), said_index in 0..45_u64, said_size in 1..45_u64,
    ) {
        let tree = tree_of(size);
        let (index, root) = (pick.index(size as usize) as u64, tree_root(&tree, size).unwrap());
        let proof = prove_inclusion(&tree, index, size).unwrap();
        let leaf = leaf_hash(&entry(index));
        let their_proof = proof.iter().copied().map(theirs).collect();
        let their = tlog_tiles::check_record(&their_proof, said_size, theirs(root), said_index, theirs(leaf));
        prop_assert_eq!(verify_inclusion(said_index, said_size, leaf, &proof, root).is_ok(), their.is_ok());
    }

    #[test]
    fn tlog_tiles_gives_the_same_verdict_on_consistency_proofs_for_any_sizes(
        new in 1..40_u64, pick in any::<prop::sample::Index>(), said_old in 1..45_u64, said_new in 1..45_u64,
    ) {
        let tree = tree_of(new);
        let old = pick.index(new as usize) as u64 + 1;
        let (old_root, new_root) = (tree_root(&tree, old).unwrap(), tree_root(&tree, new).unwrap());
        let proof = prove_consistency(&tree, old, new).unwrap();
        let their_proof = proof.iter().copied().map(theirs).collect();
        let their = tlog_tiles::check_tree(&their_proof, said_new, theirs(new_root), said_old, theirs(old_root));
        prop_assert_eq!(verify_consistency(said_old, said_new, old_root, new_root, &proof).is_ok(), their.is_ok());
    }

    #[test]
    fn tlog_tiles_changes_the_same_tiles(old in 0..200_000_u64, more in 1..3000_u64) {
        let ours: Vec<_> = changed_tiles(old, old + more).map(|tile| TilePath::Hashes(tile).to_string()).collect();
        // Their paths carry the tile height, as in Go's checksum database; C2SP fixes it at 8 and leaves it out.
        let their = TheirTile::new_tiles(8, old, old + more);
        let their: Vec<_> = their.iter().map(|tile| tile.path().replacen("tile/8/", "tile/", 1)).collect();
        prop_assert_eq!(ours, their);
    }

    #[test]
    fn signed_note_verifies_what_we_sign_and_signs_the_same(
        seed in any::<[u8; 32]>(), name in "[a-z]{1,8}\\.example/[a-z0-9/]{0,8}", text in "([ -~é€\n]{0,60}\n){1,4}",
    ) {
        let signer = SignerKey::from_seed(name.parse().unwrap(), SignatureType::Ed25519, &seed);
        let mut note = Note::new(text.clone()).unwrap();
        note.sign(&signer).unwrap();
        let their_key = StandardVerifier::new(&signer.verifier().to_string()).unwrap();
        let their_note = TheirNote::from_bytes(note.to_string().as_bytes()).unwrap();
        prop_assert_eq!(their_note.text(), text.as_bytes());
        let (verified, _) = their_note.verify(&VerifierList::new(vec![Box::new(their_key)])).unwrap();
        prop_assert_eq!(verified.len(), 1);

        let their_signer = StandardSigner::new(&signer.to_secret_text()).unwrap();
        prop_assert_eq!(&their_signer.sign(text.as_bytes()).unwrap(), note.signatures()[0].signature());
        let read_again = SignerKey::parse(&signer.to_secret_text()).unwrap();
        prop_assert_eq!(read_again.verifier(), signer.verifier());
    }

    #[test]
    fn signed_note_reads_exactly_the_notes_we_read(
        note in "(a\n|\n|b c\n|\t|— ){0,4}\n?(— [a-z+]{1,3}[ ]{1,2}[A-Za-c+/]{7,8}={0,1}\n){0,2}(— k AAAAAAA=)?\n?",
    ) {
        let ours = Note::parse(note.as_bytes());
        let their = TheirNote::from_bytes(note.as_bytes());
        prop_assert_eq!(ours.is_ok(), their.is_ok(), "{:?}", ours);
        if let (Ok(ours), Ok(their)) = (ours, their) {
            prop_assert_eq!(ours.text().as_bytes(), their.text());
            prop_assert_eq!(ours.to_string().into_bytes(), their.to_bytes());
        }
    }

    #[test]
    fn tlog_tiles_reads_our_checkpoints(size in 1..=i64::MAX as u64, root in any::<[u8; 32]>()) {
        let origin: KeyName = "ceasefire.example/log".parse().unwrap();
        let ours = Checkpoint::new(origin, size, TreeHash::from_bytes(root)).unwrap();
        let their = tlog_tiles::Checkpoint::from_bytes(ours.to_string().as_bytes()).unwrap();
        prop_assert_eq!((their.origin(), their.size(), their.hash().0, their.extension()), ("ceasefire.example/log", size, root, ""));
        prop_assert_eq!(their.to_bytes(), ours.to_string().into_bytes());
        prop_assert_eq!(ours.to_string().parse(), Ok(ours));
    }

    #[test]
    fn no_reader_stumbles_over_arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Note::parse(&bytes);
        let _ = ceasefire_ledger::proof::Policy::parse(&bytes);
        let _ = ceasefire_ledger::proof::TlogProof::parse(&bytes);
        let _ = ceasefire_ledger::proof::AddCheckpointRequest::parse(&bytes);
        let _ = ceasefire_ledger::proof::EntryBundle::parse(&bytes, 3);
        let text = String::from_utf8_lossy(&bytes);
        let _ = text.parse::<VerifierKey>();
        let _ = text.parse::<Checkpoint>();
        let _ = text.parse::<TilePath>();
        let _ = text.parse::<ceasefire_ledger::proof::Disclosure>();
    }
}
