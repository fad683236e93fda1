package store

// TimelineSQL gives tests the queries of the timeline, to look at their plans.
func (s *Store) TimelineSQL() map[string]string {
	all := map[string]string{}
	for _, source := range timelineSources {
		all[source.name] = source.sql
	}
	return all
}

// What its plan is asked for.
const (
	DeliverOnce = deliverOnce
	Ordered     = ordered
)
