package secret

// kind is a documented shape of credential: what it begins with, and what follows.
type kind struct {
	id       string
	what     string
	prefixes []string
	// body are the characters that follow, and how many of them at least and at most.
	body     alphabet
	min, max int
	source   string
}

// kinds are the shapes that begin with a text made for being found. A row
// needs a public source that names prefix and length.
var kinds = []kind{
	{"github-token", "a GitHub token", []string{"ghp_", "gho_", "ghu_", "ghs_", "ghr_"}, letters | digits, 36, 251, "https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/"},
	{"github-token", "a GitHub token", []string{"github_pat_"}, letters | digits | underscore, 82, 82, "https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github"},
	{"gitlab-token", "a GitLab token", []string{"glpat-", "gldt-", "glrt-", "glrtr-", "glcbt-", "glptt-", "glft-", "glimt-", "glagent-", "gloas-", "glsoat-", "glffct-"}, letters | digits | underscore | dash | dot, 20, 120, "https://docs.gitlab.com/security/tokens/#token-prefixes"},
	{"bitbucket-token", "a Bitbucket app password", []string{"ATBB"}, letters | digits, 32, 32, "https://support.atlassian.com/bitbucket-cloud/docs/app-passwords/"},
	{"atlassian-token", "an Atlassian API token", []string{"ATATT3", "ATCTT3"}, letters | digits | underscore | dash | equals, 150, 250, "https://support.atlassian.com/atlassian-account/docs/manage-api-tokens-for-your-atlassian-account/"},
	{"slack-token", "a Slack token", []string{"xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xoxe.xoxp-", "xoxe.xoxb-", "xapp-"}, letters | digits | dash, 24, 260, "https://docs.slack.dev/authentication/tokens"},
	{"aws-access-key-id", "an AWS access key ID", []string{"AKIA", "ASIA"}, upper | digits, 16, 16, "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html"},
	{"gcp-api-key", "a Google API key", []string{"AIza"}, letters | digits | underscore | dash, 35, 35, "https://cloud.google.com/docs/authentication/api-keys"},
	{"google-oauth-secret", "a Google OAuth client secret", []string{"GOCSPX-"}, letters | digits | underscore | dash, 28, 28, "https://developers.google.com/identity/protocols/oauth2"},
	{"google-access-token", "a Google access token", []string{"ya29."}, letters | digits | underscore | dash | dot, 40, 1200, "https://developers.google.com/identity/protocols/oauth2"},
	{"stripe-key", "a Stripe key", []string{"sk_live_", "rk_live_", "sk_test_", "rk_test_"}, letters | digits, 24, 247, "https://docs.stripe.com/keys"},
	{"stripe-webhook-secret", "a Stripe webhook secret", []string{"whsec_"}, letters | digits, 32, 64, "https://docs.stripe.com/webhooks"},
	{"sendgrid-key", "a SendGrid API key", []string{"SG."}, letters | digits | underscore | dash | dot, 66, 66, "https://www.twilio.com/docs/sendgrid/ui/account-and-settings/api-keys"},
	{"npm-token", "an npm token", []string{"npm_"}, letters | digits, 36, 36, "https://github.blog/changelog/2021-09-23-npm-has-a-new-access-token-format/"},
	{"pypi-token", "a PyPI token", []string{"pypi-"}, letters | digits | underscore | dash, 85, 600, "https://pypi.org/help/#apitoken"},
	{"databricks-token", "a Databricks token", []string{"dapi", "dose"}, hexadecimal | dash, 32, 34, "https://docs.databricks.com/aws/en/dev-tools/auth/pat"},
	{"vault-token", "a Vault token", []string{"hvs.", "hvb.", "hvr."}, letters | digits | underscore | dash, 24, 400, "https://developer.hashicorp.com/vault/docs/concepts/tokens#token-prefixes"},
	{"huggingface-token", "a Hugging Face token", []string{"hf_"}, letters | digits, 34, 40, "https://huggingface.co/docs/hub/security-tokens"},
	{"docker-token", "a Docker access token", []string{"dckr_pat_", "dckr_oat_"}, letters | digits | underscore | dash, 24, 40, "https://docs.docker.com/security/access-tokens/"},
	{"openai-key", "an OpenAI API key", []string{"sk-proj-", "sk-svcacct-", "sk-admin-"}, letters | digits | underscore | dash, 40, 200, "https://platform.openai.com/docs/api-reference/authentication"},
	{"anthropic-key", "an Anthropic API key", []string{"sk-ant-"}, letters | digits | underscore | dash, 80, 120, "https://docs.anthropic.com/en/api/overview"},
	{"digitalocean-token", "a DigitalOcean token", []string{"dop_v1_", "doo_v1_", "dor_v1_"}, hexadecimal, 64, 64, "https://docs.digitalocean.com/reference/api/create-personal-access-token/"},
	{"grafana-token", "a Grafana token", []string{"glsa_", "glc_"}, letters | digits | underscore | slash | plus | equals, 32, 400, "https://grafana.com/docs/grafana/latest/administration/service-accounts/"},
	{"newrelic-key", "a New Relic key", []string{"NRAK-", "NRRA-"}, upper | digits | hexadecimal, 27, 42, "https://docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys/"},
	{"sentry-token", "a Sentry token", []string{"sntrys_", "sntryu_"}, letters | digits | underscore | dash | plus | slash | equals, 40, 400, "https://docs.sentry.io/account/auth-tokens/"},
	{"heroku-key", "a Heroku API key", []string{"HRKU-"}, letters | digits | underscore | dash, 36, 64, "https://devcenter.heroku.com/articles/oauth"},
	{"pulumi-token", "a Pulumi token", []string{"pul-"}, hexadecimal, 40, 40, "https://www.pulumi.com/docs/pulumi-cloud/access-management/access-tokens/"},
	{"doppler-token", "a Doppler token", []string{"dp.pt.", "dp.st.", "dp.sa.", "dp.ct."}, letters | digits | underscore | dash | dot, 40, 80, "https://docs.doppler.com/docs/service-tokens"},
	{"dynatrace-token", "a Dynatrace token", []string{"dt0c01.", "dt0s01."}, upper | digits | dot, 89, 89, "https://docs.dynatrace.com/docs/manage/identity-access-management/access-tokens-and-oauth-clients/access-tokens"},
	{"tailscale-key", "a Tailscale key", []string{"tskey-"}, letters | digits | dash, 20, 80, "https://tailscale.com/kb/1085/auth-keys"},
	{"planetscale-token", "a PlanetScale password or token", []string{"pscale_pw_", "pscale_tkn_"}, letters | digits | underscore | dash | dot, 32, 64, "https://planetscale.com/docs/concepts/connection-strings"},
	{"linear-key", "a Linear API key", []string{"lin_api_"}, letters | digits, 40, 40, "https://linear.app/developers/graphql"},
	{"postman-key", "a Postman API key", []string{"PMAK-"}, hexadecimal | dash, 59, 59, "https://learning.postman.com/docs/developer/postman-api/authentication/"},
	{"rubygems-key", "a RubyGems API key", []string{"rubygems_"}, hexadecimal, 48, 48, "https://guides.rubygems.org/api-key-scopes/"},
	{"shopify-token", "a Shopify token", []string{"shpat_", "shpss_", "shpca_", "shppa_"}, hexadecimal, 32, 32, "https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens"},
	{"snowflake-token", "a Snowflake session token", []string{"ver:1-hint:", "ver:3-hint:"}, letters | digits | dash | plus | slash | equals, 40, 600, "https://docs.snowflake.com/en/developer-guide/sql-api/authenticating"},
	{"age-key", "an age private key", []string{"AGE-SECRET-KEY-1"}, upper | digits, 58, 58, "https://github.com/C2SP/C2SP/blob/main/age.md"},
}

