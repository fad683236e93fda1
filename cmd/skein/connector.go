package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"

	"skein/cmd/skein/local"
	"skein/connectors"
	"skein/connectors/chat"
	"skein/connectors/email"
	"skein/connectors/phone"
	"skein/connectors/shop"
	"skein/connectors/social"
	"skein/inbox"
	"skein/inbox/bus"
)

// A built is a connector that this program holds: how it is made, and what its
// accounts are asked for.
type built struct {
	make func(link *bus.Link, publicURL string, log *slog.Logger) connectors.Connector
	form connectors.Form
}

// builtin are the connectors by channel: `skein connector` runs one, `skein up`
// all.
var builtin = map[inbox.Channel]built{
	inbox.Email: {
		make: func(link *bus.Link, _ string, log *slog.Logger) connectors.Connector {
			return email.New(email.Config{PutBody: link.PutBody, Ask: link.Ask, Log: log})
		},
		form: email.Form(),
	},
	inbox.Phone: {
		make: func(_ *bus.Link, _ string, log *slog.Logger) connectors.Connector {
			return phone.New(phone.Config{Log: log})
		},
		form: phone.Form(),
	},
	inbox.Shop: {
		make: func(_ *bus.Link, _ string, log *slog.Logger) connectors.Connector {
			return shop.New(shop.Config{Log: log})
		},
		form: shop.Form(),
	},
	inbox.Chat: {
		make: func(link *bus.Link, _ string, log *slog.Logger) connectors.Connector {
			return chat.New(chat.Config{Secret: link.Derive("chat sessions"), Log: log})
		},
		form: chat.Form(),
	},
	inbox.Social: {
		make: func(link *bus.Link, publicURL string, log *slog.Logger) connectors.Connector {
			return social.New(social.Config{Secret: link.Derive("files that platforms fetch"), PublicURL: publicURL, Log: log})
		},
		form: social.Form(),
	},
}

// builtinNames are their names, in order.
func builtinNames() []string {
	var names []string
	for channel := range builtin {
		names = append(names, string(channel))
	}
	slices.Sort(names)
	return names
}

// connector is the command of a sidecar. It knows NATS and one service's
// protocol, and nothing else of Skein.
func connector(ctx context.Context, e *env) error {
	name, err := subcommand(e, "connector", builtinNames()...)
	if err != nil {
		return err
	}
	if len(e.args) > 0 {
		return &usageError{fmt.Sprintf("skein connector %s takes no %q: its settings come from the server", name, e.args[0])}
	}
	channel := inbox.Channel(name)
	cred, ctx, err := credentialOf(ctx, e)
	if err != nil {
		return err
	}
	key, err := bus.ParseChannelKey(cred.Key)
	if err != nil {
		return err
	}
	log := e.log.With("connector", name)
	nc, err := bus.ConnectLink(cred.URL, cred.Creds, channel, log)
	if err != nil {
		return err
	}
	defer nc.Close()
	link, err := bus.NewLink(nc, bus.LinkConfig{Channel: channel, Key: key, Log: log})
	if err != nil {
		return err
	}
	publicURL := strings.TrimRight(e.getenv("SKEIN_PUBLIC_URL"), "/")
	return connectors.Run(ctx, connectors.Config{
		Link: link, Log: log, Connector: builtin[channel].make(link, publicURL, log),
		Listen: e.getenv("SKEIN_CONNECTOR_LISTEN"), Advertise: e.getenv("SKEIN_CONNECTOR_ADVERTISE"),
		PublicURL: publicURL,
	})
}

// credentialOf reads what the sidecar is told. When it came by the pipe of
// `skein up` the context that is returned ends with that pipe: a child outlives
// its parent by nothing.
func credentialOf(ctx context.Context, e *env) (local.Credential, context.Context, error) {
	if !local.IsSidecar() {
		cred, err := credentialFromEnv(e)
		return cred, ctx, err
	}
	cred, ended, err := local.ReadCredential()
	if err != nil {
		return cred, nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	go func() { // ends with the parent
		<-ended
		cancel()
	}()
	return cred, ctx, nil
}

func credentialFromEnv(e *env) (local.Credential, error) {
	cred := local.Credential{URL: e.getenv("SKEIN_NATS_URL"), Key: e.getenv("SKEIN_CHANNEL_KEY")}
	file := e.getenv("SKEIN_NATS_CREDS")
	switch {
	case cred.URL == "":
		return cred, invalid("SKEIN_NATS_URL is not set: a connector needs nats://host:4222, SKEIN_NATS_CREDS and SKEIN_CHANNEL_KEY; skein up runs its own by itself")
	case file == "":
		return cred, invalid("SKEIN_NATS_CREDS is not set: name the connector's credentials file")
	case cred.Key == "":
		return cred, invalid("SKEIN_CHANNEL_KEY is not set: it opens the secrets of the channel's accounts")
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return cred, invalid("SKEIN_NATS_CREDS can't be read: %v", err)
	}
	cred.Creds = string(raw)
	return cred, nil
}
