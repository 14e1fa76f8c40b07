package snapshot

// Backup is something that copies volumes or databases of the release's namespace.
type Backup struct {
	Ref Ref `json:"ref"`
	// Schedule says when, as cron does; empty where it does not recur, or not in such words.
	Schedule string `json:"schedule,omitempty"`
	// Paused ones make no copies.
	Paused bool `json:"paused,omitempty"`
	// Claims are the PersistentVolumeClaims of the namespace that it copies, sorted.
	Claims []string `json:"claims,omitempty"`
	// Cluster is the CloudNativePG cluster that it copies; empty for other things.
	Cluster string `json:"cluster,omitempty"`
	// Dumps says that its pods run a program that writes a database's content out.
	Dumps bool `json:"dumps,omitempty"`
	// Made is when a copy that does not recur was made, as RFC 3339; empty elsewhere.
	Made string `json:"made,omitempty"`
}
