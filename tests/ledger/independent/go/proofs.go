package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/tlog"
)

// question is a proof of ours. Of an inclusion proof, Record is the leaf at Index; of a consistency proof,
// OldRoot is that of the tree of Old leaves.
type question struct {
	Kind    string
	Size    uint64
	Root    []byte
	Index   uint64
	Record  []byte
	Old     uint64
	OldRoot []byte
	Proof   [][]byte
}

// checkProofs answers each line of questions with one line: `yes`, or what is wrong. Two libraries must agree.
func checkProofs(in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			return err
		}
		byMerkle, byTlog := checkByMerkle(asked), checkByTlog(asked)
		switch {
		case (byMerkle == nil) != (byTlog == nil):
			return fmt.Errorf("%w: two libraries disagree: %v, %v", errWrong, byMerkle, byTlog)
		case byMerkle != nil:
			fmt.Fprintln(out, "no")
		default:
			fmt.Fprintln(out, "yes")
		}
	}
	return lines.Err()
}

func checkByMerkle(asked question) error {
	if asked.Kind == "inclusion" {
		leaf := rfc6962.DefaultHasher.HashLeaf(asked.Record)
		return proof.VerifyInclusion(rfc6962.DefaultHasher, asked.Index, asked.Size, leaf, asked.Proof, asked.Root)
	}
	return proof.VerifyConsistency(rfc6962.DefaultHasher, asked.Old, asked.Size, asked.Proof, asked.OldRoot, asked.Root)
}

func checkByTlog(asked question) error {
	hashes := make([]tlog.Hash, len(asked.Proof))
	for n, each := range asked.Proof {
		copy(hashes[n][:], each)
	}
	size, root := int64(asked.Size), hashOf(asked.Root)
	if asked.Kind == "inclusion" {
		return tlog.CheckRecord(hashes, size, root, int64(asked.Index), tlog.RecordHash(asked.Record))
	}
	return tlog.CheckTree(hashes, size, root, int64(asked.Old), hashOf(asked.OldRoot))
}

func hashOf(data []byte) (hash tlog.Hash) {
	copy(hash[:], data)
	return hash
}
