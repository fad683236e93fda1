package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"skein/connectors"
	"skein/connectors/phone"
	"skein/inbox"
	"skein/inbox/identity"
)

// explainedCall is what Skein makes of the lines of a file that tell of one call,
// as `skein explain calls` prints it; or of a line that can't be read.
type explainedCall struct {
	File string `json:"file"`
	ID   string `json:"id,omitempty"`
	// Customer is who it is with, "" for who hides the number; Key is by what
	// that number is matched.
	Customer string      `json:"customer"`
	Key      string      `json:"key"`
	Call     *inbox.Call `json:"call,omitempty"`

	Line    int    `json:"line,omitempty"`
	Problem string `json:"problem,omitempty"`
}

const explainCallsUsage = `skein explain calls [flags] FILE…

Prints one JSON object a line: each call that a file tells of, its lines put
together, then each line that can't be read. Nothing is stored.

  --settings FILE  those of the account: what its columns are, its zone, its numbers
  --format NAME    or a format that is known: asterisk (the default), freeswitch, 3cx, …
  --zone NAME      with --format: the time zone of its times
  --region XX      the country in which its numbers are read, such as AT`

// explainCalls explains files of calls.
func explainCalls(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("explain calls", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	settings, format := flags.String("settings", "", ""), flags.String("format", "asterisk", "")
	zone, region := flags.String("zone", "", ""), flags.String("region", "", "")
	var files []string
	for len(args) > 0 {
		if err := flags.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				fmt.Fprintln(stdout, explainCallsUsage)
				return err
			}
			return &usageError{"skein explain calls: " + err.Error()}
		}
		if args = flags.Args(); len(args) > 0 {
			files, args = append(files, args[0]), args[1:]
		}
	}
	if len(files) == 0 {
		return &inbox.Error{Code: inbox.Invalid, Message: "explain what? give it files of calls: skein explain calls Master.csv"}
	}
	account := connectors.Account{ID: explainAccount, Channel: inbox.Phone, Region: *region}
	if *settings != "" {
		raw, err := os.ReadFile(*settings)
		if err != nil {
			return invalid("--settings can't be read: %v", err)
		}
		account.Settings = raw
	} else {
		known := map[string]any{"provider": phone.CSV, "format": *format, "zone": *zone}
		raw, err := json.Marshal(known)
		if err != nil {
			return err
		}
		account.Settings = raw
	}
	out := json.NewEncoder(stdout)
	out.SetEscapeHTML(false)
	for _, path := range files {
		if err := explainCallsOf(ctx, path, account, out); err != nil {
			return err
		}
	}
	return nil
}

func explainCallsOf(ctx context.Context, path string, account connectors.Account, out *json.Encoder) error {
	var order []string
	calls := map[string]*explainedCall{}
	counts, err := phone.ImportCSV(ctx, path, account, func(in connectors.Inbound) error {
		e := calls[in.Call.ID]
		if e == nil {
			e = &explainedCall{File: path, ID: in.Call.ID, Call: &inbox.Call{}}
			calls[in.Call.ID], order = e, append(order, in.Call.ID)
		}
		word := in.Call.Call
		word.ExternalID = in.Call.ID
		call := e.Call.Later(word)
		e.Call = &call
		if e.Customer == "" {
			e.Customer, e.Key = in.Sender.Address, identity.Key(inbox.PhoneNumber, in.Sender.Address, account.Region)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, id := range order {
		if err := out.Encode(calls[id]); err != nil {
			return err
		}
	}
	for _, b := range counts.Broken {
		if err := out.Encode(explainedCall{File: path, Line: b.Line, Problem: b.Reason}); err != nil {
			return err
		}
	}
	return nil
}
