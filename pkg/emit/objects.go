package emit

import "github.com/airflowsec/kubectl-airflowsec/pkg/plan"

// Objects are what the stream applies: new objects whole, others as minimal
// apply configurations. Left are the steps that such objects cannot say.
func (f Form) Objects() (objects []map[string]any, left []plan.Dropped, err error) {
	all, err := f.whole()
	for _, o := range all {
		value, unsaid := o.applied()
		if left = append(left, unsaid...); value != nil {
			objects = append(objects, value)
		}
	}
	return objects, left, err
}
