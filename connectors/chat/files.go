package chat

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// fileMeta is a file as its visitor is told of it.
type fileMeta struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"`
	Size int64  `json:"size"`
}

// visitor returns whose request it is, by the session's token.
func (h *hub) visitor(r *http.Request) (pass, error) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	p, good := h.seal.openPass(token, h.now())
	if !ok || !good {
		return p, &inbox.Error{Code: inbox.Unauthorized, Message: "the session's token is not ours, or has expired"}
	}
	return p, nil
}

// takeFile takes a file that goes with a message to come. Its bytes wait in the
// channel's transit, and what the visitor gets is a signed note of where.
func (h *hub) takeFile(w http.ResponseWriter, r *http.Request, source netip.Addr) {
	p, err := h.visitor(r)
	if err != nil {
		fail(w, err, 0)
		return
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		kind = "application/octet-stream"
	}
	name, err := url.PathUnescape(r.Header.Get("X-File-Name"))
	if err != nil {
		name = ""
	}
	if name = line(path.Base(strings.ReplaceAll(name, `\`, "/")), 200); name == "" || name == "." || name == "/" {
		name = "file"
	}
	limit := h.set.Files.MaxBytes
	switch {
	case h.set.Files.Refused:
		err = &inbox.Error{Code: inbox.Forbidden, Message: "this chat takes no files"}
	case !h.set.Files.takes(kind):
		err = &inbox.Error{Code: inbox.Forbidden, Message: "files of this type are not taken"}
	case r.ContentLength > limit:
		err = tooLarge(limit)
	case r.ContentLength < 0:
		err = &inbox.Error{Code: inbox.Invalid, Message: "the file's length is missing"}
	}
	if err != nil {
		fail(w, err, 0)
		return
	}
	h.mu.Lock()
	is := h.sessions[p.Session]
	if is == nil {
		is = &session{id: p.Session, sockets: map[*socket]bool{}}
		h.sessions[p.Session] = is
	}
	late := is.uploads.take(uploadRate, 1, h.now())
	h.mu.Unlock()
	if late == 0 {
		late = h.c.sources.upload(source, max(1, r.ContentLength), h.now())
	}
	if late > 0 {
		fail(w, tooMany, late)
		return
	}
	body, err := h.keep(r, kind, limit)
	if err != nil {
		if inbox.CodeOf(err) == inbox.Unavailable {
			h.log.Warn("a visitor's file is not taken", "error", err)
		}
		fail(w, err, 10*time.Second)
		return
	}
	u := upload{Session: p.Session, Name: name, Type: kind, Size: body.Size, SHA256: body.SHA256, Ref: body.Ref, Expires: h.now().Add(uploadLife).Unix()}
	answerJSON(w, http.StatusCreated, fileMeta{h.seal.seal("upload", u), name, kind, body.Size})
}

func tooLarge(limit int64) error {
	return &inbox.Error{Code: inbox.TooLarge, Message: "the file is too large: at most " + strconv.FormatInt(limit>>20, 10) + " MiB"}
}

// keep brings a file's bytes to transit, past the scanner where there is one.
// What it looks like must be of the type that it is said to be, where that can be
// told.
func (h *hub) keep(r *http.Request, kind string, limit int64) (connectors.Body, error) {
	head := bufio.NewReaderSize(http.MaxBytesReader(nil, r.Body, limit), 1024)
	start, err := head.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return connectors.Body{}, readError(err, limit)
	}
	if seems := http.DetectContentType(start); len(start) > 0 && lies(kind, seems) {
		return connectors.Body{}, &inbox.Error{Code: inbox.Forbidden, Message: "the file is not what its name says"}
	}
	var in io.Reader = head
	var scan *scanner
	if h.set.Scan != "" {
		if scan, err = dialScanner(r.Context(), h.set.Scan); err != nil {
			return connectors.Body{}, err
		}
		defer scan.close()
		in = io.TeeReader(head, scan)
	}
	body, err := h.in.PutBody(r.Context(), in)
	if err != nil {
		return body, readError(err, limit)
	}
	if scan != nil {
		if err := scan.verdict(); err != nil {
			if inbox.CodeOf(err) == inbox.Forbidden {
				h.in.Reject(h.account, &inbox.Error{Code: inbox.Forbidden, Message: "a visitor's file was refused: something harmful was found in it"})
			}
			return body, err // the bytes in transit are named to nobody, and fade
		}
	}
	return body, nil
}

func readError(err error, limit int64) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge(limit)
	}
	return err
}

// lies reports whether bytes that look like one type can't be of another. Only
// what a browser might run or show counts.
func lies(kind, seems string) bool {
	seems, _, _ = strings.Cut(seems, ";")
	switch {
	case seems == kind, seems == "application/octet-stream":
		return strings.HasPrefix(kind, "image/") && seems == "application/octet-stream" && !unknownImage[kind]
	case seems == "text/plain":
		return strings.HasPrefix(kind, "image/") && kind != "image/svg+xml" || kind == "application/pdf"
	case strings.HasPrefix(seems, "text/html"), seems == "text/xml":
		return kind != "text/html" && kind != "text/xml" && kind != "application/xml" && kind != "image/svg+xml" && kind != "text/plain"
	case strings.HasPrefix(kind, "image/"):
		return !strings.HasPrefix(seems, "image/")
	case kind == "application/pdf":
		return true
	}
	return false
}

// unknownImage are images that nobody can tell by their first bytes here.
var unknownImage = map[string]bool{"image/heic": true, "image/heif": true, "image/avif": true, "image/tiff": true, "image/svg+xml": true}

// giveFile gives a file of the visitor's own session.
func (h *hub) giveFile(w http.ResponseWriter, r *http.Request, id inbox.AttachmentID) {
	p, err := h.visitor(r)
	if err != nil {
		fail(w, err, 0)
		return
	}
	var f connectors.FileAnswer
	if err := h.in.Ask(r.Context(), h.account, connectors.AskFile, connectors.FileAsk{Session: p.Session, ID: id}, &f); err != nil {
		fail(w, err, 5*time.Second)
		return
	}
	body, err := h.in.OpenBody(r.Context(), f.Body)
	if err != nil {
		fail(w, err, 5*time.Second)
		return
	}
	defer func() { _ = body.Close() }()
	header := w.Header()
	header.Set("Content-Type", f.Type)
	header.Set("Content-Length", strconv.FormatInt(f.Body.Size, 10))
	header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "private, max-age=3600, immutable")
	if _, err := io.Copy(w, body); err != nil && r.Context().Err() == nil {
		h.log.Warn("a visitor's file broke off", "error", err)
	}
}

// fail answers with an error that says what is wrong. retry is when to come again
// where that helps.
func fail(w http.ResponseWriter, err error, retry time.Duration) {
	code, said := inbox.CodeOf(err), "this can't be done just now"
	if e, ok := errors.AsType[*inbox.Error](err); ok {
		said = e.Message
	}
	status, ok := map[inbox.Code]int{
		inbox.Invalid: http.StatusBadRequest, inbox.Unauthorized: http.StatusUnauthorized, inbox.Forbidden: http.StatusForbidden,
		inbox.NotFound: http.StatusNotFound, inbox.Conflict: http.StatusConflict, inbox.TooMany: http.StatusTooManyRequests,
		inbox.TooLarge: http.StatusRequestEntityTooLarge,
	}[code]
	if !ok {
		status, code = http.StatusServiceUnavailable, inbox.Unavailable
	}
	if retry > 0 && (status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests) {
		w.Header().Set("Retry-After", strconv.Itoa(max(1, int(retry.Seconds()+0.99))))
	}
	answerJSON(w, status, map[string]string{"code": string(code), "message": said})
}

func answerJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
