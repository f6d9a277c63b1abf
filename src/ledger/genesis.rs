//! The beginning of a ledger: its folder, its key, its first record.

use std::io;
use std::sync::Arc;

use super::folder::{Folder, Settings};
use super::writing::{Ledger, OpenError};
use crate::event::{Event, LedgerCreated, Recorder, SegmentSealed};
use crate::log::{
    AppendError as LogAppendError, DEFAULT_SEGMENT_BYTES, DiskStorage, LogSettings, LogWriter, NewBody,
    OpenError as LogOpenError, SealedSegment, Storage, StorageError, TornPolicy,
};
use crate::projection::layers::LayerPlan;
use crate::proof::{KeyName, SignatureType, SignerKey};
use crate::publication::PublishError;
use crate::record::Body;
use crate::rules::counting::COUNT_1;
use crate::rules::signing::SignaturePolicy;
use crate::vocab::{ActorId, Check, Clock, Code, Digest32, Fault, Label, Lang, Name, Names, Pointer, Text, ZonePolicy};

/// The version of the format of FORMAT.md.
pub const FORMAT_VERSION: u32 = 1;

/// The file of the log's signing key, under `keys/`.
pub const LOG_KEY_FILE: &str = "log.key";

/// What a new ledger is told of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Genesis {
    /// Its name in the world, such as `example.org/nk2020`.
    pub origin: Label,
    /// Who keeps it.
    pub recorder: Recorder,
    /// The zones that a time without a zone may be meant in.
    pub zones: ZonePolicy,
    /// What it is kept for.
    pub purpose: Option<Text>,
    /// The seed of the log's signing key; without one the ledger has no key.
    pub key_seed: Option<[u8; 32]>,
    /// A new segment starts once the last is longer than this many bytes.
    pub segment_bytes: u64,
    /// The projections settle into a layer every so many records.
    pub layer_records: u64,
    /// What must be signed.
    pub signatures: SignaturePolicy,
}

impl Genesis {
    /// A ledger kept by `recorder`, in UTC, without a key.
    ///
    /// # Errors
    /// A fault where the origin is not one line of plain text.
    pub fn new(origin: &str) -> Result<Self, Fault> {
        let origin = Label::new(origin)
            .map_err(|error| Fault::new(Code::BadText, Pointer::root().member("origin"), error.to_string()))?;
        let text = Label::new("Recorder").map_err(|e| Fault::new(Code::BadText, Pointer::root(), e.to_string()))?;
        let lang = Lang::new("en").map_err(|e| Fault::new(Code::BadLanguage, Pointer::root(), e.to_string()))?;
        let actor = ActorId::new("recorder").map_err(|e| Fault::new(Code::BadId, Pointer::root(), e.to_string()))?;
        let recorder = Recorder { actor, names: Names::new(vec![Name { lang, text }]) };
        Ok(Self {
            origin,
            recorder,
            zones: ZonePolicy::utc(),
            purpose: None,
            key_seed: None,
            segment_bytes: DEFAULT_SEGMENT_BYTES,
            layer_records: LayerPlan::STANDARD.records,
            signatures: SignaturePolicy::default(),
        })
    }

    fn event(&self) -> Result<LedgerCreated, CreateError> {
        let log_key = self.signer()?.map(|signer| signer.verifier().to_string());
        let log_key = log_key.map(|text| Label::new(&text)).transpose().map_err(|_| CreateError::Key)?;
        let event = LedgerCreated {
            origin: self.origin.clone(),
            format: FORMAT_VERSION,
            recorder: self.recorder.clone(),
            zones: self.zones.clone(),
            rules: Label::new(COUNT_1.name).map_err(|_| CreateError::Key)?,
            log_key,
            purpose: self.purpose.clone(),
        };
        let mut faults = Vec::new();
        event.check(&Pointer::root(), &mut faults);
        if faults.is_empty() { Ok(event) } else { Err(CreateError::Refused(faults)) }
    }

