package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"skein/connectors"
	"skein/connectors/email"
	"skein/connectors/phone"
	"skein/connectors/shop"
	"skein/inbox"
)

const importUsage = "skein import eml PATH…, skein import mbox FILE… (- is the standard input), skein import calls FILE… or skein import orders FILE…"

// importMail brings history into an account: args are "eml PATH…" or "mbox
// FILE…". It ends with a line of counts. Breaking it off loses nothing, and
// running it again brings nothing twice: every mail keeps its event id.
func importMail(ctx context.Context, args []string, link connectors.Link, account connectors.Account, stdout io.Writer) error {
	if len(args) < 2 {
		return &inbox.Error{Code: inbox.Invalid, Message: "what to import is not named: " + importUsage}
	}
	opt := email.Options{Account: account, ReceivedAt: time.Now(), Lane: connectors.LaneBulk, Store: link.PutBody}
	if set, err := email.ParseSettings(account); err == nil {
		opt.AuthServID = set.AuthServID // history proves no more than live mail does
	}
	emit := func(item connectors.Inbound) error { return link.Publish(ctx, item) }
	began := time.Now()
	var counts email.Counts
	var err error
	switch kind, paths := args[0], args[1:]; kind {
	case "eml":
		counts, err = email.ImportEML(ctx, paths, opt, emit)
	case "mbox":
		for _, path := range paths {
			var c email.Counts
			c, err = importMbox(ctx, path, opt, emit)
			counts.Mails, counts.Bytes = counts.Mails+c.Mails, counts.Bytes+c.Bytes
			if err != nil {
				break
			}
		}
	default:
		return &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("%q cannot be imported: %s", kind, importUsage)}
	}
	for _, p := range counts.Problems {
		fmt.Fprintf(stdout, "not read: %s\n", p)
	}
	fmt.Fprintf(stdout, "%d mails imported (%d bytes), %d files not read, in %s\n",
		counts.Mails, counts.Bytes, counts.Failed, time.Since(began).Round(time.Millisecond))
	switch {
	case errors.Is(err, context.Canceled):
		return &inbox.Error{Code: inbox.Unavailable, Message: "broken off: run the same command again, what is in already is passed over"}
	case err != nil:
		return err
	case counts.Failed > 0:
		return &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("%d files could not be read; everything else is in", counts.Failed)}
	}
	return nil
}

// importCalls brings old calls into a telephone account, whose settings say what
// is in the columns: args are "calls FILE…". A line that can't be read is named,
// and the others are in.
func importCalls(ctx context.Context, args []string, link connectors.Link, account connectors.Account, stdout io.Writer) error {
	if len(args) < 2 {
		return &inbox.Error{Code: inbox.Invalid, Message: "what to import is not named: " + importUsage}
	}
	began := time.Now()
	var all phone.Counts
	for _, path := range args[1:] {
		counts, err := phone.ImportCSV(ctx, path, account, func(item connectors.Inbound) error { return link.Publish(ctx, item) })
		for _, b := range counts.Broken {
			fmt.Fprintf(stdout, "not read: %s, line %d: %s\n", path, b.Line, b.Reason)
		}
		all.Calls, all.Inside, all.Failed = all.Calls+counts.Calls, all.Inside+counts.Inside, all.Failed+counts.Failed
		switch {
		case errors.Is(err, context.Canceled):
			return &inbox.Error{Code: inbox.Unavailable, Message: "broken off: run the same command again, what is in already is passed over"}
		case err != nil:
			return err
		}
	}
	fmt.Fprintf(stdout, "%d lines on calls imported, %d among ourselves passed over, %d not read, in %s\n",
		all.Calls, all.Inside, all.Failed, time.Since(began).Round(time.Millisecond))
	if all.Failed > 0 {
		return &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("%d lines could not be read; everything else is in", all.Failed)}
	}
	return nil
}

// importOrders brings old orders into a shop's account: args are "orders FILE…",
// JSON or CSV. A line that can't be read is named, and the others are in.
func importOrders(ctx context.Context, args []string, link connectors.Link, account connectors.Account, stdout io.Writer) error {
	if len(args) < 2 {
		return &inbox.Error{Code: inbox.Invalid, Message: "what to import is not named: " + importUsage}
	}
	began := time.Now()
	orders, failed := 0, 0
	for _, path := range args[1:] {
		counts, err := importOrderFile(ctx, path, link, account)
		for _, b := range counts.Broken {
			fmt.Fprintf(stdout, "not read: %s, line %d: %s\n", path, b.Line, b.Reason)
		}
		orders, failed = orders+counts.Orders, failed+counts.Failed
		switch {
		case errors.Is(err, context.Canceled):
			return &inbox.Error{Code: inbox.Unavailable, Message: "broken off: run the same command again, what is in already is passed over"}
		case err != nil:
			return err
		}
	}
	fmt.Fprintf(stdout, "%d orders imported, %d lines not read, in %s\n", orders, failed, time.Since(began).Round(time.Millisecond))
	if failed > 0 {
		return &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("%d lines could not be read; everything else is in", failed)}
	}
	return nil
}

func importOrderFile(ctx context.Context, path string, link connectors.Link, account connectors.Account) (shop.Counts, error) {
	file, err := os.Open(path)
	if err != nil {
		return shop.Counts{}, &inbox.Error{Code: inbox.NotFound, Message: err.Error()}
	}
	defer file.Close()
	counts, err := shop.ImportOrders(ctx, file, account, func(item connectors.Inbound) error { return link.Publish(ctx, item) })
	if err != nil {
		return counts, fmt.Errorf("%s: %w", path, err)
	}
	return counts, nil
}

func importMbox(ctx context.Context, path string, opt email.Options, emit func(connectors.Inbound) error) (email.Counts, error) {
	if path == "-" {
		return email.ImportMbox(ctx, bufio.NewReader(os.Stdin), opt, emit)
	}
	file, err := os.Open(path)
	if err != nil {
		return email.Counts{}, &inbox.Error{Code: inbox.NotFound, Message: err.Error()}
	}
	defer file.Close()
	counts, err := email.ImportMbox(ctx, file, opt, emit)
	if err != nil {
		return counts, fmt.Errorf("%s: %w", path, err)
	}
	return counts, nil
}
