// Command independent looks at the ledger with other people's code: Go's sumdb note and tlog, the proofs of
// transparency-dev, and transparency-dev's witness. Nothing in it is a translation of ours.
//
//	independent proofs                           checks proofs given as JSON, one a line
//	independent monitor URL VKEY STATE           follows the tiles at URL, from the size kept in the file STATE
//	independent witness SKEY LOG-VKEY            cosigns checkpoints of a log, and prints where and with which key
//
// Exit code 0: all is well. 1: something is wrong with the log, which is said. 2: it could not be asked.
package main

import (
	"errors"
	"fmt"
	"os"
)

// errWrong is wrapped by what is wrong with the log, and not with asking it.
var errWrong = errors.New("WRONG")

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		if errors.Is(err, errWrong) {
			os.Exit(1)
		}
		os.Exit(2)
	}
}

func run(arguments []string) error {
	switch {
	case len(arguments) == 1 && arguments[0] == "proofs":
		return checkProofs(os.Stdin, os.Stdout)
	case len(arguments) == 4 && arguments[0] == "monitor":
		return monitor(arguments[1], arguments[2], arguments[3], os.Stdout)
	case len(arguments) == 3 && arguments[0] == "witness":
		return serveWitness(arguments[1], arguments[2], os.Stdout)
	}
	return errors.New("one of: proofs | monitor URL VKEY STATE | witness SKEY LOG-VKEY")
}
