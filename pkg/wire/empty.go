package wire

import "slices"

// empty takes a slot's credential out of the values.
func (b *builder) empty(s slot) {
	for _, key := range s.clear {
		if b.holds([]string{key}) {
			b.setAny(key, "", "no longer in values: "+s.what, "AS402")
		}
	}
	for _, key := range s.dropped {
		if b.userHas(key) {
			b.setAny(key, nil, "no longer in values: "+s.what, "AS402")
		}
	}
}

// unused empties the user's credentials that no pod is given: of a store that is
// switched off, or of another version of Airflow. They stand in the values all the same.
func (b *builder) unused() {
	for _, s := range slots[b.m.Dialect] {
		isRead := func(k slotKey) bool { _, found, _ := k.find(b.m); return found }
		if (s.when == nil || s.when(b.m)) && slices.ContainsFunc(s.data, isRead) {
			continue
		}
		for _, key := range s.clear {
			text, _ := b.userValue(key).(string)
			if path := b.path(key); path == nil || text == "" || emptyText(text) || b.changed(path) {
				continue
			}
			b.setAny(key, "", "no longer in values: no pod is given it", "AS402")
			b.Notes = append(b.Notes, "Not moved, for no pod is given it: "+key+". It is taken out of the values all the same.")
		}
	}
}
