package push

import (
	"cmp"
	"fmt"
	"strings"

	"skein/inbox"
)

// Words say what a notification is about, on one line, in the language of the
// agent; and more, of what was said and by whom.
func Words(locale string, n *inbox.Notification) (title, more string) {
	words := map[inbox.NotificationKind][2]string{
		inbox.AssignmentNotice: {"%s gave you #%d", "#%d was given to you"},
		inbox.MentionNotice:    {"%s mentioned you in #%d", "You were mentioned in #%d"},
		inbox.MessageNotice:    {"%s wrote in #%d", "New message in #%d"},
	}
	if strings.HasPrefix(strings.ToLower(locale), "de") {
		words = map[inbox.NotificationKind][2]string{
			inbox.AssignmentNotice: {"%s hat dir #%d gegeben", "#%d wurde dir zugewiesen"},
			inbox.MentionNotice:    {"%s hat dich in #%d erwähnt", "Du wurdest in #%d erwähnt"},
			inbox.MessageNotice:    {"%s hat in #%d geschrieben", "Neue Nachricht in #%d"},
		}
	}
	with := words[n.Kind]
	if n.By.Kind == inbox.ByAgent && n.By.Name != "" { // customers' names are for who chose to have the words
		title = fmt.Sprintf(with[0], n.By.Name, n.Number)
	} else {
		title = fmt.Sprintf(with[1], n.Number)
	}
	more = cmp.Or(n.Text, n.Subject)
	if n.By.Kind != inbox.ByAgent && n.Customer != "" {
		more = strings.TrimSpace(n.Customer + ": " + more)
	}
	return title, more
}
