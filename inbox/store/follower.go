package store

import (
	"context"
	"fmt"
)

// IndexMessages takes up to limit messages from those that wait for it into the
// full-text index, oldest first, and returns how many it took. Several nodes
// may do so at once.
//
// What is indexed is capped: a tsvector holds 1 MiB, and nobody looks for a
// mail by its ten-thousandth line. Parts of an address are words of their own,
// so that "example" finds jane@example.com.
func (s *Store) IndexMessages(ctx context.Context, limit int) (int, error) {
	tag, err := s.pool.Exec(ctx, `
		WITH taken AS (
			DELETE FROM search_pending WHERE message_id IN (
				SELECT message_id FROM search_pending ORDER BY message_id LIMIT $1 FOR UPDATE SKIP LOCKED)
			RETURNING message_id
		)
		INSERT INTO message_search (message_id, at, words)
		SELECT m.id, least(m.sent_at, m.created_at),
			setweight(to_tsvector('simple', left(m.subject, 1000)), 'A') ||
			setweight(to_tsvector('simple', left(m.author_name, 200) || ' ' || left(m.author_address, 320) || ' ' ||
				translate(left(m.author_address, 320), '@.+-_', '     ')), 'B') ||
			to_tsvector('simple', left(coalesce(nullif(m.visible_text, ''), m.text), 50000)) ||
			array_to_tsvector(ARRAY(SELECT 'from:' || l FROM unnest(tsvector_to_array(to_tsvector('simple',
				left(m.author_name, 200) || ' ' || left(m.author_address, 320) || ' ' ||
				translate(left(m.author_address, 320), '@.+-_', '     ')))) l WHERE length(l) < 400)) ||
			array_to_tsvector(ARRAY(SELECT 'to:' || l FROM unnest(tsvector_to_array(to_tsvector('simple', left(coalesce((
				SELECT string_agg(coalesce(p->>'name', '') || ' ' || coalesce(p->>'address', '') || ' ' ||
					translate(coalesce(p->>'address', ''), '@.+-_', '     '), ' ')
				FROM jsonb_array_elements(coalesce(m.recipients->'to', '[]') || coalesce(m.recipients->'cc', '[]')) p), ''), 20000)))) l WHERE length(l) < 400)) ||
			array_to_tsvector(CASE WHEN EXISTS (SELECT FROM attachments a WHERE a.message_id = m.id AND NOT a.inline)
				THEN ARRAY['has:attachment'] ELSE '{}' END)
		FROM taken t JOIN messages m ON m.id = t.message_id WHERE `+lazily+`
		ON CONFLICT (message_id) DO UPDATE SET at = EXCLUDED.at, words = EXCLUDED.words`, limit)
	if err != nil {
		return 0, fmt.Errorf("index messages: %w", err)
	}
	return int(tag.RowsAffected()), nil
}
