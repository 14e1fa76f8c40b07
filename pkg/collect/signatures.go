package collect

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// ReadSignatures reads signatures on images and verifies each with one public
// key. It knows Sigstore's bundles and what `cosign download signature` prints.
// One that the key does not verify is an error: nobody asked for a guess.
func ReadSignatures(paths []string, keyPath string) ([]snapshot.Signature, error) {
	if len(paths) == 0 {
		return nil, nil
	}
	key, err := readPublicKey(keyPath)
	if err != nil {
		return nil, err
	}
	var out []snapshot.Signature
	for _, path := range paths {
		err := eachJSON(path, "", func(raw json.RawMessage, line int) error {
			digest, bad := verifiedDigest(raw, key)
			if bad != nil {
				bad.file, bad.line = path, line
				return bad
			}
			out = append(out, snapshot.Signature{Name: filepath.ToSlash(path), Key: filepath.ToSlash(keyPath), Digest: digest})
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func readPublicKey(path string) (crypto.PublicKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "PUBLIC KEY" {
		return nil, &inputError{file: path, problem: "is not a public key in PEM"}
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, &inputError{file: path, problem: "is not a public key that can be used"}
	}
	return key, nil
}

// signedImage is what is used of all forms.
// Sources: sigstore/protobuf-specs, sigstore_bundle.proto; cosign, specs/SIGNATURE_SPEC.md.
type signedImage struct {
	// cosign's own
	Base64Signature string
	Payload         string
	// a bundle
	DSSEEnvelope *struct {
		Payload     string
		PayloadType string
		Signatures  []struct{ Sig string }
	} `json:"dsseEnvelope"`
	MessageSignature *struct {
		MessageDigest struct{ Algorithm, Digest string }
		Signature     string
	} `json:"messageSignature"`
}

// verifiedDigest is the digest of the image that a signature is on, where the key verifies it.
func verifiedDigest(raw json.RawMessage, key crypto.PublicKey) (string, *inputError) {
	var s signedImage
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", &inputError{field: wrongField(err), problem: "has the wrong type"}
	}
	switch {
	case s.DSSEEnvelope != nil && len(s.DSSEEnvelope.Signatures) > 0:
		payload, sig, ok := decoded(s.DSSEEnvelope.Payload, s.DSSEEnvelope.Signatures[0].Sig)
		if !ok {
			return "", &inputError{field: "dsseEnvelope", problem: "is not base64"}
		}
		if !verifies(key, preAuth(s.DSSEEnvelope.PayloadType, payload), sig) {
			return "", notByKey()
		}
		return statementDigest(payload)
	case s.MessageSignature != nil:
		return messageDigest(s, key)
	case s.Base64Signature != "" && s.Payload != "":
		payload, sig, ok := decoded(s.Payload, s.Base64Signature)
		if !ok {
			return "", &inputError{field: "Payload", problem: "is not base64"}
		}
		if !verifies(key, payload, sig) {
			return "", notByKey()
		}
		return simpleDigest(payload)
	}
	return "", &inputError{problem: "is neither a Sigstore bundle nor a signature that cosign downloaded"}
}

func decoded(a, b string) (first, second []byte, ok bool) {
	first, err1 := base64.StdEncoding.DecodeString(a)
	second, err2 := base64.StdEncoding.DecodeString(b)
	return first, second, err1 == nil && err2 == nil
}

func notByKey() *inputError { return &inputError{problem: "is not a signature by this key"} }

// preAuth is what the signature of a DSSE envelope is over.
// Source: https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
func preAuth(kind string, payload []byte) []byte {
	return fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(kind), kind, len(payload), payload)
}

func verifies(key crypto.PublicKey, message, signature []byte) bool {
	if key, ok := key.(ed25519.PublicKey); ok {
		return ed25519.Verify(key, message, signature)
	}
	sum := sha256.Sum256(message)
	return verifiesSum(key, sum[:], signature)
}

func verifiesSum(key crypto.PublicKey, sum, signature []byte) bool {
	switch key := key.(type) {
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(key, sum, signature)
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum, signature) == nil || rsa.VerifyPSS(key, crypto.SHA256, sum, signature, nil) == nil
	}
	return false
}

// messageDigest: the signature is over the image's manifest, whose digest is the image's.
func messageDigest(s signedImage, key crypto.PublicKey) (string, *inputError) {
	m := s.MessageSignature
	sum, sig, ok := decoded(m.MessageDigest.Digest, m.Signature)
	if !ok || m.MessageDigest.Algorithm != "SHA2_256" || len(sum) != sha256.Size {
		return "", &inputError{field: "messageSignature", problem: "holds no SHA2_256 digest in base64"}
	}
	if !verifiesSum(key, sum, sig) {
		return "", notByKey()
	}
	return "sha256:" + hex.EncodeToString(sum), nil
}

var sha256Form = form{pattern.New(`^[0-9a-f]{64}$`), 64}

// statementDigest is the digest of the first subject of an in-toto statement.
func statementDigest(payload []byte) (string, *inputError) {
	var statement struct {
		Subject []struct{ Digest map[string]string }
	}
	if json.Unmarshal(payload, &statement) != nil || len(statement.Subject) == 0 || !sha256Form.MatchString(statement.Subject[0].Digest["sha256"]) {
		return "", &inputError{field: "dsseEnvelope.payload", problem: "names no image by its digest"}
	}
	return "sha256:" + statement.Subject[0].Digest["sha256"], nil
}

// simpleDigest is the digest in the payload of a container signature.
func simpleDigest(payload []byte) (string, *inputError) {
	var simple struct {
		Critical struct {
			Image struct {
				Digest string `json:"docker-manifest-digest"`
			}
		}
	}
	if json.Unmarshal(payload, &simple) == nil {
		if hash, found := strings.CutPrefix(simple.Critical.Image.Digest, "sha256:"); found && sha256Form.MatchString(hash) {
			return simple.Critical.Image.Digest, nil
		}
	}
	return "", &inputError{field: "Payload", problem: "names no image by its digest"}
}
