package main

import (
	"testing"

	"skein/inbox"
)

// The pages are in the browser's language until the agent has chosen one, which
// holds on every device; changing it loses nothing that is being written; only the
// words of one language are loaded; and in the list, a conversation and the composer
// nothing is left in the other one.
func TestLanguageInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server, and a browser")
	}
	t.Parallel()
	n := startNode(t)
	ana := n.agent("ana", inbox.AgentRole, n.inboxes["support"].ID)
	n.mail("support", "The kettle leaks", "Cara Winter/cara@x.example", inbox.Proven, "Hello, about the kettle.")
	ana.find("The kettle leaks")
	n.inBrowser("language.mjs", "browser's agent's translated everywhere signed out")
}

// Every page of the settings, and of each what it leads to, says nothing in English
// to who reads German: the meanings of each channel's settings among it.
func TestSettingsInGerman(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server, and a browser")
	}
	t.Parallel()
	n := startNode(t)
	n.agent("ana", inbox.AdminRole)
	n.agent("ben", inbox.AgentRole, n.inboxes["support"].ID)
	n.inBrowser("settings.mjs", "translated")
}
