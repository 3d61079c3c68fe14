// Command test-vault is the Vault server that the tests of the keyring talk to, built from its published source.
package main

import (
	"os"

	"github.com/hashicorp/vault/command"
)

func main() {
	os.Exit(command.Run(os.Args[1:]))
}
