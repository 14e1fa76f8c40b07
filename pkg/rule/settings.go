package rule

import (
	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Env is the value of one environment variable in a container, wherever it
// comes from. It is false where nothing sets the variable.
func (p *Pass) Env(w *airflow.Workload, container, name string) (airflow.Setting, bool) {
	p.readsConfiguration()
	return p.model.Env(w, container, name)
}

// Environment are the values of all environment variables of a container, by
// name; nobody changes the list. complete is false where a source of variables could not be read.
func (p *Pass) Environment(w *airflow.Workload, container string) (list []airflow.Setting, complete bool) {
	p.readsConfiguration()
	return p.model.Environment(w, container)
}

// SettingIn is the value that one container gives an option. It is false where
// there is no such container, or this Airflow has no such option.
func (p *Pass) SettingIn(w *airflow.Workload, container, section, key string) (airflow.Setting, bool) {
	p.readsConfiguration()
	return p.model.SettingIn(w, container, section, key)
}

// WebserverConfig are the values that webserver_config.py gives one of its
// names; none where no such file is mounted or the file leaves the name alone.
func (p *Pass) WebserverConfig(name string) []airflow.Setting {
	p.readsConfiguration()
	return p.model.WebserverConfig(name)
}

// WebserverFiles are the webserver_config.py that web components mount, one for each workload.
func (p *Pass) WebserverFiles() []airflow.WebserverFile {
	p.readsConfiguration()
	return p.model.WebserverFiles()
}

// StoreURL reads the URL of a database or broker that a setting holds. It is
// false where the setting holds none, or one whose host is masked.
func (p *Pass) StoreURL(s airflow.Setting) (airflow.StoreURL, bool) {
	p.readsConfiguration()
	p.reads = append(p.reads, snapshot.Service)
	return p.model.StoreURL(s)
}

// Upstream is where a PgBouncer finds the database, as far as its configuration tells.
func (p *Pass) Upstream(w *airflow.Workload) airflow.StoreURL {
	p.readsConfiguration()
	p.reads = append(p.reads, snapshot.Service)
	return p.model.Upstream(w)
}

// VolumeFile finds a file by its name in a workload's volumes; false where none can hold it.
func (p *Pass) VolumeFile(w *airflow.Workload, name string) (airflow.File, bool) {
	p.readsConfiguration()
	return p.model.VolumeFile(w, name)
}

// Reachable is a values key as this release's values spell it; empty where its chart has no such key.
func (p *Pass) Reachable(key string) string { return p.model.Reachable(key) }

// readsConfiguration notes the kinds that configuration can stand in.
func (p *Pass) readsConfiguration() {
	p.reads = append(p.reads, snapshot.Workloads...)
	p.reads = append(p.reads, snapshot.Secret)
}
