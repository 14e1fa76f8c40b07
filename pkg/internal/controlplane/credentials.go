package controlplane

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Admin is the user that may do everything (group system:masters).
const Admin = "admin"

// The control plane's own users. They are apart from Admin so that the audit
// log holds what tests ask for and not what keeps the cluster going.
const (
	controllersUser = "controllers"
	schedulerUser   = "scheduler"
	kwokUser        = "kwok"
)

// leastGroup is a group that nothing is granted to.
const leastGroup = "least"

// writeCredentials fills dir with a certificate authority (ca.crt), the API
// server's certificate (api.crt, api.key), the key that signs ServiceAccount
// tokens (accounts.key) and the token file (tokens.csv). It returns the token of
// each user.
func writeCredentials(dir string, least int) (map[string]string, error) {
	if err := writeCertificates(dir); err != nil {
		return nil, err
	}
	if _, err := newKey(filepath.Join(dir, "accounts.key")); err != nil {
		return nil, err
	}
	groups := map[string]string{}
	for _, user := range []string{Admin, controllersUser, schedulerUser, kwokUser} {
		groups[user] = "system:masters"
	}
	for i := range least {
		groups[fmt.Sprintf("least-%d", i+1)] = leastGroup
	}
	tokens := map[string]string{}
	var file strings.Builder
	for user, group := range groups {
		secret := make([]byte, 16)
		_, _ = rand.Read(secret) // never fails
		tokens[user] = hex.EncodeToString(secret)
		fmt.Fprintf(&file, "%s,%s,%s,%s\n", tokens[user], user, user, group)
	}
	return tokens, os.WriteFile(filepath.Join(dir, "tokens.csv"), []byte(file.String()), 0o600)
}

func writeCertificates(dir string) error {
	authorityKey, err := newKey(filepath.Join(dir, "ca.key"))
	if err != nil {
		return err
	}
	serverKey, err := newKey(filepath.Join(dir, "api.key"))
	if err != nil {
		return err
	}
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "airflowsec test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	if err := sign(filepath.Join(dir, "ca.crt"), authority, authority, authorityKey, authorityKey); err != nil {
		return err
	}
	server := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "kube-apiserver"},
		NotBefore: authority.NotBefore, NotAfter: authority.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"localhost", "kubernetes.default.svc"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv4(10, 96, 0, 1)},
	}
	return sign(filepath.Join(dir, "api.crt"), server, authority, serverKey, authorityKey)
}

func newKey(path string) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	bytes, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: bytes}), 0o600)
}

func sign(path string, subject, issuer *x509.Certificate, key, issuerKey *ecdsa.PrivateKey) error {
	bytes, err := x509.CreateCertificate(rand.Reader, subject, issuer, &key.PublicKey, issuerKey)
	if err != nil {
		return err
	}
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: bytes}), 0o600)
}

// writeKubeconfig writes a kubeconfig for one user. The server must be https:
// clients do not send a token otherwise.
func writeKubeconfig(path, server, user, token string, authority []byte) error {
	text := fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: %[2]s
contexts: [{name: %[2]s, context: {cluster: test, user: %[2]s}}]
users: [{name: %[2]s, user: {token: %[3]s}}]
clusters: [{name: test, cluster: {server: %[1]q, certificate-authority-data: %[4]q}}]
`, server, user, token, base64.StdEncoding.EncodeToString(authority))
	return os.WriteFile(path, []byte(text), 0o600)
}
