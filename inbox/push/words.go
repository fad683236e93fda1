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

// Digest is the mail to an agent who is away about what is unread, newest first,
// and how many more there are: a line each, with its address, and none of what was
// said. public is the address of the app.
func Digest(locale, public string, list []inbox.Notification, more int) (subject, text string) {
	one, several, end, rest := "1 unread notification", "%d unread notifications", "You get this while you are away. Change it at %s", "And %d more."
	if strings.HasPrefix(strings.ToLower(locale), "de") {
		one, several, end, rest = "1 ungelesene Benachrichtigung", "%d ungelesene Benachrichtigungen", "Das bekommst du, während du weg bist. Ändern kannst du es unter %s", "Und %d weitere."
	}
	if subject = one; len(list)+more > 1 {
		subject = fmt.Sprintf(several, len(list)+more)
	}
	var b strings.Builder
	for i := range list {
		title, _ := Words(locale, &list[i])
		fmt.Fprintf(&b, "%s\n%s/c/%d\n\n", title, public, list[i].Number)
	}
	if more > 0 {
		fmt.Fprintf(&b, rest+"\n\n", more)
	}
	fmt.Fprintf(&b, end+"\n", public+"/settings/notifications")
	return subject, b.String()
}
