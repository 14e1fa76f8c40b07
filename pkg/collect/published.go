package collect

import (
	"crypto/sha256"
	"encoding/hex"
)

// publishedDefault is a key, user name or password that a chart, an image or a
// sample has shipped: whoever reads its source knows it.
type publishedDefault struct {
	id     string // what a masked value carries
	what   string
	source string
}

// publishedDefaults are known by the SHA-256 of their value, in hex. Words such
// as "admin" are published only as credentials; where that counts is for a rule to say.
var publishedDefaults = map[string]publishedDefault{
	"b2f118c40ef943640d2d20929e4ed51cb40d731041d3c819b90f5160a8b45de5": {"community-fernet-key", "the User Community chart's default Fernet key", "airflow-helm/charts, values.yaml: airflow.fernetKey"},
	"ef07cceb7be20b013d6502b8bbc816b4b7267e047128ae64592034b2c36a1c3d": {"community-web-secret-key", "the User Community chart's default web secret key", "airflow-helm/charts, values.yaml: airflow.webserverSecretKey"},
	"81886cc4d79074f6e946934d4e9e9d6a2ef320041045a0bd3c36ab6939df37e8": {"puckel-fernet-key", "the Fernet key of puckel/docker-airflow", "puckel/docker-airflow, docker-compose files"},
	"71c4425c707c5277f895711a3bb584b04bb03c3596658368d3e6f9f2e4cb4414": {"airflow-ci-fernet-key", "the Fernet key of Airflow's own tests", "apache/airflow, scripts/in_container/airflow_ci.cfg"},
	"e0bfb701592614dd14e92d23039fe84ec9951167b183ff9c7d446aaa29429450": {"temporary-key", "Airflow's default web secret key up to 1.10.13", "apache/airflow, default_airflow.cfg: [webserver] secret_key"},
	"8c6976e5b5410415bde908bd4dee15dfb167a9c873fc4bb8a81f6f2ab448a918": {"admin", "the first user's name and password of both charts", "airflow-helm/charts airflow.users; apache/airflow createUserJob.defaultUser"},
	"a942b37ccfaf5a813b1432caa209a43b9d144e47ad0de1549c289c253e556cd5": {"postgres", "the official chart's database user and password", "apache/airflow, chart/values.yaml: data.metadataConnection"},
	"16df48936f837b402448fbbff41aaba51279da9c9b66d4b39412ab9d8237eedd": {"airflow", "the User Community chart's database and Redis password, and that of Airflow's Docker Compose file", "airflow-helm/charts postgresql.postgresqlPassword, redis.password; apache/airflow docker-compose.yaml"},
	"4813494d137e1631bba301d5acab6e7bb7aa74ce1185d456565ef51d737677b2": {"root", "the superuser that MySQL comes with, and its password in many samples", "https://dev.mysql.com/doc/refman/8.4/en/default-privileges.html"},
	"84983c60f7daadc1cb8698621f802c0d9f9a3c3c295c810748fb048115c186ec": {"guest", "RabbitMQ's default user and password", "https://www.rabbitmq.com/docs/access-control"},
	"8c358026867881867af1a597bc2845539880faab9608fe8d9271ebdb53528c73": {"community-replication-password", "the User Community chart's default replication password", "airflow-helm/charts, values.yaml: postgresql.replication.password"},
	"90b01d42fb4b752c7f646263658cbeb9ee9894b8829f84639c4aba2913f5fa19": {"bitnami-fernet-key", "the Fernet key of the bitnami chart's sample Secret", "bitnami/charts, airflow README"},
	"dd145d430fa425145a96ce0dd769d7895c4ba79a131df115e2e8fd7ebb22554f": {"bitnami-fernet-key", "the Fernet key of the bitnami chart's sample Secret", "bitnami/charts, airflow README"},
	"4a9e5c41c349551464beaee24bcc656524ded45e9628247b7396be8628e9f406": {"bitnami-fernet-key", "the Fernet key of the bitnami chart's sample Secret", "bitnami/charts, airflow README"},
	"a99b3ee2b8dcecb1f9e190f396dac654ba77100aabdf8abc67f7e999adcbdfb5": {"bitnami-secret-key", "the web secret key of the bitnami chart's sample Secret", "bitnami/charts, airflow README"},
	"b055b35785e0b9dee81fc3e9b7c59b9553d419c408e72f5fb4ac150a7c6ded25": {"bitnami-secret-key", "the web secret key of the bitnami chart's sample Secret", "bitnami/charts, airflow README"},
}

// maxPublished is longer than any published default, in bytes.
const maxPublished = 128

// publishedIDs are the published defaults that a value equals.
func publishedIDs(value string) []string {
	if value == "" || len(value) > maxPublished {
		return nil
	}
	sum := sha256.Sum256([]byte(value))
	var text [2 * sha256.Size]byte
	hex.Encode(text[:], sum[:])
	known, published := publishedDefaults[string(text[:])]
	if !published {
		return nil
	}
	return []string{known.id}
}
