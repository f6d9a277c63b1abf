// Reads a ledger's published files with the packages that Go itself uses for its checksum database.
//
//	reader LEDGER LOG-KEY [PROOF]
//
// Nothing of the ledger's own code is used: the signed note, the tiles, the proofs and the roots are read, made and
// checked by golang.org/x/mod/sumdb/{note,tlog}. Every record line of the log must be a leaf, in its place. PROOF is a
// consistency proof as `ceasefire prove --from` writes it. Exit code 0: everything holds; 1: something does not.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Tiles of C2SP tlog-tiles are 256 hashes wide.
const height = 8

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: reader LEDGER LOG-KEY [PROOF]")
		os.Exit(2)
	}
	if err := check(os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		fmt.Println("does not hold:", err)
		os.Exit(1)
	}
}

func check(ledger, key string, proofs []string) error {
	signed, err := os.ReadFile(filepath.Join(ledger, "checkpoint"))
	if err != nil {
		return err
	}
	origin, tree, err := openCheckpoint(signed, key)
	if err != nil {
		return err
	}
	hashes := tlog.TileHashReader(tree, tilesOn{filepath.Join(ledger, "tiles")})
	records, err := recordLines(ledger)
	if err != nil {
		return err
	}
	if int64(len(records)) != tree.N {
		return fmt.Errorf("%d records were signed, %d are here", tree.N, len(records))
	}
	roots := map[int64]tlog.Hash{}
	for i, line := range records {
		at := int64(i)
		proof, err := tlog.ProveRecord(tree.N, at, hashes)
		if err != nil {
			return fmt.Errorf("record %d: %w", at+1, err)
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, at, tlog.RecordHash(line)); err != nil {
			return fmt.Errorf("record %d: %w", at+1, err)
		}
		if roots[at+1], err = tlog.TreeHash(at+1, hashes); err != nil {
			return fmt.Errorf("root of %d records: %w", at+1, err)
		}
		longer, err := tlog.ProveTree(tree.N, at+1, hashes)
		if err != nil {
			return fmt.Errorf("from %d records: %w", at+1, err)
		}
		if err := tlog.CheckTree(longer, tree.N, tree.Hash, at+1, roots[at+1]); err != nil {
			return fmt.Errorf("from %d records: %w", at+1, err)
		}
	}
	for _, path := range proofs {
		if err := checkProofFile(path, key, tree, roots); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	fmt.Printf("%s: %d records, %d inclusion and %d consistency proofs made from the tiles and checked, %d proof files\n",
		origin, tree.N, tree.N, tree.N, len(proofs))
	return nil
}

// The note is opened by Go; the three lines of a checkpoint are read here (C2SP tlog-checkpoint).
func openCheckpoint(signed []byte, key string) (string, tlog.Tree, error) {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return "", tlog.Tree{}, err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return "", tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 {
		return "", tlog.Tree{}, errors.New("the note is no checkpoint")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return "", tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return lines[0], tlog.Tree{N: size, Hash: root}, err
}

// A proof as a witness takes it: "old N", hashes, an empty line, the checkpoint (C2SP tlog-witness).
func checkProofFile(path, key string, tree tlog.Tree, roots map[int64]tlog.Hash) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	head, signed, found := bytes.Cut(data, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	old, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "old "), 10, 64)
	if !found || err != nil {
		return errors.New("is no consistency proof")
	}
	_, said, err := openCheckpoint(signed, key)
	if err != nil {
		return err
	}
	if said != tree {
		return errors.New("is about another checkpoint")
	}
	proof := tlog.TreeProof{}
	for _, line := range lines[1:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return err
		}
		proof = append(proof, hash)
	}
	return tlog.CheckTree(proof, tree.N, tree.Hash, old, roots[old])
}

// tilesOn reads tiles from a folder. Go's own paths name the height; those of C2SP do not.
type tilesOn struct{ folder string }

func (tilesOn) Height() int { return height }

func (on tilesOn) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	read := make([][]byte, len(tiles))
	for i, tile := range tiles {
		path := "tile/" + strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", height))
		data, err := os.ReadFile(filepath.Join(on.folder, path))
		if err != nil {
			return nil, err
		}
		read[i] = data
	}
	return read, nil
}

func (tilesOn) SaveTiles([]tlog.Tile, [][]byte) {}

func recordLines(ledger string) ([][]byte, error) {
	segments, err := filepath.Glob(filepath.Join(ledger, "log", "*.jsonl"))
	if err != nil {
		return nil, err
	}
	sort.Strings(segments)
	var records [][]byte
	for _, segment := range segments {
		data, err := os.ReadFile(segment)
		if err != nil {
			return nil, err
		}
		records = append(records, bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\n"))...)
	}
	return records, nil
}