// words name the kinds that are told by more than a prefix.
var words = map[string]string{
	PrivateKey:             "a private key",
	URLPassword:            "a password in a URL",
	Assignment:             "a written-out password or key",
	"jwt":                  "a signed token (JWT)",
	"gcp-service-account":  "the key of a Google service account",
	"azure-storage-key":    "an Azure connection string with its key",
	"azure-sas":            "an Azure signature (SAS)",
	"azure-client-secret":  "a Microsoft Entra client secret",
	"slack-webhook":        "a Slack webhook",
	"discord-webhook":      "a Discord webhook",
	"docker-registry-auth": "a container registry's login",
	"vault-legacy-token":   "a Vault token",
	"telegram-token":       "a Telegram bot token",
	"terraform-token":      "a Terraform Cloud token",
}

// The kinds that rules ask for by name.
const (
	PrivateKey  = "private-key"
	URLPassword = "url-password"
	Assignment  = "assignment"
)

// The marks of texts that are no kind of credential by their shape.
const (
	// Harmless texts hold no secret wherever they stand: references, templates, placeholders, paths, public keys.
	Harmless = "harmless"
	// Word is a name, a number or a few words: a credential only where nothing else can stand.
	Word = "word"
	// Random looks like what a generator of keys makes.
	Random = "random"
)
