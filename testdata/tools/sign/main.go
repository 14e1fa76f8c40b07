// Command sign clear-signs standard input with a key that it makes for the
// occasion, as gpg --clearsign does, and writes that key's public half to the
// file given as its only argument. Tests use it where a release uses gpg.
package main

import (
	"crypto"
	"fmt"
	"io"
	"os"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: sign <keyring to write> < message > signed")
		os.Exit(2)
	}
	if err := sign(os.Args[1], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "sign:", err)
		os.Exit(1)
	}
}

func sign(keyring string, message io.Reader, signed io.Writer) error {
	config := &packet.Config{DefaultHash: crypto.SHA512}
	key, err := openpgp.NewEntity("kubectl-airflowsec tests", "made for one test run", "tests@example.com", config)
	if err != nil {
		return err
	}
	if err := writePublic(keyring, key); err != nil {
		return err
	}
	text, err := clearsign.Encode(signed, key.PrivateKey, config)
	if err != nil {
		return err
	}
	if _, err := io.Copy(text, message); err != nil {
		return err
	}
	return text.Close()
}

func writePublic(name string, key *openpgp.Entity) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := key.Serialize(file); err != nil {
		return err
	}
	return file.Close()
}
