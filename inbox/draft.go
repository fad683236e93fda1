package inbox

import (
	"strings"
	"time"
)

// A Draft is what an agent has begun to write in a conversation, on whatever
// device. It is the agent's own: of it, colleagues see no more than an [Offer].
type Draft struct {
	// Version is 0 while there was none, and grows with each change.
	Version int64        `json:"version"`
	Content DraftContent `json:"content"`
	At      time.Time    `json:"at" doc:"When it was changed"`
	// TakenBy is the name of the colleague who took this version over.
	TakenBy string `json:"takenBy,omitempty" doc:"The colleague who took this version over"`
}

// DraftContent is what a draft says. Of HTML nothing is believed: it is cleaned
// when a reply is made of it.
type DraftContent struct {
	Text        string       `json:"text" maxLength:"200000"`
	HTML        string       `json:"html" maxLength:"400000"`
	Note        string       `json:"note" maxLength:"200000" doc:"For the team"`
	Tab         string       `json:"tab" enum:"reply,note"`
	To          []Party      `json:"to,omitempty" maxItems:"100" doc:"Absent: whom the conversation suggests"`
	Cc          []Party      `json:"cc,omitempty" maxItems:"100"`
	Bcc         []Party      `json:"bcc,omitempty" maxItems:"100"`
	Account     AccountID    `json:"accountId,omitempty" maxLength:"40" doc:"By which it is to leave; absent: the conversation's"`
	Private     bool         `json:"private,omitempty" doc:"Of an answer to a public comment: only its writer is to get it"`
	Then        *Actions     `json:"then,omitempty" doc:"What is done with the conversation when it is sent"`
	Attachments []Attachment `json:"attachments,omitempty" maxItems:"100"`
	SeenSeq     int64        `json:"seenSeq" minimum:"0" doc:"The newest public message when it was begun"`
}

// Begun reports whether there are words of a reply in it.
func (d *DraftContent) Begun() bool { return strings.TrimSpace(d.Text) != "" }

// An Offer is a reply that a colleague began and left, and the way that it was to
// take. Notes, recipients and attachments stay the colleague's.
type Offer struct {
	AgentID AgentID   `json:"agentId"`
	Name    string    `json:"name"`
	Version int64     `json:"version"`
	Text    string    `json:"text"`
	HTML    string    `json:"html"`
	Account AccountID `json:"accountId,omitempty"`
	Private bool      `json:"private,omitempty"`
	SeenSeq int64     `json:"seenSeq"`
	At      time.Time `json:"at"`
}
