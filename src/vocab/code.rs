//! Stable error codes: one for every way an input can be refused or a question can fail.
//!
//! A code is never reused and never changes its meaning; new ones are only added. `ceasefire explain-code CF0207`
//! prints the entry.

/// One entry of the code table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeEntry {
    /// The code, `CF` and four digits.
    pub id: &'static str,
    /// What it means, in one sentence.
    pub meaning: &'static str,
    /// What to do about it.
    pub hint: &'static str,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $meaning:literal, $hint:literal;)*) => {
        /// A stable error code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = $meaning] $name,)*
        }

        impl Code {
            /// Every code, in order of its number.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Gives the entry of the code table.
            #[must_use]
            pub const fn entry(self) -> CodeEntry {
                match self {
                    $(Self::$name => CodeEntry { id: $id, meaning: $meaning, hint: $hint },)*
                }
            }
        }
    };
}

codes! {
    NotUtf8 = "CF0101", "The input is not UTF-8 text.", "save the file as UTF-8 and try again";
    ByteOrderMark = "CF0102", "The input begins with a byte order mark.", "save the file as UTF-8 without a byte order mark";
    JsonSyntax = "CF0103", "The input is not well-formed JSON (or YAML).", "look at the place the arrow points to: a comma, a quote or a bracket is missing or too many";
    TrailingBytes = "CF0104", "Something stands after the end of the JSON value.", "one event per file, one line per record";
    DuplicateKey = "CF0105", "An object names the same member twice.", "keep one of the two; which one was meant cannot be guessed";
    FloatNumber = "CF0106", "A number has a fraction or an exponent.", "numbers are whole; a coordinate is in micro-degrees (40.6828 is 40682800)";
    IntegerTooLarge = "CF0107", "A whole number is beyond 2^53 − 1.", "no count of this field is that large; check the digits";
    TooDeep = "CF0108", "The JSON is nested more than 16 levels deep.", "no event needs that; flatten it";
    TextTooLong = "CF0109", "A text is longer than 16 KiB.", "keep the few words that matter as quote and add the document with `evidence`";
    RecordTooLong = "CF0110", "The record is longer than 65,535 bytes.", "split it into several reports";
    LoneSurrogate = "CF0111", "A \\u escape holds half of a surrogate pair.", "write the character itself in UTF-8";
    UnknownField = "CF0112", "A field is not part of this event type.", "`ceasefire schema TYPE` lists the fields";
    MissingField = "CF0113", "A field that must be there is missing.", "`ceasefire schema TYPE` lists the fields";
    WrongType = "CF0114", "A value has the wrong form for its field.", "`ceasefire schema TYPE` shows the form";
    UnknownChoice = "CF0115", "A code is not one of the codes of this field.", "choose one of the codes the message lists";
    EventHead = "CF0116", "An event does not begin with its type and version.", "in a record the event's first two members are \"type\" and \"v\"";
    UnknownEvent = "CF0117", "This program does not know the event type or version.", "it may come from a newer release: update before you write to this ledger";

    BadId = "CF0201", "An id is not an ASCII slug.", "use letters, digits, dot, hyphen and underscore, at most 64, starting with a letter or digit: nk-2020-10-10";
    BadName = "CF0202", "A name holds control or direction characters, or is not in Unicode normal form C.", "type the name again instead of pasting it";
    BadLanguage = "CF0203", "A language tag is not a BCP 47 tag.", "examples: en, ar, hy, az-Latn, und";
    BadTime = "CF0204", "A time could not be read.", "write 2020-10-17, 2020-10-17T18:04+04:00 or A/B for an interval";
    TimeOrder = "CF0205", "A time interval ends before it begins.", "swap the two, or leave out the one that is not known";
    BadQuantity = "CF0206", "A quantity's bounds do not fit its operator.", "examples: 13, >40, >=41, <5, ~20, 10-20, several, dozens, none, unknown";
    BoundsOrder = "CF0207", "A quantity's upper bound is below its lower bound.", "\"more than 40\" is {\"op\":\"more_than\",\"min\":40}; leave max out when it is not known";
    MixedUnits = "CF0208", "A part and its whole are counted in different units.", "a subset has the unit of what it is a part of";
    BadPlace = "CF0209", "A place holds nothing, or a coordinate outside the globe.", "give words, a registered place, or micro-degrees within ±90/±180 degrees";
    EmptyList = "CF0210", "A list that must hold something is empty.", "leave the field out when nothing is known";
    NothingSaid = "CF0211", "A report has a source but says nothing that happened.", "give one fact: what, where, when, how many, or who is accused";
    SourceMissing = "CF0212", "A report names no source.", "add --source ACTOR: who said so or who saw it";
    LevelWithoutAccused = "CF0213", "The attribution's level and its list of accused do not fit together.", "an accusing level needs an accused; none_stated and cannot_be_attributed have none";
    BadHash = "CF0214", "A hash is not 64 lower-case hexadecimal digits.", "copy it again from the receipt";
    SelfReference = "CF0215", "A record refers to itself, or joins a thing to itself.", "name two different things";
    BadKind = "CF0216", "A replacement is not of the type it replaces.", "retract the old record and report anew";
    BadText = "CF0217", "A short text is empty, too long, or holds control characters.", "keep it to one line of plain text";
    BadSegment = "CF0218", "An event that only the ledger itself writes was submitted.", "leave ledger.created, segment.sealed and projection.attested to the program";

    UnknownActor = "CF0301", "No actor is registered under this id.", "register it: ceasefire append actor ID --name en=…";
    UnknownPlace = "CF0302", "No place is registered under this id.", "register it: ceasefire append place ID --name en=…";
    UnknownCeasefire = "CF0303", "No ceasefire is recorded under this id.", "record it: ceasefire append agreement ID …";
    UnknownIncident = "CF0304", "No incident is reported under this id.", "report it first: ceasefire append violation --incident ID …";
    UnknownRecord = "CF0305", "No record stands at this position or under this key.", "`ceasefire log` lists the records";
    UnknownEvidence = "CF0306", "No evidence is recorded under this hash.", "add it first: ceasefire evidence add FILE";
    UnknownKey = "CF0307", "No submitter key is known under this id.", "`ceasefire key list` shows the keys";
    AlreadyRegistered = "CF0308", "The id is taken.", "choose another id, or correct the record that took it";
    Confusable = "CF0309", "The name looks the same as a registered one.", "use the registered actor, or spell the name in one script";
    NotCorrectable = "CF0310", "This record can not be corrected or retracted.", "append a new record that says what changed";
    AlreadyRetracted = "CF0311", "The record is retracted already.", "nothing to do; append a new report if it stands after all";
    WrongOrigin = "CF0312", "The record was made for another ledger.", "its origin must be this ledger's; it can not be moved";
    UnknownCounter = "CF0313", "A verification step refers to something that was never opened.", "open it first";

    Usage = "CF0401", "The command line could not be understood.", "ceasefire help VERB";
    NoLedger = "CF0402", "There is no ledger here.", "make one: ceasefire init DIR --origin example.org/name, or point to one with -L DIR";
    Locked = "CF0403", "Another program is writing to this ledger.", "wait for it to finish; reading works meanwhile";
    ExpectHead = "CF0404", "The ledger's head is not the one you expected.", "look at what was added (ceasefire log) and decide again";
    KeyReused = "CF0405", "The idempotency key was used before, for other content.", "choose a new key, or correct the earlier record";
    NotAllowed = "CF0406", "The submitter is not registered here.", "register the actor first, or submit --by another";
    LedgerExists = "CF0407", "There is a ledger here already.", "choose another folder";
    UnknownRules = "CF0408", "No rule set has this name.", "count/1 and literal/1 are the rule sets of this release";
    UnknownPerspective = "CF0409", "This ceasefire has no such perspective.", "a party's id, mediator, monitor or ledger";
    UnknownNumber = "CF0410", "No number is printed under this id.", "`ceasefire tally --json` lists the ids";
    BadKnownAt = "CF0411", "The known-at position or time lies outside the log.", "a position from 1 to the head's, a time, or leave it out for now";
    UnknownSchema = "CF0412", "There is no schema of this name.", "`ceasefire schema` lists the names";
    UnknownCode = "CF0413", "There is no such error code.", "codes look like CF0207";
    BatchTooLarge = "CF0414", "The import could not be taken as one batch.", "split the file";

    LogCorrupt = "CF0501", "The log was changed after it was written.", "keep every copy as it is and compare with another party's copy; nothing here can repair it";
    LogTorn = "CF0502", "The log ends in a half-written batch; the records before it are intact.", "ceasefire recover moves the torn end aside";
    NewerLog = "CF0503", "The log holds events that are newer than this program.", "update the program before writing";
    StorageFailed = "CF0504", "Reading or writing failed.", "check the disk; nothing was acknowledged";
    WriterPoisoned = "CF0505", "An earlier write failed, so this writer refuses work.", "open the ledger again; it is rescanned first";
    BadConfiguration = "CF0506", "ledger.toml could not be read.", "restore it from a copy; the log itself is not affected";
    RowsFailed = "CF0507", "The stored projections could not be read or written.", "ceasefire rebuild makes them anew from the log";
    ReferenceBroken = "CF0508", "A record refers to something that the log does not hold before it.", "the log was not written by a ledger that checks references";
    Interrupted = "CF0509", "Stopped by a signal.", "nothing half was written; run it again";

    BehindSigned = "CF0601", "The log is shorter than a checkpoint that was signed for it.", "an older copy was put back, or the end was cut off: put the newest copy of the log in its place (another party, a witness or a backup has it); if it is lost, begin a new ledger under a new origin, for going on here would fork what others have seen";
    ForkedLog = "CF0602", "The log holds other records than those that were signed.", "keep both copies as they are and compare with another party's; nothing more is signed for this log";
    CellUnreadable = "CF0603", "What was signed last cannot be told.", "put keys/last-signed back from a copy; if that is lost for good and the checkpoint file is whole, remove keys/last-signed: the checkpoint then stands for it";
    Equivocation = "CF0604", "Two different checkpoints of the same size were signed.", "keep both notes: together they are proof against whoever holds the key";
    LogKeyUnusable = "CF0605", "The log's signing key cannot be used.", "put the keys/log.key that belongs to record 1 back from a copy; if it is taken away, the ledger goes on without new checkpoints";
    NoCheckpoint = "CF0606", "There is no checkpoint.", "`ceasefire checkpoint` makes one where the log's key is";
    CheckpointUnreadable = "CF0607", "The checkpoint is damaged, or not one that the log's key signed.", "`ceasefire checkpoint` puts it right where the log's key is; elsewhere take it from another copy";
    NotCovered = "CF0608", "The checkpoint does not reach so far.", "`ceasefire checkpoint` makes a newer one where the log's key is";
    TilesDamaged = "CF0609", "The stored tiles do not come to the checkpoint.", "`ceasefire rebuild` makes them anew from the log";
    BadReceipt = "CF0610", "The file is no receipt.", "give the file that `append --receipt` or `receipt issue` wrote";
    UnknownLogKey = "CF0611", "Nobody said which key is the log's.", "give it with --log-key, from whoever keeps the ledger or from another party: without it anybody could have signed";
    ForeignCheckpoint = "CF0612", "The checkpoint is of another ledger, or signed with another key.", "compare the first line and the name behind the dash with the ledger's origin and log key";
    BadNote = "CF0613", "The file is no checkpoint.", "a checkpoint has three lines, an empty one, and at least one signature line";
    BadLogKey = "CF0614", "The log key could not be read.", "a log key looks like example.org/nk2020+ebd6d79a+AQOhB7…, as `ceasefire init` and `ceasefire checkpoint` print it";
    StateFailed = "CF0615", "What was seen of this log before could not be read.", "look at the file; if it is damaged, remove it: the next visit begins anew";
    ReceiptFalse = "CF0616", "The receipt is false.", "keep it as it is: it was changed, or the ledger never gave it out";
    SplitView = "CF0617", "This log is not the one that was seen under its name before.", "keep both notes; show them to the other parties: one of the two was withheld from somebody";
    BadSignature = "CF0621", "No key of the submitter in force made this signature over these bytes.", "the bytes or the signature were changed on the way, or it was signed with another key: sign it again";
    SignerUnknown = "CF0622", "No key known here made the signature.", "`ceasefire key list` shows the keys; the keeper adds one: ceasefire key add ID --actor … --public-key … --role …";
    SignerEnded = "CF0623", "The key that made the signature was not in force at that position.", "sign with the key that is: `ceasefire key list` shows it";
    SignerOfAnother = "CF0624", "The key that made the signature is not the submitter's.", "submit --by the key's owner, or sign with the submitter's own key; an organ's key does not sign for what it is a part of";
    SignerRole = "CF0625", "The key's roles do not let it sign such an event.", "page `signatures` lists what each role may sign; the keeper adds a key with another role";
    SignatureRequired = "CF0626", "This ledger does not take it unsigned.", "sign it: --key FILE; ledger.toml says what must be signed";
    KeysNotYours = "CF0627", "The keys are the recorder's to change; a key may hand over and revoke itself.", "sign with the key itself or with a key of the role recorder, or leave it to the recorder";
    NotYourRecord = "CF0628", "A record is mended by who submitted it, or by a key with the role recorder.", "ask its submitter or the recorder; to say that it is wrong, submit a response";
    UnusablePublicKey = "CF0629", "The text is not an Ed25519 public key.", "`ceasefire key public FILE` prints it: 44 characters of base64";
    PublicKeyTaken = "CF0630", "The public key is known here already.", "make a new key: ceasefire key new FILE; one that has ended never comes back";
    KeyEndedAlready = "CF0631", "The key has ended already.", "`ceasefire key list` shows how it ended; it is revoked again only with an earlier --suspect-since";
    KeyFileUnreadable = "CF0632", "The key file cannot be read or holds no Ed25519 private key.", "`ceasefire key new FILE` makes one; `openssl genpkey -algorithm ed25519 -out FILE` does too";
    KeyFileExists = "CF0633", "There is a file of this name already, and a key is never written over.", "choose another name";
    SubmissionUnreadable = "CF0634", "The line is not a signed submission.", "a signed submission is a DSSE envelope on one line; `ceasefire append … --sign-only` makes one";
    SigningIncomplete = "CF0635", "Something is missing that signing without a ledger needs.", "ceasefire append KIND … --sign-only --key FILE --origin NAME --by ACTOR";
    BadWitnessKey = "CF0641", "A witness's key, name or key file cannot be used.", "`ceasefire witness new FILE --name NAME` makes a key; its public half has the form name+8 digits+base64";
    BadPolicy = "CF0642", "A policy could not be read.", "`ceasefire witness policy --help` shows one";
    NoPolicy = "CF0643", "No policy says who must cosign this ledger.", "set one: ceasefire witness policy FILE";
    UnknownWitness = "CF0644", "The policy names no such witness.", "`ceasefire witness list` names the witnesses";
    WitnessSilent = "CF0645", "A witness gave no usable answer.", "try again later, or carry the request by hand: ceasefire witness request";
    WitnessRefused = "CF0646", "A witness refused to cosign.", "ask its operator why; if it knows another tree of this size, it has the evidence";
    WitnessAhead = "CF0647", "A witness knows more records than this ledger has.", "another copy of this ledger went on, or somebody else has its key; nothing smaller will be signed here any more";
    NotCosigned = "CF0648", "A signature in a witness's name is not its cosignature of this checkpoint.", "ask the witness again, and keep what it sent";
    MemorySetBack = "CF0649", "A witness does not remember what it cosigned.", "its operator gives the checkpoint back to it: ceasefire witness adopt NOTE";
    TwoHistories = "CF0650", "The log's key signed two histories.", "keep both notes and show them to everybody who relies on the log";
    BadRequestFile = "CF0651", "This is not a request, an answer or a note as C2SP tlog-witness has them.", "make it anew with ceasefire witness request; a copied text must keep every line and its last line end";
    UnknownLog = "CF0653", "The witness does not know this log.", "its operator adds the log's public key with --log";
    NotSignedByLog = "CF0654", "A checkpoint is not signed by the log it names.", "compare the log's public key with the one its keeper gave out";
    NotShownToContinue = "CF0655", "A checkpoint is not shown to continue what the witness cosigned.", "if the request was made for this witness, its log was changed; keep the request";
    MemoryDamaged = "CF0656", "A witness's memory is damaged.", "restore the folder from a copy, then adopt the newest note it cosigned: ceasefire witness adopt";
    OtherStart = "CF0657", "The request starts from another size than the witness knows.", "give the answer to `ceasefire witness take` and make the request anew";
    BadEvidence = "CF0658", "A file is no evidence against the log.", "it proves nothing about the log whose key you gave";
    CannotListen = "CF0659", "The witness cannot listen on its address.", "choose another with --listen";
    NotSealedThere = "CF0661", "A digest is not among the sealed fields of the record that is named.", "`ceasefire seal list SEQ` shows what the record seals";
    AlreadyErased = "CF0662", "A sealed field was erased.", "what was erased is gone: it can be neither shown, handed over nor erased again";
    FieldWithheld = "CF0663", "A sealed field is withheld.", "`ceasefire seal release` says that it may be shown again, and why";
    NotWithheld = "CF0664", "A sealed field is not withheld.", "nothing to release";
    SealedLength = "CF0665", "A sealed list has not 4, 8, 16 or 32 digests.", "leave `sealed` out and hand in the values under `private`: the ledger seals them";
    BadPrivate = "CF0666", "The private part of a submission could not be read.", "an object of fields: {\"witness\":{\"name\":\"…\"}}, or --private witness.name=@FILE";
    TooManyPrivate = "CF0667", "A submission has more than 32 private fields.", "put what belongs together into one field, or into several records";
    PrivateUncertain = "CF0668", "Whether a private part is the one that was sealed before cannot be told.", "hand it in under a new key, or bring the vault and its key back";
    VaultKeyMissing = "CF0669", "The vault key is not here, or is another.", "bring keys/vault.key back; without it nothing sealed can be opened";
    VaultDamaged = "CF0670", "The vault holds something else than was stored.", "the log is not concerned; bring vault/ and keys/vault/ back from a copy";
    SealedUndisclosed = "CF0671", "A submission holds digests of sealed fields, and not what they stand for.", "hand in the values under `private`: the ledger seals them";
    UnknownSealedField = "CF0672", "A record has no such sealed field.", "`ceasefire show SEQ --private` lists the fields for whoever holds the vault key";
    BadDisclosureFile = "CF0673", "The file is no file of handed over fields.", "`ceasefire unseal SEQ --field NAME … -o FILE` makes one";
    NotSealedHere = "CF0674", "A disclosure is not what this record sealed.", "it was changed, or belongs to another record or field";
    WithheldOrLost = "CF0675", "A sealed field is not in the vault, and no record says that it was erased.", "it is withheld here or lost; look in another copy of vault/ and keys/vault/";
    ErasurePending = "CF0676", "A recorded erasure is not carried out yet.", "mend what the note says; the next command that writes carries it out";
    OutputExists = "CF0677", "The file to be written exists.", "choose another name";
    EvidenceAltered = "CF0681", "The stored bytes of a piece of evidence are not what its record says.", "keep what lies there as it is; adding the original again restores it: ceasefire evidence add FILE";
    EvidenceMissing = "CF0682", "The bytes of a piece of evidence are not stored here.", "ask its holder (ceasefire evidence show HASH) for the file and add it again";
    AmbiguousEvidence = "CF0683", "Several pieces of evidence begin with these digits.", "type more digits; `ceasefire evidence list` shows them";
    FileExists = "CF0684", "The file to be written is there already.", "choose another name, or move the old file away";
    TimestampUnusable = "CF0685", "A timestamp reply or a certificate is none, or the reply does not show what it is said to show.", "`ceasefire evidence timestamp --help` says what is checked; `openssl ts -reply -in FILE -text` shows a reply";
    BundleParts = "CF0686", "The parts do not make an evidence bundle.", "every disclosure must belong to a chosen record; choose that record too";
    NotAProof = "CF0687", "The file is neither an evidence bundle nor a proof nor a receipt.", "`ceasefire export bundle`, `ceasefire prove` and `ceasefire receipt issue` make them";

    RowTooLong = "CF0701", "A row of the file is longer than 1 MiB or has more than 16,384 columns.", "a quote that is opened and never closed makes one row of the rest of the file; otherwise take out the columns that are not needed";
    RaggedRow = "CF0702", "A row has more or fewer cells than the header.", "a cell that holds a comma must stand in quotes";
    BadHeader = "CF0703", "The file's header is not one that this format has.", "check the format's name, and that the first line names the columns";
    RowTwice = "CF0704", "Two rows of the file have the same id and say different things.", "give each row an id of its own, or take one of the two out";
    RowChanged = "CF0705", "A row that was imported before reads differently now.", "if the source published it anew, import the file with --series NAME: the change is recorded as a correction";
    MostlyMissing = "CF0706", "Most rows of the series are missing from this file.", "is it the same series? --missing keep takes a part of it; --missing retract says that those rows are gone";
    BadCell = "CF0707", "A cell does not have the form that its column has.", "mend the cell; the manual page on imports gives the form of each column";
    BadArchive = "CF0708", "The compressed file is damaged or is not one.", "fetch the file again";
    CannotCorrect = "CF0709", "A row of the series stands for something else now, and the earlier record can be neither corrected nor retracted.", "registered names stay; give the row another id";
    FormulaCell = "CF0710", "A cell holds a formula.", "paste the values over the formulas; or formulas = \"value\" in the mapping takes what the sheet last computed";
    BadWorkbook = "CF0711", "The workbook cannot be read.", "save it anew as .xlsx";
    WorkbookTooLarge = "CF0712", "The workbook unpacks to more than can be meant.", "save the sheet as CSV";
    BadMapping = "CF0713", "The mapping cannot be understood.", "the manual page on imports has every key of a mapping; ceasefire map suggest FILE writes a first one";
    UnknownWord = "CF0714", "A word or spelling is not among those of the mapping.", "add it to the mapping";
    ImpossibleDate = "CF0715", "A date has the form of one, and no calendar has it.", "mend the cell; or impossible = \"keep\" under `[dates]` keeps its words with the month it names";
    AmbiguousDate = "CF0716", "A date can be read in two ways.", "leave only one of the two forms under `[dates]`";
    RowsDiffer = "CF0717", "Rows that make one record say different things.", "mend one of them; or pick = \"first\" or \"last\" in the mapping says which is meant";
    GroupApart = "CF0718", "Rows that make one record do not stand together.", "sort the file by the columns of the id";
    PersonalColumn = "CF0719", "The mapping reads a field that says who sent a form in.", "take the field out of the mapping; where it is meant, list it under personal";
    NoPublicationAxis = "CF0720", "This verb does not answer on the publication axis.", "leave --published-by out; state, tally, incident, counters, report, export and the questions take it";
    NotPublished = "CF0721", "The record had not been published by the moment asked about.", "leave --published-by out to see what is recorded";
    PublishedBefore = "CF0722", "A later publication of the series was imported before this one.", "import the publications of a series in the order in which they came out; or record what differed as corrections, each with its date";
    SheetFull = "CF0723", "A sheet of a workbook cannot hold so many rows.", "export csv, or fewer incidents: --from and --to";
    Untranslatable = "CF0724", "A record cannot be written so that another ledger takes it in.", "ceasefire show SEQ --raw prints it as it stands; export bundle takes it away with its proof";

    Internal = "CF0900", "This is a bug.", "please report it with the command you ran";
}

impl Code {
    /// Gives the code's text, such as `CF0207`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        self.entry().id
    }

    /// Finds a code by its text, whatever the case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.id().eq_ignore_ascii_case(text))
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_in_order() {
        assert!(Code::ALL.windows(2).all(|pair| pair[0].id() < pair[1].id()));
    }

    #[test]
    fn a_code_is_found_by_its_text() {
        assert_eq!(Code::parse("cf0207"), Some(Code::BoundsOrder));
        assert_eq!(Code::parse("CF9999"), None);
    }
}