    fn signer(&self) -> Result<Option<SignerKey>, CreateError> {
        let Some(seed) = &self.key_seed else { return Ok(None) };
        let name: KeyName = self.origin.as_str().parse().map_err(|_| CreateError::Key)?;
        Ok(Some(SignerKey::from_seed(name, SignatureType::Ed25519, seed)))
    }
}

/// Says why a ledger could not be created.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreateError {
    /// What it was told contradicts itself.
    #[error("the new ledger is refused")]
    Refused(Vec<Fault>),
    /// There is a ledger already.
    #[error("there is a ledger here already")]
    Exists,
    /// The origin cannot be the name of a key.
    #[error("the origin cannot name a signing key")]
    Key,
    /// The folder could not be made.
    #[error("the folder could not be made")]
    Folder(#[from] io::Error),
    /// The log could not be made.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The log could not be opened.
    #[error(transparent)]
    Log(#[from] LogOpenError),
    /// The first record could not be written.
    #[error(transparent)]
    Append(#[from] LogAppendError),
    /// The first record could not be put into words.
    #[error(transparent)]
    Encode(#[from] serde_json::Error),
    /// The new ledger could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The first checkpoint could not be signed.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

impl Ledger {
    /// Creates a ledger in an empty or missing folder and opens it. Durable on return; `ledger.toml` is written last, so
    /// that a folder where this broke off is no ledger.
    ///
    /// # Errors
    /// [`CreateError`].
    pub fn create(folder: Folder, genesis: &Genesis, clock: Arc<dyn Clock>) -> Result<Self, CreateError> {
        if folder.holds_ledger() {
            return Err(CreateError::Exists);
        }
        let event = genesis.event()?;
        let by = event.recorder.actor.clone();
        let key = Label::new("genesis").map_err(|_| CreateError::Key)?;
        let body =
            Body { origin: genesis.origin.clone(), by: by.clone(), key, event: Event::from(event), sealed: None };
        folder.make()?;
        if let Some(signer) = genesis.signer()? {
            folder.write_secret(LOG_KEY_FILE, signer.to_secret_text().as_bytes())?;
        }
        let storage: Arc<dyn Storage> = Arc::new(DiskStorage::create(folder.log())?);
        let settings = LogSettings { segment_bytes: genesis.segment_bytes };
        let seal = sealer(genesis.origin.clone(), by);
        let mut opened = LogWriter::open(storage, settings, Arc::clone(&clock), seal, TornPolicy::Refuse)?;
        opened.writer.append(&[NewBody { body: &body.to_text()?, signature: None }])?;
        drop(opened);
        let (origin, segment_bytes) = (genesis.origin.to_string(), genesis.segment_bytes);
        let (layer_records, signatures) = (genesis.layer_records, genesis.signatures.clone());
        let settings = Settings { origin, format: FORMAT_VERSION, segment_bytes, layer_records, signatures };
        folder.write_settings(&settings)?;
        let mut ledger = Self::open(folder, clock)?;
        ledger.publish()?;
        Ok(ledger)
    }
}

/// Gives the body that opens each next segment.
pub(super) fn sealer(origin: Label, by: ActorId) -> Box<dyn Fn(&SealedSegment) -> String + Send> {
    Box::new(move |sealed| {
        let name = sealed.name.to_string();
        let event = Label::new(&name).ok().zip(Label::new(&format!("seal/{name}")).ok()).map(|(segment, key)| {
            let event = SegmentSealed {
                segment,
                first: sealed.first,
                last: sealed.last,
                bytes: sealed.bytes,
                blake3: Digest32::new(*sealed.blake3.as_bytes()),
            };
            Body { origin: origin.clone(), by: by.clone(), key, event: Event::from(event), sealed: None }
        });
        event.and_then(|body| body.to_text().ok()).unwrap_or_default()
    })
}

/// Reads a seal from the body that opens a segment.
#[must_use]
pub fn read_seal(body: &str) -> Option<SealedSegment> {
    let Event::SegmentSealed(event) = Body::read(body).ok()?.event else { return None };
    Some(SealedSegment {
        name: event.segment.as_str().parse().ok()?,
        first: event.first,
        last: event.last,
        bytes: event.bytes,
        blake3: event.blake3.to_string().parse().ok()?,
    })
}
