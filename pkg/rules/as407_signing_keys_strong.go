package rules

import (
	"fmt"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/secret"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var signingKeysStrong = &rule.Rule{
	ID:       "AS407",
	Slug:     "signing-keys-strong",
	Title:    "The keys that sign sessions and tokens are long enough, hard to guess, and shared where they must be",
	Why:      "Whoever guesses a key that signs makes a session as any user, a token as any task, and a request for any log. One signed cookie is enough to guess at leisure. Where components have different keys, people switch checks off to make it work again.",
	Fix:      "Make the web secret key with `openssl rand -hex 32` and the JWT key, which must have 64 bytes for HS512, with `openssl rand -hex 64`, keep both in Secrets, and give all components that need them the same.",
	Severity: rule.Medium,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Web"},
	Refs: []rule.Ref{
		owasp("K09"), mitre("T1550.001"), mitre("T1110.002"),
		airflowDocs("JWT token authentication", "security/jwt_token_authentication.html"),
		{Source: "RFC 7518", ID: "3.2", URL: "https://www.rfc-editor.org/rfc/rfc7518#section-3.2"},
	},
	Needs: snapshot.Workloads,
	Uses:  []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord},
	Check: checkSigningKeysStrong,
}

// shortestWebKey is what Airflow itself makes where none is given.
const shortestWebKey = 16

func checkSigningKeysStrong(p *rule.Pass) {
	checkSigningKey(p, keyPlaces(webKey(p), webKeyUsers), webSecretKey, shortestWebKey)
	if p.Airflow().Major >= 3 && !signsWithKeyPair(p) {
		checkSigningKey(p, keyPlaces(p.Settings("api_auth", "jwt_secret"), jwtUsers), jwtKey, shortestJWTKey(p))
	}
}

// signsWithKeyPair says that tokens are signed with a private key in a file, so that there is no secret to share.
func signsWithKeyPair(p *rule.Pass) bool {
	for _, s := range p.Settings("api_auth", "jwt_private_key_path") {
		if !s.Default && (!s.Known || s.Value != "") {
			return true
		}
	}
	return false
}

// shortestJWTKey is the size of the hash, as RFC 7518 asks; Airflow takes HS512 unless told otherwise.
func shortestJWTKey(p *rule.Pass) int {
	for _, s := range p.Settings("api_auth", "jwt_algorithm") {
		switch s.Value {
		case "HS256":
			return 32
		case "HS384":
			return 48
		}
	}
	return 64
}

func checkSigningKey(p *rule.Pass, places []keyPlace, c *credential, shortest int) {
	var first *keyPlace
	for i := range places {
		at := &places[i]
		if at.Default { // AS406 tells of keys that nobody set
			continue
		}
		p.Subjects++
		if isHidden(p, at.Setting) {
			continue
		}
		if !isPlaceholder(p, *at, c, "whoever guesses that has the key") {
			checkHardToGuess(p, *at, c, shortest)
		}
		switch {
		case first == nil:
			first = at
		case first.Value != at.Value:
			p.Report(keyFinding(p, *at, c, fmt.Sprintf("%s is another one %s than %s: what the one signs the other refuses",
				c.what, inComponents(at.components), inComponents(first.components))))
		}
	}
}

// checkHardToGuess looks for short keys, and for keys of words.
func checkHardToGuess(p *rule.Pass, at keyPlace, c *credential, shortest int) {
	switch {
	case sizeOf(at.Setting) < shortest:
		p.Report(keyFinding(p, at, c, fmt.Sprintf("%s is shorter than %d bytes", c.what, shortest)))
	case isOf(at, secret.Word):
		p.Report(keyFinding(p, at, c, c.what+" is long enough, but made of words, which lists of guesses hold"))
	}
}

// sizeOf is at most a value's length in bytes.
func sizeOf(s airflow.Setting) int {
	if masked, whole := snapshot.ParseMasked(s.Value); whole {
		return masked.Size
	}
	return len(s.Value)
}
