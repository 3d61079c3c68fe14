package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	height = 8
	width  = 1 << height
)

// state is what a monitor remembers: the last tree it has seen and found consistent with all before it.
type state struct {
	Size int64
	Root []byte
}

// monitor goes one round: it reads the newest checkpoint, has it proved by the tiles that it continues the one
// it knows, looks at every new record, and remembers the tree.
func monitor(url, vkey, path string, out io.Writer) error {
	key, err := note.NewVerifier(vkey)
	if err != nil {
		return err
	}
	known, err := remembered(path)
	if err != nil {
		return err
	}
	server := &tiles{url: url, client: &http.Client{Timeout: 30 * time.Second}}
	written, err := server.get("checkpoint")
	if err != nil {
		return err
	}
	found, _, _, err := log.ParseCheckpoint(written, key.Name(), key)
	if err != nil {
		return fmt.Errorf("%w: the checkpoint is not signed by the log: %v", errWrong, err)
	}
	tree := tlog.Tree{N: int64(found.Size), Hash: hashOf(found.Hash)}
	if err := continues(known, tree, server); err != nil {
		return err
	}
	records, err := newRecords(known.Size, tree, server)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d events, %d new ones; first record: %q\n", tree.N, len(records), first(records))
	return remember(path, state{Size: tree.N, Root: found.Hash})
}

// continues checks that a tree has the one before as its beginning. The tiles are checked against its root by
// the library that reads them: by x/mod v0.37 not all of them, so go.mod names a newer one.
func continues(known state, tree tlog.Tree, server *tiles) error {
	if tree.N < known.Size {
		return fmt.Errorf("%w: FORK: the log had %d events, and shows %d", errWrong, known.Size, tree.N)
	}
	if known.Size == 0 || tree.N == 0 {
		return nil
	}
	proof, err := tlog.ProveTree(tree.N, known.Size, tlog.TileHashReader(tree, server))
	if err != nil {
		return asWrong(err)
	}
	if err := tlog.CheckTree(proof, tree.N, tree.Hash, known.Size, hashOf(known.Root)); err != nil {
		return fmt.Errorf("%w: FORK: the log of %d events does not continue that of %d: %v", errWrong, tree.N, known.Size, err)
	}
	return nil
}

// newRecords returns the records after a size, each of which hashes to what the tree says of it.
func newRecords(after int64, tree tlog.Tree, server *tiles) ([][]byte, error) {
	var found [][]byte
	for index := after / width; index*width < tree.N; index++ {
		records, err := server.entries(index, min(width, tree.N-index*width))
		if err != nil {
			return nil, err
		}
		places := make([]int64, len(records))
		for n := range records {
			places[n] = tlog.StoredHashIndex(0, index*width+int64(n))
		}
		hashes, err := tlog.TileHashReader(tree, server).ReadHashes(places)
		if err != nil {
			return nil, asWrong(err)
		}
		for n, record := range records {
			position := index*width + int64(n) + 1
			if tlog.RecordHash(record) != hashes[n] {
				return nil, fmt.Errorf("%w: the record at position %d is not the one in the tree", errWrong, position)
			}
			if position > after {
				found = append(found, record)
			}
		}
	}
	return found, nil
}

func first(records [][]byte) string {
	if len(records) == 0 {
		return ""
	}
	return string(records[0][:min(18, len(records[0]))])
}

// tiles reads a log over HTTP in the layout of C2SP tlog-tiles.
type tiles struct {
	url    string
	client *http.Client
}

func (t *tiles) Height() int { return height }

// SaveTiles is what a cache would do; every tile is fetched anew.
func (t *tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (t *tiles) ReadTiles(asked []tlog.Tile) ([][]byte, error) {
	found := make([][]byte, len(asked))
	for n, tile := range asked {
		data, err := t.get(path(tile))
		if err != nil {
			return nil, err
		}
		if len(data) != tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%w: %s has %d bytes", errWrong, path(tile), len(data))
		}
		found[n] = data
	}
	return found, nil
}

// path returns where a tile is: as the library has it, without the height, and `entries` for its records.
func path(tile tlog.Tile) string {
	_, rest, _ := strings.Cut(strings.TrimPrefix(tile.Path(), "tile/"), "/")
	return "tile/" + strings.Replace(rest, "data/", "entries/", 1)
}

func (t *tiles) entries(index, count int64) ([][]byte, error) {
	data, err := t.get(path(tlog.Tile{H: height, L: -1, N: index, W: int(count)}))
	if err != nil {
		return nil, err
	}
	var records [][]byte
	for len(data) >= 2 {
		length := 2 + int(binary.BigEndian.Uint16(data))
		if len(data) < length {
			break
		}
		records, data = append(records, data[2:length]), data[length:]
	}
	if len(data) > 0 || int64(len(records)) != count {
		return nil, fmt.Errorf("%w: bundle %d holds %d records and %d bytes more", errWrong, index, len(records), len(data))
	}
	return records, nil
}

func (t *tiles) get(path string) ([]byte, error) {
	answer, err := t.client.Get(t.url + "/" + path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, answer.Status)
	}
	return io.ReadAll(answer.Body)
}

// asWrong tells what the library found to be inconsistent from what could not be fetched.
func asWrong(err error) error {
	if strings.Contains(err.Error(), "inconsistent") {
		return fmt.Errorf("%w: %v", errWrong, err)
	}
	return err
}

func remembered(path string) (known state, err error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return known, nil
	}
	if err != nil {
		return known, err
	}
	return known, json.Unmarshal(data, &known)
}

func remember(path string, known state) error {
	data, err := json.Marshal(known)
	if err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o600)
}
