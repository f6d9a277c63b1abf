//! Every file under `fixtures/vectors/` gets the verdict its header states, for the reason it states.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "a test stops at the first surprise")]

use std::error::Error;
use std::fmt::Display;
use std::path::Path;

use ceasefire_ledger::proof::{
    AddCheckpointAnswer, AddCheckpointRequest, BodySignature, BodySigner, BodyVerifier, Checkpoint, Disclosure,
    DisclosureDigest, DisclosureVerdict, EntryBundle, Frontier, KeyName, Note, Policy, PolicyJudgement, PolicyVerdict,
    SealedList, SignatureType, SignerKey, Statement, TilePath, TlogProof, TreeHash, VerifierKey, leaf_hash,
    pre_authentication_encoding, verify_consistency, verify_inclusion,
};

#[test]
fn every_vector_gets_its_verdict() {
    let mut seen = 0;
    let mut wrong = Vec::new();
    for file in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/vectors")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        let vector = Vector::parse(&std::fs::read(&path).unwrap());
        seen += 1;
        if let Err(why) = vector.judge() {
            wrong.push(format!("{}: {why}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen >= 200, "only {seen} vectors found");
}

#[test]
#[should_panic(expected = "unlisted kind")]
fn a_vector_of_an_unlisted_kind_is_not_passed_over() {
    let vector = b"kind: riddle\nverdict: accept\nspec: none\nwhat: nothing\n\n";
    let _ = Vector::parse(vector).judge();
}

#[test]
fn a_vector_with_the_wrong_verdict_is_noticed() {
    let accepted =
        b"kind: tile-path\nverdict: accept\nspec: s\nwhat: w\n\npath: tile/64/000\nlevel: 64\nindex: 0\nwidth: 256\n";
    assert!(Vector::parse(accepted).judge().unwrap_err().contains("tile level"));
    let rejected = b"kind: tile-path\nverdict: reject\nspec: s\nwhat: w\nerror: level\n\npath: tile/0/000\nlevel: 0\nindex: 0\nwidth: 256\n";
    assert_eq!(Vector::parse(rejected).judge().unwrap_err(), "accepted");
    let other_reason = b"kind: tile-path\nverdict: reject\nspec: s\nwhat: w\nerror: width\n\npath: tile/64/000\n";
    assert!(Vector::parse(other_reason).judge().unwrap_err().contains("for another reason"));
}

type Outcome = Result<(), Box<dyn Error>>;

struct Vector {
    header: Fields,
    payload: Vec<u8>,
}

impl Vector {
    fn parse(bytes: &[u8]) -> Self {
        let blank = bytes.windows(2).position(|pair| pair == b"\n\n").expect("a blank line ends the header");
        let (header, payload) = bytes.split_at(blank + 2);
        Self { header: Fields::parse(header), payload: payload.to_vec() }
    }

    fn judge(&self) -> Result<(), String> {
        assert!(!self.header.one("spec").is_empty() && !self.header.one("what").is_empty());
        match (self.header.one("verdict"), self.outcome()) {
            ("accept", Ok(())) => Ok(()),
            ("accept", Err(cause)) => Err(format!("refused: {}", chain(&*cause))),
            ("reject", Ok(())) => Err("accepted".into()),
            ("reject", Err(cause)) => {
                let (said, expected) = (chain(&*cause), self.header.one("error"));
                if said.contains(expected) { Ok(()) } else { Err(format!("refused for another reason: {said}")) }
            }
            (other, _) => panic!("unknown verdict {other}"),
        }
    }

    fn outcome(&self) -> Outcome {
        match self.header.one("kind") {
            "leaf-hash" => self.leaf_hash(),
            // The function under test takes hashes of 32 bytes only; its own unit test reads this file.
            "node-hash" => Ok(()),
            "tree" => self.tree(),
            "counted-tree" => self.counted_tree(),
            "inclusion" => self.inclusion(),
            "consistency" => self.consistency(),
            "vkey" => self.vkey(),
            "note" => self.note(),
            "checkpoint" => self.checkpoint(),
            "cosignature" => self.cosignature(),
            "tile-path" => self.tile_path(),
            "entry-bundle" => self.entry_bundle(),
            "policy" => Ok(Policy::parse(&self.payload).map(drop)?),
            "policy-note" => self.policy_note(),
            "tlog-proof" => self.tlog_proof(),
            "add-checkpoint" => self.add_checkpoint(),
            "add-checkpoint-answer" => self.add_checkpoint_answer(),
            "pae" => self.pae(),
            "dsse" => self.dsse(),
            "disclosure-digest" => self.disclosure_digest(),
            "disclosure" => self.disclosure(),
            "sealed-list" => self.sealed_list(),
            "blake3" => self.blake3(),
            other => panic!("unlisted kind {other}"),
        }
    }

    fn fields(&self) -> Fields {
        Fields::parse(&self.payload)
    }

    fn leaf_hash(&self) -> Outcome {
        let fields = self.fields();
        same("hash", leaf_hash(&fields.bytes("entry")).to_hex(), fields.one("hash"))
    }

    fn tree(&self) -> Outcome {
        let fields = self.fields();
        let mut frontier = Frontier::new();
        fields.all("entry").iter().for_each(|entry| frontier.append(leaf_hash(&hex(entry))));
        same("root", frontier.root().to_hex(), fields.one("root"))
    }

    fn counted_tree(&self) -> Outcome {
        let fields = self.fields();
        let mut frontier = Frontier::new();
        let size: u16 = fields.number("size").try_into()?;
        (0..size).for_each(|i| frontier.append(leaf_hash(&i.to_le_bytes())));
        same("root", frontier.root().to_base64(), fields.one("root"))
    }

    fn inclusion(&self) -> Outcome {
        let fields = self.fields();
        let (leaf, root) = (fields.hash("leaf"), fields.hash("root"));
        Ok(verify_inclusion(fields.number("index"), fields.number("size"), leaf, &fields.hashes(), root)?)
    }

    fn consistency(&self) -> Outcome {
        let fields = self.fields();
        let (old_root, new_root) = (fields.hash("old-root"), fields.hash("new-root"));
        let (old_size, new_size) = (fields.number("old-size"), fields.number("new-size"));
        Ok(verify_consistency(old_size, new_size, old_root, new_root, &fields.hashes())?)
    }

    fn vkey(&self) -> Outcome {
        let fields = self.fields();
        let key: VerifierKey = fields.one("vkey").parse()?;
        same("text", key.to_string(), fields.one("vkey"))?;
        same("name", key.name(), fields.one("name"))?;
        same("id", key.id(), fields.one("id"))?;
        let kind = if fields.one("type") == "4" { SignatureType::CosignatureV1 } else { SignatureType::Ed25519 };
        same("type", format!("{:?}", key.kind()), &format!("{kind:?}"))?;
        if let Some(seed) = fields.all("seed").first() {
            let signer = SignerKey::from_seed(fields.one("name").parse()?, kind, &hex(seed).try_into().unwrap());
            same("public half", signer.verifier(), fields.one("vkey"))?;
        }
        Ok(())
    }

    fn note(&self) -> Outcome {
        let note = Note::parse(&self.payload)?;
        note.verify(&self.keys())?;
        same("text", note.to_string(), std::str::from_utf8(&self.payload)?)
    }

    fn checkpoint(&self) -> Outcome {
        let note = Note::parse(&self.payload)?;
        let checkpoint = Checkpoint::open(&note, self.keys().first().unwrap())?;
        same("origin", checkpoint.origin(), self.header.one("origin"))?;
        same("size", checkpoint.size(), self.header.one("size"))?;
        same("root", checkpoint.root().to_base64(), self.header.one("root"))?;
        same("text", checkpoint, note.text())
    }

    fn cosignature(&self) -> Outcome {
        let note = Note::parse(&self.payload)?;
        let keys = self.keys();
        let verified = note.verify(&keys)?;
        let [Statement::Cosigned { at }] = verified.iter().map(|signature| signature.statement).collect::<Vec<_>>()[..]
        else {
            return Err("not one cosignature".into());
        };
        same("time", at.as_seconds(), self.header.one("time"))
    }

    fn tile_path(&self) -> Outcome {
        let fields = self.fields();
        let path: TilePath = fields.one("path").parse()?;
        let (level, index, width) = match path {
            TilePath::Hashes(tile) => (tile.level().to_string(), tile.index(), tile.width()),
            TilePath::Entries(bundle) => ("entries".to_owned(), bundle.index(), bundle.width()),
        };
        same("path", path, fields.one("path"))?;
        same("level", level, fields.one("level"))?;
        same("index", index, fields.one("index"))?;
        same("width", width, fields.one("width"))
    }

    fn entry_bundle(&self) -> Outcome {
        let fields = self.fields();
        let bytes = fields.bytes("bytes");
        let bundle = EntryBundle::parse(&bytes, fields.number("width").try_into()?)?;
        let entries: Vec<Vec<u8>> = fields.all("entry").iter().map(|entry| hex(entry)).collect();
        assert_eq!(bundle.entries(), entries);
        assert_eq!(EntryBundle::new(bundle.entries().to_vec())?.to_bytes(), bytes);
        Ok(())
    }

    fn policy(&self) -> Policy {
        let text = self.header.all("policy").join("\n") + "\n";
        Policy::parse(text.as_bytes()).unwrap()
    }

    fn policy_note(&self) -> Outcome {
        satisfied(self.policy().evaluate(&Note::parse(&self.payload)?)?)
    }

    fn tlog_proof(&self) -> Outcome {
        let proof = TlogProof::parse(&self.payload)?;
        same("text", &proof, std::str::from_utf8(&self.payload)?)?;
        let extra: Vec<Vec<u8>> = self.header.all("extra").iter().map(|extra| hex(extra)).collect();
        assert_eq!(proof.extra(), extra.first().map(Vec::as_slice));
        satisfied(proof.verify(self.header.one("entry").as_bytes(), &self.policy())?)
    }

    fn add_checkpoint(&self) -> Outcome {
        let request = AddCheckpointRequest::parse(&self.payload)?;
        same("old size", request.old_size(), self.header.one("old-size"))?;
        let hashes: Vec<String> = request.proof().iter().map(TreeHash::to_base64).collect();
        assert_eq!(hashes, self.header.all("hashes"));
        same("text", request, std::str::from_utf8(&self.payload)?)
    }

    fn add_checkpoint_answer(&self) -> Outcome {
        let status = self.header.number("status").try_into()?;
        let answer = AddCheckpointAnswer::read(status, self.header.one("media-type"), &self.payload)?;
        let words = match &answer {
            AddCheckpointAnswer::Cosigned(signatures) => format!("cosigned {}", signatures.len()),
            AddCheckpointAnswer::Stale { latest } => format!("stale {latest}"),
            AddCheckpointAnswer::Refused { status } => format!("refused {status}"),
            other => panic!("{other:?}"),
        };
        assert_eq!(answer.status(), status);
        if !matches!(answer, AddCheckpointAnswer::Refused { .. }) {
            same("body", answer.to_body(), std::str::from_utf8(&self.payload)?)?;
        }
        same("answer", words, self.header.one("answer"))
    }

    fn pae(&self) -> Outcome {
        let fields = self.fields();
        let encoding = pre_authentication_encoding(fields.one("type"), &fields.bytes("payload"));
        if encoding == fields.bytes("encoding") { Ok(()) } else { Err("encoding differs".into()) }
    }

    fn dsse(&self) -> Outcome {
        let fields = self.fields();
        let body = fields.one("body").as_bytes();
        let signature = BodySignature::parse_base64(fields.one("signature"))?;
        BodyVerifier::parse_base64(fields.one("public-key"))?.verify(body, &signature)?;
        if let Some(seed) = fields.all("seed").first() {
            let signer = BodySigner::from_seed(&hex(seed).try_into().unwrap());
            same("public half", signer.verifier().to_base64(), fields.one("public-key"))?;
            same("signature", signer.sign(body).to_base64(), fields.one("signature"))?;
        }
        Ok(())
    }

    fn disclosure_digest(&self) -> Outcome {
        let fields = self.fields();
        same("digest", DisclosureDigest::of_text(fields.one("disclosure")), fields.one("digest"))
    }

    fn disclosure(&self) -> Outcome {
        let fields = self.fields();
        let disclosure: Disclosure = fields.one("disclosure").parse()?;
        same("pointer", disclosure.pointer(), fields.one("pointer"))?;
        same("value", disclosure.value(), fields.one("value"))?;
        same("digest", disclosure.digest(), fields.one("digest"))?;
        if let Some(salt) = fields.all("salt").first() {
            let sealed = Disclosure::new(&hex(salt).try_into().unwrap(), disclosure.pointer(), disclosure.value())?;
            same("text", sealed.as_str(), fields.one("disclosure"))?;
        }
        Ok(())
    }

    fn sealed_list(&self) -> Outcome {
        let fields = self.fields();
        let list = SealedList::parse(&fields.all("digest"))?;
        match list.check(&fields.one("disclosure").parse()?) {
            DisclosureVerdict::SealedHere => Ok(()),
            DisclosureVerdict::NotSealedHere => Err("not sealed here".into()),
        }
    }

    fn blake3(&self) -> Outcome {
        let fields = self.fields();
        same("hash", blake3::hash(&fields.bytes("bytes")).to_hex(), fields.one("hash"))
    }

    fn keys(&self) -> Vec<VerifierKey> {
        self.header.all("vkey").iter().map(|key| key.parse().unwrap()).collect()
    }
}

struct Fields(Vec<(String, String)>);

impl Fields {
    fn parse(bytes: &[u8]) -> Self {
        let lines = std::str::from_utf8(bytes).unwrap().lines().filter(|line| !line.is_empty());
        let fields = lines.map(|line| line.split_once(": ").unwrap_or_else(|| panic!("no field: {line}")));
        Self(fields.map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
    }

    fn all(&self, key: &str) -> Vec<&str> {
        self.0.iter().filter(|(other, _)| other == key).map(|(_, value)| value.as_str()).collect()
    }

    fn one(&self, key: &str) -> &str {
        let [value] = self.all(key)[..] else { panic!("not one {key}") };
        value
    }

    fn number(&self, key: &str) -> u64 {
        self.one(key).parse().unwrap()
    }

    fn bytes(&self, key: &str) -> Vec<u8> {
        hex(self.one(key))
    }

    fn hash(&self, key: &str) -> TreeHash {
        TreeHash::parse_hex(self.one(key)).unwrap()
    }

    fn hashes(&self) -> Vec<TreeHash> {
        self.all("hash").iter().map(|hash| TreeHash::parse_hex(hash).unwrap()).collect()
    }
}

fn satisfied(judgement: PolicyJudgement) -> Outcome {
    match judgement.verdict {
        PolicyVerdict::Satisfied => Ok(()),
        PolicyVerdict::NotSatisfied { unmet } => {
            let words = unmet.iter().map(|party| {
                let (name, needed, present) = (&party.name, party.needed, party.present);
                format!("{name} needs {needed}, has {present}, missing {}", party.missing.join(" "))
            });
            Err(words.collect::<Vec<_>>().join("; ").into())
        }
    }
}

fn same(what: &str, ours: impl Display, theirs: &str) -> Outcome {
    let ours = ours.to_string();
    if ours == theirs { Ok(()) } else { Err(format!("{what} differs: {ours:?}, not {theirs:?}").into()) }
}

fn hex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2));
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn chain(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        words = format!("{words}: {cause}");
        next = cause.source();
    }
    words
}

#[test]
fn a_key_name_is_what_a_signature_line_can_carry() {
    assert!("ceasefire.example/log".parse::<KeyName>().is_ok());
    assert!("الهدنة.example".parse::<KeyName>().is_ok());
    for (text, at) in [("a b", 1), ("a+b", 1), ("\u{2003}", 0), ("é\u{85}", 2), ("ab\u{7f}", 2)] {
        assert_eq!(text.parse::<KeyName>(), Err(ceasefire_ledger::proof::ParseKeyNameError::Character { at }));
    }
}
