# Skein. `make` lists what there is; `make run` is all that a newcomer needs.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

GO ?= go
NPM ?= npm
ARGS ?=
EVAL ?=
ROUNDS ?= 20
FUZZTIME ?= 30s
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo; echo '  make run ARGS="--addr 127.0.0.1:9000" passes flags on, and so does SKEIN_ADDR=… make run.'

.PHONY: run
run: build ## build everything and run it with the demo shop
	@.ci/prepare postgres
	@exec bin/skein up --demo $(ARGS)

.PHONY: build
build: web bin/skein ## the web app and bin/skein

# The binary carries the web app, so it is made after it; Go knows what is fresh.
.PHONY: bin/skein
bin/skein:
	@$(GO) build -trimpath -o bin/skein ./cmd/skein

.PHONY: web
web: web/dist/index.html ## the web app alone

WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print 2>/dev/null)

web/dist/index.html: web/node_modules/.package-lock.json $(WEB_SOURCES)
	@cd web && $(NPM) run --silent build && touch dist/index.html dist/.keep

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	@cd web && $(NPM) ci --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: gen
gen: web/node_modules/.package-lock.json bin/skein ## the typed web client and the connectors' schemas, from the Go types
	@bin/skein openapi > web/inbox/src/api/openapi.json
	@bin/skein schema connectors/schema
	@cd web && $(NPM) run --silent gen

.PHONY: test
test: prepare build ## every test: Go with the race detector, web, and end to end in Chromium
	$(GO) test -race -shuffle=on -timeout 20m ./...
	$(GO) test -timeout 5m -run '^(TestCrowd|TestDeploy|TestFoldEqualsFetch)$$' ./realtime # in full, which takes too long with the race detector
	@$(MAKE) test-web

.PHONY: test-web
test-web: web/node_modules/.package-lock.json ## the web app's unit tests
	cd web && $(NPM) test --silent

.PHONY: e2e
e2e: build ## from a mailbox or a visitor through the browser and back, in Chromium
	$(GO) test ./cmd/skein -count=1 -run '^(TestEndToEnd|TestWidget|TestChatInBrowser)$$' -v

.PHONY: screenshots
screenshots: build ## pictures of every screen of the inbox over the demo shop, into shots/
	@.ci/prepare postgres chromium
	@SKEIN=bin/skein .ci/screenshots shots

.PHONY: prepare
prepare: ## install what the tests need, or name it
	@.ci/prepare postgres dovecot chromium platforms

.PHONY: lint
lint: web/node_modules/.package-lock.json ## gofmt, vet, staticcheck, eslint, tsc
	@bad=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$bad" ]; then echo "gofmt these: $$bad"; exit 1; fi
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	cd web && $(NPM) run --silent lint && npx --no-install tsc --noEmit

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME each
	@FUZZTIME=$(FUZZTIME) .ci/fuzz

.PHONY: crash
crash: ## kill -9 everything under load, ROUNDS times
	@$(GO) test -list '^TestCrash' ./cmd/skein/... | grep -q '^TestCrash' || { echo "there is no crash test"; exit 1; }
	SKEIN_CRASH_ROUNDS=$(ROUNDS) $(GO) test ./cmd/skein/... -count=1 -timeout 120m -run '^TestCrash' -v

.PHONY: bench
bench: bin/skein ## measure ingest, lists, counts, search, start
	bin/skein bench $(ARGS)

.PHONY: bench-large
bench-large: bin/skein ## the same at a million conversations, and the ratio
	bin/skein bench --large $(ARGS)

.PHONY: eval
eval: bin/skein ## measure answers against a folder of known cases, EVAL=DIR
	@[ -n "$(EVAL)" ] || { echo "make eval needs a folder: make eval EVAL=DIR"; exit 1; }
	@bin/skein eval $(EVAL) $(ARGS)

.PHONY: clean
clean: ## remove what was built; the data folder stays
	rm -rf bin .tools web/node_modules
	find web/dist -mindepth 1 ! -name .keep -delete
